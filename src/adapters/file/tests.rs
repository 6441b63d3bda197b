//! On real files in a temporary directory.

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::adapters::testing::endpoint;
use crate::domain::endpoint::Vendor;

const FLAGS: &str = "{\n  \"flags\": { \"assistant\" :true , \"model\":\"gpt-5\" },\n\t\"rate\": 1.50,\n  \"route\": {\"a\": 0.9, \"b\": 0.1}\n}\n";
const SETTINGS: &str = "# who touches this reads the runbook\n[flags]\nassistant = true   # the kill switch\nmodel = 'gpt-5'\n\n[limits]\nrate = 100\n[route]\na = 1.0\nb = 0.0 # spare\n";

const SERVED: &str = "# who touches this reads the runbook\nassistant:\n  variations: { on: true, off: false } # both stay\n  defaultRule:\n    variation: on   # the kill switch\nmodel: \"gpt-5\"\nzürich: 'a''b' # ü\nlimits:\n- rate: 1.50\nroute: {a: 0.9, b: 0.1}\nsplit:\n  a: 70\n  b: 30 # spare\nlast: True";

struct Place {
    directory: tempfile::TempDir,
    files: Files,
}

fn place(name: &str, text: &str) -> Place {
    let directory = tempfile::tempdir().expect("a directory");
    std::fs::write(directory.path().join(name), text).expect("written");
    let files = Files { spec: endpoint(Vendor::File, &directory.path().display().to_string()) };
    Place { directory, files }
}

fn target(name: &str, pointer: &str) -> LeverTarget {
    forms::FILE_VALUE.at([("path", name), ("pointer", pointer)])
}

impl Place {
    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).expect("readable")
    }

    /// What `write` does, without the permit that only the runner can mint.
    fn write(&self, requests: &[PlannedRequest]) -> WriteOutcome {
        let (path, expected, text) = parts(&requests[0]).expect("a planned write");
        store::replace(&path, &self.files.directory(), &expected, &text)
    }
}

#[tokio::test]
async fn a_move_changes_only_the_value_and_undo_gives_back_every_byte() {
    for (name, text, pointer, after) in [
        ("flags.json", FLAGS, "/flags/assistant", Setting::Switch(false)),
        ("flags.json", FLAGS, "/flags/model", Setting::Pointer("gpt \"5\"\n".into())),
        ("flags.json", FLAGS, "/rate", Setting::Number(2.0)),
        ("flags.json", FLAGS, "/route", Setting::Weights([("b".into(), 1.0)].into())),
        ("settings.toml", SETTINGS, "/flags/assistant", Setting::Switch(false)),
        ("settings.toml", SETTINGS, "/flags/model", Setting::Pointer("gpt-4".into())),
        ("settings.toml", SETTINGS, "/limits/rate", Setting::Number(25.0)),
        ("settings.toml", SETTINGS, "/route", Setting::Weights([("b".into(), 1.0)].into())),
        ("served.yaml", SERVED, "/assistant/defaultRule/variation", Setting::Switch(false)),
        ("served.yaml", SERVED, "/assistant/variations/on", Setting::Switch(false)),
        ("served.yml", SERVED, "/model", Setting::Pointer("gpt \"5\"\n".into())),
        ("served.yaml", SERVED, "/zürich", Setting::Pointer("it's: #4".into())),
        ("served.yaml", SERVED, "/limits/0/rate", Setting::Number(2.0)),
        ("served.yaml", SERVED, "/route", Setting::Weights([("b".into(), 1.0)].into())),
        ("served.yaml", SERVED, "/split", Setting::Weights([("a".into(), 0.5), ("b".into(), 0.5)].into())),
        ("served.yaml", SERVED, "/last", Setting::Switch(false)),
    ] {
        let place = place(name, text);
        let target = target(name, pointer);
        let before = place.files.read(&target).await.expect("readable");
        let requests = place.files.plan(&target, &before, &after).expect("possible");
        assert!(matches!(place.write(&requests), WriteOutcome::Acknowledged(_)), "{name} {pointer}");
        let moved = place.files.read(&target).await.expect("readable");
        assert!(moved.setting.same(&after), "{name} {pointer}: {}", moved.setting);
        assert_ne!(moved.revision, before.revision);
        assert_eq!(place.text(name).lines().count(), text.lines().count());
        let undo = place.files.restore(&target, &moved, &before).expect("exact");
        assert!(matches!(place.write(&undo), WriteOutcome::Acknowledged(_)));
        assert_eq!(place.text(name), text, "{name} {pointer}");
    }
}

