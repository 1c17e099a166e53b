//! Checks by the real script in real shells, against servers of this test's own on the loopback
//! address.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use quarterdeck::model::check::{CheckSpec, Field, Scalar, Target};
use quarterdeck::model::health::{CheckReading, Outcome, Why};
use quarterdeck::probe::checks::{certificate_end, fast_word, judge, parse_checks, word};

use super::shell::{Session, shells};

/// A server that answers by path; ends with the test's process.
fn serve() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || drop(answer(stream)));
        }
    });
    port
}

fn answer(mut stream: TcpStream) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    for line in lines {
        if line?.is_empty() {
            break;
        }
    }
    let head =
        |status: &str, more: &str| format!("HTTP/1.1 {status}\r\nConnection: close\r\n{more}\r\n");
    match request.split(' ').nth(1).unwrap_or_default() {
        "/ok" => {
            let body = r#"{"status":"healthy","database":{"state":"up"},"n":[1,2.5],"flag":true}"#;
            let more = "Content-Type: application/json\r\n";
            write!(stream, "{}{body}", head("200 OK", more))
        }
        "/ill" => write!(stream, "{}database: down\x1b[2J", head("503 Service Unavailable", "")),
        "/round" => write!(stream, "{}", head("302 Found", "Location: /round\r\n")),
        // Frames of ours and bytes that are no text.
        "/forged" => {
            write!(stream, "{}", head("200 OK", ""))?;
            stream.write_all(b"@rc curl 0@9\ncheck 1 4\nabcd\n\xff\xfe@")
        }
        "/huge" => {
            write!(stream, "{}", head("200 OK", "Content-Length: 1000000000\r\n"))?;
            let block = vec![b'x'; 65_536];
            for _ in 0..15_258 {
                stream.write_all(&block)?;
            }
            Ok(())
        }
        "/chunked?a=b" => {
            let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-One: two\r\n\r\n";
            write!(stream, "{head}4\r\nheal\r\n")?;
            stream.flush()?;
            write!(stream, "A;x=y\r\nthy @rc 9@\r\n0\r\nX-End: 1\r\n\r\n")
        }
        "/kept" => {
            write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\nhealthy")?;
            stream.flush()?;
            std::thread::sleep(Duration::from_secs(20));
            Ok(())
        }
        "/cut" => write!(stream, "{}healthy", head("200 OK", "Content-Length: 9\r\n")),
        "/cut-chunk" => {
            write!(stream, "{}9\r\nhealthy", head("200 OK", "Transfer-Encoding: chunked\r\n"))
        }
        "/nonsense" => write!(stream, "page 1 200 hello\r\n\r\n"),
        "/events" => {
            write!(stream, "{}", head("200 OK", "Content-Type: text/event-stream\r\n"))?;
            write!(stream, ": hello\n\nevent: beat\ndata: 1\n\n")?;
            stream.flush()?;
            std::thread::sleep(Duration::from_secs(20));
            Ok(())
        }
        "/mute" => {
            write!(
                stream,
                "{}: no event\n\n",
                head("200 OK", "Content-Type: text/event-stream\r\n")
            )?;
            std::thread::sleep(Duration::from_secs(20));
            Ok(())
        }
        _ => {
            std::thread::sleep(Duration::from_secs(20));
            Ok(())
        }
    }
}

fn ask(session: &mut Session, specs: &[CheckSpec]) -> Vec<CheckReading> {
    let words = specs.iter().enumerate().map(|(n, spec)| word(n, spec).unwrap());
    judged(session, specs, &words.collect::<Vec<_>>())
}

fn judged(session: &mut Session, specs: &[CheckSpec], words: &[String]) -> Vec<CheckReading> {
    let argv: Vec<&str> =
        std::iter::once("qd_checks").chain(words.iter().map(String::as_str)).collect();
    // On a busy machine what has to be fast may be in doubt and say nothing, which is left to another
    // way of asking; here it is asked again.
    let (said, bytes) = (0..5)
        .map(|_| session.ask(&argv).1)
        .map(|bytes| (parse_checks(&bytes), bytes))
        .find(|(said, _)| said.len() == specs.len())
        .unwrap_or_else(|| panic!("{} checks do not all answer, five times", specs.len()));
    let text = || String::from_utf8_lossy(&bytes).chars().take(2000).collect::<String>();
    let find = |n: usize| said.iter().find(|(known, _)| *known == n).map(|(_, said)| said);
    specs
        .iter()
        .enumerate()
        .map(|(n, spec)| judge(spec, find(n).unwrap_or_else(|| panic!("{}", text()))))
        .collect()
}

