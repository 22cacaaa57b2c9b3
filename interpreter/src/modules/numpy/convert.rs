//! From Python's objects to arrays and elements, and back.

use super::dtype::{Dtype, Place};
use super::view::{DIMS, View, is_array};
use crate::heap::Kind;
use crate::objects::native::{R, Raised};
use crate::registry::ids;
use crate::value::{Imm, Val};
use crate::vm::Vm;

/// The meaning of a `dtype` argument: one of the module's numbers, `float`, `bool` or `complex`, a name or a code.
///
/// # Errors
/// TypeError for anything else.
pub fn dtype(vm: &mut Vm, v: Val, default: Dtype) -> R<Dtype> {
    if v.is_null() || v.is_none() {
        return Ok(default);
    }
    let found = if let Some(i) = v.as_small() {
        u8::try_from(i).ok().and_then(Dtype::from_code)
    } else if let Some(t) = v.imm_payload(Imm::NativeType) {
        match t as u16 {
            ids::FLOAT => Some(Dtype::Float),
            ids::BOOL => Some(Dtype::Bool),
            ids::COMPLEX => Some(Dtype::Complex),
            _ => None,
        }
    } else {
        match vm.heap.as_str(v) {
            Some("float") => Some(Dtype::Float),
            Some(text) => {
                let all = b"?BbHhfc".iter().filter_map(|c| Dtype::from_code(*c));
                let bytes = text.as_bytes();
                let code = if bytes.len() == 1 { Dtype::from_code(bytes[0]) } else { None };
                code.or_else(|| all.into_iter().find(|t| t.name() == text))
            }
            None => None,
        }
    };
    match found {
        Some(t) => Ok(t),
        None => Err(vm.type_error(format_args!("data type not understood"))),
    }
}

/// The Python value of an element.
///
/// # Errors
/// MemoryError.
pub fn item(vm: &mut Vm, place: Place) -> R {
    match place.dtype {
        Dtype::Float => {
            let f = place.f(&vm.heap);
            float_value(vm, f)
        }
        Dtype::Complex => {
            let (mut re, mut im) = ([0.0], [0.0]);
            place.load_c(&vm.heap, &mut re, &mut im);
            Ok(vm.heap.new_complex(re[0], im[0])?)
        }
        _ => {
            let mut x = [0];
            place.load_i(&vm.heap, &mut x);
            Ok(if place.dtype == Dtype::Bool { Val::bool(x[0] != 0) } else { Val::small(x[0]) })
        }
    }
}

/// Stores a Python number as an element; an integer loses the bits that do not fit, a float its fraction.
///
/// # Errors
/// TypeError if it is no number, or complex where it cannot be.
pub fn set(vm: &mut Vm, place: Place, v: Val) -> R<()> {
    if let Some((re, im)) = vm.heap.as_complex(v) {
        if place.dtype != Dtype::Complex {
            return Err(vm.type_error(format_args!("cannot convert complex to dtype")));
        }
        place.store_c(&mut vm.heap, &[re], &[im]);
    } else if place.dtype == Dtype::Bool {
        let t = vm.truth(v)?;
        place.store_i(&mut vm.heap, &[i32::from(t)]);
    } else if place.dtype.is_int()
        && let Some(i) = vm.heap.as_i64(v)
    {
        place.store_i(&mut vm.heap, &[i as i32]);
    } else {
        let f = vm.to_float(v)?;
        place.store_f(&mut vm.heap, &[f]);
    }
    Ok(())
}

/// The smallest type that holds a number, with a view to the array it meets; `None` if it is no number.
fn scalar_dtype(vm: &mut Vm, v: Val, other: Option<Dtype>) -> Option<Dtype> {
    if v.is_bool() {
        return Some(Dtype::Bool);
    }
    if vm.heap.is_float(v) {
        return Some(Dtype::Float);
    }
    if vm.heap.as_complex(v).is_some() {
        return Some(Dtype::Complex);
    }
    let signed = matches!(other, Some(Dtype::I8 | Dtype::I16));
    if !vm.heap.is_int(v) {
        return None;
    }
    Some(match vm.heap.as_i64(v).unwrap_or(i64::MAX) {
        -128..=-1 => Dtype::I8,
        0..=127 if signed => Dtype::I8,
        0..=255 if !signed => Dtype::U8,
        -32768..=-1 => Dtype::I16,
        128..=32767 if signed => Dtype::I16,
        256..=65535 if !signed => Dtype::U16,
        _ => Dtype::Float,
    })
}

/// A number as an array of one element; `None` if it is no number.
///
/// # Errors
/// MemoryError.
pub fn scalar(vm: &mut Vm, v: Val, other: Option<Dtype>) -> R<Option<View>> {
    let Some(dtype) = scalar_dtype(vm, v, other) else { return Ok(None) };
    let view = View::new(vm, dtype, &[1])?;
    set(vm, view.place(), v)?;
    Ok(Some(view))
}

