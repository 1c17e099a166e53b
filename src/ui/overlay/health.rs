//! The health checks of a unit: state, last answer, latency, since when.

use super::page::Page;
use crate::model::answered::not_by_it;
use crate::model::check::Origin;
use crate::model::fleet::Row;
use crate::model::health::CheckState;
use crate::ui::chrome::role_of;
use crate::ui::scene::Scene;
use crate::ui::{Role, words};

pub(super) fn write(scene: &Scene<'_>, page: &mut Page<'_, '_>, row: &Row<'_>) {
    for (spec, log) in row.instance.checks() {
        let known = row.host.link.is_up();
        let state = if known { log.state(spec, scene.now) } else { CheckState::Unknown };
        let mut text = format!("{} {}", state.name(), spec.label());
        if spec.from == Origin::Console {
            text.push_str(" from here");
        }
        if let (CheckState::Failing | CheckState::Passing, Some(at)) = (state, log.since()) {
            text = format!("{text} for {}", scene.age(at));
        }
        if let Some((at, reading)) = log.last() {
            let latency = reading.latency.map(words::latency).unwrap_or_default();
            let said = format!("{} {latency}", reading.detail);
            text = format!("{text}: {}", said.trim_end());
            if state == CheckState::Unknown {
                text = format!("{text}, {} ago", scene.age(at));
            }
        }
        let other = not_by_it(row, (spec, log), scene.fleet.interval, scene.now);
        if let Some(why) = &other {
            text = format!("{why}; {text}");
        }
        let role = match state {
            CheckState::Passing if other.is_some() => Role::Warning,
            CheckState::Passing => Role::Text,
            CheckState::Pending | CheckState::Failing | CheckState::Unknown => {
                role_of(state.severity())
            }
        };
        page.fact_in(role, "health", text);
        if let (CheckState::Failing, Some((_, reading))) = (state, log.last())
            && !reading.excerpt.is_empty()
        {
            page.fact("", &*reading.excerpt);
        }
        if let Some(p95) = log.p95(scene.now) {
            let failing = log.failing_percent(scene.now).unwrap_or(0.0);
            let text = format!("95 of 100 {}, {failing:.0} % fail", words::latency(p95));
            page.fact("in 15m", text);
        }
    }
}
