//! Lines that belong to the one before: stack traces, wrapped messages, dumped objects.

/// In what kind of trace the lines are.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Trace {
    /// In none.
    #[default]
    None,
    /// In a traceback of Python: its last line is not indented.
    Python,
    /// In a dump of goroutines: calls are not indented.
    Go,
}

/// Beginnings of lines that never stand alone.
const STARTS: [&[u8]; 18] = [
    b"Caused by:",
    b"Caused by ",
    b"Traceback (most recent call last)",
    b"During handling of the above exception",
    b"The above exception was the direct cause",
    b"Suppressed:",
    b"at ",
    b"--- End of ",
    b"Wrapped by:",
    b"created by ",
    b"[signal ",
    b"stack backtrace:",
    b"Stack trace:",
    b"note: run with `RUST_BACKTRACE",
    b"note: Some details are omitted",
    b"  File \"",
    b"exit status ",
    b"Backtrace:",
];

/// Whether a line without a moment of its own continues the one before.
pub(super) fn is_continued(line: &[u8], trace: &mut Trace) -> bool {
    let first = line.first().copied().unwrap_or(b' ');
    if matches!(first, b' ' | b'\t') {
        return true;
    }
    if line.starts_with(b"Traceback (most recent call last)") {
        *trace = Trace::Python;
        return true;
    }
    if is_goroutine(line) {
        *trace = Trace::Go;
        return true;
    }
    if STARTS.into_iter().any(|start| line.starts_with(start)) || is_more(line) || is_closing(line)
    {
        return true;
    }
    match *trace {
        Trace::None => false,
        Trace::Python => {
            *trace = Trace::None;
            true
        }
        Trace::Go => {
            let is_call = line.ends_with(b")") && memchr::memchr(b'(', line).is_some();
            if !is_call {
                *trace = Trace::None;
            }
            is_call
        }
    }
}

/// A head that begins a trace without a line before it.
pub(super) fn opens(line: &[u8]) -> Trace {
    if line.starts_with(b"Traceback (most recent call last)") {
        Trace::Python
    } else if is_goroutine(line) {
        Trace::Go
    } else {
        Trace::None
    }
}

/// `goroutine 12 [running]:`
fn is_goroutine(line: &[u8]) -> bool {
    let Some(rest) = line.strip_prefix(b"goroutine ") else { return false };
    let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
    digits > 0 && rest.get(digits..).is_some_and(|rest| rest.starts_with(b" ["))
}

/// `... 12 more`, or only dots.
fn is_more(line: &[u8]) -> bool {
    line.strip_prefix(b"...").is_some_and(|rest| {
        rest.trim_ascii().is_empty()
            || rest.ends_with(b" more")
            || rest.ends_with(b" common frames omitted")
    })
}

/// What closes an object or a call that was dumped over several lines.
fn is_closing(line: &[u8]) -> bool {
    let line = line.trim_ascii_end();
    !line.is_empty()
        && line.len() <= 4
        && line.iter().all(|b| matches!(b, b'}' | b']' | b')' | b',' | b';'))
}
