//! The hardware, as the interpreter sees it: one trait per kind of peripheral, and [`Hal`] that has them all.
//!
//! The firmware implements them on a chip, [`host::Host`] in memory for tests. Pins are the chip's own
//! numbers, times are microseconds since the chip started, levels are `true` for high.
//!
//! Interrupts reach the interpreter in one way only: whatever happens outside (a pin edge, the alarm,
//! the interrupt character on the console) is queued by the implementation, which then sets the flag
//! that [`Events::pending`] gives out. The virtual machine looks at the flag on back edges and calls.

use core::any::Any;
use core::fmt;

pub mod host;
mod pending;

pub use pending::Pending;

/// Everything a board offers. `Any`, so that a test may find its own board again.
pub trait Hal:
    Console + Clock + Events + Pins + Adc + Pwm + I2c + Spi + Uart + Flash + System + fmt::Debug + Any
{
}

impl<T> Hal for T where
    T: Console + Clock + Events + Pins + Adc + Pwm + I2c + Spi + Uart + Flash + System + fmt::Debug + Any
{
}

/// Why a peripheral did not do what it was asked to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The chip has no such peripheral, or not on these pins.
    #[error("no such device")]
    NoDevice,
    /// A parameter is outside what the peripheral can do; the text says which and what is allowed.
    #[error("{0}")]
    Invalid(&'static str),
    /// Nobody acknowledged.
    #[error("no acknowledgement")]
    NoAck,
    /// The other side did not react in time.
    #[error("timed out")]
    Timeout,
    /// The bus or the medium failed.
    #[error("input/output error")]
    Io,
    /// An interrupt (Ctrl-C) is waiting; the operation was given up.
    #[error("interrupted")]
    Interrupted,
}

impl Error {
    /// The `errno` that `OSError` carries for it.
    pub fn errno(self) -> i32 {
        match self {
            Error::NoDevice => 19,
            Error::Invalid(_) => 22,
            Error::NoAck | Error::Io => 5,
            Error::Timeout => 110,
            Error::Interrupted => 4,
        }
    }
}

pub type Result<T = ()> = core::result::Result<T, Error>;

/// The terminal: USB serial or a UART.
pub trait Console {
    /// The next byte received, if there is one.
    fn console_read(&mut self) -> Option<u8>;
    /// Whether [`Console::console_read`] would give a byte.
    fn console_readable(&mut self) -> bool;
    /// Whether a byte can be written without waiting.
    fn console_writable(&mut self) -> bool;
    /// Sends bytes as they are; waits while the other side is slow, drops them when nobody listens.
    fn console_write(&mut self, bytes: &[u8]);
    /// Waits until what was written has left.
    fn console_flush(&mut self) {}
    /// The received byte that becomes [`Pending::interrupt`] in place of input; `None`: all bytes are input.
    fn set_interrupt_char(&mut self, byte: Option<u8>);
    /// Makes a UART (set up by the program) a second console beside the first: what is printed goes to
    /// both, what either receives is input. `None` ends that.
    fn duplicate_console(&mut self, uart: Option<u8>);
    /// The UART that is a second console.
    fn duplicated_console(&self) -> Option<u8>;
}

/// Time and sleep.
pub trait Clock {
    /// Microseconds since the chip started.
    fn ticks_us(&mut self) -> u64;
    /// CPU cycles, wrapping at 32 bits; a finer clock where the chip has one.
    fn ticks_cpu(&mut self) -> u32;
    /// Sleeps until `deadline` (µs), an event or console input, whichever comes first; may return early.
    fn sleep_until(&mut self, deadline: u64);
    /// Waits `us` without sleeping: exact, for bit-banged protocols.
    fn delay_us(&mut self, us: u32);
    /// Asks for [`Event::Alarm`] at this time (µs); replaces the earlier request, `None` withdraws it.
    fn set_alarm(&mut self, at: Option<u64>);
    /// Wall clock: microseconds since 1970-01-01 00:00 in the board's own time zone.
    fn wall_us(&mut self) -> u64;
    fn set_wall_us(&mut self, us: u64);
}

/// What happened outside the interpreter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The time asked for with [`Clock::set_alarm`] has come.
    Alarm,
    /// Edges ([`EDGE_RISE`], [`EDGE_FALL`]) or levels ([`LEVEL_HIGH`], [`LEVEL_LOW`]) on a pin.
    Pin { pin: u8, flags: u8 },
    /// What was asked for with [`Uart::uart_irq`] has happened: [`UART_RX`], [`UART_BREAK`].
    Uart { id: u8, flags: u8 },
    /// An interrupt line asked for with [`System::irq_line`] has fired; it is off again.
    Line { line: u8 },
}

pub trait Events {
    /// The flag that says that [`Events::next_event`] has something. The implementation sets it (also
    /// from interrupts), the interpreter clears it before it empties the queue.
    fn pending(&self) -> &'static Pending;
    /// The oldest event not yet delivered.
    fn next_event(&mut self) -> Option<Event>;
    /// `machine.disable_irq`: returns whether interrupts were on.
    fn disable_irq(&mut self) -> bool;
    /// `machine.enable_irq`: switches them on if `on`.
    fn restore_irq(&mut self, on: bool);
}

