//! Where `repr`, `str` and `print` write: a growing text, or the console.

use super::Vm;
use crate::objects::native::{R, Raised};
use crate::value::Val;
use alloc::string::String;
use core::fmt::{self, Write};

/// Console output is passed on whenever this many bytes are waiting.
const CHUNK: usize = 128;

/// A sink for text. `write!(out, …)` needs no `?` handling beyond ignoring: failures are kept and reported by
/// [`Out::flush`] and [`Out::finish`].
#[derive(Debug)]
pub struct Out {
    text: String,
    console: bool,
    failed: bool,
    /// There was no room for much more.
    tight: bool,
    /// How many groups of exceptions are around what is written: each line gets a margin.
    pub(crate) groups: usize,
    /// The next character begins a line.
    begins: bool,
    /// The frame around a group's exceptions is yet to be closed.
    pub(crate) open: bool,
}

impl Out {
    /// Collects text.
    pub fn text() -> Out {
        Out {
            text: String::new(),
            console: false,
            failed: false,
            tight: false,
            groups: 0,
            begins: true,
            open: false,
        }
    }
    /// Writes to the console.
    pub fn console() -> Out {
        Out { console: true, ..Out::text() }
    }
    /// Appends a line (or several) as it is, whatever the margin.
    pub(crate) fn push_bare(&mut self, line: &str) {
        let groups = core::mem::take(&mut self.groups);
        self.push(line);
        self.groups = groups;
        self.begins = true;
    }
    /// Appends.
    pub fn push(&mut self, s: &str) {
        let _ = self.write_str(s);
    }
    /// Passes console output on if enough is waiting; raises MemoryError if text was lost. Containers call it
    /// after every item, so that printing a long list needs no long buffer and can be interrupted.
    ///
    /// # Errors
    /// MemoryError; KeyboardInterrupt.
    pub fn flush(&mut self, vm: &mut Vm) -> R<()> {
        if self.failed {
            return Err(vm.no_memory());
        }
        if self.console && self.text.len() >= CHUNK {
            vm.write_console(self.text.as_bytes());
            self.text.clear();
        }
        let len = self.text.len();
        if len >= 8 * CHUNK && !self.tight && self.text.capacity() - len < len / 16 {
            // Rust's allocator cannot collect: garbage that is in the way of a longer text goes now.
            vm.make_room(2 * len);
            self.tight = self.text.try_reserve(len).is_err() && self.text.try_reserve_exact(len / 4).is_err();
        }
        vm.poll()
    }
    /// Writes out what is left, and gives the text (empty for the console).
    ///
    /// # Errors
    /// MemoryError if text was lost.
    pub fn finish(mut self, vm: &mut Vm) -> R<String> {
        if self.failed {
            return Err(vm.no_memory());
        }
        if self.console {
            vm.write_console(self.text.as_bytes());
            self.text.clear();
        }
        Ok(self.text)
    }
    /// The text so far (not yet passed on).
    pub fn as_str(&self) -> &str {
        &self.text
    }
    /// Writes `repr(v)`.
    ///
    /// # Errors
    /// Whatever a `__repr__` raises.
    pub fn repr(&mut self, vm: &mut Vm, v: Val) -> R<()> {
        vm.print_into(v, self, true)
    }
    /// Writes `str(v)`.
    ///
    /// # Errors
    /// Whatever a `__str__` raises.
    pub fn str(&mut self, vm: &mut Vm, v: Val) -> R<()> {
        vm.print_into(v, self, false)
    }
}

impl Write for Out {
    fn write_str(&mut self, s: &str) -> fmt::Result {
        if self.groups > 0 {
            let groups = self.groups;
            for line in s.split_inclusive('\n') {
                let margin = if core::mem::take(&mut self.begins) { 2 * groups } else { 0 };
                self.groups = 0;
                let done =
                    if margin > 0 { write!(self, "{:margin$}| {line}", "") } else { self.write_str(line) };
                self.groups = groups;
                self.begins = line.ends_with('\n');
                done?;
            }
            return Ok(());
        }
        // Twice the room, or where that is too much, little more than is needed.
        if self.text.try_reserve(s.len()).is_err()
            && self.text.try_reserve_exact(s.len() + self.text.len() / 16).is_err()
        {
            self.failed = true;
            return Err(fmt::Error);
        }
        self.text.push_str(s);
        Ok(())
    }
}

impl Vm {
    /// `repr(v)` as Rust text, for messages.
    pub fn repr_text(&mut self, v: Val) -> R<String> {
        let mut out = Out::text();
        out.repr(self, v)?;
        out.finish(self)
    }
    /// `str(v)` as Rust text.
    pub fn str_text(&mut self, v: Val) -> R<String> {
        let mut out = Out::text();
        out.str(self, v)?;
        out.finish(self)
    }
    /// `repr(v)` as a str object.
    pub fn repr(&mut self, v: Val) -> R {
        let text = self.repr_text(v)?;
        Ok(self.heap.new_str(&text)?)
    }
    /// `str(v)` as a str object.
    pub fn str(&mut self, v: Val) -> R {
        if self.heap.as_str(v).is_some() {
            return Ok(v);
        }
        let text = self.str_text(v)?;
        Ok(self.heap.new_str(&text)?)
    }

    /// Writes `repr(v)` (or `str(v)`) to `out`.
    ///
    /// # Errors
    /// Whatever a `__repr__` or `__str__` raises; RecursionError for structures nested too deeply.
    pub fn print_into(&mut self, v: Val, out: &mut Out, repr: bool) -> R<()> {
        self.enter_native()?;
        let result = self.print_inner(v, out, repr);
        self.leave_native();
        result?;
        out.flush(self)
    }

    /// TypeError for what method `name` gave in place of a str.
    pub(super) fn no_string(&mut self, name: &str, v: Val) -> Raised {
        let got = self.type_name(v);
        self.type_error(format_args!("{name} returned non-string (type {got})"))
    }

    fn print_inner(&mut self, v: Val, out: &mut Out, repr: bool) -> R<()> {
        if self.is_python_object(v) {
            let mut names: &[&str] = &["__repr__"];
            if !repr {
                names = &["__str__", "__repr__"];
            }
            for name in names {
                let Some(f) = self.class_attr_above_object(v, name) else { continue };
                let s = self.call_bound(f, v, &[])?;
                let Some(text) = self.heap.as_str(s) else { return Err(self.no_string(name, s)) };
                out.push(text);
                return Ok(());
            }
            if let Some(inner) = self.native_part(v) {
                return self.print_into(inner, out, repr);
            }
        }
        match self.native_type_of(v).print {
            Some(f) => f(self, v, out, repr),
            None => {
                let name = self.type_name(v);
                let _ = write!(out, "<{name} object at 0x{:08x}>", v.bits());
                Ok(())
            }
        }
    }
}