#[tokio::test]
async fn a_switch_that_is_written_as_text_stays_text() {
    let place = place("flags.json", "{\"ff\": \"on\", \"model\": \"a\"}");
    let target = target("flags.json", "/ff");
    let before = place.files.read(&target).await.expect("readable");
    assert_eq!(before.setting, Setting::Switch(true));
    let requests = place.files.plan(&target, &before, &Setting::Switch(false)).expect("possible");
    assert!(matches!(place.write(&requests), WriteOutcome::Acknowledged(_)));
    assert_eq!(place.text("flags.json"), "{\"ff\": \"off\", \"model\": \"a\"}");
    let moved = place.files.read(&target).await.expect("readable");
    let undo = place.files.restore(&target, &moved, &before).expect("exact");
    assert!(matches!(place.write(&undo), WriteOutcome::Acknowledged(_)));
    assert_eq!(place.text("flags.json"), "{\"ff\": \"on\", \"model\": \"a\"}");
}

#[tokio::test]
async fn a_file_that_changed_since_it_was_read_is_left_alone() {
    let place = place("flags.json", FLAGS);
    let target = target("flags.json", "/flags/assistant");
    let seen = place.files.read(&target).await.expect("readable");
    let requests = place.files.plan(&target, &seen, &Setting::Switch(false)).expect("possible");
    let theirs = FLAGS.replace("gpt-5", "gpt-6");
    std::fs::write(place.path("flags.json"), &theirs).expect("written");
    assert_eq!(place.write(&requests), WriteOutcome::Rejected(crate::adapters::sending::lost_the_race()));
    assert_eq!(place.text("flags.json"), theirs);
}

#[tokio::test]
async fn undo_keeps_what_others_changed_elsewhere_in_the_file() {
    let place = place("flags.json", FLAGS);
    let target = target("flags.json", "/flags/assistant");
    let before = place.files.read(&target).await.expect("readable");
    let theirs = FLAGS.replace("true", "false").replace("gpt-5", "gpt-6");
    std::fs::write(place.path("flags.json"), &theirs).expect("written");
    let now = place.files.read(&target).await.expect("readable");
    place.write(&place.files.restore(&target, &now, &before).expect("exact"));
    assert_eq!(place.text("flags.json"), FLAGS.replace("gpt-5", "gpt-6"));
}

#[cfg(unix)]
#[tokio::test]
async fn links_open_rights_and_foreign_places_are_refused_and_named() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = place("flags.json", FLAGS);
    let seen = place.files.read(&target("flags.json", "/flags/assistant")).await.expect("readable");
    let requests = |name: &str| {
        place.files.plan(&target(name, "/flags/assistant"), &seen, &Setting::Switch(false)).expect("possible")
    };
    let refused = |name: &str, word: &str| match place.write(&requests(name)) {
        WriteOutcome::NotSent(fault) => assert!(fault.to_string().contains(word), "{fault}"),
        other => panic!("{name}: {other:?}"),
    };

    std::os::unix::fs::symlink(place.path("flags.json"), place.path("link.json")).expect("linked");
    refused("link.json", "symbolic link");
    assert!(place.files.read(&target("link.json", "/flags/assistant")).await.is_err());

    let elsewhere = tempfile::tempdir().expect("a directory");
    std::fs::write(elsewhere.path().join("flags.json"), FLAGS).expect("written");
    refused(&elsewhere.path().join("flags.json").display().to_string(), "outside");

    std::fs::set_permissions(place.path("flags.json"), std::fs::Permissions::from_mode(0o666)).expect("changed");
    refused("flags.json", "everybody");
    let checks = place.files.probe(&target("flags.json", "/flags/assistant")).await;
    assert!(checks.iter().any(|check| check.status == CheckStatus::Fail && check.why.contains("everybody")));
    assert_eq!(place.text("flags.json"), FLAGS);
}

