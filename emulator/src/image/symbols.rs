//! The functions of an ELF file, for telling what an address belongs to.

use super::elf::{half, word};

const SHT_SYMTAB: u32 = 2;
const STT_NOTYPE: u8 = 0;
const STT_FUNC: u8 = 2;

/// A function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symbol {
    /// Where it begins.
    pub address: u32,
    /// Its length in bytes; 0 when the file does not say (assembly).
    pub size: u32,
    /// Its name as the linker knows it.
    pub name: String,
}

/// The functions of a 32-bit little-endian ELF file by address; empty when it has none or is no ELF.
pub fn symbols(file: &[u8]) -> Vec<Symbol> {
    let mut all = read(file).unwrap_or_default();
    all.sort_by_key(|symbol| (symbol.address, std::cmp::Reverse(symbol.size)));
    all.dedup_by_key(|symbol| symbol.address);
    all
}

/// The function that an address lies in.
pub fn at(symbols: &[Symbol], address: u32) -> Option<&Symbol> {
    let symbol = symbols[..symbols.partition_point(|symbol| symbol.address <= address)].last()?;
    (symbol.size == 0 || address - symbol.address < symbol.size).then_some(symbol)
}

fn read(file: &[u8]) -> Option<Vec<Symbol>> {
    if !super::elf::is(file) {
        return None;
    }
    let (table, size, count) = (word(file, 32)? as usize, half(file, 46)? as usize, half(file, 48)?);
    let section = |n: usize, field: usize| word(file, table.checked_add(n * size)?.checked_add(field)?);
    let mut symbols = Vec::new();
    for n in 0..usize::from(count) {
        if section(n, 4)? != SHT_SYMTAB {
            continue;
        }
        let (offset, bytes, names) =
            (section(n, 16)? as usize, section(n, 20)? as usize, section(n, 24)? as usize);
        let (names, names_len) = (section(names, 16)? as usize, section(names, 20)? as usize);
        let names = file.get(names..names.checked_add(names_len)?)?;
        for entry in file.get(offset..offset.checked_add(bytes)?)?.chunks_exact(16) {
            let field =
                |at: usize| u32::from_le_bytes([entry[at], entry[at + 1], entry[at + 2], entry[at + 3]]);
            let (name, address, size, kind) = (field(0) as usize, field(4), field(8), entry[12] & 15);
            let Some(name) = names.get(name..).and_then(|name| name.split(|&byte| byte == 0).next()) else {
                continue;
            };
            // `$t` and the like mark what kind of bytes follow.
            if !matches!(kind, STT_FUNC | STT_NOTYPE) || name.is_empty() || name.starts_with(b"$") {
                continue;
            }
            // Functions of Thumb code have odd addresses.
            symbols.push(Symbol {
                address: address & !1,
                size,
                name: String::from_utf8_lossy(name).into_owned(),
            });
        }
    }
    Some(symbols)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_belongs_to_the_function_around_it() {
        let symbol = |address, size, name: &str| Symbol { address, size, name: name.into() };
        let table = [symbol(0x100, 8, "a"), symbol(0x110, 0, "b")];
        assert_eq!(at(&table, 0x107).map(|s| s.name.as_str()), Some("a"));
        assert_eq!(at(&table, 0x108), None);
        assert_eq!(at(&table, 0x200).map(|s| s.name.as_str()), Some("b"));
        assert_eq!(at(&table, 0xff), None);
    }

    #[test]
    fn what_is_no_elf_has_no_functions() {
        assert_eq!(symbols(b"UF2\n"), []);
        assert_eq!(symbols(&[0x7f; 60]), []);
        assert_eq!(symbols(b"\x7fELF"), []);
    }
}
