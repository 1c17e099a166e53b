use std::collections::BTreeSet;

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use proptest::prelude::*;

use super::*;

fn press(code: KeyCode, modifiers: KeyModifiers) -> KeyEvent {
    KeyEvent::new(code, modifiers)
}

fn overrides(list: &[(&str, &[&str])]) -> (Keymap, Vec<KeyFault>) {
    let list: Vec<_> = list
        .iter()
        .map(|(name, keys)| ((*name).to_owned(), keys.iter().map(|key| (*key).into()).collect()))
        .collect();
    Keymap::new(&list)
}

#[test]
fn keys_are_written_as_they_are_read() {
    for text in [
        "x",
        "X",
        "f5",
        "f12",
        "pagedown",
        "backtab",
        "space",
        "<",
        "-",
        "ctrl-x",
        "alt-x",
        "ö",
        "alt-X",
        "ctrl-alt-x",
        "shift-up",
        "ctrl-space",
        "alt--",
        "esc",
        "?",
        "alt-enter",
    ] {
        assert_eq!(text.parse::<Key>().unwrap().to_string(), text);
    }
    for (text, same) in [
        ("PageDown", "pagedown"),
        ("Ctrl-X", "ctrl-x"),
        ("shift-g", "G"),
        ("shift-tab", "backtab"),
        ("F5", "f5"),
        ("ctrl-shift-x", "ctrl-x"),
    ] {
        assert_eq!(text.parse::<Key>().unwrap().to_string(), same);
    }
}

#[test]
fn what_is_no_key_is_refused() {
    for text in ["", " ", "ctrl-", "xx", "f0", "f13", "f05", "f+5", "ctlr-x", "ctrl-ctrl-x", "\n"] {
        assert!(matches!(text.parse::<Key>(), Err(KeyError::Unknown(_))), "{text:?}");
    }
    for (text, same) in
        [("ctrl-m", "enter"), ("ctrl-i", "tab"), ("ctrl-H", "backspace"), ("ctrl-[", "esc")]
    {
        assert_eq!(text.parse::<Key>(), Err(KeyError::Same { key: text.into(), same }));
    }
    assert!(matches!("ctrl-1".parse::<Key>(), Err(KeyError::Unsent(_))));
    assert!(matches!("shift-1".parse::<Key>(), Err(KeyError::Shifted(_))));
}

#[test]
fn events_of_all_kinds_of_terminals_find_the_same_command() {
    let keymap = Keymap::default();
    for (code, modifiers, command) in [
        (KeyCode::Char('G'), KeyModifiers::SHIFT, Command::Last),
        (KeyCode::Char('G'), KeyModifiers::NONE, Command::Last),
        (KeyCode::Char('g'), KeyModifiers::SHIFT, Command::Last),
        (KeyCode::Char('g'), KeyModifiers::NONE, Command::First),
        (KeyCode::Char('?'), KeyModifiers::SHIFT, Command::Help),
        (KeyCode::BackTab, KeyModifiers::SHIFT, Command::PreviousPane),
        (KeyCode::BackTab, KeyModifiers::NONE, Command::PreviousPane),
        (KeyCode::Char('c'), KeyModifiers::CONTROL, Command::Quit),
        (KeyCode::Char('c'), KeyModifiers::NONE, Command::Copy),
    ] {
        assert_eq!(
            keymap.lookup(press(code, modifiers), None),
            Some(command),
            "{code:?} {modifiers:?}"
        );
    }
    assert_eq!(keymap.lookup(press(KeyCode::Char('q'), KeyModifiers::ALT), None), None);
}

#[test]
fn a_release_is_nothing_and_a_repeat_is_a_press() {
    let kinded = |kind| KeyEvent::new_with_kind(KeyCode::Char('j'), KeyModifiers::NONE, kind);
    let keymap = Keymap::default();
    assert_eq!(keymap.lookup(kinded(KeyEventKind::Release), None), None);
    assert_eq!(keymap.lookup(kinded(KeyEventKind::Repeat), None), Some(Command::Down));
}

#[test]
fn no_two_default_bindings_collide() {
    assert_eq!(Keymap::new(&[]).1, []);
    for &command in Command::ALL {
        assert_eq!(Keymap::default().keys_of(command), command.default_keys());
    }
}

