//! The two kinds of board behind one interface that a worker can share its thread with.

use std::time::Duration;

use super::emulated::EmulatedBoard;
use super::message::{Speed, Stats};
use crate::device::{Connection, LinkError, SerialConnection};

/// A board to work with.
pub enum Board {
    /// In this process.
    Emulated(Box<EmulatedBoard>),
    /// On a serial port.
    Serial(SerialConnection),
}

impl Board {
    /// The port's or board's name.
    pub fn name(&self) -> &str {
        match self {
            Board::Emulated(board) => board.name(),
            Board::Serial(port) => port.name(),
        }
    }

    /// The board's own clock.
    pub fn now(&self) -> Duration {
        match self {
            Board::Emulated(board) => board.now(),
            Board::Serial(port) => port.now(),
        }
    }

    /// Hands over bytes; says how many were taken.
    pub fn write(&mut self, bytes: &[u8]) -> Result<usize, LinkError> {
        match self {
            Board::Emulated(board) => Ok(board.write(bytes)),
            Board::Serial(port) => port.write(bytes),
        }
    }

    /// Lets the board go on for at most `wait` of its own time and a few milliseconds of ours,
    /// and takes what it sent. Returns early when something came.
    pub fn pump(&mut self, wait: Duration, into: &mut Vec<u8>) -> Result<(), LinkError> {
        match self {
            Board::Emulated(board) => board.pump(wait, into),
            Board::Serial(port) => port.read(wait, into),
        }
    }

    /// How long the host should leave the board alone before the next `pump`.
    pub fn rest(&mut self) -> Duration {
        match self {
            Board::Emulated(board) => board.rest(),
            Board::Serial(_) => Duration::ZERO,
        }
    }

    /// Emulated boards only.
    pub fn set_speed(&mut self, speed: Speed) -> Result<(), String> {
        match self {
            Board::Emulated(board) => {
                board.set_speed(speed);
                Ok(())
            }
            Board::Serial(_) => Err("a real board runs at its own speed".into()),
        }
    }

    /// Emulated boards only: a constant, or (`None`) what the bench says.
    pub fn set_input(&mut self, part: &str, input: &str, value: Option<f64>) -> Result<(), String> {
        match self {
            Board::Emulated(board) => board.set_input(part, input, value),
            Board::Serial(_) => Err("a real board's sensors cannot be set from here".into()),
        }
    }

    /// Emulated boards only: sends bytes to the UART that is offered.
    pub fn serial_write(&mut self, baud: u32, bytes: &[u8]) -> Result<(), String> {
        match self {
            Board::Emulated(board) => {
                board.serial_write(baud, bytes);
                Ok(())
            }
            Board::Serial(_) => Err("only an emulated board's UART is offered".into()),
        }
    }

    /// What came from the UART that is offered.
    pub fn serial_read(&mut self) -> Vec<u8> {
        match self {
            Board::Emulated(board) => board.serial_read(),
            Board::Serial(_) => Vec::new(),
        }
    }

    /// Emulated boards only: the session so far, as `--replay` reads it.
    pub fn recording(&self) -> Result<String, String> {
        match self {
            Board::Emulated(board) => Ok(board.recording()),
            Board::Serial(_) => Err("only an emulated board's session is recorded".into()),
        }
    }

    /// How it is getting on; `None` for a real board.
    pub fn stats(&mut self) -> Option<Stats> {
        match self {
            Board::Emulated(board) => Some(board.stats()),
            Board::Serial(_) => None,
        }
    }

    /// Did the chip reset itself since the last call? A real board's port vanishes instead.
    pub fn take_restarted(&mut self) -> bool {
        match self {
            Board::Emulated(board) => board.take_restarted(),
            Board::Serial(_) => false,
        }
    }

    /// What the bench has to say; each is told once.
    pub fn take_reports(&mut self) -> Vec<String> {
        match self {
            Board::Emulated(board) => board.take_reports(),
            Board::Serial(_) => Vec::new(),
        }
    }

    /// Is its time standing still?
    pub fn paused(&self) -> bool {
        matches!(self, Board::Emulated(board) if board.speed() == Speed::Paused)
    }
}
