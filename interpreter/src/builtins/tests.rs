use super::{BUILTINS, ENTRIES};
use crate::objects::native::ExcKind;

#[test]
fn every_name_is_there_once() {
    for (i, entry) in ENTRIES.iter().enumerate() {
        assert!(ENTRIES[..i].iter().all(|e| e.name() != entry.name()), "{} twice", entry.name());
    }
    for name in [
        "abs",
        "all",
        "any",
        "ascii",
        "bin",
        "bool",
        "bytearray",
        "bytes",
        "callable",
        "chr",
        "classmethod",
        "compile",
        "complex",
        "delattr",
        "dict",
        "dir",
        "divmod",
        "enumerate",
        "eval",
        "exec",
        "filter",
        "float",
        "format",
        "frozenset",
        "getattr",
        "globals",
        "hasattr",
        "hash",
        "help",
        "hex",
        "id",
        "input",
        "int",
        "isinstance",
        "issubclass",
        "iter",
        "len",
        "list",
        "locals",
        "map",
        "max",
        "memoryview",
        "min",
        "next",
        "object",
        "oct",
        "open",
        "ord",
        "pow",
        "print",
        "property",
        "range",
        "repr",
        "reversed",
        "round",
        "set",
        "setattr",
        "slice",
        "sorted",
        "staticmethod",
        "str",
        "sum",
        "super",
        "tuple",
        "type",
        "vars",
        "zip",
        "__import__",
        "NotImplemented",
        "Ellipsis",
        "const",
    ] {
        assert!(BUILTINS.entries.iter().any(|e| e.name() == name), "{name} is missing");
    }
    assert!(
        ExcKind::ALL
            .iter()
            .filter(|k| k.is_builtin())
            .all(|k| BUILTINS.entries.iter().any(|e| e.name() == k.name()))
    );
}
