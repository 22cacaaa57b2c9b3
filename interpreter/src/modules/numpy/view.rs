//! What an array is: a window on the bytes of an owner, with a shape and strides; and the ways to walk it.
//!
//! The cell of an ndarray: w1 = a buffer with offset, shape and strides (one 32-bit word each), w2 = the owner of
//! the bytes (an `array`, or a bytearray that the program lent), w3 = type code | dimensions << 8.

use super::dtype::{Dtype, Place, RUN};
use crate::heap::{F_V2, Heap, Kind, Move, header};
use crate::objects::array;
use crate::objects::native::{R, Raised};
use crate::registry::ids;
use crate::value::Val;
use crate::vm::Vm;

/// The most dimensions.
pub const DIMS: usize = 4;

/// A window on an owner's bytes, copied out of an ndarray's cell (or not yet in one).
#[derive(Clone, Copy, Debug)]
pub struct View {
    /// The object that holds the bytes.
    pub owner: Val,
    /// The type of the elements.
    pub dtype: Dtype,
    /// Number of dimensions, 1 to [`DIMS`].
    pub ndim: usize,
    /// The first element's byte.
    pub offset: usize,
    /// Elements along each dimension; 1 beyond `ndim`.
    pub shape: [usize; DIMS],
    /// Bytes from one element to the next along each dimension; 0 beyond `ndim`.
    pub strides: [isize; DIMS],
}

impl View {
    /// The view that an ndarray is; `None` for anything else.
    pub fn opt(heap: &Heap, v: Val) -> Option<View> {
        if !is_array(heap, v) {
            return None;
        }
        let w3 = heap.w(v, 3);
        let ndim = ((w3 >> 8) as usize).clamp(1, DIMS);
        let words = heap.buf_vals(v, 1 + 2 * ndim);
        let word = |i: usize| words.get(i).map_or(0, |v| v.bits());
        let (mut shape, mut strides) = ([1; DIMS], [0; DIMS]);
        for i in 0..ndim {
            shape[i] = word(1 + i) as usize;
            strides[i] = word(1 + ndim + i) as i32 as isize;
        }
        let dtype = Dtype::from_code(w3 as u8).unwrap_or(Dtype::U8);
        Some(View { owner: heap.val(v, 2), dtype, ndim, offset: word(0) as usize, shape, strides })
    }

    /// The view of an argument that must be an ndarray.
    ///
    /// # Errors
    /// TypeError.
    pub fn of(vm: &mut Vm, v: Val) -> R<View> {
        match View::opt(&vm.heap, v) {
            Some(view) => Ok(view),
            None => Err(vm.type_error(format_args!("input must be an ndarray"))),
        }
    }

    /// A new array of zeros.
    ///
    /// # Errors
    /// ValueError for too many dimensions or elements, MemoryError.
    pub fn new(vm: &mut Vm, dtype: Dtype, dims: &[usize]) -> R<View> {
        if dims.len() > DIMS {
            return Err(vm.value_error(format_args!("maximum number of dimensions is {DIMS}")));
        }
        let (mut shape, mut strides) = ([1; DIMS], [0; DIMS]);
        shape[..dims.len()].copy_from_slice(dims);
        let mut bytes = dtype.size();
        for i in (0..dims.len()).rev() {
            strides[i] = bytes as isize;
            let n = shape[i];
            bytes = match bytes.checked_mul(n) {
                Some(b) if b < 1 << 30 => b,
                _ => return Err(vm.value_error(format_args!("array is too big"))),
            };
        }
        let owner = new_owner(vm, dtype, bytes)?;
        Ok(View { owner, dtype, ndim: dims.len().max(1), offset: 0, shape, strides })
    }

    /// A new array of the same shape.
    ///
    /// # Errors
    /// MemoryError.
    #[inline(never)]
    pub fn like(&self, vm: &mut Vm, dtype: Dtype) -> R<View> {
        View::new(vm, dtype, self.dims())
    }

    /// The array as an object.
    ///
    /// # Errors
    /// MemoryError.
    pub fn object(&self, vm: &mut Vm) -> R {
        let w3 = self.dtype as u32 | (self.ndim as u32) << 8;
        let cell = vm.heap.alloc_cell(header(Kind::Object, F_V2, ids::NDARRAY), 0, self.owner.bits(), w3)?;
        vm.heap.alloc_buffer(cell, 4 * (1 + 2 * self.ndim), Move::Movable)?;
        self.write(&mut vm.heap, cell);
        Ok(cell)
    }

