//! Python's tuple.

use super::native::NativeType;
use crate::registry::ids;

/// The type.
pub static TUPLE: NativeType = NativeType {
    id: ids::TUPLE,
    name: "tuple",
    subclassable: true,
    ..NativeType::EMPTY
};
