//! Threads: each has a stack of its own; one loop runs them in turn.
//!
//! The loop goes to another thread where it polls (at a thread's slice's end) and where a native function blocks
//! that bytecode has called: such a function gives `Err` without an exception, having noted what it waits for, and
//! [`Vm::unwind`] finds [`Vm::switching`] set and changes the thread in place of looking for a handler. When the
//! thread is chosen again, the result of the call is written where the call instruction wants it.
//!
//! Native code that calls back (a sort key, `__repr__`, a coroutine's step) runs the loop again, on the native
//! stack: a *level*. Any thread may run in any level, but a level can only be left by the thread that entered it,
//! and only while it is the innermost. A thread that comes to the end of its level earlier waits for that. So does a native
//! function that blocks and was not called by bytecode: it runs the others in a level of its own.

use super::{Vm, call::Next, call::STUB_EXIT, run::drive};
use crate::bytecode::Op;
use crate::heap::cell::{F_BUFVALS, header};
use crate::heap::{Kind, Move, Root};
use crate::objects::native::{ExcKind, R, Raised};
use crate::value::Val;
use alloc::boxed::Box;
use alloc::vec::Vec;

/// How long a thread runs while others want to, in µs.
const SLICE_US: u64 = 5000;
/// Slots of a thread's stack that are not for frames.
const RESERVE: usize = 2;
/// Threads at most, the main one included.
const MOST: usize = 16;
/// Levels at most: the bound on native recursion is lower.
const LEVELS: usize = super::NATIVE_DEPTH + 8;

/// What a thread waits for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Wait {
    /// Nothing: it can run.
    Nothing,
    /// A time (µs).
    Until(u64),
    /// A lock, until a time.
    Lock(Val, u64),
    /// In a native function in a level of its own: a time, or that events have been handled since this many.
    Native(u64, u32),
}

/// What is kept of a thread while another runs. Its values are in the list at [`Root::Threads`].
#[derive(Debug)]
struct Thread {
    id: u8,
    pc: *const u32,
    r: *mut Val,
    sp: usize,
    wait: Wait,
    /// What the call gives that it blocked in; NULL: it did not block.
    result: Val,
    /// Levels that it has entered.
    levels: u8,
    /// It is at the end of its innermost level: by a return or by an exception.
    leaving: Option<bool>,
    /// KeyboardInterrupt is to be raised in it.
    interrupted: bool,
    /// `micropython.heap_lock` is a thread's own.
    heap_lock: u32,
}

/// All threads, once there is more than the main one.
#[derive(Debug)]
pub(crate) struct Threads {
    list: Vec<Thread>,
    current: usize,
    /// The one that ran last: the next in turn follows it.
    turn: usize,
    /// Who entered each level.
    owners: Vec<u8>,
    /// When the current thread has run long enough.
    slice_end: u64,
    /// A thread chosen while unwinding leaves the level, as this says.
    leave: Option<bool>,
    last_id: u8,
}

/// What choosing a thread led to.
enum Chosen {
    /// It goes on.
    Run,
    /// The exception in place is raised in it.
    Raise,
    /// It leaves the innermost level: by a return or by an exception.
    Leave(bool),
}

/// The main thread's number.
const MAIN: u8 = 1;

/// Values of a thread in the list at [`Root::Threads`]: the cell whose buffer is its stack (None: the main
/// thread), and the roots that are a thread's own.
const OWN_ROOTS: [Root; 4] = [Root::Handling, Root::Sent, Root::Thrown, Root::Exception];
const VALUES: usize = 1 + OWN_ROOTS.len();

impl Vm {
    /// Is there more than one thread?
    #[inline]
    pub(crate) fn has_threads(&self) -> bool {
        self.threads.as_ref().is_some_and(|t| t.list.len() > 1)
    }

    /// The number of the running thread.
    pub(crate) fn thread_id(&self) -> u8 {
        self.threads.as_ref().map_or(MAIN, |t| t.list[t.current].id)
    }

    /// When the running thread's slice ends, if another thread may want to run.
    pub(crate) fn slice_end(&self) -> Option<u64> {
        self.threads.as_ref().filter(|t| t.list.len() > 1).map(|t| t.slice_end)
    }

    /// Forgets all threads but the main one: at a soft reset, when nothing runs.
    pub(crate) fn end_threads(&mut self) {
        if let Some(t) = &self.threads
            && t.current == 0
        {
            self.threads = None;
            self.heap.set_root(Root::Threads, Val::NULL);
        }
    }

