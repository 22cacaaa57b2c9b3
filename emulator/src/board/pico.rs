//! Raspberry Pi Pico. Source: the Pico data sheet (pinout and mechanical drawing).

use super::{Board, BoardPin, Internal, Led, PinKind};
use crate::chip::ChipKind;
use crate::chip::rp2040::BOOTSEL;

/// The board.
pub static PICO: Board = Board {
    name: "pico",
    title: "Raspberry Pi Pico",
    chip: ChipKind::Rp2040,
    flash: 2 * 1024 * 1024,
    size: (21.0, 51.0),
    pins: &PINS,
    internal: &[
        Internal { gpio: 23, title: "regulator power-save" },
        Internal { gpio: 24, title: "VBUS sense" },
        Internal { gpio: 25, title: "on-board LED" },
        Internal { gpio: 29, title: "VSYS / 3 (ADC3)" },
    ],
    led: Some(Led { gpio: 25, color: "green", at: (5.0, 5.0) }),
    aliases: &[
        ("LED", 25),
        ("GP23", 23),
        ("GP24", 24),
        ("GP25", 25),
        ("GP29", 29),
        ("ADC0", 26),
        ("ADC1", 27),
        ("ADC2", 28),
        ("ADC3", 29),
        // The button pulls the flash's chip select down: no pin of bank 0, but one of the chip.
        ("BOOTSEL", BOOTSEL),
    ],
    analog: &[26, 27, 28, 29],
    prefix: "GP",
    parts: &[],
    console: None,
    firmware: None,
};

const fn pin(number: u8, label: &'static str, kind: PinKind) -> BoardPin {
    // Two rows of 20, 17.78 mm apart, 2.54 mm from pin to pin; the right row counts upwards.
    let (x, row) = if number <= 20 { (1.61, number - 1) } else { (19.39, 40 - number) };
    BoardPin { number, label, kind, at: (x, 1.37 + 2.54 * row as f32) }
}

static PINS: [BoardPin; 40] = [
    pin(1, "GP0", PinKind::Gpio(0)),
    pin(2, "GP1", PinKind::Gpio(1)),
    pin(3, "GND", PinKind::Ground),
    pin(4, "GP2", PinKind::Gpio(2)),
    pin(5, "GP3", PinKind::Gpio(3)),
    pin(6, "GP4", PinKind::Gpio(4)),
    pin(7, "GP5", PinKind::Gpio(5)),
    pin(8, "GND", PinKind::Ground),
    pin(9, "GP6", PinKind::Gpio(6)),
    pin(10, "GP7", PinKind::Gpio(7)),
    pin(11, "GP8", PinKind::Gpio(8)),
    pin(12, "GP9", PinKind::Gpio(9)),
    pin(13, "GND", PinKind::Ground),
    pin(14, "GP10", PinKind::Gpio(10)),
    pin(15, "GP11", PinKind::Gpio(11)),
    pin(16, "GP12", PinKind::Gpio(12)),
    pin(17, "GP13", PinKind::Gpio(13)),
    pin(18, "GND", PinKind::Ground),
    pin(19, "GP14", PinKind::Gpio(14)),
    pin(20, "GP15", PinKind::Gpio(15)),
    pin(21, "GP16", PinKind::Gpio(16)),
    pin(22, "GP17", PinKind::Gpio(17)),
    pin(23, "GND", PinKind::Ground),
    pin(24, "GP18", PinKind::Gpio(18)),
    pin(25, "GP19", PinKind::Gpio(19)),
    pin(26, "GP20", PinKind::Gpio(20)),
    pin(27, "GP21", PinKind::Gpio(21)),
    pin(28, "GND", PinKind::Ground),
    pin(29, "GP22", PinKind::Gpio(22)),
    pin(30, "RUN", PinKind::Control),
    pin(31, "GP26", PinKind::Gpio(26)),
    pin(32, "GP27", PinKind::Gpio(27)),
    pin(33, "AGND", PinKind::Ground),
    pin(34, "GP28", PinKind::Gpio(28)),
    pin(35, "ADC_VREF", PinKind::Power),
    pin(36, "3V3", PinKind::Supply),
    pin(37, "3V3_EN", PinKind::Control),
    pin(38, "GND", PinKind::Ground),
    pin(39, "VSYS", PinKind::Power),
    pin(40, "VBUS", PinKind::Power),
];

#[cfg(test)]
mod tests {
    use super::super::Node;
    use super::*;

    #[test]
    fn names_lead_where_the_data_sheet_says() {
        assert_eq!(PICO.node("gp4"), Some(Node::Gpio(4)));
        assert_eq!(PICO.node("pin 6"), Some(Node::Gpio(4)));
        assert_eq!(PICO.node("Pin 40"), None, "VBUS is no signal");
        assert_eq!(PICO.node("LED"), Some(Node::Gpio(25)));
        assert_eq!(PICO.node("ADC2"), PICO.node("pin 34"));
        assert_eq!(PICO.node("AGND"), Some(Node::Ground));
        assert_eq!(PICO.node("GP30"), None);
        assert_eq!(PICO.node("ß"), None);
        assert_eq!(PICO.label(29), "GP29");
        assert_eq!(PICO.label(25), "GP25");
        assert_eq!(PICO.label(31), "BOOTSEL");
    }

    #[test]
    fn every_pin_lies_on_the_board_once() {
        for (i, pin) in PINS.iter().enumerate() {
            assert_eq!(usize::from(pin.number), i + 1);
            assert!(pin.at.0 > 0.0 && pin.at.0 < PICO.size.0 && pin.at.1 > 0.0 && pin.at.1 < PICO.size.1);
        }
        let gpios: std::collections::BTreeSet<_> = PINS
            .iter()
            .filter_map(|pin| if let PinKind::Gpio(gpio) = pin.kind { Some(gpio) } else { None })
            .collect();
        assert_eq!(gpios.len(), 26);
    }
}
