//! From the text of a `bench.toml` to a [`Bench`]. Goes on after an error, so that all are told at once.

use std::collections::HashMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{Errors, suggest};
use super::signals;
use super::{Bench, BenchErrors, PartSpec};
use crate::board::{self, BOARDS, Board, Node};
use crate::clock::Time;
use crate::part::{self, PartType, Properties, PropertyKind, REGISTRY, Role, Value};
use crate::signal::{DataError, DataFile, Signal};

/// What reading needs everywhere.
pub(super) struct Reader<'a> {
    pub errors: Errors<'a>,
    pub dir: PathBuf,
    files: HashMap<PathBuf, Result<DataFile, String>>,
}

impl Reader<'_> {
    /// A data set, read once.
    pub fn data(&mut self, name: &str) -> Result<&DataFile, String> {
        let path = self.dir.join(name);
        let load = |path: &PathBuf| DataFile::load(path).map_err(|error: DataError| error.to_string());
        self.files.entry(path).or_insert_with_key(load).as_ref().map_err(String::clone)
    }

    /// Complains about a value of the wrong type.
    pub fn wrong_type(&mut self, key: &str, value: &Spanned<DeValue>, wanted: &str) {
        let found = value.get_ref().type_str();
        let article = if found.starts_with(['a', 'i']) { "an" } else { "a" };
        self.errors.add(
            value.span(),
            format!("{key} is {article} {found}"),
            format!("it should be {wanted}"),
        );
    }

    /// Complains about keys that mean nothing.
    pub fn unknown_keys(&mut self, table: &DeTable, place: &str, allowed: &[&str]) {
        for key in table.keys() {
            let name = key.get_ref().as_ref();
            if !allowed.contains(&name) {
                let help = suggest(name, "allowed", allowed);
                self.errors.add(key.span(), format!("{place} has no key \"{name}\""), help);
            }
        }
    }

    /// A text, if the key is there.
    pub fn text<'t>(
        &mut self,
        table: &'t DeTable,
        key: &str,
        wanted: &str,
    ) -> Option<(&'t str, Range<usize>)> {
        let value = table.get(key)?;
        match value.get_ref().as_str() {
            Some(text) => Some((text, value.span())),
            None => {
                self.wrong_type(key, value, wanted);
                None
            }
        }
    }

    /// A finite number, if the key is there.
    pub fn number(&mut self, table: &DeTable, key: &str) -> Option<f64> {
        let value = table.get(key)?;
        let number = number(value.get_ref());
        if number.is_none() {
            self.wrong_type(key, value, "a number");
        }
        number
    }

    /// A duration above zero, if the key is there.
    pub fn duration(&mut self, table: &DeTable, key: &str) -> Option<Time> {
        let value = table.get(key)?;
        let time = match value.get_ref() {
            DeValue::String(text) => parse_duration(text),
            other => number(other).and_then(|seconds| whole_nanoseconds(seconds * 1e9)),
        };
        let time = time.filter(|time| time.0 > 0);
        if time.is_none() {
            let found = value.get_ref();
            let found =
                found.as_str().map_or_else(|| found.type_str().to_owned(), |text| format!("\"{text}\""));
            let help = "write for example \"500ms\", \"1s\", \"2.5s\", \"10min\" or a number of seconds";
            self.errors.add(value.span(), format!("{key} is {found}, which is no duration above zero"), help);
        }
        time
    }
}

/// A finite number from an integer or a float.
pub(super) fn number(value: &DeValue) -> Option<f64> {
    match value {
        DeValue::Integer(_) => integer(value).map(|n| n as f64),
        DeValue::Float(float) => float.as_str().parse().ok().filter(|n: &f64| n.is_finite()),
        _ => None,
    }
}

fn integer(value: &DeValue) -> Option<i64> {
    let n = value.as_integer()?;
    i64::from_str_radix(n.as_str(), n.radix()).ok()
}

fn whole_nanoseconds(ns: f64) -> Option<Time> {
    (ns.is_finite() && (0.0..1.8e19).contains(&ns)).then(|| Time(ns.round() as u64))
}

/// `10us`, `500ms`, `1s`, `2.5 s`, `10min`, `1h`, `1d`, or plain seconds.
pub fn parse_duration(text: &str) -> Option<Time> {
    let text = text.trim();
    let split = text.find(|c: char| c.is_alphabetic()).unwrap_or(text.len());
    let number: f64 = text[..split].trim().parse().ok()?;
    let unit = match text[split..].trim() {
        "ns" => 1.0,
        "us" | "µs" => 1e3,
        "ms" => 1e6,
        "" | "s" => 1e9,
        "min" | "m" => 60e9,
        "h" => 3600e9,
        "d" => 86400e9,
        _ => return None,
    };
    whole_nanoseconds(number * unit)
}

