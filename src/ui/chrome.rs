//! What a frame needs besides the model: how things look and which keys there are.

use super::{Keymap, Role, Theme};
use crate::model::instance::{ServiceState, Verdict};
use crate::model::severity::Severity;
use crate::model::spec::Tier;
use ratatui::style::{Modifier, Style};

/// Everything about the look that is not the model's.
#[derive(Clone, Debug)]
pub struct Chrome {
    /// Colors by meaning.
    pub theme: Theme,
    /// Characters.
    pub glyphs: Glyphs,
    /// Keys, for hints, help and palette.
    pub keymap: Keymap,
    /// The program's version, for the help.
    pub version: &'static str,
    /// Seconds that the user's clock is ahead of UTC.
    pub utc_offset_secs: i32,
}

impl Chrome {
    pub(super) fn style(&self, role: Role) -> Style {
        self.theme.style(role)
    }

    /// The first key of a command; none where nothing is bound.
    pub(super) fn key(&self, command: crate::model::command::Command) -> Option<String> {
        self.keymap.keys_of(command).into_iter().next()
    }
}

/// The characters to draw with.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Glyphs {
    /// Box drawing and a few signs that are one column wide everywhere that matters.
    #[default]
    Unicode,
    /// Seven bits.
    Ascii,
}

impl Glyphs {
    /// Marks a cut text.
    pub(super) const fn cut(self) -> &'static str {
        match self {
            Self::Unicode => "…",
            Self::Ascii => "~",
        }
    }

    /// Stands before a number that may be greater.
    pub(super) const fn at_least(self) -> &'static str {
        match self {
            Self::Unicode => "≥",
            Self::Ascii => ">=",
        }
    }

    /// The sign of something that is being done.
    pub(super) const fn busy(self) -> &'static str {
        match self {
            Self::Unicode => "»",
            Self::Ascii => ">",
        }
    }

    /// Stands before each line of a script, and before the rest of one that was too long.
    pub(super) const fn script(self) -> (&'static str, &'static str) {
        match self {
            Self::Unicode => ("│ ", "┊ "),
            Self::Ascii => ("| ", ": "),
        }
    }

    /// The line above a pane; the focused one is another, for eyes without color.
    pub(super) const fn line(self, focused: bool) -> &'static str {
        match (self, focused) {
            (Self::Unicode, false) => "─",
            (Self::Unicode, true) => "━",
            (Self::Ascii, false) => "-",
            (Self::Ascii, true) => "=",
        }
    }

    /// The sign of a severity; never without a word beside it.
    pub(super) const fn severity(self, severity: Severity) -> &'static str {
        match (self, severity) {
            (Self::Unicode, Severity::Ok) => "✓",
            (Self::Ascii, Severity::Ok) => "+",
            (_, Severity::Info) => "~",
            (_, Severity::Warning) => "!",
            (_, Severity::Unknown) => "?",
            (Self::Unicode, Severity::Critical) => "✗",
            (Self::Ascii, Severity::Critical) => "x",
        }
    }

    /// The sign of a verdict: a thing that is down by somebody's wish has no tick.
    pub(super) const fn verdict(self, verdict: &Verdict) -> &'static str {
        match (verdict.state, verdict.severity) {
            (ServiceState::Stopped, Severity::Ok) => "-",
            (_, severity) => self.severity(severity),
        }
    }

    /// Bars of a sparkline, from none to most. None is an axis, so that one is not mistaken for it.
    pub(super) const fn bars(self) -> &'static [&'static str] {
        match self {
            Self::Unicode => &["_", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
            Self::Ascii => &["_", ".", ":", "|", "#"],
        }
    }
}

/// The color of a severity.
pub(super) const fn role_of(severity: Severity) -> Role {
    match severity {
        Severity::Ok => Role::Ok,
        Severity::Info => Role::Info,
        Severity::Warning => Role::Warning,
        Severity::Unknown => Role::Unknown,
        Severity::Critical => Role::Critical,
    }
}

/// A tier as a word; production looks different even without color.
pub(super) const fn tier_word(tier: Tier) -> &'static str {
    match tier {
        Tier::Production => "[PRODUCTION]",
        Tier::Staging => "staging",
        Tier::Development => "development",
        Tier::Local => "local",
    }
}

/// A tier's look; production is bold and reverse whatever the theme says.
pub(super) fn tier_style(chrome: &Chrome, tier: Tier) -> Style {
    match tier {
        Tier::Production => {
            chrome.style(Role::TierProduction).add_modifier(Modifier::BOLD | Modifier::REVERSED)
        }
        Tier::Staging => chrome.style(Role::TierStaging),
        Tier::Development => chrome.style(Role::TierDevelopment),
        Tier::Local => chrome.style(Role::TierLocal),
    }
}
