//! `mixed-upstream`: members of one pool are different services, so that each request goes to one
//! of them by turns, and every other one to the wrong one.

use std::collections::BTreeMap;

use super::{facts, line, requests, service_of};
use crate::doctor::patient::Patient;
use crate::model::finding::{Finding, Subject};
use crate::model::proxy::{Member, Way};
use crate::model::rule::Rule;
use crate::model::severity::Severity;

pub(in crate::doctor) fn check(patient: &Patient<'_>, findings: &mut Vec<Finding>) {
    let Some(facts) = facts(patient) else { return };
    for (at, pool) in facts.upstreams.iter().enumerate() {
        let mut services: BTreeMap<&str, Vec<(&Member, String)>> = BTreeMap::new();
        for member in pool.members.iter().filter(|member| !member.down) {
            if let Some((host, service)) = service_of(patient, facts, &member.target) {
                let name = format!("{service} on {}", host.spec.name);
                services.entry(kin(service.as_str())).or_default().push((member, name));
            }
        }
        if services.len() < 2 {
            continue;
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
        for (member, name) in services.values().flatten().take(12) {
            found = line(found, &member.place);
            if let Some(proof) = found.evidence.last_mut() {
                proof.text = format!("{}  is {name}", proof.text);
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
