//! A balancer's part of a plan: for each batch it sends nothing more to the batch's servers, waits until
//! the console says that the batch is over, and puts them back. Its host does all of it alone; when the
//! console is not heard any more, it puts back what it has taken out.

mod find;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use self::find::Servers;
use super::{Target, free, launcher};
use crate::model::acting::Refusals;
use crate::model::drain::{DrainSpec, PoolId, Pools, SERVICE, SUBJECT};
use crate::model::ids::{HostId, InstanceId};
use crate::model::look::Look;
use crate::model::plan::{
    Change, DrainPart, Drained, Fact, HostPlan, Launcher, OnFail, Plan, Step, Undo,
};
use crate::model::time::Timestamp;
use crate::probe::act::SERVERS;
use crate::probe::quote::quote;

/// What the steps of a balancer have in common.
const LIBRARY: &str = include_str!("drain/drain.sh");
/// Reads that.
const COMMON: &str = ". ./common\n";
/// Batches of one balancer: three steps each, whose numbers are a byte.
const MOST: usize = 80;
/// For what the console does between its words: who serves is counted, hosts are followed.
const SLACK: Duration = Duration::from_secs(3600);
/// For a change of the files and a reload.
const QUICK: Duration = Duration::from_secs(120);

/// A balancer's host, looked at.
#[derive(Clone, Debug)]
pub struct Balancer {
    /// Which.
    pub host: HostId,
    /// What it said.
    pub look: Look,
    /// When.
    pub seen: Timestamp,
}

/// What a balancer does for a batch.
struct Part {
    batch: usize,
    takes: BTreeMap<PoolId, Servers>,
    servers: Vec<Drained>,
    timeout: Duration,
    dead_man: Duration,
    /// As long as the batch may take.
    lasts: Duration,
}

/// The parts of a plan for its balancers.
///
/// # Errors
/// When one of them cannot take part, or would be left with too few; all or none.
pub(super) fn plans(
    plan: &Plan,
    targets: &[Target],
    balancers: &[Balancer],
) -> Result<Vec<(HostPlan, Vec<DrainPart>)>, Refusals> {
    let mut all = Vec::new();
    let mut refusals = Refusals::new();
    for balancer in balancers {
        let id = InstanceId { host: balancer.host.clone(), service: SERVICE.into() };
        match parts(plan, targets, balancer).and_then(|parts| host(plan, balancer, &parts)) {
            Ok(Some(made)) => all.push(made),
            Ok(None) => {}
            Err(why) => refusals.push((id, why)),
        }
    }
    if refusals.is_empty() { Ok(all) } else { Err(refusals) }
}

/// What it has to do, batch by batch.
fn parts(plan: &Plan, targets: &[Target], balancer: &Balancer) -> Result<Vec<Part>, String> {
    let mut parts = Vec::new();
    for (batch, places) in plan.batches.iter().enumerate() {
        let mut part = Part {
            batch,
            takes: BTreeMap::new(),
            servers: Vec::new(),
            timeout: Duration::ZERO,
            dead_man: Duration::MAX,
            lasts: Duration::ZERO,
        };
        for place in places {
            let Some(host) = plan.hosts.get(*place) else { continue };
            let target = targets
                .iter()
                .find(|one| one.id.host == host.host && one.id.service == host.service);
            let Some(target) = target else { continue };
            part.lasts = part.lasts.max(host.limit());
            let specs = target.promises.drains.iter();
            for spec in specs.filter(|spec| spec.host == balancer.host.host) {
                part.add(*place, target, balancer, spec)?;
            }
        }
        if part.servers.is_empty() {
            continue;
        }
        let need = plan.serving(batch).map_or(0, crate::model::plan::Serving::need);
        for (id, servers) in &mut part.takes {
            servers.least = need;
            let pools = pools(&balancer.look, id)?;
            find::enough(servers, pools)
                .map_err(|why| format!("batch {} cannot be drained there: {why}", batch + 1))?;
        }
        parts.push(part);
    }
    Ok(parts)
}

impl Part {
    fn add(
        &mut self,
        place: usize,
        target: &Target,
        balancer: &Balancer,
        spec: &DrainSpec,
    ) -> Result<(), String> {
        let id = spec.pools();
        let pools = pools(&balancer.look, &id)?;
        let address = find::address(target, &balancer.host.host, spec, pools)?;
        self.timeout = self.timeout.max(spec.timeout);
        self.dead_man = self.dead_man.min(spec.dead_man);
        self.servers.push(Drained { place, address: address.clone(), file: spec.file.clone() });
        self.takes.entry(id).or_default().add(address);
        Ok(())
    }

    fn addresses(&self) -> String {
        let mut all: Vec<&str> = self.servers.iter().map(|one| &*one.address).collect();
        all.sort_unstable();
        all.dedup();
        all.join(" ")
    }
}

/// Pools of the balancer that were looked at.
fn pools<'a>(look: &'a Look, id: &PoolId) -> Result<&'a Pools, String> {
    let pools = look.pools.iter().find(|pools| pools.id == *id);
    let pools = pools.ok_or_else(|| format!("{} was not read there", id.file))?;
    match &pools.fault {
        Some(fault) => Err(format!("{}: {fault}", id.file)),
        None => Ok(pools),
    }
}

