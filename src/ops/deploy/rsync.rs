//! A directory that is copied into another one in place. What is sent lies beside it until the host has
//! seen that it is what was planned; then rsync(1) takes it over there, file by file. How it was before is
//! kept in links, whole, so that taking back needs no list of what was added; and so is each release that
//! was healthy, so that one can go back to it. Where little differs, it goes another way (`few`).

use std::fmt::Write as _;

use super::few::{base, few};
use super::{BEGUN, Done, Job, build, newest, up_again};
use crate::model::deploy::copy::{CopySpec, Load, size};
use crate::model::plan::Undo;
use crate::ops::script::Read;
use crate::probe::act::LIST;
use crate::probe::quote::quote;

/// Releases that one can go back to.
const KEPT: usize = 5;
/// Deletions that a refusal names.
const NAMED: usize = 5;

/// What it is made of whichever way it goes.
pub(super) struct Pieces {
    pub(super) common: String,
    /// While the new one is proved, and when it is: one more stays then.
    pub(super) prune: [String; 2],
    pub(super) reads: Vec<Read>,
    /// Ends the step where what is there is not what was looked at.
    pub(super) same: String,
}

pub(super) fn done(job: &Job<'_>, spec: &CopySpec, data: &[Box<str>]) -> Result<Done, String> {
    let look = job.look;
    if look.store.is_empty() || look.tree.is_empty() {
        return Err("the host did not say what is there".to_owned());
    }
    if data.iter().any(|path| **path == *job.directory) {
        return Err("its data is the directory itself, and data is not deployed".to_owned());
    }
    let mut warnings = vec![if spec.served {
        "the files change one after the other: for a moment a page may be old and what it loads new"
    } else {
        "the files change one after the other while the old process runs: what it reads late, it may read new"
    }
    .to_owned()];
    let mut reads = vec![Read { name: "tree", value: look.tree.to_string(), how: "list \"$dir\"" }];
    if job.back.is_none() {
        let copy = look.copy.as_ref().ok_or("it is not known what would be copied")?;
        if let Some(env) = job.spec.copies_from() {
            warnings.push(format!(
                "it comes from {env} as it is there now, by way of this machine; data is not copied"
            ));
        }
        if copy.items == 0 {
            return Err("there is nothing in what it is copied from".to_owned());
        }
        if copy.deleted > spec.deletions {
            let names: Vec<&str> = copy.gone.iter().take(NAMED).map(|name| &**name).collect();
            return Err(format!(
                "it would delete {} of what is there, such as {}; at most {} are meant (`deletions`); \
                 what is to stay there belongs in `exclude` or `data`",
                copy.deleted,
                names.join(", "),
                spec.deletions
            ));
        }
        if look.free.is_some_and(|free| free.saturating_mul(1 << 20) < copy.bytes) {
            return Err(format!("{} come, and there is no room for them", size(copy.bytes)));
        }
    }
    let same = format!(
        "if [ \"$(list \"$dir\")\" != {} ]; then echo 'files there were changed meanwhile and would be lost'; exit 1; fi\n",
        quote(&look.tree)
    );
    if let Some(few) = few(job, spec) {
        let (common, prune) = (common(job, spec, data), [KEPT, KEPT + 1].map(prune));
        return Ok(few.done(job, Pieces { common, prune, reads, same }, warnings));
    }
    if let Some(copy) = look.copy.as_ref().filter(|_| job.back.is_none()) {
        let value = copy.list.to_string();
        reads.push(Read { name: "what was sent", value, how: "list \"$stage\"" });
    }
    // It was sent before; what the runner does with it is taken back with it.
    let stage = job.back.is_none().then(|| {
        let mut script = "as chmod --reference=\"$dir\" -- \"$stage\" || exit 1\n".to_owned();
        script.push_str(&build(job.spec));
        for path in &spec.built {
            let path = quote(path);
            let _infallible = writeln!(
                script,
                "[ -e \"$stage\"/{path} ] || {{ printf 'the build made no %s\\n' {path}; exit 1; }}"
            );
        }
        script.push_str("exit 0\n");
        (script, "as rm -rf -- \"$stage\"\nexit 0\n".to_owned())
    });
    let take = format!(
        "{same}as mkdir -p -- \"$store/before\" && as rm -rf -- \"$before\" || exit 1\n\
         # How it is now, whole: files as links to the very files, which rsync replaces and never writes into.\n\
         take --link-dest=\"$dir\" \"$dir/\" \"$before/\" && modes \"$before\" >modes || exit 1\n\
         {BEGUN}take --delay-updates \"$source/\" \"$dir/\" || exit 1\n"
    );
    let take = match job.back {
        None => format!("source=$stage\n{take}exit 0\n"),
        Some(_) => format!(
            "source=$tree\n[ -d \"$tree\" ] || {{ echo \"$tree is not there\"; exit 1; }}\n\
             {take}as cat \"$tree.modes\" >to && give to || exit 1\nexit 0\n"
        ),
    };
    let mut back = "# Without that nothing was changed yet, or it was taken back already.\n\
         if [ -e begun ]; then\n  take \"$before/\" \"$dir/\" && give modes && rm -f begun || exit 1\n  \
         echo 'all files are as they were'\nfi\nas rm -rf -- \"$before\"\n"
        .to_owned();
    back.push_str(&up_again(job));
    if job.back.is_some() {
        warnings.push(
            "what is beside its release now, such as what was changed by hand, is deleted"
                .to_owned(),
        );
    }
    Ok(Done {
        stage,
        activate: ("take it over, file by file".to_owned(), take, Undo::Script(back)),
        common: common(job, spec, data),
        again: String::new(),
        meanwhile: None,
        tidy: tidy(job, spec),
        reads,
        identity: None,
        warnings,
    })
}

