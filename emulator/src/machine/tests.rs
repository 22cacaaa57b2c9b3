//! Whole machines on small hand-assembled programs: what the core, the boot ROM and the flash do
//! together. Each program's source is the comment above its code.

use super::*;
use crate::chip::rp2040::XIP_BASE;
use crate::cpu::debug::{Orders, Watch, WatchKind};
use crate::cpu::fault::FaultKind;
use crate::image::{Segment, boot2_checksum};
use crate::trace::{SharedTrace, Trace};

// ldr r0,=0x10000100; ldr r1,=0xE000ED08; str r0,[r1]; ldmia r0!,{r1,r2}; msr msp,r1; bx r2;
// .ltorg
const BOOT2: &[u16] =
    &[0x4803, 0x4904, 0x6008, 0xC806, 0xF381, 0x8808, 0x4710, 0x0000, 0x0100, 0x1000, 0xED08, 0xE000];

// ldr r0,=0x60000001; bl 1f; b .; 1: bx r0; .ltorg
const JUMP_TO_NOWHERE: &[u16] = &[0x4802, 0xF000, 0xF801, 0xE7FE, 0x4700, 0x0000, 0x0001, 0x6000];

// ldr r1,=0x30000010; movs r2,#4; nop; ldr r0,[r1,r2]; b .; .ltorg
const READ_UNMAPPED: &[u16] = &[0x4902, 0x2204, 0x46C0, 0x5888, 0xE7FE, 0x0000, 0x0010, 0x3000];

// ldr r1,=0x30000010; str r1,[r1,#8]; b .; .ltorg
const WRITE_UNMAPPED: &[u16] = &[0x4901, 0x6089, 0xE7FE, 0x0000, 0x0010, 0x3000];

// ldr r1,=0x20000001; ldr r0,[r1]; b .; .ltorg
const UNALIGNED: &[u16] = &[0x4901, 0x6808, 0xE7FE, 0x0000, 0x0001, 0x2000];

// nop; udf #7; b .
const UNDEFINED: &[u16] = &[0x46C0, 0xDE07, 0xE7FE];

// ldr r0,=0x10000200; bx r0; .ltorg
const EVEN_BRANCH: &[u16] = &[0x4800, 0x4700, 0x0200, 0x1000];

// bkpt #1; b .
const BREAKPOINT: &[u16] = &[0xBE01, 0xE7FE];

// ldr r0,=0xE000E010; ldr r1,=0xFFFFFF; str r1,[r0,#4]; str r1,[r0,#8]; movs r1,#5; str r1,[r0];
// ldr r3,=1000; ldr r4,[r0,#8]; b 1f; 1: subs r3,#1; bne 1b; ldr r5,[r0,#8]; subs r4,r4,r5; wfi;
// .ltorg
const TIMED_LOOP: &[u16] = &[
    0x4806, 0x4907, 0x6041, 0x6081, 0x2105, 0x6001, 0x4B05, 0x6884, 0xE7FF, 0x3B01, 0xD1FD, 0x6885, 0x1B64,
    0xBF30, 0xE010, 0xE000, 0xFFFF, 0x00FF, 0x03E8, 0x0000,
];

// ldr r0,=0xE000E010; ldr r1,=999; str r1,[r0,#4]; str r1,[r0,#8]; movs r1,#7; str r1,[r0]; 1:
// wfi; b 1b; .ltorg
const SLEEPER: &[u16] =
    &[0x4803, 0x4904, 0x6041, 0x6081, 0x2107, 0x6001, 0xBF30, 0xE7FD, 0xE010, 0xE000, 0x03E7, 0x0000];

// ldr r0,=0x20001000; ldr r1,[r0]; adds r1,#1; str r1,[r0]; bx lr; .ltorg
const COUNT_HANDLER: &[u16] = &[0x4802, 0x6801, 0x3101, 0x6001, 0x4770, 0x0000, 0x1000, 0x2000];

