//! The reader and the characterise page: digits call an answer something, everything is on record, nothing is sent by a
//! session that may not.

use std::sync::Arc;

use crate::app::dialog::Dialog;
use crate::app::fixture;
use crate::app::msg::{Key, Msg};
use crate::app::samples;
use crate::app::{Effect, Model, Screen, runbook, update};
use crate::domain::characterise::Part;
use crate::domain::entry::{Entry, Happening};
use crate::domain::ids::SamplesId;
use crate::domain::permit::Mode;
use crate::domain::walk::WalkAnswer;

fn source() -> SamplesId {
    fixture::id("answers")
}

/// The reader with fifty answers.
fn reader() -> Model {
    let mut model = fixture::model();
    let effects = fixture::press(&mut model, 'v');
    assert_eq!(effects, [Effect::ReadSamples(source())]);
    update(&mut model, Msg::Samples { samples: source(), read: Ok(fixture::answers()) });
    model
}

fn present(model: &Model) -> String {
    let Screen::Samples(screen) = model.screens.top() else { panic!("the reader: {:?}", model.screens.top()) };
    samples::list(model, &screen.samples)[screen.at].id.clone()
}

/// Presses keys and keeps what goes on record.
fn keys(model: &mut Model, keys: &str) -> Vec<Happening> {
    let mut records = Vec::new();
    for key in keys.chars() {
        for effect in fixture::press(model, key) {
            if let Effect::Record(what) = effect {
                records.push(what);
            }
        }
    }
    records
}

/// A session that finds these entries in the journal of the open incident.
fn with_entries(records: Vec<Happening>) -> Model {
    let mut model = fixture::model();
    let (ledger, mut entries) = fixture::journal();
    let incident = ledger.open.as_ref().map(|incident| incident.id.clone());
    for (seq, what) in (10_u64..).zip(records) {
        let (who, host) = ("ana".to_owned(), "other".to_owned());
        entries.push(Entry { seq, at: fixture::now(), who, host, incident: incident.clone(), what });
    }
    update(&mut model, Msg::Ledger { ledger: Arc::new(ledger), entries: entries.into() });
    model
}

#[test]
fn a_digit_calls_the_answer_something_goes_on_record_and_moves_to_the_next_unread_one() {
    let mut model = reader();
    let records = keys(&mut model, "121");
    let tagged = |what: &Happening| match what {
        Happening::Tagged { sample, tag: Some(tag), .. } => format!("{sample} {tag}"),
        other => panic!("{other:?}"),
    };
    assert_eq!(records.iter().map(tagged).collect::<Vec<_>>(), ["a0 fine", "a1 wrong", "a2 fine"]);
    assert_eq!(present(&model), "a3");
    assert_eq!(samples::reading(&model, &source()).words(), "read 3: 1 bad, 33 % (6 to 79 %)");
    fixture::press(&mut model, 'k');
    let records = keys(&mut model, "0");
    assert!(matches!(records.as_slice(), [Happening::Tagged { tag: None, .. }]));
    assert_eq!(samples::reading(&model, &source()).n, 2);
    assert!(keys(&mut model, "9").is_empty(), "a key without a tag does nothing");
}

#[test]
fn a_reading_is_taken_up_from_the_journal_where_it_was_left() {
    let mut model = reader();
    let records = keys(&mut model, "1212");
    let mut again = with_entries(records);
    fixture::press(&mut again, 'v');
    update(&mut again, Msg::Samples { samples: source(), read: Ok(fixture::answers()) });
    assert_eq!(present(&again), "a4");
    assert_eq!(samples::reading(&again, &source()), samples::reading(&model, &source()));
    assert!(again.tags.is_empty(), "nothing is pending: the journal has it");
}