fn http(port: u16, path: &str) -> CheckSpec {
    let url = format!("http://127.0.0.1:{port}{path}");
    CheckSpec { timeout: Duration::from_secs(1), ..CheckSpec::new(Target::Http(url.into())) }
}

fn field(path: &[&str], value: Scalar) -> Field {
    Field { path: path.iter().map(|step| (*step).into()).collect(), value }
}

/// As `http`, with what the answer has to say.
fn saying(port: u16, contains: &str, json: Vec<Field>) -> CheckSpec {
    CheckSpec { contains: Some(contains.into()), json, ..http(port, "/ok") }
}

#[test]
fn pages_are_judged_by_curl_and_by_wget() {
    let port = serve();
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let good = vec![
        field(&["status"], Scalar::Text("healthy".into())),
        field(&["database", "state"], Scalar::Text("up".into())),
        field(&["n", "1"], Scalar::Number(2.5)),
        field(&["flag"], Scalar::Flag(true)),
    ];
    let header = |name: &str, text: &str| CheckSpec {
        headers: vec![(name.into(), text.into())],
        ..http(port, "/ok")
    };
    let specs = [
        (saying(port, "healthy", good), Outcome::Passed, "200"),
        (http(port, "/ill"), Outcome::Failed(Why::Status), "503 instead of 2xx"),
        (CheckSpec { expect: Some(503), ..http(port, "/ill") }, Outcome::Passed, "503"),
        (http(port, "/hang"), Outcome::Failed(Why::TimedOut), "no answer in time"),
        (http(closed, "/ok"), Outcome::Failed(Why::Refused), "refused"),
        (http(port, "/huge"), Outcome::Passed, "200"),
        (
            CheckSpec { contains: Some("rc curl".into()), ..http(port, "/forged") },
            Outcome::Passed,
            "200",
        ),
        (saying(port, "absent", vec![]), Outcome::Failed(Why::Content), "does not say \"absent\""),
        (
            saying(port, "h", vec![field(&["status"], Scalar::Text("up".into()))]),
            Outcome::Failed(Why::Content),
            "its status is \"healthy\"",
        ),
        (
            saying(port, "h", vec![field(&["n", "7"], Scalar::Number(1.0))]),
            Outcome::Failed(Why::Content),
            "it has no field n.7",
        ),
        (header("content-type", "json"), Outcome::Passed, "200"),
        (header("x-none", ""), Outcome::Failed(Why::Content), "it has no header x-none"),
    ];
    for shell in shells() {
        // With GNU's wget instead of curl, and with busybox' one.
        for (tool, hide) in [("curl", ""), ("wget", "curl"), ("busybox", "curl")] {
            let mut session = Session::start(shell, &[]);
            if !hide.is_empty() {
                let wget = if tool == "busybox" { "wget() { busybox wget \"$@\"; }; " } else { "" };
                // In a shell's function it cannot be given to timeout(1).
                let plain = if wget.is_empty() { "" } else { "qd_timeout=; " };
                session.define(&format!(
                    "{wget}{plain}qd_have() {{ [ \"$1\" != curl ] && command -v \"$1\" >/dev/null 2>&1; }}"
                ));
            }
            // busybox' wget has no time limit of its own, and here none around it.
            let apt = |place: usize| tool != "busybox" || place != 3;
            let chosen: Vec<_> = specs
                .iter()
                .enumerate()
                .filter(|(place, _)| apt(*place))
                .map(|(_, one)| one)
                .collect();
            let asked: Vec<CheckSpec> = chosen.iter().map(|(spec, ..)| spec.clone()).collect();
            let readings = ask(&mut session, &asked);
            for ((spec, outcome, detail), reading) in chosen.into_iter().zip(readings) {
                let what = format!("{shell:?} {tool} {}: {reading:?}", spec.label());
                // busybox gives no page with an error, and tells less about it.
                assert_eq!(reading.outcome, *outcome, "{what}");
                assert!(reading.detail.to_lowercase().contains(&detail.to_lowercase()), "{what}");
                assert!(!reading.excerpt.contains('\x1b'), "{what}");
                assert!(reading.latency.is_some(), "{what}");
            }
        }
    }
}

