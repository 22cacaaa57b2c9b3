//! `random`: pseudo-random numbers, seeded from the chip's noise unless the program seeds them.

use crate::objects::native::{Args, Entry, ExcKind, NativeModule, R};
use crate::registry::modules;
use crate::value::Val;
use crate::vm::Vm;

/// The generator Yasmarang (I. Levin, public domain), which boards with MicroPython have: after the same seed a
/// script draws the same numbers here and there.
#[derive(Clone, Copy, Debug, Default)]
pub struct Generator {
    pad: u32,
    n: u32,
    d: u32,
    dat: u8,
}

impl Generator {
    fn new(seed: u32) -> Generator {
        Generator { pad: seed, n: 69, d: 233, dat: 0 }
    }

    /// The next 32 bits.
    fn step(&mut self) -> u32 {
        let sum = u32::from(self.dat).wrapping_add(self.d.wrapping_mul(self.n));
        self.pad = self.pad.wrapping_add(sum).rotate_left(3);
        self.n = self.pad | 2;
        self.d ^= self.pad.rotate_right(1);
        self.dat ^= self.pad as u8 ^ (self.d >> 8) as u8 ^ 1;
        self.pad ^ self.d << 5 ^ self.pad >> 18 ^ u32::from(self.dat) << 1
    }

    /// Not seeded yet? No state has this `n`.
    fn is_blank(&self) -> bool {
        self.n == 0
    }
}

fn next(vm: &mut Vm) -> u32 {
    if vm.state.random.is_blank() {
        vm.state.random = Generator::new(vm.hal.random());
    }
    vm.state.random.step()
}

/// Evenly distributed below `n`, which is not 0: as many bits as `n` has, drawn until they are below it.
fn below(vm: &mut Vm, n: u64) -> u64 {
    let mask = u64::MAX >> n.leading_zeros();
    loop {
        let high = if mask >> 32 == 0 { 0 } else { u64::from(next(vm)) << 32 };
        let x = (high | u64::from(next(vm))) & mask;
        if x < n {
            return x;
        }
    }
}

/// [0, 1) in steps of 2^-23.
fn unit(vm: &mut Vm) -> f32 {
    (next(vm) & 0x7f_ffff) as f32 / (1u32 << 23) as f32
}

fn seed(vm: &mut Vm, args: Args) -> R {
    let seed = match args.opt(vm, 0) {
        Some(v) if !v.is_none() => match vm.heap.as_i64(v) {
            Some(i) => i as u32,
            None => vm.hash(v)? as u32,
        },
        _ => vm.hal.random(),
    };
    vm.state.random = Generator::new(seed);
    Ok(Val::NONE)
}

fn getrandbits(vm: &mut Vm, args: Args) -> R {
    let v = args.get(vm, 0);
    let bits = vm.index(v)?;
    if bits < 0 {
        return Err(vm.value_error(format_args!("number of bits must be non-negative")));
    }
    if bits <= 32 {
        let x = if bits == 0 { 0 } else { next(vm) & u32::MAX >> (32 - bits) };
        return Ok(vm.heap.new_uint(u64::from(x))?);
    }
    let words = (bits as usize).div_ceil(32);
    let mut limbs = alloc::vec::Vec::new();
    limbs.try_reserve_exact(words).map_err(|_| vm.no_memory())?;
    for _ in 0..words {
        limbs.push(next(vm));
    }
    let spare = words * 32 - bits as usize;
    if let Some(top) = limbs.last_mut() {
        *top >>= spare;
    }
    Ok(vm.heap.new_int_parts(false, &limbs)?)
}

fn randrange(vm: &mut Vm, args: Args) -> R {
    let a = args.get(vm, 0);
    let first = vm.index(a)?;
    let (start, stop) = match args.opt(vm, 1) {
        Some(v) if !v.is_none() => (first, vm.index(v)?),
        _ => (0, first),
    };
    let step = match args.opt(vm, 2) {
        Some(v) => vm.index(v)?,
        None => 1,
    };
    if step == 0 {
        return Err(vm.value_error(format_args!("zero step for randrange()")));
    }
    let (span, stride) = (i128::from(stop) - i128::from(start), i128::from(step));
    let count =
        if stride > 0 { (span + stride - 1).div_euclid(stride) } else { (span + stride + 1) / stride };
    if count <= 0 {
        return Err(vm.value_error(format_args!("empty range for randrange()")));
    }
    let index = below(vm, count.min(i128::from(u64::MAX)) as u64);
    let value = i128::from(start) + stride * i128::from(index);
    Ok(vm.heap.new_int(value as i64)?)
}

