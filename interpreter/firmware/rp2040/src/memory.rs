//! The RAM: what statics and the stack leave is one arena, shared by Python objects and Rust's allocator.

use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;
use core::ffi::c_void;
use core::sync::atomic::{AtomicUsize, Ordering};

use interpreter::heap::blocks::Blocks;

/// Bytes of the native stack, at the top of the RAM.
const STACK: usize = 16 * 1024;
/// Bytes kept for allocations that cannot fail gracefully.
const RESERVE: u32 = 4096;
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
        let Some(blocks) = (unsafe { *self.0.get() }) else { return core::ptr::null_mut() };
        let calm = !blocks.emergency();
        let p = blocks.alloc(layout.size(), layout.align());
        let stack = GUARDED.load(Ordering::Relaxed);
        if stack != 0 && (p.is_null() || blocks.emergency() || crate::board::interrupted()) {
            // What is computed under guard is given up: it has no more claim to the reserve, nor time after Ctrl-C.
            GUARDED.store(0, Ordering::Relaxed);
            // `guarded` is further up the stack and waits for this.
            unsafe { guarded_escape(stack) }
        }
        if calm && blocks.emergency() {
            crate::board::wake();
        }
        p
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

// A call that can be ended from within: `guarded_call(f, data, &saved)` keeps the registers that a function
// must preserve on the stack and calls `f(data)`. It gives 0 when `f` returns; `guarded_escape(saved)` makes
// it give 1, forgetting all frames below.
core::arch::global_asm!(
    ".syntax unified",
    ".thumb_func",
    ".global guarded_call",
    "guarded_call:",
    "push {{r4-r7, lr}}",
    "mov r4, r8",
    "mov r5, r9",
    "mov r6, r10",
    "mov r7, r11",
    "push {{r3-r7}}",
    "mov r3, sp",
    "str r3, [r2]",
    "mov r3, r0",
    "mov r0, r1",
    "blx r3",
    "movs r0, #0",
    "1:",
    "pop {{r3-r7}}",
    "mov r8, r4",
    "mov r9, r5",
    "mov r10, r6",
    "mov r11, r7",
    "pop {{r4-r7, pc}}",
    ".thumb_func",
    ".global guarded_escape",
    "guarded_escape:",
    "mov sp, r0",
    "movs r0, #1",
    "b 1b",
);

unsafe extern "C" {
    fn guarded_call(f: extern "C" fn(*mut c_void), data: *mut c_void, saved: *mut usize) -> u32;
    fn guarded_escape(saved: usize) -> !;
}

/// The stack pointer of the guarded call that runs; 0 if none does.
static GUARDED: AtomicUsize = AtomicUsize::new(0);

/// See [`interpreter::hal::System::guarded`].
pub fn guarded(mut f: &mut dyn FnMut()) -> bool {
    extern "C" fn run(data: *mut c_void) {
        // `data` is the closure below, which outlives the call.
        unsafe { (*data.cast::<&mut dyn FnMut()>())() }
    }
    // Only `arena` writes it, between two lives.
    let Some(blocks) = (unsafe { *ALLOCATOR.0.get() }) else { return false };
    blocks.begin_epoch();
    // `GUARDED` is written before `f` runs and read by the allocator within. Frames given up hold nothing
    // but what was allocated in this epoch, and nobody else refers to that.
    unsafe {
        if guarded_call(run, (&raw mut f).cast(), GUARDED.as_ptr()) == 0 {
            GUARDED.store(0, Ordering::Relaxed);
            blocks.end_epoch();
            true
        } else {
            blocks.drop_epoch();
            false
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
