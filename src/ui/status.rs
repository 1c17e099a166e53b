//! The bottom line: what is typed, what has to be said, or which keys help; and the clock.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::Span;

use super::chrome::role_of;
use super::scene::Scene;
use super::text::width;
use super::{Role, words};
use crate::model::command::Command;
use crate::model::fleet::Row;
use crate::model::operation::Operation;
use crate::model::rows::{self, Shown};
use crate::model::screen::{Input, Overlay, Pane, Prompt};
use crate::model::severity::Severity;

/// Draws it; answers where the cursor belongs while the filter is typed.
pub(super) fn draw(
    scene: &Scene<'_>,
    buf: &mut Buffer,
    area: Rect,
    shown: &Shown<Row<'_>>,
) -> Option<Position> {
    if area.is_empty() {
        return None;
    }
    let clock = words::clock(scene.model.now, scene.chrome.utc_offset_secs);
    let clock = if scene.chrome.utc_offset_secs == 0 { format!("{clock} UTC") } else { clock };
    let room = area.width.saturating_sub(clock.len() as u16 + 1);
    let line = Rect { width: room, ..area };
    if area.width > 20 {
        let place =
            Rect { x: area.right() - clock.len() as u16, width: clock.len() as u16, ..area };
        scene.put(buf, place, &clock, scene.style(Role::Muted));
    }
    let screen = &scene.model.screen;
    if let Some(input) = &screen.editing {
        return Some(editing(scene, buf, line, input, shown));
    }
    let spans = said(scene).unwrap_or_else(|| if screen.board { Vec::new() } else { hints(scene) });
    scene.put_spans(buf, line, &spans);
    None
}

