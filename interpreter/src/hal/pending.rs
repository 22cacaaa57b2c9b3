//! The flag that says that something outside the interpreter wants attention.
//!
//! The virtual machine looks at it on every back edge. On the chip that look costs one instruction: the flag is a
//! pointer to the table by which the machine finds the code of the next op, and setting it exchanges that table for
//! one that leads to the event service whatever the op is.

#[cfg(target_arch = "arm")]
use core::sync::atomic::AtomicPtr;
use core::sync::atomic::{AtomicBool, Ordering};

/// The flag. Interrupts may set it.
#[derive(Debug)]
// In this order: the loop knows the table by the flag's address.
#[repr(C)]
pub struct Pending {
    #[cfg(target_arch = "arm")]
    table: AtomicPtr<()>,
    #[cfg(not(target_arch = "arm"))]
    flag: AtomicBool,
    /// What waits is Ctrl-C (among others).
    interrupt: AtomicBool,
}

impl Default for Pending {
    fn default() -> Pending {
        Pending::new()
    }
}

#[cfg(target_arch = "arm")]
impl Pending {
    /// A flag that is not set.
    pub const fn new() -> Pending {
        Pending { table: AtomicPtr::new(crate::vm::DISPATCH), interrupt: AtomicBool::new(false) }
    }
    /// Asks for attention.
    pub fn set(&self) {
        self.table.store(crate::vm::DISPATCH_PENDING, Ordering::Relaxed);
    }
    /// Attention is being given. `tracing`: go on by the table that traces.
    pub fn clear(&self, tracing: bool) {
        let table = if tracing { crate::vm::DISPATCH_TRACED } else { crate::vm::DISPATCH };
        self.table.store(table, Ordering::Relaxed);
    }
    /// Does something wait?
    #[inline]
    pub fn is_set(&self) -> bool {
        self.table.load(Ordering::Relaxed) == crate::vm::DISPATCH_PENDING
    }
}

#[cfg(not(target_arch = "arm"))]
impl Pending {
    /// A flag that is not set.
    pub const fn new() -> Pending {
        Pending { flag: AtomicBool::new(false), interrupt: AtomicBool::new(false) }
    }
    /// Asks for attention.
    pub fn set(&self) {
        self.flag.store(true, Ordering::Relaxed);
    }
    /// Attention is being given.
    pub fn clear(&self, _tracing: bool) {
        self.flag.store(false, Ordering::Relaxed);
    }
    /// Does something wait?
    #[inline]
    pub fn is_set(&self) -> bool {
        self.flag.load(Ordering::Relaxed)
    }
}

// Ctrl-C has a flag of its own, for whoever cannot run callbacks but can give up: a collection, a compilation.
impl Pending {
    /// Reports Ctrl-C.
    pub fn interrupt(&self) {
        self.interrupt.store(true, Ordering::Relaxed);
        self.set();
    }
    /// Does Ctrl-C wait?
    #[inline(always)]
    pub fn interrupted(&self) -> bool {
        self.interrupt.load(Ordering::Relaxed)
    }
    /// Did Ctrl-C wait? It does no more.
    pub fn take_interrupt(&self) -> bool {
        let waited = self.interrupted();
        self.interrupt.store(false, Ordering::Relaxed);
        waited
    }
}
