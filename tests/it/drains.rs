//! Balancers beside a rollout's batches: nothing is begun on a host while requests are sent to it, and
//! what is not known to serve is not put back. Hosts are answers here; time is handed in.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use quarterdeck::effect::{Ask, Effect};
use quarterdeck::model::Model;
use quarterdeck::model::drain::{DEAD_MAN, DrainSpec, Member, Pools, SERVICE, TIMEOUT};
use quarterdeck::model::fault::{Fault, FaultKind};
use quarterdeck::model::host::Link;
use quarterdeck::model::ids::{HostId, InstanceId};
use quarterdeck::model::look::{Look, UnitLook};
use quarterdeck::model::operation::{OpId, Operation, Outcome, Progress, RunState, Stage};
use quarterdeck::model::plan::{Confirmation, Intent, Share, Wish};
use quarterdeck::model::spec::{FleetSpec, Promises};
use quarterdeck::model::time::Timestamp;
use quarterdeck::model::verb::Verb;
use quarterdeck::msg::{Acted, HostEvent, Msg};
use quarterdeck::update::{operations, planning, start, update};

use crate::fixtures::api;

const WEBS: [&str; 3] = ["w1", "w2", "w3"];
const FILE: &str = "/etc/nginx/conf.d/api.conf";

/// A balancer that does what it is told, as `ops/drain/drain.sh` does.
#[derive(Default)]
struct Balancer {
    events: String,
    /// Batches that are taken out, and those that were put back.
    out: usize,
    back: usize,
    kept: Vec<String>,
    result: Option<String>,
    /// It hears no further word once it holds, and puts back by itself.
    deaf: bool,
    /// It takes nothing out: its nginx refuses.
    refuses: bool,
}

impl Balancer {
    /// Which batch it holds, where it does.
    fn holds(&self) -> Option<usize> {
        (self.result.is_none() && self.out > self.back).then(|| self.out - 1)
    }

    fn launch(&mut self) {
        self.events.push_str("1.0 10 start\n1.1 10 done 0\n1.2 11 start\n");
    }

    fn tell(&mut self, events: &str) {
        self.events.push_str(events);
    }

    fn hear(&mut self, word: &str, batches: usize) {
        let mut words = word.split(' ').skip(1);
        let mut number = || words.next().unwrap().parse::<usize>().unwrap();
        let (drain, go, stop) = (number(), number(), number());
        self.kept = words.map(str::to_owned).collect();
        if self.result.is_some() {
            return;
        }
        if self.deaf && stop == 1 {
            self.back = self.out;
            self.result = Some("undone 12 1".to_owned());
            return;
        }
        let step = |batch: usize| 11 + batch * 3;
        if self.out == self.back && drain > self.out && stop == 0 {
            let at = step(self.out);
            if self.refuses {
                self.tell(&format!("2.0 {at} done 1\n"));
                self.result = Some(format!("undone {at} 1"));
                return;
            }
            self.out += 1;
            self.tell(&format!("2.0 {at} done 0\n2.1 {} start\n", at + 1));
        }
        if stop == 1 {
            self.back = self.out;
            self.result = Some("cancelled 13 0".to_owned());
        } else if self.out > self.back && go >= self.out {
            let at = step(self.back);
            self.back += 1;
            let events =
                format!("3.0 {} done 0\n3.1 {} start\n3.2 {} done 0\n", at + 1, at + 2, at + 2);
            self.tell(&events);
            if self.back == batches {
                self.result = Some("succeeded - 0".to_owned());
            } else {
                self.tell(&format!("3.3 {} start\n", at + 3));
            }
        }
    }
}

struct Play {
    model: Model,
    now: Timestamp,
    asks: VecDeque<(HostId, Ask)>,
    /// A runner's last word; `succeeded` where nothing is said, and none is that the link is lost.
    ends: BTreeMap<&'static str, Option<&'static str>>,
    balancer: Balancer,
    begun: Vec<String>,
    words: usize,
    batches: usize,
}

fn host(name: &str) -> HostId {
    HostId::new("lab", name)
}

fn spec() -> FleetSpec {
    let drain = DrainSpec {
        host: "lb".into(),
        file: FILE.into(),
        upstream: "".into(),
        servers: BTreeMap::new(),
        timeout: TIMEOUT,
        dead_man: DEAD_MAN,
    };
    let promises = Promises { drains: vec![drain], ..Promises::default() };
    api(&["lb", "w1", "w2", "w3"], &WEBS, promises)
}

