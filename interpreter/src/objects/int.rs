//! Python's int.

use super::native::NativeType;
use crate::registry::ids;

/// The type.
pub static INT: NativeType =
    NativeType { id: ids::INT, name: "int", subclassable: true, ..NativeType::EMPTY };
