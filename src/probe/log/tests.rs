//! Lines in the forms that real programs write, and what a reader says of them.

use super::{FileReader, level_of};
use crate::model::log::batch::LONGEST;
use crate::model::log::{Batch, Flags, Level};

/// 2026-11-21 03:00:00 UTC.
pub(super) const NOW: i64 = 1_795_230_000_000_000;

fn read(text: &str) -> Batch {
    let mut out = Batch::default();
    FileReader::new(0, 0).push(text.as_bytes(), NOW, &mut out);
    out
}

fn one(line: &str) -> Batch {
    let batch = read(&format!("{line}\n"));
    assert_eq!(batch.lines.len(), 1, "{line}");
    batch
}

#[track_caller]
fn timed(line: &str, at: &str, body: &str) {
    let batch = one(line);
    let known = batch.lines[0];
    assert!(!known.flags.has(Flags::UNTIMED), "no moment: {line}");
    let (expected, _) = super::time::iso(at.as_bytes(), 0).expect("a moment");
    assert_eq!(known.at - expected, 0, "{line}");
    assert_eq!(String::from_utf8_lossy(&batch.text_of(0)[usize::from(known.body)..]), body);
}

#[test]
fn moments_at_the_front_in_all_forms() {
    let at = "2026-11-10T03:00:00Z";
    for line in [
        "2026-11-10T03:00:00Z hello",
        "2026-11-10T03:00:00.000Z hello",
        "2026-11-10 03:00:00 hello",
        "2026-11-10 03:00:00,000 hello",
        "2026-11-10T04:30:00+01:30 hello",
        "2026-11-10T02:00:00-0100 hello",
        "2026-11-10 04:00:00 +0100 hello",
        "2026-11-10 03:00:00.000 UTC hello",
        "[2026-11-10 03:00:00] hello",
        "[2026-11-10T03:00:00Z] hello",
        "2026/11/10 03:00:00 hello",
        "Nov 10 03:00:00 hello",
        "1794279600 hello",
        "1794279600.000 hello",
        "1794279600000 hello",
        "[1794279600] hello",
        "I1110 03:00:00.000000 hello",
        "[Tue Nov 10 03:00:00.000000 2026] hello",
        "123:M 10 Nov 2026 03:00:00.000 hello",
        "<30>1 2026-11-10T03:00:00Z hello",
        "\u{1b}[2m2026-11-10T03:00:00Z\u{1b}[0m hello",
        "INFO 2026-11-10 03:00:00,000 hello",
    ] {
        timed(line, at, "hello");
    }
    timed("2026-11-10T03:00:00.123456789Z x", "2026-11-10T03:00:00.123456Z", "x");
    timed("Nov  1 03:00:00 coord sshd[1]: x", "2026-11-01T03:00:00Z", "coord sshd[1]: x");
    let line = "10.0.0.1 - - [10/Nov/2026:04:00:00 +0100] \"GET / HTTP/1.1\" 200 5 \"-\" \"curl\"";
    timed(line, at, line);
}

#[test]
fn moments_of_fields() {
    let at = "2026-11-10T03:00:00.5Z";
    for line in [
        r#"{"level":"info","time":"2026-11-10T03:00:00.5Z","msg":"x"}"#,
        r#"{"a":{"time":[1,"}"]},"@timestamp" : "2026-11-10T04:00:00.5+01:00"}"#,
        r#"{"ts":1794279600.5,"msg":"x"}"#,
        r#"{"timestamp":1794279600500}"#,
        r#"{"time":1794279600500000}"#,
        r#"{"time":1794279600500000000}"#,
        r#"{"ts":1.7942796005e9}"#,
        r#"{"t":{"$date":"2026-11-10T03:00:00.500+00:00"},"s":"I"}"#,
        r#"time="2026-11-10T03:00:00.5Z" level=info msg="a b""#,
        "ts=1794279600.5 caller=main.go:1 level=warn",
        r#"msg="time=\"2020-01-01T00:00:00Z\"" time=2026-11-10T03:00:00.5Z"#,
    ] {
        timed(line, at, line);
    }
}

#[test]
fn what_is_no_moment() {
    for line in [
        "hello",
        "",
        "2026-13-10T03:00:00Z x",
        "2026-02-30 03:00:00 x",
        "2026-11-10 25:00:00 x",
        "123 x",
        "0123456789 x",
        "Foo 10 03:00:00 x",
        "2099-01-01T00:00:00Z x",
        "99999999999999999",
        r#"{"time":"soon"}"#,
        r#"{"time":12}"#,
        r#"{"time":"#,
        "time=12ms x",
        "10.0.0.1 [10/Nov/2026",
        "[2026",
        "<3",
        "<3>",
        "<999999>",
        "E1399 03:00:00.1 x",
        "1e999",
        r#"{"ts":1e999}"#,
    ] {
        let batch = one(line);
        assert!(batch.lines[0].flags.has(Flags::UNTIMED), "{line}");
        assert_eq!(batch.lines[0].at, NOW, "{line}");
    }
}

