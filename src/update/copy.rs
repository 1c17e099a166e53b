//! What is copied: the selected row, or of a finding's page the commands that mend it.

use super::moves::{Selected, selected};
use super::{logs, say, sight};
use crate::effect::Effect;
use crate::model::Model;
use crate::model::backups;
use crate::model::finding::Finding;
use crate::model::fleet::Fleet;
use crate::model::host::Host;
use crate::model::ports;
use crate::model::screen::{EventId, FindingId, Overlay, PortId};
use crate::model::severity::Severity;
use crate::model::time::Timestamp;

pub(super) fn copy(model: &mut Model) -> Vec<Effect> {
    if let (Some(Overlay::Logs), Some(logs)) = (model.screen.overlays.last(), &model.logs) {
        let Some((text, lines)) = logs::copied(logs) else { return Vec::new() };
        let notice = format!("sent to the terminal's clipboard: {lines} of the log's lines");
        say(model, Severity::Info, notice);
        return vec![Effect::Copy(text)];
    }
    let (fleet, now) = model.shown();
    let (text, what) = match sight::page(model) {
        Some(Selected::Finding(id)) => (
            finding(fleet, &id).map(|(host, found)| commands(host, found)),
            Some("the commands that mend it"),
        ),
        of => match of.or_else(|| selected(model)) {
            Some(Selected::Event(id)) => (event(model, &id), None),
            Some(id) => (text(fleet, now, &id), None),
            None => (None, None),
        },
    };
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Vec::new() };
    let shown = what.unwrap_or(&text);
    let notice = format!("sent to the terminal's clipboard: {shown}");
    say(model, Severity::Info, notice);
    vec![Effect::Copy(text)]
}

fn text(fleet: &Fleet, now: Timestamp, id: &Selected) -> Option<String> {
    match id {
        Selected::Instance(id) => fleet.row(id, now).map(|row| {
            format!("{} {} {}", row.service, row.verdict.state.name(), row.host.spec.name)
        }),
        Selected::Host(id) => {
            fleet.host(id).map(|host| format!("{} {}", host.spec.name, host.link.name()))
        }
        Selected::Port(id) => port(fleet, now, id),
        Selected::Backup(id) => {
            let row = backups::judge_one(fleet.env(&id.host.env)?, &id.name, now)?;
            Some(format!("{} {} {}", id.name, row.verdict.name(), row.detail))
        }
        Selected::Finding(id) => finding(fleet, id).map(|(_, finding)| finding.summary.clone()),
        Selected::Event(_) => None,
    }
}

fn event(model: &Model, id: &EventId) -> Option<String> {
    let event = model.timeline.iter().find(|event| event.id() == *id)?;
    Some(format!("{} {}", event.place(), event.text))
}

fn finding<'f>(fleet: &'f Fleet, id: &FindingId) -> Option<(&'f Host, &'f Finding)> {
    let host = fleet.host(&id.host)?;
    let mut findings = host.findings.iter().map(|tracked| &tracked.finding);
    Some((host, findings.find(|finding| finding.key == id.key)?))
}

fn port(fleet: &Fleet, now: Timestamp, id: &PortId) -> Option<String> {
    let env = fleet.env(&id.host.env)?;
    let host = env.hosts.get(&id.host.host)?;
    let row = ports::judge_one(env, host, (id.port, id.protocol), fleet.interval, now)?;
    let owner = row.owner.as_ref().map_or_else(String::new, ports::Owner::label);
    let (number, protocol) = (row.port, row.protocol.name());
    Some(format!("{number}/{protocol} {} {owner} {}", row.verdict.name(), host.spec.name))
}

/// One a line; what is no command is a comment, and so is who has to run them where.
fn commands(host: &Host, finding: &Finding) -> String {
    let who = finding.run_as(host).map(|who| format!("# {who}"));
    let lines = finding.fix.iter().map(|step| match (&*step.command, &*step.note) {
        ("", note) => format!("# {note}"),
        (command, "") => command.to_owned(),
        (command, note) => format!("# {note}\n{command}"),
    });
    who.into_iter().chain(lines).collect::<Vec<_>>().join("\n")
}
