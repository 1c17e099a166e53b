//! Where an escape sequence ends (ECMA-48, and xterm's ctlseqs). Only those that begin with ESC:
//! the C1 characters are written out as they are.

/// A sequence that is complete.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Sequence {
    /// `ESC [ … m`.
    Style {
        /// In bytes, with its ends.
        len: usize,
    },
    /// Any other.
    Other {
        /// In bytes, with its ends.
        len: usize,
    },
}

/// The sequence at the front of `rest`, which begins with ESC. None when it is incomplete or none
/// at all: then ESC is written out, and the rest of it is text. As another ESC ends each search,
/// no byte is searched twice.
pub(super) fn sequence(rest: &[u8]) -> Option<Sequence> {
    match rest.get(1)? {
        b'[' => csi(rest),
        // A link (OSC 8) is dropped, its text stays. Another string has text that nobody would see:
        // it is written out.
        b']' if rest.get(2..4) == Some(b"8;") => string(rest, true),
        // A string's end without its beginning.
        b'\\' => Some(Sequence::Other { len: 2 }),
        // A character set, such as `ESC ( B`, which `tput sgr0` prints.
        0x20..=0x2f => {
            let between = rest.iter().skip(1).take(4).take_while(|b| matches!(b, 0x20..=0x2f));
            let len = between.count() + 1;
            matches!(rest.get(len)?, 0x30..=0x7e).then_some(Sequence::Other { len: len + 1 })
        }
        _ => None,
    }
}

fn csi(rest: &[u8]) -> Option<Sequence> {
    let params = rest.iter().skip(2).take_while(|b| matches!(b, 0x30..=0x3f)).count();
    let between = rest.iter().skip(2 + params).take_while(|b| matches!(b, 0x20..=0x2f)).count();
    let len = 2 + params + between;
    let last = *rest.get(len)?;
    let is_private = matches!(rest.get(2), Some(b'<'..=b'?'));
    match last {
        b'm' if between == 0 && !is_private => Some(Sequence::Style { len: len + 1 }),
        0x40..=0x7e => Some(Sequence::Other { len: len + 1 }),
        _ => None,
    }
}

/// A string up to ST (`ESC \`, or U+009C), or BEL where that ends it too.
fn string(rest: &[u8], with_bell: bool) -> Option<Sequence> {
    let mut at = 2;
    loop {
        let len = match (rest.get(at)?, rest.get(at + 1)) {
            (0x07, _) if with_bell => at + 1,
            (0x1b, Some(b'\\')) | (0xc2, Some(0x9c)) => at + 2,
            // It is given up: another sequence, CAN, SUB.
            (0x1b | 0x18 | 0x1a, _) => return None,
            _ => {
                at += 1;
                continue;
            }
        };
        return Some(Sequence::Other { len });
    }
}
