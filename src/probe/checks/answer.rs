//! Takes an answer of `qd_checks` apart. Lengths are counted by the script, in bytes.

/// What one check was answered, and what is known about it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Said {
    /// The answer, cut at 64 KiB.
    pub body: Vec<u8>,
    /// What the script and its tools say about it, a fact a line.
    pub about: String,
}

/// As much of an answer is kept; the script sends no more.
pub(super) const BODY: usize = 65_536;
/// Frames of one answer.
const MOST: usize = 256;

/// Reads an answer of `qd_checks`: what each number was answered.
pub fn parse_checks(bytes: &[u8]) -> Vec<(usize, Said)> {
    let mut rest = bytes;
    let mut all = Vec::new();
    while all.len() < MOST {
        let Some((head, tail)) = line(rest) else { break };
        let Some((number, length)) = head.strip_prefix("check ").and_then(|head| {
            let (number, length) = head.split_once(' ')?;
            Some((number.parse().ok()?, length.parse().ok()?))
        }) else {
            break;
        };
        let Some((frame, tail)) = tail.split_at_checked(length) else { break };
        all.extend(said(frame).map(|said| (number, said)));
        rest = tail.strip_prefix(b"\n").unwrap_or(tail);
    }
    all
}

/// The answer, `@`, what is known, `@`, its length: read from the end, which is the script's.
fn said(frame: &[u8]) -> Option<Said> {
    let at = frame.iter().rposition(|byte| *byte == b'@')?;
    let (before, length) = frame.split_at_checked(at)?;
    let length: usize = std::str::from_utf8(length.get(1..)?).ok()?.parse().ok()?;
    let (body, about) = before.split_at_checked(before.len().checked_sub(length)?)?;
    let body = body.strip_suffix(b"@")?;
    let kept = body.get(..BODY.min(body.len()))?;
    Some(Said { body: kept.to_vec(), about: String::from_utf8_lossy(about).into_owned() })
}

fn line(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let end = bytes.iter().take(64).position(|byte| *byte == b'\n')?;
    let (head, tail) = bytes.split_at_checked(end)?;
    Some((std::str::from_utf8(head).ok()?, tail.get(1..)?))
}

impl Said {
    /// It was answered together with others that are prompt.
    pub fn is_near(&self) -> bool {
        self.value("near").is_some()
    }

    /// The value of the last line that begins with a word: the script's own, whatever its tools
    /// have printed before.
    pub(super) fn value(&self, word: &str) -> Option<&str> {
        let mut lines = self.about.lines().rev();
        lines.find_map(|line| line.strip_prefix(word)?.strip_prefix(' '))
    }

    /// The tool that was used and its exit status.
    pub(super) fn end(&self) -> Option<(&str, i32)> {
        let (tool, status) = self.value("rc")?.split_once(' ')?;
        Some((tool, status.trim().parse().ok()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_cannot_be_taken_for_anything_else() {
        let body = "@rc curl 0@9\ncheck 7 3\nabc";
        let about = "rc curl 22";
        let frame = format!("{body}@{about}@{}", about.len());
        let text = format!("check 3 {}\n{frame}\ncheck 4 5\nx@r@1\n", frame.len());
        let all = parse_checks(text.as_bytes());
        assert_eq!(all.len(), 2);
        assert_eq!(all[0].0, 3);
        assert_eq!(all[0].1.body, body.as_bytes());
        assert_eq!(all[0].1.end(), Some(("curl", 22)));
        assert_eq!(all[1], (4, Said { body: b"x".to_vec(), about: "r".to_owned() }));
    }

    #[test]
    fn nonsense_is_no_answer() {
        for text in
            ["", "check", "check 1", "check 1 99\nx", "check 1 3\nabc\n", "check 1 4\na@@9\n", "\n"]
        {
            assert_eq!(parse_checks(text.as_bytes()), vec![], "{text:?}");
        }
    }
}
