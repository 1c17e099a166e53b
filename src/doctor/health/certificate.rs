//! `certificate-expires`: the certificate behind a check ends within the span of the config (21
//! days), critical in its last third (7 days) and when it has ended.

use super::{name, subject};
use crate::doctor::patient::Patient;
use crate::model::finding::Finding;
use crate::model::rule::Rule;
use crate::model::severity::Severity;
use crate::probe::quote::quote;

const DAY: u64 = 86_400;

pub(in crate::doctor) fn check(patient: &Patient<'_>, findings: &mut Vec<Finding>) {
    for row in &patient.rows {
        let ending = row.instance.checks().filter_map(|(spec, log)| {
            let until = log.certificate(patient.now)?;
            let warned = spec.certificate?;
            (until.since(patient.now) < warned).then_some((spec, warned, until))
        });
        // The one that ends first.
        let Some((spec, warned, until)) = ending.min_by_key(|(_, _, until)| *until) else {
            continue;
        };
        let left = until.since(patient.now);
        let severity = if left < warned / 3 { Severity::Critical } else { Severity::Warning };
        let when = match left.as_secs() {
            0 => "has ended".to_owned(),
            secs if secs < DAY => "ends within a day".to_owned(),
            secs if secs < 2 * DAY => "ends tomorrow".to_owned(),
            secs => format!("ends in {} days", secs / DAY),
        };
        let mut found = Finding::new(
            Rule::CertificateExpires,
            subject(row),
            severity,
            format!("the certificate of {} {when}: {}", row.service, name(spec)),
        )
        .proof_at("openssl x509 -enddate", "valid until then", Some(until));
        if let Some((host, port)) = spec.place() {
            let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
            let place = quote(&format!("{host}:{port}"));
            found = found.step(
                format!("openssl s_client -connect {place} </dev/null | openssl x509 -noout -dates -issuer"),
                "what is served; where the file is newer than this, what serves it has to be reloaded",
            );
        }
        findings.push(found.step(
            "",
            "renew it (certbot renew, or as it was made), and reload what serves it; nothing is interrupted",
        ));
    }
}
