//! What operators and built-in protocols mean: special methods of Python classes first, then the slots of native
//! types; reflected and in-place forms; iteration; items.

use super::Vm;
use crate::heap::{Kind, Root, q};
use crate::objects::native::{BinOp, CmpOp, ExcKind, R, Raised, UnOp};
use crate::objects::{integer, keys};
use crate::value::{Qstr, Val};
use alloc::string::String;

pub(super) struct BinNames {
    sign: &'static str,
    pub method: Qstr,
    pub reflected: Qstr,
    pub inplace: Qstr,
}

/// The special methods of an operator.
pub(super) fn names(op: BinOp) -> &'static BinNames {
    &BINARY[op as usize]
}

/// The special method of a comparison.
pub(super) fn compare_name(op: CmpOp) -> Qstr {
    COMPARE[op as usize].1
}

const fn bin(sign: &'static str, method: Qstr, reflected: Qstr, inplace: Qstr) -> BinNames {
    BinNames { sign, method, reflected, inplace }
}

static BINARY: [BinNames; 14] = [
    bin("+", q::__add__, q::__radd__, q::__iadd__),
    bin("-", q::__sub__, q::__rsub__, q::__isub__),
    bin("*", q::__mul__, q::__rmul__, q::__imul__),
    bin("/", q::__truediv__, q::__rtruediv__, q::__itruediv__),
    bin("//", q::__floordiv__, q::__rfloordiv__, q::__ifloordiv__),
    bin("%", q::__mod__, q::__rmod__, q::__imod__),
    bin("** or pow()", q::__pow__, q::__rpow__, q::__ipow__),
    bin("@", q::__matmul__, q::__rmatmul__, q::__imatmul__),
    bin("<<", q::__lshift__, q::__rlshift__, q::__ilshift__),
    bin(">>", q::__rshift__, q::__rrshift__, q::__irshift__),
    bin("&", q::__and__, q::__rand__, q::__iand__),
    bin("|", q::__or__, q::__ror__, q::__ior__),
    bin("^", q::__xor__, q::__rxor__, q::__ixor__),
    bin("divmod()", q::__divmod__, q::__rdivmod__, q::__divmod__),
];

static COMPARE: [(&str, Qstr, CmpOp); 6] = [
    ("<", q::__lt__, CmpOp::Gt),
    ("<=", q::__le__, CmpOp::Ge),
    (">", q::__gt__, CmpOp::Lt),
    (">=", q::__ge__, CmpOp::Le),
    ("==", q::__eq__, CmpOp::Eq),
    ("!=", q::__ne__, CmpOp::Ne),
];

impl BinOp {
    /// The operators in the order of their numbers.
    pub const ALL: [BinOp; 14] = [
        BinOp::Add,
        BinOp::Sub,
        BinOp::Mul,
        BinOp::TrueDiv,
        BinOp::FloorDiv,
        BinOp::Mod,
        BinOp::Pow,
        BinOp::MatMul,
        BinOp::LShift,
        BinOp::RShift,
        BinOp::And,
        BinOp::Or,
        BinOp::Xor,
        BinOp::DivMod,
    ];
}

impl CmpOp {
    /// The operators in the order of their numbers.
    pub const ALL: [CmpOp; 6] = [CmpOp::Lt, CmpOp::Le, CmpOp::Gt, CmpOp::Ge, CmpOp::Eq, CmpOp::Ne];
}

impl Vm {
    // ---- arithmetic ----

    /// `a op b`.
    ///
    /// # Errors
    /// TypeError if neither operand knows how; what they raise.
    pub fn binary(&mut self, op: BinOp, a: Val, b: Val) -> R {
        if self.heap.is_int(a) && self.heap.is_int(b) && op != BinOp::MatMul {
            return integer::binary(self, op, a, b);
        }
        let v = self.binary_or_not(op, a, b)?;
        if v == Val::NOT_IMPLEMENTED {
            return Err(self.not_supported(op, false, a, b));
        }
        Ok(v)
    }

