//! What a scenario declares in the words of a config, read by the config's own parser.

use std::fmt::Write as _;
use std::sync::Arc;

use super::scenario::{HostPart, ServicePart};
use crate::config::{Source, parse};
use crate::model::spec::EnvSpec;

/// The environment of these hosts with what `more` has below it, or the first fault. Services that
/// are simulated units stand in it for what others need of them; they are not in the answer.
pub(super) fn read(
    env: &str,
    hosts: &[HostPart],
    units: &[Arc<ServicePart>],
    more: &str,
) -> Result<Option<EnvSpec>, String> {
    if more.is_empty() {
        return Ok(None);
    }
    // Names of hosts are checked, tiers only decide what is not asked for here.
    let mut text = format!("[[env]]\nname = {env:?}\ntier = \"production\"\n");
    for host in hosts {
        // Writing to a String does not fail.
        let _ok = writeln!(text, "[[env.host]]\nname = {:?}\nssh = \"simulated\"", host.name);
    }
    for part in units {
        let _ok = writeln!(text, "[[env.service]]\nname = {:?}\nunit = {:?}", part.name, part.unit);
    }
    let before = text.lines().count();
    text.push_str(more);
    let spec = parse(&[Source::new("config", text)]).map_err(|faults| {
        let first = faults.first();
        let line = first.and_then(|first| Some(first.place.as_ref()?.line)).unwrap_or(0);
        let message = first.map_or("", |first| &first.message);
        format!("line {} of the config of {env}: {message}", line.saturating_sub(before))
    })?;
    let found = spec.envs.into_iter().next();
    Ok(found.map(|mut found| {
        found.services.drain(..units.len().min(found.services.len()));
        found
    }))
}
