//! A unit's properties at a moment: typed, as over the bus, and as text of `systemctl show`
//! (systemd 252; order, spans and "not set" as recorded there).

use std::fmt::Write as _;

use super::life::Moment;
use super::noise;
use super::scenario::Course;
use super::site::{Service, Site};
use crate::model::unit::ExitCode;
use crate::probe::jobs::timers::is_timer;
use crate::probe::properties::{Properties, Value};

/// What `systemctl show` knows, in its order.
const ORDER: &[&str] = &[
    "Type",
    "Restart",
    "RestartUSec",
    "ExecMainStartTimestamp",
    "ExecMainStartTimestampMonotonic",
    "ExecMainExitTimestamp",
    "ExecMainExitTimestampMonotonic",
    "ExecMainPID",
    "ExecMainCode",
    "ExecMainStatus",
    "ExecStart",
    "MainPID",
    "Result",
    "NRestarts",
    "Slice",
    "ControlGroup",
    "MemoryCurrent",
    "CPUUsageNSec",
    "TasksCurrent",
    "TasksMax",
    "WorkingDirectory",
    "User",
    "Group",
    "ProtectSystem",
    "ProtectHome",
    "PrivateTmp",
    "ReadWritePaths",
    "ReadOnlyPaths",
    "InaccessiblePaths",
    "StateDirectory",
    "LogsDirectory",
    "RuntimeDirectory",
    "LimitNOFILE",
    "Id",
    "Requires",
    "WantedBy",
    "TriggeredBy",
    "Description",
    "LoadState",
    "ActiveState",
    "SubState",
    "FragmentPath",
    "DropInPaths",
    "UnitFileState",
    "UnitFilePreset",
    "StateChangeTimestamp",
    "StateChangeTimestampMonotonic",
    "ActiveEnterTimestamp",
    "ActiveEnterTimestampMonotonic",
    "NeedDaemonReload",
    "ConditionResult",
    "ConditionTimestampMonotonic",
    "LoadError",
    "StartLimitIntervalUSec",
    "StartLimitBurst",
    "InvocationID",
];

/// Typed properties of the names that are asked for.
pub(super) fn typed(site: &Site, unit: &str, t: i64, names: &[&str]) -> Properties {
    let mut properties = Properties::default();
    let found = Found::new(site, unit, t);
    for name in names {
        if let Some(value) = found.value(name) {
            properties.0.insert((*name).to_owned(), value);
        }
    }
    properties
}

/// One record of `systemctl show -p names`, without the empty line behind it.
pub(super) fn shown(site: &Site, unit: &str, t: i64, names: &str) -> String {
    let found = Found::new(site, unit, t);
    let mut text = String::new();
    for name in ORDER.iter().filter(|name| names.split(',').any(|asked| asked == **name)) {
        let Some(value) = found.value(name) else { continue };
        let value = match value {
            Value::Text(words) if *name == "LoadError" && !words.is_empty() => {
                format!("org.freedesktop.systemd1.NoSuchUnit \"{words}\"")
            }
            Value::Text(words) => words,
            Value::Number(u64::MAX) => "[not set]".to_owned(),
            Value::Number(micros) if name.ends_with("USec") => span(micros),
            Value::Number(number) => number.to_string(),
            Value::Signed(number) => number.to_string(),
            Value::Flag(flag) => if flag { "yes" } else { "no" }.to_owned(),
            Value::List(words) => words.join(" "),
        };
        // Writing to a String does not fail.
        let _ok = writeln!(text, "{name}={value}");
    }
    text
}

/// A unit's file as it is on disk.
pub(super) fn file(service: &Service) -> String {
    if is_timer(service.unit.as_str()) {
        let part = &service.part;
        let settings = part.settings.iter().map(|(name, value)| format!("{name}={value}\n"));
        return format!(
            "# {}\n[Unit]\nDescription={}\n\n[Timer]\n{}\n[Install]\nWantedBy=timers.target\n",
            path(service),
            part.description,
            settings.collect::<String>()
        );
    }
    let part = &service.part;
    let mut text = format!(
        "# {}\n[Unit]\nDescription={}\nAfter=network.target\n\n[Service]\nType={}\n",
        path(service),
        part.description,
        part.unit_type
    );
    let settings = [
        ("User", &part.user),
        ("WorkingDirectory", &part.directory),
        ("ExecStart", &part.command),
        ("Restart", &part.restart),
    ];
    let more = part.settings.iter().map(|(name, value)| (name.as_str(), value));
    for (name, value) in settings.into_iter().chain(more).filter(|(_, value)| !value.is_empty()) {
        // Writing to a String does not fail.
        let _ok = writeln!(text, "{name}={value}");
    }
    if service.life.state == Course::CrashLoop {
        let _ok = writeln!(text, "RestartSec={}", span(pause(service)));
    }
    if part.enabled {
        text.push_str("\n[Install]\nWantedBy=multi-user.target\n");
    }
    text
}

