//! The verdict on one answer.

use std::time::Duration;

use super::answer::Said;
use crate::model::check::{CheckSpec, Field, Scalar, Target};
use crate::model::health::{CheckReading, Outcome, Why};
use crate::model::text::{clean, clean_bytes};

/// As much of an answer is shown.
const EXCERPT: usize = 240;
/// As much is shown of what a tool complains.
const WORDS: usize = 160;

/// Judges what a check was answered.
pub fn judge(spec: &CheckSpec, said: &Said) -> CheckReading {
    let Some((tool, status)) = said.end() else {
        return CheckReading::unknown("the check was cut off on the host");
    };
    match &spec.target {
        Target::Http(_) => http(spec, said, tool, status),
        Target::Sse(_) => sse(spec, said, tool, status),
        Target::Tcp(..) => tcp(said, tool, status),
        Target::Command(argv) => command(spec, said, argv, status),
    }
}

fn reading(
    said: &Said,
    outcome: Outcome,
    detail: impl Into<String>,
    excerpt: &[u8],
) -> CheckReading {
    CheckReading {
        outcome,
        latency: took(said),
        detail: detail.into().into(),
        excerpt: one_line(excerpt).into(),
    }
}

/// The beginning of an answer as one line.
fn one_line(excerpt: &[u8]) -> String {
    let mut flat = Vec::new();
    for byte in excerpt.trim_ascii().iter().take(EXCERPT * 4) {
        let byte = if matches!(byte, b'\r' | b'\n' | b'\t') { b' ' } else { *byte };
        if byte != b' ' || flat.last() != Some(&b' ') {
            flat.push(byte);
        }
    }
    clean_bytes(&flat, EXCERPT)
}

fn failed(said: &Said, why: Why, detail: impl Into<String>, excerpt: &[u8]) -> CheckReading {
    reading(said, Outcome::Failed(why), detail, excerpt)
}

/// curl's own measure, to the microsecond; else the host's uptime before and after, to a hundredth
/// of a second.
fn took(said: &Said) -> Option<Duration> {
    let curl = said.value("w").and_then(|line| line.split(' ').nth(1)?.parse::<f64>().ok());
    if let Some(secs) = curl.filter(|secs| (0.0..86_400.0).contains(secs)) {
        return Some(Duration::from_secs_f64(secs));
    }
    let moment = |word| crate::probe::tick::seconds(said.value(word)?);
    let end = moment("event").or_else(|| moment("ended"))?;
    Some(Duration::from_micros(end.saturating_sub(moment("began")?)))
}

fn http(spec: &CheckSpec, said: &Said, tool: &str, ended: i32) -> CheckReading {
    let answer = match tool {
        "curl" | "page" => Answer::of_curl(said),
        "wget" => Answer::of_wget(said),
        _ => return CheckReading::unknown("neither curl nor wget is there"),
    };
    let Some(answer) = answer.filter(|answer| answer.status > 0) else {
        return broken(said, tool, ended);
    };
    // 23: it could not write, since no more than 64 KiB are taken. Of a status that wget takes for
    // an error it tells in its exit status as well.
    let whole = matches!(
        (tool, ended),
        ("curl", 0 | 23 | 63) | ("page", 0) | ("wget", 0 | 8 | 1 | 3 | 141)
    );
    if !whole {
        return broken(said, tool, ended);
    }
    let status = answer.status;
    let wanted = match spec.expect {
        Some(wanted) => status == wanted,
        None => (200..300).contains(&status),
    };
    if !wanted {
        let wanted = spec.expect.map_or_else(|| "2xx".to_owned(), |wanted| wanted.to_string());
        let to = answer
            .header("location")
            .map_or_else(String::new, |to| format!(", it sends to {}", clean(to, WORDS)));
        let detail = format!("{status} instead of {wanted}{to}");
        return failed(said, Why::Status, detail, answer.body);
    }
    if let Some(missing) = missing_header(spec, &answer).or_else(|| content(spec, answer.body)) {
        return failed(said, Why::Content, format!("{status}, but {missing}"), answer.body);
    }
    reading(said, Outcome::Passed, status.to_string(), b"")
}

