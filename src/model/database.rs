//! Databases that are backed up: what the config says of one, and what its host says before something is
//! done about it.

use super::ids::ServiceName;

/// Bytes of a name in PostgreSQL at most (`NAMEDATALEN`); it cuts what is longer without a word.
const NAME: usize = 63;
/// Bytes of an operation's name on its host, and of the longest word before it.
const MARK: usize = "_before_".len() + 29;

/// `database` of `[[env.backup]]`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DatabaseSpec {
    /// Which.
    pub engine: Engine,
    /// Services that write to it, besides those whose `data` or `directory` it lies in.
    pub writers: Vec<ServiceName>,
}

/// What keeps it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Engine {
    /// One file of SQLite.
    Sqlite {
        /// Where it is.
        path: Box<str>,
    },
    /// A database of a PostgreSQL server on that host.
    Postgres {
        /// Its name: letters, digits, `_`, `-` and `.`, at most 63 bytes.
        name: Box<str>,
        /// The user of the host with whose rights the server is asked.
        user: Box<str>,
        /// The server's port, which names its socket; none: as its tools take it.
        port: Option<u16>,
    },
}

impl DatabaseSpec {
    /// The file; none of what is no file.
    pub fn path(&self) -> Option<&str> {
        match &self.engine {
            Engine::Sqlite { path } => Some(path),
            Engine::Postgres { .. } => None,
        }
    }

    /// What people call it: the file's path, or the database's name.
    pub fn title(&self) -> &str {
        match &self.engine {
            Engine::Sqlite { path } => path,
            Engine::Postgres { name, .. } => name,
        }
    }

    /// The same with what keeps it.
    pub fn words(&self) -> String {
        match &self.engine {
            Engine::Sqlite { path } => format!("the SQLite database {path}"),
            Engine::Postgres { name, .. } => format!("the PostgreSQL database {name}"),
        }
    }

    /// The same for everybody, whatever a config calls it: what is locked.
    pub fn place(&self) -> String {
        match &self.engine {
            Engine::Sqlite { path } => path.to_string(),
            Engine::Postgres { name, port, .. } => {
                format!("/postgres:{}/{name}", port.unwrap_or(5432))
            }
        }
    }
}

/// The beginning of a name that an operation's name is put behind: short enough that PostgreSQL keeps
/// all of both. The name is of ASCII.
pub fn stem(name: &str) -> &str {
    name.get(..NAME - MARK).unwrap_or(name)
}

/// The operation that has put a database aside under that name; none where it is not such a name.
pub fn kept_by(name: &str, aside: &str) -> Option<String> {
    let operation = aside.strip_prefix(stem(name))?;
    let operation = ["_before_", "_tried_"].iter().find_map(|word| operation.strip_prefix(word))?;
    let known = operation.len() == 29 && operation.bytes().all(|b| b.is_ascii_alphanumeric());
    known.then(|| operation.to_ascii_uppercase())
}

/// A database, looked at before something is done.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct DatabaseLook {
    /// A tool that the host does not have and that is needed.
    pub lacks: Option<Box<str>>,
    /// Why it could not be asked, in the tool's own words.
    pub fault: Option<Box<str>>,
    /// The version of what keeps it, such as `15.4`.
    pub version: Box<str>,
    /// Which one it is: its number in its server, and the server's. Empty where it is not there.
    pub state: Box<str>,
    /// Whose it is.
    pub owner: Box<str>,
    /// Its encoding and collation.
    pub coding: Box<str>,
    /// KiB of it.
    pub size: Option<u64>,
    /// KiB that are free where its server keeps it.
    pub free: Option<u64>,
    /// The server follows another one: nothing can be written there.
    pub standby: bool,
    /// The user may do all there.
    pub superuser: bool,
    /// Replication slots and subscriptions that are bound to this very database.
    pub bound: u64,
    /// Who is connected: number, user, application and address in one line.
    pub sessions: Vec<Box<str>>,
    /// The last write, in seconds on the host's wall clock, where that is known.
    pub written: Option<i64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_an_operation_behind_it_is_never_cut() {
        let operation = "01JD0000000000000000000000000";
        assert_eq!(operation.len(), 29);
        for name in ["app", &"x".repeat(63)] {
            let aside = format!("{}_before_{}", stem(name), operation.to_lowercase());
            assert!(aside.len() <= NAME, "{aside}");
            assert_eq!(kept_by(name, &aside).as_deref(), Some(operation));
        }
        for other in ["app", "app_before_x", "other_before_01jd0000000000000000000000000", ""] {
            assert_eq!(kept_by("app", other), None, "{other}");
        }
    }
}
