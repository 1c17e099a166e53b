//! The health gate: a script that proves that what runs after a step is the new run, that it stays,
//! and that it answers; several times in a row before a deadline, and then for a while.

mod listeners;

use std::fmt::Write as _;
use std::time::Duration;

pub(super) use self::listeners::{Listens, Tie, of as ports_of};
use super::script::{LAST_WORDS, about};
use crate::model::check::{CheckSpec, Origin, Target};
use crate::model::look::Look;
use crate::model::plan::{Change, Step, Undo};
use crate::probe::quote::{quote, quote_all};

/// As long as a service has to stay healthy where nobody says otherwise.
pub(super) const SOAK: Duration = Duration::from_secs(5);
/// So many times in a row.
const TIMES: u32 = 3;
/// Until then it has to be healthy.
pub(super) const DEADLINE: Duration = Duration::from_secs(60);

/// What has to be proved.
pub(super) struct Gate<'a> {
    /// The unit.
    pub(super) unit: &'a str,
    /// `ActiveState/SubState` that are good, as a pattern of a shell.
    pub(super) states: &'a str,
    /// The run has to be another one than before.
    pub(super) is_new: bool,
    /// The process has to be the same as before.
    pub(super) same_process: bool,
    /// It has to hold for so long.
    pub(super) soak: Duration,
    /// TCP ports, and who has to listen there.
    pub(super) ports: &'a [Listens],
    /// A function's body that has to succeed as well; `why` says why not.
    pub(super) more: Option<String>,
}

impl<'a> Gate<'a> {
    /// That a service is up and stays so, whichever run of it that is.
    pub(super) const fn up(unit: &'a str, soak: Duration) -> Self {
        Self {
            unit,
            states: "active/*",
            is_new: false,
            same_process: false,
            soak,
            ports: &[],
            more: None,
        }
    }
}

/// The step of a plan, and what it leaves out.
pub(super) fn step(
    number: u8,
    title: &str,
    gate: &Gate<'_>,
    checks: &[CheckSpec],
    look: &Look,
) -> (Step, Vec<String>) {
    let (script, left_out) = script(gate, checks, look);
    let limit = limit(gate, checks);
    let step = Step {
        number,
        title: title.to_owned(),
        change: Change::ReadOnly,
        script,
        undo: Undo::NotNeeded,
        limit,
        idle: limit,
    };
    (step, left_out)
}

/// A look at how it is before anything is done, for whoever takes that back: `unwell` is there where it
/// was not healthy, and says why. None where nothing but its state is looked at.
pub(super) fn before(gate: &Gate<'_>, checks: &[CheckSpec], look: &Look) -> Option<Step> {
    if checks.is_empty() && gate.ports.is_empty() {
        return None;
    }
    let (mut script, _) = healthy(gate, checks, look);
    script.push_str(
        "if healthy || { sleep 1; first=''; healthy; }; then echo 'it is healthy now'; exit 0; fi\n\
         printf '%s\\n' \"$why\" >unwell && echo \"it is not healthy now, before anything is done: $why\"\n",
    );
    let limit = limit(gate, checks);
    Some(Step {
        number: 12,
        title: "see how it is now: what is not healthy before need not be so when it is taken back"
            .to_owned(),
        change: Change::ReadOnly,
        script,
        undo: Undo::NotNeeded,
        limit,
        idle: limit,
    })
}

/// The script, and what it leaves out.
pub(super) fn script(gate: &Gate<'_>, checks: &[CheckSpec], look: &Look) -> (String, Vec<String>) {
    let (functions, warnings) = healthy(gate, checks, look);
    let mut text = format!(
        "# Healthy {TIMES} times in a row within {} s, and then for {} s more?\n{functions}",
        DEADLINE.as_secs(),
        gate.soak.as_secs()
    );
    text.push_str(&proof(gate));
    (text, warnings)
}

/// The function `healthy`, and what it leaves out.
fn healthy(gate: &Gate<'_>, checks: &[CheckSpec], look: &Look) -> (String, Vec<String>) {
    let mut warnings = Vec::new();
    let mut functions = String::new();
    let mut calls = Vec::new();
    for check in checks {
        let name = format!("check_{}", calls.len() + 1);
        match function(check, look) {
            Ok(body) => {
                let _infallible = write!(functions, "{name}() {{\n{body}}}\n");
                calls.push(name);
            }
            Err(why) => {
                warnings.push(format!("the gate does not ask {}: {why}", check.label()));
            }
        }
    }
    if let Some(body) = &gate.more {
        let name = format!("check_{}", calls.len() + 1);
        let _infallible = write!(functions, "{name}() {{\n{body}}}\n");
        calls.push(name);
    }
    let sees = look.tools.contains("ss");
    if sees && !gate.ports.is_empty() {
        functions.push_str(&listeners::functions(gate.is_new));
    }
    for (port, tie) in gate.ports {
        if sees {
            let name = format!("check_{}", calls.len() + 1);
            let _infallible =
                write!(functions, "{name}() {{\n{}}}\n", listeners::holds((*port, *tie)));
            calls.push(name);
        } else {
            warnings.push(format!("the gate does not see who holds port {port}: there is no `ss`"));
        }
    }
    let mut text = about(gate.unit);
    let _infallible = writeln!(
        text,
        "{{ read -r old_run; read -r old_pid; read -r old_restarts; }} <before\n\
         why='' first='' passes=0\n\
         now() {{ read -r up _ </proc/uptime; echo \"${{up%.*}}\"; }}"
    );
    text.push_str(&functions);
    let all = if calls.is_empty() { ":".to_owned() } else { calls.join(" && ") };
    let _infallible = write!(
        text,
        "healthy() {{\n  look\n  \
         state=$(prop ActiveState)/$(prop SubState) run=$(prop InvocationID)\n  \
         this=\"$(prop MainPID) $(prop NRestarts) $run\"\n  \
         case $state in\n  \
         {states}) ;;\n  \
         failed/*) why=\"it failed: $(prop Result)\"; return 2 ;;\n  \
         */auto-restart*) why=\"it crashed: $(prop Result)\"; return 2 ;;\n  \
         *) why=\"it is $state\"; return 1 ;;\n  esac\n",
        states = gate.states
    );
    if gate.is_new {
        text.push_str(
            "  if [ -n \"$run\" ] && [ \"$run\" = \"$old_run\" ]; then\n    \
             why='it is still the old run'\n    return 1\n  fi\n",
        );
    }
    if gate.same_process {
        text.push_str(
            "  if [ \"$(prop MainPID)\" != \"$old_pid\" ]; then\n    \
             why=\"its process is another one: it was $old_pid\"\n    return 2\n  fi\n",
        );
    }
    let _infallible = write!(
        text,
        "  if [ -n \"$first\" ] && [ \"$this\" != \"$first\" ]; then\n    \
         set -- $first\n    \
         why='it was restarted meanwhile'\n    \
         if [ \"$(prop NRestarts)\" != \"$2\" ]; then why='it ended, and systemd started it again'; fi\n    \
         return 2\n  fi\n  \
         first=$this\n  {all}\n}}\n"
    );
    (text, warnings)
}

