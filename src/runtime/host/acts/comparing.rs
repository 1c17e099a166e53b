//! What a copy to a host would change, for a plan.

use std::time::Duration;

use tokio::time::timeout;

use super::{DEPLOY, Hand, SLOW, late};
use crate::model::deploy::{DeployAsk, DeployLook};
use crate::model::fault::{Fault, FaultKind};
use crate::model::ids::InstanceId;
use crate::model::spec::Sudo;
use crate::probe::act;
use crate::runtime::copy::{There, cache, compare, pull};
use crate::runtime::host::serve::Shared;
use crate::runtime::transport::Transport;

/// For taking a copy of a directory; what came by then is there the next time.
const PULL: Duration = Duration::from_secs(300);
/// Characters of a sum that name what was copied.
const REVISION: usize = 12;

/// What is there of what is copied, and what would be. Revisions are the beginnings of the sums of both
/// lists: where they are the same, nothing differs.
pub(super) async fn copied(
    transport: &dyn Transport,
    shared: &Shared,
    ask: &DeployAsk,
    look: &mut DeployLook,
) {
    if !look.faults.is_empty() {
        return;
    }
    let short = |sum: &str| sum.get(..REVISION).unwrap_or_default().into();
    let sudo = shared.watch.borrow().spec.sudo != Sudo::Never;
    let owner = &*look.owner.clone();
    let there = There { transport, sudo, owner, directory: &ask.directory };
    let compared = timeout(DEPLOY, compare(&there, &ask.rules, ask.copy.as_ref()));
    match compared.await.unwrap_or_else(|_late| Err(late("compare", DEPLOY))) {
        Ok((tree, copy)) => {
            if *tree != *act::copy::list(b"").0 {
                look.current = short(&tree);
            }
            look.wanted = copy.as_ref().map(|copy| short(&copy.list)).unwrap_or_default();
            look.tree = tree;
            look.copy = copy;
        }
        Err(fault) => look.faults.push(fault.to_string().into()),
    }
}

impl Hand<'_> {
    /// Takes a copy of a directory to this machine.
    pub(super) async fn pull(
        &mut self,
        instance: &InstanceId,
        subject: &str,
        directory: &str,
        rules: &[Box<str>],
    ) -> Result<Box<str>, Fault> {
        let argv = ["qd_act_deploy", "rsync", subject, directory, "", "", "", ""];
        let (_, bytes) = self.ask(&argv, SLOW).await?;
        let look = act::parse_deploy(&String::from_utf8_lossy(&bytes));
        if let Some(why) = look.faults.first() {
            return Err(Fault::new(FaultKind::Failed, "copy from there", &**why));
        }
        let name = format!("{}+{}", instance.host.env, instance.service);
        pulled(self.transport, self.shared, (&look.owner, directory), rules, &name).await
    }
}

/// Takes a copy of a directory of a user there to this machine; where it is.
async fn pulled(
    transport: &dyn Transport,
    shared: &Shared,
    (owner, directory): (&str, &str),
    rules: &[Box<str>],
    name: &str,
) -> Result<Box<str>, Fault> {
    let place = cache(name)?;
    let sudo = shared.watch.borrow().spec.sudo != Sudo::Never;
    let there = There { transport, sudo, owner, directory };
    let pulled = timeout(PULL, pull(&there, rules, &place)).await;
    pulled.unwrap_or_else(|_late| Err(late("copy from there", PULL)))?;
    Ok(place.into())
}
