//! Python's bool.

use super::native::NativeType;
use crate::registry::ids;

/// The type.
pub static BOOL: NativeType =
    NativeType { id: ids::BOOL, name: "bool", base: Some(&super::int::INT), ..NativeType::EMPTY };
