//! Python's range.

use super::native::NativeType;
use crate::registry::ids;

/// The type.
pub static RANGE: NativeType = NativeType {
    id: ids::RANGE,
    name: "range",
    ..NativeType::EMPTY
};
