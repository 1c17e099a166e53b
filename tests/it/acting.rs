//! The screen of acting: keys in, what is asked of hosts and what lies on the screen out, with the
//! answers of a host made up; and frames of it.

mod attached;
mod copies;
mod interventions;
mod marks;
mod revisions;
mod rights;
mod syncs;

use std::sync::Arc;
use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use proptest::prelude::*;
use quarterdeck::effect::{Ask, Effect};
use quarterdeck::keymap::Keymap;
use quarterdeck::model::action::{ActionSpec, InputSpec, Run};
use quarterdeck::model::audit::Deed;
use quarterdeck::model::command::{Command, Group};
use quarterdeck::model::drain::{DEAD_MAN, DrainSpec, Member, Pools, TIMEOUT};
use quarterdeck::model::event::EventKind;
use quarterdeck::model::fault::{Fault, FaultKind};
use quarterdeck::model::host::{HostFacts, Link};
use quarterdeck::model::look::{Look, UnitLook};
use quarterdeck::model::operation::{Freeze, Outcome, Progress, RunState, Seen, Stage};
use quarterdeck::model::plan::{Input, Intent, Permits};
use quarterdeck::model::screen::{OpPick, Overlay, Pane};
use quarterdeck::model::severity::Severity;
use quarterdeck::model::unit::{ActiveState, UnitFacts};
use quarterdeck::model::verb::{Signal, Verb};
use quarterdeck::msg::{Acted, Edit, HostEvent, Msg};

use crate::frames::{chrome, look};
use crate::reducers::{Story, running};

const BIG: &[(u16, u16)] = &[(120, 40), (80, 24)];

/// All hosts connected, all services running.
fn story() -> Story {
    let mut story = Story::with_host("coord");
    for host in ["web", "stage"] {
        story.host(host, HostEvent::Link(Link::Connected));
        story.host(host, HostEvent::Facts(Box::new(crate::reducers::facts())));
        story.host(host, HostEvent::Pushed(true));
    }
    story.model.operator = "ana@laptop-3".into();
    for (host, unit) in [
        ("coord", "mcp.service"),
        ("coord", "nginx.service"),
        ("web", "nginx.service"),
        ("stage", "mcp.service"),
    ] {
        story.read(host, unit, running(0, 10));
    }
    story
}

/// Selects a service of a host.
fn select(story: &mut Story, host: &str, service: &str) {
    story.model.screen.view.focus = Pane::Services;
    let id = Story::id(host);
    story.model.screen.selection.service =
        Some(quarterdeck::model::ids::InstanceId { host: id, service: service.into() });
}

/// A key as the app takes it: text while text is typed, else what the keymap says.
fn press(story: &mut Story, code: KeyCode) {
    if story.model.is_typing() {
        let edit = match code {
            KeyCode::Char(c) => Edit::Insert(c),
            KeyCode::Enter => Edit::Accept,
            KeyCode::Esc => Edit::Cancel,
            KeyCode::Tab | KeyCode::Down => Edit::Down,
            KeyCode::Up => Edit::Up,
            KeyCode::Backspace => Edit::Backspace,
            _ => return,
        };
        story.send(Msg::Typed(edit));
        return;
    }
    let place = story.model.screen.overlays.last().and_then(Overlay::own_keys);
    let key = KeyEvent::new(code, KeyModifiers::NONE);
    if let Some(command) = Keymap::default().lookup(key, place) {
        story.send(Msg::Command(command));
    } else {
        story.effects.clear();
    }
}

/// Keys one after the other: `<enter>`, `<esc>`, `<tab>`, `<down>`, else characters.
fn keys(story: &mut Story, text: &str) -> Vec<Effect> {
    let mut all = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let named = rest.strip_prefix('<').and_then(|rest| rest.split_once('>'));
        let (code, after) = match named {
            Some(("enter", after)) => (KeyCode::Enter, after),
            Some(("esc", after)) => (KeyCode::Esc, after),
            Some(("tab", after)) => (KeyCode::Tab, after),
            Some(("down", after)) => (KeyCode::Down, after),
            Some((name, _)) => panic!("{name}"),
            None => (KeyCode::Char(first), &rest[first.len_utf8()..]),
        };
        rest = after;
        press(story, code);
        all.append(&mut story.effects);
    }
    all
}

/// What hosts were asked.
fn asks(effects: &[Effect]) -> Vec<(String, &Ask)> {
    effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Act(host, ask) => Some((host.host.to_string(), ask)),
            _ => None,
        })
        .collect()
}

fn changes(ask: &Ask) -> bool {
    !matches!(ask, Ask::Look { .. } | Ask::Source { .. } | Ask::List | Ask::Follow { .. })
}

fn changing(effects: &[Effect]) -> Vec<String> {
    asks(effects)
        .into_iter()
        .filter(|(_, ask)| changes(ask))
        .map(|(host, ask)| format!("{host}: {ask:?}"))
        .collect()
}

