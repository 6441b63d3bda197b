//! Numbers and spans of time as people read them: at most three significant digits, one unit.
//! May not know signals, limits or verdicts.

use std::fmt::Write as _;

/// A number with at most three significant digits: `0.712`, `14.9`, `412`, `4.12 k`.
#[must_use]
pub fn number(value: f64) -> String {
    let size = value.abs();
    let (scaled, suffix) = match size {
        s if s >= 1e15 => return format!("{value:.1e}"),
        s if s >= 999.5e6 => (value / 1e9, " G"),
        s if s >= 999.5e3 => (value / 1e6, " M"),
        s if s >= 999.5 => (value / 1e3, " k"),
        _ => (value, ""),
    };
    let mut text = three_digits(scaled);
    text.push_str(suffix);
    text
}

fn three_digits(value: f64) -> String {
    let size = value.abs();
    if size > 0.0 && size < 0.0005 {
        return format!("{value:.1e}");
    }
    let decimals = match size {
        s if s >= 99.95 => 0,
        s if s >= 9.995 => 1,
        s if s >= 0.9995 => 2,
        _ => 3,
    };
    let text = format!("{value:.decimals$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// A number as its unit is read: shares where less is better in percent, times in seconds; all else as [`number`].
#[must_use]
pub fn in_unit(value: f64, unit: &str, higher_is_better: bool) -> String {
    match unit {
        "ratio" if !higher_is_better => format!("{} %", number(value * 100.0)),
        "s" => format!("{} s", number(value)),
        _ => number(value),
    }
}

/// A span of time in its largest sensible unit: `42 s`, `6 min`, `3 h`, `14 d`.
#[must_use]
pub fn span(seconds: f64) -> String {
    let sign = if seconds < 0.0 { "-" } else { "" };
    let size = seconds.abs();
    let (count, unit) = match size {
        s if s < 10.0 && s.fract() >= 0.05 && s.fract() < 0.95 => return format!("{sign}{s:.1} s"),
        s if s < 99.5 => (s, "s"),
        s if s < 5_970.0 => (s / 60.0, "min"),
        s if s < 171_000.0 => (s / 3_600.0, "h"),
        s => (s / 86_400.0, "d"),
    };
    format!("{sign}{count:.0} {unit}")
}

/// Words joined as in a sentence: `a`, `a and b`, `a, b and c`.
#[must_use]
pub fn listed<T: AsRef<str>>(words: &[T]) -> String {
    let mut text = String::new();
    for (at, word) in words.iter().enumerate() {
        let join = if at == 0 {
            ""
        } else if at + 1 == words.len() {
            " and "
        } else {
            ", "
        };
        let _ = write!(text, "{join}{}", word.as_ref());
    }
    text
}

/// The word with its first letter in upper case.
#[must_use]
pub fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_at_most_three_significant_digits() {
        let shown = [
            (0.0, "0"),
            (-0.0, "0"),
            (0.71, "0.71"),
            (0.712_345, "0.712"),
            (14.93, "14.9"),
            (0.05, "0.05"),
            (999.4, "999"),
            (999.6, "1 k"),
            (4_120.0, "4.12 k"),
            (1_234_567.0, "1.23 M"),
            (-8.4, "-8.4"),
            (0.000_02, "2.0e-5"),
            (-1e308, "-1.0e308"),
        ];
        for (value, text) in shown {
            assert_eq!(number(value), text, "{value}");
        }
    }

    #[test]
    fn spans_use_one_unit_that_a_tired_person_can_compare() {
        let shown = [
            (0.0, "0 s"),
            (4.0, "4 s"),
            (0.4, "0.4 s"),
            (94.0, "94 s"),
            (360.0, "6 min"),
            (2_100.0, "35 min"),
            (10_800.0, "3 h"),
            (86_400.0, "24 h"),
            (1_209_600.0, "14 d"),
        ];
        for (seconds, text) in shown {
            assert_eq!(span(seconds), text, "{seconds}");
        }
    }

    #[test]
    fn lists_read_as_sentences() {
        assert_eq!(listed(&["a"]), "a");
        assert_eq!(listed(&["a", "b"]), "a and b");
        assert_eq!(listed(&["a", "b", "c"]), "a, b and c");
    }
}
