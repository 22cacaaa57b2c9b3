//! Functions that make arrays of nothing but their arguments.

use super::convert::{self, dtype as dtype_arg, float, int};
use super::dtype::{Dtype, Place, RUN};
use super::view::{DIMS, View, copy};
use crate::heap::Kind;
use crate::objects::buffer::Buffer;
use crate::objects::native::{Args, ExcKind, R};
use crate::value::Val;
use crate::vm::Vm;

/// `zeros(shape, *, dtype=float)` and `empty`.
pub fn zeros(vm: &mut Vm, args: Args) -> R {
    let [shape, dtype] = args.parse(vm, "zeros", ["shape", "dtype"], 1)?;
    new(vm, shape, dtype)?.object(vm)
}

/// `ones(shape, *, dtype=float)`
pub fn ones(vm: &mut Vm, args: Args) -> R {
    let [shape, dtype] = args.parse(vm, "ones", ["shape", "dtype"], 1)?;
    let view = new(vm, shape, dtype)?;
    fill(vm, &view, Val::ONE)?;
    view.object(vm)
}

/// `full(shape, value, *, dtype=float)`
pub fn full(vm: &mut Vm, args: Args) -> R {
    let [shape, value, dtype] = args.parse(vm, "full", ["shape", "fill_value", "dtype"], 2)?;
    let view = new(vm, shape, dtype)?;
    fill(vm, &view, value)?;
    view.object(vm)
}

fn new(vm: &mut Vm, shape: Val, dtype: Val) -> R<View> {
    let ((dims, ndim), dtype) = (convert::shape(vm, shape, false)?, dtype_arg(vm, dtype, Dtype::Float)?);
    View::new(vm, dtype, &dims[..ndim])
}

/// Sets all elements of a new array.
fn fill(vm: &mut Vm, view: &View, value: Val) -> R<()> {
    if view.is_empty() {
        return Ok(());
    }
    convert::set(vm, view.place(), value)?;
    let first = View { ndim: 1, shape: [1; DIMS], strides: [0; DIMS], ..*view };
    let flat = view.flat();
    match first.stretched(flat.dims()) {
        Some(all) => super::view::copy(vm, &View { offset: view.offset, ..all }, &flat),
        None => Ok(()),
    }
}

/// `eye(N, *, M=None, k=0, dtype=float)`
pub fn eye(vm: &mut Vm, args: Args) -> R {
    let [n, m, k, dtype] = args.parse(vm, "eye", ["N", "M", "k", "dtype"], 1)?;
    let rows = vm.index(n)?;
    let columns = int(vm, m, rows)?;
    let k = int(vm, k, 0)?;
    let dtype = dtype_arg(vm, dtype, Dtype::Float)?;
    if rows < 0 || columns < 0 {
        return Err(vm.value_error(format_args!("negative dimensions are not allowed")));
    }
    let view = View::new(vm, dtype, &[rows.min(1 << 30) as usize, columns.min(1 << 30) as usize])?;
    for row in (-k).max(0)..rows.min(columns - k) {
        let at = view.index_first(row as usize).place().nth((row + k) as usize);
        convert::set(vm, at, Val::ONE)?;
    }
    view.object(vm)
}

/// Elements `start + i * step`.
fn spaced(vm: &mut Vm, dtype: Dtype, start: f32, step: f32, n: usize, f: &dyn Fn(f32) -> f32) -> R<View> {
    let view = View::new(vm, dtype, &[n])?;
    let place = view.place();
    let mut x = [0.0; RUN];
    for i in (0..n).step_by(RUN) {
        let count = (n - i).min(RUN);
        for (k, x) in x[..count].iter_mut().enumerate() {
            *x = f(start + (i + k) as f32 * step);
        }
        place.nth(i).store_f(&mut vm.heap, &x[..count]);
        vm.poll()?;
    }
    Ok(view)
}

