//! Exceptions: objects, the search for a handler, tracebacks.
//!
//! An exception cell: w1 = class, w2 = args (tuple), w3 = NULL or a list of the X_… fields.
//! `try` costs nothing until something is raised: handlers are found in the code's table by the pc.

use super::call::{STUB_EXIT, STUB_GEN, STUB_NEXT};
use super::listing::Listing;
use super::{Out, Vm};
use crate::bytecode::Op;
use crate::heap::cell::{F_V1, F_V2, F_V3, header};
use crate::heap::{Kind, NoMemory, Root, q};
use crate::objects::native::{ExcKind, R};
use crate::value::{Qstr, Val};
use alloc::string::String;
use core::fmt::Write;

/// List of pairs (function, place in its code), innermost first, as they were passed while unwinding.
pub(crate) const X_TRACEBACK: usize = 0;
/// `__cause__`.
pub(crate) const X_CAUSE: usize = 1;
/// `__context__`.
pub(crate) const X_CONTEXT: usize = 2;
/// `__suppress_context__`.
pub(crate) const X_SUPPRESS: usize = 3;
/// Attributes.
pub(crate) const X_DICT: usize = 4;
/// Of an AttributeError, the object that lacks the attribute.
pub(crate) const X_OBJECT: usize = 5;
const X_LEN: usize = 6;

/// Entries of the same line that are printed one after the other.
const REPEATS: usize = 3;

/// Exceptions of a group that are printed.
const GROUP_MAX: usize = 15;

/// Most entries of a traceback.
const TRACEBACK_MAX: usize = 24;

impl Vm {
    // ---- objects ----

    /// An exception object of a class (native or Python) with these `args`; no `__init__` is run.
    ///
    /// # Errors
    /// MemoryError.
    pub fn new_exception(&mut self, class: Val, args: &[Val]) -> R {
        self.lend(|vm| {
            for &a in args {
                vm.heap.keep(a)?;
            }
            let args = vm.heap.new_tuple(args)?;
            let head = header(Kind::Exception, F_V1 | F_V2 | F_V3, 0);
            Ok(vm.heap.alloc_cell(head, class.bits(), args.bits(), Val::NULL.bits())?)
        })
    }

    /// A field of an exception; None if it was never set.
    pub(crate) fn exc_field(&self, exc: Val, field: usize) -> Val {
        let x = self.heap.val(exc, 3);
        if x.is_null() { Val::NONE } else { self.heap.list(x)[field] }
    }

    /// Sets a field of an exception.
    pub(crate) fn set_exc_field(&mut self, exc: Val, field: usize, v: Val) -> Result<(), NoMemory> {
        let mut x = self.heap.val(exc, 3);
        if x.is_null() {
            self.heap.keep(v)?;
            x = self.heap.new_list(&[Val::NONE; X_LEN])?;
            self.heap.set_val(exc, 3, x);
        }
        self.heap.list_mut(x)[field] = v;
        Ok(())
    }

    /// An exception's own attribute (a NULL value deletes).
    pub(crate) fn set_exception_attr(&mut self, exc: Val, name: Qstr, v: Val) -> R<()> {
        if crate::objects::exception::set_attr(self, exc, name, v)? {
            return Ok(());
        }
        let mut dict = self.exc_field(exc, X_DICT);
        if dict.is_none() {
            if v.is_null() {
                return Err(self.no_attribute(exc, name));
            }
            dict = self.heap.new_dict(1)?;
            self.set_exc_field(exc, X_DICT, dict)?;
        }
        if !v.is_null() {
            return Ok(self.heap.dict_set_qstr(dict, name, v)?);
        }
        match self.heap.dict_del_qstr(dict, name) {
            Some(_) => Ok(()),
            None => Err(self.no_attribute(exc, name)),
        }
    }

    /// What `raise v` raises: an instance, or a new one of a class.
    pub(crate) fn exception_from(&mut self, v: Val) -> R {
        let base = ExcKind::BaseException.val();
        if self.heap.is(v, Kind::Exception) {
            return Ok(v);
        }
        if self.is_class(v) && self.issubclass(v, base) {
            let e = self.call(v, &[])?;
            if self.heap.is(e, Kind::Exception) {
                return Ok(e);
            }
        }
        Err(self.type_error(format_args!("exceptions must derive from BaseException")))
    }

