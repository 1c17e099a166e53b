//! From what somebody wants and what hosts say to a plan, and from a confirmed plan to what is shipped
//! to a host. Pure: nothing here reaches a host, and nothing here runs.

mod action;
mod adopt;
mod backup;
mod deploy;
mod drain;
mod drop_in;
mod gate;
mod launch;
mod rollout;
mod script;
mod unit;

use std::sync::Arc;
use std::time::Duration;

pub use backup::{BackupTarget, SyncTarget, plan as plan_backup, plan_sync};
pub use drain::Balancer;
pub use launch::{Files, files};

use crate::model::acting::Refusals;
use crate::model::deploy::copy::Load;
use crate::model::ids::InstanceId;
use crate::model::look::Look;
use crate::model::operation::Verdict;
use crate::model::plan::{Fact, HostPlan, Intent, Launcher, OnFail, Plan, Policy, Server, Step};
use crate::model::spec::{Kind, Promises, Tier};
use crate::model::time::Timestamp;
use crate::model::verb::Verb;

/// Bytes that have to be free where operations are kept.
const DISK: u64 = 8 << 20;
/// File systems that several hosts may share: a lock there excludes nobody (`stat -f -c %T`).
const SHARED: [&str; 6] = ["nfs", "smb2", "cifs", "ceph", "fuseblk", "v9fs"];

/// An instance to which something is to be done, looked at.
#[derive(Clone, Debug)]
pub struct Target {
    /// Which.
    pub id: InstanceId,
    /// How it is run.
    pub kind: Kind,
    /// What it promises besides running: its checks are the gate's.
    pub promises: Arc<Promises>,
    /// What its host said.
    pub look: Look,
    /// When.
    pub seen: Timestamp,
    /// What was found out besides, and speaks for it.
    pub notes: Vec<String>,
    /// What speaks against it, and is left to whoever confirms it.
    pub warnings: Vec<String>,
}

/// Makes a plan. `servers` are all instances of the services, also those to which nothing is done;
/// `balancers` are all that send requests to the targets and are to stop meanwhile.
///
/// # Errors
/// When one of the targets cannot take part; all or none.
pub fn plan(
    intent: Intent,
    tier: Tier,
    protected: bool,
    targets: &[Target],
    servers: &[Server],
    balancers: &[Balancer],
) -> Result<Plan, Refusals> {
    let way = rollout::way(&intent, protected, targets);
    let serving = rollout::serving(&intent, targets, servers);
    let mut hosts = Vec::new();
    let mut refusals = Refusals::new();
    let mut idle = Refusals::new();
    for target in targets {
        match host_plan(&intent, target) {
            Ok(host) => hosts.push(host),
            Err(Left::Idle(why)) => idle.push((target.id.clone(), why.to_owned())),
            Err(Left::Refused(why)) => refusals.push((target.id.clone(), why)),
        }
    }
    if !refusals.is_empty() {
        return Err(refusals);
    }
    if hosts.is_empty() {
        return Err(idle);
    }
    if let Some(first) = hosts.first_mut() {
        // Who confirms it asked for these as well.
        let line =
            |(id, why): (InstanceId, String)| format!("{} on {}: {why}", id.service, id.host.host);
        first.brings.extend(idle.into_iter().map(line));
    }
    let plan = Plan::seal(intent, tier, protected, hosts, way, serving);
    let drains = drain::plans(&plan, targets, balancers)?;
    Ok(plan.drained(drains))
}

