//! Where a program spends its time: the first core's call stacks, looked at now and then.

use std::collections::BTreeMap;
use std::io::Write;

use super::stack::{Registers, stack};
use crate::image::places::Places;
use crate::machine::Machine;

/// Stacks with how often each was seen.
#[derive(Debug, Default)]
pub struct Profile {
    /// Functions' addresses, the innermost first.
    stacks: BTreeMap<Vec<u32>, u64>,
}

impl Profile {
    /// Looks at the first core now.
    pub fn sample(&mut self, machine: &Machine, places: &Places) {
        let registers = machine.core_registers(0);
        let now = Registers { sp: registers[13], lr: registers[14], pc: registers[15] };
        let places_of_stack = stack(machine, now, places);
        let frames = places_of_stack.iter().map(|&at| places.start(at).unwrap_or(0)).collect();
        *self.stacks.entry(frames).or_default() += 1;
    }

    /// Writes a line for each stack: its functions from the outermost on, separated by semicolons, and how often it
    /// was seen. A function is followed by the line it begins at, `function@file.c:12`, where lines are known.
    pub fn write_folded(&self, places: &Places, mut out: impl Write) -> std::io::Result<()> {
        for (stack, count) in &self.stacks {
            let name = |&address: &u32| {
                let function = places.function(address).unwrap_or_else(|| "?".to_owned());
                match places.line(address) {
                    Some(line) => {
                        format!("{function}@{}:{}", line.file.rsplit('/').next().unwrap_or(""), line.line)
                    }
                    None => function,
                }
            };
            let names: Vec<String> = stack.iter().rev().map(name).collect();
            writeln!(out, "{} {count}", names.join(";").replace(' ', "_"))?;
        }
        Ok(())
    }
}