fn sse(spec: &CheckSpec, said: &Said, tool: &str, ended: i32) -> CheckReading {
    if tool != "curl" {
        return CheckReading::unknown("curl is not there, and nothing else reads a stream");
    }
    let answer = Answer::of_curl(said).filter(|answer| answer.status > 0);
    let Some(answer) = answer else { return broken(said, tool, ended) };
    let status = answer.status;
    if status != spec.expect.unwrap_or(200) {
        return failed(said, Why::Status, format!("{status} instead of 200"), answer.body);
    }
    // A page that happens to have a line like an event is no stream.
    let kind = answer.header("content-type").unwrap_or("");
    if !kind.to_ascii_lowercase().starts_with("text/event-stream") {
        let detail = format!("{status}, but its type is {:?}", clean(kind, 60));
        return failed(said, Why::Content, detail, answer.body);
    }
    if said.value("event").is_none() {
        let limit = spec.timeout.as_secs_f64();
        let detail = match ended {
            28 => format!("{status}, but no event within {limit} s"),
            _ => format!("{status}, but the stream ended without an event"),
        };
        return failed(said, Why::NoEvent, detail, answer.body);
    }
    if let Some(missing) = content(spec, answer.body) {
        return failed(said, Why::Content, format!("{status}, but {missing}"), answer.body);
    }
    reading(said, Outcome::Passed, format!("{status}, an event"), b"")
}

fn tcp(said: &Said, tool: &str, ended: i32) -> CheckReading {
    let words = words(said);
    match (tool, ended) {
        ("none", _) => CheckReading::unknown("neither bash nor nc is there"),
        (_, 0) => reading(said, Outcome::Passed, "connected", b""),
        // A shell built without this (`--disable-net-redirections`) takes it for a file.
        ("bash", _) if words.contains("No such file") => {
            CheckReading::unknown("bash cannot connect, it was built without that")
        }
        (_, 124 | 143) => failed(said, Why::TimedOut, "no answer in time", b""),
        _ => {
            let why = reason(&words).unwrap_or(Why::Refused);
            let detail = match why {
                Why::Refused => "connection refused",
                Why::TimedOut => "no answer in time",
                _ if words.is_empty() => "no connection",
                _ => words.as_str(),
            };
            failed(said, why, detail, b"")
        }
    }
}

fn command(spec: &CheckSpec, said: &Said, argv: &[Box<str>], ended: i32) -> CheckReading {
    let name = argv.first().map_or("", |name| &**name);
    match ended {
        127 => CheckReading::unknown(format!("there is no command {}", clean(name, WORDS))),
        126 => CheckReading::unknown(format!("{} may not be run", clean(name, WORDS))),
        124 | 143 if spec.expect.is_none_or(|wanted| i32::from(wanted) != ended) => {
            failed(said, Why::TimedOut, "it did not end in time", &said.body)
        }
        _ if ended != i32::from(spec.expect.unwrap_or(0)) => {
            failed(said, Why::Status, format!("exit status {ended}"), &said.body)
        }
        _ => match content(spec, &said.body) {
            Some(missing) => failed(said, Why::Content, missing, &said.body),
            None => reading(said, Outcome::Passed, format!("exit status {ended}"), b""),
        },
    }
}

/// No answer: what the tool complains, and what kind of trouble that is.
fn broken(said: &Said, tool: &str, ended: i32) -> CheckReading {
    let words = words(said);
    // curl(1), EXIT CODES; wget(1), EXIT STATUS.
    let why = match (tool, ended) {
        ("curl", 6) => Why::Unresolved,
        ("curl" | "page", 7) => reason(&words).unwrap_or(Why::Refused),
        ("curl" | "page", 28) | (_, 124 | 143) => Why::TimedOut,
        ("curl", 35 | 51 | 53 | 58 | 59 | 60 | 77 | 83 | 90 | 91) | ("wget", 5) => Why::Tls,
        _ => reason(&words).unwrap_or(Why::Broken),
    };
    // In words that stay the same each time: curl tells after how many milliseconds it gave up.
    let detail = match why {
        Why::TimedOut => "no answer in time".to_owned(),
        Why::Refused => "connection refused".to_owned(),
        _ if words.is_empty() => format!("{tool} ended with {ended}"),
        _ => words,
    };
    failed(said, why, detail, b"")
}

