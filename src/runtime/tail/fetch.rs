//! Reads a piece of a log once.

mod container;
mod file;
mod journal;

pub(super) use self::file::{Seen, offset_since, seconds_to_micros};

use std::time::Duration;

use super::Tails;
use super::ground::Ground;
use super::reader::Reader;
use crate::model::fault::Fault;
use crate::model::log::{Batch, Fetch, Mark, Origin, Stream};

/// A question to the host is given up when nothing came for so long.
const SILENCE: Duration = Duration::from_secs(25);
/// Lines that are answered at most.
const MOST_LINES: u32 = 1_000_000;
/// Bytes of a file that are answered at most.
const MOST: u64 = 16 * 1024 * 1024;
/// And at least, where they are there.
const PIECE: u64 = 512 * 1024;

/// What was found.
#[derive(Default)]
struct Found {
    batches: Vec<Batch>,
    first: Option<Mark>,
    last: Option<Mark>,
    end: bool,
}

/// Answers.
pub(super) async fn answer(tails: &Tails, ground: &Ground<'_>, reader: &Reader, fetch: Fetch) {
    ground.known().await;
    tails.skew.store(ground.skew(), std::sync::atomic::Ordering::Relaxed);
    let id = fetch.tail;
    let from = fetch.from.clone();
    let stream = match find(ground, reader, &fetch).await {
        Ok(Found { batches, first, last, end }) => {
            Stream::Fetched { from, batches, first, last, end }
        }
        Err(fault) => Stream::FetchFailed(from, fault),
    };
    tails.say(id, stream).await;
}

async fn find(ground: &Ground<'_>, reader: &Reader, fetch: &Fetch) -> Result<Found, Fault> {
    match &fetch.origin {
        Origin::Journal(_) | Origin::Units(_) | Origin::System => {
            journal::find(ground, reader, fetch).await
        }
        Origin::File(path) => file::find(ground, reader, fetch, path).await,
        Origin::Container(name) => container::find(ground, reader, fetch, name).await,
    }
}

/// How many lines are wanted.
fn lines(fetch: &Fetch) -> u32 {
    match fetch.from {
        crate::model::log::FetchFrom::Last(lines) => lines.min(fetch.lines),
        _ => fetch.lines,
    }
    .clamp(1, MOST_LINES)
}
