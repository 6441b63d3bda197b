//! The alarm for changes from outside: looks at every new picture, and writes down what nobody here did, also while this
//! process did not run. Once for each change, whoever sees it first. May not stop anything: a person decides.

use std::sync::Arc;

use super::{Core, Event, View};
use crate::domain::entry::Happening;
use crate::domain::outside::{self, OutsideChange, Watch};

/// Runs until the engine is gone.
pub(super) async fn watch(core: Arc<Core>) {
    let mut views = core.views.subscribe();
    let mut watch = Watch::default();
    while views.changed().await.is_ok() {
        let Some(view) = views.borrow_and_update().clone() else { continue };
        if !found(&core, &watch, &view).is_empty() {
            // A colleague's process on this journal may have been quicker, or may have moved the lever itself.
            core.book.reread().await;
            for change in found(&core, &watch, &view) {
                let words = format!("{}: {}", change.meaning().to_uppercase(), change.words());
                core.book.record(Happening::OutsideChange(Box::new(change))).await;
                core.tell(Event::Notice(words)).await;
            }
        }
        watch.remember(&view.snapshot);
    }
}

fn found(core: &Core, watch: &Watch, view: &View) -> Vec<OutsideChange> {
    let ledger = core.book.ledger();
    let mut found = watch.moved(&view.snapshot, &ledger);
    found.extend(outside::of_feeds(&view.snapshot, &ledger));
    found
}
