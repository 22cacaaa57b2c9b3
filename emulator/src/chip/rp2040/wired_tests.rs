//! Peripherals that hear each other over wires, and others that listen.

use super::pins::function;
use super::testing::Rig;
use crate::clock::Time;
use crate::trace::BusData;

const UART: [u32; 2] = [0x4003_4000, 0x4003_8000];
const SPI: [u32; 2] = [0x4003_C000, 0x4004_0000];
const I2C: [u32; 2] = [0x4004_4000, 0x4004_8000];
const PIO0: u32 = 0x5020_0000;
const SIO: u32 = 0xD000_0000;
const IO_BANK0: u32 = 0x4001_4000;

const UARTDR: u32 = 0x00;
const UARTFR: u32 = 0x18;

fn wires(pairs: &[(u32, u32)]) -> Rig {
    let wire = |(from, to)| {
        format!("[[part]]\ntype = \"wire\"\npins = {{ from = \"GP{from}\", to = \"GP{to}\" }}\n")
    };
    Rig::new(&pairs.iter().copied().map(wire).collect::<String>())
}

/// 1 Mbit/s with FIFOs; `control` are further bits of UARTCR, `line` of UARTLCR_H.
fn uart(rig: &mut Rig, n: usize, line: u32, control: u32) {
    for (offset, value) in [(0x24, 7), (0x28, 52), (0x2C, 0x70 | line), (0x30, 0x301 | control)] {
        rig.write(UART[n] + offset, value);
    }
}

#[test]
fn a_uart_hears_the_other_over_a_wire() {
    let mut rig = wires(&[(4, 1)]);
    rig.select(function::UART, &[1, 4]);
    uart(&mut rig, 0, 0, 0);
    uart(&mut rig, 1, 0, 0);
    for byte in *b"wire" {
        rig.write(UART[1] + UARTDR, byte.into());
    }
    rig.run(Time::from_micros(39));
    assert_ne!(rig.read(UART[1] + UARTFR) & 1 << 3, 0, "still sending the last stop bit");
    rig.run(Time::from_micros(2));
    assert_eq!([0; 4].map(|_| rig.read(UART[0] + UARTDR)), b"wire".map(u32::from));
    assert_eq!(rig.edges("GP1"), rig.edges("GP4"), "one net");
}

#[test]
fn parity_and_breaks_are_noticed_over_a_wire() {
    let mut rig = wires(&[(4, 1)]);
    rig.select(function::UART, &[1, 4]);
    // Even parity there, odd here.
    uart(&mut rig, 0, 1 << 1, 0);
    uart(&mut rig, 1, 1 << 1 | 1 << 2, 0);
    rig.write(UART[1] + UARTDR, 0x41);
    rig.run(Time::from_micros(20));
    assert_eq!(rig.read(UART[0] + UARTDR), 0x41 | 1 << 9);
    rig.write(UART[1] + 0x2C, 0x70 | 1);
    rig.run(Time::from_micros(50));
    rig.write(UART[1] + 0x2C, 0x70);
    rig.run(Time::from_micros(50));
    assert_eq!(rig.read(UART[0] + UARTDR), 1 << 10 | 1 << 8, "one break");
    assert_ne!(rig.read(UART[0] + UARTFR) & 1 << 4, 0, "and nothing else");
}

#[test]
fn flow_control_holds_the_sender_until_there_is_room() {
    // UART1's TX to UART0's RX, UART0's RTS to UART1's CTS.
    let mut rig = wires(&[(4, 1), (3, 6)]);
    rig.select(function::UART, &[1, 3, 4, 6]);
    uart(&mut rig, 0, 0, 1 << 14);
    uart(&mut rig, 1, 0, 1 << 15);
    for byte in 0..32 {
        rig.write(UART[1] + UARTDR, byte);
    }
    rig.run(Time::from_millis(1));
    let waiting = rig.read(UART[1] + UARTFR);
    assert_eq!(waiting & (1 << 7 | 1), 0, "held: {waiting:#x}");
    let mut heard = Vec::new();
    for _ in 0..40 {
        while rig.read(UART[0] + UARTFR) & 1 << 4 == 0 {
            heard.push(rig.read(UART[0] + UARTDR));
        }
        rig.run(Time::from_micros(100));
    }
    assert_eq!(heard, (0..32).collect::<Vec<_>>(), "nothing lost");
}