    // ---- levels ----

    /// Runs the loop in a new level until it is left; true: by a return. With `wait` the running thread waits and
    /// the level is for the others, else it runs from `vm.pc` in frame `vm.r`.
    pub(super) fn run_level(&mut self, wait: bool) -> bool {
        let depth = core::mem::replace(&mut self.run_depth, self.depth);
        self.levels += 1;
        if let Some(t) = &mut self.threads {
            let current = &mut t.list[t.current];
            current.levels += 1;
            let id = current.id;
            t.owners.push(id);
        }
        let mut chosen = if wait { self.choose() } else { Chosen::Run };
        let returned = loop {
            let returned = match chosen {
                Chosen::Leave(returned) => break returned,
                Chosen::Raise => self.unwind() && drive(self),
                Chosen::Run => drive(self),
            };
            if self.threads.is_none() {
                break returned;
            }
            chosen = self.at_exit(returned);
        };
        self.levels -= 1;
        self.run_depth = depth;
        if let Some(t) = &mut self.threads {
            t.owners.truncate(self.levels);
            t.list[t.current].levels -= 1;
        }
        returned
    }

    /// The loop was left: by the running thread's return or exception, or because a chosen thread leaves.
    fn at_exit(&mut self, returned: bool) -> Chosen {
        let Some(t) = &mut self.threads else { return Chosen::Leave(returned) };
        if let Some(returned) = t.leave.take() {
            return Chosen::Leave(returned);
        }
        let current = t.current;
        let thread = &mut t.list[current];
        if t.owners.last() == Some(&thread.id) {
            return Chosen::Leave(returned);
        }
        if thread.levels == 0 {
            self.end_thread(returned);
        } else {
            thread.leaving = Some(returned);
            self.save_thread();
        }
        self.choose()
    }

    /// The running thread has come to its end.
    fn end_thread(&mut self, returned: bool) {
        if !returned {
            let exc = self.take_exc();
            if !self.isinstance(exc, ExcKind::SystemExit.val()) {
                let _ = self.report_thread(exc);
            }
        }
        let Some(t) = &mut self.threads else { return };
        let gone = t.current;
        t.list.remove(gone);
        let values = self.heap.root(Root::Threads);
        self.heap.list_remove(values, gone * VALUES, (gone + 1) * VALUES);
        // The main thread's stack serves until the next one is chosen, which is that after the one that is gone.
        self.load_thread(0);
        if let Some(t) = &mut self.threads {
            t.turn = gone - 1;
        }
    }

    fn report_thread(&mut self, exc: Val) -> R<()> {
        let mark = self.heap.mark_temps();
        self.heap.keep(exc)?;
        let function = self.heap.slot(THREAD_FUNCTION);
        let mut out = super::Out::console();
        out.push("Unhandled exception in thread started by ");
        let _ = out.repr(self, function);
        out.push("\n");
        let printed = self.print_exception(exc, &mut out);
        let finished = out.finish(self).map(|_| ());
        self.heap.release_temps(mark);
        printed.and(finished)
    }

    // ---- changing the thread ----

    /// Puts away the running thread.
    fn save_thread(&mut self) {
        let (pc, r, sp) = (self.pc, self.r, self.heap.sp());
        let Some(t) = &mut self.threads else { return };
        let thread = &mut t.list[t.current];
        (thread.pc, thread.r, thread.sp) = (pc, r, sp);
        thread.heap_lock = self.state.heap_lock;
        let (at, values) = (t.current * VALUES, self.heap.root(Root::Threads));
        for (i, root) in OWN_ROOTS.into_iter().enumerate() {
            let v = self.heap.root(root);
            self.heap.list_mut(values)[at + 1 + i] = v;
        }
    }

