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
    // The reverse proxy.
    ProxyConfigInvalid "proxy-config-invalid" "nginx refuses its configuration";
    ProxyNotReloaded "proxy-not-reloaded" "nginx works by an older configuration than the one on the disk";
    MixedUpstream "mixed-upstream" "a pool of nginx mixes different services";
    DeadUpstream "dead-upstream" "nginx sends requests to where nobody takes them";
    // Scripts.
    RestartScriptNoOp "restart-script-no-op" "a script ends processes by words that no process has";
    BackupLossyCopy "backup-lossy-copy" "a backup script leaves hidden files out";
    DumpPipeHidesFailure "dump-pipe-hides-failure" "a dump in a pipe may fail unseen";
    PruneByAgeOnly "prune-by-age-only" "a script deletes backups by age, also the last good one";
    OldContainerName "old-container-name" "a script names a container as Compose v1 did";
}
