//! Stories with known answers, controls that must stay silent, and rules that must hold for any evidence.

use proptest::prelude::*;

use super::super::action::ActionKind;
use super::super::cause::Fault;
use super::super::change::{Change, ChangeKind};
use super::super::fixture::{World, change, runbook};
use super::super::runbook::{Next, Raise, Step, StepBody};
use super::super::snapshot::{Below, Triage};
use super::*;

/// Four symptoms in the manner of the shipped ones.
fn world() -> World {
    let mut wrong = runbook(
        "wrong-consistent",
        "P2",
        &[
            ("ratio(eval_match) < 0.9", 3.0),
            ("grounding < 0.85", 3.0),
            ("lag(prompt) < \"2h\"", 2.0),
            ("error_rate < 0.01", 1.0),
        ],
    );
    wrong.contain = vec![ActionKind::PinModel, ActionKind::RollbackPrompt, ActionKind::KillFeature];
    let mut outage = runbook(
        "provider-outage",
        "P2",
        &[("provider_probe_error > 0.05", 3.0), ("error_rate > 0.05", 1.0), ("changed(provider, \"14d\")", 1.0)],
    );
    outage.beats = vec!["errors".parse().expect("id"), "latency".parse().expect("id")];
    let latency = runbook("latency", "P3", &[("ratio(latency_p99) > 2", 3.0), ("changed(deploy, \"24h\")", 1.0)]);
    let errors = runbook("errors", "P2", &[("error_rate > 0.05", 3.0), ("lag(deploy) < \"2h\"", 1.0)]);
    let mut leak = runbook("leak", "P2", &[("pii_out > 0", 3.0), ("changed(guardrail, \"24h\")", 2.0)]);
    leak.harm = Harm::Leak;
    leak.evidence[0].harm = true;
    leak.contain = vec![ActionKind::RollbackGuardrail, ActionKind::AddFilter, ActionKind::KillFeature];
    leak.never = vec![ActionKind::ServeCache];
    World::well().runbook(wrong).runbook(outage).runbook(latency).runbook(errors).runbook(leak)
}

fn triage(world: &World) -> Triage {
    world.snapshot().triage
}

fn order(triage: &Triage) -> Vec<&str> {
    triage.symptoms.iter().map(|symptom| symptom.id.as_str()).collect()
}

#[test]
fn wrong_answers_after_a_prompt_change_name_symptom_suspect_and_lag() {
    let world = world()
        .since("grounding", 0.71, 35)
        .since("eval_match", 0.70, 34)
        .change(ChangeKind::Prompt, "support v41 → v42", 41)
        .change(ChangeKind::Flag, "rerank-v2 0 → 20 %", 38)
        .change(ChangeKind::Index, "kb rebuilt", 7 * 60);
    let triage = triage(&world);
    assert_eq!(order(&triage), ["wrong-consistent"]);
    let first = &triage.symptoms[0];
    assert_eq!((first.rank, first.for_it.len(), first.against.len()), (1, 4, 0));
    // T = 9, F = 0, w = 9/4.
    assert!((first.score - 9.0 / 18.0).abs() < 1e-9, "{}", first.score);
    let suspect = triage.suspect.expect("a suspect");
    assert_eq!(
        (suspect.kind, suspect.lag_s),
        (ChangeKind::Prompt, 360),
        "the kind that the evidence names, not the nearest"
    );
    assert_eq!(triage.severity.map(|s| s.level).as_deref(), Some("P2"));
    assert!(!triage.cannot_say);
}

#[test]
fn the_score_is_the_documented_formula() {
    assert!((score(3.0, 2.0, 1.0) - (3.0 - 1.0) / (3.0 + 2.0 + 4.0)).abs() < 1e-12);
    assert!(score(0.0, 0.0, 0.0).abs() < 1e-12, "nothing weighed is no rank, not NaN");
}

