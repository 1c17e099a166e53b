use super::{Effects, Ink, Span, Style, plain, spans, spans_up_to};

fn ink(bytes: &[u8]) -> Style {
    let spans = spans(bytes);
    assert_eq!(spans.len(), 1, "{spans:?}");
    spans[0].style
}

#[test]
fn colors_become_data() {
    assert_eq!(ink(b"\x1b[31mx").ink, Ink::Basic(1));
    assert_eq!(
        ink(b"\x1b[1;97;104mx"),
        Style { ink: Ink::Basic(15), ground: Ink::Basic(12), effects: Effects(Effects::BOLD) }
    );
    assert_eq!(ink(b"\x1b[38;5;208mx").ink, Ink::Indexed(208));
    assert_eq!(ink(b"\x1b[38;5;9mx").ink, Ink::Basic(9));
    assert_eq!(ink(b"\x1b[38:5:208mx").ink, Ink::Indexed(208));
    assert_eq!(ink(b"\x1b[48;2;1;2;3mx").ground, Ink::Rgb(1, 2, 3));
    assert_eq!(ink(b"\x1b[38:2:1:2:3mx").ink, Ink::Rgb(1, 2, 3));
    assert_eq!(ink(b"\x1b[38:2::1:2:3mx").ink, Ink::Rgb(1, 2, 3));
    assert_eq!(ink(b"\x1b[58;5;1;31mx").ink, Ink::Basic(1));
    assert_eq!(ink(b"\x1b[4:3mx").effects, Effects(Effects::UNDERLINE));
    assert_eq!(ink(b"\x1b[4m\x1b[4:0mx"), Style::default());
    assert_eq!(ink(b"\x1b[1;2;3;4;7;9;31m\x1b[mx"), Style::default());
    assert_eq!(ink(b"\x1b[1;2;3;4;7;9m\x1b[22;23;24;27;29mx"), Style::default());
    for bad in ["\x1b[999mx", "\x1b[38mx", "\x1b[38;5mx", "\x1b[38;2;1mx", "\x1b[;;;mx", "\x1b[8mx"]
    {
        assert_eq!(ink(bad.as_bytes()), Style::default(), "{bad:?}");
    }
}

#[test]
fn text_of_one_style_is_one_span() {
    let spans = spans("a\x1b[31mb\x1b[1Kc\x1b[0md".as_bytes());
    let texts: Vec<&str> = spans.iter().map(|Span { text, .. }| text.as_str()).collect();
    assert_eq!(texts, ["a", "bc", "d"]);
}

#[test]
fn text_in_the_color_of_its_ground_is_not_hidden() {
    assert_eq!(ink(b"\x1b[30;40mx"), Style::default());
    assert_eq!(ink(b"\x1b[8;38;2;1;2;3;48;2;1;2;3mx"), Style::default());
}

#[test]
fn sequences_are_dropped_as_a_whole() {
    for (bytes, text) in [
        (&b"a\x1b[2J\x1b[1;1Hb"[..], "ab"),
        (b"\x1b]8;;https://x.example\x1b\\link\x1b]8;;\x1b\\!", "link!"),
        (b"\x1b]8;;https://x.example\x07link\x1b]8;;\x07!", "link!"),
        (b"a\x1b[cb\x1b[6nc\x1b[?1049hd\x1b[>0qe", "abcde"),
        (b"a\x1b(B\x1b[mb", "ab"),
        (b"a\x1b[?25mb\x1b[1 qc", "abc"),
    ] {
        assert_eq!(plain(bytes), text, "{bytes:?}");
    }
}

#[test]
fn what_is_incomplete_or_hides_text_is_written_out() {
    for (bytes, text) in [
        (&b"a\x1b]0;title\x07b"[..], "a\\x1b]0;title\\x07b"),
        (b"a\x1b]52;c;cm0gLXJm\x1b\\b", "a\\x1b]52;c;cm0gLXJmb"),
        (b"ua=\x1b_ rm evidence \x1b\\ 200", "ua=\\x1b_ rm evidence  200"),
        (b"a\x1bP+q544e\x1b\\b\x1b^x\x1bXy", "a\\x1bP+q544eb\\x1b^x\\x1bXy"),
        (b"a\x1b", "a\\x1b"),
        (b"a\x1bcb", "a\\x1bcb"),
        (b"\x1b[31", "\\x1b[31"),
        (b"\x1b[3\x001m", "\\x1b[3\\x001m"),
        (b"\x1b]0;never ends", "\\x1b]0;never ends"),
        (b"\x1b]0;x\x1b[31my", "\\x1b]0;xy"),
        (b"\x1bPx\x07y", "\\x1bPx\\x07y"),
        (b"a\x08\x08b\rc\x07\x00\x7f", "a\\x08\\x08b\\x0dc\\x07\\x00\\x7f"),
        (b"\xc2\x9b31mx \x9b31m", "\\x9b31mx \\x9b31m"),
        (b"\xff\xfe\xe2\x82 \xf0\x9f\x98", "\\xff\\xfe\\xe2\\x82 \\xf0\\x9f\\x98"),
        ("a\u{202e}b\u{200b}c\u{e0041}".as_bytes(), "a\\u{202e}b\\u{200b}c\\u{e0041}"),
        ("ä✓日本😀e\u{301}".as_bytes(), "ä✓日本😀e\u{301}"),
    ] {
        assert_eq!(plain(bytes), text, "{bytes:?}");
    }
}

#[test]
fn tabs_go_to_the_next_stop() {
    assert_eq!(plain(b"a\tb\t\tc"), "a       b               c");
    assert_eq!(plain(b"\x1b[31m\tx"), "        x");
}

#[test]
fn no_more_is_read_than_is_asked_for() {
    let line = "abcdef ".repeat(1000);
    assert_eq!(spans_up_to(line.as_bytes(), 10)[0].text, "abcdef abc");
    assert_eq!(spans_up_to(b"a\x1b[31mbc", 2).len(), 2);
    assert!(spans_up_to(b"abc", 0).is_empty());
}

/// Not measured, but a quadratic walk over this would take minutes.
#[test]
fn openings_without_an_end_do_not_cost_more_than_their_length() {
    for unit in ["\x1b]", "\x1bP", "\x1b[", "\x1b]0;\u{9d}", "\u{9d}", "\x1b[1;", "\x1b "] {
        let line = unit.repeat(2_000_000 / unit.len());
        assert!(plain(line.as_bytes()).len() >= line.len() / 4, "{unit:?}");
    }
}
