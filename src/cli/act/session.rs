//! The reducers with hosts behind them and no screen.

mod following;
mod rehearsing;

use std::collections::BTreeSet;
use std::io::IsTerminal as _;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::cli::env;
use crate::cli::reading::QUEUE;
use crate::effect::{Ask, Effect};
use crate::model::Model;
use crate::model::host::Link;
use crate::model::ids::{EnvName, HostId, InstanceId};
use crate::model::operation::{OpId, Operation};
use crate::model::part::Part;
use crate::model::plan::{Confirmation, Intent, Permit, Plan, Unlocked};
use crate::model::spec::FleetSpec;
use crate::msg::{Acted, HostEvent, Msg};
use crate::runtime::audit::{self, Audit};
use crate::runtime::clock;
use crate::runtime::engine::Engine;
use crate::runtime::store;
use crate::update::{planning, start, update};

/// What is only told besides is waited for so long.
const BESIDE: Duration = Duration::from_secs(3);

/// See the module.
pub(in crate::cli) struct Session {
    model: Model,
    engine: Engine,
    messages: mpsc::Receiver<Msg>,
    ticked: Instant,
    /// Nothing is read of hosts by itself.
    bare: bool,
    /// But of these environments' hosts.
    beside: BTreeSet<EnvName>,
    /// Removals of what was sent that have not been answered yet.
    removals: usize,
}

/// Why there is no plan.
pub(super) struct Refusal {
    /// A sentence.
    pub(super) text: String,
    /// Somebody else has it, or it is frozen.
    pub(super) taken: bool,
}

impl Session {
    /// Connects all hosts. `bare` reads nothing of them by itself, but of those of environments `beside`,
    /// which are not long waited for.
    pub(in crate::cli) fn open(
        spec: &FleetSpec,
        bare: bool,
        beside: BTreeSet<EnvName>,
    ) -> std::io::Result<Self> {
        let (sender, messages) = mpsc::channel(QUEUE);
        // Nobody wants a log here.
        let (logs, _) = mpsc::channel(1);
        let store = store::place(&env).and_then(|place| store::Store::open(&place).ok());
        let mut engine = Engine::new(sender, logs, store.map(|(store, _)| store), None)?;
        let operator = crate::cli::operator();
        engine.keep_audit(Audit::new(audit::place(&env), &operator));
        let mut model = Model { operator, only_acts: true, ..Model::default() };
        model.acting.chance = fastrand::u64(..);
        for mut effect in start(&mut model, spec, clock::now()) {
            if let Effect::Connect(watch) = &mut effect {
                watch.bare = bare && !beside.contains(&watch.host.env);
            }
            engine.perform(effect);
        }
        Ok(Self { model, engine, messages, ticked: Instant::now(), bare, beside, removals: 0 })
    }

