//! Cycle costs of ARMv6-M code, one table entry for each translated block.
//!
//! The engine reports each block it enters; what the block costs is decoded from its
//! instructions once and kept under its address. Costs are those of the cores' technical reference
//! manuals for zero-wait memory and the single-cycle multiplier; where cores differ, [`Costs`] says.

use super::memory::Memory;
use super::model::Costs;

/// What one run through a block costs.
///
/// Packed in 32 bits, because the table is looked up at every block: cycles (12), instructions
/// (9), length in halfwords (9), whether it has an SEV (1), whether it ends in a conditional
/// branch (1). Zero is "not yet decoded": a real block has at least one instruction.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Cost(u32);

impl Cost {
    fn new(cycles: u32, instructions: u32, halfwords: u32, sev: bool, conditional: bool) -> Cost {
        Cost(
            cycles.min(FOREIGN - 1)
                | instructions.min(0x1FF) << 12
                | halfwords.min(0x1FF) << 21
                | if sev { SPECIAL } else { 0 }
                | u32::from(conditional) << 31,
        )
    }

    /// Cycles, with a conditional branch at the end counted as not taken.
    pub fn cycles(self) -> u32 {
        self.0 & 0xFFF
    }

    /// Instructions in the block.
    pub fn instructions(self) -> u32 {
        self.0 >> 12 & 0x1FF
    }

    /// Whether the block ends in a conditional branch, which costs [`CostTable::taken`] more when taken.
    pub fn conditional(self) -> bool {
        self.0 >> 31 != 0
    }

    /// Whether more is to be done for the block than to count it: [`Cost::sends_event`] or [`Cost::is_foreign`].
    pub fn is_special(self) -> bool {
        self.0 & SPECIAL != 0
    }

    /// Whether the block executes SEV: the engine has no hook for it.
    pub fn sends_event(self) -> bool {
        self.is_special() && !self.is_foreign()
    }

    /// Whether the block has an instruction that the engine has and the core has not ([`is_foreign`]): such a block
    /// is said to cost more than any other.
    pub fn is_foreign(self) -> bool {
        self.cycles() == FOREIGN
    }

    fn halfwords(self) -> u32 {
        self.0 >> 21 & 0x1FF
    }
}

/// The bit of a block that has an SEV or a foreign instruction.
const SPECIAL: u32 = 1 << 30;
/// Cycles of a block with a foreign instruction.
const FOREIGN: u32 = 0xFFF;

/// Whether an instruction is one that the engine executes though a Cortex-M0 has it not: IT, CBZ, CBNZ and SETEND.
pub fn is_foreign(op: u16) -> bool {
    op & 0xFF00 == 0xBF00 && op & 0xF != 0 || op & 0xF500 == 0xB100 || op & 0xFFF7 == 0xB650
}

/// One 16 MiB window of the address space that holds code.
#[derive(Clone)]
struct Window {
    memory: Memory,
    /// Index of the window's first entry in the table.
    first: usize,
}

/// The costs of every block seen so far, by start address.
pub struct CostTable {
    core: Costs,
    /// By address bits 31..24: 1 + index into `windows`, or 0.
    by_top: Vec<u8>,
    /// By address bits 31..24: where the window's entries begin, and how many there are.
    places: [(u32, u32); 256],
    windows: Vec<Window>,
    costs: Vec<Cost>,
}

impl CostTable {
    /// A table without code, for a core with these costs.
    pub fn new(core: Costs) -> CostTable {
        CostTable {
            core,
            by_top: vec![0; 256],
            places: [(0, 0); 256],
            windows: Vec::new(),
            costs: Vec::new(),
        }
    }

    /// What instructions cost on this core.
    pub fn core(&self) -> &Costs {
        &self.core
    }

    /// What a conditional branch costs more when it is taken.
    #[inline]
    pub fn taken(&self) -> u32 {
        self.core.branch - 1
    }

    /// Adds code memory that begins at `bases` (several when it is mirrored); each must be the
    /// only code in its 16 MiB window and lie at the window's start.
    pub fn add(&mut self, bases: &[u32], memory: &Memory) {
        let first = self.costs.len();
        self.windows.push(Window { memory: memory.clone(), first });
        self.costs.resize(first + memory.len().div_ceil(2), Cost::default());
        for base in bases {
            self.by_top[(base >> 24) as usize] = self.windows.len() as u8;
            self.places[(base >> 24) as usize] = (first as u32, memory.len().div_ceil(2) as u32);
        }
    }