// cpsid i; ldr r0,=0xE000ED04; movs r1,#1; lsls r1,#28; str r1,[r0]; movs r2,#1; bl rec; cpsie i;
// movs r2,#2; bl rec; svc #0; movs r2,#3; bl rec; wfi; rec: ldr r3,=0x20001000; ldr r1,[r3]; lsls
// r1,#4; orrs r1,r2; str r1,[r3]; bx lr; .ltorg
const CALLS: &[u16] = &[
    0xB672, 0x480B, 0x2101, 0x0709, 0x6001, 0x2201, 0xF000, 0xF809, 0xB662, 0x2202, 0xF000, 0xF805, 0xDF00,
    0x2203, 0xF000, 0xF801, 0xBF30, 0x4B04, 0x6819, 0x0109, 0x4311, 0x6019, 0x4770, 0x0000, 0xED04, 0xE000,
    0x1000, 0x2000,
];

// ldr r3,=0x20001000; ldr r1,[r3]; lsls r1,#4; movs r2,#0xA; orrs r1,r2; str r1,[r3]; bx lr;
// .ltorg
const SVC_HANDLER: &[u16] = &[0x4B03, 0x6819, 0x0109, 0x220A, 0x4311, 0x6019, 0x4770, 0x0000, 0x1000, 0x2000];

// ldr r3,=0x20001000; ldr r1,[r3]; lsls r1,#4; movs r2,#0xB; orrs r1,r2; str r1,[r3]; bx lr;
// .ltorg
const PENDSV_HANDLER: &[u16] =
    &[0x4B03, 0x6819, 0x0109, 0x220B, 0x4311, 0x6019, 0x4770, 0x0000, 0x1000, 0x2000];

// ldr r0,=0x4000F000; ldr r1,=0x00000120; str r1,[r0]; ldr r0,=0x40014014; movs r1,#5; str
// r1,[r0]; ldr r0,=0xD0000000; movs r1,#4; str r1,[r0,#0x24]; 1: str r1,[r0,#0x1C]; movs r2,#100;
// 2: subs r2,#1; bne 2b; b 1b; .ltorg
const TOGGLER: &[u16] = &[
    0x4806, 0x4907, 0x6001, 0x4807, 0x2105, 0x6001, 0x4806, 0x2104, 0x6241, 0x61C1, 0x2264, 0x3A01, 0xD1FD,
    0xE7FA, 0xF000, 0x4000, 0x0120, 0x0000, 0x4014, 0x4001, 0x0000, 0xD000,
];

// movs r0,#0x14; ldrh r0,[r0]; ldr r1,=0x5052; movs r2,#0x18; ldrh r2,[r2]; blx r2; mov r4,r0;
// ldr r0,=0x00100000; ldr r1,=0x10000100; ldr r2,=256; blx r4; wfi; .ltorg
const FLASHER: &[u16] = &[
    0x2014, 0x8800, 0x4904, 0x2218, 0x8812, 0x4790, 0x4604, 0x4803, 0x4903, 0x4A04, 0x47A0, 0xBF30, 0x5052,
    0x0000, 0x0000, 0x0010, 0x0100, 0x1000, 0x0100, 0x0000,
];

// ldr r0,=0x40058000; ldr r1,[r0,#0x0C]; cmp r1,#0; bne 1f; movs r1,#42; str r1,[r0,#0x0C]; movs
// r1,#1; lsls r1,#31; str r1,[r0]; b .; 1: ldr r2,=0x20001000; str r1,[r2]; ldr r1,[r0,#8]; str
// r1,[r2,#4]; wfi; .ltorg
const WATCHDOG: &[u16] = &[
    0x4807, 0x68C1, 0x2900, 0xD105, 0x212A, 0x60C1, 0x2101, 0x07C9, 0x6001, 0xE7FE, 0x4A03, 0x6011, 0x6881,
    0x6051, 0xBF30, 0x0000, 0x8000, 0x4005, 0x1000, 0x2000,
];

