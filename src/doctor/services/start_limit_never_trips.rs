//! `start-limit-never-trips`: the service loops, and so slowly that systemd never gives up: the loop
//! is without end by its settings, and no list of failed units ever has it.

use super::all;
use crate::doctor::patient::{Patient, setting};
use crate::model::finding::Finding;
use crate::model::instance::ServiceState;
use crate::model::rule::Rule;
use crate::model::severity::Severity;
use crate::probe::quote::quote;

pub(in crate::doctor) fn check(patient: &Patient<'_>, findings: &mut Vec<Finding>) {
    for service in all(patient).filter(|s| s.row.verdict.state == ServiceState::CrashLooping) {
        let facts = service.facts;
        let (Some(burst), Some(limit)) = (facts.limit_burst, facts.limit_usec) else { continue };
        if !facts.restarts_itself() {
            continue;
        }
        let exit = service.exit().and_then(|exit| exit.at);
        let life = facts.started.zip(exit).map_or(0, |(began, ended)| ended.saturating_sub(began));
        let cycle = facts.restart_usec.unwrap_or(0).saturating_add(life);
        if u64::from(burst).saturating_mul(cycle) < limit {
            continue;
        }
        let name = service.row.service;
        let pause = setting(facts.restart_usec.unwrap_or(0));
        let span = setting(limit);
        // Without a limit at all it is somebody's wish.
        let (severity, why) = if limit == 0 || burst == 0 {
            (Severity::Info, "it has no start limit".to_owned())
        } else {
            let why = format!(
                "it waits {pause} before each start, so {burst} starts never fall within {span}"
            );
            (Severity::Warning, why)
        };
        let unit = service.unit;
        let folder = quote(&format!("/etc/systemd/system/{unit}.d"));
        let file = quote(&format!("/etc/systemd/system/{unit}.d/50-start-limit.conf"));
        findings.push(
            service
                .finding(
                    Rule::StartLimitNeverTrips,
                    severity,
                    format!("systemd will start {name} again for ever: {why}"),
                )
                .proof(
                    "systemctl show",
                    format!(
                        "RestartUSec={pause} StartLimitBurst={burst} StartLimitIntervalUSec={span}"
                    ),
                )
                .step(
                    format!(
                        "mkdir -p {folder} && printf '%s\\n' '[Unit]' 'StartLimitIntervalSec=300' \
                         'StartLimitBurst=10' >{file} && systemctl daemon-reload"
                    ),
                    "then it ends as failed, where monitoring sees it; leave it if retrying for \
                     ever is meant",
                ),
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::doctor::case::{Case, NOW, monotonic};
    use crate::model::restarts::Run;
    use crate::model::rule::Rule;
    use crate::model::unit::ActiveState;

    fn looping(pause: u64) -> Case {
        let mut case = Case::new();
        let instance = case.instance();
        for n in 0..9 {
            let run = Run { boot: "b".into(), n_restarts: Some(n), started: Some(u64::from(n)) };
            instance.restarts.observe(run, true, NOW);
        }
        let unit = case.unit();
        unit.restart = "always".into();
        unit.active = ActiveState::Activating;
        unit.sub = "auto-restart".into();
        unit.started = Some(monotonic(9));
        unit.restart_usec = Some(pause);
        unit.limit_burst = Some(5);
        unit.limit_usec = Some(10_000_000);
        case
    }

    #[test]
    fn a_slow_loop_is_found_and_a_fast_one_is_not() {
        let found = looping(10_000_000).found(Rule::StartLimitNeverTrips).unwrap();
        assert!(found.summary.contains("5 starts never fall within 10 s"), "{}", found.summary);
        assert_eq!(looping(100_000).found(Rule::StartLimitNeverTrips), None);
    }
}
