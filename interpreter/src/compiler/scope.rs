//! Which scope every name belongs to.
//!
//! One pass over a top-level statement builds the tree of its scopes; a second resolves every
//! name that is used, which decides what becomes a closure cell. Errors that are about meaning
//! rather than form ('return' outside function, conflicting declarations) are found here, so that
//! an editor gets them without generating code.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::walk::Walk;
use crate::syntax::Parse;
use crate::syntax::ast::*;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScopeKind {
    Module,
    /// Also lambdas and generator expressions.
    Function,
    Class,
    /// A list, set or dict comprehension: a scope of its own in the frame of the code around it.
    Comprehension,
}

#[derive(Debug)]
pub struct Symbol<'s> {
    pub name: Cow<'s, str>,
    pub bound: bool,
    pub param: bool,
    pub global: bool,
    pub nonlocal: bool,
    pub(super) used: bool,
    /// Shared with an inner function.
    pub cell: bool,
    /// `del` or the end of an `except … as` may unset it.
    pub deleted: bool,
    /// The target of a comprehension's `for`.
    pub(super) iteration: bool,
}

#[derive(Debug)]
pub struct Scope<'s> {
    pub kind: ScopeKind,
    /// The node it belongs to: unique among the children of its parent.
    pub key: Span,
    pub parent: usize,
    /// In order of first appearance; parameters first.
    pub symbols: Vec<Symbol<'s>>,
    /// Variables of enclosing functions that this scope or one inside it uses.
    pub frees: Vec<Cow<'s, str>>,
    pub generator: bool,
    pub coroutine: bool,
    /// In a class: an inner function uses `__class__`.
    pub class_cell: bool,
    /// A `:=` in it binds a variable: operands must not stay in variables while others are evaluated.
    pub walrus: bool,
    /// The innermost class around it, for private names.
    pub class_name: Option<&'s str>,
}

/// Where a name lives, seen from a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A slot of the frame; the scope that binds it (a function or a comprehension in it).
    Local(usize),
    /// A cell made by that scope.
    Cell(usize),
    /// A cell that this code got from outside.
    Free,
    Global,
    /// The namespace of a class body, then globals.
    Namespace,
    /// The namespace of a class body, then a cell from outside.
    NamespaceFree,
}

/// The scopes of one top-level statement; number 0 is the module.
#[derive(Debug)]
pub struct Scopes<'s> {
    pub all: Vec<Scope<'s>>,
}

/// What `name` is called inside class `class`: private names get its name in front.
pub fn mangle<'s>(class: Option<&str>, name: &'s str) -> Cow<'s, str> {
    if name.starts_with("__")
        && !name.ends_with("__")
        && let Some(class) = class.map(|c| c.trim_start_matches('_'))
        && !class.is_empty()
    {
        return Cow::Owned(format!("_{class}{name}"));
    }
    Cow::Borrowed(name)
}

pub(super) type Check<T = ()> = Parse<T>;

