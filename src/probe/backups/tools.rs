//! What restic, borg, git and a command of the config say of backups.

use serde_json::Value;

use crate::model::backup::{BackupFacts, Copy, Identity, Place};
use crate::model::calendar;
use crate::model::text::clean;
use crate::model::unit::is_below;

/// As many snapshots are kept.
const MOST: usize = 2000;

/// A tool's answer.
#[derive(Default)]
pub(super) struct Answer {
    pub(super) now: i64,
    out: String,
    said: Vec<String>,
    pub(super) status: Option<i32>,
    pub(super) missing: Option<String>,
    place: Place,
    /// The host's own name.
    host: Option<String>,
    first: Option<String>,
    /// The command that made the newest archive.
    made: Option<String>,
    covers: bool,
}

/// Complaints that do not say what is wrong: what a tool asks for on no terminal, that it tries
/// again, and advice.
const NOISE: [&str; 9] = [
    "GetPassWarning",
    "Warning: Password input may be echoed",
    "returned error, retrying",
    "The repository contains damaged pack files.",
    "The repository is damaged and must be repaired.",
    "restic repair ",
    "Damaged pack files can be caused by",
    "rebuilt index: ",
    "committed index: ",
];

pub(super) fn read(text: &str) -> Answer {
    let mut answer = Answer::default();
    for line in text.lines() {
        if let Some(out) = line.strip_prefix('|') {
            answer.out.push_str(out);
            answer.out.push('\n');
        } else if let Some(said) = line.strip_prefix('!') {
            if !said.trim().is_empty() && answer.said.len() < 8 {
                answer.said.push(told(said));
            }
        } else if line == "covers" {
            answer.covers = true;
        } else {
            match line.split_once(' ') {
                Some(("now", at)) => answer.now = at.parse().unwrap_or(0),
                Some(("rc", code)) => answer.status = code.parse().ok(),
                Some(("tool", name)) => answer.missing = Some(clean(name, 32)),
                Some(("host", name)) => answer.host = Some(clean(name, 255)),
                Some(("place", "missing")) => answer.place = Place::Missing,
                Some(("made", command)) => answer.made = Some(clean(command, 4096)),
                Some(("first", path)) => answer.first = Some(clean(path, 1024)),
                Some(_) | None => {}
            }
        }
    }
    answer
}

/// A complaint. Asked for JSON, restic says since 0.17 also those as such.
fn told(line: &str) -> String {
    let json: Option<Value> = serde_json::from_str(line).ok();
    let message = json.as_ref().and_then(|json| json.get("message")).and_then(Value::as_str);
    let words: Vec<&str> = message.unwrap_or(line).split_whitespace().collect();
    clean(&words.join(" "), 240)
}

impl Answer {
    /// Why it says nothing; none where it does.
    pub(super) fn refusal(&self) -> Option<String> {
        if let Some(tool) = &self.missing {
            return Some(format!("there is no {tool} on the host"));
        }
        match self.status {
            Some(0) => None,
            Some(124 | 137) => Some("it does not answer in time".to_owned()),
            Some(code) => Some(self.words().unwrap_or_else(|| format!("it ended with {code}"))),
            None => Some("its answer was cut".to_owned()),
        }
    }

    /// What it complains of.
    pub(super) fn words(&self) -> Option<String> {
        // A question; whether the answer to it stands behind it depends on the version.
        let asks = |said: &str| said.starts_with("Enter passphrase") && said.ends_with(':');
        let noise = |said: &&String| asks(said) || NOISE.iter().any(|noise| said.contains(noise));
        let telling: Vec<&str> =
            self.said.iter().filter(|said| !noise(said)).map(String::as_str).take(4).collect();
        if telling.is_empty() { self.said.last().cloned() } else { Some(telling.join("; ")) }
    }

    /// Nothing is where the repository should be.
    fn nowhere(&self) -> Option<BackupFacts> {
        (self.place == Place::Missing).then(|| BackupFacts {
            taken: self.now,
            place: Place::Missing,
            ..BackupFacts::default()
        })
    }
}

/// FNV-1a, so that a snapshot has a place of its own.
fn place(id: &str) -> (u64, u64) {
    let hash = id.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    (0, hash)
}

