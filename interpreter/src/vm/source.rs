//! From source text to its execution: scripts, `exec`, `eval`, the prompt.

use super::Vm;
use crate::bytecode::Flags;
use crate::compiler::{CompileError, Mode, compile_at};
use crate::heap::Kind;
use crate::heap::cell::{F_A, F_B};
use crate::mpy::{self, MpyError};
use crate::objects::native::{ExcKind, R, Raised};
use crate::syntax::ErrorKind;
use crate::value::Val;

/// Bytes of native stack that compiling a simple module takes.
pub(super) const COMPILE_STACK: usize = 2048;

impl Vm {
    /// Runs a script in `__main__`; `name` is its file name in tracebacks.
    ///
    /// # Errors
    /// What it raises; take the exception with [`Vm::take_exc`].
    pub fn run_source(&mut self, name: &str, source: &str) -> R {
        let globals = self.module_globals(self.main_module());
        self.run_in(source, name, globals)
    }

    /// Runs a module's source in `globals`.
    ///
    /// # Errors
    /// SyntaxError; what it raises.
    pub fn run_in(&mut self, source: &str, file: &str, globals: Val) -> R {
        self.exec_source(source, file, Mode::Exec, globals, None)
    }

    /// Compiles and runs `source`: `exec`, `eval` or interactive input. With `locals` (a mapping), `mode` must be one of
    /// the `…In` modes.
    ///
    /// # Errors
    /// SyntaxError; what it raises.
    pub fn exec_source(
        &mut self,
        source: &str,
        file: &str,
        mode: Mode,
        globals: Val,
        locals: Option<Val>,
    ) -> R {
        let code = self.compile_source(source, file, mode, globals)?;
        self.run_code(code, globals, locals)
    }

    /// Compiles `source` to a code object for these globals.
    ///
    /// # Errors
    /// SyntaxError; MemoryError.
    pub fn compile_source(&mut self, source: &str, file: &str, mode: Mode, globals: Val) -> R {
        self.namespace(globals)?;
        // Imports nest on the native stack: say so here, before the parser takes it for nested parentheses.
        if crate::stack::lacks(COMPILE_STACK) {
            return Err(self.recursion_error());
        }
        // On a chip the compiler's memory comes from the same arena: garbage must not be in its way. If it
        // does not suffice all the same, the compilation is given up.
        self.heap.make_way_for_code(source.len().saturating_mul(6).saturating_add(8192));
        let mut compiled = None;
        let level = self.state.opt_level;
        if !self.hal.guarded(&mut || compiled = Some(compile_at(source, file, mode, level))) {
            return Err(self.no_memory());
        }
        let Some(compiled) = compiled else { return Err(self.no_memory()) };
        let proto = compiled.map_err(|e| self.raise_syntax_error(&e, file))?;
        self.load(&proto, globals)
    }

    /// Runs a module from the bytes of its `.mpy` file in `globals`.
    ///
    /// # Errors
    /// ValueError if it cannot be loaded; MemoryError; what it raises.
    pub fn run_mpy(&mut self, bytes: &[u8], globals: Val) -> R {
        self.namespace(globals)?;
        if crate::stack::lacks(COMPILE_STACK) {
            return Err(self.recursion_error());
        }
        // As for source text: the translation's memory comes from the same arena.
        self.heap.make_way_for_code(bytes.len().saturating_mul(8).saturating_add(8192));
        let mut loaded = None;
        if !self.hal.guarded(&mut || loaded = Some(mpy::load(bytes))) {
            return Err(self.no_memory());
        }
        let proto = match loaded {
            Some(Ok(proto)) => proto,
            None | Some(Err(MpyError::NoMemory)) => return Err(self.no_memory()),
            Some(Err(e)) => return Err(self.raise(ExcKind::ValueError, format_args!("{e}"))),
        };
        let code = self.load(&proto, globals)?;
        drop(proto);
        self.run_code(code, globals, None)
    }

