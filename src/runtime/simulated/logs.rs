//! The program that reads logs, on a simulated host: its journal grows as its story goes. It has no
//! files.

use std::time::Duration;

use tokio::io::{AsyncWriteExt as _, BufReader, DuplexStream};

use super::journal::{Said, said};
use super::shell::{read_line, words};
use super::site::Site;

/// So often it is looked for what was said meanwhile.
const LOOK: Duration = Duration::from_millis(250);
/// Entries of a unit that are made at once.
const MOST: usize = 2000;

/// What a call of journalctl asks for.
#[derive(Default)]
struct Asked {
    units: Vec<String>,
    lines: Option<usize>,
    cursor: Option<String>,
    /// On the host's wall clock.
    since: Option<i64>,
}

impl Asked {
    fn read(words: &[String]) -> Self {
        let mut asked = Self::default();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            if let Some(cursor) = word.strip_prefix("--cursor=") {
                asked.cursor = Some(cursor.to_owned());
            } else if let Some(at) = word.strip_prefix("--since=@") {
                asked.since = at.replace('.', "").parse().ok();
            } else if word == "-n" {
                asked.lines = words.next().and_then(|n| n.parse().ok());
            } else if word == "-u" {
                asked.units.extend(words.next().cloned());
            }
        }
        asked
    }

    /// What has been said up to `t`, oldest first.
    fn entries(&self, site: &Site, t: i64) -> Vec<Said> {
        let all: Vec<String> = if self.units.is_empty() {
            site.services.iter().map(|service| service.unit.to_string()).collect()
        } else {
            self.units.clone()
        };
        let mut entries: Vec<Said> =
            all.iter().flat_map(|unit| said(site, unit, t, MOST)).collect();
        entries.sort_by(|a, b| (a.wall, &a.cursor).cmp(&(b.wall, &b.cursor)));
        entries
    }

    /// The first that is wanted of these.
    fn first(&self, entries: &[Said]) -> usize {
        if let Some(cursor) = &self.cursor {
            return entries.iter().position(|entry| entry.cursor == *cursor).unwrap_or(0);
        }
        if let Some(since) = self.since {
            return entries.partition_point(|entry| entry.wall < since);
        }
        self.lines.map_or(0, |lines| entries.len().saturating_sub(lines))
    }
}

/// Talks until the other side is gone.
pub(super) async fn talk(
    site: &Site,
    mut stream: BufReader<DuplexStream>,
    nonce: &str,
) -> std::io::Result<()> {
    let tell = |words: &str| format!("\x1e@@{nonce} {words}\n");
    let seconds = site.wall(site.now()).div_euclid(1_000_000);
    stream.write_all(tell(&format!("ready {seconds} +0000")).as_bytes()).await?;
    let mut followed: Option<(Asked, i64)> = None;
    loop {
        let line = tokio::select! {
            line = read_line(&mut stream) => line?,
            () = tokio::time::sleep(LOOK), if followed.is_some() => {
                if let Some((asked, last)) = &mut followed {
                    let entries = asked.entries(site, site.now());
                    let new: Vec<&Said> =
                        entries.iter().filter(|entry| entry.wall > *last).collect();
                    if let Some(newest) = new.last() {
                        *last = newest.wall;
                        let text: String = new.iter().map(|entry| entry.text.as_str()).collect();
                        stream.write_all(text.as_bytes()).await?;
                    }
                }
                continue;
            }
        };
        let Some(line) = line else { return Ok(()) };
        let words = words(&line);
        let Some((command, rest)) = words.split_first() else { continue };
        let answer = match command.as_str() {
            "qd_tell" => tell(&rest.join(" ")),
            "qd_journal" | "qd_entries" => {
                let asked = Asked::read(rest);
                let now = site.now();
                let entries = asked.entries(site, now);
                let first = asked.first(&entries);
                let text: String =
                    entries.iter().skip(first).map(|entry| entry.text.as_str()).collect();
                if command == "qd_entries" {
                    text + &tell("status 0") + &tell("end")
                } else {
                    followed = Some((asked, site.wall(now)));
                    text
                }
            }
            "qd_before" => {
                let (lines, cursor) = (rest.first(), rest.get(1));
                let lines: usize = lines.and_then(|n| n.parse().ok()).unwrap_or(0);
                let entries = Asked::read(rest).entries(site, site.now());
                let end = entries.iter().position(|e| Some(&e.cursor) == cursor).unwrap_or(0);
                let older = entries.get(end.saturating_sub(lines)..=end).unwrap_or_default();
                let text: String = older.iter().map(|entry| entry.text.as_str()).collect();
                tell(&format!("before {}", older.len())) + &text + &tell("status 0") + &tell("end")
            }
            "qd_file" | "qd_container" => tell("missing"),
            "qd_stat" | "qd_contained" => tell("missing") + &tell("end"),
            "qd_glob" | "qd_piece" | "qd_unpacked" | "qd_weigh" => tell("end"),
            _ => continue,
        };
        stream.write_all(answer.as_bytes()).await?;
    }
}
