//! Processes by the words of their command line (`/proc/PID/cmdline`, proc(5)).
//!
//! `pgrep -f scanner.py` also finds the editor that has that file open. Here the words have to be
//! whole arguments one behind the other, of which the first may be the end of a path, and programs
//! that only show, copy or start others are left out.

use std::collections::BTreeMap;

use crate::model::process::{FoundProcess, Processes};
use crate::model::text::clean;

/// Runs on the host.
pub const SCRIPT: &str = include_str!("processes.sh");

/// As many processes are kept for one service.
const MOST: usize = 128;

/// Programs that work on a file or start another program, and are not it.
const OTHERS: &[&str] = &[
    "grep",
    "egrep",
    "fgrep",
    "rg",
    "ag",
    "vi",
    "vim",
    "nvim",
    "view",
    "nano",
    "emacs",
    "ed",
    "less",
    "more",
    "most",
    "tail",
    "head",
    "cat",
    "bat",
    "watch",
    "ssh",
    "scp",
    "sftp",
    "rsync",
    "cp",
    "mv",
    "tar",
    "find",
    "xargs",
    "pgrep",
    "pkill",
    "ps",
    "sudo",
    "doas",
    "su",
    "runuser",
    "timeout",
    "flock",
    "strace",
    "ltrace",
    "gdb",
    "script",
    "tmux",
    "screen",
    "journalctl",
    "git",
    "diff",
];

const SHELLS: &[&str] = &["sh", "bash", "dash", "ash", "zsh", "ksh", "busybox", "fish"];

/// What the host is to look for first: of each pattern its longest word.
pub fn argv<'p>(how: &'p str, patterns: &'p [Box<str>]) -> Vec<&'p str> {
    let mut argv = vec!["qd_processes", how];
    argv.extend(
        patterns
            .iter()
            .filter_map(|pattern| pattern.split_ascii_whitespace().max_by_key(|word| word.len())),
    );
    argv
}

/// Reads an answer of `qd_processes`.
pub fn parse_processes(text: &str, patterns: &[Box<str>]) -> Processes {
    let mut found: BTreeMap<Box<str>, Vec<FoundProcess>> =
        patterns.iter().map(|pattern| (pattern.clone(), Vec::new())).collect();
    let mut hidden = false;
    let mut hertz = 100_u64;
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        match line.split_once(' ').unwrap_or((line, "")) {
            ("hidden", _) => hidden = true,
            ("hertz", n) => {
                hertz = n.parse().ok().filter(|n| (1..=1_000_000).contains(n)).unwrap_or(100);
            }
            ("proc", pid) => {
                let (Some(arguments), Some(stat)) = (lines.next(), lines.next()) else { break };
                let Ok(pid) = pid.parse::<u32>() else { continue };
                let mut words: Vec<&str> =
                    arguments.trim_end_matches('\u{1f}').split('\u{1f}').collect();
                // A title that it has given itself, such as `nginx: master process /usr/sbin/nginx`.
                if let [title] = words.as_slice() {
                    words = title.split_ascii_whitespace().collect();
                }
                for (pattern, list) in &mut found {
                    if matches(pattern, &words) && list.len() < MOST {
                        list.push(FoundProcess {
                            pid,
                            started: started(stat, hertz),
                            command: clean(&words.join(" "), 512).into(),
                        });
                    }
                }
            }
            _ => {}
        }
    }
    for list in found.values_mut() {
        list.sort_by_key(|process| (process.started.unwrap_or(u64::MAX), process.pid));
        list.dedup_by_key(|process| process.pid);
    }
    Processes { found, hidden }
}

/// Whether a process is meant by a pattern.
fn matches(pattern: &str, arguments: &[&str]) -> bool {
    let wanted: Vec<&str> = pattern.split_ascii_whitespace().collect();
    let Some((first, rest)) = wanted.split_first() else { return false };
    let ends = |argument: &str| {
        argument == *first
            || argument.strip_suffix(first).is_some_and(|head| {
                head.ends_with('/') || first.starts_with('/') && head.is_empty()
            })
    };
    let at = arguments.iter().enumerate().position(|(place, argument)| {
        let behind = arguments.iter().skip(place + 1);
        ends(argument) && rest.len() <= behind.len() && rest.iter().zip(behind).all(|(a, b)| a == b)
    });
    match at {
        Some(0) => true,
        Some(_) => {
            let program =
                arguments.first().map_or("", |path| path.rsplit('/').next().unwrap_or(path));
            let program = program.trim_start_matches('-');
            // A shell's script is one argument; what it starts is a process of its own.
            let script = arguments.get(1).is_some_and(|a| a.starts_with('-') && a.contains('c'));
            !(OTHERS.contains(&program) || script && SHELLS.contains(&program))
        }
        None => false,
    }
}