#[test]
fn a_pio_program_hears_a_hardware_uart_on_its_own_pin_and_over_a_wire() {
    for pin in [4, 3] {
        let mut rig = if pin == 3 { wires(&[(4, 3)]) } else { Rig::new("") };
        rig.select(function::UART, &[4]);
        if pin == 3 {
            rig.select(function::PIO0, &[3]);
        }
        uart(&mut rig, 1, 0, 0);
        // wait 0 pin 0 / set x, 7 [10] / in pins, 1 / jmp x--, 2 [6]
        for (n, word) in [0x2020, 0xEA27, 0x4001, 0x0642].into_iter().enumerate() {
            rig.write(PIO0 + 0x48 + 4 * n as u32, word);
        }
        // 8 ticks a bit, autopush after eight bits from the right.
        rig.write(PIO0 + 0xC8, 15 << 16 | 160 << 8);
        rig.write(PIO0 + 0xCC, 3 << 12);
        rig.write(PIO0 + 0xD0, 8 << 20 | 1 << 18 | 1 << 16);
        rig.write(PIO0 + 0xDC, pin << 15);
        rig.write(PIO0, 1);
        for byte in *b"PIO" {
            rig.write(UART[1] + UARTDR, byte.into());
        }
        rig.run(Time::from_micros(100));
        assert_eq!([0; 3].map(|_| rig.read(PIO0 + 0x20) >> 24), b"PIO".map(u32::from), "GP{pin}");
    }
}

#[test]
fn a_pin_interrupt_counts_a_transfers_edges() {
    let mut rig = Rig::new("");
    rig.select(function::UART, &[4]);
    uart(&mut rig, 1, 0, 0);
    // Falling edges of GP4, for core 0.
    rig.write(IO_BANK0 + 0x100, 4 << 16);
    rig.write(UART[1] + UARTDR, 0x55);
    let mut falls = 0;
    for _ in 0..200 {
        rig.run(Time(100));
        if rig.read(IO_BANK0 + 0xF0) & 4 << 16 != 0 {
            falls += 1;
            rig.write(IO_BANK0 + 0xF0, 4 << 16);
        }
    }
    assert_eq!(falls, 5, "the start bit and four zeros");
}

#[test]
fn who_looks_at_a_pin_sees_a_transfer_of_which_only_a_drawing_is_made() {
    let mut rig = Rig::new("");
    rig.select(function::UART, &[4]);
    uart(&mut rig, 1, 0, 0);
    rig.write(UART[1] + UARTDR, 0x0F);
    let mut seen = Vec::new();
    for _ in 0..11 {
        rig.run(Time(500));
        seen.push(rig.read(SIO + 4) >> 4 & 1);
        rig.run(Time(500));
    }
    assert_eq!(seen, [0, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1]);
}

#[test]
fn a_uart_hears_what_a_program_sends_by_hand() {
    let mut rig = wires(&[(9, 1)]);
    rig.select(function::UART, &[1]);
    rig.select(function::SIO, &[9]);
    uart(&mut rig, 0, 0, 0);
    rig.write(SIO + 0x14, 1 << 9);
    rig.write(SIO + 0x24, 1 << 9);
    rig.run(Time::from_micros(50));
    for bit in [0, 1, 0, 1, 0, 0, 1, 1, 0, 1] {
        rig.write(SIO + if bit == 1 { 0x14 } else { 0x18 }, 1 << 9);
        rig.run(Time::from_micros(1));
    }
    rig.run(Time::from_micros(2));
    assert_eq!(rig.read(UART[0] + UARTDR), 0b0110_0101);
}

