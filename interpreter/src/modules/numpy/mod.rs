//! `numpy` as ulab has it, for small machines: arrays of up to four dimensions, bytes to 32-bit floats.
//!
//! An array is a [`view`] on an owner's bytes. [`dtype`] moves runs of elements between bytes and plain numbers,
//! [`convert`] between Python's objects and arrays; everything else is written on these three.

pub mod compare;
pub mod complex;
pub mod convert;
pub mod create;
pub mod dtype;
pub mod fft;
pub mod index;
pub mod io;
pub mod linalg;
pub mod operators;
pub mod order;
pub mod poly;
pub mod random;
pub mod reduce;
pub mod scipy;
pub mod shape;
pub mod ufunc;
pub mod utils;
pub mod view;

use crate::modules::frozen;
use crate::objects::native::{ANY, Entry, NativeModule};
use crate::registry::modules;
use dtype::Dtype;

/// What numpy has beyond ulab, in Python (`frozen/_numpy.py`), fetched when first asked for.
const IN_PYTHON: &[&str] = &[
    "allclose",
    "append",
    "argwhere",
    "average",
    "column_stack",
    "corrcoef",
    "cov",
    "count_nonzero",
    "digitize",
    "gradient",
    "histogram",
    "hstack",
    "isclose",
    "nanmax",
    "nanmean",
    "nanmin",
    "nanstd",
    "nansum",
    "outer",
    "percentile",
    "ptp",
    "quantile",
    "ravel",
    "repeat",
    "searchsorted",
    "sign",
    "square",
    "squeeze",
    "stack",
    "tile",
    "unique",
    "vstack",
];

