//! `scipy.integrate`: four ways to integrate a function of one variable. The function computes in 32-bit floats,
//! the sums are 64-bit ones.

use super::{callable, value};
use crate::modules::numpy::convert::{float, int};
use crate::objects::native::{Args, Entry, NativeModule, R};
use crate::registry::modules;
use crate::value::Val;
use crate::vm::Vm;

/// The error that is good enough without being told.
const TOLERANCE: f32 = 1e-8;

/// What all four take: function, bounds, an effort and a tolerance.
struct Task {
    f: Val,
    a: f32,
    b: f32,
    effort: usize,
    eps: f64,
}

fn task(vm: &mut Vm, args: Args, name: &str, effort: &'static str, default: i64) -> R<Task> {
    let [f, a, b, n, eps] = args.parse(vm, name, ["fun", "a", "b", effort, "*eps"], 3)?;
    callable(vm, f)?;
    let (a, b) = (vm.to_float(a)?, vm.to_float(b)?);
    let n = int(vm, n, default)?;
    if n < 1 {
        let effort = effort.trim_start_matches('*');
        return Err(vm.value_error(format_args!("{effort} needs to be a positive integer")));
    }
    let eps = f64::from(float(vm, eps, TOLERANCE)?);
    Ok(Task { f, a, b, effort: n.min(1000) as usize, eps })
}

fn at(vm: &mut Vm, f: Val, x: f64) -> R<f64> {
    value(vm, f, x as f32).map(f64::from)
}

fn with_error(vm: &mut Vm, result: f64, error: f64) -> R {
    let (result, error) = (
        crate::modules::numpy::convert::float_value(vm, result as f32)?,
        crate::modules::numpy::convert::float_value(vm, error as f32)?,
    );
    Ok(vm.heap.new_tuple(&[result, error])?)
}

/// `romberg(f, a, b, *, steps=100, eps=1e-8)`
fn romberg(vm: &mut Vm, args: Args) -> R {
    let t = task(vm, args, "romberg", "*steps", 100)?;
    // More halvings than that are more points than anybody waits for.
    const ROWS: usize = 14;
    let (a, b) = (f64::from(t.a), f64::from(t.b));
    let mut row = [0.0; ROWS];
    let mut h = b - a;
    row[0] = h * (at(vm, t.f, a)? + at(vm, t.f, b)?) / 2.0;
    let mut result = row[0];
    for k in 1..t.effort.min(ROWS) {
        h /= 2.0;
        let mut sum = 0.0;
        for i in 0..1usize << (k - 1) {
            sum += at(vm, t.f, a + (2 * i + 1) as f64 * h)?;
        }
        let mut last = row[0];
        row[0] = row[0] / 2.0 + h * sum;
        let mut power = 1.0;
        for j in 1..=k {
            power *= 4.0;
            let new = row[j - 1] + (row[j - 1] - last) / (power - 1.0);
            last = core::mem::replace(&mut row[j], new);
        }
        let change = (row[k] - result).abs();
        result = row[k];
        if k > 3 && change <= t.eps.max(1e-7 * result.abs()) {
            break;
        }
    }
    crate::modules::numpy::convert::float_value(vm, result as f32)
}

/// `simpson(f, a, b, *, steps=100, eps=1e-8)`: adaptive, halves an interval while that changes much.
fn simpson(vm: &mut Vm, args: Args) -> R {
    let t = task(vm, args, "simpson", "*steps", 100)?;
    // An interval: its ends, the function's values at both and in the middle, the tolerance.
    let (a, b) = (f64::from(t.a), f64::from(t.b));
    let (fa, fm, fb) = (at(vm, t.f, a)?, at(vm, t.f, (a + b) / 2.0)?, at(vm, t.f, b)?);
    const DEPTH: usize = 16;
    let mut waiting = [(0.0, 0.0, 0.0, 0.0, 0.0, 0usize); DEPTH + 2];
    waiting[0] = (a, b, fa, fm, fb, 0);
    let (mut n, mut sum) = (1, 0.0);
    while n > 0 {
        n -= 1;
        let (a, b, fa, fm, fb, depth) = waiting[n];
        let m = (a + b) / 2.0;
        let (fl, fr) = (at(vm, t.f, (a + m) / 2.0)?, at(vm, t.f, (m + b) / 2.0)?);
        let whole = (b - a) / 6.0 * (fa + 4.0 * fm + fb);
        let halves = (b - a) / 12.0 * (fa + 4.0 * fl + 2.0 * fm + 4.0 * fr + fb);
        let error = (halves - whole).abs() / 15.0;
        let enough = t.eps.max(1e-7 * halves.abs());
        if error <= enough || depth == DEPTH.min(t.effort) {
            sum += halves + (halves - whole) / 15.0;
        } else {
            waiting[n] = (a, m, fa, fl, fm, depth + 1);
            waiting[n + 1] = (m, b, fm, fr, fb, depth + 1);
            n += 2;
        }
    }
    crate::modules::numpy::convert::float_value(vm, sum as f32)
}

