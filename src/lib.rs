//! quarterdeck: an operations console in the terminal. See ARCHITECTURE.md for the house.

pub mod app;
pub mod cli;
pub mod config;
pub mod doctor;
pub mod effect;
pub mod keymap;
pub mod model;
pub mod msg;
pub mod ops;
pub mod probe;
pub mod runtime;
pub mod theme;
pub mod ui;
pub mod update;
