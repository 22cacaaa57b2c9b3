//! Pseudo-terminals: serial lines that other programs on this computer open. Linux only.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::pty::openpty;
use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};
use nix::sys::termios::{BaudRate, FlushArg, SetArg, cfmakeraw, cfsetspeed, tcflush, tcgetattr, tcsetattr};

/// What a client does not fetch is kept up to this size, then the oldest goes: as on a board whose
/// USB nobody reads, the program must not be held up.
const KEPT: usize = 64 * 1024;

/// How often someone looks whether a client has set another rate.
const LOOK: u16 = 20;

/// A line that any number of programs may open and close one after the other.
pub struct Line {
    /// What they open.
    pub path: PathBuf,
    /// Towards them.
    pub outlet: Outlet,
    master: File,
    slave: OwnedFd,
    clients: Option<Clients>,
    attached: Arc<AtomicBool>,
}

impl Line {
    /// A new line.
    pub fn open() -> Result<Line> {
        let line = openpty(None, None).context("no pseudo-terminal to be had")?;
        let path = nix::unistd::ttyname(&line.slave)?;
        make_raw(&line.slave)?;
        let master = File::from(line.master);
        fcntl(&master, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
        let clients = Clients::watch(&path);
        let attached = Arc::new(AtomicBool::new(clients.is_none()));
        let outlet = Outlet { line: master.try_clone()?, kept: Vec::new(), attached: attached.clone() };
        // We hold the client's end open too: with it the line would lose its settings, and the board its
        // line, each time a client hangs up.
        Ok(Line { path, outlet, master, slave: line.slave, clients, attached })
    }

    /// What the client sends goes to `take` with the rate that it has set; called without bytes when only the rate
    /// changed. It says whether there is still someone to take it. Runs on a thread of its own.
    pub fn forward(self, mut take: impl FnMut(u32, Vec<u8>) -> bool + Send + 'static) {
        let Line { mut master, slave, mut clients, attached, .. } = self;
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            let mut baud = 0;
            loop {
                let mut polled = vec![PollFd::new(master.as_fd(), PollFlags::POLLIN)];
                polled.extend(
                    clients.as_ref().map(|clients| PollFd::new(clients.watch.as_fd(), PollFlags::POLLIN)),
                );
                if poll(&mut polled, PollTimeout::from(LOOK)).is_err() {
                    continue;
                }
                let there = clients.as_mut().is_none_or(Clients::update);
                if there {
                    // Before its first bytes are taken: they may be answered at once.
                    attached.store(true, Ordering::Relaxed);
                }
                let set = rate(&slave).unwrap_or(baud);
                if set != baud {
                    baud = set;
                    if !take(baud, Vec::new()) {
                        return;
                    }
                }
                // First what the last client still sent, then that it has gone.
                while let Ok(count @ 1..) = master.read(&mut buffer) {
                    if !take(baud, buffer[..count].to_vec()) {
                        return;
                    }
                }
                if !there && attached.swap(false, Ordering::Relaxed) {
                    // The next client finds the line as new: raw, and without words meant for the last.
                    let _ = make_raw(&slave);
                    let _ = tcflush(&slave, FlushArg::TCIFLUSH);
                }
            }
        });
    }
}

/// No echo, no line editing, no translation: a client that sets nothing still gets the bytes as sent.
fn make_raw(slave: &OwnedFd) -> Result<()> {
    let mut settings = tcgetattr(slave)?;
    cfmakeraw(&mut settings);
    cfsetspeed(&mut settings, BaudRate::B115200)?;
    tcsetattr(slave, SetArg::TCSANOW, &settings)?;
    Ok(())
}

/// The rate that a client has set, in bits a second, whether it has a name or not.
fn rate(slave: &OwnedFd) -> Option<u32> {
    Some(rustix::termios::tcgetattr(slave).ok()?.output_speed()).filter(|&rate| rate > 0)
}

/// How long bytes are on a wire: one start bit, eight data bits, one stop bit.
pub fn wire_time(baud: u32, bytes: usize) -> Duration {
    Duration::from_secs_f64(bytes as f64 * 10.0 / f64::from(baud.max(1)))
}

/// Counts the programs that hold the line open. Our own hold on it keeps the kernel from telling.
struct Clients {
    watch: Inotify,
    count: usize,
}

impl Clients {
    /// From now on; `None` where the system has no way to tell.
    fn watch(path: &Path) -> Option<Clients> {
        let watch = Inotify::init(InitFlags::IN_NONBLOCK | InitFlags::IN_CLOEXEC).ok()?;
        watch.add_watch(path, AddWatchFlags::IN_OPEN | AddWatchFlags::IN_CLOSE).ok()?;
        Some(Clients { watch, count: 0 })
    }

    /// Is any there now?
    fn update(&mut self) -> bool {
        while let Ok(events) = self.watch.read_events() {
            for event in events {
                if event.mask.contains(AddWatchFlags::IN_OPEN) {
                    self.count += 1;
                } else if event.mask.intersects(AddWatchFlags::IN_CLOSE) {
                    self.count = self.count.saturating_sub(1);
                }
            }
        }
        self.count > 0
    }
}

/// From the board to the client.
pub struct Outlet {
    line: File,
    kept: Vec<u8>,
    attached: Arc<AtomicBool>,
}

impl Outlet {
    /// Another hold on the same way out.
    pub fn try_clone(&self) -> Result<Outlet> {
        let (line, attached) = (self.line.try_clone()?, self.attached.clone());
        Ok(Outlet { line, kept: Vec::new(), attached })
    }

    /// Hands bytes over; while nobody is there they are lost, as on a wire.
    pub fn push(&mut self, bytes: &[u8]) {
        if !self.attached.load(Ordering::Relaxed) {
            return self.kept.clear();
        }
        self.kept.extend_from_slice(bytes);
        self.flush();
        let excess = self.kept.len().saturating_sub(KEPT);
        self.kept.drain(..excess);
    }

    /// Tries again with what the client had no room for.
    pub fn flush(&mut self) {
        while !self.kept.is_empty() {
            match self.line.write(&self.kept) {
                Ok(count @ 1..) => drop(self.kept.drain(..count)),
                _ => return,
            }
        }
    }
}
