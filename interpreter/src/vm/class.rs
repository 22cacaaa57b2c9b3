//! Classes: method resolution order, creation, instances, `super`.
//!
//! A class cell: w1 = namespace, w2 = order (tuple, itself first), w3 = info tuple; aux = root shape;
//! F_A: attribute hooks (`__getattr__` and the like) exist; F_B: there may be data descriptors, or a native part.

use super::Vm;
use super::shape::{NATIVE_PART, ShapeId};
use crate::heap::cell::{F_A, F_B, F_V1, F_V2, F_V3, header};
use crate::heap::{Kind, Root, q};
use crate::objects::class::TYPE;
use crate::objects::native::{Args, ExcKind, NativeType, R};
use crate::objects::object::OBJECT;
use crate::registry::ids;
use crate::value::{Imm, Qstr, Val};
use alloc::vec::Vec;

/// `__name__`.
pub(crate) const INFO_NAME: usize = 0;
/// `__bases__`.
pub(crate) const INFO_BASES: usize = 1;
/// The native type it derives from, or None.
pub(crate) const INFO_NATIVE: usize = 2;

/// What making an instance needs to know: NULL (not looked up yet), UNBOUND (nothing special can be kept), None (no
/// `__init__`), or the function `__init__` of a class without `__new__` and native part.
pub(crate) const INFO_INIT: usize = 3;

/// Whether inline caches keep data of the class's namespace: False, True, or None once they did and the data changed.
pub(crate) const INFO_CACHED: usize = 4;
/// The metaclass, in the info of classes that have one.
const INFO_META: usize = 5;

const HOOKS: [Qstr; 4] = [q::__getattr__, q::__getattribute__, q::__setattr__, q::__delattr__];

impl Vm {
    /// A field of a Python class's info.
    pub(crate) fn class_info(&self, class: Val, i: usize) -> Val {
        self.heap.tuple(self.heap.val(class, 3))[i]
    }

    /// The kept `__init__` of a class, see [`INFO_INIT`].
    pub(crate) fn class_init(&mut self, class: Val) -> Val {
        let kept = self.class_info(class, INFO_INIT);
        if !kept.is_null() {
            return kept;
        }
        let plain = self.native_base(class).is_none()
            && self.python_attr(class, q::__new__).is_none()
            && self.special(class, q::__call__).is_none();
        let init = match self.python_attr(class, q::__init__) {
            _ if !plain => Val::UNBOUND,
            None => Val::NONE,
            Some(f) if self.heap.is(f, Kind::Function) => f,
            Some(_) => Val::UNBOUND,
        };
        let info = self.heap.val(class, 3);
        self.heap.tuple_mut(info)[INFO_INIT] = init;
        init
    }

    /// Forgets what classes keep, after a change in one of them.
    pub(crate) fn forget_inits(&mut self) {
        let classes = self.heap.root(Root::Classes);
        for i in 0..self.heap.list_len(classes) {
            let info = self.heap.val(self.heap.list(classes)[i], 3);
            self.heap.tuple_mut(info)[INFO_INIT] = Val::NULL;
        }
    }

    /// The shape of an instance without attributes.
    pub(crate) fn root_shape(&self, class: Val) -> ShapeId {
        self.heap.aux(class)
    }

    /// The metaclass of a Python class, if that is a Python class too.
    #[inline]
    pub(crate) fn metaclass(&self, class: Val) -> Option<Val> {
        self.heap.tuple(self.heap.val(class, 3)).get(INFO_META).copied()
    }

    /// The metaclass that a class gets: the most derived of the one asked for and the bases'.
    ///
    /// # Errors
    /// TypeError if there is none.
    pub(crate) fn metaclass_for(&mut self, asked: Val, bases: &[Val]) -> R {
        let mut meta = asked;
        for &base in bases {
            let other = self.type_of(base);
            if !self.is_class(base) || self.issubclass(meta, other) {
                continue;
            }
            if !self.issubclass(other, meta) {
                return Err(self.type_error(format_args!(
                    "metaclass conflict: the metaclass of a derived class must be a (non-strict) subclass of the metaclasses of all its bases"
                )));
            }
            meta = other;
        }
        Ok(meta)
    }

