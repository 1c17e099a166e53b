//! The strategy `unit-template`: unit files of several services on two hosts, made from one template.

use crate::desk::Desk;
use crate::lab::Host;

const TEMPLATE: &str = "[Unit]\nDescription={{service}} of {{env}} on {{host}}\n\
    [Service]\nEnvironment=PORT={{port}}\nExecStart=/bin/sh -c 'exec sleep inf'\n\
    [Install]\nWantedBy=multi-user.target\n";

fn config(hosts: &[&str], template: &str, ports: [&str; 2]) -> String {
    let host = |host: &&str| format!("[[env.host]]\nname = \"{host}\"\nssh = \"{host}\"\n");
    let service = |(service, port): (&str, &str)| {
        format!(
            "[[env.service]]\nname = \"{service}\"\nunit = \"{service}.service\"\nsoak = \"1s\"\n\
             rollout = {{ batch = \"100%\" }}\n\
             deploy = {{ strategy = \"unit-template\", template = \"worker\", \
             values = {{ port = \"{port}\" }}, free = 1 }}\n"
        )
    };
    let hosts: String = hosts.iter().map(host).collect();
    let services: String = ["one", "two"].into_iter().zip(ports).map(service).collect();
    format!(
        "[[env]]\nname = \"lab\"\ntier = \"staging\"\n{hosts}\
         [[env.template]]\nname = \"worker\"\nunit = \"\"\"\n{template}\"\"\"\n{services}"
    )
}

#[test]
fn units_are_made_from_one_template_and_only_what_differs_is_restarted() {
    let (first, second) = (Host::boot("ut-a"), Host::boot("ut-b"));
    let hosts = [first.name(), second.name()];
    let desk = Desk::with(&config(&hosts, TEMPLATE, ["81", "82"]));
    desk.act(&["deploy", "one", "two"]).ok();
    let run = |host: &Host, unit: &str| {
        host.sh(&format!(
            "systemctl is-active {unit}; systemctl show --value -p InvocationID {unit}"
        ))
    };
    let description = |host: &Host, unit| {
        host.sh(&format!("systemctl show --value -p Description,Environment {unit}"))
    };
    let all = || [(&first, "one"), (&first, "two"), (&second, "one"), (&second, "two")];
    assert_eq!(description(&second, "two"), "PORT=82\ntwo of lab on ut-b");
    let before = all().map(|(host, unit)| run(host, unit));
    assert!(before.iter().all(|run| run.starts_with("active\n")), "{before:?}");

    // Nothing differs: there is nothing to do.
    let said = desk.run(&["deploy", "one", "two", "--plan"]);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.err.contains("is what the template makes: nothing is to be done"), "{said:?}");

    // A value of one service: the other is left alone, and the plan shows the difference.
    desk.configure(&config(&hosts, TEMPLATE, ["81", "92"]));
    let plan = desk.page(&["deploy", "one", "two"]);
    assert!(
        plan.contains("-Environment=PORT=82") && plan.contains("+Environment=PORT=92"),
        "{plan}"
    );
    assert!(plan.contains("one on ut-a: its unit file is what the template makes"), "{plan}");
    desk.act(&["deploy", "one", "two"]).ok();
    let after = all().map(|(host, unit)| run(host, unit));
    let restarted: Vec<bool> = before.iter().zip(&after).map(|(a, b)| a != b).collect();
    assert_eq!(restarted, [false, true, false, true], "{before:?} {after:?}");
    assert_eq!(description(&first, "two"), "PORT=92\ntwo of lab on ut-a");

    // And back, to the file that was there.
    desk.act(&["rollback", "two"]).ok();
    assert_eq!(description(&first, "two"), "PORT=82\ntwo of lab on ut-a");
    assert_eq!(description(&second, "two"), "PORT=82\ntwo of lab on ut-b");
}

#[test]
fn what_systemd_does_not_take_or_does_not_start_is_taken_back() {
    let host = Host::boot("ut-bad");
    let hosts = [host.name()];
    let desk = Desk::with(&config(&hosts, TEMPLATE, ["81", "82"]));
    desk.act(&["deploy", "one"]).ok();
    let file = || host.sh("cat /etc/systemd/system/one.service; systemctl is-active one");
    let before = file();
    let run = || host.sh("systemctl show --value -p InvocationID one");
    let was = run();
    // A setting that systemd does not know: nothing is touched.
    desk.configure(&config(&hosts, &TEMPLATE.replace("Environment=", "Environ="), ["81", "82"]));
    let said = desk.act(&["deploy", "one"]);
    assert_eq!((said.code, &said.json["outcome"]), (1, &"undone".into()), "{said:?}");
    assert!(said.json["hosts"][0]["output"].to_string().contains("does not know that setting"));
    assert_eq!((file(), run()), (before.clone(), was.clone()));
    // One that systemd takes, and that does not stay up.
    let dies = TEMPLATE.replace("exec sleep inf", "sleep 1; exit 3");
    desk.configure(&config(&hosts, &dies, ["81", "82"]));
    let said = desk.act(&["deploy", "one"]);
    assert_eq!((said.code, &said.json["outcome"]), (1, &"undone".into()), "{said:?}");
    assert_eq!(file(), before);
    assert_ne!(run(), was, "the old one was started again");
    // A file that somebody changed by hand is not written over unseen.
    desk.configure(&config(&hosts, TEMPLATE, ["99", "82"]));
    let hash = desk.hash(&["deploy", "one"]);
    host.sh("echo '# by hand' >>/etc/systemd/system/one.service; systemctl daemon-reload");
    let said = desk.run(&["deploy", "one", "--confirm", &hash]);
    assert_eq!(said.code, 75, "{said:?}");
    let plan = desk.page(&["deploy", "one"]);
    assert!(plan.contains("-# by hand"), "{plan}");
    // What is masked is not unmasked by that.
    host.sh("systemctl mask --now two");
    let said = desk.run(&["deploy", "two", "--plan"]);
    assert!(said.code == 1 && said.err.contains("is a symbolic link"), "{said:?}");
}
