//! Findings that somebody has taken note of.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};

use super::events::severity_of;
use crate::model::acknowledged::{AckId, Acknowledged};
use crate::model::ids::HostId;
use crate::model::time::Timestamp;
use crate::model::told::Found;
use crate::runtime::clock;

pub(super) const TABLE: &str = "
    CREATE TABLE IF NOT EXISTS acknowledged (
        env TEXT NOT NULL, host TEXT NOT NULL, rule TEXT NOT NULL, subject TEXT NOT NULL,
        who TEXT NOT NULL, note TEXT NOT NULL, at INTEGER NOT NULL, until INTEGER NOT NULL,
        severity TEXT NOT NULL, mute INTEGER NOT NULL,
        PRIMARY KEY (env, host, rule, subject)
    ) STRICT;";

/// Whether there is such a table.
pub(super) fn exist(connection: &Connection) -> rusqlite::Result<bool> {
    connection.table_exists(None, "acknowledged")
}

pub(super) fn write(
    connection: &mut Connection,
    acks: &BTreeMap<AckId, Option<Acknowledged>>,
) -> rusqlite::Result<()> {
    if acks.is_empty() {
        return Ok(());
    }
    let transaction = connection.transaction()?;
    for (id, ack) in acks {
        let (env, host) = (id.host.env.as_str(), id.host.host.as_str());
        let (rule, subject) = (&id.found.rule, &id.found.subject);
        match ack {
            Some(ack) => transaction.execute(
                "INSERT OR REPLACE INTO acknowledged VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
                params![
                    env,
                    host,
                    rule,
                    subject,
                    ack.by,
                    ack.note,
                    ack.at.as_micros(),
                    ack.until.as_micros(),
                    ack.severity.name(),
                    ack.mute
                ],
            )?,
            None => transaction.execute(
                "DELETE FROM acknowledged
                 WHERE env = ?1 AND host = ?2 AND rule = ?3 AND subject = ?4",
                params![env, host, rule, subject],
            )?,
        };
    }
    // What ended while no console ran.
    transaction
        .execute("DELETE FROM acknowledged WHERE until < ?1", params![clock::now().as_micros()])?;
    transaction.commit()
}

pub(super) fn read(connection: &Connection) -> rusqlite::Result<Vec<(AckId, Acknowledged)>> {
    let mut select = connection.prepare(
        "SELECT env, host, rule, subject, who, note, at, until, severity, mute FROM acknowledged",
    )?;
    let mut rows = select.query([])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        let text = |column: usize| row.get::<_, String>(column);
        let id = AckId {
            host: HostId::new(text(0)?, text(1)?),
            found: Found { rule: text(2)?.into(), subject: text(3)?.into() },
        };
        let ack = Acknowledged {
            by: text(4)?.into(),
            note: text(5)?.into(),
            at: Timestamp::from_micros(row.get(6)?),
            until: Timestamp::from_micros(row.get(7)?),
            severity: severity_of(&text(8)?),
            mute: row.get(9)?,
        };
        all.push((id, ack));
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::severity::Severity;

    #[test]
    fn they_come_back_and_go() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(TABLE).unwrap();
        let id = AckId {
            host: HostId::new("production", "coord"),
            found: Found { rule: "crash-loop".into(), subject: "mcp".into() },
        };
        let now = clock::now();
        let ack = Acknowledged {
            by: "ada@desk".into(),
            note: "on it".into(),
            at: now,
            until: now + std::time::Duration::from_secs(3600),
            severity: Severity::Critical,
            mute: true,
        };
        let one = BTreeMap::from([(id.clone(), Some(ack.clone()))]);
        write(&mut connection, &one).unwrap();
        write(&mut connection, &one).unwrap();
        assert_eq!(read(&connection).unwrap(), vec![(id.clone(), ack)]);
        write(&mut connection, &BTreeMap::from([(id, None)])).unwrap();
        assert!(read(&connection).unwrap().is_empty());
    }
}
