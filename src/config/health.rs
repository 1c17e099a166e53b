//! `health` of a service.

use std::ops::RangeInclusive;
use std::time::Duration;

use jiff::SpanRelativeTo;
use jiff::fmt::friendly::SpanParser;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::env::one_of;
use super::fault::{is_printable, quoted, quoted_list};
use super::faults::Faults;
use super::reader::{At, Table, describe, integer};
use super::{check, ports, schema};
use crate::model::check::{
    CERTIFICATE, CheckSpec, EVERY, Field, Origin, RETRIES, Scalar, TIMEOUT, Target, place_of,
};
use crate::model::text::clean;

/// Checks of one service.
const MOST: usize = 32;
/// Fields, headers and words of one check.
const MOST_PARTS: usize = 64;
/// The longest text of a check.
const LONGEST: usize = 2048;

/// `health = [{ http = "http://127.0.0.1:3444/health", expect = 200 }]`.
pub(super) fn read_all(table: &Table<'_>, faults: &mut Faults) -> Vec<CheckSpec> {
    let tables = table.tables("health", &schema::HEALTH, faults);
    if tables.len() > MOST {
        let message = format!("a service has at most {MOST} checks");
        let remedy = "keep those that tell most, or split the service";
        faults.at(table.source, &table.span_of("health"), message, remedy);
    }
    tables.iter().take(MOST).filter_map(|table| read(table, faults)).collect()
}

