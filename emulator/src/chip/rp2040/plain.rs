//! Blocks that only hold what is written to them: PSM, VREG_AND_CHIP_RESET, SYSCFG; and those
//! that only say what the chip is: SYSINFO, TBMAN.

/// PSM (section 2.13): everything is powered.
#[derive(Clone, Debug, Default)]
pub struct Psm {
    frce_on: u32,
    frce_off: u32,
    wdsel: u32,
}

impl Psm {
    const ALL: u32 = 0x1_FFFF;
    /// Bit of core 1 in FRCE_OFF.
    pub const PROC1: u32 = 1 << 16;

    /// Reads a register.
    pub fn read(&self, offset: u32) -> u32 {
        match offset {
            0x0 => self.frce_on,
            0x4 => self.frce_off,
            0x8 => self.wdsel,
            0xC => Self::ALL & !self.frce_off,
            _ => 0,
        }
    }

    /// Writes a register; when core 1's power is switched, gives whether it is on now.
    pub fn write(&mut self, offset: u32, value: u32) -> Option<bool> {
        let value = value & Self::ALL;
        match offset {
            0x0 => self.frce_on = value,
            0x4 => {
                let switched = (self.frce_off ^ value) & Self::PROC1 != 0;
                self.frce_off = value;
                return switched.then_some(value & Self::PROC1 == 0);
            }
            0x8 => self.wdsel = value,
            _ => {}
        }
        None
    }
}

/// VREG_AND_CHIP_RESET (section 2.10).
#[derive(Clone, Debug)]
pub struct Vreg {
    vreg: u32,
    bod: u32,
    chip_reset: u32,
}

impl Default for Vreg {
    fn default() -> Vreg {
        // HAD_POR
        Vreg { vreg: 0xB1, bod: 0x91, chip_reset: 1 << 8 }
    }
}

impl Vreg {
    /// Reads a register.
    pub fn read(&self, offset: u32) -> u32 {
        match offset {
            // ROK: the regulator regulates.
            0x0 => self.vreg | 1 << 12,
            0x4 => self.bod,
            0x8 => self.chip_reset,
            _ => 0,
        }
    }

    /// Writes a register.
    pub fn write(&mut self, offset: u32, value: u32) {
        match offset {
            0x0 => self.vreg = value & 0xF3,
            0x4 => self.bod = value & 0xF1,
            _ => {}
        }
    }

    /// The chip was reset by its RUN pin.
    pub fn had_run(&mut self) {
        self.chip_reset = 1 << 16;
    }
}

/// SYSCFG at reset: core 1's debug instance; DBGFORCE holds both debug ports' lines.
pub const SYSCFG_RESET: [u32; 6] = [0, 0, 1 << 28, 0, 0, 0x66];

/// SYSCFG (section 2.21) and PADS_QSPI hold what is written.
#[derive(Clone, Debug)]
pub struct Storage<const WORDS: usize>([u32; WORDS]);

impl<const WORDS: usize> Storage<WORDS> {
    /// Storage with these first words.
    pub fn with(first: &[u32]) -> Storage<WORDS> {
        let mut words = [0; WORDS];
        words[..first.len()].copy_from_slice(first);
        Storage(words)
    }

    /// Reads a word; zero beyond the last.
    pub fn read(&self, offset: u32) -> u32 {
        self.0.get(offset as usize / 4).copied().unwrap_or(0)
    }

    /// Writes a word; ignored beyond the last.
    pub fn write(&mut self, offset: u32, value: u32) {
        if let Some(word) = self.0.get_mut(offset as usize / 4) {
            *word = value;
        }
    }
}

/// SYSINFO (section 2.20): an RP2040 B2.
pub fn sysinfo(offset: u32) -> u32 {
    match offset {
        // CHIP_ID: revision 2, part 2, manufacturer 0x927
        0x00 => 0x2000_2927,
        // PLATFORM: ASIC
        0x04 => 2,
        0x40 => 0xE0C9_12E8,
        _ => 0,
    }
}

/// TBMAN: silicon, not an FPGA.
pub fn tbman(offset: u32) -> u32 {
    u32::from(offset == 0)
}
