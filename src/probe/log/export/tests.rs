//! Entries as journalctl exports them.

use super::ExportReader;
use crate::model::log::batch::LONGEST;
use crate::model::log::{Batch, Flags, Level, Mark};
use crate::probe::log::tests::{NOW, flags};

fn field(name: &str, value: &[u8]) -> Vec<u8> {
    let mut out = format!("{name}\n").into_bytes();
    out.extend_from_slice(&(value.len() as u64).to_le_bytes());
    out.extend_from_slice(value);
    out.push(b'\n');
    out
}

fn entry(n: u32, more: &[u8]) -> Vec<u8> {
    let mut out = format!(
        "__CURSOR=s={n}\n__REALTIME_TIMESTAMP={}\nSYSLOG_IDENTIFIER=app\n_PID=7\nPRIORITY=6\n",
        NOW + i64::from(n)
    )
    .into_bytes();
    out.extend_from_slice(more);
    out.push(b'\n');
    out
}

fn export(bytes: &[u8], piece: usize) -> (Batch, ExportReader, Vec<String>) {
    let mut reader = ExportReader::new();
    let mut out = Batch::default();
    let mut seen = Vec::new();
    for piece in bytes.chunks(piece) {
        reader.push(piece, &mut out, &mut |entry| {
            seen.push(entry.cursor.to_owned());
            entry.cursor != "s=3"
        });
    }
    (out, reader, seen)
}

#[test]
fn entries_of_the_journal_in_any_pieces() {
    let mut bytes = entry(1, b"MESSAGE=ERROR it broke\n_SYSTEMD_UNIT=a.service\n");
    bytes.extend(entry(2, &field("MESSAGE", b"one\n\ntwo\n")));
    bytes.extend(entry(3, b"MESSAGE=had already\n"));
    bytes.extend(entry(4, &field("COREDUMP", &[b'\n'; 5000])));
    bytes.extend(entry(5, &field("MESSAGE", &vec![b'x'; LONGEST + 10])));
    bytes.extend(entry(6, b"MESSAGE=\n"));
    let whole = export(&bytes, usize::MAX);
    let texts = (0..4).map(|n| String::from_utf8_lossy(whole.0.text_of(n)).into_owned());
    assert_eq!(texts.collect::<Vec<_>>(), ["app[7]: ERROR it broke", "app[7]: one", "", "two"]);
    assert_eq!(whole.0.lines[0].level, Level::Error);
    assert_eq!(whole.0.lines[0].body, 8);
    assert_eq!(whole.0.lines[1].level, Level::Info);
    assert_eq!(whole.0.lines[1].at, NOW + 2);
    assert_eq!(flags(&whole.0, Flags::CONTINUED), [2, 3, 5]);
    assert_eq!(flags(&whole.0, Flags::CUT), [4]);
    assert_eq!(whole.0.lines.len(), 6);
    assert_eq!(whole.2, ["s=1", "s=2", "s=3", "s=4", "s=5", "s=6"]);
    let mut reader = whole.1.clone();
    let (first, last) = reader.marks();
    assert_eq!(first, Some(Mark::Cursor("s=1".into(), NOW + 1)));
    assert_eq!(last, Some(Mark::Cursor("s=6".into(), NOW + 6)));
    for piece in [1, 2, 3, 7, 100, 4096] {
        let (batch, mut reader, seen) = export(&bytes, piece);
        assert_eq!((&batch, &seen), (&whole.0, &whole.2), "{piece}");
        assert_eq!(reader.marks().1, Some(Mark::Cursor("s=6".into(), NOW + 6)));
    }
}

#[test]
fn a_trace_over_entries_stays_together() {
    let mut bytes = Vec::new();
    let lines = ["Traceback (most recent call last):", "  File \"a\"", "ValueError: x", "next"];
    for (n, line) in (1..).zip(lines) {
        bytes.extend(entry(n * 10, format!("MESSAGE={line}\n").as_bytes()));
    }
    let (batch, ..) = export(&bytes, usize::MAX);
    assert_eq!(flags(&batch, Flags::CONTINUED), [1, 2]);
    assert_eq!(batch.lines[2].level, Level::Error);
    assert_eq!(batch.lines[2].at, NOW + 10);
}

