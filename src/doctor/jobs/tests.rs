use std::sync::Arc;
use std::time::Duration;

use crate::doctor::case::{Case, NOW, monotonic};
use crate::model::check::{CheckSpec, Target};
use crate::model::fault::{Fault, FaultKind};
use crate::model::finding::Finding;
use crate::model::health::{CheckReading, Outcome, Why};
use crate::model::instance::{Instance, ServiceState};
use crate::model::job::{JobFacts, JobOrigin, Jobs, LastRun, RunEnd};
use crate::model::process::{Count, FoundProcess, Processes};
use crate::model::rule::Rule;
use crate::model::severity::Severity;
use crate::model::spec::{Kind, Promises};
use crate::model::unit::ActiveState;

const HOUR: Duration = Duration::from_secs(3600);

/// A host whose only service is of that kind.
fn case(kind: Kind, promises: Promises) -> Case {
    let mut case = Case::new();
    let known = case.instance().facts.clone();
    let instance = case.instance();
    *instance = Instance::new(kind, Arc::new(promises));
    if instance.kind.unit().is_some() {
        instance.facts = known;
        let facts = instance.facts.value_mut().unwrap();
        facts.sub = "waiting".into();
        facts.main_pid = None;
    }
    case
}

fn cron(job: Option<JobFacts>, unseen: &[&str]) -> Case {
    let mut case = case(Kind::Cron("backup.sh".into()), Promises::default());
    let unseen = unseen.iter().map(|why| (*why).to_owned()).collect();
    let jobs =
        Jobs { list: job.into_iter().collect(), cron_runs: Some(true), unseen, ..Jobs::default() };
    case.host().jobs.see(jobs, NOW);
    case
}

/// A job that had to run an hour ago.
fn job(end: Option<RunEnd>, ago: Duration) -> JobFacts {
    let mut job = JobFacts::new(JobOrigin::Cron { table: "/etc/crontab".into(), line: 9 });
    job.user = "root".into();
    job.command = "/srv/it's/backup.sh".into();
    job.schedule = "0 */6 * * *".into();
    job.seen_since = Some(NOW - HOUR * 99);
    job.due = Some(NOW - HOUR);
    job.next = Some(NOW + HOUR);
    job.last = end.map(|end| LastRun { at: NOW - ago, end });
    job
}

fn timer(mut job: JobFacts) -> Case {
    job.origin = JobOrigin::Timer("api.timer".into());
    job.activates = Some("api-run.service".into());
    let mut case = case(Kind::Timer("api.timer".into()), Promises::default());
    case.host().jobs.see(Jobs { list: vec![job], ..Jobs::default() }, NOW);
    case
}

fn only(case: &Case) -> Finding {
    let mut all = case.findings();
    assert_eq!(all.len(), 1, "{all:#?}");
    all.remove(0)
}

fn state(case: &mut Case) -> (ServiceState, Severity) {
    let host = case.host();
    let instance = host.instances.values().next().unwrap();
    let verdict = instance.judge(host, Duration::from_secs(5), NOW);
    (verdict.state, verdict.severity)
}

#[test]
fn a_run_that_failed_is_found_and_one_that_did_not_is_not() {
    let failed = || Some(RunEnd::Failed("it ended with 3".into()));
    let mut of_timer = timer(job(failed(), HOUR));
    let found = only(&of_timer);
    assert_eq!((found.key.rule, found.severity), (Rule::JobFailed, Severity::Critical));
    assert_eq!(found.summary, "the last run of api failed: it ended with 3");
    assert_eq!(found.fix[1].command, "systemctl start api-run.service");
    assert_eq!(state(&mut of_timer), (ServiceState::Failed, Severity::Critical));
    let of_cron = only(&cron(Some(job(failed(), HOUR)), &[]));
    assert!(
        of_cron.fix[1].command.ends_with(r"'sh' '-c' '/srv/it'\''s/backup.sh'"),
        "{of_cron:#?}"
    );
    for end in [RunEnd::Succeeded, RunEnd::Unknown, RunEnd::Running] {
        assert_eq!(timer(job(Some(end), HOUR)).findings(), vec![]);
    }
}

