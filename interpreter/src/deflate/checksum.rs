//! The checksums of zlib (Adler-32) and gzip (CRC-32).

/// Adler-32 of more bytes; starts with 1.
pub fn adler32(sum: u32, bytes: &[u8]) -> u32 {
    let (mut a, mut b) = (sum & 0xFFFF, sum >> 16);
    // As many bytes as both sums take without overflow.
    for part in bytes.chunks(5552) {
        for &byte in part {
            a += u32::from(byte);
            b += a;
        }
        a %= 65521;
        b %= 65521;
    }
    b << 16 | a
}

/// CRC-32 of more bytes; starts with 0.
pub fn crc32(sum: u32, bytes: &[u8]) -> u32 {
    const TABLE: [u32; 16] = table();
    let mut sum = !sum;
    for &byte in bytes {
        sum ^= u32::from(byte);
        sum = sum >> 4 ^ TABLE[(sum & 15) as usize];
        sum = sum >> 4 ^ TABLE[(sum & 15) as usize];
    }
    !sum
}

const fn table() -> [u32; 16] {
    let mut table = [0; 16];
    let mut i = 0;
    while i < 16 {
        let mut value = i as u32;
        let mut bit = 0;
        while bit < 4 {
            value = if value & 1 == 1 { value >> 1 ^ 0xEDB8_8320 } else { value >> 1 };
            bit += 1;
        }
        table[i] = value;
        i += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_of_a_known_text() {
        assert_eq!(crc32(0, b"123456789"), 0xCBF4_3926);
        assert_eq!(crc32(crc32(0, b"1234"), b"56789"), 0xCBF4_3926);
        assert_eq!(adler32(1, b"123456789"), 0x091E_01DE);
        assert_eq!(adler32(adler32(1, b"1234"), b"56789"), 0x091E_01DE);
    }
}
