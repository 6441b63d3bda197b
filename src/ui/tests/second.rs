//! Frames of tier three: asking, waiting, approved, denied, break glass; and the banners that other people see.

use std::sync::Arc;

use super::frames::snapshot_all;
use super::{SIZES, draw, text};
use crate::app::fixture;
use crate::app::msg::{Key, Msg};
use crate::app::{Effect, Model, update};
use crate::domain::action::{ActionKind, Tier};
use crate::domain::approval::{BreakGlass, Person, Policy};
use crate::domain::entry::{Entry, Happening};
use crate::domain::incident::Ledger;
use crate::domain::outside::OutsideChange;
use crate::domain::plan::Plan;
use crate::ui::theme::Theme;

fn plan() -> Plan {
    fixture::plan_of(Tier::Three, fixture::now())
}

/// Draws until every line was on the screen, then types the word.
fn typed(size: (u16, u16)) -> Model {
    let mut model = fixture::model();
    fixture::press(&mut model, 'R');
    update(&mut model, Msg::Previewed(Ok(Box::new(plan()))));
    for _ in 0..6 {
        let (_, viewport) = draw(&model, &Theme::plain(), size);
        model.viewed(viewport, fixture::now());
        fixture::press_at(&mut model, Key::PageDown, fixture::after_ms(500));
    }
    for letter in "prompt prod".chars() {
        fixture::press_at(&mut model, Key::Char(letter), fixture::after_ms(600));
    }
    model
}

fn written(model: &mut Model, who: &str, ms: i64, what: Happening) {
    let host = if who == "sam" { "laptop".to_owned() } else { format!("{who}-laptop") };
    let mut entries = model.entries.to_vec();
    entries.push(Entry { seq: 90, at: fixture::after_ms(ms), who: who.to_owned(), host, incident: None, what });
    let ledger = Arc::new(Ledger::fold(&entries));
    update(model, Msg::Ledger { ledger, entries: entries.into() });
}

fn asked(size: (u16, u16)) -> Model {
    let mut model = typed(size);
    let effects = fixture::press_at(&mut model, Key::Char('a'), fixture::after_ms(700));
    let [Effect::Record(asking)] = effects.as_slice() else { panic!("{effects:?}") };
    written(&mut model, "sam", 750, asking.clone());
    model
}

fn frame(name: &str, model: &Model, size: (u16, u16)) -> String {
    let frame = text(model, &Theme::plain(), size);
    insta::assert_snapshot!(format!("{name}_{}x{}", size.0, size.1), frame);
    frame
}

#[test]
fn the_dialog_asks_waits_and_opens_when_a_second_person_approved() {
    for size in SIZES {
        let needs = frame("second_missing", &typed(size), size);
        assert!(needs.contains("needs a second person: a asks one"), "{needs}");
        let mut model = asked(size);
        let short = plan().digest.short().to_owned();
        let waits = frame("second_asked", &model, size);
        assert!(waits.contains(&format!("breakglass approve {short}")) && waits.contains("ends in"), "{waits}");
        let digest = plan().digest;
        written(&mut model, "ben", 60_000, Happening::Approved { digest, by: "ben".to_owned() });
        let fresh = fixture::plan_of(Tier::Three, fixture::after_ms(60_100));
        update(&mut model, Msg::Previewed(Ok(Box::new(fresh))));
        let open = frame("second_approved", &model, size);
        assert!(open.contains("approved by ben@ben-laptop"), "{open}");
    }
}

#[test]
fn a_denial_says_who_and_why() {
    for size in SIZES {
        let mut model = asked(size);
        let denied = Happening::Denied { digest: plan().digest, by: "cleo".to_owned(), why: "not at peak".to_owned() };
        written(&mut model, "cleo", 2_000, denied);
        assert!(frame("second_denied", &model, size).contains("not at peak"));
    }
}

#[test]
fn break_glass_asks_for_its_word_then_for_a_reason() {
    for size in SIZES {
        let mut model = typed(size);
        fixture::press_at(&mut model, Key::Char('b'), fixture::after_ms(700));
        assert!(frame("glass_word", &model, size).contains("break glass prod"));
        for letter in "break glass prodthe approver is on a plane".chars() {
            fixture::press_at(&mut model, Key::Char(letter), fixture::after_ms(800));
        }
        assert!(frame("glass_reason", &model, size).contains("the approver is on a plane"));
        fixture::press_at(&mut model, Key::Enter, fixture::after_ms(900));
        assert!(frame("glass_ready", &model, size).contains("BREAK GLASS, alone, on record"));
    }
}

#[test]
fn banners_tell_everybody_what_was_done_alone_what_came_from_outside_and_who_waits() {
    let mut model = fixture::model();
    let plan = plan();
    let ana = Person::new("ana", "ana-laptop", None);
    let glass = BreakGlass::of(
        &plan,
        "break glass prod",
        "the approver is on a plane",
        &ana,
        Policy::default(),
        fixture::before(2_000),
    );
    written(&mut model, "ana", -2_000_000, Happening::BreakGlass(Box::new(glass.expect("broken"))));
    // The fixture's own intent, of this very digest: what a run writes down is not this test's business.
    let (_, entries) = fixture::journal_with_run(&[]);
    let intended = entries.into_iter().map(|entry| entry.what).find(|what| matches!(what, Happening::Intended(_)));
    written(&mut model, "ana", -1_990_000, intended.expect("an intent"));
    for by in crate::domain::run::RunMove::ALL.into_iter().take(2) {
        let what = Happening::RunMoved { run: fixture::run_id(), by, why: String::new() };
        written(&mut model, "breakglass", -1_980_000, what);
    }
    let outside = OutsideChange {
        changed_at: fixture::before(60),
        what: "support v42 → v43".to_owned(),
        by: Some("dana".to_owned()),
        source: "prompts".to_owned(),
        lever: None,
        to: None,
        containment: None,
    };
    written(&mut model, "breakglass", -50_000, Happening::OutsideChange(Box::new(outside)));
    for size in SIZES {
        let shown = frame("overseen", &model, size);
        assert!(shown.contains("BREAK GLASS") && shown.contains("OVERDUE"), "{shown}");
        assert!(shown.contains("OUTSIDE") && shown.contains("change during the freeze"), "{shown}");
    }
    let mut wired = model.clone();
    let mut holder = wired.catalogue.actions[0].clone();
    (holder.kind, holder.key, holder.lever) = (ActionKind::FreezeChanges, Some('F'), fixture::id("deploys"));
    Arc::make_mut(&mut wired.catalogue).actions.push(holder);
    let shown = text(&wired, &Theme::plain(), SIZES[0]);
    assert!(shown.contains("by dana (prompts); F holds others; evidence"), "what a team wired is named: {shown}");
    fixture::press(&mut model, 'c');
    snapshot_all("overseen_containments", &model);
    let mut other = asked(SIZES[0]);
    other.dialog = None;
    other.me = Person::new("ben", "ben-laptop", None);
    assert!(
        text(&other, &Theme::plain(), SIZES[0])
            .contains("sam asks: Roll back prompt support to v41; breakglass approve")
    );
}
