//! Backups: copies of a directory, what is in the newest, and beside it the live source. What is
//! read often is cheap; what reads content says so in its name and is asked for rarely.

mod check;

mod list;
mod tool_check;
mod tools;

pub use check::parse_check;

pub use tool_check::{ToolCheck, parse_tool_check};
pub use tools::{parse_borg, parse_command, parse_git, parse_restic};

pub use list::{Listing, parse_listing, parse_source};

/// Runs on the host.
pub const SCRIPTS: [&str; 3] = [
    include_str!("backups/list.sh"),
    include_str!("backups/check.sh"),
    include_str!("backups/tools.sh"),
];