type ReadTarget = fn(&Table<'_>, &str, &mut Faults) -> Option<Target>;

/// The keys that say what is asked, of which a check has exactly one.
const TARGETS: &[(&str, ReadTarget)] =
    &[("http", read_http), ("sse", read_sse), ("tcp", read_tcp), ("command", read_command)];

fn read(table: &Table<'_>, faults: &mut Faults) -> Option<CheckSpec> {
    table.refuse_unknown(faults);
    let from = table.text("from", faults).and_then(|text| {
        let words = [Origin::Host, Origin::Console].map(|origin| (origin.name(), origin));
        one_of(table, "from", &text, &words, faults)
    });
    let second = Duration::from_secs(1);
    let limits = second..=Duration::from_secs(86_400);
    let every = duration(table, "every", limits, "`1s` to `24h`", faults);
    let limits = Duration::from_millis(100)..=Duration::from_secs(60);
    let timeout = duration(table, "timeout", limits.clone(), "`100ms` to `60s`", faults);
    let latency = duration(
        table,
        "latency",
        Duration::from_millis(1)..=*limits.end(),
        "`1ms` to `60s`",
        faults,
    );
    let day = Duration::from_secs(86_400);
    let certificate = duration(table, "certificate", day..=day * 365, "`1d` to `365d`", faults);
    let retries = number(table, "retries", 1..=100, faults);
    let target = target(table, faults);
    let expect = number(table, "expect", expected(target.as_ref()), faults);
    let contains = table.text("contains", faults).and_then(|text| printable(table, &text, faults));
    let headers = headers(table, faults);
    let json = table.map("json", faults).map(|map| {
        let mut fields = Vec::new();
        fields_of(table, map, &mut Vec::new(), &mut fields, faults);
        fields
    });
    let target = target?;
    let secure =
        matches!(&target, Target::Http(url) | Target::Sse(url) if url.starts_with("https://"));
    let spec = CheckSpec {
        from: from.unwrap_or_default(),
        every: every.unwrap_or(EVERY),
        timeout: timeout.unwrap_or(TIMEOUT),
        retries: retries.map_or(RETRIES, u32::from),
        expect,
        contains,
        headers,
        json: json.unwrap_or_default(),
        latency,
        certificate: secure.then(|| certificate.unwrap_or(CERTIFICATE)),
        ..CheckSpec::new(target)
    };
    for (key, with, given) in [
        ("expect", "`http`, `sse` or `command`", matches!(spec.target, Target::Tcp(..))),
        ("contains", "`http`, `sse` or `command`", matches!(spec.target, Target::Tcp(..))),
        ("json", "`http` or `command`", matches!(spec.target, Target::Tcp(..) | Target::Sse(_))),
        ("header", "`http`", !matches!(spec.target, Target::Http(_))),
        ("certificate", "an `https` URL", !secure),
    ] {
        if given && table.has(key) {
            let message = format!("`{key}` goes with {with}, not with this");
            faults.at(table.source, &table.span_of(key), message, "remove it");
        }
    }
    Some(spec)
}

fn target(table: &Table<'_>, faults: &mut Faults) -> Option<Target> {
    let list = quoted_list(TARGETS.iter().map(|(key, _)| *key));
    let mut given = TARGETS.iter().filter(|(key, _)| table.has(key));
    match (given.next(), given.next()) {
        (Some((key, read)), None) => read(table, key, faults),
        (Some((first, _)), Some((second, _))) => {
            let message = format!("a check asks one thing, but this has `{first}` and `{second}`");
            let remedy = "keep one of them, and make a second check of the other";
            faults.at(table.source, &table.span_of(second), message, remedy);
            None
        }
        (None, _) => {
            let message = "this check does not say what it asks";
            let remedy = format!("add exactly one of {list}, such as `tcp = 5432`");
            faults.at(table.source, &table.span(), message, remedy);
            None
        }
    }
}

/// What an answer's status may be expected to be.
const fn expected(target: Option<&Target>) -> RangeInclusive<u16> {
    match target {
        Some(Target::Command(_)) => 0..=255,
        Some(Target::Http(_) | Target::Sse(_) | Target::Tcp(..)) => 100..=599,
        None => 0..=999,
    }
}

fn read_http(table: &Table<'_>, key: &str, faults: &mut Faults) -> Option<Target> {
    url(table, key, faults).map(Target::Http)
}

fn read_sse(table: &Table<'_>, key: &str, faults: &mut Faults) -> Option<Target> {
    url(table, key, faults).map(Target::Sse)
}

fn url(table: &Table<'_>, key: &str, faults: &mut Faults) -> Option<Box<str>> {
    let text = table.text(key, faults)?;
    let url = *text.get_ref();
    let plain = "write it whole, such as `http://127.0.0.1:3444/health`";
    let bad = |c: char| !is_printable(c) || c.is_whitespace() || "\"<>\\^`{|}".contains(c);
    let refusal = if url.split('/').nth(2).is_some_and(|place| place.contains('@')) {
        // It would stand in the list of processes for all to read.
        let message = "the URL has a user's name or a password".to_owned();
        Some((message, "check a page that needs none; secrets never go into a config or a command"))
    } else if place_of(url).is_none() {
        Some((format!("{} is no `http` or `https` URL", quoted(url)), plain))
    } else if url.len() > LONGEST {
        Some((format!("the URL {} is too long", quoted(url)), plain))
    } else if let Some(c) = url.chars().find(|c| bad(*c)) {
        let message = format!("the URL {} contains `{}`", quoted(url), c.escape_default());
        Some((message, "write such characters as `%` and two hexadecimal digits"))
    } else {
        None
    };
    match refusal {
        Some((message, remedy)) => {
            faults.at(table.source, &text.span(), message, remedy);
            None
        }
        None => Some(url.into()),
    }
}

/// A port of the service's own host, or `host:port`.
fn read_tcp(table: &Table<'_>, key: &str, faults: &mut Faults) -> Option<Target> {
    let value = table.value_of(key)?;
    let Some(text) = value.get_ref().as_str() else {
        let port = ports::number(table, value, faults)?;
        if table.has("from") && table.text("from", faults)?.get_ref() == &"console" {
            let message = "from the console a port alone does not say whose";
            let remedy = format!("write the host too, such as `\"web1.example:{port}\"`");
            faults.at(table.source, &value.span(), message, remedy);
            return None;
        }
        return Some(Target::Tcp("127.0.0.1".into(), port));
    };
    // Parsed as a URL's place, which knows the brackets of IPv6.
    let whole = format!("http://{text}");
    let given = text.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    let place = place_of(&whole).filter(|_| given && !text.contains(['/', '?', '#', '@']));
    let Some((host, port)) =
        place.filter(|(host, port)| *port > 0 && check::destination(host).is_ok())
    else {
        let message = format!("{} is no port and no `host:port`", quoted(text));
        let remedy = "write `tcp = 5432`, `\"db.example:5432\"` or `\"[::1]:5432\"`";
        faults.at(table.source, &value.span(), message, remedy);
        return None;
    };
    Some(Target::Tcp(host.into(), port))
}

fn read_command(table: &Table<'_>, key: &str, faults: &mut Faults) -> Option<Target> {
    argv(table, key, faults).map(Target::Command)
}

/// A command and its arguments.
pub(super) fn argv(table: &Table<'_>, key: &str, faults: &mut Faults) -> Option<Vec<Box<str>>> {
    let words = table.texts(key, faults)?;
    let bad = words.get_ref().iter().find(|word| {
        word.get_ref().len() > LONGEST || word.get_ref().chars().any(|c| !is_printable(c))
    });
    if let Some(bad) = bad {
        let message = format!("{} cannot be a word of the command", quoted(bad.get_ref()));
        let remedy = "each word is one line of printable characters; put more into a script there";
        faults.at(table.source, &bad.span(), message, remedy);
        return None;
    }
    let first = words.get_ref().first().map(|word| *word.get_ref()).unwrap_or_default();
    if first.trim().is_empty() || words.get_ref().len() > MOST_PARTS {
        let message = format!("`{key}` is no command of 1 to {MOST_PARTS} words");
        let remedy = "write its words one by one, such as `[\"pg_isready\", \"-q\"]`";
        faults.at(table.source, &words.span(), message, remedy);
        return None;
    }
    Some(words.get_ref().iter().map(|word| (*word.get_ref()).into()).collect())
}

fn printable(table: &Table<'_>, text: &At<&str>, faults: &mut Faults) -> Option<Box<str>> {
    let value = *text.get_ref();
    if value.is_empty() || value.len() > LONGEST || value.chars().any(|c| !is_printable(c)) {
        let message = format!("{} is no text to look for", quoted(value));
        let remedy = "write one line of printable characters";
        faults.at(table.source, &text.span(), message, remedy);
        return None;
    }
    Some(value.into())
}

fn headers(table: &Table<'_>, faults: &mut Faults) -> Vec<(Box<str>, Box<str>)> {
    let Some(map) = table.map("header", faults) else { return Vec::new() };
    let entries = Table::sorted(map);
    let read = entries.into_iter().take(MOST_PARTS).filter_map(|(name, value)| {
        let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
        let fits = !name.get_ref().is_empty() && name.get_ref().chars().all(token);
        let Some(text) = value.get_ref().as_str().filter(|_| fits) else {
            let message = format!("{} is no header and a text in it", quoted(name.get_ref()));
            let remedy = "write such as `header = { content-type = \"application/json\" }`";
            faults.at(table.source, &value.span(), message, remedy);
            return None;
        };
        Some(((*name.get_ref()).into(), clean(text, LONGEST).into()))
    });
    read.collect()
}

/// Inner tables lead to inner fields.
fn fields_of(
    table: &Table<'_>,
    map: &DeTable<'_>,
    path: &mut Vec<Box<str>>,
    fields: &mut Vec<Field>,
    faults: &mut Faults,
) {
    for (name, value) in Table::sorted(map) {
        if fields.len() >= MOST_PARTS || path.len() >= 8 {
            return;
        }
        path.push((*name.get_ref()).into());
        if let Some(inner) = value.get_ref().as_table() {
            fields_of(table, inner, path, fields, faults);
        } else if let Some(scalar) = scalar(value) {
            fields.push(Field { path: path.clone(), value: scalar });
        } else {
            let message =
                format!("{} cannot be compared with {}", quoted(name.get_ref()), describe(value));
            let remedy = "write a string, a number, `true` or `false`, or a table of such";
            faults.at(table.source, &value.span(), message, remedy);
        }
        path.pop();
    }
}

fn scalar(value: &Spanned<DeValue<'_>>) -> Option<Scalar> {
    match value.get_ref() {
        DeValue::String(text) => Some(Scalar::Text((&**text).into())),
        DeValue::Boolean(flag) => Some(Scalar::Flag(*flag)),
        DeValue::Integer(_) => integer(value).map(|n| Scalar::Number(n as f64)),
        DeValue::Float(float) => float
            .as_str()
            .replace('_', "")
            .parse()
            .ok()
            .filter(|n: &f64| n.is_finite())
            .map(Scalar::Number),
        DeValue::Datetime(_) | DeValue::Array(_) | DeValue::Table(_) => None,
    }
}

/// A whole number within limits.
pub(super) fn number(
    table: &Table<'_>,
    key: &str,
    limits: RangeInclusive<u16>,
    faults: &mut Faults,
) -> Option<u16> {
    let value = table.value_of(key)?;
    let number = integer(value).and_then(|n| u16::try_from(n).ok()).filter(|n| limits.contains(n));
    if number.is_none() {
        let (first, last) = (limits.start(), limits.end());
        let message =
            format!("`{key}` is a number from {first} to {last}, but this is {}", describe(value));
        faults.at(table.source, &value.span(), message, format!("write such as `{key} = {first}`"));
    }
    number
}

/// A span of time within limits; a day has 24 hours.
pub(super) fn duration(
    table: &Table<'_>,
    key: &str,
    limits: RangeInclusive<Duration>,
    told: &str,
    faults: &mut Faults,
) -> Option<Duration> {
    let text = table.text(key, faults)?;
    let written = quoted(text.get_ref());
    let span = SpanParser::new().parse_span(text.get_ref()).ok();
    let span = span.and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()).ok());
    let Some(span) = span.and_then(|span| Duration::try_from(span).ok()) else {
        let message = format!("{written} is not a duration");
        let remedy = "write a number and a unit, such as `500ms`, `5s`, `1m 30s` or `21d`";
        faults.at(table.source, &text.span(), message, remedy);
        return None;
    };
    if !limits.contains(&span) {
        let message = format!("`{key}` of {written} is out of range");
        faults.at(table.source, &text.span(), message, format!("choose one from {told}"));
        return None;
    }
    Some(span)
}
