//! What can be done to a service: each has a stable word, which is also the command's.

use super::words::words;

words! {
    /// What is done.
    Verb;
    Start "start" "start it";
    Stop "stop" "stop it";
    Restart "restart" "stop it and start it again";
    Reload "reload" "let it read its configuration again, without an interruption";
    ResetFailed "reset-failed" "forget that it failed, and how often it was restarted";
    Enable "enable" "start it at boot from now on";
    Disable "disable" "do not start it at boot any more";
    DaemonReload "daemon-reload" "let systemd read all unit files again";
    Kill "kill" "send its processes a signal";
    Run "run" "run a timer's unit or a command now";
    Adopt "adopt" "stop what was started by hand in its place, and start the unit";
    Action "action" "run what the config declares";
    Deploy "deploy" "put another revision in its place, and prove it healthy";
    Rollback "rollback" "go back to a revision that was healthy";
    Backup "backup" "make a copy now, and prove it";
    Restore "restore" "bring data back from a copy, keeping what is there beside it";
    Sync "sync" "replace data by that of a dearer environment, keeping what is there beside it";
    DropIn "drop-in" "change a setting of its unit by a drop-in file, keeping the old one";
}

impl Verb {
    /// Whether the service does not serve for a moment, or not any more.
    pub const fn interrupts(self) -> bool {
        match self {
            Self::Stop
            | Self::Restart
            | Self::Kill
            | Self::Adopt
            | Self::Deploy
            | Self::Rollback
            | Self::Restore
            | Self::Sync => true,
            Self::Start
            | Self::Reload
            | Self::ResetFailed
            | Self::Enable
            | Self::Disable
            | Self::DaemonReload
            | Self::Run
            | Self::Action
            | Self::Backup
            | Self::DropIn => false,
        }
    }

    /// Whether it is about a backup, whose name stands where others have a service's.
    pub const fn is_of_backup(self) -> bool {
        matches!(self, Self::Backup | Self::Restore)
    }

    /// What is being done, for a sentence.
    pub const fn doing(self) -> &'static str {
        match self {
            Self::Start => "starting",
            Self::Stop => "stopping",
            Self::Restart => "restarting",
            Self::Reload => "reloading",
            Self::ResetFailed => "resetting",
            Self::Enable => "enabling",
            Self::Disable => "disabling",
            Self::DaemonReload => "reloading systemd for",
            Self::Kill => "signaling",
            Self::Run => "running",
            Self::Adopt => "adopting",
            Self::Action => "acting on",
            Self::DropIn => "changing",
            Self::Deploy => "deploying",
            Self::Rollback => "rolling back",
            Self::Backup => "backing up",
            Self::Restore => "restoring",
            Self::Sync => "syncing",
        }
    }
}

words! {
    /// A signal that may be sent by hand (signal(7)).
    Signal;
    Term "TERM" "end, in order";
    Kill "KILL" "end at once; nothing is tidied up";
    Hup "HUP" "by custom: read the configuration again";
    Int "INT" "as ctrl-c";
    Quit "QUIT" "end with a core dump; a Java process prints its threads";
    Usr1 "USR1" "as the program has it";
    Usr2 "USR2" "as the program has it";
    Stop "STOP" "hold it";
    Cont "CONT" "let it go on";
}