#[cfg(unix)]
#[tokio::test]
async fn the_rights_of_the_file_survive_and_nothing_but_the_lock_is_left_behind() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = place("flags.json", FLAGS);
    let rights = std::fs::Permissions::from_mode(0o640);
    std::fs::set_permissions(place.path("flags.json"), rights).expect("changed");
    let target = target("flags.json", "/flags/assistant");
    let seen = place.files.read(&target).await.expect("readable");
    place.write(&place.files.plan(&target, &seen, &Setting::Switch(false)).expect("possible"));
    let mode = std::fs::metadata(place.path("flags.json")).expect("there").permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
    let mut names: Vec<_> = std::fs::read_dir(place.directory.path())
        .expect("readable")
        .map(|entry| entry.expect("readable").file_name().into_string().expect("text"))
        .collect();
    names.sort();
    assert_eq!(names, [".flags.json.breakglass-lock", "flags.json"]);
}

#[tokio::test]
async fn while_another_holds_the_lock_nothing_is_written() {
    let place = place("flags.json", FLAGS);
    let target = target("flags.json", "/flags/assistant");
    let seen = place.files.read(&target).await.expect("readable");
    let requests = place.files.plan(&target, &seen, &Setting::Switch(false)).expect("possible");
    let other = std::fs::File::create(place.path(".flags.json.breakglass-lock")).expect("created");
    other.lock().expect("locked");
    assert!(matches!(place.write(&requests), WriteOutcome::NotSent(_)));
    assert_eq!(place.text("flags.json"), FLAGS);
    drop(other);
    assert!(matches!(place.write(&requests), WriteOutcome::Acknowledged(_)));
}

#[tokio::test]
async fn missing_values_other_kinds_and_broken_files_are_said_in_words() {
    let place = place("flags.json", FLAGS);
    let read = |pointer: &'static str| {
        let target = target("flags.json", pointer);
        async { place.files.read(&target).await.map(|reading| (target, reading)) }
    };
    let (absent, reading) = read("/flags/nothing").await.expect("readable");
    assert_eq!(reading.setting, Setting::Unset);
    assert!(place.files.plan(&absent, &reading, &Setting::Switch(true)).is_err());
    let (switch, reading) = read("/flags/assistant").await.expect("readable");
    assert!(place.files.plan(&switch, &reading, &Setting::Number(1.0)).is_err());
    assert!(place.files.plan(&switch, &reading, &Setting::Unset).is_err());
    assert!(read("/flags").await.is_err());
    std::fs::write(place.path("flags.json"), "{\"flags\":{\"assistant\":true,\"assistant\":false}}").expect("written");
    let twice = place.files.read(&switch).await.expect("readable");
    assert!(place.files.plan(&switch, &twice, &Setting::Switch(false)).is_err_and(|why| why.contains("twice")));
    std::fs::write(place.path("flags.json"), "{").expect("written");
    assert!(matches!(place.files.read(&switch).await, Err(Fault::File { .. })));
    assert!(matches!(place.files.read(&target("gone.json", "/a")).await, Err(Fault::NotFound { .. })));
}

fn feed() -> FeedSpec {
    FeedSpec {
        id: "deploys".parse().expect("valid"),
        from: "store".parse().expect("valid"),
        kind: None,
        what: "changes.jsonl".into(),
        fields: None,
    }
}

