//! What a drill needs of a session besides.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::Session;
use crate::effect::Ask;
use crate::model::backup::BackupSpec;
use crate::model::database::{Engine, stem};
use crate::model::drill::{ConfirmedDrill, Drill};
use crate::model::ids::{BackupName, HostId};
use crate::model::operation::{OpId, Operation, Phase};
use crate::model::plan::{Intent, Plan};
use crate::model::restore::subject;
use crate::model::spec::Reach;
use crate::msg::Acted;

/// For writing it down.
const QUICK: Duration = Duration::from_secs(20);

impl Session {
    /// What each host had when it was looked at last, for the newest plan.
    pub(in crate::cli::act) fn revisions(&self) -> BTreeMap<HostId, Box<str>> {
        let planning = self.model.acting.planning.as_deref();
        let looks = planning.into_iter().flat_map(|planning| &planning.looks);
        let one = |(id, look): (&crate::model::ids::InstanceId, &Option<_>)| {
            let look: &crate::model::acting::Looked = look.as_ref()?;
            let (look, _) = look.as_ref().ok()?;
            Some((id.host.clone(), look.deploy.as_deref()?.current.clone()))
        };
        looks.filter_map(one).collect()
    }

    /// Whether every host has said, for the newest plan, that it has nothing else to go back to, or not this:
    /// then that no plan could be made is no fault.
    pub(in crate::cli::act) fn has_no_way_back(&self, to: Option<&str>) -> bool {
        let planning = self.model.acting.planning.as_deref();
        let mut looks = planning.into_iter().flat_map(|planning| planning.looks.values());
        looks.all(|look| {
            let look = look.as_ref().and_then(|look| look.as_ref().ok());
            let deploy = look.and_then(|(look, _)| look.deploy.as_deref());
            deploy.is_some_and(|deploy| {
                let mut choices = deploy.choices().into_iter();
                !choices.any(|one| to.is_none_or(|to| *one.revision == *to))
            })
        })
    }

    /// The drill of these plans.
    pub(in crate::cli::act) fn drill(
        &self,
        deploy: Arc<Plan>,
        restore: Option<Arc<Plan>>,
    ) -> Result<Drill, String> {
        let env = self.model.fleet.env(deploy.env());
        let env = env.ok_or_else(|| "its environment is not in the config any more".to_owned())?;
        Drill::new(env, deploy, restore)
    }

    /// How long a rollback of that service may take, and a restore of that backup.
    pub(in crate::cli::act) fn promised(
        &self,
        deploy: &Intent,
        restore: Option<&Intent>,
    ) -> [Option<Duration>; 2] {
        let env = self.model.fleet.env(&deploy.env);
        let mut hosts = env.into_iter().flat_map(|env| env.hosts.values());
        let name = deploy.services.first();
        let instance = name.and_then(|name| hosts.find_map(|host| host.instances.get(name)));
        let rollback = instance.and_then(|one| one.promises.deploy.as_deref()?.rollback_within);
        let restore = restore.and_then(|intent| self.backup(intent)?.restore_within);
        [rollback, restore]
    }

    fn backup(&self, intent: &Intent) -> Option<&BackupSpec> {
        let name = BackupName::new(intent.services.first()?.as_str());
        self.model.fleet.env(&intent.env)?.backups.iter().find(|spec| spec.name == name)
    }

    /// Goes on until that holds of an operation, or it is over, or so much time is.
    pub(in crate::cli::act) async fn until(
        &mut self,
        id: &OpId,
        limit: Duration,
        holds: impl Fn(&Operation) -> bool,
    ) -> bool {
        let plan = self.operation(id).map(|one| Arc::clone(one.plan()));
        // As long as its steps may take at most.
        let steps =
            plan.iter().flat_map(|plan| &plan.hosts).map(crate::model::plan::HostPlan::limit);
        let deadline = Instant::now() + limit + steps.sum::<Duration>();
        loop {
            let Some(operation) = self.operation(id) else { return false };
            if holds(operation) {
                return true;
            }
            if operation.outcome().is_some() || Instant::now() >= deadline {
                return false;
            }
            self.turn().await;
        }
    }

