//! The ROM's single and double precision library (data sheet sections 2.8.3.2 and 2.8.3.3).
//!
//! As in the ROM, denormals count as zero, in and out, and conversions to integers round towards
//! minus infinity and saturate. Transcendental functions come from `libm`, so that a run gives
//! the same bits on every host.

/// Table indices: offsets of the published table divided by four.
const ADD: u8 = 0;
const SUB: u8 = 1;
const MUL: u8 = 2;
const DIV: u8 = 3;
const CMP_FAST: u8 = 4;
const CMP_FAST_FLAGS: u8 = 5;
const SQRT: u8 = 6;
const TO_INT: u8 = 7;
const TO_FIX: u8 = 8;
const TO_UINT: u8 = 9;
const TO_UFIX: u8 = 10;
const FROM_INT: u8 = 11;
const FROM_FIX: u8 = 12;
const FROM_UINT: u8 = 13;
const FROM_UFIX: u8 = 14;
const COS: u8 = 15;
const SIN: u8 = 16;
const TAN: u8 = 17;
const SINCOS: u8 = 18;
const EXP: u8 = 19;
const LN: u8 = 20;
const CMP_BASIC: u8 = 21;
const ATAN2: u8 = 22;
const FROM_INT64: u8 = 23;
const FROM_FIX64: u8 = 24;
const FROM_UINT64: u8 = 25;
const FROM_UFIX64: u8 = 26;
const TO_INT64: u8 = 27;
const TO_FIX64: u8 = 28;
const TO_UINT64: u8 = 29;
const TO_UFIX64: u8 = 30;
const CONVERT: u8 = 31;

fn flush32(x: f32) -> f32 {
    if x.is_subnormal() { 0f32.copysign(x) } else { x }
}

fn flush64(x: f64) -> f64 {
    if x.is_subnormal() { 0f64.copysign(x) } else { x }
}

/// 2 to the power `n`, exactly, within what a double holds.
fn power(n: i32) -> f64 {
    libm::ldexp(1.0, n)
}

fn compare(a: f64, b: f64) -> u32 {
    match a.partial_cmp(&b) {
        Some(std::cmp::Ordering::Less) => -1i32 as u32,
        Some(std::cmp::Ordering::Greater) => 1,
        _ => 0,
    }
}

fn set64(r: &mut [u32; 4], value: u64) {
    (r[0], r[1]) = (value as u32, (value >> 32) as u32);
}

/// A function of the single precision table; gives its cycles.
pub(super) fn single(function: u8, r: &mut [u32; 4]) -> u32 {
    let (a, b) = (flush32(f32::from_bits(r[0])), flush32(f32::from_bits(r[1])));
    let pair = u64::from(r[1]) << 32 | u64::from(r[0]);
    let (n1, n2) = (r[1] as i32, r[2] as i32);
    // Every value of an f32 and every fixed-point shift of it is exact in an f64, so that one
    // rounding happens, at the end.
    let scaled = |n: i32| (f64::from(a) * power(n.clamp(-300, 300))).floor();
    let number = |x: f32, r: &mut [u32; 4]| r[0] = flush32(x).to_bits();
    match function {
        ADD => number(a + b, r),
        SUB => number(a - b, r),
        MUL => number(a * b, r),
        DIV => number(a / b, r),
        CMP_FAST | CMP_FAST_FLAGS | CMP_BASIC => r[0] = compare(f64::from(a), f64::from(b)),
        SQRT => number(if a < 0.0 { f32::NEG_INFINITY } else { a.sqrt() }, r),
        TO_INT => r[0] = scaled(0) as i32 as u32,
        TO_FIX => r[0] = scaled(n1) as i32 as u32,
        TO_UINT => r[0] = scaled(0) as u32,
        TO_UFIX => r[0] = scaled(n1) as u32,
        FROM_INT => number(r[0] as i32 as f32, r),
        FROM_FIX => number((f64::from(r[0] as i32) * power(-n1)) as f32, r),
        FROM_UINT => number(r[0] as f32, r),
        FROM_UFIX => number((f64::from(r[0]) * power(-n1)) as f32, r),
        COS => number(libm::cosf(a), r),
        SIN => number(libm::sinf(a), r),
        TAN => number(libm::tanf(a), r),
        SINCOS => {
            let (sin, cos) = libm::sincosf(a);
            (r[0], r[1]) = (sin.to_bits(), cos.to_bits());
        }
        EXP => number(libm::expf(a), r),
        LN => number(if a <= 0.0 { f32::NEG_INFINITY } else { libm::logf(a) }, r),
        ATAN2 => number(libm::atan2f(a, b), r),
        FROM_INT64 => number(pair as i64 as f32, r),
        FROM_FIX64 => number(libm::ldexpf(pair as i64 as f32, -n2), r),
        FROM_UINT64 => number(pair as f32, r),
        FROM_UFIX64 => number(libm::ldexpf(pair as f32, -n2), r),
        TO_INT64 => set64(r, scaled(0) as i64 as u64),
        TO_FIX64 => set64(r, scaled(n1) as i64 as u64),
        TO_UINT64 => set64(r, scaled(0) as u64),
        TO_UFIX64 => set64(r, scaled(n1) as u64),
        CONVERT => set64(r, f64::from(a).to_bits()),
        _ => {}
    }
    match function {
        ADD | SUB | DIV => 71,
        MUL => 69,
        CMP_FAST | CMP_FAST_FLAGS | CMP_BASIC => 26,
        SQRT => 63,
        COS | SIN => 587,
        TAN => 669,
        SINCOS => 1_000,
        EXP => 542,
        LN => 810,
        ATAN2 => 599,
        _ => 40,
    }
}

