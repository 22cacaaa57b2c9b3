//! A UART of an emulated board as a serial line of this computer (`--uart-pty`).

use anyhow::Result;
#[cfg(not(target_os = "linux"))]
use anyhow::bail;
use crossbeam_channel::Sender;

#[cfg(target_os = "linux")]
use super::pty::{Line, Outlet, wire_time};
use crate::session::{Command, Event};

/// A UART's line.
pub struct UartLine {
    #[cfg(target_os = "linux")]
    line: Line,
}

/// The way from the UART to its line.
pub struct UartOutlet {
    #[cfg(target_os = "linux")]
    outlet: Outlet,
}

#[cfg(target_os = "linux")]
impl UartLine {
    /// A new line; its path.
    pub fn open() -> Result<(UartLine, String)> {
        let line = Line::open()?;
        let path = line.path.display().to_string();
        Ok((UartLine { line }, path))
    }

    /// The way out.
    pub fn outlet(&self) -> Result<UartOutlet> {
        Ok(UartOutlet { outlet: self.line.outlet.try_clone()? })
    }

    /// Sends on what clients send, no faster than a wire would.
    pub fn forward(self, requests: Sender<Command>) {
        self.line.forward(move |baud, bytes| {
            // Some bytes at a time: what waits here fills the client's line, and it waits too.
            for piece in bytes.chunks(64) {
                if requests.send(Command::Serial { baud, bytes: piece.to_vec() }).is_err() {
                    return false;
                }
                std::thread::sleep(wire_time(baud, piece.len()));
            }
            !bytes.is_empty() || requests.send(Command::Serial { baud, bytes }).is_ok()
        });
    }
}

#[cfg(not(target_os = "linux"))]
impl UartLine {
    /// A new line; its path.
    pub fn open() -> Result<(UartLine, String)> {
        bail!("--uart-pty needs Linux")
    }

    /// The way out.
    pub fn outlet(&self) -> Result<UartOutlet> {
        Ok(UartOutlet {})
    }

    /// Sends on what clients send, no faster than a wire would.
    pub fn forward(self, _: Sender<Command>) {}
}

impl UartOutlet {
    /// Passes on what is for the line.
    #[cfg_attr(not(target_os = "linux"), expect(unused_variables, reason = "there is no line"))]
    pub fn event(&mut self, event: &Event) {
        #[cfg(target_os = "linux")]
        match event {
            Event::Serial(bytes) => self.outlet.push(bytes),
            Event::Stats(_) => self.outlet.flush(),
            _ => {}
        }
    }
}
