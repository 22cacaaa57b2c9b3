//! BUSCTRL (data sheet section 2.1.5): bus priorities and the four performance counters.
//!
//! Accesses to the two register buses are counted. Those to memory, flash and ROM never leave the
//! processor's engine, so their counters stand still; nothing is ever contested.

const BUS_PRIORITY: u32 = 0x00;
const BUS_PRIORITY_ACK: u32 = 0x04;
const PERFCTR0: u32 = 0x08;
const LAST: u32 = 0x28;

const PERFSEL_RESET: u32 = 0x1F;
const PERFSEL_APB: u32 = 0x01;
const PERFSEL_FASTPERI: u32 = 0x03;
/// The counters saturate.
const PERFCTR_MAX: u64 = 0xFF_FFFF;

/// A counter counts from what its event's count was when it was cleared.
#[derive(Clone, Copy, Debug)]
struct Counter {
    select: u32,
    from: u64,
}

/// The bus controller.
#[derive(Clone, Debug)]
pub struct BusCtrl {
    priority: u32,
    counters: [Counter; 4],
    /// Accesses to registers at 0x40000000 and at 0x50000000.
    apb: u64,
    fastperi: u64,
}

impl Default for BusCtrl {
    fn default() -> BusCtrl {
        BusCtrl {
            priority: 0,
            counters: [Counter { select: PERFSEL_RESET, from: 0 }; 4],
            apb: 0,
            fastperi: 0,
        }
    }
}

impl BusCtrl {
    /// An access to `address` passes.
    #[inline]
    pub fn count(&mut self, address: u32) {
        self.count_many(address, 1);
    }

    /// So many accesses to `address` pass.
    #[inline]
    pub fn count_many(&mut self, address: u32, times: u64) {
        match address >> 24 {
            0x40 => self.apb += times,
            0x50 => self.fastperi += times,
            _ => {}
        }
    }

    fn events(&self, select: u32) -> u64 {
        match select {
            PERFSEL_APB => self.apb,
            PERFSEL_FASTPERI => self.fastperi,
            _ => 0,
        }
    }

    /// Reads a register.
    pub fn read(&self, offset: u32) -> u32 {
        match offset {
            BUS_PRIORITY => self.priority,
            // A change of priority takes a few cycles, which are over.
            BUS_PRIORITY_ACK => 1,
            PERFCTR0..LAST => {
                let counter = self.counters[((offset - PERFCTR0) / 8) as usize];
                if offset & 4 != 0 {
                    counter.select
                } else {
                    (self.events(counter.select) - counter.from).min(PERFCTR_MAX) as u32
                }
            }
            _ => 0,
        }
    }

    /// Writes a register: a counter is cleared by any write.
    pub fn write(&mut self, offset: u32, value: u32) {
        match offset {
            BUS_PRIORITY => self.priority = value & 0x1111,
            PERFCTR0..LAST => {
                let n = ((offset - PERFCTR0) / 8) as usize;
                if offset & 4 != 0 {
                    self.counters[n].select = value & 0x1F;
                }
                self.counters[n].from = self.events(self.counters[n].select);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_are_free_at_reset_and_count_what_they_select() {
        let mut bus = BusCtrl::default();
        assert_eq!([0xC, 0x14, 0x1C, 0x24].map(|offset| bus.read(offset)), [PERFSEL_RESET; 4]);
        bus.count(0x4003_0000);
        bus.write(0x0C, PERFSEL_APB);
        assert_eq!(bus.read(0x08), 0);
        bus.count(0x4003_0000);
        bus.count(0x5020_0000);
        assert_eq!(bus.read(0x08), 1);
        bus.write(0x08, 123);
        assert_eq!(bus.read(0x08), 0);
        bus.apb += 1 << 30;
        assert_eq!(bus.read(0x08), 0xFF_FFFF);
    }
}
