//! The doctor's rules by name. What each looks for stands in `doctor`, a file a rule.

use super::words::words;

words! {
    /// A rule of the doctor. Its word is kebab-case, as in the config, in JSON and on the screen.
    Rule;
    // Services.
    CrashLoop "crash-loop" "a service is started again and again";
    UnitMissing "unit-missing" "a declared unit does not exist on the host";
    UnitNotLoadable "unit-not-loadable" "systemd refuses a unit's file, or it is masked";
    ExecFailed "exec-failed" "systemd could not execute a service's program (203/EXEC)";
    UserMissing "user-missing" "a service's user or group does not exist (217/USER, 216/GROUP)";
    WorkingDirectoryMissing "working-directory-missing" "a service's working directory cannot be entered (200/CHDIR)";
    NamespacePathMissing "namespace-path-missing" "a service's sandbox names a path that is not there (226/NAMESPACE)";
    SpawnFailed "spawn-failed" "systemd could not prepare a service's process, for another reason";
    ReadOnlyData "read-only-data" "a service's sandbox lets it not write what it must write";
    OutOfMemory "out-of-memory" "the kernel killed a service for lack of memory";
    StartLimitHit "start-limit-hit" "systemd has given up starting a service";
    StartLimitNeverTrips "start-limit-never-trips" "a service loops so slowly that systemd never gives up";
    ServiceFailed "service-failed" "a service is down against everybody's wish, for no reason known here";
    StuckUnit "stuck-unit" "a service is starting or stopping for too long";
    ConditionSkipped "condition-skipped" "a service was not started since its conditions did not hold";
    NotEnabled "not-enabled" "a service runs and does not come back after a reboot";
    DaemonReloadNeeded "daemon-reload-needed" "a unit's file on disk is newer than what systemd has read";
    ConfigNewerThanProcess "config-newer-than-process" "a service runs with older settings than those on disk";
    OldCode "old-code" "a service runs older code than that on disk";
    StaleDirectory "stale-directory" "what looks like a service's data is referred to, and nobody writes to it";
    // Jobs, processes and commands.
    JobFailed "job-failed" "the last run of a timer or of a job of cron failed";
    JobOverdue "job-overdue" "a job had to run and has not, or nothing starts it any more";
    JobNeverRan "job-never-ran" "a job was due and has never run, or no table has it";
    ProcessMissing "process-missing" "a service has too few processes, or too many";
    CommandFailing "command-failing" "a command that is run at an interval does not succeed";
    // Hosts.
    DiskFull "disk-full" "a file system has little room left, in bytes or inodes";
    DiskReadOnly "disk-read-only" "the kernel has made a file system read-only after errors";
    MemoryFull "memory-full" "a host has had little memory left for minutes";
    ClockSkew "clock-skew" "a host's clock is off";
    RebootRequired "reboot-required" "a host waits for a reboot";
    Blind "blind" "something of a host may not be seen, so that it proves nothing";
    HealthFailing "health-failing" "a service runs and does not pass its health checks";
    HealthSlow "health-slow" "a service answers its health checks slower than it may";
    HealthFlaky "health-flaky" "a service fails more than one in twenty of its health checks";
    CertificateExpires "certificate-expires" "the certificate behind a health check ends soon";
    // Ports.
    ForeignPortOwner "foreign-port-owner" "a declared port is held by something else than its service";
    PortNotListening "port-not-listening" "a service runs and does not listen on a port that it declares";
    UndeclaredPort "undeclared-port" "something listens that no service declares";
    ExposedPort "exposed-port" "a port declared for its own host, or for one address, can be reached on others";
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
