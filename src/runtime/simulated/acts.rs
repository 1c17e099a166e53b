//! What is done to a simulated host: it is claimed, a unit is restarted, and what the runner would
//! write is told as time goes by. Restarts, deploys and rollbacks are simulated; every other step fails
//! and says so.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::answers::boot_id;
use super::deploys;
use super::properties::shown;
use super::scenario::Course;
use super::site::Site;

/// What `qd_act_look` asks systemctl for.
const NAMES: &str = "Id,LoadState,LoadError,ActiveState,SubState,Result,Type,MainPID,NRestarts,\
    InvocationID,UnitFileState,FragmentPath,DropInPaths,NeedDaemonReload,ControlGroup,User,Group,\
    WorkingDirectory,TriggeredBy,ActiveEnterTimestampMonotonic";
const TOOLS: &[&str] =
    &["setsid", "flock", "curl", "systemd-run", "bash", "ss", "xargs", "runuser"];
const SECOND: i64 = 1_000_000;

/// What was done to a host, and who waits for it.
#[derive(Debug, Default)]
pub(super) struct Acts {
    done: Mutex<Done>,
    /// A unit was restarted.
    pub(super) wake: Notify,
}

#[derive(Debug, Default)]
struct Done {
    /// Lines of each claim, by what is claimed.
    claims: BTreeMap<String, Vec<String>>,
    runs: BTreeMap<String, Run>,
    /// When each unit was restarted last.
    restarts: BTreeMap<String, i64>,
    /// Lines that were added to the record of each subject, and when.
    releases: BTreeMap<String, Vec<(i64, String)>>,
}

impl Done {
    /// What was deployed by then.
    fn released(&self, subject: &str, t: i64) -> Vec<String> {
        let lines = self.releases.get(subject).map(Vec::as_slice).unwrap_or_default();
        lines.iter().filter(|(at, _)| *at <= t).map(|(_, line)| line.clone()).collect()
    }
}

/// A runner that was started.
#[derive(Debug)]
struct Run {
    subject: String,
    policy: String,
    began: i64,
    steps: Vec<Step>,
    /// It gives its own claim back.
    alone: bool,
    /// The host takes it back by itself when it fails.
    reverts: bool,
    /// The revision that it brings, where it brings one and nothing stops it.
    deploys: Option<String>,
    /// When somebody wanted it to end.
    cancelled: Option<i64>,
}

#[derive(Debug)]
struct Step {
    number: String,
    /// How long it takes.
    takes: i64,
    status: u8,
    says: String,
}

/// What a runner has written by a moment.
#[derive(Debug, Default)]
struct Written {
    events: String,
    log: String,
    result: Option<String>,
}

impl Acts {
    fn done(&self) -> MutexGuard<'_, Done> {
        self.done.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When a unit was restarted last, as far as it was by then.
    pub(super) fn restarted(&self, unit: &str, t: i64) -> Option<i64> {
        self.done().restarts.get(unit).copied().filter(|at| *at <= t)
    }
}

/// Status and output of what is asked about acting.
pub(super) fn answer(site: &Site, function: &str, arguments: &[String], t: i64) -> (u8, String) {
    // How units stand rests on what was done: it is read before that is held.
    let mut seen = match (function, arguments) {
        ("qd_act_look", [_, units @ ..]) => look(site, t, units),
        _ => String::new(),
    };
    let mut done = site.acts.done();
    match (function, arguments) {
        ("qd_act_look", [subject, ..]) => {
            // What is claimed comes before units: their lines have no end.
            seen.insert_str(0, &claim(site, &done, subject, t));
            (0, seen)
        }
        ("qd_act_claim", [subject, op, lines @ ..]) => {
            let said = claim(site, &done, subject, t);
            if !said.is_empty() {
                return (75, said);
            }
            let mut all = vec![format!("op={op}")];
            all.extend_from_slice(lines);
            done.claims.insert(subject.clone(), all);
            (0, String::new())
        }
        ("qd_act_release", [subject, op]) => {
            if done.claims.get(subject).is_some_and(|lines| lines.contains(&format!("op={op}"))) {
                done.claims.remove(subject);
            }
            (0, String::new())
        }
        ("qd_act_launch", [op, subject, _, _, _, files @ ..]) => {
            if !done.runs.contains_key(op) {
                let run = launch(site, subject, files, t);
                if let Some(at) = run.restarts() {
                    done.restarts.insert(subject.clone(), at);
                }
                if let Some(revision) = &run.deploys {
                    let at = run.ends();
                    let line = deploys::written(site, at, op, revision, run.operator());
                    done.releases.entry(subject.clone()).or_default().push((at, line));
                }
                done.runs.insert(op.clone(), run);
                site.acts.wake.notify_waiters();
            }
            (0, String::new())
        }
        ("qd_act_read", [op, events, log, ..]) => read(site, &mut done, (op, events, log), t),
        ("qd_act_cancel", [op]) => {
            let subject = done.runs.get(op).map_or_else(String::new, |run| run.subject.clone());
            if let Some(run) = done.runs.get_mut(op) {
                run.cancelled.get_or_insert(t);
                // What it would have written in the end.
                if let Some(lines) = done.releases.get_mut(&subject) {
                    lines.retain(|(at, _)| *at <= t);
                }
            }
            (0, String::new())
        }
        ("qd_act_list", _) => (0, list(site, &done, t)),
        ("qd_act_deploy", [_, subject, _, _, _, wanted, ..]) => {
            (0, deploys::look(site, subject, wanted, &done.released(subject, t)))
        }
        ("qd_now_claims", _) => (0, deploys::shown(site, |subject| done.released(subject, t))),
        _ => (1, "fault a simulated host does not do that\n".to_owned()),
    }
}

