//! `time`: sleeping, ticks and the calendar.

use crate::objects::native::{Args, Entry, ExcKind, NativeModule, R};
use crate::registry::modules;
use crate::value::Val;
use crate::vm::{Vm, Wait};

/// Ticks wrap at 2^30, so that they are always small ints.
pub(super) const TICKS_MASK: i64 = (1 << 30) - 1;
const TICKS_HALF: i64 = 1 << 29;

/// Sleeps while callbacks run and Ctrl-C works.
///
/// # Errors
/// KeyboardInterrupt.
pub fn sleep_us(vm: &mut Vm, us: u64) -> R<()> {
    let deadline = vm.hal.ticks_us().saturating_add(us);
    loop {
        vm.poll()?;
        if vm.hal.ticks_us() >= deadline {
            return Ok(());
        }
        vm.idle_until(deadline)?;
    }
}

/// Sleeps for a Python call: other threads run meanwhile.
fn sleep_call(vm: &mut Vm, us: u64) -> R {
    let until = vm.hal.ticks_us().saturating_add(us);
    if let Some(blocked) = vm.block(Wait::Until(until)) {
        return Err(blocked);
    }
    sleep_us(vm, us)?;
    Ok(Val::NONE)
}

fn sleep(vm: &mut Vm, args: Args) -> R {
    let seconds = args.get(vm, 0);
    let us = match vm.heap.as_i64(seconds) {
        Some(whole) => i128::from(whole) * 1_000_000,
        None => (f64::from(vm.to_float(seconds)?) * 1e6) as i128,
    };
    // On every board a time that has passed already is no error: scripts sleep until `deadline - now`.
    sleep_call(vm, us.clamp(0, i128::from(u64::MAX)) as u64)
}

fn sleep_ms(vm: &mut Vm, args: Args) -> R {
    let ms = args.get(vm, 0);
    let ms = vm.index(ms)?.max(0) as u64;
    sleep_call(vm, ms.saturating_mul(1000))
}

fn sleep_us_native(vm: &mut Vm, args: Args) -> R {
    let us = args.get(vm, 0);
    let us = vm.index(us)?.max(0) as u64;
    if us < 200 {
        // Going to sleep and waking takes longer than this should last.
        vm.hal.delay_us(us as u32);
        Ok(Val::NONE)
    } else {
        sleep_call(vm, us)
    }
}

fn ticks(value: u64) -> Val {
    Val::small((value as i64 & TICKS_MASK) as i32)
}

fn ticks_ms(vm: &mut Vm, _: Args) -> R {
    Ok(ticks(vm.hal.ticks_us() / 1000))
}

fn ticks_us(vm: &mut Vm, _: Args) -> R {
    Ok(ticks(vm.hal.ticks_us()))
}

fn ticks_cpu(vm: &mut Vm, _: Args) -> R {
    Ok(ticks(u64::from(vm.hal.ticks_cpu())))
}

/// The signed distance of two ticks.
pub(super) fn distance(end: i64, start: i64) -> i64 {
    (end.wrapping_sub(start).wrapping_add(TICKS_HALF) & TICKS_MASK) - TICKS_HALF
}

fn ticks_diff(vm: &mut Vm, args: Args) -> R {
    let (end, start) = (args.get(vm, 0), args.get(vm, 1));
    Ok(Val::small(distance(vm.index(end)?, vm.index(start)?) as i32))
}

fn ticks_add(vm: &mut Vm, args: Args) -> R {
    let (ticks, delta) = (args.get(vm, 0), args.get(vm, 1));
    let (ticks, delta) = (vm.index(ticks)?, vm.index(delta)?);
    Ok(Val::small(add_ticks(vm, ticks, delta)? as i32))
}

/// Ticks so much later.
///
/// # Errors
/// OverflowError for half a period and more, which would be as far forwards as backwards.
pub(super) fn add_ticks(vm: &mut Vm, ticks: i64, delta: i64) -> R<u32> {
    if !(1 - TICKS_HALF..TICKS_HALF).contains(&delta) {
        return Err(vm.raise(ExcKind::OverflowError, format_args!("ticks interval overflow")));
    }
    Ok((ticks.wrapping_add(delta) & TICKS_MASK) as u32)
}

fn time(vm: &mut Vm, _: Args) -> R {
    let us = vm.hal.wall_us();
    Ok(vm.heap.new_uint(us / 1_000_000)?)
}

fn time_ns(vm: &mut Vm, _: Args) -> R {
    let us = vm.hal.wall_us();
    Ok(vm.heap.new_int(us as i64 * 1000)?)
}

/// Year, month, day, hour, minute, second, weekday (Monday 0), day of the year (from 1).
pub type Calendar = [i64; 8];

