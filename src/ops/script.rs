//! Pieces of the scripts that steps run. POSIX sh; a value comes into one only quoted.

use std::fmt::Write as _;
use std::time::Duration;

use super::span;
use crate::model::look::UnitLook;
use crate::model::plan::{Change, Fact, Step, Undo};
use crate::probe::quote::quote;

/// For what asks systemd something and waits for no service.
pub(super) const QUICK: Duration = Duration::from_secs(60);

/// Properties that scripts look at. Few, since shells are slow with long texts.
const PROPERTIES: &str =
    "ActiveState,SubState,Result,MainPID,NRestarts,InvocationID,LoadState,UnitFileState";

/// Properties of `$unit`, read at one moment and without a process each, whatever systemd's version:
/// `--value` is not known before 230.
fn prop(names: &str) -> String {
    format!(
        "nl='\n'\n\
         look() {{ show=$nl$(systemctl show --no-pager -p {names} -- \"$unit\"); }}\n\
         prop() {{ rest=${{show#*\"$nl$1=\"}}; [ \"$rest\" = \"$show\" ] || \
         printf '%s\\n' \"${{rest%%\"$nl\"*}}\"; }}\n"
    )
}

/// The beginning of a script that does something to a unit.
pub(super) fn unit(unit: &str) -> String {
    format!("unit={}\n", quote(unit))
}

/// The beginning of a script that looks at a unit.
pub(super) fn about(name: &str) -> String {
    about_these(name, PROPERTIES)
}

/// The same, with these properties.
pub(super) fn about_these(name: &str, properties: &str) -> String {
    format!("{}{}", unit(name), prop(properties))
}

/// A fact of a host and the words of a shell that read it there.
pub(super) struct Read {
    pub(super) name: &'static str,
    pub(super) value: String,
    pub(super) how: &'static str,
}

impl Read {
    pub(super) fn fact(&self) -> Fact {
        Fact { name: self.name.to_owned(), value: self.value.clone() }
    }
}

/// What every plan about a unit rests on.
pub(super) fn reads(machine: &str, boot: &str, unit: &UnitLook) -> Vec<Read> {
    let read = |name, value: &str, how| Read { name, value: value.to_owned(), how };
    let mut all = vec![
        read("machine", machine, "cat /etc/machine-id"),
        read("boot", boot, "cat /proc/sys/kernel/random/boot_id"),
        read(
            "unit files",
            &unit.files,
            "systemctl cat --no-pager -- \"$unit\" 2>/dev/null | cksum",
        ),
        read("unit-file state", unit.get("UnitFileState"), "prop UnitFileState"),
        read("load state", unit.get("LoadState"), "prop LoadState"),
    ];
    // A unit that is started again and again is in another run and another state each second.
    if is_settled(unit) {
        all.push(read("state", unit.get("ActiveState"), "prop ActiveState"));
        all.push(read("run", unit.get("InvocationID"), "prop InvocationID"));
    }
    all
}

/// Whether a unit is not being restarted all the time.
pub(super) fn is_settled(unit: &UnitLook) -> bool {
    let restarts: u32 = unit.get("NRestarts").parse().unwrap_or(0);
    match (unit.get("ActiveState"), unit.get("SubState")) {
        ("activating" | "deactivating" | "reloading", _) => false,
        ("active", "running") => restarts == 0,
        _ => true,
    }
}

/// Looks again, under the lock, and remembers the run there was.
pub(super) fn preflight(unit: &str, reads: &[Read]) -> String {
    let mut text = String::from("# Is all still as it was when this was planned?\n");
    text.push_str(&about(unit));
    text.push_str(
        "look\nstale=0\nsame() {\n  if [ \"$2\" != \"$3\" ]; then\n    \
         echo \"the plan is stale: $1 is now '$3', it was '$2'\"\n    stale=75\n  fi\n}\n",
    );
    for read in reads {
        let _infallible =
            writeln!(text, "same {} {} \"$({})\"", quote(read.name), quote(&read.value), read.how);
    }
    text.push_str(
        "{ prop InvocationID; prop MainPID; prop NRestarts; } >before && [ -s before ] || exit 1\nexit \"$stale\"\n",
    );
    text
}

/// The first step of every plan: it changes nothing, and its status is 75 where the plan is stale.
pub(super) fn look_again(script: String) -> Step {
    Step {
        number: 10,
        title: "look again: is all still as it was planned?".to_owned(),
        change: Change::ReadOnly,
        script,
        undo: Undo::NotNeeded,
        limit: QUICK,
        idle: QUICK,
    }
}

/// As long as a unit may take to start (systemd.service(5), `TimeoutStartSec=`), and something more.
pub(super) fn start_time(unit: &UnitLook) -> Duration {
    span(unit.get("TimeoutStartUSec")) + QUICK
}

/// The same for its end (`TimeoutStopSec=`).
pub(super) fn stop_time(unit: &UnitLook) -> Duration {
    span(unit.get("TimeoutStopUSec")) + QUICK
}

/// The same for both.
pub(super) fn restart_time(unit: &UnitLook) -> Duration {
    span(unit.get("TimeoutStartUSec")) + stop_time(unit)
}

/// Does what systemctl(1) calls so to a unit; if that fails, with what the unit said.
pub(super) fn begin(name: &str, words: &str) -> String {
    format!(
        "{}systemctl {words} -- \"$unit\" && exit\nrc=$? run=''\n{}exit \"$rc\"\n",
        unit(name),
        LAST_WORDS.replace("\n  ", "\n")
    )
}

/// The last lines of a unit's journal, for whoever looks at a failure.
///
/// Of one run only, systemd's own words among them (systemd.journal-fields(7)): of the one that `$run`
/// names, else of the last one. By its span, since journald (seen with 252) files what a process wrote
/// last under no run or the next one, where it has ended before journald looks; a twentieth of a second
/// more, for what is written down after systemd has seen the end.
pub(super) const LAST_WORDS: &str = "if [ -z \"$run\" ]; then\n    \
     run=$(systemctl show -p InvocationID -- \"$unit\")\n    run=${run#*=}\n  fi\n  \
     of_run() { journalctl -q --no-pager -o short-unix \"$@\" \"_SYSTEMD_INVOCATION_ID=$run\" + \
     \"INVOCATION_ID=$run\" 2>/dev/null; }\n  \
     set -- -u \"$unit\"\n  \
     if [ -n \"$run\" ]; then\n    \
     first=$(of_run | head -n 1)\n    \
     last=$(of_run -n 1 | awk '{ printf \"%.6f\", $1 + 0.05 }')\n    \
     if [ -n \"$first\" ]; then set -- \"$@\" \"--since=@${first%% *}\"; fi\n    \
     if [ -n \"$last\" ]; then set -- \"$@\" \"--until=@$last\"; fi\n  fi\n  \
     journalctl -q --no-pager -o short -n 20 \"$@\" 2>/dev/null\n";
