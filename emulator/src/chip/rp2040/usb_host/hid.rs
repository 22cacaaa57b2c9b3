//! Human interface devices: their report descriptors, and what their reports say, as text.

use std::fmt::Write;

const PAGE_DESKTOP: u32 = 0x01;
const PAGE_KEYBOARD: u32 = 0x07;
const PAGE_BUTTON: u32 = 0x09;
const PAGE_CONSUMER: u32 = 0x0C;

/// Most fields of a report descriptor that are kept: a descriptor can promise more than a report holds.
const MOST_FIELDS: usize = 512;

/// A value in an input report.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Field {
    report: u8,
    /// The first bit in the report, behind its number if it has one.
    at: u32,
    bits: u32,
    page: u32,
    /// What the value means; of an array, what its smallest value means.
    usage: u32,
    signed: bool,
    /// The value itself says which usage is on.
    array: bool,
    minimum: i32,
}

/// What a device's reports look like, and its latest.
#[derive(Clone, Debug, Default)]
pub struct Reports {
    fields: Vec<Field>,
    numbered: bool,
    last: String,
}

impl Reports {
    /// Reads a report descriptor (HID 1.11, section 6.2.2).
    pub fn new(descriptor: &[u8]) -> Reports {
        #[derive(Clone, Copy, Default)]
        struct Global {
            page: u32,
            minimum: i32,
            size: u32,
            count: u32,
            report: u8,
        }
        let mut reports = Reports::default();
        let mut global = Global::default();
        let mut stack = Vec::new();
        let (mut usages, mut range) = (Vec::new(), (0, 0));
        let mut ends: Vec<(u8, u32)> = Vec::new();
        let mut rest = descriptor;
        while let [prefix, after @ ..] = rest {
            let len = [0, 1, 2, 4][usize::from(prefix & 3)];
            let Some((bytes, after)) = after.split_at_checked(len) else { break };
            rest = after;
            let value = bytes.iter().rev().fold(0u32, |value, &byte| value << 8 | u32::from(byte));
            let signed = match len {
                1 => i32::from(value as u8 as i8),
                2 => i32::from(value as u16 as i16),
                _ => value as i32,
            };
            match prefix & 0xFC {
                0x04 => global.page = value,
                0x14 => global.minimum = signed,
                0x74 => global.size = value.min(32),
                0x94 => global.count = value.min(1024),
                0x84 => {
                    global.report = value as u8;
                    reports.numbered = true;
                }
                0xA4 => stack.push(global),
                0xB4 => global = stack.pop().unwrap_or_default(),
                0x08 => usages.push(value),
                0x18 => range.0 = value,
                0x28 => range.1 = value,
                0x80 => {
                    let index = ends.iter().position(|end| end.0 == global.report).unwrap_or_else(|| {
                        ends.push((global.report, 0));
                        ends.len() - 1
                    });
                    for n in 0..global.count {
                        let at = ends[index].1;
                        ends[index].1 = at.saturating_add(global.size);
                        let usage = usages.get(n as usize).or(usages.last()).copied();
                        let array = value & 2 == 0;
                        let usage = usage.unwrap_or(if array { range.0 } else { range.0.saturating_add(n) });
                        // A constant is padding.
                        if value & 1 == 0 && global.size > 0 && reports.fields.len() < MOST_FIELDS {
                            reports.fields.push(Field {
                                report: global.report,
                                at,
                                bits: global.size,
                                page: if usage > 0xFFFF { usage >> 16 } else { global.page },
                                usage: usage & 0xFFFF,
                                signed: global.minimum < 0,
                                array,
                                minimum: global.minimum,
                            });
                        }
                    }
                }
                _ => {}
            }
            // A main item uses up what was said locally.
            if prefix & 0x0C == 0 {
                usages.clear();
                range = (0, 0);
            }
        }
        reports
    }

    /// What a report says, if it says something new.
    pub fn describe(&mut self, report: &[u8]) -> Option<String> {
        let (number, data) = match report {
            [number, data @ ..] if self.numbered => (*number, data),
            data => (0, data),
        };
        let (mut on, mut moved) = (Vec::new(), String::new());
        for field in self.fields.iter().filter(|field| field.report == number) {
            let value = bits(data, field);
            if field.array {
                let usage = (value.saturating_sub(field.minimum).max(0) as u32).saturating_add(field.usage);
                if value != 0 && usage != 0 {
                    on.push(usage_name(field.page, usage));
                }
            } else if field.bits == 1 {
                if value != 0 {
                    on.push(usage_name(field.page, field.usage));
                }
            } else if value != 0 {
                // Writing to a string cannot fail.
                let _ = write!(moved, " {}{value:+}", usage_name(field.page, field.usage));
            }
        }
        let text = match (on.is_empty(), moved.is_empty()) {
            (true, true) => "nothing".to_owned(),
            (true, false) => moved.trim_start().to_owned(),
            (false, _) => format!("{}{moved}", on.join("+")),
        };
        // Movements count each time; what is held down does not.
        let news = !moved.is_empty() || text != self.last;
        self.last.clone_from(&text);
        news.then_some(text)
    }
}

