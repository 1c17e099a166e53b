//! Several services at once: those that were marked, and no other.

use super::*;

fn marked(story: &Story) -> Vec<String> {
    let names = story.model.screen.marked.iter();
    names.map(|id| format!("{}/{}", id.host.host, id.service)).collect()
}

fn mark(story: &mut Story, host: &str, service: &str) {
    select(story, host, service);
    keys(story, " ");
}

fn looked_at(effects: &[Effect]) -> Vec<String> {
    let mut all: Vec<String> = asks(effects)
        .into_iter()
        .filter_map(|(host, ask)| match ask {
            Ask::Look { instance, .. } => Some(format!("{host}/{}", instance.service)),
            _ => None,
        })
        .collect();
    all.sort();
    all
}

#[test]
fn what_is_marked_is_planned_together_and_nothing_beside_it() {
    let mut story = story();
    mark(&mut story, "coord", "mcp");
    mark(&mut story, "web", "nginx");
    assert_eq!(marked(&story), ["coord/mcp", "web/nginx"]);
    select(&mut story, "web", "nginx");
    let asked = keys(&mut story, "R");
    // The nginx of coord is of a marked service and on a marked host, and is not marked.
    assert_eq!(looked_at(&asked), ["coord/mcp", "web/nginx"]);
    answer(&mut story, &asked);
    let planning = story.model.acting.planning.as_ref().unwrap();
    let plan = planning.made.as_ref().unwrap().as_ref().unwrap();
    assert_eq!(plan.title(), "restart mcp on coord, nginx on web");
    let hosts: Vec<String> =
        plan.hosts.iter().map(|one| format!("{}/{}", one.host.host, one.service)).collect();
    assert_eq!(hosts, ["coord/mcp", "web/nginx"]);
    // It is another plan than that for all of these services on these hosts.
    let hash = plan.hash().to_owned();
    keys(&mut story, "<esc>");
    mark(&mut story, "coord", "nginx");
    select(&mut story, "web", "nginx");
    let asked = keys(&mut story, "R");
    assert_eq!(looked_at(&asked), ["coord/mcp", "coord/nginx", "web/nginx"]);
    answer(&mut story, &asked);
    let planning = story.model.acting.planning.as_ref().unwrap();
    let plan = planning.made.as_ref().unwrap().as_ref().unwrap();
    assert_eq!(plan.title(), "restart mcp, nginx on coord, web");
    assert_ne!(plan.hash(), hash);
}

#[test]
fn a_mark_that_was_forgotten_takes_no_other_services_place() {
    let mut story = story();
    mark(&mut story, "coord", "mcp");
    select(&mut story, "coord", "nginx");
    assert!(looked_at(&keys(&mut story, "R")).is_empty());
    let text =
        "1 service is marked, and nginx is not: mark it as well, or esc takes the marks away";
    assert_eq!((said(&story), top(&story)), (text, "panes"));
    keys(&mut story, "x");
    assert_eq!((said(&story), top(&story)), (text, "panes"));
    keys(&mut story, "<esc>");
    assert!(marked(&story).is_empty());
    assert_eq!(looked_at(&keys(&mut story, "R")), ["coord/nginx"]);
}

#[test]
fn a_mark_is_taken_away_as_it_was_made_and_by_what_is_done() {
    let mut story = story();
    mark(&mut story, "stage", "mcp");
    mark(&mut story, "stage", "mcp");
    assert!(marked(&story).is_empty());
    mark(&mut story, "stage", "mcp");
    select(&mut story, "stage", "mcp");
    let asked = keys(&mut story, "R");
    answer(&mut story, &asked);
    assert_eq!(marked(&story), ["stage/mcp"]);
    let claims = keys(&mut story, "y");
    assert!(matches!(asks(&claims).as_slice(), [(_, Ask::Claim(_))]), "{claims:?}");
    assert!(marked(&story).is_empty(), "{:?}", marked(&story));
}

#[test]
fn one_environment_at_a_time() {
    let mut story = story();
    mark(&mut story, "coord", "mcp");
    mark(&mut story, "stage", "mcp");
    select(&mut story, "stage", "mcp");
    assert!(looked_at(&keys(&mut story, "R")).is_empty());
    assert!(said(&story).contains("marked in staging and in production"), "{}", said(&story));
    // In the menu each line says so.
    keys(&mut story, "x");
    assert_eq!(top(&story), "actions");
    assert!(looked_at(&keys(&mut story, "<enter>")).is_empty());
    keys(&mut story, "<esc>x");
    look("acting_marks", &story.model, &chrome(), BIG);
}

#[test]
fn what_is_marked_and_gone_is_told_before_the_rest_is_planned() {
    let mut story = story();
    mark(&mut story, "coord", "mcp");
    mark(&mut story, "coord", "nginx");
    let host = story.model.fleet.host_mut(&Story::id("coord")).unwrap();
    host.instances.remove(&"mcp".into());
    select(&mut story, "coord", "nginx");
    assert!(looked_at(&keys(&mut story, "R")).is_empty());
    let text = "1 marked service is not in the config any more: look at the marks again";
    assert_eq!(said(&story), text);
    assert_eq!(marked(&story), ["coord/nginx"]);
    assert_eq!(looked_at(&keys(&mut story, "R")), ["coord/nginx"]);
}
