//! rsync(1), run here, over the connection that a host has already. It reads and writes there with the
//! rights of the directory's owner.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use super::transport::{Complaints, Transport};
use super::worktree;
use crate::model::deploy::copy::{CopyAsk, CopyLook, Load, Sent};
use crate::model::digest::sha256;
use crate::model::fault::{Fault, FaultKind};
use crate::probe::act::copy::{changes, list, progress};
use crate::probe::quote::quote;

/// Bytes of a list or a dry run that are read: some hundred thousand names.
const MOST: u64 = 64 << 20;
/// Without a word of its progress it is given up.
const IDLE: Duration = Duration::from_secs(60);
/// Both sides give up when the other one says nothing for so many seconds.
const SILENCE: &str = "--timeout=45";
/// Of progress at most so often is told.
const PACE: Duration = Duration::from_millis(300);
/// Links, modes and times, of files only; whose they are is whose they are made by. Arguments do not go
/// through a shell.
const HOW: [&str; 3] = ["-rlptOJs", "--no-inc-recursive", SILENCE];
/// The same of names that are said, and of nothing else that is in them.
const THESE: [&str; 5] = ["-lptOJs", "--dirs", "--from0", "--files-from=-", SILENCE];

/// A directory on a host, and with whose rights.
pub(super) struct There<'a> {
    pub(super) transport: &'a dyn Transport,
    pub(super) sudo: bool,
    pub(super) owner: &'a str,
    pub(super) directory: &'a str,
}

impl There<'_> {
    /// Arguments by which rsync reaches it.
    fn reach(&self) -> Result<[String; 4], Fault> {
        let rsh = self.transport.rsh().ok_or_else(|| {
            Fault::new(FaultKind::Missing, "copy to the host", "nothing is copied to this host")
        })?;
        let owner = match self.owner {
            "root" => String::new(),
            owner => format!("runuser -u {} -- ", quote(owner)),
        };
        let sudo = if self.sudo { "sudo -n " } else { "" };
        let program = format!(
            "sh -c 'cd /; [ \"$(id -u)\" = 0 ] && exec \"$@\"; exec {sudo}\"$@\"' sh {owner}rsync"
        );
        Ok(["-e".to_owned(), rsh, "--rsync-path".to_owned(), program])
    }

    /// Its name as rsync has it: over the connection there is one host only.
    fn name(&self) -> String {
        format!("host:{}/", self.directory)
    }
}

fn command() -> Command {
    let mut command = Command::new("rsync");
    // What is compared has to be written the same way everywhere.
    command.env("LC_ALL", "C").env("TZ", "UTC0");
    for name in
        ["RSYNC_RSH", "RSYNC_ICONV", "RSYNC_CONNECT_PROG", "RSYNC_OLD_ARGS", "RSYNC_PARTIAL_DIR"]
    {
        command.env_remove(name);
    }
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // Not in the terminal's foreground group: its ctrl-c is ours alone.
        .process_group(0)
        .kill_on_drop(true);
    command
}

/// Filter rules as arguments.
fn filters(rules: &[Box<str>]) -> impl Iterator<Item = String> {
    rules.iter().map(|rule| format!("--filter={rule}"))
}

fn start(what: &str, command: &mut Command) -> Result<(Child, Complaints), Fault> {
    let mut child = command.spawn().map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => {
            Fault::new(FaultKind::Missing, what, "there is no rsync on this machine")
                .remedy("install rsync here")
        }
        _ => Fault::new(FaultKind::Failed, what, format!("start rsync: {error}")),
    })?;
    let complaints = child.stderr.take().map(Complaints::collect).unwrap_or_default();
    Ok((child, complaints))
}

/// Why it failed; its last line says only that.
async fn failed(what: &str, complaints: &Complaints, status: &str) -> Fault {
    complaints.whole().await;
    let said = complaints.last_line_but(&[
        "rsync error:",
        "rsync: connection unexpectedly",
        "(see the rsync",
    ]);
    let said = said.unwrap_or_else(|| format!("rsync: {status}"));
    let fault = Fault::new(FaultKind::Failed, what, said.clone());
    if said.contains("is your shell clean") || said.contains("protocol version mismatch") {
        return fault
            .remedy("the login shell there prints something by itself: look at its start files");
    }
    fault
}