#[tokio::test]
async fn a_change_log_is_read_newest_first_and_a_growing_last_line_waits() {
    let log = concat!(
        r#"{"at":"2026-11-23T02:00:00Z","kind":"deploy","what":"old"}"#,
        "\n",
        r#"{"at":"2026-11-23T03:00:00Z","kind":"prompt","what":"support v41 → v42","who":"dana","before":"a\nb","reviewed":true}"#,
        "\n\n",
        r#"{"at":"2026-11-23T03:10:00Z","what":"limits\u001b[2J raised","ticket":7}"#,
        "\n",
        r#"{"at":"2026-11-23T03:2"#,
    );
    let place = place("changes.jsonl", log);
    let since = "2026-11-23T02:30:00Z".parse().expect("valid");
    let changes = place.files.since(&feed(), since).await.expect("readable");
    let told: Vec<_> = changes.iter().map(|change| (change.kind.word(), change.what.as_str())).collect();
    assert_eq!(told, [("config", "limits␛[2J raised"), ("prompt", "support v41 → v42")]);
    assert_eq!(changes[1].before.as_deref(), Some("a\nb"));
    std::fs::write(place.path("changes.jsonl"), "deployed something\n").expect("written");
    let fault = place.files.since(&feed(), since).await.expect_err("no change");
    assert!(fault.to_string().contains("deployed something"), "{fault}");
}

#[tokio::test]
async fn lines_that_are_no_change_are_told_and_take_no_good_line_with_them() {
    let good = |second: u32| format!("{{\"at\":\"2026-11-23T03:00:0{second}Z\",\"what\":\"good {second}\"}}\n");
    let mut log = good(1).into_bytes();
    log.extend(b"\xff\xfe not text\n{\"at\":\"2026-11-23T03:00:02Z\",\"what\":\"a\x01b\"}\n{\"at\":\"2026-1\n");
    log.extend(b"{\"at\":\"2026-11-23T03:00:03Z\"}\n");
    log.extend(good(4).into_bytes());
    let place = place("flags.json", FLAGS);
    std::fs::write(place.path("changes.jsonl"), log).expect("written");
    let told = place.files.tell(&feed(), Timestamp::UNIX_EPOCH).await;
    let what: Vec<_> = told.changes.iter().flatten().map(|change| change.what.as_str()).collect();
    assert_eq!(what, ["good 4", "good 1"]);
    assert!(told.fault.is_some_and(|fault| fault.to_string().contains("4 lines are no change")));
}

#[cfg(unix)]
#[tokio::test]
async fn a_pipe_in_place_of_a_log_holds_nobody_up() {
    use rustix::fs::{CWD, FileType, Mode, mknodat};
    let place = place("flags.json", FLAGS);
    mknodat(CWD, place.path("changes.jsonl"), FileType::Fifo, Mode::RWXU, 0).expect("a pipe");
    assert!(place.files.tell(&feed(), Timestamp::UNIX_EPOCH).await.fault.is_some());
}

proptest! {
    #[test]
    fn a_splice_changes_exactly_the_value_it_names(
        flags in proptest::collection::btree_map("[a-z/~ é\"]{1,6}", any::<bool>(), 1..6), pick in 0usize..6, pretty: bool,
    ) {
        let document = serde_json::json!({ "flags": flags, "other": [1, {"x": "true"}] });
        let text = if pretty { serde_json::to_string_pretty(&document) } else { serde_json::to_string(&document) };
        let text = text.expect("JSON");
        let (key, on) = flags.iter().nth(pick % flags.len()).expect("not empty");
        let pointer = format!("/flags/{}", key.replace('~', "~0").replace('/', "~1"));
        let changed = document::with_setting(Format::Json, &text, &pointer, &Setting::Switch(!on)).expect("possible");
        let mut expected = document.clone();
        *expected.pointer_mut(&pointer).expect("there") = (!on).into();
        prop_assert_eq!(serde_json::from_str::<Value>(&changed).expect("JSON"), expected);
        prop_assert_eq!(document::with_value_of(Format::Json, &changed, &pointer, &text).expect("exact"), text);
    }
}
