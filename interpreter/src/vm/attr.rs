//! Types of values, and attributes: lookup along the method resolution order, descriptors, binding.

use super::Vm;
use crate::heap::cell::{F_A, F_B, F_V1, F_V2, header};
use crate::heap::{Kind, Root, q};
use crate::objects::native::{Entry, ExcKind, NativeModule, NativeType, R};
use crate::registry::{self, ids};
use crate::value::{Imm, Qstr, Val};
use alloc::string::String;

/// What a method lookup found: a callable, and whether it wants the object as first argument.
pub(crate) type Method = (Val, bool);

/// Marks a name of which is noted what Python classes have under it.
const PYTHON_ONLY: u32 = 1 << 16;

impl Vm {
    // ---- types ----

    /// The native type of a value: its own, or for instances of Python classes the nearest native base.
    #[inline]
    pub fn native_type_of(&self, v: Val) -> &'static NativeType {
        if v.is_ptr() {
            let kind = self.heap.cell_kind(v);
            if !matches!(kind, Kind::Instance | Kind::Exception | Kind::Object | Kind::Generator) {
                return registry::type_of_kind(kind);
            }
        }
        self.native_type_of_other(v)
    }

    /// The native type of anything but an instance of a Python class (or an exception, which may be one): no Python
    /// code has a say in what it does.
    #[inline]
    pub(crate) fn plain_type_of(&self, v: Val) -> Option<&'static NativeType> {
        if self.is_python_object(v) { None } else { Some(self.native_type_of(v)) }
    }

    /// Is its type a Python class (or an exception's)? Classes are such objects if they have a metaclass.
    #[inline]
    pub(crate) fn is_python_object(&self, v: Val) -> bool {
        match self.heap.kind(v) {
            Some(Kind::Instance | Kind::Exception) => true,
            Some(Kind::Class) => self.metaclass(v).is_some(),
            _ => false,
        }
    }

    /// The types of what is no cell, and of the cells whose kind does not tell.
    #[inline(never)]
    fn native_type_of_other(&self, v: Val) -> &'static NativeType {
        if v.is_small() {
            return &crate::objects::int::INT;
        }
        if v.is_unboxed_float() {
            return &crate::objects::float::FLOAT;
        }
        if !v.is_ptr() {
            if v.is_qstr() {
                return &crate::objects::str::STR;
            }
            if v.is_bool() {
                return &crate::objects::bool::BOOL;
            }
            if v.imm_payload(Imm::NativeFn).is_some() {
                return registry::native_type(ids::NATIVE_FUNCTION);
            }
            if v.imm_payload(Imm::NativeType).is_some() {
                return registry::native_type(ids::TYPE);
            }
            if v.imm_payload(Imm::NativeModule).is_some() {
                return registry::native_type(ids::MODULE);
            }
            return match v {
                Val::ELLIPSIS => registry::native_type(ids::ELLIPSIS),
                Val::NOT_IMPLEMENTED => registry::native_type(ids::NOT_IMPLEMENTED),
                _ => registry::native_type(ids::NONE),
            };
        }
        match self.heap.cell_kind(v) {
            Kind::Instance => match self.native_base(self.heap.shape_class(self.heap.aux(v))) {
                Some(t) => t,
                None => &crate::objects::object::OBJECT,
            },
            Kind::Exception => {
                let class = self.heap.val(v, 1);
                self.native_base(class).unwrap_or(&crate::objects::object::OBJECT)
            }
            Kind::Object => registry::native_type(self.heap.aux(v)),
            Kind::Generator if self.heap.flag(v, F_A) => registry::native_type(ids::COROUTINE),
            kind => registry::type_of_kind(kind),
        }
    }

    /// `type(v)`.
    pub fn type_of(&self, v: Val) -> Val {
        if v.is_ptr() {
            match self.heap.cell_kind(v) {
                Kind::Instance => return self.heap.shape_class(self.heap.aux(v)),
                Kind::Exception => return self.heap.val(v, 1),
                Kind::Class => {
                    if let Some(meta) = self.metaclass(v) {
                        return meta;
                    }
                }
                _ => {}
            }
        }
        self.native_type_of(v).val()
    }

    /// The native type that a class is or derives from; None if only `object`.
    pub fn native_base(&self, class: Val) -> Option<&'static NativeType> {
        if let Some(id) = class.imm_payload(Imm::NativeType) {
            return Some(registry::native_type(id as u16));
        }
        let base = self.class_info(class, super::class::INFO_NATIVE);
        base.imm_payload(Imm::NativeType).map(|id| registry::native_type(id as u16))
    }

    /// The native type that a value is (as a class), if it is one.
    pub fn as_native_type(&self, class: Val) -> Option<&'static NativeType> {
        class.imm_payload(Imm::NativeType).map(|id| registry::native_type(id as u16))
    }

    /// The native object inside an instance of a Python class that derives from a native type.
    pub fn native_part(&self, v: Val) -> Option<Val> {
        if !self.heap.is(v, Kind::Instance) {
            return None;
        }
        let class = self.heap.shape_class(self.heap.aux(v));
        self.native_base(class)?;
        if self.shapes.count(self.heap.aux(v)) == 0 {
            return None;
        }
        let part = self.instance_slot(v, 0);
        if part.is_null() { None } else { Some(part) }
    }

    /// The object itself, or the native part of an instance of a Python subclass, if it is of this native type.
    pub fn as_native(&self, v: Val, t: &NativeType) -> Option<Val> {
        let v = self.native_part(v).unwrap_or(v);
        if self.native_type_of(v).is_subtype(t) { Some(v) } else { None }
    }

    /// The native part if there is one, else the object itself.
    #[inline]
    pub fn unwrap(&self, v: Val) -> Val {
        if self.heap.is(v, Kind::Instance) { self.native_part(v).unwrap_or(v) } else { v }
    }

    /// Name of the type of a value, for messages.
    pub fn type_name(&self, v: Val) -> String {
        self.class_name(self.type_of(v))
    }

    /// `__name__` of a class.
    pub fn class_name(&self, class: Val) -> String {
        if let Some(t) = self.as_native_type(class) {
            return String::from(t.name);
        }
        let name = self.class_info(class, super::class::INFO_NAME);
        super::beginning(self.heap.as_str(name).unwrap_or("?"))
    }

    /// Is it a class, native or not?
    pub fn is_class(&self, v: Val) -> bool {
        self.heap.is(v, Kind::Class) || v.imm_payload(Imm::NativeType).is_some()
    }

    /// `issubclass(c, of)` for classes.
    pub fn issubclass(&self, c: Val, of: Val) -> bool {
        if c == of || of == crate::objects::object::OBJECT.val() {
            return true;
        }
        if let Some(t) = self.as_native_type(c) {
            return self.as_native_type(of).is_some_and(|o| t.is_subtype(o));
        }
        self.heap.is(c, Kind::Class) && self.heap.tuple(self.heap.val(c, 2)).contains(&of)
    }

    /// `isinstance(v, class)` for one class.
    pub fn isinstance(&self, v: Val, class: Val) -> bool {
        self.issubclass(self.type_of(v), class)
    }

    // ---- lookup in classes ----

    /// The entry of a native type (not of its bases), as a value: functions and getters as native functions.
    fn native_entry(&mut self, t: &'static NativeType, name: Qstr) -> Option<Val> {
        let text = self.heap.qstr(name);
        // Most lookups end in `object`, which has special methods only.
        if t.id == ids::OBJECT && !text.starts_with("__") {
            return None;
        }
        let i = t.entries.iter().position(|e| e.name() == text)?;
        self.entry_val(&t.entries[i], || registry::type_fn(t, i))
    }

    fn entry_val(&mut self, e: &Entry, function: impl Fn() -> Val) -> Option<Val> {
        match *e {
            Entry::Fn(..) | Entry::FnKw(..) | Entry::Class(..) | Entry::Static(..) | Entry::Get(..) => {
                Some(function())
            }
            Entry::Int(_, i) => self.heap.new_int(i).ok(),
            Entry::Float(_, f) => self.heap.new_float(f).ok(),
            Entry::Str(_, s) => self.heap.new_str(s).ok(),
            Entry::Type(_, t) => Some(t.val()),
            Entry::Val(_, v) => Some(v),
            Entry::Module(_, m) => Some(m.val()),
            Entry::Dyn(_, f) => f(self).ok(),
        }
    }

    /// The entry of a native type or one of the special methods that its slots stand for; not of its bases.
    fn native_class_attr(&mut self, t: &'static NativeType, name: Qstr) -> Option<Val> {
        self.native_entry(t, name).or_else(|| crate::objects::dunder::find(t, self.heap.qstr(name)))
    }

    /// An attribute along the method resolution order of a class, unbound.
    pub fn class_attr(&mut self, class: Val, name: Qstr) -> Option<Val> {
        self.class_attr_from(class, 0, name)
    }

    /// The same, remembering what is found (unless that is data) and what the class lacks: instances have it then.
    #[inline]
    fn class_attr_known(&mut self, class: Val, name: Qstr) -> Option<Val> {
        if let Some(found) = self.shapes.known(class, name) {
            return if found.is_null() { None } else { Some(found) };
        }
        let found = self.class_attr(class, name);
        match found {
            None => self.shapes.note(class, name, Val::NULL),
            Some(f) if self.heap.is(f, Kind::Function) => self.shapes.note(class, name, f),
            Some(_) => {}
        }
        found
    }

    /// The same, without the first `skip` classes of the order.
    pub(crate) fn class_attr_from(&mut self, class: Val, skip: usize, name: Qstr) -> Option<Val> {
        if let Some(mut t) = self.as_native_type(class) {
            let mut i = 0;
            loop {
                if i >= skip
                    && let Some(v) = self.native_class_attr(t, name)
                {
                    return Some(v);
                }
                i += 1;
                t = match t.base {
                    Some(b) => b,
                    None if t.id != ids::OBJECT => &crate::objects::object::OBJECT,
                    None => return None,
                };
            }
        }
        let mro = self.heap.val(class, 2);
        let n = self.heap.tuple(mro).len();
        for i in skip..n {
            let c = self.heap.tuple(mro)[i];
            let found = match self.as_native_type(c) {
                Some(t) => self.native_class_attr(t, name),
                None => self.heap.dict_get_qstr(self.heap.val(c, 1), name),
            };
            if found.is_some() {
                return found;
            }
        }
        None
    }

    /// An attribute of the class of `v` that is not merely `object`'s (or a native base's own): a method that a
    /// Python class defines.
    pub(crate) fn class_attr_above_object(&mut self, v: Val, name: &str) -> Option<Val> {
        let name = self.heap.find_qstr(name)?;
        self.python_attr(self.type_of(v), name)
    }

    /// An attribute that a Python class in the order defines, before any native class does.
    #[inline]
    pub(crate) fn python_attr(&mut self, class: Val, name: Qstr) -> Option<Val> {
        // Noted beside what `class_attr` finds, which may be a native class's.
        if let Some(found) = self.shapes.known(class, Qstr(name.0 | PYTHON_ONLY)) {
            return if found.is_null() { None } else { Some(found) };
        }
        self.find_python_attr(class, name)
    }

    #[inline(never)]
    fn find_python_attr(&mut self, class: Val, name: Qstr) -> Option<Val> {
        if !class.is_ptr() {
            return None;
        }
        let mro = self.heap.val(class, 2);
        let n = self.heap.tuple(mro).len();
        let note = Qstr(name.0 | PYTHON_ONLY);
        for i in 0..n {
            let c = self.heap.tuple(mro)[i];
            if let Some(t) = self.as_native_type(c) {
                // A native class in between may define it itself.
                if t.id != ids::OBJECT && self.native_class_attr(t, name).is_some() {
                    break;
                }
                continue;
            }
            if let Some(v) = self.heap.dict_get_qstr(self.heap.val(c, 1), name) {
                if self.heap.is(v, Kind::Function) {
                    self.shapes.note(class, note, v);
                }
                return Some(v);
            }
        }
        self.shapes.note(class, note, Val::NULL);
        None
    }

    /// A special method of an instance of a Python class, unbound; None for native objects.
    #[inline]
    pub(crate) fn special(&mut self, v: Val, name: Qstr) -> Option<Val> {
        if !self.is_python_object(v) {
            return None;
        }
        let class = self.type_of(v);
        self.python_attr(class, name)
    }

    // ---- binding ----

    /// `attr` found in `class`, read through `obj`.
    pub(crate) fn bind(&mut self, attr: Val, obj: Val, class: Val) -> R {
        match self.heap.kind(attr) {
            Some(Kind::Function | Kind::Closure) => return self.bound_method(attr, obj),
            Some(Kind::StaticMethod) => return Ok(self.heap.val(attr, 1)),
            Some(Kind::ClassMethod) => {
                let f = self.heap.val(attr, 1);
                return self.bound_method(f, class);
            }
            Some(Kind::Property) => {
                let get = self.heap.val(attr, 1);
                if get.is_none() {
                    return Err(self.raise(ExcKind::AttributeError, format_args!("property has no getter")));
                }
                return self.call(get, &[obj]);
            }
            Some(Kind::Instance) => {
                if let Some(get) = self.special(attr, q::__get__) {
                    return self.call_bound(get, attr, &[obj, class]);
                }
            }
            None => {
                if let Some(payload) = attr.imm_payload(Imm::NativeFn)
                    && registry::is_type_fn(payload)
                {
                    return match registry::native_fn(payload) {
                        Entry::Fn(..) | Entry::FnKw(..) => self.bound_method(attr, obj),
                        Entry::Class(..) => self.bound_method(attr, class),
                        Entry::Get(_, f) => {
                            let obj = self.receiver(payload, obj);
                            f(self, obj)
                        }
                        _ => Ok(attr),
                    };
                }
            }
            _ => {}
        }
        Ok(attr)
    }

    /// What a method of a native type gets for `obj`: the native part, unless it is one of the types that see
    /// whole objects.
    pub(crate) fn receiver(&self, payload: u32, obj: Val) -> Val {
        if registry::sees_whole_objects(payload) { obj } else { self.unwrap(obj) }
    }

    /// A bound method.
    pub(crate) fn bound_method(&mut self, f: Val, obj: Val) -> R {
        Ok(self.heap.alloc_cell(header(Kind::BoundMethod, F_V1 | F_V2, 0), f.bits(), obj.bits(), 0)?)
    }

    /// Does an attribute found in a class take precedence over an instance's own?
    fn is_data_descriptor(&mut self, attr: Val) -> bool {
        match self.heap.kind(attr) {
            Some(Kind::Property) => true,
            Some(Kind::Instance) => {
                self.special(attr, q::__set__).is_some() || self.special(attr, q::__delete__).is_some()
            }
            None => attr
                .imm_payload(Imm::NativeFn)
                .is_some_and(|p| registry::is_type_fn(p) && matches!(registry::native_fn(p), Entry::Get(..))),
            _ => false,
        }
    }

    // ---- getattr ----

    /// `obj.name`.
    ///
    /// # Errors
    /// AttributeError, or what a descriptor raises.
    pub fn getattr(&mut self, obj: Val, name: &str) -> R {
        let name = self.heap.intern(name)?;
        self.getattr_q(obj, name)
    }

    /// `obj.name`, None if there is none (or if looking for it raised AttributeError).
    ///
    /// # Errors
    /// What a descriptor or `__getattr__` raises, except AttributeError.
    pub fn getattr_opt(&mut self, obj: Val, name: &str) -> R<Option<Val>> {
        let name = self.heap.intern(name)?;
        self.getattr_opt_q(obj, name)
    }

    /// [`Vm::getattr_opt`] for an interned name.
    ///
    /// # Errors
    /// As there.
    pub fn getattr_opt_q(&mut self, obj: Val, name: Qstr) -> R<Option<Val>> {
        match self.find_attr(obj, name) {
            Err(raised) => {
                if self.exc_is(ExcKind::AttributeError) {
                    self.take_exc();
                    return Ok(None);
                }
                Err(raised)
            }
            ok => ok,
        }
    }

    /// [`Vm::getattr`] for an interned name.
    ///
    /// # Errors
    /// As there.
    pub fn getattr_q(&mut self, obj: Val, name: Qstr) -> R {
        match self.find_attr(obj, name)? {
            Some(v) => Ok(v),
            None => Err(self.no_attribute(obj, name)),
        }
    }

    /// Raises AttributeError for a name that `obj` lacks.
    #[cold]
    pub(crate) fn no_attribute(&mut self, obj: Val, name: Qstr) -> crate::objects::native::Raised {
        let n = super::beginning(self.heap.qstr(name));
        if self.is_class(obj) {
            let t = self.class_name(obj);
            let raised =
                self.raise(ExcKind::AttributeError, format_args!("type object '{t}' has no attribute '{n}'"));
            return self.lacks(obj, raised);
        }
        if let Some(m) = self.module_name(obj) {
            let raised =
                self.raise(ExcKind::AttributeError, format_args!("module '{m}' has no attribute '{n}'"));
            return self.lacks(obj, raised);
        }
        let t = self.type_name(obj);
        let raised = self.raise(ExcKind::AttributeError, format_args!("'{t}' object has no attribute '{n}'"));
        self.lacks(obj, raised)
    }

    /// The exception that was raised for a name keeps its object, in which the name that was meant can be found.
    #[cold]
    fn lacks(&mut self, obj: Val, raised: crate::objects::native::Raised) -> crate::objects::native::Raised {
        let exc = self.exc();
        if self.heap.is(exc, Kind::Exception) && exc != self.heap.root(Root::SpareMemoryError) {
            // Without memory there is no suggestion.
            let _ = self.set_exc_field(exc, super::unwind::X_OBJECT, obj);
        }
        raised
    }

    /// The attribute, None if there is none.
    pub(crate) fn find_attr(&mut self, obj: Val, name: Qstr) -> R<Option<Val>> {
        if obj.is_ptr() {
            match self.heap.cell_kind(obj) {
                Kind::Instance | Kind::Exception => return self.find_instance_attr(obj, name),
                Kind::Class => return self.find_class_attr(obj, name),
                Kind::Module => {
                    let dict = self.heap.val(obj, 1);
                    if let Some(v) = self.heap.dict_get_qstr(dict, name) {
                        return Ok(Some(v));
                    }
                    if name == q::__dict__ {
                        return Ok(Some(dict));
                    }
                    if name != q::__getattr__
                        && let Some(f) = self.heap.dict_get_qstr(dict, q::__getattr__)
                    {
                        return self.call(f, &[Val::qstr(name)]).map(Some);
                    }
                    return self.find_native_attr(obj, name);
                }
                Kind::Super => return self.super_attr(obj, name),
                Kind::Function | Kind::Closure => {
                    if let Some(v) = self.function_attr(obj, name)? {
                        return Ok(Some(v));
                    }
                }
                _ => {}
            }
        } else if obj.imm_payload(Imm::NativeType).is_some() {
            return self.find_class_attr(obj, name);
        } else if let Some(id) = obj.imm_payload(Imm::NativeModule) {
            return self.native_module_attr(registry::native_module(id as u16), name);
        }
        self.find_native_attr(obj, name)
    }

    fn find_native_attr(&mut self, obj: Val, name: Qstr) -> R<Option<Val>> {
        let t = self.native_type_of(obj);
        if let Some(get) = t.get_attr {
            let text = self.name_text(name)?;
            if let Some(v) = get(self, obj, &text)? {
                return Ok(Some(v));
            }
        }
        if name == q::__class__ {
            return Ok(Some(t.val()));
        }
        match self.class_attr(t.val(), name) {
            Some(attr) => self.bind(attr, obj, t.val()).map(Some),
            None => Ok(None),
        }
    }

    fn find_instance_attr(&mut self, obj: Val, name: Qstr) -> R<Option<Val>> {
        let class = self.type_of(obj);
        if class.is_ptr()
            && self.class_has_hooks(class)
            && let Some(f) = self.python_attr(class, q::__getattribute__)
        {
            match self.call_bound(f, obj, &[Val::qstr(name)]) {
                Ok(v) => return Ok(Some(v)),
                Err(raised) => {
                    if !self.exc_is(ExcKind::AttributeError) {
                        return Err(raised);
                    }
                    let Some(f) = self.python_attr(class, q::__getattr__) else { return Err(raised) };
                    self.take_exc();
                    return self.call_bound(f, obj, &[Val::qstr(name)]).map(Some);
                }
            }
        }
        match self.generic_attr(obj, name) {
            Ok(None) => {}
            Err(raised) => {
                if !class.is_ptr() || !self.class_has_hooks(class) || !self.exc_is(ExcKind::AttributeError) {
                    return Err(raised);
                }
                let Some(_) = self.python_attr(class, q::__getattr__) else { return Err(raised) };
                self.take_exc();
            }
            found => return found,
        }
        if class.is_ptr()
            && self.class_has_hooks(class)
            && let Some(f) = self.python_attr(class, q::__getattr__)
        {
            return self.call_bound(f, obj, &[Val::qstr(name)]).map(Some);
        }
        Ok(None)
    }

    /// What `object.__getattribute__` finds in an instance or exception.
    pub(crate) fn generic_attr(&mut self, obj: Val, name: Qstr) -> R<Option<Val>> {
        if let Some(v) = self.quick_own_attr(obj, name) {
            return Ok(Some(v));
        }
        let class = self.type_of(obj);
        let found = self.class_attr_known(class, name);
        if let Some(attr) = found
            && self.is_data_descriptor(attr)
        {
            return self.bind(attr, obj, class).map(Some);
        }
        if let Some(v) = self.own_attr(obj, name) {
            return Ok(Some(v));
        }
        if let Some(attr) = found {
            return self.bind(attr, obj, class).map(Some);
        }
        if name == q::__class__ {
            return Ok(Some(class));
        }
        if name == q::__dict__ {
            return self.attr_dict(obj).map(Some);
        }
        if let Some(part) = self.native_part(obj)
            && let Some(get) = self.native_type_of(part).get_attr
        {
            let text = self.name_text(name)?;
            return get(self, part, &text);
        }
        Ok(None)
    }

    /// An instance's own attribute, if nothing about its class can come before it.
    #[inline(always)]
    pub(crate) fn quick_own_attr(&self, obj: Val, name: Qstr) -> Option<Val> {
        let shape = self.plain_shape(obj)?;
        let place = self.shapes.find(shape, name)?;
        Some(self.instance_slot(obj, place))
    }

    /// Overwrites an instance's own attribute, if nothing about its class can come before it. False: there is no such.
    #[inline(always)]
    pub(crate) fn quick_set_own_attr(&mut self, obj: Val, name: Qstr, v: Val) -> bool {
        let Some(shape) = self.plain_shape(obj) else { return false };
        let Some(place) = self.shapes.find(shape, name) else { return false };
        self.set_instance_slot(obj, place, v);
        true
    }

    /// The shape of an instance whose class has neither hooks nor data descriptors, so that its own attributes are read
    /// and written as they are.
    #[inline(always)]
    fn plain_shape(&self, obj: Val) -> Option<super::shape::ShapeId> {
        if !obj.is_ptr() {
            return None;
        }
        let head = self.heap.head(obj);
        if head as u8 != Kind::Instance as u8 {
            return None;
        }
        let shape = (head >> 16) as super::shape::ShapeId;
        if self.heap.head(self.heap.shape_class(shape)) & (F_A | F_B) == 0 { Some(shape) } else { None }
    }

    /// An attribute of the object itself, not of its class.
    pub(crate) fn own_attr(&self, obj: Val, name: Qstr) -> Option<Val> {
        match self.heap.kind(obj)? {
            Kind::Instance => {
                let place = self.shapes.find(self.heap.aux(obj), name)?;
                if name == super::shape::NATIVE_PART { None } else { Some(self.instance_slot(obj, place)) }
            }
            Kind::Exception => {
                let dict = self.exc_field(obj, super::unwind::X_DICT);
                if dict.is_none() { None } else { self.heap.dict_get_qstr(dict, name) }
            }
            _ => None,
        }
    }

    /// A dict of the object's own attributes (a copy).
    pub fn attr_dict(&mut self, obj: Val) -> R {
        let dict = self.heap.new_dict(0)?;
        match self.heap.kind(obj) {
            Some(Kind::Instance) => {
                for (name, place) in self.shapes.names(self.heap.aux(obj))? {
                    let v = self.instance_slot(obj, place);
                    self.heap.dict_set_qstr(dict, name, v)?;
                }
            }
            Some(Kind::Exception) => {
                let own = self.exc_field(obj, super::unwind::X_DICT);
                if !own.is_none() {
                    return Ok(own);
                }
            }
            Some(Kind::Class | Kind::Module) => return Ok(self.heap.val(obj, 1)),
            _ => {}
        }
        Ok(dict)
    }

    fn find_class_attr(&mut self, class: Val, name: Qstr) -> R<Option<Val>> {
        let meta = self.type_of(class);
        let of_meta = if meta.is_ptr() { self.python_attr(meta, name) } else { None };
        if let Some(attr) = of_meta
            && self.is_data_descriptor(attr)
        {
            return self.bind(attr, class, meta).map(Some);
        }
        // __name__, __dict__ and the like belong to the class itself before any of its attributes.
        let of_type = self.native_entry(registry::native_type(ids::TYPE), name);
        if let Some(attr) = of_type
            && self.is_data_descriptor(attr)
            && (name != q::__doc__ && name != q::__module__)
        {
            return self.bind(attr, class, crate::objects::class::TYPE.val()).map(Some);
        }
        if let Some(attr) = self.class_attr(class, name) {
            if name == q::__doc__ && !attr.is_ptr() && !attr.is_qstr() {
                // `object`'s getter: there are no docstrings.
                return Ok(Some(Val::NONE));
            }
            // object's own methods are hidden behind type's of the same name only where the call would differ.
            return match self.heap.kind(attr) {
                Some(Kind::StaticMethod) => Ok(Some(self.heap.val(attr, 1))),
                Some(Kind::ClassMethod) => {
                    let f = self.heap.val(attr, 1);
                    self.bound_method(f, class).map(Some)
                }
                Some(Kind::Instance) => match self.special(attr, q::__get__) {
                    Some(get) => self.call_bound(get, attr, &[Val::NONE, class]).map(Some),
                    None => Ok(Some(attr)),
                },
                None => match attr.imm_payload(Imm::NativeFn) {
                    Some(p)
                        if registry::is_type_fn(p) && matches!(registry::native_fn(p), Entry::Class(..)) =>
                    {
                        self.bound_method(attr, class).map(Some)
                    }
                    _ => Ok(Some(attr)),
                },
                _ => Ok(Some(attr)),
            };
        }
        if name == q::__class__ {
            return Ok(Some(meta));
        }
        if let Some(attr) = of_meta.or(of_type) {
            return self.bind(attr, class, meta).map(Some);
        }
        if meta.is_ptr()
            && self.class_has_hooks(meta)
            && let Some(f) = self.python_attr(meta, q::__getattr__)
        {
            return self.call_bound(f, class, &[Val::qstr(name)]).map(Some);
        }
        Ok(None)
    }

    /// The dict in RAM of what a program assigned to a native module's names.
    pub(crate) fn native_module_dict(&mut self, m: &NativeModule, make: bool) -> R<Option<Val>> {
        let all = self.heap.root(Root::ModuleDicts);
        let key = Val::small(m.id as i32);
        if let Some(d) = self.heap.dict_get(all, key) {
            return Ok(Some(d));
        }
        if !make {
            return Ok(None);
        }
        let d = self.heap.new_dict(0)?;
        self.heap.dict_set(all, key, d)?;
        Ok(Some(d))
    }

    /// An attribute of a native module.
    pub(crate) fn native_module_attr(&mut self, m: &'static NativeModule, name: Qstr) -> R<Option<Val>> {
        if let Some(d) = self.native_module_dict(m, false)?
            && let Some(v) = self.heap.dict_get_qstr(d, name)
        {
            return Ok(if v == Val::UNBOUND { None } else { Some(v) });
        }
        if let Some(get) = m.get_attr {
            let text = self.name_text(name)?;
            if let Some(v) = get(self, &text)? {
                return Ok(Some(v));
            }
        }
        let text = self.heap.qstr(name);
        let Some(i) = m.entries.iter().position(|e| e.name() == text) else {
            return match text {
                "__name__" => Ok(Some(self.heap.new_str(m.name)?)),
                "__class__" => Ok(Some(crate::objects::module::MODULE.val())),
                "__dict__" => self.native_module_all(m).map(Some),
                _ => Ok(None),
            };
        };
        if let Entry::Dyn(_, f) = m.entries[i] {
            return f(self).map(Some);
        }
        Ok(self.entry_val(&m.entries[i], || registry::module_fn(m, i)))
    }

    /// A dict of all names of a native module (a copy).
    pub(crate) fn native_module_all(&mut self, m: &'static NativeModule) -> R {
        let d = self.heap.new_dict(0)?;
        let own = self.new_str(m.name)?;
        self.heap.dict_set_qstr(d, q::__name__, own)?;
        for e in m.entries {
            let name = self.heap.intern(e.name())?;
            if let Some(v) = self.native_module_attr(m, name)? {
                self.heap.dict_set_qstr(d, name, v)?;
            }
        }
        Ok(d)
    }

    /// A method without making a bound method: the callable, and whether `obj` goes in front of its arguments.
    ///
    /// # Errors
    /// As [`Vm::getattr`].
    pub(crate) fn get_method(&mut self, obj: Val, name: Qstr) -> R<Method> {
        let class = match self.heap.kind(obj) {
            Some(Kind::Instance | Kind::Exception) => {
                let class = self.type_of(obj);
                if class.is_ptr() && self.class_has_hooks(class) || self.own_attr(obj, name).is_some() {
                    return Ok((self.getattr_q(obj, name)?, false));
                }
                class
            }
            Some(Kind::Class | Kind::Module | Kind::Super | Kind::Function | Kind::Closure) => {
                return Ok((self.getattr_q(obj, name)?, false));
            }
            _ => {
                let t = self.native_type_of(obj);
                if t.get_attr.is_some() || matches!(t.id, ids::TYPE | ids::MODULE) {
                    return Ok((self.getattr_q(obj, name)?, false));
                }
                t.val()
            }
        };
        if let Some(attr) = self.class_attr(class, name) {
            match self.heap.kind(attr) {
                Some(Kind::Function | Kind::Closure) => return Ok((attr, true)),
                None => {
                    if let Some(p) = attr.imm_payload(Imm::NativeFn)
                        && registry::is_type_fn(p)
                        && matches!(registry::native_fn(p), Entry::Fn(..) | Entry::FnKw(..))
                    {
                        return Ok((attr, true));
                    }
                }
                _ => {}
            }
        }
        Ok((self.getattr_q(obj, name)?, false))
    }

    // ---- setattr, delattr ----

    /// `obj.name = v`; a [`Val::NULL`] value deletes.
    ///
    /// # Errors
    /// AttributeError, or what a descriptor raises.
    pub fn setattr(&mut self, obj: Val, name: &str, v: Val) -> R<()> {
        let name = self.heap.intern(name)?;
        self.setattr_q(obj, name, v)
    }

    /// `del obj.name`.
    ///
    /// # Errors
    /// As [`Vm::setattr`].
    pub fn delattr(&mut self, obj: Val, name: &str) -> R<()> {
        self.setattr(obj, name, Val::NULL)
    }

    /// [`Vm::setattr`] for an interned name.
    ///
    /// # Errors
    /// As there.
    pub fn setattr_q(&mut self, obj: Val, name: Qstr, v: Val) -> R<()> {
        if !v.is_null() && self.quick_set_own_attr(obj, name, v) {
            return Ok(());
        }
        match self.heap.kind(obj) {
            Some(Kind::Instance | Kind::Exception) => {
                let class = self.type_of(obj);
                if class.is_ptr() && self.class_has_hooks(class) {
                    let hook = if v.is_null() { q::__delattr__ } else { q::__setattr__ };
                    if let Some(f) = self.python_attr(class, hook) {
                        if v.is_null() {
                            self.call_bound(f, obj, &[Val::qstr(name)])?;
                        } else {
                            self.call_bound(f, obj, &[Val::qstr(name), v])?;
                        }
                        return Ok(());
                    }
                }
                self.generic_setattr(obj, name, v)
            }
            Some(Kind::Class) => {
                if let Some(meta) = self.metaclass(obj)
                    && self.set_by_metaclass(meta, obj, name, v)?
                {
                    return Ok(());
                }
                self.set_class_attr(obj, name, v)
            }
            Some(Kind::Module) => {
                let dict = self.heap.val(obj, 1);
                self.set_dict_attr(dict, obj, name, v)
            }
            Some(Kind::Function | Kind::Closure) => self.set_function_attr(obj, name, v),
            _ => {
                if let Some(id) = obj.imm_payload(Imm::NativeModule) {
                    return self.set_native_module_attr(registry::native_module(id as u16), obj, name, v);
                }
                let t = self.native_type_of(obj);
                if let Some(set) = t.set_attr {
                    let text = self.name_text(name)?;
                    if set(self, obj, &text, v)? {
                        return Ok(());
                    }
                }
                if let Some(t) = self.as_native_type(obj) {
                    let n = t.name;
                    return Err(self.type_error(format_args!("cannot set attributes of built-in type '{n}'")));
                }
                if v.is_null() || self.class_attr(t.val(), name).is_none() {
                    return Err(self.no_attribute(obj, name));
                }
                let (n, a) = (t.name, self.name_text(name)?);
                Err(self.raise(
                    ExcKind::AttributeError,
                    format_args!("'{n}' object attribute '{a}' is read-only"),
                ))
            }
        }
    }

    /// An attribute of a class whose metaclass has a say in it: true if that has set (or deleted) it.
    fn set_by_metaclass(&mut self, meta: Val, class: Val, name: Qstr, v: Val) -> R<bool> {
        let hook = if v.is_null() { q::__delattr__ } else { q::__setattr__ };
        let args = [Val::qstr(name), v];
        if let Some(f) = self.python_attr(meta, hook) {
            self.call_bound(f, class, if v.is_null() { &args[..1] } else { &args })?;
            return Ok(true);
        }
        match self.python_attr(meta, name) {
            Some(attr) => self.set_by_descriptor(attr, class, name, v),
            None => Ok(false),
        }
    }

    fn set_dict_attr(&mut self, dict: Val, obj: Val, name: Qstr, v: Val) -> R<()> {
        if !v.is_null() {
            return Ok(self.heap.dict_set_qstr(dict, name, v)?);
        }
        if self.heap.dict_del_qstr(dict, name).is_some() { Ok(()) } else { Err(self.no_attribute(obj, name)) }
    }

    fn set_native_module_attr(&mut self, m: &'static NativeModule, obj: Val, name: Qstr, v: Val) -> R<()> {
        if m.id == registry::modules::BUILTINS {
            self.builtins_changed = true;
        }
        self.forget_caches();
        if let Some(set) = m.set_attr {
            let text = self.name_text(name)?;
            if set(self, &text, v)? {
                return Ok(());
            }
        }
        // Modules in the firmware are read-only, as in MicroPython; builtins can be overridden.
        if m.id != registry::modules::BUILTINS || v.is_null() && self.native_module_attr(m, name)?.is_none() {
            return Err(self.no_attribute(obj, name));
        }
        let Some(dict) = self.native_module_dict(m, true)? else { return Ok(()) };
        // UNBOUND stands for a deleted name.
        let v = if v.is_null() { Val::UNBOUND } else { v };
        Ok(self.heap.dict_set_qstr(dict, name, v)?)
    }

    /// What `object.__setattr__` and `object.__delattr__` (NULL) do with an instance or exception.
    pub(crate) fn generic_setattr(&mut self, obj: Val, name: Qstr, v: Val) -> R<()> {
        let class = self.type_of(obj);
        if let Some(attr) = self.class_attr_known(class, name)
            && self.set_by_descriptor(attr, obj, name, v)?
        {
            return Ok(());
        }
        if self.heap.is(obj, Kind::Exception) {
            return self.set_exception_attr(obj, name, v);
        }
        if name == q::__class__ {
            return self.set_instance_class(obj, v);
        }
        match self.shapes.find(self.heap.aux(obj), name) {
            Some(place) if v.is_null() => Ok(self.remove_instance_attr(obj, place)?),
            Some(place) => {
                self.set_instance_slot(obj, place, v);
                Ok(())
            }
            None if v.is_null() => Err(self.no_attribute(obj, name)),
            None => {
                if let Some(t) = self.native_base(class)
                    && let Some(set) = t.set_attr
                    && let Some(part) = self.native_part(obj)
                {
                    let text = self.name_text(name)?;
                    if set(self, part, &text, v)? {
                        return Ok(());
                    }
                }
                Ok(self.add_instance_attr(obj, name, v)?)
            }
        }
    }

    /// Sets (or deletes, with NULL) through what the class of `obj` has under the name; false if that is no descriptor.
    fn set_by_descriptor(&mut self, attr: Val, obj: Val, name: Qstr, v: Val) -> R<bool> {
        match self.heap.kind(attr) {
            Some(Kind::Property) => {
                let (f, what) = if v.is_null() {
                    (self.heap.val(attr, 3), "deleter")
                } else {
                    (self.heap.val(attr, 2), "setter")
                };
                if f.is_none() {
                    let (a, c) = (String::from(self.heap.qstr(name)), self.type_name(obj));
                    return Err(self.raise(
                        ExcKind::AttributeError,
                        format_args!("property '{a}' of '{c}' object has no {what}"),
                    ));
                }
                let args = [obj, v];
                self.call(f, if v.is_null() { &args[..1] } else { &args })?;
                Ok(true)
            }
            Some(Kind::Instance) => {
                let f = self.special(attr, if v.is_null() { q::__delete__ } else { q::__set__ });
                let Some(f) = f else { return Ok(false) };
                let args = [obj, v];
                self.call_bound(f, attr, if v.is_null() { &args[..1] } else { &args })?;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// `obj.__class__ = class`: between Python classes without native parts.
    fn set_instance_class(&mut self, obj: Val, class: Val) -> R<()> {
        let old = self.type_of(obj);
        let same_layout = self.heap.is(class, Kind::Class)
            && self.native_base(class).map(|t| t.id) == self.native_base(old).map(|t| t.id);
        if !same_layout {
            return Err(self.type_error(format_args!("__class__ assignment: incompatible layout")));
        }
        let mut shape = self.root_shape(class);
        if self.native_part(obj).is_some() {
            shape = self.shapes.with(&mut self.heap.shape_classes, shape, super::shape::NATIVE_PART)?;
        }
        for (name, _) in self.shapes.names(self.heap.aux(obj))? {
            shape = self.shapes.with(&mut self.heap.shape_classes, shape, name)?;
        }
        self.heap.set_aux(obj, shape);
        Ok(())
    }
}
