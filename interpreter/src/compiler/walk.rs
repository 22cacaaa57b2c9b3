//! The walk over a statement that finds its scopes, what they bind, and what stands where it may not.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::scope::{Check, Scope, ScopeKind, Scopes, Symbol, mangle};
use crate::syntax::SyntaxError;
use crate::syntax::ast::*;

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

pub(super) struct Walk<'s> {
    pub scopes: Scopes<'s>,
    current: usize,
    inside: Inside,
    /// The namespace is a class's: what only a module may do is not allowed.
    pub is_class_body: bool,
    /// Declared nonlocal: checked when all is known.
    nonlocals: Vec<(usize, Cow<'s, str>, Span)>,
}

impl<'s> Walk<'s> {
    pub fn new(namespace: bool) -> Walk<'s> {
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

    pub fn finish(mut self) -> Check<Scopes<'s>> {
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

    pub fn mangled_symbol(&mut self, scope: usize, name: Cow<'s, str>) -> &mut Symbol<'s> {
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

    pub fn block(&mut self, block: &[Stmt<'s>]) -> Check {
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

    pub fn class_head(&mut self, node: &Class<'s>) -> Check {
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

    pub fn expr(&mut self, expr: &Expr<'s>) -> Check {
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
