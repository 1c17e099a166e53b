//! Where in files the lines of a moment begin.

use super::hand::{Hand, There};
use crate::model::fault::{Fault, FaultKind};
use crate::model::log::{Batch, Flags};
use crate::runtime::tail::fetch::PIECE;
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

/// The first byte of the first line that is not before a moment, by halving: lines of a log are
/// in order, nearly.
async fn bisect(hand: &mut Hand<'_>, file: &There, at: i64) -> Result<u64, Fault> {
    let all = hand.size(file).await?;
    let fine = if file.is_packed() { SAMPLE_PACKED } else { SAMPLE };
    let (mut low, mut high) = (0, all);
    while high - low > fine {
        let middle = low + (high - low) / 2;
        let bytes = hand.piece(file, middle, SAMPLE.min(high - middle)).await?;
        match timed(hand, &bytes, middle, middle > 0).lines.first() {
            Some((_, moment)) if *moment < at => low = middle,
            Some(_) => high = middle,
            // Nothing there says when: not searched any closer.
            None => break,
        }
    }
    // The line that the sample found before may begin a little behind `high`.
    let rest = all.saturating_sub(low).min(high - low + SAMPLE).min(5 * PIECE);
    let bytes = hand.piece(file, low, rest).await?;
    let Timed { lines, last_words } = timed(hand, &bytes, low, low > 0);
    // Where nothing says when, all of it may be meant; what stands behind the last line that does was
    // written by the file's last moment.
    let is_later = low + rest >= all && file.written.is_some_and(|written| written >= at);
    let none = match last_words {
        _ if lines.is_empty() => low,
        Some(begin) if is_later => begin,
        _ => low + rest,
    };
    Ok(lines.iter().find(|(_, moment)| *moment >= at).map_or(none, |(place, _)| *place))
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
