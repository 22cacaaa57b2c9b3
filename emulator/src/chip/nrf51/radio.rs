//! RADIO (reference manual, chapter 17): its states, times and packets. What it sends is on the air
//! ([`crate::air`]) from its first bit on; what others send it receives if it listened by then.

use std::collections::VecDeque;

use super::shared::{Event, Shared, id};
use crate::air::{Crc, Format, Frame, Received};
use crate::clock::Time;
use crate::cpu::memory::Memory;
use crate::trace::Channel;

const CRCSTATUS: u32 = 0x400;
const RXMATCH: u32 = 0x408;
const RXCRC: u32 = 0x40C;
const DAI: u32 = 0x410;
const PACKETPTR: u32 = 0x504;
const FREQUENCY: u32 = 0x508;
const TXPOWER: u32 = 0x50C;
const MODE: u32 = 0x510;
const PCNF0: u32 = 0x514;
const PCNF1: u32 = 0x518;
const BASE0: u32 = 0x51C;
const BASE1: u32 = 0x520;
const PREFIX0: u32 = 0x524;
const TXADDRESS: u32 = 0x52C;
const RXADDRESSES: u32 = 0x530;
const CRCCNF: u32 = 0x534;
const CRCPOLY: u32 = 0x538;
const CRCINIT: u32 = 0x53C;
const RSSISAMPLE: u32 = 0x548;
const STATE: u32 = 0x550;
const DATAWHITEIV: u32 = 0x554;
const BCC: u32 = 0x560;
const DAB0: u32 = 0x600;
const DAP0: u32 = 0x620;
const DACNF: u32 = 0x640;
/// Registers that keep what is written, some without an effect here: TEST, TIFS, OVERRIDE.
const SETTINGS: std::ops::RangeInclusive<u32> = 0x504..=0x734;

const TASK_TXEN: u32 = 0;
const TASK_RXEN: u32 = 1;
const TASK_START: u32 = 2;
const TASK_STOP: u32 = 3;
const TASK_DISABLE: u32 = 4;
const TASK_RSSISTART: u32 = 5;
const TASK_BCSTART: u32 = 7;
const TASK_BCSTOP: u32 = 8;
const EVENT_READY: u32 = 0;
const EVENT_ADDRESS: u32 = 1;
const EVENT_PAYLOAD: u32 = 2;
const EVENT_END: u32 = 3;
const EVENT_DISABLED: u32 = 4;
const EVENT_DEVMATCH: u32 = 5;
const EVENT_DEVMISS: u32 = 6;
const EVENT_RSSIEND: u32 = 7;
const EVENT_BCMATCH: u32 = 10;
const SHORT_READY_START: u32 = 0;
const SHORT_END_DISABLE: u32 = 1;
const SHORT_DISABLED_TXEN: u32 = 2;
const SHORT_DISABLED_RXEN: u32 = 3;
const SHORT_ADDRESS_RSSISTART: u32 = 4;
const SHORT_END_START: u32 = 5;
const SHORT_ADDRESS_BCSTART: u32 = 6;

/// From TXEN or RXEN to READY, and from DISABLE to DISABLED when sending (product specification,
/// table 29).
const RAMP_UP: Time = Time::from_micros(140);
const RAMP_DOWN: Time = Time::from_micros(6);
/// The weakest that RSSISAMPLE can tell, in -dBm.
const SILENCE: u32 = 127;

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

/// What comes next in a state or in a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// A state that lasts a fixed time is over.
    Over,
    Address,
    BitCount,
    Payload,
    End,
}

/// A packet on its way in.
#[derive(Clone, Debug)]
struct Incoming {
    frame: Frame,
    /// The logical address that it is for.
    address: u32,
    /// Another one came over it.
    spoilt: bool,
}

/// The radio.
#[derive(Clone, Debug)]
pub struct Radio {
    state: State,
    /// When it came to be in that state.
    since: Time,
    steps: VecDeque<(Time, Step)>,
    /// PACKETPTR as it was when the packet was started.
    pointer: u32,
    incoming: Option<Incoming>,
    crcstatus: bool,
    rxmatch: u32,
    rxcrc: u32,
    dai: u32,
    rssi: u32,
    settings: Vec<u32>,
}

