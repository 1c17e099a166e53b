//! A line of a log as rows of the screen: mark, moment, source, level, text.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::Span;

use super::super::text::width;
use super::super::{Role, words};
use super::spans::{ROWS, marked, pan, wrap};
use super::{Scene, source_role};
use crate::model::log::ink::{Effects, Ink, Style as Inked, spans_up_to};
use crate::model::log::level::Level;
use crate::model::log::view::Moments;
use crate::model::log::{Flags, Key, Line, Logs, Origin, Spot, fields};
use crate::model::time::Timestamp;

/// Bytes of a line that are drawn at most, panned or wrapped.
const DRAWN: usize = 16 * 1024;
/// Columns of a field.
const FIELD: usize = 16;

/// One row.
pub(super) struct Row {
    spans: Vec<Span<'static>>,
    /// Columns that are marked, of the line that one looks at.
    marked: u16,
}

impl Row {
    /// Draws it.
    pub(super) fn draw(&self, scene: &Scene<'_>, buf: &mut Buffer, area: Rect) {
        scene.put_spans(buf, area, &self.spans);
        let bar = Rect { width: self.marked.min(area.width), ..area };
        buf.set_style(bar, scene.style(Role::Selection));
    }
}

/// What all rows of a frame share.
pub(super) struct Rows<'s, 'm> {
    scene: &'s Scene<'m>,
    logs: &'s Logs,
    width: usize,
    /// The words of each source, and its color.
    sources: Vec<(String, Role)>,
    source_width: usize,
}

impl<'s, 'm> Rows<'s, 'm> {
    pub(super) fn new(scene: &'s Scene<'m>, logs: &'s Logs, width: u16) -> Self {
        let sources: Vec<(String, Role)> = names(logs);
        let longest = sources.iter().map(|(words, _)| self::width(words)).max().unwrap_or(0);
        // Of one source there is nothing to tell apart.
        let source_width = if sources.len() < 2 { 0 } else { longest.min(usize::from(width) / 4) };
        Self { scene, logs, width: width.into(), sources, source_width }
    }

    /// A line's rows.
    pub(super) fn of(&self, spot: Spot, key: Key, selected: bool) -> Vec<Row> {
        let Some(stream) = self.logs.streams.get(spot.stream) else { return Vec::new() };
        let Some((line, text)) = stream.line(spot.seq) else { return Vec::new() };
        let at = stream.said_at(spot.seq).unwrap_or(key.0);
        let mut head = self.head(spot, &line, at);
        // Its sign and its moment: its text keeps its colors.
        let marked = head.iter().take(3).map(|span| width(&span.content) as u16).sum::<u16>();
        let before: usize = head.iter().map(|span| width(&span.content)).sum();
        let room = self.width.saturating_sub(before).max(10);
        let body = self.body(spot, &line, text);
        let mut rows = Vec::new();
        let wrapped = if self.logs.view.wrap {
            wrap(body, room)
        } else {
            vec![pan(body, self.logs.view.pan)]
        };
        for part in wrapped.into_iter().take(ROWS) {
            let mut spans = std::mem::take(&mut head);
            spans.extend(part);
            let marked = if selected { marked } else { 0 };
            rows.push(Row { spans, marked });
            head = vec![Span::raw(" ".repeat(before))];
        }
        rows
    }

