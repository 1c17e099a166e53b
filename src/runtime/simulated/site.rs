//! A simulated host and what is on it.

use std::sync::Arc;
use std::time::Duration;

use super::acts::Acts;
use super::life::Moment;
use super::noise;
use super::scenario::{Course, HostPart, LifePart, ServicePart, State};
use crate::model::fault::Fault;
use crate::model::ids::UnitName;
use crate::model::time::Timestamp;
use crate::runtime::clock;
use crate::runtime::ssh::classify::classify;

/// A unit of a host.
#[derive(Debug)]
pub(super) struct Service {
    pub(super) unit: UnitName,
    pub(super) part: Arc<ServicePart>,
    pub(super) life: LifePart,
}

/// A host.
#[derive(Debug)]
pub(super) struct Site {
    pub(super) name: String,
    pub(super) seed: u64,
    pub(super) began: Timestamp,
    pub(super) part: Arc<HostPart>,
    /// Hosts that are made by number share theirs.
    pub(super) services: Arc<[Service]>,
    /// What was done to it.
    pub(super) acts: Acts,
}

impl Site {
    /// Microseconds since the fleet was loaded.
    pub(super) fn now(&self) -> i64 {
        clock::now().as_micros() - self.began.as_micros()
    }

    /// Its own wall clock.
    pub(super) fn wall(&self, t: i64) -> i64 {
        self.began.as_micros() + t + self.part.ahead
    }

    /// Its `CLOCK_MONOTONIC`; what was before it booted was at its first moment.
    pub(super) fn monotonic(&self, t: i64) -> u64 {
        u64::try_from(t + self.part.up).unwrap_or(0).max(1)
    }

    /// What a service's course is made of, besides its life.
    pub(super) fn seed_of(&self, service: &Service) -> u64 {
        noise::draw(self.seed, noise::seed(&[service.unit.as_str()]).cast_signed())
    }

    /// How a service stands at `t`: what runs is another run since somebody restarted it.
    pub(super) fn moment(&self, service: &Service, t: i64) -> Moment {
        let seed = self.seed_of(service);
        match self.acts.restarted(service.unit.as_str(), t) {
            Some(at) if service.life.course(t) == Course::Running => {
                service.life.up(seed, at, at, t)
            }
            _ => service.life.at(seed, t),
        }
    }

    /// The service of that unit.
    pub(super) fn service(&self, unit: &str) -> Option<&Service> {
        self.services.iter().find(|service| service.unit.as_str() == unit)
    }

    /// What becomes of it at `t`.
    pub(super) fn state(&self, t: i64) -> State {
        if t < self.part.after { State::Up } else { self.part.state }
    }

    /// Why it cannot be connected at `t`.
    pub(super) fn refusal(&self, t: i64) -> Option<Fault> {
        let to = format!("connect to host {} port 22", self.part.address);
        let said = match self.state(t) {
            State::Up | State::Slow | State::Silent => return None,
            State::Unreachable => format!("ssh: {to}: No route to host"),
            State::TimedOut => format!("ssh: {to}: Connection timed out"),
            State::Refused => format!("ssh: {to}: Connection refused"),
            State::AuthFailed => {
                format!("{}@{}: Permission denied (publickey).", self.part.user, self.part.address)
            }
            State::HostKeyChanged => {
                "@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\n\
                Offending ED25519 key in ~/.ssh/known_hosts:3\nHost key verification failed."
                    .to_owned()
            }
            State::HostKeyUnknown => "Host key verification failed.".to_owned(),
        };
        Some(classify(&self.name, &said, "exit status: 255"))
    }

    /// Waits until the connection is lost, if ever.
    pub(super) async fn lost(&self) -> Fault {
        if self.refusal(i64::MAX).is_none() {
            return std::future::pending().await;
        }
        sleep_until(self, self.part.after).await;
        let said = format!("Timeout, server {} not responding.", self.part.address);
        classify(&self.name, &said, "exit status: 255")
    }
}

/// Waits until the fleet is so old.
pub(super) async fn sleep_until(site: &Site, t: i64) {
    let micros = u64::try_from(t.saturating_sub(site.now())).unwrap_or(0);
    tokio::time::sleep(Duration::from_micros(micros)).await;
}

/// Services that every Debian has and no scenario names.
pub(super) fn stock() -> Vec<Service> {
    let stock = [
        ("cron.service", "Regular background program processing daemon", "/usr/sbin/cron -f", 3),
        ("dbus.service", "D-Bus System Message Bus", "/usr/bin/dbus-daemon --system", 5),
        ("ssh.service", "OpenBSD Secure Shell server", "/usr/sbin/sshd -D", 8),
        ("systemd-journald.service", "Journal Service", "/lib/systemd/systemd-journald", 30),
        ("systemd-timesyncd.service", "Network Time Synchronization", "/lib/systemd/timesyncd", 4),
    ];
    let made = stock.into_iter().map(|(unit, description, command, memory_mib)| Service {
        unit: UnitName::new(unit),
        part: Arc::new(ServicePart {
            unit: unit.to_owned(),
            description: description.to_owned(),
            command: command.to_owned(),
            user: "root".to_owned(),
            restart: "on-failure".to_owned(),
            ..ServicePart::default()
        }),
        life: LifePart {
            state: Course::Running,
            memory_mib,
            cpu: 0.02,
            since: 30 * 86_400_000_000,
            ..LifePart::default()
        },
    });
    made.collect()
}
