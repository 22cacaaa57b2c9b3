//! `platform`: what the program runs on.

use crate::objects::native::{Entry, NativeModule};
use crate::registry::modules;

/// The module.
pub static PLATFORM: NativeModule = NativeModule {
    id: modules::PLATFORM,
    name: "platform",
    entries: &[
        Entry::Fn("libc_ver", 0, 0, |vm, _| {
            let (name, version) = (vm.new_str("")?, vm.new_str("")?);
            Ok(vm.heap.new_tuple(&[name, version])?)
        }),
        Entry::Fn("machine", 0, 0, |vm, _| vm.new_str("armv6m")),
        Entry::FnKw("platform", 0, 2, |vm, _| vm.new_str("MicroPython-1.28.0-arm-solderless")),
        Entry::Fn("processor", 0, 0, |vm, _| vm.new_str("Cortex-M0+")),
        Entry::Fn("python_compiler", 0, 0, |vm, _| vm.new_str("Solderless")),
        Entry::Fn("python_implementation", 0, 0, |vm, _| vm.new_str("MicroPython")),
        Entry::Fn("python_version", 0, 0, |vm, _| vm.new_str("3.4.0")),
        Entry::Fn("system", 0, 0, |vm, _| vm.new_str("")),
    ],
    ..NativeModule::EMPTY
};
