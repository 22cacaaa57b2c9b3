//! Modules and their import: `sys.modules`, native modules, files along `sys.path`, packages, relative imports.

use super::Vm;
use crate::compiler::Mode;
use crate::fs::MAX_PATH;
use crate::heap::cell::{F_V1, header};
use crate::heap::{Kind, NoMemory, Root, q};
use crate::objects::native::{ExcKind, R, Raised};
use crate::registry;
use crate::value::{Imm, Qstr, Val};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// How modules in Python are found: the file system's part in `import`.
#[derive(Clone, Copy, Debug)]
pub struct Loader {
    /// Is there a file (`Some(false)`) or a folder (`Some(true)`) of this path?
    pub kind: fn(&mut Vm, path: &str) -> Option<bool>,
    /// The bytes of a file.
    pub read: fn(&mut Vm, path: &str) -> R<Option<Vec<u8>>>,
}

impl Loader {
    /// The board's file system.
    pub const BOARD: Loader = Loader {
        kind: |vm, path| vm.path_kind(path).map(|k| k == crate::fs::Kind::Dir),
        read: |vm, path| vm.read_file(path),
    };
}

/// What a search along the path found.
enum Found {
    /// A file, and the folder of a package if it is one's `__init__.py`.
    File(String, Option<String>),
    /// A folder without `__init__.py`.
    Folder(String),
    /// A module in the firmware, and whether it is a package.
    Frozen(String, bool),
}

impl Vm {
    /// A new module with this `__name__`.
    ///
    /// # Errors
    /// MemoryError.
    pub fn new_module(&mut self, name: &str) -> R {
        let globals = self.heap.new_namespace(8)?;
        let m = self.heap.alloc_cell(header(Kind::Module, F_V1, 0), globals.bits(), 0, 0)?;
        let n = Val::qstr(self.heap.intern(name)?);
        self.heap.dict_set_qstr(globals, q::__name__, n)?;
        Ok(m)
    }

    /// The globals of a module in Python.
    pub fn module_globals(&self, m: Val) -> Val {
        self.heap.val(m, 1)
    }

    /// `__main__`.
    pub fn main_module(&self) -> Val {
        self.heap.root(Root::Main)
    }

    /// A module by its full name: the innermost one of a dotted name.
    ///
    /// # Errors
    /// ImportError; what running it raises.
    pub fn import(&mut self, name: &str) -> R {
        let name_val = Val::qstr(self.heap.intern(name)?);
        let modules = self.heap.root(Root::Modules);
        if let Some(m) = self.dict_lookup(modules, name_val)? {
            return Ok(m);
        }
        let (parent, own) = match name.rsplit_once('.') {
            Some((p, o)) => (Some(self.import(p)?), o),
            None => (None, name),
        };
        if let Some(p) = parent {
            self.heap.keep(p)?;
        }
        // The parent may have imported it.
        if let Some(m) = self.dict_lookup(modules, name_val)? {
            return Ok(m);
        }
        let m = self.load_module(name, own, parent)?;
        self.heap.keep(m)?;
        if let Some(p) = parent
            && !(p.imm_payload(Imm::NativeModule).is_some() && m.imm_payload(Imm::NativeModule).is_some())
        {
            self.setattr(p, own, m)?;
        }
        Ok(m)
    }

