//! Functions that move elements about: other shapes, other orders, parts put together or left out.

use super::convert::{self, axis, int};
use super::dtype::{Dtype, RUN, to_int};
use super::view::{Lanes, View, copy, is_array};
use crate::objects::native::{Args, ExcKind, R};
use crate::value::Val;
use crate::vm::Vm;

/// The `count` elements along `axis` from `start` on.
pub fn section(view: &View, axis: usize, start: usize, count: usize) -> View {
    let mut part = *view;
    part.shape[axis] = count;
    if count > 0 {
        part.offset = (view.offset as isize + start as isize * view.strides[axis]) as usize;
    }
    part
}

/// With the axes in reverse.
pub fn reversed_axes(view: &View) -> View {
    let mut out = *view;
    out.shape[..view.ndim].reverse();
    out.strides[..view.ndim].reverse();
    out
}

/// `array.T`
pub fn transposed(vm: &mut Vm, v: Val) -> R {
    let view = View::of(vm, v)?;
    if view.ndim == 1 { Ok(v) } else { reversed_axes(&view).object(vm) }
}

/// `array.transpose(axes=None)`, also with the axes as arguments.
pub fn transpose(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    let axes = match args.kw(vm, "axes").or_else(|| args.opt(vm, 1)) {
        Some(axes) if !axes.is_none() => axes,
        _ => return transposed(vm, v),
    };
    let view = View::of(vm, v)?;
    let listed = vm.heap.is_tuple(axes) || vm.heap.is_list(axes);
    let n = if listed { vm.heap.items(axes).len() } else { args.n - 1 };
    if n != view.ndim {
        return Err(vm.value_error(format_args!("axes don't match array")));
    }
    let (mut out, mut seen) = (view, [false; super::view::DIMS]);
    for i in 0..n {
        let ax = if listed { vm.heap.items(axes)[i] } else { args.get(vm, 1 + i) };
        let ax = axis(vm, ax, view.ndim)?.unwrap_or(0);
        if core::mem::replace(&mut seen[ax], true) {
            return Err(vm.value_error(format_args!("repeated axis in transpose")));
        }
        out.shape[i] = view.shape[ax];
        out.strides[i] = view.strides[ax];
    }
    out.object(vm)
}

/// The view in another shape: of the same elements if they lie dense, else of copies.
///
/// # Errors
/// ValueError if the number of elements differs.
pub fn reshaped(vm: &mut Vm, view: &View, shape: Val) -> R<View> {
    let (mut dims, n) = convert::shape(vm, shape, true)?;
    let unknown = dims[..n].iter().filter(|d| **d == usize::MAX).count();
    if unknown > 1 {
        return Err(vm.value_error(format_args!("can only specify one unknown dimension")));
    }
    let known = dims[..n].iter().filter(|d| **d != usize::MAX).fold(1usize, |a, d| a.saturating_mul(*d));
    if unknown == 1 && known > 0 && view.len().is_multiple_of(known) {
        dims[..n].iter_mut().filter(|d| **d == usize::MAX).for_each(|d| *d = view.len() / known);
    } else if unknown == 1 || known != view.len() {
        let mut text = alloc::string::String::new();
        for (i, d) in dims[..n].iter_mut().enumerate() {
            use core::fmt::Write;
            let comma = if i > 0 { "," } else { "" };
            let _ =
                if *d == usize::MAX { write!(text, "{comma}newaxis") } else { write!(text, "{comma}{d}") };
        }
        let end = if n == 1 { "," } else { "" };
        let size = view.len();
        return Err(
            vm.value_error(format_args!("cannot reshape array of size {size} into shape ({text}{end})"))
        );
    }
    Ok(view.dense_as(vm, view.dtype)?.with_dims(&dims[..n]))
}

/// `array.reshape(shape)`, also with the dimensions as arguments.
pub fn reshape(vm: &mut Vm, args: Args) -> R {
    let (v, mut shape) = (args.get(vm, 0), args.get(vm, 1));
    let view = View::of(vm, v)?;
    if args.n > 2 {
        let dims = args.skip(1);
        shape = vm.heap.new_tuple_from_slots(dims.base, dims.base + dims.n)?;
    }
    reshaped(vm, &view, shape)?.object(vm)
}

/// `size(array, *, axis=None)`
pub fn size(vm: &mut Vm, args: Args) -> R {
    let [v, ax] = args.parse(vm, "size", ["a", "axis"], 1)?;
    let view = convert::argument(vm, v)?;
    let n = match axis(vm, ax, view.ndim)? {
        Some(axis) => view.shape[axis],
        None => view.len(),
    };
    Ok(Val::small(n as i32))
}

