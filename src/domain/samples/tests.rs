//! A share is said with its interval or not at all, and foreign text cannot act, deceive or flood.

use serde_json::json;

use super::super::evidence::Verdict;
use super::*;

/// Samples of a trace store's export.
pub(crate) fn spec() -> SamplesSpec {
    let facts = vec![("prompt".to_owned(), "/meta/prompt".to_owned())];
    SamplesSpec {
        id: "answers".parse().expect("id"),
        title: "Answers of the last hour".into(),
        from: "product".parse().expect("id"),
        path: "/export".into(),
        items: Some("/data".into()),
        fields: Fields {
            id: Some("/id".into()),
            prompt: "/input".into(),
            answer: "/output".into(),
            at: Some("/at".into()),
            facts,
        },
        count: 50,
        tags: ["fine", "wrong", "refused"].map(str::to_owned).to_vec(),
        replay: None,
    }
}

fn item(id: &str, at: &str, answer: &str) -> Value {
    json!({ "id": id, "at": at, "input": "refund?", "output": answer, "meta": { "prompt": 42 } })
}

#[test]
fn the_newest_come_first_and_what_cannot_be_read_is_counted() {
    let document = json!({ "data": [
        item("a", "2026-11-23T03:00:00Z", "90 days"), item("b", "2026-11-23T03:05:00Z", "30 days"),
        { "id": "c", "input": "no answer" }, item("a", "2026-11-23T03:01:00Z", "again"),
    ] });
    let parsed = of_json(&spec(), &document).expect("a list");
    let ids: Vec<_> = parsed.samples.iter().map(|sample| sample.id.as_str()).collect();
    assert_eq!((ids, parsed.unread), (vec!["b", "a"], 1));
    assert_eq!(parsed.samples[0].facts, [("prompt".to_owned(), "42".to_owned())]);
    assert!(of_json(&spec(), &json!({ "rows": [] })).expect_err("no list").contains("/data"));
}

#[test]
fn lines_are_read_from_the_end_and_a_broken_one_hides_no_other() {
    let mut spec = spec();
    (spec.items, spec.fields.at, spec.fields.id, spec.count) = (None, None, None, 2);
    let line = |answer: &str| json!({ "input": "q", "output": answer }).to_string();
    let lines = [line("first"), "{oops".to_owned(), line("second"), line("third")].join("\n");
    let parsed = of_lines(&spec, &lines);
    let answers: Vec<_> = parsed.samples.iter().map(|sample| sample.answer.as_str()).collect();
    assert_eq!((answers, parsed.unread), (vec!["third", "second"], 1));
    let again = of_lines(&spec, &lines);
    assert_eq!(parsed, again, "the same words have the same name");
}

#[test]
fn foreign_text_is_cleaned_and_cut_when_it_comes_in() {
    let hostile = format!("ok\u{1b}]0;x\u{7}\u{202e}{}", "a".repeat(3 * MOST_TEXT));
    let document = json!({ "data": [{ "id": "\u{1b}[2Jid", "input": "q\r\nq", "output": hostile, "at": "never",
                                       "meta": { "prompt": "\n\u{0}" } }] });
    let parsed = of_json(&spec(), &document).expect("a list");
    let sample = &parsed.samples[0];
    assert!(sample.answer.len() < MOST_TEXT + 20 && sample.answer.ends_with("(cut)"));
    let shown = [&sample.id, &sample.prompt, &sample.answer, &sample.facts[0].1];
    for text in shown {
        assert!(!text.chars().any(|c| c != '\n' && super::super::text::is_forbidden(c)), "{text:?}");
    }
    assert_eq!((sample.prompt.as_str(), sample.at), ("q\nq", None));
}

fn read(fine: usize, bad: usize) -> Reading {
    let given = std::iter::repeat_n("fine", fine).chain(std::iter::repeat_n("wrong", bad));
    Reading::of(&spec().tags, given)
}

#[test]
fn a_share_is_said_with_its_interval_and_answers_only_when_the_whole_interval_does() {
    assert_eq!(read(41, 9).words(), "read 50: 9 bad, 18 % (10 to 31 %)");
    assert_eq!(read(44, 6).more_than(0.02), Verdict::True, "six of fifty are no chance");
    assert_eq!(read(48, 2).more_than(0.02), Verdict::Unknown, "two of fifty can be");
    assert_eq!(read(200, 0).more_than(0.02), Verdict::False);
    assert_eq!(read(50, 0).more_than(0.02), Verdict::Unknown, "fifty good ones do not rule two percent out");
    assert_eq!(read(0, 10).more_than(0.02), Verdict::Unknown, "ten are too few to speak");
    assert_eq!(Reading::default().words(), "");
}

#[test]
fn every_tag_but_the_first_is_bad_also_one_that_the_config_forgot() {
    let reading = Reading::of(&spec().tags, ["fine", "refused", "leak"]);
    assert_eq!((reading.n, reading.bad), (3, 2));
    assert_eq!(reading.counts.last(), Some(&("leak".to_owned(), 1)));
}

#[test]
fn a_replay_counts_the_same_answer_whatever_its_white_space() {
    let mut way = WayOutcome::of("as users get it");
    for answer in ["Within 90 days.", "within  90 days.\n", "Within 30 days."] {
        way.answered("Within 90 days.", answer);
    }
    way.lost("no answer within 5 s");
    assert_eq!(way.words(), "as users get it: 2 of 3 as in the sample, 1 not answered (no answer within 5 s)");
    for number in 0..50 {
        way.answered("x", &format!("answer {number}"));
    }
    assert!(way.answers.len() <= 4);
}
