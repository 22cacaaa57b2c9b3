//! Bytecode as text, for tests and for people.

use super::op::{Field, Op, Word};
use super::proto::{Const, Proto};
use core::fmt::{self, Write};

/// Writes a proto and its children as text, one instruction a line.
///
/// # Errors
/// Those of `out`.
pub fn disassemble(proto: &Proto, out: &mut dyn Write) -> fmt::Result {
    writeln!(out, "{} ({} slots)", proto.qualname, proto.slots)?;
    let mut i = 0;
    let mut line = 0;
    while i < proto.code.len() {
        let word = proto.code[i];
        if let Some((_, l)) = proto.lines.iter().rev().find(|(pc, _)| *pc as usize <= i)
            && *l != line
        {
            line = *l;
            writeln!(out, " line {line}")?;
        }
        let Some(op) = Op::from_code(word as u8) else {
            writeln!(out, "  {i:4} ?{word:08x}")?;
            i += 1;
            continue;
        };
        write!(out, "  {i:4} {:13}", op.name())?;
        let bx = (word >> 16) as u16;
        for (k, field) in op.fields().into_iter().enumerate() {
            let x = (word >> (8 * (k + 1))) as u8;
            match field {
                Field::No => {}
                Field::D | Field::S | Field::B => write!(out, " r{}", x / 4)?,
                Field::N => write!(out, " {x}")?,
                Field::I => write!(out, " {}", x as i8)?,
                Field::K => match proto.consts.get(bx as usize) {
                    Some(Const::Code(p)) => write!(out, " <code {}>", p.name)?,
                    Some(c) => write!(out, " {c:?}")?,
                    None => write!(out, " k{bx}")?,
                },
                Field::G => write!(out, " {}", proto.names.get(bx as usize).map_or("?", |n| n))?,
                Field::J => write!(out, " ->{}", i as i64 + (bx as i16) as i64)?,
                Field::F => write!(out, " r{bx}")?,
                Field::X => write!(out, " {}", bx as i16)?,
            }
        }
        for (k, kind) in op.words().iter().enumerate() {
            let w = proto.code.get(i + 1 + k).copied().unwrap_or(0);
            match kind {
                Word::Name => write!(out, " {}", proto.names.get(w as u16 as usize).map_or("?", |n| n))?,
                Word::Jump => write!(out, " ->{}", i as i64 + (w as i32 / 4) as i64)?,
                Word::Cache => {}
                Word::Raw => write!(out, " {w:#x}")?,
                Word::Const => write!(out, " k{w}")?,
            }
        }
        writeln!(out)?;
        i += op.len_words();
    }
    for h in &proto.handlers {
        writeln!(out, "  {}..{} -> {} r{}", h.start, h.end, h.handler, h.slot)?;
    }
    for c in &proto.consts {
        if let Const::Code(p) = c {
            disassemble(p, out)?;
        }
    }
    Ok(())
}
