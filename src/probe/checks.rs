//! Health checks, run on a host or here by the same script, and the verdict on each answer.
//!
//! Plain pages and connections are asked by bash, all by one process; where there is none, or where
//! it is not sure, and for all else: `curl` asks pages and streams; without it GNU's or busybox' `wget` asks pages. A connection is
//! tried by bash or `nc`. What is missing on a host makes a check unknown, never failing.

mod answer;
mod judge;

pub use self::answer::{Said, parse_checks};
pub use self::judge::{certificate_end, judge};

use std::time::Duration;

use super::quote::quote_all;
use crate::model::check::{CheckSpec, Target};

/// Runs on the host.
pub const SCRIPT: &str = include_str!("checks.sh");
/// The same for pages and connections that bash can ask.
pub const FAST: &str = include_str!("checks/fast.sh");

/// As many checks are asked in one request: each is a process there while it lasts.
pub const AT_ONCE: usize = 24;

/// The argument of `qd_checks` for a check. None when it cannot be said on one line.
pub fn word(number: usize, spec: &CheckSpec) -> Option<String> {
    let number = number.to_string();
    let (exact, whole) = limits(spec.timeout);
    let words: Vec<&str> = match &spec.target {
        Target::Http(url) => vec![&number, "http", &exact, &whole, url],
        Target::Sse(url) => vec![&number, "sse", &exact, &whole, url],
        Target::Tcp(host, port) => {
            let port = port.to_string();
            return Some(quote_all(&[&*number, "tcp", &exact, &whole, host, &port]));
        }
        Target::Command(argv) => {
            let head = [&*number, "command", &exact, &whole];
            head.into_iter().chain(argv.iter().map(|word| &**word)).collect()
        }
    };
    (!words.iter().any(|word| word.contains(['\n', '\0']))).then(|| quote_all(&words))
}

/// The same for one that bash can ask by itself: an `http` page by a plain URL, a connection. An
/// answer may be missing; then [`word`] is to be asked. One that is `prompt`, as its last answer was,
/// is asked together with the others that are, where it is on its own host.
pub fn fast_word(number: usize, spec: &CheckSpec, prompt: bool) -> Option<String> {
    let (host, port) = spec.place()?;
    let (kind, authority, path) = match &spec.target {
        Target::Http(url) => {
            let rest = url.strip_prefix("http://")?;
            let rest = rest.split('#').next()?;
            let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
            let slash = if path.starts_with('/') { "" } else { "/" };
            ("page", authority, format!("{slash}{path}"))
        }
        Target::Tcp(..) => ("tcp", "-", "-".to_owned()),
        Target::Sse(_) | Target::Command(_) => return None,
    };
    // Names and passwords before the host, zones of addresses, what would have to be escaped: to curl.
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic());
    let named = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':');
    if !plain(&path)
        || !host.chars().all(named)
        || authority.contains(['@', '%'])
        || !plain(authority)
    {
        return None;
    }
    let (number, port) = (number.to_string(), port.to_string());
    let limit = spec.timeout.as_millis().max(1).to_string();
    let own = host == "localhost"
        || host.parse::<core::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    let kind = match kind {
        "page" if prompt && own => "near-page",
        "tcp" if prompt && own => "near-tcp",
        _ => kind,
    };
    Some(quote_all(&["fast", &number, kind, &limit, host, &port, authority, &path]))
}

/// The argument of `qd_checks` that reads the certificate behind an `https` URL; none for others.
pub fn certificate_word(number: usize, spec: &CheckSpec) -> Option<String> {
    let (Target::Http(url) | Target::Sse(url)) = &spec.target else { return None };
    if spec.certificate.is_none() || !url.starts_with("https://") {
        return None;
    }
    let (host, port) = spec.place()?;
    let (exact, whole) = limits(spec.timeout);
    let numeric = host.parse::<core::net::IpAddr>().is_ok();
    // A name has to be sent for the right certificate, an address must not be (RFC 6066, 3).
    let name = if numeric { "-" } else { host };
    let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    let (number, port) = (number.to_string(), port.to_string());
    Some(quote_all(&[&*number, "certificate", &exact, &whole, &host, &port, name]))
}

/// As curl takes it, and in whole seconds, rounded up.
fn limits(timeout: Duration) -> (String, String) {
    let whole = timeout.as_millis().div_ceil(1000).max(1);
    (format!("{:.3}", timeout.as_secs_f64()), whole.to_string())
}
