//! Going back and recordings: whatever way a machine comes to an instant, it is the same machine with the same trace.

use std::collections::BTreeSet;
use std::path::PathBuf;

use emulator::bench::Bench;
use emulator::clock::Time;
use emulator::cpu::debug::{Halt, Orders};
use emulator::image::Image;
use emulator::machine::{GoBackError, HistoryOptions, Machine, MachineOptions, Stop};
use emulator::record::{Entry, Header, Journal, Recording, Stimulus};
use emulator::trace::{SharedTrace, export};

const BENCH: &str = r#"
[board]
type = "pico"
[[part]]
type = "led"
name = "lamp"
pins = { anode = "GP15", cathode = "GND" }
[[part]]
type = "button"
name = "key"
pins = { a = "GP14", b = "GND" }
[[part]]
type = "potentiometer"
name = "pot"
pins = { wiper = "GP26" }
[[part]]
type = "bme280"
name = "air"
pins = { sda = "GP4", scl = "GP5" }
inputs.temperature = { generator = "sine", min = 10, max = 30, period = "3s" }
[[part]]
type = "gps_nmea"
name = "gps"
pins = { tx = "GP1" }
"#;

/// Interrupts (timer, pin, UART), I2C, ADC, PWM, PIO with its FIFO, DMA, flash, sleep.
const PROGRAM: &str = r#"
import machine, time, rp2, array
from machine import Pin, Timer, I2C, ADC, PWM, UART
ticks = 0
def tick(t):
    global ticks
    ticks += 1
edges = []
key = Pin(14, Pin.IN, Pin.PULL_UP)
key.irq(lambda p: edges.append(time.ticks_us()), Pin.IRQ_FALLING)
i2c = I2C(0, sda=Pin(4), scl=Pin(5), freq=400000)
adc = ADC(26)
pwm = PWM(Pin(15), freq=1777, duty_u16=20000)
gps = UART(0, 9600, tx=Pin(0), rx=Pin(1))
@rp2.asm_pio(set_init=rp2.PIO.OUT_LOW, autopull=True)
def blink():
    out(x, 8)
    label("again")
    set(pins, 1) [3]
    set(pins, 0) [2]
    jmp(x_dec, "again")
sm = rp2.StateMachine(0, blink, freq=200000, set_base=Pin(16))
sm.active(1)
source = array.array("I", range(64))
copy = array.array("I", [0] * 64)
dma = rp2.DMA()
n = 0
timer = Timer(period=7, callback=tick)
while True:
    sm.put(n & 7, 24)
    dma.config(read=source, write=copy, count=64, ctrl=dma.pack_ctrl(treq_sel=0x3F), trigger=True)
    while dma.active():
        pass
    source[n % 64] = n
    print(n, ticks, adc.read_u16() >> 6, i2c.readfrom_mem(0x76, 0xFA, 3), gps.any(), edges[-1:], sum(copy))
    gps.read()
    pwm.duty_u16(n * 997 % 65536)
    if n % 8 == 0:
        with open("/log", "a") as f:
            f.write(str(n))
    time.sleep_ms(5)
    n += 1
"#;

/// Core 1 runs machine code of its own, which moves a pin and counts; core 0 prints what it counted, beside DMA and PIO.
/// The code: ldr r0,=SIO; ldr r1,=1<<17; ldr r3,=counter; str r1,[r0,#OE_SET]; again: str r1,[r0,#OUT_XOR];
/// ldr r2,[r3]; adds r2,#1; str r2,[r3]; movs r4,#255; lsls r4,#6; wait: subs r4,#1; bne wait; b again; nop.
const TWO_CORES: &str = r#"
import array, rp2, time, uctypes
from machine import Pin, mem32
Pin(17, Pin.OUT)
count = array.array("I", [0])
stack = array.array("I", bytes(256))
code = array.array("I", [0x49074806, 0x62414B07, 0x681A61C1, 0x601A3201, 0x01A424FF, 0xD1FD3C01, 0x46C0E7F6,
    0xD0000000, 1 << 17, uctypes.addressof(count)])