    /// `a op= b`: the value to store.
    ///
    /// # Errors
    /// As [`Vm::binary`].
    pub fn inplace(&mut self, op: BinOp, a: Val, b: Val) -> R {
        let names = &BINARY[op as usize];
        if let Some(f) = self.special(a, names.inplace) {
            let v = self.call_bound(f, a, &[b])?;
            if v != Val::NOT_IMPLEMENTED {
                return Ok(v);
            }
        } else if let Some(f) = self.native_type_of(a).inplace {
            let inner = self.unwrap(a);
            let other = self.unwrap(b);
            let v = f(self, op, inner, other)?;
            if v != Val::NOT_IMPLEMENTED {
                // An in-place change of the native part leaves the object what it is.
                return Ok(if v == inner { a } else { v });
            }
        }
        let v = self.binary_or_not(op, a, b)?;
        if v == Val::NOT_IMPLEMENTED {
            return Err(self.not_supported(op, true, a, b));
        }
        Ok(v)
    }

    /// TypeError for operands that do not know how.
    #[cold]
    pub(super) fn not_supported(&mut self, op: BinOp, inplace: bool, a: Val, b: Val) -> Raised {
        let mut sign = String::from(BINARY[op as usize].sign);
        if inplace {
            if op == BinOp::Pow {
                sign = String::from("**");
            }
            sign.push('=');
        }
        self.unsupported(&sign, a, b)
    }

    #[cold]
    fn unsupported(&mut self, sign: &str, a: Val, b: Val) -> Raised {
        let (x, y) = (self.type_name(a), self.type_name(b));
        if sign == "+" && self.heap.is_str(self.unwrap(a)) {
            return self.type_error(format_args!("can only concatenate str (not \"{y}\") to str"));
        }
        if sign == "+" && self.heap.is_list(self.unwrap(a)) {
            return self.type_error(format_args!("can only concatenate list (not \"{y}\") to list"));
        }
        if sign == "+" && self.heap.is_tuple(self.unwrap(a)) {
            return self.type_error(format_args!("can only concatenate tuple (not \"{y}\") to tuple"));
        }
        self.type_error(format_args!("unsupported operand type(s) for {sign}: '{x}' and '{y}'"))
    }

    #[inline]
    fn binary_or_not(&mut self, op: BinOp, a: Val, b: Val) -> R {
        if self.heap.is(a, Kind::Instance) || self.heap.is(b, Kind::Instance) {
            return self.python_binary(op, a, b);
        }
        self.native_binary(op, a, b)
    }

    /// [`Vm::binary_or_not`] where an operand is an object of the program's.
    #[inline(never)]
    fn python_binary(&mut self, op: BinOp, a: Val, b: Val) -> R {
        let names = &BINARY[op as usize];
        let a_python = self.heap.is(a, Kind::Instance);
        let (ta, tb) = (self.type_of(a), self.type_of(b));
        let fb = if ta != tb { self.special(b, names.reflected) } else { None };
        // Native sequences concatenate only when the other operand does not want to.
        let numeric = a_python || self.heap.is_int(a) || a.is_bool() || self.heap.is_float(a);
        let b_first = fb.is_some() && (!numeric || self.issubclass(tb, ta));
        if b_first && let Some(f) = fb {
            let v = self.call_bound(f, b, &[a])?;
            if v != Val::NOT_IMPLEMENTED {
                return Ok(v);
            }
        }
        if let Some(f) = self.special(a, names.method) {
            let v = self.call_bound(f, a, &[b])?;
            if v != Val::NOT_IMPLEMENTED {
                return Ok(v);
            }
        } else if self.native_part(a).is_some() || !a_python {
            // A native left operand, or the native part of one.
            let (x, y) = (self.unwrap(a), self.unwrap(b));
            let native = self.native_type_of(x);
            if let Some(f) = native.binary {
                let v = f(self, op, x, y)?;
                if v != Val::NOT_IMPLEMENTED {
                    return Ok(v);
                }
            }
        }
        if !b_first && let Some(f) = fb {
            let v = self.call_bound(f, b, &[a])?;
            if v != Val::NOT_IMPLEMENTED {
                return Ok(v);
            }
        }
        if fb.is_none() && self.native_part(b).is_some() {
            let (x, y) = (self.unwrap(a), self.unwrap(b));
            if let Some(f) = self.native_type_of(y).reflected {
                return f(self, op, x, y);
            }
        }
        Ok(Val::NOT_IMPLEMENTED)
    }

