//! What may stand about backups.

use super::{Section, key};

/// A backup of an environment.
pub(crate) const BACKUP: Section = Section {
    header: "`[[env.backup]]`",
    keys: &[
        key("name", r#"name = "data""#),
        key("host", r#"host = "web1""#),
        key("source", r#"source = "/srv/api/data""#),
        key("database", r#"database = { postgres = "api" }"#),
        key("files", r#"files = "/srv/backups/data-*.tar.gz""#),
        key("restic", r#"restic = { repository = "/srv/restic" }"#),
        key("borg", r#"borg = { repository = "/srv/borg" }"#),
        key("git", r#"git = { directory = "/srv/api" }"#),
        key("command", r#"command = ["/usr/local/bin/last-backup"]"#),
        key("none", r#"none = "it can be built again""#),
        key("every", r#"every = "6h""#),
        key("grace", r#"grace = "30m""#),
        key("keep", "keep = 30"),
        key("restore_within", r#"restore_within = "30m""#),
        key("min_size", r#"min_size = "10KiB""#),
        key("time_from", r#"time_from = "mtime""#),
        key("timer", r#"timer = "backup.timer""#),
        key("cron", r#"cron = "/usr/local/bin/backup.sh""#),
        key("make", r#"make = "exec /usr/local/bin/backup.sh""#),
    ],
};

/// A database that is backed up.
pub(crate) const DATABASE: Section = Section {
    header: "a backup's `database`",
    keys: &[
        key("sqlite", r#"sqlite = "/srv/api/api.db""#),
        key("postgres", r#"postgres = "api""#),
        key("user", r#"user = "postgres""#),
        key("port", "port = 5432"),
        key("writers", r#"writers = ["api"]"#),
    ],
};

/// How many copies are kept.
pub(crate) const KEEP: Section = Section {
    header: "`keep`",
    keys: &[key("daily", "daily = 7"), key("weekly", "weekly = 4"), key("monthly", "monthly = 12")],
};

/// A repository of restic or borg.
pub(crate) const REPOSITORY: Section = Section {
    header: "a backup's repository",
    keys: &[
        key("repository", r#"repository = "/srv/restic""#),
        key("password_file", r#"password_file = "/root/.restic""#),
    ],
};

/// A work tree of git.
pub(crate) const GIT: Section =
    Section { header: "`git`", keys: &[key("directory", r#"directory = "/srv/api""#)] };
