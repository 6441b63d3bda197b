//! Stages rise to normal and never leave the way; only what was approved follows; the journal tells at every point of a
//! release what is in force and whose containment it is.

use proptest::prelude::*;

use super::*;
use crate::domain::action::{Direction, Tier};
use crate::domain::change::ChangeKind;
use crate::domain::entry::{Entry, Happening, Intent};
use crate::domain::fixture::{self, entry, now};
use crate::domain::gate::{Line, Report, Standing};
use crate::domain::lever::{Form, LeverReading, forms};
use crate::domain::plan::{Answer, Confirmed, NotConfirmed, Plan, Purpose};
use crate::domain::run::RunMove;

fn lever(form: &'static Form) -> LeverSpec {
    LeverSpec {
        id: "assistant".parse().expect("id"),
        from: "flags".parse().expect("id"),
        target: form.at([("rollout", "ai"), ("route", "chat"), ("flag", "ai")]),
        normal: None,
        contained: None,
        change_kind: ChangeKind::Flag,
    }
}

fn number(percent: f64) -> Setting {
    Setting::Number(percent)
}

fn shares(shares: &[(&str, f64)]) -> Setting {
    Setting::Weights(shares.iter().map(|(name, share)| ((*name).to_owned(), *share)).collect())
}

#[test]
fn a_rollout_goes_back_in_four_stages_and_a_switch_at_once() {
    let stages = settings(PERCENT, &lever(&forms::UNLEASH_ROLLOUT), &number(0.0), &number(100.0));
    let set: Vec<(u8, Setting)> = stages.into_iter().map(|stage| (stage.percent, stage.setting)).collect();
    assert_eq!(set, [(1, number(1.0)), (5, number(5.0)), (20, number(20.0)), (100, number(100.0))]);
    let switch = settings(PERCENT, &lever(&forms::UNLEASH_FLAG), &Setting::Switch(false), &Setting::Switch(true));
    assert_eq!(switch.len(), 1);
    let halved = settings(PERCENT, &lever(&forms::UNLEASH_ROLLOUT), &number(0.0), &number(2.0));
    let set: Vec<Setting> = halved.into_iter().map(|stage| stage.setting).collect();
    assert_eq!(set, [number(2.0)], "a rollout takes whole percents: no stage of nothing, none of everything");
}

#[test]
fn weights_go_back_a_share_at_a_time() {
    let route = lever(&forms::MLFLOW_ROUTE);
    let stages = settings(PERCENT, &route, &shares(&[("spare", 1.0)]), &shares(&[("primary", 1.0)]));
    let first = stages.first().map(|stage| stage.setting.clone()).expect("a stage");
    assert!(first.same(&shares(&[("primary", 0.01), ("spare", 0.99)])), "{first:?}");
    assert_eq!(stages.len(), 4);
}

/// Shares by target that sum to one.
fn weights() -> impl Strategy<Value = BTreeMap<String, f64>> {
    proptest::collection::vec(1_u32..100, 1..4).prop_map(|parts| {
        let sum: u32 = parts.iter().sum();
        let named = parts.iter().enumerate();
        named.map(|(at, part)| (format!("m{at}"), f64::from(*part) / f64::from(sum))).collect()
    })
}

proptest! {
    #[test]
    fn stages_rise_from_contained_to_normal(
        from in 0_u32..=100, to in 0_u32..=100, percents in proptest::collection::btree_set(1_u8..100, 0..6),
    ) {
        let percents: Vec<u8> = percents.into_iter().chain([100]).collect();
        let (contained, normal) = (f64::from(from), f64::from(to));
        let stages = settings(&percents, &lever(&forms::UNLEASH_ROLLOUT), &number(contained), &number(normal));
        prop_assert_eq!(stages.last().map(|stage| stage.setting.clone()), Some(number(normal)), "the last is normal");
        let mut last = (0, contained);
        for (at, stage) in stages.iter().enumerate() {
            let Setting::Number(set) = stage.setting else { panic!("a number") };
            prop_assert_eq!(stage.number, at + 1);
            prop_assert!(stage.percent > last.0);
            let nearer = (normal - set).abs() < (normal - last.1).abs() || from == to;
            prop_assert!(nearer, "{:?}", stages);
            prop_assert!(set.fract().abs() < 1e-9, "what a store takes");
            last = (stage.percent, set);
        }
    }

    #[test]
    fn weights_of_every_stage_are_shares(from in weights(), to in weights()) {
        let normal = Setting::Weights(to.clone());
        for stage in settings(PERCENT, &lever(&forms::MLFLOW_ROUTE), &Setting::Weights(from), &normal) {
            let Setting::Weights(set) = &stage.setting else { panic!("weights") };
            prop_assert!((set.values().sum::<f64>() - 1.0).abs() < 1e-6, "{:?}", set);
            prop_assert!(set.values().all(|share| (0.0..=1.0).contains(share)), "{:?}", set);
        }
    }
}

