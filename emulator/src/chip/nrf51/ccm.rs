//! CCM and AAR (reference manual, chapters 25 and 26), which share a block: Bluetooth's packet encryption, and the
//! search for the key that a private address was made with.

use super::aes;
use super::ecb::block;
use super::shared::{Event, Shared, id};
use crate::clock::Time;
use crate::cpu::memory::Memory;

const STATUS: u32 = 0x400;
const ENABLE: u32 = 0x500;
/// MODE of CCM, NIRK of AAR.
const MODE: u32 = 0x504;
/// CNFPTR of CCM, IRKPTR of AAR.
const CNFPTR: u32 = 0x508;
const INPTR: u32 = 0x50C;
/// OUTPTR of CCM, ADDRPTR of AAR.
const OUTPTR: u32 = 0x510;
const SCRATCHPTR: u32 = 0x514;

const ENABLED_CCM: u32 = 2;
const ENABLED_AAR: u32 = 3;

/// KSGEN of CCM, START of AAR.
const TASK_START: u32 = 0;
const TASK_CRYPT: u32 = 1;
const TASK_STOP: u32 = 2;
/// ENDKSGEN of CCM, END of AAR.
const EVENT_END: u32 = 0;
/// ENDCRYPT of CCM, RESOLVED of AAR.
const EVENT_DONE: u32 = 1;
/// ERROR of CCM, NOTRESOLVED of AAR.
const EVENT_FAILED: u32 = 2;
const SHORT_ENDKSGEN_CRYPT: u32 = 0;

/// Making the key stream of a packet, going over it, and trying one key (product specification, tables 52 and 53).
const KEY_STREAM: Time = Time::from_micros(50);
const PACKET: Time = Time::from_micros(50);
const ONE_KEY: Time = Time::from_micros(6);

/// Bytes of the check value.
const MIC: usize = 4;
/// The longest payload without it.
const LONGEST: usize = 27;
/// Header, length, and a byte that is reserved.
const HEAD: usize = 3;

/// What is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Work {
    KeyStream,
    Crypt,
    Resolve,
}

/// The block.
#[derive(Clone, Debug, Default)]
pub struct Ccm {
    enable: u32,
    mode: u32,
    cnfptr: u32,
    inptr: u32,
    outptr: u32,
    scratchptr: u32,
    status: u32,
    work: Option<Work>,
}

/// The key and the nonce of a packet.
struct Session {
    key: [u8; 16],
    nonce: [u8; 13],
}

impl Session {
    /// From CCM's data structure: key, packet counter (five bytes of eight), direction, initial vector.
    fn read(ram: &Memory, start: usize) -> Session {
        let data = ram.to_vec(start, 33);
        let at = |n: usize| data.get(n).copied().unwrap_or(0);
        let mut nonce = [0; 13];
        (0..5).for_each(|n| nonce[n] = at(16 + n));
        nonce[4] = nonce[4] & 0x7F | at(24) << 7;
        (0..8).for_each(|n| nonce[5 + n] = at(25 + n));
        Session { key: block(ram, start), nonce }
    }

    /// A block that begins with flags and the nonce and ends with a number.
    fn numbered(&self, flags: u8, number: u16) -> [u8; 16] {
        let mut block = [0; 16];
        block[0] = flags;
        block[1..14].copy_from_slice(&self.nonce);
        block[14..].copy_from_slice(&number.to_be_bytes());
        block
    }

    /// Encrypts or decrypts: the same.
    fn stream(&self, first: u16, bytes: &mut [u8]) {
        for (n, chunk) in bytes.chunks_mut(16).enumerate() {
            let key = aes::encrypt(&self.key, &self.numbered(1, first + n as u16));
            chunk.iter_mut().zip(key).for_each(|(byte, key)| *byte ^= key);
        }
    }

    /// The encrypted check value of a clear payload.
    fn mic(&self, header: u8, payload: &[u8]) -> [u8; MIC] {
        let mut sum = aes::encrypt(&self.key, &self.numbered(0x49, payload.len() as u16));
        // Of the header, only the bits that do not change when a packet is sent again.
        let mut checked = [0; 16];
        checked[1] = 1;
        checked[2] = header & 0xE3;
        for chunk in std::iter::once(&checked[..]).chain(payload.chunks(16)) {
            sum.iter_mut().zip(chunk).for_each(|(sum, byte)| *sum ^= byte);
            sum = aes::encrypt(&self.key, &sum);
        }
        let mut mic = [sum[0], sum[1], sum[2], sum[3]];
        self.stream(0, &mut mic);
        mic
    }
}