/// `arange(start=0, stop, step=1, *, dtype=None)`: int16 if all are integers and small, else floats.
pub fn arange(vm: &mut Vm, args: Args) -> R {
    let [a, b, c, dtype] = args.parse(vm, "arange", ["start", "stop", "step", "*dtype"], 1)?;
    let (start, stop) = if b.is_null() || b.is_none() { (Val::ZERO, a) } else { (a, b) };
    let step = if c.is_null() { Val::ONE } else { c };
    let whole = [start, stop, step].iter().all(|v| vm.heap.is_int(*v));
    let (start, stop, step) = (vm.to_float(start)?, vm.to_float(stop)?, vm.to_float(step)?);
    let small = [start, stop, step].iter().all(|x| x.abs() <= 32768.0);
    let default = if whole && small { Dtype::I16 } else { Dtype::Float };
    let dtype = dtype_arg(vm, dtype, default)?;
    if step == 0.0 {
        return Err(vm.raise(ExcKind::ZeroDivisionError, format_args!("divide by zero")));
    }
    if !start.is_finite() || !stop.is_finite() || !step.is_finite() {
        return Err(vm.value_error(format_args!("arange: cannot compute length")));
    }
    let n = libm::ceilf((stop - start) / step).max(0.0) as usize;
    spaced(vm, dtype, start, step, n, &|x| x)?.object(vm)
}

/// Number of points and the step between them.
fn steps(vm: &mut Vm, start: f32, stop: f32, num: Val, endpoint: Val) -> R<(usize, f32)> {
    let n = int(vm, num, 50)?;
    let endpoint = convert::flag(vm, endpoint, true)?;
    if !(0..=1 << 28).contains(&n) {
        return Err(vm.value_error(format_args!("Number of samples, {n}, must be non-negative.")));
    }
    let gaps = if endpoint { n - 1 } else { n };
    Ok((n as usize, if gaps > 0 { (stop - start) / gaps as f32 } else { 0.0 }))
}

/// `linspace(start, stop, num=50, *, endpoint=True, retstep=False, dtype=float)`
pub fn linspace(vm: &mut Vm, args: Args) -> R {
    let names = ["start", "stop", "num", "endpoint", "retstep", "dtype"];
    let [start, stop, num, endpoint, retstep, dtype] = args.parse(vm, "linspace", names, 2)?;
    let (start, stop) = (vm.to_float(start)?, vm.to_float(stop)?);
    let (n, step) = steps(vm, start, stop, num, endpoint)?;
    let dtype = dtype_arg(vm, dtype, Dtype::Float)?;
    let view = spaced(vm, dtype, start, step, n, &|x| x)?.object(vm)?;
    if convert::flag(vm, retstep, false)? {
        let step = crate::modules::numpy::convert::float_value(vm, step)?;
        return Ok(vm.heap.new_tuple(&[view, step])?);
    }
    Ok(view)
}

/// `logspace(start, stop, num=50, *, base=10, endpoint=True, dtype=float)`
pub fn logspace(vm: &mut Vm, args: Args) -> R {
    let names = ["start", "stop", "num", "base", "endpoint", "dtype"];
    let [start, stop, num, base, endpoint, dtype] = args.parse(vm, "logspace", names, 2)?;
    let (start, stop) = (vm.to_float(start)?, vm.to_float(stop)?);
    let (n, step) = steps(vm, start, stop, num, endpoint)?;
    let base = float(vm, base, 10.0)?;
    let dtype = dtype_arg(vm, dtype, Dtype::Float)?;
    spaced(vm, dtype, start, step, n, &|x| libm::powf(base, x))?.object(vm)
}

/// `asarray(object, *, dtype=None)`: the object itself if it is such an array already.
pub fn asarray(vm: &mut Vm, args: Args) -> R {
    let [object, dtype] = args.parse(vm, "asarray", ["object", "dtype"], 1)?;
    let old = View::opt(&vm.heap, object);
    let dtype = dtype_arg(vm, dtype, old.map_or(Dtype::Float, |v| v.dtype))?;
    if old.is_some_and(|v| v.dtype == dtype) {
        return Ok(object);
    }
    convert::array(vm, object, dtype)?.object(vm)
}

