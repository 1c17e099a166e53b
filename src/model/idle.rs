//! Silences that can never mean anything: of what the config does not name.

use super::rule::Rule;
use super::spec::{EnvSpec, Silence};

/// Why a silence of an environment matches nothing. None where it may match, also what the config
/// does not name: a path, a port, whom a proxy reaches, a service that is only found on its host.
pub fn idle(env: &EnvSpec, silence: &Silence) -> Option<String> {
    let subject = silence.subject.as_deref()?;
    let hosts = || env.hosts.iter().map(|host| host.name.as_str());
    if hosts().any(|host| host == subject) {
        return None;
    }
    let inner = |host: &&str| subject.strip_prefix(*host).is_some_and(|rest| rest.starts_with('/'));
    let host = hosts().filter(inner).max_by_key(|host| host.len());
    let name = host.and_then(|host| subject.get(host.len() + 1..)).unwrap_or(subject);
    let on = |known: &str| host.is_none_or(|host| host == known);
    let serves = |hosts: &[super::ids::HostName]| hosts.iter().any(|host| on(host.as_str()));
    let service = env.services.iter().find(|service| service.name.as_str() == name);
    let mut backups = env.backups.iter().filter(|backup| backup.name.as_str() == name);
    if service.is_some_and(|service| serves(&service.hosts))
        || backups.any(|backup| on(backup.host.as_str()))
    {
        return None;
    }
    let found = env.hosts.iter().any(|host| {
        on(host.name.as_str()) && !env.services.iter().any(|known| known.hosts.contains(&host.name))
    });
    let is_port = name
        .split_once('/')
        .is_some_and(|(n, what)| n.parse::<u16>().is_ok() && matches!(what, "tcp" | "udp"));
    let elsewhere =
        matches!(silence.rule, Rule::DeadUpstream | Rule::MixedUpstream | Rule::JobFailed);
    // A path stands with its slash, or behind a host.
    let is_path = name.starts_with('/') || host.is_some() && name.contains('/');
    if found || is_port || elsewhere || is_path {
        return None;
    }
    let place = host.map_or_else(|| format!("environment {}", env.name), ToOwned::to_owned);
    Some(match service {
        Some(_) => format!("{name} does not run on {place}"),
        None if host.is_some() => format!("{place} has no service and no backup {name}"),
        None => format!("{place} has no host, no service and no backup {name}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Source, parse};

    const CONFIG: &str = "[[env]]\nname = \"e\"\ntier = \"staging\"\n\
        [[env.host]]\nname = \"a\"\nssh = \"a\"\n[[env.host]]\nname = \"b\"\nssh = \"b\"\n\
        [[env.service]]\nname = \"api\"\nhosts = [\"a\"]\nunit = \"api.service\"\n\
        [[env.service]]\nname = \"web\"\nunit = \"web.service\"\n\
        [[env.backup]]\nname = \"nightly\"\nhost = \"b\"\nfiles = \"/b/*\"\nevery = \"24h\"\n";

    fn said(config: &str, rule: Rule, subject: Option<&str>) -> Option<String> {
        let spec = parse(&[Source::new("c", config)]).unwrap();
        let subject = subject.map(Into::into);
        idle(&spec.envs[0], &Silence { rule, subject, reason: "x".into() })
    }

    #[test]
    fn what_the_config_does_not_name_is_told_and_what_may_be_is_not() {
        for subject in [
            "a",
            "api",
            "a/api",
            "web",
            "b/web",
            "nightly",
            "b/nightly",
            "8080/tcp",
            "a/8080/udp",
            "/srv/data",
            "a/srv/data",
        ] {
            assert_eq!(said(CONFIG, Rule::CrashLoop, Some(subject)), None, "{subject}");
        }
        assert_eq!(said(CONFIG, Rule::CrashLoop, None), None);
        for (subject, why) in [
            ("apj", "environment e has no host, no service and no backup apj"),
            ("c/api", "environment e has no host, no service and no backup c/api"),
            ("b/api", "api does not run on b"),
            ("a/nightly", "a has no service and no backup nightly"),
        ] {
            assert_eq!(said(CONFIG, Rule::CrashLoop, Some(subject)).as_deref(), Some(why));
        }
        // Known to a proxy, or found on the host.
        assert_eq!(said(CONFIG, Rule::DeadUpstream, Some("pool")), None);
        let (bare, _) = CONFIG.split_once("[[env.service]]").unwrap();
        assert_eq!(said(bare, Rule::CrashLoop, Some("apj")), None);
    }
}
