//! The account of what was done from this machine: a file of JSON lines beside the store. Each line
//! carries the sum of the one before, so that none can be changed or taken out without a trace, as in
//! the account of each host (`ops/audit.sh`). That its last lines were cut off only those tell.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{FlockOperation, flock};
use serde_json::{Map, Value, json};

use super::store;
use crate::model::audit::Entry;
use crate::model::digest::sha256;
use crate::model::redact::redact;
use crate::model::text::clean;
use crate::model::time::Timestamp;

/// What the first line carries.
const NONE: &str = "none";
/// Bytes of a text in a line.
const TEXT: usize = 1000;
/// Hosts in a line.
const HOSTS: usize = 200;
/// A line is never longer; a file whose last line is was not written by us.
const LINE: u64 = 512 << 10;
/// Another console writes a line in much less than this: tries, and the time between.
const TRIES: u32 = 100;
const PAUSE: Duration = Duration::from_millis(10);

/// Writes the account.
#[derive(Debug)]
pub struct Audit {
    place: Option<PathBuf>,
    who: Box<str>,
}

/// Where it is: beside the store.
pub fn place(env: &dyn Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    Some(store::place(env)?.with_file_name("audit.jsonl"))
}

impl Audit {
    /// Of whoever sits here; nothing is written without a place, and that is a fault.
    pub fn new(place: Option<PathBuf>, who: &str) -> Self {
        Self { place, who: who.into() }
    }

    /// Adds a line; it is on the disk when this comes back.
    ///
    /// # Errors
    /// A sentence.
    pub fn write(&self, entry: &Entry) -> Result<(), String> {
        let path = self.place.as_ref().ok_or("there is no $HOME to keep the account in")?;
        self.append(path, entry).map_err(|error| {
            format!(
                "the account {} cannot be written: {error}",
                clean(&path.to_string_lossy(), 300)
            )
        })
    }

    fn append(&self, path: &Path, entry: &Entry) -> std::io::Result<()> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        // Reasons are nobody else's.
        let mut file =
            OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path)?;
        lock(&file, FlockOperation::NonBlockingLockExclusive)?;
        let (prev, seq, torn) = last(&mut file)?;
        let mut text = String::new();
        if torn {
            // What a crash cut off stays as a line that is none: nothing is mended in silence.
            text.push('\n');
        }
        text.push_str(&self.line(entry, seq + 1, &prev).to_string());
        text.push('\n');
        file.write_all(text.as_bytes())?;
        file.sync_data()
    }

    fn line(&self, entry: &Entry, seq: u64, prev: &str) -> Value {
        let text = |text: &str| Value::from(redact(&clean(text, TEXT)));
        let (who, from) = self.who.split_once('@').unwrap_or((&self.who, ""));
        let mut line = Map::new();
        line.insert("v".to_owned(), 1.into());
        line.insert("ts".to_owned(), moment(entry.at).into());
        line.insert("seq".to_owned(), seq.into());
        line.insert("ev".to_owned(), entry.deed.name().into());
        line.insert("who".to_owned(), json!({ "os": clean(who, 100) }));
        line.insert("from".to_owned(), clean(from, 100).into());
        line.insert("env".to_owned(), text(entry.env.as_str()));
        if let Some(op) = &entry.op {
            line.insert("op".to_owned(), op.as_str().into());
        }
        if !entry.services.is_empty() {
            let services = entry.services.iter().take(HOSTS).map(|name| text(name.as_str()));
            line.insert("svc".to_owned(), services.collect());
        }
        if !entry.hosts.is_empty() {
            let hosts = entry.hosts.iter().take(HOSTS).map(|(id, word)| {
                let name = text(id.host.as_str());
                if word.is_empty() {
                    json!({ "host": name })
                } else {
                    json!({ "host": name, "is": text(word) })
                }
            });
            line.insert("hosts".to_owned(), hosts.collect());
        }
        if !entry.inputs.is_empty() {
            line.insert("inputs".to_owned(), entry.inputs.iter().map(|name| text(name)).collect());
        }
        for (name, value) in [
            ("subject", &*entry.subject),
            ("action", &*entry.action),
            ("plan", &*entry.plan),
            ("confirm", entry.confirm),
            ("outcome", &*entry.outcome),
            ("about", &*entry.about),
        ] {
            if !value.is_empty() {
                line.insert(name.to_owned(), text(value));
            }
        }
        line.insert("prev".to_owned(), prev.into());
        Value::Object(line)
    }
}

