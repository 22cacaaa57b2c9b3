//! `itertools`. All of its iterators are of one native type, whose objects say which they are: w1 = list of what
//! the iterator keeps (named at each function that makes one), w2 = its [`Tool`], w3 = a phase or an index.

mod combine;
mod several;
mod single;

use crate::heap::Kind;
use crate::heap::cell::{F_V1, header};
use crate::objects::native::{ANY, Entry, NativeModule, NativeType, R};
use crate::registry::{ids, modules};
use crate::value::Val;
use crate::vm::{Out, Vm};

macro_rules! tools {
    ($($tool:ident $name:literal $next:path;)*) => {
        /// What an iterator does.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u32)]
        enum Tool { $($tool),* }

        const NAMES: &[&str] = &[$($name),*];
        const NEXT: &[fn(&mut Vm, Val) -> R<Option<Val>>] = &[$($next),*];
    };
}

tools! {
    Accumulate "accumulate" single::accumulate_next;
    Batched "batched" single::batched_next;
    Chain "chain" several::chain_next;
    Combinations "combinations" combine::combinations_next;
    CombinationsWithReplacement "combinations_with_replacement" combine::combinations_next;
    Compress "compress" several::compress_next;
    Count "count" single::count_next;
    Cycle "cycle" single::cycle_next;
    DropWhile "dropwhile" single::dropwhile_next;
    FilterFalse "filterfalse" single::filterfalse_next;
    GroupBy "groupby" several::groupby_next;
    Grouper "_grouper" several::grouper_next;
    Islice "islice" single::islice_next;
    Pairwise "pairwise" single::pairwise_next;
    Permutations "permutations" combine::permutations_next;
    Product "product" combine::product_next;
    Repeat "repeat" single::repeat_next;
    Starmap "starmap" single::starmap_next;
    TakeWhile "takewhile" single::takewhile_next;
    Tee "_tee" several::tee_next;
    ZipLongest "zip_longest" several::zip_longest_next;
}

/// A new iterator that keeps `values`.
fn make(vm: &mut Vm, tool: Tool, values: &[Val]) -> R {
    let kept = vm.heap.new_list(values)?;
    make_of(vm, tool, kept)
}

/// A new iterator that keeps the items of a list.
fn make_of(vm: &mut Vm, tool: Tool, kept: Val) -> R {
    let head = header(Kind::Object, F_V1, ids::ITERTOOL);
    Ok(vm.heap.alloc_cell(head, kept.bits(), tool as u32, 0)?)
}

fn kept(vm: &Vm, it: Val, i: usize) -> Val {
    vm.heap.list(vm.heap.val(it, 1))[i]
}

fn keep(vm: &mut Vm, it: Val, i: usize, v: Val) {
    let list = vm.heap.val(it, 1);
    vm.heap.list_mut(list)[i] = v;
}

fn phase(vm: &Vm, it: Val) -> u32 {
    vm.heap.w(it, 3)
}

fn set_phase(vm: &mut Vm, it: Val, phase: u32) {
    vm.heap.set_w(it, 3, phase);
}

/// A number that counts items.
fn size(vm: &mut Vm, v: Val, message: &str) -> R<usize> {
    match usize::try_from(vm.index(v)?) {
        Ok(n) => Ok(n),
        Err(_) => Err(vm.value_error(format_args!("{message}"))),
    }
}

fn next(vm: &mut Vm, it: Val) -> R<Option<Val>> {
    NEXT[vm.heap.w(it, 2) as usize](vm, it)
}

fn print(vm: &mut Vm, it: Val, out: &mut Out, _repr: bool) -> R<()> {
    use core::fmt::Write;
    let tool = vm.heap.w(it, 2);
    let name = NAMES[tool as usize];
    if tool != Tool::Count as u32 && tool != Tool::Repeat as u32 {
        let _ = write!(out, "<itertools.{name} object at 0x{:08x}>", it.bits());
        return Ok(());
    }
    // The second part is shown if it is not what it is by default.
    let (first, second) = (kept(vm, it, 0), kept(vm, it, 1));
    let _ = write!(out, "{name}(");
    out.repr(vm, first)?;
    if second != Val::NONE && second != Val::ONE {
        out.push(", ");
        out.repr(vm, second)?;
    }
    out.push(")");
    Ok(())
}

/// The type of all of the iterators but `chain`, which has a class method.
pub static ITERTOOL: NativeType = NativeType {
    id: ids::ITERTOOL,
    name: "itertools",
    print: Some(print),
    iter: Some(|_, it| Ok(it)),
    next: Some(next),
    ..NativeType::EMPTY
};

/// `chain`: makes objects of the common type.
pub static CHAIN: NativeType = NativeType {
    id: ids::CHAIN,
    name: "chain",
    new: Some(several::chain),
    entries: &[Entry::Class("from_iterable", 2, 2, several::chain_from_iterable)],
    ..NativeType::EMPTY
};

/// The module.
pub static ITERTOOLS: NativeModule = NativeModule {
    id: modules::ITERTOOLS,
    name: "itertools",
    entries: &[
        Entry::FnKw("accumulate", 1, 2, single::accumulate),
        Entry::FnKw("batched", 2, 2, single::batched),
        Entry::Type("chain", &CHAIN),
        Entry::FnKw("combinations", 0, 2, combine::combinations),
        Entry::FnKw("combinations_with_replacement", 0, 2, combine::combinations_with_replacement),
        Entry::FnKw("compress", 0, 2, several::compress),
        Entry::FnKw("count", 0, 2, single::count),
        Entry::Fn("cycle", 1, 1, single::cycle),
        Entry::Fn("dropwhile", 2, 2, single::dropwhile),
        Entry::Fn("filterfalse", 2, 2, single::filterfalse),
        Entry::FnKw("groupby", 0, 2, several::groupby),
        Entry::Fn("islice", 2, 4, single::islice),
        Entry::Fn("pairwise", 1, 1, single::pairwise),
        Entry::FnKw("permutations", 0, 2, combine::permutations),
        Entry::FnKw("product", 0, ANY, combine::product),
        Entry::FnKw("repeat", 0, 2, single::repeat),
        Entry::Fn("starmap", 2, 2, single::starmap),
        Entry::Fn("takewhile", 2, 2, single::takewhile),
        Entry::Fn("tee", 1, 2, several::tee),
        Entry::FnKw("zip_longest", 0, ANY, several::zip_longest),
    ],
    ..NativeModule::EMPTY
};
