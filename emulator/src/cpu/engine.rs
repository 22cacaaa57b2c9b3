//! The Unicorn engine behind a small safe surface.
//!
//! All facts about the engine that this file relies on were measured: the virtual TLB with
//! permissions of our own keeps stores to RAM on the fast path, a grown TLB of 4 KiB pages keeps
//! flash and RAM from evicting each other, and `uc_emu_stop` is safe from a block hook only.

use std::ffi::c_void;
use std::ptr;

use unicorn_engine_sys as uc;
use unicorn_engine_sys::{ControlType, HookType, Mode, Prot, RegisterARM, uc_engine, uc_error};

use super::memory::Memory;

/// The engine refused something: a defect of this program or a lack of memory.
#[derive(Debug, thiserror::Error)]
#[error("the CPU engine failed while it {doing}: {error}")]
pub struct EngineError {
    doing: &'static str,
    error: String,
}

fn check(error: uc_error, doing: &'static str) -> Result<(), EngineError> {
    if error == uc_error::OK { Ok(()) } else { Err(EngineError { doing, error: error.to_string() }) }
}

// The header builds these numbers in macros, which bindings do not carry:
// type | number of arguments << 26 | direction << 30 (1 write, 2 read, 3 both).
const fn control(kind: ControlType, arguments: u32, direction: u32) -> ControlType {
    ControlType(kind.0 | arguments << 26 | direction << 30)
}

/// Hook functions with the engine's own signatures; `data` is what [`Engine::hook`] was given.
pub(super) struct Hooks {
    pub block: unsafe extern "C" fn(*mut uc_engine, u64, u32, *mut c_void),
    pub edge: unsafe extern "C" fn(
        *mut uc_engine,
        *mut uc::TranslationBlock,
        *mut uc::TranslationBlock,
        *mut c_void,
    ),
    pub interrupt: unsafe extern "C" fn(*mut uc_engine, u32, *mut c_void),
    pub invalid: unsafe extern "C" fn(*mut uc_engine, *mut c_void) -> bool,
    pub tlb_fill:
        unsafe extern "C" fn(*mut uc_engine, u64, uc::MemType, *mut uc::TlbEntry, *mut c_void) -> bool,
}

/// How `run` came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// Stopped by a hook, or the guest executed WFI.
    Stopped,
    /// An access or an instruction the engine could not carry out.
    Failed,
}

/// One engine: a Cortex-M0 core's registers and translated code.
pub(super) struct Engine {
    uc: *mut uc_engine,
    /// Memory mapped into the engine, kept alive as long as it.
    _mapped: Vec<Memory>,
}

impl Drop for Engine {
    fn drop(&mut self) {
        // SAFETY: `uc` is the handle `uc_open` gave; nothing uses it afterwards.
        unsafe { uc::uc_close(self.uc) };
    }
}

/// All registers of an [`Engine`] at some moment.
pub(super) struct Saved {
    context: *mut uc::uc_context,
}

impl Drop for Saved {
    fn drop(&mut self) {
        // SAFETY: `uc_context_alloc` gave it, and it is freed once; freeing needs no engine.
        unsafe { uc::uc_context_free(self.context) };
    }
}

impl Engine {
    /// Opens a Cortex-M0 with the virtual TLB.
    pub fn open() -> Result<Engine, EngineError> {
        let mut handle = ptr::null_mut();
        // SAFETY: `handle` is valid for the write; every control below gets the number and types
        // of arguments its number announces.
        unsafe {
            check(uc::uc_open(uc::Arch::ARM, Mode::THUMB, &mut handle), "opened")?;
            let engine = Engine { uc: handle, _mapped: Vec::new() };
            check(
                uc::uc_ctl(handle, control(ControlType::CPU_MODEL, 1, 1), uc::ArmCpuModel::CORTEX_M0 as i32),
                "chose a core",
            )?;
            check(
                uc::uc_ctl(handle, control(ControlType::UC_PAGE_SIZE, 1, 1), 4096u32),
                "set the page size",
            )?;
            check(
                uc::uc_ctl(handle, control(ControlType::TLB_TYPE, 1, 1), uc::TlbType::VIRTUAL as i32),
                "chose its TLB",
            )?;
            // Without this every start would throw away the block at the "until" address.
            check(uc::uc_ctl(handle, control(ControlType::UC_USE_EXITS, 1, 1), 1i32), "enabled exits")?;
            Ok(engine)
        }
    }

    /// Maps memory at `base`. The engine gets all rights; the TLB hook restricts them.
    pub fn map(&mut self, base: u32, memory: &Memory) -> Result<(), EngineError> {
        let (ptr, size) = memory.host();
        // SAFETY: `ptr` is valid for `size` bytes and stays so: the handle is kept in `_mapped`
        // until the engine is closed.
        let error = unsafe {
            uc::uc_mem_map_ptr(self.uc, u64::from(base), size as u64, Prot::ALL.0, ptr.cast::<c_void>())
        };
        check(error, "mapped memory")?;
        self._mapped.push(memory.clone());
        Ok(())
    }

