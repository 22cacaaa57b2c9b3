//! Signals as a bench file writes them.

use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::suggest;
use super::parse::{Reader, number};
use crate::clock::Time;
use crate::part::InputInfo;
use crate::signal::{
    Column, Conversion, DataError, Dropout, Generator, Interpolation, Noise, Shape, Signal, Slider, Source,
    TimeBase, alternatives, conversion,
};

const COMMON: [&str; 6] = ["unit", "noise", "noise_period", "dropout", "dropout_period", "seed"];
const KINDS: [&str; 4] = ["value", "slider", "generator", "csv"];

/// A number, a switch position or a table; `None` after complaining.
pub(super) fn signal(reader: &mut Reader, value: &Spanned<DeValue>, input: &InputInfo) -> Option<Signal> {
    match value.get_ref() {
        DeValue::Boolean(on) if input.switch => Some(Signal::constant(f64::from(*on))),
        DeValue::Table(table) => from_table(reader, value, table, input),
        other => match number(other) {
            Some(number) => {
                in_range(reader, value, number, input, Conversion::IDENTITY);
                Some(Signal::constant(number))
            }
            None => {
                let wanted = format!(
                    "{}, or a table with one of {}",
                    if input.switch { "true, false, a number" } else { "a number" },
                    KINDS.join(", ")
                );
                reader.wrong_type(input.name, value, &wanted);
                None
            }
        },
    }
}

fn from_table(
    reader: &mut Reader,
    whole: &Spanned<DeValue>,
    table: &DeTable,
    input: &InputInfo,
) -> Option<Signal> {
    let kinds: Vec<_> = KINDS.into_iter().filter(|kind| table.contains_key(*kind)).collect();
    let &[kind] = kinds.as_slice() else {
        let message = match kinds.as_slice() {
            [] => format!("\"{}\" does not say where its value comes from", input.name),
            many => format!("\"{}\" has {} at once", input.name, many.join(" and ")),
        };
        let help = "give exactly one of value = 1.5, slider = 1.5, generator = \"sine\", csv = \"data.csv\"";
        reader.errors.add(whole.span(), message, help);
        return None;
    };
    let own: &[&str] = match kind {
        "value" => &["value"],
        "slider" => &["slider", "min", "max", "step"],
        "generator" => &["generator", "min", "max", "period", "phase", "duty"],
        _ => &["csv", "column", "time", "time_unit", "period", "interpolate", "loop", "speed"],
    };
    let allowed: Vec<_> = own.iter().chain(&COMMON).copied().collect();
    reader.unknown_keys(table, &format!("a signal with {kind}"), &allowed);

    let conversion = unit(reader, table, input);
    let source = match kind {
        "value" => Source::Constant(checked(reader, table, "value", input, conversion)?),
        "slider" => slider(reader, table, input, conversion)?,
        "generator" => generator(reader, table, input, conversion)?,
        _ => column(reader, whole, table)?,
    };
    let seed = reader.number(table, "seed").unwrap_or(1.0) as u64;
    let noise = reader.number(table, "noise").filter(|deviation| *deviation != 0.0).map(|deviation| Noise {
        deviation: deviation.abs() * conversion.factor.abs(),
        period: reader.duration(table, "noise_period").unwrap_or(Time::from_millis(10)),
        seed,
    });
    let dropout = share(reader, table, "dropout").map(|probability| Dropout {
        probability,
        period: reader.duration(table, "dropout_period").unwrap_or(Time::from_secs(1)),
        seed: seed.wrapping_add(0x5EED),
    });
    Some(Signal { source, conversion, noise, dropout })
}

fn unit(reader: &mut Reader, table: &DeTable, input: &InputInfo) -> Conversion {
    let names = alternatives(input.unit);
    let wanted = "a text with a unit";
    let Some((unit, span)) = reader.text(table, "unit", wanted) else { return Conversion::IDENTITY };
    conversion(unit, input.unit).unwrap_or_else(|| {
        let message = format!("\"{}\" cannot be given in \"{unit}\"", input.name);
        let help = if input.unit.is_empty() {
            "it has no unit: leave the key out".to_owned()
        } else {
            suggest(unit, "allowed", &names)
        };
        reader.errors.add(span, message, help);
        Conversion::IDENTITY
    })
}

