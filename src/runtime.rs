//! Every effect and all IO: connections, collectors, the bus, the store, the clock. Knows nothing
//! of keys or frames; speaks with the rest through `Effect` and `Msg` alone.

pub mod audit;
pub mod bus;
pub mod clock;
pub mod collector;
mod copy;
pub mod engine;
pub mod extract;
pub mod hook;
pub mod host;
pub mod local;
pub mod scan;
pub mod simulated;
pub mod ssh;
pub mod store;
pub mod tail;
pub mod transport;
pub mod watch_config;
mod worktree;
