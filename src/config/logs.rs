//! `logs` of a service: where its lines are, beside the journal of its unit.

use super::faults::Faults;
use super::promises::path;
use super::reader::{At, Table};
use super::{check, schema};
use crate::config::fault::{is_printable, quoted};
use crate::model::log::Origin;

/// Entries of one service.
const MOST: usize = 16;
/// What a container may be called: docker and podman take these characters.
const NAME_MAX: usize = 128;

/// `logs = [{ file = "/srv/app/logs/*.log" }, { container = "app" }]`.
pub(super) fn read_all(table: &Table<'_>, faults: &mut Faults) -> Vec<Origin> {
    let tables = table.tables("logs", &schema::LOG, faults);
    if tables.len() > MOST {
        let message = format!("a service has at most {MOST} logs");
        let remedy = "a pattern stands for many files, such as `/srv/app/logs/*.log`";
        faults.at(table.source, &table.span_of("logs"), message, remedy);
    }
    tables.iter().take(MOST).filter_map(|table| read(table, faults)).collect()
}

fn read(table: &Table<'_>, faults: &mut Faults) -> Option<Origin> {
    table.refuse_unknown(faults);
    let file = table.text("file", faults);
    let container = table.text("container", faults);
    match (file, container) {
        (Some(file), None) => read_file(table, &file, faults),
        (None, Some(name)) => read_container(table, &name, faults),
        (Some(_), Some(_)) => {
            let message = "a log is one thing, but this has `file` and `container`";
            let remedy = "keep one of them, and make a second log of the other";
            faults.at(table.source, &table.span_of("container"), message, remedy);
            None
        }
        (None, None) if table.has("file") || table.has("container") => None,
        (None, None) => {
            let message = "this log does not say where it is";
            let remedy = "add one of `file` and `container`, such as `file = \"/srv/app/app.log\"`";
            faults.at(table.source, &table.span(), message, remedy);
            None
        }
    }
}

fn read_file(table: &Table<'_>, text: &At<&str>, faults: &mut Faults) -> Option<Origin> {
    if text.get_ref().ends_with('/') && check::path(text.get_ref()).is_ok() {
        let message = format!("{} is a directory", quoted(text.get_ref()));
        let remedy = "name its files by a pattern, such as `/srv/app/logs/*.log`";
        faults.at(table.source, &text.span(), message, remedy);
        return None;
    }
    path(table, text, faults).map(Origin::File)
}

fn read_container(table: &Table<'_>, text: &At<&str>, faults: &mut Faults) -> Option<Origin> {
    let name = *text.get_ref();
    let fits = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    let begins = name.starts_with(|c: char| c.is_ascii_alphanumeric());
    if !begins || name.len() > NAME_MAX || !name.chars().all(|c| is_printable(c) && fits(c)) {
        let message = format!("{} is no name of a container", quoted(name));
        let remedy = "write it as `docker ps` shows it: letters, digits, `_`, `.` and `-`";
        faults.at(table.source, &text.span(), message, remedy);
        return None;
    }
    Some(Origin::Container(name.into()))
}