/// What a host says when it is looked at: `w2` has the address 10.0.0.2, and so on.
fn look(name: &str, balancer: bool) -> Look {
    let properties = [("LoadState", "loaded"), ("ActiveState", "active"), ("InvocationID", "1")];
    let unit = UnitLook {
        name: "api.service".into(),
        properties: properties.map(|(name, value)| (name.into(), value.into())).into(),
        files: "1".into(),
    };
    let member = |number: &str| Member {
        upstream: "api".into(),
        address: format!("10.0.0.{number}:3000").into(),
        down: false,
    };
    let id = quarterdeck::model::drain::PoolId { file: FILE.into(), upstream: "".into() };
    let members = ["1", "2", "3"].map(member).into();
    let pools = Pools { id, sum: "1 2".into(), members, pending: Vec::new(), fault: None };
    Look {
        machine: "m".into(),
        boot: "b".into(),
        root: true,
        tools: ["setsid", "systemd-run", "ss"].into_iter().map(Into::into).collect(),
        systemd: Some(257),
        disk: Some(1 << 30),
        units: if balancer { Vec::new() } else { vec![unit] },
        addresses: [format!("10.0.0.{}", name.trim_start_matches('w')).into()].into(),
        pools: if balancer { vec![pools] } else { Vec::new() },
        ..Look::default()
    }
}

impl Play {
    fn new() -> Self {
        let mut model = Model::default();
        let now = Timestamp::from_secs(1_763_694_000);
        start(&mut model, &spec(), now);
        let mut play = Self {
            model,
            now,
            asks: VecDeque::new(),
            ends: BTreeMap::new(),
            balancer: Balancer::default(),
            begun: Vec::new(),
            words: 0,
            batches: 3,
        };
        for name in ["lb", "w1", "w2", "w3"] {
            play.host(&host(name), HostEvent::Link(Link::Connected));
        }
        play
    }