    /// Does `except classes` catch `exc`?
    pub(crate) fn exc_matches(&mut self, exc: Val, classes: Val) -> R<bool> {
        if self.is_class(classes) && self.issubclass(classes, ExcKind::BaseException.val()) {
            return Ok(self.isinstance(exc, classes));
        }
        let mut ok = self.heap.is_tuple(classes);
        if ok {
            let n = self.heap.tuple(classes).len();
            for i in 0..n {
                let c = self.heap.tuple(classes)[i];
                if !self.is_class(c) || !self.issubclass(c, ExcKind::BaseException.val()) {
                    ok = false;
                } else if self.isinstance(exc, c) {
                    return Ok(true);
                }
            }
        }
        if ok {
            return Ok(false);
        }
        Err(self.type_error(format_args!(
            "catching classes that do not inherit from BaseException is not allowed"
        )))
    }

    // ---- unwinding ----

    /// Looks for a handler of the exception being raised, from `self.pc` in the frame `self.r` outwards. True: one
    /// was found and `pc`, `r` are set. False: a frame that native code called has been left.
    #[cold]
    #[inline(never)]
    pub(crate) fn unwind(&mut self) -> bool {
        if self.switching
            && let Some(goes_on) = self.switch_thread()
        {
            return goes_on;
        }
        let mark = self.heap.mark_temps();
        let exc = self.exc();
        self.chain_context(exc);
        self.heap.release_temps(mark);
        // SAFETY: `pc` is the instruction that raised.
        let op = unsafe { *self.pc as u8 };
        // Raising again what this very frame handled makes no entry of its own.
        let mut again = op == Op::Reraise as u8 || op == Op::RaiseAgain as u8;
        loop {
            // SAFETY: `r` is a frame on the stack; its header lies below it.
            let (f, ret, caller) = unsafe { (*self.r.sub(1), *self.r.sub(3), *self.r.sub(2)) };
            let mut exc = self.exc();
            if self.heap.is(f, Kind::Function) {
                let code = self.heap.val(f, 1);
                let at = (self.pc as usize - self.code_entry(code) as usize) as u32 / 4;
                if !core::mem::take(&mut again) || self.last_in_traceback(exc) != Some(f) {
                    self.add_traceback(exc, f, at);
                }
                if self.tracing {
                    self.trace_exception();
                    exc = self.exc();
                }
                if let Some((handler, slot)) = self.find_handler(code, at) {
                    self.heap.set_root(Root::Exception, Val::NULL);
                    // SAFETY: the compiler's slot numbers are within the frame (the loader checked).
                    // Temporaries above the handler's two slots are dead: what they refer to must not outlive them,
                    // least of all after a MemoryError.
                    unsafe {
                        *self.r.add(slot) = exc;
                        for i in slot + 2..self.heap.aux(f) as usize / 4 {
                            *self.r.add(i) = Val::NULL;
                        }
                    }
                    self.pc = self.code_entry(code).wrapping_add(handler as usize);
                    self.top_of_frame();
                    return true;
                }
                if self.tracing {
                    self.trace_unwound();
                }
            }
            // Leave the frame, and stub frames with it.
            let (mut ret, mut caller) = (self.val_to_pc(ret), self.val_to_r(caller));
            loop {
                match self.stub_of(ret) {
                    Some(STUB_EXIT) => return false,
                    Some(STUB_GEN) => {
                        self.r = caller;
                        if self.generator_raised(&mut exc) {
                            // A generator that delegated to the finished one goes on with the exception.
                            break;
                        }
                        // SAFETY: a stub frame has a header as any other.
                        unsafe {
                            ret = self.val_to_pc(*self.r.sub(3));
                            caller = self.val_to_r(*self.r.sub(2));
                        }
                        if self.stub_of(ret).is_none() {
                            // The pc kept there is that of the resuming instruction itself.
                            self.pc = ret;
                            self.r = caller;
                            break;
                        }
                    }
                    Some(STUB_NEXT) => {
                        // SAFETY: as above; the pc kept is that of the loop's instruction, of two words.
                        unsafe {
                            self.pc = self.val_to_pc(*caller.sub(3));
                            self.r = self.val_to_r(*caller.sub(2));
                        }
                        if self.isinstance(exc, ExcKind::StopIteration.val()) {
                            self.heap.set_root(Root::Exception, Val::NULL);
                            self.pc = self.pc.wrapping_add(2);
                            self.top_of_frame();
                            return true;
                        }
                        break;
                    }
                    Some(_) => {
                        // SAFETY: as above.
                        unsafe {
                            ret = self.val_to_pc(*caller.sub(3));
                            caller = self.val_to_r(*caller.sub(2));
                        }
                        if self.stub_of(ret).is_none() {
                            self.pc = ret.wrapping_sub(1);
                            self.r = caller;
                            break;
                        }
                    }
                    None => {
                        self.pc = ret.wrapping_sub(1);
                        self.r = caller;
                        break;
                    }
                }
            }
        }
    }

