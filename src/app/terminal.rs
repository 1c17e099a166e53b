//! The terminal: entered once, left in every way that the program can end.

use std::io::{self, BufWriter, Stdout, Write as _, stdout};
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::clipboard::CopyToClipboard;
use crossterm::event::{
    DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture,
};
use crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use crossterm::{cursor, execute};
use ratatui::{Frame, Terminal};

use super::backend::Quiet;
use crate::model::alarm::Notify;

/// A frame is one write.
const FRAME_BYTES: usize = 64 * 1024;

type Out = BufWriter<Stdout>;

/// The terminal while it is ours. Dropping it gives it back.
pub(super) struct Tty {
    terminal: Terminal<Quiet<Out>>,
    mouse: bool,
}

impl Tty {
    /// Takes the terminal, and sees to it that a panic gives it back.
    pub(super) fn enter() -> io::Result<Self> {
        take()?;
        restore_on_panic();
        let backend = Quiet::new(BufWriter::with_capacity(FRAME_BYTES, stdout()));
        match Terminal::new(backend) {
            Ok(terminal) => Ok(Self { terminal, mouse: false }),
            Err(error) => {
                give_back();
                Err(error)
            }
        }
    }

    /// Draws a frame.
    pub(super) fn draw(&mut self, draw: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        self.terminal.draw(draw).map(|_frame| ())
    }

    /// Puts a text on the user's clipboard, through the terminal (OSC 52).
    pub(super) fn copy(&mut self, text: &str) -> io::Result<()> {
        execute!(self.terminal.backend_mut().writer(), CopyToClipboard::to_clipboard_from(text))
    }

    /// Calls somebody with the terminal's bell, and with a notification where that is wanted. The
    /// text must be harmless.
    pub(super) fn call(&mut self, how: Notify, text: &str) -> io::Result<()> {
        let writer = self.terminal.backend_mut().writer();
        match how {
            Notify::Off => return Ok(()),
            Notify::Bell => {}
            // tmux hands on only what is wrapped for it (tmux(1), allow-passthrough).
            Notify::Osc9 if std::env::var_os("TMUX").is_some() => {
                write!(writer, "\x1bPtmux;\x1b\x1b]9;{text}\x07\x1b\\")?;
            }
            Notify::Osc9 => write!(writer, "\x1b]9;{text}\x07")?,
        }
        writer.write_all(b"\x07")?;
        writer.flush()
    }

    /// Captures the mouse, or leaves it to the terminal.
    pub(super) fn mouse(&mut self, on: bool) -> io::Result<()> {
        self.mouse = on;
        let writer = self.terminal.backend_mut().writer();
        if on {
            execute!(writer, EnableMouseCapture)
        } else {
            execute!(writer, DisableMouseCapture)
        }
    }

    /// Stops the process as ctrl-z does, and takes the terminal again when it goes on.
    pub(super) fn suspend(&mut self) -> io::Result<()> {
        give_back();
        // STOP and not TSTP: that one we catch ourselves.
        rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::STOP)?;
        self.resume()
    }

    /// Leaves the terminal to somebody else, with a line of what for.
    pub(super) fn lend(what: &str) -> io::Result<()> {
        give_back();
        let mut out = stdout();
        writeln!(out, "{what}")?;
        out.flush()
    }

    /// Asks for enter while the terminal is lent: nothing that is typed until then is shown.
    pub(super) fn ask_for_enter() -> io::Result<()> {
        let mut out = stdout();
        write!(out, "\nquarterdeck: it did not succeed; press enter to go back ")?;
        out.flush()?;
        enable_raw_mode()
    }

    /// The terminal is as it was lent again.
    pub(super) fn asked() {
        drop(disable_raw_mode());
    }

    /// Takes the terminal again after it was left.
    pub(super) fn resume(&mut self) -> io::Result<()> {
        take()?;
        if self.mouse {
            self.mouse(true)?;
        }
        // Everything is drawn again. Not `clear()`: it asks the terminal for the cursor and waits
        // (ratatui 0.30.2).
        let size = self.terminal.size()?;
        *self.terminal.backend_mut() = Quiet::new(BufWriter::with_capacity(FRAME_BYTES, stdout()));
        self.terminal.resize(ratatui::layout::Rect::new(0, 0, size.width, size.height))
    }
}

impl Drop for Tty {
    fn drop(&mut self) {
        // What is buffered belongs on the screen that we leave.
        drop(self.terminal.backend_mut().writer().flush());
        give_back();
    }
}

/// Whether it is ours.
static TAKEN: AtomicBool = AtomicBool::new(false);

fn take() -> io::Result<()> {
    enable_raw_mode()?;
    TAKEN.store(true, Ordering::SeqCst);
    let entered = execute!(stdout(), EnterAlternateScreen, EnableBracketedPaste, cursor::Hide);
    if entered.is_err() {
        give_back();
    }
    entered
}

/// Everything back, whatever of it was taken. There is nobody to tell when it fails. Once only:
/// leaving the alternate screen puts the cursor back, and what was printed since, such as a
/// panic's message, would be written over.
fn give_back() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    drop(execute!(
        stdout(),
        DisableMouseCapture,
        DisableBracketedPaste,
        LeaveAlternateScreen,
        cursor::Show
    ));
    drop(disable_raw_mode());
}

/// The screen is drawn by the main thread; a panic of another one is a message in our log, and
/// must not touch the terminal.
fn restore_on_panic() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if std::thread::current().name() == Some("main") {
            give_back();
        }
        before(info);
    }));
}
