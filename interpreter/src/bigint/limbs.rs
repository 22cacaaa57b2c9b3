//! Magnitudes: unsigned arithmetic on slices of limbs (Knuth, The Art of Computer Programming, 4.3.1).

use alloc::vec::Vec;
use core::cmp::Ordering;

use super::{BigError, BigResult, Poll};

/// The length without leading zero limbs.
pub fn normal_len(limbs: &[u32]) -> usize {
    limbs.iter().rposition(|&limb| limb != 0).map_or(0, |top| top + 1)
}

/// A vector of `len` zero limbs.
pub fn zeros(len: usize) -> BigResult<Vec<u32>> {
    let mut out = Vec::new();
    out.try_reserve_exact(len).map_err(|_| BigError::NoMemory)?;
    out.resize(len, 0);
    Ok(out)
}

/// An empty vector with room for `len` limbs.
fn room(len: usize) -> BigResult<Vec<u32>> {
    let mut out = Vec::new();
    out.try_reserve_exact(len).map_err(|_| BigError::NoMemory)?;
    Ok(out)
}

/// A copy.
pub fn copied(limbs: &[u32]) -> BigResult<Vec<u32>> {
    let mut out = Vec::new();
    out.try_reserve_exact(limbs.len()).map_err(|_| BigError::NoMemory)?;
    out.extend_from_slice(limbs);
    Ok(out)
}

/// The number of significant bits.
pub fn bit_length(limbs: &[u32]) -> usize {
    match limbs.last() {
        Some(&top) => limbs.len() * 32 - top.leading_zeros() as usize,
        None => 0,
    }
}

/// Order of two normalised magnitudes.
pub fn compare(a: &[u32], b: &[u32]) -> Ordering {
    a.len().cmp(&b.len()).then_with(|| a.iter().rev().cmp(b.iter().rev()))
}

/// `a + b` into `out`, which is a limb longer than the longer of them.
pub fn add_to(out: &mut [u32], a: &[u32], b: &[u32]) {
    let (long, short) = if a.len() >= b.len() { (a, b) } else { (b, a) };
    let (low, high) = long.split_at(short.len());
    let (out_low, out_high) = out.split_at_mut(short.len());
    let mut carry = 0u32;
    for ((&x, &y), slot) in low.iter().zip(short).zip(out_low) {
        let (sum, over) = x.overflowing_add(carry);
        let (sum, again) = sum.overflowing_add(y);
        *slot = sum;
        carry = u32::from(over) + u32::from(again);
    }
    for (&x, slot) in high.iter().zip(out_high) {
        let (sum, over) = x.overflowing_add(carry);
        *slot = sum;
        carry = u32::from(over);
    }
    if let Some(last) = out.get_mut(long.len()) {
        *last = carry;
    }
}

/// `a + b`
pub fn add(a: &[u32], b: &[u32]) -> BigResult<Vec<u32>> {
    let mut out = zeros(a.len().max(b.len()) + 1)?;
    add_to(&mut out, a, b);
    Ok(out)
}

/// `a - b`, where `a >= b`.
pub fn sub(a: &[u32], b: &[u32]) -> BigResult<Vec<u32>> {
    let mut out = copied(a)?;
    sub_in_place(&mut out, b);
    Ok(out)
}

/// `a -= b`, where `a >= b`.
pub fn sub_in_place(a: &mut [u32], b: &[u32]) {
    let (low, high) = a.split_at_mut(b.len().min(a.len()));
    let mut borrow = 0;
    for (x, &y) in low.iter_mut().zip(b) {
        let difference = u64::from(*x).wrapping_sub(u64::from(y)).wrapping_sub(u64::from(borrow));
        *x = difference as u32;
        borrow = (difference >> 32) as u32 & 1;
    }
    for x in high {
        if borrow == 0 {
            break;
        }
        let (difference, under) = x.overflowing_sub(1);
        *x = difference;
        borrow = u32::from(under);
    }
}

