//! Frames as objects: what `sys.settrace` tells about, `sys._getframe()`, `tb_frame`. How they follow what runs is in
//! `vm/trace.rs`.

use super::native::{Entry, NativeType, R};
use crate::registry::ids;
use crate::value::Val;
use crate::vm::{Out, Vm, frame_field as field};
use core::fmt::Write;

fn print(vm: &mut Vm, v: Val, out: &mut Out, _: bool) -> R<()> {
    let code = code_of(vm, v);
    let file = vm.text(vm.code_file(code)).unwrap_or_default();
    let name = vm.text(vm.code_name(code)).unwrap_or_default();
    let line = vm.frame_line(v);
    let _ = write!(out, "<frame at 0x{:08x}, file '{file}', line {line}, code {name}>", v.bits());
    Ok(())
}

fn code_of(vm: &Vm, v: Val) -> Val {
    vm.heap.val(vm.frame_field(v, field::FUNCTION), 1)
}

fn back(vm: &mut Vm, v: Val) -> R {
    Ok(vm.frame_field(v, field::BACK))
}
fn code(vm: &mut Vm, v: Val) -> R {
    Ok(code_of(vm, v))
}
fn globals(vm: &mut Vm, v: Val) -> R {
    Ok(vm.heap.val(vm.frame_field(v, field::FUNCTION), 2))
}
fn last_instruction(vm: &mut Vm, v: Val) -> R {
    // In bytes, as there.
    Ok(Val::small(4 * vm.frame_field(v, field::AT).small_value()))
}
fn line(vm: &mut Vm, v: Val) -> R {
    Ok(Val::small(vm.frame_line(v) as i32))
}
fn locals(vm: &mut Vm, v: Val) -> R {
    vm.frame_locals(v)
}
fn trace(vm: &mut Vm, v: Val) -> R {
    Ok(vm.frame_field(v, field::TRACE))
}

fn set_attr(vm: &mut Vm, v: Val, name: &str, value: Val) -> R<bool> {
    if name != "f_trace" {
        return Ok(false);
    }
    vm.set_frame_field(v, field::TRACE, if value.is_null() { Val::NONE } else { value });
    Ok(true)
}

/// `frame`.
pub static FRAME: NativeType = NativeType {
    id: ids::FRAME,
    name: "frame",
    print: Some(print),
    set_attr: Some(set_attr),
    entries: &[
        Entry::Get("f_back", back),
        Entry::Get("f_code", code),
        Entry::Get("f_globals", globals),
        Entry::Get("f_lasti", last_instruction),
        Entry::Get("f_lineno", line),
        Entry::Get("f_locals", locals),
        Entry::Get("f_trace", trace),
    ],
    ..NativeType::EMPTY
};
