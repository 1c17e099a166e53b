//! What stands around a log's lines: what it is of, how its sources are doing, what is hidden,
//! what is not loaded, what came meanwhile, and what is typed.

use std::collections::BTreeSet;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::Span;

use super::super::Role;
use super::super::scene::why;
use super::super::text::width;
use super::super::words;
use super::Scene;
use super::line::{names, role_of};
use crate::model::command::Command;
use crate::model::ids::HostId;
use crate::model::log::level::Level;
use crate::model::log::view::{Ask, At};
use crate::model::log::{Beyond, Logs, StreamLog, TailState};
use crate::model::time::Timestamp;

/// Sources that are told of one by one.
const TOLD: usize = 3;

/// The title: what it is of, in which environment, and how much of it is here.
pub(super) fn title(scene: &Scene<'_>, buf: &mut Buffer, area: Rect, logs: &Logs) {
    let glyphs = scene.chrome.glyphs;
    let border = scene.style(Role::BorderFocused);
    let bar = || Span::styled(glyphs.line(true), border);
    let mut spans = vec![bar(), Span::raw(" ")];
    spans.push(scene.span(Role::BorderFocused, format!("log of {}", logs.title)));
    spans.extend([Span::raw(" "), bar(), Span::raw(" ")]);
    let env = logs.streams.first().and_then(|stream| scene.fleet.env(&stream.host.env));
    let same = logs.streams.iter().all(|s| Some(&s.host.env) == env.map(|env| &env.name));
    spans.extend(scene.env_spans(env.filter(|_| same)));
    spans.extend([Span::raw(" "), bar(), Span::raw(" ")]);
    let (lines, bytes) = logs.held();
    let text = format!("{}, {}", numbered(lines, "line"), words::bytes(bytes as u64));
    spans.push(scene.span(Role::Text, text));
    spans.extend([Span::raw(" "), bar()]);
    let end = scene.put_spans(buf, area, &spans);
    for x in end..area.right() {
        buf.set_stringn(x, area.y, glyphs.line(true), 1, border);
    }
}

/// What is hidden and why, and which sources cannot be read.
pub(super) fn state<'a>(scene: &Scene<'_>, logs: &Logs) -> Vec<Vec<Span<'a>>> {
    let mut rows = Vec::new();
    let mut hidden: Vec<Span<'a>> = Vec::new();
    let view = &logs.view;
    if !view.filter.is_empty() {
        hidden.push(scene.span(Role::Muted, "only "));
        hidden.push(scene.span(Role::Match, view.filter.clone()));
        if view.context > 0 {
            hidden.push(scene.span(Role::Muted, format!(" with {} around", view.context)));
        }
        hidden.push(Span::raw("  "));
    }
    if let Some(stream) = view.only.and_then(|only| logs.streams.get(only)) {
        hidden.push(scene.span(Role::Notice, format!("only {}  ", stream.words())));
    }
    if view.level > Level::Unknown {
        let text = format!("{} and worse  ", view.level.name());
        hidden.push(scene.span(role_of(view.level), text));
    }
    if let Some(since) = view.since_moment {
        let at = words::moment(Timestamp::from_micros(since), scene.chrome.utc_offset_secs);
        hidden.push(scene.span(Role::Notice, format!("since {at}  ")));
    }
    if let Some(search) = &logs.search {
        hidden.push(scene.span(Role::Muted, "search "));
        hidden.push(scene.span(Role::Match, search.text().to_owned()));
        hidden.push(Span::raw("  "));
    }
    if !hidden.is_empty() {
        let (wanted, found) = logs.counts();
        if logs.filter.is_some() || view.only.is_some() || view.since_moment.is_some() {
            hidden.push(scene.span(Role::Text, format!("{}  ", numbered(wanted, "line"))));
        }
        if logs.search.is_some() {
            hidden.push(scene.span(
                Role::Text,
                format!("{} {}  ", number(found), if found == 1 { "match" } else { "matches" }),
            ));
        }
        let (done, all) = logs.searched();
        if done < all {
            let percent = done * 100 / all.max(1);
            hidden.push(scene.span(Role::Notice, format!("searching, {percent} %")));
        }
        rows.push(hidden);
    }
    if !view.columns.is_empty() {
        let names = view.columns.join(", ");
        rows.push(vec![scene.span(Role::Muted, "columns "), scene.span(Role::Heading, names)]);
    }
    let hosts: BTreeSet<&HostId> = logs.streams.iter().map(|stream| &stream.host).collect();
    for id in hosts {
        let text = match scene.fleet.host(id) {
            None => format!("? {} is no longer in the config", id.host),
            Some(host) if host.link.is_up() => continue,
            Some(host) => match why(host, scene.now) {
                Some(why) => format!("? {} is not connected: {why}", id.host),
                None => format!("? {} is being connected", id.host),
            },
        };
        rows.push(vec![scene.span(Role::Unknown, text)]);
    }
    let names = names(logs);
    let mut waiting = 0;
    for (place, stream) in logs.streams.iter().enumerate().filter(|(_, s)| is_up(scene, s)) {
        let ((TailState::Waiting(fault), _, _)
        | (_, Beyond::Failed(fault), _)
        | (_, _, Some(Beyond::Failed(fault)))) = (&stream.state, &stream.older, &stream.newer)
        else {
            continue;
        };
        waiting += 1;
        if waiting > TOLD {
            continue;
        }
        let name = names.get(place).map_or("", |(name, _)| name.as_str());
        let name = if name.is_empty() { stream.words() } else { name.to_owned() };
        let remedy =
            if fault.remedy.is_empty() { String::new() } else { format!("; {}", fault.remedy) };
        let text = format!("? {name}: {}{remedy}", fault.detail);
        rows.push(vec![scene.span(Role::Unknown, text)]);
    }
    if waiting > TOLD {
        let text = format!("? {} more sources cannot be read", waiting - TOLD);
        rows.push(vec![scene.span(Role::Unknown, text)]);
    }
    rows
}

