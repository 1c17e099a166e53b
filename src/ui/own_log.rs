//! The console's own log. The only place that knows `tui-logger`'s widget.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::Widget;
use tui_logger::{TuiLoggerLevelOutput, TuiLoggerWidget};

use super::Role;
use super::scene::Scene;

/// The widget's formatter subtracts its indent from the width without asking.
const LEAST: u16 = 30;

pub(super) fn draw(scene: &Scene<'_>, buf: &mut Buffer, area: Rect) {
    if area.width < LEAST || area.height == 0 {
        scene.put(buf, area, "too narrow", scene.style(Role::Muted));
        return;
    }
    TuiLoggerWidget::default()
        .style(scene.style(Role::Text))
        .style_error(scene.style(Role::Critical))
        .style_warn(scene.style(Role::Warning))
        .style_debug(scene.style(Role::Muted))
        .style_trace(scene.style(Role::Muted))
        .output_separator(' ')
        .output_level(Some(TuiLoggerLevelOutput::Long))
        .output_file(false)
        .output_line(false)
        .render(area, buf);
}
