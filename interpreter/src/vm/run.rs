//! The loop over bytecode.
//!
//! Hot cases are handled here; every slow path is a method of its own that works on `self.pc` and `self.r`. Ops come
//! in two sorts: *plain* ones go on with the next instruction, *control* ones set `self.pc` and `self.r`.
//!
//! # Safety of the raw pointers
//! `pc` points into the fixed buffer of the code object of the current frame's function, which the frame keeps
//! alive; the loader has checked every instruction's operands against the frame's size and every jump against the
//! code's length, and code ends in a return. `r` points into the VM's stack; `push_frame` has checked that the
//! whole frame fits. So reading operands and slots through them is sound. The stack does not move.

use super::Vm;
use super::call::{Next, STUB_EXIT};
use crate::bytecode::Op;
use crate::heap::cell::{F_A, F_BUF, F_V1, header};
use crate::heap::{Kind, Root, q};
use crate::objects::native::{ANY, Args, BinOp, CmpOp, Entry, ExcKind, R, Raised, UnOp};
use crate::registry;
use crate::value::{Imm, Qstr, Val};
use alloc::string::String;
use core::sync::atomic::Ordering;

/// Keys of method caches: shapes below, then native modules, then kinds of native objects.
const KEY_MODULE: u32 = super::shape::SHAPES_END as u32;
const KEY_KIND: u32 = 0xf000;

