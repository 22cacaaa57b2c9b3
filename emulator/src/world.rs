//! What lies behind a chip's pins: the interface between a chip's peripherals and the bench.
//!
//! A chip drives pins, reads levels and voltages, and hands over whole bus transactions; the world answers for
//! the parts and draws into the trace the edges that a logic analyser would see. The other way round the world
//! has events of its own (a button bounces, a GPS sends a byte): the chip asks [`World::next_event`], runs to
//! that time, and calls [`World::advance`] to receive the [`Input`]s.
//!
//! Times handed in never decrease, with one exception that is allowed: a transaction may lie up to its own
//! length ahead of the chip's present (its edges are drawn when it begins).

use dyn_clone::{DynClone, clone_trait_object};

use crate::air::Frame;
use crate::clock::Time;
use crate::trace::SharedTrace;

/// A chip's pin number as its data sheet counts (`0..=29` on an RP2040).
pub type Gpio = u8;

/// A voltage against ground in integer microvolts, so that analogue values are deterministic too.
pub type Microvolts = i64;

/// The supply of the boards so far: 3.3 V.
pub const VDD: Microvolts = 3_300_000;

/// What a pin's output driver does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Driven to ground.
    Low,
    /// Driven to the supply.
    High,
    /// Not driven: an input, or an open drain that lets go.
    #[default]
    Z,
}

impl From<bool> for Level {
    fn from(high: bool) -> Level {
        if high { Level::High } else { Level::Low }
    }
}

/// The weak resistor a pad connects, some 50 kΩ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Pull {
    /// Neither.
    #[default]
    None,
    /// Towards the supply.
    Up,
    /// Towards ground.
    Down,
    /// Both at once: the RP2040's bus keeper, which holds the last level.
    Keep,
}

/// How one driver acts on its net: output level, pull and the current it can deliver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Drive {
    /// The output driver's level.
    pub level: Level,
    /// The pad's weak resistor.
    pub pull: Pull,
    /// Nominal drive current in milliamperes (RP2040: 2, 4, 8 or 12). It does not decide a conflict: two
    /// outputs against each other are a fault to report whatever their strength.
    pub milliamps: u8,
}

impl Drive {
    /// An input without pull.
    pub const FLOATING: Drive = Drive { level: Level::Z, pull: Pull::None, milliamps: 4 };

    /// An output at `level`, without pull, 4 mA.
    pub const fn output(level: Level) -> Drive {
        Drive { level, pull: Pull::None, milliamps: 4 }
    }

    /// An input with `pull`.
    pub const fn input(pull: Pull) -> Drive {
        Drive { level: Level::Z, pull, milliamps: 4 }
    }
}

impl Default for Drive {
    fn default() -> Drive {
        Drive::FLOATING
    }
}

/// Which pins and what rate an I2C controller uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct I2cBus {
    /// Data.
    pub sda: Gpio,
    /// Clock.
    pub scl: Gpio,
    /// Clock rate in hertz, for the edges' times; not zero.
    pub hz: u32,
}

/// One step of an I2C transfer. A step's time is when it begins on the wires; a byte takes nine clock periods
/// (eight bits and the acknowledge), an address byte likewise, start and stop one each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum I2cEvent {
    /// A start (or, inside a transfer, a repeated start) and the address byte.
    Start {
        /// The 7-bit address.
        address: u8,
        /// Direction: true when the controller will read.
        read: bool,
    },
    /// The controller sends a byte.
    Write(u8),
    /// The controller receives a byte and answers it.
    Read {
        /// Whether the controller acknowledges: false for the last byte it wants.
        ack: bool,
    },
    /// The stop condition.
    Stop,
}

/// What the bus answers to an [`I2cEvent`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct I2cReply {
    /// For `Start` and `Write`: a part pulled the data line low.
    pub ack: bool,
    /// For `Read`: the byte; 0xFF when nobody answers.
    pub byte: u8,
    /// How long a part holds the clock low after this step.
    pub stretch: Time,
}

/// Which pins, rate and mode an SPI controller uses. Chip select is an ordinary pin to everyone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SpiBus {
    /// Clock.
    pub sck: Gpio,
    /// Controller out, if a pin has that function.
    pub mosi: Option<Gpio>,
    /// Controller in, if a pin has that function.
    pub miso: Option<Gpio>,
    /// Clock rate in hertz; not zero.
    pub hz: u32,
    /// The clock's idle level (CPOL).
    pub polarity: bool,
    /// Sample on the second edge (CPHA).
    pub phase: bool,
}

/// A UART line's pin and frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct UartLine {
    /// The chip's transmitting pin.
    pub tx: Gpio,
    /// Bits a second; not zero.
    pub baud: u32,
    /// Data bits, 5 to 8.
    pub bits: u8,
    /// `None`, or `Some(true)` for odd and `Some(false)` for even parity.
    pub odd_parity: Option<bool>,
    /// Stop bits, 1 or 2.
    pub stop_bits: u8,
}

impl UartLine {
    /// Eight data bits, no parity, one stop bit.
    pub const fn new_8n1(tx: Gpio, baud: u32) -> UartLine {
        UartLine { tx, baud, bits: 8, odd_parity: None, stop_bits: 1 }
    }

