//! Python's list.

use super::native::NativeType;
use crate::registry::ids;

/// The type.
pub static LIST: NativeType = NativeType {
    id: ids::LIST,
    name: "list",
    subclassable: true,
    ..NativeType::EMPTY
};
