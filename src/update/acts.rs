//! The screen of acting: from the menu to a plan, to an operation. What a key does here opens
//! something; only [`confirm`] and [`typed`], of the plan that is shown, begin an operation, and
//! [`cancel`] ends one.

use std::time::Duration;

use super::moves::{self, Step};
use super::{inputs, keys, operations, planning, say, sight, typing};
use crate::effect::{Ask, Effect};
use crate::model::Model;
use crate::model::acting::{self, OpRow};
use crate::model::ids::InstanceId;
use crate::model::offer::{self, Choice};
use crate::model::operation::Outcome;
use crate::model::plan::{Confirmation, Input as Given, Intent};
use crate::model::screen::{BackupId, Input, OpPick, Overlay};
use crate::model::severity::Severity;
use crate::model::verb::{Signal, Verb};
use crate::msg::Edit;

/// A key that was on its way before the plan was on the screen is not meant for it.
const UNSEEN: Duration = Duration::from_millis(400);

/// What somebody is about to act on; else it is said that it is nothing.
fn target(model: &mut Model) -> Option<InstanceId> {
    if model.screen.board {
        return None;
    }
    let id = sight::instance(model);
    // From here on it stays selected: what is the first row may be another one when one comes back.
    if model.screen.overlays.is_empty() {
        moves::select(model, Step::By(0));
    }
    if id.is_none() {
        say(model, Severity::Info, "select a service to act on it");
    }
    id
}

/// Opens the menu of actions.
pub(super) fn menu(model: &mut Model) {
    if let Some(id) = sight::backup(model).filter(|_| !model.screen.board) {
        keys::top(model, Overlay::Copies { id, chosen: Verb::Backup });
        return;
    }
    if let Some(id) = target(model) {
        let possible = |choice: &Choice| offer::refusal(&model.fleet, &id, false, choice).is_none();
        let first = offer::menu(&model.fleet, &id).into_iter().find(possible);
        let chosen = first.unwrap_or(Choice::Verb(Verb::Restart));
        keys::top(model, Overlay::Actions { id, all: false, chosen });
    }
}

/// One instance, or all of its service.
pub(super) fn all_hosts(model: &mut Model) {
    let overlay = model.screen.overlays.last_mut();
    if let Some(Overlay::Actions { id, all, .. } | Overlay::Signals { id, all, .. }) = overlay {
        if offer::instances(&model.fleet, id).len() > 1 {
            *all = !*all;
        } else {
            let text = format!("{} runs on {} only", id.service, id.host.host);
            say(model, Severity::Info, text);
        }
    }
}

/// A verb by its own key.
pub(super) fn verb(model: &mut Model, verb: Verb) -> Vec<Effect> {
    let all = matches!(model.screen.overlays.last(), Some(Overlay::Actions { all: true, .. }));
    target(model).map(|id| choose(model, id, all, Choice::Verb(verb))).unwrap_or_default()
}

/// Something was chosen for that instance, whatever is selected now.
fn choose(model: &mut Model, id: InstanceId, all: bool, choice: Choice) -> Vec<Effect> {
    if let Some(why) = offer::refusal(&model.fleet, &id, all, &choice) {
        let name = match &choice {
            Choice::Verb(verb) => verb.name(),
            Choice::Mend(_) => Verb::DropIn.name(),
            Choice::Declared(spec) => &spec.name,
        };
        say(model, Severity::Info, format!("{name} {}: {why}", id.service));
        return Vec::new();
    }
    match choice {
        Choice::Verb(Verb::Kill) => {
            let chosen = Signal::Term;
            model.screen.overlays.push(Overlay::Signals { id, all, chosen });
            Vec::new()
        }
        Choice::Verb(verb) => begin(model, &id, all, verb, Given::None),
        Choice::Mend(setting) => {
            let lines = format!("[Service]\n{setting}\n");
            begin(model, &id, all, Verb::DropIn, Given::DropIn(lines))
        }
        Choice::Declared(spec) => inputs::ask(model, id, all, spec),
    }
}

/// Plans that for one instance, or for all of its service.
pub(super) fn begin(
    model: &mut Model,
    id: &InstanceId,
    all: bool,
    verb: Verb,
    input: Given,
) -> Vec<Effect> {
    let Some(intent) = Intent::new(verb, std::slice::from_ref(id)) else { return Vec::new() };
    let hosts = if all { Vec::new() } else { intent.hosts.clone() };
    plan(model, Intent { input, hosts, ..intent })
}

/// Plans that about a backup.
fn about(model: &mut Model, id: &BackupId, verb: Verb) -> Vec<Effect> {
    if let Some(why) = offer::refusal_of_backup(&model.fleet, id, verb) {
        say(model, Severity::Info, format!("{} {}: {why}", verb.name(), id.name));
        return Vec::new();
    }
    let intent = planning::backup::intent(&model.fleet, id, verb, None);
    intent.map(|intent| plan(model, intent)).unwrap_or_default()
}

