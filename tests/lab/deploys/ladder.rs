//! From one environment to the one above it, by keys alone, past all that has to hold before.

use super::Yard;
use crate::poll::{self, secs};
use crate::screen::Screen;

/// The words on the screen, whatever lines and boxes they are in.
fn plain(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c == '│' || c == '█');
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// What is shown once those words are.
fn wait(screen: &Screen, words: &str) -> String {
    screen.wait(words, secs(40), |text| plain(text).contains(words))
}

/// Waits until nothing stands over the panes any more.
fn leave(screen: &Screen) {
    screen.keys(&["Escape"]);
    screen.wait("the plan is left", secs(10), |text| !text.contains("Plan: "));
}

/// Refused for that reason.
fn refused(screen: &Screen, why: &str) {
    poll::until(why, secs(40), || {
        let text = plain(&screen.text());
        if text.contains("there is no plan") && text.contains(why) {
            return Ok(());
        }
        if text.contains("there is no plan") {
            screen.keys(&["r"]);
        }
        Err(text)
    });
}

#[test]
fn every_preflight_fails_once_and_then_production_is_deployed_by_keys_alone() {
    let yard = Yard::new("ld-keys");
    yard.add_production();
    let whole = std::fs::read_to_string(yard.desk.config()).unwrap();
    let strict = whole.replace(
        "free = 1, after = \"lab\"",
        "free = 1, verify = \"test ! -e /srv/lint\", after = \"lab\"",
    );
    assert_ne!(strict, whole);
    yard.desk.configure(&strict);
    yard.freeze_production();
    let screen = Screen::console(&yard.desk, 120, 40);
    screen.wait("it is connected", secs(30), |text| text.matches(" 1/1 hosts up").count() == 2);
    screen.keys(&["2"]);
    screen.wait_row(&["rel"], secs(20));

    // Nothing was deployed below.
    screen.keys(&["D"]);
    refused(&screen, "rel on ld-keys in lab is failed");
    leave(&screen);
    screen.keys(&["1", "/"]);
    screen.type_text("rel");
    screen.keys(&["Enter"]);
    screen.wait_row(&["rel", "failed"], secs(20));
    screen.keys(&["D"]);
    wait(&screen, "run it? y runs it");
    std::thread::sleep(secs(1));
    screen.keys(&["y"]);
    wait(&screen, "✓ succeeded");
    screen.keys(&["Escape"]);
    screen.wait("the operation is left", secs(10), |text| !text.contains("✓ succeeded"));
    // The filter as well.
    screen.keys(&["Escape"]);
    screen.keys(&["2"]);

    // Frozen; and no backup.
    screen.keys(&["D"]);
    refused(&screen, "production is frozen for");
    refused(&screen, "the backup data is missing");
    leave(&screen);
    yard.host.sh("tar -czf /srv/data-1.tar.gz -C /srv data");
    yard.desk.configure(&strict);
    screen.keys(&["r"]);
    screen.wait("the copy is seen", secs(90), |text| {
        text.contains("fresh") || text.contains("unverified")
    });

    // Not this very revision.
    let proved = yard.commit();
    yard.push("two", "echo two >version");
    screen.keys(&["D"]);
    refused(&screen, "lab has");
    // The one that was proved there is deployed by its name; but it does not run well there.
    yard.host.sh("systemctl stop rel");
    screen.keys(&["v"]);
    wait(&screen, "a branch, a tag or a whole commit");
    screen.type_line(&proved);
    refused(&screen, "rel on ld-keys in lab is");
    yard.host.sh("systemctl start rel");
    screen.wait("it runs there again", secs(60), |text| {
        if text.contains("there is no plan") {
            screen.keys(&["r"]);
        }
        text.contains("W unlocks it")
    });

    // What verifies does not succeed: nothing is touched, and the host says why.
    screen.keys(&["W"]);
    screen.type_text("a release");
    screen.keys(&["Enter"]);
    wait(&screen, "UNLOCKED");
    let confirm = || {
        wait(&screen, "y, then its name: rel");
        std::thread::sleep(secs(1));
        screen.keys(&["y"]);
        wait(&screen, "type rel and enter to run it");
        screen.type_line("rel");
    };
    yard.host.sh("touch /srv/lint");
    confirm();
    wait(&screen, "what verifies it did not succeed");
    wait(&screen, "undone");
    let left = yard.host.sh("ls /srv/prod/releases; test ! -L /srv/prod/current");
    assert_eq!(left, "", "nothing of it is left");
    yard.host.sh("rm /srv/lint");
    screen.keys(&["Escape"]);
    screen.keys(&["D"]);
    refused(&screen, "lab has");
    screen.keys(&["v"]);
    screen.type_line(&proved);
    confirm();
    wait(&screen, "✓ succeeded");
    assert_eq!(yard.host.sh("curl -s http://127.0.0.1:8083/"), "one");
    assert_eq!(yard.host.sh("cat /srv/prod/current/REVISION"), proved);
    screen.keys(&["Escape"]);
    screen.wait_row(&["rel", proved.get(..10).unwrap()], secs(20));
    screen.keys(&["q"]);
    screen.wait_shell();
    yard.is_clean();
}
