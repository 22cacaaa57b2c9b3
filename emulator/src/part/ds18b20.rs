//! DS18B20: a thermometer on a 1-Wire bus, which it shares with others of its kind. Source: Maxim's data sheet.

use super::{Context, InputInfo, Part, PartType, PinInfo, Properties, PropertyInfo, PropertyKind, Role};
use crate::clock::Time;
use crate::world::{Drive, Level, Pull};

const DATA: usize = 0;
const TEMPERATURE: usize = 0;

// ROM commands.
const SEARCH_ROM: u8 = 0xF0;
const READ_ROM: u8 = 0x33;
const MATCH_ROM: u8 = 0x55;
const SKIP_ROM: u8 = 0xCC;
// Function commands.
const CONVERT_T: u8 = 0x44;
const WRITE_SCRATCHPAD: u8 = 0x4E;
const READ_SCRATCHPAD: u8 = 0xBE;
const READ_POWER_SUPPLY: u8 = 0xB4;

/// A low time as long as this is a reset.
const RESET: Time = Time::from_micros(400);
/// A low time shorter than this is a written one.
const ONE: Time = Time::from_micros(30);
/// For so long a sent zero holds the line low.
const ZERO_HOLD: Time = Time::from_micros(30);

pub(super) static TYPE: PartType = PartType {
    name: "ds18b20",
    title: "DS18B20 thermometer",
    description: "Measures temperature, on a 1-Wire bus: several share one pin, each with its own number. The \
                  onewire and ds18x20 modules of MicroPython read it.",
    pins: &[PinInfo {
        name: "data",
        role: Role::OneWire,
        default: None,
        required: true,
        description: "To any pin; the bench supplies the pull-up resistor.",
    }],
    inputs: &[InputInfo {
        name: "temperature",
        title: "Temperature",
        unit: "°C",
        min: -55.0,
        max: 125.0,
        default: 22.0,
        step: 0.1,
        switch: false,
    }],
    outputs: &[],
    properties: &[PropertyInfo {
        name: "serial",
        title: "Serial number",
        kind: PropertyKind::Integer { default: 1, min: 0, max: 0xFFFF_FFFF_FFFF },
    }],
    make: |properties: &Properties| {
        let mut rom = [0; 8];
        rom[0] = 0x28;
        rom[1..7].copy_from_slice(&properties.integer("serial").to_le_bytes()[..6]);
        rom[7] = crc(&rom[..7]);
        Ok(Box::new(Ds18b20 {
            rom,
            // 85 °C until the first measurement; alarm limits; 12 bits.
            scratchpad: [0x50, 0x05, 0x4B, 0x46, 0x7F, 0xFF, 0x0C, 0x10],
            stage: Stage::Silent,
            input: Vec::new(),
            output: Vec::new(),
            sent: 0,
            converting: None,
            high: true,
            fell: Time::ZERO,
            presence: Presence::None,
        }))
    },
};

/// The checksum of Maxim's 1-Wire parts: x⁸ + x⁵ + x⁴ + 1, least significant bit first.
fn crc(bytes: &[u8]) -> u8 {
    let mut crc = 0u8;
    for byte in bytes {
        crc ^= byte;
        for _ in 0..8 {
            crc = if crc & 1 != 0 { crc >> 1 ^ 0x8C } else { crc >> 1 };
        }
    }
    crc
}

/// Where in a transaction it is.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Stage {
    /// Not addressed: waits for a reset.
    Silent,
    RomCommand,
    /// The bit of the number that the search is at, and whether the bit and its complement are out.
    Search {
        bit: usize,
        told: u8,
    },
    Match,
    Function,
    WriteScratchpad,
    /// Sends what is in `output`, then ones.
    Sending,
    /// Sends zeros until the measurement is done.
    Converting,
}

#[derive(Clone, Copy, PartialEq)]
enum Presence {
    None,
    /// Waits before it shows itself.
    Pause,
    /// Holds the line low.
    Pulse,
}

#[derive(Clone)]
struct Ds18b20 {
    rom: [u8; 8],
    scratchpad: [u8; 8],
    stage: Stage,
    /// Bits that came since the last command.
    input: Vec<bool>,
    output: Vec<bool>,
    /// How many bits of the output are out.
    sent: usize,
    /// When the measurement is done and what it will show.
    converting: Option<(Time, [u8; 2])>,
    high: bool,
    fell: Time,
    presence: Presence,
}

fn bits(bytes: &[u8]) -> Vec<bool> {
    bytes.iter().flat_map(|byte| (0..8).map(move |bit| byte >> bit & 1 != 0)).collect()
}

fn bytes(bits: &[bool]) -> Vec<u8> {
    bits.chunks(8).map(|chunk| chunk.iter().rev().fold(0, |byte, &bit| byte << 1 | u8::from(bit))).collect()
}

