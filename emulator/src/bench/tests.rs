use std::path::Path;

use super::*;
use crate::clock::Time;
use crate::part::Value;
use crate::signal::{Shape, Source};
use crate::trace::decode::{self, SpiLines, UartFrame};
use crate::trace::{BusData, SharedTrace, Trace};
use crate::world::{Drive, I2cBus, I2cEvent, Input, Level, Pull, SpiBus, UartLine, VDD, World};

fn parse(text: &str) -> Result<Bench, BenchErrors> {
    Bench::parse(text, Path::new("no-such-folder/bench.toml"))
}

/// The one error's text without the path.
fn error(text: &str) -> String {
    let errors = parse(text).expect_err("this should be refused");
    let all: Vec<_> =
        errors.0.iter().map(|e| format!("{e}").replace("no-such-folder/bench.toml:", "")).collect();
    all.join("\n")
}

fn world(text: &str) -> BenchWorld {
    BenchWorld::new(&parse(text).unwrap(), SharedTrace::default())
}

// Reading.

#[test]
fn a_whole_bench() {
    let bench = parse(
        r#"
title = "Everything"
[board]
type = "pico"
[[part]]
type = "led"
pins = { anode = "GP15" }
color = "green"
at = [10, 20.5]
[[part]]
type = "led"
pins.cathode = "pin 22"
[[part]]
type = "bme280"
name = "roof"
pins = { sda = "GP4", scl = "GP5" }
address = 0x77
inputs.temperature = { generator = "sine", min = 50, max = 68, unit = "°F", period = "1h", noise = 0.9 }
inputs.humidity = { slider = 40, step = 5 }
[upload]
files = ["main.py", "lib"]
"#,
    )
    .unwrap();
    assert_eq!(bench.title.as_deref(), Some("Everything"));
    let names: Vec<_> = bench.parts.iter().map(|part| (part.name.as_str(), part.line)).collect();
    assert_eq!(names, [("led", 5), ("led2", 10), ("roof", 13)]);
    assert_eq!(bench.parts[0].pins, [Some(Node::Gpio(15)), Some(Node::Ground)]);
    assert_eq!(bench.parts[0].at, Some((10.0, 20.5)));
    assert_eq!(bench.parts[1].pins, [Some(Node::Supply), Some(Node::Gpio(17))]);
    assert_eq!(bench.parts[2].properties.get("address"), Some(&Value::Integer(0x77)));
    let temperature = &bench.parts[2].inputs[0];
    let Source::Generator(generator) = &temperature.source else { panic!("{temperature:?}") };
    assert_eq!((generator.shape, generator.period), (Shape::Sine, Time::from_secs(3600)));
    assert!((temperature.noise.unwrap().deviation - 0.5).abs() < 1e-12, "converted to °C");
    let mut clean = temperature.clone();
    clean.noise = None;
    assert!((clean.value(Time::ZERO) - 15.0).abs() < 1e-9, "59 °F");
    assert_eq!(bench.upload.len(), 2);
}

