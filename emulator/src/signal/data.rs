//! Data sets: CSV files whose columns drive part inputs.

use std::path::{Path, PathBuf};

use thiserror::Error;

/// Values and the times at which they begin to hold, in nanoseconds after the first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    /// Strictly increasing, beginning with 0.
    pub times: Vec<u64>,
    /// As many as times.
    pub values: Vec<f64>,
}

impl Series {
    /// How long one run through it lasts: the last row lasts as long as the rows do on average.
    pub fn length(&self) -> u64 {
        let last = self.times.last().copied().unwrap_or(0);
        match self.times.len() {
            0 => 0,
            1 => 1_000_000_000,
            rows => last.saturating_add(last / (rows as u64 - 1)),
        }
    }
}

/// What is wrong with a data set.
#[derive(Debug, Error)]
pub enum DataError {
    /// It could not be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is not CSV.
    #[error("{path}:{line}: {message}")]
    Syntax {
        /// Which file.
        path: PathBuf,
        /// Which line.
        line: u64,
        /// What is wrong.
        message: String,
    },
    /// It has no such column.
    #[error("{path} has no column \"{column}\"; its columns are: {}", columns.join(", "))]
    NoColumn {
        /// Which file.
        path: PathBuf,
        /// What was asked for.
        column: String,
        /// What there is.
        columns: Vec<String>,
    },
    /// A cell is not what it should be.
    #[error("{path}:{line}: column \"{column}\" holds \"{found}\" where {expected} is expected")]
    Cell {
        /// Which file.
        path: PathBuf,
        /// Which line.
        line: u64,
        /// Which column.
        column: String,
        /// What it holds.
        found: String,
        /// What it should hold.
        expected: &'static str,
    },
    /// It has a header but no data.
    #[error("{path} has no data in column \"{column}\"")]
    Empty {
        /// Which file.
        path: PathBuf,
        /// Which column.
        column: String,
    },
}

/// Where a series' times come from.
#[derive(Clone, Debug, PartialEq)]
pub enum TimeBase<'a> {
    /// Row *n* begins at *n* times this many nanoseconds.
    Period(u64),
    /// A column of numbers, each worth this many nanoseconds, or of dates as ISO 8601 writes them.
    Column(&'a str, f64),
}

/// A CSV file with a header row, read once however many inputs it drives. Lines that begin with `#` are comments.
#[derive(Clone, Debug)]
pub struct DataFile {
    path: PathBuf,
    columns: Vec<String>,
    /// Line number and cells.
    rows: Vec<(u64, csv::StringRecord)>,
}

impl DataFile {
    /// Reads a file.
    pub fn load(path: &Path) -> Result<DataFile, DataError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| DataError::Read { path: path.to_owned(), source })?;
        DataFile::parse(path, &text)
    }

    /// Reads text; `path` is for messages. The delimiter is a comma, or a semicolon or tab if the header has
    /// one of those and no comma.
    pub fn parse(path: &Path, text: &str) -> Result<DataFile, DataError> {
        let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
        let header = text.lines().find(|line| !line.starts_with('#')).unwrap_or("");
        let delimiter = [b',', b';', b'\t'].into_iter().find(|&d| header.contains(d as char)).unwrap_or(b',');
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .comment(Some(b'#'))
            .trim(csv::Trim::All)
            .from_reader(text.as_bytes());
        let syntax = |error: csv::Error| {
            let line = error.position().map_or(1, |p| p.line());
            let message = match error.kind() {
                csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
                    format!("{len} cells where the header has {expected_len}")
                }
                _ => error.to_string(),
            };
            DataError::Syntax { path: path.to_owned(), line, message }
        };
        let columns = reader.headers().map_err(syntax)?.iter().map(str::to_owned).collect();
        let mut rows = Vec::new();
        for record in reader.records() {
            let record = record.map_err(syntax)?;
            rows.push((record.position().map_or(0, |p| p.line()), record));
        }
        Ok(DataFile { path: path.to_owned(), columns, rows })
    }

    /// The header.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// A column as a series. Empty cells (and `nan`, `NA`) are gaps: the value before them goes on.
    pub fn series(&self, column: &str, time: &TimeBase) -> Result<Series, DataError> {
        let value_at = self.index(column)?;
        let time_at = match time {
            TimeBase::Period(_) => None,
            TimeBase::Column(name, factor) => Some((self.index(name)?, *name, *factor)),
        };
        let mut series = Series::default();
        let mut origin = None;
        for (n, (line, row)) in self.rows.iter().enumerate() {
            let found = row.get(value_at).unwrap_or("");
            if found.is_empty() || found.eq_ignore_ascii_case("nan") || found == "NA" {
                continue;
            }
            let value: f64 = found
                .parse()
                .ok()
                .filter(|v: &f64| v.is_finite())
                .ok_or_else(|| self.cell(*line, column, found, "a number"))?;
            let at = match time_at {
                None => match time {
                    TimeBase::Period(period) => i128::from(*period) * n as i128,
                    TimeBase::Column(..) => 0,
                },
                Some((index, name, factor)) => {
                    let found = row.get(index).unwrap_or("");
                    nanoseconds(found, factor).ok_or_else(|| {
                        self.cell(*line, name, found, "a number or a date such as 2024-05-01T12:30:00")
                    })?
                }
            };
            let origin = *origin.get_or_insert(at);
            let at =
                u64::try_from(at - origin).ok().filter(|at| series.times.last().is_none_or(|last| at > last));
            let Some(at) = at else {
                let (name, index) = time_at.map_or((column, value_at), |(index, name, _)| (name, index));
                let found = row.get(index).unwrap_or("");
                return Err(self.cell(*line, name, found, "a time later than the row before"));
            };
            series.times.push(at);
            series.values.push(value);
        }
        if series.values.is_empty() {
            return Err(DataError::Empty { path: self.path.clone(), column: column.to_owned() });
        }
        Ok(series)
    }

    fn index(&self, column: &str) -> Result<usize, DataError> {
        self.columns.iter().position(|name| name == column).ok_or_else(|| DataError::NoColumn {
            path: self.path.clone(),
            column: column.to_owned(),
            columns: self.columns.clone(),
        })
    }

    fn cell(&self, line: u64, column: &str, found: &str, expected: &'static str) -> DataError {
        let (path, column, found) = (self.path.clone(), column.to_owned(), found.to_owned());
        DataError::Cell { path, line, column, found, expected }
    }
}