    fn native_binary(&mut self, op: BinOp, a: Val, b: Val) -> R {
        if let Some(f) = self.native_type_of(a).binary {
            let v = f(self, op, a, b)?;
            if v != Val::NOT_IMPLEMENTED {
                return Ok(v);
            }
        }
        if let Some(f) = self.native_type_of(b).reflected {
            return f(self, op, a, b);
        }
        Ok(Val::NOT_IMPLEMENTED)
    }

    /// `a op b` where one of them is a class: what its metaclass makes of it.
    pub(crate) fn metaclass_binary(&mut self, op: BinOp, a: Val, b: Val) -> R {
        let names = &BINARY[op as usize];
        if let Some(f) = self.special(a, names.method) {
            let v = self.call_bound(f, a, &[b])?;
            if v != Val::NOT_IMPLEMENTED {
                return Ok(v);
            }
        }
        match self.special(b, names.reflected) {
            Some(f) => self.call_bound(f, b, &[a]),
            None => Ok(Val::NOT_IMPLEMENTED),
        }
    }

    /// `-a`, `+a`, `~a`, `abs(a)`.
    ///
    /// # Errors
    /// TypeError; what the operand raises.
    pub fn unary(&mut self, op: UnOp, a: Val) -> R {
        let (sign, name) = match op {
            UnOp::Neg => ("unary -", q::__neg__),
            UnOp::Pos => ("unary +", q::__pos__),
            UnOp::Invert => ("unary ~", q::__invert__),
            UnOp::Abs => ("abs()", q::__abs__),
        };
        if let Some(f) = self.special(a, name) {
            return self.call_bound(f, a, &[]);
        }
        let inner = self.unwrap(a);
        if let Some(f) = self.native_type_of(inner).unary {
            let v = f(self, op, inner)?;
            if v != Val::NOT_IMPLEMENTED {
                return Ok(v);
            }
        }
        let t = self.type_name(a);
        Err(self.type_error(format_args!("bad operand type for {sign}: '{t}'")))
    }

    // ---- comparison ----

    /// `a op b`, whatever the operands make of it.
    ///
    /// # Errors
    /// TypeError for an order that is not defined; what the operands raise.
    pub fn compare(&mut self, op: CmpOp, a: Val, b: Val) -> R {
        let v = self.compare_or_not(op, a, b)?;
        if v != Val::NOT_IMPLEMENTED { Ok(v) } else { self.compare_last(op, a, b) }
    }

    /// `a op b` after the method of `a` itself gave `NotImplemented`.
    pub(super) fn compare_reflected(&mut self, op: CmpOp, a: Val, b: Val) -> R {
        let v = self.compare_one(COMPARE[op as usize].2, b, a)?;
        if v != Val::NOT_IMPLEMENTED { Ok(v) } else { self.compare_last(op, a, b) }
    }

    /// `a op b` where neither knows how.
    fn compare_last(&mut self, op: CmpOp, a: Val, b: Val) -> R {
        match op {
            CmpOp::Eq => Ok(Val::bool(a == b)),
            CmpOp::Ne => Ok(Val::bool(a != b)),
            _ => {
                let (x, y) = (self.type_name(a), self.type_name(b));
                let sign = COMPARE[op as usize].0;
                Err(self
                    .type_error(format_args!("'{sign}' not supported between instances of '{x}' and '{y}'")))
            }
        }
    }

