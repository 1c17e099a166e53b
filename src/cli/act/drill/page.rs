//! A drill for people: what would be done, and how it went.

use std::fmt::Write as _;

use super::report::{End, Told};
use crate::cli::act::page;
use crate::model::drill::{Drill, tenths};
use crate::model::ids::ServiceName;
use crate::model::span;
use crate::model::text::clean;

/// What would be done, with all scripts.
pub(super) fn plan(drill: &Drill) -> String {
    let mut out = short(drill);
    for plan in [Some(drill.deploy()), drill.restore()].into_iter().flatten() {
        let _ok = write!(out, "\n{}", page::plan(plan));
    }
    out
}

/// The same without scripts, for whoever is asked.
pub(super) fn asked(drill: &Drill) -> String {
    let mut out = short(drill);
    for plan in [Some(drill.deploy()), drill.restore()].into_iter().flatten() {
        out.push_str(&page::recap(plan));
    }
    out + "\nIts scripts are shown by `--plan`.\n"
}

fn short(drill: &Drill) -> String {
    let deploy = drill.deploy();
    let names: Vec<&str> = deploy.intent.services.iter().map(ServiceName::as_str).collect();
    let mut out = format!(
        "drill of {} in {} ({})\nhash: {}\n\n\
         deploy    as planned below; the link to one host is cut in the middle of it\n\
         gate      the same once more: its gate fails by order, and the host takes it back\n\
         rollback  to the release before, and then to what is there now, where that is another one\n",
        names.join(", "),
        drill.env(),
        deploy.tier.name(),
        drill.hash(),
    );
    match drill.restore() {
        Some(restore) => {
            let names: Vec<&str> =
                restore.intent.services.iter().map(ServiceName::as_str).collect();
            let _ok = writeln!(
                out,
                "restore   the backup {}, as planned below, and then what was there before",
                names.join(", ")
            );
        }
        None => out.push_str("restore   not rehearsed: no backup was named (`--backup`)\n"),
    }
    out.push_str(
        "\nIt is interrupted several times. What a drill has deployed is gone back from; where nothing was\n\
         deployed from here before, it stays.\n",
    );
    out
}

/// How it went.
pub(super) fn told(told: &Told) -> String {
    let names: Vec<&str> = told.services.iter().map(ServiceName::as_str).collect();
    let mut out = format!("drill of {} in {}\n", names.join(", "), told.env);
    for one in &told.done {
        let took = match one.end {
            End::Passed(took) => tenths(took),
            End::Skipped => "not rehearsed".to_owned(),
            End::Failed(None) => "failed".to_owned(),
            End::Failed(Some(took)) => format!("failed, {}", tenths(took)),
        };
        let promise = told.promised(one.what);
        let promise =
            promise.map_or_else(String::new, |span| format!(" (promised: {})", span::words(span)));
        let detail = clean(&one.detail, 1000);
        let _ok = writeln!(out, "  {:<8}  {took:>13}{promise}  {detail}", one.what.name());
    }
    for line in &told.stays {
        let _ok = writeln!(out, "  {}", clean(line, 1000));
    }
    for line in told.left.iter().chain(&told.unwritten) {
        let _ok = writeln!(out, "! {}", clean(line, 1000));
    }
    let end = match told.exit_code() {
        0 => "all of it went as it has to; it is written down there",
        1 => "it did not go as it has to; what was there before is there",
        2 => "it did not go as it has to, and something is changed: look at it",
        75 => {
            "nothing more was done: somebody else has it, it is frozen, or it is not as it was planned"
        }
        _ => "it is not known how it went: look with `quarterdeck ops`",
    };
    let _ok = writeln!(out, "{end}");
    out
}
