//! The config, written: every guess with what it was made by.

use super::backups;
use super::plan::{Env, Host, Service};
use super::text::{Text, string, strings};
use crate::config::{KEYS, Key};
use crate::model::port::Protocol;
use crate::model::ports::is_loopback;
use crate::model::survey::{FoundHealth, FoundPort, Says, Survey, Why};

/// Ports that the kernel gives to whoever asks for any (`ip_local_port_range`, ip(7)): with the next
/// start it may be another one.
const EPHEMERAL: u16 = 32_768;

/// Which of the keys that not every version knows may be written; others stand there as comments.
#[derive(Clone, Copy)]
pub(super) enum Live {
    /// Those that this version's config takes.
    Known,
    /// Those of services, and backups as comments.
    Services,
    /// None of them.
    Nothing,
}

impl Live {
    pub(super) fn service(self, key: &str) -> bool {
        self.has("`[[env.service]]`", key)
    }

    pub(super) fn backup(self) -> bool {
        matches!(self, Self::Known) && self.has("`[[env]]`", "backup")
    }

    pub(super) fn backup_key(self, key: &str) -> bool {
        self.backup() && self.has("`[[env.backup]]`", key)
    }

    fn has(self, header: &str, name: &str) -> bool {
        let named = |key: &Key| key.name == name;
        match self {
            Self::Known | Self::Services => KEYS
                .iter()
                .any(|section| section.header == header && section.keys.iter().any(named)),
            Self::Nothing => false,
        }
    }
}

