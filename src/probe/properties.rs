//! A unit's properties as systemd gives them, over its bus or as text of `systemctl show`, and the
//! facts made of them. Both ways end here, so that no view can tell which it was.

use std::collections::BTreeMap;

use crate::model::text::clean;
use crate::model::unit::{ActiveState, Exit, ExitCode, LoadState, Sandbox, UnitFacts};

/// A property's value.
#[derive(Clone, PartialEq, Debug)]
pub enum Value {
    /// A string, or any value as `systemctl show` writes it.
    Text(String),
    /// An unsigned number; `u64::MAX` is systemd's "not set".
    Number(u64),
    /// A signed number.
    Signed(i64),
    /// A truth value.
    Flag(bool),
    /// A list of strings.
    List(Vec<String>),
}

/// Properties by name.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Properties(pub BTreeMap<String, Value>);

/// The properties that [`Properties::facts`] reads.
pub const NAMES: &[&str] = &[
    "Id",
    "LoadState",
    "LoadError",
    "ActiveState",
    "SubState",
    "Result",
    "Type",
    "Restart",
    "RestartUSec",
    "NRestarts",
    "MainPID",
    "ExecMainCode",
    "ExecMainStatus",
    "ExecMainStartTimestampMonotonic",
    "ExecMainExitTimestampMonotonic",
    "StateChangeTimestampMonotonic",
    "ActiveEnterTimestampMonotonic",
    "InvocationID",
    "UnitFileState",
    "NeedDaemonReload",
    "Description",
    "FragmentPath",
    "DropInPaths",
    "ControlGroup",
    "MemoryCurrent",
    "CPUUsageNSec",
    "ConditionResult",
    "ConditionTimestampMonotonic",
    "TriggeredBy",
    "WantedBy",
    "RequiredBy",
    "User",
    "WorkingDirectory",
    "EnvironmentFiles",
    "StartLimitBurst",
    "StartLimitIntervalUSec",
    "StartLimitInterval",
    "TimeoutStartUSec",
    "TimeoutStopUSec",
    "MemoryMax",
    "PrivateNetwork",
    "NetworkNamespacePath",
    "ProtectSystem",
    "ProtectHome",
    "ReadWritePaths",
    "ReadWriteDirectories",
    "ReadOnlyPaths",
    "BindPaths",
    "StateDirectory",
    "LogsDirectory",
    "CacheDirectory",
    "RuntimeDirectory",
    "ConfigurationDirectory",
];

impl Properties {
    fn text(&self, name: &str) -> String {
        match self.0.get(name) {
            Some(Value::Text(text)) => clean(text, 1024),
            Some(Value::List(list)) => clean(&list.join(" "), 1024),
            _ => String::new(),
        }
    }

    fn boxed(&self, name: &str) -> Box<str> {
        self.text(name).into_boxed_str()
    }

    /// A number that is set: systemd 229 writes `18446744073709551615`, 237 and later
    /// `[not set]` for one that is not.
    fn number(&self, name: &str) -> Option<u64> {
        match self.0.get(name)? {
            Value::Number(n) => (*n != u64::MAX).then_some(*n),
            Value::Signed(n) => u64::try_from(*n).ok(),
            Value::Text(text) => text.parse().ok().filter(|n| *n != u64::MAX),
            Value::Flag(_) | Value::List(_) => None,
        }
    }

    fn signed(&self, name: &str) -> Option<i64> {
        match self.0.get(name)? {
            Value::Signed(n) => Some(*n),
            Value::Number(n) => i64::try_from(*n).ok(),
            Value::Text(text) => text.parse().ok(),
            Value::Flag(_) | Value::List(_) => None,
        }
    }

    /// A moment of the monotonic clock; zero is "never".
    fn moment(&self, name: &str) -> Option<u64> {
        self.number(name).filter(|at| *at > 0)
    }

    fn flag(&self, name: &str) -> Option<bool> {
        match self.0.get(name)? {
            Value::Flag(flag) => Some(*flag),
            Value::Text(text) => match text.as_str() {
                "yes" => Some(true),
                "no" => Some(false),
                _ => None,
            },
            Value::Number(_) | Value::Signed(_) | Value::List(_) => None,
        }
    }

