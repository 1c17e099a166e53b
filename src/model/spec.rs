//! What the user asks to be watched: the config, resolved and checked. Pure data.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::action::ActionSpec;
use super::alarm::Notify;
use super::backup::BackupSpec;
use super::check::CheckSpec;
use super::deploy::DeploySpec;
use super::drain::DrainSpec;
use super::finding::Subject;
use super::ids::{EnvName, HostId, HostName, ServiceName, UnitName};
use super::limits::Limits;
use super::log::Origin;
use super::plan::Wish;
use super::port::{PortRange, PortSpec};
use super::process::Count;
use super::rule::Rule;
use super::sync::SyncSpec;
use super::window::Window;

/// The whole config.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct FleetSpec {
    /// Settings of the console itself.
    pub console: ConsoleSpec,
    /// Environments, in the config's order.
    pub envs: Vec<EnvSpec>,
    /// Actions that the user declares, in the config's order.
    pub actions: Arc<[Arc<ActionSpec>]>,
    /// `[keys]`: command name to the keys that replace its default ones.
    pub keys: Vec<(String, Vec<String>)>,
}

impl FleetSpec {
    /// Every host of every environment, in the config's order.
    pub fn hosts(&self) -> impl Iterator<Item = (HostId, &HostSpec)> {
        self.envs.iter().flat_map(|env| {
            env.hosts
                .iter()
                .map(|host| (HostId { env: env.name.clone(), host: host.name.clone() }, host))
        })
    }
}

/// `[console]`.
#[derive(Clone, PartialEq, Debug)]
pub struct ConsoleSpec {
    /// How often to read what cannot be pushed.
    pub interval: Duration,
    /// A theme's name, or `auto`.
    pub theme: String,
    /// ASCII only, no box drawing.
    pub ascii: bool,
    /// Whether the mouse is captured at start.
    pub mouse: bool,
    /// Start with problems only.
    pub problems_only: bool,
    /// How the terminal calls somebody when something gets worse.
    pub notify: Notify,
    /// What is run then: a program and its arguments; none where it is empty.
    pub hook: Vec<String>,
    /// Bytes that the lines of an open log may take.
    pub log_memory: usize,
}

impl Default for ConsoleSpec {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(5),
            theme: "auto".to_owned(),
            ascii: false,
            mouse: false,
            problems_only: false,
            notify: Notify::default(),
            log_memory: super::log::store::BUDGET,
            hook: Vec::new(),
        }
    }
}

/// How dear an environment is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Tier {
    /// Users depend on it.
    Production,
    /// The rehearsal.
    Staging,
    /// For developers.
    Development,
    /// This machine.
    Local,
}

impl Tier {
    /// All, dearest first.
    pub const ALL: [Self; 4] = [Self::Production, Self::Staging, Self::Development, Self::Local];

    /// The word in config, JSON and on the screen.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Production => "production",
            Self::Staging => "staging",
            Self::Development => "development",
            Self::Local => "local",
        }
    }

    /// The dearer the more.
    pub const fn dearness(self) -> u8 {
        match self {
            Self::Production => 3,
            Self::Staging => 2,
            Self::Development => 1,
            Self::Local => 0,
        }
    }
}

/// `[[env]]`.
#[derive(Clone, PartialEq, Debug)]
pub struct EnvSpec {
    /// Unique.
    pub name: EnvName,
    /// Decides the frame's color and what must be confirmed how.
    pub tier: Tier,
    /// Opens locked, acts only after typed confirmation. Default: production is.
    pub protected: bool,
    /// In the config's order.
    pub hosts: Vec<HostSpec>,
    /// In the config's order.
    pub services: Vec<ServiceSpec>,
    /// Ports that may listen here; none of them where anything may.
    pub ports: Vec<PortRange>,
    /// Findings that nobody wants to hear of.
    pub silences: Vec<Silence>,
    /// Backups, in the config's order.
    pub backups: Arc<[BackupSpec]>,
    /// Directories that are replaced by those of another environment, in the config's order.
    pub syncs: Arc<[SyncSpec]>,
    /// When nothing is deployed, and when nobody is called.
    pub windows: Arc<[Window]>,
}

impl EnvSpec {
    /// One in which nothing is yet.
    pub fn new(name: impl Into<EnvName>, tier: Tier) -> Self {
        Self {
            name: name.into(),
            tier,
            protected: tier == Tier::Production,
            hosts: Vec::new(),
            services: Vec::new(),
            ports: Vec::new(),
            silences: Vec::new(),
            backups: Arc::default(),
            syncs: Arc::default(),
            windows: Arc::default(),
        }
    }
}

/// `[[env.silence]]`: a rule that is known to fire, and why that is all right.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Silence {
    /// Which rule.
    pub rule: Rule,
    /// `host/what` or `what`, as findings name their subject; none is every subject.
    pub subject: Option<Box<str>>,
    /// Why; shown beside the finding.
    pub reason: Box<str>,
}

impl Silence {
    /// Whether it means that subject of that host.
    pub fn is_about(&self, host: &HostName, subject: &Subject) -> bool {
        let Some(wanted) = &self.subject else { return true };
        let name = subject.name();
        // With the path's own slash as well: so they were named once.
        let long = format!("{host}/{name}");
        **wanted == *name || **wanted == *subject.on(host) || **wanted == *long
    }
}

