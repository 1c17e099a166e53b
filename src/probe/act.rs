//! What is asked of a host on which something is done, and the reading of its answers. The program is
//! the collector's, with these functions, run as root.

mod backup;
mod claims;
pub mod copy;
mod database;
mod deploy;
mod pools;
pub mod sync;

pub use backup::{parse_backup, parse_copy};
pub use claims::{parse_claims, parse_deployed, parse_drilled, parse_refusal};
pub use database::parse_database;
pub use deploy::parse_deploy;

use self::claims::{ClaimLines, take_state};
use super::backups::SCRIPTS;
use super::collector::PRELUDE;
use super::quote::{quote, quote_all};
use crate::model::look::{Look, Stranger, UnitLook};
use crate::model::operation::{Foreign, Progress, RunId, RunState, Seen};
use crate::model::text::clean;

const SCRIPT: &str = include_str!("act/host.sh");
/// What is deployed.
const DEPLOY: &str = include_str!("act/deploy.sh");
/// Lets sudo ask for its password on a terminal.
pub const PASSWORD: &str = include_str!("act/password.sh");
/// What is known of a backup.
const BACKUP: &str = include_str!("act/backup.sh");
/// What is known of a database.
const DATABASE: &str = include_str!("act/database.sh");
/// Tells who writes below a directory, and who has files open.
pub const WRITERS: &str = include_str!("act/writers.sh");
/// What comes from another environment.
const SYNC: &str = include_str!("act/sync.sh");
/// What of it is copied.
const COPY: &str = include_str!("act/copy.sh");
/// The sum of a list of files.
pub const LIST: &str = include_str!("act/list.sh");
/// Who acts, for everybody's collector.
pub const CLAIMS: &str = include_str!("claims.sh");
/// Adds a line to the host's account.
pub const AUDIT: &str = include_str!("../ops/audit.sh");
/// Reads and changes the servers of nginx's pools.
pub const SERVERS: &str = include_str!("../ops/drain/servers.awk");
/// Bytes of a value that is kept.
const VALUE: usize = 4096;
/// Steps whose titles are read at most: their numbers have two digits.
const STEPS: usize = 100;
/// Operations that are read of one host at most.
const MOST: usize = 200;

/// The program for one connection; see [`super::collector::program`].
pub fn program(nonce: &str) -> String {
    let main = quote_all(&["qd_main", nonce]);
    let (audit, awk) = (quote(AUDIT), quote(SERVERS));
    let [list, check, _] = SCRIPTS;
    format!(
        "{PRELUDE}{list}{check}{SCRIPT}{DEPLOY}{LIST}{COPY}{WRITERS}{BACKUP}{DATABASE}{}{SYNC}qd_audit={audit}\nqd_awk={awk}\n{main}\n",
        sync::IDENTITY
    )
}

/// A file's content for one line: `printf '%b'` takes it back (POSIX.1-2024, printf).
pub fn escape(content: &str) -> String {
    content.replace('\\', "\\\\").replace('\n', "\\n")
}

/// Takes [`Look`]'s lines. Never fails: what is not there is empty.
pub fn parse_look(text: &str) -> Look {
    let mut look = Look::default();
    let mut claim = ClaimLines::default();
    for line in text.lines() {
        if claim.take(line) {
            continue;
        }
        let (name, value) = line.split_once(' ').unwrap_or((line, ""));
        match name {
            "machine" => look.machine = word(value),
            "boot" => look.boot = word(value),
            "uid" => look.root = value == "0",
            "tool" => {
                look.tools.insert(word(value));
            }
            "systemd" => look.systemd = value.parse().ok(),
            "disk" => disk(&mut look, value),
            "unit" => {
                look.units.push(UnitLook { name: word(value), ..UnitLook::default() });
            }
            "files" => {
                if let Some(unit) = look.units.last_mut() {
                    unit.files = word(value);
                }
            }
            "address" => {
                look.addresses.insert(word(value));
            }
            name if name.starts_with("pools") => pools::take(&mut look.pools, name, value),
            name if name.starts_with("stranger.") => stranger(&mut look, name, value),
            _ => {
                if let (Some(unit), Some((name, value))) =
                    (look.units.last_mut(), line.split_once('='))
                {
                    unit.properties.insert(word(name), word(value));
                }
            }
        }
    }
    look.freeze = claim.freezes.pop();
    look.claim = claim.claims.pop();
    look
}

