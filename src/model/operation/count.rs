//! Who serves while a batch is being worked on: counted just before it, from what hosts say then.

use std::collections::BTreeMap;

use crate::model::ids::InstanceId;
use crate::model::look::Look;
use crate::model::plan::Serving;
use crate::model::time::Timestamp;

/// A count that goes on.
#[derive(Clone, PartialEq, Debug)]
pub struct Count {
    /// An answer to another number is not for it.
    pub asked: u32,
    /// When it was begun.
    pub since: Timestamp,
    /// Instances outside of the batch: whether each serves, or why it is not known to.
    pub said: BTreeMap<InstanceId, Option<Result<(), String>>>,
}

impl Count {
    /// Whether nobody is waited for.
    pub fn is_complete(&self) -> bool {
        self.said.values().all(Option::is_some)
    }

    /// Takes an answer; what was said first stays.
    pub fn take(&mut self, id: &InstanceId, serves: Result<(), String>) {
        if let Some(said) = self.said.get_mut(id)
            && said.is_none()
        {
            *said = Some(serves);
        }
    }

    /// Why the batch must not be begun; none where enough serve without it.
    pub fn objection(&self, serving: &Serving) -> Option<String> {
        let serve = self.said.values().filter(|said| matches!(said, Some(Ok(())))).count();
        let need = serving.need();
        if serve >= need {
            return None;
        }
        let mut why = Vec::new();
        for (id, said) in &self.said {
            match said {
                Some(Ok(())) => {}
                Some(Err(reason)) => why.push(format!("{}: {reason}", id.host.host)),
                None => why.push(format!("{}: it has not answered", id.host.host)),
            }
        }
        let why = if why.is_empty() { String::new() } else { format!(" ({})", why.join("; ")) };
        Some(format!(
            "without it {serve} of {} would serve {}, and min_available = {} asks for {need}{why}",
            serving.instances.len(),
            serving.service,
            serving.share.text(),
        ))
    }
}

/// Whether a unit serves, as its host says.
///
/// # Errors
/// Why not, in words.
pub fn serves(look: &Look) -> Result<(), String> {
    let Some(unit) = look.units.first() else {
        return Err("it has no unit that says whether it runs".to_owned());
    };
    match (unit.get("ActiveState"), unit.get("SubState")) {
        ("active" | "reloading" | "refreshing", _) => Ok(()),
        ("", _) => Err("systemd did not say whether it runs".to_owned()),
        (active, "") => Err(format!("it is {active}")),
        (active, sub) => Err(format!("it is {active} ({sub})")),
    }
}