/// Asks hosts, and shows what comes of it.
pub(super) fn plan(model: &mut Model, intent: Intent) -> Vec<Effect> {
    let effects = planning::plan(model, intent);
    model.screen.overlays.retain(|overlay| {
        !matches!(
            overlay,
            Overlay::Actions { .. }
                | Overlay::Copies { .. }
                | Overlay::Signals { .. }
                | Overlay::Plan { .. }
        )
    });
    let asked = model.acting.asked;
    model.screen.overlays.push(Overlay::Plan { asked, scroll: 0, typed: None });
    effects
}

/// What `open` does in the menu, in a plan and in the list; none elsewhere.
pub(super) fn enter(model: &mut Model) -> Option<Vec<Effect>> {
    match model.screen.overlays.last()? {
        Overlay::Actions { id, all, chosen } => {
            let (id, all, chosen) = (id.clone(), *all, chosen.clone());
            Some(choose(model, id, all, chosen))
        }
        Overlay::Copies { id, chosen } => {
            let (id, chosen) = (id.clone(), *chosen);
            Some(about(model, &id, chosen))
        }
        Overlay::Signals { id, all, chosen } => {
            let (id, all, chosen) = (id.clone(), *all, *chosen);
            Some(begin(model, &id, all, Verb::Kill, Given::Signal(chosen)))
        }
        // The answer that one gives without thinking is no.
        Overlay::Plan { .. } => {
            close(model);
            Some(Vec::new())
        }
        Overlay::Operations { chosen } => {
            let rows = acting::rows(&model.acting);
            let row = rows.get(acting::place_of(&rows, chosen.as_ref())).map(OpRow::pick);
            open(model, row);
            Some(Vec::new())
        }
        _ => None,
    }
}

fn open(model: &mut Model, row: Option<OpPick>) {
    match row {
        Some(OpPick::Own(id)) => {
            model.screen.overlays.push(Overlay::Operation { id, scroll: 0 });
        }
        Some(OpPick::Foreign(_, run)) => {
            let text = format!("`quarterdeck ops attach {}` shows what its hosts say", run.op());
            say(model, Severity::Info, text);
        }
        Some(OpPick::Frozen(host, subject)) => {
            say(
                model,
                Severity::Info,
                format!("frozen: {subject} on {host}; `quarterdeck ops thaw` lifts it"),
            );
        }
        None => {}
    }
}

/// What `refresh` does for a plan and in the list; none elsewhere.
pub(super) fn again(model: &mut Model) -> Option<Vec<Effect>> {
    match model.screen.overlays.last()? {
        Overlay::Plan { asked, .. } => {
            let planning = model.acting.planning.as_ref();
            let intent = planning.filter(|planning| planning.asked == *asked)?.intent.clone();
            Some(plan(model, intent))
        }
        Overlay::Operations { .. } => Some(ask_all(model)),
        _ => None,
    }
}

/// The plan that lies on top may be run, as far as anybody can say before it is confirmed.
fn may_confirm(model: &Model) -> Result<bool, String> {
    let Some(Overlay::Plan { asked, .. }) = model.screen.overlays.last() else {
        return Err("there is no plan to confirm".to_owned());
    };
    let planning = model.acting.planning.as_ref().filter(|planning| planning.asked == *asked);
    let plan = match planning.and_then(|planning| planning.made.as_ref()) {
        Some(Ok(plan)) => plan,
        Some(Err(_)) => return Err("there is no plan: a host cannot take part".to_owned()),
        None => return Err("there is no plan yet: hosts are being asked".to_owned()),
    };
    let made = plan.hosts.iter().map(|host| host.seen).max().unwrap_or_default();
    if model.now.since(made) < UNSEEN {
        return Err("read the plan first".to_owned());
    }
    match model.acting.permits.permit(plan.env(), plan.protected, model.now) {
        Ok(_) => Ok(plan.is_typed()),
        Err(withheld) => Err(withheld.text(plan.env())),
    }
}

/// Yes to the plan that is shown; where it is protected its name has to be typed.
pub(super) fn confirm(model: &mut Model) -> Vec<Effect> {
    match may_confirm(model) {
        Ok(false) => return run(model, &Confirmation::Key),
        Ok(true) => {
            if let Some(Overlay::Plan { typed, .. }) = model.screen.overlays.last_mut() {
                *typed = Some(Input::default());
            }
        }
        Err(why) => say(model, Severity::Warning, why),
    }
    Vec::new()
}

