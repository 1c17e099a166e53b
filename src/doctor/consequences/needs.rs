//! A service that needs another one fails with it: its own trouble follows from that one's, also
//! from one on another host.

use std::collections::BTreeSet;

use super::{CAUSES, EFFECTS, TOLD};
use crate::doctor::patient::Patient;
use crate::model::finding::{Finding, Key, Subject};
use crate::model::host::Host;
use crate::model::ids::{HostName, ServiceName};
use crate::model::instance::{Instance, ServiceState};
use crate::model::severity::Severity;

/// Another finding, and its host where that is another one.
type Cause = (Key, Option<HostName>);

/// Puts the effects of a need that is down under its cause.
pub(super) fn link(patient: &Patient<'_>, findings: &mut [Finding]) {
    // All are looked for before one is changed, lest it matters in which order they come.
    let mut found = Vec::new();
    for (place, finding) in findings.iter().enumerate() {
        if finding.because.is_some() || !EFFECTS.contains(&finding.key.rule) {
            continue;
        }
        let Subject::Service(service) = &finding.key.subject else { continue };
        let need = broken_need(patient, findings, service, &mut BTreeSet::new());
        found.extend(need.map(|(need, cause)| (place, need, cause)));
    }
    for (place, need, (key, elsewhere)) in found {
        let Some(finding) = findings.get_mut(place) else { continue };
        if TOLD.contains(&finding.key.rule) {
            finding.summary =
                format!("{} because {need}, which it needs, is down", finding.summary);
        }
        finding.because = Some(key);
        finding.elsewhere = elsewhere;
    }
}

/// A need that is down, with what its trouble follows from in the end: perhaps what it needs itself.
/// Each service is looked at once, however many needs there are.
fn broken_need<'a>(
    patient: &Patient<'a>,
    known: &[Finding],
    service: &ServiceName,
    seen: &mut BTreeSet<ServiceName>,
) -> Option<(&'a ServiceName, Cause)> {
    if !seen.insert(service.clone()) {
        return None;
    }
    for need in needs(patient, service) {
        let further = broken_need(patient, known, need, seen);
        if let Some(cause) = trouble(patient, known, need) {
            return Some((need, further.map_or(cause, |(_, cause)| cause)));
        }
        if further.is_some() {
            return further;
        }
    }
    None
}

fn needs<'a>(patient: &Patient<'a>, service: &ServiceName) -> &'a [ServiceName] {
    let mut instances = patient.env.hosts.values().filter_map(|host| host.instances.get(service));
    instances.next().map(|instance| instance.promises.needs.as_slice()).unwrap_or_default()
}

/// What a service's being down follows from, on this host first; nothing where one of its
/// instances is well.
fn trouble(patient: &Patient<'_>, known: &[Finding], need: &ServiceName) -> Option<Cause> {
    // One that is well is mostly found at once, however many hosts there are.
    if hosts(patient, need).any(|(host, instance)| !is_down(patient, host, instance)) {
        return None;
    }
    hosts(patient, need).find_map(|(host, _)| {
        if host.spec.name == patient.host.spec.name {
            let own = root(known.iter(), need)?;
            return Some((
                own.because.clone().unwrap_or_else(|| own.key.clone()),
                own.elsewhere.clone(),
            ));
        }
        let theirs = host.findings.iter().filter(|tracked| tracked.counts());
        let theirs = root(theirs.map(|tracked| &tracked.finding), need)?;
        let key = theirs.because.clone().unwrap_or_else(|| theirs.key.clone());
        let there = theirs.elsewhere.clone().unwrap_or_else(|| host.spec.name.clone());
        Some((key, (there != patient.host.spec.name).then_some(there)))
    })
}

/// Where a service runs, this host first.
fn hosts<'a>(
    patient: &Patient<'a>,
    service: &ServiceName,
) -> impl Iterator<Item = (&'a Host, &'a Instance)> {
    let own = patient.host;
    let others = patient.env.hosts.values().filter(|host| host.spec.name != own.spec.name);
    std::iter::once(own).chain(others).filter_map(|host| Some((host, host.instances.get(service)?)))
}

fn is_down(patient: &Patient<'_>, host: &Host, instance: &Instance) -> bool {
    let verdict = instance.judge(host, patient.fleet.interval, patient.now);
    !verdict.stale
        && matches!(
            verdict.state,
            ServiceState::Failed
                | ServiceState::CrashLooping
                | ServiceState::Missing
                | ServiceState::Stopped
        )
}

/// A service's own worst finding: a cause rather than an effect.
fn root<'f>(
    findings: impl Iterator<Item = &'f Finding>,
    service: &ServiceName,
) -> Option<&'f Finding> {
    let about = |found: &Finding| matches!(&found.key.subject, Subject::Service(s) if s == service);
    findings.filter(|found| about(found) && found.severity == Severity::Critical).min_by_key(
        |found| {
            let place = CAUSES.iter().position(|rule| *rule == found.key.rule);
            (found.because.is_some(), place.unwrap_or(CAUSES.len()))
        },
    )
}

#[cfg(test)]
mod tests {
    use crate::doctor::case::{Case, NOW, fail};
    use crate::model::finding::{Finding, track};
    use crate::model::needs::{Arrow, Needs, Part};
    use crate::model::rule::Rule;
    use crate::model::spec::Promises;

    fn chain(name: &str) -> Promises {
        let needs: Vec<_> = match name {
            "web" => vec!["api".into()],
            "api" => vec!["db".into()],
            _ => Vec::new(),
        };
        Promises { needs, ..Promises::default() }
    }

    fn break_on(case: &mut Case, host: &str, service: &str, status: i32) {
        let host = case.host_named(host);
        fail(host.instances.get_mut(&service.into()).unwrap(), status, &[]);
    }

