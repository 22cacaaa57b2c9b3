//! Bytes to and from a board's console: the one thing every target has.

use std::time::Duration;

use thiserror::Error;

/// A board's console. Implemented by the emulated board and by a serial port; everything above
/// (running, files, the live prompt) is written once on this.
pub trait Connection {
    /// What messages call it: a port's name or the board's.
    fn name(&self) -> &str;

    /// Hands over bytes and says how many were taken: 0 when the board takes none at the moment.
    fn write(&mut self, bytes: &[u8]) -> Result<usize, LinkError>;

    /// Appends what the board sent to `into`. Waits for the first byte at most `wait` of the
    /// connection's own time, and returns without a byte when none came.
    fn read(&mut self, wait: Duration, into: &mut Vec<u8>) -> Result<(), LinkError>;

    /// The connection's own clock, from any start. An emulated board's is virtual time, so that
    /// a client's time-outs, and with them its bytes, come at the same moment in every run.
    fn now(&self) -> Duration;
}

/// Why a board cannot be spoken to. Each says what to do next.
#[derive(Debug, Error)]
pub enum LinkError {
    /// No such port.
    #[error("{port}: there is no such port; `solderless ports` lists those that are there")]
    Missing {
        /// As given.
        port: String,
    },
    /// Another program has it.
    #[error(
        "{port} is in use by another program (a terminal, Thonny, mpremote?): close that, then try again"
    )]
    Busy {
        /// As given.
        port: String,
    },
    /// The user may not open it.
    #[error(
        "{port}: no permission; add yourself to the group that owns it (`sudo usermod -aG dialout $USER`), \
         log in again, then try again"
    )]
    Denied {
        /// As given.
        port: String,
    },
    /// It was there and is no more.
    #[error("{port} vanished: was the board unplugged, or is it restarting? Plug it in and try again")]
    Vanished {
        /// As given.
        port: String,
    },
    /// The user asked to stop what was going on.
    #[error("stopped")]
    Stopped,
    /// The emulated board is asked to go to another time: what is going on will not have happened.
    #[error("the board went to another time")]
    Left,
    /// It began anew: whatever was running is gone.
    #[error("{port} restarted: what was running on it is gone")]
    Restarted {
        /// The board.
        port: String,
    },
    /// The emulated processor gave up.
    #[error("the emulated board stopped: {0}")]
    Fault(String),
    /// Anything else the operating system says.
    #[error("{port}: {source}")]
    Io {
        /// As given.
        port: String,
        /// The system's own words.
        source: std::io::Error,
    },
}