impl Ccm {
    /// A task.
    pub fn task(&mut self, s: &mut Shared, task: u32) {
        let (work, time) = match (self.enable, task) {
            (ENABLED_CCM, TASK_START) => (Work::KeyStream, KEY_STREAM),
            (ENABLED_CCM, TASK_CRYPT) => (Work::Crypt, PACKET),
            (ENABLED_AAR, TASK_START) => {
                (Work::Resolve, Time(ONE_KEY.nanos() * u64::from(self.mode & 0x1F).max(1)))
            }
            (ENABLED_CCM | ENABLED_AAR, TASK_STOP) => {
                self.work = None;
                return s.cancel(Event::Ccm);
            }
            _ => return,
        };
        self.work = Some(work);
        s.schedule_in(Event::Ccm, time);
    }

    /// The work is done.
    pub fn tick(&mut self, s: &mut Shared, ram: &Memory, ram_base: u32) {
        match self.work.take() {
            Some(Work::KeyStream) => {
                s.raise(id::CCM, EVENT_END);
                if s.short(id::CCM, SHORT_ENDKSGEN_CRYPT) {
                    self.task(s, TASK_CRYPT);
                }
            }
            Some(Work::Crypt) => self.crypt(s, ram, ram_base),
            Some(Work::Resolve) => self.resolve(s, ram, ram_base),
            None => {}
        }
    }

    fn crypt(&mut self, s: &mut Shared, ram: &Memory, ram_base: u32) {
        let at = |pointer: u32| pointer.wrapping_sub(ram_base) as usize;
        let session = Session::read(ram, at(self.cnfptr));
        let head = ram.to_vec(at(self.inptr), HEAD);
        let &[header, length, reserved] = &head[..] else { return s.raise(id::CCM, EVENT_FAILED) };
        let length = usize::from(length);
        let mut payload = ram.to_vec(at(self.inptr) + HEAD, length);
        let encrypting = self.mode & 1 == 0;
        let longest = if encrypting { LONGEST } else { LONGEST + MIC };
        if length > longest || payload.len() < length {
            return s.raise(id::CCM, EVENT_FAILED);
        }
        // An empty packet goes through as it is.
        if length > 0 && encrypting {
            let mic = session.mic(header, &payload);
            session.stream(1, &mut payload);
            payload.extend(mic);
        } else if length > 0 {
            let mic = payload.split_off(length.saturating_sub(MIC));
            session.stream(1, &mut payload);
            self.status = u32::from(mic == session.mic(header, &payload));
        }
        let out = [&[header, payload.len() as u8, reserved], &payload[..]].concat();
        ram.write(at(self.outptr), &out);
        s.raise(id::CCM, EVENT_DONE);
    }

    /// Tries the keys on the address in a packet: its upper half is random, the lower its hash.
    fn resolve(&mut self, s: &mut Shared, ram: &Memory, ram_base: u32) {
        let at = |pointer: u32| pointer.wrapping_sub(ram_base) as usize;
        let address = ram.to_vec(at(self.outptr) + HEAD, 6);
        let matches = |n: &u32| {
            let key = block(ram, at(self.cnfptr) + 16 * *n as usize);
            let mut random = [0; 16];
            random[13..].iter_mut().zip(address.iter().skip(3).rev()).for_each(|(to, from)| *to = *from);
            let hash = aes::encrypt(&key, &random);
            address.iter().take(3).rev().eq(&hash[13..])
        };
        let found = (0..self.mode & 0x1F).find(matches);
        self.status = found.unwrap_or(self.status);
        s.raise(id::CCM, EVENT_END);
        s.raise(id::CCM, if found.is_some() { EVENT_DONE } else { EVENT_FAILED });
    }

    /// Reads a register.
    pub fn read(&self, offset: u32) -> u32 {
        match offset {
            STATUS => self.status,
            ENABLE => self.enable,
            MODE => self.mode,
            CNFPTR => self.cnfptr,
            INPTR => self.inptr,
            OUTPTR => self.outptr,
            SCRATCHPTR => self.scratchptr,
            _ => 0,
        }
    }

