//! Acting on simulated hosts, as the console does it.

use super::*;

#[tokio::test]
async fn a_restart_is_claimed_run_and_followed_and_makes_another_run() {
    let fleet = named("crash-loop");
    let (_, host) = hosts(&fleet).into_iter().find(|(name, _)| name.ends_with("web")).unwrap();
    let host = host.unwrap();
    let bus = host.bus().await.unwrap();
    let unit = UnitName::new("nginx.service");
    bus.watch(std::slice::from_ref(&unit), false);
    let before = bus.read(std::slice::from_ref(&unit)).await.unwrap();
    let mut hand = Collector::open_acting(&host, true).await.unwrap();
    let look =
        act::parse_look(&ok(&mut hand, &["qd_act_look", "nginx.service", "nginx.service"]).await);
    assert!(look.root && look.systemd.is_some() && look.claim.is_none());
    assert_eq!(look.units[0].get("ActiveState"), "active");
    let op = "01KAJ5NEV8SPQPWY4YDAGVJSFM000";
    let claim = ["qd_act_claim", "nginx.service", op, "operator=ana@laptop"];
    ok(&mut hand, &claim).await;
    let other = ["qd_act_claim", "nginx.service", "01KAJ5NEV8SPQPWY4YDAGVJSFN000"];
    let refused = ask(&mut hand, &other).await;
    assert_eq!(refused.status, 75);
    assert_eq!(&*act::parse_refusal(&refused.text).0.unwrap().0.operator, "ana@laptop");
    let order = "10 read 60 60\\n20 final 60 60\\n30 read 60 60\\n";
    let policy = "subject nginx.service\\nscope host\\nwhat restart nginx on web\\n";
    let launch = ["qd_act_launch", op, "nginx.service", "systemd", "60", "0"];
    ok(&mut hand, &[&launch[..], &["order", order, "policy", policy]].concat()).await;
    let changed = tokio::time::timeout(Duration::from_secs(5), bus.changed()).await;
    assert!(changed.unwrap().unwrap().contains(&unit));
    let after = bus.read(std::slice::from_ref(&unit)).await.unwrap();
    assert_ne!(before[0].1.invocation, after[0].1.invocation);
    assert_eq!(after[0].1.active, ActiveState::Active);
    let read = ask(&mut hand, &["qd_act_read", op, "0", "0", "65536", "9"]).await;
    let progress = act::parse_progress(read.text.as_bytes());
    assert!(progress.state.alive && progress.events.1.contains("10 done 0"), "{progress:?}");
    let seen = act::parse_list(&ok(&mut hand, &["qd_act_list", "9"]).await);
    assert_eq!(&*seen.runs[0].what, "restart nginx on web");
    assert!(seen.runs[0].claims);
}

#[tokio::test]
async fn a_deploy_is_recorded_when_it_is_done_and_one_goes_back() {
    let fleet = named("crash-loop");
    let (_, host) = hosts(&fleet).into_iter().find(|(name, _)| name.ends_with("stage")).unwrap();
    let host = host.unwrap();
    let mut hand = Collector::open_acting(&host, true).await.unwrap();
    let unit = "mcp-coordination.service";
    let ask = ["qd_act_deploy", "release", unit, "/srv/mcp/staging", "", "origin", "main", ""];
    let look = act::parse_deploy(&ok(&mut hand, &ask).await);
    assert_eq!((look.faults.len(), look.ahead, look.commits.len()), (0, Some(2), 2), "{look:?}");
    assert_eq!((look.choices().len(), look.releases.len()), (2, 3));
    assert_eq!(look.releases[0].revision, look.current);
    let op = "01KAJ5NEV8SPQPWY4YDAGVJSFM000";
    // As short as it can be: a deploy of two steps, whose last one writes it down.
    let policy = format!(
        "subject {unit}\\nscope host\\nwhat deploy mcp-coordination on stage\\noperator ana\\n"
    );
    let common = format!("dir=x\\nrev='{}'\\n", look.wanted);
    let files =
        ["order", "10 read 60 60\\n60 write 60 60\\n", "policy", &policy, "common", &common];
    let launch = ["qd_act_launch", op, unit, "systemd", "60", "0"];
    ok(&mut hand, &[&launch[..], &files].concat()).await;
    let before = act::parse_deployed(&ok(&mut hand, &["qd_now_claims"]).await);
    assert_eq!(before[0].release.revision, look.current, "not before it is done");
    tokio::time::sleep(Duration::from_millis(600)).await;
    let after = act::parse_deployed(&ok(&mut hand, &["qd_now_claims"]).await);
    assert_eq!((&after[0].release.revision, &*after[0].release.by), (&look.wanted, "ana"));
    let look = act::parse_deploy(&ok(&mut hand, &ask).await);
    assert_eq!((look.ahead, look.choices().len()), (Some(0), 3), "{look:?}");
}
