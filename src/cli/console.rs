//! The console, on real hosts or simulated ones.

use std::io::{IsTerminal as _, Write as _};
use std::sync::Arc;
use std::time::Duration;

use super::args::{Console, Demo, Fleet};
use super::{Failure, Outcome, USAGE, block_on, env, read_config};
use crate::app::{self, Setup};
use crate::config;
use crate::keymap::Keymap;
use crate::model::Model;
use crate::model::plan::Permits;
use crate::model::severity::Severity;
use crate::model::spec::FleetSpec;
use crate::runtime::clock;
use crate::runtime::simulated;
use crate::runtime::store::{self, Remembered, Store};
use crate::runtime::watch_config::Watched;
use crate::theme::{self, Themes};
use crate::ui::{Chrome, Glyphs};

/// How long the demo says which keys to press.
const WALK: Duration = Duration::from_secs(30);

pub(super) fn run(fleet: &Fleet, console: &Console) -> Outcome {
    let asked = read_config(fleet)?;
    let spec = Arc::new(asked.spec);
    let (path, files) = match asked.origin {
        Some((path, sources)) => (Some(path), sources.files),
        // It may be written while we run.
        None => (config::directory(&env).map(|folder| folder.join("config.toml")), Vec::new()),
    };
    let watched =
        path.map(|path| Watched { path, files, only: fleet.env.clone(), spec: Arc::clone(&spec) });
    open(console, spec, watched, None)
}

/// Where a config would be, for people.
fn place(watched: Option<&Watched>) -> Option<String> {
    let watched = watched.filter(|watched| watched.files.is_empty())?;
    Some(crate::model::text::clean(&watched.path.display().to_string(), 200))
}

pub(super) fn demo(demo: &Demo, console: &Console) -> Outcome {
    if demo.list {
        let mut out = std::io::stdout().lock();
        for scenario in simulated::scenarios() {
            let (doc, walk) = (scenario.doc, scenario.walk);
            writeln!(out, "{:<14} {doc}\n{:<14} {walk}", scenario.name, "")?;
        }
        out.flush()?;
        return Ok(0);
    }
    let default = simulated::scenarios().first().map_or("fleet", |first| first.name);
    let name = demo.scenario.as_deref().unwrap_or(default);
    let fleet = if name == "fleet" {
        simulated::Fleet::generated(&simulated::Size {
            hosts: demo.hosts.clamp(1, 10_000),
            services: demo.services.clamp(1, 200),
            every: Duration::from_secs(demo.every.max(1)),
        })
    } else {
        simulated::Fleet::named(name)
            .map_err(|fault| Failure { code: USAGE, message: format!("quarterdeck: {fault}") })?
    };
    let spec = fleet.spec();
    let walk = simulated::scenarios().iter().find(|scenario| scenario.name == name);
    let walk = walk.map(|scenario| scenario.walk);
    let simulated = Some((Arc::new(fleet), walk));
    open(&demo.console.or(console), Arc::new(spec), None, simulated)
}

fn open(
    console: &Console,
    spec: Arc<FleetSpec>,
    watched: Option<Watched>,
    simulated: Option<(Arc<simulated::Fleet>, Option<&str>)>,
) -> Outcome {
    if !std::io::stdout().is_terminal() || !std::io::stdin().is_terminal() {
        return Err(Failure {
            code: USAGE,
            message: "quarterdeck: the console needs a terminal; `quarterdeck status` does not"
                .to_owned(),
        });
    }
    app::start_log();
    // A simulated fleet's counters are nobody's memory.
    let (store, mut remembered, trouble) =
        if simulated.is_some() { (None, Remembered::default(), None) } else { open_store() };
    let mut model = Model { operator: super::operator(), ..Model::default() };
    model.acting.chance = fastrand::u64(..);
    if console.read_only {
        model.acting.permits = Permits::read_only();
    }
    let screen = &mut model.screen;
    if !console.fresh {
        screen.view = remembered.view.take().unwrap_or_default();
    }
    screen.view.problems_only |= spec.console.problems_only;
    screen.mouse = spec.console.mouse;
    screen.board = console.board;
    screen.config_place = place(watched.as_ref());
    if let Some(place) = &screen.config_place {
        let text = format!("no config found, this machine is shown; {place} names your hosts");
        screen.says(Severity::Info, text, Some(clock::now() + Duration::from_secs(20)));
    }
    let simulated = simulated.map(|(fleet, walk)| {
        if let Some(walk) = walk {
            screen.says(Severity::Info, walk.to_owned(), Some(clock::now() + WALK));
        }
        fleet
    });
    if screen.view.env.as_ref().is_some_and(|env| !spec.envs.iter().any(|e| e.name == *env)) {
        screen.view.env = None;
    }
    let mut notices: Vec<String> = trouble.into_iter().collect();
    let (keymap, faults) = Keymap::new(&spec.keys);
    notices.extend(faults.iter().map(ToString::to_string));
    let themes = themes(&mut notices);
    let wanted = console.theme.clone().or_else(|| screen.view.theme.clone());
    let choice = theme::choose(wanted.as_deref().unwrap_or(&spec.console.theme), &env);
    let theme = match (themes.get(&choice.name), &console.theme) {
        (Some(theme), _) => theme.clone(),
        (None, Some(name)) => {
            let known: Vec<&str> = themes.iter().map(theme::Theme::name).collect();
            let name = crate::model::text::clean(name, 64);
            let message =
                format!("quarterdeck: there is no theme `{name}`; there are: {}", known.join(", "));
            return Err(Failure { code: USAGE, message });
        }
        (None, None) => {
            notices.push(format!("there is no theme `{}`", choice.name));
            let auto = theme::choose("auto", &env).name;
            let Some(theme) = themes.get(&auto) else {
                let message = format!("quarterdeck: the shipped theme `{auto}` is missing");
                return Err(Failure { code: super::SOFTWARE, message });
            };
            theme.clone()
        }
    };
    if let Some(first) = notices.first() {
        screen.says(Severity::Warning, first.clone(), None);
        for notice in &notices {
            tracing::warn!("{notice}");
        }
    }
    let colorless = !choice.color;
    let chrome = Chrome {
        theme: if colorless { theme.without_color() } else { theme },
        glyphs: if console.ascii || spec.console.ascii { Glyphs::Ascii } else { Glyphs::Unicode },
        keymap,
        version: env!("CARGO_PKG_VERSION"),
        utc_offset_secs: jiff::Zoned::now().offset().seconds(),
    };
    let setup =
        Setup { spec, watched, model, remembered, store, simulated, themes, colorless, chrome };
    let ended = block_on(app::run(setup))?;
    let code = ended?;
    Ok(code)
}

fn open_store() -> (Option<Store>, Remembered, Option<String>) {
    let Some(place) = store::place(&env) else {
        let trouble = "no $HOME: counters and the view are not kept".to_owned();
        return (None, Remembered::default(), Some(trouble));
    };
    match Store::open(&place) {
        Ok((store, remembered)) => (Some(store), remembered, None),
        Err(error) => {
            let trouble = format!("counters and the view are not kept: {error}");
            (None, Remembered::default(), Some(trouble))
        }
    }
}

fn themes(notices: &mut Vec<String>) -> Themes {
    let Some(folder) = config::directory(&env).map(|folder| folder.join("themes")) else {
        return Themes::shipped();
    };
    let (themes, faults) = theme::load_dir(&folder);
    notices.extend(faults.iter().map(config::ConfigFault::headline));
    themes
}
