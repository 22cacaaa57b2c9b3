//! `ndarray`: the array of `numpy`. What it is made of is told in `modules/numpy/view.rs`.

use super::iterators;
use super::native::{Args, Entry, NativeType, R, UnOp};
use crate::heap::Kind;
use crate::modules::numpy::convert;
use crate::modules::numpy::dtype::{Dtype, Place};
use crate::modules::numpy::view::{View, Walk};
use crate::modules::numpy::{index, operators, order, shape};
use crate::registry::ids;
use crate::value::Val;
use crate::vm::{Out, Vm};

// ---- print, new ----

fn print(vm: &mut Vm, v: Val, out: &mut Out, _repr: bool) -> R<()> {
    let view = View::of(vm, v)?;
    out.push("array(");
    if view.is_empty() {
        out.push("[]");
        if view.ndim > 1 {
            let mut text = alloc::string::String::from(", shape=");
            crate::modules::numpy::view::push_shape(&mut text, view.dims());
            out.push(&text);
        }
    } else {
        print_part(vm, &view, out)?;
    }
    out.push(", dtype=");
    out.push(view.dtype.name());
    out.push(")");
    Ok(())
}

fn print_part(vm: &mut Vm, view: &View, out: &mut Out) -> R<()> {
    let n = view.shape[0];
    out.push("[");
    if view.ndim > 1 {
        for i in 0..n {
            if i > 0 {
                // An empty line between blocks.
                out.push(if view.ndim > 2 { ",\n\n       " } else { ",\n       " });
            }
            print_part(vm, &view.index_first(i), out)?;
        }
    } else {
        let (threshold, edge) = vm.state.numpy_print;
        let (threshold, edge) = (threshold as usize, edge as usize);
        let all = n <= threshold || n <= 2 * edge;
        let mut i = 0;
        while i < n {
            if i > 0 {
                out.push(", ");
            }
            if !all && i == edge && edge < n - edge {
                out.push("..., ");
                i = n - edge;
                if i == n {
                    break;
                }
            }
            print_element(vm, view.place().nth(i), out)?;
            i += 1;
        }
    }
    out.push("]");
    out.flush(vm)
}

fn print_element(vm: &mut Vm, place: Place, out: &mut Out) -> R<()> {
    let mark = vm.heap.mark_temps();
    if place.dtype == Dtype::Complex {
        let re = convert::item(vm, Place { dtype: Dtype::Float, ..place })?;
        out.repr(vm, re)?;
        let im = Place { dtype: Dtype::Float, at: place.at + 4, ..place };
        let f = im.f(&vm.heap);
        if f >= 0.0 || f.is_nan() {
            out.push("+");
        }
        let im = convert::item(vm, im)?;
        out.repr(vm, im)?;
        out.push("j");
    } else {
        let x = convert::item(vm, place)?;
        out.repr(vm, x)?;
    }
    vm.heap.release_temps(mark);
    Ok(())
}

fn new(vm: &mut Vm, _cls: Val, args: Args) -> R {
    array(vm, args)
}

/// `array(object, *, dtype=float)`.
pub fn array(vm: &mut Vm, args: Args) -> R {
    let [source, dtype] = args.parse(vm, "array", ["object", "dtype"], 1)?;
    let dtype = convert::dtype(vm, dtype, Dtype::Float)?;
    convert::array(vm, source, dtype)?.object(vm)
}

// ---- operators ----

fn truth(vm: &mut Vm, v: Val) -> R<bool> {
    let view = View::of(vm, v)?;
    match view.len() {
        0 => Ok(false),
        1 => {
            let x = convert::item(vm, view.place())?;
            vm.truth(x)
        }
        _ => Err(vm.value_error(format_args!(
            "The truth value of an array with more than one element is ambiguous. Use a.any() or a.all()"
        ))),
    }
}

fn len(vm: &mut Vm, v: Val) -> R<usize> {
    Ok(View::of(vm, v)?.shape[0])
}

fn unary(vm: &mut Vm, op: UnOp, v: Val) -> R {
    operators::unary(vm, op, v)
}

// ---- items ----

fn contains(vm: &mut Vm, v: Val, x: Val) -> R<bool> {
    let equal = operators::compare(vm, super::native::CmpOp::Eq, v, x)?;
    let Some(view) = View::opt(&vm.heap, equal) else { return Ok(false) };
    let mut walk = Walk::new([&view]);
    while let Some(([p], n)) = walk.next(vm)? {
        if (0..n).any(|i| p.nth(i).key(&vm.heap) != 0) {
            return Ok(true);
        }
    }
    Ok(false)
}

// ---- iteration ----

/// An iterator of its own: w1 = the array, w2 = the next index.
fn iter(vm: &mut Vm, v: Val) -> R {
    iterators::iter_by_index(vm, v)
}

