//! A reverse proxy and scripts: recorded answers, nonsense, and the functions in real shells.

use std::fs;
use std::net::TcpListener;

use proptest::prelude::*;
use quarterdeck::model::proxy::{ProxyFacts, Reached, Target, Way};
use quarterdeck::model::script::Slip;
use quarterdeck::model::text::is_hostile;
use quarterdeck::probe::jobs::tables::parse_tables;
use quarterdeck::probe::nginx::{parse_config, parse_reached, parse_state};
use quarterdeck::probe::scripts::{examine, starters};

use super::shell::{Session, shells};

fn recorded(file: &str) -> ProxyFacts {
    let path = format!("tests/fixtures/probe/nginx/1.22.1/{file}");
    let mut facts = ProxyFacts::default();
    parse_config(&fs::read_to_string(path).unwrap(), &mut facts);
    facts
}

#[test]
fn nginx_is_read_as_it_prints_itself() {
    let facts = recorded("valid.txt");
    assert_eq!(facts.warnings, Vec::<String>::new());
    assert!(facts.test.as_ref().unwrap().valid);
    let files: Vec<&str> = facts.files.iter().map(|file| &*file.path).collect();
    assert_eq!(
        files,
        [
            "/etc/nginx/nginx.conf",
            "/etc/nginx/modules-enabled/50-mod-http-echo.conf",
            "/etc/nginx/mime.types",
            "/etc/nginx/sites-enabled/coordination",
            "/etc/nginx/sites-enabled/sophia",
        ]
    );
    let members: Vec<String> =
        facts.upstreams[0].members.iter().map(|member| member.target.label()).collect();
    assert_eq!(members, ["10.77.0.16:8000", "10.77.0.16:8001"]);
    let localhost = Way::To(Target::Tcp("localhost".into(), 3444));
    let routes: Vec<_> =
        facts.routes.iter().map(|r| (&*r.location, &r.way, r.place.line)).collect();
    assert_eq!(
        routes,
        [("/mcp", &localhost, 6), ("/health", &localhost, 11), ("/ai-core/", &Way::Pool(0), 12)]
    );
    let refused = recorded("refused.txt").test.unwrap();
    assert!(!refused.valid);
    assert!(refused.said[0].contains("unknown directive \"foo\""), "{refused:?}");
}

#[test]
fn connections_are_tried_from_any_shell() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let open = listener.local_addr().unwrap().port().to_string();
    let closed = {
        let gone = TcpListener::bind("127.0.0.1:0").unwrap();
        gone.local_addr().unwrap().port().to_string()
    };
    for shell in shells() {
        let mut session = Session::start(shell, &[]);
        // A name with blanks and quotes is a word like any other.
        let argv = [
            "qd_reach",
            "remote",
            "127.0.0.1",
            &open,
            "remote",
            "localhost",
            &closed,
            "remote",
            "$(reboot) 'x",
            "1",
        ];
        let reached = parse_reached(&session.text(&argv));
        let of = |port: &str| {
            let port: u16 = port.parse().unwrap();
            let of_port = |target: &Target| matches!(target, Target::Tcp(_, p) if *p == port);
            reached.iter().find(|(target, _)| of_port(target)).map(|(_, reached)| reached)
        };
        assert_eq!(of(&open), Some(&Reached::Answered), "{shell:?}");
        assert_eq!(of(&closed), Some(&Reached::Refused), "{shell:?}");
        assert!(!matches!(of("1"), Some(Reached::Answered | Reached::Refused)), "{shell:?}");
        // What listens here is not asked again.
        if quarterdeck_has("ss") {
            let text = session.text(&["qd_reach", "local", "127.0.0.1", &open]);
            assert_eq!(parse_reached(&text), [], "{shell:?}");
        }
    }
}

#[test]
fn sockets_with_a_path_are_tried() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let alive = std::os::unix::net::UnixListener::bind(at("a b.sock")).unwrap();
    drop(std::os::unix::net::UnixListener::bind(at("left.sock")).unwrap());
    std::os::unix::fs::symlink(folder.path(), at("link")).unwrap();
    fs::write(at("file"), "").unwrap();
    for shell in shells() {
        let mut session = Session::start(shell, &[]);
        let paths =
            ["a b.sock", "link/a b.sock", "left.sock", "none.sock", "file", "no/where"].map(at);
        let mut argv = vec!["qd_reach"];
        for path in &paths {
            argv.extend(["unix", path, "-"]);
        }
        let text = session.text(&argv);
        let reached: Vec<(Target, Reached)> = parse_reached(&text);
        let left = if quarterdeck_has("curl") {
            Reached::Refused
        } else {
            Reached::Unknown("the socket may not be written to".into())
        };
        let wanted = [
            Reached::Answered,
            Reached::Answered,
            left,
            Reached::Missing,
            Reached::Refused,
            Reached::Missing,
        ];
        let wanted = paths.iter().map(|path| Target::Unix(path.as_str().into())).zip(wanted);
        assert_eq!(reached, wanted.collect::<Vec<_>>(), "{shell:?}\n{text}");
    }
    drop(alive);
}

