//! PIO0 and PIO1 (data sheet chapter 3): four state machines each.
//!
//! Machines that wait cost nothing. Those that run are caught up with in batches: at least every
//! [`BATCH`], when the processor looks at the block, and before a part's event reaches the pins; each edge
//! still gets the time of its own tick.

mod machine;

use super::shared::{Event, Shared, irq};
use crate::clock::Time;
use machine::{Common, Machine, Wait, debug, low};
use std::collections::VecDeque;

const CTRL: u32 = 0x000;
const FSTAT: u32 = 0x004;
const FDEBUG: u32 = 0x008;
const FLEVEL: u32 = 0x00C;
const TXF0: u32 = 0x010;
const RXF0: u32 = 0x020;
const IRQ: u32 = 0x030;
const IRQ_FORCE: u32 = 0x034;
const INPUT_SYNC_BYPASS: u32 = 0x038;
const DBG_PADOUT: u32 = 0x03C;
const DBG_PADOE: u32 = 0x040;
const DBG_CFGINFO: u32 = 0x044;
const INSTR_MEM0: u32 = 0x048;
const SM0_CLKDIV: u32 = 0x0C8;
const INTR: u32 = 0x128;
const IRQ0_INTE: u32 = 0x12C;
const IRQ0_INTF: u32 = 0x130;
const IRQ0_INTS: u32 = 0x134;
const IRQ1_INTE: u32 = 0x138;
const IRQ1_INTF: u32 = 0x13C;
const IRQ1_INTS: u32 = 0x140;

// Within a machine's registers.
const CLKDIV: u32 = 0x00;
const EXECCTRL: u32 = 0x04;
const SHIFTCTRL: u32 = 0x08;
const ADDR: u32 = 0x0C;
const INSTR: u32 = 0x10;
const PINCTRL: u32 = 0x14;
const SM_STRIDE: u32 = 0x18;

const EXEC_STALLED: u32 = 1 << 31;

/// Cycles that an edge takes through an input's synchroniser.
const SYNC_CYCLES: u64 = 2;

/// The longest time by which a block lags behind the processor.
const BATCH: Time = Time(500);

/// One block.
#[derive(Clone, Debug)]
pub struct Pio {
    number: usize,
    machines: [Machine; 4],
    common: Common,
    fdebug: u32,
    sync_bypass: u32,
    /// The pins' inputs now, as the synchronisers give them, and what is on its way through these.
    raw: u32,
    synced: u32,
    coming: VecDeque<(Time, u32)>,
    inte: [u32; 2],
    intf: [u32; 2],
    /// The clock at which the machines have run so far.
    hz: u64,
}

impl Pio {
    /// PIO `number` at reset.
    pub fn new(number: usize) -> Pio {
        Pio {
            number,
            machines: std::array::from_fn(|n| Machine::new(n as u8)),
            common: Common::default(),
            fdebug: 0,
            sync_bypass: 0,
            raw: 0,
            synced: 0,
            coming: VecDeque::new(),
            inte: [0; 2],
            intf: [0; 2],
            hz: 0,
        }
    }

    fn event(&self) -> Event {
        if self.number == 0 { Event::Pio0 } else { Event::Pio1 }
    }

    /// Runs all machines up to now and plans when to do so again.
    pub fn catch_up(&mut self, s: &mut Shared) {
        let now = s.now;
        self.run(s, now);
        self.plan(s);
    }

    /// Whether a machine is enabled: then pins matter to it.
    pub fn is_running(&self) -> bool {
        self.machines.iter().any(|machine| machine.enabled)
    }

    /// The next instant at which a machine does something, as far as can be told; now when there is no telling.
    pub fn quiet_until(&self, s: &Shared) -> Time {
        if !self.is_running() {
            return Time::NEVER;
        }
        if self.hz == 0 || self.hz != s.sys_hz() || s.pins.inputs() != self.raw {
            return s.now;
        }
        let running = self.machines.iter().filter(|m| m.enabled && m.waiting.is_none());
        let coming = self.coming.front().map(|&(at, _)| at);
        running.map(|m| m.due(self.hz)).chain(coming).min().unwrap_or(Time::NEVER)
    }

