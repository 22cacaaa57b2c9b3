//! DMA (data sheet section 2.5): twelve channels.
//!
//! A transfer takes one cycle. Unpaced transfers are made in batches of up to [`BATCH`], each as
//! an event at its start, so that a channel's effect comes at most that many cycles early.

use super::Rp2040;
use super::shared::{Event, Shared, irq};
use crate::clock::Time;
use crate::cpu::Access;

/// Channels.
const CHANNELS: usize = 12;
/// Transfers made at once.
const BATCH: u64 = 64;

const CHANNEL_BYTES: u32 = 0x40;
const INTR: u32 = 0x400;
const INTE0: u32 = 0x404;
const INTF0: u32 = 0x408;
const INTS0: u32 = 0x40C;
const INTE1: u32 = 0x414;
const INTF1: u32 = 0x418;
const INTS1: u32 = 0x41C;
const TIMER0: u32 = 0x420;
const MULTI_CHAN_TRIGGER: u32 = 0x430;
const SNIFF_CTRL: u32 = 0x434;
const SNIFF_DATA: u32 = 0x438;
const CHAN_ABORT: u32 = 0x444;
const N_CHANNELS: u32 = 0x448;
const DEBUG: u32 = 0x800;

const CTRL_EN: u32 = 1;
const CTRL_HIGH_PRIORITY: u32 = 1 << 1;
const CTRL_INCR_READ: u32 = 1 << 4;
const CTRL_INCR_WRITE: u32 = 1 << 5;
const CTRL_RING_SEL: u32 = 1 << 10;
const CTRL_IRQ_QUIET: u32 = 1 << 21;
const CTRL_BSWAP: u32 = 1 << 22;
const CTRL_SNIFF_EN: u32 = 1 << 23;
const CTRL_BUSY: u32 = 1 << 24;
const CTRL_WRITE_ERROR: u32 = 1 << 29;
const CTRL_READ_ERROR: u32 = 1 << 30;
const CTRL_AHB_ERROR: u32 = 1 << 31;
const CTRL_WRITABLE: u32 = 0x00FF_FFFF;

/// The first of the eight wraps of PWM slices.
const TREQ_PWM_WRAP0: u32 = 24;
const TREQ_TIMER0: u32 = 0x3B;
const TREQ_PERMANENT: u32 = 0x3F;

/// The fields of the four aliases of a channel's registers, in their order; the last triggers.
const ALIASES: [[Field; 4]; 4] = [
    [Field::Read, Field::Write, Field::Count, Field::Ctrl],
    [Field::Ctrl, Field::Read, Field::Write, Field::Count],
    [Field::Ctrl, Field::Count, Field::Read, Field::Write],
    [Field::Ctrl, Field::Write, Field::Count, Field::Read],
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Read,
    Write,
    Count,
    Ctrl,
}

#[derive(Clone, Debug, Default)]
struct Channel {
    read: u32,
    write: u32,
    /// Transfers left.
    count: u32,
    /// What a trigger starts with.
    reload: u32,
    ctrl: u32,
    busy: bool,
}

/// The controller.
#[derive(Clone, Debug, Default)]
pub struct Dma {
    channels: [Channel; CHANNELS],
    intr: u32,
    inte: [u32; 2],
    intf: [u32; 2],
    timer: [u32; 4],
    /// The cycle each pacing timer counts from, and its requests since.
    timer_since: [u64; 4],
    timer_requests: [u64; 4],
    sniff_ctrl: u32,
    sniff_data: u32,
    /// Where the search for the next channel begins, so that all get their turn.
    turn: usize,
    active: bool,
}

impl Dma {
    /// Whether any channel has transfers left.
    #[inline]
    pub fn is_active(&self) -> bool {
        self.active
    }

