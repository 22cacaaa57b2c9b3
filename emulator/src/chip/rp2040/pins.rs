//! IO_BANK0 and PADS_BANK0: which peripheral drives each GPIO, its pad, and pin interrupts.

use super::shared::{Event, Shared, irq};
use crate::chip::common::pads::Pads;
use crate::clock::Time;
use crate::world::{Drive, Level, Pull};

/// GPIOs of bank 0.
pub const GPIOS: usize = 30;

/// FUNCSEL values (data sheet section 2.19.2).
pub mod function {
    pub const SPI: u32 = 1;
    pub const UART: u32 = 2;
    pub const I2C: u32 = 3;
    pub const PWM: u32 = 4;
    pub const SIO: u32 = 5;
    pub const PIO0: u32 = 6;
    pub const PIO1: u32 = 7;
    pub const GPCK: u32 = 8;
    pub const NULL: u32 = 31;
}

const INTR0: u32 = 0x0F0;
const PROC0_INTE0: u32 = 0x100;
const PROC0_INTF0: u32 = 0x110;
const PROC0_INTS0: u32 = 0x120;
const PROC1_INTE0: u32 = 0x130;
const PROC1_INTF0: u32 = 0x140;
const PROC1_INTS0: u32 = 0x150;
const DORMANT_WAKE_INTE0: u32 = 0x160;

const PAD_RESET: u32 = 0x56;
const DEBUG_PADS_RESET: [u32; 2] = [0xDA, 0x5A];
const PAD_PDE: u32 = 1 << 2;
const PAD_PUE: u32 = 1 << 3;
const PAD_IE: u32 = 1 << 6;
const PAD_OD: u32 = 1 << 7;

/// What one peripheral wants its pins to do: bit masks by GPIO.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Output {
    /// Level where enabled.
    pub out: u32,
    /// Output enabled.
    pub oe: u32,
}

/// Pins of bank 0.
#[derive(Clone, Debug)]
pub struct Pins {
    ctrl: [u32; GPIOS],
    pad: [u32; GPIOS],
    /// SWCLK and SWD.
    debug_pads: [u32; 2],
    voltage_select: u32,
    /// Latched edges: four bits a pin (low, high, fall, rise), as in INTR.
    intr: [u32; 4],
    inte: [[u32; 4]; 3],
    intf: [[u32; 4]; 3],
    /// Levels as the pads see them, before the input enable.
    levels: u32,
    pads: Pads,
    pub sio: Output,
    pub pwm: Output,
    /// Pins at which PWM slices count, and of each slice the edges there since PWM looked: rises, falls.
    pub pwm_inputs: u32,
    pub pwm_edges: [[u32; 2]; 8],
    pub pio: [Output; 2],
    /// Idle levels of UART and SPI outputs, and what an SPI slave sends.
    pub uart: Output,
    pub spi: Output,
    /// What I2C targets hold low; a controller's transfers are the world's to play.
    pub i2c: Output,
    /// Clock outputs.
    pub clock: Output,
    /// Pins whose edges UART, SPI and I2C want to hear of.
    pub watched: u32,
    /// Pins that PIO programs look at, by block.
    pub pio_looks: [u32; 2],
    /// What the world was told of [`World::listen`].
    listened: u32,
    /// Inputs as masks: enabled, inverted, forced low, forced high.
    gates: [u32; 4],
}

impl Default for Pins {
    fn default() -> Pins {
        Pins {
            ctrl: [function::NULL; GPIOS],
            pad: [PAD_RESET; GPIOS],
            debug_pads: DEBUG_PADS_RESET,
            voltage_select: 0,
            intr: [0; 4],
            inte: [[0; 4]; 3],
            intf: [[0; 4]; 3],
            levels: 0,
            pads: Pads::new(GPIOS),
            sio: Output::default(),
            pwm: Output::default(),
            pwm_inputs: 0,
            pwm_edges: [[0; 2]; 8],
            pio: [Output::default(); 2],
            // UART TX on GPIO 0, 12, 16, 28 (UART0) and 4, 8, 20, 24 (UART1) idles high; RTS is
            // not asserted, which is high too.
            uart: Output { out: u32::MAX, oe: 0x9999_9999 },
            // SPI: chip select (1 mod 4) idles high, clock (2) and TX (3) low.
            spi: Output { out: 0x2222_2222, oe: 0xEEEE_EEEE },
            i2c: Output::default(),
            clock: Output::default(),
            watched: 0,
            pio_looks: [0; 2],
            listened: 0,
            gates: [(1 << GPIOS) - 1, 0, 0, 0],
        }
    }
}

