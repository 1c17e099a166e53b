//! Where a config is looked for. Only names the place: whether the file is there is for [`load`]
//! to find, save for the default place, which may be empty.
//!
//! [`load`]: super::load

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The places, in words, for remedies.
pub(crate) const PLACES: &str = "`--config FILE`, `$QUARTERDECK_CONFIG` or \
                                 `$XDG_CONFIG_HOME/quarterdeck/config.toml` (`~/.config` if unset)";

/// The config that is meant: the one of `--config`, else of `$QUARTERDECK_CONFIG`, else the
/// default one if it is there. None means there is no config, so this machine is shown.
pub fn locate(explicit: Option<&Path>, env: &dyn Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    if let Some(path) = explicit {
        return Some(path.to_owned());
    }
    let set = |name| env(name).filter(|value| !value.is_empty());
    if let Some(path) = set("QUARTERDECK_CONFIG") {
        return Some(path.into());
    }
    directory(env).map(|directory| directory.join("config.toml")).filter(|path| path.exists())
}

/// `$XDG_CONFIG_HOME/quarterdeck`: the default config and `themes/` are in it.
pub fn directory(env: &dyn Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    // The XDG specification: a relative path is to be ignored.
    let base = env("XDG_CONFIG_HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
        .or_else(|| {
            let home = env("HOME").filter(|home| !home.is_empty())?;
            Some(PathBuf::from(home).join(".config"))
        })?;
    Some(base.join("quarterdeck"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(pairs: &'static [(&str, &str)]) -> impl Fn(&str) -> Option<OsString> {
        move |name| pairs.iter().find(|(n, _)| *n == name).map(|(_, value)| value.into())
    }

    #[test]
    fn explicit_beats_the_variable_even_if_neither_exists() {
        let env = env(&[("QUARTERDECK_CONFIG", "/nowhere/b.toml")]);
        assert_eq!(locate(Some(Path::new("a.toml")), &env), Some("a.toml".into()));
        assert_eq!(locate(None, &env), Some("/nowhere/b.toml".into()));
    }

    #[test]
    fn the_default_place_counts_only_if_there_is_a_file() {
        assert_eq!(locate(None, &env(&[("HOME", "/nowhere")])), None);
        assert_eq!(locate(None, &env(&[])), None);
        assert_eq!(locate(None, &env(&[("QUARTERDECK_CONFIG", "")])), None);
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join(".config/quarterdeck/config.toml");
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, "").unwrap();
        let root = home.path().as_os_str().to_owned();
        let env = |name: &str| (name == "HOME").then(|| root.clone());
        assert_eq!(locate(None, &env), Some(file));
    }

    #[test]
    fn a_relative_xdg_directory_is_ignored() {
        let env = env(&[("XDG_CONFIG_HOME", "here"), ("HOME", "/home/u")]);
        assert_eq!(directory(&env), Some("/home/u/.config/quarterdeck".into()));
    }
}
