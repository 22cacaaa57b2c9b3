//! Boards as data: which pins they have, where, and what is already on them.

mod microbit;
mod pico;
mod xiao;

use crate::chip::ChipKind;
use crate::world::Gpio;

/// A board.
#[derive(Debug, PartialEq)]
pub struct Board {
    /// Its name in `bench.toml`.
    pub name: &'static str,
    /// What to show.
    pub title: &'static str,
    /// Its microcontroller.
    pub chip: ChipKind,
    /// Flash memory in bytes.
    pub flash: usize,
    /// Width and height in millimetres, USB connector at the top.
    pub size: (f32, f32),
    /// The pins of its edge, in order of their numbers.
    pub pins: &'static [BoardPin],
    /// What is wired on the board itself.
    pub internal: &'static [Internal],
    /// The LED that the board carries.
    pub led: Option<Led>,
    /// Other names for pins: (`ADC0`, 26).
    pub aliases: &'static [(&'static str, Gpio)],
    /// Pins with an analogue input.
    pub analog: &'static [Gpio],
    /// What precedes the number of a pin that has no label.
    pub prefix: &'static str,
    /// Parts that the board carries, wired as it wires them.
    pub parts: &'static [OnBoard],
    /// The pins of the UART that leads to the USB connector: the chip's transmitting and receiving one. `None`:
    /// the chip has USB itself.
    pub console: Option<(Gpio, Gpio)>,
    /// Where an image for it may be installed, when the program carries none.
    pub firmware: Option<Firmware>,
}

/// A pin on the board's edge.
#[derive(Debug, PartialEq)]
pub struct BoardPin {
    /// Its number as printed.
    pub number: u8,
    /// Its label.
    pub label: &'static str,
    /// What it is.
    pub kind: PinKind,
    /// Its centre in millimetres from the upper left corner.
    pub at: (f32, f32),
}

/// What a board pin is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PinKind {
    /// A pin of the chip.
    Gpio(Gpio),
    /// Ground.
    Ground,
    /// The 3.3 V supply.
    Supply,
    /// Another supply pin (`VBUS`, `VSYS`, `ADC_VREF`).
    Power,
    /// A control input (`RUN`, `3V3_EN`).
    Control,
}

/// A chip pin that the board uses itself.
#[derive(Debug, PartialEq)]
pub struct Internal {
    /// Which pin.
    pub gpio: Gpio,
    /// For what.
    pub title: &'static str,
}

/// A board's own LED.
#[derive(Debug, PartialEq)]
pub struct Led {
    /// Its pin; it lights when that is high.
    pub gpio: Gpio,
    /// Its colour's name.
    pub color: &'static str,
    /// Its centre in millimetres.
    pub at: (f32, f32),
}

/// A part that a board carries.
#[derive(Debug, PartialEq)]
pub struct OnBoard {
    /// What it is, as in [`crate::part::REGISTRY`].
    pub kind: &'static str,
    /// Its name on every bench with this board.
    pub name: &'static str,
    /// Where its pins lead.
    pub pins: &'static [(&'static str, Node)],
    /// Its properties that differ from the defaults.
    pub properties: &'static [(&'static str, &'static str)],
    /// Its centre in millimetres, if it is something to see or to press.
    pub at: Option<(f32, f32)>,
}

/// An image that others provide.
#[derive(Debug, PartialEq)]
pub struct Firmware {
    /// Where it may be.
    pub paths: &'static [&'static str],
    /// How to get it, for a message.
    pub advice: &'static str,
}

/// All boards.
pub static BOARDS: [&Board; 3] = [&pico::PICO, &xiao::XIAO, &microbit::MICROBIT];

/// A board by its name.
pub fn find(name: &str) -> Option<&'static Board> {
    BOARDS.into_iter().find(|board| board.name == name)
}

/// What a wire on a board leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Node {
    /// A pin of the chip.
    Gpio(Gpio),
    /// Ground.
    Ground,
    /// 3.3 V.
    Supply,
}

impl Board {
    /// What a name on the board means: a label (`GP4`), an alias (`LED`, `ADC0`), `GND`, `3V3`, or a pin's
    /// printed number (`pin 6`). Case does not matter.
    pub fn node(&self, name: &str) -> Option<Node> {
        let name = name.trim();
        let same = |other: &str| other.eq_ignore_ascii_case(name);
        if same("GND") {
            return Some(Node::Ground);
        }
        if same("3V3") || same("3V3(OUT)") || same("VCC") {
            return Some(Node::Supply);
        }
        if let Some(&(_, gpio)) = self.aliases.iter().find(|(alias, _)| same(alias)) {
            return Some(Node::Gpio(gpio));
        }
        let number = name.get(..4).filter(|head| head.eq_ignore_ascii_case("pin ")).map(|_| name[4..].trim());
        let pin = match number {
            Some(number) => self.pins.iter().find(|pin| Some(pin.number) == number.parse().ok())?,
            None => self.pins.iter().find(|pin| same(pin.label))?,
        };
        match pin.kind {
            PinKind::Gpio(gpio) => Some(Node::Gpio(gpio)),
            PinKind::Ground => Some(Node::Ground),
            PinKind::Supply => Some(Node::Supply),
            PinKind::Power | PinKind::Control => None,
        }
    }

    /// The pin's label, `GP23` for those that are not led out.
    pub fn label(&self, gpio: Gpio) -> String {
        let pin = self.pins.iter().find(|pin| pin.kind == PinKind::Gpio(gpio));
        if let Some(pin) = pin {
            return pin.label.to_owned();
        }
        let usual = format!("{}{gpio}", self.prefix);
        let mut aliases = self.aliases.iter().filter(|alias| alias.1 == gpio).map(|alias| alias.0);
        // A pin without any such name is known by what is at it.
        match aliases.clone().any(|alias| alias == usual) {
            true => usual,
            false => aliases.next().map_or(usual, str::to_owned),
        }
    }

    /// The names that a part's pin may be wired to.
    pub fn node_names(&self) -> Vec<&'static str> {
        let gpios = self.pins.iter().filter(|pin| matches!(pin.kind, PinKind::Gpio(_))).map(|pin| pin.label);
        gpios.chain(self.aliases.iter().map(|&(alias, _)| alias)).chain(["GND", "3V3"]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::part;

    #[test]
    fn boards_own_parts_exist_with_their_pins() {
        for own in BOARDS.into_iter().flat_map(|board| board.parts) {
            let kind = part::find(own.kind).unwrap();
            for (pin, _) in own.pins {
                assert!(kind.pin(pin).is_some(), "{}.{pin}", own.name);
            }
            for pin in kind.pins.iter().filter(|pin| pin.required) {
                assert!(own.pins.iter().any(|(name, _)| *name == pin.name), "{}.{}", own.name, pin.name);
            }
            let mut properties = part::Properties::defaults(kind.properties);
            for (name, value) in own.properties {
                assert!(properties.set(name, part::Value::Text((*value).to_owned())), "{}.{name}", own.name);
            }
            assert!((kind.make)(&properties).is_ok());
        }
    }
}
