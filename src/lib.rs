//! quarterdeck: an operations console in the terminal. See ARCHITECTURE.md for the house.

pub mod config;
pub mod effect;
pub mod keymap;
pub mod model;
pub mod msg;
pub mod theme;
pub mod ui;
