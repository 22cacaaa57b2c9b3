//! The answering side of a bit-banged I2C bus: from edges to the steps that parts understand.

use crate::world::{I2cEvent, I2cReply};

/// What is on the bus.
#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    /// No transfer, or one that concerns nobody here.
    Idle,
    /// The controller sends; so many bits are in.
    Receiving { count: u8 },
    /// The ninth clock of a byte that was acknowledged.
    Acknowledging,
    /// A part sends; so many bits are out.
    Sending { count: u8 },
    /// The ninth clock of a byte that a part sent.
    AwaitingAck { ack: bool },
}

/// What the bus told besides the steps of a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Notice {
    /// A start; again, inside of a transfer.
    Started { again: bool },
    /// The controller did not acknowledge a byte it has read.
    Refused,
}

/// Hears both lines and says what to ask the parts; holds the data line low when a part does.
#[derive(Clone, Debug)]
pub(crate) struct I2cAdapter {
    state: State,
    sda: bool,
    scl: bool,
    byte: u8,
    /// The next byte is an address.
    address_next: bool,
    read: bool,
    notice: Option<Notice>,
    /// Whether the data line is held low for the parts.
    pub pulls_low: bool,
}

impl I2cAdapter {
    /// Both lines idle.
    pub fn new() -> I2cAdapter {
        I2cAdapter {
            state: State::Idle,
            sda: true,
            scl: true,
            byte: 0,
            address_next: false,
            read: false,
            notice: None,
            pulls_low: false,
        }
    }

    /// What there was to notice since the last call.
    pub fn take_notice(&mut self) -> Option<Notice> {
        self.notice.take()
    }

    /// The lines have these levels, and what is on the bus is somebody else's.
    pub fn follow(&mut self, sda: bool, scl: bool) {
        *self = I2cAdapter { sda, scl, ..I2cAdapter::new() };
    }

    /// The lines changed to these levels. The answer to a question goes to [`I2cAdapter::answer`].
    pub fn lines(&mut self, sda: bool, scl: bool) -> Option<I2cEvent> {
        let (sda_changed, scl_changed) = (sda != self.sda, scl != self.scl);
        (self.sda, self.scl) = (sda, scl);
        if scl_changed {
            return if scl { self.clock_rises() } else { self.clock_falls() };
        }
        if !sda_changed || !scl {
            return None;
        }
        self.pulls_low = false;
        if sda {
            let active = self.state != State::Idle;
            self.state = State::Idle;
            return active.then_some(I2cEvent::Stop);
        }
        self.notice = Some(Notice::Started { again: self.state != State::Idle });
        self.address_next = true;
        self.read = false;
        self.state = State::Receiving { count: 0 };
        None
    }

    fn clock_rises(&mut self) -> Option<I2cEvent> {
        match &mut self.state {
            State::Receiving { count } => {
                self.byte = self.byte << 1 | u8::from(self.sda);
                *count += 1;
            }
            State::AwaitingAck { ack } => *ack = !self.sda,
            _ => {}
        }
        None
    }

    fn clock_falls(&mut self) -> Option<I2cEvent> {
        match self.state {
            State::Receiving { count: 8 } if self.address_next => {
                self.read = self.byte & 1 != 0;
                Some(I2cEvent::Start { address: self.byte >> 1, read: self.read })
            }
            State::Receiving { count: 8 } => Some(I2cEvent::Write(self.byte)),
            State::Acknowledging => {
                self.pulls_low = false;
                if self.read {
                    return Some(I2cEvent::Read { ack: true });
                }
                self.state = State::Receiving { count: 0 };
                None
            }
            State::Sending { count: 8 } => {
                self.pulls_low = false;
                self.state = State::AwaitingAck { ack: false };
                None
            }
            State::Sending { count } => {
                self.send_bit(count);
                None
            }
            State::AwaitingAck { ack: true } => Some(I2cEvent::Read { ack: true }),
            State::AwaitingAck { ack: false } => {
                self.notice = Some(Notice::Refused);
                // The controller has what it wanted; a stop or a new start follows.
                self.state = State::Receiving { count: 9 };
                None
            }
            _ => None,
        }
    }

    fn send_bit(&mut self, count: u8) {
        self.pulls_low = self.byte >> (7 - count) & 1 == 0;
        self.state = State::Sending { count: count + 1 };
    }

    /// The parts' answer to what was asked.
    pub fn answer(&mut self, event: I2cEvent, reply: I2cReply) {
        match event {
            I2cEvent::Start { .. } | I2cEvent::Write(_) => {
                self.address_next = false;
                self.pulls_low = reply.ack;
                self.state = if reply.ack { State::Acknowledging } else { State::Idle };
            }
            I2cEvent::Read { .. } => {
                self.byte = reply.byte;
                self.send_bit(0);
            }
            I2cEvent::Stop => {}
        }
    }
}
