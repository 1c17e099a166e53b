//! What ssh said, as a fault with its kind and a remedy. By text, since ssh's exit status is 255
//! for everything; the sentences are those of OpenSSH 7.2 to 10 (sshconnect.c, sshconnect2.c).

use crate::model::fault::{Fault, FaultKind};
use crate::model::text::clean;

/// Names the fault. `status` is how ssh ended, for when it said nothing.
pub(in crate::runtime) fn classify(destination: &str, said: &str, status: &str) -> Fault {
    let tried = format!("connect to {destination}");
    let has = |text: &str| said.contains(text);
    let detail = detail(said).unwrap_or_else(|| format!("ssh ended without a word ({status})"));
    if has("REMOTE HOST IDENTIFICATION HAS CHANGED") {
        let place = said
            .lines()
            .find(|line| line.starts_with("Offending"))
            .map_or(String::new(), |line| format!("; {}", clean(line.trim(), 200)));
        return Fault::new(
            FaultKind::HostKeyChanged,
            tried,
            format!("the host's key is not the one that we know{place}"),
        )
        .remedy(
            "somebody may be in between: compare the key's fingerprint on the host's own console \
             before you remove the old one from known_hosts",
        );
    }
    if has("Host key verification failed") {
        return Fault::new(FaultKind::HostKeyUnknown, tried, "the host's key is not known yet")
            .remedy(format!(
                "run `ssh {destination}` in a shell, or `login` in the console, and compare the \
                 fingerprint"
            ));
    }
    if has("Permission denied") || has("Too many authentication failures") {
        return Fault::new(FaultKind::AuthFailed, tried, detail).remedy(format!(
            "load the key into the agent (ssh-add), check `ssh {destination}` in a shell, or let ssh \
             ask in the console: the command `login`"
        ));
    }
    let remedy = if has("Could not resolve hostname") {
        "check the name in the config and in ssh_config"
    } else if has("Connection refused") {
        "is sshd running there, on that port?"
    } else if has("kex_exchange_identification") || has("Connection reset") {
        "the server closed the door: is it overloaded (MaxStartups), or are we locked out?"
    } else {
        ""
    };
    let kind = if has("timed out") { FaultKind::TimedOut } else { FaultKind::Unreachable };
    Fault::new(kind, tried, detail).remedy(remedy)
}

/// The last line that says something.
fn detail(said: &str) -> Option<String> {
    let line = said
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('@'))
        .rfind(|line| !line.starts_with("** "))?;
    Some(clean(line, 300))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(said: &str) -> FaultKind {
        classify("coord", said, "exit status: 255").kind
    }

    #[test]
    fn each_has_its_kind() {
        assert_eq!(kind("ops@coord: Permission denied (publickey)."), FaultKind::AuthFailed);
        assert_eq!(kind("Host key verification failed."), FaultKind::HostKeyUnknown);
        assert_eq!(
            kind(
                "@  WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!  @\nHost key verification failed."
            ),
            FaultKind::HostKeyChanged
        );
        assert_eq!(
            kind("ssh: connect to host 10.0.0.1 port 22: Connection timed out"),
            FaultKind::TimedOut
        );
        assert_eq!(kind("Timeout, server coord not responding."), FaultKind::Unreachable);
        assert_eq!(kind(""), FaultKind::Unreachable);
    }

    #[test]
    fn the_detail_is_harmless() {
        let fault = classify("x", "ssh: evil \x1b[31m", "");
        assert!(!fault.detail.contains('\x1b'));
    }
}