#[test]
fn controls_stay_silent() {
    let peak = world().since("request_rate", 42.0 * 1.85, 60);
    let deploy = world().change(ChangeKind::Deploy, "api 7", 10).change(ChangeKind::Prompt, "v42", 5);
    let page = world().since("provider_status", 2.0, 30);
    let page_critical = world().since("provider_status", 3.0, 30);
    for (story, world) in [
        ("weekday peak", peak),
        ("planned deploy", deploy),
        ("late status page", page),
        ("critical page", page_critical),
    ] {
        let triage = triage(&world);
        assert!(triage.symptoms.is_empty(), "{story}: {:?}", order(&triage));
        assert!(!triage.cannot_say && triage.severity.is_none(), "{story}");
    }
    assert_eq!(triage(&world()).severity, None);
}

#[test]
fn a_leak_comes_first_at_p1_whatever_scores_higher() {
    let world = world()
        .since("grounding", 0.71, 35)
        .since("eval_match", 0.70, 34)
        .change(ChangeKind::Prompt, "support v41 → v42", 41)
        .since("pii_out", 1.0, 3);
    let triage = triage(&world);
    assert_eq!(order(&triage), ["leak", "wrong-consistent"]);
    assert!(triage.symptoms[0].score < triage.symptoms[1].score);
    let severity = triage.severity.expect("proposed");
    assert_eq!((severity.level.as_str(), severity.why.contains("harm")), ("P1", true));
    assert_eq!(
        triage.symptoms[0].actions,
        [ActionKind::KillFeature, ActionKind::AddFilter, ActionKind::RollbackGuardrail]
    );
}

#[test]
fn a_harm_floor_counts_only_while_its_own_evidence_is_true() {
    let world = world().since("grounding", 0.71, 35).change(ChangeKind::Guardrail, "v8", 60);
    let triage = triage(&world);
    assert_eq!(triage.symptoms[0].id.as_str(), "wrong-consistent");
    assert_eq!(triage.severity.map(|s| s.level).as_deref(), Some("P2"));
}

#[test]
fn what_stands_below_a_smaller_score_says_which_rule_put_it_there() {
    // One piece of two is true for the specific one, every piece for the general one.
    let mut specific = runbook("specific", "P2", &[("error_rate > 0.05", 3.0), ("ratio(latency_p99) > 2", 2.0)]);
    specific.beats = vec!["general".parse().expect("id")];
    let general = runbook("general", "P2", &[("error_rate > 0.05", 3.0), ("error_rate > 0.04", 3.0)]);
    let mut leak = runbook("leak", "P2", &[("error_rate > 0.03", 1.0), ("ratio(latency_p99) > 2", 1.0)]);
    leak.harm = Harm::Leak;
    leak.evidence[0].harm = true;
    let low = runbook("low", "P3", &[("error_rate > 0.05", 1.0), ("ratio(latency_p99) > 3", 1.0)]);
    let world = World::well().since("error_rate", 0.2, 20);
    let triage = triage(&world.runbook(specific).runbook(general).runbook(leak).runbook(low));
    assert_eq!(order(&triage), ["leak", "specific", "general", "low"]);
    let below: Vec<_> = triage.symptoms.iter().map(|s| s.below.as_ref().map(Below::words)).collect();
    let harm = "below 1: harm goes first, whatever the score";
    let beats = "below 2: the more specific goes first, whatever the score";
    assert_eq!(below, [None, Some(harm.to_owned()), Some(beats.to_owned()), None], "{:?}", triage.symptoms);
}

#[test]
fn the_specific_beats_the_general_only_while_it_holds() {
    let outage =
        world().since("provider_probe_error", 0.4, 12).since("error_rate", 0.3, 11).since("latency_p99", 9.0, 11);
    assert_eq!(order(&triage(&outage)), ["provider-outage", "errors", "latency"]);
    let ours = world().since("error_rate", 0.3, 11);
    assert_eq!(order(&triage(&ours))[0], "errors", "one stray clue for the provider is no outage");
}

#[test]
fn nobody_pins_a_model_that_did_not_change() {
    let bad = || world().since("grounding", 0.71, 35);
    let actions = |world: World| triage(&world).symptoms[0].actions.clone();
    assert_eq!(actions(bad())[0], ActionKind::RollbackPrompt);
    assert_eq!(actions(bad().change(ChangeKind::Model, "gpt 1 → 2", 60))[0], ActionKind::PinModel);
    assert_eq!(actions(bad().since("fingerprint_changed", 1.0, 40))[0], ActionKind::PinModel);
}

