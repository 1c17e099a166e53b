//! `quarterdeck doctor`: one reading, and what is wrong in it, with evidence and fix.

mod json;
mod page;

use std::io::Write as _;
use std::time::Duration;

use super::args::{Doctor, Fleet};
use super::{Failure, Outcome, block_on, read_config, reading};
use crate::model::rule::Rule;

pub(super) fn run(fleet: &Fleet, doctor: &Doctor) -> Outcome {
    let mut out = std::io::stdout().lock();
    if doctor.rules {
        for rule in Rule::ALL {
            writeln!(out, "{:<24} {}", rule.name(), rule.doc())?;
        }
        out.flush()?;
        return Ok(0);
    }
    let asked = read_config(fleet)?;
    let limit = Duration::from_secs(doctor.timeout);
    let model = block_on(reading::read_once(&asked.spec, None, limit))??;
    let text = if doctor.json {
        serde_json::to_string_pretty(&json::report(&model))
            .map_err(|error| Failure { code: super::SOFTWARE, message: error.to_string() })?
    } else {
        page::page(&model)
    };
    writeln!(out, "{}", text.trim_end())?;
    out.flush()?;
    Ok(json::severity(&model).exit_code())
}

pub(super) use json::{FindingReport, of_env};

#[cfg(test)]
mod demo;