    /// Are there `__getattr__`, `__setattr__` and the like?
    #[inline]
    pub(crate) fn class_has_hooks(&self, class: Val) -> bool {
        self.heap.flag(class, F_A)
    }

    /// The method resolution order, the class itself first.
    pub(crate) fn mro(&self, class: Val) -> Vec<Val> {
        if let Some(t) = self.as_native_type(class) {
            let mut v = Vec::new();
            let mut t = Some(t);
            while let Some(x) = t {
                v.push(x.val());
                if x.val() == ExcKind::ExceptionGroup.val() {
                    v.push(ExcKind::BaseExceptionGroup.val());
                }
                t = x.base;
            }
            if v.last() != Some(&OBJECT.val()) {
                v.push(OBJECT.val());
            }
            return v;
        }
        self.heap.tuple(self.heap.val(class, 2)).to_vec()
    }

    /// Makes a class: `type(name, bases, namespace, **keywords)`, with this metaclass or one derived from it.
    ///
    /// # Errors
    /// TypeError for bases that do not fit; what `__set_name__` and `__init_subclass__` raise.
    pub fn new_class(&mut self, meta: Val, name: Val, bases: &[Val], namespace: Val, kw: &[(Val, Val)]) -> R {
        let object = [OBJECT.val()];
        let bases = if bases.is_empty() { &object[..] } else { bases };
        let mut native: Option<&'static NativeType> = None;
        for &b in bases {
            if !self.is_class(b) {
                let t = self.type_name(b);
                return Err(self.type_error(format_args!("bases must be types, not '{t}'")));
            }
            if let Some(t) = self.as_native_type(b)
                && !t.subclassable
            {
                return Err(self.type_error(format_args!("type '{}' is not an acceptable base type", t.name)));
            }
            let Some(t) = self.native_base(b).filter(|t| t.id != ids::OBJECT) else { continue };
            native = match native {
                None => Some(t),
                Some(n) if n.is_subtype(t) => Some(n),
                Some(n) if t.is_subtype(n) => Some(t),
                Some(_) => {
                    return Err(
                        self.type_error(format_args!("multiple bases have instance lay-out conflict"))
                    );
                }
            };
        }
        for (key, f) in [(q::__init_subclass__, true), (q::__class_getitem__, true), (q::__new__, false)] {
            if let Some(v) = self.heap.dict_get_qstr(namespace, key)
                && matches!(self.heap.kind(v), Some(Kind::Function | Kind::Closure))
            {
                let kind = if f { Kind::ClassMethod } else { Kind::StaticMethod };
                let wrapped = self.heap.alloc_cell(header(kind, F_V1, 0), v.bits(), 0, 0)?;
                self.heap.dict_set_qstr(namespace, key, wrapped)?;
            }
        }
        // `__eq__` without `__hash__` makes instances unhashable.
        if self.heap.dict_get_qstr(namespace, q::__eq__).is_some()
            && self.heap.dict_get_qstr(namespace, q::__hash__).is_none()
        {
            self.heap.dict_set_qstr(namespace, q::__hash__, Val::NONE)?;
        }
        let meta = self.metaclass_for(meta, bases)?;
        let bases_tuple = self.heap.new_tuple(bases)?;
        let native_val = native.map_or(Val::NONE, NativeType::val);
        let info = [name, bases_tuple, native_val, Val::NULL, Val::FALSE, meta];
        let info = self.heap.new_tuple(&info[..if meta.is_ptr() { 6 } else { 5 }])?;
        let class = self.heap.alloc_cell(
            header(Kind::Class, F_V1 | F_V2 | F_V3, 0),
            namespace.bits(),
            Val::NONE.bits(),
            info.bits(),
        )?;
        let order = self.linearise(class, bases)?;
        let order = self.heap.new_tuple(&order)?;
        self.heap.set_val(class, 2, order);
        self.tidy_shapes();
        let shape = self.shapes.new_root(&mut self.heap.shape_classes, class)?;
        self.heap.set_aux(class, shape);
        let hooks = HOOKS.iter().any(|&h| self.python_attr(class, h).is_some());
        self.heap.set_flag(class, F_A, hooks);
        let descriptors = native.is_some()
            || bases.iter().any(|&b| b.is_ptr() && self.heap.flag(b, F_B))
            || self.has_descriptor(namespace);
        self.heap.set_flag(class, F_B, descriptors);
        let classes = self.heap.root(Root::Classes);
        self.heap.list_push(classes, class)?;

        // All of them first: a __set_name__ may change the namespace.
        let named = self.heap.new_list_cap(0)?;
        let mut i = 0;
        while let Some((next, key, v)) = self.heap.table_next(namespace, i) {
            i = next;
            if self.special(v, q::__set_name__).is_some() {
                self.heap.list_push(named, key)?;
                self.heap.list_push(named, v)?;
            }
        }
        for i in 0..self.heap.list_len(named) / 2 {
            let (key, v) = (self.heap.list(named)[2 * i], self.heap.list(named)[2 * i + 1]);
            if let Some(f) = self.special(v, q::__set_name__) {
                self.call_bound(f, v, &[class, key])?;
            }
        }
        if let Some(f) = self.class_attr_from(class, 1, q::__init_subclass__)
            && self.heap.is(f, Kind::ClassMethod)
        {
            let f = self.heap.val(f, 1);
            self.call_kw(f, &[class], kw)?;
        } else if let Some((k, _)) = kw.first() {
            let _ = k;
            let n = super::beginning(self.heap.as_str(name).unwrap_or("?"));
            return Err(self.type_error(format_args!("{n}.__init_subclass__() takes no keyword arguments")));
        }
        Ok(self.heap.keep(class)?)
    }