    fn load_module(&mut self, name: &str, own: &str, parent: Option<Val>) -> R {
        let found = match parent {
            None => {
                if let Some(m) = self.native_module(name)? {
                    return Ok(m);
                }
                self.find_module(own)?
            }
            Some(p) => {
                if let Some(m) = self.native_module(name)? {
                    return Ok(m);
                }
                // A native package lists modules, some by another name than their own.
                if let Some(id) = p.imm_payload(Imm::NativeModule)
                    && let Some(m) = registry::native_submodule(id as u16, own)
                {
                    return Ok(m.val());
                }
                let Some(path) = self.getattr_opt(p, "__path__")? else {
                    let pn = self.module_name(p).unwrap_or_default();
                    return Err(self.no_module(name, &format!("; '{pn}' is not a package")));
                };
                // CPython's is a list; a script may have left a str.
                let first =
                    if self.heap.is_list(path) { self.heap.list(path).first().copied() } else { Some(path) };
                let folder = first.and_then(|folder| self.text(folder)).unwrap_or_default();
                match folder.strip_prefix(".frozen/") {
                    Some(folder) => {
                        let file = format!("{folder}/{own}");
                        frozen::exists(&file).then_some(Found::Frozen(file, false))
                    }
                    None => self.find_in(&folder, own),
                }
            }
        };
        let Some(found) = found else { return Err(self.no_module(name, "")) };
        let m = self.new_module(name)?;
        let globals = self.module_globals(m);
        let (file, path) = match found {
            Found::File(file, path) => (Some(file), path),
            Found::Folder(folder) => (None, Some(folder)),
            Found::Frozen(file, package) => {
                let folder = file.rsplit_once('/').map(|(f, _)| format!(".frozen/{f}"));
                (Some(format!(".frozen/{file}")), folder.filter(|_| package))
            }
        };
        if let Some(path) = path {
            let path = self.new_str(&path)?;
            let list = self.heap.new_list(&[path])?;
            self.heap.dict_set_qstr(globals, q::__path__, list)?;
        }
        let modules = self.heap.root(Root::Modules);
        let key = Val::qstr(self.heap.intern(name)?);
        self.heap.dict_set(modules, key, m)?;
        let Some(file) = file else { return Ok(m) };
        let f = self.new_str(&file)?;
        self.heap.dict_set_qstr(globals, q::__file__, f)?;
        let result = match file.strip_prefix(".frozen/").filter(|name| frozen::exists(name)) {
            Some(name) => {
                self.make_room(frozen::size(name));
                match frozen::source(name) {
                    Some(source) => self.run_parts(&source, &file, globals),
                    None => Err(self.no_memory()),
                }
            }
            None => match (self.loader.read)(self, &file)? {
                Some(bytes) if file.ends_with(".mpy") => self.run_mpy(&bytes, globals),
                Some(bytes) => {
                    self.source_text(bytes, &file).and_then(|text| self.run_in(&text, &file, globals))
                }
                None => Err(self.no_module(name, "")),
            },
        };
        if let Err(e) = result {
            self.heap.dict_remove(modules, key);
            return Err(e);
        }
        self.heap.collect();
        // A module may replace itself.
        Ok(self.heap.dict_get(modules, key).unwrap_or(m))
    }

    /// Runs a frozen module a few definitions at a time: compiled as a whole, a large one would take most of the
    /// memory of a board.
    fn run_parts(&mut self, source: &str, file: &str, globals: Val) -> R {
        const PART: usize = 2048;
        let (mut start, mut at, mut decorated) = (0, 0, false);
        for line in source.split_inclusive('\n') {
            let decorator = line.starts_with('@');
            let begins =
                decorator || ["def ", "class ", "async def "].iter().any(|word| line.starts_with(word));
            if begins && !decorated && at - start >= PART {
                self.exec_source(&source[start..at], file, Mode::Frozen, globals, None)?;
                self.heap.collect();
                start = at;
            }
            decorated = decorator;
            at += line.len();
        }
        self.exec_source(&source[start..], file, Mode::Frozen, globals, None)
    }

    #[cold]
    fn no_module(&mut self, name: &str, more: &str) -> Raised {
        self.raise(ExcKind::ModuleNotFoundError, format_args!("No module named '{name}'{more}"))
    }

    /// A native module, initialised.
    fn native_module(&mut self, name: &str) -> R<Option<Val>> {
        let by_name = |n: &str| registry::native_modules().iter().find(|m| m.name == n).copied();
        // `umachine` and the like are the old names of MicroPython's modules.
        let Some(m) = by_name(name).or_else(|| name.strip_prefix('u').and_then(by_name)) else {
            return Ok(None);
        };
        let modules = self.heap.root(Root::Modules);
        let key = Val::qstr(self.heap.intern(m.name)?);
        if self.heap.dict_get(modules, key).is_none() {
            self.heap.dict_set(modules, key, m.val())?;
            if let Some(init) = m.init {
                init(self)?;
            }
        }
        Ok(Some(m.val()))
    }

