//! The RAM: what statics and the stack leave is one arena, shared by Python objects and Rust's allocator.

use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;

use interpreter::heap::blocks::Blocks;

/// Bytes of the native stack, at the top of the RAM.
const STACK: usize = 24 * 1024;
/// Bytes kept for allocations that cannot fail gracefully.
const RESERVE: u32 = 2048;
/// Bytes at its end that recursions leave alone: the deepest leaf (a float's text) and an interrupt.
const LEAF: usize = 4 * 1024;
/// Bytes below the stack that fault when touched.
const GUARD: usize = 256;

unsafe extern "C" {
    /// End of the statics, from the linker script of `cortex-m-rt`.
    static mut __sheap: u8;
    static _stack_start: u8;
}

fn stack_bottom() -> usize {
    (&raw const _stack_start) as usize - STACK
}

struct Allocator(UnsafeCell<Option<Blocks>>);

// One core, and interrupt handlers do not allocate.
unsafe impl Sync for Allocator {}

#[global_allocator]
static ALLOCATOR: Allocator = Allocator(UnsafeCell::new(None));

unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // Only `arena` writes it, between two lives of the interpreter.
        match unsafe { *self.0.get() } {
            Some(blocks) => blocks.alloc(layout.size(), layout.align()),
            None => core::ptr::null_mut(),
        }
    }

    unsafe fn dealloc(&self, p: *mut u8, _layout: Layout) {
        // As above; `p` came from `alloc`.
        unsafe {
            if let Some(blocks) = *self.0.get() {
                blocks.free(p);
            }
        }
    }

    unsafe fn realloc(&self, p: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        unsafe {
            if let Some(blocks) = *self.0.get()
                && size <= blocks.usable(p)
                && size * 2 >= layout.size()
            {
                return p;
            }
            let new = self.alloc(Layout::from_size_align_unchecked(size, layout.align()));
            if !new.is_null() {
                new.copy_from_nonoverlapping(p, size.min(layout.size()));
                self.dealloc(p, layout);
            }
            new
        }
    }
}

/// Lays the arena out anew: everything that was allocated before is gone, and nobody holds any of it.
pub fn arena() -> Option<Blocks> {
    let start = (&raw mut __sheap as usize).next_multiple_of(16);
    let len = (stack_bottom() - GUARD - start) & !15;
    // Between the statics and the stack there is nothing else.
    let blocks = unsafe { Blocks::create(start as *mut u8, len, RESERVE) };
    // Nothing allocates meanwhile.
    unsafe { *ALLOCATOR.0.get() = blocks };
    blocks
}

/// Makes the memory protection unit refuse the bytes below the stack, so that an overflow is a fault and
/// not a corrupted heap.
pub fn guard_stack() {
    interpreter::stack::set_limit(stack_bottom() + LEAF);
    let base = (stack_bottom() - GUARD) as u32;
    // Once, before anything else; the registers are the core's own.
    unsafe {
        let mpu = &*cortex_m::peripheral::MPU::PTR;
        mpu.rnr.write(0);
        mpu.rbar.write(base & !0xFF);
        // 256 bytes (2^(7+1)), no access, never execute, enabled.
        mpu.rasr.write(1 << 28 | 7 << 1 | 1);
        // Everywhere else as without it.
        mpu.ctrl.write(0b101);
    }
    cortex_m::asm::dsb();
    cortex_m::asm::isb();
    // What is never used keeps this pattern: `machine.mem32` then tells how deep the stack went.
    let used = cortex_m::register::msp::read() as usize - 64;
    let mut at = stack_bottom();
    while at < used {
        // Below everything that is in use.
        unsafe { (at as *mut u32).write_volatile(0xA5A5_A5A5) };
        at += 4;
    }
}