fn host(
    plan: &Plan,
    balancer: &Balancer,
    parts: &[Part],
) -> Result<Option<(HostPlan, Vec<DrainPart>)>, String> {
    if parts.is_empty() {
        return Ok(None);
    }
    let look = &balancer.look;
    let launcher = launcher(look)?;
    free(look)?;
    if plan.hosts.iter().any(|one| one.host == balancer.host && *one.subject == *SUBJECT) {
        return Err(
            "something is done to its nginx in the same plan: do one after the other".into()
        );
    }
    if parts.len() > MOST {
        return Err(format!("there are more than {MOST} batches: make them larger (--batch)"));
    }
    let mut warnings = Vec::new();
    if !look.tools.contains("ss") {
        warnings.push("there is no `ss`: the whole timeout of each drain is waited".to_owned());
    }
    if launcher == Launcher::Setsid {
        warnings.push("there is no systemd: the runner is a session of its own".to_owned());
    }
    let mut pending: Vec<&str> =
        look.pools.iter().flat_map(|pools| &pools.pending).map(|file| &**file).collect();
    pending.dedup();
    if !pending.is_empty() {
        warnings.push(format!(
            "changed since nginx has read its files: {}; the reload brings that into force",
            pending.join(", ")
        ));
    }
    let (facts, preflight) = preflight(look, parts);
    let mut steps = vec![super::script::look_again(preflight)];
    let mut made = Vec::new();
    for (part, number) in parts.iter().zip((11..).step_by(3)) {
        steps.extend(three(plan, part, number));
        made.push(DrainPart {
            batch: part.batch,
            drain: number,
            hold: number + 1,
            undrain: number + 2,
            servers: part.servers.clone(),
        });
        for (id, servers) in &part.takes {
            for address in servers.down(pools(look, id)?) {
                let text = format!("{address} is `down` in {} already: it stays so", id.file);
                if !warnings.contains(&text) {
                    warnings.push(text);
                }
            }
        }
    }
    let host = HostPlan {
        host: balancer.host.clone(),
        service: SERVICE.into(),
        also: Vec::new(),
        subject: SUBJECT.into(),
        facts,
        seen: balancer.seen,
        warnings,
        steps,
        brings: Vec::new(),
        load: None,
        common: format!("servers={}\n{LIBRARY}", quote(SERVERS)),
        launcher,
        on_fail: OnFail::Revert,
        freezes: false,
    };
    Ok(Some((host, made)))
}

/// What it rests on, and the first step's script.
fn preflight(look: &Look, parts: &[Part]) -> (Vec<Fact>, String) {
    let fact = |name: String, value: &str| Fact { name, value: value.to_owned() };
    let mut facts =
        vec![fact("machine".to_owned(), &look.machine), fact("boot".to_owned(), &look.boot)];
    let mut script = format!(
        "{COMMON}# Is all still as it was when this was planned?\n\
         stale=0\nsame() {{\n  if [ \"$2\" != \"$3\" ]; then\n    \
         echo \"the plan is stale: $1 is now '$3', it was '$2'\"\n    stale=75\n  fi\n}}\n\
         same machine {} \"$(cat /etc/machine-id)\"\n\
         same boot {} \"$(cat /proc/sys/kernel/random/boot_id)\"\n",
        quote(&look.machine),
        quote(&look.boot)
    );
    for id in parts.iter().flat_map(|part| part.takes.keys()) {
        let Some(pools) = look.pools.iter().find(|pools| pools.id.file == id.file) else {
            continue;
        };
        let name = id.file.to_string();
        if facts.iter().any(|fact| fact.name == name) {
            continue;
        }
        let file = quote(&id.file);
        let _infallible =
            writeln!(script, "same {file} {} \"$(cksum <{file})\"", quote(&pools.sum));
        facts.push(fact(name, &pools.sum));
    }
    script.push_str(
        "if [ \"$stale\" != 0 ]; then exit \"$stale\"; fi\n\
         master >/dev/null || { echo 'nginx does not run'; exit 1; }\n\
         nginx -t 2>tested || { cat tested; exit 1; }\n",
    );
    (facts, script)
}

/// The steps for one batch.
fn three(plan: &Plan, part: &Part, number: u8) -> [Step; 3] {
    let batch = part.batch + 1;
    let addresses = part.addresses();
    let dead = part.dead_man.as_secs();
    let begin = format!("{COMMON}batch={batch} dead={dead}\n");
    let mut takes = String::new();
    for (id, servers) in &part.takes {
        let _infallible = write!(
            takes,
            "take {} {} {} {} {} &&\n  ",
            quote(&id.file),
            quote(&id.upstream),
            quote(&servers.taken()),
            quote(&servers.all()),
            servers.least
        );
    }
    let drain = format!(
        "{begin}await drain || exit 1\n\
         if [ -e cancel ]; then exit 0; fi\n\
         : >\"drained.$batch\"\n\
         {takes}if ! [ -s \"drained.$batch\" ]; then exit 0; else drain {} {}; fi && exit 0\n\
         put_back\nexit 1\n",
        part.timeout.as_secs(),
        quote(&addresses)
    );
    // Nobody may be there to say whether they are healthy: they get a moment to be so.
    let undo = format!("{begin}answering 30\nput_back\n");
    let back = format!("{begin}put_back\n");
    let step = |number, title: String, change, script, undo, limit| Step {
        number,
        title,
        change,
        script,
        undo,
        limit,
        idle: limit,
    };
    [
        step(
            number,
            format!("batch {batch}: send nothing more to {addresses}"),
            Change::Reversible,
            drain,
            Undo::Script(undo),
            plan.rollout.wait + part.timeout + SLACK,
        ),
        step(
            number + 1,
            format!("batch {batch}: wait until it is over; {dead} s without a word puts back"),
            Change::ReadOnly,
            format!("{begin}await go\n"),
            Undo::NotNeeded,
            part.lasts + SLACK,
        ),
        step(
            number + 2,
            format!("batch {batch}: put back {addresses}"),
            Change::Reversible,
            back.clone(),
            // To be put back is how it was before all.
            Undo::Script(back),
            QUICK,
        ),
    ]
}

#[cfg(test)]
mod tests;
