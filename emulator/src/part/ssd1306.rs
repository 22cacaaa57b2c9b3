//! SSD1306: a monochrome OLED display, 128 × 64 or 128 × 32, on I2C. Source: Solomon Systech's data sheet.

use super::{
    Context, OutputInfo, Part, PartType, Picture, PinInfo, Properties, PropertyInfo, PropertyKind, Role,
};
use crate::world::{Drive, I2cEvent, I2cReply, Pull};

const SDA: usize = 0;
const SCL: usize = 1;
const WIDTH: usize = 128;
const PAGES: usize = 8;
/// What a lit pixel looks like at full contrast.
const LIT: [u8; 3] = [190, 225, 255];

pub(super) static TYPE: PartType = PartType {
    name: "ssd1306",
    title: "OLED display SSD1306",
    description: "A small display of 128 by 64 (or 32) pixels on I2C. The ssd1306 module of micropython-lib \
                  draws on it.",
    pins: &[
        PinInfo {
            name: "sda",
            role: Role::Sda,
            default: None,
            required: true,
            description: "I2C data; the module brings its own pull-up.",
        },
        PinInfo {
            name: "scl",
            role: Role::Scl,
            default: None,
            required: true,
            description: "I2C clock; the module brings its own pull-up.",
        },
    ],
    inputs: &[],
    outputs: &[OutputInfo { name: "lit", title: "Share of lit pixels", unit: "", min: 0.0, max: 1.0 }],
    properties: &[
        PropertyInfo {
            name: "address",
            title: "I2C address",
            kind: PropertyKind::Address { default: 0x3C, of: &[0x3C, 0x3D] },
        },
        PropertyInfo {
            name: "height",
            title: "Rows",
            kind: PropertyKind::Choice { default: "64", of: &["64", "32"] },
        },
    ],
    make: |properties: &Properties| {
        let height = if properties.text("height") == "32" { 32 } else { 64 };
        Ok(Box::new(Ssd1306::new(properties.integer("address") as u8, height)))
    },
};

/// How the memory pointer goes on after a byte.
#[derive(Clone, Copy, PartialEq)]
enum Addressing {
    Horizontal,
    Vertical,
    Page,
}

/// What the next byte of a transfer is.
#[derive(Clone, Copy, PartialEq)]
enum Next {
    Control,
    /// `once`: a control byte follows again.
    Command {
        once: bool,
    },
    Data {
        once: bool,
    },
}

#[derive(Clone)]
struct Ssd1306 {
    address: u8,
    height: usize,
    memory: Vec<u8>,
    on: bool,
    inverted: bool,
    all_on: bool,
    contrast: u8,
    /// Segments and rows are wired mirrored in the usual modules: 0xA1 and 0xC8 make the picture upright.
    remapped: bool,
    scan_down: bool,
    start_line: usize,
    offset: usize,
    addressing: Addressing,
    columns: (usize, usize),
    pages: (usize, usize),
    column: usize,
    page: usize,
    next: Next,
    /// A command and the arguments that have come.
    command: Vec<u8>,
}

impl Ssd1306 {
    fn new(address: u8, height: usize) -> Ssd1306 {
        Ssd1306 {
            address,
            height,
            memory: vec![0; WIDTH * PAGES],
            on: false,
            inverted: false,
            all_on: false,
            contrast: 0x7F,
            remapped: false,
            scan_down: false,
            start_line: 0,
            offset: 0,
            addressing: Addressing::Page,
            columns: (0, WIDTH - 1),
            pages: (0, PAGES - 1),
            column: 0,
            page: 0,
            next: Next::Control,
            command: Vec::new(),
        }
    }

    /// How many arguments a command takes.
    fn arguments(command: u8) -> usize {
        match command {
            0x20 | 0x81 | 0x8D | 0xA8 | 0xAD | 0xD3 | 0xD5 | 0xD9 | 0xDA | 0xDB => 1,
            0x21 | 0x22 | 0xA3 => 2,
            0x29 | 0x2A => 5,
            0x26 | 0x27 => 6,
            _ => 0,
        }
    }

