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

/// An escape and a key that arrive together, as over a slow line, are read as that key with alt: a
/// terminal has the same bytes for both. Where the key with alt means nothing they are the two that
/// they were typed as. While text is typed alt stays alt, as a shell's line has it by habit.
pub(super) fn apart(event: &Event, model: &Model, keymap: &Keymap) -> Vec<Event> {
    let place = model.screen.overlays.last().and_then(Overlay::own_keys);
    match event {
        Event::Key(key)
            if key.modifiers.contains(KeyModifiers::ALT)
                && key.kind != KeyEventKind::Release
                && !model.is_typing()
                && keymap.lookup(*key, place).is_none() =>
        {
            let alone = KeyEvent { modifiers: key.modifiers - KeyModifiers::ALT, ..*key };
            vec![Event::Key(KeyEvent::from(KeyCode::Esc)), Event::Key(alone)]
        }
        _ => vec![event.clone()],
    }
}

/// What an event says.
pub(super) fn messages(
    event: &Event,
    model: &Model,
    keymap: &Keymap,
    viewports: &Viewports,
) -> Vec<Msg> {
    let place = model.screen.overlays.last().and_then(Overlay::own_keys);
    let typing = model.is_typing();
    match event {
        Event::Key(key) if key.kind == KeyEventKind::Release => Vec::new(),
        Event::Key(key) if typing => {
            let typed = edit(key).map(Msg::Typed);
            typed.or_else(|| beside_text(key, model, keymap)).into_iter().collect()
        }
        Event::Key(key) => keymap.lookup(*key, place).map(Msg::Command).into_iter().collect(),
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

/// A plan can be read on, and looked at anew, while its name is typed: by keys that are no text.
fn beside_text(key: &KeyEvent, model: &Model, keymap: &Keymap) -> Option<Msg> {
    let Some(Overlay::Plan { .. }) = model.screen.overlays.last() else { return None };
    if matches!(key.code, KeyCode::Char(_)) {
        return None;
    }
    let command = keymap.lookup(*key, None).filter(|command| {
        matches!(
            command,
            Command::PageDown | Command::PageUp | Command::First | Command::Last | Command::Refresh
        )
    });
    command.map(Msg::Command)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_escape_and_a_key_in_one_read_are_both_taken() {
        let (model, keymap) = (Model::default(), Keymap::default());
        let press = |code, modifiers| Event::Key(KeyEvent::new(code, modifiers));
        let both = press(KeyCode::Char('x'), KeyModifiers::ALT);
        let none = KeyModifiers::NONE;
        assert_eq!(
            apart(&both, &model, &keymap),
            [press(KeyCode::Esc, none), press(KeyCode::Char('x'), none)]
        );
        let one = press(KeyCode::Char('x'), none);
        assert_eq!(apart(&one, &model, &keymap), [one]);
    }
}
