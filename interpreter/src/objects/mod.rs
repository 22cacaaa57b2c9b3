//! One file a built-in type, all in the same order; [`native`] is how they present themselves.

pub mod native;

// WIRE pub mod array;
pub mod bool;
pub mod bytearray;
pub mod bytes;
pub mod class;
pub mod complex;
// WIRE pub mod deque;
pub mod descriptors;
pub mod dict;
pub mod dictview;
pub mod dunder;
pub mod exception;
pub mod float;
pub mod format;
pub mod frozenset;
pub mod function;
pub mod generator;
pub mod int;
pub mod iterators;
pub mod list;
pub mod memoryview;
pub mod module;
pub mod object;
pub mod range;
pub mod set;
pub mod singletons;
pub mod slice;
pub mod str;
pub mod tuple;
// WIRE pub mod typecode;
