//! The private peripheral bus of a Cortex-M0 or M0+: SysTick, NVIC and system control block.
//!
//! Register names and bits are those of the ARMv6-M architecture reference manual. Nothing here
//! touches the engine: [`Ppb`] says which exception is to be taken, [`super::Core`] takes it.

use super::model::Model;

/// Exception numbers.
pub const NMI: u8 = 2;
/// HardFault.
pub const HARD_FAULT: u8 = 3;
/// Supervisor call.
pub const SVCALL: u8 = 11;
/// Pendable service call.
pub const PENDSV: u8 = 14;
/// System timer.
pub const SYSTICK: u8 = 15;
/// Number of the first external interrupt's exception.
pub const IRQ0: u8 = 16;

const SYST_CSR: u32 = 0xE010;
const SYST_RVR: u32 = 0xE014;
const SYST_CVR: u32 = 0xE018;
const SYST_CALIB: u32 = 0xE01C;
const NVIC_ISER: u32 = 0xE100;
const NVIC_ICER: u32 = 0xE180;
const NVIC_ISPR: u32 = 0xE200;
const NVIC_ICPR: u32 = 0xE280;
const NVIC_IPR: u32 = 0xE400;
const CPUID: u32 = 0xED00;
const ICSR: u32 = 0xED04;
const VTOR: u32 = 0xED08;
const AIRCR: u32 = 0xED0C;
const SCR: u32 = 0xED10;
const CCR: u32 = 0xED14;
const SHPR2: u32 = 0xED1C;
const SHPR3: u32 = 0xED20;
const SHCSR: u32 = 0xED24;
const MPU_TYPE: u32 = 0xED90;
const MPU_LAST: u32 = 0xEDA0;

const SCR_SLEEPONEXIT: u32 = 1 << 1;
const SCR_SEVONPEND: u32 = 1 << 4;
const CSR_ENABLE: u32 = 1;
const CSR_TICKINT: u32 = 1 << 1;
const CSR_CLKSOURCE: u32 = 1 << 2;
const CSR_COUNTFLAG: u32 = 1 << 16;

/// The 24-bit system timer, as a function of the cycle count: nothing ticks.
#[derive(Clone, Debug, Default)]
struct SysTick {
    csr: u32,
    rvr: u32,
    /// The counter's value at cycle `at`.
    value: u32,
    at: u64,
    /// CPU cycles a count takes: 1, or those of the reference clock (1 µs on an RP2040).
    reference: u64,
}

impl SysTick {
    fn step(&self) -> u64 {
        if self.csr & CSR_CLKSOURCE != 0 { 1 } else { self.reference.max(1) }
    }

    /// Brings the counter up to `cycle`; gives how often it reached zero.
    fn advance(&mut self, cycle: u64) -> u64 {
        if self.csr & CSR_ENABLE == 0 {
            self.at = cycle;
            return 0;
        }
        let step = self.step();
        let counts = cycle.saturating_sub(self.at) / step;
        self.at += counts * step;
        let value = u64::from(self.value);
        // From zero the next count loads the reload value; a reload value of zero stops it.
        if counts == 0 {
            return 0;
        }
        if self.rvr == 0 {
            let wraps = u64::from(value != 0 && counts >= value);
            self.value = value.saturating_sub(counts) as u32;
            return wraps;
        }
        let period = u64::from(self.rvr) + 1;
        if value != 0 && counts < value {
            self.value = (value - counts) as u32;
            return 0;
        }
        // Counts after the first time it is (or was) at zero.
        let past = counts - value;
        let wraps = u64::from(value != 0) + past / period;
        let phase = past % period;
        self.value = if phase == 0 { 0 } else { (period - phase) as u32 };
        wraps
    }

    /// The cycle at which the counter next reaches zero.
    fn next(&self) -> u64 {
        if self.csr & CSR_ENABLE == 0 {
            return u64::MAX;
        }
        let counts = match (self.value, self.rvr) {
            (0, 0) => return u64::MAX,
            (0, reload) => u64::from(reload) + 1,
            (value, _) => u64::from(value),
        };
        self.at.saturating_add(counts * self.step())
    }
}

/// SysTick, NVIC and SCB of one core.
#[derive(Clone, Debug, Default)]
pub struct Ppb {
    model: Model,
    systick: SysTick,
    /// Enabled external interrupts.
    enabled: u32,
    /// Pending external interrupts.
    pending: u32,
    priority: [u8; 32],
    /// Interrupt lines at the last look, to see edges.
    lines: u32,
    pend_nmi: bool,
    pend_hard_fault: bool,
    pend_svcall: bool,
    pend_pendsv: bool,
    pend_systick: bool,
    vtor: u32,
    scr: u32,
    shpr2: u32,
    shpr3: u32,
    mpu: [u32; 5],
    /// Active exceptions, the innermost last.
    active: Vec<u8>,
    /// The event register of WFE.
    pub event: bool,
    /// SYSRESETREQ was written.
    pub reset_request: bool,
}

