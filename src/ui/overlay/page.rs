//! A page of headings, facts and sentences, wrapped to a width.

use ratatui::text::{Line, Span};

use crate::model::fault::Fault;
use crate::ui::Role;
use crate::ui::scene::Scene;
use crate::ui::text::{width, wrap};

/// Columns of a fact's name.
const NAME: usize = 18;
/// Below this width a fact's name stands above it.
const NARROW: usize = 46;

/// A page that is being written.
pub(in crate::ui) struct Page<'s, 'a> {
    scene: &'s Scene<'a>,
    columns: usize,
    pub(in crate::ui) lines: Vec<Line<'static>>,
}

impl<'s, 'a> Page<'s, 'a> {
    pub(in crate::ui) const fn new(scene: &'s Scene<'a>, columns: u16) -> Self {
        Self { scene, columns: columns as usize, lines: Vec::new() }
    }

    /// Columns that there are.
    pub(in crate::ui) const fn columns(&self) -> usize {
        self.columns
    }

    /// An empty line, but never two and none at the top.
    pub(in crate::ui) fn gap(&mut self) {
        if self.lines.last().is_some_and(|line| line.width() > 0) {
            self.lines.push(Line::default());
        }
    }

    pub(in crate::ui) fn heading(&mut self, text: &str) {
        self.gap();
        self.say(Role::Heading, text);
    }

    /// A sentence.
    pub(in crate::ui) fn say(&mut self, role: Role, text: &str) {
        for line in wrap(text, self.columns) {
            self.lines.push(Line::from(self.scene.span(role, line)));
        }
    }

    /// Text line by line, with its empty lines.
    pub(in crate::ui) fn verbatim(&mut self, role: Role, text: &str) {
        for line in text.lines() {
            if line.is_empty() {
                self.lines.push(Line::default());
            }
            self.say(role, line);
        }
    }

    /// A name and what it is; nothing where it is not known.
    pub(in crate::ui) fn fact(&mut self, name: &str, value: impl Into<String>) {
        self.fact_in(Role::Text, name, value);
    }

    /// A name and what it is, as a meaning.
    pub(in crate::ui) fn fact_in(&mut self, role: Role, name: &str, value: impl Into<String>) {
        let value = value.into();
        if value.is_empty() {
            return;
        }
        let stacked = self.columns < NARROW;
        let indent = if stacked { 2 } else { NAME.max(width(name) + 1) };
        let room = self.columns.saturating_sub(indent);
        let label = self.scene.span(Role::Muted, name);
        let mut values = wrap(&value, room).into_iter();
        if stacked {
            self.lines.push(Line::from(label));
        } else {
            let pad = Span::raw(" ".repeat(indent.saturating_sub(width(name))));
            let first = self.scene.span(role, values.next().unwrap_or_default());
            self.lines.push(Line::from(vec![label, pad, first]));
        }
        for value in values {
            let pad = Span::raw(" ".repeat(indent));
            self.lines.push(Line::from(vec![pad, self.scene.span(role, value)]));
        }
    }

    /// Trouble: what was tried, what came back, what to do.
    pub(in crate::ui) fn fault(&mut self, role: Role, fault: &Fault) {
        self.fact("tried", fault.tried.clone());
        self.fact_in(role, "answer", fault.detail.clone());
        self.fact_in(Role::Notice, "do", fault.remedy.clone());
    }
}
