//! Generators and coroutines.
//!
//! A generator cell: w1 = buffer `[pc (as on the stack), function, slot for the value sent, handled
//! exception, slots …]`,
//! w2 = words in it, w3 = what it delegates to (`yield from`) or NULL; aux = state; F_A: a coroutine.
//!
//! To run, its slots are copied to the stack above a stub frame:
//! `[return pc][caller's registers][outermost generator] [running generator][exception its resumer handles]
//! [stub pc][stub r][function] slots …`.
//! A chain of `yield from` keeps only the innermost generator on the stack: a resumption goes to it directly, and
//! what it yields goes directly to whoever resumed the outermost.
//! The stub frame's return pc is the resuming instruction itself (ForIter …), which says what to do with a value.

use super::Vm;
use super::call::{STUB_EXIT, STUB_GEN};
use crate::bytecode::{Flags, Op};
use crate::heap::cell::{F_A, F_BUFVALS, F_V3, header};
use crate::heap::{Kind, Move, Root, q};
use crate::objects::native::{ExcKind, R, Raised};
use crate::value::Val;

pub(crate) const FRESH: u16 = 0;
pub(crate) const SUSPENDED: u16 = 1;
pub(crate) const RUNNING: u16 = 2;
pub(crate) const DONE: u16 = 3;

/// Generators that delegate to one another at most.
const CHAIN_MAX: usize = 400;

const PC: usize = 0;
const FUNCTION: usize = 1;
const TARGET: usize = 2;
/// The exception it handles across a yield, NULL if it is what its resumer handles.
const HANDLING: usize = 3;
const HEAD: usize = 4;

/// How to resume.
#[derive(Clone, Copy)]
pub(crate) enum Resume {
    /// With the value of the `yield` expression.
    Send(Val),
    /// By raising this exception there.
    Throw(Val),
}

/// What a resumption led to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Step {
    /// It yielded.
    Yield(Val),
    /// It returned.
    Return(Val),
}

impl Vm {
    /// Makes the generator of a call of `f`, whose parameters lie at `dst + 3`.
    pub(crate) fn new_generator(&mut self, dst: *mut Val, f: Val) -> R {
        let code = self.heap.val(f, 1);
        let params = self.code_params(code);
        let coroutine = if self.code_flags(code).has(Flags::COROUTINE) { F_A } else { 0 };
        let g =
            self.heap.alloc_cell(header(Kind::Generator, F_BUFVALS | F_V3 | coroutine, FRESH), 0, 0, 0)?;
        // Coroutines suspend sooner or later, and it must not need memory then: the event loop's users count on it.
        // Other generators rarely keep the last slots of their frame, where windows and what they yield are built.
        let slots = self.heap.aux(f) as usize / 4;
        let room = params.max(if coroutine == 0 { slots.saturating_sub(3) } else { slots });
        self.heap.alloc_buffer(g, 4 * (HEAD + room), Move::Movable)?;
        let entry = self.pc_to_val(self.code_entry(code));
        let b = self.heap.buf_ptr(g).cast::<Val>();
        // SAFETY: the buffer was made for the head and at least the parameters, which lie in the window.
        unsafe {
            *b.add(PC) = entry;
            *b.add(FUNCTION) = f;
            *b.add(TARGET) = Val::small(-1);
            *b.add(HANDLING) = Val::NULL;
            for i in 0..params {
                // Volatile, or the compiler makes it a call.
                *b.add(HEAD + i) = dst.add(3 + i).read_volatile();
            }
        }
        self.heap.set_w(g, 2, (HEAD + params) as u32);
        Ok(g)
    }

    /// The generator that `g` delegates to, if it does and that is one.
    fn delegate(&self, g: Val) -> Option<Val> {
        let d = self.heap.val(g, 3);
        if self.heap.is(d, Kind::Generator) { Some(d) } else { None }
    }

