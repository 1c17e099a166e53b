//! Unit files that are made from one template for several services and hosts.

use crate::model::digest::sha256;
use crate::model::ids::{InstanceId, UnitName};

/// Names that every template knows.
pub const KNOWN: [&str; 4] = ["env", "host", "service", "unit"];

/// The strategy `unit-template`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TemplateSpec {
    /// The template's name in its environment.
    pub name: Box<str>,
    /// A unit file (systemd.syntax(7)) with `{{name}}` where a value goes.
    pub text: Box<str>,
    /// The values of this service.
    pub values: Vec<(Box<str>, Box<str>)>,
}

/// A piece of a template: a text, or the name of a value.
enum Piece<'t> {
    Text(&'t str),
    Name(&'t str),
}

fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("{{") {
        let Some((name, after)) = behind.split_once("}}") else { break };
        pieces.extend([Piece::Text(before), Piece::Name(name.trim())]);
        rest = after;
    }
    pieces.push(Piece::Text(rest));
    pieces
}

/// The names for which a template wants values.
pub fn names(text: &str) -> Vec<&str> {
    let name = |piece| match piece {
        Piece::Name(name) => Some(name),
        Piece::Text(_) => None,
    };
    pieces(text).into_iter().filter_map(name).collect()
}

impl TemplateSpec {
    /// The unit file of an instance. A name without a value, which the config refuses, is left out.
    pub fn rendered(&self, id: &InstanceId, unit: &UnitName) -> String {
        let value = |name: &str| match name {
            "env" => Some(id.host.env.as_str()),
            "host" => Some(id.host.host.as_str()),
            "service" => Some(id.service.as_str()),
            "unit" => Some(unit.as_str()),
            _ => self.values.iter().find(|(known, _)| **known == *name).map(|(_, value)| &**value),
        };
        let mut text: String = pieces(&self.text)
            .into_iter()
            .map(|piece| match piece {
                Piece::Text(text) => text,
                Piece::Name(name) => value(name).unwrap_or_default(),
            })
            .collect();
        if !text.ends_with('\n') {
            text.push('\n');
        }
        text
    }
}

/// By what a unit file is known among others: the beginning of its SHA-256, as the host says it too.
pub fn revision(text: &str) -> String {
    format!("unit-{}", sha256(text.as_bytes()).get(..12).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ids::HostId;

    #[test]
    fn values_are_put_where_their_names_stand_and_nothing_else_is_touched() {
        let spec = TemplateSpec {
            name: "worker".into(),
            text: "[Service]\nExecStart=/bin/{{service}} --port {{ port }} %i ${X} {{{host}}\n{{"
                .into(),
            values: vec![("port".into(), "80 {{env}}".into())],
        };
        let host = HostId { env: "lab".into(), host: "web1".into() };
        let id = InstanceId { host, service: "api".into() };
        let text = spec.rendered(&id, &UnitName::new("api.service"));
        // A value is put in as it is: what it has in it is not looked at again.
        let line = "ExecStart=/bin/api --port 80 {{env}} %i ${X} \n{{\n";
        assert_eq!(text, format!("[Service]\n{line}"));
        assert_eq!(names(&spec.text), ["service", "port", "{host"]);
        assert_eq!(revision("x\n"), "unit-73cb3858a687");
    }
}
