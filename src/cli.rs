//! The command line. Results go to standard output, all else to standard error.

mod act;
mod args;
mod check;
mod console;
mod doctor;
mod events;
mod init;
mod lists;
mod logs;
mod ops;
mod reading;
mod report;
mod since;
mod status;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser as _;

pub use self::args::{Args, command};
use self::args::{Fleet, Subcommand};
use crate::config;
use crate::model::plan::Input;
use crate::model::spec::{EnvSpec, FleetSpec, Sources};
use crate::model::verb::Verb;

/// sysexits.h: the command was used wrongly.
const USAGE: u8 = 64;
/// sysexits.h: something in the config is wrong.
const CONFIG: u8 = 78;
/// sysexits.h: an internal fault.
const SOFTWARE: u8 = 70;
/// What had to be written or read here could not be, such as on a full disk (sysexits(3), `EX_IOERR`).
const IO: u8 = 74;

/// Parses the arguments and does what they say.
pub fn main() -> ExitCode {
    quiet_threads();
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            // `--help` and `--version` are answers, everything else is wrong usage.
            let code = if error.use_stderr() { USAGE } else { 0 };
            drop(error.print());
            return ExitCode::from(code);
        }
    };
    let result = match args.command {
        None => console::run(&args.fleet, &args.console),
        Some(Subcommand::Demo(demo)) => console::demo(&demo, &args.console),
        Some(Subcommand::Status(status)) => status::run(&args.fleet, &status),
        Some(Subcommand::Doctor(doctor)) => doctor::run(&args.fleet, &doctor),
        Some(Subcommand::Init(init)) => init::run(&args.fleet, &init),
        Some(Subcommand::Events(events)) => events::run(&args.fleet, &events),
        Some(Subcommand::Logs(logs)) => logs::run(&args.fleet, &logs),
        Some(Subcommand::Report(asked)) => report::run(&args.fleet, &asked),
        Some(Subcommand::Check) => check::run(&args.fleet),
        Some(Subcommand::Start(asked)) => act::run(&args.fleet, &asked, Verb::Start, Input::None),
        Some(Subcommand::Stop(asked)) => act::run(&args.fleet, &asked, Verb::Stop, Input::None),
        Some(Subcommand::Restart(asked)) => {
            act::run(&args.fleet, &asked, Verb::Restart, Input::None)
        }
        Some(Subcommand::Reload(asked)) => act::run(&args.fleet, &asked, Verb::Reload, Input::None),
        Some(Subcommand::ResetFailed(asked)) => {
            act::run(&args.fleet, &asked, Verb::ResetFailed, Input::None)
        }
        Some(Subcommand::Enable(asked)) => act::run(&args.fleet, &asked, Verb::Enable, Input::None),
        Some(Subcommand::Disable(asked)) => {
            act::run(&args.fleet, &asked, Verb::Disable, Input::None)
        }
        Some(Subcommand::DaemonReload(asked)) => {
            act::run(&args.fleet, &asked, Verb::DaemonReload, Input::None)
        }
        Some(Subcommand::Run(asked)) => act::run(&args.fleet, &asked, Verb::Run, Input::None),
        Some(Subcommand::Adopt(asked)) => act::run(&args.fleet, &asked, Verb::Adopt, Input::None),
        Some(Subcommand::Kill(asked)) => act::kill(&args.fleet, &asked),
        Some(Subcommand::DropIn(asked)) => act::drop_in(&args.fleet, &asked),
        Some(Subcommand::Deploy(asked)) => act::deploy(&args.fleet, &asked),
        Some(Subcommand::Rollback(asked)) => act::rollback(&args.fleet, &asked),
        Some(Subcommand::Backup(asked)) => {
            act::backup::run(&args.fleet, &asked.act, Verb::Backup, None)
        }
        Some(Subcommand::Restore(asked)) => {
            act::backup::run(&args.fleet, &asked.act, Verb::Restore, asked.from.as_deref())
        }
        Some(Subcommand::Sync(asked)) => act::sync::run(&args.fleet, &asked),
        Some(Subcommand::Drill(asked)) => act::drill::run(&args.fleet, &asked),
        Some(Subcommand::Action(asked)) => act::declared(&args.fleet, &asked),
        Some(Subcommand::Ops(asked)) => ops::run(&args.fleet, &asked),
        Some(Subcommand::Keys) => lists::keys(&args.fleet),
        Some(Subcommand::Themes) => lists::themes(),
        Some(Subcommand::Completions { shell }) => lists::completions(shell),
        Some(Subcommand::Man) => lists::man(),
    };
    match result {
        Ok(code) => ExitCode::from(code),
        Err(Failure { code, message }) => {
            complain(&message);
            ExitCode::from(code)
        }
    }
}

