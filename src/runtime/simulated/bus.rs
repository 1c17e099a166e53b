//! systemd's bus of a simulated host.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::properties;
use super::scenario::State;
use super::site::{Site, sleep_until};
use crate::model::fault::{Fault, FaultKind};
use crate::model::ids::UnitName;
use crate::model::unit::UnitFacts;
use crate::probe::properties::NAMES;
use crate::runtime::transport::{Future, UnitBus};

/// As long as the real one waits for an answer.
const DEADLINE: Duration = Duration::from_secs(5);

/// The bus of one host.
pub(super) struct Bus {
    site: Arc<Site>,
    watched: Mutex<Watched>,
}

struct Watched {
    units: Vec<UnitName>,
    all: bool,
    /// Until when changes have been told.
    told: i64,
}

impl Bus {
    pub(super) fn new(site: Arc<Site>) -> Self {
        let told = site.now();
        Self { site, watched: Mutex::new(Watched { units: Vec::new(), all: false, told }) }
    }

    fn watched(&self) -> std::sync::MutexGuard<'_, Watched> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What changed since it was told last, and when something changes next.
    fn look(&self) -> (BTreeSet<UnitName>, Option<i64>) {
        let now = self.site.now();
        let mut watched = self.watched();
        let mut changed = BTreeSet::new();
        let mut next: Option<i64> = None;
        for service in self.site.services.iter() {
            if !watched.all && !watched.units.contains(&service.unit) {
                continue;
            }
            let restarted = self.site.acts.restarted(service.unit.as_str(), i64::MAX);
            let of_hand = restarted.filter(|at| *at > watched.told);
            let of_life = service.life.next_change(self.site.seed_of(service), watched.told);
            match of_life.into_iter().chain(of_hand).min() {
                Some(at) if at <= now => {
                    changed.insert(service.unit.clone());
                }
                Some(at) => next = Some(next.map_or(at, |next| next.min(at))),
                None => {}
            }
        }
        if !changed.is_empty() {
            watched.told = now;
        }
        (changed, next)
    }

    async fn answer(&self, method: &str) -> Result<(), Fault> {
        if self.site.state(self.site.now()) != State::Silent {
            return Ok(());
        }
        tokio::time::sleep(DEADLINE).await;
        Err(Fault::new(
            FaultKind::TimedOut,
            format!("ask systemd for {method} on its bus"),
            format!("no answer within {} s", DEADLINE.as_secs()),
        ))
    }
}

impl UnitBus for Bus {
    fn watch(&self, units: &[UnitName], all: bool) {
        let told = self.site.now();
        *self.watched() = Watched { units: units.to_vec(), all, told };
    }

    fn read<'a>(
        &'a self,
        units: &'a [UnitName],
    ) -> Future<'a, Result<Vec<(UnitName, UnitFacts)>, Fault>> {
        Box::pin(async move {
            self.answer("GetAll").await?;
            let now = self.site.now();
            let read = units.iter().map(|unit| {
                let properties = properties::typed(&self.site, unit.as_str(), now, NAMES);
                (unit.clone(), properties.facts())
            });
            Ok(read.collect())
        })
    }

    fn services(&self) -> Future<'_, Result<Vec<UnitName>, Fault>> {
        Box::pin(async move {
            self.answer("ListUnits").await?;
            let now = self.site.now();
            let up = self.site.services.iter().filter(|service| {
                let moment = self.site.moment(service, now);
                moment.active != "inactive" && service.unit.as_str().ends_with(".service")
            });
            Ok(up.map(|service| service.unit.clone()).collect())
        })
    }

    fn changed(&self) -> Future<'_, Result<BTreeSet<UnitName>, Fault>> {
        Box::pin(async move {
            loop {
                // Before it looks, or a restart in between would be missed.
                let restarted = self.site.acts.wake.notified();
                let (changed, next) = self.look();
                if self.site.state(self.site.now()) == State::Silent {
                    return std::future::pending().await;
                }
                if !changed.is_empty() {
                    return Ok(changed);
                }
                let next = async {
                    match next {
                        Some(at) => sleep_until(&self.site, at).await,
                        None => std::future::pending().await,
                    }
                };
                tokio::select! {
                    () = next => {}
                    () = restarted => {}
                }
            }
        })
    }

    fn ping(&self) -> Future<'_, Result<(), Fault>> {
        Box::pin(self.answer("Ping"))
    }
}
