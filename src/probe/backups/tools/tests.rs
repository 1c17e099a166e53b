use super::*;

/// restic 0.14.0
const RESTIC: &str = "now 1795277044\n|[{\"time\":\"2026-11-21T16:04:03.845415135Z\",\"paths\":[\"/srv/data\"],\"id\":\"c8a584d567\",\"short_id\":\"c8a584d5\"},{\"time\":\"2026-11-21T17:04:04.541983123+01:00\",\"paths\":[\"/srv/old\"],\"id\":\"99ba998bde\",\"short_id\":\"99ba998b\"}]\nrc 0\n";
/// borg 1.2.4
const BORG: &str = "now 1795277092\n|{\n|    \"archives\": [\n|        {\"archive\": \"one\", \"id\": \"c38b\", \"name\": \"one\", \"time\": \"2026-11-21T16:04:51.000000\"}\n|    ]\n|}\nrc 0\nfirst srv/old\n";

#[test]
fn snapshots_of_restic_are_read_with_their_zone_and_paths() {
    let facts = parse_restic(RESTIC, None).unwrap();
    let read: Vec<_> = facts.copies.iter().map(|copy| (&*copy.name, copy.at)).collect();
    assert_eq!(read, [("99ba998b", 1_795_277_044), ("c8a584d5", 1_795_277_043)]);
    assert_eq!(facts.says, [Box::from("/srv/old")]);
    assert_eq!(facts.count, 2);
}

#[test]
fn archives_of_borg_say_whether_they_have_the_source() {
    let facts = parse_borg(BORG, Some("/srv/data")).unwrap();
    assert_eq!((&*facts.copies[0].name, facts.copies[0].at), ("one", 1_795_277_091));
    assert_eq!(facts.says, [Box::from("/srv/old")]);
    let covers = format!("{BORG}covers\n");
    assert_eq!(parse_borg(&covers, Some("/srv/data")).unwrap().says, [Box::from("/srv/data")]);
    for first in ["first data", "first old/data", "first .", "first "] {
        let relative = BORG.replace("first srv/old", first);
        assert_eq!(parse_borg(&relative, Some("/srv/data")).unwrap().says, [], "{first}");
    }
    // Its command says where they begin.
    let named =
        BORG.replace("first srv/old", "made /usr/bin/borg create /b/r::one /old\nfirst old/x");
    assert_eq!(parse_borg(&named, Some("/srv/data")).unwrap().says, [Box::from("/old/x")]);
}

#[test]
fn who_cannot_look_says_why_and_nothing_of_what_is_there() {
    let wrong = "now 1\n!Fatal: wrong password or no key found\nrc 1\n";
    assert_eq!(parse_restic(wrong, None).unwrap_err(), "Fatal: wrong password or no key found");
    assert!(parse_restic("now 1\ntool restic\n", None).unwrap_err().contains("no restic"));
    for nonsense in ["", "rc 0\n", "|{}\nrc 0\n", "|[1,{},{\"time\":7}]\nrc 0\n"] {
        let _read = (parse_restic(nonsense, Some("/x")), parse_borg(nonsense, Some("/x")));
    }
}

/// restic 0.18.0: one repository of two directories and two hosts.
#[test]
fn only_snapshots_of_the_source_by_this_host_are_its_copies() {
    let one = |hour: u32, path: &str, host: &str| {
        format!(
            "{{\"time\":\"2026-11-22T0{hour}:00:00Z\",\"paths\":[\"{path}\"],\"hostname\":\"{host}\",\
             \"id\":\"{hour}\",\"short_id\":\"{hour}\",\"summary\":{{\"total_bytes_processed\":9}}}}"
        )
    };
    let all = [one(1, "/src", "h"), one(2, "/old", "h"), one(3, "/src", "elsewhere")].join(",");
    let text = format!("now 9\nhost h\n|[{all}]\nrc 0\n");
    let names = |source: Option<&str>| {
        let facts = parse_restic(&text, source).unwrap();
        facts.copies.iter().map(|copy| copy.name.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(names(Some("/src/below")), ["1"]);
    assert_eq!(names(Some("/old")), ["2"]);
    // None is of it: what they are of is told.
    assert_eq!(names(Some("/other")), ["2", "1"]);
    assert_eq!(names(None), ["3", "2", "1"]);
}

#[test]
fn complaints_in_json_are_told_in_words_and_a_snapshot_that_is_left_out_too() {
    // restic 0.18.0
    let none = "now 1\n!{\"message_type\":\"exit_error\",\"code\":12,\"message\":\"Fatal: wrong password or no key found\"}\nrc 12\n";
    assert_eq!(parse_restic(none, None).unwrap_err(), "Fatal: wrong password or no key found");
    let left = "now 1\n|[]\n!Ignoring \"1478\": failed to load snapshot 14783fc7: LoadRaw(<snapshot/14783fc79b>): invalid data returned\nrc 0\n";
    assert!(parse_restic(left, None).unwrap().warnings[0].contains("14783fc7"));
    // borg 1.4.0, without a password.
    let borg = "now 1\n!/usr/lib/python3.13/getpass.py:90: GetPassWarning: Can not control echo on the terminal.\n!Warning: Password input may be echoed.\n!Enter passphrase for key /b/bgood: \n!can not acquire a passphrase: BORG_PASSPHRASE is not set.\nrc 2\n";
    let why = parse_borg(borg, None).unwrap_err();
    assert_eq!(why, "can not acquire a passphrase: BORG_PASSPHRASE is not set.");
    let nowhere = "now 1\nplace missing\n";
    assert_eq!(parse_borg(nowhere, None).unwrap().place, Place::Missing);
    assert_eq!(parse_restic(nowhere, None).unwrap().place, Place::Missing);
}

/// git 2.47.3
#[test]
fn work_that_is_nowhere_else_is_not_backed_up() {
    let clean = "now 900\nplace read\nhead 500 abc123\nremote origin\nahead 0 \ndirty 0\n";
    assert_eq!(parse_git(clean).copies[0].at, 900);
    let ahead = "now 900\nplace read\nhead 500 abc123\nremote origin\nahead 400 2 \ndirty 0\n";
    let facts = parse_git(ahead);
    assert_eq!(facts.copies[0].at, 400);
    assert_eq!(facts.warnings, [Box::from("2 commits are on no remote")]);
    let dirty =
        "now 900\nplace read\nhead 500 abc123\nremote origin\nahead 0 \ndirty 3\nsince 300\n";
    assert_eq!(parse_git(dirty).copies[0].at, 300);
    let alone = "now 900\nplace read\nhead 500 abc123\nahead 400 2 \ndirty 0\n";
    assert!(parse_git(alone).copies.is_empty());
}

#[test]
fn a_command_says_when() {
    let facts = parse_command("now 9\n|1795277044 4096\n|2026-11-21T16:04:03Z\nrc 0\n").unwrap();
    assert_eq!(facts.copies[0].size, Some(4096));
    assert_eq!(facts.copies[1].at, 1_795_277_043);
    assert!(parse_command("now 9\n|yesterday\nrc 0\n").is_err());
    assert!(parse_command("now 9\n!no such file\nrc 2\n").is_err());
    assert!(parse_command("now 9\nrc 0\n").unwrap().copies.is_empty());
}
