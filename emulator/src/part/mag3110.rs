//! MAG3110: a three-axis magnetometer on I2C. Source: NXP's data sheet.

use super::sensor_registers::{Ask, Pointer};
use super::{Context, InputInfo, Part, PartType, PinInfo, Properties, PropertyInfo, PropertyKind, Role};
use crate::clock::Time;
use crate::world::{Drive, I2cEvent, I2cReply, Level, Pull};

const SDA: usize = 0;
const SCL: usize = 1;
const INT1: usize = 2;

const DR_STATUS: u8 = 0x00;
const OUT_X_MSB: u8 = 0x01;
const OUT_Z_LSB: u8 = 0x06;
const WHO_AM_I: u8 = 0x07;
const SYSMOD: u8 = 0x08;
const OFF_X_MSB: u8 = 0x09;
const OFF_Z_LSB: u8 = 0x0E;
const DIE_TEMP: u8 = 0x0F;
const CTRL_REG1: u8 = 0x10;
const CTRL_REG2: u8 = 0x11;

const ADDRESS: u8 = 0x0E;
const IDENTITY: u8 = 0xC4;
const ACTIVE: u8 = 1;
const TRIGGER: u8 = 2;
const FAST: u8 = 4;
/// CTRL_REG2: values without the user's offsets.
const RAW: u8 = 0x20;
/// DR_STATUS: new data of all axes.
const ZYXDR: u8 = 0x0F;

const fn axis(name: &'static str, title: &'static str, default: f64) -> InputInfo {
    InputInfo { name, title, unit: "µT", min: -1000.0, max: 1000.0, default, step: 0.1, switch: false }
}

pub(super) static TYPE: PartType = PartType {
    name: "mag3110",
    title: "MAG3110 magnetometer",
    description: "Measures the magnetic field along three axes, on I2C. The earth's is some 20 µT to the north and \
                  40 µT downwards in Europe.",
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
        PinInfo {
            name: "int1",
            role: Role::Output,
            default: None,
            required: false,
            description: "To a pin that waits for new values.",
        },
    ],
    inputs: &[axis("x", "Field x", 0.0), axis("y", "Field y", -20.0), axis("z", "Field z", -40.0)],
    outputs: &[],
    properties: &[PropertyInfo {
        name: "axes",
        title: "Axes",
        // "micro:bit": the inputs are the field as that board's software tells it, whose axes point the other
        // way from those of the chip on its back.
        kind: PropertyKind::Choice { default: "chip", of: &["chip", "micro:bit"] },
    }],
    make: |properties: &Properties| {
        let sign = if properties.text("axes") == "micro:bit" { [-1.0; 3] } else { [1.0; 3] };
        Ok(Box::new(Mag3110 { sign, ..Mag3110::default() }))
    },
};

#[derive(Clone, Default)]
struct Mag3110 {
    /// Which way the chip's axes point, seen from its inputs'.
    sign: [f64; 3],
    pointer: Pointer,
    status: u8,
    /// In tenths of a microtesla.
    sample: [i16; 3],
    /// The user's offsets as written, twice a tenth of a microtesla.
    offset: [i16; 3],
    ctrl: [u8; 2],
}

impl Mag3110 {
    /// Between two samples: 80 Hz, halved by each step of rate and of oversampling.
    fn period(&self) -> Time {
        Time::from_micros(12_500 << (self.ctrl[0] >> 5 & 7) << (self.ctrl[0] >> 3 & 3))
    }

    fn measure(&mut self, cx: &mut Context) {
        for axis in 0..3 {
            let field = (cx.input(axis) * self.sign[axis] * 10.0).round() as i16;
            let offset = if self.ctrl[1] & RAW != 0 { 0 } else { self.offset[axis] >> 1 };
            self.sample[axis] = field.saturating_sub(offset);
        }
        self.status = ZYXDR;
        self.interrupt(cx);
    }

    fn interrupt(&self, cx: &mut Context) {
        cx.drive(INT1, Drive::output(Level::from(self.status & 8 != 0)));
    }

    fn read(&mut self, cx: &mut Context, register: u8) -> u8 {
        match register {
            DR_STATUS => self.status,
            OUT_X_MSB..=OUT_Z_LSB => {
                let n = register - OUT_X_MSB;
                self.status &= !(1 << (n / 2) | 8);
                self.interrupt(cx);
                self.sample[usize::from(n / 2)].to_be_bytes()[usize::from(n % 2)]
            }
            WHO_AM_I => IDENTITY,
            SYSMOD => match (self.ctrl[0] & ACTIVE, self.ctrl[1] & RAW) {
                (0, _) => 0,
                (_, 0) => 2,
                _ => 1,
            },
            OFF_X_MSB..=OFF_Z_LSB => {
                let n = register - OFF_X_MSB;
                self.offset[usize::from(n / 2)].to_be_bytes()[usize::from(n % 2)]
            }
            DIE_TEMP => 25,
            CTRL_REG1 => self.ctrl[0],
            CTRL_REG2 => self.ctrl[1],
            _ => 0,
        }
    }

