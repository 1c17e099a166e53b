//! How far what is deployed is behind what would come, as a plan's look has found it.

use super::{DeployLook, short};
use crate::model::time::Timestamp;

/// See the module.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Behind {
    /// What was there.
    current: Box<str>,
    /// What would have come.
    wanted: Box<str>,
    /// So many commits lie between.
    commits: u32,
    /// When that was seen.
    pub at: Timestamp,
}

impl Behind {
    /// What a look says of it; none where it does not know both.
    pub fn of(look: &DeployLook, at: Timestamp) -> Option<Self> {
        let same = look.wanted == look.current;
        let commits = look.ahead.or_else(|| same.then_some(0))?;
        let known = !look.current.is_empty() && !look.wanted.is_empty();
        let (current, wanted) = (look.current.clone(), look.wanted.clone());
        known.then_some(Self { current, wanted, commits, at })
    }

    /// How many commits what is deployed is behind; none where it was not looked at since it changed.
    pub fn commits(&self, deployed: &str) -> Option<u32> {
        match deployed {
            now if *now == *self.wanted => Some(0),
            now if *now == *self.current => Some(self.commits),
            _ => None,
        }
    }

    /// What it is behind.
    pub fn wanted(&self) -> &str {
        short(&self.wanted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_known_of_what_was_looked_at_and_of_what_came() {
        let at = Timestamp::from_secs(1);
        let mut look =
            DeployLook { current: "aa".into(), wanted: "bb".into(), ..DeployLook::default() };
        assert_eq!(Behind::of(&look, at), None, "nobody has counted");
        look.ahead = Some(3);
        let behind = Behind::of(&look, at).unwrap();
        let of = |deployed: &str| behind.commits(deployed);
        assert_eq!((of("aa"), of("bb"), of("cc")), (Some(3), Some(0), None));
        look.ahead = None;
        look.wanted = "aa".into();
        assert_eq!(Behind::of(&look, at).and_then(|behind| behind.commits("aa")), Some(0));
        look.wanted = Box::default();
        assert_eq!(Behind::of(&look, at), None);
    }
}
