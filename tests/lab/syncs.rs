//! Data that comes down from production to development, on real hosts; and all that keeps it from going
//! anywhere else.

mod scene;

use serde_json::Value;

use self::scene::{DATA, SCRUB, SYNC, Stairs, furnish, house, sums, writes};
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
        ("", "is not root's alone to write, or empty"),
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
    assert!(said.err.contains("and not of development"), "{said:?}");

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
    assert!(stairs.refused().contains("is not root's alone to write, or empty"));
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
    stairs.hasten();
    assert_eq!(sums(&stairs.lower, DATA), before);
    assert_eq!(stairs.run_of(), run, "nothing was stopped");
    stairs.is_clean();
}

#[test]
fn a_scrub_that_fails_leaves_all_as_it_was_and_a_waived_one_is_told_everywhere() {
    let stairs = Stairs::new("sy-scrub");
    let (before, run) = (sums(&stairs.lower, DATA), stairs.run_of());
    for (scrub, why) in [
        // A command in the middle fails.
        ("rm mail; cat nothing; rm rooms/1.json", "the scrub failed: status 1"),
        ("chmod 755 fixed; find . -type f -delete", "no file is left of the copy"),
        ("chmod 755 fixed; rm -r $QUARTERDECK_DATA; echo", "no file is left of the copy"),
        ("touch /srv/app/data/mine /etc/mine; cat /etc/shadow", "the scrub failed"),
    ] {
        stairs.declare(&format!("scrub = \"{scrub}\""));
        let said = stairs.desk.act(&SYNC);
        assert_eq!(said.code, 1, "{scrub} {said:?}");
        assert!(output(&said.json).contains(why), "{scrub} {said:?}");
        // With no more rights than the data's owner, it is the one that writes to its own.
        stairs.lower.sh(&format!("rm -f {DATA}/mine; test ! -e /etc/mine"));
        assert_eq!(sums(&stairs.lower, DATA), before);
        assert_eq!(stairs.run_of(), run, "the service was never stopped");
        stairs.is_clean();
    }
    stairs.declare("scrub = { waived = \"rooms are public; \\\"really\\\"\" }");
    let plan = stairs.desk.page(&SYNC);
    assert!(plan.contains("the copy is not scrubbed: rooms are public; \"really\""), "{plan}");
    let said = stairs.desk.act(&SYNC);
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(
        stairs.lower.sh(&format!("cat {DATA}/mail {DATA}/rooms/7.json")),
        "customer@example.org\ncustomer 7"
    );
    let marker = stairs.lower.sh(&format!("cat {DATA}/DEVELOPMENT_SNAPSHOT.json"));
    let marker: Value = serde_json::from_str(&marker).unwrap();
    assert_eq!(marker["waived"], "rooms are public; \"really\"");
    for account in [
        stairs.lower.sh("cat /var/lib/quarterdeck/audit.jsonl"),
        std::fs::read_to_string(stairs.desk.path("state/quarterdeck/audit.jsonl")).unwrap(),
    ] {
        assert!(account.contains("sync data from production to development on development1 without a scrub (rooms are public"), "{account}");
    }
    stairs.is_clean();
}

#[test]
fn a_service_that_is_not_healthy_with_it_gets_its_own_data_back() {
    let stairs = Stairs::new("sy-gate");
    let before = sums(&stairs.lower, DATA);
    stairs.desk.configure(
        &Stairs::config(&stairs.upper, &stairs.lower, "scrub = \"rm mail now && mkdir now\"")
            .replace(
                "[\"test\", \"-e\", \"/srv/app/data/now\"]",
                "[\"test\", \"-f\", \"/srv/app/data/now\"]",
            ),
    );
    let said = stairs.desk.act(&SYNC);
    assert_eq!(said.code, 1, "{said:?}");
    assert_eq!(sums(&stairs.lower, DATA), before);
    poll::until("it writes", secs(10), || writes(&stairs.lower, DATA));
    // What was there meanwhile was written to, and is kept.
    assert!(stairs.lower.sh("ls /srv/app").contains("data.tried-"), "{said:?}");
    stairs.is_clean();
}

