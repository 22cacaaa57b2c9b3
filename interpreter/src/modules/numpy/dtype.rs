//! The types of an array's elements, and moving runs of elements between an array and plain numbers.
//!
//! Operators and functions know two kinds of numbers, `i32` and `f32` (a complex one is two of those): a run of
//! up to [`RUN`] elements is loaded, worked on and stored. So there is one loop for an operator and one for an
//! element type, not one for each pair.

use crate::heap::Heap;
use crate::value::Val;

/// The type of an array's elements; the number is the type code of `struct`, as in `ndarray.dtype`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Dtype {
    /// Truth values, a byte each.
    Bool = b'?',
    /// Unsigned bytes.
    U8 = b'B',
    /// Signed bytes.
    I8 = b'b',
    /// Unsigned 16-bit integers.
    U16 = b'H',
    /// Signed 16-bit integers.
    I16 = b'h',
    /// 32-bit floats.
    Float = b'f',
    /// Two 32-bit floats.
    Complex = b'c',
}

use Dtype::{Bool, Complex, Float, I8, I16, U8, U16};

/// The most elements that are worked on at a time.
pub const RUN: usize = 32;

impl Dtype {
    /// The type with this code (`d` stands for the only float that there is).
    pub fn from_code(code: u8) -> Option<Dtype> {
        Some(match code {
            b'?' => Bool,
            b'B' => U8,
            b'b' => I8,
            b'H' => U16,
            b'h' => I16,
            b'f' | b'd' => Float,
            b'c' => Complex,
            _ => return None,
        })
    }

    /// Bytes an element.
    pub fn size(self) -> usize {
        match self {
            Bool | U8 | I8 => 1,
            U16 | I16 => 2,
            Float => 4,
            Complex => 8,
        }
    }

    /// As it is printed.
    pub fn name(self) -> &'static str {
        match self {
            Bool => "bool",
            U8 => "uint8",
            I8 => "int8",
            U16 => "uint16",
            I16 => "int16",
            Float => "float32",
            Complex => "complex",
        }
    }

    /// Are the elements integers or truth values?
    pub fn is_int(self) -> bool {
        !matches!(self, Float | Complex)
    }

    /// The type of the result of arithmetic.
    pub fn promote(self, other: Dtype) -> Dtype {
        let number = |t| if t == Bool { U8 } else { t };
        match (number(self), number(other)) {
            (Complex, _) | (_, Complex) => Complex,
            (Float, _) | (_, Float) | (U16, I16) | (I16, U16) => Float,
            (a, b) if a == b => a,
            (U16, U8) | (U8, U16) => U16,
            _ => I16,
        }
    }
}

/// Where elements lie: in the bytes of `owner` from byte `at` on, every `step` bytes.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// The object that holds the bytes.
    pub owner: Val,
    /// The type of the elements.
    pub dtype: Dtype,
    /// The first one's byte.
    pub at: usize,
    /// Bytes from one to the next.
    pub step: isize,
}

/// Sets each of `out` to what `get` finds at a position that goes on by `step`.
#[inline(always)]
fn gather<T>(out: &mut [T], at: usize, step: isize, get: impl Fn(usize) -> T) {
    let mut p = at as isize;
    for x in out {
        *x = get(p as usize);
        p += step;
    }
}

#[inline(always)]
fn scatter<T: Copy>(from: &[T], at: usize, step: isize, mut put: impl FnMut(usize, T)) {
    let mut p = at as isize;
    for &x in from {
        put(p as usize, x);
        p += step;
    }
}

impl Place {
    /// The place of the imaginary parts of complex elements; use it as one of floats.
    fn imaginary(self) -> Place {
        Place { dtype: Float, at: self.at + 4, ..self }
    }

    fn aligned(self, size: usize) -> bool {
        (self.at | self.step as usize) & (size - 1) == 0
    }

    /// Loads integers. What lies beyond the owner's end (it was shortened) reads as 0.
    pub fn load_i(self, heap: &Heap, out: &mut [i32]) {
        let Place { owner, dtype, at, step } = self;
        let b = heap.bytes(owner);
        match dtype {
            Bool | U8 => gather(out, at, step, |p| i32::from(b.get(p).copied().unwrap_or(0))),
            I8 => gather(out, at, step, |p| i32::from(b.get(p).copied().unwrap_or(0) as i8)),
            U16 | I16 => {
                if self.aligned(2) {
                    let h = heap.halves(owner);
                    gather(out, at / 2, step / 2, |p| i32::from(h.get(p).copied().unwrap_or(0)));
                } else {
                    gather(out, at, step, |p| match b.get(p..p + 2) {
                        Some(x) => i32::from(x[0]) | i32::from(x[1]) << 8,
                        None => 0,
                    });
                }
                if dtype == I16 {
                    out.iter_mut().for_each(|x| *x = i32::from(*x as i16));
                }
            }
            Float | Complex => {
                let mut floats = [0.0; RUN];
                let floats = &mut floats[..out.len()];
                self.load_f(heap, floats);
                out.iter_mut().zip(floats).for_each(|(x, f)| *x = to_int(*f));
            }
        }
    }