// movs r0,#0x14; ldrh r0,[r0]; ldr r1,=0x434D; movs r2,#0x18; ldrh r2,[r2]; blx r2; mov r4,r0;
// ldr r0,=0x20001001; ldr r1,=0x10000101; movs r2,#37; blx r4; ldr r0,=0x20001103; ldr
// r1,=0x10000101; movs r2,#37; blx r4; wfi; .ltorg
const ROMCOPY: &[u16] = &[
    0x2014, 0x8800, 0x4906, 0x2218, 0x8812, 0x4790, 0x4604, 0x4805, 0x4905, 0x2225, 0x47A0, 0x4805, 0x4903,
    0x2225, 0x47A0, 0xBF30, 0x434D, 0x0000, 0x1001, 0x2000, 0x0101, 0x1000, 0x1103, 0x2000,
];

// As TOGGLER, after: ldr r0,=0xE000E010; ldr r1,=999; str r1,[r0,#4]; str r1,[r0,#8]; movs r1,#7; str r1,[r0]; so that
// SysTick interrupts it at places of its own. Literals: 0xE000E010, 999, 0x4000F000, 0x120, 0x40014014, 0xD0000000.
const TICKING_TOGGLER: &[u16] = &[
    0x4809, 0x490A, 0x6041, 0x6081, 0x2107, 0x6001, 0x4808, 0x4909, 0x6001, 0x4809, 0x2105, 0x6001, 0x4808,
    0x2104, 0x6241, 0x61C1, 0x2264, 0x3A01, 0xD1FD, 0xE7FA, 0xE010, 0xE000, 0x03E7, 0x0000, 0xF000, 0x4000,
    0x0120, 0x0000, 0x4014, 0x4001, 0x0000, 0xD000,
];

// adr r1,text; movs r0,#4; bkpt 0xAB; adr r1,mark; movs r0,#3; bkpt 0xAB; adr r1,block; movs r0,#0x20; bkpt 0xAB; b .;
// text: "Hi",0,0; mark: "!",0,0,0; block: 0x20026, 3
const SEMIHOSTER: &[u16] = &[
    0xA104, 0x2004, 0xBEAB, 0xA104, 0x2003, 0xBEAB, 0xA103, 0x2020, 0xBEAB, 0xE7FE, 0x6948, 0x0000, 0x0021,
    0x0000, 0x0026, 0x0002, 0x0003, 0x0000,
];

const CODE: u32 = 0x1000_0200;
const SECOND: u32 = 0x1000_0300;
const THIRD: u32 = 0x1000_0340;
const RESULT: u32 = 0x2000_1000;
const HARD_FAULT: usize = 3;
const SVCALL: usize = 11;
const PENDSV: usize = 14;
const SYSTICK: usize = 15;

fn bytes(code: &[u16]) -> Vec<u8> {
    code.iter().flat_map(|half| half.to_le_bytes()).collect()
}

/// An image with boot loader, vector table and a program; handlers by exception number.
fn image(program: &[u16], handlers: &[(usize, u32, &[u16])]) -> Image {
    let mut boot2 = bytes(BOOT2);
    boot2.resize(252, 0);
    boot2.extend(boot2_checksum(&boot2).to_le_bytes());
    let mut vectors = vec![0x2004_2000, CODE | 1];
    vectors.resize(48, 0x1000_01FF);
    let mut segments =
        vec![Segment { address: XIP_BASE, bytes: boot2 }, Segment { address: CODE, bytes: bytes(program) }];
    for &(exception, address, code) in handlers {
        vectors[exception] = address | 1;
        segments.push(Segment { address, bytes: bytes(code) });
    }
    let vectors = vectors.iter().flat_map(|vector: &u32| vector.to_le_bytes()).collect();
    segments.push(Segment { address: XIP_BASE + 0x100, bytes: vectors });
    Image { name: "test".into(), segments }
}

fn machine_with(image: &Image, options: MachineOptions) -> Machine {
    Machine::on_bench(&Bench::pico(), image, SharedTrace::new(Trace::default()), options).unwrap()
}

fn machine(program: &[u16], handlers: &[(usize, u32, &[u16])]) -> Machine {
    machine_with(&image(program, handlers), MachineOptions::default())
}

fn word(machine: &Machine, address: u32) -> u32 {
    u32::from_le_bytes(machine.memory(address, 4).try_into().unwrap())
}

fn fault(program: &[u16]) -> FaultReport {
    match machine(program, &[(HARD_FAULT, SECOND, COUNT_HANDLER)]).run_for(Time::from_millis(1)) {
        Stop::Fault(report) => *report,
        other => panic!("no fault: {other:?}"),
    }
}