    /// Resumes `g` in a window at `dst` (7 slots and its frame). None: it had already ended.
    pub(crate) fn resume(&mut self, g: Val, how: Resume, dst: *mut Val, ret: *const u32) -> R<Option<()>> {
        let mut inner = g;
        while let Some(d) = self.delegate(inner) {
            inner = d;
        }
        match self.heap.aux(inner) {
            RUNNING => {
                let what = if self.heap.flag(g, F_A) { "coroutine" } else { "generator" };
                return Err(self.value_error(format_args!("{what} already executing")));
            }
            DONE if inner == g => {
                return match how {
                    Resume::Throw(e) => Err(self.raise_val(e)),
                    Resume::Send(_) => Ok(None),
                };
            }
            FRESH => {
                if let Resume::Send(v) = how
                    && !v.is_none()
                    && inner == g
                {
                    let what = if self.heap.flag(g, F_A) { "coroutine" } else { "generator" };
                    return Err(
                        self.type_error(format_args!("can't send non-None value to a just-started {what}"))
                    );
                }
            }
            _ => {}
        }
        self.check_stack(dst.wrapping_add(8))?;
        let (ret, caller) = (self.pc_to_val(ret), self.r_to_val(self.r));
        // SAFETY: room was just checked.
        unsafe {
            *dst = ret;
            *dst.add(1) = caller;
            *dst.add(2) = g;
            *dst.add(3) = inner;
            *dst.add(4) = self.heap.root(Root::Handling);
        }
        let saved = (self.pc, self.r, self.heap.sp());
        if let Err(e) = self.restore(inner, dst.wrapping_add(3)) {
            (self.pc, self.r) = (saved.0, saved.1);
            self.heap.set_sp(saved.2);
            return Err(e);
        }
        match how {
            Resume::Send(v) => {
                let target = self.heap.buf_vals(inner, HEAD)[TARGET].small_value();
                if self.heap.val(inner, 3).is_null() {
                    if target >= 0 {
                        // SAFETY: the slot number is the Yield's own operand.
                        unsafe { *self.r.add(target as usize) = v };
                    }
                } else {
                    self.heap.set_root(Root::Sent, v);
                }
                Ok(Some(()))
            }
            Resume::Throw(e) => {
                // A foreign iterator that it delegates to gets the exception first.
                let d = self.heap.val(inner, 3);
                if !d.is_null() {
                    self.heap.set_root(Root::Thrown, e);
                    return Ok(Some(()));
                }
                // It is raised at the yield, not after it. (A YieldFrom is where a delegation was given up.)
                // SAFETY: the saved pc is an instruction of the generator's code.
                if unsafe { *self.pc } as u8 != Op::YieldFrom as u8 {
                    self.pc = self.pc.wrapping_sub(1);
                }
                Err(self.raise_val(e))
            }
        }
    }

    /// `next(g)` and `g.send(sent)` for an instruction before `ret`, through a stub frame as of a special method.
    #[inline(never)]
    pub(super) fn resume_call(&mut self, g: Val, sent: Val, ret: *const u32, stub: usize) -> R<()> {
        let window = self.heap.top;
        let inner = window.wrapping_add(3);
        self.check_stack(inner.wrapping_add(8))?;
        // SAFETY: room was just checked.
        unsafe {
            *window = self.pc_to_val(ret);
            *window.add(1) = self.r_to_val(self.r);
            *window.add(2) = self.heap.root(Root::Stubs);
        }
        let (pc, r) = (self.pc, self.r);
        self.r = inner;
        let resumed = self.resume(g, Resume::Send(sent), inner, self.stub(stub));
        if let Ok(Some(())) = resumed {
            return Ok(());
        }
        (self.pc, self.r) = (pc, r);
        self.heap.set_top(window);
        resumed?;
        Err(self.ended_with(Val::NONE))
    }

    /// A generator that [`Vm::resume_call`] has resumed has ended; the stub frame is `self.r`.
    #[inline(never)]
    fn call_ended(&mut self, v: Val) -> R<()> {
        // SAFETY: a stub frame's header.
        unsafe {
            self.pc = self.val_to_pc(*self.r.sub(3)).sub(1);
            self.r = self.val_to_r(*self.r.sub(2));
        }
        self.top_of_frame();
        Err(self.ended_with(v))
    }

