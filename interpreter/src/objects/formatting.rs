//! `format(value, spec)`, `template % values` and `template.format(…)`: fetching the values for the languages in
//! [`crate::format`].

use super::buffer::Buffer;
use super::native::{Args, ExcKind, R, Raised};
use super::text::{as_str, finish, is_chars, kind_of, push_buffer};
use super::{str, tuple};
use crate::format::percent::{self, Amount, Conversion};
use crate::format::template::{self, Access};
use crate::format::{DIGITS_MAX, FormatError, Spec, digits_of, write_float, write_int, write_padded};
use crate::heap::Kind;
use crate::registry::ids;
use crate::value::Val;
use crate::vm::{Out, Vm};
use alloc::string::String;
use core::fmt::Write;

/// Fields within the spec of a field, and no deeper.
const MAX_NESTING: usize = 2;

// ---- format(value, spec) ----

/// Writes `format(v, spec)`.
///
/// # Errors
/// ValueError for a spec that makes no sense; TypeError for a type that takes none; whatever `__format__` raises.
pub fn format_value(vm: &mut Vm, v: Val, spec: &str, out: &mut Out) -> R<()> {
    if vm.heap.is(v, Kind::Instance) {
        return format_instance(vm, v, spec, out);
    }
    if spec.is_empty() {
        return out.str(vm, v);
    }
    if vm.heap.is_str(v) {
        if spec.starts_with("0=") {
            // Said outright; a bare 0 before the width means less for a str.
            return Err(raise(vm, FormatError::AfterSignForStr));
        }
        let parsed = Spec::parse(spec, "str");
        let done = parsed.and_then(|spec| write_padded(out, &spec, vm.heap.str(v)));
        return done.map_err(|e| raise(vm, e));
    }
    if vm.heap.is_int(v) || v.is_bool() {
        let parsed = Spec::parse(spec, if v.is_bool() { "bool" } else { "int" });
        let spec = parsed.map_err(|e| raise(vm, e))?;
        return format_int(vm, v, &spec, out);
    }
    if let Some(f) = vm.heap.as_float(v) {
        let parsed = Spec::parse(spec, "float");
        return parsed.and_then(|spec| write_float(out, &spec, f)).map_err(|e| raise(vm, e));
    }
    if let Some((re, im)) = vm.heap.as_complex(v) {
        return format_complex(vm, re, im, spec, out);
    }
    let name = vm.type_name(v);
    Err(vm.type_error(format_args!("unsupported format string passed to {name}.__format__")))
}

fn format_instance(vm: &mut Vm, v: Val, spec: &str, out: &mut Out) -> R<()> {
    if let Some(f) = vm.getattr_opt(v, "__format__")? {
        let arg = vm.new_str(spec)?;
        let text = vm.call(f, &[arg])?;
        let Some(text) = as_str(vm, text) else {
            let got = vm.type_name(text);
            return Err(vm.type_error(format_args!("__format__ must return a str, not {got}")));
        };
        out.push(vm.heap.str(text));
        return out.flush(vm);
    }
    if spec.is_empty() {
        return out.str(vm, v);
    }
    for t in [&str::STR, &super::int::INT, &super::float::FLOAT] {
        if let Some(inner) = vm.as_native(v, t) {
            return format_value(vm, inner, spec, out);
        }
    }
    let name = vm.type_name(v);
    Err(vm.type_error(format_args!("unsupported format string passed to {name}.__format__")))
}

fn format_int(vm: &mut Vm, v: Val, spec: &Spec, out: &mut Out) -> R<()> {
    if spec.is_float_kind() {
        let f = vm.to_float(v)?;
        return write_float(out, spec, f).map_err(|e| raise(vm, e));
    }
    if spec.kind == Some('c') {
        if spec.sign.is_some() {
            return Err(raise(vm, FormatError::SignForChar));
        }
        let c = vm.heap.as_i64(v).and_then(|i| u32::try_from(i).ok()).and_then(char::from_u32);
        let Some(c) = c else {
            return Err(vm.raise(ExcKind::OverflowError, format_args!("%c arg not in range(0x110000)")));
        };
        let spec =
            Spec { kind: None, align: spec.align.or(Some(crate::format::Align::Right)), ..spec.clone() };
        return write_padded(out, &spec, c.encode_utf8(&mut [0; 4])).map_err(|e| raise(vm, e));
    }
    let (radix, upper) = spec.int_radix().unwrap_or((10, false));
    with_digits(vm, v, radix, upper, |vm, negative, digits| {
        write_int(out, spec, negative, digits).map_err(|e| raise(vm, e))
    })
}

