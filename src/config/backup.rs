//! `[[env.backup]]`.

mod database;
mod make;
pub(super) mod values;
mod way;

use std::collections::BTreeMap;
use std::time::Duration;

use self::values::{duration, keep, size};
use super::env::{name, one_of};
use super::fault::{quoted, quoted_list};
use super::faults::Faults;
use super::host::ReadHost;
use super::promises::path;
use super::reader::{Table, nearest};
use super::{check, schema};
use crate::model::backup::{BackupSpec, Job, TimeFrom, Way};
use crate::model::ids::{BackupName, HostName, UnitName};
use crate::model::spec::ServiceSpec;
use crate::model::text::clean;

/// Every backup of an environment with those hosts and services.
pub(super) fn read_all(
    env: &Table<'_>,
    hosts: &[ReadHost<'_>],
    services: &[ServiceSpec],
    faults: &mut Faults,
) -> Vec<BackupSpec> {
    let mut seen = BTreeMap::new();
    let tables = env.tables("backup", &schema::BACKUP, faults);
    tables.iter().filter_map(|table| read(table, hosts, services, &mut seen, faults)).collect()
}

fn read<'a>(
    table: &Table<'a>,
    hosts: &[ReadHost<'_>],
    services: &[ServiceSpec],
    seen: &mut BTreeMap<&'a str, usize>,
    faults: &mut Faults,
) -> Option<BackupSpec> {
    table.refuse_unknown(faults);
    let name = name(table, faults);
    if let Some(name) = &name {
        table.refuse_twice("backup", name, seen, "rename or remove one of them", faults);
    }
    let host = host(table, hosts, faults);
    let source = match table.text("source", faults) {
        Some(text) => Some(path(table, &text, faults)?),
        None => None,
    };
    let words = [("mtime", TimeFrom::Mtime), ("name", TimeFrom::Name)];
    let time_from = match table.text("time_from", faults) {
        Some(text) => one_of(table, "time_from", &text, &words, faults)?,
        None => TimeFrom::default(),
    };
    let way = way::read(table, faults);
    let database = database::read(table, way.as_ref(), host.as_ref(), services, faults);
    let way = way?;
    let nothing = matches!(way, Way::Nothing(_));
    if !nothing {
        table.require("every", faults);
    }
    let every = duration(table, "every", faults);
    let grace = duration(table, "grace", faults);
    Some(BackupSpec {
        name: BackupName::new(name?.get_ref()),
        host: host?,
        source,
        database,
        every: if nothing { every.unwrap_or(Duration::MAX) } else { every? },
        grace: grace.unwrap_or_default(),
        keep: keep(table, faults),
        restore_within: duration(table, "restore_within", faults),
        min_size: size(table, "min_size", faults),
        time_from,
        job: job(table, faults),
        make: make::read(table, &way, faults),
        way,
    })
}

/// Its host; the only one of the environment where it does not say.
pub(super) fn host(
    table: &Table<'_>,
    hosts: &[ReadHost<'_>],
    faults: &mut Faults,
) -> Option<HostName> {
    let names: Vec<&str> = hosts.iter().filter_map(|host| host.name).collect();
    if let ([only], false) = (names.as_slice(), table.has("host")) {
        return Some(HostName::new(only));
    }
    table.require("host", faults);
    let host = table.text("host", faults)?;
    if !names.contains(host.get_ref()) {
        let remedy = nearest(host.get_ref(), names.iter().copied()).map_or_else(
            || format!("its hosts are {}", quoted_list(names.iter().copied().take(10))),
            |near| format!("did you mean `{near}`?"),
        );
        let message = format!("this environment has no host {}", quoted(host.get_ref()));
        faults.at(table.source, &host.span(), message, remedy);
        return None;
    }
    Some(HostName::new(host.get_ref()))
}

/// What makes it.
fn job(table: &Table<'_>, faults: &mut Faults) -> Option<Job> {
    let (timer, cron) = (table.text("timer", faults), table.text("cron", faults));
    match (timer, cron) {
        (Some(_), Some(cron)) => {
            let message = "a backup is made by one job, but this has `timer` and `cron`";
            faults.at(table.source, &cron.span(), message, "keep the one that makes the copies");
            None
        }
        (Some(timer), None) => match check::unit(timer.get_ref()) {
            Ok(()) if timer.get_ref().strip_suffix(".timer").is_some() => {
                Some(Job::Timer(UnitName::new(timer.get_ref())))
            }
            Ok(()) => {
                let message = format!("{} is not a timer", quoted(timer.get_ref()));
                let remedy = "write the unit that starts it, such as `backup.timer`";
                faults.at(table.source, &timer.span(), message, remedy);
                None
            }
            Err(refusal) => {
                table.refuse(&timer.span(), refusal, faults);
                None
            }
        },
        (None, Some(cron)) => {
            let text = clean(cron.get_ref(), 1024);
            if text.trim().is_empty() || text != *cron.get_ref() {
                let message = format!("{} is no command of a crontab", quoted(cron.get_ref()));
                let remedy = "write the program as it stands there, such as \
                              `/usr/local/bin/backup.sh`";
                faults.at(table.source, &cron.span(), message, remedy);
                return None;
            }
            Some(Job::Cron(text.into()))
        }
        (None, None) => None,
    }
}
