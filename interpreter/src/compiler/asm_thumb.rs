//! `@micropython.asm_thumb`: a function whose body is ARMv6-M assembly in the syntax of the official inline
//! assembler, one call an instruction. Encodings are those of the ARMv6-M Architecture Reference Manual.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::unit::{Codegen, Gen};
use crate::bytecode::{Assembled, Const, Machine, Op, Slot};
use crate::syntax::ast::*;

/// `push {r1, r4-r7, lr}`: keeps the stack aligned to 8 bytes.
const ENTRY: u16 = 0xb5f2;
/// `pop {r1, r4-r7, pc}`
const EXIT: u16 = 0xbdf2;

const LR: u16 = 1 << 14;
const PC: u16 = 1 << 15;

/// An operand as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operand<'s> {
    Register(u16),
    /// A name that is no register.
    Label(&'s str),
    Number(i64),
    /// `{r0, r1}`: a bit a register.
    Registers(u16),
    /// `[register, offset]`
    Address(u16, i64),
    Other,
}

/// Machine code of one instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Code {
    Half(u16),
    Word(u16, u16),
}

fn register(name: &str) -> Option<u16> {
    match name {
        "sl" => Some(10),
        "fp" => Some(11),
        "sp" => Some(13),
        "lr" => Some(14),
        "pc" => Some(15),
        _ => name.strip_prefix('r')?.parse().ok().filter(|n| *n < 16 && name.len() <= 3),
    }
}

/// The number of a condition.
fn condition(name: &str) -> Option<u16> {
    const NAMES: [&str; 14] =
        ["eq", "ne", "cs", "cc", "mi", "pl", "vs", "vc", "hi", "ls", "ge", "lt", "gt", "le"];
    NAMES.iter().position(|n| *n == name).map(|i| i as u16)
}

/// The data processing instructions of two low registers.
fn two_registers(name: &str) -> Option<u16> {
    const NAMES: [&str; 16] = [
        "and_", "eor", "lsl", "lsr", "asr", "adc", "sbc", "ror", "tst", "neg", "cmp", "cmn", "orr", "mul",
        "bic", "mvn",
    ];
    NAMES.iter().position(|n| *n == name).map(|i| 0x4000 | (i as u16) << 6)
}

/// How many bytes an instruction takes.
fn size(name: &str) -> u32 {
    if name == "bl" { 4 } else { 2 }
}

/// The operands of the instruction being encoded, with the messages of the official assembler.
struct Encoder<'e> {
    name: &'e str,
    operands: &'e [Operand<'e>],
}

