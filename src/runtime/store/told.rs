//! What the timeline has told of hosts.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};

use super::events::severity_of;
use crate::model::ids::{HostId, ServiceName};
use crate::model::instance::ServiceState;
use crate::model::time::Timestamp;
use crate::model::told::{Found, State, Told};
use crate::runtime::clock;

pub(super) const TABLE: &str = "
    CREATE TABLE IF NOT EXISTS told (
        env TEXT NOT NULL, host TEXT NOT NULL, saved_at INTEGER NOT NULL, told TEXT NOT NULL,
        PRIMARY KEY (env, host)
    ) STRICT;";

pub(super) fn write(
    connection: &mut Connection,
    told: &BTreeMap<HostId, Told>,
) -> rusqlite::Result<()> {
    if told.is_empty() {
        return Ok(());
    }
    let now = clock::now().as_secs();
    let transaction = connection.transaction()?;
    {
        let mut insert = transaction.prepare_cached(
            "INSERT INTO told (env, host, saved_at, told) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO UPDATE SET saved_at = ?3, told = ?4",
        )?;
        for (id, told) in told {
            let text = serde_json::to_string(&Stored::from(told)).unwrap_or_default();
            insert.execute(params![id.env.as_str(), id.host.as_str(), now, text])?;
        }
        transaction.execute("DELETE FROM told WHERE saved_at < ?1", params![now - 90 * 86_400])?;
    }
    transaction.commit()
}

pub(super) fn read(connection: &Connection) -> rusqlite::Result<Vec<(HostId, Told)>> {
    let mut select = connection.prepare("SELECT env, host, told FROM told")?;
    let mut rows = select.query([])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        let (env, host, text): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        // A row that another version wrote is as good as none.
        if let Ok(stored) = serde_json::from_str::<Stored>(&text) {
            all.push((HostId::new(env, host), stored.into()));
        }
    }
    Ok(all)
}

#[derive(Serialize, Deserialize)]
struct Stored {
    link: Box<str>,
    link_since: Option<i64>,
    boot: Box<str>,
    states: Vec<(String, String)>,
    findings: Vec<(String, String, String)>,
    #[serde(default)]
    packages: Box<str>,
}

impl From<&Told> for Stored {
    fn from(told: &Told) -> Self {
        let state = |(name, state): (&ServiceName, &State)| {
            Some((name.as_str().to_owned(), state.state?.name().to_owned()))
        };
        Self {
            link: told.link.clone(),
            link_since: told.link_since.map(Timestamp::as_micros),
            boot: told.boot.clone(),
            states: told.states.iter().filter_map(state).collect(),
            findings: told
                .findings
                .iter()
                .map(|(found, severity)| {
                    (found.rule.to_string(), found.subject.to_string(), severity.name().to_owned())
                })
                .collect(),
            packages: told.packages.clone(),
        }
    }
}

impl From<Stored> for Told {
    fn from(stored: Stored) -> Self {
        let state = |(name, word): (String, String)| {
            let state = ServiceState::ALL.into_iter().find(|state| state.name() == word)?;
            Some((ServiceName::new(name), State { state: Some(state), ..State::default() }))
        };
        let found = |(rule, subject, severity): (String, String, String)| {
            (Found { rule: rule.into(), subject: subject.into() }, severity_of(&severity))
        };
        Self {
            link: stored.link,
            link_since: stored.link_since.map(Timestamp::from_micros),
            boot: stored.boot,
            states: stored.states.into_iter().filter_map(state).collect(),
            findings: stored.findings.into_iter().map(found).collect(),
            closed: Vec::new(),
            packages: stored.packages,
            checks: BTreeMap::new(),
            unsaved: false,
            settled: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::severity::Severity;

    #[test]
    fn what_was_told_comes_back() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(TABLE).unwrap();
        let state = State { state: Some(ServiceState::CrashLooping), ..State::default() };
        let found = Found { rule: "crash-loop".into(), subject: "mcp".into() };
        let told = Told {
            link: "connected".into(),
            link_since: Some(Timestamp::from_secs(7)),
            boot: "0b6e".into(),
            states: BTreeMap::from([("mcp".into(), state)]),
            findings: BTreeMap::from([(found, Severity::Critical)]),
            closed: Vec::new(),
            packages: "17".into(),
            checks: BTreeMap::new(),
            unsaved: false,
            settled: None,
        };
        let id = HostId::new("production", "coord");
        let all = BTreeMap::from([(id.clone(), told.clone())]);
        write(&mut connection, &all).unwrap();
        write(&mut connection, &all).unwrap();
        assert_eq!(read(&connection).unwrap(), vec![(id, told)]);
        connection.execute("UPDATE told SET told = '{}'", []).unwrap();
        assert!(read(&connection).unwrap().is_empty());
    }
}
