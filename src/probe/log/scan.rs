//! One line: what it says of itself, and what it is beside the lines before it.

use super::continued::{self, Trace};
use super::time::{Clock, Found, plausible};
use super::{fields, level, word};
use crate::model::log::batch::LATE;
use crate::model::log::{Batch, Flags, Level, Line};

/// Escapes are taken out of so much of a line's front before it is read.
const HEAD: usize = 256;

/// What a line says of itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Facts {
    /// Its moment, and where that stands.
    pub(super) found: Option<Found>,
    /// Where its body begins.
    pub(super) body: usize,
    /// Its level.
    pub(super) level: Level,
    /// Whether its body is a JSON object.
    pub(super) json: bool,
}

impl Facts {
    pub(super) fn of(line: &[u8], clock: &mut Clock, now: i64) -> Self {
        let head = line.get(..line.len().min(HEAD)).unwrap_or_default();
        if memchr::memchr(0x1b, head).is_some() {
            return Self::of_colored(line, head, clock, now);
        }
        Self::of_plain(line, clock, now)
    }

    fn of_plain(line: &[u8], clock: &mut Clock, now: i64) -> Self {
        let found = clock.front(line, now);
        let front = found.and_then(|found| line.get(..found.from)).unwrap_or_default();
        // What stands in the middle of a line is no front of it.
        let in_middle = found.is_some_and(|found| found.is_access);
        let body = found.filter(|_| !in_middle).map_or(0, |found| {
            let rest = line.get(found.to..).unwrap_or_default();
            found.to + rest.iter().take_while(|b| matches!(b, b' ' | b'\t')).count()
        });
        let text = line.get(body..).unwrap_or_default();
        if fields::is_json(text) {
            let said = fields::json(text, clock.zone());
            let level = said.level.unwrap_or_default();
            let found = found.or_else(|| from_field(said.at, body, now));
            return Self { found, body, level, json: true };
        }
        if fields::is_logfmt(text) {
            let said = fields::logfmt(text, clock.zone());
            if said != fields::Said::default() {
                let found = found.or_else(|| from_field(said.at, body, now));
                return Self { found, body, level: said.level.unwrap_or_default(), json: false };
            }
        }
        let level = match found {
            Some(found) if in_middle => level::of_access(line.get(found.to..).unwrap_or_default()),
            Some(found) => marked(line, front, found).unwrap_or_else(|| level::of_text(text)),
            None => priority(line).map_or_else(|| level::of_text(text), |(level, _)| level),
        };
        Self { found, body, level, json: false }
    }

    /// Of a line with escapes at its front: they are taken out of a copy, and places are counted
    /// back.
    fn of_colored(line: &[u8], head: &[u8], clock: &mut Clock, now: i64) -> Self {
        let mut plain = [0_u8; HEAD];
        let mut places = [0_usize; HEAD];
        let mut len = 0;
        let mut at = 0;
        while let Some(byte) = head.get(at) {
            let skip = escape(head, at);
            if skip > 0 {
                at += skip;
                continue;
            }
            if let (Some(to), Some(place)) = (plain.get_mut(len), places.get_mut(len)) {
                (*to, *place) = (*byte, at);
                len += 1;
            }
            at += 1;
        }
        let text = plain.get(..len).unwrap_or_default();
        let facts = Self::of_plain(text, clock, now);
        let first = |place: usize| places.get(place).copied().filter(|_| place < len).unwrap_or(0);
        let behind = |place: usize| place.checked_sub(1).map_or(0, |last| first(last) + 1);
        let found = facts.found.map(|found| Found {
            from: first(found.from),
            to: behind(found.to),
            ..found
        });
        let body = if facts.body == 0 {
            0
        } else {
            // The color that begins before the body belongs to it; one that ends there does not.
            let mut at = found.map_or(0, |found| found.to);
            loop {
                match line.get(at..).unwrap_or_default() {
                    [b' ' | b'\t', ..] => at += 1,
                    [0x1b, b'[', b'm', ..] => at += 3,
                    [0x1b, b'[', b'0', b'm', ..] => at += 4,
                    _ => break at,
                }
            }
        };
        Self { found, body, ..facts }
    }
}

