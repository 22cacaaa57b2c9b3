//! In what cores differ that execute the same instructions.

/// A kind of core, as data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Model {
    /// CPUID.
    pub cpuid: u32,
    /// Whether VTOR exists; without it the vectors are at address 0.
    pub vtor: bool,
    /// Cycles from an interrupt to its handler's first instruction (zero-wait memory).
    pub entry: u32,
    /// Cycles of an exception's return.
    pub exit: u32,
    /// Cycles of instructions in which cores differ.
    pub costs: Costs,
}

/// Cycles of the instructions that refill the pipeline or wait for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Costs {
    /// A branch: B, BX, BLX, ADD and MOV to the PC, and a conditional branch that is taken.
    pub branch: u32,
    /// BL.
    pub link: u32,
    /// POP with the PC, beside one for each register.
    pub pop_pc: u32,
    /// MRS, MSR and barriers.
    pub system: u32,
}

impl Model {
    /// Cortex-M0+ r0p1 (technical reference manual, table 3-1).
    pub const CORTEX_M0PLUS: Model = Model {
        cpuid: 0x410C_C601,
        vtor: true,
        entry: 15,
        exit: 13,
        costs: Costs { branch: 2, link: 3, pop_pc: 3, system: 3 },
    };

    /// Cortex-M0 r0p0 with the single-cycle multiplier (technical reference manual, table 3-1).
    pub const CORTEX_M0: Model = Model {
        cpuid: 0x410C_C200,
        vtor: false,
        entry: 16,
        exit: 16,
        costs: Costs { branch: 3, link: 4, pop_pc: 4, system: 4 },
    };
}

impl Default for Model {
    fn default() -> Model {
        Model::CORTEX_M0PLUS
    }
}
