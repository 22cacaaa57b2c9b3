use super::super::pins::function;
use super::super::testing::{run, shared, sio};
use super::*;
use crate::trace::SharedTrace;

/// Where machine `n` has a register.
fn sm(n: u32, register: u32) -> u32 {
    SM0_CLKDIV + n * SM_STRIDE + register
}

struct Rig {
    pio: Pio,
    s: Shared,
    trace: SharedTrace,
}

impl Rig {
    fn new(bench: &str, pins: &[u32], program: &[u16]) -> Rig {
        let (s, trace) = shared(bench, function::PIO0, pins);
        let mut rig = Rig { pio: Pio::new(0), s, trace };
        for (i, instruction) in program.iter().enumerate() {
            rig.write(INSTR_MEM0 + 4 * i as u32, (*instruction).into());
        }
        rig
    }

    fn write(&mut self, offset: u32, value: u32) {
        self.pio.write(&mut self.s, offset, value);
    }

    fn read(&mut self, offset: u32) -> u32 {
        self.pio.read(&mut self.s, offset)
    }

    /// The program's wrap and machine 0's other settings.
    fn setup(&mut self, wrap: (u32, u32), clkdiv: u32, shiftctrl: u32, pinctrl: u32) {
        self.write(sm(0, EXECCTRL), wrap.1 << 12 | wrap.0 << 7);
        self.write(sm(0, CLKDIV), clkdiv);
        self.write(sm(0, SHIFTCTRL), shiftctrl);
        self.write(sm(0, PINCTRL), pinctrl);
    }

    fn wait(&mut self, span: Time) {
        let pio = &mut self.pio;
        run(&mut self.s, span, |s, _| pio.catch_up(s));
        self.pio.catch_up(&mut self.s);
    }

    fn edges(&self, pin: &str) -> Vec<(u64, bool)> {
        let trace = self.trace.lock();
        let Some(id) = trace.find(pin) else { return Vec::new() };
        trace.edges(id, Time::ZERO, Time::NEVER).map(|(t, high)| (t.0, high)).collect()
    }
}

#[test]
fn set_pins_with_delays_makes_a_square_wave() {
    // set pindirs, 1 / wrap: set pins, 1 [2] / set pins, 0 [4]
    let mut rig = Rig::new("", &[7], &[0xE081, 0xE201, 0xE400]);
    rig.setup((1, 2), 5 << 16 | 128 << 8, 0x000C_0000, 1 << 26 | 7 << 5);
    rig.write(CTRL, 1);
    rig.wait(Time::from_micros(100));
    let edges = rig.edges("GP7");
    // A tick takes 5.5 cycles, 44 ns; a period has eight of them.
    let expected: Vec<_> = (0..6).flat_map(|n| [(44 + 352 * n, true), (44 + 352 * n + 132, false)]).collect();
    let shown: Vec<_> = edges.into_iter().skip_while(|edge| !edge.1).take(12).collect();
    assert_eq!(shown, expected);
}

#[test]
fn the_usual_ws2812_program_lights_leds() {
    let bench = "[[part]]\ntype = \"neopixel\"\npixels = 2\npins = { data = \"GP22\" }\n";
    // out x, 1 side 0 [2] / jmp !x, 3 side 1 [1] / jmp 0 side 1 [4] / nop side 0 [4]
    let mut rig = Rig::new(bench, &[22], &[0x6221, 0x1123, 0x1400, 0xA442]);
    let pinctrl = 1 << 29 | 22 << 10 | 1 << 26 | 22 << 5;
    // 800 kHz times ten ticks; autopull after 24 bits, from the left, FIFOs joined.
    rig.setup((0, 3), 15 << 16 | 160 << 8, 1 << 30 | 24 << 25 | 1 << 17, pinctrl);
    rig.write(sm(0, INSTR), 0xE081);
    rig.write(CTRL, 1);
    rig.wait(Time::from_micros(100));
    assert_eq!(rig.s.scheduled(Event::Pio0), Time::NEVER, "it waits for data and costs nothing");
    rig.write(TXF0, 0x01_02_03 << 8);
    rig.write(TXF0, 0x00_FF_80 << 8);
    rig.wait(Time::from_millis(30));
    let picture = rig.trace.lock().picture("neopixel").unwrap();
    assert_eq!(picture.rgb, [[2, 1, 3], [255, 0, 128]]);
    assert_ne!(rig.read(FDEBUG) & debug::TXSTALL, 0);
    rig.write(FDEBUG, debug::TXSTALL);
    assert_eq!(rig.read(FDEBUG) & debug::TXSTALL, 0);
}

