//! Log streams on random bytes: the same properties as the fuzz targets, on any compiler.

use proptest::prelude::*;
use quarterdeck::model::log::batch::LONGEST;
use quarterdeck::model::log::fields::{fields, pretty};
use quarterdeck::model::log::ink::{plain, spans, spans_up_to};
use quarterdeck::model::log::{Batch, Flags};
use quarterdeck::model::text::is_hostile;
use quarterdeck::probe::log::{ExportReader, FileReader, level_of};

const NOW: i64 = 1_795_230_000_000_000;

/// Random bytes, and what the parsers look for in wrong places.
fn stream() -> impl Strategy<Value = Vec<u8>> {
    let known = prop::sample::select(vec![
        &b"2026-11-10T03:00:00.123Z "[..],
        b"2026-11-10 03:00:00,123 ",
        b"[10/Nov/2026:03:00:00 +0000] \"GET / HTTP/1.1\" 502 ",
        b"Nov 10 03:00:00 ",
        b"E1110 03:00:00.123456 ",
        b"1762743600.5 ",
        b"<3>",
        b"{\"time\":\"",
        b"\"ts\":1762743600,",
        b"\"level\":\"error\"}",
        b"{\"a\":[{",
        b"}]}",
        b"level=warn msg=\"",
        b"ERROR ",
        b"[error] ",
        b"Traceback (most recent call last):",
        b"\tat x",
        b"goroutine 1 [running]:",
        b"\x1b[38;5;1;2m",
        b"\x1b[0m",
        b"\x1b]8;;",
        b"\x1b\\",
        b"\x07",
        b"\x1bP",
        b"\x1b[",
        b"\xc2\x9b",
        b"\xe2\x80\xae",
        b"\\u001b",
        b"\\",
        b"\"",
        b" ",
        b"\r",
        b"\n",
        b"\r\n",
        b"\n\n",
        b"MESSAGE\n\x03\0\0\0\0\0\0\0a\nb\n",
        b"MESSAGE=x\n",
        b"__CURSOR=s=1\n",
        b"__REALTIME_TIMESTAMP=1795230000000000\n",
        b"PRIORITY=3\n",
        b"FIELD\n\xff\xff\xff\xff\xff\xff\xff\xff",
    ])
    .prop_map(<[u8]>::to_vec);
    let part = prop_oneof![4 => known, 1 => prop::collection::vec(any::<u8>(), 0..12)];
    prop::collection::vec(part, 0..60).prop_map(|parts| parts.concat())
}

fn pieces(bytes: &[u8], sizes: &[usize]) -> Vec<Vec<u8>> {
    let mut left = bytes;
    let mut out = Vec::new();
    for size in sizes.iter().cycle().take(bytes.len().max(1)) {
        let (piece, rest) = left.split_at(left.len().min(*size));
        out.push(piece.to_vec());
        left = rest;
        if left.is_empty() {
            break;
        }
    }
    out
}

fn file(parts: &[Vec<u8>]) -> (Batch, u64) {
    let mut out = Batch::default();
    let mut reader = FileReader::new(0, 0);
    for part in parts {
        reader.push(part, NOW, &mut out);
    }
    (out, reader.offset())
}