#[test]
fn a_link_that_is_cut_while_it_comes_changes_nothing_whichever_it_is() {
    let stairs = Stairs::new("sy-cut");
    let before = sums(&stairs.lower, DATA);
    let run = stairs.run_of();
    for host in [&stairs.lower, &stairs.upper] {
        let child = stairs.sending(20_000);
        host.lab("cut", &[]);
        std::thread::sleep(secs(12));
        host.lab("heal", &[]);
        let said = child.wait_with_output().unwrap();
        assert_eq!(said.status.code(), Some(1), "{said:?}");
        assert!(String::from_utf8_lossy(&said.stderr).contains(" % sent"), "its progress was told");
        assert_eq!(sums(&stairs.lower, DATA), before);
        assert_eq!(stairs.run_of(), run);
        let ops = stairs.lower.sh("ls /var/lib/quarterdeck/ops | wc -l");
        assert_eq!(ops, "0", "no runner was started");
        stairs.hasten();
        stairs.is_clean();
    }
    assert_eq!(stairs.desk.act(&SYNC).code, 0);
    stairs.is_clean();
}

#[test]
fn a_console_that_is_killed_while_it_comes_leaves_no_data_of_production_behind() {
    let stairs = Stairs::new("sy-dead");
    let before = sums(&stairs.lower, DATA);
    let mut child = stairs.sending(20_000);
    child.kill().unwrap();
    child.wait().unwrap();
    poll::until("the host has removed it", secs(30), || {
        let left =
            stairs.lower.sh("find /srv/app/.quarterdeck-*/incoming -type f; pgrep -a tar || :");
        if left.is_empty() { Ok(()) } else { Err(left) }
    });
    poll::until("nobody reads it any more", secs(30), || {
        let left = stairs.upper.sh("pgrep -ax tar || :");
        if left.is_empty() { Ok(()) } else { Err(left) }
    });
    assert_eq!(sums(&stairs.lower, DATA), before);
    stairs.hasten();
    // What it had claimed is told, and given back by name.
    let why = stairs.refused();
    let operation = why.split("ops recover ").nth(1).and_then(|rest| rest.split('`').next());
    let operation = operation.unwrap_or_else(|| panic!("{why}")).to_owned();
    let shown = stairs.desk.run(&["ops", "recover", &operation]);
    let suffix = shown.out.split("--confirm ").nth(1).and_then(|rest| rest.split('`').next());
    let suffix = suffix.unwrap_or_else(|| panic!("{shown:?}")).to_owned();
    let said = stairs.desk.run(&["ops", "recover", &operation, "--release", "--confirm", &suffix]);
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(stairs.desk.act(&SYNC).code, 0);
    stairs.is_clean();
}

#[test]
fn a_console_that_is_killed_later_is_not_needed_any_more() {
    let stairs = Stairs::new("sy-later");
    stairs.declare("scrub = \"rm mail; sleep 4\"");
    let mut child = stairs.desk.begin(&SYNC);
    wait_for_event(&stairs, " 30 start");
    child.kill().unwrap();
    child.wait().unwrap();
    poll::until("the host has done it", secs(60), || {
        let result =
            stairs.lower.sh(&format!("cat {}/result 2>/dev/null || :", stairs.operation()));
        if result.starts_with("succeeded") { Ok(()) } else { Err(result) }
    });
    stairs.lower.sh(&format!("test -e {DATA}/DEVELOPMENT_SNAPSHOT.json && test ! -e {DATA}/mail"));
    poll::until("it writes", secs(10), || writes(&stairs.lower, DATA));
    stairs.is_clean();
}

/// Until the newest operation has come to that line of its events.
fn wait_for_event(stairs: &Stairs, line: &str) {
    poll::until(line, secs(60), || {
        let events = stairs.lower.sh("cat \"$(ls -d /var/lib/quarterdeck/ops/* 2>/dev/null | tail -n 1)/events\" 2>/dev/null || :");
        if events.contains(line) { Ok(()) } else { Err(events) }
    });
}

