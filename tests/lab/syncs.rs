//! Data that comes down from production to development, on real hosts; and all that keeps it from going
//! anywhere else.

mod scene;

use serde_json::Value;

use self::scene::{DATA, SCRUB, SYNC, Stairs, furnish, sums, writes};
use crate::desk::Desk;
use crate::lab::Host;
use crate::poll::{self, secs};

fn output(json: &Value) -> String {
    json["hosts"][0]["output"].to_string()
}

#[test]
fn data_comes_down_scrubbed_and_says_what_it_is_and_what_was_there_stays_beside_it() {
    let stairs = Stairs::new("sy-down");
    let (above, before) = (sums(&stairs.upper, DATA), sums(&stairs.lower, DATA));
    let run = stairs.run_of();
    let serving = stairs.upper.sh("systemctl show --value -p InvocationID app.service");
    let plan = stairs.desk.page(&SYNC);
    for part in [
        "from /srv/app/data of production1 (production): 2",
        "which are only read",
        "stay as /srv/app/data.before-OPERATION",
        "belong to dev; DEVELOPMENT_SNAPSHOT.json in it says what it is",
        "to go back: stop app, mv -T /srv/app/data /srv/app/data.synced",
        "until the scrub has changed that",
    ] {
        assert!(plan.contains(part), "{part}\n{plan}");
    }
    assert_eq!(sums(&stairs.lower, DATA), before, "a plan changes nothing");
    let said = stairs.desk.act(&SYNC);
    assert_eq!(said.code, 0, "{said:?}");
    let said_of = |path: &str| stairs.lower.sh(&format!("cat {DATA}/{path}"));
    assert_eq!(said_of("rooms/7.json"), "scrubbed");
    assert_eq!(
        stairs
            .lower
            .sh(&format!("ls {DATA}/rooms | wc -l; ls {DATA}/mail 2>&1 || :"))
            .lines()
            .next(),
        Some("20")
    );
    assert_eq!(stairs.lower.sh(&format!("test -e {DATA}/mail && echo there || echo gone")), "gone");
    let marker: Value = serde_json::from_str(&said_of("DEVELOPMENT_SNAPSHOT.json")).unwrap();
    assert_eq!(marker["environment"], "development");
    assert_eq!(marker["snapshot_from_production"].as_str().unwrap().len(), "20261122_150000".len());
    assert_eq!(marker["from"]["path"], DATA);
    assert_eq!(marker["from"]["host"], "production1");
    assert_eq!(marker["scrub"], "done");
    assert!(stairs.operation().ends_with(marker["operation"].as_str().unwrap()), "{marker}");
    assert!(!marker["by"].as_str().unwrap().is_empty());
    assert_eq!(
        stairs.lower.sh(&format!("stat -c '%U:%G %a' {DATA}; find {DATA} ! -user dev")),
        "dev:dev 750"
    );
    let old = stairs.lower.sh("ls -d /srv/app/data.before-*");
    assert_eq!(sums(&stairs.lower, &old), before, "all that was there is there still");
    assert_ne!(stairs.run_of(), run, "it was stopped and started");
    poll::until("it writes", secs(10), || writes(&stairs.lower, DATA));
    assert_eq!(sums(&stairs.upper, DATA), above, "production was only read");
    assert_eq!(stairs.upper.sh("systemctl show --value -p InvocationID app.service"), serving);
    stairs.is_clean();
}

