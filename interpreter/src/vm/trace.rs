//! `sys.settrace`: events for calls, lines, returns and exceptions, and the frames they are told with.
//!
//! It costs nothing while it is off: as for a pending event, the loop gets another dispatch table, whose every entry
//! comes to [`traced`], which looks for events and then runs the op's ordinary handler. On the chip the instruction
//! behind the call of `settrace` is replaced, for once, by one that makes the loop take the new table up.
//!
//! While tracing, the list at [`Root::Frames`] has a frame object for each frame of the traced thread, outermost
//! first, those included that were there before. A frame is known again by its place on the stack and its function.

use super::Vm;
use super::call::STUB_EXIT;
use super::step::{Go, TABLE, raise};
use crate::bytecode::{Flags, Op};
use crate::heap::cell::{F_V1, header};
use crate::heap::{Kind, Root};
use crate::objects::native::R;
use crate::registry::ids;
use crate::value::Val;

/// What a frame object keeps, in the list in its w1.
pub(crate) mod field {
    /// Its function.
    pub const FUNCTION: usize = 0;
    /// The number of its slot 0 on the stack; -1 when it has been left.
    pub const SLOT: usize = 1;
    /// The instruction, in words from the start of the code.
    pub const AT: usize = 2;
    /// The local trace function or None.
    pub const TRACE: usize = 3;
    /// The frame that called it or None.
    pub const BACK: usize = 4;
    /// A dict of its variables, once somebody has asked for it.
    pub const LOCALS: usize = 5;
    /// The line told last, 0 for none.
    pub const LINE: usize = 6;
    /// The words that belong to that line: from here …
    pub const FROM: usize = 7;
    /// … to here.
    pub const TO: usize = 8;
    /// How many there are.
    pub const LEN: usize = 9;
}

/// A frame's end or a line of code: what an event tells.
#[derive(Clone, Copy)]
enum Event {
    Call,
    Line,
    Return,
    Exception,
}

impl Event {
    fn name(self) -> &'static str {
        ["call", "line", "return", "exception"][self as usize]
    }
}

/// An instruction while tracing: its events, then what it does.
///
/// # Safety
/// As for every handler, see `step.rs`.
pub(super) unsafe extern "C-unwind" fn traced(pc: *const u32, r: *mut Val, vm: &mut Vm) -> Go {
    (vm.pc, vm.r) = (pc, r);
    // SAFETY: the promise of this function.
    unsafe {
        let op = *pc as u8;
        if op < Op::Exit as u8 && vm.traces() && vm.trace_step().is_err() {
            return raise(vm);
        }
        TABLE[op as usize](pc, r, vm)
    }
}

impl Vm {
    /// Are this thread's events asked for, and is this not a trace function itself?
    fn traces(&self) -> bool {
        self.tracer.on && self.tracer.thread == self.thread_id() && !self.tracer.inside
    }

    /// `sys.settrace(function)`: None ends it.
    ///
    /// # Errors
    /// MemoryError.
    pub(crate) fn set_trace(&mut self, function: Val) -> R<()> {
        if function.is_none() {
            self.heap.set_root(Root::Tracer, Val::NULL);
            self.heap.set_root(Root::Frames, Val::NULL);
            self.tracer.on = false;
            if self.tracing {
                self.use_table(false);
            }
            return Ok(());
        }
        if !self.tracer.on {
            let frames = self.frames()?;
            self.heap.set_root(Root::Frames, frames);
        }
        self.heap.set_root(Root::Tracer, function);
        (self.tracer.on, self.tracer.thread) = (true, self.thread_id());
        if !self.tracer.inside && !self.tracing {
            self.use_table(true);
            self.take_table_up();
        }
        Ok(())
    }

    /// The global trace function, or None.
    pub(crate) fn trace_function(&self) -> Val {
        let f = self.heap.root(Root::Tracer);
        if f.is_null() { Val::NONE } else { f }
    }