/// What a sound host says.
fn seen(unit: &str) -> Look {
    let tools = ["setsid", "systemd-run", "curl", "bash", "ss", "xargs", "flock"];
    let properties = [
        ("LoadState", "loaded"),
        ("ActiveState", "active"),
        ("SubState", "running"),
        ("NRestarts", "0"),
        ("InvocationID", "4f1c"),
        ("UnitFileState", "enabled"),
        ("TimeoutStartUSec", "1min 30s"),
        ("TimeoutStopUSec", "1min 30s"),
    ];
    Look {
        machine: "3f2a".into(),
        boot: "0b6e".into(),
        root: true,
        tools: tools.into_iter().map(Into::into).collect(),
        systemd: Some(252),
        disk: Some(1 << 30),
        file_system: "ext2/ext3".into(),
        units: vec![UnitLook {
            name: unit.into(),
            properties: properties.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect(),
            files: "1 2".into(),
        }],
        ..Look::default()
    }
}

/// The hosts that were looked at say that all is well; a person reads what comes of it.
fn answer(story: &mut Story, effects: &[Effect]) {
    for (host, ask) in asks(effects) {
        if let Ask::Look { asked, instance, unit, .. } = ask {
            let look = Ok(Box::new(seen(unit.as_ref().unwrap().as_str())));
            let acted = Acted::Looked { asked: *asked, instance: instance.clone(), look };
            story.host(&host, HostEvent::Acted(acted));
        }
    }
    story.wait(1);
}

/// A plan to restart, read.
fn planned(story: &mut Story, host: &str, service: &str) {
    select(story, host, service);
    let asked = keys(story, "R");
    answer(story, &asked);
    assert!(matches!(story.model.acting.planning.as_ref().unwrap().made, Some(Ok(_))));
}

fn unlock(story: &mut Story) {
    let effects = keys(story, "Wdisk full<enter>");
    assert!(changing(&effects).is_empty());
}

fn top(story: &Story) -> &'static str {
    match story.model.screen.overlays.last() {
        None => "panes",
        Some(Overlay::Actions { .. } | Overlay::Copies { .. }) => "actions",
        Some(Overlay::Signals { .. }) => "signals",
        Some(Overlay::Plan { typed: None, .. }) => "plan",
        Some(Overlay::Plan { typed: Some(_), .. }) => "typing",
        Some(Overlay::Unlock { .. }) => "unlock",
        Some(Overlay::Operation { .. }) => "operation",
        Some(Overlay::Attached { .. }) => "attached",
        Some(Overlay::Operations { .. }) => "operations",
        Some(_) => "other",
    }
}

fn said(story: &Story) -> &str {
    story.model.screen.notice.as_ref().map_or("", |notice| &notice.text)
}

/// An operation whose runner runs and has done its first step.
fn under_way(story: &mut Story) {
    planned(story, "stage", "mcp");
    let claims = keys(story, "y");
    assert!(matches!(asks(&claims).as_slice(), [(_, Ask::Claim(_))]), "{claims:?}");
    let run = story.model.acting.operations[0].id.run(0);
    story.host("stage", HostEvent::Acted(Acted::Claimed(run.clone(), Ok(()))));
    assert!(matches!(asks(&story.effects).as_slice(), [(_, Ask::Launch(_))]));
    story.host("stage", HostEvent::Acted(Acted::Launched(run, Ok(()))));
    progress(story, "100000.0 10 start\n100000.2 10 done 0\n100001.0 20 start\n", b"", None);
}

fn progress(story: &mut Story, events: &str, log: &[u8], result: Option<&str>) {
    let run = &story.model.acting.operations[0].runs[0];
    let (at, from) = (run.output.wanted(), run.events);
    let progress = Progress {
        state: RunState {
            boot: "0b6e".into(),
            began_in: Some("0b6e".into()),
            alive: result.is_none(),
            result: result.map(Into::into),
            ..RunState::default()
        },
        log: (at, at + log.len() as u64, log.to_vec()),
        events: (from, events.to_owned()),
        steps: Vec::new(),
    };
    let run = story.model.acting.operations[0].id.run(0);
    story.host("stage", HostEvent::Acted(Acted::Progress(run, Ok(Box::new(progress)))));
}

#[test]
fn a_capital_opens_a_plan_and_y_runs_it_where_nothing_is_protected() {
    let mut story = story();
    select(&mut story, "stage", "mcp");
    let asked = keys(&mut story, "R");
    assert!(matches!(asks(&asked).as_slice(), [(host, Ask::Look { .. })] if host == "stage"));
    assert_eq!(top(&story), "plan");
    // Not before the hosts have answered, and not before one can have read it.
    assert!(keys(&mut story, "y").is_empty());
    assert_eq!(said(&story), "there is no plan yet: hosts are being asked");
    answer(&mut story, &asked);
    let claims = keys(&mut story, "y");
    assert!(matches!(asks(&claims).as_slice(), [(host, Ask::Claim(_))] if host == "stage"));
    assert_eq!(top(&story), "operation");
}

