//! `format(v, spec)` for native objects: from values to the texts of [`crate::format`].

use super::native::{ExcKind, R};
use crate::format::{self, FormatError, Spec};
use crate::heap::Kind;
use crate::value::Val;
use crate::vm::{Out, Vm};

fn failed(vm: &mut Vm, e: FormatError) -> crate::objects::native::Raised {
    vm.raise(ExcKind::ValueError, format_args!("{e}"))
}

/// `format(v, spec)`; `v` is no instance of a Python class.
///
/// # Errors
/// ValueError for a spec that does not fit the type, TypeError for a type that takes none.
pub fn format_value(vm: &mut Vm, v: Val, spec: Val) -> R {
    use alloc::string::String;
    let text = vm.text(spec).unwrap_or_default();
    if text.is_empty() {
        return vm.str(v);
    }
    let t = vm.native_type_of(v);
    let mut out = Out::text();
    let done = if let Some(f) = vm.heap.as_float(v) {
        Spec::parse(&text, "float").and_then(|s| format::write_float(&mut out, &s, f))
    } else if let Some(i) = vm.as_int(v) {
        match Spec::parse(&text, "int") {
            Ok(s) if v.is_bool() && s.kind.is_none() || s.kind == Some('s') => {
                let shown: String = vm.str_text(v)?;
                if s.kind == Some('s') && !v.is_bool() {
                    Err(s.unknown_code("int"))
                } else if v.is_bool() && s.kind.is_none() {
                    let digits = if v == Val::TRUE { "1" } else { "0" };
                    let _ = shown;
                    format::write_int(&mut out, &s, false, digits)
                } else {
                    Err(s.unknown_code("int"))
                }
            }
            Ok(s) if s.is_float_kind() => {
                let f = vm.to_float(i)?;
                format::write_float(&mut out, &s, f)
            }
            Ok(s) if s.kind == Some('c') => {
                let n = vm.index(i)?;
                match u32::try_from(n).ok().and_then(char::from_u32) {
                    Some(c) => {
                        let mut b = [0; 4];
                        format::write_padded(&mut out, &Spec { kind: None, ..s }, c.encode_utf8(&mut b))
                    }
                    None => {
                        return Err(
                            vm.raise(ExcKind::OverflowError, format_args!("%c arg not in range(0x110000)"))
                        );
                    }
                }
            }
            Ok(s) => match s.int_radix() {
                Some((radix, upper)) => {
                    let big = vm.heap.big(i).to_big();
                    match big.and_then(|b| {
                        let neg = b.negative;
                        let mag = crate::bigint::Big { negative: false, limbs: b.limbs };
                        mag.as_ref().to_text(radix, upper).map(|t| (neg, t))
                    }) {
                        Ok((neg, digits)) => format::write_int(&mut out, &s, neg, &digits),
                        Err(_) => return Err(vm.no_memory()),
                    }
                }
                None => Err(s.unknown_code("int")),
            },
            Err(e) => Err(e),
        }
    } else if vm.heap.is_str(v) {
        let shown = vm.text(v).unwrap_or_default();
        Spec::parse(&text, "str").and_then(|s| format::write_padded(&mut out, &s, &shown))
    } else if vm.heap.is(v, Kind::Complex) {
        let shown = vm.str_text(v)?;
        Spec::parse(&text, "complex").and_then(|s| format::write_padded(&mut out, &s, &shown))
    } else {
        let name = t.name;
        return Err(vm.type_error(format_args!("unsupported format string passed to {name}.__format__")));
    };
    if let Err(e) = done {
        return Err(failed(vm, e));
    }
    let text = out.finish(vm)?;
    vm.new_str(&text)
}
