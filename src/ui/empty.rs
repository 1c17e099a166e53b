//! What a pane says when it has no rows: never nothing, and what hides them if something does.

use super::Role;
use super::scene::Scene;
use crate::model::command::Command;
use crate::model::host::Link;

/// For a pane of services or hosts, `what`.
pub(super) fn say(scene: &Scene<'_>, what: &str, hidden: usize) -> Vec<(Role, String)> {
    if scene.fleet.envs.is_empty() && what != "services" {
        return vec![(Role::Muted, format!("no {what}"))];
    }
    if scene.fleet.envs.is_empty() {
        return vec![
            (Role::Text, "Nothing is watched: no environment is configured.".to_owned()),
            (Role::Muted, "config.toml.example shows how a config is written".to_owned()),
            (Role::Muted, "quarterdeck demo     shows a simulated fleet".to_owned()),
        ];
    }
    if hidden > 0 {
        return hides(scene, what, hidden);
    }
    let connecting = scene.fleet.hosts().any(|(_, host)| matches!(host.link, Link::Connecting));
    if connecting {
        return vec![(Role::Muted, format!("connecting{}", scene.chrome.glyphs.cut()))];
    }
    let mut said = vec![(Role::Muted, format!("no {what} here"))];
    if let Some(place) = &scene.model.screen.config_place {
        said.push((Role::Text, format!("No config was found, so this machine is shown. {place}")));
        said.push((Role::Muted, "names your hosts; it is read as soon as it is there.".to_owned()));
    }
    // Where nothing could be read, nothing is not the answer but the question.
    said.extend(scene.fleet.hosts().filter_map(|(_, host)| {
        let fault = host.link.fault().or(host.units_fault.as_ref())?;
        Some((Role::Unknown, format!("{}: {}", host.spec.name, fault.detail)))
    }));
    said
}

fn hides(scene: &Scene<'_>, what: &str, hidden: usize) -> Vec<(Role, String)> {
    let view = scene.view();
    let key = |command| {
        scene.chrome.key(command).unwrap_or_else(|| format!(":{}", Command::name(command)))
    };
    let mut said = Vec::new();
    if view.problems_only && view.filter.is_empty() && view.env.is_none() {
        said.push((Role::Ok, format!("No problems. Hidden: {hidden} {what}")));
    } else {
        said.push((Role::Text, format!("Nothing to show. Hidden: {hidden} {what}")));
    }
    if !view.filter.is_empty() {
        said.push((
            Role::Muted,
            format!("by the filter /{}: {} clears it", view.filter, key(Command::Back)),
        ));
    }
    if view.problems_only {
        said.push((
            Role::Muted,
            format!("by problems only: {} shows all", key(Command::ProblemsOnly)),
        ));
    }
    if let Some(env) = &view.env {
        said.push((
            Role::Muted,
            format!("by showing {env} only: {} shows all environments", key(Command::Fleet)),
        ));
    }
    said
}
