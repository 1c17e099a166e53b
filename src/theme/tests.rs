use std::path::Path;

use proptest::prelude::*;
use ratatui::style::Color;

use super::themes::parse_all;
use super::*;
use crate::config::Source;
use crate::config::faults::Faults;

const SEVERITIES: [Role; 5] = [Role::Ok, Role::Info, Role::Warning, Role::Critical, Role::Unknown];

fn own(files: &[(&str, &str)]) -> (Themes, Vec<String>) {
    let sources = files.iter().map(|(name, text)| Source::new(format!("{name}.toml"), *text));
    let (themes, faults) = parse_all(sources.collect(), Faults::default());
    (themes, faults.iter().map(ToString::to_string).collect())
}

/// WCAG 2.2, "relative luminance".
fn luminance(channels: [u8; 3]) -> f64 {
    let [red, green, blue] = channels.map(|channel| {
        let value = f64::from(channel) / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    });
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

/// WCAG 2.2, "contrast ratio".
fn contrast(one: [u8; 3], other: [u8; 3]) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

#[test]
fn every_shipped_theme_fills_every_role() {
    assert_eq!(own(&[]).1, [""; 0]);
    let names: Vec<_> = Themes::shipped().iter().map(|theme| theme.name().to_owned()).collect();
    assert_eq!(names, ["dark", "light", "high-contrast", "ansi16"]);
    for theme in Themes::shipped().iter() {
        assert_eq!(theme.styles.len(), Role::ALL.len());
    }
}

#[test]
fn roles_are_where_style_looks_for_them() {
    for (index, role) in Role::ALL.iter().enumerate() {
        assert_eq!(*role as usize, index);
    }
}

#[test]
fn shipped_themes_are_legible_and_keep_the_background() {
    assert!((contrast([0; 3], [255; 3]) - 21.0).abs() < 1e-9);
    for (name, background, least) in
        [("dark", [0; 3], 4.5), ("light", [255; 3], 4.5), ("high-contrast", [0; 3], 7.0)]
    {
        for role in Role::ALL {
            let style = Themes::shipped().get(name).unwrap().style(*role);
            if let Some(Color::Rgb(red, green, blue)) = style.fg {
                let ratio = contrast([red, green, blue], background);
                assert!(ratio >= least, "{name} {}: {ratio:.1}", role.name());
            }
        }
    }
    for theme in Themes::shipped().iter() {
        assert!(Role::ALL.iter().all(|role| theme.style(*role).bg.is_none()), "{}", theme.name());
    }
}

#[test]
fn ansi16_uses_no_more_than_the_terminal_has() {
    for role in Role::ALL {
        let fg = Themes::shipped().get("ansi16").unwrap().style(*role).fg;
        assert!(!matches!(fg, Some(Color::Rgb(..) | Color::Indexed(_))), "{}", role.name());
    }
}

#[test]
fn severities_and_tiers_differ_in_every_theme() {
    let tiers = [Role::TierProduction, Role::TierStaging, Role::TierDevelopment, Role::TierLocal];
    for theme in Themes::shipped().iter() {
        for roles in [&SEVERITIES[..], &tiers] {
            for (index, one) in roles.iter().enumerate() {
                for other in &roles[index + 1..] {
                    assert_ne!(theme.style(*one), theme.style(*other), "{one:?} {other:?}");
                }
            }
        }
    }
}

#[test]
fn without_color_what_matters_most_still_stands_out() {
    for theme in Themes::shipped().iter().map(Theme::without_color) {
        for role in Role::ALL {
            let style = theme.style(*role);
            assert_eq!((style.fg, style.bg), (None, None));
        }
        assert!(theme.style(Role::Selection).add_modifier.contains(Modifier::REVERSED));
        assert!(theme.style(Role::TierProduction).add_modifier.contains(Modifier::REVERSED));
        for role in [Role::Critical, Role::Warning, Role::Stale] {
            assert_ne!(theme.style(role), theme.style(Role::Ok), "{} {role:?}", theme.name());
        }
        assert_ne!(theme.style(Role::Critical), theme.style(Role::Warning));
    }
    let (themes, _) = own(&[("mine", "inherits = \"dark\"\nselection = { bg = \"blue\" }\n")]);
    let plain = themes.get("mine").unwrap().without_color().style(Role::Selection);
    assert_eq!(plain, Style::new().add_modifier(Modifier::REVERSED));
}

#[test]
fn a_theme_fills_its_gaps_along_the_whole_chain() {
    let (themes, faults) = own(&[
        ("a", "inherits = \"b\"\nok = { fg = \"white\" }\n"),
        ("b", "inherits = \"light\"\nok = { fg = \"red\" }\ninfo = { underline = true }\n"),
    ]);
    assert_eq!(faults, [""; 0]);
    let theme = themes.get("a").unwrap();
    assert_eq!(theme.style(Role::Ok), Style::new().fg(Color::White));
    assert_eq!(theme.style(Role::Info), Style::new().add_modifier(Modifier::UNDERLINED));
    let light = Themes::shipped().get("light").unwrap().style(Role::Critical);
    assert_eq!(theme.style(Role::Critical), light);
    assert_eq!(themes.after("a").map(Theme::name), Some("b"));
    assert_eq!(themes.after("b").map(Theme::name), Some("dark"));
}

#[test]
fn faults_are_told_like_those_of_the_config() {
    for (text, told) in [
        ("ok = { fg = \"red\" }", "mine.toml: the theme lacks `text`, `muted`"),
        ("inherits = \"mine\"", "mine.toml:1:12: `mine` inherits from itself"),
        ("inherits = \"drak\"", "mine.toml:1:12: there is no sound theme `drak`"),
        ("inherits = \"dark\"\nkye = {}", "mine.toml:2:1: unknown key `kye` in a theme"),
        ("inherits = \"dark\"\nok = { fg = \"rde\" }", "mine.toml:2:13: there is no color `rde`"),
        ("inherits = \"dark\"\nok = { blink = true }", "mine.toml:2:8: unknown key `blink`"),
        ("inherits = \"dark\"\nok = \"red\"", "mine.toml:2:6: `ok` must be a table"),
        ("inherits = \"dark\"\nok = { bold = 1 }", "mine.toml:2:15: `bold` must be"),
        ("ok = {", "mine.toml:1:7: "),
    ] {
        let (themes, faults) = own(&[("mine", text)]);
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert!(faults[0].starts_with(told), "{}", faults[0]);
        assert!(themes.get("mine").is_none() && themes.get("dark").is_some());
    }
}

#[test]
fn every_theme_that_is_left_out_is_told() {
    let (themes, faults) =
        own(&[("a", "inherits = \"b\""), ("b", "inherits = \"a\""), ("c", "inherits = \"b\"")]);
    assert_eq!(themes.iter().count(), 4);
    let told =
        ["a.toml:1:12: `a` inherits", "b.toml:1:12: `b` inherits", "c.toml:1:12: `a`, which"];
    assert_eq!(faults.len(), told.len());
    for (fault, told) in faults.iter().zip(told) {
        assert!(fault.starts_with(told), "{fault}");
    }
}

#[test]
fn a_shipped_name_is_not_taken_over() {
    for name in ["dark", "auto"] {
        let (_, faults) = own(&[(name, "inherits = \"light\"")]);
        assert!(faults[0].contains("of quarterdeck's own"), "{}", faults[0]);
    }
}

#[test]
fn themes_of_a_folder_are_named_after_their_files() {
    assert_eq!(load_dir(Path::new("/nowhere/themes")), (Themes::shipped(), vec![]));
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("mine.toml"), "inherits = \"dark\"").unwrap();
    std::fs::write(folder.path().join(".mine.toml"), "an editor's").unwrap();
    std::fs::write(folder.path().join("README"), "not a theme").unwrap();
    let (themes, faults) = load_dir(folder.path());
    assert_eq!(faults, []);
    assert!(themes.get("mine").is_some());
}

proptest! {
    #[test]
    fn arbitrary_text_never_panics(text in "(inherits = \"(mine|dark|x)\"\n)?.*") {
        own(&[("mine", &text)]);
    }
}
