//! `[[env.host]]`.

use std::collections::BTreeMap;

use super::env::{name, one_of};
use super::faults::Faults;
use super::reader::Table;
use super::{check, schema};
use crate::model::ids::HostName;
use crate::model::limits::Limits;
use crate::model::spec::{HostSpec, Reach, Sudo};

/// A host as far as it could be read: services may name one whose other keys are faulty.
pub(super) struct ReadHost<'a> {
    pub(super) name: Option<&'a str>,
    pub(super) spec: Option<HostSpec>,
}

/// Every host of an environment, of which there must be one.
pub(super) fn read_all<'a>(env: &Table<'a>, faults: &mut Faults) -> Vec<ReadHost<'a>> {
    let before = faults.count();
    let tables = env.tables("host", &schema::HOST, faults);
    if tables.is_empty() && faults.count() == before {
        let remedy = "add an `[[env.host]]` with `name` and `ssh` below it";
        faults.at(env.source, &env.span(), "this `[[env]]` has no host", remedy);
    }
    let mut seen = BTreeMap::new();
    tables.iter().map(|table| read(table, &mut seen, faults)).collect()
}

fn read<'a>(
    table: &Table<'a>,
    seen: &mut BTreeMap<&'a str, usize>,
    faults: &mut Faults,
) -> ReadHost<'a> {
    table.refuse_unknown(faults);
    let name = name(table, faults);
    if let Some(name) = &name {
        table.refuse_twice("host", name, seen, "rename or remove one of them", faults);
    }
    table.require("ssh", faults);
    let reach = table.text("ssh", faults).and_then(|ssh| {
        if *ssh.get_ref() == "local" {
            return Some(Reach::Local);
        }
        match check::destination(ssh.get_ref()) {
            Ok(()) => Some(Reach::Ssh((*ssh.get_ref()).to_owned())),
            Err(refusal) => {
                table.refuse(&ssh.span(), refusal, faults);
                None
            }
        }
    });
    let words = [("auto", Sudo::Auto), ("never", Sudo::Never), ("always", Sudo::Always)];
    let sudo = match table.text("sudo", faults) {
        Some(sudo) => one_of(table, "sudo", &sudo, &words, faults),
        None => Some(Sudo::Auto),
    };
    let name = name.map(toml::Spanned::into_inner);
    let spec = match (name, reach, sudo) {
        (Some(name), Some(reach), Some(sudo)) => {
            Some(HostSpec { name: HostName::new(name), reach, sudo, limits: Limits::default() })
        }
        _ => None,
    };
    ReadHost { name, spec }
}
