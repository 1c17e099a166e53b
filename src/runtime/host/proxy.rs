//! A host's reverse proxy: its processes and whom it reaches twice a minute, its configuration
//! when its files have changed.

use std::collections::BTreeSet;
use std::time::Duration;

use super::serve::Shared;
use crate::model::fault::Fault;
use crate::model::host::Part;
use crate::model::proxy::{ProxyFacts, Reached, Target};
use crate::msg::HostEvent;
use crate::probe::nginx::{marks, parse_config, parse_reached, parse_state};
use crate::runtime::transport::Transport;

/// Between two looks.
const PACE: Duration = crate::model::proxy::PACE;
/// The configuration is read again after so many looks, also when nothing seems to have changed.
const LOOKS: u32 = 20;
/// For one question.
const DEADLINE: Duration = Duration::from_secs(30);
/// As many addresses are tried at once.
const TRIED: usize = 64;

/// Looks until the connection is gone.
pub(super) async fn run(transport: &dyn Transport, shared: &Shared) -> Fault {
    let mut known = shared.facts.subscribe();
    if known.wait_for(Option::is_some).await.is_err() {
        return std::future::pending().await;
    }
    let mut asked_now = shared.now.subscribe();
    let mut listening = shared.listening.subscribe();
    let mut before = Before::default();
    loop {
        let looked = look(transport, shared, &mut before).await;
        let event = HostEvent::Proxy(looked.map(|()| Box::new(before.facts.clone())));
        shared.reporter.say(event).await;
        shared.reporter.say(HostEvent::Part(Part::Proxy)).await;
        tokio::select! {
            () = tokio::time::sleep(PACE) => {}
            _ = asked_now.changed() => {
                before.age = LOOKS;
                before.elevated = None;
            }
        }
        // Who was not there listens since when he is.
        if listening.has_changed().unwrap_or(false) {
            listening.mark_unchanged();
            before.stirred = before.facts.master.is_none();
        }
    }
}

/// What the look before saw.
#[derive(Default)]
struct Before {
    facts: ProxyFacts,
    marks: Vec<String>,
    age: u32,
    /// Others listen than before, and no proxy was there.
    stirred: bool,
    /// For how many looks more, which sockets, and what root was told of them.
    elevated: Option<Elevated>,
}

/// What root was told of sockets.
struct Elevated {
    /// For so many looks more.
    left: u32,
    asked: BTreeSet<Target>,
    reached: Vec<(Target, Reached)>,
}

async fn look(
    transport: &dyn Transport,
    shared: &Shared,
    before: &mut Before,
) -> Result<(), Fault> {
    // Not the line of the ports: these questions may take their time.
    let line = &shared.patient;
    before.age += 1;
    let whole = before.age > LOOKS
        || before.facts.addresses.is_empty()
        || std::mem::take(&mut before.stirred);
    let state = line
        .ask(
            transport,
            &asked(&before.facts, whole).iter().map(String::as_str).collect::<Vec<_>>(),
            DEADLINE,
        )
        .await?;
    parse_state(&state.text, &mut before.facts);
    if !before.facts.present {
        before.facts = ProxyFacts {
            addresses: std::mem::take(&mut before.facts.addresses),
            ..ProxyFacts::default()
        };
        before.marks.clear();
        before.age = if whole { 0 } else { before.age };
        return Ok(());
    }
    let unread = before.facts.files.is_empty();
    if unread || before.age > LOOKS || before.marks != marks(&state.text) {
        let runs = if before.facts.master.is_some() { "1" } else { "0" };
        let argv = ["qd_nginx_conf", shared.root(), runs];
        let answer = line.ask(transport, &argv, DEADLINE).await?;
        parse_config(&answer.text, &mut before.facts);
        before.age = 0;
        // The times of files of which we have just heard.
        let argv = asked(&before.facts, false);
        let argv: Vec<&str> = argv.iter().map(String::as_str).collect();
        let state = line.ask(transport, &argv, DEADLINE).await?;
        parse_state(&state.text, &mut before.facts);
        before.marks = marks(&state.text).into_iter().map(str::to_owned).collect();
    }
    let mut argv = vec!["qd_reach".to_owned()];
    for target in before.facts.targets().into_iter().take(TRIED) {
        match target {
            Target::Tcp(host, port) => {
                let side = if before.facts.is_own(host) { "local" } else { "remote" };
                argv.extend([side.to_owned(), host.to_string(), port.to_string()]);
            }
            Target::Unix(path) if path.starts_with('/') => {
                argv.extend(["unix".to_owned(), path.to_string(), "-".to_owned()]);
            }
            Target::Unix(_) | Target::Unknown(_) => {}
        }
    }
    before.facts.reached.clear();
    if argv.len() > 1 {
        let argv: Vec<&str> = argv.iter().map(String::as_str).collect();
        let answer = line.ask(transport, &argv, DEADLINE).await?;
        before.facts.reached.extend(parse_reached(&answer.text));
        elevate(transport, shared, before).await?;
    }
    Ok(())
}

/// Sockets that only root may try. What came of it holds for a while, since each time is a line in the
/// host's log of authentications.
async fn elevate(
    transport: &dyn Transport,
    shared: &Shared,
    before: &mut Before,
) -> Result<(), Fault> {
    let unseen = |reached: &Reached| matches!(reached, Reached::Unknown(_));
    let all = before.facts.reached.iter().filter(|(_, reached)| unseen(reached));
    let sockets: BTreeSet<Target> =
        all.map(|(target, _)| target.clone()).filter(|t| matches!(t, Target::Unix(_))).collect();
    if sockets.is_empty() || shared.root() != "sudo" {
        before.elevated = None;
        return Ok(());
    }
    let held = before.elevated.as_ref().is_some_and(|told| told.left > 0 && told.asked == sockets);
    if !held {
        let mut argv = vec!["qd_reach"];
        for target in &sockets {
            if let Target::Unix(path) = target {
                argv.extend(["root", &**path, "-"]);
            }
        }
        let answer = shared.patient.ask(transport, &argv, DEADLINE).await?;
        let reached = parse_reached(&answer.text);
        before.elevated = Some(Elevated { left: LOOKS, asked: sockets, reached });
    }
    if let Some(told) = &mut before.elevated {
        told.left = told.left.saturating_sub(1);
        before.facts.reached.extend(told.reached.iter().cloned());
    }
    Ok(())
}

/// The question for the state: with the files that are known and the directories where others may
/// come to lie.
fn asked(facts: &ProxyFacts, whole: bool) -> Vec<String> {
    let master = facts.master.map_or_else(|| "-".to_owned(), |master| master.to_string());
    let mut argv = vec!["qd_nginx".to_owned(), if whole { "1" } else { "0" }.to_owned(), master];
    let mut folders: Vec<&str> = facts
        .files
        .iter()
        .filter_map(|file| file.path.rsplit_once('/'))
        .map(|(folder, _)| folder)
        .chain((!facts.files.is_empty()).then_some("/etc/nginx/conf.d"))
        .chain((!facts.files.is_empty()).then_some("/etc/nginx/sites-enabled"))
        .collect();
    folders.sort_unstable();
    folders.dedup();
    argv.extend(facts.files.iter().map(|file| file.path.to_string()));
    argv.extend(folders.into_iter().filter(|folder| !folder.is_empty()).map(str::to_owned));
    argv
}
