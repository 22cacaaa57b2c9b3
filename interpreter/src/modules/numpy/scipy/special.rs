//! `scipy.special`: the error and gamma functions of numbers and arrays.

use crate::modules::numpy::ufunc;
use crate::objects::native::{Entry, NativeModule};
use crate::registry::modules;

/// The module.
pub static SPECIAL: NativeModule = NativeModule {
    id: modules::SCIPY_SPECIAL,
    name: "scipy.special",
    entries: &[
        Entry::FnKw("erf", 1, 1, ufunc::erf),
        Entry::FnKw("erfc", 1, 1, ufunc::erfc),
        Entry::FnKw("gamma", 1, 1, ufunc::gamma),
        Entry::FnKw("gammaln", 1, 1, ufunc::gammaln),
    ],
    ..NativeModule::EMPTY
};
