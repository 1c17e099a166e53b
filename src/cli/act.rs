//! What acts, without a screen: plan, confirm, run. The same reducers as the console's.

pub(super) mod backup;
mod deploy;
pub(super) mod drill;
mod json;
mod page;
mod session;
pub(super) mod sync;
mod tell;

use std::collections::BTreeSet;
use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::sync::Arc;
use std::time::Duration;

use jiff::fmt::friendly::SpanParser;

pub(super) use self::deploy::{deploy, rollback};
pub(super) use self::session::Session;
use super::args::{Act, Declared, DropIn, Fleet, How, Kill};
use super::{Failure, Outcome, USAGE, block_on, read_config};
use crate::model::deploy::Preflight;
use crate::model::ids::{EnvName, HostName, ServiceName};
use crate::model::operation;
use crate::model::plan::{Confirmation, Input, Intent, Plan, Policy, Share, Wish};
use crate::model::spec::{EnvSpec, FleetSpec, HostSpec, ServiceSpec, Tier};
use crate::model::text::clean;
use crate::model::verb::{Signal, Verb};

/// `EX_TEMPFAIL` of sysexits.h.
const TAKEN: u8 = 75;

pub(super) fn kill(fleet: &Fleet, asked: &Kill) -> Outcome {
    let name = asked.signal.to_ascii_uppercase();
    let name = name.strip_prefix("SIG").unwrap_or(&name);
    let Some(signal) = Signal::from_name(name) else {
        let known: Vec<&str> = Signal::ALL.iter().map(|signal| signal.name()).collect();
        let name = clean(&asked.signal, 32);
        return Err(usage(format!("there is no signal `{name}`; there are: {}", known.join(", "))));
    };
    run(fleet, &asked.act, Verb::Kill, Input::Signal(signal))
}

pub(super) fn drop_in(fleet: &Fleet, asked: &DropIn) -> Outcome {
    let mut text = "[Service]\n".to_owned();
    for line in &asked.set {
        let name = line.split_once('=').map(|(name, _)| name);
        let good = name.is_some_and(|name| {
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric())
        });
        if !good || line.contains(['\n', '\r']) {
            let line = clean(line, 80);
            return Err(usage(format!("`{line}` is no setting: it has to be NAME=VALUE")));
        }
        text.push_str(line);
        text.push('\n');
    }
    run(fleet, &asked.act, Verb::DropIn, Input::DropIn(text))
}

pub(super) fn declared(fleet: &Fleet, asked: &Declared) -> Outcome {
    let config = read_config(fleet)?;
    let actions = &config.spec.actions;
    let Some(spec) = actions.iter().find(|spec| *spec.name == *asked.name) else {
        let known: Vec<&str> = actions.iter().map(|spec| &*spec.name).collect();
        let name = clean(&asked.name, 64);
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        return Err(usage(format!("the config declares no action `{name}`; it has: {known}")));
    };
    let mut given = Vec::new();
    for text in &asked.input {
        let Some((name, value)) = text.split_once('=') else {
            return Err(usage(format!("`{}` is not NAME=VALUE", clean(text, 64))));
        };
        given.push((name.to_owned(), value.to_owned()));
    }
    let values = spec.values(&given).map_err(usage)?;
    run(fleet, &asked.act, Verb::Action, Input::Action(Arc::clone(spec), values))
}

pub(super) fn run(fleet: &Fleet, asked: &Act, verb: Verb, input: Input) -> Outcome {
    run_without(fleet, asked, verb, input, Vec::new())
}

fn run_without(
    fleet: &Fleet,
    asked: &Act,
    verb: Verb,
    input: Input,
    skip: Vec<Preflight>,
) -> Outcome {
    let config = read_config(fleet)?;
    let (env, services) = choose(&config.spec, &asked.services, &asked.host)?;
    let hosts = asked.host.iter().map(HostName::new).collect();
    let mut intent = Intent {
        input,
        rollout: rollout(asked)?,
        skip,
        undrained: asked.no_drain,
        ..Intent::of(verb, env, services, hosts)
    };
    intent.soak = asked.soak.as_deref().map(|text| span("--soak", text)).transpose()?;
    let mut spec = config.spec;
    spec.envs.extend(config.others);
    let wish = Asked { plan: asked.plan, confirm: asked.confirm.as_deref(), json: asked.json };
    let beside = rehearsing(&spec, &intent, wish);
    let spec = narrow(spec, &intent, &beside);
    let timeout = Duration::from_secs(asked.timeout.clamp(1, 86_400));
    block_on(go(&spec, intent, beside, wish, timeout))?
}

