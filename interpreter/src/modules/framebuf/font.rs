//! The font of `FrameBuffer.text`: our own drawing, five pixels wide in a cell of eight by eight.

/// A glyph from the space on: eight rows from the top, each a digit of base 32 whose bits are five pixels.
const GLYPHS: &[u8; 96 * 8] = b"\
    0000000044444040AA0000000AVAVA004FKE5U40OP248J30CIK8LID044800000\
    248884208422248004LEL400044V440000000448000V000000000CC001248G00\
    EHJLPHE04C4444E0EH1248V0V2421HE026AIV220VGU11HE068GUHHE0V1244440\
    EHHEHHE0EHHF12C00CC0CC000CC0C480248G842000V0V00084212480EH124040\
    EH1DLLE04AHHVHH0UHHUHHU0EHGGGHE0SIHHHIS0VGGUGGV0VGGUGGG0EHGNHHF0\
    HHHVHHH0E44444E072222IC0HIKOKIH0GGGGGGV0HRLLHHH0HHPLJHH0EHHHHHE0\
    UHHUGGG0EHHHLID0UHHUKIH0FGGE11U0V4444440HHHHHHE0HHHHHA40HHHLLLA0\
    HHA4AHH0HHHA4440V1248GV0E88888E00G842100E22222E04AH000000000000V\
    8420000000E1FHF0GGMPHHU000EGGHE011DJHHF000EHVGE0698S888000FHHF1E\
    GGMPHHH040C444E0206222ICGGIKOKI0C44444E000QLLHH000MPHHH000EHHHE0\
    00UHHUGG00FHHF1100MPGGG000FGE1U088S8896000HHHJD000HHHA4000HHLLA0\
    00HA4AH000HHHF1E00V248V0244844204444444084424480008L2000VHHHHHV0";

/// Pixels across a character.
pub const WIDTH: i32 = 8;

/// Eight rows of a character, whose top bit is the leftmost pixel; a box if it is not ASCII.
pub fn rows(c: char) -> [u8; 8] {
    let glyph = match c {
        ' '..='\x7E' => c as usize - 32,
        _ => 95,
    };
    core::array::from_fn(|row| {
        let digit = GLYPHS[8 * glyph + row];
        (if digit.is_ascii_digit() { digit - b'0' } else { digit - b'A' + 10 }) << 2
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_where_they_belong() {
        assert_eq!(rows('T'), [0x7C, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0]);
        assert_eq!(rows('_')[7], 0x7C);
        assert_eq!(rows('é'), rows('\x7F'));
        // Nothing but the space is empty, and no two look alike.
        for c in '!'..='\x7F' {
            assert_ne!(rows(c), [0; 8]);
            assert!((' '..c).all(|other| rows(other) != rows(c)), "{c}");
        }
    }
}