#[test]
fn mistakes_are_named_with_their_place_and_the_way_out() {
    for (text, expected) in [
        (
            "[[part]]\ntype = \"bme208\"\n",
            "2:8: there is no part \"bme208\"; did you mean \"bme280\"? parts: led, button,",
        ),
        (
            "[board]\ntype = \"piko\"\n",
            "2:8: there is no board \"piko\"; did you mean \"pico\"? boards: pico",
        ),
        ("[[part]]\nname = \"x\"\n", "1:1: a part without a type; add type = \"…\", one of: led,"),
        (
            "[[part]]\ntype = \"led\"\ncolour = \"red\"\npins = { anode = \"GP1\" }\n",
            "3:1: a part of type \"led\" has no key \"colour\"; did you mean \"color\"? allowed: type,",
        ),
        (
            "[[part]]\ntype = \"led\"\ncolor = \"pink\"\n",
            "3:9: color is \"pink\"; it should be one of \"red\", \"green\",",
        ),
        (
            "[[part]]\ntype = \"led\"\npins = { anode = \"GP31\" }\n",
            "3:18: the Raspberry Pi Pico has no signal pin \"GP31\"; did you mean \"GP1\"? its pins: GP0,",
        ),
        (
            "[[part]]\ntype = \"led\"\npins = { anodee = \"GP1\" }\n",
            "3:10: a LED has no pin \"anodee\"; did you mean \"anode\"? its pins: anode, cathode",
        ),
        (
            "[[part]]\ntype = \"bme280\"\npins = { sda = \"GP4\" }\n",
            "3:8: \"bme280\" (BME280 weather sensor) is missing its pin \"scl\"; add it to pins: I2C clock",
        ),
        (
            "[[part]]\ntype=\"led\"\npins={anode=\"GP15\"}\n[[part]]\ntype=\"button\"\npins={a=\"pin 20\"}\n",
            "6:9: pin 20 is used twice: here for pin \"a\" of \"button\"; line 3 gives it to pin \"anode\" of \"led\"",
        ),
        (
            "[[part]]\ntype = \"potentiometer\"\npins = { wiper = \"GP15\" }\n",
            "3:18: GP15 has no analogue input, but \"wiper\" delivers a voltage; use one of GP26, GP27, GP28, GP29",
        ),
        (
            "[[part]]\ntype = \"bme280\"\npins = { sda = \"GP4\", scl = \"GP5\" }\ninputs.temperature = 99\n",
            "4:22: \"temperature\" cannot be 99; allowed: -40 to 85 °C",
        ),
        (
            "[[part]]\ntype=\"bme280\"\npins={sda=\"GP4\",scl=\"GP5\"}\ninputs.temperature={value=1,unit=\"hPa\"}\n",
            "4:34: \"temperature\" cannot be given in \"hPa\"; allowed: °C, C, °F, F, K",
        ),
        (
            "[[part]]\ntype=\"bme280\"\npins={sda=\"GP4\",scl=\"GP5\"}\ninputs.humidity=\"wet\"\n",
            "4:17: humidity is a string; it should be a number, or a table with one of value, slider,",
        ),
        (
            "[[part]]\ntype=\"bme280\"\npins={sda=\"GP4\",scl=\"GP5\"}\ninputs.humidity={csv=\"w.csv\"}\n",
            "4:22: cannot read no-such-folder/w.csv: No such file",
        ),
        (
            "[[part]]\ntype=\"bme280\"\npins={sda=\"GP4\",scl=\"GP5\"}\ninputs.humidity={generator=\"sin\"}\n",
            "4:28: there is no generator \"sin\"; did you mean \"sine\"? generators: sine,",
        ),
        (
            "[[part]]\ntype=\"bme280\"\npins={sda=\"GP4\",scl=\"GP5\"}\ninputs.humidity={period=\"1s\"}\n",
            "4:17: \"humidity\" does not say where its value comes from; give exactly one of value",
        ),
        (
            "[[part]]\ntype=\"bme280\"\npins={sda=\"GP4\",scl=\"GP5\"}\ninputs.humidity={generator=\"ramp\",period=\"0s\"}\n",
            "4:42: period is \"0s\", which is no duration above zero; write for example \"500ms\"",
        ),
        ("[[part]\ntype = 1\n", "1:8: "),
        ("[part]\ntype = \"led\"\n", "1:1: part is a table; it should be an array of tables: write [[part]]"),
        ("[bord]\n", "1:2: a bench has no key \"bord\"; did you mean \"board\"? allowed: title,"),
        ("[upload]\nfiles = \"main.py\"\n", "2:9: files is a string; it should be a list of paths"),
        (
            "[[part]]\ntype = \"led\"\nname = \"a\"\n[[part]]\ntype = \"led\"\nname = \"a\"\n",
            "6:8: the name \"a\" is used twice; the part on line 1 has it; choose another",
        ),
        (
            "[board]\nfirmware = \"nothing.uf2\"\n",
            "2:12: there is no file no-such-folder/nothing.uf2; name an image",
        ),
    ] {
        let found = error(text);
        assert!(found.starts_with(expected), "\nfound:    {found}\nexpected: {expected}");
        assert_eq!(found.lines().count(), 1, "{found}");
    }
}

