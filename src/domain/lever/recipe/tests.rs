//! Templates, bodies and values of recipes.

use serde_json::json;

use super::super::{LeverReading, Revision, Setting};
use super::*;

fn parameters() -> BTreeMap<String, Value> {
    [("flag".to_owned(), json!("a/b?c")), ("id".to_owned(), json!(12))].into()
}

fn parsed(text: &str) -> Result<Template, Slip> {
    Template::parse(text, &Scope { parameters: &parameters(), writes: true })
}

fn filled(body: &str, filling: &Filling<'_>) -> Result<String, String> {
    let body = Body::json(body, &Scope { parameters: &parameters(), writes: true });
    body.map_err(|slip| format!("{}: {}", slip.at, slip.message))?.filled(filling)
}

fn filling(parameters: &BTreeMap<String, Value>) -> Filling<'_> {
    Filling {
        want: Some(json!(false)),
        prev: Some(json!("41")),
        rev: Some("7".into()),
        snapshot: Some(json!({ "enabled": true, "rules": [1] })),
        shares: vec![
            Share { key: "a".into(), weight: json!(70), item: Some(json!({ "name": "a", "weight": 100, "x": 1 })) },
            Share { key: "b".into(), weight: json!(0), item: Some(json!({ "name": "b", "weight": 0, "x": 2 })) },
        ],
        ..Filling::parameters(parameters)
    }
}

