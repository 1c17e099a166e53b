//! Spans of time in words for people.

use std::time::Duration;

/// In one unit, such as `3 h`: how old something is, how long something may take.
pub fn words(span: Duration) -> String {
    let secs = span.as_secs();
    match secs {
        0..120 => format!("{secs} s"),
        120..7200 => format!("{} min", secs / 60),
        7200..172_800 => format!("{} h", secs / 3600),
        _ => format!("{} d", secs / 86_400),
    }
}

/// In two units, such as `1 h 59 min`: what somebody decides by.
pub fn closely(span: Duration) -> String {
    let minutes = span.as_secs() / 60;
    match minutes {
        0 => format!("{} s", span.as_secs()),
        1..60 => format!("{minutes} min"),
        60..2880 => format!("{} h {} min", minutes / 60, minutes % 60),
        _ => format!("{} d {} h", minutes / 1440, minutes / 60 % 24),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_told_in_units_that_fit() {
        let spans = [0, 59, 119, 120, 7199, 7200, 172_799, 172_800].map(Duration::from_secs);
        let one = ["0 s", "59 s", "119 s", "2 min", "119 min", "2 h", "47 h", "2 d"];
        assert_eq!(spans.map(words), one);
        let two =
            ["0 s", "59 s", "1 min", "2 min", "1 h 59 min", "2 h 0 min", "47 h 59 min", "2 d 0 h"];
        assert_eq!(spans.map(closely), two);
    }
}