/// Runs it to its end; what it printed.
async fn run(what: &str, command: &mut Command) -> Result<Vec<u8>, Fault> {
    let (mut child, complaints) = start(what, command)?;
    let mut bytes = Vec::new();
    if let Some(stdout) = child.stdout.take() {
        let read = stdout.take(MOST).read_to_end(&mut bytes).await;
        read.map_err(|error| Fault::new(FaultKind::Failed, what, error.to_string()))?;
    }
    if bytes.len() as u64 == MOST {
        return Err(Fault::new(FaultKind::Failed, what, "there are too many files"));
    }
    match child.wait().await {
        Ok(status) if status.success() => Ok(bytes),
        Ok(status) => Err(failed(what, &complaints, &status.to_string()).await),
        Err(error) => Err(Fault::new(FaultKind::Failed, what, error.to_string())),
    }
}

/// The directory as rsync takes it: absolute, so that a colon in it names no host, and what is in it.
fn source(from: &str) -> Result<String, Fault> {
    let what = || format!("look at {from}");
    let path = std::path::absolute(from)
        .map_err(|error| Fault::new(FaultKind::Failed, what(), error.to_string()))?;
    if !path.is_dir() {
        let fault = Fault::new(FaultKind::Missing, what(), "there is no such directory here");
        return Err(fault.remedy("make it first, or change `from` in the config"));
    }
    Ok(format!("{}/", path.display()))
}

/// Lists a directory, this machine's or, by what reaches it, a host's.
fn list_of(reach: &[String], rules: &[Box<str>], from: &str) -> Command {
    let mut command = command();
    command
        .args(["--list-only", "--no-h", "-rl", "-s", SILENCE])
        .args(reach)
        .args(filters(rules))
        .args(["--", from]);
    command
}

/// The sum of the list of what is there, and what a copy would change; changes nothing. Each side reads
/// its directory once: what differs is told by the lists.
pub(super) async fn compare(
    there: &There<'_>,
    rules: &[Box<str>],
    ask: Option<&CopyAsk>,
) -> Result<(Box<str>, Option<CopyLook>), Fault> {
    let reach = there.reach()?;
    let what = format!("read {} there", there.directory);
    let tree = async { run(&what, &mut list_of(&reach, rules, &there.name())).await };
    let Some(ask) = ask else { return Ok((list(&tree.await?).0.into(), None)) };
    let from = source(&ask.from)?;
    let title = format!("read {}", ask.from);
    let listing = async { run(&title, &mut list_of(&[], &ask.rules, &from)).await };
    let (listed, tree, git) = tokio::join!(listing, tree, worktree::look(&from));
    let (listed, tree) = (listed?, tree?);
    let (sum, items) = list(&listed);
    let look = changes(&listed, &tree);
    let look = CopyLook { from: ask.from.clone(), list: sum.into(), items, tree: git, ..look };
    Ok((list(&tree).0.into(), Some(look)))
}

/// Where copies of directories of hosts are kept on this machine, for nobody else to read:
/// `$XDG_CACHE_HOME/quarterdeck/deploy/NAME`, `~/.cache` if unset.
pub(super) fn cache(name: &str) -> Result<String, Fault> {
    use std::os::unix::fs::DirBuilderExt as _;
    let fault = |detail: String| Fault::new(FaultKind::Failed, "make a place for a copy", detail);
    let base =
        std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let base =
        base.or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache")));
    let base = base.ok_or_else(|| fault("there is neither HOME nor XDG_CACHE_HOME".to_owned()))?;
    let safe = |c: char| if c.is_ascii_alphanumeric() || "+-_".contains(c) { c } else { '_' };
    let sum = sha256(name.as_bytes());
    let plain: String = name.chars().map(safe).take(80).collect();
    let name = format!("{plain}-{}", sum.get(..8).unwrap_or_default());
    let place = base.join("quarterdeck/deploy").join(name);
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&place);
    made.map_err(|error| fault(format!("{}: {error}", place.display())))?;
    Ok(place.to_string_lossy().into_owned())
}

