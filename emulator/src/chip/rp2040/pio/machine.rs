//! One state machine of a PIO block: its registers, its shifters and what an instruction does.

use std::collections::VecDeque;

use crate::clock::Time;

const EXEC_SIDE_EN: u32 = 1 << 30;
const EXEC_SIDE_PINDIR: u32 = 1 << 29;
const EXEC_INLINE_OUT_EN: u32 = 1 << 18;
const EXEC_OUT_STICKY: u32 = 1 << 17;
const EXEC_STATUS_SEL: u32 = 1 << 4;
const SHIFT_FJOIN_RX: u32 = 1 << 31;
const SHIFT_FJOIN_TX: u32 = 1 << 30;
const SHIFT_OUT_RIGHT: u32 = 1 << 19;
const SHIFT_IN_RIGHT: u32 = 1 << 18;
const SHIFT_AUTOPULL: u32 = 1 << 17;
const SHIFT_AUTOPUSH: u32 = 1 << 16;

/// Words in a FIFO that is not joined with the other.
const DEPTH: usize = 4;

/// What a block's four machines share.
#[derive(Clone, Debug, Default)]
pub struct Common {
    /// Instruction memory.
    pub program: [u16; 32],
    /// The eight IRQ flags.
    pub irq: u8,
    /// Output levels and directions by GPIO.
    pub out: u32,
    pub oe: u32,
    /// Levels at the pins.
    pub inputs: u32,
}

/// What a machine waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// Its FIFOs.
    Fifo,
    /// A pin.
    Pins,
    /// An IRQ flag.
    Irq,
}

/// How an instruction ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// On to the next instruction.
    Next,
    /// The program counter has been set.
    Jumped,
    /// The same instruction again when something has changed.
    Stall(Wait),
    /// This instruction next, without moving on in the program.
    Execute(u16),
}

/// Sticky error flags: bits of FDEBUG for machine 0.
pub mod debug {
    pub const RXSTALL: u32 = 1;
    pub const RXUNDER: u32 = 1 << 8;
    pub const TXOVER: u32 = 1 << 16;
    pub const TXSTALL: u32 = 1 << 24;
}

/// One state machine.
#[derive(Clone, Debug)]
pub struct Machine {
    number: u8,
    pub clkdiv: u32,
    pub execctrl: u32,
    pub shiftctrl: u32,
    pub pinctrl: u32,
    pub enabled: bool,
    pub pc: u8,
    x: u32,
    y: u32,
    isr: u32,
    osr: u32,
    /// Bits shifted in, 0 to 32.
    isr_count: u32,
    /// Bits shifted out; 32 is empty.
    osr_count: u32,
    pub tx: VecDeque<u32>,
    pub rx: VecDeque<u32>,
    /// An instruction to carry out before the program's next.
    pub pending: Option<u16>,
    /// `IRQ wait` has set its flag and waits for it to be cleared.
    irq_set: bool,
    pub waiting: Option<Wait>,
    /// Pins (mask, levels) that OUT or SET wrote last, for OUT_STICKY.
    held: (u32, u32),
    /// Bits of FDEBUG that were raised since they were collected.
    pub debug: u32,
    /// The machine's clock has run since this instant and given so many ticks.
    epoch: Time,
    ticks: u64,
}

impl Machine {
    /// Machine `number` at reset.
    pub fn new(number: u8) -> Machine {
        Machine {
            number,
            clkdiv: 0x0001_0000,
            execctrl: 0x0001_F000,
            shiftctrl: 0x000C_0000,
            pinctrl: 0x1400_0000,
            enabled: false,
            pc: 0,
            x: 0,
            y: 0,
            isr: 0,
            osr: 0,
            isr_count: 0,
            osr_count: 32,
            tx: VecDeque::new(),
            rx: VecDeque::new(),
            pending: None,
            irq_set: false,
            waiting: None,
            held: (0, 0),
            debug: 0,
            epoch: Time::ZERO,
            ticks: 0,
        }
    }

    /// SM_RESTART: forgets what is under way, not the registers.
    pub fn restart(&mut self) {
        self.isr = 0;
        self.isr_count = 0;
        self.osr_count = 32;
        self.pending = None;
        self.irq_set = false;
        self.waiting = None;
    }

    // The clock.

    /// CLKDIV in 1/256 of a system clock cycle.
    fn divider(&self) -> u128 {
        let integer = self.clkdiv >> 16;
        let integer = if integer == 0 { 65_536 } else { integer };
        u128::from(integer << 8 | self.clkdiv >> 8 & 0xFF)
    }

    /// The clock begins anew at `now`.
    pub fn rebase(&mut self, now: Time) {
        self.epoch = now;
        self.ticks = 0;
    }

