//! Bosch BME280 (temperature, humidity, pressure) and BMP280 (the same without humidity) on I2C.
//! Source: data sheets BST-BME280-DS002 and BST-BMP280-DS001 (register map, compensation formulas, timing).
//!
//! A driver reads raw values and compensates them with the calibration words of the chip. So what is fed in has
//! to go the opposite way: the raw value is searched for whose compensation comes nearest to it.

use super::{Context, InputInfo, Part, PartType, PinInfo, Properties, PropertyInfo, PropertyKind, Role};
use crate::clock::Time;
use crate::world::{Drive, I2cEvent, I2cReply, Pull};

const SDA: usize = 0;
const SCL: usize = 1;
const TEMPERATURE: usize = 0;
const HUMIDITY: usize = 1;
const PRESSURE: usize = 2;

// Registers, named as in the data sheet.
const CALIB00: u8 = 0x88;
const CALIB25: u8 = 0xA1;
const ID: u8 = 0xD0;
const RESET: u8 = 0xE0;
const CALIB26: u8 = 0xE1;
const CALIB32: u8 = 0xE7;
const CTRL_HUM: u8 = 0xF2;
const STATUS: u8 = 0xF3;
const CTRL_MEAS: u8 = 0xF4;
const CONFIG: u8 = 0xF5;
const PRESS_MSB: u8 = 0xF7;
const HUM_LSB: u8 = 0xFE;

/// What RESET must be written with.
const RESET_WORD: u8 = 0xB6;
/// Raw values of measurements that are switched off.
const SKIPPED_20_BIT: u32 = 0x80000;
const SKIPPED_16_BIT: u32 = 0x8000;

pub(super) static TYPE: PartType = PartType {
    name: "bme280",
    title: "BME280 weather sensor",
    description: "Measures temperature, relative humidity and air pressure, on I2C. Any BME280 or BMP280 driver \
                  reads back what is fed in here.",
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
    inputs: &[
        InputInfo {
            name: "temperature",
            title: "Temperature",
            unit: "°C",
            min: -40.0,
            max: 85.0,
            default: 22.0,
            step: 0.1,
            switch: false,
        },
        InputInfo {
            name: "humidity",
            title: "Relative humidity",
            unit: "%",
            min: 0.0,
            max: 100.0,
            default: 45.0,
            step: 0.5,
            switch: false,
        },
        InputInfo {
            name: "pressure",
            title: "Air pressure",
            unit: "hPa",
            min: 300.0,
            max: 1100.0,
            default: 1013.25,
            step: 0.25,
            switch: false,
        },
    ],
    outputs: &[],
    properties: &[
        PropertyInfo {
            name: "address",
            title: "I2C address",
            kind: PropertyKind::Address { default: 0x76, of: &[0x76, 0x77] },
        },
        PropertyInfo {
            name: "chip",
            title: "Chip",
            kind: PropertyKind::Choice { default: "bme280", of: &["bme280", "bmp280"] },
        },
    ],
    make: |properties: &Properties| {
        let bme = properties.text("chip") == "bme280";
        Ok(Box::new(Bme280::new(properties.integer("address") as u8, bme)))
    },
};

/// The calibration words; these are the data sheet's example for temperature and pressure.
#[derive(Clone)]
struct Calibration {
    t: [i32; 3],
    p: [i32; 9],
    h: [i32; 6],
}

const CALIBRATION: Calibration = Calibration {
    t: [27504, 26435, -1000],
    p: [36477, -10685, 3024, 2855, 140, -7, 15500, -14600, 6000],
    h: [75, 370, 0, 313, 50, 30],
};

impl Calibration {
    /// The temperature in degrees and the intermediate value that the other two need.
    fn temperature(&self, raw: u32) -> (f64, f64) {
        let [t1, t2, t3] = self.t.map(f64::from);
        let raw = f64::from(raw);
        let a = (raw / 16384.0 - t1 / 1024.0) * t2;
        let b = raw / 131072.0 - t1 / 8192.0;
        let fine = a + b * b * t3;
        (fine / 5120.0, fine)
    }

