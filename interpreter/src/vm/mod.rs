//! The virtual machine: one [`Vm`] holds everything, there are no globals.
//!
//! - `run.rs`, `step.rs`, `enter.rs`, `quick.rs`, `slow.rs`: the loop over bytecode; `arm.rs`: its hot part by hand. Python calls Python without recursion on the native stack; natives that
//!   call back enter a nested loop, bounded by [`NATIVE_DEPTH`].
//! - `call.rs`: callables and arguments. `class.rs`, `shape.rs`, `attr.rs`: classes and attributes.
//! - `consume.rs`, `special.rs`: builtins over generators and special methods in Python as frames of the loop.
//! - `ops.rs`: what operators and built-in protocols mean. `generator.rs`, `unwind.rs`, `import.rs`, `load.rs`.
//! - `trace.rs`: `sys.settrace` and frame objects.

#[cfg(target_arch = "arm")]
mod arm;
mod attr;
mod call;
mod class;
mod consume;
mod deferred;
mod description;
mod enter;
mod generator;
mod hooks;
mod import;
mod listing;
mod load;
mod machine;
mod ops;
mod out;
mod quick;
mod rebind;
mod run;
mod shape;
mod slow;
mod source;
mod special;
mod step;
mod suggest;
#[cfg(test)]
mod tests;
mod thread;
mod trace;
mod unwind;
mod written;

use crate::hal::{Hal, Pending};
use crate::heap::blocks::RESERVE_LIMIT;
use crate::heap::{Heap, NoMemory, Root, TempMark};
use crate::objects::native::{ExcKind, R, Raised};
use crate::value::{Qstr, Val};
use alloc::boxed::Box;
use alloc::string::String;
use core::fmt;

pub use crate::objects::native::{Args, BinOp, CmpOp, UnOp};
#[cfg(target_arch = "arm")]
pub(crate) use arm::{DISPATCH, DISPATCH_PENDING, DISPATCH_TRACED};
pub(crate) use class::INFO_BASES;
pub(crate) use generator::{Resume, Step};
pub use import::Loader;
pub use out::Out;
pub(crate) use thread::Wait;
pub(crate) use trace::field as frame_field;
pub(crate) use unwind::{X_CAUSE, X_CONTEXT, X_SUPPRESS, X_TRACEBACK};

/// Nested run loops and native recursion (comparison of nested lists, `repr` …) before RecursionError.
pub const NATIVE_DEPTH: usize = if cfg!(target_pointer_width = "32") { 24 } else { 64 };

/// Everything an interpreter is.
// In this order, because the code in `arm.rs` reaches the first 128 bytes with one instruction.
#[repr(C)]
pub struct Vm {
    /// The instruction being executed, valid while a slow path runs.
    pub(crate) pc: *const u32,
    /// The current frame's slot 0.
    pub(crate) r: *mut Val,
    /// One past the last usable slot of the stack.
    pub(crate) stack_end: *mut Val,
    /// Set by `hal` (perhaps in an interrupt) when [`Vm::service`] should look at its events.
    pub(crate) pending: &'static Pending,
    /// Where the temp log stood when the innermost run of the loop began.
    pub(crate) mark: TempMark,
    /// The stub instructions that special frames return to.
    pub(crate) stubs: *const u32,
    /// The dispatch table for when no event waits.
    #[cfg(target_arch = "arm")]
    pub(crate) table: *mut (),
    /// Names in `builtins` were assigned: cached builtins are not to be trusted.
    pub(crate) builtins_changed: bool,
    /// How the generator resumed last came back: by returning.
    pub(crate) ended: bool,
    /// All Python objects, and the stack.
    pub heap: Heap,
    /// The board.
    pub hal: Box<dyn Hal>,
    /// Start of the arena: return addresses on the stack are offsets from here.
    pub(crate) base: *mut u8,
    /// Depth of native recursion.
    pub(crate) depth: usize,
    pub(crate) shapes: shape::Shapes,
    /// Where modules in Python come from.
    pub loader: Loader,
    /// What the native modules keep.
    pub state: crate::modules::State,
    /// The threads, once there is more than one.
    pub(crate) threads: Option<Box<thread::Threads>>,
    /// Runs of the loop, one within the other.
    pub(crate) levels: usize,
    /// `depth` when the innermost run of the loop began.
    pub(crate) run_depth: usize,
    /// The `Err` underway means that the thread is to be changed.
    pub(crate) switching: bool,
    /// `depth` when [`Root::Stopped`] was set.
    pub(crate) stopped_depth: usize,
    /// Each instruction goes by [`trace::traced`].
    pub(crate) tracing: bool,
    /// Whom `sys.settrace` concerns.
    pub(crate) tracer: trace::Tracer,
    /// The instruction that makes the loop take another table up stands here, if not null.
    #[cfg(target_arch = "arm")]
    pub(crate) patched: *mut u32,
    /// What stood there before.
    #[cfg(target_arch = "arm")]
    pub(crate) patched_word: u32,
}

