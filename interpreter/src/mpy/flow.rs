//! What is known of the stack machine at a place in the code: what lies on its stack, and which `try` and `with`
//! statements surround the place.

use alloc::vec::Vec;

use super::{M, MpyError};
use crate::bytecode::Slot;

/// What an entry of the stack is. Only `Value` and the containers are objects of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Value,
    /// A list, dict or set that is being built.
    List,
    Dict,
    Set,
    /// The machine's null pointer.
    Null,
    /// Part of the four entries that hold an iterator.
    Iter,
    /// Above an object: its method of this name (a string's number) is going to be called.
    Method(u16),
    /// What a class statement calls.
    BuildClass,
    /// The function of a class's body.
    Body,
    /// The cell of a shared variable, in this slot.
    Cell(Slot),
}

impl Kind {
    /// Does it take a slot?
    pub fn is_kept(self) -> bool {
        self.is_value() || self == Kind::Body
    }

    pub fn is_value(self) -> bool {
        matches!(self, Kind::Value | Kind::List | Kind::Dict | Kind::Set)
    }
}

/// Where an entry's value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the slot that belongs to its height.
    Home,
    /// In another slot.
    Slot(Slot),
    /// Not loaded yet.
    Int(i32),
    Const(u16),
    None,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    pub kind: Kind,
    pub place: Place,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockKind {
    Except,
    Finally,
    With,
}

/// How control has come to where it is in a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// It is in what the handler guards.
    Guarded,
    /// In a `finally` by the ordinary way: None is on top of the stack.
    Finished,
    /// In the handler by an exception, which is on top.
    Raised,
    /// In a `finally` on the way out: a result and the number of a reason are on top.
    Leaving,
}

/// A `try` or `with` statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// Which one: an index into the translator's list of them.
    pub id: usize,
    pub kind: BlockKind,
    pub handler: u32,
    /// Height of the stack that the handler finds, without what is put on top for it.
    pub depth: usize,
    pub mode: Mode,
}

#[derive(Clone, Debug, Default)]
pub struct State {
    pub stack: Vec<Entry>,
    pub blocks: Vec<Block>,
}

impl State {
    /// What statements around this place rely on lies below this height.
    pub fn floor(&self) -> usize {
        self.blocks.iter().rev().find(|block| block.mode == Mode::Guarded).map_or(0, |block| block.depth)
    }

    /// Tells apart the ways to be at one place.
    pub fn modes(&self) -> u64 {
        self.blocks.iter().fold(1, |modes, block| modes << 2 | block.mode as u64)
    }

    /// Takes the top entry. What a statement around this place relies on stays.
    pub fn pop(&mut self) -> M<(usize, Entry)> {
        if self.stack.len() <= self.floor() {
            return Err(MpyError::Incompatible);
        }
        let entry = self.stack.pop().ok_or(MpyError::Incompatible)?;
        Ok((self.stack.len(), entry))
    }

    /// Takes the top entry, which must be an object.
    pub fn pop_value(&mut self) -> M<(usize, Entry)> {
        let top = self.pop()?;
        if top.1.kind.is_value() { Ok(top) } else { Err(MpyError::Incompatible) }
    }

    pub fn push(&mut self, kind: Kind, place: Place) -> M {
        self.stack.try_reserve(1).map_err(|_| MpyError::NoMemory)?;
        self.stack.push(Entry { kind, place });
        Ok(())
    }

    /// The entry `n` below the top.
    pub fn peek(&self, n: usize) -> M<(usize, Entry)> {
        let at = self.stack.len().checked_sub(n + 1).ok_or(MpyError::Incompatible)?;
        Ok((at, self.stack[at]))
    }
}
