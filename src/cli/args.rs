//! The arguments. Help, completions and the manual page are made from these.

mod act;

use std::path::PathBuf;

use clap::{CommandFactory as _, Parser};

pub(super) use self::act::{
    Act, ActOnBackup, Backup, Declared, Deploy, Drill, DropIn, How, Kill, Ops, OpsCommand, Recover,
    Restore, Rollback, Sync,
};

/// An operations console in the terminal: the truth about every environment over SSH.
#[derive(Parser, Debug)]
#[command(
    name = "quarterdeck",
    version,
    about,
    long_about = "Shows the state of services on hosts that you reach with ssh, as it changes. \
                  Nothing is installed on the hosts. Without a config, this machine is shown.",
    after_help = "Exit codes: 0 ok, 1 warning, 2 critical, 3 unknown (status, doctor); 64 usage; 78 config."
)]
pub struct Args {
    /// What is watched.
    #[command(flatten)]
    pub fleet: Fleet,
    /// How the console behaves.
    #[command(flatten)]
    pub console: Console,
    /// What else to do than to open the console.
    #[command(subcommand)]
    pub command: Option<Subcommand>,
}

/// What is watched.
#[derive(clap::Args, Debug)]
pub struct Fleet {
    /// The config instead of the one in its usual place
    #[arg(
        long,
        value_name = "FILE",
        global = true,
        long_help = "The config [default: $QUARTERDECK_CONFIG, else \
                     $XDG_CONFIG_HOME/quarterdeck/config.toml; without one, this machine]"
    )]
    pub config: Option<PathBuf>,
    /// This environment only
    #[arg(long, value_name = "NAME", global = true)]
    pub env: Option<String>,
}

/// How the console behaves.
#[derive(clap::Args, Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub struct Console {
    /// A dashboard for a shared screen: no selection, no hints, nothing can be opened
    #[arg(long)]
    pub board: bool,
    /// Nothing can be done to a host with this console
    #[arg(long)]
    pub read_only: bool,
    /// Ignore the view of the last run
    #[arg(long)]
    pub fresh: bool,
    /// ASCII characters only
    #[arg(long)]
    pub ascii: bool,
    /// A theme, see `quarterdeck themes`
    #[arg(long, value_name = "NAME")]
    pub theme: Option<String>,
}

impl Console {
    /// What is said before a subcommand and behind it, together.
    #[must_use]
    pub fn or(&self, before: &Self) -> Self {
        Self {
            board: self.board || before.board,
            read_only: self.read_only || before.read_only,
            fresh: self.fresh || before.fresh,
            ascii: self.ascii || before.ascii,
            theme: self.theme.clone().or_else(|| before.theme.clone()),
        }
    }
}

/// What else to do than to open the console.
#[derive(clap::Subcommand, Debug)]
pub enum Subcommand {
    /// Open the console on simulated hosts
    Demo(Demo),
    /// Read everything once and print it; the exit code is the worst severity
    Status(Status),
    /// Read everything once and say what is wrong, with evidence and fix
    Doctor(Doctor),
    /// Read hosts and write a config of what runs there
    Init(Init),
    /// Print lines of services' logs, merged by time over hosts
    Logs(Logs),
    /// Print what consoles have seen happen; no host is contacted
    Events(Events),
    /// Read everything once and write an incident report in Markdown
    Report(Report),
    /// Check the config, then each host's reach and rights
    Check,
    /// Start services
    Start(Act),
    /// Stop services
    Stop(Act),
    /// Stop services and start them again
    Restart(Act),
    /// Let services read their configuration again
    Reload(Act),
    /// Forget that services failed, and how often they were restarted
    ResetFailed(Act),
    /// Start services at boot from now on
    Enable(Act),
    /// Do not start services at boot any more
    Disable(Act),
    /// Let systemd read all unit files again on services' hosts
    DaemonReload(Act),
    /// Send services' processes a signal
    Kill(Kill),
    /// Run what a timer starts now
    Run(Act),
    /// Stop what was started by hand in a service's place, and start its unit
    Adopt(Act),
    /// Change a setting of services' units by a drop-in file
    DropIn(DropIn),
    /// Put another revision in its place: staged beside, activated, proved healthy; else the host takes
    /// it back by itself
    Deploy(Deploy),
    /// Go back to a revision that was healthy
    Rollback(Rollback),
    /// Make a copy of a backup now, and prove it
    Backup(Backup),
    /// Bring data back from a copy; what is there now is kept beside it
    Restore(Restore),
    /// Replace data by that of a dearer environment, scrubbed; what is there now is kept beside it
    Sync(Sync),
    /// Rehearse a deploy, a cut link, a failed gate, a rollback and a restore where it is not dear, and
    /// write down how long each took
    Drill(Drill),
    /// Run what the config declares as an `[[action]]`
    Action(Declared),
    /// List operations on the hosts, of every operator; attach, cancel, recover, freeze
    Ops(Ops),
    /// Print the keys
    Keys,
    /// Print the themes
    Themes,
    /// Print completions for a shell
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man,
}