impl Pins {
    /// The selected function of a pin.
    pub fn function(&self, gpio: usize) -> u32 {
        self.ctrl[gpio] & 0x1F
    }

    /// The lowest pin among `candidates` (a bit mask) with a function selected.
    pub fn find(&self, function: u32, candidates: u32) -> Option<u8> {
        (0..GPIOS).find(|&n| candidates >> n & 1 != 0 && self.function(n) == function).map(|n| n as u8)
    }

    /// The levels that peripherals read: pads with their input enabled, after INOVER.
    pub fn inputs(&self) -> u32 {
        self.inputs_of(self.levels)
    }

    /// The same of other levels at the pads.
    pub fn inputs_of(&self, levels: u32) -> u32 {
        let [enabled, inverted, low, high] = self.gates;
        (levels & enabled ^ inverted) & !low | high
    }

    /// The input's level at a pin.
    pub fn input(&self, gpio: usize) -> bool {
        self.inputs() >> gpio & 1 != 0
    }

    fn refresh_gates(&mut self) {
        self.gates = [0; 4];
        for gpio in 0..GPIOS {
            let bit = 1 << gpio;
            self.gates[0] |= if self.pad[gpio] & PAD_IE != 0 { bit } else { 0 };
            match self.ctrl[gpio] >> 16 & 3 {
                0 => {}
                way => self.gates[way as usize] |= bit,
            }
        }
    }

    fn drive(&self, gpio: usize) -> Drive {
        let (ctrl, pad) = (self.ctrl[gpio], self.pad[gpio]);
        let source = match ctrl & 0x1F {
            function::SPI => self.spi,
            function::UART => self.uart,
            function::PWM => self.pwm,
            function::SIO => self.sio,
            function::PIO0 => self.pio[0],
            function::PIO1 => self.pio[1],
            function::I2C => self.i2c,
            function::GPCK => self.clock,
            _ => Output::default(),
        };
        let bit = |mask: u32| mask >> gpio & 1 != 0;
        let out = match ctrl >> 8 & 3 {
            0 => bit(source.out),
            1 => !bit(source.out),
            2 => false,
            _ => true,
        };
        let oe = match ctrl >> 12 & 3 {
            0 => bit(source.oe),
            1 => !bit(source.oe),
            2 => false,
            _ => true,
        };
        let pull = match (pad & PAD_PUE != 0, pad & PAD_PDE != 0) {
            (false, false) => Pull::None,
            (true, false) => Pull::Up,
            (false, true) => Pull::Down,
            (true, true) => Pull::Keep,
        };
        let level = if oe && pad & PAD_OD == 0 { Level::from(out) } else { Level::Z };
        Drive { level, pull, milliamps: [2, 4, 8, 12][(pad >> 4 & 3) as usize] }
    }

    /// Whether a slice's channel B sees a high level.
    pub fn pwm_high(&self, slice: usize) -> bool {
        [2 * slice + 1, 2 * slice + 17]
            .into_iter()
            .any(|gpio| gpio < GPIOS && self.function(gpio) == function::PWM && self.input(gpio))
    }

    /// INTR with the level bits as they are now.
    fn raw(&self, word: usize) -> u32 {
        let mut raw = self.intr[word] & 0xCCCC_CCCC;
        for i in 0..8 {
            let gpio = word * 8 + i;
            if gpio < GPIOS {
                raw |= if self.input(gpio) { 2 } else { 1 } << (4 * i);
            }
        }
        raw
    }

