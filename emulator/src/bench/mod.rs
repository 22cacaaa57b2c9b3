//! A bench: a board, the parts around it, how they are wired and what is fed into them. It is read from a
//! `bench.toml`:
//!
//! ```toml
//! title = "Weather station"              # optional, as is description
//!
//! [board]
//! type = "pico"                          # see board::BOARDS
//! firmware = "firmware.uf2"              # optional: another image than the app's own
//!
//! [[part]]
//! type = "bme280"                        # see part::REGISTRY
//! name = "weather"                       # optional; unique
//! pins = { sda = "GP4", scl = "GP5" }    # part pin = board pin
//! address = 0x76                         # a property of this kind of part
//! inputs.humidity = 48.5                 # a constant
//! inputs.pressure = { slider = 1013, min = 950, max = 1050 }
//! inputs.temperature = { csv = "weather.csv", column = "temp_c", period = "1s", noise = 0.05 }
//!
//! [[part]]
//! type = "wire"                          # from one board pin to another
//! pins = { from = "GP0", to = "GP5" }
//!
//! [[part]]
//! name = "accelerometer"                 # a part of the board's own: it has its type and pins already
//! type = "mma8653"
//! inputs.x = 0.5
//!
//! [upload]
//! files = ["main.py", "lib"]             # what goes to a board, relative to this file
//! ```

mod error;
mod parse;
mod signals;
#[cfg(test)]
mod tests;
mod world;

use std::path::{Path, PathBuf};

use crate::board::{self, Board, Node, OnBoard};
use crate::part::{self, PartType, Properties};
use crate::signal::Signal;

pub use error::{BenchError, BenchErrors};
pub use parse::parse_duration;
pub use world::{BenchWorld, Report, SetInputError};

/// A bench as its file describes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Bench {
    /// The folder that relative paths start from.
    pub dir: PathBuf,
    /// What to call it.
    pub title: Option<String>,
    /// What it is about.
    pub description: Option<String>,
    /// The board in the middle.
    pub board: &'static Board,
    /// The firmware image, absolute or relative to the working directory; `None` for the default one.
    pub firmware: Option<PathBuf>,
    /// What is wired to the board: the parts of the file in its order, then those of the board's own that the file
    /// does not mention.
    pub parts: Vec<PartSpec>,
    /// Files and folders that belong on the board, relative to `dir`.
    pub upload: Vec<PathBuf>,
}

/// A part on a bench.
#[derive(Clone, Debug, PartialEq)]
pub struct PartSpec {
    /// Its name, unique on the bench.
    pub name: String,
    /// What it is.
    pub kind: &'static PartType,
    /// Where each of its pins is wired, in the order of [`PartType::pins`].
    pub pins: Vec<Option<Node>>,
    /// Its properties.
    pub properties: Properties,
    /// What drives each of its inputs, in the order of [`PartType::inputs`].
    pub inputs: Vec<Signal>,
    /// Where the window draws it, in the window's units, if it was moved.
    pub at: Option<(f64, f64)>,
    /// The line at which it begins in the file; 0 for a part of the board's own that the file does not mention.
    pub line: usize,
}

impl PartSpec {
    /// A part that a board carries, as it is without a word about it in the file. `None` for one of an unknown kind.
    fn on_board(own: &OnBoard) -> Option<PartSpec> {
        let kind = part::find(own.kind)?;
        let mut properties = Properties::defaults(kind.properties);
        for (name, value) in own.properties {
            properties.set(name, part::Value::Text((*value).to_owned()));
        }
        let node = |pin: &str| own.pins.iter().find(|(name, _)| *name == pin).map(|&(_, node)| node);
        Some(PartSpec {
            name: own.name.to_owned(),
            kind,
            pins: kind.pins.iter().map(|pin| node(pin.name)).collect(),
            properties,
            inputs: kind.inputs.iter().map(|input| Signal::constant(input.default)).collect(),
            at: None,
            line: 0,
        })
    }
}

impl Bench {
    /// A board with nothing around it but its own parts.
    pub fn empty(board: &'static Board) -> Bench {
        let mut bench = Bench {
            dir: PathBuf::new(),
            title: None,
            description: None,
            board,
            firmware: None,
            parts: Vec::new(),
            upload: Vec::new(),
        };
        bench.add_own_parts();
        bench
    }

    /// Adds the board's own parts that are not there yet.
    fn add_own_parts(&mut self) {
        for own in self.board.parts {
            if self.part(own.name).is_none() {
                self.parts.extend(PartSpec::on_board(own));
            }
        }
    }

    /// A Raspberry Pi Pico with nothing around it.
    pub fn pico() -> Bench {
        Bench::empty(board::BOARDS[0])
    }

    /// Wires a serial adapter to a UART of the board, by its pins' names: the transmitting and the receiving one, as
    /// the board sees them. The error is a sentence.
    pub fn add_serial_adapter(&mut self, tx: &str, rx: &str) -> Result<(), String> {
        let kind = &part::serial_adapter::TYPE;
        let pin = |name: &str| match self.board.node(name) {
            Some(node @ Node::Gpio(_)) => Ok(Some(node)),
            _ => Err(format!("the {} has no pin \"{name}\" for a UART", self.board.title)),
        };
        let pins = vec![pin(rx)?, pin(tx)?];
        if pins[0] == pins[1] {
            return Err(format!("a UART sends at one pin and receives at another, not both at \"{tx}\""));
        }
        self.parts.push(PartSpec {
            name: "serial adapter".to_owned(),
            kind,
            pins,
            properties: Properties::defaults(kind.properties),
            inputs: Vec::new(),
            at: None,
            line: 0,
        });
        Ok(())
    }

    /// Reads a file. Data sets that it names are read too.
    pub fn load(path: &Path) -> Result<Bench, BenchErrors> {
        match std::fs::read_to_string(path) {
            Ok(text) => Bench::parse(&text, path),
            Err(error) => Err(BenchErrors::unreadable(path, &error)),
        }
    }

    /// Reads text; `path` is what messages call it, and its folder is where data sets are looked for.
    pub fn parse(text: &str, path: &Path) -> Result<Bench, BenchErrors> {
        parse::bench(text, path)
    }

    /// SHA-256 in hexadecimal of all that decides what the bench does: board, parts, wiring, signals and their data,
    /// wherever the files lie.
    pub fn digest(&self) -> String {
        use std::fmt::Write;
        let mut text = String::from(self.board.title);
        for part in &self.parts {
            // Writing to a string cannot fail.
            let _ = write!(
                text,
                "\n{:?} {} {:?} {:?} {:?}",
                part.name, part.kind.name, part.pins, part.properties, part.inputs
            );
        }
        crate::machine::digest(text.as_bytes())
    }

    /// A part by its name.
    pub fn part(&self, name: &str) -> Option<&PartSpec> {
        self.parts.iter().find(|part| part.name == name)
    }
}