    fn command_byte(&mut self, byte: u8) {
        self.command.push(byte);
        if self.command.len() > Ssd1306::arguments(self.command[0]) {
            let command = std::mem::take(&mut self.command);
            self.execute(command[0], &command[1..]);
        }
    }

    fn execute(&mut self, command: u8, arguments: &[u8]) {
        let low = usize::from(command & 0xF);
        match (command, arguments) {
            (0x00..=0x0F, _) => self.column = self.column & 0x70 | low,
            (0x10..=0x17, _) => self.column = self.column & 0x0F | (low & 7) << 4,
            (0x20, [mode]) => {
                self.addressing = match mode & 3 {
                    0 => Addressing::Horizontal,
                    1 => Addressing::Vertical,
                    _ => Addressing::Page,
                }
            }
            (0x21, [from, to]) => {
                self.columns = (usize::from(from & 127), usize::from(to & 127));
                self.column = self.columns.0;
            }
            (0x22, [from, to]) => {
                self.pages = (usize::from(from & 7), usize::from(to & 7));
                self.page = self.pages.0;
            }
            (0x40..=0x7F, _) => self.start_line = usize::from(command & 0x3F),
            (0x81, [contrast]) => self.contrast = *contrast,
            (0xA0 | 0xA1, _) => self.remapped = command & 1 != 0,
            (0xA4 | 0xA5, _) => self.all_on = command & 1 != 0,
            (0xA6 | 0xA7, _) => self.inverted = command & 1 != 0,
            (0xAE | 0xAF, _) => self.on = command & 1 != 0,
            (0xB0..=0xB7, _) => self.page = low,
            (0xC0..=0xC7, _) => self.scan_down = false,
            (0xC8..=0xCF, _) => self.scan_down = true,
            (0xD3, [offset]) => self.offset = usize::from(offset & 0x3F),
            // Clocks, charge pump, multiplex ratio, scrolling: nothing that shows here.
            _ => {}
        }
    }

    fn data_byte(&mut self, byte: u8) {
        self.memory[self.page * WIDTH + self.column] = byte;
        let step = |at: &mut usize, (from, to): (usize, usize), size: usize| {
            let wraps = *at == to;
            *at = if wraps { from } else { (*at + 1) % size };
            wraps
        };
        match self.addressing {
            Addressing::Page => self.column = (self.column + 1) % WIDTH,
            Addressing::Horizontal => {
                if step(&mut self.column, self.columns, WIDTH) {
                    step(&mut self.page, self.pages, PAGES);
                }
            }
            Addressing::Vertical => {
                if step(&mut self.page, self.pages, PAGES) {
                    step(&mut self.column, self.columns, WIDTH);
                }
            }
        }
    }

    /// Whether the pixel at column `x`, row `y` of the glass is lit.
    fn lit(&self, x: usize, y: usize) -> bool {
        if !self.on {
            return false;
        }
        let x = if self.remapped { x } else { WIDTH - 1 - x };
        let y = if self.scan_down { y } else { self.height - 1 - y };
        let row = (y + self.start_line + self.offset) % 64;
        let bit = self.memory[row / 8 * WIDTH + x] >> (row % 8) & 1 != 0;
        self.all_on || bit != self.inverted
    }
}

impl Part for Ssd1306 {
    fn power_on(&mut self, cx: &mut Context) {
        cx.drive(SDA, Drive::input(Pull::Up));
        cx.drive(SCL, Drive::input(Pull::Up));
    }

    fn i2c_address(&self) -> Option<u8> {
        Some(self.address)
    }

    fn i2c(&mut self, _cx: &mut Context, event: I2cEvent) -> I2cReply {
        let mut reply = I2cReply { ack: true, ..I2cReply::default() };
        match event {
            I2cEvent::Start { .. } => self.next = Next::Control,
            I2cEvent::Write(byte) => match self.next {
                Next::Control => {
                    let once = byte & 0x80 != 0;
                    self.next = if byte & 0x40 != 0 { Next::Data { once } } else { Next::Command { once } };
                }
                Next::Command { once } => {
                    self.command_byte(byte);
                    if once {
                        self.next = Next::Control;
                    }
                }
                Next::Data { once } => {
                    self.data_byte(byte);
                    if once {
                        self.next = Next::Control;
                    }
                }
            },
            // The status: bit 6 is set while the display is off.
            I2cEvent::Read { .. } => reply.byte = if self.on { 0 } else { 0x40 },
            I2cEvent::Stop => {}
        }
        reply
    }

