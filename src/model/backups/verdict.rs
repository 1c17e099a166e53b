//! What can be said of a backup.

/// The verdict on a backup, as in `status --json`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub enum BackupVerdict {
    /// Young enough, and of the right thing.
    Fresh,
    /// The newest one that counts is too old.
    Late,
    /// None is there.
    Missing,
    /// It is not of its source.
    WrongSource,
    /// Much smaller than those before it, or smaller than it may be.
    Shrunk,
    /// The newest one cannot be read, or is empty.
    Corrupt,
    /// Nobody knows whether it is any good.
    Unverified,
    /// Not as many are kept as should be, or as ever can be.
    ThinRetention,
    /// What makes it has never run.
    NeverRan,
}

impl BackupVerdict {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Fresh,
        Self::Late,
        Self::Missing,
        Self::WrongSource,
        Self::Shrunk,
        Self::Corrupt,
        Self::Unverified,
        Self::ThinRetention,
        Self::NeverRan,
    ];

    /// The word in JSON and on the screen.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fresh => "fresh",
            Self::Late => "late",
            Self::Missing => "missing",
            Self::WrongSource => "wrong-source",
            Self::Shrunk => "shrunk",
            Self::Corrupt => "corrupt",
            Self::Unverified => "unverified",
            Self::ThinRetention => "thin-retention",
            Self::NeverRan => "never-ran",
        }
    }
}
