//! Adopt: a process that somebody started by hand stands in a unit's place and holds its port. It is
//! proved first that the unit can start; then the process is stopped and the unit is started. If that
//! does not become healthy, the process is started again as it was.

use std::fmt::Write as _;

use super::gate::{self, Gate, Tie};
use super::script::{self, QUICK, Read, about_these, look_again, preflight};
use super::{Made, Target, unit};
use crate::model::look::{Stranger, UnitLook};
use crate::model::plan::{Change, Intent, Step, Undo};
use crate::model::port::Protocol;
use crate::model::verb::Verb;
use crate::probe::quote::quote;

/// Properties that decide whether a unit's process can be started and can write where it must.
const SANDBOX: &str = "User Group SupplementaryGroups WorkingDirectory ProtectSystem ProtectHome \
                       ReadWritePaths ReadOnlyPaths InaccessiblePaths PrivateTmp PrivateDevices";

pub(super) fn steps(intent: &Intent, target: &Target) -> Result<Made, String> {
    let look = &target.look;
    let unit = look.units.first().ok_or("only a unit can take a process's place")?;
    if look.systemd.is_none() {
        return Err("the host is not run by systemd".to_owned());
    }
    unit::refuse(Verb::Adopt, unit)?;
    let stranger = look
        .stranger
        .as_ref()
        .ok_or("no process that somebody started by hand stands in its place")?;
    refuse(stranger, unit)?;
    for tool in ["xargs", "systemd-run"] {
        if !look.tools.contains(tool) {
            return Err(format!("the host has no `{tool}`, which would start the process again"));
        }
    }
    let mut reads = script::reads(&look.machine, &look.boot, unit);
    reads.push(process(stranger));
    let ports: Vec<_> = target
        .promises
        .ports
        .iter()
        .filter(|port| port.protocol == Protocol::Tcp)
        .map(|port| (port.port, Tie::Held))
        .collect();
    let gate = Gate {
        is_new: true,
        ports: &ports,
        ..Gate::up(&unit.name, intent.soak.unwrap_or(gate::SOAK))
    };
    let title = "prove that the unit is healthy, holds its ports, and stays so";
    let (proof, mut warnings) = gate::step(70, title, &gate, &target.promises.checks, look);
    warnings.push(format!(
        "process {} (`{}`) serves now: between its end and the unit's start nothing does",
        stranger.pid, stranger.command
    ));
    let head = script::unit(&unit.name);
    let step = |number, title: &str, change, script, undo, limit| Step {
        number,
        title: title.to_owned(),
        change,
        script,
        undo,
        limit,
        idle: limit,
    };
    let look_only = Change::ReadOnly;
    let steps = vec![
        look_again(preflight_of(unit, stranger, &reads)),
        step(
            20,
            "prove that the unit can start: its program, its user, its directories",
            look_only,
            can_start(unit, &target.promises.data),
            Undo::NotNeeded,
            QUICK * 2,
        ),
        step(
            30,
            "remember how the process was started, so that it can be started again",
            look_only,
            remember(stranger),
            Undo::NotNeeded,
            QUICK,
        ),
        step(
            40,
            "stop the unit's own tries",
            Change::Reversible,
            format!(
                "{head}systemctl stop -- \"$unit\"\nsystemctl reset-failed -- \"$unit\" || :\n"
            ),
            Undo::Script("echo 'the unit stays stopped: it would go on failing'\n".to_owned()),
            script::stop_time(unit),
        ),
        step(
            50,
            "stop the process that was started by hand",
            Change::Reversible,
            stop(stranger),
            Undo::Script(start_again(stranger)),
            QUICK,
        ),
        step(
            60,
            "start the unit",
            Change::Reversible,
            format!("{head}systemctl start -- \"$unit\"\n"),
            Undo::Script(format!("{head}systemctl stop -- \"$unit\"\n")),
            script::start_time(unit),
        ),
        proof,
    ];
    Ok(Made::plain(reads.iter().map(Read::fact).collect(), warnings, steps))
}

/// Only what no manager would start again is stopped by hand.
fn refuse(stranger: &Stranger, unit: &UnitLook) -> Result<(), String> {
    let group = &*stranger.control_group;
    let last = group.rsplit('/').next().unwrap_or_default();
    let own = unit.get("ControlGroup");
    if !own.is_empty() && (group == own || group.starts_with(&format!("{own}/"))) {
        return Err(format!("process {} is the unit's own", stranger.pid));
    }
    if group.contains("docker") || group.contains("libpod") || group.contains("kubepods") {
        return Err(format!("process {} is a container's ({group}): stop that", stranger.pid));
    }
    let by_hand = ["ssh.service", "sshd.service", "cron.service", "crond.service"];
    let restored = last.starts_with("quarterdeck-restored-");
    if last.ends_with(".service") && !by_hand.contains(&last) && !restored {
        return Err(format!(
            "process {} belongs to {last}, which would start it again: stop that unit",
            stranger.pid
        ));
    }
    if stranger.pid < 2 {
        return Err("process 1 holds the port: a socket unit does".to_owned());
    }
    Ok(())
}