    /// The pressure in pascals.
    fn pressure(&self, raw: u32, fine: f64) -> f64 {
        let [p1, p2, p3, p4, p5, p6, p7, p8, p9] = self.p.map(f64::from);
        let a = fine / 2.0 - 64000.0;
        let b = a * a * p6 / 32768.0 + a * p5 * 2.0;
        let b = b / 4.0 + p4 * 65536.0;
        let a1 = (p3 * a * a / 524288.0 + p2 * a) / 524288.0;
        let a1 = (1.0 + a1 / 32768.0) * p1;
        if a1 == 0.0 {
            return 0.0;
        }
        let p = (1048576.0 - f64::from(raw) - b / 4096.0) * 6250.0 / a1;
        p + (p9 * p * p / 2147483648.0 + p * p8 / 32768.0 + p7) / 16.0
    }

    /// The relative humidity in percent, not yet limited to 0 to 100.
    fn humidity(&self, raw: u32, fine: f64) -> f64 {
        let [h1, h2, h3, h4, h5, h6] = self.h.map(f64::from);
        let a = fine - 76800.0;
        let x = (f64::from(raw) - (h4 * 64.0 + h5 / 16384.0 * a))
            * (h2 / 65536.0 * (1.0 + h6 / 67108864.0 * a * (1.0 + h3 / 67108864.0 * a)));
        x * (1.0 - h1 * x / 524288.0)
    }

    /// A calibration register's content.
    fn register(&self, register: u8) -> u8 {
        let word = |value: i32, high: bool| if high { (value >> 8) as u8 } else { value as u8 };
        let at = usize::from(register.wrapping_sub(CALIB00));
        match register {
            0x88..=0x8D => word(self.t[at / 2], at % 2 == 1),
            0x8E..=0x9F => word(self.p[at / 2 - 3], at % 2 == 1),
            0xA1 => self.h[0] as u8,
            0xE1 => word(self.h[1], false),
            0xE2 => word(self.h[1], true),
            0xE3 => self.h[2] as u8,
            // Two 12-bit words share a register.
            0xE4 => (self.h[3] >> 4) as u8,
            0xE5 => (self.h[3] & 0xF | self.h[4] << 4 & 0xF0) as u8,
            0xE6 => (self.h[4] >> 4) as u8,
            0xE7 => self.h[5] as u8,
            _ => 0,
        }
    }
}

/// The raw value in `0..=max` whose compensation comes nearest to `wanted`; `f` is monotonic.
fn inverse(wanted: f64, max: u32, f: impl Fn(u32) -> f64) -> u32 {
    let rising = f(max) > f(0);
    let (mut low, mut high) = (0, max);
    while low < high {
        let middle = low + (high - low) / 2;
        if (f(middle) < wanted) == rising { low = middle + 1 } else { high = middle }
    }
    // `low` is the first at or beyond; its neighbour may be nearer.
    let before = low.saturating_sub(1);
    if (f(before) - wanted).abs() < (f(low) - wanted).abs() { before } else { low }
}

/// The measuring cycle.
#[derive(Clone, Copy, PartialEq)]
enum Mode {
    Sleep,
    /// One measurement, ready at this time.
    Forced {
        ready: Time,
    },
    /// Measurement after measurement; the next is ready at this time.
    Normal {
        ready: Time,
    },
}

#[derive(Clone)]
struct Bme280 {
    address: u8,
    bme: bool,
    ctrl_hum: u8,
    /// What CTRL_HUM held when CTRL_MEAS was last written: only then it takes effect.
    active_hum: u8,
    ctrl_meas: u8,
    config: u8,
    mode: Mode,
    /// Pressure, temperature, humidity as in the registers.
    raw: [u32; 3],
    /// The filter's memory of pressure and temperature.
    filtered: Option<[f64; 2]>,
    /// The registers as they were when a read began, so that a burst is of one measurement.
    shadow: [u8; 8],
    pointer: u8,
    /// How many bytes came since the start of a write.
    written: usize,
}

