//! A drill is run: one exercise after the other, up to the first that does not go as it has to. What was
//! there before is brought back, whatever comes of them.

mod home;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::Wanted;
use super::report::{Done, End, Told};
use crate::cli::act::session::{Refusal, Session};
use crate::cli::complain;
use crate::model::deploy::short;
use crate::model::drill::{ConfirmedDrill, Drilled, Exercise};
use crate::model::ids::{HostId, HostName};
use crate::model::operation::{OpId, Outcome};
use crate::model::plan::{Confirmation, Input, Intent, Plan};
use crate::model::verb::Verb;

/// From this step on something is done that a cut link could harm.
const STAGED: u8 = 20;
/// The step that a drill has fail.
const GATE: u8 = 50;

/// See the module.
pub(super) struct Course {
    session: Session,
    drill: Arc<ConfirmedDrill>,
    wanted: Wanted,
    timeout: Duration,
    tells: bool,
    /// What each host had before.
    before: BTreeMap<HostId, Box<str>>,
    told: Told,
    /// Something was done, and hosts were told that a drill was begun.
    begun: bool,
}

/// Why an exercise did not go as it has to.
struct Failed {
    detail: String,
    outcome: Outcome,
}

impl Failed {
    fn new(detail: impl Into<String>) -> Self {
        Self { detail: detail.into(), outcome: Outcome::Undone }
    }

    /// No plan could be made: nothing was begun.
    fn refused(refusals: Vec<Refusal>) -> Self {
        let taken = refusals.iter().any(|one| one.taken);
        let texts: Vec<String> = refusals.into_iter().map(|one| one.text).collect();
        let outcome = if taken { Outcome::Locked } else { Outcome::Undone };
        Self { detail: texts.join("; "), outcome }
    }
}

type Went = Result<(), Failed>;

impl Course {
    /// Of a drill that was confirmed; its deploy is what was planned last.
    pub(super) fn new(
        session: Session,
        drill: Arc<ConfirmedDrill>,
        wanted: Wanted,
        timeout: Duration,
        tells: bool,
    ) -> Self {
        let before = session.revisions();
        let told =
            Told::new(drill.drill(), session.promised(&wanted.deploy, wanted.restore.as_ref()));
        Self { session, drill, wanted, timeout, tells, before, told, begun: false }
    }

    /// Rehearses all of it.
    pub(super) async fn run(&mut self) {
        let went = self.exercises().await;
        if let Err(failed) = went {
            self.told.outcome = failed.outcome;
        }
    }

    async fn exercises(&mut self) -> Went {
        let went = self.code().await;
        let unknown = went.as_ref().is_err_and(|failed| failed.outcome == Outcome::Unknown);
        // What is not known is not meddled with.
        if self.told.took(Exercise::Deploy).is_some() && !unknown {
            self.home().await?;
        }
        went?;
        let Some(plan) = self.drill.drill().restore().cloned() else {
            self.told.skip(Exercise::Restore, "no backup was named (`--backup`)");
            return Ok(());
        };
        self.restore(&plan).await
    }

    async fn code(&mut self) -> Went {
        let deploy = Arc::clone(self.drill.drill().deploy());
        self.deploy(&deploy).await?;
        self.gate().await?;
        self.rollback().await
    }

    /// Hosts write down that a drill was begun, and what was there before: of one that is killed they tell that.
    async fn announce(&mut self) -> Went {
        for (host, subject, of_data) in self.session.subjects(self.drill.drill()) {
            let before = self.before.get(&host).map_or("", |before| short(before));
            let line = Drilled::begun(if of_data { "" } else { before }, &self.session.operator());
            if let Err(why) = self.session.write_drill(&host, &subject, &line).await {
                let why = format!("{} does not write down that it is begun: {why}", host.host);
                return self.fail(Exercise::Deploy, why, Outcome::Undone);
            }
            self.begun = true;
        }
        Ok(())
    }

