//! Modules written in Python that are part of the firmware; compiled when imported.

/// Name (with `/` between the parts, `x/__init__` for a package) and source.
static SOURCES: &[(&str, &str)] = &[
    ("_collections", include_str!("../../frozen/_collections.py")),
    ("asyncio/event", include_str!("../../frozen/asyncio/event.py")),
    ("asyncio/funcs", include_str!("../../frozen/asyncio/funcs.py")),
    ("asyncio/lock", include_str!("../../frozen/asyncio/lock.py")),
    ("asyncio/queues", include_str!("../../frozen/asyncio/queues.py")),
    ("asyncio/stream", include_str!("../../frozen/asyncio/stream.py")),
    ("unittest", include_str!("../../frozen/unittest.py")),
];

/// The source of a frozen module: "unittest", or "asyncio/__init__" for a package.
pub fn source(name: &str) -> Option<&'static str> {
    SOURCES.iter().find(|(n, _)| *n == name).map(|(_, source)| *source)
}

/// All names, for completion and `help('modules')`.
pub fn names() -> impl Iterator<Item = &'static str> {
    SOURCES.iter().map(|(name, _)| *name)
}
