//! GPIOTE (reference manual, chapter 15): pins as events and tasks.

use super::gpio::PINS;
use super::shared::{Shared, id};
use crate::world::Level;

const CONFIG0: u32 = 0x510;
const CONFIG3: u32 = 0x51C;

const MODE_EVENT: u32 = 1;
const MODE_TASK: u32 = 3;

/// The four channels.
#[derive(Clone, Debug, Default)]
pub struct Gpiote {
    config: [u32; 4],
    /// Output levels of channels in task mode.
    out: u32,
}

fn pin(config: u32) -> u8 {
    (config >> 8 & 0x1F) as u8
}

impl Gpiote {
    /// TASKS_OUT of a channel.
    pub fn task(&mut self, s: &mut Shared, channel: u32) {
        let Some(&config) = self.config.get(channel as usize) else { return };
        if config & 3 != MODE_TASK {
            return;
        }
        match config >> 16 & 3 {
            1 => self.out |= 1 << channel,
            2 => self.out &= !(1 << channel),
            3 => self.out ^= 1 << channel,
            _ => {}
        }
        self.hold(s);
    }

    fn hold(&self, s: &mut Shared) {
        let level = |channel: usize| Level::from(self.out >> channel & 1 != 0);
        let channels = self.config.iter().enumerate();
        let pins: Vec<_> = channels
            .filter(|&(_, config)| config & 3 == MODE_TASK)
            .map(|(n, &config)| (pin(config), level(n)))
            .collect();
        s.hold_pins(id::GPIOTE, &pins);
    }

    /// Reads a register.
    pub fn read(&self, offset: u32) -> u32 {
        match offset {
            CONFIG0..=CONFIG3 => self.config[((offset - CONFIG0) / 4) as usize],
            _ => 0,
        }
    }

    /// Writes a register.
    pub fn write(&mut self, s: &mut Shared, offset: u32, value: u32) {
        if let CONFIG0..=CONFIG3 = offset {
            let channel = ((offset - CONFIG0) / 4) as usize;
            self.config[channel] = value & 0x0013_1F03;
            self.out = self.out & !(1 << channel) | (value >> 20 & 1) << channel;
            s.watched = self.watched();
            self.hold(s);
        }
    }

    /// For each pin, which channels look for its rising and falling edges.
    fn watched(&self) -> Watched {
        let mut watched = Watched::default();
        for (channel, &config) in self.config.iter().enumerate() {
            if config & 3 == MODE_EVENT {
                let pin = usize::from(pin(config));
                watched.rising[pin] |= (config >> 16 & 1) << channel;
                watched.falling[pin] |= (config >> 17 & 1) << channel;
            }
        }
        watched
    }
}

/// Which channels look for a pin's edges, by pin.
#[derive(Clone, Copy, Debug, Default)]
pub struct Watched {
    rising: [u32; PINS],
    falling: [u32; PINS],
}

impl Watched {
    /// The channels that an edge of a pin concerns.
    pub fn channels(&self, pin: usize, rising: bool) -> u32 {
        if rising { self.rising[pin] } else { self.falling[pin] }
    }
}

impl Shared {
    /// Pins' levels changed: generates EVENTS_IN.
    pub fn gpiote_edges(&mut self, mut changed: u32) {
        while changed != 0 {
            let pin = changed.trailing_zeros() as usize;
            changed &= changed - 1;
            let channels = self.watched.channels(pin, self.pins.level(pin as u8));
            for channel in (0..4).filter(|channel| channels >> channel & 1 != 0) {
                self.raise(id::GPIOTE, channel);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::shared;
    use super::*;

    #[test]
    fn tasks_move_a_pin_and_edges_make_events() {
        let mut s = shared("");
        let mut gpiote = Gpiote::default();
        // Channel 0 toggles pin 7, starting low; channel 1 hears its falling edges.
        gpiote.write(&mut s, CONFIG0, 3 << 16 | 7 << 8 | MODE_TASK);
        gpiote.write(&mut s, CONFIG0 + 4, 2 << 16 | 7 << 8 | MODE_EVENT);
        gpiote.task(&mut s, 0);
        assert!(s.pins.level(7));
        assert!(!s.raised(id::GPIOTE, 1));
        gpiote.task(&mut s, 0);
        assert!(!s.pins.level(7));
        assert!(s.raised(id::GPIOTE, 1) && !s.raised(id::GPIOTE, 0));
    }
}
