//! What messages do to the model: no IO, no async, time handed in.

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use quarterdeck::effect::{Ask, Effect};
use quarterdeck::model::Model;
use quarterdeck::model::command::Command;
use quarterdeck::model::deploy::{Deployed, Release};
use quarterdeck::model::fault::{Fault, FaultKind};
use quarterdeck::model::host::{HostFacts, Link};
use quarterdeck::model::ids::{HostId, InstanceId, UnitName};
use quarterdeck::model::instance::ServiceState;
use quarterdeck::model::limits::Limits;
use quarterdeck::model::rows;
use quarterdeck::model::screen::{Overlay, Pane};
use quarterdeck::model::severity::Severity;
use quarterdeck::model::spec::{
    ConsoleSpec, EnvSpec, FleetSpec, HostSpec, Kind, Reach, ServiceSpec, Sudo, Tier,
};
use quarterdeck::model::time::Timestamp;
use quarterdeck::model::unit::{ActiveState, Exit, ExitCode, LoadState, UnitFacts};
use quarterdeck::msg::{Edit, History, HostEvent, Msg};
use quarterdeck::update::{start, update};

const START: i64 = 1_763_694_000;
/// The host's monotonic clock at the start of each test.
const UPTIME: u64 = 100_000;

pub(crate) fn at(secs: i64) -> Timestamp {
    Timestamp::from_secs(START + secs)
}

pub(crate) fn spec() -> FleetSpec {
    let host = |name: &str| HostSpec {
        name: name.into(),
        reach: Reach::Ssh(name.to_owned()),
        sudo: Sudo::Auto,
        limits: Limits::default(),
    };
    let service = |name: &str, hosts: &[&str]| ServiceSpec {
        name: name.into(),
        hosts: hosts.iter().map(|host| (*host).into()).collect(),
        kind: Kind::Unit(format!("{name}.service").as_str().into()),
        promises: Arc::default(),
    };
    FleetSpec {
        console: ConsoleSpec::default(),
        envs: vec![
            EnvSpec {
                name: "production".into(),
                tier: Tier::Production,
                protected: true,
                hosts: vec![host("coord"), host("web")],
                services: vec![service("mcp", &["coord"]), service("nginx", &["coord", "web"])],
                ports: Vec::new(),
                silences: Vec::new(),
                backups: Arc::default(),
                syncs: Arc::default(),
                windows: Arc::default(),
            },
            EnvSpec {
                name: "staging".into(),
                tier: Tier::Staging,
                protected: false,
                hosts: vec![host("stage")],
                services: vec![service("mcp", &["stage"])],
                ports: Vec::new(),
                silences: Vec::new(),
                backups: Arc::default(),
                syncs: Arc::default(),
                windows: Arc::default(),
            },
        ],
        ..FleetSpec::default()
    }
}

pub(crate) struct Story {
    pub(crate) model: Model,
    pub(crate) effects: Vec<Effect>,
    pub(crate) now: Timestamp,
}

impl Story {
    pub(crate) fn new() -> Self {
        Self::of(&spec())
    }

    pub(crate) fn of(spec: &FleetSpec) -> Self {
        let mut model = Model::default();
        let effects = start(&mut model, spec, at(0));
        Self { model, effects, now: at(0) }
    }

    /// One host connected and known.
    pub(crate) fn with_host(host: &str) -> Self {
        let mut story = Self::new();
        story.host(host, HostEvent::Link(Link::Connected));
        story.host(host, HostEvent::Facts(Box::new(facts())));
        story.host(host, HostEvent::Pushed(true));
        story
    }

    pub(crate) fn id(host: &str) -> HostId {
        HostId::new(if host == "stage" { "staging" } else { "production" }, host)
    }

    pub(crate) fn send(&mut self, msg: Msg) -> &mut Self {
        self.effects = update(&mut self.model, msg, self.now);
        self
    }

    pub(crate) fn host(&mut self, host: &str, event: HostEvent) -> &mut Self {
        let id = Self::id(host);
        let generation = self.model.fleet.host(&id).unwrap().generation;
        self.send(Msg::Host { host: id, generation, event })
    }

    pub(crate) fn command(&mut self, command: Command) -> &mut Self {
        self.send(Msg::Command(command))
    }