pub(super) fn bench(text: &str, path: &Path) -> Result<Bench, BenchErrors> {
    let dir = path.parent().unwrap_or(Path::new("")).to_owned();
    let mut reader = Reader { errors: Errors::new(path, text), dir: dir.clone(), files: HashMap::new() };
    // The board's own parts come last: those that the file mentions have their place there.
    let empty = Bench { dir, parts: Vec::new(), ..Bench::pico() };
    let document = match DeTable::parse(text) {
        Ok(document) => document,
        Err(error) => {
            let span = error.span().unwrap_or(0..0);
            reader.errors.add(span, error.message().replace('\n', "; "), "");
            return reader.errors.finish(empty);
        }
    };
    let table = document.get_ref();
    reader.unknown_keys(table, "a bench", &["title", "description", "board", "part", "upload"]);
    let mut bench = empty;
    bench.title = reader.text(table, "title", "a text").map(|(text, _)| text.to_owned());
    bench.description = reader.text(table, "description", "a text").map(|(text, _)| text.to_owned());
    board_section(&mut reader, table, &mut bench);
    let mut used = HashMap::new();
    if let Some(value) = table.get("part") {
        match value.get_ref().as_array() {
            None => reader.wrong_type("part", value, "an array of tables: write [[part]] with two brackets"),
            Some(parts) => {
                for value in parts.iter() {
                    part_section(&mut reader, value, &mut bench, &mut used);
                }
            }
        }
    }
    if let Some(value) = table.get("upload") {
        upload_section(&mut reader, value, &mut bench);
    }
    bench.add_own_parts();
    reader.errors.finish(bench)
}

fn board_section(reader: &mut Reader, table: &DeTable, bench: &mut Bench) {
    let Some(value) = table.get("board") else { return };
    let Some(section) = value.get_ref().as_table() else {
        reader.wrong_type("board", value, "a table: [board] with type = \"pico\"");
        return;
    };
    reader.unknown_keys(section, "[board]", &["type", "firmware"]);
    if let Some((name, span)) = reader.text(section, "type", "a text such as \"pico\"") {
        match board::find(name) {
            Some(board) => bench.board = board,
            None => {
                let names = BOARDS.map(|board| board.name);
                let help = suggest(name, "boards", &names);
                reader.errors.add(span, format!("there is no board \"{name}\""), help);
            }
        }
    }
    if let Some((name, span)) = reader.text(section, "firmware", "the path of an image file") {
        let path = bench.dir.join(name);
        if !path.is_file() {
            let help = "name an image (.uf2, .hex, .elf, .bin), or leave the line out for the built-in one";
            reader.errors.add(span, format!("there is no file {}", path.display()), help);
        }
        bench.firmware = Some(path);
    }
}

fn upload_section(reader: &mut Reader, value: &Spanned<DeValue>, bench: &mut Bench) {
    let wanted = "a list of paths: files = [\"main.py\"]";
    let Some(section) = value.get_ref().as_table() else {
        return reader.wrong_type("upload", value, "a table: [upload] with files = [\"main.py\"]");
    };
    reader.unknown_keys(section, "[upload]", &["files"]);
    let Some(files) = section.get("files") else { return };
    let Some(list) = files.get_ref().as_array() else {
        return reader.wrong_type("files", files, wanted);
    };
    for file in list.iter() {
        match file.get_ref().as_str() {
            Some(name) => bench.upload.push(PathBuf::from(name)),
            None => reader.wrong_type("files", file, wanted),
        }
    }
}

