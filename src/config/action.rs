//! `[[action]]`.

use std::collections::BTreeSet;
use std::time::Duration;

use super::fault::{is_printable, quoted};
use super::faults::Faults;
use super::health::{argv, duration};
use super::reader::{At, Table};
use super::{env, schema};
use crate::model::action::{ActionSpec, InputSpec, Run, TIMEOUT};
use crate::model::ids::ServiceName;

/// Bytes of a script.
const SCRIPT_MAX: usize = 64 * 1024;
/// Inputs of an action.
const INPUTS_MAX: usize = 16;

/// Actions of all files.
#[derive(Default)]
pub(super) struct Actions {
    list: Vec<ActionSpec>,
    seen: BTreeSet<String>,
}

impl Actions {
    /// Reads every `[[action]]` of one file.
    pub(super) fn read(&mut self, root: &Table<'_>, faults: &mut Faults) {
        for table in root.tables("action", &schema::ACTION, faults) {
            let name = env::name(&table, faults);
            if let Some(name) = &name
                && !self.seen.insert((*name.get_ref()).to_owned())
            {
                let message = format!("there are two actions {}", quoted(name.get_ref()));
                faults.at(table.source, &name.span(), message, "rename one of them");
            }
            self.list.extend(read(&table, name, faults));
        }
    }

    /// All of them.
    pub(super) fn done(self) -> Vec<ActionSpec> {
        self.list
    }
}

fn read(table: &Table<'_>, name: Option<At<&str>>, faults: &mut Faults) -> Option<ActionSpec> {
    table.refuse_unknown(faults);
    let argv = argv(table, "argv", faults);
    let text = script(table, "script", faults);
    let run = match (argv, text) {
        (Some(argv), None) => Some(Run::Argv(argv)),
        (None, Some(script)) => Some(Run::Script(script)),
        (Some(_), Some(_)) => {
            let message = "an action runs one thing, but this has `argv` and `script`";
            let remedy = "keep one of them";
            faults.at(table.source, &table.span_of("script"), message, remedy);
            None
        }
        (None, None) if table.has("argv") || table.has("script") => None,
        (None, None) => {
            let message = "this action does not say what it runs";
            let remedy = "add `argv`, such as `argv = [\"/srv/app/bin/warm-cache\"]`, or `script`";
            faults.at(table.source, &table.span(), message, remedy);
            None
        }
    };
    let inputs = inputs(table, faults);
    let undo = script(table, "undo", faults);
    let safe = table.flag("safe", faults).unwrap_or(false);
    if safe && undo.is_some() {
        let message = "what changes nothing has nothing to take back";
        let remedy = "leave out `undo`, or `safe = true`";
        faults.at(table.source, &table.span_of("undo"), message, remedy);
    }
    if let Some(Run::Argv(argv)) = &run {
        placeholders(table, argv, &inputs, faults);
    }
    let limits = Duration::from_secs(1)..=Duration::from_secs(86_400);
    let timeout = duration(table, "timeout", limits, "`1s` to `1d`", faults);
    let user = user(table, faults);
    let doc = table.text("doc", faults).map_or("", |doc| *doc.get_ref());
    Some(ActionSpec {
        name: (*name?.get_ref()).into(),
        doc: crate::model::text::clean(doc, 200).into(),
        run: run?,
        undo,
        services: table
            .texts("services", faults)
            .map(|texts| {
                texts.get_ref().iter().map(|text| ServiceName::new(text.get_ref())).collect()
            })
            .unwrap_or_default(),
        inputs,
        safe,
        gate: table.flag("gate", faults).unwrap_or(!safe),
        user,
        timeout: timeout.unwrap_or(TIMEOUT),
    })
}

/// Whose rights something has.
pub(super) fn user(table: &Table<'_>, faults: &mut Faults) -> Option<Box<str>> {
    let user = table.text("user", faults)?;
    // useradd(8) takes these; a digit first would be a number.
    let text = *user.get_ref();
    let good = text.len() <= 32
        && text.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b));
    if !good {
        let message = format!("{} is no user's name", quoted(text));
        faults.at(table.source, &user.span(), message, "write such as `user = \"www-data\"`");
    }
    good.then(|| text.into())
}

/// POSIX sh.
pub(super) fn script(table: &Table<'_>, key: &str, faults: &mut Faults) -> Option<Box<str>> {
    let text = table.text(key, faults)?;
    let value = *text.get_ref();
    let printable = value.chars().all(|c| is_printable(c) || c == '\n' || c == '\t');
    if value.trim().is_empty() || value.len() > SCRIPT_MAX || !printable {
        let message = format!("`{key}` is empty, longer than 64 KiB, or has control characters");
        let remedy = format!("write POSIX sh, such as `{key} = \"exec /srv/app/bin/warm-cache\"`");
        faults.at(table.source, &text.span(), message, remedy);
        return None;
    }
    Some(value.into())
}

fn inputs(table: &Table<'_>, faults: &mut Faults) -> Vec<InputSpec> {
    let tables = table.tables("inputs", &schema::INPUT, faults);
    if tables.len() > INPUTS_MAX {
        let message = format!("an action has at most {INPUTS_MAX} inputs");
        faults.at(table.source, &table.span_of("inputs"), message, "leave some out");
    }
    tables.iter().take(INPUTS_MAX).filter_map(|table| input(table, faults)).collect()
}

fn input(table: &Table<'_>, faults: &mut Faults) -> Option<InputSpec> {
    table.refuse_unknown(faults);
    table.require("name", faults);
    let name = table.text("name", faults)?;
    let text = *name.get_ref();
    let good = !text.is_empty()
        && text.len() <= 40
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    // Shells know these, and so do the programs that they start.
    if !good
        || matches!(
            text,
            "if" | "then"
                | "else"
                | "fi"
                | "do"
                | "done"
                | "case"
                | "esac"
                | "for"
                | "in"
                | "while"
                | "until"
        )
    {
        let message = format!("{} cannot be a variable of a shell", quoted(text));
        let remedy = "use small letters, digits and `_`, such as `queue_name`";
        faults.at(table.source, &name.span(), message, remedy);
        return None;
    }
    let default = table.text("default", faults).map(|text| (*text.get_ref()).into());
    let choices: Vec<Box<str>> = table
        .texts("choices", faults)
        .map(|texts| texts.get_ref().iter().map(|text| (*text.get_ref()).into()).collect())
        .unwrap_or_default();
    if let Some(default) = &default
        && !choices.is_empty()
        && !choices.contains(default)
    {
        let message = format!("the default {} is none of the choices", quoted(default));
        faults.at(table.source, &table.span_of("default"), message, "choose one of them");
    }
    Some(InputSpec { name: text.into(), default, choices })
}

/// An input stands for a whole argument: within one it would be read by nobody's rules.
fn placeholders(table: &Table<'_>, argv: &[Box<str>], inputs: &[InputSpec], faults: &mut Faults) {
    for word in argv {
        let Some(name) = word.strip_prefix('{').and_then(|word| word.strip_suffix('}')) else {
            continue;
        };
        if !inputs.iter().any(|input| *input.name == *name) {
            let message = format!("{} stands for an input that there is not", quoted(word));
            let remedy = "add it to `inputs`, such as `inputs = [{ name = \"queue\" }]`";
            faults.at(table.source, &table.span_of("argv"), message, remedy);
        }
    }
}