/// The length of a CSI sequence at a place; zero where none is. One without its end is none.
fn escape(head: &[u8], at: usize) -> usize {
    let Some([0x1b, b'[', rest @ ..]) = head.get(at..) else { return 0 };
    let len = rest.iter().take(24).take_while(|b| matches!(b, 0x20..=0x3f)).count();
    match rest.get(len) {
        Some(0x40..=0x7e) => len + 3,
        _ => 0,
    }
}

fn from_field(at: Option<(i64, usize, usize)>, base: usize, now: i64) -> Option<Found> {
    let (at, from, to) = at.filter(|(at, _, _)| plausible(*at, now))?;
    Some(Found { at, from: base + from, to: base + to, is_access: false })
}

/// What is said before a moment or in its first letter: `<3>`, `ERROR 2026-…`, `E1110 …`.
fn marked(line: &[u8], front: &[u8], found: Found) -> Option<Level> {
    if let Some((level, _)) = priority(front) {
        return Some(level);
    }
    let name = front.trim_ascii().trim_suffix_colon();
    if let Some(level) = word::level(name) {
        return Some(level);
    }
    match line.get(found.from..found.from + 5)? {
        // klog's letter, and not a month's.
        [letter, rest @ ..] if rest.iter().all(u8::is_ascii_digit) => word::letter(*letter),
        _ => None,
    }
}

trait TrimColon {
    fn trim_suffix_colon(&self) -> &Self;
}

impl TrimColon for [u8] {
    fn trim_suffix_colon(&self) -> &Self {
        self.strip_suffix(b":").unwrap_or(self)
    }
}

/// `<3>` of sd-daemon(3), or of RFC 5424 with the facility in it: its level and length.
fn priority(line: &[u8]) -> Option<(Level, usize)> {
    let rest = line.strip_prefix(b"<")?;
    let digits = rest.iter().take(4).take_while(|b| b.is_ascii_digit()).count();
    let number = rest.get(..digits).filter(|number| (1..=3).contains(&number.len()))?;
    (rest.get(digits) == Some(&b'>')).then_some(())?;
    let number = number.iter().fold(0_u16, |sum, digit| sum * 10 + u16::from(digit - b'0'));
    let level = Level::from_priority((number & 7) as u8);
    (number < 192).then_some((level, digits + 2))
}

/// Lines of one source, and what it remembers from line to line.
#[derive(Clone, Debug)]
pub(super) struct Scanner {
    clock: Clock,
    /// No line is before this; the moment of the last line.
    floor: Option<i64>,
    /// Whether a line said its moment itself.
    has_moment: bool,
    /// What comes was written then; none where it was there before one looked.
    heard: Option<i64>,
    /// Of the last head.
    level: Level,
    trace: Trace,
    /// The last line without its timestamp.
    previous: Vec<u8>,
}

impl Scanner {
    pub(super) const fn new(zone: i64) -> Self {
        Self {
            clock: Clock::new(zone),
            floor: None,
            has_moment: false,
            heard: None,
            level: Level::Unknown,
            trace: Trace::None,
            previous: Vec::new(),
        }
    }

    /// Goes on behind a line of that moment.
    pub(super) const fn go_on(&mut self, at: i64) {
        self.floor = Some(at);
        self.has_moment = true;
    }

    /// What comes from here on was written at that moment; none: at some moment before.
    pub(super) const fn heard(&mut self, at: Option<i64>) {
        self.heard = at;
    }

    /// The last line was written at that moment, as [`Batch::date_end`] says.
    pub(super) fn ended(&mut self, last: &Line) {
        if last.flags.has(Flags::UNTIMED) {
            self.floor = Some(last.at);
        }
    }

    /// The moment of the last line, if one has said its moment.
    pub(super) fn moment(&self) -> Option<i64> {
        self.floor.filter(|_| self.has_moment)
    }