    fn refresh(&mut self, s: &mut Shared) {
        let mut paces = 0;
        self.active = false;
        for channel in self.channels.iter().filter(|channel| channel.busy) {
            self.active = true;
            let treq = channel.ctrl >> 15 & 0x3F;
            if (TREQ_PWM_WRAP0..TREQ_PWM_WRAP0 + 8).contains(&treq) {
                paces |= 1 << (treq - TREQ_PWM_WRAP0);
            }
        }
        if paces != s.pwm_paces {
            s.pwm_paces = paces;
            s.schedule_in(Event::Pwm, Time::ZERO);
        }
        for n in 0..2 {
            s.set_irq(irq::DMA_0 + n as u32, self.status(n) != 0);
        }
        s.dreq_changed = true;
    }

    fn status(&self, n: usize) -> u32 {
        self.intr & self.inte[n] | self.intf[n]
    }

    fn trigger(&mut self, n: usize) {
        let channel = &mut self.channels[n];
        if channel.ctrl & CTRL_EN == 0 || channel.busy {
            return;
        }
        channel.count = channel.reload;
        channel.busy = channel.count != 0;
    }

    fn finish(&mut self, n: usize) {
        let channel = &mut self.channels[n];
        channel.busy = false;
        let ctrl = channel.ctrl;
        if ctrl & CTRL_IRQ_QUIET == 0 {
            self.intr |= 1 << n;
        }
        let next = (ctrl >> 11 & 0xF) as usize;
        if next != n && next < CHANNELS {
            self.trigger(next);
        }
    }

    /// Reads a register.
    pub fn read(&self, offset: u32) -> u32 {
        match offset {
            0..0x300 => {
                let channel = &self.channels[(offset / CHANNEL_BYTES) as usize];
                match ALIASES[(offset >> 4 & 3) as usize][(offset >> 2 & 3) as usize] {
                    Field::Read => channel.read,
                    Field::Write => channel.write,
                    Field::Count => channel.count,
                    Field::Ctrl => {
                        let errors = CTRL_READ_ERROR | CTRL_WRITE_ERROR;
                        let ahb = if channel.ctrl & errors != 0 { CTRL_AHB_ERROR } else { 0 };
                        channel.ctrl | if channel.busy { CTRL_BUSY } else { 0 } | ahb
                    }
                }
            }
            INTR => self.intr,
            INTE0 => self.inte[0],
            INTF0 => self.intf[0],
            INTS0 => self.status(0),
            INTE1 => self.inte[1],
            INTF1 => self.intf[1],
            INTS1 => self.status(1),
            TIMER0..MULTI_CHAN_TRIGGER => self.timer[((offset - TIMER0) / 4) as usize],
            SNIFF_CTRL => self.sniff_ctrl,
            SNIFF_DATA => self.sniff_result(),
            N_CHANNELS => CHANNELS as u32,
            // DBG_TCR: the reload value
            DEBUG..0xB00 if offset & 4 != 0 => {
                self.channels[((offset - DEBUG) / CHANNEL_BYTES) as usize].reload
            }
            _ => 0,
        }
    }

    /// Writes a register. The caller makes the transfers that this triggers.
    pub fn write(&mut self, s: &mut Shared, offset: u32, value: u32) {
        match offset {
            0..0x300 => {
                let n = (offset / CHANNEL_BYTES) as usize;
                let place = (offset >> 2 & 3) as usize;
                let channel = &mut self.channels[n];
                match ALIASES[(offset >> 4 & 3) as usize][place] {
                    Field::Read => channel.read = value,
                    Field::Write => channel.write = value,
                    Field::Count => channel.reload = value,
                    Field::Ctrl => {
                        // The error flags are cleared by writing ones.
                        let errors = channel.ctrl & (CTRL_READ_ERROR | CTRL_WRITE_ERROR) & !value;
                        channel.ctrl = value & CTRL_WRITABLE | errors;
                    }
                }
                if place == 3 {
                    // A zero in a trigger register ends a chain of control blocks: it starts
                    // nothing and, on a quiet channel, interrupts.
                    if value != 0 {
                        self.trigger(n);
                    } else if self.channels[n].ctrl & CTRL_IRQ_QUIET != 0 {
                        self.intr |= 1 << n;
                    }
                }
            }
            INTR | INTS0 | INTS1 => self.intr &= !value,
            INTE0 => self.inte[0] = value & 0xFFFF,
            INTF0 => self.intf[0] = value & 0xFFFF,
            INTE1 => self.inte[1] = value & 0xFFFF,
            INTF1 => self.intf[1] = value & 0xFFFF,
            TIMER0..MULTI_CHAN_TRIGGER => {
                let n = ((offset - TIMER0) / 4) as usize;
                self.timer[n] = value;
                self.timer_since[n] = s.clock.cycle_at(s.now);
                self.timer_requests[n] = 0;
            }
            MULTI_CHAN_TRIGGER => {
                for n in 0..CHANNELS {
                    if value >> n & 1 != 0 {
                        self.trigger(n);
                    }
                }
            }
            SNIFF_CTRL => self.sniff_ctrl = value & 0xFFF,
            SNIFF_DATA => self.sniff_data = value,
            CHAN_ABORT => {
                for (n, channel) in self.channels.iter_mut().enumerate() {
                    if value >> n & 1 != 0 {
                        channel.busy = false;
                    }
                }
            }
            _ => {}
        }
        self.refresh(s);
    }

