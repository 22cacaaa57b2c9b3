//! The edges that a logic analyser would see during a hardware controller's transaction.

use crate::clock::Time;
use crate::world::{I2cEvent, I2cReply, SpiBus, UartLine};

/// A line of a bus, by its use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// SCL or SCK.
    Clock,
    /// SDA, MOSI or TX.
    Data,
    /// MISO.
    Answer,
}

/// What happens at an instant of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// A line gets this level; a line of an I2C bus is let go for a high one.
    Edge(Line, bool),
    /// The controller looks at the line that brings it data.
    Sample,
}

/// A transaction's steps in order of time.
pub(crate) type Wave = Vec<(Time, Step)>;

/// A step of a transfer that begins at `t`; see [`I2cEvent`] for how long each takes.
pub(crate) fn i2c_wave(wave: &mut Wave, t: Time, hz: u32, event: I2cEvent, reply: I2cReply) {
    let period = (1_000_000_000 / u64::from(hz.max(1))).max(8);
    // Eighths of a clock period after `t`.
    let at = |eighths: u64| t + Time(period * eighths / 8);
    let mut edge = |eighths: u64, line: Line, high: bool| wave.push((at(eighths), Step::Edge(line, high)));
    match event {
        I2cEvent::Start { address, read } => {
            edge(1, Line::Data, true);
            edge(2, Line::Clock, true);
            edge(4, Line::Data, false);
            edge(8, Line::Clock, false);
            i2c_byte(wave, at, 8, address << 1 | u8::from(read), reply.ack);
        }
        I2cEvent::Write(byte) => i2c_byte(wave, at, 0, byte, reply.ack),
        I2cEvent::Read { ack } => i2c_byte(wave, at, 0, reply.byte, ack),
        I2cEvent::Stop => {
            edge(1, Line::Data, false);
            edge(4, Line::Clock, true);
            edge(6, Line::Data, true);
        }
    }
}

fn i2c_byte(wave: &mut Wave, at: impl Fn(u64) -> Time, from: u64, byte: u8, ack: bool) {
    for bit in 0..9 {
        let start = from + 8 * bit;
        let level = if bit < 8 { byte >> (7 - bit) & 1 != 0 } else { !ack };
        wave.push((at(start + 1), Step::Edge(Line::Data, level)));
        wave.push((at(start + 4), Step::Edge(Line::Clock, true)));
        wave.push((at(start + 6), Step::Sample));
        wave.push((at(start + 8), Step::Edge(Line::Clock, false)));
    }
}

/// A word that begins at `t`; gives its end.
pub(crate) fn spi_wave(wave: &mut Wave, t: Time, bus: &SpiBus, mosi: u16, miso: u16, bits: u8) -> Time {
    let period = (1_000_000_000 / u64::from(bus.hz.max(1))).max(4);
    let mut start = t;
    for bit in (0..bits).rev() {
        let quarter = |n: u64| start + Time(period * n / 4);
        let data = [(Line::Data, mosi), (Line::Answer, miso)];
        let data = data.map(|(line, word)| Step::Edge(line, word >> bit & 1 != 0));
        let (lead, trail) = (Step::Edge(Line::Clock, !bus.polarity), Step::Edge(Line::Clock, bus.polarity));
        // Data stands before the edge that samples it: the first with phase 0, the second with phase 1.
        if bus.phase {
            wave.push((start, lead));
            wave.extend(data.map(|step| (quarter(1), step)));
            wave.push((quarter(2), Step::Sample));
            wave.push((quarter(2), trail));
        } else {
            wave.extend(data.map(|step| (start, step)));
            wave.push((quarter(2), Step::Sample));
            wave.push((quarter(2), lead));
            wave.push((quarter(4), trail));
        }
        start += Time(period);
    }
    start
}

/// A frame that begins at `t`; gives its end.
pub(crate) fn uart_wave(wave: &mut Wave, t: Time, line: &UartLine, byte: u8) -> Time {
    let bit = |n: u64| t + Time(n * 1_000_000_000 / u64::from(line.baud.max(1)));
    let mut edge = |n: u64, high: bool| wave.push((bit(n), Step::Edge(Line::Data, high)));
    edge(0, false);
    let mut n = 1;
    for i in 0..u64::from(line.bits) {
        edge(n, byte >> i & 1 != 0);
        n += 1;
    }
    if let Some(odd) = line.odd_parity {
        edge(n, (byte & line.mask()).count_ones().is_multiple_of(2) == odd);
        n += 1;
    }
    edge(n, true);
    bit(n + u64::from(line.stop_bits))
}
