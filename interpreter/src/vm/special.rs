//! Special methods written in Python, as frames of the loop.
//!
//! An instruction that needs such a method's answer enters the method's frame like a call, above a stub frame:
//! `[return pc][caller's registers][the stubs' cell] [stub pc][stub r][method] self, …`. When the method returns, the
//! stub's op does with the value what the instruction wanted ([`Vm::answer`] where it asked a question). So they neither
//! nest on the native stack nor cost a run of the loop. What is not ordinary here (methods with defaults, reflected
//! methods of a subclass, a `NotImplemented` where another type may still be asked) is left to the general way in
//! `ops.rs`.
//!
//! The return pc is that of the next instruction, for [`Op::NextDone`] that of the loop's instruction itself.

use super::Vm;
use super::call::{STUB_ANSWER, STUB_ATTR, STUB_BRANCH, STUB_NEXT, STUB_STORE, STUB_VALUE};
use super::step::{Go, go, op_a, op_b, op_c, op_sbx, slot};
use crate::bytecode::Op;
use crate::heap::cell::{F_A, F_B};
use crate::heap::{Kind, Root, q};
use crate::objects::native::{BinOp, CmpOp, R};
use crate::registry::{self, ids};
use crate::value::{Imm, Qstr, Val};

const LEN: Val = registry::builtin("len");
const REPR: Val = registry::builtin("repr");
const ITER: Val = registry::builtin("iter");
const STR: Val = Val::imm(Imm::NativeType, ids::STR as u32);
const BOOL: Val = Val::imm(Imm::NativeType, ids::BOOL as u32);

