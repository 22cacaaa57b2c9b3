//! Loading, storing and deleting variables.

use alloc::borrow::Cow;

use super::scope::Place;
use super::unit::{Codegen, Gen};
use crate::bytecode::{Const, Op, Slot};
use crate::syntax::ast::*;

/// Builtins that see the variables of the function that calls them.
const INSPECTORS: [&str; 5] = ["locals", "eval", "exec", "dir", "vars"];

/// A variable as the current frame reaches it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Variable {
    Slot(Slot),
    /// Item of the list in the unit's spill slot.
    Spilled(u16),
    /// In the cell that this slot holds.
    Cell(Slot),
    Global,
    Namespace,
    /// In the namespace or else the cell in this slot.
    NamespaceCell(Slot),
}

impl<'a, 's> Codegen<'a, 's> {
    pub(super) fn variable(&self, name: &str) -> Variable {
        match self.scopes.place(self.scope, name) {
            Place::Global => Variable::Global,
            Place::Namespace => Variable::Namespace,
            Place::Free => Variable::Cell(self.free_slot(name)),
            Place::NamespaceFree => Variable::NamespaceCell(self.free_slot(name)),
            Place::Local(scope) => match self.slot_of(scope, name) {
                Some(slot) => Variable::Slot(slot),
                None => {
                    let index = self.unit.spilled.iter().position(|n| n == name).unwrap_or(0);
                    Variable::Spilled(index as u16)
                }
            },
            Place::Cell(scope) => Variable::Cell(self.slot_of(scope, name).unwrap_or(0)),
        }
    }

    fn slot_of(&self, scope: usize, name: &str) -> Option<Slot> {
        if scope == self.unit.scope {
            return self.unit.locals.iter().position(|n| n == name).map(|i| i as Slot);
        }
        self.unit.comp_vars.iter().rev().find(|v| v.0 == scope && v.1 == name).map(|v| v.2)
    }

    /// The slot of the cell that came from outside.
    pub(super) fn free_slot(&self, name: &str) -> Slot {
        let frees = &self.scopes.all[self.unit.scope].frees;
        self.unit.first_free + frees.iter().position(|f| f == name).unwrap_or(0) as Slot
    }

    /// Whether the variable in `slot` may be unset here; if so its slot will be unset at entry.
    fn check_bound(&mut self, slot: Slot) {
        if self.unit.assigned & (1 << slot) == 0 {
            self.unit.unbind |= 1 << slot;
            self.unit.b.a(Op::CheckBound, slot);
        }
    }

    /// Whether `del` makes the assignments seen so far worthless.
    fn may_be_deleted(&self, name: &str) -> bool {
        self.scopes.symbol(self.unit.scope, name).is_some_and(|s| s.deleted)
    }

    /// The variable's slot, if it has one and no later `:=` can change it before it is used.
    pub(super) fn local(&mut self, name: &'s str) -> Option<Slot> {
        let name = self.mangled(name);
        match self.variable(&name) {
            Variable::Slot(slot) if !self.scopes.all[self.unit.scope].walrus => {
                self.check_bound(slot);
                Some(slot)
            }
            _ => None,
        }
    }

    /// The slot that an assignment to `name` can write directly.
    pub(super) fn local_target(&self, name: &'s str) -> Option<Slot> {
        match self.variable(&self.mangled(name)) {
            Variable::Slot(slot) => Some(slot),
            _ => None,
        }
    }

    pub(super) fn load(&mut self, name: &'s str, dest: Slot) {
        if self.load_folded(name, dest) {
            return;
        }
        let name = self.mangled(name);
        self.load_mangled(&name, dest);
    }