    /// Sets `__context__` to what is being handled.
    fn chain_context(&mut self, exc: Val) {
        let handling = self.heap.root(Root::Handling);
        if !self.heap.is(handling, Kind::Exception)
            || handling == exc
            || !self.exc_field(exc, X_CONTEXT).is_none()
        {
            return;
        }
        // No cycles: if exc is already in the chain of what is handled, leave it.
        let mut e = handling;
        for _ in 0..16 {
            e = self.exc_field(e, X_CONTEXT);
            if e == exc {
                return;
            }
            if e.is_none() {
                break;
            }
        }
        let _ = self.set_exc_field(exc, X_CONTEXT, handling);
    }

    /// The function of the outermost frame that the exception passed so far.
    fn last_in_traceback(&self, exc: Val) -> Option<Val> {
        let tb = self.exc_field(exc, X_TRACEBACK);
        let n = if self.heap.is_list(tb) { self.heap.list_len(tb) } else { 0 };
        n.checked_sub(2).map(|i| self.heap.list(tb)[i])
    }

    /// Notes that the exception passed instruction `at` of `f`. Does without if memory is short.
    fn add_traceback(&mut self, exc: Val, f: Val, at: u32) {
        self.lend(|vm| vm.add_to_traceback(exc, f, at));
    }

    fn add_to_traceback(&mut self, exc: Val, f: Val, at: u32) {
        let mark = self.heap.mark_temps();
        let mut tb = self.exc_field(exc, X_TRACEBACK);
        if tb.is_none() {
            let Ok(list) = self.heap.new_list_cap(4) else { return };
            if self.set_exc_field(exc, X_TRACEBACK, list).is_err() {
                return;
            }
            tb = list;
        }
        let n = self.heap.list_len(tb);
        let at = Val::small(at as i32);
        if n < 2 * TRACEBACK_MAX {
            let _ = self.heap.list_push(tb, f).and_then(|()| self.heap.list_push(tb, at));
        } else {
            // The outermost frames matter too: the last place is theirs.
            let l = self.heap.list_mut(tb);
            l[n - 2] = f;
            l[n - 1] = at;
        }
        self.heap.release_temps(mark);
    }

    // ---- printing ----

    /// Writes a traceback as CPython does, chained exceptions first.
    ///
    /// # Errors
    /// MemoryError.
    pub fn print_exception(&mut self, exc: Val, out: &mut Out) -> R<()> {
        if !self.heap.is(exc, crate::heap::Kind::Exception) {
            // `sys.print_exception` takes anything.
            out.str(self, exc)?;
            out.push("\n");
            return Ok(());
        }
        // Nothing else may hold it any more, and printing allocates.
        let exc = self.heap.keep(exc)?;
        self.print_chain(exc, out, 0)
    }

