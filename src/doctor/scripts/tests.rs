//! Each rule fires on its own mistake, with the line and a better one, and on no other.

use crate::doctor::examine;
use crate::model::finding::{Finding, Subject};
use crate::model::fleet::Fleet;
use crate::model::host::Link;
use crate::model::ids::HostId;
use crate::model::limits::Limits;
use crate::model::rule::Rule;
use crate::model::script::PACE;
use crate::model::spec::{ConsoleSpec, EnvSpec, FleetSpec, HostSpec, Reach, Sudo, Tier};
use crate::model::time::Timestamp;
use crate::probe::jobs::tables::parse_tables;
use crate::probe::scripts::{examine as read, starters};

fn now() -> Timestamp {
    Timestamp::from_secs(1_000_000)
}

fn findings(scripts: &str, crons: &str, at: Timestamp) -> Vec<Finding> {
    let spec = FleetSpec {
        console: ConsoleSpec::default(),
        envs: vec![EnvSpec {
            name: "e".into(),
            tier: Tier::Staging,
            protected: false,
            hosts: vec![HostSpec {
                name: "h".into(),
                reach: Reach::Local,
                sudo: Sudo::Auto,
                limits: Limits::default(),
            }],
            services: Vec::new(),
            ports: Vec::new(),
            backups: std::sync::Arc::default(),
            syncs: std::sync::Arc::default(),
            windows: std::sync::Arc::default(),
            silences: Vec::new(),
        }],
        ..FleetSpec::default()
    };
    let mut fleet = Fleet::new(&spec);
    let id = HostId { env: "e".into(), host: "h".into() };
    let host = fleet.host_mut(&id).unwrap();
    host.link = Link::Connected;
    host.scripts.see(read(&starters(&parse_tables(crons).lines, ""), scripts), now());
    let host = fleet.host(&id).unwrap();
    examine(&crate::doctor::Patient::new(&fleet, &fleet.envs[0], host, at))
}

/// The script of seed 001, as cron starts it.
#[test]
fn the_incidents_backup_script_loses_hidden_files() {
    let script = "script /p/scripts/backup.sh\n|#!/bin/bash\n|# Production Data Backup Script\n|\n\
        |cp -r \"$SOURCE_DIR\"/* \"$BACKUP_DIR/\"\n|tar -czf \"$BACKUP_DIR.tar.gz\" -C \"$BACKUP_DIR\" .\n";
    let crons = "table /var/spool/cron/crontabs/root:2:0 */6 * * * /p/scripts/backup.sh\n";
    let found = findings(script, crons, now());
    assert_eq!(found.len(), 1);
    let found = &found[0];
    assert_eq!(found.key.rule, Rule::BackupLossyCopy);
    assert_eq!(found.key.subject, Subject::Path("/p/scripts/backup.sh".into()));
    let proof: Vec<_> = found.evidence.iter().map(|e| (&*e.source, e.text.as_str())).collect();
    assert_eq!(
        proof,
        [
            ("/p/scripts/backup.sh:4", "cp -r \"$SOURCE_DIR\"/* \"$BACKUP_DIR/\""),
            ("started by", "/var/spool/cron/crontabs/root:2"),
        ]
    );
    assert_eq!(found.fix[0].note, "line 4: cp -a \"$SOURCE_DIR\"/. \"$BACKUP_DIR/\"");
    assert_eq!(findings(script, crons, now() + PACE * 3), [], "too old to be said");
}

#[test]
fn each_mistake_has_its_rule_and_a_good_script_none() {
    let script = |line: &str| format!("script /opt/backup.sh\n|#!/bin/sh\n|{line}\n");
    for (line, rules) in [
        ("pkill -f \"HTTP_PORT=3446\"", vec![Rule::RestartScriptNoOp]),
        ("pg_dump a | gzip > /b/a.gz", vec![Rule::DumpPipeHidesFailure]),
        ("docker exec a_db_1 true", vec![Rule::OldContainerName]),
        ("find /b -mtime +30 -delete", vec![Rule::PruneByAgeOnly]),
        ("tar -czf /b/a.tar.gz -C /data .", vec![]),
    ] {
        let found = findings(&script(line), "", now());
        assert_eq!(found.iter().map(|f| f.key.rule).collect::<Vec<_>>(), rules, "{line}");
    }
}

/// Seed 003: all of it in the table of cron jobs itself.
#[test]
fn a_cron_job_is_looked_at_like_a_script() {
    let crons = "own ops:3:0 2 * * * docker exec ai-cost-tracker_postgres_1 pg_dump -U a a \
        | gzip > /backups/a.gz; find /backups -mtime +30 -delete\n";
    let found = findings("", crons, now());
    let mut rules: Vec<Rule> = found.iter().map(|finding| finding.key.rule).collect();
    rules.sort_unstable();
    let mut all = [Rule::DumpPipeHidesFailure, Rule::OldContainerName, Rule::PruneByAgeOnly];
    all.sort_unstable();
    assert_eq!(rules, all);
    assert!(found.iter().all(|finding| *finding.evidence[0].source == *"crontab -l:3"));
}
