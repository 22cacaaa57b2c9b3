//! Parts: what can be wired to a board. One file a part, each with the same order inside: its description
//! ([`PartType`]), its state, its behaviour ([`Part`]), tests.
//!
//! A part is written at the level of its protocol (I2C step, SPI bit, UART byte, pin level, voltage) and hears
//! only what concerns it; whether a hardware controller or a bit-banged bus speaks makes no difference to it.

mod bme280;
mod button;
mod buzzer;
mod dht22;
mod die_temperature;
mod ds18b20;
mod gps_nmea;
mod hc_sr04;
mod led;
mod led_matrix;
mod mag3110;
mod mcp3008;
mod mma8653;
mod neopixel;
mod potentiometer;
mod property;
mod radio_peer;
mod sensor_registers;
pub mod serial_adapter;
mod servo;
mod ssd1306;
#[cfg(test)]
mod testing;
mod wire;

use dyn_clone::{DynClone, clone_trait_object};
pub use property::{Properties, PropertyInfo, PropertyKind, Value};

use crate::air::Frame;
use crate::clock::Time;
use crate::signal::Feed;
pub use crate::trace::Picture;
use crate::world::{Drive, I2cEvent, I2cReply, Microvolts};

/// What a kind of part is: all that a window or a reader of `bench.toml` needs to know of it.
pub struct PartType {
    /// Its name in `bench.toml`.
    pub name: &'static str,
    /// What to show.
    pub title: &'static str,
    /// One or two sentences for a beginner.
    pub description: &'static str,
    /// Its connections.
    pub pins: &'static [PinInfo],
    /// What can be fed into it.
    pub inputs: &'static [InputInfo],
    /// What can be seen of it.
    pub outputs: &'static [OutputInfo],
    /// What is fixed when it is placed.
    pub properties: &'static [PropertyInfo],
    /// Makes one; the properties have been checked against [`PartType::properties`]. An error is a sentence
    /// about a combination that does not go together.
    pub make: fn(&Properties) -> Result<Box<dyn Part>, String>,
}

impl PartType {
    /// A connection's index.
    pub fn pin(&self, name: &str) -> Option<usize> {
        self.pins.iter().position(|pin| pin.name == name)
    }

    /// An input's index.
    pub fn input(&self, name: &str) -> Option<usize> {
        self.inputs.iter().position(|input| input.name == name)
    }

    /// Whether it is nothing but a wire.
    pub fn is_wire(&self) -> bool {
        self.pins.iter().all(|pin| pin.role == Role::Wire) && !self.pins.is_empty()
    }

    /// An output's index.
    pub fn output(&self, name: &str) -> Option<usize> {
        self.outputs.iter().position(|output| output.name == name)
    }
}

impl std::fmt::Debug for PartType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PartType({})", self.name)
    }
}

impl PartialEq for PartType {
    fn eq(&self, other: &PartType) -> bool {
        self.name == other.name
    }
}

/// A connection of a part.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PinInfo {
    /// Its name in `bench.toml`.
    pub name: &'static str,
    /// What it is for.
    pub role: Role,
    /// Where it is wired when the bench does not say: `"GND"`, `"3V3"`, or nowhere.
    pub default: Option<&'static str>,
    /// Whether the bench must say.
    pub required: bool,
    /// What to connect it to, for a beginner.
    pub description: &'static str,
}

/// What a part's pin is for, seen from the part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// I2C data.
    Sda,
    /// I2C clock.
    Scl,
    /// SPI clock.
    Sck,
    /// SPI data towards the part.
    Mosi,
    /// SPI data from the part.
    Miso,
    /// SPI chip select, active low.
    Cs,
    /// UART, the part sends.
    Tx,
    /// UART, the part receives.
    Rx,
    /// A level that the part reads.
    Input,
    /// A level that the part drives, or a switch contact.
    Output,
    /// A voltage that the part delivers.
    Analog,
    /// A 1-Wire bus: both sides pull it low, nobody drives it high.
    OneWire,
    /// An end of a wire.
    Wire,
}

