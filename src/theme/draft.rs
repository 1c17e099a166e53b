//! One theme file, as far as it says.

use std::ops::Range;

use ratatui::style::{Color, Modifier, Style};

use super::color::{NAMED, parse_color};
use super::role::{Role, STYLE, THEME};
use crate::config::Source;
use crate::config::faults::Faults;
use crate::config::reader::{Table, nearest};
use crate::config::syntax;

/// A theme that may leave roles to the one it inherits from.
pub(super) struct Draft {
    pub(super) name: String,
    pub(super) source: Source,
    /// The other theme's name, and where it is named.
    pub(super) inherits: Option<(String, Range<usize>)>,
    /// In the order of [`Role::ALL`].
    pub(super) styles: Vec<Option<Style>>,
}

/// Reads a theme file; none, and the faults pushed, if it has any.
pub(super) fn parse_draft(name: &str, source: Source, faults: &mut Faults) -> Option<Draft> {
    let before = faults.count();
    let (inherits, styles) = {
        let tree = syntax::tree(&source, faults)?;
        let table = Table::root(&source, &tree, &THEME);
        table.refuse_unknown(faults);
        let inherits = table
            .text("inherits", faults)
            .map(|other| ((*other.get_ref()).to_owned(), other.span()));
        let styles: Vec<_> = Role::ALL
            .iter()
            .map(|role| table.table(role.name(), &STYLE, faults))
            .collect::<Vec<_>>()
            .into_iter()
            .map(|style| style.map(|style| read_style(&style, faults)))
            .collect();
        (inherits, styles)
    };
    (faults.count() == before).then(|| Draft { name: name.to_owned(), source, inherits, styles })
}

fn read_style(table: &Table<'_>, faults: &mut Faults) -> Style {
    table.refuse_unknown(faults);
    let mut style = Style::new();
    style.fg = color(table, "fg", faults);
    style.bg = color(table, "bg", faults);
    for (key, modifier) in [
        ("bold", Modifier::BOLD),
        ("dim", Modifier::DIM),
        ("reverse", Modifier::REVERSED),
        ("underline", Modifier::UNDERLINED),
    ] {
        if table.flag(key, faults) == Some(true) {
            style = style.add_modifier(modifier);
        }
    }
    style
}

fn color(table: &Table<'_>, key: &str, faults: &mut Faults) -> Option<Color> {
    let text = table.text(key, faults)?;
    let color = parse_color(text.get_ref());
    if color.is_none() {
        let near = nearest(text.get_ref(), NAMED.iter().map(|(name, _)| *name));
        let remedy = near.map_or_else(
            || "write `#rrggbb`, `indexed:N` up to 255, or a name such as `light-red`".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        let message = format!("there is no color {}", crate::config::quoted(text.get_ref()));
        faults.at(table.source, &text.span(), message, remedy);
    }
    color
}