    /// The next channel that may transfer: of high priority first, else in turn.
    fn next(&mut self, ready: impl Fn(&Dma, u32) -> bool) -> Option<usize> {
        let order = (0..CHANNELS).map(|i| (self.turn + i) % CHANNELS);
        let may = |&n: &usize| {
            let channel = &self.channels[n];
            channel.busy && channel.ctrl & CTRL_EN != 0 && ready(self, channel.ctrl >> 15 & 0x3F)
        };
        let high = |n: &usize| self.channels[*n].ctrl & CTRL_HIGH_PRIORITY != 0;
        let n = order.clone().filter(high).find(may).or_else(|| order.clone().find(may))?;
        self.turn = (n + 1) % CHANNELS;
        Some(n)
    }

    /// The cycle at which a pacing timer next asks for a transfer, if it runs.
    fn timer_due(&self, n: usize) -> Option<u64> {
        let (x, y) = (u64::from(self.timer[n] >> 16), u64::from(self.timer[n] & 0xFFFF));
        // X requests in Y cycles, without a rounding that adds up.
        (x != 0 && y != 0)
            .then(|| self.timer_since[n] + ((self.timer_requests[n] + 1) * y).div_ceil(x).max(1))
    }

    /// A pacing timer's request was answered at `cycle`. Requests nobody waited for are forgotten.
    fn timer_fired(&mut self, n: usize, cycle: u64) {
        self.timer_requests[n] += 1;
        if self.timer_due(n).is_some_and(|next| next <= cycle) {
            (self.timer_since[n], self.timer_requests[n]) = (cycle, 0);
        }
    }

    /// Moves an address on, within its ring if it has one.
    fn advance(address: u32, size: u32, ring: u32) -> u32 {
        let next = address.wrapping_add(size);
        if ring == 0 {
            next
        } else {
            let mask = (1 << ring) - 1;
            address & !mask | next & mask
        }
    }

    fn sniff(&mut self, n: usize, value: u32, size: u32) {
        let ctrl = self.sniff_ctrl;
        if ctrl & 1 == 0 || (ctrl >> 1 & 0xF) as usize != n {
            return;
        }
        let value = if ctrl >> 9 & 1 != 0 { swap(value, size) } else { value };
        let mut bytes = value.to_le_bytes();
        let bytes = &mut bytes[..size as usize];
        let crc = |data: u32, byte: u8, width: u32, polynomial: u32| {
            let top = 1u32 << (width - 1);
            (0..8).fold(data ^ u32::from(byte) << (width - 8), |crc, _| {
                crc << 1 ^ if crc & top != 0 { polynomial } else { 0 }
            })
        };
        for &mut byte in bytes {
            let data = self.sniff_data;
            self.sniff_data = match ctrl >> 5 & 0xF {
                0x0 => crc(data, byte, 32, 0x04C1_1DB7),
                0x1 => crc(data, byte.reverse_bits(), 32, 0x04C1_1DB7),
                0x2 => crc(data, byte, 16, 0x1021) & 0xFFFF,
                0x3 => crc(data, byte.reverse_bits(), 16, 0x1021) & 0xFFFF,
                0xE => data ^ u32::from(byte).count_ones() & 1,
                _ => data,
            };
        }
        if ctrl >> 5 & 0xF == 0xF {
            self.sniff_data = self.sniff_data.wrapping_add(value);
        }
    }

