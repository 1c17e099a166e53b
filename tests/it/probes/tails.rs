//! The program that reads logs, in each shell that a host may have and with the tools of GNU and of
//! busybox: all of a file comes once, over its rotation, and pieces are what was asked for.

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use quarterdeck::probe::quote::quote_all;
use quarterdeck::probe::tail::{Piece, Secret, Splitter, cksum, program};

use super::shell::{Argv, shells};

struct Program {
    child: Child,
    stdin: ChildStdin,
    came: Receiver<Vec<u8>>,
    splitter: Splitter,
    data: Vec<u8>,
    said: Vec<String>,
    complaints: Vec<String>,
}

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn reading(mut stdout: ChildStdout) -> Receiver<Vec<u8>> {
    let (send, came) = channel();
    std::thread::spawn(move || {
        let mut chunk = [0; 4096];
        while let Ok(many @ 1..) = stdout.read(&mut chunk) {
            if send.send(chunk[..many].to_vec()).is_err() {
                return;
            }
        }
    });
    came
}

impl Program {
    fn start(argv: Argv, tools: Option<&Path>) -> Self {
        let path = std::env::var("PATH").unwrap();
        let path = match tools {
            Some(tools) => format!("{}:{path}", tools.display()),
            None => path,
        };
        let mut child = Command::new(argv[0])
            .args(&argv[1..])
            .env("PATH", path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let stdin = child.stdin.take().unwrap();
        let came = reading(child.stdout.take().unwrap());
        let secret = Secret::new("n0nce8".to_owned(), 0x5a5a_1234_8765_0f0f);
        let splitter = Splitter::new(&secret);
        let mut program_ = Self {
            child,
            stdin,
            came,
            splitter,
            data: Vec::new(),
            said: Vec::new(),
            complaints: Vec::new(),
        };
        program_.stdin.write_all(program(&secret, "plain").as_bytes()).unwrap();
        program_.until("ready", |p| p.said.iter().any(|said| said.starts_with("ready ")));
        program_
    }

    fn say(&mut self, argv: &[&str]) {
        self.stdin.write_all(format!("{}\n", quote_all(argv)).as_bytes()).unwrap();
    }

    fn until(&mut self, what: &str, is: impl Fn(&Self) -> bool) {
        let mut silences = 0;
        while !is(self) {
            let Ok(bytes) = self.came.recv_timeout(Duration::from_millis(100)) else {
                silences += 1;
                assert!(silences < 100, "{what}: {:?} {:?}", self.said, self.text());
                continue;
            };
            let (data, said) = (&mut self.data, &mut self.said);
            let complaints = &mut self.complaints;
            self.splitter.push(&bytes, &mut |piece| match piece {
                Piece::Data(bytes) => data.extend_from_slice(bytes),
                Piece::Said(words) => said.push(words),
                Piece::Complaint(words) => complaints.push(words),
            });
        }
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.data).into_owned()
    }

    /// The answer to a question: what was said, and the bytes.
    fn ask(&mut self, argv: &[&str]) -> (Vec<String>, Vec<u8>) {
        self.said.clear();
        self.data.clear();
        self.say(argv);
        self.until("an answer", |p| p.said.last().is_some_and(|said| said == "end"));
        self.said.pop();
        (std::mem::take(&mut self.said), std::mem::take(&mut self.data))
    }
}

/// Busybox' own tools, found before those of this machine: as many of ours as it was built with.
/// False where it is not installed.
fn busybox(folder: &Path) -> bool {
    let Ok(list) = Command::new("busybox").arg("--list").output() else { return false };
    let tools = ["tail", "head", "dd", "ls", "wc", "cksum", "grep", "sed", "gzip", "sleep", "cat"];
    for tool in String::from_utf8(list.stdout).unwrap().lines().filter(|name| tools.contains(name))
    {
        let path = folder.join(tool);
        std::fs::write(&path, format!("#!/bin/sh\nexec busybox {tool} \"$@\"\n")).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(&path, mode).unwrap();
    }
    true
}