/// How a host is reached.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reach {
    /// This machine, without ssh.
    Local,
    /// Whatever `ssh` takes: an alias, `user@host`, or `ssh://user@host:port`.
    Ssh(String),
    /// A simulated host of that name, from the scenario that `demo` runs. Not in a config.
    Simulated(String),
}

/// Whether `sudo` may be used to read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Sudo {
    /// `sudo -n` where it helps and works.
    #[default]
    Auto,
    /// Not at all.
    Never,
    /// Always.
    Always,
}

/// `[[env.host]]`.
#[derive(Clone, PartialEq, Debug)]
pub struct HostSpec {
    /// Unique in its environment.
    pub name: HostName,
    /// Where it is.
    pub reach: Reach,
    /// Rights.
    pub sudo: Sudo,
    /// From where on something is too much.
    pub limits: Limits,
}

/// `[[env.service]]`.
#[derive(Clone, PartialEq, Debug)]
pub struct ServiceSpec {
    /// Unique in its environment.
    pub name: ServiceName,
    /// Hosts it runs on, by name; the config resolves "all" to every host of the environment.
    pub hosts: Vec<HostName>,
    /// How it is run.
    pub kind: Kind,
    /// What it promises besides running; shared by all its instances.
    pub promises: Arc<Promises>,
}

/// What a service promises besides running. Everything here is looked at.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Promises {
    /// Ports on which it listens.
    pub ports: Vec<PortSpec>,
    /// Services of the environment without which it cannot work.
    pub needs: Vec<ServiceName>,
    /// Where its code lives.
    pub directory: Option<Box<str>>,
    /// What it must be able to write.
    pub data: Vec<Box<str>>,
    /// What is asked of it. Of a command that is run by itself the first is that command.
    pub checks: Vec<CheckSpec>,
    /// Where its log is, beside the journal of its unit.
    pub logs: Vec<Origin>,
    /// At least so often it has to run.
    pub every: Option<Duration>,
    /// So much later than it had to run is not late; none is [`super::job::GRACE`].
    pub grace: Option<Duration>,
    /// How many processes it is; none is at least one.
    pub count: Option<Count>,
    /// How what is done to it goes over its hosts.
    pub rollout: Wish,
    /// Who sends requests there, and is to stop meanwhile.
    pub drains: Vec<DrainSpec>,
    /// So long it has to stay healthy after something was done to it; none is the default.
    pub soak: Option<Duration>,
    /// How it comes by another revision.
    pub deploy: Option<Arc<DeploySpec>>,
}

/// How a service is run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A systemd unit.
    Unit(UnitName),
    /// A timer of systemd and what it starts.
    Timer(UnitName),
    /// A job of cron: a text in its command, or in the path of a program of run-parts(8).
    Cron(Box<str>),
    /// Processes whose command line has these words.
    Process(Box<str>),
    /// A command on the host.
    Command(Vec<Box<str>>),
}

impl Kind {
    /// The unit that stands for it, where one does.
    pub const fn unit(&self) -> Option<&UnitName> {
        match self {
            Self::Unit(unit) | Self::Timer(unit) => Some(unit),
            Self::Cron(_) | Self::Process(_) | Self::Command(_) => None,
        }
    }

    /// What is locked on a host for a service: how the host itself calls it, so that it is the same for
    /// everybody. Safe as a file's name.
    pub fn subject(&self) -> Box<str> {
        let name = match self {
            Self::Unit(unit) | Self::Timer(unit) => unit.as_str().to_owned(),
            Self::Cron(words) => format!("cron:{words}"),
            Self::Process(words) => format!("process:{words}"),
            Self::Command(argv) => format!("command:{}", argv.join(" ")),
        };
        safe_name(&name)
    }

    /// The word in config and JSON.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Unit(_) => "unit",
            Self::Timer(_) => "timer",
            Self::Cron(_) => "cron",
            Self::Process(_) => "process",
            Self::Command(_) => "command",
        }
    }
}

/// A name that is safe as a file's.
pub(super) fn safe_name(name: &str) -> Box<str> {
    let safe = |c: char| c.is_ascii_alphanumeric() || "@._:-\\".contains(c);
    let plain: String = name.chars().map(|c| if safe(c) { c } else { '_' }).take(200).collect();
    // A name that was changed may be another one's: its sum tells them apart.
    if plain == name && !plain.starts_with('.') {
        plain.into()
    } else {
        let sum = super::digest::sha256(name.as_bytes());
        format!("_{plain}-{}", sum.get(..12).unwrap_or_default()).into()
    }
}

/// Where a spec came from, so that an edit reloads it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Sources {
    /// The config file and everything it includes.
    pub files: Vec<PathBuf>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silence_names_a_path_with_one_slash_or_two() {
        let host = HostName::new("coord");
        let about = Subject::Path("/mnt/data".into());
        assert_eq!(about.on(&host), "coord/mnt/data");
        for (wanted, takes) in [
            ("coord/mnt/data", true),
            ("coord//mnt/data", true),
            ("/mnt/data", true),
            ("web/mnt/data", false),
            ("coord/mnt", false),
        ] {
            let silence = Silence {
                rule: Rule::StaleDirectory,
                subject: Some(wanted.into()),
                reason: "known".into(),
            };
            assert_eq!(silence.is_about(&host, &about), takes, "{wanted}");
        }
    }
}
