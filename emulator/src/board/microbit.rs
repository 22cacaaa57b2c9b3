//! BBC micro:bit v1. Source: the published schematic (v1.3B) and the pinout of its edge connector.

use super::{Board, BoardPin, Firmware, Internal, Node, OnBoard, PinKind};
use crate::chip::ChipKind;

/// The board.
pub static MICROBIT: Board = Board {
    name: "microbit",
    title: "BBC micro:bit v1",
    chip: ChipKind::Nrf51822,
    flash: 256 * 1024,
    // Of the picture, not of the board: see `pin`.
    size: (30.0, 51.0),
    pins: &PINS,
    internal: &[
        Internal { gpio: 19, title: "reset button" },
        Internal { gpio: 24, title: "UART to the USB interface" },
        Internal { gpio: 25, title: "UART from the USB interface" },
        Internal { gpio: 28, title: "accelerometer's interrupt" },
        Internal { gpio: 29, title: "compass's interrupt" },
    ],
    led: None,
    aliases: &[
        ("COL1", 4),
        ("COL2", 5),
        ("COL3", 6),
        ("COL4", 7),
        ("COL5", 8),
        ("COL6", 9),
        ("COL7", 10),
        ("COL8", 11),
        ("COL9", 12),
        ("ROW1", 13),
        ("ROW2", 14),
        ("ROW3", 15),
        ("BUTTON_A", 17),
        ("BUTTON_B", 26),
        ("SCL", 0),
        ("SDA", 30),
        ("SCK", 23),
        ("MISO", 22),
        ("MOSI", 21),
    ],
    analog: &[3, 2, 1, 4, 5, 6],
    prefix: "P0.",
    parts: &[
        OnBoard {
            kind: "led_matrix",
            name: "display",
            pins: &[
                ("row1", Node::Gpio(13)),
                ("row2", Node::Gpio(14)),
                ("row3", Node::Gpio(15)),
                ("col1", Node::Gpio(4)),
                ("col2", Node::Gpio(5)),
                ("col3", Node::Gpio(6)),
                ("col4", Node::Gpio(7)),
                ("col5", Node::Gpio(8)),
                ("col6", Node::Gpio(9)),
                ("col7", Node::Gpio(10)),
                ("col8", Node::Gpio(11)),
                ("col9", Node::Gpio(12)),
            ],
            properties: &[],
            at: Some((15.0, 17.5)),
        },
        OnBoard {
            kind: "button",
            name: "button_a",
            pins: &[("a", Node::Gpio(17)), ("b", Node::Ground)],
            properties: &[("pull", "up")],
            at: Some((8.0, 34.5)),
        },
        OnBoard {
            kind: "button",
            name: "button_b",
            pins: &[("a", Node::Gpio(26)), ("b", Node::Ground)],
            properties: &[("pull", "up")],
            at: Some((22.0, 34.5)),
        },
        OnBoard {
            kind: "mma8653",
            name: "accelerometer",
            pins: &[("sda", Node::Gpio(30)), ("scl", Node::Gpio(0)), ("int1", Node::Gpio(28))],
            properties: &[("axes", "micro:bit")],
            at: None,
        },
        OnBoard {
            kind: "mag3110",
            name: "compass",
            pins: &[("sda", Node::Gpio(30)), ("scl", Node::Gpio(0)), ("int1", Node::Gpio(29))],
            properties: &[("axes", "micro:bit")],
            at: None,
        },
        OnBoard { kind: "die_temperature", name: "chip", pins: &[], properties: &[], at: None },
    ],
    console: Some((24, 25)),
    firmware: Some(Firmware {
        paths: &["/usr/share/firmware-microbit-micropython/firmware.hex"],
        advice: "install Debian's firmware-microbit-micropython, or name an image (.hex) with `firmware` in \
                 bench.toml or --firmware",
    }),
};

/// The edge connector is one row of 25; here its pins stand in two columns, so that each has room for its label.
const fn pin(number: u8, label: &'static str, kind: PinKind, place: u8) -> BoardPin {
    let (x, row) = if place < 12 { (1.61, place) } else { (28.39, place - 12) };
    BoardPin { number, label, kind, at: (x, 4.0 + 3.8 * row as f32) }
}

static PINS: [BoardPin; 23] = [
    pin(0, "P0", PinKind::Gpio(3), 0),
    pin(1, "P1", PinKind::Gpio(2), 1),
    pin(2, "P2", PinKind::Gpio(1), 2),
    pin(3, "P3", PinKind::Gpio(4), 3),
    pin(4, "P4", PinKind::Gpio(5), 4),
    pin(5, "P5", PinKind::Gpio(17), 5),
    pin(6, "P6", PinKind::Gpio(12), 6),
    pin(7, "P7", PinKind::Gpio(11), 7),
    pin(8, "P8", PinKind::Gpio(18), 8),
    pin(9, "P9", PinKind::Gpio(10), 9),
    pin(10, "P10", PinKind::Gpio(6), 10),
    pin(11, "P11", PinKind::Gpio(26), 11),
    pin(12, "P12", PinKind::Gpio(20), 12),
    pin(13, "P13", PinKind::Gpio(23), 13),
    pin(14, "P14", PinKind::Gpio(22), 14),
    pin(15, "P15", PinKind::Gpio(21), 15),
    pin(16, "P16", PinKind::Gpio(16), 16),
    pin(17, "3V", PinKind::Supply, 17),
    pin(18, "3V3", PinKind::Supply, 18),
    pin(19, "P19", PinKind::Gpio(0), 19),
    pin(20, "P20", PinKind::Gpio(30), 20),
    pin(21, "GND", PinKind::Ground, 21),
    pin(22, "0V", PinKind::Ground, 22),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_where_the_pinout_says() {
        assert_eq!(MICROBIT.node("p0"), Some(Node::Gpio(3)));
        assert_eq!(MICROBIT.node("P20"), MICROBIT.node("SDA"));
        assert_eq!(MICROBIT.node("pin 5"), MICROBIT.node("BUTTON_A"));
        assert_eq!(MICROBIT.node("GND"), Some(Node::Ground));
        assert_eq!(MICROBIT.label(17), "P5");
        assert_eq!(MICROBIT.label(28), "P0.28");
    }
}
