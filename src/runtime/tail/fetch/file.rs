//! Pieces of files, and of the files that they were rotated to.

use super::{DEADLINE, Found, lines};
use crate::model::fault::{Fault, FaultKind};
use crate::model::log::batch::BATCH;
use crate::model::log::{Batch, Fetch, FetchFrom, Flags, Line, Mark};
use crate::model::text::clean;
use crate::probe::log::FileReader;
use crate::probe::tail::Piece;
use crate::runtime::tail::ground::{Ground, How};
use crate::runtime::tail::reader::Reader;
use crate::runtime::tail::words;

/// Bytes that are read at once.
const STEP: u64 = 512 * 1024;
/// Bytes that are read for one answer.
const MOST: u64 = 32 * 1024 * 1024;
/// Bytes in which a line with a moment is looked for.
const SAMPLE: u64 = 64 * 1024;

/// A file on the host.
#[derive(Clone, Debug)]
struct There {
    path: String,
    inode: u64,
    size: u64,
}

impl There {
    /// gzip(1) gives it this name and no other.
    fn is_packed(&self) -> bool {
        self.path.as_bytes().ends_with(b".gz")
    }
}

/// A file and what it was rotated to, the newest first; the first is the file itself.
async fn look(
    ground: &Ground<'_>,
    reader: &Reader,
    path: &str,
    how: How,
) -> Result<Vec<There>, Fault> {
    let mut found = Vec::new();
    let mut trouble = None;
    let asked = reader
        .ask(ground, how, &["qd_stat", path], DEADLINE, &mut |piece| {
            if let Piece::Said(words) = piece {
                let mut parts = words.splitn(4, ' ');
                match (parts.next(), parts.next(), parts.next(), parts.next()) {
                    (Some("stat" | "older"), Some(inode), Some(size), Some(path)) => {
                        if let (Ok(inode), Ok(size)) = (inode.parse(), size.parse()) {
                            found.push(There { path: path.to_owned(), inode, size });
                        }
                    }
                    (Some("denied"), ..) => trouble = Some(words::denied(path, &ground.user())),
                    (Some("refused"), kind, ..) => {
                        trouble = Some(words::refused(path, kind.unwrap_or_default()));
                    }
                    // Its rotated files may be there.
                    _ => {}
                }
            }
            true
        })
        .await;
    asked?;
    match trouble {
        Some(fault) if fault.kind == FaultKind::Denied && how == How::Plain => {
            match ground.root() {
                Some(root) => Box::pin(look(ground, reader, path, root)).await,
                None => Err(fault),
            }
        }
        Some(fault) => Err(fault),
        None if found.is_empty() => Err(words::missing(path)),
        None => Ok(found),
    }
}

/// A look, and one's hands: how it was read is how its pieces are.
struct Hand<'a> {
    ground: &'a Ground<'a>,
    reader: &'a Reader,
    how: How,
    left: u64,
}

impl Hand<'_> {
    async fn piece(&mut self, file: &There, offset: u64, bytes: u64) -> Result<Vec<u8>, Fault> {
        self.left = self.left.saturating_sub(bytes);
        let words = [file.inode.to_string(), offset.to_string(), bytes.to_string()];
        let [inode, offset, bytes] = &words;
        self.ask(&["qd_piece", &file.path, inode, offset, bytes], &file.path).await
    }

    async fn unpacked(&mut self, file: &There) -> Result<Vec<u8>, Fault> {
        let bytes = self.left.min(MOST / 4);
        self.left -= bytes;
        let words = [file.inode.to_string(), bytes.to_string()];
        let [inode, bytes] = &words;
        self.ask(&["qd_unpacked", &file.path, inode, bytes], &file.path).await
    }

    async fn ask(&self, argv: &[&str], path: &str) -> Result<Vec<u8>, Fault> {
        let mut read = Vec::new();
        let mut is_gone = false;
        let asked = self
            .reader
            .ask(self.ground, self.how, argv, DEADLINE, &mut |piece| {
                match piece {
                    Piece::Data(bytes) => read.extend_from_slice(bytes),
                    Piece::Said(words) => is_gone |= words == "gone",
                    Piece::Complaint(_) => {}
                }
                read.len() as u64 <= MOST
            })
            .await;
        asked?;
        if is_gone {
            let detail = "it was rotated while it was read";
            return Err(
                Fault::new(FaultKind::Failed, format!("read {path}"), detail).remedy("ask again")
            );
        }
        Ok(read)
    }
}

fn hand<'a>(ground: &'a Ground<'a>, reader: &'a Reader) -> Hand<'a> {
    // What the user may not read root may, where that is allowed.
    Hand { ground, reader, how: ground.root().unwrap_or(How::Plain), left: MOST }
}

