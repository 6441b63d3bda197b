//! "Did you mean": the closest known word. May not decide what is known.

/// Longer words are no slip of the hand, and to compare them takes time.
const LONGEST: usize = 80;
/// Of shorter ones every other short word is a neighbour.
const SHORTEST: usize = 3;
/// Among more words than this nobody looks for a slip.
const MOST_KNOWN: usize = 400;

/// The closest of the known words, if it is close enough to be a slip.
pub(super) fn closest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if word.len() > LONGEST || word.chars().count() < SHORTEST {
        return None;
    }
    let lower = word.to_lowercase().replace('_', "-");
    known
        .into_iter()
        .take(MOST_KNOWN)
        .filter(|candidate| candidate.chars().count() >= SHORTEST)
        .map(|candidate| (strsim::osa_distance(&lower, &candidate.to_lowercase().replace('_', "-")), candidate))
        .filter(|(distance, candidate)| *distance <= (candidate.len().min(word.len()) / 3).max(1))
        .min()
        .map(|(_, candidate)| candidate)
}

/// A hint for a text that is no name: a name that is like it, or one that anybody can follow.
pub(super) fn name_like(text: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "._:/-".contains(c) { c.to_ascii_lowercase() } else { '-' };
    let like: String = text.trim().chars().take(64).map(plain).collect();
    let like = like.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    format!("write for example {:?}", if like.is_empty() { "slow-search" } else { like })
}

/// A hint: the closest known word, or the list of all of them.
pub(super) fn hint<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    match closest(word, known.iter().copied()) {
        Some(candidate) => format!("did you mean `{candidate}`?"),
        None if known.is_empty() => "none is declared in this file".to_owned(),
        None if known.len() > 40 => format!("one of {} and {} more", known[..40].join(", "), known.len() - 40),
        None => format!("one of: {}", known.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_no_name_is_answered_with_one() {
        for (text, like) in [("Bad Id", "bad-id"), ("  !!", "slow-search"), ("", "slow-search"), ("Größe", "gr--e")] {
            assert_eq!(name_like(text), format!("write for example {like:?}"));
        }
        let long = name_like(&"X".repeat(5_000));
        assert!(long.len() < 100, "{long}");
    }

    #[test]
    fn slips_are_recognised_and_strangers_are_not() {
        let known = ["samples", "min-samples", "query", "from"];
        assert_eq!(closest("sampels", known), Some("samples"));
        assert_eq!(closest("min_samples", known), Some("min-samples"));
        assert_eq!(closest("form", known), Some("from"));
        assert_eq!(closest("zebra", known), None);
        assert_eq!(closest("a", ["b", "at"]), None, "every letter is one slip away from every other");
        assert_eq!((closest("ab", ["abc"]), closest("abd", ["ab", "abc"])), (None, Some("abc")));
    }
}
