//! Tables against models, also under stress.

use super::super::testing::Rng;
use super::*;
use crate::heap::Root;
use alloc::vec::Vec;
use alloc::{format, vec};

fn check(h: &Heap, d: Val, model: &[(Val, Val)]) {
    assert_eq!(h.table_len(d), model.len());
    let mut pos = 0;
    for (key, value) in model {
        let (next, k, v) = h.table_next(d, pos).unwrap();
        assert!(h.eq_simple(k, *key).unwrap() && v == *value, "order");
        pos = next;
    }
    assert!(h.table_next(d, pos).is_none());
    for (key, value) in model {
        assert_eq!(h.dict_get(d, *key), Some(*value));
    }
}

/// A dict against a vector of pairs: same contents, same order.
fn model_test(seed: u64, steps: usize, keys: usize, stress: bool) {
    let mut h = Heap::with_stack(1 << 20, 16).unwrap();
    h.set_stress(stress);
    let mut rng = Rng(seed);
    let all = h.new_list(&[]).unwrap();
    h.set_root(Root::Vm, all);
    for i in 0..keys {
        let key = match i % 5 {
            0 => Val::small(i as i32 * 64),
            1 => h.new_str(&format!("key{i}")).unwrap(),
            2 => h.new_float(i as f32 + 0.5).unwrap(),
            3 => Val::qstr(h.intern(&format!("an_interned_name_{i}")).unwrap()),
            _ => {
                let s = h.new_str(&format!("{i}")).unwrap();
                h.new_tuple(&[Val::small(i as i32), s]).unwrap()
            }
        };
        h.list_push(all, key).unwrap();
        h.clear_temps();
    }
    let keys: Vec<Val> = h.list(all).to_vec();
    let d = h.new_dict(0).unwrap();
    h.set_root(Root::Natives, d);
    let mut model: Vec<(Val, Val)> = vec![];
    for step in 0..steps {
        let key = keys[rng.below(keys.len())];
        let value = Val::small(step as i32);
        match rng.below(10) {
            0..=5 => {
                h.dict_set(d, key, value).unwrap();
                match model.iter_mut().find(|(k, _)| *k == key) {
                    Some(e) => e.1 = value,
                    None => model.push((key, value)),
                }
            }
            6..=8 => {
                let got = h.dict_remove(d, key);
                let want = model.iter().position(|(k, _)| *k == key).map(|i| model.remove(i).1);
                assert_eq!(got, want);
            }
            _ if rng.below(200) == 0 => {
                h.table_clear(d);
                model.clear();
            }
            _ => {
                if let Some((entry, _, _)) = h.table_prev(d, usize::MAX) {
                    h.table_remove(d, entry);
                    model.pop();
                }
            }
        }
        h.clear_temps();
        if step % 61 == 0 {
            check(&h, d, &model);
            let copy = h.table_copy(d, Kind::Dict).unwrap();
            check(&h, copy, &model);
        }
    }
    h.collect();
    check(&h, d, &model);
    assert!(h.is_walkable());
}

#[test]
fn dict_keeps_contents_and_order_small() {
    model_test(1, 6000, 7, false);
    model_test(2, 6000, 12, false);
}
#[test]
fn dict_keeps_contents_and_order_large() {
    model_test(3, 20_000, 600, false);
}
#[test]
fn dict_keeps_contents_and_order_under_stress() {
    model_test(4, 1500, 40, true);
    model_test(5, 800, 300, true);
}

#[test]
fn index_slots_grow_from_one_byte_to_four() {
    let mut h = Heap::with_stack(4 << 20, 16).unwrap();
    let d = h.new_dict(0).unwrap();
    h.set_root(Root::Vm, d);
    let n = 70_000;
    for i in 0..n {
        h.dict_set(d, Val::small(i), Val::small(-i)).unwrap();
        h.clear_temps();
        if [9, 213, 214, 255, 256, 300, 54_613, 54_614, 65_535, 65_536].contains(&i) {
            for j in 0..=i {
                assert_eq!(h.dict_get(d, Val::small(j)), Some(Val::small(-j)));
            }
        }
    }
    assert_eq!(h.table_len(d), n as usize);
    assert_eq!(h.aux(d) & LOG2, 17);
    for j in (0..n).rev() {
        assert_eq!(h.dict_remove(d, Val::small(j)), Some(Val::small(-j)));
    }
    assert_eq!(h.table_len(d), 0);
    h.dict_set(d, Val::ONE, Val::TRUE).unwrap();
    assert_eq!(h.dict_get(d, Val::TRUE), Some(Val::TRUE));
}

#[test]
fn add_and_remove_for_ever_needs_no_more_memory() {
    let mut h = Heap::with_stack(16 << 10, 16).unwrap();
    let d = h.new_dict(0).unwrap();
    h.set_root(Root::Vm, d);
    for i in 0..100_000 {
        h.dict_set(d, Val::small(i), Val::NONE).unwrap();
        if i >= 20 {
            h.dict_remove(d, Val::small(i - 20)).unwrap();
        }
        h.clear_temps();
    }
    assert_eq!(h.table_len(d), 20);
    assert!(h.buf_cap(d) < 600, "{}", h.buf_cap(d));
}