    /// Maps `size` bytes at `base` to callbacks, which get offsets from `base`.
    ///
    /// # Safety
    /// `data` must stay valid for the callbacks until the engine is dropped.
    pub unsafe fn map_io(
        &mut self,
        base: u32,
        size: u32,
        read: uc::uc_cb_mmio_read_t,
        write: uc::uc_cb_mmio_write_t,
        data: *mut c_void,
    ) -> Result<(), EngineError> {
        // SAFETY: the caller vouches for `data`; the engine stores the pointers only.
        let error =
            unsafe { uc::uc_mmio_map(self.uc, u64::from(base), u64::from(size), read, data, write, data) };
        check(error, "mapped registers")
    }

    /// Installs the hooks.
    ///
    /// # Safety
    /// `data` must stay valid for the hooks until the engine is dropped.
    pub unsafe fn hook(&mut self, hooks: &Hooks, data: *mut c_void) -> Result<(), EngineError> {
        let all: [(HookType, *mut c_void); 5] = [
            (HookType::BLOCK, hooks.block as *mut c_void),
            (HookType::EDGE_GENERATED, hooks.edge as *mut c_void),
            (HookType::INTR, hooks.interrupt as *mut c_void),
            (HookType::INSN_INVALID, hooks.invalid as *mut c_void),
            (HookType::TLB_FILL, hooks.tlb_fill as *mut c_void),
        ];
        for (kind, function) in all {
            let mut hook = 0;
            // SAFETY: each function has the signature of its kind (the fields of `Hooks`); begin
            // greater than end means "everywhere".
            let error =
                unsafe { uc::uc_hook_add(self.uc, &mut hook, kind.0 as i32, function, data, 1u64, 0u64) };
            check(error, "added a hook")?;
        }
        Ok(())
    }

    /// Adds a hook that is called before each instruction, and forgets the code that was translated without it.
    ///
    /// # Safety
    /// `data` must stay valid for the hook until the engine is dropped.
    pub unsafe fn hook_code(
        &mut self,
        function: unsafe extern "C" fn(*mut uc_engine, u64, u32, *mut c_void),
        data: *mut c_void,
    ) -> Result<(), EngineError> {
        // Begin greater than end means "everywhere".
        // SAFETY: the caller vouches for `data`.
        unsafe { self.hook_code_between(1, 0, function, data)? };
        self.forget_all_code();
        Ok(())
    }

    /// Adds a hook that is called before the instruction at `address`, in code that is translated from now on.
    ///
    /// # Safety
    /// As for [`Engine::hook_code`].
    pub unsafe fn hook_code_at(
        &mut self,
        address: u32,
        function: unsafe extern "C" fn(*mut uc_engine, u64, u32, *mut c_void),
        data: *mut c_void,
    ) -> Result<(), EngineError> {
        // SAFETY: the caller vouches for `data`.
        unsafe { self.hook_code_between(address.into(), address.into(), function, data) }
    }

    unsafe fn hook_code_between(
        &mut self,
        begin: u64,
        end: u64,
        function: unsafe extern "C" fn(*mut uc_engine, u64, u32, *mut c_void),
        data: *mut c_void,
    ) -> Result<(), EngineError> {
        let mut hook = 0;
        let (kind, function) = (HookType::CODE.0 as i32, function as *mut c_void);
        // SAFETY: the function has the signature of its kind, and the caller vouches for `data`.
        check(
            unsafe { uc::uc_hook_add(self.uc, &mut hook, kind, function, data, begin, end) },
            "added a hook",
        )
    }

    /// Grows the TLB to 2^[`TLB_BITS`] entries, and flushes it. It grows only when a flush finds it
    /// full, so it is filled and flushed again and again.
    pub fn grow_tlb(&mut self) {
        for bits in 8..=TLB_BITS {
            for page in 0..1u32 << bits {
                self.look_up(page << 12);
            }
            // SAFETY: the control takes no arguments.
            unsafe { uc::uc_ctl(self.uc, control(ControlType::TLB_FLUSH, 0, 1)) };
        }
    }

    /// Looks up a page for reading, which puts it into the TLB.
    fn look_up(&mut self, address: u32) {
        let mut physical = 0;
        // SAFETY: `physical` is valid for the write. The result does not matter.
        unsafe { uc::uc_vmem_translate(self.uc, u64::from(address), Prot::READ, &mut physical) };
    }

    /// Says that code below `end` is in memory the guest cannot write.
    ///
    /// The engine walks the whole TLB at every translation, to watch the block's page for stores,
    /// except where a hook of a certain kind exists: this one, which is never called.
    pub fn code_is_constant_below(&mut self, end: u32) -> Result<(), EngineError> {
        let mut hook = 0;
        // SAFETY: the function has the signature of its kind and uses no data.
        let error = unsafe {
            uc::uc_hook_add(
                self.uc,
                &mut hook,
                HookType::MEM_FETCH_UNMAPPED.0 as i32,
                refuse as *mut c_void,
                ptr::null_mut(),
                0u64,
                u64::from(end - 1),
            )
        };
        check(error, "added a hook")
    }

