//! What steps print: the end of it is held, all of it is counted.

/// Bytes that are held.
const HELD: usize = 256 * 1024;
/// Who is farther behind a flood than this goes on near its end.
const BEHIND: u64 = 8 << 20;

/// The end of a runner's log.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Output {
    held: Vec<u8>,
    /// Where the next byte stands in the log.
    next: u64,
    /// Bytes that the log had, as it was last seen.
    total: u64,
}

impl Output {
    /// Takes a piece that stands at `at`; one that does not follow is dropped, and asked for again.
    pub fn take(&mut self, at: u64, bytes: &[u8], total: u64) {
        self.total = total;
        if at != self.next {
            return;
        }
        self.next += bytes.len() as u64;
        self.held.extend_from_slice(bytes);
        if self.held.len() > HELD {
            let surplus = self.held.len() - HELD;
            // At the beginning of a line.
            let line = self.held.iter().skip(surplus).position(|b| *b == b'\n');
            self.held.drain(..surplus + line.map_or(0, |line| line + 1));
        }
    }

    /// From where on more is wanted.
    pub const fn wanted(&self) -> u64 {
        self.next
    }

    /// Leaves out the middle of a flood, of which nobody would see anything.
    pub fn skip(&mut self) {
        if self.total.saturating_sub(self.next) > BEHIND {
            self.held.clear();
            self.next = self.total - HELD as u64;
        }
    }

    /// Bytes that are not held any more.
    pub const fn before(&self) -> u64 {
        self.next - self.held.len() as u64
    }

    /// What is held.
    pub fn bytes(&self) -> &[u8] {
        &self.held
    }

    /// The last lines of it, harmless.
    pub fn lines(&self, most: usize) -> Vec<String> {
        let text = self.held.strip_suffix(b"\n").unwrap_or(&self.held);
        if text.is_empty() {
            return Vec::new();
        }
        let mut last: Vec<String> = text
            .rsplit(|b| *b == b'\n')
            .take(most)
            .map(|line| crate::model::text::clean_bytes(line, 2000))
            .collect();
        last.reverse();
        last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_flood_is_held_and_all_is_counted() {
        let mut output = Output::default();
        let piece: Vec<u8> = b"0123456789abcde\n".repeat(4096);
        for round in 0..8_u64 {
            output.take(round * 65_536, &piece, 8 * 65_536);
        }
        assert!(output.bytes().len() <= HELD);
        assert_eq!(output.before() + output.bytes().len() as u64, 8 * 65_536);
        assert_eq!(output.lines(2), ["0123456789abcde", "0123456789abcde"]);
        // A piece that was asked for twice is taken once.
        output.take(0, b"again", 8 * 65_536);
        assert_eq!(output.wanted(), 8 * 65_536);
    }

    #[test]
    fn control_characters_are_written_out() {
        let mut output = Output::default();
        output.take(0, b"a\x1b[2Jb\nc", 8);
        let lines = output.lines(9);
        assert_eq!(lines.len(), 2);
        assert!(!lines.concat().contains('\x1b'));
    }
}
