//! A directory for each release and a link to the current one, which is moved at one instant
//! (rename(2)). Going back moves the link.

use std::fmt::Write as _;

use super::{BEGUN, Done, Job, build, fetch, newest, up_again};
use crate::model::plan::Undo;
use crate::ops::script::Read;
use crate::probe::quote::quote;

pub(super) fn done(job: &Job<'_>, reference: &str, shared: &[Box<str>], keep: u16) -> Done {
    // Of one that is gone back to, its own directory.
    let name = job.back.map_or_else(|| "$op".to_owned(), |release| quote(&release.id));
    let places = format!("name={name}\nstage=$dir/releases/$name link={}\n", quote(&job.look.link));
    let stage = job.back.is_none().then(|| {
        let mut stage = String::new();
        stage.push_str(
            "as mkdir -p -- \"$dir/releases\" \"$dir/shared\" \"$dir/repo\" || exit 1\n\
             if ! g rev-parse --git-dir >/dev/null 2>&1 || ! [ -d \"$dir/repo/objects\" ]; then\n  \
             as git init --quiet --bare -- \"$dir/repo\" || exit 1\nfi\n",
        );
        stage.push_str(&fetch(&job.look.from, reference));
        stage.push_str(
            "as mkdir -- \"$stage\" || exit 1\n\
             as env GIT_INDEX_FILE=\"$stage.index\" GIT_DIR=\"$dir/repo\" GIT_WORK_TREE=\"$stage\" \
             git -c core.hooksPath=/dev/null -c core.bare=false checkout --quiet --force \"$rev\" -- . || exit 1\n\
             as rm -f -- \"$stage.index\"\n",
        );
        for path in shared {
            let _infallible = write!(
                stage,
                "p={}\n\
                 if ! [ -e \"$dir/shared/$p\" ]; then\n  \
                 as mkdir -p -- \"$(dirname -- \"$dir/shared/$p\")\"\n  \
                 if [ -e \"$stage/$p\" ]; then as cp -a -- \"$stage/$p\" \"$dir/shared/$p\" || exit 1\n  \
                 else printf '%s is not there: make it first\\n' \"$dir/shared/$p\"; exit 1; fi\nfi\n\
                 as mkdir -p -- \"$(dirname -- \"$stage/$p\")\" || exit 1\n\
                 # What a link of the commit leads to is not the release's own.\n\
                 case $(as realpath -- \"$(dirname -- \"$stage/$p\")\")/ in\n\
                 \"$(as realpath -- \"$stage\")\"/*) ;;\n\
                 *) printf '%s is not below the release: a link in the commit leads out of it\\n' \"$p\"; exit 1 ;;\nesac\n\
                 as rm -rf -- \"$stage/$p\" &&\n  \
                 as ln -s -- \"$dir/shared/$p\" \"$stage/$p\" || exit 1\n",
                quote(path)
            );
        }
        stage.push_str(&build(job.spec));
        stage.push_str("as sh -c 'printf \"%s\\n\" \"$1\" >\"$0/REVISION\"' \"$stage\" \"$rev\" || exit 1\nexit 0\n");
        let undo =
            "as rm -rf -- \"$stage\" \"$stage.index\"\ng update-ref -d \"refs/quarterdeck/$op\" 2>/dev/null\nexit 0\n"
.to_owned();
        (stage, undo)
    });
    let point = "point() { as ln -s -- \"$1\" \"$dir/.current.$op\" && as mv -T -- \"$dir/.current.$op\" \"$dir/current\"; }\n";
    let take = "[ -d \"$stage\" ] || { echo \"$stage is not there\"; exit 1; }\n\
         now=$(readlink -- \"$dir/current\" || :)\n\
         if [ \"$now\" != \"$link\" ]; then echo \"current is '$now' by now, it was '$link'\"; exit 1; fi\n"
        .to_owned()
        + BEGUN
        + "as rm -f -- \"$dir/.current.$op\"\npoint \"releases/$name\" || exit 1\n\
         echo \"current is $(readlink -- \"$dir/current\")\"\n";
    let back = if job.look.link.is_empty() {
        format!(
            "if [ -e begun ]; then as rm -f -- \"$dir/current\" \"$dir/.current.$op\" || exit 1; fi\n{}",
            up_again(job)
        )
    } else {
        format!(
            "if [ -e begun ]; then\n  as rm -f -- \"$dir/.current.$op\"\n  point \"$link\" || exit 1\n  \
             echo \"current is $(readlink -- \"$dir/current\") again\"\nfi\n{}",
            up_again(job)
        )
    };
    // Only directories that the record names are ours to remove.
    let tidy = format!(
        "{stay}\
         real=$(realpath -- \"$dir/releases\")\n\
         # What a process runs from stays as well, such as of one that is not started again.\n\
         runs=$(readlink /proc/[0-9]*/cwd /proc/[0-9]*/exe 2>/dev/null | real=$real/ awk '\n  \
         index($0, ENVIRON[\"real\"]) == 1 {{ split(substr($0, length(ENVIRON[\"real\"]) + 1), part, \"/\"); print part[1] }}' | sort -u)\n\
         for one in $(cut -d ' ' -f 2 \"$record\" | sort -u); do\n  \
         case \"$one\" in '' | *[!0-9A-Z]*) continue ;; esac\n  \
         case \" $(echo $stay $runs) $name ${{link##*/}} \" in *\" $one \"*) continue ;; esac\n  \
         [ -d \"$dir/releases/$one\" ] || continue\n  \
         as rm -rf -- \"$dir/releases/$one\" && echo \"release $one is tidied up\"\n  \
         g update-ref -d \"refs/quarterdeck/$one\" 2>/dev/null\ndone\n",
        stay = newest(usize::from(keep))
    );
    let identity = "  real=$(realpath -- \"$dir\") name_is=$(readlink -- \"$dir/current\")\n  \
         for l in cwd exe; do\n    t=$(readlink \"/proc/$(prop MainPID)/$l\")\n    \
         case $t in\n    \"$real/$name_is\" | \"$real/$name_is\"/*) ;;\n    \
         \"$real\"/releases/*) why=\"its process runs from $t\"; return 1 ;;\n    esac\n  done\n";
    Done {
        stage,
        activate: ("point `current` to it, at one instant".to_owned(), take, Undo::Script(back)),
        common: places + point,
        again: String::new(),
        meanwhile: None,
        tidy,
        reads: vec![Read {
            name: "current",
            value: job.look.link.to_string(),
            how: "readlink -- \"$dir/current\" || :",
        }],
        identity: Some(identity.to_owned()),
        warnings: Vec::new(),
    }
}
