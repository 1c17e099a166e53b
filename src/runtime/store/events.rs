//! The timeline: a table that is only added to, and bounded in rows and in age.

use rusqlite::{Connection, params, params_from_iter};

use crate::model::event::{Event, EventKind, Wanted};
use crate::model::ids::HostId;
use crate::model::severity::Severity;
use crate::model::time::Timestamp;
use crate::runtime::clock;

/// As many events are kept.
const MOST: i64 = 100_000;
/// No longer than this, in microseconds: 90 days.
const OLDEST: i64 = 90 * 86_400 * 1_000_000;
/// Old ones are looked for after so many new ones, and at the first.
const PRUNE_EVERY: usize = 1000;

/// Consoles read a host each at its own pace: what two of them have seen within so many seconds is
/// one event.
const SAME: i64 = 3;

/// Times are microseconds since the Unix epoch.
pub(super) const TABLE: &str = "
    CREATE TABLE IF NOT EXISTS events (
        id INTEGER PRIMARY KEY,
        at INTEGER NOT NULL, second INTEGER NOT NULL,
        env TEXT NOT NULL, host TEXT NOT NULL, subject TEXT NOT NULL, topic TEXT NOT NULL,
        kind TEXT NOT NULL, severity TEXT NOT NULL,
        before TEXT NOT NULL, after TEXT NOT NULL,
        text TEXT NOT NULL, detail TEXT NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX IF NOT EXISTS events_once
        ON events (env, host, subject, topic, kind, after, second);
    CREATE INDEX IF NOT EXISTS events_at ON events (at);";

/// Whether there is such a table.
pub(super) fn exist(connection: &Connection) -> rusqlite::Result<bool> {
    connection.table_exists(None, "events")
}

/// Adds events; `written` counts them.
pub(super) fn write(
    connection: &mut Connection,
    events: &[Event],
    written: &mut usize,
) -> rusqlite::Result<()> {
    if events.is_empty() {
        return Ok(());
    }
    let transaction = connection.transaction()?;
    {
        let mut insert = transaction.prepare_cached(
            "INSERT OR IGNORE INTO events (at, second, env, host, subject, topic, kind, severity,
                                           before, after, text, detail)
             SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12
             WHERE NOT EXISTS (
                 SELECT 1 FROM events
                 WHERE second BETWEEN ?2 - ?13 AND ?2 + ?13 AND env = ?3 AND host = ?4
                     AND subject = ?5 AND topic = ?6 AND kind = ?7 AND after = ?10)",
        )?;
        for event in events {
            let (env, host) =
                event.host.as_ref().map_or(("", ""), |id| (id.env.as_str(), id.host.as_str()));
            insert.execute(params![
                event.at.as_micros(),
                event.at.as_secs(),
                env,
                host,
                event.subject,
                event.topic,
                event.kind.name(),
                event.severity.name(),
                event.from,
                event.to,
                event.text,
                serde_json::to_string(&event.detail).unwrap_or_default(),
                SAME,
            ])?;
        }
    }
    if *written == 0 || *written / PRUNE_EVERY != (*written + events.len()) / PRUNE_EVERY {
        prune(&transaction, MOST)?;
    }
    *written += events.len();
    transaction.commit()
}

/// Forgets what is too old or too much.
fn prune(connection: &Connection, most: i64) -> rusqlite::Result<()> {
    connection
        .execute("DELETE FROM events WHERE at < ?1", params![clock::now().as_micros() - OLDEST])?;
    connection.execute(
        "DELETE FROM events WHERE id <= (SELECT id FROM events ORDER BY id DESC LIMIT 1 OFFSET ?1)",
        params![most],
    )?;
    Ok(())
}

/// The newest events that are wanted, oldest first.
pub(super) fn read(
    connection: &Connection,
    wanted: &Wanted,
    most: usize,
) -> rusqlite::Result<Vec<Event>> {
    let mut query = "SELECT at, env, host, subject, topic, kind, severity, before, after, text, \
                     detail FROM events WHERE at >= ?"
        .to_owned();
    let since = wanted.since.unwrap_or_default().as_micros();
    let mut values: Vec<rusqlite::types::Value> = vec![since.into()];
    for (column, value) in
        [("env", &wanted.env), ("host", &wanted.host), ("subject", &wanted.subject)]
    {
        if let Some(value) = value {
            // What the console says of itself belongs to every environment.
            let also = if column == "env" { ", ''" } else { "" };
            query.extend([" AND ", column, " IN (?", also, ")"]);
            values.push(value.clone().into());
        }
    }
    if !wanted.kinds.is_empty() {
        let marks = vec!["?"; wanted.kinds.len()].join(", ");
        query.extend([" AND kind IN (", &marks, ")"]);
        values.extend(wanted.kinds.iter().map(|kind| kind.name().to_owned().into()));
    }
    query.push_str(" ORDER BY at DESC, id DESC LIMIT ?");
    values.push(i64::try_from(most).unwrap_or(i64::MAX).into());
    let mut select = connection.prepare(&query)?;
    let mut rows = select.query(params_from_iter(values))?;
    let mut events = Vec::new();
    while let Some(row) = rows.next()? {
        let kind: String = row.get(5)?;
        // A kind that another version wrote is not understood, and not shown as something else.
        let Some(kind) = EventKind::from_name(&kind) else { continue };
        let text = |column: usize| row.get::<_, String>(column);
        let (env, host, severity) = (text(1)?, text(2)?, text(6)?);
        let detail: Vec<String> = serde_json::from_str(&text(10)?).unwrap_or_default();
        let host = (!host.is_empty()).then(|| HostId::new(env, host));
        let at = Timestamp::from_micros(row.get(0)?);
        // What is in the file may have been written by anybody: it is cleaned again.
        let event = Event::new(at, kind, host, severity_of(&severity), &text(9)?)
            .about(&text(3)?, &text(4)?)
            .turned(&text(7)?, &text(8)?)
            .proved(detail);
        events.push(event);
    }
    events.reverse();
    Ok(events)
}

