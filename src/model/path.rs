//! Directories and files that services and backups rest on, as they are on a host.

/// Whether a path, or a part of one, is a pattern (glob(7)).
pub fn is_pattern(path: &str) -> bool {
    path.contains(['*', '?', '['])
}

/// What a path is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum PathKind {
    /// Nothing is there.
    #[default]
    Missing,
    /// A directory.
    Directory,
    /// A file.
    File,
    /// Something else: a socket, a device.
    Other,
    /// We may not look.
    Denied,
}

/// A path, looked at.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PathFacts {
    /// What it is.
    pub kind: PathKind,
    /// Names it whatever it is called: device and inode.
    pub identity: Option<(u64, u64)>,
    /// Its own last change, in seconds on the host's wall clock.
    pub changed: Option<i64>,
    /// For a directory, the last change of any file in it, in seconds on the host's wall clock.
    pub newest: Option<i64>,
    /// For a directory, files in it.
    pub files: Option<u64>,
    /// For a directory, bytes of those files.
    pub bytes: Option<u64>,
    /// Which file that is, harmless to show.
    pub newest_file: Option<Box<str>>,
    /// There is more than was looked at, or it took too long.
    pub partial: bool,
}