/// I2C0 on GP4/5 as controller at 400 kHz, I2C1 on GP6/7 as target 0x42.
fn two_i2c() -> Rig {
    let mut rig = wires(&[(4, 6), (5, 7)]);
    rig.select(function::I2C, &[4, 5, 6, 7]);
    for (offset, value) in [(0x6C, 0), (0, 0x165), (0x1C, 125), (0x20, 187), (0xA0, 11), (4, 0x42), (0x6C, 1)]
    {
        rig.write(I2C[0] + offset, value);
    }
    for (offset, value) in [(0x6C, 0), (0, 0x324), (8, 0x42), (0x30, 0x1FFF), (0x6C, 1)] {
        rig.write(I2C[1] + offset, value);
    }
    rig
}

const RAW: u32 = 0x34;
const RD_REQ: u32 = 1 << 5;

#[test]
fn an_i2c_target_takes_bytes_and_acknowledges() {
    let mut rig = two_i2c();
    for command in [0x11, 0x22, 0x33 | 1 << 9] {
        rig.write(I2C[0] + 0x10, command);
    }
    rig.run(Time::from_micros(200));
    assert_eq!(rig.read(I2C[0] + 0x80), 0, "not aborted");
    assert_eq!(rig.read(I2C[0] + RAW) & 0x240, 0x200, "stopped");
    assert_eq!([0; 3].map(|_| rig.read(I2C[1] + 0x10)), [0x11 | 1 << 11, 0x22, 0x33]);
    assert_eq!(rig.read(I2C[1] + RAW) & 0x720, 0x700, "activity, start, stop");
    // Another address is not its own.
    rig.write(I2C[0] + 0x6C, 0);
    rig.write(I2C[0] + 4, 0x43);
    rig.write(I2C[0] + 0x6C, 1);
    rig.write(I2C[0] + 0x10, 0x44 | 1 << 9);
    rig.run(Time::from_micros(200));
    assert_eq!(rig.read(I2C[0] + 0x80) & 1, 1, "nobody at 0x43");
    assert_eq!(rig.read(I2C[1] + 0x78), 0);
}

#[test]
fn an_i2c_target_holds_the_clock_until_it_has_an_answer() {
    let mut rig = two_i2c();
    rig.write(I2C[0] + 0x10, 1 << 8);
    rig.write(I2C[0] + 0x10, 1 << 8 | 1 << 9);
    rig.run(Time::from_micros(300));
    assert_ne!(rig.read(I2C[1] + RAW) & RD_REQ, 0);
    assert_eq!(rig.read(I2C[0] + 0x78), 0, "held for 270 us");
    assert_eq!(rig.read(SIO + 4) >> 5 & 1, 0, "the clock is low");
    for byte in [0xA5, 0x3C] {
        rig.read(I2C[1] + 0x50);
        rig.write(I2C[1] + 0x10, byte);
        rig.run(Time::from_micros(60));
    }
    assert_eq!([0; 2].map(|_| rig.read(I2C[0] + 0x10) & 0xFF), [0xA5, 0x3C]);
    assert_ne!(rig.read(I2C[1] + RAW) & 1 << 7, 0, "the last byte was refused: RX_DONE");
    let trace = rig.trace.lock();
    let bus = trace.find("I2C GP4/GP5").unwrap();
    let read: Vec<_> = trace
        .items(bus, Time::ZERO, Time::NEVER)
        .filter_map(|item| match item.what {
            BusData::I2cData { byte, read: true, ack } => Some((byte, ack)),
            _ => None,
        })
        .collect();
    assert_eq!(read, [(0xA5, true), (0x3C, false)]);
}

