//! Findings for people: the sentence, what proves it, what to do, in this order.

use std::fmt::Write as _;

use super::json::subject;
use crate::model::Model;
use crate::model::finding::Tracked;
use crate::model::fleet::Env;
use crate::model::host::Host;
use crate::model::priority::Priority;
use crate::model::rule::Rule;
use crate::model::time::Timestamp;

/// Silenced findings beyond this are only counted.
const MOST_SILENCED: usize = 50;

/// All findings, the most urgent first, with what follows from each.
pub(super) fn page(model: &Model) -> String {
    let mut out = String::new();
    let mut count = 0;
    let mut silenced = Vec::new();
    let mut causes = Vec::new();
    // Writing to a String does not fail, so the results are not looked at.
    for (env, host) in model.fleet.hosts() {
        if let Some(fault) = host.link.fault().filter(|_| !host.link.is_up()) {
            let _ok = writeln!(
                out,
                "unknown   {}/{} {}: {fault}\n",
                env.name,
                host.spec.name,
                host.link.name()
            );
            count += 1;
        }
        for tracked in host.findings.iter().filter(|t| t.open) {
            let Some(reason) = &tracked.silenced else { continue };
            let key = &tracked.finding.key;
            let place = subject(host, key);
            silenced.push(format!("{}/{place}  [{}]: {reason}", env.name, key.rule.name()));
        }
        let open: Vec<&Tracked> = host.findings.iter().filter(|t| t.counts()).collect();
        count += open.len();
        // What follows from something that is silenced or gone stands for itself.
        let follows = |t: &Tracked| {
            t.finding.because.as_ref().is_some_and(|key| {
                open.iter().any(|o| o.finding.key == *key && o.finding.because.is_none())
            })
        };
        causes.extend(open.iter().filter(|t| !follows(t)).map(|tracked| (env, host, *tracked)));
    }
    causes.sort_by_key(|(env, _, tracked)| Priority::order(tracked.finding.severity, env.tier));
    for (env, host, tracked) in causes {
        one(&mut out, env, host, tracked, model.now);
        let of_it =
            |t: &Tracked| t.counts() && t.finding.because.as_ref() == Some(&tracked.finding.key);
        for effect in host.findings.iter().filter(|t| of_it(t)) {
            let found = &effect.finding;
            let _ok = writeln!(out, "  so also: {} ({})", found.summary, found.key.rule.name());
        }
        out.push('\n');
    }
    if count == 0 {
        let hosts = model.fleet.hosts().count();
        let rules = Rule::ALL.len();
        let _ok = writeln!(out, "nothing found on {hosts} hosts by {rules} rules");
    } else {
        let s = if count == 1 { "" } else { "s" };
        let _ok = writeln!(out, "{count} finding{s}");
    }
    if !silenced.is_empty() {
        let _ok = writeln!(out, "\n{} silenced by the config:", silenced.len());
    }
    for line in silenced.iter().take(MOST_SILENCED) {
        let _ok = writeln!(out, "  {line}");
    }
    if silenced.len() > MOST_SILENCED {
        let more = silenced.len() - MOST_SILENCED;
        let _ok = writeln!(out, "  and {more} more; --json shows them");
    }
    out
}

fn one(out: &mut String, env: &Env, host: &Host, tracked: &Tracked, now: Timestamp) {
    let found = &tracked.finding;
    let _ok = writeln!(
        out,
        "{:<9} {}/{}  [{}]\n  {}",
        found.severity.name(),
        env.name,
        subject(host, &found.key),
        found.key.rule.name(),
        found.summary
    );
    if let Some(ack) = &tracked.acknowledged {
        let note = if ack.note.is_empty() { String::new() } else { format!(": {}", ack.note) };
        let until = super::super::events::local(ack.until);
        let _ok = writeln!(out, "  {} by {} until {until}{note}", ack.word(), ack.by);
    }
    if !found.evidence.is_empty() {
        out.push_str("  evidence:\n");
    }
    for proof in &found.evidence {
        let at = proof.moment(now).map_or_else(String::new, |(word, at)| {
            format!(" ({word}{})", super::super::events::local(at))
        });
        let _ok = writeln!(out, "    {}{at}: {}", proof.source, proof.text);
    }
    if !found.fix.is_empty() {
        let who = found.run_as(host).map_or_else(String::new, |who| format!(", {who}"));
        let _ok = writeln!(out, "  fix{who}:");
    }
    for (place, step) in found.fix.iter().enumerate() {
        let note = match (step.command.as_str(), step.note.as_str()) {
            ("", note) => note.to_owned(),
            (command, "") => command.to_owned(),
            (command, note) => format!("{command}\n         # {note}"),
        };
        let _ok = writeln!(out, "    {:>2}. {note}", place + 1);
    }
}