fn reason(words: &str) -> Option<Why> {
    let words = words.to_ascii_lowercase();
    let signs: [(&str, Why); 8] = [
        ("refused", Why::Refused),
        ("timed out", Why::TimedOut),
        ("timeout", Why::TimedOut),
        ("resolve", Why::Unresolved),
        ("name or service", Why::Unresolved),
        ("bad address", Why::Unresolved),
        ("certificate", Why::Tls),
        ("unreachable", Why::Broken),
    ];
    signs.into_iter().find(|(sign, _)| words.contains(sign)).map(|(_, why)| why)
}

/// The tool's last complaint, without its name.
fn words(said: &Said) -> String {
    let own = ["rc ", "w ", "began ", "ended ", "event "];
    let complaint = said
        .about
        .lines()
        .rev()
        .map(str::trim)
        .find(|line| !line.is_empty() && !own.iter().any(|word| line.starts_with(word)));
    let Some(line) = complaint else { return String::new() };
    let line = line.strip_prefix("curl: ").or_else(|| line.strip_prefix("wget: ")).unwrap_or(line);
    let line = line.strip_prefix("nc: ").or_else(|| line.strip_prefix("bash: ")).unwrap_or(line);
    clean(line.strip_prefix("connect: ").unwrap_or(line), WORDS)
}

/// A page, taken apart.
struct Answer<'a> {
    status: u16,
    headers: Vec<(String, String)>,
    body: &'a [u8],
}

impl<'a> Answer<'a> {
    /// Headers stand before the body, after those of answers that only precede it (RFC 9110, 15.2).
    fn of_curl(said: &'a Said) -> Option<Self> {
        let mut rest = said.body.as_slice();
        loop {
            let (head, body) = parted(rest);
            let text = String::from_utf8_lossy(head);
            let mut lines = text.lines();
            let status = status_of(lines.next()?)?;
            if (100..200).contains(&status) && status != 101 && body.starts_with(b"HTTP/") {
                rest = body;
                continue;
            }
            return Some(Self { status, headers: headers(lines), body });
        }
    }

    /// Headers stand among what it says about it, indented; the last answer's count.
    fn of_wget(said: &'a Said) -> Option<Self> {
        let lines: Vec<&str> = said.about.lines().map(str::trim_start).collect();
        let place = lines.iter().rposition(|line| status_of(line).is_some());
        let Some(place) = place else {
            // busybox before 1.30 has no -S: it gives a page or an error.
            let error = said.about.split("server returned error: ").nth(1);
            let status =
                match (error.map(|error| error.lines().next().and_then(status_of)), said.end()) {
                    (Some(status), _) => status?,
                    (None, Some((_, 0))) => 200,
                    (None, _) => return None,
                };
            return Some(Self { status, headers: Vec::new(), body: &said.body });
        };
        let status = status_of(lines.get(place)?)?;
        let following = lines.get(place + 1..)?.iter().copied();
        Some(Self { status, headers: headers(following), body: &said.body })
    }

    fn header(&self, name: &str) -> Option<&str> {
        let same = |(known, _): &&(String, String)| known.eq_ignore_ascii_case(name);
        self.headers.iter().find(same).map(|(_, value)| value.as_str())
    }
}

/// `HTTP/1.1 200 OK`, `HTTP/2 200`.
fn status_of(line: &str) -> Option<u16> {
    let rest = line.strip_prefix("HTTP/")?;
    rest.split(' ').nth(1)?.trim().parse().ok().filter(|status| (100..1000).contains(status))
}

