//! The screen: `draw(&Model, &Chrome, &mut Viewports)`. Pure: no clock, no IO, no change of the
//! model, and no verdict of its own; what a thing is called and how bad it is comes from `model`.

use ratatui::Frame;
use ratatui::layout::Rect;

mod backups;
mod chrome;
mod crash_loops;
mod empty;
mod envs;
mod events;
mod findings;
mod graph;
mod hosts;
mod layout;
mod log;
mod overlay;
mod own_log;
mod pane;
mod planned;
mod ports;
mod scene;
mod services;
mod status;
mod table;
mod text;
mod viewports;
mod words;

pub use chrome::{Chrome, Glyphs};
pub use viewports::{Viewport, Viewports};

use crate::keymap::Keymap;
use crate::model::Model;
use crate::model::rows;
use crate::model::screen::Pane;
use crate::theme::{Role, Theme};
use layout::Wanted;
use scene::Scene;

/// Draws the whole screen.
pub fn draw(frame: &mut Frame<'_>, model: &Model, chrome: &Chrome, viewports: &mut Viewports) {
    let scene = Scene::new(model, chrome);
    let area = frame.area();
    viewports.begin();
    let services = scene.judged.services(scene.view());
    let looping = scene.judged.crash_loops(scene.view());
    let hosts = rows::hosts(scene.fleet, scene.view());
    let ports = rows::ports(scene.fleet, scene.view(), scene.now);
    let backups = rows::backups(scene.fleet, scene.view(), scene.now);
    let findings = rows::findings(scene.fleet, scene.view());
    let events = rows::events(&scene.model.timeline, scene.view(), scene.now);
    let mut wanted = Wanted { envs: scene.fleet.envs.len(), ..Wanted::default() };
    wanted.set(Pane::Services, services.rows.len());
    wanted.set(Pane::CrashLoops, looping.rows.len());
    wanted.set(Pane::Hosts, hosts.rows.len());
    wanted.set(Pane::Ports, ports.rows.len());
    wanted.set(Pane::Backups, backups.rows.len());
    wanted.set(Pane::Findings, findings.rows.len());
    wanted.set(Pane::Events, events.rows.len());
    let places = layout::places(area, wanted, scene.view());
    let buf = frame.buffer_mut();
    envs::draw(&scene, buf, places.envs, viewports);
    for (pane, area) in places.panes {
        match pane {
            Pane::Services => services::draw(&scene, buf, area, viewports, &services),
            Pane::CrashLoops => crash_loops::draw(&scene, buf, area, viewports, &looping),
            Pane::Hosts => hosts::draw(&scene, buf, area, viewports, &hosts),
            Pane::Backups => backups::draw(&scene, buf, area, viewports, &backups),
            Pane::Ports => ports::draw(&scene, buf, area, viewports, &ports),
            Pane::Events => events::draw(&scene, buf, area, viewports, &events),
            Pane::Findings => findings::draw(&scene, buf, area, viewports, &findings),
        }
    }
    let mut cursor = status::draw(&scene, buf, places.status, &services);
    if !model.screen.overlays.is_empty() {
        // The environments stay in sight: a worse thing may happen while one reads.
        let room = Rect { height: area.height - places.status.height, ..area };
        let room = below(room, places.envs.height);
        cursor = overlay::draw(&scene, buf, room, viewports);
    }
    if let Some(cursor) = cursor {
        frame.set_cursor_position(cursor);
    }
}

/// The first `height` rows of an area.
fn top(area: Rect, height: u16) -> Rect {
    Rect { height: height.min(area.height), ..area }
}

/// What is left below the first `height` rows of an area.
fn below(area: Rect, height: u16) -> Rect {
    let height = height.min(area.height);
    Rect { y: area.y + height, height: area.height - height, ..area }
}
