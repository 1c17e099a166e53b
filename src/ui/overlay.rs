//! What lies on top of the panes: a box with the environment's name and tier in its title.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, BorderType, Clear, Widget};

mod acknowledge;
mod actions;
mod attached;
mod backup;
mod copies;
mod event;
mod finding;
mod health;
mod help;
mod host;
mod inputs;
mod intervene;
mod needs;
mod needs_list;
mod operation;
mod operations;
pub(super) mod page;
mod palette;
mod plan;
mod plan_page;
mod port;
mod port_table;
mod unit;
mod unit_facts;
mod unlock;

use super::chrome::Glyphs;
use super::scene::Scene;
use super::text::width;
use super::viewports::Viewports;
use super::{Role, below, log, own_log, top};
use crate::model::fleet::Env;
use crate::model::screen::{Input, Overlay};

/// Draws all of them, the last one on top; answers where the cursor belongs.
pub(super) fn draw(
    scene: &Scene<'_>,
    buf: &mut Buffer,
    area: Rect,
    viewports: &mut Viewports,
) -> Option<Position> {
    let mut cursor = None;
    for overlay in &scene.model.screen.overlays {
        cursor = match overlay {
            Overlay::Help { scroll } => {
                help::draw(scene, buf, area, viewports, *scroll);
                None
            }
            Overlay::Palette { input, chosen } => {
                palette::draw(scene, buf, area, viewports, (input, *chosen))
            }
            Overlay::Unit { id, detail, tab, scroll } => {
                unit::draw(
                    scene,
                    buf,
                    area,
                    viewports,
                    &unit::Shown { id, detail, tab: *tab, scroll: *scroll },
                );
                None
            }
            Overlay::Host { id, scroll } => {
                host::draw(scene, buf, area, viewports, (id, *scroll));
                None
            }
            Overlay::Finding { id, scroll } => {
                finding::draw(scene, buf, area, viewports, (id, *scroll));
                None
            }
            Overlay::Backup { id, scroll } => {
                backup::draw(scene, buf, area, viewports, (id, *scroll));
                None
            }
            Overlay::Port { id, scroll } => {
                port::draw(scene, buf, area, viewports, (id, *scroll));
                None
            }
            Overlay::Event { id, scroll } => {
                event::draw(scene, buf, area, viewports, (id, *scroll));
                None
            }
            Overlay::Needs { env, list, scroll } => {
                needs::draw(scene, buf, area, viewports, (env, *list, *scroll));
                None
            }
            Overlay::PortTable { scroll } => {
                port_table::draw(scene, buf, area, viewports, *scroll);
                None
            }
            Overlay::Acknowledge { id, note, span, mute, field } => {
                let typed = acknowledge::Typed { id, note, span, mute: *mute, field: *field };
                acknowledge::draw(scene, buf, area, viewports, &typed)
            }
            Overlay::Actions { id, on, chosen } => {
                actions::draw(scene, buf, area, viewports, (id, on, chosen));
                None
            }
            Overlay::Copies { id, chosen } => {
                copies::draw(scene, buf, area, viewports, (id, *chosen));
                None
            }
            Overlay::Signals { id, on, chosen } => {
                actions::signals(scene, buf, area, viewports, (id, on, *chosen));
                None
            }
            Overlay::Intervene { what, typed } => {
                intervene::draw(scene, buf, area, viewports, (what, typed))
            }
            Overlay::Inputs { id, on, spec, values, field } => {
                let typed = inputs::Typed { id, on, spec, values, field: *field };
                inputs::draw(scene, buf, area, viewports, &typed)
            }
            Overlay::Plan { asked, scroll, typed } => {
                plan::draw(scene, buf, area, viewports, (*asked, *scroll, typed.as_ref()))
            }
            Overlay::Unlock { env, reason, minutes, field } => {
                let typed = unlock::Typed { env, reason, minutes, field: *field };
                unlock::draw(scene, buf, area, viewports, &typed)
            }
            Overlay::Operation { id, scroll } => {
                operation::draw(scene, buf, area, viewports, (id, *scroll));
                None
            }
            Overlay::Attached { scroll } => {
                attached::draw(scene, buf, area, viewports, *scroll);
                None
            }
            Overlay::Operations { chosen } => {
                operations::draw(scene, buf, area, viewports, chosen.as_ref());
                None
            }
            Overlay::Logs => log::draw(scene, buf, area, viewports),
            Overlay::OwnLog => {
                let inner = boxed(scene, buf, area, "The console's own log", scene.only_env());
                viewports.learn_overlay(area, 0, inner.height.into());
                own_log::draw(scene, buf, inner);
                None
            }
        };
    }
    cursor
}