/// The kill of a rollout, contained by ana as `run-0`.
fn contained() -> Plan {
    let observed = LeverReading { setting: number(100.0), ..fixture::plan().observed };
    Plan { observed, after: number(0.0), ..fixture::plan() }
}

fn run(at: usize) -> RunId {
    format!("run-{at}").parse().expect("id")
}

/// The first stage of its undo, as a person is shown it.
fn release() -> Plan {
    let gate = GateSpec::STANDARD;
    let (stages, after) =
        Stages::left(&gate, &lever(&forms::UNLEASH_ROLLOUT), &number(0.0), &number(100.0), None, Some(&run(0)))
            .expect("partial");
    Plan {
        observed: LeverReading { setting: number(0.0), ..fixture::plan().observed },
        after,
        stages: Some(stages),
        direction: Direction::Release,
        tier: Tier::Two,
        purpose: Purpose::Undo(run(0)),
        ..fixture::plan()
    }
}

fn confirmed(plan: Plan) -> Confirmed<Plan> {
    let answer = Answer { typed: Some(plan.typed_word()), ..fixture::yes(&plan) };
    Confirmed::confirm(plan, &answer, now()).expect("confirmed")
}

fn report(standing: Standing) -> Report {
    let mut report = Report::unknown(&"assistant".parse().expect("id"));
    for line in &mut report.lines {
        *line = Line { standing, ..line.clone() };
    }
    report
}

/// The plan of stage `number`, its watch over.
fn stage(number: usize) -> Plan {
    let approved = release();
    let mut stages = approved.stages.clone().expect("stages");
    let mut after = approved.after.clone();
    while stages.own.number < number {
        (stages, after) = stages.next(&run(1), &[]).expect("a next stage");
    }
    let observed = LeverReading { setting: number_before(&after), ..approved.observed.clone() };
    Plan { observed, after, stages: Some(stages), gate: Some(report(Standing::Held)), ..approved }
}

fn number_before(after: &Setting) -> Setting {
    let all = settings(PERCENT, &lever(&forms::UNLEASH_ROLLOUT), &number(0.0), &number(100.0));
    let at = all.iter().position(|stage| stage.setting.same(after)).expect("a stage");
    at.checked_sub(1).map_or(number(0.0), |at| all[at].setting.clone())
}

fn way_back() -> Plan {
    let stages = release().stages.expect("stages").back(&run(1));
    Plan { after: number(0.0), direction: Direction::Contain, stages: Some(stages), gate: None, ..release() }
}

#[test]
fn only_the_stages_that_were_approved_follow_and_only_after_their_watch() {
    let approved = confirmed(release());
    for at in 2..=4 {
        assert!(Confirmed::follow(&approved, stage(at), now()).is_ok(), "stage {at}");
    }
    let refused = |plan: Plan| Confirmed::follow(&approved, plan, now()).expect_err("must be refused");
    let jump = Plan { after: number(60.0), ..stage(3) };
    assert_eq!(refused(jump), NotConfirmed::NotAStage, "a setting that nobody approved");
    let mut other_number = stage(3);
    other_number.stages = stage(2).stages;
    assert_eq!(refused(other_number), NotConfirmed::NotAStage, "the setting of another stage");
    let elsewhere = Plan { lever: "prompt".parse().expect("id"), ..stage(2) };
    assert_eq!(refused(elsewhere), NotConfirmed::NotAStage, "another lever");
    let unwatched = Plan { gate: Some(report(Standing::Open)), ..stage(2) };
    assert!(matches!(refused(unwatched), NotConfirmed::NotWatched(_)));
    assert!(matches!(refused(Plan { gate: None, ..stage(2) }), NotConfirmed::NotWatched(_)), "no watch is no watch");
    let late = now() + jiff::SignedDuration::from_secs(61);
    assert_eq!(Confirmed::follow(&approved, stage(2), late), Err(NotConfirmed::Expired));
    let whole = confirmed(Plan { stages: None, ..release() });
    assert_eq!(Confirmed::follow(&whole, stage(2), now()), Err(NotConfirmed::NotAStage), "none were approved");
}

#[test]
fn the_way_back_needs_no_watch_and_leads_to_contained_alone() {
    let approved = confirmed(release());
    let back = Confirmed::follow(&approved, way_back(), now()).expect("back at any time");
    assert_eq!((back.plan().direction, &back.plan().after), (Direction::Contain, &number(0.0)));
    let half = Plan { after: number(5.0), ..way_back() };
    assert_eq!(Confirmed::follow(&approved, half, now()), Err(NotConfirmed::NotAStage));
    let forward = Plan { direction: Direction::Release, ..way_back() };
    assert_eq!(Confirmed::follow(&approved, forward, now()), Err(NotConfirmed::NotAStage));
}

