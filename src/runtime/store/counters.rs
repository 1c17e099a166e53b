//! Counters of restarts.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};

use crate::model::ids::{HostId, InstanceId};
use crate::model::restarts::{Bucket, Run, Saved};
use crate::model::time::Timestamp;
use crate::runtime::clock;

pub(super) fn write(
    connection: &mut Connection,
    counters: BTreeMap<InstanceId, Saved>,
) -> rusqlite::Result<()> {
    if counters.is_empty() {
        return Ok(());
    }
    let now = clock::now().as_secs();
    let transaction = connection.transaction()?;
    {
        let mut insert = transaction.prepare_cached(
            "INSERT INTO counters (env, host, service, saved_at, counters)
             VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT DO UPDATE SET saved_at = ?4, counters = ?5",
        )?;
        for (id, saved) in counters {
            let text = serde_json::to_string(&Counters::from(saved)).unwrap_or_default();
            insert.execute(params![
                id.host.env.as_str(),
                id.host.host.as_str(),
                id.service.as_str(),
                now,
                text
            ])?;
        }
        // What nobody has watched for a quarter of a year is forgotten.
        transaction
            .execute("DELETE FROM counters WHERE saved_at < ?1", params![now - 90 * 86_400])?;
    }
    transaction.commit()
}

pub(super) fn read(connection: &Connection) -> rusqlite::Result<Vec<(InstanceId, Saved)>> {
    let mut select = connection.prepare("SELECT env, host, service, counters FROM counters")?;
    let rows = select.query_map([], |row| {
        let (env, host, service, text): (String, String, String, String) =
            (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
        Ok((env, host, service, text))
    })?;
    let mut counters = Vec::new();
    for row in rows {
        let (env, host, service, text) = row?;
        // A row that another version wrote is as good as none.
        if let Ok(saved) = serde_json::from_str::<Counters>(&text) {
            let id = InstanceId { host: HostId::new(env, host), service: service.as_str().into() };
            counters.push((id, saved.into()));
        }
    }
    Ok(counters)
}

#[derive(Serialize, Deserialize)]
struct Counters {
    total: u64,
    complete: bool,
    buckets: Vec<(u32, u16, u16)>,
    complete_since: Option<i64>,
    boot: String,
    n_restarts: Option<u32>,
    started: Option<u64>,
}

impl From<Saved> for Counters {
    fn from(saved: Saved) -> Self {
        Self {
            total: saved.total,
            complete: saved.total_is_complete,
            buckets: saved.buckets.iter().map(|b| (b.index, b.automatic, b.by_hand)).collect(),
            complete_since: saved.complete_since.map(Timestamp::as_micros),
            boot: saved.last.boot.into(),
            n_restarts: saved.last.n_restarts,
            started: saved.last.started,
        }
    }
}

impl From<Counters> for Saved {
    fn from(counters: Counters) -> Self {
        let bucket = |(index, automatic, by_hand)| Bucket { index, automatic, by_hand };
        Self {
            total: counters.total,
            total_is_complete: counters.complete,
            buckets: counters.buckets.into_iter().map(bucket).collect(),
            complete_since: counters.complete_since.map(Timestamp::from_micros),
            last: Run {
                boot: counters.boot.into(),
                n_restarts: counters.n_restarts,
                started: counters.started,
            },
        }
    }
}