/// The 64-bit product, out of four 16-bit ones: the smallest cores multiply 32 by 32 bits to 32, and their library
/// takes three times as long.
#[inline(always)]
pub fn wide(x: u32, y: u32) -> u64 {
    let (xl, xh, yl, yh) = (x & 0xffff, x >> 16, y & 0xffff, y >> 16);
    let low = xl * yl;
    // Neither sum can overflow: 0xffff * 0xffff + 0xffff < 2^32.
    let middle = xh * yl + (low >> 16);
    let other = xl * yh + (middle & 0xffff);
    let high = xh * yh + (middle >> 16) + (other >> 16);
    u64::from(high) << 32 | u64::from(other << 16 | low & 0xffff)
}

/// `out += b * x`, over the length of `b`; the limb that is carried out.
fn add_product(out: &mut [u32], b: &[u32], x: u32) -> u32 {
    let mut carry = 0;
    if x <= 0xffff {
        // Half limbs: no sum overflows, since 0xffff * 0xffff + 2 * 0xffff < 2^32.
        for (slot, &y) in out.iter_mut().zip(b) {
            let low = (y & 0xffff) * x + (*slot & 0xffff) + carry;
            let high = (y >> 16) * x + (*slot >> 16) + (low >> 16);
            *slot = high << 16 | low & 0xffff;
            carry = high >> 16;
        }
        return carry;
    }
    for (slot, &y) in out.iter_mut().zip(b) {
        let t = wide(x, y) + u64::from(*slot) + u64::from(carry);
        *slot = t as u32;
        carry = (t >> 32) as u32;
    }
    carry
}

/// `out = b * x`, over the length of `b`; the limb that is carried out.
fn product(out: &mut [u32], b: &[u32], x: u32) -> u32 {
    let mut carry = 0;
    if x <= 0xffff {
        for (slot, &y) in out.iter_mut().zip(b) {
            let low = (y & 0xffff) * x + carry;
            let high = (y >> 16) * x + (low >> 16);
            *slot = high << 16 | low & 0xffff;
            carry = high >> 16;
        }
        return carry;
    }
    for (slot, &y) in out.iter_mut().zip(b) {
        let t = wide(x, y) + u64::from(carry);
        *slot = t as u32;
        carry = (t >> 32) as u32;
    }
    carry
}

/// `a * b` into `out`, which is as long as both together; what is in there does not matter.
pub fn mul_to(out: &mut [u32], a: &[u32], b: &[u32]) {
    // The inner loop is the one over the longer operand.
    let (a, b) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    let n = b.len();
    let Some((&first, others)) = a.split_first() else {
        out.fill(0);
        return;
    };
    out[n] = product(&mut out[..n], b, first);
    for (i, &x) in (1..).zip(others) {
        let carry = add_product(&mut out[i..i + n], b, x);
        out[i + n] = carry;
    }
}

/// `a * b`
pub fn mul(a: &[u32], b: &[u32], poll: Poll) -> BigResult<Vec<u32>> {
    let (a, b) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    let mut out = zeros(a.len() + b.len())?;
    for (i, &x) in a.iter().enumerate() {
        if !poll() {
            return Err(BigError::Interrupted);
        }
        let carry = add_product(&mut out[i..i + b.len()], b, x);
        out[i + b.len()] = carry;
    }
    Ok(out)
}

/// `limbs = limbs * factor + addend`, growing by a limb where needed.
pub fn mul_add_small(limbs: &mut Vec<u32>, factor: u32, addend: u32) -> BigResult<()> {
    let mut carry = addend;
    for limb in limbs.iter_mut() {
        let t = wide(*limb, factor) + u64::from(carry);
        *limb = t as u32;
        carry = (t >> 32) as u32;
    }
    if carry != 0 {
        limbs.try_reserve(1).map_err(|_| BigError::NoMemory)?;
        limbs.push(carry);
    }
    Ok(())
}

