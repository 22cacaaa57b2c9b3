//! Keys as the bytes that a terminal sends for them.

use egui::{Key, Modifiers};

/// The bytes for a key that is not plain text; `None` if the board has no use for it.
pub fn bytes(key: Key, modifiers: Modifiers) -> Option<Vec<u8>> {
    if modifiers.ctrl && !modifiers.shift && !modifiers.alt {
        return control(key).map(|byte| vec![byte]);
    }
    let bytes: &[u8] = match key {
        Key::Enter => b"\r",
        Key::Backspace => b"\x7f",
        Key::Tab if !modifiers.shift => b"\t",
        Key::Escape => b"\x1b",
        Key::ArrowUp => b"\x1b[A",
        Key::ArrowDown => b"\x1b[B",
        Key::ArrowRight => b"\x1b[C",
        Key::ArrowLeft => b"\x1b[D",
        Key::Home => b"\x1b[H",
        Key::End => b"\x1b[F",
        Key::Delete => b"\x1b[3~",
        _ => return None,
    };
    Some(bytes.to_vec())
}

/// Ctrl with a letter is the letter's number in the alphabet.
fn control(key: Key) -> Option<u8> {
    let name = key.name().as_bytes();
    match name {
        [letter @ b'A'..=b'Z'] => Some(letter - b'A' + 1),
        _ => None,
    }
}

/// What to send for pasted text. Several lines go through paste mode when the board waits at its prompt,
/// because the prompt would indent lines that are indented already.
pub fn paste(text: &str, at_prompt: bool) -> Vec<u8> {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    if at_prompt && text.trim_end().contains('\n') {
        let mut bytes = vec![0x05];
        bytes.extend(text.replace('\n', "\r").bytes());
        bytes.push(0x04);
        return bytes;
    }
    text.replace('\n', "\r").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_keys_are_their_place_in_the_alphabet() {
        assert_eq!(bytes(Key::C, Modifiers::CTRL), Some(vec![3]));
        assert_eq!(bytes(Key::D, Modifiers::CTRL), Some(vec![4]));
        assert_eq!(bytes(Key::Z, Modifiers::CTRL), Some(vec![26]));
        assert_eq!(bytes(Key::F5, Modifiers::CTRL), None);
    }

    #[test]
    fn editing_keys_are_what_micropython_reads() {
        assert_eq!(bytes(Key::ArrowUp, Modifiers::NONE).unwrap(), b"\x1b[A");
        assert_eq!(bytes(Key::Delete, Modifiers::NONE).unwrap(), b"\x1b[3~");
        assert_eq!(bytes(Key::A, Modifiers::NONE), None, "text comes as text");
    }

    #[test]
    fn several_lines_are_pasted_in_paste_mode() {
        assert_eq!(paste("a\n", true), b"a\r");
        assert_eq!(paste("if x:\n    y\n", true), b"\x05if x:\r    y\r\x04");
        assert_eq!(paste("a\r\nb", false), b"a\rb");
    }
}
