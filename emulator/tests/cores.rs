//! The core's timing, to the cycle: instructions, interrupts, sleep, SysTick; and that it refuses what it has not.

use emulator::clock::Time;
use emulator::cpu::fault::FaultKind;
use emulator::cpu::memory::Memory;
use emulator::cpu::{Access, Bus, Core, Model, Region, RegionKind, Stop};

const CODE: u32 = 0x1000_0000;
const RAM: u32 = 0x2000_0000;
const SLOW: u32 = 0x4000_0000;
const FAST: u32 = 0xD000_0000;

/// Registers that remember when they were accessed; an interrupt line.
#[derive(Default)]
struct Rig {
    accesses: Vec<(u64, u32)>,
    lines: u32,
}

impl Bus for Rig {
    fn read(&mut self, access: &mut Access, address: u32, _: u32) -> u32 {
        access.fast = address >= FAST;
        self.accesses.push((access.cycle, address));
        0
    }

    fn write(&mut self, access: &mut Access, address: u32, _: u32, _: u32) {
        access.fast = address >= FAST;
        self.accesses.push((access.cycle, address));
    }

    fn irq_lines(&mut self, _: u8) -> u32 {
        self.lines
    }

    fn come_back_at(&self, _: u8) -> u64 {
        u64::MAX
    }

    fn send_event(&mut self, _: u8) {}
}

fn board(model: Model, code: &[u16]) -> (Core<Rig>, Memory) {
    let (flash, ram) = (Memory::new(64 * 1024), Memory::new(64 * 1024));
    for (i, half) in code.iter().enumerate() {
        flash.write(0x100 + 2 * i, &half.to_le_bytes());
    }
    // Every exception's handler: at 0x800, bx lr.
    for vector in 0..48 {
        flash.write(4 * vector, &(CODE + 0x801).to_le_bytes());
    }
    flash.write(0x800, &0x4770u16.to_le_bytes());
    let region = |base: u32, memory: &Memory, kind: fn(Memory) -> RegionKind| Region {
        base,
        size: memory.len() as u32,
        kind: kind(memory.clone()),
    };
    let registers = |base| Region { base, size: 0x1000, kind: RegionKind::Registers };
    let regions = [
        region(RAM, &ram, RegionKind::Ram),
        region(CODE, &flash, RegionKind::WritesIgnored),
        registers(SLOW),
        registers(FAST),
    ];
    let windows: [(&[u32], &Memory); 2] = [(&[CODE], &flash), (&[RAM], &ram)];
    let mut core = Core::new(0, model, &regions, &windows).expect("an engine");
    core.start(CODE + 0x101, RAM + 0x8000, CODE);
    (core, ram)
}

/// Cycles from the first instruction to the fault that ends the code: UDF is added behind it.
fn cycles(model: Model, code: &[u16]) -> u64 {
    let mut code = code.to_vec();
    code.push(0xDE00);
    let (mut core, _) = board(model, &code);
    let mut rig = Rig::default();
    match core.run(&mut rig, 1_000_000, Time::from_nanos) {
        // UDF counts one cycle of its block, which is given back.
        Stop::Fault(report) => assert_eq!(report.kind, FaultKind::Undefined, "{report}"),
        stop => panic!("{stop:?}"),
    }
    core.cycles()
}

/// What `code` takes more when it is there `n` times.
fn each(model: Model, setup: &[u16], code: &[u16], n: u64) -> f64 {
    let run = |times: u64| {
        let mut all = setup.to_vec();
        (0..times).for_each(|_| all.extend(code));
        cycles(model, &all)
    };
    (run(n + 1) - run(1)) as f64 / n as f64
}

/// r1 = memory, r2 = a slow register, r3 = a fast one, r4 = 4.
const SETUP: [u16; 8] = [0x2120, 0x0609, 0x2240, 0x0612, 0x23D0, 0x061B, 0x2404, 0x46C0];

