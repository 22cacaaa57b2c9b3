//! PLL_SYS and PLL_USB (data sheet section 2.18). Locks at once.

const CS: u32 = 0x0;
const PWR: u32 = 0x4;
const FBDIV_INT: u32 = 0x8;
const PRIM: u32 = 0xC;

const CS_LOCK: u32 = 1 << 31;
const PWR_PD: u32 = 1;
const PWR_VCOPD: u32 = 1 << 5;
const PWR_POSTDIVPD: u32 = 1 << 3;

/// One phase-locked loop.
#[derive(Clone, Debug)]
pub struct Pll {
    cs: u32,
    pwr: u32,
    fbdiv_int: u32,
    prim: u32,
}

impl Default for Pll {
    fn default() -> Pll {
        Pll { cs: 1, pwr: 0x2D, fbdiv_int: 0, prim: 0x77000 }
    }
}

impl Pll {
    /// The output in hertz from a reference of `xosc` hertz; zero when powered down.
    pub fn hz(&self, xosc: u64) -> u64 {
        if self.pwr & (PWR_PD | PWR_VCOPD | PWR_POSTDIVPD) != 0 {
            return 0;
        }
        let refdiv = u64::from(self.cs & 0x3F).max(1);
        let (div1, div2) = (u64::from(self.prim >> 16 & 7), u64::from(self.prim >> 12 & 7));
        xosc / refdiv * u64::from(self.fbdiv_int) / (div1.max(1) * div2.max(1))
    }

    /// Reads a register.
    pub fn read(&self, offset: u32) -> u32 {
        match offset {
            CS => {
                let running = self.pwr & (PWR_PD | PWR_VCOPD) == 0 && self.fbdiv_int != 0;
                self.cs | if running { CS_LOCK } else { 0 }
            }
            PWR => self.pwr,
            FBDIV_INT => self.fbdiv_int,
            PRIM => self.prim,
            _ => 0,
        }
    }

    /// Writes a register.
    pub fn write(&mut self, offset: u32, value: u32) {
        match offset {
            CS => self.cs = value & 0x13F,
            PWR => self.pwr = value & 0x2D,
            FBDIV_INT => self.fbdiv_int = value & 0xFFF,
            PRIM => self.prim = value & 0x77000,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn multiplies_divides_and_locks() {
        let mut pll = Pll::default();
        assert_eq!((pll.hz(12_000_000), pll.read(CS) & CS_LOCK), (0, 0));
        pll.write(FBDIV_INT, 125);
        pll.write(PRIM, 6 << 16 | 2 << 12);
        pll.write(PWR, 0);
        assert_eq!(pll.hz(12_000_000), 125_000_000);
        assert_ne!(pll.read(CS) & CS_LOCK, 0);
    }
}
