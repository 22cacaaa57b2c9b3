//! `collections`: deque in Rust; namedtuple, defaultdict, Counter and ChainMap-like helpers are Python
//! (`frozen/_collections.py`), fetched when first asked for.

use crate::objects::deque::DEQUE;
use crate::objects::native::{Entry, NativeModule, R};
use crate::registry::modules;
use crate::value::Val;
use crate::vm::Vm;

/// The module.
pub static COLLECTIONS: NativeModule = NativeModule {
    id: modules::COLLECTIONS,
    name: "collections",
    get_attr: Some(get_attr),
    entries: &[Entry::Type("deque", &DEQUE)],
    ..NativeModule::EMPTY
};

/// What the Python part defines. Dicts keep their order, so OrderedDict only adds methods.
const IN_PYTHON: [&str; 4] = ["namedtuple", "OrderedDict", "defaultdict", "Counter"];

fn get_attr(vm: &mut Vm, name: &str) -> R<Option<Val>> {
    if !IN_PYTHON.contains(&name) {
        return Ok(None);
    }
    let name = alloc::string::String::from(name);
    let python = vm.import("_collections")?;
    vm.getattr(python, &name).map(Some)
}
