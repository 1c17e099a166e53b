//! The screen of acting: from the menu to a plan, to an operation. What a key does here opens
//! something; only [`confirm`] and [`typed`], of the plan that is shown, begin an operation, and
//! [`cancel`] ends one.

use std::time::Duration;

use super::intervene::{self, Way};
use super::moves::Step;
use super::operations::attached;
use super::{keys, menu, operations, planning, releases, say, typing};
use crate::effect::{Ask, Effect};
use crate::model::Model;
use crate::model::acting::{self, OpRow};
use crate::model::operation::Outcome;
use crate::model::plan::{Confirmation, Input as Given, Intent};
use crate::model::screen::{Input, OpPick, Overlay, Prompt};
use crate::model::severity::Severity;
use crate::model::verb::Verb;
use crate::msg::Edit;

/// A key that was on its way before the plan was on the screen is not meant for it.
const UNSEEN: Duration = Duration::from_millis(400);

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
        Overlay::Actions { id, on, chosen } => {
            let (id, on, chosen) = (id.clone(), on.clone(), chosen.clone());
            Some(menu::choose(model, id, on, chosen))
        }
        Overlay::Copies { id, chosen } => {
            let (id, chosen) = (id.clone(), *chosen);
            Some(menu::about(model, &id, chosen))
        }
        Overlay::Signals { id, on, chosen } => {
            let (id, on, chosen) = (id.clone(), on.clone(), *chosen);
            Some(menu::begin(model, &id, &on, Verb::Kill, Given::Signal(chosen)))
        }
        // The answer that one gives without thinking is no.
        Overlay::Plan { .. } => {
            close(model);
            Some(Vec::new())
        }
        Overlay::Operations { chosen } => {
            let rows = acting::rows(&model.acting);
            let row = rows.get(acting::place_of(&rows, chosen.as_ref())).map(OpRow::pick);
            Some(open(model, row))
        }
        _ => None,
    }
}

fn open(model: &mut Model, row: Option<OpPick>) -> Vec<Effect> {
    match row {
        Some(OpPick::Own(id)) => {
            model.screen.overlays.push(Overlay::Operation { id, scroll: 0 });
        }
        Some(OpPick::Foreign(host, run)) => return attached::open(model, &host.env, &run.op()),
        Some(OpPick::Frozen(..)) => intervene::of_row(model, Way::Thaw),
        None => {}
    }
    Vec::new()
}

/// What `refresh` does for a plan and in the list; none elsewhere.
pub(super) fn again(model: &mut Model) -> Option<Vec<Effect>> {
    match model.screen.overlays.last()? {
        Overlay::Plan { asked, .. } => {
            let planning = model.acting.planning.as_ref();
            let intent = planning.filter(|planning| planning.asked == *asked)?.intent.clone();
            Some(plan(model, intent))
        }
        Overlay::Operations { .. } | Overlay::Attached { .. } => Some(ask_all(model)),
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
                *typed = Some((Prompt::Confirm, Input::default()));
            }
        }
        Err(why) => say(model, Severity::Warning, why),
    }
    Vec::new()
}

/// A key while something is typed into the plan.
pub(super) fn typed(model: &mut Model, edit: Edit) -> Vec<Effect> {
    let Some(Overlay::Plan { typed, scroll, .. }) = model.screen.overlays.last_mut() else {
        return Vec::new();
    };
    let Some((prompt, input)) = typed else { return Vec::new() };
    match edit {
        Edit::Accept if *prompt == Prompt::Revision => {
            let wanted = input.text.trim().to_owned();
            return releases::named(model, &wanted);
        }
        // The plan stays.
        Edit::Cancel if *prompt == Prompt::Revision => *typed = None,
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
            // They were for this.
            model.screen.marked.clear();
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
    let id = match model.screen.overlays.last() {
        Some(Overlay::Operation { id, .. }) => id.clone(),
        Some(Overlay::Operations { .. } | Overlay::Attached { .. }) => {
            intervene::of_row(model, Way::Cancel);
            return Vec::new();
        }
        _ => return Vec::new(),
    };
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

/// While the list, or one of others, lies on top it is as old as this at most.
const LIST: Duration = Duration::from_secs(5);

/// The list of operations is kept up to date while it is looked at.
pub(super) fn tick(model: &mut Model) -> Vec<Effect> {
    let open = matches!(
        model.screen.overlays.last(),
        Some(Overlay::Operations { .. } | Overlay::Attached { .. })
    );
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
        Overlay::Attached { .. } => model.acting.attached = None,
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
