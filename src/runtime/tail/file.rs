//! Follows a file over rotation, truncation and its absence. Every byte is counted here; the
//! program on the host says to which file the bytes belong.

use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use super::entry::{Entry, Progress};
use super::ground::{Ground, How};
use super::outlet::{Note, Outlet};
use super::reader::Reader;
use super::talk::Talk;
use super::{End, Tails, fetch, words};
use crate::model::fault::Fault;
use crate::model::log::{FetchFrom, Mark, Means, TailState};
use crate::probe::log::FileReader;
use crate::probe::tail::{Piece, cksum};

/// So often it is looked whether the name still is the file's.
const TICK: Duration = Duration::from_secs(1);
/// Ticks between two times at which the program hears that we are there.
const LEASE: u32 = 20;
/// So many bytes before a mark tell a file from another one.
const PRINT: usize = 256;
/// Lines are so long on their way at least, in microseconds: what was written next to them must not
/// seem to be before them.
const UNDERWAY: i64 = 100_000;
/// Bytes that are kept to find those.
const RECENT: usize = 8192;

/// What was read and is not delivered yet.
struct Read {
    lines: FileReader,
    inode: u64,
    /// Bytes of this file that came or were there before.
    came: u64,
    /// The newest of them.
    recent: Vec<u8>,
    first: Option<Mark>,
    /// So many of them were there when it was opened, and when they were written.
    was: (u64, Option<i64>),
    /// Something has come since the last tick.
    is_fresh: bool,
}

impl Read {
    fn new(zone: i64) -> Self {
        Self {
            lines: FileReader::new(0, zone),
            inode: 0,
            came: 0,
            recent: Vec::new(),
            first: None,
            was: (0, None),
            is_fresh: false,
        }
    }

    fn mark(&self) -> Mark {
        Mark::Offset { inode: self.inode, offset: self.lines.offset() }
    }

    /// Another file, or another place.
    fn begin(&mut self, inode: u64, offset: u64, was: (u64, Option<i64>)) {
        self.lines.resume(offset);
        self.was = was;
        self.inode = inode;
        self.came = offset;
        self.recent.clear();
    }

    fn take(&mut self, bytes: &[u8], now: i64, outlet: &mut Outlet<'_>) {
        if outlet.batch.is_empty() {
            self.first = Some(self.mark());
        }
        let (size, written) = self.was;
        let old = usize::try_from(size.saturating_sub(self.came)).unwrap_or(usize::MAX);
        let (old, new) = bytes.split_at_checked(old).unwrap_or((bytes, &[]));
        self.lines.heard(None);
        self.lines.push(old, now, &mut outlet.batch);
        self.came += bytes.len() as u64;
        if let Some(at) = written.filter(|_| !old.is_empty() && self.came >= size) {
            self.lines.ended(at, &mut outlet.batch);
        }
        if self.came > size {
            self.lines.heard(Some(now - UNDERWAY));
            self.lines.push(new, now, &mut outlet.batch);
        }
        let kept = bytes.get(bytes.len().saturating_sub(RECENT)..).unwrap_or_default();
        let surplus = (self.recent.len() + kept.len()).saturating_sub(RECENT);
        self.recent.drain(..surplus.min(self.recent.len()));
        self.recent.extend_from_slice(kept);
        self.is_fresh = true;
    }

    /// What is there of a line without an end is told.
    fn end_line(&mut self, now: i64, outlet: &mut Outlet<'_>) {
        if outlet.batch.is_empty() {
            self.first = Some(self.mark());
        }
        self.lines.partial(now, &mut outlet.batch);
        let (size, written) = self.was;
        if let Some(at) = written.filter(|_| self.came == size) {
            self.lines.ended(at, &mut outlet.batch);
        }
    }

    /// By what the bytes before the mark are known.
    fn print(&self) -> (u64, u32) {
        let behind = usize::try_from(self.came - self.lines.offset().min(self.came));
        let end = behind.ok().and_then(|behind| self.recent.len().checked_sub(behind));
        let Some(end) = end else { return (0, 0) };
        let bytes = self.recent.get(end.saturating_sub(PRINT)..end).unwrap_or_default();
        if bytes.is_empty() { (0, 0) } else { (bytes.len() as u64, cksum(bytes)) }
    }
}

