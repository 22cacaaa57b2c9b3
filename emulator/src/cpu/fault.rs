//! What is reported when the guest does something the core cannot carry out.

use std::fmt;

use crate::clock::Time;

/// Why a HardFault was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// Read from an address where nothing answers.
    Read,
    /// Write to an address where nothing answers, or to read-only memory.
    Write,
    /// A jump to an address without code.
    Fetch,
    /// A word or halfword access that is not aligned.
    Unaligned,
    /// An undefined instruction.
    Undefined,
    /// A branch to an even address: the core has no ARM state.
    InvalidState,
    /// BKPT without a debugger.
    Breakpoint,
    /// SVC where its priority does not allow it.
    Escalated,
    /// The stack pointer is outside memory at exception entry or return.
    Stacking,
    /// An exception return with a bad code or from no exception.
    BadReturn,
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            FaultKind::Read => "read from an unmapped address",
            FaultKind::Write => "write to an unmapped or read-only address",
            FaultKind::Fetch => "jump to an address without code",
            FaultKind::Unaligned => "unaligned access",
            FaultKind::Undefined => "undefined instruction",
            FaultKind::InvalidState => "branch to an even address (no ARM state)",
            FaultKind::Breakpoint => "breakpoint without a debugger",
            FaultKind::Escalated => "supervisor call at a priority that does not allow it",
            FaultKind::Stacking => "stack pointer outside memory",
            FaultKind::BadReturn => "invalid exception return",
        })
    }
}

/// A HardFault: what happened, where, and the registers at that moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultReport {
    /// What happened.
    pub kind: FaultKind,
    /// On which core.
    pub core: u8,
    /// Address of the faulting instruction.
    pub pc: u32,
    /// The link register: usually the caller.
    pub lr: u32,
    /// The address accessed, when an access was the cause.
    pub address: Option<u32>,
    /// r0 to r12, sp, lr, pc.
    pub registers: [u32; 16],
    /// Program status, with the number of the active exception in bits 8..0.
    pub xpsr: u32,
    /// True when it happened inside the HardFault handler: the core is locked up until reset.
    pub lockup: bool,
    /// When.
    pub at: Time,
}

impl fmt::Display for FaultReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HardFault on core {} at {}: {}", self.core, self.at, self.kind)?;
        if let Some(address) = self.address {
            write!(f, " {address:#010x}")?;
        }
        writeln!(f)?;
        writeln!(f, "  pc {:#010x}  lr {:#010x}  xpsr {:#010x}", self.pc, self.lr, self.xpsr)?;
        for row in 0..4 {
            for column in 0..4 {
                let n: usize = row * 4 + column;
                let name = ["r", "sp", "lr", "pc"][n.saturating_sub(12)];
                if n <= 12 {
                    write!(f, "  {name}{n:<2} {:#010x}", self.registers[n])?;
                } else {
                    write!(f, "  {name}  {:#010x}", self.registers[n])?;
                }
            }
            if row < 3 {
                writeln!(f)?;
            }
        }
        if self.lockup {
            write!(f, "\n  inside the HardFault handler: the core is locked up until a reset")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_names_place_and_cause() {
        let mut registers = [0; 16];
        registers[13] = 0x2004_2000;
        let report = FaultReport {
            kind: FaultKind::Fetch,
            core: 0,
            pc: 0x6000_0000,
            lr: 0x1000_0201,
            address: Some(0x6000_0000),
            registers,
            xpsr: 0x0100_0000,
            lockup: false,
            at: Time::from_millis(1),
        };
        let text = report.to_string();
        assert!(text.starts_with("HardFault on core 0 at 0.001000000 s: jump to an address"));
        assert!(text.contains("pc 0x60000000  lr 0x10000201"));
        assert!(text.contains("sp  0x20042000"));
    }
}
