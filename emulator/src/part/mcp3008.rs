//! Microchip MCP3008: an analogue-to-digital converter with eight inputs and ten bits, on SPI.
//! Source: data sheet DS21295 (section 5, serial communication).

use super::{Context, InputInfo, Part, PartType, PinInfo, Properties, PropertyInfo, PropertyKind, Role};

const CS: usize = 3;

const fn channel(name: &'static str, title: &'static str) -> InputInfo {
    InputInfo { name, title, unit: "V", min: 0.0, max: 5.0, default: 0.0, step: 0.01, switch: false }
}

pub(super) static TYPE: PartType = PartType {
    name: "mcp3008",
    title: "MCP3008 A/D converter",
    description: "Eight analogue inputs with ten bits each, on SPI (mode 0 or 3). Gives 1023 for the reference \
                  voltage; also measures the difference of neighbouring inputs.",
    pins: &[
        PinInfo {
            name: "sck",
            role: Role::Sck,
            default: None,
            required: true,
            description: "SPI clock (CLK on the chip).",
        },
        PinInfo {
            name: "mosi",
            role: Role::Mosi,
            default: None,
            required: true,
            description: "SPI data to the chip (DIN).",
        },
        PinInfo {
            name: "miso",
            role: Role::Miso,
            default: None,
            required: true,
            description: "SPI data from the chip (DOUT).",
        },
        PinInfo {
            name: "cs",
            role: Role::Cs,
            default: None,
            required: true,
            description: "Chip select: any output pin, low while talking.",
        },
    ],
    inputs: &[
        channel("ch0", "Input CH0"),
        channel("ch1", "Input CH1"),
        channel("ch2", "Input CH2"),
        channel("ch3", "Input CH3"),
        channel("ch4", "Input CH4"),
        channel("ch5", "Input CH5"),
        channel("ch6", "Input CH6"),
        channel("ch7", "Input CH7"),
    ],
    outputs: &[],
    properties: &[PropertyInfo {
        name: "vref",
        title: "Reference voltage",
        kind: PropertyKind::Number { default: 3.3, min: 0.25, max: 5.0, unit: "V" },
    }],
    make: |properties: &Properties| {
        Ok(Box::new(Mcp3008 { vref: properties.number("vref"), state: State::Idle, code: 0 }))
    },
};

/// Where in a conversion the chip is.
#[derive(Clone, Copy)]
enum State {
    /// Waits for the start bit.
    Idle,
    /// Gets the four bits that choose the input; so many are in.
    Choosing { bits: u8, count: u8 },
    /// One clock for sampling.
    Sampling,
    /// Gives out: the null bit (0), ten bits from the top (1 to 10), nine from the bottom (11 to 19), zeros.
    Giving { position: u8 },
}

#[derive(Clone)]
struct Mcp3008 {
    vref: f64,
    state: State,
    code: u16,
}

impl Mcp3008 {
    fn convert(&self, cx: &Context, choice: u8) -> u16 {
        let n = usize::from(choice & 7);
        let single = choice & 8 != 0;
        // Differential: the even numbers measure the pair one way round, the odd ones the other.
        let volts = if single { cx.input(n) } else { cx.input(n) - cx.input(n ^ 1) };
        (volts / self.vref * 1024.0).floor().clamp(0.0, 1023.0) as u16
    }
}

impl Part for Mcp3008 {
    fn pin_changed(&mut self, _cx: &mut Context, pin: usize, _high: bool) {
        if pin == CS {
            self.state = State::Idle;
        }
    }

    fn spi_out(&self) -> bool {
        match self.state {
            State::Giving { position: n @ 1..=10 } => self.code >> (10 - n) & 1 != 0,
            State::Giving { position: n @ 11..=19 } => self.code >> (n - 10) & 1 != 0,
            _ => false,
        }
    }

    fn spi_clock(&mut self, cx: &mut Context, mosi: bool) {
        self.state = match self.state {
            State::Idle if mosi => State::Choosing { bits: 0, count: 0 },
            State::Idle => State::Idle,
            State::Choosing { bits, count } => {
                let bits = bits << 1 | u8::from(mosi);
                if count == 3 {
                    self.code = self.convert(cx, bits);
                    State::Sampling
                } else {
                    State::Choosing { bits, count: count + 1 }
                }
            }
            State::Sampling => State::Giving { position: 0 },
            State::Giving { position } => State::Giving { position: position.saturating_add(1) },
        };
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Rig;

    /// The usual three bytes: start bit, choice, result.
    fn read(rig: &mut Rig, choice: u8) -> u16 {
        let bytes = rig.spi(&[1, choice << 4, 0]);
        u16::from(bytes[1] & 3) << 8 | u16::from(bytes[2])
    }

    #[test]
    fn single_inputs() {
        let mut rig = Rig::new("mcp3008", &[]);
        for (n, volts, code) in [(0, 0.0, 0), (1, 1.65, 512), (2, 3.3, 1023), (5, 0.0032, 0), (7, 0.0033, 1)]
        {
            rig.set(&format!("ch{n}"), volts);
            assert_eq!(read(&mut rig, 8 | n), code, "CH{n} at {volts} V");
        }
        assert_eq!(read(&mut rig, 8 | 1), 512);
    }

    #[test]
    fn differential_pairs_do_not_go_below_zero() {
        let mut rig = Rig::new("mcp3008", &[]);
        rig.set("ch2", 2.0);
        rig.set("ch3", 0.35);
        assert_eq!(read(&mut rig, 2), 512);
        assert_eq!(read(&mut rig, 3), 0);
    }

    #[test]
    fn bits_repeat_from_the_bottom_when_the_clock_goes_on() {
        let mut rig = Rig::new("mcp3008", &[]);
        rig.set("ch0", 3.3 * 0b10_1100_0001 as f64 / 1024.0 + 1e-4);
        // Start bit first, so that the bytes are one stream: start, 4 bits, sample, null, 10 bits, 9 bits, 0…
        let bytes = rig.spi(&[0b1100_0000, 0, 0, 0]);
        let stream = u32::from_be_bytes(bytes.try_into().unwrap());
        assert_eq!(stream >> (32 - 26), 0b101_1000_0010_0000_1101);
        assert_eq!(stream & 0x3F, 0);
    }
}
