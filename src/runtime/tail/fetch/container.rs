//! Pieces of a container's log.

use super::{Found, MOST_LINES, SILENCE, lines};
use crate::model::fault::{Fault, FaultKind};
use crate::model::log::batch::BATCH;
use crate::model::log::{Batch, Fetch, FetchFrom, Mark};
use crate::probe::log::StampedReader;
use crate::probe::log::stamped::{BEFORE, read_mark, sum};
use crate::probe::tail::Piece;
use crate::runtime::tail::container::since;
use crate::runtime::tail::ground::{Ground, How};
use crate::runtime::tail::reader::Reader;
use crate::runtime::tail::words;

pub(super) async fn find(
    ground: &Ground<'_>,
    reader: &Reader,
    fetch: &Fetch,
    name: &str,
) -> Result<Found, Fault> {
    let first = ground.first();
    match piece(ground, reader, fetch, name, first).await? {
        Ok(found) => Ok(found),
        // What the user may not see, or does not have, root may.
        Err(why) => match ground.root().filter(|_| first == How::Plain && why != "no-engine") {
            Some(root) => piece(ground, reader, fetch, name, root)
                .await?
                .map_err(|why| words::no_container(name, &why, &ground.user())),
            None => Err(words::no_container(name, &why, &ground.user())),
        },
    }
}

/// What was found, or the word for why there is nothing.
async fn piece(
    ground: &Ground<'_>,
    reader: &Reader,
    fetch: &Fetch,
    name: &str,
    how: How,
) -> Result<Result<Found, String>, Fault> {
    let most = lines(fetch);
    let mut asked = most;
    loop {
        let (option, end) = match &fetch.from {
            FetchFrom::Last(_) => (format!("--tail={most}"), "tail"),
            FetchFrom::Since(at) | FetchFrom::After(Mark::Moment(at)) => (since(*at), "head"),
            FetchFrom::After(Mark::Cursor(_, at)) => (since(at - BEFORE), "head"),
            // Up to and with the moment's own lines, of which the mark's is one.
            FetchFrom::Before(Mark::Moment(at) | Mark::Cursor(_, at)) => {
                (since(at + 1).replacen("since", "until", 1), "tail")
            }
            FetchFrom::After(Mark::Offset { .. }) | FetchFrom::Before(Mark::Offset { .. }) => {
                ("--tail=0".to_owned(), "head")
            }
        };
        let came = match ask(ground, reader, name, how, &option, end, asked).await? {
            Ok(came) => came,
            Err(why) => return Ok(Err(why)),
        };
        let found = made(&came, fetch, most as usize, asked as usize, ground.now());
        // Behind the mark there is something, or there is nothing more.
        if found.end || !found.batches.is_empty() {
            return Ok(Ok(found));
        }
        if asked >= MOST_LINES {
            let detail = "it says more in a second than can be asked for at once";
            let tried = format!("read the log of the container {name}");
            return Err(Fault::new(FaultKind::Failed, tried, detail));
        }
        asked = asked.saturating_mul(8).min(MOST_LINES);
    }
}

/// What an engine printed.
struct Came {
    raw: Vec<u8>,
    id: String,
    /// All was printed that there is.
    is_whole: bool,
}

async fn ask(
    ground: &Ground<'_>,
    reader: &Reader,
    name: &str,
    how: How,
    option: &str,
    end: &str,
    asked: u32,
) -> Result<Result<Came, String>, Fault> {
    let mut came = Came { raw: Vec::new(), id: String::new(), is_whole: false };
    let mut why = None;
    let mut status = None;
    let asked = asked.to_string();
    let argv = ["qd_contained", name, option, end, &asked];
    reader
        .ask(ground, how, &argv, SILENCE, &mut |piece| {
            match piece {
                Piece::Data(bytes) => came.raw.extend_from_slice(bytes),
                Piece::Said(said) => match said.split_once(' ') {
                    Some(("container", of)) => of.clone_into(&mut came.id),
                    Some(("status", number)) => status = Some(number.to_owned()),
                    _ if matches!(&*said, "missing" | "denied" | "no-engine") => why = Some(said),
                    _ => {}
                },
                Piece::Complaint(_) => {}
            }
            true
        })
        .await?;
    came.is_whole = status.as_deref() == Some("0");
    match (why, status) {
        (Some(why), _) => Ok(Err(why)),
        (None, Some(status)) if !came.is_whole => {
            Err(words::ended("the engine's `logs`", &status, None))
        }
        (None, _) => Ok(Ok(came)),
    }
}

/// What is asked for of what came.
fn made(came: &Came, fetch: &Fetch, most: usize, asked: usize, now: i64) -> Found {
    let count = |raw: &[u8]| memchr::memchr_iter(b'\n', raw).count();
    let mut raw = came.raw.as_slice();
    let mut is_all = came.is_whole && count(raw) < asked;
    if let FetchFrom::Before(mark) = &fetch.from {
        if let Some((_, _, wanted)) = read_mark(mark).filter(|(of, ..)| *of == came.id) {
            let mut place = 0;
            let found = raw.split_inclusive(|b| *b == b'\n').find_map(|line| {
                let begin = place;
                place += line.len();
                (sum(line.strip_suffix(b"\n").unwrap_or(line)) == wanted).then_some(begin)
            });
            raw = raw.get(..found.unwrap_or(raw.len())).unwrap_or_default();
        }
        let surplus = count(raw).saturating_sub(most);
        if let Some(last) = surplus.checked_sub(1) {
            let begin = memchr::memchr_iter(b'\n', raw).nth(last).map_or(0, |at| at + 1);
            raw = raw.get(begin..).unwrap_or_default();
            is_all = false;
        }
    }
    let after = match &fetch.from {
        FetchFrom::After(mark) => Some(mark),
        _ => None,
    };
    let mut reader = StampedReader::new(&came.id, after);
    let mut found = Found { end: is_all, ..Found::default() };
    let mut batch = Batch::default();
    for line in raw.split_inclusive(|b| *b == b'\n') {
        reader.push(line, now, &mut batch);
        if batch.text.len() >= BATCH {
            found.batches.push(std::mem::take(&mut batch));
        }
    }
    if is_all {
        reader.give_up(now, &mut batch);
    }
    if !batch.is_empty() {
        found.batches.push(batch);
    }
    let (first, last) = reader.marks();
    found.first = first.or_else(|| after.cloned());
    found.last = last.or_else(|| after.cloned());
    found
}