#[test]
fn a_runner_that_is_killed_between_the_names_leaves_data_that_is_brought_back() {
    let stairs = Stairs::new("sy-kill");
    let before = sums(&stairs.lower, DATA);
    // The moment between the two names: the second rename waits for ever.
    stairs.lower.sh("printf '%s\\n' '#!/bin/sh' 'case $* in *before-*) /bin/mv \"$@\" && sleep 600 ;; *) exec /bin/mv \"$@\" ;; esac' >/usr/local/sbin/mv && chmod 755 /usr/local/sbin/mv");
    let mut child = stairs.desk.begin(&SYNC);
    poll::until("it is away", secs(60), || {
        let there = stairs.lower.sh("ls /srv/app");
        if there.starts_with("data.before-") { Ok(()) } else { Err(there) }
    });
    let runner = stairs.lower.sh(&format!("cut -d ' ' -f 1 {}/owner", stairs.operation()));
    child.kill().unwrap();
    child.wait().unwrap();
    stairs.lower.sh(&format!("rm /usr/local/sbin/mv; kill -9 {runner}"));
    let operation = stairs.operation();
    let operation = operation.rsplit('/').next().unwrap();
    poll::until("it is known to be dead", secs(20), || {
        let shown = stairs.desk.run(&["ops", "recover", operation]);
        if shown.out.contains("--confirm ") { Ok(()) } else { Err(format!("{shown:?}")) }
    });
    let shown = stairs.desk.run(&["ops", "recover", operation]);
    let suffix = shown.out.split("--confirm ").nth(1).and_then(|rest| rest.split('`').next());
    let suffix = suffix.unwrap_or_else(|| panic!("{shown:?}")).to_owned();
    let said = stairs.desk.run(&["ops", "recover", operation, "--undo", "--confirm", &suffix]);
    poll::until("it is taken back", secs(60), || {
        let result =
            stairs.lower.sh(&format!("cat {}/result 2>/dev/null || :", stairs.operation()));
        if result.starts_with("undone") { Ok(()) } else { Err(format!("{result} {said:?}")) }
    });
    assert_eq!(sums(&stairs.lower, DATA), before, "byte by byte");
    poll::until("it writes", secs(10), || writes(&stairs.lower, DATA));
    stairs.is_clean();
}