#[test]
fn a_reading_answers_a_question_that_asks_for_a_share_with_its_interval() {
    let mut model = reader();
    let mut catalogue = (*model.catalogue).clone();
    let mut book = (*catalogue.runbooks["wrong-consistent"]).clone();
    book.steps[0].reading = Some(0.02);
    if let crate::domain::runbook::StepBody::Ask { evidence, .. } = &mut book.steps[0].body {
        *evidence = crate::domain::evidence::Evidence::default();
    }
    catalogue.runbooks.insert(book.id.clone(), Arc::new(book));
    model.catalogue = Arc::new(catalogue);
    let look = |model: &Model| {
        let (book, walk) = runbook::walk(model, &fixture::id("wrong-consistent")).expect("a walk");
        runbook::suggestion(model, walk, walk.step(book).expect("a step")).expect("a question")
    };
    keys(&mut model, &"1".repeat(44));
    keys(&mut model, "22");
    fixture::press_at(&mut model, Key::Esc, fixture::now());
    fixture::press(&mut model, 'r');
    assert_eq!(look(&model).answer, None, "two of forty-six: the interval still holds two percent");
    fixture::press(&mut model, 'v');
    keys(&mut model, "2222");
    fixture::press_at(&mut model, Key::Esc, fixture::now());
    let suggestion = look(&model);
    assert_eq!(suggestion.answer, Some(WalkAnswer::Yes));
    let records = keys(&mut model, "y");
    let [.., Happening::Answered { why, .. }] = records.as_slice() else { panic!("{records:?}") };
    assert_eq!(why, "read 50: 6 bad, 12 % (6 to 24 %); 1 true");
}

#[test]
fn a_sample_is_asked_again_only_by_a_session_that_may_act() {
    let mut model = reader();
    let effects = fixture::press(&mut model, 'p');
    assert!(matches!(effects.as_slice(), [Effect::Replay { sample, .. }] if sample.id == "a0"));
    model.mode = Mode::ReadOnly;
    assert!(fixture::press(&mut model, 'p').is_empty());
    assert!(model.messages.flash(model.now).is_some_and(|words| words.contains("sends nothing but reads")));
}

#[test]
fn a_source_that_fails_says_why_and_is_asked_again_on_request() {
    let mut model = fixture::model();
    fixture::press(&mut model, 'v');
    update(&mut model, Msg::Samples { samples: source(), read: Err("product: HTTP 503".to_owned()) });
    assert!(keys(&mut model, "1").is_empty(), "nothing is there to be called anything");
    assert_eq!(fixture::press(&mut model, 'n'), [Effect::ReadSamples(source())]);
}

#[test]
fn the_characterise_page_fills_itself_and_keeps_what_a_person_writes() {
    let mut model = fixture::model();
    fixture::press(&mut model, 'f');
    let rows = crate::app::characterise::rows(&model);
    let live = |part: Part| rows.iter().find(|row| row.part == part).and_then(|row| row.live.clone());
    assert!(live(Part::Start).is_some_and(|words| words.starts_with("02:51Z (between 02:48Z and 02:54Z)")));
    assert!(live(Part::Share).is_some_and(|words| words.contains("lang=es")));
    assert!(
        live(Part::Changed).is_some_and(|words| words.contains("prompt support v41 → v42 by dana, 6 min before it"))
    );
    assert_eq!(live(Part::Reproduce), None, "nobody tried yet");
    fixture::press(&mut model, 'j');
    fixture::press_at(&mut model, Key::Enter, fixture::now());
    let Some(Dialog::Write(_, field)) = &model.dialog else { panic!("a field: {:?}", model.dialog) };
    assert_eq!(Some(field.text().to_owned()), live(Part::Share), "what is known stands in it already");
    keys(&mut model, " only refunds");
    let effects = fixture::press_at(&mut model, Key::Enter, fixture::now());
    let [Effect::Record(what)] = effects.as_slice() else { panic!("{effects:?}") };
    let again = with_entries(vec![what.clone()]);
    let written = crate::app::characterise::rows(&again)[1].written.clone().expect("written");
    assert!(written.0.ends_with("only refunds") && written.1 == "ana", "{written:?}");
}
