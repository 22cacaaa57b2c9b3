//! The iterators that builtins make: `map`, `zip`, `filter`, `enumerate`, `reversed` and the
//! two-argument `iter`.
//!
//! Each is one cell of kind `Object` with three values; the payloads are named at each type.

use alloc::vec::Vec;

use crate::heap::{Kind, q};
use crate::objects::iterators::{self, Walk};
use crate::objects::native::{Args, BinOp, ExcKind, NativeType, R};
use crate::registry::ids;
use crate::value::Val;
use crate::vm::Vm;

fn object(vm: &mut Vm, id: u16, payload: [Val; 3]) -> R {
    Ok(vm.heap.alloc_vals(Kind::Object, id, payload)?)
}

fn itself(_vm: &mut Vm, v: Val) -> R {
    Ok(v)
}

fn no_keywords(vm: &mut Vm, name: &str, args: Args) -> R<()> {
    match args.nkw {
        0 => Ok(()),
        _ => Err(vm.type_error(format_args!("{name}() takes no keyword arguments"))),
    }
}

/// A tuple of iterators over the positional arguments from number `first`.
fn iterators_of(vm: &mut Vm, args: Args, first: usize) -> R {
    let mut all = Vec::new();
    for i in first..args.n {
        let v = args.get(vm, i);
        let it = vm.iter(v)?;
        vm.heap.keep(it)?;
        if all.try_reserve(1).is_err() {
            return Err(vm.no_memory());
        }
        all.push(it);
    }
    Ok(vm.heap.new_tuple(&all)?)
}

/// The next items of the iterators in a tuple; Err(i) in place of them where number i is at its end.
fn next_of_each(vm: &mut Vm, iterators: Val) -> R<Result<Vec<Val>, usize>> {
    let n = vm.heap.tuple(iterators).len();
    let mut items = Vec::new();
    if items.try_reserve_exact(n).is_err() {
        return Err(vm.no_memory());
    }
    for i in 0..n {
        let it = vm.heap.tuple(iterators)[i];
        match vm.next(it)? {
            Some(item) => {
                vm.heap.keep(item)?;
                items.push(item);
            }
            None => return Ok(Err(i)),
        }
    }
    Ok(Ok(items))
}

// ---- map: function, iterators ----

fn map_new(vm: &mut Vm, _cls: Val, args: Args) -> R {
    no_keywords(vm, "map", args)?;
    if args.n < 2 {
        return Err(vm.type_error(format_args!("map() must have at least two arguments.")));
    }
    let iterators = iterators_of(vm, args, 1)?;
    let function = args.get(vm, 0);
    object(vm, ids::MAP, [function, iterators, Val::NULL])
}

fn map_next(vm: &mut Vm, v: Val) -> R<Option<Val>> {
    let (function, iterators) = (vm.heap.val(v, 1), vm.heap.val(v, 2));
    match next_of_each(vm, iterators)? {
        Ok(items) => vm.call(function, &items).map(Some),
        Err(_) => Ok(None),
    }
}

/// `map`
pub static MAP: NativeType = NativeType {
    id: ids::MAP,
    name: "map",
    subclassable: true,
    new: Some(map_new),
    iter: Some(itself),
    next: Some(map_next),
    ..NativeType::EMPTY
};

// ---- zip: iterators, strict ----

fn zip_new(vm: &mut Vm, _cls: Val, args: Args) -> R {
    let strict = match args.kw(vm, "strict") {
        Some(v) => vm.truth(v)?,
        None => false,
    };
    if args.nkw > usize::from(args.kw(vm, "strict").is_some()) {
        return Err(vm.type_error(format_args!("zip() got an unexpected keyword argument")));
    }
    let iterators = iterators_of(vm, args, 0)?;
    object(vm, ids::ZIP, [iterators, Val::bool(strict), Val::NULL])
}

