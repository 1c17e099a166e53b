use super::*;

fn read(text: &str) -> Vec<(String, String, String, String, bool)> {
    let lines = parse_tables(text).lines;
    lines
        .into_iter()
        .map(|l| {
            let known = l.schedule.is_some();
            (l.label(), l.user.into(), l.fields.into(), l.command, known)
        })
        .collect()
}

fn own(
    label: &str,
    user: &str,
    fields: &str,
    command: &str,
) -> (String, String, String, String, bool) {
    (label.into(), user.into(), fields.into(), command.into(), true)
}

/// cron 3.0pl1-162 on Debian bookworm.
#[test]
fn tables_of_the_system_and_of_users_are_read() {
    let text = "table /etc/crontab:7:SHELL=/bin/sh\n\
        table /etc/crontab:18:17 *\t* * *\troot\tcd / && run-parts --report /etc/cron.hourly\n\
        table /etc/cron.d/x:2:@daily app /opt/app/nightly.sh >/dev/null 2>&1\n\
        table /etc/cron.d/deep/x:2:@daily app /opt/no\n\
        table /var/spool/cron/crontabs/root:2:0 */6 * * * /mnt/p/scripts/backup.sh\n\
        table /var/spool/cron/atjobs/a0001:2:0 */6 * * * /mnt/p/scripts/backup.sh\n\
        table /var/spool/cron/carol:1:MAILTO = \"\"\n\
        own ops:3:0 1 * * * cd /srv/app && ./dump.sh > a-$(date +\\%F).gz%input\n\
        denied /var/spool/cron\ncron 1\npart x /etc/cron.daily/logrotate\npart - /etc/cron.daily/README\n";
    assert_eq!(
        read(text),
        [
            own(
                "/etc/crontab:18",
                "root",
                "17 * * * *",
                "cd / && run-parts --report /etc/cron.hourly"
            ),
            own("/etc/cron.d/x:2", "app", "@daily", "/opt/app/nightly.sh >/dev/null 2>&1"),
            own(
                "/var/spool/cron/crontabs/root:2",
                "root",
                "0 */6 * * *",
                "/mnt/p/scripts/backup.sh"
            ),
            own("crontab -l:3", "ops", "0 1 * * *", "cd /srv/app && ./dump.sh > a-$(date +%F).gz"),
        ]
    );
    let tables = parse_tables(text);
    assert_eq!(tables.denied, ["/var/spool/cron"]);
    assert!(tables.runs && !tables.cronie);
    assert_eq!(
        tables.parts,
        [("/etc/cron.daily/logrotate".into(), true), ("/etc/cron.daily/README".into(), false)]
    );
}

#[test]
fn hostile_tables_do_no_harm() {
    for line in [
        "",
        "table",
        "own a:b:* * * * * x",
        "own a:1:",
        "own a:0:* * * * * x",
        "table /etc/crontab:1:* * *",
        "table /etc/crontab:1:* * * * * root",
        "tz",
        "tz /etc/localtime 5",
        "tz /etc/localtime zz",
        "part",
        "denied",
    ] {
        let tables = parse_tables(line);
        assert_eq!(tables.lines, [], "{line}");
        assert_eq!(tables.zone, None);
    }
    let text = "own ops:1:* * * * * \u{1b}[31mred\u{7} \u{202e}x\nown ops:2:61 * * * * late\n";
    let tables = parse_tables(text);
    assert!(!tables.lines[0].command.contains(['\u{1b}', '\u{7}', '\u{202e}']));
    assert_eq!(tables.lines[1].schedule, None);
}

#[test]
fn ten_thousand_lines_are_bounded() {
    let lines: Vec<String> =
        (1..=10_000).map(|n| format!("own ops:{n}:* * * * * job {n}\n")).collect();
    let text = lines.concat();
    let tables = parse_tables(&text);
    assert_eq!(tables.lines.len(), MOST);
    let cut = format!("its tables of cron have {} more jobs than we read", 10_000 - MOST);
    assert_eq!(tables.cut.as_ref(), Some(&cut));
    assert_eq!(tables.warnings, [cut]);
    let lines: Vec<String> =
        (1..=10_000).map(|n| format!("own ops:{n}:bad\ndenied {n}\n")).collect();
    let text = lines.concat();
    let tables = parse_tables(&text);
    assert!(tables.warnings.len() <= 16 && tables.denied.len() <= 16);
}

/// The host cuts them, in the middle of a line.
#[test]
fn what_the_host_cut_is_known_to_be_cut() {
    assert_eq!(parse_tables("own ops:1:* * * * * a\ntable /etc/crontab:1:x\ncron 1\n").cut, None);
    for (head, most) in [("table /etc/crontab:", MOST_BYTES), ("own ops:", MOST_OWN_BYTES)] {
        let line = |n: usize| format!("{head}{n}:* * * * * root job\n");
        let text = (1..=MOST).map(line).collect::<Vec<_>>().concat();
        assert_eq!(parse_tables(&text).cut, None);
        let text = text + head + "7:X=" + &"x".repeat(most) + "\n\ncron 1\n";
        assert!(parse_tables(&text).cut.is_some(), "{head}");
    }
}

#[test]
fn a_zone_of_a_table_is_asked_for_where_cron_goes_by_it() {
    let text = "table /etc/cron.d/x:1:CRON_TZ=Asia/Tokyo\ntable /etc/cron.d/x:2:0 1 * * * root a\n\
        table /etc/cron.d/y:2:0 1 * * * root b\ntable /etc/cron.d/z:1:CRON_TZ=../../etc/shadow\n\
        table /etc/cron.d/z:2:0 1 * * * root c\n";
    assert_eq!(parse_tables(text).wanted(), [""; 0]);
    let mut tables = parse_tables(&format!("cronie 1\n{text}"));
    assert_eq!(tables.wanted(), ["/usr/share/zoneinfo/Asia/Tokyo"]);
    assert_eq!(tables.zone_of(&tables.lines[0]), None);
    assert_eq!(tables.zone_of(&tables.lines[1]), Some(TimeZone::UTC));
    // The smallest file of version 2 that is one: a footer with the rule alone.
    let head = |version: &str| {
        format!(
            "545a6966{version}{}{}",
            "00".repeat(15),
            "00000000".repeat(4) + "00000001" + "00000004"
        )
    };
    let body = format!("000000000000{}", hex("UTC\0"));
    let file = format!("{0}{body}{0}{body}{1}", head("32"), hex("\nJST-9\n"));
    tables.take_zones(&format!("tz /usr/share/zoneinfo/Asia/Tokyo {file}\n"));
    let zone = tables.zone_of(&tables.lines[0]).unwrap();
    assert_eq!(zone.to_offset(jiff::Timestamp::UNIX_EPOCH).seconds(), 9 * 3600);
}

fn hex(text: &str) -> String {
    text.bytes().map(|b| format!("{b:02x}")).collect::<Vec<_>>().concat()
}
