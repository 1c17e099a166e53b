//! The moment that a line says itself: digits at fixed places, no allocation, and the form that
//! fitted the last line is tried first.

mod epoch;
mod front;
mod stamp;

pub(super) use epoch::number;
pub(super) use stamp::iso;

/// Microseconds of a second.
const SECOND: i64 = 1_000_000;

/// A moment this far behind `now` is none: one wrong line would hold up the order of all after it.
const AHEAD: i64 = 2 * 86_400 * SECOND;

/// A moment, and where it stands in the line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Found {
    /// Microseconds since the epoch.
    pub(super) at: i64,
    /// Where its text begins, with a bracket.
    pub(super) from: usize,
    /// Where its text ends, with a bracket.
    pub(super) to: usize,
    /// It stands in the middle of a line of an access log.
    pub(super) is_access: bool,
}

/// How a moment is written at a line's beginning.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Form {
    /// RFC 3339 and its relatives, also with slashes.
    Iso,
    /// `Nov 10 03:00:00`, RFC 3164.
    Syslog,
    /// `E1110 03:00:00.123456`, Kubernetes' klog.
    Klog,
    /// `Tue Nov 10 03:00:00.123456 2026`, Apache's error log.
    Ctime,
    /// `10 Nov 2026 03:00:00.123`, Redis behind its process.
    Redis,
    /// `1762743600.123`.
    Epoch,
    /// `[10/Nov/2026:03:00:00 +0000]` in a line of an access log.
    Access,
}

const FORMS: [Form; 7] =
    [Form::Iso, Form::Syslog, Form::Klog, Form::Ctime, Form::Redis, Form::Epoch, Form::Access];

/// Reads moments of one source.
#[derive(Clone, Debug)]
pub(super) struct Clock {
    /// Seconds that the source's zone is ahead of UTC, for moments that name none.
    zone: i64,
    last: Form,
    known: stamp::Known,
}

impl Clock {
    pub(super) const fn new(zone: i64) -> Self {
        Self { zone, last: Form::Iso, known: stamp::Known::NONE }
    }

    pub(super) const fn zone(&self) -> i64 {
        self.zone
    }

    /// The moment at the front of a line. `now` is on the clock of the source.
    pub(super) fn front(&mut self, line: &[u8], now: i64) -> Option<Found> {
        let skip = front::before(line);
        let text = line.get(skip..)?;
        let found = self.one(self.last, text, now).or_else(|| {
            let last = self.last;
            let mut other = FORMS.into_iter().filter(|form| *form != last);
            let (form, found) = other.find_map(|form| Some((form, self.one(form, text, now)?)))?;
            self.last = form;
            Some(found)
        })?;
        Some(Found { from: found.from + skip, to: found.to + skip, ..found })
    }

    fn one(&mut self, form: Form, text: &[u8], now: i64) -> Option<Found> {
        if form == Form::Access {
            return front::access(text).filter(|found| plausible(found.at, now));
        }
        let (from, bracket) = match text.first()? {
            b'[' => (0, 1),
            _ => (0, 0),
        };
        let inner = text.get(bracket..)?;
        let (at, len) = match form {
            Form::Iso => stamp::iso_after(inner, self.zone, &mut self.known),
            Form::Syslog => stamp::syslog(inner, self.zone, now),
            Form::Klog => stamp::klog(inner, self.zone, now),
            Form::Ctime => stamp::ctime(inner, self.zone),
            Form::Redis => stamp::redis(inner, self.zone),
            Form::Epoch => epoch::front(inner),
            Form::Access => None,
        }?;
        let end = bracket + len;
        let to = if bracket == 1 && text.get(end) == Some(&b']') { end + 1 } else { end };
        plausible(at, now).then_some(Found { at, from, to, is_access: false })
    }
}

/// Whether a moment can be that of a line which is here now.
pub(super) const fn plausible(at: i64, now: i64) -> bool {
    at >= 0 && at <= now.saturating_add(AHEAD)
}
