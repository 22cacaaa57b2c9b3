//! `scipy.signal`: digital filters.

use crate::modules::numpy::convert::{self, floats, to_floats};
use crate::modules::numpy::linalg::array;
use crate::objects::native::{Args, Entry, NativeModule, R};
use crate::registry::modules;
use crate::vm::Vm;

/// `sosfilt(sos, x, *, zi=None)`: sections of second order, one after another; with `zi` their states as well.
fn sosfilt(vm: &mut Vm, args: Args) -> R {
    let [sos, x, zi] = args.parse(vm, "sosfilt", ["sos", "x", "zi"], 2)?;
    let sos = convert::argument(vm, sos)?;
    if sos.ndim != 2 || sos.shape[1] != 6 {
        return Err(vm.value_error(format_args!("sos array must be of shape (n_section, 6)")));
    }
    let x = convert::argument(vm, x)?;
    if x.ndim != 1 {
        return Err(vm.value_error(format_args!("input must be one-dimensional")));
    }
    let sections = sos.shape[0];
    let (sos, mut signal) = (to_floats(vm, &sos)?, to_floats(vm, &x)?);
    let with_state = !zi.is_null() && !zi.is_none();
    let mut state = if with_state {
        let zi = convert::argument(vm, zi)?;
        if zi.dims() != [sections, 2] {
            return Err(vm.value_error(format_args!("zi must be of shape (n_section, 2)")));
        }
        to_floats(vm, &zi)?
    } else {
        floats(vm, 2 * sections)?
    };
    for (c, z) in sos.chunks_exact(6).zip(state.chunks_exact_mut(2)) {
        if c[3] != 1.0 {
            return Err(vm.value_error(format_args!("sos[:, 3] should be all ones")));
        }
        for (i, x) in signal.iter_mut().enumerate() {
            if i % 64 == 0 {
                vm.poll()?;
            }
            let y = c[0] * *x + z[0];
            z[0] = c[1] * *x - c[4] * y + z[1];
            z[1] = c[2] * *x - c[5] * y;
            *x = y;
        }
    }
    let y = array(vm, &signal, &[signal.len()])?;
    if !with_state {
        return Ok(y);
    }
    let state = array(vm, &state, &[sections, 2])?;
    Ok(vm.heap.new_tuple(&[y, state])?)
}

/// `lfilter(b, a, x)`: a filter by its numerator and denominator.
fn lfilter(vm: &mut Vm, args: Args) -> R {
    let (b, a, x) = (args.get(vm, 0), args.get(vm, 1), args.get(vm, 2));
    let (b, a, x) = (convert::argument(vm, b)?, convert::argument(vm, a)?, convert::argument(vm, x)?);
    if a.is_empty() || b.is_empty() || a.ndim > 1 || b.ndim > 1 || x.ndim > 1 {
        return Err(vm.value_error(format_args!("input must be one-dimensional")));
    }
    let (b, a, mut signal) = (to_floats(vm, &b)?, to_floats(vm, &a)?, to_floats(vm, &x)?);
    if a[0] == 0.0 {
        return Err(vm.value_error(format_args!("a[0] must not be 0")));
    }
    let n = a.len().max(b.len());
    let at = |c: &[f32], k: usize| c.get(k).copied().unwrap_or(0.0) / a[0];
    let mut z = floats(vm, n)?;
    for x in &mut signal {
        vm.poll()?;
        let y = at(&b, 0) * *x + z[0];
        for k in 1..n {
            z[k - 1] = at(&b, k) * *x - at(&a, k) * y + z[k];
        }
        *x = y;
    }
    array(vm, &signal, &[signal.len()])
}

/// The module.
pub static SIGNAL: NativeModule = NativeModule {
    id: modules::SCIPY_SIGNAL,
    name: "scipy.signal",
    entries: &[Entry::Fn("lfilter", 3, 3, lfilter), Entry::FnKw("sosfilt", 2, 2, sosfilt)],
    ..NativeModule::EMPTY
};