#[test]
fn all_mistakes_are_told_in_the_order_of_the_file() {
    let errors =
        parse("[[part]]\ntype = \"lead\"\n[[part]]\ntype = \"led\"\nbrightness = 1\n[uplaod]\n").unwrap_err();
    let lines: Vec<_> = errors.0.iter().map(|error| error.line).collect();
    assert_eq!(lines, [2, 5, 6]);
}

#[test]
fn data_sets_are_found_beside_the_bench_and_checked() {
    let dir = std::env::temp_dir().join(format!("solderless-bench-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    std::fs::write(dir.join("weather.csv"), "time_s,temp_c,hum\n0,10,50\n60,20,oops\n").unwrap();
    let part = "[[part]]\ntype = \"bme280\"\npins = { sda = \"GP4\", scl = \"GP5\" }\n";
    let path = dir.join("bench.toml");
    let read = |signal: &str| Bench::parse(&format!("{part}inputs.temperature = {{ {signal} }}\n"), &path);
    let message = |signal: &str| read(signal).unwrap_err().0[0].to_string();

    let bench =
        read(r#"csv = "weather.csv", column = "temp_c", time = "time_s", interpolate = "linear""#).unwrap();
    assert_eq!(bench.parts[0].inputs[0].value(Time::from_secs(30)), 15.0);
    let missing = message(r#"csv = "weather.csv", column = "temp", period = "1s""#);
    assert!(missing.ends_with(
        "bench.toml:4:54: weather.csv has no column \"temp\"; did you mean \"temp_c\"? its columns: time_s, temp_c, hum"
    ), "{missing}");
    let missing = message(r#"csv = "weather.csv", column = "temp_c", time = "when""#);
    assert!(missing.contains(":4:71: weather.csv has no column \"when\""), "{missing}");
    assert!(
        message(r#"csv = "weather.csv", column = "hum", period = "1s""#)
            .ends_with("weather.csv:3: column \"hum\" holds \"oops\" where a number is expected")
    );
    assert!(
        message(r#"csv = "weather.csv", period = "1s""#)
            .contains("add column = \"…\", one of: time_s, temp_c, hum")
    );
    assert!(
        message(r#"csv = "weather.csv", column = "temp_c""#)
            .contains("when do the rows of weather.csv hold?")
    );
    std::fs::remove_dir_all(&dir).unwrap();
}

// Running.

const SECOND: Time = Time::from_secs(1);

fn high(world: &mut BenchWorld, t: Time, gpio: u8, level: bool) {
    world.pin_drive(t, gpio, Drive::output(Level::from(level)));
}

#[test]
fn an_led_shows_the_duty_of_fast_switching() {
    let mut world = world("[[part]]\ntype = \"led\"\npins = { anode = \"GP15\" }\n");
    for us in (0..200_000).step_by(1000) {
        high(&mut world, Time::from_micros(us), 15, true);
        high(&mut world, Time::from_micros(us + 250), 15, false);
    }
    world.advance(Time::from_millis(200), &mut Vec::new());
    let led: Vec<_> = world.outputs().filter(|o| o.0 == "led").collect();
    assert_eq!(led, [("led", "brightness", 0.25)]);
    let trace = world.trace().clone();
    let (brightness, pin) = trace.read(|t| (t.find("led.brightness").unwrap(), t.find("GP15").unwrap()));
    assert_eq!(trace.lock().last_value(brightness), Some(0.25));
    assert_eq!(trace.lock().len(pin), 400);
    // The board's own LED is dark all the while; it lights at once when driven, and not from a pull-up.
    let board = |world: &BenchWorld| world.outputs().find(|o| o.0 == "board").unwrap().2;
    assert_eq!(board(&world), 0.0);
    world.pin_drive(Time::from_millis(200), 25, Drive::input(Pull::Up));
    world.advance(Time::from_millis(240), &mut Vec::new());
    assert_eq!(board(&world), 0.0);
    high(&mut world, Time::from_millis(240), 25, true);
    world.advance(Time::from_millis(280), &mut Vec::new());
    assert_eq!(board(&world), 1.0);
}

#[test]
fn a_button_bounces_and_settles() {
    let mut world = world(
        "[[part]]\ntype = \"button\"\npins = { a = \"GP14\" }\nbounce = 4\n\
         inputs.pressed = { generator = \"square\", min = 0, max = 1, period = \"1s\", phase = 0.5 }\n",
    );
    world.pin_drive(Time::ZERO, 14, Drive::input(Pull::Up));
    assert!(world.pin_level(Time::ZERO, 14));
    let mut inputs = Vec::new();
    world.advance(Time::ZERO, &mut inputs);
    inputs.clear();
    // As a chip does it: from event to event.
    while let Some(next) = world.next_event().filter(|&at| at <= Time::from_millis(1400)) {
        world.advance(next, &mut inputs);
    }
    let edges: Vec<_> = inputs
        .iter()
        .map(|input| match input {
            Input::PinChanged { at, gpio: 14, high } => (*at, *high),
            other => panic!("{other:?}"),
        })
        .collect();
    // Pressed at 0.5 s, released at 1 s, each with bounces within 4 ms.
    assert_eq!(edges[0], (Time::from_millis(500), false));
    assert!(edges.len() >= 6, "{edges:?}");
    let (press, release): (Vec<_>, Vec<_>) = edges.iter().partition(|(at, _)| *at < SECOND);
    assert_eq!(press.len() % 2, 1);
    assert!(press.iter().all(|(at, _)| *at <= Time::from_millis(504)));
    assert_eq!(release[0].0, SECOND);
    assert!(release.last().unwrap().1 && release.iter().all(|(at, _)| *at <= Time::from_millis(1004)));
    // By hand, with the finger staying on.
    world.set_input(Time::from_millis(1450), "button", "pressed", 1.0).unwrap();
    assert!(!world.pin_level(Time::from_millis(1460), 14));
    world.release_input(Time::from_millis(1470), "button", "pressed").unwrap();
    assert!(world.pin_level(Time::from_millis(1480), 14));
}

#[test]
fn inputs_are_checked() {
    let mut world = world("[[part]]\ntype = \"potentiometer\"\npins = { wiper = \"GP26\" }\n");
    let mut message =
        |part, input, value| world.set_input(Time::ZERO, part, input, value).unwrap_err().to_string();
    assert_eq!(
        message("pot", "position", 1.0),
        "there is no part \"pot\" on the bench; there are: potentiometer, board"
    );
    assert_eq!(
        message("potentiometer", "angle", 1.0),
        "\"potentiometer\" has no input \"angle\"; its inputs are: position"
    );
    assert!(message("potentiometer", "position", f64::NAN).contains("allowed: 0 to 100 %"));
    world.set_input(Time::ZERO, "potentiometer", "position", 25.0).unwrap();
    assert_eq!(world.pin_volts(Time(1), 26), VDD / 4);
    assert_eq!(world.input("potentiometer", "position"), Some(25.0));
    let trace = world.trace().lock();
    assert_eq!(trace.last_value(trace.find("GP26 volts").unwrap()), Some(0.825));
}

#[test]
fn a_short_circuit_is_reported_once() {
    let mut world = world("[[part]]\ntype = \"button\"\npins = { a = \"GP14\" }\nbounce = 0\n");
    high(&mut world, Time::ZERO, 14, true);
    assert!(world.take_reports().is_empty());
    world.set_input(Time(5), "button", "pressed", 1.0).unwrap();
    let reports = world.take_reports();
    assert_eq!(
        reports[0].message,
        "short circuit at GP14: the board drives it high, \"button\" drives it low; a real board could be damaged"
    );
    assert!(!world.pin_level(Time(6), 14), "ground wins");
    assert_eq!(reports.len(), 1);
}

const WEATHER: &str =
    "[[part]]\ntype = \"bme280\"\npins = { sda = \"GP4\", scl = \"GP5\" }\ninputs.pressure = 1000\n";
const BUS: I2cBus = I2cBus { sda: 4, scl: 5, hz: 400_000 };

/// The steps of reading `count` registers from `first` on.
fn read_registers(address: u8, first: u8, count: usize) -> Vec<I2cEvent> {
    let mut steps = vec![
        I2cEvent::Start { address, read: false },
        I2cEvent::Write(first),
        I2cEvent::Start { address, read: true },
    ];
    steps.extend((0..count).map(|i| I2cEvent::Read { ack: i + 1 < count }));
    steps.push(I2cEvent::Stop);
    steps
}

/// How long a step takes on the wires.
fn span(step: I2cEvent, hz: u32) -> Time {
    let periods = match step {
        I2cEvent::Start { .. } => 10,
        I2cEvent::Stop => 1,
        _ => 9,
    };
    Time(periods * 1_000_000_000 / u64::from(hz))
}

#[test]
fn hardware_i2c_reads_the_chip_id_and_draws_what_decodes_back() {
    let mut world = world(WEATHER);
    let mut t = Time::from_millis(1);
    for pin in [4, 5] {
        world.pin_drive(Time::ZERO, pin, Drive::input(Pull::Up));
    }
    let mut run = |world: &mut BenchWorld, steps: Vec<I2cEvent>| {
        let mut replies = Vec::new();
        for step in steps {
            replies.push(world.i2c(t, BUS, step));
            t += span(step, BUS.hz);
        }
        replies
    };
    let replies = run(&mut world, read_registers(0x76, 0xD0, 1));
    assert!(replies[..3].iter().all(|reply| reply.ack));
    assert_eq!(replies[3].byte, 0x60);
    let nobody = run(&mut world, vec![I2cEvent::Start { address: 0x40, read: false }, I2cEvent::Stop]);
    assert!(!nobody[0].ack);

    let trace = world.trace().lock();
    let channel = |name| trace.find(name).unwrap();
    let recorded: Vec<_> =
        trace.items(channel("I2C GP4/GP5"), Time::ZERO, Time::NEVER).map(|item| item.what).collect();
    let address = |address, read, ack| BusData::I2cAddress { address, read, ack };
    let data = |byte, read, ack| BusData::I2cData { byte, read, ack };
    assert_eq!(
        recorded,
        [
            BusData::I2cStart,
            address(0x76, false, true),
            data(0xD0, false, true),
            BusData::I2cStart,
            address(0x76, true, true),
            data(0x60, true, false),
            BusData::I2cStop,
            BusData::I2cStart,
            address(0x40, false, false),
            BusData::I2cStop,
        ]
    );
    let decoded: Vec<_> = decode::i2c(&trace, channel("GP4"), channel("GP5"), Time::ZERO, Time::NEVER)
        .into_iter()
        .map(|item| item.what)
        .collect();
    assert_eq!(decoded, recorded);
}

/// A bit-banged I2C controller with open-drain pins, as SoftI2C is one.
struct SoftI2c<'a> {
    world: &'a mut BenchWorld,
    t: Time,
}

impl SoftI2c<'_> {
    fn line(&mut self, gpio: u8, level: bool) {
        self.t += Time::from_micros(2);
        let drive = if level { Drive::input(Pull::Up) } else { Drive::output(Level::Low) };
        self.world.pin_drive(self.t, gpio, drive);
    }

    fn start(&mut self) {
        self.line(4, true);
        self.line(5, true);
        self.line(4, false);
        self.line(5, false);
    }

    fn stop(&mut self) {
        self.line(4, false);
        self.line(5, true);
        self.line(4, true);
    }

    fn bit(&mut self, out: bool) -> bool {
        self.line(4, out);
        self.line(5, true);
        let level = self.world.pin_level(self.t, 4);
        self.line(5, false);
        level
    }

    fn write(&mut self, byte: u8) -> bool {
        for i in (0..8).rev() {
            self.bit(byte >> i & 1 != 0);
        }
        !self.bit(true)
    }

    fn read(&mut self, ack: bool) -> u8 {
        let byte = (0..8).fold(0, |byte, _| byte << 1 | u8::from(self.bit(true)));
        self.bit(!ack);
        byte
    }
}

#[test]
fn a_bit_banged_bus_reaches_the_same_part() {
    let mut world = world(WEATHER);
    let mut bus = SoftI2c { world: &mut world, t: Time::ZERO };
    bus.stop();
    for (address, there) in [(0x40, false), (0x76, true), (0x77, false)] {
        bus.start();
        assert_eq!(bus.write(address << 1), there, "0x{address:02X}");
        bus.stop();
    }
    // The identification and calibration words, in one transfer of several bytes.
    bus.start();
    assert!(bus.write(0x76 << 1) && bus.write(0x88));
    bus.start();
    assert!(bus.write(0x76 << 1 | 1));
    let words: Vec<_> = (0..6).map(|i| bus.read(i < 5)).collect();
    bus.stop();
    assert_eq!(words, [0x70, 0x6B, 0x43, 0x67, 0x18, 0xFC]);
    bus.start();
    assert!(bus.write(0x76 << 1) && bus.write(0xF4) && bus.write(0x25));
    bus.stop();
    bus.start();
    assert!(bus.write(0x76 << 1) && bus.write(0xF4));
    bus.start();
    assert!(bus.write(0x76 << 1 | 1));
    assert_eq!(bus.read(false), 0x25);
    bus.stop();
    let trace = world.trace().lock();
    let items = trace.find("I2C GP4/GP5").unwrap();
    let count = trace.items(items, Time::ZERO, Time::NEVER).count();
    assert_eq!(
        count,
        decode::i2c(&trace, trace.find("GP4").unwrap(), trace.find("GP5").unwrap(), Time::ZERO, Time::NEVER)
            .len()
    );
    assert!(count > 30);
}

const ADC: &str = "[[part]]\ntype = \"mcp3008\"\npins = { sck = \"GP18\", mosi = \"GP19\", miso = \"GP16\", cs = \"GP17\" }\n\
                   inputs.ch3 = 1.0\n";

fn spi_bus(polarity: bool, phase: bool) -> SpiBus {
    SpiBus { sck: 18, mosi: Some(19), miso: Some(16), hz: 1_000_000, polarity, phase }
}

#[test]
fn hardware_spi_reads_the_converter_in_modes_0_and_3_only_while_selected() {
    for mode in [false, true] {
        let mut world = world(ADC);
        world.pin_drive(Time::ZERO, 16, Drive::input(Pull::Down));
        high(&mut world, Time::ZERO, 17, true);
        let mut t = Time::from_micros(10);
        let mut transfer = |world: &mut BenchWorld| {
            [1u16, 0xB0, 0].map(|word| {
                let answer = world.spi(t, spi_bus(mode, mode), word, 8);
                t += Time::from_micros(8);
                answer
            })
        };
        assert_eq!(transfer(&mut world), [0, 0, 0], "not selected");
        high(&mut world, Time::from_micros(40), 17, false);
        t = Time::from_micros(50);
        let mut transfer = |world: &mut BenchWorld| {
            [1u16, 0xB0, 0].map(|word| {
                let answer = world.spi(t, spi_bus(mode, mode), word, 8);
                t += Time::from_micros(8);
                answer
            })
        };
        let answer = transfer(&mut world);
        assert_eq!((answer[1] & 3) << 8 | answer[2], 310, "1 V of 3.3 V");
        let trace = world.trace().lock();
        let channel = |name| trace.find(name).unwrap();
        let lines = SpiLines {
            sck: channel("GP18"),
            mosi: Some(channel("GP19")),
            miso: Some(channel("GP16")),
            cs: Some(channel("GP17")),
            polarity: mode,
            phase: mode,
            bits: 8,
        };
        let decoded: Vec<_> =
            decode::spi(&trace, &lines, Time::ZERO, Time::NEVER).iter().map(|item| item.what).collect();
        let recorded: Vec<_> = trace
            .items(channel("SPI GP18/GP19/GP16"), Time::from_micros(50), Time::NEVER)
            .map(|item| item.what)
            .collect();
        assert_eq!(decoded, recorded);
    }
}

#[test]
fn bit_banged_spi_reads_the_converter() {
    let mut world = world(ADC);
    let mut t = Time::ZERO;
    let mut set = |world: &mut BenchWorld, gpio, level| {
        t += Time::from_micros(1);
        high(world, t, gpio, level);
        t
    };
    set(&mut world, 17, true);
    set(&mut world, 18, false);
    set(&mut world, 17, false);
    let mut answer = 0u32;
    for bit in (0..24).rev() {
        set(&mut world, 19, 0x01B000 >> bit & 1 != 0);
        let now = set(&mut world, 18, true);
        answer = answer << 1 | u32::from(world.pin_level(now, 16));
        set(&mut world, 18, false);
    }
    set(&mut world, 17, true);
    assert_eq!(answer & 0x3FF, 310);
}

#[test]
fn a_gps_arrives_byte_by_byte_at_its_baud_rate() {
    let text = "[[part]]\ntype = \"gps_nmea\"\npins = { tx = \"GP1\", rx = \"GP0\" }\nsentences = [\"GGA\"]\n\
                inputs.latitude = 48.1173\ninputs.longitude = 11.5167\n";
    let mut world = world(text);
    let mut inputs = Vec::new();
    while let Some(next) = world.next_event().filter(|&at| at < Time::from_secs(2)) {
        world.advance(next, &mut inputs);
    }
    let bytes: Vec<_> = inputs
        .iter()
        .filter_map(|input| match *input {
            Input::UartRx { at, gpio: 1, byte, baud: 9600 } => Some((at, byte)),
            _ => None,
        })
        .collect();
    let sentence = String::from_utf8(bytes.iter().map(|&(_, byte)| byte).collect()).unwrap();
    assert!(sentence.starts_with("$GPGGA,080001.00,4807.03800,N,01131.00200,E,1,08,1.10,34.0,M,47.0,M,,*"));
    assert_eq!(bytes[1].0 - bytes[0].0, Time(10 * (1_000_000_000 / 9600)));
    assert!(world.pin_level(Time::from_secs(2), 1), "the line idles high");
    let trace = world.trace().clone();
    let decoded = trace.read(|trace: &Trace| {
        let frame = UartFrame { baud: 9600, bits: 8, odd_parity: None };
        decode::uart(trace, trace.find("GP1").unwrap(), &frame, Time::ZERO, Time::NEVER)
    });
    let seen: Vec<_> = decoded.iter().map(|item| item.what).collect();
    let sent: Vec<_> = bytes.iter().map(|&(_, byte)| BusData::Uart { byte, ok: true }).collect();
    // The next sentence may have begun.
    assert_eq!(seen[..sent.len()], sent);
    // The board talking at another rate is told, once.
    for _ in 0..2 {
        world.uart_tx(Time::from_secs(2), UartLine::new_8n1(0, 115_200), b'x');
    }
    let reports = world.take_reports();
    assert_eq!(reports.len(), 1);
    assert_eq!(reports[0].message, "\"gps_nmea\" listens at 9600 baud, the board sends at 115200");
}

#[test]
fn the_same_calls_give_the_same_trace() {
    let record = || {
        let mut world = world(
            "[[part]]\ntype = \"button\"\npins = { a = \"GP14\" }\n\
             inputs.pressed = { generator = \"noise\", min = 0, max = 1, period = \"70ms\" }\n\
             [[part]]\ntype = \"potentiometer\"\npins = { wiper = \"GP26\" }\n\
             inputs.position = { generator = \"sine\", noise = 2, dropout = 0.2 }\n",
        );
        world.pin_drive(Time::ZERO, 14, Drive::input(Pull::Up));
        let mut inputs = Vec::new();
        for ms in 0..3000 {
            world.advance(Time::from_millis(ms), &mut inputs);
            world.pin_volts(Time::from_millis(ms), 26);
        }
        let mut csv = Vec::new();
        crate::trace::export::csv(&world.trace().lock(), &Default::default(), &mut csv).unwrap();
        (inputs, csv)
    };
    let (first, second) = (record(), record());
    assert!(first.0.len() > 20 && first.1.len() > 10_000);
    assert!(first == second);
}

#[test]
fn a_reset_lets_go_of_all_pins() {
    let mut world = world("[[part]]\ntype = \"led\"\npins = { anode = \"GP15\" }\n");
    high(&mut world, Time::ZERO, 15, true);
    world.chip_reset(Time::from_millis(10));
    world.advance(Time::from_millis(60), &mut Vec::new());
    assert_eq!(world.outputs().next().unwrap().2, 0.0);
}

#[test]
fn the_examples_run() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/examples");
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path().join("bench.toml");
        if !path.is_file() {
            continue;
        }
        let bench = Bench::load(&path).unwrap_or_else(|errors| panic!("{errors}"));
        for file in &bench.upload {
            assert!(bench.dir.join(file).exists(), "{} names {}", path.display(), file.display());
        }
        let mut world = BenchWorld::new(&bench, SharedTrace::default());
        world.advance(Time::from_secs(3), &mut Vec::new());
        assert_eq!(world.take_reports(), [], "{}", path.display());
        seen += 1;
    }
    assert_eq!(seen, 8);
}

#[test]
fn swapped_wires_are_explained_once() {
    let mut world = world(&format!("{WEATHER}[[part]]\ntype = \"gps_nmea\"\npins = {{ tx = \"GP8\" }}\n"));
    let swapped = I2cBus { sda: 5, scl: 4, hz: 100_000 };
    for address in [0x76, 0x77] {
        assert!(!world.i2c(Time::ZERO, swapped, I2cEvent::Start { address, read: false }).ack);
        world.uart_tx(Time::ZERO, UartLine::new_8n1(8, 9600), b'?');
    }
    let messages: Vec<_> = world.take_reports().into_iter().map(|report| report.message).collect();
    assert_eq!(
        messages,
        [
            "the board uses SDA=GP5 SCL=GP4, but \"bme280\" is wired to SDA=GP4 SCL=GP5",
            "the board sends at GP8, where \"gps_nmea\" sends too: wire its \"tx\" to the board's receiving pin",
        ]
    );
}

/// The board's end of a 1-Wire bus.
struct OneWire<'a> {
    world: &'a mut BenchWorld,
    t: Time,
}

impl OneWire<'_> {
    /// Pulls low for so many microseconds, looks after some more, and waits for the rest of the slot.
    fn slot(&mut self, low: u64, look: u64, rest: u64) -> bool {
        self.world.pin_drive(self.t, 22, Drive::output(Level::Low));
        self.t += Time::from_micros(low);
        self.world.pin_drive(self.t, 22, Drive::FLOATING);
        self.t += Time::from_micros(look);
        let level = self.world.pin_level(self.t, 22);
        self.t += Time::from_micros(rest);
        level
    }

    fn reset(&mut self) -> bool {
        !self.slot(480, 70, 410)
    }

    fn write(&mut self, byte: u8) {
        for bit in 0..8 {
            self.write_bit(byte >> bit & 1 != 0);
        }
    }

    fn write_bit(&mut self, bit: bool) {
        self.slot(if bit { 6 } else { 60 }, 0, 64);
    }

    fn read_bit(&mut self) -> bool {
        self.slot(6, 9, 55)
    }

    /// Finds all numbers on the bus: at each collision first the way of the zero.
    fn search(&mut self) -> Vec<u64> {
        let (mut found, mut open) = (Vec::new(), vec![(0u64, 0)]);
        while let Some((prefix, known)) = open.pop() {
            assert!(self.reset());
            self.write(0xF0);
            let mut rom = 0;
            for bit in 0..64 {
                let (is, is_not) = (self.read_bit(), self.read_bit());
                assert!(!(is && is_not), "nobody left at bit {bit}");
                let way = if bit < known { prefix >> bit & 1 != 0 } else { is };
                if bit >= known && !is && !is_not {
                    open.push((rom | 1 << bit, bit + 1));
                }
                rom |= u64::from(way) << bit;
                self.write_bit(way);
            }
            found.push(rom);
        }
        found
    }
}

#[test]
fn several_thermometers_share_a_wire() {
    let part = |serial: u64| {
        format!("[[part]]\ntype = \"ds18b20\"\nserial = {serial}\npins = {{ data = \"GP22\" }}\n")
    };
    let mut world = world(&[part(0x1234), part(0x1235), part(0x77_0000)].concat());
    let mut bus = OneWire { world: &mut world, t: Time::from_millis(1) };
    let mut serials: Vec<_> = bus.search().iter().map(|rom| rom >> 8 & 0xFFFF_FFFF_FFFF).collect();
    serials.sort();
    assert_eq!(serials, [0x1234, 0x1235, 0x77_0000]);
    assert_eq!(world.take_reports(), []);
}
