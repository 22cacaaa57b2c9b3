//! Python's str.

use super::native::NativeType;
use crate::registry::ids;

/// The type.
pub static STR: NativeType = NativeType {
    id: ids::STR,
    name: "str",
    subclassable: true,
    ..NativeType::EMPTY
};