impl Encoder<'_> {
    fn unsupported<T>(&self) -> Result<T, String> {
        let (name, n) = (self.name, self.operands.len());
        Err(format!("unsupported Thumb instruction '{name}' with {n} arguments"))
    }

    fn register(&self, i: usize, most: u16) -> Result<u16, String> {
        match self.operands[i] {
            Operand::Register(r) if r <= most => Ok(r),
            Operand::Register(_) => Err(format!("'{}' expects at most r{most}", self.name)),
            _ => Err(format!("'{}' expects a register", self.name)),
        }
    }

    fn fits(&self, value: i64, mask: u16) -> Result<u16, String> {
        if value & !i64::from(mask) != 0 {
            let name = self.name;
            return Err(format!("'{name}' integer {value:#x} doesn't fit in mask {mask:#x}"));
        }
        Ok(value as u16)
    }

    fn number(&self, i: usize, mask: u16) -> Result<u16, String> {
        match self.operands[i] {
            Operand::Number(value) => self.fits(value, mask),
            _ => Err(format!("'{}' expects an integer", self.name)),
        }
    }

    fn registers(&self, i: usize) -> Result<u16, String> {
        match self.operands[i] {
            Operand::Registers(list) => Ok(list),
            _ => Err(format!("'{}' expects {{r0, r1, ...}}", self.name)),
        }
    }

    /// The distance from the instruction at `at` to a label, as branches count it.
    fn distance(&self, at: u32, labels: &[(&str, u32)]) -> Result<i32, String> {
        let Some(Operand::Label(label)) = self.operands.first() else {
            return Err(format!("'{}' expects a label", self.name));
        };
        match labels.iter().find(|l| l.0 == *label) {
            Some((_, to)) => Ok(*to as i32 - (at as i32 + 4)),
            None => Err(format!("label '{label}' not defined")),
        }
    }

    /// Encodes the instruction at offset `at`.
    fn encode(&self, at: u32, labels: &[(&str, u32)]) -> Result<Code, String> {
        match self.operands.len() {
            0 => match self.name {
                "nop" => Ok(Code::Half(0xbf00)),
                "wfi" => Ok(Code::Half(0xbf30)),
                _ => self.unsupported(),
            },
            1 => self.one(at, labels),
            2 => self.two().map(Code::Half),
            3 => self.three().map(Code::Half),
            _ => self.unsupported(),
        }
    }

    fn one(&self, at: u32, labels: &[(&str, u32)]) -> Result<Code, String> {
        let far = || Err(String::from("branch not in range"));
        match self.name {
            "b" => {
                let to = self.distance(at, labels)?;
                if !(-2048..2048).contains(&to) {
                    return far();
                }
                Ok(Code::Half(0xe000 | (to >> 1) as u16 & 0x7ff))
            }
            "bl" => {
                let to = self.distance(at, labels)?;
                if !(-0x0100_0000..0x0100_0000).contains(&to) {
                    return far();
                }
                let bit = |n: u32| (to >> n) as u16 & 1;
                let (j1, j2) = (1 ^ bit(23) ^ bit(24), 1 ^ bit(22) ^ bit(24));
                let high = 0xf000 | bit(24) << 10 | (to >> 12) as u16 & 0x3ff;
                Ok(Code::Word(high, 0xd000 | j1 << 13 | j2 << 11 | (to >> 1) as u16 & 0x7ff))
            }
            "bx" => Ok(Code::Half(0x4700 | self.register(0, 15)? << 3)),
            "cpsid" => Ok(Code::Half(0xb672)),
            "cpsie" => Ok(Code::Half(0xb662)),
            "push" => match self.registers(0)? {
                list if list & !(0xff | LR) == 0 => {
                    Ok(Code::Half(0xb400 | list & 0xff | if list & LR != 0 { 0x100 } else { 0 }))
                }
                _ => self.unsupported(),
            },
            "pop" => match self.registers(0)? {
                list if list & !(0xff | PC) == 0 => {
                    Ok(Code::Half(0xbc00 | list & 0xff | if list & PC != 0 { 0x100 } else { 0 }))
                }
                _ => self.unsupported(),
            },
            _ => {
                let name = self.name.strip_prefix('b').unwrap_or("");
                let Some(condition) = condition(name.strip_suffix("_n").unwrap_or(name)) else {
                    return self.unsupported();
                };
                let to = self.distance(at, labels)?;
                if !(-256..256).contains(&to) {
                    return far();
                }
                Ok(Code::Half(0xd000 | condition << 8 | (to >> 1) as u16 & 0xff))
            }
        }
    }

    fn two(&self) -> Result<u16, String> {
        if matches!(self.operands[1], Operand::Register(_) | Operand::Label(_)) {
            if self.name == "mov" {
                let (to, from) = (self.register(0, 15)?, self.register(1, 15)?);
                return Ok(0x4600 | (to & 8) << 4 | from << 3 | to & 7);
            }
            let Some(code) = two_registers(self.name) else { return self.unsupported() };
            return Ok(code | self.register(1, 7)? << 3 | self.register(0, 7)?);
        }
        let immediate = |code: u16| Ok(code | self.register(0, 7)? << 8 | self.number(1, 0xff)?);
        // Opcode, and the bits that an offset may have.
        let (code, mask) = match self.name {
            "mov" => return immediate(0x2000),
            "cmp" => return immediate(0x2800),
            "add" => return immediate(0x3000),
            "sub" => return immediate(0x3800),
            "str" => (0x6000, 0x7c),
            "ldr" => (0x6800, 0x7c),
            "strb" => (0x7000, 0x1f),
            "ldrb" => (0x7800, 0x1f),
            "strh" => (0x8000, 0x3e),
            "ldrh" => (0x8800, 0x3e),
            _ => return self.unsupported(),
        };
        let register = self.register(0, 7)?;
        let Operand::Address(base, offset) = self.operands[1] else {
            return Err(format!("'{}' expects an address of the form [a, b]", self.name));
        };
        if base > 7 {
            return Err(format!("'{}' expects at most r7", self.name));
        }
        let offset = self.fits(offset, mask)? >> mask.trailing_zeros();
        Ok(code | offset << 6 | base << 3 | register)
    }

    fn three(&self) -> Result<u16, String> {
        let shift = |code: u16| {
            Ok(code | self.number(2, 0x1f)? << 6 | self.register(1, 7)? << 3 | self.register(0, 7)?)
        };
        let code = match self.name {
            "lsl" => return shift(0),
            "lsr" => return shift(0x0800),
            "asr" => return shift(0x1000),
            "add" => 0x1800,
            "sub" => 0x1a00,
            _ => return self.unsupported(),
        };
        let last = match self.operands[2] {
            Operand::Register(_) => self.register(2, 7)? << 6,
            _ => 0x400 | self.number(2, 7)? << 6,
        };
        Ok(code | last | self.register(1, 7)? << 3 | self.register(0, 7)?)
    }
}

/// One line of the body.
struct Line<'s> {
    span: Span,
    name: &'s str,
    operands: Vec<Operand<'s>>,
    at: u32,
}

