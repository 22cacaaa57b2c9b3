//! The register protocol that most I2C sensors share: a write sets the register pointer, further
//! bytes go to the registers from there on, and reads continue from the pointer.

use crate::world::{I2cEvent, I2cReply};

/// Where a transfer stands.
#[derive(Clone, Debug, Default)]
pub struct Pointer {
    at: u8,
    /// The next byte written is a register's number.
    fresh: bool,
}

/// What a sensor is asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Give this register's value.
    Read(u8),
    /// Take a value for this register.
    Write(u8, u8),
}

impl Pointer {
    /// Follows a step of a transfer. `next` tells which register follows which; `answer` is asked for
    /// values and given them (what it returns for a write does not matter).
    pub fn step(
        &mut self,
        event: I2cEvent,
        next: impl Fn(u8) -> u8,
        mut answer: impl FnMut(Ask) -> u8,
    ) -> I2cReply {
        let mut reply = I2cReply { ack: true, ..I2cReply::default() };
        match event {
            I2cEvent::Start { read, .. } => self.fresh = !read,
            I2cEvent::Write(byte) if self.fresh => {
                self.fresh = false;
                self.at = byte;
            }
            I2cEvent::Write(byte) => {
                answer(Ask::Write(self.at, byte));
                self.at = next(self.at);
            }
            I2cEvent::Read { .. } => {
                reply.byte = answer(Ask::Read(self.at));
                self.at = next(self.at);
            }
            I2cEvent::Stop => {}
        }
        reply
    }
}
