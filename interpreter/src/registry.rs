//! Every native type and module, in one place: append a line to make one known.
//!
//! The order is only the order of numbering; values refer to rows by number, so nothing is kept across builds.

use crate::heap::Kind;
use crate::objects::native::{Entry, NativeModule, NativeType};
use crate::objects::*;
use crate::value::{Imm, Val};

macro_rules! types {
    ($($id:ident => $path:path,)*) => {
        #[allow(non_camel_case_types, clippy::upper_case_acronyms)]
        enum TypeIndex { $($id),* }
        /// The numbers of the native types.
        #[allow(missing_docs)]
        pub mod ids {
            $(pub const $id: u16 = super::TypeIndex::$id as u16;)*
        }
        static TYPES: &[&NativeType] = &[$(&$path),*];
    };
}

macro_rules! native_modules {
    ($($id:ident => $path:path,)*) => {
        #[allow(non_camel_case_types, clippy::upper_case_acronyms, dead_code)]
        enum ModuleIndex { $($id),* }
        /// The numbers of the native modules.
        #[allow(missing_docs)]
        pub mod modules {
            $(pub const $id: u16 = super::ModuleIndex::$id as u16;)*
        }
        static MODULES: &[&NativeModule] = &[$(&$path),*];
    };
}

types! {
    OBJECT => object::OBJECT,
    TYPE => class::TYPE,
    NONE => singletons::NONE,
    ELLIPSIS => singletons::ELLIPSIS,
    NOT_IMPLEMENTED => singletons::NOT_IMPLEMENTED,
    INT => int::INT,
    BOOL => bool::BOOL,
    FLOAT => float::FLOAT,
    COMPLEX => complex::COMPLEX,
    STR => str::STR,
    BYTES => bytes::BYTES,
    BYTEARRAY => bytearray::BYTEARRAY,
    MEMORYVIEW => memoryview::MEMORYVIEW,
    LIST => list::LIST,
    TUPLE => tuple::TUPLE,
    DICT => dict::DICT,
    DICTVIEW => dictview::DICTVIEW,
    SET => set::SET,
    FROZENSET => frozenset::FROZENSET,
    RANGE => range::RANGE,
    SLICE => slice::SLICE,
    ITER => iterators::ITER,
    FUNCTION => function::FUNCTION,
    NATIVE_FUNCTION => function::NATIVE_FUNCTION,
    METHOD => function::METHOD,
    CELL => function::CELL,
    CODE => function::CODE,
    GENERATOR => generator::GENERATOR,
    COROUTINE => generator::COROUTINE,
    MODULE => module::MODULE,
    PROPERTY => descriptors::PROPERTY,
    STATICMETHOD => descriptors::STATICMETHOD,
    CLASSMETHOD => descriptors::CLASSMETHOD,
    SUPER => descriptors::SUPER,
    TRACEBACK => exception::TRACEBACK,
    ARRAY => array::ARRAY,
    DEQUE => deque::DEQUE,
    HASH => crate::modules::hashlib::HASH,
    RE_PATTERN => crate::modules::re::pattern::PATTERN,
    RE_MATCH => crate::modules::re::result::MATCH,
    ATTRTUPLE => crate::modules::attrtuple::ATTRTUPLE,
    FILE_IO => crate::modules::io::FILE_IO,
    TEXT_IO => crate::modules::io::TEXT_IO,
    STRING_IO => crate::modules::io::STRING_IO,
    DEFLATE_IO => crate::modules::deflate::DEFLATE_IO,
    FRAME_BUFFER => crate::modules::framebuf::FRAME_BUFFER,
    CHAIN => crate::modules::itertools::CHAIN,
    ITERTOOL => crate::modules::itertools::ITERTOOL,
    AES => crate::modules::cryptolib::AES,
    BYTES_IO => crate::modules::io::BYTES_IO,
    CONSOLE => crate::modules::sys::CONSOLE,
    CONSOLE_TEXT => crate::modules::sys::CONSOLE_TEXT,
    IO_BASE => crate::modules::io::IO_BASE,
    PIN => crate::modules::machine::pin::PIN,
    PIN_IRQ => crate::modules::machine::pin::PIN_IRQ,
    PIN_NAMES => crate::modules::machine::pin::PIN_NAMES,
    SIGNAL => crate::modules::machine::signal::SIGNAL,
    ADC => crate::modules::machine::adc::ADC,
    PWM => crate::modules::machine::pwm::PWM,
    I2C => crate::modules::machine::i2c::I2C,
    SOFT_I2C => crate::modules::machine::i2c::SOFT_I2C,
    SPI => crate::modules::machine::spi::SPI,
    SOFT_SPI => crate::modules::machine::spi::SOFT_SPI,
    UART => crate::modules::machine::uart::UART,
    TIMER => crate::modules::machine::timer::TIMER,
    RTC => crate::modules::machine::rtc::RTC,
    WDT => crate::modules::machine::wdt::WDT,
    MEM => crate::modules::machine::MEM,
    VFS_LFS2 => crate::modules::vfs::volume::VFS_LFS2,
    VFS_FAT => crate::modules::vfs::volume::VFS_FAT,
    RING_IO => crate::modules::ringio::RING_IO,
    UCTYPES_STRUCT => crate::modules::uctypes::UCTYPES_STRUCT,
    DUNDER => dunder::DUNDER,
    MAP => crate::builtins::lazy::MAP,
    ZIP => crate::builtins::lazy::ZIP,
    FILTER => crate::builtins::lazy::FILTER,
    ENUMERATE => crate::builtins::lazy::ENUMERATE,
    REVERSED => crate::builtins::lazy::REVERSED,
    CALLABLE_ITERATOR => crate::builtins::lazy::CALLABLE_ITERATOR,
    COMPILED => crate::builtins::COMPILED,
    ASSEMBLED => assembled::ASSEMBLED,
    TEMPLATE => crate::modules::templatelib::TEMPLATE,
    INTERPOLATION => crate::modules::templatelib::INTERPOLATION,
    POLL => crate::modules::select::POLL,
    LOCK => crate::modules::thread::LOCK,
    FLASH => crate::modules::rp2::flash::FLASH,
    TASK => crate::modules::asyncio::task::TASK,
    TASK_QUEUE => crate::modules::asyncio::queue::TASK_QUEUE,
    PAUSE => crate::modules::asyncio::pause::PAUSE,
    LOOP => crate::modules::asyncio::event_loop::LOOP,
    NDARRAY => ndarray::NDARRAY,
    NUMPY_VECTORIZED => crate::modules::numpy::ufunc::VECTORIZED,
    FRAME => frame::FRAME,
    NUMPY_GENERATOR => crate::modules::numpy::random::GENERATOR,
}

