//! What is fixed when a part is placed: an I2C address, a colour, a baud rate.

/// A property of a kind of part.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PropertyInfo {
    /// Its key in `bench.toml`.
    pub name: &'static str,
    /// What to show.
    pub title: &'static str,
    /// What it may be.
    pub kind: PropertyKind,
}

/// What a property may be, with its default.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PropertyKind {
    /// One of these texts.
    Choice {
        /// The default.
        default: &'static str,
        /// All of them.
        of: &'static [&'static str],
    },
    /// One of these numbers, written in hexadecimal in messages.
    Address {
        /// The default.
        default: u8,
        /// All of them.
        of: &'static [u8],
    },
    /// A whole number.
    Integer {
        /// The default.
        default: i64,
        /// The smallest.
        min: i64,
        /// The largest.
        max: i64,
    },
    /// A number.
    Number {
        /// The default.
        default: f64,
        /// The smallest.
        min: f64,
        /// The largest.
        max: f64,
        /// Its unit.
        unit: &'static str,
    },
    /// A list of texts out of these.
    List {
        /// The default.
        default: &'static [&'static str],
        /// All of them.
        of: &'static [&'static str],
    },
}

/// A property's value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Of a choice.
    Text(String),
    /// Of an address or a whole number.
    Integer(i64),
    /// Of a number.
    Number(f64),
    /// Of a list.
    List(Vec<String>),
}

impl PropertyKind {
    /// The default as a value.
    pub fn default(&self) -> Value {
        match *self {
            PropertyKind::Choice { default, .. } => Value::Text(default.to_owned()),
            PropertyKind::Address { default, .. } => Value::Integer(default.into()),
            PropertyKind::Integer { default, .. } => Value::Integer(default),
            PropertyKind::Number { default, .. } => Value::Number(default),
            PropertyKind::List { default, .. } => {
                Value::List(default.iter().map(|&text| text.to_owned()).collect())
            }
        }
    }

    /// What is allowed, for a message.
    pub fn allowed(&self) -> String {
        match *self {
            PropertyKind::Choice { of, .. } => format!("one of {}", quoted(of)),
            PropertyKind::Address { of, .. } => {
                let all: Vec<_> = of.iter().map(|address| format!("0x{address:02X}")).collect();
                format!("one of {}", all.join(", "))
            }
            PropertyKind::Integer { min, max, .. } => format!("a whole number from {min} to {max}"),
            PropertyKind::Number { min, max, unit, .. } => {
                let space = if unit.is_empty() { "" } else { " " };
                format!("a number from {min} to {max}{space}{unit}")
            }
            PropertyKind::List { of, .. } => format!("a list of {}", quoted(of)),
        }
    }

    /// Whether a value is allowed.
    pub fn allows(&self, value: &Value) -> bool {
        match (*self, value) {
            (PropertyKind::Choice { of, .. }, Value::Text(text)) => of.contains(&text.as_str()),
            (PropertyKind::Address { of, .. }, Value::Integer(n)) => of.iter().any(|&a| i64::from(a) == *n),
            (PropertyKind::Integer { min, max, .. }, Value::Integer(n)) => (min..=max).contains(n),
            (PropertyKind::Number { min, max, .. }, Value::Number(n)) => (min..=max).contains(n),
            (PropertyKind::List { of, .. }, Value::List(texts)) => {
                texts.iter().all(|text| of.contains(&text.as_str()))
            }
            _ => false,
        }
    }
}

fn quoted(texts: &[&str]) -> String {
    texts.iter().map(|text| format!("\"{text}\"")).collect::<Vec<_>>().join(", ")
}

/// A part's properties, one value for each its kind has.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Properties(Vec<(&'static str, Value)>);

impl Properties {
    /// Every property at its default.
    pub fn defaults(infos: &'static [PropertyInfo]) -> Properties {
        Properties(infos.iter().map(|info| (info.name, info.kind.default())).collect())
    }

    /// Sets a property; false if there is none of this name.
    pub fn set(&mut self, name: &str, value: Value) -> bool {
        match self.0.iter_mut().find(|(key, _)| *key == name) {
            Some((_, place)) => {
                *place = value;
                true
            }
            None => false,
        }
    }

    /// A property's value.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(key, _)| *key == name).map(|(_, value)| value)
    }

    /// A text; empty if there is none of this name.
    pub fn text(&self, name: &str) -> &str {
        if let Some(Value::Text(text)) = self.get(name) { text } else { "" }
    }

    /// A whole number; 0 if there is none of this name.
    pub fn integer(&self, name: &str) -> i64 {
        if let Some(Value::Integer(n)) = self.get(name) { *n } else { 0 }
    }

    /// A number; 0 if there is none of this name.
    pub fn number(&self, name: &str) -> f64 {
        match self.get(name) {
            Some(Value::Number(n)) => *n,
            Some(Value::Integer(n)) => *n as f64,
            _ => 0.0,
        }
    }

    /// A list; empty if there is none of this name.
    pub fn list(&self, name: &str) -> &[String] {
        if let Some(Value::List(texts)) = self.get(name) { texts } else { &[] }
    }
}