/// Calls `f` with the sign and the digits of an int or bool.
fn with_digits<T>(
    vm: &mut Vm,
    v: Val,
    radix: u32,
    upper: bool,
    f: impl FnOnce(&mut Vm, bool, &str) -> R<T>,
) -> R<T> {
    if let Some(i) = vm.heap.as_i64(v) {
        let mut buffer = [0; DIGITS_MAX];
        return f(vm, i < 0, digits_of(i.unsigned_abs(), radix, upper, &mut buffer));
    }
    let big = vm.heap.big(v);
    match big.to_text(radix, upper) {
        Ok(text) => f(vm, text.starts_with('-'), text.trim_start_matches('-')),
        Err(_) => Err(vm.no_memory()),
    }
}

fn format_complex(vm: &mut Vm, re: f32, im: f32, spec: &str, out: &mut Out) -> R<()> {
    let done = Spec::parse(spec, "complex").and_then(|spec| {
        let part = Spec { width: 0, align: None, fill: ' ', ..spec.clone() };
        let mut text = String::new();
        write_float(&mut text, &part, re)?;
        let signed = Spec { sign: Some(crate::format::Sign::Plus), ..part };
        write_float(&mut text, &signed, im)?;
        text.push('j');
        let field =
            Spec { kind: None, sign: None, precision: None, alternate: false, grouping: None, ..spec };
        let align = field.align.or(Some(crate::format::Align::Right));
        write_padded(out, &Spec { align, ..field }, &text)
    });
    done.map_err(|e| raise(vm, e))
}

fn raise(vm: &mut Vm, e: FormatError) -> Raised {
    match e {
        FormatError::NoMemory | FormatError::Sink => vm.no_memory(),
        FormatError::CharRange => vm.raise(ExcKind::OverflowError, format_args!("{e}")),
        e => vm.value_error(format_args!("{e}")),
    }
}

/// The text of a str or bytes as a template: a copy, so that the heap is free while it is read.
fn template_of(vm: &mut Vm, v: Val) -> R<String> {
    let mut text = String::new();
    if text.try_reserve(vm.heap.bytes(v).len()).is_err() {
        return Err(vm.no_memory());
    }
    match core::str::from_utf8(vm.heap.bytes(v)) {
        Ok(s) => text.push_str(s),
        Err(_) => {
            return Err(vm.value_error(format_args!("the format must be ASCII or UTF-8 text")));
        }
    }
    Ok(text)
}

// ---- template % values ----

/// The values of a `%` template, taken in turn.
struct Values {
    all: Val,
    /// A tuple gives its items, anything else itself.
    is_tuple: bool,
    next: usize,
}

impl Values {
    fn take(&mut self, vm: &mut Vm) -> R {
        let v = if self.is_tuple {
            vm.heap.tuple(self.all).get(self.next).copied()
        } else {
            (self.next == 0).then_some(self.all)
        };
        self.next += 1;
        match v {
            Some(v) => Ok(v),
            None => Err(vm.type_error(format_args!("not enough arguments for format string"))),
        }
    }

    fn amount(&mut self, vm: &mut Vm, amount: Amount) -> R<Option<i64>> {
        match amount {
            Amount::None => Ok(None),
            Amount::Given(n) => Ok(Some(n as i64)),
            Amount::FromArgument => {
                let v = self.take(vm)?;
                match vm.heap.as_i64(v) {
                    Some(n) if (-0xf_ffff..=0xf_ffff).contains(&n) => Ok(Some(n)),
                    Some(_) => Err(vm.value_error(format_args!("width too big"))),
                    None => Err(vm.type_error(format_args!("* wants int"))),
                }
            }
        }
    }
}