    pub(crate) fn read(&mut self, host: &str, unit: &str, facts: UnitFacts) -> &mut Self {
        self.host(host, HostEvent::Units(vec![(UnitName::new(unit), facts)]))
    }

    pub(crate) fn wait(&mut self, secs: u64) -> &mut Self {
        self.now = self.now + Duration::from_secs(secs);
        self.send(Msg::Ticked)
    }

    pub(crate) fn state(&self, host: &str, service: &str) -> ServiceState {
        self.verdict(host, service).0
    }

    pub(crate) fn verdict(&self, host: &str, service: &str) -> (ServiceState, Severity, bool) {
        let id = InstanceId { host: Self::id(host), service: service.into() };
        let row = self.model.fleet.row(&id, self.model.now).unwrap();
        (row.verdict.state, row.verdict.severity, row.verdict.stale)
    }
}

pub(crate) fn facts() -> HostFacts {
    HostFacts {
        boot: at(0) - Duration::from_secs(UPTIME),
        boot_id: "boot-1".into(),
        systemd: Some("252".to_owned()),
        journal: true,
        ..HostFacts::default()
    }
}

/// Seconds of the story on the host's monotonic clock.
pub(crate) fn mono(secs: u64) -> u64 {
    (UPTIME + secs) * 1_000_000
}

pub(crate) fn running(n: u32, began: u64) -> UnitFacts {
    UnitFacts {
        load: LoadState::Loaded,
        active: ActiveState::Active,
        sub: "running".into(),
        unit_type: "simple".into(),
        restart: "always".into(),
        n_restarts: Some(n),
        main_pid: Some(1000 + n),
        started: Some(mono(began)),
        changed: Some(mono(began)),
        unit_file_state: "enabled".into(),
        ..UnitFacts::default()
    }
}

pub(crate) fn crashed(n: u32, began: u64, ended: u64) -> UnitFacts {
    UnitFacts {
        active: ActiveState::Activating,
        sub: "auto-restart".into(),
        result: "exit-code".into(),
        main_pid: None,
        exit: Some(Exit { code: ExitCode::Exited, status: 1, at: Some(mono(ended)) }),
        changed: Some(mono(ended)),
        ..running(n, began)
    }
}

