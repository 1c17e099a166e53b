//! Keys while something is typed in a log.

use super::super::{say, typing};
use super::{commands, fetch, moment, search, take_along};
use crate::effect::Effect;
use crate::model::Model;
use crate::model::calendar::{Date, days};
use crate::model::log::store::Going;
use crate::model::log::view::{Ask, Prompt};
use crate::model::log::{Filter, Logs, Pattern};
use crate::model::severity::Severity;
use crate::model::time::Timestamp;
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
                Ok(done) => effects.extend(done),
                Err(fault) => logs.view.prompt = Some(Prompt { fault: Some(fault), ..prompt }),
            },
            other => {
                typing::change(&mut prompt.input, other);
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
            let at = moment(text, model.now, model.utc_offset_secs)?;
            Ok(moment::go(model, logs, at))
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

/// Reads a moment: `03:12`, `03:12:30`, `2026-11-20 03:12`, `-10m`; the last such one before now.
fn moment(text: &str, now: Timestamp, offset: i32) -> Result<Timestamp, String> {
    const HELP: &str = "write 03:12, 03:12:30, 2026-11-20 03:12 or -10m (s, m, h, d)";
    let text = text.trim();
    if let Some(ago) = text.strip_prefix('-') {
        let (number, unit) = ago.split_at_checked(ago.len().saturating_sub(1)).ok_or(HELP)?;
        let unit = match unit {
            "s" => 1,
            "m" => 60,
            "h" => 3600,
            "d" => 86_400,
            _ => return Err(HELP.to_owned()),
        };
        let number: i64 = number.parse().map_err(|_no| HELP)?;
        return Ok(now.shifted(number.saturating_mul(unit).saturating_mul(-1_000_000)));
    }
    let (date, clock) = match text.split_once([' ', 'T']) {
        Some((date, clock)) => (Some(date), clock),
        None => (None, text),
    };
    let mut parts = clock.split(':').map(str::parse::<i64>);
    let mut part = |most: i64| match parts.next() {
        Some(Ok(n)) if (0..=most).contains(&n) => Ok(n),
        _ => Err(HELP),
    };
    let (hour, minute) = (part(23)?, part(59)?);
    let second = if clock.matches(':').count() > 1 { part(60)? } else { 0 };
    let of_day = hour * 3600 + minute * 60 + second;
    let here = now.as_secs() + i64::from(offset);
    let day = match date {
        Some(date) => calendar_day(date).ok_or(HELP)?,
        None => here.div_euclid(86_400),
    };
    let secs = day * 86_400 + of_day;
    // A time of day that is yet to come was yesterday's.
    let secs = if date.is_none() && secs > here { secs - 86_400 } else { secs };
    Ok(Timestamp::from_secs(secs - i64::from(offset)))
}

/// `2026-11-20` as days since the epoch.
fn calendar_day(text: &str) -> Option<i64> {
    let mut parts = text.split('-').map(str::parse::<i64>);
    let mut part = || parts.next()?.ok();
    let date = Date { year: part()?, month: part()?, day: part()? };
    parts.next().is_none().then(|| days(date))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_as_people_write_them() {
        // 2026-11-21 03:00:00 UTC, two hours ahead here: 05:00.
        let now = Timestamp::from_secs(1_795_230_000);
        let read = |text| moment(text, now, 7200).map(|at| at.as_secs() - now.as_secs());
        assert_eq!(read("04:59"), Ok(-60));
        assert_eq!(read("05:00:30"), Ok(30 - 86_400));
        assert_eq!(read("2026-11-20 05:00"), Ok(-86_400));
        assert_eq!(read("-10m"), Ok(-600));
        for bad in ["", "5", "25:00", "-10x", "2026-13-01 00:00", "-", "ü"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
