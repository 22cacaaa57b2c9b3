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

/// A shape. Its class is in [`crate::heap::Heap::shape_classes`], where the collector sees it: an instance keeps its
/// class alive, and what has no class any more is free.
#[derive(Clone, Copy, Debug)]
struct Shape {
    name: u16,
    parent: ShapeId,
    child: ShapeId,
    /// The next child of the same parent; of a free number, the next free one.
    sibling: ShapeId,
    count: u16,
    /// The first of the run of shapes that ends here in which each is the child of the one before: attributes that
    /// were added one after the other.
    run: ShapeId,
}

/// Shapes with more attributes than this are not searched name by name each time: see [`Shapes::find`].
const SMALL: u16 = 4;

/// Names whose shapes are remembered. A power of two: the index is cut out of a product.
const MEMORY_BITS: u32 = 9;

/// A shape that added the name.
#[derive(Clone, Copy, Debug, Default)]
struct Added {
    name: u16,
    shape: ShapeId,
}

/// What is known of a name in a class: what was found, or NULL for what is not there.
#[derive(Clone, Copy, Debug)]
struct Known {
    class: Val,
    name: Qstr,
    found: Val,
}

/// All shapes (number 0 is not used), where large ones got their names, and what is known of names in classes.
#[derive(Debug, Default)]
pub(crate) struct Shapes(Vec<Shape>, Vec<Cell<Added>>, Vec<Cell<Known>>, Numbers);

/// Which numbers of shapes are in use.
#[derive(Debug, Default)]
struct Numbers {
    /// The first free one; 0 if there is none.
    free: ShapeId,
    used: usize,
    /// With so many in use it is time to look for classes that are gone.
    limit: usize,
    /// How often something became known of a class before there was room to note it.
    asked: usize,
}

/// Fewer shapes than this are not worth a collection.
const FEW: usize = 128;

/// Names in classes that are remembered. A power of two.
const KNOWN: usize = 64;

const NO_NAME: u16 = u16::MAX;
const NOTHING: Known = Known { class: Val::NULL, name: Qstr(u32::MAX), found: Val::NULL };

/// A name as shapes have it: numbers of names fit 16 bits.
#[inline(always)]
fn short(name: Qstr) -> u16 {
    debug_assert!(name.0 < u32::from(NO_NAME));
    name.0 as u16
}

impl Shapes {
    fn add(&mut self, classes: &mut Vec<Val>, class: Val, shape: Shape) -> Result<ShapeId, NoMemory> {
        let id = self.next_number();
        if self.3.free != 0 {
            self.3.free = self.0[id as usize].sibling;
            self.0[id as usize] = shape;
            classes[id as usize] = class;
            self.3.used += 1;
            return Ok(id);
        }
        if id >= SHAPES_END {
            return Err(NoMemory);
        }
        if self.0.len() == self.0.capacity() {
            let more = self.0.len() / 4 + 8;
            self.0.try_reserve_exact(more).map_err(|_| NoMemory)?;
        }
        if classes.capacity() < self.0.capacity() {
            classes.try_reserve_exact(self.0.capacity() - classes.len()).map_err(|_| NoMemory)?;
        }
        if self.0.is_empty() {
            self.0.push(Shape { name: NO_NAME, parent: 0, child: 0, sibling: 0, count: 0, run: 0 });
            classes.push(Val::NULL);
        }
        self.0.push(shape);
        classes.push(class);
        self.3.used += 1;
        Ok(id)
    }

    /// The number that the next new shape gets.
    fn next_number(&self) -> ShapeId {
        match self.3.free {
            0 => self.0.len().clamp(1, SHAPES_END as usize) as ShapeId,
            free => free,
        }
    }

    /// Is it time to look for shapes whose classes are gone?
    fn is_crowded(&self) -> bool {
        self.3.used >= self.3.limit.max(FEW)
    }

    /// Makes the numbers of shapes free whose classes a collection found unused; false if there are none. Inline
    /// caches may have such numbers.
    fn reclaim(&mut self, classes: &[Val]) -> bool {
        let before = self.3.used;
        self.3 = Numbers { asked: self.3.asked, ..Numbers::default() };
        // The lowest first, so that shapes made one after the other are a run.
        for id in (1..self.0.len()).rev() {
            if classes[id].is_null() {
                self.0[id].sibling = self.3.free;
                self.3.free = id as ShapeId;
            } else {
                self.3.used += 1;
            }
        }
        self.3.limit = 2 * self.3.used;
        self.1.iter().for_each(|entry| entry.set(Added::default()));
        self.3.used < before
    }

    /// What is known of a name in a class: `Some(NULL)` if neither it nor a base has the attribute.
    #[inline(always)]
    pub fn known(&self, class: Val, name: Qstr) -> Option<Val> {
        let known = self.2.get((name.0 ^ class.bits() >> 4) as usize % KNOWN)?.get();
        (known.class == class && known.name == name).then_some(known.found)
    }

