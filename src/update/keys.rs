//! What each command does.

use super::intervene::{self, Way};
use super::moves::{END, Selected, Step, go, selected};
use super::say;
use super::{acknowledge, acts, copy, lend, logs, menu, open_log, releases, sight, unlock};
use crate::effect::Effect;
use crate::model::Model;
use crate::model::command::Command;
use crate::model::ids::{HostId, InstanceId};
use crate::model::observed::Observed;
use crate::model::screen::{DetailTab, Input, Overlay, Pane, SortBy};
use crate::model::severity::Severity;
use crate::model::verb::Verb;

pub(super) fn command(model: &mut Model, command: Command) -> Vec<Effect> {
    let before = model.screen.view.clone();
    let mut effects = act(model, command);
    if model.screen.view != before {
        effects.push(Effect::SaveView(model.screen.view.clone()));
    }
    effects
}

fn act(model: &mut Model, command: Command) -> Vec<Effect> {
    let page = isize::try_from(model.screen.page.max(2)).unwrap_or(2);
    if model.screen.overlays.last() == Some(&Overlay::Logs)
        && let Some(step) = step(command, page)
    {
        return logs::moved(model, step);
    }
    match command {
        Command::Down
        | Command::Up
        | Command::First
        | Command::Last
        | Command::PageDown
        | Command::PageUp
        | Command::HalfPageDown
        | Command::HalfPageUp => {
            if let Some(step) = step(command, page) {
                go(model, step);
            }
        }
        Command::NextPane => next_pane(model, 1),
        Command::PreviousPane => next_pane(model, -1),
        Command::Fleet => model.screen.view.env = None,
        Command::Env1 => env(model, 0),
        Command::Env2 => env(model, 1),
        Command::Env3 => env(model, 2),
        Command::Env4 => env(model, 3),
        Command::Env5 => env(model, 4),
        Command::Env6 => env(model, 5),
        Command::Env7 => env(model, 6),
        Command::Env8 => env(model, 7),
        Command::Env9 => env(model, 8),
        Command::Filter => {
            if model.screen.overlays.is_empty() {
                model.screen.editing = Some(Input::new(&model.screen.view.filter));
            }
        }
        Command::ProblemsOnly => {
            model.screen.view.problems_only = !model.screen.view.problems_only;
        }
        Command::SortNext => sort(model, 1),
        Command::SortPrevious => sort(model, -1),
        Command::SortInvert => {
            if sorts(model) {
                model.screen.view.inverted = !model.screen.view.inverted;
            }
        }
        Command::Zoom => model.screen.view.zoom = !model.screen.view.zoom,
        Command::Freeze => freeze(model),
        Command::Open => return acts::enter(model).unwrap_or_else(|| open(model)),
        Command::Describe => return open(model),
        Command::Back => return back(model),
        Command::Dependencies => dependencies(model),
        Command::PortTable => {
            if !model.screen.board {
                top(model, Overlay::PortTable { scroll: 0 });
            }
        }
        Command::Logs => return open_log::of_selected(model),
        Command::LogsShown => return open_log::of_shown(model),
        Command::Refresh => return acts::again(model).unwrap_or_else(|| refresh(model)),
        Command::Acknowledge => acknowledge::ask(model),
        Command::Login | Command::PlanPassword => return lend::login(model),
        Command::Shell => return lend::shell(model),
        Command::Copy => return copy::copy(model),
        Command::Actions => menu::open(model),
        Command::Mark => menu::mark(model),
        Command::Restart => return menu::verb(model, Verb::Restart),
        Command::Deploy => return menu::verb(model, Verb::Deploy),
        Command::Rollback => return menu::verb(model, Verb::Rollback),
        Command::Start => return menu::verb(model, Verb::Start),
        Command::Stop => return menu::verb(model, Verb::Stop),
        Command::Kill => return menu::verb(model, Verb::Kill),
        Command::Unlock => unlock::toggle(model),
        Command::Operations => return acts::list(model),
        Command::PlanAllHosts => menu::all_hosts(model),
        Command::PlanConfirm => return acts::confirm(model),
        Command::PlanOlder => return releases::other(model, true),
        Command::PlanNewer => return releases::other(model, false),
        Command::PlanRevision => releases::ask(model),
        Command::OperationCancel => return acts::cancel(model),
        Command::OperationUndo => intervene::of_row(model, Way::Undo),
        Command::OperationRelease => intervene::of_row(model, Way::Release),
        Command::FreezeService => intervene::freeze(model),
        Command::Help => top(model, Overlay::Help { scroll: 0 }),
        Command::Palette => {
            top(model, Overlay::Palette { input: Input::default(), chosen: 0 });
        }
        Command::OwnLog => top(model, Overlay::OwnLog),
        Command::Theme => return vec![Effect::Theme(None)],
        Command::Mouse => {
            model.screen.mouse = !model.screen.mouse;
            let text = if model.screen.mouse {
                "mouse captured; hold Shift to select text"
            } else {
                "mouse left to the terminal"
            };
            say(model, Severity::Info, text);
            return vec![Effect::Mouse(model.screen.mouse)];
        }
        Command::Suspend => return vec![Effect::Suspend],
        Command::Quit => return quit(model),
        of_a_log => return logs::command(model, of_a_log),
    }
    Vec::new()
}

