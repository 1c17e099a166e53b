//! A reading for people: one line a service, worst first, and a line for each host that is not
//! well.

use std::fmt::Write as _;
use std::time::Duration;

use crate::model::Model;
use crate::model::answered::not_by_it;
use crate::model::fleet::Row;
use crate::model::health::CheckState;
use crate::model::rows;
use crate::model::screen::View;
use crate::model::text::clean;
use crate::model::time::Timestamp;

/// As much of what a check said stands in a row.
const SAID: usize = 60;

/// The whole reading.
pub(super) fn table(model: &Model) -> String {
    let (fleet, now) = (&model.fleet, model.now);
    let mut out = String::new();
    // Writing to a String does not fail, so the results are not looked at.
    for env in &fleet.envs {
        let (severity, tally) = fleet.sum_up(env, now);
        let _ok = writeln!(
            out,
            "{} ({}): {}, {}/{} hosts, {}/{} services well",
            env.name,
            env.tier.name(),
            severity.name(),
            tally.hosts_up,
            tally.hosts,
            tally.ok,
            tally.services
        );
        for host in env.hosts.values() {
            if let Some(fault) = host.link.fault().or(host.units_fault.as_ref()) {
                let _ok = writeln!(out, "  {} {}: {fault}", host.spec.name, host.link.name());
            }
        }
    }
    for row in fleet.rows(now) {
        for check in row.instance.checks() {
            if let Some(why) = not_by_it(&row, check, fleet.interval, now) {
                let host = &row.host.spec.name;
                let _ok = writeln!(out, "  {host} {}: {} {why}", row.service, check.0.label());
            }
        }
    }
    let mut lines = vec![
        [
            "SEVERITY",
            "STATE",
            "SERVICE",
            "HOST",
            "SINCE",
            "PID",
            "RESTARTS 5m/1h",
            "LAST EXIT",
            "REVISION",
        ]
        .map(str::to_owned),
    ];
    let mut deploys = false;
    for row in rows::services(fleet, &View::default(), now).rows {
        let restarts = &row.instance.restarts;
        let five = restarts.within(Duration::from_secs(300), now);
        let hour = restarts.within(Duration::from_secs(3600), now);
        let mark = if hour.at_least { "≥" } else { "" };
        let oldest = || row.instance.processes(row.host)?.first().map(|process| process.pid);
        let pid = row.instance.facts.value().and_then(|f| f.main_pid).or_else(oldest);
        lines.push([
            row.verdict.severity.name().to_owned(),
            state(&row, now),
            row.service.to_string(),
            format!("{}/{}", row.env.name, row.host.spec.name),
            row.verdict.since.map_or_else(|| "-".to_owned(), |since| age(now, since)),
            pid.map_or_else(|| "-".to_owned(), |pid| pid.to_string()),
            match row.instance.kind.unit() {
                Some(_) => format!("{mark}{}/{mark}{}", five.n, hour.n),
                None => "-".to_owned(),
            },
            row.instance.last_exit.map_or_else(|| "-".to_owned(), |exit| exit.label()),
            row.host.release(row.instance).map_or_else(
                || "-".to_owned(),
                |release| {
                    deploys = true;
                    let ago = age(now, Timestamp::from_secs(release.at));
                    format!("{} {ago} ago by {}", release.short(), release.by)
                },
            ),
        ]);
    }
    // Where nothing was deployed from here there is nothing to say of it.
    let columns = if deploys { 9 } else { 8 };
    let mut widths = [0; 9];
    for line in &lines {
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = (*width).max(unicode_width::UnicodeWidthStr::width(cell.as_str()));
        }
    }
    out.push('\n');
    for line in &lines {
        let mut text = String::new();
        for (width, cell) in widths.iter().zip(line).take(columns) {
            let pad = width - unicode_width::UnicodeWidthStr::width(cell.as_str()).min(*width);
            let _ok = write!(text, "{cell}{}  ", " ".repeat(pad));
        }
        out.push_str(text.trim_end());
        out.push('\n');
    }
    out
}

/// The state, and what is wrong where it is that of a service that is well.
fn state(row: &Row<'_>, now: Timestamp) -> String {
    let word = row.verdict.state.name();
    if row.verdict.stale {
        return format!("{word}?");
    }
    let health = match row.verdict.health {
        Some(health @ CheckState::Failing) => (health, "unhealthy"),
        Some(health @ CheckState::Unknown) => (health, "health unknown"),
        Some(CheckState::Passing | CheckState::Pending) | None => return word.to_owned(),
    };
    let mut checks = row.instance.checks();
    let said = checks.find(|(spec, log)| log.state(spec, now) == health.0);
    let said = said.and_then(|(_, log)| log.last()).map_or("", |(_, reading)| &*reading.detail);
    match said {
        "" => format!("{word}, {}", health.1),
        said => format!("{word}, {}: {}", health.1, clean(said, SAID)),
    }
}