    /// Makes a thread that was put away the running one.
    fn load_thread(&mut self, index: usize) {
        let now = self.hal.ticks_us();
        let Some(t) = &mut self.threads else { return };
        t.current = index;
        t.turn = index;
        // It is cut short for a thread that waits for a time.
        let waits =
            t.list.iter().enumerate().filter(|(i, _)| *i != index).filter_map(|(_, other)| {
                match other.wait {
                    Wait::Until(at) | Wait::Lock(_, at) | Wait::Native(at, _) => {
                        Some(at).filter(|&at| at > now)
                    }
                    Wait::Nothing => None,
                }
            });
        t.slice_end = waits.fold(now + SLICE_US, u64::min);
        let thread = &t.list[index];
        let sp = thread.sp;
        (self.pc, self.r) = (thread.pc, thread.r);
        self.state.heap_lock = thread.heap_lock;
        self.heap.set_locked(thread.heap_lock > 0);
        let (at, values) = (index * VALUES, self.heap.root(Root::Threads));
        let cell = self.heap.list(values)[at];
        self.heap.use_stack(if cell.is_none() { None } else { Some(cell) }, sp);
        self.stack_end = self.heap.stack_ptr().wrapping_add(self.heap.stack_len() - RESERVE);
        for (i, root) in OWN_ROOTS.into_iter().enumerate() {
            let v = self.heap.list(values)[at + 1 + i];
            self.heap.set_root(root, v);
        }
        crate::modules::machine::timer::schedule(self);
    }

    /// In [`Vm::unwind`] with [`Vm::switching`] set: true if a thread goes on at `vm.pc`, false if the level is left,
    /// None if an exception is to be raised in the thread chosen.
    pub(super) fn switch_thread(&mut self) -> Option<bool> {
        self.switching = false;
        self.save_thread();
        match self.choose() {
            Chosen::Run => Some(true),
            Chosen::Raise => None,
            Chosen::Leave(returned) => {
                if let Some(t) = &mut self.threads {
                    t.leave = Some(returned);
                }
                Some(false)
            }
        }
    }

    /// Chooses the thread that runs next, sleeping until there is one, and loads it.
    fn choose(&mut self) -> Chosen {
        loop {
            let now = self.hal.ticks_us();
            let mut earliest = u64::MAX;
            let Some(t) = &mut self.threads else { return Chosen::Leave(false) };
            let n = t.list.len();
            for step in 1..=n {
                let index = (t.turn + step) % n;
                let innermost = t.owners.last() == Some(&t.list[index].id);
                let served = self.state.events.served;
                let thread = &mut t.list[index];
                if let Some(returned) = thread.leaving {
                    if innermost {
                        thread.leaving = None;
                        self.load_thread(index);
                        return Chosen::Leave(returned);
                    }
                    continue;
                }
                match thread.wait {
                    Wait::Nothing => {}
                    Wait::Native(..) if !innermost => continue,
                    Wait::Native(at, seen) => {
                        if now < at && seen == served && !thread.interrupted {
                            earliest = earliest.min(at);
                            continue;
                        }
                        thread.wait = Wait::Nothing;
                        let interrupted = core::mem::take(&mut thread.interrupted);
                        self.load_thread(index);
                        if interrupted {
                            self.raise_args(ExcKind::KeyboardInterrupt, &[]);
                        }
                        return Chosen::Leave(!interrupted);
                    }
                    Wait::Until(at) | Wait::Lock(_, at) if now < at && !thread.interrupted => {
                        earliest = earliest.min(at);
                        continue;
                    }
                    Wait::Until(_) => thread.result = Val::NONE,
                    Wait::Lock(..) => thread.result = Val::FALSE,
                }
                thread.wait = Wait::Nothing;
                let result = core::mem::replace(&mut thread.result, Val::NULL);
                let interrupted = core::mem::take(&mut thread.interrupted);
                self.load_thread(index);
                if interrupted {
                    self.raise_args(ExcKind::KeyboardInterrupt, &[]);
                    return Chosen::Raise;
                }
                if !result.is_null() {
                    self.finish_call(result);
                }
                return Chosen::Run;
            }
            // All wait. Callbacks run on the stack of the thread that ran last.
            if self.pending.is_set() {
                if self.handle_events().is_err() {
                    self.take_exc();
                    self.interrupt_main();
                }
            } else {
                self.hal.sleep_until(earliest);
            }
        }
    }

    fn interrupt_main(&mut self) {
        if let Some(t) = &mut self.threads {
            t.list[0].interrupted = true;
        }
    }

    /// Writes the result of the call instruction at `vm.pc` and goes behind it.
    fn finish_call(&mut self, result: Val) {
        // SAFETY: the thread blocked in a call instruction of the frame `r`: `block` has looked.
        unsafe {
            let word = *self.pc;
            *self.r.byte_add((word >> 8 & 0xff) as usize) = result;
            self.top_of_frame();
            let op = Op::ALL[(word & 0xff) as usize];
            self.pc = self.pc.add(op.len_words());
        }
    }

    // ---- for the loop and for natives ----

