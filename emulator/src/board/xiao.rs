//! Seeed Studio XIAO RP2040. Source: Seeed's pinout and schematic.

use super::{Board, BoardPin, Internal, Node, OnBoard, PinKind};
use crate::chip::ChipKind;

/// The board.
pub static XIAO: Board = Board {
    name: "xiao-rp2040",
    title: "Seeed XIAO RP2040",
    chip: ChipKind::Rp2040,
    flash: 2 * 1024 * 1024,
    size: (17.8, 21.0),
    pins: &PINS,
    internal: &[
        Internal { gpio: 11, title: "power of the RGB LED" },
        Internal { gpio: 12, title: "data of the RGB LED" },
        Internal { gpio: 16, title: "green user LED" },
        Internal { gpio: 17, title: "red user LED" },
        Internal { gpio: 25, title: "blue user LED" },
    ],
    // Its LEDs light when their pins are low: see `parts`.
    led: None,
    aliases: &[
        ("LED", 25),
        ("GP26", 26),
        ("GP27", 27),
        ("GP28", 28),
        ("GP29", 29),
        ("GP6", 6),
        ("GP7", 7),
        ("GP0", 0),
        ("GP1", 1),
        ("GP2", 2),
        ("GP4", 4),
        ("GP3", 3),
        ("GP11", 11),
        ("GP12", 12),
        ("GP16", 16),
        ("GP17", 17),
        ("GP25", 25),
        ("A0", 26),
        ("A1", 27),
        ("A2", 28),
        ("A3", 29),
        ("SDA", 6),
        ("SCL", 7),
        ("TX", 0),
        ("RX", 1),
        ("SCK", 2),
        ("MISO", 4),
        ("MOSI", 3),
    ],
    analog: &[26, 27, 28, 29],
    prefix: "GP",
    parts: &[
        OnBoard {
            kind: "led",
            name: "led_red",
            pins: &[("anode", Node::Supply), ("cathode", Node::Gpio(17))],
            properties: &[("color", "red")],
            at: Some((5.4, 18.6)),
        },
        OnBoard {
            kind: "led",
            name: "led_green",
            pins: &[("anode", Node::Supply), ("cathode", Node::Gpio(16))],
            properties: &[("color", "green")],
            at: Some((8.9, 18.6)),
        },
        OnBoard {
            kind: "led",
            name: "led_blue",
            pins: &[("anode", Node::Supply), ("cathode", Node::Gpio(25))],
            properties: &[("color", "blue")],
            at: Some((12.4, 18.6)),
        },
        OnBoard {
            kind: "neopixel",
            name: "rgb",
            pins: &[("data", Node::Gpio(12))],
            properties: &[],
            at: None,
        },
    ],
    console: None,
    firmware: None,
};

const fn pin(number: u8, label: &'static str, kind: PinKind) -> BoardPin {
    // Two rows of seven, 2.54 mm from pin to pin; the right row counts upwards.
    let (x, row) = if number <= 7 { (1.3, number - 1) } else { (16.5, 14 - number) };
    BoardPin { number, label, kind, at: (x, 2.9 + 2.54 * row as f32) }
}

static PINS: [BoardPin; 14] = [
    pin(1, "D0", PinKind::Gpio(26)),
    pin(2, "D1", PinKind::Gpio(27)),
    pin(3, "D2", PinKind::Gpio(28)),
    pin(4, "D3", PinKind::Gpio(29)),
    pin(5, "D4", PinKind::Gpio(6)),
    pin(6, "D5", PinKind::Gpio(7)),
    pin(7, "D6", PinKind::Gpio(0)),
    pin(8, "D7", PinKind::Gpio(1)),
    pin(9, "D8", PinKind::Gpio(2)),
    pin(10, "D9", PinKind::Gpio(4)),
    pin(11, "D10", PinKind::Gpio(3)),
    pin(12, "3V3", PinKind::Supply),
    pin(13, "GND", PinKind::Ground),
    pin(14, "5V", PinKind::Power),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_where_the_pinout_says() {
        assert_eq!(XIAO.node("D10"), Some(Node::Gpio(3)));
        assert_eq!(XIAO.node("SDA"), XIAO.node("pin 5"));
        assert_eq!(XIAO.node("A3"), XIAO.node("GP29"));
        assert_eq!(XIAO.node("5V"), None);
        assert_eq!(XIAO.label(25), "GP25");
    }
}