    fn run(&mut self, s: &mut Shared, now: Time) {
        if self.hz != s.sys_hz() {
            self.hz = s.sys_hz();
            self.machines.iter_mut().for_each(|machine| machine.rebase(now));
        }
        if self.hz == 0 {
            return;
        }
        self.look_at_pins(s, now);
        loop {
            let hz = self.hz;
            let ready = |m: &Machine| m.enabled && m.waiting.is_none();
            let next = (0..4).filter(|&n| ready(&self.machines[n])).min_by_key(|&n| self.machines[n].due(hz));
            let t = next.map_or(Time::NEVER, |n| self.machines[n].due(hz));
            if let Some(&(at, inputs)) = self.coming.front()
                && at <= t.min(now)
            {
                self.coming.pop_front();
                self.synced = inputs;
                self.inputs_changed(at);
                continue;
            }
            let Some(n) = next.filter(|_| t <= now) else { return };
            let before = (self.common.irq, self.common.out, self.common.oe);
            self.machines[n].tick(&mut self.common);
            if before != (self.common.irq, self.common.out, self.common.oe) {
                self.shared_changed(s, before, t);
            }
        }
    }

    /// An instruction changed the flags or the pins at `t`: others may go on.
    fn shared_changed(&mut self, s: &mut Shared, before: (u8, u32, u32), t: Time) {
        if before.0 != self.common.irq {
            self.wake(Wait::Irq, t);
            self.update_irq(s);
        }
        let changed = before.1 ^ self.common.out | before.2 ^ self.common.oe;
        if changed != 0 {
            s.pins.pio[self.number].out = self.common.out;
            s.pins.pio[self.number].oe = self.common.oe;
            // The edge belongs to the tick, which lies a little before the processor's present.
            let now = std::mem::replace(&mut s.now, t);
            s.pins_changed(changed);
            s.now = now;
            self.look_at_pins(s, t);
        }
    }

    fn look_at_pins(&mut self, s: &Shared, t: Time) {
        let inputs = s.pins.inputs();
        if inputs == self.raw {
            return;
        }
        self.raw = inputs;
        if !self.is_running() {
            // Nobody looked since; the synchronisers have long followed.
            self.coming.clear();
            self.synced = inputs;
            return self.inputs_changed(t);
        }
        let delay = (SYNC_CYCLES * 1_000_000_000).div_ceil(self.hz.max(1));
        self.coming.push_back((t + Time(delay), inputs));
        if self.sync_bypass != 0 {
            self.inputs_changed(t);
        }
    }

    fn inputs_changed(&mut self, t: Time) {
        let inputs = self.synced & !self.sync_bypass | self.raw & self.sync_bypass;
        if inputs != self.common.inputs {
            self.common.inputs = inputs;
            self.wake(Wait::Pins, t);
        }
    }

    /// The pins that the enabled machines' programs look at.
    fn looks(&self) -> u32 {
        let mut looks = 0;
        for machine in self.machines.iter().filter(|machine| machine.enabled) {
            let base = machine.pinctrl >> 15 & 31;
            for instruction in self.common.program.iter().map(|&word| u32::from(word)) {
                let (select, index) = (instruction >> 5 & 7, instruction & 31);
                looks |= match instruction >> 13 {
                    0 if select == 6 => 1 << (machine.execctrl >> 24 & 31),
                    1 if select & 3 == 0 => 1 << index,
                    1 if select & 3 == 1 => 1 << ((base + index) & 31),
                    2 if select == 0 => low(if index == 0 { 32 } else { index }).rotate_left(base),
                    5 if index & 7 == 0 => u32::MAX,
                    _ => 0,
                };
            }
        }
        looks
    }

    fn update_looks(&mut self, s: &mut Shared) {
        s.pins.pio_looks[self.number] = self.looks();
        s.update_listening();
    }

