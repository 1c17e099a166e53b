//! What is done about operations: cancel, recover, freeze. Nothing is broken whose owner lives: the
//! host itself says so, under its own lock.

use std::io::Write as _;

use super::{LIMIT, find, told, usage};
use crate::cli::Outcome;
use crate::cli::act::Session;
use crate::cli::args::Recover;
use crate::effect::{Ask, settle};
use crate::model::ids::{HostId, ServiceName};
use crate::model::operation::{Foreign, Verdict};
use crate::model::spec::FleetSpec;
use crate::msg::Acted;

/// `EX_TEMPFAIL` of sysexits.h.
const TAKEN: u8 = 75;
/// A host that takes part was not reached.
const NOT_KNOWN: u8 = 3;

pub(super) async fn cancel(session: &mut Session, name: &str) -> Outcome {
    let found = find(session, name).await?;
    let lacks = found.lacks("it was NOT asked to end there; ask once more when it is back");
    let found = found.parts;
    let running: Vec<_> =
        found.iter().filter(|(_, run, _)| run.verdict() == Verdict::Running).collect();
    if running.is_empty() {
        let open = found.iter().any(|(_, run, _)| run.need().is_some());
        let more = if open { "; `ops recover` gives back what it holds" } else { "" };
        let on = if lacks { "host that answers" } else { "host" };
        crate::cli::complain(&format!("quarterdeck: it runs on no {on} any more{more}"));
        return Ok(if lacks { NOT_KNOWN } else { 1 });
    }
    let mut failed = false;
    for (host, run, _) in running {
        let permit = session.permit(&host.env).map_err(usage)?;
        session.ask(host, Ask::Cancel(permit, run.run.clone()));
        failed |= !done(session, host).await;
    }
    if !failed {
        let on = if lacks { " on the hosts that were asked" } else { "" };
        crate::cli::complain(&format!(
            "quarterdeck: it ends at the next step's border{on}; behind its last step there is none"
        ));
    }
    Ok(if lacks { NOT_KNOWN } else { u8::from(failed) })
}

/// Waits for the answer of one host.
async fn done(session: &mut Session, host: &HostId) -> bool {
    while let Some((from, acted)) = session.answer(LIMIT).await {
        let said = match acted {
            Acted::Done(what, said) if from == *host => said.map_err(|fault| (what, fault)),
            Acted::Released(_, said) if from == *host => {
                said.map_err(|fault| ("give the claim back".to_owned(), fault))
            }
            _ => continue,
        };
        if let Err((what, fault)) = &said {
            crate::cli::complain(&format!("quarterdeck: {host}: {what}: {fault}"));
        }
        return said.is_ok();
    }
    crate::cli::complain(&format!("quarterdeck: {host}: no answer"));
    false
}

pub(super) async fn recover(session: &mut Session, asked: &Recover) -> Outcome {
    let found = find(session, &asked.operation).await?;
    let lacks = found.lacks("what it left there is not known");
    let found = found.parts;
    let mut out = std::io::stdout().lock();
    let mut open = 0;
    for (host, run, freeze) in &found {
        writeln!(out, "{host}: {}: {}", run.what, state(run))?;
        if let Some(freeze) = freeze {
            writeln!(out, "  frozen by {}: {}", freeze.by, freeze.reason)?;
        }
        open += usize::from(run.need().is_some());
    }
    out.flush()?;
    if found.iter().any(|(_, run, _)| run.verdict() == Verdict::Running) {
        writeln!(
            out,
            "Its runner lives: `ops attach` follows it, `ops cancel` ends it at a border."
        )?;
        return Ok(TAKEN);
    }
    if open == 0 {
        writeln!(out, "It is over; there is nothing to recover.")?;
        return Ok(if lacks { NOT_KNOWN } else { 0 });
    }
    let suffix = found.first().map(|(_, run, _)| run.run.op().suffix().to_owned());
    let suffix = suffix.unwrap_or_default();
    if !asked.undo && !asked.release {
        writeln!(out, "Look at the service first. Then, with `--confirm {suffix}`:")?;
        writeln!(out, "  --undo     takes back what was begun, as far as it can be taken back")?;
        writeln!(out, "  --release  leaves all as it is, and gives the claim back")?;
        return Ok(3);
    }
    if asked.confirm.as_deref().map(str::to_ascii_uppercase) != Some(suffix.clone()) {
        return Err(usage(format!("add `--confirm {suffix}`, the end of the operation's name")));
    }
    drop(out);
    let mut failed = false;
    for (host, run, _) in &found {
        let permit = session.permit(&host.env).map_err(usage)?;
        for ask in settle(&permit, &session.operator(), run, asked.undo) {
            session.ask(host, ask);
            failed |= !done(session, host).await;
        }
    }
    if asked.undo && !failed {
        return super::attach::attach(session, &asked.operation).await;
    }
    Ok(if lacks && !failed { NOT_KNOWN } else { u8::from(failed) * TAKEN })
}

fn state(run: &Foreign) -> String {
    let verdict = run.verdict();
    match &run.state.result {
        Some(result) => format!("{} there ({})", result, verdict.doc()),
        None => format!("{}: {}", verdict.name(), verdict.doc()),
    }
}

/// Freezes a service on all of its hosts, or lifts that.
pub(super) async fn freeze(
    session: &mut Session,
    spec: &FleetSpec,
    service: &str,
    reason: Option<&str>,
) -> Outcome {
    let mut places: Vec<(HostId, Box<str>)> = Vec::new();
    for env in &spec.envs {
        for one in env.services.iter().filter(|one| one.name == ServiceName::new(service)) {
            for host in env.hosts.iter().filter(|host| one.hosts.contains(&host.name)) {
                let id = HostId { env: env.name.clone(), host: host.name.clone() };
                places.push((id, one.kind.subject()));
            }
        }
    }
    if places.is_empty() && reason.is_none() {
        // What the host itself has frozen may be no service of this config, such as a balancer's nginx.
        for (host, seen) in told(session).await.hosts {
            let its = seen.freezes.into_iter().filter(|freeze| *freeze.subject == *service);
            places.extend(its.map(|freeze| (host.clone(), freeze.subject)));
        }
    } else {
        session.connect(LIMIT).await;
    }
    if places.is_empty() {
        let service = crate::model::text::clean(service, 64);
        return Err(usage(format!("no host of the config has a service `{service}`")));
    }
    if reason.is_some_and(|reason| reason.trim().is_empty()) {
        return Err(usage("a freeze needs a reason: others have to know why"));
    }
    let mut failed = false;
    for (host, subject) in places {
        let permit = session.permit(&host.env).map_err(usage)?;
        let operator = session.operator();
        let said = match reason {
            Some(_) => format!(
                "frozen: {subject} on {host}; `quarterdeck ops thaw {service} --env {}` lifts it",
                host.env
            ),
            None => format!("not frozen any more: {subject} on {host}"),
        };
        let ask = match reason {
            Some(reason) => Ask::Freeze {
                permit,
                subject,
                reason: reason.into(),
                operator,
                at: crate::runtime::clock::now(),
            },
            None => Ask::Thaw { permit, subject, operator },
        };
        session.ask(&host, ask);
        if done(session, &host).await {
            writeln!(std::io::stdout().lock(), "{said}")?;
        } else {
            failed = true;
        }
    }
    Ok(u8::from(failed))
}
