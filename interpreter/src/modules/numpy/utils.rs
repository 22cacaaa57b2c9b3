//! `ulab.utils`: arrays from the buffers of peripherals, and the spectrum of a signal.

use super::convert::{self, flag, int};
use super::create::elements;
use super::dtype::{Dtype, Place, RUN};
use super::view::{View, Walk};
use crate::objects::buffer::Buffer;
use crate::objects::native::{Args, Entry, NativeModule, R};
use crate::registry::modules;
use crate::vm::Vm;

/// Floats from the integers of `size` bytes in a buffer.
fn from_buffer(vm: &mut Vm, args: Args, size: usize, signed: bool, name: &str) -> R {
    let names = ["buffer", "*count", "*offset", "out", "byteswap"];
    let [source, count, offset, out, swap] = args.parse(vm, name, names, 1)?;
    let buffer = Buffer::read(vm, source)?;
    let (count, offset) = (int(vm, count, -1)?, int(vm, offset, 0)?);
    let (n, start) = elements(vm, buffer, size, count, offset)?;
    let swap = flag(vm, swap, false)?;
    let (object, view) = if out.is_null() || out.is_none() {
        let view = View::new(vm, Dtype::Float, &[n])?;
        (view.object(vm)?, view)
    } else {
        let view = View::of(vm, out)?;
        if view.dtype != Dtype::Float || view.ndim != 1 {
            return Err(vm.type_error(format_args!("out array must be a 1D array of float type")));
        }
        if view.len() < n {
            return Err(vm.value_error(format_args!("out array is too small")));
        }
        (out, view)
    };
    let place = view.place();
    for i in (0..n).step_by(RUN) {
        let mut x = [0.0; RUN];
        let count = (n - i).min(RUN);
        let bytes = buffer.bytes(&vm.heap);
        for (k, x) in x[..count].iter_mut().enumerate() {
            let at = start + (i + k) * size;
            let mut raw = [0u8; 4];
            if let Some(bytes) = bytes.get(at..at + size) {
                raw[..size].copy_from_slice(bytes);
            }
            if swap {
                raw[..size].reverse();
            }
            let raw = u32::from_le_bytes(raw);
            *x = match (size, signed) {
                (2, true) => f32::from(raw as i16),
                (_, true) => raw as i32 as f32,
                _ => raw as f32,
            };
        }
        place.nth(i).store_f(&mut vm.heap, &x[..count]);
        vm.poll()?;
    }
    Ok(object)
}

fn from_int16_buffer(vm: &mut Vm, args: Args) -> R {
    from_buffer(vm, args, 2, true, "from_int16_buffer")
}

fn from_uint16_buffer(vm: &mut Vm, args: Args) -> R {
    from_buffer(vm, args, 2, false, "from_uint16_buffer")
}

fn from_int32_buffer(vm: &mut Vm, args: Args) -> R {
    from_buffer(vm, args, 4, true, "from_int32_buffer")
}

fn from_uint32_buffer(vm: &mut Vm, args: Args) -> R {
    from_buffer(vm, args, 4, false, "from_uint32_buffer")
}

/// `spectrogram(signal, *, scratchpad=None, out=None, log=False)`: the magnitudes of the transform.
fn spectrogram(vm: &mut Vm, args: Args) -> R {
    let names = ["signal", "*scratchpad", "*out", "*log"];
    let [signal, scratchpad, out, log] = args.parse(vm, "spectrogram", names, 1)?;
    let log = flag(vm, log, false)?;
    let view = convert::argument(vm, signal)?;
    let n = view.len();
    if view.ndim != 1 {
        return Err(vm.type_error(format_args!("spectrogram is implemented for 1D arrays only")));
    }
    if !n.is_power_of_two() {
        return Err(vm.value_error(format_args!("input array length must be power of 2")));
    }
    let work = if scratchpad.is_null() || scratchpad.is_none() {
        view.copy_as(vm, Dtype::Complex)?
    } else {
        let pad = View::of(vm, scratchpad)?;
        let fits = pad.dtype == Dtype::Float && pad.ndim == 1 && pad.is_dense() && pad.offset % 4 == 0;
        if !fits {
            return Err(vm.value_error(format_args!("scratchpad must be a 1D dense float array")));
        }
        if pad.len() != 2 * n {
            return Err(vm.value_error(format_args!("scratchpad must be twice as long as input")));
        }
        let work = View { dtype: Dtype::Complex, ..pad }.with_dims(&[n]);
        super::view::copy(vm, &view, &work)?;
        work
    };
    let (object, to) = convert::output(vm, out, Dtype::Float, &[n])?;
    super::fft::in_place(vm, &work, -1.0)?;
    let mut walk = Walk::new([&work, &to]);
    while let Some(([a, b], n)) = walk.next(vm)? {
        let (mut re, mut im) = ([0.0; RUN], [0.0; RUN]);
        a.load_c(&vm.heap, &mut re[..n], &mut im[..n]);
        for (re, im) in re[..n].iter_mut().zip(im) {
            let size = crate::real::hypot(*re, im);
            *re = if log { libm::logf(size) } else { size };
        }
        Place { ..b }.store_f(&mut vm.heap, &re[..n]);
    }
    Ok(object)
}

/// The module.
pub static UTILS: NativeModule = NativeModule {
    id: modules::ULAB_UTILS,
    name: "ulab.utils",
    entries: &[
        Entry::FnKw("from_int16_buffer", 1, 3, from_int16_buffer),
        Entry::FnKw("from_int32_buffer", 1, 3, from_int32_buffer),
        Entry::FnKw("from_uint16_buffer", 1, 3, from_uint16_buffer),
        Entry::FnKw("from_uint32_buffer", 1, 3, from_uint32_buffer),
        Entry::FnKw("spectrogram", 1, 1, spectrogram),
    ],
    ..NativeModule::EMPTY
};