impl Default for Radio {
    fn default() -> Radio {
        let mut radio = Radio {
            state: State::Disabled,
            since: Time::ZERO,
            steps: VecDeque::new(),
            pointer: 0,
            incoming: None,
            crcstatus: false,
            rxmatch: 0,
            rxcrc: 0,
            dai: 0,
            rssi: SILENCE,
            settings: vec![0; 0x236 / 4],
        };
        radio.set(FREQUENCY, 2);
        radio.set(DATAWHITEIV, 0x40);
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

    fn mhz(&self) -> u16 {
        2400 + (self.setting(FREQUENCY) & 0x7F) as u16
    }

    fn bit_rate(&self) -> u32 {
        match self.setting(MODE) & 3 {
            1 => 2_000_000,
            2 => 250_000,
            _ => 1_000_000,
        }
    }

    fn format(&self) -> Format {
        let (pcnf0, pcnf1, crccnf) = (self.setting(PCNF0), self.setting(PCNF1), self.setting(CRCCNF));
        Format {
            s0: pcnf0 >> 8 & 1 != 0,
            length_bits: (pcnf0 & 0xF) as u8,
            s1_bits: (pcnf0 >> 16 & 0xF) as u8,
            longest: pcnf1 as u8,
            fixed: (pcnf1 >> 8) as u8,
            big_endian: pcnf1 >> 24 & 1 != 0,
            whitening: (pcnf1 >> 25 & 1 != 0).then_some((self.setting(DATAWHITEIV) & 0x7F) as u8),
            crc: Crc {
                len: (crccnf & 3) as u8,
                skip_address: crccnf >> 8 & 1 != 0,
                polynomial: self.setting(CRCPOLY),
                initial: self.setting(CRCINIT),
            },
        }
    }

    /// The bytes of a logical address, 0 to 7: as many of its base's highest as PCNF1 says, and its prefix.
    fn address(&self, logical: u32) -> Vec<u8> {
        let base = self.setting(if logical == 0 { BASE0 } else { BASE1 }).to_le_bytes();
        let len = (self.setting(PCNF1) >> 16 & 7).min(4) as usize;
        let prefix = self.setting(PREFIX0 + 4 * (logical / 4)) >> (8 * (logical % 4));
        [&base[4 - len..], &[prefix as u8]].concat()
    }

    /// Changes the state; `steps` follow after so much time each, in order.
    fn enter(&mut self, s: &mut Shared, state: State, steps: &[(Time, Step)]) {
        self.state = state;
        self.since = s.now;
        self.incoming = None;
        self.steps = steps.iter().map(|&(after, step)| (s.now + after, step)).collect();
        self.plan(s);
    }

    fn plan(&self, s: &mut Shared) {
        let next = self.steps.front().map_or(Time::NEVER, |&(at, _)| at);
        s.schedule(Event::Radio, next);
    }

    /// A task.
    pub fn task(&mut self, s: &mut Shared, ram: &Memory, ram_base: u32, task: u32) {
        match (task, self.state) {
            (TASK_TXEN, State::Disabled) => self.enter(s, State::TxRu, &[(RAMP_UP, Step::Over)]),
            (TASK_RXEN, State::Disabled) => self.enter(s, State::RxRu, &[(RAMP_UP, Step::Over)]),
            (TASK_START, State::TxIdle) => self.send(s, ram, ram_base),
            (TASK_START, State::RxIdle) => {
                self.pointer = self.setting(PACKETPTR);
                self.enter(s, State::Rx, &[]);
            }
            (TASK_STOP, State::Rx) => self.enter(s, State::RxIdle, &[]),
            (TASK_STOP, State::Tx) => self.enter(s, State::TxIdle, &[]),
            (TASK_DISABLE, State::TxRu | State::TxIdle | State::Tx) => {
                self.enter(s, State::TxDisable, &[(RAMP_DOWN, Step::Over)]);
            }
            (TASK_DISABLE, State::RxRu | State::RxIdle | State::Rx | State::Disabled) => {
                self.disabled(s, ram, ram_base);
            }
            (TASK_RSSISTART, State::Rx) => {
                let strength =
                    self.incoming.as_ref().map_or(-(SILENCE as i32), |packet| packet.frame.dbm.into());
                self.rssi = (-strength).clamp(0, SILENCE as i32) as u32;
                s.raise(id::RADIO, EVENT_RSSIEND);
            }
            (TASK_BCSTART, State::Rx | State::Tx) => {
                let at =
                    s.now + Time(u64::from(self.setting(BCC)) * 1_000_000_000 / u64::from(self.bit_rate()));
                self.steps.retain(|&(_, step)| step != Step::BitCount);
                if self.steps.back().is_some_and(|&(end, _)| at <= end) {
                    let place = self.steps.partition_point(|&(before, _)| before <= at);
                    self.steps.insert(place, (at, Step::BitCount));
                }
                self.plan(s);
            }
            (TASK_BCSTOP, _) => {
                self.steps.retain(|&(_, step)| step != Step::BitCount);
                self.plan(s);
            }
            _ => {}
        }
    }

    fn send(&mut self, s: &mut Shared, ram: &Memory, ram_base: u32) {
        self.pointer = self.setting(PACKETPTR);
        let format = self.format();
        let start = self.pointer.wrapping_sub(ram_base) as usize;
        let head = ram.to_vec(start, format.head());
        let packet = ram.to_vec(start, format.head() + format.payload(&head));
        let address = self.address(self.setting(TXADDRESS) & 7);
        let bits = format.encode(&address, &packet);
        let dbm = self.setting(TXPOWER) as u8 as i8;
        let frame = Frame { start: s.now, mhz: self.mhz(), bit_rate: self.bit_rate(), address, bits, dbm };
        record(s, &frame, "", &packet);
        self.on_air(s, State::Tx, &frame, format.crc);
        s.world.radio_send(s.now, frame);
        s.replan_world();
    }

    /// A packet comes or goes: its steps, from its first bit on.
    fn on_air(&mut self, s: &mut Shared, state: State, frame: &Frame, crc: Crc) {
        let payload = frame.bits.len().saturating_sub(8 * usize::from(crc.len));
        let at = [
            (frame.address_end(), Step::Address),
            (frame.address_end() + frame.bits_time(payload), Step::Payload),
            (frame.end(), Step::End),
        ];
        self.enter(s, state, &at.map(|(at, step)| (at.saturating_sub(s.now), step)));
    }

    /// Somebody's frame has begun to come, at the latest before its address was through.
    pub fn hear(&mut self, s: &mut Shared, frame: Frame) {
        if self.state != State::Rx || frame.mhz != self.mhz() || frame.bit_rate != self.bit_rate() {
            return;
        }
        if let Some(first) = &mut self.incoming {
            first.spoilt |= frame.start < first.frame.end();
            return;
        }
        let enabled = self.setting(RXADDRESSES);
        let address = (0..8).find(|&n| enabled >> n & 1 != 0 && self.address(n) == frame.address);
        let Some(address) = address.filter(|_| self.since <= frame.start) else { return };
        let since = self.since;
        self.on_air(s, State::Rx, &frame, self.format().crc);
        self.since = since;
        self.incoming = Some(Incoming { frame, address, spoilt: false });
    }

    /// A packet is in whole: into memory with it.
    fn received(&mut self, s: &mut Shared, ram: &Memory, ram_base: u32) {
        let Some(Incoming { frame, address, spoilt }) = self.incoming.take() else { return };
        let received = self.format().decode(&frame.address, &frame.bits);
        let start = self.pointer.wrapping_sub(ram_base) as usize;
        ram.write(start, &received.packet);
        self.crcstatus = received.crc_ok && !spoilt;
        self.rxmatch = address;
        self.rxcrc = received.crc;
        let how = if self.crcstatus { "heard " } else { "spoilt " };
        record(s, &frame, how, &received.packet);
        self.match_device(s, &received);
    }

    /// Looks for the sender's address, the payload's first six bytes, among those of DAB and DAP.
    fn match_device(&mut self, s: &mut Shared, received: &Received) {
        let dacnf = self.setting(DACNF);
        if dacnf & 0xFF == 0 || !self.crcstatus {
            return;
        }
        let random = self.format().s0 && received.packet[0] & 0x40 != 0;
        let matches = |n: u32| {
            let (low, high) = (self.setting(DAB0 + 4 * n), self.setting(DAP0 + 4 * n));
            let wanted = [&low.to_le_bytes()[..], &high.to_le_bytes()[..2]].concat();
            dacnf >> n & 1 != 0
                && (dacnf >> (8 + n) & 1 != 0) == random
                && received.packet[received.payload_at..].starts_with(&wanted)
        };
        let found = (0..8).find(|&n| matches(n));
        self.dai = found.unwrap_or(self.dai);
        s.raise(id::RADIO, if found.is_some() { EVENT_DEVMATCH } else { EVENT_DEVMISS });
    }

    fn disabled(&mut self, s: &mut Shared, ram: &Memory, ram_base: u32) {
        self.enter(s, State::Disabled, &[]);
        s.raise(id::RADIO, EVENT_DISABLED);
        if s.short(id::RADIO, SHORT_DISABLED_TXEN) {
            self.task(s, ram, ram_base, TASK_TXEN);
        } else if s.short(id::RADIO, SHORT_DISABLED_RXEN) {
            self.task(s, ram, ram_base, TASK_RXEN);
        }
    }

    /// A step has come.
    pub fn tick(&mut self, s: &mut Shared, ram: &Memory, ram_base: u32) {
        let Some((_, step)) = self.steps.pop_front() else { return };
        self.plan(s);
        match step {
            Step::Over => match self.state {
                State::TxRu | State::RxRu => {
                    let ready = if self.state == State::TxRu { State::TxIdle } else { State::RxIdle };
                    self.enter(s, ready, &[]);
                    s.raise(id::RADIO, EVENT_READY);
                    if s.short(id::RADIO, SHORT_READY_START) {
                        self.task(s, ram, ram_base, TASK_START);
                    }
                }
                _ => self.disabled(s, ram, ram_base),
            },
            Step::Address => {
                s.raise(id::RADIO, EVENT_ADDRESS);
                if s.short(id::RADIO, SHORT_ADDRESS_RSSISTART) {
                    self.task(s, ram, ram_base, TASK_RSSISTART);
                }
                if s.short(id::RADIO, SHORT_ADDRESS_BCSTART) {
                    self.task(s, ram, ram_base, TASK_BCSTART);
                }
            }
            Step::BitCount => s.raise(id::RADIO, EVENT_BCMATCH),
            Step::Payload => s.raise(id::RADIO, EVENT_PAYLOAD),
            Step::End => {
                self.received(s, ram, ram_base);
                let idle = if self.state == State::Tx { State::TxIdle } else { State::RxIdle };
                self.enter(s, idle, &[]);
                s.raise(id::RADIO, EVENT_END);
                if s.short(id::RADIO, SHORT_END_DISABLE) {
                    self.task(s, ram, ram_base, TASK_DISABLE);
                } else if s.short(id::RADIO, SHORT_END_START) {
                    self.task(s, ram, ram_base, TASK_START);
                }
            }
        }
    }

    /// Reads a register.
    pub fn read(&self, offset: u32) -> u32 {
        match offset {
            CRCSTATUS => u32::from(self.crcstatus),
            RXMATCH => self.rxmatch,
            RXCRC => self.rxcrc,
            DAI => self.dai,
            RSSISAMPLE => self.rssi,
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
            DATAWHITEIV => self.set(DATAWHITEIV, value & 0x3F | 0x40),
            offset if SETTINGS.contains(&offset) => self.set(offset, value),
            _ => {}
        }
    }
}

/// A line in the trace: the channel's frequency, what became of the packet, and its bytes.
fn record(s: &Shared, frame: &Frame, how: &str, packet: &[u8]) {
    let bytes: Vec<_> = packet.iter().map(|byte| format!("{byte:02x}")).collect();
    let line = format!("{} MHz: {how}{}\n", frame.mhz, bytes.join(" "));
    let mut trace = s.world.trace().write();
    let channel = trace.define(Channel::text("radio"));
    trace.text(channel, s.now, line.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::super::testing::{run, shared};
    use super::*;

    const BASE: u32 = 0x2000_0000;

    /// As MicroPython sets it: a byte of length, four bytes of base address, whitening, CRC of 16 bits.
    fn radio() -> Radio {
        let mut radio = Radio::default();
        for (offset, value) in [
            (PACKETPTR, 0x2000_0008),
            (FREQUENCY, 7),
            (PCNF0, 8),
            (PCNF1, 1 << 25 | 4 << 16 | 32),
            (BASE0, 0x7562_6974),
            (RXADDRESSES, 1),
            (CRCCNF, 2),
            (CRCPOLY, 0x1_1021),
            (CRCINIT, 0xFFFF),
            (DATAWHITEIV, 0x18),
        ] {
            radio.write(offset, value);
        }
        radio
    }

    fn lines(s: &Shared) -> String {
        s.world.trace().read(|trace| {
            let channel = trace.find("radio").unwrap();
            let pieces = trace.texts(channel, Time::ZERO, Time::NEVER);
            pieces.map(|(_, text)| String::from_utf8_lossy(text).into_owned()).collect()
        })
    }

    fn act<'a>(radio: &'a mut Radio, ram: &'a Memory) -> impl FnMut(&mut Shared, Event) + 'a {
        |s, _| radio.tick(s, ram, BASE)
    }

    /// What a sender puts on the air from `start` on, as heard at -60 dBm.
    fn frame(sender: &Radio, start: Time, packet: &[u8]) -> Frame {
        let address = sender.address(0);
        let bits = sender.format().encode(&address, packet);
        Frame { start, mhz: sender.mhz(), bit_rate: sender.bit_rate(), address, bits, dbm: -60 }
    }

    fn listening(ram: &Memory) -> (Shared, Radio) {
        let (mut s, mut radio) = (shared(""), radio());
        s.interface[id::RADIO].shorts = 1 << SHORT_READY_START | 1 << SHORT_ADDRESS_RSSISTART;
        radio.task(&mut s, ram, BASE, TASK_RXEN);
        run(&mut s, Time::from_millis(1), act(&mut radio, ram));
        assert_eq!(radio.read(STATE), 3);
        (s, radio)
    }

    #[test]
    fn a_packet_takes_its_time_and_is_recorded() {
        let mut s = shared("");
        let (mut radio, ram) = (radio(), Memory::new(64));
        ram.write(8, b"\x03abc");
        s.interface[id::RADIO].shorts = 1 << SHORT_READY_START | 1 << SHORT_END_DISABLE;
        radio.task(&mut s, &ram, BASE, TASK_TXEN);
        // 140 µs to start, 48 of preamble and address, 32 of packet, 16 of CRC.
        run(&mut s, Time::from_micros(200), act(&mut radio, &ram));
        assert!(s.raised(id::RADIO, EVENT_ADDRESS) && !s.raised(id::RADIO, EVENT_PAYLOAD));
        run(&mut s, Time::from_micros(21), act(&mut radio, &ram));
        assert!(s.raised(id::RADIO, EVENT_PAYLOAD) && !s.raised(id::RADIO, EVENT_END));
        run(&mut s, Time::from_micros(22), act(&mut radio, &ram));
        assert!(s.raised(id::RADIO, EVENT_END) && s.raised(id::RADIO, EVENT_DISABLED));
        assert_eq!(lines(&s), "2407 MHz: 03 61 62 63\n");
    }

    #[test]
    fn a_packet_is_received_with_its_strength_and_check_sum() {
        let ram = Memory::new(64);
        let (mut s, mut radio) = listening(&ram);
        let heard = frame(&radio, s.now, b"\x03abc");
        radio.hear(&mut s, heard);
        run(&mut s, Time::from_micros(95), act(&mut radio, &ram));
        assert!(s.raised(id::RADIO, EVENT_RSSIEND) && !s.raised(id::RADIO, EVENT_END));
        run(&mut s, Time::from_micros(2), act(&mut radio, &ram));
        assert!(s.raised(id::RADIO, EVENT_END));
        assert_eq!(ram.to_vec(8, 4), b"\x03abc");
        assert_eq!((radio.read(CRCSTATUS), radio.read(RSSISAMPLE), radio.read(STATE)), (1, 60, 2));
        assert_eq!(lines(&s), "2407 MHz: heard 03 61 62 63\n");
    }

    #[test]
    fn others_addresses_channels_and_late_starts_are_not_heard() {
        let ram = Memory::new(64);
        let (mut s, mut radio) = listening(&ram);
        for (offset, value) in [(PREFIX0, 1), (FREQUENCY, 8), (MODE, 1)] {
            let mut other = radio.clone();
            other.write(offset, value);
            let heard = frame(&other, s.now, b"\x01x");
            radio.hear(&mut s, heard);
            assert_eq!(s.scheduled(Event::Radio), Time::NEVER, "{offset:#x}");
        }
        let heard = frame(&radio, Time::ZERO, b"\x01x");
        radio.hear(&mut s, heard);
        assert_eq!(s.scheduled(Event::Radio), Time::NEVER);
    }

    #[test]
    fn two_at_once_spoil_each_other() {
        let ram = Memory::new(64);
        let (mut s, mut radio) = listening(&ram);
        let heard = frame(&radio, s.now, b"\x03abc");
        radio.hear(&mut s, heard);
        run(&mut s, Time::from_micros(60), act(&mut radio, &ram));
        let heard = frame(&radio, s.now, b"\x03xyz");
        radio.hear(&mut s, heard);
        run(&mut s, Time::from_millis(1), act(&mut radio, &ram));
        assert!(s.raised(id::RADIO, EVENT_END));
        assert_eq!(radio.read(CRCSTATUS), 0);
    }

    #[test]
    fn bits_are_counted_and_devices_recognised() {
        let ram = Memory::new(64);
        let (mut s, mut radio) = listening(&ram);
        s.interface[id::RADIO].shorts |= 1 << SHORT_ADDRESS_BCSTART;
        for (offset, value) in [(BCC, 8), (DAB0 + 4, 0x6463_6261), (DAP0 + 4, 0x6665), (DACNF, 2)] {
            radio.write(offset, value);
        }
        let heard = frame(&radio, s.now, b"\x06abcdef");
        radio.hear(&mut s, heard);
        run(&mut s, Time::from_micros(57), act(&mut radio, &ram));
        assert!(s.raised(id::RADIO, EVENT_BCMATCH) && !s.raised(id::RADIO, EVENT_PAYLOAD));
        run(&mut s, Time::from_millis(1), act(&mut radio, &ram));
        assert!(s.raised(id::RADIO, EVENT_DEVMATCH) && !s.raised(id::RADIO, EVENT_DEVMISS));
        assert_eq!(radio.read(DAI), 1);
    }

    #[test]
    fn listening_to_nobody_hears_nothing() {
        let ram = Memory::new(64);
        let (mut s, mut radio) = listening(&ram);
        run(&mut s, Time::from_secs(1), act(&mut radio, &ram));
        assert!(!s.raised(id::RADIO, EVENT_END));
        radio.task(&mut s, &ram, BASE, TASK_DISABLE);
        assert!(s.raised(id::RADIO, EVENT_DISABLED));
    }
}