    /// The cost of the block of `bytes` bytes at `pc`.
    #[inline(always)]
    pub fn get(&mut self, pc: u32, bytes: u32) -> Cost {
        let (first, len) = self.places[(pc >> 24) as usize];
        let half = (pc & 0x00FF_FFFF) / 2;
        if half < len
            && let Some(&cost) = self.costs.get((first + half) as usize)
            // A block whose length changed is other code: its page was written to.
            && cost.halfwords() == (bytes / 2).min(0x1FF)
        {
            return cost;
        }
        self.decoded(pc, bytes)
    }

    #[cold]
    fn decoded(&mut self, pc: u32, bytes: u32) -> Cost {
        let window = self.by_top[(pc >> 24) as usize];
        let offset = (pc & 0x00FF_FFFF) as usize;
        let window = self.windows.get((window as usize).wrapping_sub(1));
        let Some(window) = window.filter(|window| offset < window.memory.len()) else {
            return Cost::new(bytes / 2, bytes / 2, bytes / 2, false, false);
        };
        let mut cost = decode(&self.core, &window.memory, offset, bytes as usize);
        if has_foreign(&window.memory, offset, bytes as usize) {
            cost.0 |= FOREIGN | SPECIAL;
        }
        self.costs[window.first + offset / 2] = cost;
        cost
    }

    /// The cost of the first `bytes` bytes of the block at `pc`, for a block left half-way.
    pub fn part(&self, pc: u32, bytes: u32) -> Cost {
        let window = self.by_top[(pc >> 24) as usize];
        if window == 0 {
            return Cost::default();
        }
        let window = &self.windows[window as usize - 1];
        decode(&self.core, &window.memory, (pc & 0x00FF_FFFF) as usize, bytes as usize)
    }

    /// Forgets the block at `pc`: the engine has translated it anew.
    pub fn forget(&mut self, pc: u32) {
        let window = self.by_top[(pc >> 24) as usize];
        if window != 0 {
            let window = &self.windows[window as usize - 1];
            let offset = (pc & 0x00FF_FFFF) as usize;
            if offset < window.memory.len() {
                self.costs[window.first + offset / 2] = Cost::default();
            }
        }
    }
}

const SEV: u16 = 0xBF40;

fn decode(core: &Costs, memory: &Memory, offset: usize, bytes: usize) -> Cost {
    let (mut at, end) = (offset, offset + bytes);
    let (mut cycles, mut instructions, mut sev, mut conditional) = (0, 0, false, false);
    while at < end {
        let first = memory.read_u16(at);
        let wide = first >> 11 >= 0b11101;
        let second = if wide { memory.read_u16(at + 2) } else { 0 };
        cycles += instruction_cycles(core, first, second);
        instructions += 1;
        sev |= first == SEV;
        conditional = is_conditional_branch(first);
        at += if wide { 4 } else { 2 };
    }
    Cost::new(cycles, instructions, bytes as u32 / 2, sev, conditional)
}

fn has_foreign(memory: &Memory, offset: usize, bytes: usize) -> bool {
    let (mut at, end) = (offset, offset + bytes);
    while at < end {
        let half = memory.read_u16(at);
        if is_foreign(half) {
            return true;
        }
        at += if half >> 11 >= 0b11101 { 4 } else { 2 };
    }
    false
}

/// `B<cond>`: 0xD000 to 0xDDFF (0xDE is UDF, 0xDF is SVC).
fn is_conditional_branch(op: u16) -> bool {
    op >> 12 == 0xD && op >> 8 & 0xF < 0xE
}