/// What is done with a plan.
#[derive(Clone, Copy)]
struct Asked<'a> {
    plan: bool,
    confirm: Option<&'a str>,
    json: bool,
}

impl<'a> From<&'a How> for Asked<'a> {
    fn from(how: &'a How) -> Self {
        Self { plan: how.plan, confirm: how.confirm.as_deref(), json: how.json }
    }
}

/// Whether a plan of it rests on more than its hosts' looks.
fn rests_on_more(spec: &FleetSpec, verb: Verb) -> bool {
    let asks_more = |service: &ServiceSpec| {
        let deploy = service.promises.deploy.as_deref();
        deploy.is_some_and(|deploy| deploy.after.is_some() || deploy.backup.is_some())
    };
    verb == Verb::Adopt
        || (verb == Verb::Deploy && spec.envs.iter().any(|env| env.services.iter().any(asks_more)))
}

/// Makes the plan and runs it. Of environments `beside` nothing is wanted but what they have rehearsed.
async fn go(
    spec: &FleetSpec,
    intent: Intent,
    beside: BTreeSet<EnvName>,
    asked: Asked<'_>,
    timeout: Duration,
) -> Outcome {
    let mut session = Session::open(spec, !rests_on_more(spec, intent.verb), beside)?;
    let made = session.plan(intent, timeout).await;
    let plan = match made {
        Ok(plan) => plan,
        Err(refusals) => {
            let taken = refusals.iter().any(|refusal| refusal.taken);
            for refusal in &refusals {
                super::complain(&format!("quarterdeck: {}", refusal.text));
            }
            session.close();
            return Ok(if taken { TAKEN } else { 1 });
        }
    };
    if asked.plan {
        let text = if asked.json { json::plan(&plan) } else { page::plan(&plan) };
        std::io::stdout().lock().write_all(text.as_bytes())?;
        session.close();
        return Ok(0);
    }
    let how = match asked.confirm {
        Some(hash) => Some(Confirmation::Hash(hash.to_owned())),
        None => ask(&plan)?,
    };
    let Some(how) = how else {
        session.close();
        super::complain("quarterdeck: not confirmed; nothing was changed");
        return Ok(1);
    };
    let id = match session.confirm(&plan, &how) {
        Ok(id) => id,
        Err(why) => {
            session.close();
            super::complain(&format!("quarterdeck: {why}"));
            let stale = matches!(how, Confirmation::Hash(_));
            return Ok(if stale { TAKEN } else { 1 });
        }
    };
    let ended = session.follow(&id, timeout, !asked.json).await;
    let operation = session.operation(&id).cloned();
    let back = session.back_of(&id).cloned();
    session.close();
    let Some(operation) = operation else { return Ok(operation::Outcome::Unknown.exit_code()) };
    let text = if asked.json {
        json::operation(&operation, back.as_ref())
    } else {
        let back = back.as_ref().map(|back| format!("\n{}", page::operation(back)));
        page::operation(&operation) + &back.unwrap_or_default()
    };
    std::io::stdout().lock().write_all(text.as_bytes())?;
    Ok(ended.exit_code())
}

/// Shows the plan and asks for it; none is that it was not confirmed.
fn ask(plan: &Plan) -> Result<Option<Confirmation>, Failure> {
    let text = page::plan(plan) + &page::recap(plan);
    confirmed(&text, plan.is_typed().then(|| plan.phrase()), plan.hash())
}

