//! `[[env]]`.

use std::collections::BTreeMap;

use super::fault::{ConfigFault, quoted, quoted_list};
use super::faults::Faults;
use super::reader::{At, Table, nearest};
use super::thresholds::Thresholds;
use super::{backup, check, host, ports, schema, service, silence, sync, window};
use crate::model::ids::EnvName;
use crate::model::limits::Limits;
use crate::model::spec::{EnvSpec, HostSpec, Tier};
use crate::model::sync::{SyncSpec, Writable};

/// Environments of all files.
#[derive(Default)]
pub(super) struct Envs {
    list: Vec<EnvSpec>,
    seen: BTreeMap<String, String>,
    any: bool,
    /// What is replaced by another environment's, and where the config says so.
    syncs: Vec<(EnvName, SyncSpec, ConfigFault)>,
}

impl Envs {
    /// Reads every `[[env]]` of one file.
    pub(super) fn read(&mut self, root: &Table<'_>, limits: Limits, faults: &mut Faults) {
        for table in root.tables("env", &schema::ENV, faults) {
            self.any = true;
            if let Some(env) = self.read_one(&table, limits, faults) {
                self.list.push(env);
            }
        }
    }

    /// Whether no file has an `[[env]]`, good or bad.
    pub(super) fn is_empty(&self) -> bool {
        !self.any
    }

    /// All of them, in the order of the files. What names another one is looked at where all could be read.
    pub(super) fn done(self, faults: &mut Faults) -> Vec<EnvSpec> {
        if faults.count() == 0 {
            sync::check(&self.list, self.syncs, faults);
        }
        self.list
    }

    fn read_one(
        &mut self,
        table: &Table<'_>,
        limits: Limits,
        faults: &mut Faults,
    ) -> Option<EnvSpec> {
        table.refuse_unknown(faults);
        let name = name(table, faults);
        if let Some(name) = &name {
            let line = table.source.line(name.span().start);
            let place = format!("{}:{line}", table.source.path().display());
            if let Some(first) = self.seen.get(*name.get_ref()) {
                let written = quoted(name.get_ref());
                let message = format!("environment {written} is defined already, at {first}");
                let remedy = "rename one of them; an environment cannot be split";
                faults.at(table.source, &name.span(), message, remedy);
            } else {
                self.seen.insert((*name.get_ref()).to_owned(), place);
            }
        }
        table.require("tier", faults);
        let tier = table.text("tier", faults).and_then(|tier| {
            let words = Tier::ALL.map(|tier| (tier.name(), tier));
            one_of(table, "tier", &tier, &words, faults)
        });
        let protected = table.flag("protected", faults);
        let hosts = host::read_all(table, faults);
        let services = service::read_all(table, &hosts, faults);
        let ports = ports::ranges(table, faults);
        let limits = table
            .table("thresholds", &schema::THRESHOLDS, faults)
            .map_or(limits, |table| Thresholds::read(&table, faults).over(limits));
        let silences = silence::read_all(table, faults);
        let backups = backup::read_all(table, &hosts, &services, faults);
        let syncs = sync::read_all(table, &hosts, faults);
        let windows = window::read_all(table, faults);
        let tier = tier?;
        let (syncs, places): (Vec<_>, Vec<_>) = syncs.into_iter().unzip();
        let spec = EnvSpec {
            name: EnvName::new(name?.get_ref()),
            tier,
            protected: protected.unwrap_or(tier == Tier::Production),
            hosts: hosts
                .into_iter()
                .filter_map(|host| host.spec)
                .map(|spec| HostSpec { limits, ..spec })
                .collect(),
            services,
            ports,
            silences,
            backups: backups.into(),
            syncs: syncs.into(),
            windows: windows.into(),
        };
        if let (false, Err(why)) = (spec.syncs.is_empty(), Writable::of_spec(&spec)) {
            let remedy =
                "move it to the environment that is to have the data, and name this one in `from`";
            faults.at(table.source, &table.span_of("sync"), why, remedy);
        }
        let places = spec.syncs.iter().cloned().zip(places);
        self.syncs.extend(places.map(|(sync, place)| (spec.name.clone(), sync, place)));
        Some(spec)
    }
}

/// The table's `name`, which it must have.
pub(super) fn name<'a>(table: &Table<'a>, faults: &mut Faults) -> Option<At<&'a str>> {
    table.require("name", faults);
    let name = table.text("name", faults)?;
    match check::name(name.get_ref()) {
        Ok(()) => Some(name),
        Err(refusal) => {
            table.refuse(&name.span(), refusal, faults);
            None
        }
    }
}

/// What a word of a fixed list stands for.
pub(super) fn one_of<T: Copy>(
    table: &Table<'_>,
    key: &str,
    text: &At<&str>,
    words: &[(&str, T)],
    faults: &mut Faults,
) -> Option<T> {
    let found = words.iter().find(|(word, _)| word == text.get_ref());
    if found.is_none() {
        let list = quoted_list(words.iter().map(|(word, _)| *word));
        let near = nearest(text.get_ref(), words.iter().map(|(word, _)| *word));
        let remedy = near.map_or_else(
            || format!("choose one of {list}"),
            |near| format!("did you mean `{near}`? it is one of {list}"),
        );
        let message = format!("there is no {key} {}", quoted(text.get_ref()));
        faults.at(table.source, &text.span(), message, remedy);
    }
    found.map(|(_, value)| *value)
}