#[test]
fn a_text_that_is_one_placeholder_keeps_its_type_and_any_other_becomes_text() {
    let parameters = parameters();
    let filling = filling(&parameters);
    assert_eq!(
        filled(r#"{"a":"{{want}}","b":"is {{want}}","{{p.flag}}":"{{p.id}}"}"#, &filling).as_deref(),
        Ok(r#"{"a":false,"b":"is false","a/b?c":12}"#)
    );
    assert_eq!(
        filled(r#"["{{text:want}}","{{number:prev}}","{{b64:prev}}"]"#, &filling).as_deref(),
        Ok(r#"["false",41,"NDE="]"#)
    );
    assert_eq!(filled(r#""{{number:want}}""#, &filling), Err("false is no number".into()));
}

#[test]
fn the_snapshot_is_sent_with_one_place_changed_and_weights_make_a_list() {
    let parameters = parameters();
    let filling = filling(&parameters);
    let changed = r#"{"enabled":false,"rules":[1]}"#;
    assert_eq!(filled(r#""{{snapshot with /enabled = want}}""#, &filling).as_deref(), Ok(changed));
    assert_eq!(filled(r#"{"{{snapshot with}}":{"/enabled":"{{want}}"}}"#, &filling).as_deref(), Ok(changed));
    assert_eq!(
        filled(r#"{"{{each weight > 0}}":{"name":"{{key}}","weight":"{{weight}}"}}"#, &filling).as_deref(),
        Ok(r#"[{"name":"a","weight":70}]"#)
    );
    assert_eq!(
        filled(r#"{"{{each weight}}":{"{{item with}}":{"/weight":"{{weight}}"}}}"#, &filling).as_deref(),
        Ok(r#"[{"name":"a","weight":70,"x":1},{"name":"b","weight":0,"x":2}]"#)
    );
}

#[test]
fn every_slip_has_its_place() {
    for (text, at, part) in [
        ("/a/{{want", 3, "not closed"),
        ("é {{wnat}}", 2, "no placeholder"),
        ("{{env:TOKEN}}", 0, "secret"),
        ("{{hex:want}}", 0, "no filter"),
        ("x{{p.nope}}", 1, "no parameter"),
        ("{{snapshot with enabled = want}}", 0, "snapshot with"),
    ] {
        let slip = parsed(text).expect_err(text);
        assert!(slip.at == at && slip.message.contains(part) && !slip.hint.is_empty(), "{text}: {slip:?}");
    }
    let reading = Scope { parameters: &parameters(), writes: false };
    assert!(Template::parse("{{want}}", &reading).is_err_and(|slip| slip.hint.contains("p.NAME")));
    for (body, at) in [("{\"a\": want}", 6), ("{\"a\":\"{{wnat}}\"}", 6), ("{\"{{each weight}}\":1,\"b\":2}", 0)] {
        let slip = Body::json(body, &Scope { parameters: &parameters(), writes: true }).expect_err(body);
        assert_eq!(slip.at, at, "{slip:?}");
    }
}

#[test]
fn what_fills_a_path_is_encoded_and_what_stands_in_it_is_not() {
    let parameters = parameters();
    let template = parsed("/v1/{{p.flag}}/x").expect("parses");
    let upper = template.encoded(&Filling::parameters(&parameters), |part| part.replace('/', "%2F"));
    assert_eq!(upper.as_deref(), Ok("/v1/a%2Fb?c/x"));
}

fn weights(scale: u32, key: Option<&str>) -> Recipe {
    let ask = Ask {
        call: Call::Run(Vec::new()),
        place: Place::Weights { list: "/nodes".into(), key: key.map(Into::into), weight: "/weight".into(), scale },
        names: Names::new(),
        snapshot: None,
        ignore: Vec::new(),
        unset_on: Vec::new(),
        unset_if_missing: false,
        missing_on: Vec::new(),
    };
    Recipe {
        lever: "route".into(),
        holds: Holds::Weights,
        parameters: BTreeMap::new(),
        read: ask,
        version: None,
        write: Some(Write { call: Call::Run(Vec::new()), names: Names::new() }),
        write_to: BTreeMap::new(),
        unset: None,
        undo: None,
        answer: AnswerRule::default(),
        served: None,
        versions: None,
        settles_in: Duration::ZERO,
        exact_undo: true,
        inherit: Vec::new(),
    }
}

fn reading(setting: Setting, raw: &str) -> LeverReading {
    LeverReading {
        setting,
        revision: Revision::None,
        raw: raw.into(),
        read_at: jiff::Timestamp::UNIX_EPOCH,
        set_by: None,
        set_at: None,
    }
}

#[test]
fn weights_are_shares_of_one_here_and_whole_numbers_there_and_undo_puts_back_theirs() {
    let recipe = weights(100, None);
    let before = reading(recipe.weights(&json!({ "a": 4, "b": 1 })).expect("weights"), r#"{"a":4,"b":1}"#);
    assert!(before.setting.same(&Setting::Weights([("a".into(), 0.8), ("b".into(), 0.2)].into())));
    let after = Setting::Weights([("b".into(), 1.0)].into());
    let (_, moved) = recipe.moving(&before, &after, "dana").expect("moves");
    assert_eq!(moved.want, Some(json!({ "a": 0, "b": 100 })), "who gets nothing is said, not left out");
    let now = reading(after, r#"{"a":0,"b":100}"#);
    let (_, undone) = recipe.restoring(&now, &before, "dana").expect("undone");
    assert_eq!(undone.want, Some(json!({ "a": 4, "b": 1 })), "exactly what stood there");
    assert!(recipe.restoring(&before, &before, "dana").is_err_and(|why| why.contains("nothing to undo")));
}

#[test]
fn what_is_no_setting_is_said_in_the_stores_words_and_never_guessed() {
    let mut recipe = weights(1, None);
    recipe.holds = Holds::Switch;
    let none = Names::new();
    assert_eq!(recipe.setting(&json!(true), &none), Ok(Setting::Switch(true)));
    for odd in [json!("true"), json!(1), json!("on")] {
        assert!(recipe.setting(&odd, &none).is_err(), "{odd}");
    }
    let names: Names = [("on".into(), json!("active")), ("off".into(), json!("draft"))].into();
    assert_eq!(recipe.setting(&json!("draft"), &names), Ok(Setting::Switch(false)));
    assert_eq!(recipe.store_value(&Setting::Switch(true), &names), json!("active"));
    recipe.holds = Holds::Pointer;
    assert_eq!(recipe.setting(&json!(41), &none), Ok(Setting::Pointer("41".into())));
    assert!(recipe.setting(&json!("a\u{202e}b"), &none).is_err(), "what is cleaned for the eye is not what is there");
}

#[test]
fn undo_that_would_leave_other_changes_behind_is_refused() {
    let mut recipe = weights(1, None);
    recipe.holds = Holds::Switch;
    recipe.read.place = Place::At { pointer: "/flag/on".into(), select: None, base64: false };
    recipe.read.snapshot = Some("/flag".into());
    let before = reading(Setting::Switch(true), r#"{"on":true,"rules":[]}"#);
    let now = reading(Setting::Switch(false), r#"{"on":false,"rules":[]}"#);
    assert!(recipe.restoring(&now, &before, "dana").is_ok());
    let touched = reading(Setting::Switch(false), r#"{"on":false,"rules":[1]}"#);
    assert!(recipe.restoring(&touched, &before, "dana").is_err_and(|why| why.contains("more than the setting")));
}
