//! The core against an independent one: random instruction sequences run here and on QEMU's Cortex-M0, and must
//! leave the same registers, flags, memory, exceptions and stack frames.
//!
//! `cargo test` runs a small fixed set. More, from another seed:
//! `SOLDERLESS_SEQUENCES=100000 SOLDERLESS_SEED=7 cargo test -p emulator --test differential -- --nocapture`.
//! Without `qemu-system-arm` the test says so and passes.

mod harness;
mod sequence;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use emulator::clock::Time;
use emulator::cpu::memory::Memory;
use emulator::cpu::{Access, Bus, Core, Model, Region, RegionKind, Stop};
use harness::{FLASH, Image, RAM, RAM_BASE, TXD};
use sequence::Random;

const QEMU: &str = "qemu-system-arm";

/// Registers that do nothing but take the output.
struct Port {
    sent: Vec<u8>,
    /// How much had been sent when another register was accessed: there are different ones on QEMU's side.
    strayed: Vec<usize>,
}

impl Bus for Port {
    fn read(&mut self, _: &mut Access, _: u32, _: u32) -> u32 {
        self.strayed.push(self.sent.len());
        0
    }

    fn write(&mut self, _: &mut Access, address: u32, _: u32, value: u32) {
        if address == TXD {
            self.sent.push(value as u8);
        } else {
            self.strayed.push(self.sent.len());
        }
    }

    fn irq_lines(&mut self, _: u8) -> u32 {
        0
    }

    fn come_back_at(&self, _: u8) -> u64 {
        u64::MAX
    }

    fn send_event(&mut self, _: u8) {}
}

/// Where QEMU's chip answers and there is nothing here: an access is a fault on this side alone.
fn elsewhere(address: u32) -> bool {
    (0x1000_0000..0x1001_0000).contains(&address) || address >= 0xF000_0000
}

/// Runs an image here.
fn run_here(image: &[u8]) -> Port {
    let (flash, ram) = (Memory::new(FLASH), Memory::new(RAM));
    flash.write(0, image);
    let region = |base: u32, memory: &Memory, kind: fn(Memory) -> RegionKind| Region {
        base,
        size: memory.len() as u32,
        kind: kind(memory.clone()),
    };
    let regions = [
        region(RAM_BASE, &ram, RegionKind::Ram),
        region(0, &flash, RegionKind::WritesIgnored),
        Region { base: 0x4000_0000, size: 0x2000_0000, kind: RegionKind::Registers },
    ];
    let mut core = Core::new(0, Model::CORTEX_M0PLUS, &regions, &[(&[0], &flash), (&[RAM_BASE], &ram)])
        .expect("an engine");
    let mut port = Port { sent: Vec::new(), strayed: Vec::new() };
    core.start(flash.read_u32(4), flash.read_u32(0), 0);
    loop {
        match core.run(&mut port, 20_000_000_000, Time::from_nanos) {
            Stop::ResetRequest => return port,
            Stop::Fault(report) if !report.lockup => {
                if report.address.is_some_and(elsewhere) {
                    port.strayed.push(port.sent.len());
                }
            }
            stop => {
                eprintln!("here: stopped early: {stop:?} {:08x?}", core.registers());
                return port;
            }
        }
    }
}