/// When it began, in microseconds since the kernel's boot: the 22nd field. Its name, in parentheses,
/// may hold spaces and parentheses.
fn started(stat: &str, hertz: u64) -> Option<u64> {
    let (_, rest) = stat.rsplit_once(')')?;
    let ticks: u64 = rest.split_ascii_whitespace().nth(19)?.parse().ok()?;
    ticks.checked_mul(1_000_000)?.checked_div(hertz)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(list: &[(u32, &[&str], u64)]) -> String {
        let one = |(pid, words, ticks): &(u32, &[&str], u64)| {
            let zeros = "0 ".repeat(18);
            format!("proc {pid}\n{}\u{1f}\n{pid} (a) b) S {zeros}{ticks} 7\n", words.join("\u{1f}"))
        };
        format!("hertz 100\n{}", list.iter().map(one).collect::<Vec<_>>().concat())
    }

    fn pids(pattern: &str, list: &[(u32, &[&str], u64)]) -> Vec<u32> {
        let patterns = [pattern.into()];
        let found = parse_processes(&answer(list), &patterns);
        found.found[pattern].iter().map(|process| process.pid).collect()
    }

    /// The servers of seed 003: `python mcp_servers/scanner_server.py`, started by its client.
    #[test]
    fn the_servers_are_found_and_what_only_names_them_is_not() {
        let list: &[(u32, &[&str], u64)] = &[
            (
                9,
                &[
                    "/usr/bin/python3",
                    "-u",
                    "/opt/services/portfolio/mcp_servers/scanner_server.py",
                ],
                900,
            ),
            (8, &["python", "mcp_servers/scanner_server.py", "--stdio"], 100),
            (7, &["vim", "mcp_servers/scanner_server.py"], 100),
            (6, &["/usr/bin/ssh", "host", "python mcp_servers/scanner_server.py"], 100),
            (5, &["sh", "-c", "python mcp_servers/scanner_server.py"], 100),
            (4, &["grep", "-lF", "-e", "scanner_server.py"], 100),
            (3, &["timeout", "5", "python", "scanner_server.py"], 100),
            (2, &["python", "old_scanner_server.py"], 100),
            // OpenSSH 9.2 on Debian bookworm.
            (1, &["sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups"], 100),
        ];
        assert_eq!(pids("/usr/sbin/sshd", list), [1]);
        assert_eq!(pids("scanner_server.py", list), [8, 9]);
        assert_eq!(pids("mcp_servers/scanner_server.py", list), [8, 9]);
        assert_eq!(pids("mcp_servers/scanner_server.py --stdio", list), [8]);
        assert_eq!(pids("/usr/bin/python3", list), [9]);
        assert_eq!(pids("python3 -u", list), [9]);
        // Who looks for vim itself finds it.
        assert_eq!(pids("vim", list), [7]);
    }

    #[test]
    fn age_and_hidden_processes_are_known() {
        let patterns: [Box<str>; 2] = ["x".into(), "yy z".into()];
        let found =
            parse_processes(&format!("hidden 1\n{}", answer(&[(5, &["/bin/x"], 250)])), &patterns);
        assert!(found.hidden);
        assert_eq!(found.found["x"][0].started, Some(2_500_000));
        assert!(found.found["yy z"].is_empty());
        assert_eq!(argv("plain", &patterns), ["qd_processes", "plain", "x", "yy"]);
    }

    #[test]
    fn hostile_arguments_do_no_harm() {
        let patterns: [Box<str>; 1] = ["x".into()];
        for text in [
            "proc",
            "proc 1\n",
            "proc a\nx\nstat\n",
            "proc 1\nx\nproc 2\n",
            "hertz 0\nproc 1\nx\n1 (x) S\n",
            "\u{1f}\n\n\n",
        ] {
            let found = parse_processes(text, &patterns);
            assert!(found.found["x"].iter().all(|process| process.started.is_none()), "{text}");
        }
        let found =
            parse_processes(&answer(&[(1, &["x", "\u{1b}[2J\u{7}\u{202e}"], 1)]), &patterns);
        assert!(!found.found["x"][0].command.contains(['\u{1b}', '\u{7}', '\u{202e}']));
        let many: Vec<(u32, &[&str], u64)> = (0..10_000).map(|pid| (pid, &["x"][..], 1)).collect();
        assert_eq!(pids("x", &many).len(), MOST);
    }
}