/// Why an instance is left out of a plan.
enum Left {
    /// Nothing is to be done to it.
    Idle(&'static str),
    /// It cannot take part: then there is no plan.
    Refused(String),
}

impl From<String> for Left {
    fn from(why: String) -> Self {
        Self::Refused(why)
    }
}

fn host_plan(intent: &Intent, target: &Target) -> Result<HostPlan, Left> {
    let look = &target.look;
    if let Some(unit) = look.units.first() {
        let id = unit.get("Id");
        if !id.is_empty() && *id != *unit.name {
            return Err(Left::Refused(format!(
                "it is another name of {id}: name that in the config, so that it is locked for everybody"
            )));
        }
    }
    let launcher = ready(look)?;
    let mut intent = intent.clone();
    intent.soak = intent.soak.or(target.promises.soak);
    let made = match intent.verb {
        Verb::Action => action::steps(&intent, target)?,
        Verb::Adopt => adopt::steps(&intent, target)?,
        Verb::DropIn => drop_in::steps(&intent, target)?,
        Verb::Deploy | Verb::Rollback => deploy::steps(&intent, target)?,
        _ => unit::steps(&intent, target)?,
    };
    if let Some(why) = made.nothing {
        return Err(Left::Idle(why));
    }
    let mut warnings = target.warnings.clone();
    warnings.extend(made.warnings);
    if launcher == Launcher::Setsid {
        warnings.push(
            "there is no systemd: the runner is a session of its own, and what a step leaves \
             running is not ended with it"
                .to_owned(),
        );
    }
    Ok(HostPlan {
        host: target.id.host.clone(),
        service: target.id.service.clone(),
        also: Vec::new(),
        subject: target.kind.subject(),
        facts: made.facts,
        seen: target.seen,
        warnings,
        steps: made.steps,
        load: made.load,
        common: made.common,
        brings: made.brings.into_iter().chain(target.notes.iter().cloned()).collect(),
        launcher,
        // What was gone back from is not gone back to: that would be a circle.
        on_fail: match intent.verb {
            Verb::Rollback => OnFail::Halt,
            Verb::Deploy if rollout::policy(&intent, target) == Policy::Halt => OnFail::Halt,
            _ => OnFail::Revert,
        },
        freezes: false,
    })
}

/// Nobody has what would be locked, and nobody forbids to act on it.
fn free(look: &Look) -> Result<(), String> {
    if let Some(freeze) = &look.freeze {
        return Err(format!(
            "it is frozen by {}: {}; `quarterdeck ops thaw` lifts it",
            freeze.by, freeze.reason
        ));
    }
    if let Some((claim, state)) = &look.claim {
        let run = claim.run.as_ref().map(|run| run.op().to_string()).unwrap_or_default();
        let verdict = state.verdict();
        let next = match verdict {
            Verdict::Running => format!("`quarterdeck ops attach {run}`"),
            // Its console goes on with it, or is gone: that cannot be seen from there.
            Verdict::Claimed => {
                format!("where its console is gone, `quarterdeck ops recover {run}`")
            }
            _ => format!("`quarterdeck ops recover {run}`"),
        };
        return Err(format!(
            "{} has it ({}): {}; {next}",
            claim.operator,
            claim.what,
            verdict.doc()
        ));
    }
    Ok(())
}

/// How the runner is started there.
fn launcher(look: &Look) -> Result<Launcher, String> {
    if !look.root {
        return Err("acting needs root there: `sudo -n` does not work for this user".to_owned());
    }
    if SHARED.contains(&&*look.file_system) {
        return Err(format!(
            "/var/lib is on {}, which other hosts may share: a lock there excludes nobody",
            look.file_system
        ));
    }
    if look.disk.is_some_and(|free| free < DISK) {
        return Err(format!(
            "/var/lib has {} kB left; an operation needs {} kB to write down what it does",
            look.disk.unwrap_or(0) / 1024,
            DISK / 1024
        ));
    }
    let has = |tool: &str| look.tools.contains(tool);
    match (look.systemd, has("systemd-run"), has("setsid")) {
        // A step is a session of its own under either.
        (Some(version), true, true) => Ok(Launcher::Systemd(version)),
        (_, _, true) => Ok(Launcher::Setsid),
        _ => {
            Err("the host has no `setsid`, without which a step would die with the link".to_owned())
        }
    }
}

/// How the runner is started, where nobody else has the subject.
fn ready(look: &Look) -> Result<Launcher, String> {
    free(look)?;
    launcher(look)
}

/// What a strategy makes for one host.
struct Made {
    facts: Vec<Fact>,
    warnings: Vec<String>,
    steps: Vec<Step>,
    /// What is sent there before the first step.
    load: Option<Box<Load>>,
    /// A file beside the steps, which those that need it read first.
    common: String,
    /// What comes with it, a line each.
    brings: Vec<String>,
    /// Why there is nothing to be done.
    nothing: Option<&'static str>,
}

impl Made {
    /// Steps that share no file, for which nothing is sent, and with which nothing comes.
    fn plain(facts: Vec<Fact>, warnings: Vec<String>, steps: Vec<Step>) -> Self {
        let (load, common, brings) = (None, String::new(), Vec::new());
        Self { facts, warnings, steps, load, common, brings, nothing: None }
    }

    /// Nothing is to be done, for this reason.
    fn nothing(why: &'static str) -> Self {
        Self { nothing: Some(why), ..Self::plain(Vec::new(), Vec::new(), Vec::new()) }
    }
}

/// A step's time from a property of systemd, such as `1min 30s`; `infinity` and what is not read are
/// ten minutes.
fn span(text: &str) -> Duration {
    let mut total = 0.0;
    for part in text.split(' ').filter(|part| !part.is_empty()) {
        let digits = part.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(part.len());
        let (number, unit) = part.split_at(digits);
        let Ok(number) = number.parse::<f64>() else { return Duration::from_secs(600) };
        // systemd.time(7).
        total += number
            * match unit {
                "us" => 1e-6,
                "ms" => 1e-3,
                "s" | "" => 1.0,
                "min" => 60.0,
                "h" => 3600.0,
                "d" => 86_400.0,
                _ => return Duration::from_secs(600),
            };
    }
    Duration::try_from_secs_f64(total)
        .ok()
        .filter(|span| !span.is_zero() && *span <= Duration::from_secs(86_400))
        .unwrap_or(Duration::from_secs(600))
}

#[cfg(test)]
mod tests;
