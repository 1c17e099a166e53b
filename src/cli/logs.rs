//! `quarterdeck logs`: lines of services' logs, merged by time over hosts, on standard output.

mod choose;
mod follow;
mod history;
mod print;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

use self::choose::Source;
use self::print::Printer;
use super::args::{Fleet, Logs};
use super::{Failure, Outcome, USAGE, block_on, read_config, since};
use crate::model::ids::HostId;
use crate::model::log::filter::Term;
use crate::model::log::{FetchFrom, Filter, Level, Origin, Tail, TailId};
use crate::model::spec::FleetSpec;
use crate::model::text::clean;
use crate::msg::Msg;
use crate::runtime::engine::connector;
use crate::runtime::host::follow_logs;
use crate::runtime::tail::{Extent, Tails};
use crate::runtime::{clock, simulated};

/// Batches that wait to be printed: those of a host that floods are before those of the others.
const QUEUE: usize = 4;
/// For a host's clock to be compared with ours.
const COMPARED: Duration = Duration::from_secs(15);
/// So long after a signal we end in any case.
const STUCK: Duration = Duration::from_secs(2);
/// Lines from before, where nothing says how many.
const LINES: u32 = 200;
/// The same, where what comes is followed.
const LINES_FOLLOWED: u32 = 10;

pub(super) fn run(fleet: &Fleet, logs: &Logs) -> Outcome {
    let asked = read_config(fleet)?;
    logged(&asked.spec, logs, None)
}

fn logged(spec: &FleetSpec, logs: &Logs, simulated: Option<Arc<simulated::Fleet>>) -> Outcome {
    let now = clock::now();
    let wanted = Wanted {
        follows: logs.follow,
        since: logs.since.as_deref().map(|text| since::parse(text, now)).transpose()?,
        until: logs.until.as_deref().map(|text| since::parse(text, now)).transpose()?,
        lines: logs.lines,
        terms: logs.grep.as_deref().map(terms).transpose()?,
        level: logs.level.as_deref().map(level).transpose()?,
    };
    if let (Some(since), Some(until)) = (wanted.since, wanted.until)
        && since >= until
    {
        return Err(Failure {
            code: USAGE,
            message: format!(
                "quarterdeck: nothing is between `--since {}` and `--until {}`: the first has to be \
                 before the second",
                clean(logs.since.as_deref().unwrap_or_default(), 64),
                clean(logs.until.as_deref().unwrap_or_default(), 64)
            ),
        });
    }
    let sources = choose::sources(spec, &logs.services, &logs.host)?;
    let mut printer = Printer::new(logs.json, sources.iter().any(|s| s.is_of_many_envs));
    block_on(async {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let stuck = tokio::spawn(end_if_stuck());
        let work = async {
            let (_directory, mut reading) =
                Reading::start(spec, sources, wanted.extent(), simulated)?;
            let ended = reading.print(&wanted, &mut printer).await;
            if printer.is_unused() && matches!(ended, Ok(0)) {
                super::complain(&none(logs));
            }
            ended
        };
        let ended = tokio::select! {
            ended = work => ended,
            _ = interrupt.recv() => Ok(130),
            _ = terminate.recv() => Ok(143),
        };
        stuck.abort();
        ended
    })?
}

/// What is said where no line was printed.
fn none(logs: &Logs) -> String {
    let asked = [
        (&logs.level, "of level", " or worse"),
        (&logs.grep, "that matches", ""),
        (&logs.since, "since", ""),
        (&logs.until, "until", ""),
    ];
    let asked: Vec<String> = asked
        .into_iter()
        .filter_map(|(value, before, behind)| {
            Some(format!(" {before} `{}`{behind}", clean(value.as_deref()?, 200)))
        })
        .collect();
    format!("quarterdeck: no line{} is there", asked.concat())
}

/// Who reads us may not go on reading: then we wait in a write, where no signal is heard.
async fn end_if_stuck() -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    tokio::time::sleep(STUCK).await;
    // What runs on hosts ends with its standard input, ssh with us.
    rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL)?;
    Ok(())
}

fn terms(text: &str) -> Result<Vec<Term>, Failure> {
    let filter = Filter::parse(text, Level::Unknown).map_err(|why| Failure {
        code: USAGE,
        message: format!(
            "quarterdeck: `{}` is no regular expression: {}",
            clean(text, 200),
            clean(&why, 200)
        ),
    })?;
    Ok(filter.terms)
}

