//! Rules on hosts.

pub(super) mod blind;
pub(super) mod clock_skew;
pub(super) mod disk_full;
pub(super) mod disk_read_only;
pub(super) mod memory_full;
pub(super) mod reboot_required;
