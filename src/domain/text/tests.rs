//! What foreign text may and may not do to a terminal.

use proptest::prelude::*;

use super::*;

/// Text rich in what attackers use, mixed with ordinary words and wide characters.
fn hostile() -> impl Strategy<Value = String> {
    let nasty = prop_oneof![
        Just('\u{1B}'),
        Just('\u{9B}'),
        Just('\u{202E}'),
        Just('\u{200B}'),
        Just('\u{E0041}'),
        Just('\u{FE0F}'),
        Just('\u{301}'),
        Just('\u{1F468}'),
        Just('漢'),
        Just('\n'),
        Just('\r'),
        Just('\t'),
        any::<char>(),
    ];
    proptest::collection::vec(nasty, 0..60).prop_map(|chars| chars.into_iter().collect())
}

proptest! {
    #[test]
    fn no_forbidden_character_survives(text in hostile()) {
        prop_assert!(!clean(&text).chars().any(is_forbidden));
        prop_assert!(!clean_lines(&text).chars().any(|c| c != '\n' && is_forbidden(c)));
    }

    #[test]
    fn cleaning_twice_changes_nothing(text in hostile()) {
        let once = clean(&text);
        prop_assert_eq!(clean(&once), once.clone());
        let lines = clean_lines(&text);
        prop_assert_eq!(clean_lines(&lines), lines.clone());
    }

    #[test]
    fn a_clipped_text_never_takes_more_columns_than_it_was_given(text in hostile(), columns in 0usize..40) {
        let text = clean(&text);
        let clipped = clip(&text, columns);
        prop_assert!(width(&clipped) <= columns, "{clipped:?}");
        prop_assert!(width(&text) > columns || clipped == text);
    }

    #[test]
    fn marks_never_pile_up(text in hostile()) {
        let mut run = 0;
        for c in clean(&text).chars() {
            run = if c.width() == Some(0) { run + 1 } else { 0 };
            prop_assert!(run <= MARKS_PER_CELL);
        }
    }

    #[test]
    fn ordinary_text_is_left_alone(text in "[a-zA-Z0-9 .,:;/größeñç漢字]{0,40}") {
        prop_assert_eq!(clean(&text), text);
    }
}

#[test]
fn what_was_hidden_is_shown() {
    assert_eq!(clean("\u{1b}[2J"), "␛[2J");
    assert_eq!(clean("\u{9b}31m"), "‹U+009B›31m");
    assert_eq!(clean("a\u{202e}b"), "a‹U+202E›b");
    assert_eq!(clean("a\u{200b}b\u{e0041}"), "a‹U+200B›b‹U+E0041›");
    assert_eq!(clean("a\nb\r\u{7f}"), "a␊b␍␡");
    assert_eq!(clean("\u{301}x"), "‹U+0301›x");
}

#[test]
fn lines_stay_lines_but_a_lone_carriage_return_cannot_overwrite_one() {
    assert_eq!(clean_lines("a\r\nb\n\tc\rd"), "a\nb\n    c␍d");
    assert_eq!(clean_lines("a\n\u{301}b"), "a\n‹U+0301›b");
}

#[test]
fn a_wide_character_is_left_out_whole() {
    assert_eq!(clip("漢字漢字", 4), "漢…");
    assert_eq!(clip("abcdef", 4), "abc…");
    assert_eq!(clip("abcd", 4), "abcd");
    assert_eq!(clip("abc", 0), "");
}
