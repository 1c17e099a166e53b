//! What one will want of production one night is rehearsed: it ends as it began, and is read where the real
//! one is confirmed.

use serde_json::Value;

use super::Yard;
use crate::poll::{self, secs};

/// How an exercise ended, and what is said of it.
fn ended<'a>(json: &'a Value, name: &str) -> (&'a str, &'a Value) {
    let all = json["exercises"].as_array().unwrap_or_else(|| panic!("no exercises: {json}"));
    let one = all.iter().find(|one| one["exercise"] == name);
    let one = one.unwrap_or_else(|| panic!("{name} was not told: {json:#}"));
    (one["end"].as_str().unwrap(), one)
}

/// A host on which one release runs and another one would come, with data and a copy of them.
fn yard(name: &str) -> Yard {
    let yard = Yard::new(name);
    yard.host.sh("install -d -o app /srv/data /srv/copies && echo 1 >/srv/data/1 && \
         tar -C /srv/data -czf /srv/copies/data-1.tar.gz . && echo 2 >/srv/data/2 && \
         chown app: /srv/data/*");
    yard.desk.append(
        "[[env.backup]]\nname = \"data\"\nsource = \"/srv/data\"\nevery = \"6h\"\n\
         files = \"/srv/copies/data-*.tar.gz\"\nrestore_within = \"10m\"\n",
    );
    assert_eq!(yard.desk.act(&["deploy", "rel"]).code, 0);
    yard.push("two", "echo two >version");
    yard
}

#[test]
fn all_of_it_is_rehearsed_and_all_is_as_it_was_before() {
    let yard = yard("dr-all");
    yard.add_production();
    let lab = ["drill", "rel", "--env", "lab", "--backup", "data"];
    let production =
        ["deploy", "rel", "--env", "production", "--skip", "after", "--skip", "backup"];
    let plan = yard.desk.page(&production);
    assert!(plan.contains("no drill of it is known: `quarterdeck drill rel --env lab`"), "{plan}");

    let release = yard.host.sh("readlink /srv/rel/current");
    let plan = yard.desk.page(&lab);
    assert!(
        plan.contains("its gate fails by order") && plan.contains("restore   the backup data"),
        "{plan}"
    );
    let said = yard.desk.act(&lab);
    assert_eq!((said.code, &said.json["passed"]), (0, &Value::Bool(true)), "{:#}", said.json);
    for name in ["deploy", "link", "gate", "rollback", "restore"] {
        let (end, one) = ended(&said.json, name);
        assert_eq!(end, "passed", "{one:#}");
        assert!(one["took_ms"].as_u64().unwrap() > 0, "{one:#}");
    }
    assert_eq!(ended(&said.json, "restore").1["promised_ms"], 600_000);

    // It ends as it began.
    assert_eq!(yard.answer("rel"), "one");
    assert_eq!(yard.host.sh("readlink /srv/rel/current"), release);
    assert_eq!(yard.host.sh("cd /srv/data && cat *"), "1\n2");
    let stays = said.json["stays"].as_array().unwrap().iter().filter_map(Value::as_str);
    let stays = stays.collect::<Vec<_>>().join(" ");
    for kept in yard.host.sh("ls -d /srv/data.*").lines() {
        assert!(stays.contains(kept), "{kept} is left and not told: {stays}");
    }
    yard.is_clean();
    let record = yard.host.sh("cut -d ' ' -f 3 /var/lib/quarterdeck/subjects/rel.service/releases");
    assert_eq!(record, "healthy\nhealthy\ndrilled\nhealthy");
    let audit = yard.host.sh("cat /var/lib/quarterdeck/audit.jsonl");
    assert_eq!(audit.matches("\"ev\":\"drilled\"").count(), 4, "{audit}");

    // And is read where the real one is confirmed, and by whoever looks at it.
    let plan = yard.desk.page(&production);
    let line =
        plan.lines().find(|line| line.contains("drilled ")).unwrap_or_else(|| panic!("{plan}"));
    for word in ["+ drilled in lab", " ago, by ", "deploy ", "link ", "gate ", "rollback "] {
        assert!(line.contains(word), "{word}: {line}");
    }
    // What a drill had fail does not count as tried.
    let plan = yard.desk.page(&["deploy", "rel", "--env", "lab"]);
    assert!(!plan.contains("and was taken back"), "{plan}");
    assert!(plan.contains("last proved to go back there"), "{plan}");
    let status = yard.desk.run(&["status", "--json", "--env", "lab"]);
    let status: Value = serde_json::from_str(&status.out).unwrap();
    let service = &status["environments"][0]["services"][0];
    assert_eq!(service["drilled"]["passed"], true, "{service:#}");
}

