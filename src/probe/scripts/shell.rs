//! As much of the shell's grammar as simple scripts need: words, quotes, assignments, pipes. What
//! is not certain becomes an ellipsis.

use std::collections::BTreeMap;

/// A command as far as it can be known before it runs.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Command {
    /// Its words, variables put in.
    pub(super) words: Vec<String>,
    /// Where its output goes.
    pub(super) output: Option<String>,
    /// What it prints is read by the command after it.
    pub(super) piped: bool,
}

/// What is known of a script's variables.
#[derive(Default)]
pub(super) struct Shell {
    known: BTreeMap<String, String>,
}

/// Stands for what only a run knows.
pub(super) const UNKNOWN: char = '…';
const UNKNOWN_TEXT: &str = "…";
/// Words are cut there: nobody writes longer ones by hand.
const LONGEST: usize = 4096;
/// As many commands of a line are read.
const MOST: usize = 64;

/// Words before a command that say nothing of what it does.
const OPENERS: &[&str] = &[
    "export", "local", "readonly", "declare", "if", "then", "else", "elif", "do", "while", "until",
    "{", "!", "time",
];

struct Reader<'a> {
    rest: std::iter::Peekable<std::str::Chars<'a>>,
}

impl Shell {
    /// The commands of a line, in order. Assignments are taken in and are no commands.
    pub(super) fn read(&mut self, line: &str) -> Vec<Command> {
        let mut reader = Reader { rest: line.chars().peekable() };
        let mut all: Vec<Command> = Vec::new();
        let mut command = Command::default();
        let mut word: Option<String> = None;
        // The next word is where the output goes.
        let mut redirects = false;
        while all.len() < MOST {
            let Some(c) = reader.rest.next() else { break };
            match c {
                '#' if word.is_none() => break,
                c if c.is_whitespace() => end_word(&mut word, &mut command, &mut redirects),
                ';' | '&' | '|' | '(' | ')' => {
                    // `2>&1` and `&>file` are no ends of a command.
                    if c == '&' && redirects {
                        word = Some("&".to_owned());
                        continue;
                    }
                    end_word(&mut word, &mut command, &mut redirects);
                    let twice = reader.rest.next_if_eq(&c).is_some();
                    command.piped = c == '|' && !twice;
                    self.end_command(&mut command, &mut all);
                }
                '>' => {
                    // A number before it names a descriptor: only the first is the output.
                    let descriptor = word.take_if(|word| word.chars().all(|c| c.is_ascii_digit()));
                    end_word(&mut word, &mut command, &mut redirects);
                    let _appends = reader.rest.next_if_eq(&'>');
                    redirects = true;
                    if descriptor.is_some_and(|number| number != "1") {
                        // Told apart by a word that no path can be.
                        word = Some("\0".to_owned());
                    }
                }
                '<' => end_word(&mut word, &mut command, &mut redirects),
                c => self.piece(c, &mut reader, word.get_or_insert_default()),
            }
        }
        end_word(&mut word, &mut command, &mut redirects);
        self.end_command(&mut command, &mut all);
        all
    }

    /// A part of a word that begins with this character.
    fn piece(&self, c: char, reader: &mut Reader<'_>, word: &mut String) {
        if word.len() > LONGEST {
            return;
        }
        match c {
            '\'' => word.extend(reader.rest.by_ref().take_while(|c| *c != '\'')),
            '"' => {
                while let Some(c) = reader.rest.next() {
                    match c {
                        '"' => break,
                        '\\' => word.extend(reader.rest.next()),
                        '$' | '`' => self.expand(c, reader, word),
                        c => word.push(c),
                    }
                }
            }
            '\\' => word.extend(reader.rest.next()),
            '$' | '`' => self.expand(c, reader, word),
            c => word.push(c),
        }
    }

