//! How a line is printed: without anything that a terminal would obey, and fast.

use std::io::{BufWriter, StdoutLock, Write};

use serde::Serialize;

use super::choose::Source;
use crate::model::log::ink::plain;
use crate::model::log::{Flags, Line};

/// See the module.
pub(super) struct Printer {
    out: BufWriter<StdoutLock<'static>>,
    is_json: bool,
    has_envs: bool,
    zone: jiff::tz::TimeZone,
    second: i64,
    stamp: String,
    is_used: bool,
}

/// Where the lines did not go.
fn unwritten(error: &std::io::Error) -> std::io::Error {
    std::io::Error::new(error.kind(), format!("cannot write to standard output: {error}"))
}

/// A line. Scripts rest on it: fields are added, never changed.
#[derive(Serialize)]
struct Json<'a> {
    at: &'a str,
    env: &'a str,
    host: &'a str,
    service: &'a str,
    level: &'a str,
    source: &'a str,
    text: &'a str,
    /// These are our words, such as of lines that are missing.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    note: bool,
}

impl Printer {
    pub(super) fn new(is_json: bool, has_envs: bool) -> Self {
        Self {
            out: BufWriter::with_capacity(256 * 1024, std::io::stdout().lock()),
            is_json,
            has_envs,
            zone: if is_json { jiff::tz::TimeZone::UTC } else { jiff::tz::TimeZone::system() },
            second: i64::MIN,
            stamp: String::new(),
            is_used: false,
        }
    }

    pub(super) fn flush(&mut self) -> std::io::Result<()> {
        self.out.flush().map_err(|error| unwritten(&error))
    }

    /// Whether no line was printed.
    pub(super) const fn is_unused(&self) -> bool {
        !self.is_used
    }

    /// Prints a line; `at` is on our clock.
    pub(super) fn line(
        &mut self,
        source: &Source,
        line: Line,
        at: i64,
        text: &[u8],
    ) -> std::io::Result<()> {
        self.is_used = true;
        self.put(source, line, at, text).map_err(|error| unwritten(&error))
    }

    fn put(&mut self, source: &Source, line: Line, at: i64, text: &[u8]) -> std::io::Result<()> {
        let is_note = line.flags.has(Flags::NOTE);
        let second = at.div_euclid(1_000_000);
        if second != self.second {
            self.second = second;
            self.stamp = self.stamp_of(second);
        }
        let micros = at.rem_euclid(1_000_000);
        // Without an early end it is looked at many bytes at once.
        let harmless = text.iter().fold(true, |so_far, b| so_far & matches!(b, 0x20..=0x7e));
        let cleaned = if harmless { None } else { Some(plain(text)) };
        let shown = match &cleaned {
            Some(text) => text.as_bytes(),
            None => text,
        };
        if self.is_json {
            let at = format!("{}.{micros:06}Z", self.stamp);
            let json = Json {
                at: &at,
                env: source.host.env.as_str(),
                host: source.host.host.as_str(),
                service: source.service.as_str(),
                level: line.level.name(),
                source: source.origin(),
                text: str::from_utf8(shown).unwrap_or_default(),
                note: is_note,
            };
            serde_json::to_writer(&mut self.out, &json)?;
            return self.out.write_all(b"\n");
        }
        let out = &mut self.out;
        out.write_all(self.stamp.as_bytes())?;
        let digit = |unit: i64| b'0' + (micros / unit % 10) as u8;
        out.write_all(&[b'.', digit(100_000), digit(10_000), digit(1000), b' '])?;
        if self.has_envs {
            out.write_all(source.host.env.as_str().as_bytes())?;
            out.write_all(b"/")?;
        }
        out.write_all(source.host.host.as_str().as_bytes())?;
        out.write_all(b" ")?;
        out.write_all(source.service.as_str().as_bytes())?;
        out.write_all(if is_note { b" -- " } else { b" " })?;
        out.write_all(shown)?;
        out.write_all(if is_note { b" --\n" } else { b"\n" })
    }

    fn stamp_of(&self, second: i64) -> String {
        let format = if self.is_json { "%FT%T" } else { "%F %T" };
        jiff::Timestamp::from_second(second).map_or_else(
            |_out_of_range| "-".to_owned(),
            |at| at.to_zoned(self.zone.clone()).strftime(format).to_string(),
        )
    }
}
