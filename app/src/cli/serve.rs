//! `solderless serve`

use std::process::ExitCode;

use anyhow::{Result, bail};

use super::board::EmulatedArgs;
use crate::session::Speed;

/// Offer an emulated board as a serial device, for mpremote, Thonny and other tools
///
/// The first line printed is the path of a pseudo-terminal. Any number of programs may open and close
/// it one after the other, as they would a board's port. Ctrl-C ends it.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// On a pseudo-terminal (the only way so far)
    #[arg(long)]
    pty: bool,
    #[command(flatten)]
    emulated: EmulatedArgs,
    /// `real`, `max`, or a factor such as 2 or 0.1
    #[arg(long, default_value = "real")]
    speed: Speed,
}

#[cfg(not(target_os = "linux"))]
pub fn run(_args: Args) -> Result<ExitCode> {
    bail!("this needs Linux; `solderless repl` works here")
}

#[cfg(target_os = "linux")]
pub fn run(args: Args) -> Result<ExitCode> {
    if !args.pty {
        bail!("say how: `solderless serve --pty`");
    }
    pty::serve(args.emulated.target(args.speed))
}

#[cfg(target_os = "linux")]
mod pty {
    use std::cell::RefCell;
    use std::fs::File;
    use std::io::{Read, Write};
    use std::os::fd::{AsFd, OwnedFd};
    use std::path::Path;
    use std::process::ExitCode;
    use std::rc::Rc;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread;

    use anyhow::{Context, Result, bail};
    use crossbeam_channel::Sender;
    use nix::fcntl::{FcntlArg, OFlag, fcntl};
    use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
    use nix::pty::openpty;
    use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};
    use nix::sys::termios::{FlushArg, SetArg, cfmakeraw, tcflush, tcgetattr, tcsetattr};

    use super::super::board::open;
    use crate::session::{Command, Event, State, Target};

    /// What a client does not fetch is kept up to this size, then the oldest goes: as on a board whose
    /// USB nobody reads, the program must not be held up.
    const KEPT: usize = 64 * 1024;

    pub fn serve(target: Target) -> Result<ExitCode> {
        let line = openpty(None, None).context("no pseudo-terminal to be had")?;
        let path = nix::unistd::ttyname(&line.slave)?;
        make_raw(&line.slave)?;
        let master = File::from(line.master);
        fcntl(&master, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
        // We hold the client's end open too: with it the line would lose its settings, and the board its
        // line, each time a client hangs up.
        let slave = line.slave;

        let clients = Clients::watch(&path);
        let attached = Arc::new(AtomicBool::new(clients.is_none()));
        let outlet = Rc::new(RefCell::new(Outlet {
            line: master.try_clone()?,
            kept: Vec::new(),
            attached: attached.clone(),
        }));
        let lost = Rc::new(RefCell::new(None));
        let (sink, last_words) = (outlet.clone(), lost.clone());
        let mut board = open(target, Command::Close, move |event| match event {
            Event::Output(bytes) => sink.borrow_mut().push(&bytes),
            // Time for what the client had no room for.
            Event::Stats(_) => sink.borrow_mut().flush(),
            Event::Fault(report) => eprintln!("{report}"),
            Event::Failed { doing, why } => eprintln!("solderless: {doing}: {why}"),
            Event::State(State::Lost { why }) => *last_words.borrow_mut() = Some(why),
            _ => {}
        })?;
        println!("{}", path.display());
        std::io::stdout().flush()?;

        let requests = board.requests.clone();
        thread::spawn(move || forward(master, &slave, clients, &attached, &requests));
        board.worker.serve();
        match lost.borrow_mut().take() {
            Some(why) => bail!(why),
            None => Ok(ExitCode::SUCCESS),
        }
    }

    /// No echo, no line editing, no translation: a client that sets nothing still gets the bytes as sent.
    fn make_raw(slave: &OwnedFd) -> Result<()> {
        let mut settings = tcgetattr(slave)?;
        cfmakeraw(&mut settings);
        tcsetattr(slave, SetArg::TCSANOW, &settings)?;
        Ok(())
    }

    /// From the client to the board.
    fn forward(
        mut line: File,
        slave: &OwnedFd,
        mut clients: Option<Clients>,
        attached: &AtomicBool,
        requests: &Sender<Command>,
    ) {
        let mut buffer = [0; 4096];
        loop {
            let mut polled = vec![PollFd::new(line.as_fd(), PollFlags::POLLIN)];
            polled.extend(
                clients.as_ref().map(|clients| PollFd::new(clients.watch.as_fd(), PollFlags::POLLIN)),
            );
            if poll(&mut polled, PollTimeout::NONE).is_err() {
                continue;
            }
            // First what the last client still sent, then that it has gone.
            while let Ok(count @ 1..) = line.read(&mut buffer) {
                if requests.send(Command::Input(buffer[..count].to_vec())).is_err() {
                    return;
                }
            }
            if let Some(clients) = &mut clients {
                let there = clients.update();
                if attached.swap(there, Ordering::Relaxed) && !there {
                    // The next client finds the line as new: raw, and without words meant for the last.
                    let _ = make_raw(slave);
                    let _ = tcflush(slave, FlushArg::TCIFLUSH);
                }
            }
        }
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
    struct Outlet {
        line: File,
        kept: Vec<u8>,
        attached: Arc<AtomicBool>,
    }

    impl Outlet {
        fn push(&mut self, bytes: &[u8]) {
            if !self.attached.load(Ordering::Relaxed) {
                return self.kept.clear();
            }
            self.kept.extend_from_slice(bytes);
            self.flush();
            let excess = self.kept.len().saturating_sub(KEPT);
            self.kept.drain(..excess);
        }

        fn flush(&mut self) {
            while !self.kept.is_empty() {
                match self.line.write(&self.kept) {
                    Ok(count @ 1..) => drop(self.kept.drain(..count)),
                    _ => return,
                }
            }
        }
    }
}