    /// May an inline cache keep `v`, what instances find in their class under `name`? Notes that one does.
    pub(super) fn note_cached_data(&mut self, class: Val, name: Qstr, v: Val) -> bool {
        let callable = matches!(
            self.heap.kind(v),
            Some(Kind::Function | Kind::Closure | Kind::BoundMethod | Kind::StaticMethod | Kind::ClassMethod)
        );
        if callable || self.may_be_descriptor(v) {
            return false;
        }
        for i in 0..self.heap.tuple(self.heap.val(class, 2)).len() {
            let c = self.heap.tuple(self.heap.val(class, 2))[i];
            if !c.is_ptr() {
                return false;
            }
            if let Some(found) = self.heap.dict_get_qstr(self.heap.val(c, 1), name) {
                let info = self.heap.val(c, 3);
                if found != v || self.heap.tuple(info)[INFO_CACHED].is_none() {
                    return false;
                }
                self.heap.tuple_mut(info)[INFO_CACHED] = Val::TRUE;
                return true;
            }
        }
        false
    }

    /// Is there a value in a namespace that may be a data descriptor?
    fn has_descriptor(&self, namespace: Val) -> bool {
        let mut i = 0;
        while let Some((next, _, v)) = self.heap.table_next(namespace, i) {
            i = next;
            if self.may_be_descriptor(v) {
                return true;
            }
        }
        false
    }

    fn may_be_descriptor(&self, v: Val) -> bool {
        matches!(self.heap.kind(v), Some(Kind::Property | Kind::Instance | Kind::Exception))
            || v.imm_payload(Imm::NativeFn).is_some()
    }

    /// C3 linearisation.
    fn linearise(&mut self, class: Val, bases: &[Val]) -> R<Vec<Val>> {
        let mut seqs: Vec<Vec<Val>> = bases.iter().map(|&b| self.mro(b)).collect();
        seqs.push(bases.to_vec());
        let mut order = Vec::new();
        order.push(class);
        loop {
            seqs.retain(|s| !s.is_empty());
            if seqs.is_empty() {
                return Ok(order);
            }
            let next = seqs.iter().map(|s| s[0]).find(|c| !seqs.iter().any(|s| s[1..].contains(c)));
            let Some(next) = next else {
                let names = bases.iter().map(|&b| self.class_name(b)).collect::<Vec<_>>().join(", ");
                return Err(self.type_error(format_args!(
                    "Cannot create a consistent method resolution order (MRO) for bases {names}"
                )));
            };
            order.push(next);
            for s in &mut seqs {
                s.retain(|c| *c != next);
            }
        }
    }