impl fmt::Debug for Vm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vm").field("depth", &self.depth).finish_non_exhaustive()
    }
}

impl From<NoMemory> for Raised {
    /// A `Raised` without an exception in place stands for MemoryError, or for Ctrl-C: see [`Vm::exc`].
    fn from(_: NoMemory) -> Raised {
        Raised
    }
}

impl Vm {
    /// A machine with a heap of its own of `heap_bytes` bytes (stack included), for the host.
    ///
    /// # Errors
    /// [`NoMemory`] if that is too little to start in.
    pub fn new(heap_bytes: usize, hal: Box<dyn Hal>) -> Result<Vm, NoMemory> {
        Vm::on(Heap::with_size(heap_bytes)?, hal)
    }

    /// A machine on a heap.
    ///
    /// # Errors
    /// [`NoMemory`] if the heap is too small to start in.
    pub fn on(mut heap: Heap, hal: Box<dyn Hal>) -> Result<Vm, NoMemory> {
        let pending = hal.pending();
        heap.stop_on(pending);
        let mark = heap.mark_temps();
        let mut vm = Vm {
            heap,
            hal,
            pending,
            pc: core::ptr::null(),
            r: core::ptr::null_mut(),
            base: core::ptr::null_mut(),
            stubs: core::ptr::null(),
            stack_end: core::ptr::null_mut(),
            depth: 0,
            mark,
            shapes: shape::Shapes::default(),
            builtins_changed: false,
            ended: false,
            loader: Loader::BOARD,
            state: crate::modules::State::default(),
            threads: None,
            levels: 0,
            run_depth: 0,
            switching: false,
            stopped_depth: 0,
            tracing: false,
            tracer: trace::Tracer::default(),
            #[cfg(target_arch = "arm")]
            table: arm::DISPATCH,
            #[cfg(target_arch = "arm")]
            patched: core::ptr::null_mut(),
            #[cfg(target_arch = "arm")]
            patched_word: 0,
        };
        vm.start()?;
        Ok(vm)
    }

    /// Lays out the stack and the roots.
    fn start(&mut self) -> Result<(), NoMemory> {
        use crate::heap::cell::{F_BUFVALS, F_V1, F_V2, F_V3, header};
        use crate::heap::{Kind, Move, q};
        let head = header(Kind::Code, F_BUFVALS, 4 * consume::SLOTS as u16);
        let stubs = self.heap.alloc_cell(head, 0, 0, Val::NULL.bits())?;
        let words = call::STUBS.len() + consume::CODE.len();
        self.heap.alloc_buffer(stubs, 4 * words, Move::Fixed)?;
        let code = call::STUBS.into_iter().map(|op| op as u32).chain(consume::CODE);
        for (place, word) in self.heap.buf_vals_mut(stubs, words).iter_mut().zip(code) {
            *place = Val::from_bits(word);
        }
        self.heap.set_root(Root::Stubs, stubs);
        self.stubs = self.heap.buf_ptr(stubs).cast();
        self.base = self.heap.buf_ptr(stubs).wrapping_sub(self.heap.w(stubs, 1) as usize);
        self.stack_end = self.heap.stack_ptr().wrapping_add(self.heap.stack_len() - 1);

        let spare = self.heap.new_tuple(&[])?;
        let spare = self.heap.alloc_cell(
            header(Kind::Exception, F_V1 | F_V2 | F_V3, 0),
            ExcKind::MemoryError.val().bits(),
            spare.bits(),
            0,
        )?;
        self.heap.set_root(Root::SpareMemoryError, spare);
        for root in [Root::Modules, Root::ModuleDicts, Root::FunctionDicts] {
            let d = self.heap.new_dict(0)?;
            self.heap.set_root(root, d);
        }
        let classes = self.heap.new_list_cap(0)?;
        self.heap.set_root(Root::Classes, classes);
        self.heap.set_root(Root::Handling, Val::NONE);
        self.heap.set_root(Root::Sent, Val::NONE);

        // The bottom frame: a function without slots, so that every frame has a caller.
        let nothing = self.heap.alloc_cell(header(Kind::Raw, 0, 0), 0, 0, 0)?;
        self.heap.set_slot(2, nothing);
        self.r = self.heap.stack_ptr().wrapping_add(3);
        self.pc = self.stubs;
        self.heap.set_sp(3);

        let main = self.new_module("__main__").map_err(|_| NoMemory)?;
        self.heap.set_root(Root::Main, main);
        let modules = self.heap.root(Root::Modules);
        self.heap.dict_set_qstr(modules, q::__main__, main)?;
        self.heap.clear_temps();
        Ok(())
    }