fn moment(at: Timestamp) -> String {
    jiff::Timestamp::from_microsecond(at.as_micros())
        .map_or_else(|_out_of_range| String::new(), |at| format!("{at:.3}"))
}

/// Waits for the lock a little; it goes with the file.
fn lock(file: &File, how: FlockOperation) -> std::io::Result<()> {
    for _ in 0..TRIES {
        match flock(file, how) {
            Err(rustix::io::Errno::WOULDBLOCK) => std::thread::sleep(PAUSE),
            said => return said.map_err(Into::into),
        }
    }
    Err(std::io::Error::other("another console holds it"))
}

/// The sum and the number of the last line, and whether its end is missing.
fn last(file: &mut File) -> std::io::Result<(String, u64, bool)> {
    let length = file.metadata()?.len();
    if length == 0 {
        return Ok((NONE.to_owned(), 0, false));
    }
    let from = length.saturating_sub(LINE);
    file.seek(SeekFrom::Start(from))?;
    let mut end = Vec::new();
    file.take(LINE).read_to_end(&mut end)?;
    let torn = end.last() != Some(&b'\n');
    let body = end.strip_suffix(b"\n").unwrap_or(&end);
    let begin = body.iter().rposition(|byte| *byte == b'\n').map_or(0, |place| place + 1);
    if begin == 0 && from > 0 {
        return Err(std::io::Error::other("its last line is too long to be one of ours"));
    }
    let line = body.get(begin..).unwrap_or_default();
    let seq = serde_json::from_slice::<Value>(line).ok().and_then(|line| line.get("seq")?.as_u64());
    Ok((sum(line), seq.unwrap_or(0), torn))
}

/// As `tail -n 1 FILE | sha256sum` has it.
fn sum(line: &[u8]) -> String {
    format!("sha256:{}", sha256(&[line, b"\n"].concat()))
}

/// The account as it was read.
#[derive(Debug, Default)]
pub struct Account {
    /// Its lines, oldest first.
    pub lines: Vec<Value>,
    /// The first line that does not fit, counted from one, and why; none where all fit.
    pub broken: Option<(usize, String)>,
}

/// Reads the account; empty where there is none yet.
///
/// # Errors
/// When it cannot be read.
pub fn read(path: &Path) -> std::io::Result<Account> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Account::default()),
        Err(error) => return Err(error),
    };
    lock(&file, FlockOperation::NonBlockingLockShared)?;
    let mut text = Vec::new();
    std::io::BufReader::new(&file).read_to_end(&mut text)?;
    Ok(check(&text))
}

