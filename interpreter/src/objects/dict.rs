//! Python's dict.

use super::native::NativeType;
use crate::registry::ids;

/// The type.
pub static DICT: NativeType = NativeType {
    id: ids::DICT,
    name: "dict",
    subclassable: true,
    ..NativeType::EMPTY
};
