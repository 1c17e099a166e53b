//! The keys, made from the list of commands, and the signs.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::page::Page;
use super::{boxed, centered, scrolled};
use crate::model::command::{Command, Group};
use crate::ui::Role;
use crate::ui::scene::Scene;
use crate::ui::text::width;
use crate::ui::viewports::Viewports;

/// What the columns and signs mean that do not say so themselves.
const SIGNS: [(&str, &str); 5] = [
    ("was running", "the last state we saw; it is too old or the host is gone"),
    ("rst 5m/1h", "restarts in the last five minutes and the last hour"),
    ("since", "for how long it is in its state; a loop since its first restart"),
    ("in all", "all restarts that we know of, also from before this console"),
    ("rights", "what your user may read there; without journal, history is partial"),
];

pub(super) fn draw(
    scene: &Scene<'_>,
    buf: &mut Buffer,
    area: Rect,
    viewports: &mut Viewports,
    scroll: usize,
) {
    let outer = centered(area, 84, area.height);
    let inner = boxed(scene, buf, outer, "Keys", scene.only_env());
    let mut page = Page::new(scene, inner.width);
    let mut group = None;
    // In a log its own keys come first.
    let in_log = scene.model.logs.is_some();
    let first = |command: &&Command| in_log && command.group() == Group::Log;
    let log = Command::ALL.iter().filter(first);
    for &command in log.chain(Command::ALL.iter().filter(|command| !first(command))) {
        if group != Some(command.group()) {
            group = Some(command.group());
            page.heading(command.group().title());
        }
        // Nine environments are one line.
        if let Some(line) = row(scene, command) {
            page.lines.push(line);
        }
    }
    page.heading("Signs");
    let at_least = scene.chrome.glyphs.at_least();
    page.fact(at_least, "at least: what was before is not known");
    for (sign, meaning) in SIGNS {
        page.fact(sign, meaning);
    }
    page.gap();
    page.say(Role::Muted, &format!("quarterdeck {}", scene.chrome.version));
    scrolled(scene, buf, (outer, inner), viewports, &page.lines, scroll);
}

fn row(scene: &Scene<'_>, command: Command) -> Option<Line<'static>> {
    let (keys, doc) = match command {
        Command::Env1 => {
            let first = scene.chrome.key(Command::Env1).unwrap_or_default();
            let last = scene.chrome.key(Command::Env9).unwrap_or_default();
            (format!("{first}-{last}"), "show one environment only")
        }
        Command::LogRange1 => {
            let first = scene.chrome.key(Command::LogRange1).unwrap_or_default();
            let last = scene.chrome.key(Command::LogRange9).unwrap_or_default();
            let doc = "the last 1, 5, 15, 30 minutes, 1, 3, 12 hours, day, week only";
            (format!("{first}-{last}"), doc)
        }
        Command::LogRange2
        | Command::LogRange3
        | Command::LogRange4
        | Command::LogRange5
        | Command::LogRange6
        | Command::LogRange7
        | Command::LogRange8
        | Command::LogRange9
        | Command::Env2
        | Command::Env3
        | Command::Env4
        | Command::Env5
        | Command::Env6
        | Command::Env7
        | Command::Env8
        | Command::Env9 => return None,
        command => (scene.chrome.keymap.keys_of(command).join(" "), command.doc()),
    };
    let keys = if keys.is_empty() { format!(":{}", command.name()) } else { keys };
    let pad = " ".repeat(17_usize.saturating_sub(width(&keys)).max(1));
    Some(Line::from(vec![scene.span(Role::Key, keys), Span::raw(pad), scene.span(Role::Text, doc)]))
}
