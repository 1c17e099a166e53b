//! Answers that a scenario has word for word. Moments in them are of the host's clock:
//!
//! ```text
//! {now} {stamp} {date}     seconds since the epoch; 20261121_120000; Sat 2026-11-21 12:00:00 UTC
//! {day}                    20261121
//! {now-3600}               an hour ago
//! {now/21600+1}            a second after the last full six hours
//! {now/86400@7200-86400}   a day before the last time that it was two o'clock
//! ```

use std::fmt::Write as _;

use super::site::Site;
use crate::model::calendar;

/// What the scenario has for a function, or for it with some of its arguments.
pub(super) fn answer(site: &Site, function: &str, arguments: &[String], t: i64) -> Option<String> {
    let answers = &site.part.answers;
    if answers.is_empty() {
        return None;
    }
    let now = site.wall(t).div_euclid(1_000_000);
    if let Some(text) = answers.get(function) {
        return Some(dated(text, now));
    }
    let of = |argument: &String| answers.get(&format!("{function} {argument}"));
    let texts: Vec<String> = arguments.iter().filter_map(of).map(|text| dated(text, now)).collect();
    (!texts.is_empty()).then(|| texts.concat())
}

/// The text with its moments.
fn dated(text: &str, now: i64) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let written =
            after.split_once('}').and_then(|(word, tail)| Some((moment(word, now)?, tail)));
        rest = if let Some((moment, tail)) = written {
            out.push_str(&moment);
            tail
        } else {
            out.push('{');
            after
        };
    }
    out.push_str(rest);
    out
}

/// One of them; none for what else stands between braces.
fn moment(word: &str, now: i64) -> Option<String> {
    let (name, by) = word.split_at(word.find(['/', '+', '-']).unwrap_or(word.len()));
    let (every, span) = match by.strip_prefix('/') {
        Some(by) => by.split_at(by.find(['+', '-']).unwrap_or(by.len())),
        None => ("1", by),
    };
    let (every, phase) = every.split_once('@').unwrap_or((every, "0"));
    let every: i64 = every.parse().ok().filter(|every| *every > 0)?;
    let phase: i64 = phase.parse().ok()?;
    let span: i64 = if span.is_empty() { 0 } else { span.parse().ok()? };
    let at = (now - phase).div_euclid(every) * every + phase + span;
    let days = at.div_euclid(86_400);
    let date = calendar::date(days);
    let (hour, minute, second) =
        (at.rem_euclid(86_400) / 3600, at.rem_euclid(3600) / 60, at.rem_euclid(60));
    let mut out = String::new();
    let (year, month, day) = (date.year, date.month, date.day);
    // Writing to a String does not fail.
    let _ok = match name {
        "now" => write!(out, "{at}"),
        "stamp" => write!(out, "{year:04}{month:02}{day:02}_{hour:02}{minute:02}{second:02}"),
        "day" => write!(out, "{year:04}{month:02}{day:02}"),
        "date" => {
            // The epoch began on a Thursday.
            let names = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
            let name = usize::try_from(days.rem_euclid(7)).ok().and_then(|n| names.get(n))?;
            write!(
                out,
                "{name} {year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC"
            )
        }
        _ => return None,
    };
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::dated;

    #[test]
    fn moments_are_written_and_other_braces_left_alone() {
        let now = 1_795_279_054;
        for (text, written) in [
            ("now {now}", "now 1795279054"),
            ("{now-3600} {now+1}", "1795275454 1795279055"),
            ("{now/21600+1} data-{stamp/21600}.tar", "1795262401 data-20261121_120000.tar"),
            ("{stamp/21600-21600}", "20261121_060000"),
            ("{date/86400}", "Sat 2026-11-21 00:00:00 UTC"),
            ("{now/86400@43200} {now/86400@72000}", "1795262400 1795204800"),
            ("{day/86400-86400}", "20261120"),
            ("{ path=/bin/x ; pid=0 } ${A} {now", "{ path=/bin/x ; pid=0 } ${A} {now"),
            ("upstream a { server b; } {now/0} {then}", "upstream a { server b; } {now/0} {then}"),
            ("{{now}", "{1795279054"),
        ] {
            assert_eq!(dated(text, now), written);
        }
    }
}
