//! Both cores at once, and loops that wait: whatever way a machine comes to an instant, and whether turns of loops
//! are left out or not, it is the same machine with the same trace.

use std::path::{Path, PathBuf};

use emulator::bench::Bench;
use emulator::clock::Time;
use emulator::image::{Image, Segment, boot2_checksum};
use emulator::machine::{HistoryOptions, Machine, MachineOptions, Stop};
use emulator::trace::{SharedTrace, export};

/// Core 0 launches core 1; then in each round both count under a spinlock, send a number through the FIFOs, wait
/// for each other by flags in memory, wait 20 counts of the timer, and toggle GP2 and GP3.
#[rustfmt::skip]
const PROGRAM: [u16; 142] = [
    // start
    0x4824, // 100 ldr r0, [pc, #144]
    0x4925, // 102 ldr r1, [pc, #148]
    0x6001, // 104 str r1, [r0, #0]
    0x4825, // 106 ldr r0, [pc, #148]
    0x4925, // 108 ldr r1, [pc, #148]
    0x6001, // 10a str r1, [r0, #0]
    0x4825, // 10c ldr r0, [pc, #148]
    0x2105, // 10e movs r1, #5
    0x6001, // 110 str r1, [r0, #0]
    0x6081, // 112 str r1, [r0, #8]
    0x4F24, // 114 ldr r7, [pc, #144]
    0x210C, // 116 movs r1, #12
    0x6279, // 118 str r1, [r7, #36]
    0x4E24, // 11a ldr r6, [pc, #144]
    0x2000, // 11c movs r0, #0
    0x6030, // 11e str r0, [r6, #0]
    0x6070, // 120 str r0, [r6, #4]
    0x60B0, // 122 str r0, [r6, #8]
    // again
    0x4C22, // 124 ldr r4, [pc, #136]
    0x2506, // 126 movs r5, #6
    // next
    0xCC08, // 128 ldmia r4!, {r3}
    0x2B00, // 12a cmp r3, #0
    0xD105, // 12c bne.n send
    // drain
    0x6D38, // 12e ldr r0, [r7, #80]
    0x0840, // 130 lsrs r0, r0, #1
    0xD301, // 132 bcc.n drained
    0x6DB8, // 134 ldr r0, [r7, #88]
    0xE7FA, // 136 b.n drain
    // drained
    0xBF40, // 138 sev
    // send
    0x657B, // 13a str r3, [r7, #84]
    0xBF40, // 13c sev
    // wait
    0x6D38, // 13e ldr r0, [r7, #80]
    0x0840, // 140 lsrs r0, r0, #1
    0xD3FC, // 142 bcc.n wait
    0x6DB8, // 144 ldr r0, [r7, #88]
    0x4298, // 146 cmp r0, r3
    0xD1EC, // 148 bne.n again
    0x3D01, // 14a subs r5, #1
    0xD1EC, // 14c bne.n next
    0x2501, // 14e movs r5, #1
    // loop0
    0x2408, // 150 movs r4, #8
    0x4B18, // 152 ldr r3, [pc, #96]
    // lock0
    0x6818, // 154 ldr r0, [r3, #0]
    0x2800, // 156 cmp r0, #0
    0xD0FC, // 158 beq.n lock0
    0x6830, // 15a ldr r0, [r6, #0]
    0x3001, // 15c adds r0, #1
    0x6030, // 15e str r0, [r6, #0]
    0x6018, // 160 str r0, [r3, #0]
    0x3C01, // 162 subs r4, #1
    0xD1F6, // 164 bne.n lock0
    // full0
    0x6D38, // 166 ldr r0, [r7, #80]
    0x0880, // 168 lsrs r0, r0, #2
    0xD3FC, // 16a bcc.n full0
    0x657D, // 16c str r5, [r7, #84]
    // empty0
    0x6D38, // 16e ldr r0, [r7, #80]
    0x0840, // 170 lsrs r0, r0, #1
    0xD3FC, // 172 bcc.n empty0
    0x6DB8, // 174 ldr r0, [r7, #88]
    0x60F0, // 176 str r0, [r6, #12]
    0x6075, // 178 str r5, [r6, #4]
    // ack0
    0x68B0, // 17a ldr r0, [r6, #8]
    0x42A8, // 17c cmp r0, r5
    0xD1FC, // 17e bne.n ack0
    0x4B0D, // 180 ldr r3, [pc, #52]
    0x6A99, // 182 ldr r1, [r3, #40]
    // time0
    0x6A98, // 184 ldr r0, [r3, #40]
    0x1A40, // 186 subs r0, r0, r1
    0x2814, // 188 cmp r0, #20
    0xD3FB, // 18a bcc.n time0
    0x2004, // 18c movs r0, #4
    0x61F8, // 18e str r0, [r7, #28]
    0x3501, // 190 adds r5, #1
    0xE7DD, // 192 b.n loop0
    0xF000, 0x4000, // 194 .word 0x4000f000
    0x0120, 0x0020, // 198 .word 0x00200120
    0x802C, 0x4005, // 19c .word 0x4005802c
    0x020C, 0x0000, // 1a0 .word 0x0000020c
    0x4014, 0x4001, // 1a4 .word 0x40014014
    0x0000, 0xD000, // 1a8 .word 0xd0000000
    0x0000, 0x2000, // 1ac .word 0x20000000
    0x0204, 0x1000, // 1b0 .word 0x10000204
    0x0100, 0xD000, // 1b4 .word 0xd0000100
    0x4000, 0x4005, // 1b8 .word 0x40054000
    // core1
    0x4F0E, // 1bc ldr r7, [pc, #56]
    0x4E0F, // 1be ldr r6, [pc, #60]
    // loop1
    0x2408, // 1c0 movs r4, #8
    0x4B0F, // 1c2 ldr r3, [pc, #60]
    // lock1
    0x6818, // 1c4 ldr r0, [r3, #0]
    0x2800, // 1c6 cmp r0, #0
    0xD0FC, // 1c8 beq.n lock1
    0x6830, // 1ca ldr r0, [r6, #0]
    0x3001, // 1cc adds r0, #1
    0x6030, // 1ce str r0, [r6, #0]
    0x2214, // 1d0 movs r2, #20
    // hold1
    0x3A01, // 1d2 subs r2, #1
    0xD1FD, // 1d4 bne.n hold1
    0x6018, // 1d6 str r0, [r3, #0]
    0x3C01, // 1d8 subs r4, #1
    0xD1F3, // 1da bne.n lock1
    // empty1
    0x6D38, // 1dc ldr r0, [r7, #80]
    0x0840, // 1de lsrs r0, r0, #1
    0xD3FC, // 1e0 bcc.n empty1
    0x6DBD, // 1e2 ldr r5, [r7, #88]
    0x1C68, // 1e4 adds r0, r5, #1
    0x6578, // 1e6 str r0, [r7, #84]
    // flag1
    0x6870, // 1e8 ldr r0, [r6, #4]
    0x42A8, // 1ea cmp r0, r5
    0xD1FC, // 1ec bne.n flag1
    0x60B5, // 1ee str r5, [r6, #8]
    0x2008, // 1f0 movs r0, #8
    0x61F8, // 1f2 str r0, [r7, #28]
    0xE7E4, // 1f4 b.n loop1
    0x0000, // 1f6 .short 0x0000
    0x0000, 0xD000, // 1f8 .word 0xd0000000
    0x0000, 0x2000, // 1fc .word 0x20000000
    0x0100, 0xD000, // 200 .word 0xd0000100
    // words
    0x0000, 0x0000, // 204 .word 0x00000000
    0x0000, 0x0000, // 208 .word 0x00000000
    0x0001, 0x0000, // 20c .word 0x00000001
    0x0000, 0x1000, // 210 .word 0x10000000
    0x0000, 0x2003, // 214 .word 0x20030000
    0x01BD, 0x1000, // 218 .word 0x100001bd
];

