//! What the doctor says of each scenario of the demo, by way of the real parsers and rules.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::reading;
use crate::model::Model;
use crate::model::backups::judge_env;
use crate::model::rule::Rule;
use crate::model::spec::Silence;
use crate::runtime::simulated;

async fn examined(scenario: &str) -> Model {
    examined_with(scenario, Vec::new()).await
}

/// With that kept quiet in the first environment.
async fn examined_with(scenario: &str, silences: Vec<Silence>) -> Model {
    let fleet = Arc::new(simulated::Fleet::named(scenario).unwrap());
    let limit = Duration::from_secs(30);
    let mut spec = fleet.spec();
    spec.envs[0].silences.extend(silences);
    reading::read_once(&spec, Some(fleet), limit).await.unwrap()
}

/// Every finding as `id host/subject`, once.
fn found(model: &Model) -> BTreeSet<String> {
    let found = model.fleet.envs.iter().flat_map(|env| {
        env.hosts.values().flat_map(|host| {
            host.findings.iter().map(move |finding| {
                format!(
                    "{} {}/{}",
                    finding.finding.key.rule.name(),
                    host.spec.name,
                    finding.finding.key.subject.name()
                )
            })
        })
    });
    found.collect()
}

/// What one finding says.
fn summary<'m>(model: &'m Model, rule: &str) -> &'m str {
    let mut all = model.fleet.hosts().flat_map(|(_, host)| &host.findings);
    let found = all.find(|tracked| tracked.finding.key.rule.name() == rule);
    found.map_or("", |tracked| &tracked.finding.summary)
}

/// Backups with their verdicts.
fn backups(model: &Model) -> Vec<String> {
    let all = model.fleet.envs.iter().flat_map(|env| judge_env(env, model.now));
    all.map(|row| format!("{} {}", row.spec.name, row.verdict.name())).collect()
}

#[tokio::test]
async fn the_crash_loop_is_found_with_all_that_is_behind_it() {
    let model = examined("crash-loop").await;
    let found = found(&model);
    for expected in [
        "crash-loop coord/mcp-coordination",
        "foreign-port-owner coord/mcp-coordination",
        "read-only-data coord/mcp-coordination",
        "stale-directory coord//mnt/coordinaton_mcp_data/production-data",
        "backup-wrong-source coord/production data",
        "exposed-port dev/mcp-sse-dev",
    ] {
        assert!(found.contains(expected), "{expected}: {found:#?}");
    }
    // Nothing that comes of how it is simulated.
    assert!(found.len() <= 10, "{found:#?}");
    let why = summary(&model, "crash-loop");
    for part in ["may not write /mnt/coordinaton_mcp_data/production/data ", "pid 450244"] {
        assert!(why.contains(part), "{why}");
    }
    let wrong = summary(&model, "backup-wrong-source");
    for directory in ["data/production-data ", "data/production/data:"] {
        assert!(wrong.contains(directory), "{wrong}");
    }
    assert_eq!(backups(&model), ["production data wrong-source", "settings of web fresh"]);
    for row in judge_env(&model.fleet.envs[0], model.now) {
        let run = row.run.unwrap();
        assert!(run.last.is_some() && run.next > Some(model.now), "{run:?}");
    }
}

#[tokio::test]
async fn pools_that_mix_services_and_a_database_that_is_down_are_found() {
    let model = examined("load-balancer").await;
    let expected = [
        "dead-upstream ai-core/192.0.2.13:8203",
        "mixed-upstream ai-core/ai_core_services",
        "mixed-upstream ai-core/business_services",
        "start-limit-hit data-pipeline/postgres_mcp",
        "start-limit-hit data-pipeline/slack_mcp",
    ];
    assert_eq!(found(&model), expected.map(str::to_owned).into());
    let dead = summary(&model, "dead-upstream");
    assert!(dead.contains("postgres_mcp"), "{dead}");
}

#[tokio::test]
async fn processes_and_jobs_are_found_as_they_are() {
    let model = examined("processes").await;
    let expected = [
        "dump-pipe-hides-failure homelab//var/spool/cron/crontabs/root",
        "job-failed homelab/portfolio-scan",
        "job-overdue hamnet-mgmt/security-audit",
        "old-container-name homelab//var/spool/cron/crontabs/root",
        "process-missing homelab/portfolio-dependency",
    ];
    assert_eq!(found(&model), expected.map(str::to_owned).into());
    assert_eq!(backups(&model), ["ai-cost-tracker fresh"]);
    let jobs = model.fleet.envs[0].hosts.values().filter_map(|host| host.jobs.value());
    let mut jobs = jobs.flat_map(|jobs| &jobs.list);
    let health = jobs.find(|job| job.command.contains("health-check")).unwrap();
    assert!(health.last.is_some() && health.next > Some(model.now), "{health:?}");
}

#[tokio::test]
async fn what_is_silenced_is_told_with_its_reason_alone_and_all_else_as_before() {
    let silence = Silence {
        rule: Rule::BackupWrongSource,
        subject: Some("coord/production data".into()),
        reason: "moves on Monday".into(),
    };
    let loud = super::page::page(&examined("crash-loop").await);
    let quiet = super::page::page(&examined_with("crash-loop", vec![silence]).await);
    let told = "[backup-wrong-source]\n";
    assert!(loud.contains(told) && !loud.contains("silenced"), "{loud}");
    assert!(!quiet.contains(told), "{quiet}");
    let line = "  production/coord/production data  [backup-wrong-source]: moves on Monday\n";
    assert!(quiet.contains(&format!("1 silenced by the config:\n{line}")), "{quiet}");
    for other in ["[read-only-data]\n", "[foreign-port-owner]\n"] {
        assert!(quiet.contains(other), "{quiet}");
    }
    // Lines of the journal have their time.
    let proof = quiet.lines().find(|line| line.contains("EROFS")).unwrap_or_default();
    assert!(proof.trim_start().starts_with("journal (2"), "{quiet}");
}
