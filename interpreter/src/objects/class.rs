//! `type`, and with it every class as an object.

use super::native::{Args, Entry, NativeType, R};
use crate::heap::{Kind, q};
use crate::registry::ids;
use crate::value::Val;
use crate::vm::{Out, Vm};
use core::fmt::Write;

fn print(vm: &mut Vm, v: Val, out: &mut Out, _: bool) -> R<()> {
    let mut name = vm.class_name(v);
    if vm.heap.is(v, Kind::Class) {
        let ns = vm.heap.val(v, 1);
        if let Some(n) = vm.heap.dict_get_qstr(ns, q::__qualname__).and_then(|n| vm.text(n)) {
            name = n;
        }
        if let Some(m) = vm.heap.dict_get_qstr(ns, q::__module__).and_then(|m| vm.text(m)) {
            let _ = write!(out, "<class '{m}.{name}'>");
            return Ok(());
        }
    }
    let _ = write!(out, "<class '{name}'>");
    Ok(())
}

fn new(vm: &mut Vm, meta: Val, args: Args) -> R {
    if args.n == 1 && args.nkw == 0 && meta == TYPE.val() {
        let v = args.get(vm, 0);
        return Ok(vm.type_of(v));
    }
    if args.n != 3 {
        return Err(vm.type_error(format_args!("type() takes 1 or 3 arguments")));
    }
    let [name, bases, dict] = [0, 1, 2].map(|i| vm.unwrap(args.get(vm, i)));
    if !vm.heap.is_str(name) {
        let t = vm.type_name(name);
        return Err(vm.type_error(format_args!("type.__new__() argument 1 must be str, not {t}")));
    }
    if !vm.heap.is_tuple(bases) {
        let t = vm.type_name(bases);
        return Err(vm.type_error(format_args!("type.__new__() argument 2 must be tuple, not {t}")));
    }
    if !vm.heap.is(dict, Kind::Dict) {
        let t = vm.type_name(dict);
        return Err(vm.type_error(format_args!("type.__new__() argument 3 must be dict, not {t}")));
    }
    let ns = vm.heap.new_namespace(4)?;
    let mut i = 0;
    while let Some((next, k, v)) = vm.heap.table_next(dict, i) {
        i = next;
        if vm.heap.is_str(k) {
            let k = vm.heap.intern_val(k)?;
            vm.heap.dict_set_qstr(ns, k, v)?;
        }
    }
    if vm.heap.dict_get_qstr(ns, q::__module__).is_none() {
        let globals = vm.frame_globals();
        if !globals.is_null()
            && let Some(m) = vm.heap.dict_get_qstr(globals, q::__name__)
        {
            vm.heap.dict_set_qstr(ns, q::__module__, m)?;
        }
    }
    let bases = vm.heap.tuple(bases).to_vec();
    let kw: alloc::vec::Vec<_> = (0..args.nkw).map(|i| args.pair(vm, i)).collect();
    vm.new_class(meta, name, &bases, ns, &kw)
}

/// `type.__call__(class, …)`: what a metaclass's own `__call__` builds upon.
fn call(vm: &mut Vm, args: Args) -> R {
    let class = args.get(vm, 0);
    let args = args.skip(1);
    if !vm.heap.is(class, Kind::Class) {
        return vm.call_with(class, None, args);
    }
    let (instance, init) = vm.make_instance(class, args)?;
    if let Some(init) = init {
        let v = vm.call_with(init, Some(instance), args)?;
        vm.check_init_result(v)?;
    }
    Ok(instance)
}

/// `type.__init__`: a class is complete when it has been made.
fn init(_: &mut Vm, _: Args) -> R {
    Ok(Val::NONE)
}

fn instance_check(vm: &mut Vm, args: Args) -> R {
    let (class, v) = (args.get(vm, 0), args.get(vm, 1));
    Ok(Val::bool(vm.isinstance(v, class)))
}
fn subclass_check(vm: &mut Vm, args: Args) -> R {
    let (class, c) = (args.get(vm, 0), args.get(vm, 1));
    Ok(Val::bool(vm.is_class(c) && vm.issubclass(c, class)))
}

