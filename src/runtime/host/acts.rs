//! Acting on a host: a collector with all rights, opened when it is first needed, that claims, ships,
//! starts, follows and releases. Nothing here decides anything: reducers do.

mod backup;
mod comparing;
mod password;
mod refusing;
mod sending;
mod syncing;

use std::time::Duration;

use serde_json::json;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

pub(crate) use self::refusing::failed;
pub(super) use self::refusing::refuse;
use self::sending::Wish;
use super::serve::Shared;
use crate::effect::{Ask, Errand, LookMore};
use crate::model::deploy::DeployAsk;
use crate::model::fault::{Fault, FaultKind};
use crate::model::ids::UnitName;
use crate::model::operation::Refusal;
use crate::model::redact::redact;
use crate::model::spec::Sudo;
use crate::model::text::clean;
use crate::msg::{Acted, HostEvent};
use crate::ops;
use crate::probe::act::{self, escape};
use crate::runtime::collector::Collector;
use crate::runtime::transport::Transport;

/// For starting the shell, and `sudo`.
const OPENING: Duration = Duration::from_secs(20);
/// For what is answered at once.
const QUICK: Duration = Duration::from_secs(15);
/// For looking, which asks systemd, and for shipping.
const SLOW: Duration = Duration::from_secs(30);
/// For asking git, which may ask another host, and the user's own script.
const DEPLOY: Duration = Duration::from_secs(100);
/// Tenths of a second to wait for something new of an operation: others wait as long.
const PATIENCE: &str = "3";
/// Bytes of a log in one answer.
const PIECE: &str = "262144";
/// Operations that are listed.
const LISTED: &str = "30";
/// What `qd_act_*` answer when somebody else has it (`EX_TEMPFAIL` of sysexits.h).
const TAKEN: u8 = 75;

/// What is said of a cancel that was taken: when it takes effect the steps say.
const CANCEL: &str = "ask it to end at the next step's border";

/// What is to be sent and was not taken up yet.
const WISHES: usize = 16;

/// What is wanted of a hand.
pub(super) enum Wanted {
    /// An answer.
    Ask(Ask),
    /// That sudo asks on the terminal, which is free until this is answered.
    LetIn(oneshot::Sender<bool>),
}

/// What is wanted, in the order in which it was.
pub(super) type Asks = mpsc::Receiver<Wanted>;

/// Answers until the connection is lost.
pub(super) async fn run(transport: &dyn Transport, shared: &Shared, asks: &mut Asks) -> Fault {
    let (wishes, mut wished) = mpsc::channel(WISHES);
    let mut hand = Hand { transport, shared, collector: None, wishes };
    let answering = async {
        while let Some(wanted) = asks.recv().await {
            let said = match wanted {
                Wanted::Ask(ask) => hand.answer(ask).await,
                Wanted::LetIn(done) => {
                    let let_in = hand.let_in().await;
                    let _console_gone = done.send(let_in.is_ok()).is_err();
                    Some(Acted::LetIn(let_in))
                }
            };
            if let Some(said) = said {
                shared.reporter.say(HostEvent::Acted(said)).await;
            }
        }
        std::future::pending().await
    };
    tokio::select! {
        fault = answering => fault,
        () = sending::run(transport, shared, &mut wished) => std::future::pending().await,
    }
}

/// The collector with all rights.
struct Hand<'a> {
    transport: &'a dyn Transport,
    shared: &'a Shared,
    collector: Option<Collector>,
    wishes: mpsc::Sender<Wish>,
}

/// An answer: its status and its bytes.
type Answer = Result<(u8, Vec<u8>), Fault>;