proptest! {
    #[test]
    fn a_file_in_pieces_is_the_same_as_in_one_and_nothing_is_lost(
        bytes in stream(),
        sizes in prop::collection::vec(1_usize..40, 1..6),
    ) {
        let (whole, offset) = file(std::slice::from_ref(&bytes));
        prop_assert_eq!(&(whole.clone(), offset), &file(&pieces(&bytes, &sizes)));
        let told = bytes.iter().rposition(|b| *b == b'\n').map_or(0, |last| last + 1);
        prop_assert_eq!(offset, told as u64);
        let mut expected = Vec::new();
        for line in bytes[..told].split_inclusive(|b| *b == b'\n') {
            let line = line.strip_suffix(b"\n").unwrap_or(line);
            expected.extend_from_slice(line.strip_suffix(b"\r").unwrap_or(line));
            expected.push(b'\n');
        }
        prop_assert_eq!(&whole.text, &expected);
        prop_assert!(whole.lines.windows(2).all(|pair| pair[0].at <= pair[1].at));
        prop_assert!(!whole.lines.first().is_some_and(|line| line.flags.has(Flags::CONTINUED)));
        for (place, line) in whole.lines.iter().enumerate() {
            prop_assert!(usize::from(line.body) <= whole.text_of(place).len());
        }
    }

    #[test]
    fn silences_anywhere_lose_and_double_nothing(
        bytes in stream(),
        sizes in prop::collection::vec(1_usize..40, 1..6),
    ) {
        let bytes: Vec<u8> = bytes.into_iter().filter(|b| *b != b'\r').collect();
        let mut out = Batch::default();
        let mut reader = FileReader::new(0, 0);
        for piece in pieces(&bytes, &sizes) {
            reader.push(&piece, NOW, &mut out);
            reader.partial(NOW, &mut out);
            let offset = reader.offset();
            reader.resume(offset);
        }
        prop_assert_eq!(reader.offset(), bytes.len() as u64);
        let without = |text: &[u8]| -> Vec<u8> {
            text.iter().copied().filter(|b| *b != b'\n').collect()
        };
        prop_assert_eq!(without(&out.text), without(&bytes));
    }

    #[test]
    fn the_journal_in_pieces_is_the_same_as_in_one(
        bytes in stream(),
        sizes in prop::collection::vec(1_usize..40, 1..6),
    ) {
        let read = |parts: &[Vec<u8>]| {
            let mut out = Batch::default();
            let mut reader = ExportReader::new();
            for part in parts {
                reader.push(part, &mut out, &mut |entry| entry.at >= 0);
            }
            (out, reader.marks())
        };
        prop_assert_eq!(read(std::slice::from_ref(&bytes)), read(&pieces(&bytes, &sizes)));
    }

    #[test]
    fn what_is_shown_of_a_line_has_no_control_character(bytes in stream(), limit in 0_usize..50) {
        let text = plain(&bytes);
        prop_assert!(!text.contains(is_hostile), "{:?}", text);
        let joined: String = spans(&bytes).into_iter().map(|span| span.text).collect();
        prop_assert_eq!(&joined, &text);
        let front: String = spans_up_to(&bytes, limit).into_iter().map(|span| span.text).collect();
        prop_assert!(text.starts_with(&front));
        for (path, value) in fields(&bytes) {
            prop_assert!(!path.contains(is_hostile) && !value.contains(is_hostile));
        }
        prop_assert!(pretty(&bytes).iter().all(|line| !line.contains(is_hostile)));
        let _level = level_of(&bytes);
    }
}

#[test]
fn a_stream_without_a_line_feed_stays_bounded() {
    let mut reader = FileReader::new(0, 0);
    let mut out = Batch::default();
    // Bytes that come one by one, for a quadratic reader would not end here.
    for _ in 0..1_000_000 {
        reader.push(b"x", NOW, &mut out);
    }
    let piece = vec![b'y'; 1 << 20];
    for _ in 0..100 {
        reader.push(&piece, NOW, &mut out);
    }
    assert!(out.is_empty());
    reader.partial(NOW, &mut out);
    assert!(out.text.len() < LONGEST + 40);
    let mut export = ExportReader::new();
    export.push(b"MESSAGE=", &mut out, &mut |_| true);
    for _ in 0..100 {
        export.push(&piece, &mut out, &mut |_| true);
    }
    export.push(b"\n__CURSOR=c\n__REALTIME_TIMESTAMP=5\n\n", &mut out, &mut |_| true);
    assert_eq!(out.lines.len(), 2);
    assert!(out.text_of(1).ends_with("… 104.7 MB more".as_bytes()));
}