#[test]
fn bits_come_in_from_a_pin_and_are_pushed() {
    // wait 1 pin 0 / in pins, 1 / wait 0 pin 0
    let mut rig = Rig::new("", &[], &[0x20A0, 0x4001, 0x2020]);
    // Left shift, autopush after 4 bits; IN_BASE 3, read as bit 0.
    rig.setup((0, 2), 1 << 16, 4 << 20 | 1 << 16, 3 << 15);
    rig.write(IRQ0_INTE, 1);
    sio(&mut rig.s, 3, false);
    rig.write(CTRL, 1);
    for pulse in 0..6 {
        assert_eq!(rig.read(FSTAT) >> 8 & 1, u32::from(pulse < 4));
        sio(&mut rig.s, 3, true);
        rig.pio.catch_up(&mut rig.s);
        rig.wait(Time::from_micros(1));
        sio(&mut rig.s, 3, false);
        rig.pio.catch_up(&mut rig.s);
        rig.wait(Time::from_micros(1));
    }
    assert_ne!(rig.s.irq_lines(0) & 1 << irq::PIO0_0, 0);
    assert_eq!(rig.read(RXF0), 0xF);
    assert_eq!(rig.s.irq_lines(0) & 1 << irq::PIO0_0, 0);
    assert_eq!(rig.read(RXF0), 0);
    assert_ne!(rig.read(FDEBUG) & debug::RXUNDER, 0);
}

#[test]
fn machines_wait_for_each_others_flags() {
    // 0: pull / out x, 32 / 2: jmp x--, 2 / irq wait 4 / jmp 0      5: wait 1 irq 4 / set y, 7 / in y, 3 / push / jmp 5
    let program = [0x80A0, 0x6020, 0x0042, 0xC024, 0x0000, 0x20C4, 0xE047, 0x4043, 0x8020, 0x0005];
    let mut rig = Rig::new("", &[], &program);
    rig.setup((0, 31), 125 << 16, 0, 0);
    rig.write(sm(1, SHIFTCTRL), 0);
    rig.write(sm(1, INSTR), 0x0005);
    rig.write(CTRL, 3);
    rig.wait(Time::from_micros(10));
    rig.write(TXF0, 20);
    // Pulled, moved, counted down from 20 at one tick a microsecond.
    rig.wait(Time::from_micros(21));
    assert_eq!(rig.read(FSTAT) >> 9 & 1, 1, "nothing yet");
    rig.wait(Time::from_micros(5));
    assert_eq!(rig.read(RXF0 + 4), 7);
    assert_eq!(rig.read(IRQ), 0, "the waiting machine has cleared it");
    assert_eq!(rig.s.scheduled(Event::Pio0), Time::NEVER);
    // Relative flags: machine 1 adds its number to the lower two bits.
    rig.write(sm(1, INSTR), 0xC013);
    assert_eq!(rig.read(IRQ), 1);
    rig.write(IRQ, 1);
    assert_eq!(rig.read(IRQ), 0);
}

#[test]
fn executed_instructions_and_moves() {
    let mut rig = Rig::new("", &[], &[]);
    rig.setup((0, 31), 1 << 16, 0x000C_0000, 0);
    let results: Vec<u32> = [
        [0xE025, 0xA0C9, 0x8020], // set x, 5 / mov isr, !x / push
        [0xE023, 0xA0D1, 0x8020], // set x, 3 / mov isr, ::x / push
        [0xE05F, 0x4045, 0x8020], // set y, 31 / in y, 5 / push (right shift)
        [0x80A0, 0xA0C7, 0x8020], // pull / mov isr, osr / push
    ]
    .into_iter()
    .map(|program| {
        rig.write(TXF0, 0x1234_5678);
        for instruction in program {
            rig.write(sm(0, INSTR), instruction);
        }
        rig.read(RXF0)
    })
    .collect();
    assert_eq!(results, [!5, 0xC000_0000, 0xF800_0000, 0x1234_5678]);
    // A blocking pull without data stays pending until there is some.
    for _ in 0..3 {
        rig.write(sm(0, INSTR), 0x80A0);
    }
    rig.write(sm(0, INSTR), 0x80A0);
    assert_ne!(rig.read(sm(0, EXECCTRL)) & EXEC_STALLED, 0);
    assert_eq!(rig.read(FLEVEL), 0);
    rig.write(CTRL, 1);
    rig.write(TXF0, 9);
    rig.wait(Time(100));
    assert_eq!(rig.read(sm(0, EXECCTRL)) & EXEC_STALLED, 0);
    assert_eq!(rig.read(DBG_CFGINFO), 0x0020_0404);
}

#[test]
fn joined_fifos_hold_eight_words_and_overflow_is_flagged() {
    let mut rig = Rig::new("", &[], &[]);
    rig.write(sm(2, SHIFTCTRL), 1 << 30);
    for word in 0..9 {
        rig.write(TXF0 + 8, word);
    }
    assert_eq!(rig.read(FLEVEL), 8 << 16);
    assert_eq!(rig.read(FSTAT) >> 18 & 1, 1);
    assert_eq!(rig.read(FDEBUG), debug::TXOVER << 2);
    rig.write(sm(2, SHIFTCTRL), 0);
    assert_eq!(rig.read(FLEVEL), 0);
}