    /// Writes shape and strides into an ndarray's cell of as many dimensions.
    fn write(&self, heap: &mut Heap, cell: Val) {
        let n = self.ndim;
        let words = heap.buf_vals_mut(cell, 1 + 2 * n);
        let mut put = |i: usize, x: u32| {
            if let Some(w) = words.get_mut(i) {
                *w = Val::from_bits(x);
            }
        };
        put(0, self.offset as u32);
        for i in 0..n {
            put(1 + i, self.shape[i] as u32);
            put(1 + n + i, self.strides[i] as u32);
        }
    }

    /// Makes an ndarray show this view (its owner stays).
    ///
    /// # Errors
    /// MemoryError.
    pub fn replace(&self, vm: &mut Vm, cell: Val) -> R<()> {
        vm.heap.resize_buffer(cell, 4 * (1 + 2 * self.ndim))?;
        vm.heap.set_w(cell, 3, self.dtype as u32 | (self.ndim as u32) << 8);
        self.write(&mut vm.heap, cell);
        Ok(())
    }

    /// The shape.
    pub fn dims(&self) -> &[usize] {
        &self.shape[..self.ndim]
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        self.dims().iter().product()
    }

    /// Has it no elements?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Do the elements lie one after another, in the order of the indices?
    pub fn is_dense(&self) -> bool {
        let mut expected = self.dtype.size() as isize;
        for i in (0..self.ndim).rev() {
            if self.shape[i] != 1 && self.strides[i] != expected {
                return false;
            }
            expected *= self.shape[i] as isize;
        }
        true
    }

    /// Where the first element lies; the step is that of the last dimension.
    #[inline(never)]
    pub fn place(&self) -> Place {
        self.place_at(self.offset, self.ndim - 1)
    }

    /// A place at a byte, to go on along `axis`.
    pub fn place_at(&self, at: usize, axis: usize) -> Place {
        Place { owner: self.owner, dtype: self.dtype, at, step: self.strides[axis] }
    }

    /// Its elements in one dimension; they must be dense.
    pub fn flat(&self) -> View {
        let (mut shape, mut strides) = ([1; DIMS], [0; DIMS]);
        shape[0] = self.len();
        strides[0] = self.dtype.size() as isize;
        View { ndim: 1, shape, strides, ..*self }
    }

    /// The same elements in another shape; they must be dense and as many.
    pub fn with_dims(&self, dims: &[usize]) -> View {
        let (mut shape, mut strides) = ([1; DIMS], [0; DIMS]);
        shape[..dims.len()].copy_from_slice(dims);
        let mut step = self.dtype.size() as isize;
        for i in (0..dims.len()).rev() {
            strides[i] = step;
            step *= shape[i] as isize;
        }
        View { ndim: dims.len(), shape, strides, ..*self }
    }

    /// Index `i` along the first dimension (which must be within it): one dimension fewer, or one element.
    #[inline(never)]
    pub fn index_first(&self, i: usize) -> View {
        self.index_axis(0, i)
    }

    /// Index `i` along `axis`. Of one dimension remains a view of one element.
    #[inline(never)]
    pub fn index_axis(&self, axis: usize, i: usize) -> View {
        let offset = (self.offset as isize + i as isize * self.strides[axis]) as usize;
        let mut view = View { offset, ..*self };
        if self.ndim == 1 {
            view.shape[0] = 1;
            return view;
        }
        view.remove_axis(axis);
        view
    }

    /// Takes a dimension out.
    pub fn remove_axis(&mut self, axis: usize) {
        for k in axis..DIMS - 1 {
            self.shape[k] = self.shape[k + 1];
            self.strides[k] = self.strides[k + 1];
        }
        self.shape[DIMS - 1] = 1;
        self.strides[DIMS - 1] = 0;
        self.ndim -= 1;
    }

    /// A dense copy, converted.
    ///
    /// # Errors
    /// MemoryError.
    pub fn copy_as(&self, vm: &mut Vm, dtype: Dtype) -> R<View> {
        let out = self.like(vm, dtype)?;
        copy(vm, self, &out)?;
        Ok(out)
    }

    /// Itself if it is dense and of this type, else a copy that is.
    ///
    /// # Errors
    /// MemoryError.
    #[inline(never)]
    pub fn dense_as(&self, vm: &mut Vm, dtype: Dtype) -> R<View> {
        if self.dtype == dtype && self.is_dense() { Ok(*self) } else { self.copy_as(vm, dtype) }
    }

