//! A reverse proxy: its processes, its configuration and whom it reaches.

mod conf;
mod lexer;

use crate::model::proxy::{ConfigFile, ConfigTest, ProxyFacts, Reached, Target};
use crate::model::text::clean;

pub use conf::parse_conf;

/// Runs on the host.
pub const SCRIPT: &str = include_str!("nginx.sh");

/// Reads an answer of `qd_nginx` into what is known; the configuration itself is left as it is.
pub fn parse_state(text: &str, facts: &mut ProxyFacts) {
    // They are not told each time.
    if text.lines().any(|line| line.starts_with("address ")) {
        facts.addresses.clear();
    }
    facts.present = false;
    facts.master = None;
    facts.oldest_worker = None;
    facts.newest_worker = None;
    for line in text.lines() {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match word {
            "address" if facts.addresses.len() < 256 => {
                facts.addresses.extend(rest.parse::<core::net::IpAddr>().ok());
            }
            "present" => facts.present = true,
            "master" => facts.master = rest.parse().ok(),
            "worker" => {
                if let Some(began) = super::facts::ticks(rest) {
                    facts.oldest_worker =
                        facts.oldest_worker.map_or(Some(began), |o| Some(o.min(began)));
                    facts.newest_worker = facts.newest_worker.max(Some(began));
                }
            }
            "file" => {
                let Some((seconds, path)) = rest.split_once(' ') else { continue };
                if let Some(file) = facts.files.iter_mut().find(|file| *file.path == *path) {
                    file.modified = seconds.parse().ok();
                }
            }
            _ => {}
        }
    }
}

/// All that an answer of `qd_nginx` says of when files and directories were changed: as long as
/// it is the same, the configuration need not be read again.
pub fn marks(text: &str) -> Vec<&str> {
    text.lines().filter(|line| line.starts_with("file ") || line.starts_with("worker ")).collect()
}

/// Reads an answer of `qd_nginx_conf` into what is known.
pub fn parse_config(text: &str, facts: &mut ProxyFacts) {
    let mut test: Option<ConfigTest> = None;
    let mut dump = String::with_capacity(text.len());
    for line in text.lines() {
        if let Some(line) = line.strip_prefix('|') {
            dump.push_str(line);
            dump.push('\n');
        } else if let Some(status) = line.strip_prefix("test ") {
            test = Some(ConfigTest { valid: status == "0", said: Vec::new() });
        } else if let (Some(said), Some(test)) = (line.strip_prefix("said "), test.as_mut())
            && test.said.len() < 16
        {
            test.said.push(clean(said, 512).into());
        }
    }
    let read = parse_conf(&dump);
    facts.upstreams = read.upstreams;
    facts.servers = read.servers;
    facts.routes = read.routes;
    facts.warnings = read.warnings;
    facts.test = test;
    let mut files = read.files;
    for file in &mut files {
        let known = facts.files.iter().find(|known| known.path == file.path);
        file.modified = known.and_then(|known| known.modified);
    }
    facts.files = files;
}

/// Reads an answer of `qd_reach`.
pub fn parse_reached(text: &str) -> Vec<(Target, Reached)> {
    let mut all = Vec::new();
    for line in text.lines().take(512) {
        if let Some((what, path)) = line.strip_prefix("socket ").and_then(|l| l.split_once(' ')) {
            let reached = match what {
                "answered" => Reached::Answered,
                "refused" => Reached::Refused,
                "missing" => Reached::Missing,
                _ => Reached::Unknown("the socket may not be written to".into()),
            };
            all.push((Target::Unix(clean(path, 256).into()), reached));
            continue;
        }
        let mut words = line.splitn(5, ' ');
        let (Some("reach"), Some(host), Some(Ok(port)), Some(what)) =
            (words.next(), words.next(), words.next().map(str::parse), words.next())
        else {
            continue;
        };
        let reached = match what {
            "answered" => Reached::Answered,
            "refused" => Reached::Refused,
            "silent" => Reached::Silent,
            _ => Reached::Unknown(clean(words.next().unwrap_or(""), 200).into()),
        };
        all.push((Target::Tcp(clean(host, 255).into(), port), reached));
    }
    all
}

/// A file of which nothing is known but its path.
fn file(path: &str) -> ConfigFile {
    ConfigFile { path: clean(path, 1024).into(), modified: None }
}
