//! What systemd says of a unit. Times are microseconds of the host's `CLOCK_MONOTONIC`, which no
//! change of the host's clock moves; [`super::host::Host::at`] turns them into the console's time.

/// `LoadState` (systemctl(1), org.freedesktop.systemd1(5)).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum LoadState {
    /// The unit's file was read.
    Loaded,
    /// There is no such unit.
    NotFound,
    /// The file has a setting that systemd refuses.
    BadSetting,
    /// The file could not be read.
    Error,
    /// Linked to /dev/null by an administrator.
    Masked,
    /// A word that we do not know, or none.
    #[default]
    Other,
}

/// `ActiveState`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum ActiveState {
    /// Running, or done with `RemainAfterExit=`.
    Active,
    /// Running and reading its configuration again.
    Reloading,
    /// Not running.
    Inactive,
    /// Not running, and not by anybody's wish.
    Failed,
    /// On its way up, or waiting for the next automatic restart.
    Activating,
    /// On its way down.
    Deactivating,
    /// A word that we do not know (`maintenance`, `refreshing`), or none.
    #[default]
    Other,
}

/// How a process ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ExitCode {
    /// It returned a status (`CLD_EXITED`, 1).
    Exited,
    /// A signal ended it (`CLD_KILLED`, 2).
    Killed,
    /// A signal ended it and it dumped core (`CLD_DUMPED`, 3).
    Dumped,
}

impl ExitCode {
    /// The word in JSON, as systemd's own `EXIT_CODE=`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Exited => "exited",
            Self::Killed => "killed",
            Self::Dumped => "dumped",
        }
    }

    /// From `si_code` (waitid(2)), as in `ExecMainCode`.
    pub const fn from_si_code(code: i64) -> Option<Self> {
        match code {
            1 => Some(Self::Exited),
            2 => Some(Self::Killed),
            3 => Some(Self::Dumped),
            _ => None,
        }
    }
}

/// The main process's last end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Exit {
    /// How.
    pub code: ExitCode,
    /// The exit status, or the signal's number.
    pub status: i32,
    /// When, on `CLOCK_MONOTONIC`; none where not known.
    pub at: Option<u64>,
}

/// A unit's properties that matter.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct UnitFacts {
    /// Whether its file was read.
    pub load: LoadState,
    /// Why not, in systemd's words.
    pub load_error: String,
    /// Up, down, or between.
    pub active: ActiveState,
    /// The type's own state, such as `running`, `auto-restart`, `dead`.
    pub sub: Box<str>,
    /// Why it is not running, such as `exit-code`, `oom-kill`, `start-limit-hit`.
    pub result: Box<str>,
    /// `Type=`; empty for what is not a service.
    pub unit_type: Box<str>,
    /// `Restart=`.
    pub restart: Box<str>,
    /// `RestartSec=` in microseconds.
    pub restart_usec: Option<u64>,
    /// Automatic restarts that systemd counted; none before systemd 235 and for other unit types.
    pub n_restarts: Option<u32>,
    /// The main process, when there is one.
    pub main_pid: Option<u32>,
    /// When the last main process began.
    pub started: Option<u64>,
    /// How the last main process ended; none while it runs.
    pub exit: Option<Exit>,
    /// When the state last changed.
    pub changed: Option<u64>,
    /// When it last became active.
    pub activated: Option<u64>,
    /// Names one run of the unit; empty before systemd 232.
    pub invocation: Box<str>,
    /// `enabled`, `disabled`, `static`, `masked`, …; empty where there is no file.
    pub unit_file_state: Box<str>,
    /// The file on disk is newer than what systemd has read.
    pub need_daemon_reload: bool,
    /// For people.
    pub description: Box<str>,
    /// The unit's file.
    pub fragment: Box<str>,
    /// Its drop-ins.
    pub drop_ins: Vec<Box<str>>,
    /// Where its processes are, below the cgroup root.
    pub control_group: Box<str>,
    /// Memory of the whole unit in bytes, where accounting is on.
    pub memory: Option<u64>,
    /// Processor time of the whole unit so far in nanoseconds, where accounting is on.
    pub cpu_nsec: Option<u64>,
    /// Its conditions did not hold at the last start.
    pub condition_failed: bool,
    /// Units that start it on demand (timers, sockets, paths).
    pub triggered_by: Vec<Box<str>>,
    /// Units that start it by being started themselves (`WantedBy=`, `RequiredBy=`).
    pub wanted_by: Vec<Box<str>>,
    /// `User=`; empty is root.
    pub user: Box<str>,
    /// `WorkingDirectory=`, with a leading `-` or `!` where it may be missing.
    pub directory: Box<str>,
    /// As many starts within [`Self::limit_usec`] are allowed (`StartLimitBurst=`).
    pub limit_burst: Option<u32>,
    /// `StartLimitIntervalSec=` in microseconds.
    pub limit_usec: Option<u64>,
    /// `TimeoutStartSec=` in microseconds.
    pub start_timeout: Option<u64>,
    /// `TimeoutStopSec=` in microseconds.
    pub stop_timeout: Option<u64>,
    /// `MemoryMax=` in bytes, where there is one.
    pub memory_max: Option<u64>,
    /// `EnvironmentFiles=`, without the `-` of those that may be missing.
    pub env_files: Vec<Box<str>>,
    /// Why its network is not the host's, as the setting says it: `PrivateNetwork=yes`,
    /// `NetworkNamespacePath=/run/netns/a`; empty where it is.
    pub network: Box<str>,
    /// What it may see and write of the file system.
    pub sandbox: Sandbox,
}

