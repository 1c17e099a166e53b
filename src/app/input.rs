//! Events of the terminal as messages.

use crossterm::event::{
    Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEventKind,
};
use ratatui::layout::Position;

use crate::keymap::Keymap;
use crate::model::Model;
use crate::model::command::Command;
use crate::model::screen::Overlay;
use crate::msg::{Edit, Msg};
use crate::ui::Viewports;

/// Characters of a paste that are taken.
const PASTED: usize = 256;

/// What an event says.
pub(super) fn messages(
    event: &Event,
    model: &Model,
    keymap: &Keymap,
    viewports: &Viewports,
) -> Vec<Msg> {
    let in_log = model.screen.overlays.last() == Some(&Overlay::Logs);
    let typing = model.screen.editing.is_some()
        || model.is_asked_in_log()
        || matches!(
            model.screen.overlays.last(),
            Some(Overlay::Palette { .. } | Overlay::Acknowledge { .. })
        );
    match event {
        Event::Key(key) if key.kind == KeyEventKind::Release => Vec::new(),
        Event::Key(key) if typing => edit(key).map(Msg::Typed).into_iter().collect(),
        Event::Key(key) => keymap.lookup(*key, in_log).map(Msg::Command).into_iter().collect(),
        // A pasted text is text: its letters must never be taken for commands.
        Event::Paste(text) if typing => text
            .chars()
            .take_while(|c| *c != '\n')
            .take(PASTED)
            .map(|c| Msg::Typed(Edit::Insert(c)))
            .collect(),
        Event::Mouse(mouse) if !typing => {
            let at = Position::new(mouse.column, mouse.row);
            pointed(mouse.kind, at, viewports).into_iter().collect()
        }
        Event::Paste(_)
        | Event::Mouse(_)
        | Event::Resize(..)
        | Event::FocusGained
        | Event::FocusLost => Vec::new(),
    }
}

fn pointed(kind: MouseEventKind, at: Position, viewports: &Viewports) -> Option<Msg> {
    match kind {
        MouseEventKind::ScrollDown => Some(Msg::Command(Command::Down)),
        MouseEventKind::ScrollUp => Some(Msg::Command(Command::Up)),
        MouseEventKind::Down(MouseButton::Left) if viewports.overlay.is_none() => {
            if let Some(env) = viewports.env_at(at) {
                return Some(Msg::PickedEnv(env.clone()));
            }
            if let Some((pane, place)) = viewports.row_at(at) {
                return Some(Msg::Picked(pane, Some(place)));
            }
            viewports.pane_at(at).map(|pane| Msg::Picked(pane, None))
        }
        _ => None,
    }
}

/// A key while text is typed; the usual ones of a shell's line.
fn edit(key: &KeyEvent) -> Option<Edit> {
    let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
    Some(match key.code {
        KeyCode::Char('c' | 'g') if ctrl => Edit::Cancel,
        KeyCode::Char('w') if ctrl => Edit::BackspaceWord,
        KeyCode::Char('u') if ctrl => Edit::Clear,
        KeyCode::Char('h') if ctrl => Edit::Backspace,
        KeyCode::Char(_) if ctrl || key.modifiers.contains(KeyModifiers::ALT) => return None,
        KeyCode::Char(c) => Edit::Insert(c),
        KeyCode::Backspace => Edit::Backspace,
        KeyCode::Left => Edit::Left,
        KeyCode::Right => Edit::Right,
        KeyCode::Up => Edit::Up,
        KeyCode::Down | KeyCode::Tab => Edit::Down,
        KeyCode::Enter => Edit::Accept,
        KeyCode::Esc => Edit::Cancel,
        _ => return None,
    })
}
