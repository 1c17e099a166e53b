//! Taking note of a finding: the prompt, what it does, and when it ends. Changes nothing on a
//! host.

use jiff::fmt::friendly::SpanParser;

use super::moves::{Selected, selected};
use super::{examine, say, timeline, typing};
use crate::effect::Effect;
use crate::model::Model;
use crate::model::acknowledged::{AckId, Acknowledged, DEFAULT, LONGEST};
use crate::model::event::{Event, EventKind};
use crate::model::ids::HostId;
use crate::model::screen::{AckField, FindingId, Input, Overlay};
use crate::model::severity::Severity;
use crate::msg::Edit;

/// Asks for note and end for the selected finding.
pub(super) fn ask(model: &mut Model) {
    let id = match (model.screen.overlays.last(), selected(model)) {
        (Some(Overlay::Finding { id, .. }), _) => id.clone(),
        (None, Some(Selected::Finding(id))) => id,
        (None, _) => {
            say(model, Severity::Info, "select a finding to acknowledge it");
            return;
        }
        (Some(_), _) => return,
    };
    if model.screen.board || !is_there(model, &id) {
        return;
    }
    let known = model.acks.get(&AckId::new(&id.host, &id.key));
    let note = known.map_or_else(Input::default, |ack| Input::new(&ack.note));
    let mute = known.is_some_and(|ack| ack.mute);
    model.screen.overlays.push(Overlay::Acknowledge {
        id,
        note,
        span: Input::new(DEFAULT),
        mute,
        field: AckField::Note,
    });
}

fn is_there(model: &Model, id: &FindingId) -> bool {
    let host = model.fleet.host(&id.host);
    host.is_some_and(|host| host.findings.iter().any(|tracked| tracked.finding.key == id.key))
}

/// A key in the prompt.
pub(super) fn typed(model: &mut Model, edit: Edit) -> Vec<Effect> {
    let Some(Overlay::Acknowledge { id, mut note, mut span, mut mute, mut field }) =
        model.screen.overlays.pop()
    else {
        return Vec::new();
    };
    match (edit, field) {
        (Edit::Cancel, _) => return Vec::new(),
        (Edit::Accept, _) => match accept(model, &id, &note.text, &span.text, mute) {
            Ok(effects) => return effects,
            Err(refusal) => {
                field = AckField::Span;
                say(model, Severity::Warning, refusal);
            }
        },
        (Edit::Down, _) => field = field.next(),
        (Edit::Up, _) => field = field.previous(),
        (Edit::Insert(_) | Edit::Left | Edit::Right, AckField::Mute) => mute = !mute,
        (_, AckField::Mute) => {}
        (edit, AckField::Note) => typing::change(&mut note, edit),
        (edit, AckField::Span) => typing::change(&mut span, edit),
    }
    model.screen.overlays.push(Overlay::Acknowledge { id, note, span, mute, field });
    Vec::new()
}

fn accept(
    model: &mut Model,
    id: &FindingId,
    note: &str,
    span: &str,
    mute: bool,
) -> Result<Vec<Effect>, String> {
    let span = SpanParser::new().parse_unsigned_duration(span.trim()).map_err(|_| {
        "how long? write such as `1h`, `30m` or `2d`; `0s` takes it back".to_owned()
    })?;
    if span > LONGEST {
        return Err("at most 7 days; what is known for good is silenced in the config".to_owned());
    }
    let host = model.fleet.host(&id.host);
    let severity = host
        .and_then(|host| host.findings.iter().find(|tracked| tracked.finding.key == id.key))
        .map(|tracked| tracked.finding.severity);
    let Some(severity) = severity else {
        say(model, Severity::Info, "this is not found any more");
        return Ok(Vec::new());
    };
    let ack_id = AckId::new(&id.host, &id.key);
    if span.is_zero() {
        let Some(_taken) = model.acks.remove(&ack_id) else { return Ok(Vec::new()) };
        tell(model, &ack_id, severity, "taken-back", "the acknowledgment was taken back");
        examine::mark(model, &id.host);
        return Ok(vec![Effect::SaveAck(ack_id, None)]);
    }
    let ack = Acknowledged {
        by: model.operator.clone(),
        note: note.trim().into(),
        at: model.now,
        until: model.now + span,
        severity,
        mute,
    };
    model.acks.insert(ack_id.clone(), ack);
    let Some(ack) = model.acks.get(&ack_id).cloned() else { return Ok(Vec::new()) };
    let colon = if ack.note.is_empty() { "" } else { ": " };
    let minutes = ack.until.since(ack.at).as_secs().div_ceil(60);
    let text = format!("{} by {} for {minutes} min{colon}{}", ack.word(), ack.by, ack.note);
    tell(model, &ack_id, severity, ack.word(), &text);
    examine::mark(model, &id.host);
    say(model, Severity::Info, text);
    Ok(vec![Effect::SaveAck(ack_id, Some(ack))])
}

fn tell(model: &mut Model, id: &AckId, severity: Severity, to: &str, text: &str) {
    let event =
        Event::new(model.now, EventKind::Acknowledged, Some(id.host.clone()), severity, text)
            .about(&id.found.subject, &id.found.rule)
            .turned("", to);
    timeline::tell(model, vec![event]);
}

/// Takes acknowledgments back that do not hold any more: their time is over.
pub(super) fn tick(model: &mut Model) -> Vec<Effect> {
    if model.acks.iter().all(|(_, ack)| ack.until > model.now) {
        return Vec::new();
    }
    let mut effects = Vec::new();
    for (id, ack) in model.acks.over(model.now) {
        let text = format!("{} by {} has ended", ack.word(), ack.by);
        tell(model, &id, ack.severity, "ended", &text);
        examine::mark(model, &id.host);
        effects.push(Effect::SaveAck(id, None));
    }
    effects
}

/// Takes acknowledgments of a host back whose finding got worse, or is gone: the same one later
/// is another incident, unless it is muted.
pub(super) fn follow(model: &mut Model, host_id: &HostId) -> Vec<Effect> {
    if model.acks.is_empty() {
        return Vec::new();
    }
    let Some(host) = model.fleet.host(host_id) else { return Vec::new() };
    let mut over = Vec::new();
    for (id, ack) in model.acks.iter().filter(|(id, _)| id.host == *host_id) {
        let found = |key| crate::model::told::Found::of(key) == id.found;
        let tracked = host.findings.iter().find(|tracked| found(&tracked.finding.key));
        match tracked {
            Some(tracked) if !ack.holds(tracked.finding.severity, model.now) => {
                over.push((id.clone(), Some(tracked.finding.severity)));
            }
            // Told as closed: proved to be gone, and not only not found for now. What comes and goes
            // is what one mutes, so that lasts until its end.
            None if !ack.mute
                && host.link.is_up()
                && host.is_settled()
                && !host.told.findings.contains_key(&id.found) =>
            {
                over.push((id.clone(), None));
            }
            Some(_) | None => {}
        }
    }
    let mut effects = Vec::new();
    for (id, worse) in over {
        model.acks.remove(&id);
        if let Some(severity) = worse {
            let text = "it is worse than when it was acknowledged";
            tell(model, &id, severity, "ended", text);
        }
        examine::mark(model, &id.host);
        effects.push(Effect::SaveAck(id, None));
    }
    effects
}
