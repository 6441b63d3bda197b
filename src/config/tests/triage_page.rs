//! The worked example of `docs/triage.md`: its numbers are those that the program computes.

use super::super::readings;
use crate::domain::evidence::Judged;
use crate::domain::picture;
use crate::domain::runbook::Runbook;

const PAGE: &str = include_str!("../../../docs/triage.md");

fn example() -> &'static str {
    let after = PAGE.split("```toml readings\n").nth(1).expect("an example");
    after.split("\n```").next().expect("its end")
}

/// The summed weight of pieces whose comparison stands in a list.
fn weight(runbook: &Runbook, judged: &[(String, Judged)]) -> f64 {
    let is_in = |text: &str| judged.iter().any(|(_, judged)| judged.text == text);
    runbook
        .evidence
        .iter()
        .filter(|piece| is_in(piece.when.text()))
        .map(|piece| piece.weight)
        .fold(0.0, |sum, weight| sum + weight)
}

#[test]
fn the_numbers_of_the_worked_example_are_the_programs_own() {
    let (catalogue, observations) = readings::load_text("docs/triage.md", example()).unwrap_or_else(|p| panic!("{p}"));
    let triage = picture::snapshot(&catalogue, &observations).triage;
    let mut table =
        vec!["| rank | symptom | T | F | w | unknown | score |".to_owned(), "|---|---|---|---|---|---|---|".to_owned()];
    for ranked in &triage.symptoms {
        let runbook = &catalogue.runbooks[&ranked.id];
        let (for_it, against) = (weight(runbook, &ranked.for_it), weight(runbook, &ranked.against));
        let total: f64 = runbook.evidence.iter().map(|piece| piece.weight).sum();
        let mean = total / f64::from(u32::try_from(runbook.evidence.len()).expect("few"));
        let score = (for_it - against / 2.0) / (for_it + against + 4.0 * mean);
        assert!((score - ranked.score).abs() < 1e-9, "{}: {score} is not {}", ranked.id, ranked.score);
        table.push(format!(
            "| {} | `{}` | {for_it} | {against} | {mean:.2} | {} | {score:.2} |",
            ranked.rank,
            ranked.id,
            ranked.unknown.len()
        ));
    }
    let table = table.join("\n");
    assert!(PAGE.contains(&table), "the page should show:\n{table}");
    let first = &triage.symptoms[0];
    assert_eq!((first.id.as_str(), first.actions[0].word()), ("wrong-consistent", "rollback_prompt"));
    assert_eq!(triage.severity.expect("proposed").level, "P2");
}

#[test]
fn the_page_names_every_rule() {
    for rule in crate::domain::runbook::Rule::ALL {
        assert!(PAGE.contains(&format!("| `{}` |", rule.word())), "{}", rule.word());
    }
    for rule in 1..=7 {
        assert!(PAGE.contains(&format!("| G{rule} |")), "G{rule}");
    }
}
