//! Python's memoryview.

use super::native::NativeType;
use crate::registry::ids;

/// The type.
pub static MEMORYVIEW: NativeType = NativeType {
    id: ids::MEMORYVIEW,
    name: "memoryview",
    ..NativeType::EMPTY
};
