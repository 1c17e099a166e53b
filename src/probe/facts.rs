//! What a host is: system, rights, disks, clock. Read once a connection and then rarely.

use crate::model::host::Disk;
use crate::model::text::clean;

/// Runs on the host.
pub const SCRIPT: &str = include_str!("facts.sh");

/// An answer of `qd_facts`. An absent value is one that the host does not have.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Facts {
    /// The host's wall clock, microseconds since the epoch.
    pub wall: Option<i64>,
    /// Since boot, in microseconds.
    pub uptime: Option<u64>,
    /// When PID 1 began, in microseconds since the kernel's boot: later in a container.
    pub init: Option<u64>,
    /// `/proc/sys/kernel/random/boot_id`.
    pub boot_id: String,
    /// The kernel's release.
    pub kernel: String,
    /// `PRETTY_NAME` of os-release(5).
    pub os: String,
    /// Who we are there.
    pub user: String,
    /// Processors online.
    pub cpus: u32,
    /// systemd's version, where it runs the host.
    pub systemd: Option<String>,
    /// The system's journal can be read.
    pub journal: bool,
    /// `sudo -n` works.
    pub sudo: bool,
    /// File systems with a disk behind them; absent when `df` did not answer in time.
    pub disks: Option<Vec<Disk>>,
    /// All that `df` tells of lies on disks of this host or in its memory, and does not hang with a
    /// network or a program.
    pub own_disks: bool,
}

/// Reads an answer of `qd_facts` or, for the disks alone, of `qd_disks`.
pub fn parse_facts(text: &str) -> Facts {
    let mut facts = Facts::default();
    let mut sizes = Vec::new();
    let mut inodes = Vec::new();
    let mut fallen = Vec::new();
    for line in text.lines() {
        let (key, value) = line.split_once(' ').unwrap_or((line, ""));
        let value = value.trim();
        match key {
            "wall" => facts.wall = wall(value),
            "up" => facts.uptime = super::tick::seconds(value),
            "init" => facts.init = ticks(value),
            "boot" => facts.boot_id = clean(value, 64),
            "kernel" => facts.kernel = clean(value, 128),
            "os" => facts.os = clean(value.trim_matches('"'), 128),
            "user" => facts.user = clean(value, 64),
            "cpus" => facts.cpus = value.parse().unwrap_or(0),
            "systemd" => facts.systemd = Some(systemd_version(value)),
            "journal" => facts.journal = true,
            "sudo" => facts.sudo = value == "1",
            "df" => sizes.extend(df_line(value)),
            "di" => inodes.extend(df_line(value)),
            "fallen" => fallen.push(value),
            _ => {}
        }
    }
    if !sizes.is_empty() {
        facts.disks = Some(join(&sizes, &inodes, &fallen));
        facts.own_disks = sizes.iter().all(|(device, ..)| is_own(device));
    }
    facts
}

/// Clock ticks and how many make a second.
pub(super) fn ticks(value: &str) -> Option<u64> {
    let (ticks, per_second) = value.split_once(' ')?;
    let (ticks, per_second): (u64, u64) = (ticks.parse().ok()?, per_second.parse().ok()?);
    ticks.checked_mul(1_000_000)?.checked_div(per_second)
}

/// `date +%s.%N`; busybox 1.35 prints the letters `%N`, then only whole seconds are known and the
/// middle of the second is the best guess.
fn wall(value: &str) -> Option<i64> {
    let (secs, fraction) = value.split_once('.')?;
    let secs: i64 = secs.parse().ok()?;
    let micros = match fraction.get(..6).and_then(|six| six.parse::<i64>().ok()) {
        Some(micros) if fraction.len() == 9 => micros,
        _ => 500_000,
    };
    secs.checked_mul(1_000_000)?.checked_add(micros)
}

/// `systemd 252 (252.39-1~deb12u2)`, or `systemd 229` in old versions.
fn systemd_version(line: &str) -> String {
    let inner = line.split_once('(').and_then(|(_, rest)| rest.split_once(')'));
    let version = inner.map_or_else(|| line.trim_start_matches("systemd").trim(), |(v, _)| v);
    clean(version, 64)
}