/// Shows that and asks for it, by a phrase where there is one; none is that it was not confirmed.
fn confirmed(
    text: &str,
    phrase: Option<&str>,
    hash: &str,
) -> Result<Option<Confirmation>, Failure> {
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return Err(usage(format!(
            "there is no terminal to confirm it: look with --plan, then run it with --confirm {hash}"
        )));
    }
    let mut err = std::io::stderr().lock();
    err.write_all(text.as_bytes())?;
    match phrase {
        Some(phrase) => write!(err, "\nType `{phrase}` to run it: ")?,
        None => write!(err, "\nRun it? [y/N] ")?,
    }
    err.flush()?;
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    let said = line.trim();
    Ok(match phrase {
        Some(_) if said.is_empty() => None,
        Some(_) => Some(Confirmation::Typed(said.to_owned())),
        None => matches!(said, "y" | "Y" | "yes").then_some(Confirmation::Key),
    })
}

fn usage(message: impl std::fmt::Display) -> Failure {
    Failure { code: USAGE, message: format!("quarterdeck: {message}") }
}

fn span(what: &str, text: &str) -> Result<Duration, Failure> {
    SpanParser::new().parse_unsigned_duration(text).map_err(|_| {
        usage(format!("{what}: `{}` is no span of time, such as `30s` or `2m`", clean(text, 32)))
    })
}

fn policy(text: &str) -> Result<Policy, Failure> {
    Policy::parse(text).ok_or_else(|| {
        let names: Vec<&str> = Policy::ALL.iter().map(|one| one.name()).collect();
        usage(format!("--on-fail: `{}` is none of {}", clean(text, 32), names.join(", ")))
    })
}

fn rollout(asked: &Act) -> Result<Wish, Failure> {
    let share = |what: &str, text: &Option<String>, zero: bool| match text.as_deref() {
        None => Ok(None),
        Some("0") if zero => Ok(Some(Share::Number(0))),
        Some(text) => Share::parse(text).map(Some).ok_or_else(|| {
            usage(format!("{what}: `{}` is neither a number nor a share", clean(text, 32)))
        }),
    };
    Ok(Wish {
        canary: asked.canary,
        batch: share("--batch", &asked.batch, false)?,
        max_failures: asked.max_failures,
        wait: asked.wait.as_deref().map(|text| span("--wait", text)).transpose()?,
        min_available: share("--min-available", &asked.min_available, true)?,
        on_fail: asked.on_fail.as_deref().map(policy).transpose()?,
    })
}

/// The one environment that has all these services and hosts.
fn choose(
    spec: &FleetSpec,
    asked: &[String],
    on: &[String],
) -> Result<(EnvName, Vec<ServiceName>), Failure> {
    if asked.is_empty() {
        return Err(usage("name at least one service of the config"));
    }
    let mut services: Vec<ServiceName> = Vec::new();
    for name in asked.iter().map(ServiceName::new) {
        if !services.contains(&name) {
            services.push(name);
        }
    }
    for name in &services {
        if !spec.envs.iter().any(|env| env.services.iter().any(|service| service.name == *name)) {
            let mut known: Vec<&str> = spec
                .envs
                .iter()
                .flat_map(|env| env.services.iter().map(|service| service.name.as_str()))
                .collect();
            known.sort_unstable();
            known.dedup();
            let name = clean(name.as_str(), 64);
            return Err(usage(format!(
                "there is no service `{name}`; there are: {}",
                known.join(", ")
            )));
        }
    }
    let fits: Vec<_> = spec
        .envs
        .iter()
        .filter(|env| {
            services.iter().all(|name| env.services.iter().any(|service| service.name == *name))
                && on.iter().all(|name| env.hosts.iter().any(|h| h.name.as_str() == name))
        })
        .collect();
    let runs = |env: &&&EnvSpec| {
        let mut there = env.services.iter().filter(|one| services.contains(&one.name));
        on.is_empty()
            || there.any(|one| one.hosts.iter().any(|h| on.iter().any(|a| a == h.as_str())))
    };
    if !fits.is_empty() && !fits.iter().any(|env| runs(&env)) {
        return Err(usage(format!(
            "{} does not run on {}",
            clean(&asked.join(", "), 200),
            clean(&on.join(", "), 200)
        )));
    }
    match fits.as_slice() {
        [env] => Ok((env.name.clone(), services)),
        [] => Err(usage("no environment has all of these services and hosts")),
        several => Err(choose_env("have it", several)),
    }
}

