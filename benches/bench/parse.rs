//! Answers of hosts, and the config.

use std::fmt::Write as _;

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use quarterdeck::config;
use quarterdeck::config::Source;
use quarterdeck::probe::{history, journal, tick, units};

/// `systemctl show`, of that many units.
#[divan::bench(args = [14, 1000])]
fn units_shown(bencher: Bencher<'_, '_>, n: usize) {
    let mut text = String::new();
    for n in 0..n {
        text.push_str(&record(n));
    }
    bencher
        .counter(BytesCount::new(text.len()))
        .bench_local(|| black_box(units::parse_units(&text)));
}

fn record(n: usize) -> String {
    format!(
        "Type=simple\nRestart=always\nRestartUSec=10s\nMainPID={n}\nNRestarts=30\nResult=success\n\
         ExecMainStartTimestampMonotonic=1667{n:05}\nExecMainExitTimestampMonotonic=0\n\
         ExecMainCode=0\nExecMainStatus=0\nControlGroup=/system.slice/svc-{n}.service\n\
         MemoryCurrent=155189248\nCPUUsageNSec=2345678901\nId=svc-{n}.service\n\
         TriggeredBy=\nDescription=Number {n} of the coordination platform\nLoadState=loaded\n\
         ActiveState=active\nSubState=running\n\
         FragmentPath=/etc/systemd/system/svc-{n}.service\nDropInPaths=\nUnitFileState=enabled\n\
         StateChangeTimestampMonotonic=1667{n:05}\nActiveEnterTimestampMonotonic=1667{n:05}\n\
         ConditionResult=yes\nConditionTimestampMonotonic=1667{n:05}\n\
         InvocationID=7c1f0b6e2a4d4c0d9a5a3b1c2d3e4f50\nNeedDaemonReload=no\n\n"
    )
}

/// A heartbeat with the control groups of 14 services.
#[divan::bench]
fn heartbeat(bencher: Bencher<'_, '_>) {
    let mut text = String::from(
        "up 166.74\nload 2.13 1.45 0.60\ntotal 737556\navailable 584404\n\
         psi cpu some avg10=59.47 avg60=43.97 avg300=23.39 total=94798999\n\
         psi memory some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n\
         psi io some avg10=1.20 avg60=0.80 avg300=0.31 total=1238\n",
    );
    for n in 0..14 {
        writeln!(text, "cg {n} {} {}", 9_965_568 + n, 100_000 + n).unwrap();
    }
    bencher
        .counter(BytesCount::new(text.len()))
        .bench_local(|| black_box(tick::parse_tick(&text, 14)));
}

/// The journal's account of a unit that loops: 10,000 restarts.
#[divan::bench]
fn restarts_recalled_10k(bencher: Bencher<'_, '_>) {
    let mut text = String::from("first 1795230000.000001\n");
    for n in 0..10_000 {
        writeln!(
            text,
            "restart {}.{:06} coord systemd[1]: mcp-coordination.service: Scheduled restart job, \
             restart counter is at {n}.",
            1_795_230_000 + n / 3,
            n * 97 % 1_000_000
        )
        .unwrap();
    }
    text.push_str("exits\n");
    bencher
        .counter(BytesCount::new(text.len()))
        .bench_local(|| black_box(history::parse_history(&text)));
}

/// 10,000 lines of `journalctl -o json`.
#[divan::bench]
fn journal_10k(bencher: Bencher<'_, '_>) {
    let mut text = String::new();
    for n in 0..10_000_u64 {
        writeln!(
            text,
            r#"{{"__REALTIME_TIMESTAMP":"{}","PRIORITY":"{}","SYSLOG_IDENTIFIER":"node","_PID":"4711","MESSAGE":"request {n} answered in {} ms by /api/v1/instances"}}"#,
            1_795_230_000_000_000 + n * 1000,
            n % 8,
            n % 97
        )
        .unwrap();
    }
    bencher
        .counter(BytesCount::new(text.len()))
        .bench_local(|| black_box(journal::parse_json(&text)));
}

/// A config of 1,000 hosts in four environments with 14 services each.
#[divan::bench]
fn config_1000(bencher: Bencher<'_, '_>) {
    let mut text = String::new();
    for env in 0..4 {
        writeln!(text, "[[env]]\nname = \"fleet-{env}\"\ntier = \"staging\"").unwrap();
        for host in 0..250 {
            writeln!(text, "[[env.host]]\nname = \"web-{env}-{host}\"\nssh = \"web-{env}-{host}\"")
                .unwrap();
        }
        for service in 0..14 {
            writeln!(
                text,
                "[[env.service]]\nname = \"svc-{service}\"\nunit = \"svc-{service}.service\""
            )
            .unwrap();
        }
    }
    bencher.counter(BytesCount::new(text.len())).bench_local(|| {
        let source = Source::new("config.toml", text.clone());
        black_box(config::parse(&[source])).expect("a good config")
    });
}