fn level(text: &str) -> Result<Level, Failure> {
    Level::from_name(text).ok_or_else(|| {
        let known: Vec<&str> = Level::ALL.iter().map(|level| level.name()).collect();
        let text = clean(text, 64);
        let message =
            format!("quarterdeck: there is no level `{text}`; there are: {}", known.join(", "));
        Failure { code: USAGE, message }
    })
}

/// Which lines.
struct Wanted {
    follows: bool,
    since: Option<crate::model::time::Timestamp>,
    until: Option<crate::model::time::Timestamp>,
    lines: Option<u32>,
    terms: Option<Vec<Term>>,
    level: Option<Level>,
}

impl Wanted {
    /// So many of the newest, where there is such a number.
    const fn newest(&self) -> Option<u32> {
        match (self.lines, self.since, self.follows) {
            (Some(lines), ..) => Some(lines),
            (None, Some(_), _) => None,
            (None, None, true) => Some(LINES_FOLLOWED),
            (None, None, false) => Some(LINES),
        }
    }

    const fn extent(&self) -> Extent {
        if self.newest().is_none() { Extent::Rest } else { Extent::Part }
    }
}

/// The hosts' logs while they are read.
struct Reading {
    sources: Vec<Source>,
    /// Those that stand for files.
    patterns: Vec<Source>,
    hosts: BTreeMap<HostId, Arc<Tails>>,
    logs: mpsc::Receiver<Msg>,
    next: u32,
    /// Sources that could not be read.
    failed: bool,
    tasks: tokio::task::JoinSet<()>,
}

impl Reading {
    fn start(
        spec: &FleetSpec,
        sources: Vec<Source>,
        extent: Extent,
        simulated: Option<Arc<simulated::Fleet>>,
    ) -> std::io::Result<(tempfile::TempDir, Self)> {
        let (connector, directory) = connector(simulated)?;
        let connector = Arc::new(connector);
        let (sender, logs) = mpsc::channel(QUEUE);
        let mut hosts = BTreeMap::new();
        let mut tasks = tokio::task::JoinSet::new();
        for (id, host) in spec.hosts() {
            if sources.iter().any(|source| source.host == id) {
                let tails = Arc::new(Tails::new(sender.clone()));
                let is_file =
                    |source: &Source| source.host == id && matches!(source.origin, Origin::File(_));
                if sources.iter().any(is_file) {
                    tails.expect(extent);
                }
                hosts.insert(id, Arc::clone(&tails));
                tasks.spawn(follow_logs(host.clone(), Arc::clone(&connector), tails));
            }
        }
        Ok((
            directory,
            Self { sources, patterns: Vec::new(), hosts, logs, next: 0, failed: false, tasks },
        ))
    }

    async fn print(&mut self, wanted: &Wanted, printer: &mut Printer) -> Outcome {
        let began = clock::now();
        if wanted.since.is_some() || wanted.until.is_some() {
            // A moment is one of a host's own clock.
            for tails in self.hosts.values() {
                let _late = tokio::time::timeout(COMPARED, tails.compared()).await.is_err();
            }
        }
        self.expand().await;
        history::print(self, wanted, printer).await?;
        printer.flush()?;
        if wanted.follows {
            follow::print(self, wanted, printer, began).await?;
        }
        self.tasks.abort_all();
        Ok(if self.failed { 3 } else { 0 })
    }

    fn id(&mut self) -> TailId {
        self.next += 1;
        TailId(self.next)
    }

    fn tails(&self, place: usize) -> Option<&Arc<Tails>> {
        self.hosts.get(&self.sources.get(place)?.host)
    }

    /// Follows a source.
    fn follow(&mut self, source: &Source, from: FetchFrom) -> TailId {
        let id = self.id();
        let (host, origin) = (source.host.clone(), source.origin.clone());
        if let Some(tails) = self.hosts.get(&host) {
            tails.add(Tail { id, host, origin, from });
        }
        id
    }

    /// How far a source's host is ahead of us, in microseconds.
    fn skew(&self, place: usize) -> i64 {
        self.tails(place).map_or(0, |tails| tails.skew())
    }

    fn complain(&mut self, place: usize, fault: &crate::model::fault::Fault) {
        self.failed = true;
        if let Some(source) = self.sources.get_mut(place) {
            let said = fault.to_string();
            if source.said.as_ref() != Some(&said) {
                super::complain(&format!(
                    "quarterdeck: {} {}: {said}",
                    source.place(),
                    source.service
                ));
                source.said = Some(said);
            }
        }
    }
}
