//! What the trees ask for and nobody wired: each gap comes with lines that the config loader takes.

use super::super::{load_text, vocabulary};
use super::fixture;
use crate::domain::action::ActionKind;
use crate::domain::change::ChangeKind;
use crate::domain::gaps::{self, Missing};

/// Without the log in which anybody may write a change of any kind.
fn config() -> String {
    let notes = "[change.notes]\nfrom = \"local\"\npath = \"changes.jsonl\"\n";
    let whole = fixture("config/valid/support-bot.toml");
    assert!(whole.contains(notes));
    whole.replace(notes, "")
}

#[test]
fn every_gap_of_every_runbook_comes_with_lines_that_load() {
    let catalogue = load_text("bot", &config()).unwrap_or_else(|problems| panic!("{problems}")).catalogue;
    let mut all = Vec::new();
    for book in super::books::shelf().runbooks.values() {
        for gap in gaps::of_runbook(&catalogue, book) {
            assert!(!gap.says.is_empty() && !gap.connect.is_empty(), "{}: {:?}", book.id, gap.missing);
            all.push(gap);
        }
    }
    // The block of a feed names its endpoint and its place in capitals: what only the team knows.
    let feeds = || all.iter().filter(|gap| matches!(gap.missing, Missing::Changes(_)));
    assert!(feeds().count() > 5);
    for gap in feeds() {
        let endpoint = "\n[endpoint.ENDPOINT]\nvendor = \"http\"\nurl = \"http://changes.internal\"\n";
        let text = format!("{}{endpoint}{}", config(), gap.connect).replace("ENDPOINT", "anything");
        load_text("bot", &text).unwrap_or_else(|problems| panic!("{problems}"));
    }
    let signals = || all.iter().filter(|gap| matches!(gap.missing, Missing::Signal(_)));
    assert!(signals().count() > 20);
    let mut text = config();
    let mut seen = std::collections::BTreeSet::new();
    for gap in signals().filter(|gap| seen.insert(gap.says.clone())) {
        text.push('\n');
        text.push_str(&gap.connect);
    }
    load_text("bot", &text).unwrap_or_else(|problems| panic!("{problems}"));
}

#[test]
fn the_example_of_every_kind_loads_once_its_lever_is_named() {
    for kind in ActionKind::ALL {
        let block = gaps::kind_block(*kind);
        let lever = if block.contains("last-good") { "prompt" } else { "assistant" };
        let name = format!("[action.{}]", kind.word().replace('_', "-"));
        let block = block.replace("LEVER", lever).replace(&name, "[action.from-the-example]");
        let vocabulary = vocabulary::shipped();
        let asked = vocabulary.values().filter(|spec| block.contains(spec.id.as_str()));
        let missing = asked.filter(|spec| !config().contains(&format!("[signal.{}]", spec.id)));
        let signals: Vec<String> =
            missing.map(|spec| format!("\n[signal.{}]\nfrom = \"prom\"\nquery = 'x'\n", spec.id)).collect();
        let signals = signals.concat();
        load_text("bot", &format!("{}\n{block}{signals}", config())).unwrap_or_else(|problems| panic!("{problems}"));
    }
}

#[test]
fn what_is_wired_is_no_gap() {
    let catalogue = load_text("bot", &config()).unwrap_or_else(|problems| panic!("{problems}")).catalogue;
    let books = super::books::shelf().runbooks;
    let gaps = gaps::of_runbook(&catalogue, &books["wrong-consistent"]);
    let has = |missing: &Missing| gaps.iter().any(|gap| gap.missing == *missing);
    assert!(!has(&Missing::Signal("grounding".parse().expect("id"))));
    assert!(has(&Missing::Signal("eval_match".parse().expect("id"))));
    assert!(!has(&Missing::Kind(ActionKind::KillFeature)));
    assert!(!has(&Missing::Changes(ChangeKind::Prompt)) && has(&Missing::Changes(ChangeKind::Tool)));
}