    /// StopIteration with a value, if that is not None.
    fn ended_with(&mut self, v: Val) -> Raised {
        let args = [v];
        self.raise_args(ExcKind::StopIteration, if v.is_none() { &[] } else { &args })
    }

    /// Copies a generator's slots to the stack above stub frame `stub` and makes it the current frame.
    fn restore(&mut self, g: Val, stub: *mut Val) -> R<()> {
        let n = self.heap.w(g, 2) as usize;
        let f = self.heap.buf_vals(g, n)[FUNCTION];
        let r = stub.wrapping_add(5);
        let end = self.frame_end(r, f);
        self.check_stack(end)?;
        let (ret, caller) = (self.pc_to_val(self.stub(STUB_GEN)), self.r_to_val(stub));
        let b = self.heap.buf_vals(g, n);
        let pc = self.val_to_pc(b[PC]);
        // SAFETY: room up to `end` was checked, and the generator's slots are no more than its frame has.
        unsafe {
            *stub.add(2) = ret;
            *stub.add(3) = caller;
            *stub.add(4) = f;
            for (i, &v) in b[HEAD..n].iter().enumerate() {
                *r.add(i) = v;
            }
        }
        let own = b[HANDLING];
        // SAFETY: slot 1 of the stub frame holds what the resumer handles.
        let handling = if own.is_null() { unsafe { *stub.add(1) } } else { own };
        self.heap.set_root(Root::Handling, handling);
        self.heap.set_aux(g, RUNNING);
        self.r = r;
        self.pc = pc;
        self.heap.set_top(end);
        Ok(())
    }

    /// Saves the running generator's frame: it goes on at `pc`, with the value sent in slot `target`.
    fn suspend(&mut self, g: Val, pc: *const u32, target: i32, live: usize) -> R<()> {
        if self.heap.buf_cap(g) < 4 * (HEAD + live) {
            self.lend(|vm| vm.heap.resize_buffer(g, 4 * (HEAD + live)))?;
        }
        self.heap.set_w(g, 2, (HEAD + live) as u32);
        let at = self.pc_to_val(pc);
        let r = self.r;
        // SAFETY: slot 1 of the stub frame holds what the resumer handles.
        let outside = unsafe { *self.stub_frame().add(1) };
        let handling = self.heap.root(Root::Handling);
        let b = self.heap.buf_vals_mut(g, HEAD + live);
        b[HANDLING] = if handling == outside { Val::NULL } else { handling };
        b[PC] = at;
        b[TARGET] = Val::small(target);
        // SAFETY: `live` slots of the current frame, and the buffer was made large enough.
        unsafe {
            for (i, slot) in b[HEAD..].iter_mut().enumerate() {
                *slot = *r.add(i);
            }
        }
        self.heap.set_aux(g, SUSPENDED);
        Ok(())
    }

    fn finish(&mut self, g: Val) {
        self.heap.free_buffer(g);
        self.heap.set_w(g, 2, 0);
        self.heap.set_val(g, 3, Val::NULL);
        self.heap.set_aux(g, DONE);
    }

    /// The stub frame of the running generator, from its frame.
    fn stub_frame(&self) -> *mut Val {
        self.r.wrapping_sub(5)
    }

    /// `Yield a b c` in the current frame: suspends and hands `v` to whoever resumed.
    pub(crate) fn do_yield(&mut self, v: Val, pc_next: *const u32, target: i32, live: usize) -> R<()> {
        let stub = self.stub_frame();
        // SAFETY: slot 0 of the stub frame holds the running generator.
        let g = unsafe { *stub };
        self.suspend(g, pc_next, target, live)?;
        self.deliver(stub, Step::Yield(v))
    }