/// A notice, else a config that was refused.
fn said(scene: &Scene<'_>) -> Option<Vec<Span<'static>>> {
    let screen = &scene.model.screen;
    let glyphs = scene.chrome.glyphs;
    // That the config on disk is not in force outlasts good news.
    let weighs = |severity: Severity| severity.is_problem() || screen.config_faults.is_empty();
    if let Some(notice) = screen.notice.as_ref().filter(|notice| weighs(notice.severity)) {
        let sign = glyphs.severity(notice.severity);
        let text = format!("{sign} {}", notice.text);
        return Some(vec![scene.span(role_of(notice.severity), text)]);
    }
    let (first, more) = screen.config_faults.split_first()?;
    let more = if more.is_empty() { String::new() } else { format!(" (+{} more)", more.len()) };
    Some(vec![scene.span(Role::Warning, format!("! config not taken{more}: {first}"))])
}

/// Three to six keys of what has the focus.
fn hints(scene: &Scene<'_>) -> Vec<Span<'static>> {
    let mut spans = Vec::new();
    if scene.model.frozen.is_some() {
        let key = scene.chrome.key(Command::Freeze).unwrap_or_default();
        spans.push(scene.span(Role::Warning, format!("frozen, {key} goes on  ")));
    }
    let busy = scene.model.acting.busy().count();
    if busy > 0 {
        let (s, runs) = if busy == 1 { ("", "runs") } else { ("s", "run") };
        let key = scene.chrome.key(Command::Operations).unwrap_or_default();
        spans.push(scene.span(Role::Notice, format!("{busy} operation{s} {runs}: {key}  ")));
    }
    // While text is typed, keys are not the keymap's.
    let typed: &[(&str, &str)] = match scene.model.screen.overlays.last() {
        Some(Overlay::Acknowledge { .. }) => {
            &[("enter", "do it"), ("tab", "next field"), ("esc", "leave it")]
        }
        Some(Overlay::Unlock { .. }) => {
            &[("enter", "unlock"), ("tab", "next field"), ("esc", "leave it locked")]
        }
        Some(Overlay::Intervene { .. }) => &[("enter", "do it"), ("esc", "leave it")],
        Some(Overlay::Inputs { .. }) => {
            &[("enter", "plan it"), ("tab", "next field"), ("esc", "leave it")]
        }
        Some(Overlay::Plan { typed: Some((Prompt::Revision, _)), .. }) => {
            &[("enter", "plan it"), ("esc", "leave it")]
        }
        Some(Overlay::Plan { typed: Some(_), .. }) => {
            &[("enter", "run it"), ("up down", "read the plan"), ("esc", "leave it")]
        }
        Some(Overlay::Palette { .. }) => {
            &[("enter", "run"), ("up down", "choose"), ("esc", "close")]
        }
        _ => &[],
    };
    if !typed.is_empty() {
        for (key, label) in typed {
            spans.push(scene.span(Role::Key, *key));
            spans.push(scene.span(Role::Muted, format!(" {label}  ")));
        }
        return spans;
    }
    for &(command, label) in keys(scene) {
        if let Some(key) = scene.chrome.key(command) {
            spans.push(scene.span(Role::Key, key));
            spans.push(scene.span(Role::Muted, format!(" {label}  ")));
        }
    }
    spans
}

fn keys(scene: &Scene<'_>) -> &'static [(Command, &'static str)] {
    let problems = scene.view().problems_only;
    match (scene.model.screen.overlays.last(), scene.view().focus) {
        (Some(Overlay::Unit { .. }), _) => &[
            (Command::Back, "close"),
            (Command::NextPane, "next tab"),
            (Command::Down, "down"),
            (Command::PageDown, "page"),
            (Command::Copy, "copy"),
            (Command::Refresh, "read again"),
        ],
        (Some(Overlay::Logs), _) => &[
            (Command::Back, "close"),
            (Command::LogSearch, "search"),
            (Command::LogFilter, "only"),
            (Command::LogLevel, "level"),
            (Command::LogPreviousError, "error before"),
            (Command::LogHistogram, "over time"),
            (Command::LogMoment, "go to"),
            (Command::LogWhole, "whole line"),
            (Command::Help, "help"),
        ],
        (Some(Overlay::Finding { .. }), _) => &[
            (Command::Back, "close"),
            (Command::Down, "down"),
            (Command::PageDown, "page"),
            (Command::Copy, "copy the commands"),
        ],
        (Some(Overlay::Needs { .. }), _) => &[
            (Command::Back, "close"),
            (Command::NextPane, "drawing or list"),
            (Command::Down, "down"),
            (Command::PageDown, "page"),
        ],
        (Some(Overlay::Actions { .. } | Overlay::Signals { .. }), _) => &[
            (Command::Open, "plan it"),
            (Command::Down, "down"),
            (Command::Up, "up"),
            (Command::PlanAllHosts, "all hosts"),
            (Command::Back, "close"),
        ],
        (Some(Overlay::Copies { .. }), _) => &[
            (Command::Open, "plan it"),
            (Command::Down, "down"),
            (Command::Up, "up"),
            (Command::Back, "close"),
        ],
        (Some(Overlay::Plan { .. }), _) => &[
            (Command::Back, "leave it"),
            (Command::Down, "down"),
            (Command::PageDown, "page"),
            (Command::Refresh, "look again"),
        ],
        (Some(Overlay::Operation { id, .. }), _)
            if scene.model.acting.operation(id).is_none_or(Operation::is_over) =>
        {
            &[(Command::Back, "close"), (Command::Down, "down"), (Command::PageDown, "page")]
        }
        (Some(Overlay::Operation { .. }), _) => &[
            (Command::Back, "leave it running"),
            (Command::OperationCancel, "cancel"),
            (Command::Down, "down"),
            (Command::PageDown, "page"),
        ],
        (Some(Overlay::Attached { .. }), _) => &[
            (Command::Back, "leave it running"),
            (Command::OperationCancel, "cancel"),
            (Command::OperationUndo, "take back"),
            (Command::OperationRelease, "give back"),
            (Command::Down, "down"),
        ],
        (Some(Overlay::Operations { .. }), _) => &[
            (Command::Open, "show it"),
            (Command::Down, "down"),
            (Command::Refresh, "ask hosts again"),
            (Command::Back, "close"),
        ],
        (Some(_), _) => &[
            (Command::Back, "close"),
            (Command::Down, "down"),
            (Command::Up, "up"),
            (Command::PageDown, "page"),
        ],
        (None, focus) if focus != Pane::Hosts && problems => &[
            (Command::Open, "open"),
            (Command::ProblemsOnly, "show all"),
            (Command::Filter, "filter"),
            (Command::NextPane, "next pane"),
            (Command::Help, "help"),
            (Command::Quit, "quit"),
        ],
        (
            None,
            Pane::Services
            | Pane::CrashLoops
            | Pane::Findings
            | Pane::Ports
            | Pane::Backups
            | Pane::Events,
        ) => &[
            (Command::Open, "open"),
            (Command::Logs, "log"),
            (Command::Actions, "act"),
            (Command::Filter, "filter"),
            (Command::ProblemsOnly, "problems"),
            (Command::NextPane, "pane"),
            (Command::Help, "help"),
            (Command::Quit, "quit"),
        ],
        (None, Pane::Hosts) => &[
            (Command::Open, "open"),
            (Command::Refresh, "read and connect now"),
            (Command::Filter, "filter"),
            (Command::NextPane, "next pane"),
            (Command::Help, "help"),
            (Command::Quit, "quit"),
        ],
    }
}

/// How many rows the focused pane shows and hides.
fn counts(scene: &Scene<'_>, services: &Shown<Row<'_>>) -> (usize, usize) {
    fn of<R>(shown: &Shown<R>) -> (usize, usize) {
        (shown.rows.len(), shown.hidden)
    }
    let (fleet, view, now) = (scene.fleet, scene.view(), scene.now);
    match view.focus {
        Pane::Services => of(services),
        Pane::CrashLoops => of(&rows::crash_loops(fleet, view, now)),
        Pane::Hosts => of(&rows::hosts(fleet, view)),
        Pane::Ports => of(&rows::ports(fleet, view, now)),
        Pane::Backups => of(&rows::backups(fleet, view, now)),
        Pane::Findings => of(&rows::findings(fleet, view)),
        Pane::Events => of(&rows::events(&scene.model.timeline, view, now)),
    }
}

fn editing(
    scene: &Scene<'_>,
    buf: &mut Buffer,
    area: Rect,
    input: &Input,
    services: &Shown<Row<'_>>,
) -> Position {
    let (shown, hidden) = counts(scene, services);
    let found = format!("  {shown} shown, {hidden} hidden");
    let spans = [
        scene.span(Role::Key, "/"),
        scene.span(Role::Match, input.text.clone()),
        scene.span(Role::Muted, found),
        scene.span(Role::Muted, "  enter keeps, esc undoes"),
    ];
    scene.put_spans(buf, area, &spans);
    let before = width(input.text.get(..input.cursor).unwrap_or(""));
    let x = usize::from(area.x) + 1 + before;
    Position { x: x.min(area.right().saturating_sub(1).into()) as u16, y: area.y }
}
