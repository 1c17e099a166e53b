//! The keys of `[[env.sync]]`.

use super::{Section, key};

/// A directory that is replaced by another environment's.
pub(crate) const SYNC: Section = Section {
    header: "`[[env.sync]]`",
    keys: &[
        key("name", r#"name = "data""#),
        key("host", r#"host = "dev1""#),
        key("from", r#"from = { env = "production" }"#),
        key("to", r#"to = "/srv/app/data""#),
        key("scrub", r#"scrub = "exec /srv/app/bin/scrub""#),
    ],
};

/// Where its data comes from.
pub(crate) const SYNC_FROM: Section = Section {
    header: "a sync's `from`",
    keys: &[
        key("env", r#"env = "production""#),
        key("host", r#"host = "web1""#),
        key("path", r#"path = "/srv/app/data""#),
    ],
};

/// Why it is not scrubbed.
pub(crate) const SCRUB: Section = Section {
    header: "`scrub`",
    keys: &[key("waived", r#"waived = "it holds nothing of people""#)],
};
