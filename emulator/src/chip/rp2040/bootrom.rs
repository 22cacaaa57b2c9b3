//! The boot ROM (data sheet section 2.8): an image of our own with the published entry points.
//!
//! The chip's ROM is not ours to ship, so [`image`] builds 16 KiB with the same tables. Memory
//! functions are Thumb code; the others hand their registers to the host through a *mailbox*, five
//! words at an address where the chip has nothing: the first four are r0 to r3, and writing an
//! operation's number to the fifth performs it. All of that is one basic block, so no interrupt
//! can come between.

mod float;

use super::Rp2040;
use crate::chip::Demand;
use crate::clock::Time;

/// Where the mailbox lies.
pub const MAILBOX: u32 = 0xF000_0000;

/// Bytes of ROM.
pub const ROM_BYTES: usize = 0x4000;

/// Where the ROM leaves the stack when it enters the second-stage boot loader.
pub const BOOT_STACK: u32 = 0x2004_1F00;

/// Where core 1 returns to when its program ends: it waits to be launched again.
pub const CORE1_RETURN: u32 = STUBS as u32 | 1;

/// Version of the ROM in B2 silicon.
const VERSION: u8 = 3;

const CODE: usize = 0x100;
const LOOKUP: usize = CODE;
const MEMSET: usize = CODE + 0x18;
const MEMSET4: usize = CODE + 0x50;
const MEMCPY: usize = CODE + 0x54;
const CALL: usize = CODE + 0xA0;
const CALL_FLAGS: usize = CODE + 0xBC;
const HANG: usize = CODE + 0xD4;
const STUBS: usize = CODE + 0xD8;
const TABLES: usize = 0x400;

