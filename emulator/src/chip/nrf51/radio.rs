//! RADIO (reference manual, chapter 17): its states, times and packets. Nobody is within reach: what
//! it sends goes to the trace, and it receives nothing.

use super::shared::{Event, Shared, id};
use crate::clock::Time;
use crate::cpu::memory::Memory;
use crate::trace::Channel;

const CRCSTATUS: u32 = 0x400;
const PACKETPTR: u32 = 0x504;
const FREQUENCY: u32 = 0x508;
const TXPOWER: u32 = 0x50C;
const MODE: u32 = 0x510;
const PCNF0: u32 = 0x514;
const PCNF1: u32 = 0x518;
const CRCCNF: u32 = 0x534;
const RSSISAMPLE: u32 = 0x548;
const STATE: u32 = 0x550;
/// Settings without an effect here: addresses, CRC, whitening and calibration.
const SETTINGS: std::ops::RangeInclusive<u32> = 0x504..=0x734;

const TASK_TXEN: u32 = 0;
const TASK_RXEN: u32 = 1;
const TASK_START: u32 = 2;
const TASK_STOP: u32 = 3;
const TASK_DISABLE: u32 = 4;
const TASK_RSSISTART: u32 = 5;
const EVENT_READY: u32 = 0;
const EVENT_ADDRESS: u32 = 1;
const EVENT_PAYLOAD: u32 = 2;
const EVENT_END: u32 = 3;
const EVENT_DISABLED: u32 = 4;
const EVENT_RSSIEND: u32 = 7;
const SHORT_READY_START: u32 = 0;
const SHORT_END_DISABLE: u32 = 1;
const SHORT_DISABLED_TXEN: u32 = 2;
const SHORT_DISABLED_RXEN: u32 = 3;
const SHORT_ADDRESS_RSSISTART: u32 = 4;
const SHORT_END_START: u32 = 5;

/// From TXEN or RXEN to READY, and from DISABLE to DISABLED when sending (product specification,
/// table 29).
const RAMP_UP: Time = Time::from_micros(140);
const RAMP_DOWN: Time = Time::from_micros(6);

/// STATE, with its register values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Disabled = 0,
    RxRu = 1,
    RxIdle = 2,
    Rx = 3,
    TxRu = 9,
    TxIdle = 10,
    Tx = 11,
    TxDisable = 12,
}

/// The radio.
#[derive(Clone, Debug)]
pub struct Radio {
    state: State,
    /// While sending: the address is out, the payload follows.
    addressed: bool,
    settings: Vec<u32>,
}

impl Default for Radio {
    fn default() -> Radio {
        let mut radio = Radio { state: State::Disabled, addressed: false, settings: vec![0; 0x236 / 4] };
        radio.set(FREQUENCY, 2);
        radio
    }
}

impl Radio {
    fn setting(&self, offset: u32) -> u32 {
        self.settings.get(((offset - SETTINGS.start()) / 4) as usize).copied().unwrap_or(0)
    }

    fn set(&mut self, offset: u32, value: u32) {
        if let Some(setting) = self.settings.get_mut(((offset - SETTINGS.start()) / 4) as usize) {
            *setting = value;
        }
    }

    /// How long bytes take on the air.
    fn air_time(&self, bytes: u32) -> Time {
        let bit_nanos = match self.setting(MODE) & 3 {
            1 => 500,
            2 => 4000,
            _ => 1000,
        };
        Time(u64::from(bytes) * 8 * bit_nanos)
    }

    /// S0, LENGTH, S1 and the payload as they lie in memory.
    fn packet(&self, ram: &Memory, ram_base: u32) -> Vec<u8> {
        let (pcnf0, pcnf1) = (self.setting(PCNF0), self.setting(PCNF1));
        let (length_bits, s0, s1_bits) = (pcnf0 & 0xF, pcnf0 >> 8 & 1, pcnf0 >> 16 & 0xF);
        let (longest, fixed) = (pcnf1 & 0xFF, pcnf1 >> 8 & 0xFF);
        let start = self.setting(PACKETPTR).wrapping_sub(ram_base) as usize;
        let length_at = start.saturating_add(s0 as usize);
        let length = match length_bits {
            0 => 0,
            bits => u32::from(ram.read_u8(length_at)) & ((1 << bits.min(8)) - 1),
        };
        let head = s0 + u32::from(length_bits != 0) + u32::from(s1_bits != 0);
        ram.to_vec(start, (head + (length + fixed).min(longest)) as usize)
    }

    fn enter(&mut self, s: &mut Shared, state: State, after: Time) {
        self.state = state;
        s.schedule_in(Event::Radio, after);
    }

    /// A task.
    pub fn task(&mut self, s: &mut Shared, task: u32) {
        match (task, self.state) {
            (TASK_TXEN, State::Disabled) => self.enter(s, State::TxRu, RAMP_UP),
            (TASK_RXEN, State::Disabled) => self.enter(s, State::RxRu, RAMP_UP),
            (TASK_START, State::TxIdle) => {
                self.addressed = false;
                let preamble_and_address = 1 + 1 + (self.setting(PCNF1) >> 16 & 7);
                let time = self.air_time(preamble_and_address);
                self.enter(s, State::Tx, time);
            }
            (TASK_START, State::RxIdle) => self.state = State::Rx,
            (TASK_STOP, State::Rx) => self.state = State::RxIdle,
            (TASK_STOP, State::Tx) => {
                s.cancel(Event::Radio);
                self.state = State::TxIdle;
            }
            (TASK_DISABLE, State::TxRu | State::TxIdle | State::Tx) => {
                self.enter(s, State::TxDisable, RAMP_DOWN);
            }
            (TASK_DISABLE, State::RxRu | State::RxIdle | State::Rx | State::Disabled) => {
                s.cancel(Event::Radio);
                self.disabled(s);
            }
            (TASK_RSSISTART, State::Rx) => s.raise(id::RADIO, EVENT_RSSIEND),
            _ => {}
        }
    }

