//! Rules on a reverse proxy: where it sends requests beside who listens there.

pub(super) mod dead;
pub(super) mod invalid;
pub(super) mod mixed;
pub(super) mod stale;
#[cfg(test)]
mod tests;

use super::patient::Patient;
use crate::model::finding::{Finding, Subject};
use crate::model::host::Host;
use crate::model::ids::ServiceName;
use crate::model::port::Protocol;
use crate::model::proxy::{PACE, Place, ProxyFacts, Target, Way};

/// What is known of the host's proxy, where one runs and the reading is fresh. What lies on a disk
/// for nobody sends no requests.
fn facts<'a>(patient: &Patient<'a>) -> Option<&'a ProxyFacts> {
    let fresh = !patient.host.proxy.is_stale(patient.now, PACE);
    patient.host.proxy.value().filter(|facts| fresh && facts.master.is_some())
}

/// Requests that go to a place, as `a.example /api, b.example /`.
fn requests(facts: &ProxyFacts, goes: impl Fn(&Way) -> bool) -> String {
    let mut labels: Vec<String> = facts
        .routes
        .iter()
        .filter(|route| goes(&route.way))
        .map(|route| {
            let server = route.server.and_then(|at| facts.servers.get(at));
            let server = server.map_or_else(String::new, crate::model::proxy::Server::label);
            format!("{server} {}", route.location).trim().to_owned()
        })
        .collect();
    labels.dedup();
    let more = labels.len().saturating_sub(4);
    labels.truncate(4);
    if more > 0 {
        labels.push(format!("{more} more"));
    }
    labels.join(", ")
}

/// The line of the configuration, with its place.
fn line(found: Finding, place: &Place) -> Finding {
    found.proof(&format!("{}:{}", place.file, place.line), &*place.text)
}

/// The host that has an address, seen from the proxy's: itself, or another of its environment
/// whose addresses we have read.
fn host_of<'a>(patient: &Patient<'a>, facts: &ProxyFacts, address: &str) -> Option<&'a Host> {
    if facts.is_own(address) {
        return Some(patient.host);
    }
    let address = address.parse().ok()?;
    patient
        .env
        .hosts
        .values()
        .find(|host| host.proxy.value().is_some_and(|facts| facts.addresses.contains(&address)))
}

/// Who declares which ports of a host, in their order.
struct Declared<'a> {
    host: &'a Host,
    ports: Vec<(u16, &'a ServiceName)>,
}

impl<'a> Declared<'a> {
    fn on(host: &'a Host) -> Self {
        let tcp = host.instances.iter().flat_map(|(name, instance)| {
            let specs = instance.promises.ports.iter();
            specs.filter(|spec| spec.protocol == Protocol::Tcp).map(move |spec| (spec.port, name))
        });
        let mut ports: Vec<_> = tcp.collect();
        ports.sort_unstable();
        ports.dedup();
        Self { host, ports }
    }

    /// The one service that declares it.
    fn one(&self, port: u16) -> Option<&'a ServiceName> {
        let from = self.ports.partition_point(|(known, _)| *known < port);
        let mut declaring = self.ports.iter().skip(from).take_while(|(known, _)| *known == port);
        let (_, service) = declaring.next()?;
        declaring.next().is_none().then_some(service)
    }
}

/// The one service that declares a target's port on the target's host. `own` is of the proxy's host.
fn service_of<'a>(
    patient: &Patient<'a>,
    facts: &ProxyFacts,
    own: &Declared<'a>,
    target: &Target,
) -> Option<(&'a Host, &'a ServiceName)> {
    let Target::Tcp(address, port) = target else { return None };
    let host = host_of(patient, facts, address)?;
    let service = if host.spec.name == own.host.spec.name {
        own.one(*port)
    } else {
        Declared::on(host).one(*port)
    };
    Some((host, service?))
}

/// Requests that come to nothing follow from what is wrong with the service that should take them.
pub(super) fn follow(patient: &Patient<'_>, findings: &mut [Finding]) {
    use crate::model::rule::Rule;
    let Some(facts) = facts(patient) else { return };
    if !findings.iter().any(|finding| finding.key.rule == Rule::DeadUpstream) {
        return;
    }
    let (targets, own) = (facts.targets(), Declared::on(patient.host));
    for at in 0..findings.len() {
        let Some(key) = findings.get(at).map(|finding| &finding.key) else { continue };
        let (Rule::DeadUpstream, Subject::Upstream(label)) = (key.rule, &key.subject) else {
            continue;
        };
        let Some(target) = targets.iter().find(|target| target.label() == **label) else {
            continue;
        };
        let Some((host, service)) = service_of(patient, facts, &own, target) else { continue };
        if host.spec.name != patient.host.spec.name {
            continue;
        }
        let subject = Subject::Service(service.clone());
        let about = findings.iter().filter(|f| f.key.subject == subject && f.severity.is_problem());
        let cause =
            about.min_by_key(|f| (f.because.is_some(), std::cmp::Reverse(f.severity.rank())));
        let cause = cause.map(|f| f.because.clone().unwrap_or_else(|| f.key.clone()));
        if let Some(finding) = findings.get_mut(at) {
            finding.because = cause;
        }
    }
}