#[test]
fn what_makes_it_worse_is_not_offered() {
    let mut world = world().since("grounding", 0.71, 35);
    let mut wrong = world
        .catalogue
        .runbooks
        .values()
        .find(|r| r.id.as_str() == "wrong-consistent")
        .expect("there")
        .as_ref()
        .clone();
    wrong.never = vec![ActionKind::RollbackPrompt];
    world = world.runbook(wrong);
    assert!(!triage(&world).symptoms[0].actions.contains(&ActionKind::RollbackPrompt));
}

#[test]
fn nothing_measured_is_cannot_say_and_not_all_well() {
    let mut world = world();
    for signal in world.observed.signals.values_mut() {
        signal.sample = Err(Fault::NotYet);
    }
    let triage = triage(&world);
    assert!(triage.cannot_say && triage.symptoms.is_empty() && triage.severity.is_none());
}

#[test]
fn a_suspect_is_a_change_that_could_be_it() {
    let suspect = |changes: Vec<Change>| {
        let mut world = world().since("grounding", 0.71, 35);
        world.observed.changes = changes;
        triage(&world).suspect.map(|s| (s.kind, s.lag_s))
    };
    assert_eq!(suspect(vec![change(ChangeKind::Deploy, "after the onset", 20)]), None);
    assert_eq!(suspect(vec![Change { ours: true, ..change(ChangeKind::Flag, "ours", 36) }]), None);
    assert_eq!(suspect(vec![change(ChangeKind::Freeze, "freeze", 36)]), None);
    assert_eq!(suspect(vec![change(ChangeKind::Deploy, "two days ago", 2 * 24 * 60)]), None);
    assert_eq!(
        suspect(vec![change(ChangeKind::Index, "two days ago", 35 + 2 * 24 * 60)]),
        Some((ChangeKind::Index, 172_800))
    );
    assert_eq!(
        suspect(vec![change(ChangeKind::Deploy, "near", 50), change(ChangeKind::Flag, "nearer", 45)]),
        Some((ChangeKind::Flag, 600))
    );
}

/// Evidence whose verdict a test chooses: `n(grounding)` is 412, `n(error_rate)` is not told.
fn piece(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::True => "n(grounding) == 412",
        Verdict::False => "n(grounding) == 1",
        Verdict::Unknown => "n(error_rate) == 1",
    }
}

/// Flags of a piece: bit 1 decisive, bit 2 circumstance.
fn flagged_world(all: &[Vec<(Verdict, u8, u8)>], beats: &[(usize, usize)]) -> Triage {
    let plain: Vec<Vec<(Verdict, u8)>> =
        all.iter().map(|evidence| evidence.iter().map(|(verdict, weight, _)| (*verdict, *weight)).collect()).collect();
    let mut world = world_of(&plain, beats);
    for (at, evidence) in all.iter().enumerate() {
        let id: super::super::ids::SymptomId = format!("s{at}").parse().expect("id");
        let mut book = world.catalogue.runbooks[&id].as_ref().clone();
        for (piece, (_, _, flags)) in book.evidence.iter_mut().zip(evidence) {
            (piece.decisive, piece.circumstance) = (flags & 1 > 0, flags & 2 > 0);
        }
        world = world.runbook(book);
    }
    triage(&world)
}

fn judged_world(all: &[Vec<(Verdict, u8)>], beats: &[(usize, usize)]) -> Triage {
    triage(&world_of(all, beats))
}

fn world_of(all: &[Vec<(Verdict, u8)>], beats: &[(usize, usize)]) -> World {
    let mut world = World::well().since("grounding", 0.71, 35);
    world.signal("error_rate").sample = Err(Fault::NotYet);
    for (at, evidence) in all.iter().enumerate() {
        let evidence: Vec<(&str, f64)> = evidence.iter().map(|(v, w)| (piece(*v), f64::from(*w))).collect();
        let mut runbook = runbook(&format!("s{at}"), "P3", &evidence);
        let losers = beats.iter().filter(|(winner, loser)| *winner == at && winner < loser);
        runbook.beats = losers.map(|(_, loser)| format!("s{loser}").parse().expect("id")).collect();
        world = world.runbook(runbook);
    }
    world
}

