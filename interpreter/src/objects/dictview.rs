//! The views of a dict.

use super::native::NativeType;
use crate::registry::ids;

/// The type.
pub static DICTVIEW: NativeType = NativeType {
    id: ids::DICTVIEW,
    name: "dict_view",
    ..NativeType::EMPTY
};