    fn perform(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            if let Effect::Act(host, ask) = effect {
                self.asks.push_back((host, ask));
            }
        }
    }

    fn host(&mut self, host: &HostId, event: HostEvent) {
        let generation = self.model.fleet.host(host).unwrap().generation;
        let msg = Msg::Host { host: host.clone(), generation, event };
        let effects = update(&mut self.model, msg, self.now);
        self.perform(effects);
    }

    fn lose(&mut self, host: &HostId) {
        let fault = Fault::new(FaultKind::Unreachable, "ask the host", "the link is lost");
        let retry_at = Timestamp::from_secs(0);
        self.host(host, HostEvent::Link(Link::Unreachable { fault, retry_at }));
    }

    /// Answers what was asked, a second a round, until the operation is over or nothing moves.
    fn play(&mut self) {
        for _ in 0..400 {
            let Some((id, ask)) = self.asks.pop_front() else {
                if self.model.acting.operations.iter().all(Operation::is_over) {
                    return;
                }
                self.now = self.now + Duration::from_secs(1);
                let effects = update(&mut self.model, Msg::Ticked, self.now);
                self.perform(effects);
                continue;
            };
            if let Some(acted) = self.answer(&id, ask) {
                self.host(&id, HostEvent::Acted(acted));
            }
        }
    }

    fn answer(&mut self, id: &HostId, ask: Ask) -> Option<Acted> {
        let name = id.host.as_str();
        let is_balancer = name == "lb";
        Some(match ask {
            Ask::Look { asked, instance, .. } => {
                let balancer = instance.service.as_str() == SERVICE;
                Acted::Looked { asked, instance, look: Ok(Box::new(look(name, balancer))) }
            }
            Ask::Claim(errand) => Acted::Claimed(errand.run, Ok(())),
            Ask::Launch(errand) => {
                if is_balancer {
                    self.balancer.launch();
                } else {
                    let place = WEBS.iter().position(|web| *web == name).unwrap();
                    let batch = place * self.batches / WEBS.len();
                    assert_eq!(self.balancer.holds(), Some(batch), "{name} was begun undrained");
                    self.begun.push(name.to_owned());
                }
                Acted::Launched(errand.run, Ok(()))
            }
            Ask::Steer(_, run, word) => {
                self.words += 1;
                self.balancer.hear(&word, self.batches);
                Acted::Steered(run, Ok(()))
            }
            Ask::Follow { run, events, log } => {
                let end = if is_balancer {
                    self.balancer.result.clone()
                } else {
                    let end = self.ends.get(name).copied().unwrap_or(Some("succeeded - 0"));
                    let Some(end) = end else {
                        self.lose(id);
                        return None;
                    };
                    Some(end.to_owned())
                };
                let all = if is_balancer { self.balancer.events.as_str() } else { "" };
                let new = all.get(usize::try_from(events).unwrap()..).unwrap_or_default();
                let state = RunState {
                    boot: "b".into(),
                    began_in: Some("b".into()),
                    alive: end.is_none(),
                    result: end.map(Into::into),
                    ..RunState::default()
                };
                let log = (log, log, Vec::new());
                let progress =
                    Progress { state, log, events: (events, new.to_owned()), steps: Vec::new() };
                // Nothing new comes at once: else this would go round and round within a moment.
                if is_balancer && new.is_empty() && progress.state.result.is_none() {
                    self.now = self.now + Duration::from_millis(300);
                }
                Acted::Progress(run, Ok(Box::new(progress)))
            }
            Ask::Release(_, _, run) => Acted::Released(run, Ok(())),
            Ask::Cancel(..) => Acted::Done("cancel".to_owned(), Ok(())),
            other => panic!("{other:?}"),
        })
    }

    fn restart(&mut self, rollout: Wish) -> OpId {
        let ids = WEBS.map(|name| InstanceId { host: host(name), service: "api".into() });
        let mut intent = Intent::new(Verb::Restart, &ids).unwrap();
        intent.hosts.clear();
        intent.rollout = rollout;
        let effects = planning::plan(&mut self.model, intent);
        self.perform(effects);
        while let Some((id, ask)) = self.asks.pop_front() {
            let acted = self.answer(&id, ask).unwrap();
            self.host(&id, HostEvent::Acted(acted));
        }
        let made = self.model.acting.planning.as_ref().unwrap().made.clone().unwrap();
        let plan = made.unwrap_or_else(|why| panic!("{why:?}"));
        self.batches = plan.batches.len();
        let how = Confirmation::Hash(plan.hash().to_owned());
        let (id, effects) = planning::confirm(&mut self.model, &how).unwrap();
        self.perform(effects);
        id
    }

    fn operation(&self, id: &OpId) -> &Operation {
        self.model.acting.operation(id).unwrap()
    }
}

#[test]
fn a_batch_begins_when_nothing_is_sent_to_it_and_is_put_back_when_it_is_over() {
    let mut play = Play::new();
    let id = play.restart(Wish::default());
    assert_eq!(play.operation(&id).plan().batches.len(), 3, "one by one, since it is drained");
    play.play();
    let operation = play.operation(&id);
    assert_eq!(operation.outcome(), Some(Outcome::Succeeded), "{:?}", operation.halted);
    assert_eq!(play.begun, WEBS);
    assert_eq!((play.balancer.out, play.balancer.back), (3, 3));
    assert!(play.balancer.kept.is_empty() && operation.drained.is_empty());
}

#[test]
fn what_failed_or_is_not_known_stays_drained_and_no_further_batch_is_begun() {
    for (end, why) in [(Some("failed 30 1"), "it failed"), (None, "not known")] {
        let mut play = Play::new();
        play.ends.insert("w2", end);
        let id = play.restart(Wish::default());
        play.play();
        let operation = play.operation(&id);
        assert!(operation.is_over(), "{:?}", operation.stage);
        assert!(matches!(operation.outcome(), Some(Outcome::Failed | Outcome::Unknown)));
        assert_eq!(play.begun, ["w1", "w2"]);
        assert_eq!(play.balancer.kept, ["10.0.0.2:3000"]);
        assert_eq!(play.balancer.result.as_deref(), Some("cancelled 13 0"));
        let [(_, drained)] = operation.drained.as_slice() else {
            panic!("{:?}", operation.drained)
        };
        assert!(drained.contains("api on w2 stays drained") && drained.contains(why), "{drained}");
    }
}