/// A box in the middle, emptied, with its title; answers what is inside.
fn boxed(scene: &Scene<'_>, buf: &mut Buffer, area: Rect, name: &str, env: Option<&Env>) -> Rect {
    Clear.render(area, buf);
    let border = scene.style(Role::BorderFocused);
    let mut title = vec![Span::raw(" "), scene.span(Role::Heading, name), Span::raw(" ")];
    title.push(Span::styled(scene.chrome.glyphs.line(false), border));
    title.push(Span::raw(" "));
    title.extend(scene.env_spans(env));
    if let Some(word) = env.map(|env| scene.lock_word(env)).filter(|word| !word.is_empty()) {
        title.push(scene.span(Role::Text, format!(" {word}")));
    }
    title.push(Span::raw(" "));
    let block = Block::bordered().border_style(border);
    let block = match scene.chrome.glyphs {
        Glyphs::Unicode => block.border_type(BorderType::Plain),
        Glyphs::Ascii => block.border_set(ASCII),
    };
    let inner = block.inner(area);
    block.render(area, buf);
    let line = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..top(area, 1) };
    scene.put_spans(buf, line, &title);
    Rect { x: inner.x + 1.min(inner.width), width: inner.width.saturating_sub(2), ..inner }
}

const ASCII: ratatui::symbols::border::Set<'static> = ratatui::symbols::border::Set {
    top_left: "+",
    top_right: "+",
    bottom_left: "+",
    bottom_right: "+",
    vertical_left: "|",
    vertical_right: "|",
    horizontal_top: "-",
    horizontal_bottom: "-",
};

/// Where the cursor of a text is in its field; none where the field has no room.
fn cursor_in(input: &Input, field: Rect) -> Option<Position> {
    let before = width(input.text.get(..input.cursor).unwrap_or("")) as u16;
    (field.width > 0).then(|| Position { x: (field.x + before).min(field.right() - 1), y: field.y })
}

/// A box of at most that size in the middle of an area.
fn centered(area: Rect, width: u16, height: u16) -> Rect {
    let width = width.min(area.width);
    let height = height.min(area.height);
    let x = area.x + (area.width - width) / 2;
    let y = area.y + (area.height - height) / 2;
    Rect { x, y, width, height }
}

/// Lines of which some are seen; says at the box's lower edge how far one is.
fn scrolled(
    scene: &Scene<'_>,
    buf: &mut Buffer,
    (outer, inner): (Rect, Rect),
    viewports: &mut Viewports,
    lines: &[Line<'_>],
    scroll: usize,
) {
    let height = usize::from(inner.height);
    let most = lines.len().saturating_sub(height);
    let scroll = scroll.min(most);
    viewports.learn_overlay(outer, most, height);
    for (y, line) in (inner.y..inner.bottom()).zip(lines.iter().skip(scroll)) {
        scene.put_spans(buf, Rect { y, height: 1, ..inner }, &line.spans);
    }
    if most > 0 && outer.height > 1 {
        let end = (scroll + height).min(lines.len());
        let text = format!(" {}-{end} of {} ", scroll + 1, lines.len());
        let edge = Rect { x: inner.x, width: inner.width, ..below(outer, outer.height - 1) };
        scene.put(buf, edge, &text, scene.style(Role::Muted));
    }
}