    fn compare_or_not(&mut self, op: CmpOp, a: Val, b: Val) -> R {
        if (a.is_small() || a.is_unboxed_float())
            && (b.is_small() || b.is_unboxed_float())
            && let Some(compare) = crate::objects::float::FLOAT.compare
            && a.is_unboxed_float()
        {
            return compare(self, op, a, b);
        }
        let swapped = COMPARE[op as usize].2;
        let (pa, pb) = (self.is_python_object(a), self.is_python_object(b));
        if pa || pb {
            let (ta, tb) = (self.type_of(a), self.type_of(b));
            let b_first = ta != tb && pb && self.issubclass(tb, ta);
            if b_first {
                let v = self.compare_one(swapped, b, a)?;
                if v != Val::NOT_IMPLEMENTED {
                    return Ok(v);
                }
            }
            let v = self.compare_one(op, a, b)?;
            if v != Val::NOT_IMPLEMENTED || b_first {
                return Ok(v);
            }
            return self.compare_one(swapped, b, a);
        }
        let v = self.compare_native(op, a, b)?;
        if v != Val::NOT_IMPLEMENTED {
            return Ok(v);
        }
        self.compare_native(swapped, b, a)
    }

    /// One direction of a comparison.
    fn compare_one(&mut self, op: CmpOp, a: Val, b: Val) -> R {
        if let Some(f) = self.special(a, COMPARE[op as usize].1) {
            return self.call_bound(f, a, &[b]);
        }
        // `!=` is the opposite of a Python `__eq__`.
        if op == CmpOp::Ne
            && let Some(f) = self.special(a, q::__eq__)
        {
            let v = self.call_bound(f, a, &[b])?;
            if v == Val::NOT_IMPLEMENTED {
                return Ok(v);
            }
            let t = self.truth(v)?;
            return Ok(Val::bool(!t));
        }
        let (x, y) = (self.unwrap(a), self.unwrap(b));
        if self.heap.is(x, Kind::Instance) { Ok(Val::NOT_IMPLEMENTED) } else { self.compare_native(op, x, y) }
    }

    fn compare_native(&mut self, op: CmpOp, a: Val, b: Val) -> R {
        let Some(f) = self.native_type_of(a).compare else { return Ok(Val::NOT_IMPLEMENTED) };
        self.enter_native()?;
        let v = f(self, op, a, b);
        self.leave_native();
        v
    }

    /// `a == b` as a truth value; identical objects are equal (as containers compare their items).
    ///
    /// # Errors
    /// What an `__eq__` raises.
    pub fn eq(&mut self, a: Val, b: Val) -> R<bool> {
        if a == b {
            return Ok(true);
        }
        if let Ok(equal) = self.heap.eq_simple(a, b) {
            return Ok(equal);
        }
        let v = self.compare(CmpOp::Eq, a, b)?;
        self.truth(v)
    }

    /// `a < b` as a truth value.
    ///
    /// # Errors
    /// As [`Vm::compare`].
    pub fn lt(&mut self, a: Val, b: Val) -> R<bool> {
        let v = self.compare(CmpOp::Lt, a, b)?;
        self.truth(v)
    }

    /// `bool(v)`.
    ///
    /// # Errors
    /// What `__bool__` or `__len__` raises.
    pub fn truth(&mut self, v: Val) -> R<bool> {
        if v.is_small() {
            return Ok(v != Val::ZERO);
        }
        if v.is_unboxed_float() {
            return Ok(v != Val::ZERO_F);
        }
        if !v.is_ptr() {
            return Ok(!matches!(v, Val::NONE | Val::FALSE) && v != Val::qstr(q::EMPTY));
        }
        match self.heap.cell_kind(v) {
            Kind::List => return Ok(self.heap.list_len(v) != 0),
            Kind::Dict | Kind::Set => return Ok(self.heap.table_len(v) != 0),
            _ => {}
        }
        if let Some(f) = self.special(v, q::__bool__) {
            let b = self.call_bound(f, v, &[])?;
            return self.bool_answer(b);
        }
        if self.special(v, q::__len__).is_some() {
            return Ok(self.len(v)? != 0);
        }
        let inner = self.unwrap(v);
        let t = self.native_type_of(inner);
        match (t.truth, t.len) {
            (Some(f), _) => f(self, inner),
            (None, Some(f)) => Ok(f(self, inner)? != 0),
            _ => Ok(true),
        }
    }

