//! Lines as they come: text in one piece, and what is known of each line beside it.

use super::level::Level;

/// A line's text that is kept at most, in bytes; the rest is counted and left out.
pub const LONGEST: usize = 64 * 1024;

/// The text of a batch grows up to about this many bytes.
pub const BATCH: usize = 256 * 1024;

/// Lines that say no moment have that of the line before them, unless they came so much later, in
/// microseconds.
pub const LATE: i64 = 2_000_000;

/// What is true of a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Flags(pub u8);

impl Flags {
    /// It belongs to the line before, such as a line of a stack trace; it has that line's time
    /// and level.
    pub const CONTINUED: u8 = 1;
    /// Its body is the same as that of the line before it in its source.
    pub const REPEATED: u8 = 1 << 1;
    /// It was longer than [`LONGEST`]; how much was left out is written at its end.
    pub const CUT: u8 = 1 << 2;
    /// These are our words, not the source's: a gap, a rotation, lines that were dropped.
    pub const NOTE: u8 = 1 << 3;
    /// Its body is a JSON object.
    pub const JSON: u8 = 1 << 4;
    /// It has no moment of its own: the line before's, or when it came.
    pub const UNTIMED: u8 = 1 << 5;
    /// Its end has not come yet; what comes next continues it.
    pub const PARTIAL: u8 = 1 << 6;
    /// It could not be followed without a gap: lines before it are lost.
    pub const GAP: u8 = 1 << 7;

    /// Whether a flag is set.
    pub const fn has(self, flag: u8) -> bool {
        self.0 & flag != 0
    }

    /// With a flag set as well.
    #[must_use]
    pub const fn with(self, flag: u8) -> Self {
        Self(self.0 | flag)
    }
}

/// What is known of a line beside its text.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Line {
    /// When, in microseconds since the epoch on the host's clock. Never before the line before.
    pub at: i64,
    /// Where its text begins in the batch or block. It ends before the line feed that is before
    /// the next line's beginning.
    pub start: u32,
    /// Where its body begins behind a timestamp, in bytes from its beginning.
    pub body: u16,
    /// How bad.
    pub level: Level,
    /// What else.
    pub flags: Flags,
}

/// Lines that came together, in their source's order.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Batch {
    /// Every line with a line feed behind it. As it came: control bytes and invalid UTF-8 are in
    /// it, a line feed within a line is not.
    pub text: Vec<u8>,
    /// In order.
    pub lines: Vec<Line>,
    /// The moments that lines have said themselves, where that is before a line that came
    /// earlier (a clock that was set back): the line's place, and its own moment.
    pub earlier: Vec<(u32, i64)>,
}

impl Batch {
    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The text of a line, without its line feed.
    pub fn text_of(&self, place: usize) -> &[u8] {
        text_of(&self.text, &self.lines, place)
    }

    /// Adds a line of ours; a gap says that lines of the source are lost there.
    pub fn push_note(&mut self, text: &str, at: i64, is_gap: bool) {
        let flags = Flags::default().with(Flags::NOTE);
        let (flags, level) =
            if is_gap { (flags.with(Flags::GAP), Level::Warning) } else { (flags, Level::Unknown) };
        self.push(text.as_bytes(), Line { at, level, flags, ..Line::default() });
    }

    /// Lines at the beginning that say no moment, such as the rest of a trace, were before the first
    /// that says one: they get its moment, and not the one at which they were read.
    pub fn date_beginning(&mut self) {
        let untimed = |line: &Line| line.flags.has(Flags::UNTIMED);
        let Some(first) = self.lines.iter().position(|line| !untimed(line)) else { return };
        let own = |place: usize, at: i64| {
            let place = u32::try_from(place).unwrap_or(u32::MAX);
            self.earlier.iter().find(|(line, _)| *line == place).map_or(at, |(_, at)| *at)
        };
        let mut moments: Vec<i64> =
            self.lines.iter().enumerate().map(|(place, line)| own(place, line.at)).collect();
        let Some(at) = moments.get(first).copied() else { return };
        moments.iter_mut().take(first).for_each(|moment| *moment = at);
        self.earlier.clear();
        let mut floor = i64::MIN;
        for (place, (line, at)) in self.lines.iter_mut().zip(moments).enumerate() {
            if at < floor {
                self.earlier.push((u32::try_from(place).unwrap_or(u32::MAX), at));
            }
            floor = floor.max(at);
            line.at = floor;
        }
    }

    /// The last of these lines was written at `at`: those at the end that say no moment, and are no
    /// part of one that does, have that moment rather than the one of a line long before them.
    /// `is_dated` says that a line of an earlier batch has said its moment.
    pub fn date_end(&mut self, at: i64, is_dated: bool) {
        let is = |line: &Line, flag| line.flags.has(flag);
        let said = self.lines.iter().rposition(|line| !is(line, Flags::UNTIMED));
        let begin = said.map_or(0, |said| said + 1);
        let Some(behind) = self.lines.get_mut(begin..) else { return };
        let is_behind = is_dated || said.is_some();
        let trace =
            behind.iter().take_while(|line| is_behind && is(line, Flags::CONTINUED)).count();
        for line in behind.iter_mut().skip(trace) {
            // The clock that dates a file and that of who writes to it may be a little apart.
            if !is_behind || at.saturating_sub(line.at) > LATE {
                line.at = at;
            }
        }
        let first = u32::try_from(begin + trace).unwrap_or(u32::MAX);
        self.earlier.retain(|(place, _)| *place < first);
    }