impl Ds18b20 {
    /// The bit it puts into the present slot, if it is its turn to speak.
    fn speaks(&mut self, now: Time) -> Option<bool> {
        match self.stage {
            Stage::Search { bit, told: told @ 0..=1 } => {
                let value = self.rom[bit / 8] >> (bit % 8) & 1 != 0;
                Some(value != (told == 1))
            }
            Stage::Sending => Some(self.output.get(self.sent).copied().unwrap_or(true)),
            Stage::Converting => {
                self.finish(now);
                Some(self.converting.is_none())
            }
            _ => None,
        }
    }

    /// A slot in which it spoke is over.
    fn spoken(&mut self) {
        match &mut self.stage {
            Stage::Search { told, .. } => *told += 1,
            _ => self.sent += 1,
        }
    }

    /// A bit came in.
    fn heard(&mut self, cx: &Context, bit: bool) {
        if let Stage::Search { bit: at, .. } = self.stage {
            let own = self.rom[at / 8] >> (at % 8) & 1 != 0;
            self.stage = match (own == bit, at) {
                (false, _) => Stage::Silent,
                (true, 63) => Stage::Function,
                (true, _) => Stage::Search { bit: at + 1, told: 0 },
            };
            return;
        }
        self.input.push(bit);
        let wanted = match self.stage {
            Stage::RomCommand | Stage::Function => 8,
            Stage::Match => 64,
            Stage::WriteScratchpad => 24,
            _ => return self.input.clear(),
        };
        if self.input.len() < wanted {
            return;
        }
        let input = bytes(&std::mem::take(&mut self.input));
        self.stage = match self.stage {
            Stage::RomCommand => self.rom_command(input[0]),
            Stage::Match if input == self.rom => Stage::Function,
            Stage::WriteScratchpad => {
                self.scratchpad[2..4].copy_from_slice(&input[..2]);
                // Only the two bits of the resolution can be written.
                self.scratchpad[4] = input[2] & 0x60 | 0x1F;
                Stage::Silent
            }
            Stage::Function => self.function(cx, input[0]),
            _ => Stage::Silent,
        };
    }

    fn rom_command(&mut self, command: u8) -> Stage {
        match command {
            SKIP_ROM => Stage::Function,
            MATCH_ROM => Stage::Match,
            SEARCH_ROM => Stage::Search { bit: 0, told: 0 },
            READ_ROM => self.send(&self.rom.clone()),
            _ => Stage::Silent,
        }
    }

    fn function(&mut self, cx: &Context, command: u8) -> Stage {
        self.finish(cx.now);
        match command {
            CONVERT_T => {
                // 9 bits in 94 ms, twice as long for each further bit.
                let resolution = self.scratchpad[4] >> 5 & 3;
                let time = Time::from_micros(93_750 << resolution);
                let raw = (cx.input_at(TEMPERATURE, cx.now + time) * 16.0).round() as i16;
                let raw = raw & (!0 << (3 - resolution));
                self.converting = Some((cx.now + time, raw.to_le_bytes()));
                Stage::Converting
            }
            READ_SCRATCHPAD => {
                let mut all = self.scratchpad.to_vec();
                all.push(crc(&all));
                self.send(&all)
            }
            WRITE_SCRATCHPAD => Stage::WriteScratchpad,
            READ_POWER_SUPPLY => self.send(&[0xFF]),
            _ => Stage::Silent,
        }
    }

    fn send(&mut self, data: &[u8]) -> Stage {
        self.output = bits(data);
        self.sent = 0;
        Stage::Sending
    }

    /// Ends a measurement that is done.
    fn finish(&mut self, now: Time) {
        if let Some((ready, raw)) = self.converting.filter(|(ready, _)| *ready <= now) {
            let _ = ready;
            self.scratchpad[..2].copy_from_slice(&raw);
            self.converting = None;
        }
    }
}

impl Part for Ds18b20 {
    fn power_on(&mut self, cx: &mut Context) {
        cx.drive(DATA, Drive::input(Pull::Up));
    }

    fn pin_changed(&mut self, cx: &mut Context, _pin: usize, high: bool) {
        if high == self.high {
            return;
        }
        self.high = high;
        if !high {
            self.fell = cx.now;
            if self.presence == Presence::None && self.speaks(cx.now) == Some(false) {
                cx.drive(DATA, Drive::output(Level::Low));
                cx.wake_at(cx.now + ZERO_HOLD);
            }
            return;
        }
        let width = cx.now - self.fell;
        if width >= RESET {
            self.stage = Stage::RomCommand;
            self.input.clear();
            self.presence = Presence::Pause;
            cx.wake_at(cx.now + Time::from_micros(30));
        } else if self.presence != Presence::None {
            // The presence pulses of this and other parts.
        } else if self.speaks(self.fell).is_some() {
            self.spoken();
        } else {
            self.heard(cx, width < ONE);
        }
    }

