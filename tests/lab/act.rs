//! Acting from a desk as a script does: a plan, then what it is confirmed by.

use std::process::Child;

use serde_json::Value;

use crate::desk::Desk;

/// What a command that acts has said.
#[derive(Debug)]
pub(crate) struct Act {
    /// Its exit code.
    pub(crate) code: i32,
    /// Its answer; what it complained of where that is none.
    pub(crate) json: Value,
}

impl Act {
    /// It succeeded.
    pub(crate) fn ok(self) -> Value {
        assert_eq!(self.code, 0, "{self:?}");
        self.json
    }
}

impl Desk {
    /// The plan, as it is printed for people.
    pub(crate) fn page(&self, arguments: &[&str]) -> String {
        let said = self.run(&[arguments, &["--plan"]].concat());
        assert_eq!(said.code, 0, "{said:?}");
        said.out
    }

    /// The plan.
    pub(crate) fn plan(&self, arguments: &[&str]) -> Value {
        let said = self.run(&[arguments, &["--plan", "--json"]].concat());
        serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{error}: {said:?}"))
    }

    /// The hash of a plan.
    pub(crate) fn hash(&self, arguments: &[&str]) -> String {
        self.plan(arguments)["hash"].as_str().unwrap().to_owned()
    }

    /// Plans, confirms by the hash, and goes on.
    pub(crate) fn begin(&self, arguments: &[&str]) -> Child {
        let hash = self.hash(arguments);
        self.command(&[arguments, &["--json", "--confirm", &hash]].concat()).spawn().unwrap()
    }

    /// Plans, confirms by the hash, and waits for the end.
    pub(crate) fn act(&self, arguments: &[&str]) -> Act {
        let hash = self.hash(arguments);
        let said = self.run(&[arguments, &["--json", "--confirm", &hash]].concat());
        let json = serde_json::from_str(&said.out).unwrap_or(Value::String(said.err));
        Act { code: said.code, json }
    }
}
