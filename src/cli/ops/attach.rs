//! Attach: what an operation has printed and prints, from its first byte on.

use std::io::{IsTerminal as _, Write as _};
use std::time::Duration;

use super::find;
use crate::cli::act::Session;
use crate::cli::{Failure, Outcome};
use crate::effect::Ask;
use crate::model::ids::HostId;
use crate::model::operation::{Outcome as Ended, RunId, Verdict};
use crate::model::text::clean_bytes;
use crate::msg::Acted;

/// A host that says nothing for so long is not known.
const SILENCE: Duration = Duration::from_secs(60);

/// A run that is followed.
struct Followed {
    host: HostId,
    run: RunId,
    events: u64,
    log: u64,
    /// A line whose end has not come yet, where lines are shown.
    part: Vec<u8>,
    ended: Option<Ended>,
}

pub(super) async fn attach(session: &mut Session, name: &str) -> Outcome {
    let found = find(session, name).await?;
    let lacks = found.lacks("how it ends there is not known");
    let mut all: Vec<Followed> = found
        .parts
        .into_iter()
        .map(|(host, run, _)| Followed {
            ended: (run.state.began_in.is_none() && run.state.result.is_none()).then(|| {
                crate::cli::complain(&format!("quarterdeck: {host}: nothing was begun there"));
                Ended::Undone
            }),
            host,
            run: run.run,
            events: 0,
            log: 0,
            part: Vec::new(),
        })
        .collect();
    let several = all.len() > 1;
    for one in all.iter().filter(|one| one.ended.is_none()) {
        follow(session, one);
    }
    while all.iter().any(|one| one.ended.is_none()) {
        let answer = tokio::select! {
            answer = session.answer(SILENCE) => answer,
            _ = tokio::signal::ctrl_c() => {
                crate::cli::complain("quarterdeck: detached; it goes on");
                return Ok(Ended::Unknown.exit_code());
            }
        };
        let Some((host, acted)) = answer else {
            crate::cli::complain("quarterdeck: no answer any more; it goes on by itself there");
            return Ok(Ended::Unknown.exit_code());
        };
        let Acted::Progress(run, progress) = acted else { continue };
        let Some(one) = all.iter_mut().find(|one| one.run == run && one.host == host) else {
            continue;
        };
        let progress = match progress {
            Ok(progress) => *progress,
            Err(fault) => {
                crate::cli::complain(&format!("quarterdeck: {host}: {fault}"));
                one.ended = Some(Ended::Unknown);
                continue;
            }
        };
        let (at, total, piece) = progress.log;
        if at == one.log {
            one.log += piece.len() as u64;
            print(one, &piece, several)?;
        }
        if progress.events.0 == one.events {
            one.events += progress.events.1.len() as u64;
        }
        let all_of_it = one.log >= total;
        match (&progress.state.result, progress.state.verdict()) {
            (Some(result), _) if all_of_it => one.ended = Some(Ended::of_result(result)),
            (None, Verdict::Orphaned | Verdict::Rebooted | Verdict::Crashed) if all_of_it => {
                let verdict = progress.state.verdict();
                let doc = verdict.doc();
                crate::cli::complain(&format!("quarterdeck: {host}: {}: {doc}", verdict.name()));
                one.ended = Some(Ended::Unknown);
            }
            _ => follow(session, one),
        }
    }
    let worst = all.iter().filter_map(|one| one.ended).max().unwrap_or(Ended::Unknown);
    let worst = if lacks { Ended::Unknown } else { worst };
    crate::cli::complain(&format!("quarterdeck: {}", worst.name()));
    Ok(worst.exit_code())
}

fn follow(session: &mut Session, one: &Followed) {
    let ask = Ask::Follow { run: one.run.clone(), events: one.events, log: one.log };
    session.ask(&one.host, ask);
}

/// To a file or a pipe of one host every byte as it is; to a terminal, or of several hosts, lines
/// without control characters.
fn print(one: &mut Followed, piece: &[u8], several: bool) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    if !several && !out.is_terminal() {
        out.write_all(piece)?;
        out.flush()?;
        return Ok(());
    }
    one.part.extend_from_slice(piece);
    while let Some(end) = one.part.iter().position(|b| *b == b'\n') {
        let rest = one.part.split_off(end + 1);
        let line = std::mem::replace(&mut one.part, rest);
        let line = clean_bytes(line.strip_suffix(b"\n").unwrap_or(&line), 8192);
        if several {
            writeln!(out, "{}: {line}", one.host.host)?;
        } else {
            writeln!(out, "{line}")?;
        }
    }
    out.flush()?;
    Ok(())
}