/// A panic of a thread that reads a host becomes that host's fault and a line of our log. Only the
/// main thread's is the program's end, and told as such.
fn quiet_threads() {
    let tell = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if std::thread::current().name() == Some("main") {
            tell(info);
        } else {
            tracing::error!("a fault of ours: {info}");
        }
    }));
}

/// Why a command could not do its work.
struct Failure {
    code: u8,
    message: String,
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        // A closed pipe, as of `| head`, is the reader's wish.
        if error.kind() == std::io::ErrorKind::BrokenPipe {
            return Self { code: 0, message: String::new() };
        }
        Self { code: IO, message: format!("quarterdeck: {error}") }
    }
}

type Outcome = Result<u8, Failure>;

/// Says something on standard error.
fn complain(message: &str) {
    if !message.is_empty() {
        // Nobody is left to be told when this fails.
        drop(writeln!(std::io::stderr(), "{message}"));
    }
}

/// The process's environment, as the parsers want it.
fn env(name: &str) -> Option<std::ffi::OsString> {
    std::env::var_os(name)
}

/// A config that was found and read, or this machine.
struct Asked {
    spec: FleetSpec,
    /// Environments that were not chosen.
    others: Vec<EnvSpec>,
    /// The config's file and all that it includes; none when this machine is shown.
    origin: Option<(PathBuf, Sources)>,
}

/// Reads the config; narrowed to one environment where that is asked.
fn read_config(fleet: &Fleet) -> Result<Asked, Failure> {
    let mut asked = match config::locate(fleet.config.as_deref(), &env) {
        None => Asked { spec: config::this_machine(), others: Vec::new(), origin: None },
        Some(path) => match config::load(&path) {
            Ok(loaded) => Asked {
                spec: loaded.spec,
                others: Vec::new(),
                origin: Some((path, loaded.sources)),
            },
            Err(faults) => {
                let s = if faults.len() == 1 { "" } else { "s" };
                let mut lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
                lines.push(format!("quarterdeck: {} fault{s} in the config", faults.len()));
                let message = lines.join("\n");
                return Err(Failure { code: CONFIG, message });
            }
        },
    };
    if let Some(only) = &fleet.env {
        let known: Vec<String> =
            asked.spec.envs.iter().map(|env| env.name.as_str().to_owned()).collect();
        let is_other = |env: &mut EnvSpec| env.name.as_str() != only;
        asked.others = asked.spec.envs.extract_if(.., is_other).collect();
        if asked.spec.envs.is_empty() {
            return Err(Failure {
                code: USAGE,
                message: format!(
                    "quarterdeck: there is no environment `{}`; there are: {}",
                    crate::model::text::clean(only, 64),
                    known.join(", ")
                ),
            });
        }
    }
    Ok(asked)
}

/// Runs that to its end, on few threads: the work is waiting, and a busy console must leave the machine to
/// others.
fn block_on<F: Future>(work: F) -> std::io::Result<F::Output> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(4)
        .enable_all()
        .build()?;
    let ended = runtime.block_on(work);
    runtime.shutdown_timeout(Duration::from_millis(500));
    Ok(ended)
}

/// Who sits here, for what others read.
fn operator() -> Box<str> {
    let said = |name: &&str| env(name).filter(|user| !user.is_empty());
    let user = ["USER", "LOGNAME"].iter().find_map(said);
    let user = user.map_or_else(account, |user| user.to_string_lossy().into_owned());
    let machine = rustix::system::uname();
    let text = format!("{user}@{}", machine.nodename().to_string_lossy());
    crate::model::text::clean(&text, 100).into()
}

/// The name of our account (passwd(5)), else its number.
fn account() -> String {
    let uid = rustix::process::getuid().as_raw().to_string();
    let table = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let mut users = table.lines().map(|line| line.split(':'));
    let name = users.find_map(|mut fields| {
        let name = fields.next()?;
        (fields.nth(1)? == uid).then(|| name.to_owned())
    });
    name.unwrap_or(uid)
}
