//! Where an nginx configuration sends requests. Each file is read by itself, as `nginx -T` prints
//! them one after the other: what a block includes from another file is not seen as its part.

use super::file;
use super::lexer::{Directive, End, Lexer};
use crate::model::proxy::{Member, Place, ProxyFacts, Route, Server, Target, Upstream, Way};
use crate::model::text::clean;

/// As many of a kind are kept.
const MOST: usize = 1024;
/// Files.
const FILES: usize = 256;

/// Reads files as `nginx -T` prints them, each after a line `# configuration file PATH:`.
pub fn parse_conf(dump: &str) -> ProxyFacts {
    let mut reader = Reader::default();
    let mut path = "";
    let mut text_from = 0;
    let mut at = 0;
    for line in dump.split_inclusive('\n') {
        let header = line
            .trim_end()
            .strip_prefix("# configuration file ")
            .and_then(|rest| rest.strip_suffix(':'))
            .filter(|path| path.starts_with('/'));
        if let Some(next) = header {
            reader.file(path, dump.get(text_from..at).unwrap_or(""));
            path = next;
            text_from = at + line.len();
        }
        at += line.len();
    }
    reader.file(path, dump.get(text_from..).unwrap_or(""));
    reader.finish()
}

/// A route whose pool may stand further below.
struct Draft {
    server: Option<usize>,
    location: Box<str>,
    target: String,
    tls: bool,
    place: Place,
}

enum Block {
    Upstream(usize),
    Server(usize),
    Location(Box<str>),
    Other,
}

#[derive(Default)]
struct Reader {
    facts: ProxyFacts,
    drafts: Vec<Draft>,
}

impl Reader {
    fn file(&mut self, path: &str, text: &str) {
        if path.is_empty() {
            return;
        }
        if self.facts.files.len() >= FILES {
            self.warn("more files than we read");
            return;
        }
        self.facts.files.push(file(path));
        let mut open: Vec<Block> = Vec::new();
        let mut lexer = Lexer::new(text);
        while let Some(directive) = lexer.next() {
            match directive.end {
                End::Closes => {
                    open.pop();
                }
                End::Opens => {
                    let name = directive.words.first().map_or("", String::as_str);
                    if name.ends_with("_by_lua_block") {
                        lexer.skip_block();
                    } else if open.len() >= 64 {
                        self.warn("blocks within blocks without an end");
                        return;
                    } else {
                        let block = self.open(&directive);
                        open.push(block);
                    }
                }
                End::Simple => self.simple(path, &directive, &open),
            }
        }
    }

    fn open(&mut self, directive: &Directive) -> Block {
        let word = |n: usize| directive.words.get(n).map_or("", String::as_str);
        match word(0) {
            "upstream" if self.facts.upstreams.len() < MOST => {
                self.facts
                    .upstreams
                    .push(Upstream { name: clean(word(1), 256).into(), members: Vec::new() });
                Block::Upstream(self.facts.upstreams.len() - 1)
            }
            "server" if self.facts.servers.len() < MOST => {
                self.facts.servers.push(Server::default());
                Block::Server(self.facts.servers.len() - 1)
            }
            "location" => {
                let rest = directive.words.get(1..).unwrap_or(&[]).join(" ");
                Block::Location(clean(&rest, 256).into())
            }
            _ => Block::Other,
        }
    }

    fn simple(&mut self, path: &str, directive: &Directive, open: &[Block]) {
        let [name, arguments @ ..] = directive.words.as_slice() else { return };
        let first = arguments.first().map_or("", String::as_str);
        let place = || Place {
            file: clean(path, 1024).into(),
            line: directive.line,
            text: clean(&format!("{};", directive.words.join(" ")), 512).into(),
        };
        let server = open.iter().rev().find_map(|block| match block {
            Block::Server(at) => Some(*at),
            Block::Upstream(_) | Block::Location(_) | Block::Other => None,
        });
        match (name.as_str(), open.last()) {
            ("server", Some(Block::Upstream(at))) => {
                let has = |word: &str| arguments.iter().any(|argument| argument == word);
                let member = Member {
                    target: target(first, 80),
                    down: has("down"),
                    backup: has("backup"),
                    place: place(),
                };
                if let Some(upstream) = self.facts.upstreams.get_mut(*at)
                    && upstream.members.len() < MOST
                {
                    upstream.members.push(member);
                }
            }
            ("server_name" | "listen", Some(Block::Server(at))) => {
                let Some(server) = self.facts.servers.get_mut(*at) else { return };
                if name == "listen" {
                    server
                        .listens
                        .extend((server.listens.len() < 32).then(|| clean(first, 128).into()));
                } else {
                    server.names.extend(arguments.iter().take(32).map(|n| clean(n, 256).into()));
                }
            }
            (
                "proxy_pass" | "fastcgi_pass" | "grpc_pass" | "uwsgi_pass" | "scgi_pass",
                Some(_) | None,
            ) if self.drafts.len() < MOST => {
                let location = open.iter().rev().find_map(|block| match block {
                    Block::Location(words) => Some(words.clone()),
                    Block::Upstream(_) | Block::Server(_) | Block::Other => None,
                });
                let (scheme, rest) = first.split_once("://").unwrap_or(("", first));
                self.drafts.push(Draft {
                    server,
                    location: location.unwrap_or_default(),
                    target: rest.to_owned(),
                    tls: matches!(scheme, "https" | "grpcs"),
                    place: place(),
                });
            }
            _ => {}
        }
    }

