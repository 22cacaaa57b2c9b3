//! I2C0 and I2C1 (data sheet section 4.3): Synopsys DW_apb_i2c, as a controller and, in [`target`], as a target.
//!
//! Ten-bit addresses and arbitration between controllers are not built.

mod target;

use std::collections::VecDeque;

use super::pins::function;
use super::shared::{Event, Shared, irq};
use crate::clock::Time;
use crate::world::{Heard, I2cBus, I2cEvent, I2cReply};
use target::Target;

pub const IC_CON: u32 = 0x00;
const IC_TAR: u32 = 0x04;
const IC_SAR: u32 = 0x08;
const IC_DATA_CMD: u32 = 0x10;
const IC_SS_SCL_HCNT: u32 = 0x14;
const IC_SS_SCL_LCNT: u32 = 0x18;
const IC_FS_SCL_HCNT: u32 = 0x1C;
const IC_FS_SCL_LCNT: u32 = 0x20;
const IC_INTR_STAT: u32 = 0x2C;
const IC_INTR_MASK: u32 = 0x30;
const IC_RAW_INTR_STAT: u32 = 0x34;
const IC_RX_TL: u32 = 0x38;
const IC_TX_TL: u32 = 0x3C;
const IC_CLR_INTR: u32 = 0x40;
const IC_CLR_RX_UNDER: u32 = 0x44;
const IC_CLR_RX_OVER: u32 = 0x48;
const IC_CLR_TX_OVER: u32 = 0x4C;
const IC_CLR_RD_REQ: u32 = 0x50;
const IC_CLR_TX_ABRT: u32 = 0x54;
const IC_CLR_RX_DONE: u32 = 0x58;
const IC_CLR_ACTIVITY: u32 = 0x5C;
const IC_CLR_STOP_DET: u32 = 0x60;
const IC_CLR_START_DET: u32 = 0x64;
const IC_CLR_GEN_CALL: u32 = 0x68;
pub const IC_ENABLE: u32 = 0x6C;
const IC_STATUS: u32 = 0x70;
const IC_TXFLR: u32 = 0x74;
const IC_RXFLR: u32 = 0x78;
const IC_SDA_HOLD: u32 = 0x7C;
const IC_TX_ABRT_SOURCE: u32 = 0x80;
const IC_SLV_DATA_NACK_ONLY: u32 = 0x84;
const IC_DMA_CR: u32 = 0x88;
const IC_DMA_TDLR: u32 = 0x8C;
const IC_DMA_RDLR: u32 = 0x90;
const IC_SDA_SETUP: u32 = 0x94;
const IC_ACK_GENERAL_CALL: u32 = 0x98;
const IC_ENABLE_STATUS: u32 = 0x9C;
const IC_FS_SPKLEN: u32 = 0xA0;
const IC_CLR_RESTART_DET: u32 = 0xA8;
const IC_COMP_VERSION: u32 = 0xF8;
const IC_COMP_TYPE: u32 = 0xFC;

const RX_UNDER: u32 = 1;
const RX_OVER: u32 = 1 << 1;
const RX_FULL: u32 = 1 << 2;
const TX_OVER: u32 = 1 << 3;
const TX_EMPTY: u32 = 1 << 4;
const RD_REQ: u32 = 1 << 5;
const TX_ABRT: u32 = 1 << 6;
const RX_DONE: u32 = 1 << 7;
const ACTIVITY: u32 = 1 << 8;
const STOP_DET: u32 = 1 << 9;
const START_DET: u32 = 1 << 10;
const GEN_CALL: u32 = 1 << 11;
const RESTART_DET: u32 = 1 << 12;

const CMD_READ: u32 = 1 << 8;
const CMD_STOP: u32 = 1 << 9;
const CMD_RESTART: u32 = 1 << 10;
const FIRST_DATA_BYTE: u32 = 1 << 11;

const CON_MASTER_MODE: u32 = 1;
const CON_SLAVE_DISABLE: u32 = 1 << 6;
const CON_STOP_DET_IFADDRESSED: u32 = 1 << 7;
const CON_TX_EMPTY_CTRL: u32 = 1 << 8;
const CON_RX_FIFO_FULL_HLD_CTRL: u32 = 1 << 9;
const ABRT_7B_ADDR_NOACK: u32 = 1;
const ABRT_TXDATA_NOACK: u32 = 1 << 3;
const ABRT_SLVFLUSH_TXFIFO: u32 = 1 << 13;
const ABRT_USER_ABRT: u32 = 1 << 16;

