//! Functions of a 32-bit float without 64-bit floating point, which the smallest cores calculate by hand: sine and
//! cosine in fixed point, and the order of two floats by their bits.

use crate::bigint::wide;
use core::cmp::Ordering;

/// 2/π: the bits behind the binary point, 32 to a word, after a word of zeros.
const TWO_OVER_PI: [u32; 8] =
    [0, 0xa2f9_836e, 0x4e44_1529, 0xfc27_57d1, 0xf534_ddc0, 0xdb62_9599, 0x3c43_9041, 0xfe51_63ab];
/// π/2 in units of 2^-31.
const HALF_PI: u32 = 0xc90f_daa2;
/// Bits of the largest float below π/4.
const QUARTER_PI: u32 = 0x3f49_0fda;
/// Bits of 2^-12: below it the sine is the angle itself, and the cosine 1, as far as 24 bits tell.
const TINY: u32 = 0x3980_0000;
const INFINITY: u32 = 0x7f80_0000;

/// The upper half of a product.
#[inline(always)]
fn high(x: u32, y: u32) -> u32 {
    (wide(x, y) >> 32) as u32
}

/// A positive number: `m / 2^32 * 2^e`, where the top bit of `m` is set (or `m` is 0).
#[derive(Clone, Copy)]
struct Scaled {
    m: u32,
    e: i32,
}

impl Scaled {
    /// The nearest float; a number between 2^-120 and 2^120.
    fn float(self, negative: bool) -> f32 {
        if self.m == 0 {
            return 0.0;
        }
        let sign = u32::from(negative) << 31;
        // Half to even: the addition may carry into the exponent, which is then right as well.
        let bits = ((self.e + 125) as u32) << 23;
        let rounded = (self.m >> 8) + (self.m >> 7 & 1 & (self.m >> 8 | u32::from(self.m & 0x7f != 0)));
        f32::from_bits(sign | (bits + rounded))
    }

    /// The square in units of 2^-32, of a number below 1.
    fn square(self) -> u32 {
        let shift = (-2 * self.e) as u32;
        if shift >= 32 { 0 } else { high(self.m, self.m) >> shift }
    }

    fn sine(self) -> Scaled {
        // x − x³/3! + … − x¹¹/11!, the rest being below 2^-35 at π/4.
        let z = self.square();
        let mut t = 0x2e3c - high(z, 0x6c);
        for c in [0x000d_00d0, 0x0222_2222, 0x2aaa_aaab] {
            t = c - high(z, t);
        }
        let m = self.m - high(self.m, high(z, t));
        if m >> 31 != 0 || m == 0 { Scaled { m, e: self.e } } else { Scaled { m: m << 1, e: self.e - 1 } }
    }

    fn cosine(self) -> Scaled {
        // 1 − x²/2! + … − x¹⁰/10!, the rest being below 2^-33 at π/4.
        let z = self.square();
        let mut t = 0x0001_a01a - high(z, 0x4a0);
        for c in [0x005b_05b0, 0x0aaa_aaab, 0x8000_0000] {
            t = c - high(z, t);
        }
        match high(z, t) {
            0 => Scaled { m: 1 << 31, e: 1 },
            below => Scaled { m: below.wrapping_neg(), e: 0 },
        }
    }
}

/// An angle as quarter turns and what is left of it, within ±π/4: the number of quarter turns modulo 4, whether
/// the rest is negative, and its magnitude. The bits are those of a positive finite float of at least 2^-12.
fn reduce(bits: u32) -> (u32, bool, Scaled) {
    let (exponent, mantissa) = ((bits >> 23) as i32, bits & 0x7f_ffff | 0x80_0000);
    if bits <= QUARTER_PI {
        return (0, false, Scaled { m: mantissa << 8, e: exponent - 126 });
    }
    // mantissa · 2^(exponent − 150) · 2/π modulo 4: the bits of 2/π above that modulus do not count.
    let skip = (exponent - 152 + 32) as usize;
    let (i, s) = (skip / 32, skip as u32 % 32);
    let word =
        |i: usize| ((u64::from(TWO_OVER_PI[i]) << 32 | u64::from(TWO_OVER_PI[i + 1])) << s >> 32) as u32;
    let low = wide(word(i + 2), mantissa);
    let middle = wide(word(i + 1), mantissa) + (low >> 32);
    let top = word(i).wrapping_mul(mantissa).wrapping_add((middle >> 32) as u32);
    // Two bits of quarter turns, then the fraction of one, of which 64 bits do.
    let fraction = (u64::from(top) << 32 | u64::from(middle as u32)) << 2 | u64::from(low as u32 >> 30);
    let quarters = (top >> 30).wrapping_add((fraction >> 63) as u32) & 3;
    let negative = fraction >> 63 != 0;
    let rest = if negative { fraction.wrapping_neg() } else { fraction };
    let zeros = rest.leading_zeros();
    if zeros >= 64 {
        return (quarters, false, Scaled { m: 0, e: 0 });
    }
    let m = high(((rest << zeros) >> 32) as u32, HALF_PI);
    let e = 1 - zeros as i32;
    let r = if m >> 31 != 0 { Scaled { m, e } } else { Scaled { m: m << 1, e: e - 1 } };
    (quarters, negative, r)
}

