//! One line an environment: its worst severity, its name and tier, its counts. What is bad stands
//! first, since a narrow line is cut at its end.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::Span;

use super::Role;
use super::chrome::{role_of, tier_style, tier_word};
use super::scene::Scene;
use super::text::{fit, width};
use super::viewports::Viewports;
use crate::model::fleet::{Env, Tally};
use crate::model::host::{Host, Link};
use crate::model::severity::Severity;
use crate::model::spec::Tier;

/// An environment with its place in the config and its sum.
struct Sum<'a> {
    place: usize,
    env: &'a Env,
    worst: Severity,
    tally: Tally,
}

pub(super) fn draw(scene: &Scene<'_>, buf: &mut Buffer, area: Rect, viewports: &mut Viewports) {
    let sums = scene.judged.sums(scene.fleet).into_iter().enumerate();
    let sum = |(place, (env, worst, tally))| Sum { place, env, worst, tally };
    let mut sums: Vec<Sum<'_>> = sums.map(sum).collect();
    let left_out = sums.len().saturating_sub(area.height.into());
    if left_out > 0 {
        // The worst ones stay, in the config's order.
        sums.sort_by_key(|sum| std::cmp::Reverse(sum.worst.rank()));
        sums.truncate(area.height.into());
        sums.sort_by_key(|sum| sum.place);
    }
    if sums.is_empty() && area.height > 0 {
        let name = format!("quarterdeck {}", scene.chrome.version);
        scene.put(buf, area, &name, scene.style(Role::Heading));
    }
    let wide = Widths::of(scene, &sums, area.width);
    let last = sums.len().saturating_sub(1);
    for (y, sum) in sums.iter().enumerate() {
        let line = Rect { y: area.y + y as u16, height: 1, ..area };
        let mut spans = head(scene, sum, &wide);
        spans.extend(counts(scene, sum.env, &sum.tally, area.width));
        let more = if left_out > 0 && y == last && area.width > 30 {
            format!(" +{left_out} more")
        } else {
            String::new()
        };
        let room = line.width.saturating_sub(more.len() as u16);
        let end = scene.put_spans(buf, Rect { width: room, ..line }, &spans);
        let rest = Rect { x: end, width: line.right().saturating_sub(end), ..line };
        scene.put(buf, rest, &more, scene.style(Role::Notice));
        viewports.learn_env(sum.env.name.clone(), line);
    }
}

/// Columns that stand below each other.
struct Widths {
    name: usize,
    tier: usize,
    lock: usize,
    narrow: bool,
}

impl Widths {
    fn of(scene: &Scene<'_>, sums: &[Sum<'_>], room: u16) -> Self {
        let narrow = room < 100;
        let widest = |of: &dyn Fn(&Env) -> usize| sums.iter().map(|sum| of(sum.env)).max();
        Self {
            name: widest(&|env| width(env.name.as_str())).unwrap_or(0).min(24),
            tier: widest(&|env| tier(env.tier, narrow).len()).unwrap_or(0),
            lock: widest(&|env| lock(scene, env, narrow).len()).unwrap_or(0),
            narrow,
        }
    }
}

const fn tier(tier: Tier, narrow: bool) -> &'static str {
    match (tier, narrow) {
        (Tier::Production, true) => "[PROD]",
        (Tier::Staging, true) => "stag",
        (Tier::Development, true) => "dev",
        (tier, _) => tier_word(tier),
    }
}

/// What is as always has no room in a narrow line; that it is open has.
fn lock(scene: &Scene<'_>, env: &Env, narrow: bool) -> String {
    let unlocked = scene.model.acting.permits.unlocked(&env.name).is_some();
    let read_only = scene.model.acting.permits.is_read_only();
    if narrow && !unlocked && !read_only { String::new() } else { scene.lock_word(env) }
}

