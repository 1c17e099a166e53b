//! Pieces of files, and of the files that they were rotated to. Those that are compressed are
//! read like the others: places in them are counted in what they unpack to.

mod hand;
mod moment;

pub(in crate::runtime::tail) use self::hand::{Seen, seconds_to_micros};
pub(in crate::runtime::tail) use self::moment::offset_since;

use self::hand::{Hand, There};
use super::{Found, MOST, MOST_LINES, PIECE, lines};
use crate::model::fault::Fault;
use crate::model::log::batch::{BATCH, LONGEST};
use crate::model::log::{Batch, Fetch, FetchFrom, Flags, Line, Mark};
use crate::runtime::tail::ground::Ground;
use crate::runtime::tail::reader::Reader;

/// The first piece that is read backwards.
const FIRST: u64 = 128 * 1024;

pub(super) async fn find(
    ground: &Ground<'_>,
    reader: &Reader,
    fetch: &Fetch,
    path: &str,
) -> Result<Found, Fault> {
    let left = u64::from(fetch.bytes).clamp(PIECE, MOST);
    let most = lines(fetch) as usize;
    if let FetchFrom::After(Mark::Offset { inode, offset }) = &fetch.from
        && let Some(mut hand) = Hand::again(ground, reader, path, (*inode, *offset), left)
        && let Some(place) = hand.files.iter().position(|file| file.inode == *inode)
        // It may have been rotated since.
        && let Ok(found) = after(&mut hand, place, *offset, most, true).await
        // Or truncated.
        && !found.batches.is_empty()
    {
        return Ok(found);
    }
    let mut hand = Hand::new(ground, reader, path, ground.first(), left).await?;
    let known = |hand: &Hand<'_>, inode| hand.files.iter().position(|file| file.inode == inode);
    match &fetch.from {
        FetchFrom::Last(_) => before(&mut hand, 0, u64::MAX, most).await,
        FetchFrom::Before(Mark::Offset { inode, offset }) => {
            let place = known(&hand, *inode).unwrap_or(0);
            before(&mut hand, place, *offset, most).await
        }
        FetchFrom::Before(Mark::Moment(at) | Mark::Cursor(_, at)) => {
            let (place, offset) = moment::place(&mut hand, *at).await?;
            hand.left = left;
            before(&mut hand, place, offset, most).await
        }
        FetchFrom::After(Mark::Offset { inode, offset }) => match known(&hand, *inode) {
            Some(place) => after(&mut hand, place, *offset, most, true).await,
            None => replaced(&mut hand, most).await,
        },
        FetchFrom::Since(at) | FetchFrom::After(Mark::Moment(at) | Mark::Cursor(_, at)) => {
            let (place, offset) = moment::place(&mut hand, *at).await?;
            hand.left = left;
            // Who asks for as many lines as there may be reads on.
            after(&mut hand, place, offset, most, fetch.lines >= MOST_LINES).await
        }
    }
}

/// The file of a mark is gone: it goes on with the newest, and says so.
async fn replaced(hand: &mut Hand<'_>, most: usize) -> Result<Found, Fault> {
    let mut found = after(hand, 0, 0, most, false).await?;
    let text = "lines may be missing or come twice here: the file was rotated while it was read";
    let first = found.batches.first().and_then(|batch| batch.lines.first());
    let at = first.map_or_else(|| hand.ground.now(), |line| line.at);
    let mut note = Batch::default();
    note.push_note(text, at, true);
    found.batches.insert(0, note);
    Ok(found)
}