/// `demo`.
#[derive(clap::Args, Debug)]
pub struct Demo {
    /// Which story [default: the first of the list that `--list` prints]
    pub scenario: Option<String>,
    /// Print the stories
    #[arg(long)]
    pub list: bool,
    /// Hosts, for the story `fleet`
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub hosts: usize,
    /// Services on each host, for the story `fleet`
    #[arg(long, value_name = "N", default_value_t = 14)]
    pub services: usize,
    /// Each service changes this often, for the story `fleet`
    #[arg(long, value_name = "SECONDS", default_value_t = 5)]
    pub every: u64,
    /// How the console behaves.
    #[command(flatten)]
    pub console: Console,
}

/// `status`.
#[derive(clap::Args, Debug)]
pub struct Status {
    /// As JSON, in a form that stays
    #[arg(long)]
    pub json: bool,
    /// Wait this long for hosts that are slow
    #[arg(long, value_name = "SECONDS", default_value_t = 25)]
    pub timeout: u64,
}

/// `doctor`.
#[derive(clap::Args, Debug)]
pub struct Doctor {
    /// As JSON, in a form that stays
    #[arg(long)]
    pub json: bool,
    /// Print the rules
    #[arg(long)]
    pub rules: bool,
    /// Wait this long for hosts that are slow
    #[arg(long, value_name = "SECONDS", default_value_t = 25)]
    pub timeout: u64,
}

/// `init`.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Exit codes: 0 written, 3 some host could not be read and stands there as a \
                        comment, 64 usage, 78 there is a config already."
)]
pub struct Init {
    /// What you type after `ssh`, or `local`; without any, the hosts of ~/.ssh/config are listed
    #[arg(value_name = "HOST")]
    pub hosts: Vec<String>,
    /// All hosts of ~/.ssh/config
    #[arg(long, conflicts_with = "hosts")]
    pub all: bool,
    /// How dear the environment is, if its name does not say: production, staging, development, local
    #[arg(long, value_name = "TIER")]
    pub tier: Option<String>,
    /// Write there; `-` prints [default: where the config is looked for]
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Overwrite what is there
    #[arg(long)]
    pub force: bool,
}

/// `events`.
#[derive(clap::Args, Debug)]
pub struct Events {
    /// From then on: how long ago, or a moment such as `2026-11-21 03:00`
    #[arg(long, value_name = "WHEN", allow_hyphen_values = true, default_value = "24h")]
    pub since: String,
    /// Of this host only
    #[arg(long, value_name = "NAME")]
    pub host: Option<String>,
    /// About this service, or what else a finding is about
    #[arg(long, value_name = "NAME")]
    pub subject: Option<String>,
    /// Of this kind only, such as `state`, `link` or `finding-opened`; may be given several times
    #[arg(long, value_name = "KIND")]
    pub kind: Vec<String>,
    /// The account of what was done from this machine, and proof that no line of it was changed
    #[arg(long, conflicts_with = "kind")]
    pub actions: bool,
    /// As JSON, in a form that stays
    #[arg(long)]
    pub json: bool,
}

/// `logs`.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Exit codes: 0 ok, 3 some log could not be read (standard error says why), 64 usage."
)]
pub struct Logs {
    /// Services of the config
    #[arg(value_name = "SERVICE", required = true)]
    pub services: Vec<String>,
    /// Go on with what comes
    #[arg(long, short)]
    pub follow: bool,
    /// From then on: how long ago, or a moment such as `2026-11-21 03:00`
    #[arg(long, value_name = "WHEN", allow_hyphen_values = true)]
    pub since: Option<String>,
    /// Up to then
    #[arg(long, value_name = "WHEN", allow_hyphen_values = true, conflicts_with = "follow")]
    pub until: Option<String>,
    /// Lines that match this regular expression; without a capital letter it takes both. `!` before
    /// it excludes, ` && ` combines
    #[arg(long, value_name = "REGEX")]
    pub grep: Option<String>,
    /// Lines that are at least so bad: trace, debug, info, notice, warning, error, critical
    #[arg(long, value_name = "LEVEL")]
    pub level: Option<String>,
    /// Of this host only; may be given several times
    #[arg(long, value_name = "NAME")]
    pub host: Vec<String>,
    /// Each line as a JSON object, in a form that stays
    #[arg(long)]
    pub json: bool,
    /// The newest so many lines [default: 200; with -f 10; with --since all]
    #[arg(long, short = 'n', value_name = "N")]
    pub lines: Option<u32>,
}

/// `report`.
#[derive(clap::Args, Debug)]
pub struct Report {
    /// From then on: how long ago, or a moment such as `2026-11-21 03:00`
    #[arg(long, value_name = "WHEN", allow_hyphen_values = true, default_value = "2h")]
    pub since: String,
    /// Write it there instead of printing it
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Wait this long for hosts that are slow
    #[arg(long, value_name = "SECONDS", default_value_t = 25)]
    pub timeout: u64,
}

/// The command line as clap sees it.
pub fn command() -> clap::Command {
    Args::command()
}