    /// When the next instruction is due.
    pub fn due(&self, hz: u64) -> Time {
        let ns =
            (u128::from(self.ticks) * self.divider() * 1_000_000_000).div_ceil(u128::from(hz.max(1)) * 256);
        self.epoch + Time(ns.min(u64::MAX.into()) as u64)
    }

    /// Skips the ticks before `t`, through which it waited.
    pub fn skip_to(&mut self, t: Time, hz: u64) {
        let span = u128::from(t.saturating_sub(self.epoch).0);
        let ticks = (span * u128::from(hz) * 256).div_ceil(self.divider() * 1_000_000_000);
        self.ticks = self.ticks.max(ticks as u64);
    }

    // The FIFOs.

    pub fn tx_depth(&self) -> usize {
        match self.shiftctrl & (SHIFT_FJOIN_RX | SHIFT_FJOIN_TX) {
            SHIFT_FJOIN_TX => 2 * DEPTH,
            SHIFT_FJOIN_RX => 0,
            _ => DEPTH,
        }
    }

    pub fn rx_depth(&self) -> usize {
        match self.shiftctrl & (SHIFT_FJOIN_RX | SHIFT_FJOIN_TX) {
            SHIFT_FJOIN_RX => 2 * DEPTH,
            SHIFT_FJOIN_TX => 0,
            _ => DEPTH,
        }
    }

    /// SHIFTCTRL: joining or parting the FIFOs empties them.
    pub fn set_shiftctrl(&mut self, value: u32) {
        if (value ^ self.shiftctrl) & (SHIFT_FJOIN_RX | SHIFT_FJOIN_TX) != 0 {
            self.tx.clear();
            self.rx.clear();
        }
        self.shiftctrl = value;
    }

    fn pull_threshold(&self) -> u32 {
        threshold(self.shiftctrl >> 25)
    }

    fn push_threshold(&self) -> u32 {
        threshold(self.shiftctrl >> 20)
    }

    // Executing.

    /// The instruction of one tick; afterwards the machine is due again after its delay, or waits.
    pub fn tick(&mut self, common: &mut Common) {
        let from_program = self.pending.is_none();
        let instruction = self.pending.unwrap_or(common.program[usize::from(self.pc & 31)]);
        if self.execctrl & EXEC_OUT_STICKY != 0 {
            // Asserted in every cycle; side-set comes after it.
            common.out = common.out & !self.held.0 | self.held.1;
        }
        let delay = self.side_set(common, instruction);
        match self.execute(common, instruction) {
            End::Stall(wait) => {
                self.waiting = Some(wait);
                self.ticks += 1;
            }
            End::Execute(next) => {
                // The delay of an instruction that supplies another is not observed.
                if from_program {
                    self.step_on();
                }
                self.pending = Some(next);
                self.ticks += 1;
            }
            end => {
                self.pending = None;
                if end == End::Next && from_program {
                    self.step_on();
                }
                self.ticks += 1 + u64::from(delay);
            }
        }
    }

    /// An instruction written by the processor, at once; it stays pending if it stalls.
    pub fn execute_now(&mut self, common: &mut Common, instruction: u16) {
        self.waiting = None;
        self.side_set(common, instruction);
        self.pending = match self.execute(common, instruction) {
            End::Stall(wait) => {
                self.waiting = Some(wait);
                Some(instruction)
            }
            End::Execute(next) => Some(next),
            _ => None,
        };
    }

    fn step_on(&mut self) {
        let (top, bottom) = (self.execctrl >> 12 & 31, self.execctrl >> 7 & 31);
        self.pc = if u32::from(self.pc) == top { bottom as u8 } else { (self.pc + 1) & 31 };
    }

    /// Carries out an instruction's side-set; gives its delay.
    fn side_set(&mut self, common: &mut Common, instruction: u16) -> u32 {
        let field = u32::from(instruction >> 8 & 0x1F);
        let bits = (self.pinctrl >> 29).min(5);
        let delay = field & ((1 << (5 - bits)) - 1);
        let optional = self.execctrl & EXEC_SIDE_EN != 0;
        let count = if optional { bits.saturating_sub(1) } else { bits };
        if count == 0 || optional && field & 0x10 == 0 {
            return delay;
        }
        let value = field >> (5 - bits) & ((1 << count) - 1);
        let pins = if self.execctrl & EXEC_SIDE_PINDIR != 0 { &mut common.oe } else { &mut common.out };
        put(pins, self.pinctrl >> 10 & 31, count, value);
        delay
    }

    /// OUT PINS or SET PINS.
    fn write_pins(&mut self, common: &mut Common, base: u32, count: u32, data: u32) {
        let (mut mask, mut levels) = (0, 0);
        put(&mut mask, base, count, u32::MAX);
        put(&mut levels, base, count, data);
        self.held = (mask, levels);
        common.out = common.out & !mask | levels;
    }

