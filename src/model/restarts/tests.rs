use super::*;

const HOUR: Duration = Duration::from_secs(3600);

fn run(n: u32, started: u64) -> Run {
    Run { boot: "b".into(), n_restarts: Some(n), started: Some(started) }
}

fn at(secs: i64) -> Timestamp {
    Timestamp::from_secs(1_700_000_000 + secs)
}

#[test]
fn counts_the_difference() {
    let mut log = RestartLog::default();
    assert_eq!(log.observe(run(30, 1), true, at(0)), 0);
    assert_eq!(log.observe(run(31, 2), true, at(11)), 1);
    assert_eq!(log.observe(run(33, 4), true, at(33)), 2);
    assert_eq!(log.total().n, 33);
    assert_eq!(log.within(HOUR, at(40)), Count { n: 3, at_least: true });
    assert_eq!(log.within(HOUR, at(4000)), Count { n: 0, at_least: false });
}

#[test]
fn a_restart_seen_in_two_readings_is_one() {
    let mut log = RestartLog::default();
    log.observe(run(0, 1), true, at(0));
    // Counted, but the process has not begun yet; then it has.
    assert_eq!(log.observe(run(1, 1), true, at(5)), 1);
    assert_eq!(log.observe(run(1, 2), true, at(5)), 0);
    // The next process is somebody else's doing.
    assert_eq!(log.observe(run(1, 3), true, at(9)), 1);
    // A manual restart before the counted one's process began: systemd counts anew.
    assert_eq!(log.observe(run(2, 3), true, at(20)), 1);
    assert_eq!(log.observe(run(0, 4), true, at(21)), 1);
    assert_eq!(log.total().n, 4);
}

#[test]
fn a_fast_loop_whose_readings_skip_some_makes_none_by_hand() {
    let mut log = RestartLog::default();
    log.observe(run(10, 10), true, at(0));
    for n in 11..60 {
        // Each process is seen one reading later than its step, and some steps come in twos.
        log.observe(run(n, u64::from(n) - 1), true, at(i64::from(n)));
        log.observe(run(n, u64::from(n)), true, at(i64::from(n)));
    }
    assert_eq!(log.total().n, 59);
    assert_eq!(log.automatic_within(HOUR, at(60)), 49);
    assert_eq!(log.within(HOUR, at(60)).n, 49);
}

#[test]
fn a_counter_that_was_reset_loses_nothing() {
    let mut log = RestartLog::default();
    log.observe(run(30, 1), true, at(0));
    // `systemctl reset-failed`, then two more crashes before we looked.
    assert_eq!(log.observe(run(2, 9), true, at(20)), 2);
    assert_eq!(log.total().n, 32);
}

#[test]
fn a_manual_restart_counts_once_and_apart() {
    let mut log = RestartLog::default();
    log.observe(run(5, 1), true, at(0));
    assert_eq!(log.observe(run(0, 2), true, at(20)), 1, "reset by the restart, and new process");
    assert_eq!(log.automatic_within(HOUR, at(21)), 0);
    assert_eq!(log.total().n, 6);
    assert_eq!(log.observe(run(0, 2), true, at(30)), 0, "the same reading again");
}

#[test]
fn after_a_gap_the_journal_says_when() {
    let mut log = RestartLog::default();
    log.observe(run(0, 1), true, at(0));
    log.observe(run(1, 2), true, at(10));
    assert_eq!(log.observe(run(5, 7), false, at(100)), 4);
    assert_eq!(log.within(HOUR, at(100)).n, 1, "not all at once when we came back");
    log.recall(&[at(10), at(30), at(50), at(70), at(90)], at(-3600));
    log.recall(&[at(10), at(30), at(50), at(70), at(90)], at(-3600));
    assert_eq!(log.within(HOUR, at(101)).n, 5, "and none doubled");
    assert_eq!(log.total().n, 5);
    assert!(!log.within(HOUR, at(101)).at_least);
}

#[test]
fn a_reboot_is_no_restart_of_the_unit() {
    let mut log = RestartLog::default();
    log.observe(run(3, 900), true, at(0));
    let after = Run { boot: "c".into(), n_restarts: Some(0), started: Some(5) };
    assert_eq!(log.observe(after, false, at(60)), 0);
    assert_eq!(log.total().n, 3);
}

#[test]
fn saved_and_restored_it_goes_on() {
    let mut log = RestartLog::default();
    log.observe(run(0, 1), true, at(0));
    log.observe(run(3, 4), true, at(10));
    let mut back = RestartLog::restore(log.save(), at(60));
    assert_eq!(back.within(HOUR, at(60)).n, 3);
    assert_eq!(back.observe(run(4, 5), false, at(61)), 1);
    assert_eq!(back.total().n, 4);
}

#[test]
fn a_loop_began_with_its_first_restart() {
    let gap = Duration::from_secs(60);
    let mut log = RestartLog::default();
    log.observe(run(0, 1), true, at(0));
    log.observe(run(1, 2), true, at(100));
    log.observe(run(2, 3), true, at(300));
    log.observe(run(3, 4), true, at(350));
    assert_eq!(log.began(gap, at(390)), Some(at(300)));
    assert!(!log.began_at_least(gap, at(390)));
    assert_eq!(log.began(gap * 4, at(390)), Some(at(100)));
    assert!(log.began_at_least(gap * 4, at(390)), "we came only shortly before");
    assert_eq!(log.began(gap, at(500)), None, "over");
}

#[test]
fn the_series_ends_now() {
    let mut log = RestartLog::default();
    log.observe(run(0, 1), true, at(0));
    log.observe(run(2, 4), true, at(10));
    log.observe(run(3, 5), true, at(70));
    assert_eq!(log.series(3, Duration::from_secs(60), at(75)), vec![0, 2, 1]);
}

#[test]
fn a_boot_that_is_not_named_yet_makes_no_reboot_later() {
    let at = Timestamp::from_secs(10_000);
    let run = |boot: &str, n| Run { boot: boot.into(), n_restarts: Some(n), started: Some(1) };
    let mut log = RestartLog::default();
    log.observe(run("before", 494), false, at);
    let mut log = RestartLog::restore(log.save(), at);
    log.observe(run("", 66), false, at);
    assert_eq!(log.observe(run("now", 67), true, at), 1);
}
