//! systemd's bus, with typed answers and pushes (`org.freedesktop.systemd1(5)`). The same code for
//! this machine's socket and for `systemd-stdio-bridge` behind ssh.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::future::join_all;
use tokio::sync::Notify;
use zbus::zvariant::{OwnedObjectPath, OwnedValue, Value as Variant};
use zbus::{Connection, MatchRule, MessageStream};

use super::transport::{Future, UnitBus};
use crate::model::fault::{Fault, FaultKind};
use crate::model::ids::UnitName;
use crate::model::text::clean;
use crate::model::unit::UnitFacts;
use crate::probe::properties::{Properties, Value};

const SYSTEMD: &str = "org.freedesktop.systemd1";
const ROOT: &str = "/org/freedesktop/systemd1";
const MANAGER: &str = "org.freedesktop.systemd1.Manager";
const UNIT: &str = "org.freedesktop.systemd1.Unit";
const PROPERTIES: &str = "org.freedesktop.DBus.Properties";
/// systemd answers in milliseconds; one that needs longer than this is in trouble.
const DEADLINE: Duration = Duration::from_secs(5);
/// Signals between two looks of ours. When there are more, the reader waits and so does the host.
const QUEUE: usize = 1024;

/// A connection to systemd.
pub struct Bus {
    connection: Connection,
    shared: Arc<Shared>,
    signals: tokio::task::JoinHandle<()>,
    _guard: Box<dyn std::any::Any + Send + Sync>,
}

#[derive(Default)]
struct Shared {
    watched: Mutex<Watched>,
    notify: Notify,
}

#[derive(Default)]
struct Watched {
    by_path: BTreeMap<String, UnitName>,
    all: bool,
    dirty: BTreeSet<UnitName>,
    closed: bool,
}

impl Drop for Bus {
    fn drop(&mut self) {
        self.signals.abort();
    }
}

impl Bus {
    /// Subscribes to systemd over a bus connection. `guard` keeps what carries it.
    pub async fn new(
        connection: Connection,
        guard: Box<dyn std::any::Any + Send + Sync>,
    ) -> Result<Self, Fault> {
        let rule = MatchRule::builder()
            .msg_type(zbus::message::Type::Signal)
            .sender(SYSTEMD)
            .map_err(|error| fault("subscribe", &error))?
            .path_namespace(ROOT)
            .map_err(|error| fault("subscribe", &error))?
            .build();
        let stream = MessageStream::for_match_rule(rule, &connection, Some(QUEUE))
            .await
            .map_err(|error| fault("subscribe", &error))?;
        let shared = Arc::new(Shared::default());
        let signals = tokio::spawn(listen(stream, Arc::clone(&shared)));
        let bus = Self { connection, shared, signals, _guard: guard };
        bus.call(ROOT, MANAGER, "Subscribe", &()).await?;
        Ok(bus)
    }

    async fn call<B>(
        &self,
        path: &str,
        interface: &str,
        method: &str,
        body: &B,
    ) -> Result<zbus::Message, Fault>
    where
        B: serde::Serialize + zbus::zvariant::DynamicType + Sync,
    {
        let call = self.connection.call_method(Some(SYSTEMD), path, Some(interface), method, body);
        match tokio::time::timeout(DEADLINE, call).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(fault(method, &error)),
            Err(_late) => Err(Fault::new(
                FaultKind::TimedOut,
                format!("ask systemd for {method} on its bus"),
                format!("no answer within {} s", DEADLINE.as_secs()),
            )),
        }
    }

    async fn read_one(&self, unit: &UnitName) -> Result<UnitFacts, Fault> {
        let path = path_of(unit);
        let own = interface_of(unit);
        let unit_body = (UNIT,);
        let own_body = (own,);
        let (general, own) = tokio::join!(
            self.call(&path, PROPERTIES, "GetAll", &unit_body),
            self.call(&path, PROPERTIES, "GetAll", &own_body),
        );
        let mut properties = Properties::default();
        // The own interface is missing where the unit's type is not what its name says.
        for answer in [general?].into_iter().chain(own.ok()) {
            let body = answer.body();
            let all: BTreeMap<String, OwnedValue> =
                body.deserialize().map_err(|error| fault("GetAll", &error))?;
            for (name, value) in all {
                if let Some(value) = convert(&value) {
                    properties.0.insert(name, value);
                }
            }
        }
        Ok(properties.facts())
    }

    fn watched(&self) -> Result<std::sync::MutexGuard<'_, Watched>, Fault> {
        self.shared.watched.lock().map_err(|_poisoned| {
            Fault::new(FaultKind::Failed, "read the bus", "the reader ended by a fault of ours")
        })
    }
}

