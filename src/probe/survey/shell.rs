//! Reads a shell script as far as it takes to see which files its commands name. Nothing is run:
//! variables are followed, and what only running it could tell (`$(date +%F)`, `$1`) becomes `*`.

use std::collections::BTreeMap;

/// A simple command with its words expanded.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Command {
    /// Program and arguments.
    pub words: Vec<String>,
    /// Where its output goes, where that is a file.
    pub out: Option<String>,
    /// Its output is the next command's input.
    pub piped: bool,
}

/// As many commands are read.
const MOST: usize = 2000;
/// As long may a word become, by variables within variables.
const LONGEST: usize = 4096;

/// Words that stand before a command.
const KEYWORDS: &[&str] = &["if", "then", "elif", "else", "do", "while", "until", "!", "{", "time"];
/// Commands that set variables.
const SETTERS: &[&str] = &["export", "local", "readonly", "declare", "typeset"];

/// A script, read: its commands, and its variables at the end.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Script {
    /// In order.
    pub commands: Vec<Command>,
    /// By name.
    pub variables: BTreeMap<String, String>,
}

#[derive(PartialEq)]
enum Expect {
    Word,
    Output,
    Other,
}

struct Reader<'a> {
    rest: std::iter::Peekable<std::str::Chars<'a>>,
    script: Script,
    command: Command,
    word: String,
    /// There is a word, be it empty.
    begun: bool,
    expect: Expect,
}

/// Reads a script.
pub fn read(text: &str) -> Script {
    let mut reader = Reader {
        rest: text.chars().peekable(),
        script: Script::default(),
        command: Command::default(),
        word: String::new(),
        begun: false,
        expect: Expect::Word,
    };
    while let Some(c) = reader.rest.next() {
        if reader.script.commands.len() >= MOST {
            break;
        }
        reader.take(c);
    }
    reader.end_command(false);
    reader.script
}