/// As where both environments are directories of one machine.
#[test]
fn on_one_machine_only_the_directory_that_it_names_is_replaced() {
    let host = house("sy-one", "app", "customer");
    furnish(&host, "dev", "dev", "/srv/dev", "example");
    let config = |from: &str, to: &str| {
        format!(
            "{}{}[[env.sync]]\nname = \"data\"\nfrom = {{ env = \"production\", path = \"{from}\" }}\n\
             to = \"{to}\"\nscrub = \"{SCRUB}\"\n",
            Stairs::env("production", "production", host.name(), "/srv/app", "app"),
            Stairs::env("development", "development", host.name(), "/srv/dev", "dev"),
        )
    };
    let desk = Desk::with(&config(DATA, "/srv/dev/data"));
    let (above, before) = (sums(&host, DATA), sums(&host, "/srv/dev/data"));
    let refused = || {
        let said = desk.run(&[&SYNC[..], &["--plan"]].concat());
        assert_ne!(said.code, 0, "{said:?}");
        said.err
    };
    let identify = |lines: &[&str]| {
        let lines = lines.join("\n");
        host.sh(&format!("mkdir -p /etc/quarterdeck && echo '{lines}' >/etc/quarterdeck/identity"));
    };
    let (dev, prod) = ("environment = \"development\"", "environment = \"production\"");
    let (ours, theirs) = ("replaceable = \"/srv/dev/data\"", "replaceable = \"/srv/app/data\"");
    // The command that a refusal names is the one that mends it.
    identify(&[dev]);
    let why = refused();
    assert!(why.contains("production is on this very machine"), "{why}");
    for few in [
        vec![dev, ours],
        vec![dev, prod],
        vec![dev, prod, theirs],
        vec![prod, ours],
        vec![dev, prod, "environment = \"x\"", ours],
    ] {
        identify(&few);
        refused();
    }
    let mend =
        why.split("run there as root: ").nth(1).and_then(|rest| rest.lines().next()).unwrap();
    host.sh(mend);
    assert_eq!(host.sh("cat /etc/quarterdeck/identity"), [dev, prod, ours].join("\n"));
    desk.plan(&SYNC);

    // One directory by two names, one within the other; by names, links and mounts.
    host.sh(
        "touch -r /srv/app/data/rooms /srv/stamp && mkdir -p /srv/alias /srv/window /srv/outer/app && mount --bind /srv/app /srv/alias && \
             mount --bind /srv/app/data/rooms /srv/window && mkdir /srv/app/data/rooms/own && \
             ln -s app /srv/link && chown app /srv/app/data/rooms/own",
    );
    let all = [
        "/srv/dev/data",
        DATA,
        "/srv/app/data/rooms",
        "/srv/alias/data",
        "/srv/alias/data/rooms",
        "/srv/window/own",
        "/srv/link/data",
        "/srv/alias",
    ];
    let lines: Vec<String> = all.iter().map(|path| format!("replaceable = \"{path}\"")).collect();
    identify(&[dev, prod, &lines.join("\n")]);
    for (to, part) in [
        (DATA, "itself, in it, or around it"),
        ("/srv/app/data/rooms", "itself, in it, or around it"),
        ("/srv/alias/data", "itself, in it, or around it"),
        ("/srv/alias/data/rooms", "itself, in it, or around it"),
        ("/srv/window/own", "itself, in it, or around it"),
        ("/srv/link/data", "in truth"),
        ("/srv/alias", "something is mounted"),
    ] {
        desk.configure(&config(DATA, to));
        let why = refused();
        assert!(why.contains(part), "{to}: {part}\n{why}");
    }
    // Around it: what is read lies in what would be replaced.
    desk.configure(&config("/srv/dev/data/rooms", "/srv/dev/data"));
    let why = refused();
    assert!(why.contains("itself, in it, or around it"), "{why}");
    host.sh("umount /srv/alias /srv/window && rmdir /srv/app/data/rooms/own && touch -r /srv/stamp /srv/app/data/rooms && rm /srv/link && rm -r /srv/outer");
    assert_eq!(sums(&host, DATA), above);
    assert_eq!(sums(&host, "/srv/dev/data"), before);

    // The config's environments change places, hosts and all: the directory that would be replaced is none
    // that may be.
    identify(&[dev, prod, ours]);
    let crossed = config("/srv/dev/data", DATA);
    desk.configure(&crossed);
    let why = refused();
    assert!(why.contains("if /srv/app/data may, run there as root"), "{why}");

    desk.configure(&config(DATA, "/srv/dev/data"));
    let said = desk.act(&SYNC);
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(host.sh("cat /srv/dev/data/rooms/7.json"), "scrubbed");
    assert_eq!(host.sh("stat -c %U /srv/dev/data/rooms/7.json"), "dev");
    assert_eq!(sums(&host, &host.sh("ls -d /srv/dev/data.before-*")), before);
    assert_eq!(
        sums(&host, DATA).lines().filter(|line| line.contains(".json")).count(),
        40,
        "files and their facts"
    );
    for data in [DATA, "/srv/dev/data"] {
        poll::until("it writes", secs(10), || writes(&host, data));
    }
}