    /// Where the loop polls: handles events, then perhaps changes the thread (by an `Err` that `unwind` understands).
    ///
    /// # Errors
    /// KeyboardInterrupt, or what a callback raises.
    #[cold]
    #[inline(never)]
    pub fn service(&mut self) -> R<()> {
        let handled = self.handle_events();
        if !self.has_threads() || self.depth != self.run_depth || self.state.events.running() {
            return handled;
        }
        let mut due = self.slice_end().is_some_and(|end| self.hal.ticks_us() >= end);
        if handled.is_err() {
            // Ctrl-C is the main thread's.
            if self.thread_id() == MAIN || !self.exc_is(ExcKind::KeyboardInterrupt) {
                return handled;
            }
            self.take_exc();
            self.interrupt_main();
            due = true;
        }
        if due {
            self.switching = true;
            return Err(Raised);
        }
        Ok(())
    }

    /// For the loop's own slow paths: services pending events if there are any.
    ///
    /// # Errors
    /// As [`Vm::service`].
    #[inline]
    pub(crate) fn poll_loop(&mut self) -> R<()> {
        if self.pending.is_set() { self.service() } else { Ok(()) }
    }

    /// Has the running thread wait, if the native function that asks was called by bytecode: it then gives this
    /// error to its caller, and the call's result comes from what is waited for. None: it must wait by itself,
    /// see [`Vm::idle_until`].
    pub(crate) fn block(&mut self, wait: Wait) -> Option<Raised> {
        if !self.has_threads() || self.depth != self.run_depth || self.state.events.running() {
            return None;
        }
        // SAFETY: `pc` is an instruction of the frame that called.
        let op = unsafe { *self.pc } as u8;
        let calls = [Op::Call, Op::CallKw, Op::CallMethod, Op::CallMethodKw, Op::CallEx];
        if !calls.iter().any(|&call| call as u8 == op) {
            return None;
        }
        let t = self.threads.as_mut()?;
        t.list[t.current].wait = wait;
        self.switching = true;
        Some(Raised)
    }

    /// Lets other threads run, or sleeps, until a time (µs) or an event; may return early. For native functions
    /// that wait.
    ///
    /// # Errors
    /// KeyboardInterrupt that another thread has met; RecursionError.
    pub fn idle_until(&mut self, deadline: u64) -> R<()> {
        if self.pending.is_set() {
            self.handle_events()?;
            if !self.has_threads() {
                return Ok(());
            }
        }
        if !self.has_threads() || self.state.events.running() {
            self.hal.sleep_until(deadline);
            return Ok(());
        }
        self.enter_native()?;
        let served = self.state.events.served;
        if let Some(t) = &mut self.threads {
            t.list[t.current].wait = Wait::Native(deadline, served);
        }
        let mark = self.heap.mark_temps();
        let outer = core::mem::replace(&mut self.mark, mark);
        self.save_thread();
        let returned = self.run_level(true);
        self.mark = outer;
        self.leave_native();
        if returned { Ok(()) } else { Err(Raised) }
    }

    /// Until when to idle for console input: it wakes the processor, but not those that wait for other threads.
    pub(crate) fn input_deadline(&mut self) -> u64 {
        if self.has_threads() { self.hal.ticks_us() + SLICE_US } else { u64::MAX }
    }

    /// Gives a lock to the thread that has waited longest for it; false if none does.
    pub(crate) fn hand_over(&mut self, lock: Val) -> bool {
        let Some(t) = &mut self.threads else { return false };
        let n = t.list.len();
        for step in 1..=n {
            let index = (t.current + step) % n;
            let thread = &mut t.list[index];
            if matches!(thread.wait, Wait::Lock(l, _) if l == lock) {
                thread.wait = Wait::Nothing;
                thread.result = Val::TRUE;
                return true;
            }
        }
        false
    }