#[test]
fn a_start_connects_every_host_once() {
    let story = Story::new();
    let connected: Vec<String> = story
        .effects
        .iter()
        .map(|effect| match effect {
            Effect::Connect(watch) => watch.host.to_string(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(connected, ["production/coord", "production/web", "staging/stage"]);
}

#[test]
fn a_unit_that_runs_between_crashes_is_crash_looping() {
    let mut story = Story::with_host("coord");
    story.read("coord", "mcp.service", running(0, 0));
    assert_eq!(story.state("coord", "mcp"), ServiceState::Running);
    for n in 1..=4 {
        let began = u64::from(n - 1) * 11;
        story.wait(1);
        story.read("coord", "mcp.service", crashed(n - 1, began, began + 1));
        story.wait(10);
        story.read("coord", "mcp.service", running(n, began + 11));
    }
    assert_eq!(story.state("coord", "mcp"), ServiceState::CrashLooping, "active (running)");
    let id = InstanceId { host: Story::id("coord"), service: "mcp".into() };
    let row = story.model.fleet.row(&id, story.now).unwrap();
    assert_eq!(row.instance.restarts.total().n, 4);
    assert_eq!(row.instance.last_exit.unwrap().label(), "1", "kept while the next one runs");
    story.host("coord", HostEvent::Alive { latency: Duration::ZERO, units: true });
    story.wait(590);
    story.host("coord", HostEvent::Alive { latency: Duration::ZERO, units: true });
    assert_eq!(story.state("coord", "mcp"), ServiceState::Running, "quiet for long enough");
}

#[test]
fn a_person_who_restarts_a_unit_makes_no_loop() {
    let mut story = Story::with_host("coord");
    story.read("coord", "mcp.service", running(0, 0));
    for began in [10, 20, 30, 40] {
        story.wait(10);
        story.read("coord", "mcp.service", running(0, began));
    }
    assert_eq!(story.state("coord", "mcp"), ServiceState::Running);
}

#[test]
fn an_answer_of_an_older_connection_is_dropped() {
    let mut story = Story::with_host("coord");
    let id = Story::id("coord");
    let generation = story.model.fleet.host(&id).unwrap().generation - 1;
    let before = story.model.fleet.clone();
    let units = vec![("mcp.service".into(), running(0, 0))];
    story.send(Msg::Host { host: id, generation, event: HostEvent::Units(units) });
    assert_eq!(story.model.fleet, before);
}

#[test]
fn a_lost_host_keeps_what_it_said_and_says_that_it_is_old() {
    let mut story = Story::with_host("coord");
    story.read("coord", "mcp.service", running(0, 0));
    let fault = Fault::new(FaultKind::TimedOut, "hear from the host", "no answer for 6 s");
    story.host("coord", HostEvent::Link(Link::failed(fault, at(30))));
    assert_eq!(story.verdict("coord", "mcp"), (ServiceState::Running, Severity::Unknown, true));
    // While it is tried again, the reason stays on the screen.
    story.host("coord", HostEvent::Link(Link::Connecting));
    let host = story.model.fleet.host(&Story::id("coord")).unwrap();
    assert_eq!(host.link.name(), "unreachable");
    assert_eq!(host.severity(), Severity::Critical);
}

#[test]
fn a_reading_older_than_twice_its_interval_is_stale() {
    let mut story = Story::with_host("coord");
    story.read("coord", "mcp.service", running(0, 0));
    story.wait(9);
    assert!(!story.verdict("coord", "mcp").2);
    story.wait(2);
    assert!(story.verdict("coord", "mcp").2);
    story.host("coord", HostEvent::Alive { latency: Duration::ZERO, units: true });
    assert!(!story.verdict("coord", "mcp").2, "systemd answered: what it pushed still holds");
}

#[test]
fn restarts_during_a_gap_are_counted_and_the_journal_says_when() {
    let mut story = Story::with_host("coord");
    story.read("coord", "mcp.service", running(1, 0));
    let fault = Fault::new(FaultKind::Unreachable, "keep the connection", "closed");
    story.host("coord", HostEvent::Link(Link::failed(fault, at(1))));
    story.now = at(600);
    story.host("coord", HostEvent::Link(Link::Connected));
    story.read("coord", "mcp.service", running(6, 590));
    let restarts = |story: &Story| {
        let host = story.model.fleet.host(&Story::id("coord")).unwrap();
        host.instances.values().next().unwrap().restarts.clone()
    };
    assert_eq!(restarts(&story).total().n, 6);
    assert_eq!(restarts(&story).within(Duration::from_secs(300), story.now).n, 0);
    let unit = UnitName::new("mcp.service");
    let restarted = [100, 200, 400, 500, 590].map(|secs| (unit.clone(), at(secs)));
    story.host(
        "coord",
        HostEvent::Recalled(Some(History {
            complete_since: at(-3000),
            since_boot: false,
            restarts: restarted.to_vec(),
            exits: Vec::new(),
        })),
    );
    let five = restarts(&story).within(Duration::from_secs(300), story.now);
    assert_eq!((five.n, five.at_least), (3, false));
    assert_eq!(restarts(&story).total().n, 6);
}

#[test]
fn a_missing_unit_is_missing_and_a_done_job_is_done() {
    let mut story = Story::with_host("coord");
    let missing = UnitFacts { load: LoadState::NotFound, ..UnitFacts::default() };
    story.read("coord", "mcp.service", missing);
    assert_eq!(story.verdict("coord", "mcp").0, ServiceState::Missing);
    assert_eq!(story.verdict("coord", "mcp").1, Severity::Critical);
    let job = UnitFacts {
        load: LoadState::Loaded,
        active: ActiveState::Inactive,
        unit_type: "oneshot".into(),
        exit: Some(Exit { code: ExitCode::Exited, status: 0, at: Some(mono(1)) }),
        ..UnitFacts::default()
    };
    story.read("coord", "nginx.service", job);
    assert_eq!(story.state("coord", "nginx"), ServiceState::Completed);
}

#[test]
fn a_changed_config_keeps_what_is_known_of_the_rest() {
    let mut story = Story::with_host("coord");
    story.read("coord", "nginx.service", running(1, 0));
    let release = Release { id: "r1".into(), revision: "1fd4deba20".into(), ..Release::default() };
    let deployed = Deployed { subject: "nginx.service".into(), release };
    story.host("coord", HostEvent::Claims(Vec::new(), vec![deployed.clone()], Vec::new()));
    let mut changed = spec();
    changed.envs[0].hosts.retain(|host| host.name.as_str() != "web");
    changed.envs[0].services.remove(0);
    changed.envs[0].services[0].hosts.retain(|host| host.as_str() != "web");
    story.send(Msg::ConfigRead(Arc::new(changed)));
    assert!(story.effects.contains(&Effect::Disconnect(Story::id("web"))));
    assert!(!story.effects.iter().any(|effect| matches!(effect, Effect::Connect(_))));
    assert_eq!(story.state("coord", "nginx"), ServiceState::Running);
    let host = story.model.fleet.host(&Story::id("coord")).unwrap();
    assert_eq!(host.instances.len(), 1);
    // The host says it again only when it has changed.
    assert_eq!(host.deployed, [deployed]);
}

#[test]
fn a_refused_config_changes_nothing_but_is_told() {
    let mut story = Story::with_host("coord");
    let before = story.model.fleet.clone();
    story.send(Msg::ConfigRefused(vec!["config.toml:3:1: unknown key `tear`".to_owned()]));
    assert_eq!(story.model.fleet, before);
    assert_eq!(story.model.screen.config_faults.len(), 1);
    story.send(Msg::ConfigRead(Arc::new(spec())));
    assert!(story.model.screen.config_faults.is_empty());
}

#[test]
fn the_selection_stays_on_its_row_when_rows_change_places() {
    let mut story = Story::with_host("coord");
    story.read("coord", "mcp.service", running(0, 0));
    story.read("coord", "nginx.service", running(0, 0));
    story.command(Command::SortNext).command(Command::Last);
    let chosen = story.model.screen.selection.service.clone().unwrap();
    story.command(Command::SortInvert);
    assert_eq!(story.model.screen.selection.service, Some(chosen.clone()));
    story.command(Command::Describe);
    assert!(matches!(
        story.model.screen.overlays.last(),
        Some(Overlay::Unit { id, .. }) if *id == chosen
    ));
}

#[test]
fn only_the_panes_that_are_sorted_by_choice_are_sorted() {
    let mut story = Story::with_host("coord");
    let before = story.model.screen.view.clone();
    story.model.screen.view.focus = Pane::Hosts;
    for command in [Command::SortNext, Command::SortPrevious, Command::SortInvert] {
        story.command(command);
        let view = &story.model.screen.view;
        assert_eq!((view.sort, view.inverted), (before.sort, before.inverted));
        let said = story.model.screen.notice.take().unwrap();
        assert!(said.text.contains("select the services pane"), "{}", said.text);
    }
}

#[test]
fn letters_typed_into_the_filter_are_no_commands() {
    let mut story = Story::with_host("coord");
    story.command(Command::Filter);
    for c in "mcp -stage".chars() {
        story.send(Msg::Typed(Edit::Insert(c)));
        assert!(story.effects.is_empty(), "{c}");
    }
    let shown = rows::services(&story.model.fleet, &story.model.screen.view, story.now);
    let hosts: Vec<&str> = shown.rows.iter().map(|row| row.host.spec.name.as_str()).collect();
    assert_eq!(hosts, ["coord"]);
    assert_eq!(shown.hidden, 3);
    story.send(Msg::Typed(Edit::Cancel));
    assert!(story.model.screen.view.filter.is_empty());
}

#[test]
fn quit_closes_what_is_on_top_first() {
    let mut story = Story::with_host("coord");
    story.command(Command::Help).command(Command::Quit);
    assert!(story.effects.is_empty());
    story.command(Command::Quit);
    assert!(story.effects.contains(&Effect::Quit));
}

#[test]
fn dependencies_are_those_of_what_is_looked_at() {
    let drawn = |story: &Story| match story.model.screen.overlays.last() {
        Some(Overlay::Needs { env, list, scroll }) => Some((env.to_string(), *list, *scroll)),
        _ => None,
    };
    let of = |env: &str, list| Some((env.to_owned(), list, 0));
    let mut story = Story::with_host("coord");
    story.command(Command::Last).command(Command::Dependencies);
    let chosen = story.model.screen.selection.service.clone().unwrap().host.env;
    assert_eq!(drawn(&story), of(chosen.as_str(), false));
    // Another environment is drawn in the same place, as a list too.
    story.command(Command::Env1);
    assert_eq!(drawn(&story), of("production", false));
    story.command(Command::NextPane).command(Command::Env2);
    assert_eq!(drawn(&story), of("staging", true));
    story.command(Command::Dependencies);
    assert_eq!(drawn(&story), None, "the same key closes it");
    // Where nothing is selected, the environment that is shown.
    story.model.screen.view.filter = "nothing-like-this".to_owned();
    story.command(Command::Env1).command(Command::Dependencies);
    assert_eq!(drawn(&story), of("production", false));
}

#[test]
fn nothing_is_opened_on_a_board() {
    let mut story = Story::with_host("coord");
    story.model.screen.board = true;
    for command in [Command::Dependencies, Command::PortTable, Command::Open] {
        story.command(command);
        assert!(story.model.screen.overlays.is_empty(), "{}", command.name());
    }
    story.model.screen.board = false;
    story.command(Command::PortTable);
    assert!(matches!(story.model.screen.overlays[..], [Overlay::PortTable { scroll: 0 }]));
}

#[test]
fn back_never_quits() {
    let mut story = Story::with_host("coord");
    for _ in 0..10 {
        story.command(Command::Back);
        assert!(!story.effects.contains(&Effect::Quit));
    }
}

#[test]
fn a_frozen_screen_shows_what_was_while_hosts_are_read() {
    let mut story = Story::with_host("coord");
    story.read("coord", "mcp.service", running(0, 0));
    story.command(Command::Freeze);
    story.read("coord", "mcp.service", crashed(0, 0, 1));
    let (shown, now) = story.model.shown();
    let id = InstanceId { host: Story::id("coord"), service: "mcp".into() };
    assert_eq!(shown.row(&id, now).unwrap().verdict.state, ServiceState::Running);
    assert_eq!(story.state("coord", "mcp"), ServiceState::Starting);
    story.command(Command::Freeze);
    assert!(story.model.frozen.is_none());
}

#[test]
fn opening_a_unit_reads_it_closely_and_an_answer_for_another_is_not_shown() {
    let mut story = Story::with_host("coord");
    story.read("coord", "mcp.service", running(0, 0));
    story.command(Command::Filter);
    for c in "mcp coord".chars() {
        story.send(Msg::Typed(Edit::Insert(c)));
    }
    story.send(Msg::Typed(Edit::Accept)).command(Command::Open);
    let unit = UnitName::new("mcp.service");
    let described = Effect::Describe { host: Story::id("coord"), unit: unit.clone() };
    assert_eq!(story.effects, [described]);
    let other = HostEvent::Detail("nginx.service".into(), Ok(Box::default()));
    story.host("coord", other);
    let loaded = |story: &Story| match story.model.screen.overlays.last() {
        Some(Overlay::Unit { detail, .. }) => detail.value().is_some(),
        _ => false,
    };
    assert!(!loaded(&story));
    story.host("coord", HostEvent::Detail(unit, Ok(Box::default())));
    assert!(loaded(&story));
}

fn any_command() -> impl Strategy<Value = Msg> {
    (0..Command::ALL.len()).prop_map(|i| Msg::Command(Command::ALL[i]))
}

fn any_edit() -> impl Strategy<Value = Msg> {
    prop_oneof![
        any::<char>().prop_map(|c| Msg::Typed(Edit::Insert(c))),
        Just(Msg::Typed(Edit::Backspace)),
        Just(Msg::Typed(Edit::BackspaceWord)),
        Just(Msg::Typed(Edit::Left)),
        Just(Msg::Typed(Edit::Right)),
        Just(Msg::Typed(Edit::Down)),
        Just(Msg::Typed(Edit::Accept)),
        Just(Msg::Typed(Edit::Cancel)),
    ]
}

fn any_event() -> impl Strategy<Value = Msg> {
    let fault = || Fault::new(FaultKind::Unreachable, "a", "b");
    let event = prop_oneof![
        Just(HostEvent::Link(Link::Connected)),
        Just(HostEvent::Link(Link::Connecting)),
        Just(HostEvent::Link(Link::failed(fault(), at(9)))),
        Just(HostEvent::Facts(Box::new(facts()))),
        Just(HostEvent::UnitsFailed(fault())),
        Just(HostEvent::Recalled(None)),
        (0_u32..9, 0_u64..100).prop_map(|(n, began)| HostEvent::Units(vec![(
            "mcp.service".into(),
            running(n, began)
        )])),
        (0_u32..9, 0_u64..100).prop_map(|(n, began)| HostEvent::Units(vec![(
            "nginx.service".into(),
            crashed(n, began, began + 1)
        )])),
    ];
    (event, 0_usize..3, 0_u32..3).prop_map(|(event, host, generation)| Msg::Host {
        host: Story::id(["coord", "web", "stage"][host]),
        generation,
        event,
    })
}

proptest! {
    /// Whatever comes in whatever order: nothing panics, a selection is a row or nothing, an
    /// effect names a host that there is, and no key quits but the one that should.
    #[test]
    fn any_messages_leave_a_sound_model(
        msgs in prop::collection::vec(prop_oneof![any_command(), any_edit(), any_event()], 0..80)
    ) {
        let mut story = Story::new();
        for msg in msgs {
            story.now = story.now + Duration::from_millis(700);
            let quits = matches!(msg, Msg::Command(Command::Quit) | Msg::Typed(Edit::Accept));
            story.send(msg);
            for effect in &story.effects {
                match effect {
                    Effect::Quit => prop_assert!(quits),
                    Effect::Connect(watch) | Effect::Rewatch(watch) => {
                        prop_assert!(story.model.fleet.host(&watch.host).is_some());
                    }
                    Effect::ReadNow(host)
                    | Effect::Login(host)
                    | Effect::LetIn(host)
                    | Effect::Shell(host, _)
                    | Effect::Disconnect(host)
                    | Effect::Describe { host, .. } => {
                        prop_assert!(story.model.fleet.host(host).is_some());
                    }
                    // Nobody confirmed anything: hosts are looked at, and may be kept from being acted
                    // on, nothing else.
                    Effect::Act(host, ask) => {
                        prop_assert!(story.model.fleet.host(host).is_some());
                        let harmless = matches!(
                            ask,
                            Ask::Look { .. } | Ask::List | Ask::Follow { .. } | Ask::Freeze { .. }
                        );
                        prop_assert!(harmless, "{ask:?}");
                    }
                    Effect::Alarm(event) => prop_assert!(event.host.is_some()),
                    Effect::SaveCounters(_)
                    | Effect::SaveView(_)
                    | Effect::Record(_)
                    | Effect::SaveTold(_)
                    | Effect::SaveAck(..)
                    | Effect::Copy(_)
                    | Effect::Mouse(_)
                    | Effect::Theme(_)
                    | Effect::Tail(_)
                    | Effect::Untail(..)
                    | Effect::Fetch(_)
                    | Effect::Scan(_)
                    | Effect::SaveLines(..)
                    | Effect::Page(_)
                    | Effect::Audit(_)
                    | Effect::Suspend => {}
                }
            }
            let screen = &story.model.screen;
            if let Some(id) = &screen.selection.service {
                prop_assert!(story.model.fleet.row(id, story.now).is_some());
            }
            if let Some(input) = &screen.editing {
                prop_assert!(input.text.is_char_boundary(input.cursor));
            }
            prop_assert!(Pane::ALL.contains(&screen.view.focus));
        }
    }
}

#[test]
fn a_start_by_hand_ends_a_loop_and_a_crash_after_it_does_not_make_one() {
    let mut story = Story::with_host("coord");
    story.read("coord", "mcp.service", running(0, 0));
    let state = |story: &Story| {
        let fleet = &story.model.fleet;
        fleet.rows(story.now).next().unwrap().verdict.state
    };
    for n in 1..20 {
        let began = u64::from(n) * 6;
        story.wait(6).read("coord", "mcp.service", running(n, began));
    }
    assert_eq!(state(&story), ServiceState::CrashLooping);
    // systemd's counter goes back to zero when somebody starts it.
    story.wait(5).read("coord", "mcp.service", running(0, 119));
    assert_eq!(state(&story), ServiceState::Running);
    story.wait(10).read("coord", "mcp.service", running(1, 129));
    assert_eq!(state(&story), ServiceState::Running);
    for n in 2..4 {
        story.wait(6).read("coord", "mcp.service", running(n, 130 + u64::from(n) * 6));
    }
    assert_eq!(state(&story), ServiceState::CrashLooping);
}