/// Complains about a value outside of what the part can tell.
fn in_range(
    reader: &mut Reader,
    value: &Spanned<DeValue>,
    found: f64,
    input: &InputInfo,
    conversion: Conversion,
) {
    let converted = conversion.apply(found);
    let tolerance = (input.max - input.min) * 1e-9;
    if !(input.min - tolerance..=input.max + tolerance).contains(&converted) {
        let (a, b) = (conversion.invert(input.min), conversion.invert(input.max));
        let help = format!(
            "allowed: {} to {} {}",
            a.min(b),
            a.max(b),
            if conversion == Conversion::IDENTITY { input.unit } else { "in this unit" }
        );
        reader.errors.add(
            value.span(),
            format!("\"{}\" cannot be {found}", input.name),
            help.trim_end().to_owned(),
        );
    }
}

/// A number within the input's range.
fn checked(
    reader: &mut Reader,
    table: &DeTable,
    key: &str,
    input: &InputInfo,
    conversion: Conversion,
) -> Option<f64> {
    let number = reader.number(table, key)?;
    if let Some(value) = table.get(key) {
        in_range(reader, value, number, input, conversion);
    }
    Some(number)
}

/// A number from 0 to 1.
fn share(reader: &mut Reader, table: &DeTable, key: &str) -> Option<f64> {
    let number = reader.number(table, key)?;
    if !(0.0..=1.0).contains(&number)
        && let Some(value) = table.get(key)
    {
        reader.errors.add(value.span(), format!("{key} is {number}"), "it should be a share from 0 to 1");
    }
    Some(number)
}

fn slider(reader: &mut Reader, table: &DeTable, input: &InputInfo, conversion: Conversion) -> Option<Source> {
    let value = checked(reader, table, "slider", input, conversion)?;
    let limit = |reader: &mut Reader, key, default| {
        checked(reader, table, key, input, conversion).unwrap_or(conversion.invert(default))
    };
    let min = limit(reader, "min", input.min);
    let max = limit(reader, "max", input.max);
    let step = reader.number(table, "step").unwrap_or(input.step / conversion.factor.abs()).max(0.0);
    if min >= max || !(min..=max).contains(&value) {
        let span = table.get("slider")?.span();
        let message = format!("a slider at {value} between {min} and {max}");
        reader.errors.add(span, message, "min must be below max and the value between them");
        return None;
    }
    Some(Source::Slider(Slider { value, min, max, step }))
}

fn generator(
    reader: &mut Reader,
    table: &DeTable,
    input: &InputInfo,
    conversion: Conversion,
) -> Option<Source> {
    let names = Shape::ALL.map(|(name, _)| name);
    let (name, span) = reader.text(table, "generator", "a text such as \"sine\"")?;
    let Some(&(_, shape)) = Shape::ALL.iter().find(|(known, _)| *known == name) else {
        reader.errors.add(
            span,
            format!("there is no generator \"{name}\""),
            suggest(name, "generators", &names),
        );
        return None;
    };
    let limit = |reader: &mut Reader, key, default| {
        checked(reader, table, key, input, conversion).unwrap_or(conversion.invert(default))
    };
    let min = limit(reader, "min", input.min);
    let max = limit(reader, "max", input.max);
    let period = reader.duration(table, "period").unwrap_or(Time::from_secs(if shape == Shape::Noise {
        1
    } else {
        10
    }));
    let phase = share(reader, table, "phase").unwrap_or(0.0);
    let duty = share(reader, table, "duty").unwrap_or(0.5);
    let seed = reader.number(table, "seed").unwrap_or(1.0) as u64;
    Some(Source::Generator(Generator { shape, min, max, period, phase, duty, seed }))
}

