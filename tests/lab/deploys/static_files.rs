//! The strategy `static`: files that nginx hands out. Its config has to be sound before anything is
//! changed, and again before it is reloaded; what is not answered as it should is taken back.

use std::fs;
use std::path::PathBuf;

use crate::desk::Desk;
use crate::lab::Host;

const SITE: &str = "/etc/nginx/conf.d/site.conf";

fn site(name: &str, more: &str) -> (Host, Desk, PathBuf) {
    let host = Host::boot(name);
    host.sh(&format!(
        "useradd -m app; install -d -o app /var/www/site; rm -f /etc/nginx/sites-enabled/*; \
         cat >{SITE} <<'END'\nserver {{\n  listen 8080;\n  root /var/www/site;\n}}\nEND\n\
         echo zero >/var/www/site/index.html; echo gone >/var/www/site/old.js; \
         chown app /var/www/site/*; systemctl restart nginx"
    ));
    let desk = Desk::with(&format!(
        "[[env]]\nname = \"lab\"\ntier = \"staging\"\n\
         [[env.host]]\nname = \"{0}\"\nssh = \"{0}\"\n\
         [[env.service]]\nname = \"frontend\"\nunit = \"nginx.service\"\ndirectory = \"/var/www/site\"\n\
         soak = \"2s\"\nhealth = [{{ http = \"http://127.0.0.1:8080/\", expect = 200, \
         contains = \"page\" }}]\n\
         deploy = {{ strategy = \"static\", from = \"dist\", free = 1{more} }}\n",
        host.name()
    ));
    let dist = desk.path("config/dist");
    fs::create_dir(&dist).unwrap();
    fs::write(dist.join("index.html"), "page one\n").unwrap();
    fs::write(dist.join("new.js"), "1\n").unwrap();
    (host, desk, dist)
}

fn page(host: &Host) -> String {
    host.sh("curl -s http://127.0.0.1:8080/")
}

#[test]
fn a_site_is_deployed_without_a_restart_and_goes_back() {
    let (host, desk, dist) = site("st-site", "");
    let main = || host.sh("systemctl show --value -p MainPID nginx");
    let began = main();
    desk.act(&["deploy", "frontend"]).ok();
    assert_eq!(page(&host), "page one");
    assert_eq!(host.sh("cat /var/www/site/new.js; ls /var/www/site"), "1\nindex.html\nnew.js");
    assert_eq!(main(), began, "it was reloaded");

    // What is not the page that was promised is taken back.
    fs::write(dist.join("index.html"), "an error\n").unwrap();
    fs::write(dist.join("new.js"), "two\n").unwrap();
    let said = desk.act(&["deploy", "frontend"]);
    assert_eq!((said.code, &said.json["outcome"]), (1, &"undone".into()), "{said:?}");
    assert_eq!((page(&host), host.sh("cat /var/www/site/new.js")), ("page one".into(), "1".into()));

    fs::write(dist.join("index.html"), "page two\n").unwrap();
    desk.act(&["deploy", "frontend"]).ok();
    assert_eq!(page(&host), "page two");
    desk.act(&["rollback", "frontend"]).ok();
    assert_eq!((page(&host), host.sh("cat /var/www/site/new.js")), ("page one".into(), "1".into()));
    assert_eq!(main(), began);
}

#[test]
fn a_config_that_is_not_sound_stops_it_before_and_after() {
    let (host, desk, dist) = site("st-verify", "");
    desk.act(&["deploy", "frontend"]).ok();
    host.sh("echo 'nonsense;' >/etc/nginx/conf.d/broken.conf");
    fs::write(dist.join("index.html"), "page two\n").unwrap();
    let plan = desk.page(&["deploy", "frontend"]);
    assert!(plan.contains("verify what is there") && plan.contains("nginx -t"), "{plan}");
    let said = desk.act(&["deploy", "frontend"]);
    assert_eq!((said.code, &said.json["outcome"]), (1, &"undone".into()), "{said:?}");
    let output = said.json["hosts"][0]["output"].to_string();
    assert!(output.contains("nonsense") && output.contains("did not succeed"), "{output}");
    // Nothing was sent into place, not for a moment.
    let last = |file: &str| {
        host.sh(&format!("cat \"$(ls -d /var/lib/quarterdeck/ops/* | tail -n 1)\"/{file}"))
    };
    assert!(!last("events").contains(" 30 start"), "{}", last("events"));
    assert_eq!(page(&host), "page one");

    // It breaks while the files are taken over.
    host.sh("rm /etc/nginx/conf.d/broken.conf");
    let config = fs::read_to_string(desk.path("config/config.toml")).unwrap();
    let verify = "verify = \"! grep -q two /var/www/site/index.html && nginx -t\", free = 1";
    desk.configure(&config.replace("free = 1", verify));
    let said = desk.act(&["deploy", "frontend"]);
    assert_eq!((said.code, &said.json["outcome"]), (1, &"undone".into()), "{said:?}");
    assert!(last("events").contains(" 30 done 0"), "{}", last("events"));
    assert!(!last("events").contains(" 40 start"), "{}", last("events"));
    assert_eq!(page(&host), "page one");
}