#[test]
fn a_failed_run_that_no_service_declares_is_a_warning() {
    let mut case = Case::new();
    let mut job = job(Some(RunEnd::Failed("x".into())), HOUR);
    let jobs = |job: &JobFacts| Jobs { list: vec![job.clone()], ..Jobs::default() };
    case.host().jobs.see(jobs(&job), NOW);
    assert_eq!(only(&case).severity, Severity::Warning);
    // What it starts is declared: that tells.
    job.activates = Some("api.service".into());
    case.host().jobs.see(jobs(&job), NOW);
    assert_eq!(case.findings(), vec![]);
}

#[test]
fn what_had_to_run_and_has_not_is_overdue() {
    let mut late = cron(Some(job(Some(RunEnd::Unknown), HOUR * 7)), &[]);
    let found = only(&late);
    assert_eq!((found.key.rule, found.severity), (Rule::JobOverdue, Severity::Critical));
    assert_eq!(found.summary, "api is overdue: nothing has started it");
    assert_eq!(state(&mut late), (ServiceState::Waiting, Severity::Critical));
    let hangs = only(&timer(job(Some(RunEnd::Running), HOUR * 7)));
    assert_eq!(hangs.summary, "api is overdue: its run before is not over");
    let mut stopped = job(Some(RunEnd::Succeeded), HOUR);
    stopped.idle = Some("the timer is not active, so nothing starts it".into());
    let found = only(&timer(stopped));
    assert_eq!((found.key.rule, found.severity), (Rule::JobOverdue, Severity::Warning));
    assert_eq!(found.fix[0].command, "systemctl enable --now api.timer");
    assert_eq!(cron(Some(job(Some(RunEnd::Unknown), HOUR)), &[]).findings(), vec![]);
}

#[test]
fn what_never_ran_is_found_where_a_run_would_have_been_seen() {
    let mut never = cron(Some(job(None, HOUR)), &[]);
    let found = only(&never);
    assert_eq!((found.key.rule, found.severity), (Rule::JobNeverRan, Severity::Warning));
    assert_eq!(state(&mut never).1, Severity::Warning);
    let mut unheard = job(None, HOUR);
    unheard.seen_since = None;
    let mut unheard = cron(Some(unheard), &[]);
    assert_eq!(unheard.found(Rule::JobNeverRan), None);
    assert_eq!(state(&mut unheard), (ServiceState::Waiting, Severity::Unknown));
}

#[test]
fn a_job_in_no_table_is_missing_only_where_all_tables_were_read() {
    let mut gone = cron(None, &[]);
    assert_eq!(state(&mut gone), (ServiceState::Missing, Severity::Critical));
    assert_eq!(only(&gone).summary, "api is in no table of cron, so nothing starts it");
    let mut unseen = cron(None, &["ops may not read /var/spool/cron"]);
    assert_eq!(state(&mut unseen), (ServiceState::Unknown, Severity::Unknown));
    let found = only(&unseen);
    assert_eq!((found.key.rule, found.severity), (Rule::Blind, Severity::Unknown));
}

#[test]
fn old_readings_of_jobs_prove_nothing() {
    let mut case = timer(job(Some(RunEnd::Failed("x".into())), HOUR));
    let jobs = case.host().jobs.value().unwrap().clone();
    case.host().jobs.see(jobs, NOW - Duration::from_secs(120));
    assert_eq!(case.findings(), vec![]);
    assert_eq!(state(&mut case).1, Severity::Unknown);
}

#[test]
fn a_timer_that_failed_itself_is_a_failed_unit() {
    let mut case = timer(job(Some(RunEnd::Succeeded), HOUR));
    case.unit().active = ActiveState::Failed;
    assert!(case.found(Rule::ServiceFailed).is_some());
}