/// The points of Kronrod's rule with 21 points, and their weights; those of Gauss's with 10 are every other one.
const NODES: [(f64, f64, f64); 11] = [
    (0.0, 0.149_445_554_002_916_9, 0.0),
    (0.148_874_338_981_631_2, 0.147_739_104_901_338_5, 0.295_524_224_714_752_87),
    (0.294_392_862_701_460_2, 0.142_775_938_577_060_08, 0.0),
    (0.433_395_394_129_247_2, 0.134_709_217_311_473_33, 0.269_266_719_309_996_36),
    (0.562_757_134_668_604_7, 0.123_491_976_262_065_85, 0.0),
    (0.679_409_568_299_024_4, 0.109_387_158_802_297_64, 0.219_086_362_515_982_04),
    (0.780_817_726_586_416_9, 0.093_125_454_583_697_6, 0.0),
    (0.865_063_366_688_984_5, 0.075_039_674_810_919_95, 0.149_451_349_150_580_6),
    (0.930_157_491_355_708_2, 0.054_755_896_574_351_995, 0.0),
    (0.973_906_528_517_171_7, 0.032_558_162_307_964_725, 0.066_671_344_308_688_14),
    (0.995_657_163_025_808_1, 0.011_694_638_867_371_874, 0.0),
];

/// `quad(f, a, b, *, order=5, eps=1e-8)`: Gauss and Kronrod's rules, adaptive.
fn quad(vm: &mut Vm, args: Args) -> R {
    let t = task(vm, args, "quad", "*order", 5)?;
    const DEPTH: usize = 10;
    let mut waiting = [(0.0, 0.0, 0usize); DEPTH + 2];
    waiting[0] = (f64::from(t.a), f64::from(t.b), 0);
    let (mut n, mut sum, mut errors) = (1, 0.0, 0.0);
    while n > 0 {
        n -= 1;
        let (a, b, depth) = waiting[n];
        let (m, half) = ((a + b) / 2.0, (b - a) / 2.0);
        let (mut kronrod, mut gauss) = (0.0, 0.0);
        for (i, (x, wk, wg)) in NODES.into_iter().enumerate() {
            let mut y = at(vm, t.f, m + half * x)?;
            if i > 0 {
                y += at(vm, t.f, m - half * x)?;
            }
            kronrod += wk * y;
            gauss += wg * y;
        }
        let (kronrod, gauss) = (kronrod * half, gauss * half);
        let error = (kronrod - gauss).abs();
        if error <= t.eps.max(3e-7 * kronrod.abs()) || depth == t.effort.min(DEPTH) {
            sum += kronrod;
            errors += error;
        } else {
            waiting[n] = (a, m, depth + 1);
            waiting[n + 1] = (m, b, depth + 1);
            n += 2;
        }
    }
    with_error(vm, sum, errors)
}

/// `tanhsinh(f, a, b, *, levels=6, eps=1e-8)`: by substitutions that make the function vanish at both ends; the
/// bounds may be infinite.
fn tanhsinh(vm: &mut Vm, args: Args) -> R {
    let t = task(vm, args, "tanhsinh", "*levels", 6)?;
    let (low, high) = (t.a.min(t.b), t.a.max(t.b));
    let sign = if t.a <= t.b { 1.0 } else { -1.0 };
    const HALF_PI: f32 = core::f32::consts::FRAC_PI_2;
    // Where the substitution takes u, and how much it stretches there.
    let place = |u: f32| -> (f32, f32) {
        let (s, c) = (HALF_PI * libm::sinhf(u), HALF_PI * libm::coshf(u));
        match (low.is_finite(), high.is_finite()) {
            (true, true) => {
                let (middle, half) = ((low + high) / 2.0, (high - low) / 2.0);
                let cosh = libm::coshf(s);
                (middle + half * libm::tanhf(s), half * c / (cosh * cosh))
            }
            (true, false) => (low + libm::expf(s), c * libm::expf(s)),
            (false, true) => (high - libm::expf(s), c * libm::expf(s)),
            (false, false) => (libm::sinhf(s), c * libm::coshf(s)),
        }
    };
    let whole = low.is_finite() && high.is_finite();
    let limit = if whole { 3.0 } else { 4.5 };
    let term = |vm: &mut Vm, u: f32| -> R<f64> {
        let (x, w) = place(u);
        // Rounding may reach the bounds, where the function need not have a value.
        if !w.is_finite() || w == 0.0 || !x.is_finite() || x <= low || x >= high {
            return Ok(0.0);
        }
        let y = value(vm, t.f, x)?;
        Ok(if y.is_finite() { f64::from(y) * f64::from(w) } else { 0.0 })
    };
    let mut h = 1.0f32;
    let mut sum = term(vm, 0.0)?;
    let (mut k, mut result, mut error) = (1.0, 0.0, f64::INFINITY);
    while k * h <= limit {
        sum += term(vm, k * h)? + term(vm, -k * h)?;
        k += 1.0;
    }
    for level in 1..=t.effort.min(10) {
        h /= 2.0;
        k = 1.0;
        while k * h <= limit {
            sum += term(vm, k * h)? + term(vm, -k * h)?;
            k += 2.0;
        }
        let new = sum * f64::from(h);
        error = (new - result).abs();
        result = new;
        if level > 1 && error <= t.eps.max(1e-7 * result.abs()) {
            break;
        }
    }
    with_error(vm, sign * result, error)
}

/// The module.
pub static INTEGRATE: NativeModule = NativeModule {
    id: modules::SCIPY_INTEGRATE,
    name: "scipy.integrate",
    entries: &[
        Entry::FnKw("quad", 3, 3, quad),
        Entry::FnKw("romberg", 3, 3, romberg),
        Entry::FnKw("simpson", 3, 3, simpson),
        Entry::FnKw("tanhsinh", 3, 3, tanhsinh),
    ],
    ..NativeModule::EMPTY
};