#[inline(always)]
fn op_a(w: u32) -> usize {
    (w >> 8 & 0xff) as usize
}
#[inline(always)]
fn op_b(w: u32) -> usize {
    (w >> 16 & 0xff) as usize
}
#[inline(always)]
fn op_c(w: u32) -> usize {
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
unsafe fn slot(r: *mut Val, scaled: usize) -> *mut Val {
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
                            jump_bytes!(*pc.add(1) as i32);
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
                                    jump_bytes!(*pc.add(1) as i32);
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

    // ---- slow paths ----

    /// What a method cache compares: the shape of an instance, the kind of a native object, a native module; 0 for what
    /// is not cached.
    #[inline(always)]
    fn method_key(&self, v: Val) -> u32 {
        if v.is_ptr() {
            let head = self.heap.head(v);
            return match head & 0xff {
                k if k == Kind::Instance as u32 => head >> 16,
                k if (Kind::Str as u32..=Kind::FrozenSet as u32).contains(&k) => KEY_KIND | k,
                _ => 0,
            };
        }
        if v.is_qstr() {
            return KEY_KIND | Kind::Str as u32;
        }
        match v.imm_payload(Imm::NativeModule) {
            Some(id) => KEY_MODULE | id,
            None => 0,
        }
    }

    #[inline(always)]
    fn identical(&self, a: Val, b: Val) -> bool {
        a == b || (a.is_ptr() && b.is_ptr() && self.heap.is(a, Kind::Float) && self.boxed_same(a, b))
    }
    fn boxed_same(&self, a: Val, b: Val) -> bool {
        self.heap.is(b, Kind::Float) && self.heap.w(a, 1) == self.heap.w(b, 1)
    }

    #[inline(never)]
    fn compare_truth(&mut self, op: CmpOp, x: Val, y: Val) -> R<bool> {
        let v = self.compare(op, x, y)?;
        self.truth(v)
    }

    #[inline(never)]
    fn op_add_imm(&mut self, x: Val, imm: i32, inplace: bool) -> R {
        let (op, y) = if imm < 0 { (BinOp::Sub, Val::small(-imm)) } else { (BinOp::Add, Val::small(imm)) };
        if let Some(f) = x.as_unboxed_float()
            && let Some(v) = Val::try_float(f + imm as f32)
        {
            return Ok(v);
        }
        if inplace { self.inplace(op, x, y) } else { self.binary(op, x, y) }
    }

    fn frame_code(&self) -> Val {
        // SAFETY: every frame has its function below slot 0.
        let f = unsafe { *self.r.sub(1) };
        self.heap.val(f, 1)
    }
    pub(crate) fn frame_globals(&self) -> Val {
        // SAFETY: as above.
        let f = unsafe { *self.r.sub(1) };
        if self.heap.is(f, Kind::Function) { self.heap.val(f, 2) } else { Val::NULL }
    }

    fn slot_name(&self, i: usize) -> String {
        let names = self.code_meta(self.frame_code(), super::call::meta::SLOT_NAMES);
        let name = self.heap.tuple(names).get(i).copied().unwrap_or(Val::NONE);
        String::from(self.heap.as_str(name).unwrap_or("?"))
    }

    #[cold]
    fn unbound_local(&mut self, i: usize) -> Raised {
        let n = self.slot_name(i);
        self.raise(
            ExcKind::UnboundLocalError,
            format_args!("cannot access local variable '{n}' where it is not associated with a value"),
        )
    }

    #[cold]
    fn unbound_cell(&mut self, i: usize) -> Raised {
        let n = self.slot_name(i);
        let free = self.code_meta(self.frame_code(), super::call::meta::FREE_NAMES);
        if self.heap.tuple(free).iter().any(|&f| self.heap.as_str(f) == Some(&n)) {
            return self.raise(
                ExcKind::NameError,
                format_args!("cannot access free variable '{n}' where it is not associated with a value in enclosing scope"),
            );
        }
        self.unbound_local(i)
    }

    /// A global that is not set: the builtin of that name, cached in the instruction.
    #[inline(never)]
    fn load_builtin(&mut self, name: Val) -> R {
        let text = self.text(name).unwrap_or_default();
        match self.builtin(&text) {
            Some(v) => {
                if !v.is_ptr() {
                    // SAFETY: `pc` is a LoadGlobal in a code buffer that we may write; its next word is the cache.
                    unsafe { *self.pc.cast_mut().add(1) = v.bits() };
                }
                Ok(v)
            }
            None => Err(self.raise(ExcKind::NameError, format_args!("name '{text}' is not defined"))),
        }
    }

    /// A builtin by its name.
    pub fn builtin(&mut self, name: &str) -> Option<Val> {
        let q = self.heap.intern(name).ok()?;
        self.native_module_attr(&crate::builtins::BUILTINS, q).ok()?
    }

    fn op_del_global(&mut self, entry: usize) -> R<()> {
        let globals = self.frame_globals();
        let (key, v) = self.heap.table_entry(globals, entry);
        if v == Val::UNBOUND {
            let n = self.text(key).unwrap_or_default();
            return Err(self.raise(ExcKind::NameError, format_args!("name '{n}' is not defined")));
        }
        self.heap.table_remove(globals, entry);
        Ok(())
    }

    fn ns_load(&mut self, ns: Val, name: Qstr) -> R<Option<Val>> {
        if self.heap.is(ns, Kind::Dict) {
            return Ok(self.heap.dict_get_qstr(ns, name));
        }
        match self.get_item(ns, Val::qstr(name)) {
            Ok(v) => Ok(Some(v)),
            Err(raised) => {
                if !self.exc_is(ExcKind::KeyError) {
                    return Err(raised);
                }
                self.take_exc();
                Ok(None)
            }
        }
    }

    fn ns_store(&mut self, ns: Val, name: Qstr, v: Val) -> R<()> {
        let dict = self.heap.is(ns, Kind::Dict);
        if !v.is_null() {
            return if dict {
                Ok(self.heap.dict_set_qstr(ns, name, v)?)
            } else {
                self.set_item(ns, Val::qstr(name), v)
            };
        }
        let gone = if dict {
            self.heap.dict_del_qstr(ns, name).is_some()
        } else {
            match self.del_item(ns, Val::qstr(name)) {
                Ok(()) => true,
                Err(raised) => {
                    if !self.exc_is(ExcKind::KeyError) {
                        return Err(raised);
                    }
                    self.take_exc();
                    false
                }
            }
        };
        if gone {
            return Ok(());
        }
        let n = String::from(self.heap.qstr(name));
        Err(self.raise(ExcKind::NameError, format_args!("name '{n}' is not defined")))
    }

    fn op_range_init(&mut self, state: *mut Val, range: Val, n: usize) -> R<()> {
        // SAFETY: three consecutive slots, as the op says.
        let [start, stop, step] = unsafe { [*state, *state.add(1), *state.add(2)] };
        if range == crate::objects::range::RANGE.val()
            && let (Some(a), Some(b), Some(s)) = (start.as_small(), stop.as_small(), step.as_small())
            && s != 0
        {
            let (a, b, s) = (i64::from(a), i64::from(b), i64::from(s));
            let count =
                if s > 0 { (b - a + s - 1).div_euclid(s) } else { (a - b - s - 1).div_euclid(-s) }.max(0);
            if Val::try_int(count).is_some() && Val::try_int(a + count * s).is_some() {
                // SAFETY: as above.
                unsafe {
                    *state.add(1) = Val::small(count as i32);
                }
                return Ok(());
            }
        }
        let v = match n {
            1 => self.call(range, &[stop])?,
            2 => self.call(range, &[start, stop])?,
            _ => self.call(range, &[start, stop, step])?,
        };
        let it = self.iter(v)?;
        // SAFETY: as above.
        unsafe {
            *state = it;
            *state.add(1) = Val::small(-1);
        }
        Ok(())
    }

    /// ForIter and ForRange over an iterator object.
    fn op_for_next(&mut self, w: u32, it: Val) -> R<()> {
        let pc = self.pc;
        if self.heap.is(it, Kind::Generator) {
            // SAFETY: operand c names the first free temporary, where a window may be built.
            let dst = unsafe { slot(self.r, op_c(w)) };
            if !self.for_generator(it, dst, pc)? {
                self.pc = pc.wrapping_add(2);
            }
            return Ok(());
        }
        match self.next(it)? {
            Some(v) => {
                // SAFETY: the op's target slot and jump word.
                unsafe {
                    *slot(self.r, op_b(w)) = v;
                    self.pc = pc.byte_offset(*pc.add(1) as i32 as isize);
                }
                self.poll()
            }
            None => {
                self.pc = pc.wrapping_add(2);
                Ok(())
            }
        }
    }

    /// Ends a call from bytecode that may have raised `sp`.
    fn call_done(&mut self, dst: *mut Val, next: Next, ret: *const u32) {
        if let Next::Value(v) = next {
            // SAFETY: the window's first slot takes the result; the frame has its function below slot 0.
            let f = unsafe {
                *dst = v;
                *self.r.sub(1)
            };
            self.heap.set_sp(self.slot_index(self.r) + self.heap.aux(f) as usize);
            self.pc = ret;
        }
    }

    #[inline(never)]
    fn op_call(&mut self, dst: *mut Val, n: usize, nkw: usize, ret: *const u32) -> R<()> {
        if self.heap.emergency() {
            // Native code had to take from the reserve: time to stop before nothing is left.
            self.heap.collect();
            if self.heap.emergency() {
                return Err(self.no_memory());
            }
        }
        let next = self.prepare(dst, n, nkw, ret)?;
        self.call_done(dst, next, ret);
        Ok(())
    }

    #[inline(never)]
    fn op_call_method(&mut self, dst: *mut Val, n: usize, nkw: usize) -> R<()> {
        let ret = self.pc.wrapping_add(3);
        // SAFETY: the window's slot 3 holds the object; the instruction's next word is the name with its cache.
        let (obj, name) = unsafe { (*dst.add(3), Qstr(*self.pc.add(1) & 0xffff)) };
        let (f, with_self) = self.get_method(obj, name)?;
        let own = usize::from(with_self);
        let key = self.method_key(obj);
        let native = f.imm_payload(Imm::NativeFn).is_some();
        let function = self.heap.is(f, Kind::Function);
        let cacheable = match key {
            0 => false,
            KEY_KIND.. => with_self && native,
            KEY_MODULE.. => native && !with_self,
            _ => with_self && function,
        };
        if cacheable {
            // SAFETY: the instruction is in a code buffer that we may write, its two next words are its caches. A
            // function kept there lives as long as its class's dict has it: a change there empties all caches.
            unsafe {
                let at = self.pc.cast_mut();
                *at.add(1) = *at.add(1) & 0xffff | key << 16;
                *at.add(2) = f.bits();
            }
        }
        // SAFETY: the window has n + 2 * nkw argument slots after the object.
        unsafe {
            *dst.add(2) = f;
            if !with_self {
                core::ptr::copy(dst.add(4), dst.add(3), n + 2 * nkw);
            }
        }
        let next = self.prepare(dst, n + own, nkw, ret)?;
        self.call_done(dst, next, ret);
        Ok(())
    }

    #[inline(never)]
    fn op_call_ex(&mut self, dst: *mut Val) -> R<()> {
        let ret = self.pc.wrapping_add(1);
        // SAFETY: the window holds the positional list in slot 3, the keywords in slot 4.
        let (args, kw) = unsafe { (*dst.add(3), *dst.add(4)) };
        let args = if matches!(self.heap.kind(args), Some(Kind::List | Kind::Tuple)) {
            args
        } else {
            match self.iter(args) {
                Ok(it) => {
                    self.heap.keep(it)?;
                    self.collect_list(it)?
                }
                Err(raised) => {
                    if !self.exc_is(ExcKind::TypeError) {
                        return Err(raised);
                    }
                    self.take_exc();
                    // SAFETY: the window holds the callee in slot 2.
                    let f = unsafe { *dst.add(2) };
                    let (name, t) = (self.callee_name(f), self.type_name(args));
                    return Err(
                        self.type_error(format_args!("{name} argument after * must be an iterable, not {t}"))
                    );
                }
            }
        };
        self.heap.keep(args)?;
        self.heap.keep(kw)?;
        let n = self.heap.items(args).len();
        let nkw = if kw.is_none() { 0 } else { self.heap.table_len(kw) };
        self.check_stack(dst.wrapping_add(3 + n + 2 * nkw + 1))?;
        let base = self.slot_index(dst) + 3;
        for i in 0..n {
            let v = self.heap.items(args)[i];
            self.heap.set_slot(base + i, v);
        }
        let (mut i, mut at) = (0, base + n);
        while nkw > 0
            && let Some((next, k, v)) = self.heap.table_next(kw, i)
        {
            i = next;
            if !self.heap.is_str(k) {
                return Err(self.type_error(format_args!("keywords must be strings")));
            }
            self.heap.set_slot(at, k);
            self.heap.set_slot(at + 1, v);
            at += 2;
        }
        self.heap.set_sp(self.heap.sp().max(at));
        let next = self.prepare(dst, n, nkw, ret)?;
        self.call_done(dst, next, ret);
        Ok(())
    }

    fn op_make_function(&mut self, code: Val, from: *mut Val, defaults: usize, kw: usize) -> R {
        let (_, keyword_only) = self.code_counts(code);
        let kw_defaults = if kw == 1 { keyword_only } else { 0 };
        let free = self.heap.tuple(self.code_meta(code, super::call::meta::FREE_NAMES)).len();
        let n = defaults + kw_defaults + free;
        let extras = if n == 0 {
            Val::NULL
        } else {
            let at = self.slot_index(from);
            self.heap.new_tuple_from_slots(at, at + n)?
        };
        let globals = self.frame_globals();
        let f = self.new_function(code, globals, extras)?;
        self.heap.set_flag(f, F_A, kw == 1);
        Ok(f)
    }

    fn op_make_class(&mut self, dst: *mut Val, bases: usize, nkw: usize) -> R<()> {
        let ret = self.pc.wrapping_add(1);
        let words = bases + 2 * nkw;
        // A stub frame keeps body's window apart: `[ret][r][namespace holder] [name, bases …] [stub][r][body] [namespace]`.
        // Slot 2 (the body) becomes the stub frame's "function": the namespace dict; the body moves up.
        let inner = dst.wrapping_add(3 + 1 + words + 1);
        self.check_stack(inner.wrapping_add(5))?;
        let ns = self.heap.new_namespace(4)?;
        let (ret_val, caller) = (self.pc_to_val(ret), self.r_to_val(self.r));
        // SAFETY: the window and the slots above it are on the stack, as just checked.
        let body = unsafe {
            let body = *dst.add(2);
            *dst = ret_val;
            *dst.add(1) = caller;
            *dst.add(2) = ns;
            // What ClassDone needs to know: bases | keywords << 8.
            *inner.sub(1) = Val::small((bases | nkw << 8) as i32);
            *inner = Val::NULL;
            *inner.add(1) = Val::NULL;
            *inner.add(2) = body;
            *inner.add(3) = ns;
            body
        };
        let f_globals = self.frame_globals();
        if let Some(name) = self.heap.dict_get_qstr(f_globals, q::__name__) {
            self.heap.dict_set_qstr(ns, q::__module__, name)?;
        }
        let code = self.heap.val(body, 1);
        let qualname = self.code_meta(code, super::call::meta::QUALNAME);
        self.heap.dict_set_qstr(ns, q::__qualname__, qualname)?;
        let saved = self.r;
        self.r = dst.wrapping_add(3);
        self.heap.set_sp(self.heap.sp().max(self.slot_index(inner) + 4));
        // The stub's registers are where the words begin; ClassDone finds them below the body's window.
        if let Err(e) = self.push_frame(inner, body, self.stub(super::call::STUB_CLASS)) {
            self.r = saved;
            return Err(e);
        }
        Ok(())
    }

    /// The body of a class has returned: `self.r` is the stub frame, its slots the name, bases, keywords.
    fn op_class_done(&mut self) -> R<()> {
        let r = self.r;
        let at = self.slot_index(r);
        // Where the word with the counts lies follows from itself: it is the slot before the body's result.
        // SAFETY: laid out by `op_make_class`.
        let (ret, caller, ns) = unsafe { (self.val_to_pc(*r.sub(3)), self.val_to_r(*r.sub(2)), *r.sub(1)) };
        // SAFETY: the instruction that made the class precedes the return address.
        let w = unsafe { *ret.sub(1) };
        let (bases, nkw) = (op_b(w), op_c(w));
        let words = bases + 2 * nkw;
        let cell = self.heap.slot(at + 1 + words + 1);
        self.heap.set_sp(at + 1 + words + 2);
        let name = self.heap.slot(at);
        let bases: alloc::vec::Vec<Val> = self.heap.slots(at + 1, at + 1 + bases).to_vec();
        let first_kw = at + 1 + bases.len();
        let mut metaclass = None;
        let mut kw = alloc::vec::Vec::new();
        for i in 0..nkw {
            let (k, v) = (self.heap.slot(first_kw + 2 * i), self.heap.slot(first_kw + 2 * i + 1));
            if self.heap.as_str(k) == Some("metaclass") {
                metaclass = Some(v);
            } else {
                kw.push((k, v));
            }
        }
        // From here on errors belong to the frame of the class statement.
        self.pc = ret.wrapping_sub(1);
        self.r = caller;
        let class = match metaclass {
            Some(m) if m != self.type_class() => {
                let b = self.heap.new_tuple(&bases)?;
                self.call_kw(m, &[name, b, ns], &kw)?
            }
            _ => self.new_class(name, &bases, ns, &kw)?,
        };
        if self.heap.is(cell, Kind::Cell) {
            self.heap.set_val(cell, 1, class);
        }
        // SAFETY: the window's first slot takes the result.
        unsafe { *r.sub(3) = class };
        self.pc = ret;
        // SAFETY: the caller's frame.
        let f = unsafe { *caller.sub(1) };
        self.heap.set_sp(self.slot_index(caller) + self.heap.aux(f) as usize);
        Ok(())
    }

    #[inline(never)]
    fn op_get_attr(&mut self, obj: Val, at: *mut u32) -> R {
        // SAFETY: `at` is a GetAttr in a code buffer that we may write.
        let name = unsafe { Qstr(*at.add(1) & 0xffff) };
        let v = self.getattr_q(obj, name)?;
        if let Some(place) = self.cacheable_place(obj, name) {
            // SAFETY: as above; caches are ours to write.
            unsafe {
                *at = *at & 0x00ff_ffff | (place as u32) << 24;
                *at.add(1) = name.0 | u32::from(self.heap.aux(obj)) << 16;
            }
        }
        Ok(v)
    }

    /// Where an instance's own attribute lies, if reading and writing it needs nothing else: word of the cell or
    /// index into the buffer.
    fn cacheable_place(&mut self, obj: Val, name: Qstr) -> Option<usize> {
        if !self.heap.is(obj, Kind::Instance) {
            return None;
        }
        let shape = self.heap.aux(obj);
        let place = self.shapes.find(shape, name)?;
        let class = self.shapes.class(shape);
        if self.class_has_hooks(class) || name == super::shape::NATIVE_PART {
            return None;
        }
        if let Some(attr) = self.class_attr(class, name)
            && !matches!(self.heap.kind(attr), Some(Kind::Function))
            && attr.is_ptr()
        {
            return None;
        }
        let place = if self.heap.flag(obj, F_BUF) { place } else { place + 1 };
        (place < 256).then_some(place)
    }

    #[inline(never)]
    fn op_set_attr(&mut self, obj: Val, v: Val, at: *mut u32) -> R<()> {
        // SAFETY: `at` is a SetAttr in a code buffer that we may write.
        let name = unsafe { Qstr(*at.add(1) & 0xffff) };
        let before = if self.heap.is(obj, Kind::Instance) { self.heap.aux(obj) } else { 0 };
        self.setattr_q(obj, name, v)?;
        if let Some(place) = self.cacheable_place(obj, name) {
            let after = self.heap.aux(obj);
            let grown = before != after;
            if grown
                && (self.heap.flag(obj, F_BUF) || self.shapes.count(after) != self.shapes.count(before) + 1)
            {
                return Ok(());
            }
            // SAFETY: as above.
            unsafe {
                *at = *at & 0x00ff_ffff | (place as u32) << 24;
                *at.add(1) = name.0 | u32::from(before) << 16;
                *at.add(2) = if grown { u32::from(after) } else { 0 };
            }
        }
        Ok(())
    }

    /// After a change in a class that inline caches did not see coming: empties all of them.
    pub(crate) fn forget_caches(&mut self) {
        let mut at = None;
        while let Some(code) = self.heap.next_cell(at, Kind::Code) {
            at = Some(code);
            if !self.heap.flag(code, F_BUF) || code == self.heap.root(Root::Stubs) {
                continue;
            }
            let n = self.heap.w(code, 2) as usize;
            let words = self.heap.buf_cap(code) / 4;
            let b = self.heap.buf_vals_mut(code, words);
            let mut i = n;
            while i < words {
                let Some(op) = Op::from_code(b[i].bits() as u8) else { break };
                match op {
                    Op::GetAttr | Op::SetAttr | Op::CallMethod | Op::CallMethodKw => {
                        b[i + 1] = Val::from_bits(b[i + 1].bits() & 0xffff);
                    }
                    _ => {}
                }
                i += op.len_words();
            }
        }
    }

    fn op_build_set(&mut self, from: *mut Val, n: usize) -> R {
        let s = self.heap.new_set(n)?;
        for i in 0..n {
            // SAFETY: n consecutive slots, as the op says.
            let v = unsafe { *from.add(i) };
            self.set_insert(s, v)?;
        }
        Ok(s)
    }

    fn op_build_dict(&mut self, from: *mut Val, n: usize) -> R {
        let d = self.heap.new_dict(n)?;
        for i in 0..n {
            // SAFETY: n pairs of slots, as the op says.
            let (k, v) = unsafe { (*from.add(2 * i), *from.add(2 * i + 1)) };
            self.dict_store(d, k, v)?;
        }
        Ok(d)
    }

    fn op_build_str(&mut self, from: *mut Val, n: usize) -> R {
        let b = self.heap.new_builder(16)?;
        for i in 0..n {
            // SAFETY: n consecutive slots, as the op says.
            let v = unsafe { *from.add(i) };
            let v = if self.heap.is_str(v) { v } else { self.str(v)? };
            let len = self.heap.bytes(v).len();
            self.heap.push_text(b, v, 0, len)?;
        }
        Ok(self.heap.finish_str(b)?)
    }

    fn op_format(&mut self, from: *mut Val, how: usize) -> R {
        // SAFETY: one or two slots, as the op says.
        let mut v = unsafe { *from };
        v = match how & 3 {
            1 => self.str(v)?,
            2 => self.repr(v)?,
            3 => self.ascii(v)?,
            _ => v,
        };
        if how & 4 == 0 {
            if self.heap.is_str(v) {
                return Ok(v);
            }
            return self.format(v, Val::qstr(q::EMPTY));
        }
        // SAFETY: as above.
        let spec = unsafe { *from.add(1) };
        self.format(v, spec)
    }

    /// `ascii(v)`.
    ///
    /// # Errors
    /// As [`Vm::repr`].
    pub fn ascii(&mut self, v: Val) -> R {
        let text = self.repr_text(v)?;
        self.new_str(&crate::objects::formatting::ascii(&text))
    }

    /// `format(v, spec)`.
    ///
    /// # Errors
    /// ValueError for a bad spec; what `__format__` raises.
    pub fn format(&mut self, v: Val, spec: Val) -> R {
        if let Some(f) = self.special(v, q::__format__) {
            let s = self.call_bound(f, v, &[spec])?;
            if self.heap.is_str(s) {
                return Ok(s);
            }
            let t = self.type_name(s);
            return Err(self.type_error(format_args!("__format__ must return a str, not {t}")));
        }
        if self.heap.bytes(spec).is_empty() {
            return self.str(v);
        }
        self.base_format(v, spec)
    }

    /// `object.__format__(v, spec)`, that of the native part if there is one.
    pub(crate) fn base_format(&mut self, v: Val, spec: Val) -> R {
        let inner = self.unwrap(v);
        let text = self.text(spec).unwrap_or_default();
        if self.heap.is(inner, Kind::Instance) {
            if text.is_empty() {
                return self.str(v);
            }
            let t = self.type_name(v);
            return Err(self.type_error(format_args!("unsupported format string passed to {t}.__format__")));
        }
        let mut out = super::Out::text();
        crate::objects::formatting::format_value(self, inner, &text, &mut out)?;
        let text = out.finish(self)?;
        self.new_str(&text)
    }

    fn op_list_extend(&mut self, list: Val, v: Val) -> R<()> {
        if matches!(self.heap.kind(v), Some(Kind::List | Kind::Tuple)) {
            return Ok(self.heap.list_extend(list, v)?);
        }
        let it = match self.iter(v) {
            Ok(it) => it,
            Err(raised) => {
                if !self.exc_is(ExcKind::TypeError) {
                    return Err(raised);
                }
                self.take_exc();
                let t = self.type_name(v);
                return Err(self.type_error(format_args!("Value after * must be an iterable, not {t}")));
            }
        };
        self.for_each(it, |vm, x| Ok(vm.heap.list_push(list, x)?))
    }

    /// `d.update(v)` for a mapping; with `callee` a repeated key is an error.
    fn dict_update(&mut self, d: Val, v: Val, callee: Option<Val>) -> R<()> {
        let inner = self.unwrap(v);
        if self.heap.is(inner, Kind::Dict) {
            let mut i = 0;
            while let Some((next, k, x)) = self.heap.table_next(inner, i) {
                i = next;
                self.dict_put(d, k, x, callee)?;
            }
            return Ok(());
        }
        if self.getattr_opt(v, "keys")?.is_none() {
            let t = self.type_name(v);
            if let Some(f) = callee {
                let name = self.callee_name(f);
                return Err(
                    self.type_error(format_args!("{name} argument after ** must be a mapping, not {t}"))
                );
            }
            return Err(self.type_error(format_args!("'{t}' object is not a mapping")));
        }
        let keys = self.call_method(v, "keys", &[])?;
        self.for_each(keys, |vm, k| {
            let x = vm.get_item(v, k)?;
            vm.dict_put(d, k, x, callee)
        })
    }

    fn callee_name(&mut self, f: Val) -> String {
        let f = if self.heap.is(f, Kind::BoundMethod) { self.heap.val(f, 1) } else { f };
        if self.heap.is(f, Kind::Function) {
            let module = self.heap.dict_get_qstr(self.heap.val(f, 2), q::__name__).and_then(|m| self.text(m));
            let name = self.function_name(f);
            return match module {
                Some(m) => alloc::format!("{m}.{name}()"),
                None => alloc::format!("{name}()"),
            };
        }
        self.repr_text(f).unwrap_or_default()
    }

    fn dict_put(&mut self, d: Val, k: Val, v: Val, callee: Option<Val>) -> R<()> {
        if let Some(f) = callee {
            if !self.heap.is_str(k) {
                return Err(self.type_error(format_args!("keywords must be strings")));
            }
            if self.dict_lookup(d, k)?.is_some() {
                let (name, key) = (self.callee_name(f), self.text(k).unwrap_or_default());
                return Err(
                    self.type_error(format_args!("{name} got multiple values for keyword argument '{key}'"))
                );
            }
        }
        self.dict_store(d, k, v)
    }

    fn op_unpack(&mut self, dst: *mut Val, v: Val, n: usize) -> R<()> {
        let list = self.unpack_list(v, Some(n))?;
        let got = self.heap.items(list).len();
        if got < n {
            return Err(
                self.value_error(format_args!("not enough values to unpack (expected {n}, got {got})"))
            );
        }
        if got > n {
            return Err(self.value_error(format_args!("too many values to unpack (expected {n})")));
        }
        for i in 0..n {
            // SAFETY: n consecutive slots, as the op says.
            unsafe { *dst.add(i) = self.heap.items(list)[i] };
        }
        Ok(())
    }

    /// The items of an iterable as a list or tuple; of at most `limit + 1` of them.
    fn unpack_list(&mut self, v: Val, limit: Option<usize>) -> R {
        if matches!(self.heap.kind(v), Some(Kind::List | Kind::Tuple)) {
            return Ok(v);
        }
        let it = match self.iter(v) {
            Ok(it) => it,
            Err(raised) => {
                if !self.exc_is(ExcKind::TypeError) || self.special(v, q::__iter__).is_some() {
                    return Err(raised);
                }
                self.take_exc();
                let t = self.type_name(v);
                return Err(self.type_error(format_args!("cannot unpack non-iterable {t} object")));
            }
        };
        self.heap.keep(it)?;
        let list = self.heap.new_list_cap(limit.unwrap_or(4))?;
        loop {
            let mark = self.heap.mark_temps();
            let Some(x) = self.next(it)? else { return Ok(list) };
            self.heap.list_push(list, x)?;
            self.heap.release_temps(mark);
            if limit.is_some_and(|n| self.heap.list_len(list) > n) {
                return Ok(list);
            }
        }
    }

    fn op_unpack_ex(&mut self, dst: *mut Val, v: Val, spec: u32) -> R<()> {
        let (before, after) = ((spec & 0xff) as usize, (spec >> 8 & 0xff) as usize);
        let all = self.unpack_list(v, None)?;
        self.heap.keep(all)?;
        let n = self.heap.items(all).len();
        if n < before + after {
            return Err(self.value_error(format_args!(
                "not enough values to unpack (expected at least {}, got {n})",
                before + after
            )));
        }
        let star = self.heap.new_list_cap(n - before - after)?;
        for i in before..n - after {
            let x = self.heap.items(all)[i];
            self.heap.list_push(star, x)?;
        }
        // SAFETY: before + 1 + after consecutive slots, as the op says.
        unsafe {
            for i in 0..before {
                *dst.add(i) = self.heap.items(all)[i];
            }
            *dst.add(before) = star;
            for i in 0..after {
                *dst.add(before + 1 + i) = self.heap.items(all)[n - after + i];
            }
        }
        Ok(())
    }

    fn op_raise(&mut self, v: Val, cause: Option<Val>) -> R<()> {
        let e = self.exception_from(v)?;
        self.heap.keep(e)?;
        if let Some(c) = cause {
            let c = if c.is_none() {
                c
            } else {
                match self.exception_from(c) {
                    Ok(c) => c,
                    Err(_) => {
                        self.take_exc();
                        return Err(
                            self.type_error(format_args!("exception causes must derive from BaseException"))
                        );
                    }
                }
            };
            self.set_exc_field(e, super::unwind::X_CAUSE, c)?;
            self.set_exc_field(e, super::unwind::X_SUPPRESS, Val::TRUE)?;
        }
        Err(self.raise_val(e))
    }

    fn op_raise_again(&mut self) -> R<()> {
        let e = self.heap.root(Root::Handling);
        if self.heap.is(e, Kind::Exception) {
            return Err(self.raise_val(e));
        }
        Err(self.raise(ExcKind::RuntimeError, format_args!("No active exception to reraise")))
    }

    fn op_with_exit(&mut self, v: Val, enter: Qstr, exit: Qstr) -> R {
        let class = self.type_of(v);
        let has_enter = self.class_attr(class, enter).is_some();
        let found = self.class_attr(class, exit);
        match found {
            Some(f) if has_enter => self.bind(f, v, class),
            _ => {
                let t = self.type_name(v);
                let a = if enter == q::__aenter__ { "asynchronous " } else { "" };
                let missed = if has_enter { " (missed __exit__ method)" } else { "" };
                Err(self.type_error(format_args!(
                    "'{t}' object does not support the {a}context manager protocol{missed}"
                )))
            }
        }
    }

    fn op_match_keys(&mut self, v: Val, keys: Val) -> R {
        let n = self.heap.tuple(keys).len();
        let out = self.heap.new_list_cap(n)?;
        for i in 0..n {
            let k = self.heap.tuple(keys)[i];
            let inner = self.unwrap(v);
            match self.dict_lookup(inner, k)? {
                Some(x) => self.heap.list_push(out, x)?,
                None => return Ok(Val::NONE),
            }
        }
        Ok(self.heap.new_tuple_of(out, 0, n)?)
    }

    fn op_match_class(&mut self, v: Val, class: Val, names: Val, positional: usize) -> R {
        if !self.is_class(class) {
            return Err(self.type_error(format_args!("called match pattern must be a class")));
        }
        if !self.isinstance(v, class) {
            return Ok(Val::NONE);
        }
        let out = self.heap.new_list_cap(positional)?;
        if positional > 0 {
            let match_args = self.find_attr(class, q::__match_args__)?;
            match match_args {
                Some(args) if self.heap.is_tuple(args) => {
                    let max = self.heap.tuple(args).len();
                    if positional > max {
                        let n = self.class_name(class);
                        return Err(self.type_error(format_args!(
                            "{n}() accepts {max} positional sub-patterns ({positional} given)"
                        )));
                    }
                    for i in 0..positional {
                        let name = self.heap.tuple(args)[i];
                        let name = self.heap.intern_val(name)?;
                        match self.getattr_opt_q(v, name)? {
                            Some(x) => self.heap.list_push(out, x)?,
                            None => return Ok(Val::NONE),
                        }
                    }
                }
                // Built-in types match themselves.
                _ if positional == 1 && self.native_base(class).is_some() => self.heap.list_push(out, v)?,
                _ => {
                    let n = self.class_name(class);
                    return Err(self.type_error(format_args!(
                        "{n}() accepts 0 positional sub-patterns ({positional} given)"
                    )));
                }
            }
        }
        let n = if names.is_none() { 0 } else { self.heap.tuple(names).len() };
        for i in 0..n {
            let name = self.heap.tuple(names)[i];
            let name = self.heap.intern_val(name)?;
            match self.getattr_opt_q(v, name)? {
                Some(x) => self.heap.list_push(out, x)?,
                None => return Ok(Val::NONE),
            }
        }
        let n = self.heap.list_len(out);
        Ok(self.heap.new_tuple_of(out, 0, n)?)
    }

    fn op_print_expr(&mut self, v: Val) -> R<()> {
        if v.is_none() {
            return Ok(());
        }
        let globals = self.frame_globals();
        self.heap.dict_set_qstr(globals, q::UNDERSCORE, v)?;
        let mut out = super::Out::console();
        out.repr(self, v)?;
        out.push("\n");
        out.finish(self)?;
        Ok(())
    }
}
