//! Builtins that take all items of an iterable, as bytecode.
//!
//! A generator that native code pulls from costs a run of the loop, one within the other, for every item. So
//! `set(x for x in …)` and the like do not call the native function but enter a frame of the code below, where
//! `ForIter` resumes the generator as in any other loop. The frame's function is the cell of the stubs, which is none of
//! Python's: tracebacks pass over it.

use super::Vm;
use super::call::STUBS;
use crate::bytecode::Op;
use crate::heap::cell::F_A;
use crate::heap::{Kind, Root, q};
use crate::registry::{self, ids};
use crate::value::{Imm, Qstr, Val};

/// Slots of such a frame: 0 the result so far, 1 and 2 the state of the iteration, 3 the item, 4 what else there is,
/// from 5 on a window.
pub(super) const SLOTS: usize = 10;

const ITEM: u8 = 3;
const ELSE: u8 = 4;
const WINDOW: u8 = 5;

/// An op with three slots.
const fn op(op: Op, a: u8, b: u8, c: u8) -> u32 {
    u32::from_le_bytes([op as u8, 4 * a, 4 * b, 4 * c])
}

/// An op with a slot and a number, which may be a distance in words.
const fn op_n(op: Op, a: u8, n: u8) -> u32 {
    u32::from_le_bytes([op as u8, 4 * a, n, 0])
}

/// A distance, in words of an instruction, in the bytes that a jump word has.
const fn words(n: i32) -> u32 {
    (4 * n) as u32
}

const NEXT: u32 = op(Op::ForIter, 1, ITEM, WINDOW);

const LIST: usize = 0;
const TUPLE: usize = LIST + 4;
const EXTEND: usize = TUPLE + 5;
const SET: usize = EXTEND + 4;
const UPDATE: usize = SET + 4;
const SUM: usize = UPDATE + 4;
const ANY: usize = SUM + 4;
const ALL: usize = ANY + 5;
const MIN: usize = ALL + 5;
const MAX: usize = MIN + 12;
const SORTED: usize = MAX + 12;
const JOIN: usize = SORTED + 7;
const LEN: usize = JOIN + 9;

/// The code of all of them. It lies behind the stubs.
#[rustfmt::skip]
pub(super) static CODE: [u32; LEN] = [
    // LIST
    op(Op::ListAppend, 0, ITEM, 0),
    NEXT,
    words(-1),
    op(Op::Return, 0, 0, 0),
    // TUPLE
    op(Op::ListAppend, 0, ITEM, 0),
    NEXT,
    words(-1),
    op(Op::ListToTuple, 0, 0, 0),
    op(Op::Return, 0, 0, 0),
    // EXTEND
    op(Op::ListAppend, 0, ITEM, 0),
    NEXT,
    words(-1),
    op(Op::ReturnNone, 0, 0, 0),
    // SET
    op(Op::SetAdd, 0, ITEM, 0),
    NEXT,
    words(-1),
    op(Op::Return, 0, 0, 0),
    // UPDATE
    op(Op::SetAdd, 0, ITEM, 0),
    NEXT,
    words(-1),
    op(Op::ReturnNone, 0, 0, 0),
    // SUM
    op(Op::Add, 0, 0, ITEM),
    NEXT,
    words(-1),
    op(Op::Return, 0, 0, 0),
    // ANY
    op_n(Op::JTrue, ITEM, 4),
    NEXT,
    words(-1),
    op(Op::Return, 0, 0, 0),
    op(Op::Return, ELSE, 0, 0),
    // ALL
    op_n(Op::JFalse, ITEM, 4),
    NEXT,
    words(-1),
    op(Op::Return, 0, 0, 0),
    op(Op::Return, ELSE, 0, 0),
    // MIN: the first item; if there is none, the function itself says so.
    op(Op::ForIter, 1, 0, WINDOW),
    words(9),
    op(Op::Move, WINDOW + 2, ELSE, 0),
    op_n(Op::BuildTuple, WINDOW + 3, 0),
    op_n(Op::Call, WINDOW, 1),
    op(Op::Return, WINDOW, 0, 0),
    op(Op::JNLt, ITEM, 0, 0),
    words(3),
    op(Op::Move, 0, ITEM, 0),
    NEXT,
    words(-3),
    op(Op::Return, 0, 0, 0),
    // MAX
    op(Op::ForIter, 1, 0, WINDOW),
    words(9),
    op(Op::Move, WINDOW + 2, ELSE, 0),
    op_n(Op::BuildTuple, WINDOW + 3, 0),
    op_n(Op::Call, WINDOW, 1),
    op(Op::Return, WINDOW, 0, 0),
    op(Op::JNGt, ITEM, 0, 0),
    words(3),
    op(Op::Move, 0, ITEM, 0),
    NEXT,
    words(-3),
    op(Op::Return, 0, 0, 0),
    // SORTED: of the list of all items.
    op(Op::ListAppend, 0, ITEM, 0),
    NEXT,
    words(-1),
    op(Op::Move, WINDOW + 2, ELSE, 0),
    op(Op::Move, WINDOW + 3, 0, 0),
    op_n(Op::Call, WINDOW, 1),
    op(Op::Return, WINDOW, 0, 0),
    // JOIN: the same by a method.
    op(Op::ListAppend, 0, ITEM, 0),
    NEXT,
    words(-1),
    op(Op::Move, WINDOW + 3, ELSE, 0),
    op(Op::Move, WINDOW + 4, 0, 0),
    op_n(Op::CallMethod, WINDOW, 1),
    q::join.0,
    0,
    op(Op::Return, WINDOW, 0, 0),
];

