//! Which theme `auto` is. Pure: the environment is handed in, the terminal is not asked.

use std::ffi::OsString;

/// What to draw with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Choice {
    /// The theme's name, `auto` resolved.
    pub name: String,
    /// Whether colors may be used; if not, take [`Theme::without_color`].
    ///
    /// [`Theme::without_color`]: super::Theme::without_color
    pub color: bool,
}

/// Resolves the config's `theme`. `auto` is `ansi16`, whose colors the terminal's user has
/// chosen himself and tmux passes on unharmed, unless the terminal declares 24 bits.
pub fn choose(wanted: &str, env: &dyn Fn(&str) -> Option<OsString>) -> Choice {
    let var = |name| env(name).map(|value| value.to_string_lossy().into_owned());
    let term = var("TERM").unwrap_or_default();
    // no-color.org: present and not empty, whatever the value.
    let color = var("NO_COLOR").is_none_or(|value| value.is_empty()) && term != "dumb";
    if wanted != "auto" {
        return Choice { name: wanted.to_owned(), color };
    }
    let depth = var("COLORTERM").unwrap_or_default();
    let truecolor = matches!(depth.as_str(), "truecolor" | "24bit") || term.ends_with("-direct");
    let name = match (truecolor, background_is_light(&var("COLORFGBG").unwrap_or_default())) {
        (false, _) => "ansi16",
        (true, false) => "dark",
        (true, true) => "light",
    };
    Choice { name: name.to_owned(), color }
}

/// `COLORFGBG` is `fg;bg` or `fg;default;bg`, of the 16 colors: 7 and 9 to 15 are light.
fn background_is_light(colors: &str) -> bool {
    let background = colors.rsplit(';').next().and_then(|number| number.parse::<u8>().ok());
    matches!(background, Some(7 | 9..=15))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(wanted: &str, pairs: &[(&str, &str)]) -> (String, bool) {
        let env = |name: &str| {
            pairs.iter().find(|(other, _)| *other == name).map(|(_, value)| value.into())
        };
        let choice = choose(wanted, &env);
        (choice.name, choice.color)
    }

    #[test]
    fn auto_is_sixteen_colors_unless_more_are_declared() {
        for (pairs, name) in [
            (&[][..], "ansi16"),
            (&[("TERM", "xterm-256color"), ("COLORFGBG", "0;15")], "ansi16"),
            (&[("COLORTERM", "truecolor")], "dark"),
            (&[("COLORTERM", "24bit"), ("COLORFGBG", "15;0")], "dark"),
            (&[("COLORTERM", "24bit"), ("COLORFGBG", "0;default;15")], "light"),
            (&[("TERM", "xterm-direct"), ("COLORFGBG", "nonsense")], "dark"),
        ] {
            assert_eq!(chosen("auto", pairs), (name.to_owned(), true), "{pairs:?}");
        }
    }

    #[test]
    fn a_named_theme_is_kept_and_no_color_is_honored() {
        assert_eq!(chosen("light", &[]), ("light".to_owned(), true));
        assert_eq!(chosen("light", &[("NO_COLOR", "1")]), ("light".to_owned(), false));
        assert!(chosen("auto", &[("NO_COLOR", "")]).1);
        assert!(!chosen("auto", &[("TERM", "dumb")]).1);
    }
}
