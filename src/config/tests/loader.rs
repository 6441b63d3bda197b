//! Where the parts of a config arrive, and what the loader keeps to itself.

use std::time::Duration;

use super::super::*;
use crate::domain::action::{ActionKind, Destination, Tier};
use crate::domain::endpoint::SecretSource;
use crate::domain::lever::Setting;
use crate::domain::permit::Mode;
use crate::domain::signal::Better;

const GOOD: &str = include_str!("../../../tests/fixtures/config/valid/support-bot.toml");

#[test]
fn every_part_of_a_full_config_arrives_where_it_belongs() {
    let config = load_text("bot.toml", GOOD).unwrap_or_else(|problems| panic!("{problems}"));
    let catalogue = &config.catalogue;
    assert_eq!((catalogue.service.as_str(), catalogue.environment.as_str()), ("support-bot", "prod"));
    assert_eq!(catalogue.mode, Mode::Act);
    assert_eq!(catalogue.layers.len(), 6, "no agent signal is wired");

    let grounding = &catalogue.signals[0];
    assert_eq!(grounding.unit, "ratio", "from the vocabulary");
    assert_eq!(grounding.better, Better::Higher);
    assert_eq!(grounding.warn.as_ref().map(ToString::to_string).as_deref(), Some("< 0.9"), "the vocabulary's");
    let error_rate = catalogue.signals.iter().find(|signal| signal.id.as_str() == "error_rate").expect("declared");
    let limit = |limits: &Option<crate::domain::limits::Limits>| limits.as_ref().map(ToString::to_string);
    assert_eq!(limit(&error_rate.crit).as_deref(), Some("> 0.05"), "the vocabulary's");
    assert_eq!(limit(&grounding.crit).as_deref(), Some("< 0.85"), "the file's");
    assert_eq!(grounding.min_samples, Some(80.0));
    assert_eq!(grounding.query.cohorts.as_ref().map(|cohorts| cohorts.min_samples), Some(30));
    assert!(grounding.query.slo.is_some());

    let flags = config.endpoints.iter().find(|endpoint| endpoint.id.as_str() == "flags").expect("declared");
    assert_eq!(flags.secret, Some(SecretSource::Env("UNLEASH_TOKEN".into())));

    let setting = |id: &str| catalogue.levers.iter().find(|lever| lever.id.as_str() == id).expect("declared").clone();
    assert_eq!(setting("assistant").contained, Some(Setting::Switch(false)));
    assert_eq!(setting("rollout").contained, Some(Setting::Number(0.0)));
    assert!(setting("prompt").normal.is_none());
    assert!(matches!(setting("route").contained, Some(Setting::Weights(_))));
    assert!(setting("guardrails").target.key("path").ends_with("flags/guardrails.json"));

    let rollback = &catalogue.actions[1];
    assert_eq!(rollback.kind, ActionKind::RollbackPrompt);
    assert_eq!(rollback.to, Destination::LastGood);
    assert_eq!(rollback.review_after, Duration::from_hours(4));
    assert_eq!(rollback.effect.as_ref().map(|effect| effect.within), Some(Duration::from_mins(10)));
    assert_eq!(catalogue.actions[2].tier, Some(Tier::Two));
    assert_eq!(config.feeds.len(), 4);
    assert_eq!(config.warnings, Vec::<String>::new());
}

#[test]
fn a_config_starts_read_only_unless_it_says_otherwise() {
    let text = "schema = 1\n[service]\nname = \"a\"\nenvironment = \"b\"\n";
    assert_eq!(load_text("a", text).expect("loads").catalogue.mode, Mode::ReadOnly);
}

#[test]
fn a_secret_in_the_wrong_place_is_named_but_not_shown() {
    let text = "schema = 1\n[service]\nname = \"a\"\nenvironment = \"b\"\n[endpoint.x]\nvendor = \"http\"\n\
                url = \"https://oncall:hunter2@host\"\nsecret = { env = \"hunter2 !\" }\n";
    let problems = load_text("a", text).expect_err("refused");
    assert_eq!(problems.0.len(), 2, "{problems}");
    assert!(!problems.to_string().contains("hunter2"), "{problems}");
    assert!(!problems.plain().contains("hunter2"));
}

#[test]
fn a_secret_written_as_text_is_never_shown_and_the_hint_says_what_to_write() {
    let start = "schema = 1\n[service]\nname = \"a\"\nenvironment = \"b\"\n[endpoint.flags]\nvendor = \"unleash\"\nurl = \"https://f\"\n";
    for line in [
        "secret = \"sk-live-SUPERSECRET\"",
        "serving-secret = 'sk-live-SUPERSECRET'",
        "secret = sk-live-SUPERSECRET",
        "secret = \"sk-live-SUPERSECRET",
        "secret = { value = \"sk-live-SUPERSECRET\" }",
        "secret = { env = \"sklive_SUPERSECRET\", file = \"a\" }",
        "secret = [\"sk-live-SUPERSECRET\"]",
        "token = \"sk-live-SUPERSECRET\"",
        "api_key = \"sk-live-SUPERSECRET\"",
        "key = \"sk-live-SUPERSECRET\"",
        "[endpoint.flags.secret]\nvalue = \"sk-live-SUPERSECRET\"",
    ] {
        let problems = load_text("a", &format!("{start}{line}\n")).expect_err("refused");
        let json = serde_json::to_string(&problems).expect("JSON");
        let shown = format!("{problems}{}{json}", problems.plain());
        assert!(!shown.contains("SUPERSECRET"), "{line}: {shown}");
    }
    let problems = load_text("a", &format!("{start}secret = \"sk-live-SUPERSECRET\"\n")).expect_err("refused");
    assert!(problems.to_string().contains("8 | secret = \"…\"\n  |          ^^^\n"), "{problems}");
    assert!(problems.plain().contains("write secret = { env = \"NAME\" }"), "{problems}");
    let problems = load_text("a", &format!("{start}token = \"sk-live-SUPERSECRET\"\n")).expect_err("refused");
    assert!(problems.plain().contains("secret = { env = \"NAME\" }"), "{problems}");
}

