//! The loop over bytecode.
//!
//! Hot cases are handled here; every slow path is a method of its own (`slow.rs`) that works on `self.pc` and `self.r`. Ops come
//! in two sorts: *plain* ones go on with the next instruction, *control* ones set `self.pc` and `self.r`.
//!
//! # Safety of the raw pointers
//! `pc` points into the fixed buffer of the code object of the current frame's function, which the frame keeps
//! alive; the loader has checked every instruction's operands against the frame's size and every jump against the
//! code's length, and code ends in a return. `r` points into the VM's stack; `push_frame` has checked that the
//! whole frame fits. So reading operands and slots through them is sound. The stack does not move.

use super::Vm;
use super::call::STUB_EXIT;
use crate::bytecode::Op;
use crate::heap::cell::{F_A, F_BUF, F_V1, header};
use crate::heap::{Kind, Root, q};
use crate::objects::native::{ANY, Args, BinOp, CmpOp, Entry, R, Raised, UnOp};
use crate::registry;
use crate::value::{Imm, Qstr, Val};
use core::sync::atomic::Ordering;

/// Keys of method caches: shapes below, then native modules, then kinds of native objects.
pub(super) const KEY_MODULE: u32 = super::shape::SHAPES_END as u32;
/// The first of the keys of kinds.
pub(super) const KEY_KIND: u32 = 0xf000;

#[inline(always)]
fn op_a(w: u32) -> usize {
    (w >> 8 & 0xff) as usize
}
#[inline(always)]
pub(super) fn op_b(w: u32) -> usize {
    (w >> 16 & 0xff) as usize
}
#[inline(always)]
pub(super) fn op_c(w: u32) -> usize {
    (w >> 24) as usize
}
#[inline(always)]
fn op_bx(w: u32) -> usize {
    (w >> 16) as usize
}
#[inline(always)]
fn op_sbx(w: u32) -> isize {
    (w as i32 >> 16) as isize
}

/// The slot at a pre-scaled operand.
///
/// # Safety
/// See the module's text.
#[inline(always)]
pub(super) unsafe fn slot(r: *mut Val, scaled: usize) -> *mut Val {
    // SAFETY: passed on.
    unsafe { r.byte_add(scaled) }
}

/// Two small ints under an arithmetic operator, if the result is one too.
#[inline(always)]
fn small_arith(op: BinOp, x: Val, y: Val) -> Option<Val> {
    let (a, b) = (x.bits() as i32, y.bits() as i32);
    match op {
        // Tagged: 2a+1.
        BinOp::Add => a.checked_add(b - 1).map(|v| Val::from_bits(v as u32)),
        BinOp::Sub => a.checked_sub(b).and_then(|v| v.checked_add(1)).map(|v| Val::from_bits(v as u32)),
        BinOp::Mul => {
            (a >> 1).checked_mul(b - 1).and_then(|v| v.checked_add(1)).map(|v| Val::from_bits(v as u32))
        }
        BinOp::And => Some(Val::from_bits((a & b) as u32)),
        BinOp::Or => Some(Val::from_bits((a | b) as u32)),
        BinOp::Xor => Some(Val::from_bits((a ^ b) as u32 | 1)),
        BinOp::RShift if b > 0 => Some(Val::small((a >> 1) >> (b >> 1).min(31))),
        BinOp::LShift if b > 0 && b >> 1 < 31 => {
            let v = (a >> 1) << (b >> 1);
            if v >> (b >> 1) == a >> 1 && (v << 1) >> 1 == v { Some(Val::small(v)) } else { None }
        }
        BinOp::FloorDiv if b > 1 => Some(Val::small((a >> 1).div_euclid(b >> 1))),
        BinOp::Mod if b > 1 => Some(Val::small((a >> 1).rem_euclid(b >> 1))),
        _ => None,
    }
}

/// Two unboxed floats under an arithmetic operator, if the result is one too.
#[inline(always)]
fn float_arith(op: BinOp, x: Val, y: Val) -> Option<Val> {
    let (a, b) = (x.as_unboxed_float()?, y.as_unboxed_float()?);
    let v = match op {
        BinOp::Add => a + b,
        BinOp::Sub => a - b,
        BinOp::Mul => a * b,
        BinOp::TrueDiv if b != 0.0 => a / b,
        _ => return None,
    };
    Val::try_float(v)
}

#[inline(always)]
fn ord(op: CmpOp, o: core::cmp::Ordering) -> bool {
    match op {
        CmpOp::Lt => o.is_lt(),
        CmpOp::Le => o.is_le(),
        CmpOp::Gt => o.is_gt(),
        CmpOp::Ge => o.is_ge(),
        CmpOp::Eq => o.is_eq(),
        CmpOp::Ne => o.is_ne(),
    }
}

/// A comparison that needs no Python code and cannot fail, decided.
#[inline(always)]
fn quick_compare(op: CmpOp, x: Val, y: Val) -> Option<bool> {
    if x.both_small(y) {
        return Some(ord(op, (x.bits() as i32).cmp(&(y.bits() as i32))));
    }
    if x.is_unboxed_float() && y.is_unboxed_float() {
        return x.unboxed_float_value().partial_cmp(&y.unboxed_float_value()).map(|o| ord(op, o));
    }
    if x.is_qstr() && y.is_qstr() {
        match op {
            CmpOp::Eq => return Some(x == y),
            CmpOp::Ne => return Some(x != y),
            _ => {}
        }
    }
    None
}

