//! Semihosting: a program's calls to the computer that it is debugged from. Operations have the numbers and blocks of
//! Arm's specification of semihosting for 32-bit cores. Output goes to the console; there is no input and there are
//! no files.

use super::{Halt, Machine};
use crate::trace::Channel;

const SYS_OPEN: u32 = 0x01;
const SYS_CLOSE: u32 = 0x02;
const SYS_WRITEC: u32 = 0x03;
const SYS_WRITE0: u32 = 0x04;
const SYS_WRITE: u32 = 0x05;
const SYS_READ: u32 = 0x06;
const SYS_ISTTY: u32 = 0x09;
const SYS_CLOCK: u32 = 0x10;
const SYS_ERRNO: u32 = 0x13;
const SYS_EXIT: u32 = 0x18;
const SYS_EXIT_EXTENDED: u32 = 0x20;

/// The reason that says that all went well.
const APPLICATION_EXIT: u32 = 0x2_0026;
/// What most operations answer when they fail, or are not there.
const FAILED: u32 = u32::MAX;
/// The handle of the terminal.
const TERMINAL: u32 = 1;
/// A text without end is a mistake of the program.
const LONGEST: usize = 1 << 16;

impl Machine {
    /// Answers semihosting calls from now on; without that they are the fault they are without a debugger.
    pub fn answer_calls(&mut self, answer: bool) {
        if let Some(port) = self.chip.debug_port_mut() {
            port.answer_calls(answer);
        }
    }

    /// Carries out the call that stopped a core, and goes on behind it.
    pub(super) fn call(&mut self, core: u8) {
        let registers = self.core_registers(core);
        let [operation, block] = [registers[0], registers[1]];
        let word = |machine: &Machine, n: u32| {
            let mut bytes = [0; 4];
            machine.peek(block.wrapping_add(4 * n), &mut bytes);
            u32::from_le_bytes(bytes)
        };
        let answer = match operation {
            SYS_OPEN => TERMINAL,
            SYS_CLOSE | SYS_ERRNO => 0,
            SYS_ISTTY => 1,
            SYS_WRITEC => {
                let mut byte = [0];
                self.peek(block, &mut byte);
                self.print(&byte);
                0
            }
            SYS_WRITE0 => {
                let mut text = Vec::new();
                let mut byte = [0];
                while text.len() < LONGEST
                    && self.peek(block.wrapping_add(text.len() as u32), &mut byte) == 1
                    && byte != [0]
                {
                    text.push(byte[0]);
                }
                self.print(&text);
                0
            }
            SYS_WRITE => {
                let [address, len] = [word(self, 1), word(self, 2)];
                let mut text = vec![0; (len as usize).min(LONGEST)];
                let there = self.peek(address, &mut text);
                self.print(&text[..there]);
                // How many were not written.
                len - there as u32
            }
            // Nothing was read: the end of the input.
            SYS_READ => word(self, 2),
            // Hundredths of a second.
            SYS_CLOCK => (self.now().nanos() / 10_000_000) as u32,
            SYS_EXIT => {
                self.halted = Some(Halt::Exited(i32::from(block != APPLICATION_EXIT)));
                0
            }
            SYS_EXIT_EXTENDED => {
                self.halted = Some(Halt::Exited(word(self, 1) as i32));
                0
            }
            _ => FAILED,
        };
        if let Some(port) = self.chip.debug_port_mut() {
            port.set_core_register(core, 0, answer);
            port.set_core_register(core, 15, registers[15].wrapping_add(2));
        }
    }

    fn print(&mut self, text: &[u8]) {
        let now = self.now();
        let mut trace = self.chip.world().trace().write();
        let channel = trace.define(Channel::text("semihosting"));
        trace.text(channel, now, text);
        drop(trace);
        self.console.extend_from_slice(text);
    }
}