#[test]
fn a_change_or_a_circumstance_alone_is_no_symptom() {
    let mut guardrail =
        runbook("guardrail-moved", "P2", &[("changed(guardrail, \"24h\")", 5.0), ("grounding < 0.5", 1.0)]);
    let mut calm = runbook("calm-error-rate", "P2", &[("error_rate < 0.5", 5.0), ("grounding < 0.5", 1.0)]);
    calm.evidence[0].circumstance = true;
    guardrail.evidence[1].circumstance = false;
    let world = World::well().runbook(guardrail).runbook(calm).since("grounding", 0.71, 35);
    let world = world.change(ChangeKind::Guardrail, "v8", 60);
    assert!(triage(&world).symptoms.is_empty(), "{:?}", order(&triage(&world)));
}

#[test]
fn with_decisive_evidence_the_specific_needs_it_to_come_first() {
    let story = |decisive: bool| {
        let mut special = runbook("special", "P2", &[("grounding < 0.85", 1.0), ("pii_out > 0", 1.0)]);
        special.beats = vec!["general".parse().expect("id")];
        special.evidence[usize::from(!decisive)].decisive = true;
        let general = runbook("general", "P2", &[("grounding < 0.85", 3.0), ("error_rate < 0.5", 3.0)]);
        triage(&World::well().runbook(special).runbook(general).since("grounding", 0.71, 35))
    };
    assert_eq!(order(&story(true)), ["special", "general"]);
    assert_eq!(order(&story(false)), ["general", "special"]);
}

#[test]
fn changes_count_to_the_onset_of_the_symptoms_own_signals() {
    let world = world()
        .since("latency_p99", 9.0, 110)
        .since("grounding", 0.71, 20)
        .since("eval_match", 0.70, 20)
        .change(ChangeKind::Prompt, "support v41 → v42", 26);
    let triage = triage(&world);
    assert_eq!(order(&triage)[0], "wrong-consistent");
    assert_eq!(triage.suspect.map(|suspect| suspect.kind), Some(ChangeKind::Prompt));
    let said: Vec<_> = triage.notes.iter().map(|note| (note.rule, note.says.clone())).collect();
    assert!(
        matches!(said.as_slice(), [(super::super::runbook::Rule::TwoOnsets, says)] if says.contains("latency")),
        "{said:?}"
    );
}

#[test]
fn severity_is_raised_with_the_reason_that_holds() {
    let mut wrong = runbook("wrong", "P3", &[("grounding < 0.85", 1.0)]);
    let raise = |level: &str, when: &str| Raise {
        level: level.into(),
        when: super::super::fixture::comparison(when),
        why: format!("because {when}"),
    };
    wrong.raises = vec![raise("P1", "error_rate > 0.5"), raise("P2", "grounding < 0.8")];
    let severity = triage(&World::well().runbook(wrong).since("grounding", 0.71, 35)).severity.expect("proposed");
    assert_eq!((severity.level.as_str(), severity.why.as_str()), ("P2", "wrong: because grounding < 0.8"));
}

fn any_flagged_evidence() -> impl Strategy<Value = Vec<(Verdict, u8, u8)>> {
    let verdict = proptest::sample::select(vec![Verdict::True, Verdict::False, Verdict::Unknown]);
    proptest::collection::vec((verdict, 1u8..5, 0u8..4), 1..5)
}

