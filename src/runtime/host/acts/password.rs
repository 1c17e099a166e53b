//! sudo asks for its password: on a terminal that was given to it, which we neither see nor keep. What
//! it lets in speaks with us over a channel of its own, and ends with that.

use std::time::Duration;

use tokio::time::timeout;

use super::{Hand, OPENING, late};
use crate::model::fault::{Fault, FaultKind};
use crate::model::spec::Sudo;
use crate::runtime::collector::Collector;

/// Somebody who looks for a password takes a while.
const PATIENCE: Duration = Duration::from_secs(300);

impl Hand<'_> {
    /// Opens the collector with all rights by way of the terminal.
    pub(super) async fn let_in(&mut self) -> Result<(), Fault> {
        let fault = |detail: &str| Fault::new(FaultKind::Denied, "ask for sudo's password", detail);
        if self.shared.watch.borrow().spec.sudo == Sudo::Never {
            return Err(fault("the config says `sudo = \"never\"`"));
        }
        let open = Collector::open_door(self.transport);
        let (door, place) = timeout(OPENING, open)
            .await
            .map_err(|_late| late("make room for sudo's shell", OPENING))??;
        let command = format!("/bin/sh {place}/go");
        let asked = timeout(PATIENCE, self.transport.on_terminal(&command));
        if !asked.await.map_err(|_late| late("ask for sudo's password", PATIENCE))?? {
            return Err(fault("sudo did not let in"));
        }
        let opened = timeout(OPENING, Collector::through_door(door));
        let late = |_late| late("start a shell with all rights", OPENING);
        self.collector = Some(opened.await.map_err(late)??);
        Ok(())
    }
}