    /// A host that is reached over a link, once it has come to that step; none where none does.
    pub(in crate::cli::act) async fn running_from(
        &mut self,
        id: &OpId,
        number: u8,
        limit: Duration,
    ) -> Option<HostId> {
        let far = |host: &HostId| {
            let host = self.model.fleet.host(host);
            host.is_some_and(|host| !matches!(host.spec.reach, Reach::Local))
        };
        let plan = Arc::clone(self.operation(id)?.plan());
        let places: Vec<usize> = plan
            .hosts
            .iter()
            .enumerate()
            .filter(|(place, host)| {
                far(&host.host) && plan.drains.iter().all(|drain| drain.place != *place)
            })
            .map(|(place, _)| place)
            .collect();
        let there = move |operation: &Operation| {
            places.iter().copied().find(|place| {
                operation.runs.get(*place).is_some_and(|run| {
                    matches!(run.phase, Phase::Running)
                        && run.current().is_some_and(|step| step.number >= number)
                })
            })
        };
        self.until(id, limit, |operation| there(operation).is_some()).await;
        let place = there(self.operation(id)?)?;
        plan.hosts.get(place).map(|host| host.host.clone())
    }

    /// Cuts the link to a host, and waits until that operation is followed there again; whether it is.
    pub(in crate::cli::act) async fn cut(
        &mut self,
        id: &OpId,
        host: &HostId,
        limit: Duration,
    ) -> bool {
        let is_up =
            |session: &Self| session.model.fleet.host(host).is_some_and(|host| host.link.is_up());
        let deadline = Instant::now() + limit;
        self.engine.cut(host);
        while is_up(self) && Instant::now() < deadline {
            self.turn().await;
        }
        loop {
            let operation = self.operation(id);
            let run = operation.and_then(|operation| {
                let place = operation.plan().hosts.iter().position(|one| one.host == *host)?;
                operation.runs.get(place)
            });
            let lost = run.is_none_or(|run| matches!(run.phase, Phase::Lost(..)));
            if is_up(self) && !lost {
                return true;
            }
            if Instant::now() >= deadline {
                return false;
            }
            self.turn().await;
        }
    }

    /// Where a restore has put what was there before: what `restore --from` takes.
    pub(in crate::cli::act) fn aside(&self, plan: &Plan, id: &OpId) -> Option<String> {
        let spec = self.backup(&plan.intent)?;
        let run = id.run(0);
        match spec.database.as_ref().map(|database| &database.engine) {
            Some(Engine::Postgres { name, .. }) => {
                Some(format!("{}_before_{}", stem(name), run.as_str().to_lowercase()))
            }
            Some(Engine::Sqlite { .. }) | None => {
                Some(format!("{}.before-{}", spec.path()?.trim_end_matches('/'), run.as_str()))
            }
        }
    }

    /// The same, of a drill's restore.
    pub(in crate::cli::act) fn restored(
        &self,
        drill: &ConfirmedDrill,
        id: &OpId,
    ) -> Option<String> {
        self.aside(drill.drill().restore()?, id)
    }

    /// Where a drill is written down, and whether that is the place of the data's.
    pub(in crate::cli::act) fn subjects(&self, drill: &Drill) -> Vec<(HostId, Box<str>, bool)> {
        let plan = drill.deploy();
        let drains: Vec<usize> = plan.drains.iter().map(|drain| drain.place).collect();
        let hosts = plan.hosts.iter().enumerate().filter(|(place, _)| !drains.contains(place));
        let code = hosts.map(|(_, host)| (host.host.clone(), host.subject.clone(), false));
        let data = drill.restore().and_then(|plan| {
            Some((plan.hosts.first()?.host.clone(), subject(self.backup(&plan.intent)?), true))
        });
        code.chain(data).collect()
    }

    /// Has a host write down how a drill went.
    pub(in crate::cli::act) async fn write_drill(
        &mut self,
        host: &HostId,
        subject: &str,
        said: &str,
    ) -> Result<(), String> {
        let permit = self.permit(&host.env)?;
        let (subject, said, operator) = (subject.into(), said.into(), self.operator());
        self.ask(host, Ask::Drilled { permit, subject, said, operator });
        let deadline = Instant::now() + QUICK;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.answer(left).await {
                Some((from, Acted::Done(_, done))) if from == *host => {
                    return done.map_err(|fault| fault.to_string());
                }
                Some(_) => {}
                None => return Err("it does not answer".to_owned()),
            }
        }
    }
}