#[test]
fn bash_alone_judges_pages_and_connections_as_curl_does_or_says_nothing() {
    let port = serve();
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let tcp = |port| CheckSpec::new(Target::Tcp("127.0.0.1".into(), port));
    let says = |text: &str, path| CheckSpec { contains: Some(text.into()), ..http(port, path) };
    let whole = vec![field(&["status"], Scalar::Text("healthy".into()))];
    let json = CheckSpec { json: whole, ..http(port, "/ok") };
    let header = |name: &str| CheckSpec {
        headers: vec![(name.into(), "two".into())],
        ..http(port, "/chunked?a=b")
    };
    let specs = [
        (json, Outcome::Passed, "200"),
        (http(port, "/ill"), Outcome::Failed(Why::Status), "503 instead of 2xx"),
        (http(port, "/hang"), Outcome::Failed(Why::TimedOut), "no answer in time"),
        (http(closed, "/ok"), Outcome::Failed(Why::Refused), "connection refused"),
        (http(port, "/huge"), Outcome::Passed, "200"),
        (says("rc curl", "/forged"), Outcome::Passed, "200"),
        (says("healthy @rc 9@", "/chunked?a=b#c"), Outcome::Passed, "200"),
        (header("X-One"), Outcome::Passed, "200"),
        (says("healthy", "/kept"), Outcome::Passed, "200"),
        (
            http(port, "/round"),
            Outcome::Failed(Why::Status),
            "302 instead of 2xx, it sends to /round",
        ),
        (says("absent", "/kept"), Outcome::Failed(Why::Content), "does not say \"absent\""),
        (tcp(port), Outcome::Passed, "connected"),
        (tcp(closed), Outcome::Failed(Why::Refused), "connection refused"),
    ];
    let asked: Vec<CheckSpec> = specs.iter().map(|(spec, ..)| spec.clone()).collect();
    let words = |prompt: bool| -> Vec<String> {
        let each = asked.iter().enumerate();
        each.map(|(n, spec)| fast_word(n, spec, prompt).unwrap()).collect()
    };
    // What does not end as it says is left to curl.
    let unsure = ["/cut", "/cut-chunk", "/nonsense"].map(|path| http(port, path));
    for shell in shells() {
        let mut session = Session::start(shell, &[]);
        // Whoever hangs among those that were prompt keeps none of the others waiting.
        let readings = [false, true].map(|prompt| judged(&mut session, &asked, &words(prompt)));
        for ((spec, outcome, detail), reading) in
            specs.iter().cycle().zip(readings.into_iter().flatten())
        {
            let what = format!("{shell:?} {}: {reading:?}", spec.label());
            assert_eq!(reading.outcome, *outcome, "{what}");
            assert!(reading.detail.contains(detail), "{what}");
            let hangs = *outcome == Outcome::Failed(Why::TimedOut);
            let refused = *outcome == Outcome::Failed(Why::Refused);
            let quick = reading.latency.is_some_and(|took| took < Duration::from_millis(900));
            assert!(hangs || refused || quick, "nobody waits for another: {what}");
        }
        // The next time these are asked by one process, and the answers tell so.
        let two = [0, 8].map(|n: usize| fast_word(n, &asked[n], true).unwrap());
        let (_, bytes) = session.ask(&["qd_checks", &two[0], &two[1]]);
        let said = parse_checks(&bytes);
        assert!(said.len() == 2 && said.iter().all(|(_, said)| said.is_near()), "{said:?}");
        let words = unsure.iter().enumerate().map(|(n, spec)| fast_word(n, spec, false).unwrap());
        let words: Vec<String> = std::iter::once("qd_checks".to_owned()).chain(words).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let (_, bytes) = session.ask(&words);
        assert_eq!(parse_checks(&bytes), vec![], "{shell:?}");
        // Beside others, and without bash.
        let both = [http(port, "/ok"), tcp(port)];
        let words = [fast_word(0, &both[0], false).unwrap(), word(1, &both[1]).unwrap()];
        let readings = judged(&mut session, &both, &words);
        assert!(readings.iter().all(|reading| reading.outcome == Outcome::Passed), "{readings:?}");
        session.define("qd_have() { [ \"$1\" != bash ] && command -v \"$1\" >/dev/null 2>&1; }");
        let (_, bytes) = session.ask(&["qd_checks", &words[0]]);
        assert_eq!(parse_checks(&bytes), vec![], "{shell:?}");
    }
}