    /// Loads floats (of complex numbers the real parts).
    pub fn load_f(self, heap: &Heap, out: &mut [f32]) {
        let Place { owner, dtype, at, step } = self;
        if dtype.is_int() {
            let mut ints = [0; RUN];
            let ints = &mut ints[..out.len()];
            self.load_i(heap, ints);
            out.iter_mut().zip(ints).for_each(|(f, x)| *f = *x as f32);
        } else if self.aligned(4) {
            let w = heap.words(owner);
            gather(out, at / 4, step / 4, |p| f32::from_bits(w.get(p).copied().unwrap_or(0)));
        } else {
            let b = heap.bytes(owner);
            gather(out, at, step, |p| match b.get(p..p + 4) {
                Some(x) => f32::from_le_bytes([x[0], x[1], x[2], x[3]]),
                None => 0.0,
            });
        }
    }

    /// Loads complex numbers: real and imaginary parts.
    pub fn load_c(self, heap: &Heap, re: &mut [f32], im: &mut [f32]) {
        self.load_f(heap, re);
        if self.dtype == Complex {
            self.imaginary().load_f(heap, im);
        } else {
            im.fill(0.0);
        }
    }

    /// Loads keys: integers that are ordered as the elements are (NaN last). See [`key_value`].
    pub fn load_key(self, heap: &Heap, out: &mut [i32]) {
        if self.dtype.is_int() {
            return self.load_i(heap, out);
        }
        let mut floats = [0.0; RUN];
        let floats = &mut floats[..out.len()];
        self.load_f(heap, floats);
        out.iter_mut().zip(floats).for_each(|(k, f)| *k = float_key(*f));
    }

    /// Stores integers; what does not fit loses its upper bits.
    pub fn store_i(self, heap: &mut Heap, from: &[i32]) {
        let Place { owner, dtype, at, step } = self;
        match dtype {
            Bool => {
                let b = heap.text_mut(owner);
                scatter(from, at, step, |p, x| {
                    if let Some(b) = b.get_mut(p) {
                        *b = u8::from(x != 0);
                    }
                });
            }
            U8 | I8 => {
                let b = heap.text_mut(owner);
                scatter(from, at, step, |p, x| {
                    if let Some(b) = b.get_mut(p) {
                        *b = x as u8;
                    }
                });
            }
            U16 | I16 if self.aligned(2) => {
                let h = heap.halves_mut(owner);
                scatter(from, at / 2, step / 2, |p, x| {
                    if let Some(h) = h.get_mut(p) {
                        *h = x as u16;
                    }
                });
            }
            U16 | I16 => {
                let b = heap.text_mut(owner);
                scatter(from, at, step, |p, x| {
                    if let Some(b) = b.get_mut(p..p + 2) {
                        b.copy_from_slice(&(x as u16).to_le_bytes());
                    }
                });
            }
            Float | Complex => {
                let mut floats = [0.0; RUN];
                let floats = &mut floats[..from.len()];
                floats.iter_mut().zip(from).for_each(|(f, x)| *f = *x as f32);
                self.store_f(heap, floats);
            }
        }
    }

    /// Stores floats; as integers they are cut off.
    pub fn store_f(self, heap: &mut Heap, from: &[f32]) {
        let Place { owner, dtype, at, step } = self;
        if dtype.is_int() {
            let mut ints = [0; RUN];
            let ints = &mut ints[..from.len()];
            if dtype == Bool {
                ints.iter_mut().zip(from).for_each(|(x, f)| *x = i32::from(*f != 0.0));
            } else {
                ints.iter_mut().zip(from).for_each(|(x, f)| *x = to_int(*f));
            }
            return self.store_i(heap, ints);
        }
        self.store_words(heap, from);
        if dtype == Complex {
            let zeros = [0.0; RUN];
            Place { owner, dtype: Float, at: at + 4, step }.store_words(heap, &zeros[..from.len()]);
        }
    }

