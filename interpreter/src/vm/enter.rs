//! The quick ways from an instruction into functions, Python's and native ones, and back.
//!
//! Each takes the ordinary case and leaves all others to `call.rs`: None means that nothing was changed. For the safety
//! of the raw pointers see `step.rs`.

use super::Vm;
use super::call::{STUB_ANSWER, STUB_INIT, move_up};
use super::step::{Go, KEY_KIND, control, go, op_a, op_b, raise, slot, value};
use crate::bytecode::Flags;
use crate::heap::Kind;
use crate::heap::cell::F_A;
use crate::objects::native::{ANY, Args, Entry, Native, Raised};
use crate::registry;
use crate::value::{Imm, Qstr, Val};

/// Enters the frame of a function that takes exactly these `n` positional arguments and returns to `ret`; None if it
/// is not that simple.
///
/// # Safety
/// `dst` is the window of a call in the frame `r`.
#[inline(always)]
pub(super) unsafe fn call_simple(
    ret: *const u32,
    r: *mut Val,
    vm: &mut Vm,
    dst: *mut Val,
    f: Val,
    n: usize,
) -> Option<Go> {
    let head = vm.heap.head(f);
    if head as u8 != Kind::Function as u8 {
        return None;
    }
    let code = vm.heap.val(f, 1);
    let want = F_A | (n as u32) << 16;
    let frame = dst.wrapping_add(3);
    let end = frame.wrapping_byte_add((head >> 16) as usize);
    if vm.heap.head(code) & (F_A | 0xff << 16) != want || end > vm.stack_end {
        return None;
    }
    // SAFETY: the window's head is within the caller's frame.
    unsafe {
        *dst = vm.pc_to_val(ret);
        *dst.add(1) = vm.r_to_val(r);
    }
    vm.heap.set_top(end);
    Some(go(vm.code_entry(code), frame))
}

/// Enters the frame of a function with positional parameters only, whose arguments need arranging: defaults, names. Of a
/// generator function, makes the generator.
///
/// # Safety
/// As [`call_simple`].
#[inline(never)]
pub(super) unsafe fn call_arranged(
    ret: *const u32,
    r: *mut Val,
    vm: &mut Vm,
    dst: *mut Val,
    f: Val,
    (n, nkw): (usize, usize),
) -> Option<Go> {
    let code = vm.heap.val(f, 1);
    let end = vm.frame_end(dst.wrapping_add(3), f);
    if end > vm.stack_end {
        return None;
    }
    let flags = vm.code_flags(code);
    let exact = nkw == 0 && n == vm.code_positional(code) && flags.positional_only();
    if !exact {
        match vm.bind_simply(dst, f, code, n, nkw) {
            Ok(true) => {}
            Ok(false) => return None,
            Err(Raised) => return Some(raise(vm)),
        }
    }
    if flags.has(Flags::GENERATOR) {
        let generator = vm.new_generator(dst, f);
        return Some(value(generator, vm, ret));
    }
    // SAFETY: the window's head is within the caller's frame.
    unsafe {
        *dst = vm.pc_to_val(ret);
        *dst.add(1) = vm.r_to_val(r);
    }
    vm.heap.set_top(end);
    Some(go(vm.code_entry(code), dst.wrapping_add(3)))
}

/// Makes an instance and enters its `__init__`, if that takes exactly these arguments and nothing about the class is
/// special. See [`Vm::prepare`] for the stub frame.
///
/// # Safety
/// As [`call_simple`].
pub(super) unsafe fn call_class(
    ret: *const u32,
    r: *mut Val,
    vm: &mut Vm,
    dst: *mut Val,
    class: Val,
    n: usize,
) -> Option<Go> {
    let init = vm.class_init(class);
    if !init.is_ptr() {
        return None;
    }
    let code = vm.heap.val(init, 1);
    let frame = dst.wrapping_add(6);
    let end = vm.frame_end(frame, init);
    if usize::from(vm.heap.aux(code)) != n + 1 || end > vm.stack_end {
        return None;
    }
    let instance = vm.new_instance(class, None).ok()?;
    // SAFETY: the window is on the stack, and the frame above it fits as was just checked.
    unsafe {
        move_up(dst.add(3), n, 4);
        *dst = vm.pc_to_val(ret);
        *dst.add(1) = vm.r_to_val(r);
        *dst.add(2) = instance;
        let stub = dst.add(3);
        *stub = vm.pc_to_val(vm.stub(STUB_INIT));
        *stub.add(1) = vm.r_to_val(stub);
        *stub.add(2) = init;
        *stub.add(3) = instance;
    }
    vm.heap.set_top(end);
    vm.heap.release_temps(vm.mark);
    Some(go(vm.code_entry(code), frame))
}

