//! The filter: words that a row must contain, and `-words` that it must not.

use crate::model::fleet::{Env, Row};
use crate::model::host::Host;

/// Words that must occur and words that must not.
pub(super) struct Filter {
    with: Vec<String>,
    without: Vec<String>,
}

impl Filter {
    pub(super) fn new(text: &str) -> Self {
        let mut filter = Self { with: Vec::new(), without: Vec::new() };
        for word in text.split_whitespace().map(str::to_lowercase) {
            match word.strip_prefix('-') {
                Some("") => {}
                Some(word) => filter.without.push(word.to_owned()),
                None => filter.with.push(word),
            }
        }
        filter
    }

    pub(super) const fn takes_all(&self) -> bool {
        self.with.is_empty() && self.without.is_empty()
    }

    pub(super) fn takes_row(&self, row: &Row<'_>) -> bool {
        // Before the texts are looked up, which stand all over the memory.
        if self.takes_all() {
            return true;
        }
        let facts = row.instance.facts.value();
        self.takes(&[
            row.service.as_str(),
            row.host.spec.name.as_str(),
            row.env.name.as_str(),
            row.env.tier.name(),
            row.verdict.state.name(),
            row.severity().name(),
            row.found.map_or("", |found| found.rule.name()),
            facts.map_or("", |facts| &facts.description),
        ])
    }

    pub(super) fn takes_host(&self, env: &Env, host: &Host) -> bool {
        // Before what was found is looked up, of each host in each frame.
        if self.takes_all() {
            return true;
        }
        self.takes(&[
            host.spec.name.as_str(),
            env.name.as_str(),
            env.tier.name(),
            host.link.name(),
            host.shown_severity().name(),
            host.found().map_or("", |found| found.rule.name()),
        ])
    }

    pub(super) fn takes(&self, texts: &[&str]) -> bool {
        if self.takes_all() {
            return true;
        }
        let within = |word: &String| texts.iter().any(|text| contains(text, word));
        self.with.iter().all(within) && !self.without.iter().any(within)
    }
}

/// Whether `text` contains the lower-case `word`, whatever the case; without an allocation for
/// ASCII, since it runs for each row of each frame.
fn contains(text: &str, word: &str) -> bool {
    if !text.is_ascii() || !word.is_ascii() {
        return text.to_lowercase().contains(word);
    }
    text.as_bytes()
        .windows(word.len().max(1))
        .any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
}