fn zip_next(vm: &mut Vm, v: Val) -> R<Option<Val>> {
    let iterators = vm.heap.val(v, 1);
    if vm.heap.tuple(iterators).is_empty() {
        return Ok(None);
    }
    match next_of_each(vm, iterators)? {
        Ok(items) => Ok(Some(vm.heap.new_tuple(&items)?)),
        Err(ended) if vm.heap.val(v, 2) == Val::TRUE => uneven(vm, iterators, ended),
        Err(_) => Ok(None),
    }
}

/// With `strict`: the error where not all iterators end together.
fn uneven(vm: &mut Vm, iterators: Val, ended: usize) -> R<Option<Val>> {
    let n = vm.heap.tuple(iterators).len();
    let (number, length) = if ended > 0 {
        (ended, "shorter")
    } else {
        let mut longer = None;
        for i in 1..n {
            let it = vm.heap.tuple(iterators)[i];
            if vm.next(it)?.is_some() {
                longer = Some(i);
                break;
            }
        }
        match longer {
            Some(i) => (i, "longer"),
            None => return Ok(None),
        }
    };
    let (plural, range) = if number == 1 { ("", "") } else { ("s", "1-") };
    Err(vm.value_error(format_args!(
        "zip() argument {} is {length} than argument{plural} {range}{number}",
        number + 1
    )))
}

/// `zip`
pub static ZIP: NativeType = NativeType {
    id: ids::ZIP,
    name: "zip",
    subclassable: true,
    new: Some(zip_new),
    iter: Some(itself),
    next: Some(zip_next),
    ..NativeType::EMPTY
};

// ---- filter: function or None, iterator ----

fn filter_new(vm: &mut Vm, _cls: Val, args: Args) -> R {
    no_keywords(vm, "filter", args)?;
    if args.n != 2 {
        return Err(vm.type_error(format_args!("filter expected 2 arguments, got {}", args.n)));
    }
    let (function, v) = (args.get(vm, 0), args.get(vm, 1));
    let it = vm.iter(v)?;
    object(vm, ids::FILTER, [function, it, Val::NULL])
}

fn filter_next(vm: &mut Vm, v: Val) -> R<Option<Val>> {
    let (function, it) = (vm.heap.val(v, 1), vm.heap.val(v, 2));
    loop {
        let mark = vm.heap.mark_temps();
        let Some(item) = vm.next(it)? else { return Ok(None) };
        vm.heap.keep(item)?;
        let verdict = if function.is_none() { item } else { vm.call(function, &[item])? };
        if vm.truth(verdict)? {
            return Ok(Some(item));
        }
        vm.heap.release_temps(mark);
        vm.poll()?;
    }
}

/// `filter`
pub static FILTER: NativeType = NativeType {
    id: ids::FILTER,
    name: "filter",
    subclassable: true,
    new: Some(filter_new),
    iter: Some(itself),
    next: Some(filter_next),
    ..NativeType::EMPTY
};

// ---- enumerate: iterator, next number ----

fn enumerate_new(vm: &mut Vm, _cls: Val, args: Args) -> R {
    if args.n == 0 && args.kw(vm, "iterable").is_none() {
        return Err(vm.type_error(format_args!("enumerate() missing required argument 'iterable'")));
    }
    let [iterable, start] = args.parse(vm, "enumerate", ["iterable", "start"], 1)?;
    let start = if start.is_null() { Val::ZERO } else { vm.index_val(start)? };
    let it = vm.iter(iterable)?;
    object(vm, ids::ENUMERATE, [it, start, Val::NULL])
}

fn enumerate_next(vm: &mut Vm, v: Val) -> R<Option<Val>> {
    let (it, number) = (vm.heap.val(v, 1), vm.heap.val(v, 2));
    let Some(item) = vm.next(it)? else { return Ok(None) };
    vm.heap.keep(item)?;
    let pair = vm.heap.new_tuple(&[number, item])?;
    let following = vm.binary(BinOp::Add, number, Val::ONE)?;
    vm.heap.set_val(v, 2, following);
    Ok(Some(pair))
}

