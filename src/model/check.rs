//! Health checks: what is asked of a service besides running. Pure data, from the config.

use std::time::Duration;

/// Who asks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Hash)]
pub enum Origin {
    /// The service's own host.
    #[default]
    Host,
    /// This machine: the way that others take.
    Console,
}

impl Origin {
    /// The word in config and JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Console => "console",
        }
    }
}

/// What is asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Target {
    /// A page, by its URL.
    Http(Box<str>),
    /// A stream of server-sent events, by its URL: its first event has to come in time.
    Sse(Box<str>),
    /// A connection to a host and a port.
    Tcp(Box<str>, u16),
    /// A command that has to succeed, such as `pg_isready`.
    Command(Vec<Box<str>>),
}

impl Target {
    /// The word in the config.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Http(_) => "http",
            Self::Sse(_) => "sse",
            Self::Tcp(..) => "tcp",
            Self::Command(_) => "command",
        }
    }
}

/// A value that stands alone in JSON.
#[derive(Clone, PartialEq, Debug)]
pub enum Scalar {
    /// A string.
    Text(Box<str>),
    /// A number.
    Number(f64),
    /// `true` or `false`.
    Flag(bool),
}

/// One field of a JSON body and what it has to be.
#[derive(Clone, PartialEq, Debug)]
pub struct Field {
    /// The names that lead there; a number counts in a list, from 0.
    pub path: Vec<Box<str>>,
    /// What has to stand there.
    pub value: Scalar,
}

/// A check of a service.
#[derive(Clone, PartialEq, Debug)]
pub struct CheckSpec {
    /// What is asked.
    pub target: Target,
    /// Who asks.
    pub from: Origin,
    /// How often.
    pub every: Duration,
    /// For one answer.
    pub timeout: Duration,
    /// As many failures in a row count as failing; one may be chance.
    pub retries: u32,
    /// The status that an answer has to have; without it any of 200 to 299. Of a command, its exit
    /// status; without it 0.
    pub expect: Option<u16>,
    /// A text that has to stand in the answer.
    pub contains: Option<Box<str>>,
    /// Headers that an answer has to have, and a text that has to stand in each.
    pub headers: Vec<(Box<str>, Box<str>)>,
    /// Fields of a JSON answer.
    pub json: Vec<Field>,
    /// 95 of 100 answers are to come within this.
    pub latency: Option<Duration>,
    /// A certificate that ends within this is told; none where nobody looks at it.
    pub certificate: Option<Duration>,
}

/// As often as a check is asked where the config does not say.
pub const EVERY: Duration = Duration::from_secs(10);
/// As long as an answer may take where the config does not say.
pub const TIMEOUT: Duration = Duration::from_secs(5);
/// As many failures in a row count where the config does not say.
pub const RETRIES: u32 = 2;
/// So long before its end a certificate is told where the config does not say.
pub const CERTIFICATE: Duration = Duration::from_secs(21 * 86_400);

impl CheckSpec {
    /// A check with defaults.
    pub const fn new(target: Target) -> Self {
        Self {
            target,
            from: Origin::Host,
            every: EVERY,
            timeout: TIMEOUT,
            retries: RETRIES,
            expect: None,
            contains: None,
            headers: Vec::new(),
            json: Vec::new(),
            latency: None,
            certificate: None,
        }
    }

    /// What identifies it in JSON and on the screen: the URL, or the kind and what it asks.
    pub fn label(&self) -> String {
        match &self.target {
            Target::Http(url) => url.to_string(),
            Target::Sse(url) => format!("sse {url}"),
            Target::Tcp(host, port) if host.contains(':') => format!("tcp [{host}]:{port}"),
            Target::Tcp(host, port) => format!("tcp {host}:{port}"),
            Target::Command(argv) => argv.join(" "),
        }
    }

    /// Host and port that a URL or a TCP check asks.
    pub fn place(&self) -> Option<(&str, u16)> {
        match &self.target {
            Target::Http(url) | Target::Sse(url) => place_of(url),
            Target::Tcp(host, port) => Some((host, *port)),
            Target::Command(_) => None,
        }
    }
}

/// Host (an IPv6 address without its brackets) and port of an `http` or `https` URL.
pub fn place_of(url: &str) -> Option<(&str, u16)> {
    let (rest, usual) = match url.split_once("://")? {
        ("http", rest) => (rest, 80),
        ("https", rest) => (rest, 443),
        _ => return None,
    };
    let whole = rest.split(['/', '?', '#']).next()?;
    let (host, port) = match whole.strip_prefix('[') {
        Some(rest) => {
            let (host, rest) = rest.split_once(']')?;
            (host, rest.strip_prefix(':'))
        }
        None => whole.split_once(':').map_or((whole, None), |(host, port)| (host, Some(port))),
    };
    let port = match port {
        Some(port) => port.parse().ok()?,
        None => usual,
    };
    (!host.is_empty()).then_some((host, port))
}

#[cfg(test)]
mod tests {
    use super::place_of;

    #[test]
    fn a_url_has_its_place() {
        for (url, place) in [
            ("http://127.0.0.1:3444/health", Some(("127.0.0.1", 3444))),
            ("https://a.example?x=1", Some(("a.example", 443))),
            ("http://[::1]:8080", Some(("::1", 8080))),
            ("http://a", Some(("a", 80))),
            ("http://a:x/", None),
            ("ftp://a/", None),
            ("http:///x", None),
            ("http://[::1", None),
        ] {
            assert_eq!(place_of(url), place, "{url}");
        }
    }
}
