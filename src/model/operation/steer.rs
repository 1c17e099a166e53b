//! What a console says to a balancer's runner, again and again: while it does, somebody is there.

use crate::model::time::Timestamp;

/// The last word to one balancer. Batches count from one.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Steer {
    /// Another one each time it is said.
    pub beat: u32,
    /// The last batch whose servers are to be taken out.
    pub drain: usize,
    /// The last batch that is over.
    pub go: usize,
    /// No further batch comes.
    pub stop: bool,
    /// Servers that are not to be put back.
    pub kept: Vec<Box<str>>,
    /// When it was said; none where it is to be said at once.
    pub said: Option<Timestamp>,
}

impl Steer {
    /// Changes what is said, which is then said at once.
    pub fn change(&mut self, change: impl FnOnce(&mut Self)) {
        let before = self.clone();
        change(self);
        if *self != before {
            self.said = None;
        }
    }

    /// The line that the balancer's steps read (`ops/drain/drain.sh`).
    pub fn word(&self) -> String {
        let Self { beat, drain, go, stop, kept, said: _ } = self;
        let mut word = format!("{beat} {drain} {go} {}", u8::from(*stop));
        for one in kept {
            word.push(' ');
            word.push_str(one);
        }
        word
    }
}
