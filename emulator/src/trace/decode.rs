//! Protocol decoders: from recorded edges to bus items, as a logic analyser does it. They serve bit-banged
//! buses, buses between parts, and as a check on what the hardware controllers recorded.

use super::{BusData, BusItem, ChannelId, Trace};
use crate::clock::Time;

/// Where the lines of an SPI bus are and how it is clocked.
#[derive(Clone, Copy, Debug)]
pub struct SpiLines {
    /// Clock.
    pub sck: ChannelId,
    /// Controller out.
    pub mosi: Option<ChannelId>,
    /// Controller in.
    pub miso: Option<ChannelId>,
    /// Chip select, active low: words begin anew when it falls, edges while it is high do not count.
    pub cs: Option<ChannelId>,
    /// The clock's idle level.
    pub polarity: bool,
    /// Sample on the second edge.
    pub phase: bool,
    /// Bits in a word, 1 to 16.
    pub bits: u8,
}

/// A UART frame.
#[derive(Clone, Copy, Debug)]
pub struct UartFrame {
    /// Bits a second.
    pub baud: u32,
    /// Data bits, 5 to 8.
    pub bits: u8,
    /// `Some(true)` for odd, `Some(false)` for even parity.
    pub odd_parity: Option<bool>,
}

/// I2C items in `[t0, t1)`.
pub fn i2c(trace: &Trace, sda: ChannelId, scl: ChannelId, t0: Time, t1: Time) -> Vec<BusItem> {
    let mut decoder =
        I2cDecoder::new(trace.level_at(sda, t0).unwrap_or(true), trace.level_at(scl, t0).unwrap_or(true));
    let mut items = Vec::new();
    let mut data = trace.edges(sda, t0, t1).peekable();
    let mut clock = trace.edges(scl, t0, t1).peekable();
    loop {
        // Within one instant: the clock falls, data changes, the clock rises.
        let clock_first = match (data.peek(), clock.peek()) {
            (None, None) => return items,
            (Some(_), None) => false,
            (None, Some(_)) => true,
            (Some(&(td, _)), Some(&(tc, rises))) => tc < td || (tc == td && !rises),
        };
        let next = if clock_first { clock.next() } else { data.next() };
        let Some((t, high)) = next else { return items };
        if clock_first {
            decoder.scl(t, high, &mut items);
        } else {
            decoder.sda(t, high, &mut items);
        }
    }
}

/// An I2C decoder fed with edges one by one.
#[derive(Clone, Debug)]
pub struct I2cDecoder {
    sda: bool,
    scl: bool,
    /// Bits of the byte so far, most significant first; the ninth is the acknowledge.
    bits: u16,
    count: u8,
    byte_start: Time,
    /// Inside a transfer.
    active: bool,
    /// The next byte is an address.
    address_next: bool,
    read: bool,
}

impl I2cDecoder {
    /// A decoder that starts with the lines at these levels.
    pub fn new(sda: bool, scl: bool) -> I2cDecoder {
        I2cDecoder {
            sda,
            scl,
            bits: 0,
            count: 0,
            byte_start: Time::ZERO,
            active: false,
            address_next: false,
            read: false,
        }
    }

    /// The data line changes.
    pub fn sda(&mut self, t: Time, high: bool, items: &mut Vec<BusItem>) {
        if high == self.sda {
            return;
        }
        self.sda = high;
        if !self.scl {
            return;
        }
        if high {
            if self.active {
                items.push(BusItem { start: t, end: t, what: BusData::I2cStop });
            }
            self.active = false;
        } else {
            items.push(BusItem { start: t, end: t, what: BusData::I2cStart });
            self.active = true;
            self.address_next = true;
        }
        self.count = 0;
    }

    /// The clock line changes.
    pub fn scl(&mut self, t: Time, high: bool, items: &mut Vec<BusItem>) {
        if high == self.scl {
            return;
        }
        self.scl = high;
        if !self.active {
            return;
        }
        if high {
            self.bits = self.bits << 1 | u16::from(self.sda);
            self.count += 1;
            return;
        }
        if self.count == 0 {
            self.byte_start = t;
        }
        if self.count == 9 {
            let byte = (self.bits >> 1) as u8;
            let ack = self.bits & 1 == 0;
            let what = if self.address_next {
                self.read = byte & 1 != 0;
                BusData::I2cAddress { address: byte >> 1, read: self.read, ack }
            } else {
                BusData::I2cData { byte, read: self.read, ack }
            };
            self.address_next = false;
            items.push(BusItem { start: self.byte_start, end: t, what });
            self.count = 0;
            self.byte_start = t;
        }
    }
}

/// SPI words in `[t0, t1)`.
pub fn spi(trace: &Trace, lines: &SpiLines, t0: Time, t1: Time) -> Vec<BusItem> {
    let mut items = Vec::new();
    let sample_on = lines.polarity == lines.phase;
    let level =
        |channel: Option<ChannelId>, t: Time| channel.and_then(|c| trace.level_at(c, t)).unwrap_or(false);
    let (mut mosi, mut miso, mut count) = (0u16, 0u16, 0);
    let (mut word_start, mut lead) = (t0, t0);
    let mut selected_since = None;
    for (t, high) in trace.edges(lines.sck, t0, t1) {
        if let Some(cs) = lines.cs {
            if trace.level_at(cs, t) != Some(false) {
                count = 0;
                continue;
            }
            // A new selection begins a new word even when the last one was cut off.
            let since = trace.previous_edge(cs, t + Time(1)).map(|(at, _)| at);
            if since != selected_since {
                selected_since = since;
                count = 0;
            }
        }
        if high != sample_on {
            lead = t;
            continue;
        }
        if count == 0 {
            (mosi, miso) = (0, 0);
            word_start = if lines.phase { lead } else { t };
        }
        // Data may change in the very instant of the edge when time is coarse: look just before it.
        let before = Time(t.0.saturating_sub(1));
        mosi = mosi << 1 | u16::from(level(lines.mosi, before));
        miso = miso << 1 | u16::from(level(lines.miso, before));
        count += 1;
        if count == lines.bits {
            items.push(BusItem {
                start: word_start,
                end: t,
                what: BusData::Spi { mosi, miso, bits: lines.bits },
            });
            count = 0;
        }
    }
    items
}

/// UART frames in `[t0, t1)`.
pub fn uart(trace: &Trace, line: ChannelId, frame: &UartFrame, t0: Time, t1: Time) -> Vec<BusItem> {
    let mut items = Vec::new();
    let half = |n: u64| Time(n * 500_000_000 / u64::from(frame.baud.max(1)));
    let mut busy_until = t0;
    for (start, high) in trace.edges(line, t0, t1) {
        if high || start < busy_until {
            continue;
        }
        let sample = |bit: u64| trace.level_at(line, start + half(2 * bit + 1)).unwrap_or(true);
        let mut byte = 0;
        for bit in 0..u64::from(frame.bits) {
            byte |= u8::from(sample(1 + bit)) << bit;
        }
        let mut length = 1 + u64::from(frame.bits);
        let mut ok = true;
        if let Some(odd) = frame.odd_parity {
            let ones = byte.count_ones() + u32::from(sample(length));
            ok = (ones % 2 == 1) == odd;
            length += 1;
        }
        ok &= sample(length);
        // The line may fall again right after the stop bit's middle.
        busy_until = start + half(2 * length + 1);
        items.push(BusItem { start, end: start + half(2 * length + 2), what: BusData::Uart { byte, ok } });
    }
    items
}
