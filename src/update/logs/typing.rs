//! Keys while something is typed in a log.

use super::super::{say, typing};
use super::{commands, fetch, moment, search, take_along};
use crate::effect::Effect;
use crate::model::Model;
use crate::model::log::store::Going;
use crate::model::log::view::{Ask, History, Prompt};
use crate::model::log::{Filter, Logs, Pattern};
use crate::model::moment::{self as moments, FORMS};
use crate::model::screen::Input;
use crate::model::severity::Severity;
use crate::msg::Edit;

/// Takes a key.
pub(in super::super) fn typed(model: &mut Model, edit: Edit) -> Vec<Effect> {
    let Some(mut logs) = model.logs.take() else { return Vec::new() };
    let mut effects = Vec::new();
    if let Some(mut prompt) = logs.view.prompt.take() {
        match edit {
            // The filter that held before holds again.
            Edit::Cancel if prompt.ask == Ask::Filter => {
                let filter = logs.view.filter.clone();
                effects.extend(filter_by(&mut logs, &filter).unwrap_or_default());
            }
            Edit::Cancel => {}
            Edit::Accept => match accept(model, &mut logs, &prompt) {
                Ok(done) => {
                    model.typed.note(prompt.ask, prompt.input.text.trim());
                    effects.extend(done);
                }
                Err(fault) => logs.view.prompt = Some(Prompt { fault: Some(fault), ..prompt }),
            },
            other => {
                match other {
                    Edit::Up => back(&model.typed, &mut prompt, true),
                    Edit::Down => back(&model.typed, &mut prompt, false),
                    other => typing::change(&mut prompt.input, other),
                }
                prompt.fault = None;
                // What is typed is tried at once; what cannot be taken yet changes nothing.
                if prompt.ask == Ask::Filter {
                    match filter_by(&mut logs, &prompt.input.text) {
                        Ok(done) => effects.extend(done),
                        Err(fault) => prompt.fault = Some(fault),
                    }
                } else if prompt.ask == Ask::Search
                    && let Err(fault) = Pattern::new(&prompt.input.text)
                {
                    prompt.fault = Some(fault);
                }
                logs.view.prompt = Some(prompt);
            }
        }
    }
    effects.extend(fetch::more(model, &mut logs));
    effects.extend(search(&mut logs));
    model.logs = Some(logs);
    effects
}

/// Goes through what was typed before; at its end is what was typed now.
fn back(typed: &History, prompt: &mut Prompt, older: bool) {
    let (place, now) = match prompt.back.take() {
        Some((place, now)) => (Some(place), now),
        None => (None, prompt.input.text.clone()),
    };
    let next = match (place, older) {
        (None, true) => Some(0),
        (Some(place), true) => Some(place + 1),
        (Some(place), false) => place.checked_sub(1),
        (None, false) => None,
    };
    match next.map(|place| (place, typed.get(prompt.ask, place))) {
        Some((place, Some(text))) => {
            prompt.input = Input::new(text);
            prompt.back = Some((place, now));
        }
        // It is the oldest.
        Some((_, None)) => prompt.back = place.map(|place| (place, now)),
        None if place.is_some() => prompt.input = Input::new(&now),
        None => {}
    }
}

fn accept(model: &mut Model, logs: &mut Logs, prompt: &Prompt) -> Result<Vec<Effect>, String> {
    let text = prompt.input.text.as_str();
    match prompt.ask {
        Ask::Search => {
            let pattern = if text.is_empty() { None } else { Some(Pattern::new(text)?) };
            let wanted = pattern.is_some();
            let scan = logs.seek(pattern);
            let effects = commands::started(logs, scan);
            // The nearest one above, as one reads a log from its end.
            logs.going = wanted.then_some((Going::Match, false));
            if effects.is_empty() {
                return Ok(commands::go_on(model, logs));
            }
            Ok(effects)
        }
        Ask::Filter => {
            let effects = filter_by(logs, text)?;
            text.clone_into(&mut logs.view.filter);
            Ok(effects)
        }
        Ask::Moment => {
            let offset = model.utc_offset_secs;
            let at = moments::parse(text, model.now, |_| offset)
                .ok_or_else(|| format!("write {FORMS}"))?;
            let effects = moment::go(model, logs, at);
            moment::begins(model, logs);
            Ok(effects)
        }
        Ask::Columns => {
            logs.view.columns = text
                .split([' ', ','])
                .filter(|name| !name.is_empty())
                .take(8)
                .map(ToOwned::to_owned)
                .collect();
            Ok(Vec::new())
        }
        Ask::Save if text.trim().is_empty() => Err("a file needs a name".to_owned()),
        Ask::Save => {
            say(model, Severity::Info, format!("writing {text}"));
            Ok(take_along::save(logs, text))
        }
    }
}

fn filter_by(logs: &mut Logs, text: &str) -> Result<Vec<Effect>, String> {
    let filter = Filter::parse(text, logs.view.level)?;
    let scan = logs.want(filter);
    if scan.is_none() && logs.scanning && logs.filter.is_some() {
        return Ok(Vec::new());
    }
    Ok(commands::started(logs, scan))
}