/// `template % values` for a str, bytes or bytearray.
///
/// # Errors
/// As CPython: TypeError for values that do not fit, ValueError for a bad template.
pub fn percent(vm: &mut Vm, template: Val, values: Val) -> R {
    let text = template_of(vm, template)?;
    let kind = kind_of(vm, template);
    let builder = vm.heap.new_builder(text.len())?;
    let values = if vm.native_type_of(values).id == ids::ATTRTUPLE {
        tuple::from_iterable(vm, values)?
    } else {
        values
    };
    let as_tuple = vm.as_native(values, &tuple::TUPLE);
    let is_mapping = match vm.heap.kind(values) {
        Some(Kind::Dict | Kind::List) => true,
        Some(Kind::Instance) => as_tuple.is_none() && vm.getattr_opt(values, "__getitem__")?.is_some(),
        _ => false,
    };
    let mut given = Values { all: as_tuple.unwrap_or(values), is_tuple: as_tuple.is_some(), next: 0 };
    for piece in percent::pieces(&text) {
        match piece {
            Ok(percent::Piece::Literal(s)) => vm.heap.push_bytes(builder, s.as_bytes())?,
            Ok(percent::Piece::Percent) => vm.heap.push_byte(builder, b'%')?,
            Ok(percent::Piece::Conversion(c)) => {
                let mark = vm.heap.mark_temps();
                convert(vm, template, &c, &mut given, is_mapping, builder)?;
                vm.heap.release_temps(mark);
            }
            Err(e) => return Err(vm.value_error(format_args!("{e}"))),
        }
    }
    let left_over = if given.is_tuple {
        given.next < vm.heap.tuple(given.all).len()
    } else {
        given.next == 0 && !is_mapping
    };
    if left_over {
        return Err(vm.type_error(format_args!(
            "not all arguments converted during {} formatting",
            if kind == Kind::Str { "string" } else { "bytes" }
        )));
    }
    finish(vm, builder, kind)
}

fn convert(
    vm: &mut Vm,
    template: Val,
    c: &Conversion<'_>,
    given: &mut Values,
    is_mapping: bool,
    builder: Val,
) -> R<()> {
    let mut c = *c;
    let mut keyed = None;
    if let Some(key) = c.key {
        if !is_mapping {
            return Err(vm.type_error(format_args!("format requires a mapping")));
        }
        let key =
            if is_chars(vm, template) { vm.new_str(key)? } else { vm.heap.new_bytes(key.as_bytes())? };
        keyed = Some(vm.get_item(given.all, key)?);
        // The mapping is used up as a value of its own.
        given.next = 1;
    }
    let width = given.amount(vm, c.width)?.unwrap_or(0);
    let precision = given.amount(vm, c.precision)?;
    let v = match keyed {
        Some(v) => v,
        None => given.take(vm)?,
    };
    c.left |= width < 0;
    let precision = precision.map(|p| p.max(0) as usize);
    let spec = c.to_spec(width.unsigned_abs() as usize, precision);
    let mut out = Out::text();
    match c.kind {
        's' | 'b' if !is_chars(vm, template) => return push_bytes_value(vm, v, &spec, builder),
        's' | 'r' | 'a' => {
            let mut text = Out::text();
            if c.kind == 's' {
                text.str(vm, v)?
            } else {
                text.repr(vm, v)?
            }
            let text = text.finish(vm)?;
            let text = if c.kind == 'a' { ascii(&text) } else { text };
            write_padded(&mut out, &spec, &text).map_err(|e| raise(vm, e))?;
        }
        'c' => {
            let text = char_of(vm, template, v)?;
            if !is_chars(vm, template) {
                vm.heap.push_byte(builder, text as u32 as u8)?;
                return Ok(());
            }
            write_padded(&mut out, &Spec { precision: None, ..spec }, text.encode_utf8(&mut [0; 4]))
                .map_err(|e| raise(vm, e))?;
        }
        'd' | 'i' | 'u' | 'x' | 'X' | 'o' => {
            let i = integer_of(vm, v, c.kind)?;
            let (radix, upper) = spec.int_radix().unwrap_or((10, false));
            with_digits(vm, i, radix, upper, |vm, negative, digits| {
                // A precision is the least number of digits.
                let mut padded = String::new();
                let zeros = spec.precision.unwrap_or(0).saturating_sub(digits.len());
                if padded.try_reserve(zeros + digits.len()).is_err() {
                    return Err(vm.no_memory());
                }
                padded.extend(core::iter::repeat_n('0', zeros));
                padded.push_str(digits);
                let spec = Spec { precision: None, ..spec.clone() };
                write_int(&mut out, &spec, negative, &padded).map_err(|e| raise(vm, e))
            })?;
        }
        _ => {
            let f = match vm.to_float(v) {
                Ok(f) => f,
                Err(raised) => {
                    if !vm.exc_is(ExcKind::TypeError) {
                        return Err(raised);
                    }
                    vm.take_exc();
                    let got = vm.type_name(v);
                    return Err(vm.type_error(format_args!("must be real number, not {got}")));
                }
            };
            let spec = Spec { precision: spec.precision.or(Some(6)), ..spec };
            write_float(&mut out, &spec, f).map_err(|e| raise(vm, e))?;
        }
    }
    let text = out.finish(vm)?;
    vm.heap.push_bytes(builder, text.as_bytes())?;
    Ok(())
}

