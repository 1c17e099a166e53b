//! What names, ssh destinations and unit names may look like. Each answers why not, and what
//! to write instead.

use super::fault::{is_printable, quoted, quoted_list};

/// Why a value is refused.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) message: String,
    pub(crate) remedy: String,
}

fn refuse<T>(message: String, remedy: &str) -> Result<T, Refusal> {
    Err(Refusal { message, remedy: remedy.to_owned() })
}

/// The longest name, in characters: it stands in a column.
const NAME_MAX: usize = 64;

/// A name of an environment, host, service or theme: it stands on the screen and, as
/// `host/service`, in subjects.
pub(crate) fn name(text: &str) -> Result<(), Refusal> {
    if text.trim().is_empty() {
        return refuse("the name is empty".to_owned(), "give it a name of at least one letter");
    }
    if text.chars().nth(NAME_MAX).is_some() {
        return refuse(
            format!("the name {} is longer than {NAME_MAX} characters", quoted(text)),
            "choose a shorter one, it has to fit in a column",
        );
    }
    if let Some(bad) = text.chars().find(|c| *c == '/' || !is_printable(*c)) {
        let remedy = "use letters, digits, `-`, `_`, `.` and inner spaces";
        let bad = bad.escape_default();
        return refuse(format!("the name {} contains `{bad}`", quoted(text)), remedy);
    }
    if text.trim() != text {
        let message = format!("the name {} begins or ends with a space", quoted(text));
        return refuse(message, "remove the space");
    }
    Ok(())
}

/// Characters that OpenSSH 9.6 and later refuse in a host name, since a `ProxyCommand` or
/// `Match exec` may hand it to a shell (CVE-2023-51385); older ones do not.
const SHELL: &str = "'`\"$\\;&<>|(){}";

/// The longest host name is 253 characters; a user name and a scheme stand before it.
const SSH_MAX: usize = 320;

/// A destination for `ssh`. It becomes an argument, so it must never read as an option.
pub(crate) fn destination(text: &str) -> Result<(), Refusal> {
    let plain = "write what you would type after `ssh`: an alias, `user@host`, \
                 `ssh://user@host:port`, or `local` for this machine";
    if text.is_empty() {
        return refuse("the ssh destination is empty".to_owned(), plain);
    }
    if text.chars().nth(SSH_MAX).is_some() {
        return refuse(format!("the ssh destination {} is too long", quoted(text)), plain);
    }
    let host = text.strip_prefix("ssh://").unwrap_or(text);
    let host_alone = host.rsplit('@').next().unwrap_or(host);
    if [text, host, host_alone].iter().any(|part| part.starts_with('-')) {
        return refuse(
            format!("the ssh destination {} would be read as an option", quoted(text)),
            "put options into `~/.ssh/config` under an alias and write the alias here",
        );
    }
    if host_alone.is_empty() {
        return refuse(format!("the ssh destination {} has no host", quoted(text)), plain);
    }
    let bad = |c: &char| !is_printable(*c) || c.is_whitespace() || SHELL.contains(*c);
    if let Some(bad) = text.chars().find(bad) {
        let bad = bad.escape_default();
        return refuse(format!("the ssh destination {} contains `{bad}`", quoted(text)), plain);
    }
    Ok(())
}

/// systemd.unit(5): the types a unit can have.
const SUFFIXES: [&str; 11] = [
    "service",
    "socket",
    "timer",
    "path",
    "target",
    "mount",
    "automount",
    "swap",
    "slice",
    "scope",
    "device",
];
/// systemd.unit(5): the longest unit name.
const UNIT_MAX: usize = 255;

