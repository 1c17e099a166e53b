//! Lines in the forms that real programs write, and what a reader says of them.

mod moments;

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

#[test]
fn what_stands_behind_an_undated_beginning_keeps_its_own_moment() {
    let now = 1_800_000_000_000_000;
    let mut reader = FileReader::new(0, 0);
    let mut first = Batch::default();
    reader.push(b"\tat one.two(Three.java:4)\n", now, &mut first);
    assert_eq!((first.lines[0].at, reader.moment()), (now, None));
    // As where a batch was full meanwhile.
    let mut second = Batch::default();
    reader.push(b"\tat five\n2026-01-01T00:00:00Z six\n", now, &mut second);
    reader.push(b"2026-01-01T00:00:01Z seven\n\tat eight\n", now, &mut second);
    let six = 1_767_225_600_000_000;
    let moments: Vec<i64> = second.lines.iter().map(|line| line.at).collect();
    assert_eq!(moments, [six, six, six + 1_000_000, six + 1_000_000]);
    assert_eq!(reader.moment(), Some(six + 1_000_000));
    // The next page knows of the one before.
    let mut reader = FileReader::new(0, 0).behind(six);
    let mut third = Batch::default();
    reader.push(b"\tat nine\n2026-01-01T00:00:05Z ten\n", now, &mut third);
    let moments: Vec<i64> = third.lines.iter().map(|line| line.at).collect();
    assert_eq!(moments, [six, six + 5_000_000]);
}