#[rustfmt::skip]
const THUMB: [u16; 108] = [
    // 000 lookup
    0x8802, // ldrh r2, [r0, #0]
    0x2A00, // cmp r2, #0
    0xD005, // beq 12 <lookup+0x12>
    0x8843, // ldrh r3, [r0, #2]
    0x3004, // adds r0, #4
    0x428A, // cmp r2, r1
    0xD1F8, // bne 0 <lookup>
    0x0018, // movs r0, r3
    0x4770, // bx lr
    0x2000, // movs r0, #0
    0x4770, // bx lr
    0x46C0, // nop
    // 018 memset
    0x4684, // mov ip, r0
    0xB2C9, // uxtb r1, r1
    0x2A08, // cmp r2, #8
    0xD30E, // bcc 3e <memset+0x26>
    0x0783, // lsls r3, r0, #30
    0xD003, // beq 2c <memset+0x14>
    0x7001, // strb r1, [r0, #0]
    0x3001, // adds r0, #1
    0x3A01, // subs r2, #1
    0xE7F9, // b 20 <memset+0x8>
    0x020B, // lsls r3, r1, #8
    0x4319, // orrs r1, r3
    0x040B, // lsls r3, r1, #16
    0x4319, // orrs r1, r3
    0x3A04, // subs r2, #4
    0xD301, // bcc 3c <memset+0x24>
    0xC002, // stmia r0!, {r1}
    0xE7FB, // b 34 <memset+0x1c>
    0x3204, // adds r2, #4
    0x2A00, // cmp r2, #0
    0xD003, // beq 4a <memset+0x32>
    0x7001, // strb r1, [r0, #0]
    0x3001, // adds r0, #1
    0x3A01, // subs r2, #1
    0xD1FB, // bne 42 <memset+0x2a>
    0x4660, // mov r0, ip
    0x4770, // bx lr
    0x46C0, // nop
    // 050 memset4
    0xE7E2, // b 18 <memset>
    0x46C0, // nop
    // 054 memcpy
    0xB531, // push {r0, r4, r5, lr}
    0x2A10, // cmp r2, #16
    0xD318, // bcc 8c <memcpy+0x38>
    0x0003, // movs r3, r0
    0x404B, // eors r3, r1
    0x079B, // lsls r3, r3, #30
    0xD114, // bne 8c <memcpy+0x38>
    0x0783, // lsls r3, r0, #30
    0xD005, // beq 72 <memcpy+0x1e>
    0x780B, // ldrb r3, [r1, #0]
    0x7003, // strb r3, [r0, #0]
    0x3001, // adds r0, #1
    0x3101, // adds r1, #1
    0x3A01, // subs r2, #1
    0xE7F7, // b 62 <memcpy+0xe>
    0x3A0C, // subs r2, #12
    0xD303, // bcc 7e <memcpy+0x2a>
    0xC938, // ldmia r1!, {r3, r4, r5}
    0xC038, // stmia r0!, {r3, r4, r5}
    0x3A0C, // subs r2, #12
    0xD2FB, // bcs 76 <memcpy+0x22>
    0x320C, // adds r2, #12
    0x3A04, // subs r2, #4
    0xD302, // bcc 8a <memcpy+0x36>
    0xC908, // ldmia r1!, {r3}
    0xC008, // stmia r0!, {r3}
    0xE7FA, // b 80 <memcpy+0x2c>
    0x3204, // adds r2, #4
    0x2A00, // cmp r2, #0
    0xD005, // beq 9c <memcpy+0x48>
    0x780B, // ldrb r3, [r1, #0]
    0x7003, // strb r3, [r0, #0]
    0x3001, // adds r0, #1
    0x3101, // adds r1, #1
    0x3A01, // subs r2, #1
    0xD1F9, // bne 90 <memcpy+0x3c>
    0xBD31, // pop {r0, r4, r5, pc}
    0x46C0, // nop
    // 0a0 call
    0x4C05, // ldr r4, [pc, #20]
    0x6020, // str r0, [r4, #0]
    0x6061, // str r1, [r4, #4]
    0x60A2, // str r2, [r4, #8]
    0x60E3, // str r3, [r4, #12]
    0x6125, // str r5, [r4, #16]
    0x6820, // ldr r0, [r4, #0]
    0x6861, // ldr r1, [r4, #4]
    0x68A2, // ldr r2, [r4, #8]
    0x68E3, // ldr r3, [r4, #12]
    0xBD30, // pop {r4, r5, pc}
    0x46C0, // nop
    // 0b8 mailbox
    0x0000, 0xF000, // .word 0xf0000000
    // 0bc callflags
    0x4C04, // ldr r4, [pc, #16]
    0x6020, // str r0, [r4, #0]
    0x6061, // str r1, [r4, #4]
    0x60A2, // str r2, [r4, #8]
    0x60E3, // str r3, [r4, #12]
    0x6125, // str r5, [r4, #16]
    0x6820, // ldr r0, [r4, #0]
    0x3001, // adds r0, #1
    0x2801, // cmp r0, #1
    0xBD30, // pop {r4, r5, pc}
    // 0d0 mailbox2
    0x0000, 0xF000, // .word 0xf0000000
    // 0d4 hang
    0xBF30, // wfi
    0xE7FD, // b d4 <hang>
];

// Operations of the mailbox; the float tables follow with 32 each.
const POPCOUNT32: u8 = 0;
const CLZ32: u8 = 1;
const CTZ32: u8 = 2;
const REVERSE32: u8 = 3;
const CONNECT_INTERNAL_FLASH: u8 = 4;
const FLASH_EXIT_XIP: u8 = 5;
pub(super) const FLASH_RANGE_ERASE: u8 = 6;
pub(super) const FLASH_RANGE_PROGRAM: u8 = 7;
const FLASH_FLUSH_CACHE: u8 = 8;
const FLASH_ENTER_CMD_XIP: u8 = 9;
const RESET_USB_BOOT: u8 = 10;
const CORE1_RETURNED: u8 = 11;
const FLOAT: u8 = 32;
const DOUBLE: u8 = 64;
const FCMP_FAST_FLAGS: u8 = 5;

/// Functions by their two-letter code that go through the mailbox.
const FUNCTIONS: [(&[u8; 2], u8); 11] = [
    (b"P3", POPCOUNT32),
    (b"L3", CLZ32),
    (b"T3", CTZ32),
    (b"R3", REVERSE32),
    (b"IF", CONNECT_INTERNAL_FLASH),
    (b"EX", FLASH_EXIT_XIP),
    (b"RE", FLASH_RANGE_ERASE),
    (b"RP", FLASH_RANGE_PROGRAM),
    (b"FC", FLASH_FLUSH_CACHE),
    (b"CX", FLASH_ENTER_CMD_XIP),
    (b"UB", RESET_USB_BOOT),
];