/// A function of the double precision table; gives its cycles.
pub(super) fn double(function: u8, r: &mut [u32; 4]) -> u32 {
    let first = u64::from(r[1]) << 32 | u64::from(r[0]);
    let (a, b) =
        (flush64(f64::from_bits(first)), flush64(f64::from_bits(u64::from(r[3]) << 32 | u64::from(r[2]))));
    let (n1, n2) = (r[1] as i32, r[2] as i32);
    let scaled = |n: i32| libm::ldexp(a, n).floor();
    let number = |x: f64, r: &mut [u32; 4]| set64(r, flush64(x).to_bits());
    match function {
        ADD => number(a + b, r),
        SUB => number(a - b, r),
        MUL => number(a * b, r),
        DIV => number(a / b, r),
        CMP_FAST | CMP_FAST_FLAGS | CMP_BASIC => r[0] = compare(a, b),
        SQRT => number(if a < 0.0 { f64::NEG_INFINITY } else { a.sqrt() }, r),
        TO_INT => r[0] = scaled(0) as i32 as u32,
        TO_FIX => r[0] = scaled(n2) as i32 as u32,
        TO_UINT => r[0] = scaled(0) as u32,
        TO_UFIX => r[0] = scaled(n2) as u32,
        FROM_INT => number(f64::from(r[0] as i32), r),
        FROM_FIX => number(libm::ldexp(f64::from(r[0] as i32), -n1), r),
        FROM_UINT => number(f64::from(r[0]), r),
        FROM_UFIX => number(libm::ldexp(f64::from(r[0]), -n1), r),
        COS => number(libm::cos(a), r),
        SIN => number(libm::sin(a), r),
        TAN => number(libm::tan(a), r),
        SINCOS => {
            let (sin, cos) = libm::sincos(a);
            let cos = cos.to_bits();
            set64(r, sin.to_bits());
            (r[2], r[3]) = (cos as u32, (cos >> 32) as u32);
        }
        EXP => number(libm::exp(a), r),
        LN => number(if a <= 0.0 { f64::NEG_INFINITY } else { libm::log(a) }, r),
        ATAN2 => number(libm::atan2(a, b), r),
        FROM_INT64 => number(first as i64 as f64, r),
        FROM_FIX64 => number(libm::ldexp(first as i64 as f64, -n2), r),
        FROM_UINT64 => number(first as f64, r),
        FROM_UFIX64 => number(libm::ldexp(first as f64, -n2), r),
        TO_INT64 => set64(r, scaled(0) as i64 as u64),
        TO_FIX64 => set64(r, scaled(n2) as i64 as u64),
        TO_UINT64 => set64(r, scaled(0) as u64),
        TO_UFIX64 => set64(r, scaled(n2) as u64),
        CONVERT => r[0] = flush32(a as f32).to_bits(),
        _ => {}
    }
    match function {
        ADD | SUB => 93,
        MUL => 155,
        DIV => 183,
        CMP_FAST | CMP_FAST_FLAGS | CMP_BASIC => 39,
        SQRT => 169,
        COS | SIN => 1_618,
        TAN => 1_891,
        SINCOS => 2_500,
        EXP => 804,
        LN => 415,
        ATAN2 => 2_168,
        _ => 60,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn f(function: u8, a: f32, b: f32) -> f32 {
        let mut r = [a.to_bits(), b.to_bits(), 0, 0];
        single(function, &mut r);
        f32::from_bits(r[0])
    }

    #[test]
    fn singles_compute_and_flush() {
        assert_eq!(f(ADD, 1.5, 2.25), 3.75);
        assert_eq!(f(DIV, 1.0, 3.0), 1.0 / 3.0);
        assert_eq!(f(MUL, 1e-30, 1e-30), 0.0);
        assert_eq!(f(SQRT, 2.0, 0.0), 2f32.sqrt());
        let mut r = [(-1.5f32).to_bits(), 0, 0, 0];
        single(TO_INT, &mut r);
        assert_eq!(r[0] as i32, -2);
        let mut r = [1e20f32.to_bits(), 0, 0, 0];
        single(TO_INT, &mut r);
        assert_eq!(r[0] as i32, i32::MAX);
        let mut r = [0.5f32.to_bits(), 16, 0, 0];
        single(TO_FIX, &mut r);
        assert_eq!(r[0], 0x8000);
    }

    #[test]
    fn doubles_take_register_pairs() {
        let mut r = [0; 4];
        set64(&mut r, 1.5f64.to_bits());
        let two = 2.0f64.to_bits();
        (r[2], r[3]) = (two as u32, (two >> 32) as u32);
        double(MUL, &mut r);
        assert_eq!(u64::from(r[1]) << 32 | u64::from(r[0]), 3.0f64.to_bits());
        double(CONVERT, &mut r);
        assert_eq!(f32::from_bits(r[0]), 3.0);
    }
}