/// `stat -f -c 'disk %a %S %d %T'`.
fn disk(look: &mut Look, value: &str) {
    let mut words = value.split(' ');
    let blocks: Option<u64> = words.next().and_then(|word| word.parse().ok());
    let size: Option<u64> = words.next().and_then(|word| word.parse().ok());
    look.disk = blocks.zip(size).map(|(blocks, size)| blocks.saturating_mul(size));
    look.file_system = word(words.nth(1).unwrap_or_default());
}

fn stranger(look: &mut Look, name: &str, value: &str) {
    let stranger = look.stranger.get_or_insert_with(Stranger::default);
    match name {
        "stranger.pid" => stranger.pid = value.parse().unwrap_or(0),
        "stranger.start" => stranger.start = value.parse().unwrap_or(0),
        "stranger.uid" => stranger.uid = value.parse().unwrap_or(0),
        "stranger.command" => stranger.command = word(value),
        "stranger.directory" => stranger.directory = word(value),
        "stranger.group" => stranger.control_group = word(value),
        _ => {}
    }
}

fn word(text: &str) -> Box<str> {
    clean(text, VALUE).into()
}

/// What a function says of its failure.
pub fn fault(text: &str) -> String {
    let said: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("fault ")).collect();
    match said.as_slice() {
        [] => clean(text.lines().last().unwrap_or("it said nothing"), 300),
        said => clean(&said.join("; "), 300),
    }
}

/// Takes the answer of `qd_act_read`.
pub fn parse_progress(bytes: &[u8]) -> Progress {
    let mut progress = Progress::default();
    let mut rest = bytes;
    while let Some(end) = rest.iter().position(|b| *b == b'\n') {
        let (line, after) = rest.split_at(end);
        rest = after.get(1..).unwrap_or_default();
        let line = String::from_utf8_lossy(line);
        let mut words = line.split(' ');
        match words.next() {
            Some("log") => {
                let at = words.next().and_then(|word| word.parse().ok()).unwrap_or(0);
                let total = words.next().and_then(|word| word.parse().ok()).unwrap_or(0);
                let end = rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
                let (hex, after) = rest.split_at(end);
                progress.log = (at, total, unhex(hex));
                rest = after.get(1..).unwrap_or_default();
            }
            Some("step") if progress.steps.len() < STEPS => {
                let number = words.next().and_then(|word| word.parse().ok());
                let title: Vec<&str> = words.collect();
                if let Some(number) = number {
                    progress.steps.push((number, clean(&title.join(" "), 300).into()));
                }
            }
            Some("events") => {
                let at = words.next().and_then(|word| word.parse().ok()).unwrap_or(0);
                progress.events = (at, String::from_utf8_lossy(rest).into_owned());
                break;
            }
            _ => {
                take_state(&mut progress.state, &line);
            }
        }
    }
    progress
}

fn unhex(hex: &[u8]) -> Vec<u8> {
    let digit = |b: &u8| char::from(*b).to_digit(16);
    hex.chunks_exact(2)
        .map_while(|pair| match pair {
            [high, low] => u8::try_from(digit(high)? * 16 + digit(low)?).ok(),
            _ => None,
        })
        .collect()
}

