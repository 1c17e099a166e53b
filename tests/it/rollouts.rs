//! Rollouts: what one batch comes to decides the next. Hosts are answers here; time is handed in.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use quarterdeck::effect::{Ask, Effect};
use quarterdeck::model::Model;
use quarterdeck::model::action::{ActionSpec, InputSpec, Run};
use quarterdeck::model::audit::{Deed, Entry};
use quarterdeck::model::fault::{Fault, FaultKind};
use quarterdeck::model::host::Link;
use quarterdeck::model::ids::{HostId, InstanceId};
use quarterdeck::model::look::{Look, UnitLook};
use quarterdeck::model::operation::{OpId, Operation, Outcome, Progress, RunState};
use quarterdeck::model::plan::{Confirmation, Input, Intent, Plan, Share, Wish};
use quarterdeck::model::spec::{FleetSpec, Promises};
use quarterdeck::model::time::Timestamp;
use quarterdeck::model::verb::Verb;
use quarterdeck::msg::{Acted, HostEvent, Msg};
use quarterdeck::update::{operations, planning, start, update};

use crate::fixtures::api;

const HOSTS: [&str; 5] = ["h1", "h2", "h3", "h4", "h5"];

/// What a host does with its part.
#[derive(Clone, Copy)]
enum Part {
    /// The runner's last word.
    Ends(&'static str),
    /// The link is lost while it runs.
    Lost,
    /// It goes on and on.
    Runs,
}

struct Play {
    model: Model,
    now: Timestamp,
    asks: VecDeque<(HostId, Ask)>,
    parts: BTreeMap<&'static str, Part>,
    /// What systemd says there; `active` where nothing is said.
    states: BTreeMap<&'static str, &'static str>,
    /// Hosts whose runner was started, in that order.
    begun: Vec<String>,
    released: Vec<String>,
    /// What comes of giving a claim back, for as many as are asked first.
    deaf: VecDeque<FaultKind>,
    audited: Vec<Entry>,
}

fn host(name: &str) -> HostId {
    HostId::new("lab", name)
}

fn spec(rollout: Wish) -> FleetSpec {
    api(&HOSTS, &HOSTS, Promises { rollout, ..Promises::default() })
}

fn look(state: &str) -> Look {
    let properties = [("LoadState", "loaded"), ("ActiveState", state), ("InvocationID", "1")];
    Look {
        machine: "m".into(),
        boot: "b".into(),
        root: true,
        tools: ["setsid", "systemd-run"].into_iter().map(Into::into).collect(),
        systemd: Some(257),
        disk: Some(1 << 30),
        units: vec![UnitLook {
            name: "api.service".into(),
            properties: properties.map(|(name, value)| (name.into(), value.into())).into(),
            files: "1".into(),
        }],
        ..Look::default()
    }
}

impl Play {
    fn new(rollout: Wish) -> Self {
        let mut model = Model::default();
        let now = Timestamp::from_secs(1_763_694_000);
        start(&mut model, &spec(rollout), now);
        let mut play = Self {
            model,
            now,
            asks: VecDeque::new(),
            parts: BTreeMap::new(),
            states: BTreeMap::new(),
            begun: Vec::new(),
            released: Vec::new(),
            deaf: VecDeque::new(),
            audited: Vec::new(),
        };
        for name in HOSTS {
            play.host(&host(name), HostEvent::Link(Link::Connected));
        }
        play
    }