fn snapshot(id: &str, name: &str, at: i64, size: Option<u64>) -> Copy {
    let identity = Identity { place: place(id), size: size.unwrap_or(0), changed: at };
    Copy { name: clean(name, 128).into(), at, size, identity }
}

/// Newest first, all of them.
fn facts(answer: &Answer, mut copies: Vec<Copy>) -> BackupFacts {
    copies.sort_by_key(|copy| std::cmp::Reverse(copy.at));
    let count = copies.len() as u64;
    copies.truncate(MOST);
    BackupFacts { taken: answer.now, copies, count, ..BackupFacts::default() }
}

/// `restic snapshots --json`, of 0.14 to 0.18. A moment has its zone's offset behind it. A repository
/// may be of several directories and hosts: where some are of this host's source, only these are
/// its copies.
pub fn parse_restic(text: &str, source: Option<&str>) -> Result<BackupFacts, String> {
    let answer = read(text);
    if let Some(nowhere) = answer.nowhere() {
        return Ok(nowhere);
    }
    if let Some(why) = answer.refusal() {
        return Err(why);
    }
    let Ok(Value::Array(all)) = serde_json::from_str(&answer.out) else {
        return Err("its answer is no list of snapshots".to_owned());
    };
    let mut all: Vec<&Value> = all.iter().collect();
    if let Some(source) = source {
        let is_of = |one: &&Value| paths(one).any(|path| is_below(source, path));
        let host = answer.host.as_deref();
        let ours = |one: &&Value| one.get("hostname").and_then(Value::as_str) == host;
        for fits in [&is_of as &dyn Fn(&&Value) -> bool, &ours] {
            if all.iter().any(fits) {
                all.retain(fits);
            }
        }
    }
    let mut newest: Option<(i64, Vec<Box<str>>)> = None;
    let mut copies = Vec::new();
    for one in all {
        let text = |name: &str| one.get(name).and_then(Value::as_str).unwrap_or("");
        let Some(at) = zoned(text("time")) else { continue };
        // Since 0.17 a snapshot says how much was looked at.
        let size = one.get("summary").and_then(|s| s.get("total_bytes_processed"));
        copies.push(snapshot(text("id"), text("short_id"), at, size.and_then(Value::as_u64)));
        if newest.as_ref().is_none_or(|(known, _)| *known <= at) {
            newest = Some((at, paths(one).take(16).map(|path| clean(path, 1024).into()).collect()));
        }
    }
    let mut facts = facts(&answer, copies);
    facts.says = newest.map(|(_, paths)| paths).unwrap_or_default();
    // A snapshot that cannot be read is left out, and that is no failure to it.
    facts.warnings.extend(answer.words().map(Into::into));
    Ok(facts)
}

/// What a snapshot is of.
fn paths(snapshot: &Value) -> impl Iterator<Item = &str> {
    let paths = snapshot.get("paths").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    paths.iter().filter_map(Value::as_str)
}

/// `2026-11-21T16:04:03.845415135+01:00`, RFC 3339.
fn zoned(text: &str) -> Option<i64> {
    let at = calendar::moment(text)?;
    let zone = text.get(19..)?.trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
    let Some(sign) = zone.chars().next().filter(|c| matches!(c, '+' | '-')) else {
        return Some(at);
    };
    let (hours, minutes) = zone.get(1..)?.split_once(':')?;
    let offset = hours.parse::<i64>().ok()? * 3600 + minutes.parse::<i64>().ok()? * 60;
    Some(if sign == '+' { at - offset } else { at + offset })
}

/// `borg list --json` with TZ=UTC, of 1.2: its times have no zone. Whether the newest has the
/// source was asked with it.
pub fn parse_borg(text: &str, source: Option<&str>) -> Result<BackupFacts, String> {
    let answer = read(text);
    if let Some(nowhere) = answer.nowhere() {
        return Ok(nowhere);
    }
    if let Some(why) = answer.refusal() {
        return Err(why);
    }
    let Ok(whole) = serde_json::from_str::<Value>(&answer.out) else {
        return Err("its answer is no list of archives".to_owned());
    };
    let all = whole.get("archives").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let copies = all.iter().filter_map(|one| {
        let text = |name: &str| one.get(name).and_then(Value::as_str).unwrap_or("");
        Some(snapshot(text("id"), text("name"), zoned(text("time"))?, None))
    });
    let mut facts = facts(&answer, copies.collect());
    facts.says = match (source, &answer.first) {
        (Some(source), _) if answer.covers => vec![source.into()],
        // Made from within some directory, its paths do not say of where it is: only one that
        // begins as the source does is a whole one for certain.
        (Some(source), Some(first)) if !first.is_empty() => {
            let whole = first.split('/').next() == source.trim_start_matches('/').split('/').next();
            let within = source.trim_end_matches('/').ends_with(&format!("/{first}"));
            // Its command may name where they begin.
            let named = answer.made.iter().flat_map(|made| made.split_whitespace());
            let path = format!("/{first}");
            let named = named.filter(|word| word.len() > 1).any(|word| is_below(&path, word));
            if named || (whole && !within) { vec![path.into()] } else { Vec::new() }
        }
        _ => Vec::new(),
    };
    Ok(facts)
}