#[test]
fn a_date_without_a_year_is_the_last_one() {
    let mut out = Batch::default();
    let new_year = 1_798_761_600_000_000; // 2027-01-01 00:00
    let mut reader = FileReader::new(0, 0);
    reader.push(b"Dec 31 23:59:59 a\n", new_year + 5_000_000, &mut out);
    assert_eq!(out.lines[0].at, new_year - 1_000_000);
    // The host's clock is a little ahead.
    reader.push(b"Jan  1 00:00:01 a\n", new_year - 5_000_000, &mut out);
    assert_eq!(out.lines[1].at, new_year + 1_000_000);
}

#[test]
fn a_moment_without_an_offset_is_in_the_zone_of_the_host() {
    let mut out = Batch::default();
    FileReader::new(0, 3600).push(b"2026-11-10 04:00:00 a\n", NOW, &mut out);
    assert_eq!(out.lines[0].at, 1_794_279_600_000_000);
}

#[test]
fn levels_in_all_forms() {
    for (line, level) in [
        ("[error] x", Level::Error),
        ("2026/11/10 03:00:00 [error] 12#12: *1 connect() failed", Level::Error),
        ("[Tue Nov 10 03:00:00.1 2026] [core:warn] [pid 1] x", Level::Warning),
        ("2026-11-10T03:00:00Z ERROR x", Level::Error),
        ("2026-11-10T03:00:00Z  WARN app::db: slow", Level::Warning),
        ("\u{1b}[2m2026-11-10T03:00:00Z\u{1b}[0m \u{1b}[31mERROR\u{1b}[0m x", Level::Error),
        ("\u{1b}[1;33mwarning\u{1b}[0m: x", Level::Warning),
        ("2026-11-10 03:00:00,123 - my.app - ERROR - x", Level::Error),
        ("2026-11-10 03:00:00,123 - app - error - x", Level::Error),
        ("2026-11-10 03:00:00.123 [main] WARN  c.e.App - x", Level::Warning),
        ("03:00:00.123 [main] DEBUG c.e.App - x", Level::Debug),
        ("[2026-11-10 03:00:00 +0000] [123] [CRITICAL] WORKER TIMEOUT", Level::Critical),
        (
            "2026-11-10 03:00:00.123 UTC [12] FATAL:  the database system is starting up",
            Level::Critical,
        ),
        ("2026-11-10T03:00:00.1Z 0 [Warning] x", Level::Warning),
        ("2026-11-10T03:00:00.000Z\terror\tserver.go:1\tx", Level::Error),
        ("E1110 03:00:00.123456    1 main.go:1] x", Level::Error),
        ("I1110 03:00:00.123456    1 main.go:1] no error", Level::Info),
        ("<3>x", Level::Error),
        ("<30>1 2026-11-10T03:00:00Z h a - - - x", Level::Info),
        ("ERROR:root:x", Level::Error),
        ("INFO:     127.0.0.1:1 - \"GET / HTTP/1.1\" 200 OK", Level::Info),
        ("level: error, x", Level::Error),
        ("level=error msg=\"x\"", Level::Error),
        ("msg=\"level=error\" lvl=warn", Level::Warning),
        ("2026-11-10T03:00:00Z level=debug msg=x", Level::Debug),
        (r#"{"level":"warn"}"#, Level::Warning),
        (r#"{"msg":"\"level\":\"error\"","level":30}"#, Level::Info),
        (r#"{"level":50}"#, Level::Error),
        (r#"{"a":{"level":"error"},"severity":"NOTICE"}"#, Level::Notice),
        (r#"{"log.level":"error"}"#, Level::Error),
        (r#"{"log":{"level":"error"}}"#, Level::Error),
        ("10.0.0.1 - - [10/Nov/2026:03:00:00 +0000] \"GET / HTTP/1.1\" 502 5", Level::Error),
        ("10.0.0.1 - - [10/Nov/2026:03:00:00 +0000] \"GET /\\\" 500\" 404 5", Level::Unknown),
        ("error: could not compile", Level::Error),
        ("git: fatal: not a repository", Level::Critical),
        ("npm ERR! code 1", Level::Error),
        ("E: Unable to locate package", Level::Error),
        ("panic: runtime error", Level::Critical),
        ("fatal error: all goroutines are asleep", Level::Critical),
        ("TypeError: x is not a function", Level::Error),
        ("java.io.IOException: y", Level::Error),
        ("fail: Microsoft.Hosting[1]", Level::Error),
        ("[2026-11-10 03:00:00,123: ERROR/MainProcess] x", Level::Error),
        ("WARN[0001] x", Level::Warning),
        ("Nov 10 03:00:00 coord sshd[1]: error: x", Level::Error),
    ] {
        assert_eq!(level_of(line.as_bytes()), level, "{line:?}");
    }
}

#[test]
fn words_within_a_sentence_are_no_level() {
    for line in [
        "0 errors",
        "no error",
        "finished with 0 errors, 2 warnings",
        "No ERROR was found",
        "0 ERROR lines",
        "the last ERROR was long ago",
        "request failed without error: none",
        "informational text",
        "errors: 0",
        "GET /error HTTP/1.1",
        "x=error",
        "all went fine",
        "debugging is fun",
        "Starting error reporter...",
        "[12] connected",
        "[1]+ Done",
        "2026-11-10T03:00:00Z handled warning in 3 ms",
        "ERRORS",
        "",
        " ",
        "[",
        "[]",
        ":",
        "=",
    ] {
        assert_eq!(level_of(line.as_bytes()), Level::Unknown, "{line:?}");
    }
}

pub(super) fn flags(batch: &Batch, flag: u8) -> Vec<usize> {
    let lines = batch.lines.iter().enumerate();
    lines.filter(|(_, line)| line.flags.has(flag)).map(|(place, _)| place).collect()
}

#[test]
fn traces_stay_together() {
    let batch = read(
        "2026-11-10T03:00:00Z ERROR it broke\njava.io.IOException: y\n\tat a.b(C.java:1)\n\
         \t... 12 more\nCaused by: z\n\tat d\n2026-11-10T03:00:01Z next\n\
         Traceback (most recent call last):\n  File \"a\", line 1\n    x()\nValueError: y\nplain\n",
    );
    assert_eq!(flags(&batch, Flags::CONTINUED), [2, 3, 4, 5, 7, 8, 9, 10]);
    assert_eq!(batch.lines[5].level, Level::Error);
    assert_eq!(batch.lines[5].at, batch.lines[0].at);
    let batch = read(
        "panic: x\n\ngoroutine 1 [running]:\nmain.main()\n\t/a.go:1 +0x1\nexit status 2\nnext\n",
    );
    assert_eq!(flags(&batch, Flags::CONTINUED), [1, 2, 3, 4, 5]);
}

#[test]
fn traces_stay_together_behind_the_stamps_of_a_container_engine() {
    let mut out = Batch::default();
    let mut reader = FileReader::stamped();
    reader.push(
        b"2026-11-10T03:00:00.000000001Z ERROR it broke\n2026-11-10T03:00:00.1Z \tat a\n\
          2026-11-10T03:00:00.2Z  level=warn next\n2026-11-10T03:00:00.3Z level=warn next\n\
          Error from the engine\n2026-11-10T03:00:00.4Z \n2026-11-10T03:00:09Z   x\n",
        NOW,
        &mut out,
    );
    assert_eq!(flags(&out, Flags::CONTINUED), [1, 2, 5]);
    assert_eq!(out.lines[1].at, out.lines[0].at);
    assert_eq!(out.lines[1].level, Level::Error);
    assert_eq!(out.lines[3].level, Level::Warning);
    assert_eq!(out.text_of(3)[usize::from(out.lines[3].body)..], *b"level=warn next");
    assert_eq!(flags(&out, Flags::UNTIMED), [4]);
    assert_eq!(out.lines[6].at, out.lines[0].at + 9_000_000);
}

#[test]
fn a_continued_line_never_comes_first() {
    for line in ["  x", "Caused by: x", "Traceback (most recent call last):", "}", ""] {
        assert_eq!(flags(&one(line), Flags::CONTINUED), [0_usize; 0], "{line}");
    }
}

#[test]
fn the_same_again_is_marked_behind_the_timestamp_and_over_batches() {
    let mut reader = FileReader::new(0, 0);
    let mut out = Batch::default();
    reader.push(b"2026-11-10T03:00:00Z a\n2026-11-10T03:00:01Z a\n", NOW, &mut out);
    reader.push(b"2026-11-10T03:00:02Z b\n", NOW, &mut out);
    assert_eq!(flags(&out, Flags::REPEATED), [1]);
    let mut out = Batch::default();
    reader.push(b"2026-11-10T03:00:03Z b\n", NOW, &mut out);
    assert_eq!(flags(&out, Flags::REPEATED), [0]);
    let batch = read(
        "{\"time\":\"2026-11-10T03:00:00Z\",\"msg\":\"a\"}\n\
         {\"time\":\"2026-11-10T03:00:01Z\",\"msg\":\"a\"}\n",
    );
    assert_eq!(flags(&batch, Flags::REPEATED), [1]);
    assert_eq!(flags(&batch, Flags::JSON), [0, 1]);
}

#[test]
fn a_clock_that_goes_back_holds_the_order_over_batches() {
    let mut reader = FileReader::new(0, 0);
    let mut out = Batch::default();
    reader.push(b"2026-11-10T03:00:01Z a\n", NOW, &mut out);
    let first = out.lines[0].at;
    let mut out = Batch::default();
    reader.push(b"2026-11-10T03:00:00Z b\n2026-11-10T03:00:02Z c\n", NOW, &mut out);
    assert_eq!(out.lines[0].at, first);
    assert_eq!(out.earlier, [(0, first - 1_000_000)]);
    assert_eq!(out.lines[1].at, first + 1_000_000);
}

#[test]
fn an_unfinished_line_is_told_after_a_silence_and_continued() {
    let mut reader = FileReader::new(7, 0);
    let mut out = Batch::default();
    reader.push(b"2026-11-10T03:00:00Z ERROR ab", NOW, &mut out);
    assert_eq!((out.lines.len(), reader.offset()), (0, 7));
    reader.partial(NOW, &mut out);
    reader.partial(NOW, &mut out);
    assert_eq!((out.lines.len(), reader.offset()), (1, 36));
    reader.push(b"cd\r", NOW, &mut out);
    reader.partial(NOW, &mut out);
    reader.push(b"\nnext\r\n", NOW, &mut out);
    assert_eq!(out.text, b"2026-11-10T03:00:00Z ERROR ab\ncd\nnext\n");
    assert_eq!(flags(&out, Flags::PARTIAL), [0, 1]);
    assert_eq!(flags(&out, Flags::CONTINUED), [1]);
    assert_eq!((out.lines[1].level, out.lines[1].at), (Level::Error, out.lines[0].at));
    assert_eq!(reader.offset(), 7 + 29 + 3 + 1 + 6);
}

#[test]
fn resumed_at_its_offset_nothing_is_lost_or_doubled() {
    let text = b"one\ntwo and more\nthree\n";
    for cut in 0..text.len() {
        for silence in [false, true] {
            let mut reader = FileReader::new(0, 0);
            let mut out = Batch::default();
            reader.push(&text[..cut], NOW, &mut out);
            if silence {
                reader.partial(NOW, &mut out);
            }
            let offset = reader.offset();
            reader.resume(offset);
            reader.push(&text[offset as usize..], NOW, &mut out);
            let told: Vec<u8> = out.text.iter().copied().filter(|b| *b != b'\n').collect();
            assert_eq!(told, b"onetwo and morethree", "{cut} {silence}");
            assert_eq!(reader.offset(), text.len() as u64);
        }
    }
}

#[test]
fn a_line_that_is_too_long_is_cut_and_says_so() {
    let mut reader = FileReader::new(0, 0);
    let mut out = Batch::default();
    let piece = vec![b'x'; 100_000];
    for _ in 0..100 {
        reader.push(&piece, NOW, &mut out);
        assert!(reader.has_rest());
    }
    reader.push(b"\nnext\n", NOW, &mut out);
    assert_eq!(out.lines.len(), 2);
    assert_eq!(flags(&out, Flags::CUT), [0]);
    assert!(out.text_of(0).ends_with("x… 9.9 MB more".as_bytes()));
    assert_eq!(out.text_of(0).len(), LONGEST + "… 9.9 MB more".len());
    assert_eq!(reader.offset(), 10_000_006);
}

#[test]
fn an_endless_line_is_told_once_and_then_only_counted() {
    let mut reader = FileReader::new(0, 0);
    let mut out = Batch::default();
    reader.push(&vec![b'x'; LONGEST + 5], NOW, &mut out);
    reader.partial(NOW, &mut out);
    reader.push(&vec![b'x'; 2000], NOW, &mut out);
    reader.push(b"\nnext\n", NOW, &mut out);
    assert_eq!(out.text_of(1), "… 2.0 kB more".as_bytes());
    assert_eq!(out.text_of(2), b"next");
    assert_eq!(reader.offset(), LONGEST as u64 + 2005 + 6);
}

#[test]
fn bytes_stay_as_they_are() {
    let mut out = Batch::default();
    FileReader::new(0, 0).push(b"a\0b\xff\xfe\x1b[31mc\r\n\r\n\n", NOW, &mut out);
    assert_eq!(out.text, b"a\0b\xff\xfe\x1b[31mc\n\n\n");
}
