//! The tests from outside, all in one binary: each further one would be linked anew.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a helper of a test may fail it, like the test itself"
)]

mod artifacts;
mod invalid_configs;
mod probes;
