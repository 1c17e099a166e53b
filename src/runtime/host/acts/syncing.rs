//! Data that comes from one host to another by way of this machine: looked at before, and sent. What is
//! sent is kept nowhere here.

use std::time::Duration;

use tokio::io::{
    AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader,
};
use tokio::time::{Instant, timeout, timeout_at};

use super::{Hand, SLOW, said};
use crate::effect::Errand;
use crate::model::deploy::copy::{Load, Sent};
use crate::model::fault::{Fault, FaultKind};
use crate::model::ids::HostId;
use crate::model::spec::Kind;
use crate::model::sync::{Far, SyncAsk, SyncLook, SyncSource};
use crate::model::text::clean_bytes;
use crate::msg::{Acted, HostEvent};
use crate::probe::act::sync::{giver, parse_source, parse_sync, taker};
use crate::runtime::collector::MAX_NOISE;
use crate::runtime::host::serve::Shared;
use crate::runtime::transport::{Channel, Complaints, Transport};

/// Without a byte of it for so long it is given up.
const IDLE: Duration = Duration::from_secs(60);
/// For the first word of a shell, and `sudo`.
const OPENING: Duration = Duration::from_secs(60);
/// For its last words: what was unpacked is written, or removed.
const CLOSING: Duration = Duration::from_secs(120);
/// Of progress at most so often is told.
const PACE: Duration = Duration::from_millis(300);
/// Bytes that are read at one time.
const CHUNK: usize = 1 << 18;
/// Bytes that are handed on at one time: for each the target starts a process.
const PIECE: usize = 1 << 20;
/// Bytes by which an archive of tar ends.
const ENDING: usize = 1024;
/// Bytes of a line of words.
const LINE: u64 = 4096;

impl Hand<'_> {
    /// What the host says of a directory from which data is to come.
    pub(super) async fn look_at_source(&mut self, directory: &str) -> Result<SyncSource, Fault> {
        Ok(parse_source(&self.text(&["qd_act_source", directory]).await?))
    }

    /// What the host says whose directory is to be replaced.
    pub(super) async fn look_at_sync(&mut self, ask: &SyncAsk) -> Result<SyncLook, Fault> {
        let source = &ask.source;
        let (env, from) = (ask.env.as_str(), ask.spec.from.env.as_str());
        let mut argv = vec!["qd_act_sync", env, from, &source.machine, &ask.spec.to];
        argv.extend([&*source.real, &*source.at, &*source.place]);
        let subjects: Vec<Box<str>> =
            ask.units.iter().map(|unit| Kind::Unit(unit.clone()).subject()).collect();
        argv.extend(subjects.iter().map(|subject| &**subject));
        let said = self.text(&argv).await?;
        Ok(parse_sync(&said, source.clone()))
    }

    /// Data of another environment may be sent there.
    pub(super) async fn admits(&mut self, errand: &Errand) -> Result<(), Fault> {
        let load = errand.host().and_then(|host| host.load.as_deref());
        let Some((load, far)) = load.and_then(|load| Some((load, load.far.as_ref()?))) else {
            return Ok(());
        };
        let (to, from) = (far.to.as_str(), far.env.as_str());
        let argv = [
            "qd_act_admits",
            to,
            from,
            &far.machine,
            &load.directory,
            &far.real,
            &far.at,
            &far.place,
        ];
        let (status, bytes) = self.ask(&argv, SLOW).await?;
        if status == 0 { Ok(()) } else { Err(said(&["send to it"], &bytes)) }
    }
}

/// One end of the way.
struct End {
    stdin: Box<dyn AsyncWrite + Send + Unpin>,
    stdout: Printed,
    words: Words,
    _guard: Box<dyn std::any::Any + Send + Sync>,
}

/// What is said of it.
struct Words {
    nonce: String,
    what: String,
    complaints: Complaints,
}

/// What a shell prints.
type Printed = BufReader<Box<dyn AsyncRead + Send + Unpin>>;

