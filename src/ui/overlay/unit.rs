//! One unit, closely: what is wrong with it in a sentence, its facts, its file, its last lines.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::page::Page;
use super::{boxed, event, finding, scrolled, unit_facts};
use crate::model::finding::Subject;
use crate::model::ids::InstanceId;
use crate::model::observed::Observed;
use crate::model::screen::DetailTab;
use crate::model::time::Timestamp;
use crate::model::unit::{JournalLine, UnitDetail};
use crate::ui::scene::Scene;
use crate::ui::viewports::Viewports;
use crate::ui::{Role, below, top, words};

/// As many lines show an error and where it came from.
const LAST_WORDS: usize = 4;

/// What the overlay holds.
pub(super) struct Shown<'a> {
    pub(super) id: &'a InstanceId,
    pub(super) detail: &'a Observed<UnitDetail>,
    pub(super) tab: DetailTab,
    pub(super) scroll: usize,
}

pub(super) fn draw(
    scene: &Scene<'_>,
    buf: &mut Buffer,
    area: Rect,
    viewports: &mut Viewports,
    shown: &Shown<'_>,
) {
    let id = shown.id;
    let name = format!("{} on {}", id.service, id.host.host);
    let inner = boxed(scene, buf, area, &name, scene.fleet.env(&id.host.env));
    let mut tabs = Vec::new();
    for tab in DetailTab::ALL {
        let (text, role) = if tab == shown.tab {
            (format!("[{}]", tab.name()), Role::BorderFocused)
        } else {
            (format!(" {} ", tab.name()), Role::Muted)
        };
        tabs.push(scene.span(role, text));
        tabs.push(scene.span(Role::Muted, " "));
    }
    if let Some(at) = shown.detail.as_of() {
        let at = words::moment(at, scene.chrome.utc_offset_secs);
        let (_, clock) = at.split_once(' ').unwrap_or(("", &at));
        tabs.push(scene.span(Role::Muted, format!(" read at {clock}")));
    }
    scene.put_spans(buf, top(inner, 1), &tabs);
    let inner = below(inner, 1);
    let mut page = Page::new(scene, inner.width);
    match shown.tab {
        DetailTab::Overview => overview(scene, &mut page, shown),
        DetailTab::File => file(scene, &mut page, shown.detail),
        DetailTab::Journal => journal(scene, &mut page, shown),
    }
    scrolled(scene, buf, (area, inner), viewports, &page.lines, shown.scroll);
}

fn overview(scene: &Scene<'_>, page: &mut Page<'_, '_>, shown: &Shown<'_>) {
    let Some(row) = scene.fleet.row(shown.id, scene.now) else {
        page.say(Role::Unknown, "This service is no longer watched.");
        return;
    };
    unit_facts::headline(scene, page, &row);
    let own = |subject: &Subject| matches!(subject, Subject::Service(name) if name == row.service);
    finding::about(scene, page, row.host, own);
    last_words(page, shown.detail);
    unit_facts::write(scene, page, &row);
    if row.verdict.severity.is_problem() {
        let at = row.verdict.since.unwrap_or(scene.now);
        event::before(scene, page, &row.host.id(&row.env.name), at);
    }
    if row.instance.kind.unit().is_none() {
        return;
    }
    page.heading("As systemd has it");
    state(scene, page, shown.detail);
    for (name, value) in shown.detail.value().map_or(&[][..], |detail| &detail.properties) {
        page.fact(name, value.clone());
    }
}

/// What the service itself said last: the reason is mostly there.
fn last_words(page: &mut Page<'_, '_>, detail: &Observed<UnitDetail>) {
    let Some(detail) = detail.value() else { return };
    let own = detail.journal.iter().filter(|line| !line.from.starts_with("systemd"));
    let last: Vec<&JournalLine> = own.rev().take(LAST_WORDS).collect();
    if last.is_empty() {
        return;
    }
    page.say(Role::Muted, &format!("Its last words; the {} has more:", DetailTab::Journal.name()));
    for line in last.into_iter().rev() {
        let (word, role) = priority(line);
        page.say(role, &format!("  {word}{}", line.text.trim()));
    }
    page.gap();
}

fn file(scene: &Scene<'_>, page: &mut Page<'_, '_>, detail: &Observed<UnitDetail>) {
    state(scene, page, detail);
    let Some(detail) = detail.value() else { return };
    for (path, text) in &detail.files {
        page.heading(&format!("# {path}"));
        page.verbatim(Role::Text, text);
    }
    if detail.files.is_empty() {
        page.say(Role::Muted, "no file on disk");
    }
}

fn journal(scene: &Scene<'_>, page: &mut Page<'_, '_>, shown: &Shown<'_>) {
    state(scene, page, shown.detail);
    let Some(detail) = shown.detail.value() else { return };
    let skew = scene
        .fleet
        .host(&shown.id.host)
        .and_then(|host| host.facts.value())
        .map_or(0, |facts| facts.skew);
    for line in &detail.journal {
        let at = Timestamp::from_micros(line.at.saturating_sub(skew));
        let at = words::moment(at, scene.chrome.utc_offset_secs);
        let (word, role) = priority(line);
        page.say(role, &format!("{at} {word}{}: {}", line.from, line.text));
    }
    if detail.journal.is_empty() {
        page.say(Role::Muted, "the journal has no line of it, or we may not read it");
    }
}

/// A word and a color for what is worse than a notice (syslog(3)).
const fn priority(line: &JournalLine) -> (&'static str, Role) {
    match line.priority {
        Some(0..=2) => ("CRIT ", Role::Critical),
        Some(3) => ("ERR ", Role::Critical),
        Some(4) => ("WARN ", Role::Warning),
        Some(7) => ("", Role::Muted),
        Some(_) | None => ("", Role::Text),
    }
}

/// Whether what was read on demand is there, and how old it is.
fn state(scene: &Scene<'_>, page: &mut Page<'_, '_>, detail: &Observed<UnitDetail>) {
    if let Some(fault) = detail.fault() {
        page.fault(Role::Unknown, fault);
    }
    match (detail.value(), detail.as_of()) {
        (Some(read), Some(at)) => {
            if detail.fault().is_some() {
                page.say(Role::Stale, &format!("what follows is {} old", scene.age(at)));
            }
            for warning in &read.warnings {
                page.say(Role::Warning, &format!("! {warning}"));
            }
        }
        (Some(_) | None, _) if detail.fault().is_none() => {
            page.say(Role::Muted, &format!("reading{}", scene.chrome.glyphs.cut()));
        }
        (Some(_) | None, _) => {}
    }
}
