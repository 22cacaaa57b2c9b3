//! Functions that compare elements, choose between them, or count them.

use super::convert::{self, int, is_number, operand};
use super::dtype::{Dtype, RUN};
use super::operators::{Op, apply};
use super::view::{View, Walk, broadcast, copy, move_run};
use crate::objects::native::{Args, CmpOp, R, Raised};
use crate::value::Val;
use crate::vm::{BinOp, Vm};

fn bad_input(vm: &mut Vm) -> Raised {
    vm.type_error(format_args!("input must be an ndarray, or a scalar"))
}

/// A function of two arrays or numbers; of two numbers it is a number.
pub fn pair(vm: &mut Vm, op: Op, a: Val, b: Val) -> R {
    let single = is_number(vm, a) && is_number(vm, b);
    let (Some(x), Some(y)) = (operand(vm, a, None)?, operand(vm, b, None)?) else {
        return Err(bad_input(vm));
    };
    let out = apply(vm, op, &x, &y)?;
    if single { convert::item(vm, out.place()) } else { out.object(vm) }
}

macro_rules! pairs {
    ($($(#[$doc:meta])* $name:ident $op:expr;)*) => {
        $($(#[$doc])* pub fn $name(vm: &mut Vm, args: Args) -> R {
            let (a, b) = (args.get(vm, 0), args.get(vm, 1));
            pair(vm, $op, a, b)
        })*
    };
}

pairs! {
    /// `minimum(a, b)`
    minimum Op::Minimum;
    /// `maximum(a, b)`
    maximum Op::Maximum;
    /// `arctan2(y, x)`
    arctan2 Op::Arctan2;
    /// `equal(a, b)`
    equal Op::Compare(CmpOp::Eq);
    /// `not_equal(a, b)`
    not_equal Op::Compare(CmpOp::Ne);
    /// `bitwise_and(a, b)`
    bitwise_and Op::Bitwise(BinOp::And);
    /// `bitwise_or(a, b)`
    bitwise_or Op::Bitwise(BinOp::Or);
    /// `bitwise_xor(a, b)`
    bitwise_xor Op::Bitwise(BinOp::Xor);
    /// `left_shift(a, b)`
    left_shift Op::Bitwise(BinOp::LShift);
    /// `right_shift(a, b)`
    right_shift Op::Bitwise(BinOp::RShift);
    /// `power(a, b)`
    power Op::Binary(BinOp::Pow);
}

/// `clip(array, least, greatest)`
pub fn clip(vm: &mut Vm, args: Args) -> R {
    let (v, least, greatest) = (args.get(vm, 0), args.get(vm, 1), args.get(vm, 2));
    let v = if least.is_none() { v } else { pair(vm, Op::Maximum, v, least)? };
    if greatest.is_none() { Ok(v) } else { pair(vm, Op::Minimum, v, greatest) }
}

fn classify(vm: &mut Vm, v: Val, f: fn(f32) -> bool) -> R {
    if is_number(vm, v) {
        return Ok(Val::bool(f(vm.to_float(v)?)));
    }
    let view = convert::argument(vm, v)?;
    let out = view.like(vm, Dtype::Bool)?;
    let mut walk = Walk::new([&view, &out]);
    while let Some(([a, b], n)) = walk.next(vm)? {
        let (mut x, mut y) = ([0.0; RUN], [0; RUN]);
        a.load_f(&vm.heap, &mut x[..n]);
        x[..n].iter().zip(&mut y).for_each(|(x, y)| *y = i32::from(f(*x)));
        b.store_i(&mut vm.heap, &y[..n]);
    }
    out.object(vm)
}

/// `isfinite(x)`
pub fn isfinite(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    classify(vm, v, f32::is_finite)
}

/// `isinf(x)`
pub fn isinf(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    classify(vm, v, f32::is_infinite)
}

/// `isnan(x)`
pub fn isnan(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    classify(vm, v, f32::is_nan)
}

/// `where(condition, x, y)`
pub fn where_(vm: &mut Vm, args: Args) -> R {
    let c = args.get(vm, 0);
    let condition = convert::argument(vm, c)?;
    if args.n == 1 {
        return nonzero_of(vm, &condition);
    }
    if args.n != 3 {
        return Err(vm.value_error(format_args!("either both or neither of x and y should be given")));
    }
    let (x, y) = (args.get(vm, 1), args.get(vm, 2));
    let of = |vm: &Vm, v| View::opt(&vm.heap, v).map(|v| v.dtype);
    let other = of(vm, x).or(of(vm, y));
    let (Some(x), Some(y)) = (operand(vm, x, other)?, operand(vm, y, other)?) else {
        return Err(bad_input(vm));
    };
    let (shape, ndim) = broadcast(vm, &[&condition, &x, &y])?;
    let dtype = if x.dtype == y.dtype { x.dtype } else { x.dtype.promote(y.dtype) };
    let out = View::new(vm, dtype, &shape[..ndim])?;
    let dims = out.dims();
    let (Some(condition), Some(x), Some(y)) =
        (condition.stretched(dims), x.stretched(dims), y.stretched(dims))
    else {
        return Err(bad_input(vm));
    };
    copy(vm, &y, &out)?;
    let mut walk = Walk::new([&condition, &x, &out]);
    while let Some(([c, x, out], n)) = walk.next(vm)? {
        let mut wanted = [0.0; RUN];
        c.load_f(&vm.heap, &mut wanted[..n]);
        for (i, _) in wanted[..n].iter().enumerate().filter(|(_, c)| **c != 0.0) {
            move_run(vm, x.nth(i), out.nth(i), 1);
        }
    }
    out.object(vm)
}

/// `nonzero(array)`: the indices of elements that are not 0, a uint16 array for each dimension.
pub fn nonzero(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    let view = convert::argument(vm, v)?;
    nonzero_of(vm, &view)
}

fn nonzero_of(vm: &mut Vm, view: &View) -> R {
    let mut count = 0;
    let mut walk = Walk::new([view]);
    while let Some(([p], n)) = walk.next(vm)? {
        let mut x = [0.0; RUN];
        p.load_f(&vm.heap, &mut x[..n]);
        count += x[..n].iter().filter(|x| **x != 0.0).count();
    }
    let mut outs = [*view; super::view::DIMS];
    let mut objects = [Val::NULL; super::view::DIMS];
    for axis in 0..view.ndim {
        outs[axis] = View::new(vm, Dtype::U16, &[count])?;
        objects[axis] = outs[axis].object(vm)?;
    }
    let dense = view.dense_as(vm, view.dtype)?.flat();
    let mut k = 0;
    for i in 0..dense.len() {
        if i % 256 == 0 {
            vm.poll()?;
        }
        if k < count && dense.place().nth(i).f(&vm.heap) != 0.0 {
            let mut rest = i;
            for axis in (0..view.ndim).rev() {
                let index = (rest % view.shape[axis]) as i32;
                rest /= view.shape[axis];
                outs[axis].place().nth(k).store_i(&mut vm.heap, &[index]);
            }
            k += 1;
        }
    }
    Ok(vm.heap.new_tuple(&objects[..view.ndim])?)
}

/// `bincount(array, *, weights=None, minlength=None)`
pub fn bincount(vm: &mut Vm, args: Args) -> R {
    let [v, weights, least] = args.parse(vm, "bincount", ["x", "weights", "minlength"], 1)?;
    let view = View::of(vm, v)?;
    if view.ndim > 1 {
        return Err(vm.value_error(format_args!("object too deep for desired array")));
    }
    if !matches!(view.dtype, Dtype::U8 | Dtype::U16) {
        return Err(vm.type_error(format_args!("cannot cast array data from dtype")));
    }
    let least = int(vm, least, 0)?;
    if least < 0 {
        return Err(vm.value_error(format_args!("minlength must not be negative")));
    }
    let weights = if weights.is_null() || weights.is_none() {
        None
    } else {
        let w = convert::argument(vm, weights)?;
        if w.dtype == Dtype::Complex {
            return Err(vm.type_error(format_args!("cannot cast weigths to float")));
        }
        if w.len() != view.len() || w.ndim > 1 {
            return Err(vm.value_error(format_args!("the weights and list don't have the same length")));
        }
        Some(w)
    };
    let mut n = least.min(1 << 28) as usize;
    for i in 0..view.len() {
        n = n.max(view.place().nth(i).key(&vm.heap) as usize + 1);
    }
    let out = View::new(vm, if weights.is_some() { Dtype::Float } else { Dtype::U16 }, &[n])?;
    for i in 0..view.len() {
        if i % 256 == 0 {
            vm.poll()?;
        }
        let to = out.place().nth(view.place().nth(i).key(&vm.heap) as usize);
        let more = weights.map_or(1.0, |w| w.place().nth(i).f(&vm.heap));
        let sum = to.f(&vm.heap) + more;
        to.store_f(&mut vm.heap, &[sum]);
    }
    out.object(vm)
}
