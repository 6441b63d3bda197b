//! The alarm for changes from outside: looks at every new picture while an incident is open, and writes down what nobody
//! here did. Once for each change, whoever sees it first. May not stop anything: a person decides.

use std::sync::Arc;

use super::{Core, Event};
use crate::domain::entry::Happening;
use crate::domain::outside::{self, OutsideChange, Watch};

/// Runs until the engine is gone.
pub(super) async fn watch(core: Arc<Core>) {
    let mut views = core.views.subscribe();
    let mut watch = Watch::default();
    while views.changed().await.is_ok() {
        let Some(view) = views.borrow_and_update().clone() else { continue };
        let ledger = core.book.ledger();
        let mut found = watch.look(&view.snapshot, &ledger);
        found.extend(outside::of_feeds(&view.snapshot, &ledger));
        let is_new = |core: &Core, change: &OutsideChange| !core.book.ledger().outside.iter().any(|c| c.is(change));
        found.retain(|change| is_new(&core, change));
        if found.is_empty() {
            continue;
        }
        // A colleague's cockpit on this journal may have been quicker.
        core.book.reread().await;
        for change in found {
            if is_new(&core, &change) {
                let words = format!("CHANGE DURING THE FREEZE from outside: {}", change.words());
                core.book.record(Happening::OutsideChange(Box::new(change))).await;
                core.tell(Event::Notice(words)).await;
            }
        }
    }
}