    /// Chooses the dispatch table for when no event waits.
    fn use_table(&mut self, tracing: bool) {
        self.tracing = tracing;
        #[cfg(target_arch = "arm")]
        {
            self.table = if tracing { super::arm::DISPATCH_TRACED } else { super::arm::DISPATCH };
        }
        // The service of events takes the table over without losing an event that comes meanwhile.
        self.pending.set();
    }

    /// Makes the loop take the table up at the next instruction of the running code.
    fn take_table_up(&mut self) {
        #[cfg(target_arch = "arm")]
        {
            // SAFETY: `pc` is the instruction being executed, in a code buffer that we may write; the loader has made
            // sure that code does not end with an instruction that goes on behind itself. A stub is never left so.
            unsafe {
                let op = Op::from_code(*self.pc as u8).unwrap_or(Op::ReturnNone);
                let at = self.pc.add(op.len_words()).cast_mut();
                if self.patched.is_null()
                    && op.goes_on()
                    && self.stub_of(self.pc).is_none()
                    && *at as u8 <= Op::PrintExpr as u8
                {
                    (self.patched, self.patched_word) = (at, *at);
                    *at = *at & !0xff | Op::Retable as u32;
                    self.heap.code_stays = true;
                }
            }
        }
    }

    // ---- events ----

    /// What is to be told before the instruction at `self.pc` in the frame `self.r`.
    fn trace_step(&mut self) -> R<()> {
        // SAFETY: a frame has its function below slot 0; `pc` is an instruction of its code.
        let (f, word) = unsafe { (*self.r.sub(1), *self.pc) };
        if !self.heap.is(f, Kind::Function) {
            return Ok(());
        }
        let op = word as u8;
        let code = self.heap.val(f, 1);
        let at = self.place_in(code);
        let mut before = at;
        let frame = match self.known_frame(f) {
            Some(frame) => {
                before = self.frame_field(frame, field::AT).small_value();
                frame
            }
            None => self.enter_traced(f, code, at)?,
        };
        self.set_frame_field(frame, field::AT, Val::small(at));
        if self.frame_field(frame, field::TRACE).is_none() {
            self.forget_if_leaving(op, frame);
            return Ok(());
        }
        let (from, to) = (self.frame_field(frame, field::FROM), self.frame_field(frame, field::TO));
        let inside = (from.small_value()..to.small_value()).contains(&at);
        // A loop in one line tells it each time round.
        let again = inside && at < before;
        if !inside || again {
            let (line, from, to) = self.line_range(code, at as u32);
            self.set_frame_field(frame, field::FROM, Val::small(from as i32));
            self.set_frame_field(frame, field::TO, Val::small(to as i32));
            let told = self.frame_field(frame, field::LINE);
            let prologue = told == Val::ZERO
                && line == self.code_first_line(code)
                && [Op::CopyFree as u8, Op::MakeCell as u8, Op::Unbind as u8].contains(&op);
            if prologue {
                // The words of a prologue share the line of `def` with a body on the same line.
                self.set_frame_field(frame, field::TO, Val::small(at + 1));
            } else if again || told != Val::small(line as i32) {
                self.set_frame_field(frame, field::LINE, Val::small(line as i32));
                self.tell(frame, Event::Line, Val::NONE)?;
            }
        }
        if op == Op::Return as u8 || op == Op::ReturnNone as u8 || op == Op::Yield as u8 {
            let operand = (word >> (if op == Op::Yield as u8 { 18 } else { 10 })) & 0x3f;
            // SAFETY: the operand names a slot of the frame.
            let v =
                if op == Op::ReturnNone as u8 { Val::NONE } else { unsafe { *self.r.add(operand as usize) } };
            self.tell(frame, Event::Return, v)?;
        }
        self.forget_if_leaving(op, frame);
        Ok(())
    }