    /// What a `__bool__` gave, as a bool.
    pub(super) fn bool_answer(&mut self, b: Val) -> R<bool> {
        if b.is_bool() {
            return Ok(b == Val::TRUE);
        }
        let t = self.type_name(b);
        Err(self.type_error(format_args!("__bool__ should return bool, returned {t}")))
    }

    /// What a `__len__` gave, as a length.
    pub(super) fn len_answer(&mut self, n: Val) -> R<usize> {
        let n = self.index(n)?;
        usize::try_from(n).map_err(|_| self.value_error(format_args!("__len__() should return >= 0")))
    }

    /// TypeError unless what an `__iter__` gave is an iterator.
    pub(super) fn check_iterator(&mut self, it: Val) -> R<()> {
        let is_iterator = self.special(it, q::__next__).is_some()
            || self.native_type_of(self.unwrap(it)).next.is_some()
            || self.heap.is(it, Kind::Generator);
        if is_iterator {
            return Ok(());
        }
        let t = self.type_name(it);
        Err(self.type_error(format_args!("iter() returned non-iterator of type '{t}'")))
    }

    /// `hash(v)`.
    ///
    /// # Errors
    /// TypeError "unhashable type"; what `__hash__` raises.
    pub fn hash(&mut self, v: Val) -> R<i32> {
        if let Ok(h) = self.heap.hash_simple(v) {
            return Ok(h);
        }
        match self.heap.kind(v) {
            Some(Kind::Instance | Kind::Exception) => {
                let class = self.type_of(v);
                if let Some(f) = self.python_attr(class, q::__hash__) {
                    if f.is_none() {
                        return Err(self.unhashable(v));
                    }
                    let h = self.call_bound(f, v, &[])?;
                    let Some(h) = self.as_int(h) else {
                        return Err(self.type_error(format_args!("__hash__ method should return an integer")));
                    };
                    return self.hash(h);
                }
                match self.native_part(v) {
                    Some(inner) => self.hash(inner),
                    None => Ok(self.heap.hash_identity(v)),
                }
            }
            Some(Kind::Tuple) => {
                self.enter_native()?;
                let h = self.hash_tuple(v);
                self.leave_native();
                h
            }
            _ => {
                let t = self.native_type_of(v);
                if t.unhashable {
                    return Err(self.unhashable(v));
                }
                match t.hash {
                    Some(f) => Ok(f(self, v)? as i32),
                    None => Ok(self.heap.hash_identity(v)),
                }
            }
        }
    }

    fn hash_tuple(&mut self, v: Val) -> R<i32> {
        let mut h = 0x345_678;
        let n = self.heap.tuple(v).len();
        for i in 0..n {
            let item = self.heap.tuple(v)[i];
            h = {
                let item = self.hash(item)?;
                crate::heap::combine_hashes(h, item)
            };
        }
        Ok(h)
    }

    #[cold]
    pub(crate) fn unhashable(&mut self, v: Val) -> Raised {
        let t = self.type_name(v);
        self.type_error(format_args!("unhashable type: '{t}'"))
    }

    // ---- numbers ----

    /// An int (with True and False as such), if `v` is one or derives from it.
    pub fn as_int(&self, v: Val) -> Option<Val> {
        match self.unwrap(v) {
            Val::TRUE => Some(Val::ONE),
            Val::FALSE => Some(Val::ZERO),
            v if self.heap.is_int(v) => Some(v),
            _ => None,
        }
    }