/// Each way by which data could go to where users depend on it.
#[test]
fn no_name_alias_or_word_of_the_config_turns_it_around() {
    let stairs = Stairs::new("sy-turn");
    let (above, below) = (sums(&stairs.upper, DATA), sums(&stairs.lower, DATA));
    let runs = |host: &Host| host.sh("systemctl show --value -p InvocationID app.service");
    let serving = runs(&stairs.upper);
    // On the command line.
    let turned = ["sync", "data", "--from", "development", "--to", "production", "--plan"];
    let said = stairs.desk.run(&turned);
    assert_eq!(said.code, 64, "{said:?}");
    assert!(
        said.err.contains("production is of tier production: data never goes there"),
        "{said:?}"
    );
    let said = stairs.desk.run(&[
        "sync",
        "data",
        "--from",
        "development",
        "--to",
        "development",
        "--plan",
    ]);
    assert!(said.code == 64 && said.err.contains("data goes down only"), "{said:?}");

    // Swapped names in the config, with the tiers where they were: of what is written to there is none.
    let good = Stairs::config(&stairs.upper, &stairs.lower, "");
    let swapped = good
        .replace("\"production\"\ntier", "\"x\"\ntier")
        .replace("\"development\"\ntier", "\"production\"\ntier")
        .replace("\"x\"\ntier", "\"development\"\ntier")
        .replace("env = \"production\"", "env = \"development\"");
    stairs.desk.configure(&swapped);
    let said = stairs.desk.run(&turned);
    assert_eq!(said.code, 78, "{said:?}");
    assert!(said.err.contains("is called as production is"), "{said:?}");
    // Names and tiers: the sync stands in production.
    let other = swapped.replace("tier = \"production\"", "tier = \"x\"");
    let other = other
        .replace("tier = \"development\"", "tier = \"production\"")
        .replace("\"x\"", "\"development\"");
    stairs.desk.configure(&other);
    let said = stairs.desk.run(&turned);
    assert_eq!(said.code, 78, "{said:?}");
    assert!(said.err.contains("of tier production: data never goes there"), "{said:?}");

    // Swapped hosts: the alias of development leads to production, which does not say what it is.
    let (up, down) = (stairs.upper.name(), stairs.lower.name());
    let crossed = good
        .replace(up, "UP")
        .replace(&format!("ssh = \"{down}\""), &format!("ssh = \"{up}\""))
        .replace("UP", down);
    stairs.desk.configure(&crossed);
    let why = stairs.refused();
    assert!(why.contains("this host does not say what it is"), "{why}");
    assert!(why.contains("run there as root: mkdir -p /etc/quarterdeck && printf"), "{why}");
    // It says that it is production, or both.
    for (lines, part) in [
        (
            "environment = \"production\"",
            "is of production by its /etc/quarterdeck/identity, and not of development",
        ),
        (
            "environment = \"production\"\\nenvironment = \"development\"",
            "is of production as well",
        ),
        ("environment = development", "has a line that is not understood"),
        ("", "no file that only root may write"),
    ] {
        stairs.upper.sh(&format!(
            "mkdir -p /etc/quarterdeck && printf '{lines}{}' >/etc/quarterdeck/identity",
            if lines.is_empty() { "" } else { "\\n" }
        ));
        let why = stairs.refused();
        assert!(why.contains(part), "{part}\n{why}");
    }
    // The ssh config says it, and no word of ours: both aliases lead to production.
    stairs.desk.configure(&good);
    stairs.desk.ssh_config(&format!("Host {down}\n  HostName {}\n", stairs.upper.address()));
    stairs.upper.sh("echo 'environment = \"production\"' >/etc/quarterdeck/identity");
    let said = stairs.desk.run(&[&SYNC[..], &["--plan"]].concat());
    assert_ne!(said.code, 0, "{said:?}");
    let refused = said.err.contains("and not of development") || said.err.contains("host key");
    assert!(refused, "{said:?}");

    assert_eq!((sums(&stairs.upper, DATA), sums(&stairs.lower, DATA)), (above, below));
    assert_eq!(runs(&stairs.upper), serving);
    assert_eq!(stairs.upper.sh("ls -A /srv/app"), "data");
    stairs.upper.sh("rm -r /etc/quarterdeck");
    stairs.is_clean();
}

#[test]
fn what_the_host_says_of_itself_is_asked_again_before_anything_is_sent_and_by_the_runner() {
    let stairs = Stairs::new("sy-self");
    let before = sums(&stairs.lower, DATA);
    stairs.lower.sh("chmod 666 /etc/quarterdeck/identity");
    assert!(stairs.refused().contains("no file that only root may write"));
    stairs.lower.sh("chmod 644 /etc/quarterdeck/identity");
    // The directory by another name.
    stairs.lower.sh("mkdir /srv/real && mv /srv/app /srv/real/ && ln -s real/app /srv/app");
    let why = stairs.refused();
    assert!(why.contains("/srv/app/data is /srv/real/app/data in truth"), "{why}");
    stairs.lower.sh("rm /srv/app && mv /srv/real/app /srv/");
    stairs.lower.sh(&format!("mv {DATA} /srv/app/other && ln -s other {DATA}"));
    let why = stairs.refused();
    assert!(why.contains("/srv/app/data is /srv/app/other in truth"), "{why}");
    stairs.lower.sh(&format!("rm {DATA} && mv /srv/app/other {DATA}"));
    stairs.lower.sh(&format!("mkdir /srv/more && mount --bind /srv/more {DATA}"));
    let why = stairs.refused();
    assert!(why.contains("something is mounted"), "{why}");
    stairs.lower.sh(&format!("umount {DATA}; systemctl restart app"));
    poll::until("it writes", secs(10), || writes(&stairs.lower, DATA));

    // It becomes production between the look and the runner: the scrub of the one before says so.
    let run = stairs.run_of();
    let hash = stairs.desk.hash(&SYNC);
    stairs.identify("environment = \"production\"");
    let said = stairs.desk.run(&[&SYNC[..], &["--confirm", &hash]].concat());
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.err.contains("and not of development"), "{said:?}");
    // While it is sent.
    stairs.identify("environment = \"development\"");
    let child = stairs.sending(20_000);
    stairs.identify("environment = \"production\"");
    let said = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&said.stdout).into_owned();
    assert_eq!(said.status.code(), Some(1), "{text} {said:?}");
    assert!(text.contains("and not of development"), "{text}");
    stairs.upper.sh(&format!("rm {DATA}/big"));
    assert_eq!(sums(&stairs.lower, DATA), before);
    assert_eq!(stairs.run_of(), run, "nothing was stopped");
    stairs.is_clean();
}