    /// The frame of a function (generator, class body) that has just been entered, and its event.
    fn enter_traced(&mut self, f: Val, code: Val, at: i32) -> R {
        let frames = self.heap.root(Root::Frames);
        let back = self.heap.list(frames).last().copied().unwrap_or(Val::NONE);
        let slot = self.slot_index(self.r);
        if at == 0 {
            // Variables that are not set yet must not show what lay there before.
            let n = self.code_names(code).len();
            for i in self.code_params(code)..n {
                self.heap.set_slot(slot + i, Val::UNBOUND);
            }
        }
        // A generator goes on behind its yield, but stands in that line still.
        // SAFETY: the word before the instruction is code, too.
        let resumed = at > 0 && unsafe { *self.pc.sub(1) } as u8 == Op::Yield as u8;
        let frame = self.new_frame(f, slot as i32, at - i32::from(resumed), back)?;
        if resumed {
            let (line, from, to) = self.line_range(code, at as u32 - 1);
            for (i, x) in [(field::LINE, line), (field::FROM, from), (field::TO, to)] {
                self.set_frame_field(frame, i, Val::small(x as i32));
            }
        }
        self.heap.list_push(frames, frame)?;
        let tracer = self.trace_function();
        let local = self.call_tracer(tracer, frame, Event::Call, Val::NONE)?;
        self.set_frame_field(frame, field::TRACE, local);
        Ok(frame)
    }

    /// The frame object of the frame `self.r`, if it has one. Frames that were left unnoticed are forgotten.
    fn known_frame(&mut self, f: Val) -> Option<Val> {
        let frames = self.heap.root(Root::Frames);
        let slot = self.slot_index(self.r) as i32;
        loop {
            let frame = self.heap.list(frames).last().copied()?;
            let its = self.frame_field(frame, field::SLOT).small_value();
            if its < slot {
                return None;
            }
            if its == slot && self.frame_field(frame, field::FUNCTION) == f {
                return Some(frame);
            }
            self.forget_frame(frame);
        }
    }

    /// Before an instruction that leaves the frame.
    fn forget_if_leaving(&mut self, op: u8, frame: Val) {
        if op == Op::Return as u8 || op == Op::ReturnNone as u8 || op == Op::Yield as u8 {
            self.forget_frame(frame);
        }
    }

    /// Removes the innermost frame object from those of live frames. Who has it can still read it.
    fn forget_frame(&mut self, frame: Val) {
        if self.frame_field(frame, field::LOCALS).is_ptr() {
            let _ = self.frame_locals(frame);
        }
        self.set_frame_field(frame, field::SLOT, Val::small(-1));
        let frames = self.heap.root(Root::Frames);
        // A trace function may have ended the tracing.
        let n = if frames.is_null() { 0 } else { self.heap.list_len(frames) };
        if n > 0 {
            self.heap.list_remove(frames, n - 1, n);
        }
    }

    /// In [`Vm::unwind`]: an exception is in the frame `self.r`. A trace function may put another in its place.
    pub(super) fn trace_exception(&mut self) {
        let Some((frame, exc)) = self.traced_frame() else { return };
        let class = self.type_of(exc);
        let told = crate::objects::exception::traceback(self, exc)
            .and_then(|tb| Ok(self.heap.new_tuple(&[class, exc, tb])?))
            .and_then(|arg| self.tell(frame, Event::Exception, arg));
        if told.is_ok() {
            self.raise_val(exc);
        }
    }

    /// In [`Vm::unwind`]: the exception leaves the frame `self.r`.
    pub(super) fn trace_unwound(&mut self) {
        let Some((frame, exc)) = self.traced_frame() else { return };
        if self.tell(frame, Event::Return, Val::NONE).is_ok() {
            self.raise_val(exc);
        }
        self.forget_frame(frame);
    }

    /// The frame object of the frame `self.r` if its events are told, and the exception being raised, which ends.
    fn traced_frame(&mut self) -> Option<(Val, Val)> {
        if !self.traces() {
            return None;
        }
        // SAFETY: a frame has its function below slot 0.
        let f = unsafe { *self.r.sub(1) };
        let frame = self.known_frame(f)?;
        if self.frame_field(frame, field::TRACE).is_none() {
            return None;
        }
        let exc = self.exc();
        self.heap.keep(exc).ok()?;
        self.heap.set_root(Root::Exception, Val::NULL);
        Some((frame, exc))
    }