    /// Forgets translated code in a range of addresses: someone other than this engine's own
    /// guest wrote there.
    pub fn forget_code(&mut self, start: u32, end: u32) {
        // SAFETY: the control takes two 64-bit addresses.
        unsafe {
            uc::uc_ctl(
                self.uc,
                control(ControlType::TB_REMOVE_CACHE, 2, 1),
                u64::from(start),
                u64::from(end),
            );
        }
    }

    /// Forgets all translated code.
    pub fn forget_all_code(&mut self) {
        // SAFETY: the control takes no arguments.
        unsafe { uc::uc_ctl(self.uc, control(ControlType::TB_FLUSH, 0, 1)) };
    }

    /// Runs from `pc` until a hook stops it, WFI, or a failure.
    pub fn run(&mut self, pc: u32) -> Ended {
        // SAFETY: the handle is open, and no hook calls back into `run`. Callbacks get their own
        // data pointer, whose validity `hook` and `map_io` demanded.
        let error = unsafe { uc::uc_emu_start(self.uc, u64::from(pc | 1), 0, 0, 0) };
        if error == uc_error::OK { Ended::Stopped } else { Ended::Failed }
    }

    /// A copy of all registers, the engine's cached mode included.
    pub fn save(&self) -> Result<Saved, EngineError> {
        let mut context = ptr::null_mut();
        // SAFETY: the handle is open and `context` valid for the write; `Saved` frees what was made.
        unsafe {
            check(uc::uc_context_alloc(self.uc, &mut context), "made room for registers")?;
            let saved = Saved { context };
            check(uc::uc_context_save(self.uc, context), "saved registers")?;
            Ok(saved)
        }
    }

    /// Sets all registers to a copy made by this engine or by another of the same model.
    pub fn restore(&mut self, saved: &Saved) -> Result<(), EngineError> {
        // SAFETY: the handle is open, and the context was saved from a Cortex-M0 as all engines here are; it holds
        // the registers up to the first pointer of the engine's own state, and nothing of its memory.
        check(unsafe { uc::uc_context_restore(self.uc, saved.context) }, "restored registers")
    }

    /// A register's value.
    pub fn reg(&self, register: RegisterARM) -> u32 {
        // SAFETY: the handle is open.
        unsafe { reg(self.uc, register) }
    }

    /// Sets a register.
    pub fn set_reg(&mut self, register: RegisterARM, value: u32) {
        // SAFETY: every register used here is 32 bits wide.
        unsafe {
            uc::uc_reg_write(self.uc, register as i32, (&raw const value).cast::<c_void>());
        }
    }

    /// r0 to r12, sp, lr, pc.
    pub fn registers(&self) -> [u32; 16] {
        std::array::from_fn(|n| self.reg(REGISTERS[n]))
    }
}

/// With 17 bits of pages 0x1000_0000 and 0x2000_0000 have different places: the fewest that do.
const TLB_BITS: u32 = 17;

unsafe extern "C" fn refuse(
    _: *mut uc_engine,
    _: uc::MemType,
    _: u64,
    _: i32,
    _: i64,
    _: *mut c_void,
) -> bool {
    false
}

/// r0 to r12, sp, lr, pc.
pub(super) const REGISTERS: [RegisterARM; 16] = [
    RegisterARM::R0,
    RegisterARM::R1,
    RegisterARM::R2,
    RegisterARM::R3,
    RegisterARM::R4,
    RegisterARM::R5,
    RegisterARM::R6,
    RegisterARM::R7,
    RegisterARM::R8,
    RegisterARM::R9,
    RegisterARM::R10,
    RegisterARM::R11,
    RegisterARM::R12,
    RegisterARM::SP,
    RegisterARM::LR,
    RegisterARM::PC,
];

/// A register's value, from within a hook.
///
/// # Safety
/// `engine` must be open.
pub(super) unsafe fn reg(engine: *mut uc_engine, register: RegisterARM) -> u32 {
    let mut value = 0u32;
    // SAFETY: the caller vouches for `engine`; the registers used here are 32 bits wide.
    unsafe { uc::uc_reg_read(engine, register as i32, (&raw mut value).cast::<c_void>()) };
    value
}

/// Stops the engine, from within a block, interrupt or invalid-instruction hook.
///
/// # Safety
/// `engine` must be open, and the caller must not be a memory callback: there a load would not
/// write its register and the access would repeat.
pub(super) unsafe fn stop(engine: *mut uc_engine) {
    // SAFETY: the caller vouches for `engine`.
    unsafe { uc::uc_emu_stop(engine) };
}
