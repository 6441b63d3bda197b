//! Kleene's rules over lists of comparisons.

use proptest::prelude::*;

use super::super::{Comparison, Evidence, Verdict, and, not, or};
use super::facts::Known;
use super::parse;

fn any_verdict() -> impl Strategy<Value = Verdict> {
    proptest::sample::select(vec![Verdict::True, Verdict::False, Verdict::Unknown])
}

/// `a` is 1, `b` is missing: one comparison for each verdict.
fn comparison(verdict: Verdict) -> Comparison {
    parse(match verdict {
        Verdict::True => "a == 1",
        Verdict::False => "a == 2",
        Verdict::Unknown => "b == 1",
    })
}

fn evidence(all: &[Verdict], any: &[Verdict], none: &[Verdict]) -> Evidence {
    let list = |verdicts: &[Verdict]| verdicts.iter().map(|v| comparison(*v)).collect();
    Evidence { all: list(all), any: list(any), none: list(none) }
}

fn judge(evidence: &Evidence) -> Verdict {
    evidence.judge(&Known::default().number("a", 1.0)).verdict
}

proptest! {
    #[test]
    fn conjunction_and_disjunction_follow_kleene(all in proptest::collection::vec(any_verdict(), 1..6)) {
        let has = |wanted: Verdict| all.contains(&wanted);
        let conjunction = if has(Verdict::False) { Verdict::False } else if has(Verdict::Unknown) { Verdict::Unknown } else { Verdict::True };
        let disjunction = if has(Verdict::True) { Verdict::True } else if has(Verdict::Unknown) { Verdict::Unknown } else { Verdict::False };
        prop_assert_eq!(and(all.iter().copied()), conjunction);
        prop_assert_eq!(or(all.iter().copied()), disjunction);
        prop_assert_eq!(not(and(all.iter().copied())), or(all.iter().copied().map(not)));
    }

    #[test]
    fn removing_data_never_turns_a_verdict_into_its_opposite(
        all in proptest::collection::vec(any_verdict(), 0..4),
        any in proptest::collection::vec(any_verdict(), 0..4),
        none in proptest::collection::vec(any_verdict(), 0..4),
        lost in 0usize..12,
    ) {
        let before = judge(&evidence(&all, &any, &none));
        let lose = |list: &[Verdict], from: usize| -> Vec<Verdict> {
            list.iter().enumerate().map(|(i, v)| if i + from == lost { Verdict::Unknown } else { *v }).collect()
        };
        let after = judge(&evidence(&lose(&all, 0), &lose(&any, all.len()), &lose(&none, all.len() + any.len())));
        prop_assert!(after == before || after == Verdict::Unknown, "{before} became {after}");
    }
}

#[test]
fn no_evidence_at_all_proves_nothing() {
    assert_eq!(judge(&evidence(&[], &[], &[])), Verdict::Unknown);
}

#[test]
fn none_means_that_none_may_hold_and_an_unknown_one_may() {
    assert_eq!(judge(&evidence(&[], &[], &[Verdict::False])), Verdict::True);
    assert_eq!(judge(&evidence(&[], &[], &[Verdict::Unknown])), Verdict::Unknown);
    assert_eq!(judge(&evidence(&[Verdict::True], &[], &[Verdict::True])), Verdict::False);
    assert_eq!(judge(&evidence(&[Verdict::True], &[Verdict::False, Verdict::Unknown], &[])), Verdict::Unknown);
}
