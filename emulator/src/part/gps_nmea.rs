//! A GPS receiver that speaks NMEA 0183 on a UART, as the usual modules (u-blox NEO-6M and its kin) do.

use super::{Context, InputInfo, Part, PartType, PinInfo, Properties, PropertyInfo, PropertyKind, Role};
use crate::clock::Time;
use crate::world::{Drive, Level};

const TX: usize = 0;
const LATITUDE: usize = 0;
const LONGITUDE: usize = 1;
const ALTITUDE: usize = 2;
const SPEED: usize = 3;
const COURSE: usize = 4;
const SATELLITES: usize = 5;
const HDOP: usize = 6;
const FIX: usize = 7;

/// Height of the geoid over the ellipsoid that is reported, in metres.
const GEOID: f64 = 47.0;
const KNOTS_PER_KMH: f64 = 1.0 / 1.852;
const EARTH_RADIUS: f64 = 6_371_008.8;

pub(super) static TYPE: PartType = PartType {
    name: "gps_nmea",
    title: "GPS receiver",
    description: "Sends its position, time, speed and course once a second as NMEA sentences on a UART. Feed it \
                  a track from a CSV file and it walks along.",
    pins: &[
        PinInfo {
            name: "tx",
            role: Role::Tx,
            default: None,
            required: true,
            description: "To the board's UART receive pin (RX).",
        },
        PinInfo {
            name: "rx",
            role: Role::Rx,
            default: None,
            required: false,
            description: "To the board's UART transmit pin (TX); what it hears is ignored.",
        },
    ],
    inputs: &[
        InputInfo {
            name: "latitude",
            title: "Latitude",
            unit: "°",
            min: -90.0,
            max: 90.0,
            default: 52.52,
            step: 0.0001,
            switch: false,
        },
        InputInfo {
            name: "longitude",
            title: "Longitude",
            unit: "°",
            min: -180.0,
            max: 180.0,
            default: 13.405,
            step: 0.0001,
            switch: false,
        },
        InputInfo {
            name: "altitude",
            title: "Height above sea level",
            unit: "m",
            min: -500.0,
            max: 18000.0,
            default: 34.0,
            step: 1.0,
            switch: false,
        },
        InputInfo {
            name: "speed",
            title: "Speed over ground",
            unit: "km/h",
            min: 0.0,
            max: 1850.0,
            default: 0.0,
            step: 0.5,
            switch: false,
        },
        InputInfo {
            name: "course",
            title: "Course over ground",
            unit: "°",
            min: 0.0,
            max: 360.0,
            default: 0.0,
            step: 1.0,
            switch: false,
        },
        InputInfo {
            name: "satellites",
            title: "Satellites used",
            unit: "",
            min: 0.0,
            max: 12.0,
            default: 8.0,
            step: 1.0,
            switch: false,
        },
        InputInfo {
            name: "hdop",
            title: "Dilution of precision",
            unit: "",
            min: 0.5,
            max: 50.0,
            default: 1.1,
            step: 0.1,
            switch: false,
        },
        InputInfo {
            name: "fix",
            title: "Has a fix",
            unit: "",
            min: 0.0,
            max: 1.0,
            default: 1.0,
            step: 1.0,
            switch: true,
        },
    ],
    outputs: &[],
    properties: &[
        PropertyInfo {
            name: "baud",
            title: "Baud rate",
            kind: PropertyKind::Integer { default: 9600, min: 1200, max: 921_600 },
        },
        PropertyInfo {
            name: "rate",
            title: "Positions a second",
            kind: PropertyKind::Integer { default: 1, min: 1, max: 10 },
        },
        PropertyInfo {
            name: "motion",
            title: "Speed and course come from",
            kind: PropertyKind::Choice { default: "track", of: &["track", "inputs"] },
        },
        PropertyInfo {
            name: "talker",
            title: "Talker",
            kind: PropertyKind::Choice { default: "GP", of: &["GP", "GN"] },
        },
        PropertyInfo {
            name: "sentences",
            title: "Sentences",
            kind: PropertyKind::List {
                default: &["RMC", "VTG", "GGA", "GSA", "GSV", "GLL"],
                of: &["RMC", "VTG", "GGA", "GSA", "GSV", "GLL"],
            },
        },
        PropertyInfo {
            name: "hour",
            title: "UTC hour at power-on",
            kind: PropertyKind::Number { default: 8.0, min: 0.0, max: 23.999, unit: "h" },
        },
        PropertyInfo {
            name: "date",
            title: "Date at power-on (ddmmyy)",
            kind: PropertyKind::Integer { default: 10_524, min: 10_100, max: 311_299 },
        },
    ],
    make: |properties: &Properties| {
        let rate = properties.integer("rate") as u64;
        let baud = properties.integer("baud") as u32;
        let sentences = properties.list("sentences").to_vec();
        let bytes: u64 = sentences.iter().map(|name| if name == "GSV" { 210 } else { 80 }).sum();
        if bytes * 10 * rate > u64::from(baud) {
            return Err(format!(
                "{} sentences {rate} times a second need {} baud; raise \"baud\", lower \"rate\" or list fewer \
                 \"sentences\"",
                sentences.len(),
                bytes * 10 * rate
            ));
        }
        Ok(Box::new(Gps {
            baud,
            period: Time(1_000_000_000 / rate),
            from_track: properties.text("motion") == "track",
            talker: properties.text("talker").to_owned(),
            sentences,
            start: Time((properties.number("hour") * 3600.0).round() as u64 * 1_000_000_000),
            date: properties.integer("date") as u32,
        }))
    },
};

