//! While nothing can be said, every size says what to do next, and only that which is of use.

use std::sync::Arc;

use super::frames::snapshot_all;
use super::{SIZES, text};
use crate::app::fixture;
use crate::app::msg::Msg;
use crate::app::{Model, blind, update};
use crate::domain::incident::Ledger;
use crate::domain::run::RunMove;
use crate::domain::snapshot::Snapshot;
use crate::domain::status::Status;
use crate::ui::theme::Theme;

/// A session with the runbook for blind monitoring, and that picture.
fn with(snapshot: Snapshot) -> Model {
    let mut model = fixture::model();
    let mut catalogue = (*model.catalogue).clone();
    let mut runbook = (*catalogue.runbooks["wrong-consistent"]).clone();
    (runbook.id, runbook.title) = (fixture::id("monitoring-blind"), "Monitoring itself is blind".to_owned());
    catalogue.runbooks.insert(runbook.id.clone(), Arc::new(runbook));
    model.catalogue = Arc::new(catalogue);
    update(&mut model, Msg::Snapshot(Arc::new(snapshot)));
    model
}

fn flat(model: &Model, size: (u16, u16)) -> String {
    text(model, &Theme::plain(), size).split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn an_unknown_verdict_names_the_next_step_with_its_keys_at_every_size() {
    let model = with(fixture::blind());
    snapshot_all("blind", &model);
    for size in SIZES.into_iter().chain([(60, 16)]) {
        let frame = flat(&model, size);
        let next = "Next: o shows why 2 sources are silent; r walks the runbook.";
        assert!(frame.contains(next), "{size:?}: {frame}");
    }
}

#[test]
fn what_is_contained_stands_beside_the_next_step() {
    let mut snapshot = fixture::blind();
    snapshot.headline.suspect = "Contained: assistant is off, verified.".to_owned();
    let model = with(snapshot);
    for size in SIZES {
        let frame = flat(&model, size);
        assert!(frame.contains("r walks the runbook. Contained: assistant is off, verified."), "{size:?}: {frame}");
    }
}

#[test]
fn too_few_samples_lead_to_the_layer_and_the_first_seconds_and_a_verdict_to_nothing() {
    let mut snapshot = fixture::snapshot();
    snapshot.headline.status = Status::LowN;
    for source in &mut snapshot.sources {
        (source.fault, source.answered_at) = (None, Some(fixture::before(4)));
    }
    let next = blind::next_step(&with(snapshot.clone()));
    assert_eq!(next.as_deref(), Some("Next: 1 ⏎ shows why signals of a layer cannot be judged."));
    snapshot.sources[0].answered_at = None;
    assert_eq!(blind::next_step(&with(snapshot)), None, "asked and not answered yet: only waiting helps");
    assert_eq!(blind::next_step(&fixture::model()), None, "there is a verdict");
}

#[test]
fn a_run_that_may_have_happened_says_where_more_is_told_whatever_its_title() {
    let (_, mut entries) = fixture::journal_with_run(&[RunMove::Send, RunMove::LoseSight]);
    for entry in &mut entries {
        if let crate::domain::entry::Happening::Intended(intent) = &mut entry.what {
            intent.title = "Roll the prompt of the support assistant back to the last good version".to_owned();
        }
    }
    let mut model = fixture::model();
    update(&mut model, Msg::Ledger { ledger: Arc::new(Ledger::fold(&entries)), entries: entries.into() });
    for size in SIZES {
        let frame = flat(&model, size);
        assert!(frame.contains(": may have happened, being read back; t tells more"), "{size:?}: {frame}");
    }
    let least = flat(&model, (60, 16));
    assert!(least.contains("Roll the prompt…: may have happened; t tells more"), "{least}");
}
