//! The strategy `rsync` where little differs from what is there, and that is what a kept release is. Nothing
//! but that is sent and taken over, name by name, so that no walk of the whole tree is made for it. How it
//! was is kept in links of what changes; of all else it is in that release, whose files are linked with other
//! releases' and never with those that are used. The new one is kept while it is proved.

use std::fmt::Write as _;

use super::rsync::Pieces;
use super::{BEGUN, Done, Job, RECORD, up_again};
use crate::model::deploy::copy::{CopyLook, CopySpec, Moves};
use crate::model::plan::Undo;
use crate::ops::script::Read;
use crate::probe::quote::quote;

/// What it rests on.
pub(super) struct Few<'a> {
    /// The release that is there.
    base: &'a str,
    copy: &'a CopyLook,
    moves: &'a Moves,
}

/// The newest release that is kept as what is there is now.
pub(super) fn base<'a>(job: &Job<'a>) -> Option<&'a str> {
    let look = job.look;
    let same = |id: &str| look.sums.iter().any(|(one, sum)| **one == *id && *sum == look.tree);
    let kept = look.releases.iter().filter(|release| release.kept);
    kept.map(|release| &*release.id).find(|id| same(id))
}

/// Whether it goes so. What is built or migrated is worked on whole.
pub(super) fn few<'a>(job: &Job<'a>, spec: &CopySpec) -> Option<Few<'a>> {
    let copy = job.look.copy.as_ref().filter(|_| job.back.is_none())?;
    let moves = copy.moves.as_ref()?;
    let whole = job.spec.build.is_some() || !spec.built.is_empty() || job.spec.migration.is_some();
    Some(Few { base: base(job).filter(|_| !whole)?, copy, moves })
}

impl Few<'_> {
    pub(super) fn moves(&self) -> Moves {
        self.moves.clone()
    }

    pub(super) fn done(&self, job: &Job<'_>, pieces: Pieces, warnings: Vec<String>) -> Done {
        let (tree, sum) = (quote(&job.look.tree), quote(&self.copy.list));
        // What verifies first may take long.
        let again = if job.spec.verify.is_some() { pieces.same.as_str() } else { "" };
        let take = format!(
            "{again}# How it is now, of what changes: files as links to the very files, which rsync replaces.\n\
             pick '[~-].' | set_aside >modes || exit 1\n\
             {BEGUN}drop - \"$dir\" && pick '[+~].' | these --delay-updates \"$stage/\" \"$dir/\" || exit 1\nexit 0\n"
        );
        let mut back = format!(
            "# Without that nothing was changed yet, or it was taken back already.\n\
             if [ -e begun ]; then\n  \
             # What the new one has written beside goes with it, unless what was kept is not what it was.\n  \
             if [ \"$(list \"$base\")\" = {tree} ]; then take \"$before/\" \"$base/\" \"$dir/\"\n  \
             else drop + \"$dir\" && pick '[~-].' | these \"$before/\" \"$dir/\"; fi &&\n    \
             give modes && rm -f begun || exit 1\n  \
             echo 'all files are as they were'\nfi\nas rm -rf -- \"$before\" \"$tree.new\"\n"
        );
        back.push_str(&up_again(job));
        let [meanwhile, after] = pieces.prune;
        let meanwhile = meanwhile.replace("as rm", "as nice -n 19 rm");
        let mut reads = pieces.reads;
        let how = "came";
        reads.push(Read { name: "what was sent", value: self.copy.list.to_string(), how });
        Done {
            // Like the directory, whose own mode is not changed.
            stage: Some((
                "as chmod --reference=\"$dir\" -- \"$stage\" || exit 1\nexit 0\n".to_owned(),
                "as rm -rf -- \"$stage\"\nexit 0\n".to_owned(),
            )),
            activate: ("take over what differs, file by file".to_owned(), take, Undo::Script(back)),
            common: pieces.common + &self.common(&sum),
            again: self.words(),
            meanwhile: Some(format!("{}{RECORD}{meanwhile}}}\n", KEEP.replace("@sum@", &sum))),
            tidy: TIDY.replace("@sum@", &sum) + &after,
            reads,
            identity: None,
            warnings,
        }
    }

    fn common(&self, sum: &str) -> String {
        format!("base=$store/trees/{}\n{}", quote(self.base), COMMON.replace("@sum@", sum))
    }

    /// Files of the operation: what differs, and what the list says of that.
    fn words(&self) -> String {
        let mut text = String::new();
        for (name, lines) in [("moves", &self.moves.names), ("lines", &self.moves.lines)] {
            let _infallible = writeln!(text, "cat >{name} <<'END'");
            for line in lines {
                let _infallible = writeln!(text, "{line}");
            }
            text.push_str("END\n");
        }
        text
    }
}

/// What its scripts begin with besides.
const COMMON: &str = include_str!("few.sh");

/// Keeps it beside the gate, so that it is there when that has passed.
const KEEP: &str = "keep() {\n  \
    as nice -n 19 cp -al -- \"$base\" \"$tree.new\" && drop - \"$tree.new\" &&\n    \
    # Files of it are linked with those of older ones: none is written into.\n    \
    pick '[+~].' | these -I \"$stage/\" \"$tree.new/\" && [ \"$(list \"$tree.new\")\" = @sum@ ] &&\n    \
    modes \"$tree.new\" >kept.new && mv -f kept.new kept\n";

const TIDY: &str = "how=lost\n[ ! -e kept ] || how=kept\n{ [ ! -e kept ] || cat kept; } | as sh -c 'if [ \"$4\" = kept ] && mv -T -- \"$1.new\" \"$1\"; then\n  \
    cat >\"$1.modes\" && printf \"%s\\n\" @sum@ >\"$1.sum\"\nelse\n  \
    rm -rf -- \"$1.new\"\n  echo \"it is not kept: one cannot go back to it\"\nfi\n\
    rm -rf -- \"$2\" \"$3\"' sh \"$tree\" \"$before\" \"$stage\" \"$how\"\n";
