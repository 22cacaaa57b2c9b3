//! `machine.RTC`.

use crate::heap::Kind;
use crate::heap::cell::header;
use crate::modules::time::{calendar, seconds};
use crate::objects::native::{Args, Entry, NativeType, R};
use crate::registry::ids;
use crate::value::Val;
use crate::vm::Vm;

fn new(vm: &mut Vm, _cls: Val, args: Args) -> R {
    if let Some(id) = args.opt(vm, 0) {
        vm.int_in(id, "id", 0, 0)?;
    }
    Ok(vm.heap.alloc_cell(header(Kind::Object, 0, ids::RTC), 0, 0, 0)?)
}

/// (year, month, day, weekday, hours, minutes, seconds, subseconds).
fn datetime(vm: &mut Vm, args: Args) -> R {
    let Some(new) = args.opt(vm, 1).filter(|v| !v.is_none()) else {
        let now = (vm.hal.wall_us() / 1_000_000) as i64;
        let [year, month, day, hour, minute, second, weekday, _] = calendar(now);
        let fields = [year, month, day, weekday, hour, minute, second, 0].map(|n| Val::small(n as i32));
        return Ok(vm.heap.new_tuple(&fields)?);
    };
    let list = vm.collect_list(new)?;
    if vm.heap.list_len(list) != 8 {
        return Err(vm.value_error(format_args!(
            "datetime needs (year, month, day, weekday, hours, minutes, seconds, subseconds)"
        )));
    }
    let mut f = [0; 8];
    let limits: [(&str, i64, i64); 8] = [
        ("year", 1970, 4095),
        ("month", 1, 12),
        ("day", 1, 31),
        ("weekday", 0, 7),
        ("hours", 0, 23),
        ("minutes", 0, 59),
        ("seconds", 0, 59),
        ("subseconds", 0, 999_999),
    ];
    for (i, (what, min, max)) in limits.into_iter().enumerate() {
        let item = vm.heap.list(list)[i];
        f[i] = vm.int_in(item, what, min, max)?;
    }
    let at = seconds(&[f[0], f[1], f[2], f[4], f[5], f[6]]);
    vm.hal.set_wall_us(at as u64 * 1_000_000);
    Ok(Val::NONE)
}

/// The type.
pub static RTC: NativeType = NativeType {
    id: ids::RTC,
    name: "RTC",
    new: Some(new),
    entries: &[Entry::Fn("datetime", 1, 2, datetime)],
    ..NativeType::EMPTY
};