    fn about<'f>(findings: &'f [Finding], service: &str) -> &'f Finding {
        findings.iter().find(|found| found.key.subject.name() == service).unwrap()
    }

    #[test]
    fn a_chain_of_needs_has_one_cause() {
        let mut case = Case::of(&[("h", &["api", "db", "web"])], chain);
        for (service, status) in [("web", 1), ("api", 1), ("db", 203)] {
            break_on(&mut case, "h", service, status);
        }
        let findings = case.findings();
        assert_eq!(about(&findings, "db").because, None);
        for service in ["api", "web"] {
            let found = about(&findings, service);
            let because = found.because.as_ref().unwrap();
            assert_eq!((because.rule, because.subject.name()), (Rule::ExecFailed, "db".to_owned()));
            assert_eq!(found.elsewhere, None);
        }
        assert!(about(&findings, "web").summary.ends_with("because api, which it needs, is down"));
    }

    #[test]
    fn the_cause_may_be_on_another_host() {
        let mut case = Case::of(&[("a", &["api"]), ("b", &["db"])], chain);
        break_on(&mut case, "a", "api", 1);
        break_on(&mut case, "b", "db", 217);
        assert_eq!(about(&case.findings_on("a"), "api").because, None, "b was not looked at yet");
        let findings = case.findings_on("b");
        track(&mut case.host_named("b").findings, findings, NOW);
        let findings = case.findings_on("a");
        let found = about(&findings, "api");
        assert_eq!(found.because.as_ref().unwrap().rule, Rule::UserMissing);
        assert_eq!(found.elsewhere.as_ref().unwrap().as_str(), "b");
    }

    #[test]
    fn a_need_that_is_well_somewhere_is_no_cause() {
        let mut case = Case::of(&[("a", &["api", "db"]), ("b", &["db"])], chain);
        break_on(&mut case, "a", "api", 1);
        break_on(&mut case, "a", "db", 203);
        assert_eq!(about(&case.findings_on("a"), "api").because, None);
    }

    #[test]
    fn its_own_cause_comes_first() {
        let mut case = Case::of(&[("h", &["api", "db"])], chain);
        break_on(&mut case, "h", "api", 200);
        break_on(&mut case, "h", "db", 203);
        let findings = case.findings();
        assert_eq!(about(&findings, "api").key.rule, Rule::WorkingDirectoryMissing);
        assert_eq!(about(&findings, "api").because, None);
    }

    /// `from>to`, with `!` where a failure comes that way.
    fn arrows(needs: &Needs<'_>) -> Vec<String> {
        let name = |place: usize| needs.nodes[place].name.as_str();
        let arrow = |arrow: &Arrow| {
            let mark = if arrow.failing { "!" } else { "" };
            format!("{}>{}{mark}", name(arrow.from), name(arrow.to))
        };
        needs.arrows.iter().map(arrow).collect()
    }

    fn part_of(needs: &Needs<'_>, service: &str) -> Part {
        needs.nodes.iter().find(|node| node.name.as_str() == service).unwrap().part
    }

    #[test]
    fn the_graph_shows_the_way_from_the_cause() {
        let promises = |name: &str| Promises {
            needs: match name {
                "web" => vec!["api".into(), "cache".into()],
                "api" => vec!["db".into()],
                _ => Vec::new(),
            },
            ..Promises::default()
        };
        let mut case =
            Case::of(&[("a", &["web", "api", "cache", "cron"]), ("b", &["db"])], promises);
        case.track();
        let needs = case.needs();
        assert_eq!(arrows(&needs), ["api>db", "web>api", "web>cache"]);
        assert!(needs.causes.is_empty() && needs.nodes.iter().all(|node| node.part == Part::Apart));
        assert_eq!((needs.apart, needs.roots().len()), (1, 1));
        for (host, service, status) in [("a", "web", 1), ("a", "api", 1), ("b", "db", 203)] {
            break_on(&mut case, host, service, status);
        }
        case.track();
        let needs = case.needs();
        assert_eq!(arrows(&needs), ["api>db!", "web>api!", "web>cache"]);
        let parts = ["web", "api", "db", "cache"].map(|name| part_of(&needs, name));
        assert_eq!(parts, [Part::Effect, Part::Effect, Part::Cause, Part::Apart]);
        let [cause] = &needs.causes[..] else { panic!("{:?}", needs.causes) };
        assert_eq!(cause.finding.unwrap().key.rule, Rule::ExecFailed);
        assert_eq!(cause.host.as_str(), "b");
        assert_eq!(needs.nodes[cause.node.unwrap()].name.as_str(), "db");
    }

    #[test]
    fn a_service_that_fails_by_itself_is_no_part_of_a_way() {
        let mut case = Case::of(&[("h", &["api", "db", "web"])], chain);
        break_on(&mut case, "h", "web", 203);
        case.track();
        let needs = case.needs();
        assert_eq!(arrows(&needs), ["api>db", "web>api"]);
        assert_eq!(part_of(&needs, "web"), Part::Apart);
    }

    #[test]
    fn a_ring_of_needs_ends() {
        let ring = |name: &str| Promises {
            needs: match name {
                "a" => vec!["b".into(), "a".into()],
                "b" => vec!["c".into()],
                _ => vec!["a".into()],
            },
            ..Promises::default()
        };
        let mut case = Case::of(&[("h", &["a", "b", "c"])], ring);
        for service in ["a", "b", "c"] {
            break_on(&mut case, "h", service, 1);
        }
        case.track();
        let needs = case.needs();
        assert_eq!((needs.nodes.len(), needs.arrows.len(), needs.roots()), (3, 4, vec![0]));
    }
}
