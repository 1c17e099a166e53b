//! What is there of a file, and pieces of it.

use std::sync::Arc;

use crate::model::fault::{Fault, FaultKind};
use crate::probe::log::FileReader;
use crate::probe::tail::Piece;
use crate::runtime::tail::fetch::SILENCE;
use crate::runtime::tail::ground::{Ground, How};
use crate::runtime::tail::reader::{Reader, Span};
use crate::runtime::tail::spares::Spares;
use crate::runtime::tail::words;

/// A file on the host.
#[derive(Clone, Debug)]
pub(super) struct There {
    pub(super) path: String,
    pub(super) inode: u64,
    /// Bytes that it has; of a compressed one those that it takes.
    size: u64,
    /// When it was written to last, in microseconds on the host's clock: of the newest only.
    pub(super) written: Option<i64>,
}

impl There {
    /// gzip(1) gives it this name and no other.
    pub(super) fn is_packed(&self) -> bool {
        self.path.as_bytes().ends_with(b".gz")
    }
}

/// What the host says of when a file was written to.
pub(in crate::runtime::tail) fn seconds_to_micros(seconds: &str) -> Option<i64> {
    seconds.parse::<i64>().ok()?.checked_mul(1_000_000)
}

/// What was seen at a look, for the pages that follow: all that is asked of a file names its inode.
pub(in crate::runtime::tail) struct Seen {
    path: String,
    how: How,
    files: Vec<There>,
}

/// A look, and one's hands: how it was looked at is how its pieces are read.
pub(super) struct Hand<'a> {
    pub(super) ground: &'a Ground<'a>,
    reader: &'a Reader,
    how: How,
    /// Bytes that may still be read for this answer.
    pub(super) left: u64,
    /// A file and what it was rotated to, the newest first; the first is the file itself.
    pub(super) files: Vec<There>,
}

impl<'a> Hand<'a> {
    /// Looks what is there.
    pub(super) async fn new(
        ground: &'a Ground<'a>,
        reader: &'a Reader,
        path: &str,
        how: How,
        left: u64,
    ) -> Result<Self, Fault> {
        let mut files = Vec::new();
        let mut trouble = None;
        let mut is_hidden = false;
        let asked = reader
            .ask(ground, how, &["qd_stat", path], SILENCE, &mut |piece| {
                if let Piece::Said(words) = piece {
                    let mut parts = words.splitn(4, ' ');
                    match (parts.next(), parts.next(), parts.next(), parts.next()) {
                        (Some("stat" | "older"), Some(inode), Some(size), Some(path)) => {
                            if let (Ok(inode), Ok(size)) = (inode.parse(), size.parse()) {
                                let path = path.to_owned();
                                files.push(There { path, inode, size, written: None });
                            }
                        }
                        (Some("written"), Some(seconds), ..) => {
                            if let Some(file) = files.last_mut() {
                                file.written = seconds_to_micros(seconds);
                            }
                        }
                        (Some("denied"), ..) => trouble = Some(words::denied(path, &ground.user())),
                        (Some("refused"), kind, ..) => {
                            trouble = Some(words::refused(path, kind.unwrap_or_default()));
                        }
                        (Some("hidden"), ..) => is_hidden = true,
                        // Its rotated files may be there.
                        _ => {}
                    }
                }
                true
            })
            .await;
        asked?;
        // What the user may not read root may, where that is allowed.
        let denied = trouble.as_ref().is_some_and(|fault| fault.kind == FaultKind::Denied);
        if (denied || is_hidden)
            && how == How::Plain
            && let Some(root) = ground.root()
        {
            return Box::pin(Self::new(ground, reader, path, root, left)).await;
        }
        match trouble {
            Some(fault) => Err(fault),
            None if files.is_empty() => Err(words::missing(path)),
            None => {
                let seen = Seen { path: path.to_owned(), how, files: files.clone() };
                reader.note_seen(seen);
                Ok(Self { ground, reader, how, left, files })
            }
        }
    }

    /// What was seen at the last look, if more than `left` was there behind a place in a file.
    pub(super) fn again(
        ground: &'a Ground<'a>,
        reader: &'a Reader,
        path: &str,
        (inode, offset): (u64, u64),
        left: u64,
    ) -> Option<Self> {
        let seen = reader.seen();
        let seen = seen.as_ref().filter(|seen| seen.path == path)?;
        let file = seen.files.iter().find(|file| file.inode == inode && !file.is_packed())?;
        let is_inside = offset.checked_add(left).is_some_and(|end| end < file.size);
        is_inside.then(|| Self { ground, reader, how: seen.how, left, files: seen.files.clone() })
    }

    /// A reader of lines at a place. Moments without a zone are of the host's.
    pub(super) fn lines(&self, offset: u64) -> FileReader {
        FileReader::new(offset, self.reader.zone())
    }

    /// The same behind a page that was read before.
    pub(super) fn lines_of(&self, file: &There, offset: u64) -> FileReader {
        let lines = self.lines(offset);
        match self.reader.moment_before(file.inode, offset) {
            Some(at) => lines.behind(at),
            None => lines,
        }
    }