#[test]
fn a_unit_that_was_only_found_is_not_the_declared_service_of_its_name() {
    let mut story = story();
    let mut changed = crate::reducers::spec();
    // nginx is declared on one host, and runs on the other, for which nothing is declared, as well.
    changed.envs[0].services.retain(|service| service.name.as_str() == "nginx");
    changed.envs[0].services[0].hosts.retain(|host| host.as_str() == "coord");
    story.send(Msg::ConfigRead(Arc::new(changed)));
    story.read("web", "nginx.service", running(0, 10));
    let web = story.model.fleet.host(&Story::id("web")).unwrap();
    assert!(web.instances.values().all(|one| one.discovered) && web.instances.len() == 1);
    let mut asked = |hosts: &[&str]| {
        let hosts = hosts.iter().map(|name| (*name).into()).collect();
        let intent = Intent::of(Verb::Restart, Story::id("web").env, vec!["nginx".into()], hosts);
        let effects = quarterdeck::update::planning::plan(&mut story.model, intent);
        let at = |effect: &Effect| match effect {
            Effect::Act(host, _) => Some(host.host.to_string()),
            _ => None,
        };
        effects.iter().filter_map(at).collect::<Vec<_>>()
    };
    assert_eq!(asked(&[]), ["coord"]);
    assert_eq!(asked(&["web"]), ["web"], "by its name it is meant");
}

#[test]
fn a_key_on_its_way_before_the_plan_was_seen_does_not_run_it() {
    let mut story = story();
    select(&mut story, "stage", "mcp");
    let asked = keys(&mut story, "R");
    for (host, ask) in asks(&asked) {
        let Ask::Look { asked, instance, .. } = ask else { panic!("{ask:?}") };
        let look = Ok(Box::new(seen("mcp.service")));
        let acted = Acted::Looked { asked: *asked, instance: instance.clone(), look };
        story.host(&host, HostEvent::Acted(acted));
    }
    let effects = keys(&mut story, "y");
    assert!(changing(&effects).is_empty());
    assert_eq!((top(&story), said(&story)), ("plan", "read the plan first"));
}

#[test]
fn the_answer_without_thinking_is_no() {
    for key in ["<enter>", "<esc>", "q"] {
        let mut story = story();
        planned(&mut story, "stage", "mcp");
        let effects = keys(&mut story, key);
        assert!(changing(&effects).is_empty(), "{key}");
        assert_eq!(top(&story), "panes", "{key}");
        assert_eq!(story.model.acting.planning, None, "{key}");
        // It is gone: a later yes is to nothing.
        story.wait(1);
        assert!(keys(&mut story, "y").is_empty());
        assert!(story.model.acting.operations.is_empty());
    }
}

