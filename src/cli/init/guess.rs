//! What names tell: a host's own name, and how dear its environment is.

use crate::model::spec::Tier;

/// A tier and what it was told by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Guess {
    pub(super) tier: Tier,
    pub(super) by: &'static str,
}

const WORDS: &[(Tier, &[&str])] = &[
    (Tier::Staging, &["staging", "stage", "stag", "stg", "uat", "preprod", "rehearsal"]),
    (Tier::Development, &["development", "devel", "dev", "test", "testing", "qa", "sandbox"]),
    (Tier::Production, &["production", "prod", "prd", "live"]),
    (Tier::Local, &["local", "localhost"]),
];

/// What an environment's or a host's name says; production where it says nothing.
pub(super) fn tier(name: &str) -> Guess {
    let lower = name.to_ascii_lowercase();
    let words = lower.split(|c: char| !c.is_ascii_alphanumeric());
    let words: Vec<&str> =
        words.map(|word| word.trim_end_matches(|c: char| c.is_ascii_digit())).collect();
    WORDS.iter().find(|(_, known)| words.iter().any(|word| known.contains(word))).map_or(
        Guess { tier: Tier::Production, by: "no name says otherwise, so the safest" },
        |(tier, _)| Guess { tier: *tier, by: "by its name" },
    )
}

/// A host's name from what `ssh` takes: without scheme, user and port.
pub(super) fn host_name(destination: &str) -> String {
    let rest = destination.strip_prefix("ssh://").unwrap_or(destination);
    let rest = rest.rsplit('@').next().unwrap_or(rest);
    let name = match rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, _port)) => address,
        // A port follows only where there is a scheme, else it is an address of IPv6.
        None if destination.starts_with("ssh://") => rest.split([':', '/']).next().unwrap_or(rest),
        None => rest,
    };
    if name == "local" { "localhost".to_owned() } else { fit(name) }
}

/// A name as the config takes it.
pub(super) fn fit(name: &str) -> String {
    let plain: String = crate::model::text::clean(name, 200)
        .chars()
        .map(|c| if c == '/' { '-' } else { c })
        .take(64)
        .collect();
    let plain = plain.trim();
    if plain.is_empty() { "unnamed".to_owned() } else { plain.to_owned() }
}

/// A name that is not taken yet, made of one that may be.
pub(super) fn unique(name: &str, taken: impl Fn(&str) -> bool) -> String {
    let name = fit(name);
    if !taken(&name) {
        return name;
    }
    let short: String = name.chars().take(58).collect();
    (2..100_000)
        .map(|number| format!("{}-{number}", short.trim_end()))
        .find(|other| !taken(other))
        .unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiers_are_told_by_whole_words() {
        for (name, tier_meant) in [
            ("prod", Tier::Production),
            ("web1.prod.example.com", Tier::Production),
            ("dev2", Tier::Development),
            ("preprod-db", Tier::Staging),
            ("devon", Tier::Production),
            ("coord", Tier::Production),
            ("local", Tier::Local),
        ] {
            assert_eq!(tier(name).tier, tier_meant, "{name}");
        }
    }

    #[test]
    fn a_destination_has_a_name() {
        for (destination, name) in [
            ("web1", "web1"),
            ("me@web1.example.com", "web1.example.com"),
            ("ssh://me@web1:2222", "web1"),
            ("ssh://[::1]:22", "::1"),
            ("fe80::1%eth0", "fe80::1%eth0"),
            ("local", "localhost"),
        ] {
            assert_eq!(host_name(destination), name, "{destination}");
        }
        assert_eq!(unique("a", |name| name == "a"), "a-2");
    }
}
