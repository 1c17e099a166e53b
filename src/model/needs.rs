//! What the services of an environment need of each other, with what the doctor says of it: which
//! of them is the cause and which only follow.

use std::collections::{BTreeMap, BTreeSet};

use super::finding::{Finding, Key, Subject};
use super::fleet::{Env, Row};
use super::ids::{HostName, ServiceName};
use super::severity::Severity;

/// A service's part in a failure that spreads along needs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Part {
    /// None.
    #[default]
    Apart,
    /// What others fail for.
    Cause,
    /// Fails, or is passed by, because of another one.
    Effect,
}

/// A service that needs others or is needed.
#[derive(Clone, Debug)]
pub struct Node<'a> {
    /// Its name.
    pub name: &'a ServiceName,
    /// Its instances; none where it runs nowhere.
    pub rows: Vec<Row<'a>>,
    /// Its part in what fails now.
    pub part: Part,
    /// What its failure follows from, by place in [`Needs::causes`].
    pub because: Option<usize>,
}

/// A service needs another one; both by place in [`Needs::nodes`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Arrow {
    /// Who needs.
    pub from: usize,
    /// What is needed.
    pub to: usize,
    /// A failure comes this way, from what is needed to who needs it.
    pub failing: bool,
}

/// Why services fail for what they need.
#[derive(Clone, Debug)]
pub struct Cause<'a> {
    /// The service that brings it, by place; none where it is the host or something else.
    pub node: Option<usize>,
    /// On which host it was found.
    pub host: &'a HostName,
    /// What was found; none where it is not found any more.
    pub finding: Option<&'a Finding>,
}

/// The graph of an environment.
#[derive(Clone, Debug, Default)]
pub struct Needs<'a> {
    /// By name.
    pub nodes: Vec<Node<'a>>,
    /// By who needs, then in the config's order.
    pub arrows: Vec<Arrow>,
    /// What is the matter.
    pub causes: Vec<Cause<'a>>,
    /// Services that need nothing and that nobody needs.
    pub apart: usize,
}

impl Node<'_> {
    /// The instance that is worst off.
    pub fn worst(&self) -> Option<&Row<'_>> {
        // Of equals the first, so that a frame is as the one before.
        self.rows.iter().rev().max_by_key(|row| row.verdict.severity.rank())
    }

    /// How many of its instances nobody has to look at.
    pub fn well(&self) -> usize {
        self.rows.iter().filter(|row| !row.verdict.severity.is_problem()).count()
    }

    /// How bad it is.
    pub fn severity(&self) -> Severity {
        self.worst().map_or(Severity::Unknown, |row| row.verdict.severity)
    }
}

impl<'a> Needs<'a> {
    /// Of an environment, with its judged instances.
    pub fn new(env: &'a Env, rows: impl Iterator<Item = Row<'a>>) -> Self {
        let mut services: BTreeMap<&'a ServiceName, Vec<Row<'a>>> = BTreeMap::new();
        for row in rows {
            services.entry(row.service).or_default().push(row);
        }
        let all = services.len();
        let mut pairs: Vec<(&'a ServiceName, &'a ServiceName)> = Vec::new();
        for (name, rows) in &services {
            let needs = rows.first().map(|row| row.instance.promises.needs.as_slice());
            for need in needs.unwrap_or_default() {
                if !pairs.contains(&(*name, need)) {
                    pairs.push((*name, need));
                }
            }
        }
        let drawn: BTreeSet<&'a ServiceName> =
            pairs.iter().flat_map(|(from, to)| [*from, *to]).collect();
        let places: BTreeMap<&ServiceName, usize> =
            drawn.iter().enumerate().map(|(place, name)| (*name, place)).collect();
        let arrows = pairs.iter().filter_map(|(from, to)| {
            let (from, to) = (*places.get(from)?, *places.get(to)?);
            Some(Arrow { from, to, failing: false })
        });
        let mut graph =
            Self { arrows: arrows.collect(), nodes: Vec::new(), causes: Vec::new(), apart: 0 };
        for name in drawn {
            let rows = services.remove(name).unwrap_or_default();
            graph.nodes.push(Node { name, rows, part: Part::Apart, because: None });
        }
        graph.apart = all.min(services.len());
        graph.blame(env, &places);
        graph
    }