    /// Writes a register.
    pub fn write(&mut self, offset: u32, value: u32) {
        match offset {
            ENABLE => self.enable = value & 3,
            MODE => self.mode = value & 0x1F,
            CNFPTR => self.cnfptr = value,
            INPTR => self.inptr = value,
            OUTPTR => self.outptr = value,
            SCRATCHPTR => self.scratchptr = value,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{run, shared};
    use super::*;

    const BASE: u32 = 0x2000_0000;
    const PACKET_AT: usize = 0x40;
    const RESULT_AT: usize = 0x80;

    /// Session key, initial vector and packets of the Bluetooth specification's sample data (volume 6, part C).
    fn memory(direction: u8) -> Memory {
        let ram = Memory::new(0x100);
        ram.write(0, &0x99AD_1B52_26A3_7E3E_058E_3B8E_27C2_C666_u128.to_be_bytes());
        ram.write(24, &[direction]);
        ram.write(25, &0x24AB_DCBA_BEBA_AFDE_u64.to_be_bytes());
        ram
    }

    fn ccm(s: &mut Shared, ram: &Memory, mode: u32) -> Ccm {
        let mut ccm = Ccm::default();
        for (offset, value) in [
            (ENABLE, ENABLED_CCM),
            (MODE, mode),
            (CNFPTR, BASE),
            (INPTR, BASE + PACKET_AT as u32),
            (OUTPTR, BASE + RESULT_AT as u32),
        ] {
            ccm.write(offset, value);
        }
        s.interface[id::CCM].shorts = 1;
        ccm.task(s, TASK_START);
        run(s, Time::from_millis(1), |s, _| ccm.tick(s, ram, BASE));
        assert!(s.raised(id::CCM, EVENT_DONE));
        ccm
    }

    #[test]
    fn packets_are_encrypted_as_bluetooth_does() {
        // LL_START_ENC_RSP from the central and from the peripheral.
        for (direction, header, cipher) in
            [(1, 0x0F, [0x9F, 0xCD, 0xA7, 0xF4, 0x48]), (0, 0x07, [0xA3, 0x4C, 0x13, 0xA4, 0x15])]
        {
            let (mut s, ram) = (shared(""), memory(direction));
            ram.write(PACKET_AT, &[header, 1, 0, 6]);
            ccm(&mut s, &ram, 0);
            assert_eq!(ram.to_vec(RESULT_AT, 3), [header, 5, 0]);
            assert_eq!(ram.to_vec(RESULT_AT + 3, 5), cipher);
        }
    }

    #[test]
    fn packets_are_decrypted_and_checked() {
        let (mut s, ram) = (shared(""), memory(1));
        ram.write(PACKET_AT, &[0x0F, 5, 0, 0x9F, 0xCD, 0xA7, 0xF4, 0x48]);
        assert_eq!(ccm(&mut s, &ram, 1).read(STATUS), 1);
        assert_eq!(ram.to_vec(RESULT_AT, 4), [0x0F, 1, 0, 6]);
        ram.write(PACKET_AT + 3, &[0]);
        assert_eq!(ccm(&mut s, &ram, 1).read(STATUS), 0);
        // An empty packet has no check value.
        ram.write(PACKET_AT, &[0x0D, 0, 0]);
        ccm(&mut s, &ram, 0);
        assert_eq!(ram.to_vec(RESULT_AT, 3), [0x0D, 0, 0]);
    }

    #[test]
    fn private_addresses_are_resolved() {
        // The specification's example of ah (volume 3, part H, D.7): hash 0d:fb:aa of 70:81:94.
        let (mut s, ram) = (shared(""), Memory::new(0x100));
        ram.write(16, &0xEC02_34A3_57C8_AD05_3410_10A6_0A39_7D9B_u128.to_be_bytes());
        ram.write(PACKET_AT + HEAD, &[0xAA, 0xFB, 0x0D, 0x94, 0x81, 0x70]);
        let mut aar = Ccm::default();
        for (offset, value) in
            [(ENABLE, ENABLED_AAR), (MODE, 2), (CNFPTR, BASE), (OUTPTR, BASE + PACKET_AT as u32)]
        {
            aar.write(offset, value);
        }
        aar.task(&mut s, TASK_START);
        run(&mut s, Time::from_micros(20), |s, _| aar.tick(s, &ram, BASE));
        assert!(s.raised(id::CCM, EVENT_DONE) && !s.raised(id::CCM, EVENT_FAILED));
        assert_eq!(aar.read(STATUS), 1);
        ram.write(PACKET_AT + HEAD, &[0xAB]);
        aar.task(&mut s, TASK_START);
        run(&mut s, Time::from_micros(20), |s, _| aar.tick(s, &ram, BASE));
        assert!(s.raised(id::CCM, EVENT_FAILED));
    }
}
