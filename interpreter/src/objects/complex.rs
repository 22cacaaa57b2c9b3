//! Python's complex.

use super::native::NativeType;
use crate::registry::ids;

/// The type.
pub static COMPLEX: NativeType = NativeType { id: ids::COMPLEX, name: "complex", ..NativeType::EMPTY };
