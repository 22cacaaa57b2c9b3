//! A million allocations and releases of mixed sizes leave the memory in one piece: buffers move.

use interpreter::heap::{Heap, STACK_SLOTS};
use interpreter::value::Val;

/// A small random number generator, the same on every run.
struct Rng(u64);

impl Rng {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 16) % n as u64) as usize
    }
}

const STEPS: usize = 1_000_000;
/// As many objects live at a time, on average half as many.
const LIVE: usize = 256;
const BYTES: usize = 192 * 1024;

/// Mostly small, sometimes large: as programs allocate.
fn size(rng: &mut Rng) -> usize {
    match rng.below(100) {
        0..60 => rng.below(64),
        60..95 => rng.below(1024),
        _ => rng.below(8192),
    }
}

#[test]
fn half_of_what_is_free_can_be_had_in_one_piece_after_a_million_steps() {
    const { assert!(LIVE < STACK_SLOTS) };
    let mut heap = Heap::with_size(BYTES).expect("memory");
    heap.set_sp(LIVE);
    (0..LIVE).for_each(|i| heap.set_slot(i, Val::NONE));
    let mut rng = Rng(0x1234_5678_9ABC_DEF1);
    let mut refused = 0;
    for step in 0..STEPS {
        let mark = heap.mark_temps();
        let slot = rng.below(LIVE);
        if rng.below(2) == 0 {
            heap.set_slot(slot, Val::NONE);
        } else {
            let n = size(&mut rng);
            let made = match rng.below(3) {
                0 => heap.new_bytes(&vec![step as u8; n]),
                1 => heap.new_list_cap(n / 4),
                _ => heap.new_str(&"x".repeat(n)),
            };
            match made {
                Ok(v) => heap.set_slot(slot, v),
                Err(_) => refused += 1,
            }
        }
        heap.release_temps(mark);
    }
    assert!(refused < STEPS / 100, "{refused} requests refused: the test keeps too much alive");
    heap.collect();
    let free = heap.stats().free;
    assert!(free > BYTES / 10 && free < BYTES, "{free} bytes free");
    let half = heap.new_bytes(&vec![0; free / 2]);
    assert!(half.is_ok(), "no {} bytes in one piece with {free} free", free / 2);
}