    fn print_chain(&mut self, exc: Val, out: &mut Out, depth: usize) -> R<()> {
        if depth < 8 {
            let cause = self.exc_field(exc, X_CAUSE);
            let context = self.exc_field(exc, X_CONTEXT);
            if !cause.is_none() {
                self.print_chain(cause, out, depth + 1)?;
                out.push("\nThe above exception was the direct cause of the following exception:\n\n");
            } else if !context.is_none() && self.exc_field(exc, X_SUPPRESS) != Val::TRUE {
                self.print_chain(context, out, depth + 1)?;
                out.push("\nDuring handling of the above exception, another exception occurred:\n\n");
            }
        }
        let group = crate::objects::exception_group::is_group(self, exc);
        // The outermost group opens the frame that the lines of all of them stand in.
        let outermost = group && out.groups == 0;
        out.groups += usize::from(outermost);
        let tb = self.exc_field(exc, X_TRACEBACK);
        if self.heap.is_list(tb) && self.heap.list_len(tb) > 0 {
            if outermost {
                out.push_bare("  + Exception Group Traceback (most recent call last):\n");
            } else {
                out.push(if group { "Exception Group " } else { "" });
                out.push("Traceback (most recent call last):\n");
            }
            let mut listing = Listing::default();
            let (mut last, mut times) = (None, 0);
            for i in (0..self.heap.list_len(tb) / 2).rev() {
                let (f, at) = (self.heap.list(tb)[2 * i], self.heap.list(tb)[2 * i + 1]);
                let code = self.heap.val(f, 1);
                let at = at.small_value() as u32;
                let line = self.line_at(code, at);
                // As CPython: a line that calls itself is shown three times.
                times = if last == Some((code, line)) { times + 1 } else { 0 };
                last = Some((code, line));
                let next =
                    i.checked_sub(1).map(|i| (self.heap.list(tb)[2 * i], self.heap.list(tb)[2 * i + 1]));
                let goes_on = next.is_some_and(|(f, at)| {
                    let code = self.heap.val(f, 1);
                    last == Some((code, self.line_at(code, at.small_value() as u32)))
                });
                if times >= REPEATS {
                    if !goes_on {
                        let (n, s) = (times - REPEATS + 1, if times == REPEATS { "" } else { "s" });
                        let _ = writeln!(out, "  [Previous line repeated {n} more time{s}]");
                    }
                    continue;
                }
                let file = self.text(self.code_file(code)).unwrap_or_default();
                let name = self.text(self.code_name(code)).unwrap_or_default();
                let _ = writeln!(out, "  File \"{file}\", line {line}, in {name}");
                if listing.file != file {
                    listing = Listing::of(self, file);
                }
                listing.show(self, code, at, line, out);
            }
        }
        self.print_exception_line(exc, out)?;
        if group && depth < 8 {
            self.print_members(exc, out, depth + 1)?;
        }
        out.groups -= usize::from(outermost);
        Ok(())
    }

    /// The exceptions of a group, each in its frame.
    fn print_members(&mut self, group: Val, out: &mut Out, depth: usize) -> R<()> {
        let members = crate::objects::exception_group::members(self, group)?;
        let shown = members.len().min(GROUP_MAX + 1);
        out.open = false;
        for (i, &e) in members.iter().enumerate().take(shown) {
            // The innermost group's frame closes those around it too.
            out.open |= i + 1 == shown;
            let (indent, corner) = (2 * out.groups, if i == 0 { "+-" } else { "  " });
            let title = if i == GROUP_MAX { String::from("...") } else { alloc::format!("{}", i + 1) };
            out.push_bare(&alloc::format!(
                "{:indent$}{corner}+---------------- {title} ----------------\n",
                ""
            ));
            out.groups += 1;
            if i == GROUP_MAX {
                let left = members.len() - GROUP_MAX;
                let _ = writeln!(out, "and {left} more exception{}", if left == 1 { "" } else { "s" });
            } else {
                self.print_chain(e, out, depth)?;
            }
            if i + 1 == shown && core::mem::take(&mut out.open) {
                out.push_bare(&alloc::format!(
                    "{:1$}+------------------------------------\n",
                    "",
                    2 * out.groups
                ));
            }
            out.groups -= 1;
        }
        Ok(())
    }

    /// Writes `Type: message` and a newline; for syntax errors also where.
    ///
    /// # Errors
    /// MemoryError.
    pub fn print_exception_line(&mut self, exc: Val, out: &mut Out) -> R<()> {
        let class = self.type_of(exc);
        crate::objects::exception::print_syntax_location(self, exc, out)?;
        let name = self.class_name(class);
        out.push(&name);
        let text = match self.str_text(exc) {
            Ok(t) => t,
            Err(_) => {
                self.take_exc();
                String::from("<exception str() failed>")
            }
        };
        if !text.is_empty() {
            let _ = write!(out, ": {text}");
        }
        if let Some(name) = self.name_meant(exc, &text) {
            let _ = write!(out, ". Did you mean: '{name}'?");
        }
        out.push("\n");
        if let Some(notes) = self.own_attr(exc, q::__notes__)
            && self.heap.is_list(notes)
        {
            for i in 0..self.heap.list_len(notes) {
                let note = self.heap.list(notes)[i];
                out.str(self, note)?;
                out.push("\n");
            }
        }
        out.flush(self)
    }
}