    /// The levels at the pins from IN_BASE on.
    fn in_pins(&self, common: &Common) -> u32 {
        common.inputs.rotate_right(self.pinctrl >> 15 & 31)
    }

    fn execute(&mut self, common: &mut Common, instruction: u16) -> End {
        let argument = u32::from(instruction & 0x1F);
        let select = instruction >> 5 & 7;
        match instruction >> 13 {
            0 => self.jmp(common, select, argument),
            1 => self.wait(common, select, argument),
            2 => self.shift_in(common, select, if argument == 0 { 32 } else { argument }),
            3 => self.shift_out(common, select, if argument == 0 { 32 } else { argument }),
            4 if select & 4 == 0 => self.push(select & 2 != 0, select & 1 != 0),
            4 => self.pull(select & 2 != 0, select & 1 != 0),
            5 => self.mov(common, select, argument),
            6 => self.irq(common, select, argument),
            _ => {
                match select {
                    0 => self.write_pins(common, self.pinctrl >> 5 & 31, self.pinctrl >> 26 & 7, argument),
                    1 => self.x = argument,
                    2 => self.y = argument,
                    4 => put(&mut common.oe, self.pinctrl >> 5 & 31, self.pinctrl >> 26 & 7, argument),
                    _ => {}
                }
                End::Next
            }
        }
    }

    fn jmp(&mut self, common: &Common, condition: u16, address: u32) -> End {
        let decrement = |value: &mut u32| {
            let was = *value;
            *value = value.wrapping_sub(1);
            was != 0
        };
        let taken = match condition {
            0 => true,
            1 => self.x == 0,
            2 => decrement(&mut self.x),
            3 => self.y == 0,
            4 => decrement(&mut self.y),
            5 => self.x != self.y,
            6 => common.inputs >> (self.execctrl >> 24 & 31) & 1 != 0,
            _ => self.osr_count < self.pull_threshold(),
        };
        if !taken {
            return End::Next;
        }
        self.pc = address as u8;
        End::Jumped
    }

    fn wait(&mut self, common: &mut Common, select: u16, index: u32) -> End {
        let wanted = select & 4 != 0;
        match select & 3 {
            0 if (common.inputs >> index & 1 != 0) != wanted => End::Stall(Wait::Pins),
            1 if (self.in_pins(common) >> index & 1 != 0) != wanted => End::Stall(Wait::Pins),
            2 => {
                let flag = self.flag(index);
                if (common.irq & flag != 0) != wanted {
                    return End::Stall(Wait::Irq);
                }
                if wanted {
                    common.irq &= !flag;
                }
                End::Next
            }
            _ => End::Next,
        }
    }

    /// The IRQ flag of an index: with bit 4 set, relative to the machine's number.
    fn flag(&self, index: u32) -> u8 {
        let n = index & 7;
        let n = if index & 0x10 != 0 { n & 4 | (n + u32::from(self.number)) & 3 } else { n };
        1 << n
    }

    fn shift_in(&mut self, common: &Common, source: u16, count: u32) -> End {
        let autopush = self.shiftctrl & SHIFT_AUTOPUSH != 0;
        let full = self.isr_count + count >= self.push_threshold();
        if autopush && full && self.rx.len() >= self.rx_depth() {
            self.debug |= debug::RXSTALL << self.number;
            return End::Stall(Wait::Fifo);
        }
        let data = match source {
            0 => self.in_pins(common),
            1 => self.x,
            2 => self.y,
            6 => self.isr,
            7 => self.osr,
            _ => 0,
        } & low(count);
        self.isr = if self.shiftctrl & SHIFT_IN_RIGHT != 0 {
            self.isr.checked_shr(count).unwrap_or(0) | data << (32 - count)
        } else {
            self.isr.checked_shl(count).unwrap_or(0) | data
        };
        self.isr_count = (self.isr_count + count).min(32);
        if autopush && full {
            self.push_isr();
        }
        End::Next
    }

    fn push_isr(&mut self) {
        self.rx.push_back(self.isr);
        self.isr = 0;
        self.isr_count = 0;
    }

    fn push(&mut self, if_full: bool, block: bool) -> End {
        if if_full && self.isr_count < self.push_threshold() {
            return End::Next;
        }
        if self.rx.len() < self.rx_depth() {
            self.push_isr();
            return End::Next;
        }
        self.debug |= debug::RXSTALL << self.number;
        if block {
            return End::Stall(Wait::Fifo);
        }
        self.isr = 0;
        self.isr_count = 0;
        End::Next
    }