    /// Lets machines that wait for something try again from `t` on.
    fn wake(&mut self, reason: Wait, t: Time) {
        for machine in &mut self.machines {
            if machine.waiting == Some(reason) {
                machine.waiting = None;
                machine.skip_to(t, self.hz);
            }
        }
    }

    fn wake_one(&mut self, n: usize, t: Time) {
        let machine = &mut self.machines[n];
        if machine.waiting == Some(Wait::Fifo) {
            machine.waiting = None;
            machine.skip_to(t, self.hz);
        }
    }

    fn plan(&mut self, s: &mut Shared) {
        let running = self.machines.iter().filter(|m| m.enabled && m.waiting.is_none());
        let next = running.map(|m| m.due(self.hz)).chain(self.coming.front().map(|&(at, _)| at)).min();
        let at = next.filter(|_| self.hz > 0).map_or(Time::NEVER, |next| next.max(s.now + BATCH));
        s.schedule(self.event(), at);
        self.update_irq(s);
        s.dreq_changed = true;
    }

    fn raw(&self) -> u32 {
        let mut raw = u32::from(self.common.irq & 0xF) << 8;
        for (n, machine) in self.machines.iter().enumerate() {
            raw |= u32::from(!machine.rx.is_empty()) << n;
            raw |= u32::from(machine.tx.len() < machine.tx_depth()) << (n + 4);
        }
        raw
    }

    fn status(&self, line: usize) -> u32 {
        self.raw() & self.inte[line] | self.intf[line]
    }

    fn update_irq(&mut self, s: &mut Shared) {
        for line in 0..2 {
            let number = irq::PIO0_0 + 2 * self.number as u32 + line as u32;
            s.set_irq(number, self.status(line) != 0);
        }
    }

    /// DMA requests: the four transmit FIFOs, then the four receive FIFOs.
    pub fn dreq(&self) -> [bool; 8] {
        std::array::from_fn(|n| {
            let machine = &self.machines[n & 3];
            if n < 4 { machine.tx.len() < machine.tx_depth() } else { !machine.rx.is_empty() }
        })
    }

    /// Reads a register.
    pub fn read(&mut self, s: &mut Shared, offset: u32) -> u32 {
        self.catch_up(s);
        let each = |f: &dyn Fn(&Machine) -> u32, spread: usize| {
            self.machines.iter().enumerate().fold(0, |all, (n, machine)| all | f(machine) << (n * spread))
        };
        match offset {
            CTRL => each(&|m| m.enabled.into(), 1),
            FSTAT => {
                each(&|m| (m.rx.len() >= m.rx_depth()).into(), 1)
                    | each(&|m| m.rx.is_empty().into(), 1) << 8
                    | each(&|m| (m.tx.len() >= m.tx_depth()).into(), 1) << 16
                    | each(&|m| m.tx.is_empty().into(), 1) << 24
            }
            FDEBUG => {
                self.collect_debug();
                self.fdebug
            }
            FLEVEL => each(&|m| m.tx.len() as u32 | (m.rx.len() as u32) << 4, 8),
            RXF0..IRQ => {
                let n = ((offset - RXF0) / 4) as usize;
                let word = self.machines[n].rx.pop_front();
                if word.is_none() {
                    self.fdebug |= debug::RXUNDER << n;
                }
                self.wake_one(n, s.now);
                self.catch_up(s);
                word.unwrap_or(0)
            }
            IRQ => self.common.irq.into(),
            INPUT_SYNC_BYPASS => self.sync_bypass,
            DBG_PADOUT => self.common.out,
            DBG_PADOE => self.common.oe,
            // 32 instructions, four machines, FIFOs of four words
            DBG_CFGINFO => 32 << 16 | 4 << 8 | 4,
            SM0_CLKDIV..INTR => self.read_machine(offset),
            INTR => self.raw(),
            IRQ0_INTE => self.inte[0],
            IRQ0_INTF => self.intf[0],
            IRQ0_INTS => self.status(0),
            IRQ1_INTE => self.inte[1],
            IRQ1_INTF => self.intf[1],
            IRQ1_INTS => self.status(1),
            _ => 0,
        }
    }

