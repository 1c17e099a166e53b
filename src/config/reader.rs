//! Reads typed values out of a TOML tree and collects faults instead of stopping at the first.
//!
//! Not serde: it stops at the first fault, and its untagged enums lose the line.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::check::Refusal;
use super::fault::{quoted, quoted_list};
use super::faults::Faults;
use super::schema::{KEYS, Section};
use super::source::Source;

/// A value with its place.
pub(crate) type At<T> = Spanned<T>;

/// A table being read, with the file it stands in. Every method that can find a fault pushes it
/// and answers `None`.
#[derive(Clone, Copy)]
pub(crate) struct Table<'a> {
    pub(crate) source: &'a Source,
    entries: &'a DeTable<'a>,
    start: usize,
    end: usize,
    section: &'static Section,
}

impl<'a> Table<'a> {
    /// The whole file, whose keys are those of `section`.
    pub(crate) fn root(
        source: &'a Source,
        tree: &'a Spanned<DeTable<'a>>,
        section: &'static Section,
    ) -> Self {
        Self { source, entries: tree.get_ref(), start: 0, end: 0, section }
    }

    /// Where the table itself stands.
    pub(crate) fn span(&self) -> Range<usize> {
        self.start..self.end
    }

    /// Its entries in the file's order.
    pub(crate) fn entries(&self) -> Vec<(At<&'a str>, &'a Spanned<DeValue<'a>>)> {
        Self::sorted(self.entries)
    }

    /// The entries of a table in the file's order.
    pub(crate) fn sorted<'t>(
        table: &'t DeTable<'t>,
    ) -> Vec<(At<&'t str>, &'t Spanned<DeValue<'t>>)> {
        let mut entries: Vec<_> = table
            .iter()
            .map(|(key, value)| (Spanned::new(key.span(), key.get_ref().as_ref()), value))
            .collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        entries
    }

    /// Refuses a name that something of the same kind has in its environment.
    pub(crate) fn refuse_twice(
        &self,
        kind: &str,
        name: &At<&'a str>,
        seen: &mut BTreeMap<&'a str, usize>,
        remedy: &str,
        faults: &mut Faults,
    ) {
        if let Some(first) = seen.insert(name.get_ref(), self.source.line(name.span().start)) {
            let written = quoted(name.get_ref());
            let message =
                format!("{kind} {written} is in this environment already, at line {first}");
            faults.at(self.source, &name.span(), message, remedy);
        }
    }

    /// Refuses keys that the section does not have.
    pub(crate) fn refuse_unknown(&self, faults: &mut Faults) {
        for (key, _) in self.entries() {
            self.refuse_unknown_key(&key, faults);
        }
    }

    /// Refuses a key that the section does not have.
    pub(crate) fn refuse_unknown_key(&self, key: &At<&str>, faults: &mut Faults) {
        let name = *key.get_ref();
        if self.section.key(name).is_none() {
            let message = format!("unknown key {} in {}", quoted(name), self.section.header);
            faults.at(self.source, &key.span(), message, self.remedy_for(name));
        }
    }

    /// What the author of an unknown key may have meant.
    fn remedy_for(&self, name: &str) -> String {
        let names = || self.section.keys.iter().map(|key| key.name);
        if let Some(near) = nearest(name, names()) {
            return format!("did you mean `{near}`?");
        }
        let home = KEYS.iter().find(|section| section.key(name).is_some());
        match home {
            Some(home) if KEYS.contains(self.section) => {
                format!("`{name}` belongs in {}", home.header)
            }
            _ => format!("known here: {}", quoted_list(names())),
        }
    }

    /// The key's value, present or not.
    fn value(&self, key: &str) -> Option<&'a Spanned<DeValue<'a>>> {
        debug_assert!(self.section.key(key).is_some(), "`{key}` is not in the schema");
        self.entries.get(key)
    }

    /// Whether the key is there, whatever its value.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.value(key).is_some()
    }

    /// Reports the value of this table's key, at its own place.
    pub(crate) fn refuse(&self, at: &Range<usize>, refusal: Refusal, faults: &mut Faults) {
        faults.at(self.source, at, refusal.message, refusal.remedy);
    }

    /// Reports a key that has to be there and is not.
    pub(crate) fn require(&self, key: &str, faults: &mut Faults) {
        if !self.has(key) {
            let message = format!("{} has no `{key}`", self.section.header);
            let remedy = format!("add {}", quoted(self.example(key)));
            faults.at(self.source, &self.span(), message, remedy);
        }
    }

    /// A string.
    pub(crate) fn text(&self, key: &str, faults: &mut Faults) -> Option<At<&'a str>> {
        self.typed(key, "a string", DeValue::as_str, faults)
    }

    /// A boolean.
    pub(crate) fn flag(&self, key: &str, faults: &mut Faults) -> Option<bool> {
        self.typed(key, "`true` or `false`", DeValue::as_bool, faults).map(Spanned::into_inner)
    }

    /// An array of strings, with the array's own place. Elements of another type are reported
    /// and left out.
    pub(crate) fn texts(&self, key: &str, faults: &mut Faults) -> Option<At<Vec<At<&'a str>>>> {
        let array = self.typed(key, "an array of strings", DeValue::as_array, faults)?;
        let mut texts = Vec::new();
        for element in *array.get_ref() {
            match element.get_ref().as_str() {
                Some(text) => texts.push(Spanned::new(element.span(), text)),
                None => self.wrong_type(key, "an array of strings", element, faults),
            }
        }
        Some(Spanned::new(array.span(), texts))
    }

    /// An array of values of any type.
    pub(crate) fn values(
        &self,
        key: &str,
        faults: &mut Faults,
    ) -> Option<Vec<&'a Spanned<DeValue<'a>>>> {
        let array = self.typed(key, "an array", DeValue::as_array, faults)?;
        Some(array.get_ref().iter().collect())
    }

    /// The key's value, whatever it is.
    pub(crate) fn value_of(&self, key: &str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.value(key)
    }

    /// A value that is a table, with the keys of `section`.
    pub(crate) fn inner_table(
        &self,
        value: &'a Spanned<DeValue<'a>>,
        section: &'static Section,
    ) -> Option<Self> {
        value.get_ref().as_table().map(|table| self.inner(table, &value.span(), section))
    }

    /// A table whose keys are not fixed.
    pub(crate) fn map(&self, key: &str, faults: &mut Faults) -> Option<&'a DeTable<'a>> {
        self.typed(key, "a table", DeValue::as_table, faults).map(Spanned::into_inner)
    }

    /// Where a key's value stands; the table itself without it.
    pub(crate) fn span_of(&self, key: &str) -> Range<usize> {
        self.value(key).map_or_else(|| self.span(), Spanned::span)
    }

    /// A table.
    pub(crate) fn table(
        &self,
        key: &str,
        section: &'static Section,
        faults: &mut Faults,
    ) -> Option<Self> {
        let table = self.typed(key, "a table", DeValue::as_table, faults)?;
        Some(self.inner(table.get_ref(), &table.span(), section))
    }

    /// An array of tables.
    pub(crate) fn tables(
        &self,
        key: &str,
        section: &'static Section,
        faults: &mut Faults,
    ) -> Vec<Self> {
        let wanted = "an array of tables";
        let Some(array) = self.typed(key, wanted, DeValue::as_array, faults) else {
            return Vec::new();
        };
        let mut tables = Vec::new();
        for element in *array.get_ref() {
            match element.get_ref().as_table() {
                Some(table) => tables.push(self.inner(table, &element.span(), section)),
                None => self.wrong_type(key, wanted, element, faults),
            }
        }
        tables
    }

    fn inner(
        &self,
        entries: &'a DeTable<'a>,
        span: &Range<usize>,
        section: &'static Section,
    ) -> Self {
        Self { source: self.source, entries, start: span.start, end: span.end, section }
    }

    fn typed<T>(
        &self,
        key: &str,
        wanted: &str,
        take: impl Fn(&'a DeValue<'a>) -> Option<T>,
        faults: &mut Faults,
    ) -> Option<At<T>> {
        let value = self.value(key)?;
        let taken = take(value.get_ref());
        if taken.is_none() {
            self.wrong_type(key, wanted, value, faults);
        }
        taken.map(|taken| Spanned::new(value.span(), taken))
    }

    fn wrong_type(
        &self,
        key: &str,
        wanted: &str,
        found: &Spanned<DeValue<'_>>,
        faults: &mut Faults,
    ) {
        let message = format!("`{key}` must be {wanted}, but this is {}", describe(found));
        let remedy = format!("write {}", quoted(self.example(key)));
        faults.at(self.source, &found.span(), message, remedy);
    }

    pub(super) fn example(&self, key: &str) -> &'static str {
        self.section.key(key).map_or("", |key| key.example)
    }
}

