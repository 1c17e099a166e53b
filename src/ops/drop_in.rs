//! A drop-in: a setting of a unit is changed by a file beside the unit's own, which stays as it is.
//! The file that was there is kept and comes back if systemd does not like the new one.

use std::fmt::Write as _;

use super::script::{self, QUICK, Read, look_again, preflight, reads};
use super::{Made, Target, unit};
use crate::model::plan::{Change, Input, Intent, Step, Undo};
use crate::model::verb::Verb;
use crate::probe::quote::quote;

/// Bytes of a drop-in.
const MOST: usize = 16_384;

pub(super) fn steps(intent: &Intent, target: &Target) -> Result<Made, String> {
    let look = &target.look;
    let unit = look.units.first().ok_or("only a unit has drop-ins")?;
    unit::refuse(Verb::DropIn, unit)?;
    let Input::DropIn(content) = &intent.input else {
        return Err("what shall stand in it?".to_owned());
    };
    if content.len() > MOST || content.contains(|c: char| c.is_control() && c != '\n') {
        return Err("a drop-in is text of at most 16 kB without control characters".to_owned());
    }
    let reads = reads(&look.machine, &look.boot, unit);
    let steps = vec![
        look_again(preflight(&unit.name, &reads)),
        Step {
            number: 20,
            title: "write the drop-in, let systemd prove it, and let systemd read it".to_owned(),
            change: Change::Reversible,
            script: write_it(&unit.name, content),
            undo: Undo::Script(take_back(&unit.name, content)),
            limit: QUICK * 2,
            idle: QUICK * 2,
        },
    ];
    let warnings = vec![
        "a process that runs goes on with the old setting until it is started again".to_owned(),
    ];
    Ok(Made::plain(reads.iter().map(Read::fact).collect(), warnings, steps))
}

/// A file for each set of settings: one setting takes nothing away that another one has set.
fn place(unit: &str, content: &str) -> String {
    let mut names: Vec<&str> = content
        .lines()
        .filter_map(|line| line.split_once('=').map(|(name, _)| name))
        .filter(|name| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric()))
        .collect();
    names.sort_unstable();
    names.dedup();
    let mut name = names.join("-");
    name.truncate(150);
    let mut text = script::unit(unit);
    let file = quote(&format!("50-quarterdeck-{name}.conf"));
    let _infallible = write!(text, "folder=/etc/systemd/system/$unit.d\nfile=$folder/{file}\n");
    text
}

fn write_it(unit: &str, content: &str) -> String {
    let mut text = place(unit, content);
    let content = if content.ends_with('\n') { content.to_owned() } else { format!("{content}\n") };
    let _infallible = write!(
        text,
        "umask 022\n\
         if [ -e \"$file\" ]; then\n  \
         cp -p -- \"$file\" old.conf || exit 1\n  \
         echo 'instead of:'; sed 's/^/  /' old.conf\nfi\n\
         : >began\n\
         mkdir -p -- \"$folder\" && printf '%s' {} >\"$file.new\" && mv -f -- \"$file.new\" \"$file\" || exit 1\n\
         path=$unit\n{PROVE}\
         systemctl daemon-reload || exit 1\n\
         echo 'now:'; sed 's/^/  /' \"$file\"\n",
        quote(&content)
    );
    text
}

/// Lets systemd prove the unit of `$path`, of which `$file` or that path itself is new.
pub(super) const PROVE: &str = "if command -v systemd-analyze >/dev/null 2>&1; then\n  \
     said=$(systemd-analyze verify \"$path\" 2>&1)\n  rc=$?\n  \
     if [ -n \"$said\" ]; then printf '%s\\n' \"$said\"; fi\n  \
     if [ \"$rc\" != 0 ]; then echo 'systemd refuses it'; exit 1; fi\n  \
     # What systemd does not know it leaves out, and calls that a success.\n  \
     if printf '%s\\n' \"$said\" | grep -F -e \"$file\" -e \"$path:\" | grep -q 'Unknown\\|Failed to parse'; then\n    \
     echo 'systemd does not know that setting'\n    exit 1\n  fi\nfi\n";

fn take_back(unit: &str, content: &str) -> String {
    let mut text = place(unit, content);
    text.push_str(
        "[ -e began ] || exit 0\n\
         if [ -e old.conf ]; then cp -p -- old.conf \"$file\" || exit 1; else rm -f -- \"$file\" \"$file.new\"; fi\n\
         rmdir -- \"$folder\" 2>/dev/null\n\
         systemctl daemon-reload\n",
    );
    text
}