#[test]
fn a_suite_of_one_case_needs_no_more_answers_than_it_asks_for_unless_somebody_says_so() {
    let suite = |more: &str| {
        let text = format!(
            "schema = 1\n[service]\nname = \"a\"\nenvironment = \"b\"\n[endpoint.product]\nvendor = \"http\"\nurl = \"https://p\"\n\
             [suite.smoke]\nfrom = \"product\"\npath = \"/chat\"\nbody = '{{\"q\":\"{{{{prompt}}}}\"}}'\n{more}\n\
             [[suite.smoke.case]]\nprompt = \"one\"\ncontains = \"two\"\n"
        );
        load_text("a", &text)
            .map(|config| config.catalogue.suites.first().map(|suite| (suite.asks(), suite.min_samples)))
    };
    let (asks, needs) = suite("").expect("loads").expect("a suite");
    assert_eq!(asks, needs);
    assert_eq!(suite("runs = 40").expect("loads"), Some((40, 10)));
    assert!(suite("min-samples = 10").expect_err("refused").plain().contains("and needs 10 answers"));
}

#[cfg(feature = "postgres")]
mod journal {
    use super::*;

    fn loaded(lines: &str) -> Result<Option<JournalPlace>, Problems> {
        let text = format!("schema = 1\n{lines}\n[service]\nname = \"a\"\nenvironment = \"b\"\n");
        load_text("a.toml", &text).map(|config| config.journal)
    }

    #[test]
    fn a_team_names_a_database_and_where_its_password_is() {
        let url = "postgres://oncall@db.internal:5433/ops?sslmode=verify-full";
        let found = loaded(&format!("journal = \"{url}\"\njournal-secret = {{ env = \"PG\" }}")).expect("loads");
        let secret = Some(SecretSource::Env("PG".into()));
        assert_eq!(found, Some(JournalPlace::Team { url: url.into(), secret }));
        let by_socket = loaded("journal = \"postgres:///ops?host=/run/postgresql\"").expect("loads");
        assert!(matches!(by_socket, Some(JournalPlace::Team { secret: None, .. })));
        assert_eq!(loaded("journal = \"x.db\"").expect("loads"), Some(JournalPlace::File("x.db".into())));
    }

    #[test]
    fn a_password_in_the_address_is_refused_and_never_shown() {
        for url in ["postgres://oncall:hunter2@db/ops", "postgresql://oncall@db/ops?password=hunter2"] {
            let problems = loaded(&format!("journal = \"{url}\"")).expect_err("refused").to_string();
            assert!(problems.contains("a password does not belong into the address"), "{problems}");
            assert!(problems.contains("journal-secret"), "{problems}");
            assert!(!problems.contains("hunter2"), "{problems}");
        }
    }

    #[test]
    fn an_address_that_leads_nowhere_is_refused() {
        for (lines, wanted) in [
            ("journal = \"postgres://db.internal\"", "no database"),
            ("journal = \"postgres:///ops\"", "no host"),
            ("journal = \"postgres://db/ops?sslmod=require\"", "did you mean `sslmode`?"),
            ("journal-secret = { env = \"PG\" }", "only a journal in PostgreSQL has a password"),
        ] {
            let problems = loaded(lines).expect_err("refused").to_string();
            assert!(problems.contains(wanted), "{lines}: {problems}");
        }
    }
}

#[test]
fn a_silence_cannot_be_declared_safe_and_a_served_file_is_absolute() {
    let told = |block: &str| {
        let head =
            "schema = 1\n[service]\nname = \"a\"\nenvironment = \"b\"\n[endpoint.s]\nurl = \"http://127.0.0.1:1\"\n";
        load_text("a", &format!("{head}{block}")).expect_err("refused").to_string()
    };
    let silence = "[lever.quiet]\nfrom = \"s\"\nsilence = 'alertname=\"A\"'\nnormal = \"off\"\ncontained = \"on\"\n";
    assert!(told(&format!("vendor = \"alertmanager\"\n{silence}")).contains("a silence contains nothing"));
    let served = "[lever.llm]\nfrom = \"s\"\nflag = \"llm\"\npath = \"flags.json\"\nnormal = \"on\"\n";
    assert!(told(&format!("vendor = \"ofrep\"\n{served}")).contains("not absolute"));
}
