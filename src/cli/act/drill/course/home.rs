//! What was there before a drill is brought back.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Course, Failed, Went};
use crate::cli::complain;
use crate::model::deploy::short;
use crate::model::drill::Exercise;
use crate::model::ids::HostId;
use crate::model::operation::{OpId, Outcome};
use crate::model::plan::{Confirmation, Input, Plan};

impl Course {
    /// Each host gets what it had before, where that is another one.
    pub(super) async fn home(&mut self) -> Went {
        let mut homes: BTreeMap<Box<str>, Vec<HostId>> = BTreeMap::new();
        for (host, revision) in &self.before {
            homes.entry(revision.clone()).or_default().push(host.clone());
        }
        for (revision, hosts) in homes {
            let names = |hosts: &[HostId]| hosts.iter().map(|id| id.host.clone()).collect();
            let intent = self.back_to(Some(&revision), names(&hosts));
            let mut made = self.session.plan(intent, self.timeout).await;
            let there = self.session.revisions();
            let mut away = hosts.clone();
            away.retain(|host| there.get(host).is_none_or(|now| *now != revision));
            if away.is_empty() {
                continue;
            }
            if revision.is_empty() {
                self.told
                    .stays
                    .push("what was deployed stays: nothing was there before".to_owned());
                continue;
            }
            if away.len() < hosts.len() {
                let intent = self.back_to(Some(&revision), names(&away));
                made = self.session.plan(intent, self.timeout).await;
            }
            let list: Vec<&str> = away.iter().map(|id| id.host.as_str()).collect();
            let (list, whole) = (list.join(", "), revision);
            let revision = short(&whole).to_owned();
            let plan = match made {
                Ok(plan) => plan,
                Err(refusals) => {
                    let nowhere = self.session.has_no_way_back(Some(&whole));
                    let failed = Failed::refused(refusals);
                    let text = format!("{list} does not have {revision} again: {}", failed.detail);
                    if nowhere {
                        // It was not deployed from here, and is no release.
                        self.told.stays.push(text);
                        continue;
                    }
                    self.told.left.push(text);
                    return Err(Failed { outcome: Outcome::Failed, ..failed });
                }
            };
            self.say(&format!("back to {revision}, which was there before"));
            let how = Confirmation::Drill(Arc::clone(&self.drill));
            let ended = match self.session.confirm(&plan, &how) {
                Ok(id) => self.session.follow(&id, self.timeout, self.tells).await,
                Err(why) => {
                    complain(&format!("quarterdeck: {why}"));
                    Outcome::Failed
                }
            };
            if ended != Outcome::Succeeded {
                self.told
                    .left
                    .push(format!("{list} does not have {revision} again, which was there before"));
                return Err(Failed { detail: String::new(), outcome: ended.max(Outcome::Failed) });
            }
        }
        Ok(())
    }

    /// The data of before, which a restore has put aside.
    pub(super) async fn data_home(&mut self, shown: &Plan, id: &OpId) -> Went {
        let aside = self.session.aside(shown, id);
        let Some((aside, mut intent)) = aside.zip(self.wanted.restore.clone()) else {
            return self.fail(
                Exercise::Restore,
                "what was there before has no name".to_owned(),
                Outcome::Failed,
            );
        };
        if let Input::Restore { from, .. } = &mut intent.input {
            *from = Some(aside.clone());
        }
        self.say("back to the data of before");
        let how = Confirmation::Drill(Arc::clone(&self.drill));
        let made = self.session.plan(intent, self.timeout).await;
        let begun = match made {
            Ok(plan) => self.session.confirm(&plan, &how).map_err(Failed::new),
            Err(refusals) => Err(Failed::refused(refusals)),
        };
        match begun {
            Ok(back) => {
                let ended = self.session.follow(&back, self.timeout, self.tells).await;
                if ended == Outcome::Succeeded {
                    let came = self.session.aside(shown, &back).unwrap_or_default();
                    // A database that was put aside has its name again; a directory was copied.
                    let kept =
                        if aside.starts_with('/') { format!("{aside}, {came}") } else { came };
                    self.told.stays.push(format!("put aside, until somebody removes it: {kept}"));
                    return Ok(());
                }
                self.told.outcome = ended;
            }
            Err(why) => complain(&format!("quarterdeck: {}", why.detail)),
        }
        self.told.left.push(format!("the data of before are {aside}: they were not brought back"));
        Err(Failed { detail: String::new(), outcome: self.told.outcome.max(Outcome::Failed) })
    }
}