fn randint(vm: &mut Vm, args: Args) -> R {
    let (a, b) = (args.get(vm, 0), args.get(vm, 1));
    let (a, b) = (vm.index(a)?, vm.index(b)?);
    if a > b {
        return Err(vm.value_error(format_args!("empty range for randint()")));
    }
    let count = (i128::from(b) - i128::from(a) + 1).min(i128::from(u64::MAX)) as u64;
    let value = i128::from(a) + i128::from(below(vm, count));
    Ok(vm.heap.new_int(value as i64)?)
}

fn choice(vm: &mut Vm, args: Args) -> R {
    let sequence = args.get(vm, 0);
    let n = vm.len(sequence)?;
    if n == 0 {
        return Err(vm.raise(ExcKind::IndexError, format_args!("Cannot choose from an empty sequence")));
    }
    let index = below(vm, n as u64);
    vm.get_item(sequence, Val::small(index as i32))
}

fn shuffle(vm: &mut Vm, args: Args) -> R {
    let sequence = args.get(vm, 0);
    for i in (1..vm.len(sequence)?).rev() {
        let mark = vm.heap.mark_temps();
        let j = below(vm, i as u64 + 1);
        let (at, with) = (Val::small(i as i32), Val::small(j as i32));
        let (a, b) = (vm.get_item(sequence, at)?, vm.get_item(sequence, with)?);
        vm.heap.keep(a)?;
        vm.heap.keep(b)?;
        vm.set_item(sequence, at, b)?;
        vm.set_item(sequence, with, a)?;
        vm.heap.release_temps(mark);
        vm.unless_interrupted()?;
    }
    Ok(Val::NONE)
}

fn random(vm: &mut Vm, _: Args) -> R {
    let x = unit(vm);
    Ok(vm.heap.new_float(x)?)
}

fn uniform(vm: &mut Vm, args: Args) -> R {
    let (a, b) = (args.get(vm, 0), args.get(vm, 1));
    let (a, b) = (vm.to_float(a)?, vm.to_float(b)?);
    let x = a + (b - a) * unit(vm);
    Ok(vm.heap.new_float(x)?)
}

/// What is Python, fetched when first asked for.
const IN_PYTHON: &[&str] = &[
    "sample",
    "choices",
    "gauss",
    "normalvariate",
    "lognormvariate",
    "expovariate",
    "triangular",
    "paretovariate",
    "weibullvariate",
    "randbytes",
];

/// The module.
pub static RANDOM: NativeModule = NativeModule {
    id: modules::RANDOM,
    name: "random",
    get_attr: Some(|vm, name| super::frozen::attribute(vm, "_random", IN_PYTHON, name)),
    entries: &[
        Entry::Fn("choice", 1, 1, choice),
        Entry::Fn("getrandbits", 1, 1, getrandbits),
        Entry::Fn("randint", 2, 2, randint),
        Entry::Fn("random", 0, 0, random),
        Entry::Fn("randrange", 1, 3, randrange),
        Entry::Fn("seed", 0, 1, seed),
        Entry::Fn("shuffle", 1, 1, shuffle),
        Entry::Fn("uniform", 2, 2, uniform),
    ],
    ..NativeModule::EMPTY
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_even_and_repeat_with_the_seed() {
        let (mut a, mut b) = (Generator::new(7), Generator::new(7));
        let mut ones = 0;
        for _ in 0..10_000 {
            let x = a.step();
            assert_eq!(x, b.step());
            ones += x.count_ones();
        }
        assert!((158_000..162_000).contains(&ones), "{ones} of 320000 bits are set");
    }
}
