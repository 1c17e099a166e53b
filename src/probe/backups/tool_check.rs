//! What the checks of restic and borg find.

use super::tools::read;
use crate::model::backup::Integrity;

/// A tool's check of its repository.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ToolCheck {
    /// When, in seconds on the host's wall clock; 0 where it does not say.
    pub at: i64,
    /// What it found.
    pub integrity: Integrity,
    /// How much of the data was read, where that is not all of it: `3/7`.
    pub part: Option<Box<str>>,
}

/// Words of who cannot look: they say nothing of what is there. restic 0.14 ends with 1 whatever it
/// is, 0.17 with 10 to 12; borg 1.2 and 1.4 with 2.
const BLIND: [&str; 8] = [
    "password",
    "passphrase",
    "locked",
    "unable to open config",
    "Is there a repository",
    "repository does not exist",
    "Permission denied",
    "permission denied",
];

/// An answer of `qd_backup_restic` or `qd_backup_borg` to `check`. That of restic has two parts: the
/// structure, and behind a line `data N/T` that part of the data, or `data none`; `writes` where it cannot be kept from writing.
pub fn parse_tool_check(text: &str) -> ToolCheck {
    if text.lines().any(|line| line == "writes") {
        let why = "borg's check writes to the repository, which only an overlay on its host's own \
                   disk keeps from it";
        let integrity = Integrity::Unknown(why.into());
        return ToolCheck { at: read(text).now, integrity, part: None };
    }
    let moved = text.lines().any(|line| line == "moved");
    let at = text.find("\ndata ").map_or(text.len(), |at| at + 1);
    let (structure, data) = text.split_at_checked(at).unwrap_or((text, ""));
    let (now, mut integrity) = found(structure, moved);
    let mut part = None;
    if integrity == Integrity::Good && !data.is_empty() {
        let subset = data.lines().next().and_then(|line| line.strip_prefix("data "));
        let subset = subset.unwrap_or_default();
        integrity = match subset {
            "none" => Integrity::Unknown(
                "its structure is whole; its data are not on this host and were not read".into(),
            ),
            _ => match found(data, moved).1 {
                Integrity::Unknown(why) => Integrity::Unknown(
                    format!("its structure is whole; reading its data: {why}").into(),
                ),
                found => found,
            },
        };
        let digits = |c: char| c.is_ascii_digit() || c == '/';
        if subset != "1/1" && subset.len() < 8 && subset.chars().all(digits) {
            part = Some(subset.into());
        }
    }
    ToolCheck { at: now, integrity, part }
}

/// What one run found, and when.
fn found(text: &str, moved: bool) -> (i64, Integrity) {
    let answer = read(text);
    let Some(why) = answer.refusal() else { return (answer.now, Integrity::Good) };
    let ended = matches!(answer.status, Some(code) if code != 124 && code != 137 && code < 10);
    // A pack that does not exist is damage; a repository that does not exist is none.
    let blind = BLIND.iter().any(|word| why.contains(word)) || why.ends_with("does not exist.");
    let integrity = if blind || !ended || answer.words().is_none() {
        Integrity::Unknown(why.into())
    } else if moved {
        Integrity::Unknown(format!("somebody was writing to it meanwhile: {why}").into())
    } else {
        Integrity::Corrupt(why.into())
    };
    (answer.now, integrity)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn corrupt(text: &str) -> String {
        match parse_tool_check(text).integrity {
            Integrity::Corrupt(why) => why.into(),
            other => panic!("{other:?}"),
        }
    }

    fn unknown(text: &str) -> String {
        match parse_tool_check(text).integrity {
            Integrity::Unknown(why) => why.into(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn restic_is_good_only_where_its_data_were_read() {
        let good = parse_tool_check("now 5\nrc 0\n\ndata 1/1\nrc 0\n\n");
        assert_eq!(good, ToolCheck { at: 5, integrity: Integrity::Good, part: None });
        let part = parse_tool_check("now 5\nrc 0\n\ndata 3/7\nrc 0\n\n");
        assert_eq!((part.integrity, part.part.as_deref()), (Integrity::Good, Some("3/7")));
        assert!(unknown("now 5\nrc 0\n\ndata none\n").contains("were not read"));
        assert!(unknown("now 5\nrc 0\n\ndata 1/1\nrc 124\n\n").contains("in time"));
        assert!(unknown("now 5\nrc 0\n\ndata 1/1\n").contains("cut"));
        // restic 0.14.0, a byte of a pack changed: only its data say so.
        let rotten = "now 5\nrc 0\n\ndata 1/1\n!Pack ID does not match, want 4c7c27d8, got 5f45a9da\n\
                      !Fatal: repository contains errors\nrc 1\n\n";
        assert!(corrupt(rotten).starts_with("Pack ID does not match"));
    }

    /// A pack that is not there is damage, not a repository that is not there.
    #[test]
    fn damage_is_told_from_what_cannot_be_looked_at() {
        // restic 0.18.0.
        let lost = "now 5\n!pack e99604e8: does not exist\n!The repository is damaged and must be \
                    repaired. Please follow the troubleshooting guide at https://x .\n\
                    !Fatal: repository contains errors\nrc 1\n\ndata 1/1\n";
        let why = corrupt(lost);
        assert_eq!(why, "pack e99604e8: does not exist; Fatal: repository contains errors");
        // borg 1.2.4.
        let borg = "now 5\n!Data integrity error: Segment entry checksum mismatch [segment 2, offset 438]\n\
                    !Index object count mismatch.\n!committed index: 10 objects\n!rebuilt index:   2 objects\n\
                    !ID: a25f rebuilt index: <not found>      committed index: (2, 3001022)    \n\
                    !Finished full repository check, errors found.\nrc 1\n\n";
        assert!(corrupt(borg).starts_with("Data integrity error: Segment entry checksum mismatch"));
        assert!(!corrupt(borg).contains("rebuilt"), "{}", corrupt(borg));
        assert!(unknown(&format!("{borg}moved\n")).starts_with("somebody was writing to it"));
        for blind in [
            "now 5\n!Fatal: wrong password or no key found\nrc 1\n\ndata 1/1\n",
            "now 5\n!Fatal: wrong password or no key found\nrc 12\n\ndata 1/1\n",
            "now 5\n!Fatal: unable to open config file: stat /b/config: no such file or directory\nrc 1\n",
            "now 5\n!Repository /b/none does not exist.\nrc 2\n\n",
            "now 5\nrc 1\n",
            "now 5\nrc 124\n",
            "now 5\ntool restic\n",
            "now 5\nwrites\n",
            "now 5\n",
            "",
        ] {
            assert!(!unknown(blind).is_empty(), "{blind}");
        }
        assert_eq!(parse_tool_check("now 5\nrc 0\n\n").integrity, Integrity::Good, "borg");
    }
}
