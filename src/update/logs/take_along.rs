//! Takes lines along: to a file, to the pager, to the clipboard, or as the command that shows them.

use super::super::say;
use crate::effect::Effect;
use crate::model::Model;
use crate::model::log::extract::Extract;
use crate::model::log::view::At;
use crate::model::log::walk::{Lens, Walk};
use crate::model::log::{Logs, Origin};
use crate::model::severity::Severity;
use crate::model::spec::Reach;
use crate::model::time::Timestamp;
use crate::probe::quote::{quote, word as quoted};

/// Lines that are copied at most; a terminal's clipboard takes no more.
const COPIED: usize = 500;

/// The marked lines; without one all that is shown.
fn extract(logs: &Logs) -> Extract {
    // Repeated lines too, though they may be shown as one.
    let lens = Lens { fold: false, ..logs.lens() };
    let all = Walk::new(logs, lens, (i64::MIN, 0, i64::MIN), true).map(|(spot, _)| spot);
    if logs.marks.is_empty() {
        return Extract::new(logs, all);
    }
    Extract::new(logs, all.filter(|spot| logs.marks.contains(spot)))
}

/// A name for a file that does not stand yet.
pub(super) fn file_name(logs: &Logs) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' };
    let title: String = logs.title.chars().map(plain).take(60).collect();
    let last = logs.before(logs.key()).next().map_or(0, |(_, key)| key.0);
    let last = Timestamp::from_micros(last).as_secs();
    format!("{}-{last}.log", title.trim_matches(['-', '.']))
}

pub(super) fn save(logs: &Logs, path: &str) -> Vec<Effect> {
    vec![Effect::SaveLines(path.to_owned(), extract(logs))]
}

pub(super) fn page(model: &mut Model, logs: &Logs) -> Vec<Effect> {
    let extract = extract(logs);
    if extract.lines.is_empty() {
        say(model, Severity::Info, "there is no line to show");
        return Vec::new();
    }
    vec![Effect::Page(extract)]
}

/// What `copy` takes in a log: the marked lines, else the one that one looks at.
pub(in super::super) fn copied(logs: &Logs) -> Option<(String, usize)> {
    let lines = if logs.marks.is_empty() {
        Extract::new(logs, logs.current().map(|(spot, _)| spot).into_iter())
    } else {
        extract(logs)
    };
    let many = lines.lines.len().min(COPIED);
    let text: Vec<String> =
        lines.iter().take(COPIED).map(|(_, _, text)| crate::model::log::ink::plain(text)).collect();
    (many > 0).then(|| (text.join("\n"), many))
}

/// The commands that show the same lines on the hosts.
pub(super) fn command(model: &mut Model, logs: &Logs) -> Vec<Effect> {
    let mut commands = Vec::new();
    for stream in &logs.streams {
        let Some(host) = model.fleet.host(&stream.host) else { continue };
        // A pattern's files are sources of their own.
        if stream.origin.is_pattern() {
            continue;
        }
        let skew = super::skew(model, &stream.host);
        let there = |micros: i64| Timestamp::from_micros(micros).shifted(skew).as_secs();
        let since = match (logs.view.since_moment, logs.view.at) {
            (Some(since), _) => Some(there(since)),
            (None, At::Line(_, key)) => Some(there(key.0)),
            (None, At::End) => None,
        };
        let follow = logs.view.at == At::End;
        let mut argv: Vec<String> = Vec::new();
        let mut word = |text: &str| argv.push(quoted(text));
        match &stream.origin {
            Origin::Journal(_) | Origin::Units(_) | Origin::System => {
                // Who may not read the journal reads it as we do.
                let facts = host.facts.value();
                if facts.is_some_and(|f| !f.journal && f.sudo && &*f.user != "root") {
                    word("sudo");
                    word("-n");
                }
                word("journalctl");
                let units = match &stream.origin {
                    Origin::Journal(unit) => std::slice::from_ref(unit),
                    Origin::Units(units) => units,
                    _ => &[],
                };
                for unit in units {
                    word("-u");
                    word(unit.as_str());
                }
                if let Some(since) = since {
                    word("--since");
                    word(&format!("@{since}"));
                } else {
                    word("-n");
                    word("1000");
                }
                if follow {
                    word("-f");
                } else {
                    word("--no-pager");
                }
            }
            Origin::File(path) => {
                ["tail", "-n", "1000"].into_iter().for_each(&mut word);
                if follow {
                    word("-F");
                }
                word("--");
                word(path);
            }
            Origin::Container(name) => {
                ["docker", "logs", "--timestamps", "--tail", "1000"]
                    .into_iter()
                    .for_each(&mut word);
                if follow {
                    word("-f");
                }
                word(name);
            }
        }
        let there = argv.join(" ");
        let there = format!("{there}{}", filters(logs));
        commands.push(match &host.spec.reach {
            Reach::Ssh(destination) => format!("ssh {} {}", quoted(destination), quote(&there)),
            Reach::Local | Reach::Simulated(_) => there,
        });
    }
    let many = commands.len();
    let text = match commands.as_slice() {
        [one] => one.clone(),
        // One that follows does not end: all at once, then.
        all if logs.view.at == At::End => format!("({} & wait)", all.join(" & ")),
        all => all.join("; "),
    };
    let first = commands.first().map_or("", String::as_str);
    let more = if many > 1 { format!(" and {} more", many - 1) } else { String::new() };
    say(model, Severity::Info, format!("sent to the terminal's clipboard: {first}{more}"));
    vec![Effect::Copy(text)]
}

/// What is hidden, as grep(1) hides it; its Perl expressions are the nearest to ours.
fn filters(logs: &Logs) -> String {
    let Some(filter) = &logs.filter else { return String::new() };
    let around = match logs.view.context {
        0 => String::new(),
        n => format!(" -C {n}"),
    };
    let grep = |term: &crate::model::log::filter::Term| {
        let text = term.pattern.text();
        let case = if term.pattern.takes_both_cases() { " -i" } else { "" };
        let (not, around) = if term.not { (" -v", "") } else { ("", around.as_str()) };
        format!(" | grep -P{not}{case}{around} -e {}", quote(text))
    };
    filter.terms.iter().map(grep).collect()
}
