//! The probes: the collector's program in real shells, its client against all that a host may
//! print, and the parsers on recorded outputs and on nonsense.

mod checks;
mod client;
mod hostile;
mod jobs;
mod logs;
mod parsers;
mod proxy;
mod shell;
mod shells;
mod tails;
