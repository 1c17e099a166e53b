//! Follows the journal, of a unit or of the whole host. It goes on at the entry that was read
//! last, which journalctl shows once more; where it does not, that entry is gone, and so may be
//! others.

use std::collections::HashSet;
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use super::entry::{Entry, Progress};
use super::ground::{Ground, How};
use super::outlet::{Note, Outlet};
use super::reader::Reader;
use super::talk::Talk;
use super::{End, Tails, words};
use crate::model::fault::Fault;
use crate::model::ids::UnitName;
use crate::model::log::{FetchFrom, Mark, Origin, TailState};
use crate::probe::log::ExportReader;
use crate::probe::tail::Piece;

/// So often the program on the host hears that we are there.
const LEASE: Duration = Duration::from_secs(20);
/// journald writes what was said a little after systemd tells that the process has ended.
const AGAIN: Duration = Duration::from_millis(60);
/// For reading what is new.
const AT_ONCE: Duration = Duration::from_secs(5);
/// Entries that were told before the follower brought them; beyond, it is waited for.
const MOST_EARLY: usize = 4096;

/// The options of journalctl that choose the lines of an origin.
pub(super) fn chosen(origin: &Origin) -> Vec<String> {
    match origin {
        Origin::Journal(unit) => vec!["-u".to_owned(), unit.as_str().to_owned()],
        Origin::Units(units) => {
            units.iter().flat_map(|unit| ["-u".to_owned(), unit.as_str().to_owned()]).collect()
        }
        Origin::System | Origin::File(_) | Origin::Container(_) => Vec::new(),
    }
}

/// A moment as journalctl takes it, with its fraction.
pub(super) fn since(at: i64) -> String {
    format!("--since=@{}.{:06}", at.div_euclid(1_000_000), at.rem_euclid(1_000_000))
}

/// Whether two cursors are of one entry: of the same boot, at the same time, with the same
/// content. Its number changes when journald moves it to the disk.
pub(super) fn is_same(one: &str, other: &str) -> bool {
    identity(one) == identity(other)
}

fn identity(cursor: &str) -> &str {
    cursor.find(";b=").and_then(|at| cursor.get(at..)).unwrap_or(cursor)
}

/// What was read and is not delivered yet.
#[derive(Default)]
struct Read {
    parser: ExportReader,
    first: Option<Mark>,
    /// The newest line.
    last: Option<Mark>,
    /// The newest entry of the follower.
    followed: Option<Mark>,
    /// Told before the follower brought them.
    early: Vec<Box<str>>,
    /// Brought by the follower after they had been told.
    brought: Vec<Box<str>>,
}

impl Note for Read {
    fn marks(&mut self) -> (Option<Mark>, Option<Mark>) {
        (self.first.take(), self.last.clone())
    }

    fn delivered(&mut self, progress: &mut Progress) {
        if let Some(mark) = self.followed.take() {
            progress.mark = Some(mark);
        }
        progress.early.extend(self.early.drain(..));
        for cursor in self.brought.drain(..) {
            progress.early.remove(&cursor);
        }
    }
}

pub(super) async fn follow(
    tails: &Tails,
    ground: &Ground<'_>,
    reader: &Reader,
    entry: &Entry,
) -> End {
    let Some(how) = ground.journal() else { return End::Fault(words::no_right(&ground.user())) };
    match following(tails, ground, reader, entry, how).await {
        Ok(end) => end,
        Err(fault) => End::Fault(fault),
    }
}

