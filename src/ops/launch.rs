//! What is shipped to a host: the runner, the steps as they were shown, and what binds them.

use std::fmt::Write as _;

use crate::model::digest::sha256;
use crate::model::operation::RunId;
use crate::model::plan::{HostPlan, OnFail, Plan, Undo};
use crate::model::text::clean;
use crate::probe::act::AUDIT;
use crate::probe::quote::quote;

/// Runs the steps on the host.
const RUNNER: &str = include_str!("run.sh");

/// Files of an operation's directory, and the sum of their contents in this order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Files {
    /// Names, none of which needs quoting, and contents.
    pub files: Vec<(String, String)>,
    /// SHA-256 of all contents behind each other.
    pub sum: String,
}

/// Makes them.
pub fn files(run: &RunId, plan: &Plan, host: &HostPlan, confirmed: &str, operator: &str) -> Files {
    let mut order = String::new();
    let mut files: Vec<(String, String)> = Vec::new();
    for step in &host.steps {
        let _infallible = writeln!(
            order,
            "{} {} {} {}",
            step.number,
            step.change.order(),
            step.limit.as_secs().max(1),
            step.idle.as_secs().max(1)
        );
        files.push((format!("{}.do", step.number), step.script.clone()));
        if let Undo::Script(script) = &step.undo {
            files.push((format!("{}.undo", step.number), script.clone()));
        }
    }
    if !host.common.is_empty() {
        files.push(("common".to_owned(), host.common.clone()));
    }
    files.push(("order".to_owned(), order));
    files.push(("settings".to_owned(), settings(plan, host)));
    files.push(("policy".to_owned(), policy(plan, host, operator)));
    files.push(("audit".to_owned(), audit(run, plan, host, confirmed, operator)));
    files.push(("run.sh".to_owned(), RUNNER.to_owned()));
    files.push(("audit.sh".to_owned(), AUDIT.to_owned()));
    let all: String = files.iter().map(|(_, content)| content.as_str()).collect();
    Files { sum: sha256(all.as_bytes()), files }
}

/// Read by the runner, which is a shell.
fn settings(plan: &Plan, host: &HostPlan) -> String {
    let fail = match host.on_fail {
        OnFail::Revert => "revert",
        OnFail::Halt => "halt",
    };
    let scope = if plan.is_rollout() { "rollout" } else { "host" };
    let freezes = if host.freezes { "yes" } else { "no" };
    format!("subject={}\nscope={scope}\nfail={fail}\nfreezes={freezes}\n", quote(&host.subject))
}

/// Read by whoever lists operations.
fn policy(plan: &Plan, host: &HostPlan, operator: &str) -> String {
    let mut policy = format!(
        "subject {}\nwhat {}\noperator {}\nplan {}\n",
        host.subject,
        clean(&plan.title(), 300),
        clean(operator, 200),
        plan.hash()
    );
    // Whoever reaches only some of them knows that there are others.
    for other in &plan.hosts {
        let _infallible = writeln!(policy, "host {}", other.host.host);
    }
    for step in &host.steps {
        let _infallible = writeln!(policy, "step {} {}", step.number, clean(&step.title, 300));
    }
    policy
}

/// A line of the account without its end: what stands for the event comes first, as `@`.
fn audit(run: &RunId, plan: &Plan, host: &HostPlan, confirmed: &str, operator: &str) -> String {
    let json = |text: &str| serde_json::Value::from(clean(text, 300)).to_string();
    format!(
        "{{\"ev\":\"@\",\"v\":1,\"op\":{},\"who\":{},\"env\":{},\"service\":{},\"host\":{},\
         \"action\":{},\"plan\":{},\"confirmed\":{}\n",
        json(run.as_str()),
        json(operator),
        json(plan.env().as_str()),
        json(host.service.as_str()),
        json(host.host.host.as_str()),
        json(&plan.title()),
        json(plan.hash()),
        json(confirmed)
    )
}
