//! Notices an edited config and reads it again.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::mpsc;

use crate::config;
use crate::model::spec::FleetSpec;
use crate::msg::Msg;

/// An editor writes in several steps; we wait until it is quiet.
const QUIET: Duration = Duration::from_millis(150);

/// What is watched.
pub struct Watched {
    /// The config, which may not be there yet.
    pub path: PathBuf,
    /// All that it includes.
    pub files: Vec<PathBuf>,
    /// The environment that the console was asked to show alone.
    pub only: Option<String>,
    /// What is in force.
    pub spec: Arc<FleetSpec>,
}

/// Watches the folders of the config's files (editors replace a file by renaming another over it)
/// and reports each reading. Ends when the console does.
pub async fn watch(mut watched: Watched, messages: mpsc::Sender<Msg>) {
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
    let mut known = BTreeSet::new();
    let mut was_there = watched.path.exists();
    let mut last = Some(Arc::clone(&watched.spec));
    loop {
        for folder in folders(&watched) {
            if known.insert(folder.clone())
                && let Err(error) = watcher.watch(&folder, RecursiveMode::NonRecursive)
            {
                tracing::warn!("`{}` is not watched for changes: {error}", folder.display());
            }
        }
        if changes.recv().await.is_none() {
            return;
        }
        while let Ok(Some(())) = tokio::time::timeout(QUIET, changes.recv()).await {}
        if !was_there && !watched.path.exists() {
            continue;
        }
        was_there = true;
        let place = watched.path.clone();
        let Ok(read) = tokio::task::spawn_blocking(move || config::load(&place)).await else {
            continue;
        };
        let msg = match read {
            Ok(mut loaded) => {
                watched.files = loaded.sources.files;
                if let Some(only) = &watched.only {
                    loaded.spec.envs.retain(|env| env.name.as_str() == only);
                }
                let spec = Arc::new(loaded.spec);
                // Something else in the folder changed.
                if last.as_ref() == Some(&spec) {
                    continue;
                }
                last = Some(Arc::clone(&spec));
                tracing::info!("the config was read again");
                Msg::ConfigRead(spec)
            }
            Err(faults) => {
                last = None;
                for fault in &faults {
                    tracing::warn!("{}", fault.headline());
                }
                Msg::ConfigRefused(faults.iter().map(config::ConfigFault::headline).collect())
            }
        };
        if messages.send(msg).await.is_err() {
            return;
        }
    }
}

/// The files' folders, or what there is of the way to them.
fn folders(watched: &Watched) -> BTreeSet<PathBuf> {
    std::iter::once(&watched.path)
        .chain(&watched.files)
        .filter_map(|file| {
            let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
            let folder = folder.unwrap_or_else(|| Path::new("."));
            folder.ancestors().find(|folder| folder.is_dir()).map(Path::to_owned)
        })
        .collect()
}