// ---- attributes and methods ----

fn tuple_of(vm: &mut Vm, numbers: impl Iterator<Item = i32>) -> R {
    let mut vals = [Val::NULL; 4];
    let mut n = 0;
    for (to, x) in vals.iter_mut().zip(numbers) {
        *to = Val::small(x);
        n += 1;
    }
    Ok(vm.heap.new_tuple(&vals[..n])?)
}

fn get_shape(vm: &mut Vm, v: Val) -> R {
    let view = View::of(vm, v)?;
    tuple_of(vm, view.dims().iter().map(|n| *n as i32))
}

fn get_strides(vm: &mut Vm, v: Val) -> R {
    let view = View::of(vm, v)?;
    tuple_of(vm, view.strides[..view.ndim].iter().map(|n| *n as i32))
}

fn get_size(vm: &mut Vm, v: Val) -> R {
    Ok(Val::small(View::of(vm, v)?.len() as i32))
}

fn get_ndim(vm: &mut Vm, v: Val) -> R {
    Ok(Val::small(View::of(vm, v)?.ndim as i32))
}

fn get_itemsize(vm: &mut Vm, v: Val) -> R {
    Ok(Val::small(View::of(vm, v)?.dtype.size() as i32))
}

fn get_nbytes(vm: &mut Vm, v: Val) -> R {
    let view = View::of(vm, v)?;
    Ok(Val::small((view.len() * view.dtype.size()) as i32))
}

fn get_dtype(vm: &mut Vm, v: Val) -> R {
    Ok(Val::small(View::of(vm, v)?.dtype as i32))
}

fn get_t(vm: &mut Vm, v: Val) -> R {
    shape::transposed(vm, v)
}

/// `array.flat`: an iterator over the elements of all dimensions.
fn get_flat(vm: &mut Vm, v: Val) -> R {
    let view = View::of(vm, v)?;
    let flat = view.dense_as(vm, view.dtype)?.flat().object(vm)?;
    iterators::iter_by_index(vm, flat)
}

fn set_attr(vm: &mut Vm, v: Val, name: &str, x: Val) -> R<bool> {
    if name != "shape" || x.is_null() {
        return Ok(false);
    }
    let view = View::of(vm, v)?;
    let new = shape::reshaped(vm, &view, x)?;
    if new.owner != view.owner {
        return Err(vm.value_error(format_args!("cannot assign new shape")));
    }
    new.replace(vm, v)?;
    Ok(true)
}

fn copy(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    let view = View::of(vm, v)?;
    view.copy_as(vm, view.dtype)?.object(vm)
}

fn astype(vm: &mut Vm, args: Args) -> R {
    let [v, dtype] = args.parse(vm, "astype", ["self", "dtype"], 2)?;
    let (view, dtype) = (View::of(vm, v)?, convert::dtype(vm, dtype, Dtype::Float)?);
    view.copy_as(vm, dtype)?.object(vm)
}

fn flatten(vm: &mut Vm, args: Args) -> R {
    let [v, order] = args.parse(vm, "flatten", ["self", "*order"], 1)?;
    let view = View::of(vm, v)?;
    let by_columns = match vm.heap.as_str(order) {
        _ if order.is_null() => false,
        Some("C") => false,
        Some("F") => true,
        _ => return Err(vm.value_error(format_args!("flattening order must be either 'C', or 'F'"))),
    };
    let view = if by_columns { shape::reversed_axes(&view) } else { view };
    view.copy_as(vm, view.dtype)?.flat().object(vm)
}

fn tobytes(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    let view = View::of(vm, v)?;
    let dense = view.dense_as(vm, view.dtype)?;
    let n = dense.len() * dense.dtype.size();
    let out = vm.heap.new_bytearray_zeroed(n)?;
    let n = n.min(vm.heap.bytes(dense.owner).len().saturating_sub(dense.offset));
    vm.heap.copy_text(out, 0, dense.owner, dense.offset, n);
    Ok(out)
}

fn tolist(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    let view = View::of(vm, v)?;
    list_of(vm, &view)
}

fn list_of(vm: &mut Vm, view: &View) -> R {
    let list = vm.heap.new_list_cap(view.shape[0])?;
    for i in 0..view.shape[0] {
        let mark = vm.heap.mark_temps();
        let x = if view.ndim == 1 {
            convert::item(vm, view.place().nth(i))?
        } else {
            list_of(vm, &view.index_first(i))?
        };
        vm.heap.list_push(list, x)?;
        vm.heap.release_temps(mark);
        vm.unless_interrupted()?;
    }
    Ok(list)
}

