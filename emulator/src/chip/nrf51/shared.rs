//! What every peripheral of the chip may touch: time, events, interrupts, pins, the world; and the
//! task and event interface that all of them have in common (reference manual, chapter 9).
//!
//! A peripheral's identity *id* is at once bits 12..16 of its base address and its interrupt's
//! number. In its 4 KiB, tasks are at 0x000, events at 0x100; event *n* (at 0x100 + 4 *n*) is bit
//! *n* of INTEN. That is the same for all, so it is here and not in their files.

use std::collections::VecDeque;
use std::ops::{Deref, DerefMut};

use super::gpio::Pins;
use super::gpiote::Watched;
use super::ppi::Ppi;
use crate::chip::Demand;
use crate::chip::common::agenda::Planned;
use crate::chip::common::timeline::Timeline;
use crate::clock::Time;
use crate::world::World;

/// Identities of peripherals.
pub mod id {
    pub const CLOCK: usize = 0;
    pub const RADIO: usize = 1;
    pub const UART0: usize = 2;
    pub const SPI0: usize = 3;
    pub const SPI1: usize = 4;
    pub const GPIOTE: usize = 6;
    pub const ADC: usize = 7;
    pub const TIMER0: usize = 8;
    pub const TIMER2: usize = 10;
    pub const RTC0: usize = 11;
    pub const TEMP: usize = 12;
    pub const RNG: usize = 13;
    pub const ECB: usize = 14;
    /// And AAR.
    pub const CCM: usize = 15;
    pub const WDT: usize = 16;
    pub const RTC1: usize = 17;
    pub const QDEC: usize = 18;
    pub const LPCOMP: usize = 19;
    pub const NVMC: usize = 30;
    pub const PPI: usize = 31;
}

/// The processor's and the timers' clock in hertz.
pub const HFCLK: u64 = 16_000_000;

/// Something a peripheral has planned. The order is that of events at the same instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum Event {
    /// A part acts.
    World,
    /// Tasks that PPI triggered are left over.
    Tasks,
    HighClock,
    LowClock,
    Calibration,
    Radio,
    UartTx,
    UartRx,
    Serial0,
    Serial1,
    Adc,
    Timer0,
    Timer1,
    Timer2,
    Rtc0,
    Rtc1,
    Temp,
    Rng,
    Wdt,
    Ecb,
    Ccm,
    Qdec,
    Lpcomp,
}

impl Planned for Event {
    const ALL: &'static [Event] = &[
        Event::World,
        Event::Tasks,
        Event::HighClock,
        Event::LowClock,
        Event::Calibration,
        Event::Radio,
        Event::UartTx,
        Event::UartRx,
        Event::Serial0,
        Event::Serial1,
        Event::Adc,
        Event::Timer0,
        Event::Timer1,
        Event::Timer2,
        Event::Rtc0,
        Event::Rtc1,
        Event::Temp,
        Event::Rng,
        Event::Wdt,
        Event::Ecb,
        Event::Ccm,
        Event::Qdec,
        Event::Lpcomp,
    ];

    fn index(self) -> usize {
        self as usize
    }
}

/// The registers that every peripheral has.
#[derive(Clone, Copy, Debug, Default)]
pub struct Interface {
    /// EVENTS_*: bit *n* is the event at 0x100 + 4 *n*.
    pub events: u32,
    /// INTEN.
    pub inten: u32,
    /// SHORTS.
    pub shorts: u32,
}

/// Shared state of the chip.
#[derive(Clone)]
pub struct Shared {
    /// Time and plans; a `Shared` gives them as its own, because every peripheral deals with them in every line.
    time: Timeline<Event>,
    /// Everything behind the pins.
    pub world: Box<dyn World>,
    /// The pins.
    pub pins: Pins,
    /// Set when the chip must stop and reset.
    pub demand: Option<Demand>,
    /// System OFF: the core stands until a pin or LPCOMP wakes the chip.
    pub off: bool,
    /// By identity.
    pub interface: [Interface; 32],
    /// Which events trigger which tasks.
    pub ppi: Ppi,
    /// Which edges GPIOTE waits for.
    pub watched: Watched,
    /// Tasks that PPI triggered: identity and number.
    pub tasks: VecDeque<(usize, u32)>,
    /// Since when the 32.768 kHz clock runs; never, if it does not.
    pub lfclk_since: Time,
    /// Code in flash was changed: from, to.
    pub flash_changed: Option<(u32, u32)>,
    lines: u32,
    attention: bool,
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
    /// A chip at power-on.
    pub fn new(world: Box<dyn World>) -> Shared {
        Shared {
            time: Timeline::new(HFCLK),
            world,
            pins: Pins::default(),
            demand: None,
            off: false,
            interface: [Interface::default(); 32],
            ppi: Ppi::default(),
            watched: Watched::default(),
            tasks: VecDeque::new(),
            lfclk_since: Time::NEVER,
            flash_changed: None,
            lines: 0,
            attention: false,
        }
    }

    /// Back to the state after a reset; time and world go on.
    pub fn reset(&mut self) {
        self.pins = Pins::default();
        self.demand = None;
        self.off = false;
        self.interface = [Interface::default(); 32];
        self.ppi = Ppi::default();
        self.watched = Watched::default();
        self.tasks.clear();
        self.lfclk_since = Time::NEVER;
        self.lines = 0;
        self.time.forget_plans();
    }

    /// A peripheral generates an event: for its register, its interrupt, and PPI.
    pub fn raise(&mut self, id: usize, event: u32) {
        self.interface[id].events |= 1 << event;
        self.update_irq(id);
        if self.ppi.listens(id, event) {
            self.ppi.triggered(id, event, &mut self.tasks);
            if !self.tasks.is_empty() {
                self.schedule_in(Event::Tasks, Time::ZERO);
            }
        }
    }

    /// Whether a shortcut is enabled.
    pub fn short(&self, id: usize, bit: u32) -> bool {
        self.interface[id].shorts >> bit & 1 != 0
    }

    /// Whether an event's register is set.
    #[cfg(test)]
    pub fn raised(&self, id: usize, event: u32) -> bool {
        self.interface[id].events >> event & 1 != 0
    }

    /// Whether a pin's level ends the off mode.
    pub fn woken_from_off(&self) -> bool {
        self.pins.is_detected()
    }

    /// Recomputes a peripheral's interrupt line.
    pub fn update_irq(&mut self, id: usize) {
        let Interface { events, inten, .. } = self.interface[id];
        let bit = 1 << id;
        if events & inten != 0 {
            self.attention |= self.lines & bit == 0;
            self.lines |= bit;
        } else {
            self.lines &= !bit;
        }
    }

    /// The interrupt lines; the core has seen them now.
    pub fn irq_lines(&mut self) -> u32 {
        self.attention = false;
        self.lines
    }

    /// The CPU cycle by which the core must come back.
    #[inline]
    pub fn come_back_at(&self) -> u64 {
        if self.attention || self.flash_changed.is_some() || self.demand.is_some() || self.off {
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