/// A unit as it stands at a moment.
struct Found<'a> {
    site: &'a Site,
    unit: &'a str,
    /// None when the host has no such unit.
    service: Option<(&'a Service, Moment)>,
}

impl<'a> Found<'a> {
    fn new(site: &'a Site, unit: &'a str, t: i64) -> Self {
        let service = site
            .service(unit)
            .map(|service| (service, site.moment(service, t)))
            .filter(|(_, moment)| moment.load != "not-found");
        Self { site, unit, service }
    }

    fn value(&self, name: &str) -> Option<Value> {
        let text = |text: &str| Some(Value::Text(text.to_owned()));
        if name == "Id" {
            return text(self.unit);
        }
        let Some((service, moment)) = &self.service else { return self.absent(name) };
        let part = &service.part;
        let monotonic =
            |at: Option<i64>| Some(Value::Number(at.map_or(0, |at| self.site.monotonic(at))));
        let wall = |at: Option<i64>| {
            Some(Value::Text(at.map_or(String::new(), |at| date(self.site.wall(at)))))
        };
        let set = |value: Option<u64>| Some(Value::Number(value.unwrap_or(u64::MAX)));
        // While the next one runs, nothing is known of how the last one ended.
        let exit = moment.exit.filter(|_| moment.pid == 0);
        let running = moment.pid > 0;
        match name {
            "LoadState" => text(moment.load),
            "LoadError" if moment.load == "bad-setting" => {
                text(&format!("Unit {} has a bad unit file setting.", self.unit))
            }
            "ActiveState" => text(moment.active),
            "SubState" => text(moment.sub),
            "Result" => text(moment.result),
            "Type" => text(&part.unit_type),
            "Restart" => text(&part.restart),
            "RestartUSec" => Some(Value::Number(pause(service))),
            "NRestarts" => Some(Value::Number(moment.restarts.into())),
            "MainPID" | "ExecMainPID" => Some(Value::Number(moment.pid.into())),
            "ExecMainCode" => Some(Value::Signed(exit.map_or(0, |(exit, _)| match exit.code {
                ExitCode::Exited => 1,
                ExitCode::Killed => 2,
                ExitCode::Dumped => 3,
            }))),
            "ExecMainStatus" => Some(Value::Signed(exit.map_or(0, |(exit, _)| exit.status.into()))),
            "ExecMainStartTimestampMonotonic" | "ConditionTimestampMonotonic" => {
                monotonic(moment.started)
            }
            "ExecMainStartTimestamp" => wall(moment.started),
            "ExecMainExitTimestampMonotonic" => monotonic(exit.map(|(_, at)| at)),
            "ExecMainExitTimestamp" => wall(exit.map(|(_, at)| at)),
            "StateChangeTimestampMonotonic" => monotonic(moment.changed),
            "StateChangeTimestamp" => wall(moment.changed),
            "ActiveEnterTimestampMonotonic" => monotonic(moment.activated),
            "ActiveEnterTimestamp" => wall(moment.activated),
            "ConditionResult" => Some(Value::Flag(moment.started.is_some())),
            "NeedDaemonReload" => Some(Value::Flag(false)),
            "InvocationID" => text(&self.invocation(service, moment)),
            "UnitFileState" if part.enabled => text("enabled"),
            "UnitFileState" => text("disabled"),
            "UnitFilePreset" => text("enabled"),
            "Description" => text(&part.description),
            "FragmentPath" => text(&path(service)),
            "DropInPaths" => Some(Value::List(Vec::new())),
            "ControlGroup" if running => text(&format!("/system.slice/{}", self.unit)),
            "ControlGroup" | "LoadError" => text(""),
            "Slice" => text("system.slice"),
            "MemoryCurrent" => set(moment.memory),
            "CPUUsageNSec" => set(moment.cpu.map(|micros| micros.saturating_mul(1000))),
            "TasksCurrent" => set(running.then_some(11)),
            "TasksMax" => Some(Value::Number(4915)),
            "WorkingDirectory" => text(&part.directory),
            "User" | "Group" => text(&part.user),
            "ExecStart" => {
                let program = part.command.split(' ').next().unwrap_or_default();
                text(&format!("{{ path={program} ; argv[]={} ; ignore_errors=no }}", part.command))
            }
            "TriggeredBy" if part.triggered_by.is_empty() => Some(Value::List(Vec::new())),
            "TriggeredBy" => Some(Value::List(vec![part.triggered_by.clone()])),
            "WantedBy" if part.enabled => text("multi-user.target"),
            "Requires" => text("sysinit.target system.slice"),
            "StartLimitIntervalUSec" => Some(Value::Number(10_000_000)),
            "StartLimitBurst" => Some(Value::Number(5)),
            other => part.settings.get(other).and_then(|value| text(value)),
        }
    }