pub(super) async fn find(
    ground: &Ground<'_>,
    reader: &Reader,
    fetch: &Fetch,
    path: &str,
) -> Result<Found, Fault> {
    let files = look(ground, reader, path, ground.first()).await?;
    let mut hand = hand(ground, reader);
    let most = lines(fetch) as usize;
    let (place, offset) = match &fetch.from {
        FetchFrom::Last(_) => {
            let size = files.first().map_or(0, |file| file.size);
            return before(&mut hand, &files, 0, size, most, ground.now()).await;
        }
        FetchFrom::Before(Mark::Offset { inode, offset }) => {
            let place = files.iter().position(|file| file.inode == *inode).unwrap_or(0);
            return before(&mut hand, &files, place, *offset, most, ground.now()).await;
        }
        FetchFrom::Before(Mark::Moment(at) | Mark::Cursor(_, at)) => {
            let (place, offset) = bisect_all(&mut hand, &files, *at).await?;
            return before(&mut hand, &files, place, offset, most, ground.now()).await;
        }
        FetchFrom::After(Mark::Offset { inode, offset }) => {
            let place = files.iter().position(|file| file.inode == *inode);
            place.map_or((0, 0), |place| (place, *offset))
        }
        FetchFrom::Since(at) | FetchFrom::After(Mark::Moment(at) | Mark::Cursor(_, at)) => {
            let (place, offset) = bisect_all(&mut hand, &files, *at).await?;
            let older = files.get(place + 1).filter(|older| offset == 0 && older.is_packed());
            let mut found = after(&mut hand, &files, place, offset, most, ground.now()).await?;
            if let Some(older) = older {
                let text = format!("older lines are compressed, in {}", clean(&older.path, 512));
                let flags = Flags::default().with(Flags::NOTE).with(Flags::GAP);
                let mut note = Batch::default();
                note.push(text.as_bytes(), Line { at: *at, flags, ..Line::default() });
                found.batches.insert(0, note);
            }
            return Ok(found);
        }
    };
    after(&mut hand, &files, place, offset, most, ground.now()).await
}

/// The lines before a place, into older files where that is needed.
async fn before(
    hand: &mut Hand<'_>,
    files: &[There],
    place: usize,
    offset: u64,
    most: usize,
    now: i64,
) -> Result<Found, Fault> {
    let mut parts: Vec<(Batch, Mark, Mark)> = Vec::new();
    let mut count = 0;
    let mut end = true;
    for (n, file) in files.iter().enumerate().skip(place) {
        let upto = if n == place { offset.min(file.size) } else { file.size };
        let is_packed = file.is_packed();
        let (bytes, start) = if is_packed {
            (hand.unpacked(file).await?, 0)
        } else {
            newest(hand, file, upto, most - count).await?
        };
        let (batch, from, to) = cut_lines(&bytes, start, most - count, now);
        count += batch.lines.len();
        let mark = |offset| Mark::Offset { inode: file.inode, offset };
        end = from == 0 && !is_packed;
        if !batch.is_empty() {
            parts.push((batch, mark(from), mark(to)));
        }
        if count >= most || hand.left == 0 {
            end = end && n + 1 == files.len();
            break;
        }
    }
    parts.reverse();
    let mut found = Found { end, ..Found::default() };
    found.first = parts.first().map(|(_, first, _)| first.clone());
    found.last = parts.last().map(|(.., last)| last.clone());
    found.batches = parts.into_iter().map(|(batch, ..)| batch).collect();
    Ok(found)
}

/// So much before a place that so many lines are in it, from a line's beginning on; and where that
/// is.
async fn newest(
    hand: &mut Hand<'_>,
    file: &There,
    upto: u64,
    most: usize,
) -> Result<(Vec<u8>, u64), Fault> {
    let mut bytes: Vec<u8> = Vec::new();
    let mut start = upto;
    while start > 0 && hand.left > 0 {
        let step = STEP.min(start);
        let mut older = hand.piece(file, start - step, step).await?;
        start -= step;
        older.extend_from_slice(&bytes);
        bytes = older;
        // The feed before the first of them is one more.
        if memchr::memchr_iter(b'\n', &bytes).count() > most {
            break;
        }
    }
    if start > 0 {
        let begin = memchr::memchr(b'\n', &bytes).map_or(0, |at| at + 1);
        bytes.drain(..begin);
        start += begin as u64;
    }
    Ok((bytes, start))
}

/// The last lines of what was read; where the first begins, and the byte behind the last.
fn cut_lines(bytes: &[u8], start: u64, most: usize, now: i64) -> (Batch, u64, u64) {
    let mut feeds = memchr::memrchr_iter(b'\n', bytes);
    let ends = usize::from(!bytes.is_empty() && bytes.last() != Some(&b'\n'));
    let skipped = feeds.nth(most - ends.min(most)).map_or(0, |at| at + 1);
    let kept = bytes.get(skipped..).unwrap_or_default();
    let from = start + skipped as u64;
    let mut reader = FileReader::new(from, 0);
    let mut batch = Batch::default();
    reader.push(kept, now, &mut batch);
    reader.partial(now, &mut batch);
    (batch, from, reader.offset())
}

