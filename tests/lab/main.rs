//! The built binary against real hosts, through `status --json` and through a terminal (tmux).
//! `tests/run` starts this; `tests/lab/lab` makes the hosts.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a helper of a test may fail it, like the test itself, and waits by the clock"
)]

mod databases;
mod deploys;
mod desk;
mod lab;
mod poll;
mod ports;

mod act;
mod acts;
mod backups;
mod changes;
mod checks;
mod containers;
mod crowds;
mod doctor;
mod drains;
mod endings;
mod fallback;
mod faults;
mod fleet;
mod floods;
mod incident;
mod init;
mod jobs;
mod links;
mod logins;
mod logs;
mod many;
mod proxy;
mod reload;
mod repositories;
mod restores;
mod screen;
mod states;
mod syncs;
mod terminal;
mod timeline;
