//! Whatever a line is, its facts are of it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use quarterdeck::model::log::{Batch, Flags};
use quarterdeck::probe::log::{FileReader, level_of};

const NOW: i64 = 1_795_230_000_000_000;

fuzz_target!(|bytes: &[u8]| {
    let _level = level_of(bytes);
    let mut out = Batch::default();
    let mut reader = FileReader::new(0, 3600);
    reader.push(bytes, NOW, &mut out);
    reader.partial(NOW, &mut out);
    for (place, line) in out.lines.iter().enumerate() {
        assert!(usize::from(line.body) <= out.text_of(place).len());
        assert!(place > 0 || !line.flags.has(Flags::CONTINUED));
    }
});