/// Sine of an angle in radians.
pub fn sin(x: f32) -> f32 {
    let bits = x.to_bits() & 0x7fff_ffff;
    if bits < TINY {
        return x;
    }
    if bits >= INFINITY {
        return f32::NAN;
    }
    let (quarters, rest_negative, r) = reduce(bits);
    let negative = x.is_sign_negative() != (quarters & 2 != 0);
    if quarters & 1 == 0 { r.sine().float(negative != rest_negative) } else { r.cosine().float(negative) }
}

/// Cosine of an angle in radians.
pub fn cos(x: f32) -> f32 {
    let bits = x.to_bits() & 0x7fff_ffff;
    if bits < TINY {
        return 1.0;
    }
    if bits >= INFINITY {
        return f32::NAN;
    }
    let (quarters, rest_negative, r) = reduce(bits);
    let negative = matches!(quarters, 1 | 2);
    if quarters & 1 == 0 { r.cosine().float(negative) } else { r.sine().float(negative != rest_negative) }
}

/// Sine and cosine.
pub fn sin_cos(x: f32) -> (f32, f32) {
    let bits = x.to_bits() & 0x7fff_ffff;
    if bits < TINY {
        return (x, 1.0);
    }
    if bits >= INFINITY {
        return (f32::NAN, f32::NAN);
    }
    let (quarters, rest_negative, r) = reduce(bits);
    let (sine, cosine) = (r.sine(), r.cosine());
    let negative = x.is_sign_negative() != (quarters & 2 != 0);
    let cos_negative = matches!(quarters, 1 | 2);
    if quarters & 1 == 0 {
        (sine.float(negative != rest_negative), cosine.float(cos_negative))
    } else {
        (cosine.float(negative), sine.float(cos_negative != rest_negative))
    }
}

/// The square root, correctly rounded.
pub fn sqrt(x: f32) -> f32 {
    let bits = x.to_bits();
    if bits == 0 || bits >= INFINITY {
        // Zeros, infinity and NaN are their own roots; there is none of negative numbers.
        return if bits << 1 == 0 || x > 0.0 { x } else { f32::NAN };
    }
    let (mut exponent, mut mantissa) = ((bits >> 23) as i32, bits & 0x7f_ffff);
    if exponent == 0 {
        let shift = mantissa.leading_zeros() as i32 - 8;
        mantissa <<= shift;
        exponent = 1 - shift;
    } else {
        mantissa |= 0x80_0000;
    }
    // x = m · 2^-31 · 2^e with an even e and m from 2^30: its root is √m · 2^-15.5 · 2^(e/2).
    let e = exponent - 127;
    let m = if e & 1 == 0 { mantissa << 7 } else { mantissa << 8 };
    let e = e >> 1;
    // Sixteen bits of the root: Newton's method from a straight line, which is within 5 %.
    let mut root = 0x5b80 + (m >> 17) + (m >> 19) + (m >> 21);
    root = (root + m / root) >> 1;
    root = ((root + m / root) >> 1).min(0xffff);
    let mut rest = m.wrapping_sub(root * root) as i32;
    while rest < 0 {
        root -= 1;
        rest += 2 * root as i32 + 1;
    }
    while rest > 2 * root as i32 {
        rest -= 2 * root as i32 + 1;
        root += 1;
    }
    // Nine more, one of which is for rounding: (root·2^9 + d)² = m·2^18.
    let mut d = ((rest as u32) << 8) / root;
    // What is left of the dividend: rest·2^18 − 2·root·2^9·d − d²; negative if d is one too large.
    let mut left = ((((rest as u32) << 8) - d * root) << 10) as i32 - (d * d) as i32;
    while left < 0 {
        d -= 1;
        left += ((root << 10) + 2 * d + 1) as i32;
    }
    let long = (root << 9) + d;
    // Exactly half way between two floats never happens: a root with one bit more has a longer square.
    let rounded = (long >> 1) + (long & 1);
    f32::from_bits((((e + 127 - 1) as u32) << 23) + rounded)
}

/// The length of a vector.
pub fn hypot(x: f32, y: f32) -> f32 {
    let exponent = |f: f32| f.to_bits() >> 23 & 0xff;
    let (a, b) = (exponent(x), exponent(y));
    // Squares within the range of floats, or one that is lost beside the other.
    if a.max(b) < 127 + 62 && a.max(b) > 127 - 50 {
        return sqrt(x * x + y * y);
    }
    libm::hypotf(x, y)
}