fn column(reader: &mut Reader, whole: &Spanned<DeValue>, table: &DeTable) -> Option<Source> {
    let (file, file_span) = reader.text(table, "csv", "the path of a CSV file")?;
    let columns = match reader.data(file) {
        Ok(data) => data.columns().join(", "),
        Err(why) => {
            reader.errors.add(file_span, why, "paths start at the bench file's folder");
            return None;
        }
    };
    if !table.contains_key("column") {
        let help = format!("add column = \"…\", one of: {columns}");
        reader.errors.add(whole.span(), format!("which column of {file}?"), help);
        return None;
    }
    let (name, name_span) = reader.text(table, "column", "the name of a column")?;
    let period = reader.duration(table, "period");
    let time = reader.text(table, "time", "the name of a column");
    let base = match (period, &time) {
        (Some(_), Some((_, span))) => {
            reader.errors.add(span.clone(), "both time and period", "give the time column or a fixed period");
            return None;
        }
        (None, None) => {
            if !table.contains_key("period") && !table.contains_key("time") {
                let help = format!(
                    "add period = \"1s\" (a fixed distance) or time = \"…\" (a column), columns: {columns}"
                );
                reader.errors.add(whole.span(), format!("when do the rows of {file} hold?"), help);
            }
            return None;
        }
        (Some(period), None) => TimeBase::Period(period.0),
        (None, Some((time, _))) => TimeBase::Column(time, time_factor(reader, table)?),
    };
    let series = match reader.data(file).map(|data| data.series(name, &base)) {
        Ok(Ok(series)) => Arc::new(series),
        Ok(Err(error)) => {
            let (span, help) = match (&error, &time) {
                (DataError::NoColumn { column, columns, .. }, time) => {
                    let names: Vec<_> = columns.iter().map(String::as_str).collect();
                    let about_time = time.as_ref().filter(|(t, _)| t == column && column != name);
                    let span = about_time.map_or(name_span, |(_, span)| span.clone());
                    let message = format!("{file} has no column \"{column}\"");
                    reader.errors.add(span, message, suggest(column, "its columns", &names));
                    return None;
                }
                _ => (name_span, String::new()),
            };
            reader.errors.add(span, error.to_string(), help);
            return None;
        }
        Err(why) => {
            reader.errors.add(file_span, why, "");
            return None;
        }
    };
    let interpolation = match reader.text(table, "interpolate", "\"hold\" or \"linear\"") {
        None | Some(("hold", _)) => Interpolation::Hold,
        Some(("linear", _)) => Interpolation::Linear,
        Some((other, span)) => {
            let message = format!("there is no interpolation \"{other}\"");
            reader.errors.add(span, message, suggest(other, "allowed", &["hold", "linear"]));
            Interpolation::Hold
        }
    };
    let repeat = match table.get("loop") {
        None => true,
        Some(value) => value.get_ref().as_bool().unwrap_or_else(|| {
            reader.wrong_type("loop", value, "true or false");
            true
        }),
    };
    let speed = reader.number(table, "speed").unwrap_or(1.0);
    if speed <= 0.0
        && let Some(value) = table.get("speed")
    {
        reader.errors.add(value.span(), format!("speed is {speed}"), "it should be above zero");
        return None;
    }
    Some(Source::Column(Column { series, interpolation, repeat, speed }))
}

/// How many nanoseconds a number in the time column is worth.
fn time_factor(reader: &mut Reader, table: &DeTable) -> Option<f64> {
    let names = ["ns", "us", "ms", "s", "min", "h", "d"];
    match reader.text(table, "time_unit", "a text such as \"s\"") {
        None => Some(1e9),
        Some((unit, span)) => match names.iter().position(|name| *name == unit) {
            Some(at) => Some([1.0, 1e3, 1e6, 1e9, 60e9, 3600e9, 86400e9][at]),
            None => {
                let message = format!("there is no time unit \"{unit}\"");
                reader.errors.add(span, message, suggest(unit, "allowed", &names));
                None
            }
        },
    }
}
