//! The reading of what a host says of a deploy; the script is `deploy.sh` beside this.

use crate::model::deploy::{DeployLook, Release};
use crate::model::text::clean;

/// Bytes of a line that is kept.
const LINE: usize = 300;
/// Lines of one kind.
const MOST: usize = 200;

/// Takes the lines of `qd_act_deploy`. Never fails: what is not there is empty.
pub fn parse_deploy(text: &str) -> DeployLook {
    let mut look = DeployLook::default();
    let mut kept: Vec<Box<str>> = Vec::new();
    for line in text.lines() {
        let Some(rest) = line.strip_prefix("deploy.") else { continue };
        let (name, value) = rest.split_once(' ').unwrap_or((rest, ""));
        let word = || -> Box<str> { clean(value.trim(), LINE).into() };
        let number = || value.trim().parse().ok();
        let push = |list: &mut Vec<Box<str>>| {
            if list.len() < MOST {
                list.push(word());
            }
        };
        // The first word counts: what comes later may be a user's, and say a second time whose it is.
        let once = |field: &mut Box<str>| {
            if field.is_empty() {
                *field = word();
            }
        };
        match name {
            "owner" => once(&mut look.owner),
            "current" => once(&mut look.current),
            "link" => once(&mut look.link),
            "gone" => look.gone = true,
            "wanted" => once(&mut look.wanted),
            "from" => once(&mut look.from),
            "tree" => once(&mut look.tree),
            "stat" => once(&mut look.stat),
            "store" => once(&mut look.store),
            "changed" => push(&mut look.changed),
            "commit" => push(&mut look.commits),
            // Its lines begin with a sign or a space.
            "diff" if look.diff.len() < MOST => look.diff.push(clean(value, LINE).into()),
            "fault" => push(&mut look.faults),
            "kept" => push(&mut kept),
            "sum" if look.sums.len() < MOST => {
                let pair =
                    value.split_once(' ').map(|(id, sum)| (clean(id, LINE), clean(sum, LINE)));
                look.sums.extend(pair.map(|(id, sum)| (id.into(), sum.into())));
            }
            "ahead" => look.ahead = number(),
            "behind" => look.behind = number(),
            "free" => look.free = value.trim().parse().ok(),
            "release" => {
                if let Some(release) = Release::parse(value).filter(|_| look.releases.len() < MOST)
                {
                    look.releases.push(release);
                }
            }
            _ => {}
        }
    }
    look.releases.reverse();
    // A commit of git is kept by a reference; a release is its directory.
    if !look.link.is_empty() || !kept.is_empty() || text.contains("deploy.keeps\n") {
        for release in &mut look.releases {
            release.kept = kept.contains(&release.id);
        }
    }
    look
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_host_says_is_read_the_newest_release_first() {
        let text = "deploy.owner app\ndeploy.free 900\ndeploy.current aa\ndeploy.commit 1 ana: a \u{1b}[2Jb\n\
                    deploy.ahead 2\ndeploy.behind 0\ndeploy.stat 1 file changed\n\
                    deploy.release 5 A healthy r1 ana\ndeploy.release nonsense\n\
                    deploy.release 9 B reverted r2 ana\ndeploy.fault no\nother line\ndeploy.owner root\n";
        let look = parse_deploy(text);
        assert_eq!((&*look.owner, look.free, look.ahead), ("app", Some(900), Some(2)));
        assert!(!look.commits[0].contains('\u{1b}'));
        let ids: Vec<&str> = look.releases.iter().map(|r| &*r.id).collect();
        assert_eq!(ids, ["B", "A"]);
        assert!(look.releases.iter().all(|r| r.kept));
        let look = parse_deploy(&format!("{text}deploy.link releases/B\ndeploy.kept B\n"));
        assert_eq!(look.releases.iter().map(|r| r.kept).collect::<Vec<_>>(), [true, false]);
    }
}
