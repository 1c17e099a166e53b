//! To what something is to be done, and what: the menu of actions, marks, and the verbs' own keys. Nothing
//! here begins an operation: a plan is made, and shown.

use super::moves::{self, Step};
use super::{acts, inputs, keys, planning, say, sight};
use crate::effect::Effect;
use crate::model::Model;
use crate::model::ids::InstanceId;
use crate::model::offer::{self, Choice, On};
use crate::model::plan::{Input as Given, Intent};
use crate::model::screen::{BackupId, Overlay, Pane};
use crate::model::severity::Severity;
use crate::model::verb::{Signal, Verb};

/// What somebody is about to act on; else it is said that it is nothing. What is marked is meant only
/// from one of its rows: a mark that was forgotten must not take another service's place.
fn target(model: &mut Model) -> Option<(InstanceId, On)> {
    if model.screen.board {
        return None;
    }
    let overlay = model.screen.overlays.last();
    if let Some(Overlay::Actions { id, on, .. } | Overlay::Signals { id, on, .. }) = overlay {
        return Some((id.clone(), on.clone()));
    }
    let id = sight::instance(model);
    // From here on it stays selected: what is the first row may be another one when one comes back.
    if model.screen.overlays.is_empty() {
        moves::select(model, Step::By(0));
    }
    let Some(id) = id else {
        say(model, Severity::Info, "select a service to act on it");
        return None;
    };
    let marked = marked(model);
    let gone = model.screen.marked.len() - marked.len();
    if gone > 0 {
        model.screen.marked = marked.into_iter().collect();
        let s = if gone == 1 { " is" } else { "s are" };
        let text =
            format!("{gone} marked service{s} not in the config any more: look at the marks again");
        say(model, Severity::Warning, text);
        return None;
    }
    if marked.is_empty() || !model.screen.overlays.is_empty() {
        return Some((id, On::Here));
    }
    if !marked.contains(&id) {
        let s = if marked.len() == 1 { " is" } else { "s are" };
        let text = format!(
            "{} service{s} marked, and {} is not: mark it as well, or esc takes the marks away",
            marked.len(),
            id.service
        );
        say(model, Severity::Warning, text);
        return None;
    }
    Some((id, On::Marked(marked.into())))
}

/// What is marked and still there.
fn marked(model: &Model) -> Vec<InstanceId> {
    let is_there = |id: &&InstanceId| {
        let host = model.fleet.host(&id.host);
        host.is_some_and(|host| host.instances.contains_key(&id.service))
    };
    model.screen.marked.iter().filter(is_there).cloned().collect()
}

/// Marks the service that is selected, or takes its mark away.
pub(super) fn mark(model: &mut Model) {
    if model.screen.board || !model.screen.overlays.is_empty() {
        return;
    }
    let Some(id) = sight::instance(model).filter(|_| model.screen.view.focus == Pane::Services)
    else {
        say(model, Severity::Info, "services are marked: select one in their pane");
        return;
    };
    if !model.screen.marked.remove(&id) {
        model.screen.marked.insert(id);
    }
    // From here on it stays selected.
    moves::select(model, Step::By(0));
}

/// Opens the menu of actions.
pub(super) fn open(model: &mut Model) {
    if let Some(id) = sight::backup(model).filter(|_| !model.screen.board) {
        keys::top(model, Overlay::Copies { id, chosen: Verb::Backup });
        return;
    }
    if let Some((id, on)) = target(model) {
        let possible = |choice: &Choice| offer::refusal(&model.fleet, &id, &on, choice).is_none();
        let first = offer::menu(&model.fleet, &id, &on).into_iter().find(possible);
        let chosen = first.unwrap_or(Choice::Verb(Verb::Restart));
        keys::top(model, Overlay::Actions { id, on, chosen });
    }
}

/// One instance, or all of its service.
pub(super) fn all_hosts(model: &mut Model) {
    let overlay = model.screen.overlays.last_mut();
    if let Some(Overlay::Actions { id, on, .. } | Overlay::Signals { id, on, .. }) = overlay {
        let many = offer::instances(&model.fleet, id).len() > 1;
        match on {
            On::Marked(_) => say(model, Severity::Info, "it is for what is marked"),
            On::Here if many => *on = On::EveryHost,
            On::EveryHost => *on = On::Here,
            On::Here => {
                let text = format!("{} runs on {} only", id.service, id.host.host);
                say(model, Severity::Info, text);
            }
        }
    }
}

/// A verb by its own key.
pub(super) fn verb(model: &mut Model, verb: Verb) -> Vec<Effect> {
    let target = target(model);
    target.map(|(id, on)| choose(model, id, on, Choice::Verb(verb))).unwrap_or_default()
}

/// Something was chosen for that instance, whatever is selected now.
pub(super) fn choose(model: &mut Model, id: InstanceId, on: On, choice: Choice) -> Vec<Effect> {
    if let Some(why) = offer::refusal(&model.fleet, &id, &on, &choice) {
        let name = match &choice {
            Choice::Verb(verb) => verb.name(),
            Choice::Mend(_) => Verb::DropIn.name(),
            Choice::Declared(spec) => &spec.name,
            Choice::Sync(..) => Verb::Sync.name(),
        };
        let text = match on {
            On::Marked(_) => format!("{name}: {why}"),
            On::Here | On::EveryHost => format!("{name} {}: {why}", id.service),
        };
        say(model, Severity::Info, text);
        return Vec::new();
    }
    match choice {
        Choice::Verb(Verb::Kill) => {
            let chosen = Signal::Term;
            model.screen.overlays.push(Overlay::Signals { id, on, chosen });
            Vec::new()
        }
        Choice::Verb(verb) => begin(model, &id, &on, verb, Given::None),
        Choice::Mend(setting) => {
            let lines = format!("[Service]\n{setting}\n");
            begin(model, &id, &on, Verb::DropIn, Given::DropIn(lines))
        }
        Choice::Declared(spec) => inputs::ask(model, id, on, spec),
        Choice::Sync(name, from) => {
            match planning::sync::intent(&model.fleet, &name, &from, &id.host.env) {
                Ok(intent) => acts::plan(model, intent),
                Err(why) => {
                    say(model, Severity::Warning, why);
                    Vec::new()
                }
            }
        }
    }
}

/// Plans that for these instances.
pub(super) fn begin(
    model: &mut Model,
    id: &InstanceId,
    on: &On,
    verb: Verb,
    input: Given,
) -> Vec<Effect> {
    let intent = match on {
        On::Marked(ids) => Intent::picked(verb, ids, &offer::product(&model.fleet, ids)),
        On::Here | On::EveryHost => Intent::new(verb, std::slice::from_ref(id)),
    };
    let Some(mut intent) = intent else { return Vec::new() };
    if *on == On::EveryHost {
        intent.hosts.clear();
    }
    acts::plan(model, Intent { input, ..intent })
}

/// Plans that about a backup.
pub(super) fn about(model: &mut Model, id: &BackupId, verb: Verb) -> Vec<Effect> {
    if let Some(why) = offer::refusal_of_backup(&model.fleet, id, verb) {
        say(model, Severity::Info, format!("{} {}: {why}", verb.name(), id.name));
        return Vec::new();
    }
    let intent = planning::backup::intent(&model.fleet, id, verb, None);
    intent.map(|intent| acts::plan(model, intent)).unwrap_or_default()
}