#[test]
fn lower_case_keys_change_nothing_wherever_they_are_pressed() {
    type Place = (&'static str, fn(&mut Story));
    let places: [Place; 7] = [
        ("panes", |story| select(story, "stage", "mcp")),
        ("unit", |story| {
            select(story, "stage", "mcp");
            keys(story, "<enter>");
        }),
        ("menu", |story| {
            select(story, "stage", "mcp");
            keys(story, "x");
        }),
        ("signals", |story| {
            select(story, "stage", "mcp");
            keys(story, "K");
        }),
        ("plan", |story| planned(story, "stage", "mcp")),
        ("operation", under_way),
        ("operations", |story| {
            keys(story, "o");
        }),
    ];
    for (name, go) in places {
        for key in ('a'..='z').filter(|key| (name, *key) != ("plan", 'y')) {
            let mut story = story();
            go(&mut story);
            let held = story.model.acting.operations.len();
            let effects = keys(&mut story, &format!("{key}{key}"));
            assert!(changing(&effects).is_empty(), "{name} {key}: {:?}", changing(&effects));
            assert_eq!(story.model.acting.operations.len(), held, "{name} {key}");
        }
    }
}

#[test]
fn a_protected_plan_wants_its_name_and_a_wrong_one_does_nothing() {
    let mut story = story();
    select(&mut story, "coord", "mcp");
    unlock(&mut story);
    planned(&mut story, "coord", "mcp");
    let effects = keys(&mut story, "y");
    assert!(effects.is_empty());
    assert_eq!(top(&story), "typing");
    for wrong in ["mc", "nginx", "MCP", "y", "yes"] {
        let effects = keys(&mut story, &format!("{wrong}<enter>"));
        assert!(changing(&effects).is_empty(), "{wrong}");
        assert_eq!((top(&story), said(&story)), ("typing", "type `mcp` to confirm"));
        for _ in wrong.chars() {
            press(&mut story, KeyCode::Backspace);
        }
    }
    let effects = keys(&mut story, "mcp<enter>");
    assert!(matches!(asks(&effects).as_slice(), [(host, Ask::Claim(_))] if host == "coord"));
    assert_eq!(story.model.acting.operations[0].plan.how(), "typed");
}

#[test]
fn enter_without_a_name_leaves_a_protected_plan() {
    for key in ["<enter>", "<esc>", "  <enter>", "mcp<esc>"] {
        let mut story = story();
        select(&mut story, "coord", "mcp");
        unlock(&mut story);
        planned(&mut story, "coord", "mcp");
        let effects = keys(&mut story, &format!("y{key}"));
        assert!(changing(&effects).is_empty(), "{key}");
        assert_eq!((top(&story), story.model.acting.planning.is_some()), ("panes", false), "{key}");
    }
}

#[test]
fn a_locked_environment_cannot_be_confirmed_and_unlocking_goes_back_to_the_plan() {
    let mut story = story();
    planned(&mut story, "coord", "mcp");
    let effects = keys(&mut story, "ymcp<enter>");
    assert!(changing(&effects).is_empty());
    assert!(story.model.acting.operations.is_empty());
    // The letters were keys.
    story.model.screen.overlays.clear();
    planned(&mut story, "coord", "mcp");
    keys(&mut story, "y");
    assert_eq!((top(&story), said(&story)), ("plan", "production is locked: unlock it first"));
    keys(&mut story, "W");
    assert_eq!(top(&story), "unlock");
    keys(&mut story, "<enter>");
    assert_eq!(top(&story), "unlock", "a reason is needed");
    keys(&mut story, "disk full<enter>");
    assert_eq!(top(&story), "plan");
    let effects = keys(&mut story, "ymcp<enter>");
    assert_eq!(changing(&effects).len(), 1);
}

#[test]
fn a_lock_that_came_back_while_the_name_was_typed_holds() {
    let mut story = story();
    select(&mut story, "coord", "mcp");
    keys(&mut story, "Wdisk full<tab>");
    press(&mut story, KeyCode::Backspace);
    press(&mut story, KeyCode::Backspace);
    keys(&mut story, "1<enter>");
    planned(&mut story, "coord", "mcp");
    keys(&mut story, "ymcp");
    story.wait(70);
    assert_eq!(top(&story), "typing", "letters stay text");
    let effects = keys(&mut story, "<enter>");
    assert!(changing(&effects).is_empty());
    assert_eq!(said(&story), "production is locked: unlock it first");
}

#[test]
fn a_console_that_only_reads_plans_and_runs_nothing() {
    let mut story = story();
    story.model.acting.permits = Permits::read_only();
    for (host, service) in [("stage", "mcp"), ("coord", "mcp")] {
        planned(&mut story, host, service);
        let effects = keys(&mut story, "y");
        assert!(changing(&effects).is_empty());
        assert_eq!((top(&story), said(&story)), ("plan", "this console only reads (--read-only)"));
        keys(&mut story, "W");
        assert_eq!(top(&story), "plan");
        assert!(said(&story).contains("only reads"));
        keys(&mut story, "<esc>");
    }
}

#[test]
fn unlocking_is_told_with_its_reason_and_ends_by_itself_or_by_the_same_key() {
    let mut story = story();
    select(&mut story, "coord", "mcp");
    unlock(&mut story);
    assert!(story.model.acting.permits.unlocked(&"production".into()).is_some());
    keys(&mut story, "W");
    assert!(story.model.acting.permits.unlocked(&"production".into()).is_none());
    unlock(&mut story);
    story.wait(15 * 60 + 1);
    assert!(story.model.acting.permits.unlocked(&"production".into()).is_none());
    let told: Vec<&str> = story
        .model
        .timeline
        .iter()
        .filter(|event| event.kind == EventKind::Action)
        .map(|event| event.text.as_str())
        .collect();
    let unlocked = "production was unlocked by ana@laptop-3 for 15 min: disk full";
    let (by_hand, by_time) =
        ("production was locked again", "production is locked again: its time is over");
    assert_eq!(told, [unlocked, by_hand, unlocked, by_time]);
    select(&mut story, "stage", "mcp");
    keys(&mut story, "W");
    assert_eq!(said(&story), "staging is not protected; it needs no unlocking");
}

#[test]
fn unlocking_and_locking_again_are_written_down() {
    let mut story = story();
    select(&mut story, "coord", "mcp");
    let mut told = Vec::new();
    let mut take = |effects: &[Effect]| {
        for effect in effects {
            if let Effect::Audit(entry) = effect {
                told.push((entry.deed, entry.protected, entry.about.clone()));
            }
        }
    };
    take(&keys(&mut story, "Wdisk full<enter>"));
    take(&keys(&mut story, "W"));
    take(&keys(&mut story, "Wdisk full<enter>"));
    story.wait(15 * 60 + 1);
    take(&story.effects);
    let line = |deed, about: &str| (deed, true, about.to_owned());
    assert_eq!(
        told,
        [
            line(Deed::Unlock, "for 15 min: disk full"),
            line(Deed::Lock, "by hand"),
            line(Deed::Unlock, "for 15 min: disk full"),
            line(Deed::Lock, "its time is over"),
        ]
    );
}

#[test]
fn the_menu_says_why_not_and_keeps_its_target_when_the_selection_moves() {
    let mut story = story();
    select(&mut story, "stage", "mcp");
    keys(&mut story, "x");
    assert_eq!(top(&story), "actions");
    // Start is the second; it runs.
    let effects = keys(&mut story, "<down><enter>");
    assert!(asks(&effects).is_empty());
    assert_eq!((top(&story), said(&story)), ("actions", "start mcp: it runs"));
    // Rows come and go beneath, and with them what is selected.
    select(&mut story, "coord", "nginx");
    let effects = keys(&mut story, "k<enter>");
    assert!(matches!(asks(&effects).as_slice(), [(host, Ask::Look { .. })] if host == "stage"));
    let intent = &story.model.acting.planning.as_ref().unwrap().intent;
    assert_eq!(intent.title(), "restart mcp on stage");
    assert_eq!(intent.env, "staging".into());
}

#[test]
fn what_was_acted_on_stays_selected_when_another_row_becomes_the_first() {
    let mut story = story();
    story.model.screen.view.focus = Pane::Services;
    let first = keys(&mut story, "R<esc>");
    let [(_, Ask::Look { instance, .. })] = asks(&first)[..] else { panic!("{first:?}") };
    let down = UnitFacts { active: ActiveState::Failed, main_pid: None, ..running(0, 10) };
    story.read("web", "nginx.service", down);
    let second = keys(&mut story, "R");
    let [(_, Ask::Look { instance: again, .. })] = asks(&second)[..] else { panic!("{second:?}") };
    assert_eq!(instance, again);
}

#[test]
fn all_hosts_are_chosen_by_one_key_and_each_of_them_is_looked_at() {
    let mut story = story();
    select(&mut story, "web", "nginx");
    let effects = keys(&mut story, "xa<enter>");
    let hosts: Vec<String> = asks(&effects).into_iter().map(|(host, _)| host).collect();
    assert_eq!(hosts, ["coord", "web"]);
    keys(&mut story, "<esc>");
    // On one of them it cannot be done: that is said before any host is asked.
    let down = UnitFacts { active: ActiveState::Inactive, main_pid: None, ..running(0, 10) };
    story.read("coord", "nginx.service", down);
    let effects = keys(&mut story, "xaT");
    assert!(asks(&effects).is_empty());
    assert_eq!(said(&story), "stop nginx: on coord: it does not run");
}

#[test]
fn a_signal_is_chosen_before_the_plan() {
    let mut story = story();
    select(&mut story, "stage", "mcp");
    assert!(asks(&keys(&mut story, "K")).is_empty());
    assert_eq!(top(&story), "signals");
    let effects = keys(&mut story, "<down><down><enter>");
    assert_eq!(asks(&effects).len(), 1);
    let intent = &story.model.acting.planning.as_ref().unwrap().intent;
    assert_eq!((intent.verb, intent.title().as_str()), (Verb::Kill, "kill -HUP mcp on stage"));
    assert_eq!(Signal::ALL[2], Signal::Hup);
}

fn declare(story: &mut Story) {
    let input = |name: &str, default: Option<&str>, choices: &[&str]| InputSpec {
        name: name.into(),
        default: default.map(Into::into),
        choices: choices.iter().map(|choice| (*choice).into()).collect(),
    };
    let action = ActionSpec {
        name: "flush-cache".into(),
        doc: "empty the cache".into(),
        run: Run::Script("flush \"$what\" \"$depth\"".into()),
        undo: None,
        services: vec!["mcp".into()],
        inputs: vec![input("what", None, &[]), input("depth", Some("all"), &["all", "old"])],
        safe: false,
        gate: false,
        user: None,
        timeout: Duration::from_secs(60),
    };
    story.model.fleet.actions = [Arc::new(action)].into();
}

#[test]
fn a_declared_action_stands_in_the_menu_and_asks_for_what_it_needs() {
    let mut story = story();
    declare(&mut story);
    select(&mut story, "stage", "mcp");
    keys(&mut story, "xG");
    look("acting_menu_declared", &story.model, &chrome(), &[(80, 24)]);
    assert!(asks(&keys(&mut story, "<enter>")).is_empty());
    look("acting_inputs", &story.model, &chrome(), &[(80, 24)]);
    assert!(asks(&keys(&mut story, "<enter>")).is_empty());
    assert_eq!(said(&story), "flush-cache needs a value for `what`");
    let asked = keys(&mut story, "it's; rm<tab>X<enter>");
    assert!(asks(&asked).is_empty());
    assert_eq!(said(&story), "`depth` is one of: all, old");
    press(&mut story, KeyCode::Backspace);
    let asked = keys(&mut story, "<enter>");
    answer(&mut story, &asked);
    let planning = story.model.acting.planning.as_ref().unwrap();
    assert_eq!(planning.intent.title(), "flush-cache mcp on stage");
    let plan = planning.made.clone().unwrap().unwrap();
    assert!(plan.hosts[0].steps[1].script.contains(r"'it'\''s; rm'"));
    assert_eq!(top(&story), "plan");
    // Nobody else's.
    keys(&mut story, "<esc>");
    select(&mut story, "coord", "nginx");
    keys(&mut story, "xG<enter>");
    let planning = story.model.acting.planning.as_ref().unwrap();
    assert_eq!(planning.intent.verb, Verb::DaemonReload);
}

#[test]
fn a_refusal_is_shown_and_the_same_is_asked_again() {
    let mut story = story();
    select(&mut story, "stage", "mcp");
    let asked = keys(&mut story, "R");
    let [(_, Ask::Look { asked, instance, .. })] = asks(&asked)[..] else { panic!("{asked:?}") };
    let fault = Fault::new(FaultKind::Denied, "act on the host", "it needs root");
    let acted = Acted::Looked { asked: *asked, instance: instance.clone(), look: Err(fault) };
    story.host("stage", HostEvent::Acted(acted)).wait(1);
    assert!(keys(&mut story, "y").is_empty());
    assert_eq!(said(&story), "there is no plan: a host cannot take part");
    story.model.screen.notice = None;
    look("acting_refused", &story.model, &chrome(), &[(80, 24)]);
    let again = keys(&mut story, "r");
    assert_eq!(asks(&again).len(), 1);
    answer(&mut story, &again);
    assert_eq!(changing(&keys(&mut story, "y")).len(), 1);
}

#[test]
fn what_is_down_while_it_is_acted_on_is_no_alarm_until_that_is_over() {
    let mut story = story();
    under_way(&mut story);
    let stopped = UnitFacts { active: ActiveState::Failed, main_pid: None, ..running(0, 10) };
    story.read("stage", "mcp.service", stopped.clone());
    assert_eq!(story.verdict("stage", "mcp").1, Severity::Warning);
    story.wait(30).read("stage", "mcp.service", stopped.clone());
    assert_eq!(story.verdict("stage", "mcp").1, Severity::Warning, "it goes on");
    // No colleague has claimed it, which changes nothing of that.
    story.host("stage", HostEvent::Claims(Vec::new(), Vec::new(), Vec::new()));
    assert_eq!(story.verdict("stage", "mcp").1, Severity::Warning);
    progress(&mut story, "", b"", Some("failed 20 1"));
    story.wait(6).read("stage", "mcp.service", stopped);
    assert_eq!(story.verdict("stage", "mcp").1, Severity::Critical);
}

#[test]
fn leaving_an_operation_detaches_and_it_goes_on() {
    let mut story = story();
    under_way(&mut story);
    let effects = keys(&mut story, "<esc>");
    assert!(changing(&effects).is_empty());
    assert_eq!((top(&story), said(&story)), ("panes", "restart mcp on stage goes on"));
    progress(
        &mut story,
        "100002.0 20 done 0\n100002.1 30 start\n100005.0 30 done 0\n",
        b"ok\n",
        None,
    );
    assert!(matches!(asks(&story.effects).as_slice(), [(_, Ask::Follow { .. })]));
    progress(&mut story, "", b"", Some("succeeded - 0"));
    assert_eq!(story.model.acting.operations[0].outcome(), Some(Outcome::Succeeded));
    assert_eq!(said(&story), "restart mcp on stage: succeeded");
    keys(&mut story, "o<enter>");
    assert_eq!(top(&story), "operation");
}

#[test]
fn a_capital_cancels_and_once() {
    let mut story = story();
    under_way(&mut story);
    let effects = keys(&mut story, "X");
    assert!(matches!(asks(&effects).as_slice(), [(_, Ask::Cancel(..))]), "{effects:?}");
    assert!(changing(&keys(&mut story, "X")).is_empty());
    // Elsewhere it is nothing.
    keys(&mut story, "<esc>");
    assert!(keys(&mut story, "X").is_empty());
}

#[test]
fn who_quits_while_an_operation_runs_is_told_once() {
    let mut story = story();
    under_way(&mut story);
    keys(&mut story, "q");
    assert!(!keys(&mut story, "q").contains(&Effect::Quit));
    assert_eq!(said(&story), "restart mcp on stage goes on by itself; again quits");
    assert!(keys(&mut story, "q").contains(&Effect::Quit));
}

#[test]
fn the_list_asks_connected_hosts_and_shows_what_others_do() {
    let mut story = story();
    let fault = Fault::new(FaultKind::Unreachable, "connect", "no route");
    story.host("web", HostEvent::Link(Link::failed(fault, story.now)));
    let effects = keys(&mut story, "o");
    let hosts: Vec<String> = asks(&effects).into_iter().map(|(host, _)| host).collect();
    assert_eq!(hosts, ["coord", "stage"]);
    let freeze =
        Freeze { subject: "mcp.service".into(), reason: "audit".into(), ..Freeze::default() };
    let listed = Seen { runs: Vec::new(), freezes: vec![freeze] };
    story.host("coord", HostEvent::Acted(Acted::Listed(Ok(listed))));
    keys(&mut story, "<down>");
    let chosen = OpPick::Frozen(Story::id("coord"), "mcp.service".into());
    assert_eq!(
        story.model.screen.overlays.last(),
        Some(&Overlay::Operations { chosen: Some(chosen) })
    );
    assert_eq!(asks(&keys(&mut story, "r")).len(), 2);
}

#[test]
fn nothing_is_acted_on_from_a_board_or_from_what_is_no_service() {
    let mut story = story();
    story.model.screen.board = true;
    select(&mut story, "stage", "mcp");
    assert!(asks(&keys(&mut story, "xRSTKWo")).is_empty());
    assert_eq!(top(&story), "panes");
    story.model.screen.board = false;
    story.model.screen.view.focus = Pane::Hosts;
    assert!(asks(&keys(&mut story, "R")).is_empty());
    assert_eq!(said(&story), "select a service to act on it");
    // What hides the selection hides what is meant.
    select(&mut story, "stage", "mcp");
    assert!(asks(&keys(&mut story, "?R")).is_empty());
}

proptest! {
    /// Whatever keys are pressed with a plan of a locked environment on the screen: nothing changes.
    #[test]
    fn no_keys_run_a_plan_of_a_locked_environment(
        codes in prop::collection::vec(prop_oneof![
            prop::sample::select("abcdefghijklmnopqrstuvxyzRSTKXAGL0123456789!?:/ ".chars()
                .map(KeyCode::Char).collect::<Vec<_>>()),
            Just(KeyCode::Enter), Just(KeyCode::Esc), Just(KeyCode::Tab), Just(KeyCode::Down),
        ], 0..40)
    ) {
        let mut story = story();
        planned(&mut story, "coord", "mcp");
        for code in codes {
            story.now = story.now + Duration::from_millis(700);
            press(&mut story, code);
            let effects = std::mem::take(&mut story.effects);
            prop_assert!(changing(&effects).is_empty());
            answer(&mut story, &effects.into_iter().filter(|effect| {
                // Only the protected environment answers.
                matches!(effect, Effect::Act(host, _) if host.env == "production".into())
            }).collect::<Vec<_>>());
        }
        prop_assert!(story.model.acting.operations.is_empty());
    }
}

#[test]
fn frames_of_the_menu() {
    let mut story = story();
    select(&mut story, "web", "nginx");
    keys(&mut story, "x");
    look("acting_menu", &story.model, &chrome(), BIG);
    keys(&mut story, "a");
    look("acting_menu_all", &story.model, &chrome(), &[(80, 24)]);
    keys(&mut story, "K");
    look("acting_signals", &story.model, &chrome(), &[(80, 24)]);
}

#[test]
fn frames_of_a_plan() {
    let mut story = story();
    select(&mut story, "stage", "mcp");
    let asked = keys(&mut story, "R");
    look("acting_plan_asking", &story.model, &chrome(), &[(80, 24)]);
    answer(&mut story, &asked);
    look("acting_plan", &story.model, &chrome(), BIG);
    story.wait(90);
    look("acting_plan_old", &story.model, &chrome(), &[(80, 24)]);
}

#[test]
fn frames_of_a_protected_plan() {
    let mut story = story();
    select(&mut story, "web", "nginx");
    let asked = keys(&mut story, "xa<enter>");
    answer(&mut story, &asked);
    look("acting_plan_locked", &story.model, &chrome(), BIG);
    keys(&mut story, "Wdisk full");
    look("acting_unlock", &story.model, &chrome(), &[(80, 24)]);
    press(&mut story, KeyCode::Enter);
    story.wait(10);
    look("acting_plan_protected", &story.model, &chrome(), BIG);
    keys(&mut story, "yngi");
    look("acting_plan_typed", &story.model, &chrome(), &[(80, 24)]);
}

#[test]
fn frames_of_an_operation() {
    let mut story = story();
    under_way(&mut story);
    let log = b"stopping\nstarting\n\x1b[31mlistening on 3444\n";
    progress(&mut story, "", log, None);
    story.wait(3);
    look("acting_operation", &story.model, &chrome(), BIG);
    keys(&mut story, "<esc>");
    story.wait(9);
    look("acting_panes", &story.model, &chrome(), BIG);
    let failed = "100005.0 20 done 0\n100005.1 30 start\n100065.1 30 done 1\n";
    progress(&mut story, failed, b"gate: it was restarted 3 times\n", None);
    progress(&mut story, "", b"", Some("failed 30 1"));
    keys(&mut story, "o");
    look("acting_operations", &story.model, &chrome(), BIG);
    keys(&mut story, "<enter>");
    look("acting_operation_failed", &story.model, &chrome(), BIG);
}

#[test]
fn frames_of_a_console_that_only_reads() {
    let mut story = story();
    story.model.acting.permits = Permits::read_only();
    planned(&mut story, "coord", "mcp");
    look("acting_read_only", &story.model, &chrome(), &[(80, 24)]);
}

#[test]
fn every_command_of_acting_has_a_key_and_only_the_answer_is_lower_case() {
    let lower: Vec<&str> = Command::ALL
        .iter()
        .filter(|command| command.default_keys().iter().any(|key| *key == key.to_lowercase()))
        .filter(|command| matches!(command.group(), Group::Act | Group::Plan))
        .map(|command| command.name())
        .collect();
    // Those behind it make another plan; a mark is the screen's.
    let all = [
        "actions",
        "mark",
        "operations",
        "plan-all-hosts",
        "plan-confirm",
        "plan-older",
        "plan-newer",
        "plan-revision",
        "plan-password",
    ];
    assert_eq!(lower, all);
}

#[test]
fn frames_of_a_plan_behind_a_balancer() {
    let mut story = story();
    let id = Story::id("stage");
    let instance =
        story.model.fleet.host_mut(&id).unwrap().instances.get_mut(&"mcp".into()).unwrap();
    let spec = DrainSpec {
        host: "stage".into(),
        file: "/etc/nginx/conf.d/mcp.conf".into(),
        upstream: "mcp".into(),
        servers: [("stage".into(), "127.0.0.1:3444".into())].into(),
        timeout: TIMEOUT,
        dead_man: DEAD_MAN,
    };
    let pools = spec.pools();
    Arc::make_mut(&mut instance.promises).drains.push(spec);
    select(&mut story, "stage", "mcp");
    let asked = keys(&mut story, "R");
    for (host, ask) in asks(&asked) {
        let Ask::Look { asked, instance, more, .. } = ask else { continue };
        let mut said = seen("mcp.service");
        let members = ["127.0.0.1:3444", "10.0.0.2:3444"].map(|address| Member {
            upstream: "mcp".into(),
            address: address.into(),
            down: false,
        });
        said.pools = vec![Pools {
            id: pools.clone(),
            sum: "4108 77".into(),
            members: members.into(),
            pending: vec!["/etc/nginx/nginx.conf".into()],
            fault: None,
        }];
        assert!(more.pools.is_empty() || more.pools == [pools.clone()]);
        let look = Ok(Box::new(said));
        let acted = Acted::Looked { asked: *asked, instance: instance.clone(), look };
        story.host(&host, HostEvent::Acted(acted));
    }
    story.wait(1);
    look("acting_plan_drain", &story.model, &chrome(), BIG);
    keys(&mut story, "y");
    let operation = &mut story.model.acting.operations[0];
    let op = operation.id.clone();
    for place in 0..2 {
        let run = op.run(1 - place);
        story.host("stage", HostEvent::Acted(Acted::Claimed(run, Ok(()))));
    }
    story.host("stage", HostEvent::Acted(Acted::Launched(op.run(1), Ok(()))));
    look("acting_draining", &story.model, &chrome(), &[(80, 24)]);
    // What is said at the end.
    let operation = &mut story.model.acting.operations[0];
    operation.stage = Stage::Ended(Outcome::Failed);
    operation.drained.push((1, "mcp on stage stays drained, since it failed".to_owned()));
    look("acting_drained", &story.model, &chrome(), &[(80, 24)]);
}

#[test]
fn the_list_of_operations_is_kept_up_to_date_while_it_is_looked_at() {
    let mut story = story();
    story.command(Command::Operations);
    let up = story.model.fleet.hosts().filter(|(_, host)| host.link.is_up()).count();
    let asked = |story: &mut Story, wait: u64| {
        let effects = &story.wait(wait).effects;
        effects.iter().filter(|one| matches!(one, Effect::Act(_, Ask::List))).count()
    };
    assert_eq!([1, 5, 1].map(|wait| asked(&mut story, wait)), [0, up, 0]);
    story.command(Command::Back);
    assert_eq!(asked(&mut story, 10), 0);
}
