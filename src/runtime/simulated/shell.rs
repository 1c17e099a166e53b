//! `/bin/sh -s` of a simulated host, as far as the collector's program needs one.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{
    AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader, DuplexStream,
};
use tokio::task::JoinHandle;

use super::answers::answer;
use super::logs;
use super::scenario::State;
use super::site::Site;
use crate::probe::collector::ready;
use crate::runtime::transport::{Channel, Complaints};

/// What is under way at most in each direction; a thousand hosts have one each.
const PIPE: usize = 4096;
/// A host that is slow takes this long for each answer: late, and not too late.
const SLOW: Duration = Duration::from_secs(4);

/// How long who follows an operation waits for news.
const NEWS: Duration = Duration::from_millis(200);

/// Ends the shell with its channel.
struct Guard(JoinHandle<()>);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Starts one.
pub(super) fn open(site: Arc<Site>) -> Channel {
    let (ours, theirs) = tokio::io::duplex(PIPE);
    let (stdout, stdin) = tokio::io::split(ours);
    let task = tokio::spawn(async move {
        // It ends when the other side is gone, which is no fault of anybody's.
        let _end = serve(&site, theirs).await;
    });
    Channel {
        stdin: Box::new(stdin),
        stdout: Box::new(stdout),
        stderr: Complaints::default(),
        guard: Box::new(Guard(task)),
    }
}

/// The request that a line stands for: a new one, one to be remembered, or one that is.
fn remember(kept: &mut BTreeMap<String, Vec<String>>, line: &str) -> Vec<String> {
    if let Some(name) = line.strip_prefix("= ") {
        return kept.get(name).cloned().unwrap_or_default();
    }
    let argv = words(line.strip_prefix("+ ").unwrap_or(line));
    if let (true, Some(name)) = (line.starts_with("+ "), argv.first()) {
        kept.insert(name.clone(), argv.clone());
    }
    argv
}

async fn serve(site: &Site, stream: DuplexStream) -> std::io::Result<()> {
    let mut stream = BufReader::with_capacity(512, stream);
    let nonce = loop {
        let Some(line) = read_line(&mut stream).await? else { return Ok(()) };
        if let Some((nonce, _)) = line
            .strip_prefix("printf '\\036@@")
            .and_then(|rest| rest.split_once(" sudo\\n'; exec sudo "))
        {
            stream.write_all(format!("\x1e@@{nonce} sudo\n").as_bytes()).await?;
        }
        // Its tails do not share a channel.
        if let Some((_, rest)) = line.split_once("printf '\\036@@")
            && let Some((nonce, _)) = rest.split_once(" none\\n'; fi")
        {
            stream.write_all(format!("\x1e@@{nonce} none\n").as_bytes()).await?;
        }
        if let Some((nonce, _)) = line
            .strip_prefix("if [ \"$(id -u)\" = 0 ]; then printf '\\n@@%s root\\n' ")
            .and_then(|rest| rest.split_once(';'))
        {
            let has = site.part.sudo || site.part.user == "root";
            let word = if has { "root" } else { "denied" };
            stream.write_all(format!("\n@@{nonce} {word}\n").as_bytes()).await?;
        }
        if line.starts_with("'qd_talk' ")
            && let [_talk, nonce, ..] = words(&line).as_slice()
        {
            pause(site).await;
            return logs::talk(site, stream, nonce).await;
        }
        // In the prelude's text the same words stand without quotes.
        if !line.starts_with("'qd_main' ") {
            continue;
        }
        if let [_main, nonce] = words(&line).as_slice() {
            break nonce.clone();
        }
    };
    pause(site).await;
    stream.write_all(format!("\n{}\n", ready(&nonce)).as_bytes()).await?;
    let mut kept = BTreeMap::new();
    while let Some(line) = read_line(&mut stream).await? {
        let Some((id, argv)) = line.split_once(' ') else { continue };
        pause(site).await;
        let argv = remember(&mut kept, argv);
        if argv.first().is_some_and(|function| function == "qd_act_read") {
            // The real one waits until there is something new.
            tokio::time::sleep(NEWS).await;
        }
        let (status, text) = answer(site, &argv, site.now());
        let head = format!("@@{nonce} {id} {status} {}\n", text.len());
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(text.as_bytes()).await?;
        stream.write_all(b"\n").await?;
    }
    Ok(())
}

async fn pause(site: &Site) {
    if site.state(site.now()) == State::Slow {
        tokio::time::sleep(SLOW).await;
    }
}

/// One line without its end; none at the end of the stream.
pub(super) async fn read_line(
    stream: &mut BufReader<DuplexStream>,
) -> std::io::Result<Option<String>> {
    let mut line = Vec::new();
    let read = stream.take(1 << 20).read_until(b'\n', &mut line).await?;
    if line.pop_if(|last| *last == b'\n').is_none() {
        line.truncate(read);
    }
    Ok((read > 0).then(|| String::from_utf8_lossy(&line).into_owned()))
}

/// The words of a line that [`crate::probe::quote::quote_all`] wrote.
pub(super) fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quoted = false;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match c {
            '\'' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            ' ' if !quoted => words.extend(word.take()),
            '\\' if !quoted => word.get_or_insert_default().extend(chars.next()),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}