    // ---- the stack ----

    /// Slot `i` of the stack.
    #[inline]
    pub fn stack(&self, i: usize) -> Val {
        self.heap.slot(i)
    }
    /// Slots of the stack.
    #[inline]
    pub fn stack_slice(&self, from: usize, n: usize) -> &[Val] {
        self.heap.slots(from, from + n)
    }

    /// Forgets what lies on the stack above a native call's arguments: temporaries of the caller that are dead.
    pub fn clear_above(&mut self, args: Args) {
        for i in args.base + args.n + 2 * args.nkw..self.heap.sp() {
            self.heap.set_slot(i, Val::NULL);
        }
    }

    /// Runs `f` with the heap unlocked. What the official firmware keeps on its stack or in a reserve (exceptions and
    /// the way they come, a frame of a generator) may be allocated here while a script has locked the heap.
    pub(crate) fn lend<T>(&mut self, f: impl FnOnce(&mut Vm) -> T) -> T {
        if self.state.heap_lock == 0 {
            return f(self);
        }
        self.heap.set_locked(false);
        let result = f(self);
        self.heap.set_locked(true);
        result
    }

    // ---- exceptions ----

    /// Raises an exception of a built-in kind with a message.
    #[cold]
    #[inline(never)]
    pub fn raise(&mut self, kind: ExcKind, message: fmt::Arguments<'_>) -> Raised {
        let mut out = Out::text();
        let _ = fmt::Write::write_fmt(&mut out, message);
        let text = out.as_str();
        let made = self
            .lend(|vm| vm.heap.new_str(text))
            .map_err(Raised::from)
            .and_then(|s| self.new_exception(kind.val(), &[s]));
        match made {
            Ok(e) => self.raise_val(e),
            Err(raised) => raised,
        }
    }

    /// Raises an exception of a built-in kind with these `args`.
    #[cold]
    #[inline(never)]
    pub fn raise_args(&mut self, kind: ExcKind, args: &[Val]) -> Raised {
        match self.new_exception(kind.val(), args) {
            Ok(e) => self.raise_val(e),
            Err(raised) => raised,
        }
    }

    /// Raises `OSError(errno)`.
    #[cold]
    pub fn raise_os(&mut self, errno: i32) -> Raised {
        self.raise_args(ExcKind::OSError, &[Val::small(errno)])
    }

    /// Raises TypeError.
    #[cold]
    pub fn type_error(&mut self, message: fmt::Arguments<'_>) -> Raised {
        self.raise(ExcKind::TypeError, message)
    }
    /// Raises ValueError.
    #[cold]
    pub fn value_error(&mut self, message: fmt::Arguments<'_>) -> Raised {
        self.raise(ExcKind::ValueError, message)
    }

    /// Raises MemoryError, or KeyboardInterrupt if Ctrl-C waits: what gives up for its sake says that memory lacks.
    #[cold]
    pub fn no_memory(&mut self) -> Raised {
        self.heap.set_root(Root::Exception, Val::NULL);
        Raised
    }

    /// Raises an exception object.
    #[cold]
    pub fn raise_val(&mut self, exc: Val) -> Raised {
        self.heap.set_root(Root::Exception, exc);
        Raised
    }

    /// The exception being raised, without ending it. After `Err(Raised)`.
    pub fn exc(&mut self) -> Val {
        let e = self.heap.root(Root::Exception);
        if !e.is_null() {
            return e;
        }
        // A native ran out of memory, or gave up because of Ctrl-C.
        if self.pending.interrupted() {
            let e = self.new_exception(ExcKind::KeyboardInterrupt.val(), &[]);
            // There may be no memory before a collection, which takes its time.
            self.pending.take_interrupt();
            if let Ok(e) = e.or_else(|_| self.new_exception(ExcKind::KeyboardInterrupt.val(), &[])) {
                self.heap.set_root(Root::Exception, e);
                return e;
            }
        }
        // There may be none for the exception either, then the spare one serves.
        let e = self
            .new_exception(ExcKind::MemoryError.val(), &[])
            .unwrap_or_else(|_| self.heap.root(Root::SpareMemoryError));
        self.heap.set_root(Root::Exception, e);
        e
    }

    /// Ends the raising of the current exception and gives it.
    pub fn take_exc(&mut self) -> Val {
        let e = self.exc();
        self.heap.set_root(Root::Exception, Val::NULL);
        e
    }

