//! What a frame teaches the program: where things are, and how far they can be scrolled.

use ratatui::layout::{Position, Rect};

use crate::model::ids::EnvName;
use crate::model::screen::Pane;

/// What the last frame taught us. A frame starts from the one before, so that a list does not
/// jump when its selection moves.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Viewports {
    /// Rows that the focused pane can show at once; goes to `Screen::page`.
    pub page: usize,
    /// How far the topmost overlay can be scrolled; a greater scroll is this one.
    pub overlay_max_scroll: usize,
    /// Lines that the topmost overlay can show at once.
    pub overlay_page: usize,
    /// Where the topmost overlay is.
    pub overlay: Option<Rect>,
    panes: Vec<Viewport>,
    envs: Vec<(EnvName, Rect)>,
    offsets: [usize; Pane::ALL.len()],
}

/// A pane's place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Viewport {
    /// Which.
    pub pane: Pane,
    /// With its title.
    pub area: Rect,
    /// Its rows.
    pub rows: Rect,
    /// The first row shown.
    pub offset: usize,
    /// How many rows there are, shown or not.
    pub len: usize,
}

impl Viewports {
    pub(super) fn begin(&mut self) {
        self.page = 0;
        self.overlay_max_scroll = 0;
        self.overlay_page = 0;
        self.overlay = None;
        self.panes.clear();
        self.envs.clear();
    }

    /// The first row of a list of `len` of which `place` has to be seen among `height`; keeps the
    /// list where it was if it can.
    pub(super) fn scroll(
        &mut self,
        pane: Pane,
        len: usize,
        place: Option<usize>,
        height: usize,
    ) -> usize {
        let Some(offset) = self.offsets.get_mut(pane as usize) else { return 0 };
        *offset = match place {
            Some(place) => {
                let least = (place + 1).saturating_sub(height);
                (*offset).clamp(least, place.max(least))
            }
            None => 0,
        }
        .min(len.saturating_sub(height));
        *offset
    }

    pub(super) fn learn_pane(&mut self, viewport: Viewport) {
        self.panes.push(viewport);
    }

    pub(super) const fn learn_overlay(&mut self, area: Rect, max_scroll: usize, page: usize) {
        self.overlay = Some(area);
        self.overlay_max_scroll = max_scroll;
        self.overlay_page = page;
    }

    pub(super) fn learn_env(&mut self, env: EnvName, area: Rect) {
        self.envs.push((env, area));
    }

    /// The panes of the last frame.
    pub fn panes(&self) -> &[Viewport] {
        &self.panes
    }

    /// The pane below a position.
    pub fn pane_at(&self, at: Position) -> Option<Pane> {
        self.panes.iter().find(|viewport| viewport.area.contains(at)).map(|found| found.pane)
    }

    /// The row below a position, as a place in the pane's rows.
    pub fn row_at(&self, at: Position) -> Option<(Pane, usize)> {
        let found = self.panes.iter().find(|viewport| viewport.rows.contains(at))?;
        let place = found.offset + usize::from(at.y - found.rows.y);
        (place < found.len).then_some((found.pane, place))
    }

    /// The environment whose line is below a position.
    pub fn env_at(&self, at: Position) -> Option<&EnvName> {
        self.envs.iter().find(|(_, area)| area.contains(at)).map(|(env, _)| env)
    }
}
