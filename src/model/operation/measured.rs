//! How long things took, by the hosts' own events: a link that was cut meanwhile makes nothing longer.

use std::time::Duration;

use super::{HostRun, Operation};

impl Operation {
    /// How long its hosts were at work: of each batch the slowest, one batch after the other. None where one of
    /// those that were begun has told nothing.
    pub fn worked(&self) -> Option<Duration> {
        let slowest = |batch: &Vec<usize>| {
            let runs = batch.iter().filter_map(|place| self.runs.get(*place));
            runs.filter_map(HostRun::worked).max()
        };
        let all: Vec<Duration> = self.plan().batches.iter().filter_map(slowest).collect();
        (!all.is_empty()).then(|| all.into_iter().sum())
    }

    /// How long it took to take all back after that step failed, on the slowest host; none where it failed on
    /// none.
    pub fn taken_back_after(&self, step: u8) -> Option<Duration> {
        self.runs.iter().filter_map(|run| run.taken_back_after(step)).max()
    }
}

impl HostRun {
    fn worked(&self) -> Option<Duration> {
        let began = self.steps.iter().filter_map(|step| step.began).min()?;
        Some(self.heard?.saturating_sub(began))
    }

    fn taken_back_after(&self, number: u8) -> Option<Duration> {
        let step = self.steps.iter().find(|step| step.number == number)?;
        let failed = step.began?.checked_add(step.took?)?;
        Some(self.heard?.saturating_sub(failed))
    }
}

#[cfg(test)]
mod tests {
    use super::super::StepRun;
    use super::*;

    #[test]
    fn it_is_counted_from_the_first_event_to_the_last() {
        let steps = [10, 50].map(StepRun::new).to_vec();
        let mut run = HostRun::default();
        run.steps = steps;
        assert_eq!(run.worked(), None);
        run.read_events(
            0,
            "100.50 10 start\n101.00 10 done 0\n101.10 50 start\n104.10 50 done 1\n",
        );
        run.read_events(run.events, "104.20 10 undo\n106.60 10 undone 0\n");
        assert_eq!(run.worked(), Some(Duration::from_millis(6_100)));
        assert_eq!(run.taken_back_after(50), Some(Duration::from_millis(2_500)));
        assert_eq!(run.taken_back_after(20), None);
    }
}