    fn perform(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Act(host, ask) => self.asks.push_back((host, ask)),
                Effect::Audit(entry) => self.audited.push(*entry),
                _ => {}
            }
        }
    }

    fn host(&mut self, host: &HostId, event: HostEvent) {
        let generation = self.model.fleet.host(host).unwrap().generation;
        let msg = Msg::Host { host: host.clone(), generation, event };
        let effects = update(&mut self.model, msg, self.now);
        self.perform(effects);
    }

    fn fault() -> Fault {
        Fault::new(FaultKind::Unreachable, "ask the host", "the link is lost")
    }

    /// Answers what was asked until nothing is, or only of runs that go on.
    fn answer(&mut self) -> &mut Self {
        let mut idle = 0;
        while let Some((id, ask)) = self.asks.pop_front() {
            let name = id.host.to_string();
            let part = self.parts.get(&*name).copied().unwrap_or(Part::Ends("succeeded - 0"));
            let acted = match ask {
                Ask::Look { asked, instance, .. } => {
                    let state = self.states.get(&*name).copied().unwrap_or("active");
                    Acted::Looked { asked, instance, look: Ok(Box::new(look(state))) }
                }
                Ask::Claim(errand) => Acted::Claimed(errand.run, Ok(())),
                Ask::Launch(errand) => {
                    self.begun.push(name);
                    Acted::Launched(errand.run, Ok(()))
                }
                Ask::Follow { run, events, log } => {
                    let mut state = RunState { boot: "b".into(), ..RunState::default() };
                    state.began_in = Some("b".into());
                    match part {
                        Part::Lost => {
                            self.host(
                                &id,
                                HostEvent::Link(Link::Unreachable {
                                    fault: Self::fault(),
                                    retry_at: Timestamp::from_secs(0),
                                }),
                            );
                            continue;
                        }
                        Part::Runs => {
                            state.alive = true;
                            idle += 1;
                        }
                        Part::Ends(result) => state.result = Some(result.into()),
                    }
                    let progress = Progress {
                        state,
                        log: (log, log, Vec::new()),
                        events: (events, String::new()),
                        steps: Vec::new(),
                    };
                    if idle > 20 {
                        // As a host that has nothing new yet: asked again later.
                        self.asks.push_front((id, Ask::Follow { run, events, log }));
                        return self;
                    }
                    Acted::Progress(run, Ok(Box::new(progress)))
                }
                Ask::Release(_, _, run) => {
                    let deaf = self.deaf.pop_front();
                    let fault = deaf.map(|kind| Fault::new(kind, "give the claim back", "no"));
                    if fault.is_none() {
                        self.released.push(name);
                    }
                    Acted::Released(run, fault.map_or(Ok(()), Err))
                }
                Ask::Cancel(..) => Acted::Done("cancel".to_owned(), Ok(())),
                other => panic!("{other:?}"),
            };
            self.host(&id, HostEvent::Acted(acted));
        }
        self
    }

    fn wait(&mut self, secs: u64) -> &mut Self {
        self.now = self.now + Duration::from_secs(secs);
        let effects = update(&mut self.model, Msg::Ticked, self.now);
        self.perform(effects);
        self
    }

    fn plan(&mut self, verb: Verb, rollout: Wish) -> Arc<Plan> {
        let ids = HOSTS.map(|name| InstanceId { host: host(name), service: "api".into() });
        let mut intent = Intent::new(verb, &ids).unwrap();
        intent.hosts.clear();
        intent.rollout = rollout;
        let effects = planning::plan(&mut self.model, intent);
        self.perform(effects);
        self.answer();
        self.model.acting.planning.as_ref().unwrap().made.clone().unwrap().unwrap()
    }

    fn confirm(&mut self, plan: &Plan) -> OpId {
        let how = Confirmation::Hash(plan.hash().to_owned());
        let (id, effects) = planning::confirm(&mut self.model, &how).unwrap();
        self.perform(effects);
        id
    }

    /// Plans, confirms and answers.
    fn restart(&mut self, rollout: Wish) -> OpId {
        let plan = self.plan(Verb::Restart, rollout);
        let id = self.confirm(&plan);
        self.answer();
        id
    }

    fn operation(&self, id: &OpId) -> &Operation {
        self.model.acting.operation(id).unwrap()
    }
}

fn by(batch: usize) -> Wish {
    Wish { batch: Some(Share::Number(batch)), ..Wish::default() }
}