    /// This view stretched to a shape; `None` if it does not fit.
    pub fn stretched(&self, dims: &[usize]) -> Option<View> {
        let skip = dims.len().checked_sub(self.ndim)?;
        let (mut shape, mut strides) = ([1; DIMS], [0; DIMS]);
        for (i, &n) in dims.iter().enumerate() {
            shape[i] = n;
            if i >= skip {
                let own = self.shape[i - skip];
                if own == n {
                    strides[i] = self.strides[i - skip];
                } else if own != 1 {
                    return None;
                }
            }
        }
        Some(View { ndim: dims.len(), shape, strides, ..*self })
    }
}

/// Is it an ndarray?
pub fn is_array(heap: &Heap, v: Val) -> bool {
    heap.is(v, Kind::Object) && heap.aux(v) == ids::NDARRAY
}

/// Zeroed bytes for elements.
fn new_owner(vm: &mut Vm, dtype: Dtype, bytes: usize) -> R {
    // Complex numbers are pairs of floats to whoever looks at the bytes.
    let code = if dtype == Dtype::Complex { b'f' } else { dtype as u8 };
    let owner = array::new_array(vm, code)?;
    if bytes > 0 {
        vm.heap.alloc_buffer(owner, bytes, Move::Movable)?;
        vm.heap.set_w(owner, 2, bytes as u32);
        vm.heap.text_mut(owner).fill(0);
    }
    Ok(owner)
}

/// Copies and converts all elements into a view of the same shape.
///
/// # Errors
/// KeyboardInterrupt.
pub fn copy(vm: &mut Vm, from: &View, to: &View) -> R<()> {
    if from.dtype == to.dtype && from.is_dense() && to.is_dense() {
        let n = from.len() * from.dtype.size();
        let have = |owner, offset| vm.heap.bytes(owner).len() >= offset + n;
        if have(from.owner, from.offset) && have(to.owner, to.offset) {
            vm.heap.copy_text(to.owner, to.offset, from.owner, from.offset, n);
            return Ok(());
        }
    }
    let mut walk = Walk::new([from, to]);
    while let Some(([a, b], n)) = walk.next(vm)? {
        move_run(vm, a, b, n);
    }
    Ok(())
}

/// Copies and converts a run of elements.
pub fn move_run(vm: &mut Vm, from: Place, to: Place, n: usize) {
    if from.dtype == Dtype::Complex && to.dtype == Dtype::Complex {
        let (mut re, mut im) = ([0.0; RUN], [0.0; RUN]);
        from.load_c(&vm.heap, &mut re[..n], &mut im[..n]);
        to.store_c(&mut vm.heap, &re[..n], &im[..n]);
    } else if from.dtype.is_int() {
        let mut x = [0; RUN];
        from.load_i(&vm.heap, &mut x[..n]);
        to.store_i(&mut vm.heap, &x[..n]);
    } else {
        let mut x = [0.0; RUN];
        from.load_f(&vm.heap, &mut x[..n]);
        to.store_f(&mut vm.heap, &x[..n]);
    }
}

/// The common shape of views; ValueError in numpy's words if there is none.
///
/// # Errors
/// ValueError "operands could not be broadcast together with shapes …".
pub fn broadcast(vm: &mut Vm, views: &[&View]) -> R<([usize; DIMS], usize)> {
    let ndim = views.iter().map(|v| v.ndim).max().unwrap_or(1);
    let mut shape = [1; DIMS];
    for v in views {
        for i in 0..v.ndim {
            let (n, k) = (v.shape[i], ndim - v.ndim + i);
            if shape[k] == 1 {
                shape[k] = n;
            } else if n != 1 && n != shape[k] {
                return Err(no_broadcast(vm, views));
            }
        }
    }
    Ok((shape, ndim))
}

#[cold]
fn no_broadcast(vm: &mut Vm, views: &[&View]) -> Raised {
    let mut shapes = alloc::string::String::new();
    for v in views {
        shapes.push(' ');
        push_shape(&mut shapes, v.dims());
    }
    vm.value_error(format_args!("operands could not be broadcast together with shapes{shapes}"))
}

/// A shape as numpy writes it: `(2,3)`, `(4,)`.
pub fn push_shape(to: &mut alloc::string::String, dims: &[usize]) {
    use core::fmt::Write;
    to.push('(');
    for (i, n) in dims.iter().enumerate() {
        let _ = write!(to, "{}{n}", if i > 0 { "," } else { "" });
    }
    to.push_str(if dims.len() == 1 { ",)" } else { ")" });
}