fn any_evidence() -> impl Strategy<Value = Vec<(Verdict, u8)>> {
    let verdict = proptest::sample::select(vec![Verdict::True, Verdict::False, Verdict::Unknown]);
    proptest::collection::vec((verdict, 1u8..5), 1..5)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn more_true_evidence_never_lowers_a_rank(
        mut all in proptest::collection::vec(any_flagged_evidence(), 2..6),
        beats in proptest::collection::vec((0usize..6, 0usize..6), 0..5),
        which in 0usize..6, piece in 0usize..5,
    ) {
        let which = which % all.len();
        let id = format!("s{which}");
        let rank = |triage: &Triage| triage.symptoms.iter().find(|s| s.id.as_str() == id).map_or(usize::MAX, |s| s.rank);
        let before = rank(&flagged_world(&all, &beats));
        let piece = piece % all[which].len();
        all[which][piece].0 = Verdict::True;
        let after = rank(&flagged_world(&all, &beats));
        prop_assert!(after <= before, "rank {before} became {after}");
    }

    #[test]
    fn one_true_beside_three_unknown_never_beats_three_true_beside_two_false(weight in 1u8..9, other in 1u8..9) {
        use Verdict::{False, True, Unknown};
        let all = |verdicts: &[Verdict], weight| verdicts.iter().map(|verdict| (*verdict, weight)).collect::<Vec<_>>();
        let thin = all(&[True, Unknown, Unknown, Unknown], weight);
        let thick = all(&[True, True, True, False, False], other);
        let triage = judged_world(&[thin, thick], &[]);
        prop_assert_eq!(order(&triage), ["s1", "s0"]);
    }

    #[test]
    fn a_forbidden_action_is_never_offered(
        contain in proptest::collection::vec(proptest::sample::select(ActionKind::ALL.to_vec()), 1..6),
        in_tree in proptest::collection::vec(proptest::sample::select(ActionKind::ALL.to_vec()), 1..6),
        never in proptest::collection::vec(proptest::sample::select(ActionKind::ALL.to_vec()), 1..6),
    ) {
        let mut book = runbook("book", "P2", &[("grounding < 0.85", 1.0)]);
        let end = Next::End("hand over".into());
        let body = StepBody::Contain { kinds: in_tree, then: end };
        book.steps = vec![Step { id: "start".parse().expect("id"), title: "t".into(), know: String::new(), look: Vec::new(), reading: None, body }];
        (book.contain, book.never) = (contain, never.clone());
        let triage = triage(&World::well().runbook(book).since("grounding", 0.71, 35));
        prop_assert!(triage.symptoms[0].actions.iter().all(|kind| !never.contains(kind)));
    }

    #[test]
    fn removing_data_never_turns_a_verdict_healthier(
        bad in proptest::collection::vec(0usize..64, 0..4), gone in proptest::collection::vec(0usize..64, 1..6),
    ) {
        let mut world = world();
        let ids: Vec<_> = world.observed.signals.keys().cloned().collect();
        for at in bad {
            let signal = world.observed.signals.get_mut(&ids[at % ids.len()]).expect("there");
            let far = signal.baseline.map_or(1.0, |normal| normal.median.abs()).max(1.0) * 9.0;
            signal.sample = signal.sample.clone().map(|sample| super::super::sample::Sample { value: far, ..sample });
        }
        let before = world.snapshot();
        for at in gone {
            world.observed.signals.get_mut(&ids[at % ids.len()]).expect("there").sample = Err(Fault::NotYet);
        }
        let after = world.snapshot();
        prop_assert_ne!(after.headline.status, Status::Ok, "something is missing");
        prop_assert!(after.headline.status >= Status::Unknown, "{:?} became {:?}", before.headline.status, after.headline.status);
        let listed = |triage: &Triage| triage.symptoms.iter().map(|s| (s.id.clone(), s.for_it.len())).collect::<Vec<_>>();
        for (id, pieces) in listed(&after.triage) {
            let more = listed(&before.triage).iter().any(|(known, before)| *known == id && *before >= pieces);
            prop_assert!(more, "{id} gained evidence from missing data");
        }
    }

    #[test]
    fn unknown_evidence_adds_nothing_and_is_shown(all in proptest::collection::vec(any_evidence(), 1..4)) {
        let triage = judged_world(&all, &[]);
        for symptom in &triage.symptoms {
            let at: usize = symptom.id.as_str()[1..].parse().expect("number");
            let count = |verdict: Verdict| all[at].iter().filter(|(v, _)| *v == verdict).count();
            prop_assert_eq!(symptom.unknown.len(), count(Verdict::Unknown));
            prop_assert!(symptom.unknown.iter().all(|(_, judged)| judged.cause.is_some()));
            prop_assert!(count(Verdict::True) > 0);
        }
    }
}