fn append(path: &Path, text: &str) {
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

fn each(test: impl Fn(&str, &mut Program)) {
    let tools = tempfile::tempdir().unwrap();
    let has_busybox = busybox(tools.path());
    for argv in shells() {
        test(&format!("{argv:?}"), &mut Program::start(argv, None));
        if has_busybox {
            let name = format!("{argv:?} with the tools of busybox");
            test(&name, &mut Program::start(argv, Some(tools.path())));
        }
    }
}

#[test]
fn a_file_is_followed_over_its_rotation_in_each_shell() {
    each(|name, program| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("it's a log");
        append(&path, "one\ntwo\nthree\n");
        program.say(&["qd_file", path.to_str().unwrap(), "last", "2"]);
        program.until("the last lines", |p| p.text() == "two\nthree\n");
        let file = program.said.iter().find(|said| said.starts_with("file ")).unwrap();
        let Some((beginning, written)) = file.rsplit_once(' ') else { panic!("{name}: {file}") };
        assert!(beginning.ends_with(" 4 first 14"), "{name}: {file}");
        is_just_now(written, name);
        append(&path, "four\n");
        program.say(&["t"]);
        program.until("what is appended", |p| p.text().ends_with("four\n"));
        // Whoever has it open still writes there.
        std::fs::rename(&path, folder.path().join("it's a log.1")).unwrap();
        append(&folder.path().join("it's a log.1"), "five\n");
        append(&path, "six\n");
        for _ in 0..3 {
            program.say(&["t"]);
        }
        program.until("it was moved", |p| p.said.iter().any(|said| said == "moved"));
        let read = "one\n".len() + program.data.len();
        program.say(&["qd_rest", &read.to_string()]);
        program.until("the new one", |p| p.text().ends_with("six\n"));
        assert_eq!(program.text(), "two\nthree\nfour\nfive\nsix\n", "{name}");
        assert!(
            program.said.last().unwrap().contains(" 0 rotated 4 "),
            "{name}: {:?}",
            program.said
        );
    });
}

#[test]
fn a_file_goes_on_where_it_was_left_in_each_shell() {
    each(|name, program| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.log");
        append(&path, "one\ntwo\n");
        let inode = std::os::unix::fs::MetadataExt::ino(&std::fs::metadata(&path).unwrap());
        // It was rotated while nobody looked.
        append(&path, "three\n");
        std::fs::rename(&path, folder.path().join("a.log.1")).unwrap();
        append(&path, "four\n");
        let (inode, sum) = (inode.to_string(), cksum(b"one\ntwo\n").to_string());
        program.say(&["qd_file", path.to_str().unwrap(), "from", &inode, "8", "8", &sum]);
        program.until("both files", |p| p.text().ends_with("four\n"));
        assert_eq!(program.text(), "three\nfour\n", "{name}");
        let files: Vec<&String> =
            program.said.iter().filter(|said| said.starts_with("file ")).collect();
        assert!(files[0].ends_with(" 8 old"), "{name}: {files:?}");
        assert!(files[1].contains(" 0 replaced-kept 5 "), "{name}: {files:?}");
    });
}

/// What a host says of when a file was written that was written just now.
fn is_just_now(seconds: &str, name: &str) {
    let now = quarterdeck::runtime::clock::now().as_secs();
    let ago = now.abs_diff(seconds.parse().unwrap());
    assert!(ago < 60, "{name}: {seconds}");
}