fn byteswap(vm: &mut Vm, args: Args) -> R {
    let [v, inplace] = args.parse(vm, "byteswap", ["self", "*inplace"], 1)?;
    let view = View::of(vm, v)?;
    let inplace = convert::flag(vm, inplace, false)?;
    let (out, object) = if inplace {
        (view, v)
    } else {
        let out = view.copy_as(vm, view.dtype)?;
        (out, out.object(vm)?)
    };
    let size = if out.dtype == Dtype::Complex { 4 } else { out.dtype.size() };
    let mut walk = Walk::new([&out]);
    while let Some(([p], n)) = walk.next(vm)? {
        for i in 0..n {
            let at = p.nth(i).at;
            if let Some(bytes) = vm.heap.text_mut(out.owner).get_mut(at..at + out.dtype.size()) {
                bytes.chunks_exact_mut(size).for_each(<[u8]>::reverse);
            }
        }
    }
    Ok(object)
}

fn item(vm: &mut Vm, args: Args) -> R {
    let (v, i) = (args.get(vm, 0), args.opt(vm, 1));
    let view = View::of(vm, v)?;
    let dense = view.dense_as(vm, view.dtype)?.flat();
    match i {
        None if view.len() == 1 => convert::item(vm, dense.place()),
        None => Err(vm.value_error(format_args!("can only convert an array of size 1 to a Python scalar"))),
        Some(i) => {
            let flat = dense.object(vm)?;
            index::get(vm, flat, i)
        }
    }
}

fn fill(vm: &mut Vm, args: Args) -> R {
    let (v, x) = (args.get(vm, 0), args.get(vm, 1));
    index::set(vm, v, Val::ELLIPSIS, x)?;
    Ok(Val::NONE)
}

/// Is it bytes-like? The elements then lie one after another in the owner's bytes.
pub fn buffer(heap: &crate::heap::Heap, v: Val) -> Option<super::buffer::Buffer> {
    if !heap.is(v, Kind::Object) {
        return None;
    }
    let view = View::opt(heap, v).filter(View::is_dense)?;
    let typecode = if view.dtype == Dtype::Complex { b'f' } else { view.dtype as u8 };
    let len = view.len() * view.dtype.size();
    Some(super::buffer::Buffer { owner: view.owner, start: view.offset, len, typecode })
}

/// The type.
pub static NDARRAY: NativeType = NativeType {
    id: ids::NDARRAY,
    name: "ndarray",
    print: Some(print),
    new: Some(new),
    truth: Some(truth),
    len: Some(len),
    unhashable: true,
    unary: Some(unary),
    binary: Some(operators::binary),
    reflected: Some(operators::binary),
    inplace: Some(operators::inplace),
    compare: Some(operators::compare),
    contains: Some(contains),
    get_item: Some(index::get),
    set_item: Some(index::set),
    iter: Some(iter),
    set_attr: Some(set_attr),
    entries: &[
        Entry::Get("T", get_t),
        Entry::FnKw("all", 1, 2, crate::modules::numpy::reduce::all),
        Entry::FnKw("any", 1, 2, crate::modules::numpy::reduce::any),
        Entry::FnKw("argmax", 1, 2, crate::modules::numpy::reduce::argmax),
        Entry::FnKw("argmin", 1, 2, crate::modules::numpy::reduce::argmin),
        Entry::FnKw("astype", 2, 2, astype),
        Entry::FnKw("byteswap", 1, 1, byteswap),
        Entry::Fn("copy", 1, 1, copy),
        Entry::Get("dtype", get_dtype),
        Entry::Fn("fill", 2, 2, fill),
        Entry::Get("flat", get_flat),
        Entry::FnKw("flatten", 1, 1, flatten),
        Entry::Fn("item", 1, 2, item),
        Entry::Get("itemsize", get_itemsize),
        Entry::FnKw("max", 1, 3, crate::modules::numpy::reduce::max),
        Entry::FnKw("mean", 1, 3, crate::modules::numpy::reduce::mean),
        Entry::FnKw("min", 1, 3, crate::modules::numpy::reduce::min),
        Entry::Get("nbytes", get_nbytes),
        Entry::Get("ndim", get_ndim),
        Entry::FnKw("reshape", 2, 5, shape::reshape),
        Entry::Get("shape", get_shape),
        Entry::Get("size", get_size),
        Entry::FnKw("sort", 1, 2, order::sort_method),
        Entry::FnKw("std", 1, 3, crate::modules::numpy::reduce::std),
        Entry::Get("strides", get_strides),
        Entry::FnKw("sum", 1, 3, crate::modules::numpy::reduce::sum),
        Entry::Fn("tobytes", 1, 1, tobytes),
        Entry::Fn("tolist", 1, 1, tolist),
        Entry::FnKw("transpose", 1, 5, shape::transpose),
    ],
    ..NativeType::EMPTY
};