    fn wake(&mut self, cx: &mut Context) {
        match self.presence {
            Presence::Pause => {
                self.presence = Presence::Pulse;
                cx.drive(DATA, Drive::output(Level::Low));
                cx.wake_at(cx.now + Time::from_micros(120));
            }
            Presence::Pulse if self.high => self.presence = Presence::None,
            _ => {
                cx.drive(DATA, Drive::input(Pull::Up));
                if self.presence == Presence::Pulse {
                    // Heard as an edge first; only then it listens again.
                    cx.wake_at(cx.now + Time::from_micros(5));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Rig;
    use super::*;

    /// The other end of the wire, with the timing of MicroPython's onewire module.
    struct Master(Rig);

    impl Master {
        fn reset(&mut self) -> bool {
            self.0.pin("data", false);
            self.0.wait(Time::from_micros(480));
            self.0.pin("data", true);
            self.0.wait(Time::from_micros(70));
            let present = !self.0.level("data");
            self.0.wait(Time::from_micros(410));
            present
        }

        fn write_bit(&mut self, bit: bool) {
            self.0.pin("data", false);
            self.0.wait(Time::from_micros(if bit { 6 } else { 60 }));
            self.0.pin("data", true);
            self.0.wait(Time::from_micros(if bit { 64 } else { 10 }));
        }

        fn read_bit(&mut self) -> bool {
            self.0.pin("data", false);
            self.0.wait(Time::from_micros(6));
            self.0.pin("data", true);
            self.0.wait(Time::from_micros(9));
            let bit = self.0.level("data");
            self.0.wait(Time::from_micros(55));
            bit
        }

        fn write(&mut self, bytes: &[u8]) {
            bits(bytes).into_iter().for_each(|bit| self.write_bit(bit));
        }

        fn read(&mut self, count: usize) -> Vec<u8> {
            let bits: Vec<_> = (0..count * 8).map(|_| self.read_bit()).collect();
            bytes(&bits)
        }
    }

    #[test]
    fn it_measures_and_tells_sixteenths() {
        let mut master = Master(Rig::new("ds18b20", &[]));
        assert!(master.reset());
        master.write(&[SKIP_ROM, READ_SCRATCHPAD]);
        assert_eq!(
            master.read(9),
            [0x50, 0x05, 0x4B, 0x46, 0x7F, 0xFF, 0x0C, 0x10, 0x1C],
            "as in the data sheet"
        );
        for (celsius, raw) in [(25.0625, 0x0191), (-10.125, 0xFF5Eu16), (21.03, 336)] {
            master.0.set("temperature", celsius);
            assert!(master.reset());
            master.write(&[SKIP_ROM, CONVERT_T]);
            assert!(!master.read_bit(), "busy");
            master.0.wait(Time::from_millis(750));
            assert!(master.read_bit(), "done");
            assert!(master.reset());
            master.write(&[SKIP_ROM, READ_SCRATCHPAD]);
            let data = master.read(9);
            assert_eq!(u16::from_le_bytes([data[0], data[1]]), raw, "{celsius} °C");
            assert_eq!(crc(&data), 0);
        }
    }

    #[test]
    fn it_is_found_and_addressed_by_its_number() {
        let mut master = Master(Rig::new("ds18b20", &[]));
        assert!(master.reset());
        master.write(&[READ_ROM]);
        let rom = master.read(8);
        assert_eq!((rom[0], rom[1], crc(&rom)), (0x28, 1, 0));
        // A search with a single part: every bit is followed by its complement.
        assert!(master.reset());
        master.write(&[SEARCH_ROM]);
        let mut found = Vec::new();
        for _ in 0..64 {
            let (bit, complement) = (master.read_bit(), master.read_bit());
            assert_ne!(bit, complement);
            master.write_bit(bit);
            found.push(bit);
        }
        assert_eq!(bytes(&found), rom);
        // Matched it answers; another number leaves it silent.
        for (last, answers) in [(rom[7], true), (rom[7] ^ 1, false)] {
            assert!(master.reset());
            master.write(&[MATCH_ROM]);
            master.write(&rom[..7]);
            master.write(&[last, READ_SCRATCHPAD]);
            assert_eq!(master.read(1)[0] == 0x50, answers);
        }
    }

    #[test]
    fn a_lower_resolution_is_faster_and_coarser() {
        let mut master = Master(Rig::new("ds18b20", &[]));
        master.0.set("temperature", 21.44);
        master.reset();
        master.write(&[SKIP_ROM, WRITE_SCRATCHPAD, 1, 2, 0x1F]);
        master.reset();
        master.write(&[SKIP_ROM, CONVERT_T]);
        master.0.wait(Time::from_millis(95));
        assert!(master.read_bit());
        master.reset();
        master.write(&[SKIP_ROM, READ_SCRATCHPAD]);
        assert_eq!(master.read(5), [0x50, 0x01, 1, 2, 0x1F], "21.0 °C");
    }
}
