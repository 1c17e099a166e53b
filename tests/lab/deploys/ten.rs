//! Seed 002 by one command: ten services on three hosts from one template, and then one of them with a value
//! that is no good.

use std::fmt::Write as _;

use serde_json::Value;

use crate::desk::Desk;
use crate::lab::Host;
use crate::poll::{self, secs};

const TEMPLATE: &str = include_str!("../payload/seed002/sophia-mcp-service.template");
const SERVER: &str = include_str!("../payload/seed002/server.py");

/// Host, service, port.
const SERVICES: [(&str, &str, u16); 10] = [
    ("te-core", "vector_search_mcp", 8000),
    ("te-core", "real_time_chat_mcp", 8001),
    ("te-tools", "gong_mcp", 8100),
    ("te-tools", "hubspot_mcp", 8101),
    ("te-tools", "linear_mcp", 8102),
    ("te-tools", "asana_mcp", 8103),
    ("te-data", "github_mcp", 8200),
    ("te-data", "notion_mcp", 8201),
    ("te-data", "slack_mcp", 8202),
    ("te-data", "postgres_mcp", 8203),
];

struct Ten {
    hosts: Vec<Host>,
    desk: Desk,
}

impl Ten {
    fn new() -> Self {
        let hosts: Vec<Host> = ["te-core", "te-tools", "te-data"].map(Host::boot).into();
        for host in &hosts {
            host.sh("useradd --create-home ubuntu");
            for (_, service, _) in SERVICES.iter().filter(|(name, ..)| *name == host.name()) {
                host.sh(&format!(
                    "cd /home/ubuntu && install -d sophia-main/mcp_servers/{service} && \
                     cat >sophia-main/mcp_servers/{service}/server.py <<'END'\n{SERVER}END"
                ));
            }
        }
        let ten = Self { hosts, desk: Desk::new() };
        ten.values(&[]);
        ten
    }

    /// The config, in which some services have another value of `port`.
    fn values(&self, other: &[(&str, &str)]) {
        let unit = TEMPLATE
            .replace("{{SERVICE_NAME}}", "{{service}}")
            .replace("{{SERVICE_PATH}}", "{{service}}")
            .replace("{{SERVICE_PORT}}", "{{port}}")
            .replace("{{INSTANCE_IP}}", "{{host}}");
        let mut config = format!(
            "[[env]]\nname = \"sophia\"\ntier = \"staging\"\n\
             [[env.template]]\nname = \"mcp\"\nunit = \"\"\"\n{unit}\"\"\"\n"
        );
        for host in &self.hosts {
            let _ok = write!(config, "[[env.host]]\nname = \"{0}\"\nssh = \"{0}\"\n", host.name());
        }
        for (host, service, port) in SERVICES {
            let value = other.iter().find(|(name, _)| *name == service);
            let value = value.map_or_else(|| port.to_string(), |(_, value)| (*value).to_owned());
            let _ok = write!(
                config,
                "[[env.service]]\nname = \"{service}\"\nhosts = [\"{host}\"]\n\
                 unit = \"sophia-{service}.service\"\nports = [{port}]\nsoak = \"1s\"\n\
                 health = [{{ http = \"http://127.0.0.1:{port}/health\", contains = \"{service}\" }}]\n\
                 deploy = {{ strategy = \"unit-template\", template = \"mcp\", \
                 values = {{ port = \"{value}\" }}, free = 1 }}\n"
            );
        }
        self.desk.configure(&config);
    }

    /// The run of each service, in their order.
    fn runs(&self) -> Vec<String> {
        self.each(|service, _| {
            format!("systemctl show --value -p InvocationID sophia-{service}.service")
        })
    }

    /// Sums of their unit files.
    fn files(&self) -> Vec<String> {
        self.each(|service, _| format!("sha256sum </etc/systemd/system/sophia-{service}.service"))
    }

    fn each(&self, script: impl Fn(&str, u16) -> String) -> Vec<String> {
        let one = |(name, service, port): &(&str, &str, u16)| {
            let host = self.hosts.iter().find(|host| host.name() == *name).unwrap();
            host.sh(&script(service, *port))
        };
        SERVICES.iter().map(one).collect()
    }

    /// Every service answers, and says which it is.
    fn all_answer(&self) {
        poll::until("all answer", secs(20), || {
            let said = self.each(|_, port| format!("curl -s http://127.0.0.1:{port}/health || :"));
            let fits = |(said, (_, service, _)): (&String, &(&str, &str, u16))| {
                said.contains("\"healthy\"") && said.contains(service)
            };
            if said.iter().zip(&SERVICES).all(fits) { Ok(()) } else { Err(format!("{said:?}")) }
        });
    }
}