    /// `operator.index(v)` as an int object.
    ///
    /// # Errors
    /// TypeError "cannot be interpreted as an integer".
    pub fn index_val(&mut self, v: Val) -> R {
        if let Some(i) = self.as_int(v) {
            return Ok(i);
        }
        if let Some(f) = self.special(v, q::__index__) {
            let i = self.call_bound(f, v, &[])?;
            if let Some(i) = self.as_int(i) {
                return Ok(i);
            }
            let t = self.type_name(i);
            return Err(self.type_error(format_args!("__index__ returned non-int (type {t})")));
        }
        let t = self.type_name(v);
        Err(self.type_error(format_args!("'{t}' object cannot be interpreted as an integer")))
    }

    /// `operator.index(v)` as a machine integer.
    ///
    /// # Errors
    /// TypeError as [`Vm::index_val`]; OverflowError beyond 64 bits.
    pub fn index(&mut self, v: Val) -> R<i64> {
        if v.is_small() {
            return Ok(i64::from(v.small_value()));
        }
        let i = self.index_val(v)?;
        match self.heap.as_i64(i) {
            Some(i) => Ok(i),
            None => {
                Err(self
                    .raise(ExcKind::OverflowError, format_args!("Python int too large to convert to C long")))
            }
        }
    }

    /// A number as a float: float, int, or `__float__`.
    ///
    /// # Errors
    /// TypeError "must be real number, not …".
    pub fn to_float(&mut self, v: Val) -> R<f32> {
        let inner = self.unwrap(v);
        if let Some(f) = self.heap.as_float(inner) {
            return Ok(f);
        }
        if let Some(i) = self.as_int(inner) {
            return Ok(match i.as_small() {
                Some(i) => i as f32,
                None => self.heap.big(i).to_f32(),
            });
        }
        for name in [q::__float__, q::__index__] {
            if let Some(f) = self.special(v, name) {
                let x = self.call_bound(f, v, &[])?;
                return self.to_float(x);
            }
        }
        let t = self.type_name(v);
        Err(self.type_error(format_args!("must be real number, not {t}")))
    }

    // ---- containers ----

    /// `len(v)`.
    ///
    /// # Errors
    /// TypeError if it has none; what `__len__` raises.
    pub fn len(&mut self, v: Val) -> R<usize> {
        match self.heap.kind(v) {
            Some(Kind::List) => return Ok(self.heap.list_len(v)),
            Some(Kind::Dict | Kind::Set | Kind::FrozenSet) => return Ok(self.heap.table_len(v)),
            Some(Kind::Tuple) => return Ok(self.heap.tuple(v).len()),
            _ => {}
        }
        if let Some(f) = self.special(v, q::__len__) {
            let n = self.call_bound(f, v, &[])?;
            return self.len_answer(n);
        }
        let inner = self.unwrap(v);
        match self.native_type_of(inner).len {
            Some(f) => f(self, inner),
            None => {
                let t = self.type_name(v);
                Err(self.type_error(format_args!("object of type '{t}' has no len()")))
            }
        }
    }

    /// `item in container`.
    ///
    /// # Errors
    /// TypeError if it is no container; what comparing raises.
    pub fn contains(&mut self, container: Val, item: Val) -> R<bool> {
        if let Some(t) = self.plain_type_of(container)
            && let Some(f) = t.contains
        {
            return f(self, container, item);
        }
        if let Some(f) = self.special(container, q::__contains__) {
            if f.is_none() {
                let t = self.type_name(container);
                return Err(self.type_error(format_args!("'{t}' object is not a container")));
            }
            let v = self.call_bound(f, container, &[item])?;
            return self.truth(v);
        }
        let inner = self.unwrap(container);
        if self.special(container, q::__iter__).is_none()
            && let Some(f) = self.native_type_of(inner).contains
        {
            return f(self, inner, item);
        }
        let it = match self.iter(container) {
            Ok(it) => it,
            Err(raised) => {
                if !self.exc_is(ExcKind::TypeError) {
                    return Err(raised);
                }
                self.take_exc();
                let t = self.type_name(container);
                return Err(self.type_error(format_args!("argument of type '{t}' is not iterable")));
            }
        };
        self.heap.keep(it)?;
        loop {
            let mark = self.heap.mark_temps();
            let Some(x) = self.next(it)? else { return Ok(false) };
            if self.eq(x, item)? {
                return Ok(true);
            }
            self.heap.release_temps(mark);
        }
    }

