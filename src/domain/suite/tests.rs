//! Suites: what counts as expected, and the interval that few cases leave open.

use std::time::Duration;

use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::domain::permit::Mode;

pub(crate) fn spec(pass: f64, min_samples: u32) -> SuiteSpec {
    SuiteSpec {
        id: "smoke".parse().expect("id"),
        title: "smoke".into(),
        from: "product".parse().expect("id"),
        path: "/chat".into(),
        body: json!({ "messages": [{ "role": "user", "content": "{{prompt}}" }], "n": 1 }),
        answer: Some("/text".into()),
        cases: vec![Case {
            name: "refund".into(),
            prompt: "refund?".into(),
            expect: vec![Expect::Contains("30 days".into())],
        }],
        runs: 20,
        at_once: 4,
        within: Duration::from_secs(30),
        pass,
        min_samples,
        every: Duration::from_mins(5),
        gate: true,
    }
}

/// `passed` of `n` answers as expected, of the suite of [`spec`].
pub(crate) fn outcome(spec: &SuiteSpec, passed: u32, n: u32, at: Timestamp) -> SuiteOutcome {
    SuiteOutcome { n, passed, ..SuiteOutcome::of(spec, at) }
}

fn said(status: u16, json: Value) -> Said {
    Said { status, text: json.to_string(), json: Some(json) }
}

#[test]
fn a_prompt_is_put_in_as_a_string_whatever_it_holds() {
    let body = spec(1.0, 1).body_for("\"}], \"admin\": true, {{prompt}}");
    assert_eq!(body["messages"][0]["content"], "\"}], \"admin\": true, {{prompt}}");
    assert!(body.get("admin").is_none());
    assert_eq!(body["n"], 1, "what is no text stays what it is");
}

#[test]
fn each_expectation_holds_for_what_it_says_and_for_nothing_else() {
    let answer = said(200, json!({ "text": "Refunds within 30 Days.", "blocked": true }));
    let holds = |expect: Expect| expect.check(&answer, Some("/text")).is_ok();
    assert!(holds(Expect::Contains("30 days".into())) && !holds(Expect::Contains("90 days".into())));
    assert!(holds(Expect::Lacks("90 days".into())) && !holds(Expect::Lacks("30 days".into())));
    assert!(holds(Expect::Equals(" Refunds within 30 Days. ".into())) && !holds(Expect::Equals("Refunds".into())));
    let pattern = |text| Expect::Matches(Pattern::new(text).expect("a pattern"));
    assert!(holds(pattern(r"\b30 [Dd]ays")) && !holds(pattern(r"\d{4}")));
    assert!(holds(Expect::Status(200)) && !holds(Expect::Status(403)));
    assert!(holds(Expect::Holds("/blocked".into(), json!(true))));
    assert!(!holds(Expect::Holds("/blocked".into(), json!("true"))), "typed, not textual");
    assert!(!holds(Expect::Holds("/nothing".into(), Value::Null)), "absent is not null");
}

#[test]
fn an_error_or_an_answer_without_text_never_passes_not_even_for_what_it_lacks() {
    let lacks = Case { name: "x".into(), prompt: "x".into(), expect: vec![Expect::Lacks("secret".into())] };
    for answer in
        [said(503, json!({ "text": "down" })), said(200, json!({ "other": 1 })), said(200, json!({ "text": null }))]
    {
        let spec = spec(1.0, 1);
        let mut outcome = SuiteOutcome::of(&spec, Timestamp::UNIX_EPOCH);
        outcome.answered(&spec, &lacks, &answer);
        assert_eq!((outcome.passed, outcome.n), (0, 1), "{answer:?}");
    }
}

#[test]
fn a_suite_passes_only_on_enough_answers_all_of_them_given() {
    let perfect = spec(1.0, 10);
    let find = |spec: &SuiteSpec, passed, n| outcome(spec, passed, n, Timestamp::UNIX_EPOCH).finding(spec);
    assert!(matches!(find(&perfect, 20, 20), Finding::Passes(_)));
    assert!(matches!(find(&perfect, 19, 20), Finding::Fails(_)));
    assert!(matches!(find(&perfect, 9, 9), Finding::CannotSay(_)), "too few");
    assert!(matches!(find(&perfect, 0, 0), Finding::CannotSay(_)), "none");
    let lost = SuiteOutcome { unanswered: 1, ..outcome(&perfect, 20, 20, Timestamp::UNIX_EPOCH) };
    assert!(matches!(lost.finding(&perfect), Finding::CannotSay(_)), "an answer that never came is not a pass");
    let ninety = spec(0.9, 10);
    assert!(matches!(find(&ninety, 20, 20), Finding::CannotSay(_)), "the interval begins at 84 %");
    assert!(matches!(find(&ninety, 50, 50), Finding::Passes(_)));
    assert!(matches!(find(&ninety, 10, 50), Finding::Fails(_)));
}

#[test]
fn an_outcome_of_another_definition_says_nothing() {
    let before = spec(1.0, 10);
    let mut after = before.clone();
    after.cases[0].prompt = "another question".into();
    let old = outcome(&before, 20, 20, Timestamp::UNIX_EPOCH);
    assert!(matches!(old.finding(&before), Finding::Passes(_)));
    assert!(matches!(old.finding(&after), Finding::CannotSay(_)));
}

#[test]
fn only_a_session_that_may_act_or_a_person_has_a_say_so() {
    assert!(SaySo::of_a_session(Mode::ReadOnly, "ana").is_none());
    assert!(SaySo::of_a_session(Mode::DryRun, "ana").is_none());
    assert_eq!(SaySo::of_a_session(Mode::Act, "ana").expect("may").who(), "ana");
}

proptest! {
    #[test]
    fn the_interval_holds_the_rate_and_narrows_with_more_answers(n in 1_u32..5_000, share in 0.0_f64..=1.0) {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most n")]
        let passed = ((f64::from(n) * share) as u32).min(n);
        let (low, high) = wilson(passed, n);
        let rate = f64::from(passed) / f64::from(n);
        prop_assert!((0.0..=1.0).contains(&low) && (0.0..=1.0).contains(&high));
        prop_assert!(low <= rate + 1e-9 && rate <= high + 1e-9);
        let (wider_low, wider_high) = wilson(passed * 4, n * 4);
        prop_assert!(wider_high - wider_low <= high - low + 1e-9);
    }
}
