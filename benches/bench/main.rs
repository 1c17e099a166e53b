//! What a frame, a message and an answer cost. Each number is one operation as the console does
//! it: a whole frame, a second's worth of a fleet's messages, an answer of a host.
//!
//! `cargo bench --bench bench`, and `-- frame` for one part of it.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a helper of a bench may fail it, like the helpers of the tests"
)]

// The fleets that the tests draw.
mod doctor;
#[expect(dead_code, reason = "the benches need fewer fleets than the tests")]
#[path = "../../tests/it/fixtures.rs"]
mod fixtures;
mod frame;
mod log;
mod parse;
mod search;
mod update;

fn main() {
    divan::main();
}
