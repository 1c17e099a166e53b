//! The console.
use super::Outcome;
use super::args::{Console, Demo, Fleet};
pub(super) fn run(_fleet: &Fleet, _console: &Console) -> Outcome {
    Ok(0)
}
pub(super) fn demo(_demo: &Demo, _console: &Console) -> Outcome {
    Ok(0)
}
