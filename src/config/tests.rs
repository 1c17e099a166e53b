//! What the folder of invalid configs cannot show: files that are not there, and random text.

use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::model::spec::Kind;

const HOST: &str = "[[env]]\nname = \"p\"\ntier = \"production\"\n[[env.host]]\nname = \"a\"\n\
                    ssh = \"me@a\"\n[[env.host]]\nname = \"b\"\nssh = \"local\"\n";

fn spec(text: &str) -> FleetSpec {
    parse(&[Source::new("c.toml", text)]).unwrap_or_else(|faults| panic!("{}", faults[0]))
}

fn lines(count: usize, line: impl Fn(usize) -> String) -> String {
    (0..count).map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_is_left_out_takes_its_default() {
    let spec = spec(&format!("{HOST}[[env.service]]\nname = \"s\"\nunit = \"s.service\"\n"));
    let env = &spec.envs[0];
    assert!(env.protected, "production is, unless told otherwise");
    assert_eq!(env.hosts[0].reach, Reach::Ssh("me@a".into()));
    assert_eq!((&env.hosts[1].reach, env.hosts[1].sudo), (&Reach::Local, Sudo::Auto));
    assert_eq!(env.services[0].hosts, [HostName::new("a"), HostName::new("b")]);
    assert_eq!(env.services[0].kind, Kind::Unit("s.service".into()));
}

#[test]
fn what_is_said_is_taken() {
    let spec = spec(&format!(
        "[console]\ninterval = \"1m 30s\"\ntheme = \"light\"\nascii = true\nmouse = true\n\
         problems_only = true\n[keys]\nzoom = \"Z\"\nmouse = []\n{}",
        HOST.replace("[[env.host]]\nname = \"a\"", "protected = false\n[[env.host]]\nname = \"a\"")
    ));
    assert_eq!(spec.console.interval, Duration::from_secs(90));
    assert_eq!(spec.console.theme, "light");
    assert!(spec.console.ascii && spec.console.mouse && spec.console.problems_only);
    assert!(!spec.envs[0].protected);
    assert_eq!(spec.keys, [("zoom".into(), vec!["Z".into()]), ("mouse".into(), vec![])]);
}

#[test]
fn included_files_add_environments_each_file_once() {
    let folder = tempfile::tempdir().unwrap();
    // A pattern's own characters in a directory's name stand for themselves.
    let folder = folder.path().join("a[b]*");
    std::fs::create_dir_all(folder.join("conf.d")).unwrap();
    let main = folder.join("config.toml");
    std::fs::write(&main, "include = [\"conf.d/*.toml\", \"*.toml\", \"conf.d/a.toml\"]\n")
        .unwrap();
    std::fs::write(folder.join("conf.d/b.toml"), HOST.replace("\"p\"", "\"q\"")).unwrap();
    std::fs::write(folder.join("conf.d/a.toml"), HOST).unwrap();
    std::fs::write(folder.join("conf.d/.a.toml"), "an editor's").unwrap();
    let loaded = load(&main).unwrap();
    let names: Vec<_> = loaded.spec.envs.iter().map(|env| env.name.as_str()).collect();
    assert_eq!(names, ["p", "q"]);
    let files = ["config.toml", "conf.d/a.toml", "conf.d/b.toml"].map(|file| folder.join(file));
    assert_eq!(loaded.sources.files, files);
}

#[test]
fn a_missing_file_says_where_configs_are_looked_for() {
    let faults = load(Path::new("/nowhere/config.toml")).unwrap_err();
    assert_eq!(faults.len(), 1);
    assert_eq!(faults[0].message, "there is no such file");
    assert!(faults[0].remedy.contains("$QUARTERDECK_CONFIG"));
    assert!(faults[0].remedy.contains("this machine"));
}

#[test]
fn an_oversized_file_is_refused_unparsed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("big.toml");
    std::fs::write(&path, vec![b'#'; FILE_MAX as usize + 1]).unwrap();
    assert_eq!(load(&path).unwrap_err()[0].message, "the file is larger than 4 MiB");
}

#[test]
fn a_million_slips_are_told_in_two_hundred() {
    let slips = lines(20_000, |i| format!("x{i} = 1"));
    let faults = parse(&[Source::new("c.toml", slips)]).unwrap_err();
    assert_eq!(faults.len(), 201);
    assert_eq!(faults[200].message, "19800 more faults are not shown");
}

#[test]
fn a_thousand_hosts_parse() {
    let hosts = lines(1000, |i| format!("[[env.host]]\nname = \"h{i}\"\nssh = \"u@h{i}\""));
    let services =
        lines(14, |i| format!("[[env.service]]\nname = \"s{i}\"\nunit = \"s{i}.service\""));
    let env = "[[env]]\nname = \"e\"\ntier = \"staging\"\n";
    let spec = spec(&format!("{env}{hosts}\n{services}"));
    assert_eq!(spec.hosts().count(), 1000);
    assert!(spec.envs[0].services.iter().all(|service| service.hosts.len() == 1000));
}

#[test]
fn this_machine_needs_no_ssh() {
    let spec = this_machine();
    let hosts: Vec<_> = spec.hosts().map(|(id, host)| (id.to_string(), &host.reach)).collect();
    assert_eq!(hosts, [("local/localhost".to_owned(), &Reach::Local)]);
}

/// Text that is nearly a config, so that the reader is reached and not the parser alone.
fn nearly() -> impl Strategy<Value = String> {
    let key = prop::sample::select(
        KEYS.iter().flat_map(|section| section.keys).map(|key| key.name).collect::<Vec<_>>(),
    );
    let value = prop::sample::select(vec![
        "1",
        "-1.5",
        "true",
        "\"\"",
        "\"a\"",
        "\"-é\\u0007\"",
        "[]",
        "[\"a\", 1, [[]]]",
        "{}",
        "{ name = 1, host = [{}] }",
        "1979-05-27",
        "\"5s\"",
        "\"x.service\"",
        "'''\nü'''",
        "=",
    ]);
    let table = prop::sample::select(vec![
        "[console]",
        "[keys]",
        "[[env]]",
        "[[env.host]]",
        "[[env.service]]",
        "[env]",
        "[ü]",
        "[[",
    ]);
    let line = prop_oneof![
        (key, value).prop_map(|(key, value)| format!("{key} = {value}")),
        table.prop_map(str::to_owned),
        ".{0,20}",
    ];
    prop::collection::vec(line, 0..20).prop_map(|lines| lines.join("\n"))
}

proptest! {
    #[test]
    fn arbitrary_text_never_panics(text in prop_oneof![nearly(), ".*", "[ -~\n\"='\\[\\]]{0,200}"]) {
        let files = [Source::new("c.toml", text.as_str()), Source::new("d.toml", text.as_str())];
        for fault in parse(&files).err().into_iter().flatten() {
            let told = fault.to_string();
            prop_assert!(told.chars().all(|c| c == '\n' || fault::is_printable(c)), "{told:?}");
        }
    }
}
