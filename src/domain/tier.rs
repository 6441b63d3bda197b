//! Direction and tier of a move: safer is easy, riskier is hard. May not look at evidence or people.

use super::action::{ActionSpec, Destination, Direction, Tier};
use super::lever::{LeverSpec, Setting};

/// Which way moving `lever` to `after` goes.
///
/// Towards `contained`, or to the last good version, contains. Towards `normal`, or away from `contained`, releases.
/// Anything else on a lever with a declared `contained` setting is neither proven safe nor a return to normal: it lowers.
#[must_use]
pub fn direction(lever: &LeverSpec, to: Option<&Destination>, observed: &Setting, after: &Setting) -> Direction {
    if matches!(to, Some(Destination::LastGood | Destination::Contained)) {
        return Direction::Contain;
    }
    let is = |wanted: &Option<Setting>, what: &Setting| wanted.as_ref().is_some_and(|w| w.same(what));
    if is(&lever.contained, after) {
        Direction::Contain
    } else if is(&lever.normal, after) || is(&lever.contained, observed) {
        Direction::Release
    } else if lever.contained.is_some() {
        Direction::Lower
    } else {
        Direction::Release
    }
}

/// The tier of a plan: from its direction and whether its undo is exact; the action and its kind may raise it, never lower
/// it.
#[must_use]
pub fn tier(direction: Direction, exact_undo: bool, action: Option<&ActionSpec>) -> Tier {
    let by_direction = match direction {
        Direction::Contain if exact_undo => Tier::One,
        Direction::Contain | Direction::Release => Tier::Two,
        Direction::Lower => Tier::Three,
    };
    action.map_or(by_direction, |action| action.least_tier().max(by_direction))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::change::ChangeKind;
    use crate::domain::lever::forms;
    use proptest::prelude::*;

    fn switch() -> LeverSpec {
        LeverSpec {
            id: "assistant".parse().expect("id"),
            from: "flags".parse().expect("id"),
            target: forms::UNLEASH_FLAG.at([("flag", "ai"), ("environment", "production")]),
            normal: Some(Setting::Switch(true)),
            contained: Some(Setting::Switch(false)),
            change_kind: ChangeKind::Flag,
        }
    }

    #[test]
    fn switching_off_contains_and_switching_on_releases() {
        let lever = switch();
        let (on, off) = (Setting::Switch(true), Setting::Switch(false));
        assert_eq!(direction(&lever, None, &on, &off), Direction::Contain);
        assert_eq!(direction(&lever, None, &off, &on), Direction::Release);
    }

    #[test]
    fn a_setting_that_is_neither_normal_nor_contained_lowers() {
        let mut lever = switch();
        lever.normal = Some(Setting::Number(100.0));
        lever.contained = Some(Setting::Number(0.0));
        assert_eq!(direction(&lever, None, &Setting::Number(100.0), &Setting::Number(50.0)), Direction::Lower);
    }

    proptest! {
        #[test]
        fn releasing_is_never_a_lower_tier_than_containing(exact in any::<bool>(), exact_release in any::<bool>()) {
            prop_assert!(tier(Direction::Release, exact_release, None) >= tier(Direction::Contain, exact, None));
            prop_assert!(tier(Direction::Lower, exact_release, None) >= tier(Direction::Release, exact, None));
        }
    }
}