#[test]
fn what_was_taken_back_is_put_back() {
    let mut play = Play::new();
    play.ends.insert("w1", Some("undone 10 1"));
    let id = play.restart(Wish::default());
    play.play();
    assert_eq!(play.operation(&id).outcome(), Some(Outcome::Undone));
    assert_eq!(play.begun, ["w1"]);
    assert!(play.balancer.kept.is_empty());
}

#[test]
fn nothing_is_begun_when_the_balancer_refuses() {
    let mut play = Play::new();
    play.balancer.refuses = true;
    let id = play.restart(Wish { batch: Some(Share::Number(2)), ..Wish::default() });
    play.play();
    let operation = play.operation(&id);
    assert_eq!(operation.outcome(), Some(Outcome::Undone));
    assert!(play.begun.is_empty());
    let why = operation.halted.as_deref().unwrap();
    assert!(why.contains("batch 1 (w1, w2) was not begun: nginx on lb"), "{why}");
}

#[test]
fn who_cancels_gets_back_what_was_drained() {
    let mut play = Play::new();
    let id = play.restart(Wish { wait: Some(Duration::from_secs(3600)), ..Wish::default() });
    play.play();
    assert!(matches!(play.operation(&id).stage, Stage::Waiting(1, _)));
    let words = play.words;
    assert!(words > 5, "while it waits somebody is there: {words}");
    let effects = operations::cancel(&mut play.model, &id);
    play.perform(effects);
    play.play();
    assert!(play.operation(&id).is_over());
    assert_eq!(play.begun, ["w1"]);
    assert_eq!(play.balancer.out, play.balancer.back);
    assert_eq!(play.balancer.result.as_deref(), Some("cancelled 13 0"));
}

#[test]
fn a_pool_that_would_be_empty_is_no_plan() {
    let mut play = Play::new();
    let ids = WEBS.map(|name| InstanceId { host: host(name), service: "api".into() });
    let mut intent = Intent::new(Verb::Restart, &ids).unwrap();
    intent.rollout.batch = Some(Share::Percent(100));
    let effects = planning::plan(&mut play.model, intent.clone());
    play.perform(effects);
    play.play();
    let made = |play: &Play| play.model.acting.planning.as_ref().unwrap().made.clone().unwrap();
    let refusals = made(&play).unwrap_err();
    assert!(refusals[0].1.contains("nobody would be left in upstream api"), "{refusals:?}");
    // Who means it says so, and then nobody asks the balancer.
    intent.undrained = true;
    let effects = planning::plan(&mut play.model, intent);
    assert_eq!(effects.len(), 3);
    play.perform(effects);
    play.play();
    let plan = made(&play).unwrap();
    assert!(plan.drains.is_empty() && !plan.is_rollout());
}

#[test]
fn a_balancer_that_has_put_all_back_by_itself_ends_the_rollout() {
    let mut play = Play::new();
    let wait = Wish { wait: Some(Duration::from_secs(3600)), ..Wish::default() };
    let id = play.restart(wait);
    play.play();
    assert!(matches!(play.operation(&id).stage, Stage::Waiting(1, _)));
    play.balancer.result = Some("undone 14 1".to_owned());
    play.now = play.now + Duration::from_secs(3600);
    let effects = update(&mut play.model, Msg::Ticked, play.now);
    play.perform(effects);
    play.play();
    let operation = play.operation(&id);
    assert_eq!(operation.outcome(), Some(Outcome::Failed), "a part has the new, a part the old");
    assert_eq!(play.begun, ["w1"]);
    assert!(operation.drained.is_empty());
    let why = operation.halted.as_deref().unwrap();
    assert!(why.starts_with("batch 2 (w2) was not begun: nginx on lb"), "{why}");
}

#[test]
fn what_a_balancer_has_put_back_by_itself_is_not_said_to_stay_drained() {
    let mut play = Play::new();
    play.ends.insert("w1", Some("failed 30 1"));
    play.balancer.deaf = true;
    let id = play.restart(Wish::default());
    play.play();
    let operation = play.operation(&id);
    assert!(operation.is_over(), "{:?}", operation.stage);
    assert_eq!(play.balancer.result.as_deref(), Some("undone 12 1"));
    assert!(operation.drained.is_empty(), "{:?}", operation.drained);
}
