//! Which logs are meant.

use std::time::Duration;

use super::super::{Failure, USAGE};
use super::Reading;
use crate::config::reader::nearest;
use crate::model::ids::{HostId, ServiceName};
use crate::model::log::{FetchFrom, Mark, Origin, Stream, Tail, TailId, TailState};
use crate::model::spec::FleetSpec;
use crate::model::text::clean;
use crate::msg::Msg;

/// Files of a pattern are waited for so long.
const EXPANDING: Duration = Duration::from_secs(15);

/// One stream of lines.
#[derive(Clone)]
pub(super) struct Source {
    pub(super) host: HostId,
    pub(super) service: ServiceName,
    pub(super) origin: Origin,
    /// Where the next reading goes on.
    pub(super) mark: Option<Mark>,
    /// The last complaint about it.
    pub(super) said: Option<String>,
    /// The host is told with its environment.
    pub(super) is_of_many_envs: bool,
}

impl Source {
    /// A file that this one, a pattern, stands for.
    pub(super) fn file(&self, path: &str) -> Self {
        Self {
            host: self.host.clone(),
            service: self.service.clone(),
            origin: Origin::File(path.into()),
            mark: None,
            said: None,
            is_of_many_envs: self.is_of_many_envs,
        }
    }

    /// Its host, as it is told.
    pub(super) fn place(&self) -> String {
        if self.is_of_many_envs { self.host.to_string() } else { self.host.host.to_string() }
    }

    /// What it is, as it is told.
    pub(super) fn origin(&self) -> &str {
        match &self.origin {
            Origin::Journal(_) | Origin::Units(_) | Origin::System => "journal",
            Origin::File(path) => path,
            Origin::Container(name) => name,
        }
    }
}

/// The streams of these services, on these hosts or on all of theirs.
pub(super) fn sources(
    spec: &FleetSpec,
    services: &[String],
    hosts: &[String],
) -> Result<Vec<Source>, Failure> {
    let usage = |message: String| Failure { code: USAGE, message };
    let all = || spec.envs.iter().flat_map(|env| env.services.iter().map(move |s| (env, s)));
    for name in services {
        if !all().any(|(_, service)| service.name.as_str() == name) {
            let near = nearest(name, all().map(|(_, service)| service.name.as_str()));
            return Err(usage(unknown("service", name, near)));
        }
    }
    for name in hosts {
        let known = || spec.hosts().map(|(id, _)| id.host);
        if !known().any(|host| host.as_str() == name) {
            let known: Vec<_> = known().collect();
            let near = nearest(name, known.iter().map(crate::model::ids::HostName::as_str));
            return Err(usage(unknown("host", name, near)));
        }
    }
    let mut sources = Vec::new();
    let mut without = None;
    for (env, service) in all().filter(|(_, s)| services.iter().any(|n| s.name.as_str() == n)) {
        let origins = Origin::of(&service.kind, &service.promises);
        if origins.is_empty() {
            without = Some(&service.name);
        }
        for host in service.hosts.iter().filter(|h| wants(hosts, h.as_str())) {
            sources.extend(origins.iter().map(|origin| Source {
                host: HostId { env: env.name.clone(), host: host.clone() },
                service: service.name.clone(),
                origin: origin.clone(),
                mark: None,
                said: None,
                is_of_many_envs: spec.envs.len() > 1,
            }));
        }
    }
    match (sources.is_empty(), without) {
        (false, _) => Ok(sources),
        (true, Some(name)) => Err(usage(format!(
            "quarterdeck: {name} has no log that is known: add `logs = [{{ file = \"/path\" }}]` to it"
        ))),
        (true, None) => Err(usage("quarterdeck: these services do not run on these hosts".into())),
    }
}

fn wants(hosts: &[String], name: &str) -> bool {
    hosts.is_empty() || hosts.iter().any(|host| host == name)
}

fn unknown(what: &str, name: &str, near: Option<&str>) -> String {
    let near = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
    format!("quarterdeck: there is no {what} `{}`{near}", clean(name, 64))
}

impl Reading {
    /// Patterns of paths become the files that they stand for now.
    pub(super) async fn expand(&mut self) {
        let mut open = Vec::new();
        for place in 0..self.sources.len() {
            let Some(source) = self.sources.get(place) else { continue };
            if source.origin.is_pattern() {
                let (host, origin) = (source.host.clone(), source.origin.clone());
                let id = self.id();
                if let Some(tails) = self.tails(place) {
                    tails.add(Tail { id, host, origin, from: FetchFrom::Last(0) });
                    open.push((id, place));
                }
            }
        }
        let deadline = tokio::time::Instant::now() + EXPANDING;
        let mut found = Vec::new();
        while !open.is_empty() {
            let next = tokio::time::timeout_at(deadline, self.logs.recv()).await;
            let Ok(Some(Msg::Log(id, stream))) = next else { break };
            let Some(at) = open.iter().position(|(known, _)| *known == id) else { continue };
            let Some((_, place)) = open.get(at).copied() else { continue };
            match stream {
                // How it is doing comes behind them: some of its files may be left out.
                Stream::Files(files) => {
                    found.push((place, files));
                    continue;
                }
                Stream::State(TailState::Waiting(fault)) => self.complain(place, &fault),
                Stream::State(TailState::Following) => {}
                _ => continue,
            }
            open.swap_remove(at);
            self.let_go(place, id);
        }
        found.sort_by_key(|(place, _)| *place);
        for (place, files) in found.into_iter().rev() {
            let Some(pattern) = self.sources.get(place) else { continue };
            let files: Vec<_> = files.iter().map(|file| pattern.file(file)).collect();
            let behind = self.sources.split_off(place + 1);
            self.sources.extend(files.into_iter().chain(behind));
        }
        let all = std::mem::take(&mut self.sources);
        (self.patterns, self.sources) =
            all.into_iter().partition(|source: &Source| source.origin.is_pattern());
    }

    pub(super) fn let_go(&self, place: usize, id: TailId) {
        if let Some(tails) = self.tails(place) {
            tails.remove(id);
        }
    }
}