impl Ppb {
    /// Those of a core at reset.
    pub fn new(model: Model) -> Ppb {
        Ppb { model, ..Ppb::default() }
    }

    /// Which core they belong to.
    pub fn model(&self) -> Model {
        self.model
    }

    /// CPU cycles in one tick of SysTick's external reference clock.
    pub fn set_reference(&mut self, cycle: u64, cycles: u64) {
        if self.systick.reference != cycles {
            self.tick(cycle);
            self.systick.reference = cycles;
        }
    }

    /// Address of the vector table.
    pub fn vtor(&self) -> u32 {
        self.vtor
    }

    /// Sets the vector table's address, as boot code does.
    pub fn set_vtor(&mut self, address: u32) {
        self.vtor = address & !0xFF;
    }

    /// SLEEPONEXIT is set and no exception is active any more.
    pub fn sleep_on_exit(&self) -> bool {
        self.scr & SCR_SLEEPONEXIT != 0 && self.active.is_empty()
    }

    /// The active exception's number, 0 in thread mode.
    pub fn ipsr(&self) -> u8 {
        self.active.last().copied().unwrap_or(0)
    }

    /// Brings SysTick up to `cycle`, pending its exception when it passed zero.
    pub fn tick(&mut self, cycle: u64) {
        if self.systick.advance(cycle) != 0 {
            self.systick.csr |= CSR_COUNTFLAG;
            if self.systick.csr & CSR_TICKINT != 0 {
                if !self.pend_systick && self.scr & SCR_SEVONPEND != 0 {
                    self.event = true;
                }
                self.pend_systick = true;
            }
        }
    }

    /// The cycle at which SysTick next pends its exception, or never.
    pub fn next_tick(&self) -> u64 {
        if self.systick.csr & CSR_TICKINT == 0 { u64::MAX } else { self.systick.next() }
    }

    /// Looks at the interrupt lines: a high line pends its interrupt unless it is being served;
    /// a rising one pends it in any case.
    pub fn look(&mut self, lines: u32) {
        let serving =
            self.active.iter().fold(0u32, |bits, &n| if n >= IRQ0 { bits | 1 << (n - IRQ0) } else { bits });
        let new = ((lines & !serving) | (lines & !self.lines)) & !self.pending;
        self.lines = lines;
        if new != 0 {
            self.pending |= new;
            if self.scr & SCR_SEVONPEND != 0 {
                self.event = true;
            }
        }
    }

    /// Pends an exception by number.
    pub fn pend(&mut self, exception: u8) {
        match exception {
            NMI => self.pend_nmi = true,
            HARD_FAULT => self.pend_hard_fault = true,
            SVCALL => self.pend_svcall = true,
            PENDSV => self.pend_pendsv = true,
            SYSTICK => self.pend_systick = true,
            n if n >= IRQ0 => self.pending |= 1 << (n - IRQ0),
            _ => {}
        }
    }

    /// Priority of an exception: lower is more urgent; NMI and HardFault are negative.
    fn priority(&self, exception: u8) -> i16 {
        match exception {
            NMI => -2,
            HARD_FAULT => -1,
            SVCALL => (self.shpr2 >> 24) as i16,
            PENDSV => (self.shpr3 >> 16 & 0xFF) as i16,
            SYSTICK => (self.shpr3 >> 24) as i16,
            n if n >= IRQ0 => i16::from(self.priority[usize::from(n - IRQ0)]),
            _ => i16::MAX,
        }
    }

    /// The priority at which the core runs, PRIMASK aside; `i16::MAX` in thread mode.
    pub fn running_priority(&self) -> i16 {
        self.active.iter().map(|&n| self.priority(n)).min().unwrap_or(i16::MAX)
    }

    /// Whether an exception's priority would let it be taken now, PRIMASK aside.
    pub fn allows(&self, exception: u8) -> bool {
        self.priority(exception) < self.running_priority()
    }

    /// The most urgent pending exception that is enabled, with its priority.
    fn most_urgent(&self) -> Option<(u8, i16)> {
        let system = [
            (self.pend_nmi, NMI),
            (self.pend_hard_fault, HARD_FAULT),
            (self.pend_svcall, SVCALL),
            (self.pend_pendsv, PENDSV),
            (self.pend_systick, SYSTICK),
        ];
        let mut best: Option<(u8, i16)> = None;
        let mut offer = |n: u8, priority: i16| {
            // Of equals the lowest number wins; candidates come in rising order.
            if best.is_none_or(|(_, p)| priority < p) {
                best = Some((n, priority));
            }
        };
        for (pending, n) in system {
            if pending {
                offer(n, self.priority(n));
            }
        }
        let mut irqs = self.pending & self.enabled;
        while irqs != 0 {
            let n = IRQ0 + irqs.trailing_zeros() as u8;
            offer(n, self.priority(n));
            irqs &= irqs - 1;
        }
        best
    }

