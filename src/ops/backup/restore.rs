//! Data comes back from a copy: unpacked and proved beside the source, then both change places by
//! rename(2). What was there stays beside it.

use super::around::{Parts, around, besides, strangers};
use super::{Job, LONG, Made, services, size};
use crate::model::backup::Integrity;
use crate::model::backups::median;
use crate::model::plan::{Change, Input, Step, Undo};
use crate::model::restore::{Proof, Sum, age, chosen, doubts, lost};
use crate::model::span::{closely, words};
use crate::ops::script::{QUICK, Read};
use crate::probe::act::WRITERS;
use crate::probe::quote::quote;

pub(super) fn steps(job: &Job<'_>) -> Result<Made, String> {
    refuse(job)?;
    let proof = chosen(&job.target.ask, job.look)?;
    kind(proof)?;
    let all = services::all(job)?;
    strangers(job)?;
    let common = common(job, &proof.path);
    let mut reads = job.reads();
    reads.push(Read {
        name: "copy",
        value: proof.state.to_string(),
        how: "stat -L -c '%d:%i %s %Y' -- \"$from\"",
    });
    let parts = Parts {
        common,
        reads,
        stage: stage(proof),
        swap: swap(&services::stop_words(&all)),
        tidy: tidy(),
        warnings: said(job, proof, &all),
        brings: brings(job, proof, &all),
    };
    Ok(around(job, &all, parts))
}

/// What all scripts begin with by which a directory changes places with what comes from there.
pub(super) fn common(job: &Job<'_>, from: &str) -> String {
    let mut common = format!(
        "{}{WRITERS}from={}\nbeside=$up/.${{src##*/}}.quarterdeck-$op\n\
         tree=$beside/tree old=$src.before-$op tried=$src.tried-$op\n\
         was={}\nhere() {{ stat -c %i -- \"$1\" 2>/dev/null; }}\n",
        job.common(),
        quote(from),
        quote(job.look.source.at.rsplit(':').next().unwrap_or_default()),
    );
    common.push_str("synced() { sync -f \"$1\" 2>/dev/null || sync; }\n");
    common
}

/// What stands in the way, whichever copy it is.
fn refuse(job: &Job<'_>) -> Result<(), String> {
    let source = &job.look.source;
    let path = job.source();
    if path.is_empty() {
        return Err("the config does not say what is backed up (`source`, `database`)".to_owned());
    }
    match &*source.kind {
        // Where nothing is there any more, nothing has to be kept.
        "directory" | "" => {}
        "link" => {
            return Err(format!(
                "{path} is a symbolic link to {}: name that in the config",
                source.real
            ));
        }
        "file" => {
            return Err(format!(
                "{path} is one file: only directories are brought back, and databases \
                 (`database = {{ sqlite = … }}`)"
            ));
        }
        other => return Err(format!("{path} is no directory but {other}")),
    }
    if *source.real != *path {
        return Err(format!("{path} is {} in truth: name that in the config", source.real));
    }
    if source.mounted {
        return Err(format!(
            "{path} is a file system of its own: it cannot be renamed, so what is there could not \
             be kept beside it"
        ));
    }
    if !job.look.gnu {
        return Err("the host has no GNU tar, which keeps owners and does not follow what is \
                    unpacked out of its directory"
            .to_owned());
    }
    let need = source.size.unwrap_or(0).saturating_mul(2);
    match source.free {
        Some(free) if free < need => Err(format!(
            "{} are free beside {path}, and twice what is there ({}) has to be",
            size(free),
            size(need)
        )),
        Some(_) => Ok(()),
        None => Err(format!("how much is free beside {path} is not known")),
    }
}

/// Only what is unpacked as it was.
fn kind(proof: &Proof) -> Result<(), String> {
    let kind = &proof.checked.kind;
    let is_tar = proof.folder || kind.is_empty() || kind.split(", ").any(|part| part == "tar");
    if is_tar {
        return Ok(());
    }
    Err(format!(
        "{} is {kind}: only archives of tar and directories are brought back to a directory; a \
         database is declared with `database`",
        proof.copy.name
    ))
}