    fn warn(&mut self, text: &str) {
        if self.facts.warnings.len() < 8 {
            self.facts.warnings.push(text.to_owned());
        }
    }

    /// A pool may be declared after, and in another file than, what leads to it.
    fn finish(mut self) -> ProxyFacts {
        for draft in self.drafts {
            let host = draft.target.split('/').next().unwrap_or("");
            let pool = self.facts.upstreams.iter().position(|upstream| *upstream.name == *host);
            let way = match pool {
                Some(at) => Way::Pool(at),
                None => Way::To(target(&draft.target, if draft.tls { 443 } else { 80 })),
            };
            self.facts.routes.push(Route {
                server: draft.server,
                location: draft.location,
                way,
                place: draft.place,
            });
        }
        self.facts
    }
}

/// `address[:port][/uri]` or `unix:path[:uri]` (`ngx_http_upstream_module`, `ngx_parse_url`).
fn target(text: &str, port: u16) -> Target {
    let unknown = || Target::Unknown(clean(text, 256).into());
    if let Some(path) = text.strip_prefix("unix:") {
        let path = path.split(':').next().unwrap_or("");
        return if path.contains('$') { unknown() } else { Target::Unix(clean(path, 256).into()) };
    }
    let place = text.split('/').next().unwrap_or("");
    if place.is_empty() || place.contains('$') {
        return unknown();
    }
    let (host, number) = match place.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, rest)) => (host, rest.strip_prefix(':')),
        None => match place.split_once(':') {
            Some((host, number)) => (host, Some(number)),
            None => (place, None),
        },
    };
    // What may stand in a name or an address, and nothing that a shell or a tool could take for
    // something else.
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':');
    if host.is_empty() || host.len() > 255 || host.starts_with('-') || !host.chars().all(plain) {
        return unknown();
    }
    match number.map_or(Ok(port), str::parse) {
        Ok(number) if number > 0 => Target::Tcp(host.into(), number),
        _ => unknown(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tcp(host: &str, port: u16) -> Target {
        Target::Tcp(host.into(), port)
    }

    #[test]
    fn targets_are_read_in_every_form() {
        for (text, port, read) in [
            ("10.0.0.1:8000", 80, tcp("10.0.0.1", 8000)),
            ("localhost", 443, tcp("localhost", 443)),
            ("[::1]:8080/x", 80, tcp("::1", 8080)),
            ("[::1]", 80, tcp("::1", 80)),
            ("app.internal/a:b", 80, tcp("app.internal", 80)),
            ("unix:/run/app.sock:/uri", 80, Target::Unix("/run/app.sock".into())),
            ("$backend:80", 80, Target::Unknown("$backend:80".into())),
            ("a;b:1", 80, Target::Unknown("a;b:1".into())),
            ("a:99999", 80, Target::Unknown("a:99999".into())),
        ] {
            assert_eq!(target(text, port), read, "{text}");
        }
    }

    /// The load balancer of a fleet of ten services, with what else may stand in such a file.
    #[test]
    fn pools_servers_and_locations_are_read_over_files() {
        let dump = "# configuration file /etc/nginx/nginx.conf:\nhttp {\n\
            include /etc/nginx/sites-enabled/*;\n}\n\n\
            # configuration file /etc/nginx/sites-enabled/a:\n\
            server { listen 443 ssl; server_name a.example b.example;\n\
              location ~ ^/x { if ($a) { proxy_pass https://pool/; } }\n\
              location = /y { fastcgi_pass unix:/run/php.sock; }\n\
              location / { content_by_lua_block { if x then y = { 1 } end } }\n\
              location /z { grpc_pass grpcs://h; }\n}\n\
            upstream pool {\n  least_conn;\n  server 10.0.0.1:8000 weight=2;\n\
              server 10.0.0.2:8000 down;\n  server h backup;\n}\n";
        let facts = parse_conf(dump);
        assert_eq!(facts.files.len(), 2);
        assert_eq!(facts.servers[0].label(), "a.example");
        assert_eq!(&*facts.servers[0].listens[0], "443");
        let members = &facts.upstreams[0].members;
        let read: Vec<_> =
            members.iter().map(|m| (m.target.label(), m.down, m.backup, m.place.line)).collect();
        assert_eq!(
            read,
            [
                ("10.0.0.1:8000".to_owned(), false, false, 9),
                ("10.0.0.2:8000".to_owned(), true, false, 10),
                ("h:80".to_owned(), false, true, 11),
            ]
        );
        assert_eq!(&*members[0].place.text, "server 10.0.0.1:8000 weight=2;");
        let routes: Vec<_> =
            facts.routes.iter().map(|r| (&*r.location, r.server, &r.way, r.place.line)).collect();
        assert_eq!(
            routes,
            [
                ("~ ^/x", Some(0), &Way::Pool(0), 2),
                ("= /y", Some(0), &Way::To(Target::Unix("/run/php.sock".into())), 3),
                ("/z", Some(0), &Way::To(tcp("h", 443)), 5),
            ]
        );
        assert_eq!(facts.targets().len(), 4, "a member that is down is none");
    }

    #[test]
    fn blocks_without_an_end_are_given_up() {
        let dump = format!("# configuration file /a:\n{}", "http {".repeat(10_000));
        assert_eq!(parse_conf(&dump).warnings.len(), 1);
    }
}