impl UnitBus for Bus {
    fn watch(&self, units: &[UnitName], all: bool) {
        if let Ok(mut watched) = self.watched() {
            watched.by_path = units.iter().map(|unit| (path_of(unit), unit.clone())).collect();
            watched.all = all;
        }
    }

    fn read<'a>(
        &'a self,
        units: &'a [UnitName],
    ) -> Future<'a, Result<Vec<(UnitName, UnitFacts)>, Fault>> {
        Box::pin(async move {
            let mut facts = Vec::with_capacity(units.len());
            let mut failed = None;
            // In groups, so that a host with hundreds of units is not asked for all at once.
            for group in units.chunks(32) {
                let read = join_all(group.iter().map(|unit| self.read_one(unit))).await;
                for (unit, result) in group.iter().zip(read) {
                    match result {
                        Ok(read) => facts.push((unit.clone(), read)),
                        // One that cannot be read does not take the others with it.
                        Err(fault) if fault.kind == FaultKind::Failed => {
                            tracing::warn!(%unit, "{fault}");
                            failed = Some(fault);
                        }
                        Err(fault) => return Err(fault),
                    }
                }
            }
            match failed {
                Some(fault) if facts.is_empty() => Err(fault),
                Some(_) | None => Ok(facts),
            }
        })
    }

    fn services(&self) -> Future<'_, Result<Vec<UnitName>, Fault>> {
        Box::pin(async move {
            // org.freedesktop.systemd1(5), ListUnits(): name, description, load state, active
            // state, sub state, followed unit, path, job id, job type, job path.
            type Listed = (
                String,
                String,
                String,
                String,
                String,
                String,
                OwnedObjectPath,
                u32,
                String,
                OwnedObjectPath,
            );
            let answer = self.call(ROOT, MANAGER, "ListUnits", &()).await?;
            let body = answer.body();
            let units: Vec<Listed> =
                body.deserialize().map_err(|error| fault("ListUnits", &error))?;
            Ok(units
                .into_iter()
                .filter(|unit| unit.0.ends_with(".service") && unit.3 != "inactive")
                .map(|unit| UnitName::new(clean(&unit.0, 256)))
                .collect())
        })
    }

    fn changed(&self) -> Future<'_, Result<BTreeSet<UnitName>, Fault>> {
        Box::pin(async move {
            loop {
                let notified = self.shared.notify.notified();
                {
                    let mut watched = self.watched()?;
                    if !watched.dirty.is_empty() {
                        return Ok(std::mem::take(&mut watched.dirty));
                    }
                    if watched.closed {
                        return Err(Fault::new(
                            FaultKind::Unreachable,
                            "listen to systemd's bus",
                            "the host closed it",
                        ));
                    }
                }
                notified.await;
            }
        })
    }

    fn ping(&self) -> Future<'_, Result<(), Fault>> {
        Box::pin(async move {
            // Not `Peer.Ping`: systemd-stdio-bridge answers that itself, also when systemd is
            // silent (seen with 252; sd-bus does it in `process_builtin()`).
            self.call(ROOT, PROPERTIES, "Get", &(MANAGER, "Version")).await.map(|_answer| ())
        })
    }
}

/// Turns signals into names of changed units until the bus ends.
async fn listen(mut stream: MessageStream, shared: Arc<Shared>) {
    while let Some(Ok(message)) = stream.next().await {
        let header = message.header();
        let member = header.member().map(|m| m.as_str().to_owned()).unwrap_or_default();
        let path = header.path().map(|p| p.as_str().to_owned()).unwrap_or_default();
        let Ok(mut watched) = shared.watched.lock() else { return };
        match member.as_str() {
            "PropertiesChanged" => {
                if let Some(unit) = watched.by_path.get(&path).cloned() {
                    watched.dirty.insert(unit);
                } else if watched.all
                    && let Some(unit) = unit_of(&path).filter(|u| u.ends_with(".service"))
                {
                    // More than are shown anyway need not be remembered.
                    if watched.dirty.len() < QUEUE {
                        watched.dirty.insert(UnitName::new(clean(&unit, 256)));
                    }
                }
            }
            // After a reload (daemon-reload) every unit's file may be another.
            "Reloading" if message.body().deserialize::<bool>().is_ok_and(|begins| !begins) => {
                let all: Vec<UnitName> = watched.by_path.values().cloned().collect();
                watched.dirty.extend(all);
            }
            _ => continue,
        }
        let wake = !watched.dirty.is_empty();
        drop(watched);
        if wake {
            shared.notify.notify_one();
        }
    }
    if let Ok(mut watched) = shared.watched.lock() {
        watched.closed = true;
    }
    shared.notify.notify_one();
}