impl Role {
    /// Whether pins of this role may share a board pin: the lines of a bus.
    pub fn is_shared(self) -> bool {
        matches!(self, Role::Sda | Role::Scl | Role::Sck | Role::Mosi | Role::Miso | Role::OneWire)
    }
}

/// Something that can be fed into a part.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct InputInfo {
    /// Its name in `bench.toml`.
    pub name: &'static str,
    /// What to show.
    pub title: &'static str,
    /// Its unit; empty for a number or a switch.
    pub unit: &'static str,
    /// The smallest value the part can tell.
    pub min: f64,
    /// The largest.
    pub max: f64,
    /// The value when the bench does not say.
    pub default: f64,
    /// A sensible step for a slider.
    pub step: f64,
    /// Whether it is a switch: 0 or 1.
    pub switch: bool,
}

/// Something that can be seen of a part.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OutputInfo {
    /// Its name.
    pub name: &'static str,
    /// What to show.
    pub title: &'static str,
    /// Its unit.
    pub unit: &'static str,
    /// The smallest value.
    pub min: f64,
    /// The largest value.
    pub max: f64,
}

/// A part's behaviour. All methods have a default, since no part needs all of them. `pin` and `input` are
/// indices into its [`PartType`].
#[expect(unused_variables, reason = "the defaults do nothing, but their parameters have names")]
pub trait Part: DynClone {
    /// The supply comes up: drive the pins' idle levels, schedule what happens by itself.
    fn power_on(&mut self, cx: &mut Context) {}

    /// The level at a wired pin changed, or whether it is driven ([`Context::driven`]).
    fn pin_changed(&mut self, cx: &mut Context, pin: usize, high: bool) {}

    /// An input may have changed by itself or by hand. Only for inputs for which [`Part::watches`] is true;
    /// others are asked for their value when it is needed.
    fn input_changed(&mut self, cx: &mut Context, input: usize) {}

    /// Whether the part wants to hear of an input's changes.
    fn watches(&self, input: usize) -> bool {
        false
    }

    /// The time asked for with [`Context::wake_at`] has come.
    fn wake(&mut self, cx: &mut Context) {}

    /// The I2C address it answers to.
    fn i2c_address(&self) -> Option<u8> {
        None
    }

    /// A step of a transfer that is addressed to it. A bit-banged bus cannot know beforehand whether a byte
    /// will be acknowledged and says `Read { ack: true }`.
    fn i2c(&mut self, cx: &mut Context, event: I2cEvent) -> I2cReply {
        I2cReply::default()
    }

    /// The level it puts on MISO before the next clock while selected.
    fn spi_out(&self) -> bool {
        true
    }

    /// A sampling clock edge while selected. (The chip select's edges come as [`Part::pin_changed`].)
    fn spi_clock(&mut self, cx: &mut Context, mosi: bool) {}

    /// The baud rate at which it listens.
    fn uart_baud(&self) -> Option<u32> {
        None
    }

    /// A byte arrived in full.
    fn uart_byte(&mut self, cx: &mut Context, byte: u8) {}

    /// Sends bytes of a program on this computer, at its rate from now on.
    fn serial_send(&mut self, cx: &mut Context, baud: u32, bytes: &[u8]) {}

    /// What a program on this computer receives: all since the last call.
    fn serial_take(&mut self) -> Vec<u8> {
        Vec::new()
    }

    /// The voltage it delivers at a pin of the role [`Role::Analog`].
    fn volts(&mut self, cx: &mut Context, pin: usize) -> Microvolts {
        0
    }

    /// How warm the board's microcontroller is, in degrees Celsius, if that is what the part is about.
    fn die_temperature(&mut self, cx: &mut Context) -> Option<f64> {
        None
    }

    /// A radio begins to send a frame.
    fn radio(&mut self, cx: &mut Context, frame: &Frame) {}

    /// Its outputs, averaged over the time since they were asked for last (a dimmed LED is one that is
    /// switched quickly). `out` has as many places as the [`PartType`] has outputs.
    fn outputs(&mut self, cx: &mut Context, out: &mut [f64]) {}

    /// What a display shows.
    fn picture(&self) -> Option<Picture> {
        None
    }
}

