//! Storage of numbers: integers beyond 31 bits, floats without a self-tagged form, complex numbers.
//!
//! A `BigInt` has its sign in `F_A` and its magnitude as u32 limbs, least significant first, without leading zeros:
//! up to 3 in the cell (aux = their number), more in a buffer (w2 = their number). An integer that fits 31 bits is
//! never a `BigInt`.

use super::cell::{F_A, F_BUF, Kind, header};
use super::{Heap, NoMemory};
use crate::bigint::{Big, BigRef};
use crate::value::Val;

impl Heap {
    /// Any 64-bit integer.
    #[inline]
    pub fn new_int(&mut self, i: i64) -> Result<Val, NoMemory> {
        match Val::try_int(i) {
            Some(v) => Ok(v),
            None => {
                let m = i.unsigned_abs();
                self.new_int_parts(i < 0, &[m as u32, (m >> 32) as u32])
            }
        }
    }
    /// An unsigned 64-bit integer.
    pub fn new_uint(&mut self, i: u64) -> Result<Val, NoMemory> {
        self.new_int_parts(false, &[i as u32, (i >> 32) as u32])
    }
    /// An integer of any size.
    pub fn new_big(&mut self, b: &Big) -> Result<Val, NoMemory> {
        let b = b.as_ref();
        self.new_int_parts(b.negative, b.limbs)
    }
    /// An integer from sign and limbs, least significant first.
    pub fn new_int_parts(&mut self, negative: bool, limbs: &[u32]) -> Result<Val, NoMemory> {
        let n = limbs.iter().rposition(|l| *l != 0).map_or(0, |i| i + 1);
        let limbs = &limbs[..n];
        if n <= 1 {
            let m = i64::from(limbs.first().copied().unwrap_or(0));
            if let Some(v) = Val::try_int(if negative { -m } else { m }) {
                return Ok(v);
            }
        }
        let sign = if negative { F_A } else { 0 };
        if n <= 3 {
            let w = |i: usize| limbs.get(i).copied().unwrap_or(0);
            return self.alloc_cell(header(Kind::BigInt, sign, n as u16), w(0), w(1), w(2));
        }
        let v = self.alloc_with_buffer(header(Kind::BigInt, sign, 0), n * 4)?;
        self.set_w(v, 2, n as u32);
        // SAFETY: the buffer has room for `n` words and any bits are a u32.
        unsafe { self.buf_ptr(v).cast::<u32>().copy_from_nonoverlapping(limbs.as_ptr(), n) };
        Ok(v)
    }
    /// An integer of up to `n` limbs that `fill` writes, all of them; it may read other objects meanwhile. `fill`
    /// returns whether the integer is negative.
    pub fn build_int(
        &mut self,
        n: usize,
        fill: impl FnOnce(&Heap, &mut [u32]) -> bool,
    ) -> Result<Val, NoMemory> {
        const CELL_LIMBS: usize = 3;
        if n <= CELL_LIMBS {
            let mut limbs = [0; CELL_LIMBS];
            let negative = fill(self, &mut limbs[..n]);
            return self.new_int_parts(negative, &limbs[..n]);
        }
        let v = self.alloc_with_buffer(header(Kind::BigInt, 0, 0), n.checked_mul(4).ok_or(NoMemory)?)?;
        let p = self.buf_ptr(v).cast::<u32>();
        // SAFETY: the buffer has room for `n` words, which are initialised as all of the arena is, and nothing but the
        // new cell, of which nobody knows yet, refers to it; the heap itself is only read meanwhile.
        let limbs = unsafe { core::slice::from_raw_parts_mut(p, n) };
        let negative = fill(self, limbs);
        let used = limbs.iter().rposition(|l| *l != 0).map_or(0, |i| i + 1);
        if used <= CELL_LIMBS {
            let mut few = [0; CELL_LIMBS];
            few[..used].copy_from_slice(&limbs[..used]);
            self.free_buffer(v);
            return self.new_int_parts(negative, &few[..used]);
        }
        self.set_w(v, 2, used as u32);
        self.set_flag(v, F_A, negative);
        if used.div_ceil(2) < n.div_ceil(2) {
            // Less memory than before is to be had in place.
            self.resize_buffer(v, used * 4)?;
        }
        Ok(v)
    }
    /// Is it an int (bool not included)?
    #[inline(always)]
    pub fn is_int(&self, v: Val) -> bool {
        v.is_small() || self.is(v, Kind::BigInt)
    }
    /// Sign and limbs of a value known to be a `BigInt` cell.
    #[inline]
    pub fn big(&self, v: Val) -> BigRef<'_> {
        debug_assert!(self.is(v, Kind::BigInt), "not a big int: {v:?}");
        let head = self.head(v);
        let (p, n) = if head & F_BUF != 0 {
            (self.buf_ptr(v).cast::<u32>(), self.w(v, 2) as usize)
        } else {
            (self.payload(v).as_ptr().cast::<u32>().cast_mut(), ((head >> 16) as usize).min(3))
        };
        // SAFETY: `n` limbs are there, in the cell or in its buffer; `&self` keeps them in place.
        BigRef { negative: head & F_A != 0, limbs: unsafe { core::slice::from_raw_parts(p, n) } }
    }
    /// An int or bool as i64, if it is one and fits.
    #[inline]
    pub fn as_i64(&self, v: Val) -> Option<i64> {
        match v {
            _ if v.is_small() => Some(i64::from(v.small_value())),
            Val::TRUE => Some(1),
            Val::FALSE => Some(0),
            _ if self.is(v, Kind::BigInt) => self.big(v).to_i64(),
            _ => None,
        }
    }

    /// Any float.
    #[inline]
    pub fn new_float(&mut self, f: f32) -> Result<Val, NoMemory> {
        match Val::try_float(f) {
            Some(v) => Ok(v),
            None => self.alloc_cell(header(Kind::Float, 0, 0), f.to_bits(), 0, 0),
        }
    }
    /// Is it a float?
    #[inline(always)]
    pub fn is_float(&self, v: Val) -> bool {
        v.is_unboxed_float() || self.is(v, Kind::Float)
    }
    /// The float, if it is one.
    #[inline]
    pub fn as_float(&self, v: Val) -> Option<f32> {
        if v.is_unboxed_float() {
            Some(v.unboxed_float_value())
        } else if self.is(v, Kind::Float) {
            Some(f32::from_bits(self.w(v, 1)))
        } else {
            None
        }
    }

    /// A complex number.
    pub fn new_complex(&mut self, re: f32, im: f32) -> Result<Val, NoMemory> {
        self.alloc_cell(header(Kind::Complex, 0, 0), re.to_bits(), im.to_bits(), 0)
    }
    /// The complex number, if it is one.
    pub fn as_complex(&self, v: Val) -> Option<(f32, f32)> {
        if self.is(v, Kind::Complex) {
            Some((f32::from_bits(self.w(v, 1)), f32::from_bits(self.w(v, 2))))
        } else {
            None
        }
    }
}
