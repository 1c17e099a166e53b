//! A collector that is opened when it is first needed and again after a fault, shared by parts of
//! one host's reading: they ask one after the other, and none of them waits for ever.

use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::timeout;

use crate::model::fault::{Fault, FaultKind};
use crate::runtime::collector::{Answer, Collector};
use crate::runtime::transport::Transport;

/// For starting the shell.
const OPENING: Duration = Duration::from_secs(20);

/// One channel of a host.
#[derive(Default)]
pub(super) struct Line(Mutex<Option<Collector>>);

impl Line {
    /// Asks; after a fault or a missed deadline the channel is given up, and the next question
    /// opens another.
    pub(super) async fn ask(
        &self,
        transport: &dyn Transport,
        argv: &[&str],
        deadline: Duration,
    ) -> Result<Answer, Fault> {
        let (status, bytes) = self.ask_bytes(transport, argv, deadline).await?;
        Ok(Answer { status, text: String::from_utf8_lossy(&bytes).into_owned() })
    }

    /// The same, for an answer whose bytes are counted.
    pub(super) async fn ask_bytes(
        &self,
        transport: &dyn Transport,
        argv: &[&str],
        deadline: Duration,
    ) -> Result<(u8, Vec<u8>), Fault> {
        let mut line = self.0.lock().await;
        // Taken out while it is used: one that was given up in the middle is of no more use.
        let mut collector = match line.take() {
            Some(collector) => collector,
            None => timeout(OPENING, Collector::open(transport))
                .await
                .map_err(|_late| late("start /bin/sh", OPENING))??,
        };
        let what = argv.first().copied().unwrap_or("nothing");
        let answer = timeout(deadline, collector.request_bytes(argv))
            .await
            .map_err(|_late| late(what, deadline))??;
        *line = Some(collector);
        Ok(answer)
    }
}

fn late(what: &str, deadline: Duration) -> Fault {
    Fault::new(
        FaultKind::TimedOut,
        format!("run {what} on the host"),
        format!("no answer within {} s", deadline.as_secs()),
    )
}