/// `Call` of a bound method of a Python function that takes exactly these arguments, or of a native object.
///
/// # Safety
/// `pc` is a `Call` in the frame `r` with this window.
pub(super) unsafe fn call_bound(
    pc: *const u32,
    r: *mut Val,
    vm: &mut Vm,
    dst: *mut Val,
    f: Val,
    n: usize,
) -> Option<Go> {
    let (function, obj) = (vm.heap.val(f, 1), vm.heap.val(f, 2));
    let room = dst.wrapping_add(4 + n);
    if room > vm.stack_end {
        return None;
    }
    let native = match function.imm_payload(Imm::NativeFn) {
        Some(payload) => {
            let kind = vm.heap.kind(obj)?;
            match *registry::native_fn(payload) {
                Entry::Fn(_, min, max, native)
                    if n + 1 >= min as usize
                        && (n < max as usize || max == ANY)
                        && kind != Kind::Instance
                        && u32::from(registry::type_of_kind(kind).id) == payload >> 12 =>
                {
                    Some(native)
                }
                _ => return None,
            }
        }
        None => {
            if !vm.heap.is(function, Kind::Function)
                || usize::from(vm.heap.aux(vm.heap.val(function, 1))) != n + 1
                || vm.frame_end(dst.wrapping_add(3), function) > vm.stack_end
            {
                return None;
            }
            None
        }
    };
    // SAFETY: there is room for one argument more, as was checked; nothing has been changed before.
    unsafe {
        move_up(dst.add(3), n, 1);
        *dst.add(2) = function;
        *dst.add(3) = obj;
        let Some(native) = native else { return call_simple(pc.add(1), r, vm, dst, function, n + 1) };
        let top = vm.heap.top;
        vm.heap.set_top(top.max(room));
        let result = native(vm, Args { base: vm.slot_index(dst) + 3, n: n + 1, nkw: 0 });
        vm.heap.set_top(top);
        Some(value(result, vm, pc.add(1)))
    }
}

/// `Call` of anything but a Python function with exactly its arguments.
///
/// # Safety
/// `pc` is a `Call` in the frame `r`, which are those of `vm`.
pub(super) unsafe extern "C-unwind" fn call_other(pc: *const u32, r: *mut Val, vm: &mut Vm) -> Go {
    // SAFETY: the instruction's operands are the window of a call.
    unsafe {
        let (dst, n) = (slot(r, op_a(*pc)), op_b(*pc));
        let f = *dst.add(2);
        if f.is_ptr() {
            let entered = match vm.heap.cell_kind(f) {
                Kind::Function => call_arranged(pc.add(1), r, vm, dst, f, (n, 0)),
                Kind::Class => call_class(pc.add(1), r, vm, dst, f, n),
                Kind::BoundMethod => call_bound(pc, r, vm, dst, f, n),
                _ => None,
            };
            if let Some(entered) = entered {
                return entered;
            }
        } else if f.imm_payload(Imm::NativeFn).is_some() {
            return call_native(pc, r, vm);
        } else if n == 1
            && vm.is_generator(*dst.add(3))
            && let Some(code) = vm.consume(pc.add(1), dst, f)
        {
            return go(code, vm.r);
        } else if n == 1
            && vm.heap.is(*dst.add(3), Kind::Instance)
            && let Some(entered) = vm.enter_builtin(pc.add(1), f, *dst.add(3))
        {
            return entered;
        } else if let Some(new) = vm.as_native_type(f).and_then(|t| t.new)
            && !vm.heap.emergency()
        {
            let args = Args { base: vm.slot_index(dst) + 3, n, nkw: 0 };
            return value(new(vm, f, args), vm, pc.add(1));
        }
        control(vm.op_call(dst, n, 0, pc.add(1)), vm)
    }
}

const GETATTR: Val = registry::builtin("getattr");
const SETATTR: Val = registry::builtin("setattr");
const NEXT: Val = registry::builtin("next");

/// [`call_native`] with an instance of a Python class or a generator for its argument.
///
/// # Safety
/// As there; `dst` is the window.
#[inline(never)]
unsafe fn call_of_object(pc: *const u32, vm: &mut Vm, dst: *mut Val, f: Val) -> Option<Go> {
    // SAFETY: the instruction's operands are the window of a call.
    unsafe {
        let x = *dst.add(3);
        if vm.heap.is(x, Kind::Instance) {
            return vm.enter_builtin(pc.add(1), f, x);
        }
        if f == NEXT {
            return Some(control(vm.resume_call(x, Val::NONE, pc.add(1), STUB_ANSWER), vm));
        }
        if !vm.is_generator(x) {
            return None;
        }
        vm.consume(pc.add(1), dst, f).map(|code| go(code, vm.r))
    }
}