words = [0, 0, 1, 0x10000100, uctypes.addressof(stack) + 256, uctypes.addressof(code) | 1]
n = 0
while n < 6:
    if words[n] == 0:
        while mem32[0xD0000050] & 1:
            mem32[0xD0000058]
    mem32[0xD0000054] = words[n]
    while not mem32[0xD0000050] & 1:
        pass
    n = n + 1 if mem32[0xD0000058] == words[n] else 0
@rp2.asm_pio(set_init=rp2.PIO.OUT_LOW, autopull=True)
def blink():
    out(x, 8)
    label("again")
    set(pins, 1) [3]
    set(pins, 0) [2]
    jmp(x_dec, "again")
sm = rp2.StateMachine(0, blink, freq=200000, set_base=Pin(16))
sm.active(1)
source = array.array("I", range(64))
copy = array.array("I", [0] * 64)
dma = rp2.DMA()
n = 0
while True:
    sm.put(n & 7, 24)
    dma.config(read=source, write=copy, count=64, ctrl=dma.pack_ctrl(treq_sel=0x3F), trigger=True)
    source[n % 64] = count[0]
    print(n, count[0], sum(copy))
    time.sleep_ms(3)
    n += 1
"#;

fn bench() -> Bench {
    Bench::parse(BENCH, &PathBuf::from("bench.toml")).unwrap()
}

fn board() -> Machine {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../assets/solderless-rp2040.uf2");
    let image = Image::load(&path).unwrap();
    Machine::on_bench(&bench(), &image, SharedTrace::default(), MachineOptions::default()).unwrap()
}

fn header_of(board: &Machine) -> Header {
    Header { flash: board.flash_digest(), bench: bench().digest(), ..Header::default() }
}

/// Sits at the board for a while, doing this and that at certain slices.
fn session(board: &mut Machine, slices: u64) {
    session_with(board, slices, PROGRAM);
}

fn session_with(board: &mut Machine, slices: u64, program: &str) {
    let mut program = program.replace('\n', "\r").into_bytes();
    program.splice(0..0, *b"\x05");
    program.push(4);
    let mut sent = 0;
    for n in 0..slices {
        assert!(matches!(board.run_until(Time::from_millis(n + 1)), Stop::Deadline));
        if n >= 100 {
            sent += board.console_write(&program[sent..]);
        }
        match n {
            900 | 1310 => board.set_input("key", "pressed", 1.0).unwrap(),
            937 | 1340 => board.set_input("key", "pressed", 0.0).unwrap(),
            1000 => board.set_input("pot", "position", 77.0).unwrap(),
            1200 => board.set_input("air", "temperature", 33.5).unwrap(),
            1400 => board.release_input("air", "temperature").unwrap(),
            _ => {}
        }
    }
    assert_eq!(sent, program.len());
}

/// All that can be seen of a machine.
fn state(board: &mut Machine) -> (String, Vec<u8>, Vec<u8>, String) {
    let trace = board.world().trace().clone();
    let text = trace.read(|trace| {
        let mut text = Vec::new();
        export::vcd(trace, &Default::default(), &mut text).unwrap();
        export::csv_bus(trace, &Default::default(), &mut text).unwrap();
        let mut text = String::from_utf8(text).unwrap();
        for (id, channel) in trace.channels() {
            let samples: Vec<_> = trace.samples(id, Time::ZERO, Time::NEVER).collect();
            let said: Vec<_> = trace
                .texts(id, Time::ZERO, Time::NEVER)
                .map(|(t, bytes)| (t, String::from_utf8_lossy(bytes).into_owned()))
                .collect();
            text += &format!("{channel:?} {samples:?} {said:?}\n");
        }
        text
    });
    let stats = format!("{:?} {:?}", board.stats(), board.registers());
    (text, board.memory(0x2000_0000, 264 * 1024), board.flash(), stats)
}