fn look(site: &Site, t: i64, units: &[String]) -> String {
    let mut text = format!("machine {:032x}\nboot {}\nuid 0\n", site.seed, boot_id(site));
    for tool in TOOLS {
        // Writing to a String does not fail.
        let _ok = writeln!(text, "tool {tool}");
    }
    if site.part.systemd != "none" {
        let version = site.part.systemd.split(|c: char| !c.is_ascii_digit()).next();
        let version = version.unwrap_or_default();
        let _ok = writeln!(text, "systemd {version}");
    }
    text.push_str("disk 5000000 4096 8000000 ext2/ext3\n");
    for unit in units {
        let sum = site.service(unit).map_or(0, |service| site.seed_of(service) % 4_000_000_000);
        let _ok = writeln!(text, "unit {unit}\n{}files {sum} 311", shown(site, unit, t, NAMES));
    }
    text
}

/// Who has a subject; empty where nobody does.
fn claim(site: &Site, done: &Done, subject: &str, t: i64) -> String {
    let Some(lines) = done.claims.get(subject) else { return String::new() };
    let mut text = format!("claim {subject}\n");
    for line in lines {
        let _ok = writeln!(text, "claim.{line}");
    }
    let op = lines.iter().find_map(|line| line.strip_prefix("op="));
    if let Some(run) = op.and_then(|op| done.runs.get(op)) {
        text.push_str(&state(site, run, t));
    }
    text
}

fn list(site: &Site, done: &Done, t: i64) -> String {
    let mut text: String =
        done.claims.keys().map(|subject| claim(site, done, subject, t)).collect();
    for (op, run) in done.runs.iter().rev() {
        let _ok = writeln!(text, "op {op}");
        for line in run.policy.lines() {
            let _ok = writeln!(text, "policy.{line}");
        }
        text.push_str(&state(site, run, t));
    }
    text
}

/// Makes the course of a run from what was shipped.
fn launch(site: &Site, subject: &str, files: &[String], t: i64) -> Run {
    let file = |name: &str| {
        let found = files.chunks_exact(2).find(|pair| pair.first().is_some_and(|is| is == name));
        found
            .and_then(|pair| pair.get(1))
            .map_or_else(String::new, |text| text.replace("\\n", "\n"))
    };
    let policy = file("policy");
    let what = policy.lines().find_map(|line| line.strip_prefix("what ")).unwrap_or_default();
    let restarts = what.starts_with("restart ");
    let back = what.starts_with("rollback ");
    let revision = deploys::revision_of(&file("common"));
    let deploys = (back || what.starts_with("deploy ")).then_some(revision);
    let loops =
        site.service(subject).is_some_and(|service| service.life.course(t) != Course::Running);
    let mut steps = Vec::new();
    for number in file("order").lines().filter_map(|line| line.split(' ').next()) {
        let (takes, status, says) = match number {
            "10" => (SECOND / 10, 0, String::new()),
            "50" if deploys.is_some() && loops => {
                (SECOND * 6, 1, format!("{subject} is restarted again and again: not healthy\n"))
            }
            number if let Some(revision) = &deploys => {
                let (takes, says) = deploys::course(number, back, revision).unwrap_or_default();
                (takes, 0, says)
            }
            "20" if restarts => (SECOND * 4 / 5, 0, String::new()),
            "30" if loops => {
                (SECOND * 6, 1, format!("{subject} is restarted again and again: not healthy\n"))
            }
            "30" => (
                SECOND * 6,
                0,
                format!("{subject} is active/running, and another run than before\n"),
            ),
            _ => (SECOND / 5, 1, "a simulated host can only restart and deploy units\n".to_owned()),
        };
        steps.push(Step { number: number.to_owned(), takes, status, says });
        if status != 0 {
            break;
        }
    }
    let settings = file("settings");
    let mut lines = policy.lines().chain(settings.lines());
    let alone = lines.any(|line| matches!(line, "scope host" | "scope=host"));
    let reverts = deploys.is_some();
    let deploys = deploys.filter(|_| steps.iter().all(|step| step.status == 0));
    Run {
        subject: subject.to_owned(),
        policy,
        began: t,
        steps,
        alone,
        reverts,
        deploys,
        cancelled: None,
    }
}

