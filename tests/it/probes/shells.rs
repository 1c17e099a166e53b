//! The program in real shells.

use std::cell::RefCell;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use quarterdeck::model::path::PathKind;
use quarterdeck::probe::facts::parse_facts;
use quarterdeck::probe::paths::{parse_paths, parse_trees};
use quarterdeck::probe::quote::quote;
use quarterdeck::probe::tick::parse_tick;

use super::shell::{NONCE, Session, shells};

#[test]
fn a_host_tells_its_facts() {
    for shell in shells() {
        let mut session = Session::start(shell, &[]);
        let text = session.text(&["qd_facts", "never"]);
        let facts = parse_facts(&text);
        #[expect(clippy::disallowed_methods, reason = "what `date` says is compared with a clock")]
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros();
        let apart = i128::from(facts.wall.unwrap()) - now.cast_signed();
        assert!(apart.abs() < 10_000_000, "{shell:?}: {apart} µs\n{text}");
        assert!(facts.uptime.unwrap() > 0 && facts.cpus > 0, "{shell:?}\n{text}");
        assert_eq!(facts.boot_id.len(), 36, "{shell:?}\n{text}");
        assert!(!facts.kernel.is_empty() && !facts.user.is_empty(), "{shell:?}\n{text}");
        assert_eq!(facts.systemd.is_some(), fs::exists("/run/systemd/system").unwrap());
        assert!(!facts.sudo, "sudo was not to be asked");
        let disks = facts.disks.unwrap();
        assert!(disks.iter().any(|disk| disk.mount == "/" && disk.size >= disk.available));
        let again = parse_facts(&session.text(&["qd_disks"])).disks.unwrap();
        let mounts = |disks: &[quarterdeck::model::host::Disk]| {
            disks.iter().map(|disk| disk.mount.clone()).collect::<Vec<_>>()
        };
        assert_eq!(mounts(&again), mounts(&disks), "{shell:?}");
    }
}

#[test]
fn a_host_beats() {
    for shell in shells() {
        let mut session = Session::start(shell, &[]);
        let argv = ["qd_now_tick", "/system.slice/no such.service", "/"];
        let text = session.text(&argv);
        let tick = parse_tick(&text, 2);
        assert!(tick.load.is_some(), "{shell:?}\n{text}");
        assert!(tick.memory_available.unwrap() <= tick.memory_total.unwrap(), "{text}");
        assert_eq!(tick.groups[0], (None, None), "{text}");
        assert!(text.contains("\ncg 0 - -\ncg 1 "), "{text}");
        let later = parse_tick(&session.text(&argv), 2);
        assert!(later.uptime >= tick.uptime, "{shell:?}");
    }
}

#[test]
fn who_listens_is_counted_and_connections_are_not() {
    let count = |session: &mut Session| {
        let text = session.text(&["qd_now_count", "1", "99999999"]);
        assert!(text.starts_with("gone 99999999\ncount "), "{text}");
        let numbers: Vec<i64> =
            text[20..].split_ascii_whitespace().map(|word| word.parse().unwrap()).collect();
        (numbers[0], numbers[1])
    };
    let open = || std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    for shell in shells() {
        let mut session = Session::start(shell, &[]);
        let (tcp, udp) = count(&mut session);
        let listeners: Vec<_> = (0..200).map(|_| open()).collect();
        let datagrams: Vec<_> =
            (0..100).map(|_| std::net::UdpSocket::bind("[::1]:0").unwrap()).collect();
        let (more, also) = count(&mut session);
        // Others on this machine come and go as well.
        assert!((150..250).contains(&(more - tcp)), "{shell:?}: {tcp} {more}");
        assert!((75..125).contains(&(also - udp)), "{shell:?}: {udp} {also}");
        let at = listeners[0].local_addr().unwrap();
        let connections: Vec<_> =
            (0..100).map(|_| std::net::TcpStream::connect(at).unwrap()).collect();
        let (same, _) = count(&mut session);
        assert!((same - more).abs() < 50, "{shell:?}: {more} {same}");
        drop((connections, datagrams));
    }
}

#[test]
fn stamps_are_the_same_whether_or_not_something_may_hang() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a b");
    fs::write(&file, "x").unwrap();
    let file = file.to_str().unwrap();
    for shell in shells() {
        let mut session = Session::start(shell, &[]);
        let own = session.text(&["qd_stamps", "own", file, "/no/such", "/"]);
        assert!(own.lines().count() == 2 && own.contains(file), "{shell:?}: {own}");
        assert_eq!(own, session.text(&["qd_stamps", "any", file, "/no/such", "/"]), "{shell:?}");
    }
}

