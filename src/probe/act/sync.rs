//! The reading of what hosts say of data that comes from one environment to another; the scripts are
//! `sync.sh` and `identity.sh` beside this. What goes over the wire is [`giver`] and [`taker`].

use super::backup::parse_backup;
use crate::model::sync::{SyncLook, SyncSource};
use crate::model::text::clean;
use crate::probe::quote::{quote, quote_all};

/// Tells what speaks against replacing data of a host.
pub const IDENTITY: &str = include_str!("identity.sh");
/// Bytes of a line that is kept.
const LINE: usize = 4096;
/// Lines of one kind.
const MOST: usize = 20;

/// Takes the lines of `qd_act_source`. Never fails: what is not there is empty.
pub fn parse_source(text: &str) -> SyncSource {
    let mut source = SyncSource::default();
    for (name, value) in lines(text) {
        let word = || -> Box<str> { clean(value.trim(), LINE).into() };
        match name {
            "machine" => source.machine = word(),
            "real" => source.real = word(),
            "at" => source.at = word(),
            "place" => source.place = word(),
            "size" => source.size = value.trim().parse().ok(),
            "files" => source.files = value.trim().parse().ok(),
            "fault" if source.faults.len() < MOST => source.faults.push(word()),
            _ => {}
        }
    }
    if source.faults.is_empty() && (source.machine.is_empty() || source.at.is_empty()) {
        source.faults.push("the host did not say what is there".into());
    }
    source
}

/// Takes the lines of `qd_act_sync`. What is not said stands against it.
pub fn parse_sync(text: &str, source: SyncSource) -> SyncLook {
    let mut look = SyncLook { source, ..SyncLook::default() };
    for (name, value) in lines(text) {
        let word = || -> Box<str> { clean(value.trim(), LINE).into() };
        match name {
            "owner" => look.owner = word(),
            "open" => look.open = word(),
            "admits" => look.admits = value == "1",
            "refused" if look.refused.len() < MOST => look.refused.push(word()),
            _ => {}
        }
    }
    parse_backup(text, &mut look.there);
    look
}

fn lines(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let rest = text.lines().filter_map(|line| line.strip_prefix("sync."));
    rest.map(|rest| rest.split_once(' ').unwrap_or((rest, "")))
}

/// With all rights, in one line for a shell that reads commands: what it reads further is not its own.
fn as_root(script: &str, sudo: bool) -> String {
    let (sudo, script) = (if sudo { "sudo -n " } else { "" }, quote(script));
    format!(
        "if [ \"$(id -u)\" = 0 ]; then exec /bin/sh -c {script}; fi; exec {sudo}/bin/sh -c {script}\n"
    )
}

/// Prints a directory as an archive of tar: first `@@NONCE begin`, then its size in KiB or `fault WHY` in a
/// line, then the archive; in the end `@@NONCE done STATUS` to standard error. It only reads.
pub fn giver(nonce: &str, (machine, real, at): (&str, &str, &str), sudo: bool) -> String {
    let script = format!(
        "set -- {}\n\
         printf '\\n@@%s begin\\n' \"$1\"\n\
         IFS= read -r m </etc/machine-id\n\
         if [ \"$m\" != \"$2\" ]; then echo 'fault it is another machine now'; exit 1; fi\n\
         if ! cd -P -- \"$3\" || [ \"$(stat -c %d:%i .)\" != \"$4\" ]; then echo 'fault it is another directory now'; exit 1; fi\n\
         size=$(timeout 30 du -sk --apparent-size . 2>/dev/null | cut -f 1)\n\
         echo \"${{size:-0}}\"\n\
         # Whoever is served there comes first.\n\
         renice -n 19 -p $$ >/dev/null 2>&1; ionice -c 3 -p $$ >/dev/null 2>&1\n\
         how=\n\
         if tar --version 2>/dev/null | grep -q GNU; then how=--one-file-system; fi\n\
         tar $how -cf - .\n\
         rc=$?\n\
         # Of GNU's: a file was written to while it was read, or is gone, as files of what runs are.\n\
         if [ \"$rc\" = 1 ] && [ -n \"$how\" ]; then rc=0; fi\n\
         printf '\\n@@%s done %s\\n' \"$1\" \"$rc\" >&2\n",
        quote_all(&[nonce, machine, real, at])
    );
    as_root(&script, sudo)
}

/// Unpacks what it reads into a directory, with the rights of a user: `@@NONCE ready`, then it reads the
/// archive in pieces, each behind a line that is its length, and behind the last one `end`; at last it
/// prints `@@NONCE done STATUS`, with a line before that where it failed. What was cut is removed by the
/// host itself: an archive that ends between two files looks whole to tar(1), without the `end` it is not.
pub fn taker(nonce: &str, directory: &str, owner: &str, sudo: bool) -> String {
    let inner = "cd -P -- \"$1\" && [ \"$(pwd -P)\" = \"$1\" ] || { echo \"$1 is not there\"; exit 1; }\n\
         room=$(df -Pk . | awk 'NR == 2 { print $4 }')\n\
         left=$((room * 512))\n\
         umask 022\n\
         give() {\n  while IFS= read -r n; do\n    \
         case $n in\n    end) return 0 ;;\n    '' | *[!0-9]*) return 1 ;;\n    esac\n    \
         left=$((left - n))\n    \
         if [ \"$left\" -lt 0 ]; then return 2; fi\n    \
         head -c \"$n\" || return 1\n  done\n  return 1\n}\n\
         take() {\n  tar --no-same-owner -pxf -\n  rc=$?\n  cat >/dev/null\n  return \"$rc\"\n}\n\
         said=$({ { give; echo \"given $?\" >&3; } | { take; echo \"taken $?\" >&3; }; } 3>&1)\n\
         case $said in\n\
         *'given 0'*) why='what came is no whole archive' ;;\n\
         *'given 2'*) why=\"it is more than half of the $room KiB that were free\" ;;\n\
         *) why='it was cut' ;;\nesac\n\
         case $said in *'given 0'*'taken 0'* | *'taken 0'*'given 0'*) exit 0 ;; esac\n\
         # What its owner may not write in, its owner may make so that he may.\n\
         find . -mindepth 1 -type d ! -perm -700 -exec chmod u+rwx {} \\;\n\
         find . -mindepth 1 -delete\n\
         echo \"$why\"\n\
         exit 1\n";
    let script = format!(
        "set -- {}\ncd /\nprintf '\\n@@%s ready\\n' \"$1\"\n\
         {}/bin/sh -c {} sh \"$2\"\n\
         printf '\\n@@%s done %s\\n' \"$1\" \"$?\"\n",
        quote_all(&[nonce, directory]),
        if owner == "root" { String::new() } else { format!("runuser -u {} -- ", quote(owner)) },
        quote(inner)
    );
    as_root(&script, sudo)
}