/// Is it something that numbers are listed in?
fn is_sequence(vm: &Vm, v: Val) -> bool {
    is_array(&vm.heap, v)
        || matches!(
            vm.heap.kind(v),
            Some(Kind::List | Kind::Tuple | Kind::Range | Kind::Array | Kind::Bytes | Kind::ByteArray)
        )
}

/// An array, a number or a list of numbers as an operand; `None` for anything else.
///
/// # Errors
/// TypeError or ValueError for a list of other things.
pub fn operand(vm: &mut Vm, v: Val, other: Option<Dtype>) -> R<Option<View>> {
    if let Some(view) = View::opt(&vm.heap, v) {
        return Ok(Some(view));
    }
    if let Some(view) = scalar(vm, v, other)? {
        return Ok(Some(view));
    }
    if is_sequence(vm, v) {
        return array(vm, v, Dtype::Float).map(Some);
    }
    Ok(None)
}

/// The same, for an argument that must be one of those.
///
/// # Errors
/// TypeError as well for anything else.
#[inline(never)]
pub fn argument(vm: &mut Vm, v: Val) -> R<View> {
    match operand(vm, v, None)? {
        Some(view) => Ok(view),
        None => Err(vm.type_error(format_args!("input must be tuple, list, range, or ndarray"))),
    }
}

/// Is it a number (not an array or a list)?
#[inline(never)]
pub fn is_number(vm: &Vm, v: Val) -> bool {
    v.is_bool() || vm.heap.is_int(v) || vm.heap.is_float(v) || vm.heap.as_complex(v).is_some()
}

fn ragged(vm: &mut Vm) -> Raised {
    vm.value_error(format_args!("iterables are not of the same length"))
}

/// A new array with the elements of an iterable, nested as deep as the array is to have dimensions.
///
/// # Errors
/// ValueError if the parts differ in length or there are too many dimensions, TypeError for what is no number.
pub fn array(vm: &mut Vm, v: Val, dtype: Dtype) -> R<View> {
    if let Some(view) = View::opt(&vm.heap, v) {
        return view.copy_as(vm, dtype);
    }
    // What can be walked only once is made a list of.
    let v = if is_sequence(vm, v) { v } else { vm.collect_list(v)? };
    let (mut dims, mut ndim) = ([0; DIMS], 0);
    let mut inner = v;
    loop {
        if ndim == DIMS {
            return Err(vm.value_error(format_args!("too many dimensions")));
        }
        if let Some(view) = View::opt(&vm.heap, inner) {
            if ndim + view.ndim > DIMS {
                return Err(vm.value_error(format_args!("too many dimensions")));
            }
            dims[ndim..ndim + view.ndim].copy_from_slice(view.dims());
            ndim += view.ndim;
            break;
        }
        dims[ndim] = vm.len(inner)?;
        ndim += 1;
        if dims[ndim - 1] == 0 {
            break;
        }
        let first = vm.get_item(inner, Val::ZERO)?;
        if !is_sequence(vm, first) {
            break;
        }
        inner = first;
    }
    let out = View::new(vm, dtype, &dims[..ndim])?;
    fill(vm, &out, v, ndim)?;
    Ok(out)
}

/// Fills the last `depth` dimensions of a view from an iterable.
fn fill(vm: &mut Vm, out: &View, v: Val, depth: usize) -> R<()> {
    if let Some(view) = View::opt(&vm.heap, v) {
        if depth > out.ndim || view.dims() != &out.dims()[out.ndim - depth..] {
            return Err(ragged(vm));
        }
        return super::view::copy(vm, &view, out);
    }
    if !is_sequence(vm, v) || vm.len(v)? != out.shape[0] {
        return Err(ragged(vm));
    }
    let (n, place) = (out.shape[0], out.place_at(out.offset, 0));
    let mut i = 0;
    vm.for_each(v, |vm, x| {
        if i >= n {
            return Err(ragged(vm));
        }
        if depth == 1 {
            if is_sequence(vm, x) {
                return Err(ragged(vm));
            }
            set(vm, place.nth(i), x)?;
        } else {
            fill(vm, &out.index_first(i), x, depth - 1)?;
        }
        i += 1;
        Ok(())
    })
}

/// A shape argument: a number, or a tuple or list of numbers.
///
/// # Errors
/// TypeError; ValueError for more than four, negative or huge ones. `unknown` allows one −1 (as `usize::MAX`).
pub fn shape(vm: &mut Vm, v: Val, unknown: bool) -> R<([usize; DIMS], usize)> {
    let mut dims = [1; DIMS];
    let one = vm.heap.is_int(v);
    if !one && !matches!(vm.heap.kind(v), Some(Kind::Tuple | Kind::List)) {
        return Err(vm.type_error(format_args!("shape must be integer or tuple of integers")));
    }
    let n = if one { 1 } else { vm.heap.items(v).len() };
    if n > DIMS {
        return Err(vm.value_error(format_args!("maximum number of dimensions is {DIMS}")));
    }
    for (i, dim) in dims.iter_mut().enumerate().take(n) {
        let x = if one { v } else { vm.heap.items(v)[i] };
        let x = match vm.heap.as_i64(x) {
            None if vm.heap.is_int(x) => i64::MAX,
            Some(x) => x,
            None => vm.index(x)?,
        };
        *dim = match x {
            -1 if unknown => usize::MAX,
            0..=0x3fff_ffff => x as usize,
            x if x < 0 => {
                return Err(vm.value_error(format_args!("negative dimensions are not allowed")));
            }
            _ => return Err(vm.value_error(format_args!("array is too big"))),
        };
    }
    Ok((dims, n))
}