/// Builds the ROM.
pub fn image() -> Vec<u8> {
    let mut rom = vec![0; ROM_BYTES];
    let half = |rom: &mut Vec<u8>, at: usize, value: u16| {
        rom[at..at + 2].copy_from_slice(&value.to_le_bytes());
    };
    let word = |rom: &mut Vec<u8>, at: usize, value: u32| {
        rom[at..at + 4].copy_from_slice(&value.to_le_bytes());
    };
    word(&mut rom, 0, BOOT_STACK);
    // Reset, NMI, HardFault: the host boots the chip, so nothing else is ever entered.
    for vector in 1..4 {
        word(&mut rom, vector * 4, HANG as u32 | 1);
    }
    rom[0x10..0x14].copy_from_slice(&[b'M', b'u', 1, VERSION]);
    for (i, &op) in THUMB.iter().enumerate() {
        half(&mut rom, CODE + 2 * i, op);
    }
    // A stub an operation: push {r4, r5, lr}; movs r5, #operation; b call. Programs rely on
    // r12 being kept.
    let mut at = STUBS;
    let mut stub = |rom: &mut Vec<u8>, operation: u8, call: usize| -> u16 {
        let start = at;
        half(rom, at, 0xB530);
        half(rom, at + 2, 0x2500 | u16::from(operation));
        let back = (call as i32 - (at as i32 + 4 + 4)) / 2;
        half(rom, at + 4, 0xE000 | (back as u16 & 0x7FF));
        at += 6;
        start as u16 | 1
    };
    // The first stub is where core 1's program returns to.
    stub(&mut rom, CORE1_RETURNED, CALL);
    let mut functions: Vec<(u16, u16)> = vec![
        (u16::from_le_bytes(*b"MS"), MEMSET as u16 | 1),
        (u16::from_le_bytes(*b"S4"), MEMSET4 as u16 | 1),
        (u16::from_le_bytes(*b"MC"), MEMCPY as u16 | 1),
        (u16::from_le_bytes(*b"C4"), MEMCPY as u16 | 1),
    ];
    for (code, operation) in FUNCTIONS {
        functions.push((u16::from_le_bytes(*code), stub(&mut rom, operation, CALL)));
    }
    // The soft-float tables, each with its length in words two bytes before it.
    let mut table = |rom: &mut Vec<u8>, at: usize, first: u8| {
        rom[at - 2] = 0x20;
        for n in 0..0x20 {
            let call = if first == FLOAT && n == FCMP_FAST_FLAGS { CALL_FLAGS } else { CALL };
            let entry = stub(rom, first + n, call);
            word(rom, at + 4 * usize::from(n), u32::from(entry));
        }
    };
    let (floats, doubles) = (TABLES + 4, TABLES + 0x88);
    table(&mut rom, floats, FLOAT);
    table(&mut rom, doubles, DOUBLE);
    let copyright = TABLES + 0x110;
    rom[copyright..copyright + 20].copy_from_slice(b"Solderless boot ROM\0");
    let git = TABLES + 0x128;
    let data: [(u16, u16); 4] = [
        (u16::from_le_bytes(*b"CR"), copyright as u16),
        (u16::from_le_bytes(*b"GR"), git as u16),
        (u16::from_le_bytes(*b"SF"), floats as u16),
        (u16::from_le_bytes(*b"SD"), doubles as u16),
    ];
    let mut at = TABLES + 0x130;
    for (pointer, entries) in [(0x14, &functions[..]), (0x16, &data[..])] {
        half(&mut rom, pointer, at as u16);
        for &(code, entry) in entries {
            half(&mut rom, at, code);
            half(&mut rom, at + 2, entry);
            at += 4;
        }
        // A zero code ends the table.
        at += 4;
    }
    half(&mut rom, 0x18, LOOKUP as u16 | 1);
    rom
}

/// The mailbox's words.
#[derive(Clone, Debug, Default)]
pub struct Mailbox {
    /// r0 to r3.
    pub registers: [u32; 4],
}

/// What an erase or a program operation takes on a W25Q16JV, typically.
const SECTOR_ERASE: Time = Time::from_millis(45);
const BLOCK_ERASE: Time = Time::from_millis(150);
const PAGE_PROGRAM: Time = Time::from_micros(400);