pub const LEVEL_LOW: u8 = 1;
pub const LEVEL_HIGH: u8 = 2;
pub const EDGE_FALL: u8 = 4;
pub const EDGE_RISE: u8 = 8;

/// Bytes have arrived.
pub const UART_RX: u8 = 1;
/// The line was held low for longer than a byte.
pub const UART_BREAK: u8 = 2;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PinMode {
    In,
    Out,
    /// Drives low or lets go.
    OpenDrain,
    /// Given to a peripheral by the chip's own function number.
    Alt(u8),
    /// Analogue: digital input buffer and pulls off.
    Analog,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pull {
    None,
    Up,
    Down,
}

pub trait Pins {
    /// Pins are numbered 0..`pin_count()`.
    fn pin_count(&self) -> u8;
    /// The number behind a board name ("LED", "GP5"), as the data sheet or the board writes it.
    fn pin_by_name(&self, name: &str) -> Option<u8>;
    /// Sets mode and pull; an output starts with the level last set by [`Pins::pin_write`].
    fn pin_configure(&mut self, pin: u8, mode: PinMode, pull: Pull);
    fn pin_mode(&self, pin: u8) -> (PinMode, Pull);
    fn pin_read(&mut self, pin: u8) -> bool;
    fn pin_write(&mut self, pin: u8, high: bool);
    /// The level the pin drives (or would, as an output).
    fn pin_output(&self, pin: u8) -> bool;
    /// Reports these edges or levels as [`Event::Pin`]; 0 switches it off.
    fn pin_irq(&mut self, pin: u8, flags: u8);
    /// Sends bits as `machine.bitstream` does, with interrupts off: for each bit of `data`, most
    /// significant first, high for `timing[bit ? 2 : 0]` then low for `timing[bit ? 3 : 1]` nanoseconds.
    fn bitstream(&mut self, pin: u8, timing: [u32; 4], data: &[u8]);
}

pub trait Adc {
    /// The channel a pin reads, if it is an analogue input.
    fn adc_channel(&self, pin: u8) -> Option<u8>;
    /// Channels are 0..`adc_channels()`; the last ones may be internal (temperature).
    fn adc_channels(&self) -> u8;
    /// One conversion, scaled to 0..=65535.
    fn adc_read_u16(&mut self, channel: u8) -> Result<u16>;
}

pub trait Pwm {
    /// Starts PWM on a pin. `freq` in Hz, `duty` in 1/65535.
    fn pwm_start(&mut self, pin: u8) -> Result;
    fn pwm_stop(&mut self, pin: u8);
    fn pwm_set_freq(&mut self, pin: u8, hz: u32) -> Result;
    fn pwm_freq(&self, pin: u8) -> u32;
    fn pwm_set_duty_u16(&mut self, pin: u8, duty: u16) -> Result;
    fn pwm_duty_u16(&self, pin: u8) -> u16;
    fn pwm_set_duty_ns(&mut self, pin: u8, ns: u32) -> Result;
    fn pwm_duty_ns(&self, pin: u8) -> u32;
    fn pwm_invert(&mut self, pin: u8, invert: bool) -> Result;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct I2cConfig {
    pub scl: u8,
    pub sda: u8,
    /// Hz.
    pub freq: u32,
    /// µs that the clock may be held low or a transfer may take.
    pub timeout_us: u32,
}

pub trait I2c {
    /// The default pins (scl, sda) of a controller.
    fn i2c_default_pins(&self, id: u8) -> Option<(u8, u8)>;
    /// Gives back the frequency reached.
    fn i2c_init(&mut self, id: u8, config: &I2cConfig) -> Result<u32>;
    /// Writes; gives back how many bytes were acknowledged. An unacknowledged address is [`Error::NoAck`].
    fn i2c_write(&mut self, id: u8, addr: u8, bytes: &[u8], stop: bool) -> Result<usize>;
    fn i2c_read(&mut self, id: u8, addr: u8, buf: &mut [u8], stop: bool) -> Result;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpiConfig {
    pub sck: u8,
    pub mosi: Option<u8>,
    pub miso: Option<u8>,
    /// Bits a second.
    pub baudrate: u32,
    pub polarity: bool,
    pub phase: bool,
    /// 4..=16 where the chip can; a word is one byte up to 8 bits.
    pub bits: u8,
    pub lsb_first: bool,
}

pub trait Spi {
    /// The default pins (sck, mosi, miso) of a controller.
    fn spi_default_pins(&self, id: u8) -> Option<(u8, u8, u8)>;
    /// Gives back the rate reached.
    fn spi_init(&mut self, id: u8, config: &SpiConfig) -> Result<u32>;
    fn spi_deinit(&mut self, id: u8);
    /// Sends `buf` and replaces it with what came back.
    fn spi_transfer(&mut self, id: u8, buf: &mut [u8]) -> Result;
    /// Sends and ignores what comes back.
    fn spi_write(&mut self, id: u8, bytes: &[u8]) -> Result;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parity {
    None,
    Even,
    Odd,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UartConfig {
    pub tx: u8,
    pub rx: u8,
    pub baudrate: u32,
    /// 5..=8.
    pub bits: u8,
    pub parity: Parity,
    /// 1 or 2.
    pub stop: u8,
    pub rts: Option<u8>,
    pub cts: Option<u8>,
    pub invert_tx: bool,
    pub invert_rx: bool,
    /// Bytes.
    pub rxbuf: u16,
    pub txbuf: u16,
}

pub trait Uart {
    /// The default pins (tx, rx) of a controller.
    fn uart_default_pins(&self, id: u8) -> Option<(u8, u8)>;
    /// Gives back the rate reached.
    fn uart_init(&mut self, id: u8, config: &UartConfig) -> Result<u32>;
    fn uart_deinit(&mut self, id: u8);
    /// How many bytes wait to be read.
    fn uart_any(&mut self, id: u8) -> usize;
    fn uart_read(&mut self, id: u8) -> Option<u8>;
    /// Takes as many bytes as fit without waiting.
    fn uart_write(&mut self, id: u8, bytes: &[u8]) -> usize;
    /// Whether [`Uart::uart_write`] would take a byte.
    fn uart_writable(&mut self, id: u8) -> bool;
    /// Whether everything written has left the pin.
    fn uart_txdone(&mut self, id: u8) -> bool;
    /// Holds the line low for at least 13 bit times.
    fn uart_break(&mut self, id: u8);
    /// Reports received bytes ([`UART_RX`]) and breaks ([`UART_BREAK`]) as [`Event::Uart`]; 0 switches it off.
    fn uart_irq(&mut self, id: u8, flags: u8);
}

/// The flash that holds the file system, in blocks numbered from 0.
pub trait Flash {
    /// Bytes of a block: the unit of erasing.
    fn flash_block_size(&self) -> u32;
    fn flash_block_count(&self) -> u32;
    fn flash_read(&mut self, block: u32, offset: u32, buf: &mut [u8]) -> Result;
    /// Programs whole pages (256 bytes) of an erased block.
    fn flash_program(&mut self, block: u32, offset: u32, bytes: &[u8]) -> Result;
    /// Sets a block to 0xFF.
    fn flash_erase(&mut self, block: u32) -> Result;
    /// Sees to it that what was programmed lasts.
    fn flash_sync(&mut self) -> Result {
        Ok(())
    }
}

/// What `machine.reset_cause()` tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResetCause {
    PowerOn,
    Watchdog,
}

pub trait System {
    /// Name for `os.uname().machine` and the banner: "Raspberry Pi Pico with RP2040".
    fn board(&self) -> &'static str;
    /// `sys.platform`: "rp2".
    fn platform(&self) -> &'static str;
    fn unique_id(&mut self, id: &mut [u8; 8]);
    /// CPU clock in Hz.
    fn cpu_freq(&self) -> u32;
    /// Sets the CPU's clock, and that of the serial peripherals, if it is another one.
    fn set_cpu_freq(&mut self, hz: u32, peripherals: Option<u32>) -> Result;
    /// Whether the button that selects the boot ROM's loader is held.
    fn bootsel(&mut self) -> bool;
    /// 32 random bits from the chip's own noise.
    fn random(&mut self) -> u32;
    /// Restarts the chip.
    fn reset(&mut self) -> !;
    /// Restarts into the boot ROM's loader.
    fn bootloader(&mut self) -> ! {
        self.reset()
    }
    fn reset_cause(&self) -> ResetCause;
    /// Resets the chip unless called again within the time; the watchdog cannot be stopped.
    fn watchdog_start(&mut self, timeout_ms: u32) -> Result;
    fn watchdog_feed(&mut self);
    /// Reports an interrupt line of the chip, once, as [`Event::Line`]: for peripherals that programs drive by their
    /// registers.
    fn irq_line(&mut self, line: u8, on: bool);
    /// `machine.mem8/16/32`: `size` is 1, 2 or 4.
    fn mem_read(&mut self, address: u32, size: u8) -> Result<u32>;
    fn mem_write(&mut self, address: u32, size: u8, value: u32) -> Result;
    /// Runs `f`, which only computes and keeps nothing outside of itself but its result. `false`: memory
    /// ran out within, or Ctrl-C came ([`Pending::interrupted`]); `f` was given up and everything that it had allocated is free again. Where Rust's
    /// allocator cannot run out, as on the host, it just runs.
    fn guarded(&mut self, f: &mut dyn FnMut()) -> bool {
        f();
        true
    }
    /// Rust's allocator has so many bytes free in one piece, for what follows. Only tests, which let it fail, care.
    fn room_made(&mut self, bytes: usize) {
        let _ = bytes;
    }
    /// Puts every peripheral that a script may have started back to its state after boot (soft reset).
    fn soft_reset(&mut self);
}
