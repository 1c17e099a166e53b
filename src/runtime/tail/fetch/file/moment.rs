//! Where in files the lines of a moment begin.

use super::hand::{Hand, There};
use crate::model::fault::{Fault, FaultKind};
use crate::model::log::{Batch, Flags};
use crate::runtime::tail::ground::{Ground, How};
use crate::runtime::tail::reader::Reader;

/// Bytes in which a line with a moment is looked for.
const SAMPLE: u64 = 64 * 1024;
/// Of a compressed file, which is unpacked from its beginning for each look.
const SAMPLE_PACKED: u64 = 2 * 1024 * 1024;

/// The place of a moment in the newest file that has older lines before it: the file's, and the
/// byte.
pub(super) async fn place(hand: &mut Hand<'_>, at: i64) -> Result<(usize, u64), Fault> {
    let mut best = (0, 0);
    let files = hand.files.clone();
    for (place, file) in files.iter().enumerate() {
        // Most files are newer as a whole, which their first lines say.
        let size = SAMPLE.min(hand.size(file).await?);
        let front = hand.piece(file, 0, size).await?;
        let is_newer =
            timed(hand, &front, 0, false).lines.first().is_some_and(|(_, first)| *first >= at);
        let offset = if is_newer { 0 } else { bisect(hand, file, at).await? };
        best = (place, offset);
        if offset > 0 {
            break;
        }
    }
    Ok(best)
}

/// Pieces that are looked at for a line that says when, each larger than the one before.
const LOOKS: usize = 32;
/// The largest of them.
const LARGEST: u64 = 4 * 1024 * 1024;

/// The first line that begins at a place or behind it and says when: where it begins, and when that is.
/// `is_cut` says that a line may have begun before.
async fn next_timed(
    hand: &mut Hand<'_>,
    file: &There,
    from: u64,
    is_cut: bool,
) -> Result<Option<(u64, i64)>, Fault> {
    let all = hand.size(file).await?;
    let (mut place, mut is_cut, mut size) = (from, is_cut, SAMPLE);
    for _ in 0..LOOKS {
        let bytes = hand.piece(file, place, size.min(all.saturating_sub(place))).await?;
        if let Some(first) = timed(hand, &bytes, place, is_cut).lines.first() {
            return Ok(Some(*first));
        }
        let end = place + bytes.len() as u64;
        if end >= all || bytes.is_empty() {
            break;
        }
        match memchr::memrchr(b'\n', &bytes) {
            // The last line is looked at from its beginning on: its moment may be cut.
            Some(feed) => place += feed as u64 + 1,
            // One that is longer than what is looked at is passed over at once.
            None => place = end + hand.line_rest(file, end).await?,
        }
        is_cut = false;
        size = (size * 2).min(LARGEST);
    }
    Ok(None)
}

/// When the last line before a place was that says when. A line begins at the place.
pub(super) async fn before(
    hand: &mut Hand<'_>,
    file: &There,
    place: u64,
) -> Result<Option<i64>, Fault> {
    let from = place.saturating_sub(SAMPLE);
    let bytes = hand.piece(file, from, place - from).await?;
    if let Some((_, at)) = timed(hand, &bytes, from, from > 0).lines.last() {
        return Ok(Some(*at));
    }
    if from == 0 {
        return Ok(None);
    }
    let begin = hand.line_begin(file, place).await?;
    let bytes = hand.piece(file, begin, SAMPLE.min(place.saturating_sub(begin))).await?;
    Ok(timed(hand, &bytes, begin, false).lines.first().map(|(_, at)| *at))
}

/// The first byte of the first line that is not before a moment, by halving: lines of a log are
/// in order, nearly.
async fn bisect(hand: &mut Hand<'_>, file: &There, at: i64) -> Result<u64, Fault> {
    let all = hand.size(file).await?;
    let fine = if file.is_packed() { SAMPLE_PACKED } else { SAMPLE };
    // What begins behind `low` is before the moment, and what begins behind `high` is not.
    let (mut low, mut high) = (0, all);
    while high - low > fine {
        let middle = low + (high - low) / 2;
        match next_timed(hand, file, middle, middle > 0).await? {
            Some((_, moment)) if moment < at => low = middle,
            // Or nothing behind it says when.
            Some(_) | None => high = middle,
        }
    }
    let rest = all.saturating_sub(low).min(high - low + SAMPLE);
    let bytes = hand.piece(file, low, rest).await?;
    let Timed { lines, last_words } = timed(hand, &bytes, low, low > 0);
    if let Some((place, _)) = lines.iter().find(|(_, moment)| *moment >= at) {
        return Ok(*place);
    }
    let next = if high < all { next_timed(hand, file, high, high > 0).await? } else { None };
    if let Some((place, _)) = next.filter(|(_, moment)| *moment >= at) {
        return Ok(place);
    }
    // Where nothing says when, all of it may be meant; what stands behind the last line that does was
    // written by the file's last moment.
    let is_later = next.is_none() && file.written.is_some_and(|written| written >= at);
    Ok(match last_words {
        _ if lines.is_empty() && low == 0 => low,
        Some(begin) if is_later => begin,
        _ => all,
    })
}

/// What lines say of when.
struct Timed {
    /// Those that do: where they begin, and when that is.
    lines: Vec<(u64, i64)>,
    /// Where those begin that do not, and are no part of the last that does.
    last_words: Option<u64>,
}

/// The first piece of a line is none.
fn timed(hand: &Hand<'_>, bytes: &[u8], start: u64, is_cut: bool) -> Timed {
    let begin =
        if is_cut { memchr::memchr(b'\n', bytes).map_or(bytes.len(), |at| at + 1) } else { 0 };
    let now = hand.ground.now();
    let mut reader = hand.lines(start + begin as u64);
    let mut batch = Batch::default();
    let mut found = Timed { lines: Vec::new(), last_words: None };
    for line in bytes.get(begin..).unwrap_or_default().split_inclusive(|b| *b == b'\n') {
        let place = reader.offset();
        batch.text.clear();
        batch.lines.clear();
        reader.push(line, now, &mut batch);
        // A line's beginning says when, wherever its end is.
        reader.partial(now, &mut batch);
        let Some(line) = batch.lines.first().filter(|l| !l.flags.has(Flags::CONTINUED)) else {
            continue;
        };
        if line.flags.has(Flags::UNTIMED) {
            found.last_words.get_or_insert(place);
        } else {
            found.lines.push((place, line.at));
            found.last_words = None;
        }
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
    let mut hand = match Hand::new(ground, reader, path, how, u64::MAX).await {
        Ok(hand) => hand,
        // It is waited for, from its beginning.
        Err(fault) if fault.kind == FaultKind::Missing => return Ok(0),
        Err(fault) => return Err(fault),
    };
    match hand.files.first().filter(|file| file.path == path).cloned() {
        Some(file) => bisect(&mut hand, &file, at).await,
        None => Ok(0),
    }
}