    /// `obj[index]`.
    ///
    /// # Errors
    /// IndexError, KeyError, TypeError "not subscriptable"; what `__getitem__` raises.
    pub fn get_item(&mut self, obj: Val, index: Val) -> R {
        if let Some(t) = self.plain_type_of(obj)
            && let Some(f) = t.get_item
        {
            return f(self, obj, index);
        }
        if let Some(f) = self.special(obj, q::__getitem__) {
            return self.call_bound(f, obj, &[index]);
        }
        let inner = self.unwrap(obj);
        if let Some(f) = self.native_type_of(inner).get_item {
            if inner != obj && self.heap.is(inner, Kind::Dict) {
                return self.get_item_or_missing(obj, inner, index);
            }
            return f(self, inner, index);
        }
        if self.is_class(obj) {
            let class_getitem = self.find_attr(obj, q::__class_getitem__)?;
            if let Some(f) = class_getitem {
                return self.call(f, &[index]);
            }
            // Generic aliases such as list[int] stand for the class itself.
            if self.as_native_type(obj).is_some() {
                return Ok(obj);
            }
            let n = self.class_name(obj);
            return Err(self.type_error(format_args!("type '{n}' is not subscriptable")));
        }
        let t = self.type_name(obj);
        Err(self.type_error(format_args!("'{t}' object is not subscriptable")))
    }

    /// A dict subclass with `__missing__`.
    fn get_item_or_missing(&mut self, obj: Val, inner: Val, index: Val) -> R {
        let Some(f) = self.native_type_of(inner).get_item else { return Ok(Val::NONE) };
        match f(self, inner, index) {
            Err(raised) => {
                if !self.exc_is(ExcKind::KeyError) {
                    return Err(raised);
                }
                let Some(missing) = self.special(obj, q::__missing__) else { return Err(raised) };
                self.take_exc();
                self.call_bound(missing, obj, &[index])
            }
            ok => ok,
        }
    }

    /// `obj[index] = v`.
    ///
    /// # Errors
    /// As [`Vm::get_item`].
    pub fn set_item(&mut self, obj: Val, index: Val, v: Val) -> R<()> {
        if let Some(t) = self.plain_type_of(obj)
            && let Some(f) = t.set_item
        {
            return f(self, obj, index, v);
        }
        if let Some(f) = self.special(obj, q::__setitem__) {
            self.call_bound(f, obj, &[index, v])?;
            return Ok(());
        }
        let inner = self.unwrap(obj);
        if let Some(f) = self.native_type_of(inner).set_item {
            return f(self, inner, index, v);
        }
        let t = self.type_name(obj);
        Err(self.type_error(format_args!("'{t}' object does not support item assignment")))
    }

    /// `del obj[index]`.
    ///
    /// # Errors
    /// As [`Vm::get_item`].
    pub fn del_item(&mut self, obj: Val, index: Val) -> R<()> {
        if let Some(f) = self.special(obj, q::__delitem__) {
            self.call_bound(f, obj, &[index])?;
            return Ok(());
        }
        let inner = self.unwrap(obj);
        if let Some(f) = self.native_type_of(inner).set_item {
            return f(self, inner, index, Val::NULL);
        }
        let t = self.type_name(obj);
        Err(self.type_error(format_args!("'{t}' object does not support item deletion")))
    }

    // ---- iteration ----

