//! PPI, the programmable peripheral interconnect: events that trigger tasks without the processor
//! (reference manual, chapter 16).

use std::collections::VecDeque;

const CHEN: u32 = 0x500;
const CHENSET: u32 = 0x504;
const CHENCLR: u32 = 0x508;
const CH0_EEP: u32 = 0x510;
const CH15_TEP: u32 = 0x58C;
const CHG0: u32 = 0x800;
const CHG3: u32 = 0x80C;

const CHANNELS: usize = 16;

/// Channels whose ends are fixed: event address, task address (table 86).
const FIXED: [(u32, u32); 12] = [
    (0x4000_8140, 0x4000_1000), // TIMER0 COMPARE0 → RADIO TXEN
    (0x4000_8140, 0x4000_1004), // TIMER0 COMPARE0 → RADIO RXEN
    (0x4000_8144, 0x4000_1010), // TIMER0 COMPARE1 → RADIO DISABLE
    (0x4000_1128, 0x4000_F000), // RADIO BCMATCH → AAR START
    (0x4000_1100, 0x4000_F000), // RADIO READY → CCM KSGEN
    (0x4000_1104, 0x4000_F004), // RADIO ADDRESS → CCM CRYPT
    (0x4000_1104, 0x4000_8044), // RADIO ADDRESS → TIMER0 CAPTURE1
    (0x4000_110C, 0x4000_8048), // RADIO END → TIMER0 CAPTURE2
    (0x4000_B140, 0x4000_1000), // RTC0 COMPARE0 → RADIO TXEN
    (0x4000_B140, 0x4000_1004), // RTC0 COMPARE0 → RADIO RXEN
    (0x4000_B140, 0x4000_800C), // RTC0 COMPARE0 → TIMER0 CLEAR
    (0x4000_B140, 0x4000_8000), // RTC0 COMPARE0 → TIMER0 START
];

/// The interconnect.
#[derive(Clone, Debug)]
pub struct Ppi {
    chen: u32,
    /// Event and task addresses by channel; 20 to 31 are fixed.
    ends: [(u32, u32); 32],
    chg: [u32; 4],
    /// By identity: events of enabled channels.
    listens: [u32; 32],
}

impl Default for Ppi {
    fn default() -> Ppi {
        let mut ends = [(0, 0); 32];
        ends[20..].copy_from_slice(&FIXED);
        Ppi { chen: 0, ends, chg: [0; 4], listens: [0; 32] }
    }
}

/// Identity and number of an event or task, by its register's address and the block's offset.
fn end(address: u32, first: u32) -> Option<(usize, u32)> {
    let offset = (address & 0xFFF).checked_sub(first)?;
    (address & 0xFFFE_0000 == 0x4000_0000 && offset < 0x80)
        .then_some(((address >> 12 & 0x1F) as usize, offset / 4))
}

impl Ppi {
    /// Whether an enabled channel waits for an event.
    #[inline]
    pub fn listens(&self, id: usize, event: u32) -> bool {
        self.listens[id] >> event & 1 != 0
    }

    /// An event happened: adds the tasks that it triggers.
    pub fn triggered(&self, id: usize, event: u32, tasks: &mut VecDeque<(usize, u32)>) {
        for (channel, &(eep, tep)) in self.ends.iter().enumerate() {
            if self.chen >> channel & 1 != 0 && end(eep, 0x100) == Some((id, event)) {
                tasks.extend(end(tep, 0));
            }
        }
    }

    fn changed(&mut self) {
        self.listens = [0; 32];
        for (channel, &(eep, _)) in self.ends.iter().enumerate() {
            if self.chen >> channel & 1 != 0
                && let Some((id, event)) = end(eep, 0x100)
            {
                self.listens[id] |= 1 << event;
            }
        }
    }

    /// TASKS_CHG: enables or disables a group.
    pub fn task(&mut self, task: u32) {
        if let Some(&group) = self.chg.get((task / 2) as usize) {
            self.chen = if task & 1 == 0 { self.chen | group } else { self.chen & !group };
            self.changed();
        }
    }

    /// Reads a register.
    pub fn read(&self, offset: u32) -> u32 {
        match offset {
            CHEN | CHENSET | CHENCLR => self.chen,
            CH0_EEP..=CH15_TEP => {
                let (eep, tep) = self.ends[((offset - CH0_EEP) / 8) as usize % CHANNELS];
                if offset & 4 == 0 { eep } else { tep }
            }
            CHG0..=CHG3 => self.chg[((offset - CHG0) / 4) as usize],
            _ => 0,
        }
    }

    /// Writes a register.
    pub fn write(&mut self, offset: u32, value: u32) {
        match offset {
            CHEN => self.chen = value,
            CHENSET => self.chen |= value,
            CHENCLR => self.chen &= !value,
            CH0_EEP..=CH15_TEP => {
                let (eep, tep) = &mut self.ends[((offset - CH0_EEP) / 8) as usize % CHANNELS];
                *if offset & 4 == 0 { eep } else { tep } = value;
            }
            CHG0..=CHG3 => self.chg[((offset - CHG0) / 4) as usize] = value,
            _ => {}
        }
        self.changed();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_triggers_the_tasks_of_enabled_channels() {
        let mut ppi = Ppi::default();
        ppi.write(CH0_EEP + 8, 0x4000_9140);
        ppi.write(CH0_EEP + 12, 0x4000_6004);
        assert!(!ppi.listens(9, 16));
        ppi.write(CHENSET, 1 << 1 | 1 << 20);
        assert!(ppi.listens(9, 16));
        let mut tasks = VecDeque::new();
        ppi.triggered(9, 16, &mut tasks);
        ppi.triggered(8, 16, &mut tasks);
        assert_eq!(tasks, [(6, 1), (1, 0)]);
        // A group's DIS task switches its channels off.
        ppi.write(CHG0 + 4, 1 << 1);
        ppi.task(3);
        assert_eq!(ppi.read(CHEN), 1 << 20);
        assert!(!ppi.listens(9, 16));
    }
}