#[test]
fn the_digest_binds_every_stage_its_watch_and_the_way_back() {
    let digest = |plan: &Plan| Plan::digest_with(fixture::plan().digest, plan.stages.as_ref());
    let base = digest(&release());
    let changed = |change: fn(&mut Stages)| {
        let mut plan = release();
        change(plan.stages.as_mut().expect("stages"));
        digest(&plan)
    };
    assert_ne!(changed(|stages| stages.rest[0].setting = Setting::Number(50.0)), base);
    assert_ne!(changed(|stages| drop(stages.rest.pop())), base);
    assert_ne!(changed(|stages| stages.own.watch_ms = 10_000), base);
    assert_ne!(changed(|stages| stages.contained = Setting::Number(1.0)), base);
    assert_ne!(digest(&Plan { stages: None, ..release() }), base);
}

/// The journal of a release: contained as run-0, then so many stages, each stored.
fn night(stages: usize) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut write = |who: &str, what| {
        let seconds = i64::try_from(entries.len()).expect("few") * 20;
        entries.push(entry(seconds, who, what));
    };
    let mut stored = |intent: Intent, who: &str| {
        let run = intent.run.clone();
        write(who, Happening::Intended(Box::new(intent)));
        for by in [RunMove::Send, RunMove::Acknowledge, RunMove::SeeStored] {
            write(who, Happening::RunMoved { run: run.clone(), by, why: String::new() });
        }
    };
    stored(fixture::intent(&contained(), "run-0"), "ana");
    for at in 1..=stages {
        stored(intent_of(at), "ben");
    }
    entries
}

fn intent_of(at: usize) -> Intent {
    let plan = if at == 1 { release() } else { stage(at) };
    Intent { stage: plan.stages.as_ref().map(|stages| stages.own.clone()), ..fixture::intent(&plan, run(at).as_str()) }
}

#[test]
fn half_way_the_containment_is_still_whose_it_was_with_its_stage() {
    for stages in 1..=3 {
        let ledger = Ledger::fold(&night(stages));
        let ours = ledger.ours();
        assert_eq!(ours.len(), 1, "{stages}");
        assert_eq!((&ours[0].run, ours[0].who.as_str()), (&run(0), "ana"), "whoever contained stays the owner");
        assert_eq!(ours[0].stage.as_ref().map(|stage| stage.number), Some(stages));
        assert_eq!(ours[0].after, intent_of(stages).after, "and it is what is set now");
        assert_eq!(ledger.undoable().map(|record| &record.intent.run), Some(&run(0)), "a stage is no change to undo");
    }
    assert_eq!(Ledger::fold(&night(4)).ours(), [], "whole: nothing is in force");
}

#[test]
fn a_process_that_died_between_two_stages_leaves_its_stage_for_the_next_start() {
    let entries = night(2);
    // At every entry of the second stage: the intent alone, sent, acknowledged, stored.
    for length in entries.len() - 3..=entries.len() {
        let ledger = Ledger::fold(&entries[..length]);
        let releasing = ledger.releasing(&"assistant".parse().expect("id")).expect("under way");
        assert_eq!((releasing.stage.number, &releasing.first.intent.run), (2, &run(1)));
        let left = Stages::left(
            &GateSpec::STANDARD,
            &lever(&forms::UNLEASH_ROLLOUT),
            &number(5.0),
            &number(100.0),
            Some(&releasing),
            Some(&run(0)),
        );
        let (stages, after) = left.expect("two are left");
        assert_eq!((after, stages.own.number, stages.rest.len()), (number(20.0), 3, 1));
        assert_eq!((&stages.contained, stages.own.first.as_ref()), (&number(0.0), Some(&run(1))), "back to the whole");
    }
}

#[test]
fn an_abort_leaves_the_containment_as_it_was_before_the_release() {
    let mut entries = night(2);
    let before = Ledger::fold(&night(0)).ours();
    let plan = way_back();
    let intent = Intent {
        stage: plan.stages.as_ref().map(|stages| stages.own.clone()),
        purpose: Purpose::Action,
        ..fixture::intent(&plan, "run-9")
    };
    entries.push(entry(900, "ben", Happening::Intended(Box::new(intent))));
    for by in [RunMove::Send, RunMove::Acknowledge, RunMove::SeeStored] {
        let moved = Happening::RunMoved { run: "run-9".parse().expect("id"), by, why: String::new() };
        entries.push(entry(901, "ben", moved));
    }
    let ended = Happening::ReleaseEnded {
        lever: "assistant".parse().expect("id"),
        percent: 5,
        why: "error_rate went bad".into(),
        back: true,
    };
    entries.push(entry(902, "ben", ended));
    let ledger = Ledger::fold(&entries);
    assert_eq!(ledger.ours(), before, "same run, same owner, same review");
    assert!(ledger.releasing(&"assistant".parse().expect("id")).is_none());
    assert_eq!(ledger.undoable().map(|record| &record.intent.run), Some(&run(0)));
    let words: Vec<String> = ledger.releases.values().map(ReleaseEnd::words).collect();
    assert!(words[0].contains("aborted") && words[0].contains("error_rate went bad"), "{words:?}");
}
