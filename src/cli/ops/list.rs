//! The list, for people and as JSON.

use std::io::Write as _;

use serde_json::json;

use super::{Told, complain, told};
use crate::cli::Outcome;
use crate::cli::act::Session;
use crate::model::operation::{Foreign, Verdict};

pub(super) async fn list(session: &mut Session, json: bool) -> Outcome {
    let told = told(session).await;
    let mut out = std::io::stdout().lock();
    if json {
        writeln!(out, "{}", value(&told))?;
    } else {
        out.write_all(page(&told).as_bytes())?;
    }
    out.flush()?;
    complain(&told);
    Ok(if told.silent.is_empty() { 0 } else { 3 })
}

fn page(told: &Told) -> String {
    let mut lines = Vec::new();
    let mut runs: Vec<_> = told
        .hosts
        .iter()
        .flat_map(|(host, seen)| seen.runs.iter().map(move |run| (host, run)))
        .collect();
    runs.sort_by(|a, b| b.1.run.cmp(&a.1.run));
    for (host, run) in runs {
        lines.push(format!(
            "{}  {}  {:<10} {host}  {}  by {}  {}",
            run.run.op(),
            crate::cli::events::local(run.run.op().began()),
            word(run),
            run.what,
            if run.operator.is_empty() { "-" } else { &run.operator },
            sentence(run)
        ));
    }
    for (host, seen) in &told.hosts {
        for freeze in &seen.freezes {
            lines.push(format!(
                "frozen: {} on {host} by {}: {}",
                freeze.subject, freeze.by, freeze.reason
            ));
        }
    }
    if lines.is_empty() {
        lines.push("no host that answers has an operation".to_owned());
    }
    lines.join("\n") + "\n"
}

/// One word: how it ended, else what the evidence says.
fn word(run: &Foreign) -> &'static str {
    match (run.verdict(), run.outcome()) {
        (Verdict::Ended, Some(outcome)) => outcome.name(),
        (verdict, _) => verdict.name(),
    }
}

fn sentence(run: &Foreign) -> String {
    match (run.verdict(), run.outcome()) {
        (Verdict::Ended, _) => String::new(),
        (Verdict::Paused, Some(outcome)) => {
            format!("({} there, and it has its claim still)", outcome.name())
        }
        (verdict, _) => format!("({})", verdict.doc()),
    }
}

fn value(told: &Told) -> serde_json::Value {
    let operations: Vec<_> = told
        .hosts
        .iter()
        .flat_map(|(host, seen)| seen.runs.iter().map(move |run| (host, run)))
        .map(|(host, run)| {
            json!({
                "operation": run.run.op().as_str(), "run": run.run.as_str(),
                "environment": host.env.as_str(), "host": host.host.as_str(),
                "locks": &*run.subject, "what": &*run.what, "operator": &*run.operator,
                "verdict": run.verdict().name(),
                "outcome": run.outcome().map(crate::model::operation::Outcome::name),
                "result": run.state.result, "claims": run.claims,
                "cancelled": run.state.cancelled,
            })
        })
        .collect();
    let freezes: Vec<_> = told
        .hosts
        .iter()
        .flat_map(|(host, seen)| seen.freezes.iter().map(move |freeze| (host, freeze)))
        .map(|(host, freeze)| {
            json!({
                "environment": host.env.as_str(), "host": host.host.as_str(),
                "locks": &*freeze.subject, "reason": &*freeze.reason, "by": &*freeze.by,
            })
        })
        .collect();
    let silent: Vec<_> = told
        .silent
        .iter()
        .map(|(host, why)| {
            json!({ "environment": host.env.as_str(), "host": host.host.as_str(), "fault": why })
        })
        .collect();
    json!({ "schema": 1, "operations": operations, "freezes": freezes, "silent": silent })
}
