//! `quarterdeck init`: reads hosts and writes a config of what runs there. Asks nothing that it can
//! find out, connects only to hosts that were named, and overwrites nothing.

mod aliases;
mod backups;
mod guess;
mod page;
mod plan;
#[cfg(test)]
mod tests;
mod text;

use std::io::Write as _;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::Semaphore;

use self::page::Live;
use self::plan::{Env, Seen, plan};
use super::args::{Fleet, Init};
use super::{CONFIG, Failure, Outcome, SOFTWARE, USAGE, block_on, complain, env};
use crate::config::{self, Source};
use crate::model::fault::{Fault, FaultKind};
use crate::model::ids::HostName;
use crate::model::limits::Limits;
use crate::model::spec::{HostSpec, Reach, Sudo, Tier};
use crate::runtime::{clock, engine, host};

/// Some host could not be read.
const PARTLY: u8 = 3;
/// As many hosts are looked at side by side.
const TOGETHER: usize = 16;

/// Where the config goes.
enum Output {
    Stdout,
    File(PathBuf),
}

pub(super) fn run(fleet: &Fleet, init: &Init) -> Outcome {
    let tier = init.tier.as_deref().map(tier_of).transpose()?;
    let aliases = || env("HOME").map(|home| aliases::hosts(Path::new(&home))).unwrap_or_default();
    if init.hosts.is_empty() && !init.all {
        return choose(&aliases());
    }
    let destinations = if init.all { aliases() } else { init.hosts.clone() };
    let destinations = distinct(&destinations)?;
    // Refused before anything is read, since reading may take a while.
    let output = output(fleet, init)?;
    let seen = block_on(look(&destinations))??;
    let envs = plan(&seen, fleet.env.as_deref(), tier, Live::Known.service("timer"));
    for host in &seen {
        if let Err(fault) = &host.found {
            complain(&format!("quarterdeck: {}: {fault}", host.destination));
        }
    }
    let unread = seen.iter().filter(|host| host.found.is_err()).count();
    if unread == seen.len() {
        complain("quarterdeck: no host could be read, so there is nothing to write");
        return Ok(PARTLY);
    }
    let text = written(&envs, &moment())?;
    match &output {
        Output::Stdout => {
            let mut out = std::io::stdout().lock();
            out.write_all(text.as_bytes())?;
            out.flush()?;
        }
        Output::File(path) => {
            write(path, &text, init.force)?;
            let mut out = std::io::stdout().lock();
            writeln!(out, "{}", summary(path, &envs))?;
            out.flush()?;
        }
    }
    Ok(if unread > 0 { PARTLY } else { 0 })
}

/// Now, in words and to the minute.
fn moment() -> String {
    jiff::Timestamp::from_microsecond(clock::now().as_micros())
        .map(|now| now.strftime("%Y-%m-%d %H:%M UTC").to_string())
        .unwrap_or_default()
}

fn failure(code: u8, message: impl std::fmt::Display) -> Failure {
    Failure { code, message: format!("quarterdeck: {message}") }
}

fn tier_of(word: &str) -> Result<Tier, Failure> {
    Tier::ALL.into_iter().find(|tier| tier.name() == word).ok_or_else(|| {
        let known = Tier::ALL.map(Tier::name).join(", ");
        let word = config::quoted(word);
        failure(USAGE, format!("there is no tier {word}; there are {known}"))
    })
}

/// Nothing was named: what there is to choose from.
fn choose(hosts: &[String]) -> Outcome {
    let mut out = std::io::stdout().lock();
    for host in hosts {
        writeln!(out, "{host}")?;
    }
    out.flush()?;
    complain(if hosts.is_empty() {
        "quarterdeck: name what to read: `quarterdeck init HOST…`, where HOST is what you type \
         after `ssh`, or `local` for this machine"
    } else {
        "quarterdeck: these are the hosts of your ~/.ssh/config. Name those to read: `quarterdeck \
         init HOST…`, or all of them with `--all`; `local` is this machine"
    });
    Ok(USAGE)
}

/// Each host once, and none that ssh would take for an option.
fn distinct(destinations: &[String]) -> Result<Vec<String>, Failure> {
    let mut once: Vec<String> = Vec::new();
    for destination in destinations {
        if let Err(refusal) = config::check::destination(destination) {
            return Err(failure(USAGE, format!("{}; {}", refusal.message, refusal.remedy)));
        }
        if !once.contains(destination) {
            once.push(destination.clone());
        }
    }
    if once.is_empty() {
        return Err(failure(USAGE, "your ~/.ssh/config names no host"));
    }
    Ok(once)
}

