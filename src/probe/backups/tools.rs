//! What restic, borg, git and a command of the config say of backups.

use serde_json::Value;

use crate::model::backup::{BackupFacts, Copy, Identity, Integrity, Place};
use crate::model::calendar;
use crate::model::text::clean;

/// As many snapshots are kept.
const MOST: usize = 2000;

/// A tool's answer.
#[derive(Default)]
struct Answer {
    now: i64,
    out: String,
    said: Vec<String>,
    status: Option<i32>,
    missing: Option<String>,
    first: Option<String>,
    covers: bool,
}

fn read(text: &str) -> Answer {
    let mut answer = Answer::default();
    for line in text.lines() {
        if let Some(out) = line.strip_prefix('|') {
            answer.out.push_str(out);
            answer.out.push('\n');
        } else if let Some(said) = line.strip_prefix('!') {
            let said = clean(said, 200);
            if !said.trim().is_empty() && answer.said.len() < 8 {
                answer.said.push(said);
            }
        } else if line == "covers" {
            answer.covers = true;
        } else {
            match line.split_once(' ') {
                Some(("now", at)) => answer.now = at.parse().unwrap_or(0),
                Some(("rc", code)) => answer.status = code.parse().ok(),
                Some(("tool", name)) => answer.missing = Some(clean(name, 32)),
                Some(("first", path)) => answer.first = Some(clean(path, 1024)),
                Some(_) | None => {}
            }
        }
    }
    answer
}