/// That an environment has to be named.
fn choose_env(what: &str, several: &[&EnvSpec]) -> Failure {
    let names: Vec<&str> = several.iter().map(|env| env.name.as_str()).collect();
    usage(format!("several environments {what}: {}; choose one with --env", names.join(", ")))
}

/// Environments that may have rehearsed what is wanted of production. Whoever confirms a hash has read of it.
fn rehearsing(spec: &FleetSpec, intent: &Intent, asked: Asked<'_>) -> BTreeSet<EnvName> {
    let of = |one: &&EnvSpec| one.name == intent.env && one.tier == Tier::Production;
    let goes = matches!(intent.verb, Verb::Deploy | Verb::Rollback | Verb::Restore);
    if !goes || asked.confirm.is_some() || !spec.envs.iter().any(|one| of(&one)) {
        return BTreeSet::new();
    }
    // Which come before are read to their end in any case.
    let own = spec.envs.iter().filter(of).flat_map(|one| &one.services);
    let deploys = intent.verb == Verb::Deploy;
    let own = own.filter(|service| deploys && intent.services.contains(&service.name));
    let own: Vec<_> = own.filter_map(|service| service.promises.deploy.as_deref()).collect();
    let before = |one: &EnvSpec| own.iter().any(|deploy| deploy.rests_on(&one.name));
    let has = |one: &&EnvSpec| {
        let mut names = one.services.iter().map(|service| service.name.as_str());
        let mut backups = one.backups.iter().map(|backup| backup.name.as_str());
        one.tier != Tier::Production
            && !before(one)
            && intent.services.iter().any(|wanted| match intent.verb {
                Verb::Restore => backups.any(|name| name == wanted.as_str()),
                _ => names.any(|name| name == wanted.as_str()),
            })
    };
    spec.envs.iter().filter(has).map(|one| one.name.clone()).collect()
}

/// Only what is acted on, and hosts whose instances are counted: no other host is connected.
fn narrow(mut spec: FleetSpec, intent: &Intent, beside: &BTreeSet<EnvName>) -> FleetSpec {
    let deploys = |one: &EnvSpec| -> Vec<_> {
        let asked = one.services.iter().filter(|service| intent.services.contains(&service.name));
        asked.filter_map(|service| service.promises.deploy.clone()).collect()
    };
    let own = spec.envs.iter().find(|one| one.name == intent.env).map(deploys).unwrap_or_default();
    let own = if intent.verb == Verb::Deploy { own } else { Vec::new() };
    let before = |one: &EnvSpec| own.iter().any(|deploy| deploy.rests_on(&one.name));
    spec.envs.retain(|one| one.name == intent.env || before(one) || beside.contains(&one.name));
    for one in &mut spec.envs {
        let here = one.name == intent.env;
        let mut backups = one.backups.to_vec();
        backups.retain(|backup| {
            here && own.iter().any(|deploy| deploy.backup.as_ref() == Some(&backup.name))
        });
        one.backups = Arc::from(backups);
        let backed: Vec<_> = one.backups.iter().map(|backup| backup.host.clone()).collect();
        one.services.retain(|service| intent.services.contains(&service.name));
        for service in &mut one.services {
            let wish = intent.rollout.or(service.promises.rollout);
            let counted = intent.interrupts() && wish.min_available.is_some();
            let all = counted || !here || intent.hosts.is_empty();
            service.hosts.retain(|name| all || intent.hosts.contains(name));
        }
        let sends = |service: &ServiceSpec, name: &HostName| {
            intent.drains() && service.promises.drains.iter().any(|drain| drain.host == *name)
        };
        let runs = |host: &HostSpec| {
            one.services.iter().any(|s| s.hosts.contains(&host.name) || sends(s, &host.name))
                || backed.contains(&host.name)
        };
        one.hosts.retain(runs);
    }
    spec
}