impl End {
    async fn open(
        transport: &dyn Transport,
        what: String,
        program: impl FnOnce(&str) -> String,
    ) -> Result<Self, Fault> {
        let opened = timeout(OPENING, transport.wide_shell()).await;
        let Channel { mut stdin, stdout, stderr, guard } = opened.map_err(|_| late(&what))??;
        let nonce: String = std::iter::repeat_with(fastrand::alphanumeric).take(20).collect();
        let text = program(&nonce);
        let sent = async {
            stdin.write_all(text.as_bytes()).await?;
            stdin.flush().await
        };
        let fault = || Fault::new(FaultKind::Failed, &what, "the shell on the host ended");
        timeout(OPENING, sent).await.map_err(|_| late(&what))?.map_err(|_closed| fault())?;
        let stdout = BufReader::with_capacity(CHUNK, stdout);
        let words = Words { nonce, what, complaints: stderr };
        Ok(Self { stdin, stdout, words, _guard: guard })
    }
}

impl Words {
    /// That it failed, with what it complained of last.
    async fn failed(&self, detail: &str) -> Fault {
        self.complaints.whole().await;
        let said = self.complaints.last_line_but(&["@@"]);
        let detail = said.map_or_else(|| detail.to_owned(), |said| format!("{detail}: {said}"));
        Fault::new(FaultKind::Failed, &self.what, detail)
    }
}

fn late(what: &str) -> Fault {
    Fault::new(FaultKind::TimedOut, what, "it does not go on")
}

/// A line of words, without its end; none at the end of all.
async fn line(stdout: &mut Printed) -> Option<Vec<u8>> {
    let mut line = Vec::new();
    let mut bounded = stdout.take(LINE);
    match bounded.read_until(b'\n', &mut line).await {
        Ok(1..) => Some(line.trim_ascii_end().to_vec()),
        Ok(0) | Err(_) => None,
    }
}

/// Skips what login shells print before a mark.
async fn wait_for(stdout: &mut Printed, mark: &str) -> bool {
    let mut noise = 0;
    while let Some(line) = line(stdout).await {
        noise += line.len() + 1;
        if line == mark.as_bytes() {
            return true;
        }
        if noise > MAX_NOISE {
            return false;
        }
    }
    false
}

/// Sends a directory of another host to a place beside what runs on this one. The first fault ends it; what
/// was cut the host removes by itself.
pub(super) async fn send(
    transport: &dyn Transport,
    shared: &Shared,
    (load, far): (&Load, &Far),
    (directory, sudo): (&str, bool),
    errand: &Errand,
) -> Result<(), Fault> {
    let id = HostId { env: far.env.clone(), host: far.host.clone() };
    let deadline = Instant::now() + load.limit;
    let source = {
        let (peer, sudo) = shared.peers.get(&id).ok_or_else(|| {
            Fault::new(FaultKind::Unreachable, format!("read {}", load.from), "it is not connected")
        })?;
        let program = |nonce: &str| giver(nonce, (&far.machine, &far.real, &far.at), sudo);
        End::open(&*peer, format!("read {}", load.from), program).await?
    };
    let what = format!("unpack what comes to {directory}");
    let target =
        End::open(transport, what, |nonce| taker(nonce, directory, &load.owner, sudo)).await?;
    let sending = pass(source, target, shared, errand);
    timeout_at(deadline, sending).await.unwrap_or_else(|_late| {
        Err(Fault::new(FaultKind::TimedOut, format!("send {}", load.from), "it took too long"))
    })
}