/// `concatenate(arrays, *, axis=0)`
pub fn concatenate(vm: &mut Vm, args: Args) -> R {
    let [arrays, ax] = args.parse(vm, "concatenate", ["arrays", "axis"], 1)?;
    let n = super::create::several(vm, arrays)?;
    let item = |vm: &Vm, i: usize| vm.heap.items(arrays)[i];
    if n == 0 {
        return Err(vm.value_error(format_args!("need at least one array to concatenate")));
    }
    for i in 0..n {
        if !is_array(&vm.heap, item(vm, i)) {
            return Err(vm.value_error(format_args!("only ndarrays can be concatenated")));
        }
    }
    let v = item(vm, 0);
    let first = View::of(vm, v)?;
    let ax = if ax.is_null() { 0 } else { axis(vm, ax, first.ndim)?.unwrap_or(0) };
    let (mut dims, mut dtype) = (first.shape, first.dtype);
    for i in 1..n {
        let v = item(vm, i);
        let view = View::of(vm, v)?;
        if view.dtype != dtype {
            dtype = dtype.promote(view.dtype);
        }
        let fits = view.ndim == first.ndim && (0..view.ndim).all(|k| k == ax || view.shape[k] == dims[k]);
        if !fits {
            return Err(vm.value_error(format_args!(
                "all the input array dimensions except for the concatenation axis must match exactly"
            )));
        }
        dims[ax] += view.shape[ax];
    }
    let out = View::new(vm, dtype, &dims[..first.ndim])?;
    let mut at = 0;
    for i in 0..n {
        let v = item(vm, i);
        let view = View::of(vm, v)?;
        copy(vm, &view, &section(&out, ax, at, view.shape[ax]))?;
        at += view.shape[ax];
    }
    out.object(vm)
}

/// An array and an axis; without an axis, its elements in one dimension and axis 0.
fn along(vm: &mut Vm, v: Val, ax: Val) -> R<(View, usize)> {
    let view = convert::argument(vm, v)?;
    match axis(vm, ax, view.ndim)? {
        Some(ax) => Ok((view, ax)),
        None => Ok((view.dense_as(vm, view.dtype)?.flat(), 0)),
    }
}

/// `flip(array, *, axis=None)`
pub fn flip(vm: &mut Vm, args: Args) -> R {
    let [v, ax] = args.parse(vm, "flip", ["m", "axis"], 1)?;
    let view = View::of(vm, v)?;
    let only = axis(vm, ax, view.ndim)?;
    let mut back = view;
    for i in 0..view.ndim {
        if only.is_none_or(|ax| ax == i) && view.shape[i] > 0 {
            back.offset = (back.offset as isize + (view.shape[i] - 1) as isize * view.strides[i]) as usize;
            back.strides[i] = -view.strides[i];
        }
    }
    back.copy_as(vm, view.dtype)?.object(vm)
}

/// `roll(array, distance, *, axis=None)`
pub fn roll(vm: &mut Vm, args: Args) -> R {
    let [v, distance, ax] = args.parse(vm, "roll", ["a", "shift", "axis"], 2)?;
    let shape = View::of(vm, v)?;
    let (view, ax) = along(vm, v, ax)?;
    let distance = vm.index(distance)?;
    let out = view.like(vm, view.dtype)?;
    let n = view.shape[ax];
    if n > 0 {
        let by = distance.rem_euclid(n as i64) as usize;
        copy(vm, &section(&view, ax, 0, n - by), &section(&out, ax, by, n - by))?;
        copy(vm, &section(&view, ax, n - by, by), &section(&out, ax, 0, by))?;
    }
    out.with_dims(shape.dims()).object(vm)
}

/// `diff(array, *, n=1, axis=-1)`
pub fn diff(vm: &mut Vm, args: Args) -> R {
    let [v, n, ax] = args.parse(vm, "diff", ["a", "n", "axis"], 1)?;
    let view = View::of(vm, v)?;
    let ax = if ax.is_null() { view.ndim - 1 } else { axis(vm, ax, view.ndim)?.unwrap_or(view.ndim - 1) };
    let n = int(vm, n, 1)?;
    if n < 0 || n > view.shape[ax] as i64 {
        return Err(vm.value_error(format_args!("differentiation order out of range")));
    }
    let mut out = view;
    for _ in 0..n {
        let left = out.shape[ax] - 1;
        let (upper, lower) = (section(&out, ax, 1, left), section(&out, ax, 0, left));
        let minus = super::operators::Op::Binary(crate::vm::BinOp::Sub);
        out = super::operators::apply_as(vm, minus, &upper, &lower, view.dtype)?;
    }
    if n == 0 {
        out = view.copy_as(vm, view.dtype)?;
    }
    out.object(vm)
}

/// `cumsum(array, *, axis=None)`
pub fn cumsum(vm: &mut Vm, args: Args) -> R {
    let [v, ax] = args.parse(vm, "cumsum", ["a", "axis"], 1)?;
    let (view, ax) = along(vm, v, ax)?;
    let dtype = if view.dtype == Dtype::Bool { Dtype::U16 } else { view.dtype };
    let out = view.copy_as(vm, dtype)?;
    if dtype == Dtype::Complex {
        return Err(vm.type_error(format_args!("function is not implemented for complex dtype")));
    }
    let mut lanes = Lanes::new(&out, ax);
    while let Some(lane) = lanes.next(vm)? {
        let (mut whole, mut sum, mut i) = (0i32, 0f32, 0);
        while i < lanes.n {
            let (k, p) = ((lanes.n - i).min(RUN), lane.nth(i));
            if dtype.is_int() {
                let mut x = [0; RUN];
                p.load_i(&vm.heap, &mut x[..k]);
                for x in &mut x[..k] {
                    whole = whole.wrapping_add(*x);
                    *x = whole;
                }
                p.store_i(&mut vm.heap, &x[..k]);
            } else {
                let mut x = [0.0; RUN];
                p.load_f(&vm.heap, &mut x[..k]);
                for x in &mut x[..k] {
                    sum += *x;
                    *x = sum;
                }
                p.store_f(&mut vm.heap, &x[..k]);
            }
            i += k;
        }
    }
    out.object(vm)
}