#[test]
fn recorded_entries_become_the_lines_that_journalctl_shows() {
    let recorded: [(&str, &[u8]); 3] = [
        ("247", include_bytes!("../../../../tests/fixtures/probe/journalctl/247/app.export")),
        ("252", include_bytes!("../../../../tests/fixtures/probe/journalctl/252/app.export")),
        ("257", include_bytes!("../../../../tests/fixtures/probe/journalctl/257/app.export")),
    ];
    for (version, bytes) in recorded {
        let mut reader = ExportReader::new();
        let mut out = Batch::default();
        let mut units = 0;
        let mut seen = 0;
        reader.push(bytes, &mut out, &mut |entry| {
            units += u32::from(entry.unit == Some("app.service"));
            seen += 1;
            assert_eq!(entry.invocation.map(str::len), Some(32), "{version}");
            true
        });
        assert_eq!((seen, units), (11, 11), "{version}");
        let body = |place: usize| {
            let body = out.text_of(place).get(usize::from(out.lines[place].body)..);
            String::from_utf8_lossy(body.expect("a body")).into_owned()
        };
        let lines: Vec<_> = (1..out.lines.len())
            .map(|place| (out.lines[place].level, body(place)))
            .filter(|(_, body)| !body.contains("CPU time"))
            .collect();
        let expected = [
            (Level::Info, "listening on 3444"),
            (Level::Error, "cannot open /srv/data: Read-only file system"),
            (Level::Warning, "\u{1b}[33mWARN\u{1b}[0m slow query"),
            (Level::Error, "{\"level\":50,"),
            (Level::Error, "Traceback (most recent call last):"),
            (Level::Error, "  File \"app.py\", line 3, in <module>"),
            (Level::Error, "ValueError: x"),
            (Level::Warning, "bytes \u{fffd}\u{fffd}\0 end"),
            (Level::Notice, "b\u{e4}ckup done \u{2713}"),
            (
                Level::Notice,
                "app.service: Main process exited, code=exited, status=3/NOTIMPLEMENTED",
            ),
            (Level::Warning, "app.service: Failed with result 'exit-code'."),
        ];
        assert_eq!(lines.len(), expected.len(), "{version}: {lines:?}");
        for ((level, text), (expected, start)) in lines.iter().zip(expected) {
            assert!(text.starts_with(start), "{version}: {text:?} {start:?}");
            assert_eq!(*level, expected, "{version}: {text}");
        }
        let json = &out.lines[4];
        assert!(json.flags.has(Flags::JSON));
        assert_eq!(flags(&out, Flags::CONTINUED), [6, 7]);
        assert!(matches!(reader.marks(), (Some(_), Some(Mark::Cursor(..)))));
    }
}

#[test]
fn a_long_identifier_leaves_room_for_the_message() {
    for name in ["n".repeat(5000), "ü".repeat(30)] {
        let said = format!("SYSLOG_IDENTIFIER={name}\n_PID=7\nMESSAGE=it broke\n");
        let bytes = format!("__CURSOR=s=1\n__REALTIME_TIMESTAMP={NOW}\n{said}\n").into_bytes();
        let (batch, ..) = export(&bytes, 100);
        let text = String::from_utf8(batch.text_of(0).to_vec()).unwrap();
        assert!(text.len() < 70 && text.ends_with("…[7]: it broke"), "{text}");
        assert_eq!(text.get(usize::from(batch.lines[0].body)..), Some("it broke"));
    }
}

#[test]
fn what_is_too_long_for_a_name_is_nothing_wherever_it_is_split() {
    for length in 78..84 {
        let mut bytes = entry(1, b"MESSAGE=one\n");
        bytes.extend(entry(2, format!("{}\nMESSAGE=two\n", "x".repeat(length)).as_bytes()));
        bytes.extend(entry(4, b"MESSAGE=four\n"));
        let whole = export(&bytes, usize::MAX);
        for piece in [1, 3, 80] {
            assert_eq!(export(&bytes, piece).0, whole.0, "{length} in pieces of {piece}");
        }
    }
}