native_modules! {
    BUILTINS => crate::builtins::BUILTINS,
    ARRAY => crate::modules::array::ARRAY,
    ASYNCIO => crate::modules::asyncio::ASYNCIO,
    BINASCII => crate::modules::binascii::BINASCII,
    CMATH => crate::modules::cmath::CMATH,
    COLLECTIONS => crate::modules::collections::COLLECTIONS,
    CRYPTOLIB => crate::modules::cryptolib::CRYPTOLIB,
    DEFLATE => crate::modules::deflate::DEFLATE,
    ERRNO => crate::modules::errno::ERRNO,
    FRAMEBUF => crate::modules::framebuf::FRAMEBUF,
    GC => crate::modules::gc::GC,
    HASHLIB => crate::modules::hashlib::HASHLIB,
    HEAPQ => crate::modules::heapq::HEAPQ,
    IO => crate::modules::io::IO,
    ITERTOOLS => crate::modules::itertools::ITERTOOLS,
    JSON => crate::modules::json::JSON,
    MACHINE => crate::modules::machine::MACHINE,
    MATH => crate::modules::math::MATH,
    MICROPYTHON => crate::modules::micropython::MICROPYTHON,
    ONEWIRE => crate::modules::onewire::ONEWIRE,
    OS => crate::modules::os::OS,
    PLATFORM => crate::modules::platform::PLATFORM,
    RANDOM => crate::modules::random::RANDOM,
    RE => crate::modules::re::RE,
    RP2 => crate::modules::rp2::RP2,
    STRING => crate::modules::templatelib::STRING,
    SELECT => crate::modules::select::SELECT,
    STRUCT => crate::modules::struct_::STRUCT,
    SYS => crate::modules::sys::SYS,
    THREAD => crate::modules::thread::THREAD,
    TEMPLATELIB => crate::modules::templatelib::TEMPLATELIB,
    TIME => crate::modules::time::TIME,
    UCTYPES => crate::modules::uctypes::UCTYPES,
    VFS => crate::modules::vfs::VFS,
    NUMPY => crate::modules::numpy::NUMPY,
    NUMPY_FFT => crate::modules::numpy::fft::FFT,
    NUMPY_LINALG => crate::modules::numpy::linalg::LINALG,
    NUMPY_RANDOM => crate::modules::numpy::random::RANDOM,
    ULAB => crate::modules::numpy::ULAB,
    ULAB_UTILS => crate::modules::numpy::utils::UTILS,
    SCIPY => crate::modules::numpy::scipy::SCIPY,
    SCIPY_INTEGRATE => crate::modules::numpy::scipy::integrate::INTEGRATE,
    SCIPY_LINALG => crate::modules::numpy::scipy::linalg::LINALG,
    SCIPY_OPTIMIZE => crate::modules::numpy::scipy::optimize::OPTIMIZE,
    SCIPY_SIGNAL => crate::modules::numpy::scipy::signal::SIGNAL,
    SCIPY_SPECIAL => crate::modules::numpy::scipy::special::SPECIAL,
}

/// Number of the first exception type: their tables come from [`native::ExcKind`].
pub const EXC_BASE: u16 = 1024;
/// Native functions of modules: table number from here on.
const MODULE_TABLE: u32 = 2048;