    /// Leaves stub frame `stub` towards the resuming instruction.
    fn deliver(&mut self, stub: *mut Val, step: Step) -> R<()> {
        // SAFETY: slot 1 of the stub frame holds what the resumer handles.
        self.heap.set_root(Root::Handling, unsafe { *stub.add(1) });
        // SAFETY: a stub frame's header.
        let (ret, caller) = unsafe { (self.val_to_pc(*stub.sub(3)), self.val_to_r(*stub.sub(2))) };
        self.r = caller;
        if let Some(which) = self.stub_of(ret) {
            let (v, ended) = match step {
                Step::Yield(v) => (v, false),
                Step::Return(v) if which != STUB_EXIT => return self.call_ended(v),
                Step::Return(v) => (v, true),
            };
            self.ended = ended;
            // SAFETY: the window's first slot takes the result.
            unsafe { *stub.sub(3) = v };
            self.pc = ret;
            return Ok(());
        }
        // SAFETY: `caller` is a frame whose function lies below it; `ret` is an instruction of its code.
        let (f, word) = unsafe { (*caller.sub(1), *ret) };
        self.heap.set_top(self.frame_end(caller, f));
        let op = word as u8;
        debug_assert!(op == Op::ForIter as u8 || op == Op::ForRange as u8);
        match step {
            Step::Yield(v) => {
                let b = (word >> 16 & 0xff) as usize / 4;
                // SAFETY: the loop's target slot; its jump word follows.
                unsafe {
                    *caller.add(b) = v;
                    self.pc = ret.cast::<u8>().offset(*ret.add(1) as i32 as isize).cast();
                }
                self.poll_loop()
            }
            Step::Return(_) => {
                self.pc = ret.wrapping_add(2);
                Ok(())
            }
        }
    }

    /// `GenDone`: the running generator's frame has returned to its stub frame, the value is in slot 2.
    pub(crate) fn generator_done(&mut self, stub: *mut Val) -> R<()> {
        // SAFETY: the stub frame: slot -1 outermost, 0 running generator, 2 the returned value.
        let (outer, g, v) = unsafe { (*stub.sub(1), *stub, *stub.add(2)) };
        self.finish(g);
        if g == outer {
            return self.deliver(stub, Step::Return(v));
        }
        self.heap.keep(v)?;
        let p = self.delegator(outer, g);
        self.heap.set_val(p, 3, Val::NULL);
        // SAFETY: as above.
        unsafe { *stub = p };
        self.restore(p, stub)?;
        // It stands at its YieldFrom a b c: the value goes to a, and it goes on after it.
        // SAFETY: the pc is an instruction of p's code, the slot its operand.
        unsafe {
            let a = (*self.pc >> 8 & 0xff) as usize / 4;
            *self.r.add(a) = v;
            self.pc = self.pc.add(1);
        }
        Ok(())
    }

    /// The generator in the chain from `outer` that delegates to `g`.
    fn delegator(&self, outer: Val, g: Val) -> Val {
        let mut p = outer;
        while let Some(d) = self.delegate(p) {
            if d == g {
                return p;
            }
            p = d;
        }
        outer
    }

    /// An exception leaves the frame of the running generator of stub frame `self.r`. True: a delegating generator
    /// takes over (its frame is current). False: the stub frame is to be left.
    pub(crate) fn generator_raised(&mut self, exc: &mut Val) -> bool {
        let stub = self.r;
        // SAFETY: see `generator_done`.
        let (outer, g) = unsafe { (*stub.sub(1), *stub) };
        if self.heap.aux(g) != DONE {
            self.finish(g);
        }
        if self.isinstance(*exc, ExcKind::StopIteration.val()) {
            let what = if self.heap.flag(g, F_A) { "coroutine" } else { "generator" };
            let old = *exc;
            self.raise(ExcKind::RuntimeError, format_args!("{what} raised StopIteration"));
            let e = self.exc();
            let _ = self.set_exc_field(e, super::unwind::X_CAUSE, old);
            let _ = self.set_exc_field(e, super::unwind::X_CONTEXT, old);
            *exc = e;
        }
        if g == outer {
            // SAFETY: slot 1 of the stub frame holds what the resumer handles.
            self.heap.set_root(Root::Handling, unsafe { *stub.add(1) });
            return false;
        }
        let p = self.delegator(outer, g);
        self.heap.set_val(p, 3, Val::NULL);
        // SAFETY: as above.
        unsafe { *stub = p };
        self.restore(p, stub).is_ok()
    }

