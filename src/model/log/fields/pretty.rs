//! JSON over lines.

use super::super::ink::plain;
use super::quoted_end;

/// Lines that one line becomes, at most; the rest of it is the last.
const LINES: usize = 2000;
/// What is nested deeper is not indented further.
const DEEPEST: usize = 40;

/// A line of JSON as lines, indented by two; strings and numbers stay as they are written. What
/// is no JSON object stays one line.
pub fn pretty(body: &[u8]) -> Vec<String> {
    let text = body.trim_ascii();
    if text.first() != Some(&b'{') {
        return vec![plain(body)];
    }
    let mut out = Vec::new();
    let mut line: Vec<u8> = Vec::new();
    let (mut at, mut depth) = (0, 0_usize);
    while let Some(byte) = text.get(at) {
        if out.len() + 1 >= LINES {
            line.extend_from_slice(text.get(at..).unwrap_or_default());
            break;
        }
        let rest = text.get(at + 1..).unwrap_or_default();
        match byte {
            b'"' => {
                let end = (quoted_end(text, at + 1) + 1).min(text.len());
                line.extend_from_slice(text.get(at..end).unwrap_or_default());
                at = end;
                continue;
            }
            b'{' | b'[' => {
                line.push(*byte);
                let blank = rest.iter().take_while(|b| b.is_ascii_whitespace()).count();
                if let Some(close @ (b'}' | b']')) = rest.get(blank) {
                    line.push(*close);
                    at += 2 + blank;
                    continue;
                }
                depth += 1;
                end_line(&mut out, &mut line, depth);
            }
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                end_line(&mut out, &mut line, depth);
                line.push(*byte);
            }
            b',' => {
                line.push(b',');
                end_line(&mut out, &mut line, depth);
            }
            b':' => line.extend_from_slice(b": "),
            b if b.is_ascii_whitespace() => {}
            b => line.push(*b),
        }
        at += 1;
    }
    out.push(plain(&line));
    out
}

fn end_line(out: &mut Vec<String>, line: &mut Vec<u8>, depth: usize) {
    if !line.trim_ascii().is_empty() {
        out.push(plain(line));
    }
    line.clear();
    line.resize(2 * depth.min(DEEPEST), b' ');
}