/// Unpacked beside the source, on the same file system.
fn stage(proof: &Proof) -> Step {
    let unpacking = if proof.folder {
        "kib=$(size \"$from\")\n\
         if [ $((kib * 2)) -gt \"$room\" ]; then echo \"$room KiB are free beside the source, and twice $kib have to be\"; exit 1; fi\n\
         members=$(find \"$from/\" -xdev -type f | wc -l)\n\
         if [ \"$members\" = 0 ]; then echo \"$from holds no file\"; exit 1; fi\n\
         mkdir -m 700 -- \"$beside\" \"$tree\" || exit 1\n\
         (stand \"$beside\" && exec cp -a -- \"$from/.\" tree/) || exit 1\n\
         below=\n"
    } else {
        "if [ -f \"$from.sha256\" ]; then\n  \
         if [ \"$(sha256sum <\"$from\" | head -c 64)\" != \"$(head -c 64 \"$from.sha256\")\" ]; then\n    \
         echo \"$from is not what its checksum says\"; exit 1\n  fi\n  \
         echo 'its checksum is right'\nfi\n\
         list \"$from\" \"$((room * 512))\" || exit 1\n\
         echo \"$from has $members files of $bytes bytes\"\n\
         if [ $((bytes / 512)) -gt \"$room\" ]; then echo \"$room KiB are free beside the source, and twice its $((bytes / 1024)) have to be\"; exit 1; fi\n\
         live\nmatch\n\
         echo \"they are below '$below' in it; $hits of the $lives that are there now are among them\"\n\
         mkdir -m 700 -- \"$beside\" \"$tree\" || exit 1\n\
         { unpack \"$from\" || : >bad.unpack; } | head -c \"$((room * 512))\" | (\n  \
         stand \"$beside\" || exit 1\n  \
         # shellcheck disable=SC2086\n  \
         exec tar --numeric-owner --same-owner -p $acls -x -C tree -f -\n) || exit 1\n\
         if [ -e bad.unpack ]; then echo \"$from cannot be read to its end\"; exit 1; fi\n"
    };
    let script = format!(
        ". ./common\n\
         if [ \"$(here \"$src\")\" != \"$was\" ]; then echo \"$src is another directory now\"; exit 1; fi\n\
         room=$(free \"${{up:-/}}\")\n{unpacking}\
         (\n  stand \"$beside\" || exit 1\n  \
         top=tree/${{below%/}}\n  top=${{top%/}}\n  \
         if ! [ -d \"$top\" ] || [ \"$(readlink -f -- \"$top\")\" != \"$(pwd -P)/$top\" ]; then\n    \
         echo \"'$below' is no directory in it\"; exit 1\n  fi\n  \
         unpacked=$(find tree -xdev -type f | wc -l)\n  \
         expected=$members\n  \
         if [ -s \"$work/names\" ] && [ \"$members\" -lt 200000 ]; then expected=$(sort -u \"$work/names\" | wc -l); fi\n  \
         if [ \"$unpacked\" -lt \"$expected\" ]; then echo \"$unpacked of $expected files were unpacked\"; exit 1; fi\n  \
         # The copy may be another one than was listed: what counts is what came out of it.\n  \
         strange=$(find tree -xdev \\( -type b -o -type c \\) | head -n 3)\n  \
         if [ -z \"$strange\" ] && foreign \"$from\" \"${{from%/*}}/\"; then\n    \
         strange=$(find tree -xdev -type f \\( -perm -4000 -o -perm -2000 \\) | head -n 3)\n  fi\n  \
         if [ -n \"$strange\" ]; then\n    \
         echo \"$from has devices, or programs that give their owner's rights (setuid) and others than root may have put there:\"\n    \
         printf '%s\\n' \"$strange\"; exit 1\n  fi\n  \
         # A copy that says nothing of the directory itself: as it is now.\n  \
         if [ -e \"$work/dirs\" ] && ! grep -qxF -e \"$below\" \"$work/dirs\"; then\n    \
         like=$src\n    \
         if [ -z \"$was\" ]; then like=$up; fi\n    \
         chown --reference=\"$like\" -- \"$top\" && chmod --reference=\"$like\" -- \"$top\" || exit 1\n    \
         if [ -e /sys/fs/selinux/enforce ]; then chcon --reference=\"$like\" -- \"$top\"; fi\n    \
         if command -v setfacl >/dev/null; then getfacl -p -- \"$like\" | setfacl --set-file=- -- \"$top\"; fi\n  fi\n  \
         synced .\n  \
         printf '%s\\n' \"$top\" >\"$work/top\"\n  \
         echo \"$unpacked files are beside the source, owned by $(stat -c '%U:%G %a' -- \"$top\")\"\n) || exit 1\n"
    );
    Step {
        number: 30,
        title: format!("unpack {} beside the source, and prove it", proof.copy.name),
        change: Change::Additive,
        script,
        undo: Undo::Script(
            ". ./common\n# Only what this operation unpacked: the name is its own.\nrm -rf -- \"$beside\"\n"
                .to_owned(),
        ),
        limit: LONG,
        idle: LONG,
    }
}

