//! Source lines of addresses, from the debugging information (DWARF) in an ELF file.

use std::borrow::Cow;
use std::fmt;
use std::rc::Rc;

use addr2line::Context;
use gimli::{Dwarf, EndianRcSlice, LittleEndian, SectionId};

use super::elf;

type Slice = EndianRcSlice<LittleEndian>;

/// The section's bytes are compressed.
const SHF_COMPRESSED: u32 = 1 << 11;

/// What is known of a firmware's source lines. Clones share it.
#[derive(Clone, Default)]
pub struct Lines {
    context: Option<Rc<Context<Slice>>>,
}

/// A line of a source file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The file as the compiler was told it, its folders included.
    pub file: String,
    /// Counted from one.
    pub line: u32,
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

impl fmt::Debug for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Lines({})", self.context.is_some())
    }
}

impl Lines {
    /// From the bytes of an ELF file; of one without debugging information, and of another file, nothing is known.
    pub fn of(file: &[u8]) -> Lines {
        if section(file, SectionId::DebugLine.name()).is_none() {
            return Lines::default();
        }
        let load = |id: SectionId| -> Result<Slice, gimli::Error> {
            let bytes = section(file, id.name()).unwrap_or_default();
            Ok(EndianRcSlice::new(Rc::from(bytes), LittleEndian))
        };
        let context = Dwarf::load(load).and_then(Context::from_dwarf).ok();
        Lines { context: context.map(Rc::new) }
    }

    /// The line that an instruction comes from.
    pub fn at(&self, address: u32) -> Option<Line> {
        let found = self.context.as_ref()?.find_location(u64::from(address & !1)).ok()??;
        Some(Line { file: found.file?.to_owned(), line: found.line.filter(|&line| line > 0)? })
    }
}

/// A section by its name; `None` for one that is not there, or compressed.
fn section<'a>(file: &'a [u8], wanted: &str) -> Option<&'a [u8]> {
    if !elf::is(file) {
        return None;
    }
    let (table, size) = (elf::word(file, 32)? as usize, elf::half(file, 46)? as usize);
    let (count, names) = (elf::half(file, 48)? as usize, elf::half(file, 50)? as usize);
    let field = |n: usize, at: usize| elf::word(file, table.checked_add(n * size)?.checked_add(at)?);
    let contents = |n: usize| {
        let (offset, len) = (field(n, 16)? as usize, field(n, 20)? as usize);
        file.get(offset..offset.checked_add(len)?)
    };
    let names = contents(names)?;
    for n in 0..count {
        let name = names.get(field(n, 0)? as usize..).and_then(|name| name.split(|&byte| byte == 0).next());
        if name.map(String::from_utf8_lossy) == Some(Cow::Borrowed(wanted)) {
            return if field(n, 8)? & SHF_COMPRESSED == 0 { contents(n) } else { None };
        }
    }
    None
}
