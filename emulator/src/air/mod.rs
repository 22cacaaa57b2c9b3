//! What is on the air: frames as Nordic's 2.4 GHz radios send them, and several machines within reach of each other.
//!
//! A frame is known to everyone when its first bit is sent. Nothing can act on it before its address is through, at
//! least [`LOOKAHEAD`] later, so machines that take turns of that length hear each other as if they ran at once.

mod packet;

pub use packet::{Crc, Format, Received};

use crate::clock::Time;
use crate::machine::{Machine, Stop};

/// Preamble and the shortest address (three bytes) at 2 Mbit/s take 16 µs.
pub const LOOKAHEAD: Time = Time::from_micros(16);

/// How much weaker a frame is at another board on the same desk, in dB.
pub const PATH_LOSS: i8 = 50;

/// What a transmitter sends in one go.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Frame {
    /// When its first bit is sent.
    pub start: Time,
    /// Carrier frequency in MHz.
    pub mhz: u16,
    /// Bits a second.
    pub bit_rate: u32,
    /// The address in the order of its bytes on the air, the prefix last.
    pub address: Vec<u8>,
    /// All bits after the address as they are sent: whitened, the CRC last.
    pub bits: Vec<bool>,
    /// How strong it is where it is heard, in dBm.
    pub dbm: i8,
}

impl Frame {
    /// How long so many bits take.
    pub fn bits_time(&self, bits: usize) -> Time {
        Time(bits as u64 * 1_000_000_000 / u64::from(self.bit_rate.max(1)))
    }

    /// When the last bit of the address is through.
    pub fn address_end(&self) -> Time {
        self.start + self.bits_time(8 * (1 + self.address.len()))
    }

    /// When its last bit is through.
    pub fn end(&self) -> Time {
        self.address_end() + self.bits_time(self.bits.len())
    }
}

/// Runs machines that are within each other's reach until `deadline`; they should be at about the same instant. Gives
/// the first reason to stop other than the deadline, with the machine's index.
pub fn run_together(machines: &mut [Machine], deadline: Time) -> Option<(usize, Stop)> {
    while let Some(earliest) = machines.iter().map(Machine::now).min().filter(|now| *now < deadline) {
        let until = (earliest + LOOKAHEAD).min(deadline);
        for index in 0..machines.len() {
            match machines[index].run_until(until) {
                Stop::Deadline => {}
                stop => return Some((index, stop)),
            }
            for mut frame in machines[index].take_frames() {
                frame.dbm = frame.dbm.saturating_sub(PATH_LOSS);
                let others = machines.iter_mut().enumerate().filter(|(other, _)| *other != index);
                others.for_each(|(_, other)| other.hear(frame.clone()));
            }
        }
    }
    None
}
