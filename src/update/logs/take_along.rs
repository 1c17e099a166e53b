//! Takes lines along: to a file, to the pager or to the clipboard.

use std::collections::BTreeSet;

use super::super::say;
use crate::effect::Effect;
use crate::model::Model;
use crate::model::log::extract::Extract;
use crate::model::log::walk::{Lens, Walk};
use crate::model::log::{Logs, Origin, StreamLog};
use crate::model::severity::Severity;
use crate::model::time::Timestamp;

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

/// Sources that are named in a file's name.
const NAMED: usize = 4;

/// A name for a file that does not stand yet: of what it is, where that is one host's, and the moment
/// (UTC) of the line one looks at.
pub(super) fn file_name(logs: &Logs, now: Timestamp) -> String {
    let hosts: BTreeSet<_> = logs.streams.iter().map(|stream| &stream.host).collect();
    let own = |stream: &StreamLog| match (&stream.service, &stream.origin) {
        (Some(id), _) => id.service.to_string(),
        (None, Origin::File(path)) => path.rsplit('/').next().unwrap_or_default().to_owned(),
        (None, Origin::Container(name)) => name.to_string(),
        (None, Origin::Journal(_) | Origin::Units(_) | Origin::System) => "journal".to_owned(),
    };
    let names: BTreeSet<String> = logs.streams.iter().map(own).collect();
    let mut words: Vec<String> = match names.len() {
        many if many > NAMED => vec![format!("{many} services")],
        _ => names.into_iter().collect(),
    };
    if let Some(host) = hosts.first().filter(|_| hosts.len() == 1) {
        words.push(format!("on {}", host.host));
    }
    let last = logs.before(logs.key()).next();
    let last = last.map_or(now, |(_, key)| Timestamp::from_micros(key.0));
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' };
    let title: String = words.join("-").chars().map(plain).take(80).collect();
    let at = jiff::Timestamp::from_microsecond(last.as_micros()).unwrap_or_default();
    format!("{}-{}.log", title.trim_matches(['-', '.']), at.strftime("%Y%m%dT%H%M%SZ"))
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
