//! What every pane is drawn from: the model, the rows of this frame, and the look.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Span;

use super::chrome::{Chrome, tier_style, tier_word};
use super::text::{fit, width};
use super::{Role, words};
use crate::model::Model;
use crate::model::fleet::{Env, Fleet};
use crate::model::host::Host;
use crate::model::rows::Judged;
use crate::model::screen::View;
use crate::model::time::Timestamp;

/// One frame's material.
pub(super) struct Scene<'a> {
    pub(super) model: &'a Model,
    pub(super) chrome: &'a Chrome,
    /// The fleet that is shown: the live one or the frozen one.
    pub(super) fleet: &'a Fleet,
    /// The moment that is shown.
    pub(super) now: Timestamp,
    /// Its instances with their verdicts at that moment.
    pub(super) judged: Judged<'a>,
}

impl<'a> Scene<'a> {
    pub(super) fn new(model: &'a Model, chrome: &'a Chrome) -> Self {
        let (fleet, now) = model.shown();
        Self { model, chrome, fleet, now, judged: Judged::new(fleet, now) }
    }

    pub(super) const fn view(&self) -> &'a View {
        &self.model.screen.view
    }

    pub(super) fn style(&self, role: Role) -> Style {
        self.chrome.style(role)
    }

    pub(super) fn span(&self, role: Role, text: impl Into<String>) -> Span<'static> {
        Span::styled(text.into(), self.style(role))
    }

    /// The environment that everything on the screen belongs to, if it is one.
    pub(super) fn only_env(&self) -> Option<&'a Env> {
        match (&self.view().env, self.fleet.envs.as_slice()) {
            (Some(name), _) => self.fleet.env(name),
            (None, [one]) => Some(one),
            (None, _) => None,
        }
    }

    /// Whether something may be done in an environment, as a word; empty where nothing is special.
    pub(super) fn lock_word(&self, env: &Env) -> String {
        let permits = &self.model.acting.permits;
        if permits.is_read_only() {
            return "read-only".to_owned();
        }
        match permits.unlocked(&env.name) {
            Some(unlocked) => {
                let minutes = unlocked.until.since(self.model.now).as_secs().div_ceil(60);
                format!("UNLOCKED {minutes}m")
            }
            None if env.protected => "locked".to_owned(),
            None => String::new(),
        }
    }

    /// How long ago that was.
    pub(super) fn age(&self, at: Timestamp) -> String {
        words::age(self.now.since(at))
    }

    /// Writes one line of text, cut to its area.
    pub(super) fn put(&self, buf: &mut Buffer, area: Rect, text: &str, style: Style) {
        let text = fit(text, area.width.into(), self.chrome.glyphs.cut());
        if !area.is_empty() {
            buf.set_stringn(area.x, area.y, text, area.width.into(), style);
        }
    }

    /// Writes spans one after the other; what has no room is cut.
    pub(super) fn put_spans(&self, buf: &mut Buffer, area: Rect, spans: &[Span<'_>]) -> u16 {
        let mut x = area.x;
        for span in spans {
            let left = area.right().saturating_sub(x);
            if left == 0 || area.height == 0 {
                break;
            }
            self.put(buf, Rect { x, width: left, height: 1, ..area }, &span.content, span.style);
            x += (width(&span.content) as u16).min(left);
        }
        x
    }

    /// An environment with its tier, for titles of frames and dialogs.
    pub(super) fn env_spans(&self, env: Option<&Env>) -> Vec<Span<'static>> {
        let Some(env) = env else {
            let none = self.fleet.envs.is_empty();
            let text = if none { "no environment" } else { "all environments" };
            return vec![self.span(Role::Text, text)];
        };
        vec![
            self.span(Role::Heading, format!("{} ", env.name)),
            Span::styled(tier_word(env.tier), tier_style(self.chrome, env.tier)),
        ]
    }
}

/// Why a host does not answer, in one line, the next try first.
pub(super) fn why(host: &Host, now: Timestamp) -> Option<String> {
    let fault = host.link.fault()?;
    let retry = host.link.retry_at().map(|at| match words::until(at.since(now)).as_str() {
        "now" => "retrying: ".to_owned(),
        when => format!("retry {when}: "),
    });
    Some(format!("{}{}", retry.unwrap_or_default(), brief(&fault.detail)))
}

/// A line of ssh without what the row says anyhow: `ssh: connect to host H port N: ` and
/// `user@host: ` stand before the reason, and a narrow row would show nothing else.
pub(super) fn brief(detail: &str) -> &str {
    let Some((before, after)) = detail.split_once(": ") else { return detail };
    if before == "ssh" {
        let rest = after.strip_prefix("connect to host ").and_then(|rest| rest.split_once(": "));
        return rest.map_or(after, |(_, reason)| reason);
    }
    if before.contains('@') && !before.contains(' ') { after } else { detail }
}