fn headers<'l>(lines: impl Iterator<Item = &'l str>) -> Vec<(String, String)> {
    lines
        .take(200)
        .map_while(|line| {
            let (name, value) = line.split_once(':')?;
            Some((name.trim().to_owned(), value.trim().to_owned()))
        })
        .collect()
}

/// What stands before the first empty line and what behind it.
fn parted(bytes: &[u8]) -> (&[u8], &[u8]) {
    for (at, byte) in bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n') {
        let rest = bytes.get(at + 1..).unwrap_or(&[]);
        debug_assert_eq!(*byte, b'\n');
        if let Some(body) = rest.strip_prefix(b"\r\n").or_else(|| rest.strip_prefix(b"\n")) {
            return (bytes.get(..at).unwrap_or(&[]), body);
        }
    }
    (bytes, &[])
}

fn missing_header(spec: &CheckSpec, answer: &Answer<'_>) -> Option<String> {
    spec.headers.iter().find_map(|(name, wanted)| match answer.header(name) {
        Some(value) if value.contains(&**wanted) => None,
        Some(value) => Some(format!("its {name} is {:?}", clean(value, 80))),
        None => Some(format!("it has no header {name}")),
    })
}

/// What a body does not say that it has to.
fn content(spec: &CheckSpec, body: &[u8]) -> Option<String> {
    if let Some(wanted) = &spec.contains {
        let text = String::from_utf8_lossy(body);
        if !text.contains(&**wanted) {
            return Some(format!("it does not say {:?}", clean(wanted, 80)));
        }
    }
    if spec.json.is_empty() {
        return None;
    }
    let Ok(value) = serde_json::from_slice::<serde_json::Value>(body) else {
        return Some("it is no JSON, or longer than 64 KiB".to_owned());
    };
    spec.json.iter().find_map(|field| differs(&value, field))
}

fn differs(value: &serde_json::Value, field: &Field) -> Option<String> {
    let name = field.path.join(".");
    let mut found = value;
    for step in &field.path {
        let next = match found {
            serde_json::Value::Array(list) => step.parse::<usize>().ok().and_then(|n| list.get(n)),
            other => other.get(&**step),
        };
        match next {
            Some(next) => found = next,
            None => return Some(format!("it has no field {name}")),
        }
    }
    let same = match &field.value {
        Scalar::Text(wanted) => found.as_str() == Some(wanted),
        Scalar::Flag(wanted) => found.as_bool() == Some(*wanted),
        Scalar::Number(wanted) => {
            found.as_f64().is_some_and(|n| (n - wanted).abs() <= f64::EPSILON * wanted.abs())
        }
    };
    (!same).then(|| format!("its {name} is {}", clean(&found.to_string(), 80)))
}

/// When the certificate that was read ends, in seconds since the epoch; none where it could not be
/// read. `notAfter=Nov 30 12:00:00 2026 GMT` (openssl x509), `expire date: Nov 30 … GMT` (curl -v).
pub fn certificate_end(said: &Said) -> Option<i64> {
    let text = String::from_utf8_lossy(&said.body);
    let date = text.lines().find_map(|line| {
        line.strip_prefix("notAfter=").or_else(|| line.split_once("expire date: ").map(|(_, d)| d))
    })?;
    let words: Vec<&str> = date.split_ascii_whitespace().collect();
    let [month, day, clock, year, "GMT"] = words.as_slice() else { return None };
    let months =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let month = i8::try_from(months.iter().position(|name| name == month)? + 1).ok()?;
    let mut clock = clock.split(':').map(|n| n.parse::<i8>().ok());
    let (hour, minute, second) = (clock.next()??, clock.next()??, clock.next()??);
    let date = jiff::civil::DateTime::new(
        year.parse().ok()?,
        month,
        day.parse().ok()?,
        hour,
        minute,
        second,
        0,
    );
    let zoned = date.ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(zoned.timestamp().as_second())
}
