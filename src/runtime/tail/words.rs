//! What is said of logs that cannot be read, and of lines that are missing.

use crate::model::fault::{Fault, FaultKind};
use crate::model::log::Origin;
use crate::model::text::clean;

/// What an origin is called.
pub(super) fn name(origin: &Origin) -> String {
    match origin {
        Origin::Journal(unit) => format!("the journal of {unit}"),
        Origin::Units(units) => format!("the journal of {} units", units.len()),
        Origin::System => "the journal".to_owned(),
        Origin::File(path) => clean(path, 256),
        Origin::Container(name) => format!("the container {}", clean(name, 256)),
    }
}

/// No channel is free.
pub(super) fn no_channel(origin: &Origin, is_local: bool) -> Fault {
    let detail = if is_local {
        "as many logs as can be are followed already"
    } else {
        "as many logs of this host are followed as its ssh server lets us at one time"
    };
    Fault::new(FaultKind::Failed, format!("follow {}", name(origin)), detail)
        .remedy("close the log of another of its services")
}

/// A channel cannot be shared.
pub(super) fn unshared(detail: &str) -> Fault {
    Fault::new(FaultKind::Failed, "share a channel of the connection", detail)
}

/// The journal may not be read.
pub(super) fn no_right(user: &str) -> Fault {
    let user = clean(user, 64);
    Fault::new(
        FaultKind::Denied,
        "read the journal",
        format!(
            "{user} is not in the group systemd-journal or adm, and `sudo -n` is not possible or \
             not allowed"
        ),
    )
    .remedy(format!("sudo usermod -aG systemd-journal {user}"))
}

/// A tool is not there.
pub(super) fn no_tool(what: &str, tool: &str) -> Fault {
    let tool = clean(tool, 32);
    Fault::new(FaultKind::Missing, format!("read {what}"), format!("the host has no `{tool}`"))
}

/// A container's log cannot be read, for the reason that the program on the host said.
pub(super) fn no_container(name: &str, why: &str, user: &str) -> Fault {
    let (name, user) = (clean(name, 128), clean(user, 64));
    let tried = format!("read the log of the container {name}");
    match why {
        "no-engine" => {
            Fault::new(FaultKind::Missing, tried, "the host has no `docker` and no `podman`")
        }
        "denied" => Fault::new(
            FaultKind::Denied,
            tried,
            format!("{user} may not ask the engine, and `sudo -n` is not possible or not allowed"),
        )
        .remedy(format!(
            "sudo usermod -aG docker {user} # as good as root, or allow sudo for this host"
        )),
        _ => Fault::new(
            FaultKind::Missing,
            tried,
            "there is no container of this name; it is followed when it comes",
        ),
    }
}

/// A container does not run.
pub(super) fn stopped(name: &str) -> Fault {
    let tried = format!("follow the container {}", clean(name, 128));
    Fault::new(FaultKind::Missing, tried, "it does not run; it is followed when it does again")
}

/// A file may not be read.
pub(super) fn denied(path: &str, user: &str) -> Fault {
    let (path, user) = (clean(path, 256), clean(user, 64));
    let detail = format!("{user} may not read it, and `sudo -n` is not possible or not allowed");
    Fault::new(FaultKind::Denied, format!("read {path}"), detail)
        .remedy("add the user to the file's group, or allow sudo for this host")
}

/// Files of a pattern that are not read.
pub(super) fn left_out(pattern: &str, left: usize, most: usize) -> Fault {
    let tried = format!("read {}", clean(pattern, 256));
    let detail = format!(
        "{left} of its files are not read: more than {most} match, or names have characters that \
         cannot be shown; those written last are read"
    );
    Fault::new(FaultKind::Failed, tried, detail).remedy("narrow the pattern in the config")
}

/// A file is not there.
pub(super) fn missing(path: &str) -> Fault {
    let tried = format!("read {}", clean(path, 256));
    Fault::new(FaultKind::Missing, tried, "there is no such file; it is read when it comes")
}

/// What stands there is no file; `kind` begins as `ls -l` prints it.
pub(super) fn refused(path: &str, kind: &str) -> Fault {
    let what = match kind.bytes().next() {
        Some(b'd') => "it is a directory",
        Some(b'p') => "it is a named pipe",
        Some(b'c' | b'b') => "it is a device",
        Some(b's') => "it is a socket",
        _ => "it is no regular file",
    };
    Fault::new(FaultKind::Failed, format!("read {}", clean(path, 256)), what)
        .remedy("name a regular file, or a pattern of files")
}

/// Something has ended by itself.
pub(super) fn ended(what: &str, status: &str, complaint: Option<String>) -> Fault {
    let detail = match complaint {
        Some(said) => format!("it ended: {said}"),
        None => format!("it ended with status {}", clean(status, 8)),
    };
    Fault::new(FaultKind::Failed, format!("run {what}"), detail)
}

/// A moment on the host's clock, in UTC.
pub(super) fn moment(at: i64) -> String {
    jiff::Timestamp::from_microsecond(at)
        .map_or_else(|_out_of_range| "?".to_owned(), |at| at.strftime("%F %T UTC").to_string())
}

/// A gap: what is missing, from when to when, why.
pub(super) fn gap(from: Option<i64>, to: i64, why: &str) -> String {
    let from = from.map_or_else(|| "before".to_owned(), |at| format!("after {}", moment(at)));
    format!("lines may be missing here: {from} and until {}: {why}", moment(to))
}