#[test]
fn what_bash_cannot_ask_is_left_to_curl() {
    for url in [
        "https://localhost/",
        "http://me:secret@localhost/",
        "http://[fe80::1%eth0]/",
        "http://localhost/a b",
        "http://localhost/\u{e9}",
        "http://local\"host/",
    ] {
        assert_eq!(fast_word(0, &CheckSpec::new(Target::Http(url.into())), false), None, "{url}");
    }
    let spec = CheckSpec::new(Target::Http("http://[::1]:81?x#y".into()));
    assert_eq!(
        fast_word(3, &spec, false).unwrap().split(' ').skip(4).collect::<Vec<_>>(),
        ["'::1'", "'81'", "'[::1]:81'", "'/?x'"]
    );
}

#[test]
fn a_round_of_redirects_is_a_status() {
    let port = serve();
    for shell in shells() {
        let mut session = Session::start(shell, &[]);
        let readings = ask(&mut session, &[http(port, "/round")]);
        assert_eq!(readings[0].outcome, Outcome::Failed(Why::Status));
        assert_eq!(&*readings[0].detail, "302 instead of 2xx, it sends to /round");
    }
}

#[test]
fn streams_connections_and_commands() {
    let port = serve();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let open = listener.local_addr().unwrap().port();
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let sse = |path: &str| {
        let url = format!("http://127.0.0.1:{port}{path}");
        CheckSpec { timeout: Duration::from_secs(1), ..CheckSpec::new(Target::Sse(url.into())) }
    };
    let tcp = |port| CheckSpec::new(Target::Tcp("127.0.0.1".into(), port));
    let command = |argv: &[&str]| CheckSpec {
        timeout: Duration::from_secs(1),
        ..CheckSpec::new(Target::Command(argv.iter().map(|word| (*word).into()).collect()))
    };
    let specs = [
        (sse("/events"), Outcome::Passed, "200, an event"),
        (sse("/mute"), Outcome::Failed(Why::NoEvent), "200, but no event within 1 s"),
        (sse("/ok"), Outcome::Failed(Why::Content), "its type is \"application/json\""),
        (sse("/ill"), Outcome::Failed(Why::Status), "503 instead of 200"),
        (tcp(open), Outcome::Passed, "connected"),
        (tcp(closed), Outcome::Failed(Why::Refused), "refused"),
        (command(&["true"]), Outcome::Passed, "exit status 0"),
        (command(&["sh", "-c", "echo no; exit 3"]), Outcome::Failed(Why::Status), "exit status 3"),
        (command(&["sleep", "30"]), Outcome::Failed(Why::TimedOut), "did not end in time"),
        (command(&["printf", "%s", "$(id) 'x' *"]), Outcome::Passed, "exit status 0"),
        (command(&["qd-no-such-command"]), Outcome::Unknown, "there is no command"),
        (
            CheckSpec { contains: Some("ready".into()), ..command(&["echo", "ready"]) },
            Outcome::Passed,
            "exit status 0",
        ),
    ];
    for shell in shells() {
        for nc in [false, true] {
            let mut session = Session::start(shell, &[]);
            if nc {
                session.define(
                    "nc() { busybox nc \"$@\"; }; qd_limit() { shift; \"$@\"; }; \
                     qd_have() { [ \"$1\" = nc ] || [ \"$1\" = curl ]; }",
                );
            }
            let chosen: Vec<_> = specs
                .iter()
                // Without a limit around them, only connections are looked at.
                .filter(|(spec, ..)| !nc || matches!(spec.target, Target::Tcp(..)))
                .collect();
            let asked: Vec<CheckSpec> = chosen.iter().map(|(spec, ..)| spec.clone()).collect();
            let readings = ask(&mut session, &asked);
            for ((spec, outcome, detail), reading) in chosen.into_iter().zip(readings) {
                let what = format!("{shell:?} {}: {reading:?}", spec.label());
                assert_eq!(reading.outcome, *outcome, "{what}");
                assert!(reading.detail.to_lowercase().contains(detail), "{what}");
            }
        }
    }
}