/// Reads lines and proves their chain.
fn check(text: &[u8]) -> Account {
    let mut account = Account::default();
    let mut prev = NONE.to_owned();
    let whole = text.strip_suffix(b"\n").unwrap_or(text);
    if text.is_empty() {
        return account;
    }
    for (place, line) in whole.split(|byte| *byte == b'\n').enumerate() {
        let mut fault = |why: &str| {
            if account.broken.is_none() {
                account.broken = Some((place + 1, why.to_owned()));
            }
        };
        match serde_json::from_slice::<Value>(line) {
            Ok(value) => {
                if value.get("prev").and_then(Value::as_str) != Some(&prev) {
                    fault("the line before it is not the one that was there when it was written");
                }
                account.lines.push(value);
            }
            Err(_) => fault("it is no line of the account"),
        }
        prev = sum(line);
    }
    if text.last() != Some(&b'\n') && account.broken.is_none() {
        account.broken = Some((account.lines.len(), "its end is missing".to_owned()));
    }
    account
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::model::audit::Deed;

    fn entry(about: &str) -> Entry {
        let mut entry =
            Entry::new(Deed::Freeze, Timestamp::from_secs(1_763_694_000), "prod".into(), true);
        entry.about = about.to_owned();
        entry
    }

    fn written(abouts: &[&str]) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state/audit.jsonl");
        let audit = Audit::new(Some(path.clone()), "ana@laptop");
        for about in abouts {
            audit.write(&entry(about)).unwrap();
        }
        (folder, path)
    }

    #[test]
    fn each_line_carries_the_sum_of_the_one_before() {
        let (_folder, path) = written(&["one", "two", "three"]);
        let account = read(&path).unwrap();
        assert_eq!(account.broken, None);
        assert_eq!(account.lines.len(), 3);
        assert_eq!(account.lines[0]["prev"], "none");
        assert_eq!(account.lines[2]["seq"], 3);
        assert_eq!(account.lines[0]["who"]["os"], "ana");
        assert_eq!(account.lines[0]["ts"], "2025-11-21T03:00:00.000Z");
        // As the host's own shell would have it.
        let said = std::process::Command::new("sh")
            .args(["-c", "head -n 2 \"$1\" | tail -n 1 | sha256sum", "sh"])
            .arg(&path)
            .output()
            .unwrap();
        let sum = String::from_utf8(said.stdout).unwrap();
        let sum = format!("sha256:{}", sum.split(' ').next().unwrap());
        assert_eq!(account.lines[2]["prev"], sum.as_str());
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn what_was_changed_taken_out_or_torn_shows() {
        for (change, broken) in [
            (("two", "TWO"), 3),
            (("\"about\":\"one\"", "\"about\":\"ONE\""), 2),
            (("\"seq\":2", "\"seq\" 2"), 2),
        ] {
            let (_folder, path) = written(&["one", "two", "three"]);
            let text = std::fs::read_to_string(&path).unwrap();
            assert!(text.contains(change.0));
            std::fs::write(&path, text.replace(change.0, change.1)).unwrap();
            assert_eq!(
                read(&path).unwrap().broken.map(|(line, _)| line),
                Some(broken),
                "{change:?}"
            );
        }
        let (_folder, path) = written(&["one", "two", "three"]);
        let text = std::fs::read_to_string(&path).unwrap();
        let without: Vec<&str> = text.lines().filter(|line| !line.contains("two")).collect();
        std::fs::write(&path, format!("{}\n", without.join("\n"))).unwrap();
        assert_eq!(read(&path).unwrap().broken.map(|(line, _)| line), Some(2));
        // Cut in the middle of a line; whoever writes next does not hide that.
        std::fs::write(&path, text.get(..text.len() - 9).unwrap()).unwrap();
        assert_eq!(read(&path).unwrap().broken.map(|(line, _)| line), Some(3));
        Audit::new(Some(path.clone()), "ana@laptop").write(&entry("four")).unwrap();
        let account = read(&path).unwrap();
        assert_eq!(account.broken.map(|(line, _)| line), Some(3));
        assert_eq!(account.lines.last().unwrap()["about"], "four");
    }

    #[test]
    fn consoles_that_write_at_once_make_one_chain() {
        let (_folder, path) = written(&[]);
        let writers: Vec<_> = (0..4)
            .map(|_| {
                let path = path.clone();
                std::thread::spawn(move || {
                    let audit = Audit::new(Some(path), "ana@laptop");
                    for _ in 0..10 {
                        audit.write(&entry("x")).unwrap();
                    }
                })
            })
            .collect();
        for writer in writers {
            writer.join().unwrap();
        }
        let account = read(&path).unwrap();
        assert_eq!((account.lines.len(), account.broken), (40, None));
    }

    #[test]
    fn secrets_and_control_characters_are_not_written() {
        let (_folder, path) =
            written(&["password=hunter2 \x1b[2J\nx", "Authorization: Bearer abc"]);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(!text.contains("hunter2") && !text.contains("Bearer"), "{text}");
        assert!(text.contains("password=[redacted]") && !text.contains('\x1b'), "{text}");
        assert_eq!(text.lines().count(), 2);
    }

    #[test]
    fn what_cannot_be_written_is_told() {
        let (folder, _) = written(&[]);
        let taken = folder.path().join("taken");
        std::fs::write(&taken, "").unwrap();
        let audit = Audit::new(Some(taken.join("audit.jsonl")), "ana@laptop");
        assert!(audit.write(&entry("x")).unwrap_err().contains("cannot be written"));
        assert!(Audit::new(None, "ana@laptop").write(&entry("x")).is_err());
    }
}