/// `enumerate`
pub static ENUMERATE: NativeType = NativeType {
    id: ids::ENUMERATE,
    name: "enumerate",
    subclassable: true,
    new: Some(enumerate_new),
    iter: Some(itself),
    next: Some(enumerate_next),
    ..NativeType::EMPTY
};

// ---- reversed: the iterators of the types themselves ----

fn reversed_new(vm: &mut Vm, _cls: Val, args: Args) -> R {
    no_keywords(vm, "reversed", args)?;
    if args.n != 1 {
        return Err(vm.type_error(format_args!("reversed expected 1 argument, got {}", args.n)));
    }
    let v = args.get(vm, 0);
    if let Some(f) = vm.special(v, q::__reversed__) {
        if f.is_none() {
            return Err(not_reversible(vm, v));
        }
        return vm.call_bound(f, v, &[]);
    }
    let inner = vm.unwrap(v);
    match vm.heap.kind(inner) {
        Some(Kind::List) => {
            let len = vm.heap.list_len(inner) as i32;
            iterators::new(vm, Walk::ListBack, inner, Val::small(len), Val::NULL)
        }
        Some(Kind::Dict) => iterators::over_table(vm, Walk::KeysBack, inner),
        Some(Kind::Range) => crate::objects::range::backwards(vm, inner),
        Some(Kind::Set | Kind::FrozenSet) => Err(not_reversible(vm, v)),
        _ => {
            if let Some(f) = vm.getattr_opt(inner, "__reversed__")? {
                return vm.call(f, &[]);
            }
            let native = vm.native_type_of(inner);
            let sequence = (native.len.is_some() && native.get_item.is_some())
                || (vm.special(v, q::__len__).is_some() && vm.special(v, q::__getitem__).is_some());
            if !sequence {
                return Err(not_reversible(vm, v));
            }
            let len = vm.len(v)?;
            let len = vm.heap.new_int(len as i64)?;
            iterators::new(vm, Walk::SequenceBack, v, len, Val::NULL)
        }
    }
}

fn not_reversible(vm: &mut Vm, v: Val) -> crate::objects::native::Raised {
    let t = vm.type_name(v);
    vm.type_error(format_args!("'{t}' object is not reversible"))
}

/// `reversed`
pub static REVERSED: NativeType =
    NativeType { id: ids::REVERSED, name: "reversed", new: Some(reversed_new), ..NativeType::EMPTY };

// ---- iter(callable, sentinel): callable or NULL at the end, sentinel ----

pub(super) fn callable_iterator(vm: &mut Vm, callable: Val, sentinel: Val) -> R {
    if !super::inspection::is_callable(vm, callable) {
        return Err(vm.type_error(format_args!("iter(v, w): v must be callable")));
    }
    object(vm, ids::CALLABLE_ITERATOR, [callable, sentinel, Val::NULL])
}

fn callable_next(vm: &mut Vm, v: Val) -> R<Option<Val>> {
    let (callable, sentinel) = (vm.heap.val(v, 1), vm.heap.val(v, 2));
    if callable.is_null() {
        return Ok(None);
    }
    let item = match vm.call(callable, &[]) {
        Ok(item) => item,
        Err(raised) => {
            if !vm.exc_is(ExcKind::StopIteration) {
                return Err(raised);
            }
            vm.take_exc();
            vm.heap.set_val(v, 1, Val::NULL);
            return Ok(None);
        }
    };
    vm.heap.keep(item)?;
    if vm.eq(item, sentinel)? {
        vm.heap.set_val(v, 1, Val::NULL);
        return Ok(None);
    }
    Ok(Some(item))
}

/// What `iter(callable, sentinel)` makes.
pub static CALLABLE_ITERATOR: NativeType = NativeType {
    id: ids::CALLABLE_ITERATOR,
    name: "callable_iterator",
    iter: Some(itself),
    next: Some(callable_next),
    ..NativeType::EMPTY
};