async fn following(
    tails: &Tails,
    ground: &Ground<'_>,
    reader: &Reader,
    entry: &Entry,
    how: How,
) -> Result<End, Fault> {
    let mut stirred = ground.stirred.clone();
    let mut talk = Talk::open(ground.transport, how).await?;
    let (options, after) = beginning(ground, entry);
    let mut argv = vec!["qd_journal".to_owned()];
    argv.extend(options);
    argv.extend(chosen(&entry.tail.origin));
    talk.say(&argv.iter().map(String::as_str).collect::<Vec<_>>()).await?;
    tails.state(entry, TailState::Following).await;

    let mut outlet = Outlet::new(entry, &tails.logs);
    let mut read = Read::default();
    let mut resumed = after.map(|after| Resumed { after, head: Vec::new() });
    let mut lease = interval(LEASE);
    lease.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut look_again: Option<Instant> = None;
    let mut ended = None;
    loop {
        tokio::select! {
            permit = outlet.room() => outlet.deliver(permit, &mut read),
            more = talk.read(), if outlet.has_room() => {
                more?;
                talk.take(&mut |piece| match piece {
                    Piece::Data(bytes) => {
                        take(ground, entry, bytes, &mut resumed, &mut read, &mut outlet);
                    }
                    Piece::Said(words) => ended = Some(words),
                    Piece::Complaint(_) => {}
                });
                complain(&talk, ground, entry, &mut outlet);
                outlet.offer(&mut read);
                if outlet.batch.is_empty() {
                    // Everything that came had been told.
                    read.delivered(&mut entry.progress());
                }
                if let Some(words) = ended.take() {
                    complain(&talk, ground, entry, &mut outlet);
                    outlet.flush(&mut read).await;
                    return Ok(why_ended(&words, talk.complaint()));
                }
            }
            _ = lease.tick() => talk.say(&["l"]).await?,
            changed = stirred.changed() => {
                if changed.is_err() {
                    std::future::pending::<()>().await;
                }
                let is_ours = is_about(&entry.tail.origin, &stirred.borrow_and_update());
                if is_ours && resumed.is_none() {
                    let came = look(ground, reader, entry, how, &mut read, &mut outlet).await;
                    look_again = (!came).then(|| Instant::now() + AGAIN);
                    outlet.offer(&mut read);
                }
            }
            () = at(look_again) => {
                look_again = None;
                look(ground, reader, entry, how, &mut read, &mut outlet).await;
                outlet.offer(&mut read);
            }
        }
    }
}

async fn at(when: Option<Instant>) {
    match when {
        Some(when) => sleep_until(when).await,
        None => std::future::pending().await,
    }
}

fn is_about(origin: &Origin, units: &[UnitName]) -> bool {
    match origin {
        Origin::Journal(unit) => units.contains(unit),
        Origin::Units(these) => these.iter().any(|unit| units.contains(unit)),
        Origin::System | Origin::File(_) | Origin::Container(_) => false,
    }
}

/// Where it begins: options of journalctl, and the entry that must come first.
fn beginning(ground: &Ground<'_>, entry: &Entry) -> (Vec<String>, Option<Mark>) {
    let now = ground.now();
    let mut progress = entry.progress();
    let mark = progress.mark.clone().or_else(|| match &entry.tail.from {
        FetchFrom::After(mark) => Some(mark.clone()),
        FetchFrom::Since(at) => Some(Mark::Moment(*at)),
        FetchFrom::Last(0) | FetchFrom::Before(_) => {
            Some(Mark::Moment(*progress.began.get_or_insert(now)))
        }
        FetchFrom::Last(_) => None,
    });
    let lines = match entry.tail.from {
        FetchFrom::Last(lines) => lines,
        FetchFrom::After(_) | FetchFrom::Before(_) | FetchFrom::Since(_) => 0,
    };
    match mark {
        Some(Mark::Cursor(cursor, at)) => {
            let option = format!("--cursor={cursor}");
            (vec!["--no-tail".to_owned(), option], Some(Mark::Cursor(cursor, at)))
        }
        Some(Mark::Moment(at)) => (vec!["--no-tail".to_owned(), since(at)], None),
        Some(Mark::Offset { .. }) | None => (vec!["-n".to_owned(), lines.to_string()], None),
    }
}

/// Until the first entry has come, which must be the one that was read last.
struct Resumed {
    after: Mark,
    head: Vec<u8>,
}

fn take(
    ground: &Ground<'_>,
    entry: &Entry,
    bytes: &[u8],
    resumed: &mut Option<Resumed>,
    read: &mut Read,
    outlet: &mut Outlet<'_>,
) {
    let Some(first) = resumed else {
        parse(entry, bytes, None, read, outlet);
        return;
    };
    first.head.extend_from_slice(bytes);
    // An entry begins with its cursor.
    let Some(end) = first.head.iter().position(|b| *b == b'\n') else { return };
    let line = first.head.get(..end).unwrap_or_default();
    let found = line.strip_prefix(b"__CURSOR=").and_then(|cursor| str::from_utf8(cursor).ok());
    let (cursor, at) = match &first.after {
        Mark::Cursor(cursor, at) => (cursor.clone(), *at),
        Mark::Moment(at) => ("".into(), *at),
        Mark::Offset { .. } => ("".into(), 0),
    };
    if !found.is_some_and(|found| is_same(found, &cursor)) {
        let why = "the journal does not have the entry any more up to which it was read";
        let now = ground.now();
        outlet.note(&words::gap(Some(at), now, why), at, true);
    }
    let head = std::mem::take(&mut first.head);
    *resumed = None;
    parse(entry, &head, Some(&cursor), read, outlet);
}

