//! Subscripts: integers, slices, `...` and `None` make views; masks and lists of integers pick elements.

use super::convert::{self, operand};
use super::dtype::{Dtype, Place};
use super::view::{DIMS, View, Walk, copy, is_array};
use crate::heap::Kind;
use crate::objects::index::{self, is_index};
use crate::objects::native::{ExcKind, R, Raised};
use crate::value::Val;
use crate::vm::Vm;

/// What a subscript means.
enum Picked {
    /// One element.
    Element(Place),
    /// A part of the array.
    Part(View),
    /// The elements where this array of truth values is true.
    Mask(View),
    /// These indices along the first dimension.
    List(View),
}

fn too_many(vm: &mut Vm, ndim: usize, given: usize) -> Raised {
    vm.raise(
        ExcKind::IndexError,
        format_args!("too many indices for array: array is {ndim}-dimensional, but {given} were indexed"),
    )
}

/// The place of index `v` along an axis.
fn position(vm: &mut Vm, v: Val, axis: usize, n: usize) -> R<usize> {
    let i = index::clamped(vm, v)?;
    let at = if i < 0 { i.saturating_add(n as i64) } else { i };
    if at < 0 || at >= n as i64 {
        return Err(vm.raise(
            ExcKind::IndexError,
            format_args!("index {i} is out of bounds for axis {axis} with size {n}"),
        ));
    }
    Ok(at as usize)
}

fn pick(vm: &mut Vm, view: &View, subscript: Val) -> R<Picked> {
    if is_array(&vm.heap, subscript) || vm.heap.is_list(subscript) {
        let view = match View::opt(&vm.heap, subscript) {
            Some(view) => view,
            None => {
                let bools = vm.heap.list(subscript).first().is_some_and(|v| v.is_bool());
                convert::array(vm, subscript, if bools { Dtype::Bool } else { Dtype::Float })?
            }
        };
        return Ok(if view.dtype == Dtype::Bool { Picked::Mask(view) } else { Picked::List(view) });
    }
    let parts = if vm.heap.is_tuple(subscript) { vm.heap.tuple(subscript).len() } else { 1 };
    let part = |vm: &Vm, i: usize| match vm.heap.is_tuple(subscript) {
        true => vm.heap.tuple(subscript)[i],
        false => subscript,
    };
    // Dimensions that the subscript uses up; an ellipsis stands for the others.
    let mut used = 0;
    for i in 0..parts {
        let p = part(vm, i);
        used += usize::from(!p.is_none() && p != Val::ELLIPSIS);
    }
    if used > view.ndim {
        return Err(too_many(vm, view.ndim, used));
    }
    let mut out = View { ndim: 0, shape: [1; DIMS], strides: [0; DIMS], ..*view };
    let mut offset = view.offset as isize;
    let mut axis = 0;
    let push = |vm: &mut Vm, out: &mut View, n: usize, stride: isize| {
        if out.ndim == DIMS {
            return Err(vm.raise(ExcKind::IndexError, format_args!("maximum number of dimensions is {DIMS}")));
        }
        out.shape[out.ndim] = n;
        out.strides[out.ndim] = stride;
        out.ndim += 1;
        Ok(())
    };
    for i in 0..parts {
        let p = part(vm, i);
        if p.is_none() {
            push(vm, &mut out, 1, 0)?;
        } else if p == Val::ELLIPSIS {
            while axis < view.ndim - used {
                push(vm, &mut out, view.shape[axis], view.strides[axis])?;
                axis += 1;
            }
        } else if vm.heap.is(p, Kind::Slice) {
            let s = index::span(vm, p, view.shape[axis])?;
            offset += s.start as isize * view.strides[axis];
            push(vm, &mut out, s.count, view.strides[axis].wrapping_mul(s.step as isize))?;
            axis += 1;
            used -= 1;
            if s.count == 0 {
                offset = view.offset as isize;
            }
        } else if is_index(vm, p) {
            let at = position(vm, p, axis, view.shape[axis])?;
            offset += at as isize * view.strides[axis];
            axis += 1;
            used -= 1;
        } else {
            return Err(vm.raise(
                ExcKind::IndexError,
                format_args!("indices must be integers, slices, or Boolean lists"),
            ));
        }
    }
    while axis < view.ndim {
        push(vm, &mut out, view.shape[axis], view.strides[axis])?;
        axis += 1;
    }
    out.offset = offset as usize;
    if out.ndim == 0 {
        return Ok(Picked::Element(Place { step: 0, ..view.place_at(out.offset, 0) }));
    }
    Ok(Picked::Part(out))
}

