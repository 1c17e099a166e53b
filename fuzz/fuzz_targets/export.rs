//! Entries in pieces become the same lines as in one.
#![no_main]

use libfuzzer_sys::fuzz_target;
use quarterdeck::model::log::Batch;
use quarterdeck::probe::log::ExportReader;

fuzz_target!(|data: (usize, Vec<u8>)| {
    let (piece, bytes) = data;
    let mut whole = Batch::default();
    let mut reader = ExportReader::new();
    reader.push(&bytes, &mut whole, &mut |_| true);
    let mut parts = Batch::default();
    let mut other = ExportReader::new();
    for piece in bytes.chunks(piece % 64 + 1) {
        other.push(piece, &mut parts, &mut |_| true);
    }
    assert_eq!(whole, parts);
    assert_eq!(reader.marks(), other.marks());
});
