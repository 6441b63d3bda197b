//! What showed that a run took effect: the product's traffic, or only the side of its store that hands settings out. Both are
//! called verified, and only one of them is what users meet: words never claim the other. May not judge anything.

use super::entry::Intent;
use super::lever::Setting;
use super::plan::Purpose;

/// How what the serving side showed begins.
const SERVED: &str = "the serving side hands out ";

/// What showed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ShownBy {
    /// Traffic evidence, on samples newer than the store's answer.
    Traffic,
    /// The serving side; no traffic evidence is declared, or it could not tell.
    ServingSide,
    /// An undo: the serving side, and the traffic is back where it was.
    Both,
}

/// `the serving side hands out off`: what a proof by the serving side says.
#[must_use]
pub fn handed_out(setting: &Setting) -> String {
    format!("{SERVED}{setting}")
}

impl ShownBy {
    /// What a verified run of this intent was shown by, as the words of its proof say.
    #[must_use]
    pub fn of(intent: &Intent, why: &str) -> Self {
        let Some(rest) = why.strip_prefix(SERVED) else { return Self::Traffic };
        let rest = rest.strip_prefix(&intent.after.to_string()).unwrap_or_default();
        let back = matches!(intent.purpose, Purpose::Undo(_)) && rest.starts_with(", ");
        if back { Self::Both } else { Self::ServingSide }
    }

    /// Behind the word "verified"; nothing where traffic showed it, which is what the word promises.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Traffic | Self::Both => "",
            Self::ServingSide => " by the serving side, not by traffic",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{intent, plan};
    use super::*;

    #[test]
    fn what_only_the_serving_side_showed_is_never_called_traffic() {
        let action = intent(&plan(), "run-1");
        let undo = Intent { purpose: Purpose::Undo("run-1".parse().expect("id")), ..action.clone() };
        assert_eq!(ShownBy::of(&action, "fallback_share > 0.95 (is 0.98)"), ShownBy::Traffic);
        assert_eq!(ShownBy::of(&action, &handed_out(&action.after)), ShownBy::ServingSide);
        assert_eq!(ShownBy::of(&undo, &handed_out(&undo.after)), ShownBy::ServingSide);
        let back = format!("{}, fallback share back at 1 %", handed_out(&undo.after));
        assert_eq!(ShownBy::of(&undo, &back), ShownBy::Both);
        assert_eq!(ShownBy::of(&undo, "fallback share back at 1 %"), ShownBy::Traffic);
    }
}
