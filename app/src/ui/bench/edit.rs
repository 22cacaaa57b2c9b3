//! Changes to bench.toml that keep everything else in it: comments, order, spacing.
//!
//! Each function takes the text and gives back the new text. Parts are named by their place among the
//! `[[part]]` tables, since a part need not have a name.

use toml_edit::{Array, ArrayOfTables, DocumentMut, InlineTable, Item, Table, Value, value};

/// What a text without a bench becomes when the first part is added.
const NEW: &str =
    "# The bench: a board, the parts around it, and what is fed into them.\n[board]\ntype = \"pico\"\n";

/// Why a bench cannot be changed.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// The text is not TOML as it stands.
    #[error("bench.toml has an error: correct it first ({0})")]
    Broken(String),
    /// There is no such part, or it is not written as a `[[part]]` table.
    #[error("bench.toml has no part number {0}")]
    NoPart(usize),
}

/// What drives an input, as bench.toml writes it.
#[derive(Clone, Debug, PartialEq)]
pub enum Drive {
    /// A fixed value.
    Constant(f64),
    /// A value with a slider.
    Slider {
        /// Where it stands.
        value: f64,
        /// Its left end.
        min: f64,
        /// Its right end.
        max: f64,
    },
    /// A waveform.
    Generator {
        /// `sine`, `square`, …
        shape: String,
        /// Its lowest value.
        min: f64,
        /// Its highest.
        max: f64,
        /// Such as `2s`.
        period: String,
    },
    /// A column of a data set.
    Csv {
        /// The file, relative to bench.toml.
        file: String,
        /// The column's name.
        column: String,
        /// The time between two lines, such as `1s`.
        period: String,
        /// Whether it starts again at its end.
        repeat: bool,
        /// Whether values between two lines are interpolated.
        linear: bool,
    },
}

fn parse(text: &str) -> Result<DocumentMut, EditError> {
    let text = if text.trim().is_empty() { NEW } else { text };
    text.parse().map_err(|error: toml_edit::TomlError| EditError::Broken(error.message().to_owned()))
}

fn part(bench: &mut DocumentMut, index: usize) -> Result<&mut Table, EditError> {
    let parts = bench.get_mut("part").and_then(Item::as_array_of_tables_mut);
    parts.and_then(|parts| parts.get_mut(index)).ok_or(EditError::NoPart(index + 1))
}

/// Puts another board in the middle; its firmware goes with the old one.
pub fn set_board(text: &str, name: &str) -> Result<String, EditError> {
    let mut bench = parse(text)?;
    let board = bench.entry("board").or_insert(Item::Table(Table::new()));
    let board = board.as_table_like_mut().ok_or_else(|| EditError::Broken("`board` is no table".into()))?;
    replace(board, "type", name.into());
    board.remove("firmware");
    Ok(bench.to_string())
}

/// Adds a part at the end.
pub fn add_part(text: &str, kind: &str, name: &str, pins: &[(String, String)]) -> Result<String, EditError> {
    let mut bench = parse(text)?;
    let mut table = Table::new();
    table.decor_mut().set_prefix("\n");
    table["type"] = value(kind);
    table["name"] = value(name);
    let mut wires = InlineTable::new();
    for (pin, node) in pins {
        wires.insert(pin, node.as_str().into());
    }
    table["pins"] = value(wires);
    let parts = bench.entry("part").or_insert(Item::ArrayOfTables(ArrayOfTables::new()));
    let parts =
        parts.as_array_of_tables_mut().ok_or_else(|| EditError::Broken("`part` is no table".into()))?;
    parts.push(table);
    Ok(bench.to_string())
}

/// Takes a part away.
pub fn remove_part(text: &str, index: usize) -> Result<String, EditError> {
    let mut bench = parse(text)?;
    part(&mut bench, index)?;
    if let Some(parts) = bench.get_mut("part").and_then(Item::as_array_of_tables_mut) {
        parts.remove(index);
        if parts.is_empty() {
            bench.remove("part");
        }
    }
    Ok(bench.to_string())
}

