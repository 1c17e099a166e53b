//! A copy is made now: by the config's own way, or by tar. It counts only when it can be read to its end
//! and is of the source.

use super::{Job, LONG, Made, first, size};
use crate::model::action::Run;
use crate::model::backup::{Copy, Identity};
use crate::model::plan::{Change, Step, Undo};
use crate::model::retention::surplus;
use crate::model::span::words;
use crate::model::unit::is_below;
use crate::ops::script::QUICK;
use crate::probe::quote::{quote, quote_all};

/// Names that tar is asked to make, and how.
const PACKED: [(&str, &str); 7] = [
    (".tar.gz", "-z"),
    (".tgz", "-z"),
    (".tar.zst", "--zstd"),
    (".tar.xz", "-J"),
    (".tar.bz2", "-j"),
    (".tbz2", "-j"),
    (".tar", ""),
];
/// So many are let go at one time at most.
const MOST: usize = 200;

/// Proves a copy that was just made (`$new`): of its source is one that has all but one in twenty of
/// the files that were there before it was begun.
const PROVE: &str = "if ! [ -s \"$new\" ]; then echo \"$new is empty\"; exit 1; fi\n\
     compared=1\n\
     if [ -d \"$new\" ]; then\n  \
     (cd -- \"$new\" && find . -xdev -type f | sed 's|^\\./||') >names\n  \
     members=$(wc -l <names)\n  \
     if [ \"$members\" = 0 ]; then echo \"$new holds no file\"; exit 1; fi\n\
     elif is_tar \"$new\"; then\n  \
     list \"$new\" 1000000000000000 || exit 1\n\
     else\n  \
     rm -f bad.unpack\n  \
     size=$({ unpack \"$new\" || : >bad.unpack; } | wc -c)\n  \
     if [ -e bad.unpack ] || [ \"$size\" = 0 ]; then echo \"$new cannot be read to its end\"; exit 1; fi\n  \
     echo \"$new has $size bytes; what is in it is not compared\"\n  \
     compared=\n\
     fi\n\
     if [ -n \"$compared\" ] && [ -n \"$src\" ]; then\n  \
     live ! -newer \"$work/started\"\n  match\n  \
     echo \"$new has $members files; $hits of the $lives files of $src are among them\"\n  \
     if [ $(((lives - hits) * 20)) -gt \"$lives\" ]; then\n    \
     echo \"$new is not of $src: $((lives - hits)) of its $lives files are not in it\"\n    exit 1\n  fi\n\
     fi\n";

pub(super) fn steps(job: &Job<'_>) -> Result<Made, String> {
    let mut warnings = Vec::new();
    let mut brings = Vec::new();
    let source = &job.look.source;
    if job.spec.source.is_some() {
        if source.kind.is_empty() {
            return Err(format!("{} is not there", job.source()));
        }
        let files = source.files.map_or_else(String::new, |files| format!("{files} files, "));
        let size = source.size.map_or_else(|| "of unknown size".to_owned(), size);
        brings.push(format!("of {}: {files}{size}", job.source()));
    }
    if let Some(database) = &job.spec.database {
        brings.push(format!("of {}", database.words()));
    }
    let reads = job.reads();
    let (again, facts) = first(&reads, "");
    let mut steps = vec![again];
    if let Some(run) = &job.spec.make {
        steps.push(declared(job, run));
        steps.push(newest(job));
        brings.push(format!("to {}, by its own script", job.spec.way.place()));
        warnings.push("what its own script does is not taken back by anything".to_owned());
    } else {
        let (before, after, packed) = built_in(job)?;
        steps.push(tar(job, &before, &after, packed));
        brings.push(format!("to {}/{before}MOMENT{after}, with a checksum beside it", job.place));
        steps.extend(let_go(job, &mut brings));
    }
    brings.extend(newest_now(job));
    Ok(Made { facts, warnings, steps, common: job.common(), brings, load: None, nothing: None })
}

/// How old the newest copy is.
pub(super) fn newest_now(job: &Job<'_>) -> Option<String> {
    let newest = job.look.facts.copies.first()?;
    let age = job.look.facts.taken.saturating_sub(newest.at);
    let age = std::time::Duration::from_secs(u64::try_from(age).unwrap_or(0));
    Some(format!("the newest there now is {} old", words(age)))
}

