//! Follows a container by its name: over its restarts, and into the next one of that name.

use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use super::entry::{Entry, Progress};
use super::ground::{Ground, How};
use super::outlet::{Note, Outlet};
use super::talk::Talk;
use super::{End, Tails, words};
use crate::model::fault::Fault;
use crate::model::log::{FetchFrom, Mark, Means, TailState};
use crate::probe::log::StampedReader;
use crate::probe::log::stamped::{BEFORE, read_mark};
use crate::probe::tail::Piece;

/// So often it is looked how it is.
const TICK: Duration = Duration::from_secs(1);
/// Ticks between two times at which the program hears that we are there.
const LEASE: u32 = 20;

/// What was read and is not delivered yet.
struct Read {
    lines: StampedReader,
    /// The first that was told.
    told: Option<Mark>,
    /// Ticks since lines are held back.
    held: u32,
}

impl Note for Read {
    fn marks(&mut self) -> (Option<Mark>, Option<Mark>) {
        let (first, last) = self.lines.marks();
        let first = if self.told.is_none() { first } else { None };
        self.told = self.told.take().or_else(|| first.clone());
        (first, last)
    }

    fn delivered(&mut self, progress: &mut Progress) {
        if let (_, Some(last)) = self.lines.marks() {
            progress.mark = Some(last);
        }
    }
}

/// A moment as the engines take it.
pub(super) fn since(at: i64) -> String {
    let moment = jiff::Timestamp::from_microsecond(at.max(1_000_000)).unwrap_or_default();
    format!("--since={}", moment.strftime("%FT%T%.6fZ"))
}

pub(super) async fn follow(tails: &Tails, ground: &Ground<'_>, entry: &Entry, name: &str) -> End {
    let as_root = entry.progress().as_root;
    let how = if as_root { ground.root().unwrap_or(How::Plain) } else { ground.first() };
    match following(tails, ground, entry, name, how).await {
        Ok(end) => end,
        Err(fault) => End::Fault(fault),
    }
}

/// Which container it was, and from where on its log is asked for.
fn beginning(ground: &Ground<'_>, entry: &Entry) -> (Option<Mark>, String, String) {
    let mut progress = entry.progress();
    let mark = progress.mark.clone().or_else(|| match &entry.tail.from {
        FetchFrom::After(mark) => Some(mark.clone()),
        FetchFrom::Since(at) => Some(Mark::Moment(*at)),
        FetchFrom::Last(0) | FetchFrom::Before(_) => {
            Some(Mark::Moment(*progress.began.get_or_insert_with(|| ground.now())))
        }
        FetchFrom::Last(_) => None,
    });
    if let Some((id, at, _)) = mark.as_ref().and_then(read_mark) {
        let (id, option) = (id.to_owned(), since(at - BEFORE));
        return (mark, id, option);
    }
    let option = match (&mark, &entry.tail.from) {
        (Some(Mark::Moment(at) | Mark::Cursor(_, at)), _) => since(*at),
        (_, FetchFrom::Last(lines)) => format!("--tail={lines}"),
        _ => "--tail=0".to_owned(),
    };
    (None, String::new(), option)
}

async fn following(
    tails: &Tails,
    ground: &Ground<'_>,
    entry: &Entry,
    name: &str,
    how: How,
) -> Result<End, Fault> {
    let mut talk = Talk::open(ground.transport, how).await?;
    let (after, known, option) = beginning(ground, entry);
    talk.say(&["qd_container", name, &known, &option]).await?;
    let mut outlet = Outlet::new(entry, &tails.logs);
    let mut read = Read { lines: StampedReader::new("", None), told: None, held: 0 };
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
                    Piece::Data(bytes) => {
                        if read.lines.push(bytes, now, &mut outlet.batch) {
                            asks.push("gap".to_owned());
                        }
                    }
                    Piece::Said(words) => {
                        if let Some(of) = words.strip_prefix("container ") {
                            let id = of.split(' ').next().unwrap_or_default();
                            let was_over = std::mem::take(&mut entry.progress().is_over);
                            if !known.is_empty() && id != known {
                                replaced(entry, now, was_over, &mut outlet);
                            }
                            read.lines = StampedReader::new(id, after.as_ref());
                        }
                        asks.push(words);
                    }
                    Piece::Complaint(_) => {}
                });
                outlet.offer(&mut read);
                if !asks.is_empty() {
                    outlet.give_up_place();
                }
                for ask in asks {
                    let word = ask.split(' ').next().unwrap_or_default();
                    match word {
                        "container" => {
                            let engine = ask.split(' ').nth(2).map(Into::into);
                            tails.means(entry, Means { as_root: how == How::Sudo, engine }).await;
                            tails.state(entry, TailState::Following).await;
                        }
                        "gap" => gap(entry, ground.now(), &mut outlet),
                        "again" => {
                            outlet.flush(&mut read).await;
                            return Ok(End::Again);
                        }
                        "ended" => {
                            // What it said last may be held back.
                            if read.lines.give_up(ground.now(), &mut outlet.batch) {
                                gap(entry, ground.now(), &mut outlet);
                            }
                            outlet.flush(&mut read).await;
                            entry.progress().is_over = true;
                            talk.say(&["qd_over"]).await?;
                            let state = TailState::Waiting(words::stopped(name));
                            tails.state(entry, state).await;
                        }
                        "denied" | "missing" | "no-engine" => {
                            if how == How::Plain && ground.root().is_some() && word != "no-engine" {
                                entry.progress().as_root = true;
                                return Ok(End::Again);
                            }
                            let fault = words::no_container(name, word, &ground.user());
                            tails.state(entry, TailState::Waiting(fault)).await;
                        }
                        _ => {}
                    }
                }
            }
            _ = tick.tick() => {
                if ticks.is_multiple_of(LEASE) {
                    talk.say(&["l"]).await?;
                }
                ticks = ticks.wrapping_add(1);
                talk.say(&["t"]).await?;
                read.held = if read.lines.is_held() { read.held + 1 } else { 0 };
                if read.held > 2 && read.lines.give_up(ground.now(), &mut outlet.batch) {
                    gap(entry, ground.now(), &mut outlet);
                    outlet.offer(&mut read);
                }
            }
        }
    }
}

fn gap(entry: &Entry, now: i64, outlet: &mut Outlet<'_>) {
    let from = entry.progress().at;
    let why = "the container's log does not have the line any more up to which it was read";
    outlet.note(&words::gap(from, now, why), from.unwrap_or(now), true);
}

/// Another container has the name. What the one before said is read as long as it was there when
/// it ended.
fn replaced(entry: &Entry, now: i64, was_over: bool, outlet: &mut Outlet<'_>) {
    let from = entry.progress().at;
    if was_over {
        outlet.note(
            "another container has its name now; its log begins",
            from.unwrap_or(now),
            false,
        );
    } else {
        let why = "another container has its name, and the one before is gone or renamed";
        outlet.note(&words::gap(from, now, why), from.unwrap_or(now), true);
    }
}
