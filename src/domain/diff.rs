//! Word-level difference of two texts, for prompts. May not know how it is drawn.

use serde::{Deserialize, Serialize};
use similar::{ChangeTag, TextDiff};

/// What happened to a piece of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PieceKind {
    /// In both.
    Same,
    /// Only in the text that is now in service.
    Removed,
    /// Only in the text that will be.
    Added,
}

/// A run of words with one fate. Keeps its white space.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Piece {
    /// Its fate.
    pub kind: PieceKind,
    /// The words.
    pub text: String,
}

/// The difference of two texts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diff {
    /// In reading order.
    pub pieces: Vec<Piece>,
    /// How many words differ (removed plus added).
    pub words_changed: usize,
}

/// Compares `now` with `after` word by word.
#[must_use]
pub fn words(now: &str, after: &str) -> Diff {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut words_changed = 0;
    for change in TextDiff::from_words(now, after).iter_all_changes() {
        let kind = match change.tag() {
            ChangeTag::Equal => PieceKind::Same,
            ChangeTag::Delete => PieceKind::Removed,
            ChangeTag::Insert => PieceKind::Added,
        };
        if kind != PieceKind::Same && !change.value().trim().is_empty() {
            words_changed += 1;
        }
        match pieces.last_mut() {
            Some(last) if last.kind == kind => last.text.push_str(change.value()),
            _ => pieces.push(Piece { kind, text: change.value().to_owned() }),
        }
    }
    Diff { pieces, words_changed }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn both_texts_can_be_read_back_from_the_diff(a in "[a-c \n]{0,40}", b in "[a-c \n]{0,40}") {
            let diff = words(&a, &b);
            let without = |kind| -> String {
                diff.pieces.iter().filter(|p| p.kind != kind).map(|p| p.text.as_str()).collect()
            };
            prop_assert_eq!(without(PieceKind::Added), a);
            prop_assert_eq!(without(PieceKind::Removed), b);
        }
    }
}