/// The severity of that word; one that another version wrote is not known.
pub(super) fn severity_of(word: &str) -> Severity {
    Severity::ALL.into_iter().find(|severity| severity.name() == word).unwrap_or(Severity::Unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(secs: i64, to: &str) -> Event {
        let at = Timestamp::from_secs(secs);
        let host = Some(HostId::new("production", "coord"));
        Event::new(at, EventKind::State, host, Severity::Critical, "running → failed")
            .about("mcp", "")
            .turned("running", to)
            .proved(["systemctl show: Result=exit-code"])
    }

    fn open() -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(TABLE).unwrap();
        connection
    }

    #[test]
    fn events_come_back_as_they_were() {
        let mut connection = open();
        let now = clock::now().as_secs();
        let wrote = vec![
            event(now - 5, "failed"),
            Event::new(
                Timestamp::from_secs(now),
                EventKind::Config,
                None,
                Severity::Info,
                "the config was read again",
            ),
        ];
        write(&mut connection, &wrote, &mut 0).unwrap();
        assert_eq!(read(&connection, &Wanted::default(), 10).unwrap(), wrote);
        let only = |wanted: &Wanted| read(&connection, wanted, 10).unwrap().len();
        assert_eq!(only(&Wanted { env: Some("production".to_owned()), ..Wanted::default() }), 2);
        assert_eq!(only(&Wanted { env: Some("staging".to_owned()), ..Wanted::default() }), 1);
        assert_eq!(only(&Wanted { host: Some("coord".to_owned()), ..Wanted::default() }), 1);
        assert_eq!(only(&Wanted { kinds: vec![EventKind::Link], ..Wanted::default() }), 0);
        assert_eq!(
            only(&Wanted { since: Some(Timestamp::from_secs(now - 1)), ..Wanted::default() }),
            1
        );
    }

    #[test]
    fn two_consoles_that_see_the_same_tell_it_once() {
        let mut connection = open();
        let now = clock::now().as_secs();
        let mut written = 0;
        for late in 0..2 {
            write(&mut connection, &[event(now + late, "failed")], &mut written).unwrap();
        }
        write(&mut connection, &[event(now, "running")], &mut written).unwrap();
        assert_eq!(read(&connection, &Wanted::default(), 10).unwrap().len(), 2);
    }

    #[test]
    fn it_is_bounded_in_rows_and_in_age() {
        let mut connection = open();
        let now = clock::now().as_secs();
        let mut events: Vec<Event> =
            (0..50).map(|n| event(now - 1000 + n * 10, "failed")).collect();
        events.insert(0, event(now - 91 * 86_400, "failed"));
        write(&mut connection, &events, &mut 1).unwrap();
        assert_eq!(read(&connection, &Wanted::default(), 100).unwrap().len(), 51);
        prune(&connection, MOST).unwrap();
        assert_eq!(read(&connection, &Wanted::default(), 100).unwrap().len(), 50);
        prune(&connection, 20).unwrap();
        let left = read(&connection, &Wanted::default(), 100).unwrap();
        assert_eq!(left.len(), 20);
        assert_eq!(left.last(), events.last());
    }

    #[test]
    fn a_stranger_in_the_file_is_made_harmless() {
        let connection = open();
        connection
            .execute(
                "INSERT INTO events VALUES (1, 5000000, 5, 'e', 'h', 's', '', 'state', 'loud',
                    'a', 'b', ?1, 'no json')",
                params!["\x1b]0;x\x07"],
            )
            .unwrap();
        connection
            .execute(
                "INSERT INTO events VALUES (2, 5000000, 5, 'e', 'h', 's', '', 'from-the-future',
                    'ok', 'a', 'b', '', '[]')",
                params![],
            )
            .unwrap();
        let read = read(&connection, &Wanted::default(), 10).unwrap();
        assert_eq!(read.len(), 1);
        assert_eq!(read[0].text, "\\x1b]0;x\\x07");
        assert_eq!(read[0].severity, Severity::Unknown);
    }
}
