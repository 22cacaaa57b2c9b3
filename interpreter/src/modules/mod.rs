//! The native modules, a file each, written on the native API and the hardware traits.
//!
//! Shared by them: [`State`] (what modules keep outside of the Python heap), [`stream`] (what files, UARTs
//! and the console have in common), [`events`] (callbacks).

pub mod array;
pub mod asyncio;
pub mod attrtuple;
pub mod binascii;
pub mod cmath;
pub mod collections;
pub mod cryptolib;
pub mod deflate;
pub mod errno;
pub mod events;
pub mod framebuf;
pub mod frozen;
pub mod gc;
pub mod hashlib;
pub mod heapq;
pub mod io;
pub mod itertools;
pub mod json;
pub mod machine;
pub mod math;
pub mod micropython;
pub mod numpy;
pub mod onewire;
pub mod os;
pub mod platform;
pub mod random;
pub mod re;
pub mod ringio;
pub mod rp2;
pub mod select;
pub mod stream;
pub mod struct_;
pub mod sys;
pub mod templatelib;
pub mod thread;
pub mod time;
pub mod uctypes;
pub mod vfs;

use alloc::string::String;
use alloc::vec::Vec;

use crate::fs::Volume;
use crate::objects::native::{R, Raised};
use crate::value::Val;
use crate::vm::Vm;

/// What the modules keep outside of the Python heap.
#[derive(Debug)]
pub struct State {
    /// The file system, once mounted.
    pub fs: Option<Volume>,
    /// Those on block devices in Python.
    pub volumes: Vec<Option<Volume>>,
    /// Absolute, without a slash at the end except for the root; empty means the root.
    pub cwd: String,
    pub events: events::Pending,
    pub timers: Vec<Option<machine::timer::Running>>,
    pub uarts: [machine::uart::Settings; 2],
    pub random: random::Generator,
    /// The byte that interrupts a running script, from `micropython.kbd_intr`.
    pub kbd_intr: Option<u8>,
    /// Bytes of the stacks of threads to be started; 0: as many as usual.
    pub thread_stack: u32,
    /// Depth of `micropython.heap_lock`.
    pub heap_lock: u32,
    pub opt_level: u32,
    pub gc_disabled: bool,
    /// Bytes; -1: none.
    pub gc_threshold: i32,
    /// When `numpy` leaves elements out in print: the longest row printed whole, and how many at each end else.
    pub numpy_print: (u16, u16),
}

impl Default for State {
    fn default() -> State {
        State {
            fs: None,
            volumes: Vec::new(),
            cwd: String::new(),
            events: events::Pending::default(),
            timers: Vec::new(),
            uarts: Default::default(),
            random: random::Generator::default(),
            kbd_intr: Some(3),
            thread_stack: 0,
            heap_lock: 0,
            opt_level: 0,
            gc_disabled: false,
            gc_threshold: -1,
            numpy_print: (10, 3),
        }
    }
}

impl Vm {
    /// Raises what a peripheral reports: `ValueError` with the text for a bad parameter, else `OSError`.
    #[cold]
    pub fn raise_hal(&mut self, error: crate::hal::Error) -> Raised {
        match error {
            crate::hal::Error::Invalid(why) => self.value_error(format_args!("{why}")),
            other => self.raise_os(other.errno()),
        }
    }

    /// Sees to it that Rust's allocator finds `bytes` in one piece, if garbage is what is in the way. On a
    /// chip it shares the heap's memory but cannot collect.
    pub fn make_room(&mut self, bytes: usize) {
        // Whoever allocates notices if there is no room all the same.
        let _ = self.heap.ensure_gap(bytes);
    }

    /// The same for what cannot do without: file systems and drivers allocate where they cannot fail.
    ///
    /// # Errors
    /// MemoryError.
    pub fn need_room(&mut self, bytes: usize) -> R<()> {
        self.heap.ensure_gap(bytes)?;
        self.hal.room_made(bytes);
        Ok(())
    }

    /// An integer argument within bounds.
    ///
    /// # Errors
    /// TypeError if it is none; ValueError "`what` must be `min`..`max`".
    pub fn int_in(&mut self, v: Val, what: &str, min: i64, max: i64) -> R<i64> {
        let value = self.index(v)?;
        if (min..=max).contains(&value) {
            Ok(value)
        } else {
            Err(self.value_error(format_args!("{what} must be {min}..{max}")))
        }
    }

    /// A text argument, copied.
    ///
    /// # Errors
    /// TypeError if it is not a str.
    pub fn str_arg(&mut self, v: Val) -> R<String> {
        match self.owned_text(v)? {
            Some(text) => Ok(text),
            None => {
                let name = self.type_name(v);
                Err(self.type_error(format_args!("expected str, not {name}")))
            }
        }
    }
}
