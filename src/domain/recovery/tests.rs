//! "Recovered" is said for what was bad and is well, and for nothing else.

use super::super::cause::Fault;
use super::super::fixture::{World, ago, comparison};
use super::*;

fn errors_are_few() -> Evidence {
    Evidence { all: vec![comparison("error_rate < 0.01")], ..Evidence::default() }
}

fn look(world: &World, bad_before: &[&str], seconds_ago: i64) -> Recovery {
    let bad_before: Vec<String> = bad_before.iter().map(ToString::to_string).collect();
    judge(&errors_are_few(), &bad_before, &world.snapshot(), ago(seconds_ago))
}

#[test]
fn what_was_well_before_has_not_recovered() {
    assert_eq!(look(&World::well(), &[], 60), Recovery::NothingWasBad);
}

#[test]
fn true_evidence_is_no_recovery_while_something_is_still_bad() {
    let failing = World::well().since("grounding", 0.71, 35);
    assert_eq!(look(&failing, &["grounding"], 60), Recovery::Open("grounding is still CRIT".into()));
    let degraded = World::well().since("grounding", 0.86, 35);
    assert_eq!(look(&degraded, &["grounding"], 60), Recovery::Open("grounding is still WARN".into()));
    let lost = World::well().silent("grounding", Fault::NoData, 900);
    assert_eq!(look(&lost, &["grounding"], 60), Recovery::Open("grounding is UNKNOWN".into()));
    assert!(matches!(look(&failing, &["error_rate", "grounding"], 60), Recovery::Open(_)), "each one counts");
}

#[test]
fn recovered_is_what_was_bad_and_is_measured_well_since() {
    let Recovery::Held(why) = look(&World::well(), &["grounding"], 60) else { panic!("it recovered") };
    assert!(why.starts_with("grounding is OK again, error_rate < 0.01 (is "), "{why}");
    let Recovery::Open(why) = look(&World::well(), &["grounding"], 1) else { panic!("the samples are older") };
    assert!(why.starts_with("grounding has no sample since the effect"), "{why}");
    let errors = World::well().since("error_rate", 0.3, 12);
    assert!(matches!(look(&errors, &["grounding"], 60), Recovery::Open(_)), "the evidence itself has to hold");
}