impl Bme280 {
    fn new(address: u8, bme: bool) -> Bme280 {
        Bme280 {
            address,
            bme,
            ctrl_hum: 0,
            active_hum: 0,
            ctrl_meas: 0,
            config: 0,
            mode: Mode::Sleep,
            raw: [SKIPPED_20_BIT, SKIPPED_20_BIT, SKIPPED_16_BIT],
            filtered: None,
            shadow: [0; 8],
            pointer: 0,
            written: 0,
        }
    }

    /// How often a quantity is measured and averaged; 0 when it is switched off.
    fn oversampling(bits: u8) -> u32 {
        match bits & 7 {
            0 => 0,
            n => 1 << (n.min(5) - 1),
        }
    }

    fn measuring_time(&self) -> Time {
        let half_ms = |bits: u8, extra: u32| match Bme280::oversampling(bits) {
            0 => 0,
            times => 4 * times + extra,
        };
        let t = half_ms(self.ctrl_meas >> 5, 0);
        let p = half_ms(self.ctrl_meas >> 2, 1);
        let h = if self.bme { half_ms(self.active_hum, 1) } else { 0 };
        Time::from_micros(500 * u64::from(2 + t + p + h))
    }

    fn standby_time(&self) -> Time {
        let bme_last = if self.bme { [10_000, 20_000] } else { [2_000_000, 4_000_000] };
        let us = match self.config >> 5 {
            0 => 500,
            1 => 62_500,
            2 => 125_000,
            3 => 250_000,
            4 => 500_000,
            5 => 1_000_000,
            n => bme_last[usize::from(n - 6)],
        };
        Time::from_micros(us)
    }

    /// Finishes the measurements that are due.
    fn catch_up(&mut self, cx: &Context) {
        match self.mode {
            Mode::Sleep => {}
            Mode::Forced { ready } => {
                if ready <= cx.now {
                    self.measure(cx, ready);
                    self.mode = Mode::Sleep;
                    self.ctrl_meas &= !3;
                }
            }
            Mode::Normal { mut ready } => {
                let cycle = self.measuring_time() + self.standby_time();
                let due = if ready > cx.now { 0 } else { (cx.now - ready).0 / cycle.0 + 1 };
                // Only the newest matter, even to the slowest filter.
                if due > 100 {
                    ready += Time((due - 100) * cycle.0);
                }
                while ready <= cx.now {
                    self.measure(cx, ready);
                    ready += cycle;
                }
                self.mode = Mode::Normal { ready };
            }
        }
    }

    /// One measurement of what the inputs are at `t`.
    fn measure(&mut self, cx: &Context, t: Time) {
        let c = &CALIBRATION;
        let filter = 1u32 << (self.config >> 2 & 7).min(4);
        let exact = inverse(cx.input_at(TEMPERATURE, t), 0xFFFFF, |raw| c.temperature(raw).0);
        let (_, fine) = c.temperature(exact);
        let pressure = inverse(cx.input_at(PRESSURE, t) * 100.0, 0xFFFFF, |raw| c.pressure(raw, fine));
        let mut new = [pressure as f64, exact as f64];
        // Without the filter the resolution is 16 bits and one more for every doubling of the samples.
        let quantise = |value: f64, bits: u8| match Bme280::oversampling(bits) {
            0 => SKIPPED_20_BIT,
            _ if filter > 1 => value as u32,
            times => {
                let step = 16 / times.min(16);
                ((value as u32 + step / 2) / step * step).min(0xFFFFF)
            }
        };
        if filter > 1 {
            if let Some(old) = self.filtered {
                let n = f64::from(filter);
                new = [0, 1].map(|i| (old[i] * (n - 1.0) + new[i]) / n);
            }
            self.filtered = Some(new);
        }
        let t_raw = quantise(new[1].round(), self.ctrl_meas >> 5);
        let p_raw = quantise(new[0].round(), self.ctrl_meas >> 2);
        let h_raw = if self.bme && self.active_hum & 7 != 0 {
            // The driver compensates with the temperature it reads, not with the exact one.
            let (_, fine) = c.temperature(t_raw);
            inverse(cx.input_at(HUMIDITY, t), 0xFFFF, |raw| c.humidity(raw, fine))
        } else {
            SKIPPED_16_BIT
        };
        self.raw = [p_raw, t_raw, h_raw];
    }

