//! Which verbs make sense for an instance as it is known now, and why the others do not. The host is
//! asked again before a plan.

use std::sync::Arc;

use super::action::ActionSpec;
use super::backup::Way;
use super::finding::Subject;
use super::fleet::Fleet;
use super::host::Host;
use super::ids::{EnvName, InstanceId, ServiceName};
use super::instance::Instance;
use super::ports::PortVerdict;
use super::restore::writes_to;
use super::screen::BackupId;
use super::spec::Kind;
use super::sync::SyncSpec;
use super::unit::{ActiveState, LoadState, UnitFacts};
use super::verb::Verb;

/// Verbs that can be chosen, in the order of the menu.
const VERBS: [Verb; 13] = [
    Verb::Restart,
    Verb::Start,
    Verb::Stop,
    Verb::Deploy,
    Verb::Rollback,
    Verb::Reload,
    Verb::Adopt,
    Verb::Run,
    Verb::ResetFailed,
    Verb::Enable,
    Verb::Disable,
    Verb::Kill,
    Verb::DaemonReload,
];

/// What can be done about a backup, in the order of the menu.
pub const OF_BACKUP: [Verb; 2] = [Verb::Backup, Verb::Restore];

/// To which instances something is to be done, beside the one that it was chosen at.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum On {
    /// To that one.
    #[default]
    Here,
    /// To all of its service.
    EveryHost,
    /// To those that were marked, of which it is one.
    Marked(Arc<[InstanceId]>),
}

/// What can be chosen in the menu.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Choice {
    /// A verb.
    Verb(Verb),
    /// Lines of a drop-in by which the doctor would mend it.
    Mend(String),
    /// What the config declares.
    Declared(Arc<ActionSpec>),
    /// Its data is replaced by that of another environment: by that sync, from there.
    Sync(ServiceName, EnvName),
}

/// What the menu has for an instance, in its order: what the doctor advises first; what is declared for its service comes last. To several services only verbs can be done.
pub fn menu(fleet: &Fleet, id: &InstanceId, on: &On) -> Vec<Choice> {
    if let On::Marked(_) = on {
        return VERBS.into_iter().map(Choice::Verb).collect();
    }
    let declared = fleet.actions.iter().filter(|spec| spec.is_for(&id.service));
    let about = Subject::Service(id.service.clone());
    let findings = fleet.host(&id.host).map_or(&[][..], |host| &host.findings);
    let mends = findings
        .iter()
        .filter(|tracked| tracked.open && tracked.finding.key.subject == about)
        .map(|tracked| &tracked.finding.setting)
        .filter(|setting| !setting.is_empty());
    let mends = mends.cloned().map(Choice::Mend);
    let verbs = VERBS.into_iter().map(Choice::Verb);
    let syncs = syncs(fleet, id).filter(|_| *on == On::Here);
    let syncs = syncs.map(|sync| Choice::Sync(sync.name.clone(), sync.from.env.clone()));
    mends.chain(verbs).chain(syncs).chain(declared.cloned().map(Choice::Declared)).collect()
}

/// What of the config replaces data of an instance.
fn syncs<'a>(fleet: &'a Fleet, id: &InstanceId) -> impl Iterator<Item = &'a SyncSpec> {
    let env = fleet.env(&id.host.env);
    let instance = fleet.host(&id.host).and_then(|host| host.instances.get(&id.service));
    let all = env.zip(instance).into_iter().flat_map(|(env, instance)| {
        env.syncs.iter().filter(|sync| writes_to(&id.service, &instance.promises, &sync.replaced()))
    });
    let host = id.host.host.clone();
    all.filter(move |sync| sync.host == host)
}

/// The instances of a service in its environment, of which that is one.
pub fn instances(fleet: &Fleet, id: &InstanceId) -> Vec<InstanceId> {
    let Some(env) = fleet.env(&id.host.env) else { return Vec::new() };
    let has = env.hosts.values().filter(|host| host.instances.contains_key(&id.service));
    has.map(|host| InstanceId { host: host.id(&env.name), service: id.service.clone() }).collect()
}

/// Those to which it is to be done.
pub fn targets(fleet: &Fleet, id: &InstanceId, on: &On) -> Vec<InstanceId> {
    match on {
        On::Here => vec![id.clone()],
        On::EveryHost => instances(fleet, id),
        On::Marked(ids) => ids.to_vec(),
    }
}

/// All instances of these services on these hosts: more than these, maybe.
pub fn product(fleet: &Fleet, ids: &[InstanceId]) -> Vec<InstanceId> {
    let mut all: Vec<InstanceId> = ids.iter().flat_map(|id| instances(fleet, id)).collect();
    all.retain(|one| ids.iter().any(|id| id.host == one.host));
    all.sort();
    all.dedup();
    all
}