/// `frombuffer(buffer, *, dtype=float, count=-1, offset=0)`: the bytes are shared if they can be written.
pub fn frombuffer(vm: &mut Vm, args: Args) -> R {
    let [source, dtype, count, offset] =
        args.parse(vm, "frombuffer", ["buffer", "dtype", "count", "offset"], 1)?;
    let buffer = Buffer::read(vm, source)?;
    let dtype = dtype_arg(vm, dtype, Dtype::Float)?;
    let (count, offset) = (int(vm, count, -1)?, int(vm, offset, 0)?);
    let (n, start) = elements(vm, buffer, dtype.size(), count, offset)?;
    if !buffer.writable(&vm.heap) {
        let view = View::new(vm, dtype, &[n])?;
        vm.heap.copy_text(view.owner, 0, buffer.owner, buffer.start + start, n * dtype.size());
        return view.object(vm);
    }
    let (mut shape, mut strides) = ([1; DIMS], [0; DIMS]);
    (shape[0], strides[0]) = (n, dtype.size() as isize);
    View { owner: buffer.owner, dtype, ndim: 1, offset: buffer.start + start, shape, strides }.object(vm)
}

/// How many elements of `size` bytes are meant, and from which byte on.
///
/// # Errors
/// ValueError if the buffer is too small or the rest of it is no whole number of elements.
pub fn elements(vm: &mut Vm, buffer: Buffer, size: usize, count: i64, offset: i64) -> R<(usize, usize)> {
    let start = match usize::try_from(offset) {
        Ok(start) if start <= buffer.len => start,
        _ => {
            return Err(vm.value_error(format_args!(
                "offset must be non-negative and no greater than buffer length ({})",
                buffer.len
            )));
        }
    };
    let have = (buffer.len - start) / size;
    if count < 0 && !(buffer.len - start).is_multiple_of(size) {
        return Err(vm.value_error(format_args!("buffer size must be a multiple of element size")));
    }
    if count > have as i64 {
        return Err(vm.value_error(format_args!("buffer is smaller than requested size")));
    }
    Ok((if count < 0 { have } else { count as usize }, start))
}

/// `diag(array, *, k=0)`: the matrix with this diagonal, or the diagonal of this matrix.
pub fn diag(vm: &mut Vm, args: Args) -> R {
    let [source, k] = args.parse(vm, "diag", ["v", "k"], 1)?;
    let (view, k) = (View::of(vm, source)?, int(vm, k, 0)?.clamp(-(1 << 28), 1 << 28));
    let size = k.unsigned_abs() as usize;
    let (down, right) = if k < 0 { (size, 0) } else { (0, size) };
    match view.ndim {
        1 => {
            let n = view.len() + size;
            let out = View::new(vm, view.dtype, &[n, n])?;
            for i in 0..view.len() {
                let to = out.index_first(i + down).place().nth(i + right);
                super::view::move_run(vm, view.place().nth(i), to, 1);
            }
            out.object(vm)
        }
        2 => {
            let n = view.shape[0].saturating_sub(down).min(view.shape[1].saturating_sub(right));
            let mut line = View { ndim: 1, shape: [1; DIMS], strides: [0; DIMS], ..view };
            line.shape[0] = n;
            line.strides[0] = view.strides[0] + view.strides[1];
            if n > 0 {
                let skip = down as isize * view.strides[0] + right as isize * view.strides[1];
                line.offset = (view.offset as isize + skip) as usize;
            }
            line.copy_as(vm, view.dtype)?.object(vm)
        }
        _ => Err(vm.value_error(format_args!("input must be 1- or 2-d"))),
    }
}