/// Days since 1970-01-01 of a day in the Gregorian calendar; month 1..=12, any day number.
/// After H. Hinnant, "chrono-compatible low-level date algorithms".
pub fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// The calendar of a second since 1970.
pub fn calendar(seconds: i64) -> Calendar {
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let day_of_era = z.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let of_year = days - days_from_civil(year, 1, 1) + 1;
    [year, month, day, rest / 3600, rest / 60 % 60, rest % 60, (days + 3).rem_euclid(7), of_year]
}

/// Seconds since 1970 of year, month, day, hour, minute, second; values outside their range carry over.
pub fn seconds(fields: &[i64]) -> i64 {
    let at = |i: usize| fields.get(i).copied().unwrap_or(0);
    let month = at(1) - 1;
    let days = days_from_civil(at(0) + month.div_euclid(12), month.rem_euclid(12) + 1, at(2));
    days * 86_400 + at(3) * 3600 + at(4) * 60 + at(5)
}

fn gmtime(vm: &mut Vm, args: Args) -> R {
    let at = match args.opt(vm, 0) {
        Some(v) if !v.is_none() => match vm.heap.as_i64(v) {
            Some(seconds) => seconds,
            None => f64::from(vm.to_float(v)?) as i64,
        },
        _ => (vm.hal.wall_us() / 1_000_000) as i64,
    };
    let fields = calendar(at).map(|n| Val::small(n as i32));
    Ok(vm.heap.new_tuple(&fields)?)
}

fn mktime(vm: &mut Vm, args: Args) -> R {
    let list = args.get(vm, 0);
    let list = vm.collect_list(list)?;
    let n = vm.heap.list_len(list);
    if !(8..=9).contains(&n) {
        return Err(vm.type_error(format_args!("mktime needs a tuple of length 8 or 9")));
    }
    let mut fields = [0; 6];
    for (i, field) in fields.iter_mut().enumerate() {
        let item = vm.heap.list(list)[i];
        *field = vm.index(item)?;
    }
    Ok(vm.heap.new_int(seconds(&fields))?)
}

/// Seconds since the start, with the 24 bits of a float.
fn monotonic(vm: &mut Vm, _: Args) -> R {
    let us = vm.hal.ticks_us();
    Ok(vm.heap.new_float((us as f64 / 1e6) as f32)?)
}

fn monotonic_ns(vm: &mut Vm, _: Args) -> R {
    let us = vm.hal.ticks_us();
    Ok(vm.heap.new_uint(us.saturating_mul(1000))?)
}

/// What is Python, fetched when first asked for.
const IN_PYTHON: &[&str] =
    &["asctime", "ctime", "strftime", "strptime", "timezone", "altzone", "daylight", "tzname"];

/// The module.
pub static TIME: NativeModule = NativeModule {
    id: modules::TIME,
    name: "time",
    get_attr: Some(|vm, name| super::frozen::attribute(vm, "_time", IN_PYTHON, name)),
    entries: &[
        Entry::Fn("gmtime", 0, 1, gmtime),
        Entry::Fn("localtime", 0, 1, gmtime),
        Entry::Fn("mktime", 1, 1, mktime),
        Entry::Fn("monotonic", 0, 0, monotonic),
        Entry::Fn("monotonic_ns", 0, 0, monotonic_ns),
        Entry::Fn("perf_counter", 0, 0, monotonic),
        Entry::Fn("perf_counter_ns", 0, 0, monotonic_ns),
        Entry::Fn("sleep", 1, 1, sleep),
        Entry::Fn("sleep_ms", 1, 1, sleep_ms),
        Entry::Fn("sleep_us", 1, 1, sleep_us_native),
        Entry::Fn("ticks_add", 2, 2, ticks_add),
        Entry::Fn("ticks_cpu", 0, 0, ticks_cpu),
        Entry::Fn("ticks_diff", 2, 2, ticks_diff),
        Entry::Fn("ticks_ms", 0, 0, ticks_ms),
        Entry::Fn("ticks_us", 0, 0, ticks_us),
        Entry::Fn("time", 0, 0, time),
        Entry::Fn("time_ns", 0, 0, time_ns),
    ],
    ..NativeModule::EMPTY
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_calendar_goes_both_ways() {
        assert_eq!(calendar(0), [1970, 1, 1, 0, 0, 0, 3, 1]);
        assert_eq!(calendar(1_609_459_200), [2021, 1, 1, 0, 0, 0, 4, 1]);
        assert_eq!(calendar(951_782_400), [2000, 2, 29, 0, 0, 0, 1, 60]);
        assert_eq!(calendar(-1), [1969, 12, 31, 23, 59, 59, 2, 365]);
        for at in (-3_000_000_000..6_000_000_000).step_by(7_654_321) {
            assert_eq!(seconds(&calendar(at)[..6]), at);
        }
        assert_eq!(seconds(&[2020, 14, 0, 25, 61, 61]), seconds(&[2021, 2, 1, 2, 2, 1]));
    }
}