impl Note for Read {
    fn marks(&mut self) -> (Option<Mark>, Option<Mark>) {
        (self.first.take(), Some(self.mark()))
    }

    fn delivered(&mut self, progress: &mut Progress) {
        progress.mark = Some(self.mark());
        progress.print = self.print();
        progress.truncated = false;
    }
}

pub(super) async fn follow(
    tails: &Tails,
    ground: &Ground<'_>,
    reader: &Reader,
    entry: &Entry,
    path: &str,
) -> End {
    if !path.starts_with('/') || path.contains('\n') {
        return End::Fault(words::refused(path, "its path is not an absolute one"));
    }
    let as_root = entry.progress().as_root;
    let how = if as_root { ground.root().unwrap_or(How::Plain) } else { ground.first() };
    let argv = match beginning(ground, reader, entry, path, how).await {
        Ok(argv) => argv,
        Err(fault) => return End::Fault(fault),
    };
    match following(tails, ground, entry, path, how, &argv).await {
        Ok(end) => end,
        Err(fault) => End::Fault(fault),
    }
}

/// The command by which it goes on where it was, or begins.
async fn beginning(
    ground: &Ground<'_>,
    reader: &Reader,
    entry: &Entry,
    path: &str,
    how: How,
) -> Result<Vec<String>, Fault> {
    let (mark, (bytes, sum)) = {
        let progress = entry.progress();
        (progress.mark.clone(), progress.print)
    };
    let command = |words: &[&dyn std::fmt::Display]| {
        let mut argv = vec!["qd_file".to_owned(), path.to_owned()];
        argv.extend(words.iter().map(ToString::to_string));
        argv
    };
    let moment = match (mark, &entry.tail.from) {
        (Some(Mark::Offset { inode, offset }), _) => {
            return Ok(command(&[&"from", &inode, &offset, &bytes, &sum]));
        }
        (_, FetchFrom::After(Mark::Offset { inode, offset })) => {
            return Ok(command(&[&"from", inode, offset, &0, &0]));
        }
        (_, FetchFrom::After(Mark::Moment(at) | Mark::Cursor(_, at)) | FetchFrom::Since(at)) => *at,
        (_, FetchFrom::Last(lines)) => return Ok(command(&[&"last", lines])),
        (_, FetchFrom::Before(_)) => return Ok(command(&[&"last", &0])),
    };
    let offset = fetch::offset_since(ground, reader, path, how, moment).await?;
    Ok(command(&[&"at", &offset]))
}