    fn sniff_result(&self) -> u32 {
        let mut data = self.sniff_data;
        if self.sniff_ctrl >> 10 & 1 != 0 {
            data = data.reverse_bits();
        }
        if self.sniff_ctrl >> 11 & 1 != 0 {
            data = !data;
        }
        data
    }
}

fn swap(value: u32, size: u32) -> u32 {
    match size {
        2 => u32::from((value as u16).swap_bytes()),
        4 => value.swap_bytes(),
        _ => value,
    }
}

impl Rp2040 {
    /// The level of a peripheral's transfer request.
    fn dreq(&self, number: u32) -> bool {
        let n = number as usize;
        match n {
            0..8 => self.pio[0].dreq()[n],
            8..16 => self.pio[1].dreq()[n - 8],
            16..20 => self.spi[(n - 16) / 2].dreq()[n % 2],
            20..24 => self.uart[(n - 20) / 2].dreq()[n % 2],
            24..32 => self.pwm.dreq() >> (n - 24) & 1 != 0,
            32..36 => self.i2c[(n - 32) / 2].dreq()[n % 2],
            36 => self.adc.dreq(),
            37 => self.xip.streaming(),
            // The flash interface takes no time.
            38 | 39 => true,
            _ => false,
        }
    }

    /// Makes the transfers that can be made now, and plans the next.
    pub(super) fn dma_run(&mut self) {
        let cycle = self.s.clock.cycle_at(self.s.now);
        let mut made = 0;
        while made < BATCH {
            let requests: u64 = (0..40).fold(0, |bits, n| bits | u64::from(self.dreq(n)) << n);
            let ready = |dma: &Dma, treq: u32| match treq {
                TREQ_PERMANENT => true,
                TREQ_TIMER0..TREQ_PERMANENT => {
                    dma.timer_due((treq - TREQ_TIMER0) as usize).is_some_and(|due| due <= cycle)
                }
                n => requests >> n & 1 != 0,
            };
            let Some(n) = self.dma.next(ready) else { break };
            let treq = self.dma.channels[n].ctrl >> 15 & 0x3F;
            if (TREQ_TIMER0..TREQ_PERMANENT).contains(&treq) {
                self.dma.timer_fired((treq - TREQ_TIMER0) as usize, cycle);
            }
            if (TREQ_PWM_WRAP0..TREQ_PWM_WRAP0 + 8).contains(&treq) {
                self.pwm.answered((treq - TREQ_PWM_WRAP0) as usize);
            }
            self.dma_transfer(n);
            made += 1;
        }
        self.dma.refresh(&mut self.s);
        self.s.dreq_changed = false;
        // Unpaced work goes on after the batch's time; timers ask at theirs; peripherals call.
        let mut next = u64::MAX;
        for channel in self.dma.channels.iter().filter(|channel| channel.busy) {
            let at = match channel.ctrl >> 15 & 0x3F {
                TREQ_PERMANENT => Some(cycle + made.max(1)),
                treq @ TREQ_TIMER0..TREQ_PERMANENT => self.dma.timer_due((treq - TREQ_TIMER0) as usize),
                _ if made == BATCH => Some(cycle + made),
                _ => None,
            };
            next = next.min(at.unwrap_or(u64::MAX));
        }
        if next == u64::MAX {
            self.s.cancel(Event::Dma);
        } else {
            let at = self.s.clock.time_at(next.max(cycle + 1));
            self.s.schedule(Event::Dma, at);
        }
    }

