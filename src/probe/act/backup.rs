//! The reading of what a host says before something is done about a backup; the script is `backup.sh`
//! beside this.

use crate::model::backup::{Checked, Copy, Identity};
use crate::model::restore::{BackupLook, Proof, Sum};
use crate::model::text::clean;

/// Bytes of a line that is kept.
const LINE: usize = 4096;
/// Lines of one kind.
const MOST: usize = 50;

/// Takes the lines of `qd_act_backup`. Never fails: what is not there is empty.
pub fn parse_backup(text: &str, look: &mut BackupLook) {
    let mut hardly_there = true;
    for line in text.lines() {
        let (name, value) = line.split_once(' ').unwrap_or((line, ""));
        let word = || -> Box<str> { clean(value.trim(), LINE).into() };
        let number = || value.trim().parse().ok();
        let source = &mut look.source;
        match name {
            "place.at" => {
                hardly_there = false;
                look.place = word();
            }
            "place.free" => look.place_free = number(),
            "tar.gnu" => look.gnu = true,
            "taken" if look.taken.len() < MOST => look.taken.push(word()),
            "writer" if look.writers.len() < MOST => look.writers.extend(writer(value)),
            "source.kind" => source.kind = word(),
            "source.at" => source.at = word(),
            "source.real" => source.real = word(),
            "source.mounted" => source.mounted = true,
            "source.size" => source.size = number(),
            "source.files" => source.files = number(),
            "source.free" => source.free = number(),
            _ => {}
        }
    }
    if hardly_there {
        look.faults.push("the host did not say what is there".into());
    }
}

/// `PID NAME CONTROL-GROUP`
fn writer(value: &str) -> Option<(u32, Box<str>, Box<str>)> {
    let mut words = value.splitn(3, ' ');
    let pid = words.next()?.parse().ok()?;
    let name = clean(words.next()?, 64).into();
    Some((pid, name, clean(words.next().unwrap_or_default(), LINE).into()))
}

/// What `qd_act_backup_copy` says of the one at that path; none where nothing is there.
pub fn parse_copy(text: &str, path: &str, known: Option<Copy>, checked: Checked) -> Option<Proof> {
    let of = |name: &str| text.lines().find_map(|line| line.strip_prefix(name));
    let state = of("copy.state ")?;
    let mut words = state.split(' ');
    let (device, inode) = words.next()?.split_once(':')?;
    let size: u64 = words.next()?.parse().ok()?;
    let changed: i64 = words.next()?.parse().ok()?;
    let place = (device.parse().ok()?, inode.parse().ok()?);
    let copy = known.unwrap_or_else(|| Copy {
        name: clean(path.trim_end_matches('/').rsplit('/').next().unwrap_or(path), 255).into(),
        at: changed,
        size: Some(size),
        identity: Identity { place, size, changed },
    });
    let sum = match of("copy.sum ") {
        Some("good") => Sum::Good,
        Some("bad") => Sum::Bad,
        _ => Sum::None,
    };
    Some(Proof {
        copy,
        path: path.into(),
        folder: of("copy.folder ").is_some(),
        state: clean(state, 200).into(),
        sum,
        checked,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::backup::Integrity;

    fn nothing() -> Checked {
        Checked {
            identity: Identity::default(),
            at: 0,
            kind: Box::default(),
            integrity: Integrity::Good,
            comparison: Err("-".into()),
            size: None,
            twins: Vec::new(),
        }
    }

    #[test]
    fn what_a_host_says_is_read_and_garbage_is_no_harm() {
        let mut look = BackupLook::default();
        let text = "place.at 65024:12\nplace.free 1024\ntar.gnu 1\ntaken api.service is held by ana: restart\n\
                    source.kind directory\nsource.at 65024:77\nsource.size 40\nsource.files 3\nsource.free x\n\
                    writer 68 python3 /system.slice/api.service\nwriter x\nwriter\n\x1b[2J\n";
        parse_backup(text, &mut look);
        assert_eq!((&*look.place, look.place_free, look.gnu), ("65024:12", Some(1024), true));
        assert_eq!(
            (&*look.source.at, look.source.files, look.source.free),
            ("65024:77", Some(3), None)
        );
        assert_eq!(look.writers, [(68, "python3".into(), "/system.slice/api.service".into())]);
        assert_eq!(look.taken.len(), 1);
        let mut look = BackupLook::default();
        parse_backup("", &mut look);
        assert_eq!(look.faults.len(), 1);
    }

    #[test]
    fn a_copy_is_known_by_what_it_is() {
        let text = "copy.state 65024:9 4096 1790000000\ncopy.sum bad\n";
        let proof = parse_copy(text, "/b/data-1.tar.gz", None, nothing()).unwrap();
        assert_eq!((&*proof.copy.name, proof.copy.at), ("data-1.tar.gz", 1_790_000_000));
        assert_eq!((proof.sum, proof.folder), (Sum::Bad, false));
        for bad in ["", "copy.state \n", "copy.state 1:x 2 3\n", "copy.state 1:2 3\n"] {
            assert_eq!(parse_copy(bad, "/b/x", None, nothing()), None, "{bad}");
        }
    }
}