#[test]
fn a_full_i2c_target_makes_the_controller_wait() {
    let mut rig = two_i2c();
    let mut heard = Vec::new();
    for byte in 0..24 {
        rig.write(I2C[0] + 0x10, byte | u32::from(byte == 23) << 9);
        rig.run(Time::from_micros(30));
    }
    rig.run(Time::from_micros(200));
    assert_eq!(rig.read(I2C[1] + 0x78), 16);
    assert_eq!(rig.read(I2C[1] + RAW) & 1 << 1, 0, "no overrun");
    for _ in 0..24 {
        heard.push(rig.read(I2C[1] + 0x10) & 0xFF);
        rig.run(Time::from_micros(40));
    }
    assert_eq!(heard, (0..24).collect::<Vec<_>>());
}

/// SPI0 (RX 16, CSn 17, SCK 18, TX 19) as master at 1 MHz, SPI1 (RX 12, CSn 13, SCK 14, TX 15) as slave.
fn two_spi(mode: u32) -> Rig {
    let mut rig = wires(&[(19, 12), (17, 13), (18, 14), (16, 15)]);
    rig.select(function::SPI, &[12, 13, 14, 15, 16, 17, 18, 19]);
    let cr0 = (mode & 1) << 7 | (mode >> 1) << 6 | 7;
    for (offset, value) in [(0x10, 2), (0, cr0), (4, 1 << 2), (4, 1 << 2 | 1 << 1)] {
        rig.write(SPI[1] + offset, value);
    }
    for (offset, value) in [(0x10, 124), (0, cr0), (4, 1 << 1)] {
        rig.write(SPI[0] + offset, value);
    }
    rig
}

#[test]
fn spi_master_and_slave_exchange_words_in_all_modes() {
    for mode in 0..4 {
        let mut rig = two_spi(mode);
        for word in [0x5A, 0x81, 0x7E] {
            rig.write(SPI[1] + 8, word);
        }
        for word in [0x12, 0x34, 0xCD] {
            rig.write(SPI[0] + 8, word);
        }
        rig.run(Time::from_micros(100));
        assert_eq!([0; 3].map(|_| rig.read(SPI[1] + 8)), [0x12, 0x34, 0xCD], "mode {mode}");
        assert_eq!([0; 3].map(|_| rig.read(SPI[0] + 8)), [0x5A, 0x81, 0x7E], "mode {mode}");
        let edges = rig.edges("GP17");
        let selections = edges.iter().skip_while(|edge| !edge.1).filter(|edge| !edge.1).count();
        assert_eq!(selections, if mode & 1 == 0 { 3 } else { 1 }, "mode {mode}");
    }
}

#[test]
fn a_slave_that_is_not_selected_lets_its_line_go() {
    let mut rig = two_spi(1);
    // The master's chip select is a plain pin now, and high.
    rig.select(function::SIO, &[17]);
    rig.write(SIO + 0x14, 1 << 17);
    rig.write(SIO + 0x24, 1 << 17);
    rig.write(SPI[1] + 8, 0x00);
    rig.write(SPI[0] + 8, 0x12);
    rig.run(Time::from_micros(20));
    assert_eq!(rig.read(SPI[0] + 8), 0xFF, "the pull-up");
    assert_eq!(rig.read(SPI[1] + 0xC) & 4, 0, "nothing received");
}

/// Loads a program into PIO0 and sets its machine 0: divider (16.8 bits above 8), wrap, shifts, pins.
fn pio(rig: &mut Rig, program: &[u16], clkdiv: u32, execctrl: u32, shiftctrl: u32, pinctrl: u32) {
    for (n, &word) in program.iter().enumerate() {
        rig.write(PIO0 + 0x48 + 4 * n as u32, word.into());
    }
    for (offset, value) in [(0xC8, clkdiv), (0xCC, execctrl), (0xD0, shiftctrl), (0xDC, pinctrl)] {
        rig.write(PIO0 + offset, value);
    }
}