    fn perform(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            self.removals += usize::from(matches!(&effect, Effect::Act(_, Ask::Unstage(_))));
            self.engine.perform(effect);
        }
    }

    /// Takes the next message, or lets a moment go by.
    async fn turn(&mut self) {
        let tick = self.ticked + Duration::from_secs(1);
        let msg = tokio::time::timeout_at(tick, self.messages.recv()).await;
        let msg = msg.ok().flatten().unwrap_or_else(|| {
            self.ticked = Instant::now();
            Msg::Ticked
        });
        self.take(msg);
    }

    fn take(&mut self, msg: Msg) {
        if let Msg::Noticed(_, text) = &msg {
            crate::cli::complain(&format!("quarterdeck: {text}"));
        }
        if let Msg::Host { host, event: HostEvent::Acted(Acted::LetIn(Err(fault))), .. } = &msg {
            crate::cli::complain(&format!("quarterdeck: {host}: {fault}"));
        }
        let removed =
            matches!(&msg, Msg::Host { event: HostEvent::Acted(Acted::Unstaged(..)), .. });
        self.removals -= usize::from(removed).min(self.removals);
        let effects = update(&mut self.model, msg, clock::now());
        self.perform(effects);
    }

    /// Waits for hosts, looks at them, and makes the plan. Where the link to one is lost meanwhile, it is
    /// made once more when the host is back.
    pub(super) async fn plan(
        &mut self,
        intent: Intent,
        timeout: Duration,
    ) -> Result<Arc<Plan>, Vec<Refusal>> {
        let begun = Instant::now();
        let mut deadline = begun + timeout;
        // What the console knows beside the look is wanted by some; one reading of it.
        while Instant::now() < deadline
            && !self.model.fleet.hosts().all(|(env, host)| match &host.link {
                _ if self.beside.contains(&env.name) => {
                    host.parts.contains(&Part::Acts) || begun.elapsed() > BESIDE
                }
                Link::Connecting => false,
                link if link.is_up() => self.is_read(host),
                _ => true,
            })
        {
            self.turn().await;
        }
        let hosts = self.model.fleet.hosts().filter(|(_, host)| host.link.is_up());
        let hosts: Vec<HostId> = hosts.map(|(env, host)| host.id(&env.name)).collect();
        let down = |model: &Model| {
            hosts.iter().any(|id| model.fleet.host(id).is_none_or(|host| !host.link.is_up()))
        };
        let mut let_in = Vec::new();
        loop {
            let made = self.make(&intent, deadline, timeout).await;
            if made.is_err() && self.let_in(&mut let_in).await {
                deadline = Instant::now() + timeout;
                continue;
            }
            if made.is_ok() || !down(&self.model) {
                return made;
            }
            while down(&self.model) && Instant::now() < deadline {
                self.turn().await;
            }
            if Instant::now() >= deadline {
                return made;
            }
        }
    }

    /// Where a host gives no rights without a password, sudo asks for it on our terminal, if we have one;
    /// once a host. Whether it was asked.
    async fn let_in(&mut self, asked: &mut Vec<HostId>) -> bool {
        let host =
            self.model.acting.planning.as_deref().and_then(|one| one.lacks_rights().cloned());
        let Some(host) = host.filter(|host| !asked.contains(host)) else { return false };
        asked.push(host.clone());
        self.ask_for_password(host).await
    }

    /// Lends our terminal to sudo on a host; whether we have one.
    async fn ask_for_password(&mut self, host: HostId) -> bool {
        if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
            return false;
        }
        crate::cli::complain(&format!("quarterdeck: sudo on {host} asks for your password"));
        let mut done = self.engine.let_in(&host);
        loop {
            tokio::select! {
                _ = &mut done => return true,
                () = self.turn() => {}
            }
        }
    }

    async fn make(
        &mut self,
        intent: &Intent,
        deadline: Instant,
        timeout: Duration,
    ) -> Result<Arc<Plan>, Vec<Refusal>> {
        if intent.verb == crate::model::verb::Verb::Adopt {
            crate::update::examine_all(&mut self.model);
        }
        let effects = planning::plan(&mut self.model, intent.clone());
        self.perform(effects);
        loop {
            let planning = self.model.acting.planning.as_ref();
            if let Some(made) = planning.and_then(|planning| planning.made.clone()) {
                return made.map_err(|refusals| self.refusals(refusals));
            }
            if Instant::now() >= deadline {
                let late = planning.map(|planning| {
                    let text = |id: &InstanceId| Refusal {
                        text: format!("{id}: no answer within {} s", timeout.as_secs()),
                        taken: false,
                    };
                    planning.waits_for().map(text).collect()
                });
                return Err(late.unwrap_or_default());
            }
            self.turn().await;
        }
    }

    /// Why there is no plan, of a host that was lost meanwhile with the reason.
    fn refusals<T: std::fmt::Display>(&self, refusals: Vec<(InstanceId, T)>) -> Vec<Refusal> {
        let planning = self.model.acting.planning.as_ref();
        let one = |(id, why): (InstanceId, T)| {
            let look = planning
                .and_then(|planning| planning.looks.get(&id))
                .and_then(Option::as_ref)
                .and_then(|look| look.as_ref().ok());
            let taken = look.is_some_and(|(look, _)| look.claim.is_some() || look.freeze.is_some());
            let host = self.model.fleet.host(&id.host);
            let link = host.map(|host| &host.link).filter(|link| !link.is_up());
            let lost = link.and_then(Link::fault);
            let lost = lost.map_or_else(String::new, |fault| format!(" ({fault})"));
            Refusal { text: format!("{id}: {why}{lost}"), taken }
        };
        refusals.into_iter().map(one).collect()
    }

    /// Whether all that a plan may rest on beside the look was read.
    fn is_read(&self, host: &crate::model::host::Host) -> bool {
        // Nothing is read of a host that was connected only to act.
        // A deploy may ask what is known besides, of backups and of other environments.
        self.bare || (host.ports.value().is_some() && host.is_settled())
    }

    /// Confirms the plan. On the command line the confirmation itself unlocks.
    pub(super) fn confirm(&mut self, plan: &Plan, how: &Confirmation) -> Result<OpId, String> {
        self.unlock(plan.env(), "confirmed on the command line")?;
        let (id, effects) = planning::confirm(&mut self.model, how)?;
        self.perform(effects);
        Ok(id)
    }

    /// An operation.
    pub(super) fn operation(&self, id: &OpId) -> Option<&Operation> {
        self.model.acting.operation(id)
    }

    /// Waits until every host is connected, or it is known why not.
    pub(in crate::cli) async fn connect(&mut self, limit: Duration) {
        let deadline = Instant::now() + limit;
        while Instant::now() < deadline
            && self.model.fleet.hosts().any(|(_, host)| matches!(host.link, Link::Connecting))
        {
            self.turn().await;
        }
    }

    /// All hosts, and why one is not connected.
    pub(in crate::cli) fn hosts(&self) -> Vec<(HostId, Option<String>)> {
        self.model
            .fleet
            .hosts()
            .map(|(env, host)| {
                let why = host.link.fault().map(ToString::to_string);
                let why = why.unwrap_or_else(|| "it is not connected".to_owned());
                (host.id(&env.name), (!host.link.is_up()).then_some(why))
            })
            .collect()
    }

    /// Asks a host something.
    pub(in crate::cli) fn ask(&mut self, host: &HostId, ask: Ask) {
        self.perform(vec![Effect::Act(host.clone(), ask)]);
    }

    /// The next answer to what was asked; none when there is none for so long, or the host that was
    /// asked is lost.
    pub(in crate::cli) async fn answer(&mut self, limit: Duration) -> Option<(HostId, Acted)> {
        let deadline = Instant::now() + limit;
        loop {
            let msg = tokio::time::timeout_at(deadline, self.messages.recv()).await.ok()??;
            let answer = match &msg {
                Msg::Host { host, event: HostEvent::Acted(acted), .. } => {
                    Some((host.clone(), acted.clone()))
                }
                _ => None,
            };
            self.take(msg);
            if answer.is_some() {
                return answer;
            }
        }
    }

    /// A permit for an environment: what is asked for on the command line is meant.
    pub(in crate::cli) fn permit(&mut self, env: &EnvName) -> Result<Permit, String> {
        self.unlock(env, "asked on the command line")?;
        let protected = self.model.fleet.env(env).is_none_or(|env| env.protected);
        let permits = &self.model.acting.permits;
        permits.permit(env, protected, self.model.now).map_err(|withheld| withheld.text(env))
    }

    /// For what is asked right behind it.
    fn unlock(&mut self, env: &EnvName, reason: &str) -> Result<(), String> {
        let until = self.model.now + Duration::from_secs(60);
        let unlocked = Unlocked { reason: reason.into(), until };
        let permits = &mut self.model.acting.permits;
        permits.unlock(env.clone(), unlocked).map_err(|withheld| withheld.text(env))
    }

    /// Who sits here.
    pub(in crate::cli) fn operator(&self) -> Box<str> {
        self.model.operator.clone()
    }

    /// Ends all connections; what runs on hosts goes on.
    pub(in crate::cli) fn close(self) {
        self.engine.close();
    }
}
