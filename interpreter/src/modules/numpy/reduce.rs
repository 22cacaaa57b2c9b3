//! Functions that make one number of many: of all elements, or along an axis.

use super::convert::{self, axis};
use super::dtype::{Dtype, Place, RUN, key_float};
use super::order::sorted_keys;
use super::view::{Lanes, View, each_f, is_array};
use crate::objects::native::{Args, CmpOp, R, Raised};
use crate::value::Val;
use crate::vm::Vm;

#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    Sum,
    Prod,
    Mean,
    Std,
    Var,
    Min,
    Max,
    ArgMin,
    ArgMax,
    Median,
    All,
    Any,
}

enum Number {
    Int(i64),
    Float(f32),
    Complex(f32, f32),
}

impl Number {
    fn value(self, vm: &mut Vm, bool: bool) -> R {
        Ok(match self {
            Number::Int(i) if bool => Val::bool(i != 0),
            Number::Int(i) => crate::modules::numpy::convert::int_value(vm, i)?,
            Number::Float(f) => crate::modules::numpy::convert::float_value(vm, f)?,
            Number::Complex(re, im) => vm.heap.new_complex(re, im)?,
        })
    }

    fn store(self, vm: &mut Vm, place: Place) {
        match self {
            Number::Int(i) => place.store_i(&mut vm.heap, &[i as i32]),
            Number::Float(f) => place.store_f(&mut vm.heap, &[f]),
            Number::Complex(re, im) => place.store_c(&mut vm.heap, &[re], &[im]),
        }
    }
}

/// The sum of a lane: runs are added as 32-bit floats, their sums as 64-bit ones, so that errors do not add up.
#[inline(never)]
pub fn sum_f(vm: &Vm, lane: Place, n: usize) -> f64 {
    let mut sum = 0.0;
    each_f(&vm.heap, lane, n, &mut |run| sum += f64::from(run.iter().sum::<f32>()));
    sum
}

#[inline(never)]
fn sum_i(vm: &Vm, lane: Place, n: usize) -> i64 {
    let (mut sum, mut i) = (0, 0);
    let mut x = [0; RUN];
    while i < n {
        let k = (n - i).min(RUN);
        lane.nth(i).load_i(&vm.heap, &mut x[..k]);
        sum += i64::from(x[..k].iter().sum::<i32>());
        i += k;
        if vm.heap.interrupted() {
            break;
        }
    }
    sum
}

/// The mean of the squared distances from the mean.
#[inline(never)]
fn variance(vm: &Vm, lane: Place, n: usize, ddof: usize) -> f32 {
    let mean = (sum_f(vm, lane, n) / n as f64) as f32;
    let mut squares = 0.0;
    each_f(&vm.heap, lane, n, &mut |run| {
        squares += f64::from(run.iter().map(|x| (x - mean) * (x - mean)).sum::<f32>());
    });
    (squares / (n - ddof) as f64) as f32
}

/// Index and key of the least element (of the greatest if `greatest`); NaN wins, as in numpy.
#[inline(never)]
fn extreme(vm: &Vm, lane: Place, n: usize, greatest: bool) -> (usize, i32) {
    let flip = if greatest { 0 } else { -1 };
    let (mut best, mut at, mut i) = (i32::MIN, 0, 0);
    let mut x = [0; RUN];
    while i < n {
        let k = (n - i).min(RUN);
        lane.nth(i).load_key(&vm.heap, &mut x[..k]);
        for (j, key) in x[..k].iter().enumerate() {
            let key = if *key == i32::MAX { i32::MAX } else { key ^ flip };
            if key > best || i + j == 0 {
                (best, at) = (key, i + j);
            }
        }
        i += k;
        if vm.heap.interrupted() {
            break;
        }
    }
    (at, if best == i32::MAX { best } else { best ^ flip })
}

fn empty(vm: &mut Vm) -> Raised {
    vm.value_error(format_args!("attempt to get (arg)min/(arg)max of empty sequence"))
}

/// One number of a lane.
fn lane(vm: &mut Vm, what: What, p: Place, n: usize, ddof: usize) -> R<Number> {
    let number = lane_unless_interrupted(vm, what, p, n, ddof)?;
    vm.unless_interrupted()?;
    Ok(number)
}

