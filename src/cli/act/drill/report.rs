//! How a drill went, and that in a form that stays.

use std::time::Duration;

use serde_json::{Value, json};

use crate::cli::act::json;
use crate::model::drill::{Drill, Drilled, Exercise};
use crate::model::ids::{EnvName, ServiceName};
use crate::model::operation::{OpId, Outcome};

/// How one exercise ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum End {
    /// As it has to, after so long.
    Passed(Duration),
    /// It was not rehearsed.
    Skipped,
    /// Not as it has to; how long it took, where that was what failed.
    Failed(Option<Duration>),
}

impl End {
    /// How long it took.
    pub(super) const fn took(self) -> Option<Duration> {
        match self {
            Self::Passed(took) => Some(took),
            Self::Failed(took) => took,
            Self::Skipped => None,
        }
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Passed(_) => "passed",
            Self::Skipped => "skipped",
            Self::Failed(_) => "failed",
        }
    }
}

/// An exercise that is over.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Done {
    pub(super) what: Exercise,
    pub(super) end: End,
    pub(super) detail: String,
    pub(super) operation: Option<OpId>,
}

/// All of it.
pub(super) struct Told {
    pub(super) env: EnvName,
    pub(super) services: Vec<ServiceName>,
    pub(super) hash: String,
    pub(super) done: Vec<Done>,
    /// What a rollback may take, and what a restore may.
    pub(super) promised: [Option<Duration>; 2],
    /// What is another one now, and why that is right.
    pub(super) stays: Vec<String>,
    /// What is not as before and should be.
    pub(super) left: Vec<String>,
    /// Hosts on which it could not be written down.
    pub(super) unwritten: Vec<String>,
    /// Succeeded where all of it went as it has to.
    pub(super) outcome: Outcome,
}

impl Told {
    pub(super) fn new(drill: &Drill, promised: [Option<Duration>; 2]) -> Self {
        Self {
            env: drill.env().clone(),
            services: drill.deploy().intent.services.clone(),
            hash: drill.hash().to_owned(),
            done: Vec::new(),
            promised,
            stays: Vec::new(),
            left: Vec::new(),
            unwritten: Vec::new(),
            outcome: Outcome::Succeeded,
        }
    }

    pub(super) fn promised(&self, what: Exercise) -> Option<Duration> {
        let [rollback, restore] = self.promised;
        match what {
            Exercise::Rollback => rollback,
            Exercise::Restore => restore,
            Exercise::Deploy | Exercise::Link | Exercise::Gate => None,
        }
    }

    /// How long an exercise took that went as it has to.
    pub(super) fn took(&self, what: Exercise) -> Option<Duration> {
        self.done.iter().find_map(|one| match one.end {
            End::Passed(took) if one.what == what => Some(took),
            End::Passed(_) | End::Skipped | End::Failed(_) => None,
        })
    }

    /// It took longer than was promised.
    pub(super) fn is_late(&self, what: Exercise) -> bool {
        self.took(what).zip(self.promised(what)).is_some_and(|(took, promise)| took > promise)
    }

    /// What a host writes down: of a backup only the restore; none where nothing of that was tried.
    pub(super) fn line(&self, of_data: bool, by: &str) -> Option<String> {
        let is = |what: Exercise| !of_data || what == Exercise::Restore;
        let tried = self.done.iter().filter(|one| is(one.what) && one.end != End::Skipped);
        let tried: Vec<&Done> = tried.collect();
        let failed = tried.iter().find(|one| matches!(one.end, End::Failed(_)));
        // What went as it has to and could not be brought back is no passed drill.
        let last = tried.last().filter(|_| self.exit_code() != 0);
        let failed = failed.or(last).map(|one| one.what);
        let took = |one: &&Done| Some((one.what, one.end.took()?));
        let took: Vec<(Exercise, Duration)> = tried.iter().filter_map(took).collect();
        (!tried.is_empty()).then(|| Drilled::line(failed, &took, by))
    }

    /// 0 all went as it has to, 1 not, and all is as before, 2 something is not, 3 unknown.
    pub(super) fn exit_code(&self) -> u8 {
        if self.left.is_empty() {
            self.outcome.exit_code()
        } else {
            self.outcome.max(Outcome::Failed).exit_code()
        }
    }
}

/// What would be done.
pub(super) fn plan(drill: &Drill) -> String {
    let value = json!({
        "schema": 1,
        "hash": drill.hash(),
        "environment": drill.env().as_str(),
        "confirm": drill.phrase(),
        "deploy": json::plan_value(drill.deploy()),
        "restore": drill.restore().map(|plan| json::plan_value(plan)),
    });
    format!("{value}\n")
}

/// How it went.
pub(super) fn told(told: &Told) -> String {
    let exercises: Vec<Value> = told
        .done
        .iter()
        .map(|one| {
            json!({
                "exercise": one.what.name(), "end": one.end.name(),
                "took_ms": one.end.took().map(|took| took.as_millis() as u64),
                "promised_ms": told.promised(one.what).map(|span| span.as_millis() as u64),
                "detail": one.detail,
                "operation": one.operation.as_ref().map(OpId::as_str),
            })
        })
        .collect();
    let services: Vec<&str> = told.services.iter().map(ServiceName::as_str).collect();
    let value = json!({
        "schema": 1,
        "environment": told.env.as_str(),
        "services": services,
        "plan": told.hash,
        "passed": told.exit_code() == 0,
        "exercises": exercises,
        "stays": told.stays,
        "left": told.left,
        "not_written_down": told.unwritten,
    });
    format!("{value}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_another_one_is_written_down_as_no_passed_drill() {
        let done = |what, end| Done { what, end, detail: String::new(), operation: None };
        let took = Duration::from_secs(2);
        let mut told = Told {
            env: "staging".into(),
            services: vec!["api".into()],
            hash: String::new(),
            done: vec![
                done(Exercise::Rollback, End::Passed(took)),
                done(Exercise::Restore, End::Skipped),
            ],
            promised: [Some(took), None],
            stays: vec!["put aside".to_owned()],
            left: Vec::new(),
            unwritten: Vec::new(),
            outcome: Outcome::Succeeded,
        };
        assert_eq!(told.line(false, "ana").as_deref(), Some("passed rollback=2000 ana"));
        assert_eq!(told.line(true, "ana"), None, "nothing was brought back");
        assert_eq!((told.exit_code(), told.is_late(Exercise::Rollback)), (0, false));
        told.left.push("web1 does not have a again".to_owned());
        assert_eq!(told.exit_code(), 2);
        assert_eq!(told.line(false, "ana").as_deref(), Some("failed:rollback rollback=2000 ana"));
        told.outcome = Outcome::Unknown;
        assert_eq!(told.exit_code(), 3);
    }
}
