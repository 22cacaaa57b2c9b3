//! What addresses mean to a person: functions, from an ELF file's symbols, and source lines, when it has them.

use std::fmt::Write;

use super::lines::{Line, Lines};
use super::symbols::{self, Symbol};
use crate::cpu::fault::FaultReport;
use crate::debug::{self, Registers};
use crate::machine::Machine;

/// The functions and source lines of a firmware.
#[derive(Clone, Debug, Default)]
pub struct Places {
    functions: Vec<Symbol>,
    lines: Lines,
}

impl Places {
    /// From the bytes of an ELF file; of another file nothing is known.
    pub fn of(file: &[u8]) -> Places {
        Places { functions: symbols::symbols(file), lines: Lines::of(file) }
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.functions.is_empty()
    }

    /// The name of the function an address lies in, as it is in the source.
    pub fn function(&self, address: u32) -> Option<String> {
        symbols::at(&self.functions, address & !1).map(|symbol| readable(&symbol.name))
    }

    /// Where the function begins that an address lies in.
    pub fn start(&self, address: u32) -> Option<u32> {
        symbols::at(&self.functions, address & !1).map(|symbol| symbol.address)
    }

    /// Address, length and name of functions.
    #[cfg(test)]
    pub(crate) fn from_functions(functions: &[(u32, u32, &str)]) -> Places {
        let symbol =
            |&(address, size, name): &(u32, u32, &str)| Symbol { address, size, name: name.to_owned() };
        Places { functions: functions.iter().map(symbol).collect(), lines: Lines::default() }
    }

    /// The line of the source that an instruction comes from.
    pub fn line(&self, address: u32) -> Option<Line> {
        self.lines.at(address)
    }

    /// A place as `function+0x12 (folder/file.c:34)`, the second half where lines are known.
    pub fn place(&self, address: u32) -> Option<String> {
        let symbol = symbols::at(&self.functions, address & !1)?;
        let offset = (address & !1) - symbol.address;
        let mut place = readable(&symbol.name);
        // Writing to a string cannot fail.
        if offset > 0 {
            let _ = write!(place, "+{offset:#x}");
        }
        if let Some(line) = self.line(address) {
            let _ = write!(place, " ({line})");
        }
        Some(place)
    }

    /// A report with the functions it happened in, the innermost first, as far as the machine it comes from tells.
    pub fn explain(&self, report: &FaultReport, machine: &Machine) -> String {
        let mut text = report.to_string();
        if self.is_empty() {
            return text;
        }
        let registers = Registers { sp: report.registers[13], lr: report.lr, pc: report.pc };
        let stack = debug::stack(machine, registers, self);
        // Writing to a string cannot fail.
        if let Some(place) = self.place(report.pc) {
            let _ = write!(text, "\n  pc is in {place}");
        }
        for caller in stack.iter().skip(1) {
            // What is told is the call: it lies before the return address.
            if let Some(place) = self.place((caller & !1).wrapping_sub(2)) {
                let _ = write!(text, "\n  called from {place}");
            }
        }
        text
    }
}

/// Rust's names end in a hash and carry their path with lengths; others stay as they are.
fn readable(name: &str) -> String {
    let Some(mut rest) = name.strip_prefix("_ZN") else { return name.to_owned() };
    let mut parts: Vec<&str> = Vec::new();
    while let Some(digits) = rest.find(|c: char| !c.is_ascii_digit()).filter(|&digits| digits > 0) {
        let Ok(len) = rest[..digits].parse::<usize>() else { return name.to_owned() };
        let Some(part) = rest.get(digits..).and_then(|rest| rest.get(..len)) else { return name.to_owned() };
        parts.push(part);
        rest = &rest[digits + len..];
    }
    if !rest.starts_with('E') {
        return name.to_owned();
    }
    if parts.last().is_some_and(|part| part.len() == 17 && part.starts_with('h')) {
        parts.pop();
    }
    parts.join("::")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_readable() {
        assert_eq!(readable("main"), "main");
        assert_eq!(readable("_ZN4core3fmt5write17h0123456789abcdefE"), "core::fmt::write");
        assert_eq!(readable("_ZN3foo3barE"), "foo::bar");
        for odd in ["_ZN", "_ZN9x", "_ZN3fooX", "_ZN99999999999999999999999xE"] {
            assert_eq!(readable(odd), odd);
        }
    }
}
