//! Python's float.

use super::native::NativeType;
use crate::registry::ids;

/// The type.
pub static FLOAT: NativeType =
    NativeType { id: ids::FLOAT, name: "float", subclassable: true, ..NativeType::EMPTY };