    /// Another revision, and the link cut in the middle of it.
    async fn deploy(&mut self, plan: &Plan) -> Went {
        self.say("deploy");
        self.announce().await?;
        let id = self.begin(Exercise::Deploy, plan)?;
        let link = self.cut(&id).await;
        let outcome = self.session.follow(&id, self.timeout, self.tells).await;
        let text = |host: &crate::model::plan::HostPlan| {
            host.brings.first().map(|line| format!("{}: {line}", host.host.host))
        };
        let brings: Vec<String> = plan.hosts.iter().filter_map(text).collect();
        self.close(Exercise::Deploy, &id, outcome, Outcome::Succeeded, &brings.join(", "))?;
        match link {
            Ok(Some((host, took))) => {
                let detail = format!(
                    "cut to {host} in the middle of it; the host went on, and was followed again"
                );
                self.told.pass(Exercise::Link, took, detail, Some(&id));
                Ok(())
            }
            Ok(None) => {
                let why = "nothing of it runs on a host that is reached over a link, or it was over too soon";
                self.told.skip(Exercise::Link, why);
                Ok(())
            }
            Err(why) => self.fail(Exercise::Link, why, Outcome::Undone),
        }
    }

    /// Cuts the link to a host once something is done there, and waits until it is followed again: which
    /// host, and how long that took.
    async fn cut(&mut self, id: &OpId) -> Result<Option<(HostName, Duration)>, String> {
        let staged = self.session.running_from(id, STAGED, self.timeout).await;
        let Some(host) = staged else { return Ok(None) };
        self.say(&format!("link: the one to {} is cut", host.host));
        let since = Instant::now();
        let back = self.session.cut(id, &host, self.timeout).await;
        if back {
            Ok(Some((host.host, since.elapsed())))
        } else {
            Err(format!("{} was not followed again after its link was cut", host.host))
        }
    }

    /// The same once more, and its gate fails by order: the host takes all of it back.
    async fn gate(&mut self) -> Went {
        self.say("gate");
        let intent = Intent { fails: true, ..self.wanted.deploy.clone() };
        let plan = self.planned(Exercise::Gate, intent).await?;
        let id = self.begin(Exercise::Gate, &plan)?;
        let outcome = self.session.follow(&id, self.timeout, self.tells).await;
        let by_order = self.session.operation(&id).is_some_and(|operation| {
            operation.runs.iter().any(|run| {
                run.result.as_deref().is_some_and(|result| result.starts_with("undone 50 "))
            })
        });
        if outcome == Outcome::Undone && !by_order {
            return self.fail(Exercise::Gate, "it failed before its gate".to_owned(), outcome);
        }
        let detail =
            "failed by order; its host took all of it back, and proved what was there before";
        self.close(Exercise::Gate, &id, outcome, Outcome::Undone, detail)
    }

    /// Back to the release before.
    async fn rollback(&mut self) -> Went {
        self.say("rollback");
        let intent = self.back_to(None, Vec::new());
        let plan = match self.session.plan(intent, self.timeout).await {
            Ok(plan) => plan,
            Err(refusals) if self.session.has_no_way_back(None) => {
                self.told.skip(Exercise::Rollback, &Failed::refused(refusals).detail);
                return Ok(());
            }
            Err(refusals) => return self.refused(Exercise::Rollback, refusals),
        };
        let id = self.begin(Exercise::Rollback, &plan)?;
        let outcome = self.session.follow(&id, self.timeout, self.tells).await;
        let line = plan.hosts.first().and_then(|host| host.brings.first()).cloned();
        let detail = line.unwrap_or_default();
        self.close(Exercise::Rollback, &id, outcome, Outcome::Succeeded, &detail)?;
        self.in_time(Exercise::Rollback)
    }

    /// Data from a copy, and then what was there before.
    async fn restore(&mut self, shown: &Plan) -> Went {
        self.say("restore");
        let Some(intent) = self.wanted.restore.clone() else { return Ok(()) };
        let plan = self.planned(Exercise::Restore, intent).await?;
        let id = self.begin(Exercise::Restore, &plan)?;
        let outcome = self.session.follow(&id, self.timeout, self.tells).await;
        let line = plan.hosts.first().and_then(|host| host.brings.first()).cloned();
        let detail = line.unwrap_or_default();
        self.close(Exercise::Restore, &id, outcome, Outcome::Succeeded, &detail)?;
        self.data_home(shown, &id).await?;
        self.in_time(Exercise::Restore)
    }

    /// The rollback to a release, on those hosts.
    fn back_to(&self, to: Option<&str>, hosts: Vec<HostName>) -> Intent {
        let of = &self.wanted.deploy;
        let hosts = if hosts.is_empty() { of.hosts.clone() } else { hosts };
        Intent {
            input: Input::Revision(to.map(str::to_owned)),
            soak: of.soak,
            ..Intent::of(Verb::Rollback, of.env.clone(), of.services.clone(), hosts)
        }
    }

