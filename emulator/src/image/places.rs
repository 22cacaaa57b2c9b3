//! What addresses mean to a person: functions, from an ELF file's symbols.

use std::fmt::Write;

use super::symbols::{self, Symbol};
use crate::cpu::fault::FaultReport;

/// The functions of a firmware.
#[derive(Clone, Debug, Default)]
pub struct Places {
    functions: Vec<Symbol>,
}

impl Places {
    /// From the bytes of an ELF file; of another file nothing is known.
    pub fn of(file: &[u8]) -> Places {
        Places { functions: symbols::symbols(file) }
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
        Places { functions: functions.iter().map(symbol).collect() }
    }

    /// A place as `function+0x12`.
    pub fn place(&self, address: u32) -> Option<String> {
        let symbol = symbols::at(&self.functions, address & !1)?;
        let offset = (address & !1) - symbol.address;
        let name = readable(&symbol.name);
        Some(if offset == 0 { name } else { format!("{name}+{offset:#x}") })
    }

    /// A report with the functions it happened in.
    pub fn explain(&self, report: &FaultReport) -> String {
        let mut text = report.to_string();
        for (name, address) in [("pc", report.pc), ("lr", report.lr)] {
            if let Some(place) = self.place(address) {
                // Writing to a string cannot fail.
                let _ = write!(text, "\n  {name} is in {place}");
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