/// All that can be seen of a machine, but for the counters of a debugger.
fn state(machine: &mut Machine) -> (Stats, [u32; 16], Vec<u8>, String) {
    let trace = machine.world().trace().clone();
    let mut vcd = Vec::new();
    crate::trace::export::vcd(&trace.lock(), &Default::default(), &mut vcd).unwrap();
    let memory = machine.memory(0x2000_0000, 264 * 1024);
    (machine.stats(), machine.registers(), memory, String::from_utf8(vcd).unwrap())
}

fn pc(machine: &Machine) -> u32 {
    machine.core_registers(0)[15]
}

fn orders(orders: Orders) -> [Orders; 2] {
    [orders.clone(), orders]
}

#[test]
fn a_debugger_steps_both_ways_and_changes_nothing() {
    let handlers: &[(usize, u32, &[u16])] = &[(SYSTICK, SECOND, COUNT_HANDLER)];
    let mut straight = machine(TICKING_TOGGLER, handlers);
    straight.run_until(Time::from_millis(3));
    let straight = state(&mut straight);
    assert!(straight.3.lines().count() > 100, "the pin moves");

    let mut machine = machine(TICKING_TOGGLER, handlers);
    machine.attach_debugger().unwrap();
    machine.keep_history(HistoryOptions { every: Time::from_millis(1), ..HistoryOptions::default() });
    let toggle = CODE + 0x1E;
    machine.order(orders(Orders { breakpoints: vec![toggle], ..Orders::default() }));
    for _ in 0..50 {
        assert!(matches!(machine.run_until(Time::from_millis(3)), Stop::Debug(0, DebugHalt::Breakpoint)));
        assert_eq!(pc(&machine), toggle);
    }
    // Steps, and the way back over the same places.
    let mut places = vec![(pc(&machine), machine.core_registers(0))];
    for _ in 0..40 {
        machine.order(orders(Orders { step: true, ..Orders::default() }));
        assert!(matches!(machine.run_until(Time::from_millis(3)), Stop::Debug(0, DebugHalt::Step)));
        places.push((pc(&machine), machine.core_registers(0)));
    }
    assert_eq!(places[1].0, toggle + 2);
    assert_eq!(places[2].0, toggle + 4);
    for place in places.iter().rev().skip(1) {
        let back = machine.run_back(&orders(Orders { step: true, ..Orders::default() })).unwrap();
        assert_eq!(back, Some((0, DebugHalt::Step)));
        assert_eq!((pc(&machine), machine.core_registers(0)), *place);
    }
    // Back to the breakpoint before, and to the beginning.
    let breakpoint = orders(Orders { breakpoints: vec![toggle], ..Orders::default() });
    for _ in 0..49 {
        assert_eq!(machine.run_back(&breakpoint).unwrap(), Some((0, DebugHalt::Breakpoint)));
        assert_eq!(pc(&machine), toggle);
    }
    assert_eq!(machine.run_back(&breakpoint).unwrap(), None);
    assert_eq!(machine.now(), Time::ZERO);
    // A watched store stops behind it.
    let watch = Watch { address: 0xD000_001C, len: 4, kind: WatchKind::Write };
    machine.order(orders(Orders { watches: vec![watch], ..Orders::default() }));
    for _ in 0..7 {
        let Stop::Debug(0, halt) = machine.run_until(Time::from_millis(3)) else { panic!("no stop") };
        assert_eq!(halt, DebugHalt::Watch { address: 0xD000_001C, kind: WatchKind::Write });
    }
    machine.order(Default::default());
    assert!(matches!(machine.run_until(Time::from_millis(3)), Stop::Deadline));
    assert!(state(&mut machine) == straight, "as if nobody had looked");
}

