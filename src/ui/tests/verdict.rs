//! What is contained is said on every size, however long the rest of the verdict is.

use std::sync::Arc;

use super::text;
use crate::app::fixture;
use crate::app::msg::{JournalPlace, Msg};
use crate::app::{Model, update};
use crate::ui::theme::Theme;
use crate::ui::verdict;

const LONG: &str = "First suspect: prompt support-answers-with-policy-citations v41 → v42 (with retriever top_k 8 → 6 and \
                    flag rerank-v2 0 → 20 %) by dana, 6 min before onset.";

fn said(what: &str, suspect: &str) -> Model {
    let mut snapshot = fixture::snapshot();
    snapshot.headline.what = what.to_owned();
    snapshot.headline.suspect = suspect.to_owned();
    let mut model = fixture::model();
    update(&mut model, Msg::Snapshot(Arc::new(snapshot)));
    model
}

fn shown(model: &Model, columns: u16, most: usize) -> String {
    let lines = verdict::lines(model, &Theme::plain(), columns, most);
    assert!(lines.len() <= most);
    assert!(lines.iter().all(|line| line.width() <= usize::from(columns)), "{lines:?}");
    let words = lines.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_containment_words_are_dropped_last() {
    let long_what = "Quality, safety, business and provider have been failing for 35 min while infrastructure, data and \
                     agent are OK; retrieval LOW-N and policy STALE cannot be judged.";
    for what in ["Quality is failing.", long_what] {
        for contained in ["Nothing is contained yet.", "Contained: assistant is off, verified; prompt is v41."] {
            for text in [format!("{LONG} {contained}"), contained.to_owned()] {
                let model = said(what, &text);
                for columns in 59..160 {
                    for most in [3, 4] {
                        let shown = shown(&model, columns, most);
                        assert!(shown.ends_with(contained), "{columns} columns, {most} lines: {shown}");
                    }
                }
            }
        }
    }
}

#[test]
fn a_cut_suspect_and_a_cut_containment_say_that_they_are_cut() {
    let model = said("Quality is failing.", &format!("{LONG} Nothing is contained yet."));
    let frame = shown(&model, 79, 3);
    assert!(frame.contains("… Nothing is contained yet."), "{frame}");
    assert!(frame.contains("First suspect: prompt"), "{frame}");
    let levers = (0..20).map(|n| format!("lever-{n} is off, verified")).collect::<Vec<_>>().join("; ");
    let frame = shown(&said("Quality is failing.", &format!("{LONG} Contained: {levers}.")), 79, 3);
    assert!(frame.contains("Contained: lever-0 is off") && frame.ends_with('…'), "{frame}");
}

#[test]
fn the_frame_of_60_columns_says_it_too() {
    let model = said("Quality is failing.", &format!("{LONG} Nothing is contained yet."));
    for size in [(60, 16), (80, 24), (99, 24), (99, 40)] {
        assert!(text(&model, &Theme::plain(), size).contains("Nothing is contained yet."), "{size:?}");
    }
}

#[test]
fn a_cut_verdict_keeps_the_words_that_fit_and_no_line_is_an_ellipsis_alone() {
    let what = "Quality has been failing for 23 min; infrastructure UNKNOWN, provider UNKNOWN, data UNKNOWN, safety UNKNOWN \
                and business UNKNOWN cannot be judged.";
    let model = said(what, &format!("{LONG} Nothing is contained yet."));
    for columns in 59..160 {
        let lines = verdict::lines(&model, &Theme::plain(), columns, 3);
        assert!(lines.iter().all(|line| line.to_string().trim() != "…"), "{columns} columns: {lines:?}");
    }
}

#[test]
fn what_is_unlogged_is_said_in_red_with_its_number_until_it_is_stored() {
    let theme = Theme::dark();
    let mut model = fixture::model();
    for (count, words) in [(1, "1 entry is only in memory"), (3, "3 entries are only in memory")] {
        update(&mut model, Msg::Journal(JournalPlace::Unlogged { count, why: "disk full".to_owned() }));
        let banners = verdict::banners(&model, &theme, 160);
        let line = banners.iter().find(|line| line.to_string().contains("UNLOGGED")).expect("a banner");
        assert!(line.to_string().contains(words) && line.to_string().contains("releases are refused"), "{line}");
        let word = line.spans.iter().find(|span| span.content.contains("UNLOGGED")).expect("the word");
        assert_eq!(word.style, theme.alarm());
        assert_ne!(word.style, theme.content());
    }
    update(&mut model, Msg::Journal(JournalPlace::Stored));
    assert!(verdict::banners(&model, &theme, 160).iter().all(|line| !line.to_string().contains("UNLOGGED")));
}