    /// `class.name = v` (NULL deletes).
    pub(crate) fn set_class_attr(&mut self, class: Val, name: Qstr, v: Val) -> R<()> {
        let dict = self.heap.val(class, 1);
        if name == q::__name__ && self.heap.is_str(v) {
            let info = self.heap.val(class, 3);
            self.heap.tuple_mut(info)[INFO_NAME] = v;
            return Ok(());
        }
        let old = self.heap.dict_get_qstr(dict, name);
        if v.is_null() {
            if self.heap.dict_del_qstr(dict, name).is_none() {
                return Err(self.no_attribute(class, name));
            }
        } else {
            self.heap.dict_set_qstr(dict, name, v)?;
        }
        // Plain data that replaces plain data is in no cache, unless noted.
        let info = self.heap.val(class, 3);
        if self.heap.tuple(info)[INFO_CACHED] == Val::TRUE {
            self.heap.tuple_mut(info)[INFO_CACHED] = Val::NONE;
            self.forget_caches();
        }
        let plain =
            |vm: &Vm, v: Val| !matches!(vm.heap.kind(v), Some(Kind::Function)) && !vm.may_be_descriptor(v);
        if !old.is_some_and(|old| plain(self, old)) || v.is_null() || !plain(self, v) {
            self.forget_caches();
            self.forget_inits();
        }
        let descriptor = !v.is_null() && self.may_be_descriptor(v) && !self.heap.flag(class, F_B);
        if descriptor || HOOKS.contains(&name) {
            let classes = self.heap.list(self.heap.root(Root::Classes)).to_vec();
            for c in classes {
                if self.issubclass(c, class) {
                    if descriptor {
                        self.heap.set_flag(c, F_B, true);
                    }
                    let hooks = HOOKS.iter().any(|&h| self.python_attr(c, h).is_some());
                    self.heap.set_flag(c, F_A, hooks);
                }
            }
        }
        Ok(())
    }

    // ---- instances ----

    /// An instance without attributes of its own; `native` is its native part, if the class derives from a type
    /// that needs one.
    pub(crate) fn new_instance(&mut self, class: Val, native: Option<Val>) -> R {
        let mut shape = self.root_shape(class);
        if native.is_some() {
            shape = self.shapes.with(&mut self.heap.shape_classes, shape, NATIVE_PART)?;
        }
        let part = native.unwrap_or(Val::NULL).bits();
        Ok(self.heap.alloc_cell(header(Kind::Instance, F_V1 | F_V2 | F_V3, shape), part, 0, 0)?)
    }

    /// `object.__new__(class, *args)`, native parts included. For exceptions, sets `args`.
    pub(crate) fn default_new(&mut self, class: Val, args: Args) -> R {
        let Some(t) = self.native_base(class).filter(|t| t.id != ids::OBJECT) else {
            return self.new_instance(class, None);
        };
        let Some(new) = t.new else {
            let n = self.class_name(class);
            return Err(self.type_error(format_args!("cannot create '{n}' instances")));
        };
        if crate::objects::exception::is_exception_type(t) || t.id == ids::TYPE {
            return new(self, class, args);
        }
        if class == t.val() {
            return new(self, class, args);
        }
        // Immutable types take the arguments here; the others in __init__, unless that is theirs.
        let immutable = matches!(
            t.id,
            ids::INT
                | ids::FLOAT
                | ids::STR
                | ids::BYTES
                | ids::TUPLE
                | ids::FROZENSET
                | ids::COMPLEX
                | ids::BOOL
        );
        let own_init = self.python_attr(class, q::__init__).is_some();
        let args = if immutable || !own_init { args } else { Args { n: 0, nkw: 0, ..args } };
        let part = new(self, class, args)?;
        self.heap.keep(part)?;
        self.new_instance(class, Some(part))
    }

    // ---- super ----

