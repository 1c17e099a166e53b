//! Stands in for `theme` and `keymap` until they are merged.
#![allow(missing_docs, clippy::allow_attributes, clippy::allow_attributes_without_reason)]
use crate::model::command::Command;
use ratatui::style::{Color, Modifier, Style};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    Text,
    Muted,
    Heading,
    Border,
    BorderFocused,
    Selection,
    Key,
    Ok,
    Info,
    Warning,
    Critical,
    Unknown,
    Stale,
    TierProduction,
    TierStaging,
    TierDevelopment,
    TierLocal,
    Notice,
    Match,
}

#[derive(Clone, Debug)]
pub struct Theme(bool);

impl Theme {
    pub const fn dark() -> Self {
        Self(true)
    }
    pub const fn without_color() -> Self {
        Self(false)
    }
    pub fn style(&self, role: Role) -> Style {
        let (color, modifier) = match role {
            Role::Text => (None, Modifier::empty()),
            Role::Muted | Role::Stale => (Some(Color::DarkGray), Modifier::DIM),
            Role::Heading | Role::Key | Role::BorderFocused => (Some(Color::Cyan), Modifier::BOLD),
            Role::Border => (Some(Color::DarkGray), Modifier::empty()),
            Role::Selection => (None, Modifier::REVERSED),
            Role::Ok => (Some(Color::Green), Modifier::empty()),
            Role::Info => (Some(Color::Blue), Modifier::empty()),
            Role::Warning | Role::Notice | Role::Match => (Some(Color::Yellow), Modifier::BOLD),
            Role::Critical => (Some(Color::Red), Modifier::BOLD),
            Role::Unknown => (Some(Color::Magenta), Modifier::BOLD),
            Role::TierProduction => (Some(Color::Red), Modifier::BOLD),
            Role::TierStaging => (Some(Color::Yellow), Modifier::empty()),
            Role::TierDevelopment => (Some(Color::Green), Modifier::empty()),
            Role::TierLocal => (Some(Color::Blue), Modifier::empty()),
        };
        let style = Style::new().add_modifier(modifier);
        match color {
            Some(color) if self.0 => style.fg(color),
            _ => style,
        }
    }
}

#[derive(Clone, Debug, Default)]
pub struct Keymap;
impl Keymap {
    pub fn keys_of(&self, command: Command) -> Vec<String> {
        command.default_keys().iter().map(|k| (*k).to_owned()).collect()
    }
}