/// Why that cannot be done to an instance, or to another one that is meant as well; none where it can.
pub fn refusal(fleet: &Fleet, id: &InstanceId, on: &On, choice: &Choice) -> Option<String> {
    let ids = targets(fleet, id, on);
    if let Some(other) = ids.iter().find(|one| one.host.env != id.host.env) {
        let (one, other) = (&id.host.env, &other.host.env);
        return Some(format!("marked in {one} and in {other}: one at a time"));
    }
    ids.iter().find_map(|one| {
        let host = fleet.host(&one.host);
        let instance = host.and_then(|host| host.instances.get(&one.service));
        let (Some(host), Some(instance)) = (host, instance) else {
            return Some("it is not in the config any more".to_owned());
        };
        let why = match choice {
            Choice::Verb(verb) => reason(*verb, instance, stranger(host, &one.service).is_some())?,
            // Its host says whether it can, when it is looked at.
            Choice::Mend(_) | Choice::Declared(_) | Choice::Sync(..) => return None,
        };
        Some(match on {
            On::Marked(_) => format!("{} on {}: {why}", one.service, one.host.host),
            On::EveryHost if ids.len() > 1 => format!("on {}: {why}", one.host.host),
            On::Here | On::EveryHost => why,
        })
    })
}

/// Why neither is possible; none where a host is to be asked.
pub fn refusal_of_backup(fleet: &Fleet, id: &BackupId, verb: Verb) -> Option<String> {
    let env = fleet.env(&id.host.env);
    let Some(spec) = env.and_then(|env| env.backups.iter().find(|spec| spec.name == id.name))
    else {
        return Some("it is not in the config any more".to_owned());
    };
    if !matches!(spec.way, Way::Files { .. }) {
        return Some(format!("it is made by {}: only `files` are handled here", spec.way.name()));
    }
    (verb == Verb::Restore && spec.title().is_none())
        .then(|| "the config does not say what is backed up (`source`, `database`)".to_owned())
}

/// The process that holds a port of a service in its place.
pub fn stranger(host: &Host, service: &ServiceName) -> Option<u32> {
    let instance = host.instances.get(service)?;
    let sockets = host.ports.value()?;
    let foreign = |port: u16| {
        host.port_briefs
            .iter()
            .any(|brief| brief.port == port && brief.verdict == PortVerdict::ForeignOwner)
    };
    let port = instance.promises.ports.iter().find(|port| foreign(port.port))?;
    let mut holders = sockets
        .list
        .iter()
        .filter(|socket| socket.port == port.port && socket.protocol == port.protocol);
    holders.find_map(|socket| socket.pids.first().copied())
}

fn reason(verb: Verb, instance: &Instance, stranger: bool) -> Option<String> {
    let no = |why: &str| Some(why.to_owned());
    match &instance.kind {
        Kind::Unit(_) => {}
        Kind::Timer(_) => {
            if verb == Verb::Adopt {
                return no("a timer holds no port");
            }
        }
        Kind::Cron(_) => return no("cron's jobs run as cron runs them; edit its table"),
        Kind::Process(_) => return no("it is not managed: nothing would start it again"),
        Kind::Command(_) => return no("a command on demand is no service"),
    }
    if verb == Verb::Run && !matches!(instance.kind, Kind::Timer(_)) {
        return no("only what a timer starts can be run now");
    }
    if verb == Verb::Adopt && !stranger {
        return no("no process that was started by hand stands in its place");
    }
    if matches!(verb, Verb::Deploy | Verb::Rollback) {
        return match (&instance.promises.deploy, &instance.kind) {
            (Some(_), Kind::Unit(_)) => None,
            (Some(_), _) => no("only a unit of systemd is deployed"),
            (None, _) => no("the config does not say how: `deploy = { … }`"),
        };
    }
    let Some(facts) = instance.facts.value() else {
        return no("its state is not known");
    };
    of_unit(verb, facts)
}

fn of_unit(verb: Verb, facts: &UnitFacts) -> Option<String> {
    let no = |why: &str| Some(why.to_owned());
    match facts.load {
        LoadState::Loaded | LoadState::Other => {}
        LoadState::NotFound => return no("there is no such unit on the host"),
        LoadState::Masked => return no("it is masked"),
        LoadState::BadSetting | LoadState::Error => {
            if verb != Verb::DaemonReload {
                return no("systemd cannot load it");
            }
        }
    }
    let is_down = matches!(facts.active, ActiveState::Inactive | ActiveState::Failed);
    match verb {
        Verb::Start if facts.active == ActiveState::Active => no("it runs"),
        Verb::Stop | Verb::Kill if is_down => no("it does not run"),
        Verb::Reload if facts.active != ActiveState::Active => no("it does not run"),
        Verb::ResetFailed if facts.active != ActiveState::Failed && facts.n_restarts == Some(0) => {
            no("it has not failed, and was not restarted")
        }
        Verb::Enable if &*facts.unit_file_state == "enabled" => no("it is enabled"),
        Verb::Disable if &*facts.unit_file_state == "disabled" => no("it is disabled"),
        Verb::Enable | Verb::Disable
            if !matches!(&*facts.unit_file_state, "enabled" | "disabled") =>
        {
            Some(format!("its unit file is {}", facts.unit_file_state))
        }
        _ => None,
    }
}
