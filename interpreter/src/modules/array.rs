//! `array`: see [`crate::objects::array`].

use crate::objects::array::ARRAY as TYPE;
use crate::objects::native::{Entry, NativeModule};
use crate::registry::modules;

/// The module.
pub static ARRAY: NativeModule = NativeModule {
    id: modules::ARRAY,
    name: "array",
    entries: &[
        Entry::Type("array", &TYPE),
        Entry::Type("ArrayType", &TYPE),
        Entry::Str("typecodes", "bBhHiIlLqQfd"),
    ],
    ..NativeModule::EMPTY
};
