//! The stack machine's operations, by their codes.

use super::read::Reader;
use super::{M, MpyError};

macro_rules! codes {
    ($($name:ident = $code:literal,)*) => { $(pub const $name: u8 = $code;)* };
}

codes! {
    LOAD_CONST_STRING = 0x10, LOAD_NAME = 0x11, LOAD_GLOBAL = 0x12, LOAD_ATTR = 0x13, LOAD_METHOD = 0x14,
    LOAD_SUPER_METHOD = 0x15, STORE_NAME = 0x16, STORE_GLOBAL = 0x17, STORE_ATTR = 0x18, DELETE_NAME = 0x19,
    DELETE_GLOBAL = 0x1A, IMPORT_NAME = 0x1B, IMPORT_FROM = 0x1C,
    MAKE_CLOSURE = 0x20, MAKE_CLOSURE_DEFARGS = 0x21, LOAD_CONST_SMALL_INT = 0x22, LOAD_CONST_OBJ = 0x23,
    LOAD_FAST_N = 0x24, LOAD_DEREF = 0x25, STORE_FAST_N = 0x26, STORE_DEREF = 0x27, DELETE_FAST = 0x28,
    DELETE_DEREF = 0x29, BUILD_TUPLE = 0x2A, BUILD_LIST = 0x2B, BUILD_MAP = 0x2C, BUILD_SET = 0x2D,
    BUILD_SLICE = 0x2E, STORE_COMP = 0x2F,
    UNPACK_SEQUENCE = 0x30, UNPACK_EX = 0x31, MAKE_FUNCTION = 0x32, MAKE_FUNCTION_DEFARGS = 0x33,
    CALL_FUNCTION = 0x34, CALL_FUNCTION_VAR_KW = 0x35, CALL_METHOD = 0x36, CALL_METHOD_VAR_KW = 0x37,
    UNWIND_JUMP = 0x40, JUMP = 0x42, POP_JUMP_IF_TRUE = 0x43, POP_JUMP_IF_FALSE = 0x44,
    JUMP_IF_TRUE_OR_POP = 0x45, JUMP_IF_FALSE_OR_POP = 0x46, SETUP_WITH = 0x47, SETUP_EXCEPT = 0x48,
    SETUP_FINALLY = 0x49, POP_EXCEPT_JUMP = 0x4A, FOR_ITER = 0x4B,
    LOAD_CONST_FALSE = 0x50, LOAD_CONST_NONE = 0x51, LOAD_CONST_TRUE = 0x52, LOAD_NULL = 0x53,
    LOAD_BUILD_CLASS = 0x54, LOAD_SUBSCR = 0x55, STORE_SUBSCR = 0x56, DUP_TOP = 0x57, DUP_TOP_TWO = 0x58,
    POP_TOP = 0x59, ROT_TWO = 0x5A, ROT_THREE = 0x5B, WITH_CLEANUP = 0x5C, END_FINALLY = 0x5D, GET_ITER = 0x5E,
    GET_ITER_STACK = 0x5F,
    STORE_MAP = 0x62, RETURN_VALUE = 0x63, RAISE_LAST = 0x64, RAISE_OBJ = 0x65, RAISE_FROM = 0x66,
    YIELD_VALUE = 0x67, YIELD_FROM = 0x68, IMPORT_STAR = 0x69,
    SMALL_INT = 0x70, LOAD_FAST = 0xB0, STORE_FAST = 0xC0, UNARY = 0xD0, BINARY = 0xD7,
}

/// One past the last code.
const END: u8 = 0xFA;

/// An instruction. Codes that hold their operand are taken apart: `op` is the first of their group.
#[derive(Clone, Copy, Debug)]
pub struct Instr {
    /// Where it is.
    pub at: u32,
    /// Where the next one is.
    pub next: u32,
    pub op: u8,
    /// Its operand; for a jump where it goes.
    pub arg: i32,
    /// A second operand of one byte.
    pub extra: u8,
}

impl Instr {
    /// The instruction at `at`.
    pub fn read(code: &[u8], at: u32) -> M<Instr> {
        let rest = code.get(at as usize..).ok_or(MpyError::Incompatible)?;
        let mut r = Reader { bytes: rest };
        let place = |r: &Reader<'_>| (code.len() - r.bytes.len()) as u32;
        let op = r.byte()?;
        let (mut op, mut arg, mut extra) = (op, 0, 0);
        match op {
            LOAD_CONST_SMALL_INT => arg = signed(&mut r)?,
            0x10..=0x3F => arg = i32::try_from(r.uint()?).map_err(|_| MpyError::Incompatible)?,
            0x40..=0x4F => {
                let is_signed = matches!(op, UNWIND_JUMP | JUMP | POP_JUMP_IF_TRUE | POP_JUMP_IF_FALSE);
                let first = r.byte()?;
                let mut distance = i32::from(first & 0x7F);
                let mut bias = 0x40;
                if first & 0x80 != 0 {
                    distance |= i32::from(r.byte()?) << 7;
                    bias = 0x4000;
                }
                if is_signed {
                    distance -= bias;
                }
                arg = place(&r) as i32 + distance;
                if arg < 0 || arg as usize >= code.len() {
                    return Err(MpyError::Incompatible);
                }
            }
            SMALL_INT..LOAD_FAST => (op, arg) = (LOAD_CONST_SMALL_INT, i32::from(op - SMALL_INT) - 16),
            LOAD_FAST..STORE_FAST => (op, arg) = (LOAD_FAST_N, i32::from(op - LOAD_FAST)),
            STORE_FAST..UNARY => (op, arg) = (STORE_FAST_N, i32::from(op - STORE_FAST)),
            UNARY..=0xD3 => (op, arg) = (UNARY, i32::from(op - UNARY)),
            BINARY..END => (op, arg) = (BINARY, i32::from(op - BINARY)),
            _ => {}
        }
        if matches!(op, UNWIND_JUMP | MAKE_CLOSURE | MAKE_CLOSURE_DEFARGS) {
            extra = r.byte()?;
        }
        Ok(Instr { at, next: place(&r), op, arg, extra })
    }

    /// Does it name a place to go on?
    pub fn jumps(&self) -> bool {
        (UNWIND_JUMP..=FOR_ITER).contains(&self.op)
    }
}

fn signed(r: &mut Reader<'_>) -> M<i32> {
    let mut b = r.byte()?;
    let mut n: i64 = if b & 0x40 != 0 { -1 } else { 0 };
    loop {
        n = n << 7 | i64::from(b & 0x7F);
        if b & 0x80 == 0 {
            return i32::try_from(n).map_err(|_| MpyError::Incompatible);
        }
        if n.unsigned_abs() >> 32 != 0 {
            return Err(MpyError::Incompatible);
        }
        b = r.byte()?;
    }
}