/// `meshgrid(*arrays, indexing='xy')`
pub fn meshgrid(vm: &mut Vm, args: Args) -> R {
    let mut by_columns = true;
    for i in 0..args.nkw {
        let (name, value) = args.pair(vm, i);
        by_columns = match (vm.heap.as_str(name), vm.heap.as_str(value)) {
            (Some("indexing"), Some("xy")) => true,
            (Some("indexing"), Some("ij")) => false,
            (Some("indexing"), _) => {
                return Err(vm.value_error(format_args!("indexing must be 'xy' or 'ij'")));
            }
            _ => return Err(vm.type_error(format_args!("meshgrid() got an unexpected keyword argument"))),
        };
    }
    if args.n > DIMS {
        return Err(vm.value_error(format_args!("too many input arrays")));
    }
    let axis_of = |i: usize| if by_columns && args.n > 1 && i < 2 { 1 - i } else { i };
    let mut dims = [1; DIMS];
    for i in 0..args.n {
        let v = args.get(vm, i);
        dims[axis_of(i)] = View::of(vm, v)?.len();
    }
    let list = vm.heap.new_list_cap(args.n)?;
    for i in 0..args.n {
        let v = args.get(vm, i);
        let view = View::of(vm, v)?;
        if view.ndim != 1 {
            return Err(vm.value_error(format_args!("input must be one-dimensional")));
        }
        let (mut shape, mut strides) = ([1; DIMS], [0; DIMS]);
        shape[axis_of(i)] = view.shape[0];
        strides[axis_of(i)] = view.strides[0];
        let column = View { ndim: args.n, shape, strides, ..view };
        let out = View::new(vm, view.dtype, &dims[..args.n])?;
        if let Some(all) = column.stretched(out.dims()) {
            copy(vm, &all, &out)?;
        }
        let out = out.object(vm)?;
        vm.heap.list_push(list, out)?;
    }
    let n = args.n;
    Ok(vm.heap.new_tuple_of(list, 0, n)?)
}

/// `set_printoptions(*, threshold=None, edgeitems=None)`
pub fn set_printoptions(vm: &mut Vm, args: Args) -> R {
    let [threshold, edge] = args.parse(vm, "set_printoptions", ["*threshold", "*edgeitems"], 0)?;
    let (old_threshold, old_edge) = vm.state.numpy_print;
    let threshold = int(vm, threshold, i64::from(old_threshold))?.clamp(0, 65535) as u16;
    let edge = int(vm, edge, i64::from(old_edge))?.clamp(0, 65535) as u16;
    vm.state.numpy_print = (threshold, edge);
    Ok(Val::NONE)
}

/// `get_printoptions()`
pub fn get_printoptions(vm: &mut Vm, _args: Args) -> R {
    let (threshold, edge) = vm.state.numpy_print;
    let dict = vm.heap.new_dict(2)?;
    for (name, x) in [("threshold", threshold), ("edgeitems", edge)] {
        let key = vm.new_str(name)?;
        vm.dict_store(dict, key, Val::small(i32::from(x)))?;
    }
    Ok(dict)
}

/// `ndinfo(array)`: prints what an array is made of.
pub fn ndinfo(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    let view = View::of(vm, v)?;
    let (shape, strides) = (vm.getattr(v, "shape")?, vm.getattr(v, "strides")?);
    let (shape, strides) = (vm.repr_text(shape)?, vm.repr_text(strides)?);
    let name = if view.dtype == Dtype::Float { "float" } else { view.dtype.name() };
    let text = alloc::format!(
        "class: ndarray\nshape: {shape}\nstrides: {strides}\nitemsize: {}\ndata pointer: 0x{:08x}\ntype: {name}\n",
        view.dtype.size(),
        view.owner.bits() as usize + view.offset,
    );
    let mut out = crate::vm::Out::console();
    out.push(&text);
    out.flush(vm)?;
    Ok(Val::NONE)
}

/// A tuple or list of arrays as an argument: its items.
///
/// # Errors
/// TypeError if it is neither.
pub fn several(vm: &mut Vm, v: Val) -> R<usize> {
    match vm.heap.kind(v) {
        Some(Kind::Tuple | Kind::List) => Ok(vm.heap.items(v).len()),
        _ => Err(vm.type_error(format_args!("first argument must be a tuple of ndarrays"))),
    }
}

/// The place of element `i` of a new dense array.
pub fn nth(view: &View, i: usize) -> Place {
    Place { step: view.dtype.size() as isize, ..view.place() }.nth(i)
}
