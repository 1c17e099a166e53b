//! Keys while text is typed: each prompt has its own place, the filter and the palette are here.

use super::{acknowledge, acts, inputs, intervene, keys, logs, unlock};
use crate::effect::Effect;
use crate::model::Model;
use crate::model::screen::{Input, Overlay, palette};
use crate::msg::Edit;

pub(super) fn typed(model: &mut Model, edit: Edit) -> Vec<Effect> {
    match model.screen.overlays.last() {
        Some(Overlay::Acknowledge { .. }) => return acknowledge::typed(model, edit),
        Some(Overlay::Palette { .. }) => return in_palette(model, edit),
        Some(Overlay::Unlock { .. }) => {
            unlock::typed(model, edit);
            return Vec::new();
        }
        Some(Overlay::Intervene { .. }) => return intervene::typed(model, edit),
        Some(Overlay::Inputs { .. }) => return inputs::typed(model, edit),
        Some(Overlay::Plan { typed: Some(_), .. }) => return acts::typed(model, edit),
        _ => {}
    }
    if model.screen.editing.is_none() && model.is_asked_in_log() {
        return logs::typed(model, edit);
    }
    in_filter(model, edit)
}

fn in_filter(model: &mut Model, edit: Edit) -> Vec<Effect> {
    let Some(mut input) = model.screen.editing.take() else { return Vec::new() };
    match edit {
        Edit::Accept => return vec![Effect::SaveView(model.screen.view.clone())],
        Edit::Cancel => {
            model.screen.view.filter.clear();
            return vec![Effect::SaveView(model.screen.view.clone())];
        }
        other => change(&mut input, other),
    }
    model.screen.view.filter.clone_from(&input.text);
    model.screen.editing = Some(input);
    Vec::new()
}

fn in_palette(model: &mut Model, edit: Edit) -> Vec<Effect> {
    let Some(Overlay::Palette { mut input, mut chosen }) = model.screen.overlays.pop() else {
        return Vec::new();
    };
    match edit {
        Edit::Cancel => return Vec::new(),
        Edit::Accept => {
            return if let Some(command) = palette(&input.text).get(chosen).copied() {
                keys::command(model, command)
            } else {
                super::say(
                    model,
                    crate::model::severity::Severity::Warning,
                    format!("no command matches `{}`", input.text),
                );
                Vec::new()
            };
        }
        Edit::Up => chosen = chosen.saturating_sub(1),
        Edit::Down => {
            chosen = (chosen + 1).min(palette(&input.text).len().saturating_sub(1));
        }
        other => {
            change(&mut input, other);
            chosen = 0;
        }
    }
    model.screen.overlays.push(Overlay::Palette { input, chosen });
    Vec::new()
}

pub(super) fn change(input: &mut Input, edit: Edit) {
    match edit {
        Edit::Insert(c) => input.insert(c),
        Edit::Backspace => input.backspace(),
        Edit::BackspaceWord => input.backspace_word(),
        Edit::Clear => *input = Input::default(),
        Edit::Left => input.left(),
        Edit::Right => input.right(),
        Edit::Up | Edit::Down | Edit::Accept | Edit::Cancel => {}
    }
}