/// The array and its mask as views of one shape: rows of elements go with each truth value.
fn masked(vm: &mut Vm, view: &View, mask: &View) -> R<()> {
    for axis in 0..mask.ndim.min(view.ndim) {
        if mask.shape[axis] != view.shape[axis] {
            return Err(vm.raise(
                ExcKind::IndexError,
                format_args!(
                    "boolean index did not match indexed array along axis {axis}; size of axis is {} but size of \
                     corresponding boolean axis is {}",
                    view.shape[axis], mask.shape[axis]
                ),
            ));
        }
    }
    if mask.ndim > view.ndim {
        return Err(too_many(vm, view.ndim, mask.ndim));
    }
    Ok(())
}

/// Calls `f` with the part of the array at each true element of the mask, and its number.
fn each_true(
    vm: &mut Vm,
    view: &View,
    mask: &View,
    f: &mut dyn FnMut(&mut Vm, &View, usize) -> R<()>,
) -> R<usize> {
    // The dimensions that the mask has are walked, the others are one part.
    let mut head = *view;
    head.ndim = mask.ndim;
    let mut rest = View { ndim: 1, shape: [1; DIMS], strides: [0; DIMS], ..*view };
    for axis in mask.ndim..view.ndim {
        rest.shape[axis - mask.ndim] = view.shape[axis];
        rest.strides[axis - mask.ndim] = view.strides[axis];
        rest.ndim = axis - mask.ndim + 1;
    }
    for axis in mask.ndim..DIMS {
        head.shape[axis] = 1;
        head.strides[axis] = 0;
    }
    let mut walk = Walk::new([&head, mask]);
    let mut count = 0;
    while let Some(([a, m], n)) = walk.next(vm)? {
        let mut bits = [0; super::dtype::RUN];
        m.load_i(&vm.heap, &mut bits[..n]);
        for (i, _) in bits[..n].iter().enumerate().filter(|(_, b)| **b != 0) {
            rest.offset = a.nth(i).at;
            f(vm, &rest, count)?;
            count += 1;
        }
    }
    Ok(count)
}

/// The shape of what a mask or a list with `n` hits picks.
fn picked_dims(view: &View, mask_dims: usize, n: usize) -> ([usize; DIMS], usize) {
    let mut dims = [1; DIMS];
    dims[0] = n;
    for axis in mask_dims..view.ndim {
        dims[1 + axis - mask_dims] = view.shape[axis];
    }
    (dims, 1 + view.ndim - mask_dims)
}

/// The index in a list of indices, as a position along the first dimension.
fn listed(vm: &mut Vm, view: &View, list: &View, i: usize) -> R<usize> {
    let i = super::dtype::to_int(list.place().nth(i).f(&vm.heap));
    position(vm, Val::small(i), 0, view.shape[0])
}

/// `array[subscript]`.
///
/// # Errors
/// IndexError.
pub fn get(vm: &mut Vm, array: Val, subscript: Val) -> R {
    let view = View::of(vm, array)?;
    if let Some(i) = subscript.as_small()
        && view.ndim == 1
    {
        let at = position(vm, Val::small(i), 0, view.shape[0])?;
        return convert::item(vm, view.place().nth(at));
    }
    match pick(vm, &view, subscript)? {
        Picked::Element(place) => convert::item(vm, place),
        Picked::Part(part) => part.object(vm),
        Picked::Mask(mask) => {
            masked(vm, &view, &mask)?;
            let n = each_true(vm, &view, &mask, &mut |_, _, _| Ok(()))?;
            let (dims, ndim) = picked_dims(&view, mask.ndim, n);
            let out = View::new(vm, view.dtype, &dims[..ndim])?;
            each_true(vm, &view, &mask, &mut |vm, part, i| put(vm, part, &out, i, view.ndim == mask.ndim))?;
            out.object(vm)
        }
        Picked::List(list) => {
            let (dims, ndim) = picked_dims(&view, 1, list.len());
            let out = View::new(vm, view.dtype, &dims[..ndim])?;
            for i in 0..list.len() {
                let at = listed(vm, &view, &list, i)?;
                put(vm, &view.index_first(at), &out, i, view.ndim == 1)?;
            }
            out.object(vm)
        }
    }
}

