//! The loop for ARMv6-M, and the hottest cases of the hottest ops, by hand.
//!
//! Handlers jump to one another: each ends by loading the next op's address from the dispatch table. What a handler
//! here does not deal with falls back to the Rust handler of the same op (`step.rs`), which deals with everything.
//!
//! | register | holds |
//! |---|---|
//! | r0 | pc |
//! | r1 | slot 0 of the frame |
//! | r2, r3, r6, ip, lr | scratch (r2 = 4 × op when a handler is entered) |
//! | r4 | the `Vm` |
//! | r5 | the dispatch table |
//! | r7 | address of the [`crate::hal::Pending`] flag, which holds the dispatch table to use after a back edge |
//! | r8 | [`Val::UNBOUND`] |
//!
//! # Safety
//! The invariants are those of `step.rs`. A handler changes r0, r1 and memory only when it is certain not to fall
//! back.

use super::Vm;
use super::call::{STUB_GEN, STUBS};
use super::enter::{call_method_native, call_native, call_other};
use super::generator::{RUNNING, SUSPENDED};
use super::quick::complex_arith;
use super::step::{KEY_KIND, KEY_MODULE, TABLE, poll};
use super::trace::{restore_patched, traced};
use crate::bytecode::Op;
use crate::heap::{Heap, Kind, Root};
use crate::objects::iterators::Walk;
use crate::value::{Imm, Val};
use core::arch::global_asm;
use core::mem::offset_of;

type Target = unsafe extern "C" fn();

// Only the address of the machine is passed.
#[allow(improper_ctypes)]
unsafe extern "C-unwind" {
    fn solderless_vm_run(pc: *const u32, r: *mut Val, vm: &mut Vm) -> u32;
}

/// Runs until the loop is left: true by a return, false by an exception.
pub(super) fn drive(vm: &mut Vm) -> bool {
    let (pc, r) = (vm.pc, vm.r);
    // SAFETY: see the module's text.
    unsafe { solderless_vm_run(pc, r, vm) != 0 }
}

const OPS: usize = Op::ALL.len();

/// Where each op is handled.
static TARGETS: [Target; OPS] = targets();
/// The same while an event waits.
static TARGETS_PENDING: [Target; OPS] = [solderless_vm_poll; OPS];
/// The same while `sys.settrace` has a function.
static TARGETS_TRACED: [Target; OPS] = {
    let mut t = [solderless_vm_traced as Target; OPS];
    t[Op::Exit as usize] = solderless_op_exit;
    t[Op::ExitRaised as usize] = solderless_op_exit_raised;
    t[Op::Retable as usize] = solderless_vm_retable;
    t
};

/// The dispatch table, for [`crate::hal::Pending`].
pub(crate) const DISPATCH: *mut () = (&raw const TARGETS).cast_mut().cast();
/// The dispatch table while an event waits.
pub(crate) const DISPATCH_PENDING: *mut () = (&raw const TARGETS_PENDING).cast_mut().cast();

/// The dispatch table while tracing.
pub(crate) const DISPATCH_TRACED: *mut () = (&raw const TARGETS_TRACED).cast_mut().cast();

macro_rules! targets {
    ($($op:ident $(| $more:ident)* => $symbol:ident,)*) => {
        unsafe extern "C" {
            fn solderless_vm_slow();
            fn solderless_vm_poll();
            fn solderless_vm_traced();
            fn solderless_vm_retable();
            $(fn $symbol();)*
        }
        const fn targets() -> [Target; OPS] {
            let mut t = [solderless_vm_slow as Target; OPS];
            t[Op::Retable as usize] = solderless_vm_retable;
            $(
                t[Op::$op as usize] = $symbol;
                $(t[Op::$more as usize] = $symbol;)*
            )*
            t
        }
    };
}