/// `high << 32 | low` divided by a divisor whose top bit is set and which is above `high`: quotient and remainder,
/// by two divisions of 32 bits by 16.
fn div_wide(high: u32, low: u32, divisor: u32) -> (u32, u32) {
    let (top, bottom) = (divisor >> 16, divisor & 0xffff);
    // One half of the quotient; an estimate from the divisor's top half is at most 2 too large.
    let half = |high: u32, next: u32| {
        let (mut digit, mut rest) = (high / top, high % top);
        while digit > 0xffff || digit * bottom > (rest << 16 | next) {
            digit -= 1;
            rest += top;
            if rest > 0xffff {
                break;
            }
        }
        // What is left of `high << 16 | next`, modulo 2^32, which is all of it.
        (digit, (high << 16 | next).wrapping_sub(digit.wrapping_mul(divisor)))
    };
    let (first, rest) = half(high, low >> 16);
    let (second, rest) = half(rest, low & 0xffff);
    (first << 16 | second, rest)
}

/// Divides in place by one limb, which must not be zero, and returns the remainder.
pub fn div_small_in_place(limbs: &mut [u32], divisor: u32) -> u32 {
    let mut rest = 0;
    if divisor <= 0xffff {
        for limb in limbs.iter_mut().rev() {
            let high = rest << 16 | *limb >> 16;
            let (q, r) = (high / divisor, high % divisor);
            let low = r << 16 | *limb & 0xffff;
            *limb = (q << 16) | (low / divisor);
            rest = low % divisor;
        }
        return rest;
    }
    let shift = divisor.leading_zeros();
    let divisor = divisor << shift;
    // The dividend is shifted on the way: `rest` is the shifted remainder, always below the divisor.
    for limb in limbs.iter_mut().rev() {
        let high = if shift == 0 { rest } else { rest | *limb >> (32 - shift) };
        let (q, r) = div_wide(high, *limb << shift, divisor);
        *limb = q;
        rest = r;
    }
    rest >> shift
}

/// `a << bits` into `out`, which has room for the limbs of `a`, those shifted in, and one more.
pub fn shl_to(out: &mut [u32], a: &[u32], bits: usize) {
    let (whole, part) = (bits / 32, bits % 32);
    out[..whole].fill(0);
    let out = &mut out[whole..];
    if part == 0 {
        out[..a.len()].copy_from_slice(a);
        out[a.len()] = 0;
        return;
    }
    let mut carry = 0;
    for (&limb, slot) in a.iter().zip(out.iter_mut()) {
        *slot = limb << part | carry;
        carry = limb >> (32 - part);
    }
    out[a.len()] = carry;
}

/// `a << bits`
pub fn shl(a: &[u32], bits: usize) -> BigResult<Vec<u32>> {
    let len = a.len().checked_add(bits / 32 + 1).ok_or(BigError::NoMemory)?;
    let mut out = zeros(len)?;
    shl_to(&mut out, a, bits);
    Ok(out)
}

/// `a >> bits`, rounded towards zero.
pub fn shr(a: &[u32], bits: usize) -> BigResult<Vec<u32>> {
    let (whole, part) = (bits / 32, bits % 32);
    let a = a.get(whole..).unwrap_or(&[]);
    if part == 0 || a.is_empty() {
        return copied(a);
    }
    let mut out = room(a.len())?;
    let mut below = a[0] >> part;
    for &limb in &a[1..] {
        out.push(below | limb << (32 - part));
        below = limb >> part;
    }
    out.push(below);
    Ok(out)
}

/// The 32 bits of a magnitude above `shift`.
fn window(limbs: &[u32], shift: usize) -> u32 {
    let (at, part) = (shift / 32, shift % 32);
    let limb = |i: usize| limbs.get(i).copied().unwrap_or(0);
    if part == 0 { limb(at) } else { limb(at) >> part | limb(at + 1) << (32 - part) }
}

