//! `[[env.template]]`, and `deploy = { strategy = "unit-template", … }`.

use std::collections::BTreeMap;

use crate::config::action::script;
use crate::config::env;
use crate::config::fault::{is_printable, quoted, quoted_list};
use crate::config::faults::Faults;
use crate::config::reader::{Table, nearest};
use crate::config::schema;
use crate::model::deploy::template::{KNOWN, TemplateSpec, names};

/// The templates of an environment, by name.
pub(in crate::config) type Templates = BTreeMap<Box<str>, Box<str>>;

/// Values of one service.
const VALUES: usize = 64;

/// Reads every `[[env.template]]`.
pub(in crate::config) fn read_all(env: &Table<'_>, faults: &mut Faults) -> Templates {
    let mut all = Templates::new();
    for table in env.tables("template", &schema::TEMPLATE, faults) {
        table.refuse_unknown(faults);
        table.require("unit", faults);
        let name = env::name(&table, faults);
        let Some((name, text)) = name.zip(script(&table, "unit", faults)) else { continue };
        if all.insert((*name.get_ref()).into(), text).is_some() {
            let message = format!("there are two templates {}", quoted(name.get_ref()));
            faults.at(table.source, &name.span(), message, "rename one of them");
        }
    }
    all
}

pub(super) fn read(
    table: &Table<'_>,
    templates: &Templates,
    faults: &mut Faults,
) -> Option<TemplateSpec> {
    table.require("template", faults);
    let name = table.text("template", faults)?;
    let Some(text) = templates.get(*name.get_ref()) else {
        let message = format!("the environment has no template {}", quoted(name.get_ref()));
        let known = || templates.keys().map(|name| &**name);
        let remedy = match nearest(name.get_ref(), known()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "add an `[[env.template]]` of that name".to_owned(),
        };
        faults.at(table.source, &name.span(), message, remedy);
        return None;
    };
    let values = values(table, faults);
    let has =
        |name: &str| KNOWN.contains(&name) || values.iter().any(|(known, _)| **known == *name);
    if let Some(lack) = names(text).into_iter().find(|name| !has(name)) {
        let message =
            format!("the template {} wants a value for {}", quoted(name.get_ref()), quoted(lack));
        let remedy = format!(
            "add it to `values`; every template knows {}",
            quoted_list(KNOWN.iter().copied())
        );
        faults.at(table.source, &name.span(), message, remedy);
        return None;
    }
    Some(TemplateSpec { name: (*name.get_ref()).into(), text: text.clone(), values })
}

/// `values = { port = "8081" }`.
fn values(table: &Table<'_>, faults: &mut Faults) -> Vec<(Box<str>, Box<str>)> {
    let Some(map) = table.map("values", faults) else { return Vec::new() };
    let entries = Table::sorted(map).into_iter().take(VALUES);
    let read = entries.filter_map(|(name, value)| {
        let plain = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
        let fits = !name.get_ref().is_empty() && name.get_ref().chars().all(plain);
        let text = value
            .get_ref()
            .as_str()
            .filter(|text| fits && text.len() <= 4096 && text.chars().all(is_printable));
        let Some(text) = text else {
            let message = format!("{} is no name and a text on one line", quoted(name.get_ref()));
            faults.at(
                table.source,
                &value.span(),
                message,
                "write such as `values = { port = \"8081\" }`",
            );
            return None;
        };
        Some(((*name.get_ref()).into(), text.into()))
    });
    read.collect()
}