/// Cycles of one instruction; a conditional branch counts as not taken.
pub(super) fn instruction_cycles(core: &Costs, op: u16, second: u16) -> u32 {
    let registers = |list: u16| list.count_ones();
    match op >> 11 {
        // LDR (literal)
        0b01001 => 2,
        // Data processing, special data, BX/BLX
        0b01000 => match op >> 8 & 7 {
            // ADD (register) and MOV (register) that write the PC branch.
            0b100 | 0b110 if op & 0x87 == 0x87 => core.branch,
            0b111 => core.branch,
            _ => 1,
        },
        // Loads and stores, register or immediate offset
        0b01010..=0b10011 => 2,
        // Miscellaneous 16-bit instructions
        0b10110 | 0b10111 => match op >> 9 & 7 {
            0b010 if op >> 11 == 0b10110 => 1 + registers(op & 0x1FF),
            0b110 if op >> 11 == 0b10111 => {
                let n = registers(op & 0xFF);
                // POP with the PC branches; N counts the PC too.
                if op & 0x100 != 0 { core.pop_pc + n + 1 } else { 1 + n }
            }
            // WFE, WFI
            0b111 if op == 0xBF20 || op == 0xBF30 => 2,
            _ => 1,
        },
        // STM, LDM
        0b11000 | 0b11001 => 1 + registers(op & 0xFF),
        // B<cond> (not taken); SVC's entry is counted by the exception
        0b11010 | 0b11011 => 1,
        // B
        0b11100 => core.branch,
        // BL; MSR, MRS and barriers
        0b11110 => {
            let is_system = op & 0xFFF0 == 0xF3B0 || op & 0xFFE0 == 0xF380 || op & 0xFFE0 == 0xF3E0;
            match (is_system, second >> 14) {
                (true, _) => core.system,
                (false, 0b11) => core.link,
                _ => 1,
            }
        }
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::super::model::Model;
    use super::*;

    fn cost(code: &[u16]) -> (u32, u32, bool) {
        cost_on(Model::CORTEX_M0PLUS, code)
    }

    fn cost_on(model: Model, code: &[u16]) -> (u32, u32, bool) {
        let memory = Memory::new(64);
        for (i, half) in code.iter().enumerate() {
            memory.write(i * 2, &half.to_le_bytes());
        }
        let mut table = CostTable::new(model.costs);
        table.add(&[0x1000_0000], &memory);
        let cost = table.get(0x1000_0000, code.len() as u32 * 2);
        (cost.cycles(), cost.instructions(), cost.conditional())
    }

    #[test]
    fn costs_follow_the_reference_manual() {
        assert_eq!(cost(&[0x2001]), (1, 1, false)); // movs r0, #1
        assert_eq!(cost(&[0x4348]), (1, 1, false)); // muls r0, r1
        assert_eq!(cost(&[0x6808]), (2, 1, false)); // ldr r0, [r1]
        assert_eq!(cost(&[0x4801]), (2, 1, false)); // ldr r0, [pc, #4]
        assert_eq!(cost(&[0x8008]), (2, 1, false)); // strh r0, [r1]
        assert_eq!(cost(&[0x9000]), (2, 1, false)); // str r0, [sp]
        assert_eq!(cost(&[0xA000]), (1, 1, false)); // adr r0
        assert_eq!(cost(&[0xB510]), (3, 1, false)); // push {r4, lr}
        assert_eq!(cost(&[0xBC10]), (2, 1, false)); // pop {r4}
        assert_eq!(cost(&[0xBD10]), (5, 1, false)); // pop {r4, pc}
        assert_eq!(cost(&[0xC90C]), (3, 1, false)); // ldmia r1!, {r2, r3}
        assert_eq!(cost(&[0x4770]), (2, 1, false)); // bx lr
        assert_eq!(cost(&[0x4687]), (2, 1, false)); // mov pc, r0
        assert_eq!(cost(&[0x4680]), (1, 1, false)); // mov r8, r0
        assert_eq!(cost(&[0xE7FE]), (2, 1, false)); // b .
        assert_eq!(cost(&[0xD1FD]), (1, 1, true)); // bne, not taken
        assert_eq!(cost(&[0xF000, 0xF800]), (3, 1, false)); // bl
        assert_eq!(cost(&[0xF3BF, 0x8F4F]), (3, 1, false)); // dsb
        assert_eq!(cost(&[0xF3EF, 0x8010]), (3, 1, false)); // mrs r0, primask
        assert_eq!(cost(&[0x3801, 0xD1FD]), (2, 2, true)); // subs; bne
    }

    #[test]
    fn a_cortex_m0_branches_later() {
        let cycles = |code: &[u16]| cost_on(Model::CORTEX_M0, code).0;
        assert_eq!(cycles(&[0xE7FE]), 3); // b .
        assert_eq!(cycles(&[0x4770]), 3); // bx lr
        assert_eq!(cycles(&[0xBD10]), 6); // pop {r4, pc}
        assert_eq!(cycles(&[0xF000, 0xF800]), 4); // bl
        assert_eq!(cycles(&[0xF3EF, 0x8010]), 4); // mrs r0, primask
        assert_eq!(cycles(&[0xD1FD]), 1); // bne, not taken
        assert_eq!(CostTable::new(Model::CORTEX_M0.costs).taken(), 2);
    }

    #[test]
    fn code_that_changed_length_is_decoded_again() {
        let memory = Memory::new(64);
        let mut table = CostTable::new(Model::CORTEX_M0PLUS.costs);
        table.add(&[0x2000_0000], &memory);
        assert_eq!(table.get(0x2000_0000, 2).cycles(), 1);
        memory.write(0, &0x6808u16.to_le_bytes());
        assert_eq!(table.get(0x2000_0000, 4).cycles(), 3);
        table.forget(0x2000_0000);
        assert_eq!(table.get(0x2000_0000, 2).cycles(), 2);
    }
}