#[test]
fn a_debugger_reads_everything_and_writes_memory() {
    let mut machine = machine(TOGGLER, &[]);
    machine.attach_debugger().unwrap();
    machine.run_until(Time::from_millis(1));
    let mut word = [0; 4];
    assert_eq!(machine.peek(CODE, &mut word), 4);
    assert_eq!(word[..2], TOGGLER[0].to_le_bytes());
    // GPIO_OE of SIO; IO_BANK0's GPIO2_CTRL.
    assert_eq!((machine.peek(0xD000_0020, &mut word), u32::from_le_bytes(word)), (4, 4));
    assert_eq!((machine.peek(0x4001_4014, &mut word), u32::from_le_bytes(word)), (4, 5));
    assert_eq!(machine.peek(0x3000_0000, &mut word), 0);
    assert_eq!(machine.peek(0x2004_1FFE, &mut word), 2);
    assert!(machine.poke(0x2000_0100, &[1, 2, 3, 4]) && !machine.poke(0x3000_0000, &[1]));
    assert_eq!(self::word(&machine, 0x2000_0100), 0x0403_0201);
    // New code in flash runs: b .
    assert!(machine.poke(CODE + 0x12, &0xE7FEu16.to_le_bytes()));
    machine.set_core_register(0, 15, CODE + 0x12);
    machine.set_core_register(0, 3, 77);
    machine.run_for(Time::from_millis(1));
    assert_eq!((pc(&machine), machine.core_registers(0)[3]), (CODE + 0x12, 77));
}

#[test]
fn semihosting_prints_and_ends() {
    let mut unanswered = machine(SEMIHOSTER, &[]);
    assert!(matches!(unanswered.run_for(Time::from_millis(1)), Stop::Fault(_)));
    let mut machine = machine(SEMIHOSTER, &[]);
    machine.answer_calls(true);
    let stop = machine.run_for(Time::from_millis(1));
    assert!(matches!(stop, Stop::Halted(Halt::Exited(3))), "{stop:?}");
    assert_eq!(machine.console_read(), b"Hi!");
}

#[test]
fn semihosting_prints_and_ends_on_the_microbit_too() {
    let board = crate::board::BOARDS.into_iter().find(|board| board.name == "microbit").unwrap();
    let vectors = [0x2000_4000u32, 0x81].iter().flat_map(|word| word.to_le_bytes()).collect();
    let segments =
        vec![Segment { address: 0, bytes: vectors }, Segment { address: 0x80, bytes: bytes(SEMIHOSTER) }];
    let image = Image { name: "test".into(), segments };
    let trace = SharedTrace::new(Trace::default());
    let mut machine =
        Machine::on_bench(&Bench::empty(board), &image, trace, MachineOptions::default()).unwrap();
    machine.answer_calls(true);
    let stop = machine.run_for(Time::from_millis(1));
    assert!(matches!(stop, Stop::Halted(Halt::Exited(3))), "{stop:?}");
    assert_eq!(machine.console_read(), b"Hi!");
}

#[test]
fn a_jump_to_nowhere_is_reported_with_its_place() {
    let report = fault(JUMP_TO_NOWHERE);
    assert_eq!((report.kind, report.address), (FaultKind::Fetch, Some(0x6000_0000)));
    assert_eq!((report.pc, report.lr), (0x6000_0000, CODE + 7));
    assert!(!report.lockup);
}

#[test]
fn bad_accesses_are_reported_with_their_address() {
    let report = fault(READ_UNMAPPED);
    assert_eq!((report.kind, report.address), (FaultKind::Read, Some(0x3000_0014)));
    assert_eq!((report.pc, report.registers[2]), (CODE + 6, 4));
    let report = fault(WRITE_UNMAPPED);
    assert_eq!((report.kind, report.address), (FaultKind::Write, Some(0x3000_0018)));
    assert_eq!(report.pc, CODE + 2);
    let report = fault(UNALIGNED);
    assert_eq!((report.kind, report.pc), (FaultKind::Unaligned, CODE + 2));
}

#[test]
fn bad_instructions_are_reported() {
    let report = fault(UNDEFINED);
    assert_eq!((report.kind, report.pc), (FaultKind::Undefined, CODE + 2));
    assert_eq!(fault(EVEN_BRANCH).kind, FaultKind::InvalidState);
    let report = fault(BREAKPOINT);
    assert_eq!((report.kind, report.pc), (FaultKind::Breakpoint, CODE));
}