const FIFO: usize = 16;

/// Pins with I2C0's or I2C1's SDA function; SCL lies one above each.
const SDA_PINS: [u32; 2] = [0x1111_1111, 0x4444_4444];

/// What the wires are doing.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Phase {
    /// Nothing.
    Idle,
    /// Between two bytes with the clock held low: the FIFO ran empty without a stop.
    Held,
    /// The start and the address byte; whether it will be acknowledged.
    Address { ack: bool },
    /// A data byte, with what came back.
    Data { reply: I2cReply },
    /// The stop.
    Stop,
}

/// One controller.
#[derive(Clone, Debug)]
pub struct I2c {
    number: usize,
    con: u32,
    tar: u32,
    sar: u32,
    ss_hcnt: u32,
    ss_lcnt: u32,
    fs_hcnt: u32,
    fs_lcnt: u32,
    spklen: u32,
    intr_mask: u32,
    /// The latched bits of IC_RAW_INTR_STAT; the others follow from the FIFOs.
    latched: u32,
    rx_tl: u32,
    tx_tl: u32,
    enable: u32,
    sda_hold: u32,
    sda_setup: u32,
    abort_source: u32,
    dma_cr: u32,
    dma_tdlr: u32,
    dma_rdlr: u32,
    tx: VecDeque<u32>,
    rx: VecDeque<u32>,
    phase: Phase,
    /// The command being carried out.
    command: u32,
    /// The direction of the present transfer.
    reading: bool,
    /// The next byte read is the first after an address.
    first_byte: bool,
    ack_general_call: u32,
    slv_data_nack_only: u32,
    target: Target,
}

impl I2c {
    /// I2C `number` at reset.
    pub fn new(number: usize) -> I2c {
        I2c {
            number,
            con: 0x65,
            tar: 0x55,
            sar: 0x55,
            ss_hcnt: 0x28,
            ss_lcnt: 0x2F,
            fs_hcnt: 0x06,
            fs_lcnt: 0x0D,
            spklen: 7,
            intr_mask: 0x8FF,
            latched: 0,
            rx_tl: 0,
            tx_tl: 0,
            enable: 0,
            sda_hold: 1,
            sda_setup: 0x64,
            abort_source: 0,
            dma_cr: 0,
            dma_tdlr: 0,
            dma_rdlr: 0,
            tx: VecDeque::new(),
            rx: VecDeque::new(),
            phase: Phase::Idle,
            command: 0,
            reading: false,
            first_byte: false,
            ack_general_call: 1,
            slv_data_nack_only: 0,
            target: Target::default(),
        }
    }

    fn event(&self) -> Event {
        if self.number == 0 { Event::I2c0 } else { Event::I2c1 }
    }

    /// The clock rate on the wires: IC_CLK is CLK_SYS; see section 4.3.14 for what is added to the counts.
    fn hz(&self, s: &Shared) -> u32 {
        let (high, low) = match self.con >> 1 & 3 {
            1 => (self.ss_hcnt, self.ss_lcnt),
            _ => (self.fs_hcnt, self.fs_lcnt),
        };
        let counts = u64::from(high + self.spklen + 7) + u64::from(low + 1);
        (s.hz.sys / counts).clamp(1, 10_000_000) as u32
    }

    fn bus(&self, s: &Shared) -> Option<I2cBus> {
        let sda = s.pins.find(function::I2C, SDA_PINS[self.number])?;
        let scl = s.pins.find(function::I2C, SDA_PINS[self.number] << 1)?;
        Some(I2cBus { sda, scl, hz: self.hz(s) })
    }

    /// A step on the wires; without pins nobody answers.
    fn step(&self, s: &mut Shared, event: I2cEvent) -> I2cReply {
        match self.bus(s) {
            Some(bus) => {
                let reply = s.world.i2c(s.now, bus, event);
                s.transacted = true;
                s.replan_world();
                reply
            }
            None => I2cReply { ack: false, byte: 0xFF, stretch: Time::ZERO },
        }
    }

    fn plan(&mut self, s: &mut Shared, phase: Phase, periods: u64, stretch: Time) {
        self.phase = phase;
        let span = Time(periods * 1_000_000_000 / u64::from(self.hz(s)));
        s.schedule_in(self.event(), span + stretch);
    }

