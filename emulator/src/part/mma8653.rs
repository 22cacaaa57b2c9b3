//! MMA8653FC: a three-axis accelerometer on I2C. Source: NXP's data sheet.

use super::sensor_registers::{Ask, Pointer};
use super::{Context, InputInfo, Part, PartType, PinInfo, Properties, PropertyInfo, PropertyKind, Role};
use crate::clock::Time;
use crate::world::{Drive, I2cEvent, I2cReply, Level, Pull};

const SDA: usize = 0;
const SCL: usize = 1;
const INT1: usize = 2;
const INT2: usize = 3;

const STATUS: u8 = 0x00;
const OUT_X_MSB: u8 = 0x01;
const OUT_Z_LSB: u8 = 0x06;
const SYSMOD: u8 = 0x0B;
const INT_SOURCE: u8 = 0x0C;
const WHO_AM_I: u8 = 0x0D;
const XYZ_DATA_CFG: u8 = 0x0E;
const CTRL_REG1: u8 = 0x2A;
const CTRL_REG2: u8 = 0x2B;
const CTRL_REG3: u8 = 0x2C;
const CTRL_REG5: u8 = 0x2E;
const LAST: u8 = 0x31;

const ADDRESS: u8 = 0x1D;
const IDENTITY: u8 = 0x5A;
const ACTIVE: u8 = 1;
const F_READ: u8 = 2;
const RST: u8 = 0x40;
/// CTRL_REG3: interrupts are active high.
const IPOL: u8 = 2;
/// CTRL_REG4 and 5: data ready.
const DRDY: u8 = 1;
/// STATUS: new data of all axes.
const ZYXDR: u8 = 0x0F;

const fn axis(name: &'static str, title: &'static str, default: f64) -> InputInfo {
    InputInfo { name, title, unit: "g", min: -8.0, max: 8.0, default, step: 0.01, switch: false }
}

pub(super) static TYPE: PartType = PartType {
    name: "mma8653",
    title: "MMA8653 accelerometer",
    description: "Measures acceleration along three axes, gravity included, on I2C.",
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
        PinInfo {
            name: "int2",
            role: Role::Output,
            default: None,
            required: false,
            description: "A second such pin.",
        },
    ],
    inputs: &[
        axis("x", "Acceleration x", 0.0),
        axis("y", "Acceleration y", 0.0),
        axis("z", "Acceleration z", -1.0),
    ],
    outputs: &[],
    properties: &[PropertyInfo {
        name: "axes",
        title: "Axes",
        // "micro:bit": the inputs are as that board's software tells them: x grows when the right side goes
        // down, y when the edge connector does, and z is -1 g when the board lies face up.
        kind: PropertyKind::Choice { default: "chip", of: &["chip", "micro:bit"] },
    }],
    make: |properties: &Properties| {
        let sign = if properties.text("axes") == "micro:bit" { [-1.0, -1.0, 1.0] } else { [1.0; 3] };
        Ok(Box::new(Mma8653 { sign, ..Mma8653::default() }))
    },
};

#[derive(Clone, Default)]
struct Mma8653 {
    /// Which way the chip's axes point, seen from its inputs'.
    sign: [f64; 3],
    pointer: Pointer,
    status: u8,
    /// Left-justified in 16 bits.
    sample: [i16; 3],
    xyz_data_cfg: u8,
    /// CTRL_REG1 to 5.
    ctrl: [u8; 5],
}

impl Mma8653 {
    /// Between two samples.
    fn period(&self) -> Time {
        const MICROS: [u64; 8] = [1_250, 2_500, 5_000, 10_000, 20_000, 80_000, 160_000, 640_000];
        Time::from_micros(MICROS[usize::from(self.ctrl[0] >> 3 & 7)])
    }

    fn measure(&mut self, cx: &mut Context) {
        let counts_per_g = [256.0, 128.0, 64.0, 64.0][usize::from(self.xyz_data_cfg & 3)];
        for (axis, sample) in self.sample.iter_mut().enumerate() {
            let counts = (cx.input(axis) * self.sign[axis] * counts_per_g).round();
            *sample = (counts.clamp(-512.0, 511.0) as i16) << 6;
        }
        self.status = ZYXDR;
        self.interrupt(cx);
    }

    fn interrupt(&self, cx: &mut Context) {
        let ready = self.status & ZYXDR != 0 && self.ctrl[3] & DRDY != 0;
        let active = self.ctrl[2] & IPOL != 0;
        let to_int1 = self.ctrl[4] & DRDY != 0;
        for (pin, chosen) in [(INT1, to_int1), (INT2, !to_int1)] {
            cx.drive(pin, Drive::output(Level::from((ready && chosen) == active)));
        }
    }