/// Whether a source's host is connected. Of one that is not that is said once, and not of each of
/// its sources.
fn is_up(scene: &Scene<'_>, stream: &StreamLog) -> bool {
    scene.fleet.host(&stream.host).is_some_and(|host| host.link.is_up())
}

/// What is said where no line is.
pub(super) fn empty(scene: &Scene<'_>, buf: &mut Buffer, area: Rect, logs: &Logs) {
    let (lines, _) = logs.held();
    let (done, all) = logs.searched();
    let opening = logs
        .streams
        .iter()
        .any(|stream| stream.state == TailState::Opening || stream.newer == Some(Beyond::Asked));
    let asked = logs.streams.iter().any(|stream| stream.older == Beyond::Asked);
    let (role, text) = if done < all {
        (Role::Notice, "searching")
    } else if lines == 0 && opening {
        (Role::Muted, "reading")
    } else if lines == 0 {
        (Role::Muted, "no line yet; what comes is shown")
    } else if asked {
        (Role::Notice, "no line of what is loaded is wanted; reading further back")
    } else if logs.streams.iter().all(|stream| stream.older == Beyond::Nothing) {
        (Role::Muted, "no line is wanted; esc shows all again")
    } else {
        (Role::Muted, "no line of what is loaded is wanted; g reads further back, esc shows all")
    };
    scene.put(buf, Rect { x: area.x + 2.min(area.width), ..area }, text, scene.style(role));
}

/// The last row: what is typed, else where one is.
pub(super) fn foot(
    scene: &Scene<'_>,
    buf: &mut Buffer,
    area: Rect,
    logs: &Logs,
) -> Option<Position> {
    if area.is_empty() {
        return None;
    }
    if let Some(prompt) = &logs.view.prompt {
        let (label, help) = match prompt.ask {
            Ask::Search => ("search /", "a regular expression"),
            Ask::Filter => ("only & ", "a regular expression; !not, and && between"),
            Ask::Moment => ("go to @ ", "03:12, 2026-11-20 03:12, -10m"),
            Ask::Columns => ("columns # ", "names of fields, such as status http.method"),
            Ask::Save => ("save as ", "a file that is not there yet"),
        };
        let note = match &prompt.fault {
            Some(fault) => scene.span(Role::Warning, format!("  {fault}")),
            None => scene.span(Role::Muted, format!("  {help}")),
        };
        let spans =
            [scene.span(Role::Key, label), scene.span(Role::Text, prompt.input.text.clone()), note];
        scene.put_spans(buf, area, &spans);
        let before = width(prompt.input.text.get(..prompt.input.cursor).unwrap_or(""));
        let x = usize::from(area.x) + width(label) + before;
        let x = x.min(area.right().saturating_sub(1).into()) as u16;
        return Some(Position { x, y: area.y });
    }
    let spans = place(scene, logs);
    scene.put_spans(buf, area, &spans);
    None
}

/// Where one is: at the end or how far from it, and what is not loaded.
fn place<'a>(scene: &Scene<'_>, logs: &Logs) -> Vec<Span<'a>> {
    let mut spans = Vec::new();
    let attached = logs.streams.iter().all(|stream| stream.newer.is_none());
    let key = |command| scene.chrome.key(command).unwrap_or_default();
    match (logs.view.at, attached) {
        (At::End, _) => {
            // A link that was cut is known before its tails end.
            let streams = logs.streams.iter().filter(|stream| is_up(scene, stream));
            let open = streams.filter(|s| s.state == TailState::Following).count();
            let all = logs.streams.len();
            spans.push(if open == all {
                scene.span(Role::Ok, "following")
            } else {
                scene.span(Role::Notice, format!("following {open} of {all} sources"))
            });
        }
        (At::Line(..), true) => {
            let text = match logs.view.since {
                0 => "paused".to_owned(),
                n => format!("paused, +{} new", number(usize::try_from(n).unwrap_or(usize::MAX))),
            };
            spans.push(scene.span(Role::Notice, text));
            spans.push(scene.span(Role::Muted, format!(", {} follows", key(Command::Last))));
        }
        (At::Line(..), false) => {
            spans.push(scene.span(Role::Notice, "in the past"));
            spans.push(scene.span(Role::Muted, format!(", {} goes to now", key(Command::Last))));
        }
    }
    let from = logs.horizon();
    let all = logs.streams.iter().all(|s| s.older == Beyond::Nothing);
    if all {
        spans.push(scene.span(Role::Muted, "  all is loaded"));
    } else if from > i64::MIN {
        let asked = logs.streams.iter().any(|stream| stream.older == Beyond::Asked);
        let at = words::moment(Timestamp::from_micros(from), scene.chrome.utc_offset_secs);
        let text = if asked {
            format!("  reading what is before {at}")
        } else {
            format!("  not loaded: before {at}")
        };
        spans.push(scene.span(Role::Muted, text));
    }
    let gone: u64 = logs.streams.iter().map(|stream| stream.let_go).sum();
    if gone > 0 {
        let gone = numbered(usize::try_from(gone).unwrap_or(usize::MAX), "line");
        spans.push(scene.span(Role::Muted, format!("  {gone} let go to keep within memory")));
    }
    if !logs.marks.is_empty() {
        spans.push(scene.span(Role::Key, format!("  {} marked", logs.marks.len())));
    }
    spans
}

/// So many of something.
fn numbered(n: usize, what: &str) -> String {
    format!("{} {what}{}", number(n), if n == 1 { "" } else { "s" })
}

/// A number in groups of three digits.
pub(super) fn number(n: usize) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
