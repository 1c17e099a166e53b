//! Log streams: bytes to lines, and a line to what is shown of it. The counter is lines.

use std::fmt::Write as _;

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use quarterdeck::model::log::Batch;
use quarterdeck::model::log::ink;
use quarterdeck::probe::log::{ExportReader, FileReader};

const LINES: usize = 10_000;
const NOW: i64 = 1_795_230_000_000_000;

fn plain() -> String {
    let mut text = String::new();
    for n in 0..LINES {
        let level = ["INFO", "INFO", "DEBUG", "WARN", "ERROR"].get(n % 5).unwrap();
        writeln!(
            text,
            "2026-11-10 03:{:02}:{:02}.{:03} [worker-{}] {level} request {n} answered in {} ms by /api/v1/instances",
            n / 600 % 60, n / 10 % 60, n % 1000, n % 7, n % 97
        )
        .unwrap();
    }
    text
}

fn json() -> String {
    let mut text = String::new();
    for n in 0..LINES {
        writeln!(
            text,
            r#"{{"level":30,"time":{},"pid":4711,"hostname":"coord","msg":"request {n} answered","ms":{}}}"#,
            1_794_279_600_000_u64 + n as u64, n % 97
        )
        .unwrap();
    }
    text
}

fn logfmt() -> String {
    let mut text = String::new();
    for n in 0..LINES {
        writeln!(
            text,
            "time=2026-11-10T03:{:02}:{:02}.{:03}Z level=info msg=\"request {n} answered\" ms={} path=/api/v1",
            n / 600 % 60, n / 10 % 60, n % 1000, n % 97
        )
        .unwrap();
    }
    text
}

fn nginx() -> String {
    let mut text = String::new();
    for n in 0..LINES {
        writeln!(
            text,
            "10.0.{}.{} - - [10/Nov/2026:03:{:02}:{:02} +0000] \"GET /api/v1/instances/{n} HTTP/1.1\" {} 512 \"-\" \"curl/7.88.1\"",
            n % 7, n % 251, n / 600 % 60, n / 10 % 60, if n % 50 == 0 { 502 } else { 200 }
        )
        .unwrap();
    }
    text
}

/// Nothing of it is known: every form is tried on each line.
fn unknown() -> String {
    let mut text = String::new();
    for n in 0..LINES {
        writeln!(text, "listening for a request number {n} of somebody who has sent none so far, and so on and on").unwrap();
    }
    text
}

/// What a file's lines cost, in pieces as they come over a channel.
#[divan::bench(args = ["plain", "json", "logfmt", "nginx", "unknown"])]
fn file_10k(bencher: Bencher<'_, '_>, kind: &str) {
    let text = match kind {
        "plain" => plain(),
        "json" => json(),
        "logfmt" => logfmt(),
        "nginx" => nginx(),
        _ => unknown(),
    };
    bencher.counter(ItemsCount::new(LINES)).counter(BytesCount::new(text.len())).bench_local(
        || {
            let mut reader = FileReader::new(0, 0);
            let mut lines = 0;
            for piece in text.as_bytes().chunks(64 * 1024) {
                let mut out = Batch::default();
                reader.push(piece, NOW, &mut out);
                lines += black_box(&out).lines.len();
            }
            assert_eq!(lines, LINES);
        },
    );
}

/// What entries of `journalctl -o export` cost.
#[divan::bench]
fn export_10k(bencher: Bencher<'_, '_>) {
    let recorded = include_bytes!("../../tests/fixtures/probe/journalctl/252/app.export");
    let text: Vec<u8> = recorded.repeat(LINES.div_ceil(11));
    let entries = LINES.div_ceil(11) * 11;
    bencher.counter(ItemsCount::new(entries)).counter(BytesCount::new(text.len())).bench_local(
        || {
            let mut reader = ExportReader::new();
            let mut lines = 0;
            for piece in text.chunks(64 * 1024) {
                let mut out = Batch::default();
                reader.push(piece, &mut out, &mut |_| true);
                lines += black_box(&out).lines.len();
            }
            assert!(lines > LINES);
        },
    );
}

/// What it costs to make colored lines fit to be shown.
#[divan::bench]
fn neutral_10k(bencher: Bencher<'_, '_>) {
    let text =
        plain().replace("WARN", "\x1b[33mWARN\x1b[0m").replace("ERROR", "\x1b[1;31mERROR\x1b[m");
    bencher.counter(ItemsCount::new(LINES)).counter(BytesCount::new(text.len())).bench_local(
        || {
            for line in text.as_bytes().split(|b| *b == b'\n') {
                black_box(ink::spans(line));
            }
        },
    );
}
