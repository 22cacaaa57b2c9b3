//! `string.templatelib`: what a t-string makes.
//!
//! A Template holds two tuples, its texts and its interpolations: one text more than interpolations. An
//! Interpolation holds a tuple of its four attributes.

use crate::heap::{F_V1, F_V2, Kind, header};
use crate::objects::native::{Args, BinOp, Entry, NativeModule, NativeType, R};
use crate::registry::{ids, modules};
use crate::value::Val;
use crate::vm::{Out, Vm};

/// `string`: the submodule; the rest is Python (`frozen/_string.py`), fetched when first asked for.
pub static STRING: NativeModule = NativeModule {
    id: modules::STRING,
    name: "string",
    // The import of the submodule notes it here, where it is anyway.
    set_attr: Some(|_, name, _| Ok(name == "templatelib")),
    get_attr: Some(|vm, name| {
        if name.starts_with('_') || name == "templatelib" {
            return Ok(None);
        }
        let name = alloc::string::String::from(name);
        let python = vm.import("_string")?;
        vm.getattr_opt(python, &name)
    }),
    entries: &[Entry::Module("templatelib", &TEMPLATELIB)],
    ..NativeModule::EMPTY
};

/// `string.templatelib`.
pub static TEMPLATELIB: NativeModule = NativeModule {
    id: modules::TEMPLATELIB,
    name: "string.templatelib",
    entries: &[Entry::Type("Template", &TEMPLATE), Entry::Type("Interpolation", &INTERPOLATION)],
    ..NativeModule::EMPTY
};

/// `Template`.
pub static TEMPLATE: NativeType = NativeType {
    id: ids::TEMPLATE,
    name: "Template",
    print: Some(print_template),
    new: Some(new_template),
    binary: Some(add),
    iter: Some(iter),
    entries: &[
        Entry::Get("strings", |vm, t| Ok(vm.heap.val(t, 1))),
        Entry::Get("interpolations", |vm, t| Ok(vm.heap.val(t, 2))),
        Entry::Get("values", values),
    ],
    ..NativeType::EMPTY
};

/// `Interpolation`.
pub static INTERPOLATION: NativeType = NativeType {
    id: ids::INTERPOLATION,
    name: "Interpolation",
    print: Some(print_interpolation),
    new: Some(new_interpolation),
    entries: &[
        Entry::Get("value", |vm, i| Ok(field(vm, i, 0))),
        Entry::Get("expression", |vm, i| Ok(field(vm, i, 1))),
        Entry::Get("conversion", |vm, i| Ok(field(vm, i, 2))),
        Entry::Get("format_spec", |vm, i| Ok(field(vm, i, 3))),
    ],
    ..NativeType::EMPTY
};

fn is(vm: &Vm, v: Val, id: u16) -> bool {
    vm.heap.is(v, Kind::Object) && vm.heap.aux(v) == id
}

fn field(vm: &Vm, interpolation: Val, i: usize) -> Val {
    vm.heap.tuple(vm.heap.val(interpolation, 1))[i]
}

fn make_template(vm: &mut Vm, strings: Val, interpolations: Val) -> R {
    let head = header(Kind::Object, F_V1 | F_V2, ids::TEMPLATE);
    Ok(vm.heap.alloc_cell(head, strings.bits(), interpolations.bits(), 0)?)
}

fn make_interpolation(vm: &mut Vm, fields: &[Val]) -> R {
    let fields = vm.heap.new_tuple(fields)?;
    Ok(vm.heap.alloc_cell(header(Kind::Object, F_V1, ids::INTERPOLATION), fields.bits(), 0, 0)?)
}

fn new_interpolation(vm: &mut Vm, _class: Val, args: Args) -> R {
    let names = ["value", "expression", "conversion", "format_spec"];
    let [value, expression, conversion, spec] = args.parse(vm, "Interpolation", names, 1)?;
    let empty = vm.new_str("")?;
    let or = |v: Val, default: Val| if v.is_null() { default } else { v };
    make_interpolation(vm, &[value, or(expression, empty), or(conversion, Val::NONE), or(spec, empty)])
}

/// Texts that follow one another become one; between two interpolations there is an empty one.
fn new_template(vm: &mut Vm, _class: Val, args: Args) -> R {
    if args.nkw > 0 {
        return Err(vm.type_error(format_args!("function doesn't take keyword arguments")));
    }
    let (strings, interpolations) = (vm.heap.new_list_cap(1)?, vm.heap.new_list_cap(0)?);
    let mut text = vm.new_str("")?;
    for i in 0..args.n {
        let part = args.get(vm, i);
        if vm.heap.is_str(part) {
            text = vm.heap.concat_text(Kind::Str, text, part)?;
        } else if is(vm, part, ids::INTERPOLATION) {
            vm.heap.list_push(strings, text)?;
            vm.heap.list_push(interpolations, part)?;
            text = vm.new_str("")?;
        } else {
            return Err(vm.type_error(format_args!("expected str or Interpolation")));
        }
    }
    vm.heap.list_push(strings, text)?;
    of_lists(vm, strings, interpolations)
}