/// Takes a copy of a directory there; nothing is changed there.
pub(super) async fn pull(there: &There<'_>, rules: &[Box<str>], to: &str) -> Result<(), Fault> {
    let mut command = command();
    command
        .args(HOW)
        .args(["--delete", "--delete-excluded"])
        .args(there.reach()?)
        .args(filters(rules))
        .args(["--", &there.name(), &format!("{to}/")]);
    run(&format!("copy {}", there.directory), &mut command).await.map(|_| ())
}

/// Sends a directory beside what runs; only what that has not got travels.
pub(super) async fn send(
    there: &There<'_>,
    load: &Load,
    tell: &watch::Sender<Sent>,
) -> Result<(), Fault> {
    let from = source(&load.from)?;
    let mut command = command();
    let mut names = Vec::new();
    if let Some(moves) = &load.moves {
        command.args(THESE).stdin(Stdio::piped());
        for name in moves.sent() {
            // What begins with a `#` would be a comment.
            names.extend_from_slice(b"./");
            names.extend(name);
            names.push(0);
        }
    } else {
        let like = if load.links { "--link-dest" } else { "--copy-dest" };
        command.args(HOW).arg(format!("{like}={}", load.directory));
    }
    command
        .args(["--info=progress2", "--no-h", "--outbuf=N"])
        .args(there.reach()?)
        .args(filters(&load.rules))
        .args(["--", &from, &there.name()]);
    let what = format!("send {}", load.from);
    let (mut child, complaints) = start(&what, &mut command)?;
    let deadline = Instant::now() + load.limit;
    if let Some(mut stdin) = child.stdin.take() {
        // It fits into the pipe, or rsync reads it; where that fails, rsync says why.
        let _said = timeout_at(deadline, stdin.write_all(&names)).await;
    }
    if let Some(stdout) = child.stdout.take() {
        follow(stdout, deadline, tell)
            .await
            .map_err(|why| Fault::new(FaultKind::TimedOut, &what, why))?;
    }
    match timeout_at(deadline, child.wait()).await {
        Ok(Ok(status)) if status.success() => Ok(()),
        Ok(Ok(status)) => Err(failed(&what, &complaints, &status.to_string()).await),
        Ok(Err(error)) => Err(Fault::new(FaultKind::Failed, &what, error.to_string())),
        Err(_late) => Err(Fault::new(FaultKind::TimedOut, &what, "rsync does not end")),
    }
}

/// Reads its progress to its end.
async fn follow(
    mut stdout: impl AsyncRead + Unpin,
    deadline: Instant,
    tell: &watch::Sender<Sent>,
) -> Result<(), String> {
    let mut text = String::new();
    let mut chunk = [0; 4096];
    let mut told = Instant::now();
    let mut newest = Sent::default();
    loop {
        let until = deadline.min(Instant::now() + IDLE);
        let read = match timeout_at(until, stdout.read(&mut chunk)).await {
            Ok(Ok(n @ 1..)) => n,
            Ok(_) => return Ok(()),
            Err(_late) if until == deadline => {
                return Err("it took too long (`timeout`)".to_owned());
            }
            Err(_late) => return Err(format!("nothing moved for {} s", IDLE.as_secs())),
        };
        text.push_str(&String::from_utf8_lossy(chunk.get(..read).unwrap_or_default()));
        if let Some(sent) = progress(&text).filter(|sent| *sent != newest)
            && (told.elapsed() >= PACE || sent.percent == 100)
        {
            newest = sent;
            told = Instant::now();
            tell.send_replace(sent);
        }
        // A line of it is shorter; where that is cut is a border of characters.
        if text.len() > 1024 {
            let surplus = text.len() - 512;
            text = text.chars().skip(surplus).collect();
        }
    }
}