impl Hand<'_> {
    async fn ask(&mut self, argv: &[&str], deadline: Duration) -> Answer {
        let mut collector = if let Some(collector) = self.collector.take() {
            collector
        } else {
            let sudo = self.shared.watch.borrow().spec.sudo != Sudo::Never;
            let opened = Collector::open_acting(self.transport, sudo);
            timeout(OPENING, opened)
                .await
                .map_err(|_late| late("start a shell with all rights", OPENING))??
        };
        let what = argv.first().copied().unwrap_or("nothing");
        let answer = timeout(deadline, collector.request_bytes(argv))
            .await
            .map_err(|_late| late(what, deadline))??;
        self.collector = Some(collector);
        Ok(answer)
    }

    /// Asks for something that is done or refused.
    async fn done(&mut self, argv: &[&str]) -> Result<(), Fault> {
        let (status, bytes) = self.ask(argv, QUICK).await?;
        if status == 0 { Ok(()) } else { Err(said(argv, &bytes)) }
    }

    /// None where the answer comes later.
    async fn answer(&mut self, ask: Ask) -> Option<Acted> {
        Some(match ask {
            Ask::Stage(errand) => {
                let made = match self.admits(&errand).await {
                    Ok(()) => self.room("qd_act_room", &errand, SLOW).await,
                    Err(fault) => Err(fault),
                };
                let run = errand.run.clone();
                let sends = match made {
                    Ok(()) => self.wishes.send(Wish::Send(Box::new(errand))).await,
                    Err(fault) => return Some(Acted::Staged(run, Err(Some(fault)))),
                };
                if sends.is_ok() {
                    return None;
                }
                Acted::Staged(run, Err(None))
            }
            Ask::Unstage(errand) => {
                // Nobody listens where nothing is sent any more.
                drop(self.wishes.send(Wish::End(errand.run.clone())).await);
                let done = self.room("qd_act_unroom", &errand, SLOW).await;
                Acted::Unstaged(errand.run, done)
            }
            Ask::Look { asked, instance, subject, unit, more } => {
                let look = self.look(&subject, unit.as_ref().map(UnitName::as_str), &more);
                Acted::Looked { asked, instance, look: look.await.map(Box::new) }
            }
            Ask::Pull { asked, instance, subject, directory, rules } => {
                let place = self.pull(&instance, &subject, &directory, &rules).await;
                Acted::Pulled { asked, instance, place }
            }
            Ask::Source { asked, instance, directory } => {
                let source = self.look_at_source(&directory).await.map(Box::new);
                Acted::Sourced { asked, instance, source }
            }
            Ask::List => {
                let said = self.ask(&["qd_act_list", LISTED], SLOW).await;
                let text = said.map(|(_, bytes)| String::from_utf8_lossy(&bytes).into_owned());
                Acted::Listed(text.map(|text| act::parse_list(&text)))
            }
            Ask::Claim(errand) => {
                let claimed = self.claim(&errand).await;
                Acted::Claimed(errand.run, claimed)
            }
            Ask::Launch(errand) => {
                let launched = self.launch(&errand).await;
                Acted::Launched(errand.run, launched)
            }
            Ask::Follow { run, events, log } => {
                let (events, log) = (events.to_string(), log.to_string());
                let argv = ["qd_act_read", run.as_str(), &events, &log, PIECE, PATIENCE];
                let progress = match self.ask(&argv, SLOW).await {
                    Ok((0, bytes)) => Ok(Box::new(act::parse_progress(&bytes))),
                    // EX_NOINPUT of sysexits.h: there is no such operation.
                    Ok((66, bytes)) => {
                        Err(Fault { kind: FaultKind::Missing, ..said(&argv, &bytes) })
                    }
                    Ok((_, bytes)) => Err(said(&argv, &bytes)),
                    Err(fault) => Err(fault),
                };
                Acted::Progress(run, progress)
            }
            Ask::Steer(_, run, word) => {
                let done = self.done(&["qd_act_steer", run.as_str(), &word]).await;
                Acted::Steered(run, done)
            }
            Ask::Cancel(_, run) => {
                let done = self.done(&["qd_act_cancel", run.as_str()]).await;
                Acted::Done(CANCEL.to_owned(), done)
            }
            Ask::Release(_, subject, run) => {
                let done = self.done(&["qd_act_release", &subject, run.as_str()]).await;
                Acted::Released(run, done)
            }
            Ask::End(_, run) => {
                let done = self.done(&["qd_act_end", run.as_str()]).await;
                Acted::Done("end what was left running".to_owned(), done)
            }
            Ask::Revert { permit: _, subject, run, operator } => {
                let line = line("reverting", &operator, &subject, run.as_str());
                let done = self.done(&["qd_act_revert", run.as_str(), &subject, &line]).await;
                Acted::Done("take back what was begun".to_owned(), done)
            }
            Ask::Break { permit: _, subject, run, operator } => {
                let line = line("broken", &operator, &subject, run.as_str());
                let done = self.done(&["qd_act_break", &subject, run.as_str(), &line]).await;
                Acted::Done("take the claim away".to_owned(), done)
            }
            Ask::Freeze { permit: _, subject, reason, operator, at } => {
                let line = line("frozen", &operator, &subject, &reason);
                let reason = format!("reason={}", redact(&clean(&reason, 300)));
                let by = format!("by={}", clean(&operator, 200));
                let at = format!("at={}", at.as_secs());
                let argv = ["qd_act_freeze", &*subject, &line, &reason, &by, &at];
                Acted::Done("freeze".to_owned(), self.done(&argv).await)
            }
            Ask::Drilled { permit: _, subject, said, operator } => {
                let line = line("drilled", &operator, &subject, &said);
                let argv = ["qd_act_drilled", &*subject, &line, &*said];
                Acted::Done("write down the drill".to_owned(), self.done(&argv).await)
            }
            Ask::Thaw { permit: _, subject, operator } => {
                let line = line("thawed", &operator, &subject, "");
                let done = self.done(&["qd_act_thaw", &subject, &line]).await;
                Acted::Done("lift the freeze".to_owned(), done)
            }
        })
    }

    /// Makes room for what is sent, or removes it.
    async fn room(&mut self, how: &str, errand: &Errand, deadline: Duration) -> Result<(), Fault> {
        let Some(load) = errand.host().and_then(|host| host.load.as_deref()) else { return Ok(()) };
        let argv = [how, errand.run.as_str(), &load.store, &load.owner];
        let (status, bytes) = self.ask(&argv, deadline).await?;
        if status == 0 { Ok(()) } else { Err(said(&argv, &bytes)) }
    }

    async fn look(
        &mut self,
        subject: &str,
        unit: Option<&str>,
        more: &LookMore,
    ) -> Result<crate::model::look::Look, Fault> {
        let mut argv = vec!["qd_act_look", subject];
        argv.extend(unit);
        let units = more.backup.iter().flat_map(|ask| &ask.units);
        let units = units.chain(more.sync.iter().flat_map(|ask| &ask.units));
        argv.extend(units.map(UnitName::as_str));
        let (status, bytes) = self.ask(&argv, SLOW).await?;
        let mut text = String::from_utf8_lossy(&bytes).into_owned();
        if status != 0 && text.is_empty() {
            return Err(said(&argv, &bytes));
        }
        if let Some(pid) = more.stranger {
            let pid = pid.to_string();
            let (_, bytes) = self.ask(&["qd_act_stranger", &pid], QUICK).await?;
            text.push('\n');
            text.push_str(&String::from_utf8_lossy(&bytes));
        }
        for pool in &more.pools {
            let argv = ["qd_act_pools", &*pool.file, &*pool.upstream];
            let (_, bytes) = self.ask(&argv, SLOW).await?;
            text.push('\n');
            text.push_str(&String::from_utf8_lossy(&bytes));
        }
        let mut look = act::parse_look(&text);
        if let Some(deploy) = &more.deploy {
            let script = escape(&deploy.script);
            let DeployAsk { strategy, directory, user, remote, wanted, .. } = &**deploy;
            let argv =
                ["qd_act_deploy", strategy, subject, directory, user, remote, wanted, &script];
            let (_, bytes) = self.ask(&argv, DEPLOY).await?;
            let mut said = act::parse_deploy(&String::from_utf8_lossy(&bytes));
            if !said.store.is_empty() {
                comparing::copied(self.transport, self.shared, deploy, &mut said).await;
            }
            look.deploy = Some(Box::new(said));
        }
        if let Some(ask) = &more.sync {
            look.sync = Some(Box::new(self.look_at_sync(ask).await?));
        }
        if let Some(ask) = &more.backup {
            look.backup = Some(Box::new(self.look_at_backup(ask).await?));
        }
        Ok(look)
    }

    async fn claim(&mut self, errand: &Errand) -> Result<(), Option<Refusal>> {
        let Some(host) = errand.host() else { return Err(None) };
        let plan = errand.confirmed().plan();
        let scope = if plan.is_rollout() { "rollout" } else { "host" };
        let lines = [
            format!("operator={}", clean(&errand.operator, 200)),
            format!("what={}", clean(&plan.title(), 300)),
            format!("plan={}", plan.hash()),
            format!("scope={scope}"),
            format!("at={}", errand.at.as_secs()),
        ];
        let mut argv = vec!["qd_act_claim", &*host.subject, errand.run.as_str()];
        argv.extend(lines.iter().map(String::as_str));
        match self.ask(&argv, QUICK).await {
            Ok((0, _)) => Ok(()),
            Ok((status, bytes)) => {
                let text = String::from_utf8_lossy(&bytes);
                let (claim, freeze) = act::parse_refusal(&text);
                Err(Some(match (claim, freeze) {
                    (_, Some(freeze)) if status == TAKEN => Refusal::Frozen(Box::new(freeze)),
                    // What was asked before the link was lost had been done.
                    (Some((claim, _)), _) if claim.run.as_ref() == Some(&errand.run) => {
                        return Ok(());
                    }
                    (Some((claim, state)), _) if status == TAKEN => {
                        Refusal::Claimed(Box::new(claim), state.verdict())
                    }
                    _ => Refusal::Fault(said(&argv, &bytes)),
                }))
            }
            Err(fault) => Err(unknown(fault).map(Refusal::Fault)),
        }
    }

    async fn launch(&mut self, errand: &Errand) -> Result<(), Option<Fault>> {
        let Some(host) = errand.host() else { return Err(None) };
        let confirmed = errand.confirmed();
        let plan = confirmed.plan();
        let files = ops::files(&errand.run, plan, host, confirmed.how(), &errand.operator);
        let seconds = host.limit().as_secs().to_string();
        let launcher = host.launcher.how();
        let mut argv: Vec<String> =
            ["qd_act_launch", errand.run.as_str(), &host.subject, &launcher, &seconds, &files.sum]
                .map(str::to_owned)
                .into();
        for (name, content) in &files.files {
            argv.push(name.clone());
            argv.push(escape(content));
        }
        let argv: Vec<&str> = argv.iter().map(String::as_str).collect();
        match self.ask(&argv, SLOW).await {
            Ok((0, _)) => Ok(()),
            Ok((_, bytes)) => Err(Some(said(&["start the operation"], &bytes))),
            Err(fault) => Err(unknown(fault)),
        }
    }
}

/// Where nothing can have been done, the fault; none where it is not known.
fn unknown(fault: Fault) -> Option<Fault> {
    (fault.kind == FaultKind::Denied).then_some(fault)
}

fn late(what: &str, deadline: Duration) -> Fault {
    Fault::new(
        FaultKind::TimedOut,
        format!("run {what} on the host"),
        format!("no answer within {} s", deadline.as_secs()),
    )
}

/// What a function said of its failure.
fn said(argv: &[&str], bytes: &[u8]) -> Fault {
    let what = argv.first().copied().unwrap_or_default();
    Fault::new(FaultKind::Failed, what, act::fault(&String::from_utf8_lossy(bytes)))
}

/// A line of the host's account, without its end.
fn line(event: &str, operator: &str, subject: &str, what: &str) -> String {
    let object = json!({
        "ev": event, "v": 1, "who": clean(operator, 200), "subject": subject,
        "about": redact(&clean(what, 300)),
    });
    let text = object.to_string();
    text.strip_suffix('}').unwrap_or(&text).to_owned()
}
