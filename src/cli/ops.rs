//! `quarterdeck ops`: operations on the hosts, whoever began them.

mod attach;
mod list;
mod recover;

use std::collections::BTreeSet;
use std::time::Duration;

use super::act::Session;
use super::args::{Fleet, Ops, OpsCommand};
use super::{Failure, Outcome, USAGE, block_on, read_config};
use crate::effect::Ask;
use crate::model::ids::HostId;
use crate::model::operation::{Foreign, Freeze, OpId, RunId, Seen};
use crate::model::text::clean;
use crate::msg::Acted;

/// As long as hosts are waited for.
const LIMIT: Duration = Duration::from_secs(25);

pub(super) fn run(fleet: &Fleet, asked: &Ops) -> Outcome {
    let mut config = read_config(fleet)?;
    if !asked.host.is_empty() {
        for env in &mut config.spec.envs {
            env.hosts.retain(|host| asked.host.iter().any(|name| name == host.name.as_str()));
        }
        config.spec.envs.retain(|env| !env.hosts.is_empty());
        if config.spec.envs.is_empty() {
            return Err(usage("the config has no such host"));
        }
    }
    let command = asked.command.clone().unwrap_or(OpsCommand::List { json: false });
    block_on(async {
        let mut session = Session::open(&config.spec, true, BTreeSet::new())?;
        let ended = match command {
            OpsCommand::List { json } => list::list(&mut session, json).await,
            OpsCommand::Attach { operation } => attach::attach(&mut session, &operation).await,
            OpsCommand::Cancel { operation } => recover::cancel(&mut session, &operation).await,
            OpsCommand::Recover(recover) => recover::recover(&mut session, &recover).await,
            OpsCommand::Freeze { service, reason } => {
                recover::freeze(&mut session, &config.spec, &service, Some(&reason)).await
            }
            OpsCommand::Thaw { service } => {
                recover::freeze(&mut session, &config.spec, &service, None).await
            }
        };
        session.close();
        ended
    })?
}

fn usage(message: impl std::fmt::Display) -> Failure {
    Failure { code: USAGE, message: format!("quarterdeck: {message}") }
}

/// What hosts tell; those that do not, with the reason.
struct Told {
    hosts: Vec<(HostId, Seen)>,
    silent: Vec<(HostId, String)>,
}

/// Asks every host for its operations.
async fn told(session: &mut Session) -> Told {
    session.connect(LIMIT).await;
    let mut told = Told { hosts: Vec::new(), silent: Vec::new() };
    let mut open = Vec::new();
    for (id, fault) in session.hosts() {
        match fault {
            None => {
                session.ask(&id, Ask::List);
                open.push(id);
            }
            Some(fault) => told.silent.push((id, fault)),
        }
    }
    while !open.is_empty() {
        let Some((id, acted)) = session.answer(LIMIT).await else { break };
        if let Acted::Listed(seen) = acted
            && let Some(place) = open.iter().position(|host| *host == id)
        {
            open.swap_remove(place);
            match seen {
                Ok(seen) => told.hosts.push((id, seen)),
                Err(fault) => told.silent.push((id, fault.to_string())),
            }
        }
    }
    let late = open.into_iter().map(|id| (id, format!("no answer within {} s", LIMIT.as_secs())));
    told.silent.extend(late);
    told.hosts.sort_by(|a, b| a.0.cmp(&b.0));
    told
}

/// Says which hosts are silent; what they have is not known.
fn complain(told: &Told) {
    for (host, why) in &told.silent {
        super::complain(&format!("quarterdeck: {host}: {why}"));
    }
}

/// An operation, as far as hosts tell of it.
struct Found {
    /// Its parts.
    parts: Vec<(HostId, Foreign, Option<Freeze>)>,
    /// Hosts that take part, or may do so, and do not answer: how it is doing there is not known.
    silent: Vec<HostId>,
}

impl Found {
    /// Says of whom it is not known; whether there is anybody.
    fn lacks(&self, what: &str) -> bool {
        for host in &self.silent {
            super::complain(&format!("quarterdeck: {host}: it was not reached: {what}"));
        }
        !self.silent.is_empty()
    }
}

/// An operation, by its name or the end of it.
async fn find(session: &mut Session, name: &str) -> Result<Found, Failure> {
    let told = told(session).await;
    complain(&told);
    let name = name.to_ascii_uppercase();
    let wanted = |run: &RunId| {
        run.as_str() == name
            || run.op().as_str() == name
            || (name.len() >= 4 && run.op().as_str().ends_with(&name))
    };
    let mut found: Vec<(HostId, Foreign, Option<Freeze>)> = Vec::new();
    for (host, seen) in &told.hosts {
        for run in seen.runs.iter().filter(|run| wanted(&run.run)) {
            let freeze = seen.freezes.iter().find(|freeze| freeze.subject == run.subject);
            found.push((host.clone(), run.clone(), freeze.cloned()));
        }
    }
    let mut ops: Vec<OpId> = found.iter().map(|(_, run, _)| run.run.op()).collect();
    ops.dedup();
    match ops.as_slice() {
        [] => Err(usage(format!(
            "no host that answers knows of an operation `{}`; `quarterdeck ops` lists them",
            clean(&name, 40)
        ))),
        [_] => {
            let env = found.first().map(|(host, ..)| host.env.clone());
            let hosts: Vec<&str> =
                found.iter().flat_map(|(_, run, _)| run.hosts.iter().map(|host| &**host)).collect();
            let takes_part = |host: &HostId| {
                env.as_ref() == Some(&host.env)
                    && (hosts.is_empty() || hosts.contains(&host.host.as_str()))
            };
            let silent = told.silent.iter().map(|(host, _)| host);
            let silent = silent.filter(|host| takes_part(host)).cloned().collect();
            Ok(Found { parts: found, silent })
        }
        _ => Err(usage(format!("`{}` is the end of several operations' names", clean(&name, 40)))),
    }
}