targets! {
    Exit => solderless_op_exit,
    ExitRaised => solderless_op_exit_raised,
    Move => solderless_op_move,
    LoadConst => solderless_op_load_const,
    LoadInt => solderless_op_load_int,
    LoadNone => solderless_op_load_none,
    LoadGlobal => solderless_op_load_global,
    StoreGlobal => solderless_op_store_global,
    LoadCell => solderless_op_load_cell,
    Add | IAdd => solderless_op_add,
    Sub | ISub => solderless_op_sub,
    Mul | IMul => solderless_op_mul,
    FloorDiv | IFloorDiv => solderless_op_floor_div,
    Mod | IMod => solderless_op_mod,
    TrueDiv | ITrueDiv => solderless_op_true_div,
    And | IAnd => solderless_op_and,
    Or | IOr => solderless_op_or,
    Xor | IXor => solderless_op_xor,
    LShift | ILShift => solderless_op_lshift,
    RShift | IRShift => solderless_op_rshift,
    AddImm | IAddImm => solderless_op_add_imm,
    Neg => solderless_op_neg,
    JIs => solderless_op_jis,
    JIsNot => solderless_op_jisnot,
    ListAppend => solderless_op_list_append,
    Jump => solderless_op_jump,
    JTrue => solderless_op_jtrue,
    JFalse => solderless_op_jfalse,
    JNone => solderless_op_jnone,
    JNotNone => solderless_op_jnotnone,
    Lt => solderless_op_lt,
    Le => solderless_op_le,
    Gt => solderless_op_gt,
    Ge => solderless_op_ge,
    Eq => solderless_op_eq,
    Ne => solderless_op_ne,
    JLt => solderless_op_jlt,
    JLe => solderless_op_jle,
    JGt => solderless_op_jgt,
    JGe => solderless_op_jge,
    JEq => solderless_op_jeq,
    JNe => solderless_op_jne,
    JNLt => solderless_op_jnlt,
    JNLe => solderless_op_jnle,
    JNGt => solderless_op_jngt,
    JNGe => solderless_op_jnge,
    JNEq => solderless_op_jneq,
    JNNe => solderless_op_jnne,
    JLtImm => solderless_op_jlt_imm,
    JLeImm => solderless_op_jle_imm,
    JGtImm => solderless_op_jgt_imm,
    JGeImm => solderless_op_jge_imm,
    JEqImm => solderless_op_jeq_imm,
    JNeImm => solderless_op_jne_imm,
    JNLtImm => solderless_op_jnlt_imm,
    JNLeImm => solderless_op_jnle_imm,
    JNGtImm => solderless_op_jngt_imm,
    JNGeImm => solderless_op_jnge_imm,
    JNEqImm => solderless_op_jneq_imm,
    JNNeImm => solderless_op_jnne_imm,
    ForRange => solderless_op_for_range,
    ForIter => solderless_op_for_iter,
    Yield => solderless_op_yield,
    In => solderless_op_in,
    NotIn => solderless_op_not_in,
    GetItem => solderless_op_get_item,
    SetItem => solderless_op_set_item,
    GetAttr => solderless_op_get_attr,
    SetAttr => solderless_op_set_attr,
    Call => solderless_op_call,
    CallMethod => solderless_op_call_method,
    InitDone => solderless_op_init_done,
    Return => solderless_op_return,
    ReturnNone => solderless_op_return_none,
}

global_asm!(
    include_str!("arm/frame.s"),
    include_str!("arm/plain.s"),
    include_str!("arm/arith.s"),
    include_str!("arm/float.s"),
    include_str!("arm/jump.s"),
    include_str!("arm/item.s"),
    include_str!("arm/attr.s"),
    include_str!("arm/call.s"),
    include_str!("arm/generator.s"),
    ".popsection",
    HANDLERS = sym TABLE,
    poll = sym poll,
    traced = sym traced,
    TARGETS = sym TARGETS,
    restore_patched = sym restore_patched,
    VM_TABLE = const offset_of!(Vm, table),
    call_native = sym call_native,
    call_other = sym call_other,
    call_method_native = sym call_method_native,
    VM_TOP = const offset_of!(Vm, heap) + offset_of!(Heap, top),
    VM_STACK_END = const offset_of!(Vm, stack_end),
    KIND_FUNCTION = const Kind::Function as u32,
    KIND_INSTANCE = const Kind::Instance as u32,
    KIND_STR = const Kind::Str as u32,
    TAG_QSTR = const Val::imm(Imm::Qstr, 0).bits(),
    TAG_NATIVE = const Val::imm(Imm::NativeFn, 0).bits(),
    TAG_MODULE = const Val::imm(Imm::NativeModule, 0).bits(),
    KEY_MODULE_PAGE = const KEY_MODULE >> 8,
    KEY_KIND_PAGE = const KEY_KIND >> 8,
    VM_PC = const offset_of!(Vm, pc),
    VM_R = const offset_of!(Vm, r),
    VM_PENDING = const offset_of!(Vm, pending),
    KIND_LIST = const Kind::List as u32,
    KIND_BYTEARRAY = const Kind::ByteArray as u32,
    complex_arith = sym complex_arith,
    OP_ADD = const Op::Add as u32,
    OP_IADD = const Op::IAdd as u32,
    KIND_COMPLEX = const Kind::Complex as u32,
    KIND_FLOAT = const Kind::Float as u32,
    LEN = sym crate::registry::LEN,
    LIST_APPEND = sym crate::objects::list::append,
    KIND_DICT = const Kind::Dict as u32,
    KIND_TUPLE = const Kind::Tuple as u32,
    UNBOUND = const Val::UNBOUND.bits(),
    VM_ENDED = const offset_of!(Vm, ended),
    KIND_ITER = const Kind::Iter as u32,
    WALK_RANGE = const Walk::Range as u32,
    WALK_LIST = const Walk::List as u32,
    VM_STUBS = const offset_of!(Vm, stubs),
    STUB_GEN_PC = const 4 * STUB_GEN + 1,
    STUBS_END = const 4 * STUBS.len(),
    HANDLING = const offset_of!(Vm, heap) + offset_of!(Heap, roots) + 4 * Root::Handling as usize,
    KIND_GENERATOR = const Kind::Generator as u32,
    SUSPENDED = const SUSPENDED,
    RUNNING = const RUNNING,
    PLUS_ZERO = const Val::ZERO_F.bits(),
    NONE = const Val::NONE.bits(),
    TRUE = const Val::TRUE.bits(),
    FALSE = const Val::FALSE.bits(),
);