    /// Begins the next command if the wires are free.
    fn start(&mut self, s: &mut Shared) {
        let ready = matches!(self.phase, Phase::Idle | Phase::Held);
        let controller = self.con & CON_MASTER_MODE != 0;
        if !ready || !controller || self.enable & 1 == 0 || self.latched & TX_ABRT != 0 {
            return;
        }
        let Some(command) = self.tx.pop_front() else { return };
        self.command = command;
        let read = command & CMD_READ != 0;
        let held = self.phase == Phase::Held;
        if held && command & CMD_RESTART == 0 && read == self.reading {
            return self.transfer(s);
        }
        self.reading = read;
        self.first_byte = true;
        self.latched |= ACTIVITY | START_DET | if held { RESTART_DET } else { 0 };
        let reply = self.step(s, I2cEvent::Start { address: (self.tar & 0x7F) as u8, read });
        self.plan(s, Phase::Address { ack: reply.ack }, 10, reply.stretch);
    }

    /// Begins the data byte of the present command.
    fn transfer(&mut self, s: &mut Shared) {
        let event = if self.reading {
            // The last byte before a stop or a new start is not acknowledged.
            let ends = self.command & CMD_STOP != 0
                || self.tx.front().is_some_and(|next| next & CMD_RESTART != 0 || next & CMD_READ == 0);
            I2cEvent::Read { ack: !ends }
        } else {
            I2cEvent::Write(self.command as u8)
        };
        let reply = self.step(s, event);
        self.plan(s, Phase::Data { reply }, 9, reply.stretch);
    }

    fn stop(&mut self, s: &mut Shared) {
        self.step(s, I2cEvent::Stop);
        self.plan(s, Phase::Stop, 1, Time::ZERO);
    }

    fn abort(&mut self, s: &mut Shared, source: u32) {
        // Bits 31:23 count the commands that are thrown away.
        self.abort_source |= source | (self.tx.len() as u32) << 23;
        self.tx.clear();
        self.latched |= TX_ABRT;
        self.stop(s);
    }

    /// A step on the wires is over.
    pub fn tick(&mut self, s: &mut Shared) {
        if let Some(bus) = self.bus(s) {
            match (s.world.heard(s.now, bus.scl), &mut self.phase) {
                (Heard::NotYet, _) => {
                    // Somebody holds the clock; look again after a period.
                    let period = Time(1_000_000_000 / u64::from(bus.hz));
                    s.replan_world();
                    let at = s.now + period;
                    return s.schedule(self.event(), at);
                }
                (Heard::Bits(bits), Phase::Address { ack }) => *ack = bits & 1 == 0,
                (Heard::Bits(bits), Phase::Data { reply }) => {
                    (reply.ack, reply.byte) = (bits & 1 == 0, (bits >> 1) as u8);
                }
                _ => {}
            }
        }
        match self.phase {
            Phase::Address { ack: true } => self.transfer(s),
            Phase::Address { ack: false } => self.abort(s, ABRT_7B_ADDR_NOACK),
            Phase::Data { reply } => {
                if self.reading {
                    let first = if std::mem::take(&mut self.first_byte) { FIRST_DATA_BYTE } else { 0 };
                    if self.rx.len() < FIFO {
                        self.rx.push_back(u32::from(reply.byte) | first);
                    } else {
                        self.latched |= RX_OVER;
                    }
                }
                if !self.reading && !reply.ack {
                    self.abort(s, ABRT_TXDATA_NOACK);
                } else if self.command & CMD_STOP != 0 || self.enable & 1 == 0 {
                    self.stop(s);
                } else {
                    self.phase = Phase::Held;
                    self.start(s);
                }
            }
            Phase::Stop => {
                self.phase = Phase::Idle;
                self.latched |= STOP_DET;
                self.start(s);
            }
            Phase::Idle | Phase::Held => {}
        }
        self.update(s);
    }

    fn raw(&self) -> u32 {
        let mut raw = self.latched;
        if self.rx.len() > self.rx_tl as usize {
            raw |= RX_FULL;
        }
        let under = self.tx.len() <= self.tx_tl as usize;
        // With TX_EMPTY_CTRL the bit waits until the last byte is out of the shift register.
        let busy = matches!(self.phase, Phase::Address { .. } | Phase::Data { .. });
        if self.enable & 1 != 0 && under && !(busy && self.con & CON_TX_EMPTY_CTRL != 0) {
            raw |= TX_EMPTY;
        }
        raw
    }

