//! A reading for people: one line a service, worst first, and a line for each host that is not
//! well.

use std::fmt::Write as _;
use std::time::Duration;

use crate::model::Model;
use crate::model::answered::not_by_it;
use crate::model::rows;
use crate::model::screen::View;
use crate::model::time::Timestamp;

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
        ["SEVERITY", "STATE", "SERVICE", "HOST", "SINCE", "PID", "RESTARTS 5m/1h", "LAST EXIT"]
            .map(str::to_owned),
    ];
    for row in rows::services(fleet, &View::default(), now).rows {
        let restarts = &row.instance.restarts;
        let five = restarts.within(Duration::from_secs(300), now);
        let hour = restarts.within(Duration::from_secs(3600), now);
        let mark = if hour.at_least { "≥" } else { "" };
        let oldest = || row.instance.processes(row.host)?.first().map(|process| process.pid);
        let pid = row.instance.facts.value().and_then(|f| f.main_pid).or_else(oldest);
        lines.push([
            row.verdict.severity.name().to_owned(),
            format!("{}{}", row.verdict.state.name(), if row.verdict.stale { "?" } else { "" }),
            row.service.to_string(),
            format!("{}/{}", row.env.name, row.host.spec.name),
            row.verdict.since.map_or_else(|| "-".to_owned(), |since| age(now, since)),
            pid.map_or_else(|| "-".to_owned(), |pid| pid.to_string()),
            match row.instance.kind.unit() {
                Some(_) => format!("{mark}{}/{mark}{}", five.n, hour.n),
                None => "-".to_owned(),
            },
            row.instance.last_exit.map_or_else(|| "-".to_owned(), |exit| exit.label()),
        ]);
    }
    let mut widths = [0; 8];
    for line in &lines {
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = (*width).max(unicode_width::UnicodeWidthStr::width(cell.as_str()));
        }
    }
    out.push('\n');
    for line in &lines {
        let mut text = String::new();
        for (width, cell) in widths.iter().zip(line) {
            let pad = width - unicode_width::UnicodeWidthStr::width(cell.as_str()).min(*width);
            let _ok = write!(text, "{cell}{}  ", " ".repeat(pad));
        }
        out.push_str(text.trim_end());
        out.push('\n');
    }
    out
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