#[test]
fn defaults_keep_free_what_multiplexers_and_line_editing_use() {
    for &command in Command::ALL {
        for key in Keymap::default().keys_of(command) {
            let letter = key.strip_prefix("ctrl-").unwrap_or("-");
            let taken = ["b", "a", "space", "p", "t", "n", "h", "o", "g", "q", "s", "k", "w"];
            assert!(!taken.contains(&letter), "{key} of {}", command.name());
            assert!(!key.contains("alt-"), "alt fails from many keyboards: {key}");
        }
    }
}

#[test]
fn command_names_are_kebab_case_and_unique() {
    let mut names = BTreeSet::new();
    for command in Command::ALL {
        let name = command.name();
        let kebab = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        assert!(name.starts_with(|c: char| c.is_ascii_lowercase()), "{name}");
        assert!(name.chars().all(kebab) && !name.ends_with('-') && !name.contains("--"), "{name}");
        assert!(names.insert(name), "{name} twice");
        assert_eq!(Command::from_name(name), Some(*command));
    }
}

#[test]
fn overrides_replace_and_an_empty_list_unbinds() {
    let (keymap, faults) = overrides(&[("zoom", &["Z", "f11"]), ("mouse", &[])]);
    assert_eq!(faults, []);
    assert_eq!(keymap.keys_of(Command::Zoom), ["Z", "f11"]);
    assert_eq!(keymap.keys_of(Command::Mouse), [""; 0]);
    assert_eq!(keymap.lookup(press(KeyCode::Char('z'), KeyModifiers::NONE), None), None);
}

#[test]
fn a_clash_costs_only_that_binding_and_names_both() {
    let (keymap, faults) = overrides(&[("zoom", &["d", "Z"]), ("theme", &["Z", "J"])]);
    let told: Vec<_> = faults.iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 2);
    assert!(told[0].starts_with("key `d` of `zoom` is taken by `describe`"), "{}", told[0]);
    assert!(told[1].starts_with("key `Z` of `theme` is taken by `zoom`"), "{}", told[1]);
    assert_eq!(keymap.keys_of(Command::Describe), ["d"]);
    assert_eq!(keymap.keys_of(Command::Zoom), ["Z"]);
    assert_eq!(keymap.keys_of(Command::Theme), ["J"]);
}

#[test]
fn two_commands_may_swap_their_keys() {
    let (keymap, faults) = overrides(&[("zoom", &["d"]), ("describe", &["z"])]);
    assert_eq!(faults, []);
    assert_eq!(keymap.keys_of(Command::Zoom), ["d"]);
    assert_eq!(keymap.keys_of(Command::Describe), ["z"]);
}

#[test]
fn there_is_always_a_way_out() {
    for keys in [&[][..], &["ctrl-m"], &["d"]] {
        let (keymap, faults) = overrides(&[("zoom", &["q", "ctrl-c"]), ("quit", keys)]);
        assert!(faults.contains(&KeyFault::NoWayOut));
        assert_eq!(keymap.keys_of(Command::Quit), ["q", "ctrl-c"]);
    }
    let (keymap, faults) = overrides(&[("quit", &["Q"])]);
    assert_eq!((keymap.keys_of(Command::Quit), faults), (vec!["Q".to_owned()], vec![]));
}

#[test]
fn an_unknown_command_is_reported() {
    let (keymap, faults) = overrides(&[("explode", &["x"])]);
    assert_eq!(faults, [KeyFault::UnknownCommand { name: "explode".into() }]);
    assert_eq!(keymap, Keymap::default());
}

#[test]
fn the_table_has_every_command_in_three_cells() {
    let table = key_table_markdown();
    for command in Command::ALL {
        assert!(table.contains(&format!("| `{}` |", command.name())), "{}", command.name());
    }
    for line in table.lines() {
        assert_eq!(line.replace("\\|", "").matches('|').count(), 4, "{line}");
    }
}

proptest! {
    #[test]
    fn any_text_is_a_key_or_an_error_and_reads_back(text in "((ctrl|alt|shift)-){0,3}.{0,8}") {
        if let Ok(key) = text.parse::<Key>() {
            prop_assert_eq!(key.to_string().parse(), Ok(key));
        }
    }
}
