//! The themes there are: those in the binary, and the user's own beside his config.

use std::fs;
use std::io;
use std::path::Path;

use super::Theme;
use super::draft::{Draft, parse_draft};
use super::role::Role;
use crate::config::faults::Faults;
use crate::config::reader::nearest;
use crate::config::{ConfigFault, Source, check, quoted, quoted_list, read_source};

/// Those in the binary.
const SHIPPED: [(&str, &str); 4] = [
    ("dark", include_str!("../../themes/dark.toml")),
    ("light", include_str!("../../themes/light.toml")),
    ("high-contrast", include_str!("../../themes/high-contrast.toml")),
    ("ansi16", include_str!("../../themes/ansi16.toml")),
];
/// The most theme files that are read from a folder.
const FILES_MAX: usize = 200;

/// Themes by name, the shipped ones first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Themes {
    list: Vec<Theme>,
}

impl Themes {
    /// Those in the binary.
    pub fn shipped() -> Self {
        let mut faults = Faults::default();
        Self { list: resolve(&shipped(&mut faults), &mut faults) }
    }

    /// The theme of that name.
    pub fn get(&self, name: &str) -> Option<&Theme> {
        self.list.iter().find(|theme| theme.name() == name)
    }

    /// All of them, in the order in which one tries them.
    pub fn iter(&self) -> impl Iterator<Item = &Theme> {
        self.list.iter()
    }

    /// The theme after that one, the first after the last.
    pub fn after(&self, name: &str) -> Option<&Theme> {
        let mut rest = self.list.iter().skip_while(|theme| theme.name() != name).skip(1);
        rest.next().or_else(|| self.list.first())
    }
}

/// The shipped themes and those of `*.toml` in a folder, each named after its file. What is
/// faulty is left out and reported. A folder that is not there is empty.
pub fn load_dir(path: &Path) -> (Themes, Vec<ConfigFault>) {
    let mut faults = Faults::default();
    let sources = match read_dir(path, &mut faults) {
        Ok(sources) => sources,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => {
            let message = format!("cannot read this folder: {error}");
            faults.push(ConfigFault::whole(path, message, "see whether `ls` can"));
            Vec::new()
        }
    };
    parse_all(sources, faults)
}

/// The shipped themes and those of the sources. Pure.
pub(super) fn parse_all(sources: Vec<Source>, mut faults: Faults) -> (Themes, Vec<ConfigFault>) {
    let mut drafts = shipped(&mut faults);
    let files = sources.clone();
    for source in sources {
        let stem = source.path().file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if stem == "auto" || SHIPPED.iter().any(|(name, _)| *name == stem) {
            let message = format!("{} is the name of a theme of quarterdeck's own", quoted(&stem));
            let remedy = format!("rename the file, and write `inherits = \"{stem}\"` in it");
            faults.push(ConfigFault::whole(source.path(), message, remedy));
        } else if let Err(refusal) = check::name(&stem) {
            faults.push(ConfigFault::whole(source.path(), refusal.message, refusal.remedy));
        } else {
            drafts.extend(parse_draft(&stem, source, &mut faults));
        }
    }
    let list = resolve(&drafts, &mut faults);
    (Themes { list }, faults.sorted(&files))
}

fn read_dir(path: &Path, faults: &mut Faults) -> io::Result<Vec<Source>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(path)?.take(FILES_MAX) {
        let path = entry?.path();
        let hidden = path.file_name().is_none_or(|name| name.to_string_lossy().starts_with('.'));
        if !hidden && path.extension().is_some_and(|extension| extension == "toml") {
            paths.push(path);
        }
    }
    paths.sort();
    let mut sources = Vec::new();
    for path in paths {
        match read_source(&path) {
            Ok(source) => sources.push(source),
            Err(fault) => faults.push(fault),
        }
    }
    Ok(sources)
}

fn shipped(faults: &mut Faults) -> Vec<Draft> {
    let draft = |(name, text): &(&str, &str)| {
        parse_draft(name, Source::new(format!("themes/{name}.toml"), *text), faults)
    };
    SHIPPED.iter().filter_map(draft).collect()
}

/// Fills each theme's gaps from the one it inherits from.
fn resolve(drafts: &[Draft], faults: &mut Faults) -> Vec<Theme> {
    drafts.iter().filter_map(|draft| resolve_one(draft, drafts, faults)).collect()
}

fn resolve_one(draft: &Draft, drafts: &[Draft], faults: &mut Faults) -> Option<Theme> {
    let mut styles = draft.styles.clone();
    let mut chain = vec![draft.name.as_str()];
    let mut current = draft;
    while let Some((wanted, _)) = &current.inherits {
        let parent = drafts.iter().find(|other| other.name == *wanted);
        let Some(parent) = parent.filter(|parent| !chain.contains(&parent.name.as_str())) else {
            broken_chain(draft, current, wanted, drafts, faults);
            return None;
        };
        for (style, inherited) in styles.iter_mut().zip(&parent.styles) {
            *style = style.or(*inherited);
        }
        chain.push(&parent.name);
        current = parent;
    }
    let missing: Vec<_> = Role::ALL
        .iter()
        .zip(&styles)
        .filter(|(_, style)| style.is_none())
        .map(|(role, _)| role.name())
        .collect();
    if !missing.is_empty() {
        let message = format!("the theme lacks {}", quoted_list(missing));
        let remedy = "add what is missing, or `inherits = \"dark\"`";
        faults.push(ConfigFault::whole(draft.source.path(), message, remedy));
        return None;
    }
    Some(Theme { name: draft.name.clone(), styles: styles.into_iter().flatten().collect() })
}

/// Reports at the theme's own `inherits` that its chain ends at `current`, which wants a theme
/// that does not exist or that was passed before.
fn broken_chain(
    draft: &Draft,
    current: &Draft,
    wanted: &str,
    drafts: &[Draft],
    faults: &mut Faults,
) {
    let names = || drafts.iter().map(|other| other.name.as_str());
    let (message, remedy) = if wanted == draft.name {
        (
            format!("{} inherits from itself", quoted(&draft.name)),
            "inherit from a theme that does not inherit from this one".to_owned(),
        )
    } else if current.name == draft.name {
        let remedy = nearest(wanted, names()).map_or_else(
            || format!("choose one of {}", quoted_list(names())),
            |near| format!("did you mean `{near}`?"),
        );
        (format!("there is no sound theme {}", quoted(wanted)), remedy)
    } else {
        (
            format!("{}, which this inherits from, is faulty", quoted(&current.name)),
            "mend that one first".to_owned(),
        )
    };
    if let Some((_, span)) = &draft.inherits {
        faults.at(&draft.source, span, message, remedy);
    }
}