/// The same, but anything when Ctrl-C waits.
fn lane_unless_interrupted(vm: &mut Vm, what: What, p: Place, n: usize, ddof: usize) -> R<Number> {
    if p.dtype == Dtype::Complex {
        let part = |at| Place { dtype: Dtype::Float, at, ..p };
        let (re, im) = (sum_f(vm, part(p.at), n), sum_f(vm, part(p.at + 4), n));
        return match what {
            What::Sum => Ok(Number::Complex(re as f32, im as f32)),
            What::Mean => Ok(Number::Complex((re / n as f64) as f32, (im / n as f64) as f32)),
            _ => Err(vm.type_error(format_args!("function is not implemented for complex dtype"))),
        };
    }
    let whole = p.dtype.is_int();
    Ok(match what {
        What::Sum if whole => Number::Int(sum_i(vm, p, n)),
        What::Sum => Number::Float(sum_f(vm, p, n) as f32),
        What::Prod => {
            let mut product = 1.0f64;
            each_f(&vm.heap, p, n, &mut |run| run.iter().for_each(|x| product *= f64::from(*x)));
            if whole && product.abs() < 9e15 {
                Number::Int(product as i64)
            } else {
                Number::Float(product as f32)
            }
        }
        What::Mean => Number::Float((sum_f(vm, p, n) / n as f64) as f32),
        What::Std | What::Var => {
            if ddof >= n {
                return Err(vm.value_error(format_args!("more degrees of freedom than data points")));
            }
            let v = variance(vm, p, n, ddof);
            Number::Float(if what == What::Std { libm::sqrtf(v) } else { v })
        }
        What::Min | What::Max | What::ArgMin | What::ArgMax => {
            if n == 0 {
                return Err(empty(vm));
            }
            let (at, key) = extreme(vm, p, n, matches!(what, What::Max | What::ArgMax));
            match what {
                What::ArgMin | What::ArgMax => Number::Int(at as i64),
                _ if whole => Number::Int(i64::from(key)),
                _ => Number::Float(if key == i32::MAX { f32::NAN } else { key_float(key) }),
            }
        }
        What::Median => {
            let keys = sorted_keys(vm, p, n)?;
            let value = |key: i32| if whole { key as f32 } else { key_float(key) };
            Number::Float(match n {
                0 => f32::NAN,
                _ if n % 2 == 1 => value(keys[n / 2]),
                _ => (value(keys[n / 2 - 1]) + value(keys[n / 2])) / 2.0,
            })
        }
        What::All | What::Any => {
            let stop = what == What::Any;
            let mut found = false;
            each_f(&vm.heap, p, n, &mut |run| found |= run.iter().any(|x| (*x != 0.0) == stop));
            Number::Int(i64::from(found == stop))
        }
    })
}

fn reduce(vm: &mut Vm, what: What, v: Val, ax: Val, keepdims: bool, ddof: usize) -> R {
    let view = convert::argument(vm, v)?;
    let bool = matches!(what, What::All | What::Any)
        || matches!(what, What::Min | What::Max) && view.dtype == Dtype::Bool;
    let Some(axis) = axis(vm, ax, view.ndim)? else {
        let flat = view.dense_as(vm, view.dtype)?.flat();
        let number = lane(vm, what, flat.place(), flat.len(), ddof)?;
        if keepdims {
            let dtype = result_dtype(what, view.dtype);
            let out = View::new(vm, dtype, &[1; 4][..view.ndim])?;
            number.store(vm, out.place());
            return out.object(vm);
        }
        return number.value(vm, bool);
    };
    let mut dims = view.shape;
    dims[axis] = 1;
    let mut out = View::new(vm, result_dtype(what, view.dtype), &dims[..view.ndim])?;
    let (mut from, mut to) = (Lanes::new(&view, axis), Lanes::new(&out, axis));
    while let (Some(a), Some(b)) = (from.next(vm)?, to.next(vm)?) {
        lane(vm, what, a, from.n, ddof)?.store(vm, b);
    }
    if !keepdims {
        if view.ndim == 1 {
            return convert::item(vm, out.place());
        }
        out.remove_axis(axis);
    }
    out.object(vm)
}

fn result_dtype(what: What, dtype: Dtype) -> Dtype {
    match what {
        What::Sum | What::Mean if dtype == Dtype::Complex => Dtype::Complex,
        What::Sum | What::Prod if dtype == Dtype::Bool => Dtype::U16,
        What::Sum | What::Prod | What::Min | What::Max => dtype,
        What::ArgMin | What::ArgMax => Dtype::I16,
        What::All | What::Any => Dtype::Bool,
        _ => Dtype::Float,
    }
}

