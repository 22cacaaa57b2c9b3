//! The iterators of the built-in types.

use super::native::NativeType;
use crate::registry::ids;

/// The type.
pub static ITER: NativeType = NativeType {
    id: ids::ITER,
    name: "iterator",
    ..NativeType::EMPTY
};