#[test]
fn what_a_command_prints_cannot_be_taken_for_a_frame() {
    let forged = format!("@@{NONCE} 1 0 3\nabc\n@@{NONCE} 2 0 0\n\n@@{NONCE} ready\n@0");
    // As printf(1) takes it; NUL bytes are the one thing that a shell's variable cannot hold.
    let hostile: &[(&str, &[u8])] = &[
        (r"no end", b"no end"),
        (r"ends\n\n\n", b"ends\n\n\n"),
        (r"\n", b"\n"),
        (r"", b""),
        (r"@", b"@"),
        (r"a@5\n@", b"a@5\n@"),
        (r"\033[2J\033]0;x\007\r\b", b"\x1b[2J\x1b]0;x\x07\r\x08"),
        (r"a\000b\000", b"ab"),
        (r"\001\177\201\210\377\303", b"\x01\x7f\x81\x88\xff\xc3"),
        (r"\303\244\342\202\254", "ä€".as_bytes()),
    ];
    for shell in shells() {
        let mut session = Session::start(shell, &[]);
        for (format, bytes) in hostile {
            assert_eq!(session.ask(&["printf", format]), (0, bytes.to_vec()), "{shell:?}");
        }
        assert_eq!(session.text(&["printf", "%b", &forged.replace('\n', r"\n")]), forged);
        let long = session.text(&["sh", "-c", "head -c 3000000 /dev/zero | tr '\\0' '@'"]);
        assert_eq!(long.len(), 3_000_000, "{shell:?}");
    }
}

#[test]
fn a_command_tells_how_it_ended_and_the_next_one_runs() {
    for shell in shells() {
        let mut session = Session::start(shell, &[]);
        for (argv, status, printed) in [
            (&["true"][..], 0, ""),
            (&["false"], 1, ""),
            (&["qd_nonsense"], 127, ""),
            (&["sh", "-c", "echo 7@7; exit 77"], 77, "7@7\n"),
            (&["sh", "-c", "kill -9 $$"], 137, ""),
            // A function may end the shell that it runs in.
            (&["exit", "3"], 3, ""),
            (&["exit", "0"], 0, ""),
            (&["eval", "printf a@b; exit 0"], 0, "a@b"),
            // It has no input of ours to eat.
            (&["cat"], 0, ""),
            (&["sh", "-c", "echo gone >&2"], 0, ""),
            // Nothing is expanded.
            (&["printf", "%s|", "*", "~", "$HOME", "`id`", "a  b", ""], 0, "*|~|$HOME|`id`|a  b||"),
            (&["qd_ping"], 0, ""),
        ] {
            let answer = session.ask(argv);
            assert_eq!(answer, (status, printed.into()), "{shell:?} {argv:?}");
        }
        assert_eq!(session.end(), Some(0), "{shell:?}");
    }
}

#[test]
fn paths_and_what_is_below_them_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().to_str().unwrap();
    fs::create_dir_all(folder.path().join("data dir/logs")).unwrap();
    fs::write(folder.path().join("data dir/a b.json"), "12345").unwrap();
    fs::write(folder.path().join("data dir/main.py"), "1").unwrap();
    fs::write(folder.path().join("data dir/logs/late.py"), "1").unwrap();
    let data: Box<str> = format!("{root}/data dir").into();
    let asked = [data.clone(), format!("{root}/none").into(), "/etc/passwd".into()];
    for shell in shells() {
        let mut session = Session::start(shell, &[]);
        let mut argv = vec!["qd_paths", "plain"];
        argv.extend(asked.iter().map(|path| &**path));
        let text = session.text(&argv);
        let paths = parse_paths(&asked, &text);
        let kinds: Vec<PathKind> = asked.iter().map(|path| paths[path].kind).collect();
        let expected = [PathKind::Directory, PathKind::Missing, PathKind::File];
        assert_eq!(kinds, expected, "{shell:?}\n{text}");
        assert!(paths[&data].identity.is_some() && paths[&data].changed.is_some(), "{text}");
        for (kind, files, bytes) in [("all", 3, 7), ("code", 1, 1)] {
            let text = session.text(&["qd_trees", "plain", kind, "1000", &data]);
            let tree = &parse_trees(&text)[&data];
            assert_eq!((tree.files, tree.bytes, tree.partial), (files, bytes, false), "{text}");
            assert!(tree.newest_file.is_some(), "{shell:?}\n{text}");
        }
        let cut = parse_trees(&session.text(&["qd_trees", "plain", "all", "2", &data]));
        assert!(cut[&data].partial, "{shell:?}: {cut:?}");
        let none = parse_trees(&session.text(&["qd_trees", "plain", "all", "9", &asked[1]]));
        assert_eq!(none[&asked[1]].newest, None, "{shell:?}");
    }
}