/// The lines before a place, into older files where that is needed.
async fn before(
    hand: &mut Hand<'_>,
    place: usize,
    offset: u64,
    most: usize,
) -> Result<Found, Fault> {
    let files = hand.files.clone();
    let mut parts: Vec<(Vec<Batch>, Mark, Mark)> = Vec::new();
    let mut count = 0;
    let mut end = true;
    for (n, file) in files.iter().enumerate().skip(place) {
        let size = hand.size(file).await?;
        let upto = if n == place { offset.min(size) } else { size };
        let piece = newest(hand, file, upto, most - count).await?;
        let written = file.written.filter(|_| upto == size);
        let mut part = cut_lines(hand, (&piece, most - count), written, None);
        let is_untimed =
            |batch: &Batch| batch.lines.first().is_some_and(|line| line.flags.has(Flags::UNTIMED));
        // What goes on from a line before it has that line's moment, and not the one of reading it.
        if part.from > 0
            && part.batches.first().is_some_and(is_untimed)
            && let Some(at) = moment::before(hand, file, part.from).await?
        {
            part = cut_lines(hand, (&piece, most - count), written, Some(at));
        }
        count += part.count;
        let mark = |offset| Mark::Offset { inode: file.inode, offset };
        end = part.from == 0;
        if !part.batches.is_empty() {
            parts.push((part.batches, mark(part.from), mark(part.to)));
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
    found.batches = parts.into_iter().flat_map(|(batches, ..)| batches).collect();
    Ok(found)
}

/// Whole lines of a file.
struct Lines {
    bytes: Vec<u8>,
    /// Where the first begins.
    start: u64,
    /// What is left out of the last, which is longer than what may be read.
    left_out: u64,
}

/// So much before a place that so many lines are in it, from a line's beginning on.
async fn newest(hand: &mut Hand<'_>, file: &There, upto: u64, most: usize) -> Result<Lines, Fault> {
    let mut pieces: Vec<Vec<u8>> = Vec::new();
    let mut start = upto;
    let mut feeds = 0;
    // A compressed file is unpacked from its beginning for each piece.
    let mut step = if file.is_packed() { MOST } else { FIRST };
    // A line begins in it.
    let mut has_begin = false;
    // The feed before the first of them is one more.
    while start > 0 && feeds <= most && hand.left > 0 {
        let bytes = step.min(start).min(if has_begin { hand.left } else { hand.left.max(PIECE) });
        let piece = hand.piece(file, start - bytes, bytes).await?;
        start -= bytes;
        feeds += memchr::memchr_iter(b'\n', &piece).count();
        let inner =
            if pieces.is_empty() { piece.split_last().map_or(&[][..], |(_, l)| l) } else { &piece };
        has_begin |= memchr::memchr(b'\n', inner).is_some();
        pieces.push(piece);
        step = (step * 4).min(MOST);
    }
    if start > 0 && !has_begin && upto > 0 {
        let start = hand.line_begin(file, upto).await?.min(upto);
        let bytes = hand.piece(file, start, (upto - start).min(LONGEST as u64)).await?;
        let left_out = (upto - start).saturating_sub(bytes.len() as u64);
        return Ok(Lines { bytes, start, left_out });
    }
    pieces.reverse();
    let mut bytes = pieces.concat();
    // A line without a beginning is told as far as it was read.
    if start > 0 && has_begin {
        let begin = memchr::memchr(b'\n', &bytes).map_or(0, |at| at + 1);
        bytes.drain(..begin);
        start += begin as u64;
    }
    Ok(Lines { bytes, start, left_out: 0 })
}

/// Lines of a piece.
struct Part {
    batches: Vec<Batch>,
    count: usize,
    /// Where the first begins.
    from: u64,
    /// The byte behind the last.
    to: u64,
}

/// The last lines of what was read. `written` is when its end was written, `behind` when the line before
/// the first was, where that is known.
fn cut_lines(
    hand: &Hand<'_>,
    (Lines { bytes, start, left_out }, most): (&Lines, usize),
    written: Option<i64>,
    behind: Option<i64>,
) -> Part {
    let mut feeds = memchr::memrchr_iter(b'\n', bytes);
    let ends = usize::from(!bytes.is_empty() && bytes.last() != Some(&b'\n'));
    let skipped = feeds.nth(most - ends.min(most)).map_or(0, |at| at + 1);
    let from = start + skipped as u64;
    let mut reader = hand.lines(from);
    if let Some(at) = behind {
        reader = reader.behind(at);
    }
    let mut batches = Vec::new();
    let mut batch = Batch::default();
    let now = hand.ground.now();
    for piece in bytes.get(skipped..).unwrap_or_default().chunks(BATCH) {
        reader.push(piece, now, &mut batch);
        if batch.text.len() >= BATCH {
            batches.push(std::mem::take(&mut batch));
        }
    }
    reader.leave_out(*left_out, now, &mut batch);
    reader.partial(now, &mut batch);
    if let Some(at) = written {
        reader.ended(at, &mut batch);
    }
    if !batch.is_empty() {
        batches.push(batch);
    }
    date_beginnings(&mut batches);
    let count = batches.iter().map(|batch| batch.lines.len()).sum();
    Part { batches, count, from, to: reader.offset() }
}

/// Lines before the first that says its moment have that, in whatever batch it is.
fn date_beginnings(batches: &mut [Batch]) {
    let untimed = |line: &Line| line.flags.has(Flags::UNTIMED);
    let first = batches.iter().position(|batch| !batch.lines.iter().all(untimed));
    let Some(first) = first.filter(|first| *first > 0) else { return };
    let dated = batches.get(first).and_then(|batch| batch.lines.iter().find(|l| !untimed(l)));
    let Some(at) = dated.map(|line| line.at) else { return };
    for batch in batches.iter_mut().take(first) {
        // What goes on behind a page that was read before has the moment of that.
        batch.lines.iter_mut().for_each(|line| line.at = line.at.min(at));
        batch.earlier.clear();
    }
}

/// The lines behind a place, into newer files where that is needed. `is_next` says that more will be
/// asked for, as after the page before.
async fn after(
    hand: &mut Hand<'_>,
    place: usize,
    offset: u64,
    most: usize,
    is_next: bool,
) -> Result<Found, Fault> {
    let mut found = Found::default();
    let mut count = 0;
    let files = hand.files.clone();
    for (n, file) in files.get(..=place).unwrap_or(&files).iter().enumerate().rev() {
        let begin = if n == place { offset } else { 0 };
        let size = hand.size(file).await?;
        let wanted = size.saturating_sub(begin).min(hand.left);
        let mark = |offset| Mark::Offset { inode: file.inode, offset };
        found.first.get_or_insert_with(|| mark(begin));
        let mut reader = hand.lines_of(file, begin);
        let mut came = begin;
        let spares = hand.spares();
        let mut batch = spares.take();
        let now = hand.ground.now();
        if wanted > 0 && count < most {
            let batches = &mut found.batches;
            let mut take = |bytes: &[u8]| {
                came += bytes.len() as u64;
                // Where the lines that are wanted end.
                let more = most.saturating_sub(count);
                let nth = |last| {
                    // So few bytes have not so many lines.
                    let may_end = last < bytes.len();
                    may_end.then(|| memchr::memchr_iter(b'\n', bytes).nth(last)).flatten()
                };
                let end = more.checked_sub(1).map(nth);
                let bytes = match end {
                    None => return,
                    Some(None) => bytes,
                    Some(Some(end)) => bytes.get(..=end).unwrap_or(bytes),
                };
                let before = batch.lines.len();
                reader.push(bytes, now, &mut batch);
                count += batch.lines.len() - before;
                if batch.text.len() >= BATCH {
                    let full = std::mem::replace(&mut batch, spares.take());
                    batches.push(full);
                }
            };
            if is_next {
                hand.stream(file, begin, wanted, &mut take).await?;
            } else {
                hand.pour(file, begin, wanted, &mut take).await?;
            }
        }
        let is_read = count < most && came >= size;
        // A line that is longer than a piece is one line, and counted to its end.
        if !is_read && count < most && came > begin && reader.offset() == begin {
            let rest = hand.line_rest(file, came).await?;
            reader.leave_out(rest, now, &mut batch);
        }
        // Its end, where the last line may have none.
        if is_read || (count < most && reader.offset() == begin) {
            reader.partial(now, &mut batch);
        }
        if let Some(at) = file.written.filter(|_| reader.offset() >= size) {
            reader.ended(at, &mut batch);
        }
        if !batch.is_empty() {
            found.batches.push(batch);
        }
        date_beginnings(&mut found.batches);
        hand.note_end(file, &reader);
        found.last = Some(mark(reader.offset()));
        found.end = n == 0 && is_read;
        if count >= most || hand.left == 0 {
            break;
        }
    }
    Ok(found)
}

/// Batches are not larger.
const _: () = assert!(PIECE >= BATCH as u64);
