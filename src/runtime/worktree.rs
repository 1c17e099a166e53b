//! What git(1) says of a directory of this machine: which commit it is at, and what of it nobody else has.
//! Changes nothing.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::process::Command;
use tokio::time::timeout;

use crate::model::deploy::copy::WorkTree;

/// For each question; a tree on a network may be slow.
const LIMIT: Duration = Duration::from_secs(10);
/// Bytes of an answer that are read.
const MOST: u64 = 1 << 20;

/// None where it is no work tree, or where git does not say.
pub(super) async fn look(directory: &str) -> Option<WorkTree> {
    let revision = ask(directory, &["rev-parse", "--verify", "HEAD"]).await?;
    let revision = revision.trim();
    if revision.is_empty() || !revision.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    // What lies beside this directory is not copied; what is ignored is mostly what a build has made.
    let changed = ask(directory, &["status", "--porcelain", "-z", "--", "."]).await?;
    let count = |text: &str| u32::try_from(text.split('\0').filter(|one| !one.is_empty()).count());
    let ahead = ask(directory, &["rev-list", "--count", "HEAD", "--not", "--remotes"]).await?;
    Some(WorkTree {
        revision: revision.into(),
        changed: count(&changed).unwrap_or(u32::MAX),
        unpushed: ahead.trim().parse().ok()?,
    })
}

async fn ask(directory: &str, arguments: &[&str]) -> Option<String> {
    let mut child = Command::new("git")
        .args(["-C", directory, "-c", "core.fsmonitor=false", "--no-optional-locks"])
        .args(arguments)
        .env("LC_ALL", "C")
        .env("GIT_TERMINAL_PROMPT", "0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        // Not in the terminal's foreground group: its ctrl-c is ours alone.
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .ok()?;
    let stdout = child.stdout.take()?;
    let read = async {
        let mut bytes = Vec::new();
        stdout.take(MOST).read_to_end(&mut bytes).await.ok()?;
        // One that has more to say would wait for ever.
        child.wait().await.ok()?.success().then(|| String::from_utf8_lossy(&bytes).into_owned())
    };
    timeout(LIMIT, read).await.ok()?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn git(directory: &std::path::Path, script: &str) {
        let script = format!("cd \"$0\" && {script}");
        let mut command = std::process::Command::new("sh");
        command.args(["-ec", &script]).arg(directory).env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap()).env("HOME", directory);
        for name in
            ["GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"]
        {
            command.env(name, "x");
        }
        assert!(command.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().success());
    }

    #[tokio::test]
    async fn what_nobody_else_has_is_counted() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path();
        let tree = path.join("tree");
        let name = tree.to_str().unwrap();
        assert_eq!(look(path.to_str().unwrap()).await, None, "no work tree");
        git(
            path,
            "git init -q --bare origin && git clone -q origin tree && cd tree && mkdir sub && \
             echo 1 >sub/file && echo out >.gitignore && git add . && git commit -qm one && git push -q origin HEAD",
        );
        let clean = look(name).await.unwrap();
        assert_eq!((clean.revision.len(), clean.changed, clean.unpushed), (40, 0, 0));
        git(
            &tree,
            "echo 2 >sub/file; echo 3 >new; mkdir out; echo 4 >out/made; git commit -q --allow-empty -m two",
        );
        let dirty = look(name).await.unwrap();
        assert_eq!((dirty.changed, dirty.unpushed), (2, 1));
        assert_ne!(dirty.revision, clean.revision);
        let below = look(tree.join("sub").to_str().unwrap()).await.unwrap();
        assert_eq!(below.changed, 1, "only what would be copied");
    }
}