/// Wires a part's pin to a board pin, or to nothing.
pub fn set_pin(text: &str, index: usize, pin: &str, node: Option<&str>) -> Result<String, EditError> {
    let mut bench = parse(text)?;
    let table = part(&mut bench, index)?;
    let pins = table.entry("pins").or_insert(value(InlineTable::new()));
    let pins = pins.as_table_like_mut().ok_or_else(|| EditError::Broken("`pins` is no table".into()))?;
    match node {
        Some(node) => replace(pins, pin, node.into()),
        None => drop(pins.remove(pin)),
    }
    Ok(bench.to_string())
}

/// Gives a property of a part a value; an integer is written in hexadecimal if it was before.
pub fn set_property(text: &str, index: usize, name: &str, new: Value) -> Result<String, EditError> {
    let mut bench = parse(text)?;
    replace(part(&mut bench, index)?, name, new);
    Ok(bench.to_string())
}

/// Says what drives an input of a part.
pub fn set_input(text: &str, index: usize, input: &str, drive: &Drive) -> Result<String, EditError> {
    let mut bench = parse(text)?;
    let table = part(&mut bench, index)?;
    if table.get("inputs").is_none() {
        let mut inputs = Table::new();
        // Written as `inputs.temperature = …` in the part's own table.
        inputs.set_dotted(true);
        table.insert("inputs", Item::Table(inputs));
    }
    let inputs = table["inputs"].as_table_like_mut();
    let inputs = inputs.ok_or_else(|| EditError::Broken("`inputs` is no table".into()))?;
    replace(inputs, input, drive_value(drive));
    Ok(bench.to_string())
}

/// What bench.toml says drives an input; `None` where it says nothing, or more than the dialog knows.
pub fn input(text: &str, index: usize, input: &str) -> Option<Drive> {
    let bench = parse(text).ok()?;
    let part = bench.get("part")?.as_array_of_tables()?.get(index)?;
    let item = part.get("inputs")?.as_table_like()?.get(input)?;
    let plain = |item: &Item| item.as_float().or(item.as_integer().map(|n| n as f64));
    if let Some(value) = plain(item) {
        return Some(Drive::Constant(value));
    }
    let table = item.as_table_like()?;
    let number = |key| table.get(key).and_then(plain);
    let text = |key| table.get(key).and_then(Item::as_str).map(str::to_owned);
    if let Some(file) = text("csv") {
        return Some(Drive::Csv {
            file,
            column: text("column").unwrap_or_default(),
            period: text("period").unwrap_or_else(|| "1s".to_owned()),
            repeat: table.get("loop").and_then(Item::as_bool).unwrap_or(false),
            linear: text("interpolate").is_some_and(|way| way == "linear"),
        });
    }
    if let Some(shape) = text("generator") {
        let period = text("period").unwrap_or_else(|| "1s".to_owned());
        return Some(Drive::Generator { shape, min: number("min")?, max: number("max")?, period });
    }
    let value = number("slider").or(number("value"))?;
    match (number("min"), number("max")) {
        (Some(min), Some(max)) => Some(Drive::Slider { value, min, max }),
        _ => Some(Drive::Constant(value)),
    }
}

/// Sets a key and keeps the comment behind the value before.
fn replace(table: &mut dyn toml_edit::TableLike, key: &str, mut new: Value) {
    match table.get_mut(key) {
        Some(Item::Value(old)) => {
            *new.decor_mut() = old.decor().clone();
            *old = new;
        }
        Some(item) => *item = Item::Value(new),
        None => drop(table.insert(key, Item::Value(new))),
    }
}

fn drive_value(drive: &Drive) -> Value {
    let mut table = InlineTable::new();
    match drive {
        Drive::Constant(value) => return number(*value),
        Drive::Slider { value, min, max } => {
            table.insert("slider", number(*value));
            table.insert("min", number(*min));
            table.insert("max", number(*max));
        }
        Drive::Generator { shape, min, max, period } => {
            table.insert("generator", shape.as_str().into());
            table.insert("min", number(*min));
            table.insert("max", number(*max));
            table.insert("period", period.as_str().into());
        }
        Drive::Csv { file, column, period, repeat, linear } => {
            table.insert("csv", file.as_str().into());
            table.insert("column", column.as_str().into());
            table.insert("period", period.as_str().into());
            if *linear {
                table.insert("interpolate", "linear".into());
            }
            if *repeat {
                table.insert("loop", true.into());
            }
        }
    }
    Value::InlineTable(table)
}

