//! A scenario file as it is written. Spans are microseconds once they are read.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, de};

use crate::model::spec::Tier;
use crate::probe::properties::parse_span;

/// The whole file.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub(super) struct Scenario {
    #[serde(default)]
    pub(super) env: Vec<EnvPart>,
    /// Hosts that are made by number.
    pub(super) fleet: Option<FleetPart>,
}

/// `[fleet]`.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub(super) struct FleetPart {
    pub(super) hosts: usize,
    pub(super) services: usize,
    #[serde(deserialize_with = "span")]
    pub(super) every: i64,
}

/// `[[env]]`.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub(super) struct EnvPart {
    pub(super) name: String,
    #[serde(deserialize_with = "tier")]
    pub(super) tier: Tier,
    /// Ports that may listen there.
    #[serde(default)]
    pub(super) ports: Vec<u16>,
    #[serde(default)]
    pub(super) host: Vec<HostPart>,
    #[serde(default)]
    pub(super) service: Vec<ServicePart>,
    /// What a config would have below this environment besides: backups, and services of other
    /// kinds than units. Of their hosts only the answers tell.
    #[serde(default)]
    pub(super) config: String,
}

/// What becomes of a host.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq, Debug, Default)]
#[serde(rename_all = "kebab-case")]
pub(super) enum State {
    /// All is well.
    #[default]
    Up,
    /// No route to it.
    Unreachable,
    /// Packets to it are dropped.
    TimedOut,
    /// No sshd.
    Refused,
    /// Our key is not accepted.
    AuthFailed,
    /// Its key is another one.
    HostKeyChanged,
    /// Its key is not known yet.
    HostKeyUnknown,
    /// Each answer takes four seconds.
    Slow,
    /// systemd does not answer; the rest does.
    Silent,
}

/// `[[env.host]]`.
#[derive(Deserialize, Clone, Debug)]
#[serde(deny_unknown_fields, default)]
pub(super) struct HostPart {
    pub(super) name: String,
    /// Shown where ssh would show it.
    pub(super) address: String,
    pub(super) state: State,
    /// So long after the start it is well before `state` begins.
    #[serde(deserialize_with = "span")]
    pub(super) after: i64,
    /// What `systemctl --version` says behind `systemd`, or `none`.
    pub(super) systemd: String,
    /// systemd's bus can be reached; else units are polled.
    pub(super) bridge: bool,
    /// The user may read the journal.
    pub(super) journal: bool,
    pub(super) sudo: bool,
    pub(super) user: String,
    pub(super) os: String,
    pub(super) kernel: String,
    #[serde(deserialize_with = "span")]
    pub(super) up: i64,
    /// Its clock is ahead by so much.
    #[serde(deserialize_with = "span")]
    pub(super) ahead: i64,
    pub(super) cpus: u32,
    pub(super) memory_mib: u64,
    pub(super) memory_used: f64,
    pub(super) load: f64,
    pub(super) disks: Vec<DiskPart>,
    /// Processes that listen and that no service is.
    pub(super) listeners: Vec<ListenerPart>,
    /// What functions of the collector answer, by their name, or by that and one of their
    /// arguments. Moments in them are those of [`super::told`].
    pub(super) answers: BTreeMap<String, String>,
}

/// `listeners` of a host.
#[derive(Deserialize, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub(super) struct ListenerPart {
    pub(super) port: u16,
    pub(super) address: String,
    pub(super) pid: u32,
    pub(super) command: String,
    #[serde(default)]
    pub(super) directory: String,
    pub(super) cgroup: String,
    /// It began so long before the start.
    #[serde(default, deserialize_with = "span")]
    pub(super) since: i64,
    /// Or so long after it.
    #[serde(default, deserialize_with = "span")]
    pub(super) begins: i64,
    /// It is gone so long after the start; 0 is never.
    #[serde(default, deserialize_with = "span")]
    pub(super) ends: i64,
}

impl ListenerPart {
    /// Whether it listens at `t`.
    pub(super) const fn is_there(&self, t: i64) -> bool {
        t >= self.begins && (self.ends == 0 || t < self.ends)
    }
}

impl Default for HostPart {
    fn default() -> Self {
        Self {
            name: String::new(),
            address: String::new(),
            state: State::Up,
            after: 0,
            systemd: "252 (252.39-1~deb12u2)".to_owned(),
            bridge: true,
            journal: true,
            sudo: false,
            user: "ops".to_owned(),
            os: "Debian GNU/Linux 12 (bookworm)".to_owned(),
            kernel: "6.1.0-40-amd64".to_owned(),
            up: 42 * 86_400_000_000,
            ahead: 0,
            cpus: 4,
            memory_mib: 8192,
            memory_used: 0.4,
            load: 0.35,
            disks: Vec::new(),
            listeners: Vec::new(),
            answers: BTreeMap::new(),
        }
    }
}

/// `disks` of a host.
#[derive(Deserialize, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub(super) struct DiskPart {
    pub(super) device: String,
    pub(super) mount: String,
    pub(super) gib: u64,
    /// 0 to 1.
    pub(super) used: f64,
    /// 0 to 1.
    #[serde(default = "few")]
    pub(super) inodes_used: f64,
}

fn few() -> f64 {
    0.06
}

