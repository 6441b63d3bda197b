//! The chart as a picture, its colours, and that no input makes it panic.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use ratatui::style::Color;

use super::*;
use crate::domain::cause::Fault;
use crate::domain::onset::Onset;
use crate::domain::sample::{Baseline, Sample};
use crate::domain::signal::{Better, Observed, Ours, Query, SignalSpec, judge};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_795_404_400 + second).expect("in range")
}

fn signal(values: &[(i64, f64)]) -> SignalState {
    let query = Query { value: String::new(), pointer: None, samples: None, cohorts: None, slo: None };
    let spec = SignalSpec {
        id: "grounding".parse().expect("id"),
        layer: "quality".parse().expect("id"),
        title: "grounding".into(),
        unit: "ratio".into(),
        better: Better::Higher,
        warn: None,
        crit: Some("< 0.85".parse().expect("limit")),
        min_samples: None,
        from: None,
        query,
        meaning: String::new(),
    };
    let history: Arc<[Point]> = values.iter().map(|(s, value)| Point { at: at(*s), value: *value }).collect();
    let observed = Observed {
        sample: history.last().map(|p| Sample { value: p.value, n: Some(412.0), at: p.at }).ok_or(Fault::NoData),
        last: None,
        baseline: Some(Baseline { median: 0.88, spread: 0.02, points: 90 }),
        loads_history: false,
        cohorts: Vec::new(),
        history,
        burn: BTreeMap::new(),
        interval: Duration::from_secs(15),
    };
    let state = judge(&Arc::new(spec), &observed, Ours::default(), at(7_200));
    SignalState { onset: Some(Onset { at: at(5_100), earliest: at(4_920), latest: at(5_280) }), ..state }
}

fn falling() -> SignalState {
    let wave = |n: i32| if n % 3 == 0 { 0.004 } else { -0.003 };
    let values: Vec<_> = (0..=240)
        .map(|n| {
            (
                i64::from(n) * 30,
                if n < 170 { 0.88 } else { (0.88 - 0.017 * f64::from(n - 170) / 1.5).max(0.71) } + wave(n),
            )
        })
        .collect();
    signal(&values)
}

fn draw(signal: &SignalState, theme: &Theme, width: u16, height: u16) -> Buffer {
    let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
    let marks = [Mark { at: at(4_740), label: "prompt v42".into() }];
    Chart { signal, from: at(0), to: at(7_200), marks: &marks, theme }.render(buffer.area, &mut buffer);
    buffer
}

fn text(buffer: &Buffer) -> String {
    let rows = buffer.content.chunks(usize::from(buffer.area.width));
    rows.map(|row| row.iter().map(ratatui::buffer::Cell::symbol).collect::<String>().trim_end().to_owned() + "\n")
        .collect()
}

#[test]
fn a_falling_signal_with_axis_band_limit_change_and_onset() {
    insta::assert_snapshot!(text(&draw(&falling(), &Theme::dark(), 90, 10)));
}

#[test]
fn the_same_in_ascii() {
    let drawn = text(&draw(&falling(), &Theme::plain().ascii(), 60, 9));
    let ours = drawn.replace('±', "");
    assert!(ours.is_ascii(), "{drawn}");
    insta::assert_snapshot!(drawn);
}

#[test]
fn the_good_part_is_green_the_bad_part_red_and_the_change_cyan() {
    let theme = Theme::dark();
    let buffer = draw(&falling(), &theme, 90, 10);
    let colours = |from: u16, to: u16| -> Vec<Color> {
        let cells = (from..to).flat_map(|x| (0..8).map(move |y| (x, y)));
        let braille = |symbol: &str| symbol.chars().all(|c| ('\u{2801}'..='\u{28FF}').contains(&c));
        cells.filter_map(|at| buffer.cell(at)).filter(|cell| braille(cell.symbol())).map(|cell| cell.fg).collect()
    };
    let fg = |status| theme.status(status).fg.expect("colour");
    assert!(colours(6, 50).iter().all(|colour| *colour == fg(Status::Ok)));
    assert!(colours(70, 78).iter().all(|colour| *colour == fg(Status::Crit)));
    let marks: Vec<_> = buffer.content.iter().filter(|cell| cell.symbol() == "┊").collect();
    assert!(!marks.is_empty() && marks.iter().all(|cell| Some(cell.fg) == theme.change().fg));
}

#[test]
fn a_signal_without_limits_has_no_green_line() {
    let mut state = falling();
    state.spec = Arc::new(SignalSpec { crit: None, ..(*state.spec).clone() });
    state.status = Status::Unknown;
    state.onset = None;
    let theme = Theme::dark();
    let green = theme.status(Status::Ok).fg;
    assert!(draw(&state, &theme, 60, 9).content.iter().all(|cell| Some(cell.fg) != green));
}

#[test]
fn a_blind_or_contained_signal_has_no_green_line_even_within_its_limits() {
    let theme = Theme::dark();
    let green = theme.status(Status::Ok).fg;
    for status in [Status::LowN, Status::Stale, Status::Unknown, Status::Contained] {
        let state = SignalState { status, onset: None, ..falling() };
        let buffer = draw(&state, &theme, 60, 9);
        assert!(buffer.content.iter().all(|cell| Some(cell.fg) != green), "{status:?}");
    }
}

#[test]
fn no_history_is_said_in_words_and_a_gap_is_not_bridged() {
    assert!(text(&draw(&signal(&[]), &Theme::plain(), 60, 5)).contains("no history in this window"));
    let mut values: Vec<_> = (0..40).map(|n| (n * 30, 0.9)).collect();
    values.extend((200..240).map(|n| (n * 30, 0.9)));
    let drawn = text(&draw(&signal(&values), &Theme::plain(), 60, 8));
    let line = drawn.lines().find(|row| row.contains('⠉') || row.contains('⠒') || row.contains('⣀')).expect("a line");
    assert!(line.contains("     ") || line.contains("░░░░░") || line.contains("┄┄┄┄┄"), "{drawn}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_area_and_no_value_makes_it_panic_or_leave_its_area(
        width in 0u16..70, height in 0u16..14, values in proptest::collection::vec(-1e12f64..1e12, 0..30),
    ) {
        let values: Vec<_> = values.iter().enumerate().map(|(n, v)| (i64::try_from(n).unwrap_or(0) * 240, *v)).collect();
        let state = signal(&values);
        let mut buffer = Buffer::empty(Rect::new(0, 0, 80, 20));
        let area = Rect::new(3, 2, width, height);
        Chart { signal: &state, from: at(0), to: at(7_200), marks: &[], theme: &Theme::dark() }.render(area, &mut buffer);
        let outside = buffer.area.positions().filter(|p| !area.contains(*p));
        for position in outside {
            prop_assert_eq!(buffer[position].symbol(), " ");
        }
    }
}
