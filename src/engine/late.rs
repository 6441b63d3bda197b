//! Late landings: a request that showed no effect after the settle time can still be carried out. Every reading of its
//! lever is compared with what it would have set, for as long as this process lives and again at each start.
//! May read the board and journal moves; may not write to any store.

use std::sync::Arc;

use super::proof::Witness;
use super::{Core, View, settle};
use crate::clock;
use crate::domain::ids::RunId;
use crate::domain::run::{RunMove, RunState};

/// Looks at every view until the engine is gone.
pub(super) async fn watch(core: Arc<Core>) {
    let mut views = core.views.subscribe();
    while views.changed().await.is_ok() {
        let Some(view) = views.borrow_and_update().clone() else { continue };
        look(&core, &view).await;
    }
}

/// Takes up every run whose request this view shows to have landed late.
pub(super) async fn look(core: &Arc<Core>, view: &View) {
    if landed(core, view).is_empty() {
        return;
    }
    // Another process on this journal may have seen it first, or have moved the lever itself: its word counts.
    core.book.reread().await;
    for (run, why) in landed(core, view) {
        if core.step_from(RunState::Unseen, &run, RunMove::SeeStored, &why).await {
            let core = Arc::clone(core);
            tokio::spawn(async move { settle::follow(&core, &run, clock::since_boot(), Witness::Heard).await });
        }
    }
}

fn landed(core: &Core, view: &View) -> Vec<(RunId, String)> {
    let ledger = core.book.ledger();
    let found = view.snapshot.levers.iter().filter_map(|(lever, state)| {
        let reading = state.reading.as_ref().ok()?;
        let record = ledger.landed_late(&lever.id, &reading.setting, reading.read_at)?;
        let why = format!("landed late: the store holds {} now, and no other run explains it", reading.setting);
        Some((record.intent.run.clone(), why))
    });
    found.collect()
}