/// `[[env.service]]`.
#[derive(Deserialize, Clone, Debug)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ServicePart {
    pub(super) name: String,
    /// Default: the name with `.service`.
    pub(super) unit: String,
    pub(super) description: String,
    /// Default: every host of the environment.
    pub(super) hosts: Vec<String>,
    pub(super) command: String,
    pub(super) directory: String,
    /// Ports that it declares, and on which it listens while it runs.
    pub(super) ports: Vec<u16>,
    /// What these are for, in their order.
    pub(super) names: Vec<String>,
    /// Where it listens.
    pub(super) bind: String,
    /// Where it is declared to listen; by default for its own host where it does so.
    pub(super) meant: Option<Meant>,
    /// What it must be able to write.
    pub(super) data: Vec<String>,
    /// Commits of what it is deployed from, the newest first.
    pub(super) commits: Vec<CommitPart>,
    /// Services without which it cannot work.
    pub(super) needs: Vec<String>,
    pub(super) user: String,
    pub(super) restart: String,
    #[serde(rename = "type")]
    pub(super) unit_type: String,
    pub(super) enabled: bool,
    pub(super) triggered_by: String,
    /// Further lines of `[Service]`, which are properties too.
    pub(super) settings: BTreeMap<String, String>,
    /// What its process prints.
    pub(super) says: Vec<String>,
    /// And while it is well, where that is something else.
    pub(super) hums: Vec<String>,
    pub(super) life: LifePart,
    /// Its life on some hosts, where it is another.
    pub(super) on: BTreeMap<String, LifePart>,
}

impl Default for ServicePart {
    fn default() -> Self {
        Self {
            name: String::new(),
            unit: String::new(),
            description: String::new(),
            hosts: Vec::new(),
            command: String::new(),
            directory: String::new(),
            ports: Vec::new(),
            names: Vec::new(),
            meant: None,
            bind: "127.0.0.1".to_owned(),
            data: Vec::new(),
            commits: Vec::new(),
            needs: Vec::new(),
            user: String::new(),
            restart: "always".to_owned(),
            unit_type: "simple".to_owned(),
            enabled: true,
            triggered_by: String::new(),
            settings: BTreeMap::new(),
            says: Vec::new(),
            hums: Vec::new(),
            life: LifePart::default(),
            on: BTreeMap::new(),
        }
    }
}

/// `commits` of a service.
#[derive(Deserialize, Clone, PartialEq, Debug)]
#[serde(deny_unknown_fields)]
pub(super) struct CommitPart {
    pub(super) by: String,
    pub(super) subject: String,
    /// It was deployed once; the newest of these runs.
    #[serde(default)]
    pub(super) deployed: bool,
}

/// Where a port may be reached from.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Meant {
    /// Its own host.
    Loopback,
    /// Everywhere.
    All,
}

/// What a service does.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq, Debug, Default)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Course {
    /// It runs.
    #[default]
    Running,
    /// It runs, ends and is started again, all the time.
    CrashLoop,
    /// It changes all the time and stays well.
    Churn,
    /// It ended and was given up.
    Failed,
    /// Somebody stopped it.
    Stopped,
    /// A job that ended well.
    Completed,
    /// A timer that waits for its moment.
    Waiting,
    /// It does not come up.
    Starting,
    /// There is no such unit.
    Missing,
    /// systemd refuses its file.
    BadSetting,
}

/// `life` of a service.
#[derive(Deserialize, Clone, Debug)]
#[serde(deny_unknown_fields, default)]
pub(super) struct LifePart {
    pub(super) state: Course,
    /// How long before the start it came into that state.
    #[serde(deserialize_with = "span")]
    pub(super) since: i64,
    /// From one start to the next, or from one change to the next.
    #[serde(deserialize_with = "span")]
    pub(super) every: i64,
    /// How long a run of a loop lasts.
    #[serde(deserialize_with = "span")]
    pub(super) runs: i64,
    /// Automatic restarts before the start.
    pub(super) restarts: u32,
    /// The exit status.
    pub(super) exit: i32,
    /// Or the signal that ended it; 0 is none.
    pub(super) signal: i32,
    pub(super) memory_mib: u64,
    /// Percent of one processor.
    pub(super) cpu: f64,
    /// So long after the start it still runs, since `since`; only then `state` begins.
    #[serde(deserialize_with = "span")]
    pub(super) begins: i64,
    /// So long after the start somebody has mended it; 0 is never.
    #[serde(deserialize_with = "span")]
    pub(super) ends: i64,
}

impl Default for LifePart {
    fn default() -> Self {
        Self {
            state: Course::Running,
            since: 9 * 86_400_000_000,
            every: 11_000_000,
            runs: 1_000_000,
            restarts: 0,
            exit: 1,
            signal: 0,
            memory_mib: 48,
            cpu: 0.4,
            begins: 0,
            ends: 0,
        }
    }
}

/// A span in systemd's words, such as `11.1s` or `13d 4h`.
fn span<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse_span(&text)
        .and_then(|micros| i64::try_from(micros).ok())
        .ok_or_else(|| de::Error::custom(format!("`{text}` is no span, such as 11.1s or 13d 4h")))
}

fn tier<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Tier, D::Error> {
    let text = String::deserialize(deserializer)?;
    Tier::ALL
        .into_iter()
        .find(|tier| tier.name() == text)
        .ok_or_else(|| de::Error::custom(format!("`{text}` is no tier")))
}