#[test]
fn what_fails_in_a_drill_is_written_down_and_stands_against_the_real_one() {
    let yard = yard("dr-fails");
    yard.add_production();
    yard.push("bad", "echo 'raise SystemExit(3)' >server.py");
    let said = yard.desk.act(&["drill", "rel", "--env", "lab"]);
    assert_eq!(said.code, 1, "{:#}", said.json);
    assert_eq!(ended(&said.json, "deploy").0, "failed");
    assert_eq!(yard.answer("rel"), "one", "the host has taken it back");
    let production =
        ["deploy", "rel", "--env", "production", "--skip", "after", "--skip", "backup"];
    let plan = yard.desk.page(&production);
    assert!(plan.contains("! the last drill in lab failed at deploy "), "{plan}");
    yard.is_clean();
}

#[test]
fn production_is_not_drilled_whatever_it_is_called() {
    let yard = yard("dr-prod");
    yard.add_production();
    for (env, tier) in [("production", "production"), ("live-eu", "staging")] {
        if env == "live-eu" {
            let config = std::fs::read_to_string(yard.desk.config()).unwrap();
            let renamed =
                config.replace("name = \"lab\"\ntier", &format!("name = \"{env}\"\ntier"));
            yard.desk.configure(&renamed.replace("after = \"lab\"", "after = \"live-eu\""));
        }
        let said = yard.desk.run(&["drill", "rel", "--env", env, "--plan"]);
        assert_eq!(said.code, 64, "{tier}: {said:?}");
        assert!(said.err.contains("nor is anything rehearsed there"), "{said:?}");
    }
    assert_eq!(
        yard.host.sh("ls /var/lib/quarterdeck/ops | wc -l"),
        "1",
        "only the first deploy ran"
    );
}

#[test]
fn a_promise_that_is_not_kept_is_no_passed_drill() {
    let yard = yard("dr-late");
    let config = std::fs::read_to_string(yard.desk.config()).unwrap();
    let at = "strategy = \"release\",";
    yard.desk.configure(&config.replacen(at, &format!("{at} rollback_within = \"1s\","), 1));
    let said = yard.desk.act(&["drill", "rel"]);
    assert_eq!(said.code, 1, "{:#}", said.json);
    let (end, one) = ended(&said.json, "rollback");
    assert_eq!((end, &one["promised_ms"]), ("failed", &1000.into()), "{one:#}");
    assert!(one["detail"].as_str().unwrap().contains("longer than promised"), "{one:#}");
    assert_eq!(yard.answer("rel"), "one");
    yard.is_clean();
}

#[test]
fn where_there_is_nothing_to_go_back_to_that_is_said_and_not_passed_over() {
    let yard = Yard::new("dr-first");
    let said = yard.desk.act(&["drill", "rel"]);
    assert_eq!(said.code, 0, "{:#}", said.json);
    let (end, one) = ended(&said.json, "rollback");
    assert_eq!(end, "skipped", "{one:#}");
    assert!(one["detail"].as_str().unwrap().contains("nothing to go back to"), "{one:#}");
    assert_eq!(ended(&said.json, "gate").0, "passed");
    assert!(
        said.json["stays"][0].as_str().unwrap().contains("nothing was there before"),
        "{:#}",
        said.json
    );
    assert_eq!(yard.answer("rel"), "one");
}