pub(super) fn swap(stop: &str) -> Step {
    let script = ". ./common\n\
         IFS= read -r top <top || exit 1\n\
         # Nobody may write to what is put aside.\n\
         n=0\n\
         while busy=$(qd_writers \"$src\") && [ -n \"$busy\" ]; do\n  \
         n=$((n + 1))\n  \
         if [ \"$n\" -gt 10 ]; then echo \"files of it are open for writing still: $busy\"; exit 1; fi\n  \
         sleep 0.5 || sleep 1\ndone\n\
         if [ \"$(here \"$src\")\" != \"$was\" ] || [ -e \"$old\" ]; then echo \"$src is another directory now\"; exit 1; fi\n\
         (stand \"$beside\" && here \"$top\") >restored || exit 1\n\
         synced restored\n\
         if [ -n \"$was\" ]; then mv -T -- \"$src\" \"$old\" || exit 1; fi\n\
         (stand \"$beside\" && exec mv -T -- \"$top\" \"$src\") || exit 1\n\
         synced \"${up:-/}\"\n\
         echo \"the data of the copy is $src\"\n\
         if [ -n \"$was\" ]; then echo \"the data of before is $old\"; fi\n";
    // After a crash anything may have been started again meanwhile.
    let undo = format!(
        ". ./common\n{stop}\
         if [ \"$(here \"$src\")\" = \"$was\" ]; then echo \"$src is the data of before\"; exit 0; fi\n\
         if [ -n \"$was\" ] && [ \"$(here \"$old\")\" != \"$was\" ]; then echo \"neither $src nor $old is the data of before: look\"; exit 1; fi\n\
         if [ -e \"$src\" ] || [ -L \"$src\" ]; then\n  \
         # What nothing was written to goes with what was unpacked; all else is kept.\n  \
         if [ \"$(here \"$src\")\" = \"$(cat restored)\" ] && ! grep -q ' 60 start$' events; then\n    \
         mv -T -- \"$src\" \"$beside/back\" || exit 1\n  else\n    \
         mv -T -- \"$src\" \"$tried\" || exit 1\n    echo \"what was there meanwhile is $tried\"\n  fi\nfi\n\
         if [ -n \"$was\" ]; then mv -T -- \"$old\" \"$src\" || exit 1; fi\n\
         synced \"${{up:-/}}\"\n\
         echo \"$src is as it was before\"\n"
    );
    Step {
        number: 50,
        title: "let both change places by their names; what is there now stays beside it"
            .to_owned(),
        change: Change::Reversible,
        script: script.to_owned(),
        undo: Undo::Script(undo),
        limit: QUICK * 5,
        idle: QUICK * 5,
    }
}

