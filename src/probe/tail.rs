//! Reading logs: the program that runs on the host, and what it says between their bytes.

pub mod mux;

use memchr::{memchr, memmem};

use super::quote::quote_all;
use crate::model::text::clean_bytes;

/// For the journal, and how it is talked to.
const SCRIPT: &str = include_str!("tail.sh");
/// For files.
const FILES: &str = include_str!("tail/file.sh");
/// For containers.
const CONTAINERS: &str = include_str!("tail/container.sh");

/// What is said is never longer.
const LONGEST: usize = 8192;

/// How a program of ours is known to be it, unlike anything that a log may say.
#[derive(Clone, Debug)]
pub struct Secret {
    /// A word.
    pub nonce: String,
    /// The beginning of a path that changes nothing: of slashes and dots.
    pub salt: String,
}

impl Secret {
    /// From random bits: 64 of them make the path.
    pub fn new(nonce: String, bits: u64) -> Self {
        let steps = (0..64).map(|bit| if bits >> bit & 1 == 1 { "/." } else { "/" });
        Self { nonce, salt: format!("/.{}", steps.collect::<String>()) }
    }
}

/// The whole program for one connection; `how` is how its shell was started: plain, sudo.
pub fn program(secret: &Secret, how: &str) -> String {
    let call = quote_all(&["qd_talk", &secret.nonce, how, &secret.salt]);
    format!("{}{SCRIPT}{FILES}{CONTAINERS}{call}\n", super::collector::PRELUDE)
}

/// A line by which a shell becomes root's, and says so before.
pub fn become_root(secret: &Secret) -> String {
    format!("printf '\\036@@{} sudo\\n'; exec sudo -n /bin/sh -s\n", secret.nonce)
}

/// A part of what came.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Piece<'a> {
    /// Bytes of the log.
    Data(&'a [u8]),
    /// The program said this.
    Said(String),
    /// A tool that reads for it complained of this.
    Complaint(String),
}

/// Tells the bytes of a log from what is said between them. Holds back only what may be the
/// beginning of such a saying.
#[derive(Debug)]
pub struct Splitter {
    said: memmem::Finder<'static>,
    complaint: memmem::Finder<'static>,
    held: Vec<u8>,
}

impl Splitter {
    /// For one connection.
    pub fn new(secret: &Secret) -> Self {
        let said = format!("\x1e@@{} ", secret.nonce);
        Self {
            said: memmem::Finder::new(said.as_bytes()).into_owned(),
            complaint: memmem::Finder::new(secret.salt.as_bytes()).into_owned(),
            held: Vec::new(),
        }
    }

    /// Takes what came, and gives it out piece by piece.
    pub fn push(&mut self, bytes: &[u8], take: &mut dyn FnMut(Piece<'_>)) {
        if self.held.is_empty() {
            let rest = self.split(bytes, take);
            self.held.extend_from_slice(rest);
        } else {
            let mut all = std::mem::take(&mut self.held);
            all.extend_from_slice(bytes);
            let rest = self.split(&all, take);
            self.held.extend_from_slice(rest);
        }
    }

    /// Gives what is not a saying, and answers what may become one.
    fn split<'b>(&self, bytes: &'b [u8], take: &mut dyn FnMut(Piece<'_>)) -> &'b [u8] {
        let mut left = bytes;
        loop {
            let said = self.said.find(left);
            let complaint = self.complaint.find(left);
            let Some(at) = said.into_iter().chain(complaint).min() else { break };
            let (before, behind) = left.split_at_checked(at).unwrap_or((left, &[]));
            if !before.is_empty() {
                take(Piece::Data(before));
            }
            let Some(end) = memchr(b'\n', behind) else {
                if behind.len() <= LONGEST {
                    return behind;
                }
                // Nothing of ours is so long.
                take(Piece::Data(behind));
                return &[];
            };
            let line = behind.get(..end).unwrap_or_default();
            take(if said == Some(at) {
                let words = line.get(self.said.needle().len()..).unwrap_or_default();
                // Names may be in it: hostile text, but no less than the whole of it.
                Piece::Said(String::from_utf8_lossy(words).into_owned())
            } else {
                let words = line.get(self.complaint.needle().len()..).unwrap_or_default();
                Piece::Complaint(clean_bytes(words, 512))
            });
            left = behind.get(end + 1..).unwrap_or_default();
        }
        let held =
            beginning(left, self.said.needle()).max(beginning(left, self.complaint.needle()));
        let (data, rest) = left.split_at_checked(left.len() - held).unwrap_or((left, &[]));
        if !data.is_empty() {
            take(Piece::Data(data));
        }
        rest
    }
}

/// How many bytes at the end may be the beginning of `needle`.
fn beginning(bytes: &[u8], needle: &[u8]) -> usize {
    let most = bytes.len().min(needle.len().saturating_sub(1));
    (1..=most).rev().find(|n| bytes.ends_with(needle.get(..*n).unwrap_or_default())).unwrap_or(0)
}

/// cksum(1) of POSIX, so that a host can say whether it has the same bytes.
pub fn cksum(bytes: &[u8]) -> u32 {
    let mut length = bytes.len() as u64;
    let lengths = std::iter::from_fn(|| {
        (length > 0).then(|| {
            let byte = (length & 0xff) as u8;
            length >>= 8;
            byte
        })
    });
    let crc = bytes.iter().copied().chain(lengths).fold(0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(byte) << 24, |crc, _| {
            if crc >> 31 == 1 { crc << 1 ^ 0x04c1_1db7 } else { crc << 1 }
        })
    });
    !crc
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(chunks: &[&[u8]]) -> (Vec<u8>, Vec<String>) {
        let secret = Secret { nonce: "n0".to_owned(), salt: "/././/".to_owned() };
        let mut splitter = Splitter::new(&secret);
        let (mut data, mut said) = (Vec::new(), Vec::new());
        for chunk in chunks {
            splitter.push(chunk, &mut |piece| match piece {
                Piece::Data(bytes) => data.extend_from_slice(bytes),
                Piece::Said(words) => said.push(words),
                Piece::Complaint(words) => said.push(format!("! {words}")),
            });
        }
        (data, said)
    }

    #[test]
    fn what_is_said_is_cut_out_of_the_middle_of_a_line_wherever_it_is_split() {
        let all = b"one\ntw\x1e@@n0 file 7 0\no\n/././//usr/bin/tail: x: file truncated\nthree\n";
        for cut in 0..all.len() {
            let (data, said) = pieces(&[&all[..cut], &all[cut..]]);
            assert_eq!(data, b"one\ntwo\nthree\n");
            assert_eq!(said, ["file 7 0", "! /usr/bin/tail: x: file truncated"]);
        }
    }

    #[test]
    fn another_nonce_is_data_and_a_whole_line_is_not_held_back() {
        let (data, said) = pieces(&[b"\x1e@@n1 file 7 0\nlast\n"]);
        assert_eq!(data, b"\x1e@@n1 file 7 0\nlast\n");
        assert!(said.is_empty());
    }

    #[test]
    fn a_sum_is_that_of_posix() {
        // `printf 'hello\n' | cksum` of coreutils 9.1.
        assert_eq!(cksum(b"hello\n"), 3_015_617_425);
        assert_eq!(cksum(b""), 4_294_967_295);
    }
}
