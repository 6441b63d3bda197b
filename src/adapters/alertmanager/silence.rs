//! One silence: its reading, and the requests that make and end it. Pure.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::domain::cause::Fault;
use crate::domain::lever::{LeverReading, Revision, Setting};
use crate::domain::plan::PlannedRequest;
use crate::domain::text;
use crate::net::{ReadClient, segment};

use super::super::planned::{self, odd};
use super::SILENCES;
use super::matchers::{self, Matcher};

/// A silence that is longer is a change of the alerts, and belongs there.
const LONGEST: SignedDuration = SignedDuration::from_hours(24);
/// What is kept of a silence: enough to make it again.
const KEPT: [&str; 6] = ["id", "matchers", "startsAt", "endsAt", "createdBy", "comment"];

/// The silence that the lever stands for.
pub(super) struct Wanted {
    pub(super) matchers: Vec<Matcher>,
    lasts: SignedDuration,
    by: String,
    comment: String,
}

impl Wanted {
    /// # Errors
    /// In words: matchers that are none, or a time that is none or too long.
    pub(super) fn of(matchers: &str, lasts: &str, why: &str, actor: &str) -> Result<Self, String> {
        let wrong = || format!("{lasts:?} is no time for a silence; write for example \"1h\", at most \"24h\"");
        let lasts: SignedDuration = lasts.parse().map_err(|_| wrong())?;
        if lasts <= SignedDuration::ZERO || lasts > LONGEST {
            return Err(wrong());
        }
        Ok(Self {
            matchers: matchers::parse(matchers)?,
            lasts,
            by: actor.to_owned(),
            comment: format!("breakglass, by {actor}: {why}"),
        })
    }

    fn is(&self, silence: &Value) -> bool {
        let listed = silence.get("matchers").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let mut theirs: Vec<Matcher> = listed.iter().filter_map(Matcher::of).collect();
        theirs.sort();
        theirs.len() == listed.len() && theirs == self.matchers
    }
}

/// The reading: on if a silence with exactly these matchers is active or about to be. A wider one is somebody else's.
pub(super) fn reading(wanted: &Wanted, list: &Value, read_at: Timestamp) -> Result<LeverReading, Fault> {
    let list = list.as_array().ok_or_else(|| odd("the silences are no list"))?;
    let lives = |silence: &&Value| {
        let state = silence.pointer("/status/state").and_then(Value::as_str);
        matches!(state, Some("active" | "pending")) && wanted.is(silence)
    };
    let mut found: Vec<&Value> = list.iter().filter(lives).collect();
    found.sort_by_key(|silence| words(silence, "id"));
    let versions: Vec<String> = found.iter().map(|s| format!("{} {}", words(s, "id"), words(s, "updatedAt"))).collect();
    let kept = |silence: &&Value| {
        KEPT.iter().filter_map(|key| Some(((*key).to_owned(), silence.get(*key)?.clone()))).collect::<Value>()
    };
    let newest = found.iter().max_by_key(|silence| words(silence, "updatedAt"));
    Ok(LeverReading {
        setting: Setting::Switch(!found.is_empty()),
        revision: Revision::Soft(if versions.is_empty() { "no silence".into() } else { versions.join(", ") }),
        raw: json!({ "silences": found.iter().map(kept).collect::<Vec<_>>() }).to_string(),
        read_at,
        set_by: newest.map(|silence| text::clean(words(silence, "createdBy"))),
        set_at: newest.and_then(|silence| words(silence, "startsAt").parse().ok()),
    })
}

