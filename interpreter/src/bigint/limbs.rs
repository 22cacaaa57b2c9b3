//! Magnitudes: unsigned arithmetic on slices of limbs (Knuth, The Art of Computer Programming, 4.3.1).

use alloc::vec::Vec;
use core::cmp::Ordering;

use super::{BigError, BigResult};

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

/// `a + b`
pub fn add(a: &[u32], b: &[u32]) -> BigResult<Vec<u32>> {
    let (long, short) = if a.len() >= b.len() { (a, b) } else { (b, a) };
    let mut out = zeros(long.len() + 1)?;
    let mut carry = false;
    for (i, &limb) in long.iter().enumerate() {
        let (sum, c1) = limb.overflowing_add(short.get(i).copied().unwrap_or(0));
        let (sum, c2) = sum.overflowing_add(u32::from(carry));
        out[i] = sum;
        carry = c1 | c2;
    }
    out[long.len()] = u32::from(carry);
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
    let mut borrow = false;
    for (i, limb) in a.iter_mut().enumerate() {
        if i >= b.len() && !borrow {
            break;
        }
        let (difference, b1) = limb.overflowing_sub(b.get(i).copied().unwrap_or(0));
        let (difference, b2) = difference.overflowing_sub(u32::from(borrow));
        *limb = difference;
        borrow = b1 | b2;
    }
}

/// `a * b`
pub fn mul(a: &[u32], b: &[u32]) -> BigResult<Vec<u32>> {
    let mut out = zeros(a.len() + b.len())?;
    for (i, &x) in a.iter().enumerate() {
        let mut carry = 0u64;
        for (j, &y) in b.iter().enumerate() {
            let t = u64::from(x) * u64::from(y) + u64::from(out[i + j]) + carry;
            out[i + j] = t as u32;
            carry = t >> 32;
        }
        out[i + b.len()] = carry as u32;
    }
    Ok(out)
}

/// `limbs = limbs * factor + addend`, growing by a limb where needed.
pub fn mul_add_small(limbs: &mut Vec<u32>, factor: u32, addend: u32) -> BigResult<()> {
    let mut carry = u64::from(addend);
    for limb in limbs.iter_mut() {
        let t = u64::from(*limb) * u64::from(factor) + carry;
        *limb = t as u32;
        carry = t >> 32;
    }
    if carry != 0 {
        limbs.try_reserve(1).map_err(|_| BigError::NoMemory)?;
        limbs.push(carry as u32);
    }
    Ok(())
}

/// Divides in place by one limb, which must not be zero, and returns the remainder.
pub fn div_small_in_place(limbs: &mut [u32], divisor: u32) -> u32 {
    let mut remainder = 0u64;
    for limb in limbs.iter_mut().rev() {
        let t = remainder << 32 | u64::from(*limb);
        *limb = (t / u64::from(divisor)) as u32;
        remainder = t % u64::from(divisor);
    }
    remainder as u32
}

/// `a << bits`
pub fn shl(a: &[u32], bits: usize) -> BigResult<Vec<u32>> {
    let (whole, part) = (bits / 32, bits % 32);
    let len = a.len().checked_add(whole + 1).ok_or(BigError::NoMemory)?;
    let mut out = zeros(len)?;
    for (i, &limb) in a.iter().enumerate() {
        let wide = u64::from(limb) << part;
        out[whole + i] |= wide as u32;
        out[whole + i + 1] = (wide >> 32) as u32;
    }
    Ok(out)
}

/// `a >> bits`, rounded towards zero.
pub fn shr(a: &[u32], bits: usize) -> BigResult<Vec<u32>> {
    let (whole, part) = (bits / 32, bits % 32);
    if whole >= a.len() {
        return Ok(Vec::new());
    }
    let mut out = zeros(a.len() - whole)?;
    for (i, slot) in out.iter_mut().enumerate() {
        let low = u64::from(a[whole + i]);
        let high = u64::from(a.get(whole + i + 1).copied().unwrap_or(0));
        *slot = ((high << 32 | low) >> part) as u32;
    }
    Ok(out)
}

/// Quotient and remainder (not normalised) of a division by a normalised divisor that is not zero:
/// algorithm D.
pub fn div_rem(a: &[u32], b: &[u32]) -> BigResult<(Vec<u32>, Vec<u32>)> {
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
    let (top, second) = (u64::from(divisor[n - 1]), u64::from(divisor[n - 2]));
    let mut quotient = zeros(rest.len() - n)?;
    for j in (0..quotient.len()).rev() {
        let head = u64::from(rest[j + n]) << 32 | u64::from(rest[j + n - 1]);
        let (mut digit, mut left) = (head / top, head % top);
        while digit >> 32 != 0 || digit * second > (left << 32 | u64::from(rest[j + n - 2])) {
            digit -= 1;
            left += top;
            if left >> 32 != 0 {
                break;
            }
        }
        if subtract_product(&mut rest[j..=j + n], &divisor, digit as u32) {
            digit -= 1;
            add_back(&mut rest[j..=j + n], &divisor);
        }
        quotient[j] = digit as u32;
    }
    rest.truncate(n);
    Ok((quotient, shr(&rest, shift)?))
}

/// `part -= divisor * digit`; true when it went below zero.
fn subtract_product(part: &mut [u32], divisor: &[u32], digit: u32) -> bool {
    let mut carry = 0u64;
    let mut borrow = false;
    for (i, slot) in part.iter_mut().enumerate() {
        let product = u64::from(divisor.get(i).copied().unwrap_or(0)) * u64::from(digit) + carry;
        carry = product >> 32;
        let (difference, b1) = slot.overflowing_sub(product as u32);
        let (difference, b2) = difference.overflowing_sub(u32::from(borrow));
        *slot = difference;
        borrow = b1 | b2;
    }
    borrow
}

/// `part += divisor`, dropping the carry out that undoes the borrow.
fn add_back(part: &mut [u32], divisor: &[u32]) {
    let mut carry = 0u64;
    for (i, slot) in part.iter_mut().enumerate() {
        let sum = u64::from(*slot) + u64::from(divisor.get(i).copied().unwrap_or(0)) + carry;
        *slot = sum as u32;
        carry = sum >> 32;
    }
}