fn head(scene: &Scene<'_>, sum: &Sum<'_>, wide: &Widths) -> Vec<Span<'static>> {
    let env = sum.env;
    let shown = scene.view().env.as_ref() == Some(&env.name);
    let key = if sum.place < 9 { (sum.place + 1).to_string() } else { " ".to_owned() };
    let name = fit(env.name.as_str(), wide.name, scene.chrome.glyphs.cut());
    let pad = |text: &str, to: usize| Span::raw(" ".repeat(to.saturating_sub(width(text))));
    let sign = scene.chrome.glyphs.severity(sum.worst);
    let tier = tier(env.tier, wide.narrow);
    let mut spans = vec![
        scene.span(Role::Key, format!("{}{key} ", if shown { ">" } else { " " })),
        scene.span(role_of(sum.worst), format!("{sign} {:<8} ", sum.worst.name())),
        Span::styled(name.clone(), scene.style(Role::Heading).add_modifier(Modifier::BOLD)),
        pad(&name, wide.name + 1),
        Span::styled(tier, tier_style(scene.chrome, env.tier)),
        pad(tier, wide.tier + 1),
    ];
    if wide.lock > 0 {
        let word = lock(scene, env, wide.narrow);
        let style = match scene.model.acting.permits.unlocked(&env.name) {
            Some(_) => scene.style(Role::Warning).add_modifier(Modifier::BOLD),
            None => scene.style(Role::Text),
        };
        spans.push(Span::styled(word.clone(), style));
        spans.push(pad(&word, wide.lock + 1));
    }
    spans
}

fn counts(scene: &Scene<'_>, env: &Env, tally: &Tally, room: u16) -> Vec<Span<'static>> {
    let connecting = |host: &&Host| matches!(host.link, Link::Connecting);
    let connecting = env.hosts.values().filter(connecting).count();
    let down = tally.hosts.saturating_sub(tally.hosts_up + connecting);
    let mut parts = vec![
        (Role::Critical, tally.looping, "looping"),
        (Role::Critical, tally.failed, "failed"),
        (Role::Critical, tally.unhealthy, "unhealthy"),
        (Role::Unknown, tally.unknown, "unknown"),
        (Role::Unknown, down, if down == 1 { "host down" } else { "hosts down" }),
        (Role::Unknown, connecting, "connecting"),
    ];
    parts.retain(|(_, n, _)| *n > 0);
    let mut spans: Vec<Span<'static>> = Vec::new();
    let busy = scene.model.acting.busy().filter(|operation| *operation.plan().env() == env.name);
    for operation in busy.take(2) {
        let doing = operation.plan().intent.verb.doing();
        let text = format!("{} {doing}{}  ", scene.chrome.glyphs.busy(), scene.chrome.glyphs.cut());
        spans.push(scene.span(Role::Notice, text));
    }
    let hosts = env.hosts.values().map(|host| host.id(&env.name));
    let others: usize = hosts.map(|id| scene.model.acting.others(&id).count()).sum();
    if others > 0 {
        let text = format!("{} {others} of colleagues  ", scene.chrome.glyphs.busy());
        spans.push(scene.span(Role::Notice, text));
    }
    for (role, n, what) in parts {
        spans.push(scene.span(role, format!("{n} {what}  ")));
    }
    if let Some((_, until)) = env.frozen(scene.now) {
        let text = format!("no deploys for {}  ", crate::ui::words::age(until.since(scene.now)));
        spans.push(scene.span(Role::Notice, text));
    }
    if let Some((_, until)) = env.maintained(scene.now) {
        let text = format!("maintenance for {}  ", crate::ui::words::age(until.since(scene.now)));
        spans.push(scene.span(Role::Notice, text));
    }
    if let Some(oldest) = tally.oldest_stale {
        spans.push(scene.span(Role::Stale, format!("oldest {}  ", scene.age(oldest))));
    }
    let (services, hosts) = if room < 100 { ("ok", "up") } else { ("services ok", "hosts up") };
    let Tally { ok, services: all, hosts: there, hosts_up: up, .. } = tally;
    let text = format!("{ok}/{all} {services}  {up}/{there} {hosts}");
    spans.push(scene.span(Role::Muted, text));
    spans
}
