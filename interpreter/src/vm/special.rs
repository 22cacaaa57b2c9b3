//! Special methods written in Python, as frames of the loop.
//!
//! An instruction that needs such a method's answer enters the method's frame like a call, above a stub frame:
//! `[return pc][caller's registers][the stubs' cell] [stub pc][stub r][method] self, …`. When the method returns, the
//! stub's op does with the value what the instruction wanted. So they neither nest on the native stack nor cost a run
//! of the loop. What is not ordinary here (methods with defaults, reflected methods of a subclass, a `NotImplemented`
//! where another type may still be asked) is left to the general way in `ops.rs`.
//!
//! The return pc is that of the next instruction, for [`Op::NextDone`] that of the loop's instruction itself.

use super::Vm;
use super::call::{STUB_ATTR, STUB_BRANCH, STUB_NEXT, STUB_STORE, STUB_VALUE};
use super::step::{Go, go, op_a, op_b, op_c, slot};
use crate::bytecode::Op;
use crate::heap::cell::{F_A, F_B};
use crate::heap::{Kind, Root, q};
use crate::objects::native::{BinOp, CmpOp, R};
use crate::value::{Qstr, Val};

impl Vm {
    /// Enters the frame of method `f`, if it takes exactly these arguments. `vm.r` is the frame of the instruction.
    fn enter_special<const N: usize>(
        &mut self,
        ret: *const u32,
        stub: usize,
        f: Val,
        args: [Val; N],
    ) -> Option<Go> {
        if !self.heap.is(f, Kind::Function) {
            return None;
        }
        let code = self.heap.val(f, 1);
        let window = self.heap.top;
        let inner = window.wrapping_add(3);
        let frame = inner.wrapping_add(3);
        let end = self.frame_end(frame, f);
        if self.heap.head(code) & (F_A | 0xff << 16) != F_A | (N as u32) << 16 || end > self.stack_end {
            return None;
        }
        // SAFETY: everything up to `end` is on the stack, as was just checked (a frame has at least its parameters).
        unsafe {
            *window = self.pc_to_val(ret);
            *window.add(1) = self.r_to_val(self.r);
            *window.add(2) = self.heap.root(Root::Stubs);
            *inner = self.pc_to_val(self.stub(stub));
            *inner.add(1) = self.r_to_val(inner);
            *inner.add(2) = f;
            for (i, v) in args.into_iter().enumerate() {
                *frame.add(i) = v;
            }
        }
        self.heap.set_top(end);
        Some(go(self.code_entry(code), frame))
    }

    /// Back from stub frame `r` into the frame of the instruction: the value, the return pc, the frame.
    ///
    /// # Safety
    /// `r` is such a stub frame.
    pub(super) unsafe fn leave_special(&mut self, r: *mut Val) -> (Val, *const u32, *mut Val) {
        // SAFETY: laid out by `enter_special`; every frame has its function below slot 0.
        unsafe {
            let (v, ret, caller) = (*r, self.val_to_pc(*r.sub(3)), self.val_to_r(*r.sub(2)));
            self.heap.set_top(self.frame_end(caller, *caller.sub(1)));
            (v, ret, caller)
        }
    }

    #[inline(always)]
    fn instance_class(&self, v: Val) -> Option<Val> {
        if self.heap.is(v, Kind::Instance) { Some(self.heap.shape_class(self.heap.aux(v))) } else { None }
    }

    #[inline(always)]
    fn has_native_part(&self, class: Val) -> bool {
        self.heap.flag(class, F_B) && self.native_base(class).is_some()
    }

    /// `x op y` by the method of one of them, where it alone decides. The instruction is one word.
    #[inline(never)]
    pub(super) fn enter_binary(
        &mut self,
        next: *const u32,
        op: BinOp,
        inplace: bool,
        x: Val,
        y: Val,
    ) -> Option<Go> {
        let names = super::ops::names(op);
        let (cx, cy) = (self.instance_class(x), self.instance_class(y));
        if let Some(cx) = cx {
            if cy.is_some_and(|cy| cy != cx) || self.heap.is(y, Kind::Exception) {
                return None;
            }
            if inplace && self.python_attr(cx, names.inplace).is_some() || self.has_native_part(cx) {
                return None;
            }
            let f = self.python_attr(cx, names.method)?;
            return self.enter_special(next, STUB_VALUE, f, [x, y]);
        }
        let cy = cy?;
        // Numbers do not know what to do with an instance.
        if !(x.is_small() || x.is_unboxed_float()) || self.has_native_part(cy) {
            return None;
        }
        let f = self.python_attr(cy, names.reflected)?;
        self.enter_special(next, STUB_VALUE, f, [y, x])
    }