/// Copies a part to index `i` of an output.
fn put(vm: &mut Vm, part: &View, out: &View, i: usize, element: bool) -> R<()> {
    let mut to = out.index_first(i);
    if element {
        to.shape[0] = 1;
        to.ndim = 1;
    }
    copy(vm, part, &to)
}

/// `array[subscript] = value`.
///
/// # Errors
/// IndexError; ValueError if the value's shape does not fit; TypeError if it is no number.
pub fn set(vm: &mut Vm, array: Val, subscript: Val, value: Val) -> R<()> {
    if value.is_null() {
        return Err(vm.value_error(format_args!("cannot delete array elements")));
    }
    let view = View::of(vm, array)?;
    let picked = pick(vm, &view, subscript)?;
    if let Picked::Element(place) = picked
        && !is_array(&vm.heap, value)
    {
        return convert::set(vm, place, value);
    }
    let Some(mut values) = operand(vm, value, Some(view.dtype))? else {
        let got = vm.type_name(value);
        return Err(vm.type_error(format_args!("must be real number, not {got}")));
    };
    if values.dtype == Dtype::Complex && view.dtype != Dtype::Complex {
        return Err(vm.type_error(format_args!("cannot convert complex to dtype")));
    }
    if values.owner == view.owner {
        values = values.copy_as(vm, values.dtype)?;
    }
    match picked {
        Picked::Element(place) => {
            let one = View { ndim: 1, shape: [1; DIMS], strides: [0; DIMS], offset: place.at, ..view };
            assign(vm, &values, &one)
        }
        Picked::Part(part) => assign(vm, &values, &part),
        Picked::Mask(mask) => {
            masked(vm, &view, &mask)?;
            let count = each_true(vm, &view, &mask, &mut |_, _, _| Ok(()))?;
            let single = values.len() == 1;
            if !single && values.shape[0] != count {
                return Err(vm.value_error(format_args!(
                    "NumPy boolean array indexing assignment cannot assign {} input values to the {count} output \
                     values where the mask is true",
                    values.shape[0]
                )));
            }
            each_true(vm, &view, &mask, &mut |vm, part, i| {
                let from = if single { values } else { values.index_first(i) };
                assign(vm, &from, part)
            })?;
            Ok(())
        }
        Picked::List(list) => {
            let single = values.len() == 1;
            if !single && values.shape[0] != list.len() {
                return Err(vm.value_error(format_args!("array and index length must be equal")));
            }
            for i in 0..list.len() {
                let at = listed(vm, &view, &list, i)?;
                let from = if single { values } else { values.index_first(i) };
                assign(vm, &from, &view.index_first(at))?;
            }
            Ok(())
        }
    }
}

/// Copies values to a part of an array, stretched to its shape.
fn assign(vm: &mut Vm, values: &View, part: &View) -> R<()> {
    // Leading dimensions of one element do not count.
    let mut values = *values;
    while values.ndim > part.ndim && values.shape[0] == 1 {
        values.remove_axis(0);
    }
    if let Some(values) = values.stretched(part.dims()) {
        return copy(vm, &values, part);
    }
    if values.is_empty() && part.is_empty() {
        return Ok(());
    }
    let mut shapes = alloc::string::String::new();
    super::view::push_shape(&mut shapes, values.dims());
    shapes.push_str(" into shape ");
    super::view::push_shape(&mut shapes, part.dims());
    Err(vm.value_error(format_args!("could not broadcast input array from shape {shapes}")))
}