/// Whether a file system's source, as `df` has it, is one of this host. That of a program (FUSE) or of a
/// server may be called anything else.
fn is_own(device: &str) -> bool {
    device.starts_with("/dev/")
        || matches!(
            device,
            "tmpfs" | "devtmpfs" | "udev" | "dev" | "run" | "shm" | "none" | "overlay" | "efivarfs"
        )
}

/// Device, all, available, mount of one line of `df -P`; none for its heading.
fn df_line(line: &str) -> Option<(&str, u64, u64, &str)> {
    let mut rest = line;
    let mut word = || {
        let trimmed = rest.trim_start();
        let end = trimmed.find(' ')?;
        let (word, tail) = trimmed.split_at_checked(end)?;
        rest = tail;
        Some(word)
    };
    let device = word()?;
    // A file system without inodes has a dash, which is no number.
    let all = word()?;
    let _used = word()?;
    let available = word()?;
    let _percent = word()?;
    let number = |w: &str| if w == "-" { Some(0) } else { w.parse::<u64>().ok() };
    Some((device, number(all)?, number(available)?, rest.trim()))
}

/// Keeps what has a device behind it, once a device: bind mounts repeat it.
fn join(
    sizes: &[(&str, u64, u64, &str)],
    inodes: &[(&str, u64, u64, &str)],
    fallen: &[&str],
) -> Vec<Disk> {
    let mut seen = std::collections::BTreeSet::new();
    let mut disks = Vec::new();
    for (device, size, available, mount) in sizes {
        let memory = matches!(*device, "tmpfs" | "devtmpfs" | "udev" | "none" | "shm" | "overlay")
            && *mount != "/";
        let image = device.starts_with("/dev/loop");
        // What a container's manager binds in is not the container's.
        let bound = ["/run/", "/proc/", "/sys/", "/dev/"].iter().any(|p| mount.starts_with(p));
        if *size == 0 || memory || image || bound || (*mount != "/" && !seen.insert(*device)) {
            continue;
        }
        seen.insert(device);
        let free = inodes.iter().find(|(_, _, _, at)| at == mount);
        disks.push(Disk {
            mount: clean(mount, 256),
            size: size.saturating_mul(1024),
            available: available.saturating_mul(1024),
            inodes: free.map_or(0, |(_, all, _, _)| *all),
            inodes_available: free.map_or(0, |(_, _, free, _)| *free),
            fallen_read_only: fallen.contains(mount),
        });
    }
    disks.truncate(64);
    disks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_debian_host() {
        let text = "wall 1795237326.500000000\nup 166.74\nboot 7b67709b\nkernel 6.1.0\n\
            os \"Debian GNU/Linux 12 (bookworm)\"\nuser ops\ncpus 2\n\
            systemd systemd 252 (252.39-1~deb12u2)\njournal 1\nsudo 0\n\
            df Filesystem     1024-blocks   Used Available Capacity Mounted on\n\
            df udev                357020      0    357020       0% /dev\n\
            df /dev/vda           3021608 667156   2180784      24% /\n\
            di /dev/vda       196608 12519 184089    7% /\nfallen /\n";
        let facts = parse_facts(text);
        assert_eq!(facts.systemd.as_deref(), Some("252.39-1~deb12u2"));
        assert_eq!(facts.os, "Debian GNU/Linux 12 (bookworm)");
        assert_eq!(facts.wall, Some(1_795_237_326_500_000));
        assert!(facts.journal && !facts.sudo);
        let disks = facts.disks.unwrap();
        assert_eq!(disks.len(), 1);
        assert_eq!((disks[0].mount.as_str(), disks[0].inodes_available), ("/", 184_089));
        assert!(disks[0].fallen_read_only);
        assert!(facts.own_disks);
        for other in ["nas:/export", "me@host:", "//nas/share", "hung.py"] {
            let text = format!("{text}\ndf {other} 100 50 50 50% /mnt\n");
            assert!(!parse_facts(&text).own_disks, "{other}");
        }
        assert!(!parse_facts("up 1.0\n").own_disks, "no answer is no proof");
    }

    #[test]
    fn busybox_has_whole_seconds() {
        assert_eq!(wall("1795237326.%N"), Some(1_795_237_326_500_000));
    }

    #[test]
    fn a_mount_with_spaces_is_kept_whole() {
        let line = "/dev/sdb1 100 50 50 50% /mnt/my disk";
        assert_eq!(df_line(line), Some(("/dev/sdb1", 100, 50, "/mnt/my disk")));
    }
}