#[test]
fn a_rollback_that_could_not_be_rehearsed_is_a_failure_and_what_stays_is_said() {
    let yard = yard("dr-full");
    let hash = yard.desk.hash(&["drill", "rel"]);
    let child = yard.desk.command(&["drill", "rel", "--json", "--confirm", &hash]).spawn().unwrap();
    // Frozen while the gate is rehearsed: nobody goes back.
    poll::until("the gate fails by order", secs(90), || {
        let log = yard
            .host
            .sh("cat \"$(ls -d /var/lib/quarterdeck/ops/* | tail -n 1)/log\" 2>/dev/null || :");
        if log.contains("has it fail by order") { Ok(()) } else { Err(log) }
    });
    let frozen = yard.desk.run(&["ops", "freeze", "rel", "--reason", "a fair"]);
    assert_eq!(frozen.code, 0, "{frozen:?}");
    let output = child.wait_with_output().unwrap();
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), &json["passed"]), (Some(2), &Value::Bool(false)), "{json:#}");
    assert_eq!(ended(&json, "rollback").0, "failed", "{json:#}");
    let left = json["left"][0].as_str().unwrap();
    assert!(left.contains("again") && left.contains("a fair"), "{json:#}");
    let line = yard.host.sh("cat /var/lib/quarterdeck/subjects/rel.service/drilled");
    assert!(line.contains(" failed:rollback "), "{line}");
    assert_eq!(yard.answer("rel"), "two");
    yard.desk.run(&["ops", "thaw", "rel"]);
}

#[test]
fn a_drill_that_is_killed_is_known_as_one_that_told_no_end() {
    let yard = yard("dr-killed");
    yard.add_production();
    let was = yard.host.sh("sed -n 1p /srv/rel/current/REVISION | cut -c 1-10");
    let mut child = yard.desk.begin(&["drill", "rel", "--env", "lab"]);
    poll::until("it has begun", secs(60), || {
        let events = yard
            .host
            .sh("cat $(ls -d /var/lib/quarterdeck/ops/* | tail -n +2)/events 2>/dev/null || :");
        if events.contains(" 40 start") { Ok(()) } else { Err(events) }
    });
    child.kill().unwrap();
    child.wait().unwrap();
    poll::until("the host has gone on alone", secs(60), || {
        match yard.host.sh("ls /var/lib/quarterdeck/subjects/*/claim 2>/dev/null || :").as_str() {
            "" => Ok(()),
            left => Err(left.to_owned()),
        }
    });
    let production =
        ["deploy", "rel", "--env", "production", "--skip", "after", "--skip", "backup"];
    let plan = yard.desk.page(&production);
    let told = format!("! the last drill in lab begun over {was}, and its end not told,");
    assert!(plan.contains(&told), "{told}\n{plan}");
    let status = yard.desk.run(&["status", "--json", "--env", "lab"]);
    assert!(status.out.contains("\"unfinished\": true"), "{}", status.out);
}

#[test]
fn however_often_one_deploys_the_same_other_revisions_are_kept() {
    let yard = yard("dr-keep");
    let config = std::fs::read_to_string(yard.desk.config()).unwrap();
    yard.desk.configure(&config.replacen(
        "strategy = \"release\",",
        "strategy = \"release\", keep = 2,",
        1,
    ));
    for _ in 0..3 {
        assert_eq!(yard.desk.act(&["deploy", "rel"]).code, 0);
    }
    assert_eq!(yard.answer("rel"), "two");
    let said = yard.desk.act(&["rollback", "rel"]);
    assert_eq!(said.code, 0, "{:#}", said.json);
    assert_eq!(yard.answer("rel"), "one");
    yard.is_clean();
}