/// The program with a second-stage boot loader that does nothing but start it.
fn two_cores() -> Image {
    let mut bytes = vec![0; 256];
    bytes[..8].copy_from_slice(&[0x00, 0x48, 0x00, 0x47, 0x01, 0x01, 0x00, 0x10]);
    let sum = boot2_checksum(&bytes[..252]);
    bytes[252..].copy_from_slice(&sum.to_le_bytes());
    bytes.extend(PROGRAM.iter().flat_map(|half| half.to_le_bytes()));
    Image { name: "two cores".into(), segments: vec![Segment { address: 0x1000_0000, bytes }] }
}

const WIRES: &str = r#"
[board]
type = "pico"
[[part]]
type = "led"
name = "lamp"
pins = { anode = "GP2", cathode = "GND" }
[[part]]
type = "led"
name = "other"
pins = { anode = "GP3", cathode = "GND" }
[[part]]
type = "button"
name = "key"
pins = { a = "GP14", b = "GND" }
"#;

fn board(image: &Image) -> Machine {
    let bench = Bench::parse(WIRES, Path::new("bench.toml")).unwrap();
    Machine::on_bench(&bench, image, SharedTrace::default(), MachineOptions::default()).unwrap()
}

/// All that can be seen of a machine.
#[derive(PartialEq)]
struct Seen {
    counters: String,
    trace: String,
    memory: Vec<u8>,
}

fn seen(board: &Machine) -> Seen {
    let mut text = Vec::new();
    board.world().trace().clone().read(|trace| export::vcd(trace, &Default::default(), &mut text).unwrap());
    let counters =
        format!("{:?} {:x?} {:x?}", board.stats(), board.core_registers(0), board.core_registers(1));
    let trace = String::from_utf8(text).unwrap();
    Seen { counters, trace, memory: board.memory(0x2000_0000, 264 * 1024) }
}