/// `Call` of a function in Rust.
///
/// # Safety
/// `pc` is a `Call` in the frame `r` whose callee is one.
pub(super) unsafe extern "C-unwind" fn call_native(pc: *const u32, r: *mut Val, vm: &mut Vm) -> Go {
    // SAFETY: the instruction's operands are the window of a call.
    unsafe {
        let (dst, n) = (slot(r, op_a(*pc)), op_b(*pc));
        let f = *dst.add(2);
        // Names that a program computes are attributes of its own objects, mostly.
        if n >= 2
            && (f == GETATTR || f == SETATTR)
            && let Some(name) = (*dst.add(4)).as_qstr()
        {
            let obj = *dst.add(3);
            let quick = match n {
                2 | 3 if f == GETATTR => vm.quick_own_attr(obj, name),
                3 if f == SETATTR => vm.quick_set_own_attr(obj, name, *dst.add(5)).then_some(Val::NONE),
                _ => None,
            };
            if let Some(v) = quick {
                *dst = v;
                return go(pc.add(1), r);
            }
        }
        let payload = f.bits() >> 8;
        if n == 1
            && let Some(Kind::Instance | Kind::Generator) = vm.heap.kind(*dst.add(3))
            && let Some(entered) = call_of_object(pc, vm, dst, f)
        {
            return entered;
        }
        if !registry::is_type_fn(payload)
            && let Entry::Fn(_, min, max, native) = *registry::module_entry(payload)
            && n >= min as usize
            && (n <= max as usize || max == ANY)
        {
            let args = Args { base: vm.slot_index(dst) + 3, n, nkw: 0 };
            return value(native(vm, args), vm, pc.add(1));
        }
        control(vm.op_call(dst, n, 0, pc.add(1)), vm)
    }
}

/// `CallMethod` of a function in Rust that the instruction's cache holds; the cache's key has been compared.
///
/// # Safety
/// `pc` is such an instruction in the frame `r`.
pub(super) unsafe extern "C-unwind" fn call_method_native(pc: *const u32, r: *mut Val, vm: &mut Vm) -> Go {
    // SAFETY: the instruction's operands are the window of a call; the cache was written by `op_call_method`.
    unsafe {
        let (dst, n) = (slot(r, op_a(*pc)), op_b(*pc));
        let own = usize::from(*pc.add(1) >> 16 >= KEY_KIND);
        if n == 1
            && vm.is_generator(*dst.add(4))
            && let Some(code) = vm.consume_method(pc.add(3), dst, Qstr(*pc.add(1) & 0xffff))
        {
            return go(code, vm.r);
        }
        let native = cached_native(*pc.add(2));
        let args = Args { base: vm.slot_index(dst) + 4 - own, n: n + own, nkw: 0 };
        value(native(vm, args), vm, pc.add(3))
    }
}

/// How a method cache refers to a function in Rust: on 32-bit targets by its address.
#[cfg(target_pointer_width = "32")]
pub(super) fn native_to_cache(_: Val, native: Native) -> u32 {
    (native as *const ()).expose_provenance() as u32
}
/// The function that [`native_to_cache`] stood for.
///
/// # Safety
/// The word comes from there.
#[cfg(target_pointer_width = "32")]
#[inline(always)]
unsafe fn cached_native(word: u32) -> Native {
    // SAFETY: the word was such a function's address.
    unsafe { core::mem::transmute(core::ptr::with_exposed_provenance::<()>(word as usize)) }
}
#[cfg(not(target_pointer_width = "32"))]
pub(super) fn native_to_cache(f: Val, _: Native) -> u32 {
    f.bits()
}
#[cfg(not(target_pointer_width = "32"))]
unsafe fn cached_native(word: u32) -> Native {
    match *registry::native_fn(word >> 8) {
        Entry::Fn(.., native) => native,
        _ => unreachable!("only such are cached"),
    }
}

/// Returns `v` from the frame `r`.
///
/// # Safety
/// `r` is a frame.
#[inline(always)]
pub(super) unsafe fn leave(vm: &mut Vm, r: *mut Val, v: Val) -> Go {
    // SAFETY: a frame's head lies below it, and its caller is a frame too.
    unsafe {
        let dst = r.sub(3);
        let (pc, caller) = (vm.val_to_pc(*dst), vm.val_to_r(*dst.add(1)));
        *dst = v;
        vm.heap.set_top(vm.frame_end(caller, *caller.sub(1)));
        go(pc, caller)
    }
}
