//! `numpy.random`: a generator with a seed of its own.

use super::convert::{self, float};
use super::dtype::Dtype;
use super::view::View;
use crate::heap::{Kind, header};
use crate::objects::native::{Args, Entry, NativeModule, NativeType, R};
use crate::registry::{ids, modules};
use crate::value::Val;
use crate::vm::{Out, Vm};

/// PCG-XSH-RR 64/32 (M. O'Neill): small, fast on 32 bits, and good enough for simulations.
mod pcg {
    const MULTIPLIER: u64 = 6_364_136_223_846_793_005;
    const INCREMENT: u64 = 1_442_695_040_888_963_407;

    /// The state that a seed begins with.
    pub fn start(seed: u64) -> u64 {
        seed.wrapping_add(INCREMENT).wrapping_mul(MULTIPLIER).wrapping_add(INCREMENT)
    }

    /// The next number of a state.
    pub fn step(state: &mut u64) -> u32 {
        let old = *state;
        *state = old.wrapping_mul(MULTIPLIER).wrapping_add(INCREMENT);
        ((((old >> 18) ^ old) >> 27) as u32).rotate_right((old >> 59) as u32)
    }
}

/// The cell: w1, w2 = the state.
fn new(vm: &mut Vm, _cls: Val, args: Args) -> R {
    let [seed] = args.parse(vm, "Generator", ["seed"], 0)?;
    let seed = if seed.is_null() || seed.is_none() {
        u64::from(vm.hal.random()) << 32 | u64::from(vm.hal.random())
    } else {
        vm.index(seed)? as u64
    };
    let state = pcg::start(seed);
    let head = header(Kind::Object, 0, ids::NUMPY_GENERATOR);
    Ok(vm.heap.alloc_cell(head, state as u32, (state >> 32) as u32, 0)?)
}

/// The next number of [0, 1).
fn unit(vm: &mut Vm, generator: Val) -> f32 {
    let mut state = u64::from(vm.heap.w(generator, 1)) | u64::from(vm.heap.w(generator, 2)) << 32;
    let x = pcg::step(&mut state);
    vm.heap.set_w(generator, 1, state as u32);
    vm.heap.set_w(generator, 2, (state >> 32) as u32);
    (x >> 8) as f32 / (1u32 << 24) as f32
}

/// A number, or an array of them if there is a size or somewhere to put them.
fn fill(vm: &mut Vm, size: Val, out: Val, f: &mut dyn FnMut(&mut Vm) -> f32) -> R {
    let absent = |v: Val| v.is_null() || v.is_none();
    if absent(size) && absent(out) {
        let x = f(vm);
        return crate::modules::numpy::convert::float_value(vm, x);
    }
    let (dims, n) = if absent(size) {
        let view = View::of(vm, out)?;
        (view.shape, view.ndim)
    } else {
        convert::shape(vm, size, false)?
    };
    let (object, view) = convert::output(vm, out, Dtype::Float, &dims[..n])?;
    if !view.is_dense() {
        return Err(vm.value_error(format_args!("output array must be contiguous")));
    }
    let place = view.flat().place();
    for i in 0..view.len() {
        if i % 64 == 0 {
            vm.poll()?;
        }
        let x = f(vm);
        place.nth(i).store_f(&mut vm.heap, &[x]);
    }
    Ok(object)
}

fn random(vm: &mut Vm, args: Args) -> R {
    let [g, size, out] = args.parse(vm, "random", ["self", "size", "*out"], 1)?;
    fill(vm, size, out, &mut |vm| unit(vm, g))
}

fn uniform(vm: &mut Vm, args: Args) -> R {
    let [g, low, high, size] = args.parse(vm, "uniform", ["self", "low", "high", "size"], 1)?;
    let (low, high) = (float(vm, low, 0.0)?, float(vm, high, 1.0)?);
    fill(vm, size, Val::NULL, &mut |vm| low + (high - low) * unit(vm, g))
}

/// By the method of Box and Muller.
fn normal(vm: &mut Vm, args: Args) -> R {
    let [g, loc, scale, size] = args.parse(vm, "normal", ["self", "loc", "scale", "size"], 1)?;
    let (loc, scale) = (float(vm, loc, 0.0)?, float(vm, scale, 1.0)?);
    fill(vm, size, Val::NULL, &mut |vm| {
        let (u, v) = (1.0 - unit(vm, g), unit(vm, g));
        let radius = libm::sqrtf(-2.0 * libm::logf(u));
        loc + scale * radius * crate::real::cos(2.0 * core::f32::consts::PI * v)
    })
}

/// The type of a generator.
pub static GENERATOR: NativeType = NativeType {
    id: ids::NUMPY_GENERATOR,
    name: "Generator",
    print: Some(|_, v, out: &mut Out, _| {
        use core::fmt::Write;
        let _ = write!(out, "Generator() at 0x{:08x}", v.bits());
        Ok(())
    }),
    new: Some(new),
    entries: &[
        Entry::FnKw("normal", 1, 4, normal),
        Entry::FnKw("random", 1, 2, random),
        Entry::FnKw("uniform", 1, 4, uniform),
    ],
    ..NativeType::EMPTY
};

/// What is Python, fetched when first asked for.
const IN_PYTHON: &[&str] =
    &["choice", "default_rng", "normal", "rand", "randint", "randn", "random", "seed", "uniform"];

/// The module.
pub static RANDOM: NativeModule = NativeModule {
    id: modules::NUMPY_RANDOM,
    name: "numpy.random",
    get_attr: Some(|vm, name| crate::modules::frozen::attribute(vm, "_numpy", IN_PYTHON, name)),
    entries: &[Entry::Type("Generator", &GENERATOR)],
    ..NativeModule::EMPTY
};