    fn read(&mut self, cx: &mut Context, register: u8) -> u8 {
        match register {
            STATUS => self.status,
            OUT_X_MSB..=OUT_Z_LSB => {
                let n = register - OUT_X_MSB;
                let value = self.sample[usize::from(n / 2)].to_be_bytes()[usize::from(n % 2)];
                self.status &= !(1 << (n / 2) | 8);
                self.interrupt(cx);
                value
            }
            SYSMOD => self.ctrl[0] & ACTIVE,
            INT_SOURCE => u8::from(self.status & ZYXDR != 0),
            WHO_AM_I => IDENTITY,
            XYZ_DATA_CFG => self.xyz_data_cfg,
            CTRL_REG1..=CTRL_REG5 => self.ctrl[usize::from(register - CTRL_REG1)],
            _ => 0,
        }
    }

    fn write(&mut self, cx: &mut Context, register: u8, value: u8) {
        match register {
            CTRL_REG2 if value & RST != 0 => {
                *self = Mma8653 { sign: self.sign, ..Mma8653::default() };
                self.interrupt(cx);
            }
            // Everything but CTRL_REG1 and 2 can be changed in standby only.
            CTRL_REG1 => {
                self.ctrl[0] = value;
                if value & ACTIVE != 0 {
                    cx.wake_at(cx.now + self.period());
                }
            }
            CTRL_REG2 => self.ctrl[1] = value,
            CTRL_REG3..=CTRL_REG5 if self.ctrl[0] & ACTIVE == 0 => {
                self.ctrl[usize::from(register - CTRL_REG1)] = value;
                self.interrupt(cx);
            }
            XYZ_DATA_CFG if self.ctrl[0] & ACTIVE == 0 => self.xyz_data_cfg = value & 3,
            _ => {}
        }
    }
}

impl Part for Mma8653 {
    fn power_on(&mut self, cx: &mut Context) {
        cx.drive(SDA, Drive::input(Pull::Up));
        cx.drive(SCL, Drive::input(Pull::Up));
        self.interrupt(cx);
    }

    fn wake(&mut self, cx: &mut Context) {
        if self.ctrl[0] & ACTIVE != 0 {
            self.measure(cx);
            cx.wake_at(cx.now + self.period());
        }
    }

    fn i2c_address(&self) -> Option<u8> {
        Some(ADDRESS)
    }

    fn i2c(&mut self, cx: &mut Context, event: I2cEvent) -> I2cReply {
        let fast = self.ctrl[0] & F_READ != 0;
        let next = |register: u8| match register {
            // Fast reads leave out the low bytes.
            1 | 3 if fast => register + 2,
            5 if fast => STATUS,
            OUT_Z_LSB => STATUS,
            LAST.. => STATUS,
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
    use super::super::Value;
    use super::super::testing::Rig;
    use super::*;

    const CTRL_REG4: u8 = 0x2D;

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
    fn samples_come_at_the_rate_asked_for_and_are_announced() {
        let mut rig = Rig::new("mma8653", &[("axes", Value::Text("micro:bit".into()))]);
        assert_eq!(read(&mut rig, WHO_AM_I, 1), [IDENTITY]);
        write(&mut rig, &[CTRL_REG4, DRDY, DRDY]);
        // 50 Hz, 2 g
        write(&mut rig, &[CTRL_REG1, 4 << 3 | ACTIVE]);
        rig.set("x", 0.5);
        rig.wait(Time::from_millis(19));
        assert!(rig.level("int1"));
        rig.wait(Time::from_millis(1));
        assert!(!rig.level("int1"), "new data, active low");
        // -0.5 g is -128 counts, left-justified; z -256 counts.
        assert_eq!(read(&mut rig, OUT_X_MSB, 6), [0xE0, 0, 0, 0, 0xC0, 0]);
        assert!(rig.level("int1"));
        assert_eq!(read(&mut rig, STATUS, 1), [0]);
    }

    #[test]
    fn ranges_saturate_and_fast_reads_are_short() {
        let mut rig = Rig::new("mma8653", &[]);
        write(&mut rig, &[XYZ_DATA_CFG, 2]);
        write(&mut rig, &[CTRL_REG1, F_READ | ACTIVE]);
        rig.set("x", 8.0);
        rig.set("y", -2.0);
        rig.wait(Time::from_millis(2));
        assert_eq!(read(&mut rig, OUT_X_MSB, 3), [0x7F, 0xE0, 0xF0]);
    }
}