clone_trait_object!(Part);

/// What a part may do to the bench while it is being asked.
pub struct Context<'a> {
    /// The present.
    pub now: Time,
    pub(crate) feeds: &'a [Feed],
    /// Bit *n*: the level at pin *n*.
    pub(crate) levels: u32,
    /// Bit *n*: pin *n* is driven, not merely pulled.
    pub(crate) driven: u32,
    pub(crate) actions: &'a mut Vec<Action>,
}

/// What a part asked for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Action {
    Drive { pin: usize, drive: Drive },
    Wake(Time),
    Uart { pin: usize, byte: u8, baud: u32 },
    Radio(Frame),
    Report(String),
}

impl Context<'_> {
    /// An input's present value in its unit.
    pub fn input(&self, input: usize) -> f64 {
        self.input_at(input, self.now)
    }

    /// An input's value at another instant: a part that measures by itself works out afterwards what it saw.
    pub fn input_at(&self, input: usize, t: Time) -> f64 {
        self.feeds.get(input).map_or(0.0, |feed| feed.value(t))
    }

    /// The level at a pin; false if it is not wired.
    pub fn level(&self, pin: usize) -> bool {
        self.levels >> pin & 1 != 0
    }

    /// Whether a pin is driven by something that can deliver current.
    pub fn driven(&self, pin: usize) -> bool {
        self.driven >> pin & 1 != 0
    }

    /// Drives a pin from now on.
    pub fn drive(&mut self, pin: usize, drive: Drive) {
        self.actions.push(Action::Drive { pin, drive });
    }

    /// Asks for [`Part::wake`] at `t`; replaces what was asked for before.
    pub fn wake_at(&mut self, t: Time) {
        self.actions.push(Action::Wake(t));
    }

    /// Sends a byte (8N1) from a pin of the role [`Role::Tx`]; bytes queue up behind each other.
    pub fn uart_send(&mut self, pin: usize, byte: u8, baud: u32) {
        self.actions.push(Action::Uart { pin, byte, baud });
    }

    /// Sends a frame by radio, beginning now.
    pub fn radio_send(&mut self, frame: Frame) {
        self.actions.push(Action::Radio(frame));
    }

    /// Tells the person at the bench that something is wrong.
    pub fn report(&mut self, message: impl Into<String>) {
        self.actions.push(Action::Report(message.into()));
    }
}

/// All kinds of parts, in the order in which a window lists them.
pub static REGISTRY: [&PartType; 19] = [
    &led::TYPE,
    &button::TYPE,
    &wire::TYPE,
    &potentiometer::TYPE,
    &buzzer::TYPE,
    &servo::TYPE,
    &neopixel::TYPE,
    &ssd1306::TYPE,
    &bme280::TYPE,
    &dht22::TYPE,
    &ds18b20::TYPE,
    &hc_sr04::TYPE,
    &mcp3008::TYPE,
    &gps_nmea::TYPE,
    &mma8653::TYPE,
    &mag3110::TYPE,
    &led_matrix::TYPE,
    &die_temperature::TYPE,
    &radio_peer::TYPE,
];

/// A kind of part by its name.
pub fn find(name: &str) -> Option<&'static PartType> {
    REGISTRY.into_iter().find(|kind| kind.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn descriptions_are_complete_and_consistent() {
        let mut names = HashSet::new();
        for kind in REGISTRY {
            assert!(names.insert(kind.name));
            assert!(!kind.title.is_empty() && kind.description.ends_with('.'), "{}", kind.name);
            assert!(kind.pins.len() <= 32, "levels are bits of a word");
            for pin in kind.pins {
                assert!(!(pin.required && pin.default.is_some()), "{}.{}", kind.name, pin.name);
            }
            for input in kind.inputs {
                assert!(
                    input.min <= input.default && input.default <= input.max,
                    "{}.{}",
                    kind.name,
                    input.name
                );
                assert!(input.step > 0.0 && input.max > input.min);
            }
            let properties = Properties::defaults(kind.properties);
            assert!((kind.make)(&properties).is_ok(), "{} cannot be made from its defaults", kind.name);
        }
    }
}
