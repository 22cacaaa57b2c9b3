//! Functions of machine code, from `@micropython.asm_thumb`: an object cell with the code (bytes), the number of
//! parameters and what the result stands for.

use super::native::{Args, NativeType, R};
use crate::bytecode::Assembled;
use crate::heap::{F_V1, Kind, header};
use crate::registry::ids;
use crate::value::Val;
use crate::vm::{Out, Vm};

/// The type.
pub static ASSEMBLED: NativeType = NativeType {
    id: ids::ASSEMBLED,
    name: "function",
    print: Some(print),
    call: Some(call),
    ..NativeType::EMPTY
};

/// Makes one.
///
/// # Errors
/// MemoryError.
pub(crate) fn new(vm: &mut Vm, code: Val, params: Val, result: Val) -> R {
    let (params, result) = (params.small_value() as u32, result.small_value() as u32);
    // The code may run while it is collected around: it never moves.
    vm.heap.pin_bytes(code);
    Ok(vm.heap.alloc_cell(header(Kind::Object, F_V1, ids::ASSEMBLED), code.bits(), params, result)?)
}

fn print(_vm: &mut Vm, _v: Val, out: &mut Out, _repr: bool) -> R<()> {
    out.push("<function>");
    Ok(())
}

fn call(vm: &mut Vm, f: Val, args: Args) -> R {
    let params = vm.heap.w(f, 2) as usize;
    if args.n != params || args.nkw > 0 {
        let n = args.n;
        return Err(
            vm.type_error(format_args!("function takes {params} positional arguments but {n} were given"))
        );
    }
    let mut numbers = [0; 4];
    for (i, number) in numbers.iter_mut().enumerate().take(params) {
        let arg = args.get(vm, i);
        *number = vm.machine_argument(arg)?;
    }
    let result = vm.run_machine_code(vm.heap.val(f, 1), numbers)?;
    match vm.heap.w(f, 3) {
        r if r == Assembled::Uint as u32 => Ok(vm.heap.new_uint(u64::from(result))?),
        r if r == Assembled::Bool as u32 => Ok(Val::bool(result != 0)),
        r if r == Assembled::Object as u32 => {
            let v = Val::from_bits(result);
            if v.is_ptr() && vm.heap.owner_of(result) != Some(v) {
                return Err(vm.type_error(format_args!("machine code returned no object")));
            }
            Ok(v)
        }
        _ => Ok(vm.heap.new_int(i64::from(result as i32))?),
    }
}
