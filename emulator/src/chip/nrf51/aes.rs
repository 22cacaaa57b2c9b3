//! AES-128 encryption (FIPS 197): what the ECB, CCM and AAR blocks compute with.

/// Multiplies by x in AES's field.
const fn times_x(byte: u8) -> u8 {
    byte << 1 ^ if byte & 0x80 != 0 { 0x1B } else { 0 }
}

/// The substitution box, from its definition: the inverse in the field, then an affine map.
const SBOX: [u8; 256] = {
    let mut sbox = [0; 256];
    // 3 generates the field: `p` runs through its powers, `q` through their inverses.
    let (mut p, mut q) = (1u8, 1u8);
    loop {
        p ^= times_x(p);
        q ^= q << 1;
        q ^= q << 2;
        q ^= q << 4;
        if q & 0x80 != 0 {
            q ^= 0x09;
        }
        sbox[p as usize] =
            q ^ q.rotate_left(1) ^ q.rotate_left(2) ^ q.rotate_left(3) ^ q.rotate_left(4) ^ 0x63;
        if p == 1 {
            break;
        }
    }
    sbox[0] = 0x63;
    sbox
};

fn substitute(bytes: &mut [u8]) {
    bytes.iter_mut().for_each(|byte| *byte = SBOX[usize::from(*byte)]);
}

fn add(state: &mut [u8; 16], key: &[u8; 16]) {
    state.iter_mut().zip(key).for_each(|(byte, key)| *byte ^= key);
}

/// The next round's key.
fn advance(key: &mut [u8; 16], constant: u8) {
    let mut word = [key[13], key[14], key[15], key[12]];
    substitute(&mut word);
    word[0] ^= constant;
    for column in key.chunks_exact_mut(4) {
        for (byte, word) in column.iter_mut().zip(&mut word) {
            *byte ^= *word;
            *word = *byte;
        }
    }
}

fn shift_rows(state: &mut [u8; 16]) {
    let old = *state;
    for (n, byte) in state.iter_mut().enumerate() {
        *byte = old[(n + 4 * (n % 4)) % 16];
    }
}

fn mix_columns(state: &mut [u8; 16]) {
    for column in state.chunks_exact_mut(4) {
        let all = column.iter().fold(0, |sum, byte| sum ^ byte);
        let first = column[0];
        for n in 0..4 {
            let next = if n == 3 { first } else { column[n + 1] };
            column[n] ^= all ^ times_x(column[n] ^ next);
        }
    }
}

/// Encrypts a block.
pub fn encrypt(key: &[u8; 16], block: &[u8; 16]) -> [u8; 16] {
    let (mut key, mut state) = (*key, *block);
    add(&mut state, &key);
    let mut constant = 1;
    for round in 1..=10 {
        substitute(&mut state);
        shift_rows(&mut state);
        if round < 10 {
            mix_columns(&mut state);
        }
        advance(&mut key, constant);
        constant = times_x(constant);
        add(&mut state, &key);
    }
    state
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standard_s_example() {
        let bytes = |hex: u128| hex.to_be_bytes();
        // FIPS 197, appendices B and C.1
        for (key, block, result) in [
            (
                0x2B7E_1516_28AE_D2A6_ABF7_1588_09CF_4F3C,
                0x3243_F6A8_885A_308D_3131_98A2_E037_0734,
                0x3925_841D_02DC_09FB_DC11_8597_196A_0B32,
            ),
            (
                0x0001_0203_0405_0607_0809_0A0B_0C0D_0E0F,
                0x0011_2233_4455_6677_8899_AABB_CCDD_EEFF,
                0x69C4_E0D8_6A7B_0430_D8CD_B780_70B4_C55A,
            ),
        ] {
            assert_eq!(encrypt(&bytes(key), &bytes(block)), bytes(result));
        }
    }
}
