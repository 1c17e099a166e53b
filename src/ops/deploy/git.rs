//! A work tree of git that is moved to another commit in place. It is built in a work tree of its own
//! before; what the build made is taken over by renaming, and what was there is kept under its commit,
//! so that going back builds nothing. The tree itself changes file by file.

use std::fmt::Write as _;

use super::{Done, Job, build, fetch, up_again};
use crate::model::plan::Undo;
use crate::ops::script::Read;
use crate::probe::quote::quote;

/// A sum over the commit and all that was changed by hand, and whether it is still that.
const TREE: &str = "sum_tree() { { g rev-parse HEAD; g status --porcelain --untracked-files=no; g diff HEAD; } | cksum; }\n\
     same_tree() {\n  [ \"$(sum_tree)\" = \"$1\" ] && return\n  \
     echo 'files there were changed meanwhile and would be lost:'\n  g status --short --untracked-files=no | head -n 5\n  return 1\n}\n";
/// Builds that are kept besides the current one.
const KEPT: usize = 5;

pub(super) fn done(job: &Job<'_>, reference: &str, built: &[Box<str>]) -> Result<Done, String> {
    if job.look.current.is_empty() {
        return Err("there is no commit checked out there".to_owned());
    }
    // A build that is kept has all that is wanted of it: what runs was moved out of its own.
    let mut all = String::new();
    for path in built {
        let _infallible = write!(all, " && [ -e \"$ready\"/{} ]", quote(path));
    }
    let places = format!(
        "store=$(g rev-parse --absolute-git-dir)/quarterdeck || exit 1\n\
         stage=$store/$op kept=$store/built/$old ready=$store/built/$rev\n\
         if [ \"$rev\" = \"$old\" ]; then kept=$store/was-$op; fi\n\
         is_ready() {{ [ -d \"$ready\" ]{all}; }}\n{TREE}"
    );
    let mut stage = String::new();
    stage.push_str(&fetch(&job.look.from, reference));
    stage.push_str(
        "as mkdir -p -- \"$store/built\" || exit 1\n\
         g worktree add --quiet --detach \"$stage\" \"$rev\" || exit 1\n",
    );
    let mut construct = build(job.spec);
    for path in built {
        let path = quote(path);
        let _infallible = writeln!(
            construct,
            "[ -e \"$stage\"/{path} ] || {{ printf 'the build made no %s\\n' {path}; exit 1; }}"
        );
    }
    if !construct.is_empty() {
        let _infallible = write!(
            stage,
            "if is_ready; then\n  echo 'it was built before and is taken from there'\nelse\n{construct}fi\n"
        );
    }
    stage.push_str("exit 0\n");
    let undo_stage = "g worktree remove --force \"$stage\" 2>/dev/null\nas rm -rf -- \"$stage\"\n\
         g worktree prune\ng update-ref -d \"refs/quarterdeck/$op\"\nexit 0\n"
        .to_owned();
    let mut take = format!("same_tree {} || exit 1\n{}", quote(&job.look.tree), super::BEGUN);
    take.push_str(
        "from=$stage\nif is_ready; then from=$ready; fi\nprintf '%s\\n' \"$from\" >from || exit 1\n\
         # The commit that one may go back to is not tidied up by git.\n\
         g update-ref refs/quarterdeck/before \"$old\" || exit 1\n",
    );
    for path in built {
        let path = quote(path);
        let _infallible = write!(
            take,
            "p={path}\n\
             as mkdir -p -- \"$(dirname -- \"$kept/$p\")\" \"$(dirname -- \"$dir/$p\")\" || exit 1\n\
             if [ -e \"$dir/$p\" ] || [ -L \"$dir/$p\" ]; then\n  \
             as rm -rf -- \"$kept/$p\" && as mv -T -- \"$dir/$p\" \"$kept/$p\" || exit 1\nfi\n\
             as mv -T -- \"$from/$p\" \"$dir/$p\" || exit 1\n"
        );
    }
    take.push_str(
        "g reset --hard --quiet \"$rev\" || exit 1\ng log -1 --format='now at %h: %s'\nexit 0\n",
    );
    let mut back = "if [ -e begun ]; then\nfrom=$(cat from 2>/dev/null)\n".to_owned();
    for path in built {
        let path = quote(path);
        // Each move by itself: it may have been interrupted between any two.
        let _infallible = write!(
            back,
            "p={path}\n\
             if [ -n \"$from\" ] && ! [ -e \"$from/$p\" ] && [ -e \"$dir/$p\" ]; then\n  \
             as mv -T -- \"$dir/$p\" \"$from/$p\" || exit 1\nfi\n\
             if [ -e \"$kept/$p\" ] && ! [ -e \"$dir/$p\" ]; then\n  \
             as mv -T -- \"$kept/$p\" \"$dir/$p\" || exit 1\nfi\n"
        );
    }
    back.push_str(
        "g reset --hard --quiet \"$old\" || exit 1\ng log -1 --format='back at %h: %s'\n\
         as rm -rf -- \"$store/was-$op\"\nfi\n",
    );
    back.push_str(&up_again(job));
    let tidy = format!(
        "g worktree remove --force \"$stage\" 2>/dev/null\nas rm -rf -- \"$stage\" \"$store/was-$op\"\ng worktree prune\n\
         as sh -c 'cd -- \"$0\" 2>/dev/null || exit 0; ls -t | tail -n +{first} | while IFS= read -r one; do rm -rf -- \"$one\"; done' \"$store/built\"\n",
        first = KEPT + 1
    );
    let mut warnings = vec![
        "the files change one after the other while the old process runs: what it reads late, it may read new".to_owned(),
    ];
    if job.spec.build.is_some() && job.back.is_some() {
        warnings.push("it is built again where its build is no longer kept".to_owned());
    }
    Ok(Done {
        stage: Some((stage, undo_stage)),
        activate: ("move the work tree to that commit".to_owned(), take, Undo::Script(back)),
        common: places,
        again: String::new(),
        meanwhile: None,
        tidy,
        reads: vec![Read { name: "tree", value: job.look.tree.to_string(), how: "sum_tree" }],
        identity: None,
        warnings,
    })
}
