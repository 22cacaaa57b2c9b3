//! The collector at work: reuse, roots, deep structures, compaction around fixed blocks, exhaustion.

use super::super::testing::Rng;
use super::super::{Heap, Move, Root};
use super::Kind;
use crate::heap::cell::{F_BUF, header};
use crate::value::Val;
use alloc::vec::Vec;
use alloc::{format, vec};

fn heap(bytes: usize) -> Heap {
    Heap::with_stack(bytes, 64).unwrap()
}

#[test]
fn garbage_is_reused_and_roots_survive() {
    let mut h = heap(16 << 10);
    let kept = h.new_str("a text too long to lie in its cell").unwrap();
    h.set_root(Root::Vm, kept);
    let on_stack = h.new_list(&[Val::small(7)]).unwrap();
    h.set_slot(3, on_stack);
    h.set_sp(4);
    h.clear_temps();
    for i in 0..10_000 {
        h.new_str(&format!("garbage that needs a buffer {i}")).unwrap();
        h.clear_temps();
    }
    assert!(h.stats().collections > 3);
    assert_eq!(h.str(kept), "a text too long to lie in its cell");
    assert_eq!(h.list(on_stack), [Val::small(7)]);
    h.set_sp(0);
    h.collect();
    assert_eq!(h.stats().cells, 1);
}

#[test]
fn what_was_just_allocated_survives_until_the_log_is_released() {
    let mut h = heap(64 << 10);
    h.set_stress(true);
    let mark = h.mark_temps();
    let vals: Vec<Val> = (0..300).map(|i| h.new_str(&format!("value number {i}")).unwrap()).collect();
    for (i, v) in vals.iter().enumerate() {
        assert_eq!(h.str(*v), format!("value number {i}"));
    }
    h.release_temps(mark);
    h.collect();
    assert_eq!(h.stats().cells, 0);
}

#[test]
fn a_full_heap_is_an_error_and_usable_afterwards() {
    let mut h = heap(8 << 10);
    let list = h.new_list(&[]).unwrap();
    h.set_root(Root::Vm, list);
    h.clear_temps();
    let mut n = 0;
    while let Ok(v) = h.new_tuple(&[Val::small(n), list]) {
        if h.list_push(list, v).is_err() {
            break;
        }
        h.clear_temps();
        n += 1;
    }
    assert!(n > 200, "{n}");
    assert!(h.new_bytearray_zeroed(1 << 30).is_err());
    assert!(h.new_bytearray_zeroed(usize::MAX).is_err());
    assert!(h.new_list_cap(usize::MAX / 2).is_err());
    for (i, v) in h.list(list).iter().enumerate() {
        assert_eq!(h.tuple(*v), [Val::small(i as i32), list]);
    }
    h.list_truncate(list, 0);
    h.clear_temps();
    h.collect();
    assert_eq!(h.stats().cells, 1);
    assert!(h.new_bytearray_zeroed(5000).is_ok());
}

#[test]
fn wide_and_deep_structures_are_marked_with_a_small_stack() {
    let mut h = heap(1 << 20);
    // A list of lists, many more than the marking stack holds when memory is nearly full, and a long chain.
    let wide = h.new_list(&[]).unwrap();
    h.set_root(Root::Vm, wide);
    let mut chain = Val::NONE;
    for i in 0..8000 {
        let inner = h.new_tuple(&[Val::small(i), wide]).unwrap();
        h.list_push(wide, inner).unwrap();
        chain = h.new_tuple(&[chain, Val::small(i)]).unwrap();
        h.set_root(Root::Natives, chain);
        h.clear_temps();
    }
    // Fill the gap so that only the reserve is left to mark with.
    let gap = h.stats().largest;
    let _fill = h.new_bytearray_zeroed(gap - 64).unwrap();
    let before = h.stats();
    h.collect();
    assert_eq!(h.stats().cells, before.cells);
    for (i, v) in h.list(wide).iter().enumerate() {
        assert_eq!(h.tuple(*v)[0], Val::small(i as i32));
    }
    let mut n = 8000;
    while chain != Val::NONE {
        n -= 1;
        assert_eq!(h.tuple(chain)[1], Val::small(n));
        chain = h.tuple(chain)[0];
    }
    assert_eq!(n, 0);
}

