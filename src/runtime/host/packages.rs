//! Whether packages of a host were changed: told by its package manager's database, which is
//! looked at with the other paths.

use std::collections::BTreeMap;
use std::time::Duration;

use super::serve::Shared;
use crate::model::path::{PathFacts, PathKind};
use crate::msg::HostEvent;
use crate::probe::packages::{DATABASES, parse_packages};
use crate::runtime::transport::Transport;

/// For the log's end; rpm may take seconds.
const DEADLINE: Duration = Duration::from_secs(8);

/// Says what was changed last when a database is another than `before`.
pub(super) async fn follow(
    transport: &dyn Transport,
    shared: &Shared,
    paths: &BTreeMap<Box<str>, PathFacts>,
    before: &mut Option<i64>,
) {
    let databases = DATABASES.iter().filter_map(|path| paths.get(*path));
    let changed = databases.filter(|facts| facts.kind == PathKind::File).filter_map(|f| f.changed);
    let Some(changed) = changed.max().filter(|at| *before != Some(*at)) else { return };
    match shared.quick.ask(transport, &["qd_packages"], DEADLINE).await {
        Ok(answer) => {
            *before = Some(changed);
            let lines = parse_packages(&answer.text);
            shared.reporter.say(HostEvent::Packages(changed, lines)).await;
        }
        Err(fault) => tracing::warn!("packages: {fault}"),
    }
}
