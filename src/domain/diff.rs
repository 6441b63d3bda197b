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

impl Piece {
    /// True for a change of spaces between words, which nobody has to see; a line break is more.
    #[must_use]
    pub fn is_only_space(&self) -> bool {
        self.kind != PieceKind::Same && self.text.trim().is_empty() && !self.text.contains('\n')
    }
}

/// The difference of two texts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diff {
    /// In reading order.
    pub pieces: Vec<Piece>,
    /// How many words differ (removed plus added).
    pub words_changed: usize,
}

/// So many unchanged words between two changes do not keep them apart.
const KEPT_APART: usize = 2;

/// Compares `now` with `after` word by word. A change and its undo have the same pieces, each with the other's fate:
/// people who see "30 words changed" in one place and 32 in another believe neither.
#[must_use]
pub fn words(now: &str, after: &str) -> Diff {
    // Of several shortest differences the algorithm takes another one when the texts are exchanged.
    let exchanged = now > after;
    let (first, second) = if exchanged { (after, now) } else { (now, after) };
    let mut pieces: Vec<Piece> = Vec::new();
    let mut words_changed = 0;
    for change in TextDiff::from_words(first, second).iter_all_changes() {
        let kind = match (change.tag(), exchanged) {
            (ChangeTag::Equal, _) => PieceKind::Same,
            (ChangeTag::Delete, false) | (ChangeTag::Insert, true) => PieceKind::Removed,
            (ChangeTag::Insert, false) | (ChangeTag::Delete, true) => PieceKind::Added,
        };
        if kind != PieceKind::Same && !change.value().trim().is_empty() {
            words_changed += 1;
        }
        match pieces.last_mut() {
            Some(last) if last.kind == kind => last.text.push_str(change.value()),
            _ => pieces.push(Piece { kind, text: change.value().to_owned() }),
        }
    }
    Diff { pieces: phrases(pieces), words_changed }
}

/// Joins changes that only a word or two keep apart, first all that goes and then all that comes: a rewritten sentence
/// reads as two sentences, not as words of both in turn. Lines stay apart.
fn phrases(pieces: Vec<Piece>) -> Vec<Piece> {
    let mut joined = Vec::new();
    let (mut removed, mut added) = (String::new(), String::new());
    let mut rest = pieces.into_iter().peekable();
    while let Some(piece) = rest.next() {
        match piece.kind {
            PieceKind::Removed => removed.push_str(&piece.text),
            PieceKind::Added => added.push_str(&piece.text),
            PieceKind::Same => {
                let within = !(removed.is_empty() && added.is_empty()) && rest.peek().is_some();
                if within && !piece.text.contains('\n') && piece.text.split_whitespace().count() <= KEPT_APART {
                    removed.push_str(&piece.text);
                    added.push_str(&piece.text);
                } else {
                    flush(&mut joined, &mut removed, &mut added);
                    joined.push(piece);
                }
            }
        }
    }
    flush(&mut joined, &mut removed, &mut added);
    joined
}

fn flush(joined: &mut Vec<Piece>, removed: &mut String, added: &mut String) {
    for (kind, text) in [(PieceKind::Removed, removed), (PieceKind::Added, added)] {
        if !text.is_empty() {
            joined.push(Piece { kind, text: std::mem::take(text) });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_rewritten_sentence_reads_as_one_that_goes_and_one_that_comes() {
        let diff = words(
            "Answer the customer always in full detail, citing policy.",
            "Answer the customer always in few words, without policy.",
        );
        let told: Vec<(PieceKind, &str)> = diff.pieces.iter().map(|p| (p.kind, p.text.as_str())).collect();
        let expected = [
            (PieceKind::Same, "Answer the customer always in "),
            (PieceKind::Removed, "full detail, citing"),
            (PieceKind::Added, "few words, without"),
            (PieceKind::Same, " policy."),
        ];
        assert_eq!(told, expected);
        assert_eq!(diff.words_changed, 6, "what stayed is not counted");
    }

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

        #[test]
        fn a_change_and_its_undo_change_as_many_words(a in "[a-d \n]{0,60}", b in "[a-d \n]{0,60}") {
            prop_assert_eq!(words(&a, &b).words_changed, words(&b, &a).words_changed);
        }
    }
}