/// `delete(array, indices, *, axis=None)`
pub fn delete(vm: &mut Vm, args: Args) -> R {
    let [v, indices, ax] = args.parse(vm, "delete", ["arr", "obj", "axis"], 2)?;
    let indices = match convert::scalar(vm, indices, None)? {
        Some(one) => one,
        None => convert::argument(vm, indices)?,
    };
    if indices.is_empty() {
        // Nothing goes, so the shape stays.
        let view = convert::argument(vm, v)?;
        return view.copy_as(vm, view.dtype)?.object(vm);
    }
    let (view, ax) = along(vm, v, ax)?;
    let n = view.shape[ax];
    // One byte an index: is it to go?
    let gone = View::new(vm, Dtype::Bool, &[n])?;
    let mut left = n;
    for i in 0..indices.len() {
        vm.unless_interrupted()?;
        let at = position(vm, to_int(indices.place().nth(i).f(&vm.heap)), n, ax)?;
        let p = gone.place().nth(at);
        if p.key(&vm.heap) == 0 {
            left -= 1;
            p.store_i(&mut vm.heap, &[1]);
        }
    }
    keep(vm, &view, ax, left, &mut |vm, i| gone.place().nth(i).key(&vm.heap) == 0)
}

/// The indices along an axis for which `wanted` holds: `count` of them.
fn keep(
    vm: &mut Vm,
    view: &View,
    axis: usize,
    count: usize,
    wanted: &mut dyn FnMut(&Vm, usize) -> bool,
) -> R {
    let mut dims = view.shape;
    dims[axis] = count;
    let out = View::new(vm, view.dtype, &dims[..view.ndim])?;
    let mut to = 0;
    for i in 0..view.shape[axis] {
        vm.unless_interrupted()?;
        if to < count && wanted(vm, i) {
            copy(vm, &section(view, axis, i, 1), &section(&out, axis, to, 1))?;
            to += 1;
        }
    }
    out.object(vm)
}

fn position(vm: &mut Vm, i: i32, n: usize, axis: usize) -> R<usize> {
    let at = if i < 0 { i64::from(i) + n as i64 } else { i64::from(i) };
    if at < 0 || at >= n as i64 {
        return Err(vm.raise(
            ExcKind::IndexError,
            format_args!("index {i} is out of bounds for axis {axis} with size {n}"),
        ));
    }
    Ok(at as usize)
}

/// `compress(condition, array, *, axis=None)`
pub fn compress(vm: &mut Vm, args: Args) -> R {
    let [condition, v, ax] = args.parse(vm, "compress", ["condition", "a", "axis"], 2)?;
    let condition = convert::argument(vm, condition)?;
    let (view, ax) = along(vm, v, ax)?;
    let n = condition.len();
    if n != view.shape[ax] {
        return Err(vm.value_error(format_args!("wrong length of condition array")));
    }
    let p = condition.place();
    let count = (0..n).filter(|i| p.nth(*i).f(&vm.heap) != 0.0).count();
    keep(vm, &view, ax, count, &mut |vm, i| p.nth(i).f(&vm.heap) != 0.0)
}

/// `take(array, indices, axis=None, *, out=None, mode='raise')`
pub fn take(vm: &mut Vm, args: Args) -> R {
    let names = ["a", "indices", "axis", "*out", "*mode"];
    let [v, indices, ax, out, mode] = args.parse(vm, "take", names, 2)?;
    let (view, ax) = along(vm, v, ax)?;
    let indices = convert::argument(vm, indices)?;
    let mode = match vm.heap.as_str(mode) {
        _ if mode.is_null() || mode.is_none() => 'r',
        Some("raise") => 'r',
        Some("wrap") => 'w',
        Some("clip") => 'c',
        _ => return Err(vm.value_error(format_args!("mode should be raise, wrap or clip"))),
    };
    let mut dims = view.shape;
    let n = view.shape[ax];
    dims[ax] = indices.len();
    let (object, to) = convert::output(vm, out, view.dtype, &dims[..view.ndim])?;
    for i in 0..indices.len() {
        vm.unless_interrupted()?;
        let index = to_int(indices.place().nth(i).f(&vm.heap));
        let at = match mode {
            'w' if n > 0 => i64::from(index).rem_euclid(n as i64) as usize,
            'c' if n > 0 => index.clamp(0, n as i32 - 1) as usize,
            _ => position(vm, index, n, ax)?,
        };
        copy(vm, &section(&view, ax, at, 1), &section(&to, ax, i, 1))?;
    }
    Ok(object)
}
