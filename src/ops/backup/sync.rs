//! Data of a dearer environment comes down: it was sent beside what is there; the host makes sure that it
//! is one whose data may be replaced, scrubs the copy, and lets both change places by rename(2). Only
//! what is [`Writable`](crate::model::sync::Writable) is ever the target of such a plan.

mod scrub;
mod tell;

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use super::{BackupTarget, Job, LONG, around, first, restore, services, size};
use crate::model::acting::Refusals;
use crate::model::deploy::copy::Load;
use crate::model::ids::{InstanceId, ServiceName};
use crate::model::look::Look;
use crate::model::plan::{HostPlan, Intent, OnFail, Plan};
use crate::model::restore::{BackupAsk, Writer, subject};
use crate::model::sync::{Downward, Far, SyncAsk, SyncLook};
use crate::model::time::Timestamp;
use crate::ops::script::Read;
use crate::ops::{Made, ready, rollout};
use crate::probe::act::sync::IDENTITY;
use crate::probe::quote::{quote, quote_all};

/// For the removal of what came and is not used.
const REMOVING: Duration = Duration::from_secs(600);

/// A directory that is to be replaced, looked at.
#[derive(Clone, Debug)]
pub struct SyncTarget {
    /// Where; the name of the `[[env.sync]]` stands where a service's does.
    pub id: InstanceId,
    /// What was asked of the host.
    pub ask: SyncAsk,
    /// Services that write there, and are stopped.
    pub writers: Vec<Writer>,
    /// Services that may write there and cannot be stopped.
    pub others: Vec<ServiceName>,
    /// What its host said.
    pub look: Look,
    /// When.
    pub seen: Timestamp,
}

/// Makes a plan. That data goes `down` is what it takes: there is no plan of another way.
///
/// # Errors
/// Why there is none.
pub fn plan(
    intent: Intent,
    down: &Downward,
    protected: bool,
    target: &SyncTarget,
) -> Result<Plan, Refusals> {
    let refuse = |why: String| vec![(target.id.clone(), why)];
    let spec = &target.ask.spec;
    let envs = [&intent.env, &target.ask.env, &target.id.host.env];
    if envs.iter().any(|env| *env != down.to().env()) || spec.from.env != *down.from().env() {
        return Err(refuse("it is of other environments than were asked for".to_owned()));
    }
    let host = host_plan(&intent, target).map_err(refuse)?;
    let way = rollout::way(&intent, protected, &[]);
    Ok(Plan::seal(intent, down.to().tier(), protected, vec![host], way, Vec::new()))
}