/// What to do where a copy cannot be made from here.
pub(super) const DECLARE: &str =
    "say how in the config: `make = \"exec /usr/local/bin/backup.sh\"`";

/// What a new copy's name begins and ends with; none where the pattern does not say.
pub(super) fn named<'a>(job: &Job<'a>) -> Result<(&'a str, &'a str), String> {
    let parts = job.pattern.split_once('*').filter(|(before, after)| {
        !before.is_empty() && !format!("{before}{after}").contains(['*', '?', '[', '\\'])
    });
    parts
        .ok_or_else(|| format!("`{}` does not say how a new one is called: {DECLARE}", job.pattern))
}

/// The name's two parts and how it is packed.
fn built_in(job: &Job<'_>) -> Result<(String, String, &'static str), String> {
    let declare = DECLARE;
    if job.source().is_empty() {
        return Err(format!("it has no `source`, so a copy cannot be made by tar: {declare}"));
    }
    if &*job.look.source.kind != "directory" {
        return Err(format!("{} is no directory: {declare}", job.source()));
    }
    if job.folders {
        return Err(format!("its copies are directories: {declare}"));
    }
    let (before, after) = named(job)?;
    let Some((_, packed)) = PACKED.iter().find(|(end, _)| after.ends_with(end)) else {
        return Err(format!("`{}` is no archive of tar by its name: {declare}", job.pattern));
    };
    if is_below(job.place, job.source()) {
        return Err(format!("its copies lie in the source itself: {declare}"));
    }
    if !job.look.gnu {
        return Err(format!("the host has no GNU tar: {declare}"));
    }
    match (job.look.place_free, job.look.source.size) {
        (Some(free), Some(need)) if free <= need => Err(format!(
            "{} are free in {}, and the source has {}: a copy has to fit in any case",
            size(free),
            job.place,
            size(need)
        )),
        (Some(_), Some(_)) => Ok((before.to_owned(), after.to_owned(), packed)),
        _ => Err("how large the source is and how much is free is not known".to_owned()),
    }
}

/// By tar, in a directory that nobody else may enter, since the place may be anybody's; the name comes last.
fn tar(job: &Job<'_>, before: &str, after: &str, packed: &str) -> Step {
    let part = "part=$place/.quarterdeck-$op\n";
    let script = format!(
        ". ./common\n{part}\
         : >started\n\
         name_it {} {} || exit 1\n\
         need=$(size \"$src\") room=$(free \"$place\")\n\
         if [ \"$room\" -le \"$need\" ]; then echo \"$room KiB are free in $place, and the source has $need\"; exit 1; fi\n\
         umask 077\n\
         least=$(find \"$src\" -xdev -type f | wc -l)\n\
         mkdir -m 700 -- \"$part\" || exit 1\n\
         # What is read is what was planned, whatever has its name by now.\n\
         (\n  stand \"$part\" && exec >copy && cd -P -- \"$src\" || exit 2\n  \
         if [ \"$(stat -c '%d:%i' .)\" != {at} ]; then echo \"$src is another directory now\" >&2; exit 2; fi\n  \
         # shellcheck disable=SC2086\n  \
         exec tar --numeric-owner $acls {packed} -cf - .\n)\n\
         case $? in\n\
         0) ;;\n\
         1) echo 'some files changed while they were read' ;;\n\
         *) echo 'tar failed'; exit 1 ;;\n\
         esac\n\
         now=$(find \"$src\" -xdev -type f | wc -l)\n\
         if [ \"$now\" -lt \"$least\" ]; then least=$now; fi\n\
         new=$part/copy\n{PROVE}\
         if [ $((members * 20)) -lt $((least * 19)) ]; then echo \"$members files are in it, and the source has $least\"; exit 1; fi\n\
         file_away {} || exit 1\n\
         echo \"$final has $(wc -c <\"$final\") bytes, $members files, and a checksum beside it\"\n",
        quote(before),
        quote(after),
        quote(job.pattern),
        at = quote(&job.look.source.at),
    );
    let undo =
        format!(". ./common\n{part}# What was finished is good and stays.\nrm -rf -- \"$part\"\n");
    Step {
        number: 20,
        title: "archive the source under another name, prove it, then give it its name".to_owned(),
        change: Change::Additive,
        script,
        undo: Undo::Script(undo),
        limit: LONG,
        idle: LONG,
    }
}