fn quarterdeck_has(name: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|at| at.join(name).is_file())
}

#[test]
fn files_are_dated_and_a_host_without_a_proxy_says_its_addresses() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a b.conf");
    fs::write(&file, "").unwrap();
    let file = file.to_str().unwrap();
    for shell in shells() {
        let mut session = Session::start(shell, &[]);
        let mut facts = ProxyFacts::default();
        parse_config(&format!("|# configuration file {file}:\n"), &mut facts);
        parse_state(&session.text(&["qd_nginx", "1", "-", file, "/no/such/file"]), &mut facts);
        assert!(facts.files[0].modified.is_some_and(|at| at > 1_700_000_000), "{shell:?}");
        assert!(facts.is_own("127.0.0.1") && facts.is_own("localhost"));
        assert!(!facts.is_own("192.0.2.1"));
    }
}

#[test]
fn scripts_are_read_whatever_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    fs::write(at("a.sh"), "#!/bin/bash\nscript /etc/shadow\n|x\npg_dump a | gzip > b").unwrap();
    fs::write(at("b.py"), "#!/usr/bin/python3\npg_dump a | gzip > b\n").unwrap();
    fs::write(at("c"), b"\x7fELF\0\0sh\n").unwrap();
    let fifo = at("fifo");
    assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    for shell in shells() {
        let mut session = Session::start(shell, &[]);
        let text =
            session.text(&["qd_scripts", "plain", &at("b.py"), &at("a.sh"), &fifo, &at("c"), "/"]);
        let found = examine(&[], &text);
        assert_eq!(found.read, 1, "{shell:?}\n{text}");
        let lints: Vec<_> =
            found.lints.iter().map(|l| (l.slip, l.line, l.path.to_string())).collect();
        assert_eq!(lints, [(Slip::DumpHidden, 4, at("a.sh"))], "{shell:?}");
    }
}

fn words() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "|",
        "|# configuration file /a:",
        "server",
        "upstream",
        "{",
        "}",
        ";",
        "\"",
        "'",
        "\\",
        "#",
        "$",
        "${",
        "proxy_pass",
        "http://",
        "unix:",
        "127.0.0.1:80",
        "[::1]",
        ":",
        "99999",
        "location",
        "x_by_lua_block",
        "\x1b[2J",
        "\u{202e}",
        "\n",
        "\r",
        " ",
        "test 1",
        "said ",
        "file 1 /a",
        "worker 1 0",
        "worker 9 100",
        "master 1",
        "address ::1",
        "reach a 1 refused",
        "system /a:1:* * * * * r ",
        "user a:1:@daily ",
        "unit Id=",
        "unit ",
        "argv[]=x ; ignore_errors=",
        "script /a",
        "unread ",
        "cp -r x/* y",
        "pg_dump",
        "find / -mtime +1 -delete",
        "docker exec a_b_1",
        "pkill -f A=",
        "cd /x && ./y",
        "%",
        "backup",
    ]);
    prop::collection::vec((word, prop::sample::select(vec!["", " ", "\n", "\n|"])), 0..40)
        .prop_map(|all| all.into_iter().flat_map(|(word, end)| [word, end]).collect())
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn nonsense_is_no_proxy_and_no_script(text in words()) {
        let harmless = |text: &str| !text.chars().any(is_hostile);
        let mut facts = ProxyFacts::default();
        parse_config(&text, &mut facts);
        parse_state(&text, &mut facts);
        for target in facts.targets() {
            prop_assert!(harmless(&target.label()));
        }
        for route in &facts.routes {
            prop_assert!(harmless(&route.location) && harmless(&route.place.text));
            prop_assert!(route.server.is_none_or(|at| at < facts.servers.len()));
        }
        prop_assert!(facts.servers.iter().all(|server| harmless(&server.label())));
        prop_assert!(facts.test.iter().flat_map(|test| &test.said).all(|said| harmless(said)));
        prop_assert!(parse_reached(&text).iter().all(|(target, _)| harmless(&target.label())));
        let starters = starters(&parse_tables(&text).lines, &text);
        prop_assert!(starters.iter().flat_map(|s| &s.scripts).all(|path| path.starts_with('/')));
        let found = examine(&starters, &text);
        for lint in &found.lints {
            prop_assert!(harmless(&lint.text) && harmless(&lint.better) && harmless(&lint.path));
            prop_assert!(harmless(&lint.started_by));
        }
        prop_assert!(found.warnings.iter().all(|warning| harmless(warning)));
    }
}