#[test]
fn the_configs_way_is_gone_and_the_command_line_wins() {
    let config = Wish {
        canary: Some(1),
        batch: Some(Share::Percent(50)),
        min_available: Some(Share::Number(1)),
        ..Wish::default()
    };
    let mut play = Play::new(config);
    let plan = play.plan(Verb::Restart, Wish::default());
    assert_eq!(plan.batches, [vec![0], vec![1, 2, 3], vec![4]]);
    assert_eq!(plan.serving(1).unwrap().need(), 1);
    let flags = Wish { canary: Some(0), min_available: Some(Share::Number(0)), ..by(2) };
    let plan = play.plan(Verb::Restart, flags);
    assert_eq!(plan.batches, [vec![0, 1], vec![2, 3], vec![4]]);
    assert!(plan.serving.is_empty());
    // What is down is started although nothing serves: nothing is interrupted by that.
    play.states = HOSTS.map(|name| (name, "inactive")).into();
    let plan = play.plan(Verb::Start, Wish::default());
    assert!(plan.serving.is_empty());
    assert_eq!(plan.batches, [vec![0], vec![1, 2, 3], vec![4]]);
    // What is only written down for later goes at once.
    let plan = play.plan(Verb::DaemonReload, Wish::default());
    assert_eq!(plan.batches, [vec![0, 1, 2, 3, 4]]);
}

#[test]
fn batches_follow_each_other_after_the_wait() {
    let mut play = Play::new(Wish::default());
    let way = Wish { canary: Some(1), wait: Some(Duration::from_secs(10)), ..by(2) };
    let id = play.restart(way);
    assert_eq!(play.begun, ["h1"]);
    play.wait(9).answer();
    assert_eq!(play.begun, ["h1"], "not yet");
    play.wait(1).answer();
    assert_eq!(play.begun, ["h1", "h2", "h3"]);
    play.wait(10).answer();
    assert_eq!(play.begun, HOSTS);
    assert_eq!(play.operation(&id).outcome(), Some(Outcome::Succeeded));
    assert_eq!(play.released.len(), 5, "every claim is given back");
}

#[test]
fn a_canary_that_fails_is_all_that_fails() {
    let mut play = Play::new(Wish::default());
    play.parts.insert("h1", Part::Ends("undone 30 1"));
    let id = play.restart(Wish { canary: Some(1), ..by(2) });
    assert_eq!(play.begun, ["h1"]);
    assert_eq!(play.operation(&id).outcome(), Some(Outcome::Undone));
    assert_eq!(play.released.len(), 5);
}

#[test]
fn as_many_failures_as_are_allowed_go_on_and_one_more_ends_it() {
    // Which hosts fail, how many may, and which are begun.
    for (fail, may, begun) in [
        (vec!["h1"], 1, 5),
        (vec!["h1", "h2"], 1, 2),
        (vec!["h1", "h3"], 1, 4),
        (vec!["h1", "h3"], 2, 5),
        (vec!["h1"], 0, 2),
    ] {
        let mut play = Play::new(Wish::default());
        for name in &fail {
            play.parts.insert(name, Part::Ends("failed 30 1"));
        }
        let id = play.restart(Wish { max_failures: Some(may), ..by(2) });
        assert_eq!(play.begun.len(), begun, "{fail:?} of {may}: {:?}", play.begun);
        assert_eq!(play.operation(&id).outcome(), Some(Outcome::Failed), "{fail:?} of {may}");
    }
}

#[test]
fn a_host_that_is_lost_in_the_second_batch_counts_as_failed_and_is_not_given_back() {
    for (may, begun) in [(0, 4), (1, 5)] {
        let mut play = Play::new(Wish::default());
        play.parts.insert("h3", Part::Lost);
        let id = play.restart(Wish { max_failures: Some(may), ..by(2) });
        assert_eq!(play.begun.len(), 4, "it is waited for");
        assert_eq!(play.operation(&id).outcome(), None);
        play.wait(61).answer();
        assert_eq!(play.begun.len(), begun);
        assert_eq!(play.operation(&id).outcome(), Some(Outcome::Unknown));
        assert!(
            !play.released.contains(&"h3".to_owned()),
            "somebody has to look: {:?}",
            play.released
        );
        // It comes back and says that it went well.
        play.parts.remove("h3");
        play.host(&host("h3"), HostEvent::Link(Link::Connected));
        play.wait(1).answer();
        let outcome = play.operation(&id).outcome();
        let expected = if may == 1 { Outcome::Succeeded } else { Outcome::Failed };
        assert_eq!(outcome, Some(expected));
        assert!(play.released.contains(&"h3".to_owned()));
    }
}

