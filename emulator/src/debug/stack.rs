//! Call stacks, guessed from what lies on the stack.
//!
//! There is no unwinding information in most firmware images. A word on the stack counts as a return address when
//! the instruction before it is a call that leads to the function above it, or a call through a register; such a
//! word may be left over from a call that returned already.

use crate::image::places::Places;
use crate::machine::Machine;

/// Words of the stack that are looked through.
const DEPTH: usize = 512;
/// Frames of a stack that are told.
const FRAMES: usize = 64;

/// The registers that say where a program is.
#[derive(Clone, Copy, Debug)]
pub struct Registers {
    /// Stack pointer.
    pub sp: u32,
    /// Link register.
    pub lr: u32,
    /// Program counter.
    pub pc: u32,
}

/// Where a program is and whence it came there, the innermost first: the program counter, then return addresses.
pub fn stack(machine: &Machine, registers: Registers, places: &Places) -> Vec<u32> {
    let Registers { sp, lr, pc } = registers;
    let mut bytes = vec![0; 4 * DEPTH];
    let there = machine.peek(sp & !3, &mut bytes);
    let word = |bytes: &[u8]| u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
    let stack: Vec<u32> = bytes[..there].chunks_exact(4).map(word).collect();
    frames(pc, lr, &stack, places, &|address, into| machine.peek(address, into) == into.len())
}

/// The places of the functions around one, the innermost first: where it is, then return addresses.
fn frames(
    pc: u32,
    lr: u32,
    stack: &[u32],
    places: &Places,
    read: &dyn Fn(u32, &mut [u8]) -> bool,
) -> Vec<u32> {
    let mut frames = vec![pc];
    let mut own = places.start(pc);
    if let Some(caller) = caller(lr, own, places, read) {
        frames.push(lr);
        own = Some(caller);
    }
    let mut at = 0;
    while at < stack.len() && frames.len() < FRAMES {
        let word = stack[at];
        at += 1;
        // An exception's return: eight words of the interrupted program lie above.
        if matches!(word, 0xFFFF_FFF1 | 0xFFFF_FFF9 | 0xFFFF_FFFD) && at + 8 <= stack.len() {
            own = places.start(stack[at + 6]);
            frames.push(stack[at + 6]);
            if let Some(caller) = caller(stack[at + 5], own, places, read) {
                frames.push(stack[at + 5]);
                own = Some(caller);
            }
            at += 8;
        } else if let Some(caller) = caller(word, own, places, read) {
            // The link register and its copy on the stack say the same.
            if frames.len() == 1 || own != Some(caller) {
                frames.push(word);
                own = Some(caller);
            }
        }
    }
    frames
}

/// The function that a return address leads back to, if it is one and the call before it can have led to `callee`.
fn caller(
    address: u32,
    callee: Option<u32>,
    places: &Places,
    read: &dyn Fn(u32, &mut [u8]) -> bool,
) -> Option<u32> {
    if address & 1 == 0 {
        return None;
    }
    let caller = places.start(address)?;
    let mut code = [0; 4];
    if !read((address & !1).wrapping_sub(4), &mut code) {
        return None;
    }
    let [first, second] = [[code[0], code[1]], [code[2], code[3]]].map(u16::from_le_bytes);
    // BLX register.
    if second & 0xFF87 == 0x4780 {
        return Some(caller);
    }
    let target = branch_target(address & !1, first, second)?;
    (callee.is_none() || places.start(target) == callee).then_some(caller)
}

/// Where the BL before `next` leads, if these are its halves.
fn branch_target(next: u32, first: u16, second: u16) -> Option<u32> {
    if first & 0xF800 != 0xF000 || second & 0xD000 != 0xD000 {
        return None;
    }
    let (first, second) = (u32::from(first), u32::from(second));
    let sign = first >> 10 & 1;
    let bit = |j: u32| (j ^ sign ^ 1) & 1;
    let offset = sign << 24
        | bit(second >> 13) << 23
        | bit(second >> 11) << 22
        | (first & 0x3FF) << 12
        | (second & 0x7FF) << 1;
    // Sign-extended from 25 bits.
    Some(next.wrapping_add(((offset << 7) as i32 >> 7) as u32))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_lead_where_they_say() {
        // bl +0 from 0x100; bl back to 0x80 from 0x100 (offset -0x84 from 0x104).
        assert_eq!(branch_target(0x104, 0xF000, 0xF800), Some(0x104));
        assert_eq!(branch_target(0x104, 0xF7FF, 0xFFBE), Some(0x80));
        assert_eq!(branch_target(0x104, 0x4780, 0xF800), None);
    }

    #[test]
    fn frames_are_found_by_the_calls_before_return_addresses() {
        // main at 0x100 calls f at 0x140 (bl at 0x110); f calls g at 0x180 (bl at 0x150).
        let places = Places::from_functions(&[(0x100, 0x40, "main"), (0x140, 0x40, "f"), (0x180, 0x40, "g")]);
        let bl = |from: u32, to: u32| {
            let offset = to.wrapping_sub(from + 4);
            let (high, low) = ((offset >> 12 & 0x7FF) as u16, (offset >> 1 & 0x7FF) as u16);
            [(0xF000 | high).to_le_bytes(), (0xF800 | low).to_le_bytes()].concat()
        };
        let read = |address: u32, into: &mut [u8]| {
            match address {
                0x110 => into.copy_from_slice(&bl(0x110, 0x140)),
                0x150 => into.copy_from_slice(&bl(0x150, 0x180)),
                _ => into.fill(0),
            }
            true
        };
        // In g, which has pushed lr; among other words, one looks like a return into main from g.
        let found = frames(0x190, 0x155, &[0x155, 7, 0x115, 0x131], &places, &read);
        assert_eq!(found, [0x190, 0x155, 0x115]);
        // An interrupt handler at 0x180 that came while f ran.
        let stack = [0xFFFF_FFF9, 0, 0, 0, 0, 0, 0x115, 0x160, 0x0100_0000];
        assert_eq!(frames(0x184, 0xFFFF_FFF9, &stack, &places, &read), [0x184, 0x160, 0x115]);
    }
}