    fn find_module(&mut self, name: &str) -> R<Option<Found>> {
        let list = self.sys_path()?;
        for i in 0..self.heap.list_len(list) {
            let folder = self.heap.list(list)[i];
            let Some(folder) = self.owned_text(folder)? else { continue };
            if folder == ".frozen" {
                if frozen::exists(name) {
                    return Ok(Some(Found::Frozen(String::from(name), false)));
                }
                let package = format!("{name}/__init__");
                if frozen::exists(&package) {
                    return Ok(Some(Found::Frozen(package, true)));
                }
                continue;
            }
            if let Some(found) = self.find_in(&folder, name) {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    fn find_in(&mut self, folder: &str, name: &str) -> Option<Found> {
        let base = if folder.is_empty() {
            String::from(name)
        } else {
            format!("{}/{name}", folder.trim_end_matches('/'))
        };
        let kind = self.loader.kind;
        let is_folder = kind(self, &base) == Some(true);
        // Source comes before what was compiled from it, as in the official firmware.
        for ending in ["py", "mpy"] {
            let init = format!("{base}/__init__.{ending}");
            if is_folder && kind(self, &init) == Some(false) {
                return Some(Found::File(init, Some(base)));
            }
        }
        for ending in ["py", "mpy"] {
            let file = format!("{base}.{ending}");
            if kind(self, &file) == Some(false) {
                return Some(Found::File(file, None));
            }
        }
        is_folder.then_some(Found::Folder(base))
    }

    /// `Import`: `__import__(name, level, from-list)`.
    pub(crate) fn op_import(&mut self, name: Qstr, level: usize, from: Val) -> R {
        match self.import_by_hook(name, level, from)? {
            Some(m) => Ok(m),
            None => self.import_name(name, level, from),
        }
    }

    /// `__import__` itself.
    pub(crate) fn import_name(&mut self, name: Qstr, level: usize, from: Val) -> R {
        let name = self.name_text(name)?;
        if name.len() > MAX_PATH {
            return Err(self.no_module(&name, ""));
        }
        let full = if level == 0 { name.clone() } else { self.absolute_name(&name, level)? };
        self.enter_native()?;
        let m = self.import(&full);
        self.leave_native();
        let m = m?;
        if from.is_none() && level == 0 && full.contains('.') {
            let top = full.split('.').next().unwrap_or("");
            return self.import(top);
        }
        Ok(m)
    }

    /// The full name of a relative import in the current module.
    fn absolute_name(&mut self, name: &str, level: usize) -> R<String> {
        let globals = self.frame_globals();
        let own =
            self.heap.dict_get_qstr(globals, q::__name__).and_then(|n| self.text(n)).unwrap_or_default();
        let package = self.heap.dict_get_qstr(globals, q::__path__).is_some();
        let mut parts: Vec<&str> = own.split('.').collect();
        let drop = level - usize::from(package);
        if own == "__main__" || drop > parts.len() || (drop == parts.len() && drop > 0) {
            return Err(self.raise(
                ExcKind::ImportError,
                format_args!("attempted relative import with no known parent package"),
            ));
        }
        parts.truncate(parts.len() - drop);
        if !name.is_empty() {
            parts.push(name);
        }
        Ok(parts.join("."))
    }

    /// `ImportFrom`.
    pub(crate) fn import_from(&mut self, m: Val, name: Qstr) -> R {
        if let Some(v) = self.getattr_opt_q(m, name)? {
            return Ok(v);
        }
        let n = self.name_text(name)?;
        let module = self.module_name(m).unwrap_or_default();
        if self.getattr_opt(m, "__path__")?.is_some() {
            match self.import(&format!("{module}.{n}")) {
                Ok(v) => return Ok(v),
                Err(raised) => {
                    if !self.exc_is(ExcKind::ModuleNotFoundError) {
                        return Err(raised);
                    }
                    self.take_exc();
                }
            }
        }
        Err(self.raise(ExcKind::ImportError, format_args!("cannot import name '{n}' from '{module}'")))
    }

    /// `ImportStar`.
    pub(crate) fn import_star(&mut self, m: Val, into: Val) -> R<()> {
        if self.module_name(m).is_none() && !self.is_class(m) && !self.heap.is(m, Kind::Instance) {
            return Err(self.raise(
                ExcKind::ImportError,
                format_args!("from-import-* object has no __dict__ and no __all__"),
            ));
        }
        if let Some(all) = self.getattr_opt(m, "__all__")? {
            return self.for_each(all, |vm, name| {
                if !vm.heap.is_str(name) {
                    return Err(vm.type_error(format_args!("Item in __all__ must be str")));
                }
                let name = vm.heap.intern_val(name)?;
                let v = vm.import_from(m, name)?;
                vm.set_item(into, Val::qstr(name), v)
            });
        }
        for name in self.own_names(m)? {
            if self.heap.qstr(name).starts_with('_') {
                continue;
            }
            if let Some(v) = self.getattr_opt_q(m, name)? {
                self.set_item(into, Val::qstr(name), v)?;
            }
        }
        Ok(())
    }

    /// The names that an object itself has (not those of its class).
    pub(crate) fn own_names(&mut self, v: Val) -> R<Vec<Qstr>> {
        let mut names = Vec::new();
        let mut dict = Val::NULL;
        match self.heap.kind(v) {
            Some(Kind::Module | Kind::Class) => dict = self.heap.val(v, 1),
            Some(Kind::Instance) => {
                names = self.shapes.names(self.heap.aux(v))?.into_iter().map(|(n, _)| n).collect();
            }
            Some(Kind::Exception) => dict = self.exc_field(v, super::unwind::X_DICT),
            _ => {
                let mut entries: &[crate::objects::native::Entry] = &[];
                if let Some(t) = self.as_native_type(v) {
                    entries = t.entries;
                } else if let Some(id) = v.imm_payload(crate::value::Imm::NativeModule) {
                    let m = registry::native_module(id as u16);
                    entries = m.entries;
                    if let Some(d) = self.native_module_dict(m, false)? {
                        dict = d;
                    }
                }
                for e in entries {
                    names.try_reserve(1).map_err(|_| NoMemory)?;
                    names.push(self.heap.intern(e.name())?);
                }
            }
        }
        if self.heap.is(dict, Kind::Dict) {
            let mut i = 0;
            while let Some((next, k, _)) = self.heap.table_next(dict, i) {
                i = next;
                if self.heap.is_str(k) {
                    let k = self.heap.intern_val(k)?;
                    if !names.contains(&k) {
                        names.try_reserve(1).map_err(|_| NoMemory)?;
                        names.push(k);
                    }
                }
            }
        }
        Ok(names)
    }

    /// `dir(v)`: a sorted list of names.
    ///
    /// # Errors
    /// MemoryError.
    pub fn dir(&mut self, v: Val) -> R {
        let mut names = self.own_names(v)?;
        if self.module_name(v).is_none() {
            let class = if self.is_class(v) { v } else { self.type_of(v) };
            for c in self.mro(class) {
                for n in self.own_names(c)? {
                    if !names.contains(&n) {
                        names.try_reserve(1).map_err(|_| NoMemory)?;
                        names.push(n);
                    }
                }
            }
        }
        names.sort_unstable_by(|&a, &b| self.heap.qstr(a).cmp(self.heap.qstr(b)));
        let list = self.heap.new_list_cap(names.len())?;
        for n in names {
            self.heap.list_push(list, Val::qstr(n))?;
        }
        Ok(list)
    }
}

use crate::modules::frozen;
