//! The doctor's rules by name. What each looks for stands in `doctor`, a file a rule.

macro_rules! rules {
    ($($variant:ident $name:literal $text:literal;)*) => {
        /// A rule of the doctor.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
        pub enum Rule {
            $(#[doc = $text] $variant,)*
        }

        impl Rule {
            /// Every rule.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Kebab-case, as in the config, in JSON and on the screen.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// One line of what it finds.
            pub const fn doc(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// The rule of that name.
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

rules! {
    // Services.
    CrashLoop "crash-loop" "a service is started again and again";
    // Ports.
    ForeignPortOwner "foreign-port-owner" "a declared port is held by something else than its service";
    PortNotListening "port-not-listening" "a service runs and does not listen on a port that it declares";
    UndeclaredPort "undeclared-port" "something listens that no service declares";
    ExposedPort "exposed-port" "a port declared for its own host can be reached from others";
    PortConflict "port-conflict" "two services of a host declare the same port";
    PortOutOfRange "port-out-of-range" "something listens outside the ports that the environment allows";
    PortOwnerUnknown "port-owner-unknown" "a declared port is held by somebody whom we may not see";
    // Backups.
    BackupWrongSource "backup-wrong-source" "the newest backup is of something else than its source";
    BackupCorrupt "backup-corrupt" "the newest backup is empty or cannot be read";
    BackupMissing "backup-missing" "there is no backup at all";
    BackupNeverRan "backup-never-ran" "what makes a backup has never run, is off, or failed";
    BackupLate "backup-late" "the newest backup that counts is older than it may be";
    BackupTooSmall "backup-too-small" "the newest backup is smaller than one can be";
    BackupShrunk "backup-shrunk" "the newest backup is much smaller than those before it";
    BackupThinRetention "backup-thin-retention" "fewer backups are kept than should be, or ever can be";
    BackupSameDisk "backup-same-disk" "backups are on the file system of what they are to save";
    BackupUnverified "backup-unverified" "nobody knows whether a backup is any good";
    BackupUndefined "backup-undefined" "data of a service in production that no backup covers";
}
