//! GPIO (reference manual, chapter 14): 32 pins, and which peripheral holds each.

use super::shared::{Shared, id};
use crate::chip::common::pads::Pads;
use crate::world::{Drive, Level, Pull};

const OUT: u32 = 0x504;
const OUTSET: u32 = 0x508;
const OUTCLR: u32 = 0x50C;
const IN: u32 = 0x510;
const DIR: u32 = 0x514;
const DIRSET: u32 = 0x518;
const DIRCLR: u32 = 0x51C;
const PIN_CNF0: u32 = 0x700;
const PIN_CNF31: u32 = 0x77C;

const CNF_DIR: u32 = 1;
const CNF_INPUT_DISCONNECT: u32 = 1 << 1;
/// PIN_CNF at reset: input buffer disconnected.
const CNF_RESET: u32 = CNF_INPUT_DISCONNECT;
const CNF_BITS: u32 = 0x0003_070F;

/// Pins of the chip.
pub const PINS: usize = 32;

/// EVENTS_PORT of GPIOTE.
const PORT: u32 = 31;

/// The pins.
#[derive(Clone, Debug)]
pub struct Pins {
    out: u32,
    cnf: [u32; PINS],
    /// Levels as the pads see them.
    levels: u32,
    /// A pin's level is what its SENSE waits for.
    detect: bool,
    /// Pins that a peripheral holds: its identity, the pin, the output's level.
    held: Vec<(usize, u8, Level)>,
    pads: Pads,
}

impl Default for Pins {
    fn default() -> Pins {
        Pins {
            out: 0,
            cnf: [CNF_RESET; PINS],
            levels: 0,
            detect: false,
            held: Vec::new(),
            pads: Pads::new(PINS),
        }
    }
}

impl Pins {
    fn dir(&self) -> u32 {
        (0..PINS).fold(0, |bits, gpio| bits | (self.cnf[gpio] & CNF_DIR) << gpio)
    }

    fn drive(&self, gpio: usize) -> Drive {
        let cnf = self.cnf[gpio];
        let output = if cnf & CNF_DIR != 0 { Level::from(self.out >> gpio & 1 != 0) } else { Level::Z };
        let holder = self.held.iter().find(|&&(_, pin, _)| usize::from(pin) == gpio);
        let wanted = holder.map_or(output, |&(_, _, level)| level);
        let drive = cnf >> 8 & 7;
        // D0: the low side is disconnected; D1: the high side.
        let level = match wanted {
            Level::Low if drive == 4 || drive == 5 => Level::Z,
            Level::High if drive >= 6 => Level::Z,
            level => level,
        };
        let pull = match cnf >> 2 & 3 {
            1 => Pull::Down,
            3 => Pull::Up,
            _ => Pull::None,
        };
        // Standard drive is specified at 0.5 mA, high drive at 5 mA.
        let strong = match level {
            Level::Low => matches!(drive, 1 | 3 | 7),
            Level::High => matches!(drive, 2 | 3 | 5),
            Level::Z => false,
        };
        Drive { level, pull, milliamps: if strong { 5 } else { 1 } }
    }

    /// Levels of the pins whose input buffer is connected.
    pub fn inputs(&self) -> u32 {
        let connected = (0..PINS).filter(|&gpio| self.cnf[gpio] & CNF_INPUT_DISCONNECT == 0);
        self.levels & connected.fold(0, |bits, gpio| bits | 1 << gpio)
    }

    fn detects(&self) -> bool {
        (0..PINS).any(|gpio| {
            let high = self.levels >> gpio & 1 != 0;
            matches!((self.cnf[gpio] >> 16 & 3, high), (2, true) | (3, false))
        })
    }

    /// Whether a pin has the level that its SENSE waits for.
    pub fn is_detected(&self) -> bool {
        self.detect
    }

    /// A pin's level at its pad.
    pub fn level(&self, gpio: u8) -> bool {
        self.levels >> (gpio & 31) & 1 != 0
    }
}

/// The pin that a PSEL register selects.
pub fn selected(psel: u32) -> Option<u8> {
    (psel < PINS as u32).then_some(psel as u8)
}

impl Shared {
    /// A peripheral takes these pins (with its outputs' levels) and lets go of all others.
    pub fn hold_pins(&mut self, id: usize, pins: &[(u8, Level)]) {
        let mut mask = 0;
        self.pins.held.retain(|&(holder, pin, _)| {
            mask |= if holder == id { 1u32 << pin } else { 0 };
            holder != id
        });
        for &(pin, level) in pins {
            mask |= 1 << pin;
            self.pins.held.push((id, pin, level));
        }
        self.pins_changed(mask);
    }

