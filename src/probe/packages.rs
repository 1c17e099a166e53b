//! What a host's package manager has done lately.

use crate::model::text::clean;

/// Runs on the host.
pub const SCRIPT: &str = include_str!("packages.sh");

/// Files that change with every change of packages: those of dpkg, rpm (since 4.16, and before),
/// apk and pacman.
pub const DATABASES: [&str; 5] = [
    "/var/lib/dpkg/status",
    "/var/lib/rpm/rpmdb.sqlite",
    "/var/lib/rpm/Packages",
    "/lib/apk/db/installed",
    "/var/log/pacman.log",
];
/// As many lines are kept.
const LINES: usize = 12;
/// Bytes of one.
const BYTES: usize = 300;

/// Reads an answer of `qd_packages`: lines such as dpkg.log(5) has, harmless to show.
pub fn parse_packages(text: &str) -> Vec<Box<str>> {
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    lines.take(LINES).map(|line| clean(line, BYTES).into()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_log_are_bounded_and_harmless() {
        // dpkg 1.21.22.
        let text = "2026-11-20 06:12:33 upgrade libssl3:amd64 3.0.15-1 3.0.16-1\n\n\
                    2026-11-20 06:12:35 remove \x1b[2Jold:amd64 1 <none>\n";
        let lines = parse_packages(&text.repeat(20));
        assert_eq!(lines.len(), LINES);
        assert_eq!(&*lines[0], "2026-11-20 06:12:33 upgrade libssl3:amd64 3.0.15-1 3.0.16-1");
        assert!(!lines[1].contains('\x1b'), "{}", lines[1]);
    }
}