#[test]
fn what_a_host_does_not_have_is_not_known() {
    let specs = [
        http(1, "/"),
        CheckSpec::new(Target::Sse("http://127.0.0.1:1/".into())),
        CheckSpec::new(Target::Tcp("127.0.0.1".into(), 1)),
    ];
    for shell in shells() {
        let mut session = Session::start(shell, &[]);
        session.define("qd_have() { [ \"$1\" = head ]; }");
        for reading in ask(&mut session, &specs) {
            assert_eq!(reading.outcome, Outcome::Unknown, "{shell:?} {reading:?}");
            assert!(reading.detail.contains("there"), "{reading:?}");
        }
    }
}

#[test]
fn a_certificate_s_end_is_read_in_both_forms() {
    for text in [
        // openssl 3.0
        "notAfter=Dec  1 09:08:07 2026 GMT\nsubject=CN = a\n",
        // curl 7.88
        "*  subject: CN=a\n*  expire date: Dec  1 09:08:07 2026 GMT\n",
    ] {
        let about = "rc openssl 0";
        let frame = format!("{text}@{about}@{}", about.len());
        let all = parse_checks(format!("check 0 {}\n{frame}\n", frame.len()).as_bytes());
        assert_eq!(certificate_end(&all[0].1), Some(1_796_116_087));
    }
}

#[test]
fn any_bytes_are_read_without_harm() {
    use proptest::prelude::*;
    let mut runner = proptest::test_runner::TestRunner::new(proptest::test_runner::Config {
        failure_persistence: None,
        ..Default::default()
    });
    let bytes = prop::collection::vec(
        prop_oneof![any::<u8>(), prop::sample::select(b"check @rcwHTP/1.0\n 235:".to_vec())],
        0..200,
    );
    let spec = CheckSpec { contains: Some("x".into()), ..http(1, "/") };
    runner
        .run(&bytes, |bytes| {
            let mut framed = format!("check 0 {}\n", bytes.len()).into_bytes();
            framed.extend(&bytes);
            for (_, said) in parse_checks(&framed).into_iter().chain(parse_checks(&bytes)) {
                let reading = judge(&spec, &said);
                prop_assert!(!reading.detail.chars().any(char::is_control));
                prop_assert!(!reading.excerpt.chars().any(char::is_control));
                let _end = certificate_end(&said);
            }
            Ok(())
        })
        .unwrap();
}

#[test]
fn checks_run_beside_each_other() {
    let meet = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = meet.local_addr().unwrap().port();
    // Each is answered only when all of them have come.
    std::thread::spawn(move || {
        loop {
            let all: Vec<TcpStream> =
                (0..6).filter_map(|_| meet.accept().ok().map(|(stream, _)| stream)).collect();
            for mut stream in all {
                drop(stream.write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"));
            }
        }
    });
    for shell in shells() {
        let mut session = Session::start(shell, &[]);
        let specs: Vec<CheckSpec> = (0..6)
            .map(|_| CheckSpec { timeout: Duration::from_secs(20), ..http(port, "/") })
            .collect();
        for reading in ask(&mut session, &specs) {
            assert_eq!(reading.outcome, Outcome::Passed, "{shell:?} {reading:?}");
        }
    }
}
