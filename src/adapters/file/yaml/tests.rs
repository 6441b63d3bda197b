//! What YAML says and where it stands, beside the byte-exact moves of real files in `file/tests.rs`.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::adapters::file::locate::tokens;

fn at<'text>(text: &'text str, pointer: &str) -> Result<Option<&'text str>, String> {
    let found = locate(text, &tokens(pointer).expect("a pointer"))?;
    Ok(found.map(|range| text.get(range).expect("within the text")))
}

#[test]
fn plain_words_mean_what_the_core_schema_says() {
    let said =
        parse("[true, FALSE, ~, on, yes, 007, 0x1F, 0o17, -1.5, 1e3, .inf, 1_000, 12:30, v1, !!str 5, '6', +, 1.2.3]");
    let meant = json!([
        true, false, null, "on", "yes", 7, 31, 15, -1.5, 1000.0, ".inf", "1_000", "12:30", "v1", "5", "6", "+", "1.2.3"
    ]);
    assert_eq!(said, Ok(meant));
    assert_eq!(parse("# nothing\n"), Ok(Value::Null));
}

#[test]
fn a_value_is_found_to_the_byte_whatever_stands_around_it() {
    let text = "\u{feff}# ü\r\na: ü # b\r\n\"b/c\" : 'it''s'   # x\r\nd:\r\n- {e: \"f\\n\" , g: h}\r\n-   i\r\nnone:\r\nj: k\r\n";
    for (pointer, bytes) in [
        ("/a", "ü"),
        ("/b~1c", "'it''s'"),
        ("/d/0/e", "\"f\\n\""),
        ("/d/0/g", "h"),
        ("/d/1", "i"),
        ("/j", "k"),
        ("/none", ""),
    ] {
        assert_eq!(at(text, pointer), Ok(Some(bytes)), "{pointer}");
    }
    for pointer in ["/z", "/a/b", "/d/2", "/d/x"] {
        assert_eq!(at(text, pointer), Ok(None), "{pointer}");
    }
}

#[test]
fn a_place_that_others_share_or_that_is_not_one_line_is_refused_in_words() {
    let text = "base: &b\n  on: true\nmine:\n  <<: *b\n  other: 1\ntwin: *b\nlong: |\n  a\n  b\nspread: a\n  b\ntag: !!str 5\nfree: &unused 1\n";
    for (pointer, word) in [
        ("/base/on", "anchor"),
        ("/mine/on", "merge"),
        ("/twin", "alias"),
        ("/twin/on", "alias"),
        ("/long", "one line"),
        ("/spread", "one line"),
        ("/tag", "tag"),
        ("/free", "anchor"),
    ] {
        let refused = at(text, pointer).expect_err(pointer);
        assert!(refused.contains(word), "{pointer}: {refused}");
    }
    assert_eq!(at(text, "/mine/other"), Ok(Some("1")));
    let said = parse(text).expect("YAML");
    assert_eq!(
        (&said["mine"]["on"], &said["twin"]["on"], &said["long"]),
        (&json!(true), &json!(true), &json!("a\nb\n"))
    );
}

#[test]
fn what_programs_read_differently_is_refused() {
    for (text, word) in [
        ("a: 1\na: 2\n", "twice"),
        ("a: 1\n---\na: 2\n", "more than one"),
        ("{a: 1", "not YAML"),
        ("? [a]\n: 1\n", "no text"),
        ("a: *nobody\n", "not YAML"),
    ] {
        let refused = parse(text).expect_err(text);
        assert!(refused.contains(word), "{text}: {refused}");
    }
    let line = |level: usize| format!("a{level}: &a{level} [{}]\n", vec![format!("*a{}", level - 1); 8].join(", "));
    let laughs = format!("a0: &a0 [x]\n{}", (1..12).map(line).collect::<String>());
    assert!(parse(&laughs).is_err_and(|why| why.contains("aliases")));
    assert!(parse(&"[".repeat(5_000)).is_err() && parse(&format!("{}{}", "[".repeat(200), "]".repeat(200))).is_err());
}

#[test]
fn text_is_written_in_the_manner_of_the_text_it_replaces() {
    for (old, new, text) in [
        ("on", "off", "off"),
        ("blue", "green-2.1", "green-2.1"),
        ("blue", "off", "\"off\""),
        ("v1", "41", "\"41\""),
        ("'a'", "it's", "'it''s'"),
        ("'a'", "b\n", "\"b\\u000a\""),
        ("\"a\"", "b\\ \"c\" \u{2028}", "\"b\\\\ \\\"c\\\" \\u2028\""),
        ("a", "b: c", "\"b: c\""),
        ("a", "", "\"\""),
    ] {
        assert_eq!(written(old, new), text);
        assert_eq!(parse(&format!("a: {text} # b\n")).map(|said| said["a"].clone()), Ok(json!(new)));
    }
}

proptest! {
    #[test]
    fn whatever_text_is_written_reads_back_and_moves_nothing_else(
        new in "\\PC{0,12}", old in prop::sample::select(vec!["on", "blue", "'a'", "\"a\""]), flow: bool,
    ) {
        let text = |value: &str| if flow { format!("x: {{a: {value}, b: 1}} # c\n") } else { format!("x:\n  a: {value} # c\n  b: 1\n") };
        let before = text(old);
        let range = locate(&before, &["x".into(), "a".into()]).expect("YAML").expect("there");
        prop_assert_eq!(&before[range], old);
        prop_assert_eq!(parse(&text(&written(old, &new))), Ok(json!({ "x": { "a": new, "b": 1 } })));
    }
}