    fn expand(&self, c: char, reader: &mut Reader<'_>, word: &mut String) {
        if c == '`' {
            let _command = reader.rest.by_ref().take_while(|c| *c != '`').count();
            word.push(UNKNOWN);
            return;
        }
        match reader.rest.peek().copied() {
            Some('(') => {
                let mut depth = 0;
                for c in reader.rest.by_ref() {
                    match c {
                        '(' => depth += 1,
                        ')' => depth -= 1,
                        _ => {}
                    }
                    if depth == 0 {
                        break;
                    }
                }
                word.push(UNKNOWN);
            }
            Some('{') => {
                reader.rest.next();
                let inner: String = reader.rest.by_ref().take_while(|c| *c != '}').collect();
                let (name, default) = match inner.split_once(":-") {
                    Some((name, default)) => (name, Some(default)),
                    None => (inner.as_str(), None),
                };
                let known = self.known.get(name).map(String::as_str);
                // A default with a variable of its own is not certain.
                let default = default.filter(|default| !default.contains(['$', '`']));
                word.push_str(known.or(default).unwrap_or(UNKNOWN_TEXT));
            }
            Some(c) if c.is_ascii_alphabetic() || c == '_' => {
                let mut name = String::new();
                while let Some(c) = reader.rest.next_if(|c| c.is_ascii_alphanumeric() || *c == '_')
                {
                    name.push(c);
                }
                word.push_str(self.known.get(&name).map_or(UNKNOWN_TEXT, String::as_str));
            }
            Some(c) if c.is_ascii_digit() || "@*#?$!-".contains(c) => {
                reader.rest.next();
                word.push(UNKNOWN);
            }
            Some(_) | None => word.push('$'),
        }
    }

    fn end_command(&mut self, command: &mut Command, all: &mut Vec<Command>) {
        let mut command = std::mem::take(command);
        let mut words = command.words.as_slice();
        while let [first, rest @ ..] = words
            && OPENERS.contains(&first.as_str())
        {
            words = rest;
        }
        let assigned: Vec<_> = words.iter().map_while(|word| assignment(word)).collect();
        if assigned.len() == words.len() && self.known.len() < 1024 {
            for (name, value) in assigned {
                // Assigned twice with different values: which holds depends on the way there.
                let value = match self.known.get(name) {
                    Some(known) if known != value => UNKNOWN_TEXT.to_owned(),
                    _ => value.to_owned(),
                };
                self.known.insert(name.to_owned(), value);
            }
            if command.output.is_none() {
                return;
            }
        }
        command.words = words.iter().skip(assigned_only(words)).cloned().collect();
        if !command.words.is_empty() || command.output.is_some() || command.piped {
            all.push(command);
        }
    }
}

fn end_word(word: &mut Option<String>, command: &mut Command, redirects: &mut bool) {
    let Some(word) = word.take() else { return };
    if std::mem::take(redirects) {
        // `>&2` and other descriptors.
        if !word.starts_with(['&', '\0']) {
            command.output = Some(word);
        }
    } else if command.words.len() < 256 {
        command.words.push(word);
    }
}

/// How many words before the program are settings for it alone.
fn assigned_only(words: &[String]) -> usize {
    words.iter().take_while(|word| assignment(word).is_some()).count()
}

fn assignment(word: &str) -> Option<(&str, &str)> {
    let (name, value) = word.split_once('=')?;
    let mut letters = name.chars();
    let begins = letters.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    (begins && letters.all(|c| c.is_ascii_alphanumeric() || c == '_')).then_some((name, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<String> {
        let mut shell = Shell::default();
        let commands = text.lines().flat_map(|line| shell.read(line)).collect::<Vec<_>>();
        commands
            .iter()
            .map(|command| {
                let to = command.output.as_ref().map_or_else(String::new, |to| format!(" > {to}"));
                let pipe = if command.piped { " |" } else { "" };
                format!("{}{to}{pipe}", command.words.join(" "))
            })
            .collect()
    }

    #[test]
    fn variables_are_put_in_where_they_are_certain() {
        let text = "T=$(date +%Y%m%d_%H%M%S)\nB=\"/b/data-${T}\"\nS='/srv/my data'\n\
            cp -r \"$S\"/* \"$B/\" # copy\nX=1 tar -czf $B.tar.gz -C \"$B\" .; echo `pwd` $1 ${U:-/u}";
        assert_eq!(
            read(text),
            [
                "cp -r /srv/my data/* /b/data-…/",
                "tar -czf /b/data-….tar.gz -C /b/data-… .",
                "echo … … /u"
            ]
        );
    }

    #[test]
    fn what_is_assigned_twice_is_not_certain() {
        assert_eq!(read("A=/a\nif x; then A=/b; fi\nls $A"), ["x", "fi", "ls …"]);
        assert_eq!(read("A=/a\nA=/b\nls $A"), ["ls …"]);
    }

    #[test]
    fn outputs_and_pipes_are_told() {
        let text = "pg_dump app 2>/dev/null | gzip >/b/x.gz 2>&1 && echo done >> /l";
        assert_eq!(read(text), ["pg_dump app |", "gzip > /b/x.gz", "echo done > /l"]);
    }

    #[test]
    fn nonsense_ends() {
        for text in ["$(", "${", "'", "\"", "`", ">", ">>", "|", "\\", "$", "((((", "a=$(b"] {
            let _read = read(text);
        }
    }
}