impl Reader<'_> {
    fn take(&mut self, c: char) {
        match c {
            '\n' | ';' | '(' | ')' => self.end_command(false),
            ' ' | '\t' | '\r' => self.end_word(),
            '|' => {
                let or = self.rest.next_if_eq(&'|').is_some();
                self.end_command(!or);
            }
            '&' => {
                // `&>` and `&>>` are redirections.
                if self.rest.peek() == Some(&'>') {
                    self.end_word();
                } else {
                    self.end_command(false);
                }
            }
            '#' if !self.begun => while self.rest.next_if(|c| *c != '\n').is_some() {},
            '>' | '<' => self.redirect(c),
            '\'' => {
                self.begun = true;
                while let Some(c) = self.rest.next().filter(|c| *c != '\'') {
                    self.push(c);
                }
            }
            '"' => self.double_quoted(),
            '\\' => match self.rest.next() {
                Some('\n') | None => {}
                Some(c) => self.push(c),
            },
            '$' => self.dollar(),
            '`' => {
                while self.rest.next().is_some_and(|c| c != '`') {}
                self.push('*');
            }
            c => self.push(c),
        }
    }

    fn double_quoted(&mut self) {
        self.begun = true;
        while let Some(c) = self.rest.next() {
            match c {
                '"' => return,
                '\\' => match self.rest.next() {
                    Some('\n') | None => {}
                    Some(c) => self.push(c),
                },
                '$' => self.dollar(),
                '`' => {
                    while self.rest.next().is_some_and(|c| c != '`') {}
                    self.push('*');
                }
                c => self.push(c),
            }
        }
    }

    fn push(&mut self, c: char) {
        self.begun = true;
        // Several unknown things in a row are one.
        if self.word.len() < LONGEST && !(c == '*' && self.word.ends_with('*')) {
            self.word.push(c);
        }
    }

    fn dollar(&mut self) {
        match self.rest.peek().copied() {
            Some('(') => {
                let mut depth = 0_u32;
                for c in self.rest.by_ref() {
                    match c {
                        '(' => depth += 1,
                        ')' => depth = depth.saturating_sub(1),
                        _ => {}
                    }
                    if depth == 0 {
                        break;
                    }
                }
                self.push('*');
            }
            Some('{') => {
                self.rest.next();
                let mut inner = String::new();
                while let Some(c) = self.rest.next().filter(|c| *c != '}') {
                    inner.push(c);
                }
                let end = inner.find(|c: char| !is_name(c)).unwrap_or(inner.len());
                let (name, more) = inner.split_at_checked(end).unwrap_or((&inner, ""));
                let default = [":-", "-", ":="].iter().find_map(|by| more.strip_prefix(by));
                let value = match (self.script.variables.get(name), more.is_empty(), default) {
                    (Some(value), true, _) | (Some(value), _, Some(_)) => value.clone(),
                    (None, _, Some(default)) => default.trim_matches(['"', '\'']).to_owned(),
                    // Something is cut off or replaced.
                    (Some(_), false, None) | (None, _, None) => "*".to_owned(),
                };
                self.push_all(&value);
            }
            Some(c) if is_name(c) && !c.is_ascii_digit() => {
                let mut name = String::new();
                while let Some(c) = self.rest.next_if(|c| is_name(*c)) {
                    name.push(c);
                }
                let value = self.script.variables.get(&name).cloned();
                self.push_all(&value.unwrap_or_else(|| "*".to_owned()));
            }
            // `$1`, `$@`, `$?`
            Some(c) if c.is_ascii_digit() || "@*#?!-$".contains(c) => {
                self.rest.next();
                self.push('*');
            }
            _ => self.push('$'),
        }
    }

    fn push_all(&mut self, value: &str) {
        self.begun = true;
        value.chars().for_each(|c| self.push(c));
    }

    fn redirect(&mut self, c: char) {
        // A number before it is the descriptor.
        let descriptor = self.begun && self.word.chars().all(|c| c.is_ascii_digit());
        let output = c == '>' && (!descriptor || self.word == "1");
        if descriptor {
            self.word.clear();
            self.begun = false;
        }
        self.end_word();
        while self.rest.next_if(|next| *next == c || *next == '|').is_some() {}
        if self.rest.next_if_eq(&'&').is_some() {
            // `>&2`: no file.
            self.expect = Expect::Other;
            return;
        }
        self.expect = if output { Expect::Output } else { Expect::Other };
    }

    fn end_word(&mut self) {
        if !self.begun {
            return;
        }
        self.begun = false;
        let word = std::mem::take(&mut self.word);
        match std::mem::replace(&mut self.expect, Expect::Word) {
            Expect::Output => self.command.out = Some(word),
            Expect::Other => {}
            Expect::Word => {
                let first = self.command.words.is_empty();
                if first && KEYWORDS.contains(&word.as_str()) {
                    return;
                }
                let setter = self.command.words.first().map(String::as_str);
                if (first || setter.is_some_and(|word| SETTERS.contains(&word)))
                    && let Some((name, value)) = word.split_once('=')
                    && !name.is_empty()
                    && name.chars().all(is_name)
                {
                    self.script.variables.insert(name.to_owned(), value.to_owned());
                } else if self.command.words.len() < 256 {
                    self.command.words.push(word);
                }
            }
        }
    }

    fn end_command(&mut self, piped: bool) {
        self.end_word();
        self.expect = Expect::Word;
        let mut command = std::mem::take(&mut self.command);
        if !command.words.is_empty() {
            command.piped = piped;
            self.script.commands.push(command);
        }
    }
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<Vec<String>> {
        read(text).commands.into_iter().map(|command| command.words).collect()
    }

    #[test]
    fn variables_are_followed_and_what_is_not_known_is_a_star() {
        let text = "#!/bin/sh\nT=$(date +%Y%m%d_%H%M%S)\nD=\"/b/data-${T}\" # why\n\
            tar -czf \"$D.tar.gz\" -C '/srv/x' . && rm -rf \"$D\"\nls ${KEEP:-30} ${D%/*} $1$2\n";
        assert_eq!(
            words(text),
            [
                vec!["tar", "-czf", "/b/data-*.tar.gz", "-C", "/srv/x", "."],
                vec!["rm", "-rf", "/b/data-*"],
                vec!["ls", "30", "*", "*"],
            ]
        );
    }

    #[test]
    fn output_is_where_it_goes() {
        let script = read("pg_dump app 2>/dev/null | gzip -c >\"/b/a.gz\" 2>&1\necho x >>/log &\n");
        let outs: Vec<_> = script.commands.iter().map(|c| (c.piped, c.out.as_deref())).collect();
        assert_eq!(outs, [(true, None), (false, Some("/b/a.gz")), (false, Some("/log"))]);
    }

    #[test]
    fn broken_and_endless_text_ends() {
        for text in ["$(", "${", "'", "\"$(", "`", "a=$a$a$a", ">", "|||&&&", "\\"] {
            read(text);
        }
        let doubling = format!("a=xxxxxxxxxx\n{}", "a=$a$a\n".repeat(64));
        assert!(read(&doubling).variables["a"].len() <= LONGEST);
    }
}