/// What comes behind that function: so often in a row, and then for a while.
fn proof(gate: &Gate<'_>) -> String {
    let mut text = format!(
        "fail() {{\n  echo \"not healthy: $why\"\n  run=${{first##* }}\n  {LAST_WORDS}  exit 1\n}}\n\
         end=$(($(now) + {deadline}))\n\
         while [ \"$passes\" -lt {TIMES} ]; do\n  \
         healthy\n  \
         case $? in\n  0) passes=$((passes + 1)) ;;\n  2) fail ;;\n  *) passes=0 ;;\n  esac\n  \
         if [ \"$passes\" -lt {TIMES} ]; then\n    \
         if [ \"$(now)\" -ge \"$end\" ]; then why=\"$why, for {deadline} s\"; fail; fi\n    \
         sleep 0.5 || sleep 1\n  fi\ndone\n\
         echo \"healthy: $state, process and restarts $this\"\n",
        deadline = DEADLINE.as_secs(),
    );
    if !gate.soak.is_zero() {
        let _infallible = write!(
            text,
            "end=$(($(now) + {soak}))\n\
             while [ \"$(now)\" -lt \"$end\" ]; do\n  sleep 1\n  \
             healthy || {{ why=\"$why, after it was healthy\"; fail; }}\ndone\n\
             echo 'it stays healthy for {soak} s'\n",
            soak = gate.soak.as_secs().max(1)
        );
    }
    text
}

/// The checks that a gate asks take so long at most.
fn limit(gate: &Gate<'_>, checks: &[CheckSpec]) -> Duration {
    let one: Duration = checks.iter().map(|check| check.timeout).sum();
    DEADLINE + gate.soak + one * 3 + Duration::from_secs(30)
}

/// The body of a function that asks once; `why` says why not.
fn function(check: &CheckSpec, look: &Look) -> Result<String, String> {
    if check.from == Origin::Console {
        return Err("it is asked from here; the console goes on asking it".to_owned());
    }
    if !check.json.is_empty() || !check.headers.is_empty() {
        return Err("fields and headers are read by the console, which goes on asking".to_owned());
    }
    let has = |tool: &str| {
        let missing = || format!("the host has no `{tool}`");
        look.tools.contains(tool).then_some(()).ok_or_else(missing)
    };
    let seconds = check.timeout.as_secs().max(1);
    let name = quote(&check.label());
    let why = |what: &str| format!("why={name}\": {what}\"; return 1");
    Ok(match &check.target {
        Target::Http(url) => {
            has("curl")?;
            let expect = check.expect.map_or_else(|| "2??".to_owned(), |status| status.to_string());
            let mut body = format!(
                "  # An answer without end is not written to its end.\n  said=$(ulimit -f 4096; curl -q -g -s -S -m {seconds} --proto =http,https --noproxy '*' \
                 --max-filesize 1000000 -o body \\\n    -w '%{{http_code}}' --url {} 2>&1) || {{ {}; }}\n  \
                 case $said in {expect}) ;; *) {} ;; esac\n",
                quote(url),
                why("${said%%\"$nl\"*}"),
                why("status $said")
            );
            if let Some(contains) = &check.contains {
                let _infallible = writeln!(
                    body,
                    "  grep -qF -- {} body || {{ {}; }}",
                    quote(contains),
                    why("the answer does not say what it has to")
                );
            }
            body
        }
        Target::Sse(url) => {
            has("curl")?;
            format!(
                "  curl -q -g -s -N -m {seconds} --proto =http,https --noproxy '*' \
                 -H 'Accept: text/event-stream' --url {} | head -c 1 | grep -q . || {{ {}; }}\n",
                quote(url),
                why("no event")
            )
        }
        Target::Tcp(host, port) => {
            has("bash")?;
            let connect = quote(&format!("exec 3<>/dev/tcp/{host}/{port}"));
            format!(
                "  timeout {seconds} bash -c {connect} 2>/dev/null || {{ {}; }}\n",
                why("no connection")
            )
        }
        Target::Command(argv) => {
            let status = check.expect.unwrap_or(0);
            format!(
                "  timeout {seconds} {} >/dev/null 2>&1\n  said=$?\n  \
                 [ \"$said\" = {status} ] || {{ {}; }}\n",
                quote_all(argv),
                why("status $said")
            )
        }
    })
}
