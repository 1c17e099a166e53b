//! Logs: lines of many sources, each in an order of its own, merged by time when they are looked
//! at. Lines are kept as the bytes that came, in blocks; what is known of a line beside its text
//! is 16 bytes. Nothing here reads a host or knows how a line is drawn.

pub mod batch;
pub mod bits;
pub mod extract;
pub mod fields;
pub mod filter;
pub mod held;
pub mod histogram;
pub mod ink;
pub mod level;
pub mod search;
pub mod source;
pub mod store;
pub mod stream;
pub mod view;
pub mod walk;

pub use batch::{Batch, Flags, Line};
pub use filter::{Filter, Pattern};
pub use ink::plain;
pub use level::Level;
pub use source::{Fetch, FetchFrom, Mark, Means, Origin, Stream, Tail, TailId, TailState};
pub use store::Logs;
pub use stream::{Beyond, StreamLog};
pub use walk::{Key, Spot};

#[cfg(test)]
mod tests;
