//! Every key there is. The reader refuses what does not stand here, and the example config is
//! tested to show all of it.

mod backup;
mod sync;

pub(crate) use backup::{BACKUP, DATABASE, GIT, KEEP, REPOSITORY};
pub(crate) use sync::{SCRUB, SYNC, SYNC_FROM};

/// A table of the config and what may stand in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Section {
    /// In words, for messages: its name in backquotes, or the top level.
    pub header: &'static str,
    /// Its keys.
    pub keys: &'static [Key],
}

/// A key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Key {
    /// Its name.
    pub name: &'static str,
    /// How it is written, whole, for remedies.
    pub example: &'static str,
}

impl Section {
    /// The key of that name.
    pub fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.name == name)
    }
}

const fn key(name: &'static str, example: &'static str) -> Key {
    Key { name, example }
}

/// The file itself.
pub(crate) const TOP: Section = Section {
    header: "the top level of the file",
    keys: &[
        key("include", r#"include = ["conf.d/*.toml"]"#),
        key("console", "[console]"),
        key("thresholds", "[thresholds]"),
        key("keys", "[keys]"),
        key("env", "[[env]]"),
        key("action", "[[action]]"),
    ],
};

/// What the user does by hand again and again.
pub(crate) const ACTION: Section = Section {
    header: "`[[action]]`",
    keys: &[
        key("name", r#"name = "warm-cache""#),
        key("doc", r#"doc = "fill the cache""#),
        key("argv", r#"argv = ["/srv/app/bin/warm-cache", "{queue}"]"#),
        key("script", r#"script = "exec /srv/app/bin/warm-cache""#),
        key("undo", r#"undo = "exec /srv/app/bin/cool-cache""#),
        key("services", r#"services = ["api"]"#),
        key("inputs", r#"inputs = [{ name = "queue", default = "main" }]"#),
        key("safe", "safe = true"),
        key("gate", "gate = false"),
        key("user", r#"user = "www-data""#),
        key("timeout", r#"timeout = "10m""#),
    ],
};

/// A value that an action asks for.
pub(crate) const INPUT: Section = Section {
    header: "an entry of `inputs`",
    keys: &[
        key("name", r#"name = "queue""#),
        key("default", r#"default = "main""#),
        key("choices", r#"choices = ["main", "low"]"#),
    ],
};

/// From where on something is too much.
pub(crate) const THRESHOLDS: Section = Section {
    header: "`[thresholds]`",
    keys: &[
        key("disk_free", "disk_free = 10"),
        key("memory_used", "memory_used = 90"),
        key("latency", r#"latency = "2s""#),
        key("failing_checks", "failing_checks = 5"),
    ],
};

/// What an included file may hold.
pub(crate) const INCLUDED: Section = Section {
    header: "the top level of an included file",
    keys: &[key("keys", "[keys]"), key("env", "[[env]]"), key("action", "[[action]]")],
};

/// Settings of the console.
pub(crate) const CONSOLE: Section = Section {
    header: "`[console]`",
    keys: &[
        key("interval", r#"interval = "5s""#),
        key("theme", r#"theme = "auto""#),
        key("ascii", "ascii = false"),
        key("mouse", "mouse = false"),
        key("problems_only", "problems_only = false"),
        key("notify", r#"notify = "bell""#),
        key("hook", r#"hook = ["notify-send", "quarterdeck"]"#),
        key("log_memory", r#"log_memory = "256MiB""#),
    ],
};

/// An environment.
pub(crate) const ENV: Section = Section {
    header: "`[[env]]`",
    keys: &[
        key("name", r#"name = "production""#),
        key("tier", r#"tier = "production""#),
        key("protected", "protected = true"),
        key("host", "[[env.host]]"),
        key("service", "[[env.service]]"),
        key("ports", r#"ports = ["3444-3445", 80, 443]"#),
        key("silence", "[[env.silence]]"),
        key("thresholds", "[env.thresholds]"),
        key("backup", "[[env.backup]]"),
        key("sync", "[[env.sync]]"),
        key("freeze", "[[env.freeze]]"),
        key("maintenance", "[[env.maintenance]]"),
        key("template", "[[env.template]]"),
    ],
};

/// When nothing is deployed.
pub(crate) const FREEZE: Section = Section {
    header: "`[[env.freeze]]`",
    keys: &[
        key("weekly", r#"weekly = "Fri 15:00 - Mon 07:00""#),
        key("from", r#"from = "2026-12-20T00:00:00Z""#),
        key("to", r#"to = "2027-01-02T08:00:00Z""#),
        key("reason", r#"reason = "nobody is there at the weekend""#),
    ],
};

/// When nobody is called.
pub(crate) const MAINTENANCE: Section = Section {
    header: "`[[env.maintenance]]`",
    keys: &[
        key("weekly", r#"weekly = "Sun 02:00 - Sun 04:00""#),
        key("from", r#"from = "2026-12-20T22:00:00Z""#),
        key("to", r#"to = "2026-12-21T02:00:00Z""#),
        key("reason", r#"reason = "hosts are upgraded and booted""#),
    ],
};

/// A finding that nobody wants to hear of.
pub(crate) const SILENCE: Section = Section {
    header: "`[[env.silence]]`",
    keys: &[
        key("rule", r#"rule = "exposed-port""#),
        key("subject", r#"subject = "web1/api""#),
        key("reason", r#"reason = "behind the firewall of the data center""#),
    ],
};

/// A port of a service.
pub(crate) const PORT: Section = Section {
    header: "an entry of `ports`",
    keys: &[
        key("port", "port = 3444"),
        key("protocol", r#"protocol = "tcp""#),
        key("name", r#"name = "sse""#),
        key("bind", r#"bind = "loopback""#),
    ],
};

/// A host of an environment.
pub(crate) const HOST: Section = Section {
    header: "`[[env.host]]`",
    keys: &[
        key("name", r#"name = "web1""#),
        key("ssh", r#"ssh = "web1""#),
        key("sudo", r#"sudo = "auto""#),
    ],
};

/// A service of an environment.
pub(crate) const SERVICE: Section = Section {
    header: "`[[env.service]]`",
    keys: &[
        key("name", r#"name = "api""#),
        key("hosts", r#"hosts = ["web1"]"#),
        key("unit", r#"unit = "api.service""#),
        key("timer", r#"timer = "backup.timer""#),
        key("cron", r#"cron = "/srv/scripts/backup.sh""#),
        key("process", r#"process = "scanner_server.py""#),
        key("command", r#"command = ["/srv/app/verify"]"#),
        key("every", r#"every = "6h""#),
        key("grace", r#"grace = "5m""#),
        key("count", r#"count = "1-4""#),
        key("timeout", r#"timeout = "30s""#),
        key("ports", "ports = [3444]"),
        key("needs", r#"needs = ["postgres"]"#),
        key("directory", r#"directory = "/srv/api""#),
        key("data", r#"data = ["/srv/api/data"]"#),
        key("rollout", r#"rollout = { canary = 1, batch = "25%" }"#),
        key("soak", r#"soak = "5s""#),
        key("drain", r#"drain = { host = "lb1", file = "/etc/nginx/conf.d/api.conf" }"#),
        key("deploy", r#"deploy = { strategy = "git", ref = "main" }"#),
        key("health", r#"health = [{ http = "http://127.0.0.1:3444/health" }]"#),
        key("logs", r#"logs = [{ file = "/srv/api/api.log" }]"#),
    ],
};

/// How what is done to a service goes over its hosts.
pub(crate) const ROLLOUT: Section = Section {
    header: "`rollout`",
    keys: &[
        key("canary", "canary = 1"),
        key("batch", r#"batch = "25%""#),
        key("max_failures", "max_failures = 0"),
        key("min_available", r#"min_available = "50%""#),
        key("on_fail", r#"on_fail = "revert-host""#),
        key("wait", r#"wait = "10s""#),
    ],
};

/// A load balancer of a service.
pub(crate) const DRAIN: Section = Section {
    header: "`drain`",
    keys: &[
        key("host", r#"host = "lb1""#),
        key("file", r#"file = "/etc/nginx/conf.d/api.conf""#),
        key("upstream", r#"upstream = "api""#),
        key("servers", r#"servers = { web1 = "10.0.0.1:3000" }"#),
        key("timeout", r#"timeout = "30s""#),
        key("dead_man", r#"dead_man = "60s""#),
    ],
};

/// How a service comes by another revision.
pub(crate) const DEPLOY: Section = Section {
    header: "`deploy`",
    keys: &[
        key("strategy", r#"strategy = "git""#),
        key("remote", r#"remote = "origin""#),
        key("repository", r#"repository = "https://git.example.org/api.git""#),
        key("ref", r#"ref = "main""#),
        key("build", r#"build = "npm ci --omit=dev""#),
        key("built", r#"built = ["node_modules"]"#),
        key("shared", r#"shared = [".env", "data"]"#),
        key("keep", "keep = 5"),
        key("from", r#"from = "dist""#),
        key("paths", r#"paths = ["src", "web-ui"]"#),
        key("exclude", r#"exclude = ["*.log"]"#),
        key("deletions", "deletions = 50"),
        key("script", r#"script = "exec /srv/api/bin/deploy""#),
        key("undo", r#"undo = "exec /srv/api/bin/deploy --previous""#),
        key("revision", r#"revision = "cat /srv/api/VERSION""#),
        key("user", r#"user = "api""#),
        key("migrate", r#"migrate = { run = "npm run migrate" }"#),
        key("template", r#"template = "worker""#),
        key("values", r#"values = { port = "8081" }"#),
        key("verify", r#"verify = "nginx -t""#),
        key("then", r#"then = "restart""#),
        key("timeout", r#"timeout = "15m""#),
        key("free", "free = 256"),
        key("after", r#"after = "staging""#),
        key("backup", r#"backup = "data""#),
        key("rollback_within", r#"rollback_within = "1m""#),
    ],
};

/// What a deploy does to data.
pub(crate) const MIGRATE: Section = Section {
    header: "`migrate`",
    keys: &[
        key("run", r#"run = "npm run migrate""#),
        key("dry_run", r#"dry_run = "npm run migrate -- --dry-run""#),
        key("undo", r#"undo = "npm run migrate:down""#),
        key("contract", "contract = true"),
    ],
};

/// A unit file of which several are made.
pub(crate) const TEMPLATE: Section = Section {
    header: "`[[env.template]]`",
    keys: &[
        key("name", r#"name = "worker""#),
        key("unit", r#"unit = "[Service]\nExecStart=/srv/{{service}}/run""#),
    ],
};

/// Where a deploy copies from.
pub(crate) const FROM: Section = Section {
    header: "`from`",
    keys: &[key("directory", r#"directory = "/srv/build/api""#), key("env", r#"env = "staging""#)],
};

/// A log of a service.
pub(crate) const LOG: Section = Section {
    header: "an entry of `logs`",
    keys: &[
        key("file", r#"file = "/srv/api/logs/*.log""#),
        key("container", r#"container = "api""#),
    ],
};

/// A check of a service.
pub(crate) const HEALTH: Section = Section {
    header: "an entry of `health`",
    keys: &[
        key("http", r#"http = "http://127.0.0.1:3444/health""#),
        key("sse", r#"sse = "http://127.0.0.1:3445/events""#),
        key("tcp", "tcp = 5432"),
        key("command", r#"command = ["pg_isready"]"#),
        key("from", r#"from = "host""#),
        key("every", r#"every = "10s""#),
        key("timeout", r#"timeout = "5s""#),
        key("retries", "retries = 2"),
        key("expect", "expect = 200"),
        key("contains", r#"contains = "healthy""#),
        key("header", r#"header = { content-type = "json" }"#),
        key("json", r#"json = { status = "healthy" }"#),
        key("latency", r#"latency = "500ms""#),
        key("certificate", r#"certificate = "21d""#),
    ],
};

/// Every table with a fixed set of keys. `[keys]` is not here: its keys are the commands' names.
pub const KEYS: &[Section] = &[
    TOP,
    CONSOLE,
    ENV,
    FREEZE,
    MAINTENANCE,
    SILENCE,
    HOST,
    SERVICE,
    PORT,
    ROLLOUT,
    DRAIN,
    DEPLOY,
    MIGRATE,
    TEMPLATE,
    FROM,
    HEALTH,
    LOG,
    BACKUP,
    DATABASE,
    SYNC,
    SYNC_FROM,
    SCRUB,
    KEEP,
    REPOSITORY,
    GIT,
];
