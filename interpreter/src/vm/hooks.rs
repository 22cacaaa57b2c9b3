//! What a script may put in the place of class statements and imports: `builtins.__build_class__` and
//! `builtins.__import__`.

use super::Vm;
use crate::bytecode::Flags;
use crate::heap::{Kind, Root, q};
use crate::objects::native::R;
use crate::value::{Qstr, Val};
use alloc::vec::Vec;

impl Vm {
    /// What a script has put in the place of a builtin function.
    fn overridden(&mut self, name: &str) -> Option<Val> {
        if !self.builtins_changed {
            return None;
        }
        // What is native is no pointer.
        self.builtin(name).filter(|f| f.is_ptr())
    }

    /// A class statement by the script's own `__build_class__`, if there is one.
    pub(super) fn class_by_hook(&mut self, dst: *mut Val, bases: usize, nkw: usize) -> R<Option<Val>> {
        let Some(hook) = self.overridden("__build_class__") else { return Ok(None) };
        // The function of the body and the name stand before the bases.
        let at = self.slot_index(dst) + 2;
        let args: Vec<Val> = self.heap.slots(at, at + 2 + bases).to_vec();
        let kw: Vec<(Val, Val)> = (0..nkw)
            .map(|i| at + 2 + bases + 2 * i)
            .map(|at| (self.heap.slot(at), self.heap.slot(at + 1)))
            .collect();
        self.call_kw(hook, &args, &kw).map(Some)
    }

    /// An import statement by the script's own `__import__`, if there is one.
    pub(super) fn import_by_hook(&mut self, name: Qstr, level: usize, from: Val) -> R<Option<Val>> {
        let Some(hook) = self.overridden("__import__") else { return Ok(None) };
        let globals = self.globals();
        self.call(hook, &[Val::qstr(name), globals, Val::NONE, from, Val::small(level as i32)]).map(Some)
    }

    /// `__build_class__(f, name, *bases, **kw)`: the body may also be a plain function; `exec` in it then fills the
    /// class, which MicroPython's own test tools rely on.
    ///
    /// # Errors
    /// TypeError if `f` is no function; what the body and making the class raise.
    pub fn build_class(&mut self, f: Val, name: Val, bases: &[Val], kw: &[(Val, Val)]) -> R {
        if !matches!(self.heap.kind(f), Some(Kind::Function | Kind::Closure)) {
            return Err(self.type_error(format_args!("__build_class__: func must be a function")));
        }
        if !self.heap.is_str(name) {
            return Err(self.type_error(format_args!("__build_class__: name is not a string")));
        }
        let ns = self.class_namespace(name, bases, kw)?;
        let globals = self.globals();
        if let Some(module) = self.heap.dict_get_qstr(globals, q::__name__) {
            self.ns_store(ns, q::__module__, module)?;
        }
        let code = self.heap.val(f, 1);
        let cell = if self.code_flags(code).has(Flags::CLASS) {
            let qualname = self.code_qualname(code);
            let qualname = self.heap.new_str(&qualname)?;
            self.ns_store(ns, q::__qualname__, qualname)?;
            self.call(f, &[ns])?
        } else {
            self.ns_store(ns, q::__qualname__, name)?;
            let outer = self.heap.root(Root::ClassBody);
            if outer.is_ptr() {
                self.heap.keep(outer)?;
            }
            let body = self.heap.new_tuple(&[f, ns])?;
            self.heap.set_root(Root::ClassBody, body);
            let done = self.call(f, &[]);
            self.heap.set_root(Root::ClassBody, outer);
            done?;
            Val::NONE
        };
        self.finish_class(name, bases, ns, kw, cell)
    }

    /// The namespace for the body of a class: what `__prepare__` of its metaclass gives, else an empty one.
    pub(super) fn class_namespace(&mut self, name: Val, bases: &[Val], kw: &[(Val, Val)]) -> R {
        let asked = kw.iter().find(|(k, _)| self.heap.as_str(*k) == Some("metaclass")).map(|&(_, v)| v);
        let meta = asked.unwrap_or(self.type_class());
        let meta = if self.is_class(meta) { self.metaclass_for(meta, bases)? } else { meta };
        if !self.heap.is(meta, Kind::Class) {
            return Ok(self.heap.new_namespace(4)?);
        }
        match self.getattr_opt(meta, "__prepare__")? {
            Some(prepare) => {
                let kw: Vec<(Val, Val)> =
                    kw.iter().copied().filter(|&(k, _)| self.heap.as_str(k) != Some("metaclass")).collect();
                let bases = self.heap.new_tuple(bases)?;
                self.call_kw(prepare, &[name, bases], &kw)
            }
            None => Ok(self.heap.new_namespace(4)?),
        }
    }

    /// Makes the class once its body has run. `cell`: its `__class__`, for methods that use `super`.
    pub(super) fn finish_class(
        &mut self,
        name: Val,
        bases: &[Val],
        ns: Val,
        kw: &[(Val, Val)],
        cell: Val,
    ) -> R {
        let is_meta = |vm: &Vm, k: Val| vm.heap.as_str(k) == Some("metaclass");
        let metaclass = kw.iter().find(|(k, _)| is_meta(self, *k)).map(|&(_, v)| v);
        let kw: Vec<(Val, Val)> = kw.iter().copied().filter(|&(k, _)| !is_meta(self, k)).collect();
        let mut meta = metaclass.unwrap_or(self.type_class());
        if self.is_class(meta) {
            meta = self.metaclass_for(meta, bases)?;
        }
        let class = if meta == self.type_class() {
            self.new_class(meta, name, bases, ns, &kw)?
        } else {
            let bases = self.heap.new_tuple(bases)?;
            self.call_kw(meta, &[name, bases, ns], &kw)?
        };
        if self.heap.is(cell, Kind::Cell) {
            self.heap.set_val(cell, 1, class);
        }
        Ok(class)
    }

    /// The namespace that a frame of `f` fills, if it is the body of a class being built by hand.
    pub(super) fn class_body_of(&self, f: Val) -> Option<Val> {
        let body = self.heap.root(Root::ClassBody);
        match self.heap.kind(body) {
            Some(Kind::Tuple) if self.heap.tuple(body)[0] == f => Some(self.heap.tuple(body)[1]),
            _ => None,
        }
    }
}
