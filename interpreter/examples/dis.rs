//! Shows the bytecode of a Python file: `dis FILE`.

use interpreter::compiler::{Mode, compile};

fn main() {
    let file = std::env::args().nth(1).unwrap_or_default();
    let source = std::fs::read_to_string(&file).unwrap_or_default();
    match compile(&source, &file, Mode::Exec) {
        Ok(proto) => {
            let mut out = String::new();
            let _ = interpreter::bytecode::disassemble(&proto, &mut out);
            print!("{out}");
        }
        Err(e) => println!("{e}"),
    }
}