#[test]
fn a_claim_whose_giving_back_was_not_heard_is_given_back_later() {
    let mut play = Play::new(Wish::default());
    play.deaf = [FaultKind::TimedOut, FaultKind::Failed].into();
    let id = play.restart(by(2));
    assert_eq!(play.operation(&id).outcome(), Some(Outcome::Succeeded));
    assert!(!play.operation(&id).owes());
    // One was asked twice; the other has said no, and is not asked for ever.
    let kept: Vec<String> = play.operation(&id).keepers().map(ToString::to_string).collect();
    assert_eq!((play.released.len(), kept.len()), (4, 1), "{kept:?}");
    assert!(!play.released.contains(&kept[0]));
    // A host that is not connected when it is over.
    let plan = play.plan(Verb::Restart, by(2));
    let id = play.confirm(&plan);
    play.parts.insert("h5", Part::Runs);
    play.answer();
    play.released.clear();
    play.host(
        &host("h1"),
        HostEvent::Link(Link::failed(Play::fault(), Timestamp::from_secs(2_000_000_000))),
    );
    play.parts.remove("h5");
    play.answer();
    assert_eq!(play.operation(&id).outcome(), Some(Outcome::Succeeded));
    assert_eq!(play.released.len(), 4);
    play.wait(60).answer();
    play.host(&host("h1"), HostEvent::Link(Link::Connected));
    play.answer();
    assert!(play.released.contains(&"h1".to_owned()), "{:?}", play.released);
}

#[test]
fn what_is_cancelled_between_batches_begins_no_other() {
    let mut play = Play::new(Wish::default());
    let id = play.restart(Wish { wait: Some(Duration::from_secs(60)), ..by(2) });
    assert_eq!(play.begun, ["h1", "h2"]);
    let effects = operations::cancel(&mut play.model, &id);
    play.perform(effects);
    play.answer().wait(120).answer();
    assert_eq!(play.begun, ["h1", "h2"]);
    assert_eq!(play.operation(&id).outcome(), Some(Outcome::Failed), "a part has the new");
    assert_eq!(play.released.len(), 5);
}

#[test]
fn no_batch_begins_when_too_few_would_serve() {
    let serve = |need: Share| Wish { min_available: Some(need), ..by(2) };
    // How many have to serve, which do not, how many hosts are begun, and a word of the reason.
    for (need, down, begun, word) in [
        (Share::Number(3), vec![], 5, ""),
        (Share::Percent(60), vec![], 5, ""),
        (Share::Number(4), vec![], 0, "without it 3 of 5 would serve api"),
        (Share::Percent(61), vec![], 0, "asks for 4"),
        (Share::Number(3), vec!["h5"], 0, "h5: it is failed"),
        (Share::Number(2), vec!["h5"], 5, ""),
    ] {
        let mut play = Play::new(Wish::default());
        for name in &down {
            play.states.insert(name, "failed");
        }
        let id = play.restart(serve(need));
        assert_eq!(play.begun.len(), begun, "{need:?} {down:?}");
        let operation = play.operation(&id);
        let halted = operation.halted.clone().unwrap_or_default();
        assert!(halted.contains(word) && halted.is_empty() == word.is_empty(), "{halted}");
        let outcome = if begun == 0 { Outcome::Undone } else { Outcome::Succeeded };
        assert_eq!(operation.outcome(), Some(outcome));
        assert_eq!(play.released.len(), 5);
    }
}

#[test]
fn who_serves_is_counted_anew_before_every_batch() {
    let mut play = Play::new(Wish::default());
    let need = Wish { min_available: Some(Share::Number(3)), ..by(2) };
    let id = play.restart(Wish { wait: Some(Duration::from_secs(10)), ..need });
    assert_eq!(play.begun, ["h1", "h2"]);
    // One of those that were done has died since.
    play.states.insert("h1", "failed");
    play.wait(10).answer();
    assert_eq!(play.begun, ["h1", "h2"]);
    let operation = play.operation(&id);
    assert_eq!(operation.outcome(), Some(Outcome::Failed));
    let halted = operation.halted.as_deref().unwrap();
    assert!(halted.starts_with("batch 2 (h3, h4) was not begun"), "{halted}");
    assert!(halted.contains("h1: it is failed"), "{halted}");
}

