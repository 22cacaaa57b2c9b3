//! Draws into the trace the edges that a logic analyser would see during a hardware controller's transaction.

use crate::clock::Time;
use crate::trace::{BusData, BusItem, ChannelId, Trace};
use crate::world::{I2cEvent, I2cReply, SpiBus, UartLine};

/// The channels of an I2C bus.
#[derive(Clone, Copy, Debug)]
pub(crate) struct I2cChannels {
    pub sda: ChannelId,
    pub scl: ChannelId,
    pub items: ChannelId,
}

/// A step that begins at `t`; see [`I2cEvent`] for how long each takes.
pub(crate) fn draw_i2c(
    trace: &mut Trace,
    on: I2cChannels,
    t: Time,
    hz: u32,
    event: I2cEvent,
    reply: I2cReply,
) {
    let period = (1_000_000_000 / u64::from(hz.max(1))).max(8);
    // Eighths of a clock period after `t`.
    let at = |eighths: u64| t + Time(period * eighths / 8);
    let byte = |trace: &mut Trace, from: u64, byte: u8, ack: bool| {
        for bit in 0..9 {
            let start = from + 8 * bit;
            let level = if bit < 8 { byte >> (7 - bit) & 1 != 0 } else { !ack };
            trace.edge(on.sda, at(start + 1), level);
            trace.edge(on.scl, at(start + 4), true);
            trace.edge(on.scl, at(start + 8), false);
        }
    };
    let item = |from: u64, to: u64, what: BusData| BusItem { start: at(from), end: at(to), what };
    match event {
        I2cEvent::Start { address, read } => {
            trace.edge(on.sda, at(1), true);
            trace.edge(on.scl, at(2), true);
            trace.edge(on.sda, at(4), false);
            trace.edge(on.scl, at(8), false);
            trace.bus(on.items, item(4, 8, BusData::I2cStart));
            byte(trace, 8, address << 1 | u8::from(read), reply.ack);
            trace.bus(on.items, item(8, 80, BusData::I2cAddress { address, read, ack: reply.ack }));
        }
        I2cEvent::Write(data) => {
            byte(trace, 0, data, reply.ack);
            trace.bus(on.items, item(0, 72, BusData::I2cData { byte: data, read: false, ack: reply.ack }));
        }
        I2cEvent::Read { ack } => {
            byte(trace, 0, reply.byte, ack);
            trace.bus(on.items, item(0, 72, BusData::I2cData { byte: reply.byte, read: true, ack }));
        }
        I2cEvent::Stop => {
            trace.edge(on.sda, at(1), false);
            trace.edge(on.scl, at(4), true);
            trace.edge(on.sda, at(6), true);
            trace.bus(on.items, item(4, 6, BusData::I2cStop));
        }
    }
}

/// The channels of an SPI bus.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SpiChannels {
    pub sck: ChannelId,
    pub mosi: Option<ChannelId>,
    pub miso: Option<ChannelId>,
    pub items: ChannelId,
}

/// A word that begins at `t`.
pub(crate) fn draw_spi(
    trace: &mut Trace,
    on: SpiChannels,
    t: Time,
    bus: &SpiBus,
    mosi: u16,
    miso: u16,
    bits: u8,
) {
    let period = (1_000_000_000 / u64::from(bus.hz.max(1))).max(4);
    let mut start = t;
    for bit in (0..bits).rev() {
        let quarter = |n: u64| start + Time(period * n / 4);
        // Data stands before the edge that samples it: the first with phase 0, the second with phase 1.
        let (data, lead, trail) =
            if bus.phase { (quarter(1), start, quarter(2)) } else { (start, quarter(2), quarter(4)) };
        trace.edge(on.sck, lead, !bus.polarity);
        for (channel, word) in [(on.mosi, mosi), (on.miso, miso)] {
            if let Some(channel) = channel {
                trace.edge(channel, data, word >> bit & 1 != 0);
            }
        }
        trace.edge(on.sck, trail, bus.polarity);
        start += Time(period);
    }
    trace.bus(on.items, BusItem { start: t, end: start, what: BusData::Spi { mosi, miso, bits } });
}

/// A frame that begins at `t`.
pub(crate) fn draw_uart(
    trace: &mut Trace,
    pin: ChannelId,
    items: ChannelId,
    t: Time,
    line: &UartLine,
    byte: u8,
) {
    let bit = |n: u64| t + Time(n * 1_000_000_000 / u64::from(line.baud.max(1)));
    trace.edge(pin, bit(0), false);
    let mut n = 1;
    for i in 0..u64::from(line.bits) {
        trace.edge(pin, bit(n), byte >> i & 1 != 0);
        n += 1;
    }
    if let Some(odd) = line.odd_parity {
        trace.edge(pin, bit(n), byte.count_ones().is_multiple_of(2) == odd);
        n += 1;
    }
    trace.edge(pin, bit(n), true);
    let end = bit(n + u64::from(line.stop_bits));
    trace.bus(items, BusItem { start: t, end, what: BusData::Uart { byte, ok: true } });
}