/// Who uses a board pin: part, its pin, the pin's role, the line.
type Used = HashMap<Node, (String, &'static str, Role, usize)>;

fn part_section(reader: &mut Reader, value: &Spanned<DeValue>, bench: &mut Bench, used: &mut Used) {
    let Some(section) = value.get_ref().as_table() else {
        return reader.wrong_type("part", value, "a table");
    };
    let names = REGISTRY.map(|kind| kind.name);
    if !section.contains_key("type") {
        let help = format!("add type = \"…\", one of: {}", names.join(", "));
        return reader.errors.add(value.span(), "a part without a type", help);
    }
    let Some((type_name, span)) = reader.text(section, "type", "a text such as \"led\"") else { return };
    let Some(kind) = part::find(type_name) else {
        let help = suggest(type_name, "parts", &names);
        return reader.errors.add(span, format!("there is no part \"{type_name}\""), help);
    };
    let mut allowed = vec!["type", "name", "pins", "inputs", "at"];
    allowed.extend(kind.properties.iter().map(|property| property.name));
    reader.unknown_keys(section, &format!("a part of type \"{}\"", kind.name), &allowed);

    let name = part_name(reader, section, kind, bench);
    let line = reader.errors.place(value.span().start).0;
    // A part of the board's own has its pins and properties already.
    let own = bench.board.parts.iter().find(|own| own.name == name && own.kind == kind.name);
    let own = own.and_then(PartSpec::on_board);
    let start =
        own.as_ref().map_or_else(|| Properties::defaults(kind.properties), |own| own.properties.clone());
    let properties = properties(reader, section, kind, start);
    if let Err(why) = (kind.make)(&properties) {
        reader.errors.add(value.span(), format!("\"{name}\": {why}"), "");
    }
    let start = own.map(|own| own.pins);
    let pins = pins(reader, section, value.span(), kind, &name, bench.board, start, used);
    let inputs = inputs(reader, section, kind);
    let at = position(reader, section);
    bench.parts.push(PartSpec { name, kind, pins, properties, inputs, at, line });
}

fn part_name(reader: &mut Reader, section: &DeTable, kind: &PartType, bench: &Bench) -> String {
    let taken = |name: &str| bench.part(name);
    if let Some((name, span)) = reader.text(section, "name", "a text") {
        let valid = |c: char| c.is_alphanumeric() || "_- ".contains(c);
        if name.is_empty() || !name.chars().all(valid) {
            let help = "use letters, digits, spaces, - and _";
            reader.errors.add(span, format!("\"{name}\" cannot be a part's name"), help);
        } else if let Some(other) = taken(name) {
            let help = format!("the part on line {} has it; choose another", other.line);
            reader.errors.add(span, format!("the name \"{name}\" is used twice"), help);
        } else {
            return name.to_owned();
        }
    }
    let mut names = std::iter::once(kind.name.to_owned()).chain((2..).map(|n| format!("{}{n}", kind.name)));
    names.find(|name| taken(name).is_none()).unwrap_or_default()
}

fn properties(
    reader: &mut Reader,
    section: &DeTable,
    kind: &PartType,
    mut properties: Properties,
) -> Properties {
    for info in kind.properties {
        let Some(value) = section.get(info.name) else { continue };
        let found = match (info.kind, value.get_ref()) {
            (PropertyKind::Number { .. }, found) => number(found).map(Value::Number),
            (_, found @ DeValue::Integer(_)) => integer(found).map(Value::Integer),
            (_, DeValue::String(text)) => Some(Value::Text(text.to_string())),
            (_, DeValue::Array(list)) => {
                let texts: Option<Vec<_>> =
                    list.iter().map(|item| item.get_ref().as_str().map(str::to_owned)).collect();
                texts.map(Value::List)
            }
            _ => None,
        };
        match found.filter(|found| info.kind.allows(found)) {
            Some(found) => drop(properties.set(info.name, found)),
            None => {
                let found = plain(value.get_ref());
                let help = format!("it should be {}", info.kind.allowed());
                reader.errors.add(value.span(), format!("{} is {found}", info.name), help);
            }
        }
    }
    properties
}

/// A value as a message shows it.
fn plain(value: &DeValue) -> String {
    match value {
        DeValue::String(text) => format!("\"{text}\""),
        DeValue::Integer(n) => n.to_string(),
        DeValue::Float(x) => x.to_string(),
        DeValue::Boolean(b) => b.to_string(),
        DeValue::Array(list) => {
            let items: Vec<_> = list.iter().map(|item| plain(item.get_ref())).collect();
            format!("[{}]", items.join(", "))
        }
        other => format!("a {}", other.type_str()),
    }
}

/// `own`: where the pins of a part of the board's own lead.
#[allow(clippy::too_many_arguments)]
fn pins(
    reader: &mut Reader,
    section: &DeTable,
    span: Range<usize>,
    kind: &'static PartType,
    name: &str,
    board: &Board,
    own: Option<Vec<Option<Node>>>,
    used: &mut Used,
) -> Vec<Option<Node>> {
    let is_own = own.is_some();
    let mut nodes = own.unwrap_or_else(|| {
        kind.pins.iter().map(|pin| pin.default.and_then(|default| board.node(default))).collect()
    });
    let known: Vec<_> = kind.pins.iter().map(|pin| pin.name).collect();
    let mut given = vec![false; nodes.len()];
    let first = known.first().copied().unwrap_or("pin");
    let example = format!("a table: pins = {{ {first} = \"GP15\" }}");
    let mut pins_span = span;
    match section.get("pins") {
        None => {}
        Some(value) => match value.get_ref().as_table() {
            None => reader.wrong_type("pins", value, &example),
            Some(table) => {
                pins_span = value.span();
                for (key, value) in table {
                    let pin_name = key.get_ref().as_ref();
                    let Some(pin) = kind.pin(pin_name) else {
                        let help = suggest(pin_name, "its pins", &known);
                        let message = format!("a {} has no pin \"{pin_name}\"", kind.title);
                        reader.errors.add(key.span(), message, help);
                        continue;
                    };
                    given[pin] = true;
                    let Some(target) = value.get_ref().as_str() else {
                        reader.wrong_type(pin_name, value, "a text such as \"GP15\"");
                        continue;
                    };
                    nodes[pin] = wire(reader, value.span(), target, kind, pin, name, board, used);
                }
            }
        },
    }
    for (pin, info) in kind.pins.iter().enumerate() {
        if info.required && !given[pin] && !is_own {
            let message = format!("\"{name}\" ({}) is missing its pin \"{}\"", kind.title, info.name);
            reader.errors.add(pins_span.clone(), message, format!("add it to pins: {}", info.description));
        }
    }
    nodes
}

/// Wires one pin of a part.
#[allow(clippy::too_many_arguments)]
fn wire(
    reader: &mut Reader,
    span: Range<usize>,
    target: &str,
    kind: &'static PartType,
    pin: usize,
    name: &str,
    board: &Board,
    used: &mut Used,
) -> Option<Node> {
    let info = &kind.pins[pin];
    let Some(node) = board.node(target) else {
        let help = suggest(target, "its pins", &board.node_names());
        reader.errors.add(span, format!("the {} has no signal pin \"{target}\"", board.title), help);
        return None;
    };
    let Node::Gpio(gpio) = node else { return Some(node) };
    if info.role == Role::Analog && !board.analog.contains(&gpio) {
        let able: Vec<_> = board.analog.iter().map(|&gpio| board.label(gpio)).collect();
        let message = format!("{target} has no analogue input, but \"{}\" delivers a voltage", info.name);
        reader.errors.add(span, message, format!("use one of {}", able.join(", ")));
        return Some(node);
    }
    if info.role == Role::Wire {
        return Some(node);
    }
    let line = reader.errors.place(span.start).0;
    match used.get(&node) {
        Some((other, other_pin, role, _)) if info.role.is_shared() && *role == info.role => {
            let _ = (other, other_pin);
        }
        Some((other, other_pin, _, other_line)) => {
            let message = format!("{target} is used twice: here for pin \"{}\" of \"{name}\"", info.name);
            let help = format!(
                "line {other_line} gives it to pin \"{other_pin}\" of \"{other}\"; only bus lines may be shared, \
                 choose another pin"
            );
            reader.errors.add(span, message, help);
        }
        None => {
            used.insert(node, (name.to_owned(), info.name, info.role, line));
        }
    }
    Some(node)
}

fn inputs(reader: &mut Reader, section: &DeTable, kind: &PartType) -> Vec<Signal> {
    let mut inputs: Vec<_> = kind.inputs.iter().map(|input| Signal::constant(input.default)).collect();
    let Some(value) = section.get("inputs") else { return inputs };
    let Some(table) = value.get_ref().as_table() else {
        reader.wrong_type("inputs", value, "a table: inputs.name = …");
        return inputs;
    };
    let known: Vec<_> = kind.inputs.iter().map(|input| input.name).collect();
    for (key, value) in table {
        let name = key.get_ref().as_ref();
        match kind.input(name) {
            Some(input) => {
                if let Some(signal) = signals::signal(reader, value, &kind.inputs[input]) {
                    inputs[input] = signal;
                }
            }
            None if known.is_empty() => {
                reader.errors.add(key.span(), format!("a {} has no inputs", kind.title), "");
            }
            None => {
                let help = suggest(name, "its inputs", &known);
                reader.errors.add(key.span(), format!("a {} has no input \"{name}\"", kind.title), help);
            }
        }
    }
    inputs
}

fn position(reader: &mut Reader, section: &DeTable) -> Option<(f64, f64)> {
    let value = section.get("at")?;
    let list: Option<Vec<f64>> =
        value.get_ref().as_array().and_then(|list| list.iter().map(|item| number(item.get_ref())).collect());
    match list.as_deref() {
        Some(&[x, y]) => Some((x, y)),
        _ => {
            reader.wrong_type("at", value, "two numbers: at = [120, 40]");
            None
        }
    }
}
