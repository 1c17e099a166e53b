//! What is asked of a host and how its answers are read: for each probe a shell function that
//! runs there and a pure function from its output to facts. No transport, no clock, no failure:
//! what makes no sense becomes a warning or an absent value.

pub mod act;
pub mod backups;
pub mod checks;
pub mod collector;
pub mod detail;
pub mod facts;
pub mod history;
pub mod jobs;
pub mod journal;
pub mod log;
pub mod nginx;
pub mod packages;
pub mod paths;
pub mod ports;
pub mod processes;
pub mod properties;
pub mod quote;
pub mod scripts;
pub mod survey;
pub mod tail;
pub mod tick;
pub mod units;
pub mod words;