    /// `YieldFrom a b c`: one step of delegating to `r[b]`. The frame is a generator's.
    pub(crate) fn yield_from(&mut self, a: usize, it: Val, live: usize) -> R<()> {
        let stub = self.stub_frame();
        // SAFETY: slot 0 of the stub frame holds the running generator.
        let g = unsafe { *stub };
        let pc = self.pc;
        let sent = self.heap.root(Root::Sent);
        let thrown = self.heap.root(Root::Thrown);
        self.heap.set_root(Root::Sent, Val::NONE);
        self.heap.set_root(Root::Thrown, Val::NULL);
        if self.heap.is(it, Kind::Generator) && thrown.is_null() {
            match self.heap.aux(it) {
                DONE => return self.yield_from_ended(a, Val::NONE),
                RUNNING => return Err(self.value_error(format_args!("generator already executing"))),
                _ => {}
            }
            // SAFETY: the stub frame keeps the outermost generator below slot 0.
            self.check_chain(unsafe { *stub.sub(1) })?;
            self.suspend(g, pc, -1, live)?;
            self.heap.set_val(g, 3, it);
            let mut inner = it;
            while let Some(d) = self.delegate(inner) {
                inner = d;
            }
            // SAFETY: as above.
            unsafe { *stub = inner };
            self.restore(inner, stub)?;
            if !self.heap.val(inner, 3).is_null() {
                self.heap.set_root(Root::Sent, Val::NONE);
            }
            return Ok(());
        }
        let step = self.foreign_step(it, sent, thrown);
        match step {
            Ok(Step::Yield(v)) => {
                self.suspend(g, pc, -1, live)?;
                self.heap.set_val(g, 3, it);
                self.deliver(stub, Step::Yield(v))
            }
            Ok(Step::Return(v)) => {
                self.heap.set_val(g, 3, Val::NULL);
                self.yield_from_ended(a, v)
            }
            Err(e) => {
                self.heap.set_val(g, 3, Val::NULL);
                Err(e)
            }
        }
    }

    /// RecursionError if the chain of delegations from `outer` is too long: it takes no stack, but every resumption
    /// walks along it.
    fn check_chain(&mut self, outer: Val) -> R<()> {
        let (mut g, mut n) = (outer, 0);
        while let Some(d) = self.delegate(g) {
            (g, n) = (d, n + 1);
        }
        if n >= CHAIN_MAX { Err(self.recursion_error()) } else { Ok(()) }
    }

    fn yield_from_ended(&mut self, a: usize, v: Val) -> R<()> {
        // SAFETY: the slot is the instruction's own operand.
        unsafe { *self.r.add(a) = v };
        self.pc = self.pc.wrapping_add(1);
        Ok(())
    }

    /// One step of an iterator that is no generator (or of a generator by its methods, to throw).
    fn foreign_step(&mut self, it: Val, sent: Val, thrown: Val) -> R<Step> {
        let result = if thrown.is_null() {
            if sent.is_none() || sent.is_null() {
                if let Some(v) = self.next_value(it)? {
                    return Ok(v);
                }
                return Ok(Step::Return(Val::NONE));
            }
            self.call_method(it, "send", &[sent])
        } else if self.isinstance(thrown, ExcKind::GeneratorExit.val()) {
            if self.getattr_opt(it, "close")?.is_some() {
                self.call_method(it, "close", &[])?;
            }
            return Err(self.raise_val(thrown));
        } else if self.getattr_opt(it, "throw")?.is_some() {
            self.call_method(it, "throw", &[thrown])
        } else {
            return Err(self.raise_val(thrown));
        };
        match result {
            Ok(v) => Ok(Step::Yield(v)),
            Err(raised) => self.stop_value(raised).map(Step::Return),
        }
    }