#[test]
fn equal_numbers_and_texts_are_one_key() {
    let mut h = Heap::with_stack(64 << 10, 16).unwrap();
    h.set_stress(true);
    let d = h.new_dict(0).unwrap();
    h.dict_set(d, Val::ONE, Val::small(10)).unwrap();
    h.dict_set(d, Val::try_float(1.0).unwrap(), Val::small(11)).unwrap();
    h.dict_set(d, Val::TRUE, Val::small(12)).unwrap();
    let one = h.new_complex(1.0, 0.0).unwrap();
    assert_eq!(h.dict_get(d, one), Some(Val::small(12)));
    assert_eq!(h.table_len(d), 1);
    for (big, f) in [(1i64 << 40, 1e12f32), (1 << 33, 8_589_934_592.0), (-(1 << 62), -4.611_686e18)] {
        let b = h.new_int(big).unwrap();
        let f = h.new_float(f).unwrap();
        let equal = h.as_float(f).unwrap() as f64 == big as f64;
        assert_eq!(h.eq_simple(b, f), Ok(equal));
        if equal {
            assert_eq!(h.hash_simple(b), h.hash_simple(f));
        }
    }
    let long = h.new_str("append").unwrap();
    let q = Val::qstr(h.intern("append").unwrap());
    assert_ne!(long, q);
    h.dict_set(d, long, Val::small(1)).unwrap();
    assert_eq!(h.dict_get(d, q), Some(Val::small(1)));
    let b = h.new_bytes(b"append").unwrap();
    assert_eq!(h.dict_get(d, b), None, "bytes are not text");
    let (x, y) = (h.new_float(f32::NAN).unwrap(), h.new_float(f32::NAN).unwrap());
    h.dict_set(d, x, Val::small(2)).unwrap();
    assert_eq!((h.dict_get(d, x), h.dict_get(d, y)), (Some(Val::small(2)), None));
}

#[test]
fn keys_of_the_programs_classes_are_asked_about() {
    let mut h = Heap::with_stack(64 << 10, 16).unwrap();
    h.set_stress(true);
    let d = h.new_dict(0).unwrap();
    for i in 0..20 {
        h.dict_set(d, Val::small(i), Val::small(i)).unwrap();
    }
    let a = h.alloc_cell(header(Kind::Instance, 0, 0), 0, 0, 0).unwrap();
    let b = h.alloc_cell(header(Kind::Instance, 0, 0), 0, 0, 0).unwrap();
    assert_eq!(h.table_probe(d, a, 99, None), Probe::Missing);
    h.table_add(d, a, 99, false, Val::TRUE).unwrap();
    assert!(h.flag(d, F_A));
    for i in 0..20 {
        assert_eq!(h.dict_get(d, Val::small(i)), Some(Val::small(i)));
    }
    assert_eq!(h.table_probe(d, a, 99, None), Probe::Found(20));
    assert_eq!(h.table_probe(d, b, 98, None), Probe::Missing);
    let Probe::Ask { entry: 20, next } = h.table_probe(d, b, 99, None) else { panic!() };
    assert_eq!(h.table_probe(d, b, 99, Some(next)), Probe::Missing);
    // An int that hashes like the instance is asked about too.
    assert!(matches!(h.table_probe(d, Val::small(99), 99, None), Probe::Ask { entry: 20, .. }));
}

#[test]
fn names_of_a_namespace_keep_their_entries() {
    let mut h = Heap::with_stack(64 << 10, 16).unwrap();
    h.set_stress(true);
    let d = h.new_namespace(0).unwrap();
    let names: Vec<Qstr> = (0..40).map(|i| h.intern(&format!("name_of_{i}")).unwrap()).collect();
    for (i, n) in names.iter().enumerate() {
        assert_eq!(h.dict_slot(d, *n).unwrap(), i);
    }
    assert_eq!(h.table_len(d), 0);
    for (i, n) in names.iter().enumerate() {
        h.dict_set_qstr(d, *n, Val::small(i as i32)).unwrap();
    }
    assert_eq!(h.table_len(d), 40);
    assert_eq!(h.dict_del_qstr(d, names[5]), Some(Val::small(5)));
    assert_eq!(h.dict_del_qstr(d, names[5]), None);
    assert_eq!((h.table_len(d), h.dict_get_qstr(d, names[5])), (39, None));
    for i in 0..60 {
        let n = h.intern(&format!("another_{i}")).unwrap();
        h.dict_set_qstr(d, n, Val::NONE).unwrap();
    }
    assert_eq!(h.table_len(d), 99);
    for (i, n) in names.iter().enumerate() {
        assert_eq!(h.dict_slot(d, *n).unwrap(), i);
    }
    assert_eq!(h.dict_get_qstr(d, names[6]), Some(Val::small(6)));
    h.dict_set_qstr(d, names[5], Val::TRUE).unwrap();
    assert_eq!((h.table_len(d), h.dict_slot(d, names[5]).unwrap()), (100, 5));
    let copy = h.table_copy(d, Kind::Dict).unwrap();
    assert_eq!(h.table_len(copy), 100);
    h.table_clear(d);
    assert_eq!((h.table_len(d), h.dict_slot(d, names[7]).unwrap()), (0, 7));
}

#[test]
fn a_set_holds_each_key_once() {
    let mut h = Heap::with_stack(64 << 10, 16).unwrap();
    h.set_stress(true);
    let s = h.new_set(0).unwrap();
    for i in 0..100 {
        h.set_add(s, Val::small(i % 25)).unwrap();
    }
    assert_eq!(h.table_len(s), 25);
    assert!(h.table_contains(s, Val::small(24)) && !h.table_contains(s, Val::small(25)));
    let f = h.table_copy(s, Kind::FrozenSet).unwrap();
    let t = h.new_table(Kind::FrozenSet, 0, false).unwrap();
    for i in (0..25).rev() {
        h.set_add(t, Val::small(i)).unwrap();
    }
    assert_eq!(h.hash_simple(f), h.hash_simple(t));
    assert_eq!(h.hash_simple(s), Err(NeedsVm));
}
