//! One port, closely: who declares it, who holds it, and where it can be reached from.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::page::Page;
use super::{boxed, scrolled};
use crate::model::port::{Bind, Keeper};
use crate::model::ports::{self, Owner, PortRow};
use crate::model::screen::PortId;
use crate::ui::chrome::role_of;
use crate::ui::ports::{owner, reach};
use crate::ui::scene::Scene;
use crate::ui::viewports::Viewports;
use crate::ui::{Role, words};

pub(super) fn draw(
    scene: &Scene<'_>,
    buf: &mut Buffer,
    area: Rect,
    viewports: &mut Viewports,
    (id, scroll): (&PortId, usize),
) {
    let env = scene.fleet.env(&id.host.env);
    let name = format!("Port {}/{} of {}", id.port, id.protocol.name(), id.host.host);
    let inner = boxed(scene, buf, area, &name, env);
    let mut page = Page::new(scene, inner.width);
    let row = env.zip(scene.fleet.host(&id.host)).and_then(|(env, host)| {
        let key = (id.port, id.protocol);
        ports::judge_one(env, host, key, scene.fleet.interval, scene.now)
    });
    match row {
        Some(row) => write(scene, &mut page, &row),
        None => page.say(Role::Muted, "Nobody listens there any more, and nobody declares it."),
    }
    scrolled(scene, buf, (area, inner), viewports, &page.lines, scroll);
}

fn write(scene: &Scene<'_>, page: &mut Page<'_, '_>, row: &PortRow<'_>) {
    let sign = scene.chrome.glyphs.severity(row.severity);
    page.say(role_of(row.severity), &format!("{sign} {}", row.verdict.name()));
    if let Some(why) = row.unseen() {
        page.say(Role::Unknown, &why);
    }
    page.gap();
    for (service, spec) in &row.declared {
        let name = spec.name.as_ref().map_or_else(String::new, |name| format!(", {name}"));
        let bind = match spec.bind {
            None => String::new(),
            Some(Bind::Any) => ", for all".to_owned(),
            Some(Bind::Loopback) => ", for its own host".to_owned(),
            Some(Bind::Address(address)) => format!(", on {address}"),
        };
        page.fact("declared by", format!("{service}{name}{bind}"));
    }
    if row.declared.is_empty() {
        page.fact("declared by", "nobody");
    }
    let binds: Vec<String> = row.binds.iter().map(ToString::to_string).collect();
    page.fact("listens on", binds.join(", "));
    page.fact("reach", reach(row));
    page.fact("held by", owner(row));
    if let Some(owner) = &row.owner {
        holder(scene, page, row, owner);
    }
    if let (true, Some(fault)) = (row.stale, row.host.ports.fault()) {
        page.heading("It cannot be read");
        page.fault(Role::Unknown, fault);
    }
    let about: Vec<_> = row
        .host
        .findings
        .iter()
        .filter(|tracked| tracked.counts())
        .filter(|tracked| {
            let name = tracked.finding.key.subject.name();
            let number = format!("{}/{}", row.port, row.protocol.name());
            name == number || row.declared.iter().any(|(service, _)| service.as_str() == name)
        })
        .collect();
    if !about.is_empty() {
        page.heading("Findings");
    }
    for tracked in about {
        let sign = scene.chrome.glyphs.severity(tracked.finding.severity);
        let role = role_of(tracked.finding.severity);
        page.say(role, &format!("{sign} {}", tracked.finding.summary));
    }
}

fn holder(scene: &Scene<'_>, page: &mut Page<'_, '_>, row: &PortRow<'_>, owner: &Owner<'_>) {
    match owner.keeper() {
        Some(Keeper::Unit(unit)) => page.fact("kept by", format!("systemd, as {unit}")),
        Some(Keeper::UserUnit(unit)) => {
            page.fact("kept by", format!("a user's own systemd, as {unit}"));
        }
        Some(Keeper::Container(id)) => page.fact("kept by", format!("container {id}")),
        Some(Keeper::Session(scope)) => {
            let text = format!("nobody: started by hand in {scope}, gone with the next boot");
            page.fact_in(Role::Warning, "kept by", text);
        }
        Some(Keeper::Nobody) => {
            page.fact_in(Role::Warning, "kept by", "nobody: outside of all units");
        }
        None => page.fact_in(Role::Unknown, "kept by", "not known: no control group is told"),
    }
    page.fact("pid", owner.pid.map_or_else(String::new, |pid| pid.to_string()));
    let Some(process) = owner.process else { return };
    page.fact("command", &*process.command);
    page.fact("directory", process.directory.as_deref().unwrap_or(""));
    if let Some(at) = process.started.and_then(|at| row.host.at(at)) {
        let moment = words::moment(at, scene.chrome.utc_offset_secs);
        page.fact("running for", format!("{}, since {moment}", scene.age(at)));
    }
    page.fact("control group", owner.cgroup.unwrap_or(""));
}