    fn dma_transfer(&mut self, n: usize) {
        let Channel { read, write, ctrl, .. } = self.dma.channels[n];
        let size = match ctrl >> 2 & 3 {
            0 => 1,
            1 => 2,
            _ => 4,
        };
        let ring = ctrl >> 6 & 0xF;
        let (read_ring, write_ring) = if ctrl & CTRL_RING_SEL != 0 { (0, ring) } else { (ring, 0) };
        let value = self.dma_load(read, size);
        if value.is_none() {
            self.dma.channels[n].ctrl |= CTRL_READ_ERROR;
        }
        let value = value.unwrap_or(0);
        if ctrl & CTRL_SNIFF_EN != 0 {
            self.dma.sniff(n, value, size);
        }
        let value = if ctrl & CTRL_BSWAP != 0 { swap(value, size) } else { value };
        // Addresses and count move first: the write may go to this very channel's registers.
        let channel = &mut self.dma.channels[n];
        if ctrl & CTRL_INCR_READ != 0 {
            channel.read = Dma::advance(read, size, read_ring);
        }
        if ctrl & CTRL_INCR_WRITE != 0 {
            channel.write = Dma::advance(write, size, write_ring);
        }
        channel.count -= 1;
        let last = channel.count == 0;
        if !self.dma_store(write, size, value) {
            self.dma.channels[n].ctrl |= CTRL_WRITE_ERROR;
            self.dma.channels[n].busy = false;
        } else if last && self.dma.channels[n].busy {
            self.dma.finish(n);
        }
    }

    fn dma_load(&mut self, address: u32, size: u32) -> Option<u32> {
        if !address.is_multiple_of(size) {
            return None;
        }
        let mut bytes = [0; 4];
        let into = &mut bytes[..size as usize];
        let found = match address >> 24 {
            0x10..=0x13 => self.flash.memory().read((address & 0x00FF_FFFF) as usize, into),
            0x20 => self.sram.read((address - super::SRAM_BASE) as usize, into),
            0x14 | 0x18 | 0x21 | 0x40 | 0x50 => {
                let cycle = self.s.clock.cycle_at(self.s.now);
                let word = self.read_word(0, cycle, address & !3);
                let word = word >> ((address & 3) * 8);
                into.copy_from_slice(&word.to_le_bytes()[..size as usize]);
                true
            }
            _ => false,
        };
        found.then(|| u32::from_le_bytes(bytes))
    }

    fn dma_store(&mut self, address: u32, size: u32, value: u32) -> bool {
        if !address.is_multiple_of(size) {
            return false;
        }
        match address >> 24 {
            0x20 => {
                let at = address - super::SRAM_BASE;
                self.memory_changed(at, at + size);
                self.sram.write(at as usize, &value.to_le_bytes()[..size as usize])
            }
            0x14 | 0x18 | 0x21 | 0x40 | 0x50 => {
                let cycle = self.s.clock.cycle_at(self.s.now);
                let mut access = Access { core: 0, cycle, stall: 0, instructions: 0, fast: false };
                self.write_narrow(&mut access, address, size, value);
                true
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rings_wrap_within_their_size() {
        assert_eq!(Dma::advance(0x2000_000C, 4, 4), 0x2000_0000);
        assert_eq!(Dma::advance(0x2000_000C, 4, 0), 0x2000_0010);
        assert_eq!(Dma::advance(0x2000_0005, 1, 3), 0x2000_0006);
    }

    #[test]
    fn the_sniffer_computes_the_usual_crc32() {
        let mut dma = Dma { sniff_ctrl: 1 | 1 << 5 | 1 << 10 | 1 << 11, ..Dma::default() };
        dma.sniff_data = u32::MAX;
        for byte in b"123456789" {
            dma.sniff(0, u32::from(*byte), 1);
        }
        // The published check value.
        assert_eq!(dma.sniff_result(), 0xCBF4_3926);
    }

    #[test]
    fn the_last_register_of_each_alias_triggers() {
        for (alias, fields) in ALIASES.into_iter().enumerate() {
            assert_eq!(fields.iter().filter(|&&field| field == Field::Ctrl).count(), 1);
            assert!(alias == 0 || fields[3] != Field::Ctrl);
        }
    }
}
