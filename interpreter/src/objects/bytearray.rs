//! Python's bytearray.

use super::native::NativeType;
use crate::registry::ids;

/// The type.
pub static BYTEARRAY: NativeType = NativeType {
    id: ids::BYTEARRAY,
    name: "bytearray",
    subclassable: true,
    ..NativeType::EMPTY
};
