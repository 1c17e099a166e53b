//! Parsers on nonsense: they never fail, and nothing of it reaches a terminal as it is.

use proptest::prelude::*;
use quarterdeck::model::text::is_hostile;
use quarterdeck::probe::collector::{MAX_ANSWER, header};
use quarterdeck::probe::detail::parse_detail;
use quarterdeck::probe::facts::parse_facts;
use quarterdeck::probe::history::parse_history;
use quarterdeck::probe::journal::{parse_export, parse_json};
use quarterdeck::probe::properties::parse_span;
use quarterdeck::probe::tick::parse_tick;
use quarterdeck::probe::units::{parse_services, parse_units};

/// Bytes as the collector's client passes them on, or lines of words that the parsers look for,
/// with values that they do not expect.
fn nonsense() -> impl Strategy<Value = String> {
    let key = prop::sample::select(vec![
        "wall",
        "up",
        "boot",
        "kernel",
        "os",
        "user",
        "cpus",
        "systemd",
        "journal",
        "sudo",
        "df",
        "di",
        "load",
        "total",
        "available",
        "psi",
        "psi cpu",
        "psi memory some",
        "cg",
        "cg 0",
        "cg 1",
        "first",
        "restart",
        "exits",
        "UNIT=",
        "EXIT_CODE=",
        "EXIT_STATUS=",
        "__MONOTONIC_TIMESTAMP=",
        "Id=x.service",
        "Id=",
        "LoadState=",
        "LoadError=",
        "MainPID=",
        "RestartUSec=",
        "NRestarts=",
        "ExecMainCode=",
        "ExecMainStatus=",
        "TriggeredBy=",
        "SubState=",
        "Description=",
        "# /",
        "{\"__REALTIME_TIMESTAMP\":",
        "",
    ]);
    let value = prop::sample::select(vec![
        "exited",
        "killed",
        "1",
        "not-found",
        "[not set]",
        "systemd[1]: x.service: y",
        "]: ",
        ": ",
        "x.service",
        "\"1795237326000000\",",
        "\"MESSAGE\":",
        "[27,300,-1]",
        "[[[]]]",
        "null",
        "}",
        "\"",
        "%",
        "-",
        ".",
        "/",
        "",
        "\t",
        "\r",
        "\0",
        "\x1b[2J",
        "\u{9b}",
        "\u{202e}",
        "NaN",
        "inf",
        "avg10=NaN",
        "avg10=inf",
        "avg10=-1",
        "1e309",
        "0",
        "-1",
        "0.5",
        "18446744073709551615",
        "9223372036854775807",
        "99999999999999999999999",
        "-9.5e300",
        "1795237326.123456",
        "9223372036854775807.999999999",
        "1min",
        "500000y",
        "0.5s",
        ".s",
        "184467440737095w",
        "\n",
    ]);
    let line = (key, prop::collection::vec(value, 0..7), "[ =]?")
        .prop_map(|(key, values, between)| format!("{key}{between}{}", values.join(" ")));
    let key = prop::sample::select(vec![
        "load",
        "up",
        "wall",
        "total",
        "available",
        "cg 0",
        "cpus",
        "df /dev/vda",
        "first",
    ]);
    let number = prop::sample::select(vec![
        "0",
        "1",
        "-1",
        "0.5",
        "NaN",
        "inf",
        "-inf",
        "1e309",
        "-1e300",
        "18446744073709551615",
        "9223372036854775807.999999",
        "-9223372036854775808.5",
        "99999999999999999999999",
    ]);
    let numbers = (key, prop::collection::vec(number, 1..6))
        .prop_map(|(key, numbers)| format!("{key} {}", numbers.join(" ")));
    let line = prop_oneof![2 => line, 1 => numbers];
    let lines = prop::collection::vec(line, 0..16).prop_map(|lines| lines.join("\n"));
    let bytes = prop::collection::vec(any::<u8>(), 0..400)
        .prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    prop_oneof![6 => lines, 1 => bytes]
}

fn harmless(text: &str) -> bool {
    !text.chars().any(is_hostile)
}

/// A unit's file keeps its lines.
fn harmless_lines(text: &str) -> bool {
    text.split('\n').all(harmless)
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn no_parser_fails(text in nonsense()) {
        let facts = parse_facts(&text);
        let strings = [&facts.boot_id, &facts.kernel, &facts.os, &facts.user];
        prop_assert!(strings.into_iter().chain(&facts.systemd).all(|text| harmless(text)));
        prop_assert!(facts.disks.iter().flatten().all(|disk| harmless(&disk.mount)));

        let tick = parse_tick(&text, 2);
        prop_assert_eq!(tick.groups.len(), 2);
        let numbers = tick.load.into_iter().flatten().chain(tick.pressure.cpu);
        prop_assert!(numbers.into_iter().all(f32::is_finite));

        let (units, warnings) = parse_units(&text);
        prop_assert!(warnings.iter().all(|warning| harmless(warning)));
        for (unit, facts) in &units {
            let words = [&facts.sub, &facts.result, &facts.description, &facts.fragment];
            prop_assert!(words.into_iter().chain(&facts.triggered_by).all(|text| harmless(text)));
            prop_assert!(harmless(unit.as_str()) && harmless(&facts.load_error));
        }
        prop_assert!(parse_services(&text).iter().all(|unit| harmless(unit.as_str())));

        let recalled = parse_history(&text);
        prop_assert!(recalled.restarts.iter().all(|(unit, _)| harmless(unit.as_str())));
        prop_assert!(recalled.exits.keys().all(|unit| harmless(unit.as_str())));

        let detail = parse_detail(&text, &text, &text);
        prop_assert!(detail.properties.iter().all(|(_, value)| harmless(value)));
        prop_assert!(detail.files.iter().all(|(at, file)| harmless(at) && harmless_lines(file)));
        prop_assert!(detail.warnings.iter().all(|warning| harmless(warning)));
        let lines = parse_json(&text);
        let all = lines.iter().chain(&detail.journal);
        prop_assert!(all.flat_map(|line| [&line.text, &line.from]).all(|text| harmless(text)));
        drop(parse_export(&text));
        let spans = text.lines().filter_map(parse_span);
        prop_assert!(spans.count() <= text.lines().count());
    }

    #[test]
    fn no_header_fails(line in prop::collection::vec(any::<u8>(), 0..60), rest in nonsense()) {
        prop_assert_eq!(header("n0nce", &line), None);
        let read = header("n0nce", format!("@@n0nce {rest}").as_bytes());
        prop_assert!(read.is_none_or(|read| read.length <= MAX_ANSWER));
    }

    #[test]
    fn any_value_of_a_journal_is_read(text in any::<String>(), at in any::<i64>()) {
        let line = serde_json::json!({ "__REALTIME_TIMESTAMP": at.to_string(), "MESSAGE": text });
        let read = parse_json(&line.to_string());
        prop_assert_eq!(read.len(), 1);
        prop_assert!(read.iter().all(|line| line.at == at && harmless(&line.text)));
    }
}