/// The quotient of two normalised magnitudes, if it is short and the upper 32 bits of the dividend are enough to tell.
pub fn short_quotient(a: &[u32], b: &[u32]) -> Option<u32> {
    let (m, n) = (bit_length(a), bit_length(b));
    if m < n {
        return Some(0);
    }
    if m <= 32 || m - n > 16 {
        return None;
    }
    // a / b lies between x / (y + 1) and (x + 1) / y.
    let (x, y) = (window(a, m - 32), window(b, m - 32));
    let quotient = x / y;
    if x / y.checked_add(1)? == quotient { Some(quotient) } else { None }
}

/// Quotient and remainder (not normalised) of a division by a normalised divisor that is not zero:
/// algorithm D.
pub fn div_rem(a: &[u32], b: &[u32], poll: Poll) -> BigResult<(Vec<u32>, Vec<u32>)> {
    if compare(a, b) == Ordering::Less {
        return Ok((Vec::new(), copied(a)?));
    }
    if let [divisor] = *b {
        let mut quotient = copied(a)?;
        let remainder = div_small_in_place(&mut quotient, divisor);
        return Ok((quotient, copied(&[remainder])?));
    }
    // Normalise, so that the divisor's top bit is set and a quotient digit is at most 2 too large.
    let shift = b[b.len() - 1].leading_zeros() as usize;
    let mut rest = shl(a, shift)?;
    let mut divisor = shl(b, shift)?;
    divisor.truncate(b.len());
    let n = divisor.len();
    let (top, second) = (divisor[n - 1], divisor[n - 2]);
    let mut quotient = zeros(rest.len() - n)?;
    for j in (0..quotient.len()).rev() {
        if !poll() {
            return Err(BigError::Interrupted);
        }
        let part = &mut rest[j..=j + n];
        let (head, next, after) = (part[n], part[n - 1], part[n - 2]);
        let mut digit = estimate(head, next, after, top, second);
        if subtract_product(part, &divisor, digit) {
            digit -= 1;
            add_back(part, &divisor);
        }
        quotient[j] = digit;
    }
    rest.truncate(n);
    Ok((quotient, shr(&rest, shift)?))
}

/// A quotient digit from the three top limbs of the dividend's part and the two of the divisor: right, or one too
/// large in rare cases.
fn estimate(head: u32, next: u32, after: u32, top: u32, second: u32) -> u32 {
    let (mut digit, mut rest) = if head >= top {
        // The digit is 2^32 − 1 at most; the remainder that goes with it may be too large to matter.
        let (rest, over) = next.overflowing_add(top);
        if over || head > top {
            return u32::MAX;
        }
        (u32::MAX, rest)
    } else {
        div_wide(head, next, top)
    };
    while wide(digit, second) > (u64::from(rest) << 32 | u64::from(after)) {
        digit -= 1;
        let (sum, over) = rest.overflowing_add(top);
        if over {
            break;
        }
        rest = sum;
    }
    digit
}

/// `part -= divisor * digit`, where `part` is a limb longer; true when it went below zero.
fn subtract_product(part: &mut [u32], divisor: &[u32], digit: u32) -> bool {
    let mut carry = 0u32;
    for (slot, &limb) in part.iter_mut().zip(divisor) {
        let product = wide(limb, digit) + u64::from(carry);
        let (difference, borrow) = slot.overflowing_sub(product as u32);
        *slot = difference;
        // No overflow: a high half of all ones comes with a low half of 0, which borrows nothing.
        carry = (product >> 32) as u32 + u32::from(borrow);
    }
    let Some(last) = part.last_mut() else { return false };
    let (difference, borrow) = last.overflowing_sub(carry);
    *last = difference;
    borrow
}

/// `part += divisor`, dropping the carry out that undoes the borrow.
fn add_back(part: &mut [u32], divisor: &[u32]) {
    let mut carry = 0;
    for (slot, &limb) in part.iter_mut().zip(divisor) {
        let sum = u64::from(*slot) + u64::from(limb) + u64::from(carry);
        *slot = sum as u32;
        carry = (sum >> 32) as u32;
    }
    if let Some(last) = part.last_mut() {
        *last = last.wrapping_add(carry);
    }
}