    /// What stands before the text.
    fn head(&self, spot: Spot, line: &Line, at: i64) -> Vec<Span<'static>> {
        let scene = self.scene;
        let mark = match (self.logs.marks.contains(&spot), line.level) {
            (true, _) => scene.span(Role::Key, "*"),
            (false, level) => scene.span(role_of(level), sign_of(level)),
        };
        let mut spans = vec![mark, Span::raw(" ")];
        if let Some(moment) = self.moment(line, at) {
            spans.push(scene.span(Role::Muted, format!("{moment} ")));
        }
        if self.source_width > 0
            && let Some((words, role)) = self.sources.get(spot.stream)
        {
            let cut = scene.chrome.glyphs.cut();
            let words = super::super::text::fit(words, self.source_width, cut);
            let blank = " ".repeat(self.source_width.saturating_sub(width(&words)) + 1);
            spans.push(scene.span(*role, words));
            spans.push(Span::raw(blank));
        }
        spans
    }

    fn moment(&self, line: &Line, at: i64) -> Option<String> {
        let offset = self.scene.chrome.utc_offset_secs;
        let moment = Timestamp::from_micros(at);
        let millis = at.rem_euclid(1_000_000) / 1000;
        let text = match self.logs.view.moments {
            Moments::Clock => clock(moment, millis, offset),
            Moments::Utc => format!("{}Z", clock(moment, millis, 0)),
            Moments::Date => format!("{}.{millis:03}", words::moment(moment, offset)),
            Moments::Ago => format!("{:>5}", words::age(self.scene.now.since(moment))),
            Moments::Hidden => return None,
        };
        // A line of a trace has its head's moment: it is not said again.
        let continued = line.flags.has(Flags::CONTINUED);
        Some(if continued { " ".repeat(width(&text)) } else { text })
    }

    /// The text with what the source colored, what was found, and how often it stands.
    fn body(&self, spot: Spot, line: &Line, text: &[u8]) -> Vec<Span<'static>> {
        let scene = self.scene;
        let mut out = Vec::new();
        if line.flags.has(Flags::NOTE) {
            let role = if line.flags.has(Flags::GAP) { Role::Warning } else { Role::Notice };
            let words = crate::model::log::ink::plain(text);
            out.push(scene.span(role, format!("-- {words} --")));
            return out;
        }
        if self.logs.view.fold {
            let times = self.logs.times(spot, 10_000);
            if times > 1 {
                let more = if times >= 10_000 { "+" } else { "" };
                out.push(scene.span(Role::Notice, format!("x{times}{more} ")));
            }
        }
        let text = text.get(..text.len().min(DRAWN)).unwrap_or_default();
        // Where moments are shown, the line's own would only say them again.
        // Of many units it has to be said which it is.
        let stream = self.logs.streams.get(spot.stream);
        let many = stream.is_some_and(|s| matches!(s.origin, Origin::Units(_) | Origin::System));
        let all = many || self.logs.view.moments == Moments::Hidden;
        let body = if all { 0 } else { usize::from(line.body) };
        let text = text.get(body..).filter(|rest| !rest.is_empty()).unwrap_or(text);
        if !self.logs.view.columns.is_empty() && !line.flags.has(Flags::CONTINUED) {
            let read = fields::fields(text);
            let has = |name: &&String| read.iter().any(|(path, _)| path == *name);
            // A line without any of them needs the room for its text.
            let wanted = if self.logs.view.columns.iter().any(|name| has(&name)) {
                self.logs.view.columns.as_slice()
            } else {
                &[]
            };
            for name in wanted {
                let value = read.iter().find(|(path, _)| path == name);
                let value = value.map_or("-", |(_, value)| value.as_str());
                let value = super::super::text::fit(value, FIELD, scene.chrome.glyphs.cut());
                let blank = " ".repeat(FIELD.saturating_sub(width(&value)) + 1);
                out.push(scene.span(Role::Heading, value));
                out.push(Span::raw(blank));
            }
            // What it says, where it is said in a field; the fields are beside it.
            let said = ["message", "msg", "MESSAGE", "event"];
            if !wanted.is_empty()
                && let Some((_, said)) =
                    said.iter().find_map(|n| read.iter().find(|(path, _)| path == n))
            {
                out.push(Span::styled(said.clone(), self.base(line.level)));
                return self.found(out);
            }
        }
        let base = self.base(line.level);
        let inked = spans_up_to(text, DRAWN).into_iter();
        out.extend(inked.map(|span| Span::styled(span.text, base.patch(self.style(span.style)))));
        self.found(out)
    }

    /// With what the search has found marked.
    fn found(&self, spans: Vec<Span<'static>>) -> Vec<Span<'static>> {
        match &self.logs.search {
            Some(pattern) => marked(spans, pattern, self.scene.style(Role::Match)),
            None => spans,
        }
    }

    /// How a line of a level looks.
    fn base(&self, level: Level) -> Style {
        let scene = self.scene;
        let text = scene.style(Role::Text);
        match level {
            Level::Critical | Level::Error => text.patch(color(scene, Role::Critical)),
            Level::Warning => text.patch(color(scene, Role::Warning)),
            Level::Debug | Level::Trace => scene.style(Role::Muted),
            Level::Unknown | Level::Info | Level::Notice => text,
        }
    }

    /// The source's own colors, where we use any.
    fn style(&self, inked: Inked) -> Style {
        let mut style = Style::default();
        if !self.scene.chrome.theme.is_colorless() {
            style.fg = color_of(inked.ink);
            style.bg = color_of(inked.ground);
        }
        let modifiers = [
            (Effects::BOLD, Modifier::BOLD),
            (Effects::DIM, Modifier::DIM),
            (Effects::ITALIC, Modifier::ITALIC),
            (Effects::UNDERLINE, Modifier::UNDERLINED),
            (Effects::INVERSE, Modifier::REVERSED),
            (Effects::STRIKE, Modifier::CROSSED_OUT),
        ];
        for (_, modifier) in modifiers.into_iter().filter(|(effect, _)| inked.effects.has(*effect))
        {
            style = style.add_modifier(modifier);
        }
        style
    }
}

