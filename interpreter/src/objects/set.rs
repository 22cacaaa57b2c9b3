//! Python's set.

use super::native::NativeType;
use crate::registry::ids;

/// The type.
pub static SET: NativeType = NativeType {
    id: ids::SET,
    name: "set",
    subclassable: true,
    ..NativeType::EMPTY
};
