//! The arguments of what acts.

/// What all that acts takes.
#[derive(clap::Args, Clone, Debug)]
#[command(
    after_help = "Exit codes: 0 succeeded; 1 failed, and nothing is changed or all was taken back; 2 failed, and \
                  something is changed; 3 unknown; 64 usage; 75 somebody else has it, it is frozen, or the plan is stale."
)]
pub struct Act {
    /// Services of the config
    #[arg(value_name = "SERVICE")]
    pub services: Vec<String>,
    /// On this host only; may be given several times
    #[arg(long, value_name = "NAME")]
    pub host: Vec<String>,
    /// Print the plan and its hash, and change nothing
    #[arg(long)]
    pub plan: bool,
    /// Run exactly the plan of that hash
    #[arg(long, value_name = "HASH", conflicts_with = "plan")]
    pub confirm: Option<String>,
    /// Hosts at one time: a number, or a share such as `25%` [default: the config's; else one in
    /// protected environments, and all elsewhere]
    #[arg(long, value_name = "N|N%")]
    pub batch: Option<String>,
    /// So many hosts go first, alone [default: the config's, else none]
    #[arg(long, value_name = "N")]
    pub canary: Option<usize>,
    /// Go on with further batches while no more hosts than these have failed [default: the config's,
    /// else 0]
    #[arg(long, value_name = "N")]
    pub max_failures: Option<usize>,
    /// Begin no batch when fewer of a service's instances would serve without it: a number, or a share
    /// such as `50%`; `0` asks nothing of the kind [default: the config's, else 0]
    #[arg(long, value_name = "N|N%")]
    pub min_available: Option<String>,
    /// What becomes of a deploy when a host fails: `halt`, `revert-host`, `revert-batch` or `revert-fleet`
    /// [default: the config's, else revert-host]
    #[arg(long, value_name = "POLICY")]
    pub on_fail: Option<String>,
    /// Wait so long between two batches, such as `30s` [default: the config's, else not]
    #[arg(long, value_name = "SPAN")]
    pub wait: Option<String>,
    /// Do not have load balancers send nothing there meanwhile (`drain` in the config)
    #[arg(long)]
    pub no_drain: bool,
    /// It has to stay healthy for so long [default: the config's, else 5s]
    #[arg(long, value_name = "SPAN")]
    pub soak: Option<String>,
    /// As JSON, in a form that stays
    #[arg(long)]
    pub json: bool,
    /// Give up on hosts that do not answer for so long
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub timeout: u64,
}

/// `action`.
#[derive(clap::Args, Clone, Debug)]
pub struct Declared {
    /// The action's name in the config
    #[arg(value_name = "ACTION")]
    pub name: String,
    /// A value that it asks for; may be given several times
    #[arg(long, value_name = "NAME=VALUE")]
    pub input: Vec<String>,
    /// What all that acts takes.
    #[command(flatten)]
    pub act: Act,
}

/// `ops`.
#[derive(clap::Args, Clone, Debug)]
pub struct Ops {
    /// On this host only; may be given several times
    #[arg(long, value_name = "NAME", global = true)]
    pub host: Vec<String>,
    /// What to do [default: list]
    #[command(subcommand)]
    pub command: Option<OpsCommand>,
}

/// What to do about operations.
#[derive(clap::Subcommand, Clone, Debug)]
pub enum OpsCommand {
    /// List them, the newest first, with what the evidence on the host says
    List {
        /// As JSON, in a form that stays
        #[arg(long)]
        json: bool,
    },
    /// Print what one has printed and prints; ctrl-c leaves it running
    Attach {
        /// Its name, or at least the last four characters of it
        operation: String,
    },
    /// End one at its next step's border; what was done is taken back
    Cancel {
        /// Its name, or at least the last four characters of it
        operation: String,
    },
    /// Look at one whose runner died, take back what it began, or give its claim back
    Recover(Recover),
    /// Let nobody act on a service until that is lifted
    Freeze {
        /// A service of the config
        service: String,
        /// Why
        #[arg(long)]
        reason: String,
    },
    /// Lift a freeze
    Thaw {
        /// A service of the config, or what is frozen, as the list names it
        service: String,
    },
}

/// `ops recover`.
#[derive(clap::Args, Clone, Debug)]
pub struct Recover {
    /// Its name, or at least the last four characters of it
    pub operation: String,
    /// Take back what was begun
    #[arg(long, conflicts_with = "release")]
    pub undo: bool,
    /// Leave all as it is, and give the claim back
    #[arg(long)]
    pub release: bool,
    /// The end of the operation's name, as it is shown
    #[arg(long, value_name = "SUFFIX")]
    pub confirm: Option<String>,
}

/// `deploy`.
#[derive(clap::Args, Clone, Debug)]
pub struct Deploy {
    /// A branch, a tag or a whole commit in place of the config's `ref`
    #[arg(long, value_name = "REF")]
    pub revision: Option<String>,
    /// All services of the environment that say how they are deployed, in the order of their needs
    #[arg(long)]
    pub all: bool,
    /// Do not ask for that before: after, backup, freeze, git; may be given several times, and is written
    /// down
    #[arg(long, value_name = "WHAT")]
    pub skip: Vec<String>,
    /// What all that acts takes.
    #[command(flatten)]
    pub act: Act,
}

