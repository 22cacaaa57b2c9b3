//! `cryptolib`: AES in the modes ECB, CBC and CTR.

mod aes;

use crate::heap::Kind;
use crate::heap::cell::{F_V1, header};
use crate::objects::buffer::Buffer;
use crate::objects::native::{Args, Entry, NativeModule, NativeType, R};
use crate::registry::{ids, modules};
use crate::value::Val;
use crate::vm::Vm;

const ECB: u32 = 1;
const CBC: u32 = 2;
const CTR: u32 = 6;

// ---- the object: w1 = bytearray of key schedule, vector, key stream; w2 = mode | rounds << 8 | direction << 16;
// w3 = bytes of the key stream in use already (CTR) ----

const VECTOR: usize = aes::SCHEDULE;
const STREAM: usize = VECTOR + 16;
const STATE: usize = STREAM + 16;

fn new(vm: &mut Vm, _cls: Val, args: Args) -> R {
    let [key, mode, vector] = args.parse(vm, "aes", ["key", "mode", "IV"], 2)?;
    let mode = vm.index(mode)?;
    if ![ECB, CBC, CTR].map(i64::from).contains(&mode) {
        return Err(vm.value_error(format_args!("mode")));
    }
    let key = Buffer::read(vm, key)?;
    if !matches!(key.len, 16 | 24 | 32) {
        return Err(vm.value_error(format_args!("key")));
    }
    let mut state = [0; STATE];
    if !vector.is_null() && !vector.is_none() {
        let vector = Buffer::read(vm, vector)?;
        if vector.len != 16 {
            return Err(vm.value_error(format_args!("IV")));
        }
        state[VECTOR..STREAM].copy_from_slice(vector.bytes(&vm.heap));
    } else if mode != i64::from(ECB) {
        return Err(vm.value_error(format_args!("IV")));
    }
    let mut schedule = [0; aes::SCHEDULE];
    let rounds = aes::expand(key.bytes(&vm.heap), &mut schedule);
    state[..aes::SCHEDULE].copy_from_slice(&schedule);
    let state = vm.heap.new_bytearray(&state)?;
    let options = mode as u32 | (rounds as u32) << 8;
    Ok(vm.heap.alloc_cell(header(Kind::Object, F_V1, ids::AES), state.bits(), options, 16)?)
}

/// Encrypts or decrypts into `out`, or into new bytes.
fn process(vm: &mut Vm, args: Args, decrypt: bool) -> R {
    let (cipher, data) = (args.get(vm, 0), args.get(vm, 1));
    let data = Buffer::read(vm, data)?;
    let options = vm.heap.w(cipher, 2);
    let (mode, direction) = (options & 0xFF, if decrypt { 2 << 16 } else { 1 << 16 });
    if mode != CTR && data.len % 16 != 0 {
        return Err(vm.value_error(format_args!("blksize % 16")));
    }
    if options >> 16 != 0 && options >> 16 << 16 != direction {
        return Err(vm.value_error(format_args!("can't encrypt & decrypt")));
    }
    vm.heap.set_w(cipher, 2, options | direction);
    let (result, target) = match args.opt(vm, 2) {
        Some(out) => {
            let target = Buffer::write(vm, out)?;
            if target.len < data.len {
                return Err(vm.value_error(format_args!("output too small")));
            }
            (out, target)
        }
        None => {
            let out = vm.heap.new_bytearray_zeroed(data.len)?;
            (out, Buffer { owner: out, start: 0, len: data.len, typecode: b'B' })
        }
    };
    let state = vm.heap.val(cipher, 1);
    let mut at = 0;
    while at < data.len {
        let n = (data.len - at).min(16);
        let mut block = [0; 16];
        // The owner may have shrunk since; then there are no bytes.
        let Some(from) = data.bytes(&vm.heap).get(at..at + n) else { break };
        block[..n].copy_from_slice(from);
        step(vm, cipher, state, &mut block, n, decrypt);
        if let Some(to) = target.bytes_mut(&mut vm.heap).get_mut(at..at + n) {
            to.copy_from_slice(&block[..n]);
        }
        at += n;
        vm.poll()?;
    }
    if args.n > 2 {
        return Ok(result);
    }
    let bytes = vm.heap.new_builder(data.len)?;
    vm.heap.push_text(bytes, result, 0, data.len)?;
    Ok(vm.heap.finish_bytes(bytes)?)
}

/// One block, of which `n` bytes count.
fn step(vm: &mut Vm, cipher: Val, state: Val, block: &mut [u8; 16], n: usize, decrypt: bool) {
    let options = vm.heap.w(cipher, 2);
    let (mode, rounds) = (options & 0xFF, (options >> 8 & 0xFF) as usize);
    let mut used = vm.heap.w(cipher, 3) as usize;
    let state = vm.heap.text_mut(state);
    let (schedule, rest) = state.split_at_mut(VECTOR);
    let Some((vector, stream)) = rest.split_first_chunk_mut::<16>() else { return };
    match (mode, decrypt) {
        (ECB, false) => aes::encrypt(schedule, rounds, block),
        (ECB, true) => aes::decrypt(schedule, rounds, block),
        (CBC, false) => {
            block.iter_mut().zip(&*vector).for_each(|(byte, v)| *byte ^= v);
            aes::encrypt(schedule, rounds, block);
            *vector = *block;
        }
        (CBC, true) => {
            let coded = *block;
            aes::decrypt(schedule, rounds, block);
            block.iter_mut().zip(&*vector).for_each(|(byte, v)| *byte ^= v);
            *vector = coded;
        }
        _ => {
            for byte in &mut block[..n] {
                if used == 16 {
                    let mut counter = *vector;
                    *vector = u128::from_be_bytes(counter).wrapping_add(1).to_be_bytes();
                    aes::encrypt(schedule, rounds, &mut counter);
                    stream.copy_from_slice(&counter);
                    used = 0;
                }
                *byte ^= stream[used];
                used += 1;
            }
        }
    }
    vm.heap.set_w(cipher, 3, used as u32);
}

/// The type.
pub static AES: NativeType = NativeType {
    id: ids::AES,
    name: "aes",
    new: Some(new),
    entries: &[
        Entry::Fn("decrypt", 2, 3, |vm, args| process(vm, args, true)),
        Entry::Fn("encrypt", 2, 3, |vm, args| process(vm, args, false)),
    ],
    ..NativeType::EMPTY
};

/// The module.
pub static CRYPTOLIB: NativeModule = NativeModule {
    id: modules::CRYPTOLIB,
    name: "cryptolib",
    entries: &[
        Entry::Int("MODE_CBC", CBC as i64),
        Entry::Int("MODE_CTR", CTR as i64),
        Entry::Int("MODE_ECB", ECB as i64),
        Entry::Type("aes", &AES),
    ],
    ..NativeModule::EMPTY
};