    /// `next(it)` with the value of StopIteration.
    fn next_value(&mut self, it: Val) -> R<Option<Step>> {
        if let Some(f) = self.special(it, q::__next__) {
            return match self.call_bound(f, it, &[]) {
                Ok(v) => Ok(Some(Step::Yield(v))),
                Err(raised) => self.stop_value(raised).map(|v| Some(Step::Return(v))),
            };
        }
        // A native iterator may raise StopIteration to give a value: a task of `asyncio` does.
        match self.next(it) {
            Ok(v) => Ok(v.map(Step::Yield)),
            Err(raised) => self.stop_value(raised).map(|v| Some(Step::Return(v))),
        }
    }

    /// The value of the StopIteration being raised, which ends; other exceptions go on.
    pub(crate) fn stop_value(&mut self, raised: crate::objects::native::Raised) -> R {
        if !self.exc_is(ExcKind::StopIteration) {
            return Err(raised);
        }
        let e = self.take_exc();
        Ok(self.heap.tuple(self.heap.val(e, 2)).first().copied().unwrap_or(Val::NONE))
    }

    // ---- from native code ----

    /// Resumes a generator and waits for its next value or its end.
    pub(crate) fn step_generator(&mut self, g: Val, how: Resume) -> R<Step> {
        if let (Resume::Throw(e), FRESH) = (how, self.heap.aux(g)) {
            self.finish(g);
            return Err(self.raise_val(e));
        }
        self.enter_native()?;
        let how = match how {
            Resume::Throw(e) => match self.close_delegate(g, e) {
                Ok(()) => how,
                Err(_) => Resume::Throw(self.take_exc()),
            },
            how => how,
        };
        let result = self.step_inner(g, how);
        self.leave_native();
        match result? {
            Step::Yield(v) => Ok(Step::Yield(self.heap.keep(v)?)),
            Step::Return(v) => Ok(Step::Return(self.heap.keep(v)?)),
        }
    }

    /// `next(g)`, None at its end. What natives ask most of generators: the ordinary case without ceremony.
    pub(crate) fn next_of_generator(&mut self, g: Val) -> R<Option<Val>> {
        let r = self.r;
        let dst = self.heap.top;
        if self.heap.aux(g) == SUSPENDED && self.heap.val(g, 3).is_null() {
            let b = self.heap.buf_vals(g, HEAD);
            let (pc, f, target, own) = (b[PC], b[FUNCTION], b[TARGET].small_value(), b[HANDLING]);
            let frame = dst.wrapping_add(8);
            let end = self.frame_end(frame, f);
            if own.is_null() && end <= self.stack_end {
                self.enter_native()?;
                let n = self.heap.w(g, 2) as usize;
                let stub = dst.wrapping_add(3);
                let handling = self.heap.root(Root::Handling);
                // SAFETY: room up to `end` was checked; the generator's slots are no more than its frame has.
                unsafe {
                    *dst = self.pc_to_val(self.stub(STUB_EXIT));
                    *dst.add(1) = self.r_to_val(r);
                    *dst.add(2) = g;
                    *stub = g;
                    *stub.add(1) = handling;
                    *stub.add(2) = self.pc_to_val(self.stub(STUB_GEN));
                    *stub.add(3) = self.r_to_val(stub);
                    *stub.add(4) = f;
                    let slots = self.heap.buf_vals(g, n).as_ptr();
                    for i in HEAD..n {
                        // Volatile, or the compiler makes it a call.
                        *frame.add(i - HEAD) = slots.add(i).read_volatile();
                    }
                    if target >= 0 {
                        *frame.add(target as usize) = Val::NONE;
                    }
                }
                self.heap.set_aux(g, RUNNING);
                self.heap.set_top(end);
                let resuming = self.pc;
                self.pc = self.val_to_pc(pc);
                self.r = frame;
                let result = self.run();
                self.pc = resuming;
                self.r = r;
                self.heap.set_top(dst);
                self.leave_native();
                result?;
                if self.ended {
                    return Ok(None);
                }
                // SAFETY: the window's first slot has the result.
                let v = unsafe { *dst };
                return if v.is_ptr() { Ok(Some(self.heap.keep(v)?)) } else { Ok(Some(v)) };
            }
        }
        Ok(match self.step_generator(g, Resume::Send(Val::NONE))? {
            Step::Yield(v) => Some(v),
            Step::Return(_) => None,
        })
    }