/// The least or greatest item of something that is no array, or its index.
fn of_iterable(vm: &mut Vm, what: What, v: Val) -> R {
    let list = vm.collect_list(v)?;
    let op = if matches!(what, What::Max | What::ArgMax) { CmpOp::Gt } else { CmpOp::Lt };
    let mut at = 0;
    if vm.heap.list_len(list) == 0 {
        return Err(empty(vm));
    }
    for i in 1..vm.heap.list_len(list) {
        let (x, best) = (vm.heap.list(list)[i], vm.heap.list(list)[at]);
        let better = vm.compare(op, x, best)?;
        if vm.truth(better)? {
            at = i;
        }
    }
    Ok(match what {
        What::ArgMin | What::ArgMax => Val::small(at as i32),
        _ => vm.heap.list(list)[at],
    })
}

fn with_axis(vm: &mut Vm, args: Args, what: What, name: &str) -> R {
    let [v, ax, keepdims] = args.parse(vm, name, ["a", "axis", "keepdims"], 1)?;
    let keepdims = convert::flag(vm, keepdims, false)?;
    let ordered = matches!(what, What::Min | What::Max | What::ArgMin | What::ArgMax);
    if ordered && !is_array(&vm.heap, v) && !convert::is_number(vm, v) {
        let nested = convert::argument(vm, v).is_ok_and(|view| view.ndim > 1);
        if !nested {
            vm.take_exc();
            return of_iterable(vm, what, v);
        }
    }
    reduce(vm, what, v, ax, keepdims, 0)
}

/// `sum(array, axis=None, keepdims=False)`
pub fn sum(vm: &mut Vm, args: Args) -> R {
    with_axis(vm, args, What::Sum, "sum")
}

/// `prod(array, axis=None, keepdims=False)`
pub fn prod(vm: &mut Vm, args: Args) -> R {
    with_axis(vm, args, What::Prod, "prod")
}

/// `mean(array, axis=None, keepdims=False)`
pub fn mean(vm: &mut Vm, args: Args) -> R {
    with_axis(vm, args, What::Mean, "mean")
}

/// `min(array, axis=None, keepdims=False)`
pub fn min(vm: &mut Vm, args: Args) -> R {
    with_axis(vm, args, What::Min, "min")
}

/// `max(array, axis=None, keepdims=False)`
pub fn max(vm: &mut Vm, args: Args) -> R {
    with_axis(vm, args, What::Max, "max")
}

/// `argmin(array, axis=None)`
pub fn argmin(vm: &mut Vm, args: Args) -> R {
    with_axis(vm, args, What::ArgMin, "argmin")
}

/// `argmax(array, axis=None)`
pub fn argmax(vm: &mut Vm, args: Args) -> R {
    with_axis(vm, args, What::ArgMax, "argmax")
}

/// `median(array, axis=None)`
pub fn median(vm: &mut Vm, args: Args) -> R {
    with_axis(vm, args, What::Median, "median")
}

/// `all(array, axis=None)`
pub fn all(vm: &mut Vm, args: Args) -> R {
    with_axis(vm, args, What::All, "all")
}

/// `any(array, axis=None)`
pub fn any(vm: &mut Vm, args: Args) -> R {
    with_axis(vm, args, What::Any, "any")
}

fn with_ddof(vm: &mut Vm, args: Args, what: What, name: &str) -> R {
    let [v, ax, ddof, keepdims] = args.parse(vm, name, ["a", "axis", "*ddof", "*keepdims"], 1)?;
    let keepdims = convert::flag(vm, keepdims, false)?;
    let ddof = convert::int(vm, ddof, 0)?.max(0) as usize;
    reduce(vm, what, v, ax, keepdims, ddof)
}

/// `std(array, axis=None, *, ddof=0, keepdims=False)`
pub fn std(vm: &mut Vm, args: Args) -> R {
    with_ddof(vm, args, What::Std, "std")
}

/// `var(array, axis=None, *, ddof=0, keepdims=False)`
pub fn var(vm: &mut Vm, args: Args) -> R {
    with_ddof(vm, args, What::Var, "var")
}
