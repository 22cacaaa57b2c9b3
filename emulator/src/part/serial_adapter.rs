//! A serial adapter: through it a program on this computer speaks to one of the board's UARTs.
//!
//! It is no part of a bench file but wired up by who has such a program ([`crate::bench::Bench::add_serial_adapter`]).

use std::collections::VecDeque;

use super::{Context, Part, PartType, PinInfo, Properties, Role};
use crate::world::{Drive, Level};

const TX: usize = 0;

/// The rate until somebody sets another.
pub const BAUD: u32 = 115_200;

/// What nobody fetches is kept up to this many bytes; then the oldest go.
const KEPT: usize = 64 << 10;

/// What it is.
pub(crate) static TYPE: PartType = PartType {
    name: "serial_adapter",
    title: "Serial adapter",
    description: "Connects one of the board's UARTs to a program on this computer.",
    pins: &[
        PinInfo {
            name: "tx",
            role: Role::Tx,
            default: None,
            required: true,
            description: "To the board's UART receive pin (RX).",
        },
        PinInfo {
            name: "rx",
            role: Role::Rx,
            default: None,
            required: true,
            description: "To the board's UART transmit pin (TX).",
        },
    ],
    inputs: &[],
    outputs: &[],
    properties: &[],
    make: |_: &Properties| Ok(Box::new(SerialAdapter { baud: BAUD, heard: VecDeque::new() })),
};

#[derive(Clone)]
struct SerialAdapter {
    baud: u32,
    /// Received and not fetched.
    heard: VecDeque<u8>,
}

impl Part for SerialAdapter {
    fn power_on(&mut self, cx: &mut Context) {
        cx.drive(TX, Drive::output(Level::High));
    }

    fn uart_baud(&self) -> Option<u32> {
        Some(self.baud)
    }

    fn uart_byte(&mut self, _: &mut Context, byte: u8) {
        self.heard.push_back(byte);
        if self.heard.len() > KEPT {
            self.heard.pop_front();
        }
    }

    fn serial_send(&mut self, cx: &mut Context, baud: u32, bytes: &[u8]) {
        self.baud = baud;
        bytes.iter().for_each(|&byte| cx.uart_send(TX, byte, baud));
    }

    fn serial_take(&mut self) -> Vec<u8> {
        self.heard.drain(..).collect()
    }
}
