//! Doubts are said when there is reason, and only then.

use super::super::cause::Fault;
use super::super::fixture::{World, comparison, runbook};
use super::*;

#[test]
fn a_change_is_doubted_only_while_nothing_fails() {
    assert_eq!(calm(&World::well().snapshot()).as_deref(), Some("nothing is failing now: is this what you want?"));
    assert_eq!(calm(&World::well().since("grounding", 0.71, 35).snapshot()), None, "CRIT");
    assert_eq!(calm(&World::well().since("grounding", 0.86, 35).snapshot()), None, "WARN");
    assert_eq!(
        calm(&World::well().silent("pii_out", Fault::NoData, 900).snapshot()).as_deref(),
        Some("nothing that can be judged is failing now, 1 signal cannot be judged: is this what you want?"),
        "what is not measured may be failing"
    );
}

#[test]
fn an_effect_that_holds_before_the_write_is_doubted() {
    let always = Evidence { all: vec![comparison("pii_out == 0")], ..Evidence::default() };
    assert!(already(&always, &World::well().snapshot()).is_some_and(|why| why.contains("pii_out")));
    let not_yet = Evidence { all: vec![comparison("grounding > 0.95")], ..Evidence::default() };
    assert_eq!(already(&not_yet, &World::well().snapshot()), None, "it can come true");
    let lost = World::well().silent("pii_out", Fault::NoData, 900);
    assert_eq!(already(&always, &lost.snapshot()), None, "unknown is another doubt");
}

#[test]
fn an_effect_is_unverifiable_only_when_nothing_of_its_evidence_is_known() {
    let effect = Evidence {
        all: vec![comparison("pii_out == 0"), comparison("n(pii_out) > 80")],
        any: vec![comparison("grounding > 0.87")],
        none: Vec::new(),
    };
    let lost = World::well().silent("pii_out", Fault::NoData, 900);
    assert_eq!(unverifiable(&effect, &World::well().snapshot()), None);
    assert_eq!(unverifiable(&effect, &lost.snapshot()), None, "one part can still be seen");
    let blind = lost.silent("grounding", Fault::NoData, 900).snapshot();
    let why = unverifiable(&effect, &blind).expect("nothing can be seen");
    assert!(why.contains("pii_out: UNKNOWN") && why.contains("grounding: UNKNOWN"), "{why}");
    let twice = Evidence { all: vec![comparison("pii_out == 0"), comparison("pii_out < 1")], ..Evidence::default() };
    let why = unverifiable(&twice, &blind).expect("nothing can be seen");
    assert_eq!(why.matches("pii_out: UNKNOWN").count(), 1, "each cause is said once: {why}");
    assert_eq!(unverifiable(&Evidence::default(), &blind), None, "no evidence is another warning");
}

#[test]
fn what_the_runbook_of_the_likeliest_cause_forbids_is_said_before_it_is_fired() {
    let mut leak = runbook("leak", "P2", &[("pii_out > 0", 3.0)]);
    leak.never = vec![ActionKind::ServeCache];
    let world = World::well().runbook(leak);
    let against = |world: &World, kind| forbidden(&world.catalogue, kind, &world.snapshot());
    assert_eq!(against(&world, ActionKind::ServeCache), None, "nothing leaks");
    let world = world.since("pii_out", 3.0, 35);
    let why = against(&world, ActionKind::ServeCache).expect("said");
    assert!(why.contains("likeliest cause") && why.ends_with("never: serve_cache"), "{why}");
    assert_eq!(against(&world, ActionKind::KillFeature), None);
}
