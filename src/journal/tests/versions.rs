//! A version snapshot is read back as it was written, belongs to its incident, and the earliest one counts.

use std::time::Duration;

use super::kit::{noon, open};
use crate::domain::entry::Happening;
use crate::domain::incident::Ledger;
use crate::domain::version::{Line, Part, VersionSnapshot};

fn taken(cause: &str) -> Happening {
    let lines = vec![Line::gap(Part::Index, "build", cause)];
    Happening::VersionsTaken(Box::new(VersionSnapshot::new(noon(), Duration::from_millis(12), lines)))
}

#[tokio::test]
async fn the_earliest_snapshot_of_an_incident_counts_and_outlives_the_process() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("bot.db");
    let journal = open(&file).await;
    let first = journal.open_incident("a", None, "typed").await;
    assert!(journal.ledger().versions_then().is_none());
    journal.append(Some(&first), taken("the first cockpit")).await;
    journal.append(Some(&first), taken("the second cockpit")).await;
    let words = journal.ledger().versions_then().expect("taken").words();
    assert!(words.contains("the first cockpit"), "{words}");

    journal.append(Some(&first), Happening::IncidentClosed { why: "over".into() }).await;
    let second = journal.open_incident("b", None, "typed").await;
    assert!(journal.ledger().versions_then().is_none(), "another incident has a first change of its own");
    journal.append(Some(&second), taken("of the second incident")).await;
    journal.close().await;

    let again = open(&file).await;
    let ledger = again.ledger();
    assert_eq!(ledger.versions.len(), 2, "a postmortem finds that of every incident");
    assert!(ledger.versions[&first].words().contains("the first cockpit"));
    assert!(ledger.versions_then().expect("taken").words().contains("of the second incident"));
    assert_eq!(*ledger, Ledger::fold(&again.entries().await));
}
