//! Health checks in the stable form.

use std::time::Duration;

use serde::Serialize;

use super::{rfc3339, round};
use crate::model::answered::not_by_it;
use crate::model::fleet::Row;
use crate::model::health::CheckState;
use crate::model::time::Timestamp;

#[derive(Serialize)]
pub(super) struct HealthReport {
    check: String,
    kind: &'static str,
    from: &'static str,
    state: &'static str,
    since: Option<String>,
    latency_ms: Option<f64>,
    p95_ms: Option<f64>,
    failing_percent: Option<f64>,
    detail: String,
    /// Passing, but this says nothing good of the service: why.
    not_by_it: Option<String>,
    excerpt: Option<String>,
    certificate_until: Option<String>,
    as_of: Option<String>,
}

/// Every check of a service. What cannot be known while its host does not answer is unknown.
pub(super) fn report(row: &Row<'_>, interval: Duration, now: Timestamp) -> Vec<HealthReport> {
    let checks = row.instance.checks();
    checks
        .map(|(spec, log)| {
            let up = row.host.link.is_up();
            let state = if up { log.state(spec, now) } else { CheckState::Unknown };
            let last = log.last();
            let reading = last.map(|(_, reading)| reading);
            HealthReport {
                check: spec.label(),
                kind: spec.target.name(),
                from: spec.from.name(),
                state: state.name(),
                since: log.since().map(rfc3339),
                latency_ms: reading
                    .and_then(|reading| reading.latency)
                    .map(|latency| round(latency.as_secs_f64() * 1000.0)),
                p95_ms: log.p95(now).map(|p95| round(p95.as_secs_f64() * 1000.0)),
                failing_percent: log.failing_percent(now).map(round),
                not_by_it: not_by_it(row, (spec, log), interval, now),
                detail: reading.map(|reading| reading.detail.to_string()).unwrap_or_default(),
                excerpt: reading
                    .map(|reading| reading.excerpt.to_string())
                    .filter(|text| !text.is_empty()),
                certificate_until: log.certificate(now).map(rfc3339),
                as_of: last.map(|(at, _)| rfc3339(at)),
            }
        })
        .collect()
}
