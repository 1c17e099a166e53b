//! What is true and what is asked. Pure data and pure functions: nothing here reads a clock,
//! a file or a socket, and nothing here knows how it is drawn.

pub mod command;
pub mod fault;
pub mod ids;
pub mod observed;
pub mod severity;
pub mod spec;
pub mod time;
