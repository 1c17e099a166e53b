//! `mixed-upstream`: members of one pool are different services, so that each request goes to one
//! of them by turns, and every other one to the wrong one.

use std::collections::BTreeMap;

use super::{Declared, facts, line, requests, service_of};
use crate::doctor::patient::Patient;
use crate::model::finding::{Finding, Subject};
use crate::model::host::Host;
use crate::model::ids::ServiceName;
use crate::model::proxy::{Member, Way};
use crate::model::rule::Rule;
use crate::model::severity::Severity;

pub(in crate::doctor) fn check(patient: &Patient<'_>, findings: &mut Vec<Finding>) {
    let Some(facts) = facts(patient) else { return };
    let own = Declared::on(patient.host);
    for (at, pool) in facts.upstreams.iter().enumerate() {
        let members = pool.members.iter().filter(|member| !member.down).filter_map(|member| {
            let (host, service) = service_of(patient, facts, &own, &member.target)?;
            Some((kin(service.as_str()), (member, host, service)))
        });
        let members: Vec<(&str, (&Member, &Host, &ServiceName))> = members.collect();
        if members.first().is_none_or(|(one, _)| members.iter().all(|(other, _)| one == other)) {
            continue;
        }
        let mut services: BTreeMap<&str, Vec<(&Member, &Host, &ServiceName)>> = BTreeMap::new();
        for (kin, member) in members {
            services.entry(kin).or_default().push(member);
        }
        let names: Vec<&str> = services.keys().copied().collect();
        let hit = requests(facts, |way| *way == Way::Pool(at));
        let what =
            if hit.is_empty() { "requests".to_owned() } else { format!("requests for {hit}") };
        let mut found = Finding::new(
            Rule::MixedUpstream,
            Subject::Upstream(pool.name.clone()),
            Severity::Critical,
            format!(
                "nginx sends {what} by turns to different services, as pool {} mixes {}",
                pool.name,
                names.join(" and ")
            ),
        );
        for (member, host, service) in services.values().flatten().take(12) {
            found = line(found, &member.place);
            if let Some(proof) = found.evidence.last_mut() {
                proof.text = format!("{}  is {service} on {}", proof.text, host.spec.name);
            }
        }
        findings.push(
            found
                .step("", "give each service a pool of its own, and a location that leads to it")
                .step("nginx -t && systemctl reload nginx", "requests that run are finished"),
        );
    }
}

/// `app-1` and `app-2` are one service that runs twice: a pool of them is as it should be.
fn kin(name: &str) -> &str {
    let bare = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let bare = bare.trim_end_matches(['-', '_', '.', '@', ':']);
    if bare.is_empty() { name } else { bare }
}
