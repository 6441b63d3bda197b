//! What is said of changes while those who would report them are silent, or are not there.

use crate::domain::cause::Fault;
use crate::domain::change::ChangeKind;
use crate::domain::fixture::World;
use crate::domain::observations::FeedState;

fn blind(id: &str) -> FeedState {
    FeedState {
        id: id.parse().expect("id"),
        kinds: Vec::new(),
        fault: Some(Fault::NotAllowed { status: 403, secret: None }),
    }
}

#[test]
fn a_feed_that_cannot_be_read_is_said_and_nobody_claims_that_nothing_changed() {
    let mut world = World::well().since("grounding", 0.71, 35);
    assert!(world.snapshot().headline.suspect.starts_with("No known change explains the onset."));
    world.observed.feeds = vec![blind("flags"), blind("prompts")];
    let suspect = world.snapshot().headline.suspect;
    assert!(suspect.contains("changes of flags and prompts cannot be read: not allowed (403"), "{suspect}");
    assert!(!suspect.contains("No known change"), "{suspect}");
    let suspect = world.change(ChangeKind::Index, "kb-2291 rebuilt", 300).snapshot().headline.suspect;
    assert!(suspect.starts_with("First suspect so far: index"), "{suspect}");
    assert!(suspect.contains("; but changes of flags and prompts cannot be read"), "{suspect}");
    let mut calm = World::well();
    calm.observed.feeds = vec![blind("flags")];
    assert!(calm.snapshot().headline.suspect.starts_with("Changes of flags cannot be read"));
}

#[test]
fn without_a_change_feed_nobody_claims_that_nothing_changed() {
    let mut world = World::well().since("grounding", 0.71, 35);
    world.observed.feeds.clear();
    let suspect = world.snapshot().headline.suspect;
    assert!(suspect.starts_with("What changed before the onset is not known: no change feed is wired."), "{suspect}");
}
