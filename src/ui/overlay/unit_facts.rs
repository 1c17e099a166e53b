//! The facts of a unit that we keep, and the verdict as a sentence.

use super::page::Page;
use crate::model::fleet::Row;
use crate::model::time::Timestamp;
use crate::model::unit::{ActiveState, LoadState, UnitFacts};
use crate::ui::chrome::role_of;
use crate::ui::crash_loops::{Bars, sparkline};
use crate::ui::scene::Scene;
use crate::ui::services::{FIVE, HOUR, since, state};
use crate::ui::{Role, words};

/// What is wrong with it, in a sentence.
pub(super) fn headline(scene: &Scene<'_>, page: &mut Page<'_, '_>, row: &Row<'_>) {
    let verdict = &row.verdict;
    let role = if verdict.stale { Role::Stale } else { role_of(verdict.severity) };
    page.say(role, &sentence(scene, row));
    if verdict.stale {
        trouble(scene, page, row);
    }
    page.gap();
}

/// What is known of it.
pub(super) fn write(scene: &Scene<'_>, page: &mut Page<'_, '_>, row: &Row<'_>) {
    let verdict = &row.verdict;
    crate::ui::planned::write(scene, page, row);
    let Some(unit) = row.instance.kind.unit() else {
        super::health::write(scene, page, row);
        return;
    };
    page.fact("unit", unit.as_str());
    if let Some(release) = row.host.release(row.instance) {
        let at = Timestamp::from_secs(release.at);
        let at = words::moment(at, scene.chrome.utc_offset_secs);
        page.fact("revision", format!("{}, deployed by {} at {at}", release.short(), release.by));
        if let Some(one) = &row.instance.behind
            && let Some(commits) = one.commits(&release.revision)
        {
            let age = words::age(scene.now.since(one.at));
            let s = if commits == 1 { "" } else { "s" };
            let text = match commits {
                0 => format!("it is the newest, as of {age} ago"),
                _ => format!("{commits} commit{s} behind {}, as of {age} ago", one.wanted()),
            };
            page.fact("behind", text);
        }
    }
    if let Some(drilled) = row.host.drilled(&row.instance.kind.subject()) {
        let role = if drilled.passed() { Role::Text } else { Role::Warning };
        page.fact_in(role, "drill", drilled.brief(scene.now));
    }
    let Some(facts) = row.instance.facts.value() else { return };
    if verdict.stale {
        page.heading("As it was then");
    }
    page.fact("description", &*facts.description);
    if !facts.load_error.is_empty() {
        page.fact_in(Role::Critical, "load error", facts.load_error.clone());
    }
    page.fact("systemd says", systemd(facts));
    if facts.condition_failed {
        page.fact_in(Role::Warning, "condition", "did not hold at the last start");
    }
    if facts.need_daemon_reload {
        let text = "the file on disk is newer than what systemd runs: daemon-reload is due";
        page.fact_in(Role::Warning, "reload", text);
    }
    super::health::write(scene, page, row);
    restarts(scene, page, row);
    process(scene, page, row, facts);
    page.fact("at boot", boot(facts));
    page.fact("file", &*facts.fragment);
    for path in &facts.drop_ins {
        page.fact("drop-in", &**path);
    }
    page.fact("cgroup", &*facts.control_group);
    page.fact("started by", facts.triggered_by.join(" "));
    page.fact("invocation", &*facts.invocation);
}

/// What it does and for how long, what it did before, and whether that is still known.
fn sentence(scene: &Scene<'_>, row: &Row<'_>) -> String {
    let mut text = state(scene, row);
    let since = since(scene, row);
    if !since.is_empty() && !row.verdict.stale {
        text = format!("{text} for {since}");
    }
    let five = row.instance.restarts.within(FIVE, scene.now);
    if five.n > 0 {
        let n = words::count(five, scene.chrome.glyphs);
        text = format!("{text}, started again {n} times in five minutes");
    }
    if let Some(exit) = row.instance.last_exit.filter(|exit| !exit.is_clean()) {
        text = format!("{text}, last ended with {}", exit.label());
    }
    match row.instance.as_of(row.host) {
        Some(at) if row.verdict.stale => format!("{text}; as of {} ago", scene.age(at)),
        _ => text,
    }
}