fn push_bytes_value(vm: &mut Vm, v: Val, spec: &Spec, builder: Val) -> R<()> {
    let Some(mut b) = Buffer::or_text(vm, v) else {
        let got = vm.type_name(v);
        return Err(vm.type_error(format_args!(
            "%b requires a bytes-like object, or an object that implements __bytes__, not '{got}'"
        )));
    };
    b.len = b.len.min(spec.precision.unwrap_or(usize::MAX));
    let fill = spec.width.saturating_sub(b.len);
    let left = spec.align == Some(crate::format::Align::Left);
    for _ in 0..if left { 0 } else { fill } {
        vm.heap.push_byte(builder, b' ')?;
    }
    push_buffer(vm, builder, b)?;
    for _ in 0..if left { fill } else { 0 } {
        vm.heap.push_byte(builder, b' ')?;
    }
    Ok(())
}

fn char_of(vm: &mut Vm, template: Val, v: Val) -> R<char> {
    if !is_chars(vm, template) {
        if let Some(b) = Buffer::opt(vm, v)
            && let &[byte] = b.bytes(&vm.heap)
        {
            return Ok(char::from(byte));
        }
        return match vm.heap.as_i64(v).map(u8::try_from) {
            Some(Ok(byte)) => Ok(char::from(byte)),
            Some(Err(_)) => Err(vm.raise(ExcKind::OverflowError, format_args!("%c arg not in range(256)"))),
            None => Err(vm.type_error(format_args!("%c requires an integer in range(256) or a single byte"))),
        };
    }
    if let Some(s) = vm.heap.as_str(v) {
        let mut chars = s.chars();
        if let (Some(c), None) = (chars.next(), chars.next()) {
            return Ok(c);
        }
    } else if let Some(i) = vm.heap.as_i64(v) {
        return match u32::try_from(i).ok().and_then(char::from_u32) {
            Some(c) => Ok(c),
            None => Err(vm.raise(ExcKind::OverflowError, format_args!("%c arg not in range(0x110000)"))),
        };
    }
    Err(vm.type_error(format_args!("%c requires int or char")))
}

/// The int that an integer conversion writes.
fn integer_of(vm: &mut Vm, v: Val, kind: char) -> R {
    if vm.heap.is_int(v) || v.is_bool() {
        return Ok(v);
    }
    if matches!(kind, 'd' | 'i' | 'u')
        && let Some(f) = vm.heap.as_float(v)
    {
        if !f.is_finite() {
            let what = if f.is_nan() { "NaN" } else { "infinity" };
            let kind = if f.is_nan() { ExcKind::ValueError } else { ExcKind::OverflowError };
            return Err(vm.raise(kind, format_args!("cannot convert float {what} to integer")));
        }
        return match crate::bigint::Big::from_f32(libm::truncf(f)) {
            Ok(big) => Ok(vm.heap.new_big(&big)?),
            Err(_) => Err(vm.no_memory()),
        };
    }
    if vm.heap.is(v, Kind::Instance) {
        if let Some(i) = vm.as_native(v, &super::int::INT) {
            return Ok(i);
        }
        for name in if matches!(kind, 'd' | 'i' | 'u') { ["__int__", "__index__"] } else { ["__index__"; 2] }
        {
            if let Some(f) = vm.getattr_opt(v, name)? {
                let i = vm.call(f, &[])?;
                if let Some(i) = vm.as_native(i, &super::int::INT) {
                    return Ok(i);
                }
                let got = vm.type_name(i);
                return Err(vm.type_error(format_args!("{name} returned non-int (type {got})")));
            }
        }
    }
    let got = vm.type_name(v);
    let want = if matches!(kind, 'd' | 'i' | 'u') { "a real number" } else { "an integer" };
    Err(vm.type_error(format_args!("%{kind} format: {want} is required, not {got}")))
}

/// A text with everything beyond ASCII escaped.
pub fn ascii(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        let code = c as u32;
        let _ = match code {
            0..0x80 => out.write_char(c),
            0x80..0x100 => write!(out, "\\x{code:02x}"),
            0x100..0x10000 => write!(out, "\\u{code:04x}"),
            _ => write!(out, "\\U{code:08x}"),
        };
    }
    out
}

// ---- template.format(…) ----

/// Where the fields of a template take their values from.
struct Fields {
    args: Option<Args>,
    map: Val,
    /// The next automatic number; `None` once fields are numbered by hand.
    automatic: Option<usize>,
    any: bool,
}

