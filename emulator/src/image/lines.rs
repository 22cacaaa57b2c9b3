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

#[cfg(test)]
mod tests {
    use super::*;
    use gimli::write::{
        Address, AttributeValue, DwarfUnit, EndianVec, LineProgram, LineString, Sections, Writer,
    };
    use gimli::{Encoding, Format, LineEncoding};

    /// Debugging information of one file: eight bytes of code at 0x10000200, four from each of two lines.
    fn debugging_information() -> Vec<(&'static str, Vec<u8>)> {
        let encoding = Encoding { format: Format::Dwarf32, version: 4, address_size: 4 };
        let text = |text: &str| LineString::String(text.as_bytes().to_vec());
        let start = Address::Constant(0x1000_0200);
        let mut program =
            LineProgram::new(encoding, LineEncoding::default(), text("/src"), None, text("blink.c"), None);
        let folder = program.default_directory();
        let file = program.add_file(text("blink.c"), folder, None);
        program.begin_sequence(Some(start));
        for (offset, line) in [(0, 12), (4, 15)] {
            let row = program.row();
            (row.file, row.line, row.address_offset) = (file, line, offset);
            program.generate_row();
        }
        program.end_sequence(8);
        let mut dwarf = DwarfUnit::new(encoding);
        dwarf.unit.line_program = program;
        let root = dwarf.unit.get_mut(dwarf.unit.root());
        root.set(gimli::DW_AT_name, AttributeValue::String(b"blink.c".to_vec()));
        root.set(gimli::DW_AT_comp_dir, AttributeValue::String(b"/src".to_vec()));
        root.set(gimli::DW_AT_low_pc, AttributeValue::Address(start));
        root.set(gimli::DW_AT_high_pc, AttributeValue::Udata(8));
        let mut sections = Sections::new(EndianVec::new(LittleEndian));
        dwarf.write(&mut sections).unwrap();
        let mut found = Vec::new();
        let mut take = |id: SectionId, data: &EndianVec<LittleEndian>| -> Result<(), gimli::Error> {
            if data.len() > 0 {
                found.push((id.name(), data.slice().to_vec()));
            }
            Ok(())
        };
        sections.for_each(&mut take).unwrap();
        found
    }

    /// A 32-bit ELF file with these sections and their names.
    fn elf_with(sections: &[(&str, Vec<u8>)]) -> Vec<u8> {
        let mut names = vec![0];
        let mut file = vec![0; 52];
        let mut headers = vec![[0u32; 10]];
        for (name, bytes) in sections {
            let mut header = [0; 10];
            (header[0], header[1], header[4], header[5]) =
                (names.len() as u32, 1, file.len() as u32, bytes.len() as u32);
            headers.push(header);
            names.extend(name.bytes().chain([0]));
            file.extend(bytes);
        }
        let mut header = [0; 10];
        (header[1], header[4], header[5]) = (3, file.len() as u32, names.len() as u32);
        headers.push(header);
        file.extend(names);
        file[..7].copy_from_slice(b"\x7fELF\x01\x01\x01");
        let table = file.len() as u32;
        file[32..36].copy_from_slice(&table.to_le_bytes());
        for (at, value) in [(46, 40), (48, headers.len()), (50, headers.len() - 1)] {
            file[at..at + 2].copy_from_slice(&(value as u16).to_le_bytes());
        }
        file.extend(headers.iter().flatten().flat_map(|word| word.to_le_bytes()));
        file
    }

    #[test]
    fn addresses_have_the_lines_that_the_compiler_wrote_down() {
        let mut sections = debugging_information();
        let lines = Lines::of(&elf_with(&sections));
        let at = |address| lines.at(address).map(|line| line.to_string());
        assert_eq!(at(0x1000_0201).as_deref(), Some("/src/blink.c:12"));
        assert_eq!(at(0x1000_0206).as_deref(), Some("/src/blink.c:15"));
        assert_eq!((at(0x1000_0208), at(0x1000_01FE)), (None, None));
        // Cut off anywhere, nothing is known, but nothing breaks either.
        for (_, bytes) in &mut sections {
            bytes.truncate(bytes.len() / 2);
        }
        Lines::of(&elf_with(&sections)).at(0x1000_0200);
        let whole = elf_with(&debugging_information());
        for len in 0..whole.len() {
            Lines::of(&whole[..len]).at(0x1000_0200);
        }
    }

    #[test]
    fn what_has_no_lines_tells_none() {
        assert_eq!(Lines::of(b"UF2\n").at(0), None);
        assert_eq!(Lines::of(&elf_with(&[(".text", vec![0; 8])])).at(0), None);
    }
}
