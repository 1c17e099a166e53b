//! Colors by meaning: a pane asks for [`Role::Critical`], never for red.
//!
//! Parsing of strings, nothing else, save that [`load_dir`] reads the user's own themes. No
//! theme paints the background: the terminal's own is kept. Color is never the only signal,
//! which is for the panes to see to; [`Theme::without_color`] is what is left without it.

mod auto;
mod color;
mod draft;
mod role;
mod themes;

use ratatui::style::{Modifier, Style};

pub use auto::{Choice, choose};
pub use role::Role;
pub use themes::{Themes, load_dir};

/// A style for every role.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Theme {
    name: String,
    /// In the order of [`Role::ALL`].
    styles: Vec<Style>,
}

impl Theme {
    /// Its name, as in the config.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How what means that is drawn.
    pub fn style(&self, role: Role) -> Style {
        self.styles.get(role as usize).copied().unwrap_or_default()
    }

    /// Whether it has no color at all.
    pub fn is_colorless(&self) -> bool {
        Role::ALL.iter().all(|role| {
            let style = self.style(*role);
            style.fg.is_none() && style.bg.is_none()
        })
    }

    /// The same without colors, for `NO_COLOR`: bold, dim, reverse and underline remain, and the
    /// selection is reversed so that it is seen.
    #[must_use]
    pub fn without_color(&self) -> Self {
        let plain = |role: &Role| {
            let kept = self.style(*role).add_modifier;
            let added =
                if *role == Role::Selection { Modifier::REVERSED } else { Modifier::empty() };
            Style::new().add_modifier(kept | added)
        };
        Self { name: self.name.clone(), styles: Role::ALL.iter().map(plain).collect() }
    }
}

#[cfg(test)]
mod tests;