/// The whole file; `when` is the moment of the look, in words.
pub(super) fn page(envs: &[Env<'_>], live: Live, when: &str) -> String {
    let mut text = Text::default();
    text.comment(&format!(
        "Written by `quarterdeck init`, {when}, from what it found then. Beside each guess stands \
         what it was made by, and `!` marks what deserves a look; everything may be edited. \
         `quarterdeck check` tries it, `quarterdeck doctor` says what is wrong."
    ));
    for env in envs {
        env_part(&mut text, env, live);
    }
    text.out
}

fn env_part(text: &mut Text, env: &Env<'_>, live: Live) {
    let read = env.hosts.iter().any(|host| host.found.is_ok());
    text.blank();
    if !read {
        text.comment("No host of this environment could be read, so it stands here as a comment.");
    }
    text.table("env", read);
    text.key(read, "name", &string(&env.name), "");
    text.key(read, "tier", &string(env.guess.tier.name()), env.guess.by);
    for host in &env.hosts {
        host_part(text, host);
    }
    for service in &env.services {
        text.blank();
        service_part(text, env, service, live);
    }
    for host in &env.hosts {
        if let Ok(found) = host.found {
            backups::part(text, env, host, found, live);
            containers(text, env, host, found, live.service("container"));
        }
    }
}

fn host_part(text: &mut Text, host: &Host<'_>) {
    text.blank();
    let read = match host.found {
        Ok(found) => {
            let systemd = found
                .systemd
                .as_ref()
                .map_or_else(|| "no systemd".to_owned(), |version| format!("systemd {version}"));
            let os = if found.os.is_empty() { "No os-release" } else { &*found.os };
            text.comment(&format!("{os}, {systemd}"));
            notes(text, found);
            true
        }
        Err(fault) => {
            text.comment(&format!("{} could not be read: {fault}", host.name));
            false
        }
    };
    text.table("env.host", read);
    text.key(read, "name", &string(&host.name), "");
    text.key(read, "ssh", &string(host.destination), "");
}

fn notes(text: &mut Text, found: &Survey) {
    for warning in &found.warnings {
        text.comment(&format!("! {warning}"));
    }
    if found.units.is_empty() && found.systemd.is_some() {
        text.comment("No application was found here; without services all that run are shown.");
    }
    for (unit, reason) in found.left_out.iter().take(20) {
        text.comment(&format!("Left out: {unit}, {reason}."));
    }
    for stranger in found.strangers.iter().take(20) {
        let keeper = if found.systemd.is_some() { "! No unit keeps what" } else { "It" };
        text.comment(&format!("{keeper} listens on {stranger}"));
    }
}

fn service_part(text: &mut Text, env: &Env<'_>, service: &Service<'_>, live: Live) {
    let unit = service.found;
    let timer = unit.unit.as_str().rsplit_once('.').is_some_and(|(_, kind)| kind == "timer");
    let mut by = match unit.why {
        Why::Own => unit.facts.fragment.to_string(),
        Why::Listens | Why::Known => unit.why.words().to_owned(),
    };
    for other in &unit.facts.triggered_by {
        by = format!("{by}, started by {other}");
    }
    if let Some(job) = &unit.starts {
        by = format!("{by}, which starts {job}");
    }
    // systemd describes what has no description by its name.
    match &*unit.facts.description {
        said if said.is_empty() || said == unit.unit.as_str() => text.comment(&by),
        said => text.comment(&format!("{said} ({by})")),
    }
    text.table("env.service", true);
    text.key(true, "name", &string(&service.name), "");
    let hosts = service.hosts.iter().map(String::as_str);
    if env.hosts.len() > 1 {
        text.key(true, "hosts", &strings(hosts), "");
    }
    let kind = if timer && live.service("timer") { "timer" } else { "unit" };
    text.key(true, kind, &string(unit.unit.as_str()), "");
    ports(text, &unit.ports);
    if let Some(health) = &unit.health {
        health_part(text, health, &unit.ports, live.service("health"));
    }
    if !service.needs.is_empty() {
        let needs = strings(service.needs.iter().map(String::as_str));
        text.key(true, "needs", &needs, "its unit is started after it");
    }
    let is_data = |path: &&str| unit.data.iter().any(|data| *data.path == **path);
    // Of a database it is no code.
    if let Some(directory) = path(unit.directory.as_deref()).filter(|path| !is_data(path)) {
        let by = if unit.facts.directory.is_empty() { "its process is in it" } else { "" };
        text.key(true, "directory", &string(directory), by);
    }
    let data: Vec<&str> = unit.data.iter().filter_map(|data| path(Some(&data.path))).collect();
    if !data.is_empty() {
        let mut by: Vec<&str> = unit.data.iter().map(|data| data.by).collect();
        by.dedup();
        text.key(true, "data", &strings(data), &format!("by {}", by.join(" and ")));
    }
}

fn health_part(text: &mut Text, health: &FoundHealth, ports: &[FoundPort], live: bool) {
    let url = string(&health.url);
    let says = match &health.says {
        Says::Nothing | Says::Doubt(..) => String::new(),
        Says::Word(word) => format!(", contains = {}", string(word)),
        Says::Field(name, value) => format!(", json = {{ {name} = {} }}", string(value)),
        Says::Flag(name) => format!(", json = {{ {name} = true }}"),
    };
    if let Says::Doubt(name, value) = &health.says {
        text.comment(&format!(
            "! It answers with 200 and {name} {}: if that is not well, add what it says when it is, \
             as json = {{ {name} = \"…\" }}.",
            string(value)
        ));
    }
    // What holds the port has answered, and that is another process.
    let other = ports.iter().filter(|port| port.by_hand.is_some()).find(|port| {
        let place = format!(":{}", port.port);
        let rest = health.url.split_once(&place).map(|(_, rest)| rest);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
    });
    let by = other.map_or_else(
        || "it answered so".to_owned(),
        |port| format!("! so answered the process that holds {}, not the unit", port.port),
    );
    text.key(live, "health", &format!("[{{ http = {url}, expect = 200{says} }}]"), &by);
}

/// A path that the config takes.
pub(super) fn path(path: Option<&str>) -> Option<&str> {
    path.filter(|path| crate::config::check::path(path).is_ok())
}

fn ports(text: &mut Text, all: &[FoundPort]) {
    let passing = all.iter().filter(|port| port.port >= EPHEMERAL);
    let lasting: Vec<&FoundPort> = all.iter().filter(|port| port.port < EPHEMERAL).collect();
    for port in passing {
        text.comment(&format!(
            "It listens on {}/{} too: of the range from which the kernel gives ports out, so \
             perhaps not for long.",
            port.port,
            port.protocol.name()
        ));
    }
    for port in &lasting {
        if let Some(holder) = &port.by_hand {
            text.comment(&format!(
                "! Port {} is held by another process in the unit's directory, not by the unit: {holder}",
                port.port
            ));
        }
    }
    let entries: Vec<String> = lasting.iter().map(|port| entry(port)).collect();
    if !entries.is_empty() {
        text.key(true, "ports", &format!("[{}]", entries.join(", ")), "");
    }
}

fn entry(port: &FoundPort) -> String {
    let own = !port.binds.is_empty() && port.binds.iter().all(is_loopback);
    let protocol = if port.protocol == Protocol::Udp { ", protocol = \"udp\"" } else { "" };
    let bind = if own { ", bind = \"loopback\"" } else { "" };
    if protocol.is_empty() && bind.is_empty() {
        port.port.to_string()
    } else {
        format!("{{ port = {}{protocol}{bind} }}", port.port)
    }
}

fn containers(text: &mut Text, env: &Env<'_>, host: &Host<'_>, found: &Survey, live: bool) {
    if !live && !found.containers.is_empty() {
        text.blank();
        text.comment(&format!(
            "Containers of {}; this version does not watch them, so they stand here as comments.",
            host.name
        ));
    }
    for container in &found.containers {
        let ports = if container.ports.is_empty() {
            String::new()
        } else {
            format!(", {}", container.ports)
        };
        let project = if container.project.is_empty() {
            String::new()
        } else {
            format!(", {} of the compose project {}", container.service, container.project)
        };
        text.blank();
        text.comment(&format!("A container of {}{project}{ports}", container.image));
        text.table("env.service", live);
        let name = match env.hosts.len() {
            1 => container.name.to_string(),
            _ => format!("{}@{}", container.name, host.name),
        };
        let taken = |name: &str| env.services.iter().any(|service| service.name == name);
        let name = super::guess::unique(&name, taken);
        text.key(live, "name", &string(&name), "");
        text.key(live, "hosts", &strings([host.name.as_str()]), "");
        text.key(live, "container", &string(&container.name), "");
    }
}
