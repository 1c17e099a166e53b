//! Pieces of the journal.

use super::{Found, SILENCE, lines};
use crate::model::fault::{Fault, FaultKind};
use crate::model::log::batch::BATCH;
use crate::model::log::{Batch, Fetch, FetchFrom, Mark};
use crate::model::text::clean;
use crate::probe::log::ExportReader;
use crate::probe::tail::Piece;
use crate::runtime::tail::ground::Ground;
use crate::runtime::tail::journal::{chosen, is_same, since};
use crate::runtime::tail::reader::Reader;
use crate::runtime::tail::words;

/// So few entries are a piece at least.
const FEWEST: u32 = 16;

/// Which entries are wanted.
struct Wanted<'a> {
    argv: Vec<String>,
    /// The first is left out if it is this.
    behind: Option<&'a str>,
    /// It ends before this.
    until: Option<&'a str>,
    /// Or before this moment.
    before: i64,
    most: u32,
}

pub(super) async fn find(
    ground: &Ground<'_>,
    reader: &Reader,
    fetch: &Fetch,
) -> Result<Found, Fault> {
    let is_backwards = matches!(fetch.from, FetchFrom::Last(_) | FetchFrom::Before(_));
    let mut most = lines(fetch);
    let mut damage = None;
    loop {
        let (mut found, trouble) = piece(ground, reader, fetch, most, is_backwards).await?;
        let Some(trouble) = trouble else {
            if let Some(damage) = damage {
                found.batches.insert(0, missing(&damage, &found, ground.now()));
            }
            return Ok(found);
        };
        if !is_backwards && !found.batches.is_empty() {
            return Ok(found);
        }
        if most <= FEWEST || !is_backwards {
            return Err(trouble);
        }
        damage = Some(trouble).filter(|fault| fault.kind == FaultKind::Failed).or(damage);
        // The newest of them are missing.
        most = (most / 8).max(FEWEST);
    }
}

/// Entries, and why not all that were asked for came.
async fn piece(
    ground: &Ground<'_>,
    reader: &Reader,
    fetch: &Fetch,
    most: u32,
    is_backwards: bool,
) -> Result<(Found, Option<Fault>), Fault> {
    let entries =
        |options: &[String]| [&["qd_entries".to_owned()], options, &chosen(&fetch.origin)].concat();
    let plain =
        |argv: Vec<String>| Wanted { argv, behind: None, until: None, before: i64::MAX, most };
    let wanted = match &fetch.from {
        FetchFrom::Last(_) => plain(entries(&["-n".to_owned(), most.to_string()])),
        FetchFrom::Since(at) | FetchFrom::After(Mark::Moment(at)) => plain(entries(&[since(*at)])),
        FetchFrom::After(Mark::Cursor(cursor, _)) => {
            Wanted { behind: Some(cursor), ..plain(entries(&[format!("--cursor={cursor}")])) }
        }
        FetchFrom::Before(Mark::Cursor(cursor, at)) => {
            let argv = ["qd_before".to_owned(), most.to_string(), cursor.to_string()];
            let argv = [&argv[..], &chosen(&fetch.origin)].concat();
            Wanted { until: Some(cursor), before: at.saturating_add(1), ..plain(argv) }
        }
        FetchFrom::Before(Mark::Moment(at)) => {
            let until = since(*at).replacen("--since", "--until", 1);
            let argv = entries(&[until, "-n".to_owned(), most.to_string()]);
            Wanted { before: *at, ..plain(argv) }
        }
        FetchFrom::After(Mark::Offset { .. }) | FetchFrom::Before(Mark::Offset { .. }) => {
            return Ok((Found { end: true, ..Found::default() }, None));
        }
    };
    read(ground, reader, &wanted, is_backwards).await
}

async fn read(
    ground: &Ground<'_>,
    reader: &Reader,
    wanted: &Wanted<'_>,
    is_backwards: bool,
) -> Result<(Found, Option<Fault>), Fault> {
    let how = ground.journal().ok_or_else(|| words::no_right(&ground.user()))?;
    let argv: Vec<&str> = wanted.argv.iter().map(String::as_str).collect();
    let mut parser = ExportReader::new();
    let mut found = Found::default();
    let mut batch = Batch::default();
    let (mut count, mut is_over, mut missing, mut last) = (0_u32, false, None, None);
    let (mut trouble, mut back) = (blamed(""), None);
    let asked = reader
        .ask(ground, how, &argv, SILENCE, &mut |piece| {
            match piece {
                Piece::Data(bytes) => parser.push(bytes, &mut batch, &mut |entry| {
                    let is_end = wanted.until.is_some_and(|cursor| is_same(cursor, entry.cursor));
                    let is_first =
                        wanted.behind.is_some_and(|cursor| is_same(cursor, entry.cursor));
                    is_over |= is_end || entry.at >= wanted.before || count >= wanted.most;
                    if is_over || is_first {
                        return false;
                    }
                    count += 1;
                    last = Some(Mark::Cursor(entry.cursor.into(), entry.at));
                    true
                }),
                Piece::Said(words) => {
                    if let Some(tool) = words.strip_prefix("missing ") {
                        missing = Some(tool.to_owned());
                    }
                    if let Some(words) = words.strip_prefix("back ") {
                        back = blamed(words);
                    }
                    if let Some(words) = words.strip_prefix("status ") {
                        trouble = blamed(words);
                    }
                }
                Piece::Complaint(_) => {}
            }
            if batch.text.len() >= BATCH {
                found.batches.push(std::mem::take(&mut batch));
            }
            !is_over && missing.is_none()
        })
        .await;
    asked?;
    if let Some(tool) = missing {
        return Err(words::no_tool("the journal", &tool));
    }
    found.first = parser.marks().0;
    found.last = last;
    if !batch.is_empty() {
        found.batches.push(batch);
    }
    let trouble = trouble.filter(|_| !is_over).or(back);
    found.end = trouble.is_none() && if is_backwards { count < wanted.most } else { !is_over };
    Ok((found, trouble))
}

/// Where a journal is damaged, journalctl may also leave out entries without a word.
fn missing(damage: &Fault, found: &Found, now: i64) -> Batch {
    let first = found.batches.first().and_then(|batch| batch.lines.first());
    let at = first.map_or(now, |line| line.at);
    let text = format!("entries may be missing here and before: {}", damage.detail);
    let mut note = Batch::default();
    note.push_note(&text, at, true);
    note
}

/// Why not all of the entries came, by journalctl's status and what it complained of.
fn blamed(words: &str) -> Option<Fault> {
    let (status, complaint) = words.split_once(' ').unwrap_or((words, ""));
    let complaint = clean(complaint.trim(), 300);
    match (status, complaint.is_empty()) {
        // One that finds nothing may end with 1, and says nothing then.
        ("0", _) | ("1", true) => None,
        (_, true) => {
            let detail = "journalctl did not come to an end within 20 s or 32 MB";
            Some(Fault::new(FaultKind::TimedOut, "read the journal", detail))
        }
        (_, false) => {
            let detail = format!("journalctl says: {complaint}");
            let fault = Fault::new(FaultKind::Failed, "read all of the journal", detail);
            Some(fault.remedy("journalctl --verify says which of its files are damaged"))
        }
    }
}
