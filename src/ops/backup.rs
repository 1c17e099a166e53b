//! A copy that is made now, and data that is brought back from one. Nothing of the data that is there is
//! ever removed: it is renamed, and renamed back where something fails.

mod around;
mod database;
mod dump;
mod make;
mod postgres;
mod restore;
mod services;
mod sqlite;
mod sync;

pub use sync::{SyncTarget, plan as plan_sync};

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use super::script::{Read, look_again};
use super::{Made, ready, rollout};
use crate::model::acting::Refusals;
use crate::model::backup::{BackupSpec, Way};
use crate::model::ids::{InstanceId, ServiceName};
use crate::model::look::Look;
use crate::model::plan::{Fact, HostPlan, Intent, OnFail, Plan, Step};
use crate::model::restore::{BackupAsk, BackupLook, Writer, subject};
use crate::model::spec::Tier;
use crate::model::time::Timestamp;
use crate::model::verb::Verb;
use crate::probe::quote::quote;

/// What all scripts of it have in common.
const COMMON: &str = include_str!("backup/common.sh");
/// A copy is made, or unpacked, within that.
const LONG: Duration = Duration::from_secs(4 * 3600);

/// A backup to which something is to be done, looked at.
#[derive(Clone, Debug)]
pub struct BackupTarget {
    /// Where; its name stands where a service's does.
    pub id: InstanceId,
    /// What was asked of the host.
    pub ask: BackupAsk,
    /// Services that write to its source, and are stopped.
    pub writers: Vec<Writer>,
    /// Services that may write there and cannot be stopped.
    pub others: Vec<ServiceName>,
    /// What its host said.
    pub look: Look,
    /// When.
    pub seen: Timestamp,
    /// What is known of a drill of it: what speaks for it, or against it.
    pub drilled: Option<Result<String, String>>,
}

/// What a plan is made of.
struct Job<'a> {
    intent: &'a Intent,
    target: &'a BackupTarget,
    spec: &'a BackupSpec,
    look: &'a BackupLook,
    /// Where the copies are.
    place: &'a str,
    /// Their names.
    pattern: &'a str,
    /// Each is a directory.
    folders: bool,
}

/// Makes a plan.
///
/// # Errors
/// Why there is none.
pub fn plan(
    intent: Intent,
    tier: Tier,
    protected: bool,
    target: &BackupTarget,
) -> Result<Plan, Refusals> {
    let host = host_plan(&intent, target).map_err(|why| vec![(target.id.clone(), why)])?;
    let way = rollout::way(&intent, protected, &[]);
    Ok(Plan::seal(intent, tier, protected, vec![host], way, Vec::new()))
}

fn host_plan(intent: &Intent, target: &BackupTarget) -> Result<HostPlan, String> {
    let spec: &Arc<BackupSpec> = &target.ask.spec;
    let launcher = ready(&target.look)?;
    let look = target.look.backup.as_deref().ok_or("the host did not say what is there")?;
    let Way::Files { directory, pattern, folders } = &spec.way else {
        return Err(format!(
            "it is made by {}: only archives and directories (`files`) are made and brought back \
             from here",
            spec.way.name()
        ));
    };
    if let Some(why) = look.taken.first().or_else(|| look.faults.first()) {
        return Err(why.to_string());
    }
    if look.place.is_empty() {
        return Err(format!("{directory} is not there"));
    }
    let place = directory.trim_end_matches('/');
    let job = Job { intent, target, spec, look, place, pattern, folders: *folders };
    let mut made = match (intent.verb, &spec.database) {
        (Verb::Restore, Some(database)) => database::restore(&job, database)?,
        (Verb::Restore, None) => restore::steps(&job)?,
        (_, Some(database)) if spec.make.is_none() => dump::steps(&job, database)?,
        _ => make::steps(&job)?,
    };
    match &target.drilled {
        Some(Ok(note)) => made.brings.push(note.clone()),
        Some(Err(doubt)) => made.warnings.push(doubt.clone()),
        None => {}
    }
    let also = match intent.verb {
        Verb::Restore => target.writers.iter().map(|writer| writer.name.clone()).collect(),
        _ => Vec::new(),
    };
    Ok(HostPlan {
        host: target.id.host.clone(),
        service: target.id.service.clone(),
        also,
        subject: subject(spec),
        facts: made.facts,
        seen: target.seen,
        warnings: made.warnings,
        steps: made.steps,
        common: made.common,
        brings: made.brings,
        load: made.load,
        launcher,
        on_fail: OnFail::Revert,
        freezes: false,
    })
}

impl Job<'_> {
    fn source(&self) -> &str {
        self.spec.path().unwrap_or_default().trim_end_matches('/')
    }

    /// What every script begins with.
    fn common(&self) -> String {
        format!(
            "src={}\nplace={}\nop=${{PWD##*/}} work=$PWD\nup=${{src%/*}}\n{COMMON}",
            quote(self.source()),
            quote(self.place)
        )
    }

    /// What it rests on, whatever is done.
    fn reads(&self) -> Vec<Read> {
        let look = &self.target.look;
        let read = |name, value: &str, how| Read { name, value: value.to_owned(), how };
        let mut all = vec![
            read("machine", &look.machine, "cat /etc/machine-id"),
            read("boot", &look.boot, "cat /proc/sys/kernel/random/boot_id"),
            read("copies", &self.look.place, "stat -L -c '%d:%i' -- \"$place\""),
        ];
        if self.spec.path().is_some() {
            all.push(read("source", &self.look.source.at, "stat -c '%d:%i' -- \"$src\""));
        }
        all
    }
}

/// The first step, and the facts: these, and further lines that say `same NAME THEN NOW`.
fn first(reads: &[Read], more: &str) -> (Step, Vec<Fact>) {
    let mut text = String::from(
        ". ./common\n# Is all still as it was when this was planned?\n\
         stale=0\nsame() {\n  if [ \"$2\" != \"$3\" ]; then\n    \
         echo \"the plan is stale: $1 is now '$3', it was '$2'\"\n    stale=75\n  fi\n}\n",
    );
    for read in reads {
        let _infallible =
            writeln!(text, "same {} {} \"$({})\"", quote(read.name), quote(&read.value), read.how);
    }
    text.push_str(more);
    text.push_str("exit \"$stale\"\n");
    (look_again(text), reads.iter().map(Read::fact).collect())
}

/// A size for people, of KiB.
fn size(kib: u64) -> String {
    match kib {
        0..10_240 => format!("{kib} KiB"),
        10_240..10_485_760 => format!("{} MiB", kib / 1024),
        _ => format!("{} GiB", kib / 1_048_576),
    }
}

#[cfg(test)]
mod tests;