    fn refill(&mut self) -> bool {
        match self.tx.pop_front() {
            Some(word) => {
                self.osr = word;
                self.osr_count = 0;
                true
            }
            None => false,
        }
    }

    fn pull(&mut self, if_empty: bool, block: bool) -> End {
        let autopull = self.shiftctrl & SHIFT_AUTOPULL != 0;
        let empty = self.osr_count >= self.pull_threshold();
        if (if_empty || autopull) && !empty {
            return End::Next;
        }
        if self.refill() {
            return End::Next;
        }
        if block {
            self.debug |= debug::TXSTALL << self.number;
            return End::Stall(Wait::Fifo);
        }
        self.osr = self.x;
        self.osr_count = 0;
        End::Next
    }

    fn shift_out(&mut self, common: &mut Common, destination: u16, count: u32) -> End {
        let autopull = self.shiftctrl & SHIFT_AUTOPULL != 0;
        if autopull && self.osr_count >= self.pull_threshold() && !self.refill() {
            self.debug |= debug::TXSTALL << self.number;
            return End::Stall(Wait::Fifo);
        }
        let data = if self.shiftctrl & SHIFT_OUT_RIGHT != 0 {
            let data = self.osr & low(count);
            self.osr = self.osr.checked_shr(count).unwrap_or(0);
            data
        } else {
            let data = self.osr >> (32 - count);
            self.osr = self.osr.checked_shl(count).unwrap_or(0);
            data
        };
        self.osr_count = (self.osr_count + count).min(32);
        if autopull && self.osr_count >= self.pull_threshold() {
            self.refill();
        }
        let (base, pins) = (self.pinctrl & 31, self.pinctrl >> 20 & 0x3F);
        match destination {
            0 if self.execctrl & EXEC_INLINE_OUT_EN != 0 && data >> (self.execctrl >> 19 & 31) & 1 == 0 => {
                // A bit of the data disables the write, and ends what was held.
                self.held = (0, 0);
            }
            0 => self.write_pins(common, base, pins, data),
            1 => self.x = data,
            2 => self.y = data,
            4 => put(&mut common.oe, base, pins, data),
            5 => {
                self.pc = (data & 31) as u8;
                return End::Jumped;
            }
            6 => {
                self.isr = data;
                self.isr_count = count;
            }
            7 => return End::Execute(data as u16),
            _ => {}
        }
        End::Next
    }

    fn mov(&mut self, common: &mut Common, destination: u16, argument: u32) -> End {
        let source = match argument & 7 {
            0 => self.in_pins(common),
            1 => self.x,
            2 => self.y,
            5 => {
                let level = if self.execctrl & EXEC_STATUS_SEL != 0 { self.rx.len() } else { self.tx.len() };
                if (level as u32) < self.execctrl & 0xF { u32::MAX } else { 0 }
            }
            6 => self.isr,
            7 => self.osr,
            _ => 0,
        };
        let data = match argument >> 3 & 3 {
            1 => !source,
            2 => source.reverse_bits(),
            _ => source,
        };
        match destination {
            0 => put(&mut common.out, self.pinctrl & 31, self.pinctrl >> 20 & 0x3F, data),
            1 => self.x = data,
            2 => self.y = data,
            4 => return End::Execute(data as u16),
            5 => {
                self.pc = (data & 31) as u8;
                return End::Jumped;
            }
            6 => {
                self.isr = data;
                self.isr_count = 0;
            }
            7 => {
                self.osr = data;
                self.osr_count = 0;
            }
            _ => {}
        }
        End::Next
    }

    fn irq(&mut self, common: &mut Common, select: u16, index: u32) -> End {
        let flag = self.flag(index);
        if select & 2 != 0 {
            common.irq &= !flag;
            return End::Next;
        }
        let wait = select & 1 != 0;
        if !self.irq_set {
            common.irq |= flag;
            if !wait {
                return End::Next;
            }
            self.irq_set = true;
        }
        if common.irq & flag != 0 {
            return End::Stall(Wait::Irq);
        }
        self.irq_set = false;
        End::Next
    }
}

/// A threshold of 0 means 32.
fn threshold(bits: u32) -> u32 {
    match bits & 31 {
        0 => 32,
        n => n,
    }
}

/// A mask of the `count` (1 to 32) lowest bits.
pub fn low(count: u32) -> u32 {
    u32::MAX >> (32 - count)
}

/// Writes the `count` lowest bits of `data` to pins from `base` on, wrapping from pin 31 to pin 0.
fn put(pins: &mut u32, base: u32, count: u32, data: u32) {
    let count = count.min(32);
    if count > 0 {
        let mask = low(count).rotate_left(base);
        *pins = *pins & !mask | data.rotate_left(base) & mask;
    }
}