pub(super) fn tidy() -> Step {
    let script = ". ./common\n\
         rm -rf -- \"$beside\"\n\
         record=../../subjects/$(. ./settings && printf %s \"$subject\")/restores\n\
         printf '%s %s from %s; before: %s\\n' \"$(date +%s)\" \"$op\" \"$from\" \"$old\" >>\"$record\"\n\
         if [ -n \"$was\" ]; then echo \"the data of before is $old; it stays there until somebody removes it\"; fi\n\
         exit 0\n";
    Step {
        number: 90,
        title: "tidy up, and say where the data of before is".to_owned(),
        change: Change::Additive,
        script: script.to_owned(),
        undo: Undo::Script(":\n".to_owned()),
        limit: LONG,
        idle: LONG,
    }
}

/// What somebody who confirms it should know.
fn said(job: &Job<'_>, proof: &Proof, all: &[services::Service<'_>]) -> Vec<String> {
    let mut lines = Vec::new();
    match lost(proof) {
        _ if job.look.source.kind.is_empty() => {
            lines.push(format!("nothing is at {} now", job.source()));
        }
        Some(span) if span.is_zero() => lines
            .push("no file there is newer than the copy: nothing that is known is lost".to_owned()),
        Some(span) => {
            let newest = proof.checked.comparison.as_ref().ok().and_then(|one| one.newest_live);
            let ago = newest.map_or(0, |newest| job.look.facts.taken.saturating_sub(newest));
            let ago = std::time::Duration::from_secs(u64::try_from(ago).unwrap_or(0));
            lines.push(format!(
                "discards {} of writes: the newest file there now was written {} ago, and the copy \
                 is {} old",
                closely(span),
                words(ago),
                closely(age(job.look, proof))
            ));
        }
        None => lines.push(
            "how much was written since the copy was made is not known: all of it is discarded"
                .to_owned(),
        ),
    }
    if proof.checked.comparison.as_ref().map_or(0, |compared| compared.sampled) == 0 {
        lines.push(
            "no file of it could be compared with the source: look whether it is of it".to_owned(),
        );
    }
    if let Integrity::Unknown(why) = &proof.checked.integrity {
        lines.push(format!("{why}: it is proved in step 30, before anything is stopped"));
    }
    if matches!(job.intent.input, Input::Restore { from: Some(_), .. }) {
        lines.extend(doubts(&job.target.ask, job.look, proof));
    }
    lines.extend(besides(job, proof, all));
    lines
}

/// What comes with it.
fn brings(job: &Job<'_>, proof: &Proof, all: &[services::Service<'_>]) -> Vec<String> {
    let source = &job.look.source;
    let mut of = vec![format!("{} old", closely(age(job.look, proof)))];
    of.extend(proof.copy.size.filter(|_| !proof.folder).map(|bytes| size(bytes.div_ceil(1024))));
    if let Ok(compared) = &proof.checked.comparison {
        of.push(format!("{} files", compared.copied_files));
    }
    of.extend(
        median(job.spec, &job.look.facts, &proof.copy)
            .filter(|_| !proof.folder)
            .map(|usual| format!("{} are usual", size(usual.div_ceil(1024)))),
    );
    let read = match &proof.checked.integrity {
        Integrity::Good => "read to its end",
        _ => "not read to its end",
    };
    of.push(read.to_owned());
    of.push(
        match proof.sum {
            Sum::Good => "its checksum is right",
            Sum::None | Sum::Bad => "without a checksum",
        }
        .to_owned(),
    );
    let mut lines = vec![
        format!("from {}: {}", proof.path, of.join(", ")),
        if source.kind.is_empty() {
            format!("to {}, where nothing is", job.source())
        } else {
            format!(
                "to {}: {} files, {} there now, which stay as {}.before-OPERATION",
                job.source(),
                source.files.map_or_else(|| "?".to_owned(), |n| n.to_string()),
                source.size.map_or_else(|| "?".to_owned(), size),
                job.source()
            )
        },
    ];
    if !all.is_empty() {
        lines.push(format!("stops {}, until it is in its place", services::names(all)));
    }
    if let Some(promised) = job.spec.restore_within {
        lines.push(format!("promised within {}", words(promised)));
    }
    lines
}
