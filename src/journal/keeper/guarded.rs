//! Writes that what others wrote may forbid: an intent while another run holds the lever, an incident while one is open.
//! May not forbid anything by itself but what this process knows while the database is away.

use std::sync::Arc;

use tokio::time::Instant;

use super::Keeper;
use crate::domain::action::Direction;
use crate::domain::entry::{Entry, Happening, Intent};
use crate::domain::ids::IncidentId;
use crate::journal::head::Draft;
use crate::journal::store::{Denied, Guard};
use crate::journal::{IntendError, Opening};

impl Keeper {
    pub(super) async fn intend(
        &mut self,
        incident: Option<&IncidentId>,
        intent: Intent,
        runs_known: Option<usize>,
        until: Option<Instant>,
    ) -> Result<Entry, IntendError> {
        if let Some(known) = runs_known
            && let Some(moved) = self.moved_since(&intent, known)
        {
            return Err(moved);
        }
        let draft = self.session.draft(incident, Happening::Intended(Box::new(intent.clone())));
        let guard = Guard::LeverFree { intent: &intent, unmoved: runs_known.is_some() };
        match self.store(std::slice::from_ref(&draft), guard, until).await {
            Some(Ok(entry)) => return Ok(entry),
            Some(Err(Denied::Held { run, who })) => return Err(IntendError::Held { run, who }),
            Some(Err(Denied::Moved { run, who })) => return Err(IntendError::Moved { run, who }),
            Some(Err(Denied::News)) | None => {}
        }
        if intent.direction != Direction::Contain {
            return Err(IntendError::Away { why: self.why.clone() });
        }
        // Without the database only what this process knows can be asked.
        let holder = self.shared.read().ledger.open_runs().find(|run| run.intent.lever == intent.lever).cloned();
        if let Some(holder) = holder {
            return Err(IntendError::Held { run: holder.intent.run, who: holder.who });
        }
        Ok(self.spool(draft).await)
    }

    /// The newest run on the lever, if there are more than were known.
    fn moved_since(&self, intent: &Intent, known: usize) -> Option<IntendError> {
        let ledger = Arc::clone(&self.shared.read().ledger);
        let newest = ledger.in_order().rfind(|run| run.intent.lever == intent.lever)?;
        let (run, who) = (newest.intent.run.clone(), newest.who.clone());
        // One that looks open here may be over by now; the guard of the store would let us pass, for it is no news.
        let open = newest.state.is_open();
        let why = if open { IntendError::Held { run, who } } else { IntendError::Moved { run, who } };
        (ledger.runs_on(&intent.lever) > known).then_some(why)
    }

    pub(super) async fn under_incident(
        &mut self,
        opening: &Opening,
        then: &[Happening],
        until: Option<Instant>,
    ) -> IncidentId {
        loop {
            let ledger = Arc::clone(&self.shared.read().ledger);
            let open = ledger.open.as_ref().map(|open| open.id.clone());
            let opens = open.is_none().then(|| opening.entry());
            let id = open.unwrap_or_else(|| match &self.store {
                Some(_) => ledger.next_incident(),
                None => ledger.next_incident().apart(&self.session.id),
            });
            let wanted = then.iter().filter(|what| ledger.lacks(what)).cloned();
            let drafts: Vec<Draft> =
                opens.into_iter().chain(wanted).map(|what| self.session.draft(Some(&id), what)).collect();
            if drafts.is_empty() {
                if self.read_on().await {
                    continue;
                }
                return id;
            }
            // Another process may have opened or closed one meanwhile.
            match self.store(&drafts, Guard::NothingNew, until).await {
                Some(Ok(_)) => return id,
                Some(Err(_)) => {}
                None => {
                    for draft in drafts {
                        self.spool(draft).await;
                    }
                    return id;
                }
            }
        }
    }
}