/// The lines behind a place, into newer files where that is needed.
async fn after(
    hand: &mut Hand<'_>,
    files: &[There],
    place: usize,
    offset: u64,
    most: usize,
    now: i64,
) -> Result<Found, Fault> {
    let mut found = Found::default();
    let mut count = 0;
    let newer = files.get(..=place).unwrap_or(files);
    for (n, file) in newer.iter().enumerate().rev() {
        if file.is_packed() {
            continue;
        }
        let mut at = if n == place { offset } else { 0 };
        let mut reader = FileReader::new(at, 0);
        let mark = |offset| Mark::Offset { inode: file.inode, offset };
        found.first.get_or_insert_with(|| mark(at));
        while at < file.size && count < most && hand.left > 0 {
            let bytes = hand.piece(file, at, STEP.min(file.size - at)).await?;
            if bytes.is_empty() {
                break;
            }
            at += bytes.len() as u64;
            // Where the lines that are wanted end.
            let end = memchr::memchr_iter(b'\n', &bytes).nth(most - count - 1);
            let wanted = end.map_or(bytes.as_slice(), |end| bytes.get(..=end).unwrap_or(&bytes));
            let mut batch = Batch::default();
            reader.push(wanted, now, &mut batch);
            count += batch.lines.iter().filter(|line| !line.flags.has(Flags::PARTIAL)).count();
            if !batch.is_empty() {
                found.batches.push(batch);
            }
        }
        found.last = Some(mark(reader.offset()));
        found.end = n == 0 && reader.offset() + (at - reader.offset()) >= file.size && count < most;
        if count >= most || hand.left == 0 {
            break;
        }
    }
    Ok(found)
}

/// Where lines of a moment begin, in the newest file that has older ones before them.
async fn bisect_all(hand: &mut Hand<'_>, files: &[There], at: i64) -> Result<(usize, u64), Fault> {
    let mut best = (0, 0);
    for (place, file) in files.iter().enumerate() {
        if file.is_packed() {
            break;
        }
        let offset = bisect(hand, file, at).await?;
        best = (place, offset);
        if offset > 0 {
            break;
        }
    }
    Ok(best)
}

/// The first byte of the first line that is not before a moment, by halving: lines of a log are
/// in order, nearly.
async fn bisect(hand: &mut Hand<'_>, file: &There, at: i64) -> Result<u64, Fault> {
    let now = hand.ground.now();
    let (mut low, mut high) = (0, file.size);
    while high - low > SAMPLE {
        let middle = low + (high - low) / 2;
        let bytes = hand.piece(file, middle, SAMPLE.min(high - middle)).await?;
        match timed(&bytes, middle, middle > 0, now).first() {
            Some((_, moment)) if *moment < at => low = middle,
            Some(_) => high = middle,
            // Nothing there says when: not searched any closer.
            None => break,
        }
    }
    // The line that the sample found before may begin a little behind `high`.
    let rest = file.size.saturating_sub(low).min(high - low + SAMPLE).min(4 * STEP);
    let bytes = hand.piece(file, low, rest).await?;
    let lines = timed(&bytes, low, low > 0, now);
    // Where nothing says when, all of it may be meant.
    let none = if lines.is_empty() { low } else { low + rest };
    Ok(lines.iter().find(|(_, moment)| *moment >= at).map_or(none, |(place, _)| *place))
}

/// Lines that say when: where they begin, and when that is. The first piece of a line is none.
fn timed(bytes: &[u8], start: u64, is_cut: bool, now: i64) -> Vec<(u64, i64)> {
    let begin =
        if is_cut { memchr::memchr(b'\n', bytes).map_or(bytes.len(), |at| at + 1) } else { 0 };
    let begin_at = start + begin as u64;
    let mut reader = FileReader::new(begin_at, 0);
    let mut batch = Batch::default();
    let mut found = Vec::new();
    for line in bytes.get(begin..).unwrap_or_default().split_inclusive(|b| *b == b'\n') {
        let place = reader.offset();
        batch.text.clear();
        batch.lines.clear();
        reader.push(line, now, &mut batch);
        let has_time = |flags: Flags| !flags.has(Flags::UNTIMED) && !flags.has(Flags::CONTINUED);
        found.extend(batch.lines.first().filter(|l| has_time(l.flags)).map(|l| (place, l.at)));
    }
    found
}

/// Where in a file the lines of a moment begin.
pub(in crate::runtime::tail) async fn offset_since(
    ground: &Ground<'_>,
    reader: &Reader,
    path: &str,
    how: How,
    at: i64,
) -> Result<u64, Fault> {
    let files = match look(ground, reader, path, how).await {
        Ok(files) => files,
        // It is waited for, from its beginning.
        Err(fault) if fault.kind == FaultKind::Missing => return Ok(0),
        Err(fault) => return Err(fault),
    };
    let mut hand = hand(ground, reader);
    match files.first().filter(|file| file.path == path) {
        Some(file) => bisect(&mut hand, file, at).await,
        None => Ok(0),
    }
}

/// Batches are not larger.
const _: () = assert!(STEP >= BATCH as u64);