#[test]
fn instructions_take_the_cycles_of_the_reference_manual() {
    let plus = Model::CORTEX_M0PLUS;
    #[rustfmt::skip]
    let table: [(&str, &[u16], f64); 28] = [
        ("movs r0, #1", &[0x2001], 1.0),
        ("adds r0, r0, r4", &[0x1900], 1.0),
        ("muls r0, r4", &[0x4360], 1.0),
        ("mov r8, r0", &[0x4680], 1.0),
        ("lsls r0, r4", &[0x40A0], 1.0),
        ("nop", &[0xBF00], 1.0),
        ("ldr r0, [r1]", &[0x6808], 2.0),
        ("ldr r0, [r1, r4]", &[0x5908], 2.0),
        ("ldr r0, [pc]", &[0x4800], 2.0),
        ("str r0, [r1]", &[0x6008], 2.0),
        ("strb r0, [r1]", &[0x7008], 2.0),
        ("ldrsh r0, [r1, r4]", &[0x5F08], 2.0),
        ("ldr r0, slow register", &[0x6810], 2.0),
        ("str r0, slow register", &[0x6010], 2.0),
        ("ldr r0, fast register", &[0x6818], 1.0),
        ("str r0, fast register", &[0x6018], 1.0),
        ("push {r0}; pop {r0}", &[0xB401, 0xBC01], 4.0),
        ("push {r0-r7, lr}; add sp", &[0xB5FF, 0xB009], 11.0),
        ("stmia of 3; subs", &[0xC1E0, 0x390C], 5.0),
        ("ldmia of 2; subs", &[0xC9C0, 0x3908], 4.0),
        ("beq not taken", &[0x2001, 0xD0FF], 2.0),
        ("bne taken", &[0x2001, 0xD100, 0x46C0], 3.0),
        ("b to the next", &[0xE7FF], 2.0),
        ("bl to the next", &[0xF000, 0xF800], 3.0),
        ("dsb", &[0xF3BF, 0x8F4F], 3.0),
        ("mrs r0, apsr", &[0xF3EF, 0x8000], 3.0),
        ("msr apsr, r0", &[0xF380, 0x8800], 3.0),
        ("cpsid i; cpsie i", &[0xB672, 0xB662], 2.0),
    ];
    let wrong: Vec<_> = table
        .iter()
        .map(|&(name, code, expected)| (name, each(plus, &SETUP, code, 20), expected))
        .filter(|(_, measured, expected)| measured != expected)
        .collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn a_loop_of_known_length() {
    // movs r0, #100; subs r0, #1; bne: 1 + 100 * 2 + 99 more for taken branches.
    assert_eq!(cycles(Model::CORTEX_M0PLUS, &[0x2064, 0x3801, 0xD1FD]), 1 + 200 + 99);
    assert_eq!(cycles(Model::CORTEX_M0, &[0x2064, 0x3801, 0xD1FD]), 1 + 200 + 198);
}

#[test]
fn register_accesses_happen_at_their_instructions() {
    // ldr slow; str slow; str fast; str fast; ldr slow, with the block's eight instructions before them.
    let mut code = SETUP.to_vec();
    code.extend([0x6810, 0x6010, 0x6018, 0x6018, 0x6810, 0xE7FE]);
    let (mut core, _) = board(Model::CORTEX_M0PLUS, &code);
    let mut rig = Rig::default();
    core.run(&mut rig, 30, Time::from_nanos);
    let addresses: Vec<u32> = rig.accesses.iter().map(|&(_, address)| address).collect();
    assert_eq!(addresses, [SLOW, SLOW, FAST, FAST, SLOW]);
    let first = rig.accesses[0].0;
    let spans: Vec<u64> = rig.accesses.iter().map(|&(cycle, _)| cycle - first).collect();
    assert_eq!(spans, [0, 2, 4, 5, 6]);
}

#[test]
fn what_only_armv7_m_has_is_undefined() {
    // it eq; cbz r0; cbnz r1, each after two good instructions in the same block.
    for op in [0xBF08u16, 0xB100, 0xB909, 0xBF1C, 0xB3FF] {
        let (mut core, _) = board(Model::CORTEX_M0PLUS, &[0x2005, 0x3001, op, 0x2009, 0xE7FE]);
        let mut rig = Rig::default();
        let Stop::Fault(report) = core.run(&mut rig, 1000, Time::from_nanos) else { panic!("{op:#x}") };
        assert_eq!((report.kind, report.pc), (FaultKind::Undefined, CODE + 0x104), "{op:#x}");
        assert_eq!((report.registers[0], core.cycles()), (6, 2), "{op:#x}");
    }
}

/// Whether ARMv6-M has a 16-bit instruction (its reference manual, section A5.2); SVC and BKPT are among them.
fn is_defined(op: u16) -> bool {
    match op >> 12 {
        0xB => match op >> 8 & 0xF {
            0x0 | 0x2 | 0x4 | 0x5 | 0xC | 0xD | 0xE => true,
            // CPSIE, CPSID
            0x6 => op & 0xFFEF == 0xB662,
            // REV, REV16, REVSH
            0xA => op >> 6 & 3 != 2,
            // Hints: those not allocated do nothing.
            0xF => op & 0xF == 0,
            _ => false,
        },
        0xD => op >> 8 & 0xF != 0xE,
        0xE => op >> 11 & 1 == 0,
        0xF => false,
        _ => true,
    }
}

#[test]
fn every_undefined_encoding_is_a_fault_and_no_other() {
    let (mut core, ram) = board(Model::CORTEX_M0PLUS, &[]);
    let mut wrong = Vec::new();
    for op in 0..0xE800u32 {
        let op = op as u16;
        // Unpredictable: no registers at all, CPS of something else.
        if matches!(op, 0xB400 | 0xBC00) || op & 0xF0FF == 0xC000 || op & 0xFFE0 == 0xB660 && !is_defined(op)
        {
            continue;
        }
        // Branches elsewhere, BKPT and SVC: the differential test has them.
        if matches!(op >> 8, 0x44..=0x47 | 0xBD | 0xBE | 0xDF | 0xE0..=0xE7) {
            continue;
        }
        let at = RAM + 0x1000 + (u32::from(op) % 0x1000) * 4;
        ram.write((at - RAM) as usize, &(0xE7FE_0000 | u32::from(op)).to_le_bytes());
        core.forget_code(at, at + 4);
        core.start(at | 1, RAM + 0x8000, CODE);
        let mut rig = Rig::default();
        let until = core.cycles() + 4;
        let undefined = match core.run(&mut rig, until, Time::from_nanos) {
            Stop::Fault(report) => report.kind == FaultKind::Undefined && report.pc == at,
            _ => false,
        };
        if undefined == is_defined(op) {
            wrong.push(format!("{op:04x}"));
        }
    }
    assert!(wrong.is_empty(), "{} wrong: {:?}", wrong.len(), &wrong[..wrong.len().min(40)]);
}
