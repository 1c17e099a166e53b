//! `quarterdeck events --actions`: the account of what was done from this machine. Exit code 1 where a
//! line of it was changed or taken out.

use std::io::Write as _;

use serde_json::{Value, json};

use super::local;
use crate::cli::args::{Events, Fleet};
use crate::cli::status::rfc3339;
use crate::cli::{Failure, Outcome, SOFTWARE, complain, env, since};
use crate::model::text::clean;
use crate::model::time::Timestamp;
use crate::runtime::audit;

pub(super) fn run(fleet: &Fleet, events: &Events, now: Timestamp) -> Outcome {
    let since = since::parse(&events.since, now)?;
    let failure = |message| Failure { code: SOFTWARE, message };
    let place = audit::place(&env)
        .ok_or_else(|| failure("quarterdeck: no $HOME, so there is no account".to_owned()))?;
    let file = clean(&place.to_string_lossy(), 300);
    let account =
        audit::read(&place).map_err(|error| failure(format!("quarterdeck: {file}: {error}")))?;
    let wanted = |line: &&Value| {
        let at = line.get("ts").and_then(Value::as_str).and_then(|text| text.parse().ok());
        let late = at.is_none_or(|at: jiff::Timestamp| at.as_microsecond() >= since.as_micros());
        let is = |name: &str, wanted: &Option<String>| {
            wanted.as_deref().is_none_or(|wanted| text(line, name) == wanted)
        };
        let has = |name: &str, of: fn(&Value) -> Option<&str>, wanted: &Option<String>| {
            wanted
                .as_deref()
                .is_none_or(|wanted| list(line, name).iter().any(|value| of(value) == Some(wanted)))
        };
        late && is("env", &fleet.env)
            && has("hosts", |host| host.get("host")?.as_str(), &events.host)
            && has("svc", Value::as_str, &events.subject)
    };
    let found: Vec<&Value> = account.lines.iter().filter(wanted).collect();
    let mut out = std::io::stdout().lock();
    if events.json {
        let broken = account.broken.as_ref();
        let value = json!({
            "schema": 1, "at": rfc3339(now), "file": file, "lines": account.lines.len(),
            "whole": broken.is_none(),
            "broken": broken.map(|(line, why)| json!({ "line": line, "why": why })),
            "actions": found,
        });
        writeln!(out, "{value:#}")?;
    } else {
        for line in &found {
            writeln!(out, "{}", shown(line))?;
        }
        if found.is_empty() {
            complain("nothing was done from this machine in that time");
        }
    }
    out.flush()?;
    let Some((line, why)) = &account.broken else { return Ok(0) };
    complain(&format!("quarterdeck: the chain of {file} is broken at line {line}: {why}"));
    Ok(1)
}

fn text<'l>(line: &'l Value, name: &str) -> &'l str {
    line.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn list<'l>(line: &'l Value, name: &str) -> &'l [Value] {
    line.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A line for people; whoever changed the file may have put anything there.
fn shown(line: &Value) -> String {
    let at: Option<jiff::Timestamp> = text(line, "ts").parse().ok();
    let at = at.map_or_else(String::new, |at| local(Timestamp::from_micros(at.as_microsecond())));
    let who = line.get("who").map_or("", |who| text(who, "os"));
    let mut words = vec![format!("{at}  {:<7}  {who}@{}", text(line, "ev"), text(line, "from"))];
    words.push(format!("{}:", text(line, "env")));
    for name in ["about", "subject", "outcome"] {
        let word = text(line, name);
        if !word.is_empty() {
            words.push(if name == "outcome" { format!("-> {word}") } else { word.to_owned() });
        }
    }
    let hosts: Vec<String> = list(line, "hosts")
        .iter()
        .map(|host| match text(host, "is") {
            "" => text(host, "host").to_owned(),
            is => format!("{}: {is}", text(host, "host")),
        })
        .collect();
    if !hosts.is_empty() {
        words.push(format!("[{}]", hosts.join("; ")));
    }
    for (name, shown) in [("op", "operation"), ("plan", "plan"), ("confirm", "confirmed by")] {
        let word = text(line, name);
        if !word.is_empty() {
            words.push(format!("{shown} {word}"));
        }
    }
    clean(&words.join(" "), 2000)
}