/// What tells the sources of a log apart: hosts, where there are several, and services.
pub(super) fn names(logs: &Logs) -> Vec<(String, Role)> {
    let first = logs.streams.first();
    let one_host = logs.streams.iter().all(|s| Some(&s.host) == first.map(|f| &f.host));
    let one_service = logs.streams.iter().all(|s| service_of(s) == first.and_then(service_of));
    let name = |stream: &crate::model::log::StreamLog| {
        let words = stream.words();
        let role = source_role(&words);
        let host = stream.host.host.as_str();
        let rest = words.strip_prefix(host).map_or("", str::trim_start);
        let file = matches!(stream.origin, Origin::File(_));
        let name = match (one_host, one_service) {
            (true, _) => rest.to_owned(),
            (false, true) if !file => host.to_owned(),
            (false, _) => words.clone(),
        };
        (name, role)
    };
    logs.streams.iter().map(name).collect()
}

fn service_of(stream: &crate::model::log::StreamLog) -> Option<&str> {
    stream.service.as_ref().map(|id| id.service.as_str())
}

/// Only the color of a role: an underlined text of a whole page is hard to read.
fn color(scene: &Scene<'_>, role: Role) -> Style {
    Style { fg: scene.style(role).fg, ..Style::default() }
}

fn clock(at: Timestamp, millis: i64, offset: i32) -> String {
    let secs = (at.as_secs() + i64::from(offset)).rem_euclid(86_400);
    format!("{:02}:{:02}:{:02}.{millis:03}", secs / 3600, secs / 60 % 60, secs % 60)
}

pub(super) const fn role_of(level: Level) -> Role {
    match level {
        Level::Critical | Level::Error => Role::Critical,
        Level::Warning => Role::Warning,
        Level::Notice => Role::Info,
        Level::Unknown | Level::Trace | Level::Debug | Level::Info => Role::Muted,
    }
}

/// A letter, so that color is not the only sign.
const fn sign_of(level: Level) -> &'static str {
    match level {
        Level::Critical => "C",
        Level::Error => "E",
        Level::Warning => "W",
        Level::Notice => "N",
        Level::Info => "i",
        Level::Debug => "d",
        Level::Trace => "t",
        Level::Unknown => " ",
    }
}

fn color_of(ink: Ink) -> Option<Color> {
    const BASIC: [Color; 16] = [
        Color::Black,
        Color::Red,
        Color::Green,
        Color::Yellow,
        Color::Blue,
        Color::Magenta,
        Color::Cyan,
        Color::Gray,
        Color::DarkGray,
        Color::LightRed,
        Color::LightGreen,
        Color::LightYellow,
        Color::LightBlue,
        Color::LightMagenta,
        Color::LightCyan,
        Color::White,
    ];
    match ink {
        Ink::Default => None,
        Ink::Basic(n) => BASIC.get(usize::from(n)).copied(),
        Ink::Indexed(n) => Some(Color::Indexed(n)),
        Ink::Rgb(red, green, blue) => Some(Color::Rgb(red, green, blue)),
    }
}
