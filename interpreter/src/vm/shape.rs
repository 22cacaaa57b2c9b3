//! Shapes: which attribute of an instance lies where.
//!
//! Instances of a class that got the same attributes in the same order share a shape, so an instance stores
//! values only. Shapes form a tree: the class's root shape is empty (or holds the hidden native part), each child
//! adds one name. Up to three attributes lie in the instance's cell, more of them all in its buffer.

use super::Vm;
use crate::heap::{NoMemory, q};
use crate::value::{Qstr, Val};
use alloc::vec::Vec;
use core::cell::Cell;

/// A shape's number: what an instance's cell has in `aux`.
pub(crate) type ShapeId = u16;

/// Shapes have numbers below this; inline caches use those above for other things.
pub(crate) const SHAPES_END: ShapeId = 0xe000;

/// Attributes of this many instances lie in the cell itself.
pub(crate) const INLINE: usize = 3;

/// The hidden attribute 0 of an instance whose class derives from a native type: the native object.
pub(crate) const NATIVE_PART: Qstr = q::EMPTY;

#[derive(Clone, Copy, Debug)]
struct Shape {
    /// The class (kept alive by [`crate::heap::Root::Classes`]).
    class: Val,
    name: Qstr,
    parent: ShapeId,
    child: ShapeId,
    sibling: ShapeId,
    count: u16,
}

/// Shapes with more attributes than this are not searched name by name each time: what was found is remembered.
const SMALL: u16 = 6;

/// Places remembered. A power of two: the index is cut out of a product.
const MEMORY: usize = 128;

/// Where a large shape has a name. Shapes never change, so it stays true.
#[derive(Clone, Copy, Debug, Default)]
struct Found {
    /// Names with greater numbers are searched each time: there are hardly so many.
    name: u16,
    shape: ShapeId,
    place: u16,
}

/// The place of a name that the shape lacks.
const NOWHERE: u16 = u16::MAX;

/// All shapes (number 0 is not used), where large ones have their names, and names that classes lack.
#[derive(Debug, Default)]
pub(crate) struct Shapes(Vec<Shape>, Vec<Cell<Found>>, Vec<Cell<(Val, Qstr)>>);

/// Names that classes lack and that are remembered. A power of two.
const LACKS: usize = 64;

const NO_NAME: Qstr = Qstr(u32::MAX);

impl Shapes {
    fn add(&mut self, shape: Shape) -> Result<ShapeId, NoMemory> {
        if self.0.is_empty() {
            self.0.try_reserve(16).map_err(|_| NoMemory)?;
            let nothing =
                Shape { class: Val::NULL, name: NO_NAME, parent: 0, child: 0, sibling: 0, count: 0 };
            self.0.push(nothing);
        }
        let id = ShapeId::try_from(self.0.len()).ok().filter(|id| *id < SHAPES_END).ok_or(NoMemory)?;
        if self.0.len() == self.0.capacity() {
            self.0.try_reserve_exact(self.0.len() / 4 + 16).map_err(|_| NoMemory)?;
        }
        self.0.push(shape);
        Ok(id)
    }

    /// Is it known that neither `class` nor a base of it has this attribute?
    pub fn lacks(&self, class: Val, name: Qstr) -> bool {
        self.2.get(name.0 as usize % LACKS).is_some_and(|known| known.get() == (class, name))
    }

    /// Remembers that. Whatever gives a class an attribute calls [`Shapes::forget_lacks`].
    pub fn note_lack(&mut self, class: Val, name: Qstr) {
        if self.2.is_empty() && self.2.try_reserve_exact(LACKS).is_ok() {
            self.2.resize(LACKS, Cell::new((Val::NULL, NO_NAME)));
        }
        if let Some(entry) = self.2.get(name.0 as usize % LACKS) {
            entry.set((class, name));
        }
    }

    /// A class has changed, or is new where another was before.
    pub fn forget_lacks(&mut self) {
        self.2.iter().for_each(|entry| entry.set((Val::NULL, NO_NAME)));
    }

    /// A new root for a class.
    pub fn new_root(&mut self, class: Val) -> Result<ShapeId, NoMemory> {
        self.forget_lacks();
        self.add(Shape { class, name: NO_NAME, parent: 0, child: 0, sibling: 0, count: 0 })
    }

    /// The class of the instances of a shape.
    #[inline(always)]
    pub fn class(&self, id: ShapeId) -> Val {
        self.0[id as usize].class
    }

    /// Number of attributes.
    #[inline(always)]
    pub fn count(&self, id: ShapeId) -> usize {
        self.0[id as usize].count as usize
    }

    /// The place of an attribute.
    #[inline]
    pub fn find(&self, id: ShapeId, name: Qstr) -> Option<usize> {
        if self.0[id as usize].count <= SMALL { self.search(id, name) } else { self.recall(id, name) }
    }

    fn recall(&self, id: ShapeId, name: Qstr) -> Option<usize> {
        let Ok(short) = u16::try_from(name.0) else { return self.search(id, name) };
        let hash = u32::from(short) ^ u32::from(id) << 3;
        let Some(entry) = self.1.get(hash as usize % MEMORY) else { return self.search(id, name) };
        let known = entry.get();
        if (known.name, known.shape) == (short, id) {
            return if known.place == NOWHERE { None } else { Some(known.place.into()) };
        }
        let found = self.search(id, name);
        entry.set(Found { name: short, shape: id, place: found.map_or(NOWHERE, |place| place as u16) });
        found
    }

