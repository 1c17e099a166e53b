//! What is done with systemctl(1) to a unit.

use std::time::Duration;

use super::gate::{self, Gate};
use super::script::{self, QUICK, look_again, preflight, reads};
use super::{Made, Target};
use crate::model::look::UnitLook;
use crate::model::plan::{Change, Input, Intent, Step, Undo};
use crate::model::spec::Kind;
use crate::model::verb::Verb;
use crate::probe::quote::quote;

/// What one verb does.
struct Act {
    title: &'static str,
    script: String,
    change: Change,
    undo: Undo,
    limit: Duration,
    gate: Option<Gated>,
}

/// What has to be true after it.
enum Gated {
    /// Another run than before is healthy, and stays so.
    NewRun,
    /// The same process is healthy, and stays so.
    SameProcess,
    /// It is down.
    Down,
}

impl Gated {
    const fn title(&self) -> &'static str {
        match self {
            Self::NewRun => "prove that the new run is healthy, and stays so",
            Self::SameProcess => "prove that the same process is healthy, and stays so",
            Self::Down => "prove that it is down",
        }
    }

    /// Good states, as a pattern of a shell. What runs once is good when it has ended well.
    fn states(&self, unit: &UnitLook) -> &'static str {
        let ends = unit.get("Type") == "oneshot" && !unit.is("RemainAfterExit");
        match self {
            Self::Down => "inactive/* | failed/*",
            Self::NewRun | Self::SameProcess if ends => "active/* | inactive/dead",
            Self::NewRun | Self::SameProcess => "active/*",
        }
    }
}

pub(super) fn steps(intent: &Intent, target: &Target) -> Result<Made, String> {
    let look = &target.look;
    let Some(unit) = look.units.first() else {
        return Err(format!("a {} is not managed by systemd", target.kind.name()));
    };
    if look.systemd.is_none() {
        return Err("the host is not run by systemd".to_owned());
    }
    refuse(intent.verb, unit)?;
    let act = act(intent, target, unit)?;
    let reads = reads(&look.machine, &look.boot, unit);
    let mut warnings = warnings(intent.verb, unit);
    let mut steps = vec![look_again(preflight(&unit.name, &reads))];
    steps.push(Step {
        number: 20,
        title: act.title.to_owned(),
        change: act.change,
        script: act.script,
        undo: act.undo,
        limit: act.limit,
        idle: act.limit,
    });
    if let Some(gated) = act.gate {
        let down = matches!(gated, Gated::Down);
        let ports = match gated {
            Gated::NewRun => gate::ports_of(&target.promises),
            Gated::SameProcess | Gated::Down => Vec::new(),
        };
        let gate = Gate {
            ports: &ports,
            states: gated.states(unit),
            is_new: matches!(gated, Gated::NewRun),
            same_process: matches!(gated, Gated::SameProcess),
            ..Gate::up(
                &unit.name,
                if down { Duration::ZERO } else { intent.soak.unwrap_or(gate::SOAK) },
            )
        };
        let checks = if down { &[] } else { &*target.promises.checks };
        let (step, left_out) = gate::step(30, gated.title(), &gate, checks, look);
        warnings.extend(left_out);
        steps.push(step);
    }
    Ok(Made::plain(reads.iter().map(script::Read::fact).collect(), warnings, steps))
}

fn act(intent: &Intent, target: &Target, unit: &UnitLook) -> Result<Act, String> {
    let about = script::unit(&unit.name);
    let ctl = |words: &str| format!("{about}systemctl {words} -- \"$unit\"\n");
    let (start, stop) = (script::start_time(unit), script::stop_time(unit));
    let gone = |what: &str| Undo::NotPossible(what.to_owned());
    let begin = |words: &str| script::begin(&unit.name, words);
    let quick = |title, words: &str, change, undo| Act {
        title,
        script: ctl(words),
        change,
        undo,
        limit: QUICK,
        gate: None,
    };
    Ok(match intent.verb {
        Verb::Start => Act {
            title: "start it",
            script: begin("start"),
            change: Change::Reversible,
            undo: Undo::Script(ctl("stop")),
            limit: start,
            gate: Some(Gated::NewRun),
        },
        Verb::Stop => Act {
            title: "stop it",
            script: ctl("stop"),
            change: Change::Reversible,
            undo: Undo::Script(ctl("start")),
            limit: stop,
            gate: Some(Gated::Down),
        },
        Verb::Restart => Act {
            title: "stop it and start it again",
            script: begin("restart"),
            change: Change::Irreversible,
            undo: gone("the run before is gone; the unit's files are as they were"),
            limit: start + stop,
            gate: Some(Gated::NewRun),
        },
        Verb::Reload => Act {
            title: "let it read its configuration again",
            script: ctl("reload"),
            change: Change::Irreversible,
            undo: gone("what it has read it keeps; the files are as they were"),
            limit: start,
            gate: Some(Gated::SameProcess),
        },
        Verb::ResetFailed => quick(
            "forget the failure and the count of restarts",
            "reset-failed",
            Change::Irreversible,
            gone("systemd forgets for good; the journal keeps what happened"),
        ),
        Verb::Enable => quick(
            "start it at boot from now on",
            "enable",
            Change::Reversible,
            Undo::Script(ctl("disable")),
        ),
        Verb::Disable => quick(
            "do not start it at boot any more",
            "disable",
            Change::Reversible,
            Undo::Script(ctl("enable")),
        ),
        Verb::DaemonReload => Act {
            title: "let systemd read all unit files again",
            script: "systemctl daemon-reload\n".to_owned(),
            change: Change::Irreversible,
            undo: gone("systemd keeps only the newest reading; no process is touched"),
            limit: QUICK,
            gate: None,
        },
        Verb::Kill => {
            let Input::Signal(signal) = intent.input else {
                return Err("which signal?".to_owned());
            };
            quick(
                "send its processes the signal",
                &format!("kill -s {}", quote(signal.name())),
                Change::Irreversible,
                gone("a signal cannot be called back"),
            )
        }
        Verb::Run => run(target, unit)?,
        Verb::Adopt
        | Verb::DropIn
        | Verb::Action
        | Verb::Deploy
        | Verb::Rollback
        | Verb::Backup
        | Verb::Restore
        | Verb::Sync => {
            return Err("this is planned elsewhere".to_owned());
        }
    })
}