    /// `iter(v)`.
    ///
    /// # Errors
    /// TypeError "not iterable"; what `__iter__` raises.
    pub fn iter(&mut self, v: Val) -> R {
        if self.heap.is(v, Kind::Generator) {
            return Ok(v);
        }
        if let Some(f) = self.special(v, q::__iter__) {
            if f.is_none() {
                let t = self.type_name(v);
                return Err(self.type_error(format_args!("'{t}' object is not iterable")));
            }
            let it = self.call_bound(f, v, &[])?;
            self.check_iterator(it)?;
            return Ok(it);
        }
        let inner = self.unwrap(v);
        let t = self.native_type_of(inner);
        if let Some(f) = t.iter {
            return f(self, inner);
        }
        if t.next.is_some() {
            return Ok(inner);
        }
        if self.special(v, q::__getitem__).is_some() {
            return crate::objects::iterators::iter_by_index(self, v);
        }
        let t = self.type_name(v);
        Err(self.type_error(format_args!("'{t}' object is not iterable")))
    }

    /// The next item of an iterator, None at its end.
    ///
    /// # Errors
    /// TypeError if it is none; what `__next__` raises.
    pub fn next(&mut self, it: Val) -> R<Option<Val>> {
        // Whoever goes through many items comes here for each.
        self.poll()?;
        if self.heap.is(it, Kind::Iter) {
            return crate::objects::iterators::next(self, it);
        }
        if self.heap.is(it, Kind::Generator) {
            return self.next_of_generator(it);
        }
        if let Some(f) = self.special(it, q::__next__) {
            return match self.call_bound(f, it, &[]) {
                Ok(v) => Ok(Some(v)),
                Err(raised) => {
                    if !self.exc_is(ExcKind::StopIteration) {
                        return Err(raised);
                    }
                    let e = self.take_exc();
                    let valued = !self.heap.tuple(self.heap.val(e, 2)).is_empty();
                    self.heap.set_root(Root::Stopped, if valued { e } else { Val::NULL });
                    self.stopped_depth = self.depth;
                    Ok(None)
                }
            };
        }
        let inner = self.unwrap(it);
        match self.native_type_of(inner).next {
            Some(f) => {
                // Iterators over iterators (map, zip, enumerate …) nest on the native stack.
                self.enter_native()?;
                let v = f(self, inner);
                self.leave_native();
                v
            }
            None => {
                let t = self.type_name(it);
                Err(self.type_error(format_args!("'{t}' object is not an iterator")))
            }
        }
    }

    /// Calls `f` with every item of an iterable.
    ///
    /// # Errors
    /// What iterating or `f` raises.
    pub fn for_each(&mut self, v: Val, mut f: impl FnMut(&mut Vm, Val) -> R<()>) -> R<()> {
        let it = self.iter(v)?;
        self.heap.keep(it)?;
        loop {
            let mark = self.heap.mark_temps();
            let Some(x) = self.next(it)? else { return Ok(()) };
            f(self, x)?;
            self.heap.release_temps(mark);
            self.poll()?;
        }
    }

    /// A new list of the items of an iterable.
    ///
    /// # Errors
    /// What iterating raises; MemoryError.
    pub fn collect_list(&mut self, v: Val) -> R {
        if matches!(self.heap.kind(v), Some(Kind::List | Kind::Tuple)) {
            return Ok(self.heap.new_list_of(v)?);
        }
        let list = self.heap.new_list_cap(0)?;
        self.for_each(v, |vm, x| Ok(vm.heap.list_push(list, x)?))?;
        Ok(list)
    }

    // ---- dicts and sets with any keys ----

    /// `dict[key]`, None if absent.
    ///
    /// # Errors
    /// TypeError for unhashable keys; what `__hash__` and `__eq__` raise.
    pub fn dict_lookup(&mut self, d: Val, key: Val) -> R<Option<Val>> {
        keys::get(self, d, key)
    }

    /// `dict[key] = v`.
    ///
    /// # Errors
    /// As [`Vm::dict_lookup`]; MemoryError.
    pub fn dict_store(&mut self, d: Val, key: Val, v: Val) -> R<()> {
        keys::set(self, d, key, v)
    }

    /// `set.add(key)`.
    ///
    /// # Errors
    /// As [`Vm::dict_lookup`]; MemoryError.
    pub fn set_insert(&mut self, s: Val, key: Val) -> R<()> {
        keys::add(self, s, key).map(drop)
    }
}