/// All of it, from one to the other.
async fn pass(source: End, target: End, shared: &Shared, errand: &Errand) -> Result<(), Fault> {
    let End { stdout: mut given, words: source, _guard: _reading, .. } = source;
    let End { mut stdin, stdout: mut told, words: target, _guard: _unpacking } = target;
    let begins = format!("@@{} begin", source.nonce);
    if !timeout(OPENING, wait_for(&mut given, &begins)).await.unwrap_or(false) {
        return Err(source.failed("it does not begin").await);
    }
    let first = timeout(OPENING, line(&mut given)).await.ok().flatten().unwrap_or_default();
    if let Some(why) = first.strip_prefix(b"fault ") {
        return Err(source.failed(&clean_bytes(why, 300)).await);
    }
    let size = String::from_utf8_lossy(&first).parse().unwrap_or(0_u64).saturating_mul(1024);
    let ready = format!("@@{} ready", target.nonce);
    if !timeout(OPENING, wait_for(&mut told, &ready)).await.unwrap_or(false) {
        return Err(target.failed("it does not begin").await);
    }
    let mut bytes = 0_u64;
    let mut told_at = Instant::now();
    let mut piece = Vec::with_capacity(PIECE);
    let mut is_whole = false;
    let mut over = false;
    while !over {
        piece.clear();
        while !over && piece.len() < PIECE {
            let read = match timeout(IDLE, given.fill_buf()).await {
                Ok(Ok(read)) => read,
                Ok(Err(error)) => return Err(source.failed(&error.to_string()).await),
                Err(_late) => return Err(late(&source.what)),
            };
            over = read.is_empty();
            let length = read.len();
            piece.extend_from_slice(read);
            given.consume(length);
        }
        if piece.is_empty() {
            break;
        }
        bytes += piece.len() as u64;
        // The end of an archive is two blocks of nothing (pax(1), "ustar Interchange Format").
        let end = piece.len().checked_sub(ENDING).and_then(|at| piece.get(at..));
        is_whole = end.is_some_and(|end| end.iter().all(|byte| *byte == 0));
        let header = format!("{}\n", piece.len());
        if let Some(failure) = put(&mut stdin, &[header.as_bytes(), &piece]).await {
            return Err(failure.of(&mut told, &target).await);
        }
        if told_at.elapsed() >= PACE {
            told_at = Instant::now();
            let percent = bytes.saturating_mul(100).checked_div(size).unwrap_or(0).min(99);
            let sent = Sent { bytes, percent: u8::try_from(percent).unwrap_or(99), left: None };
            shared.reporter.say(HostEvent::Acted(Acted::Sending(errand.run.clone(), sent))).await;
        }
    }
    // An archive may look whole though its reader failed in the end: its own word counts.
    source.complaints.whole().await;
    let done = format!("@@{} done 0", source.nonce);
    if !is_whole || source.complaints.last_line().as_deref() != Some(&*done) {
        return Err(source.failed("it was not read to its end").await);
    }
    if let Some(failure) = put(&mut stdin, &[b"end\n"]).await {
        return Err(failure.of(&mut told, &target).await);
    }
    drop(stdin);
    match last_words(&mut told, &target).await {
        (Some(0), _) => Ok(()),
        (_, why) => Err(target.failed(&why).await),
    }
}

/// Why an end takes no more.
enum Failure {
    Ended,
    Late,
}

impl Failure {
    async fn of(self, told: &mut Printed, target: &Words) -> Fault {
        match self {
            Self::Ended => {
                let (_, why) = last_words(told, target).await;
                target.failed(&why).await
            }
            Self::Late => late(&target.what),
        }
    }
}

/// Hands on all of that.
async fn put(stdin: &mut (dyn AsyncWrite + Send + Unpin), all: &[&[u8]]) -> Option<Failure> {
    for bytes in all {
        match timeout(IDLE, stdin.write_all(bytes)).await {
            Ok(Ok(())) => {}
            Ok(Err(_closed)) => return Some(Failure::Ended),
            Err(_late) => return Some(Failure::Late),
        }
    }
    match timeout(IDLE, stdin.flush()).await {
        Ok(Ok(())) => None,
        Ok(Err(_closed)) => Some(Failure::Ended),
        Err(_late) => Some(Failure::Late),
    }
}

/// The status that an end tells last, and the line before that.
async fn last_words(told: &mut Printed, target: &Words) -> (Option<u8>, String) {
    let done = format!("@@{} done ", target.nonce);
    let mut why = "it ended in the middle".to_owned();
    let last = timeout(CLOSING, async {
        while let Some(line) = line(told).await {
            if let Some(status) = line.strip_prefix(done.as_bytes()) {
                return String::from_utf8_lossy(status).parse().ok();
            }
            if !line.is_empty() {
                why = clean_bytes(&line, 300);
            }
        }
        None
    })
    .await;
    (last.ok().flatten(), why)
}