    /// Remembers that. Whatever gives a class an attribute that is not plain data in the place of plain data calls
    /// [`Shapes::forget_known`]; so plain data must not be noted.
    pub fn note(&mut self, class: Val, name: Qstr, found: Val) {
        if self.2.is_empty() {
            // A program that only makes its classes asks less.
            self.3.asked += 1;
            if self.3.asked < KNOWN || self.2.try_reserve_exact(KNOWN).is_err() {
                return;
            }
            self.2.resize(KNOWN, Cell::new(NOTHING));
        }
        if let Some(entry) = self.2.get((name.0 ^ class.bits() >> 4) as usize % KNOWN) {
            entry.set(Known { class, name, found });
        }
    }

    /// A class has changed, or is new where another was before.
    pub fn forget_known(&mut self) {
        self.2.iter().for_each(|entry| entry.set(NOTHING));
    }

    /// A new root for a class.
    pub fn new_root(&mut self, classes: &mut Vec<Val>, class: Val) -> Result<ShapeId, NoMemory> {
        self.forget_known();
        let run = self.next_number();
        self.add(classes, class, Shape { name: NO_NAME, parent: 0, child: 0, sibling: 0, count: 0, run })
    }

    /// Number of attributes.
    #[inline(always)]
    pub fn count(&self, id: ShapeId) -> usize {
        self.0[id as usize].count as usize
    }

    /// The place of an attribute.
    ///
    /// A large shape need not be searched where it is in one run with a shape that added the name: it has the name if
    /// it comes later in the run, and lacks it if it comes before, because no name is added twice on one way from the
    /// root.
    #[inline(always)]
    pub fn find(&self, id: ShapeId, name: Qstr) -> Option<usize> {
        let name = short(name);
        let Some(entry) = self.1.get(Self::place_of(name)) else { return self.search(id, name) };
        let added = entry.get();
        if added.name == name {
            let of = added.shape;
            if of <= id {
                if self.0[id as usize].run <= of {
                    return Some(self.0[of as usize].count as usize - 1);
                }
            } else if self.0[of as usize].run <= id {
                return None;
            }
        }
        self.search(id, name)
    }

    #[inline(always)]
    fn place_of(name: u16) -> usize {
        (u32::from(name).wrapping_mul(0x9e37_79b1) >> (32 - MEMORY_BITS)) as usize
    }

    #[inline(never)]
    fn search(&self, id: ShapeId, name: u16) -> Option<usize> {
        let mut at = id;
        loop {
            let s = &self.0[at as usize];
            if s.name == name {
                if self.0[id as usize].count > SMALL
                    && let Some(entry) = self.1.get(Self::place_of(name))
                {
                    entry.set(Added { name, shape: at });
                }
                return Some(s.count as usize - 1);
            }
            if s.count == 0 {
                return None;
            }
            at = s.parent;
        }
    }

    /// The names in order, without the hidden native part.
    ///
    /// # Errors
    /// NoMemory.
    pub fn names(&self, mut id: ShapeId) -> Result<Vec<(Qstr, usize)>, NoMemory> {
        let mut v = Vec::new();
        v.try_reserve_exact(self.0[id as usize].count as usize).map_err(|_| NoMemory)?;
        while self.0[id as usize].count > 0 {
            let s = &self.0[id as usize];
            let name = Qstr(s.name.into());
            if name != NATIVE_PART {
                v.push((name, s.count as usize - 1));
            }
            id = s.parent;
        }
        v.reverse();
        Ok(v)
    }

    /// The shape with one attribute more.
    pub fn with(&mut self, classes: &mut Vec<Val>, id: ShapeId, name: Qstr) -> Result<ShapeId, NoMemory> {
        let name = short(name);
        let mut c = self.0[id as usize].child;
        while c != 0 {
            if self.0[c as usize].name == name {
                return Ok(c);
            }
            c = self.0[c as usize].sibling;
        }
        let s = self.0[id as usize];
        let next = self.next_number();
        let shape = Shape {
            name,
            parent: id,
            child: 0,
            sibling: s.child,
            count: s.count.checked_add(1).ok_or(NoMemory)?,
            run: if next == id + 1 { s.run } else { next },
        };
        let new = self.add(classes, classes[id as usize], shape)?;
        self.0[id as usize].child = new;
        if s.count >= SMALL && self.1.is_empty() && self.1.try_reserve_exact(1 << MEMORY_BITS).is_ok() {
            // Without the room for it every search is one name by name.
            self.1.resize(1 << MEMORY_BITS, Cell::default());
        }
        Ok(new)
    }
}

impl Vm {
    /// Before a new class: frees the shapes of classes that are gone, once there are many shapes.
    pub(super) fn tidy_shapes(&mut self) {
        if self.shapes.is_crowded() {
            self.heap.collect();
            if self.shapes.reclaim(&self.heap.shape_classes) {
                self.forget_caches();
            }
        }
    }

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
        let new_shape = self.shapes.with(&mut self.heap.shape_classes, shape, name)?;
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
        let class = self.heap.shape_class(shape);
        let mut names = self.shapes.names(shape)?;
        let mut new = self.root_shape(class);
        let hidden = n - names.len();
        if hidden > 0 {
            new = self.shapes.with(&mut self.heap.shape_classes, new, NATIVE_PART)?;
        }
        names.retain(|(_, p)| *p != place);
        for (name, _) in names {
            new = self.shapes.with(&mut self.heap.shape_classes, new, name)?;
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