    fn list(&self, name: &str) -> Vec<Box<str>> {
        let words: Vec<&str> = match self.0.get(name) {
            Some(Value::List(list)) => list.iter().map(String::as_str).collect(),
            Some(Value::Text(text)) => text.split(' ').filter(|word| !word.is_empty()).collect(),
            _ => Vec::new(),
        };
        words.into_iter().take(64).map(|word| clean(word, 512).into_boxed_str()).collect()
    }

    /// A time span: microseconds over the bus, `1min 30s` as text.
    fn span(&self, name: &str) -> Option<u64> {
        match self.0.get(name)? {
            Value::Text(text) => parse_span(text),
            _ => self.number(name),
        }
    }

    /// The facts.
    pub fn facts(&self) -> UnitFacts {
        let pid = |name| self.number(name).and_then(|pid| u32::try_from(pid).ok());
        let code = self.signed("ExecMainCode").and_then(ExitCode::from_si_code);
        UnitFacts {
            load: load_state(&self.text("LoadState")),
            load_error: load_error(&self.text("LoadError")),
            active: active_state(&self.text("ActiveState")),
            sub: self.boxed("SubState"),
            result: self.boxed("Result"),
            unit_type: self.boxed("Type"),
            restart: self.boxed("Restart"),
            restart_usec: self.span("RestartUSec"),
            n_restarts: self.number("NRestarts").and_then(|n| u32::try_from(n).ok()),
            main_pid: pid("MainPID").filter(|pid| *pid > 0),
            started: self.moment("ExecMainStartTimestampMonotonic"),
            exit: code.map(|code| Exit {
                code,
                status: self.signed("ExecMainStatus").unwrap_or(0) as i32,
                at: self.moment("ExecMainExitTimestampMonotonic"),
            }),
            changed: self.moment("StateChangeTimestampMonotonic"),
            activated: self.moment("ActiveEnterTimestampMonotonic"),
            invocation: self.boxed("InvocationID"),
            unit_file_state: self.boxed("UnitFileState"),
            need_daemon_reload: self.flag("NeedDaemonReload") == Some(true),
            description: self.boxed("Description"),
            fragment: self.boxed("FragmentPath"),
            drop_ins: self.list("DropInPaths"),
            control_group: self.boxed("ControlGroup"),
            memory: self.number("MemoryCurrent"),
            cpu_nsec: self.number("CPUUsageNSec"),
            // A unit whose conditions were never checked also says no.
            condition_failed: self.flag("ConditionResult") == Some(false)
                && self.moment("ConditionTimestampMonotonic").is_some(),
            triggered_by: self.list("TriggeredBy"),
            wanted_by: [self.list("WantedBy"), self.list("RequiredBy")].concat(),
            user: self.boxed("User"),
            directory: self.boxed("WorkingDirectory"),
            limit_burst: self.number("StartLimitBurst").and_then(|n| u32::try_from(n).ok()),
            limit_usec: self
                .span("StartLimitIntervalUSec")
                .or_else(|| self.span("StartLimitInterval")),
            start_timeout: self.span("TimeoutStartUSec").filter(|span| *span < u64::MAX),
            stop_timeout: self.span("TimeoutStopUSec").filter(|span| *span < u64::MAX),
            memory_max: self.number("MemoryMax"),
            env_files: self.env_files(),
            network: self.network(),
            sandbox: self.sandbox(),
        }
    }

    /// systemd knows the path from 242 on.
    fn network(&self) -> Box<str> {
        let path = self.text("NetworkNamespacePath");
        if !path.is_empty() {
            return format!("NetworkNamespacePath={path}").into();
        }
        let own = self.flag("PrivateNetwork") == Some(true);
        if own { "PrivateNetwork=yes".into() } else { Box::default() }
    }

    /// As text each stands with `(ignore_errors=yes)` behind it.
    fn env_files(&self) -> Vec<Box<str>> {
        let mut files = self.list("EnvironmentFiles");
        files.retain(|word| word.starts_with('/'));
        files
    }