/// Makes lines of what the follower brought, without what was told already.
fn parse(
    entry: &Entry,
    bytes: &[u8],
    known: Option<&str>,
    read: &mut Read,
    outlet: &mut Outlet<'_>,
) {
    let progress = entry.progress();
    let early = &progress.early;
    let (told, brought) = (&read.early, &mut read.brought);
    read.parser.push(bytes, &mut outlet.batch, &mut |found| {
        if known.is_some_and(|known| is_same(known, found.cursor)) {
            return false;
        }
        if early.is_empty() && told.is_empty() {
            return true;
        }
        let is_early = early.contains(identity(found.cursor))
            || told.iter().any(|cursor| **cursor == *identity(found.cursor));
        if is_early {
            brought.push(identity(found.cursor).into());
        }
        !is_early
    });
    let (first, last) = read.parser.marks();
    read.first = read.first.take().or(first);
    if let Some(last) = last {
        read.followed = Some(last.clone());
        // Never back to before what was told early.
        if moment(read.last.as_ref()) <= moment(Some(&last)) {
            read.last = Some(last);
        }
    }
}

fn moment(mark: Option<&Mark>) -> i64 {
    match mark {
        Some(Mark::Cursor(_, at) | Mark::Moment(at)) => *at,
        Some(Mark::Offset { .. }) | None => i64::MIN,
    }
}

/// Reads what the journal has behind all that was told, since journald tells its followers up to
/// half a second late. Whether something came.
async fn look(
    ground: &Ground<'_>,
    reader: &Reader,
    entry: &Entry,
    how: How,
    read: &mut Read,
    outlet: &mut Outlet<'_>,
) -> bool {
    let last = read.last.clone().or_else(|| entry.progress().mark.clone());
    let Some(Mark::Cursor(cursor, _)) = last else { return false };
    let mut known: HashSet<Box<str>> = entry.progress().early.clone();
    known.extend(read.early.iter().cloned());
    if known.len() >= MOST_EARLY {
        return false;
    }
    let mut argv = vec!["qd_entries".to_owned(), format!("--cursor={cursor}")];
    argv.extend(chosen(&entry.tail.origin));
    let argv: Vec<&str> = argv.iter().map(String::as_str).collect();
    let mut parser = ExportReader::new();
    let (batch, early) = (&mut outlet.batch, &mut read.early);
    let before = early.len();
    let mut is_first = true;
    let asked = reader
        .ask(ground, how, &argv, AT_ONCE, &mut |piece| {
            if let Piece::Data(bytes) = piece {
                parser.push(bytes, batch, &mut |found| {
                    // Where it is not the last entry, something else is wrong, and the follower
                    // tells it.
                    let is_last = std::mem::take(&mut is_first) && is_same(found.cursor, &cursor);
                    let key = identity(found.cursor);
                    if is_last || known.contains(key) || early.len() >= MOST_EARLY {
                        return false;
                    }
                    early.push(key.into());
                    true
                });
            }
            true
        })
        .await;
    if let Err(fault) = asked {
        tracing::warn!("the newest lines of the journal: {fault}");
    }
    let (first, last) = parser.marks();
    read.first = read.first.take().or(first);
    if read.early.len() > before && last.is_some() {
        read.last = last;
    }
    read.early.len() > before
}

/// Tells once what journalctl complains of, such as a corrupt file.
fn complain(talk: &Talk, ground: &Ground<'_>, entry: &Entry, outlet: &mut Outlet<'_>) {
    let Some(complaint) = talk.complaint() else { return };
    let is_new = entry.progress().complaint.as_ref() != Some(&complaint);
    if is_new {
        outlet.note(&format!("journalctl says: {complaint}"), ground.now(), false);
        entry.progress().complaint = Some(complaint);
    }
}

fn why_ended(said: &str, complaint: Option<String>) -> End {
    match said.split_once(' ') {
        Some(("missing", tool)) => End::Fault(words::no_tool("the journal", tool)),
        Some((_, status)) => End::Fault(words::ended("journalctl", status, complaint)),
        None => End::Fault(words::ended("journalctl", said, complaint)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_that_journald_has_moved_is_the_same() {
        let one = "s=a;i=5b;b=4c;m=81;t=66;x=1f";
        assert!(is_same(one, "s=b;i=7;b=4c;m=81;t=66;x=1f"));
        assert!(!is_same(one, "s=a;i=5b;b=4c;m=81;t=66;x=20"));
        assert_eq!(since(1_500_000), "--since=@1.500000");
    }
}
