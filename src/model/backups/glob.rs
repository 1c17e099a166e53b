//! A shell's pattern against a name.

/// Whether the pattern takes the whole name: `*`, `?` and `[…]`, as in glob(7). A star may take a
/// dot at the beginning too: what only a run knows has none.
pub(super) fn takes(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), name.chars().collect());
    let (mut p, mut n) = (0, 0);
    // Where the last star stands, and what it has taken so far.
    let mut star: Option<(usize, usize)> = None;
    loop {
        if n == name.len() && pattern.get(p..).is_none_or(|rest| rest.iter().all(|c| *c == '*')) {
            return true;
        }
        if pattern.get(p) == Some(&'*') {
            star = Some((p, n));
            p += 1;
            continue;
        }
        if let Some(length) = name.get(n).and_then(|c| one(pattern.get(p..).unwrap_or(&[]), *c)) {
            p += length;
            n += 1;
            continue;
        }
        match star {
            Some((at, taken)) if taken < name.len() => {
                star = Some((at, taken + 1));
                p = at + 1;
                n = taken + 1;
            }
            Some(_) | None => return false,
        }
    }
}

/// How much of the pattern takes that character; none where it does not.
fn one(pattern: &[char], c: char) -> Option<usize> {
    match pattern {
        ['?', ..] => Some(1),
        ['[', rest @ ..] => {
            let end = 1 + rest.iter().skip(1).position(|c| *c == ']')?;
            let (not, set) = match rest.get(..end)? {
                ['!' | '^', set @ ..] => (true, set),
                set => (false, set),
            };
            let mut within = set.contains(&c);
            for span in set.windows(3) {
                if let [from, '-', to] = span {
                    within |= (*from..=*to).contains(&c);
                }
            }
            (within != not).then_some(end + 2)
        }
        [own, ..] if *own == c => Some(1),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::takes;

    #[test]
    fn patterns_are_a_shells() {
        for (pattern, name, yes) in [
            ("data-*.tar.gz", "data-….tar.gz", true),
            ("data-*.tar.gz", "data-20261002_001500.tar.gz", true),
            ("data-*.tar.gz", "data-x.tar.gz.part", false),
            ("*a*b*", "xxaxxbxx", true),
            ("*a*b", "xxbxxa", false),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("[0-9][!x]", "5y", true),
            ("[0-9]", "x", false),
            ("", "", true),
            ("*", "", true),
            ("[", "[", false),
            ("a", "", false),
        ] {
            assert_eq!(takes(pattern, name), yes, "{pattern} {name}");
        }
    }
}