fn host_plan(intent: &Intent, target: &SyncTarget) -> Result<HostPlan, String> {
    let launcher = ready(&target.look)?;
    let look = target.look.sync.as_deref().ok_or("the host did not say what is there")?;
    let spec = Arc::new(target.ask.spec.replaced());
    let units = target.ask.units.clone();
    let ask = BackupAsk { spec: Arc::clone(&spec), restores: true, from: None, units };
    let replaced = BackupTarget {
        id: target.id.clone(),
        ask,
        writers: target.writers.clone(),
        others: target.others.clone(),
        look: target.look.clone(),
        seen: target.seen,
        drilled: None,
    };
    let to = target.ask.spec.to.trim_end_matches('/');
    let up = to.rsplit_once('/').map_or("", |(up, _)| up);
    let job = Job {
        intent,
        target: &replaced,
        spec: &spec,
        look: &look.there,
        place: up,
        pattern: "",
        folders: true,
    };
    let made = steps(&job, target, look, &format!("{up}/.quarterdeck-{}", subject(&spec)))?;
    Ok(HostPlan {
        host: target.id.host.clone(),
        service: target.id.service.clone(),
        also: target.writers.iter().map(|writer| writer.name.clone()).collect(),
        subject: subject(&spec),
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

fn steps(job: &Job<'_>, target: &SyncTarget, look: &SyncLook, store: &str) -> Result<Made, String> {
    refuse(job, look)?;
    around::strangers(job)?;
    let all = services::all(job)?;
    let far = far(target, look);
    let from = format!("{}/{}:{}", far.env, far.host, far.real);
    let mut common = restore::common(job, &from);
    common.push_str(IDENTITY);
    let _infallible = write!(
        common,
        "own={} store={}\nstage=$store/incoming/$op\n\
         home=$(getent passwd \"$own\" | cut -d : -f 6)\n\
         as() {{\n  if [ \"$own\" = root ]; then (cd / && \"$@\")\n  \
         else (cd / && runuser -u \"$own\" -- env HOME=\"${{home:-/}}\" USER=\"$own\" LOGNAME=\"$own\" \"$@\"); fi\n}}\n\
         # Unscrubbed data of another environment does not lie about.\n\
         drop() {{\n  as find \"$stage\" -type d ! -perm -700 -exec chmod u+rwx {{}} \\; 2>/dev/null\n  \
         as rm -rf -- \"$stage\"\n  bare\n  [ ! -e \"$stage\" ]\n}}\n\
         bare() {{ rmdir -- \"$store/incoming\" \"$store\" 2>/dev/null; }}\n",
        quote(&look.owner),
        quote(store)
    );
    let (more, of_units) = services::look(job, &all);
    let (mut again, mut facts) = first(&reads(target, look), &more);
    facts.extend(of_units);
    let source =
        [("source machine", &far.machine), ("source", &far.at), ("source path", &far.real)];
    facts.extend(source.map(|(name, value)| crate::model::plan::Fact {
        name: name.to_owned(),
        value: value.to_string(),
    }));
    "make sure that this host's data may be replaced; is all still as planned?"
        .clone_into(&mut again.title);
    // What came is removed with it, however much that is.
    (again.limit, again.idle) = (REMOVING, REMOVING);
    again.script = format!(
        ". ./common\ntrap '[ \"$?\" = 0 ] || drop' EXIT\n\
         if ! why=$(qd_identity {}) || [ -n \"$why\" ]; then printf '%s\\n' \"$why\"; exit 1; fi\n{}",
        quote_all(&admitted(target, &far)),
        again.script.strip_prefix(". ./common\n").unwrap_or(&again.script)
    );
    let mut steps = vec![again];
    if !all.is_empty() {
        steps.push(services::claim(&all));
    }
    steps.push(scrub::step(target, &far));
    if !all.is_empty() {
        steps.push(services::stop(job, &all));
    }
    steps.push(restore::swap(&services::stop_words(&all)));
    let (started, left_out) = services::start(job, &all);
    steps.extend(started);
    steps.push(restore::tidy());
    let mut warnings = tell::said(job, target, &all);
    warnings.extend(left_out);
    let load = Load {
        from: from.into(),
        far: Some(Box::new(far)),
        directory: job.source().into(),
        store: store.into(),
        owner: look.owner.clone(),
        rules: Vec::new(),
        links: false,
        moves: None,
        limit: LONG,
    };
    let brings = tell::brings(job, target, look, &all);
    Ok(Made { facts, warnings, steps, common, brings, load: Some(Box::new(load)), nothing: None })
}

/// What the host's identity is asked about.
fn admitted<'a>(target: &'a SyncTarget, far: &'a Far) -> [&'a str; 7] {
    let to = target.ask.spec.to.trim_end_matches('/');
    [target.ask.env.as_str(), far.env.as_str(), &far.machine, to, &far.real, &far.at, &far.place]
}

fn far(target: &SyncTarget, look: &SyncLook) -> Far {
    let source = &look.source;
    Far {
        env: target.ask.spec.from.env.clone(),
        host: target.ask.from.clone(),
        machine: source.machine.clone(),
        real: source.real.clone(),
        at: source.at.clone(),
        place: source.place.clone(),
        to: target.ask.env.clone(),
    }
}

/// What it rests on.
fn reads(target: &SyncTarget, look: &SyncLook) -> Vec<Read> {
    let read = |name, value: &str, how| Read { name, value: value.to_owned(), how };
    vec![
        read("machine", &target.look.machine, "cat /etc/machine-id"),
        read("boot", &target.look.boot, "cat /proc/sys/kernel/random/boot_id"),
        read("data", &look.there.source.at, "stat -c '%d:%i' -- \"$src\""),
        read("owner", &look.owner, "stat -c %U -- \"$src\""),
    ]
}

/// What stands in the way.
fn refuse(job: &Job<'_>, look: &SyncLook) -> Result<(), String> {
    let (there, path) = (&job.look.source, job.source());
    let faults = look.source.faults.iter().chain(&look.refused);
    if let Some(why) = faults.chain(&job.look.taken).chain(&job.look.faults).next() {
        return Err(why.to_string());
    }
    if !look.admits {
        return Err("the host did not say that its data may be replaced".to_owned());
    }
    match &*there.kind {
        "directory" => {}
        "" => {
            return Err(format!(
                "{path} is not there: make it as it shall belong, such as by `install -d -o app {path}`"
            ));
        }
        _ => return Err(format!("{path} is no directory")),
    }
    if *there.real != *path || path.is_empty() {
        return Err(format!("{path} is {} in truth: name that in the config", there.real));
    }
    if there.mounted {
        return Err(format!("{path} is a file system of its own: it cannot be put aside"));
    }
    if matches!(&*look.owner, "" | "UNKNOWN") {
        return Err(format!("{path} belongs to no user that is known"));
    }
    if &*look.owner == "root" && !look.open.is_empty() {
        return Err(format!(
            "{path} belongs to root, and {} may be changed by others than root: give it to the user \
             whose services use it",
            look.open
        ));
    }
    if !job.look.gnu {
        return Err("the host has no GNU tar, which does not follow what is unpacked out of its \
                    directory"
            .to_owned());
    }
    let come =
        look.source.size.ok_or("how much comes is not known: it took too long to count it")?;
    if look.source.files == Some(0) {
        return Err("there is no file in what it comes from".to_owned());
    }
    let need = come.saturating_mul(2);
    match there.free {
        Some(free) if free < need => Err(format!(
            "{} are free beside {path}, and twice what comes ({}) has to be",
            size(free),
            size(need)
        )),
        Some(_) => Ok(()),
        None => Err(format!("how much is free beside {path} is not known")),
    }
}

#[cfg(test)]
mod tests;
