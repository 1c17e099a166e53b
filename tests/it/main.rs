//! The tests from outside, all in one binary: each further one would be linked anew.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a helper of a test may fail it, like the test itself"
)]

mod acting;
mod artifacts;
mod drains;
mod fixtures;
mod frames;
mod health;
mod invalid_configs;
mod logs;
mod probes;
mod reducers;
mod rollouts;
mod tidy;
mod timeline;
