//! `hashlib`: SHA-256, SHA-1 and MD5, on the RustCrypto crates.
//!
//! A hash object keeps the algorithm's serialised state in a bytearray, so that it lives in the heap
//! like any other object. Unlike MicroPython's, it can be asked for its digest at any time, as in CPython.

use md5::Md5;
use sha1::Sha1;
use sha2::Sha256;
use sha2::digest::Digest;
use sha2::digest::common::hazmat::SerializableState;

use crate::heap::{F_V1, Kind, header};
use crate::objects::buffer::Buffer;
use crate::objects::native::{Args, Entry, NativeModule, NativeType, R};
use crate::registry::{ids, modules};
use crate::value::Val;
use crate::vm::Vm;

/// The module.
pub static HASHLIB: NativeModule = NativeModule {
    id: modules::HASHLIB,
    name: "hashlib",
    entries: &[
        Entry::Fn("sha256", 0, 1, sha256),
        Entry::Fn("sha1", 0, 1, sha1),
        Entry::Fn("md5", 0, 1, md5),
        Entry::Fn("new", 1, 2, new),
    ],
    ..NativeModule::EMPTY
};

/// The type of hash objects: payload word 1 the state, word 2 the algorithm.
pub static HASH: NativeType = NativeType {
    id: ids::HASH,
    name: "hash",
    entries: &[
        Entry::Fn("update", 2, 2, update),
        Entry::Fn("digest", 1, 1, digest),
        Entry::Fn("hexdigest", 1, 1, hexdigest),
        Entry::Fn("copy", 1, 1, copy),
        Entry::Get("name", name),
        Entry::Get("digest_size", digest_size),
    ],
    ..NativeType::EMPTY
};

const NAMES: [&str; 3] = ["sha256", "sha1", "md5"];
const SIZES: [usize; 3] = [32, 20, 16];

fn new_hash(vm: &mut Vm, algorithm: u32, state: &[u8]) -> R {
    let state = vm.heap.new_bytearray(state)?;
    Ok(vm.heap.alloc_cell(header(Kind::Object, F_V1, ids::HASH), state.bits(), algorithm, 0)?)
}

fn start(vm: &mut Vm, algorithm: u32, data: Option<Val>) -> R {
    let hash = match algorithm {
        0 => new_hash(vm, 0, &Sha256::new().serialize())?,
        1 => new_hash(vm, 1, &Sha1::new().serialize())?,
        _ => new_hash(vm, 2, &Md5::new().serialize())?,
    };
    if let Some(data) = data {
        feed(vm, hash, data)?;
    }
    Ok(hash)
}

fn sha256(vm: &mut Vm, args: Args) -> R {
    start(vm, 0, args.opt(vm, 0))
}

fn sha1(vm: &mut Vm, args: Args) -> R {
    start(vm, 1, args.opt(vm, 0))
}

fn md5(vm: &mut Vm, args: Args) -> R {
    start(vm, 2, args.opt(vm, 0))
}

fn new(vm: &mut Vm, args: Args) -> R {
    let wanted = args.get(vm, 0);
    let known = vm.heap.str_opt(wanted).and_then(|wanted| NAMES.iter().position(|name| *name == wanted));
    match known {
        Some(algorithm) => start(vm, algorithm as u32, args.opt(vm, 1)),
        None => {
            let wanted = vm.str_text(wanted)?;
            Err(vm.value_error(format_args!("unsupported hash type {wanted}")))
        }
    }
}

/// Takes the state out, lets `with` work on it, and gives back what it serialised.
fn resume<D: Digest + SerializableState>(vm: &mut Vm, state: Val) -> Option<D> {
    let bytes = vm.heap.bytes(state).try_into().ok()?;
    D::deserialize(&bytes).ok()
}

fn feed(vm: &mut Vm, hash: Val, data: Val) -> R<()> {
    let buffer = Buffer::read(vm, data)?;
    let state = vm.heap.val(hash, 1);
    match vm.heap.w(hash, 2) {
        0 => feed_as::<Sha256>(vm, state, &buffer),
        1 => feed_as::<Sha1>(vm, state, &buffer),
        _ => feed_as::<Md5>(vm, state, &buffer),
    }
}

fn feed_as<D: Digest + SerializableState>(vm: &mut Vm, state: Val, buffer: &Buffer) -> R<()> {
    /// Bytes between two looks for Ctrl-C.
    const STRETCH: usize = 4096;
    // A state that this module wrote always reads back.
    let Some(mut hasher) = resume::<D>(vm, state) else { return Ok(()) };
    let mut at = 0;
    // A callback may make a bytearray shorter meanwhile.
    while let Some(rest) = buffer.bytes(&vm.heap).get(at..).filter(|rest| !rest.is_empty()) {
        let part = &rest[..rest.len().min(STRETCH)];
        hasher.update(part);
        at += part.len();
        vm.poll()?;
    }
    let serialised = hasher.serialize();
    vm.heap.text_mut(state).copy_from_slice(&serialised);
    Ok(())
}

fn finish_as<D: Digest + SerializableState>(vm: &mut Vm, state: Val, out: &mut [u8]) {
    if let Some(hasher) = resume::<D>(vm, state) {
        out.copy_from_slice(&hasher.finalize());
    }
}

/// The digest in a buffer, with its length.
fn finish(vm: &mut Vm, hash: Val) -> ([u8; 32], usize) {
    let state = vm.heap.val(hash, 1);
    let algorithm = vm.heap.w(hash, 2) as usize;
    let (mut out, size) = ([0; 32], SIZES[algorithm]);
    match algorithm {
        0 => finish_as::<Sha256>(vm, state, &mut out[..size]),
        1 => finish_as::<Sha1>(vm, state, &mut out[..size]),
        _ => finish_as::<Md5>(vm, state, &mut out[..size]),
    }
    (out, size)
}

fn update(vm: &mut Vm, args: Args) -> R {
    feed(vm, args.get(vm, 0), args.get(vm, 1))?;
    Ok(Val::NONE)
}

fn digest(vm: &mut Vm, args: Args) -> R {
    let (out, size) = finish(vm, args.get(vm, 0));
    Ok(vm.heap.new_bytes(&out[..size])?)
}

fn hexdigest(vm: &mut Vm, args: Args) -> R {
    let (out, size) = finish(vm, args.get(vm, 0));
    let mut text = [0; 64];
    for (i, byte) in out[..size].iter().enumerate() {
        text[2 * i] = b"0123456789abcdef"[usize::from(byte >> 4)];
        text[2 * i + 1] = b"0123456789abcdef"[usize::from(byte & 15)];
    }
    vm.new_str(core::str::from_utf8(&text[..2 * size]).unwrap_or(""))
}

fn copy(vm: &mut Vm, args: Args) -> R {
    let hash = args.get(vm, 0);
    let (state, algorithm) = (vm.heap.val(hash, 1), vm.heap.w(hash, 2));
    let mut bytes = [0; 128];
    let len = vm.heap.bytes(state).len();
    bytes[..len].copy_from_slice(vm.heap.bytes(state));
    new_hash(vm, algorithm, &bytes[..len])
}

fn name(vm: &mut Vm, hash: Val) -> R {
    let algorithm = vm.heap.w(hash, 2) as usize;
    vm.new_str(NAMES[algorithm])
}

fn digest_size(vm: &mut Vm, hash: Val) -> R {
    Ok(Val::small(SIZES[vm.heap.w(hash, 2) as usize] as i32))
}
