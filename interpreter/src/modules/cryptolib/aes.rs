//! AES by the book (FIPS 197): a byte at a time with one table, small rather than fast or free of timing differences.

type Block = [u8; 16];

/// Bytes of the longest key schedule.
pub const SCHEDULE: usize = 240;

const SBOX: [u8; 256] = sbox();

/// Multiplication by x in the field.
const fn double(a: u8) -> u8 {
    a << 1 ^ if a & 0x80 != 0 { 0x1B } else { 0 }
}

const fn sbox() -> [u8; 256] {
    let mut table = [0; 256];
    // p runs through the powers of 3, q through their inverses.
    let (mut p, mut q) = (1u8, 1u8);
    loop {
        p ^= double(p);
        q ^= q << 1;
        q ^= q << 2;
        q ^= q << 4;
        if q & 0x80 != 0 {
            q ^= 0x09;
        }
        table[p as usize] =
            q ^ q.rotate_left(1) ^ q.rotate_left(2) ^ q.rotate_left(3) ^ q.rotate_left(4) ^ 0x63;
        if p == 1 {
            break;
        }
    }
    table[0] = 0x63;
    table
}

/// Expands a key of 16, 24 or 32 bytes into `schedule`; gives the number of rounds.
pub fn expand(key: &[u8], schedule: &mut [u8; SCHEDULE]) -> usize {
    let words = key.len() / 4;
    let rounds = words + 6;
    schedule[..key.len()].copy_from_slice(key);
    let mut constant = 1;
    for i in words..4 * (rounds + 1) {
        let mut word = [0; 4];
        word.copy_from_slice(&schedule[4 * i - 4..4 * i]);
        if i % words == 0 {
            word.rotate_left(1);
            word = word.map(|b| SBOX[usize::from(b)]);
            word[0] ^= constant;
            constant = double(constant);
        } else if words > 6 && i % words == 4 {
            word = word.map(|b| SBOX[usize::from(b)]);
        }
        for (j, byte) in word.into_iter().enumerate() {
            schedule[4 * i + j] = schedule[4 * (i - words) + j] ^ byte;
        }
    }
    rounds
}

fn add_key(block: &mut Block, schedule: &[u8], round: usize) {
    for (byte, key) in block.iter_mut().zip(&schedule[16 * round..]) {
        *byte ^= key;
    }
}

/// Rotates row `r` of the four by four bytes (columns first) by `r` columns to the left, or back.
fn shift_rows(block: &mut Block, back: bool) {
    let old = *block;
    for (i, byte) in block.iter_mut().enumerate() {
        let (row, column) = (i % 4, i / 4);
        let from = if back { column + 4 - row } else { column + row };
        *byte = old[row + 4 * (from % 4)];
    }
}

fn mix_columns(block: &mut Block) {
    for column in block.chunks_exact_mut(4) {
        let all = column[0] ^ column[1] ^ column[2] ^ column[3];
        let first = column[0];
        for i in 0..4 {
            let next = if i == 3 { first } else { column[i + 1] };
            column[i] ^= all ^ double(column[i] ^ next);
        }
    }
}

/// Its inverse: the same after a step that makes it one.
fn unmix_columns(block: &mut Block) {
    for column in block.chunks_exact_mut(4) {
        let u = double(double(column[0] ^ column[2]));
        let v = double(double(column[1] ^ column[3]));
        column[0] ^= u;
        column[2] ^= u;
        column[1] ^= v;
        column[3] ^= v;
    }
    mix_columns(block);
}

/// Encrypts a block in place.
pub fn encrypt(schedule: &[u8], rounds: usize, block: &mut Block) {
    add_key(block, schedule, 0);
    for round in 1..=rounds {
        *block = block.map(|b| SBOX[usize::from(b)]);
        shift_rows(block, false);
        if round < rounds {
            mix_columns(block);
        }
        add_key(block, schedule, round);
    }
}

/// Decrypts a block in place.
pub fn decrypt(schedule: &[u8], rounds: usize, block: &mut Block) {
    // The inverse table on the stack: flash is scarcer than time here.
    let mut inverse = [0; 256];
    for (i, &s) in (0..=255).zip(&SBOX) {
        inverse[usize::from(s)] = i;
    }
    for round in (1..=rounds).rev() {
        add_key(block, schedule, round);
        if round < rounds {
            unmix_columns(block);
        }
        shift_rows(block, true);
        *block = block.map(|b| inverse[usize::from(b)]);
    }
    add_key(block, schedule, 0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standards_examples() {
        // FIPS 197, appendix C.
        let plain: Block = core::array::from_fn(|i| (i * 0x11) as u8);
        for (length, first) in [(16, [0x69, 0xC4]), (24, [0xDD, 0xA9]), (32, [0x8E, 0xA2])] {
            let key: [u8; 32] = core::array::from_fn(|i| i as u8);
            let mut schedule = [0; SCHEDULE];
            let rounds = expand(&key[..length], &mut schedule);
            let mut block = plain;
            encrypt(&schedule, rounds, &mut block);
            assert_eq!(block[..2], first);
            decrypt(&schedule, rounds, &mut block);
            assert_eq!(block, plain);
        }
    }
}