    /// The exception to take now, given PRIMASK.
    pub fn takeable(&self, primask: bool) -> Option<u8> {
        if !self.anything_pending() {
            return None;
        }
        let (n, priority) = self.most_urgent()?;
        let limit = self.running_priority();
        let limit = if primask { limit.min(0) } else { limit };
        (priority < limit).then_some(n)
    }

    /// Whether an exception waits only for PRIMASK: the core must watch that register.
    pub fn masked(&self) -> bool {
        self.anything_pending() && self.takeable(false).is_some()
    }

    /// Whether WFI ends: an exception that would be taken but for PRIMASK is pending.
    pub fn wakes(&self) -> bool {
        self.masked()
    }

    /// Whether an exception is pending that is enabled.
    pub fn anything_pending(&self) -> bool {
        self.pending & self.enabled != 0
            || self.pend_systick
            || self.pend_pendsv
            || self.pend_svcall
            || self.pend_hard_fault
            || self.pend_nmi
    }

    /// Marks an exception as being served.
    pub fn activate(&mut self, exception: u8) {
        match exception {
            NMI => self.pend_nmi = false,
            HARD_FAULT => self.pend_hard_fault = false,
            SVCALL => self.pend_svcall = false,
            PENDSV => self.pend_pendsv = false,
            SYSTICK => self.pend_systick = false,
            n if n >= IRQ0 => self.pending &= !(1 << (n - IRQ0)),
            _ => {}
        }
        self.active.push(exception);
    }

    /// Ends an exception; false when it was not active.
    pub fn deactivate(&mut self, exception: u8) -> bool {
        match self.active.iter().rposition(|&n| n == exception) {
            Some(i) => {
                self.active.remove(i);
                true
            }
            None => false,
        }
    }

    /// Reads a register; `address` is the offset in the 1 MiB at 0xE0000000. `cycle` is now.
    pub fn read(&mut self, cycle: u64, address: u32) -> u32 {
        match address & !3 {
            SYST_CSR => {
                self.tick(cycle);
                let value = self.systick.csr;
                self.systick.csr &= !CSR_COUNTFLAG;
                value
            }
            SYST_RVR => self.systick.rvr,
            SYST_CVR => {
                self.tick(cycle);
                self.systick.value
            }
            // NOREF clear, SKEW set, no calibrated value.
            SYST_CALIB => 1 << 30,
            NVIC_ISER | NVIC_ICER => self.enabled,
            NVIC_ISPR | NVIC_ICPR => self.pending,
            a @ NVIC_IPR..0xE420 => {
                let n = (a - NVIC_IPR) as usize;
                u32::from_le_bytes([
                    self.priority[n],
                    self.priority[n + 1],
                    self.priority[n + 2],
                    self.priority[n + 3],
                ])
            }
            CPUID => self.model.cpuid,
            ICSR => {
                let vect_pending = self.most_urgent().map_or(0, |(n, _)| u32::from(n));
                u32::from(self.ipsr())
                    | vect_pending << 12
                    | u32::from(self.pending & self.enabled != 0) << 22
                    | u32::from(self.pend_systick) << 26
                    | u32::from(self.pend_pendsv) << 28
                    | u32::from(self.pend_nmi) << 31
            }
            VTOR => self.vtor,
            AIRCR => 0xFA05_0000,
            SCR => self.scr,
            // STKALIGN and UNALIGN_TRP are fixed.
            CCR => 0x0000_0208,
            SHPR2 => self.shpr2,
            SHPR3 => self.shpr3,
            SHCSR => u32::from(self.pend_svcall) << 15,
            MPU_TYPE => 0x0000_0800,
            a @ 0xED94..=MPU_LAST => self.mpu[((a - 0xED94) / 4) as usize],
            _ => 0,
        }
    }