    /// `super(class, obj)`.
    pub(crate) fn new_super(&mut self, class: Val, obj: Val) -> R {
        if !self.is_class(class) {
            let t = self.type_name(class);
            return Err(self.type_error(format_args!("super() argument 1 must be a type, not {t}")));
        }
        let fits = self.isinstance(obj, class) || (self.is_class(obj) && self.issubclass(obj, class));
        if !fits {
            return Err(
                self.type_error(format_args!("super(type, obj): obj must be an instance or subtype of type"))
            );
        }
        Ok(self.heap.alloc_cell(header(Kind::Super, F_V1 | F_V2, 0), class.bits(), obj.bits(), 0)?)
    }

    pub(crate) fn super_attr(&mut self, sup: Val, name: Qstr) -> R<Option<Val>> {
        let (start, obj) = (self.heap.val(sup, 1), self.heap.val(sup, 2));
        let on_class = self.is_class(obj) && self.issubclass(obj, start);
        let class = if on_class { obj } else { self.type_of(obj) };
        if name == q::__class__ {
            return Ok(Some(crate::objects::descriptors::SUPER.val()));
        }
        let skip = self.mro(class).iter().position(|&c| c == start).map_or(0, |i| i + 1);
        let Some(attr) = self.class_attr_from(class, skip, name) else { return Ok(None) };
        if on_class {
            return match self.heap.kind(attr) {
                Some(Kind::ClassMethod | Kind::StaticMethod) => self.bind(attr, obj, class).map(Some),
                None if self.is_class_function(attr) => self.bind(attr, obj, class).map(Some),
                _ => Ok(Some(attr)),
            };
        }
        self.bind(attr, obj, class).map(Some)
    }

    fn is_class_function(&self, attr: Val) -> bool {
        use crate::objects::native::Entry;
        attr.imm_payload(Imm::NativeFn)
            .is_some_and(|p| matches!(crate::registry::native_fn(p), Entry::Class(..)))
    }

    /// `isinstance(v, classes)` for a class or a tuple of classes, nested.
    ///
    /// # Errors
    /// TypeError if `classes` is something else.
    pub fn isinstance_of(&mut self, v: Val, classes: Val) -> R<bool> {
        if let Some(f) = self.special_named(classes, "__instancecheck__") {
            let v = self.call_bound(f, classes, &[v])?;
            return self.truth(v);
        }
        if self.heap.is_tuple(classes) {
            self.enter_native()?;
            let mut found = Ok(false);
            for i in 0..self.heap.tuple(classes).len() {
                let c = self.heap.tuple(classes)[i];
                found = self.isinstance_of(v, c);
                if found != Ok(false) {
                    break;
                }
            }
            self.leave_native();
            return found;
        }
        let class = self.type_of(v);
        self.issubclass_of(class, classes, "isinstance() arg 2 must be a type, a tuple of types, or a union")
    }

    /// A special method that the metaclass of a class defines.
    fn special_named(&mut self, class: Val, name: &str) -> Option<Val> {
        if !self.heap.is(class, Kind::Class) {
            return None;
        }
        let meta = self.metaclass(class)?;
        let name = self.heap.find_qstr(name)?;
        self.python_attr(meta, name)
    }

    /// `issubclass(class, classes)`.
    ///
    /// # Errors
    /// TypeError(`message`) if `classes` is no class or tuple of classes.
    pub fn issubclass_of(&mut self, class: Val, classes: Val, message: &str) -> R<bool> {
        if let Some(f) = self.special_named(classes, "__subclasscheck__") {
            let v = self.call_bound(f, classes, &[class])?;
            return self.truth(v);
        }
        if self.is_class(classes) {
            return Ok(self.issubclass(class, classes));
        }
        if !self.heap.is_tuple(classes) {
            return Err(self.type_error(format_args!("{message}")));
        }
        self.enter_native()?;
        let n = self.heap.tuple(classes).len();
        let mut found = Ok(false);
        for i in 0..n {
            let c = self.heap.tuple(classes)[i];
            found = self.issubclass_of(class, c, message);
            if found != Ok(false) {
                break;
            }
        }
        self.leave_native();
        found
    }

    /// The class `type`.
    pub(crate) fn type_class(&self) -> Val {
        TYPE.val()
    }
}