#[test]
fn after_a_fault_the_guest_s_handler_runs_and_a_second_one_locks_up() {
    // The handler returns to the faulting instruction: the fault comes again, and again.
    let mut machine_ok = machine(UNDEFINED, &[(HARD_FAULT, SECOND, COUNT_HANDLER)]);
    for n in 0..3 {
        assert!(matches!(machine_ok.run_for(Time::from_millis(1)), Stop::Fault(_)));
        assert_eq!(word(&machine_ok, RESULT), n);
    }
    let mut machine_bad = machine(UNDEFINED, &[(HARD_FAULT, SECOND, UNDEFINED)]);
    assert!(matches!(machine_bad.run_for(Time::from_millis(1)), Stop::Fault(r) if !r.lockup));
    assert!(matches!(machine_bad.run_for(Time::from_millis(1)), Stop::Fault(r) if r.lockup));
    let stop = machine_bad.run_for(Time::from_millis(1));
    assert!(matches!(stop, Stop::Halted(Halt::Lockup)));
    machine_bad.reset();
    assert!(matches!(machine_bad.run_for(Time::from_millis(1)), Stop::Fault(r) if !r.lockup));
}

#[test]
fn a_loop_of_known_length_takes_its_cycles() {
    let mut machine = machine(TIMED_LOOP, &[]);
    machine.run_for(Time::from_millis(2));
    // b (2), then 1000 times subs (1) and bne (2, the last time 1). An access's place within its
    // block is an estimate, here 9 cycles early.
    let cycles = machine.registers()[4];
    assert!((3_001..3_001 + 16).contains(&cycles), "{cycles}");
}

#[test]
fn sleep_is_free_and_ticks_wake_it() {
    let mut machine = machine(SLEEPER, &[(SYSTICK, SECOND, COUNT_HANDLER)]);
    let stop = machine.run_for(Time::from_secs(1));
    assert!(matches!(stop, Stop::Deadline));
    assert_eq!(machine.now(), Time::from_secs(1));
    // At 6.5 MHz the ring oscillator gives 6,500 ticks of 1,000 cycles a second.
    let ticks = word(&machine, RESULT);
    assert!((6_495..=6_500).contains(&ticks), "{ticks}");
    let stats = machine.stats();
    assert!(stats.instructions < 100_000, "{stats:?}");
    assert!(stats.asleep > Time::from_millis(900), "{stats:?}");
}

#[test]
fn calls_and_masks_keep_their_order() {
    let handlers: &[(usize, u32, &[u16])] = &[(SVCALL, SECOND, SVC_HANDLER), (PENDSV, THIRD, PENDSV_HANDLER)];
    let mut machine = machine(CALLS, handlers);
    machine.run_for(Time::from_millis(1));
    // Masked PendSV waits for the mask to fall; SVC is taken at once.
    assert_eq!(word(&machine, RESULT), 0x1B2A3);
}

#[test]
fn rom_memory_functions_copy_any_alignment() {
    let image = image(ROMCOPY, &[]);
    let source = image.flatten(0x1000_0101, 37);
    let mut machine = machine_with(&image, MachineOptions::default());
    machine.run_for(Time::from_millis(2));
    assert_eq!(machine.memory(0x2000_1001, 37), source);
    assert_eq!(machine.memory(0x2000_1103, 37), source);
    assert_eq!(machine.memory(0x2000_1126 + 2, 1), [0]);
}

#[test]
fn scratch_registers_survive_the_watchdog() {
    let mut machine = machine(WATCHDOG, &[]);
    machine.run_for(Time::from_millis(5));
    assert_eq!(word(&machine, RESULT), 42);
    // REASON: forced.
    assert_eq!(word(&machine, RESULT + 4), 2);
}