    fn disabled(&mut self, s: &mut Shared) {
        self.state = State::Disabled;
        s.raise(id::RADIO, EVENT_DISABLED);
        if s.short(id::RADIO, SHORT_DISABLED_TXEN) {
            self.task(s, TASK_TXEN);
        } else if s.short(id::RADIO, SHORT_DISABLED_RXEN) {
            self.task(s, TASK_RXEN);
        }
    }

    /// A state is over.
    pub fn tick(&mut self, s: &mut Shared, ram: &Memory, ram_base: u32) {
        match self.state {
            State::TxRu | State::RxRu => {
                self.state = if self.state == State::TxRu { State::TxIdle } else { State::RxIdle };
                s.raise(id::RADIO, EVENT_READY);
                if s.short(id::RADIO, SHORT_READY_START) {
                    self.task(s, TASK_START);
                }
            }
            State::Tx if !self.addressed => {
                self.addressed = true;
                s.raise(id::RADIO, EVENT_ADDRESS);
                if s.short(id::RADIO, SHORT_ADDRESS_RSSISTART) {
                    self.task(s, TASK_RSSISTART);
                }
                let packet = self.packet(ram, ram_base);
                let crc = self.setting(CRCCNF) & 3;
                let time = self.air_time(packet.len() as u32 + crc);
                s.schedule_in(Event::Radio, time);
                self.record(s, &packet);
            }
            State::Tx => {
                self.state = State::TxIdle;
                s.raise(id::RADIO, EVENT_PAYLOAD);
                s.raise(id::RADIO, EVENT_END);
                if s.short(id::RADIO, SHORT_END_DISABLE) {
                    self.task(s, TASK_DISABLE);
                } else if s.short(id::RADIO, SHORT_END_START) {
                    self.task(s, TASK_START);
                }
            }
            State::TxDisable => self.disabled(s),
            State::Disabled | State::RxIdle | State::Rx | State::TxIdle => {}
        }
    }

    /// A line in the trace: the channel's frequency and the packet's bytes.
    fn record(&self, s: &Shared, packet: &[u8]) {
        let bytes: Vec<_> = packet.iter().map(|byte| format!("{byte:02x}")).collect();
        let line = format!("{} MHz: {}\n", 2400 + (self.setting(FREQUENCY) & 0x7F), bytes.join(" "));
        let mut trace = s.world.trace().write();
        let channel = trace.define(Channel::text("radio"));
        trace.text(channel, s.now, line.as_bytes());
    }

    /// Reads a register.
    pub fn read(&self, offset: u32) -> u32 {
        match offset {
            CRCSTATUS => 0,
            // As weak as can be told: -127 dBm.
            RSSISAMPLE => 127,
            STATE => self.state as u32,
            offset if SETTINGS.contains(&offset) => self.setting(offset),
            _ => 0,
        }
    }

    /// Writes a register.
    pub fn write(&mut self, offset: u32, value: u32) {
        match offset {
            RSSISAMPLE | STATE => {}
            TXPOWER => self.set(TXPOWER, value & 0xFF),
            offset if SETTINGS.contains(&offset) => self.set(offset, value),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{run, shared};
    use super::*;

    #[test]
    fn a_packet_takes_its_time_and_is_recorded() {
        let mut s = shared("");
        let (mut radio, ram) = (Radio::default(), Memory::new(64));
        ram.write(8, b"\x03abc");
        for (offset, value) in [(PACKETPTR, 0x2000_0008), (FREQUENCY, 7), (PCNF0, 8), (PCNF1, 4 << 16 | 32)] {
            radio.write(offset, value);
        }
        s.interface[id::RADIO].shorts = 1 << SHORT_READY_START | 1 << SHORT_END_DISABLE;
        radio.task(&mut s, TASK_TXEN);
        run(&mut s, Time::from_micros(200), |s, _| radio.tick(s, &ram, 0x2000_0000));
        assert!(s.raised(id::RADIO, EVENT_ADDRESS) && !s.raised(id::RADIO, EVENT_END));
        run(&mut s, Time::from_micros(100), |s, _| radio.tick(s, &ram, 0x2000_0000));
        assert!(s.raised(id::RADIO, EVENT_END) && s.raised(id::RADIO, EVENT_DISABLED));
        let trace = s.world.trace().clone();
        let text = trace.read(|trace| {
            let (channel, _) = trace.channels().find(|(_, channel)| channel.name == "radio").unwrap();
            let pieces = trace.texts(channel, Time::ZERO, Time::NEVER);
            pieces.flat_map(|(_, text)| text.to_vec()).collect::<Vec<u8>>()
        });
        assert_eq!(text, b"2407 MHz: 03 61 62 63\n");
    }

    #[test]
    fn listening_hears_nothing() {
        let (mut s, mut radio, ram) = (shared(""), Radio::default(), Memory::new(64));
        radio.task(&mut s, TASK_RXEN);
        run(&mut s, Time::from_millis(1), |s, _| radio.tick(s, &ram, 0x2000_0000));
        radio.task(&mut s, TASK_START);
        run(&mut s, Time::from_secs(1), |s, _| radio.tick(s, &ram, 0x2000_0000));
        assert_eq!(radio.read(STATE), 3);
        assert!(!s.raised(id::RADIO, EVENT_END));
        radio.task(&mut s, TASK_DISABLE);
        assert!(s.raised(id::RADIO, EVENT_DISABLED));
    }
}
