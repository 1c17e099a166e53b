//! Lines of TOML. Values are escaped by the toml crate; comments never reach their line's end.

use std::fmt::Write as _;

use crate::model::text::clean;

/// As wide are comments.
const WIDTH: usize = 98;

/// A file in the making.
#[derive(Default)]
pub(super) struct Text {
    pub(super) out: String,
}

impl Text {
    pub(super) fn blank(&mut self) {
        self.out.push('\n');
    }

    /// A comment, in as many lines as it needs.
    pub(super) fn comment(&mut self, text: &str) {
        let mut line = "#".to_owned();
        for word in clean(text, 2000).split(' ').filter(|word| !word.is_empty()) {
            if line.chars().count() + word.chars().count() >= WIDTH && line.len() > 1 {
                self.push(&line);
                "#".clone_into(&mut line);
            }
            line.push(' ');
            line.push_str(word);
        }
        self.push(&line);
    }

    /// A table's header.
    pub(super) fn table(&mut self, name: &str, live: bool) {
        self.setting(live, &format!("[[{name}]]"), "");
    }

    /// `key = value`, and why; commented out where it is not live.
    pub(super) fn key(&mut self, live: bool, key: &str, value: &str, why: &str) {
        self.setting(live, &format!("{key} = {value}"), why);
    }

    fn setting(&mut self, live: bool, setting: &str, why: &str) {
        let mark = if live { "" } else { "# " };
        let why = clean(why, 300);
        if why.is_empty() {
            self.push(&format!("{mark}{setting}"));
        } else if mark.len() + setting.chars().count() + why.chars().count() < WIDTH {
            self.push(&format!("{mark}{setting}  # {why}"));
        } else {
            self.comment(&why);
            self.push(&format!("{mark}{setting}"));
        }
    }

    fn push(&mut self, line: &str) {
        // Writing to a String does not fail.
        let _ok = writeln!(self.out, "{line}");
    }
}

/// A string as TOML writes it, in one line.
pub(super) fn string(text: &str) -> String {
    // Control characters would make the crate write several lines; none of them may stand in a
    // name or a path of the config anyway.
    toml::Value::String(clean(text, 4096)).to_string()
}

/// A list of strings.
pub(super) fn strings<'a>(list: impl IntoIterator<Item = &'a str>) -> String {
    let all: Vec<String> = list.into_iter().map(string).collect();
    format!("[{}]", all.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_value_stays_a_value() {
        for hostile in
            ["a\"\n[[env]]\nname=\"x", "'''", "\"\"\"", "\\", "a\u{7f}b", "]#", "\u{202e}"]
        {
            let line = format!("k = {}\n", string(hostile));
            assert_eq!(line.lines().count(), 1, "{line}");
            let table: toml::Table = line.parse().unwrap();
            assert_eq!(table["k"].as_str(), Some(clean(hostile, 4096).as_str()));
            let mut text = Text::default();
            text.comment(hostile);
            text.key(true, "k", "1", hostile);
            let table: toml::Table = text.out.parse().unwrap();
            assert_eq!(table.len(), 1, "{}", text.out);
        }
    }
}
