//! One host, closely.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::page::Page;
use super::{boxed, finding, scrolled};
use crate::model::finding::Subject;
use crate::model::host::{Disk, Host, HostFacts};
use crate::model::ids::HostId;
use crate::model::limits::Limits;
use crate::model::severity::Severity;
use crate::model::spec::Reach;
use crate::ui::chrome::role_of;
use crate::ui::hosts::rights;
use crate::ui::scene::Scene;
use crate::ui::viewports::Viewports;
use crate::ui::{Role, words};

pub(super) fn draw(
    scene: &Scene<'_>,
    buf: &mut Buffer,
    area: Rect,
    viewports: &mut Viewports,
    (id, scroll): (&HostId, usize),
) {
    let env = scene.fleet.env(&id.env);
    let inner = boxed(scene, buf, area, &format!("Host {}", id.host), env);
    let mut page = Page::new(scene, inner.width);
    match scene.fleet.host(id) {
        Some(host) => write(scene, &mut page, host),
        None => page.say(Role::Unknown, "This host is no longer watched."),
    }
    scrolled(scene, buf, (area, inner), viewports, &page.lines, scroll);
}

fn write(scene: &Scene<'_>, page: &mut Page<'_, '_>, host: &Host) {
    let severity = host.link.severity();
    let sign = scene.chrome.glyphs.severity(severity);
    page.say(role_of(severity), &format!("{sign} {}", host.link.name()));
    if let Some(fault) = host.link.fault() {
        page.fault(role_of(severity), fault);
    }
    if let Some(at) = host.link.retry_at() {
        page.fact("next try", words::until(at.since(scene.now)));
    }
    if let Some(fault) = &host.units_fault {
        page.heading("Its units cannot be read");
        page.fault(Role::Unknown, fault);
    }
    finding::about(scene, page, host, |subject| matches!(subject, Subject::Host));
    page.gap();
    let reach = match &host.spec.reach {
        Reach::Local => "this machine, without ssh".to_owned(),
        Reach::Ssh(target) => format!("ssh {target}"),
        Reach::Simulated(name) => format!("simulated {name}: nothing of this is real"),
    };
    page.fact("reached by", reach);
    let pushed = if host.pushed { "pushed by systemd's bus" } else { "read in turn" };
    if host.link.is_up() {
        page.fact("latency", host.latency.map_or_else(String::new, words::latency));
        page.fact("changes", pushed);
    }
    if let Some(at) = host.read_since {
        page.fact("read since", words::moment(at, scene.chrome.utc_offset_secs));
    }
    let Some(facts) = host.facts.value() else { return };
    page.heading("What it says of itself");
    if let (false, Some(at)) = (host.link.is_up(), host.facts.as_of()) {
        page.say(Role::Stale, &format!("as of {} ago", scene.age(at)));
    }
    if let Some(fault) = host.facts.fault() {
        page.fault(Role::Unknown, fault);
    }
    itself(scene, page, facts, &host.spec.limits);
    page.heading("Disks");
    for disk in &facts.disks {
        self::disk(scene, page, disk, &host.spec.limits);
    }
    for warning in &facts.warnings {
        page.say(Role::Warning, &format!("! {warning}"));
    }
}

fn itself(scene: &Scene<'_>, page: &mut Page<'_, '_>, facts: &HostFacts, limits: &Limits) {
    page.fact("system", facts.os.clone());
    page.fact("kernel", facts.kernel.clone());
    match &facts.systemd {
        Some(version) => page.fact("systemd", version.clone()),
        None => page.fact_in(Role::Warning, "systemd", "does not run there"),
    }
    let boot = words::moment(facts.started, scene.chrome.utc_offset_secs);
    page.fact("up for", format!("{}, since {boot}", scene.age(facts.started)));
    let clock = facts.clock_severity();
    let skew = match clock {
        Severity::Ok => "as ours".to_owned(),
        _ => format!("{} from ours", words::skew(facts.skew)),
    };
    page.fact_in(told(clock), "clock", skew);
    let [one, five, fifteen] = facts.load;
    let load = format!("{one:.1} {five:.1} {fifteen:.1} on {} processors", facts.cpus);
    page.fact("load", load);
    let memory = format!(
        "{:.0}% of {} used, {} available",
        facts.memory_percent(),
        words::bytes(facts.memory_total),
        words::bytes(facts.memory_available),
    );
    page.fact_in(told(facts.memory_severity(limits)), "memory", memory);
    page.fact("waiting for", pressure(facts));
    page.fact("user", facts.user.clone());
    page.fact("rights", rights(facts));
}

/// A color only where something is to be told.
const fn told(severity: Severity) -> Role {
    match severity {
        Severity::Ok => Role::Text,
        severity => role_of(severity),
    }
}

fn pressure(facts: &HostFacts) -> String {
    let of = [
        ("processor", facts.pressure.cpu),
        ("memory", facts.pressure.memory),
        ("disk", facts.pressure.io),
    ];
    let known: Vec<String> = of
        .iter()
        .filter_map(|(name, share)| share.map(|share| format!("{name} {share:.0}%")))
        .collect();
    known.join(", ")
}

fn disk(scene: &Scene<'_>, page: &mut Page<'_, '_>, disk: &Disk, limits: &Limits) {
    let severity = disk.severity(limits);
    let sign = scene.chrome.glyphs.severity(severity);
    let inodes = match (disk.inodes_available * 100).checked_div(disk.inodes) {
        Some(free) => format!(", {free}% of inodes free"),
        None => String::new(),
    };
    let text = format!(
        "{sign} {} of {} free{inodes}",
        words::bytes(disk.available),
        words::bytes(disk.size),
    );
    page.fact_in(told(severity), &disk.mount, text);
}