    /// A page ends here.
    pub(super) fn note_end(&self, file: &There, lines: &FileReader) {
        if let Some(at) = lines.moment() {
            self.reader.note_end(file.inode, lines.offset(), at);
        }
    }

    /// Where lines are read to.
    pub(super) fn spares(&self) -> Arc<Spares> {
        Arc::clone(&self.reader.spares)
    }

    /// Bytes that can be read of a file, also of a compressed one.
    pub(super) async fn size(&self, file: &There) -> Result<u64, Fault> {
        if !file.is_packed() {
            return Ok(file.size);
        }
        if let Some(size) = self.reader.weight(file.inode, file.size) {
            return Ok(size);
        }
        let inode = file.inode.to_string();
        let mut found = 0;
        let mut take = |piece: Piece<'_>| {
            if let Piece::Said(words) = piece
                && let Some(size) = words.strip_prefix("weight ")
            {
                found = size.trim().parse().unwrap_or(0);
            }
            true
        };
        self.ask(&["qd_weigh", &file.path, &inode], &file.path, &mut take).await?;
        self.reader.note_weight(file.inode, file.size, found);
        Ok(found)
    }

    /// A number that the host tells of a file at a place.
    async fn number(&self, function: &str, file: &There, offset: u64) -> Result<u64, Fault> {
        let (inode, offset) = (file.inode.to_string(), offset.to_string());
        let mut found = 0;
        let mut take = |piece: Piece<'_>| {
            if let Piece::Said(words) = piece
                && let Some((_, number)) = words.split_once(' ')
            {
                found = number.trim().parse().unwrap_or(0);
            }
            true
        };
        self.ask(&[function, &file.path, &inode, &offset], &file.path, &mut take).await?;
        Ok(found)
    }

    /// How many bytes the line that is at a place has from there on, its line feed among them.
    pub(super) async fn line_rest(&self, file: &There, offset: u64) -> Result<u64, Fault> {
        self.number("qd_line_rest", file, offset).await
    }

    /// Where the line begins that ends at a place.
    pub(super) async fn line_begin(&self, file: &There, upto: u64) -> Result<u64, Fault> {
        self.number("qd_line_begin", file, upto).await
    }

    /// A piece as a whole.
    pub(super) async fn piece(
        &mut self,
        file: &There,
        offset: u64,
        bytes: u64,
    ) -> Result<Vec<u8>, Fault> {
        let mut read = Vec::with_capacity(usize::try_from(bytes).unwrap_or(0));
        self.pour(file, offset, bytes, &mut |bytes| read.extend_from_slice(bytes)).await?;
        Ok(read)
    }

    /// What is there from a place on, at least as much as is wanted: more of it comes in the same
    /// stream, if it is asked for next.
    pub(super) async fn stream(
        &mut self,
        file: &There,
        offset: u64,
        bytes: u64,
        take: &mut (dyn FnMut(&[u8]) + Send),
    ) -> Result<(), Fault> {
        let mut given = 0;
        if !file.is_packed() {
            let (how, path) = (self.how, file.path.as_str());
            let span = Span { how, path, inode: file.inode, offset, bytes, end: file.size };
            given = self.reader.pour(self.ground, span, SILENCE, take).await;
            self.left = self.left.saturating_sub(given.min(bytes));
        }
        if given < bytes {
            self.pour(file, offset + given, bytes - given, take).await?;
        }
        Ok(())
    }

    /// A piece as it comes, never more than was asked for.
    pub(super) async fn pour(
        &mut self,
        file: &There,
        offset: u64,
        bytes: u64,
        take: &mut (dyn FnMut(&[u8]) + Send),
    ) -> Result<(), Fault> {
        self.left = self.left.saturating_sub(bytes);
        let mut wanted = usize::try_from(bytes).unwrap_or(usize::MAX);
        let function = if file.is_packed() { "qd_unpacked" } else { "qd_piece" };
        let words = [file.inode.to_string(), offset.to_string(), bytes.to_string()];
        let [inode, offset, bytes] = &words;
        let argv = [function, &file.path, inode, offset, bytes];
        let mut piece = |piece: Piece<'_>| {
            if let Piece::Data(bytes) = piece {
                let bytes = bytes.get(..bytes.len().min(wanted)).unwrap_or_default();
                wanted -= bytes.len();
                take(bytes);
            }
            true
        };
        self.ask(&argv, &file.path, &mut piece).await
    }

    async fn ask(
        &self,
        argv: &[&str],
        path: &str,
        take: &mut (dyn FnMut(Piece<'_>) -> bool + Send),
    ) -> Result<(), Fault> {
        let mut is_gone = false;
        let asked = self
            .reader
            .ask(self.ground, self.how, argv, SILENCE, &mut |piece| {
                if let Piece::Said(words) = &piece {
                    is_gone |= words == "gone";
                }
                take(piece)
            })
            .await;
        asked?;
        if is_gone {
            let detail = "it was rotated while it was read";
            return Err(
                Fault::new(FaultKind::Failed, format!("read {path}"), detail).remedy("ask again")
            );
        }
        Ok(())
    }
}