    /// Of a unit that is not there, as systemd 252 shows it.
    fn absent(&self, name: &str) -> Option<Value> {
        let text = |text: &str| Some(Value::Text(text.to_owned()));
        match name {
            "LoadState" => text("not-found"),
            "LoadError" => text(&format!("Unit {} not found.", self.unit)),
            "ActiveState" => text("inactive"),
            "SubState" => text("dead"),
            "Result" => text("success"),
            "Restart" => text("no"),
            "RestartUSec" => Some(Value::Number(100_000)),
            "NRestarts" | "MainPID" | "ExecMainPID" => Some(Value::Number(0)),
            "ExecMainCode" | "ExecMainStatus" => Some(Value::Signed(0)),
            "MemoryCurrent" | "CPUUsageNSec" | "TasksCurrent" => Some(Value::Number(u64::MAX)),
            "NeedDaemonReload" | "ConditionResult" => Some(Value::Flag(false)),
            "Description" => text(self.unit),
            other if other.ends_with("Monotonic") => Some(Value::Number(0)),
            "StartLimitIntervalUSec" => Some(Value::Number(10_000_000)),
            "StartLimitBurst" => Some(Value::Number(5)),
            _ => text(""),
        }
    }

    fn invocation(&self, service: &Service, moment: &Moment) -> String {
        if moment.started.is_none() {
            return String::new();
        }
        let seed = self.site.seed_of(service);
        let half = |n| noise::draw(seed.rotate_left(n), moment.run);
        format!("{:016x}{:016x}", half(7), half(31))
    }
}

fn path(service: &Service) -> String {
    let own = !service.part.name.is_empty();
    let folder = if own { "/etc/systemd/system" } else { "/lib/systemd/system" };
    format!("{folder}/{}", service.part.unit)
}

/// `RestartSec=` in microseconds.
fn pause(service: &Service) -> u64 {
    let life = &service.life;
    match life.state {
        Course::CrashLoop => u64::try_from(life.every - life.runs).unwrap_or(0),
        Course::Running
        | Course::Churn
        | Course::Failed
        | Course::Stopped
        | Course::Completed
        | Course::Waiting
        | Course::Starting
        | Course::Missing
        | Course::BadSetting => 100_000,
    }
}

/// A span as systemd writes it, to milliseconds: `100ms`, `10s`, `1min 30s`.
fn span(micros: u64) -> String {
    let mut rest = micros / 1000;
    let mut words = Vec::new();
    for (millis, unit) in
        [(86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1_000, "s"), (1, "ms")]
    {
        if rest >= millis {
            words.push(format!("{}{unit}", rest / millis));
            rest %= millis;
        }
    }
    if words.is_empty() { "0".to_owned() } else { words.join(" ") }
}

/// A date as systemd writes it, in UTC.
fn date(micros: i64) -> String {
    jiff::Timestamp::from_microsecond(micros)
        .map(|at| at.strftime("%a %Y-%m-%d %H:%M:%S UTC").to_string())
        .unwrap_or_default()
}