fn append(out: &mut Vec<u8>, half: u16) {
    out.extend_from_slice(&half.to_le_bytes());
}

impl<'a, 's> Codegen<'a, 's> {
    /// Whether a function is one of these.
    pub(super) fn is_assembly(node: &Function<'_>) -> bool {
        node.decorators.iter().any(|d| match &d.kind {
            ExprKind::Attribute(node) => {
                matches!(node.object.kind, ExprKind::Name("micropython")) && node.name.name == "asm_thumb"
            }
            _ => false,
        })
    }

    /// Makes the function object of an assembly function.
    #[inline(never)]
    pub(super) fn assembled(&mut self, node: &'a Function<'s>, dest: Slot) -> Gen {
        let span = node.name.span;
        if node.params.len() > 4 {
            return self.error(span, "can only have up to 4 parameters to Thumb assembly");
        }
        for (i, param) in node.params.iter().enumerate() {
            if register(param.name.name) != Some(i as u16) || param.kind != ParamKind::Plain {
                return self.error(param.name.span, "parameters must be registers in sequence r0 to r3");
            }
        }
        let result = match node.returns {
            None | Some("int") => Assembled::Int,
            Some("uint" | "ptr" | "ptr8" | "ptr16" | "ptr32") => Assembled::Uint,
            Some("bool") => Assembled::Bool,
            Some("object") => Assembled::Object,
            Some(other) => return self.error(span, &format!("unknown type '{other}'")),
        };
        let code = self.assemble(&node.body)?;
        let base = self.alloc_many(3, span)?;
        self.constant(base, Const::Bytes(code));
        self.constant(base + 1, Const::Int(node.params.len() as i64));
        self.constant(base + 2, Const::Int(result as i64));
        self.unit.b.abc(Op::Machine, dest, base, Machine::Function as u8);
        Ok(())
    }

