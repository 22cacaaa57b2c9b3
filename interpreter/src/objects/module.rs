//! Modules as objects. A Python module: w1 = its globals (a namespace dict).

use super::native::{NativeType, R};
use crate::heap::q;
use crate::registry::{self, ids};
use crate::value::{Imm, Val};
use crate::vm::{Out, Vm};
use alloc::string::String;
use core::fmt::Write;

fn print(vm: &mut Vm, v: Val, out: &mut Out, _: bool) -> R<()> {
    let name = vm.module_name(v).unwrap_or_default();
    if v.is_ptr()
        && let Some(f) = vm.heap.dict_get_qstr(vm.heap.val(v, 1), q::__file__).and_then(|f| vm.text(f))
    {
        let _ = write!(out, "<module '{name}' from '{f}'>");
    } else {
        let _ = write!(out, "<module '{name}'>");
    }
    Ok(())
}

/// `module`.
pub static MODULE: NativeType =
    NativeType { id: ids::MODULE, name: "module", print: Some(print), ..NativeType::EMPTY };

impl Vm {
    /// The name of a module; None for anything else.
    pub fn module_name(&self, v: Val) -> Option<String> {
        if let Some(id) = v.imm_payload(Imm::NativeModule) {
            return Some(String::from(registry::native_module(id as u16).name));
        }
        if self.heap.is(v, crate::heap::Kind::Module) {
            let name = self.heap.dict_get_qstr(self.heap.val(v, 1), q::__name__)?;
            return self.text(name);
        }
        None
    }
}