/// How far a command moves.
const fn step(command: Command, page: isize) -> Option<Step> {
    Some(match command {
        Command::Down => Step::By(1),
        Command::Up => Step::By(-1),
        Command::First => Step::First,
        Command::Last => Step::Last,
        Command::PageDown => Step::By(page - 1),
        Command::PageUp => Step::By(1 - page),
        Command::HalfPageDown => Step::By(page / 2),
        Command::HalfPageUp => Step::By(-page / 2),
        _ => return None,
    })
}

/// Puts an overlay on top; the same one again closes it.
pub(super) fn top(model: &mut Model, overlay: Overlay) {
    let same = |other: &Overlay| std::mem::discriminant(other) == std::mem::discriminant(&overlay);
    if model.screen.overlays.last().is_some_and(same) {
        model.screen.overlays.pop();
    } else {
        model.screen.overlays.retain(|other| !same(other));
        model.screen.overlays.push(overlay);
    }
}

fn next_pane(model: &mut Model, by: isize) {
    // In a unit's detail the same keys go through its tabs.
    if let Some(overlay) = model.screen.overlays.last_mut() {
        if let Overlay::Unit { tab, scroll, .. } = overlay {
            *tab = turn(&DetailTab::ALL, *tab, by);
            // The last words are at the end.
            *scroll = if *tab == DetailTab::Journal { END } else { 0 };
        }
        if let Overlay::Needs { list, scroll, .. } = overlay {
            (*list, *scroll) = (!*list, 0);
        }
        return;
    }
    model.screen.view.focus = turn(&Pane::ALL, model.screen.view.focus, by);
}

/// The one `by` places further in a ring.
pub(super) fn turn<T: Copy + PartialEq>(ring: &[T], now: T, by: isize) -> T {
    let len = ring.len().cast_signed().max(1);
    let place = ring.iter().position(|one| *one == now).unwrap_or(0).cast_signed();
    ring.get((place + by).rem_euclid(len).cast_unsigned()).copied().unwrap_or(now)
}

fn env(model: &mut Model, place: usize) {
    match model.fleet.envs.get(place) {
        Some(env) => {
            model.screen.view.env = Some(env.name.clone());
            // The drawing is one environment's too.
            if let Some(Overlay::Needs { env: drawn, scroll, .. }) =
                model.screen.overlays.last_mut()
            {
                (*drawn, *scroll) = (env.name.clone(), 0);
            }
        }
        None => say(model, Severity::Info, format!("there is no environment number {}", place + 1)),
    }
}

/// Whether the focused pane is one whose rows are sorted by choice; else it is said which is.
fn sorts(model: &mut Model) -> bool {
    let yes = matches!(model.screen.view.focus, Pane::Services | Pane::CrashLoops);
    if !yes {
        let text = "select the services pane to sort it";
        say(model, Severity::Info, text);
    }
    yes
}

fn sort(model: &mut Model, by: isize) {
    if !sorts(model) {
        return;
    }
    model.screen.view.sort = turn(&SortBy::ALL, model.screen.view.sort, by);
}

