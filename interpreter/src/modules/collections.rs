//! `collections`: deque in Rust; namedtuple, defaultdict, Counter and ChainMap-like helpers are Python
//! (`frozen/_collections.py`), fetched when first asked for.

use super::frozen;
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
const IN_PYTHON: &[&str] = &["namedtuple", "OrderedDict", "defaultdict", "Counter", "ChainMap"];

fn get_attr(vm: &mut Vm, name: &str) -> R<Option<Val>> {
    frozen::attribute(vm, "_collections", IN_PYTHON, name)
}