/// The module.
pub static NUMPY: NativeModule = NativeModule {
    id: modules::NUMPY,
    name: "numpy",
    get_attr: Some(|vm, name| frozen::attribute(vm, "_numpy", IN_PYTHON, name)),
    entries: &[
        Entry::Type("ndarray", &crate::objects::ndarray::NDARRAY),
        // Types of elements.
        Entry::Int("bool", Dtype::Bool as i64),
        Entry::Int("uint8", Dtype::U8 as i64),
        Entry::Int("int8", Dtype::I8 as i64),
        Entry::Int("uint16", Dtype::U16 as i64),
        Entry::Int("int16", Dtype::I16 as i64),
        Entry::Int("float", Dtype::Float as i64),
        Entry::Int("float32", Dtype::Float as i64),
        Entry::Int("complex", Dtype::Complex as i64),
        // Constants.
        Entry::Float("e", core::f32::consts::E),
        Entry::Float("inf", f32::INFINITY),
        Entry::Float("nan", f32::NAN),
        Entry::Float("pi", core::f32::consts::PI),
        Entry::Val("newaxis", crate::value::Val::NONE),
        // Submodules.
        Entry::Module("fft", &fft::FFT),
        Entry::Module("linalg", &linalg::LINALG),
        Entry::Module("random", &random::RANDOM),
        // Creation.
        Entry::FnKw("arange", 1, 3, create::arange),
        Entry::FnKw("array", 1, 2, crate::objects::ndarray::array),
        Entry::FnKw("asarray", 1, 2, create::asarray),
        Entry::FnKw("diag", 1, 2, create::diag),
        Entry::FnKw("empty", 1, 2, create::zeros),
        Entry::FnKw("eye", 1, 2, create::eye),
        Entry::FnKw("frombuffer", 1, 4, create::frombuffer),
        Entry::FnKw("full", 2, 3, create::full),
        Entry::FnKw("linspace", 2, 3, create::linspace),
        Entry::FnKw("logspace", 2, 3, create::logspace),
        Entry::FnKw("meshgrid", 1, ANY, create::meshgrid),
        Entry::FnKw("ones", 1, 2, create::ones),
        Entry::FnKw("zeros", 1, 2, create::zeros),
        Entry::FnKw("get_printoptions", 0, 0, create::get_printoptions),
        Entry::FnKw("set_printoptions", 0, 0, create::set_printoptions),
        Entry::Fn("ndinfo", 1, 1, create::ndinfo),
        // Shapes.
        Entry::FnKw("compress", 2, 3, shape::compress),
        Entry::FnKw("concatenate", 1, 2, shape::concatenate),
        Entry::FnKw("cumsum", 1, 2, shape::cumsum),
        Entry::FnKw("delete", 2, 3, shape::delete),
        Entry::FnKw("diff", 1, 3, shape::diff),
        Entry::FnKw("flip", 1, 2, shape::flip),
        Entry::FnKw("reshape", 2, 2, shape::reshape),
        Entry::FnKw("roll", 2, 3, shape::roll),
        Entry::FnKw("size", 1, 2, shape::size),
        Entry::FnKw("take", 2, 3, shape::take),
        Entry::FnKw("transpose", 1, 2, shape::transpose),
        // Order.
        Entry::FnKw("argsort", 1, 2, order::argsort),
        Entry::FnKw("sort", 1, 2, order::sort),
        Entry::Fn("sort_complex", 1, 1, order::sort_complex),
        // One number of many.
        Entry::FnKw("all", 1, 2, reduce::all),
        Entry::FnKw("any", 1, 2, reduce::any),
        Entry::FnKw("argmax", 1, 2, reduce::argmax),
        Entry::FnKw("argmin", 1, 2, reduce::argmin),
        Entry::FnKw("max", 1, 3, reduce::max),
        Entry::FnKw("mean", 1, 3, reduce::mean),
        Entry::FnKw("median", 1, 3, reduce::median),
        Entry::FnKw("min", 1, 3, reduce::min),
        Entry::FnKw("prod", 1, 3, reduce::prod),
        Entry::FnKw("std", 1, 3, reduce::std),
        Entry::FnKw("sum", 1, 3, reduce::sum),
        Entry::FnKw("var", 1, 3, reduce::var),
        // Comparison.
        Entry::FnKw("bincount", 1, 1, compare::bincount),
        Entry::Fn("bitwise_and", 2, 2, compare::bitwise_and),
        Entry::Fn("bitwise_or", 2, 2, compare::bitwise_or),
        Entry::Fn("bitwise_xor", 2, 2, compare::bitwise_xor),
        Entry::Fn("clip", 3, 3, compare::clip),
        Entry::Fn("equal", 2, 2, compare::equal),
        Entry::Fn("isfinite", 1, 1, compare::isfinite),
        Entry::Fn("isinf", 1, 1, compare::isinf),
        Entry::Fn("isnan", 1, 1, compare::isnan),
        Entry::Fn("left_shift", 2, 2, compare::left_shift),
        Entry::Fn("maximum", 2, 2, compare::maximum),
        Entry::Fn("minimum", 2, 2, compare::minimum),
        Entry::Fn("nonzero", 1, 1, compare::nonzero),
        Entry::Fn("not_equal", 2, 2, compare::not_equal),
        Entry::Fn("power", 2, 2, compare::power),
        Entry::Fn("right_shift", 2, 2, compare::right_shift),
        Entry::Fn("where", 1, 3, compare::where_),
        // Products and polynomials.
        Entry::Fn("convolve", 2, 2, poly::convolve),
        Entry::Fn("cross", 2, 2, linalg::cross),
        Entry::Fn("dot", 2, 2, linalg::dot),
        Entry::FnKw("interp", 3, 3, poly::interp),
        Entry::Fn("matmul", 2, 2, linalg::dot),
        Entry::Fn("polyfit", 2, 3, poly::polyfit),
        Entry::Fn("polyval", 2, 2, poly::polyval),
        Entry::Fn("trace", 1, 1, linalg::trace),
        Entry::FnKw("trapz", 1, 3, poly::trapz),
        // Functions of each element; numpy has two names for some.
        Entry::Fn("abs", 1, 1, ufunc::abs),
        Entry::FnKw("acos", 1, 1, ufunc::acos),
        Entry::FnKw("acosh", 1, 1, ufunc::acosh),
        Entry::FnKw("arccos", 1, 1, ufunc::acos),
        Entry::FnKw("arcsin", 1, 1, ufunc::asin),
        Entry::FnKw("arctan", 1, 1, ufunc::atan),
        Entry::Fn("arctan2", 2, 2, compare::arctan2),
        Entry::FnKw("around", 1, 2, ufunc::around),
        Entry::FnKw("asin", 1, 1, ufunc::asin),
        Entry::FnKw("asinh", 1, 1, ufunc::asinh),
        Entry::FnKw("atan", 1, 1, ufunc::atan),
        Entry::FnKw("atanh", 1, 1, ufunc::atanh),
        Entry::FnKw("ceil", 1, 1, ufunc::ceil),
        Entry::FnKw("cos", 1, 1, ufunc::cos),
        Entry::FnKw("cosh", 1, 1, ufunc::cosh),
        Entry::FnKw("degrees", 1, 1, ufunc::degrees),
        Entry::FnKw("exp", 1, 1, ufunc::exp),
        Entry::FnKw("expm1", 1, 1, ufunc::expm1),
        Entry::FnKw("floor", 1, 1, ufunc::floor),
        Entry::FnKw("log", 1, 1, ufunc::log),
        Entry::FnKw("log10", 1, 1, ufunc::log10),
        Entry::FnKw("log1p", 1, 1, ufunc::log1p),
        Entry::FnKw("log2", 1, 1, ufunc::log2),
        Entry::FnKw("radians", 1, 1, ufunc::radians),
        Entry::FnKw("sin", 1, 1, ufunc::sin),
        Entry::FnKw("sinc", 1, 1, ufunc::sinc),
        Entry::FnKw("sinh", 1, 1, ufunc::sinh),
        Entry::FnKw("sqrt", 1, 1, ufunc::sqrt),
        Entry::FnKw("tan", 1, 1, ufunc::tan),
        Entry::FnKw("tanh", 1, 1, ufunc::tanh),
        Entry::FnKw("vectorize", 1, 2, ufunc::vectorize),
        // Complex numbers.
        Entry::Fn("conjugate", 1, 1, complex::conjugate),
        Entry::Fn("imag", 1, 1, complex::imag),
        Entry::Fn("real", 1, 1, complex::real),
        // Files.
        Entry::Fn("load", 1, 1, io::load),
        Entry::FnKw("loadtxt", 1, 1, io::loadtxt),
        Entry::Fn("save", 2, 2, io::save),
        Entry::FnKw("savetxt", 2, 2, io::savetxt),
    ],
    ..NativeModule::EMPTY
};

/// The package that programs written for ulab import from.
pub static ULAB: NativeModule = NativeModule {
    id: modules::ULAB,
    name: "ulab",
    entries: &[
        Entry::Str("__version__", "6.5.0-4D-c"),
        Entry::Module("numpy", &NUMPY),
        Entry::Module("scipy", &scipy::SCIPY),
        Entry::Module("utils", &utils::UTILS),
    ],
    ..NativeModule::EMPTY
};
