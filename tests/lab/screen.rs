//! A real terminal: a shell in a tmux server of the test's own.

use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::desk::{Desk, real};
use crate::poll;

/// What the shell prompts with.
const PROMPT: &str = "shell> ";

/// See the module. Dropping it ends the server and all in it.
pub(crate) struct Screen {
    socket: PathBuf,
}

impl Screen {
    /// Opens a shell.
    pub(crate) fn shell(desk: &Desk, width: u16, height: u16) -> Self {
        let number = std::fs::read_dir(desk.path(".")).unwrap().count();
        let socket = desk.path(&format!("tmux-{number}"));
        let settings = desk.path("tmux.conf");
        std::fs::write(
            &settings,
            "set -g status off\nset -g default-terminal tmux-256color\nset -g escape-time 0\n",
        )
        .unwrap();
        let screen = Self { socket };
        let (width, height) = (width.to_string(), height.to_string());
        // Here, as a shell in between that is not interactive takes it away.
        let shell = format!("PS1='{PROMPT}' exec {} --noprofile --norc -i", real("bash").display());
        let output = Command::new("tmux")
            .arg("-S")
            .arg(&screen.socket)
            .arg("-f")
            .arg(&settings)
            .args(["new-session", "-d", "-x", &width, "-y", &height, &shell])
            .env_clear()
            .envs(desk.environment())
            .output()
            .expect("tmux is installed");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        screen.wait_shell();
        screen
    }

    /// Opens a shell and the console in it.
    pub(crate) fn console(desk: &Desk, width: u16, height: u16) -> Self {
        let screen = Self::shell(desk, width, height);
        screen.start("");
        screen
    }

    /// Types the console's name, with what comes before it.
    pub(crate) fn start(&self, before: &str) {
        self.run(before, "");
    }

    /// The same with arguments.
    pub(crate) fn run(&self, before: &str, after: &str) {
        let line =
            format!("{before} {} {after}; echo \"exit=$?\"", env!("CARGO_BIN_EXE_quarterdeck"));
        // Away with the typed line itself, so that only what runs is on the screen.
        self.type_line(&format!("clear; {}", line.trim_start()));
    }

    fn tmux(&self, arguments: &[&str]) -> Output {
        Command::new("tmux").arg("-S").arg(&self.socket).args(arguments).output().unwrap()
    }

    /// What is to be seen.
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.tmux(&["capture-pane", "-p"]).stdout).unwrap()
    }

    /// Something tmux knows of the terminal, such as `#{pane_title}`.
    pub(crate) fn ask(&self, format: &str) -> String {
        let output = self.tmux(&["display-message", "-p", format]);
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }

    /// Presses keys, by tmux's names.
    pub(crate) fn keys(&self, keys: &[&str]) {
        let output = self.tmux(&[&["send-keys"], keys].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// Types a text as it is.
    pub(crate) fn type_text(&self, text: &str) {
        self.keys(&["-l", text]);
    }

    /// Types a line.
    pub(crate) fn type_line(&self, line: &str) {
        self.type_text(line);
        self.keys(&["Enter"]);
    }

    /// Gives the terminal another size.
    pub(crate) fn resize(&self, width: u16, height: u16) {
        let (width, height) = (width.to_string(), height.to_string());
        let output = self.tmux(&["resize-window", "-x", &width, "-y", &height]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// Looks until the screen is as said; gives it.
    pub(crate) fn wait(&self, what: &str, limit: Duration, is: impl Fn(&str) -> bool) -> String {
        poll::until(what, limit, || {
            let text = self.text();
            if is(&text) { Ok(text) } else { Err(text) }
        })
    }

    /// Looks until a line holds all the words.
    pub(crate) fn wait_row(&self, words: &[&str], limit: Duration) -> String {
        self.wait(&format!("a line with {words:?}"), limit, |text| row(text, words).is_some())
    }

    /// Waits until the shell asks for the next line.
    pub(crate) fn wait_shell(&self) -> String {
        self.wait("the shell's prompt", poll::secs(20), |text| {
            text.trim_end().lines().last().is_some_and(|line| line.trim_end() == PROMPT.trim_end())
        })
    }

    /// The console's process: what the shell runs.
    pub(crate) fn console_pid(&self) -> Pid {
        let shell = self.ask("#{pane_pid}");
        poll::until("the shell runs the console", poll::secs(5), || {
            let path = format!("/proc/{shell}/task/{shell}/children");
            let children = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
            let child = children.split_whitespace().next().and_then(|pid| pid.parse().ok());
            child.and_then(Pid::from_raw).ok_or(children)
        })
    }

    /// Sends the console a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.console_pid(), signal).unwrap();
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        drop(self.tmux(&["kill-server"]));
    }
}

/// The first line that holds all the words.
pub(crate) fn row<'a>(text: &'a str, words: &[&str]) -> Option<&'a str> {
    text.lines().find(|line| words.iter().all(|word| line.contains(word)))
}
