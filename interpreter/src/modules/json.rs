//! `json`: CPython's behaviour, for the types there are.

use alloc::string::String;
use core::fmt::Write;

use crate::format::{parse_float, write_float_repr};
use crate::objects::buffer::Buffer;
use crate::objects::dict::DICT;
use crate::objects::list::LIST;
use crate::objects::native::{Args, Entry, ExcKind, NativeModule, R, Raised};
use crate::objects::tuple::TUPLE;
use crate::registry::modules;
use crate::value::Val;
use crate::vm::{Out, Vm};

/// The module.
pub static JSON: NativeModule = NativeModule {
    id: modules::JSON,
    name: "json",
    entries: &[
        Entry::FnKw("dumps", 1, 1, dumps),
        Entry::FnKw("dump", 2, 2, dump),
        Entry::FnKw("loads", 1, 1, loads),
        Entry::FnKw("load", 1, 1, load),
        Entry::Val("JSONDecodeError", ExcKind::ValueError.val()),
    ],
    ..NativeModule::EMPTY
};

// ---- writing

/// How a value is to be written.
struct Style {
    item_separator: String,
    key_separator: String,
    indent: Option<String>,
    sort_keys: bool,
    ensure_ascii: bool,
    allow_nan: bool,
    /// Called for what JSON does not know; NULL if not given.
    default: Val,
}

impl Style {
    fn from_args(vm: &mut Vm, options: &[Val; 6]) -> R<Style> {
        let [separators, indent, sort_keys, ensure_ascii, default, allow_nan] = *options;
        let given = |v: Val| !v.is_null() && v != Val::NONE;
        let indent = if !given(indent) {
            None
        } else if let Some(text) = vm.owned_text(indent)? {
            Some(text)
        } else {
            let width = usize::try_from(vm.index(indent)?).unwrap_or(0).min(64);
            Some(core::iter::repeat_n(' ', width).collect())
        };
        let (mut item_separator, mut key_separator) = (String::from(", "), String::from(": "));
        if given(separators) {
            let list = vm.collect_list(separators)?;
            let &[item, key] = vm.heap.list(list) else {
                return Err(vm.value_error(format_args!("separators must be a pair of strings")));
            };
            (item_separator, key_separator) = (str_of(vm, item)?, str_of(vm, key)?);
        } else if indent.is_some() {
            item_separator = String::from(",");
        }
        Ok(Style {
            item_separator,
            key_separator,
            indent,
            sort_keys: given(sort_keys) && vm.truth(sort_keys)?,
            ensure_ascii: ensure_ascii.is_null() || vm.truth(ensure_ascii)?,
            allow_nan: allow_nan.is_null() || vm.truth(allow_nan)?,
            default: if given(default) { default } else { Val::NULL },
        })
    }
}

fn str_of(vm: &mut Vm, value: Val) -> R<String> {
    match vm.owned_text(value)? {
        Some(text) => Ok(text),
        None => {
            let got = vm.type_name(value);
            Err(vm.type_error(format_args!("separator must be str, not {got}")))
        }
    }
}

const OPTIONS: [&str; 6] =
    ["*separators", "*indent", "*sort_keys", "*ensure_ascii", "*default", "*allow_nan"];

fn dumps(vm: &mut Vm, args: Args) -> R {
    let [a, b, c, d, e, f] = OPTIONS;
    let [value, options @ ..] = args.parse(vm, "dumps", ["obj", a, b, c, d, e, f], 1)?;
    let text = written(vm, value, &options)?;
    vm.new_str(&text)
}

fn dump(vm: &mut Vm, args: Args) -> R {
    let [a, b, c, d, e, f] = OPTIONS;
    let [value, stream, options @ ..] = args.parse(vm, "dump", ["obj", "fp", a, b, c, d, e, f], 2)?;
    let text = written(vm, value, &options)?;
    let text = vm.new_str(&text)?;
    vm.call_method(stream, "write", &[text])?;
    Ok(Val::NONE)
}