impl Run {
    /// When its unit is another run; none where that is not touched.
    fn restarts(&self) -> Option<i64> {
        let start = if self.steps.iter().any(|step| step.number == "40") { "40" } else { "20" };
        let before = self.steps.iter().position(|step| step.number == start)?;
        let is_reached = self.steps.len() > before + 1;
        let before: i64 = self.steps.iter().take(before).map(|step| step.takes).sum();
        is_reached.then(|| self.began + before + SECOND * 2 / 5)
    }

    /// When its last step is done.
    fn ends(&self) -> i64 {
        self.began + self.steps.iter().map(|step| step.takes).sum::<i64>()
    }

    fn operator(&self) -> &str {
        let line = self.policy.lines().find_map(|line| line.strip_prefix("operator "));
        line.unwrap_or_default()
    }

    /// What its runner has written by then.
    fn written(&self, site: &Site, t: i64) -> Written {
        let mut written = Written::default();
        let mut at = self.began;
        let mut changed = false;
        let secs = |at: i64| site.monotonic(at) as f64 / 1e6;
        for step in &self.steps {
            if at > t {
                return written;
            }
            let number = &step.number;
            if self.cancelled.is_some_and(|cancelled| cancelled <= at) {
                let _ok = writeln!(written.events, "{:.2} {number} cancelled", secs(at));
                let word = if changed { "failed" } else { "cancelled" };
                written.result = Some(format!("{word} {number} 0"));
                return written;
            }
            let _ok = writeln!(written.events, "{:.2} {number} start", secs(at));
            if t >= at + step.takes.min(SECOND) {
                written.log.push_str(&step.says);
            }
            at += step.takes;
            if at > t {
                return written;
            }
            let _ok = writeln!(written.events, "{:.2} {number} done {}", secs(at), step.status);
            if step.status != 0 {
                // What was restarted cannot be taken back; what was not done needs not to be.
                let word = if changed { "failed" } else { "undone" };
                written.result = Some(format!("{word} {number} {}", step.status));
                return written;
            }
            changed |= step.number == "20" && !self.reverts;
        }
        written.result = Some("succeeded - 0".to_owned());
        written
    }
}

/// The evidence of a run.
fn state(site: &Site, run: &Run, t: i64) -> String {
    let boot = boot_id(site);
    let mut text = format!("state.boot {boot}\nstate.owner 4242 1 {boot} systemd\n");
    match run.written(site, t).result {
        Some(result) => {
            let _ok = writeln!(text, "state.result {result}");
        }
        None => text.push_str("state.alive 1\n"),
    }
    text
}

fn read(
    site: &Site,
    done: &mut Done,
    (op, events, log): (&str, &str, &str),
    t: i64,
) -> (u8, String) {
    let Some(run) = done.runs.get(op) else {
        return (66, format!("fault there is no operation {op}\n"));
    };
    let written = run.written(site, t);
    let mut text = state(site, run, t);
    let from = |known: &str, all: &str| known.parse::<usize>().unwrap_or(0).min(all.len());
    let at = from(log, &written.log);
    let _ok = writeln!(text, "log {at} {}", written.log.len());
    for byte in written.log.bytes().skip(at) {
        let _ok = write!(text, "{byte:02x}");
    }
    let at = from(events, &written.events);
    let _ok = writeln!(text, "\nevents {at} {}", written.events.len());
    text.push_str(written.events.get(at..).unwrap_or_default());
    if written.result.is_some() && run.alone {
        let subject = run.subject.clone();
        done.claims.remove(&subject);
    }
    (0, text)
}
