//! The commands that show the same lines without the console.

use super::super::say;
use crate::effect::Effect;
use crate::model::Model;
use crate::model::host::Host;
use crate::model::log::filter::Term;
use crate::model::log::level::Level;
use crate::model::log::view::At;
use crate::model::log::{Logs, Origin, StreamLog};
use crate::model::severity::Severity;
use crate::model::spec::Reach;
use crate::model::time::Timestamp;
use crate::probe::quote::{quote, word as quoted};

/// Lines that are asked for where no moment is.
const LINES: &str = "1000";

/// Copies them.
pub(super) fn copy(model: &mut Model, logs: &Logs) -> Vec<Effect> {
    let follows = logs.view.at == At::End;
    let shown = logs.streams.iter().enumerate();
    let shown = shown.filter(|(place, _)| logs.view.only.is_none_or(|only| only == *place));
    // A pattern's files are sources of their own.
    let shown: Vec<&StreamLog> =
        shown.map(|(_, stream)| stream).filter(|stream| !stream.origin.is_pattern()).collect();
    let mut commands = Vec::new();
    for stream in &shown {
        let Some(host) = model.fleet.host(&stream.host) else { continue };
        let skew = super::skew(model, &stream.host);
        let since = since(logs).map(|at| Timestamp::from_micros(at).shifted(skew).as_secs());
        let there = argv(host, stream, since, follows).join(" ");
        let there = format!("{there}{}", filters(logs, follows));
        commands.push(match &host.spec.reach {
            Reach::Ssh(destination) => format!("ssh {} {}", quoted(destination), quote(&there)),
            Reach::Local | Reach::Simulated(_) => there,
        });
    }
    let Some(first) = commands.first() else {
        say(model, Severity::Info, "no command shows these lines: nothing is read");
        return Vec::new();
    };
    let more = match commands.len() - 1 {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let without = without(logs, &shown);
    say(model, Severity::Info, format!("sent to the terminal's clipboard: {first}{more}{without}"));
    let text = match commands.as_slice() {
        [one] => one.clone(),
        // One that follows does not end: all at once, then.
        all if follows => format!("({} & wait)", all.join(" & ")),
        all => all.join("; "),
    };
    vec![Effect::Copy(text)]
}

/// Since when lines are shown, on our clock.
const fn since(logs: &Logs) -> Option<i64> {
    match (logs.view.since_moment, logs.view.at) {
        (Some(since), _) => Some(since),
        (None, At::Line(_, key)) => Some(key.0),
        (None, At::End) => None,
    }
}

/// What of the view no such command can do.
fn without(logs: &Logs, shown: &[&StreamLog]) -> String {
    let mut left = Vec::new();
    if logs.view.level > Level::Unknown {
        left.push("its level".to_owned());
    }
    let is_file = |stream: &&StreamLog| matches!(stream.origin, Origin::File(_));
    if since(logs).is_some() && shown.iter().any(is_file) {
        left.push(format!("moments in files (the last {LINES} lines instead)"));
    }
    if left.is_empty() { String::new() } else { format!("; without {}", left.join(" and ")) }
}

/// The program on the host and its arguments, each as a word of a shell.
fn argv(host: &Host, stream: &StreamLog, since: Option<i64>, follows: bool) -> Vec<String> {
    let mut argv: Vec<String> = Vec::new();
    let mut say = |words: &[&str]| argv.extend(words.iter().map(|word| quoted(word)));
    match &stream.origin {
        Origin::Journal(_) | Origin::Units(_) | Origin::System => {
            // Who may not read the journal reads it as we do.
            let facts = host.facts.value();
            if facts.is_some_and(|f| !f.journal && f.sudo && &*f.user != "root") {
                say(&["sudo", "-n"]);
            }
            say(&["journalctl"]);
            let units = match &stream.origin {
                Origin::Journal(unit) => std::slice::from_ref(unit),
                Origin::Units(units) => units,
                _ => &[],
            };
            for unit in units {
                say(&["-u", unit.as_str()]);
            }
            match since {
                Some(since) => say(&["--since", &format!("@{since}")]),
                None => say(&["-n", LINES]),
            }
            say(&[if follows { "-f" } else { "--no-pager" }]);
        }
        Origin::File(path) => {
            as_root(stream, &mut say);
            say(&["tail", "-n", LINES]);
            if follows {
                say(&["-F"]);
            }
            say(&["--", path]);
        }
        Origin::Container(name) => {
            as_root(stream, &mut say);
            say(&[stream.means.engine.as_deref().unwrap_or("docker"), "logs", "--timestamps"]);
            match since {
                Some(since) => say(&["--since", &since.to_string()]),
                None => say(&["--tail", LINES]),
            }
            if follows {
                say(&["-f"]);
            }
            say(&[name]);
        }
    }
    argv
}

fn as_root(stream: &StreamLog, say: &mut dyn FnMut(&[&str])) {
    if stream.means.as_root {
        say(&["sudo", "-n"]);
    }
}

/// What is hidden, as grep(1) hides it; its Perl expressions are the nearest to ours.
fn filters(logs: &Logs, follows: bool) -> String {
    let Some(filter) = &logs.filter else { return String::new() };
    let around = match logs.view.context {
        0 => String::new(),
        n => format!(" -C {n}"),
    };
    // In a pipe it keeps what it has found for itself, until that is a page of memory.
    let at_once = if follows { " --line-buffered" } else { "" };
    let grep = |term: &Term| {
        let text = term.pattern.text();
        let case = if term.pattern.takes_both_cases() { " -i" } else { "" };
        let (not, around) = if term.not { (" -v", "") } else { ("", around.as_str()) };
        format!(" | grep -P{at_once}{not}{case}{around} -e {}", quote(text))
    };
    filter.terms.iter().map(grep).collect()
}