/// `assert_eq!` would print megabytes.
fn assert_same(a: &(String, Vec<u8>, Vec<u8>, String), b: &(String, Vec<u8>, Vec<u8>, String), what: &str) {
    assert_eq!(a.3, b.3, "{what}: counters and registers");
    for (n, (a, b)) in a.0.lines().zip(b.0.lines()).enumerate() {
        if a != b {
            let at = a.bytes().zip(b.bytes()).position(|(a, b)| a != b).unwrap_or(0).saturating_sub(40);
            let cut = |s: &str| s.chars().skip(at).take(160).collect::<String>();
            panic!("{what}: trace line {n}:\n{}\n{}", cut(a), cut(b));
        }
    }
    assert!(a.0 == b.0, "{what}: length of the trace");
    assert!(a.1 == b.1, "{what}: memory");
    assert!(a.2 == b.2, "{what}: flash");
}

const SLICES: u64 = 1600;

/// Longer than erasing a sector takes, in nanoseconds.
const FLASH_ERASE: u64 = 50_000_000;

#[test]
fn back_and_forth_is_as_straight_on() {
    let mut straight = board();
    session(&mut straight, SLICES);
    let straight = state(&mut straight);
    for sign in ["GP16", "GP26 volts", "I2C GP4/GP5", "UART GP1", "\"20 "] {
        assert!(straight.0.contains(sign), "{sign}");
    }
    let trouble = straight.0.find("Traceback").map(|at| &straight.0[at..at + 600]);
    assert_eq!(trouble, None);

    let mut board = board();
    board.keep_history(HistoryOptions::default());
    session(&mut board, SLICES);
    let end = board.now();
    assert_same(&straight, &state(&mut board), "with a history");
    let mut exact = 0;
    for (to, from) in [(1234, 1600), (1000, 1250), (3, 1500), (950, 951), (950, 1600), (0, 1600)] {
        board.go_back_to(Time::from_millis(to)).unwrap();
        // Where flash is being erased, nothing lies between the beginning and the end.
        let late = board.now().nanos().checked_sub(to * 1_000_000).unwrap();
        assert!(late < FLASH_ERASE, "{to} ms: {late} ns late");
        exact += u32::from(late < 5_000);
        board.run_until(Time::from_millis(from));
    }
    assert!(exact >= 3, "{exact} of 6 instants");
    board.run_until(end);
    assert!(!board.is_replaying());
    assert_same(&straight, &state(&mut board), "after going back and forth");
}

#[test]
fn both_cores_go_back_and_so_does_a_transfer_that_is_under_way() {
    const SLICES: u64 = 700;
    let mut straight = board();
    session_with(&mut straight, SLICES, TWO_CORES);
    let straight = state(&mut straight);
    for sign in ["GP16", "GP17", "\"20 "] {
        assert!(straight.0.contains(sign), "{sign}");
    }
    let trouble = straight.0.find("Traceback").map(|at| &straight.0[at..at + 600]);
    assert_eq!(trouble, None);

    let mut board = board();
    board.keep_history(HistoryOptions::default());
    session_with(&mut board, SLICES, TWO_CORES);
    let end = board.now();
    assert_eq!(board.cores(), 2);
    let counted = board.journal().past().len();
    // While the program is being pasted over USB, while core 1 starts, and later, at odd instants.
    for (to, from) in
        [(100_437, 690_000), (102_011, 500_003), (431_777, 650_001), (431_779, 431_801), (99, 700_000)]
    {
        board.go_back_to(Time::from_micros(to)).unwrap();
        let late = board.now().nanos().checked_sub(to * 1_000).unwrap();
        assert!(late < 20_000, "{to} us: {late} ns late");
        board.run_until(Time::from_micros(from));
    }
    board.run_until(end);
    assert!(!board.is_replaying());
    assert_eq!(board.journal().past().len(), counted);
    assert_same(&straight, &state(&mut board), "after going back with both cores");
}

