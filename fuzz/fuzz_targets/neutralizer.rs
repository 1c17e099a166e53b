//! Nothing that a terminal would obey comes out, styled or plain, and both are the same text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use quarterdeck::model::log::fields::{fields, pretty};
use quarterdeck::model::log::ink::{plain, spans};
use quarterdeck::model::text::is_hostile;

fuzz_target!(|bytes: &[u8]| {
    let text = plain(bytes);
    assert!(!text.contains(is_hostile));
    let joined: String = spans(bytes).into_iter().map(|span| span.text).collect();
    assert_eq!(joined, text);
    for (path, value) in fields(bytes) {
        assert!(!path.contains(is_hostile) && !value.contains(is_hostile));
    }
    assert!(pretty(bytes).iter().all(|line| !line.contains(is_hostile)));
});
