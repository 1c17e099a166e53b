//! Writes lines of a log as text. Nothing of a line that a terminal would obey gets into it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use jiff::Timestamp;

use crate::model::log::extract::Extract;
use crate::model::log::ink::plain;

/// Writes them: moment in UTC, host and service, text.
pub fn write(lines: &Extract, out: &mut dyn Write) -> io::Result<()> {
    for (at, words, text) in lines.iter() {
        match Timestamp::from_microsecond(at) {
            Ok(at) => write!(out, "{at:.6} {words} ")?,
            Err(_beyond) => write!(out, "- {words} ")?,
        }
        writeln!(out, "{}", plain(text))?;
    }
    out.flush()
}

/// Writes them to a file that is not there yet. A file that could not be written whole is taken
/// away again.
pub fn save(lines: &Extract, path: &Path) -> io::Result<()> {
    let file = create(path)?;
    let written = write(lines, &mut BufWriter::new(&file)).and_then(|()| file.sync_all());
    if written.is_err() {
        // Half a log is worse than none; nothing to tell beside the first fault.
        drop(fs::remove_file(path));
    }
    written
}

/// A new file that is only its owner's: logs may hold secrets.
fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::log::{Batch, Line};

    fn lines() -> Extract {
        let mut batch = Batch::default();
        batch.push(
            b"\x1b[31mred\x1b[0m \x1b]52;c;aGk=\x07end",
            Line { at: 1_500_000, ..Line::default() },
        );
        Extract { blocks: vec![("web api".into(), Arc::new(batch))], lines: vec![(0, 0)] }
    }

    #[test]
    fn a_line_is_written_without_what_a_terminal_obeys() {
        let mut out = Vec::new();
        write(&lines(), &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text, "1970-01-01T00:00:01.500000Z web api red \\x1b]52;c;aGk=\\x07end\n");
    }

    #[test]
    fn a_file_that_is_there_stays_as_it_is() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.log");
        save(&lines(), &path).unwrap();
        let before = fs::read(&path).unwrap();
        let fault = save(&Extract::default(), &path).unwrap_err();
        assert_eq!(fault.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), before);
    }

    #[test]
    fn of_a_full_disk_no_half_of_a_file_stays() {
        // full(4): every write fails with ENOSPC.
        let fault = write(&lines(), &mut OpenOptions::new().write(true).open("/dev/full").unwrap());
        assert_eq!(fault.unwrap_err().kind(), io::ErrorKind::StorageFull);
    }
}