#[test]
fn both_ends_of_a_long_line_are_found_in_each_shell() {
    // The second line is longer than what is looked at at once, and begins where that does.
    let long = 2 * (1 << 20);
    let text = format!("one\n{}\n\nfour", "x".repeat(long));
    each(|name, program| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.log");
        append(&path, &text);
        let inode = std::os::unix::fs::MetadataExt::ino(&std::fs::metadata(&path).unwrap());
        let (path, inode) = (path.to_str().unwrap(), inode.to_string());
        let mut ask = |function: &str, place: usize| {
            program.ask(&[function, path, &inode, &place.to_string()]).0.concat()
        };
        let end = 4 + long + 1;
        for (upto, begin) in [(end, 4), (4, 0), (1, 0), (end + 1, end), (text.len(), end + 1)] {
            let said = ask("qd_line_begin", upto);
            assert_eq!(said, format!("begin {begin}"), "{name}: {upto}");
        }
        let rests = [(4, long + 1), (100, long - 95), (end, 1), (end + 1, 4), (text.len(), 0)];
        for (from, rest) in rests {
            assert_eq!(ask("qd_line_rest", from), format!("rest {rest}"), "{name}: {from}");
        }
        let (said, _) = program.ask(&["qd_line_begin", path, "1", "9"]);
        assert_eq!(said, ["gone"], "{name}");
        // Last lines begin with a whole one, also where one is longer than what is read at once.
        let other = folder.path().join("b.log");
        append(&other, &format!("one\n{}\ntwo\nthree\n", "x".repeat(9 << 20)));
        program.say(&["qd_file", other.to_str().unwrap(), "last", "4"]);
        program.until("the last lines", |p| p.text().ends_with("two\nthree\n"));
        assert_eq!(program.text(), "two\nthree\n", "{name}");
    });
}

#[test]
fn pieces_are_what_was_asked_for_in_each_shell() {
    let text = (0..40_000).map(|n| format!("line {n}")).collect::<Vec<_>>().join("\n");
    each(|name, program| {
        let zone = program.said[0].rsplit(' ').next().unwrap();
        assert!(zone.len() == 5 && zone.starts_with(['+', '-']), "{name}: {:?}", program.said);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.log");
        let (old, packed) = (folder.path().join("a.log.1"), folder.path().join("a.log.2"));
        for path in [&path, &old, &packed] {
            append(path, &text);
        }
        append(&folder.path().join("a.log.bak"), "no rotation names it so\n");
        assert!(Command::new("gzip").arg(&packed).status().unwrap().success());
        let (mut said, _) = program.ask(&["qd_stat", path.to_str().unwrap()]);
        is_just_now(said.remove(1).strip_prefix("written ").unwrap(), name);
        let files: Vec<Vec<&str>> = said.iter().map(|said| said.splitn(4, ' ').collect()).collect();
        assert_eq!(files.len(), 3, "{name}: {said:?}");
        assert_eq!(files[0][2], text.len().to_string(), "{name}");
        for file in &files {
            let (inode, path) = (file[1], file[3]);
            let is_packed = path.as_bytes().ends_with(b".gz");
            let function = if is_packed { "qd_unpacked" } else { "qd_piece" };
            for (from, bytes) in [(0, 10), (7, 65_536), (65_536, 70_000), (131_073, 999_999)] {
                let argv = [function, path, inode, &from.to_string(), &bytes.to_string()];
                let (said, data) = program.ask(&argv);
                let end = (from + bytes).min(text.len());
                assert!(said.is_empty(), "{name}: {said:?}");
                assert_eq!(data, &text.as_bytes()[from..end], "{name}: {argv:?}");
            }
            let (said, _) = program.ask(&["qd_line_rest", path, inode, "2"]);
            assert_eq!(said, ["rest 5"], "{name}");
            let (said, data) = program.ask(&[function, path, "1", "0", "10"]);
            assert_eq!((said, data.len()), (vec!["gone".to_owned()], 0), "{name}");
            if is_packed {
                let (said, _) = program.ask(&["qd_weigh", path, inode]);
                assert_eq!(said, [format!("weight {}", text.len())], "{name}");
            }
        }
        let pattern = folder.path().join("*.log");
        let (said, _) = program.ask(&["qd_glob", pattern.to_str().unwrap(), "5"]);
        assert_eq!(said, [format!("match {}", path.display())], "{name}");
    });
}