/// Where it goes: as asked, else where `quarterdeck` looks for it.
fn output(fleet: &Fleet, init: &Init) -> Result<Output, Failure> {
    let path = match &init.output {
        Some(path) if path.as_os_str() == "-" => return Ok(Output::Stdout),
        Some(path) => Some(path.clone()),
        None => config::locate(fleet.config.as_deref(), &env)
            .or_else(|| Some(config::directory(&env)?.join("config.toml"))),
    };
    let Some(path) = path else {
        let message = "neither $HOME nor $XDG_CONFIG_HOME is set; name the file with `--output`";
        return Err(failure(USAGE, message));
    };
    // A link that leads nowhere is something too.
    if path.symlink_metadata().is_ok() && !init.force {
        return Err(exists(&path));
    }
    Ok(Output::File(path))
}

fn exists(path: &Path) -> Failure {
    let shown = config::quoted(&path.display().to_string());
    let remedy = "`--force` overwrites it, `--output FILE` writes elsewhere, `--output -` prints";
    failure(CONFIG, format!("{shown} is there already and stays as it is; {remedy}"))
}

/// Looks at all hosts, in the order in which they were named.
async fn look(destinations: &[String]) -> std::io::Result<Vec<Seen>> {
    let (connector, _directory) = engine::connector(None)?;
    let connector = Arc::new(connector);
    let together = Arc::new(Semaphore::new(TOGETHER));
    let looks = destinations.iter().map(|destination| {
        let (connector, together) = (Arc::clone(&connector), Arc::clone(&together));
        let reach = match destination.as_str() {
            "local" => Reach::Local,
            _ => Reach::Ssh(destination.clone()),
        };
        let name = HostName::new(guess::host_name(destination));
        let task = tokio::spawn(async move {
            let _permit = together.acquire().await;
            host::survey(
                &HostSpec { name, reach, sudo: Sudo::Auto, limits: Limits::default() },
                &connector,
            )
            .await
        });
        (destination, task)
    });
    let looks: Vec<_> = looks.collect();
    let mut seen = Vec::new();
    for (destination, task) in looks {
        let found = task.await.unwrap_or_else(|_panic| {
            Err(Fault::new(FaultKind::Failed, "read the host", "a fault of ours"))
        });
        seen.push(Seen { destination: destination.clone(), found });
    }
    Ok(seen)
}

/// The config's text, which loads without a fault.
fn written(envs: &[Env<'_>], when: &str) -> Result<String, Failure> {
    let mut told = String::new();
    for live in [Live::Known, Live::Services, Live::Nothing] {
        let text = page::page(envs, live, when);
        match config::parse(&[Source::new("config.toml", text.as_str())]) {
            Ok(_) => return Ok(text),
            Err(faults) => {
                let all: Vec<String> = faults.iter().map(ToString::to_string).collect();
                tracing::warn!("what init wrote is refused: {}", all.join("; "));
                told = all.join("\n");
            }
        }
    }
    Err(Failure {
        code: SOFTWARE,
        message: format!("{told}\nquarterdeck: a fault of ours: what was found makes no config"),
    })
}

/// Writes the file at once and whole, for its owner alone.
fn write(path: &Path, text: &str, force: bool) -> Result<(), Failure> {
    // Through a link to where the file really is, so that a managed home stays as it is.
    let real = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = match real.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let told = |error: &std::io::Error| {
        let shown = config::quoted(&path.display().to_string());
        failure(SOFTWARE, format!("cannot write {shown}: {error}"))
    };
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|error| told(&error))?;
    // Made with mode 0600.
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(|error| told(&error))?;
    file.write_all(text.as_bytes()).map_err(|error| told(&error))?;
    file.as_file().sync_all().map_err(|error| told(&error))?;
    let kept = if force {
        file.persist(&real)
    } else {
        // Something may have come there while we read.
        file.persist_noclobber(&real)
    };
    match kept {
        Ok(_) => Ok(()),
        Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => Err(exists(path)),
        Err(error) => Err(told(&error.error)),
    }
}

fn summary(path: &Path, envs: &[Env<'_>]) -> String {
    let count = |number: usize, what: &str| {
        format!("{number} {what}{}", if number == 1 { "" } else { "s" })
    };
    let hosts = || envs.iter().flat_map(|env| &env.hosts);
    let read = || hosts().filter_map(|host| host.found.as_ref().ok());
    let unread = match hosts().count() - read().count() {
        0 => String::new(),
        some => format!(" ({some} could not be read)"),
    };
    let services = envs.iter().map(|env| env.services.len()).sum();
    let backups = read().map(|found| found.backups.len()).sum();
    format!(
        "wrote {}: {}{unread}, {}, {}. Next: `quarterdeck check`, then `quarterdeck`",
        crate::model::text::clean(&path.display().to_string(), 300),
        count(read().count(), "host"),
        count(services, "service"),
        count(backups, "backup"),
    )
}
