//! Secrets that people type where they do not belong, such as a reason: none is written to a file.

/// What stands in a secret's place.
const REDACTED: &str = "[redacted]";

/// Names whose values are secrets, also as a part of a longer name.
const NAMES: [&str; 10] = [
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "api_key",
    "api-key",
    "apikey",
    "access_key",
    "private_key",
];
/// A header whose whole value is one (RFC 9110, 11.6.2); the proxies' ends the same.
const HEADER: &str = "authorization:";

/// The text without values of secrets: `password=…`, `token: …`, `--secret …`, `Authorization: …` and
/// `scheme://user:…@`.
pub fn redact(text: &str) -> String {
    // Byte by byte as long as the text itself.
    let lower = text.to_ascii_lowercase();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while let Some((from, to)) = next(&lower, at) {
        out.push_str(text.get(at..from).unwrap_or_default());
        out.push_str(REDACTED);
        at = to;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}

/// Where the next secret from `at` on begins and ends.
fn next(text: &str, at: usize) -> Option<(usize, usize)> {
    let rest = text.get(at..)?;
    let named = NAMES.iter().flat_map(|name| {
        rest.match_indices(name).filter_map(|(place, _)| named(rest, place, place + name.len()))
    });
    let header = rest.match_indices(HEADER).filter_map(|(place, _)| header(rest, place));
    let url = rest.match_indices("://").filter_map(|(place, _)| user(rest, place + 3));
    let (from, to) = named.chain(header).chain(url).min()?;
    Some((at + from, at + to))
}

/// The value behind a name that stands from `from` to `to`.
fn named(text: &str, from: usize, to: usize) -> Option<(usize, usize)> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let word = text.get(..from)?.rfind(|c| !is_name(c)).map_or(0, |place| place + 1);
    let is_option = text.get(word..)?.starts_with('-');
    let rest = text.get(to..)?.trim_start_matches(is_name);
    let rest = rest.strip_prefix(['"', '\'']).unwrap_or(rest);
    let value = match rest.trim_start().strip_prefix(['=', ':']) {
        Some(value) => value,
        None if is_option && rest.starts_with(char::is_whitespace) => rest,
        None => return None,
    };
    let value = value.trim_start();
    let (value, end) = match value.chars().next()? {
        quote @ ('"' | '\'') => {
            let value = value.get(1..)?;
            (value, value.find(quote))
        }
        _ => (value, value.find(|c: char| c.is_whitespace() || "&,;\"'".contains(c))),
    };
    found(text, value, end)
}

/// The value of the header.
fn header(text: &str, from: usize) -> Option<(usize, usize)> {
    let value = text.get(from + HEADER.len()..)?.trim_start();
    found(text, value, value.find(['"', '\'', '\n']))
}

/// The password in a URL.
fn user(text: &str, from: usize) -> Option<(usize, usize)> {
    let place = text.get(from..)?;
    let place = place.get(..place.find(['/', ' ', '?', '#']).unwrap_or(place.len()))?;
    let end = place.rfind('@')?;
    let begin = place.find(':').filter(|colon| *colon < end)? + 1;
    (begin < end).then_some((from + begin, from + end))
}

/// The first `end` bytes of `value`, which is an end of `text`; none where that is nothing.
fn found(text: &str, value: &str, end: Option<usize>) -> Option<(usize, usize)> {
    let from = text.len() - value.len();
    let to = from + end.unwrap_or(value.len());
    (from < to).then_some((from, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_secrets_are_taken_out_and_nothing_else() {
        for (text, expected) in [
            ("deploy with password=hunter2 now", "deploy with password=[redacted] now"),
            ("DB_PASSWORD='a b' psql", "DB_PASSWORD='[redacted]' psql"),
            (r#"{"token": "abc", "x": 1}"#, r#"{"token": "[redacted]", "x": 1}"#),
            (
                "curl --api-key k1 --secret=s2&b=1",
                "curl --api-key [redacted] --secret=[redacted]&b=1",
            ),
            ("Authorization: Bearer abc.def", "Authorization: [redacted]"),
            ("-H 'authorization: Basic eA==' -v", "-H 'authorization: [redacted]' -v"),
            ("see https://ana:pw:x@host/a@b", "see https://ana:[redacted]@host/a@b"),
            ("SECRET_KEY_BASE = äöü end", "SECRET_KEY_BASE = [redacted] end"),
            ("the token was lost", "the token was lost"),
            ("reset the password", "reset the password"),
            ("http://host:8080/x", "http://host:8080/x"),
            ("token=", "token="),
            ("", ""),
        ] {
            assert_eq!(redact(text), expected);
        }
    }
}