    /// GeneratorExit closes what a generator delegates to before it is raised in itself.
    fn close_delegate(&mut self, g: Val, thrown: Val) -> R<()> {
        if self.heap.aux(g) != SUSPENDED || !self.isinstance(thrown, ExcKind::GeneratorExit.val()) {
            return Ok(());
        }
        let Some(d) = self.delegate(g) else { return Ok(()) };
        self.heap.keep(d)?;
        self.heap.set_val(g, 3, Val::NULL);
        self.close_generator(d)
    }

    /// Does a throw into `g` go to a foreign iterator with a `throw` of its own? That takes anything.
    pub(crate) fn throws_into_foreign(&mut self, mut g: Val) -> R<bool> {
        while let Some(d) = self.delegate(g) {
            g = d;
        }
        let d = self.heap.val(g, 3);
        Ok(self.heap.aux(g) == SUSPENDED && !d.is_null() && self.getattr_opt(d, "throw")?.is_some())
    }

    fn step_inner(&mut self, g: Val, how: Resume) -> R<Step> {
        let dst = self.native_window(4)?;
        let base = self.slot_index(dst);
        let (pc, r, sp) = (self.pc, self.r, self.heap.sp());
        let entered = self.resume(g, how, dst, self.stub(STUB_EXIT));
        let in_frame = self.r != r;
        let result = match entered {
            Ok(None) => Ok(Step::Return(Val::NONE)),
            Ok(Some(())) => self.run().map(|()| self.step_of(base)),
            // The exception was raised inside of its frame: it may catch it.
            Err(_) if in_frame => {
                if self.unwind() {
                    self.run().map(|()| self.step_of(base))
                } else {
                    Err(crate::objects::native::Raised)
                }
            }
            Err(e) => Err(e),
        };
        self.pc = pc;
        self.r = r;
        self.heap.set_sp(sp);
        result
    }

    fn step_of(&self, base: usize) -> Step {
        let v = self.heap.slot(base);
        if self.ended { Step::Return(v) } else { Step::Yield(v) }
    }

    /// `generator.close()`.
    pub(crate) fn close_generator(&mut self, g: Val) -> R<()> {
        match self.heap.aux(g) {
            DONE => return Ok(()),
            FRESH => {
                self.finish(g);
                return Ok(());
            }
            _ => {}
        }
        let e = self.new_exception(ExcKind::GeneratorExit.val(), &[])?;
        match self.step_generator(g, Resume::Throw(e)) {
            Ok(Step::Yield(_)) => {
                Err(self.raise(ExcKind::RuntimeError, format_args!("generator ignored GeneratorExit")))
            }
            Ok(Step::Return(_)) => Ok(()),
            Err(raised) => {
                if self.exc_is(ExcKind::GeneratorExit) || self.exc_is(ExcKind::StopIteration) {
                    self.take_exc();
                    return Ok(());
                }
                Err(raised)
            }
        }
    }

    /// `ForIter` over a generator. True: its frame was entered. False: it had ended.
    pub(crate) fn for_generator(&mut self, g: Val, dst: *mut Val, pc: *const u32) -> R<bool> {
        Ok(self.resume(g, Resume::Send(Val::NONE), dst, pc)?.is_some())
    }

    /// What GetYieldIter gives.
    pub(crate) fn yield_iter(&mut self, v: Val) -> R {
        if self.heap.is(v, Kind::Generator) { Ok(v) } else { self.iter(v) }
    }

    /// What GetAwaitable gives.
    pub(crate) fn awaitable(&mut self, v: Val) -> R {
        if self.heap.is(v, Kind::Generator) {
            return Ok(v);
        }
        if let Some(f) = self.special(v, q::__await__) {
            let it = self.call_bound(f, v, &[])?;
            return self.yield_iter(it);
        }
        if self.special(v, q::__iter__).is_some() || self.native_type_of(v).next.is_some() {
            return self.iter(v);
        }
        let t = self.type_name(v);
        Err(self.type_error(format_args!("object {t} can't be used in 'await' expression")))
    }
}