#[test]
fn a_hardware_uart_hears_a_pio_program() {
    let mut rig = wires(&[(10, 1)]);
    rig.select(function::UART, &[1]);
    rig.select(function::PIO0, &[10]);
    uart(&mut rig, 0, 0, 0);
    // pull side 1 [7] / set x, 7 side 0 [7] / out pins, 1 [6] / jmp x--, 2; the line is high from the start.
    let program = [0x9FA0, 0xF727, 0x6601, 0x0042];
    let pinctrl = 2 << 29 | 1 << 26 | 1 << 20 | 10 << 10 | 10 << 5 | 10;
    pio(&mut rig, &program, 15 << 16 | 160 << 8, 1 << 30 | 3 << 12, 1 << 19, pinctrl);
    // High before it is an output.
    rig.write(PIO0 + 0xD8, 0xE001);
    rig.write(PIO0 + 0xD8, 0xE081);
    rig.run(Time::from_micros(20));
    rig.write(PIO0, 1);
    for byte in *b"tx!" {
        rig.write(PIO0 + 0x10, byte.into());
    }
    rig.run(Time::from_micros(60));
    assert_eq!([0; 3].map(|_| rig.read(UART[0] + UARTDR)), b"tx!".map(u32::from));
}

#[test]
fn a_pio_program_makes_pulses_of_the_width_it_is_given() {
    let mut rig = Rig::new("");
    rig.select(function::PIO0, &[7]);
    // pull noblock side 0 / mov x, osr / mov y, isr / jmp x!=y, 5 / nop side 1 / jmp y--, 3
    let program = [0x9080, 0xA027, 0xA046, 0x00A5, 0xB842, 0x0083];
    pio(&mut rig, &program, 1 << 16, 1 << 30 | 5 << 12, 0xC_0000, 2 << 29 | 7 << 10);
    // The longest count, 99, goes to ISR; the pin becomes an output.
    rig.write(PIO0 + 0x10, 99);
    for instruction in [0x80A0, 0xA0C7] {
        rig.write(PIO0 + 0xD8, instruction);
    }
    rig.write(PIO0 + 0xDC, 1 << 26 | 7 << 5);
    rig.write(PIO0 + 0xD8, 0xE081);
    rig.write(PIO0 + 0xDC, 2 << 29 | 7 << 10);
    rig.write(PIO0 + 0x10, 30);
    let start = rig.chip.s.now.0;
    rig.write(PIO0, 1);
    rig.run(Time::from_micros(50));
    let edges = rig.edges("GP7");
    let edges: Vec<_> = edges.into_iter().skip_while(|edge| edge.0 <= start || !edge.1).collect();
    // Ticks of 8 ns: high for 2 * 30 + 2 of 3 + 2 * 100 + 1.
    for pulse in edges.windows(3).step_by(2) {
        assert_eq!((pulse[1].0 - pulse[0].0, pulse[2].0 - pulse[0].0), (62 * 8, 204 * 8));
    }
    assert!(edges.len() > 50);
}

#[test]
fn a_pio_program_waits_for_a_pin_and_for_its_interrupt_to_be_answered() {
    let mut rig = wires(&[(2, 16)]);
    rig.select(function::SIO, &[2]);
    rig.select(function::PIO0, &[16]);
    rig.write(SIO + 0x14, 1 << 2);
    rig.write(SIO + 0x24, 1 << 2);
    // wait 0 pin 0 / irq wait 0 rel / wait 1 pin 0
    pio(&mut rig, &[0x2020, 0xC030, 0x20A0], 1 << 16, 2 << 12, 0xC_0000, 16 << 15);
    rig.write(PIO0, 1);
    for _ in 0..3 {
        rig.run(Time::from_micros(10));
        assert_eq!(rig.read(PIO0 + 0x30), 0, "high");
        rig.write(SIO + 0x18, 1 << 2);
        let fell = rig.chip.s.now;
        while rig.read(PIO0 + 0x30) == 0 {
            rig.run(Time(8));
            assert!(rig.chip.s.now < fell + Time(100), "two cycles of the synchroniser and one of the wait");
        }
        rig.write(SIO + 0x14, 1 << 2);
        rig.run(Time::from_micros(1));
        assert_eq!(rig.read(PIO0 + 0x30), 1, "until it is answered");
        rig.write(PIO0 + 0x30, 1);
    }
}