/// A walk over K views of one shape together, in runs of up to [`RUN`] elements along the last dimension.
pub struct Walk<const K: usize> {
    owners: [(Val, Dtype); K],
    shape: [usize; DIMS],
    strides: [[isize; DIMS]; K],
    /// Byte of the current row's first element.
    row: [usize; K],
    index: [usize; DIMS],
    /// Elements of the row that are done.
    column: usize,
    /// Nothing more to come.
    done: bool,
    ticks: u8,
}

impl<const K: usize> Walk<K> {
    /// The views must have the shape of the first.
    pub fn new(views: [&View; K]) -> Walk<K> {
        let first = views[0];
        let (mut shape, mut strides) = ([1; DIMS], [[0; DIMS]; K]);
        // Dimensions that go on in one step for all views are one. They are set to the right.
        let mut to = DIMS;
        for i in (0..first.ndim).rev() {
            let n = first.shape[i];
            if n == 1 {
                continue;
            }
            if to < DIMS
                && views.iter().enumerate().all(|(k, v)| v.strides[i] == strides[k][to] * shape[to] as isize)
            {
                shape[to] *= n;
                continue;
            }
            to -= 1;
            shape[to] = n;
            for (k, v) in views.iter().enumerate() {
                strides[k][to] = v.strides[i];
            }
        }
        Walk {
            owners: views.map(|v| (v.owner, v.dtype)),
            shape,
            strides,
            row: views.map(|v| v.offset),
            index: [0; DIMS],
            column: 0,
            done: first.is_empty(),
            ticks: 0,
        }
    }

    /// The next run: its places and length. Looks at Ctrl-C now and then.
    ///
    /// # Errors
    /// KeyboardInterrupt, or what a callback raises.
    pub fn next(&mut self, vm: &mut Vm) -> R<Option<([Place; K], usize)>> {
        self.ticks = self.ticks.wrapping_add(1);
        if self.ticks & 15 == 0 {
            vm.poll()?;
        }
        Ok(self.step(RUN))
    }

    /// The next run of at most `most` elements.
    pub fn step(&mut self, most: usize) -> Option<([Place; K], usize)> {
        if self.done {
            return None;
        }
        const LAST: usize = DIMS - 1;
        let n = (self.shape[LAST] - self.column).min(most);
        let places = core::array::from_fn(|k| {
            let step = self.strides[k][LAST];
            let at = (self.row[k] as isize + self.column as isize * step) as usize;
            Place { owner: self.owners[k].0, dtype: self.owners[k].1, at, step }
        });
        self.column += n;
        if self.column == self.shape[LAST] {
            self.column = 0;
            self.next_row();
        }
        Some((places, n))
    }

    fn next_row(&mut self) {
        for i in (0..DIMS - 1).rev() {
            self.index[i] += 1;
            for k in 0..K {
                self.row[k] = (self.row[k] as isize + self.strides[k][i]) as usize;
            }
            if self.index[i] < self.shape[i] {
                return;
            }
            for k in 0..K {
                self.row[k] = (self.row[k] as isize - self.strides[k][i] * self.shape[i] as isize) as usize;
            }
            self.index[i] = 0;
        }
        self.done = true;
    }
}

/// The lanes of a view along an axis: every run of elements in which only that index changes.
pub struct Lanes {
    rest: Walk<1>,
    step: isize,
    /// Elements of a lane.
    pub n: usize,
}

impl Lanes {
    /// All lanes along `axis`.
    pub fn new(view: &View, axis: usize) -> Lanes {
        let mut rest = *view;
        let (step, n) = (view.strides[axis], view.shape[axis]);
        if view.ndim == 1 {
            rest.shape[0] = 1;
        } else {
            rest.remove_axis(axis);
        }
        Lanes { rest: Walk::new([&rest]), step, n }
    }

    /// The next lane's first element.
    ///
    /// # Errors
    /// KeyboardInterrupt, or what a callback raises.
    pub fn next(&mut self, vm: &mut Vm) -> R<Option<Place>> {
        vm.poll()?;
        Ok(self.rest.step(1).map(|([p], _)| Place { step: self.step, ..p }))
    }
}

/// Calls `f` with all elements of a lane as floats, run by run; gives up when Ctrl-C comes.
#[inline(never)]
pub fn each_f(heap: &Heap, lane: Place, n: usize, f: &mut dyn FnMut(&[f32])) {
    let mut x = [0.0; RUN];
    let mut i = 0;
    while i < n {
        let k = (n - i).min(RUN);
        lane.nth(i).load_f(heap, &mut x[..k]);
        f(&x[..k]);
        i += k;
        if heap.interrupted() {
            return;
        }
    }
}