    async fn planned(&mut self, what: Exercise, intent: Intent) -> Result<Arc<Plan>, Failed> {
        match self.session.plan(intent, self.timeout).await {
            Ok(plan) => Ok(plan),
            Err(refusals) => match self.refused(what, refusals) {
                Err(failed) => Err(failed),
                Ok(()) => Err(Failed::new("")),
            },
        }
    }

    fn begin(&mut self, what: Exercise, plan: &Plan) -> Result<OpId, Failed> {
        let how = Confirmation::Drill(Arc::clone(&self.drill));
        self.session.confirm(plan, &how).map_err(|why| {
            self.told.failed(what, why.clone(), None);
            Failed::new(why)
        })
    }

    /// An operation of it is over.
    fn close(
        &mut self,
        what: Exercise,
        id: &OpId,
        outcome: Outcome,
        has_to: Outcome,
        detail: &str,
    ) -> Went {
        if outcome == has_to {
            let operation = self.session.operation(id);
            let took = operation.and_then(|operation| match what {
                Exercise::Gate => operation.taken_back_after(GATE),
                _ => operation.worked(),
            });
            self.told.pass(what, took.unwrap_or_default(), detail.to_owned(), Some(id));
            return Ok(());
        }
        let text = format!("{}: {} (operation {id})", outcome.name(), outcome.doc());
        self.told.failed(what, text.clone(), Some(id));
        let outcome = match outcome {
            // What a drill has fail must not stand.
            Outcome::Succeeded => Outcome::Failed,
            other => other,
        };
        if outcome == Outcome::Unknown {
            self.told.left.push(format!("it goes on there: `quarterdeck ops attach {id}`"));
            self.say_before(what, id);
        }
        Err(Failed { detail: text, outcome })
    }

    /// What was there before, for whoever has to bring it back by hand.
    fn say_before(&mut self, what: Exercise, id: &OpId) {
        if what == Exercise::Restore {
            let aside = self.session.restored(&self.drill, id);
            let text = aside.map(|aside| {
                format!("then the data are the copy's: `quarterdeck restore` with `--from {aside}` brings back what was there")
            });
            self.told.left.extend(text);
            return;
        }
        for (host, before) in self.before.iter().filter(|(_, before)| !before.is_empty()) {
            self.told.left.push(format!("{} had {} before the drill", host.host, short(before)));
        }
    }

    fn refused(&mut self, what: Exercise, refusals: Vec<Refusal>) -> Went {
        let failed = Failed::refused(refusals);
        self.told.failed(what, failed.detail.clone(), None);
        Err(failed)
    }

    fn fail(&mut self, what: Exercise, why: String, outcome: Outcome) -> Went {
        self.told.failed(what, why.clone(), None);
        Err(Failed { detail: why, outcome })
    }

    /// It did not take longer than was promised.
    fn in_time(&mut self, what: Exercise) -> Went {
        if self.told.is_late(what) {
            let (why, took) = ("it took longer than promised".to_owned(), self.told.took(what));
            self.told.failed(what, why.clone(), None);
            if let Some(done) = self.told.done.last_mut() {
                done.end = End::Failed(took);
            }
            return Err(Failed::new(why));
        }
        Ok(())
    }

    fn say(&self, what: &str) {
        if self.tells {
            complain(&format!("-- {what}"));
        }
    }

    /// Writes down on the hosts how it went, and ends all connections.
    pub(super) async fn end(mut self) -> Told {
        if self.begun {
            let places = self.session.subjects(self.drill.drill());
            for (host, subject, of_data) in places {
                let line = self.told.line(of_data, &self.session.operator());
                if let Some(line) = line
                    && let Err(why) = self.session.write_drill(&host, &subject, &line).await
                {
                    self.told.unwritten.push(format!("{}: {why}", host.host));
                }
            }
        }
        self.session.close();
        self.told
    }
}

impl Told {
    fn pass(&mut self, what: Exercise, took: Duration, detail: String, id: Option<&OpId>) {
        self.done.push(Done { what, end: End::Passed(took), detail, operation: id.cloned() });
    }

    fn skip(&mut self, what: Exercise, why: &str) {
        self.done.push(Done { what, end: End::Skipped, detail: why.to_owned(), operation: None });
    }

    fn failed(&mut self, what: Exercise, why: String, id: Option<&OpId>) {
        self.done.retain(|one| one.what != what);
        self.done.push(Done { what, end: End::Failed(None), detail: why, operation: id.cloned() });
    }
}
