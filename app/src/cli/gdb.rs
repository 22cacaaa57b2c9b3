//! `solderless run … --gdb`: waits for debuggers, one after the other.

use std::io::ErrorKind;
use std::net::TcpListener;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use crossbeam_channel::Receiver;
use emulator::clock::Time;
use emulator::cpu::fault::FaultReport;
use emulator::debug;
use emulator::machine::Machine;
use serde_json::json;

use super::output::Output;
use crate::session::{Command, EmulatedBoard, Speed};

/// How often someone looks whether a debugger came.
const LOOK: Duration = Duration::from_millis(50);

/// The terminal as a debugging session sees it.
struct Desk<'a> {
    output: Rc<Output>,
    inbox: &'a Receiver<Command>,
    closing: bool,
    speed: Speed,
    /// Where pace is counted from: an instant of the host and the board's time then.
    anchor: (Instant, Time),
    /// What a fault's report says besides, such as functions' names.
    explain: &'a dyn Fn(&FaultReport, &Machine) -> String,
}

impl debug::Front for Desk<'_> {
    fn said(&mut self, bytes: &[u8]) {
        self.output.text(bytes);
    }

    fn typed(&mut self) -> Vec<u8> {
        let mut typed = Vec::new();
        while let Ok(command) = self.inbox.try_recv() {
            match command {
                Command::Input(bytes) => typed.extend(bytes),
                Command::Stop | Command::Close => self.closing = true,
                _ => {}
            }
        }
        typed
    }

    fn reached(&mut self, now: Time) {
        let Speed::Times(factor) = self.speed else { return };
        let ahead = now.saturating_sub(self.anchor.1).as_secs_f64() / f64::from(factor)
            - self.anchor.0.elapsed().as_secs_f64();
        match Duration::try_from_secs_f64(ahead) {
            Ok(ahead) if ahead < Duration::from_secs(1) => std::thread::sleep(ahead),
            // Stopped meanwhile, or slower than wanted: the past is not caught up with.
            _ => self.anchor = (Instant::now(), now),
        }
    }

    fn faulted(&mut self, report: &FaultReport, machine: &Machine) {
        eprintln!("{}", (self.explain)(report, machine));
    }

    fn closing(&mut self) -> bool {
        self.closing
    }
}

/// Offers a board to debuggers at a port of this computer until Ctrl-C. The board stands still while there is none.
pub fn serve(
    board: &mut EmulatedBoard,
    port: u16,
    output: Rc<Output>,
    inbox: &Receiver<Command>,
    explain: &dyn Fn(&FaultReport, &Machine) -> String,
) -> Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", port)).with_context(|| format!("port {port}"))?;
    // Looked at now and then, so that Ctrl-C is heard.
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    if output.is_json() {
        output.json(json!({"event": "gdb", "port": address.port()}));
    } else {
        eprintln!("waiting for a debugger: target extended-remote {address}");
    }
    let anchor = (Instant::now(), board.machine().now());
    let speed = board.speed();
    let mut desk = Desk { output, inbox, closing: false, speed, anchor, explain };
    loop {
        match listener.accept() {
            Ok((line, _)) => {
                line.set_nonblocking(false)?;
                debug::serve(board.machine(), line, &mut desk)?;
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => std::thread::sleep(LOOK),
            Err(error) => return Err(error.into()),
        }
        debug::Front::typed(&mut desk);
        if desk.closing {
            return Ok(());
        }
    }
}