/// Services by the word of how it went for them.
fn by_word<'a>(json: &'a Value, word: &str) -> Vec<&'a str> {
    let hosts = json["hosts"].as_array().unwrap_or_else(|| panic!("{json:#}"));
    let its = hosts.iter().filter(|one| one["outcome"] == word);
    let mut names: Vec<&str> = its.map(|one| one["service"].as_str().unwrap()).collect();
    names.sort_unstable();
    names
}

/// Those that are another run than before.
fn others(before: &[String], after: &[String]) -> Vec<&'static str> {
    let pairs = SERVICES.iter().zip(before.iter().zip(after));
    pairs.filter(|(_, (one, other))| one != other).map(|((_, service, _), _)| *service).collect()
}

#[test]
fn ten_services_come_by_one_command_and_of_one_bad_value_only_that_one_goes_back() {
    let ten = Ten::new();
    let plan = ten.desk.plan(&["deploy", "--all"]);
    assert_eq!(plan["batches"].as_array().unwrap().len(), 10, "one after the other: {plan:#}");
    let json = ten.desk.act(&["deploy", "--all"]).ok();
    assert_eq!(by_word(&json, "succeeded").len(), 10, "{json:#}");
    ten.all_answer();
    // The same once more is nothing.
    let said = ten.desk.run(&["deploy", "--all", "--plan"]);
    assert_eq!((said.code, said.err.matches("nothing is to be done").count()), (1, 10), "{said:?}");

    // Three values are other ones, and one of them is no number.
    let (runs, files) = (ten.runs(), ten.files());
    let longer = |port: &str| format!("{port} WORKERS=2");
    let (gong, postgres) = (longer("8100"), longer("8203"));
    let values = [("gong_mcp", gong.as_str()), ("slack_mcp", "82O2"), ("postgres_mcp", &postgres)];
    ten.values(&values);
    let act = ten.desk.act(&["deploy", "--all"]);
    // What came before it stays, what would come after it is not begun: so it is where nobody says else.
    assert_eq!(act.code, 2, "{:#}", act.json);
    assert_eq!(by_word(&act.json, "succeeded"), ["gong_mcp"], "{:#}", act.json);
    assert_eq!(by_word(&act.json, "undone"), ["slack_mcp"], "{:#}", act.json);
    assert_eq!(by_word(&act.json, "not-begun"), ["postgres_mcp"], "{:#}", act.json);
    let words = act.json["hosts"].to_string();
    assert!(words.contains("invalid literal for int()"), "its last words are told: {words}");
    let after = (ten.runs(), ten.files());
    assert_eq!(others(&runs, &after.0), ["gong_mcp", "slack_mcp"]);
    assert_eq!(others(&files, &after.1), ["gong_mcp"]);
    ten.all_answer();
    // Where one may fail the rest comes all the same.
    let act = ten.desk.act(&["deploy", "--all", "--max-failures", "1"]);
    assert_eq!(act.code, 2, "{:#}", act.json);
    assert_eq!(by_word(&act.json, "succeeded"), ["postgres_mcp"], "{:#}", act.json);
    let (runs, files) = after;
    let after = (ten.runs(), ten.files());
    assert_eq!(others(&runs, &after.0), ["slack_mcp", "postgres_mcp"]);
    assert_eq!(others(&files, &after.1), ["postgres_mcp"]);
    ten.all_answer();

    // Where the policy says so all that came go back, and of the rest nothing is started again.
    ten.values(&[("linear_mcp", &longer("8102")), ("slack_mcp", "82O2"), values[0], values[2]]);
    let act = ten.desk.act(&["deploy", "--all", "--on-fail", "revert-fleet"]);
    assert_eq!(act.code, 1, "{:#}", act.json);
    assert_eq!(by_word(&act.json["returned"], "succeeded"), ["linear_mcp"], "{:#}", act.json);
    let last = (ten.runs(), ten.files());
    assert_eq!(others(&after.0, &last.0), ["linear_mcp", "slack_mcp"]);
    assert_eq!(others(&after.1, &last.1), Vec::<&str>::new());
    ten.all_answer();

    // And the good value comes alone.
    ten.values(&[values[0], values[2], ("slack_mcp", &longer("8202"))]);
    let json = ten.desk.act(&["deploy", "--all"]).ok();
    assert_eq!(by_word(&json, "succeeded"), ["slack_mcp"], "{json:#}");
    assert_eq!(others(&last.0, &ten.runs()), ["slack_mcp"]);
    ten.all_answer();
    for host in &ten.hosts {
        let left = host.sh("ls -d /var/lib/quarterdeck/subjects/*/claim 2>/dev/null || :");
        assert_eq!(left, "");
    }
    assert_eq!(ten.desk.ssh_processes(), Vec::<String>::new());
}
