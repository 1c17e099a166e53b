//! Pieces of the scripts that all strategies have in common. POSIX sh; a value comes into one only quoted.

use std::fmt::Write as _;

use super::{Job, START};
use crate::model::deploy::{DeploySpec, Strategy, Then};
use crate::probe::quote::quote;

/// What every script of it begins with.
pub(super) fn prelude(job: &Job<'_>) -> String {
    let git = match &job.spec.strategy {
        Strategy::Script { .. } | Strategy::Rsync(_) | Strategy::UnitTemplate(_) => String::new(),
        Strategy::Git { .. } => git_prelude("$dir"),
        Strategy::Release { .. } => git_prelude("$dir/repo"),
    };
    let common = format!(
        "dir={}\nown={}\nrev={}\nold={}\nunit={}\n\
         op=${{PWD##*/}} work=$PWD\n\
         home=$(getent passwd \"$own\" | cut -d : -f 6)\n\
         # With the rights of whose it is.\n\
         as() {{\n  if [ \"$own\" = root ]; then (cd / && \"$@\")\n  \
         else (cd / && runuser -u \"$own\" -- env HOME=\"${{home:-/}}\" USER=\"$own\" LOGNAME=\"$own\" \"$@\"); fi\n}}\n",
        quote(job.directory),
        quote(&job.look.owner),
        quote(job.revision),
        quote(&job.look.current),
        quote(&job.unit.name),
    );
    common + &git
}

/// Git without hooks and questions, in `$tree`.
pub(super) fn git_prelude(tree: &str) -> String {
    format!(
        "tree={tree}\n\
         g() {{ as env GIT_TERMINAL_PROMPT=0 'GIT_SSH_COMMAND=ssh -o BatchMode=yes -o ConnectTimeout=10' \
         git -C \"$tree\" -c core.hooksPath=/dev/null -c core.fsmonitor=false -c gc.auto=0 \"$@\"; }}\n"
    )
}

/// Fetches a commit where it is not there, and keeps it from being tidied up by git.
pub(super) fn fetch(from: &str, reference: &str) -> String {
    format!(
        "if ! g cat-file -e \"$rev^{{commit}}\" 2>/dev/null; then\n  \
         from={} ref={}\n  g fetch --quiet --no-tags -- \"$from\" \"$ref\" || exit 1\n  \
         # Of a name that is a tag's as well the tag is fetched.\n  \
         if ! g cat-file -e \"$rev^{{commit}}\" 2>/dev/null; then g fetch --quiet --no-tags -- \"$from\" \"refs/heads/$ref\"; fi\nfi\n\
         g cat-file -e \"$rev^{{commit}}\" || {{ echo \"$rev is not there any more\"; exit 1; }}\n\
         g update-ref \"refs/quarterdeck/$op\" \"$rev\" || exit 1\n",
        quote(from),
        quote(reference)
    )
}

/// From here on something is to be taken back; what somebody else did before that is not. It is on the disk
/// before anything is changed.
pub(super) const BEGUN: &str = ": >begun && { sync begun 2>/dev/null || sync; } || exit 1\n";

/// Names of the newest that were healthy: of each revision the newest, however often it was deployed and gone
/// back to, so that what is kept are other ones.
pub(super) fn newest(most: usize) -> String {
    format!(
        "stay=$(awk '$3 == \"healthy\" {{ name[++n] = $2; of[n] = $4 }}\n  \
         END {{ for (i = n; i > 0 && kept < {most}; i--) if (!seen[of[i]]++) {{ kept++; print name[i] }} }}' \"$record\")\n"
    )
}

/// Builds in `$stage`.
pub(super) fn build(spec: &DeploySpec) -> String {
    let Some(build) = &spec.build else { return String::new() };
    let body = format!("cd -- \"$0\" || exit 1\n{build}\n");
    format!(
        "as env REVISION=\"$rev\" sh -c {} \"$stage\" </dev/null || {{ rc=$?; echo \"the build failed\"; exit \"$rc\"; }}\n",
        quote(&body)
    )
}

