//! A host is looked at with all rules, and what they find is kept over time.

use crate::doctor::{self, Patient};
use crate::model::Model;
use crate::model::acknowledged::AckId;
use crate::model::finding::{self, Finding, Subject};
use crate::model::host::Host;
use crate::model::ids::HostId;
use crate::model::ports::{PortBrief, PortRow, is_stale};
use crate::model::severity::Severity;
use crate::model::time::Timestamp;

/// As many findings that have closed wait for the timeline.
const MOST_CLOSED: usize = 200;

/// Looks at a host with all rules.
pub(super) fn examine(model: &mut Model, id: &HostId) {
    let now = model.now;
    let Some(env) = model.fleet.env(&id.env) else { return };
    let Some(host) = env.hosts.get(&id.host) else { return };
    let patient = Patient::new(&model.fleet, env, host, now);
    let mut fresh = doctor::examine(&patient);
    // What is lost, or not read whole since it was connected, proves nothing: neither that something is
    // mended nor that it comes and goes.
    if !host.link.is_up() || !host.is_settled() {
        let there = host.findings.iter().filter(|tracked| tracked.gone_since.is_none());
        // What the config does not name any more is of no concern.
        let is_known = |subject: &Subject| match subject {
            Subject::Service(name) => host.instances.contains_key(name),
            Subject::Backup(name) => env.backups.iter().any(|backup| backup.name == *name),
            Subject::Host | Subject::Port(..) | Subject::Path(_) | Subject::Upstream(_) => true,
        };
        let missing = there.map(|tracked| &tracked.finding);
        let missing = missing.filter(|known| is_known(&known.key.subject));
        let missing = missing.filter(|known| fresh.iter().all(|one| one.key != known.key));
        let missing: Vec<Finding> = missing.cloned().collect();
        fresh.extend(missing);
    }
    // A host that is lost keeps what it had; each view says that it is old.
    let read = host.ports.value().is_some() && !is_stale(host, model.fleet.interval, now);
    let briefs: Option<Vec<PortBrief>> =
        read.then(|| patient.ports.iter().map(PortRow::brief).collect());
    if fresh.is_empty() && host.findings.is_empty() && briefs.is_none() {
        return;
    }
    calm(&mut fresh, host, now);
    let silences = env.silences.clone();
    let Some(host) = model.fleet.host_mut(id) else { return };
    if let Some(briefs) = briefs {
        host.port_briefs = briefs;
    }
    let changed = finding::track(&mut host.findings, fresh, now);
    host.flaps.note(&changed, now);
    host.told.closed.extend(changed.closed);
    let spare = host.told.closed.len().saturating_sub(MOST_CLOSED);
    host.told.closed.drain(..spare);
    for tracked in &mut host.findings {
        let key = &tracked.finding.key;
        tracked.flapping = host.flaps.has(key);
        let silence = silences
            .iter()
            .find(|silence| silence.rule == key.rule && silence.is_about(&id.host, &key.subject));
        tracked.silenced = silence.map(|silence| silence.reason.clone());
    }
    mark(model, id);
}

/// Says beside each finding of a host who looks after it.
pub(super) fn mark(model: &mut Model, id: &HostId) {
    let acks = &model.acks;
    let Some(host) = model.fleet.host_mut(id) else { return };
    for tracked in &mut host.findings {
        let known =
            (!acks.is_empty()).then(|| acks.get(&AckId::new(id, &tracked.finding.key))).flatten();
        if tracked.acknowledged.as_ref() != known {
            tracked.acknowledged = known.cloned();
        }
    }
}

/// What is new about a service while somebody acts on it comes of that, or he sees it: it is called bad
/// when he is done and it is still so.
fn calm(fresh: &mut [Finding], host: &Host, now: Timestamp) {
    for finding in fresh.iter_mut().filter(|one| one.severity == Severity::Critical) {
        let is_known = host.findings.iter().any(|tracked| {
            tracked.finding.key == finding.key && tracked.finding.severity == Severity::Critical
        });
        if let Subject::Service(name) = &finding.key.subject
            && !is_known
            && host.instances.get(name).is_some_and(|instance| instance.is_worked_on(now))
        {
            finding.severity = Severity::Warning;
        }
    }
}
