//! Hosts and services by number.

use std::sync::Arc;
use std::time::Duration;

use super::scenario::{Course, DiskPart, HostPart, LifePart, ServicePart};
use crate::model::spec::Tier;

/// How big a generated fleet is and how often each of its services changes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Size {
    /// All environments together.
    pub hosts: usize,
    /// On each host.
    pub services: usize,
    /// Each service changes that often, each at its own moment.
    pub every: Duration,
}

/// The services that each host has.
pub(super) fn services(size: &Size) -> Vec<Arc<ServicePart>> {
    let names = [
        "api", "auth", "billing", "cache", "feed", "gateway", "index", "mail", "media", "queue",
        "report", "search", "session", "worker",
    ];
    let every = i64::try_from(size.every.as_micros()).unwrap_or(i64::MAX / 4);
    let made = (0..size.services).map(|number| {
        let name = match (names.get(number % names.len()), number / names.len()) {
            (Some(name), 0) => (*name).to_owned(),
            (name, round) => format!("{}-{}", name.unwrap_or(&"app"), round + 1),
        };
        Arc::new(ServicePart {
            unit: format!("{name}.service"),
            description: format!("The {name} service"),
            command: format!("/srv/{name}/bin/{name} --config /etc/{name}.toml"),
            directory: format!("/srv/{name}"),
            user: "app".to_owned(),
            says: vec!["request served in 12 ms".to_owned(), "request served in 9 ms".to_owned()],
            life: LifePart {
                state: Course::Churn,
                every,
                memory_mib: 24 + 8 * number as u64,
                cpu: 0.3,
                ..LifePart::default()
            },
            name,
            ..ServicePart::default()
        })
    });
    made.collect()
}

/// Environments and their hosts: six of ten are production, the rest is for the other two.
pub(super) fn environments(
    hosts: usize,
) -> impl Iterator<Item = (&'static str, Tier, impl Iterator<Item = HostPart>)> {
    let staging = hosts / 4;
    let development = hosts * 3 / 20;
    let production = hosts - staging - development;
    [
        ("production", Tier::Production, "prod", production),
        ("staging", Tier::Staging, "stage", staging),
        ("development", Tier::Development, "dev", development),
    ]
    .into_iter()
    .filter(|(_, _, _, count)| *count > 0)
    .map(|(env, tier, short, count)| (env, tier, (1..=count).map(move |n| host(short, n))))
}

fn host(short: &str, number: usize) -> HostPart {
    let name = format!("{short}-{number:04}");
    HostPart {
        address: name.clone(),
        name,
        disks: vec![DiskPart {
            device: "/dev/vda1".to_owned(),
            mount: "/".to_owned(),
            gib: 40,
            used: 0.2 + (number % 50) as f64 / 100.0,
            inodes_used: 0.05,
        }],
        ..HostPart::default()
    }
}