fn written(vm: &mut Vm, value: Val, options: &[Val; 6]) -> R<String> {
    let style = Style::from_args(vm, options)?;
    let mut out = Out::text();
    write_value(vm, &style, &mut out, value, 0)?;
    out.finish(vm)
}

fn write_value(vm: &mut Vm, style: &Style, out: &mut Out, value: Val, level: usize) -> R<()> {
    vm.poll()?;
    vm.enter_native()?;
    let result = write_inner(vm, style, out, value, level);
    vm.leave_native();
    result?;
    out.flush(vm)
}

fn write_inner(vm: &mut Vm, style: &Style, out: &mut Out, value: Val, level: usize) -> R<()> {
    if value == Val::NONE {
        out.push("null");
    } else if value == Val::TRUE || value == Val::FALSE {
        out.push(if value == Val::TRUE { "true" } else { "false" });
    } else if let Some(text) = vm.heap.str_opt(value) {
        write_text(out, text, style.ensure_ascii);
    } else if vm.heap.is_int(value) {
        out.repr(vm, value)?;
    } else if let Some(float) = vm.heap.as_float(value) {
        write_number(vm, style, out, float)?;
    } else if vm.heap.is_bytes(value) {
        // As MicroPython: bytes are text.
        let text = String::from_utf8_lossy(vm.heap.bytes(value)).into_owned();
        write_text(out, &text, style.ensure_ascii);
    } else if let Some(dict) = vm.as_native(value, &DICT) {
        write_dict(vm, style, out, dict, level)?;
    } else if let Some(items) = vm.as_native(value, &LIST).or_else(|| vm.as_native(value, &TUPLE)) {
        write_list(vm, style, out, items, level)?;
    } else if let Some(text) = vm.as_native(value, &crate::objects::str::STR) {
        write_text(out, vm.heap.str(text), style.ensure_ascii);
    } else if let Some(int) = vm.as_native(value, &crate::objects::int::INT) {
        out.repr(vm, int)?;
    } else if !style.default.is_null() {
        let replaced = vm.call(style.default, &[value])?;
        vm.heap.keep(replaced)?;
        write_value(vm, style, out, replaced, level)?;
    } else {
        let name = vm.type_name(value);
        return Err(vm.type_error(format_args!("Object of type {name} is not JSON serializable")));
    }
    Ok(())
}

fn write_number(vm: &mut Vm, style: &Style, out: &mut Out, float: f32) -> R<()> {
    if float.is_finite() {
        // The sink keeps its own failure, which flush reports.
        let _ = write_float_repr(out, float);
        return Ok(());
    }
    if !style.allow_nan {
        return Err(vm.value_error(format_args!("Out of range float values are not JSON compliant")));
    }
    out.push(if float.is_nan() {
        "NaN"
    } else if float > 0.0 {
        "Infinity"
    } else {
        "-Infinity"
    });
    Ok(())
}

fn write_text(out: &mut Out, text: &str, ensure_ascii: bool) {
    out.push("\"");
    let mut plain = 0;
    for (i, c) in text.char_indices() {
        let short = match c {
            '"' => "\\\"",
            '\\' => "\\\\",
            '\n' => "\\n",
            '\r' => "\\r",
            '\t' => "\\t",
            '\u{8}' => "\\b",
            '\u{c}' => "\\f",
            c if c < ' ' || (ensure_ascii && !c.is_ascii()) => "",
            _ => continue,
        };
        out.push(&text[plain..i]);
        plain = i + c.len_utf8();
        if short.is_empty() {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(short);
        }
    }
    out.push(&text[plain..]);
    out.push("\"");
}

fn new_line(style: &Style, out: &mut Out, level: usize) {
    if let Some(indent) = &style.indent {
        out.push("\n");
        for _ in 0..level {
            out.push(indent);
        }
    }
}

fn write_list(vm: &mut Vm, style: &Style, out: &mut Out, items: Val, level: usize) -> R<()> {
    out.push("[");
    let mut i = 0;
    while let Some(&item) = vm.heap.items(items).get(i) {
        if i > 0 {
            out.push(&style.item_separator);
        }
        new_line(style, out, level + 1);
        vm.heap.keep(item)?;
        write_value(vm, style, out, item, level + 1)?;
        i += 1;
    }
    if i > 0 {
        new_line(style, out, level);
    }
    out.push("]");
    Ok(())
}