    fn data_registers(&self) -> [u8; 8] {
        let [p, t, h] = self.raw;
        let twenty = |raw: u32| [(raw >> 12) as u8, (raw >> 4) as u8, (raw << 4) as u8];
        let ([p0, p1, p2], [t0, t1, t2]) = (twenty(p), twenty(t));
        let [h0, h1] = if self.bme { [(h >> 8) as u8, h as u8] } else { [0, 0] };
        [p0, p1, p2, t0, t1, t2, h0, h1]
    }

    fn read(&self, register: u8, now: Time) -> u8 {
        match register {
            CALIB00..=0x9F => CALIBRATION.register(register),
            CALIB25 | CALIB26..=CALIB32 if self.bme => CALIBRATION.register(register),
            ID => {
                if self.bme {
                    0x60
                } else {
                    0x58
                }
            }
            CTRL_HUM if self.bme => self.ctrl_hum,
            STATUS => {
                let measuring = match self.mode {
                    Mode::Sleep => false,
                    Mode::Forced { ready } | Mode::Normal { ready } => {
                        now < ready && ready - now <= self.measuring_time()
                    }
                };
                u8::from(measuring) << 3
            }
            CTRL_MEAS => self.ctrl_meas,
            CONFIG => self.config,
            PRESS_MSB..=HUM_LSB => self.shadow[usize::from(register - PRESS_MSB)],
            _ => 0,
        }
    }

    fn write(&mut self, register: u8, value: u8, now: Time) {
        match register {
            RESET if value == RESET_WORD => {
                let (pointer, written) = (self.pointer, self.written);
                *self = Bme280 { pointer, written, ..Bme280::new(self.address, self.bme) };
            }
            CTRL_HUM if self.bme => self.ctrl_hum = value & 7,
            CTRL_MEAS => {
                self.ctrl_meas = value;
                self.active_hum = self.ctrl_hum;
                let ready = now + self.measuring_time();
                self.mode = match (value & 3, self.mode) {
                    (0, _) => Mode::Sleep,
                    (3, Mode::Normal { ready }) => Mode::Normal { ready },
                    (3, _) => Mode::Normal { ready },
                    _ => Mode::Forced { ready },
                };
            }
            CONFIG => self.config = value,
            _ => {}
        }
    }
}

impl Part for Bme280 {
    fn power_on(&mut self, cx: &mut Context) {
        // Breakout boards carry pull-ups.
        cx.drive(SDA, Drive::input(Pull::Up));
        cx.drive(SCL, Drive::input(Pull::Up));
    }

    fn i2c_address(&self) -> Option<u8> {
        Some(self.address)
    }

