//! The user's pager on lines of a log.

use std::io;
use std::process::Stdio;

use crate::model::log::extract::Extract;
use crate::runtime::extract;

/// Without `$PAGER`.
const PAGER: &str = "less";

/// Shows lines in `$PAGER`, which has the terminal until it ends. `$PAGER` is a command with its
/// arguments, as for man(1) and git(1).
pub(super) async fn show(lines: &Extract) -> io::Result<()> {
    let file = tempfile::Builder::new().prefix("quarterdeck-").suffix(".log").tempfile()?;
    extract::write(lines, &mut io::BufWriter::new(file.as_file()))?;
    let pager = std::env::var("PAGER").ok().filter(|pager| !pager.trim().is_empty());
    let pager = pager.as_deref().unwrap_or(PAGER);
    let status = tokio::process::Command::new("/bin/sh")
        .args(["-c", &format!("{pager} \"$1\""), "sh"])
        .arg(file.path())
        .stdin(Stdio::inherit())
        .status()
        .await?;
    if status.success() {
        return Ok(());
    }
    Err(io::Error::other(format!("`{pager}` ended with {status}: set PAGER to one that is here")))
}
