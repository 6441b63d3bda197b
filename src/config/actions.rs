//! `[action.NAME]`: pre-written moves of one lever, cross-checked with everything they name. May not fire any.

use std::time::Duration;

use crate::domain::action::{ActionKind, ActionSpec, Destination, Effect, Narrowed, Scope, Tier};
use crate::domain::evidence::{Comparison, Evidence, Names};
use crate::domain::ids::{ActionId, LeverId};
use crate::domain::lever::{Holds, LeverSpec};

use super::evidence::{self, ALL, ANY, NONE};
use super::names::{Declared, known};
use super::shape::{Shape, Takes, optional, required};
use super::source::Sink;
use super::suggest;
use super::view::View;
use super::vocabulary::AGENT_LAYER;
use super::wording::{SENTENCE, TITLE};

pub(super) static ACTION: Shape = Shape {
    about: "A pre-written move of one lever to one setting.",
    keys: &[
        required("kind", Takes::Word(kinds), "its kind in the catalogue; runbooks find it by this"),
        required("title", Takes::Line(TITLE), "one line for a tired person"),
        required("lever", Takes::Id, "the one lever it moves"),
        required(
            "to",
            Takes::OneOf(&[Takes::Text, Takes::Number, Takes::Numbers]),
            "\"contained\", \"normal\", \"last-good\" (version pointers), or a setting",
        ),
        optional("key", Takes::Text, "the upper-case key that opens its dialog"),
        optional("affects", Takes::List(&Takes::Id), "signals or layers that go quiet because of it"),
        optional(
            "effect",
            Takes::Table(&EFFECT),
            "how traffic shows that it works; default: its kind's, where that is wired; without any only the serving side can verify it",
        ),
        optional("users-see", Takes::Line(SENTENCE), "what users see while it holds; default: what its kind says"),
        optional("scope", Takes::Table(&SCOPE), "to what part of the product its lever is limited; default all of it"),
        optional(
            "recovery",
            Takes::OneOf(&[Takes::List(&Takes::Text), Takes::Table(&RECOVERY)]),
            "watched afterwards; never delays verified",
        ),
        optional("review-after", Takes::Duration, "after how long somebody should review it; default 4h"),
        optional("fallback", Takes::List(&Takes::Id), "actions offered when it is stuck"),
        optional("tier", Takes::Whole, "raises the friction to 2 or 3; it can never be lowered"),
        optional(
            "alternative",
            Takes::Id,
            "a second lever (other endpoint, file, …) that is moved when the first cannot be reached",
        ),
        optional("by-hand", Takes::Line(SENTENCE), "what a person does by hand when neither can be reached"),
    ],
};

static SCOPE: Shape = Shape {
    about: "To what part of the product an action is limited. The lever has to limit it; this says so to people.",
    keys: &[
        optional("feature", Takes::Text, "one feature of several"),
        optional("cohort", Takes::Text, "some users, for example \"lang=es\" or \"tenant=acme\""),
        optional("tool", Takes::Text, "one tool of an agent"),
        optional("query-type", Takes::Text, "one type of query or topic"),
    ],
};

static EFFECT: Shape = Shape {
    about: "Evidence in the traffic, on samples newer than the store's answer.",
    keys: &[ALL, ANY, NONE, optional("within", Takes::Duration, "after this the run is stuck; default 60s")],
};

static RECOVERY: Shape = Shape { about: "Evidence that the product recovers.", keys: &[ALL, ANY, NONE] };

/// Keys that mean something everywhere: confirm, undo, handover, previous match.
pub(super) const RESERVED_KEYS: [char; 4] = ['Y', 'U', 'H', 'N'];
const DEFAULT_REVIEW: Duration = Duration::from_hours(4);
const DEFAULT_WITHIN: Duration = Duration::from_mins(1);

fn kinds() -> Vec<&'static str> {
    ActionKind::ALL.iter().map(|kind| kind.word()).collect()
}

