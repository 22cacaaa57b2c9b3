//! Modules written in Python that are part of the firmware: every file in `frozen/`, packed by the build script.
//!
//! Importing unpacks and compiles only what is outside of functions. The bodies of module-level functions and of methods
//! lie apart, a few together, and are compiled when first called (`vm/deferred.rs`): a module costs memory for
//! what a script uses of it.

use alloc::string::String;
use core::ops::Range;

use crate::deflate::inflate;
use crate::objects::native::R;
use crate::value::Val;
use crate::vm::Vm;

/// A packed module.
struct Frozen {
    /// With `/` between the parts, `x/__init__` for a package.
    name: &'static str,
    /// Its name as a file in tracebacks.
    file: &'static str,
    /// What importing runs: the source with a number in place of each deferred function's body.
    source: Packed,
    /// Number of its first deferred function.
    first: u16,
}

/// Compressed text.
struct Packed {
    /// Bytes when unpacked.
    len: usize,
    data: &'static [u8],
}

/// The texts of deferred functions, a few together and one after the other.
struct Chunk {
    /// Number of the first of them.
    first: u16,
    text: Packed,
}

/// Where a deferred function's text is in its chunk: from here to the next one's.
struct Place {
    start: u16,
    /// Lines of the module before it.
    before: u16,
}

include!(concat!(env!("OUT_DIR"), "/frozen.rs"));

/// Is there a frozen module of this name: "unittest", or "asyncio/__init__" for a package?
pub fn exists(name: &str) -> bool {
    MODULES.iter().any(|module| module.name == name)
}

/// Bytes of what importing a frozen module runs.
pub fn size(name: &str) -> usize {
    MODULES.iter().find(|module| module.name == name).map_or(0, |module| module.source.len)
}

/// What importing a frozen module runs; `None` also without the memory for it.
pub fn source(name: &str) -> Option<String> {
    unpack(&MODULES.iter().find(|module| module.name == name)?.source)
}

/// All names, for completion and `help('modules')`.
pub fn names() -> impl Iterator<Item = &'static str> {
    MODULES.iter().map(|module| module.name)
}

/// The chunk with the text of a deferred function, and the bytes of it in there.
pub(crate) fn place(function: u16) -> (u16, Range<usize>) {
    let start = |n: u16| FUNCTIONS.get(usize::from(n)).map(|place| usize::from(place.start));
    let chunk = CHUNKS.partition_point(|chunk| chunk.first <= function).wrapping_sub(1);
    let (Some(from), Some(own)) = (start(function), CHUNKS.get(chunk)) else { return (u16::MAX, 0..0) };
    let next = function + 1;
    let last = CHUNKS.get(chunk + 1).is_some_and(|chunk| chunk.first == next);
    let to = start(next).filter(|_| !last).unwrap_or(own.text.len);
    (chunk as u16, from..to)
}

/// Lines that come before a deferred function's text in its module.
pub(crate) fn lines_before(function: u16) -> u32 {
    FUNCTIONS.get(usize::from(function)).map_or(0, |place| u32::from(place.before))
}

/// The file of a deferred function, for tracebacks.
pub(crate) fn file(function: u16) -> &'static str {
    MODULES.iter().rfind(|module| module.first <= function).map_or("", |module| module.file)
}

/// Bytes of a chunk when unpacked.
pub(crate) fn size_of_chunk(chunk: u16) -> usize {
    CHUNKS.get(usize::from(chunk)).map_or(0, |chunk| chunk.text.len)
}

/// The text of a chunk; `None` also without the memory for it.
pub(crate) fn chunk(chunk: u16) -> Option<String> {
    unpack(&CHUNKS.get(usize::from(chunk))?.text)
}

fn unpack(packed: &Packed) -> Option<String> {
    String::from_utf8(inflate(packed.data, packed.len)?).ok()
}

/// For native modules that are Python in part: an attribute of the frozen module `python`, if it is one of `names`.
///
/// # Errors
/// What importing raises.
pub fn attribute(vm: &mut Vm, python: &str, names: &[&str], name: &str) -> R<Option<Val>> {
    if !names.contains(&name) {
        return Ok(None);
    }
    // The name may lie in the heap, which importing moves.
    let name = String::from(name);
    let module = vm.import(python)?;
    vm.getattr(module, &name).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compiler::{Mode, compile};

    #[test]
    fn every_module_unpacks_and_compiles() {
        for name in names() {
            let source = source(name).unwrap();
            let compiled = compile(&source, name, Mode::Frozen);
            assert!(compiled.is_ok(), "{name}: {compiled:?}");
        }
    }

    #[test]
    fn every_deferred_function_compiles_alone() {
        for number in 0..FUNCTIONS.len() as u16 {
            let (chunk_of, range) = place(number);
            let text = chunk(chunk_of).unwrap();
            let compiled = compile(&text[range.clone()], file(number), Mode::Exec);
            assert!(compiled.is_ok(), "{}: {}\n{compiled:?}", file(number), &text[range]);
        }
    }
}