    pub(super) fn load_mangled(&mut self, name: &str, dest: Slot) {
        match self.variable(name) {
            Variable::Slot(slot) => {
                self.check_bound(slot);
                self.move_to(dest, slot);
            }
            Variable::Spilled(index) => {
                self.constant(dest, Const::Int(index.into()));
                self.unit.b.abc(Op::GetItem, dest, self.unit.spill, dest);
                self.unit.b.a(Op::CheckBound, dest);
            }
            Variable::Cell(slot) => self.unit.b.ab(Op::LoadCell, dest, slot),
            Variable::Global => {
                if INSPECTORS.contains(&name) {
                    // It may look at the slots: none must hold what was there before.
                    self.unit.unbind = u64::MAX;
                }
                self.load_global(name, dest);
            }
            Variable::Namespace => {
                self.unit.b.named(Op::NsLoad, dest, 0, Op::LoadGlobal.len_words() as u8, name);
                self.load_global(name, dest);
            }
            Variable::NamespaceCell(slot) => {
                self.unit.b.named(Op::NsLoad, dest, 0, Op::LoadCell.len_words() as u8, name);
                self.unit.b.ab(Op::LoadCell, dest, slot);
            }
        }
    }

    pub(super) fn load_global(&mut self, name: &str, dest: Slot) {
        let index = self.unit.b.name(name);
        self.unit.b.abx(Op::LoadGlobal, dest, index);
    }

    /// Stores `from`; a slot variable that is `from` already is only noted.
    pub(super) fn store(&mut self, name: &'s str, from: Slot, span: Span) -> Gen {
        let name = self.mangled(name);
        self.store_mangled(&name, from, span)
    }

    pub(super) fn store_mangled(&mut self, name: &str, from: Slot, span: Span) -> Gen {
        match self.variable(name) {
            Variable::Slot(slot) => {
                self.move_to(slot, from);
                self.note_assigned(name, slot);
            }
            Variable::Spilled(index) => {
                let top = self.unit.top;
                let temp = self.alloc(span)?;
                self.constant(temp, Const::Int(index.into()));
                self.unit.b.abc(Op::SetItem, self.unit.spill, temp, from);
                self.free_to(top);
            }
            Variable::Cell(slot) | Variable::NamespaceCell(slot) => self.unit.b.ab(Op::StoreCell, slot, from),
            Variable::Global => {
                let index = self.unit.b.name(name);
                self.unit.b.abx(Op::StoreGlobal, from, index);
            }
            Variable::Namespace => self.unit.b.named(Op::NsStore, 0, from, 0, name),
        }
        Ok(())
    }

    pub(super) fn note_assigned(&mut self, name: &str, slot: Slot) {
        if self.may_be_deleted(name) {
            self.unit.unbind |= 1 << slot;
        } else {
            self.unit.assigned |= 1 << slot;
        }
    }

    pub(super) fn delete(&mut self, name: &'s str, span: Span) -> Gen {
        let name = self.mangled(name);
        match self.variable(&name) {
            Variable::Slot(slot) => {
                self.check_bound(slot);
                self.unset(slot);
            }
            Variable::Spilled(_) => {
                let top = self.unit.top;
                let temp = self.alloc(span)?;
                self.load_mangled(&name, temp);
                self.unit.b.ab(Op::Unbind, temp, 1);
                self.store_mangled(&name, temp, span)?;
                self.free_to(top);
            }
            Variable::Cell(slot) | Variable::NamespaceCell(slot) => self.unit.b.a(Op::DelCell, slot),
            Variable::Global => {
                let index = self.unit.b.name(&name);
                self.unit.b.abx(Op::DelGlobal, 0, index);
            }
            Variable::Namespace => self.unit.b.named(Op::NsDel, 0, 0, 0, &name),
        }
        Ok(())
    }

    pub(super) fn unset(&mut self, slot: Slot) {
        self.unit.b.ab(Op::Unbind, slot, 1);
        self.unit.assigned &= !(1 << slot);
        self.unit.unbind |= 1 << slot;
    }

    /// Unsets the variable of an `except … as` at its end, whether or not the handler did so.
    pub(super) fn end_handler_name(&mut self, name: Ident<'s>) -> Gen {
        let mangled: Cow<'s, str> = self.mangled(name.name);
        if let Variable::Slot(slot) = self.variable(&mangled) {
            self.unset(slot);
            return Ok(());
        }
        let top = self.unit.top;
        let temp = self.alloc(name.span)?;
        self.unit.b.a(Op::LoadNone, temp);
        self.store_mangled(&mangled, temp, name.span)?;
        self.free_to(top);
        self.delete(name.name, name.span)
    }
}
