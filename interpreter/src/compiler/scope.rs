//! Which scope every name belongs to, and what may stand where.
//!
//! One pass over a top-level statement builds the tree of its scopes; a second resolves every
//! name that is used, which decides what becomes a closure cell. Errors that are about meaning
//! rather than form ('return' outside function, conflicting declarations) are found here, so that
//! an editor gets them without generating code.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::syntax::ast::*;
use crate::syntax::{Parse, SyntaxError};

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
    used: bool,
    /// Shared with an inner function.
    pub cell: bool,
    /// `del` or the end of an `except … as` may unset it.
    pub deleted: bool,
    /// The target of a comprehension's `for`.
    iteration: bool,
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

type Check<T = ()> = Parse<T>;

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
    fn resolve(&mut self, scope: usize, name: &str, inner: bool) -> bool {
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

/// What the code being walked is inside of.
#[derive(Clone, Copy, Default)]
struct Inside {
    /// A loop of the same function.
    in_loop: bool,
    function: bool,
    coroutine: bool,
    /// The iterable of a comprehension.
    comp_iter: bool,
}

struct Walk<'s> {
    scopes: Scopes<'s>,
    current: usize,
    inside: Inside,
    /// The namespace is a class's: what only a module may do is not allowed.
    is_class_body: bool,
    /// Declared nonlocal: checked when all is known.
    nonlocals: Vec<(usize, Cow<'s, str>, Span)>,
}

impl<'s> Walk<'s> {
    fn new(namespace: bool) -> Walk<'s> {
        let kind = if namespace { ScopeKind::Class } else { ScopeKind::Module };
        let mut walk = Walk {
            scopes: Scopes { all: Vec::new() },
            current: 0,
            inside: Inside::default(),
            is_class_body: false,
            nonlocals: Vec::new(),
        };
        walk.push(ScopeKind::Module, Span::default());
        if namespace {
            walk.push(kind, Span::new(0, 0));
            walk.current = 1;
        }
        walk
    }

    #[inline(never)]
    fn push(&mut self, kind: ScopeKind, key: Span) -> usize {
        let class_name = self.scopes.all.get(self.current).and_then(|s| s.class_name);
        self.scopes.all.push(Scope {
            kind,
            key,
            parent: self.current,
            symbols: Vec::new(),
            frees: Vec::new(),
            generator: false,
            coroutine: false,
            class_cell: false,
            walrus: false,
            class_name,
        });
        self.scopes.all.len() - 1
    }

    fn finish(mut self) -> Check<Scopes<'s>> {
        for (scope, name, span) in core::mem::take(&mut self.nonlocals) {
            let parent = self.scopes.all[scope].parent;
            if !self.scopes.resolve(parent, &name, true) {
                return Err(SyntaxError::new(span, format!("no binding for nonlocal '{name}' found")));
            }
        }
        for scope in 0..self.scopes.all.len() {
            for i in 0..self.scopes.all[scope].symbols.len() {
                let symbol = &self.scopes.all[scope].symbols[i];
                if symbol.used || symbol.nonlocal {
                    let name = symbol.name.clone();
                    self.scopes.resolve(scope, &name, false);
                }
            }
        }
        Ok(self.scopes)
    }

    #[inline(never)]
    fn symbol(&mut self, scope: usize, name: &'s str) -> &mut Symbol<'s> {
        let name = mangle(self.scopes.all[scope].class_name, name);
        self.mangled_symbol(scope, name)
    }

    fn mangled_symbol(&mut self, scope: usize, name: Cow<'s, str>) -> &mut Symbol<'s> {
        let symbols = &mut self.scopes.all[scope].symbols;
        let i = symbols.iter().position(|s| s.name == name).unwrap_or_else(|| {
            symbols.push(Symbol {
                name,
                bound: false,
                param: false,
                global: false,
                nonlocal: false,
                used: false,
                cell: false,
                deleted: false,
                iteration: false,
            });
            symbols.len() - 1
        });
        &mut symbols[i]
    }

    /// Whether the code being walked stands in a class body, not in the namespace of `exec`.
    fn in_class(&self) -> bool {
        let scope = &self.scopes.all[self.current];
        scope.kind == ScopeKind::Class && scope.class_name.is_some()
    }

    #[inline(never)]
    fn bind(&mut self, name: Ident<'s>) -> Check {
        if name.name == "__debug__" {
            return Err(SyntaxError::new(name.span, "cannot assign to __debug__"));
        }
        self.symbol(self.current, name.name).bound = true;
        Ok(())
    }

    fn use_name(&mut self, name: &'s str) {
        self.symbol(self.current, name).used = true;
        if name == "super" && self.scopes.all[self.scopes.frame_of(self.current)].kind == ScopeKind::Function
        {
            self.symbol(self.current, "__class__").used = true;
        }
    }

    // Statements

    fn block(&mut self, block: &[Stmt<'s>]) -> Check {
        block.iter().try_for_each(|s| self.stmt(s))
    }

    fn loop_body(&mut self, body: &[Stmt<'s>]) -> Check {
        let outer = core::mem::replace(&mut self.inside.in_loop, true);
        self.block(body)?;
        self.inside.in_loop = outer;
        Ok(())
    }

    fn stmt(&mut self, stmt: &Stmt<'s>) -> Check {
        let misplaced = |message: &'static str| Err(SyntaxError::new(stmt.span, message));
        match &stmt.kind {
            StmtKind::Expr(e) => self.expr(e),
            StmtKind::Assign(targets, value) => {
                self.expr(value)?;
                targets.iter().try_for_each(|t| self.target(t))
            }
            StmtKind::AugAssign(target, _, value) => {
                self.expr(target)?;
                self.expr(value)?;
                self.target(target)
            }
            StmtKind::AnnAssign(target, _, value) => {
                if let Some(value) = value {
                    self.expr(value)?;
                }
                self.target(target)
            }
            StmtKind::Return(value) => {
                if !self.inside.function {
                    return misplaced("'return' outside function");
                }
                self.maybe(value)
            }
            StmtKind::Delete(targets) => targets.iter().try_for_each(|t| self.delete(t)),
            StmtKind::Pass => Ok(()),
            StmtKind::Break if !self.inside.in_loop => misplaced("'break' outside loop"),
            StmtKind::Continue if !self.inside.in_loop => misplaced("'continue' not properly in loop"),
            StmtKind::Break | StmtKind::Continue => Ok(()),
            StmtKind::Raise(exception, cause) => {
                self.maybe(exception)?;
                self.maybe(cause)
            }
            StmtKind::Global(names) => names.iter().try_for_each(|n| self.declare(*n, false)),
            StmtKind::Nonlocal(names) => names.iter().try_for_each(|n| self.declare(*n, true)),
            StmtKind::Assert(test, message) => {
                self.expr(test)?;
                self.maybe(message)
            }
            StmtKind::Import(names) => {
                names.iter().try_for_each(|alias| self.bind(alias.name.unwrap_or(alias.path[0])))
            }
            StmtKind::ImportFrom(import) => match &import.names {
                None if self.inside.function || self.is_class_body || self.in_class() => {
                    misplaced("import * only allowed at module level")
                }
                None => Ok(()),
                Some(names) => {
                    names.iter().try_for_each(|alias| self.bind(alias.name.unwrap_or(alias.path[0])))
                }
            },
            StmtKind::If(branches, orelse) => {
                for branch in branches {
                    self.expr(&branch.test)?;
                    self.block(&branch.body)?;
                }
                self.block(orelse)
            }
            StmtKind::While(test, body, orelse) => {
                self.expr(test)?;
                self.loop_body(body)?;
                self.block(orelse)
            }
            StmtKind::For(node) => {
                if node.is_async && !self.inside.coroutine {
                    return misplaced("'async for' outside async function");
                }
                self.expr(&node.iter)?;
                self.target(&node.target)?;
                self.loop_body(&node.body)?;
                self.block(&node.orelse)
            }
            StmtKind::With(node) => {
                if node.is_async && !self.inside.coroutine {
                    return misplaced("'async with' outside async function");
                }
                for (manager, target) in &node.items {
                    self.expr(manager)?;
                    if let Some(target) = target {
                        self.target(target)?;
                    }
                }
                self.block(&node.body)
            }
            StmtKind::Try(node) => self.try_statement(node),
            StmtKind::Match(node) => self.match_statement(node),
            StmtKind::Function(node) => self.definition(node),
            StmtKind::Class(node) => self.class(node),
        }
    }

    #[inline(never)]
    fn try_statement(&mut self, node: &Try<'s>) -> Check {
        self.block(&node.body)?;
        for handler in &node.handlers {
            self.maybe(&handler.kind)?;
            if let Some(name) = handler.name {
                self.bind(name)?;
                self.symbol(self.current, name.name).deleted = true;
            }
            self.block(&handler.body)?;
        }
        self.block(&node.orelse)?;
        self.block(&node.finally)
    }

    #[inline(never)]
    fn match_statement(&mut self, node: &Match<'s>) -> Check {
        self.expr(&node.subject)?;
        for case in &node.cases {
            self.pattern(&case.pattern)?;
            self.maybe(&case.guard)?;
            self.block(&case.body)?;
        }
        Ok(())
    }

    #[inline(never)]
    fn definition(&mut self, node: &Function<'s>) -> Check {
        node.decorators.iter().try_for_each(|d| self.expr(d))?;
        self.bind(node.name)?;
        self.defaults(&node.params)?;
        self.function(node.name.span, &node.params, node.is_async, |walk| walk.block(&node.body))
    }

    fn class_head(&mut self, node: &Class<'s>) -> Check {
        node.decorators.iter().try_for_each(|d| self.expr(d))?;
        self.args(&node.args)?;
        self.bind(node.name)
    }

    #[inline(never)]
    fn class(&mut self, node: &Class<'s>) -> Check {
        self.class_head(node)?;
        let (outer, inside) = (self.current, self.inside);
        self.current = self.push(ScopeKind::Class, node.name.span);
        self.scopes.all[self.current].class_name = Some(node.name.name);
        self.inside = Inside::default();
        self.block(&node.body)?;
        (self.current, self.inside) = (outer, inside);
        Ok(())
    }

    #[inline(never)]
    fn defaults(&mut self, params: &[Param<'s>]) -> Check {
        params.iter().filter_map(|p| p.default.as_ref()).try_for_each(|d| self.expr(d))
    }

    #[inline(never)]
    fn function(
        &mut self,
        key: Span,
        params: &[Param<'s>],
        is_async: bool,
        body: impl FnOnce(&mut Self) -> Check,
    ) -> Check {
        let (outer, inside) = (self.current, self.inside);
        self.current = self.push(ScopeKind::Function, key);
        self.scopes.all[self.current].coroutine = is_async;
        self.inside = Inside { function: true, coroutine: is_async, ..Inside::default() };
        // In the order of a frame's slots.
        let order = [
            &[ParamKind::PositionalOnly, ParamKind::Plain][..],
            &[ParamKind::KeywordOnly],
            &[ParamKind::Star],
            &[ParamKind::DoubleStar],
        ];
        for kinds in order {
            for param in params.iter().filter(|p| kinds.contains(&p.kind)) {
                self.bind(param.name)?;
                self.symbol(self.current, param.name.name).param = true;
            }
        }
        body(self)?;
        (self.current, self.inside) = (outer, inside);
        Ok(())
    }

    #[inline(never)]
    fn declare(&mut self, name: Ident<'s>, nonlocal: bool) -> Check {
        let scope = self.current;
        let kind = self.scopes.all[scope].kind;
        let word = if nonlocal { "nonlocal" } else { "global" };
        if kind == ScopeKind::Module {
            return if nonlocal {
                Err(SyntaxError::new(name.span, "nonlocal declaration not allowed at module level"))
            } else {
                Ok(())
            };
        }
        let symbol = self.symbol(scope, name.name);
        let message = if symbol.param {
            format!("name '{}' is parameter and {word}", name.name)
        } else if if nonlocal { symbol.global } else { symbol.nonlocal } {
            format!("name '{}' is nonlocal and global", name.name)
        } else if symbol.bound && !symbol.global && !symbol.nonlocal {
            format!("name '{}' is assigned to before {word} declaration", name.name)
        } else if symbol.used && !symbol.global && !symbol.nonlocal {
            format!("name '{}' is used prior to {word} declaration", name.name)
        } else {
            String::new()
        };
        if !message.is_empty() {
            return Err(SyntaxError::new(name.span, message));
        }
        if nonlocal {
            symbol.nonlocal = true;
            let mangled = symbol.name.clone();
            self.nonlocals.push((scope, mangled, name.span));
        } else {
            symbol.global = true;
        }
        Ok(())
    }

    #[inline(never)]
    fn target(&mut self, target: &Expr<'s>) -> Check {
        match &target.kind {
            ExprKind::Name(name) => self.bind(Ident { name, span: target.span }),
            ExprKind::Tuple(items) | ExprKind::List(items) => items.iter().try_for_each(|t| self.target(t)),
            ExprKind::Starred(inner) => self.target(inner),
            _ => self.expr(target),
        }
    }

    #[inline(never)]
    fn delete(&mut self, target: &Expr<'s>) -> Check {
        match &target.kind {
            ExprKind::Name(name) => {
                self.bind(Ident { name, span: target.span })?;
                self.symbol(self.current, name).deleted = true;
                Ok(())
            }
            ExprKind::Tuple(items) | ExprKind::List(items) => items.iter().try_for_each(|t| self.delete(t)),
            _ => self.expr(target),
        }
    }

    #[inline(never)]
    fn pattern(&mut self, pattern: &Pattern<'s>) -> Check {
        match &pattern.kind {
            PatternKind::Value(e) | PatternKind::Singleton(e) => self.expr(e),
            PatternKind::Wildcard | PatternKind::Star(None) => Ok(()),
            PatternKind::Capture(name) | PatternKind::Star(Some(name)) => self.bind(*name),
            PatternKind::Sequence(items) => items.iter().try_for_each(|p| self.pattern(p)),
            PatternKind::Or(items) => {
                let mut names: Option<Vec<&str>> = None;
                for item in items {
                    self.pattern(item)?;
                    let mut bound = Vec::new();
                    bound_names(item, &mut bound);
                    bound.sort_unstable();
                    if names.as_ref().is_some_and(|n| *n != bound) {
                        return Err(SyntaxError::new(
                            pattern.span,
                            "alternative patterns bind different names",
                        ));
                    }
                    names = Some(bound);
                }
                Ok(())
            }
            PatternKind::As(inner, name) => {
                self.pattern(inner)?;
                self.bind(*name)
            }
            PatternKind::Mapping(node) => {
                for (key, value) in &node.items {
                    self.expr(key)?;
                    self.pattern(value)?;
                }
                node.rest.map_or(Ok(()), |name| self.bind(name))
            }
            PatternKind::Class(node) => {
                self.expr(&node.class)?;
                node.positional.iter().try_for_each(|p| self.pattern(p))?;
                node.keywords.iter().try_for_each(|(_, p)| self.pattern(p))
            }
        }
    }

    // Expressions

    fn maybe(&mut self, expr: &Option<BoxExpr<'s>>) -> Check {
        expr.as_ref().map_or(Ok(()), |e| self.expr(e))
    }

    #[inline(never)]
    fn args(&mut self, args: &[Arg<'s>]) -> Check {
        args.iter().try_for_each(|arg| match arg {
            Arg::Positional(e) | Arg::Star(e) | Arg::Keyword(_, e) | Arg::DoubleStar(e) => self.expr(e),
        })
    }

    fn expr(&mut self, expr: &Expr<'s>) -> Check {
        match &expr.kind {
            ExprKind::None
            | ExprKind::True
            | ExprKind::False
            | ExprKind::Ellipsis
            | ExprKind::Int(_)
            | ExprKind::BigInt(..)
            | ExprKind::Float(_)
            | ExprKind::Imaginary(_)
            | ExprKind::Str(_)
            | ExprKind::Bytes(_) => Ok(()),
            ExprKind::Joined(parts) | ExprKind::Template(parts) => self.fparts(parts),
            ExprKind::Name(name) => {
                self.use_name(name);
                Ok(())
            }
            ExprKind::Unary(_, e) | ExprKind::Starred(e) => self.expr(e),
            ExprKind::Attribute(node) => self.expr(&node.object),
            ExprKind::Binary(..) => self.binary(expr),
            ExprKind::Subscript(e, index) => {
                self.expr(e)?;
                self.expr(index)
            }
            ExprKind::Bool(_, items)
            | ExprKind::Tuple(items)
            | ExprKind::List(items)
            | ExprKind::Set(items) => items.iter().try_for_each(|e| self.expr(e)),
            ExprKind::Compare(left, rest) => {
                self.expr(left)?;
                rest.iter().try_for_each(|(_, e)| self.expr(e))
            }
            ExprKind::If(parts) => {
                self.expr(&parts.test)?;
                self.expr(&parts.body)?;
                self.expr(&parts.orelse)
            }
            ExprKind::Lambda(lambda) => {
                self.defaults(&lambda.params)?;
                self.function(expr.span, &lambda.params, false, |walk| walk.expr(&lambda.body))
            }
            ExprKind::Call(f, args) => {
                self.expr(f)?;
                self.args(args)
            }
            ExprKind::Slice(slice) => {
                self.maybe(&slice.lower)?;
                self.maybe(&slice.upper)?;
                self.maybe(&slice.step)
            }
            ExprKind::Dict(items) => items.iter().try_for_each(|item| match item {
                DictItem::Pair(key, value) => {
                    self.expr(key)?;
                    self.expr(value)
                }
                DictItem::Unpack(e) => self.expr(e),
            }),
            ExprKind::ListComp(comp) | ExprKind::SetComp(comp) | ExprKind::DictComp(comp) => {
                self.comprehension(expr.span, comp, ScopeKind::Comprehension)
            }
            ExprKind::Generator(comp) => self.comprehension(expr.span, comp, ScopeKind::Function),
            ExprKind::Named(node) => self.named(node.name, &node.value),
            ExprKind::Yield(value) => {
                self.yields(expr.span, "yield")?;
                value.as_ref().map_or(Ok(()), |e| self.expr(e))
            }
            ExprKind::YieldFrom(value) => {
                if self.inside.coroutine {
                    return Err(SyntaxError::new(expr.span, "'yield from' inside async function"));
                }
                self.yields(expr.span, "yield from")?;
                self.expr(value)
            }
            ExprKind::Await(value) => {
                if !self.inside.coroutine {
                    let message = if self.inside.function {
                        "'await' outside async function"
                    } else {
                        "'await' outside function"
                    };
                    return Err(SyntaxError::new(expr.span, message));
                }
                self.expr(value)
            }
        }
    }

    /// A chain of operators from right to left, without recursion along it.
    #[inline(never)]
    fn binary(&mut self, mut expr: &Expr<'s>) -> Check {
        while let ExprKind::Binary(_, left, right) = &expr.kind {
            self.expr(right)?;
            expr = left;
        }
        self.expr(expr)
    }

    #[inline(never)]
    fn fparts(&mut self, parts: &[FPart<'s>]) -> Check {
        parts.iter().try_for_each(|part| match part {
            FPart::Text(_) => Ok(()),
            FPart::Field(field) => {
                self.expr(&field.value)?;
                self.fparts(&field.spec)
            }
        })
    }

    #[inline(never)]
    fn yields(&mut self, span: Span, what: &str) -> Check {
        if !self.inside.function {
            return Err(SyntaxError::new(span, format!("'{what}' outside function")));
        }
        if self.scopes.all[self.current].kind == ScopeKind::Comprehension {
            return Err(SyntaxError::new(span, format!("'{what}' inside list comprehension")));
        }
        self.scopes.all[self.current].generator = true;
        Ok(())
    }

    /// `name := value` binds in the function around all comprehensions.
    #[inline(never)]
    fn named(&mut self, name: Ident<'s>, value: &Expr<'s>) -> Check {
        self.expr(value)?;
        let in_comprehension = |walk: &Self, scope: usize| {
            let s = &walk.scopes.all[scope];
            s.kind == ScopeKind::Comprehension || walk.is_generator_expression(scope)
        };
        if self.inside.comp_iter {
            let message = "assignment expression cannot be used in a comprehension iterable expression";
            return Err(SyntaxError::new(name.span, message));
        }
        let mut scope = self.current;
        while in_comprehension(self, scope) {
            self.scopes.all[scope].walrus = true;
            let innermost = scope == self.current;
            let symbol = self.symbol(scope, name.name);
            // MicroPython takes the variable of a comprehension further out, and so do we.
            if symbol.iteration && innermost {
                let message = format!(
                    "assignment expression cannot rebind comprehension iteration variable '{}'",
                    name.name
                );
                return Err(SyntaxError::new(name.span, message));
            }
            symbol.used = true;
            if self.is_generator_expression(scope) {
                // Its own frame: it writes the variable of the function around.
                self.symbol(scope, name.name).nonlocal = true;
            }
            scope = self.scopes.all[scope].parent;
        }
        if scope != self.current && self.scopes.all[scope].kind == ScopeKind::Class {
            let message = "assignment expression within a comprehension cannot be used in a class body";
            return Err(SyntaxError::new(name.span, message));
        }
        self.scopes.all[scope].walrus = true;
        let current = core::mem::replace(&mut self.current, scope);
        self.bind(name)?;
        self.current = current;
        if self.scopes.all[scope].kind == ScopeKind::Module || self.symbol(scope, name.name).global {
            // No cell holds a global: generator expressions write it as one.
            let mut inner = current;
            while inner != scope {
                let symbol = self.symbol(inner, name.name);
                (symbol.nonlocal, symbol.global) = (false, true);
                inner = self.scopes.all[inner].parent;
            }
        }
        Ok(())
    }

    fn is_generator_expression(&self, scope: usize) -> bool {
        self.scopes.all[scope].symbols.first().is_some_and(|s| s.name == ".0")
    }

    #[inline(never)]
    fn comprehension(&mut self, key: Span, comp: &Comprehension<'s>, kind: ScopeKind) -> Check {
        let clauses = &comp.clauses;
        if clauses.iter().any(|c| c.is_async) && !self.inside.coroutine {
            return Err(SyntaxError::new(
                key,
                "asynchronous comprehension outside of an asynchronous function",
            ));
        }
        let (outer, inside) = (self.current, self.inside);
        self.inside.comp_iter = true;
        self.expr(&clauses[0].iter)?;
        self.inside.comp_iter = inside.comp_iter;
        self.current = self.push(kind, key);
        if kind == ScopeKind::Function {
            self.scopes.all[self.current].generator = true;
            let first = self.symbol(self.current, ".0");
            (first.bound, first.param) = (true, true);
            self.inside.function = true;
        }
        for (i, clause) in clauses.iter().enumerate() {
            if i > 0 {
                self.inside.comp_iter = true;
                self.expr(&clause.iter)?;
                self.inside.comp_iter = inside.comp_iter;
            }
            self.target(&clause.target)?;
            self.mark_iteration(&clause.target);
            clause.conditions.iter().try_for_each(|c| self.expr(c))?;
        }
        self.expr(&comp.element)?;
        self.maybe(&comp.value)?;
        (self.current, self.inside) = (outer, inside);
        Ok(())
    }

    fn mark_iteration(&mut self, target: &Expr<'s>) {
        match &target.kind {
            ExprKind::Name(name) => self.symbol(self.current, name).iteration = true,
            ExprKind::Tuple(items) | ExprKind::List(items) => {
                items.iter().for_each(|t| self.mark_iteration(t))
            }
            ExprKind::Starred(inner) => self.mark_iteration(inner),
            _ => {}
        }
    }
}

/// The names that a pattern binds.
fn bound_names<'s>(pattern: &Pattern<'s>, out: &mut Vec<&'s str>) {
    match &pattern.kind {
        PatternKind::Capture(name) | PatternKind::Star(Some(name)) => out.push(name.name),
        PatternKind::Sequence(items) => items.iter().for_each(|p| bound_names(p, out)),
        // All alternatives bind the same.
        PatternKind::Or(items) => items.iter().take(1).for_each(|p| bound_names(p, out)),
        PatternKind::As(inner, name) => {
            bound_names(inner, out);
            out.push(name.name);
        }
        PatternKind::Mapping(node) => {
            node.items.iter().for_each(|(_, p)| bound_names(p, out));
            out.extend(node.rest.map(|n| n.name));
        }
        PatternKind::Class(node) => {
            node.positional.iter().for_each(|p| bound_names(p, out));
            node.keywords.iter().for_each(|(_, p)| bound_names(p, out));
        }
        PatternKind::Value(_)
        | PatternKind::Singleton(_)
        | PatternKind::Wildcard
        | PatternKind::Star(None) => {}
    }
}