    /// Marks how the failures spread that the doctor has traced to a cause.
    fn blame(&mut self, env: &'a Env, places: &BTreeMap<&ServiceName, usize>) {
        let mut known: Vec<(&'a Key, &'a HostName)> = Vec::new();
        for node in &mut self.nodes {
            let Some(cause) = cause_of(node) else { continue };
            let place = known.iter().position(|other| *other == cause).unwrap_or(known.len());
            if place == known.len() {
                known.push(cause);
            }
            node.because = Some(place);
        }
        for (place, (key, host)) in known.into_iter().enumerate() {
            let owner = match &key.subject {
                Subject::Service(name) => places.get(name).copied(),
                Subject::Host
                | Subject::Port(..)
                | Subject::Backup(_)
                | Subject::Path(_)
                | Subject::Upstream(_) => None,
            };
            let found = env.hosts.get(host).and_then(|host| {
                host.findings.iter().map(|t| &t.finding).find(|finding| finding.key == *key)
            });
            let node = self.spread(place, owner);
            self.causes.push(Cause { node, host, finding: found });
        }
    }

    /// Marks the arrows along which one cause reaches those that fail for it; answers the service
    /// that brings it.
    fn spread(&mut self, cause: usize, owner: Option<usize>) -> Option<usize> {
        let members: BTreeSet<usize> = self.places(|node| node.because == Some(cause)).collect();
        // All from which a way leads to the one that brings it; without one, only those that fail.
        let mut leads: BTreeSet<usize> = BTreeSet::new();
        let mut open: Vec<usize> = owner.into_iter().collect();
        while let Some(place) = open.pop() {
            if leads.insert(place) {
                open.extend(self.arrows.iter().filter(|arrow| arrow.to == place).map(|a| a.from));
            }
        }
        leads.extend(&members);
        let mut seen = BTreeSet::new();
        let mut open: Vec<usize> = members.iter().copied().collect();
        while let Some(place) = open.pop() {
            if Some(place) == owner || !seen.insert(place) {
                continue;
            }
            for arrow in &mut self.arrows {
                if arrow.from == place && leads.contains(&arrow.to) {
                    arrow.failing = true;
                    open.push(arrow.to);
                }
            }
        }
        let on_the_way = |arrow: &&Arrow| seen.contains(&arrow.from) && arrow.failing;
        let froms: BTreeSet<usize> =
            self.arrows.iter().filter(on_the_way).map(|a| a.from).collect();
        let tos: BTreeSet<usize> = self.arrows.iter().filter(on_the_way).map(|a| a.to).collect();
        // Where the cause is no service, the one at the end of the way brings it.
        let brings = owner.or_else(|| tos.iter().copied().find(|to| !froms.contains(to)));
        for (place, node) in self.nodes.iter_mut().enumerate() {
            if froms.contains(&place) && node.part == Part::Apart {
                node.part = Part::Effect;
            }
            if Some(place) == brings && !tos.is_empty() {
                node.part = Part::Cause;
            }
        }
        brings
    }

    fn places(&self, which: impl Fn(&Node<'a>) -> bool) -> impl Iterator<Item = usize> {
        self.nodes.iter().enumerate().filter(move |(_, node)| which(node)).map(|(place, _)| place)
    }

    /// Services that nobody needs, then one of each ring: where a walk begins.
    pub fn roots(&self) -> Vec<usize> {
        let needed: BTreeSet<usize> = self.arrows.iter().map(|arrow| arrow.to).collect();
        let free = (0..self.nodes.len()).filter(|place| !needed.contains(place));
        let rest = (0..self.nodes.len()).filter(|place| needed.contains(place));
        let mut roots = Vec::new();
        let mut seen = BTreeSet::new();
        for (place, is_free) in free.map(|p| (p, true)).chain(rest.map(|p| (p, false))) {
            if !is_free && seen.contains(&place) {
                continue;
            }
            roots.push(place);
            let mut open = vec![place];
            while let Some(place) = open.pop() {
                if seen.insert(place) {
                    open.extend(self.needs_of(place).map(|arrow| arrow.to));
                }
            }
        }
        roots
    }

    /// What a service needs, in the config's order.
    pub fn needs_of(&self, place: usize) -> impl DoubleEndedIterator<Item = &Arrow> {
        self.arrows.iter().filter(move |arrow| arrow.from == place)
    }
}

/// What a service's trouble follows from beyond itself, by its worst finding, and on which host.
fn cause_of<'a>(node: &Node<'a>) -> Option<(&'a Key, &'a HostName)> {
    let about = |key: &Key| matches!(&key.subject, Subject::Service(name) if name == node.name);
    let found = node.rows.iter().flat_map(|row| {
        let host = row.host;
        host.findings.iter().filter(|t| t.counts()).map(move |t| (&t.finding, host))
    });
    found
        .filter(|(finding, _)| about(&finding.key))
        .filter_map(|(finding, host)| {
            let key = finding.because.as_ref().filter(|key| !about(key))?;
            let there = finding.elsewhere.as_ref().unwrap_or(&host.spec.name);
            Some((finding.severity.rank(), key, there))
        })
        .max_by_key(|(rank, _, _)| *rank)
        .map(|(_, key, host)| (key, host))
}