    fn i2c(&mut self, cx: &mut Context, event: I2cEvent) -> I2cReply {
        self.catch_up(cx);
        let mut reply = I2cReply { ack: true, ..I2cReply::default() };
        match event {
            I2cEvent::Start { read, .. } => {
                self.written = 0;
                if read {
                    self.shadow = self.data_registers();
                }
            }
            // Register and value by turns.
            I2cEvent::Write(byte) => {
                if self.written.is_multiple_of(2) {
                    self.pointer = byte;
                } else {
                    self.write(self.pointer, byte, cx.now);
                }
                self.written += 1;
            }
            I2cEvent::Read { .. } => {
                reply.byte = self.read(self.pointer, cx.now);
                self.pointer = self.pointer.wrapping_add(1);
            }
            I2cEvent::Stop => {}
        }
        reply
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Rig;
    use super::*;

    /// A driver's view: registers over I2C, and the data sheet's *integer* formulas, which the part does not use.
    struct Driver {
        rig: Rig,
    }

    impl Driver {
        fn new(properties: &[(&str, super::super::Value)]) -> Driver {
            Driver { rig: Rig::new("bme280", properties) }
        }

        fn write(&mut self, register: u8, value: u8) {
            self.rig.i2c(I2cEvent::Start { address: 0x76, read: false });
            self.rig.i2c(I2cEvent::Write(register));
            self.rig.i2c(I2cEvent::Write(value));
            self.rig.i2c(I2cEvent::Stop);
        }

        fn read<const N: usize>(&mut self, register: u8) -> [u8; N] {
            self.rig.i2c(I2cEvent::Start { address: 0x76, read: false });
            self.rig.i2c(I2cEvent::Write(register));
            self.rig.i2c(I2cEvent::Start { address: 0x76, read: true });
            let bytes = std::array::from_fn(|i| self.rig.i2c(I2cEvent::Read { ack: i + 1 < N }).byte);
            self.rig.i2c(I2cEvent::Stop);
            bytes
        }

        fn raw(&mut self) -> (i64, i64, i64) {
            let b: [u8; 8] = self.read(0xF7);
            let b = b.map(i64::from);
            (b[3] << 12 | b[4] << 4 | b[5] >> 4, b[0] << 12 | b[1] << 4 | b[2] >> 4, b[6] << 8 | b[7])
        }

        /// Hundredths of a degree, pascals, and 1/1024 percent.
        #[expect(clippy::precedence, reason = "written as the data sheet writes it")]
        fn compensated(&mut self) -> (i64, f64, i64) {
            let (raw_t, raw_p, raw_h) = self.raw();
            let c: [u8; 26] = self.read(0x88);
            let u = |i: usize| i64::from(u16::from_le_bytes([c[i], c[i + 1]]));
            let s = |i: usize| i64::from(i16::from_le_bytes([c[i], c[i + 1]]));
            let v1 = ((raw_t >> 3) - (u(0) << 1)) * s(2) >> 11;
            let v2 = (((raw_t >> 4) - u(0)) * ((raw_t >> 4) - u(0)) >> 12) * s(4) >> 14;
            let fine = v1 + v2;
            let t = (fine * 5 + 128) >> 8;
            let a = fine - 128000;
            let b = a * a * s(16) + (a * s(14) << 17) + (s(12) << 35);
            let a1 = (a * a * s(10) >> 8) + (a * s(8) << 12);
            let a1 = ((1 << 47) + a1) * u(6) >> 33;
            let mut p = 1048576 - raw_p;
            p = ((p << 31) - b) * 3125 / a1;
            let x = s(22) * (p >> 13) * (p >> 13) >> 25;
            let y = s(20) * p >> 19;
            p = ((p + x + y) >> 8) + (s(18) << 4);
            let e: [u8; 7] = self.read(0xE1);
            let h2 = i64::from(i16::from_le_bytes([e[0], e[1]]));
            let h4 = i64::from(e[3] as i8) << 4 | i64::from(e[4] & 0xF);
            let h5 = i64::from(e[5] as i8) << 4 | i64::from(e[4] >> 4);
            let (h1, h3, h6) = (i64::from(c[25]), i64::from(e[2]), i64::from(e[6] as i8));
            let v = fine - 76800;
            let v = (((raw_h << 14) - (h4 << 20) - h5 * v + 16384) >> 15)
                * ((((((v * h6 >> 10) * ((v * h3 >> 11) + 32768)) >> 10) + 2097152) * h2 + 8192) >> 14);
            let v = v - (((((v >> 15) * (v >> 15)) >> 7) * h1) >> 4);
            (t, p as f64 / 256.0, v.clamp(0, 419430400) >> 12)
        }
    }

    #[test]
    fn a_driver_reads_back_what_is_fed_in() {
        for (temperature, pressure, humidity) in [
            (22.0, 1013.25, 45.0),
            (-40.0, 300.0, 0.0),
            (85.0, 1100.0, 100.0),
            (0.0, 950.0, 12.5),
            (-12.34, 1040.0, 93.0),
            (36.6, 700.1, 61.8),
        ] {
            let mut driver = Driver::new(&[]);
            driver.rig.set("temperature", temperature);
            driver.rig.set("pressure", pressure);
            driver.rig.set("humidity", humidity);
            driver.write(CTRL_HUM, 5);
            driver.write(CTRL_MEAS, 5 << 5 | 5 << 2 | 1);
            driver.rig.wait(Time::from_millis(113));
            let (t, p, h) = driver.compensated();
            assert!((t as f64 / 100.0 - temperature).abs() <= 0.011, "{t} for {temperature}");
            assert!((p - pressure * 100.0).abs() < 1.0, "{p} Pa for {pressure} hPa");
            assert!((h as f64 / 1024.0 - humidity).abs() < 0.03, "{h} for {humidity}");
        }
    }

    #[test]
    fn one_sample_has_the_data_sheets_coarser_resolution() {
        let mut driver = Driver::new(&[]);
        driver.rig.set("temperature", 21.37);
        driver.write(CTRL_MEAS, 1 << 5 | 1 << 2 | 1);
        driver.rig.wait(Time::from_millis(10));
        let (raw_t, raw_p, raw_h) = driver.raw();
        assert_eq!((raw_t % 16, raw_p % 16), (0, 0), "16 bits of 20");
        assert_eq!(raw_h, 0x8000, "humidity is switched off");
        let (t, ..) = driver.compensated();
        assert!((t - 2137).abs() <= 1, "{t}");
    }

    #[test]
    fn forced_mode_measures_once_and_says_when() {
        let mut driver = Driver::new(&[]);
        assert_eq!(driver.raw(), (0x80000, 0x80000, 0x8000));
        driver.write(CTRL_HUM, 1);
        driver.write(CTRL_MEAS, 1 << 5 | 1 << 2 | 1);
        // 1 + 2 + 2.5 + 2.5 ms
        driver.rig.wait(Time::from_millis(7));
        assert_eq!(driver.read::<1>(STATUS), [8]);
        assert_eq!(driver.raw().0, 0x80000, "nothing is ready yet");
        driver.rig.wait(Time::from_millis(1));
        assert_eq!(driver.read::<1>(STATUS), [0]);
        assert_eq!(driver.read::<1>(CTRL_MEAS)[0] & 3, 0, "asleep again");
        let first = driver.raw();
        driver.rig.set("temperature", 60.0);
        driver.rig.wait(Time::from_secs(1));
        assert_eq!(driver.raw(), first);
    }

    #[test]
    fn normal_mode_goes_on_and_the_filter_follows_slowly() {
        let mut driver = Driver::new(&[]);
        driver.write(CTRL_MEAS, 1 << 5 | 1 << 2 | 3);
        driver.rig.wait(Time::from_secs(1));
        let cold = driver.raw().0;
        driver.rig.set("temperature", 60.0);
        driver.rig.wait(Time::from_secs(1));
        assert!(driver.raw().0 > cold);
        driver.write(CONFIG, 4 << 5 | 4 << 2);
        driver.rig.wait(Time::from_secs(1));
        let hot = driver.raw().0;
        driver.rig.set("temperature", 22.0);
        driver.rig.wait(Time::from_millis(600));
        let first = driver.raw().0;
        assert!(first < hot && first > hot - (hot - cold) / 4, "{cold} {first} {hot}");
        driver.rig.wait(Time::from_secs(60));
        assert!((driver.raw().0 - cold).abs() < 200);
    }

    #[test]
    fn reset_ids_and_the_variant_without_humidity() {
        let mut driver = Driver::new(&[]);
        assert_eq!(driver.read::<1>(ID), [0x60]);
        driver.write(CTRL_MEAS, 0x27);
        driver.write(RESET, 0x12);
        assert_eq!(driver.read::<1>(CTRL_MEAS), [0x27]);
        driver.write(RESET, RESET_WORD);
        assert_eq!(driver.read::<1>(CTRL_MEAS), [0]);
        let mut driver = Driver::new(&[("chip", super::super::Value::Text("bmp280".into()))]);
        assert_eq!(driver.read::<1>(ID), [0x58]);
        driver.write(CTRL_HUM, 5);
        assert_eq!(driver.read::<1>(CTRL_HUM), [0]);
        assert_eq!(driver.read::<7>(0xE1), [0; 7]);
    }
}
