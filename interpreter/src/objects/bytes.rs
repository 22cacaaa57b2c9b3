//! Python's bytes.

use super::native::NativeType;
use crate::registry::ids;

/// The type.
pub static BYTES: NativeType = NativeType {
    id: ids::BYTES,
    name: "bytes",
    subclassable: true,
    ..NativeType::EMPTY
};
