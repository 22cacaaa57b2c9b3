//! `numpy.fft`: the fast Fourier transform in place, for lengths that are powers of two.

use super::convert;
use super::dtype::Dtype;
use super::view::View;
use crate::objects::native::{Args, Entry, NativeModule, R};
use crate::registry::modules;
use crate::value::Val;
use crate::vm::Vm;

/// Butterflies between two looks at Ctrl-C.
const STRETCH: usize = 256;

/// A dense complex copy of the signal, transformed. `sign` is −1 forward and 1 back (which divides by n as well).
///
/// # Errors
/// TypeError unless the signal has one dimension, ValueError unless its length is a power of two.
pub fn transform(vm: &mut Vm, v: Val, sign: f32) -> R<View> {
    let view = convert::argument(vm, v)?;
    if view.ndim != 1 {
        return Err(vm.type_error(format_args!("FFT is implemented for linear arrays only")));
    }
    let n = view.len();
    if !n.is_power_of_two() {
        return Err(vm.value_error(format_args!("input array length must be power of 2")));
    }
    let out = view.copy_as(vm, Dtype::Complex)?;
    in_place(vm, &out, sign)?;
    Ok(out)
}

/// Transforms a dense complex array that owns its bytes.
///
/// # Errors
/// KeyboardInterrupt.
pub fn in_place(vm: &mut Vm, view: &View, sign: f32) -> R<()> {
    let n = view.len();
    if n < 2 {
        return Ok(());
    }
    let base = view.offset / 4;
    // In the order of the indices' bits read backwards.
    let shift = usize::BITS - n.trailing_zeros();
    let words = vm.heap.words_mut(view.owner);
    let Some(words) = words.get_mut(base..base + 2 * n) else { return Ok(()) };
    for i in 0..n {
        let j = i.reverse_bits() >> shift;
        if i < j {
            words.swap(2 * i, 2 * j);
            words.swap(2 * i + 1, 2 * j + 1);
        }
    }
    let mut half = 1;
    while half < n {
        for k in 0..half {
            let angle = sign * core::f32::consts::PI * k as f32 / half as f32;
            let (wr, wi) = (crate::real::cos(angle), crate::real::sin(angle));
            let mut i = k;
            while i < n {
                let words = vm.heap.words_mut(view.owner);
                let Some(words) = words.get_mut(base..base + 2 * n) else { return Ok(()) };
                let end = n.min(i + 2 * half * STRETCH);
                while i < end {
                    butterfly(words, 2 * i, 2 * (i + half), wr, wi);
                    i += 2 * half;
                }
                vm.poll()?;
            }
        }
        half *= 2;
    }
    if sign > 0.0 {
        let scale = 1.0 / n as f32;
        let words = vm.heap.words_mut(view.owner);
        let Some(words) = words.get_mut(base..base + 2 * n) else { return Ok(()) };
        words.iter_mut().for_each(|w| *w = (f32::from_bits(*w) * scale).to_bits());
    }
    Ok(())
}

#[inline]
fn butterfly(words: &mut [u32], a: usize, b: usize, wr: f32, wi: f32) {
    let f = |i: usize| f32::from_bits(words[i]);
    let (ar, ai, br, bi) = (f(a), f(a + 1), f(b), f(b + 1));
    let (tr, ti) = (wr * br - wi * bi, wr * bi + wi * br);
    words[a] = (ar + tr).to_bits();
    words[a + 1] = (ai + ti).to_bits();
    words[b] = (ar - tr).to_bits();
    words[b + 1] = (ai - ti).to_bits();
}

fn fft(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    transform(vm, v, -1.0)?.object(vm)
}

fn ifft(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    transform(vm, v, 1.0)?.object(vm)
}

/// What is Python, fetched when first asked for.
const IN_PYTHON: &[&str] = &["fftfreq", "irfft", "rfft", "rfftfreq"];

/// The module.
pub static FFT: NativeModule = NativeModule {
    id: modules::NUMPY_FFT,
    name: "numpy.fft",
    get_attr: Some(|vm, name| crate::modules::frozen::attribute(vm, "_numpy", IN_PYTHON, name)),
    entries: &[Entry::Fn("fft", 1, 1, fft), Entry::Fn("ifft", 1, 1, ifft)],
    ..NativeModule::EMPTY
};
