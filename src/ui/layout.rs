//! Where the parts of the screen are.

use ratatui::layout::Rect;

use super::{below, top};
use crate::model::screen::{Pane, View};

/// How much each part has to show.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    pub(super) envs: usize,
    pub(super) services: usize,
    pub(super) looping: usize,
    pub(super) hosts: usize,
}

/// Where each part is; a part without room is missing or empty.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Places {
    pub(super) envs: Rect,
    pub(super) panes: Vec<(Pane, Rect)>,
    pub(super) status: Rect,
}

/// From this height on each environment has its line, and panes stand below each other.
const TALL: u16 = 24;
/// Title and column heads.
const HEAD: u16 = 2;

/// Services get what the others leave, which is at least half.
pub(super) fn places(area: Rect, wanted: Wanted, view: &View) -> Places {
    let lines = match area.height {
        0..=2 => 0,
        3..TALL => 1,
        _ => wanted.envs.clamp(1, 4) as u16,
    };
    let envs = top(area, lines);
    let body = below(area, lines);
    let room = if area.height >= 5 { body.height - 1 } else { body.height };
    let status = below(body, room);
    let body = top(body, room);
    if view.zoom || body.height < 14 {
        return Places { envs, panes: vec![(view.focus, body)], status };
    }
    let need = |rows: usize| (rows.clamp(1, 1000) as u16) + HEAD;
    let mut looping = if wanted.looping == 0 { 2 } else { need(wanted.looping) };
    let mut hosts = need(wanted.hosts);
    looping = looping.min(body.height / 4);
    hosts = hosts.min((body.height / 4).max(4));
    let spare = (body.height - looping - hosts).saturating_sub(need(wanted.services));
    let more = need(wanted.hosts).saturating_sub(hosts).min(spare);
    hosts += more;
    if wanted.looping > 0 {
        looping += need(wanted.looping).saturating_sub(looping).min(spare - more);
    }
    let services = top(body, body.height - looping - hosts);
    let rest = below(body, services.height);
    let panes = vec![
        (Pane::Services, services),
        (Pane::CrashLoops, top(rest, looping)),
        (Pane::Hosts, below(rest, looping)),
    ];
    Places { envs, panes, status }
}
