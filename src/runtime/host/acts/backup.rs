//! Looking at a backup before something is done about it. Which copies are looked into, and which is
//! taken, the model says.

use std::time::Duration;

use super::Hand;
use crate::model::backup::{Checked, Copy, Identity, Integrity, Way};
use crate::model::backups::began;
use crate::model::database::{DatabaseLook, DatabaseSpec, Engine, kept_by};
use crate::model::fault::{Fault, FaultKind};
use crate::model::operation::RunId;
use crate::model::restore::{BackupAsk, BackupLook, next};
use crate::model::spec::Kind;
use crate::probe::act;
use crate::probe::backups::{parse_check, parse_listing};

/// For a list of copies, and for what counts a tree.
const LIST: Duration = Duration::from_secs(90);
/// For reading one copy to its end. Others who ask that host wait as long.
const READ: Duration = Duration::from_secs(90);
/// MiB of a copy that are read.
const MOST: &str = "4194304";

impl Hand<'_> {
    /// What the host says of that backup.
    pub(super) async fn look_at_backup(&mut self, ask: &BackupAsk) -> Result<BackupLook, Fault> {
        let mut look = BackupLook::default();
        let Way::Files { directory, pattern, folders } = &ask.spec.way else { return Ok(look) };
        let kind = if *folders { "d" } else { "f" };
        let listed = self.text(&["qd_backup_list", "plain", directory, pattern, kind]).await?;
        let listing = parse_listing(&listed, ask.spec.time_from);
        look.facts.taken = listing.taken;
        look.facts.place = listing.place;
        look.facts.copies = listing.copies;
        look.facts.count = listing.count;
        if listing.hung {
            look.faults.push(format!("{directory} does not answer").into());
        }
        let source = ask.spec.path().unwrap_or("-");
        let restores = if ask.restores { "1" } else { "0" };
        let mut argv = vec!["qd_act_backup", directory, source, restores];
        let subjects: Vec<Box<str>> =
            ask.units.iter().map(|unit| Kind::Unit(unit.clone()).subject()).collect();
        argv.extend(subjects.iter().map(|subject| &**subject));
        let said = self.text(&argv).await?;
        act::parse_backup(&said, &mut look);
        if let Some(database) = &ask.spec.database {
            look.database = self.look_at_database(database).await?;
        }
        let under = |name: &str| format!("{}/{name}", directory.trim_end_matches('/'));
        if let Some(from) = &ask.from {
            let path = if from.starts_with('/') { from.to_string() } else { under(from) };
            let known = |copy: &&Copy| under(&copy.name) == path;
            let known = look.facts.copies.iter().find(known).cloned();
            if known.is_some() || !self.prove_kept(ask, &mut look, from).await? {
                self.prove(ask, &mut look, &path, known).await?;
            }
        }
        while let Some(copy) = next(ask, &look) {
            let path = under(&copy.name);
            let before = look.proofs.len();
            self.prove(ask, &mut look, &path, Some(copy)).await?;
            if look.proofs.len() == before {
                break;
            }
        }
        Ok(look)
    }

    /// Reads a copy to its end.
    async fn prove(
        &mut self,
        ask: &BackupAsk,
        look: &mut BackupLook,
        path: &str,
        known: Option<Copy>,
    ) -> Result<(), Fault> {
        let said = self.text(&["qd_act_backup_copy", path]).await?;
        let identity = known.as_ref().map(|copy| copy.identity.clone()).unwrap_or_default();
        let Some(mut proof) = act::parse_copy(&said, path, known, unread(identity)) else {
            look.faults.push(format!("{path} is not there").into());
            return Ok(());
        };
        let before = began(&proof.copy).to_string();
        let source = ask.spec.source.as_deref().unwrap_or("-");
        let argv = ["qd_backup_check", "plain", path, source, &before, MOST];
        match self.ask(&argv, READ).await {
            Ok((status, bytes)) => {
                let text = String::from_utf8_lossy(&bytes);
                let identity = proof.copy.identity.clone();
                proof.checked = parse_check(&text, status, identity, ask.spec.source.is_some());
            }
            // It is read to its end before anything is stopped.
            Err(fault) if fault.kind == FaultKind::TimedOut => {}
            Err(fault) => return Err(fault),
        }
        look.facts.checks.insert(proof.copy.identity.clone(), proof.checked.clone());
        look.proofs.push(proof);
        Ok(())
    }

    /// What its host says of a database.
    async fn look_at_database(&mut self, spec: &DatabaseSpec) -> Result<DatabaseLook, Fault> {
        let said = match &spec.engine {
            Engine::Sqlite { path } => self.text(&["qd_act_database", "sqlite", path]).await?,
            Engine::Postgres { name, user, port } => {
                let port = port.map_or_else(|| "-".to_owned(), |port| port.to_string());
                self.text(&["qd_act_database", "postgres", name, user, &port]).await?
            }
        };
        Ok(act::parse_database(&said))
    }

    /// A database that an earlier operation has put aside, as a copy. Whether there is one of that name.
    async fn prove_kept(
        &mut self,
        ask: &BackupAsk,
        look: &mut BackupLook,
        from: &str,
    ) -> Result<bool, Fault> {
        let Some(DatabaseSpec { engine: Engine::Postgres { name, user, port }, .. }) =
            &ask.spec.database
        else {
            return Ok(false);
        };
        let Some(operation) = kept_by(name, from).as_deref().and_then(RunId::parse) else {
            return Ok(false);
        };
        let port = port.map_or_else(|| "-".to_owned(), |port| port.to_string());
        let said = self.text(&["qd_act_database_copy", from, user, &port]).await?;
        let mut checked = unread(Identity::default());
        checked.integrity = Integrity::Good;
        let Some(mut proof) = act::parse_copy(&said, from, None, checked) else { return Ok(false) };
        proof.copy.at = operation.op().began().as_secs();
        look.proofs.push(proof);
        Ok(true)
    }

    pub(super) async fn text(&mut self, argv: &[&str]) -> Result<String, Fault> {
        let (_, bytes) = self.ask(argv, LIST).await?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

/// Of a copy that was not read to its end in time.
fn unread(identity: Identity) -> Checked {
    let why = format!("it was not read to its end within {} s", READ.as_secs());
    Checked {
        identity,
        at: 0,
        kind: Box::default(),
        integrity: Integrity::Unknown(why.as_str().into()),
        comparison: Err(why.into()),
        size: None,
        twins: Vec::new(),
    }
}
