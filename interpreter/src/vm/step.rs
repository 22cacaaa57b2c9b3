//! What each op does: one function an op (or family of ops), called through [`TABLE`].
//!
//! A handler gets the pc of its instruction and the frame's registers and returns those to go on with. `vm.pc` and
//! `vm.r` hold the same when it is entered; a slow path may change them. On the chip hand-written code (`arm.rs`)
//! takes the most frequent cases of the hottest ops and comes here for the rest.
//!
//! # Safety of the raw pointers
//! `pc` points into the fixed buffer of the code object of the current frame's function, which the frame keeps
//! alive; the loader has checked every instruction's operands against the frame's size and every jump against the
//! code's length, and code ends in a return. `r` points into the VM's stack; `push_frame` has checked that the
//! whole frame fits. So reading operands and slots through them is sound. The stack does not move.

use super::Vm;
use super::call::{STUB_EXIT, STUB_RAISED};
use super::enter::{call_arranged, call_method_native, call_other, call_simple, leave};
use super::quick::{float_arith, quick_compare, quick_truth, small_arith};
use crate::bytecode::Op;
use crate::heap::cell::{F_BUF, F_V1, header};
use crate::heap::{Kind, Root, q};
use crate::objects::native::{BinOp, CmpOp, R, Raised, UnOp};
use crate::value::{Qstr, Val};

/// Keys of method caches: shapes below, then native modules, then kinds of native objects.
pub(super) const KEY_MODULE: u32 = super::shape::SHAPES_END as u32;
/// The first of the keys of kinds.
pub(super) const KEY_KIND: u32 = 0xf000;

/// Where to go on: in two registers of the chip.
#[cfg(target_pointer_width = "32")]
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(super) struct Go(u64);
#[cfg(not(target_pointer_width = "32"))]
#[derive(Clone, Copy)]
#[repr(C)]
pub(super) struct Go(*const u32, *mut Val);

/// Going on at `pc` in the frame `r`.
#[inline(always)]
pub(super) fn go(pc: *const u32, r: *mut Val) -> Go {
    #[cfg(target_pointer_width = "32")]
    {
        Go(pc.expose_provenance() as u64 | (r.expose_provenance() as u64) << 32)
    }
    #[cfg(not(target_pointer_width = "32"))]
    {
        Go(pc, r)
    }
}

#[cfg(not(target_arch = "arm"))]
impl Go {
    /// The pc and the registers.
    pub fn place(self) -> (*const u32, *mut Val) {
        #[cfg(target_pointer_width = "32")]
        {
            let at = core::ptr::with_exposed_provenance_mut;
            (at::<u32>(self.0 as usize), at((self.0 >> 32) as usize))
        }
        #[cfg(not(target_pointer_width = "32"))]
        {
            (self.0, self.1)
        }
    }
}

/// One op.
pub(super) type Handler = unsafe extern "C-unwind" fn(*const u32, *mut Val, &mut Vm) -> Go;

