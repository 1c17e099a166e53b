//! What is said where a host was not asked, or did not answer.

use crate::effect::Ask;
use crate::model::fault::{Fault, FaultKind};
use crate::msg::{Acted, HostEvent};
use crate::runtime::host::Reporter;

/// The answer to what was asked of a host that is not connected.
pub(in crate::runtime::host) async fn refuse(reporter: &Reporter, ask: Ask) {
    let fault = Fault::new(FaultKind::Unreachable, "ask the host", "it is not connected");
    reporter.say(HostEvent::Acted(failed(ask, fault))).await;
}

/// What to say of something that may or may not have been done.
pub(crate) fn failed(ask: Ask, fault: Fault) -> Acted {
    match ask {
        Ask::Look { asked, instance, .. } => Acted::Looked { asked, instance, look: Err(fault) },
        Ask::Pull { asked, instance, .. } => Acted::Pulled { asked, instance, place: Err(fault) },
        Ask::Source { asked, instance, .. } => {
            Acted::Sourced { asked, instance, source: Err(fault) }
        }
        Ask::List => Acted::Listed(Err(fault)),
        Ask::Claim(errand) => Acted::Claimed(errand.run, Err(None)),
        Ask::Stage(errand) => Acted::Staged(errand.run, Err(None)),
        Ask::Unstage(errand) => Acted::Unstaged(errand.run, Err(fault)),
        Ask::Launch(errand) => Acted::Launched(errand.run, Err(None)),
        Ask::Follow { run, .. } => Acted::Progress(run, Err(fault)),
        Ask::Release(_, _, run) => Acted::Released(run, Err(fault)),
        Ask::Steer(_, run, _) => Acted::Steered(run, Err(fault)),
        Ask::Cancel(..) => Acted::Done(super::CANCEL.to_owned(), Err(fault)),
        Ask::End(..) => Acted::Done("end what was left running".to_owned(), Err(fault)),
        Ask::Revert { .. } => Acted::Done("take back what was begun".to_owned(), Err(fault)),
        Ask::Break { .. } => Acted::Done("take the claim away".to_owned(), Err(fault)),
        Ask::Freeze { .. } => Acted::Done("freeze".to_owned(), Err(fault)),
        Ask::Drilled { .. } => Acted::Done("write down the drill".to_owned(), Err(fault)),
        Ask::Thaw { .. } => Acted::Done("lift the freeze".to_owned(), Err(fault)),
    }
}
