//! One line an environment: its name and tier, its worst severity, its counts.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::Span;

use super::Role;
use super::chrome::{lock_word, role_of, tier_style, tier_word};
use super::scene::Scene;
use super::text::width;
use super::viewports::Viewports;
use crate::model::fleet::{Env, Tally};
use crate::model::severity::Severity;

pub(super) fn draw(scene: &Scene<'_>, buf: &mut Buffer, area: Rect, viewports: &mut Viewports) {
    let mut lines: Vec<(usize, &Env, Severity, Tally)> = scene
        .fleet
        .envs
        .iter()
        .enumerate()
        .map(|(place, env)| {
            let (worst, tally) = scene.fleet.sum_up(env, scene.now);
            (place, env, worst, tally)
        })
        .collect();
    let left_out = lines.len().saturating_sub(area.height.into());
    if left_out > 0 {
        // The worst ones stay, in the config's order.
        lines.sort_by_key(|(_, _, worst, _)| std::cmp::Reverse(worst.rank()));
        lines.truncate(area.height.into());
        lines.sort_by_key(|(place, ..)| *place);
    }
    if lines.is_empty() && area.height > 0 {
        let name = format!("quarterdeck {}", scene.chrome.version);
        scene.put(buf, area, &name, scene.style(Role::Heading));
    }
    let names = lines.iter().map(|(_, env, ..)| width(env.name.as_str())).max().unwrap_or(0);
    let tiers = lines.iter().map(|(_, env, ..)| tier_word(env.tier).len()).max().unwrap_or(0);
    let locks = lines.iter().map(|(_, env, ..)| lock_word(env).len()).max().unwrap_or(0);
    let last = lines.len().saturating_sub(1);
    for (y, (place, env, worst, tally)) in lines.iter().enumerate() {
        let line = Rect { y: area.y + y as u16, height: 1, ..area };
        let mut spans = head(scene, *place, env, (names.min(24), tiers, locks));
        spans.extend(counts(scene, *worst, tally, area.width));
        let more = (left_out > 0 && y == last).then(|| format!(" +{left_out} more"));
        let room = line.width.saturating_sub(more.as_deref().map_or(0, str::len) as u16);
        let end = scene.put_spans(buf, Rect { width: room, ..line }, &spans);
        if let Some(more) = more {
            let rest = Rect { x: end, width: line.right().saturating_sub(end), ..line };
            scene.put(buf, rest, &more, scene.style(Role::Notice));
        }
        viewports.learn_env(env.name.clone(), line);
    }
}

fn head(
    scene: &Scene<'_>,
    place: usize,
    env: &Env,
    (names, tiers, locks): (usize, usize, usize),
) -> Vec<Span<'static>> {
    let shown = scene.view().env.as_ref() == Some(&env.name);
    let key = if place < 9 { format!("{}", place + 1) } else { " ".to_owned() };
    let name = super::text::fit(env.name.as_str(), names, scene.chrome.glyphs.cut());
    let pad = |text: &str, to: usize| " ".repeat(to.saturating_sub(width(text)));
    let tier = tier_word(env.tier);
    let mut spans = vec![
        scene.span(Role::Key, format!("{}{key} ", if shown { ">" } else { " " })),
        Span::styled(name.clone(), scene.style(Role::Heading).add_modifier(Modifier::BOLD)),
        Span::raw(pad(&name, names + 1)),
        Span::styled(tier, tier_style(scene.chrome, env.tier)),
        Span::raw(pad(tier, tiers + 1)),
    ];
    if locks > 0 {
        let lock = lock_word(env);
        spans.push(scene.span(Role::Text, format!("{lock}{} ", pad(lock, locks))));
    }
    spans
}

fn counts(scene: &Scene<'_>, worst: Severity, tally: &Tally, room: u16) -> Vec<Span<'static>> {
    let sign = scene.chrome.glyphs.severity(worst);
    let mut spans = vec![scene.span(role_of(worst), format!("{sign} {:<8}", worst.name()))];
    let mut bad = |role: Role, n: usize, what: &str| {
        if n > 0 {
            spans.push(scene.span(role, format!(" {n} {what}")));
        }
    };
    // What is bad comes first: a narrow line is cut at its end.
    bad(Role::Critical, tally.looping, "looping");
    bad(Role::Critical, tally.failed, "failed");
    bad(Role::Critical, tally.hosts - tally.hosts_up, "hosts down");
    bad(Role::Unknown, tally.unknown, "unknown");
    let plain: Style = scene.style(Role::Muted);
    if let Some(oldest) = tally.oldest_stale {
        let text = format!(" oldest {}", scene.age(oldest));
        spans.push(scene.span(Role::Stale, text));
    }
    let (services, hosts) = if room < 60 { ("ok", "up") } else { ("services ok", "hosts up") };
    spans.push(Span::styled(format!(" {}/{} {services}", tally.ok, tally.services), plain));
    spans.push(Span::styled(format!(" {}/{} {hosts}", tally.hosts_up, tally.hosts), plain));
    spans
}