fn bits(data: &[u8], field: &Field) -> i32 {
    let bit = |n: u32| data.get(n as usize / 8).is_some_and(|byte| byte >> (n % 8) & 1 != 0);
    let value =
        (0..field.bits).fold(0u32, |value, n| value | u32::from(bit(field.at.saturating_add(n))) << n);
    if field.signed && field.bits < 32 && value >> (field.bits - 1) & 1 != 0 {
        (value | u32::MAX << field.bits) as i32
    } else {
        value as i32
    }
}

fn usage_name(page: u32, usage: u32) -> String {
    let name =
        |names: &[(u32, &str)]| names.iter().find(|(at, _)| *at == usage).map(|&(_, name)| name.to_owned());
    let known = match page {
        PAGE_KEYBOARD => match usage {
            0x04..=0x1D => Some(char::from(b'a' + (usage - 0x04) as u8).to_string()),
            0x1E..=0x26 => Some(char::from(b'1' + (usage - 0x1E) as u8).to_string()),
            0x27 => Some("0".to_owned()),
            0x3A..=0x45 => Some(format!("F{}", usage - 0x39)),
            _ => name(&KEYS),
        },
        PAGE_BUTTON => Some(format!("button{usage}")),
        PAGE_DESKTOP => name(&[(0x30, "x"), (0x31, "y"), (0x32, "z"), (0x38, "wheel"), (0x39, "hat")]),
        PAGE_CONSUMER => name(&[
            (0xB5, "next"),
            (0xB6, "previous"),
            (0xCD, "play"),
            (0xE2, "mute"),
            (0xE9, "louder"),
            (0xEA, "quieter"),
        ]),
        _ => None,
    };
    known.unwrap_or_else(|| format!("{page:#x}:{usage:#x}"))
}

const KEYS: [(u32, &str); 31] = [
    (0x28, "Enter"),
    (0x29, "Escape"),
    (0x2A, "Backspace"),
    (0x2B, "Tab"),
    (0x2C, "Space"),
    (0x2D, "-"),
    (0x2E, "="),
    (0x2F, "["),
    (0x30, "]"),
    (0x31, "\\"),
    (0x33, ";"),
    (0x34, "'"),
    (0x36, ","),
    (0x37, "."),
    (0x38, "/"),
    (0x39, "CapsLock"),
    (0x49, "Insert"),
    (0x4A, "Home"),
    (0x4B, "PageUp"),
    (0x4C, "Delete"),
    (0x4D, "End"),
    (0x4E, "PageDown"),
    (0x4F, "Right"),
    (0x50, "Left"),
    (0x51, "Down"),
    (0x52, "Up"),
    (0xE0, "Ctrl"),
    (0xE1, "Shift"),
    (0xE2, "Alt"),
    (0xE3, "Gui"),
    (0xE5, "RightShift"),
];

#[cfg(test)]
mod tests {
    use super::*;

    /// A keyboard of eight modifiers, a byte of padding and six keys.
    const KEYBOARD: [u8; 37] = [
        0x05, 1, 0x09, 6, 0xA1, 1, 0x05, 7, 0x19, 0xE0, 0x29, 0xE7, 0x15, 0, 0x25, 1, 0x75, 1, 0x95, 8, 0x81,
        2, 0x95, 1, 0x75, 8, 0x81, 1, 0x95, 6, 0x19, 0, 0x29, 0x65, 0x81, 0, 0xC0,
    ];

    #[test]
    fn a_keyboards_report_names_its_keys() {
        let mut keyboard = Reports::new(&KEYBOARD);
        let mut say = |report: &[u8]| keyboard.describe(report);
        assert_eq!(say(&[2, 0, 0x0B, 0, 0, 0, 0, 0]), Some("Shift+h".into()));
        assert_eq!(say(&[2, 0, 0x0B, 0, 0, 0, 0, 0]), None, "held");
        assert_eq!(say(&[0, 0, 0x0C, 0x28, 0, 0, 0, 0]), Some("i+Enter".into()));
        assert_eq!(say(&[0; 8]), Some("nothing".into()));
        assert_eq!(say(&[]), None);
    }

    #[test]
    fn a_mouse_with_a_report_number_moves() {
        // Report 3: three buttons, padding, x and y of eight bits.
        let mut mouse = Reports::new(&[
            0x05, 1, 0x09, 2, 0xA1, 1, 0x85, 3, 0x05, 9, 0x19, 1, 0x29, 3, 0x15, 0, 0x25, 1, 0x75, 1, 0x95,
            3, 0x81, 2, 0x75, 5, 0x95, 1, 0x81, 1, 0x05, 1, 0x09, 0x30, 0x09, 0x31, 0x15, 0x81, 0x25, 0x7F,
            0x75, 8, 0x95, 2, 0x81, 6, 0xC0,
        ]);
        assert_eq!(mouse.describe(&[3, 2, 5, 0xFD]), Some("button2 x+5 y-3".into()));
        assert_eq!(mouse.describe(&[4, 2, 5, 0xFD]), Some("nothing".into()), "of another device");
    }

    #[test]
    fn any_bytes_can_be_read() {
        for seed in 0..2000u32 {
            let byte = |n: u32| (seed.wrapping_mul(0x9E37_79B9).rotate_left(n * 5) ^ (n * 77)) as u8;
            let descriptor: Vec<u8> = (0..40).map(byte).collect();
            Reports::new(&descriptor).describe(&descriptor[..9]);
        }
    }
}