/// A number times `factor`, or a date, as nanoseconds.
fn nanoseconds(text: &str, factor: f64) -> Option<i128> {
    if let Ok(number) = text.parse::<f64>() {
        return number.is_finite().then(|| (number * factor).round() as i128);
    }
    date(text)
}

/// `2024-05-01`, `2024-05-01 12:30`, `2024-05-01T12:30:05.25`, with `Z` or `+02:00`: nanoseconds since 1970.
fn date(text: &str) -> Option<i128> {
    let (day, time) = match text.find(['T', ' ']) {
        Some(at) => (&text[..at], &text[at + 1..]),
        None => (text, "00:00"),
    };
    let mut fields = day.splitn(3, '-').map(|field| field.parse::<i64>().ok());
    let (year, month, day) = (fields.next()??, fields.next()??, fields.next()??);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || !(0..=9999).contains(&year) {
        return None;
    }
    let (time, zone) = match time.find(['Z', '+', '-']) {
        Some(at) => (&time[..at], &time[at..]),
        None => (time, ""),
    };
    let hm = |text: &str| -> Option<i128> {
        let (hours, minutes) = text.split_once(':')?;
        Some(i128::from(hours.parse::<u32>().ok()?) * 60 + i128::from(minutes.parse::<u32>().ok()?))
    };
    let (clock, seconds) = match time.splitn(3, ':').count() {
        3 => time.rsplit_once(':').map(|(clock, s)| (clock, s.parse::<f64>().ok()))?,
        _ => (time, Some(0.0)),
    };
    let seconds = seconds.filter(|s| (0.0..61.0).contains(s))?;
    let zone = match zone.strip_prefix('Z').unwrap_or(zone) {
        "" => 0,
        zone => hm(zone.trim_start_matches(['+', '-']))? * if zone.starts_with('-') { -1 } else { 1 },
    };
    // Days since 1970-01-01 in the proleptic Gregorian calendar, counting years from March.
    let y = if month <= 2 { year - 1 } else { year };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = y * 365 + y.div_euclid(4) - y.div_euclid(100) + y.div_euclid(400) + day_of_year - 719_468;
    let minutes = i128::from(days) * 1440 + hm(clock)? - zone;
    Some(minutes * 60_000_000_000 + (seconds * 1e9).round() as i128)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> DataFile {
        DataFile::parse(Path::new("data.csv"), text).unwrap()
    }

    #[test]
    fn columns_with_a_period_or_a_time_column() {
        let data = file("# weather\ntime, temp\n100.5, 1\n101, 2\n103, nan\n104.5, 4\n");
        let series = data.series("temp", &TimeBase::Column("time", 1e9)).unwrap();
        assert_eq!(series.times, [0, 500_000_000, 4_000_000_000]);
        assert_eq!(series.values, [1.0, 2.0, 4.0]);
        let series = data.series("temp", &TimeBase::Period(10)).unwrap();
        assert_eq!(series.times, [0, 10, 30]);
    }

    #[test]
    fn dates_semicolons_and_byte_order_marks() {
        let data = file(
            "\u{FEFF}when;v\n2024-02-28T23:59:59.5Z;1\n2024-02-29 00:00;2\n2024-03-01T01:00:00+01:00;3\n",
        );
        let series = data.series("v", &TimeBase::Column("when", 1e9)).unwrap();
        assert_eq!(series.times, [0, 500_000_000, 86_400_500_000_000]);
        assert_eq!(date("1970-01-01"), Some(0));
        assert_eq!(date("2000-03-01T00:00:00Z"), Some(951_868_800_000_000_000));
        assert_eq!(date("2024-13-01"), None);
        assert_eq!(date("yesterday"), None);
    }

    #[test]
    fn errors_say_where_and_what() {
        let data = file("time,temp\n0,1\n1,warm\n");
        let message = |result: Result<Series, DataError>| result.unwrap_err().to_string();
        assert_eq!(
            message(data.series("humidity", &TimeBase::Period(1))),
            "data.csv has no column \"humidity\"; its columns are: time, temp"
        );
        assert_eq!(
            message(data.series("temp", &TimeBase::Period(1))),
            "data.csv:3: column \"temp\" holds \"warm\" where a number is expected"
        );
        let data = file("time,temp\n5,1\n5,2\n");
        assert_eq!(
            message(data.series("temp", &TimeBase::Column("time", 1e9))),
            "data.csv:3: column \"time\" holds \"5\" where a time later than the row before is expected"
        );
        let ragged = DataFile::parse(Path::new("data.csv"), "a,b\n1,2\n3\n").unwrap_err().to_string();
        assert_eq!(ragged, "data.csv:3: 1 cells where the header has 2");
        assert!(file("a,b\n").series("a", &TimeBase::Period(1)).is_err());
    }
}