    fn assemble(&self, body: &[Stmt<'s>]) -> Gen<Vec<u8>> {
        let mut lines: Vec<Line<'s>> = Vec::with_capacity(body.len());
        let mut labels: Vec<(&str, u32)> = Vec::new();
        let mut at = 2;
        for stmt in body {
            let (name, operands, span) = match &stmt.kind {
                StmtKind::Pass => continue,
                StmtKind::Expr(expr) => match &expr.kind {
                    ExprKind::Call(callee, args) => match callee.kind {
                        ExprKind::Name(name) => (name, self.operands(args), expr.span),
                        _ => return self.error(stmt.span, "expecting an assembler instruction"),
                    },
                    _ => return self.error(stmt.span, "expecting an assembler instruction"),
                },
                _ => return self.error(stmt.span, "expecting an assembler instruction"),
            };
            let start = at;
            match (name, &operands[..]) {
                ("label", [Operand::Label(label)]) => {
                    if labels.iter().any(|l| l.0 == *label) {
                        return self.error(span, "label redefined");
                    }
                    labels.push((label, at));
                }
                ("label", _) => return self.error(span, "'label' requires 1 argument"),
                ("align", [Operand::Number(n @ (1 | 2 | 4 | 8))]) => at = at.next_multiple_of(*n as u32),
                ("align", _) => return self.error(span, "'align' requires 1 argument"),
                ("data", [Operand::Number(size @ (1 | 2 | 4)), values @ ..]) => {
                    if values.iter().any(|v| !matches!(v, Operand::Number(_))) {
                        return self.error(span, "'data' requires integer arguments");
                    }
                    at += *size as u32 * values.len() as u32;
                }
                ("data", _) => return self.error(span, "'data' requires at least 2 arguments"),
                _ => at += size(name),
            }
            lines.push(Line { span, name, operands, at: start });
        }
        let mut out = Vec::with_capacity(at as usize + 2);
        append(&mut out, ENTRY);
        for line in &lines {
            match (line.name, &line.operands[..]) {
                ("label", _) => {}
                ("align", [Operand::Number(n)]) => out.resize(out.len().next_multiple_of(*n as usize), 0),
                ("data", [Operand::Number(size), values @ ..]) => {
                    for value in values {
                        if let Operand::Number(value) = value {
                            out.extend_from_slice(&value.to_le_bytes()[..*size as usize]);
                        }
                    }
                }
                (name, operands) => match (Encoder { name, operands }).encode(line.at, &labels) {
                    Ok(Code::Half(half)) => append(&mut out, half),
                    Ok(Code::Word(first, second)) => {
                        append(&mut out, first);
                        append(&mut out, second);
                    }
                    Err(message) => return self.error(line.span, &message),
                },
            }
        }
        if out.len() % 2 == 1 {
            out.push(0);
        }
        append(&mut out, EXIT);
        Ok(out)
    }

    fn operands(&self, args: &[Arg<'s>]) -> Vec<Operand<'s>> {
        let operand = |arg: &Arg<'s>| match arg {
            Arg::Positional(value) => self.operand_of(value),
            _ => Operand::Other,
        };
        args.iter().map(operand).collect()
    }

    fn operand_of(&self, expr: &Expr<'s>) -> Operand<'s> {
        if let ExprKind::Name(name) = expr.kind
            && let Some(r) = register(name)
        {
            return Operand::Register(r);
        }
        if let Some(Const::Int(value)) = self.fold(expr) {
            return Operand::Number(value);
        }
        match &expr.kind {
            ExprKind::Name(name) => Operand::Label(name),
            ExprKind::Set(items) => {
                let mut list = 0;
                for item in items {
                    match self.operand_of(item) {
                        Operand::Register(r) => list |= 1 << r,
                        _ => return Operand::Other,
                    }
                }
                Operand::Registers(list)
            }
            ExprKind::List(items) => match &items[..] {
                [base, offset] => match (self.operand_of(base), self.operand_of(offset)) {
                    (Operand::Register(base), Operand::Number(offset)) => Operand::Address(base, offset),
                    _ => Operand::Other,
                },
                _ => Operand::Other,
            },
            _ => Operand::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(name: &str, operands: &[Operand<'_>]) -> Result<Code, String> {
        Encoder { name, operands }.encode(8, &[("back", 2), ("on", 20), ("far", 4000)])
    }

    #[test]
    fn instructions_are_encoded_as_the_manual_says() {
        use Operand::*;
        let cases: &[(&str, &[Operand], u16)] = &[
            ("nop", &[], 0xbf00),
            ("mov", &[Register(0), Number(255)], 0x20ff),
            ("mov", &[Register(8), Register(1)], 0x4688),
            ("mov", &[Register(1), Register(15)], 0x4679),
            ("add", &[Register(0), Register(1), Register(2)], 0x1888),
            ("add", &[Register(3), Register(4), Number(7)], 0x1de3),
            ("sub", &[Register(0), Register(0), Number(1)], 0x1e40),
            ("sub", &[Register(2), Register(1), Register(0)], 0x1a0a),
            ("add", &[Register(5), Number(2)], 0x3502),
            ("cmp", &[Register(0), Number(0)], 0x2800),
            ("cmp", &[Register(1), Register(2)], 0x4291),
            ("and_", &[Register(0), Register(1)], 0x4008),
            ("mul", &[Register(3), Register(4)], 0x4363),
            ("mvn", &[Register(7), Register(6)], 0x43f7),
            ("lsl", &[Register(0), Register(0), Number(29)], 0x0740),
            ("asr", &[Register(1), Register(2), Number(3)], 0x10d1),
            ("ldr", &[Register(0), Address(1, 4)], 0x6848),
            ("strb", &[Register(0), Address(1, 31)], 0x77c8),
            ("ldrh", &[Register(2), Address(3, 62)], 0x8fda),
            ("push", &[Registers(0x4001)], 0xb501),
            ("pop", &[Registers(0x80f0)], 0xbdf0),
            ("bx", &[Register(14)], 0x4770),
            ("b", &[Label("on")], 0xe004),
            ("beq", &[Label("back")], 0xd0fb),
            ("bgt_n", &[Label("on")], 0xdc04),
        ];
        for (name, operands, expected) in cases {
            assert_eq!(code(name, operands), Ok(Code::Half(*expected)), "{name}");
        }
        assert_eq!(code("bl", &[Label("on")]), Ok(Code::Word(0xf000, 0xf804)));
        assert_eq!(code("bl", &[Label("back")]), Ok(Code::Word(0xf7ff, 0xfffb)));
    }

    #[test]
    fn wrong_operands_are_told() {
        use Operand::*;
        let cases: &[(&str, &[Operand], &str)] = &[
            ("mov", &[Register(0), Number(256)], "'mov' integer 0x100 doesn't fit in mask 0xff"),
            ("add", &[Register(8), Number(1)], "'add' expects at most r7"),
            ("ldr", &[Register(0), Number(1)], "'ldr' expects an address of the form [a, b]"),
            ("ldr", &[Register(0), Address(1, 2)], "'ldr' integer 0x2 doesn't fit in mask 0x7c"),
            ("beq", &[Label("far")], "branch not in range"),
            ("b", &[Label("nowhere")], "label 'nowhere' not defined"),
            (
                "sdiv",
                &[Register(0), Register(0), Register(1)],
                "unsupported Thumb instruction 'sdiv' with 3 arguments",
            ),
            ("it", &[Label("eq")], "unsupported Thumb instruction 'it' with 1 arguments"),
        ];
        for (name, operands, message) in cases {
            assert_eq!(code(name, operands), Err(String::from(*message)));
        }
    }
}
