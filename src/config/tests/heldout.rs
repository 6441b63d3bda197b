//! Held-out triage cases: readings that were written before the trees and weights were tuned. `expected.toml` says what
//! each should come to. A case that no longer ranks right is a defect of the ranking, not of the case.

use serde::Deserialize;

use super::super::readings;
use super::{fixture, fixtures};
use crate::domain::action::ActionKind;
use crate::domain::picture;
use crate::domain::snapshot::Snapshot;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    file: String,
    first: String,
    #[serde(default)]
    offers: Vec<ActionKind>,
    severity: Option<String>,
    rule: Option<String>,
}

fn cases() -> Vec<Case> {
    let expected: Expected = toml::from_str(&fixture("triage/expected.toml")).expect("a list of cases");
    expected.case
}

fn picture_of(case: &Case) -> Snapshot {
    let text = fixture(&format!("triage/{}.toml", case.file));
    let (catalogue, observations) =
        readings::load_text(&case.file, &text).unwrap_or_else(|problems| panic!("{problems}"));
    let catalogue = super::books::on_disk(catalogue);
    picture::snapshot(&catalogue, &observations)
}

#[test]
fn held_out_cases_rank_the_symptom_and_offer_the_action() {
    let mut wrong = Vec::new();
    for case in cases() {
        let picture = picture_of(&case);
        let triage = &picture.triage;
        let said: Vec<String> = triage.symptoms.iter().map(|s| format!("{} {:.2}", s.id, s.score)).take(4).collect();
        let first = triage.symptoms.first();
        let id = first.map_or("nothing", |first| first.id.as_str());
        if id != case.first {
            wrong.push(format!("{}: {} should rank first: {said:?}", case.file, case.first));
            continue;
        }
        let offered = first.and_then(|first| first.actions.first());
        if !case.offers.is_empty() && !offered.is_some_and(|kind| case.offers.contains(kind)) {
            wrong.push(format!("{}: offers {offered:?} first, not one of {:?}", case.file, case.offers));
        }
        let level = triage.severity.as_ref().map(|severity| severity.level.clone());
        if case.severity.is_some() && level != case.severity {
            wrong.push(format!("{}: severity {level:?}, not {:?}", case.file, case.severity));
        }
        if let Some(rule) = &case.rule
            && !triage.notes.iter().any(|note| note.rule.word() == rule)
        {
            wrong.push(format!("{}: the rule {rule} does not speak: {:?}", case.file, triage.notes));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_file_is_a_case_and_what_a_tree_forbids_is_never_offered() {
    let cases = cases();
    assert!(cases.len() >= 40);
    assert_eq!(fixtures("triage").len(), cases.len() + 1, "a file without a line in expected.toml");
    let runbooks = super::books::shelf().runbooks;
    for case in cases {
        let picture = picture_of(&case);
        for ranked in &picture.triage.symptoms {
            let forbidden = &runbooks[&ranked.id].never;
            let offered = ranked.actions.iter().find(|kind| forbidden.contains(kind));
            assert_eq!(offered, None, "{}: {} offers what it forbids", case.file, ranked.id);
        }
    }
}
