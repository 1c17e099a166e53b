//! An operator's account on this machine: a home, an ssh that knows the lab, a config. Nothing of
//! the real one is read or written.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::lab::run_directory;

/// See the module.
pub(crate) struct Desk {
    root: tempfile::TempDir,
}

/// What `status --json` said.
#[derive(Debug)]
pub(crate) struct Reading {
    /// Its answer.
    pub(crate) json: Value,
    /// Its exit code.
    pub(crate) code: i32,
    /// How long it took.
    pub(crate) took: Duration,
}

/// What a command said.
#[derive(Debug)]
pub(crate) struct Said {
    /// Its standard output.
    pub(crate) out: String,
    /// Its standard error.
    pub(crate) err: String,
    /// Its exit code.
    pub(crate) code: i32,
}

/// A config of one environment `lab`: hosts by their ssh alias, units by their name without
/// `.service`.
pub(crate) fn config(hosts: &[&str], services: &[&str]) -> String {
    let mut text = "[[env]]\nname = \"lab\"\ntier = \"staging\"\n".to_owned();
    for host in hosts {
        let _ok = write!(text, "[[env.host]]\nname = \"{host}\"\nssh = \"{host}\"\n");
    }
    for service in services {
        text.push_str(&declared(service));
    }
    text
}

/// A service's table; a name with a dot is a whole unit's name.
pub(crate) fn declared(service: &str) -> String {
    let unit =
        if service.contains('.') { service.to_owned() } else { format!("{service}.service") };
    let name = service.replace('\\', "-");
    format!("[[env.service]]\nname = '{name}'\nunit = '{unit}'\n")
}

impl Desk {
    /// A fresh one.
    pub(crate) fn new() -> Self {
        // In /tmp, as the paths of sockets must be short.
        let root = tempfile::Builder::new().prefix("qd-").tempdir_in("/tmp").unwrap();
        let desk = Self { root };
        for folder in ["home", "state", "run", "config", "bin"] {
            std::fs::create_dir(desk.path(folder)).unwrap();
        }
        desk.ssh_config("");
        let wrapper = format!(
            "#!/bin/sh\nexec '{}' -F '{}' \"$@\"\n",
            real("ssh").display(),
            desk.path("ssh_config").display()
        );
        let path = desk.path("bin/ssh");
        std::fs::write(&path, wrapper).unwrap();
        let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(&path, executable).unwrap();
        desk
    }

    /// With a config.
    pub(crate) fn with(config: &str) -> Self {
        let desk = Self::new();
        desk.configure(config);
        desk
    }

    /// A path below.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    /// Writes the config, at once as editors do.
    pub(crate) fn configure(&self, text: &str) {
        let new = self.path("config/new");
        std::fs::write(&new, text).unwrap();
        std::fs::rename(new, self.config()).unwrap();
    }

    /// Adds to the config's end.
    pub(crate) fn append(&self, text: &str) {
        let before = std::fs::read_to_string(self.config()).unwrap();
        self.configure(&(before + text));
    }

    /// The config's path.
    pub(crate) fn config(&self) -> PathBuf {
        self.path("config/config.toml")
    }

    /// ssh knows the lab's hosts and, before them, this.
    pub(crate) fn ssh_config(&self, own: &str) {
        let hosts = run_directory().join("ssh_config");
        // Below a `Host` of its own, an `Include` would hold for that only.
        let text = format!("{own}\nHost *\n  Include {}\n", hosts.display());
        std::fs::write(self.path("ssh_config"), text).unwrap();
    }

    /// The environment of all that runs here.
    pub(crate) fn environment(&self) -> Vec<(OsString, OsString)> {
        let mut path = OsString::from(self.path("bin"));
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap_or_default());
        let mut all = vec![
            ("PATH".into(), path),
            ("LANG".into(), "C.UTF-8".into()),
            ("TZ".into(), "UTC".into()),
            ("QUARTERDECK_CONFIG".into(), self.config().into()),
        ];
        for (name, folder) in [
            ("HOME", "home"),
            ("XDG_STATE_HOME", "state"),
            ("XDG_RUNTIME_DIR", "run"),
            ("XDG_CONFIG_HOME", "home"),
        ] {
            all.push((name.into(), self.path(folder).into()));
        }
        all
    }

    /// The binary as the operator runs it without a terminal; all that it says is caught.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_quarterdeck"));
        command
            .args(arguments)
            .env_clear()
            .envs(self.environment())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs the binary to its end, without a terminal.
    pub(crate) fn run(&self, arguments: &[&str]) -> Said {
        let output = self.command(arguments).output().unwrap();
        Said {
            out: String::from_utf8(output.stdout).expect("output is UTF-8"),
            err: String::from_utf8(output.stderr).expect("complaints are UTF-8"),
            code: output.status.code().expect("it was not killed"),
        }
    }

    /// One reading.
    pub(crate) fn status(&self) -> Reading {
        self.status_within("25")
    }

    /// Hosts that are slow are waited for so many seconds.
    pub(crate) fn status_within(&self, seconds: &str) -> Reading {
        let began = Instant::now();
        let said = self.run(&["status", "--json", "--timeout", seconds]);
        let json = serde_json::from_str(&said.out)
            .unwrap_or_else(|error| panic!("no JSON ({error}): {said:?}"));
        Reading { json, code: said.code, took: began.elapsed() }
    }

    /// ssh processes of ours on this machine, those of a jump among them: each names our config.
    pub(crate) fn ssh_processes(&self) -> Vec<String> {
        let mark = self.path("ssh_config").to_string_lossy().into_owned();
        let processes = std::fs::read_dir("/proc").unwrap().flatten();
        processes
            .filter_map(|process| std::fs::read(process.path().join("cmdline")).ok())
            .map(|words| String::from_utf8_lossy(&words).replace('\0', " "))
            .filter(|command| command.contains(&mark))
            .collect()
    }

    /// What lies in the runtime directory: control sockets' folders.
    pub(crate) fn runtime_files(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.path("run")).unwrap().flatten();
        entries.map(|entry| entry.path()).collect()
    }
}

/// A program of this machine.
pub(crate) fn real(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .map(|folder| Path::join(&folder, name))
        .find(|file| file.is_file())
        .unwrap_or_else(|| panic!("{name} is not installed"))
}

impl Reading {
    /// A host's part.
    pub(crate) fn host(&self, name: &str) -> &Value {
        self.named("hosts", name)
    }

    /// A service's part.
    pub(crate) fn service(&self, name: &str) -> &Value {
        self.named("services", name)
    }

    fn named(&self, list: &str, name: &str) -> &Value {
        self.json["environments"][0][list]
            .as_array()
            .and_then(|all| all.iter().find(|one| one["name"] == name))
            .unwrap_or_else(|| panic!("no {name} among the {list}: {:#}", self.json))
    }

    /// Name, state and last exit of every service, for comparing.
    pub(crate) fn states(&self) -> Vec<(String, String, String)> {
        let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
        let services = self.json["environments"][0]["services"].as_array().unwrap();
        services
            .iter()
            .map(|service| {
                let exit = text(&service["last_exit"]["label"]);
                (text(&service["name"]), text(&service["state"]), exit)
            })
            .collect()
    }
}
