use super::{MOST, fields, pretty};

fn joined(body: &str) -> String {
    let fields = fields(body.as_bytes());
    let parts: Vec<String> =
        fields.into_iter().map(|(path, value)| format!("{path}={value}")).collect();
    parts.join("|")
}

#[test]
fn fields_of_json_with_dotted_paths() {
    assert_eq!(
        joined(
            r#" {"level":"info", "n" : 1.5,"req":{"id":7,"user":{"name":"a b"}},"tags":["x",{"y":1}],"e":{},"z":null} "#
        ),
        r#"level=info|n=1.5|req.id=7|req.user.name=a b|tags=["x",{"y":1}]|e={}|z=null"#
    );
}

#[test]
fn escapes_of_strings_are_read_but_control_characters_stay_written() {
    assert_eq!(
        joined(r#"{"a\"b":"c\\d\/e\u00e4\ud83d\ude00\n\u001b[31m\u202e\ud800x\u12"}"#),
        "a\"b=c\\d/eä😀\\n\\u001b[31m\\u{202e}\\ud800x\\u12"
    );
    assert_eq!(joined("{\"a\":\"\u{1b}[31mx\u{1b}[2J\"}"), "a=x");
}

#[test]
fn fields_of_logfmt() {
    assert_eq!(
        joined(r#"time=2026-11-10T03:00:00Z level=info msg="a \"b\" c" word err="#),
        "time=2026-11-10T03:00:00Z|level=info|msg=a \"b\" c|err="
    );
    assert_eq!(joined("listening on a=b"), "");
    assert_eq!(joined("hello"), "");
}

#[test]
fn what_is_cut_or_wrong_gives_what_is_there() {
    assert_eq!(joined(r#"{"a":1,"b":"x"#), "a=1|b=x");
    assert_eq!(joined(r#"{"a":1,"b":{"c":[1,2"#), "a=1|b.c=[1,2");
    assert_eq!(joined(r#"{"a":1 "b":2}"#), "a=1 \"b\":2");
    assert_eq!(joined(r#"{"a""#), "");
    assert_eq!(joined("{"), "");
    assert_eq!(joined("{}"), "");
    assert_eq!(joined("{,}"), "");
    assert_eq!(joined("a=\"x b=1 c=2"), "");
}

#[test]
fn depth_and_number_are_bounded() {
    let deep = "{\"a\":".repeat(100_000);
    assert_eq!(fields(deep.as_bytes()).len(), 1);
    let many: Vec<String> = (0..10_000).map(|n| format!("\"k{n}\":{n}")).collect();
    assert_eq!(fields(format!("{{{}}}", many.join(",")).as_bytes()).len(), MOST);
    let lines = pretty("[{\"a\":".repeat(100_000).replacen('[', "", 1).as_bytes());
    assert!(lines.len() <= 2000);
    assert!(lines.iter().take(1999).all(|line| line.len() < 200));
}

#[test]
fn json_over_lines() {
    assert_eq!(
        pretty(br#"{"a":1,"b":{"c":"x, {y}","d":[1,2]},"e":[],"f":{ } }"#),
        [
            "{",
            "  \"a\": 1,",
            "  \"b\": {",
            "    \"c\": \"x, {y}\",",
            "    \"d\": [",
            "      1,",
            "      2",
            "    ]",
            "  },",
            "  \"e\": [],",
            "  \"f\": {}",
            "}"
        ]
    );
    assert_eq!(pretty(b"hello \x1b[31mx\x07"), ["hello x\\x07"]);
    assert_eq!(pretty(b"{\"a\":\"x"), ["{", "  \"a\": \"x"]);
}