    fn update(&mut self, s: &mut Shared) {
        s.set_irq(irq::I2C0 + self.number as u32, self.raw() & self.intr_mask != 0);
        s.dreq_changed = true;
    }

    /// DMA requests: transmit, receive.
    pub fn dreq(&self) -> [bool; 2] {
        [
            self.dma_cr & 2 != 0 && self.enable & 1 != 0 && self.tx.len() <= self.dma_tdlr as usize,
            self.dma_cr & 1 != 0 && self.rx.len() > self.dma_rdlr as usize,
        ]
    }

    fn status(&self) -> u32 {
        let bit = |on: bool, n: u32| u32::from(on) << n;
        let active = self.phase != Phase::Idle;
        bit(active, 0)
            | bit(self.tx.len() < FIFO, 1)
            | bit(self.tx.is_empty(), 2)
            | bit(!self.rx.is_empty(), 3)
            | bit(self.rx.len() >= FIFO, 4)
            | bit(active, 5)
            | bit(self.target.active(), 6)
            | bit(self.target.active(), 0)
    }

    /// Clears latched bits by reading; gives whether one was set.
    fn clear(&mut self, s: &mut Shared, bits: u32) -> u32 {
        let was = u32::from(self.latched & bits != 0);
        self.latched &= !bits;
        if bits & TX_ABRT != 0 {
            self.abort_source = 0;
        }
        self.update(s);
        was
    }

    /// Reads a register.
    pub fn read(&mut self, s: &mut Shared, offset: u32) -> u32 {
        match offset {
            IC_CON => self.con,
            IC_TAR => self.tar,
            IC_SAR => self.sar,
            IC_DATA_CMD => {
                if self.rx.is_empty() {
                    self.latched |= RX_UNDER;
                }
                let data = self.rx.pop_front().unwrap_or(0);
                self.answer_held(s);
                self.update(s);
                data
            }
            IC_SS_SCL_HCNT => self.ss_hcnt,
            IC_SS_SCL_LCNT => self.ss_lcnt,
            IC_FS_SCL_HCNT => self.fs_hcnt,
            IC_FS_SCL_LCNT => self.fs_lcnt,
            IC_INTR_STAT => self.raw() & self.intr_mask,
            IC_INTR_MASK => self.intr_mask,
            IC_RAW_INTR_STAT => self.raw(),
            IC_RX_TL => self.rx_tl,
            IC_TX_TL => self.tx_tl,
            IC_CLR_INTR => {
                let all = RX_UNDER | RX_OVER | TX_OVER | RD_REQ | TX_ABRT | RX_DONE | ACTIVITY | STOP_DET;
                self.clear(s, all | START_DET | GEN_CALL | RESTART_DET)
            }
            IC_CLR_RX_UNDER => self.clear(s, RX_UNDER),
            IC_CLR_RX_OVER => self.clear(s, RX_OVER),
            IC_CLR_TX_OVER => self.clear(s, TX_OVER),
            IC_CLR_RD_REQ => self.clear(s, RD_REQ),
            IC_CLR_RX_DONE => self.clear(s, RX_DONE),
            IC_CLR_GEN_CALL => self.clear(s, GEN_CALL),
            IC_ACK_GENERAL_CALL => self.ack_general_call,
            IC_SLV_DATA_NACK_ONLY => self.slv_data_nack_only,
            IC_CLR_TX_ABRT => {
                let was = self.clear(s, TX_ABRT);
                self.start(s);
                was
            }
            IC_CLR_ACTIVITY => self.clear(s, ACTIVITY),
            IC_CLR_STOP_DET => self.clear(s, STOP_DET),
            IC_CLR_START_DET => self.clear(s, START_DET),
            IC_CLR_RESTART_DET => self.clear(s, RESTART_DET),
            IC_ENABLE => self.enable,
            IC_STATUS => self.status(),
            IC_TXFLR => self.tx.len() as u32,
            IC_RXFLR => self.rx.len() as u32,
            IC_SDA_HOLD => self.sda_hold,
            IC_TX_ABRT_SOURCE => self.abort_source,
            IC_DMA_CR => self.dma_cr,
            IC_DMA_TDLR => self.dma_tdlr,
            IC_DMA_RDLR => self.dma_rdlr,
            IC_SDA_SETUP => self.sda_setup,
            IC_ENABLE_STATUS => self.enable & 1,
            IC_FS_SPKLEN => self.spklen,
            IC_COMP_VERSION => 0x3230_312A,
            IC_COMP_TYPE => 0x4457_0140,
            _ => 0,
        }
    }