/// As the config says.
fn declared(job: &Job<'_>, run: &Run) -> Step {
    let command = match run {
        Run::Argv(argv) => format!("exec {}", quote_all(argv)),
        Run::Script(script) => script.to_string(),
    };
    let script = format!(
        ". ./common\n: >started\n\
         # Clocks of files go by ticks.\n\
         sleep 0.1 || sleep 1\n\
         export SOURCE={} DIRECTORY=\"$place\"\n\
         (cd / && exec sh -c {}) </dev/null && exit\nrc=$?\necho \"it failed: status $rc\"\nexit 1\n",
        quote(job.spec.title().unwrap_or_default()),
        quote(&format!("{command}\n"))
    );
    Step {
        number: 20,
        title: "make a copy, as the config says".to_owned(),
        change: Change::Irreversible,
        script,
        undo: Undo::NotPossible("what it made stays".to_owned()),
        limit: LONG,
        idle: LONG,
    }
}

/// Whether that made one.
fn newest(job: &Job<'_>) -> Step {
    let kind = if job.folders { "d" } else { "f" };
    let script = format!(
        ". ./common\n\
         new=$(find -H \"$place/\" -mindepth 1 -maxdepth 1 -type {kind} -name {} ! -name \"*$nl*\" -newer started \\\n  \
         -exec stat -c '%Y %n' {{}} + | sort -rn | head -n 1 | cut -d ' ' -f 2-)\n\
         if [ -z \"$new\" ]; then echo 'no copy there is newer than the start: it made none'; exit 1; fi\n\
         {PROVE}sync -f \"$new\" 2>/dev/null || sync\n\
         if [ -f \"$new.sha256\" ] && [ \"$(sha256sum <\"$new\" | head -c 64)\" != \"$(head -c 64 \"$new.sha256\")\" ]; then\n  \
         echo \"$new is not what its checksum says\"; exit 1\nfi\n\
         echo \"$new is new, and is what it has to be\"\n",
        quote(job.pattern)
    );
    Step {
        number: 30,
        title: "prove it: is it new, whole, and of the source?".to_owned(),
        change: Change::ReadOnly,
        script,
        undo: Undo::NotNeeded,
        limit: LONG,
        idle: LONG,
    }
}

/// Copies beyond `keep`, of which the new one is the first: it is proved by then.
pub(super) fn let_go(job: &Job<'_>, brings: &mut Vec<String>) -> Option<Step> {
    let facts = &job.look.facts;
    let new = Copy { at: facts.taken, identity: Identity::default(), ..Copy::default() };
    let mut copies: Vec<&Copy> = facts.copies.iter().collect();
    copies.insert(0, &new);
    copies.sort_by_key(|copy| std::cmp::Reverse(copy.at));
    let times: Vec<i64> = copies.iter().map(|copy| copy.at).collect();
    let over = surplus(job.spec.keep?, &times);
    let names: Vec<&str> = over
        .into_iter()
        .filter_map(|place| copies.get(place))
        // A name that was written otherwise is another file's.
        .filter(|copy| !copy.name.is_empty() && !copy.name.contains(['/', '\\']))
        .map(|copy| &*copy.name)
        .take(MOST)
        .collect();
    let (first, last) = (names.first()?, names.last()?);
    brings.push(format!("lets go {} older ones: {last} to {first}", names.len()));
    let script = format!(
        ". ./common\nfor one in {}; do\n  \
         rm -f -- \"$place/$one\" \"$place/$one.sha256\" && echo \"$one is let go\"\ndone\nexit 0\n",
        quote_all(&names)
    );
    Some(Step {
        number: 40,
        title: format!("let go what is more than `keep`: {} older ones", names.len()),
        change: Change::Irreversible,
        script,
        undo: Undo::NotPossible("they are more than the config keeps".to_owned()),
        limit: QUICK * 5,
        idle: QUICK * 5,
    })
}