/// `template.format(*args, **kwargs)`.
///
/// # Errors
/// As CPython: IndexError, KeyError, AttributeError for fields that are not there, ValueError for a bad template.
pub fn format_with_args(vm: &mut Vm, template: Val, args: Args) -> R {
    let fields = Fields { args: Some(args), map: Val::NULL, automatic: Some(0), any: false };
    format_with(vm, template, fields)
}

/// `template.format_map(mapping)`.
///
/// # Errors
/// As [`format_with_args`].
pub fn format_with_map(vm: &mut Vm, template: Val, map: Val) -> R {
    format_with(vm, template, Fields { args: None, map, automatic: Some(0), any: false })
}

fn format_with(vm: &mut Vm, template: Val, mut fields: Fields) -> R {
    let text = template_of(vm, template)?;
    let mut out = Out::text();
    fields.write(vm, &text, &mut out, MAX_NESTING)?;
    let text = out.finish(vm)?;
    vm.new_str(&text)
}

impl Fields {
    fn write(&mut self, vm: &mut Vm, text: &str, out: &mut Out, depth: usize) -> R<()> {
        if depth == 0 {
            return Err(vm.value_error(format_args!("Max string recursion exceeded")));
        }
        for piece in template::pieces(text) {
            match piece {
                Ok(template::Piece::Literal(s)) => out.push(s),
                Ok(template::Piece::Field { name, conversion, spec }) => {
                    let mark = vm.heap.mark_temps();
                    let v = self.value(vm, name)?;
                    vm.heap.keep(v)?;
                    let v = match conversion {
                        None => v,
                        Some('s') => vm.str(v)?,
                        Some('r') => vm.repr(v)?,
                        Some('a') => {
                            let text = vm.repr_text(v)?;
                            vm.new_str(&ascii(&text))?
                        }
                        Some(c) => {
                            return Err(vm.value_error(format_args!("Unknown conversion specifier {c}")));
                        }
                    };
                    if spec.contains(['{', '}']) {
                        let mut filled = Out::text();
                        self.write(vm, spec, &mut filled, depth - 1)?;
                        let spec = filled.finish(vm)?;
                        format_value(vm, v, &spec, out)?;
                    } else {
                        format_value(vm, v, spec, out)?;
                    }
                    vm.heap.release_temps(mark);
                }
                Err(e) => return Err(vm.value_error(format_args!("{e}"))),
            }
        }
        Ok(())
    }

    /// The value of a field.
    fn value(&mut self, vm: &mut Vm, name: &str) -> R {
        let (first, accesses) = template::split_name(name);
        let mut v = self.first(vm, first)?;
        for access in accesses {
            vm.heap.keep(v)?;
            v = match access {
                Ok(Access::Attribute(name)) => vm.getattr(v, name)?,
                Ok(Access::Index(i)) => {
                    let i = vm.heap.new_int(i as i64)?;
                    vm.get_item(v, i)?
                }
                Ok(Access::Key(key)) => {
                    let key = vm.new_str(key)?;
                    vm.get_item(v, key)?
                }
                Err(e) => return Err(vm.value_error(format_args!("{e}"))),
            };
        }
        Ok(v)
    }

    fn first(&mut self, vm: &mut Vm, name: &str) -> R {
        let number = if name.is_empty() {
            let Some(n) = self.automatic else {
                return Err(vm.value_error(format_args!(
                    "cannot switch from manual field specification to automatic field numbering"
                )));
            };
            self.automatic = Some(n + 1);
            self.any = true;
            Some(n)
        } else if name.bytes().all(|b| b.is_ascii_digit()) {
            if self.any && self.automatic.is_some() {
                return Err(vm.value_error(format_args!(
                    "cannot switch from automatic field numbering to manual field specification"
                )));
            }
            self.automatic = None;
            match name.parse::<usize>() {
                Ok(n) => Some(n),
                Err(_) => {
                    return Err(vm.value_error(format_args!("Too many decimal digits in format string")));
                }
            }
        } else {
            None
        };
        let Some(args) = self.args else {
            if number.is_some() {
                return Err(vm.value_error(format_args!("Format string contains positional fields")));
            }
            let key = vm.new_str(name)?;
            return vm.get_item(self.map, key);
        };
        if let Some(n) = number {
            return match args.opt(vm, n) {
                Some(v) => Ok(v),
                None => Err(vm.raise(
                    ExcKind::IndexError,
                    format_args!("Replacement index {n} out of range for positional args tuple"),
                )),
            };
        }
        match args.kw(vm, name) {
            Some(v) => Ok(v),
            None => {
                let key = vm.new_str(name)?;
                Err(vm.raise_args(ExcKind::KeyError, &[key]))
            }
        }
    }
}
