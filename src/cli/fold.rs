//! Breaks lines for people to a terminal's width, between words and under their own indent. May not print, and may not
//! touch what machines read: JSON and printed files keep their lines.

use crate::ui::widgets::wrap;

/// Columns that a continued line stands further right than its first.
const HANG: usize = 4;
/// Below this a terminal is too narrow to fold for.
const LEAST: usize = 30;

/// Every line in at most `columns`; what goes on hangs under its line.
#[must_use]
pub fn lines(text: &str, columns: usize) -> String {
    if columns < LEAST {
        return text.to_owned();
    }
    let mut folded = Vec::new();
    for line in text.lines() {
        if wrap::width(line) <= columns {
            folded.push(line.to_owned());
            continue;
        }
        let words = line.trim_start_matches(' ');
        let indent = (line.len() - words.len()).min(columns / 3);
        let hang = (indent + HANG).min(columns / 2);
        let mut rest = wrap::lines(words, columns - hang).into_iter();
        folded.extend(rest.next().map(|first| format!("{}{first}", " ".repeat(indent))));
        folded.extend(rest.map(|more| format!("{}{more}", " ".repeat(hang))));
    }
    folded.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_whole_and_hang_under_their_line() {
        let text = "  CRIT      quality          grounding   0.71  normal 0.88";
        assert_eq!(lines(text, 40), "  CRIT      quality\n      grounding   0.71  normal 0.88");
        assert_eq!(lines(text, 80), text);
    }

    #[test]
    fn no_line_is_wider_than_the_terminal_and_no_word_is_lost() {
        let text = "one two  three\n\n      four five six seven eight nine ten eleven twelve\n\u{7f16}\u{7801} wide";
        for columns in LEAST..60 {
            let folded = lines(text, columns);
            assert!(folded.lines().all(|line| wrap::width(line) <= columns), "{columns}: {folded:?}");
            let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
            assert_eq!(words(&folded), words(text));
        }
    }
}