    /// An event for the local trace function.
    fn tell(&mut self, frame: Val, event: Event, arg: Val) -> R<()> {
        let local = self.frame_field(frame, field::TRACE);
        let result = self.call_tracer(local, frame, event, arg)?;
        if !result.is_none() {
            self.set_frame_field(frame, field::TRACE, result);
        }
        Ok(())
    }

    /// Calls a trace function, which is not traced itself. What it raises ends the tracing.
    fn call_tracer(&mut self, f: Val, frame: Val, event: Event, arg: Val) -> R {
        let name = self.heap.intern(event.name())?;
        self.tracer.inside = true;
        self.use_table(false);
        let result = self.call(f, &[frame, Val::qstr(name), arg]);
        self.tracer.inside = false;
        self.use_table(self.tracer.on);
        if result.is_err() {
            let exc = self.take_exc();
            self.heap.keep(exc)?;
            let _ = self.set_trace(Val::NONE);
            return Err(self.raise_val(exc));
        }
        result
    }

    // ---- frames ----

    /// The instruction at `self.pc` in words from the start of the code.
    fn place_in(&self, code: Val) -> i32 {
        ((self.pc as usize).wrapping_sub(self.code_entry(code) as usize) / 4) as i32
    }

    fn new_frame(&mut self, f: Val, slot: i32, at: i32, back: Val) -> R {
        let mut fields = [Val::NONE; field::LEN];
        fields[field::FUNCTION] = f;
        fields[field::SLOT] = Val::small(slot);
        fields[field::AT] = Val::small(at);
        fields[field::BACK] = back;
        for i in [field::LINE, field::FROM, field::TO] {
            fields[i] = Val::ZERO;
        }
        let list = self.heap.new_list(&fields)?;
        Ok(self.heap.alloc_cell(header(Kind::Object, F_V1, ids::FRAME), list.bits(), 0, 0)?)
    }

    /// The frame object for a place in a function that has been left: of a traceback.
    pub(crate) fn new_left_frame(&mut self, f: Val, at: Val) -> R {
        self.new_frame(f, -1, at.small_value(), Val::NONE)
    }

    /// Frame objects of all frames of this thread (a list), outermost first.
    pub(crate) fn frames(&mut self) -> R {
        // Innermost first: (slot 0, place in the code).
        let mut places = alloc::vec::Vec::new();
        let (mut r, mut pc) = (self.r, self.pc);
        loop {
            // SAFETY: `r` is a frame on the stack (or a stub frame), whose head lies below it; the outermost returns to
            // itself or to the exit stub with the bottom frame as caller.
            let (f, ret, caller) = unsafe { (*r.sub(1), *r.sub(3), *r.sub(2)) };
            if self.heap.is(f, Kind::Function) {
                let code = self.heap.val(f, 1);
                let n = self.heap.buf_cap(code) as i32 / 4;
                let at = ((pc as usize).wrapping_sub(self.code_entry(code) as usize) as isize / 4) as i32;
                // Where native code was called from is not known.
                let at = if (0..n).contains(&at) { at } else { 0 };
                if places.try_reserve(1).is_err() {
                    return Err(self.no_memory());
                }
                places.push((f, self.slot_index(r) as i32, at));
            }
            let caller = self.val_to_r(caller);
            // The outermost frame's caller is the bottom frame, or lies on another stack.
            if caller >= r || caller <= self.heap.stack_ptr().wrapping_add(3) {
                break;
            }
            let resumed = self.heap.is(f, Kind::Generator);
            (pc, r) = (self.val_to_pc(ret), caller);
            // A generator's stub frame keeps the resuming instruction itself.
            if self.stub_of(pc) != Some(STUB_EXIT) && !resumed {
                pc = pc.wrapping_sub(1);
            }
        }
        let frames = self.heap.new_list_cap(places.len())?;
        let mut back = Val::NONE;
        for &(f, slot, at) in places.iter().rev() {
            back = self.new_frame(f, slot, at, back)?;
            self.heap.list_push(frames, back)?;
        }
        Ok(frames)
    }