    /// Makes sure that a dict can serve as globals: its entries keep their places from now on.
    ///
    /// # Errors
    /// TypeError if its keys are not all plain ones.
    pub fn namespace(&mut self, dict: Val) -> R<()> {
        if self.heap.flag(dict, F_A) {
            return Err(self.type_error(format_args!("globals must have plain keys")));
        }
        self.heap.set_flag(dict, F_B, true);
        Ok(())
    }

    /// Raises SyntaxError with its place.
    #[cold]
    pub fn raise_syntax_error(&mut self, e: &CompileError, file: &str) -> Raised {
        let kind = match e.kind {
            ErrorKind::Indentation => ExcKind::IndentationError,
            ErrorKind::Tab => ExcKind::TabError,
            _ => ExcKind::SyntaxError,
        };
        match self.syntax_error_args(e, file) {
            Ok(args) => {
                let raised = self.raise_args(kind, &args);
                let exc = self.exc();
                for (name, v) in
                    [("lineno", Val::small(e.line as i32)), ("offset", Val::small(e.column as i32))]
                {
                    if let Ok(name) = self.heap.intern(name) {
                        let _ = self.set_exception_attr(exc, name, v);
                    }
                }
                raised
            }
            Err(raised) => raised,
        }
    }

    fn syntax_error_args(&mut self, e: &CompileError, file: &str) -> R<[Val; 2]> {
        let message = self.new_str(&e.message)?;
        let file = self.new_str(file)?;
        let text = self.new_str(&e.text)?;
        let place = [file, Val::small(e.line as i32), Val::small(e.column as i32), text];
        let place = self.heap.new_tuple(&place)?;
        Ok([message, place])
    }

    /// The globals of the running code; those of `__main__` if none is running.
    pub fn globals(&self) -> Val {
        let g = self.frame_globals();
        if g.is_null() { self.module_globals(self.main_module()) } else { g }
    }

    /// `locals()` of the running code: its namespace, or a new dict of a function's variables. A variable that was never
    /// set may be missing or show what its slot last held.
    ///
    /// # Errors
    /// MemoryError.
    pub fn locals(&mut self) -> R {
        // SAFETY: every frame has its function below slot 0.
        let f = unsafe { *self.r.sub(1) };
        if !self.heap.is(f, Kind::Function) {
            return Ok(self.globals());
        }
        let code = self.heap.val(f, 1);
        let flags = self.code_flags(code);
        if flags.has(Flags::CLASS) {
            // SAFETY: the namespace is the one parameter.
            return Ok(unsafe { *self.r });
        }
        if flags.has(Flags::MODULE) {
            return Ok(self.globals());
        }
        if let Some(ns) = self.class_body_of(f) {
            return Ok(ns);
        }
        let d = self.heap.new_dict(4)?;
        let names: alloc::vec::Vec<Val> = self.code_names(code).collect();
        for (i, name) in names.into_iter().enumerate() {
            if self.heap.as_str(name).is_some_and(|n| n.starts_with('.')) {
                // The compiler's own.
                continue;
            }
            // SAFETY: named slots are part of the frame.
            let mut v = unsafe { *self.r.add(i) };
            if self.heap.is(v, Kind::Cell) {
                v = self.heap.val(v, 1);
            }
            if v.is_null() || v == Val::UNBOUND || self.heap.is(v, Kind::Free) {
                continue;
            }
            self.heap.dict_set(d, name, v)?;
        }
        Ok(d)
    }

    /// After an uncaught exception: its exit code if it is SystemExit (None: there is something to print).
    pub fn exit_code(&mut self, exc: Val) -> Option<i32> {
        if !self.isinstance(exc, ExcKind::SystemExit.val()) {
            return None;
        }
        let args = self.heap.val(exc, 2);
        match self.heap.tuple(args).first() {
            None | Some(&Val::NONE) => Some(0),
            Some(v) => Some(v.as_small().unwrap_or(1)),
        }
    }
}
