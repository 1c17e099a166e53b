//! The user's own script does it; what it cannot take back is said.

use super::{Done, Job, up_again};
use crate::model::plan::{Input, Intent, Undo};
use crate::probe::quote::quote;

pub(super) fn done(
    job: &Job<'_>,
    run: &str,
    undo: Option<&str>,
    intent: &Intent,
) -> Result<Done, String> {
    let named = match &intent.input {
        Input::Revision(Some(revision)) if job.back.is_none() => revision.as_str(),
        _ => job.revision,
    };
    let script = |body: &str| {
        let body = format!("cd -- \"$DIRECTORY\" || exit 1\n{body}\n");
        format!(
            "as env REVISION={} DIRECTORY=\"${{dir:-/}}\" sh -c {} </dev/null || exit\n",
            quote(named),
            quote(&body)
        )
    };
    let mut warnings = Vec::new();
    let (title, body, undo) = if job.back.is_some() {
        let body =
            undo.ok_or("the config declares no `undo` for the script: there is no way back")?;
        ("run the script's `undo`".to_owned(), body, None)
    } else {
        ("run the script".to_owned(), run, undo)
    };
    let undo = if let Some(undo) = undo {
        Undo::Script(format!("{}{}", script(undo), up_again(job)))
    } else {
        warnings.push("what the script does is not taken back by anything".to_owned());
        Undo::NotPossible("the config declares no `undo` for it".to_owned())
    };
    Ok(Done {
        stage: None,
        activate: (title, script(body), undo),
        common: String::new(),
        again: String::new(),
        meanwhile: None,
        tidy: String::new(),
        reads: Vec::new(),
        identity: None,
        warnings,
    })
}
