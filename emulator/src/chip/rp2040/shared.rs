//! What every peripheral of the chip may touch: time, events, interrupt lines, pins, the world.

use std::ops::{Deref, DerefMut};

use super::pins::Pins;
use crate::chip::Demand;
use crate::chip::common::agenda::Planned;
use crate::chip::common::timeline::Timeline;
use crate::clock::Time;
use crate::world::World;

/// Interrupt numbers (data sheet section 2.3.2).
pub mod irq {
    pub const TIMER_0: u32 = 0;
    pub const PWM_WRAP: u32 = 4;
    pub const USBCTRL: u32 = 5;
    pub const PIO0_0: u32 = 7;
    pub const DMA_0: u32 = 11;
    pub const IO_BANK0: u32 = 13;
    pub const SIO_PROC0: u32 = 15;
    pub const SIO_PROC1: u32 = 16;
    pub const SPI0: u32 = 18;
    pub const UART0: u32 = 20;
    pub const ADC_FIFO: u32 = 22;
    pub const I2C0: u32 = 23;
    pub const RTC: u32 = 25;
}

/// Something a peripheral has planned. The order is that of events at the same instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum Event {
    /// A part acts.
    World,
    /// Edges at pins that UART, SPI or I2C hear.
    Edges,
    /// A pin wakes the oscillators from dormancy.
    Wake,
    /// A clock output's edge.
    Gpout,
    /// TIMER alarm.
    Alarm0,
    Alarm1,
    Alarm2,
    Alarm3,
    Watchdog,
    Rtc,
    Uart0,
    Uart1,
    Spi0,
    Spi1,
    I2c0,
    I2c1,
    Adc,
    /// A PWM slice wraps or a channel's level changes.
    Pwm,
    Pio0,
    Pio1,
    Dma,
    /// The USB host's next token.
    Usb,
}

impl Planned for Event {
    const ALL: &'static [Event] = &[
        Event::World,
        Event::Edges,
        Event::Wake,
        Event::Gpout,
        Event::Alarm0,
        Event::Alarm1,
        Event::Alarm2,
        Event::Alarm3,
        Event::Watchdog,
        Event::Rtc,
        Event::Uart0,
        Event::Uart1,
        Event::Spi0,
        Event::Spi1,
        Event::I2c0,
        Event::I2c1,
        Event::Adc,
        Event::Pwm,
        Event::Pio0,
        Event::Pio1,
        Event::Dma,
        Event::Usb,
    ];

    fn index(self) -> usize {
        self as usize
    }
}

/// Clock frequencies in hertz that peripherals depend on, kept by CLOCKS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frequencies {
    pub reference: u64,
    pub sys: u64,
    pub peri: u64,
    pub usb: u64,
    pub adc: u64,
    pub rtc: u64,
}

/// Shared state of the chip.
#[derive(Clone)]
pub struct Shared {
    /// Time and plans; a `Shared` gives them as its own, because every peripheral deals with them in every line.
    time: Timeline<Event>,
    /// Present frequencies.
    pub hz: Frequencies,
    /// Everything behind the pins.
    pub world: Box<dyn World>,
    /// Pin functions, pads and levels.
    pub pins: Pins,
    /// Set when the chip must stop and reset.
    pub demand: Option<Demand>,
    /// Code memory was written by the host: the range of flash offsets.
    pub flash_changed: Option<(u32, u32)>,
    lines: u32,
    /// Interrupt lines of each core's own: SIO FIFO.
    own_lines: [u32; 2],
    attention: [bool; 2],
    leave: bool,
    /// DREQ levels are polled by DMA; this says that something changed since it looked.
    pub dreq_changed: bool,
    /// PWM slices whose wraps DMA waits for.
    pub pwm_paces: u32,
    /// Edges at watched pins, for [`Event::Edges`].
    pub edges: Vec<(Time, u8, bool)>,
    /// A bus controller has made a transaction.
    pub transacted: bool,
    /// CLK_SYS has no source: the cores stand still.
    pub stopped: bool,
}

impl Deref for Shared {
    type Target = Timeline<Event>;

    fn deref(&self) -> &Timeline<Event> {
        &self.time
    }
}

impl DerefMut for Shared {
    fn deref_mut(&mut self) -> &mut Timeline<Event> {
        &mut self.time
    }
}

impl Shared {
    /// A chip at power-on, running from the ring oscillator.
    pub fn new(world: Box<dyn World>, hz: Frequencies) -> Shared {
        Shared {
            time: Timeline::new(hz.sys),
            hz,
            world,
            pins: Pins::default(),
            demand: None,
            flash_changed: None,
            lines: 0,
            own_lines: [0; 2],
            attention: [false; 2],
            leave: false,
            dreq_changed: false,
            pwm_paces: 0,
            edges: Vec::new(),
            transacted: false,
            stopped: false,
        }
    }

    /// Forgets planned events and interrupts, as a reset does; time and world go on.
    pub fn reset(&mut self) {
        self.lines = 0;
        self.own_lines = [0; 2];
        self.time.forget_plans();
        self.pins = Pins::default();
        self.world.listen(0);
        self.edges.clear();
        self.stopped = false;
        self.demand = None;
    }

    /// CLK_SYS for what it drives besides the cores; zero when it stands still.
    pub fn sys_hz(&self) -> u64 {
        if self.stopped { 0 } else { self.hz.sys }
    }

    /// Drives an interrupt line common to both cores.
    pub fn set_irq(&mut self, number: u32, level: bool) {
        let bit = 1 << number;
        if level {
            if self.lines & bit == 0 {
                self.attention = [true; 2];
            }
            self.lines |= bit;
        } else {
            self.lines &= !bit;
        }
    }

    /// Drives an interrupt line of one core alone.
    pub fn set_own_irq(&mut self, core: u8, number: u32, level: bool) {
        let core = usize::from(core & 1);
        let bit = 1 << number;
        if level {
            self.attention[core] |= self.own_lines[core] & bit == 0;
            self.own_lines[core] |= bit;
        } else {
            self.own_lines[core] &= !bit;
        }
    }

    /// The interrupt lines of a core; it has seen them now.
    pub fn irq_lines(&mut self, core: u8) -> u32 {
        let core = usize::from(core & 1);
        self.attention[core] = false;
        self.lines | self.own_lines[core]
    }

    /// Makes the cores return to the chip at once, until [`Shared::called_back`].
    pub fn call_back(&mut self) {
        self.leave = true;
    }

    /// The chip has looked after what the cores were called back for.
    pub fn called_back(&mut self) {
        self.leave = false;
    }

    /// The CPU cycle by which a core must come back.
    #[inline]
    pub fn come_back_at(&self, core: u8) -> u64 {
        if self.attention[usize::from(core & 1)] || self.leave || self.demand.is_some() {
            0
        } else {
            self.time.next_cycle()
        }
    }

    /// Asks the world when it next acts; after any call that may have changed that.
    pub fn replan_world(&mut self) {
        let at = self.world.next_event().unwrap_or(Time::NEVER);
        self.schedule(Event::World, at);
    }
}