#[test]
fn what_has_changed_since_the_plan_or_has_no_room_or_is_held_is_not_replaced() {
    let stairs = Stairs::new("sy-drift");
    // Another directory has the name now, here and there.
    let hash = stairs.desk.hash(&SYNC);
    stairs.lower.sh(&format!("cp -a {DATA} /srv/app/new && mv {DATA} /srv/app/old && mv /srv/app/new {DATA} && rm -r /srv/app/old"));
    let said = stairs.desk.run(&[&SYNC[..], &["--confirm", &hash]].concat());
    assert_eq!(said.code, 75, "{said:?}");
    let hash = stairs.desk.hash(&SYNC);
    stairs.upper.sh(&format!("systemctl stop app; cp -a {DATA} /srv/new && rm -r {DATA} && mv /srv/new {DATA}; systemctl start app"));
    let said = stairs.desk.run(&[&SYNC[..], &["--confirm", &hash]].concat());
    assert_eq!(said.code, 75, "{said:?}");
    // What is only written to is no other plan: production is, all the time.
    let hash = stairs.desk.hash(&SYNC);
    stairs.upper.sh(&format!("echo more >>{DATA}/rooms/1.json; echo new >{DATA}/rooms/new.json; head -c 1m /dev/urandom >{DATA}/noise"));
    stairs.declare("scrub = \"rm mail; sleep 5\"");
    assert_ne!(stairs.desk.hash(&SYNC), hash, "another scrub is another plan");
    stairs.declare("");
    assert_eq!(stairs.desk.hash(&SYNC), hash);
    // Frozen, and held.
    stairs.lower.sh("systemctl restart app");
    stairs.desk.run(&["ops", "freeze", "app", "--env", "development", "--reason", "a demo"]);
    let why = stairs.refused();
    assert!(why.contains("app.service is frozen: a demo"), "{why}");
    stairs.desk.run(&["ops", "thaw", "app", "--env", "development"]);
    // It is another directory when the runner looks, and what came does not stay.
    let child = stairs.sending(20_000);
    stairs.lower.sh(&format!(
        "cp -a {DATA} /srv/app/new && mv {DATA} /srv/app/old && mv /srv/app/new {DATA}"
    ));
    let said = child.wait_with_output().unwrap();
    assert_eq!(said.status.code(), Some(75), "{said:?}");
    stairs.hasten();
    stairs.is_clean();
    stairs.lower.sh("rm -r /srv/app/old; systemctl restart app");
    // Another one is at it, or at the same data by another name.
    stairs.declare("scrub = \"sleep 6; rm mail\"");
    let mut child = stairs.desk.begin(&SYNC);
    wait_for_event(&stairs, " 30 start");
    let why = stairs.refused();
    assert!(why.contains("ops attach"), "{why}");
    assert!(child.wait().unwrap().success());
    // No room: of a small file system, half.
    stairs.lower.sh("mkdir -p /srv/small && mount -t tmpfs -o size=3m none /srv/small && install -d -o dev /srv/small/data");
    let small = Stairs::config(&stairs.upper, &stairs.lower, "").replace(
        "to = \"/srv/app/data\"",
        "from = { env = \"production\", path = \"/srv/app/data\" }\nto = \"/srv/small/data\"",
    );
    let small = small.replacen("from = { env = \"production\" }\n", "", 1);
    stairs.desk.configure(&small);
    stairs.upper.sh(&format!("head -c 2m /dev/urandom >{DATA}/noise"));
    let why = stairs.refused();
    assert!(why.contains("are free beside /srv/small/data, and twice what comes"), "{why}");
    stairs.upper.sh(&format!("rm {DATA}/noise"));
    let hash = stairs.desk.hash(&SYNC);
    stairs.upper.sh(&format!("head -c 5m /dev/urandom >{DATA}/noise"));
    // It has grown since: the host takes no more than it has room for.
    stairs.lower.sh("head -c 2m /dev/zero >/srv/small/filler");
    let said = stairs.desk.run(&[&SYNC[..], &["--confirm", &hash]].concat());
    assert_ne!(said.code, 0, "{said:?}");
    assert_eq!(
        stairs.lower.sh("rm /srv/small/filler; find /srv/small -type f; ls /srv/small"),
        "data"
    );
    stairs.upper.sh(&format!("rm {DATA}/noise"));
    stairs.is_clean();
}

#[test]
fn what_comes_is_what_was_read_whatever_its_names_and_no_rights_come_with_it() {
    let stairs = Stairs::new("sy-names");
    stairs.declare("scrub = { waived = \"a test\" }");
    stairs.upper.sh(&format!(
        "cd {DATA} && mkdir odd && cd odd && printf x >\"$(printf 'a\\nb')\" && echo y >-rf && echo z >'*' && \
         echo q >\"it's \\\"q\\\" \\$(id) \" && echo w >\"$(printf '\\377\\344')\" && mkdir empty && chmod 705 empty && \
         cp /bin/true suid && chmod 6755 suid && mkfifo pipe && ln -- -rf hard && ln -s /etc/shadow away && \
         ln -s ../../.. up && chown -hR app ../odd && chmod 6755 suid && mkdir ../DEVELOPMENT_SNAPSHOT.json && \
         chown app ../DEVELOPMENT_SNAPSHOT.json && echo secret >../of-root && chmod 600 ../of-root && sleep 1"
    ));
    // All but whose it is, and the rights of the one that has some.
    let of = |host: &Host| {
        host.sh(&format!(
            "cd {DATA} && rm -rf odd/t && find odd of-root ! -name suid -printf '%p\\0%y\\0%m\\0%l\\0' | LC_ALL=C sort -z | sha256sum; \
             find odd of-root -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum; stat -c %Y odd/-rf"
        ))
    };
    let said = stairs.desk.act(&SYNC);
    assert_eq!(said.code, 0, "{said:?}");
    assert!(
        output(&said.json).contains("symbolic links in it lead to where they do not here"),
        "{said:?}"
    );
    assert_eq!(of(&stairs.lower), of(&stairs.upper));
    let facts = stairs.lower.sh(&format!("cd {DATA}/odd && stat -c '%a %U' suid && stat -c %h -- -rf && stat -c '%F' ../DEVELOPMENT_SNAPSHOT.json && find .. ! -user dev"));
    assert_eq!(facts, "755 dev\n2\nregular file");
    stairs.is_clean();

    // Where production gives no rights, nothing is read.
    let config = Stairs::config(&stairs.upper, &stairs.lower, "");
    let host = format!("ssh = \"{}\"", stairs.upper.name());
    stairs.desk.configure(&config.replace(&host, &format!("{host}\nsudo = \"never\"")));
    let why = stairs.refused();
    assert!(why.contains("it needs root"), "{why}");
}