impl Rp2040 {
    /// Performs a ROM function on the mailbox's registers; gives the CPU cycles it takes.
    pub(super) fn rom_call(&mut self, operation: u32) -> u32 {
        let r = &mut self.mailbox.registers;
        let operation = operation as u8;
        match operation {
            POPCOUNT32 => {
                r[0] = r[0].count_ones();
                18
            }
            CLZ32 => {
                r[0] = r[0].leading_zeros();
                15
            }
            CTZ32 => {
                r[0] = r[0].trailing_zeros();
                15
            }
            REVERSE32 => {
                r[0] = r[0].reverse_bits();
                18
            }
            CONNECT_INTERNAL_FLASH | FLASH_ENTER_CMD_XIP => 100,
            FLASH_EXIT_XIP => {
                self.ssi.set_serial();
                500
            }
            FLASH_FLUSH_CACHE => {
                self.io_qspi.release_chip_select();
                200
            }
            FLASH_RANGE_ERASE => {
                let [at, count, block, _] = *r;
                self.rom_erase(at, count, block)
            }
            FLASH_RANGE_PROGRAM => {
                let [at, from, count, _] = *r;
                self.rom_program(at, from, count)
            }
            CORE1_RETURNED => {
                self.sio.core1_runs = false;
                self.s.call_back();
                1
            }
            RESET_USB_BOOT => {
                self.s.demand = Some(Demand::Bootsel);
                1
            }
            _ if (DOUBLE..DOUBLE + 32).contains(&operation) => float::double(operation - DOUBLE, r),
            _ if operation >= FLOAT => float::single(operation - FLOAT, r),
            _ => 1,
        }
    }

    fn rom_erase(&mut self, at: u32, count: u32, block: u32) -> u32 {
        let mut time = Time::ZERO;
        let (mut at, end) = (at, at.saturating_add(count));
        while at < end {
            // Blocks where the range covers a whole one, sectors elsewhere.
            let size = if block > 4096 && at % block == 0 && end - at >= block { block } else { 4096 };
            self.flash.erase(at, size);
            time += if size > 4096 { BLOCK_ERASE } else { SECTOR_ERASE };
            at += size;
        }
        self.flash_written();
        self.cycles_of(time)
    }

    fn rom_program(&mut self, at: u32, from: u32, count: u32) -> u32 {
        let mut bytes = vec![0xFF; count as usize & 0x00FF_FFFF];
        self.copy_from_guest(from, &mut bytes);
        self.flash.program(at, &bytes);
        self.flash_written();
        self.cycles_of(Time(PAGE_PROGRAM.nanos() * u64::from(count.div_ceil(256))))
    }

    fn cycles_of(&self, time: Time) -> u32 {
        let cycles = u128::from(time.nanos()) * u128::from(self.s.clock.hz()) / 1_000_000_000;
        u32::try_from(cycles).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn half(rom: &[u8], at: usize) -> usize {
        usize::from(u16::from_le_bytes([rom[at], rom[at + 1]]))
    }

    fn lookup(rom: &[u8], table: usize, code: &[u8; 2]) -> Option<usize> {
        let mut at = half(rom, table);
        while half(rom, at) != 0 {
            if &rom[at..at + 2] == code {
                return Some(half(rom, at + 2));
            }
            at += 4;
        }
        None
    }

    #[test]
    fn tables_are_where_programs_look() {
        let rom = image();
        assert_eq!(&rom[0x10..0x14], b"Mu\x01\x03");
        for code in [b"MC", b"MS", b"P3", b"RE", b"RP", b"UB"] {
            let entry = lookup(&rom, 0x14, code).unwrap();
            assert_eq!(entry & 1, 1);
            assert!(entry < TABLES);
        }
        let floats = lookup(&rom, 0x16, b"SF").unwrap();
        assert_eq!(rom[floats - 2], 0x20);
        assert!(lookup(&rom, 0x14, b"XX").is_none());
    }

    #[test]
    fn stubs_branch_to_the_mailbox_code() {
        let rom = image();
        let entry = lookup(&rom, 0x14, b"UB").unwrap() & !1;
        assert_eq!(half(&rom, entry + 2), 0x2500 | usize::from(RESET_USB_BOOT));
        let branch = half(&rom, entry + 4);
        let offset = ((branch as i32 & 0x7FF) << 21 >> 21) * 2;
        assert_eq!(entry as i32 + 4 + 4 + offset, CALL as i32);
    }
}
