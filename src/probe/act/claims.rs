//! Who acts on what, what is frozen, and what was deployed and drilled, as hosts tell it.

use super::{MOST, word};
use crate::model::deploy::{Deployed, Release};
use crate::model::drill::Drilled;
use crate::model::operation::{Claim, Freeze, RunId, RunState};

/// Claims and freezes among lines.
#[derive(Default)]
pub(super) struct ClaimLines {
    pub(super) claims: Vec<(Claim, RunState)>,
    pub(super) freezes: Vec<Freeze>,
}

impl ClaimLines {
    /// Of an answer that is about nothing else.
    pub(super) fn read(text: &str) -> Self {
        let mut lines = Self::default();
        for line in text.lines() {
            let _other = lines.take(line);
        }
        lines
    }

    /// Takes a line; false where it is about something else.
    pub(super) fn take(&mut self, line: &str) -> bool {
        if let Some(subject) = line.strip_prefix("claim ") {
            let claim = Claim { subject: word(subject), ..Claim::default() };
            self.claims.push((claim, RunState::default()));
        } else if let Some(subject) = line.strip_prefix("freeze ") {
            self.freezes.push(Freeze { subject: word(subject), ..Freeze::default() });
        } else if let Some((name, value)) = pair(line, "claim.") {
            let Some((claim, _)) = self.claims.last_mut() else { return true };
            match name {
                "op" => claim.run = RunId::parse(value),
                "operator" => claim.operator = word(value),
                "what" => claim.what = word(value),
                "plan" => claim.plan = word(value),
                "scope" => claim.scope = word(value),
                "at" => claim.at = value.parse().unwrap_or(0),
                _ => {}
            }
        } else if let Some((name, value)) = pair(line, "freeze.") {
            let Some(freeze) = self.freezes.last_mut() else { return true };
            match name {
                "reason" => freeze.reason = word(value),
                "by" => freeze.by = word(value),
                "at" => freeze.at = value.parse().unwrap_or(0),
                _ => {}
            }
        } else if let Some((_, state)) = self.claims.last_mut() {
            return take_state(state, line);
        } else {
            return line.starts_with("state.");
        }
        true
    }
}

fn pair<'a>(line: &'a str, prefix: &str) -> Option<(&'a str, &'a str)> {
    line.strip_prefix(prefix)?.split_once('=')
}

/// Takes a `state.` line; false where it is none.
pub(super) fn take_state(state: &mut RunState, line: &str) -> bool {
    let Some(rest) = line.strip_prefix("state.") else { return false };
    let (name, value) = rest.split_once(' ').unwrap_or((rest, ""));
    match name {
        "boot" => state.boot = word(value),
        "owner" => state.began_in = value.split(' ').nth(2).map(word),
        "alive" => state.alive = value == "1",
        "members" => state.members = value.parse().unwrap_or(0),
        "cancel" => state.cancelled = true,
        "result" => state.result = Some(word(value)),
        _ => {}
    }
    true
}

/// The claim or the freeze of an answer that refuses one.
pub fn parse_refusal(text: &str) -> (Option<(Claim, RunState)>, Option<Freeze>) {
    let mut lines = ClaimLines::read(text);
    (lines.claims.pop(), lines.freezes.pop())
}

/// All claims of a host, as `qd_now_claims` tells them: the evidence is not among it.
pub fn parse_claims(text: &str) -> Vec<Claim> {
    ClaimLines::read(text).claims.into_iter().map(|(claim, _)| claim).collect()
}

/// What is deployed on a host, as `qd_now_claims` tells it.
pub fn parse_deployed(text: &str) -> Vec<Deployed> {
    let read = |(subject, rest): (&str, &str)| {
        Some(Deployed { subject: word(subject), release: Release::parse(rest)? })
    };
    of_subjects(text, "deployed ").filter_map(read).take(MOST).collect()
}

/// How drills went there, as it tells that.
pub fn parse_drilled(text: &str) -> Vec<Drilled> {
    let all = of_subjects(text, "drilled ");
    all.filter_map(|(subject, rest)| Drilled::parse(subject, rest)).take(MOST).collect()
}

/// Lines of that kind: a subject, and what is said of it.
fn of_subjects<'a>(text: &'a str, kind: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
    text.lines().filter_map(move |line| line.strip_prefix(kind)?.split_once(' '))
}
