//! What is made from the code's own lists: keys, themes, completions, the manual page.

use std::io::Write as _;

use super::args::{Fleet, command};
use super::{Failure, Outcome, SOFTWARE, complain, env, read_config};
use crate::config;
use crate::keymap::Keymap;
use crate::model::command::Command;
use crate::theme;

pub(super) fn keys(fleet: &Fleet) -> Outcome {
    let asked = read_config(fleet)?;
    let (keymap, faults) = Keymap::new(&asked.spec.keys);
    let mut out = std::io::stdout().lock();
    let mut group = None;
    for command in Command::ALL {
        if group != Some(command.group()) {
            group = Some(command.group());
            writeln!(out, "{}", command.group().title())?;
        }
        let keys = keymap.keys_of(*command).join(" ");
        writeln!(out, "  {keys:<18} {:<18} {}", command.name(), command.doc())?;
    }
    out.flush()?;
    for fault in &faults {
        complain(&format!("quarterdeck: {fault}"));
    }
    Ok(if faults.is_empty() { 0 } else { super::CONFIG })
}

pub(super) fn themes() -> Outcome {
    let folder = config::directory(&env).map(|folder| folder.join("themes"));
    let (themes, faults) = match &folder {
        Some(folder) => theme::load_dir(folder),
        None => (theme::Themes::shipped(), Vec::new()),
    };
    let chosen = theme::choose("auto", &env).name;
    let mut out = std::io::stdout().lock();
    for theme in themes.iter() {
        let mark = if theme.name() == chosen { "  (auto, in this terminal)" } else { "" };
        writeln!(out, "{}{mark}", theme.name())?;
    }
    out.flush()?;
    for fault in &faults {
        complain(&fault.to_string());
    }
    Ok(if faults.is_empty() { 0 } else { super::CONFIG })
}

pub(super) fn completions(shell: clap_complete::Shell) -> Outcome {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut command(), "quarterdeck", &mut text);
    std::io::stdout().lock().write_all(&text)?;
    Ok(0)
}

pub(super) fn man() -> Outcome {
    let mut text = Vec::new();
    clap_mangen::Man::new(command())
        .render(&mut text)
        .map_err(|error| Failure { code: SOFTWARE, message: error.to_string() })?;
    std::io::stdout().lock().write_all(&text)?;
    Ok(0)
}