    /// Writes a register, as [`Ppb::read`].
    pub fn write(&mut self, cycle: u64, address: u32, value: u32) {
        match address & !3 {
            SYST_CSR => {
                self.tick(cycle);
                self.systick.csr = self.systick.csr & CSR_COUNTFLAG | value & 7;
                self.systick.at = cycle;
            }
            SYST_RVR => {
                self.tick(cycle);
                self.systick.rvr = value & 0x00FF_FFFF;
            }
            SYST_CVR => {
                // Any write clears the counter and the flag, and pends nothing.
                self.tick(cycle);
                self.systick.value = 0;
                self.systick.at = cycle;
                self.systick.csr &= !CSR_COUNTFLAG;
            }
            NVIC_ISER => self.enabled |= value,
            NVIC_ICER => self.enabled &= !value,
            NVIC_ISPR => self.pending |= value,
            // A line that is still high pends its interrupt again at the next look.
            NVIC_ICPR => self.pending &= !value,
            a @ NVIC_IPR..0xE420 => {
                let n = (a - NVIC_IPR) as usize;
                for (i, byte) in value.to_le_bytes().into_iter().enumerate() {
                    // Two bits of priority are implemented.
                    self.priority[n + i] = byte & 0xC0;
                }
            }
            ICSR => {
                self.pend_nmi |= value >> 31 & 1 != 0;
                self.pend_pendsv |= value >> 28 & 1 != 0;
                self.pend_pendsv &= value >> 27 & 1 == 0;
                self.pend_systick |= value >> 26 & 1 != 0;
                self.pend_systick &= value >> 25 & 1 == 0;
            }
            VTOR if self.model.vtor => self.vtor = value & !0xFF,
            AIRCR if value >> 16 == 0x05FA && value & 1 << 2 != 0 => self.reset_request = true,
            SCR => self.scr = value & 0x16,
            SHPR2 => self.shpr2 = value & 0xC000_0000,
            SHPR3 => self.shpr3 = value & 0xC0C0_0000,
            SHCSR => self.pend_svcall = value >> 15 & 1 != 0,
            a @ 0xED94..=MPU_LAST => self.mpu[((a - 0xED94) / 4) as usize] = value,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn systick(reload: u32, csr: u32) -> Ppb {
        let mut ppb = Ppb::default();
        ppb.write(0, SYST_RVR, reload);
        ppb.write(0, SYST_CVR, 0);
        ppb.write(0, SYST_CSR, csr);
        ppb
    }

    #[test]
    fn systick_counts_down_and_reloads() {
        let mut ppb = systick(99, 5);
        assert_eq!(ppb.read(1, SYST_CVR), 99);
        assert_eq!(ppb.read(100, SYST_CVR), 0);
        assert_eq!(ppb.read(101, SYST_CVR), 99);
        assert_eq!(ppb.read(150, SYST_CVR), 50);
        assert_eq!(ppb.read(1_000_050, SYST_CVR), 50);
        assert_ne!(ppb.read(1_000_060, SYST_CSR) & CSR_COUNTFLAG, 0);
        assert_eq!(ppb.read(1_000_061, SYST_CSR) & CSR_COUNTFLAG, 0);
    }

    #[test]
    fn systick_pends_at_zero_and_says_when() {
        let mut ppb = systick(124_999, 7);
        assert_eq!(ppb.next_tick(), 125_000);
        ppb.tick(124_999);
        assert_eq!(ppb.takeable(false), None);
        ppb.tick(125_000);
        assert_eq!(ppb.takeable(false), Some(SYSTICK));
        assert_eq!(ppb.takeable(true), None);
        assert!(ppb.wakes());
        assert_eq!(ppb.next_tick(), 250_000);
    }

    #[test]
    fn urgency_decides_then_the_number() {
        let mut ppb = Ppb::default();
        ppb.write(0, NVIC_ISER, 0xFF);
        ppb.write(0, NVIC_IPR, 0x4080_C0C0);
        ppb.look(0b1111);
        assert_eq!(ppb.takeable(false), Some(IRQ0 + 3));
        ppb.activate(IRQ0 + 3);
        assert_eq!(ppb.takeable(false), None);
        ppb.write(0, NVIC_ISPR, 1 << 7);
        assert_eq!(ppb.takeable(false), Some(IRQ0 + 7));
        assert!(ppb.deactivate(IRQ0 + 3));
        assert!(!ppb.deactivate(IRQ0 + 3));
    }

    #[test]
    fn a_level_pends_again_after_the_return_an_edge_only_once() {
        let mut ppb = Ppb::default();
        ppb.write(0, NVIC_ISER, 1);
        ppb.look(1);
        ppb.activate(IRQ0);
        ppb.look(1);
        assert_eq!(ppb.takeable(false), None);
        ppb.deactivate(IRQ0);
        ppb.look(0);
        assert_eq!(ppb.takeable(false), None);
        ppb.look(1);
        assert_eq!(ppb.takeable(false), Some(IRQ0));
    }

    #[test]
    fn sevonpend_sets_the_event_even_for_a_disabled_interrupt() {
        let mut ppb = Ppb::default();
        ppb.look(1);
        assert!(!ppb.event);
        ppb.write(0, SCR, SCR_SEVONPEND);
        ppb.look(3);
        assert!(ppb.event);
    }
}