    /// Outputs changed: tells the world about the pins in `mask` that are affected.
    pub fn pins_changed(&mut self, mut mask: u32) {
        let (now, mut told) = (self.now, false);
        while mask != 0 {
            let gpio = mask.trailing_zeros() as usize;
            mask &= mask - 1;
            let drive = self.pins.drive(gpio);
            told |= self.pins.pads.drive(self.world.as_mut(), now, gpio, drive);
        }
        if told {
            let levels = self.world.pin_levels(self.now) as u32;
            self.levels_changed(levels);
            self.replan_world();
        }
    }

    /// The pads' levels are now `levels`.
    pub fn levels_changed(&mut self, levels: u32) {
        let changed = levels ^ self.pins.levels;
        if changed != 0 {
            self.pins.levels = levels;
            self.gpiote_edges(changed);
            self.update_detect();
        }
    }

    fn update_detect(&mut self) {
        let detect = self.pins.detects();
        if detect && !self.pins.detect {
            self.raise(id::GPIOTE, PORT);
        }
        self.pins.detect = detect;
    }

    /// Reads a GPIO register.
    pub fn gpio_read(&mut self, offset: u32) -> u32 {
        match offset {
            OUT | OUTSET | OUTCLR => self.pins.out,
            IN => {
                let levels = self.world.pin_levels(self.now) as u32;
                self.levels_changed(levels);
                self.pins.inputs()
            }
            DIR | DIRSET | DIRCLR => self.pins.dir(),
            PIN_CNF0..=PIN_CNF31 => self.pins.cnf[((offset - PIN_CNF0) / 4) as usize],
            _ => 0,
        }
    }

    /// Writes a GPIO register.
    pub fn gpio_write(&mut self, offset: u32, value: u32) {
        let (out, dir) = (self.pins.out, self.pins.dir());
        match offset {
            OUT => self.pins.out = value,
            OUTSET => self.pins.out |= value,
            OUTCLR => self.pins.out &= !value,
            DIR => self.set_dir(dir ^ value, value),
            DIRSET => self.set_dir(value & !dir, value),
            DIRCLR => self.set_dir(value & dir, !value),
            PIN_CNF0..=PIN_CNF31 => {
                let gpio = ((offset - PIN_CNF0) / 4) as usize;
                self.pins.cnf[gpio] = value & CNF_BITS;
                self.pins_changed(1 << gpio);
                self.update_detect();
            }
            _ => {}
        }
        let changed = out ^ self.pins.out;
        if changed != 0 {
            self.pins_changed(changed);
        }
    }

    fn set_dir(&mut self, changed: u32, value: u32) {
        for gpio in (0..PINS).filter(|gpio| changed >> gpio & 1 != 0) {
            self.pins.cnf[gpio] = self.pins.cnf[gpio] & !CNF_DIR | value >> gpio & CNF_DIR;
        }
        self.pins_changed(changed);
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::shared;
    use super::*;

    #[test]
    fn outputs_directions_and_drives() {
        let mut s = shared("");
        s.gpio_write(DIRSET, 1 << 3);
        s.gpio_write(OUTSET, 1 << 3);
        assert_eq!(s.world.pin_levels(s.now) as u32 & 8, 8);
        assert_eq!(s.gpio_read(DIR), 8);
        assert_eq!(s.gpio_read(PIN_CNF0 + 12), 3);
        // The input buffer is off, so the pin reads low until it is connected.
        assert_eq!(s.gpio_read(IN) & 8, 0);
        s.gpio_write(PIN_CNF0 + 12, 1);
        assert_eq!(s.gpio_read(IN) & 8, 8);
        // S0D1 with the pull-up: a one lets go of the pin.
        s.gpio_write(PIN_CNF0 + 12, 6 << 8 | 3 << 2 | 1);
        assert_eq!(s.pins.drive(3), Drive { level: Level::Z, pull: Pull::Up, milliamps: 1 });
        s.gpio_write(OUTCLR, 8);
        assert_eq!(s.pins.drive(3).level, Level::Low);
        assert_eq!(s.gpio_read(OUT), 0);
    }

    #[test]
    fn sense_reports_a_level_once() {
        let mut s = shared("");
        s.gpio_write(PIN_CNF0 + 8, 3 << 2);
        assert!(s.pins.level(2));
        s.gpio_write(PIN_CNF0 + 8, 3 << 2 | 3 << 16);
        assert!(!s.raised(id::GPIOTE, PORT));
        // The pull-down takes it low.
        s.gpio_write(PIN_CNF0 + 8, 1 << 2 | 3 << 16);
        assert!(s.raised(id::GPIOTE, PORT));
    }

    #[test]
    fn a_peripheral_s_pin_is_not_the_port_s() {
        let mut s = shared("");
        s.gpio_write(DIRSET, 1 << 5);
        s.hold_pins(id::UART0, &[(5, Level::High)]);
        assert_eq!(s.pins.drive(5).level, Level::High);
        s.hold_pins(id::UART0, &[]);
        assert_eq!(s.pins.drive(5).level, Level::Low);
    }
}