    /// After `Err(Raised)`: is it of this kind? Use [`Vm::take_exc`] to swallow it.
    pub fn exc_is(&mut self, kind: ExcKind) -> bool {
        let e = self.exc();
        self.isinstance(e, kind.val())
    }

    // ---- interrupts ----

    /// Looks at pending events: Ctrl-C raises KeyboardInterrupt, scheduled callbacks run. See [`Vm::poll`].
    ///
    /// # Errors
    /// KeyboardInterrupt, or what a callback raises.
    #[cold]
    #[inline(never)]
    pub(crate) fn handle_events(&mut self) -> R<()> {
        self.pending.clear(self.tracing);
        crate::modules::events::service(self)
    }

    /// For long-running natives: services pending events if there are any.
    ///
    /// # Errors
    /// As [`Vm::service`].
    #[inline]
    pub fn poll(&mut self) -> R<()> {
        if self.pending.is_set() { self.poll_events() } else { Ok(()) }
    }

    /// After a computation that cannot poll but gives up when [`Heap::interrupted`] says so: raises, if it did.
    ///
    /// # Errors
    /// KeyboardInterrupt.
    pub fn unless_interrupted(&mut self) -> R<()> {
        if self.pending.interrupted() { Err(self.no_memory()) } else { Ok(()) }
    }

    #[cold]
    #[inline(never)]
    fn poll_events(&mut self) -> R<()> {
        let handled = self.handle_events();
        if self.slice_end().is_some_and(|end| self.hal.ticks_us() >= end) {
            // The loop changes the thread when the native function has returned.
            self.pending.set();
        }
        handled
    }

    // ---- native recursion ----

    /// Enters a native function that may recurse; pair with [`Vm::leave_native`].
    ///
    /// # Errors
    /// RecursionError at the bound.
    #[inline]
    pub fn enter_native(&mut self) -> R<()> {
        if self.depth >= NATIVE_DEPTH || crate::stack::is_low() {
            return Err(self.recursion_error());
        }
        self.depth += 1;
        Ok(())
    }
    /// See [`Vm::enter_native`].
    #[inline]
    pub fn leave_native(&mut self) {
        self.depth -= 1;
    }
    #[cold]
    pub(crate) fn recursion_error(&mut self) -> Raised {
        self.raise(ExcKind::RecursionError, format_args!("maximum recursion depth exceeded"))
    }

    // ---- values ----

    /// A str object.
    ///
    /// # Errors
    /// MemoryError.
    pub fn new_str(&mut self, text: &str) -> R {
        Ok(self.heap.new_str(text)?)
    }

    /// The text of a str, copied, for messages: where memory lacks, only its beginning.
    pub fn text(&self, v: Val) -> Option<String> {
        self.heap.as_str(v).map(beginning)
    }

    /// The text of a str, copied.
    ///
    /// # Errors
    /// MemoryError.
    pub fn owned_text(&mut self, v: Val) -> R<Option<String>> {
        match self.heap.as_str(v).map(copied) {
            Some(None) => Err(self.no_memory()),
            text => Ok(text.flatten()),
        }
    }

    /// A name, copied.
    ///
    /// # Errors
    /// MemoryError.
    pub fn name_text(&mut self, name: Qstr) -> R<String> {
        match copied(self.heap.qstr(name)) {
            Some(text) => Ok(text),
            None => Err(self.no_memory()),
        }
    }

    /// The flag that says that there is an event to service.
    pub fn pending(&self) -> &'static Pending {
        self.pending
    }

    /// Is there an event that [`Vm::poll`] would service?
    pub fn interrupt_pending(&self) -> bool {
        self.pending.is_set()
    }

    /// Text to the console: a line feed becomes CR LF.
    pub fn write_console(&mut self, bytes: &[u8]) {
        for (i, line) in bytes.split(|&b| b == b'\n').enumerate() {
            if i > 0 {
                self.hal.console_write(b"\r\n");
            }
            if !line.is_empty() {
                self.hal.console_write(line);
            }
        }
    }
}

/// A copy of a text, if there is memory for it.
pub(crate) fn copied(text: &str) -> Option<String> {
    let mut copy = String::new();
    copy.try_reserve_exact(text.len()).ok()?;
    copy.push_str(text);
    Some(copy)
}

/// A copy of a text that may be long, for a message: as much of it as there is memory for.
pub(crate) fn beginning(text: &str) -> String {
    copied(text).unwrap_or_else(|| String::from(&text[..text.floor_char_boundary(RESERVE_LIMIT / 2)]))
}