/// `rollback`.
#[derive(clap::Args, Clone, Debug)]
pub struct Rollback {
    /// A release that was healthy there: its name, the end of it, or the beginning of its revision
    /// [default: the one before]
    #[arg(long, value_name = "RELEASE")]
    pub to: Option<String>,
    /// What all that acts takes.
    #[command(flatten)]
    pub act: Act,
}

/// How a plan is confirmed and told, of what stops services besides.
#[derive(clap::Args, Clone, Debug)]
pub struct How {
    /// Print the plan and its hash, and change nothing
    #[arg(long)]
    pub plan: bool,
    /// Run exactly the plan of that hash
    #[arg(long, value_name = "HASH", conflicts_with = "plan")]
    pub confirm: Option<String>,
    /// Services that were stopped have to stay healthy for so long [default: the config's, else 5s]
    #[arg(long, value_name = "SPAN")]
    pub soak: Option<String>,
    /// As JSON, in a form that stays
    #[arg(long)]
    pub json: bool,
}

/// What acts on a backup.
#[derive(clap::Args, Clone, Debug)]
#[command(
    after_help = "Exit codes: 0 succeeded; 1 failed, and nothing is changed or all was taken back; 2 failed, and \
                  something is changed; 3 unknown; 64 usage; 75 somebody else has it, it is frozen, or the plan is stale."
)]
pub struct ActOnBackup {
    /// A backup of the config
    #[arg(value_name = "NAME")]
    pub name: String,
    /// How it is confirmed and told.
    #[command(flatten)]
    pub how: How,
    /// Give up on the host when it does not answer for so long; copies are read to their end
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    pub timeout: u64,
}

/// `backup`.
#[derive(clap::Args, Clone, Debug)]
pub struct Backup {
    /// What all that acts on a backup takes.
    #[command(flatten)]
    pub act: ActOnBackup,
}

/// `restore`.
#[derive(clap::Args, Clone, Debug)]
pub struct Restore {
    /// A copy by its name or path, or what a restore has left: a directory by its path, a database by its
    /// name [default: the newest that is fresh and whole]
    #[arg(long, value_name = "FILE")]
    pub from: Option<String>,
    /// What all that acts on a backup takes.
    #[command(flatten)]
    pub act: ActOnBackup,
}

/// `sync`.
#[derive(clap::Args, Clone, Debug)]
#[command(
    after_help = "Exit codes: 0 succeeded; 1 failed, and nothing is changed or all was taken back; 2 failed, and \
                  something is changed; 3 unknown; 64 usage; 75 somebody else has it, it is frozen, or the plan is stale."
)]
pub struct Sync {
    /// An `[[env.sync]]` of the environment that data comes to
    #[arg(value_name = "NAME")]
    pub name: String,
    /// The environment that is read
    #[arg(long, value_name = "ENV")]
    pub from: String,
    /// The environment whose data is replaced; never production
    #[arg(long, value_name = "ENV")]
    pub to: String,
    /// How it is confirmed and told.
    #[command(flatten)]
    pub how: How,
    /// Give up on hosts that do not answer for so long
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub timeout: u64,
}

/// `drill`.
#[derive(clap::Args, Clone, Debug)]
#[command(
    after_help = "Exit codes: 0 all of it went as it has to; 1 something did not, and what was there before is there \
                  again; 2 something did not, and something is changed; 3 unknown; 64 usage; 75 somebody else has it, \
                  it is frozen, or the plan is stale."
)]
pub struct Drill {
    /// A service of the config that says how it is deployed; never in production
    #[arg(value_name = "SERVICE")]
    pub service: String,
    /// On this host only; may be given several times
    #[arg(long, value_name = "NAME")]
    pub host: Vec<String>,
    /// A branch, a tag or a whole commit in place of the config's `ref`
    #[arg(long, value_name = "REF")]
    pub revision: Option<String>,
    /// Bring the data of this backup back as well, and then what was there before
    #[arg(long, value_name = "NAME")]
    pub backup: Option<String>,
    /// How it is confirmed and told.
    #[command(flatten)]
    pub how: How,
    /// Give up on hosts that do not answer for so long
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub timeout: u64,
}

/// `kill`.
#[derive(clap::Args, Clone, Debug)]
pub struct Kill {
    /// The signal: TERM, KILL, HUP, INT, QUIT, USR1, USR2, STOP, CONT
    #[arg(long, short, value_name = "SIGNAL", default_value = "TERM")]
    pub signal: String,
    /// What all that acts takes.
    #[command(flatten)]
    pub act: Act,
}

/// `drop-in`.
#[derive(clap::Args, Clone, Debug)]
pub struct DropIn {
    /// A line of the section [Service], such as `ReadWritePaths=/srv/data`; may be given several times
    #[arg(long, value_name = "NAME=VALUE", required = true)]
    pub set: Vec<String>,
    /// What all that acts takes.
    #[command(flatten)]
    pub act: Act,
}
