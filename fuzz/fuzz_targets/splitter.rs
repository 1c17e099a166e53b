//! Bytes in pieces become the same lines as in one, and nothing is lost.
#![no_main]

use libfuzzer_sys::fuzz_target;
use quarterdeck::model::log::Batch;
use quarterdeck::probe::log::FileReader;

const NOW: i64 = 1_795_230_000_000_000;

fuzz_target!(|data: (usize, Vec<u8>)| {
    let (piece, bytes) = data;
    let mut whole = Batch::default();
    let mut reader = FileReader::new(0, 0);
    reader.push(&bytes, NOW, &mut whole);
    let told = bytes.iter().rposition(|b| *b == b'\n').map_or(0, |last| last + 1);
    assert_eq!(reader.offset(), told as u64);
    let mut parts = Batch::default();
    let mut reader = FileReader::new(0, 0);
    for piece in bytes.chunks(piece % 64 + 1) {
        reader.push(piece, NOW, &mut parts);
    }
    assert_eq!(whole, parts);
    let lines =
        bytes[..told].split(|b| *b == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    for (place, line) in lines.take(whole.lines.len()).enumerate() {
        assert_eq!(whole.text_of(place), line);
    }
    assert!(whole.lines.windows(2).all(|pair| pair[0].at <= pair[1].at));
});