/// Runs an image on QEMU.
fn run_there(image: &[u8], folder: &Path) -> Vec<u8> {
    let (code, output) = (folder.join("image.bin"), folder.join("output.bin"));
    std::fs::write(&code, image).expect("a file for the image");
    let mut qemu = Command::new(QEMU)
        .args(["-M", "microbit", "-display", "none", "-monitor", "none", "-no-reboot", "-kernel"])
        .arg(&code)
        .arg("-serial")
        .arg(format!("file:{}", output.display()))
        .stdin(Stdio::null())
        .spawn()
        .expect("QEMU runs");
    // An image takes a fraction of a second. One that hangs would hang for ever.
    for _ in 0..200 {
        if qemu.try_wait().expect("QEMU can be waited for").is_some() {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let _ = qemu.kill();
    let _ = qemu.wait();
    std::fs::read(&output).unwrap_or_default()
}

/// What one sequence left behind, as words.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Outcome {
    /// IPSR, r8 to r11, EXC_RETURN, PSP, PRIMASK, CONTROL, r4 to r7.
    state: Vec<u32>,
    /// r0 to r3, r12, lr, pc, xPSR of the frame.
    frame: Vec<u32>,
    /// Of each interrupt taken: IPSR, EXC_RETURN, and the frame's pc and xPSR.
    interrupts: Vec<u32>,
    memory: u32,
}

/// An outcome and how many bytes were sent before it.
type Sent = (usize, Outcome);

impl Outcome {
    /// A byte or halfword was stored to code memory: a fault there, where the flash takes words only, and
    /// ignored here.
    fn stored_to_code(&self, image: &[u8]) -> bool {
        let pc = self.frame[6] as usize;
        let (3, Some(&[low, high])) = (self.state[0], image.get(pc..pc + 2)) else { return false };
        let op = u16::from_le_bytes([low, high]);
        let register = |n: u16| if n < 4 { self.frame[n as usize] } else { self.state[n as usize + 5] };
        let base = register(op >> 3 & 7);
        // STRH and STRB with a register, STRB and STRH with an offset.
        let at = match op >> 9 {
            0x29 | 0x2A => base.wrapping_add(register(op >> 6 & 7)),
            0x38..=0x3B => base.wrapping_add(u32::from(op >> 6 & 31)),
            0x40..=0x43 => base.wrapping_add(u32::from(op >> 6 & 31) * 2),
            _ => return false,
        };
        (at as usize) < FLASH
    }
}

fn outcomes(bytes: &[u8]) -> Vec<Sent> {
    let words: Vec<u32> =
        bytes.chunks_exact(4).map(|w| u32::from_le_bytes([w[0], w[1], w[2], w[3]])).collect();
    let mut outcomes = Vec::new();
    let mut rest = &words[..];
    while rest.len() > 22 {
        let (state, tail) = rest.split_at(13);
        let (frame, tail) = tail.split_at(8);
        let logged = tail[0] as usize;
        if tail.len() < logged + 2 {
            break;
        }
        let outcome = Outcome {
            state: state.to_vec(),
            frame: frame.to_vec(),
            interrupts: tail[1..=logged].to_vec(),
            memory: tail[logged + 1],
        };
        outcomes.push((4 * (words.len() - rest.len()), outcome));
        rest = &tail[logged + 2..];
    }
    outcomes
}

#[derive(Default)]
struct Tally {
    sequences: usize,
    instructions: usize,
    faults: usize,
    interrupts: usize,
    different: usize,
}

/// Runs one image of sequences on both sides.
fn compare(random: &mut Random, wanted: usize, folder: &Path, tally: &mut Tally) {
    let mut image = Image::new();
    while image.sequences().len() < wanted {
        let Some((at, sequence)) = sequence::sequence(random, |halfwords| image.place(halfwords)) else {
            break;
        };
        image.push(at, sequence);
    }
    let bytes = image.bytes();
    let port = run_here(&bytes);
    let here = outcomes(&port.sent);
    let there = outcomes(&run_there(&bytes, folder));
    // The first is the start of the program.
    let strayed = |sent: &usize| port.strayed.binary_search(sent).is_ok();
    let reported = here.len().min(there.len());
    let all = image.sequences().len() + 1;
    // What a register gave on one side alone may lead anywhere, the program itself included.
    let lost = (here.len(), there.len()) != (all, all);
    assert!(reported > 1 && (!lost || here[..reported].iter().any(|(sent, _)| strayed(sent))));
    for (n, (at, sequence)) in image.sequences().iter().take(reported - 1).enumerate() {
        let ((sent, here), (_, there)) = (&here[n + 1], &there[n + 1]);
        tally.sequences += 1;
        tally.instructions += sequence.code.len();
        tally.faults += usize::from(there.state[0] == 3);
        tally.interrupts += there.interrupts.len() / 4;
        if strayed(sent) || there.stored_to_code(&bytes) {
            continue;
        }
        if here != there {
            tally.different += 1;
            if tally.different <= 5 {
                eprintln!("sequence at {at:#x}: {:04x?}", sequence.code);
                eprintln!("  starts with {:08x?}", sequence.registers);
                eprintln!("  here  {here:08x?}\n  there {there:08x?}");
            }
        }
    }
}

#[test]
fn the_core_does_what_an_independent_one_does() {
    if Command::new(QEMU).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_err() {
        eprintln!("skipped: {QEMU} is not installed");
        return;
    }
    let number = |name: &str, default: u64| {
        std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
    };
    let (wanted, seed) = (number("SOLDERLESS_SEQUENCES", 3_000) as usize, number("SOLDERLESS_SEED", 1));
    let folder: PathBuf =
        std::env::temp_dir().join(format!("solderless-differential-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder for the images");
    let mut random = Random(seed);
    let mut tally = Tally::default();
    while tally.sequences < wanted {
        compare(&mut random, wanted - tally.sequences, &folder, &mut tally);
    }
    let _ = std::fs::remove_dir_all(&folder);
    eprintln!(
        "{} sequences from seed {seed}: {} faulted, {} interrupts, {} different",
        tally.sequences, tally.faults, tally.interrupts, tally.different
    );
    // A generator that makes nothing worth comparing would agree too.
    assert!(tally.faults * 20 > tally.sequences && tally.interrupts * 10 > tally.sequences);
    assert_eq!(tally.different, 0);
}