/// What has to succeed, as root.
pub(super) fn verify(body: &str) -> String {
    format!(
        "env DIRECTORY=\"$dir\" REVISION=\"$rev\" sh -c {} </dev/null || \
         {{ rc=$?; echo 'what verifies it did not succeed'; exit \"$rc\"; }}\nexit 0\n",
        quote(&format!("cd / || exit 1\n{body}\n"))
    )
}

/// The title and the word of systemctl(1).
pub(super) const fn start(then: Then) -> Option<(&'static str, &'static str)> {
    match then {
        Then::Restart => Some(("stop it and start the new one", "restart")),
        Then::Reload => Some(("let it read it", "reload-or-restart")),
        Then::Nothing => None,
    }
}

/// Who was started too often a short while ago is started all the same (`StartLimitBurst=`,
/// systemd.unit(5)): what comes, and the old one after one that crashed over and over.
pub(super) const AGAIN: &str = "systemctl reset-failed -- \"$unit\" 2>/dev/null\n";

/// Brings the old one back up where the new one was started, and proves it.
pub(super) fn up_again(job: &Job<'_>) -> String {
    if job.unit.get("ActiveState") != "active" {
        return format!("{}systemctl stop -- \"$unit\"\n", note(job));
    }
    let mut text = note(job);
    if let Some((_, words)) = start(job.spec.then) {
        let _infallible = writeln!(
            text,
            "if ! grep -q ' {START} start' events; then exit 0; fi\n{AGAIN}systemctl {words} -- \"$unit\" || exit 1"
        );
    }
    text.push_str(&job.old_gate);
    text
}

/// Whether another service is deployed to the same directory just now. Both have their claim and their
/// scripts there before either looks, so that of two none goes on unseen.
pub(super) const ALONE: &str = "for one in ../../subjects/*/claim/claim; do\n  \
     other=$(sed -n 's/^op=//p' \"$one\" 2>/dev/null)\n  \
     case \"$other\" in '' | \"$op\" | *[!0-9A-Za-z]*) continue ;; esac\n  \
     [ -n \"$dir\" ] && [ -e \"../$other/common\" ] && ! [ -s \"../$other/result\" ] || continue\n  \
     [ \"$(sed -n '1s/^dir=//p' \"../$other/common\")\" = \"$(sed -n '1s/^dir=//p' common)\" ] || continue\n  \
     echo \"the plan is stale: $dir is being deployed to by somebody else: $(sed -n 's/^what=//p' \"$one\")\"\n  exit 75\ndone\n";

/// What everybody's console shows, and a bound for the record.
pub(super) const SHOW: &str = "tail -n 1 \"$record\" >\"$record.now\" && chmod 644 \"$record.now\" &&\n  \
     mv -f -- \"$record.now\" \"${record%/*}/deployed\" || exit 1\n\
     if [ \"$(wc -l <\"$record\")\" -gt 400 ]; then\n  \
     tail -n 200 \"$record\" >\"$record.new\" && chmod 644 \"$record.new\" && mv -f -- \"$record.new\" \"$record\"\nfi\n";

/// That it was taken back. Writing that down must hold up nothing.
fn note(job: &Job<'_>) -> String {
    format!("(\n{})\n", record(job.taken_back, job.revision))
}

/// Where the host's record is.
pub(super) const RECORD: &str =
    "record=../../subjects/$(. ./settings && printf %s \"$subject\")/releases\n";

/// Writes a line of the host's record: moment, name, word, revision, who.
pub(super) fn record(word: &str, revision: &str) -> String {
    let revision = if revision.is_empty() { "-" } else { revision };
    format!(
        "{RECORD}by=$(sed -n 's/^operator //p' policy)\n\
         printf '%s %s {word} %s %s\\n' \"$(date +%s)\" \"${{name:-$op}}\" {} \"$by\" >>\"$record\" || exit 1\n\
         chmod 644 \"$record\"\n",
        quote(revision)
    )
}