/// `assert_eq!` would print megabytes.
fn assert_same(a: &Seen, b: &Seen, what: &str) {
    assert_eq!(a.counters, b.counters, "{what}");
    let differs = a.trace.lines().zip(b.trace.lines()).position(|(a, b)| a != b);
    assert_eq!(differs, None, "{what}: line of the trace");
    assert!(a.trace == b.trace, "{what}: length of the trace");
    assert!(a.memory == b.memory, "{what}: memory");
}

fn word(board: &Machine, address: u32) -> u32 {
    u32::from_le_bytes(board.memory(address, 4).try_into().unwrap())
}

#[test]
fn two_cores_that_wait_for_each_other() {
    let end = Time::from_millis(40);
    let run = |skip: bool, slice: Time| {
        let mut board = board(&two_cores());
        board.skip_waits(skip);
        while board.now() < end {
            assert!(matches!(board.run_until(end.min(board.now() + slice)), Stop::Deadline));
        }
        board
    };
    let plain = run(false, end);
    assert_eq!(plain.cores(), 2);
    let rounds = word(&plain, 0x2000_0008);
    assert!(rounds > 100, "{rounds}");
    assert!(
        (16 * rounds..=16 * rounds + 16).contains(&word(&plain, 0x2000_0000)),
        "the lock keeps them apart"
    );
    assert_eq!(plain.skipped(), 0);
    let skipping = run(true, end);
    assert!(skipping.skipped() > 0);
    assert_same(&seen(&plain), &seen(&skipping), "turns left out");
}

#[test]
fn two_cores_go_back_and_forth() {
    let mut straight = board(&two_cores());
    let end = Time::from_millis(60);
    let tick = |board: &mut Machine, from: u64, to: u64| {
        for n in from..to {
            assert!(matches!(board.run_until(Time::from_millis(n + 1)), Stop::Deadline));
        }
    };
    tick(&mut straight, 0, 60);
    let mut board = board(&two_cores());
    board.keep_history(HistoryOptions { every: Time::from_millis(10), ..HistoryOptions::default() });
    tick(&mut board, 0, 60);
    assert_same(&seen(&straight), &seen(&board), "with a history");
    for to in [37, 5, 59, 1, 20] {
        board.go_back_to(Time::from_millis(to)).unwrap();
        assert!(board.now() < Time::from_millis(to) + Time::from_micros(100));
        board.run_until(Time::from_micros(1_000 * to + 7_777).min(end));
        board.run_until(end);
    }
    assert_same(&seen(&straight), &seen(&board), "back and forth");
}

/// What a Python program does that waits in native code.
const SCRIPTS: [(&str, &str); 5] = [
    ("sleep_us", "for i in range(60): led(i & 1); time.sleep_us(37 * i)\n"),
    ("time_pulse_us", "for i in range(5): led(i & 1); machine.time_pulse_us(key, 0, 1700)\n"),
    ("ticks", "t = time.ticks_us()\nwhile time.ticks_diff(time.ticks_us(), t) < 3000: led(not led())\n"),
    (
        "uart",
        "u = machine.UART(1, 9600, tx=Pin(4), rx=Pin(5))\nu.write('hello world, hello')\nu.flush()\nled(1)\n",
    ),
    (
        "pio",
        "@rp2.asm_pio()\ndef p():\n    pull()\n    mov(isr, osr)\n    push()\n    nop() [31]\n\n\n\
         sm = rp2.StateMachine(0, p, freq=5000)\nsm.active(1)\nfor i in range(12): sm.put(i); led(sm.get() & 1)\n",
    ),
];

#[test]
fn a_program_is_the_same_without_the_turns_left_out() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../assets/solderless-rp2040.uf2");
    let image = Image::load(&path).unwrap();
    let mut skipped = 0;
    let mut run = |script: &str, skip: bool| {
        let mut board = board(&image);
        board.skip_waits(skip);
        let begin = "import time, machine, rp2\nfrom machine import Pin\nled = Pin(2, Pin.OUT)\n\
                     key = Pin(14, Pin.IN, Pin.PULL_UP)\n";
        let text = format!("\x05{begin}{script}print('do' + 'ne')\n\x04").replace('\n', "\r");
        let (mut sent, mut said) = (0, Vec::new());
        for n in 0..1000 {
            assert!(matches!(board.run_until(Time::from_millis(n + 1)), Stop::Deadline));
            said.extend(board.console_read());
            if n >= 100 {
                sent += board.console_write(&text.as_bytes()[sent..]);
            }
            if said.ends_with(b"done\r\n>>> ") {
                skipped += board.skipped();
                return seen(&board);
            }
        }
        panic!("{}", String::from_utf8_lossy(&said));
    };
    for (name, script) in SCRIPTS {
        assert_same(&run(script, false), &run(script, true), name);
    }
    assert!(skipped > 10_000, "{skipped}");
}