fn write_dict(vm: &mut Vm, style: &Style, out: &mut Out, dict: Val, level: usize) -> R<()> {
    out.push("{");
    let mut first = true;
    let mut write_entry = |vm: &mut Vm, out: &mut Out, key: Val, value: Val| -> R<()> {
        if !core::mem::take(&mut first) {
            out.push(&style.item_separator);
        }
        new_line(style, out, level + 1);
        write_key(vm, style, out, key)?;
        out.push(&style.key_separator);
        write_value(vm, style, out, value, level + 1)
    };
    if style.sort_keys {
        let keys = vm.collect_list(dict)?;
        vm.call_method(keys, "sort", &[])?;
        let mut i = 0;
        while let Some(&key) = vm.heap.list(keys).get(i) {
            let value = vm.get_item(dict, key)?;
            vm.heap.keep(value)?;
            write_entry(vm, out, key, value)?;
            i += 1;
        }
    } else {
        let mut at = 0;
        while let Some((next, key, value)) = vm.heap.table_next(dict, at) {
            vm.heap.keep(key)?;
            vm.heap.keep(value)?;
            write_entry(vm, out, key, value)?;
            at = next;
        }
    }
    if !first {
        new_line(style, out, level);
    }
    out.push("}");
    Ok(())
}

fn write_key(vm: &mut Vm, style: &Style, out: &mut Out, key: Val) -> R<()> {
    if vm.as_native(key, &crate::objects::str::STR).is_some() {
        return write_value(vm, style, out, key, 0);
    }
    let plain = key == Val::NONE || key == Val::TRUE || key == Val::FALSE;
    if !plain && !vm.heap.is_int(key) && !vm.heap.is_float(key) {
        let name = vm.type_name(key);
        return Err(vm.type_error(format_args!("keys must be str, int, float, bool or None, not {name}")));
    }
    out.push("\"");
    write_value(vm, style, out, key, 0)?;
    out.push("\"");
    Ok(())
}

// ---- reading

fn loads(vm: &mut Vm, args: Args) -> R {
    let [source] = args.parse(vm, "loads", ["s"], 1)?;
    read_all(vm, source)
}

fn load(vm: &mut Vm, args: Args) -> R {
    let [stream] = args.parse(vm, "load", ["fp"], 1)?;
    let source = vm.call_method(stream, "read", &[])?;
    vm.heap.keep(source)?;
    read_all(vm, source)
}

fn read_all(vm: &mut Vm, source: Val) -> R {
    let source = vm.as_native(source, &crate::objects::str::STR).unwrap_or(source);
    let buffer = if vm.heap.is_str(source) {
        Buffer { owner: source, start: 0, len: vm.heap.bytes(source).len(), typecode: b'B' }
    } else {
        match Buffer::read(vm, source) {
            Ok(buffer) => buffer,
            Err(_) => {
                vm.take_exc();
                let got = vm.type_name(source);
                return Err(
                    vm.type_error(format_args!("the JSON object must be str, bytes or bytearray, not {got}"))
                );
            }
        }
    };
    let mut reader = Reader { source: buffer, at: 0 };
    reader.skip_blank(vm);
    let value = reader.value(vm)?;
    reader.skip_blank(vm);
    if reader.peek(vm).is_some() {
        return Err(reader.error(vm, "Extra data", reader.at));
    }
    Ok(value)
}

/// Reads a text that stays where it is in the heap; every look goes through the heap, because
/// values are made between looks.
struct Reader {
    source: Buffer,
    at: usize,
}

impl Reader {
    fn peek(&self, vm: &Vm) -> Option<u8> {
        self.source.bytes(&vm.heap).get(self.at).copied()
    }