    /// Writes a register.
    pub fn write(&mut self, s: &mut Shared, offset: u32, value: u32) {
        match offset {
            IC_CON => self.con = value & 0x3FF,
            IC_TAR => self.tar = value & 0xFFF,
            IC_SAR => self.sar = value & 0x3FF,
            IC_DATA_CMD => {
                if self.tx.len() >= FIFO {
                    self.latched |= TX_OVER;
                } else if self.latched & TX_ABRT == 0 {
                    // After an abort the FIFO stays flushed until the program has seen it.
                    self.tx.push_back(value & 0x7FF);
                    self.start(s);
                    self.answer_held(s);
                }
            }
            IC_SS_SCL_HCNT => self.ss_hcnt = (value & 0xFFFF).max(6),
            IC_SS_SCL_LCNT => self.ss_lcnt = (value & 0xFFFF).max(8),
            IC_FS_SCL_HCNT => self.fs_hcnt = (value & 0xFFFF).max(6),
            IC_FS_SCL_LCNT => self.fs_lcnt = (value & 0xFFFF).max(8),
            IC_INTR_MASK => self.intr_mask = value & 0x1FFF,
            IC_RX_TL => self.rx_tl = (value & 0xFF).min(FIFO as u32 - 1),
            IC_TX_TL => self.tx_tl = (value & 0xFF).min(FIFO as u32 - 1),
            IC_ENABLE => self.set_enable(s, value & 3),
            IC_SDA_HOLD => self.sda_hold = value & 0xFF_FFFF,
            IC_DMA_CR => self.dma_cr = value & 3,
            IC_DMA_TDLR => self.dma_tdlr = value & 0xF,
            IC_DMA_RDLR => self.dma_rdlr = value & 0xF,
            IC_SDA_SETUP => self.sda_setup = value & 0xFF,
            IC_ACK_GENERAL_CALL => self.ack_general_call = value & 1,
            IC_SLV_DATA_NACK_ONLY => self.slv_data_nack_only = value & 1,
            IC_FS_SPKLEN => self.spklen = (value & 0xFF).max(1),
            _ => {}
        }
        self.update(s);
    }

