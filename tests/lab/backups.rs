//! Backups of real hosts: the incident's are punctual and of a stale directory.

use serde_json::Value;

use crate::desk::Desk;
use crate::lab::Host;
use crate::poll::{self, secs};

const HOME: &str = "/mnt/coordinaton_mcp_data";

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// A config with one backup of that host.
fn config(host: &str, backup: &str) -> String {
    format!(
        "[[env]]\nname = \"production\"\ntier = \"production\"\n\
         [[env.host]]\nname = \"coord\"\nssh = \"{host}\"\n\
         [[env.service]]\nname = \"cron\"\nunit = \"cron.service\"\n\
         [[env.backup]]\nname = \"data\"\nhost = \"coord\"\nevery = \"6h\"\n{backup}\n"
    )
}

fn backup(desk: &Desk) -> Value {
    desk.status().json["environments"][0]["backups"][0].clone()
}

fn verdict(desk: &Desk, verdict: &str) -> Value {
    let mut found = Value::Null;
    poll::until(&format!("it is {verdict}"), secs(30), || {
        found = backup(desk);
        if found["verdict"] == verdict { Ok(()) } else { Err(format!("{found:#}")) }
    });
    found
}

fn finding(desk: &Desk, rule: &str) -> Option<Value> {
    let said = desk.run(&["doctor", "--json"]);
    let json: Value = serde_json::from_str(&said.out).expect("JSON");
    let found = json["findings"].as_array().unwrap();
    found.iter().find(|finding| finding["id"] == rule).cloned()
}

fn evidence(finding: &Value) -> String {
    let lines = finding["evidence"].as_array().unwrap();
    lines.iter().map(text).collect::<Vec<_>>().join("\n")
}

#[test]
fn punctual_backups_of_the_stale_directory_are_critical_until_one_is_of_the_live_one() {
    let host = Host::boot("ba-seed");
    host.scenario("seed001", &[]);
    let desk = Desk::with(&config(
        host.name(),
        &format!(
            "source = \"{HOME}/production/data\"\ngrace = \"30m\"\n\
             files = \"{HOME}/production-data-backups/data-*.tar.gz\"\n"
        ),
    ));
    let found = verdict(&desk, "wrong-source");
    assert_eq!(found["severity"], "critical", "{found:#}");
    assert_eq!(found["integrity"], "good", "{found:#}");
    assert_eq!(found["count"], 12, "{found:#}");
    // It is in time: nothing but its content is wrong.
    assert!(found["age_s"].as_u64().unwrap() <= 21_600, "{found:#}");

    let wrong = finding(&desk, "backup-wrong-source").unwrap();
    assert_eq!(wrong["severity"], "critical", "{wrong:#}");
    let summary = text(&wrong["summary"]);
    for directory in [format!("{HOME}/production-data "), format!("{HOME}/production/data")] {
        assert!(summary.contains(&directory), "{summary}");
    }
    let script = format!("{HOME}/production/scripts/backup-production-data.sh");
    let proof = evidence(&wrong);
    for line in [
        format!("{script}:10: cp -r \"$SOURCE_DIR\"/* \"$BACKUP_DIR/\""),
        format!("reads {HOME}/production-data)"),
        format!("/var/spool/cron/crontabs/root:2: {script}"),
        format!("{HOME}/production-data: 231 files, last change 3 d ago; 230 of 231"),
        format!("{HOME}/production/data: 231 files, last change"),
        "names: 1 names are in".to_owned(),
        ".schema-version".to_owned(),
    ] {
        assert!(proof.contains(&line), "{line}\n{proof}");
    }

    // The seed's own fix. Until there is a new copy, nothing is mended.
    host.sh(&format!("sed -i 's|^SOURCE_DIR=.*|SOURCE_DIR=\"{HOME}/production/data\"|' {script}"));
    assert_ne!(backup(&desk)["verdict"], "fresh");
    host.sh(&script);
    let found = verdict(&desk, "fresh");
    assert_eq!(found["count"], 13, "{found:#}");
    assert_eq!(finding(&desk, "backup-wrong-source"), None);
}