/// Builtin functions of one argument and the methods that answer them.
static BUILTINS: [(Val, Qstr); 5] = [
    (LEN, q::__len__),
    (STR, q::__str__),
    (REPR, q::__repr__),
    (registry::builtin("next"), q::__next__),
    (ITER, q::__iter__),
];

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
            if self.has_native_part(cx) {
                return None;
            }
            let own = if inplace { self.python_attr(cx, names.inplace) } else { None };
            let f = match own {
                Some(f) => f,
                None => self.python_attr(cx, names.method)?,
            };
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

    /// `obj.name` where that is a property or another data descriptor, or where only `__getattr__` knows it.
    #[inline(never)]
    pub(super) fn enter_getter(&mut self, next: *const u32, obj: Val, name: Qstr) -> Option<Go> {
        let class = self.instance_class(obj)?;
        match self.heap.head(class) & (F_A | F_B) {
            0 => None,
            F_B => {
                let attr = self.class_attr(class, name)?;
                if self.heap.is(attr, Kind::Property) {
                    let get = self.heap.val(attr, 1);
                    return self.enter_special(next, STUB_ATTR, get, [obj]);
                }
                let descriptor = self.instance_class(attr)?;
                self.python_attr(descriptor, q::__set__)?;
                let get = self.python_attr(descriptor, q::__get__)?;
                self.enter_special(next, STUB_ATTR, get, [attr, obj, class])
            }
            _ => {
                let f = self.python_attr(class, q::__getattr__)?;
                if self.python_attr(class, q::__getattribute__).is_some()
                    || self.own_attr(obj, name).is_some()
                    || self.class_attr(class, name).is_some()
                    || self.has_native_part(class)
                    || matches!(name, q::__dict__ | q::__class__)
                {
                    return None;
                }
                self.enter_special(next, STUB_ATTR, f, [obj, Val::qstr(name)])
            }
        }
    }

    /// `obj.name = v` where `__setattr__`, a property or another descriptor does that.
    #[inline(never)]
    pub(super) fn enter_setter(&mut self, next: *const u32, obj: Val, name: Qstr, v: Val) -> Option<Go> {
        let class = self.instance_class(obj)?;
        let flags = self.heap.head(class) & (F_A | F_B);
        if flags & F_A != 0
            && let Some(f) = self.python_attr(class, q::__setattr__)
        {
            return self.enter_special(next, STUB_STORE, f, [obj, Val::qstr(name), v]);
        }
        if flags & F_B == 0 {
            return None;
        }
        let attr = self.class_attr(class, name)?;
        if self.heap.is(attr, Kind::Property) {
            let set = self.heap.val(attr, 2);
            return self.enter_special(next, STUB_STORE, set, [obj, v]);
        }
        let descriptor = self.instance_class(attr)?;
        let set = self.python_attr(descriptor, q::__set__)?;
        self.enter_special(next, STUB_STORE, set, [attr, obj, v])
    }

    // ---- questions, which `answer` deals with ----

    /// The truth of `x`, for a jump or `not`.
    #[inline(never)]
    pub(super) fn enter_truth(&mut self, next: *const u32, x: Val) -> Option<Go> {
        let class = self.instance_class(x)?;
        let f = match self.python_attr(class, q::__bool__) {
            Some(f) => f,
            None => self.python_attr(class, q::__len__)?,
        };
        self.enter_special(next, STUB_ANSWER, f, [x])
    }

    /// What method `name` of an object gives, for `in` and for the iterator of a loop.
    #[inline(never)]
    pub(super) fn enter_question<const N: usize>(
        &mut self,
        next: *const u32,
        name: Qstr,
        args: [Val; N],
    ) -> Option<Go> {
        let class = self.instance_class(args[0])?;
        let f = self.python_attr(class, name)?;
        self.enter_special(next, STUB_ANSWER, f, args)
    }

    /// `f(x)` for a builtin function (or type) that a method of `x` answers.
    #[inline(never)]
    pub(super) fn enter_builtin(&mut self, next: *const u32, f: Val, x: Val) -> Option<Go> {
        let class = self.instance_class(x)?;
        let method = match BUILTINS.iter().find(|(known, _)| *known == f) {
            Some(&(STR, name)) => match self.python_attr(class, name) {
                Some(method) => method,
                None => self.python_attr(class, q::__repr__)?,
            },
            Some(&(_, name)) => self.python_attr(class, name)?,
            None if f == BOOL => return self.enter_truth(next, x),
            None => return None,
        };
        self.enter_special(next, STUB_ANSWER, method, [x])
    }

    /// A field of an f-string, `from` and `how` being the operands of [`Op::Format`].
    ///
    /// # Safety
    /// They are.
    #[inline(never)]
    pub(super) unsafe fn enter_format(&mut self, next: *const u32, from: *mut Val, how: usize) -> Option<Go> {
        // SAFETY: the caller's promise.
        let x = unsafe { *from };
        let class = self.instance_class(x)?;
        let text = |vm: &mut Vm, name| match vm.python_attr(class, name) {
            None => vm.python_attr(class, q::__repr__),
            found => found,
        };
        match how & 3 {
            0 => {
                if let Some(f) = self.python_attr(class, q::__format__) {
                    // SAFETY: as above: the specification is in the next slot, if there is one.
                    let spec = if how & 4 == 0 { Val::qstr(q::EMPTY) } else { unsafe { *from.add(1) } };
                    return self.enter_special(next, STUB_ANSWER, f, [x, spec]);
                }
                if how & 4 != 0 {
                    return None;
                }
                let f = text(self, q::__str__)?;
                self.enter_special(next, STUB_ANSWER, f, [x])
            }
            3 => None,
            conversion => {
                let f = text(self, if conversion == 1 { q::__str__ } else { q::__repr__ })?;
                self.enter_special(next, STUB_ANSWER, f, [x])
            }
        }
    }

    /// What field `how` of an f-string becomes, a method of `x` having given `v`.
    fn format_answer(&mut self, x: Val, spec: Val, how: usize, v: Val) -> R {
        if how & 3 == 0 && self.special(x, q::__format__).is_some() {
            return self.formatted(v);
        }
        self.text_answer(how & 3 == 2, x, v)?;
        if how & 4 == 0 { Ok(v) } else { self.format(v, spec) }
    }

    /// TypeError unless what `__str__` or `__repr__` of `x` gave is a str.
    fn text_answer(&mut self, repr: bool, x: Val, v: Val) -> R {
        if self.heap.is_str(v) {
            return Ok(v);
        }
        let repr = repr || self.special(x, q::__str__).is_none();
        Err(self.no_string(if repr { "__repr__" } else { "__str__" }, v))
    }

    /// Goes on after the instruction of one word at `vm.pc`, which asked for `v`.
    #[inline(never)]
    pub(super) fn answer(&mut self, v: Val) -> R<()> {
        self.heap.keep(v)?;
        let at = self.pc;
        // SAFETY: `pc` is such an instruction of the frame `r`; its operands are slots of that.
        unsafe {
            let w = *at;
            let a = slot(self.r, op_a(w));
            self.pc = at.wrapping_add(1);
            let code = w as u8;
            if code == Op::Call as u8 {
                let (f, x) = (*a.add(2), *a.add(3));
                let result = self.builtin_answer(f, x, v).inspect_err(|_| self.pc = at)?;
                *a = result;
                return Ok(());
            }
            if code == Op::Format as u8 {
                let from = slot(self.r, op_b(w));
                let result = self.format_answer(*from, *from.add(1), op_c(w), v);
                *a = result.inspect_err(|_| self.pc = at)?;
                return Ok(());
            }
            if code == Op::GetIter as u8 {
                self.check_iterator(v).inspect_err(|_| self.pc = at)?;
                (*a, *a.add(1)) = (v, Val::small(-1));
                return Ok(());
            }
            let truth = if code == Op::In as u8 || code == Op::NotIn as u8 {
                self.truth(v)
            } else {
                let x = if code == Op::Not as u8 { *slot(self.r, op_b(w)) } else { *a };
                self.truth_answer(x, v)
            };
            let truth = truth.inspect_err(|_| self.pc = at)?;
            if code == Op::JTrue as u8 || code == Op::JFalse as u8 {
                if truth == (code == Op::JTrue as u8) {
                    self.pc = at.byte_offset(op_sbx(w) * 4);
                    return self.poll_loop();
                }
            } else {
                *a = Val::bool(truth == (code == Op::In as u8));
            }
        }
        Ok(())
    }

    /// What `__bool__` of `x`, or its `__len__`, means.
    fn truth_answer(&mut self, x: Val, v: Val) -> R<bool> {
        if self.special(x, q::__bool__).is_some() {
            self.bool_answer(v)
        } else {
            Ok(self.len_answer(v)? != 0)
        }
    }

    /// What builtin function `f` makes of what the method of `x` gave.
    fn builtin_answer(&mut self, f: Val, x: Val, v: Val) -> R {
        if f == LEN {
            let n = self.len_answer(v)?;
            return Ok(self.heap.new_uint(n as u64)?);
        }
        if f == BOOL {
            return self.truth_answer(x, v).map(Val::bool);
        }
        if f == STR || f == REPR {
            return self.text_answer(f == REPR, x, v);
        }
        if f == ITER {
            self.check_iterator(v)?;
        }
        Ok(v)
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
            let op = BinOp::ALL[(code - Op::IAdd as u8) as usize];
            let asked = self.special(x, super::ops::names(op).inplace).is_some();
            return if asked { self.binary(op, x, y) } else { Err(self.not_supported(op, true, x, y)) };
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