/// The object path of a unit: bytes other than ASCII letters and digits become `_` and two hex
/// digits, and so does a leading digit (`bus_label_escape()` in systemd's source, 229 to 257).
pub(crate) fn path_of(unit: &UnitName) -> String {
    use std::fmt::Write as _;
    let mut path = format!("{ROOT}/unit/");
    for (i, byte) in unit.as_str().bytes().enumerate() {
        if byte.is_ascii_alphabetic() || (i > 0 && byte.is_ascii_digit()) {
            path.push(char::from(byte));
        } else {
            // Writing to a String does not fail.
            let _ok = write!(path, "_{byte:02x}");
        }
    }
    path
}

/// The reverse of [`path_of`].
fn unit_of(path: &str) -> Option<String> {
    let label = path.strip_prefix(ROOT)?.strip_prefix("/unit/")?;
    let mut bytes = Vec::with_capacity(label.len());
    let mut rest = label.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'_' {
            let high = char::from(rest.next()?).to_digit(16)?;
            let low = char::from(rest.next()?).to_digit(16)?;
            bytes.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

/// The interface of a unit's type, by its suffix.
fn interface_of(unit: &UnitName) -> &'static str {
    match unit.as_str().rsplit('.').next() {
        Some("socket") => "org.freedesktop.systemd1.Socket",
        Some("timer") => "org.freedesktop.systemd1.Timer",
        Some("path") => "org.freedesktop.systemd1.Path",
        Some("mount") => "org.freedesktop.systemd1.Mount",
        Some("automount") => "org.freedesktop.systemd1.Automount",
        Some("swap") => "org.freedesktop.systemd1.Swap",
        Some("slice") => "org.freedesktop.systemd1.Slice",
        Some("scope") => "org.freedesktop.systemd1.Scope",
        Some("target") => "org.freedesktop.systemd1.Target",
        Some("device") => "org.freedesktop.systemd1.Device",
        _ => "org.freedesktop.systemd1.Service",
    }
}

fn convert(value: &Variant<'_>) -> Option<Value> {
    Some(match value {
        Variant::Str(text) => Value::Text(text.to_string()),
        Variant::ObjectPath(path) => Value::Text(path.to_string()),
        Variant::Bool(flag) => Value::Flag(*flag),
        Variant::U8(n) => Value::Number(u64::from(*n)),
        Variant::U16(n) => Value::Number(u64::from(*n)),
        Variant::U32(n) => Value::Number(u64::from(*n)),
        Variant::U64(n) => Value::Number(*n),
        Variant::I16(n) => Value::Signed(i64::from(*n)),
        Variant::I32(n) => Value::Signed(i64::from(*n)),
        Variant::I64(n) => Value::Signed(*n),
        Variant::Array(items) => {
            if items.iter().all(|item| matches!(item, Variant::U8(_))) && !items.is_empty() {
                // InvocationID is sixteen bytes, written as hex by every tool.
                let hex = items.iter().map(|item| match item {
                    Variant::U8(byte) => format!("{byte:02x}"),
                    _ => String::new(),
                });
                return Some(Value::Text(hex.collect()));
            }
            Value::List(
                items
                    .iter()
                    .filter_map(|item| match item {
                        Variant::Str(text) => Some(text.to_string()),
                        // BindPaths: source, destination, and two options.
                        Variant::Structure(parts) => match parts.fields() {
                            [Variant::Str(from), Variant::Str(to), ..] => {
                                Some(format!("{from}:{to}"))
                            }
                            // EnvironmentFiles: path, and whether it may be missing.
                            [Variant::Str(path), Variant::Bool(_)] => Some(path.to_string()),
                            _ => None,
                        },
                        _ => None,
                    })
                    .collect(),
            )
        }
        // LoadError is a D-Bus error's name and its words.
        Variant::Structure(parts) => match parts.fields() {
            [Variant::Str(_), Variant::Str(words)] => Value::Text(words.to_string()),
            _ => return None,
        },
        _ => return None,
    })
}

fn fault(what: &str, error: &zbus::Error) -> Fault {
    Fault::new(
        FaultKind::Failed,
        format!("ask systemd for {what} on its bus"),
        clean(&error.to_string(), 300),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_go_there_and_back() {
        for name in ["nginx.service", "9p@a\\x2db.service", "system-getty.slice"] {
            let path = path_of(&name.into());
            assert_eq!(unit_of(&path).as_deref(), Some(name));
        }
        assert_eq!(
            path_of(&"a-b.service".into()),
            "/org/freedesktop/systemd1/unit/a_2db_2eservice"
        );
    }
}
