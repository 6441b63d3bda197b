//! The incident of the target picture, by hand: catalogue, snapshot, plan, journal. Tests of screens start here.
//! Test code only. May not read clocks: it is always 03:26:41Z.

mod catalogue;
mod journal;
mod picture;
pub mod release;
mod samples;

use std::sync::Arc;

use jiff::Timestamp;

pub use catalogue::catalogue;
pub use journal::{journal, journal_with_run, journal_with_versions, run_id, versions_now};
pub use picture::{blind, calm, rolled_back, snapshot, with_every_status};
pub use samples::answers;

use super::keymap::{Keymap, Remaps};
use super::model::{Model, Options};
use super::msg::{Key, Msg};
use super::update::update;
use super::viewport::{DialogView, Viewport};
use crate::app::effect::Effect;
use crate::domain::action::{ActionKind, Direction, Tier};
use crate::domain::approval::Person;
use crate::domain::diff;
use crate::domain::ids::{ActionId, LeverId};
use crate::domain::lever::{Contract, LeverReading, Revision, Setting};
use crate::domain::permit::Mode;
use crate::domain::plan::{Check, CheckStatus, Plan, PlannedRequest, Purpose};

/// When everything happens.
pub fn now() -> Timestamp {
    "2026-11-23T03:26:41Z".parse().expect("valid")
}

/// So many seconds before [`now`].
pub fn before(seconds: i64) -> Timestamp {
    now() - jiff::SignedDuration::from_secs(seconds)
}

/// So many milliseconds after [`now`].
pub fn after_ms(milliseconds: i64) -> Timestamp {
    now() + jiff::SignedDuration::from_millis(milliseconds)
}

pub fn id<T: std::str::FromStr>(text: &str) -> T {
    text.parse().unwrap_or_else(|_| panic!("{text} is no name"))
}

/// A session before the first picture.
pub fn empty_model(mode: Mode) -> Model {
    let catalogue = catalogue();
    let keymap = Keymap::build(&catalogue.actions, &Remaps::new()).expect("no clash");
    let me = Person::new("sam", "laptop", None);
    let options = Options {
        who: "sam".to_owned(),
        me,
        mode,
        keymap,
        size: (160, 48),
        now: now(),
        configured: true,
        liftable: true,
    };
    Model::new(Arc::new(catalogue), options)
}

/// A session in the middle of the incident.
pub fn model() -> Model {
    let mut model = empty_model(Mode::Act);
    let (ledger, entries) = journal();
    update(&mut model, Msg::Ledger { ledger: Arc::new(ledger), entries: entries.into() });
    update(&mut model, Msg::Snapshot(Arc::new(snapshot())));
    model
}

/// Presses a key at a time.
pub fn press_at(model: &mut Model, key: Key, at: Timestamp) -> Vec<Effect> {
    update(model, Msg::Key { key, at, burst: false }).0
}

/// Presses a key now.
pub fn press(model: &mut Model, key: char) -> Vec<Effect> {
    let at = model.now;
    press_at(model, Key::Char(key), at)
}

/// A session of that mode, with the whole dialog of a plan of that tier on the screen.
pub fn with_dialog(tier: Tier, mode: Mode) -> Model {
    let mut model = model();
    model.mode = mode;
    let plan = plan_of(tier, now());
    press(&mut model, 'R');
    update(&mut model, Msg::Previewed(Ok(Box::new(plan.clone()))));
    show_dialog(&mut model, &plan, now());
    model
}

/// Reports that a frame showed the whole dialog.
pub fn show_dialog(model: &mut Model, plan: &Plan, at: Timestamp) {
    let dialog =
        DialogView { digest: plan.digest.clone(), width: 80, first: 0, visible: 20, total: 20, marks: Vec::new() };
    model.viewed(Viewport { dialog: Some(dialog), page: 10, ..Viewport::default() }, at);
}

/// The rollback of the prompt, drafted now.
pub fn plan() -> Plan {
    plan_of(Tier::One, now())
}

/// The rollback with another tier or age.
pub fn plan_of(tier: Tier, drafted_at: Timestamp) -> Plan {
    let lever: LeverId = id("prompt");
    let observed = LeverReading {
        setting: Setting::Pointer("v42".to_owned()),
        revision: Revision::Strong("9f2c41".to_owned()),
        raw: "{\"version\":\"42\"}".to_owned(),
        read_at: drafted_at,
        set_by: Some("dana".to_owned()),
        set_at: Some(before(2_460)),
    };
    let after = Setting::Pointer("v41".to_owned());
    let requests = vec![PlannedRequest {
        method: "POST".to_owned(),
        url: "https://mlflow.internal/api/2.0/mlflow/registered-models/alias".to_owned(),
        headers: Vec::new(),
        content_type: Some("application/json".to_owned()),
        body: Some("{\"name\":\"support\",\"alias\":\"production\",\"version\":\"41\"}".to_owned()),
    }];
    let digest = Plan::digest_of("prod", &lever, &observed, &after, &requests);
    let check = |name: &str, status, why: &str| Check { name: name.to_owned(), status, why: why.to_owned() };
    Plan {
        action: id::<ActionId>("rollback-prompt"),
        kind: ActionKind::RollbackPrompt,
        title: "Roll back prompt support to v41".to_owned(),
        purpose: Purpose::Action,
        service: "support-bot".to_owned(),
        environment: "prod".to_owned(),
        lever,
        target: "prompt alias support@production".to_owned(),
        observed,
        after,
        direction: Direction::Contain,
        tier,
        requests,
        checks: vec![
            check("v41 exists", CheckStatus::Pass, "unchanged 9f2c41"),
            check("token may move the alias", CheckStatus::Pass, ""),
            check("nobody else moved it", CheckStatus::Pass, ""),
            check("v41 last evaluated 9 d ago", CheckStatus::Warn, "limit 7 d"),
        ],
        gate: None,
        stages: None,
        diff: Some(diff::words(
            "Answer the customer always in full detail, citing policy.",
            "Answer the customer briefly.",
        )),
        reach: "serves 100 % of 118 req/min".to_owned(),
        users_see: "answers as the earlier prompt gave them (the kind's default)".to_owned(),
        effect: "served version is v41 on 95 % of 50 samples within 2 min".to_owned(),
        undo: "restores v42 exactly".to_owned(),
        contract: Contract::strong(std::time::Duration::from_mins(1), "write to the lever"),
        drafted_at,
        digest,
    }
}
