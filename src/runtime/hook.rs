//! The operator's own command for a change for the worse. It runs here, never on a host; what
//! happened stands in its environment, so that nothing of it is ever taken for a command.

use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use tokio::process::Command;
use tokio::sync::Semaphore;

use crate::model::event::Event;

/// Hooks that run at one time; what comes while so many run is only logged.
const AT_ONCE: usize = 4;
/// One that runs longer is ended.
const LONGEST: Duration = Duration::from_secs(30);

/// Runs hooks.
#[derive(Clone, Debug)]
pub struct Hooks {
    slots: Arc<Semaphore>,
}

impl Default for Hooks {
    fn default() -> Self {
        Self { slots: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

impl Hooks {
    /// Starts a command for an event, without a shell, and sees to its end. Must be called within a
    /// tokio runtime.
    pub fn run(&self, argv: &[String], event: &Event) {
        let Some((program, arguments)) = argv.split_first() else { return };
        let Ok(slot) = Arc::clone(&self.slots).try_acquire_owned() else {
            tracing::warn!("hook {program}: {AT_ONCE} are running, not started for {}", event.text);
            return;
        };
        let mut command = Command::new(program);
        command.args(arguments).envs(variables(event)).kill_on_drop(true);
        // The terminal is the console's.
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let name = program.clone();
        let started = command.spawn();
        tokio::spawn(async move {
            let _slot = slot;
            let ended = match started {
                Ok(mut child) => tokio::time::timeout(LONGEST, child.wait()).await,
                Err(error) => Ok(Err(error)),
            };
            match ended {
                Ok(Ok(status)) if status.success() => {}
                Ok(Ok(status)) => tracing::warn!("hook {name}: {status}"),
                Ok(Err(error)) => tracing::warn!("hook {name}: cannot be run: {error}"),
                Err(_) => tracing::warn!("hook {name}: ended, it ran for {LONGEST:?}"),
            }
        });
    }
}

fn variables(event: &Event) -> [(&'static str, String); 7] {
    let host = event.host.as_ref();
    [
        ("QUARTERDECK_ENV", host.map_or_else(String::new, |id| id.env.to_string())),
        ("QUARTERDECK_HOST", host.map_or_else(String::new, |id| id.host.to_string())),
        ("QUARTERDECK_SUBJECT", event.subject.to_string()),
        ("QUARTERDECK_KIND", event.kind.name().to_owned()),
        ("QUARTERDECK_TOPIC", event.topic.to_string()),
        ("QUARTERDECK_SEVERITY", event.severity.name().to_owned()),
        ("QUARTERDECK_TEXT", format!("{}: {}", event.place(), event.text)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::event::EventKind;
    use crate::model::ids::HostId;
    use crate::model::severity::Severity;
    use crate::model::time::Timestamp;

    fn event(text: &str) -> Event {
        let host = HostId::new("production", "coord");
        let at = Timestamp::from_secs(0);
        Event::new(at, EventKind::State, Some(host), Severity::Critical, text).about("api", "")
    }

    #[tokio::test]
    async fn a_hook_is_told_in_its_environment_and_nothing_is_run_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let told = folder.path().join("told");
        let script = "printf '%s|%s|%s' \"$QUARTERDECK_HOST\" \"$QUARTERDECK_SUBJECT\" \
                      \"$QUARTERDECK_TEXT\" > \"$0\"";
        let argv = ["sh", "-c", script, told.to_str().unwrap()].map(str::to_owned);
        Hooks::default().run(&argv, &event("$(touch /tmp/never) `x`; down"));
        for _ in 0..100 {
            if std::fs::read_to_string(&told).is_ok_and(|text| text.ends_with("down")) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let text = std::fs::read_to_string(&told).unwrap();
        assert_eq!(text, "coord|api|coord/api: $(touch /tmp/never) `x`; down");
    }

    #[tokio::test]
    async fn no_more_run_than_there_are_slots_for() {
        let hooks = Hooks::default();
        let argv = ["sleep", "5"].map(str::to_owned);
        for _ in 0..AT_ONCE + 3 {
            hooks.run(&argv, &event("down"));
        }
        assert_eq!(hooks.slots.available_permits(), 0);
    }
}