/// A unit's whole name, as systemd.unit(5) has it.
pub(crate) fn unit(text: &str) -> Result<(), Refusal> {
    if text.is_empty() {
        return refuse("the unit is empty".to_owned(), "write `name.service`");
    }
    if text.len() > UNIT_MAX {
        let message = format!("the unit {} is longer than {UNIT_MAX} bytes", quoted(text));
        return refuse(message, "copy its name from `systemctl list-units --full`");
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || ":-_.\\@".contains(c);
    if let Some(bad) = text.chars().find(|c| !allowed(*c)) {
        let bad = bad.escape_default();
        return refuse(
            format!("the unit {} contains `{bad}`", quoted(text)),
            "systemd allows letters, digits and `:-_.\\@`; `systemd-escape` makes the rest",
        );
    }
    let Some((stem, _)) = text.rsplit_once('.').filter(|(_, suffix)| SUFFIXES.contains(suffix))
    else {
        return refuse(
            format!("the unit {} has no suffix that systemd knows", quoted(text)),
            &format!("write `{text}.service`, or another of {}", quoted_list(SUFFIXES)),
        );
    };
    if stem.is_empty() {
        let message = format!("the unit {} has nothing before its suffix", quoted(text));
        return refuse(message, "write `name.service`");
    }
    if stem.ends_with('@') {
        return refuse(
            format!("the unit {} is a template", quoted(text)),
            &format!("name an instance of it, such as `{}`", text.replacen("@.", "@1.", 1)),
        );
    }
    // The root's own mount and slice are the only real ones, and all others could be taken for
    // an option.
    if stem.starts_with('-') && stem != "-" {
        let message = format!("the unit {} begins with `-`", quoted(text));
        return refuse(message, "copy its name from `systemctl list-units --full`");
    }
    Ok(())
}

/// As long as Linux takes (limits.h, `PATH_MAX`).
const PATH_LIMIT: usize = 4096;

/// An absolute path on a host.
pub(crate) fn path(text: &str) -> Result<(), Refusal> {
    if !text.starts_with('/') {
        return refuse(
            format!("the path {} is not absolute", quoted(text)),
            "write it from the root, such as `/srv/app/data`",
        );
    }
    if text.len() >= PATH_LIMIT {
        return refuse(format!("the path {} is too long", quoted(text)), "paths end at 4095 bytes");
    }
    if let Some(bad) = text.chars().find(|c| !is_printable(*c)) {
        let bad = bad.escape_default();
        return refuse(
            format!("the path {} contains `{bad}`", quoted(text)),
            "rename it on the host; such a name cannot be shown or copied",
        );
    }
    if text.split('/').any(|part| part == "..") {
        return refuse(
            format!("the path {} goes upwards", quoted(text)),
            "write where it leads, without `..`",
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_fit_the_screen_pass() {
        for good in ["production", "web 1", "größe", "日本", "a.b-c_d"] {
            assert_eq!(name(good), Ok(()), "{good}");
        }
        let long = "x".repeat(65);
        for bad in ["", " ", " a", "a ", "a/b", "a\nb", "\u{1b}[2J", "\u{202e}abc", &long] {
            assert!(name(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn destinations_never_read_as_options_or_reach_a_shell() {
        for good in ["web1", "me@web1", "ssh://me@web1:2222", "fe80::1%eth0", "[::1]", "a_b"] {
            assert_eq!(destination(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "-oProxyCommand=id",
            "me@-oProxyCommand=id",
            "ssh://-x",
            "ssh://",
            "me@",
            "a b",
            "a\tb",
            "a\u{a0}b",
            "a$(id)",
            "a`id`",
            "a;id",
            "a\0",
        ] {
            assert!(destination(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn units_are_what_systemd_takes() {
        for good in [
            "nginx.service",
            "getty@tty1.service",
            "a.b.timer",
            "dev-sda.device",
            "-.mount",
            r"home-my\x2ddir.mount",
        ] {
            assert_eq!(unit(good), Ok(()), "{good}");
        }
        let long = format!("{}.service", "x".repeat(250));
        for bad in [
            "",
            "nginx",
            "nginx.conf",
            ".service",
            "a b.service",
            "ü.service",
            "-H.service",
            "a@.service",
            &long,
        ] {
            assert!(unit(bad).is_err(), "{bad:?}");
        }
    }
}