/// A `systemctl` that does what the test wants, first in the path of the shell.
fn with_systemctl(body: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let tool = folder.path().join("systemctl");
    fs::write(&tool, format!("#!/bin/sh\n{body}\n")).unwrap();
    fs::set_permissions(&tool, fs::Permissions::from_mode(0o755)).unwrap();
    let path = std::env::var("PATH").unwrap();
    let path = format!("{}:{path}", folder.path().display());
    (folder, path)
}

#[test]
fn systemctl_is_heard_with_its_complaints_and_its_status() {
    for shell in shells() {
        let (_kept, path) = with_systemctl(r#"echo "asked $#: $*"; echo no >&2; exit 4"#);
        let mut session = Session::start(shell, &[("PATH", &path)]);
        let (status, said) = session.ask(&["qd_units", "Id,Type", "-x y.service", "b.service"]);
        let said = String::from_utf8(said).unwrap();
        let asked = "asked 7: show --no-pager -p Id,Type -- -x y.service b.service\nno\n";
        assert_eq!((status, said.as_str()), (4, asked), "{shell:?}");
        assert_eq!(session.ask(&["qd_services"]).0, 4);
        assert_eq!(session.ask(&["qd_cat", "a.service"]).0, 4);
        assert_eq!(session.ask(&["qd_properties", "Id", "a.service"]).0, 4);

        // More than the limit is cut, and it ends.
        let (_kept, path) = with_systemctl("while :; do echo 0123456789abcdef; done");
        let mut session = Session::start(shell, &[("PATH", &path)]);
        assert_eq!(session.ask(&["qd_cat", "a.service"]).1.len(), 524_288, "{shell:?}");
    }
}

#[test]
fn a_host_without_systemctl_says_so() {
    // It may be installed here, so it is hidden from the program.
    let hidden = |call| format!("qd_have() {{ [ $1 != systemctl ]; }}; {call}");
    for shell in shells() {
        let mut session = Session::start(shell, &[]);
        for call in ["qd_units Id a.service", "qd_services"] {
            assert_eq!(session.ask(&["eval", &hidden(call)]), (127, vec![]), "{shell:?} {call}");
        }
    }
}

/// Any text, with more of what shells trip over.
fn text() -> impl Strategy<Value = String> {
    let special = prop::sample::select(vec![
        "'",
        "\"",
        "\\",
        "$",
        "`",
        "!",
        "$(id)",
        "${x}",
        "@",
        "*",
        "~",
        " ",
        "\t",
        "\r",
        ";",
        "&",
        "|",
        "#",
        "-n",
        "\\n",
        "\x01",
        "\x7f",
        "\u{81}",
        "\u{88}",
        "Á",
        "ä€𝄞",
        "''",
        "\\'",
        "%s",
    ]);
    let any = any::<char>().prop_filter("one line", |c| !matches!(c, '\0' | '\n'));
    let part = prop_oneof![3 => special.prop_map(str::to_owned), 2 => any.prop_map(String::from)];
    prop::collection::vec(part, 0..24).prop_map(|parts| parts.concat())
}

fn runner(cases: u32) -> TestRunner {
    TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() })
}

#[test]
fn a_quoted_word_comes_back_from_a_request() {
    for shell in shells() {
        let session = RefCell::new(Session::start(shell, &[]));
        let checked = runner(200).run(&(text(), text()), |(a, b)| {
            let (status, printed) = session.borrow_mut().ask(&["printf", "%s\\n%s", &a, &b]);
            prop_assert_eq!(status, 0);
            prop_assert_eq!(printed, format!("{a}\n{b}").into_bytes());
            Ok(())
        });
        checked.unwrap_or_else(|failed| panic!("{shell:?}: {failed}"));
    }
}

#[test]
fn a_quoted_word_comes_back_from_a_script() {
    for shell in shells() {
        let [name, arguments @ ..] = shell else { unreachable!("a shell has a name") };
        // Here it may have line feeds, too.
        let words = prop::collection::vec((text(), "[\n ]{0,2}").prop_map(|(a, b)| a + &b), 40);
        let checked = runner(5).run(&words, |words| {
            let quoted = words.iter().map(|word| quote(word)).collect::<Vec<_>>().join(" ");
            let printed = Command::new(name)
                .args(arguments.iter().filter(|argument| **argument != "-s"))
                .args(["-c", &format!("printf '%s\\0' {quoted}")])
                .output()
                .unwrap();
            prop_assert_eq!(printed.stdout, (words.join("\0") + "\0").into_bytes());
            Ok(())
        });
        checked.unwrap_or_else(|failed| panic!("{shell:?}: {failed}"));
    }
}
