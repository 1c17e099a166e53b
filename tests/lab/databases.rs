//! Databases that are dumped now, and that come back from a copy: SQLite 3.40 and PostgreSQL 15, on real hosts.

mod hostile;
mod postgres;
mod sqlite;

use serde_json::Value;

use crate::desk::Desk;
use crate::lab::Host;
use crate::poll::{self, secs};

/// A host with a service `app.service` that writes to a database all the time.
struct Store {
    host: Host,
    desk: Desk,
}

impl Store {
    /// Its config: the backup's `database` and `files`, and further keys; health is a command.
    fn desk(host: &str, database: &str, files: &str, health: &str, more: &str) -> Desk {
        Desk::with(&format!(
            "[[env]]\nname = \"lab\"\ntier = \"staging\"\n\
             [[env.host]]\nname = \"coord\"\nssh = \"{host}\"\n\
             [[env.service]]\nname = \"app\"\nunit = \"app.service\"\nsoak = \"1s\"\n\
             health = [{{ command = [{health}] }}]\n\
             [[env.backup]]\nname = \"db\"\ndatabase = {{ {database}, writers = [\"app\"] }}\n\
             every = \"6h\"\nfiles = \"{files}\"\n{more}\n"
        ))
    }

    /// Why there is no plan.
    fn refused(&self, arguments: &[&str]) -> String {
        let said = self.desk.run(&[arguments, &["--plan"]].concat());
        assert!(matches!(said.code, 1 | 75), "{said:?}");
        said.err
    }

    /// Which run of the service it is.
    fn run_of(&self) -> String {
        self.host.sh("systemctl show --value -p InvocationID app.service")
    }

    /// It is done, fails with these words, and all is as before; its service was not even stopped.
    fn fails_before_anything_is_stopped(&self, arguments: &[&str], words: &str) {
        let run = self.run_of();
        let said = self.desk.act(arguments);
        assert_eq!(said.code, 1, "{said:?}");
        assert!(output(&said.json).contains(words), "{words}: {said:?}");
        assert_eq!(self.run_of(), run, "nothing was stopped: {said:?}");
        self.holds_nothing();
    }

    /// The newest operation's directory.
    fn operation(&self) -> String {
        self.host.sh("ls -d /var/lib/quarterdeck/ops/* 2>/dev/null | tail -n 1")
    }

    /// No claim is left.
    fn holds_nothing(&self) {
        let left = self.host.sh("ls -d /var/lib/quarterdeck/subjects/*/claim 2>/dev/null || :");
        assert_eq!(left, "");
    }

    /// Until the newest operation has come to that line of its events.
    fn wait_for_event(&self, line: &str) {
        poll::until(line, secs(60), || {
            let events =
                self.host.sh("cat \"$(ls -d /var/lib/quarterdeck/ops/* 2>/dev/null | tail -n 1)/events\" 2>/dev/null || :");
            if events.contains(line) { Ok(()) } else { Err(events) }
        });
    }

    /// Takes back what was begun and nobody goes on with.
    fn recover(&self) {
        let operation = self.operation();
        let operation = operation.rsplit('/').next().unwrap();
        let shown = self.desk.run(&["ops", "recover", operation]);
        let suffix = shown.out.split("--confirm ").nth(1).and_then(|rest| rest.split('`').next());
        let suffix = suffix.unwrap_or_else(|| panic!("{shown:?}")).to_owned();
        let said = self.desk.run(&["ops", "recover", operation, "--undo", "--confirm", &suffix]);
        poll::until("it is taken back", secs(90), || {
            let result = self.host.sh(&format!(
                "cat {0}/result 2>/dev/null || :; tail -n 30 {0}/log",
                self.operation()
            ));
            if result.starts_with("undone") { Ok(()) } else { Err(format!("{result} {said:?}")) }
        });
        self.holds_nothing();
    }
}

fn output(json: &Value) -> String {
    json["hosts"][0]["output"].to_string()
}