/// Where one of them is entered: at its `ForIter`.
const fn entry(code: usize) -> usize {
    let mut at = code;
    while CODE[at] as u8 != Op::ForIter as u8 {
        at += 1;
    }
    STUBS.len() + at
}

/// The functions among them.
static FUNCTIONS: [(Val, usize); 6] = [
    (registry::builtin("all"), ALL),
    (registry::builtin("any"), ANY),
    (registry::builtin("max"), MAX),
    (registry::builtin("min"), MIN),
    (registry::builtin("sorted"), SORTED),
    (registry::builtin("sum"), SUM),
];

impl Vm {
    /// Is it a generator to iterate over?
    #[inline(always)]
    pub(super) fn is_generator(&self, v: Val) -> bool {
        v.is_ptr() && self.heap.head(v) & (0xff | F_A) == Kind::Generator as u32
    }

    /// Enters the frame that does for generator `dst[3]` what the native function or type `f` would, if there is such
    /// code. The pc to go on at.
    ///
    /// # Safety
    /// `dst` is the window of a call with one argument in the frame `self.r`, returning to `ret`.
    pub(super) unsafe fn consume(&mut self, ret: *const u32, dst: *mut Val, f: Val) -> Option<*const u32> {
        let code = match f.imm_payload(Imm::NativeType) {
            Some(id) => match id as u16 {
                ids::LIST => LIST,
                ids::TUPLE => TUPLE,
                ids::SET => SET,
                _ => return None,
            },
            None => FUNCTIONS.iter().find(|(known, _)| *known == f)?.1,
        };
        let (result, other) = match code {
            SET => (self.heap.new_set(0).ok()?, Val::NULL),
            SUM => (Val::ZERO, Val::NULL),
            ANY => (Val::FALSE, Val::TRUE),
            ALL => (Val::TRUE, Val::FALSE),
            MIN | MAX => (Val::NULL, f),
            _ => (self.heap.new_list_cap(0).ok()?, f),
        };
        // SAFETY: passed on.
        unsafe { self.enter_consumer(ret, dst, *dst.add(3), code, result, other) }
    }

    /// The same for method `name` of a list, set or str in `dst[3]` with generator `dst[4]`.
    ///
    /// # Safety
    /// As [`Vm::consume`], with two arguments.
    pub(super) unsafe fn consume_method(
        &mut self,
        ret: *const u32,
        dst: *mut Val,
        name: Qstr,
    ) -> Option<*const u32> {
        // SAFETY: the window's arguments.
        let (obj, g) = unsafe { (*dst.add(3), *dst.add(4)) };
        let (code, result, other) = match (self.heap.kind(obj), name) {
            (Some(Kind::List), q::extend) => (EXTEND, obj, Val::NULL),
            (Some(Kind::Set), q::update) => (UPDATE, obj, Val::NULL),
            (None | Some(Kind::Str), q::join) if self.heap.is_str(obj) => {
                (JOIN, self.heap.new_list_cap(0).ok()?, obj)
            }
            _ => return None,
        };
        // SAFETY: passed on.
        unsafe { self.enter_consumer(ret, dst, g, code, result, other) }
    }

    /// Enters such a frame over generator `g`.
    ///
    /// # Safety
    /// As [`Vm::consume`].
    unsafe fn enter_consumer(
        &mut self,
        ret: *const u32,
        dst: *mut Val,
        g: Val,
        code: usize,
        result: Val,
        other: Val,
    ) -> Option<*const u32> {
        let frame = dst.wrapping_add(3);
        let end = frame.wrapping_add(SLOTS);
        if end > self.stack_end {
            return None;
        }
        // SAFETY: the window and the frame are on the stack, as was just checked.
        unsafe {
            *dst = self.pc_to_val(ret);
            *dst.add(1) = self.r_to_val(self.r);
            *dst.add(2) = self.heap.root(Root::Stubs);
            *frame = result;
            *frame.add(1) = g;
            *frame.add(2) = Val::small(-1);
            *frame.add(3) = Val::NULL;
            *frame.add(ELSE as usize) = other;
        }
        self.r = frame;
        self.heap.set_top(end);
        self.heap.release_temps(self.mark);
        Some(self.stubs.wrapping_add(entry(code)))
    }
}
