//! Which moment a line says.

use super::*;

#[track_caller]
fn timed(line: &str, at: &str, body: &str) {
    let batch = one(line);
    let known = batch.lines[0];
    assert!(!known.flags.has(Flags::UNTIMED), "no moment: {line}");
    let (expected, _) = crate::probe::log::time::iso(at.as_bytes(), 0).expect("a moment");
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