/// What a timer starts, now.
fn run(target: &Target, unit: &UnitLook) -> Result<Act, String> {
    if !matches!(target.kind, Kind::Timer(_)) {
        return Err("only what a timer starts can be run now; `start` starts a service".to_owned());
    }
    let starts = [unit.get("Unit"), unit.get("Triggers")]
        .into_iter()
        .flat_map(str::split_whitespace)
        .next()
        .ok_or("systemd does not say what this timer starts")?;
    Ok(Act {
        title: "run what the timer starts, to its end",
        script: format!(
            "unit={}\necho \"starting $unit\"\nsystemctl start -- \"$unit\"\nrc=$?\n\
             journalctl -q --no-pager -o short -n 20 -u \"$unit\" 2>/dev/null\nexit \"$rc\"\n",
            quote(starts)
        ),
        change: Change::Irreversible,
        undo: Undo::NotPossible("what it has done is done".to_owned()),
        limit: Duration::from_secs(6 * 3600),
        gate: None,
    })
}

/// Why this cannot be done to a unit as it is.
pub(super) fn refuse(verb: Verb, unit: &UnitLook) -> Result<(), String> {
    let no = |why: &str| Err(why.to_owned());
    match unit.get("LoadState") {
        "loaded" => {}
        "masked" => return no("it is masked: an administrator forbids to start it"),
        "not-found" => return no("there is no such unit on the host"),
        "" => return no("systemd did not answer"),
        state => {
            let error = unit.get("LoadError");
            return Err(format!("systemd cannot load it: {state} {error}"));
        }
    }
    let active = unit.get("ActiveState");
    let is_down = matches!(active, "inactive" | "failed");
    let file = unit.get("UnitFileState");
    match verb {
        Verb::Start if active == "active" => no("it runs already"),
        Verb::Start | Verb::Restart if unit.is("RefuseManualStart") => {
            no("its unit refuses to be started by hand (RefuseManualStart=)")
        }
        Verb::Stop | Verb::Restart if unit.is("RefuseManualStop") => {
            no("its unit refuses to be stopped by hand (RefuseManualStop=)")
        }
        Verb::Stop | Verb::Kill if is_down => no("it does not run"),
        Verb::Reload if !unit.is("CanReload") => {
            no("its unit cannot be reloaded (it has no ExecReload=); restart it instead")
        }
        Verb::Reload if active != "active" => no("it does not run"),
        Verb::ResetFailed if active != "failed" && unit.get("NRestarts") == "0" => {
            no("it has not failed, and was not restarted")
        }
        Verb::Enable if file == "enabled" => no("it is enabled already"),
        Verb::Disable if file == "disabled" => no("it is disabled already"),
        Verb::Enable | Verb::Disable if !matches!(file, "enabled" | "disabled") => {
            Err(format!("its unit file is {file}: it has no [Install] section to go by"))
        }
        _ => Ok(()),
    }
}

fn warnings(verb: Verb, unit: &UnitLook) -> Vec<String> {
    let mut all = Vec::new();
    if unit.is("NeedDaemonReload") && matches!(verb, Verb::Start | Verb::Restart | Verb::Reload) {
        all.push(
            "its unit file is newer than what systemd has read: it starts with the old one until \
             daemon-reload"
                .to_owned(),
        );
    }
    if verb == Verb::Restart && matches!(unit.get("ActiveState"), "inactive" | "failed") {
        all.push("it does not run now: this starts it".to_owned());
    }
    if verb == Verb::Stop && !unit.get("TriggeredBy").is_empty() {
        all.push(format!("{} may start it again", unit.get("TriggeredBy")));
    }
    all
}