    /// The bits of a byte that are sent.
    pub fn mask(&self) -> u8 {
        (0xFFu16 >> (8 - self.bits.clamp(1, 8))) as u8
    }

    /// How long one frame takes.
    pub fn frame_time(&self) -> Time {
        let bits =
            1 + u64::from(self.bits) + u64::from(self.odd_parity.is_some()) + u64::from(self.stop_bits);
        Time(bits * 1_000_000_000 / u64::from(self.baud.max(1)))
    }
}

/// Something that reached the chip from outside.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Input {
    /// A pin's resolved level changed, for whatever reason, the chip's own drive included.
    PinChanged {
        /// When.
        at: Time,
        /// Which pin.
        gpio: Gpio,
        /// The new level.
        high: bool,
    },
    /// A part finished sending a byte on the net of this pin (the middle of its stop bit). Not said where the
    /// frame's edges move the pin ([`World::listen`]).
    UartRx {
        /// When.
        at: Time,
        /// The receiving pin.
        gpio: Gpio,
        /// The byte.
        byte: u8,
        /// The sender's baud rate: a receiver set to another rate hears something else.
        baud: u32,
    },
    /// A radio within reach began to send; its frame's address is not through yet.
    Radio(Frame),
}

/// What came of a transaction whose edges moved the nets, see [`World::heard`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// The reply given at its beginning holds.
    AsReplied,
    /// Someone holds the clock: it is not over.
    NotYet,
    /// The data line's bits, the latest being bit 0: of an I2C byte the acknowledge is bit 0.
    Bits(u16),
}

/// Nets and parts as a chip sees them. Object safe: a machine holds a `Box<dyn World>` or a concrete world.
///
/// After *any* call with `&mut self`, [`World::next_event`] may have become earlier; ask it again.
pub trait World: std::any::Any + DynClone {
    /// The chip's output driver or pull on a pin changes. A pin whose function is a bus controller is driven as
    /// that bus idles (I2C: [`Level::Z`] with its pull; SPI and UART outputs: their idle level): the world draws
    /// the transactions' edges on top.
    fn pin_drive(&mut self, t: Time, gpio: Gpio, drive: Drive);

    /// The resolved level at a pin: a floating net reads as its last driven level.
    fn pin_level(&mut self, t: Time, gpio: Gpio) -> bool {
        self.pin_levels(t) >> gpio & 1 != 0
    }

    /// All pins' resolved levels, bit *n* being pin *n*.
    fn pin_levels(&mut self, t: Time) -> u64;

    /// As [`World::pin_levels`] for a program that looks at its pins: a transfer that no one else listens to is
    /// only drawn, but who looks sees its bits.
    fn visible_levels(&mut self, t: Time) -> u64 {
        self.pin_levels(t)
    }

    /// Whether something outside of the chip connects a pin to ground.
    fn is_pulled_low(&mut self, t: Time, gpio: Gpio) -> bool {
        let _ = (t, gpio);
        false
    }

    /// At which pins something in the chip reacts to single edges (bit *n* is pin *n*): there, transactions of
    /// bus controllers and parts move the nets bit by bit.
    fn listen(&mut self, gpios: u64) {
        let _ = gpios;
    }

    /// What came of the latest I2C step or SPI word of the controller with this clock pin.
    fn heard(&mut self, t: Time, clock: Gpio) -> Heard {
        let _ = (t, clock);
        Heard::AsReplied
    }

    /// The voltage at a pin, for the chip's ADC.
    fn pin_volts(&mut self, t: Time, gpio: Gpio) -> Microvolts;

    /// The chip's own temperature in thousandths of a degree Celsius, for its built-in sensor.
    fn die_temperature(&mut self, t: Time) -> i32 {
        let _ = t;
        27_000
    }

    /// A step of an I2C transfer beginning at `t`. Nobody at that address, or no pull-up: no acknowledge.
    fn i2c(&mut self, t: Time, bus: I2cBus, event: I2cEvent) -> I2cReply;

    /// One SPI word of `bits` bits (4 to 16), most significant first, beginning at `t`: gives what came back.
    /// With nobody selected the input reads as the net's level: all ones or all zeros.
    fn spi(&mut self, t: Time, bus: SpiBus, word: u16, bits: u8) -> u16;

    /// The chip sends a frame, its start bit beginning at `t`.
    fn uart_tx(&mut self, t: Time, line: UartLine, byte: u8);

    /// The chip's radio begins to send a frame.
    fn radio_send(&mut self, t: Time, frame: Frame) {
        let _ = (t, frame);
    }

    /// When [`World::advance`] must be called at the latest; `None` when nothing will happen by itself.
    fn next_event(&self) -> Option<Time>;

    /// Lets everything up to and including `t` happen and appends what reaches the chip to `inputs`, in order
    /// of time.
    fn advance(&mut self, t: Time, inputs: &mut Vec<Input>);

    /// The chip lost power or was reset: parts on the same supply keep their state (as on a desk), pins float.
    fn chip_reset(&mut self, t: Time);

    /// Where everything that happens is recorded.
    fn trace(&self) -> &SharedTrace;
}

clone_trait_object!(World);
