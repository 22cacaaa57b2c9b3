//! Modules written in Python that are part of the firmware: every file in `frozen/`, packed by the build script,
//! and unpacked and compiled when imported.

use alloc::string::String;

use crate::deflate::inflate;
use crate::objects::native::R;
use crate::value::Val;
use crate::vm::Vm;

/// A packed module.
struct Frozen {
    /// With `/` between the parts, `x/__init__` for a package.
    name: &'static str,
    /// Bytes of the source.
    len: usize,
    data: &'static [u8],
}

static MODULES: &[Frozen] = include!(concat!(env!("OUT_DIR"), "/frozen.rs"));

/// Is there a frozen module of this name: "unittest", or "asyncio/__init__" for a package?
pub fn exists(name: &str) -> bool {
    MODULES.iter().any(|module| module.name == name)
}

/// Bytes of a frozen module's source.
pub fn size(name: &str) -> usize {
    MODULES.iter().find(|module| module.name == name).map_or(0, |module| module.len)
}

/// The source of a frozen module; `None` also without the memory for it.
pub fn source(name: &str) -> Option<String> {
    let module = MODULES.iter().find(|module| module.name == name)?;
    String::from_utf8(inflate(module.data, module.len)?).ok()
}

/// All names, for completion and `help('modules')`.
pub fn names() -> impl Iterator<Item = &'static str> {
    MODULES.iter().map(|module| module.name)
}

/// For native modules that are Python in part: an attribute of the frozen module `python`, if it is one of `names`.
///
/// # Errors
/// What importing raises.
pub fn attribute(vm: &mut Vm, python: &str, names: &[&str], name: &str) -> R<Option<Val>> {
    if !names.contains(&name) {
        return Ok(None);
    }
    // The name may lie in the heap, which importing moves.
    let name = String::from(name);
    let module = vm.import(python)?;
    vm.getattr(module, &name).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_module_unpacks_and_compiles() {
        for name in names() {
            let source = source(name).unwrap();
            let compiled = crate::compiler::compile(&source, name, crate::compiler::Mode::Exec);
            assert!(compiled.is_ok(), "{name}: {compiled:?}");
        }
    }
}