fn age(now: Timestamp, since: Timestamp) -> String {
    let secs = now.since(since).as_secs();
    match secs {
        0..60 => format!("{secs}s"),
        60..3600 => format!("{}m", secs / 60),
        3600..86_400 => format!("{}h{:02}", secs / 3600, secs / 60 % 60),
        _ => format!("{}d", secs / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::check::{CheckSpec, Target};
    use crate::model::deploy::{Deployed, Release};
    use crate::model::fleet::Fleet;
    use crate::model::health::{CheckReading, Outcome, Why};
    use crate::model::host::Link;
    use crate::model::ids::{HostId, HostName, ServiceName, UnitName};
    use crate::model::limits::Limits;
    use crate::model::spec::{
        EnvSpec, FleetSpec, HostSpec, Kind, Promises, Reach, ServiceSpec, Sudo, Tier,
    };
    use crate::model::unit::{ActiveState, LoadState, UnitFacts};

    const NOW: Timestamp = Timestamp::from_secs(1_795_230_000);

    /// Two services that run; what the check of the first one said twice.
    fn model(said: &CheckReading) -> Model {
        let check = CheckSpec::new(Target::Tcp("127.0.0.1".into(), 80));
        let service = |name: &str, checks| ServiceSpec {
            name: ServiceName::new(name),
            hosts: vec![HostName::new("h")],
            kind: Kind::Unit(UnitName::new(format!("{name}.service"))),
            promises: Arc::new(Promises { checks, ..Promises::default() }),
        };
        let env = EnvSpec {
            name: "production".into(),
            tier: Tier::Production,
            protected: true,
            hosts: vec![HostSpec {
                name: HostName::new("h"),
                reach: Reach::Ssh("h".to_owned()),
                sudo: Sudo::Auto,
                limits: Limits::default(),
            }],
            services: vec![service("api", vec![check.clone()]), service("web", Vec::new())],
            ports: Vec::new(),
            backups: Arc::default(),
            syncs: Arc::default(),
            windows: Arc::default(),
            silences: Vec::new(),
        };
        let mut fleet = Fleet::new(&FleetSpec { envs: vec![env], ..FleetSpec::default() });
        let host = fleet.host_mut(&HostId::new("production", "h")).unwrap();
        host.link = Link::Connected;
        for instance in host.instances.values_mut() {
            let facts = UnitFacts {
                load: LoadState::Loaded,
                active: ActiveState::Active,
                sub: "running".into(),
                ..UnitFacts::default()
            };
            instance.facts.see(facts, NOW);
            for log in &mut instance.checks {
                log.push(&check, said.clone(), NOW);
                log.push(&check, said.clone(), NOW);
            }
        }
        Model { now: NOW, fleet, ..Model::default() }
    }

    fn reading(outcome: Outcome, detail: &str) -> CheckReading {
        CheckReading { outcome, latency: None, detail: detail.into(), excerpt: Box::default() }
    }

    #[test]
    fn only_what_works_counts_as_well() {
        let failed = reading(Outcome::Failed(Why::Refused), "refused");
        for (said, well, word) in [
            (reading(Outcome::Passed, ""), "2/2 services well", "ok        running  "),
            (failed, "1/2 services well", "critical  running, unhealthy: refused  "),
            (CheckReading::unknown("no nc"), "1/2 ", "unknown   running, health unknown: no nc  "),
        ] {
            let text = table(&model(&said));
            assert!(text.contains(well), "{text}");
            assert!(text.contains(word), "{text}");
        }
    }

    #[test]
    fn what_is_deployed_since_when_and_by_whom_stands_there_where_anything_is() {
        let mut model = model(&reading(Outcome::Passed, ""));
        assert!(!table(&model).contains("REVISION"));
        let kind = model.fleet.rows(NOW).next().unwrap().instance.kind.clone();
        let release = Release {
            revision: "1fd4deba20e5fdeae893ec54cff7df03feaa26ae".into(),
            at: NOW.as_secs() - 7200,
            by: "ana@laptop".into(),
            ..Release::default()
        };
        let env = &mut model.fleet.envs[0];
        let host = env.hosts.values_mut().next().unwrap();
        host.deployed.push(Deployed { subject: kind.subject(), release });
        let text = table(&model);
        assert!(
            text.contains("REVISION") && text.contains("1fd4deba20 2h00 ago by ana@laptop"),
            "{text}"
        );
    }

    #[test]
    fn the_consoles_tally_tells_the_same() {
        let failed = model(&reading(Outcome::Failed(Why::Refused), "refused"));
        let (severity, tally) = failed.fleet.sum_up(&failed.fleet.envs[0], NOW);
        assert_eq!(severity, crate::model::severity::Severity::Critical);
        assert_eq!((tally.ok, tally.unhealthy, tally.services), (1, 1, 2));
        let unknown = model(&CheckReading::unknown("no nc"));
        let (_, tally) = unknown.fleet.sum_up(&unknown.fleet.envs[0], NOW);
        assert_eq!((tally.ok, tally.unknown, tally.services), (1, 1, 2));
    }
}