#[inline(always)]
pub(super) fn op_a(w: u32) -> usize {
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
pub(super) fn op_sbx(w: u32) -> isize {
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

// ---- how a handler ends ----

/// `v` into slot a, and on.
///
/// # Safety
/// `w` is an instruction of the frame `r` that writes its slot a.
#[inline(always)]
pub(super) unsafe fn set(r: *mut Val, w: u32, v: Val, next: *const u32) -> Go {
    // SAFETY: the caller's promise.
    unsafe { *slot(r, op_a(w)) = v };
    go(next, r)
}

/// The result of a slow path for slot a of the instruction at `vm.pc`.
#[inline(never)]
pub(super) fn value(v: R, vm: &mut Vm, next: *const u32) -> Go {
    match v {
        Ok(v) => {
            vm.heap.release_temps(vm.mark);
            // SAFETY: `vm.pc` is an instruction of the frame `vm.r` that writes its slot a.
            unsafe { set(vm.r, *vm.pc, v, next) }
        }
        Err(Raised) => raise(vm),
    }
}

/// A slow path without a result.
#[inline(never)]
fn plain(v: R<()>, vm: &mut Vm, next: *const u32) -> Go {
    match v {
        Ok(()) => {
            vm.heap.release_temps(vm.mark);
            go(next, vm.r)
        }
        Err(Raised) => raise(vm),
    }
}

/// A slow path that has set `vm.pc` and `vm.r` to where it goes on.
#[inline(never)]
pub(super) fn control(v: R<()>, vm: &mut Vm) -> Go {
    plain(v, vm, vm.pc)
}

/// An exception was raised at `vm.pc`: to its handler, or out of the loop.
#[cold]
#[inline(never)]
pub(super) fn raise(vm: &mut Vm) -> Go {
    if !vm.unwind() {
        return go(vm.stub(STUB_RAISED), vm.r);
    }
    vm.heap.release_temps(vm.mark);
    go(vm.pc, vm.r)
}

/// An event waits: services it before the instruction at `pc`.
#[cold]
pub(super) extern "C-unwind" fn poll(pc: *const u32, r: *mut Val, vm: &mut Vm) -> Go {
    (vm.pc, vm.r) = (pc, r);
    let serviced = vm.service();
    control(serviced, vm)
}

/// A jump that is taken; backward ones poll (an empty loop jumps to itself).
///
/// # Safety
/// The distance leads to an instruction of the same code.
#[inline(always)]
unsafe fn jump(pc: *const u32, r: *mut Val, vm: &mut Vm, d: i32) -> Go {
    // SAFETY: the caller's promise.
    let to = unsafe { pc.byte_offset(d as isize) };
    if d <= 0 && vm.pending.is_set() { poll(to, r, vm) } else { go(to, r) }
}

/// Compare and branch: `family` counts J…, JN… with six comparisons each.
///
/// # Safety
/// `pc` is such an instruction.
unsafe fn branch(pc: *const u32, r: *mut Val, vm: &mut Vm, family: usize, x: Val, y: Val) -> Go {
    let (op, sense) = if family < 6 { (CmpOp::ALL[family], true) } else { (CmpOp::ALL[family - 6], false) };
    let holds = match quick_compare(op, x, y) {
        Some(v) => v,
        None => {
            // SAFETY: the instruction has two words.
            if let Some(entered) = vm.enter_branch(unsafe { pc.add(2) }, op, x, y) {
                return entered;
            }
            match vm.compare_truth(op, x, y) {
                Ok(v) => {
                    vm.heap.release_temps(vm.mark);
                    v
                }
                Err(Raised) => return raise(vm),
            }
        }
    };
    // SAFETY: the jump word follows.
    unsafe { if holds == sense { jump(pc, r, vm, *pc.add(1) as i32) } else { go(pc.add(2), r) } }
}

macro_rules! handlers {
    (($pc:ident, $r:ident, $vm:ident, $w:ident) $($op:ident $(| $more:ident)* => $body:block)*) => {
        /// A handler an op. The last two leave the loop and are the driver's.
        pub(super) static TABLE: [Handler; Op::ALL.len()] = {
            let mut table = [nothing as Handler; Op::ALL.len()];
            $(
                table[Op::$op as usize] = $op;
                $(table[Op::$more as usize] = $op;)*
            )*
            table
        };
        $(
            // SAFETY: see the module's text. Each handler uses slots named by its operands and words that the op
            // table says follow it.
            #[allow(non_snake_case, unused_variables)]
            unsafe extern "C-unwind" fn $op($pc: *const u32, $r: *mut Val, $vm: &mut Vm) -> Go {
                #[allow(unused_unsafe)]
                unsafe {
                    let $w = *$pc;
                    $body
                }
            }
        )*
    };
}

/// Ops that leave the loop have no handler.
unsafe extern "C-unwind" fn nothing(pc: *const u32, r: *mut Val, _: &mut Vm) -> Go {
    debug_assert!(false, "the driver handles this op");
    go(pc, r)
}

handlers! { (pc, r, vm, w)
    // ---- moves and loads
    Move => {
        set(r, w, *slot(r, op_b(w)), pc.add(1))
    }
    LoadFar => {
        set(r, w, *r.add(op_bx(w)), pc.add(1))
    }
    StoreFar => {
        *r.add(op_bx(w)) = *slot(r, op_a(w));
        go(pc.add(1), r)
    }
    LoadConst => {
        set(r, w, Val::from_bits(*pc.sub(op_bx(w))), pc.add(1))
    }
    LoadInt => {
        set(r, w, Val::small(op_sbx(w) as i32), pc.add(1))
    }
    LoadNone => {
        set(r, w, Val::NONE, pc.add(1))
    }
    Unbind => {
        for i in 0..op_b(w) {
            *slot(r, op_a(w) + 4 * i) = Val::UNBOUND;
        }
        go(pc.add(1), r)
    }
    CheckBound => {
        if *slot(r, op_a(w)) == Val::UNBOUND {
            plain(Err(vm.unbound_local(op_a(w) / 4)), vm, pc.add(1))
        } else {
            go(pc.add(1), r)
        }
    }

    // ---- cells
    MakeCell => {
        let x = *slot(r, op_b(w));
        value(vm.heap.alloc_cell(header(Kind::Cell, F_V1, 0), x.bits(), 0, 0).map_err(Raised::from), vm, pc.add(1))
    }
    LoadCell => {
        let v = vm.heap.val(*slot(r, op_b(w)), 1);
        if v == Val::UNBOUND {
            plain(Err(vm.unbound_cell(op_b(w) / 4)), vm, pc.add(1))
        } else {
            set(r, w, v, pc.add(1))
        }
    }
    StoreCell => {
        let v = *slot(r, op_b(w));
        vm.heap.set_val(*slot(r, op_a(w)), 1, v);
        go(pc.add(1), r)
    }
    DelCell => {
        let cell = *slot(r, op_a(w));
        if vm.heap.val(cell, 1) == Val::UNBOUND {
            plain(Err(vm.unbound_cell(op_a(w) / 4)), vm, pc.add(1))
        } else {
            vm.heap.set_val(cell, 1, Val::UNBOUND);
            go(pc.add(1), r)
        }
    }
    CopyFree => {
        let extras = vm.heap.tuple(vm.heap.val(*r.sub(1), 3));
        let n = op_b(w);
        let first = extras.len() - n;
        for i in 0..n {
            *slot(r, op_a(w) + 4 * i) = extras[first + i];
        }
        go(pc.add(1), r)
    }

    // ---- globals
    LoadGlobal => {
        let globals = vm.heap.val(*r.sub(1), 2);
        let entry = vm.heap.buf_ptr(globals).cast::<Val>().add(2 * op_bx(w) + 1);
        let v = *entry;
        if v != Val::UNBOUND {
            set(r, w, v, pc.add(2))
        } else {
            let cached = Val::from_bits(*pc.add(1));
            if !cached.is_null() {
                set(r, w, cached, pc.add(2))
            } else {
                let name = *entry.sub(1);
                value(vm.load_builtin(name), vm, pc.add(2))
            }
        }
    }
    StoreGlobal => {
        let globals = vm.heap.val(*r.sub(1), 2);
        let entry = vm.heap.buf_ptr(globals).cast::<Val>().add(2 * op_bx(w) + 1);
        let v = *slot(r, op_a(w));
        if *entry == Val::UNBOUND {
            vm.heap.table_set_value(globals, op_bx(w), v);
        } else {
            *entry = v;
        }
        go(pc.add(1), r)
    }
    DelGlobal => {
        plain(vm.op_del_global(op_bx(w)), vm, pc.add(1))
    }

    // ---- names in a namespace
    NsLoad => {
        let name = Qstr(*pc.add(1) & 0xffff);
        let ns = *slot(r, op_b(w));
        match vm.ns_load(ns, name) {
            Ok(Some(v)) => {
                *slot(r, op_a(w)) = v;
                go(pc.add(2 + op_c(w)), r)
            }
            Ok(None) => go(pc.add(2), r),
            Err(Raised) => raise(vm),
        }
    }
    NsStore => {
        let name = Qstr(*pc.add(1) & 0xffff);
        let (ns, v) = (*slot(r, op_a(w)), *slot(r, op_b(w)));
        plain(vm.ns_store(ns, name, v), vm, pc.add(2))
    }
    NsDel => {
        let name = Qstr(*pc.add(1) & 0xffff);
        let ns = *slot(r, op_a(w));
        plain(vm.ns_store(ns, name, Val::NULL), vm, pc.add(2))
    }

    // ---- arithmetic
    Add | Sub | Mul | TrueDiv | FloorDiv | Mod | Pow | MatMul | LShift | RShift | And | Or | Xor => {
        let op = BinOp::ALL[(w as u8 - Op::Add as u8) as usize];
        let (x, y) = (*slot(r, op_b(w)), *slot(r, op_c(w)));
        let quick = if x.both_small(y) { small_arith(op, x, y) } else { float_arith(op, x, y) };
        match quick {
            Some(v) => set(r, w, v, pc.add(1)),
            None => {
                if (vm.heap.is(x, Kind::Instance) || vm.heap.is(y, Kind::Instance))
                    && let Some(entered) = vm.enter_binary(pc.add(1), op, false, x, y)
                {
                    return entered;
                }
                value(vm.binary(op, x, y), vm, pc.add(1))
            }
        }
    }
    IAdd | ISub | IMul | ITrueDiv | IFloorDiv | IMod | IPow | IMatMul | ILShift | IRShift | IAnd | IOr | IXor => {
        let op = BinOp::ALL[(w as u8 - Op::IAdd as u8) as usize];
        let (x, y) = (*slot(r, op_b(w)), *slot(r, op_c(w)));
        let quick = if x.both_small(y) { small_arith(op, x, y) } else { float_arith(op, x, y) };
        match quick {
            Some(v) => set(r, w, v, pc.add(1)),
            None => {
                if (vm.heap.is(x, Kind::Instance) || vm.heap.is(y, Kind::Instance))
                    && let Some(entered) = vm.enter_binary(pc.add(1), op, true, x, y)
                {
                    return entered;
                }
                value(vm.inplace(op, x, y), vm, pc.add(1))
            }
        }
    }
    AddImm | IAddImm => {
        let x = *slot(r, op_b(w));
        let imm = (w as i32) >> 24;
        let quick = if x.is_small() { (x.bits() as i32).checked_add(imm * 2) } else { None };
        match quick {
            Some(v) => set(r, w, Val::from_bits(v as u32), pc.add(1)),
            None => value(vm.op_add_imm(x, imm, w as u8 == Op::IAddImm as u8), vm, pc.add(1)),
        }
    }
    Neg => {
        let x = *slot(r, op_b(w));
        if x.is_small() && x.small_value() != Val::INT_MIN {
            set(r, w, Val::small(-x.small_value()), pc.add(1))
        } else {
            if let Some(entered) = vm.enter_value(pc.add(1), q::__neg__, [x]) {
                return entered;
            }
            value(vm.unary(UnOp::Neg, x), vm, pc.add(1))
        }
    }
    Pos => {
        value(vm.unary(UnOp::Pos, *slot(r, op_b(w))), vm, pc.add(1))
    }
    Invert => {
        value(vm.unary(UnOp::Invert, *slot(r, op_b(w))), vm, pc.add(1))
    }
    Not => {
        let x = *slot(r, op_b(w));
        match quick_truth(x) {
            Some(t) => {
                set(r, w, Val::bool(!t), pc.add(1))
            }
            None => {
                if let Some(entered) = vm.enter_truth(pc.add(1), x) {
                    return entered;
                }
                value(vm.truth(x).map(|t| Val::bool(!t)), vm, pc.add(1))
            }
        }
    }

    // ---- comparisons
    Lt | Le | Gt | Ge | Eq | Ne => {
        let op = CmpOp::ALL[(w as u8 - Op::Lt as u8) as usize];
        let (x, y) = (*slot(r, op_b(w)), *slot(r, op_c(w)));
        match quick_compare(op, x, y) {
            Some(v) => set(r, w, Val::bool(v), pc.add(1)),
            None => {
                if let Some(entered) = vm.enter_comparison(pc.add(1), op, x, y) {
                    return entered;
                }
                value(vm.compare(op, x, y), vm, pc.add(1))
            }
        }
    }
    Is => {
        let same = vm.identical(*slot(r, op_b(w)), *slot(r, op_c(w)));
        set(r, w, Val::bool(same), pc.add(1))
    }
    IsNot => {
        let same = vm.identical(*slot(r, op_b(w)), *slot(r, op_c(w)));
        set(r, w, Val::bool(!same), pc.add(1))
    }
    In => {
        if let Some(entered) =
            vm.enter_question(pc.add(1), q::__contains__, [*slot(r, op_c(w)), *slot(r, op_b(w))])
        {
            return entered;
        }
        value(vm.contains(*slot(r, op_c(w)), *slot(r, op_b(w))).map(Val::bool), vm, pc.add(1))
    }
    NotIn => {
        if let Some(entered) =
            vm.enter_question(pc.add(1), q::__contains__, [*slot(r, op_c(w)), *slot(r, op_b(w))])
        {
            return entered;
        }
        value(vm.contains(*slot(r, op_c(w)), *slot(r, op_b(w))).map(|t| Val::bool(!t)), vm, pc.add(1))
    }

    // ---- jumps
    Jump => {
        jump(pc, r, vm, op_sbx(w) as i32 * 4)
    }
    JTrue | JFalse => {
        let v = *slot(r, op_a(w));
        let truth = match quick_truth(v) {
            Some(t) => t,
            None => {
                if vm.heap.is(v, Kind::Instance)
                    && let Some(entered) = vm.enter_truth(pc.add(1), v)
                {
                    return entered;
                }
                match vm.truth(v) {
                    Ok(t) => {
                        vm.heap.release_temps(vm.mark);
                        t
                    }
                    Err(Raised) => return raise(vm),
                }
            }
        };
        if truth == (w as u8 == Op::JTrue as u8) {
            jump(pc, r, vm, op_sbx(w) as i32 * 4)
        } else {
            go(pc.add(1), r)
        }
    }
    JNone => {
        if *slot(r, op_a(w)) == Val::NONE {
            jump(pc, r, vm, op_sbx(w) as i32 * 4)
        } else {
            go(pc.add(1), r)
        }
    }
    JNotNone => {
        if *slot(r, op_a(w)) != Val::NONE {
            jump(pc, r, vm, op_sbx(w) as i32 * 4)
        } else {
            go(pc.add(1), r)
        }
    }
    JLt | JLe | JGt | JGe | JEq | JNe | JNLt | JNLe | JNGt | JNGe | JNEq | JNNe => {
        let (x, y) = (*slot(r, op_a(w)), *slot(r, op_b(w)));
        branch(pc, r, vm, (w as u8 - Op::JLt as u8) as usize, x, y)
    }
    JLtImm | JLeImm | JGtImm | JGeImm | JEqImm | JNeImm | JNLtImm | JNLeImm | JNGtImm | JNGeImm | JNEqImm
    | JNNeImm => {
        let (x, y) = (*slot(r, op_a(w)), Val::small(op_b(w) as u8 as i8 as i32));
        branch(pc, r, vm, (w as u8 - Op::JLtImm as u8) as usize, x, y)
    }
    JIs => {
        if vm.identical(*slot(r, op_a(w)), *slot(r, op_b(w))) {
            jump(pc, r, vm, *pc.add(1) as i32)
        } else {
            go(pc.add(2), r)
        }
    }
    JIsNot => {
        if vm.identical(*slot(r, op_a(w)), *slot(r, op_b(w))) {
            go(pc.add(2), r)
        } else {
            jump(pc, r, vm, *pc.add(1) as i32)
        }
    }

    // ---- loops
    RangeInit => {
        plain(vm.op_range_init(slot(r, op_a(w)), *slot(r, op_b(w)), op_c(w)), vm, pc.add(1))
    }
    ForRange => {
        let state = slot(r, op_a(w));
        let left = (*state.add(1)).bits() as i32;
        // Tagged: 1 is zero, -1 marks an iterator.
        if left > 1 {
            let x = *state;
            *slot(r, op_b(w)) = x;
            *state.add(1) = Val::from_bits((left - 2) as u32);
            *state =
                Val::from_bits(x.bits().wrapping_add((*state.add(2)).bits()));
            jump(pc, r, vm, *pc.add(1) as i32)
        } else if left == 1 {
            go(pc.add(2), r)
        } else {
            control(vm.op_for_next(w, *state), vm)
        }
    }
    GetIter => {
        let x = *slot(r, op_b(w));
        let state = slot(r, op_a(w));
        if matches!(vm.heap.kind(x), Some(Kind::List | Kind::Tuple)) {
            *state = x;
            *state.add(1) = Val::ZERO;
            go(pc.add(1), r)
        } else {
            if vm.heap.is(x, Kind::Instance)
                && let Some(entered) = vm.enter_question(pc.add(1), q::__iter__, [x])
            {
                return entered;
            }
            plain(vm.iter(x).map(|it| {
                    *state = it;
                    *state.add(1) = Val::small(-1);
                }), vm, pc.add(1))
        }
    }
    ForIter => {
        let state = slot(r, op_a(w));
        let (it, i) = (*state, (*state.add(1)).small_value());
        if i >= 0 {
            match vm.heap.items(it).get(i as usize) {
                Some(&x) => {
                    *slot(r, op_b(w)) = x;
                    *state.add(1) = Val::small(i + 1);
                    jump(pc, r, vm, *pc.add(1) as i32)
                }
                None => go(pc.add(2), r),
            }
        } else {
            if let Some(entered) = vm.enter_next(pc, it) {
                return entered;
            }
            control(vm.op_for_next(w, it), vm)
        }
    }

    // ---- calls
    Call => {
        let dst = slot(r, op_a(w));
        let f = *dst.add(2);
        if f.is_ptr()
            && let Some(entered) = call_simple(pc.add(1), r, vm, dst, f, op_b(w))
        {
            return entered;
        }
        call_other(pc, r, vm)
    }
    CallKw => {
        let dst = slot(r, op_a(w));
        let f = *dst.add(2);
        if vm.heap.is(f, Kind::Function)
            && let Some(entered) = call_arranged(pc.add(1), r, vm, dst, f, (op_b(w), op_c(w)))
        {
            return entered;
        }
        control(vm.op_call(slot(r, op_a(w)), op_b(w), op_c(w), pc.add(1)), vm)
    }
    CallMethod => {
        let dst = slot(r, op_a(w));
        let n = op_b(w);
        let key = vm.method_key(*dst.add(3));
        if key != 0 && *pc.add(1) >> 16 == key {
            let f = Val::from_bits(*pc.add(2));
            if f.is_ptr() {
                *dst.add(2) = f;
                if let Some(entered) = call_simple(pc.add(3), r, vm, dst, f, n + 1) {
                    return entered;
                }
                if let Some(entered) = call_arranged(pc.add(3), r, vm, dst, f, (n + 1, 0)) {
                    return entered;
                }
                return control(vm.op_call(dst, n + 1, 0, pc.add(3)), vm);
            }
            return call_method_native(pc, r, vm);
        }
        control(vm.op_call_method(dst, n, 0), vm)
    }
    CallMethodKw => {
        let dst = slot(r, op_a(w));
        let key = vm.method_key(*dst.add(3));
        let f = Val::from_bits(*pc.add(2));
        if key != 0 && *pc.add(1) >> 16 == key && f.is_ptr() {
            let given = (op_b(w) + 1, op_c(w));
            *dst.add(2) = f;
            if let Some(entered) = call_arranged(pc.add(3), r, vm, dst, f, given) {
                return entered;
            }
            return control(vm.op_call(dst, given.0, given.1, pc.add(3)), vm);
        }
        control(vm.op_call_method(slot(r, op_a(w)), op_b(w), op_c(w)), vm)
    }
    CallEx => {
        control(vm.op_call_ex(slot(r, op_a(w))), vm)
    }
    Return | ReturnNone => {
        let v = if w as u8 == Op::Return as u8 { *slot(r, op_a(w)) } else { Val::NONE };
        leave(vm, r, v)
    }

    // ---- functions and classes
    MakeFunction => {
        let code = Val::from_bits(*pc.sub(*pc.add(1) as usize));
        value(vm.op_make_function(code, slot(r, op_a(w)), op_b(w), op_c(w)), vm, pc.add(2))
    }
    MakeClass => {
        control(vm.op_make_class(slot(r, op_a(w)), op_b(w), op_c(w)), vm)
    }
    Super => {
        value(vm.new_super(*slot(r, op_b(w)), *slot(r, op_c(w))), vm, pc.add(1))
    }

    // ---- attributes and items
    GetAttr => {
        let obj = *slot(r, op_b(w));
        if obj.is_ptr() {
            let head = vm.heap.head(obj);
            if head == *pc.add(2) {
                let c = op_c(w) / 4;
                return set(r, w, if head & F_BUF == 0 {
                    Val::from_bits(vm.heap.w(obj, c))
                } else {
                    *vm.heap.buf_ptr(obj).cast::<Val>().add(c)
                }, pc.add(3));
            }
        }
        let key = vm.method_key(obj);
        if key != 0 && *pc.add(1) >> 16 == key {
            return set(r, w, Val::from_bits(*pc.add(2)), pc.add(3));
        }
        if let Some(entered) = vm.enter_getter(pc.add(3), obj, Qstr(*pc.add(1) & 0xffff)) {
            return entered;
        }
        value(vm.op_get_attr(obj, pc.cast_mut()), vm, pc.add(3))
    }
    SetAttr => {
        let obj = *slot(r, op_a(w));
        let v = *slot(r, op_b(w));
        if obj.is_ptr() {
            let head = vm.heap.head(obj);
            if head == *pc.add(2) {
                let c = op_c(w) / 4;
                let grown = *pc.add(1) >> 16;
                if grown != 0 {
                    // A new attribute, within the cell: the shape it leads to is known.
                    vm.heap.set_val(obj, c, v);
                    vm.heap.set_aux(obj, grown as u16);
                } else if head & F_BUF == 0 {
                    vm.heap.set_val(obj, c, v);
                } else {
                    *vm.heap.buf_ptr(obj).cast::<Val>().add(c) = v;
                }
                return go(pc.add(3), r);
            }
        }
        if let Some(entered) = vm.enter_setter(pc.add(3), obj, Qstr(*pc.add(1) & 0xffff), v) {
            return entered;
        }
        plain(vm.op_set_attr(obj, v, pc.cast_mut()), vm, pc.add(3))
    }
    DelAttr => {
        let name = Qstr(*pc.add(1) & 0xffff);
        plain(vm.setattr_q(*slot(r, op_a(w)), name, Val::NULL), vm, pc.add(2))
    }
    GetItem => {
        let (obj, i) = (*slot(r, op_b(w)), *slot(r, op_c(w)));
        if i.is_small()
            && let Some(Kind::List | Kind::Tuple) = vm.heap.kind(obj)
        {
            let items = vm.heap.items(obj);
            let i = i.small_value();
            let i = if i < 0 { i + items.len() as i32 } else { i };
            if let Some(&v) = items.get(i as usize) {
                return set(r, w, v, pc.add(1));
            }
        }
        if vm.heap.is(obj, Kind::Dict)
            && let Ok(Some(v)) = vm.heap.table_get(obj, i)
        {
            return set(r, w, v, pc.add(1));
        }
        if let Some(entered) = vm.enter_value(pc.add(1), q::__getitem__, [obj, i]) {
            return entered;
        }
        value(vm.get_item(obj, i), vm, pc.add(1))
    }
    GetSlice => {
        let bounds = slot(r, op_c(w));
        value(vm.op_get_slice(*slot(r, op_b(w)), *bounds, *bounds.add(1)), vm, pc.add(1))
    }
    SetItem => {
        let (obj, i, v) = (*slot(r, op_a(w)), *slot(r, op_b(w)), *slot(r, op_c(w)));
        if i.is_small() && vm.heap.is(obj, Kind::List) {
            let items = vm.heap.list_mut(obj);
            let i = i.small_value();
            let i = if i < 0 { i + items.len() as i32 } else { i };
            if let Some(x) = items.get_mut(i as usize) {
                *x = v;
                return go(pc.add(1), r);
            }
        }
        if vm.heap.is(obj, Kind::Dict) && vm.heap.table_replace(obj, i, v) == Ok(true) {
            return go(pc.add(1), r);
        }
        if let Some(entered) = vm.enter_set_item(pc.add(1), obj, i, v) {
            return entered;
        }
        plain(vm.set_item(obj, i, v), vm, pc.add(1))
    }
    DelItem => {
        plain(vm.del_item(*slot(r, op_a(w)), *slot(r, op_b(w))), vm, pc.add(1))
    }
    BuildSlice => {
        let b = slot(r, op_b(w));
        let step = if op_c(w) == 3 { *b.add(2) } else { Val::NONE };
        value(vm.heap.alloc_vals(Kind::Slice, 0, [*b, *b.add(1), step]).map_err(Raised::from), vm, pc.add(1))
    }

    // ---- building values
    BuildTuple => {
        let at = vm.slot_index(slot(r, op_b(w)));
        value(vm.heap.new_tuple_from_slots(at, at + op_c(w)).map_err(Raised::from), vm, pc.add(1))
    }
    BuildList => {
        let at = vm.slot_index(slot(r, op_b(w)));
        value(vm.heap.new_list_from_slots(at, at + op_c(w)).map_err(Raised::from), vm, pc.add(1))
    }
    BuildSet => {
        value(vm.op_build_set(slot(r, op_b(w)), op_c(w)), vm, pc.add(1))
    }
    BuildDict => {
        value(vm.op_build_dict(slot(r, op_b(w)), op_c(w)), vm, pc.add(1))
    }
    BuildStr => {
        value(vm.op_build_str(slot(r, op_b(w)), op_c(w)), vm, pc.add(1))
    }
    Format => {
        if let Some(entered) = vm.enter_format(pc.add(1), slot(r, op_b(w)), op_c(w)) {
            return entered;
        }
        value(vm.op_format(slot(r, op_b(w)), op_c(w)), vm, pc.add(1))
    }
    ListAppend => {
        plain(vm.heap.list_push(*slot(r, op_a(w)), *slot(r, op_b(w))).map_err(Raised::from), vm, pc.add(1))
    }
    ListExtend => {
        plain(vm.op_list_extend(*slot(r, op_a(w)), *slot(r, op_b(w))), vm, pc.add(1))
    }
    ListToTuple => {
        let list = *slot(r, op_b(w));
        let n = vm.heap.list_len(list);
        value(vm.heap.new_tuple_of(list, 0, n).map_err(Raised::from), vm, pc.add(1))
    }
    SetAdd => {
        plain(vm.set_insert(*slot(r, op_a(w)), *slot(r, op_b(w))), vm, pc.add(1))
    }
    SetUpdate => {
        let (s, v) = (*slot(r, op_a(w)), *slot(r, op_b(w)));
        plain(vm.for_each(v, |vm, x| vm.set_insert(s, x)), vm, pc.add(1))
    }
    DictAdd => {
        plain(vm.dict_store(*slot(r, op_a(w)), *slot(r, op_b(w)), *slot(r, op_c(w))), vm, pc.add(1))
    }
    DictUpdate => {
        plain(vm.dict_update(*slot(r, op_a(w)), *slot(r, op_b(w)), None), vm, pc.add(1))
    }
    DictMerge => {
        let f = *slot(r, op_c(w));
        plain(vm.dict_update(*slot(r, op_a(w)), *slot(r, op_b(w)), Some(f)), vm, pc.add(1))
    }
    Unpack => {
        let (x, n) = (*slot(r, op_b(w)), op_c(w));
        let dst = slot(r, op_a(w));
        if matches!(vm.heap.kind(x), Some(Kind::List | Kind::Tuple)) {
            let items = vm.heap.items(x);
            if items.len() == n {
                for (i, &v) in items.iter().enumerate() {
                    *dst.add(i) = v;
                }
                return go(pc.add(1), r);
            }
        }
        plain(vm.op_unpack(dst, x, n), vm, pc.add(1))
    }
    UnpackEx => {
        let spec = *pc.add(1);
        plain(vm.op_unpack_ex(slot(r, op_a(w)), *slot(r, op_b(w)), spec), vm, pc.add(2))
    }

    // ---- exceptions
    Raise => {
        plain(vm.op_raise(*slot(r, op_a(w)), None), vm, pc.add(1))
    }
    RaiseFrom => {
        plain(vm.op_raise(*slot(r, op_a(w)), Some(*slot(r, op_b(w)))), vm, pc.add(1))
    }
    RaiseAgain => {
        plain(vm.op_raise_again(), vm, pc.add(1))
    }
    Reraise => {
        let e = *slot(r, op_a(w));
        plain(Err(vm.raise_val(e)), vm, pc.add(1))
    }
    EnterHandler => {
        let at = slot(r, op_a(w));
        *at.add(1) = vm.heap.root(Root::Handling);
        vm.heap.set_root(Root::Handling, *at);
        go(pc.add(1), r)
    }
    LeaveHandler => {
        vm.heap.set_root(Root::Handling, *slot(r, op_a(w)).add(1));
        go(pc.add(1), r)
    }
    JNotExc => {
        match vm.exc_matches(*slot(r, op_a(w)), *slot(r, op_b(w))) {
            Ok(true) => go(pc.add(2), r),
            Ok(false) => go(pc.byte_offset(*pc.add(1) as i32 as isize), r),
            Err(Raised) => raise(vm),
        }
    }
    ExcInfo => {
        let e = *slot(r, op_b(w));
        let dst = slot(r, op_a(w));
        let class = vm.type_of(e);
        plain(crate::objects::exception::traceback(vm, e).map(|tb| {
                *dst = class;
                *dst.add(1) = e;
                *dst.add(2) = tb;
            }), vm, pc.add(1))
    }
    WithExit => {
        value(vm.op_with_exit(*slot(r, op_b(w)), q::__enter__, q::__exit__), vm, pc.add(1))
    }
    AsyncWithExit => {
        value(vm.op_with_exit(*slot(r, op_b(w)), q::__aenter__, q::__aexit__), vm, pc.add(1))
    }

    // ---- generators
    Yield => {
        let v = *slot(r, op_b(w));
        control(vm.do_yield(v, pc.add(1), (op_a(w) / 4) as i32, op_c(w)), vm)
    }
    GetYieldIter => {
        let x = *slot(r, op_b(w));
        if op_c(w) == 1 && matches!(vm.heap.kind(x), Some(Kind::List | Kind::Tuple)) {
            return set(r, w, x, pc.add(1));
        }
        value(vm.yield_iter(*slot(r, op_b(w))), vm, pc.add(1))
    }
    GetAwaitable => {
        value(vm.awaitable(*slot(r, op_b(w))), vm, pc.add(1))
    }
    YieldFrom => {
        control(vm.yield_from(op_a(w) / 4, *slot(r, op_b(w)), op_c(w)), vm)
    }

    // ---- import
    Import => {
        let name = Qstr(*pc.add(1) & 0xffff);
        value(vm.op_import(name, op_b(w), *slot(r, op_c(w))), vm, pc.add(2))
    }
    ImportFrom => {
        let name = Qstr(*pc.add(1) & 0xffff);
        value(vm.import_from(*slot(r, op_b(w)), name), vm, pc.add(2))
    }
    ImportStar => {
        let ns = if op_c(w) == 1 { *slot(r, op_b(w)) } else { vm.heap.val(*r.sub(1), 2) };
        plain(vm.import_star(*slot(r, op_a(w)), ns), vm, pc.add(1))
    }

    // ---- match statements
    MatchSequence => {
        let v = vm.unwrap(*slot(r, op_b(w)));
        let yes = matches!(
            vm.heap.kind(v),
            Some(Kind::List | Kind::Tuple | Kind::Range | Kind::Array | Kind::MemoryView)
        );
        set(r, w, Val::bool(yes), pc.add(1))
    }
    MatchMapping => {
        let v = vm.unwrap(*slot(r, op_b(w)));
        set(r, w, Val::bool(vm.heap.is(v, Kind::Dict)), pc.add(1))
    }
    MatchKeys => {
        value(vm.op_match_keys(*slot(r, op_b(w)), *slot(r, op_c(w))), vm, pc.add(1))
    }
    MatchClass => {
        let names = *slot(r, op_a(w));
        let n = *pc.add(1) as usize;
        value(vm.op_match_class(*slot(r, op_b(w)), *slot(r, op_c(w)), names, n), vm, pc.add(2))
    }
    Len => {
        value(vm.len(*slot(r, op_b(w))).map(|n| Val::small(n as i32)), vm, pc.add(1))
    }

    Machine => {
        value(vm.machine(slot(r, op_b(w)), op_c(w)), vm, pc.add(1))
    }

    // ---- the prompt
    PrintExpr => {
        plain(vm.op_print_expr(*slot(r, op_a(w))), vm, pc.add(1))
    }
    // ---- stubs
    InitDone => {
        let (v, instance) = (*r, *r.sub(1));
        if v.is_none() {
            return leave(vm, r, instance);
        }
        // Leave the stub frame first: the error is the caller's.
        let dst = r.sub(3);
        let ret = vm.val_to_pc(*dst);
        let caller = vm.val_to_r(*dst.add(1));
        vm.heap.set_sp(vm.slot_index(r) + 1);
        let failed = vm.check_init_result(v);
        debug_assert!(failed.is_err());
        if vm.stub_of(ret) == Some(STUB_EXIT) {
            return go(vm.stub(STUB_RAISED), r);
        }
        vm.pc = ret.sub(1);
        vm.r = caller;
        raise(vm)
    }
    ValueDone => {
        let (v, ret, caller) = vm.leave_special(r);
        let at = ret.sub(1);
        if v == Val::NOT_IMPLEMENTED {
            (vm.pc, vm.r) = (at, caller);
            return value(vm.not_implemented(), vm, ret);
        }
        set(caller, *at, v, ret)
    }
    BranchDone => {
        let (v, ret, caller) = vm.leave_special(r);
        let at = ret.sub(2);
        (vm.pc, vm.r) = (at, caller);
        let (op, x, y, sense) = Vm::branch_operands(at, caller);
        let holds = match quick_truth(v) {
            Some(t) => t,
            None => {
                let answer = match v {
                    Val::NOT_IMPLEMENTED => vm.compare_reflected(op, x, y),
                    v => vm.heap.keep(v).map_err(Raised::from),
                };
                match answer.and_then(|v| vm.truth(v)) {
                    Ok(t) => {
                        vm.heap.release_temps(vm.mark);
                        t
                    }
                    Err(Raised) => return raise(vm),
                }
            }
        };
        if holds == sense { jump(at, caller, vm, *at.add(1) as i32) } else { go(ret, caller) }
    }
    StoreDone => {
        let (_, ret, caller) = vm.leave_special(r);
        go(ret, caller)
    }
    AttrDone => {
        let (v, ret, caller) = vm.leave_special(r);
        set(caller, *ret.sub(3), v, ret)
    }
    NextDone => {
        let (v, at, caller) = vm.leave_special(r);
        *slot(caller, op_b(*at)) = v;
        jump(at, caller, vm, *at.add(1) as i32)
    }
    AnswerDone => {
        let (v, ret, caller) = vm.leave_special(r);
        (vm.pc, vm.r) = (ret.sub(1), caller);
        control(vm.answer(v), vm)
    }
    ClassDone => {
        control(vm.op_class_done(), vm)
    }
    GenDone => {
        vm.heap.set_sp(vm.slot_index(r) + 3);
        control(vm.generator_done(r), vm)
    }
}