    fn outputs(&mut self, _cx: &mut Context, out: &mut [f64]) {
        let lit = (0..self.height).flat_map(|y| (0..WIDTH).map(move |x| (x, y)));
        let count = lit.filter(|&(x, y)| self.lit(x, y)).count();
        out[0] = count as f64 / (WIDTH * self.height) as f64;
    }

    fn picture(&self) -> Option<Picture> {
        // Even the lowest contrast can be seen.
        let scale = |channel: u8| (u32::from(channel) * (96 + u32::from(self.contrast)) / 351) as u8;
        let lit = LIT.map(scale);
        let rgb = (0..self.height)
            .flat_map(|y| (0..WIDTH).map(move |x| (x, y)))
            .map(|(x, y)| if self.lit(x, y) { lit } else { [0; 3] })
            .collect();
        Some(Picture { width: WIDTH, height: self.height, rgb })
    }
}

#[cfg(test)]
mod tests {
    use super::super::Value;
    use super::super::testing::Rig;
    use super::*;

    fn write(rig: &mut Rig, bytes: &[u8]) {
        rig.i2c(I2cEvent::Start { address: 0x3C, read: false });
        for &byte in bytes {
            assert!(rig.i2c(I2cEvent::Write(byte)).ack);
        }
        rig.i2c(I2cEvent::Stop);
    }

    /// What is lit, as (x, y).
    fn lit(rig: &Rig) -> Vec<(usize, usize)> {
        let picture = rig.picture().unwrap();
        let all = picture.rgb.iter().enumerate().filter(|(_, rgb)| **rgb != [0; 3]);
        all.map(|(i, _)| (i % picture.width, i / picture.width)).collect()
    }

    #[test]
    fn a_frame_in_horizontal_mode_as_drivers_send_it() {
        let mut rig = Rig::new("ssd1306", &[]);
        for command in [0xAE, 0x20, 0, 0x40, 0xA1, 0xA8, 63, 0xC8, 0xD3, 0, 0x81, 0xFF, 0xA4, 0xA6, 0xAF] {
            write(&mut rig, &[0x80, command]);
        }
        for command in [0x21, 0, 127, 0x22, 0, 7] {
            write(&mut rig, &[0x80, command]);
        }
        let mut frame = vec![0x40];
        frame.extend((0..1024).map(|i| match i {
            0 => 0x01,    // (0, 0)
            130 => 0x80,  // (2, 15)
            1023 => 0x80, // (127, 63)
            _ => 0,
        }));
        write(&mut rig, &frame);
        assert_eq!(lit(&rig), [(0, 0), (2, 15), (127, 63)]);
        assert_eq!(rig.outputs(), [3.0 / 8192.0]);
        assert_eq!(rig.picture().unwrap().rgb[0], LIT);
        // The pointer is back at the start; commands also come as a stream.
        write(&mut rig, &[0x40, 0x03]);
        write(&mut rig, &[0x00, 0xA0, 0xC0]);
        assert_eq!(lit(&rig), [(0, 0), (125, 48), (127, 62), (127, 63)]);
        write(&mut rig, &[0x80, 0xA7]);
        assert_eq!(lit(&rig).len(), 8192 - 4);
        write(&mut rig, &[0x80, 0xAE]);
        assert_eq!(lit(&rig), []);
    }

    #[test]
    fn page_mode_and_the_small_glass() {
        let mut rig = Rig::new("ssd1306", &[("height", Value::Text("32".into()))]);
        write(&mut rig, &[0x00, 0xA1, 0xC8, 0xAF, 0xB1, 0x05, 0x11]);
        write(&mut rig, &[0x40, 0xFF]);
        let expected: Vec<_> = (8..16).map(|y| (0x15, y)).collect();
        assert_eq!(lit(&rig), expected);
        assert_eq!(rig.picture().unwrap().height, 32);
    }
}
