//! The reading of what a host says of a database; the script is `database.sh` beside this.

use crate::model::database::DatabaseLook;
use crate::model::text::clean;

/// Bytes of a line that is kept.
const LINE: usize = 1024;
/// Sessions that are named.
const MOST: usize = 20;

/// Takes the lines of `qd_act_database`. Never fails: what is not there is empty.
pub fn parse_database(text: &str) -> DatabaseLook {
    let mut look = DatabaseLook::default();
    for line in text.lines() {
        let Some(line) = line.strip_prefix("database.") else { continue };
        let (name, value) = line.split_once(' ').unwrap_or((line, ""));
        let word = || -> Box<str> { clean(value.trim(), LINE).into() };
        match name {
            "lacks" => look.lacks = Some(word()),
            "fault" => look.fault = Some(word()),
            "version" => look.version = word(),
            "state" => look.state = word(),
            "owner" => look.owner = word(),
            "coding" => look.coding = word(),
            "size" => look.size = value.trim().parse().ok(),
            "free" => look.free = value.trim().parse().ok(),
            "standby" => look.standby = true,
            "superuser" => look.superuser = true,
            "bound" => look.bound = value.trim().parse().unwrap_or(u64::MAX),
            "written" => look.written = value.trim().parse().ok(),
            "session" if look.sessions.len() < MOST => look.sessions.push(word()),
            _ => {}
        }
    }
    look
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As a host of the lab answered: Debian 12, PostgreSQL 15.20, a session that names itself badly.
    const POSTGRES: &str = include_str!("../../../tests/fixtures/probe/postgresql/15.20/database");

    #[test]
    fn what_a_server_says_is_read() {
        let look = parse_database(POSTGRES);
        assert_eq!(&*look.version, "15.20 (Debian 15.20-0+deb12u1)");
        assert!(look.state.contains('@') && look.superuser && !look.standby, "{look:?}");
        assert_eq!((&*look.owner, &*look.coding), ("app", "UTF8, C.UTF-8"));
        assert!(look.size.is_some_and(|kib| kib > 7000) && look.free.is_some(), "{look:?}");
        assert_eq!((look.bound, look.written, look.fault), (0, None, None));
        let [session] = look.sessions.as_slice() else { panic!("{:?}", look.sessions) };
        assert!(session.contains("postgres, ev") && !session.contains('\u{1b}'), "{session}");
    }

    #[test]
    fn what_cannot_be_asked_is_said_and_garbage_is_no_harm() {
        let look =
            parse_database("database.fault psql: error: \u{1b}[2J no\ndatabase.bound x\n\u{7}\n");
        assert!(
            look.fault
                .is_some_and(|why| why.starts_with("psql: error: ") && !why.contains('\u{1b}'))
        );
        assert_eq!(look.bound, u64::MAX, "what is not understood is not nothing");
        assert_eq!(parse_database(""), DatabaseLook::default());
        assert_eq!(parse_database("database.lacks sqlite3\n").lacks.as_deref(), Some("sqlite3"));
    }
}