/// The requests that make the silence, with an end, or end every one there is.
///
/// # Errors
/// In words: a silence is on or off, and it is not made twice.
pub(super) fn plan(
    client: &ReadClient,
    wanted: &Wanted,
    observed: &LeverReading,
    after: &Setting,
) -> Result<Vec<PlannedRequest>, String> {
    let there = silences(&observed.raw)?;
    match after {
        Setting::Switch(true) if !there.is_empty() => {
            let until = there.iter().map(|silence| words(silence, "endsAt")).max().unwrap_or_default();
            Err(format!("it is silenced until {until} already"))
        }
        Setting::Switch(true) => {
            let ends = observed.read_at.checked_add(wanted.lasts).map_err(|error| error.to_string())?;
            let body = json!({
                "matchers": wanted.matchers.iter().map(Matcher::json).collect::<Vec<_>>(),
                "startsAt": observed.read_at.to_string(),
                "endsAt": ends.to_string(),
                "createdBy": wanted.by,
                "comment": wanted.comment,
            });
            Ok(vec![planned::request(client, "POST", SILENCES, Some((planned::JSON, &body)))?])
        }
        Setting::Switch(false) => there.iter().map(|silence| end(client, silence)).collect(),
        other => Err(format!("a silence is on or off, not {other}")),
    }
}

/// Ends what was not there before, and makes again what was. A silence made again has a new id: that is all that differs.
///
/// # Errors
/// In words: nothing differs, or what was there would be over by now.
pub(super) fn restore(
    client: &ReadClient,
    observed: &LeverReading,
    prior: &LeverReading,
) -> Result<Vec<PlannedRequest>, String> {
    let (now, before) = (silences(&observed.raw)?, silences(&prior.raw)?);
    let in_both = |silence: &Value, all: &[Value]| all.iter().any(|other| words(other, "id") == words(silence, "id"));
    let mut requests = Vec::new();
    for gone in before.iter().filter(|silence| !in_both(silence, &now)) {
        let ends = words(gone, "endsAt").parse::<Timestamp>().map_err(|error| error.to_string())?;
        if ends <= observed.read_at {
            continue;
        }
        let mut body = gone.clone();
        if let Some(fields) = body.as_object_mut() {
            fields.remove("id");
        }
        requests.push(planned::request(client, "POST", SILENCES, Some((planned::JSON, &body)))?);
    }
    for made in now.iter().filter(|silence| !in_both(silence, &before)) {
        requests.push(end(client, made)?);
    }
    if requests.is_empty() {
        return Err("nothing to undo: it is as it was before, or what there was would be over by now".into());
    }
    Ok(requests)
}

fn end(client: &ReadClient, silence: &Value) -> Result<PlannedRequest, String> {
    let id = words(silence, "id");
    if id.is_empty() {
        return Err("the store gave a silence without an id".into());
    }
    planned::request(client, "DELETE", &format!("/api/v2/silence/{}", segment(id)), None)
}

fn silences(raw: &str) -> Result<Vec<Value>, String> {
    let kept = planned::kept(raw)?;
    kept.get("silences").and_then(Value::as_array).cloned().ok_or_else(|| "the kept reading has no silences".into())
}

fn words<'value>(value: &'value Value, key: &str) -> &'value str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted() -> Wanted {
        Wanted::of("alertname=\"A\"", "1h", "noise", "dana").expect("a silence")
    }

    #[test]
    fn a_silence_has_an_end_and_a_short_one() {
        for lasts in ["", "0s", "-1h", "25h", "for ever"] {
            assert!(Wanted::of("alertname=\"A\"", lasts, "", "dana").is_err(), "{lasts:?}");
        }
        assert_eq!(wanted().comment, "breakglass, by dana: noise");
    }

    #[test]
    fn a_wider_or_an_expired_silence_is_another_one() {
        let silence = |state: &str, matchers: Value| json!({ "id": "x", "status": { "state": state }, "matchers": matchers, "updatedAt": "", "createdBy": "kim" });
        let ours = json!([{ "name": "alertname", "value": "A", "isRegex": false, "isEqual": true }]);
        let not = json!([{ "name": "alertname", "value": "A", "isRegex": false, "isEqual": false }]);
        let on = |list: Value| reading(&wanted(), &list, Timestamp::UNIX_EPOCH).expect("a reading").setting;
        assert_eq!(on(json!([silence("active", ours.clone())])), Setting::Switch(true));
        assert_eq!(on(json!([silence("expired", ours), silence("active", not)])), Setting::Switch(false));
    }
}