    fn search(&self, mut id: ShapeId, name: Qstr) -> Option<usize> {
        loop {
            let s = &self.0[id as usize];
            if s.name == name {
                return Some(s.count as usize - 1);
            }
            if s.count == 0 {
                return None;
            }
            id = s.parent;
        }
    }

    /// The names in order, without the hidden native part.
    pub fn names(&self, mut id: ShapeId) -> Vec<(Qstr, usize)> {
        let mut v = Vec::new();
        while self.0[id as usize].count > 0 {
            let s = &self.0[id as usize];
            if s.name != NATIVE_PART {
                v.push((s.name, s.count as usize - 1));
            }
            id = s.parent;
        }
        v.reverse();
        v
    }

    /// The shape with one attribute more.
    pub fn with(&mut self, id: ShapeId, name: Qstr) -> Result<ShapeId, NoMemory> {
        let mut c = self.0[id as usize].child;
        while c != 0 {
            if self.0[c as usize].name == name {
                return Ok(c);
            }
            c = self.0[c as usize].sibling;
        }
        let s = self.0[id as usize];
        let new = self.add(Shape {
            class: s.class,
            name,
            parent: id,
            child: 0,
            sibling: s.child,
            count: s.count.checked_add(1).ok_or(NoMemory)?,
        })?;
        self.0[id as usize].child = new;
        if s.count >= SMALL && self.1.is_empty() && self.1.try_reserve_exact(MEMORY).is_ok() {
            // Without the room for it every search is one name by name.
            self.1.resize(MEMORY, Cell::default());
        }
        Ok(new)
    }
}

impl Vm {
    /// Attribute `place` of an instance.
    #[inline]
    pub(crate) fn instance_slot(&self, v: Val, place: usize) -> Val {
        if self.heap.flag(v, crate::heap::cell::F_BUF) {
            self.heap.buf_vals(v, place + 1)[place]
        } else {
            self.heap.val(v, 1 + place)
        }
    }

    /// Overwrites attribute `place` of an instance.
    #[inline]
    pub(crate) fn set_instance_slot(&mut self, v: Val, place: usize, x: Val) {
        if self.heap.flag(v, crate::heap::cell::F_BUF) {
            self.heap.buf_vals_mut(v, place + 1)[place] = x;
        } else {
            self.heap.set_val(v, 1 + place, x);
        }
    }

    /// Adds an attribute that the instance's shape lacks.
    pub(crate) fn add_instance_attr(&mut self, v: Val, name: Qstr, x: Val) -> Result<(), NoMemory> {
        use crate::heap::Kind;
        use crate::heap::cell::{F_A, F_B, F_BUFVALS, header};
        let shape = self.heap.aux(v);
        let n = self.shapes.count(shape);
        let new_shape = self.shapes.with(shape, name)?;
        if n < INLINE {
            self.heap.set_val(v, 1 + n, x);
        } else if n == INLINE {
            // Out of the cell into a buffer, made for a helper cell first so that nothing is lost if memory is short.
            self.heap.keep(x)?;
            let head = header(Kind::Instance, F_BUFVALS | self.heap.head(v) & (F_A | F_B), new_shape);
            let helper = self.heap.alloc_cell(head, 0, 0, 0)?;
            self.heap.alloc_buffer(helper, 4 * (INLINE + 3), crate::heap::Move::Movable)?;
            let old = [self.heap.val(v, 1), self.heap.val(v, 2), self.heap.val(v, 3)];
            let b = self.heap.buf_vals_mut(helper, INLINE + 1);
            b[..INLINE].copy_from_slice(&old);
            b[INLINE] = x;
            self.heap.set_w(helper, 2, INLINE as u32 + 1);
            self.heap.swap_contents(v, helper);
        } else {
            if self.heap.buf_cap(v) < 4 * (n + 1) {
                self.heap.keep(x)?;
                self.heap.resize_buffer(v, 4 * (n + 1 + n / 4))?;
            }
            self.heap.set_w(v, 2, n as u32 + 1);
            self.heap.buf_vals_mut(v, n + 1)[n] = x;
        }
        self.heap.set_aux(v, new_shape);
        Ok(())
    }

    /// Removes the attribute at `place`: the others move up, in order.
    pub(crate) fn remove_instance_attr(&mut self, v: Val, place: usize) -> Result<(), NoMemory> {
        let shape = self.heap.aux(v);
        let n = self.shapes.count(shape);
        let class = self.shapes.class(shape);
        let mut names = self.shapes.names(shape);
        let mut new = self.root_shape(class);
        let hidden = n - names.len();
        if hidden > 0 {
            new = self.shapes.with(new, NATIVE_PART)?;
        }
        names.retain(|(_, p)| *p != place);
        for (name, _) in names {
            new = self.shapes.with(new, name)?;
        }
        for i in place..n - 1 {
            let x = self.instance_slot(v, i + 1);
            self.set_instance_slot(v, i, x);
        }
        self.set_instance_slot(v, n - 1, Val::NULL);
        if n == INLINE + 1 {
            // Back into the cell.
            use crate::heap::cell::{F_BUFVALS, F_V1, F_V2, F_V3};
            let kept = [0, 1, 2].map(|i| self.instance_slot(v, i));
            self.heap.free_buffer(v);
            let head = self.heap.head(v);
            self.heap.set_head(v, head & !F_BUFVALS | F_V1 | F_V2 | F_V3);
            for (i, x) in kept.into_iter().enumerate() {
                self.heap.set_val(v, 1 + i, x);
            }
        } else if n > INLINE {
            self.heap.set_w(v, 2, n as u32 - 1);
        }
        self.heap.set_aux(v, new);
        Ok(())
    }
}