    fn set_enable(&mut self, s: &mut Shared, value: u32) {
        self.enable = value & 1;
        if value & 2 != 0 && self.phase == Phase::Held {
            self.abort(s, ABRT_USER_ABRT);
        }
        if value & 1 == 0 {
            self.tx.clear();
            self.rx.clear();
            self.latched = 0;
            if self.phase == Phase::Held {
                // Switched off with the clock held: the lines are let go.
                self.stop(s);
            }
            self.leave_bus(s);
        }
        self.start(s);
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{run, shared};
    use super::*;
    use crate::trace::{BusData, SharedTrace};

    const BENCH: &str = "[[part]]\ntype = \"bme280\"\npins = { sda = \"GP4\", scl = \"GP5\" }\n";

    /// A controller set up for about 400 kHz as the Pico SDK does it.
    fn setup() -> (I2c, Shared, SharedTrace) {
        let (mut s, trace) = shared(BENCH, function::I2C, &[4, 5]);
        let mut i2c = I2c::new(0);
        i2c.write(&mut s, IC_CON, 0x165);
        i2c.write(&mut s, IC_FS_SCL_HCNT, 125);
        i2c.write(&mut s, IC_FS_SCL_LCNT, 187);
        i2c.write(&mut s, IC_FS_SPKLEN, 11);
        (i2c, s, trace)
    }

    fn target(i2c: &mut I2c, s: &mut Shared, address: u32) {
        i2c.write(s, IC_ENABLE, 0);
        i2c.write(s, IC_TAR, address);
        i2c.write(s, IC_ENABLE, 1);
    }

    fn wait(i2c: &mut I2c, s: &mut Shared) {
        run(s, Time::from_millis(2), |s, _| i2c.tick(s));
    }

    #[test]
    fn a_register_read_with_a_repeated_start() {
        let (mut i2c, mut s, trace) = setup();
        target(&mut i2c, &mut s, 0x76);
        for command in [0xD0, CMD_READ | CMD_RESTART, CMD_READ | CMD_STOP] {
            i2c.write(&mut s, IC_DATA_CMD, command);
        }
        assert_eq!(i2c.read(&mut s, IC_RAW_INTR_STAT) & (STOP_DET | TX_EMPTY), 0);
        wait(&mut i2c, &mut s);
        let raw = i2c.read(&mut s, IC_RAW_INTR_STAT);
        assert_eq!(raw & (STOP_DET | TX_EMPTY | TX_ABRT | RX_FULL), STOP_DET | TX_EMPTY | RX_FULL);
        assert_eq!(i2c.read(&mut s, IC_RXFLR), 2);
        assert_eq!(i2c.read(&mut s, IC_DATA_CMD), 0x60 | FIRST_DATA_BYTE);
        assert_eq!(i2c.read(&mut s, IC_DATA_CMD), 0);
        i2c.read(&mut s, IC_CLR_STOP_DET);
        assert_eq!(i2c.read(&mut s, IC_RAW_INTR_STAT) & STOP_DET, 0);
        assert_eq!(i2c.read(&mut s, IC_STATUS) & 0x27, 0x06, "idle again");
        let trace = trace.lock();
        let items: Vec<_> = trace
            .items(trace.find("I2C GP4/GP5").unwrap(), Time::ZERO, Time::NEVER)
            .map(|item| item.what)
            .collect();
        assert_eq!(
            items[3..],
            [
                BusData::I2cStart,
                BusData::I2cAddress { address: 0x76, read: true, ack: true },
                BusData::I2cData { byte: 0x60, read: true, ack: true },
                BusData::I2cData { byte: 0, read: true, ack: false },
                BusData::I2cStop,
            ]
        );
    }

    #[test]
    fn a_missing_part_aborts_and_stops() {
        let (mut i2c, mut s, _) = setup();
        i2c.write(&mut s, IC_INTR_MASK, TX_ABRT);
        target(&mut i2c, &mut s, 0x40);
        for command in [1, 2, 3 | CMD_STOP] {
            i2c.write(&mut s, IC_DATA_CMD, command);
        }
        wait(&mut i2c, &mut s);
        assert_ne!(s.irq_lines(0) & 1 << irq::I2C0, 0);
        assert_eq!(i2c.read(&mut s, IC_TX_ABRT_SOURCE), ABRT_7B_ADDR_NOACK | 2 << 23);
        assert_ne!(i2c.read(&mut s, IC_RAW_INTR_STAT) & STOP_DET, 0);
        assert_eq!(i2c.read(&mut s, IC_TXFLR), 0);
        i2c.write(&mut s, IC_DATA_CMD, 9);
        assert_eq!(i2c.read(&mut s, IC_TXFLR), 0, "flushed until the abort is cleared");
        assert_eq!(i2c.read(&mut s, IC_CLR_TX_ABRT), 1);
        assert_eq!(s.irq_lines(0) & 1 << irq::I2C0, 0);
        assert_eq!(i2c.read(&mut s, IC_TX_ABRT_SOURCE), 0);
    }

    #[test]
    fn without_a_stop_the_bus_is_held_for_the_next_command() {
        let (mut i2c, mut s, trace) = setup();
        target(&mut i2c, &mut s, 0x76);
        i2c.write(&mut s, IC_DATA_CMD, 0xF4);
        wait(&mut i2c, &mut s);
        assert_eq!(i2c.read(&mut s, IC_RAW_INTR_STAT) & (STOP_DET | TX_EMPTY), TX_EMPTY);
        i2c.write(&mut s, IC_DATA_CMD, 0x25 | CMD_STOP);
        wait(&mut i2c, &mut s);
        let trace = trace.lock();
        let count = trace.items(trace.find("I2C GP4/GP5").unwrap(), Time::ZERO, Time::NEVER).count();
        assert_eq!(count, 5, "start, address, two bytes, stop");
    }

    #[test]
    fn the_clock_rate_follows_the_counts() {
        let (i2c, s, _) = setup();
        let hz = i2c.hz(&s);
        assert!((370_000..=400_000).contains(&hz), "{hz}");
    }
}