/// Why we do not know better.
fn trouble(scene: &Scene<'_>, page: &mut Page<'_, '_>, row: &Row<'_>) {
    let host = row.host;
    let link = (!host.link.is_up()).then(|| host.link.fault()).flatten();
    let fault = link.or_else(|| row.instance.fault(host));
    match fault {
        Some(fault) => page.fault(Role::Unknown, fault),
        None => page.fact("host", host.link.name()),
    }
    if let Some(at) = host.link.retry_at() {
        page.fact("next try", words::until(at.since(scene.now)));
    }
}

fn systemd(facts: &UnitFacts) -> String {
    let load = match facts.load {
        LoadState::Loaded => "",
        LoadState::NotFound => "not found, ",
        LoadState::BadSetting => "bad setting, ",
        LoadState::Error => "cannot be loaded, ",
        LoadState::Masked => "masked, ",
        LoadState::Other => "load state unknown, ",
    };
    let active = match facts.active {
        ActiveState::Active => "active",
        ActiveState::Reloading => "reloading",
        ActiveState::Inactive => "inactive",
        ActiveState::Failed => "failed",
        ActiveState::Activating => "activating",
        ActiveState::Deactivating => "deactivating",
        ActiveState::Other => "state unknown",
    };
    let result = match &*facts.result {
        "" | "success" => String::new(),
        result => format!(", result {result}"),
    };
    format!("{load}{active} ({}){result}", facts.sub)
}

fn restarts(scene: &Scene<'_>, page: &mut Page<'_, '_>, row: &Row<'_>) {
    let glyphs = scene.chrome.glyphs;
    let log = &row.instance.restarts;
    let (five, hour) = (log.within(FIVE, scene.now), log.within(HOUR, scene.now));
    let mut text = format!(
        "{} in 5m, {} in 1h, {} known in all",
        words::count(five, glyphs),
        words::count(hour, glyphs),
        words::count(log.total(), glyphs),
    );
    if five.n > 0 {
        text = format!("{text}, {} per minute", words::rate(log.per_minute(scene.now)));
    }
    page.fact("restarts", text);
    if hour.n > 0 {
        let bars = Bars::of_width(120);
        let series = bars.series(row, scene.now);
        let most = series.iter().copied().max().unwrap_or(0);
        page.fact(bars.title, sparkline(&series, most, glyphs));
    }
    if let Some(at) = log.last_at() {
        let moment = words::moment(at, scene.chrome.utc_offset_secs);
        page.fact("last restart", format!("{} ago, about {moment}", scene.age(at)));
    }
}

fn process(scene: &Scene<'_>, page: &mut Page<'_, '_>, row: &Row<'_>, facts: &UnitFacts) {
    let pause = facts.restart_usec.map(|usec| format!(" after {:.1}s", usec as f64 / 1e6));
    if facts.restarts_itself() {
        let pause = pause.unwrap_or_default();
        page.fact("policy", format!("Restart={}{pause}", facts.restart));
    } else if !facts.unit_type.is_empty() {
        page.fact("policy", "is not restarted by systemd");
    }
    let up = row.instance.up_since(row.host).filter(|_| !row.verdict.stale);
    let up = up.map(|at| format!(", up for {}", scene.age(at)));
    match facts.main_pid {
        Some(pid) => page.fact("process", format!("{pid}{}", up.unwrap_or_default())),
        None => page.fact("process", "none"),
    }
    if let Some(exit) = row.instance.last_exit.or(facts.exit) {
        let role = if exit.is_clean() { Role::Text } else { Role::Warning };
        let at = exit.at.and_then(|at| row.host.at(at));
        let ago = at.map_or_else(String::new, |at| format!(", {} ago", scene.age(at)));
        page.fact_in(role, "last exit", format!("{} {}{ago}", exit.code.name(), exit.label()));
    }
    let usage = &row.instance.usage;
    if let Some(memory) = usage.memory.or(facts.memory) {
        page.fact("memory", words::bytes(memory));
    }
    if let Some(cpu) = usage.cpu_percent {
        page.fact("processor", words::cpu(cpu));
    }
}

/// Whether it comes back after a reboot, in words.
fn boot(facts: &UnitFacts) -> String {
    let comes = match facts.enabled() {
        Some(true) => "comes up again after a reboot",
        Some(false) => "does NOT come up after a reboot",
        None => "something else has to start it",
    };
    if facts.unit_file_state.is_empty() {
        return String::new();
    }
    format!("{}: {comes}", facts.unit_file_state)
}