#[test]
fn a_core_that_is_held_stays_where_it_is_while_the_other_is_stepped() {
    let mut board = board();
    session_with(&mut board, 600, TWO_CORES);
    board.attach_debugger().unwrap();
    let step = |core: usize, hold: bool| {
        let mut orders = [Orders::default(), Orders::default()];
        orders[core].step = true;
        orders[1 - core].hold = hold;
        orders
    };
    for (core, other) in [(0, 1), (1, 0)] {
        // The first step ends what the cores were at.
        for _ in 0..2 {
            board.order(step(core, true));
            assert!(matches!(board.run_for(Time::from_millis(50)), Stop::Debug(..)));
        }
        let (held, mut places) = (board.core_registers(other as u8), BTreeSet::new());
        for _ in 0..2_000 {
            board.order(step(core, true));
            let stop = board.run_for(Time::from_millis(50));
            assert!(
                matches!(stop, Stop::Debug(stopped, Halt::Step) if usize::from(stopped) == core),
                "{stop:?}"
            );
            places.insert(board.core_registers(core as u8)[15]);
        }
        assert_eq!(board.core_registers(other as u8), held);
        assert!(places.len() > 1, "{places:x?}");
        // Not held, it runs along.
        board.order(step(core, false));
        for _ in 0..500 {
            board.run_for(Time::from_millis(50));
        }
        assert_ne!(board.core_registers(other as u8), held);
    }
    // Released, both go on.
    board.order(Default::default());
    let count = |board: &Machine| board.stats().instructions;
    let before = count(&board);
    assert!(matches!(board.run_for(Time::from_millis(20)), Stop::Deadline));
    assert!(count(&board) > before + 500_000, "{}", count(&board) - before);
}

#[test]
fn a_recording_repeats_in_one_run_and_from_text() {
    let mut recorded = board();
    let header = header_of(&recorded);
    session(&mut recorded, SLICES);
    let recording = Recording {
        header: header.clone(),
        entries: recorded.journal().past().to_vec(),
        end: Some(recorded.now()),
    };
    let text = recording.to_string();

    let recording: Recording = text.parse().unwrap();
    let mut board = board();
    recording.header.check(&header_of(&board)).unwrap();
    board.replay(Journal::ahead(recording.entries));
    assert!(matches!(board.run_until(recording.end.unwrap()), Stop::Deadline));
    assert_same(&state(&mut recorded), &state(&mut board), "replayed");

    let other = Bench::parse(&BENCH.replace("GP15", "GP17"), &PathBuf::from("bench.toml")).unwrap();
    let error = header.check(&Header { bench: other.digest(), ..header.clone() }).unwrap_err();
    assert!(error.to_string().contains("another bench"));
}

#[test]
fn new_input_after_going_back_begins_another_course() {
    let mut board = board();
    board.keep_history(HistoryOptions::default());
    session(&mut board, 1100);
    board.go_back_to(Time::from_millis(950)).unwrap();
    assert!(board.is_replaying(), "the potentiometer will be turned at 1 s");
    board.set_input("pot", "position", 10.0).unwrap();
    assert!(!board.is_replaying());
    board.run_until(Time::from_millis(1100));
    assert_eq!(board.bench().unwrap().input("pot", "position"), Some(10.0));
    let last = board.journal().past().last().unwrap();
    let what = Stimulus::Set { part: "pot".into(), input: "position".into(), value: 10.0 };
    assert_eq!(last, &Entry { at: last.at, what });
    assert!(matches!(board.go_back_to(Time::from_secs(9)), Err(GoBackError::NotKept { .. })));
}

#[test]
fn a_history_stays_within_its_bound_and_keeps_power_on() {
    let mut board = board();
    let bound = 6 << 20;
    board.keep_history(HistoryOptions { every: Time::from_millis(10), bound });
    session(&mut board, 1000);
    let kept: Vec<Time> = board.snapshots().collect();
    eprintln!("{:?}", kept.iter().map(|t| t.nanos() / 1000).collect::<Vec<_>>());
    assert!(board.history_bytes() <= bound, "{}", board.history_bytes());
    assert_eq!(kept[0], Time::ZERO);
    assert!(kept.len() > 20 && kept.len() < 100, "{}", kept.len());
    let recent = kept.iter().filter(|&&at| at > Time::from_millis(800)).count();
    assert!(recent * 4 > kept.len(), "{recent} of {}", kept.len());
    board.go_back_to(Time::from_millis(333)).unwrap();
    assert_eq!(board.earliest(), Some(Time::ZERO));
}