impl<'s> Scopes<'s> {
    /// Analyses `block`, part of a module (or of code with a namespace of its own).
    ///
    /// # Errors
    /// The first misplaced statement or contradictory declaration.
    pub fn of_block(block: &[Stmt<'s>], namespace: bool) -> Check<Scopes<'s>> {
        let mut walk = Walk::new(namespace);
        walk.block(block)?;
        walk.finish()
    }

    /// Analyses the head of a top-level class.
    ///
    /// # Errors
    /// As [`Scopes::of_block`].
    pub fn of_class_head(class: &Class<'s>, namespace: bool) -> Check<Scopes<'s>> {
        let mut walk = Walk::new(namespace);
        walk.class_head(class)?;
        walk.finish()
    }

    /// Analyses one statement of the body of a top-level class: scope 1 is the class. `globals` are the
    /// names (mangled) that earlier statements declared global.
    ///
    /// # Errors
    /// As [`Scopes::of_block`].
    pub fn of_class_block(block: &[Stmt<'s>], class: &'s str, globals: &[String]) -> Check<Scopes<'s>> {
        let mut walk = Walk::new(true);
        walk.is_class_body = true;
        walk.scopes.all[1].class_name = Some(class);
        for name in globals {
            walk.mangled_symbol(1, Cow::Owned(name.clone())).global = true;
        }
        walk.block(block)?;
        walk.finish()
    }

    /// The names that scope `scope` declares global.
    pub fn globals(&self, scope: usize) -> impl Iterator<Item = String> {
        self.all[scope].symbols.iter().filter(|s| s.global).map(|s| String::from(&*s.name))
    }

    /// The same of a lone expression.
    ///
    /// # Errors
    /// As [`Scopes::of_block`].
    pub fn of_expression(expr: &Expr<'s>, namespace: bool) -> Check<Scopes<'s>> {
        let mut walk = Walk::new(namespace);
        walk.expr(expr)?;
        walk.finish()
    }

    /// The scope of the node `key` inside scope `parent`.
    pub fn child(&self, parent: usize, key: Span) -> usize {
        self.all
            .iter()
            .position(|s| s.key == key && s.parent == parent && s.kind != ScopeKind::Module)
            .unwrap_or(0)
    }

    pub fn symbol(&self, scope: usize, name: &str) -> Option<&Symbol<'s>> {
        self.all[scope].symbols.iter().find(|s| s.name == name)
    }

    /// Where `name` (mangled) lives for code in `scope`.
    pub fn place(&self, scope: usize, name: &str) -> Place {
        let s = &self.all[scope];
        match (s.kind, self.symbol(scope, name)) {
            (ScopeKind::Module, _) => Place::Global,
            (_, Some(symbol)) if symbol.global => Place::Global,
            (ScopeKind::Class, Some(symbol)) if symbol.bound && !symbol.nonlocal => Place::Namespace,
            (ScopeKind::Class, _) if s.frees.iter().any(|f| f == name) => Place::NamespaceFree,
            (ScopeKind::Class, _) => Place::Namespace,
            (_, Some(symbol)) if symbol.bound && !symbol.nonlocal => {
                if symbol.cell {
                    Place::Cell(scope)
                } else {
                    Place::Local(scope)
                }
            }
            (ScopeKind::Comprehension, _) => {
                let outer = &self.all[s.parent];
                if outer.kind != ScopeKind::Class {
                    self.place(s.parent, name)
                } else if outer.frees.iter().any(|f| f == name) {
                    // Code in a comprehension does not see the variables of the class around it.
                    Place::Free
                } else {
                    Place::Global
                }
            }
            _ if s.frees.iter().any(|f| f == name) => Place::Free,
            _ => Place::Global,
        }
    }

    /// The scope whose frame the code of `scope` runs in.
    pub fn frame_of(&self, mut scope: usize) -> usize {
        while self.all[scope].kind == ScopeKind::Comprehension {
            scope = self.all[scope].parent;
        }
        scope
    }

    /// Marks what `name`, used in `scope`, resolves to; `inner` if the use is in another frame
    /// further in. True if it is a variable of an enclosing function.
    pub(super) fn resolve(&mut self, scope: usize, name: &str, inner: bool) -> bool {
        let kind = self.all[scope].kind;
        let parent = self.all[scope].parent;
        let is_class = self.all[scope].class_name.is_some();
        let symbol = self.all[scope].symbols.iter_mut().find(|s| s.name == name);
        match kind {
            ScopeKind::Module => return false,
            ScopeKind::Class => {
                if inner && name == "__class__" && is_class {
                    self.all[scope].class_cell = true;
                    return true;
                }
                let own = symbol.is_some_and(|s| s.global || (s.bound && !s.nonlocal));
                if own && !inner {
                    return false;
                }
            }
            ScopeKind::Function | ScopeKind::Comprehension => {
                if let Some(symbol) = symbol {
                    if symbol.global {
                        return false;
                    }
                    if symbol.bound && !symbol.nonlocal {
                        symbol.cell |= inner;
                        return true;
                    }
                }
            }
        }
        let (crosses, is_frame) = match kind {
            // A class's own names are invisible to comprehensions in it, too.
            ScopeKind::Comprehension => (inner || self.all[parent].kind == ScopeKind::Class, false),
            _ => (true, true),
        };
        let found = self.resolve(parent, name, crosses);
        if found && is_frame {
            let frees = &mut self.all[scope].frees;
            if !frees.iter().any(|f| f == name) {
                frees.push(Cow::Owned(String::from(name)));
            }
        }
        found
    }
}