/// The native type with this number.
pub fn native_type(id: u16) -> &'static NativeType {
    if id >= EXC_BASE { exception::type_at(id - EXC_BASE) } else { TYPES[id as usize] }
}

/// The native module with this number.
pub fn native_module(id: u16) -> &'static NativeModule {
    MODULES[id as usize]
}

/// The module that a native package lists under this name.
pub fn native_submodule(package: u16, name: &str) -> Option<&'static NativeModule> {
    native_module(package).entries.iter().find_map(|entry| match *entry {
        Entry::Module(n, m) if n == name => Some(m),
        _ => None,
    })
}

/// All native modules.
pub fn native_modules() -> &'static [&'static NativeModule] {
    MODULES
}

/// The entry that a native function value stands for.
pub fn native_fn(payload: u32) -> &'static Entry {
    let (table, index) = (payload >> 12, (payload & 0xfff) as usize);
    if table >= MODULE_TABLE {
        &native_module((table - MODULE_TABLE) as u16).entries[index]
    } else {
        &native_type(table as u16).entries[index]
    }
}

/// A builtin function, which must be one.
pub(crate) const fn builtin(name: &str) -> Val {
    let entries = crate::builtins::BUILTINS.entries;
    let mut i = 0;
    loop {
        if let Entry::Fn(have, ..) | Entry::FnKw(have, ..) = entries[i]
            && same(have.as_bytes(), name.as_bytes())
        {
            return Val::imm(
                Imm::NativeFn,
                (MODULE_TABLE + crate::builtins::BUILTINS.id as u32) << 12 | i as u32,
            );
        }
        i += 1;
    }
}

const fn same(a: &[u8], b: &[u8]) -> bool {
    let mut i = 0;
    while i < a.len() && i < b.len() && a[i] == b[i] {
        i += 1;
    }
    i == a.len() && i == b.len()
}

/// The builtin `len`, which the chip's loop knows.
#[cfg_attr(not(target_arch = "arm"), allow(dead_code))]
pub(crate) static LEN: Val = builtin("len");

/// The entry of a function of a module.
#[inline(always)]
pub(crate) fn module_entry(payload: u32) -> &'static Entry {
    &MODULES[((payload >> 12) - MODULE_TABLE) as usize].entries[(payload & 0xfff) as usize]
}

/// Does a native function's payload name an entry of a type (a method), not of a module?
#[inline]
pub fn is_type_fn(payload: u32) -> bool {
    payload >> 12 < MODULE_TABLE
}

/// Does a method get the whole object even if that is an instance of a Python class with a native part?
#[inline]
pub(crate) fn sees_whole_objects(payload: u32) -> bool {
    let table = payload >> 12;
    table == ids::OBJECT as u32 || table == ids::DUNDER as u32 || table >= EXC_BASE as u32
}

/// The value of function `index` in a type's entries.
pub fn type_fn(t: &NativeType, index: usize) -> Val {
    Val::imm(Imm::NativeFn, (t.id as u32) << 12 | index as u32)
}

/// The value of function `index` in a module's entries.
pub fn module_fn(m: &NativeModule, index: usize) -> Val {
    Val::imm(Imm::NativeFn, (MODULE_TABLE + m.id as u32) << 12 | index as u32)
}

/// The native type of cells of a kind. Instances, classes and exceptions are the VM's business.
pub(crate) fn type_of_kind(kind: Kind) -> &'static NativeType {
    match kind {
        Kind::Float => &float::FLOAT,
        Kind::Complex => &complex::COMPLEX,
        Kind::BigInt => &int::INT,
        Kind::Str => &str::STR,
        Kind::Bytes => &bytes::BYTES,
        Kind::ByteArray => &bytearray::BYTEARRAY,
        Kind::MemoryView => &memoryview::MEMORYVIEW,
        Kind::Array => &array::ARRAY,
        Kind::List => &list::LIST,
        Kind::Tuple => &tuple::TUPLE,
        Kind::Dict => &dict::DICT,
        Kind::DictView => &dictview::DICTVIEW,
        Kind::Set => &set::SET,
        Kind::FrozenSet => &frozenset::FROZENSET,
        Kind::Range => &range::RANGE,
        Kind::Slice => &slice::SLICE,
        Kind::Iter => &iterators::ITER,
        Kind::Function | Kind::Closure => &function::FUNCTION,
        Kind::Cell => &function::CELL,
        Kind::BoundMethod | Kind::BoundNative => &function::METHOD,
        Kind::Code => &function::CODE,
        Kind::Class => &class::TYPE,
        Kind::Generator => &generator::GENERATOR,
        Kind::Traceback => &exception::TRACEBACK,
        Kind::Module => &module::MODULE,
        Kind::Property => &descriptors::PROPERTY,
        Kind::StaticMethod => &descriptors::STATICMETHOD,
        Kind::ClassMethod => &descriptors::CLASSMETHOD,
        Kind::Super => &descriptors::SUPER,
        _ => &object::OBJECT,
    }
}