fn freeze(model: &mut Model) {
    model.frozen = match model.frozen.take() {
        Some(_) => None,
        None => Some(Box::new((model.fleet.clone(), model.now))),
    };
}

/// Of the environment of what is looked at, else of the first that declares needs.
fn dependencies(model: &mut Model) {
    if model.screen.board {
        return;
    }
    let env = sight::env(model).or_else(|| {
        let (fleet, _) = model.shown();
        let first = fleet.envs.iter().find(|env| env.has_needs()).or_else(|| fleet.envs.first());
        first.map(|env| env.name.clone())
    });
    match env {
        Some(env) => top(model, Overlay::Needs { env, list: false, scroll: 0 }),
        None => say(model, Severity::Info, "there is no environment"),
    }
}

fn open(model: &mut Model) -> Vec<Effect> {
    if model.screen.board || !model.screen.overlays.is_empty() {
        return Vec::new();
    }
    match selected(model) {
        Some(Selected::Instance(id)) => describe(model, id),
        Some(Selected::Host(id)) => {
            model.screen.overlays.push(Overlay::Host { id, scroll: 0 });
            Vec::new()
        }
        Some(Selected::Backup(id)) => {
            model.screen.overlays.push(Overlay::Backup { id, scroll: 0 });
            Vec::new()
        }
        Some(Selected::Port(id)) => {
            model.screen.overlays.push(Overlay::Port { id, scroll: 0 });
            Vec::new()
        }
        Some(Selected::Event(id)) => {
            model.screen.overlays.push(Overlay::Event { id, scroll: 0 });
            Vec::new()
        }
        Some(Selected::Finding(id)) => {
            model.screen.overlays.push(Overlay::Finding { id, scroll: 0 });
            Vec::new()
        }
        None => Vec::new(),
    }
}

fn describe(model: &mut Model, id: InstanceId) -> Vec<Effect> {
    let instance = model.fleet.host(&id.host).and_then(|host| host.instances.get(&id.service));
    let unit = instance.and_then(|instance| instance.kind.unit().cloned());
    let host = id.host.clone();
    model.screen.overlays.push(Overlay::Unit {
        id,
        detail: Box::new(Observed::default()),
        tab: DetailTab::default(),
        scroll: 0,
    });
    unit.map(|unit| vec![Effect::Describe { host, unit }]).unwrap_or_default()
}

/// One thing at a time: the overlay, the filter, problems-only, the zoom.
fn back(model: &mut Model) -> Vec<Effect> {
    if model.screen.overlays.last() == Some(&Overlay::Logs)
        && let Some(effects) = logs::back(model)
    {
        return effects;
    }
    back_of_panes(model);
    Vec::new()
}

fn back_of_panes(model: &mut Model) {
    if acts::close(model) {
        return;
    }
    let screen = &mut model.screen;
    if !screen.view.filter.is_empty() {
        screen.view.filter.clear();
    } else if !screen.marked.is_empty() {
        screen.marked.clear();
    } else if screen.notice.is_some() {
        screen.notice = None;
    } else if screen.view.zoom {
        screen.view.zoom = false;
    }
}

fn refresh(model: &mut Model) -> Vec<Effect> {
    let mut effects: Vec<Effect> = Vec::new();
    if let Some(Overlay::Unit { id, .. }) = model.screen.overlays.last() {
        let host = id.host.clone();
        let instance = model.fleet.host(&host).and_then(|h| h.instances.get(&id.service));
        if let Some(unit) = instance.and_then(|instance| instance.kind.unit()) {
            effects.push(Effect::Describe { host, unit: unit.clone() });
        }
    }
    let hosts: Vec<HostId> = model
        .fleet
        .hosts()
        .filter(|(env, _)| model.screen.view.env.as_ref().is_none_or(|only| *only == env.name))
        .map(|(env, host)| host.id(&env.name))
        .collect();
    effects.extend(hosts.into_iter().map(Effect::ReadNow));
    say(model, Severity::Info, "reading everything again");
    effects
}

fn quit(model: &mut Model) -> Vec<Effect> {
    if acts::close(model) || acts::holds_back(model) {
        return Vec::new();
    }
    vec![Effect::SaveView(model.screen.view.clone()), Effect::Quit]
}