    fn sandbox(&self) -> Sandbox {
        // systemd 229 and 230 have the old name.
        let read_write = match self.list("ReadWritePaths") {
            list if list.is_empty() => self.list("ReadWriteDirectories"),
            list => list,
        };
        // Where systemd makes them (systemd.exec(5), table 2).
        let own = [
            ("StateDirectory", "/var/lib"),
            ("LogsDirectory", "/var/log"),
            ("CacheDirectory", "/var/cache"),
            ("RuntimeDirectory", "/run"),
            ("ConfigurationDirectory", "/etc"),
        ];
        let own = own.iter().flat_map(|(name, base)| {
            let whole = move |name: Box<str>| format!("{base}/{name}").into_boxed_str();
            self.list(name).into_iter().map(whole)
        });
        // `SOURCE:DESTINATION:OPTIONS` as text.
        let bound = self.list("BindPaths").into_iter().filter_map(|bind| {
            let mut parts = bind.split(':');
            let source = parts.next()?;
            Some(parts.next().unwrap_or(source).into())
        });
        Sandbox {
            protect_system: self.boxed("ProtectSystem"),
            protect_home: self.boxed("ProtectHome"),
            read_write,
            read_only: self.list("ReadOnlyPaths"),
            own: own.collect(),
            bound: bound.collect(),
        }
    }
}

/// The words of an error: over the bus they stand alone, as text they stand quoted behind the
/// error's name (`org.freedesktop.systemd1.NoSuchUnit "Unit x not found."`); without an error 229
/// and 237 write ` ""` and 245 and later nothing.
fn load_error(text: &str) -> String {
    let quoted = text.strip_suffix('"').and_then(|rest| rest.split_once(" \""));
    quoted.map_or(text, |(_, words)| words).to_owned()
}

fn load_state(word: &str) -> LoadState {
    match word {
        "loaded" | "merged" | "stub" => LoadState::Loaded,
        "not-found" => LoadState::NotFound,
        "bad-setting" => LoadState::BadSetting,
        "error" => LoadState::Error,
        "masked" => LoadState::Masked,
        _ => LoadState::Other,
    }
}

fn active_state(word: &str) -> ActiveState {
    match word {
        "active" => ActiveState::Active,
        "reloading" | "refreshing" => ActiveState::Reloading,
        "inactive" => ActiveState::Inactive,
        "failed" => ActiveState::Failed,
        "activating" => ActiveState::Activating,
        "deactivating" => ActiveState::Deactivating,
        _ => ActiveState::Other,
    }
}

/// A time span as systemd writes it (systemd.time(7), "Displaying time spans"): `100ms`, `10s`,
/// `1min 30s`, `infinity`. In microseconds; none for infinity and for what is no span.
pub fn parse_span(text: &str) -> Option<u64> {
    let mut total: u64 = 0;
    let mut any = false;
    for word in text.split_ascii_whitespace() {
        let split = word.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, unit) = word.split_at_checked(split)?;
        let factor: u64 = match unit {
            "us" => 1,
            "ms" => 1_000,
            "s" => 1_000_000,
            "min" => 60_000_000,
            "h" => 3_600_000_000,
            "d" => 86_400_000_000,
            "w" => 604_800_000_000,
            "month" => 2_629_800_000_000,
            "y" => 31_557_600_000_000,
            _ => return None,
        };
        let number: f64 = number.parse().ok()?;
        total = total.checked_add((number * factor as f64) as u64)?;
        any = true;
    }
    any.then_some(total)
}

#[cfg(test)]
mod tests {
    use super::{load_error, parse_span};

    #[test]
    fn an_error_is_its_words() {
        assert_eq!(load_error(" \"\""), "");
        assert_eq!(load_error(""), "");
        assert_eq!(load_error("Unit \"x\" not found."), "Unit \"x\" not found.");
        let text = "org.freedesktop.systemd1.NoSuchUnit \"Unit x not found.\"";
        assert_eq!(load_error(text), "Unit x not found.");
    }

    #[test]
    fn spans() {
        assert_eq!(parse_span("100ms"), Some(100_000));
        assert_eq!(parse_span("1min 30s"), Some(90_000_000));
        assert_eq!(parse_span("2.500s"), Some(2_500_000));
        assert_eq!(parse_span("infinity"), None);
        assert_eq!(parse_span(""), None);
    }
}