/// An integer that fits.
pub(crate) fn integer(value: &Spanned<DeValue<'_>>) -> Option<i64> {
    let integer = value.get_ref().as_integer()?;
    i64::from_str_radix(&integer.as_str().replace('_', ""), integer.radix()).ok()
}

/// A value in words, quoted where it is short.
pub(crate) fn describe(value: &Spanned<DeValue<'_>>) -> String {
    match value.get_ref() {
        DeValue::String(text) => format!("the string {}", quoted(text)),
        DeValue::Integer(number) => format!("the integer `{number}`"),
        DeValue::Float(number) => format!("the float `{number}`"),
        DeValue::Boolean(flag) => format!("the boolean `{flag}`"),
        DeValue::Datetime(time) => format!("the date `{time}`"),
        DeValue::Array(_) => "an array".to_owned(),
        DeValue::Table(_) => "a table".to_owned(),
    }
}

/// The known word nearest to one that is not, if it is near enough to be a slip.
pub(crate) fn nearest<'w>(word: &str, known: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    // Longer words bear more slips; the bound also keeps a hostile megabyte from being compared.
    let length = word.chars().take(100).count();
    let allowed = (length / 3).clamp(1, 3);
    known
        .into_iter()
        .filter(|known| known.chars().count().abs_diff(length) <= allowed)
        .map(|known| (strsim::osa_distance(&word.to_lowercase(), &known.to_lowercase()), known))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn nearest_finds_slips_and_nothing_farther() {
        let known = ["name", "tier", "protected", "host", "service"];
        assert_eq!(nearest("nmae", known), Some("name"));
        assert_eq!(nearest("hosts", known), Some("host"));
        assert_eq!(nearest("protcted", known), Some("protected"));
        assert_eq!(nearest("Tier", known), Some("tier"));
        assert_eq!(nearest("banana", known), None);
        assert_eq!(nearest(&"x".repeat(1_000_000), known), None);
    }
}
