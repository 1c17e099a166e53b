//! A real shell that runs the collector's program.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use quarterdeck::probe::collector::{header, program, ready, request};

/// A shell to be tested: what starts it.
pub(super) type Argv = &'static [&'static str];

/// The shells that hosts have as `/bin/sh`.
const ALL: &[Argv] =
    &[&["dash", "-s"], &["bash", "-s"], &["bash", "--posix", "-s"], &["busybox", "sh", "-s"]];

/// Those that are here. Under CI all must be.
#[expect(clippy::print_stderr, reason = "a test that skips something says so")]
pub(super) fn shells() -> impl Iterator<Item = Argv> {
    ALL.iter().copied().filter(|argv| {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let here = argv
            .first()
            .is_some_and(|name| std::env::split_paths(&path).any(|at| at.join(name).is_file()));
        if !here {
            let ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
            assert!(!ci, "{argv:?} is not installed");
            eprintln!("SKIPPED: {argv:?} is not installed");
        }
        here
    })
}

/// Ours, for this session.
pub(super) const NONCE: &str = "n0nce7";

/// A session with a shell.
pub(super) struct Session {
    child: Child,
    /// None once it is closed.
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
    next: u64,
}

impl Drop for Session {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Session {
    /// Starts one and waits until the program is ready.
    pub(super) fn start(argv: Argv, settings: &[(&str, &str)]) -> Self {
        let [name, arguments @ ..] = argv else { unreachable!("a shell has a name") };
        let mut child = Command::new(name)
            .args(arguments)
            .envs(settings.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("a shell");
        let mut stdin = child.stdin.take().expect("its input");
        let stdout = BufReader::new(child.stdout.take().expect("its output"));
        stdin.write_all(program(NONCE).as_bytes()).expect("it reads the program");
        let mut session = Self { child, stdin: Some(stdin), stdout, next: 1 };
        while session.line() != ready(NONCE) {}
        session
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        let read = self.stdout.read_line(&mut line).expect("a line");
        assert!(read > 0, "the shell ended");
        line.trim_end_matches('\n').to_owned()
    }

    /// Runs any command as a request. There is nothing between two frames.
    pub(super) fn ask(&mut self, argv: &[&str]) -> (u8, Vec<u8>) {
        let line = request(self.next, argv).expect("a request is one line");
        let stdin = self.stdin.as_mut().expect("it is open");
        stdin.write_all(line.as_bytes()).expect("it reads");
        let head = self.line();
        let head = header(NONCE, head.as_bytes()).unwrap_or_else(|| panic!("{head} is no header"));
        assert_eq!(head.id, self.next);
        self.next += 1;
        let mut body = vec![0; head.length + 1];
        self.stdout.read_exact(&mut body).expect("as much as it said");
        assert_eq!(body.pop(), Some(b'\n'));
        (head.status, body)
    }

    /// Defines functions in the shell itself, where later requests find them.
    pub(super) fn define(&mut self, functions: &str) {
        // A request runs in a shell of its own; a line before its number is read by the main loop
        // only as a request, so it is put in as one that fails, with what it defines before.
        assert!(!functions.contains('\n'));
        let stdin = self.stdin.as_mut().expect("it is open");
        let line = format!("{} true; {functions}\n", self.next);
        stdin.write_all(line.as_bytes()).expect("it reads");
        let head = self.line();
        let head = header(NONCE, head.as_bytes()).unwrap_or_else(|| panic!("{head} is no header"));
        assert_eq!((head.id, head.status, head.length), (self.next, 0, 0));
        self.next += 1;
        assert_eq!(self.line(), "");
    }

    /// The text of a request that must succeed.
    pub(super) fn text(&mut self, argv: &[&str]) -> String {
        let (status, body) = self.ask(argv);
        assert_eq!(status, 0, "{argv:?}");
        String::from_utf8(body).expect("text")
    }

    /// Closes its input and answers how it ended.
    pub(super) fn end(mut self) -> Option<i32> {
        self.stdin = None;
        self.child.wait().expect("its end").code()
    }
}