#[test]
fn what_cannot_be_read_to_its_end_is_not_taken_for_all_of_it() {
    let stairs = Stairs::new("sy-torn");
    let before = sums(&stairs.lower, DATA);
    for (shim, part) in [
        // It ends in the middle, and says so or not.
        ("/bin/tar \"$@\" | head -c 20000; exit 2", "it was not read to its end"),
        ("/bin/tar \"$@\" | head -c 20000", "it was not read to its end"),
        ("/bin/tar \"$@\"; exit 2", "it was not read to its end"),
        ("echo nonsense", "it was not read to its end"),
        ("head -c 9000 /dev/zero | tr '\\0' x; head -c 1024 /dev/zero", "no whole archive"),
        ("kill -9 $PPID", "it was not read to its end"),
    ] {
        stairs.upper.sh(&format!("cat >/usr/local/sbin/tar <<'END'\n#!/bin/sh\ncase $* in *--version*) exec /bin/tar --version ;; esac\n{shim}\nEND\nchmod 755 /usr/local/sbin/tar"));
        let said = stairs.desk.act(&SYNC);
        assert_eq!(said.code, 1, "{shim} {said:?}");
        assert!(said.json.to_string().contains(part), "{shim}: {part} {said:?}");
        stairs.is_clean();
    }
    stairs.upper.sh("rm /usr/local/sbin/tar");
    // A login shell that prints is skipped.
    for host in [&stairs.upper, &stairs.lower] {
        host.sh("sed -i '1i echo hello from the shell' /home/ops/.bashrc");
    }
    assert_eq!(sums(&stairs.lower, DATA), before);
    assert_eq!(stairs.desk.act(&SYNC).code, 0);
    stairs.is_clean();
}

#[test]
fn data_of_root_is_replaced_only_where_nobody_else_may_change_the_way_to_it_and_none_that_is_shared()
 {
    let stairs = Stairs::new("sy-root");
    stairs
        .lower
        .sh("systemctl disable --now app 2>&1; chown -R root:root /srv/app && chmod 777 /srv/app");
    let why = stairs.refused();
    assert!(
        why.contains("belongs to root, and /srv/app may be changed by others than root"),
        "{why}"
    );
    stairs.lower.sh("chmod 755 /srv/app");
    // As a mount of NFS would be told.
    stairs.lower.sh(&format!(
        "cat >/usr/local/sbin/stat <<'END'\n#!/bin/sh\ncase $* in '-f -c %T -- {DATA}') echo nfs ;; *) exec /usr/bin/stat \"$@\" ;; esac\nEND\nchmod 755 /usr/local/sbin/stat"
    ));
    let why = stairs.refused();
    assert!(why.contains("on a file system that other hosts may share"), "{why}");
    stairs.lower.sh("rm /usr/local/sbin/stat");
    let plan = stairs.desk.page(&SYNC);
    assert!(plan.contains("app does not run now, and is not started"), "{plan}");
    assert_eq!(stairs.desk.act(&SYNC).code, 0);
    let there = format!(
        "cd {DATA} && cat rooms/7.json && find . ! -user root && stat -c '%U:%G %a' . && systemctl is-active app || :"
    );
    assert_eq!(stairs.lower.sh(&there), "scrubbed\nroot:root 750\ninactive");
    stairs.is_clean();
}