    fn write(&mut self, cx: &mut Context, register: u8, value: u8) {
        match register {
            OFF_X_MSB..=OFF_Z_LSB => {
                let n = register - OFF_X_MSB;
                let mut bytes = self.offset[usize::from(n / 2)].to_be_bytes();
                bytes[usize::from(n % 2)] = value;
                self.offset[usize::from(n / 2)] = i16::from_be_bytes(bytes);
            }
            CTRL_REG1 => {
                self.ctrl[0] = value & !TRIGGER;
                if value & (ACTIVE | TRIGGER) != 0 {
                    cx.wake_at(cx.now + self.period());
                }
            }
            CTRL_REG2 => self.ctrl[1] = value & 0xA0,
            _ => {}
        }
    }
}

impl Part for Mag3110 {
    fn power_on(&mut self, cx: &mut Context) {
        cx.drive(SDA, Drive::input(Pull::Up));
        cx.drive(SCL, Drive::input(Pull::Up));
        self.interrupt(cx);
    }

    fn wake(&mut self, cx: &mut Context) {
        self.measure(cx);
        if self.ctrl[0] & ACTIVE != 0 {
            cx.wake_at(cx.now + self.period());
        }
    }

    fn i2c_address(&self) -> Option<u8> {
        Some(ADDRESS)
    }

    fn i2c(&mut self, cx: &mut Context, event: I2cEvent) -> I2cReply {
        let fast = self.ctrl[0] & FAST != 0;
        let next = |register: u8| match register {
            // Fast reads leave out the low bytes.
            1 | 3 if fast => register + 2,
            5 if fast => OUT_X_MSB,
            OUT_Z_LSB => OUT_X_MSB,
            CTRL_REG2.. => DR_STATUS,
            _ => register + 1,
        };
        let mut pointer = std::mem::take(&mut self.pointer);
        let reply = pointer.step(event, next, |ask| match ask {
            Ask::Read(register) => self.read(cx, register),
            Ask::Write(register, value) => {
                self.write(cx, register, value);
                0
            }
        });
        self.pointer = pointer;
        reply
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Rig;
    use super::*;

    fn write(rig: &mut Rig, bytes: &[u8]) {
        rig.i2c(I2cEvent::Start { address: ADDRESS, read: false });
        bytes.iter().for_each(|&byte| assert!(rig.i2c(I2cEvent::Write(byte)).ack));
    }

    fn read(rig: &mut Rig, register: u8, count: usize) -> Vec<u8> {
        write(rig, &[register]);
        rig.i2c(I2cEvent::Start { address: ADDRESS, read: true });
        let bytes = (0..count).map(|n| rig.i2c(I2cEvent::Read { ack: n + 1 < count }).byte).collect();
        rig.i2c(I2cEvent::Stop);
        bytes
    }

    #[test]
    fn fields_are_measured_in_tenths_of_a_microtesla() {
        let mut rig = Rig::new("mag3110", &[]);
        assert_eq!(read(&mut rig, WHO_AM_I, 1), [IDENTITY]);
        assert_eq!(read(&mut rig, SYSMOD, 1), [0]);
        write(&mut rig, &[CTRL_REG2, 0xA0]);
        // 20 Hz: 80 Hz, two steps down
        write(&mut rig, &[CTRL_REG1, 2 << 5 | ACTIVE]);
        rig.set("x", 12.3);
        rig.wait(Time::from_millis(49));
        assert!(!rig.level("int1"));
        rig.wait(Time::from_millis(1));
        assert!(rig.level("int1"), "new data, active high");
        assert_eq!(read(&mut rig, OUT_X_MSB, 4), [0, 123, 0xFF, 0x38]);
        assert!(!rig.level("int1"));
    }

    #[test]
    fn offsets_are_taken_off() {
        let mut rig = Rig::new("mag3110", &[]);
        // +10 µT at x, in steps of a twentieth
        write(&mut rig, &[OFF_X_MSB, 0, 200]);
        write(&mut rig, &[CTRL_REG1, ACTIVE]);
        rig.set("x", 12.3);
        rig.wait(Time::from_millis(13));
        assert_eq!(read(&mut rig, OUT_X_MSB, 2), [0, 23]);
    }
}