impl Answer {
    /// Why it says nothing; none where it does.
    fn refusal(&self) -> Option<String> {
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

    fn words(&self) -> Option<String> {
        (!self.said.is_empty()).then(|| self.said.join("; "))
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

/// `restic snapshots --json`, of 0.14 to 0.18. A moment has its zone's offset behind it.
pub fn parse_restic(text: &str) -> Result<BackupFacts, String> {
    let answer = read(text);
    if let Some(why) = answer.refusal() {
        return Err(why);
    }
    let Ok(Value::Array(all)) = serde_json::from_str(&answer.out) else {
        return Err("its answer is no list of snapshots".to_owned());
    };
    let mut newest: Option<(i64, Vec<Box<str>>)> = None;
    let mut copies = Vec::new();
    for one in &all {
        let text = |name: &str| one.get(name).and_then(Value::as_str).unwrap_or("");
        let Some(at) = zoned(text("time")) else { continue };
        // Since 0.17 a snapshot says how much was looked at.
        let size = one.get("summary").and_then(|s| s.get("total_bytes_processed"));
        copies.push(snapshot(text("id"), text("short_id"), at, size.and_then(Value::as_u64)));
        if newest.as_ref().is_none_or(|(known, _)| *known <= at) {
            let paths = one.get("paths").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
            let paths = paths.iter().filter_map(Value::as_str).take(16);
            newest = Some((at, paths.map(|path| clean(path, 1024).into()).collect()));
        }
    }
    let mut facts = facts(&answer, copies);
    facts.says = newest.map(|(_, paths)| paths).unwrap_or_default();
    Ok(facts)
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
            if whole && !within { vec![format!("/{first}").into()] } else { Vec::new() }
        }
        _ => Vec::new(),
    };
    Ok(facts)
}

/// The tool's own check.
pub fn parse_tool_check(text: &str) -> (i64, Integrity) {
    let answer = read(text);
    let Some(why) = answer.refusal() else { return (answer.now, Integrity::Good) };
    // Who cannot look says nothing of what is there. restic 0.14 ends with 1 whatever it is.
    let blind =
        ["password", "passphrase", "locked", "unable to open", "Is there a repository", "aborted"];
    let blind = blind.iter().any(|word| why.contains(word)) || why.contains("does not exist");
    let ended = matches!(answer.status, Some(code) if code != 124 && code != 137 && code < 10);
    if blind || !ended || answer.missing.is_some() || answer.said.is_empty() {
        return (answer.now, Integrity::Unknown(why.into()));
    }
    (answer.now, Integrity::Corrupt(why.into()))
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
mod tests {
    use super::*;

    /// restic 0.14.0
    const RESTIC: &str = "now 1795277044\n|[{\"time\":\"2026-11-21T16:04:03.845415135Z\",\"paths\":[\"/srv/data\"],\"id\":\"c8a584d567\",\"short_id\":\"c8a584d5\"},{\"time\":\"2026-11-21T17:04:04.541983123+01:00\",\"paths\":[\"/srv/old\"],\"id\":\"99ba998bde\",\"short_id\":\"99ba998b\"}]\nrc 0\n";
    /// borg 1.2.4
    const BORG: &str = "now 1795277092\n|{\n|    \"archives\": [\n|        {\"archive\": \"one\", \"id\": \"c38b\", \"name\": \"one\", \"time\": \"2026-11-21T16:04:51.000000\"}\n|    ]\n|}\nrc 0\nfirst srv/old\n";

    #[test]
    fn snapshots_of_restic_are_read_with_their_zone_and_paths() {
        let facts = parse_restic(RESTIC).unwrap();
        let read: Vec<_> = facts.copies.iter().map(|copy| (&*copy.name, copy.at)).collect();
        assert_eq!(read, [("99ba998b", 1_795_277_044), ("c8a584d5", 1_795_277_043)]);
        assert_eq!(facts.says, [Box::from("/srv/old")]);
        assert_eq!(facts.count, 2);
    }

    #[test]
    fn archives_of_borg_say_whether_they_have_the_source() {
        let facts = parse_borg(BORG, Some("/srv/data")).unwrap();
        assert_eq!((&*facts.copies[0].name, facts.copies[0].at), ("one", 1_795_277_091));
        assert_eq!(facts.says, [Box::from("/srv/old")]);
        let covers = format!("{BORG}covers\n");
        assert_eq!(parse_borg(&covers, Some("/srv/data")).unwrap().says, [Box::from("/srv/data")]);
        for first in ["first data", "first old/data", "first .", "first "] {
            let relative = BORG.replace("first srv/old", first);
            assert_eq!(parse_borg(&relative, Some("/srv/data")).unwrap().says, [], "{first}");
        }
    }

    #[test]
    fn who_cannot_look_says_why_and_nothing_of_what_is_there() {
        let wrong = "now 1\n!Fatal: wrong password or no key found\nrc 1\n";
        assert_eq!(parse_restic(wrong).unwrap_err(), "Fatal: wrong password or no key found");
        assert!(matches!(parse_tool_check(wrong).1, Integrity::Unknown(_)));
        assert!(parse_restic("now 1\ntool restic\n").unwrap_err().contains("no restic"));
        for nonsense in ["", "rc 0\n", "|{}\nrc 0\n", "|[1,{},{\"time\":7}]\nrc 0\n"] {
            let _read = (parse_restic(nonsense), parse_borg(nonsense, Some("/x")));
        }
    }

    #[test]
    fn the_tools_own_check_is_told() {
        assert_eq!(parse_tool_check("now 5\nrc 0\n"), (5, Integrity::Good));
        // restic 0.14.0, a pack overwritten.
        let broken = "now 5\n!  decrypting blob d2e6 failed: ciphertext verification failed\n!Fatal: repository contains errors\nrc 1\n";
        assert!(matches!(parse_tool_check(broken).1, Integrity::Corrupt(_)));
        assert!(matches!(parse_tool_check("now 5\nrc 124\n").1, Integrity::Unknown(_)));
        assert!(matches!(parse_tool_check("now 5\n").1, Integrity::Unknown(_)));
    }

    /// git 2.47.3
    #[test]
    fn work_that_is_nowhere_else_is_not_backed_up() {
        let clean = "now 900\nplace read\nhead 500 abc123\nremote origin\nahead 0 \ndirty 0\n";
        assert_eq!(parse_git(clean).copies[0].at, 900);
        let ahead = "now 900\nplace read\nhead 500 abc123\nremote origin\nahead 400 2 \ndirty 0\n";
        let facts = parse_git(ahead);
        assert_eq!(facts.copies[0].at, 400);
        assert_eq!(facts.warnings, [Box::from("2 commits are on no remote")]);
        let dirty =
            "now 900\nplace read\nhead 500 abc123\nremote origin\nahead 0 \ndirty 3\nsince 300\n";
        assert_eq!(parse_git(dirty).copies[0].at, 300);
        let alone = "now 900\nplace read\nhead 500 abc123\nahead 400 2 \ndirty 0\n";
        assert!(parse_git(alone).copies.is_empty());
    }

    #[test]
    fn a_command_says_when() {
        let facts =
            parse_command("now 9\n|1795277044 4096\n|2026-11-21T16:04:03Z\nrc 0\n").unwrap();
        assert_eq!(facts.copies[0].size, Some(4096));
        assert_eq!(facts.copies[1].at, 1_795_277_043);
        assert!(parse_command("now 9\n|yesterday\nrc 0\n").is_err());
        assert!(parse_command("now 9\n!no such file\nrc 2\n").is_err());
        assert!(parse_command("now 9\nrc 0\n").unwrap().copies.is_empty());
    }
}