/// That very process: a number alone may be another one's meanwhile.
fn process(stranger: &Stranger) -> Read {
    Read {
        name: "process",
        value: format!("{} {}", stranger.pid, stranger.start),
        how: "echo \"$pid $(began)\"",
    }
}

/// Words of a script that know the process.
fn known(stranger: &Stranger) -> String {
    format!(
        "pid={} start={}\n\
         # When it began, in ticks since boot (proc(5), field 22).\n\
         began() {{ sed 's/.*) //' \"/proc/$pid/stat\" 2>/dev/null | cut -d ' ' -f 20; }}\n\
         lives() {{ [ \"$(began)\" = \"$start\" ]; }}\n",
        stranger.pid, stranger.start
    )
}

fn preflight_of(unit: &UnitLook, stranger: &Stranger, reads: &[Read]) -> String {
    format!("{}{}", known(stranger), preflight(&unit.name, reads))
}

/// The unit cannot be started while its port is taken; all else that may stop it is tried: the files
/// it is made of, its program, and a process with its user, its directories and its sandbox.
fn can_start(unit: &UnitLook, data: &[Box<str>]) -> String {
    let mut text = about_these(&unit.name, &format!("ExecStart,{}", SANDBOX.replace(' ', ",")));
    let paths: Vec<String> = data.iter().map(|path| quote(path)).collect();
    let _infallible = write!(
        text,
        "look\n\
         if command -v systemd-analyze >/dev/null 2>&1; then\n  \
         systemd-analyze verify \"$unit\" || echo 'systemd-analyze complains; see above'\nfi\n\
         program=$(prop ExecStart | sed -n 's/.*path=\\([^ ;]*\\).*/\\1/p' | head -n 1)\n\
         if [ -n \"$program\" ] && ! [ -x \"$program\" ]; then\n  \
         echo \"its program $program cannot be run\"\n  exit 1\nfi\n\
         set --\n\
         for name in {SANDBOX}; do\n  \
         value=$(prop \"$name\")\n  \
         if [ -n \"$value\" ]; then set -- \"$@\" -p \"$name=$value\"; fi\ndone\n\
         # shellcheck disable=SC2016\n\
         systemd-run --quiet --wait --collect --pipe \"$@\" /bin/sh -c '\n  \
         for path; do\n    \
         if ! [ -w \"$path\" ]; then echo \"it cannot write $path\"; exit 1; fi\n  done\n\
         ' sh {paths}\n\
         rc=$?\n\
         if [ \"$rc\" != 0 ]; then echo \"a process as the unit would start it ends with $rc\"; fi\n\
         exit \"$rc\"\n",
        paths = paths.join(" ")
    );
    text
}

/// In the operation's own directory, which only root may read.
fn remember(stranger: &Stranger) -> String {
    let mut text = known(stranger);
    text.push_str(
        "umask 077\n\
         cat \"/proc/$pid/cmdline\" >old.cmdline && readlink \"/proc/$pid/cwd\" >old.directory || exit 1\n\
         sed -n 's/^Uid:[[:space:]]*\\([0-9]*\\).*/\\1/p' \"/proc/$pid/status\" >old.uid\n\
         sed -n 's/^Gid:[[:space:]]*\\([0-9]*\\).*/\\1/p' \"/proc/$pid/status\" >old.gid\n\
         # As systemd reads it (EnvironmentFile=, systemd.exec(5)).\n\
         tr '\\0' '\\n' <\"/proc/$pid/environ\" |\n  \
         sed -n '/^[A-Za-z_][A-Za-z0-9_]*=/{s/[\\\\\"$`]/\\\\&/g;s/=/=\"/;s/$/\"/;p;}' >old.environment\n\
         lives && [ -s old.cmdline ] && [ -s old.directory ]\n",
    );
    text
}

fn stop(stranger: &Stranger) -> String {
    let mut text = known(stranger);
    text.push_str(
        "lives || { echo \"process $pid has ended by itself\"; exit 0; }\n\
         kill -s TERM \"$pid\"\n\
         tries=0\n\
         while lives; do\n  \
         tries=$((tries + 1))\n  \
         if [ \"$tries\" -eq 75 ]; then echo 'it does not end in 15 s: KILL'; kill -s KILL \"$pid\"; fi\n  \
         if [ \"$tries\" -ge 100 ]; then echo \"process $pid does not end\"; exit 1; fi\n  \
         sleep 0.2\ndone\n\
         echo \"process $pid has ended\"\n",
    );
    text
}

fn start_again(stranger: &Stranger) -> String {
    let mut text = known(stranger);
    text.push_str(
        "if lives; then echo \"process $pid runs still\"; exit 0; fi\n\
         name=quarterdeck-restored-$pid.service\n\
         xargs -0 systemd-run --quiet --collect --unit=\"$name\" \\\n  \
         -p User=\"$(cat old.uid)\" -p Group=\"$(cat old.gid)\" \\\n  \
         -p WorkingDirectory=\"$(cat old.directory)\" -p EnvironmentFile=\"$PWD/old.environment\" \\\n  \
         -- <old.cmdline || exit 1\n\
         sleep 2\n\
         systemctl is-active \"$name\" || exit 1\n\
         echo \"what process $pid was is $name now\"\n",
    );
    text
}
