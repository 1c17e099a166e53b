//! What answered over HTTP, and what of its answer tells a healthy one from a sick one.

use serde_json::Value;

use crate::model::survey::{FoundHealth, Says};
use crate::model::text::clean;

/// As much of a body is looked at.
const BODY: usize = 4096;

/// Fields that say how an application is: those of the usual frameworks.
const FIELDS: &[&str] = &["status", "state", "health", "healthy", "ok"];

/// What a well application says in them.
const WELL: &[&str] = &[
    "healthy", "ok", "okay", "up", "pass", "passing", "green", "running", "alive", "live", "ready",
    "success", "good",
];

/// Words that a healthy answer has and a sick one has not, the more telling first.
const WORDS: &[&str] = &["healthy", "ok", "OK"];

/// Reads an answer of `qd_survey_http`: what answered, by the address and port asked.
pub fn parse(text: &str) -> Vec<(String, FoundHealth)> {
    let mut found: Vec<(String, FoundHealth)> = Vec::new();
    let mut body = String::new();
    for line in text.lines().chain(["answer"]) {
        if let Some(rest) = line.strip_prefix(' ') {
            if !rest.starts_with("end ") && body.len() < BODY {
                body.push_str(rest);
                body.push('\n');
            }
            continue;
        }
        if let Some((_, health)) = found.last_mut() {
            health.says = says(&body);
        }
        body.clear();
        if let Some((asked, path)) = line.strip_prefix("answer ").and_then(|l| l.split_once(' ')) {
            let place = asked.strip_suffix(":80").unwrap_or(asked);
            let url = clean(&format!("http://{place}{path}"), 256);
            found.push((asked.to_owned(), FoundHealth { url, says: Says::Nothing }));
        }
    }
    found
}

fn says(body: &str) -> Says {
    match serde_json::from_str(body) {
        Ok(Value::Object(fields)) => FIELDS
            .iter()
            .find_map(|name| field(name, fields.get(*name)?))
            .unwrap_or_else(|| word(body)),
        _ => word(body),
    }
}

fn field(name: &'static str, value: &Value) -> Option<Says> {
    match value {
        Value::String(text) if is_plain(text) => {
            let well = WELL.contains(&text.to_ascii_lowercase().as_str());
            let text = text.as_str().into();
            Some(if well { Says::Field(name, text) } else { Says::Doubt(name, text) })
        }
        Value::Bool(true) => Some(Says::Flag(name)),
        Value::Bool(false) => Some(Says::Doubt(name, "false".into())),
        // A number is a count or a code of the application's own.
        _ => None,
    }
}

/// One that may stand in a config: a state's name, not a sentence with a time in it.
fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.len() <= 40 && clean(text, 41) == text
}

/// A word that can be looked for: of a short answer only, since a page may have any word by chance.
fn word(body: &str) -> Says {
    let sick = body.to_ascii_lowercase().contains("unhealthy");
    if body.len() > 1024 || sick || body.trim_start().starts_with('<') {
        return Says::Nothing;
    }
    let mut known = WORDS.iter().copied();
    // A short one has to be all that is said: it is a part of too many others.
    let found =
        known.find(|word| if word.len() > 2 { body.contains(word) } else { body.trim() == *word });
    found.map_or(Says::Nothing, Says::Word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_says_that_it_is_well() {
        for (body, meant) in [
            (r#"{"status": "healthy", "service": "x"}"#, Says::Field("status", "healthy".into())),
            (r#"{"status":"UP","components":{}}"#, Says::Field("status", "UP".into())),
            (r#"{"database":"ok","ok":true}"#, Says::Flag("ok")),
            (r#"{"status":"degraded"}"#, Says::Doubt("status", "degraded".into())),
            (r#"{"healthy":false}"#, Says::Doubt("healthy", "false".into())),
            (r#"{"status":200,"text":"all healthy"}"#, Says::Word("healthy")),
            ("{\"status\":\"a\u{1b}[2J\"}", Says::Nothing),
            (r#"["healthy"]"#, Says::Word("healthy")),
            ("all Unhealthy", Says::Nothing),
            ("ok\n", Says::Word("ok")),
            ("our books", Says::Nothing),
            ("<p>healthy", Says::Nothing),
        ] {
            assert_eq!(says(body), meant, "{body}");
        }
    }

    #[test]
    fn answers_are_told_apart_and_none_is_forged() {
        let text = "answer 127.0.0.1:80 /health\n {\"status\":\n \"healthy\"}\n end 200 0\n\
            answer 127.0.0.1:2 /\n <html>healthy\n end 200 0\n\
            answer 127.0.0.1:3 /healthz\n ok\n end 200 0\n\
            answer 127.0.0.1:4 /\n our books\n answer 127.0.0.1:9 /forged\n";
        let found = parse(text);
        let all: Vec<_> = found.iter().map(|(_, h)| (h.url.as_str(), h.says.clone())).collect();
        assert_eq!(
            all,
            [
                ("http://127.0.0.1/health", Says::Field("status", "healthy".into())),
                ("http://127.0.0.1:2/", Says::Nothing),
                ("http://127.0.0.1:3/healthz", Says::Word("ok")),
                ("http://127.0.0.1:4/", Says::Nothing),
            ]
        );
    }
}