/// An answer of `qd_backup_git`. The one copy is as new as the oldest work that is nowhere else.
pub fn parse_git(text: &str) -> BackupFacts {
    let mut facts = BackupFacts::default();
    let (mut tree, mut remotes, mut ahead, mut dirty) = (true, 0_u32, (None, 0_u64), (None, 0_u64));
    let mut missing = None;
    let mut head: Option<&str> = None;
    for line in text.lines() {
        let (key, value) = line.split_once(' ').unwrap_or((line, ""));
        let words: Vec<&str> = value.split_whitespace().collect();
        match (key, words.as_slice()) {
            ("now", [at]) => facts.taken = at.parse().unwrap_or(0),
            ("tool", _) => missing = Some("there is no git on the host"),
            ("place", ["read"]) => facts.place = Place::Read,
            ("place", ["missing"]) => facts.place = Place::Missing,
            ("place", ["other"]) => facts.place = Place::NotDirectory,
            ("place", _) => facts.place = Place::Denied,
            ("no", ["tree"]) => tree = false,
            ("head", [_, id]) => head = Some(id),
            ("remote", _) => remotes = remotes.saturating_add(1),
            ("ahead", [oldest, count]) => {
                ahead = (oldest.parse::<i64>().ok(), count.parse().unwrap_or(0));
            }
            ("dirty", [count]) => dirty.1 = count.parse().unwrap_or(0),
            ("since", [at]) => dirty.0 = at.parse::<i64>().ok(),
            _ => {}
        }
    }
    if let Some(why) = missing {
        facts.place = Place::Denied;
        facts.warnings.push(why.into());
        return facts;
    }
    if facts.place != Place::Read {
        return facts;
    }
    match (tree, remotes, head) {
        (false, ..) => facts.warnings.push("it is no work tree of git".into()),
        (true, 0, _) => facts.warnings.push("it has no remote: nothing of it is elsewhere".into()),
        (true, _, None) => facts.warnings.push("nothing was ever committed".into()),
        (true, _, Some(id)) => {
            if ahead.1 > 0 {
                facts.warnings.push(format!("{} commits are on no remote", ahead.1).into());
            }
            if dirty.1 > 0 {
                facts.warnings.push(format!("{} changes are in no commit", dirty.1).into());
            }
            let unsaved = match (dirty.1, dirty.0) {
                // Deleted files have no time of their own.
                (1.., since) => since,
                (0, _) => None,
            };
            let at = [ahead.0, unsaved].into_iter().flatten().min().unwrap_or(facts.taken);
            facts.copies.push(snapshot(id, id, at, None));
            facts.count = 1;
        }
    }
    facts
}

/// A command's answer: the moment of the last good backup as seconds since the epoch or RFC 3339,
/// then its size in bytes if it knows it; a line each for more of them.
pub fn parse_command(text: &str) -> Result<BackupFacts, String> {
    let answer = read(text);
    if let Some(why) = answer.refusal() {
        return Err(why);
    }
    let copies: Vec<Copy> = answer
        .out
        .lines()
        .take(MOST)
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            let first = words.next()?;
            let at = first.parse().ok().or_else(|| zoned(first))?;
            Some(snapshot(first, first, at, words.next().and_then(|size| size.parse().ok())))
        })
        .collect();
    if copies.is_empty() && !answer.out.trim().is_empty() {
        return Err("its first word is no moment: seconds since 1970, or RFC 3339".to_owned());
    }
    Ok(facts(&answer, copies))
}

#[cfg(test)]
mod tests;
