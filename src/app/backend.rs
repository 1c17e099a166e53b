//! A backend that writes nothing when nothing changed, and every frame at once.

use std::io::{self, Write};

use crossterm::queue;
use crossterm::terminal::{BeginSynchronizedUpdate, EndSynchronizedUpdate};
use ratatui::backend::{Backend, ClearType, CrosstermBackend, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};

/// Wraps ratatui's backend. That one hides the cursor and resets colors in every frame, 48 bytes
/// for a frame without a change; on a slow link and in a log of a terminal they are all noise.
pub(super) struct Quiet<W: Write> {
    inner: CrosstermBackend<W>,
    /// Something was written since the last flush.
    written: bool,
    cursor: Cursor,
}

/// The terminal's cursor, as far as we have said.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cursor {
    Unknown,
    Hidden,
    At(Position),
}

impl<W: Write> Quiet<W> {
    pub(super) const fn new(writer: W) -> Self {
        Self { inner: CrosstermBackend::new(writer), written: false, cursor: Cursor::Unknown }
    }

    /// For what is no part of a frame.
    pub(super) const fn writer(&mut self) -> &mut CrosstermBackend<W> {
        &mut self.inner
    }

    fn begin(&mut self) -> io::Result<()> {
        if !self.written {
            self.written = true;
            // Terminals that know it (DEC mode 2026) show the frame whole; others ignore it.
            queue!(self.inner, BeginSynchronizedUpdate)?;
        }
        Ok(())
    }
}

impl<W: Write> Backend for Quiet<W> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let mut content = content.peekable();
        if content.peek().is_none() {
            return Ok(());
        }
        self.begin()?;
        // Drawing moves the cursor.
        if matches!(self.cursor, Cursor::At(_)) {
            self.cursor = Cursor::Unknown;
        }
        self.inner.draw(content)
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        if self.cursor == Cursor::Hidden {
            return Ok(());
        }
        self.begin()?;
        self.cursor = Cursor::Hidden;
        self.inner.hide_cursor()
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        if matches!(self.cursor, Cursor::At(_)) {
            return Ok(());
        }
        self.begin()?;
        self.cursor = Cursor::Unknown;
        self.inner.show_cursor()
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        // Asking the terminal would wait for an answer that the event stream takes away.
        Ok(Position::ORIGIN)
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        let position = position.into();
        if self.cursor == Cursor::At(position) {
            return Ok(());
        }
        self.begin()?;
        self.cursor = Cursor::At(position);
        self.inner.set_cursor_position(position)
    }

    fn clear(&mut self) -> io::Result<()> {
        self.begin()?;
        self.inner.clear()
    }

    fn clear_region(&mut self, clear_type: ClearType) -> io::Result<()> {
        self.begin()?;
        self.inner.clear_region(clear_type)
    }

    fn size(&self) -> io::Result<Size> {
        self.inner.size()
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        self.inner.window_size()
    }

    fn flush(&mut self) -> io::Result<()> {
        if !self.written {
            return Ok(());
        }
        self.written = false;
        queue!(self.inner, EndSynchronizedUpdate)?;
        Backend::flush(&mut self.inner)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use ratatui::layout::Rect;
    use ratatui::widgets::Paragraph;
    use ratatui::{Terminal, TerminalOptions, Viewport};

    use super::*;

    #[derive(Clone, Default)]
    struct Sink(Rc<RefCell<Vec<u8>>>);

    impl Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.borrow_mut().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_frame_without_a_change_writes_nothing() {
        let sink = Sink::default();
        let options = TerminalOptions { viewport: Viewport::Fixed(Rect::new(0, 0, 20, 2)) };
        let mut terminal = Terminal::with_options(Quiet::new(sink.clone()), options).unwrap();
        let mut sizes = Vec::new();
        for text in ["one", "one", "two", "two"] {
            terminal.draw(|frame| frame.render_widget(Paragraph::new(text), frame.area())).unwrap();
            sizes.push(sink.0.borrow().len());
        }
        assert!(sizes[0] > 0);
        assert_eq!(sizes[0], sizes[1]);
        assert!(sizes[2] > sizes[1]);
        assert_eq!(sizes[2], sizes[3]);
    }
}
