//! Python's frozenset.

use super::native::NativeType;
use crate::registry::ids;

/// The type.
pub static FROZENSET: NativeType = NativeType {
    id: ids::FROZENSET,
    name: "frozenset",
    subclassable: true,
    ..NativeType::EMPTY
};
