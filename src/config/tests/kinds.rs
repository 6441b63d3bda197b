//! What an action takes from its kind, and that `docs/kinds.md` says the same.

use super::super::load_text;
use crate::config::Config;
use crate::domain::action::ActionKind;

const PAGE: &str = include_str!("../../../docs/kinds.md");

const HEAD: &str = r#"
schema = 1
[service]
name = "support-bot"
environment = "prod"
[endpoint.prom]
vendor = "prometheus"
url = "https://prom.internal"
[endpoint.flags]
vendor = "unleash"
url = "https://flags.internal"
[lever.assistant]
from = "flags"
flag = "ai-assistant"
normal = "on"
contained = "off"
[action.kill]
kind = "kill_feature"
title = "Kill switch"
lever = "assistant"
to = "contained"
"#;
const WIRED: &str = "[signal.fallback_share]\nfrom = \"prom\"\nquery = 'x'\n";

fn loaded(more: &str) -> Config {
    load_text("test", &format!("{HEAD}{more}")).unwrap_or_else(|problems| panic!("{problems}"))
}

#[test]
fn an_effect_that_is_left_out_is_that_of_the_kind_where_its_signal_is_wired() {
    let wired = loaded(WIRED);
    let action = &wired.catalogue.actions[0];
    let effect = action.effect.as_ref().expect("the kind's");
    assert_eq!(effect.evidence.all[0].text(), "fallback_share > 0.95");
    assert!(action.effect_of_kind && wired.warnings.is_empty(), "{:?}", wired.warnings);
    assert!(action.users_see().ends_with("(the kind's default)"), "{}", action.users_see());

    let unwired = loaded("");
    assert!(unwired.catalogue.actions[0].effect.is_none());
    let warned = unwired.warnings.join("\n");
    assert!(warned.contains("has no effect") && warned.contains("[signal.fallback_share]"), "{warned}");
}

#[test]
fn what_the_config_says_comes_before_the_kind() {
    let more = "effect = { all = ['fallback_share > 0.5'] }\nusers-see = \"the help form\"\n\
                scope = { cohort = \"lang=es\", tool = \"refund\" }\n";
    let config = loaded(&format!("{more}{WIRED}"));
    let action = &config.catalogue.actions[0];
    assert_eq!(action.effect.as_ref().expect("its own").evidence.all[0].text(), "fallback_share > 0.5");
    assert!(!action.effect_of_kind);
    assert_eq!(action.users_see(), "the help form");
    assert_eq!(action.scope.to_string(), "cohort lang=es, tool refund");
}

#[test]
fn the_way_back_takes_nothing_from_the_kind() {
    let more = "[action.back]\nkind = \"kill_feature\"\ntitle = \"Back\"\nlever = \"assistant\"\nto = \"normal\"\n";
    let config = loaded(&format!("{more}{WIRED}"));
    let back = &config.catalogue.actions[1];
    assert!(back.effect.is_none() && !back.users_see().contains("fallback"), "{}", back.users_see());
}

#[test]
fn every_kinds_effect_is_evidence_over_the_vocabulary_and_the_page_lists_every_kind_as_it_is() {
    let names = crate::domain::evidence::Names {
        signals: super::super::vocabulary::shipped().keys().map(ToString::to_string).collect(),
        levers: None,
        providers: None,
    };
    for kind in ActionKind::ALL.iter().copied() {
        let effect = kind.effect().map_or_else(String::new, |effect| {
            let parsed = crate::domain::evidence::Comparison::parse(effect.when, &names);
            assert!(parsed.is_ok(), "{kind}: {parsed:?}");
            format!("`{}` within {}m", effect.when, effect.within.as_secs() / 60)
        });
        let tier = u8::from(kind.least_tier());
        let row = format!("| `{kind}` | {} | {} | {tier} | {effect} |", kind.title(), kind.users_see());
        assert!(PAGE.contains(&row), "docs/kinds.md lacks:\n{row}");
    }
}

#[test]
fn a_second_lever_behind_the_same_signal_is_not_verified_by_the_first() {
    let second = "[lever.tools]\nfrom = \"flags\"\nflag = \"ai-tools\"\nnormal = \"on\"\ncontained = \"off\"\n\
                  [action.tools-off]\nkind = \"kill_feature\"\ntitle = \"Tools off\"\nlever = \"tools\"\nto = \"contained\"\n";
    let config = loaded(&format!("{second}{WIRED}"));
    assert!(config.catalogue.actions.iter().all(|action| action.effect.is_none() && !action.effect_of_kind));
    assert!(config.warnings.iter().any(|warning| warning.contains("is moved by lever")), "{:?}", config.warnings);
}
