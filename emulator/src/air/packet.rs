//! How a packet in memory becomes the bits after an address, and back (nRF51 Series Reference Manual, chapter 17).

/// A packet's layout, and what protects it on the air.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    /// Whether a byte S0 comes first.
    pub s0: bool,
    /// Bits of LENGTH on the air, 0 to 8; in memory it has a byte, if any.
    pub length_bits: u8,
    /// Bits of S1 on the air, 0 to 8.
    pub s1_bits: u8,
    /// The longest payload.
    pub longest: u8,
    /// Bytes of payload beyond what LENGTH says.
    pub fixed: u8,
    /// Whether S0, LENGTH, S1 and the payload's bytes are sent with their most significant bit first.
    pub big_endian: bool,
    /// The whitening's initial value.
    pub whitening: Option<u8>,
    /// The check sum.
    pub crc: Crc,
}

/// How a check sum is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Crc {
    /// Bytes, 0 to 3.
    pub len: u8,
    /// Whether the address is left out of it.
    pub skip_address: bool,
    /// The polynomial, bit *n* being x to the *n*.
    pub polynomial: u32,
    /// What it starts from.
    pub initial: u32,
}

/// What a receiver makes of the bits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// S0, LENGTH, S1 and payload as they lie in memory.
    pub packet: Vec<u8>,
    /// The payload within [`Received::packet`] begins here.
    pub payload_at: usize,
    /// The check sum that came.
    pub crc: u32,
    /// Whether that is right.
    pub crc_ok: bool,
}

impl Crc {
    fn bits(&self) -> u32 {
        8 * u32::from(self.len.min(3))
    }

    /// The check sum over bits in the order in which they are sent.
    fn of(&self, bits: impl Iterator<Item = bool>) -> u32 {
        let Some(top) = self.bits().checked_sub(1) else { return 0 };
        let mask = ((1u64 << self.bits()) - 1) as u32;
        // The lowest term is always there.
        let polynomial = (self.polynomial | 1) & mask;
        bits.fold(self.initial & mask, |crc, bit| {
            let carry = (crc >> top & 1 != 0) != bit;
            (crc << 1 & mask) ^ if carry { polynomial } else { 0 }
        })
    }
}

/// The whitening sequence: x⁷ + x⁴ + 1.
fn whitening(initial: u8) -> impl Iterator<Item = bool> {
    // DATAWHITEIV counts the register's places from the other end, and its bit 6 is always set.
    let mut state = (initial | 0x40).reverse_bits() >> 1;
    std::iter::repeat_with(move || {
        let out = state & 0x40 != 0;
        state = state << 1 & 0x7F | u8::from(out);
        if out {
            state ^= 0x10;
        }
        out
    })
}

/// A byte's bits in the order of the air: an address's are always sent from the lowest.
fn lowest_first(byte: u8) -> impl Iterator<Item = bool> {
    (0..8).map(move |n| byte >> n & 1 != 0)
}

impl Format {
    /// Bytes before the payload in memory.
    pub fn head(&self) -> usize {
        usize::from(self.s0) + usize::from(self.length_bits > 0) + usize::from(self.s1_bits > 0)
    }

    /// Bytes of payload of a packet whose head begins so.
    pub fn payload(&self, head: &[u8]) -> usize {
        let length = match (self.length_bits.min(8), head.get(usize::from(self.s0))) {
            (0, _) | (_, None) => 0,
            (bits, Some(&byte)) => usize::from(byte) & ((1 << bits) - 1),
        };
        (length + usize::from(self.fixed)).min(self.longest.into())
    }

    /// The bits of each byte before the payload, in their order.
    fn head_bits(&self) -> impl Iterator<Item = u8> {
        let s0 = if self.s0 { 8 } else { 0 };
        [s0, self.length_bits.min(8), self.s1_bits.min(8)].into_iter().filter(|&bits| bits > 0)
    }

    fn push(&self, bits: &mut Vec<bool>, byte: u8, count: u8) {
        let order = |n| if self.big_endian { count - 1 - n } else { n };
        bits.extend((0..count).map(|n| byte >> order(n) & 1 != 0));
    }

    fn crc(&self, address: &[u8], bits: &[bool]) -> u32 {
        let address = if self.crc.skip_address { &[] } else { address };
        self.crc.of(address.iter().copied().flat_map(lowest_first).chain(bits.iter().copied()))
    }

    fn whiten(&self, bits: &mut [bool]) {
        if let Some(initial) = self.whitening {
            bits.iter_mut().zip(whitening(initial)).for_each(|(bit, white)| *bit ^= white);
        }
    }

