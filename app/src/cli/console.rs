//! Standard input as a board's keyboard.

use std::io::{IsTerminal, Read};
use std::thread;

use crossbeam_channel::Sender;

use crate::session::Command;

/// Ctrl-] leaves the console, as in other serial terminals.
const LEAVE: u8 = 0x1d;

/// Sends what is typed or piped in to the board, on a thread of its own, until the input ends.
pub fn forward_input(requests: Sender<Command>) {
    if std::io::stdin().is_terminal() && !in_foreground() {
        // Reading would suspend a job in the background.
        return;
    }
    thread::spawn(move || {
        let mut buffer = [0; 1024];
        while let Ok(count @ 1..) = std::io::stdin().read(&mut buffer) {
            // A board's line ends with a carriage return, as from a terminal.
            let bytes =
                buffer[..count].iter().map(|&byte| if byte == b'\n' { b'\r' } else { byte }).collect();
            if requests.send(Command::Input(bytes)).is_err() {
                return;
            }
        }
    });
}

/// As `forward_input`, key by key; Ctrl-] or the end of the input closes the session.
pub fn forward_keys(requests: Sender<Command>) {
    thread::spawn(move || {
        let mut buffer = [0; 1024];
        while let Ok(count @ 1..) = std::io::stdin().read(&mut buffer) {
            let typed = &buffer[..count];
            let leave = typed.iter().position(|&byte| byte == LEAVE);
            let _ = requests.send(Command::Input(typed[..leave.unwrap_or(count)].to_vec()));
            if leave.is_some() {
                break;
            }
        }
        let _ = requests.send(Command::Close);
    });
}

#[cfg(unix)]
fn in_foreground() -> bool {
    nix::unistd::tcgetpgrp(std::io::stdin()).is_ok_and(|group| group == nix::unistd::getpgrp())
}

#[cfg(not(unix))]
fn in_foreground() -> bool {
    true
}

/// A terminal that hands over each key at once and echoes nothing; dropping it restores the old manner.
pub struct RawTerminal {
    #[cfg(unix)]
    before: Option<nix::sys::termios::Termios>,
}

#[cfg(unix)]
impl RawTerminal {
    /// Standard input's terminal, if it is one.
    pub fn enter() -> RawTerminal {
        use nix::sys::termios::{SetArg, cfmakeraw, tcgetattr, tcsetattr};
        let before = tcgetattr(std::io::stdin()).ok();
        if let Some(before) = &before {
            let mut raw = before.clone();
            cfmakeraw(&mut raw);
            let _ = tcsetattr(std::io::stdin(), SetArg::TCSANOW, &raw);
        }
        RawTerminal { before }
    }
}

#[cfg(unix)]
impl Drop for RawTerminal {
    fn drop(&mut self) {
        if let Some(before) = &self.before {
            let _ =
                nix::sys::termios::tcsetattr(std::io::stdin(), nix::sys::termios::SetArg::TCSANOW, before);
        }
    }
}

#[cfg(not(unix))]
impl RawTerminal {
    /// Windows' console stays line by line.
    pub fn enter() -> RawTerminal {
        RawTerminal {}
    }
}