#[inline(always)]
fn quick_truth(v: Val) -> Option<bool> {
    match v {
        Val::TRUE => Some(true),
        Val::FALSE | Val::NONE => Some(false),
        v if v.is_small() => Some(v != Val::ZERO),
        _ => None,
    }
}

impl Vm {
    /// Runs from `self.pc` in frame `self.r` until the frame that native code called returns. `Err`: it was left
    /// by an exception.
    pub(crate) fn run(&mut self) -> R<()> {
        let mark = self.heap.mark_temps();
        let mut pc = self.pc;
        let mut r = self.r;

        macro_rules! raise {
            () => {{
                if !self.unwind() {
                    return Err(Raised);
                }
                self.heap.release_temps(mark);
                pc = self.pc;
                r = self.r;
            }};
        }
        // Goes on `$len` words further.
        macro_rules! plain {
            ($len:expr, $e:expr) => {{
                self.pc = pc;
                self.r = r;
                match $e {
                    Ok(()) => {
                        self.heap.release_temps(mark);
                        pc = pc.wrapping_add($len);
                    }
                    Err(Raised) => raise!(),
                }
            }};
        }
        // As plain, with a result for slot a.
        macro_rules! value {
            ($w:expr, $len:expr, $e:expr) => {{
                self.pc = pc;
                self.r = r;
                match $e {
                    Ok(v) => {
                        self.heap.release_temps(mark);
                        *slot(r, op_a($w)) = v;
                        pc = pc.wrapping_add($len);
                    }
                    Err(Raised) => raise!(),
                }
            }};
        }
        macro_rules! control {
            ($e:expr) => {{
                self.pc = pc;
                self.r = r;
                match $e {
                    Ok(()) => {
                        self.heap.release_temps(mark);
                        pc = self.pc;
                        r = self.r;
                    }
                    Err(Raised) => raise!(),
                }
            }};
        }
        // A jump that is taken; backward ones poll.
        macro_rules! jump_bytes {
            ($d:expr) => {{
                let d: i32 = $d;
                pc = pc.byte_offset(d as isize);
                // An empty loop jumps to itself.
                if d <= 0 && self.pending.load(Ordering::Relaxed) {
                    plain!(0, self.service());
                }
            }};
        }
        // The jump of a loop's bottom, which is always backward.
        macro_rules! jump_back {
            () => {{
                pc = pc.byte_offset(*pc.add(1) as i32 as isize);
                if self.pending.load(Ordering::Relaxed) {
                    plain!(0, self.service());
                }
            }};
        }
        macro_rules! arith {
            ($w:expr, $op:expr, $inplace:expr) => {{
                let (x, y) = (*slot(r, op_b($w)), *slot(r, op_c($w)));
                let quick = if x.both_small(y) { small_arith($op, x, y) } else { float_arith($op, x, y) };
                match quick {
                    Some(v) => {
                        *slot(r, op_a($w)) = v;
                        pc = pc.wrapping_add(1);
                    }
                    None => {
                        value!($w, 1, if $inplace { self.inplace($op, x, y) } else { self.binary($op, x, y) })
                    }
                }
            }};
        }
        macro_rules! add_imm {
            ($w:expr, $inplace:expr) => {{
                let x = *slot(r, op_b($w));
                let imm = ($w as i32) >> 24;
                let quick = if x.is_small() { (x.bits() as i32).checked_add(imm * 2) } else { None };
                match quick {
                    Some(v) => {
                        *slot(r, op_a($w)) = Val::from_bits(v as u32);
                        pc = pc.wrapping_add(1);
                    }
                    None => value!($w, 1, self.op_add_imm(x, imm, $inplace)),
                }
            }};
        }
        macro_rules! compare {
            ($w:expr, $op:expr) => {{
                let (x, y) = (*slot(r, op_b($w)), *slot(r, op_c($w)));
                match quick_compare($op, x, y) {
                    Some(v) => {
                        *slot(r, op_a($w)) = Val::bool(v);
                        pc = pc.wrapping_add(1);
                    }
                    None => value!($w, 1, self.compare($op, x, y)),
                }
            }};
        }
        macro_rules! branch {
            ($w:expr, $op:expr, $sense:expr, $y:expr) => {{
                let x = *slot(r, op_a($w));
                let y = $y;
                let taken = match quick_compare($op, x, y) {
                    Some(v) => v == $sense,
                    None => {
                        self.pc = pc;
                        self.r = r;
                        match self.compare_truth($op, x, y) {
                            Ok(v) => {
                                self.heap.release_temps(mark);
                                v == $sense
                            }
                            Err(Raised) => {
                                raise!();
                                continue;
                            }
                        }
                    }
                };
                if taken { jump_bytes!(*pc.add(1) as i32) } else { pc = pc.add(2) }
            }};
        }
        macro_rules! branch_slots {
            ($w:expr, $op:expr, $sense:expr) => {
                branch!($w, $op, $sense, *slot(r, op_b($w)))
            };
        }
        macro_rules! branch_imm {
            ($w:expr, $op:expr, $sense:expr) => {
                branch!($w, $op, $sense, Val::small(op_b($w) as u8 as i8 as i32))
            };
        }
        macro_rules! jump_if {
            ($w:expr, $sense:expr) => {{
                let v = *slot(r, op_a($w));
                let t = match quick_truth(v) {
                    Some(t) => t,
                    None => {
                        self.pc = pc;
                        self.r = r;
                        match self.truth(v) {
                            Ok(t) => {
                                self.heap.release_temps(mark);
                                t
                            }
                            Err(Raised) => {
                                raise!();
                                continue;
                            }
                        }
                    }
                };
                if t == $sense { jump_bytes!(op_sbx($w) as i32 * 4) } else { pc = pc.add(1) }
            }};
        }

        // Enters the frame of a function that takes exactly these positional arguments; falls through if it is not
        // that simple.
        macro_rules! call_simple {
            ($dst:expr, $f:expr, $n:expr, $len:expr) => {{
                let head = self.heap.head($f);
                if head as u8 == Kind::Function as u8 {
                    let code = self.heap.val($f, 1);
                    let want = F_A | ($n as u32) << 16;
                    let frame = $dst.add(3);
                    let end = frame.wrapping_add((head >> 16) as usize);
                    if self.heap.head(code) & (F_A | 0xff << 16) == want && end <= self.stack_end {
                        *$dst = self.pc_to_val(pc.add($len));
                        *$dst.add(1) = self.r_to_val(r);
                        self.heap.set_top(end);
                        r = frame;
                        pc = self.code_entry(code);
                        continue;
                    }
                }
            }};
        }

        loop {
            // SAFETY: for the whole match: see the module's text. Each arm uses slots named by its operands and
            // words that the op table says follow it.
            unsafe {
                let w = *pc;
                let op = w as u8;
                debug_assert!((op as usize) < Op::ALL.len());
                let op = core::mem::transmute::<u8, Op>(op);
                match op {
                    // ---- moves and loads
                    Op::Move => {
                        *slot(r, op_a(w)) = *slot(r, op_b(w));
                        pc = pc.add(1);
                    }
                    Op::LoadFar => {
                        *slot(r, op_a(w)) = *r.add(op_bx(w));
                        pc = pc.add(1);
                    }
                    Op::StoreFar => {
                        *r.add(op_bx(w)) = *slot(r, op_a(w));
                        pc = pc.add(1);
                    }
                    Op::LoadConst => {
                        *slot(r, op_a(w)) = Val::from_bits(*pc.sub(op_bx(w)));
                        pc = pc.add(1);
                    }
                    Op::LoadInt => {
                        *slot(r, op_a(w)) = Val::small(op_sbx(w) as i32);
                        pc = pc.add(1);
                    }
                    Op::LoadNone => {
                        *slot(r, op_a(w)) = Val::NONE;
                        pc = pc.add(1);
                    }
                    Op::Unbind => {
                        for i in 0..op_b(w) {
                            *slot(r, op_a(w) + 4 * i) = Val::UNBOUND;
                        }
                        pc = pc.add(1);
                    }
                    Op::CheckBound => {
                        if *slot(r, op_a(w)) == Val::UNBOUND {
                            plain!(1, Err(self.unbound_local(op_a(w) / 4)));
                        } else {
                            pc = pc.add(1);
                        }
                    }

                    // ---- cells
                    Op::MakeCell => {
                        let x = *slot(r, op_b(w));
                        value!(w, 1, Ok(self.heap.alloc_cell(header(Kind::Cell, F_V1, 0), x.bits(), 0, 0)?));
                    }
                    Op::LoadCell => {
                        let v = self.heap.val(*slot(r, op_b(w)), 1);
                        if v == Val::UNBOUND {
                            plain!(1, Err(self.unbound_cell(op_b(w) / 4)));
                        } else {
                            *slot(r, op_a(w)) = v;
                            pc = pc.add(1);
                        }
                    }
                    Op::StoreCell => {
                        let v = *slot(r, op_b(w));
                        self.heap.set_val(*slot(r, op_a(w)), 1, v);
                        pc = pc.add(1);
                    }
                    Op::DelCell => {
                        let cell = *slot(r, op_a(w));
                        if self.heap.val(cell, 1) == Val::UNBOUND {
                            plain!(1, Err(self.unbound_cell(op_a(w) / 4)));
                        } else {
                            self.heap.set_val(cell, 1, Val::UNBOUND);
                            pc = pc.add(1);
                        }
                    }
                    Op::CopyFree => {
                        let extras = self.heap.tuple(self.heap.val(*r.sub(1), 3));
                        let n = op_b(w);
                        let first = extras.len() - n;
                        for i in 0..n {
                            *slot(r, op_a(w) + 4 * i) = extras[first + i];
                        }
                        pc = pc.add(1);
                    }

                    // ---- globals
                    Op::LoadGlobal => {
                        let globals = self.heap.val(*r.sub(1), 2);
                        let entry = self.heap.buf_ptr(globals).cast::<Val>().add(2 * op_bx(w) + 1);
                        let v = *entry;
                        if v != Val::UNBOUND {
                            *slot(r, op_a(w)) = v;
                            pc = pc.add(2);
                        } else {
                            let cached = Val::from_bits(*pc.add(1));
                            if !cached.is_null() && !self.builtins_changed {
                                *slot(r, op_a(w)) = cached;
                                pc = pc.add(2);
                            } else {
                                let name = *entry.sub(1);
                                value!(w, 2, self.load_builtin(name));
                            }
                        }
                    }
                    Op::StoreGlobal => {
                        let globals = self.heap.val(*r.sub(1), 2);
                        let entry = self.heap.buf_ptr(globals).cast::<Val>().add(2 * op_bx(w) + 1);
                        let v = *slot(r, op_a(w));
                        if *entry == Val::UNBOUND {
                            self.heap.table_set_value(globals, op_bx(w), v);
                        } else {
                            *entry = v;
                        }
                        pc = pc.add(1);
                    }
                    Op::DelGlobal => {
                        plain!(1, self.op_del_global(op_bx(w)));
                    }

                    // ---- names in a namespace
                    Op::NsLoad => {
                        self.pc = pc;
                        self.r = r;
                        let name = Qstr(*pc.add(1) & 0xffff);
                        let ns = *slot(r, op_b(w));
                        match self.ns_load(ns, name) {
                            Ok(Some(v)) => {
                                *slot(r, op_a(w)) = v;
                                pc = pc.add(2 + op_c(w));
                            }
                            Ok(None) => pc = pc.add(2),
                            Err(Raised) => raise!(),
                        }
                    }
                    Op::NsStore => {
                        let name = Qstr(*pc.add(1) & 0xffff);
                        let (ns, v) = (*slot(r, op_a(w)), *slot(r, op_b(w)));
                        plain!(2, self.ns_store(ns, name, v));
                    }
                    Op::NsDel => {
                        let name = Qstr(*pc.add(1) & 0xffff);
                        let ns = *slot(r, op_a(w));
                        plain!(2, self.ns_store(ns, name, Val::NULL));
                    }

                    // ---- arithmetic
                    Op::Add => arith!(w, BinOp::Add, false),
                    Op::Sub => arith!(w, BinOp::Sub, false),
                    Op::Mul => arith!(w, BinOp::Mul, false),
                    Op::TrueDiv => arith!(w, BinOp::TrueDiv, false),
                    Op::FloorDiv => arith!(w, BinOp::FloorDiv, false),
                    Op::Mod => arith!(w, BinOp::Mod, false),
                    Op::LShift => arith!(w, BinOp::LShift, false),
                    Op::RShift => arith!(w, BinOp::RShift, false),
                    Op::And => arith!(w, BinOp::And, false),
                    Op::Or => arith!(w, BinOp::Or, false),
                    Op::Xor => arith!(w, BinOp::Xor, false),
                    Op::IAdd => arith!(w, BinOp::Add, true),
                    Op::ISub => arith!(w, BinOp::Sub, true),
                    Op::IMul => arith!(w, BinOp::Mul, true),
                    Op::Pow | Op::MatMul => {
                        let op = BinOp::ALL[(w as u8 - Op::Add as u8) as usize];
                        value!(w, 1, self.binary(op, *slot(r, op_b(w)), *slot(r, op_c(w))));
                    }
                    Op::ITrueDiv
                    | Op::IFloorDiv
                    | Op::IMod
                    | Op::IPow
                    | Op::IMatMul
                    | Op::ILShift
                    | Op::IRShift
                    | Op::IAnd
                    | Op::IOr
                    | Op::IXor => {
                        let op = BinOp::ALL[(w as u8 - Op::IAdd as u8) as usize];
                        let (x, y) = (*slot(r, op_b(w)), *slot(r, op_c(w)));
                        let quick =
                            if x.both_small(y) { small_arith(op, x, y) } else { float_arith(op, x, y) };
                        match quick {
                            Some(v) => {
                                *slot(r, op_a(w)) = v;
                                pc = pc.add(1);
                            }
                            None => value!(w, 1, self.inplace(op, x, y)),
                        }
                    }
                    Op::AddImm => add_imm!(w, false),
                    Op::IAddImm => add_imm!(w, true),
                    Op::Neg => {
                        let x = *slot(r, op_b(w));
                        if x.is_small() && x.small_value() != Val::INT_MIN {
                            *slot(r, op_a(w)) = Val::small(-x.small_value());
                            pc = pc.add(1);
                        } else {
                            value!(w, 1, self.unary(UnOp::Neg, x));
                        }
                    }
                    Op::Pos => value!(w, 1, self.unary(UnOp::Pos, *slot(r, op_b(w)))),
                    Op::Invert => value!(w, 1, self.unary(UnOp::Invert, *slot(r, op_b(w)))),
                    Op::Not => {
                        let x = *slot(r, op_b(w));
                        match quick_truth(x) {
                            Some(t) => {
                                *slot(r, op_a(w)) = Val::bool(!t);
                                pc = pc.add(1);
                            }
                            None => value!(w, 1, self.truth(x).map(|t| Val::bool(!t))),
                        }
                    }

                    // ---- comparisons
                    Op::Lt => compare!(w, CmpOp::Lt),
                    Op::Le => compare!(w, CmpOp::Le),
                    Op::Gt => compare!(w, CmpOp::Gt),
                    Op::Ge => compare!(w, CmpOp::Ge),
                    Op::Eq => compare!(w, CmpOp::Eq),
                    Op::Ne => compare!(w, CmpOp::Ne),
                    Op::Is => {
                        let same = self.identical(*slot(r, op_b(w)), *slot(r, op_c(w)));
                        *slot(r, op_a(w)) = Val::bool(same);
                        pc = pc.add(1);
                    }
                    Op::IsNot => {
                        let same = self.identical(*slot(r, op_b(w)), *slot(r, op_c(w)));
                        *slot(r, op_a(w)) = Val::bool(!same);
                        pc = pc.add(1);
                    }
                    Op::In => {
                        value!(w, 1, self.contains(*slot(r, op_c(w)), *slot(r, op_b(w))).map(Val::bool));
                    }
                    Op::NotIn => {
                        value!(
                            w,
                            1,
                            self.contains(*slot(r, op_c(w)), *slot(r, op_b(w))).map(|t| Val::bool(!t))
                        );
                    }

                    // ---- jumps
                    Op::Jump => jump_bytes!(op_sbx(w) as i32 * 4),
                    Op::JTrue => jump_if!(w, true),
                    Op::JFalse => jump_if!(w, false),
                    Op::JNone => {
                        if *slot(r, op_a(w)) == Val::NONE {
                            jump_bytes!(op_sbx(w) as i32 * 4)
                        } else {
                            pc = pc.add(1)
                        }
                    }
                    Op::JNotNone => {
                        if *slot(r, op_a(w)) != Val::NONE {
                            jump_bytes!(op_sbx(w) as i32 * 4)
                        } else {
                            pc = pc.add(1)
                        }
                    }
                    Op::JLt => branch_slots!(w, CmpOp::Lt, true),
                    Op::JLe => branch_slots!(w, CmpOp::Le, true),
                    Op::JGt => branch_slots!(w, CmpOp::Gt, true),
                    Op::JGe => branch_slots!(w, CmpOp::Ge, true),
                    Op::JEq => branch_slots!(w, CmpOp::Eq, true),
                    Op::JNe => branch_slots!(w, CmpOp::Ne, true),
                    Op::JNLt => branch_slots!(w, CmpOp::Lt, false),
                    Op::JNLe => branch_slots!(w, CmpOp::Le, false),
                    Op::JNGt => branch_slots!(w, CmpOp::Gt, false),
                    Op::JNGe => branch_slots!(w, CmpOp::Ge, false),
                    Op::JNEq => branch_slots!(w, CmpOp::Eq, false),
                    Op::JNNe => branch_slots!(w, CmpOp::Ne, false),
                    Op::JLtImm => branch_imm!(w, CmpOp::Lt, true),
                    Op::JLeImm => branch_imm!(w, CmpOp::Le, true),
                    Op::JGtImm => branch_imm!(w, CmpOp::Gt, true),
                    Op::JGeImm => branch_imm!(w, CmpOp::Ge, true),
                    Op::JEqImm => branch_imm!(w, CmpOp::Eq, true),
                    Op::JNeImm => branch_imm!(w, CmpOp::Ne, true),
                    Op::JNLtImm => branch_imm!(w, CmpOp::Lt, false),
                    Op::JNLeImm => branch_imm!(w, CmpOp::Le, false),
                    Op::JNGtImm => branch_imm!(w, CmpOp::Gt, false),
                    Op::JNGeImm => branch_imm!(w, CmpOp::Ge, false),
                    Op::JNEqImm => branch_imm!(w, CmpOp::Eq, false),
                    Op::JNNeImm => branch_imm!(w, CmpOp::Ne, false),
                    Op::JIs => {
                        if self.identical(*slot(r, op_a(w)), *slot(r, op_b(w))) {
                            jump_bytes!(*pc.add(1) as i32)
                        } else {
                            pc = pc.add(2)
                        }
                    }
                    Op::JIsNot => {
                        if self.identical(*slot(r, op_a(w)), *slot(r, op_b(w))) {
                            pc = pc.add(2)
                        } else {
                            jump_bytes!(*pc.add(1) as i32)
                        }
                    }

                    // ---- loops
                    Op::RangeInit => {
                        plain!(1, self.op_range_init(slot(r, op_a(w)), *slot(r, op_b(w)), op_c(w)))
                    }
                    Op::ForRange => {
                        let state = slot(r, op_a(w));
                        let left = (*state.add(1)).bits() as i32;
                        // Tagged: 1 is zero, -1 marks an iterator.
                        if left > 1 {
                            let x = *state;
                            *slot(r, op_b(w)) = x;
                            *state.add(1) = Val::from_bits((left - 2) as u32);
                            *state =
                                Val::from_bits(x.bits().wrapping_add((*state.add(2)).bits()).wrapping_sub(1));
                            jump_back!();
                        } else if left == 1 {
                            pc = pc.add(2);
                        } else {
                            control!(self.op_for_next(w, *state));
                        }
                    }
                    Op::GetIter => {
                        let x = *slot(r, op_b(w));
                        let state = slot(r, op_a(w));
                        if matches!(self.heap.kind(x), Some(Kind::List | Kind::Tuple)) {
                            *state = x;
                            *state.add(1) = Val::ZERO;
                            pc = pc.add(1);
                        } else {
                            plain!(
                                1,
                                self.iter(x).map(|it| {
                                    *state = it;
                                    *state.add(1) = Val::small(-1);
                                })
                            );
                        }
                    }
                    Op::ForIter => {
                        let state = slot(r, op_a(w));
                        let (it, i) = (*state, (*state.add(1)).small_value());
                        if i >= 0 {
                            match self.heap.items(it).get(i as usize) {
                                Some(&x) => {
                                    *slot(r, op_b(w)) = x;
                                    *state.add(1) = Val::small(i + 1);
                                    jump_back!();
                                }
                                None => pc = pc.add(2),
                            }
                        } else {
                            control!(self.op_for_next(w, it));
                        }
                    }

                    // ---- calls
                    Op::Call => {
                        let dst = slot(r, op_a(w));
                        let n = op_b(w);
                        let f = *dst.add(2);
                        if f.is_ptr() {
                            call_simple!(dst, f, n, 1);
                        }
                        if let Some(payload) = f.imm_payload(Imm::NativeFn)
                            && let Entry::Fn(_, min, max, native) = *registry::native_fn(payload)
                            && !registry::is_type_fn(payload)
                            && n >= min as usize
                            && (n <= max as usize || max == ANY)
                        {
                            let args = Args { base: self.slot_index(dst) + 3, n, nkw: 0 };
                            value!(w, 1, native(self, args));
                            continue;
                        }
                        control!(self.op_call(dst, n, 0, pc.add(1)));
                    }
                    Op::CallKw => control!(self.op_call(slot(r, op_a(w)), op_b(w), op_c(w), pc.add(1))),
                    Op::CallMethod => {
                        let dst = slot(r, op_a(w));
                        let n = op_b(w);
                        let key = self.method_key(*dst.add(3));
                        if key != 0 && *pc.add(1) >> 16 == key {
                            let f = Val::from_bits(*pc.add(2));
                            if f.is_ptr() {
                                *dst.add(2) = f;
                                call_simple!(dst, f, n + 1, 3);
                                control!(self.op_call(dst, n + 1, 0, pc.add(3)));
                                continue;
                            }
                            let own = usize::from(key >= KEY_KIND);
                            if let Entry::Fn(_, min, max, native) = *registry::native_fn(f.bits() >> 8)
                                && n + own >= min as usize
                                && (n + own <= max as usize || max == ANY)
                            {
                                let args = Args { base: self.slot_index(dst) + 4 - own, n: n + own, nkw: 0 };
                                value!(w, 3, native(self, args));
                                continue;
                            }
                        }
                        control!(self.op_call_method(dst, n, 0));
                    }
                    Op::CallMethodKw => control!(self.op_call_method(slot(r, op_a(w)), op_b(w), op_c(w))),
                    Op::CallEx => control!(self.op_call_ex(slot(r, op_a(w)))),
                    Op::Return | Op::ReturnNone => {
                        let v = if op == Op::Return { *slot(r, op_a(w)) } else { Val::NONE };
                        let dst = r.sub(3);
                        pc = self.val_to_pc(*dst);
                        r = self.val_to_r(*dst.add(1));
                        *dst = v;
                        self.heap.set_top(r.add(self.heap.aux(*r.sub(1)) as usize));
                    }

                    // ---- functions and classes
                    Op::MakeFunction => {
                        let code = Val::from_bits(*pc.sub(*pc.add(1) as usize));
                        value!(w, 2, self.op_make_function(code, slot(r, op_a(w)), op_b(w), op_c(w)));
                    }
                    Op::MakeClass => control!(self.op_make_class(slot(r, op_a(w)), op_b(w), op_c(w))),
                    Op::Super => value!(w, 1, self.new_super(*slot(r, op_b(w)), *slot(r, op_c(w)))),

                    // ---- attributes and items
                    Op::GetAttr => {
                        let obj = *slot(r, op_b(w));
                        let cache = *pc.add(1);
                        if self.heap.is(obj, Kind::Instance) {
                            let head = self.heap.head(obj);
                            if head >> 16 == cache >> 16 {
                                let c = op_c(w);
                                *slot(r, op_a(w)) = if head & F_BUF == 0 {
                                    Val::from_bits(self.heap.w(obj, c))
                                } else {
                                    *self.heap.buf_ptr(obj).cast::<Val>().add(c)
                                };
                                pc = pc.add(3);
                                continue;
                            }
                        }
                        value!(w, 3, self.op_get_attr(obj, pc.cast_mut()));
                    }
                    Op::SetAttr => {
                        let obj = *slot(r, op_a(w));
                        let v = *slot(r, op_b(w));
                        let cache = *pc.add(1);
                        if self.heap.is(obj, Kind::Instance) {
                            let head = self.heap.head(obj);
                            if head >> 16 == cache >> 16 {
                                let c = op_c(w);
                                let grown = *pc.add(2);
                                if grown != 0 {
                                    // A new attribute, within the cell: the shape it leads to is known.
                                    self.heap.set_val(obj, c, v);
                                    self.heap.set_aux(obj, grown as u16);
                                } else if head & F_BUF == 0 {
                                    self.heap.set_val(obj, c, v);
                                } else {
                                    *self.heap.buf_ptr(obj).cast::<Val>().add(c) = v;
                                }
                                pc = pc.add(3);
                                continue;
                            }
                        }
                        plain!(3, self.op_set_attr(obj, v, pc.cast_mut()));
                    }
                    Op::DelAttr => {
                        let name = Qstr(*pc.add(1) & 0xffff);
                        plain!(2, self.setattr_q(*slot(r, op_a(w)), name, Val::NULL));
                    }
                    Op::GetItem => {
                        let (obj, i) = (*slot(r, op_b(w)), *slot(r, op_c(w)));
                        if i.is_small()
                            && let Some(Kind::List | Kind::Tuple) = self.heap.kind(obj)
                        {
                            let items = self.heap.items(obj);
                            let i = i.small_value();
                            let i = if i < 0 { i + items.len() as i32 } else { i };
                            if let Some(&v) = items.get(i as usize) {
                                *slot(r, op_a(w)) = v;
                                pc = pc.add(1);
                                continue;
                            }
                        }
                        if !i.is_ptr()
                            && (i.is_qstr() || i.is_small())
                            && self.heap.is(obj, Kind::Dict)
                            && let Some(v) = self.heap.dict_get_same(obj, i)
                        {
                            *slot(r, op_a(w)) = v;
                            pc = pc.add(1);
                            continue;
                        }
                        value!(w, 1, self.get_item(obj, i));
                    }
                    Op::SetItem => {
                        let (obj, i, v) = (*slot(r, op_a(w)), *slot(r, op_b(w)), *slot(r, op_c(w)));
                        if i.is_small() && self.heap.is(obj, Kind::List) {
                            let items = self.heap.list_mut(obj);
                            let i = i.small_value();
                            let i = if i < 0 { i + items.len() as i32 } else { i };
                            if let Some(x) = items.get_mut(i as usize) {
                                *x = v;
                                pc = pc.add(1);
                                continue;
                            }
                        }
                        plain!(1, self.set_item(obj, i, v));
                    }
                    Op::DelItem => plain!(1, self.del_item(*slot(r, op_a(w)), *slot(r, op_b(w)))),
                    Op::BuildSlice => {
                        let b = slot(r, op_b(w));
                        let step = if op_c(w) == 3 { *b.add(2) } else { Val::NONE };
                        value!(w, 1, Ok(self.heap.alloc_vals(Kind::Slice, 0, [*b, *b.add(1), step])?));
                    }

                    // ---- building values
                    Op::BuildTuple => {
                        let at = self.slot_index(slot(r, op_b(w)));
                        value!(w, 1, Ok(self.heap.new_tuple_from_slots(at, at + op_c(w))?));
                    }
                    Op::BuildList => {
                        let at = self.slot_index(slot(r, op_b(w)));
                        value!(w, 1, Ok(self.heap.new_list_from_slots(at, at + op_c(w))?));
                    }
                    Op::BuildSet => value!(w, 1, self.op_build_set(slot(r, op_b(w)), op_c(w))),
                    Op::BuildDict => value!(w, 1, self.op_build_dict(slot(r, op_b(w)), op_c(w))),
                    Op::BuildStr => value!(w, 1, self.op_build_str(slot(r, op_b(w)), op_c(w))),
                    Op::Format => value!(w, 1, self.op_format(slot(r, op_b(w)), op_c(w))),
                    Op::ListAppend => {
                        plain!(1, Ok(self.heap.list_push(*slot(r, op_a(w)), *slot(r, op_b(w)))?));
                    }
                    Op::ListExtend => plain!(1, self.op_list_extend(*slot(r, op_a(w)), *slot(r, op_b(w)))),
                    Op::ListToTuple => {
                        let list = *slot(r, op_b(w));
                        let n = self.heap.list_len(list);
                        value!(w, 1, Ok(self.heap.new_tuple_of(list, 0, n)?));
                    }
                    Op::SetAdd => plain!(1, self.set_insert(*slot(r, op_a(w)), *slot(r, op_b(w)))),
                    Op::SetUpdate => {
                        let (s, v) = (*slot(r, op_a(w)), *slot(r, op_b(w)));
                        plain!(1, self.for_each(v, |vm, x| vm.set_insert(s, x)));
                    }
                    Op::DictAdd => {
                        plain!(1, self.dict_store(*slot(r, op_a(w)), *slot(r, op_b(w)), *slot(r, op_c(w))));
                    }
                    Op::DictUpdate => plain!(1, self.dict_update(*slot(r, op_a(w)), *slot(r, op_b(w)), None)),
                    Op::DictMerge => {
                        let f = *slot(r, op_c(w));
                        plain!(1, self.dict_update(*slot(r, op_a(w)), *slot(r, op_b(w)), Some(f)));
                    }
                    Op::Unpack => {
                        let (x, n) = (*slot(r, op_b(w)), op_c(w));
                        let dst = slot(r, op_a(w));
                        if matches!(self.heap.kind(x), Some(Kind::List | Kind::Tuple)) {
                            let items = self.heap.items(x);
                            if items.len() == n {
                                core::ptr::copy_nonoverlapping(items.as_ptr(), dst, n);
                                pc = pc.add(1);
                                continue;
                            }
                        }
                        plain!(1, self.op_unpack(dst, x, n));
                    }
                    Op::UnpackEx => {
                        let spec = *pc.add(1);
                        plain!(2, self.op_unpack_ex(slot(r, op_a(w)), *slot(r, op_b(w)), spec));
                    }

                    // ---- exceptions
                    Op::Raise => plain!(1, self.op_raise(*slot(r, op_a(w)), None)),
                    Op::RaiseFrom => plain!(1, self.op_raise(*slot(r, op_a(w)), Some(*slot(r, op_b(w))))),
                    Op::RaiseAgain => plain!(1, self.op_raise_again()),
                    Op::Reraise => {
                        let e = *slot(r, op_a(w));
                        plain!(1, Err(self.raise_val(e)));
                    }
                    Op::EnterHandler => {
                        let at = slot(r, op_a(w));
                        *at.add(1) = self.heap.root(Root::Handling);
                        self.heap.set_root(Root::Handling, *at);
                        pc = pc.add(1);
                    }
                    Op::LeaveHandler => {
                        self.heap.set_root(Root::Handling, *slot(r, op_a(w)).add(1));
                        pc = pc.add(1);
                    }
                    Op::JNotExc => {
                        self.pc = pc;
                        self.r = r;
                        match self.exc_matches(*slot(r, op_a(w)), *slot(r, op_b(w))) {
                            Ok(true) => pc = pc.add(2),
                            Ok(false) => pc = pc.byte_offset(*pc.add(1) as i32 as isize),
                            Err(Raised) => raise!(),
                        }
                    }
                    Op::ExcInfo => {
                        let e = *slot(r, op_b(w));
                        let dst = slot(r, op_a(w));
                        let class = self.type_of(e);
                        plain!(
                            1,
                            crate::objects::exception::traceback(self, e).map(|tb| {
                                *dst = class;
                                *dst.add(1) = e;
                                *dst.add(2) = tb;
                            })
                        );
                    }
                    Op::WithExit => {
                        value!(w, 1, self.op_with_exit(*slot(r, op_b(w)), q::__enter__, q::__exit__))
                    }
                    Op::AsyncWithExit => {
                        value!(w, 1, self.op_with_exit(*slot(r, op_b(w)), q::__aenter__, q::__aexit__));
                    }

                    // ---- generators
                    Op::Yield => {
                        let v = *slot(r, op_b(w));
                        control!(self.do_yield(v, pc.add(1), (op_a(w) / 4) as i32, op_c(w)));
                    }
                    Op::GetYieldIter => value!(w, 1, self.yield_iter(*slot(r, op_b(w)))),
                    Op::GetAwaitable => value!(w, 1, self.awaitable(*slot(r, op_b(w)))),
                    Op::YieldFrom => control!(self.yield_from(op_a(w) / 4, *slot(r, op_b(w)), op_c(w))),

                    // ---- import
                    Op::Import => {
                        let name = Qstr(*pc.add(1) & 0xffff);
                        value!(w, 2, self.op_import(name, op_b(w), *slot(r, op_c(w))));
                    }
                    Op::ImportFrom => {
                        let name = Qstr(*pc.add(1) & 0xffff);
                        value!(w, 2, self.import_from(*slot(r, op_b(w)), name));
                    }
                    Op::ImportStar => {
                        let ns = if op_c(w) == 1 { *slot(r, op_b(w)) } else { self.heap.val(*r.sub(1), 2) };
                        plain!(1, self.import_star(*slot(r, op_a(w)), ns));
                    }

                    // ---- match statements
                    Op::MatchSequence => {
                        let v = self.unwrap(*slot(r, op_b(w)));
                        let yes = matches!(
                            self.heap.kind(v),
                            Some(Kind::List | Kind::Tuple | Kind::Range | Kind::Array | Kind::MemoryView)
                        );
                        *slot(r, op_a(w)) = Val::bool(yes);
                        pc = pc.add(1);
                    }
                    Op::MatchMapping => {
                        let v = self.unwrap(*slot(r, op_b(w)));
                        *slot(r, op_a(w)) = Val::bool(self.heap.is(v, Kind::Dict));
                        pc = pc.add(1);
                    }
                    Op::MatchKeys => value!(w, 1, self.op_match_keys(*slot(r, op_b(w)), *slot(r, op_c(w)))),
                    Op::MatchClass => {
                        let names = *slot(r, op_a(w));
                        let n = *pc.add(1) as usize;
                        value!(w, 2, self.op_match_class(*slot(r, op_b(w)), *slot(r, op_c(w)), names, n));
                    }
                    Op::Len => value!(w, 1, self.len(*slot(r, op_b(w))).map(|n| Val::small(n as i32))),

                    // ---- the prompt
                    Op::PrintExpr => plain!(1, self.op_print_expr(*slot(r, op_a(w)))),

                    // ---- stubs
                    Op::Exit => {
                        self.heap.release_temps(mark);
                        return Ok(());
                    }
                    Op::InitDone => {
                        let (v, instance) = (*r, *r.sub(1));
                        if v.is_none() {
                            let dst = r.sub(3);
                            pc = self.val_to_pc(*dst);
                            r = self.val_to_r(*dst.add(1));
                            *dst = instance;
                            self.heap.set_top(r.add(self.heap.aux(*r.sub(1)) as usize));
                        } else {
                            // Leave the stub frame first: the error is the caller's.
                            let dst = r.sub(3);
                            let ret = self.val_to_pc(*dst);
                            let caller = self.val_to_r(*dst.add(1));
                            self.heap.set_sp(self.slot_index(r) + 1);
                            let failed = self.check_init_result(v);
                            debug_assert!(failed.is_err());
                            if self.stub_of(ret) == Some(STUB_EXIT) {
                                return Err(Raised);
                            }
                            self.pc = ret.sub(1);
                            self.r = caller;
                            raise!();
                        }
                    }
                    Op::ClassDone => control!(self.op_class_done()),
                    Op::GenDone => {
                        self.heap.set_sp(self.slot_index(r) + 3);
                        control!(self.generator_done(r));
                    }
                }
            }
        }
    }
}
