//! `start-limit-never-trips`: the service loops, and so slowly that systemd never gives up: the loop
//! is without end by its settings, and no list of failed units ever has it.

use std::time::Duration;

use super::all;
use crate::doctor::patient::{Patient, setting};
use crate::model::finding::Finding;
use crate::model::instance::ServiceState;
use crate::model::rule::Rule;
use crate::model::severity::Severity;
use crate::probe::quote::quote;

/// Over which starts are counted.
const LONG: Duration = Duration::from_secs(300);

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
        // While it runs, nobody says how long its last run lived. A loop that systemd would end has
        // ended long before that many starts.
        let starts = service.row.instance.restarts.automatic_within(LONG, patient.now);
        let goes_on = starts > 2 * u64::from(burst);
        if u64::from(burst).saturating_mul(cycle) < limit && !goes_on {
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
                "with {pause} before each start, and the time that it lives, {burst} starts never \
                 fall within {span}"
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
    use crate::model::unit::{ActiveState, Exit, ExitCode};

    fn looping(pause: u64) -> Case {
        restarted(8, pause)
    }

    fn restarted(times: u32, pause: u64) -> Case {
        let mut case = Case::new();
        let instance = case.instance();
        for n in 0..=times {
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
    #[test]
    fn it_is_found_in_each_phase_of_the_loop() {
        // A second's pause and a second's life: only together too slow for the limit.
        let running = |times| {
            let mut case = restarted(times, 1_000_000);
            let unit = case.unit();
            unit.active = ActiveState::Active;
            unit.sub = "running".into();
            unit.started = Some(monotonic(1));
            let exit = Exit { code: ExitCode::Exited, status: 1, at: Some(monotonic(2)) };
            unit.exit = Some(exit);
            case.instance().last_exit = Some(exit);
            case
        };
        assert!(running(40).found(Rule::StartLimitNeverTrips).is_some());
        assert_eq!(running(4).found(Rule::StartLimitNeverTrips), None, "it may still trip");
    }
}
