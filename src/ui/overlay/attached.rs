//! An operation of somebody else, while it is followed: its steps on each host, and the end of what
//! they have printed.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::operation::{LIVE, Part, output, write};
use super::page::Page;
use super::{boxed, scrolled};
use crate::model::acting::Attached;
use crate::model::command::Command;
use crate::model::operation::{Need, Phase, Verdict};
use crate::model::screen::parts;
use crate::ui::scene::Scene;
use crate::ui::viewports::Viewports;
use crate::ui::{Role, words};

/// Lines of what was printed on a host.
const PRINTED: usize = 200;

pub(super) fn draw(
    scene: &Scene<'_>,
    buf: &mut Buffer,
    area: Rect,
    viewports: &mut Viewports,
    scroll: usize,
) {
    let Some(attached) = scene.model.acting.attached.as_deref() else {
        let inner = boxed(scene, buf, area, "Operation", None);
        viewports.learn_overlay(area, 0, 0);
        scene.put(buf, inner, "Nothing is known of it any more.", scene.style(Role::Muted));
        return;
    };
    let env = scene.model.fleet.env(&attached.env);
    let inner = boxed(scene, buf, area, &attached.what, env);
    let mut page = Page::new(scene, inner.width);
    head(scene, &mut page, attached);
    for part in &attached.parts {
        let titles = part.titles.iter().map(AsRef::as_ref).collect();
        let (what, host, run) = (&*part.subject, &part.host, &part.run);
        write(scene, &mut page, &Part { what, host, titles, run }, LIVE);
    }
    for part in attached.parts.iter().filter(|part| !part.run.output.bytes().is_empty()) {
        page.heading(&format!("All that was printed on {}, its end last", part.host.host));
        output(scene, &mut page, &part.run, PRINTED);
    }
    scrolled(scene, buf, (area, inner), viewports, &page.lines, scroll);
}

fn head(scene: &Scene<'_>, page: &mut Page<'_, '_>, attached: &Attached) {
    let began = words::clock(attached.op.began(), scene.chrome.utc_offset_secs);
    let by = if attached.operator.is_empty() { "?" } else { &*attached.operator };
    page.say(Role::Muted, &format!("by {by}, began {began} on their clock, {}", attached.op));
    let key = |command| scene.chrome.key(command).unwrap_or_default();
    let told = parts(&scene.model.acting, &attached.op);
    let lives = told.iter().any(|(_, part)| part.verdict() == Verdict::Running);
    let follows = attached.parts.iter().any(|part| part.run.phase == Phase::Running);
    for (host, part) in &told {
        let (verdict, host) = (part.verdict(), &host.host);
        if !matches!(verdict, Verdict::Running | Verdict::Ended) {
            page.say(Role::Warning, &format!("{host}: {}: {}", verdict.name(), verdict.doc()));
        }
    }
    let needs = told.iter().filter_map(|(_, part)| part.need());
    let (undo, release) = (key(Command::OperationUndo), key(Command::OperationRelease));
    let how = if lives || follows {
        let (cancel, back) = (key(Command::OperationCancel), key(Command::Back));
        format!("followed here; {cancel} ends it at a step's border, {back} leaves it running")
    } else {
        match needs.max() {
            Some(Need::Undo) => format!("{undo} takes it back, {release} leaves it so"),
            Some(Need::Claim) => format!("{release} gives its claim back"),
            None => "it is over".to_owned(),
        }
    };
    page.say(Role::Muted, &how);
}
