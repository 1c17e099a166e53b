//! Names of exit statuses and signals.

use super::unit::{Exit, ExitCode};

/// The name systemd gives an exit status that it sets itself when it cannot start a process.
/// Source: systemd.exec(5), "Process Exit Codes"; checked with `systemd-analyze exit-status` 252.
pub const fn status_name(status: i32) -> Option<&'static str> {
    Some(match status {
        200 => "CHDIR",
        201 => "NICE",
        202 => "FDS",
        203 => "EXEC",
        204 => "MEMORY",
        205 => "LIMITS",
        206 => "OOM_ADJUST",
        207 => "SIGNAL_MASK",
        208 => "STDIN",
        209 => "STDOUT",
        210 => "CHROOT",
        211 => "IOPRIO",
        212 => "TIMERSLACK",
        213 => "SECUREBITS",
        214 => "SETSCHEDULER",
        215 => "CPUAFFINITY",
        216 => "GROUP",
        217 => "USER",
        218 => "CAPABILITIES",
        219 => "CGROUP",
        220 => "SETSID",
        221 => "CONFIRM",
        222 => "STDERR",
        224 => "PAM",
        225 => "NETWORK",
        226 => "NAMESPACE",
        227 => "NO_NEW_PRIVILEGES",
        228 => "SECCOMP",
        229 => "SELINUX_CONTEXT",
        230 => "PERSONALITY",
        231 => "APPARMOR_PROFILE",
        232 => "ADDRESS_FAMILIES",
        233 => "RUNTIME_DIRECTORY",
        235 => "CHOWN",
        236 => "SMACK_PROCESS_LABEL",
        237 => "KEYRING",
        238 => "STATE_DIRECTORY",
        239 => "CACHE_DIRECTORY",
        240 => "LOGS_DIRECTORY",
        241 => "CONFIGURATION_DIRECTORY",
        242 => "NUMA_POLICY",
        243 => "CREDENTIALS",
        245 => "BPF",
        _ => return None,
    })
}

/// The signal's name without `SIG`, on Linux for x86 and ARM (signal(7)).
pub const fn signal_name(signal: i32) -> Option<&'static str> {
    Some(match signal {
        1 => "HUP",
        2 => "INT",
        3 => "QUIT",
        4 => "ILL",
        5 => "TRAP",
        6 => "ABRT",
        7 => "BUS",
        8 => "FPE",
        9 => "KILL",
        10 => "USR1",
        11 => "SEGV",
        12 => "USR2",
        13 => "PIPE",
        14 => "ALRM",
        15 => "TERM",
        24 => "XCPU",
        25 => "XFSZ",
        31 => "SYS",
        _ => return None,
    })
}

impl Exit {
    /// As systemd writes it: `203/EXEC`, `9/KILL`, or the bare number.
    pub fn label(&self) -> String {
        let name = match self.code {
            ExitCode::Exited => status_name(self.status),
            ExitCode::Killed | ExitCode::Dumped => signal_name(self.status),
        };
        match (name, self.code) {
            (Some(name), ExitCode::Dumped) => format!("{}/{name} (core)", self.status),
            (Some(name), ExitCode::Exited | ExitCode::Killed) => format!("{}/{name}", self.status),
            (None, _) => self.status.to_string(),
        }
    }

    /// Whether it ended as it should.
    pub const fn is_clean(&self) -> bool {
        matches!(self.code, ExitCode::Exited) && self.status == 0
    }
}
