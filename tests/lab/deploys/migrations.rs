//! Data that is made to fit what comes: taken back with it, or for good.

use super::scene::Yard;

const DATA: &str = "/srv/db/rows";

/// `rel`, whose deploys migrate a file of rows; and a backup of that.
fn yard(name: &str, migrate: &str) -> Yard {
    let yard = Yard::new(name);
    yard.host.sh(&format!(
        "install -d -o app /srv/db && echo old >{DATA} && chown app {DATA} && \
         tar -czf /srv/db-$(date +%s).tar.gz -C / srv/db"
    ));
    yard.reword("web.git\", ref", &format!("web.git\", backup = \"db\", migrate = {migrate}, ref"));
    yard.desk.append(
        "[[env.backup]]\nname = \"db\"\nsource = \"/srv/db\"\nfiles = \"/srv/db-*.tar.gz\"\nevery = \"6h\"\n",
    );
    yard
}

fn rows(yard: &Yard) -> String {
    yard.host.sh(&format!("cat {DATA}"))
}

#[test]
fn what_expands_is_rehearsed_run_before_and_taken_back_with_the_rest() {
    let yard = yard(
        "mg-expand",
        "{ dry_run = \"test ! -e refuse && echo $REVISION >>/srv/db/rehearsed\", \
         run = \"grep -q new version && echo new >>/srv/db/rows; true\", \
         undo = \"sed -i /new/d /srv/db/rows\" }",
    );
    yard.desk.act(&["deploy", "rel"]).ok();
    assert_eq!(rows(&yard), "old");
    yard.push("two", "echo new >version");
    let plan = yard.desk.page(&["deploy", "rel"]);
    assert!(plan.contains("rehearse the migration") && plan.contains("migrate the data"), "{plan}");
    yard.desk.act(&["deploy", "rel"]).ok();
    assert_eq!(rows(&yard), "old\nnew");
    // What comes up and dies takes its migration with it.
    yard.host.sh(&format!("echo old >{DATA}"));
    yard.push("dies", &Yard::dies());
    yard.host.sh("touch /run/die");
    let said = yard.desk.act(&["deploy", "rel"]);
    assert_eq!((said.code, &said.json["outcome"]), (1, &"undone".into()), "{said:?}");
    assert_eq!(rows(&yard), "old");
    yard.host.sh("rm /run/die");
    // What cannot even be rehearsed is not begun.
    let rehearsed = yard.host.sh("wc -l </srv/db/rehearsed");
    yard.push("refuse", "touch refuse");
    let said = yard.desk.act(&["deploy", "rel"]);
    assert_eq!((said.code, &said.json["outcome"]), (1, &"undone".into()), "{said:?}");
    assert_eq!((rows(&yard), yard.host.sh("wc -l </srv/db/rehearsed")), ("old".into(), rehearsed));
    yard.is_clean();
}

#[test]
fn what_contracts_is_a_point_of_no_return_and_says_so() {
    let yard = yard("mg-contract", "{ run = \"cat version >/srv/db/rows\" , contract = true }");
    yard.reword("migrate = { run", "migrate = { dry_run = \"true\", run");
    yard.desk.act(&["deploy", "rel"]).ok();
    yard.push("two", "echo two >version");
    let plan = yard.desk.page(&["deploy", "rel"]);
    assert!(plan.contains("point of no return: from step 25 on"), "{plan}");
    yard.desk.act(&["deploy", "rel"]).ok();
    assert_eq!(rows(&yard), "two");
    // Nothing goes back behind it, whichever way it is asked.
    for to in [&["rollback", "rel", "--plan"][..], &["rollback", "rel", "--to", "one", "--plan"]] {
        let said = yard.desk.run(to);
        assert_eq!(said.code, 1, "{said:?}");
        assert!(said.err.contains("for good: what was there before does not know it"), "{said:?}");
    }
    // What is not healthy afterwards stays: the old one would not know the data.
    let link = || yard.host.sh("readlink /srv/rel/current");
    let before = link();
    yard.push("dies", &Yard::dies());
    yard.host.sh("touch /run/die");
    let said = yard.desk.act(&["deploy", "rel"]);
    assert_eq!((said.code, &said.json["outcome"]), (2, &"failed".into()), "{said:?}");
    assert!(said.json["hosts"][0]["output"].to_string().contains("what came stays"), "{said:?}");
    assert_ne!(link(), before);
    assert!(yard.host.sh("ls /srv/rel/current/").contains("server.py"));
    // A newer revision is what remains.
    yard.host.sh("rm /run/die; systemctl reset-failed rel");
    yard.push("mended", "git checkout -q HEAD~1 -- server.py; echo three >version");
    yard.desk.act(&["deploy", "rel"]).ok();
    assert_eq!(rows(&yard), "three");
    // Without a fresh backup it is not begun.
    yard.host.sh("touch -d '2 days ago' /srv/db-*.tar.gz");
    yard.push("four", "echo four >version");
    let said = yard.desk.run(&["deploy", "rel", "--plan"]);
    assert!(said.code == 1 && said.err.contains("backup"), "{said:?}");
}