    fn status(&self, target: usize, word: usize) -> u32 {
        self.raw(word) & self.inte[target][word] | self.intf[target][word]
    }
}

impl Shared {
    /// A peripheral's output changed: tells the world about the pins in `mask` that are affected.
    pub fn pins_changed(&mut self, mask: u32) {
        let mut mask = mask & ((1 << GPIOS) - 1);
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

    /// The pads' levels are now `levels`: latches edges.
    pub fn levels_changed(&mut self, levels: u32) {
        let levels = levels & ((1 << GPIOS) - 1);
        let changed = levels ^ self.pins.levels;
        if changed != 0 {
            let before = self.pins.inputs();
            self.pins.levels = levels;
            self.latch_edges(before);
        }
    }

    fn latch_edges(&mut self, before: u32) {
        let after = self.pins.inputs();
        let mut changed = before ^ after;
        let mut watched = changed & self.pins.watched;
        while watched != 0 {
            let gpio = watched.trailing_zeros();
            watched &= watched - 1;
            self.edges.push((self.now, gpio as u8, after >> gpio & 1 != 0));
            let now = self.now;
            self.schedule(Event::Edges, now);
        }
        while changed != 0 {
            let gpio = changed.trailing_zeros() as usize;
            changed &= changed - 1;
            let edge = if after >> gpio & 1 != 0 { 8 } else { 4 };
            self.pins.intr[gpio / 8] |= edge << (4 * (gpio % 8));
            if self.pins.pwm_inputs >> gpio & 1 != 0 && self.pins.function(gpio) == function::PWM {
                self.pins.pwm_edges[gpio / 2 % 8][usize::from(edge == 4)] += 1;
                self.schedule_in(Event::Pwm, Time::ZERO);
            }
        }
        if before != after {
            self.update_pin_irq();
        }
    }

    fn update_pin_irq(&mut self) {
        if self.stopped && (0..4).any(|word| self.pins.status(2, word) != 0) {
            let now = self.now;
            self.schedule(Event::Wake, now);
        }
        for core in 0..2 {
            let level = (0..4).any(|word| self.pins.status(core, word) != 0);
            self.set_own_irq(core as u8, irq::IO_BANK0, level);
        }
    }

    /// Reads an IO_BANK0 register.
    pub fn io_bank0_read(&mut self, offset: u32) -> u32 {
        let word = (offset >> 2 & 3) as usize;
        match offset {
            0..INTR0 => {
                let gpio = (offset / 8) as usize;
                if offset & 4 != 0 { self.pins.ctrl[gpio] } else { self.io_status(gpio) }
            }
            INTR0..PROC0_INTE0 => self.pins.raw(word),
            PROC0_INTE0..PROC0_INTF0 => self.pins.inte[0][word],
            PROC0_INTF0..PROC0_INTS0 => self.pins.intf[0][word],
            PROC0_INTS0..PROC1_INTE0 => self.pins.status(0, word),
            PROC1_INTE0..PROC1_INTF0 => self.pins.inte[1][word],
            PROC1_INTF0..PROC1_INTS0 => self.pins.intf[1][word],
            PROC1_INTS0..DORMANT_WAKE_INTE0 => self.pins.status(1, word),
            0x160..0x170 => self.pins.inte[2][word],
            0x170..0x180 => self.pins.intf[2][word],
            0x180..0x190 => self.pins.status(2, word),
            _ => 0,
        }
    }

    /// GPIOn_STATUS.
    fn io_status(&self, gpio: usize) -> u32 {
        let drive = self.pins.drive(gpio);
        let bit = |on: bool, n: u32| u32::from(on) << n;
        let pad = self.pins.levels >> gpio & 1 != 0;
        let input = self.pins.input(gpio);
        let irq = self.pins.status(0, gpio / 8) >> (4 * (gpio % 8)) & 0xF != 0;
        bit(drive.level == Level::High, 9)
            | bit(drive.level != Level::Z, 13)
            | bit(pad && self.pins.pad[gpio] & PAD_IE != 0, 17)
            | bit(input, 19)
            | bit(irq, 24)
            | bit(irq, 26)
    }

    /// Writes an IO_BANK0 register.
    pub fn io_bank0_write(&mut self, offset: u32, value: u32) {
        let word = (offset >> 2 & 3) as usize;
        match offset {
            0..INTR0 if offset & 4 != 0 => {
                let gpio = (offset / 8) as usize;
                let before = self.pins.inputs();
                self.pins.ctrl[gpio] = value & 0x3003_331F;
                self.pins.refresh_gates();
                self.latch_edges(before);
                self.pins_changed(1 << gpio);
            }
            0..INTR0 => {}
            // Edges are cleared by writing ones.
            INTR0..PROC0_INTE0 => self.pins.intr[word] &= !value,
            PROC0_INTE0..PROC0_INTF0 => self.pins.inte[0][word] = value,
            PROC0_INTF0..PROC0_INTS0 => self.pins.intf[0][word] = value,
            PROC1_INTE0..PROC1_INTF0 => self.pins.inte[1][word] = value,
            PROC1_INTF0..PROC1_INTS0 => self.pins.intf[1][word] = value,
            0x160..0x170 => self.pins.inte[2][word] = value,
            0x170..0x180 => self.pins.intf[2][word] = value,
            _ => {}
        }
        self.update_pin_irq();
        self.update_listening();
    }

    /// Tells the world at which pins something in the chip reacts to single edges.
    pub fn update_listening(&mut self) {
        let mut looks = self.pins.pio_looks[0] | self.pins.pio_looks[1] | self.pins.pwm_inputs;
        for gpio in 0..GPIOS {
            let enabled = self.pins.inte.iter().any(|inte| inte[gpio / 8] >> (4 * (gpio % 8)) & 0xF != 0);
            looks |= u32::from(enabled) << gpio;
        }
        if looks != self.pins.listened {
            self.pins.listened = looks;
            self.world.listen(looks.into());
        }
    }

    /// What a program reads of its pins, transfers included of which only drawings are made.
    pub fn visible_inputs(&mut self) -> u32 {
        if !self.transacted {
            return self.pins.inputs();
        }
        let levels = self.world.visible_levels(self.now) as u32;
        self.pins.inputs_of(levels & ((1 << GPIOS) - 1))
    }

    /// Reads a PADS_BANK0 register.
    pub fn pads_bank0_read(&mut self, offset: u32) -> u32 {
        match offset {
            0 => self.pins.voltage_select,
            4..=0x78 => self.pins.pad[(offset / 4 - 1) as usize],
            0x7C | 0x80 => self.pins.debug_pads[usize::from(offset == 0x80)],
            _ => 0,
        }
    }

    /// Writes a PADS_BANK0 register.
    pub fn pads_bank0_write(&mut self, offset: u32, value: u32) {
        match offset {
            0 => self.pins.voltage_select = value & 1,
            4..=0x78 => {
                let gpio = (offset / 4 - 1) as usize;
                let before = self.pins.inputs();
                self.pins.pad[gpio] = value & 0xFF;
                self.pins.refresh_gates();
                self.latch_edges(before);
                self.pins_changed(1 << gpio);
            }
            0x7C | 0x80 => self.pins.debug_pads[usize::from(offset == 0x80)] = value & 0xFF,
            _ => {}
        }
    }

    /// IO_BANK0 was reset: functions and interrupts are as at power-on.
    pub fn io_bank0_reset(&mut self) {
        self.pins.ctrl = [function::NULL; GPIOS];
        self.pins.refresh_gates();
        self.pins.intr = [0; 4];
        self.pins.inte = [[0; 4]; 3];
        self.pins.intf = [[0; 4]; 3];
        self.update_pin_irq();
        self.pins_changed(u32::MAX);
    }

    /// PADS_BANK0 was reset.
    pub fn pads_bank0_reset(&mut self) {
        self.pins.pad = [PAD_RESET; GPIOS];
        self.pins.debug_pads = DEBUG_PADS_RESET;
        self.pins.refresh_gates();
        self.pins_changed(u32::MAX);
    }
}