/// Every action that could be understood, in file order; what could not is in the sink.
pub(super) fn build(
    root: &View<'_>,
    declared: &Declared<'_>,
    levers: &[LeverSpec],
    names: &Names,
    sink: &mut Sink<'_>,
) -> Vec<ActionSpec> {
    let views = root.named("action");
    duplicate_keys(&views, sink);
    let build = |(name, view): &(&str, View<'_>)| one(name, view, declared, levers, names, sink);
    let mut actions: Vec<ActionSpec> = views.iter().filter_map(build).collect();
    fallback_cycles(&views, &actions, sink);
    shared_proofs(&views, &mut actions, sink);
    actions
}

/// A signal that another lever's action moves too proves nothing of this one: a default that shares it is not used, so that
/// a second kill switch is never verified by the first. What the config writes itself is its author's word.
fn shared_proofs(views: &[(&str, View<'_>)], actions: &mut [ActionSpec], sink: &mut Sink<'_>) {
    let asked = |action: &ActionSpec| -> Vec<String> {
        let evidence = action.effect.iter().flat_map(|effect| effect.evidence.comparisons());
        evidence.flat_map(Comparison::signals).map(str::to_owned).collect()
    };
    let proofs: Vec<(LeverId, Vec<String>)> = actions.iter().map(|a| (a.lever.clone(), asked(a))).collect();
    for action in actions.iter_mut().filter(|action| action.effect_of_kind) {
        let mine = asked(action);
        let shared = |(lever, theirs): &&(LeverId, Vec<String>)| {
            *lever != action.lever && theirs.iter().any(|signal| mine.contains(signal))
        };
        let Some((other, _)) = proofs.iter().find(shared) else { continue };
        if let Some((_, view)) = views.iter().find(|(name, _)| *name == action.id.as_str()) {
            let message = format!(
                "action `{}` has no effect: what its kind is usually shown by ({}) is moved by lever `{other}` too",
                action.id,
                mine.join(", ")
            );
            let hint = "add effect = { all = ['…'], within = \"60s\" } with a signal that only this lever moves";
            sink.warn(&view.span, message, hint);
        }
        action.effect = None;
        action.effect_of_kind = false;
    }
}

fn one(
    name: &str,
    view: &View<'_>,
    declared: &Declared<'_>,
    levers: &[LeverSpec],
    names: &Names,
    sink: &mut Sink<'_>,
) -> Option<ActionSpec> {
    let key = key(view, sink);
    let affects = affects(view, declared, names, sink);
    let recovery = evidence::under(view, "recovery", names, sink);
    let fallback = fallback(name, view, declared, sink);
    let tier = tier(view, sink);
    let lever_name = view.text("lever")?;
    known("lever", &lever_name, &declared.levers, sink);
    let lever = levers.iter().find(|lever| lever.id.as_str() == lever_name.is);
    let kind = view.parsed::<ActionKind>("kind").map(|kind| kind.is);
    let (effect, effect_of_kind) = effect(name, view, (kind, declared), names, sink);
    let (lever, kind) = (lever?, kind?);
    let alternative = alternative(view, lever, declared, levers, sink);
    Some(ActionSpec {
        id: name.parse().ok()?,
        kind,
        key,
        title: view.words("title")?,
        lever: lever.id.clone(),
        to: destination(view, lever, declared, sink)?,
        affects,
        effect,
        recovery,
        review_after: view.duration("review-after").map_or(DEFAULT_REVIEW, |at| at.is),
        fallback,
        tier,
        alternative,
        by_hand: view.words("by-hand"),
        users_see: view.words("users-see"),
        scope: scope(view),
        effect_of_kind,
    })
}

/// The second path has to be another lever that knows where `to` leads.
fn alternative(
    view: &View<'_>,
    lever: &LeverSpec,
    declared: &Declared<'_>,
    levers: &[LeverSpec],
    sink: &mut Sink<'_>,
) -> Option<LeverId> {
    let named = view.text("alternative")?;
    known("lever", &named, &declared.levers, sink);
    let other = levers.iter().find(|other| other.id.as_str() == named.is)?;
    if other.id == lever.id {
        let hint = "name a lever on another endpoint, in a file or behind a command, or remove the key";
        sink.error(&named.span, format!("lever `{}` is its own alternative", lever.id), hint);
        return None;
    }
    if other.from == lever.from {
        let message =
            format!("`{}` lives on endpoint `{}` as well: when one is gone, so is the other", other.id, other.from);
        sink.warn(&named.span, message, "name a lever on another endpoint");
    }
    destination(view, other, declared, sink)?;
    Some(other.id.clone())
}

fn key(view: &View<'_>, sink: &mut Sink<'_>) -> Option<char> {
    let text = view.text("key")?;
    let mut chars = text.is.chars();
    let key = match (chars.next(), chars.next()) {
        (Some(key), None) if key.is_ascii_uppercase() => key,
        _ => {
            let hint = "lower case looks, UPPER CASE opens a change: write one letter A to Z";
            sink.error(&text.span, format!("{:?} is no key for a change", text.is), hint);
            return None;
        }
    };
    if RESERVED_KEYS.contains(&key) {
        let hint = "Y confirms, U undoes, H hands over, N goes back in a filter; choose another letter";
        sink.error(&text.span, format!("`{key}` already has a meaning everywhere"), hint);
        return None;
    }
    Some(key)
}

fn duplicate_keys(views: &[(&str, View<'_>)], sink: &mut Sink<'_>) {
    let mut seen: Vec<(&str, &str)> = Vec::new();
    for (name, view) in views {
        let Some(key) = view.text("key") else { continue };
        match seen.iter().find(|(taken, _)| *taken == key.is) {
            Some((_, other)) => {
                let message = format!("key `{}` is already bound to action `{other}`", key.is);
                sink.error(&key.span, message, format!("choose another upper-case letter for `{name}`"));
            }
            None => seen.push((key.is, name)),
        }
    }
}

fn destination(
    view: &View<'_>,
    lever: &LeverSpec,
    declared: &Declared<'_>,
    sink: &mut Sink<'_>,
) -> Option<Destination> {
    let value = view.raw("to")?;
    let pointer = matches!(lever.target.holds(), Holds::Pointer | Holds::Any);
    let (destination, there, what) = match value.is.as_str() {
        Some("contained") => (Destination::Contained, lever.contained.is_some(), "contained"),
        Some("normal") => (Destination::Normal, lever.normal.is_some(), "normal"),
        Some("last-good") if pointer => return Some(Destination::LastGood),
        Some("last-good") => {
            let message = format!("lever `{}` has no versions, so it has no last good one", lever.id);
            sink.error(&value.span, message, "last-good works on prompt aliases; write \"contained\" or a setting");
            return None;
        }
        _ => return super::levers::setting_for(lever, &value, sink).map(Destination::Setting),
    };
    if !there && declared.lever_gives(lever.id.as_str(), what) {
        return None;
    }
    if !there {
        let message = format!("lever `{}` declares no {what} setting", lever.id);
        sink.error(&value.span, message, format!("add {what} = … to [lever.{}]", lever.id));
        return None;
    }
    Some(destination)
}

fn affects(view: &View<'_>, declared: &Declared<'_>, names: &Names, sink: &mut Sink<'_>) -> Vec<String> {
    let known_here =
        |name: &str| names.signals.contains(name) || declared.layers.contains(&name) || name == AGENT_LAYER;
    for name in view.texts("affects") {
        if !known_here(name.is) {
            let all = declared.layers.iter().copied().chain(names.signals.iter().map(String::as_str));
            let hint = suggest::closest(name.is, all).map_or_else(
                || "write ids of signals or layers".to_owned(),
                |close| format!("did you mean `{close}`?"),
            );
            sink.error(&name.span, format!("no signal or layer is named `{}`", name.is), hint);
        }
    }
    view.texts("affects").into_iter().filter(|name| known_here(name.is)).map(|name| name.is.to_owned()).collect()
}

fn scope(view: &View<'_>) -> Scope {
    let table = view.table("scope");
    let limit = |narrowed: Narrowed| Some((narrowed, table.as_ref()?.words(narrowed.word())?));
    Scope(Narrowed::ALL.into_iter().filter_map(limit).collect())
}

/// The effect, and whether it is the one of the kind.
fn effect(
    name: &str,
    view: &View<'_>,
    (kind, declared): (Option<ActionKind>, &Declared<'_>),
    names: &Names,
    sink: &mut Sink<'_>,
) -> (Option<Effect>, bool) {
    if let Some(table) = view.table("effect") {
        return (written_effect(name, &table, declared, names, sink), false);
    }
    if view.has("effect") {
        return (None, false);
    }
    // A kind speaks of what contains; of the way back it says nothing.
    let releases = view.text("to").is_some_and(|to| to.is == "normal");
    let usual = kind.and_then(ActionKind::effect).filter(|_| !releases);
    let parsed = usual.and_then(|usual| Some((usual, Comparison::parse(usual.when, names).ok()?)));
    let Some((usual, comparison)) = parsed else {
        let hint = "add effect = { all = ['…'], within = \"60s\" }: what the traffic shows when it works";
        sink.warn(&view.span, format!("action `{name}` has no effect: only the serving side can verify it"), hint);
        return (None, false);
    };
    if let Some(missing) = comparison.signals().into_iter().find(|signal| !declared.signals.contains(signal)) {
        let message = format!("action `{name}` has no effect: only the serving side can verify it");
        let hint = format!(
            "add effect = {{ all = ['…'], within = \"60s\" }}, or wire [signal.{missing}]: then `{}` is used",
            usual.when
        );
        sink.warn(&view.span, message, hint);
        return (None, false);
    }
    let evidence = Evidence { all: vec![comparison], ..Evidence::default() };
    (Some(Effect { evidence, within: usual.within }), true)
}

fn written_effect(
    name: &str,
    table: &View<'_>,
    declared: &Declared<'_>,
    names: &Names,
    sink: &mut Sink<'_>,
) -> Option<Effect> {
    let evidence: Evidence = evidence::of_table(table, names, sink);
    let written = ["all", "any", "none"].iter().flat_map(|key| table.texts(key)).collect::<Vec<_>>();
    if written.is_empty() {
        sink.error(&table.span, "an effect without evidence", "add all = ['…'], any = ['…'] or none = ['…']");
        return None;
    }
    let mut asked: Vec<&str> = evidence.comparisons().flat_map(Comparison::signals).collect();
    asked.sort_unstable();
    asked.dedup();
    for signal in asked.into_iter().filter(|signal| !declared.signals.contains(signal)) {
        let hint = format!("add [signal.{signal}], or name a signal that is wired");
        sink.warn(&table.span, format!("`{signal}` is not wired, so action `{name}` cannot be verified"), hint);
    }
    Some(Effect { evidence, within: table.duration("within").map_or(DEFAULT_WITHIN, |at| at.is) })
}

fn tier(view: &View<'_>, sink: &mut Sink<'_>) -> Option<Tier> {
    let number = view.whole("tier")?;
    let tier = u8::try_from(number.is).ok().and_then(|number| Tier::try_from(number).ok());
    if let Some(Tier::Two | Tier::Three) = tier {
        tier
    } else {
        let hint = "the tier follows from the direction of the move; write 2 or 3 to raise it, or remove the key";
        sink.error(&number.span, format!("tier {} raises nothing", number.is), hint);
        None
    }
}

fn fallback(name: &str, view: &View<'_>, declared: &Declared<'_>, sink: &mut Sink<'_>) -> Vec<ActionId> {
    let named = view.texts("fallback");
    for other in &named {
        known("action", other, &declared.actions, sink);
        if other.is == name {
            sink.error(&other.span, format!("action `{name}` is its own fallback"), "name another action");
        }
    }
    named.into_iter().filter_map(|other| other.is.parse().ok()).collect()
}

/// A circle of fallbacks would send a tired person round and round.
fn fallback_cycles(views: &[(&str, View<'_>)], actions: &[ActionSpec], sink: &mut Sink<'_>) {
    let follow = |from: &ActionId| actions.iter().find(|action| action.id == *from).map(|action| &action.fallback);
    for action in actions {
        let mut reached: Vec<&ActionId> = action.fallback.iter().filter(|id| **id != action.id).collect();
        let mut at = 0;
        while let Some(id) = reached.get(at).copied() {
            at += 1;
            for next in follow(id).into_iter().flatten() {
                if !reached.contains(&next) {
                    reached.push(next);
                }
            }
        }
        if reached.contains(&&action.id)
            && let Some((_, view)) = views.iter().find(|(name, _)| *name == action.id.as_str())
        {
            let message = format!("the fallbacks of `{}` lead back to it", action.id);
            sink.error(&view.key_span("fallback"), message, "the last action of a chain has no fallback");
        }
    }
}
