//! Frames into a terminal in memory: 14 services on each host, four environments.

use divan::{Bencher, black_box};
use quarterdeck::keymap::Keymap;
use quarterdeck::model::Model;
use quarterdeck::model::command::Command;
use quarterdeck::model::screen::SortBy;
use quarterdeck::msg::Msg;
use quarterdeck::theme::Themes;
use quarterdeck::ui::{Chrome, Glyphs, Viewports, draw};
use quarterdeck::update::update;
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use crate::doctor::listening;
use crate::fixtures::NOW;

const FLEETS: [usize; 3] = [10, 100, 1000];

/// The look of all frames.
pub(crate) fn chrome() -> Chrome {
    Chrome {
        theme: Themes::shipped().get("dark").unwrap().clone(),
        glyphs: Glyphs::Unicode,
        keymap: Keymap::default(),
        version: "0.1.0",
        utc_offset_secs: 0,
    }
}

struct Screen {
    model: Model,
    chrome: Chrome,
    viewports: Viewports,
    terminal: Terminal<TestBackend>,
}

impl Screen {
    fn new(hosts: usize, (width, height): (u16, u16)) -> Self {
        let chrome = chrome();
        let mut screen = Self {
            model: listening(hosts),
            chrome,
            viewports: Viewports::default(),
            terminal: Terminal::new(TestBackend::new(width, height)).unwrap(),
        };
        screen.draw();
        screen
    }

    fn draw(&mut self) {
        let (model, chrome, viewports) = (&self.model, &self.chrome, &mut self.viewports);
        let drawn = self.terminal.draw(|frame| draw(frame, model, chrome, viewports)).unwrap();
        black_box(drawn.count);
    }

    fn press(&mut self, command: Command) {
        black_box(update(&mut self.model, Msg::Command(command), NOW));
    }
}

/// Nothing changed since the frame before.
#[divan::bench(args = FLEETS)]
fn unchanged_200x60(bencher: Bencher<'_, '_>, hosts: usize) {
    let mut screen = Screen::new(hosts, (200, 60));
    bencher.bench_local(|| screen.draw());
}

/// As above, on a smaller terminal.
#[divan::bench(args = FLEETS)]
fn unchanged_120x40(bencher: Bencher<'_, '_>, hosts: usize) {
    let mut screen = Screen::new(hosts, (120, 40));
    bencher.bench_local(|| screen.draw());
}

/// A key that moves the selection, and its frame: all of what a key costs.
#[divan::bench(args = FLEETS)]
fn key_200x60(bencher: Bencher<'_, '_>, hosts: usize) {
    let mut screen = Screen::new(hosts, (200, 60));
    bencher.bench_local(|| {
        screen.press(Command::Down);
        screen.draw();
    });
}

/// Every cell new: the first frame, or one after a resize.
#[divan::bench(args = FLEETS)]
fn full_200x60(bencher: Bencher<'_, '_>, hosts: usize) {
    let mut screen = Screen::new(hosts, (200, 60));
    bencher.with_inputs(|| Terminal::new(TestBackend::new(200, 60)).unwrap()).bench_local_values(
        |terminal| {
            screen.terminal = terminal;
            screen.draw();
        },
    );
}

/// With words that every row is searched for.
#[divan::bench(args = FLEETS)]
fn filtered_200x60(bencher: Bencher<'_, '_>, hosts: usize) {
    let mut screen = Screen::new(hosts, (200, 60));
    "web-7 -svc-3".clone_into(&mut screen.model.screen.view.filter);
    bencher.bench_local(|| screen.draw());
}

/// In an order that compares texts.
#[divan::bench(args = FLEETS)]
fn by_service_200x60(bencher: Bencher<'_, '_>, hosts: usize) {
    let mut screen = Screen::new(hosts, (200, 60));
    screen.model.screen.view.sort = SortBy::Service;
    bencher.bench_local(|| screen.draw());
}