/// Whole numbers without a point, others with as few digits as tell them apart.
fn number(value: f64) -> Value {
    if value.fract() == 0.0 && value.abs() < 1e15 {
        return Value::from(value as i64);
    }
    // Sliders give 21.299999999999997 for 21.3.
    Value::from((value * 1e9).round() / 1e9)
}

/// An integer in hexadecimal, as addresses are written.
pub fn hexadecimal(number: i64) -> Value {
    format!("0x{number:02X}").parse().unwrap_or_else(|_| Value::from(number))
}

/// A list of texts.
pub fn list(texts: &[String]) -> Value {
    Value::Array(texts.iter().map(String::as_str).collect::<Array>())
}

#[cfg(test)]
mod tests {
    use super::*;

    const BENCH: &str = "# my bench\n[board]\ntype = \"pico\"  # the small one\n\n[[part]]\ntype = \"led\"\n\
                         name = \"led1\"\npins = { anode = \"GP15\" } # red\n\n# the sensor\n[[part]]\n\
                         type = \"bme280\"\npins = { sda = \"GP4\", scl = \"GP5\" }\naddress = 0x76 # fixed\n\
                         inputs.humidity = 40 # dry\n";

    #[test]
    fn changes_leave_everything_else_as_it_was() {
        let text = set_pin(BENCH, 0, "anode", Some("GP16")).unwrap();
        assert_eq!(text, BENCH.replace("GP15", "GP16"));
        let text = set_property(BENCH, 1, "address", hexadecimal(0x77)).unwrap();
        assert_eq!(text, BENCH.replace("0x76", "0x77"));
        let text = set_input(BENCH, 1, "humidity", &Drive::Constant(55.5)).unwrap();
        assert_eq!(text, BENCH.replace("humidity = 40", "humidity = 55.5"));
    }

    #[test]
    fn parts_come_and_go() {
        let pins = [("sig".to_owned(), "GP2".to_owned())];
        let text = add_part(BENCH, "button", "button1", &pins).unwrap();
        assert!(text.starts_with(BENCH));
        assert!(
            text.ends_with("\n[[part]]\ntype = \"button\"\nname = \"button1\"\npins = { sig = \"GP2\" }\n")
        );
        assert_eq!(remove_part(&text, 2).unwrap(), BENCH);
        let none = remove_part(&remove_part(BENCH, 0).unwrap(), 0).unwrap();
        assert!(!none.contains("part"));
        assert_eq!(remove_part(&none, 0), Err(EditError::NoPart(1)));
    }

    #[test]
    fn an_empty_text_becomes_a_bench() {
        let text = add_part("", "led", "led1", &[]).unwrap();
        assert!(text.contains("[board]") && text.contains("[[part]]"));
    }

    #[test]
    fn every_kind_of_drive_is_read_back_by_the_emulator() {
        use emulator::signal::Source;
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("w.csv"), "t,temp_c\n0,20\n1,21\n").unwrap();
        let path = folder.path().join("bench.toml");
        let drives = [
            Drive::Constant(21.25),
            Drive::Slider { value: 20.0, min: 0.0, max: 40.0 },
            Drive::Generator { shape: "sine".into(), min: 10.0, max: 30.0, period: "2s".into() },
            Drive::Csv {
                file: "w.csv".into(),
                column: "temp_c".into(),
                period: "1s".into(),
                repeat: true,
                linear: true,
            },
        ];
        for drive in drives {
            let text = set_input(BENCH, 1, "temperature", &drive).unwrap();
            assert_eq!(input(&text, 1, "temperature").as_ref(), Some(&drive));
            let bench = emulator::bench::Bench::parse(&text, &path).unwrap_or_else(|e| panic!("{e}\n{text}"));
            let source = &bench.parts[1].inputs[0].source;
            let same = match drive {
                Drive::Constant(value) => matches!(source, Source::Constant(other) if *other == value),
                Drive::Slider { .. } => matches!(source, Source::Slider(_)),
                Drive::Generator { .. } => matches!(source, Source::Generator(_)),
                Drive::Csv { .. } => matches!(source, Source::Column(_)),
            };
            assert!(same, "{source:?}\n{text}");
        }
    }

    #[test]
    fn broken_text_is_not_touched() {
        assert!(matches!(add_part("[board", "led", "x", &[]), Err(EditError::Broken(_))));
    }
}