    /// Starts a thread that calls `f`; gives its number.
    ///
    /// # Errors
    /// OSError if there are too many; MemoryError.
    pub(crate) fn start_thread(&mut self, f: Val, args: &[Val], kw: &[(Val, Val)], slots: usize) -> R<u8> {
        self.first_thread()?;
        let full = self.threads.as_ref().is_none_or(|t| t.list.len() >= MOST);
        if full {
            return Err(self.raise(ExcKind::OSError, format_args!("can't create thread")));
        }
        let cell = self.heap.alloc_cell(header(Kind::Raw, F_BUFVALS, 0), 0, 0, 0)?;
        self.heap.alloc_buffer(cell, 4 * slots, Move::Fixed)?;
        self.heap.buf_vals_mut(cell, slots).fill(Val::NULL);
        let values = self.heap.root(Root::Threads);
        for v in [cell, Val::NONE, Val::NONE, Val::NULL, Val::NULL] {
            self.heap.list_push(values, v)?;
        }
        let bottom = self.heap.slot(2);
        let running = self.threads.as_ref().map_or(0, |t| t.current);
        self.save_thread();
        let Some(t) = &mut self.threads else { return Err(Raised) };
        // Numbers of living threads differ.
        t.last_id = t.last_id.wrapping_add(1).max(MAIN + 1);
        while t.list.iter().any(|other| other.id == t.last_id) {
            t.last_id = t.last_id.wrapping_add(1).max(MAIN + 1);
        }
        let id = t.last_id;
        let index = t.list.len();
        t.list.push(Thread {
            id,
            pc: self.stubs,
            r: core::ptr::null_mut(),
            sp: 0,
            wait: Wait::Nothing,
            result: Val::NULL,
            levels: 0,
            leaving: None,
            interrupted: false,
            heap_lock: 0,
        });
        // The call is prepared on the thread's own stack, above a frame without slots.
        self.load_thread(index);
        self.heap.set_slot(2, bottom);
        self.heap.set_slot(THREAD_FUNCTION, f);
        self.heap.set_sp(THREAD_FUNCTION + 1);
        self.r = self.heap.stack_ptr().wrapping_add(3);
        self.pc = self.stubs;
        let prepared = self.prepare_thread(f, args, kw);
        let unfinished = matches!(prepared, Ok(Next::Frame));
        if unfinished {
            self.save_thread();
            self.load_thread(running);
            return Ok(id);
        }
        // It ended at once: a native function, or arguments that do not fit.
        let exc = if prepared.is_err() { self.take_exc() } else { Val::NULL };
        if let Some(t) = &mut self.threads {
            t.list.pop();
        }
        self.load_thread(running);
        let values = self.heap.root(Root::Threads);
        self.heap.list_truncate(values, index * VALUES);
        if exc.is_null() { Ok(id) } else { Err(self.raise_val(exc)) }
    }

    fn prepare_thread(&mut self, f: Val, args: &[Val], kw: &[(Val, Val)]) -> R<Next> {
        // Natives must not take the loop for their caller.
        self.enter_native()?;
        let result = self.prepare_thread_call(f, args, kw);
        self.leave_native();
        result
    }

    fn prepare_thread_call(&mut self, f: Val, args: &[Val], kw: &[(Val, Val)]) -> R<Next> {
        let words = args.len() + 2 * kw.len();
        let dst = self.native_window(words)?;
        let base = self.slot_index(dst) + 3;
        self.heap.set_slot(base - 1, f);
        for (i, &v) in args.iter().enumerate() {
            self.heap.set_slot(base + i, v);
        }
        for (i, &(k, v)) in kw.iter().enumerate() {
            self.heap.set_slot(base + args.len() + 2 * i, k);
            self.heap.set_slot(base + args.len() + 2 * i + 1, v);
        }
        self.heap.set_sp(base + words);
        self.prepare(dst, args.len(), kw.len(), self.stub(STUB_EXIT))
    }

    /// Notes the main thread as the first of several.
    fn first_thread(&mut self) -> R<()> {
        if self.threads.is_some() {
            return Ok(());
        }
        let values = self.heap.new_list(&[Val::NONE; VALUES])?;
        let (mut list, mut owners) = (Vec::new(), Vec::new());
        if list.try_reserve_exact(MOST).is_err() || owners.try_reserve_exact(LEVELS).is_err() {
            return Err(self.no_memory());
        }
        owners.resize(self.levels, MAIN);
        list.push(Thread {
            id: MAIN,
            pc: self.pc,
            r: self.r,
            sp: 0,
            wait: Wait::Nothing,
            result: Val::NULL,
            levels: self.levels as u8,
            leaving: None,
            interrupted: false,
            heap_lock: 0,
        });
        self.heap.set_root(Root::Threads, values);
        let threads = Threads { list, current: 0, turn: 0, owners, slice_end: 0, leave: None, last_id: MAIN };
        self.threads = Some(Box::new(threads));
        Ok(())
    }
}

/// The slot of a thread's stack that keeps the function it was started with.
const THREAD_FUNCTION: usize = 3;