    /// Adds a line; a line feed in `text` becomes a space. `flags`, `level` and `at` stand as given,
    /// except that `at` is not before the last line's: then what it said is kept in `earlier`.
    pub fn push(&mut self, text: &[u8], line: Line) {
        self.push_line(text, line);
        let start = self.lines.last().map_or(0, |line| line.start as usize);
        let end = self.text.len().saturating_sub(1);
        let own = self.text.get_mut(start..end).unwrap_or_default();
        own.iter_mut().filter(|b| **b == b'\n').for_each(|b| *b = b' ');
    }

    /// The same for a text that was split at its line feeds, and has none.
    pub fn push_line(&mut self, text: &[u8], line: Line) {
        let start = u32::try_from(self.text.len()).unwrap_or(u32::MAX);
        let floor = self.lines.last().map_or(i64::MIN, |last| last.at);
        if line.at < floor {
            self.earlier.push((u32::try_from(self.lines.len()).unwrap_or(u32::MAX), line.at));
        }
        self.lines.push(Line { start, at: line.at.max(floor), ..line });
        self.text.extend_from_slice(text);
        self.text.push(b'\n');
    }
}

/// The text of the line at `place`, without its line feed.
pub fn text_of<'t>(text: &'t [u8], lines: &[Line], place: usize) -> &'t [u8] {
    let Some(line) = lines.get(place) else { return &[] };
    let start = line.start as usize;
    let end = lines.get(place + 1).map_or(text.len(), |next| next.start as usize);
    text.get(start..end.saturating_sub(1)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_of_a_line_is_16_bytes() {
        assert_eq!(size_of::<Line>(), 16);
    }

    #[test]
    fn the_rest_of_a_trace_has_the_moment_of_what_comes_behind_it() {
        let untimed = Flags::default().with(Flags::UNTIMED);
        let mut batch = Batch::default();
        batch.push(b"  at a", Line { at: 100, flags: untimed, ..Line::default() });
        batch.push(b"  at b", Line { at: 100, flags: untimed, ..Line::default() });
        batch.push(b"10 x", Line { at: 10, ..Line::default() });
        batch.push(b"9 y", Line { at: 9, ..Line::default() });
        batch.push(b"11 z", Line { at: 11, ..Line::default() });
        batch.date_beginning();
        let at: Vec<i64> = batch.lines.iter().map(|line| line.at).collect();
        assert_eq!(at, [10, 10, 10, 10, 11]);
        assert_eq!(batch.earlier, [(3, 9)]);
    }

    #[test]
    fn last_words_without_a_moment_have_that_of_their_writing() {
        let untimed = Flags::default().with(Flags::UNTIMED);
        let continued = untimed.with(Flags::CONTINUED);
        let mut batch = Batch::default();
        batch.push(b"starting", Line { at: 10, flags: untimed, ..Line::default() });
        batch.push(b"10 x", Line { at: 10, ..Line::default() });
        batch.push(b"  at y", Line { at: 10, flags: continued, ..Line::default() });
        batch.push(b"Killed", Line { at: 10, flags: untimed, ..Line::default() });
        batch.push(b"  by z", Line { at: 10, flags: continued, ..Line::default() });
        let moments = |batch: &Batch| batch.lines.iter().map(|line| line.at).collect::<Vec<_>>();
        let mut soon = batch.clone();
        soon.date_end(LATE, false);
        assert_eq!(moments(&soon), [10; 5]);
        batch.date_end(LATE + 20, false);
        assert_eq!(moments(&batch), [10, 10, 10, LATE + 20, LATE + 20]);
        // Where none says a moment all of them have it, also one before the reading.
        let mut none = Batch::default();
        none.push(b"  a", Line { at: 100, flags: untimed, ..Line::default() });
        none.push(b"b", Line { at: 100, flags: untimed, ..Line::default() });
        none.date_end(50, false);
        assert_eq!(moments(&none), [50, 50]);
    }

    #[test]
    fn a_moment_before_the_last_is_kept_beside_and_the_order_holds() {
        let mut batch = Batch::default();
        batch.push(b"a", Line { at: 10, ..Line::default() });
        batch.push(b"b\nc", Line { at: 4, ..Line::default() });
        assert_eq!(batch.text_of(0), b"a");
        assert_eq!(batch.text_of(1), b"b c");
        assert_eq!(batch.lines[1].at, 10);
        assert_eq!(batch.earlier, [(1, 4)]);
    }
}