    fn skip_blank(&mut self, vm: &Vm) {
        let bytes = self.source.bytes(&vm.heap);
        while bytes.get(self.at).is_some_and(|b| matches!(b, b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn take_word(&mut self, vm: &Vm, word: &str) -> bool {
        let found = self.source.bytes(&vm.heap)[self.at..].starts_with(word.as_bytes());
        if found {
            self.at += word.len();
        }
        found
    }

    /// A ValueError with the place, as CPython's JSONDecodeError words it.
    fn error(&self, vm: &mut Vm, message: &str, at: usize) -> Raised {
        let before = &self.source.bytes(&vm.heap)[..at.min(self.source.len)];
        let chars = |bytes: &[u8]| bytes.iter().filter(|&&b| b & 0xc0 != 0x80).count();
        let line = 1 + before.iter().filter(|&&b| b == b'\n').count();
        let line_start = before.iter().rposition(|&b| b == b'\n').map_or(0, |i| i + 1);
        let (column, position) = (1 + chars(&before[line_start..]), chars(before));
        vm.value_error(format_args!("{message}: line {line} column {column} (char {position})"))
    }

    fn value(&mut self, vm: &mut Vm) -> R {
        vm.poll()?;
        match self.peek(vm) {
            Some(b'{' | b'[') => {
                vm.enter_native()?;
                let result = if self.peek(vm) == Some(b'{') { self.object(vm) } else { self.array(vm) };
                vm.leave_native();
                result
            }
            Some(b'"') => self.text(vm),
            Some(b'-' | b'0'..=b'9') => self.number(vm),
            _ if self.take_word(vm, "null") => Ok(Val::NONE),
            _ if self.take_word(vm, "true") => Ok(Val::TRUE),
            _ if self.take_word(vm, "false") => Ok(Val::FALSE),
            _ if self.take_word(vm, "NaN") => Ok(vm.heap.new_float(f32::NAN)?),
            _ if self.take_word(vm, "Infinity") => Ok(vm.heap.new_float(f32::INFINITY)?),
            _ => Err(self.error(vm, "Expecting value", self.at)),
        }
    }

    fn array(&mut self, vm: &mut Vm) -> R {
        let list = vm.heap.new_list_cap(0)?;
        self.at += 1;
        self.skip_blank(vm);
        if self.peek(vm) == Some(b']') {
            self.at += 1;
            return Ok(list);
        }
        loop {
            self.skip_blank(vm);
            let mark = vm.heap.mark_temps();
            let item = self.value(vm)?;
            vm.heap.list_push(list, item)?;
            vm.heap.release_temps(mark);
            self.skip_blank(vm);
            match self.peek(vm) {
                Some(b',') => self.at += 1,
                Some(b']') => break,
                _ => return Err(self.error(vm, "Expecting ',' delimiter", self.at)),
            }
        }
        self.at += 1;
        Ok(list)
    }

    fn object(&mut self, vm: &mut Vm) -> R {
        let dict = vm.heap.new_dict(0)?;
        self.at += 1;
        self.skip_blank(vm);
        if self.peek(vm) == Some(b'}') {
            self.at += 1;
            return Ok(dict);
        }
        loop {
            self.skip_blank(vm);
            if self.peek(vm) != Some(b'"') {
                return Err(self.error(vm, "Expecting property name enclosed in double quotes", self.at));
            }
            let mark = vm.heap.mark_temps();
            let key = self.text(vm)?;
            self.skip_blank(vm);
            if self.peek(vm) != Some(b':') {
                return Err(self.error(vm, "Expecting ':' delimiter", self.at));
            }
            self.at += 1;
            self.skip_blank(vm);
            let value = self.value(vm)?;
            vm.heap.dict_set(dict, key, value)?;
            vm.heap.release_temps(mark);
            self.skip_blank(vm);
            match self.peek(vm) {
                Some(b',') => self.at += 1,
                Some(b'}') => break,
                _ => return Err(self.error(vm, "Expecting ',' delimiter", self.at)),
            }
        }
        self.at += 1;
        Ok(dict)
    }

    fn number(&mut self, vm: &mut Vm) -> R {
        let start = self.at;
        let bytes = &self.source.bytes(&vm.heap)[start..];
        let digits = |from: usize| bytes[from..].iter().take_while(|b| b.is_ascii_digit()).count();
        let mut len = usize::from(bytes[0] == b'-');
        let whole = if bytes.get(len) == Some(&b'0') { 1 } else { digits(len) };
        if whole == 0 {
            if self.take_word(vm, "-Infinity") {
                return Ok(vm.heap.new_float(f32::NEG_INFINITY)?);
            }
            return Err(self.error(vm, "Expecting value", start));
        }
        len += whole;
        let mut is_float = false;
        if bytes.get(len) == Some(&b'.') && digits(len + 1) > 0 {
            len += 1 + digits(len + 1);
            is_float = true;
        }
        if matches!(bytes.get(len), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(bytes.get(len + 1), Some(b'+' | b'-')));
            if len + 1 + sign < bytes.len() && digits(len + 1 + sign) > 0 {
                len += 1 + sign + digits(len + 1 + sign);
                is_float = true;
            }
        }
        self.at += len;
        // Only ASCII was looked at, so this is text.
        let text = core::str::from_utf8(&bytes[..len]).unwrap_or("0");
        if is_float {
            let float = parse_float(text).unwrap_or(0.0);
            return Ok(vm.heap.new_float(float)?);
        }
        match text.parse::<i64>() {
            Ok(int) => Ok(vm.heap.new_int(int)?),
            Err(_) => match crate::bigint::Big::parse(text, 10) {
                Ok(big) => Ok(vm.heap.new_big(&big)?),
                Err(_) => Err(vm.no_memory()),
            },
        }
    }

    fn text(&mut self, vm: &mut Vm) -> R {
        let start = self.at;
        self.at += 1;
        let mut out = String::new();
        loop {
            let bytes = &self.source.bytes(&vm.heap)[self.at..];
            let plain = bytes.iter().take_while(|&&b| b != b'"' && b != b'\\' && b >= b' ').count();
            let Ok(part) = core::str::from_utf8(&bytes[..plain]) else {
                return Err(self.error(vm, "Invalid UTF-8", self.at));
            };
            if out.try_reserve(plain + 4).is_err() {
                return Err(vm.no_memory());
            }
            out.push_str(part);
            self.at += plain;
            match bytes.get(plain) {
                Some(b'"') => break,
                Some(b'\\') => {
                    let c = self.escape(vm)?;
                    out.push(c);
                }
                Some(_) => return Err(self.error(vm, "Invalid control character at", self.at)),
                None => return Err(self.error(vm, "Unterminated string starting at", start)),
            }
        }
        self.at += 1;
        vm.new_str(&out)
    }

    fn escape(&mut self, vm: &mut Vm) -> R<char> {
        let start = self.at;
        let letter = self.source.bytes(&vm.heap).get(start + 1).copied();
        self.at += 2;
        Ok(match letter {
            Some(c @ (b'"' | b'\\' | b'/')) => c as char,
            Some(b'n') => '\n',
            Some(b't') => '\t',
            Some(b'r') => '\r',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'u') => {
                let high = self.hex(vm, start)?;
                if (0xd800..0xdc00).contains(&high) && self.take_word(vm, "\\u") {
                    let low = self.hex(vm, start)?;
                    let pair = char::decode_utf16([high as u16, low as u16]).next();
                    pair.and_then(Result::ok).unwrap_or(char::REPLACEMENT_CHARACTER)
                } else {
                    char::from_u32(high).unwrap_or(char::REPLACEMENT_CHARACTER)
                }
            }
            _ => return Err(self.error(vm, "Invalid \\escape", start)),
        })
    }

    fn hex(&mut self, vm: &mut Vm, start: usize) -> R<u32> {
        let bytes = self.source.bytes(&vm.heap);
        let digits = bytes.get(self.at..self.at + 4).and_then(|d| core::str::from_utf8(d).ok());
        let value = digits.and_then(|d| u32::from_str_radix(d, 16).ok());
        self.at += 4;
        value.ok_or_else(|| self.error(vm, "Invalid \\uXXXX escape", start + 1))
    }
}
