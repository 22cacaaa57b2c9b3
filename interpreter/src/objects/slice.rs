//! Python's slice.

use super::native::NativeType;
use crate::registry::ids;

/// The type.
pub static SLICE: NativeType = NativeType {
    id: ids::SLICE,
    name: "slice",
    ..NativeType::EMPTY
};
