//! Frames: what the screen shows, as text, at the sizes that matter.

use quarterdeck::keymap::Keymap;
use quarterdeck::model::Model;
use quarterdeck::theme::Themes;
use quarterdeck::ui::{Chrome, Glyphs, Viewports, draw};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;

use crate::fixtures;

fn chrome() -> Chrome {
    Chrome {
        theme: Themes::shipped().get("dark").unwrap().without_color(),
        glyphs: Glyphs::Unicode,
        keymap: Keymap::default(),
        version: "0.1.0",
        utc_offset_secs: 0,
    }
}

fn frame(model: &Model, chrome: &Chrome, width: u16, height: u16) -> (Buffer, Viewports) {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    let mut viewports = Viewports::default();
    let drawn = terminal.draw(|frame| draw(frame, model, chrome, &mut viewports)).unwrap();
    (drawn.buffer.clone(), viewports)
}

fn text(buffer: &Buffer) -> String {
    let mut out = String::new();
    for y in 0..buffer.area.height {
        let mut skip = 0;
        let mut line = String::new();
        for x in 0..buffer.area.width {
            let symbol = buffer[(x, y)].symbol();
            if skip == 0 {
                line.push_str(symbol);
                skip = unicode_width::UnicodeWidthStr::width(symbol).max(1);
            }
            skip -= 1;
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

fn look(name: &str, model: &Model, chrome: &Chrome, sizes: &[(u16, u16)]) {
    for &(width, height) in sizes {
        let (buffer, _) = frame(model, chrome, width, height);
        insta::assert_snapshot!(format!("{name}_{width}x{height}"), text(&buffer));
    }
}

const SIZES: &[(u16, u16)] = &[(120, 40), (80, 24), (40, 15)];

#[test]
fn empty() {
    look("empty", &fixtures::loading(Vec::new()), &chrome(), SIZES);
}

#[test]
fn loading() {
    let mut model = fixtures::incident();
    model = Model { fleet: model.fleet.clone(), ..model };
    for env in &mut model.fleet.envs {
        for host in env.hosts.values_mut() {
            let spec = host.spec.clone();
            let instances = host
                .instances
                .iter()
                .map(|(name, known)| {
                    let fresh = quarterdeck::model::instance::Instance::new(known.kind.clone());
                    (name.clone(), fresh)
                })
                .collect();
            *host = quarterdeck::model::host::Host {
                instances,
                ..quarterdeck::model::host::Host::new(spec)
            };
        }
    }
    look("loading", &model, &chrome(), SIZES);
}

#[test]
fn incident() {
    look("incident", &fixtures::incident(), &chrome(), SIZES);
}

#[test]
fn trouble() {
    look("trouble", &fixtures::trouble(), &chrome(), SIZES);
}