#[test]
fn who_is_not_reached_or_does_not_answer_does_not_serve() {
    let need = Wish { min_available: Some(Share::Number(3)), ..by(2) };
    for lost in [true, false] {
        let mut play = Play::new(Wish::default());
        let plan = play.plan(Verb::Restart, need);
        let id = play.confirm(&plan);
        // Claims are answered, and then one host says nothing more.
        for _ in 0..5 {
            let (id, ask) = play.asks.pop_front().unwrap();
            let Ask::Claim(errand) = ask else { panic!("{ask:?}") };
            play.host(&id, HostEvent::Acted(Acted::Claimed(errand.run, Ok(()))));
        }
        assert_eq!(play.asks.len(), 3, "those outside of the batch are looked at");
        play.asks.retain(|(id, _)| *id != host("h4"));
        if lost {
            play.host(
                &host("h4"),
                HostEvent::Link(Link::Unreachable {
                    fault: Play::fault(),
                    retry_at: Timestamp::from_secs(0),
                }),
            );
        }
        play.answer();
        if !lost {
            assert_eq!(play.operation(&id).outcome(), None, "it is waited for");
            play.wait(46).answer();
        }
        assert!(play.begun.is_empty());
        let halted = play.operation(&id).halted.clone().unwrap();
        let why = if lost { "h4: " } else { "h4: it has not answered" };
        assert!(halted.contains(why), "{halted}");
    }
}

#[test]
fn it_is_written_down_before_a_host_is_asked_and_after_it_ended() {
    let mut play = Play::new(Wish::default());
    let plan = play.plan(Verb::Restart, by(5));
    let how = Confirmation::Hash(plan.hash().to_owned());
    let (id, effects) = planning::confirm(&mut play.model, &how).unwrap();
    let Some(Effect::Audit(intent)) = effects.first() else { panic!("{effects:?}") };
    assert_eq!((intent.deed, intent.op.as_ref()), (Deed::Intent, Some(&id)));
    assert_eq!((&*intent.plan, intent.confirm), (plan.hash(), "hash"));
    assert_eq!(intent.hosts.len(), 5);
    assert!(matches!(effects.get(1), Some(Effect::Act(_, Ask::Claim(_)))), "{effects:?}");
    play.parts.insert("h2", Part::Ends("undone 30 1"));
    play.perform(effects);
    play.answer();
    let [_, outcome] = &*play.audited else { panic!("{:?}", play.audited) };
    assert_eq!((outcome.deed, &*outcome.outcome), (Deed::Outcome, "failed"));
    assert_eq!(outcome.hosts[1].1, "undone (undone 30 1)");
}

#[test]
fn values_of_inputs_are_never_written_down() {
    let spec = ActionSpec {
        name: "grant".into(),
        doc: "".into(),
        run: Run::Argv(vec!["/bin/true".into(), "{key}".into()]),
        undo: None,
        services: Vec::new(),
        inputs: vec![InputSpec { name: "key".into(), default: None, choices: Vec::new() }],
        safe: false,
        gate: false,
        user: None,
        timeout: Duration::from_secs(1),
    };
    let mut play = Play::new(Wish::default());
    let mut intent =
        Intent::new(Verb::Action, &[InstanceId { host: host("h1"), service: "api".into() }])
            .unwrap();
    intent.input = Input::Action(Arc::new(spec), vec![("key".to_owned(), "hunter2".to_owned())]);
    let effects = planning::plan(&mut play.model, intent);
    play.perform(effects);
    play.answer();
    let plan = play.model.acting.planning.as_ref().unwrap().made.clone().unwrap().unwrap();
    play.confirm(&plan);
    play.answer();
    let text = format!("{:?}", play.audited);
    assert!(text.contains("key") && !text.contains("hunter2"), "{text}");
    assert_eq!(play.audited.len(), 2);
}

#[test]
fn a_run_that_goes_on_holds_up_its_batch() {
    let mut play = Play::new(Wish::default());
    play.parts.insert("h2", Part::Runs);
    let id = play.restart(by(2));
    play.wait(3600).answer();
    assert_eq!(play.begun, ["h1", "h2"]);
    play.parts.remove("h2");
    play.answer();
    assert_eq!(play.begun, HOSTS);
    assert_eq!(play.operation(&id).outcome(), Some(Outcome::Succeeded));
}
