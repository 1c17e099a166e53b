//! quarterdeck: an operations console in the terminal. See ARCHITECTURE.md for the house.

pub mod effect;
pub mod model;
pub mod msg;
pub mod ui;
