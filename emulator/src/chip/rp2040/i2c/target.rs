//! The target's side of an I2C controller: it hears the edges of its two pins.

use super::{
    ABRT_SLVFLUSH_TXFIFO, ACTIVITY, CON_MASTER_MODE, CON_RX_FIFO_FULL_HLD_CTRL, CON_SLAVE_DISABLE,
    CON_STOP_DET_IFADDRESSED, FIFO, FIRST_DATA_BYTE, GEN_CALL, I2c, RD_REQ, RESTART_DET, RX_DONE, RX_OVER,
    SDA_PINS, START_DET, STOP_DET, TX_ABRT,
};
use crate::chip::rp2040::pins::function;
use crate::chip::rp2040::shared::Shared;
use crate::clock::Time;
use crate::net::{I2cAdapter, Notice};
use crate::world::{I2cEvent, I2cReply};

/// What a target knows of the bus.
#[derive(Clone, Debug)]
pub(super) struct Target {
    adapter: I2cAdapter,
    sda: bool,
    scl: bool,
    /// The present transfer is with this target.
    addressed: bool,
    first_byte: bool,
    /// A step that waits for the program, with the clock held.
    held: Option<I2cEvent>,
}

impl Default for Target {
    fn default() -> Target {
        Target {
            adapter: I2cAdapter::new(),
            sda: true,
            scl: true,
            addressed: false,
            first_byte: false,
            held: None,
        }
    }
}

impl Target {
    /// Whether a transfer is with this target.
    pub fn active(&self) -> bool {
        self.addressed
    }
}

impl I2c {
    fn is_target(&self) -> bool {
        self.enable & 1 != 0 && self.con & (CON_SLAVE_DISABLE | CON_MASTER_MODE) == 0
    }

    fn lines(&self, s: &Shared) -> Option<(u8, u8)> {
        let sda = s.pins.find(function::I2C, SDA_PINS[self.number])?;
        let scl = s.pins.find(function::I2C, SDA_PINS[self.number] << 1)?;
        Some((sda, scl))
    }

    /// The pins whose edges matter.
    pub fn watches(&self, s: &Shared) -> u32 {
        match self.lines(s) {
            Some((sda, scl)) if self.is_target() => 1 << sda | 1 << scl,
            _ => 0,
        }
    }

    /// An edge at a pin.
    pub fn edge(&mut self, s: &mut Shared, gpio: u8, high: bool) {
        let Some((sda, scl)) = self.lines(s).filter(|_| self.is_target()) else { return };
        match gpio {
            _ if gpio == sda => self.target.sda = high,
            _ if gpio == scl => self.target.scl = high,
            _ => return,
        }
        if self.target.held.is_some() {
            return;
        }
        let event = self.target.adapter.lines(self.target.sda, self.target.scl);
        match self.target.adapter.take_notice() {
            Some(Notice::Started { again }) => {
                self.latched |= START_DET | ACTIVITY;
                if again && self.target.addressed {
                    self.latched |= RESTART_DET;
                }
                self.target.addressed = false;
            }
            Some(Notice::Refused) if self.target.addressed => self.latched |= RX_DONE,
            _ => {}
        }
        if let Some(event) = event {
            self.target.held = Some(event);
            self.answer_held(s);
        } else {
            self.drive(s);
        }
        self.update(s);
    }

    /// Answers the step on the bus if it can be answered now.
    pub(super) fn answer_held(&mut self, s: &mut Shared) {
        let Some(event) = self.target.held else { return };
        if let Some(reply) = self.answer(event) {
            self.target.held = None;
            self.target.adapter.answer(event, reply);
        }
        self.drive(s);
    }

    /// The answer to a step; none while the program has to do something first.
    fn answer(&mut self, event: I2cEvent) -> Option<I2cReply> {
        let reply = |ack: bool, byte: u8| Some(I2cReply { ack, byte, stretch: Time::ZERO });
        match event {
            I2cEvent::Start { address, read } => {
                let general = address == 0 && !read && self.ack_general_call != 0;
                let ours = u32::from(address) == self.sar & 0x7F && address != 0;
                self.target.addressed = ours || general;
                self.target.first_byte = true;
                if general {
                    self.latched |= GEN_CALL;
                }
                if ours && read && !self.tx.is_empty() {
                    // What is left of another transfer is not for this one.
                    self.tx.clear();
                    self.abort_source |= ABRT_SLVFLUSH_TXFIFO;
                    self.latched |= TX_ABRT;
                }
                reply(self.target.addressed, 0xFF)
            }
            I2cEvent::Write(_) if self.slv_data_nack_only != 0 => reply(false, 0xFF),
            I2cEvent::Write(byte) => {
                if self.rx.len() < FIFO {
                    let first = std::mem::take(&mut self.target.first_byte);
                    self.rx.push_back(u32::from(byte) | if first { FIRST_DATA_BYTE } else { 0 });
                } else if self.con & CON_RX_FIFO_FULL_HLD_CTRL != 0 {
                    return None;
                } else {
                    self.latched |= RX_OVER;
                }
                reply(true, 0xFF)
            }
            I2cEvent::Read { .. } => match self.tx.pop_front() {
                Some(word) => reply(true, word as u8),
                None => {
                    self.latched |= RD_REQ;
                    None
                }
            },
            I2cEvent::Stop => {
                if self.target.addressed || self.con & CON_STOP_DET_IFADDRESSED == 0 {
                    self.latched |= STOP_DET;
                }
                self.target.addressed = false;
                reply(false, 0xFF)
            }
        }
    }

    /// Pulls down what the target pulls down: data for an acknowledge or a zero, the clock while it waits.
    fn drive(&mut self, s: &mut Shared) {
        let (sda, scl) = (SDA_PINS[self.number], SDA_PINS[self.number] << 1);
        let mut oe = s.pins.i2c.oe & !(sda | scl);
        oe |= if self.target.adapter.pulls_low { sda } else { 0 };
        oe |= if self.target.held.is_some() { scl } else { 0 };
        let changed = oe ^ s.pins.i2c.oe;
        if changed == 0 {
            return;
        }
        s.pins.i2c.oe = oe;
        // Data stands before the clock is let go.
        for pins in [sda, scl] {
            if changed & pins != 0 {
                s.pins_changed(changed & pins);
            }
        }
    }

    /// It is switched off: it lets the lines go.
    pub fn leave_bus(&mut self, s: &mut Shared) {
        self.target = Target::default();
        self.drive(s);
    }
}