    /// A field of a frame object, see [`field`].
    pub(crate) fn frame_field(&self, frame: Val, i: usize) -> Val {
        self.heap.list(self.heap.val(frame, 1))[i]
    }

    /// Sets a field of a frame object.
    pub(crate) fn set_frame_field(&mut self, frame: Val, i: usize, v: Val) {
        let list = self.heap.val(frame, 1);
        self.heap.list_mut(list)[i] = v;
    }

    /// `f_locals`: a dict of a frame's variables as they are now, or as they were when it was left.
    ///
    /// # Errors
    /// MemoryError.
    pub(crate) fn frame_locals(&mut self, frame: Val) -> R {
        let f = self.frame_field(frame, field::FUNCTION);
        let code = self.heap.val(f, 1);
        let flags = self.code_flags(code);
        if flags.has(Flags::MODULE) {
            return Ok(self.heap.val(f, 2));
        }
        let mut dict = self.frame_field(frame, field::LOCALS);
        let slot = self.frame_field(frame, field::SLOT).small_value();
        if !dict.is_ptr() {
            dict = self.heap.new_dict(0)?;
            self.set_frame_field(frame, field::LOCALS, dict);
        }
        let Ok(slot) = usize::try_from(slot) else { return Ok(dict) };
        if flags.has(Flags::CLASS) {
            return Ok(self.heap.slot(slot));
        }
        let names: alloc::vec::Vec<Val> = self.code_names(code).collect();
        for (i, name) in names.into_iter().enumerate() {
            let mut v = self.heap.slot(slot + i);
            // What a slot holds that is not set yet need not be a value.
            if v.is_ptr() && (!self.heap.is_cell(v) || self.heap.head(v) == 0) {
                continue;
            }
            if self.heap.is(v, Kind::Cell) {
                v = self.heap.val(v, 1);
            }
            if v == Val::UNBOUND || v.is_null() {
                self.heap.dict_remove(dict, name);
            } else if self.heap.as_str(name).is_some_and(|n| !n.starts_with('.')) {
                self.dict_store(dict, name, v)?;
            }
        }
        Ok(dict)
    }

    /// `f_lineno`.
    pub(crate) fn frame_line(&self, frame: Val) -> u32 {
        let f = self.frame_field(frame, field::FUNCTION);
        let code = self.heap.val(f, 1);
        if self.frame_field(frame, field::TRACE).is_none() && self.frame_field(frame, field::AT) == Val::ZERO
        {
            return self.code_first_line(code);
        }
        self.line_at(code, self.frame_field(frame, field::AT).small_value() as u32)
    }

    /// `sys._getframe(depth)`; None if there are fewer frames.
    ///
    /// # Errors
    /// MemoryError.
    pub(crate) fn frame_at_depth(&mut self, depth: usize) -> R<Option<Val>> {
        let frames = self.frames()?;
        let n = self.heap.list_len(frames);
        Ok(n.checked_sub(depth + 1).map(|i| self.heap.list(frames)[i]))
    }
}

/// Who is traced.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tracer {
    /// There is a trace function.
    on: bool,
    /// The thread's number.
    thread: u8,
    /// A trace function runs.
    inside: bool,
}

/// The instruction that was exchanged to make the loop take another table up: puts it back.
#[cfg(target_arch = "arm")]
pub(super) extern "C-unwind" fn restore_patched(pc: *const u32, r: *mut Val, vm: &mut Vm) -> Go {
    if vm.patched.cast_const() == pc {
        // SAFETY: `take_table_up` has written there; the frame at hand keeps the code alive.
        unsafe { *vm.patched = vm.patched_word };
        vm.patched = core::ptr::null_mut();
        vm.heap.code_stays = false;
    }
    super::step::go(pc, r)
}
