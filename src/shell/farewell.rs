//! What leaving says once the terminal is given back: what is still in force, which command takes it back, which runs are
//! open. May not end anything.

use crate::domain::catalogue::Catalogue;
use crate::domain::freeze;
use crate::domain::incident::Ledger;
use crate::domain::snapshot::Containment;
use crate::ui::format::{counted, full};

/// The lines. A drill names no command: its sandbox ends with its cockpit.
#[must_use]
pub fn words(containments: &[Containment], ledger: &Ledger, catalogue: &Catalogue) -> Vec<String> {
    let mut words = Vec::new();
    if !containments.is_empty() {
        words.push(format!("{} in force:", counted(containments.len(), "containment", "containments")));
    }
    for held in containments {
        let who = held.who.as_deref().unwrap_or("somebody");
        let review = held.review_by.map_or_else(String::new, |at| format!(", review by {}", full(at)));
        words.push(format!("  {} ({}), by {who}{review}", held.words(), held.away_from()));
        let run = held.run.as_ref().and_then(|run| ledger.runs.get(run)).filter(|record| record.is_undoable());
        if let Some(record) = run.filter(|_| !catalogue.drill) {
            let undo = catalogue.command(&format!("undo {}", record.intent.run.short()));
            words.push(format!("    {undo} previews its undo"));
        }
    }
    match (containments.len(), catalogue.drill) {
        (0, _) => {}
        (_, false) => words.push(format!("  {} lists what is contained", catalogue.command("status"))),
        (_, true) => words.push("  the sandbox ended with this session: nothing is left to undo".to_owned()),
    }
    for glass in ledger.glasses.open() {
        let entry = &glass.entry;
        let by = full(entry.review_by);
        words.push(format!("  BREAK GLASS by {}: {}, {}; to be reviewed by {by}", entry.by, entry.title, entry.why));
    }
    for open in ledger.unfinished() {
        let (title, run, state) = (&open.intent.title, open.intent.run.short(), open.state);
        words.push(format!(
            "  run {run}, {title}: {state}; this process follows it no more; the next start or `status` reads its lever"
        ));
    }
    if let Some(incident) = &ledger.open {
        let id = incident.id.as_str().to_uppercase();
        words.push(match freeze::end(catalogue) {
            Some(command) => format!("{id} stays open, with its freeze: {command} ends it"),
            None => format!("{id} stays open in the journal of this drill"),
        });
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture;
    use crate::domain::run::RunMove;

    fn said(told: &str, drill: bool) -> String {
        let moves = [RunMove::Send, RunMove::Acknowledge, RunMove::SeeStored, RunMove::SeeEffect];
        let (ledger, _) = fixture::journal_with_run(&moves);
        let mut containments = fixture::with_every_status().containments;
        containments[0].run = Some(fixture::run_id());
        let catalogue =
            Catalogue { told: told.to_owned(), drill, environment: "prod".to_owned(), ..Catalogue::empty() };
        words(&containments, &ledger, &catalogue).join("\n")
    }

    #[test]
    fn every_containment_of_ours_names_the_command_that_takes_it_back_on_this_product_and_journal() {
        let told = said(" -c shop.toml --journal night.db", false);
        let undo = format!("`breakglass undo {} -c shop.toml --journal night.db`", fixture::run_id().short());
        assert_eq!(told.matches("breakglass undo").count(), 1, "the other one is of somebody else: {told}");
        for words in [
            undo.as_str(),
            "`breakglass status -c shop.toml --journal night.db`",
            "`breakglass incident close --type \"close prod\" --why … -c shop.toml --journal night.db`",
        ] {
            assert!(told.contains(words), "{words}: {told}");
        }
    }

    #[test]
    fn a_sandbox_names_no_command_that_could_not_reach_it_any_more() {
        let told = said("", true);
        assert!(told.contains("the sandbox ended with this session") && !told.contains("`breakglass"), "{told}");
    }
}