/// A key while the name is typed that confirms the plan.
pub(super) fn typed(model: &mut Model, edit: Edit) -> Vec<Effect> {
    let Some(Overlay::Plan { typed: Some(input), scroll, .. }) = model.screen.overlays.last_mut()
    else {
        return Vec::new();
    };
    match edit {
        Edit::Accept if !input.text.trim().is_empty() => {
            let phrase = input.text.clone();
            return match may_confirm(model) {
                Ok(_) => run(model, &Confirmation::Typed(phrase)),
                Err(why) => {
                    say(model, Severity::Warning, why);
                    Vec::new()
                }
            };
        }
        Edit::Accept | Edit::Cancel => {
            close(model);
        }
        Edit::Up => *scroll = scroll.saturating_sub(1),
        Edit::Down => *scroll += 1,
        edit => typing::change(input, edit),
    }
    Vec::new()
}

fn run(model: &mut Model, how: &Confirmation) -> Vec<Effect> {
    match planning::confirm(model, how) {
        Ok((id, effects)) => {
            model.screen.overlays.pop();
            model.screen.overlays.push(Overlay::Operation { id, scroll: 0 });
            model.screen.notice = None;
            effects
        }
        Err(why) => {
            say(model, Severity::Warning, why);
            Vec::new()
        }
    }
}

/// Ends the operation that is shown at the next step's border.
pub(super) fn cancel(model: &mut Model) -> Vec<Effect> {
    let Some(Overlay::Operation { id, .. }) = model.screen.overlays.last() else {
        return Vec::new();
    };
    let id = id.clone();
    match model.acting.operation(&id) {
        Some(operation) if operation.is_over() => {
            say(model, Severity::Info, "it is over");
            Vec::new()
        }
        Some(operation) if operation.cancelled => {
            say(model, Severity::Info, "it was cancelled; the step that runs comes to its end");
            Vec::new()
        }
        Some(_) => operations::cancel(model, &id),
        None => Vec::new(),
    }
}

/// Opens the list of operations, and asks hosts for theirs.
pub(super) fn list(model: &mut Model) -> Vec<Effect> {
    if model.screen.board {
        return Vec::new();
    }
    keys::top(model, Overlay::Operations { chosen: None });
    match model.screen.overlays.last() {
        Some(Overlay::Operations { .. }) => ask_all(model),
        _ => Vec::new(),
    }
}

/// While the list lies on top it is as old as this at most.
const LIST: Duration = Duration::from_secs(5);

/// The list of operations is kept up to date while it is looked at.
pub(super) fn tick(model: &mut Model) -> Vec<Effect> {
    let open = matches!(model.screen.overlays.last(), Some(Overlay::Operations { .. }));
    let due = open && model.now.since(model.acting.listed) >= LIST;
    if due { ask_all(model) } else { Vec::new() }
}

fn ask_all(model: &mut Model) -> Vec<Effect> {
    model.acting.listed = model.now;
    let up = model.fleet.hosts().filter(|(_, host)| host.link.is_up());
    up.map(|(env, host)| Effect::Act(host.id(&env.name), Ask::List)).collect()
}

/// Moves in the list of operations.
pub(super) fn go(model: &mut Model, step: Step) {
    let rows = acting::rows(&model.acting);
    if let Some(Overlay::Operations { chosen }) = model.screen.overlays.last_mut() {
        let to = step.from(acting::place_of(&rows, chosen.as_ref()), rows.len());
        *chosen = rows.get(to).map(OpRow::pick);
    }
}

/// Takes away what lies on top; whether there was something.
pub(super) fn close(model: &mut Model) -> bool {
    let Some(overlay) = model.screen.overlays.pop() else { return false };
    match overlay {
        Overlay::Plan { .. } => model.acting.planning = None,
        Overlay::Operation { id, .. } => {
            let operation = model.acting.operation(&id);
            if let Some(operation) = operation.filter(|operation| !operation.is_over()) {
                let text = format!("{} goes on", operation.plan().title());
                say(model, Severity::Info, text);
            }
        }
        _ => {}
    }
    true
}

/// Whether somebody who quits has first to know that operations run: once, then they may.
pub(super) fn holds_back(model: &mut Model) -> bool {
    let mut busy = model.acting.busy();
    let Some(first) = busy.next() else { return false };
    let more = busy.count();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let last = !first.is_rollout();
    let what =
        if last { "goes on by itself" } else { "begins no further batch without this console" };
    let text = format!("{}{more} {what}; again quits", first.plan().title());
    if model.screen.notice.as_ref().is_some_and(|notice| notice.text == text) {
        return false;
    }
    say(model, Severity::Warning, text);
    true
}

/// How bad an operation's end is.
pub(super) const fn severity(outcome: Outcome) -> Severity {
    match outcome {
        Outcome::Succeeded => Severity::Info,
        Outcome::Locked | Outcome::Stale | Outcome::Undone => Severity::Warning,
        Outcome::Failed | Outcome::Unknown => Severity::Critical,
    }
}