/// Is it 0 (of either sign)?
#[inline(always)]
pub fn is_zero(x: f32) -> bool {
    x.to_bits() << 1 == 0
}

/// The order of two floats, None if one is not a number.
#[inline]
pub fn order(x: f32, y: f32) -> Option<Ordering> {
    let (a, b) = (x.to_bits(), y.to_bits());
    if a << 1 > INFINITY << 1 || b << 1 > INFINITY << 1 {
        return None;
    }
    if (a | b) << 1 == 0 {
        return Some(Ordering::Equal);
    }
    // As integers, magnitudes are in the order of the floats; those of negative ones the other way round.
    let key = |bits: u32| bits as i32 ^ ((bits as i32 >> 31) as u32 >> 1) as i32;
    Some(key(a).cmp(&key(b)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Distance in units of the last place.
    fn ulps(got: f32, want: f64) -> f64 {
        if want == 0.0 {
            return f64::from(got).abs();
        }
        let rounded = want as f32;
        let unit = f64::from(f32::from_bits(rounded.abs().to_bits() + 1)) - f64::from(rounded.abs());
        (f64::from(got) - want).abs() / unit
    }

    fn samples() -> impl Iterator<Item = f32> {
        let mut x = 0x1234_5678u32;
        let random = (0..60_000).map(move |_| {
            x ^= x << 13;
            x ^= x >> 17;
            x ^= x << 5;
            f32::from_bits(x)
        });
        let turns = (1..2000).map(|n| n as f32 * core::f32::consts::FRAC_PI_2);
        let small = (0..2000).map(|n| n as f32 * 0.0037);
        random.chain(turns).chain(small).filter(|f| f.is_finite())
    }

    #[test]
    fn sine_and_cosine_are_within_half_a_unit_of_the_last_place() {
        for x in samples() {
            for x in [x, -x] {
                let (s, c) = (libm::sin(f64::from(x)), libm::cos(f64::from(x)));
                assert!(ulps(sin(x), s) < 0.52, "sin({x:e}) = {:e}, not {s:e}", sin(x));
                assert!(ulps(cos(x), c) < 0.52, "cos({x:e}) = {:e}, not {c:e}", cos(x));
                assert_eq!(sin_cos(x), (sin(x), cos(x)));
            }
        }
        assert!(sin(f32::INFINITY).is_nan() && cos(f32::NAN).is_nan());
        assert_eq!(sin(-0.0).to_bits(), (-0.0f32).to_bits());
        assert_eq!((sin(0.0), cos(0.0)), (0.0, 1.0));
    }

    #[test]
    fn square_roots_are_correctly_rounded() {
        let edges = [0.0, 1.0, 2.0, 4.0, 3.999_999_8, 1.000_000_1, f32::MAX, f32::MIN_POSITIVE, 1e-45, 3e-40];
        for x in samples().map(f32::abs).chain(edges) {
            assert_eq!(sqrt(x).to_bits(), libm::sqrtf(x).to_bits(), "sqrt({x:e})");
        }
        // Every mantissa's top bits, both parities of the exponent.
        for top in 0..1 << 16 {
            let x = f32::from_bits((126 << 23) + (top << 8) + (top & 0xff));
            assert_eq!(sqrt(x).to_bits(), libm::sqrtf(x).to_bits(), "sqrt({x:e})");
        }
        assert_eq!(sqrt(-0.0).to_bits(), (-0.0f32).to_bits());
        assert_eq!(sqrt(f32::INFINITY), f32::INFINITY);
        assert!(sqrt(-1.0).is_nan() && sqrt(f32::NAN).is_nan() && sqrt(f32::NEG_INFINITY).is_nan());
    }

    #[test]
    fn lengths_of_vectors() {
        assert_eq!(hypot(3.0, -4.0), 5.0);
        assert_eq!(hypot(3e30, 4e30), 5e30);
        assert_eq!(hypot(3e-30, 4e-30), 5e-30);
        assert_eq!(hypot(f32::NAN, f32::INFINITY), f32::INFINITY);
        assert_eq!(hypot(0.0, 0.0), 0.0);
        for (x, y) in samples().zip(samples().skip(7)) {
            let want = libm::hypot(f64::from(x), f64::from(y));
            if want < f64::from(f32::MAX) && want > 1e-37 {
                assert!(ulps(hypot(x, y), want) < 1.3, "hypot({x:e}, {y:e})");
            }
        }
    }

    #[test]
    fn the_order_is_that_of_the_hardware() {
        let special = [0.0, -0.0, f32::INFINITY, f32::NEG_INFINITY, f32::NAN, -f32::NAN, 1.0, -1.0, 1e-45];
        let all: alloc::vec::Vec<f32> = special.into_iter().chain(samples().take(300)).collect();
        for &x in &all {
            for &y in &all {
                assert_eq!(order(x, y), x.partial_cmp(&y), "{x:e} {y:e}");
            }
        }
    }
}
