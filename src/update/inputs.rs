//! What a declared action wants to know before it is planned. Its plan shows what becomes of it.

use std::sync::Arc;

use super::{menu, say, typing};
use crate::effect::Effect;
use crate::model::Model;
use crate::model::action::ActionSpec;
use crate::model::ids::InstanceId;
use crate::model::offer::On;
use crate::model::plan::Input as Given;
use crate::model::screen::{Input, Overlay};
use crate::model::severity::Severity;
use crate::model::verb::Verb;
use crate::msg::Edit;

/// Asks for values; where there are none to ask for, it is planned at once.
pub(super) fn ask(model: &mut Model, id: InstanceId, on: On, spec: Arc<ActionSpec>) -> Vec<Effect> {
    if spec.inputs.is_empty() {
        return menu::begin(model, &id, &on, Verb::Action, Given::Action(spec, Vec::new()));
    }
    let default = |text: Option<&str>| Input::new(text.unwrap_or_default());
    let values = spec.inputs.iter().map(|input| default(input.default.as_deref())).collect();
    model.screen.overlays.push(Overlay::Inputs { id, on, spec, values, field: 0 });
    Vec::new()
}

/// A key in the prompt.
pub(super) fn typed(model: &mut Model, edit: Edit) -> Vec<Effect> {
    let Some(Overlay::Inputs { id, on, spec, mut values, mut field }) = model.screen.overlays.pop()
    else {
        return Vec::new();
    };
    let last = values.len().saturating_sub(1);
    match edit {
        Edit::Cancel => return Vec::new(),
        Edit::Accept => {
            let given: Vec<(String, String)> = spec
                .inputs
                .iter()
                .zip(&values)
                // What is left empty is not given: it may have no default.
                .filter(|(_, value)| !value.text.is_empty())
                .map(|(input, value)| (input.name.to_string(), value.text.clone()))
                .collect();
            match spec.values(&given) {
                Ok(given) => {
                    let given = Given::Action(spec, given);
                    return menu::begin(model, &id, &on, Verb::Action, given);
                }
                Err(why) => say(model, Severity::Warning, why),
            }
        }
        Edit::Down => field = if field == last { 0 } else { field + 1 },
        Edit::Up => field = field.checked_sub(1).unwrap_or(last),
        edit => {
            if let Some(value) = values.get_mut(field) {
                typing::change(value, edit);
            }
        }
    }
    model.screen.overlays.push(Overlay::Inputs { id, on, spec, values, field });
    Vec::new()
}
