//! Words of an nginx configuration (nginx's `ngx_conf_read_token`): separated by white space,
//! quoted or not, ended by `;`, `{` or `}`; `#` at the beginning of a word is a comment.

/// How a directive ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum End {
    /// By `;`.
    Simple,
    /// By `{`: what follows belongs to it.
    Opens,
    /// `}` alone.
    Closes,
}

/// A directive.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Directive {
    /// Its words without their quotes; the first is its name. None for a closing brace.
    pub(super) words: Vec<String>,
    /// The line of its first word, from 1.
    pub(super) line: u32,
    /// How it ends.
    pub(super) end: End,
}

/// A directive of more words is cut.
const WORDS: usize = 256;
/// A longer word is cut.
const LONGEST: usize = 4096;

/// Reads directives one by one; what is no configuration ends it, never fails.
pub(super) struct Lexer<'a> {
    rest: std::iter::Peekable<std::str::Chars<'a>>,
    line: u32,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { rest: text.chars().peekable(), line: 1 }
    }

    fn take(&mut self) -> Option<char> {
        let c = self.rest.next();
        if c == Some('\n') {
            self.line += 1;
        }
        c
    }

    fn comment(&mut self) {
        while self.rest.peek().is_some_and(|c| *c != '\n') {
            self.rest.next();
        }
    }

    /// A word that begins here.
    fn word(&mut self) -> String {
        let mut word = String::new();
        let put = |c: char, word: &mut String| {
            if word.len() < LONGEST {
                word.push(c);
            }
        };
        let quote = self.rest.next_if(|c| matches!(c, '"' | '\''));
        while let Some(c) = self.rest.peek().copied() {
            match (quote, c) {
                (Some(mark), c) if c == mark => {
                    self.take();
                    break;
                }
                // `${name}` is a variable, not a block.
                (None, '{') if word.ends_with('$') => {
                    while let Some(c) = self.take() {
                        put(c, &mut word);
                        if c == '}' || c == '\n' {
                            break;
                        }
                    }
                    continue;
                }
                (None, ' ' | '\t' | '\r' | '\n' | ';' | '{' | '}') => break,
                (_, '\\') => {
                    self.take();
                    // Before anything but quotes and itself the backslash stays.
                    match self.take() {
                        Some(next @ ('"' | '\'' | '\\')) => put(next, &mut word),
                        Some(next) => {
                            put('\\', &mut word);
                            put(next, &mut word);
                        }
                        None => break,
                    }
                    continue;
                }
                (_, c) => put(c, &mut word),
            }
            self.take();
        }
        word
    }

    /// Leaves a block of another language out, up to the brace that closes it.
    pub(super) fn skip_block(&mut self) {
        let mut depth = 1_u32;
        while depth > 0 {
            match self.take() {
                Some('{') => depth += 1,
                Some('}') => depth -= 1,
                Some(_) => {}
                None => break,
            }
        }
    }
}

impl Iterator for Lexer<'_> {
    type Item = Directive;

    fn next(&mut self) -> Option<Directive> {
        let mut words: Vec<String> = Vec::new();
        let mut line = self.line;
        loop {
            let c = self.rest.peek().copied()?;
            let end = match c {
                ' ' | '\t' | '\r' | '\n' => {
                    self.take();
                    continue;
                }
                '#' => {
                    self.comment();
                    continue;
                }
                ';' => End::Simple,
                '{' => End::Opens,
                '}' => End::Closes,
                _ => {
                    if words.is_empty() {
                        line = self.line;
                    }
                    let word = self.word();
                    if words.len() < WORDS {
                        words.push(word);
                    }
                    continue;
                }
            };
            self.take();
            if end == End::Closes {
                // Words before it, without their `;`, are a fault that nginx itself tells.
                return Some(Directive { words: Vec::new(), line: self.line, end });
            }
            if !words.is_empty() {
                return Some(Directive { words, line, end });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Directive, End, Lexer};

    fn read(text: &str) -> Vec<(Vec<String>, u32, End)> {
        Lexer::new(text).map(|Directive { words, line, end }| (words, line, end)).collect()
    }

    #[test]
    fn quotes_comments_and_variables_are_told_apart() {
        let text = "# a { b;\nserver { # c\n  add_header X \"a; {b} \\\" # no\" always;\n\
            proxy_pass http://${name}:80/#x;\n}\n";
        let words = |list: &[&str]| list.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>();
        assert_eq!(
            read(text),
            [
                (words(&["server"]), 2, End::Opens),
                (words(&["add_header", "X", "a; {b} \" # no", "always"]), 3, End::Simple),
                (words(&["proxy_pass", "http://${name}:80/#x"]), 4, End::Simple),
                (vec![], 5, End::Closes),
            ]
        );
    }

    #[test]
    fn what_does_not_end_is_left_out() {
        assert_eq!(read("server { listen \"80"), [(vec!["server".to_owned()], 1, End::Opens)]);
        assert_eq!(read("\\"), []);
    }
}