fn processes(n: u32, count: Option<Count>, hidden: bool) -> Case {
    let promises = Promises { count, ..Promises::default() };
    let mut case = case(Kind::Process("scanner.py".into()), promises);
    let one = |n: u32| FoundProcess {
        pid: 100 + n,
        started: Some(monotonic(60 - u64::from(n))),
        command: "python scanner.py".into(),
    };
    let found = [("scanner.py".into(), (0..n).map(one).collect())].into();
    case.host().processes.see(Processes { found, hidden }, NOW);
    case
}

#[test]
fn too_few_and_too_many_processes_are_found() {
    let two = Some(Count { min: 2, max: 2 });
    let mut none = processes(0, None, false);
    assert_eq!(only(&none).summary, "no process of api runs");
    assert_eq!(state(&mut none), (ServiceState::Missing, Severity::Critical));
    let few = only(&processes(1, two, false));
    assert_eq!(few.summary, "too few processes of api run: 1 of 2");
    assert_eq!(few.severity, Severity::Critical);
    let many = only(&processes(3, two, false));
    assert_eq!((many.key.rule, many.severity), (Rule::ProcessMissing, Severity::Warning));
    assert_eq!(many.fix[1].command, "kill -TERM 102");
    for (n, count) in [(1, None), (2, two), (0, Some(Count { min: 0, max: 1 }))] {
        assert_eq!(processes(n, count, false).findings(), vec![], "{n}");
    }
}

#[test]
fn a_hidden_process_is_not_a_missing_one() {
    let mut hidden = processes(0, None, true);
    assert_eq!(hidden.found(Rule::ProcessMissing), None);
    assert_eq!(state(&mut hidden), (ServiceState::Unknown, Severity::Unknown));
    assert_eq!(only(&hidden).key.rule, Rule::Blind);
}

#[test]
fn a_command_that_fails_is_found_and_one_run_by_hand_is_let_alone() {
    let argv: Vec<Box<str>> = vec!["/srv/verify".into(), "a b".into()];
    let check = CheckSpec { retries: 1, ..CheckSpec::new(Target::Command(argv.clone())) };
    let promises = Promises { checks: vec![check.clone()], ..Promises::default() };
    let with = |outcome: Outcome| {
        let mut case = case(Kind::Command(argv.clone()), promises.clone());
        let reading = CheckReading {
            outcome,
            latency: None,
            detail: "it ended with 2".into(),
            excerpt: "3 rows differ".into(),
        };
        case.instance().checks[0].push(&check, reading, NOW);
        case
    };
    let mut failed = with(Outcome::Failed(Why::Status));
    let found = only(&failed);
    assert_eq!(found.key.rule, Rule::CommandFailing);
    assert_eq!(found.fix[0].command, "'/srv/verify' 'a b'");
    assert_eq!(state(&mut failed), (ServiceState::Failed, Severity::Critical));
    let mut well = with(Outcome::Passed);
    assert_eq!(well.findings(), vec![]);
    assert_eq!(state(&mut well), (ServiceState::Completed, Severity::Ok));
    let mut by_hand = case(Kind::Command(argv), Promises::default());
    assert_eq!(by_hand.findings(), vec![]);
    assert_eq!(state(&mut by_hand), (ServiceState::Waiting, Severity::Ok));
}

#[test]
fn processes_that_nobody_could_look_for_are_not_missing() {
    let mut case = case(Kind::Process("scanner.py".into()), Promises::default());
    let tool = crate::probe::collector::missing_tool("missing grep\n").unwrap();
    let fault = Fault::new(FaultKind::Missing, "look for processes", tool);
    case.host().processes.fail(fault);
    assert_eq!(state(&mut case), (ServiceState::Unknown, Severity::Unknown));
    let blind = only(&case);
    assert_eq!(blind.key.rule, Rule::Blind);
    assert_eq!(blind.evidence[0].text, "look for processes: the host has no `grep`");
}