#[test]
fn the_same_run_gives_the_same_edges_however_it_is_sliced() {
    let run = |slice: Time| {
        let trace = SharedTrace::new(Trace::default());
        let image = image(TOGGLER, &[]);
        let mut machine =
            Machine::on_bench(&Bench::pico(), &image, trace.clone(), MachineOptions::default()).unwrap();
        while machine.now() < Time::from_millis(5) {
            machine.run_until((machine.now() + slice).min(Time::from_millis(5)));
        }
        let edges: Vec<(Time, bool)> = trace.read(|trace| {
            let channel = trace.find("GP2").unwrap();
            trace.edges(channel, Time::ZERO, Time::from_millis(5)).collect()
        });
        (machine.stats().instructions, edges)
    };
    let once = run(Time::from_millis(5));
    assert!(once.1.len() > 90, "{:?}", once.1);
    assert_eq!(once, run(Time::from_millis(5)));
    assert_eq!(once, run(Time::from_micros(37)));
}

#[test]
fn flash_is_kept_in_its_file() {
    let dir = std::env::temp_dir().join(format!("solderless-flash-{}", std::process::id()));
    let file = dir.join("board.flash");
    let options = MachineOptions { flash_file: Some(file.clone()), ..MachineOptions::default() };
    let image = image(FLASHER, &[]);
    let mut board = machine_with(&image, options.clone());
    board.run_for(Time::from_millis(5));
    let vectors = image.flatten(0x1000_0100, 256);
    assert_eq!(board.flash()[0x10_0000..0x10_0100], vectors);
    drop(board);
    let kept = fs::read(&file).unwrap();
    assert_eq!((kept.len(), &kept[0x10_0000..0x10_0100]), (2 << 20, &vectors[..]));
    // Only the finished file is left, and the next board starts with it.
    assert_eq!(fs::read_dir(&dir).unwrap().count(), 1);
    let next = machine_with(&machine_image_that_sleeps(), options);
    assert_eq!(next.flash()[0x10_0000..0x10_0100], vectors);
    fs::remove_dir_all(&dir).unwrap();
}

fn machine_image_that_sleeps() -> Image {
    image(SLEEPER, &[(SYSTICK, SECOND, COUNT_HANDLER)])
}

#[test]
fn images_that_do_not_belong_here_are_refused_or_halt() {
    let make = |address: u32, bytes: Vec<u8>| {
        let segments = vec![Segment { address, bytes }];
        let image = Image { name: "x".into(), segments };
        Machine::on_bench(
            &Bench::pico(),
            &image,
            SharedTrace::new(Trace::default()),
            MachineOptions::default(),
        )
    };
    assert!(matches!(make(0x0800_0000, vec![0; 8]), Err(MachineError::DoesNotFit { .. })));
    assert!(matches!(make(0x1020_0000 - 4, vec![0; 8]), Err(MachineError::DoesNotFit { .. })));
    assert!(matches!(make(0x2000_0000, vec![0; 8]), Err(MachineError::NotInFlash { .. })));
    // Without a valid boot loader the board waits for one.
    let mut blank = make(XIP_BASE, vec![0; 512]).unwrap();
    assert!(matches!(blank.run_for(Time(1)), Stop::Halted(Halt::NoFirmware)));
}

#[test]
fn the_boot_loader_takes_an_image_while_bootsel_is_or_was_held() {
    let text = "[[part]]\ntype = \"button\"\nbounce = 0\npins = { a = \"BOOTSEL\" }\ninputs.pressed = 1\n";
    let bench = Bench::parse(text, std::path::Path::new("bench.toml")).unwrap();
    let sleeper = machine_image_that_sleeps();
    let trace = SharedTrace::new(Trace::default());
    let mut machine = Machine::on_bench(&bench, &sleeper, trace, MachineOptions::default()).unwrap();
    assert!(matches!(machine.run_for(Time::from_millis(1)), Stop::Halted(Halt::Bootloader)));
    machine.set_input("button", "pressed", 0.0).unwrap();
    let elsewhere = Segment { address: 0x1FFF_0000, bytes: vec![0; 4] };
    let wrong = Image { name: "x".into(), segments: vec![elsewhere] };
    assert!(matches!(machine.take_image(&wrong), Err(MachineError::DoesNotFit { .. })));
    assert!(machine.take_image(&sleeper).unwrap());
    assert!(matches!(machine.run_for(Time::from_millis(1)), Stop::Deadline));
    assert!(!machine.take_image(&sleeper).unwrap(), "a program runs");
}