fn get_name(vm: &mut Vm, class: Val) -> R {
    let n = vm.class_name(class);
    Ok(Val::qstr(vm.heap.intern(&n)?))
}
fn get_qualname(vm: &mut Vm, class: Val) -> R {
    if vm.heap.is(class, Kind::Class) {
        let ns = vm.heap.val(class, 1);
        if let Some(n) = vm.heap.dict_get_qstr(ns, q::__qualname__) {
            return Ok(n);
        }
    }
    get_name(vm, class)
}
fn get_module(vm: &mut Vm, class: Val) -> R {
    if vm.heap.is(class, Kind::Class) {
        let ns = vm.heap.val(class, 1);
        if let Some(m) = vm.heap.dict_get_qstr(ns, q::__module__) {
            return Ok(m);
        }
    }
    Ok(Val::qstr(q::builtins))
}
fn get_bases(vm: &mut Vm, class: Val) -> R {
    if vm.heap.is(class, Kind::Class) {
        return Ok(vm.class_info(class, crate::vm::INFO_BASES));
    }
    let order = vm.mro(class);
    Ok(vm.heap.new_tuple(order.get(1..2).unwrap_or(&[]))?)
}
fn get_mro(vm: &mut Vm, class: Val) -> R {
    let order = vm.mro(class);
    Ok(vm.heap.new_tuple(&order)?)
}
fn get_dict(vm: &mut Vm, class: Val) -> R {
    if vm.heap.is(class, Kind::Class) {
        return Ok(vm.heap.val(class, 1));
    }
    let d = vm.heap.new_dict(0)?;
    let names = vm.own_names(class)?;
    for name in names {
        if let Some(v) = vm.class_attr(class, name) {
            vm.heap.dict_set_qstr(d, name, v)?;
        }
    }
    Ok(d)
}
fn mro(vm: &mut Vm, args: Args) -> R {
    let order = vm.mro(args.get(vm, 0));
    Ok(vm.heap.new_list(&order)?)
}
fn subclasses(vm: &mut Vm, args: Args) -> R {
    let class = args.get(vm, 0);
    let all = vm.heap.list(vm.heap.root(crate::heap::Root::Classes)).to_vec();
    for &c in &all {
        // The list itself keeps none alive.
        vm.heap.keep(c)?;
    }
    let out = vm.heap.new_list_cap(0)?;
    for c in all {
        if vm.heap.tuple(vm.class_info(c, crate::vm::INFO_BASES)).contains(&class) {
            vm.heap.list_push(out, c)?;
        }
    }
    Ok(out)
}
fn reflected(vm: &mut Vm, op: super::native::BinOp, a: Val, b: Val) -> R {
    vm.metaclass_binary(op, a, b)
}
fn or(vm: &mut Vm, op: super::native::BinOp, a: Val, b: Val) -> R {
    let v = vm.metaclass_binary(op, a, b)?;
    if v != Val::NOT_IMPLEMENTED {
        return Ok(v);
    }
    // `int | str` as isinstance takes it: a tuple of classes.
    if op == super::native::BinOp::Or && (vm.is_class(b) || b.is_none()) {
        let none = super::singletons::NONE.val();
        return Ok(vm.heap.new_tuple(&[a, if b.is_none() { none } else { b }])?);
    }
    Ok(Val::NOT_IMPLEMENTED)
}

/// What a metaclass would define, as a class method: `enum` makes its classes iterable by it.
fn class_hook(vm: &mut Vm, class: Val, name: &str) -> R<Option<Val>> {
    if vm.heap.is(class, Kind::Class) { vm.getattr_opt(class, name) } else { Ok(None) }
}

fn iter(vm: &mut Vm, class: Val) -> R {
    match class_hook(vm, class, "__class_iter__")? {
        Some(f) => {
            let items = vm.call(f, &[])?;
            vm.iter(items)
        }
        None => Err(vm.type_error(format_args!("'type' object is not iterable"))),
    }
}

fn truth(_: &mut Vm, _: Val) -> R<bool> {
    Ok(true)
}

fn len(vm: &mut Vm, class: Val) -> R<usize> {
    if vm.special(class, q::__len__).is_some() {
        return vm.len(class);
    }
    match class_hook(vm, class, "__class_len__")? {
        Some(f) => {
            let n = vm.call(f, &[])?;
            Ok(usize::try_from(vm.index(n)?).unwrap_or(0))
        }
        None => Err(vm.type_error(format_args!("object of type 'type' has no len()"))),
    }
}

/// The type.
pub static TYPE: NativeType = NativeType {
    id: ids::TYPE,
    name: "type",
    subclassable: true,
    print: Some(print),
    new: Some(new),
    binary: Some(or),
    reflected: Some(reflected),
    len: Some(len),
    truth: Some(truth),
    iter: Some(iter),
    entries: &[
        Entry::FnKw("__call__", 1, super::native::ANY, call),
        Entry::FnKw("__init__", 1, super::native::ANY, init),
        Entry::Fn("__instancecheck__", 2, 2, instance_check),
        Entry::Fn("__subclasscheck__", 2, 2, subclass_check),
        Entry::Get("__name__", get_name),
        Entry::Get("__qualname__", get_qualname),
        Entry::Get("__module__", get_module),
        Entry::Get("__bases__", get_bases),
        Entry::Get("__mro__", get_mro),
        Entry::Get("__dict__", get_dict),
        Entry::Fn("mro", 1, 1, mro),
        Entry::Fn("__subclasses__", 1, 1, subclasses),
    ],
    ..NativeType::EMPTY
};