#[derive(Clone)]
struct Gps {
    baud: u32,
    period: Time,
    from_track: bool,
    talker: String,
    sentences: Vec<String>,
    /// Time of day at power-on.
    start: Time,
    date: u32,
}

/// Degrees and minutes as NMEA writes them, `digits` for the degrees, with the hemisphere.
fn coordinate(degrees: f64, digits: usize, positive: char, negative: char) -> String {
    // In units of 10⁻⁵ minutes, so that rounding carries into the degrees.
    let units = (degrees.abs() * 60e5).round() as u64;
    let (whole, minutes) = (units / 6_000_000, units % 6_000_000);
    let hemisphere = if degrees < 0.0 { negative } else { positive };
    format!("{whole:0digits$}{:02}.{:05},{hemisphere}", minutes / 100_000, minutes % 100_000)
}

/// A sentence with its checksum: the exclusive or of what lies between `$` and `*`.
fn sentence(body: &str) -> String {
    let checksum = body.bytes().fold(0, |sum, byte| sum ^ byte);
    format!("${body}*{checksum:02X}\r\n")
}

/// The date so many days after `ddmmyy`.
fn date_after(date: u32, days: u64) -> u32 {
    let (mut d, mut m, mut y) = (date / 10_000, date / 100 % 100, date % 100);
    for _ in 0..days.min(100_000) {
        let length = match m {
            2 if y % 4 == 0 => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        d += 1;
        if d > length {
            (d, m) = (1, m + 1);
        }
        if m > 12 {
            (m, y) = (1, (y + 1) % 100);
        }
    }
    d * 10_000 + m * 100 + y
}

impl Gps {
    /// Speed in km/h and course in degrees.
    fn motion(&self, cx: &Context) -> (f64, f64) {
        if !self.from_track {
            return (cx.input(SPEED), cx.input(COURSE) % 360.0);
        }
        let before = Time(cx.now.0.saturating_sub(1_000_000_000));
        let seconds = (cx.now - before).as_secs_f64();
        if seconds == 0.0 {
            return (0.0, 0.0);
        }
        let north = (cx.input(LATITUDE) - cx.input_at(LATITUDE, before)).to_radians() * EARTH_RADIUS;
        let east = (cx.input(LONGITUDE) - cx.input_at(LONGITUDE, before)).to_radians()
            * EARTH_RADIUS
            * libm::cos(cx.input(LATITUDE).to_radians());
        let speed = (north * north + east * east).sqrt() / seconds * 3.6;
        let course = if speed < 0.05 { 0.0 } else { libm::atan2(east, north).to_degrees() };
        (speed, (course + 360.0) % 360.0)
    }

    fn burst(&self, cx: &Context) -> String {
        let clock = self.start + cx.now;
        let (day, ms) = (clock.0 / 86_400_000_000_000, clock.0 / 1_000_000 % 86_400_000);
        let s = ms / 1000;
        let utc = format!("{:02}{:02}{:02}.{:02}", s / 3600, s / 60 % 60, s % 60, ms % 1000 / 10);
        let date = date_after(self.date, day);
        let fix = cx.input(FIX) >= 0.5;
        let used = cx.input(SATELLITES).clamp(0.0, 12.0) as usize;
        let hdop = cx.input(HDOP);
        let (speed, course) = self.motion(cx);
        let place = if fix {
            let latitude = coordinate(cx.input(LATITUDE), 2, 'N', 'S');
            format!("{latitude},{}", coordinate(cx.input(LONGITUDE), 3, 'E', 'W'))
        } else {
            ",,,".to_owned()
        };
        let knots = speed * KNOTS_PER_KMH;
        let talker = &self.talker;
        let valid = if fix { 'A' } else { 'V' };
        let mode = if fix { 'A' } else { 'N' };
        let mut text = String::new();
        for name in &self.sentences {
            let body = match name.as_str() {
                "RMC" if fix => {
                    format!("{talker}RMC,{utc},A,{place},{knots:.3},{course:.2},{date:06},,,{mode}")
                }
                "RMC" => format!("{talker}RMC,{utc},V,,,,,,,{date:06},,,N"),
                "VTG" if fix => format!("{talker}VTG,{course:.2},T,,M,{knots:.3},N,{speed:.3},K,{mode}"),
                "VTG" => format!("{talker}VTG,,,,,,,,,N"),
                "GGA" if fix => format!(
                    "{talker}GGA,{utc},{place},1,{used:02},{hdop:.2},{:.1},M,{GEOID:.1},M,,",
                    cx.input(ALTITUDE)
                ),
                "GGA" => format!("{talker}GGA,{utc},,,,,0,00,99.99,,,,,,"),
                "GSA" => {
                    let list: Vec<_> = (0..12)
                        .map(|i| if fix && i < used { format!("{:02}", SKY[i].0) } else { String::new() })
                        .collect();
                    let (dimension, h) = if fix { (3, hdop) } else { (1, 99.99) };
                    let (p, v) = (h * 1.6, h * 1.2);
                    format!(
                        "{talker}GSA,A,{dimension},{},{:.2},{h:.2},{:.2}",
                        list.join(","),
                        p.min(99.99),
                        v.min(99.99)
                    )
                }
                "GSV" => {
                    text += &self.satellites_in_view(used);
                    continue;
                }
                _ => format!("{talker}GLL,{place},{utc},{valid},{mode}"),
            };
            text += &sentence(&body);
        }
        text
    }

    fn satellites_in_view(&self, count: usize) -> String {
        let talker = &self.talker;
        if count == 0 {
            return sentence(&format!("{talker}GSV,1,1,00"));
        }
        let messages = count.div_ceil(4);
        let mut text = String::new();
        for (n, group) in SKY[..count].chunks(4).enumerate() {
            let mut body = format!("{talker}GSV,{messages},{},{count:02}", n + 1);
            for (number, elevation, azimuth, snr) in group {
                body += &format!(",{number:02},{elevation:02},{azimuth:03},{snr:02}");
            }
            text += &sentence(&body);
        }
        text
    }
}

/// A sky that stands still: number, elevation and azimuth in degrees, signal in dB-Hz.
const SKY: [(u8, u8, u16, u8); 12] = [
    (2, 61, 213, 41),
    (5, 34, 301, 38),
    (7, 17, 52, 29),
    (9, 48, 88, 40),
    (13, 72, 140, 44),
    (15, 22, 187, 33),
    (18, 11, 331, 25),
    (20, 39, 258, 37),
    (23, 8, 120, 22),
    (26, 27, 17, 31),
    (28, 55, 349, 42),
    (30, 14, 229, 27),
];

impl Part for Gps {
    fn power_on(&mut self, cx: &mut Context) {
        cx.drive(TX, Drive::output(Level::High));
        cx.wake_at(cx.now + self.period);
    }

    fn uart_baud(&self) -> Option<u32> {
        Some(self.baud)
    }

    fn wake(&mut self, cx: &mut Context) {
        let text = self.burst(cx);
        for byte in text.bytes() {
            cx.uart_send(TX, byte, self.baud);
        }
        cx.wake_at(cx.now + self.period);
    }
}

#[cfg(test)]
mod tests {
    use super::super::Value;
    use super::super::testing::Rig;
    use super::*;

    #[test]
    fn coordinates_carry_and_have_a_hemisphere() {
        assert_eq!(coordinate(52.52, 2, 'N', 'S'), "5231.20000,N");
        assert_eq!(coordinate(-0.5, 3, 'E', 'W'), "00030.00000,W");
        assert_eq!(coordinate(12.999_999_999_9, 2, 'N', 'S'), "1300.00000,N");
    }

    #[test]
    fn checksums_match_a_published_example() {
        // The example that most NMEA introductions print.
        let body = "GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,";
        assert!(sentence(body).ends_with("*47\r\n"));
    }

    #[test]
    fn a_burst_says_what_is_fed_in() {
        let mut rig = Rig::new("gps_nmea", &[("motion", Value::Text("inputs".into()))]);
        rig.set("latitude", -33.8568);
        rig.set("longitude", 151.2153);
        rig.set("altitude", 12.34);
        rig.set("speed", 18.52);
        rig.set("course", 84.4);
        rig.wait(Time::from_secs(1));
        let text = String::from_utf8(rig.sent()).unwrap();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[0], "$GPRMC,080001.00,A,3351.40800,S,15112.91800,E,10.000,84.40,010524,,,A*7F");
        assert_eq!(lines[1], "$GPVTG,84.40,T,,M,10.000,N,18.520,K,A*0A");
        assert!(
            lines[2].starts_with("$GPGGA,080001.00,3351.40800,S,15112.91800,E,1,08,1.10,12.3,M,47.0,M,,*")
        );
        assert!(lines[3].starts_with("$GPGSA,A,3,02,05,07,09,13,15,18,20,,,,,1.76,1.10,1.32*"));
        assert!(lines[4].starts_with("$GPGSV,2,1,08,02,61,213,41,05,34,301,38,"));
        assert_eq!(lines.len(), 7);
        for line in lines {
            let (body, sum) = line[1..].split_once('*').unwrap();
            assert_eq!(u8::from_str_radix(sum, 16).unwrap(), body.bytes().fold(0, |a, b| a ^ b), "{line}");
        }
    }

    #[test]
    fn without_a_fix_it_says_so() {
        let mut rig = Rig::new("gps_nmea", &[("sentences", Value::List(vec!["RMC".into(), "GGA".into()]))]);
        rig.set("fix", 0.0);
        rig.wait(Time::from_secs(1));
        let text = String::from_utf8(rig.sent()).unwrap();
        assert!(text.starts_with("$GPRMC,080001.00,V,,,,,,,010524,,,N*"), "{text}");
        assert!(text.contains("$GPGGA,080001.00,,,,,0,00,99.99,,,,,,*"));
    }

    #[test]
    fn too_much_for_the_baud_rate_is_refused_with_a_way_out() {
        let mut properties = Properties::defaults(TYPE.properties);
        properties.set("rate", Value::Integer(10));
        let why = (TYPE.make)(&properties).err().unwrap();
        assert!(why.contains("raise \"baud\""), "{why}");
    }

    #[test]
    fn dates_roll_over() {
        assert_eq!(date_after(280_224, 1), 290_224);
        assert_eq!(date_after(280_223, 1), 10_323);
        assert_eq!(date_after(311_224, 1), 10_125);
    }
}