    fn read_machine(&self, offset: u32) -> u32 {
        let machine = &self.machines[((offset - SM0_CLKDIV) / SM_STRIDE) as usize];
        match (offset - SM0_CLKDIV) % SM_STRIDE {
            CLKDIV => machine.clkdiv,
            EXECCTRL => machine.execctrl | if machine.pending.is_some() { EXEC_STALLED } else { 0 },
            SHIFTCTRL => machine.shiftctrl,
            ADDR => machine.pc.into(),
            INSTR => {
                let at = usize::from(machine.pc);
                machine.pending.unwrap_or(self.common.program[at]).into()
            }
            _ => machine.pinctrl,
        }
    }

    fn collect_debug(&mut self) {
        for machine in &mut self.machines {
            self.fdebug |= std::mem::take(&mut machine.debug);
        }
    }

    /// Writes a register.
    pub fn write(&mut self, s: &mut Shared, offset: u32, value: u32) {
        self.catch_up(s);
        match offset {
            CTRL => self.control(s.now, value),
            FDEBUG => {
                self.collect_debug();
                self.fdebug &= !value;
            }
            TXF0..RXF0 => {
                let n = ((offset - TXF0) / 4) as usize;
                if self.machines[n].tx.len() < self.machines[n].tx_depth() {
                    self.machines[n].tx.push_back(value);
                    self.wake_one(n, s.now);
                } else {
                    self.fdebug |= debug::TXOVER << n;
                }
            }
            IRQ => {
                self.common.irq &= !(value as u8);
                self.wake(Wait::Irq, s.now);
            }
            IRQ_FORCE => {
                self.common.irq |= value as u8;
                self.wake(Wait::Irq, s.now);
            }
            INPUT_SYNC_BYPASS => {
                self.sync_bypass = value;
                self.inputs_changed(s.now);
            }
            INSTR_MEM0..SM0_CLKDIV => {
                self.common.program[((offset - INSTR_MEM0) / 4) as usize] = value as u16
            }
            SM0_CLKDIV..INTR => self.write_machine(s, offset, value),
            IRQ0_INTE => self.inte[0] = value & 0xFFF,
            IRQ0_INTF => self.intf[0] = value & 0xFFF,
            IRQ1_INTE => self.inte[1] = value & 0xFFF,
            IRQ1_INTF => self.intf[1] = value & 0xFFF,
            _ => {}
        }
        if matches!(offset, CTRL | INSTR_MEM0..INTR) {
            self.update_looks(s);
        }
        self.catch_up(s);
    }

    fn control(&mut self, now: Time, value: u32) {
        for (n, machine) in self.machines.iter_mut().enumerate() {
            let bit = |shift: usize| value >> (n + shift) & 1 != 0;
            if bit(4) {
                machine.restart();
            }
            if bit(8) || bit(0) && !machine.enabled {
                machine.rebase(now);
            }
            machine.enabled = bit(0);
        }
    }

    fn write_machine(&mut self, s: &mut Shared, offset: u32, value: u32) {
        let n = ((offset - SM0_CLKDIV) / SM_STRIDE) as usize;
        let machine = &mut self.machines[n];
        match (offset - SM0_CLKDIV) % SM_STRIDE {
            CLKDIV => {
                machine.clkdiv = value & 0xFFFF_FF00;
                machine.rebase(s.now);
            }
            EXECCTRL => machine.execctrl = value & !EXEC_STALLED,
            SHIFTCTRL => machine.set_shiftctrl(value),
            INSTR => {
                let before = (self.common.irq, self.common.out, self.common.oe);
                machine.execute_now(&mut self.common, value as u16);
                self.shared_changed(s, before, s.now);
            }
            PINCTRL => machine.pinctrl = value,
            _ => {}
        }
        // What it waits for may now be another pin, or the FIFOs were emptied.
        self.machines[n].waiting = None;
        self.machines[n].skip_to(s.now, self.hz);
    }
}

#[cfg(test)]
mod tests;