async fn following(
    tails: &Tails,
    ground: &Ground<'_>,
    entry: &Entry,
    path: &str,
    how: How,
    argv: &[String],
) -> Result<End, Fault> {
    let mut talk = Talk::open(ground.transport, how).await?;
    talk.say(&argv.iter().map(String::as_str).collect::<Vec<_>>()).await?;
    let mut outlet = Outlet::new(entry, &tails.logs);
    let mut read = Read::new(talk.zone);
    let mut tick = interval(TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut ticks = 0_u32;
    loop {
        tokio::select! {
            permit = outlet.room() => outlet.deliver(permit, &mut read),
            more = talk.read(), if outlet.has_room() => {
                more?;
                let now = ground.now();
                let mut asks = Vec::new();
                talk.take(&mut |piece| match piece {
                    // What a tail says behind a truncation is read again.
                    _ if asks.contains(&Ask::Again) => {}
                    Piece::Data(bytes) => read.take(bytes, now, &mut outlet),
                    Piece::Said(words) => {
                        asks.extend(said(&words, entry, now, &mut read, &mut outlet));
                    }
                    Piece::Complaint(words) if words.ends_with("file truncated") => {
                        asks.push(Ask::Again);
                    }
                    Piece::Complaint(words) => tracing::info!("tail: {words}"),
                });
                outlet.offer(&mut read);
                if !asks.is_empty() {
                    outlet.give_up_place();
                }
                for ask in asks {
                    match ask {
                        Ask::Rest => {
                            talk.say(&["qd_rest", &read.came.to_string()]).await?;
                        }
                        Ask::Again => {
                            outlet.flush(&mut read).await;
                            entry.progress().truncated = true;
                            return Ok(End::Again);
                        }
                        Ask::State(state) => {
                            let as_root = how == How::Sudo;
                            tails.means(entry, Means { as_root, engine: None }).await;
                            tails.state(entry, state).await;
                        }
                        // Who waits for a channel has something to read.
                        Ask::Missing if tails.crowd.load(Ordering::Relaxed) > 0 => {
                            return Err(words::missing(path));
                        }
                        Ask::Missing => {
                            let state = TailState::Waiting(words::missing(path));
                            tails.state(entry, state).await;
                        }
                        Ask::Root => match ground.root().filter(|_| how == How::Plain) {
                            Some(_) => {
                                entry.progress().as_root = true;
                                return Ok(End::Again);
                            }
                            None => return Err(words::denied(path, &ground.user())),
                        },
                        Ask::Refused(kind) => return Err(words::refused(path, &kind)),
                        Ask::Ended(status) => {
                            outlet.flush(&mut read).await;
                            return Err(words::ended("tail", &status, talk.complaint()));
                        }
                    }
                }
            }
            _ = tick.tick() => {
                if ticks.is_multiple_of(LEASE) {
                    talk.say(&["l"]).await?;
                }
                ticks = ticks.wrapping_add(1);
                talk.say(&["t"]).await?;
                let is_fresh = std::mem::take(&mut read.is_fresh);
                if !is_fresh && read.lines.has_rest() && outlet.has_room() {
                    read.end_line(ground.now(), &mut outlet);
                    outlet.offer(&mut read);
                }
            }
        }
    }
}

/// What is to be done about what the program said.
#[derive(PartialEq)]
enum Ask {
    /// Tell how far the old file came, so that its rest is read.
    Rest,
    /// Open it again.
    Again,
    /// Tell how it is.
    State(TailState),
    /// It is not there.
    Missing,
    /// It may be read as root only.
    Root,
    /// It is no regular file.
    Refused(String),
    /// tail has ended.
    Ended(String),
}

fn said(
    words: &str,
    entry: &Entry,
    now: i64,
    read: &mut Read,
    outlet: &mut Outlet<'_>,
) -> Option<Ask> {
    let mut parts = words.split(' ');
    match parts.next() {
        Some("file") => {
            let mut number = || parts.next().and_then(|word| word.parse().ok());
            let (inode, offset) = (number()?, number()?);
            let why = parts.next().unwrap_or_default();
            // Of what is read to its end only that is known.
            let size = parts.next().and_then(|size| size.parse().ok()).unwrap_or(u64::MAX);
            let was = (size, parts.next().and_then(fetch::seconds_to_micros));
            begin((inode, offset, was), why, entry, now, read, outlet);
            Some(Ask::State(TailState::Following))
        }
        Some("moved") => Some(Ask::Rest),
        Some("truncated") => Some(Ask::Again),
        Some("missing") => Some(Ask::Missing),
        Some("denied") => Some(Ask::Root),
        Some("refused") => Some(Ask::Refused(parts.next().unwrap_or_default().to_owned())),
        Some("ended") => Some(Ask::Ended(parts.next().unwrap_or_default().to_owned())),
        _ => None,
    }
}

/// Bytes of another file come, for this reason.
fn begin(
    (inode, offset, was): (u64, u64, (u64, Option<i64>)),
    why: &str,
    entry: &Entry,
    now: i64,
    read: &mut Read,
    outlet: &mut Outlet<'_>,
) {
    // The line that the old file ended with has no end any more.
    read.end_line(now, outlet);
    let (was_read, from, seen) = {
        let progress = entry.progress();
        (progress.mark.is_some(), progress.at, progress.truncated)
    };
    let gap = |why: &str| words::gap(from, now, why);
    let at = from.unwrap_or(now);
    match why {
        "rotated" => outlet.note("the file was rotated; a new one begins", at, false),
        "truncated-kept" => outlet.note(
            "the file was truncated after it had been copied; it goes on from its beginning",
            at,
            false,
        ),
        "truncated" if seen => outlet.note(
            "the file was truncated; what was written to it in the moment before may be missing",
            now,
            false,
        ),
        "truncated" if was_read => {
            outlet.note(&gap("the file was truncated and no copy of it is there"), now, true);
        }
        "replaced" if was_read => outlet.note(
            &gap("another file has its name, and what was there before is deleted or compressed"),
            now,
            true,
        ),
        _ => {}
    }
    read.begin(inode, offset, was);
}
