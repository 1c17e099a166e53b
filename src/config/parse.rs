//! Files in, spec out. Pure.

use toml::Spanned;
use toml::de::DeTable;

use super::fault::ConfigFault;
use super::faults::Faults;
use super::reader::Table;
use super::source::Source;
use super::thresholds::Thresholds;
use super::{action, console, env, keys, schema, syntax};
use crate::model::limits::Limits;
use crate::model::spec::FleetSpec;

/// Reads the first file as the config and the others as what it includes; finds all faults of
/// all files. Does not look for files: that `include` names those others is the caller's word.
pub fn parse(files: &[Source]) -> Result<FleetSpec, Vec<ConfigFault>> {
    let mut faults = Faults::default();
    let spec = parse_into(files, &mut faults);
    if faults.count() == 0 { Ok(spec) } else { Err(faults.sorted(files)) }
}

/// As [`parse`], into faults that others are added to.
pub(crate) fn parse_into(files: &[Source], faults: &mut Faults) -> FleetSpec {
    let trees: Vec<_> = files.iter().map(|source| (source, syntax::tree(source, faults))).collect();
    let mut spec = FleetSpec::default();
    let mut keys = keys::Keys::default();
    let mut envs = env::Envs::default();
    let mut actions = action::Actions::default();
    let mut limits = Limits::default();
    for (index, (source, tree)) in trees.iter().enumerate() {
        let Some(tree) = tree else { continue };
        let root = if index == 0 {
            main_root(source, tree, (&mut spec, &mut limits), faults)
        } else {
            included_root(source, tree, files, faults)
        };
        keys.read(&root, faults);
        actions.read(&root, faults);
        envs.read(&root, limits, faults);
    }
    // A file that could not be read may well hold the environment that is missed.
    let all_read = trees.iter().all(|(_, tree)| tree.is_some()) && faults.count() == 0;
    if let (true, true, Some(main)) = (all_read, envs.is_empty(), files.first()) {
        faults.push(ConfigFault::whole(
            main.path(),
            "there is no `[[env]]`, so there is nothing to watch",
            "add an `[[env]]` with an `[[env.host]]`; without any config, `quarterdeck` shows \
             this machine",
        ));
    }
    spec.actions = actions.done().into_iter().map(std::sync::Arc::new).collect();
    spec.keys = keys.done();
    spec.envs = envs.done(faults);
    spec
}

fn main_root<'a>(
    source: &'a Source,
    tree: &'a Spanned<DeTable<'a>>,
    (spec, limits): (&mut FleetSpec, &mut Limits),
    faults: &mut Faults,
) -> Table<'a> {
    let root = Table::root(source, tree, &schema::TOP);
    root.refuse_unknown(faults);
    include_patterns(&root, faults);
    if let Some(table) = root.table("console", &schema::CONSOLE, faults) {
        spec.console = console::read(&table, faults);
    }
    if let Some(table) = root.table("thresholds", &schema::THRESHOLDS, faults) {
        *limits = Thresholds::read(&table, faults).over(*limits);
    }
    root
}

/// The patterns of `include`, with their places.
pub(crate) fn include_patterns<'a>(
    root: &Table<'a>,
    faults: &mut Faults,
) -> Vec<super::reader::At<&'a str>> {
    root.texts("include", faults).map(Spanned::into_inner).unwrap_or_default()
}

fn included_root<'a>(
    source: &'a Source,
    tree: &'a Spanned<DeTable<'a>>,
    files: &[Source],
    faults: &mut Faults,
) -> Table<'a> {
    let root = Table::root(source, tree, &schema::INCLUDED);
    let main = files.first().map(|main| main.path().display().to_string()).unwrap_or_default();
    let (ours, others): (Vec<_>, Vec<_>) = root.entries().into_iter().partition(|(key, _)| {
        let name = *key.get_ref();
        schema::TOP.key(name).is_none() || schema::INCLUDED.key(name).is_some()
    });
    for (key, _) in others {
        let message = format!("`{}` may not stand in an included file", key.get_ref());
        faults.at(source, &key.span(), message, format!("move it to `{main}`"));
    }
    for (key, _) in ours {
        root.refuse_unknown_key(&key, faults);
    }
    root
}