/// What all of its scripts begin with.
fn common(job: &Job<'_>, spec: &CopySpec, data: &[Box<str>]) -> String {
    let rules = |built: bool| {
        let mut text = String::new();
        for rule in spec.rules(job.directory, data, built) {
            let _infallible = write!(text, " {}", quote(&format!("--filter={rule}")));
        }
        text
    };
    // Of one that is gone back to, its own.
    let name = job.back.map_or_else(|| "$op".to_owned(), |release| quote(&release.id));
    format!(
        "name={name} base=\nstore={}\nstage=$store/incoming/$op tree=$store/trees/$name before=$store/before/$op\n\
         copy() {{ as env LC_ALL=C TZ=UTC0 rsync \"$@\"; }}\n{LIST}\
         list() {{ copy --list-only --no-h -rl{} -- \"$1/\" | qd_sum; }}\n\
         # Names, bytes, times and modes; whose they are is whose the directory is.\n\
         take() {{ copy -rlptOJ --delete --no-inc-recursive{} \"$@\"; }}\n\
         show_modes='find . -mindepth 1 ! -type l -printf \"%m %p\\0\" | LC_ALL=C sort -z'\n\
         modes() {{ as sh -c 'cd -- \"$0\" && '\"$show_modes\" \"$1\"; }}\n\
         # The modes of a list to what is there: a link has the mode of all that are linked with it.\n\
         give() {{\n  modes \"$dir\" >have\n  LC_ALL=C comm -z -13 have \"$1\" >lack || return 1\n  \
         for mode in $(sed -zn 's/^\\([0-7]*\\) .*/\\1/p' lack | tr '\\0' '\\n' | sort -u); do\n    \
         sed -zn \"s/^$mode //p\" lack | as sh -c 'cd -- \"$0\" && xargs -0 -r chmod \"$1\" --' \"$dir\" \"$mode\"\n  done\n}}\n",
        quote(&job.look.store),
        rules(false),
        rules(true),
    )
}

/// What is healthy is kept as it was sent.
fn tidy(job: &Job<'_>, spec: &CopySpec) -> String {
    let mut text = String::new();
    if let Some(copy) = job.look.copy.as_ref().filter(|_| job.back.is_none()) {
        text.push_str(
            "as mkdir -p -- \"$store/trees\" && as rm -rf -- \"$tree\" \"$tree.sum\" && as mv -T -- \"$stage\" \"$tree\" &&\n  \
             modes \"$tree\" | as sh -c 'cat >\"$0\"' \"$tree.modes\" || echo 'it is not kept: one cannot go back to it'\n",
        );
        // It is what was listed still: nothing was built in it.
        if is_as_sent(job, spec) {
            let _infallible = writeln!(
                text,
                "printf '%s\\n' {} | as sh -c 'cat >\"$0\"' \"$tree.sum\"",
                quote(&copy.list)
            );
        }
    }
    text.push_str("as rm -rf -- \"$before\"\n");
    text.push_str(&prune(KEPT + 1));
    text
}

/// Of older ones the newest stay.
fn prune(most: usize) -> String {
    format!(
        "{stay}\
         for one in $(cut -d ' ' -f 2 \"$record\" | sort -u); do\n  \
         case \"$one\" in '' | *[!0-9A-Z]*) continue ;; esac\n  \
         case \" $(echo $stay) $name ${{base##*/}} \" in *\" $one \"*) continue ;; esac\n  \
         set -- \"$store/trees/$one\" \"$store/before/$one\"\n  \
         if [ -e \"$1\" ] || [ -e \"$1.new\" ] || [ -e \"$1.sum\" ] || [ -e \"$2\" ]; then\n    \
         as rm -rf -- \"$1\" \"$1.new\" \"$1.modes\" \"$1.sum\" \"$2\"\n  fi\ndone\n",
        stay = newest(most)
    )
}

/// Nothing but what was sent is made the current one.
fn is_as_sent(job: &Job<'_>, spec: &CopySpec) -> bool {
    job.spec.build.is_none() && spec.built.is_empty() && job.spec.migration.is_none()
}

/// What is sent before the runner is started.
pub(super) fn load(job: &Job<'_>, spec: &CopySpec, data: &[Box<str>]) -> Option<Box<Load>> {
    let copy = job.look.copy.as_ref().filter(|_| job.back.is_none())?;
    // Files that are kept are linked with kept ones, so that who writes into what is there changes none of
    // them; where there are none, they are copied, if there is room for all of it twice.
    let base = base(job).map(|base| format!("{}/trees/{base}", job.look.store));
    let room = job.look.free.is_some_and(|free| free.saturating_mul(1 << 19) > copy.total);
    let links = is_as_sent(job, spec) && (base.is_some() || !room);
    Some(Box::new(Load {
        from: copy.from.clone(),
        far: None,
        directory: base.map_or_else(|| job.directory.into(), Into::into),
        store: job.look.store.clone(),
        owner: job.look.owner.clone(),
        rules: spec.rules(job.directory, data, false),
        links,
        moves: few(job, spec).map(|few| few.moves()),
        limit: job.spec.timeout,
    }))
}