    fn store_words(self, heap: &mut Heap, from: &[f32]) {
        let Place { owner, at, step, .. } = self;
        if self.aligned(4) {
            let w = heap.words_mut(owner);
            scatter(from, at / 4, step / 4, |p, x| {
                if let Some(w) = w.get_mut(p) {
                    *w = x.to_bits();
                }
            });
        } else {
            let b = heap.text_mut(owner);
            scatter(from, at, step, |p, x| {
                if let Some(b) = b.get_mut(p..p + 4) {
                    b.copy_from_slice(&x.to_le_bytes());
                }
            });
        }
    }

    /// Stores complex numbers.
    pub fn store_c(self, heap: &mut Heap, re: &[f32], im: &[f32]) {
        self.store_f(heap, re);
        if self.dtype == Complex {
            self.imaginary().store_words(heap, im);
        }
    }

    /// Stores what [`Place::load_key`] loaded.
    pub fn store_key(self, heap: &mut Heap, from: &[i32]) {
        if self.dtype.is_int() {
            return self.store_i(heap, from);
        }
        let mut floats = [0.0; RUN];
        let floats = &mut floats[..from.len()];
        floats.iter_mut().zip(from).for_each(|(f, k)| *f = key_float(*k));
        self.store_words(heap, floats);
    }

    /// One float.
    #[inline(never)]
    pub fn f(self, heap: &Heap) -> f32 {
        let mut x = [0.0];
        self.load_f(heap, &mut x);
        x[0]
    }

    /// One key.
    #[inline(never)]
    pub fn key(self, heap: &Heap) -> i32 {
        let mut x = [0];
        self.load_key(heap, &mut x);
        x[0]
    }

    /// The place of element `i`.
    pub fn nth(self, i: usize) -> Place {
        Place { at: (self.at as isize + i as isize * self.step) as usize, ..self }
    }
}

/// A float cut off to an integer; out of range it is the least one, as on common processors.
#[inline(never)]
pub fn to_int(f: f32) -> i32 {
    if f.abs() < 2_147_483_648.0 { f as i32 } else { i32::MIN }
}

/// An integer that orders floats.
pub fn float_key(f: f32) -> i32 {
    if f.is_nan() {
        return i32::MAX;
    }
    let bits = f.to_bits() as i32;
    bits ^ ((bits >> 31) as u32 >> 1) as i32
}

/// The float of a key.
pub fn key_float(key: i32) -> f32 {
    f32::from_bits((key ^ ((key >> 31) as u32 >> 1) as i32) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_order_floats() {
        let sorted = [f32::NEG_INFINITY, -3.5, -1e-40, 0.0, 1e-40, 1.0, 1e30, f32::INFINITY, f32::NAN];
        for pair in sorted.windows(2) {
            assert!(float_key(pair[0]) < float_key(pair[1]), "{pair:?}");
        }
        for f in sorted {
            let back = key_float(float_key(f));
            assert!(back == f || f.is_nan() && back.is_nan());
        }
    }

    #[test]
    fn arithmetic_promotes() {
        assert_eq!(U8.promote(I8), I16);
        assert_eq!(I8.promote(U16), I16);
        assert_eq!(U16.promote(I16), Float);
        assert_eq!(Bool.promote(Bool), U8);
        assert_eq!(Float.promote(Complex), Complex);
    }

    #[test]
    fn elements_survive_any_place() {
        let mut heap = Heap::with_stack(16 << 10, 16).unwrap();
        let owner = heap.new_bytearray(&[0; 64]).unwrap();
        for dtype in [Bool, U8, I8, U16, I16, Float, Complex] {
            let size = dtype.size() as isize;
            for (at, step) in [(0, size), (8, 2 * size), (1, size + 1), (40, -size)] {
                let place = Place { owner, dtype, at, step };
                let ints: &[i32] = if dtype == Bool { &[1, 0, 1] } else { &[5, 0, 120] };
                place.store_i(&mut heap, ints);
                let mut back = [0; 3];
                place.load_i(&heap, &mut back);
                assert_eq!(back, ints, "{place:?}");
                assert_eq!(place.nth(2).f(&heap), ints[2] as f32);
            }
        }
        // Beyond the end nothing is read or written.
        let beyond = Place { owner, dtype: Float, at: 62, step: 4 };
        beyond.store_f(&mut heap, &[1.0, 2.0]);
        let mut out = [9.0; 2];
        beyond.load_f(&heap, &mut out);
        assert_eq!(out, [0.0; 2]);
    }
}
