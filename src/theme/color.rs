//! Colors by name, number or value.

use ratatui::style::Color;

/// The 16 that a terminal's user has chosen for himself.
pub(super) const NAMED: [(&str, Color); 16] = [
    ("black", Color::Black),
    ("red", Color::Red),
    ("green", Color::Green),
    ("yellow", Color::Yellow),
    ("blue", Color::Blue),
    ("magenta", Color::Magenta),
    ("cyan", Color::Cyan),
    ("gray", Color::Gray),
    ("dark-gray", Color::DarkGray),
    ("light-red", Color::LightRed),
    ("light-green", Color::LightGreen),
    ("light-yellow", Color::LightYellow),
    ("light-blue", Color::LightBlue),
    ("light-magenta", Color::LightMagenta),
    ("light-cyan", Color::LightCyan),
    ("white", Color::White),
];

/// One of the 16, `#rrggbb`, or `indexed:N`.
pub(super) fn parse_color(text: &str) -> Option<Color> {
    if let Some(hex) = text.strip_prefix('#') {
        // `from_str_radix` would take a sign.
        if hex.len() != 6 || !hex.chars().all(|c| c.is_ascii_hexdigit()) {
            return None;
        }
        return u32::from_str_radix(hex, 16).ok().map(Color::from_u32);
    }
    if let Some(number) = text.strip_prefix("indexed:") {
        let digits = !number.is_empty() && number.chars().all(|c| c.is_ascii_digit());
        return digits.then(|| number.parse().ok()).flatten().map(Color::Indexed);
    }
    NAMED.iter().find(|(name, _)| *name == text).map(|(_, color)| *color)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colors_are_named_numbered_or_given() {
        assert_eq!(parse_color("light-red"), Some(Color::LightRed));
        assert_eq!(parse_color("#0aF5b0"), Some(Color::Rgb(0x0a, 0xf5, 0xb0)));
        assert_eq!(parse_color("indexed:208"), Some(Color::Indexed(208)));
        for bad in ["", "pink", "#fff", "#+12345", "#ff00ü", "indexed:256", "indexed:+1", "Red"] {
            assert_eq!(parse_color(bad), None, "{bad}");
        }
    }
}
