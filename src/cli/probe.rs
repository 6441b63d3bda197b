//! `probe`: sends suites through the product's public path once. A person asked for it, so it runs in read-only too: it
//! is product traffic, no lever is moved. A dry run says what it would ask.

use std::fmt::Write as _;
use std::sync::Arc;

use serde_json::{Value, json};

use super::args::{Place, Probe};
use super::exit::Exit;
use super::out::{self, Failure};
use super::session::{self, Session};
use crate::domain::permit::Mode;
use crate::domain::suite::{Finding, SaySo, SuiteOutcome, SuiteSpec, wilson};
use crate::shell::paths;

/// Runs `probe`.
pub async fn run(place: &Place, args: Probe) -> Result<Exit, Failure> {
    let config = session::load(place, None)?;
    let wanted = chosen(&config.catalogue.suites, args.suite.as_deref())?;
    let dry = config.catalogue.mode == Mode::DryRun;
    if dry {
        for spec in &wanted {
            let shape =
                format!("suite {}: would POST {} times to {} of {}", spec.id, spec.asks(), spec.path, spec.from);
            out::tell(&format!("{shape}; sent nothing"));
        }
        return Ok(Exit::Done);
    }
    let session = Session::open(config).await;
    let say_so = SaySo::of_a_person(&paths::user());
    let mut outcomes = Vec::new();
    for spec in &wanted {
        out::note(&format!("suite {}: asking {} times", spec.id, spec.asks()));
        let probed = session.engine.core().probe(&spec.id, &say_so).await;
        outcomes.push(probed.map_err(|why| Failure::new(why, "look at [suite] and [endpoint] of the config"))?);
    }
    session.engine.core().book.journal().close().await;
    let judged: Vec<_> = wanted.iter().zip(&outcomes).map(|(spec, outcome)| (outcome, outcome.finding(spec))).collect();
    if out::json_or_pipe(args.json) {
        out::say_json(&json!({ "suites": judged.iter().map(|(o, f)| one(o, f)).collect::<Vec<_>>() }));
    } else {
        out::tell(&words(&judged));
    }
    let findings = || judged.iter().map(|(_, finding)| finding);
    Ok(if findings().any(|finding| matches!(finding, Finding::Fails(_))) {
        Exit::Degraded
    } else if findings().any(|finding| matches!(finding, Finding::CannotSay(_))) {
        Exit::CannotSay
    } else {
        Exit::Done
    })
}

fn chosen(suites: &[Arc<SuiteSpec>], wanted: Option<&str>) -> Result<Vec<Arc<SuiteSpec>>, Failure> {
    if suites.is_empty() {
        return Err(Failure::new("this config has no suites", "docs/config.md shows how to write [suite.smoke]"));
    }
    let Some(wanted) = wanted else { return Ok(suites.to_vec()) };
    let found: Vec<_> = suites.iter().filter(|spec| spec.id.as_str() == wanted).cloned().collect();
    if found.is_empty() {
        let known: Vec<_> = suites.iter().map(|spec| spec.id.as_str()).collect();
        return Err(Failure::new(
            format!("there is no suite {wanted:?}"),
            format!("this config has: {}", known.join(", ")),
        ));
    }
    Ok(found)
}

const fn word(finding: &Finding) -> &'static str {
    match finding {
        Finding::Passes(_) => "passes",
        Finding::Fails(_) => "fails",
        Finding::CannotSay(_) => "cannot say",
    }
}

fn why(finding: &Finding) -> &str {
    match finding {
        Finding::Passes(why) | Finding::Fails(why) | Finding::CannotSay(why) => why,
    }
}

/// One suite as JSON: the rate with its interval, never alone.
fn one(outcome: &SuiteOutcome, finding: &Finding) -> Value {
    let (low, high) = wilson(outcome.passed, outcome.n);
    json!({
        "suite": outcome.suite,
        "at": outcome.at,
        "finding": word(finding),
        "why": why(finding),
        "rate": outcome.rate(),
        "interval": outcome.rate().map(|_| [low, high]),
        "n": outcome.n,
        "passed": outcome.passed,
        "unanswered": outcome.unanswered,
        "failing": outcome.failing,
        "definition": outcome.definition,
        "took_ms": outcome.took_ms,
    })
}

fn words(judged: &[(&SuiteOutcome, Finding)]) -> String {
    let mut text = String::new();
    for (outcome, finding) in judged {
        let _ = writeln!(text, "{:<12} {:<20} {}", word(finding), outcome.suite, why(finding));
        for failing in &outcome.failing {
            let _ = writeln!(text, "             ✗ {}: {}", failing.case, failing.why);
        }
    }
    text.trim_end().to_owned()
}
