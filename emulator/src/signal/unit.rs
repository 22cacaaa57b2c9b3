//! Units that can be turned into one another.

/// `value * factor + offset`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Conversion {
    /// Multiplies.
    pub factor: f64,
    /// Is added after.
    pub offset: f64,
}

impl Conversion {
    /// Leaves a value as it is.
    pub const IDENTITY: Conversion = Conversion { factor: 1.0, offset: 0.0 };

    /// Converts.
    pub fn apply(self, value: f64) -> f64 {
        // Keeps exact values exact.
        if self == Conversion::IDENTITY { value } else { value * self.factor + self.offset }
    }

    /// Converts back.
    pub fn invert(self, value: f64) -> f64 {
        if self == Conversion::IDENTITY { value } else { (value - self.offset) / self.factor }
    }
}

/// (dimension, name, factor and offset to the dimension's base unit)
const UNITS: &[(&str, &str, f64, f64)] = &[
    ("temperature", "°C", 1.0, 0.0),
    ("temperature", "C", 1.0, 0.0),
    ("temperature", "°F", 5.0 / 9.0, -160.0 / 9.0),
    ("temperature", "F", 5.0 / 9.0, -160.0 / 9.0),
    ("temperature", "K", 1.0, -273.15),
    ("pressure", "Pa", 1.0, 0.0),
    ("pressure", "hPa", 100.0, 0.0),
    ("pressure", "mbar", 100.0, 0.0),
    ("pressure", "kPa", 1e3, 0.0),
    ("pressure", "bar", 1e5, 0.0),
    ("pressure", "mmHg", 133.322_387_415, 0.0),
    ("pressure", "inHg", 3_386.389, 0.0),
    ("share", "%", 0.01, 0.0),
    ("share", "1", 1.0, 0.0),
    ("length", "m", 1.0, 0.0),
    ("length", "mm", 1e-3, 0.0),
    ("length", "cm", 1e-2, 0.0),
    ("length", "km", 1e3, 0.0),
    ("length", "ft", 0.3048, 0.0),
    ("speed", "m/s", 1.0, 0.0),
    ("speed", "km/h", 1.0 / 3.6, 0.0),
    ("speed", "kn", 1852.0 / 3600.0, 0.0),
    ("speed", "mph", 0.447_04, 0.0),
    ("voltage", "V", 1.0, 0.0),
    ("voltage", "mV", 1e-3, 0.0),
    ("voltage", "uV", 1e-6, 0.0),
    ("angle", "°", 1.0, 0.0),
    ("angle", "deg", 1.0, 0.0),
    ("angle", "rad", 180.0 / std::f64::consts::PI, 0.0),
    ("light", "lx", 1.0, 0.0),
];

fn find(name: &str) -> Option<(&'static str, f64, f64)> {
    UNITS
        .iter()
        .find(|unit| unit.1 == name)
        .map(|&(dimension, _, factor, offset)| (dimension, factor, offset))
}

/// How a value in unit `from` becomes one in unit `to`; `None` when they do not measure the same.
pub fn conversion(from: &str, to: &str) -> Option<Conversion> {
    if from == to {
        return Some(Conversion::IDENTITY);
    }
    let (from, factor, offset) = find(from)?;
    let (to, to_factor, to_offset) = find(to)?;
    if from != to {
        return None;
    }
    Some(Conversion { factor: factor / to_factor, offset: (offset - to_offset) / to_factor })
}

/// The units that can be converted to this one, itself first.
pub fn alternatives(unit: &str) -> Vec<&str> {
    let mut names = vec![unit];
    if let Some((dimension, ..)) = find(unit) {
        names.extend(UNITS.iter().filter(|u| u.0 == dimension && u.1 != unit).map(|u| u.1));
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_points() {
        let convert = |value: f64, from, to| conversion(from, to).unwrap().apply(value);
        assert!((convert(212.0, "°F", "°C") - 100.0).abs() < 1e-9);
        assert!((convert(25.0, "°C", "K") - 298.15).abs() < 1e-9);
        assert!((convert(273.15, "K", "°F") - 32.0).abs() < 1e-9);
        assert!((convert(101_325.0, "Pa", "hPa") - 1013.25).abs() < 1e-9);
        assert!((convert(36.0, "km/h", "m/s") - 10.0).abs() < 1e-12);
        assert!((convert(1.0, "kn", "km/h") - 1.852).abs() < 1e-12);
        assert_eq!(convert(21.3, "°C", "°C"), 21.3);
    }

    #[test]
    fn different_things_do_not_convert() {
        assert_eq!(conversion("°C", "hPa"), None);
        assert_eq!(conversion("parsec", "m"), None);
        assert_eq!(alternatives("V"), ["V", "mV", "uV"]);
    }
}
