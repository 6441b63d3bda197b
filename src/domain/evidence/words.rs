//! The words that comparisons may use: functions with their shapes, spans of time, and the closest known word for a wrong one.
//! May not know the tree.

/// Every function with the shape shown in hints.
pub(super) const FUNCTIONS: [(&str, &str); 14] = [
    ("value", "value(signal)"),
    ("ratio", "ratio(signal)"),
    ("z", "z(signal)"),
    ("slope", "slope(signal, \"1h\")"),
    ("burn", "burn(signal, \"1h\", \"5m\")"),
    ("worst", "worst(signal)"),
    ("spread", "spread(signal)"),
    ("age", "age(signal)"),
    ("n", "n(signal)"),
    ("changed", "changed(\"prompt\", \"24h\")"),
    ("lag", "lag(\"prompt\")"),
    ("onset", "onset(signal)"),
    ("lever", "lever(\"name\")"),
    ("provider_status", "provider_status(\"name\")"),
];

/// What a provider's page can say; planned maintenance reads as `minor`.
pub(super) const PROVIDER_WORDS: [&str; 4] = ["none", "minor", "major", "critical"];

/// Seconds of a span such as `90s`, `10m`, `1h`, `14d`, `2w`. `None` if it is no span longer than nothing.
pub(super) fn span_seconds(text: &str) -> Option<f64> {
    let (count, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let unit = match unit {
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3_600.0,
        "d" => 86_400.0,
        "w" => 604_800.0,
        _ => return None,
    };
    let digits = !count.is_empty() && count.len() <= 6 && count.bytes().all(|b| b.is_ascii_digit());
    let count: u32 = digits.then(|| count.parse().ok()).flatten()?;
    (count > 0).then(|| f64::from(count) * unit)
}

/// A span of time written without quotes: where it stands (in characters) and its text.
pub(super) fn unquoted_span(text: &str) -> Option<(usize, String)> {
    // Most comparisons hold no digit with a unit at all; thousands are loaded.
    if !text.as_bytes().windows(2).any(|pair| pair[0].is_ascii_digit() && b"smhdw".contains(&pair[1])) {
        return None;
    }
    let letters: Vec<char> = text.chars().collect();
    let is_word = |at: usize| letters.get(at).is_some_and(|c| c.is_alphanumeric() || *c == '_' || *c == '.');
    let mut quote = None;
    for (at, letter) in letters.iter().copied().enumerate() {
        match (quote, letter) {
            (None, '"' | '\'') => quote = Some(letter),
            (Some(open), _) if open == letter => quote = None,
            (None, '0'..='9') if at == 0 || !is_word(at - 1) => {
                let digits = letters[at..].iter().take_while(|c| c.is_ascii_digit()).count();
                let end = at + digits;
                if letters.get(end).is_some_and(|c| "smhdw".contains(*c)) && !is_word(end + 1) {
                    return Some((at, letters[at..=end].iter().collect()));
                }
            }
            _ => {}
        }
    }
    None
}

/// `did you mean "grounding"?`, if any known word is close enough to be meant.
pub(super) fn did_you_mean<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let close = |word: &'a str| {
        let similarity = strsim::jaro_winkler(written, word);
        (similarity > 0.8).then_some((similarity, word))
    };
    let best = known.into_iter().filter_map(close).max_by(|a, b| a.0.total_cmp(&b.0))?;
    Some(format!("did you mean {:?}?", best.1))
}

/// Characters before the first place where `needle` stands as a word of its own; 0 if it does not.
pub(super) fn place_of(text: &str, needle: &str) -> usize {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let alone = |at: usize| {
        let before = text.get(..at).and_then(|head| head.chars().next_back());
        let after = text.get(at + needle.len()..).and_then(|tail| tail.chars().next());
        !before.is_some_and(is_word) && !after.is_some_and(is_word)
    };
    let byte = text.match_indices(needle).map(|(at, _)| at).find(|at| alone(*at));
    byte.and_then(|at| text.get(..at)).map_or(0, |head| head.chars().count())
}
