use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use super::{Ground, Tails};
use crate::model::fault::Fault;
use crate::model::host::HostFacts;
use crate::model::ids::{HostId, UnitName};
use crate::model::log::{Batch, Fetch, FetchFrom, Mark, Origin, Stream, Tail, TailId, TailState};
use crate::model::spec::{Reach, Sudo};
use crate::msg::Msg;
use crate::runtime::simulated::Fleet;
use crate::runtime::transport::Transport;

async fn next(logs: &mut mpsc::Receiver<Msg>, id: TailId) -> Stream {
    loop {
        let next = tokio::time::timeout(Duration::from_secs(10), logs.recv()).await;
        match next.unwrap().unwrap() {
            Msg::Log(of, Stream::State(_)) if of == id => {}
            Msg::Log(of, stream) if of == id => return stream,
            _ => {}
        }
    }
}

fn texts(batches: &[Batch]) -> Vec<String> {
    let lines = batches.iter().flat_map(|batch| {
        (0..batch.lines.len()).map(|n| String::from_utf8_lossy(batch.text_of(n)).into_owned())
    });
    lines.collect()
}

/// A simulated host with a unit.
fn simulated() -> (HostId, UnitName, Box<dyn Transport>) {
    let fleet = Fleet::named("crash-loop").unwrap();
    let spec = fleet.spec();
    let (env, service, unit) = spec
        .envs
        .iter()
        .flat_map(|env| env.services.iter().map(move |service| (env, service)))
        .find_map(|(env, service)| Some((env, service, service.kind.unit()?.clone())))
        .unwrap();
    let host = env.hosts.iter().find(|host| host.name == service.hosts[0]).unwrap();
    let Reach::Simulated(name) = &host.reach else { panic!("{:?}", host.reach) };
    let transport = fleet.host(name).unwrap();
    (HostId { env: env.name.clone(), host: host.name.clone() }, unit, Box::new(transport))
}

type Told = (watch::Sender<Option<HostFacts>>, watch::Sender<Vec<UnitName>>);

/// A host whose journal may be read, and what would tell more of it.
fn ground(transport: &dyn Transport) -> (Ground<'_>, Told) {
    let known = HostFacts { journal: true, ..HostFacts::default() };
    let (told, facts) = watch::channel(Some(known));
    let (stirs, stirred) = watch::channel(Vec::new());
    let sudo = Sudo::Auto;
    let ground = Ground {
        transport,
        is_local: false,
        is_alone: false,
        is_eager: false,
        sudo,
        facts,
        stirred,
    };
    (ground, (told, stirs))
}

/// The demo's hosts answer what real ones do, and pages join without a seam.
#[tokio::test]
async fn pages_of_a_simulated_journal_join_and_it_goes_on() {
    let (host, unit, transport) = simulated();
    let (ground, _told) = ground(&*transport);
    let (sender, mut logs) = mpsc::channel(super::QUEUE);
    let tails = Arc::new(Tails::new(sender));
    let origin = Origin::Journal(unit);
    let asked = async {
        let mut found = Vec::new();
        for (n, from) in [(1, FetchFrom::Last(40)), (2, FetchFrom::Last(20))] {
            let (tail, host, origin) = (TailId(n), host.clone(), origin.clone());
            tails.fetch(Fetch { tail, host, origin, from, lines: 40, bytes: u32::MAX });
            let Stream::Fetched { batches, first, .. } = next(&mut logs, TailId(n)).await else {
                panic!("it failed")
            };
            found.push((texts(&batches), first));
        }
        let (mut newer, first) = found.pop().unwrap();
        let (all, _) = found.pop().unwrap();
        let (from, bytes) = (FetchFrom::Before(first.unwrap()), u32::MAX);
        let (id, origin_again) = (TailId(3), origin.clone());
        tails.fetch(Fetch {
            tail: id,
            host: host.clone(),
            origin: origin_again,
            from,
            lines: 20,
            bytes,
        });
        let Stream::Fetched { batches, .. } = next(&mut logs, id).await else { panic!("failed") };
        let mut joined = texts(&batches);
        joined.append(&mut newer);
        assert_eq!(joined.len(), 40);
        assert_eq!(joined, all);
        let from = FetchFrom::Last(5);
        tails.add(Tail { id: TailId(4), host, origin, from });
        let Stream::Newer { batch, last, .. } = next(&mut logs, TailId(4)).await else {
            panic!("no lines")
        };
        assert!(batch.lines.len() >= 5);
        assert!(matches!(last, Some(Mark::Cursor(..))));
    };
    tokio::select! {
        fault = tails.run(&ground) => panic!("{fault}"),
        () = asked => {}
    }
}

/// A server lets us have few channels: one tail too many says so, and gets in when another is let
/// go.
#[tokio::test]
async fn a_tail_too_many_waits_with_its_reason_and_gets_in() {
    let (host, unit, transport) = simulated();
    let (ground, _told) = ground(&*transport);
    let (sender, mut logs) = mpsc::channel(super::QUEUE);
    let tails = Tails::new(sender);
    let many = u32::try_from(ground.channels()).unwrap();
    let (unit, host) = (&unit, &host);
    let add = |id| {
        let (host, origin) = (host.clone(), Origin::Journal(unit.clone()));
        tails.add(Tail { id: TailId(id), host, origin, from: FetchFrom::Last(1) });
    };
    let asked = async {
        for id in 0..many {
            add(id);
            assert_eq!(settled(&mut logs, TailId(id)).await, Ok(()));
        }
        add(many);
        let fault = settled(&mut logs, TailId(many)).await.unwrap_err();
        assert!(fault.to_string().contains("as its ssh server lets us at one time"), "{fault}");
        tails.remove(TailId(1));
        assert_eq!(settled(&mut logs, TailId(many)).await, Ok(()));
    };
    tokio::select! {
        fault = tails.run(&ground) => panic!("{fault}"),
        () = asked => {}
    }
}

/// Whether a tail follows now, or why it waits.
async fn settled(logs: &mut mpsc::Receiver<Msg>, id: TailId) -> Result<(), Fault> {
    loop {
        let next = tokio::time::timeout(Duration::from_secs(10), logs.recv()).await;
        match next.unwrap().unwrap() {
            Msg::Log(of, Stream::State(TailState::Following)) if of == id => return Ok(()),
            Msg::Log(of, Stream::State(TailState::Waiting(fault))) if of == id => {
                return Err(fault);
            }
            _ => {}
        }
    }
}
