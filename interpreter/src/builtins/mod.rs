//! The builtin functions and the names of the builtin types.

use crate::objects::native::{ANY, Args, Entry, NativeModule, R};
use crate::value::Val;
use crate::vm::{Out, Vm};

fn print(vm: &mut Vm, args: Args) -> R {
    let mut out = Out::console();
    for i in 0..args.n {
        if i > 0 {
            out.push(" ");
        }
        let v = args.get(vm, i);
        out.str(vm, v)?;
    }
    out.push("\n");
    out.finish(vm)?;
    Ok(Val::NONE)
}

/// The module `builtins`.
pub static BUILTINS: NativeModule = NativeModule {
    id: crate::registry::modules::BUILTINS,
    name: "builtins",
    entries: &[Entry::FnKw("print", 0, ANY, print), Entry::Type("range", &crate::objects::range::RANGE)],
    ..NativeModule::EMPTY
};