/// Settings of systemd.exec(5) that decide what a service may write.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Sandbox {
    /// `ProtectSystem=`: `no`, `yes`, `full` or `strict`.
    pub protect_system: Box<str>,
    /// `ProtectHome=`.
    pub protect_home: Box<str>,
    /// `ReadWritePaths=`, as written: `-` and `+` may stand before a path.
    pub read_write: Vec<Box<str>>,
    /// `ReadOnlyPaths=`.
    pub read_only: Vec<Box<str>>,
    /// `StateDirectory=`, `LogsDirectory=`, `CacheDirectory=`, `RuntimeDirectory=` and
    /// `ConfigurationDirectory=` as whole paths.
    pub own: Vec<Box<str>>,
    /// `BindPaths=`, the side within the sandbox.
    pub bound: Vec<Box<str>>,
}

impl Sandbox {
    /// Whether a process in it may write below `path`; what a unit's user may is another question.
    ///
    /// systemd.exec(5): `strict` mounts the whole file system read-only but `/dev`, `/proc`, `/sys`
    /// and what is excepted; `full` does so with `/usr`, `/boot`, `/efi` and `/etc`, `yes` without
    /// `/etc`.
    pub fn writable(&self, path: &str) -> bool {
        let below = |parent: &str| is_below(path, parent);
        if self.own.iter().chain(&self.bound).any(|p| below(p)) {
            return true;
        }
        let longest = |list: &[Box<str>]| {
            let plain = list.iter().map(|p| p.trim_start_matches(['-', '+']));
            plain.filter(|p| below(p)).map(str::len).max()
        };
        let (open, closed) = (longest(&self.read_write), longest(&self.read_only));
        match (open, closed) {
            (Some(open), closed) => closed.is_none_or(|closed| open >= closed),
            (None, Some(_)) => false,
            (None, None) => match &*self.protect_system {
                "strict" => ["/dev", "/proc", "/sys"].into_iter().any(below),
                "full" => !["/usr", "/boot", "/efi", "/etc"].into_iter().any(below),
                "yes" | "true" => !["/usr", "/boot", "/efi"].into_iter().any(below),
                _ => true,
            },
        }
    }
}

/// Whether a path is another one or below it, by whole names.
pub fn is_below(path: &str, parent: &str) -> bool {
    let parent = parent.trim_end_matches('/');
    path.strip_prefix(parent).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

impl UnitFacts {
    /// Whether it comes up again after a reboot; none where the file says nothing about it
    /// (static, generated, transient: something else starts it).
    pub fn enabled(&self) -> Option<bool> {
        match &*self.unit_file_state {
            "enabled" | "enabled-runtime" | "linked" | "alias" => Some(true),
            "disabled" | "masked" | "masked-runtime" => Some(false),
            _ => None,
        }
    }

    /// Whether systemd starts it again by itself.
    pub fn restarts_itself(&self) -> bool {
        !self.restart.is_empty() && &*self.restart != "no"
    }
}

/// A line of the journal, harmless to show.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct JournalLine {
    /// On the host's wall clock, microseconds since the epoch.
    pub at: i64,
    /// 0 emergency to 7 debug (syslog(3)).
    pub priority: Option<u8>,
    /// Who said it, such as `systemd[1]`.
    pub from: String,
    /// What.
    pub text: String,
}

/// Everything about one unit that is read on demand.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct UnitDetail {
    /// Properties in systemd's own names and words, in reading order.
    pub properties: Vec<(String, String)>,
    /// The unit's file and its drop-ins as they are on disk: path and text.
    pub files: Vec<(String, String)>,
    /// The journal's last lines of it, oldest first.
    pub journal: Vec<JournalLine>,
    /// What could not be read and why.
    pub warnings: Vec<String>,
}
