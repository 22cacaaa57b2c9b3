//! `__annotations__` and `__doc__` of functions, found when they are first asked for.
//!
//! Functions of a module that mentions them keep the texts; of others they are read again from the file, if it is still
//! there. As in CPython 3.14 annotations are evaluated now, in the function's globals; what cannot be stays a text.

use super::Vm;
use crate::compiler::Mode;
use crate::heap::Root;
use crate::objects::native::{ExcKind, R};
use crate::syntax::{Described, Parser, line_text};
use crate::value::{Qstr, Val};
use alloc::string::String;
use alloc::vec::Vec;

impl Vm {
    /// Makes the dict of function `f` of what it kept (names and texts by turns; NULL: nothing) and keeps that, as its
    /// attribute `name`.
    ///
    /// # Errors
    /// MemoryError; what is no `Exception`.
    pub(crate) fn make_annotations(&mut self, f: Val, name: Qstr, kept: Val) -> R {
        let dict = self.heap.new_dict(0)?;
        if kept.is_null() {
            for (name, text) in self.described(f).map_or(Vec::new(), |d| d.annotations) {
                let (name, text) = (self.new_str(&name)?, self.new_str(&text)?);
                self.annotate(f, dict, name, text)?;
            }
        } else {
            for i in (0..self.heap.tuple(kept).len()).step_by(2) {
                let (name, text) = (self.heap.tuple(kept)[i], self.heap.tuple(kept)[i + 1]);
                self.annotate(f, dict, name, text)?;
            }
        }
        self.set_function_attr(f, name, dict)?;
        Ok(dict)
    }

    fn annotate(&mut self, f: Val, dict: Val, name: Val, text: Val) -> R<()> {
        let source = self.text(text).unwrap_or_default();
        let globals = self.heap.val(f, 2);
        let value = match self.exec_source(&source, "<annotation>", Mode::Eval, globals, None) {
            Ok(value) => value,
            Err(_) if self.exc_is(ExcKind::Exception) => {
                self.take_exc();
                text
            }
            Err(raised) => return Err(raised),
        };
        Ok(self.heap.dict_set(dict, name, value)?)
    }

    /// The docstring of a function that has not kept it.
    ///
    /// # Errors
    /// MemoryError.
    pub(crate) fn written_doc(&mut self, f: Val) -> R {
        match self.described(f).and_then(|d| d.doc) {
            Some(doc) => self.new_str(&doc),
            None => Ok(Val::NONE),
        }
    }

    /// What stands in a function's file.
    fn described(&mut self, f: Val) -> Option<Described> {
        let code = self.heap.val(f, 1);
        let file = self.text(self.code_file(code))?;
        if file.starts_with(['<', '.']) || (self.loader.kind)(self, &file) != Some(false) {
            return None;
        }
        let exc = self.heap.root(Root::Exception);
        let bytes = (self.loader.read)(self, &file);
        self.heap.set_root(Root::Exception, exc);
        let source = String::from_utf8(bytes.ok()??).ok()?;
        let head = line_text(&source, self.code_first_line(code));
        let rest = source.get(head.as_ptr() as usize - source.as_ptr() as usize..)?;
        let name = self.text(self.code_name(code))?;
        let mut found = None;
        self.hal.guarded(&mut || found = Parser::described(rest, &name));
        found
    }
}