    /// A line as it stands in a file. `flags` may have `CONTINUED` when its beginning was told
    /// before, and what else the reader knows.
    pub(super) fn line(&mut self, text: &[u8], now: i64, flags: Flags, out: &mut Batch) {
        if flags.has(Flags::CONTINUED) {
            self.previous.clear();
            // A trace that ends within a message ends here.
            continued::is_continued(text, &mut self.trace);
            let at = self.floor.unwrap_or(now);
            let flags = flags.with(Flags::UNTIMED);
            return self.put(text, 0, line(at, self.level, flags), true, out);
        }
        let facts = Facts::of(text, &mut self.clock, now);
        let mut flags = flags;
        if let Some(found) = facts.found {
            self.trace = continued::opens(text.get(facts.body..).unwrap_or_default());
            self.has_moment = true;
            self.level = facts.level;
            flags = self.compared(text, found.from, found.to, facts.json, flags);
            return self.put(text, facts.body, line(found.at, facts.level, flags), true, out);
        }
        flags = self.compared(text, 0, 0, facts.json, flags.with(Flags::UNTIMED));
        let last = self.floor.filter(|_| self.has_moment);
        let heard = self.heard.filter(|at| last.is_some_and(|last| at.saturating_sub(last) > LATE));
        let at = heard.or(last).unwrap_or(now);
        if self.floor.is_some() && continued::is_continued(text, &mut self.trace) {
            let at = self.floor.unwrap_or(at);
            return self.put(
                text,
                0,
                line(at, self.level, flags.with(Flags::CONTINUED)),
                true,
                out,
            );
        }
        if self.floor.is_none() {
            self.trace = continued::opens(text);
        }
        self.level = facts.level;
        self.put(text, facts.body, line(at, facts.level, flags), true, out);
    }

    /// A line that was passed on with a moment, such as by the journal: `prefix` bytes of it are
    /// not its own words. `level` is what its priority says; where that may stand for "nothing was
    /// said", the message knows better. `CONTINUED` in `flags` says that it may continue the line
    /// before, which was said by the same.
    pub(super) fn entry(
        &mut self,
        text: &[u8],
        prefix: usize,
        at: i64,
        level: Level,
        flags: Flags,
        out: &mut Batch,
    ) {
        self.has_moment = true;
        let body = text.get(prefix..).unwrap_or_default();
        let facts = Facts::of(body, &mut self.clock, at);
        let says = facts.level != Level::Unknown && matches!(level, Level::Info | Level::Unknown);
        let level = if says { facts.level } else { level };
        let (from, to) = facts.found.map_or((0, 0), |found| (found.from, found.to));
        let flags = self.compared(body, from, to, facts.json, flags);
        let same = self.floor.is_some_and(|floor| at.abs_diff(floor) <= TOGETHER);
        if facts.found.is_none()
            && same
            && flags.has(Flags::CONTINUED)
            && continued::is_continued(body, &mut self.trace)
        {
            let at = self.floor.unwrap_or(at);
            return self.put(text, prefix, line(at, self.level, flags), false, out);
        }
        self.trace = continued::opens(body);
        self.level = level;
        let flags = Flags(flags.0 & !Flags::CONTINUED);
        self.put(text, prefix, line(at, level, flags), false, out);
    }

    /// Compares a line without its timestamp with the one before, and remembers it.
    fn compared(&mut self, text: &[u8], from: usize, to: usize, json: bool, flags: Flags) -> Flags {
        let front = text.get(..from).unwrap_or_default();
        let rest = text.get(to..).unwrap_or_default();
        let is_same = !text.is_empty()
            && self.previous.len() == front.len() + rest.len()
            && self.previous.ends_with(rest)
            && self.previous.starts_with(front);
        if !is_same {
            self.previous.clear();
            self.previous.extend_from_slice(front);
            self.previous.extend_from_slice(rest);
        }
        let flags = if is_same { flags.with(Flags::REPEATED) } else { flags };
        if json { flags.with(Flags::JSON) } else { flags }
    }

    /// Adds a line whose body begins there; `is_split` says that no line feed is in it.
    fn put(&mut self, text: &[u8], body: usize, line: Line, is_split: bool, out: &mut Batch) {
        let floor = self.floor.unwrap_or(i64::MIN);
        if line.at < floor {
            out.earlier.push((u32::try_from(out.lines.len()).unwrap_or(u32::MAX), line.at));
        }
        let at = line.at.max(floor);
        self.floor = Some(at);
        let line = Line { at, body: u16::try_from(body).unwrap_or(0), ..line };
        if is_split { out.push_line(text, line) } else { out.push(text, line) }
    }
}

/// What is known of a line.
fn line(at: i64, level: Level, flags: Flags) -> Line {
    Line { at, level, flags, ..Line::default() }
}

/// Entries of the journal that are this close may be one message, in microseconds.
const TOGETHER: u64 = 1_000_000;