/// An axis argument: `None` if absent, else a dimension of the view, counted from the end if negative.
///
/// # Errors
/// TypeError; ValueError if there is no such dimension.
#[inline(never)]
pub fn axis(vm: &mut Vm, v: Val, ndim: usize) -> R<Option<usize>> {
    if v.is_null() || v.is_none() {
        return Ok(None);
    }
    let x = vm.index(v)?;
    let at = if x < 0 { x + ndim as i64 } else { x };
    if at < 0 || at >= ndim as i64 {
        return Err(vm.value_error(format_args!("axis {x} is out of bounds for array of dimension {ndim}")));
    }
    Ok(Some(at as usize))
}

/// A truth argument with a default.
///
/// # Errors
/// What its `__bool__` raises.
#[inline(never)]
pub fn flag(vm: &mut Vm, v: Val, default: bool) -> R<bool> {
    if v.is_null() { Ok(default) } else { vm.truth(v) }
}

/// An integer argument with a default.
///
/// # Errors
/// TypeError.
#[inline(never)]
pub fn int(vm: &mut Vm, v: Val, default: i64) -> R<i64> {
    if v.is_null() || v.is_none() { Ok(default) } else { vm.index(v) }
}

/// A float argument with a default.
///
/// # Errors
/// TypeError.
#[inline(never)]
pub fn float(vm: &mut Vm, v: Val, default: f32) -> R<f32> {
    if v.is_null() || v.is_none() { Ok(default) } else { vm.to_float(v) }
}

/// Where results go: a new array, or the one that was given, which must be of this type and shape.
///
/// # Errors
/// TypeError or ValueError if it is not; MemoryError.
#[inline(never)]
pub fn output(vm: &mut Vm, out: Val, dtype: Dtype, dims: &[usize]) -> R<(Val, View)> {
    if out.is_null() || out.is_none() {
        let view = View::new(vm, dtype, dims)?;
        return Ok((view.object(vm)?, view));
    }
    let view = View::of(vm, out)?;
    if view.dtype != dtype {
        return Err(vm.type_error(format_args!("out must be of {} dtype", dtype.name())));
    }
    if view.dims() != dims {
        return Err(vm.value_error(format_args!("input and output shapes differ")));
    }
    Ok((out, view))
}

/// A float as a Python value. Not inlined: what makes a cell is long, and there are many callers.
///
/// # Errors
/// MemoryError.
#[inline(never)]
pub fn float_value(vm: &mut Vm, x: f32) -> R {
    Ok(vm.heap.new_float(x)?)
}

/// An integer as a Python value.
///
/// # Errors
/// MemoryError.
#[inline(never)]
pub fn int_value(vm: &mut Vm, i: i64) -> R {
    Ok(vm.heap.new_int(i)?)
}

/// A vector of floats, for algorithms that know nothing of arrays.
///
/// # Errors
/// MemoryError.
#[inline(never)]
pub fn floats(vm: &mut Vm, n: usize) -> R<alloc::vec::Vec<f32>> {
    vm.make_room(n * 4);
    let mut out = alloc::vec::Vec::new();
    out.try_reserve_exact(n).map_err(|_| vm.no_memory())?;
    out.resize(n, 0.0);
    Ok(out)
}

/// All elements of a view as floats, in order.
///
/// # Errors
/// MemoryError.
pub fn to_floats(vm: &mut Vm, view: &View) -> R<alloc::vec::Vec<f32>> {
    let mut out = floats(vm, view.len())?;
    let mut walk = super::view::Walk::new([view]);
    let mut i = 0;
    while let Some(([p], n)) = walk.next(vm)? {
        p.load_f(&vm.heap, &mut out[i..i + n]);
        i += n;
    }
    Ok(out)
}

/// A new array of floats.
///
/// # Errors
/// MemoryError.
pub fn from_floats(vm: &mut Vm, from: &[f32], dims: &[usize]) -> R<View> {
    let out = View::new(vm, Dtype::Float, dims)?;
    let place = out.place();
    for (i, run) in from.chunks(super::dtype::RUN).enumerate() {
        Place { step: 4, at: place.at + i * super::dtype::RUN * 4, ..place }.store_f(&mut vm.heap, run);
    }
    Ok(out)
}