    /// The bits after the address of a packet as it lies in memory: head and payload.
    pub fn encode(&self, address: &[u8], packet: &[u8]) -> Vec<bool> {
        let mut bits = Vec::with_capacity(8 * (packet.len() + 3));
        let widths = self.head_bits().chain(std::iter::repeat(8));
        packet.iter().zip(widths).for_each(|(&byte, width)| self.push(&mut bits, byte, width));
        let crc = self.crc(address, &bits);
        bits.extend((0..self.crc.bits()).rev().map(|n| crc >> n & 1 != 0));
        self.whiten(&mut bits);
        bits
    }

    /// What a receiver with this format makes of bits. Missing ones are zeros: then the check sum is wrong, if there
    /// is one.
    pub fn decode(&self, address: &[u8], bits: &[bool]) -> Received {
        let mut plain = bits.to_vec();
        self.whiten(&mut plain);
        let mut at = 0;
        let mut packet = Vec::new();
        let mut take = |packet: &mut Vec<u8>, count: u8| {
            let order = |n| if self.big_endian { count - 1 - n } else { n };
            let bit = |n: u8| u8::from(plain.get(at + usize::from(n)).copied().unwrap_or(false));
            packet.push((0..count).fold(0, |byte, n| byte | bit(n) << order(n)));
            at += usize::from(count);
        };
        self.head_bits().for_each(|count| take(&mut packet, count));
        let payload_at = packet.len();
        (0..self.payload(&packet)).for_each(|_| take(&mut packet, 8));
        let covered = at.min(plain.len());
        let crc = (0..self.crc.bits() as usize)
            .fold(0, |crc, n| crc << 1 | u32::from(plain.get(at + n).copied().unwrap_or(false)));
        let whole = at + self.crc.bits() as usize <= plain.len();
        let crc_ok = whole && crc == self.crc(address, &plain[..covered]);
        Received { packet, payload_at, crc, crc_ok }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORMAT: Format = Format {
        s0: false,
        length_bits: 8,
        s1_bits: 0,
        longest: 32,
        fixed: 0,
        big_endian: false,
        whitening: Some(0x18),
        crc: Crc { len: 2, skip_address: false, polynomial: 0x1_1021, initial: 0xFFFF },
    };

    #[test]
    fn what_is_sent_is_received() {
        let ble = Format {
            s0: true,
            length_bits: 6,
            s1_bits: 2,
            longest: 37,
            whitening: Some(37),
            crc: Crc { len: 3, skip_address: true, polynomial: 0x65B, initial: 0x55_5555 },
            ..FORMAT
        };
        for (format, packet) in [
            (FORMAT, b"\x05hello".to_vec()),
            (Format { big_endian: true, ..FORMAT }, b"\x05hello".to_vec()),
            (Format { length_bits: 0, fixed: 3, whitening: None, ..FORMAT }, b"abc".to_vec()),
            (ble, b"\x42\x03\x01abc".to_vec()),
        ] {
            let mut bits = format.encode(&[1, 2, 3, 4, 5], &packet);
            let received = format.decode(&[1, 2, 3, 4, 5], &bits);
            assert_eq!(received.packet, packet);
            assert!(received.crc_ok);
            assert_eq!(received.payload_at, format.head());
            bits[10] ^= true;
            assert!(!format.decode(&[1, 2, 3, 4, 5], &bits).crc_ok);
        }
    }

    #[test]
    fn check_sums_and_whitening_are_the_known_ones() {
        // CRC-16/CCITT-FALSE and its check value; it takes a byte's highest bit first.
        let digits = b"123456789".iter().flat_map(|byte| (0..8).rev().map(move |n| byte >> n & 1 != 0));
        assert_eq!(FORMAT.crc.of(digits), 0x29B1);
        // Bluetooth's for channel 37 begins with 8D D2 57, lowest bits first.
        let first: Vec<_> = [0x8D, 0xD2, 0x57].into_iter().flat_map(lowest_first).collect();
        assert!(whitening(37).take(24).eq(first));
        let sequence: Vec<_> = whitening(1).take(254).collect();
        assert_eq!(sequence[..127], sequence[127..]);
        assert_eq!(sequence[..127].iter().filter(|bit| **bit).count(), 64);
    }

    #[test]
    fn a_length_beyond_the_longest_or_the_bits_is_an_error_not_a_panic() {
        let bits = FORMAT.encode(&[1], b"\x28hello");
        let received = FORMAT.decode(&[1], &bits);
        assert_eq!(received.packet.len(), 33);
        assert!(!received.crc_ok);
        assert!(!FORMAT.decode(&[1], &[]).crc_ok);
    }

    #[test]
    fn another_address_has_another_check_sum() {
        let bits = FORMAT.encode(&[1], b"\x02hi");
        assert!(!FORMAT.decode(&[2], &bits).crc_ok);
    }
}
