//! The console in a real terminal: suspended, resized, silent at rest.

use std::io::Read as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::desk::{Desk, config};
use crate::lab::{Generation, Host, zoo};
use crate::poll::{self, secs};
use crate::screen::Screen;

#[test]
fn it_is_suspended_and_goes_on_where_the_hosts_are_by_then() {
    let host = Host::boot("suspend");
    let desk = Desk::with(&config(&[host.name()], &["cron"]));
    host.sh("systemctl start cron");
    let screen = Screen::console(&desk, 80, 24);
    screen.wait_row(&["running", "cron"], secs(10));
    for _ in 0..2 {
        screen.keys(&["C-z"]);
        let text = screen.wait_shell();
        assert!(text.contains("Stopped"), "{text}");
        assert_eq!(screen.ask("#{alternate_on} #{cursor_flag}"), "0 1");
        screen.type_line("echo 'the shell'' works'");
        screen.wait_row(&["the shell works"], secs(5));
        screen.type_line("fg");
        screen.wait_row(&["running", "cron"], secs(10));
        assert_eq!(screen.ask("#{alternate_on}"), "1");
    }
    // What changes meanwhile is there when it goes on.
    screen.keys(&["C-z"]);
    screen.wait_shell();
    host.sh("systemctl stop cron");
    screen.type_line("fg");
    screen.wait_row(&["stopped", "cron"], secs(10));
    screen.keys(&["?"]);
    screen.wait_row(&[" Keys "], secs(5));
    screen.keys(&["Escape"]);
    screen.wait_row(&["stopped", "cron"], secs(5));
    screen.keys(&["q"]);
    screen.wait_shell();
    screen.type_line("echo \"code=$?\"");
    screen.wait_row(&["code=0"], secs(5));
}

#[test]
fn it_survives_a_terminal_of_10_by_3_and_comes_back() {
    let desk = Desk::with(&config(&[zoo(Generation::V252).name()], &["good", "execbad"]));
    let screen = Screen::console(&desk, 80, 24);
    screen.wait_row(&["failed", "execbad"], secs(10));
    screen.resize(10, 3);
    screen.wait("something fits", secs(5), |text| {
        text.lines().next().is_some_and(|line| line.starts_with(" 1 ✗ crit"))
    });
    // Keys work there too.
    screen.keys(&["Enter", "?", "j"]);
    screen.resize(1, 1);
    screen.resize(200, 60);
    screen.resize(80, 24);
    screen.wait_row(&[" Keys "], secs(5));
    screen.keys(&["Escape"]);
    screen.wait_row(&["overview"], secs(5));
    screen.keys(&["Escape"]);
    screen.wait_row(&["failed", "execbad", "203/EXEC"], secs(5));
    screen.wait_row(&["running", "good"], secs(5));
}

/// Bytes that the console has written to its terminal so far.
struct Written(Arc<AtomicUsize>);

impl Written {
    fn now(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

#[test]
fn at_rest_it_writes_no_byte() {
    let host = zoo(Generation::V257);
    let desk = Desk::with(&config(&[host.name()], &["good", "execbad", "oneshot", "killed"]));
    let size = portable_pty::PtySize { rows: 40, cols: 120, pixel_width: 0, pixel_height: 0 };
    let pair = portable_pty::native_pty_system().openpty(size).unwrap();
    let mut command = portable_pty::CommandBuilder::new(env!("CARGO_BIN_EXE_quarterdeck"));
    command.env_clear();
    for (name, value) in desk.environment() {
        command.env(name, value);
    }
    command.env("TERM", "xterm-256color");
    let mut child = pair.slave.spawn_command(command).unwrap();
    drop(pair.slave);
    let mut terminal = pair.master.try_clone_reader().unwrap();
    let written = Written(Arc::default());
    let count = Arc::clone(&written.0);
    let reader = std::thread::spawn(move || {
        let mut all = Vec::new();
        let mut chunk = [0; 4096];
        while let Ok(n @ 1..) = terminal.read(&mut chunk) {
            all.extend_from_slice(&chunk[..n]);
            count.fetch_add(n, Ordering::SeqCst);
        }
        all
    });
    let mut input = pair.master.take_writer().unwrap();
    // Services only: hosts here share the load of a machine that runs tests, and show it.
    std::io::Write::write_all(&mut input, b"z").unwrap();
    // Twelve seconds hold four heartbeats and pings. A minute's end changes the clock and ages
    // (`<1m`), once each: what counts is that there are twelve such seconds at all, soon.
    let quiet = Duration::from_secs(12);
    let mut since = (written.now(), Instant::now());
    poll::until("it is at rest for twelve seconds", secs(100), || {
        let now = written.now();
        if now != since.0 || now == 0 {
            since = (now, Instant::now());
        }
        if since.1.elapsed() >= quiet { Ok(()) } else { Err(format!("{now} bytes")) }
    });
    std::io::Write::write_all(&mut input, b"q").unwrap();
    let status = child.wait().unwrap();
    assert_eq!(status.exit_code(), 0);
    drop((input, pair.master));
    let all = reader.join().unwrap();
    // It was not at rest for want of a screen.
    let mut screen = vt100::Parser::new(40.try_into().unwrap(), 120.try_into().unwrap(), 0);
    let end = all.windows(8).rposition(|bytes| bytes == b"\x1b[?1049l").unwrap_or(all.len());
    screen.process(&all[..end]);
    let text = screen.screen().contents();
    assert!(text.contains("203/EXEC") && text.contains("1/1 hosts up"), "{text}");
    assert!(!text.contains("Crash loops"), "it is zoomed:\n{text}");
}