#[test]
fn buffers_move_around_fixed_and_pinned_blocks() {
    let mut h = heap(256 << 10);
    let mut rng = Rng(7);
    let keep = h.new_list(&[]).unwrap();
    h.set_root(Root::Vm, keep);
    let blocks = h.blocks();
    let mut pinned: Vec<(*mut u8, usize, u8)> = vec![];
    let mut fixed: Vec<(Val, *mut u8)> = vec![];
    let mut movable: Vec<(Val, usize, u8)> = vec![];
    for round in 0..4000 {
        let n = rng.below(200) + 1;
        let byte = rng.below(256) as u8;
        match rng.below(12) {
            0..=3 => {
                let v = h.new_bytearray(&vec![byte; n]).unwrap();
                h.list_push(keep, v).unwrap();
                movable.push((v, n, byte));
            }
            4 => {
                let v = h.alloc_cell(header(Kind::Raw, 0, 0), 0, 0, 0).unwrap();
                h.alloc_buffer(v, n, Move::Fixed).unwrap();
                h.buf_mut(v).fill(0x5a);
                h.list_push(keep, v).unwrap();
                fixed.push((v, h.buf_ptr(v)));
            }
            5..=6 => {
                let align = 1 << rng.below(7);
                let p = blocks.alloc(n, align);
                assert!(!p.is_null() && (p as usize).is_multiple_of(align));
                // SAFETY: the block has `n` bytes.
                unsafe { p.write_bytes(byte, n) };
                pinned.push((p, n, byte));
            }
            7..=8 if !pinned.is_empty() => {
                let (p, n, byte) = pinned.swap_remove(rng.below(pinned.len()));
                // SAFETY: allocated above with `n` bytes, freed once.
                unsafe {
                    assert!(core::slice::from_raw_parts(p, n).iter().all(|b| *b == byte));
                    blocks.free(p);
                }
            }
            9 if movable.len() > 40 => {
                let (v, _, _) = movable.swap_remove(rng.below(movable.len()));
                let at = h.list(keep).iter().position(|x| *x == v).unwrap();
                h.list_remove(keep, at, at + 1);
            }
            10 if fixed.len() > 10 => {
                let (v, _) = fixed.swap_remove(rng.below(fixed.len()));
                let at = h.list(keep).iter().position(|x| *x == v).unwrap();
                h.list_remove(keep, at, at + 1);
            }
            _ if !movable.is_empty() => {
                let i = rng.below(movable.len());
                let (v, m, byte) = movable[i];
                h.resize_text(v, n).unwrap();
                if n > m {
                    h.text_mut(v)[m..].fill(byte);
                }
                movable[i].1 = n;
            }
            _ => {}
        }
        h.clear_temps();
        if movable.len() > 300 {
            for (v, _, _) in movable.split_off(100) {
                let at = h.list(keep).iter().position(|x| *x == v).unwrap();
                h.list_remove(keep, at, at + 1);
            }
        }
        if round % 37 == 0 {
            h.collect();
            assert!(h.is_walkable());
            for (v, n, byte) in &movable {
                assert_eq!(h.bytes(*v).len(), *n);
                assert!(h.bytes(*v).iter().all(|b| b == byte));
            }
            for (v, p) in &fixed {
                assert_eq!(h.buf_ptr(*v), *p);
                assert!(h.buf(*v).iter().all(|b| *b == 0x5a));
            }
        }
    }
    for (p, n, byte) in pinned {
        // SAFETY: as above.
        unsafe {
            assert!(core::slice::from_raw_parts(p, n).iter().all(|b| *b == byte));
            blocks.free(p);
        }
    }
    h.set_root(Root::Vm, Val::NULL);
    h.clear_temps();
    h.collect();
    let s = h.stats();
    assert_eq!((s.cells, h.region.hole_bytes()), (0, 0), "only the stack and the log are left");
}

#[test]
fn long_use_does_not_fragment_the_memory() {
    let mut h = heap(128 << 10);
    let mut rng = Rng(99);
    let keep = h.new_list(&vec![Val::NONE; 60]).unwrap();
    h.set_root(Root::Vm, keep);
    for _ in 0..300_000 {
        let n = [4, 9, 30, 100, 400, 900][rng.below(6)];
        let v = h.new_bytearray_zeroed(n).unwrap();
        let at = rng.below(60);
        h.list_mut(keep)[at] = v;
        h.clear_temps();
    }
    h.collect();
    let free = h.stats().free;
    assert!(h.new_bytearray_zeroed(free / 2).is_ok(), "{:?}", h.stats());
}

#[test]
fn native_allocations_use_the_reserve_last() {
    let mut h = heap(8 << 10);
    let gap = h.stats().largest;
    let _v = h.new_bytearray_zeroed(gap - 64).unwrap();
    let blocks = h.blocks();
    assert!(blocks.alloc(4000, 8).is_null());
    assert!(!h.emergency());
    let mut got = vec![];
    loop {
        let p = blocks.alloc(60, 4);
        if p.is_null() {
            break;
        }
        got.push(p);
    }
    assert!(h.emergency() && got.len() > 4);
    for p in got {
        // SAFETY: from `alloc`, freed once.
        unsafe { blocks.free(p) };
    }
    h.clear_temps();
    h.collect();
    assert!(!h.emergency());
}

#[test]
fn a_locked_heap_gives_nothing() {
    let mut h = heap(16 << 10);
    let list = h.new_list(&[Val::ONE]).unwrap();
    h.set_locked(true);
    assert!(h.new_tuple(&[Val::ONE]).is_err());
    assert!(h.new_bytearray_zeroed(100).is_err());
    assert!((0..50).any(|i| h.list_push(list, Val::small(i)).is_err()));
    h.collect();
    assert!(h.new_float(1e30).is_err());
    h.set_locked(false);
    assert!(h.new_tuple(&[Val::ONE]).is_ok() && h.new_bytearray_zeroed(100).is_ok());
    assert!(h.is_walkable());
}

#[test]
fn contents_of_two_cells_can_be_exchanged() {
    let mut h = heap(16 << 10);
    let a = h.new_list(&[Val::ONE; 5]).unwrap();
    let b = h.new_list(&[]).unwrap();
    h.swap_contents(a, b);
    h.collect();
    assert_eq!(h.list(b), [Val::ONE; 5]);
    assert!(h.list(a).is_empty() && !h.flag(a, F_BUF));
}

impl Heap {
    /// Do blocks fill the area without a gap, and do buffers and owners agree?
    pub(crate) fn is_walkable(&self) -> bool {
        let r = self.region;
        let mut p = r.low();
        let mut holes = 0;
        while p < r.top() {
            let (size, state) = r.block(p);
            let ok = match state {
                super::FREE => {
                    holes += size;
                    true
                }
                super::OWNED | super::FIXED => {
                    self.is_cell_addr(r.owner(p)) && self.w(Val::ptr(r.owner(p)), 1) == p + 8
                }
                _ => state == super::PINNED,
            };
            if size == 0 || !ok {
                return false;
            }
            p += size;
        }
        p == r.top() && holes == r.hole_bytes()
    }
}