    /// `x op y`, a comparison, by the method of `x`.
    #[inline(never)]
    pub(super) fn enter_compare(
        &mut self,
        next: *const u32,
        stub: usize,
        op: CmpOp,
        x: Val,
        y: Val,
    ) -> Option<Go> {
        let class = self.instance_class(x)?;
        if self.instance_class(y).is_some_and(|cy| cy != class) || self.heap.is(y, Kind::Exception) {
            return None;
        }
        let f = self.python_attr(class, super::ops::compare_name(op))?;
        self.enter_special(next, stub, f, [x, y])
    }

    /// [`Vm::enter_compare`] for a compare-and-branch.
    pub(super) fn enter_branch(&mut self, next: *const u32, op: CmpOp, x: Val, y: Val) -> Option<Go> {
        self.enter_compare(next, STUB_BRANCH, op, x, y)
    }

    /// [`Vm::enter_compare`] for the value.
    pub(super) fn enter_comparison(&mut self, next: *const u32, op: CmpOp, x: Val, y: Val) -> Option<Go> {
        self.enter_compare(next, STUB_VALUE, op, x, y)
    }

    /// An instruction of one word whose value a method of `obj` gives: `name(obj, …)`.
    #[inline(never)]
    pub(super) fn enter_value<const N: usize>(
        &mut self,
        next: *const u32,
        name: Qstr,
        args: [Val; N],
    ) -> Option<Go> {
        let class = self.instance_class(args[0])?;
        let f = self.python_attr(class, name)?;
        self.enter_special(next, STUB_VALUE, f, args)
    }

    /// `obj[i] = v`.
    #[inline(never)]
    pub(super) fn enter_set_item(&mut self, next: *const u32, obj: Val, i: Val, v: Val) -> Option<Go> {
        let class = self.instance_class(obj)?;
        let f = self.python_attr(class, q::__setitem__)?;
        self.enter_special(next, STUB_STORE, f, [obj, i, v])
    }

    /// `obj.name` where that is a property.
    #[inline(never)]
    pub(super) fn enter_getter(&mut self, next: *const u32, obj: Val, name: Qstr) -> Option<Go> {
        let class = self.instance_class(obj)?;
        if self.heap.head(class) & (F_A | F_B) != F_B {
            return None;
        }
        let property = self.class_attr(class, name)?;
        if !self.heap.is(property, Kind::Property) {
            return None;
        }
        let get = self.heap.val(property, 1);
        self.enter_special(next, STUB_ATTR, get, [obj])
    }

    /// The next item of an iterator in a loop, whose instruction is `at`.
    #[inline(never)]
    pub(super) fn enter_next(&mut self, at: *const u32, it: Val) -> Option<Go> {
        let class = self.instance_class(it)?;
        let f = self.python_attr(class, q::__next__)?;
        self.enter_special(at, STUB_NEXT, f, [it])
    }

    /// The value of the one-word instruction at `vm.pc` whose method gave `NotImplemented`.
    #[cold]
    #[inline(never)]
    pub(super) fn not_implemented(&mut self) -> R {
        // SAFETY: `pc` is an instruction of the frame `r` that was answered by a special method.
        let (w, x, y) = unsafe {
            let w = *self.pc;
            (w, *slot(self.r, op_b(w)), *slot(self.r, op_c(w)))
        };
        let code = w as u8;
        let among = |first: Op, last: Op| (first as u8..=last as u8).contains(&code);
        if among(Op::Add, Op::Xor) {
            return Err(self.not_supported(BinOp::ALL[(code - Op::Add as u8) as usize], false, x, y));
        }
        if among(Op::IAdd, Op::IXor) {
            return Err(self.not_supported(BinOp::ALL[(code - Op::IAdd as u8) as usize], true, x, y));
        }
        if among(Op::Lt, Op::Ne) {
            return self.compare_reflected(CmpOp::ALL[(code - Op::Lt as u8) as usize], x, y);
        }
        Ok(Val::NOT_IMPLEMENTED)
    }

    /// The operands and the operator of the compare-and-branch at `pc` in the frame `r`, and whether it jumps if that
    /// holds.
    ///
    /// # Safety
    /// It is one.
    pub(super) unsafe fn branch_operands(pc: *const u32, r: *mut Val) -> (CmpOp, Val, Val, bool) {
        // SAFETY: the caller's promise.
        let (w, x) = unsafe { (*pc, *slot(r, op_a(*pc))) };
        let code = w as u8;
        let (family, y) = if code >= Op::JLtImm as u8 {
            (code - Op::JLtImm as u8, Val::small(op_b(w) as u8 as i8 as i32))
        } else {
            // SAFETY: the caller's promise.
            (code - Op::JLt as u8, unsafe { *slot(r, op_b(w)) })
        };
        (CmpOp::ALL[(family % 6) as usize], x, y, family < 6)
    }
}
