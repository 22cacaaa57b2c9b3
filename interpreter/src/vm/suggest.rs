//! "Did you mean": the name nearest to one that is not defined, or that an object lacks.

use super::Vm;
use super::unwind::{X_OBJECT, X_TRACEBACK};
use crate::objects::native::{Entry, ExcKind};
use crate::syntax::similar::{MAX_NAME, cost};
use crate::value::Val;
use alloc::string::String;

/// The best name so far.
struct Search<'n> {
    wanted: &'n str,
    best: Option<(u16, String)>,
}

impl Search<'_> {
    fn consider(&mut self, name: &str) {
        // Names with a dot are the compiler's own.
        if !name.starts_with('.')
            && let Some(cost) = cost(self.wanted, name, self.best.as_ref().map(|b| b.0))
        {
            self.best = Some((cost, super::beginning(name)));
        }
    }
}

impl Vm {
    /// The name that was meant, if `exc` is a NameError whose text says which is not defined, or an AttributeError
    /// that knows its object.
    pub(super) fn name_meant(&mut self, exc: Val, text: &str) -> Option<String> {
        if self.isinstance(exc, ExcKind::AttributeError.val()) {
            return self.attribute_meant(exc, text);
        }
        if !self.isinstance(exc, ExcKind::NameError.val()) {
            return None;
        }
        let wanted = text.strip_prefix("name '")?.strip_suffix("' is not defined")?;
        if wanted.len() > MAX_NAME {
            return None;
        }
        let mut search = Search { wanted, best: None };
        let tb = self.exc_field(exc, X_TRACEBACK);
        if self.heap.is_list(tb) && self.heap.list_len(tb) > 0 {
            let f = self.heap.list(tb)[0];
            let (code, globals) = (self.heap.val(f, 1), self.heap.val(f, 2));
            for name in self.code_names(code) {
                search.consider(self.heap.as_str(name).unwrap_or(""));
            }
            let mut next = 0;
            while let Some((entry, name, v)) = self.heap.table_next(globals, next) {
                next = entry;
                if v != Val::UNBOUND {
                    search.consider(self.heap.as_str(name).unwrap_or(""));
                }
            }
        }
        let names = crate::builtins::BUILTINS.entries.iter().map(Entry::name);
        names.for_each(|name| search.consider(name));
        search.best.map(|b| b.1)
    }

    fn attribute_meant(&mut self, exc: Val, text: &str) -> Option<String> {
        let (before, wanted) = text.strip_suffix('\'')?.rsplit_once('\'')?;
        if !before.ends_with(" has no attribute ") {
            return None;
        }
        let object = self.exc_field(exc, X_OBJECT);
        if object.is_none() || wanted.len() > MAX_NAME {
            return None;
        }
        let Ok(names) = self.dir(object) else {
            self.take_exc();
            return None;
        };
        let mut search = Search { wanted, best: None };
        for i in 0..self.heap.list_len(names) {
            let name = self.heap.list(names)[i];
            // As in CPython, what looks private is no suggestion for what does not.
            let name = self.heap.as_str(name).unwrap_or("");
            if wanted.starts_with('_') || !name.starts_with('_') {
                search.consider(name);
            }
        }
        search.best.map(|b| b.1)
    }
}