/// Takes the answer of `qd_act_list`.
pub fn parse_list(text: &str) -> Seen {
    let mut lines = ClaimLines::default();
    let mut runs: Vec<Foreign> = Vec::new();
    let mut in_runs = false;
    for line in text.lines() {
        if let Some(id) = line.strip_prefix("op ") {
            in_runs = true;
            let Some(run) = RunId::parse(id).filter(|_| runs.len() < MOST) else {
                in_runs = false;
                continue;
            };
            runs.push(Foreign {
                run,
                subject: Box::default(),
                what: Box::default(),
                operator: Box::default(),
                hosts: Vec::new(),
                state: RunState::default(),
                claims: false,
            });
        } else if !in_runs {
            let _other = lines.take(line);
        } else if let Some(run) = runs.last_mut()
            && !take_state(&mut run.state, line)
            && let Some((name, value)) =
                line.strip_prefix("policy.").and_then(|line| line.split_once(' '))
        {
            match name {
                "subject" => run.subject = word(value),
                "what" => run.what = word(value),
                "operator" => run.operator = word(value),
                "host" if run.hosts.len() < MOST => run.hosts.push(word(value)),
                _ => {}
            }
        }
    }
    for (claim, state) in lines.claims {
        let known = claim.run.as_ref().and_then(|id| runs.iter_mut().find(|run| run.run == *id));
        match (known, claim.run) {
            (Some(run), _) => run.claims = true,
            (None, Some(id)) => runs.insert(
                0,
                Foreign {
                    run: id,
                    subject: claim.subject,
                    what: claim.what,
                    operator: claim.operator,
                    hosts: Vec::new(),
                    state,
                    claims: true,
                },
            ),
            (None, None) => {}
        }
    }
    Seen { runs, freezes: lines.freezes }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OP: &str = "01KAN3C5Q2ABCDEFGHJKMNPQRS000";

    #[test]
    fn progress_is_read_byte_by_byte() {
        let answer = b"state.boot b\nstate.owner 98 45 b systemd\nstate.alive 1\nstep 20 wait\x1b a bit\nstep x y\nlog 8 27\n62696e00780a\nevents 72 166\n1.0 20 done 0\n2.0 30 st";
        let progress = parse_progress(answer);
        assert_eq!(progress.log, (8, 27, b"bin\0x\n".to_vec()));
        assert_eq!(progress.events, (72, "1.0 20 done 0\n2.0 30 st".to_owned()));
        let steps: Vec<_> = progress.steps.iter().map(|(n, title)| (*n, &**title)).collect();
        assert_eq!(steps, [(20, "wait\\x1b a bit")]);
        assert!(progress.state.alive);
        assert_eq!(progress.state.began_in.as_deref(), Some("b"));
    }

    #[test]
    fn nothing_new_is_no_harm_and_neither_is_garbage() {
        let none = parse_progress(b"state.boot b\nlog 27 27\n\nevents 193 193\n");
        assert_eq!(none.log, (27, 27, Vec::new()));
        assert_eq!(none.events, (193, String::new()));
        for garbage in [&b"log"[..], b"log x y", b"\n\n", b"log 0 9\nzz\n", b"events"] {
            let _read = parse_progress(garbage);
        }
    }

    #[test]
    fn a_claim_and_its_evidence_are_read() {
        let text = format!(
            "claim x.service\nclaim.op={OP}\nclaim.operator=ana@laptop\nclaim.what=restart x\n\
             state.boot b\nstate.owner 98 45 b systemd\nstate.alive 1\nfreeze x.service\n\
             freeze.reason=release party\nfreeze.by=bo\nmachine m\n"
        );
        let look = parse_look(&text);
        let (claim, state) = look.claim.unwrap();
        assert_eq!(&*claim.operator, "ana@laptop");
        assert!(state.alive);
        assert_eq!(&*look.freeze.unwrap().reason, "release party");
        assert_eq!(&*look.machine, "m");
    }

    #[test]
    fn operations_of_everybody_are_listed_with_their_claims() {
        let text = format!(
            "claim x.service\nclaim.op={OP}\nclaim.operator=ana@laptop\nstate.boot b\nop {OP}\n\
             policy.subject x.service\npolicy.what restart x\npolicy.operator ana@laptop\n\
             state.boot b\nstate.result undone 30 3\nop ../../etc\npolicy.what y\n"
        );
        let told = parse_list(&text);
        assert_eq!(told.runs.len(), 1);
        let run = &told.runs[0];
        assert!(run.claims);
        assert_eq!(&*run.what, "restart x");
        assert_eq!(run.state.result.as_deref(), Some("undone 30 3"));
    }
}
