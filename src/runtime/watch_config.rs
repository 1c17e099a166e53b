//! Notices an edited config and reads it again.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::mpsc;

use crate::config;
use crate::model::spec::FleetSpec;
use crate::msg::Msg;

/// An editor writes in several steps; we wait until it is quiet.
const QUIET: Duration = Duration::from_millis(150);

/// Watches the folders of these files (editors replace a file by renaming another over it) and
/// reports each reading. Ends when the console does.
pub async fn watch(
    path: PathBuf,
    mut files: Vec<PathBuf>,
    spec: Arc<FleetSpec>,
    messages: mpsc::Sender<Msg>,
) {
    let (changed, mut changes) = mpsc::channel::<()>(1);
    let notice = move |event: notify::Result<notify::Event>| {
        let relevant = event.is_ok_and(|event| !event.kind.is_access());
        // One waiting notice is as good as many.
        if relevant {
            let _full = changed.try_send(()).is_err();
        }
    };
    let mut watcher: RecommendedWatcher = match notify::recommended_watcher(notice) {
        Ok(watcher) => watcher,
        Err(error) => {
            tracing::warn!("the config is not watched for changes: {error}");
            return;
        }
    };
    files.push(path.clone());
    let folders: BTreeSet<PathBuf> = files
        .iter()
        .filter_map(|file| {
            let folder = file.parent()?;
            Some(if folder.as_os_str().is_empty() { PathBuf::from(".") } else { folder.to_owned() })
        })
        .collect();
    for folder in folders {
        if let Err(error) = watcher.watch(&folder, RecursiveMode::NonRecursive) {
            tracing::warn!("`{}` is not watched for changes: {error}", folder.display());
        }
    }
    let mut last = Some(spec);
    while changes.recv().await.is_some() {
        while let Ok(Some(())) = tokio::time::timeout(QUIET, changes.recv()).await {}
        let place = path.clone();
        let read = tokio::task::spawn_blocking(move || config::load(&place)).await;
        let msg = match read {
            Ok(Ok(loaded)) => {
                let spec = Arc::new(loaded.spec);
                // Something else in the folder changed.
                if last.as_ref() == Some(&spec) {
                    continue;
                }
                last = Some(Arc::clone(&spec));
                Msg::ConfigRead(spec)
            }
            Ok(Err(faults)) => {
                last = None;
                Msg::ConfigRefused(faults.iter().map(config::ConfigFault::headline).collect())
            }
            Err(_panicked) => continue,
        };
        if messages.send(msg).await.is_err() {
            return;
        }
    }
}