fn of_lists(vm: &mut Vm, strings: Val, interpolations: Val) -> R {
    let n = vm.heap.list_len(strings);
    let strings = vm.heap.new_tuple_of(strings, 0, n)?;
    let n = vm.heap.list_len(interpolations);
    let interpolations = vm.heap.new_tuple_of(interpolations, 0, n)?;
    make_template(vm, strings, interpolations)
}

/// `__template__(strings, fields)`: what a t-string calls. `fields` has the four attributes of each
/// interpolation, one after the other; those of one may also be given as further arguments.
///
/// # Errors
/// TypeError if these are no sequences.
pub fn template(vm: &mut Vm, args: Args) -> R {
    let Some(strings) = args.opt(vm, 0) else {
        return Err(vm.type_error(format_args!("function missing 1 required positional arguments")));
    };
    let strings = vm.collect_list(strings)?;
    let interpolations = vm.heap.new_list_cap(0)?;
    let fields = match args.opt(vm, 1) {
        None => vm.heap.new_list_cap(0)?,
        Some(fields) if args.n == 2 => {
            if !vm.heap.is_tuple(fields) && !vm.heap.is(fields, Kind::List) {
                let name = vm.type_name(fields);
                return Err(vm.type_error(format_args!("object '{name}' isn't a tuple or list")));
            }
            vm.collect_list(fields)?
        }
        Some(_) => {
            let given: [Val; 4] = core::array::from_fn(|i| args.opt(vm, i + 1).unwrap_or(Val::NONE));
            vm.heap.new_list(&given[..(args.n - 1) / 4 * 4])?
        }
    };
    for i in 0..vm.heap.list_len(fields) / 4 {
        let four = [0, 1, 2, 3].map(|k| vm.heap.list(fields)[4 * i + k]);
        let made = make_interpolation(vm, &four)?;
        vm.heap.list_push(interpolations, made)?;
    }
    of_lists(vm, strings, interpolations)
}

fn print_template(vm: &mut Vm, v: Val, out: &mut Out, _repr: bool) -> R<()> {
    out.push("Template(strings=");
    let strings = vm.heap.val(v, 1);
    out.repr(vm, strings)?;
    out.push(", interpolations=");
    let interpolations = vm.heap.val(v, 2);
    out.repr(vm, interpolations)?;
    out.push(")");
    Ok(())
}

fn print_interpolation(vm: &mut Vm, v: Val, out: &mut Out, _repr: bool) -> R<()> {
    out.push("Interpolation");
    let fields = vm.heap.val(v, 1);
    out.repr(vm, fields)
}

fn values(vm: &mut Vm, template: Val) -> R {
    let interpolations = vm.heap.val(template, 2);
    let n = vm.heap.tuple(interpolations).len();
    let list = vm.heap.new_list_cap(n)?;
    for i in 0..n {
        let value = field(vm, vm.heap.tuple(interpolations)[i], 0);
        vm.heap.list_push(list, value)?;
    }
    Ok(vm.heap.new_tuple_of(list, 0, n)?)
}

/// The texts that are not empty and the interpolations, in order.
fn iter(vm: &mut Vm, template: Val) -> R {
    let (strings, interpolations) = (vm.heap.val(template, 1), vm.heap.val(template, 2));
    let list = vm.heap.new_list_cap(0)?;
    for i in 0..vm.heap.tuple(strings).len() {
        let text = vm.heap.tuple(strings)[i];
        if !vm.heap.bytes(text).is_empty() {
            vm.heap.list_push(list, text)?;
        }
        if let Some(&part) = vm.heap.tuple(interpolations).get(i) {
            vm.heap.list_push(list, part)?;
        }
    }
    vm.iter(list)
}

/// The last text of one and the first of the other become one.
fn add(vm: &mut Vm, op: BinOp, a: Val, b: Val) -> R {
    if op != BinOp::Add || !is(vm, b, ids::TEMPLATE) {
        return Ok(Val::NOT_IMPLEMENTED);
    }
    let (strings, interpolations) = (vm.heap.new_list_cap(1)?, vm.heap.new_list_cap(0)?);
    let mut text = vm.new_str("")?;
    for template in [a, b] {
        let (texts, parts) = (vm.heap.val(template, 1), vm.heap.val(template, 2));
        for i in 0..vm.heap.tuple(texts).len() {
            text = vm.heap.concat_text(Kind::Str, text, vm.heap.tuple(texts)[i])?;
            if let Some(&part) = vm.heap.tuple(parts).get(i) {
                vm.heap.list_push(strings, text)?;
                vm.heap.list_push(interpolations, part)?;
                text = vm.new_str("")?;
            }
        }
    }
    vm.heap.list_push(strings, text)?;
    of_lists(vm, strings, interpolations)
}
