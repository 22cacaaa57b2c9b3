//! How much native stack is left.
//!
//! The parser, the compiler and natives that call back recurse on the native stack, which on a chip is a
//! few KiB. The firmware says once where it ends; whoever recurses asks [`is_low`] and raises an exception.
//! On the host nothing sets a limit.

use core::sync::atomic::{AtomicUsize, Ordering};

/// Below this address only leaf functions may go. A static, as there is one native stack, whatever number
/// of virtual machines there are.
static LIMIT: AtomicUsize = AtomicUsize::new(0);

/// Sets the lowest address at which a recursion may go on. What is below must suffice for the deepest leaf
/// function and an interrupt.
pub fn set_limit(address: usize) {
    LIMIT.store(address, Ordering::Relaxed);
}

/// Whether a recursion must stop here.
#[inline(always)]
pub fn is_low() -> bool {
    let here = 0u8;
    (&raw const here) as usize <= LIMIT.load(Ordering::Relaxed)
}

/// Whether fewer than so many bytes are left until then: asked before a computation of known depth begins.
#[inline(always)]
pub fn lacks(bytes: usize) -> bool {
    let here = 0u8;
    (&raw const here) as usize <= LIMIT.load(Ordering::Relaxed).saturating_add(bytes)
}
