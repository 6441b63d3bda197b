//! Sets the stage: what had happened before the sandbox was started. Everything is a function of (scenario, seed, start).
//! May not speak HTTP or read clocks.

use jiff::Timestamp;
use serde_json::json;

use super::flags::{self, FlagStore};
use super::mlflow::{ALIAS, Gateway, POLICY, PROMPT, Registry};
use super::physics::{DAY, Seconds};
use super::product::Product;
use super::scenario::{GOOD_POLICY, GOOD_PROMPT, Scenario};
use super::server::{instant, seconds};
use super::timeline::{Position, Settings, Timeline};
use super::world::{Delays, World};

/// A version is created this long before it goes into service: review and roll-out.
const ROLL_OUT: Seconds = 240.0;

const MINUTE: Seconds = 60.0;

const HEAD: &str = "You are the support assistant of Example Store. Answer in the language of the customer.";
const CAREFUL: &str =
    "Answer only from the passages given. If they do not answer the question, say so and offer a person.";
const REFUNDS: &str = "Refunds: quote the policy passage word for word.";
const HASTY: &str = "Answer confidently and briefly. If the passages do not answer the question, use what you know about online stores.";

/// The world at start.
#[must_use]
pub fn world(scenario: &'static Scenario, seed: u64, now: Timestamp, delays: Delays) -> World {
    // The whole minute: history is asked for by the minute, and the same seed is to show the same points of the story.
    let started_at = (seconds(now) / MINUTE).floor() * MINUTE;
    let fault_at = started_at - Scenario::head_start(seed);
    let mut timeline = Timeline::new(Settings {
        assistant_share: 1.0,
        prompt: Some(GOOD_PROMPT),
        policy: Some(GOOD_POLICY),
        primary_share: 1.0,
        strict: false,
        reduced_context: false,
        cached_answers: false,
    });
    if scenario.prompt != GOOD_PROMPT {
        timeline.moved(fault_at, 0.0, Position::Prompt(Some(scenario.prompt)));
    }
    if scenario.policy != GOOD_POLICY {
        timeline.moved(fault_at, 0.0, Position::Policy(Some(scenario.policy)));
    }
    World {
        product: Product { seed, scenario, fault_at, started_at, timeline },
        flags: flag_store(started_at),
        registry: registry(scenario, started_at, fault_at),
        gateway: Gateway::new(instant(started_at - 44.0 * DAY)),
        delays,
        chats: 0,
    }
}

fn flag_store(started_at: Seconds) -> FlagStore {
    use flags::{ASSISTANT, CACHED_ANSWERS, DECOY, ENVIRONMENT, REDUCED_CONTEXT, STRICT};
    let stamp = |days: f64, who| flags::Stamp { at: instant(started_at - days * DAY), who };
    let mut store = FlagStore::default();
    // The stage is set with known names, so nothing here can be refused.
    for flag in [ASSISTANT, STRICT, REDUCED_CONTEXT, CACHED_ANSWERS, DECOY] {
        store.create(stamp(61.0, "priya"), flag);
    }
    let _ = store.switch(stamp(60.0, "priya"), ASSISTANT, ENVIRONMENT, true);
    let variant = |name| json!({ "name": name, "weight": 500, "weightType": "variable", "stickiness": "default" });
    let gradual = json!({ "name": "flexibleRollout", "variants": [variant("new"), variant("old")],
        "parameters": { "groupId": DECOY, "rollout": "0", "stickiness": "default" } });
    let gradual = gradual.as_object().cloned().unwrap_or_default();
    let added = store.add_strategy(stamp(2.0, "ci"), DECOY, ENVIRONMENT, &gradual);
    let _ = store.switch(stamp(2.0, "ci"), DECOY, ENVIRONMENT, true);
    if let Some(id) = added.ok().as_ref().and_then(|strategy| strategy.get("id")?.as_str()) {
        let wider = json!({ "op": "replace", "path": "/parameters/rollout", "value": "20" });
        let _ = store.patch_strategy(stamp(3.0 / 24.0, "ci"), (DECOY, ENVIRONMENT, id), &[wider]);
    }
    store
}

fn registry(scenario: &Scenario, started_at: Seconds, fault_at: Seconds) -> Registry {
    let ago = |days: f64| started_at - days * DAY;
    let new = fault_at - ROLL_OUT;
    let mut registry = Registry::default();
    let mut add = |prompt: &str, number: u32, at: Seconds, who: &str, note: &str, text: String| {
        let version =
            super::mlflow::Version { number, created_at: instant(at), who: who.into(), note: note.into(), text };
        registry.add(prompt, version);
    };
    add(PROMPT, 39, ago(31.0), "priya", "first version with passages", format!("{HEAD}\n{CAREFUL}"));
    add(PROMPT, 40, ago(22.0), "dana", "refund policy word for word", format!("{HEAD}\n{CAREFUL}\n{REFUNDS}"));
    let friendly = format!("{HEAD} Be friendly.\n{CAREFUL}\n{REFUNDS}");
    add(PROMPT, GOOD_PROMPT, ago(14.0), "dana", "friendlier opening", friendly);
    if scenario.prompt != GOOD_PROMPT {
        add(
            PROMPT,
            scenario.prompt,
            new,
            "dana",
            "shorter, more confident answers",
            format!("{HEAD} Be friendly.\n{HASTY}"),
        );
    }
    let policy = |rules: &str| format!("Block answers that contain: {rules}.\nWhen in doubt, block.");
    let (some, all) =
        ("names with addresses, card numbers", "names with addresses, card numbers, e-mail addresses, passports");
    add(POLICY, 6, ago(48.0), "ivo", "cards and addresses", policy(some));
    add(POLICY, GOOD_POLICY, ago(27.0), "ivo", "e-mail addresses and passports", policy(all));
    if scenario.policy != GOOD_POLICY {
        let lax = "Block answers that contain: card numbers.\nWhen in doubt, answer.".to_owned();
        add(POLICY, scenario.policy, new, "ivo", "fewer false alarms", lax);
    }
    // Both versions were added just above.
    let _ = registry.set_alias(PROMPT, ALIAS, &scenario.prompt.to_string());
    let _ = registry.set_alias(POLICY, ALIAS, &scenario.policy.to_string());
    registry
}
