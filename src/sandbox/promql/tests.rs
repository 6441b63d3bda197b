//! The evaluator against a source of three series whose values are easy to compute by hand.

use std::sync::Arc;

use super::eval::EvalError;
use super::*;

/// `up{job="a"}` = 1, `up{job="b"}` = 3, `hits_total{job="a"}` grows by 2 a second; scraped every 5 s, until 1000.
struct Lab;

impl Source for Lab {
    type Series = (&'static str, f64);

    fn select(&self, name: &str, matchers: &[Matcher]) -> Vec<(Self::Series, Arc<Labels>)> {
        let all = [("up", "a", 1.0), ("up", "b", 3.0), ("hits_total", "a", 2.0)];
        let labels =
            |name: &str, job: &str| Labels::from([("__name__".into(), name.into()), ("job".into(), job.into())]);
        all.into_iter()
            .filter(|(known, _, _)| *known == name)
            .map(|(name, job, value)| ((name, value), Arc::new(labels(name, job))))
            .filter(|(_, labels)| {
                matchers.iter().all(|m| (labels.get(&m.label).map_or("", String::as_str) == m.value) == m.equal)
            })
            .collect()
    }

    fn sample(&self, (name, value): Self::Series, at: f64) -> Option<(f64, f64)> {
        let scraped = (at.min(1000.0) / 5.0).floor() * 5.0;
        let value = if name == "up" { value } else { value * scraped };
        (at - scraped <= 300.0).then_some((scraped, value))
    }

    fn growth(&self, (_, value): Self::Series, at: f64) -> Option<f64> {
        (at <= 1000.0).then_some(value)
    }

    fn interval(&self) -> f64 {
        5.0
    }

    fn most_samples(&self) -> u32 {
        60
    }
}

fn at(query: &str, at: f64) -> Result<Value, EvalError> {
    let expr = parse(query).unwrap_or_else(|error| panic!("{query}: {error}"));
    evaluate(&expr, &Lab, at)
}

/// `label=value,… number`, one line an element.
fn shown(query: &str) -> Vec<String> {
    match at(query, 1000.0).unwrap_or_else(|error| panic!("{query}: {error}")) {
        Value::Scalar(value) => vec![value.to_string()],
        Value::Vector(samples) => {
            let labels = |s: &Sample| s.labels.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join(",");
            samples.iter().map(|s| format!("{} {}", labels(s), s.value).trim().to_owned()).collect()
        }
    }
}

#[test]
fn expressions_mean_what_they_mean_to_prometheus() {
    let table: &[(&str, &[&str])] = &[
        ("1 + 2 * 3 - 4 / 2", &["5"]),
        ("-(1 - 3)", &["2"]),
        ("2 * (3 + 4)", &["14"]),
        ("8 / 4 / 2", &["1"]),
        ("up", &["__name__=up,job=a 1", "__name__=up,job=b 3"]),
        ("up{job=\"b\"}", &["__name__=up,job=b 3"]),
        ("up{job!=\"b\",}", &["__name__=up,job=a 1"]),
        ("up{absent=\"\"}", &["__name__=up,job=a 1", "__name__=up,job=b 3"]),
        ("no_such_metric", &[]),
        ("sum(up)", &["4"]),
        ("avg(up)", &["2"]),
        ("max by (job) (up)", &["job=a 1", "job=b 3"]),
        ("count(up) by (nothing)", &["2"]),
        ("sum(no_such_metric)", &[]),
        ("rate(hits_total[1m])", &["job=a 2"]),
        ("sum(increase(hits_total[5m]))", &["600"]),
        ("avg_over_time(up{job=\"a\"}[30s])", &["job=a 1"]),
        ("last_over_time(up{job=\"a\"}[30s])", &["__name__=up,job=a 1"]),
        ("rate(hits_total[4s])", &[]),
        ("up * 2", &["job=a 2", "job=b 6"]),
        ("up / up", &["job=a 1", "job=b 1"]),
        ("up + on_nothing", &[]),
        ("up > 2", &["__name__=up,job=b 3"]),
        ("2 < up", &["__name__=up,job=b 3"]),
        ("(sum(no_such_metric) or vector(0)) / (sum(up) > 0)", &["0"]),
        ("sum(up) / (sum(up) > 10)", &[]),
        ("up{job=\"a\"} or up", &["__name__=up,job=a 1", "__name__=up,job=b 3"]),
        ("up and up{job=\"a\"}", &["__name__=up,job=a 1"]),
        ("0 / vector(0)", &["NaN"]),
        ("timestamp(up{job=\"a\"})", &["job=a 1000"]),
        ("time() - max(timestamp(up))", &["0"]),
        ("1e3 # a comment\n+ 1", &["1001"]),
    ];
    for (query, expected) in table {
        assert_eq!(shown(query), *expected, "{query}");
    }
}

#[test]
fn the_shape_in_which_our_adapter_batches_keeps_every_part_apart() {
    let part = |at: usize, query: &str| format!("label_replace(({query}\n), \"__bg\", \"{at}\", \"\", \"\")");
    let batch = [part(0, "sum(up)"), part(1, "up"), part(2, "no_such_metric"), part(3, "timestamp(up{job=\"a\"})")];
    let expected = ["__bg=0 4", "__bg=1,__name__=up,job=a 1", "__bg=1,__name__=up,job=b 3", "__bg=3,job=a 1000"];
    assert_eq!(shown(&batch.join(" or ")), expected);
}

#[test]
fn a_selector_keeps_the_time_of_its_scrape_and_goes_stale_after_five_minutes() {
    let Ok(Value::Vector(samples)) = at("up{job=\"a\"}", 1003.0) else { panic!("a vector") };
    assert!((samples[0].at - 1000.0).abs() < 1e-9);
    assert_eq!(at("up", 1301.0), Ok(Value::Vector(Vec::new())));
}

#[test]
fn what_only_the_real_server_understands_is_refused_with_its_place() {
    for (query, place) in [
        ("", "1:1: parse error: no expression found in input"),
        ("sum(up", "1:7:"),
        ("(up", "1:4: parse error: unclosed left parenthesis"),
        ("rate(up)", "1:6: parse error: expected type range vector"),
        ("up[5m]", "1:1:"),
        ("histogram_quantile(0.9, up)", "1:1: parse error: unknown function"),
        ("up{job=~\"a|b\"}", "1:7:"),
        ("up{job=\"a}", "1:8: parse error: unterminated quoted string"),
        ("up * on(job) up", "1:6:"),
        ("up up", "1:4:"),
        ("rate(hits_total[5 m])", "1:17:"),
        ("up ^ 2", "1:4: parse error: unexpected character"),
    ] {
        let error = parse(query).expect_err(query).to_string();
        assert!(error.starts_with(place), "{query}: {error}");
    }
    assert!(parse(&"(".repeat(500)).is_err(), "depth is bounded");
    assert!(parse(&"-".repeat(100_000)).is_err(), "depth is bounded");
}

#[test]
fn ambiguity_is_an_execution_error_and_never_a_choice() {
    assert_eq!(at("sum(up) + label_replace(up, \"job\", \"\", \"job\", \".*\")", 1000.0), Err(EvalError::SameLabels));
    assert!(matches!(at("1 < 2", 1000.0), Err(EvalError::Type(_))));
    assert!(matches!(at("up or 1", 1000.0), Err(EvalError::Type(_))));
}

#[test]
fn a_range_over_growth_is_sampled_more_coarsely_but_not_differently() {
    assert_eq!(shown("sum(increase(hits_total[15m]))"), ["1800"]);
}
