//! A file that is read page after page comes in one stream: behind a page the next is on its way
//! already, and waits in the channel until it is asked for.

use std::time::Duration;

use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, timeout};

use super::super::ground::{Ground, How};
use super::super::talk::Talk;
use crate::model::fault::Fault;
use crate::probe::tail::Piece;

/// So often the program on the host hears that we are there, while it is read.
const LEASE: Duration = Duration::from_secs(20);
/// One that nobody has asked for so long may have ended itself.
const IDLE: Duration = Duration::from_secs(60);
/// One that nobody has asked for so long may be given up.
const AT_REST: Duration = Duration::from_secs(3);
/// A line's beginning that is kept for the next page is not longer.
const REST: usize = 256 * 1024;

/// What is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::runtime::tail) struct Span<'a> {
    pub(in crate::runtime::tail) how: How,
    pub(in crate::runtime::tail) path: &'a str,
    pub(in crate::runtime::tail) inode: u64,
    pub(in crate::runtime::tail) offset: u64,
    /// Bytes that are wanted now.
    pub(in crate::runtime::tail) bytes: u64,
    /// Where the file ended when it was looked at.
    pub(in crate::runtime::tail) end: u64,
}

/// See the module.
pub(super) struct Flow {
    talk: Talk,
    how: How,
    path: String,
    inode: u64,
    /// Bytes before what comes next.
    at: u64,
    /// What was read last and is no whole line.
    rest: Vec<u8>,
    is_over: bool,
    asked: Instant,
    renewed: Instant,
    _slot: OwnedSemaphorePermit,
}

impl Flow {
    /// Begins at the span's offset.
    pub(super) async fn open(
        ground: &Ground<'_>,
        slot: OwnedSemaphorePermit,
        span: Span<'_>,
    ) -> Result<Self, Fault> {
        let talk = Talk::open_wide(ground.transport, span.how).await?;
        Self::begin(talk, slot, span).await
    }

    /// The same over a channel that is open.
    pub(super) async fn begin(
        mut talk: Talk,
        slot: OwnedSemaphorePermit,
        span: Span<'_>,
    ) -> Result<Self, Fault> {
        let words = [span.inode, span.offset, span.end - span.offset].map(|word| word.to_string());
        let [inode, offset, bytes] = &words;
        talk.say(&["qd_flow", span.path, inode, offset, bytes]).await?;
        let now = Instant::now();
        Ok(Self {
            talk,
            how: span.how,
            path: span.path.to_owned(),
            inode: span.inode,
            at: span.offset,
            rest: Vec::new(),
            is_over: false,
            asked: now,
            renewed: now,
            _slot: slot,
        })
    }

    /// Whether it goes on where this span begins.
    pub(super) fn fits(&self, span: &Span<'_>) -> bool {
        let is_same = (self.how, self.inode) == (span.how, span.inode) && self.path == span.path;
        let is_there = span.offset == self.at || span.offset + self.rest.len() as u64 == self.at;
        is_same && is_there && !self.is_over && self.asked.elapsed() < IDLE
    }

    pub(super) const fn is_over(&self) -> bool {
        self.is_over
    }

    pub(super) fn is_at_rest(&self) -> bool {
        self.asked.elapsed() > AT_REST
    }

    /// Gives what comes until it is at least as much as is wanted, or all. Answers how many bytes
    /// were given; fewer where it has ended.
    pub(super) async fn pour(
        &mut self,
        span: &Span<'_>,
        silence: Duration,
        take: &mut (dyn FnMut(&[u8]) + Send),
    ) -> u64 {
        let mut given = 0;
        if span.offset < self.at {
            let rest = std::mem::take(&mut self.rest);
            given += rest.len() as u64;
            take(&rest);
            self.rest = rest;
        } else {
            self.rest.clear();
        }
        while given < span.bytes && !self.is_over {
            if self.renewed.elapsed() > LEASE {
                self.renewed = Instant::now();
                self.is_over = self.talk.say(&["l"]).await.is_err();
            }
            if !matches!(timeout(silence, self.talk.read()).await, Ok(Ok(()))) {
                self.is_over = true;
                break;
            }
            let (at, rest, is_over) = (&mut self.at, &mut self.rest, &mut self.is_over);
            self.talk.take(&mut |piece| match piece {
                Piece::Data(bytes) => {
                    *at += bytes.len() as u64;
                    given += bytes.len() as u64;
                    take(bytes);
                    keep(rest, bytes);
                }
                // The file is another one, or it is read.
                Piece::Said(_) => *is_over = true,
                Piece::Complaint(_) => {}
            });
        }
        // Such a line is begun anew.
        self.is_over = self.is_over || self.rest.len() > REST;
        self.asked = Instant::now();
        given
    }
}

/// Keeps what is behind the last line feed.
fn keep(rest: &mut Vec<u8>, bytes: &[u8]) {
    match memchr::memrchr(b'\n', bytes) {
        Some(end) => {
            rest.clear();
            rest.extend_from_slice(bytes.get(end + 1..).unwrap_or_default());
        }
        None if rest.len() <= REST => rest.extend_from_slice(bytes),
        None => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_behind_the_last_feed_is_kept() {
        let mut rest = Vec::new();
        for (bytes, kept) in
            [(&b"one\ntw"[..], &b"tw"[..]), (b"o", b"two"), (b"\n", b""), (b"x", b"x")]
        {
            keep(&mut rest, bytes);
            assert_eq!(rest, kept);
        }
    }
}
