//! Statements: which rule generates which.

use alloc::string::String;
use alloc::vec::Vec;

use super::unit::{Codegen, Gen};
use crate::bytecode::{Const, Op};
use crate::syntax::ast::*;

/// `a.b.c`
fn dotted(path: &[Ident<'_>]) -> String {
    let mut text = String::new();
    for (i, part) in path.iter().enumerate() {
        if i > 0 {
            text.push('.');
        }
        text.push_str(part.name);
    }
    text
}

impl<'a, 's> Codegen<'a, 's> {
    #[inline(never)]
    pub(super) fn block(&mut self, block: &'a [Stmt<'s>]) -> Gen {
        for stmt in block {
            if self.is_unreachable() {
                break;
            }
            self.stmt(stmt)?;
        }
        Ok(())
    }

    fn stmt(&mut self, stmt: &'a Stmt<'s>) -> Gen {
        self.line(stmt.span);
        match &stmt.kind {
            StmtKind::Expr(expr) if self.unit.prints && self.outer.is_empty() => self.print(expr),
            StmtKind::Expr(expr) => self.effect(expr),
            StmtKind::Assign(targets, value) => self.assignment(targets, value),
            StmtKind::AugAssign(target, op, value) => self.augmented(target, *op, value),
            StmtKind::AnnAssign(target, annotation, Some(value)) => {
                self.assignment(core::slice::from_ref(&**target), value)?;
                self.viper_annotated(target, *annotation, true);
                self.class_annotation(target, *annotation)
            }
            StmtKind::AnnAssign(target, annotation, None) => {
                self.viper_annotated(target, *annotation, false);
                self.class_annotation(target, *annotation)?;
                self.annotation(target)
            }
            StmtKind::Return(value) => {
                self.check_star(stmt.span, true)?;
                self.return_statement(value.as_deref())
            }
            StmtKind::Delete(targets) => targets.iter().try_for_each(|t| self.delete_target(t)),
            StmtKind::Pass | StmtKind::Global(_) | StmtKind::Nonlocal(_) => Ok(()),
            StmtKind::Break => {
                self.check_star(stmt.span, false)?;
                self.leave_loop(true)
            }
            StmtKind::Continue => {
                self.check_star(stmt.span, false)?;
                self.leave_loop(false)
            }
            StmtKind::Raise(exception, cause) => self.raise(exception.as_deref(), cause.as_deref()),
            StmtKind::Assert(test, message) => self.assert(stmt.span, test, message.as_deref()),
            StmtKind::Import(names) => names.iter().try_for_each(|alias| self.import(alias)),
            StmtKind::ImportFrom(node) => self.import_from(stmt.span, node),
            StmtKind::If(branches, orelse) => self.if_statement(branches, orelse),
            StmtKind::While(test, body, orelse) => self.while_statement(test, body, orelse),
            StmtKind::For(node) => self.for_statement(node),
            StmtKind::With(node) => self.with_statement(node),
            StmtKind::Try(node) => self.try_statement(node),
            StmtKind::Match(node) => self.match_statement(node),
            StmtKind::Function(node) => self.function(node),
            StmtKind::Class(node) => self.class(node),
        }
    }

    #[inline(never)]
    fn print(&mut self, expr: &'a Expr<'s>) -> Gen {
        let top = self.unit.top;
        let slot = self.any(expr)?;
        self.unit.b.a(Op::PrintExpr, slot);
        self.free_to(top);
        Ok(())
    }

    /// In a class body: notes the annotation of a name, as its text, in `__annotations__`.
    #[inline(never)]
    fn class_annotation(&mut self, target: &'a Expr<'s>, annotation: Option<&'s str>) -> Gen {
        let (ExprKind::Name(name), Some(text)) = (&target.kind, annotation) else { return Ok(()) };
        if self.scopes.all[self.scope].kind != super::scope::ScopeKind::Class {
            return Ok(());
        }
        let top = self.unit.top;
        let base = self.alloc_many(3, target.span)?;
        let make = Op::BuildDict.len_words() + Op::NsStore.len_words();
        self.unit.b.named(Op::NsLoad, base, 0, make as u8, "__annotations__");
        self.unit.b.abc(Op::BuildDict, base, base, 0);
        self.unit.b.named(Op::NsStore, 0, base, 0, "__annotations__");
        let name = self.mangled(name);
        self.constant(base + 1, Const::Str(name.into()));
        self.constant(base + 2, Const::Str(text.into()));
        self.unit.b.abc(Op::SetItem, base, base + 1, base + 2);
        self.free_to(top);
        Ok(())
    }

    /// `target: annotation` alone evaluates the parts of its target, nothing else.
    #[inline(never)]
    fn annotation(&mut self, target: &'a Expr<'s>) -> Gen {
        match &target.kind {
            ExprKind::Attribute(node) => self.effect(&node.object),
            ExprKind::Subscript(object, index) => {
                self.effect(object)?;
                self.effect(index)
            }
            _ => Ok(()),
        }
    }

    #[inline(never)]
    fn raise(&mut self, exception: Option<&'a Expr<'s>>, cause: Option<&'a Expr<'s>>) -> Gen {
        let top = self.unit.top;
        let Some(exception) = exception else {
            self.unit.b.a(Op::RaiseAgain, 0);
            self.unreachable();
            return Ok(());
        };
        let span = exception.span;
        let exception = self.any(exception)?;
        match cause {
            Some(cause) => {
                let cause = self.any(cause)?;
                self.line(span);
                self.no_span();
                self.unit.b.ab(Op::RaiseFrom, exception, cause);
            }
            None => {
                self.line(span);
                self.no_span();
                self.unit.b.a(Op::Raise, exception);
            }
        }
        self.free_to(top);
        self.unreachable();
        Ok(())
    }

    #[inline(never)]
    fn assert(&mut self, span: Span, test: &'a Expr<'s>, message: Option<&'a Expr<'s>>) -> Gen {
        if self.known.optimised {
            return Ok(());
        }
        let top = self.unit.top;
        let fine = self.unit.b.label();
        self.jump_if(test, true, fine)?;
        let assigned = self.unit.assigned;
        match message {
            Some(message) => {
                let base = self.alloc_many(2, span)?;
                let class = self.alloc(span)?;
                self.constant(class, Const::Builtin("AssertionError"));
                self.temp(message)?;
                self.line(span);
                self.unit.b.ab(Op::Call, base, 1);
                self.unit.b.a(Op::Raise, base);
            }
            None => {
                let class = self.alloc(span)?;
                self.constant(class, Const::Builtin("AssertionError"));
                self.line(span);
                self.unit.b.a(Op::Raise, class);
            }
        }
        self.unit.b.place(fine);
        self.unit.assigned = assigned;
        self.free_to(top);
        Ok(())
    }

    // Imports

    #[inline(never)]
    fn import(&mut self, alias: &'a Alias<'s>) -> Gen {
        let top = self.unit.top;
        let span = alias.path[0].span;
        let slot = self.alloc(span)?;
        match alias.name {
            // The innermost module, which a from-list asks for.
            Some(_) => self.constant(slot, Const::Tuple(Vec::new())),
            None => self.unit.b.a(Op::LoadNone, slot),
        }
        self.unit.b.named(Op::Import, slot, 0, slot, &dotted(&alias.path));
        let name = alias.name.unwrap_or(alias.path[0]);
        self.store(name.name, slot, span)?;
        self.free_to(top);
        Ok(())
    }

    #[inline(never)]
    fn import_from(&mut self, span: Span, node: &'a ImportFrom<'s>) -> Gen {
        let top = self.unit.top;
        let module = self.alloc(span)?;
        let names = match &node.names {
            Some(names) => names.iter().map(|alias| Const::Str(alias.path[0].name.into())).collect(),
            None => [Const::Str("*".into())].into(),
        };
        self.constant(module, Const::Tuple(names));
        let level = u8::try_from(node.level).unwrap_or(u8::MAX);
        self.unit.b.named(Op::Import, module, level, module, &dotted(&node.path));
        match &node.names {
            None => {
                let namespace = self.unit.scope != 0;
                self.unit.b.abc(Op::ImportStar, module, 0, u8::from(namespace));
            }
            Some(names) => {
                for alias in names {
                    let slot = self.alloc(span)?;
                    let from = alias.path[0];
                    self.unit.b.named(Op::ImportFrom, slot, module, 0, from.name);
                    let name = alias.name.unwrap_or(from);
                    self.store(name.name, slot, name.span)?;
                    self.free_to(u16::from(module) + 1);
                }
            }
        }
        self.free_to(top);
        Ok(())
    }
}
