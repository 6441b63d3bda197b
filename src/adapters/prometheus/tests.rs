//! The adapter against a small server that answers as Prometheus does: all of a batch, or nothing.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::clock;
use crate::domain::endpoint::{EndpointSpec, Vendor};
use crate::domain::signal::{Better, CohortQuery, Query, Slo};

/// What the server knows of an expression.
#[derive(Clone)]
enum Known {
    /// An instant vector: labels and value of each series.
    Vector(Vec<(Value, &'static str)>),
    Scalar(&'static str),
    /// Refused with this status and message.
    Refused(u16, &'static str),
}

#[derive(Default)]
struct Fake {
    known: BTreeMap<&'static str, Known>,
    asked: Mutex<Vec<Vec<(String, String)>>>,
    /// Seconds that its clock is ahead of ours, and the clock of the proxy that writes its `date`, if one does.
    ahead: Option<(i64, i64)>,
}

impl Fake {
    fn queries(&self) -> usize {
        self.asked.lock().expect("lock").len()
    }

    fn answer(&self, query: &str) -> (u16, Value) {
        if let ("time()", Some((ahead, _))) = (query, self.ahead) {
            let time = later(ahead).as_second();
            return (200, envelope("scalar", &json!([time, time.to_string()])));
        }
        let parts: Vec<&str> = query.split("label_replace((").skip(1).collect();
        let mut result = Vec::new();
        if parts.is_empty() {
            match self.known.get(query) {
                Some(Known::Scalar(value)) => return (200, envelope("scalar", &json!([1_795_409_000, value]))),
                Some(Known::Vector(series)) => result.extend(series.iter().map(|one| row(one, None))),
                Some(Known::Refused(status, words)) => return (*status, refused(words)),
                None => {}
            }
        }
        for part in parts {
            let (expression, mark) = part.split_once("\n), \"__bg\", \"").expect("a marked part");
            let mark = mark.split('"').next();
            match self.known.get(expression) {
                Some(Known::Vector(series)) => result.extend(series.iter().map(|one| row(one, mark))),
                Some(Known::Scalar(_)) => return (400, refused("expected type instant vector, got scalar")),
                Some(Known::Refused(status, words)) => return (*status, refused(words)),
                None => {}
            }
        }
        result.reverse();
        (200, envelope("vector", &Value::Array(result)))
    }

    async fn serve(self: Arc<Self>, mut socket: TcpStream) -> std::io::Result<()> {
        let mut buffer = Vec::new();
        loop {
            let (head, length) = loop {
                let text = String::from_utf8_lossy(&buffer).into_owned();
                if let Some((head, _)) = text.split_once("\r\n\r\n") {
                    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
                    break (head.len() + 4, length.and_then(|n| n.parse::<usize>().ok()).unwrap_or(0));
                }
                if socket.read_buf(&mut buffer).await? == 0 {
                    return Ok(());
                }
            };
            while buffer.len() < head + length {
                socket.read_buf(&mut buffer).await?;
            }
            let form: Vec<(String, String)> =
                url::form_urlencoded::parse(&buffer[head..head + length]).into_owned().collect();
            buffer.drain(..head + length);
            let query = form.iter().find(|(name, _)| name == "query").map_or("", |(_, value)| value.as_str());
            let (status, body) = self.answer(query);
            self.asked.lock().expect("lock").push(form);
            let body = body.to_string();
            let date = self.ahead.map_or_else(String::new, |(_, ahead)| {
                format!("date: {}\r\n", later(ahead).strftime("%a, %d %b %Y %H:%M:%S GMT"))
            });
            let reply = format!(
                "HTTP/1.1 {status} X\r\n{date}content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            );
            socket.write_all(reply.as_bytes()).await?;
        }
    }
}

/// Our time, and so many seconds more.
fn later(seconds: i64) -> Timestamp {
    clock::now() + SignedDuration::from_secs(seconds)
}

fn row((labels, value): &(Value, &str), mark: Option<&str>) -> Value {
    let mut labels = labels.clone();
    if let Some(mark) = mark {
        labels["__bg"] = mark.into();
    }
    json!({"metric": labels, "value": [1_795_409_000, value]})
}

fn envelope(kind: &str, result: &Value) -> Value {
    json!({"status": "success", "data": {"resultType": kind, "result": result}, "warnings": ["partial"], "x": 1})
}

fn refused(words: &str) -> Value {
    json!({"status": "error", "errorType": "bad_data", "error": words})
}

/// A server that knows these expressions, and a client for it.
async fn fake(known: &[(&'static str, Known)]) -> (Arc<Fake>, Adapter) {
    fake_at(known, None).await
}

/// The same, which tells its time.
async fn fake_at(known: &[(&'static str, Known)], ahead: Option<(i64, i64)>) -> (Arc<Fake>, Adapter) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let server = Arc::new(Fake { known: known.iter().cloned().collect(), ahead, ..Fake::default() });
    let accepting = Arc::clone(&server);
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            tokio::spawn(Arc::clone(&accepting).serve(socket));
        }
    });
    let spec = EndpointSpec {
        id: "prom".parse().expect("an id"),
        vendor: Vendor::Prometheus,
        url,
        secret: None,
        serving_secret: None,
        user: None,
        secret_header: None,
        ca_file: None,
        timeout: Duration::from_secs(5),
        interval: Duration::from_secs(10),
    };
    (server, adapter(ReadClient::new(spec)))
}

fn one(value: &'static str) -> Known {
    Known::Vector(vec![(json!({}), value)])
}

fn query(value: &str) -> Query {
    Query { value: value.into(), pointer: None, samples: None, cohorts: None, slo: None }
}

fn signal(id: &str, query: Query) -> Arc<SignalSpec> {
    Arc::new(SignalSpec {
        id: id.parse().expect("an id"),
        layer: "quality".parse().expect("an id"),
        title: id.into(),
        unit: "ratio".into(),
        better: Better::Higher,
        warn: None,
        crit: None,
        min_samples: None,
        from: None,
        query,
        meaning: String::new(),
    })
}

fn at() -> Timestamp {
    Timestamp::from_second(1_795_409_000).expect("a time")
}

async fn poll(adapter: &Adapter, signals: &[Arc<SignalSpec>]) -> Vec<Reading> {
    adapter.readings.as_ref().expect("readings").poll(signals, at()).await
}

async fn values(adapter: &Adapter, signals: &[Arc<SignalSpec>]) -> Vec<Result<f64, Fault>> {
    poll(adapter, signals).await.into_iter().map(|reading| reading.sample.map(|sample| sample.value)).collect()
}

#[tokio::test]
async fn thirty_signals_are_one_request_at_one_time() {
    let known: Vec<_> = (0..30)
        .map(|n| {
            let text: &'static str = Box::leak(format!("sum(x{n}) # why").into_boxed_str());
            let value: &'static str = Box::leak(n.to_string().into_boxed_str());
            (text, one(value))
        })
        .collect();
    let (server, adapter) = fake(&known).await;
    let signals: Vec<_> = (0..30).map(|n| signal(&format!("s{n}"), query(&format!("sum(x{n}) # why")))).collect();
    let found = values(&adapter, &signals).await;
    assert_eq!(found, (0..30).map(|n| Ok(f64::from(n))).collect::<Vec<_>>());
    assert_eq!(server.queries(), 1);
    let asked = server.asked.lock().expect("lock")[0].clone();
    assert!(asked.contains(&("time".into(), "1795409000".into())));
    assert!(asked.contains(&("timeout".into(), "4500ms".into())));
}

#[tokio::test]
async fn one_bad_expression_blinds_only_its_own_signal_and_is_remembered() {
    let words = "parse error: unclosed left parenthesis";
    for status in [400, 422] {
        let (server, adapter) = fake(&[
            ("sum(a)", one("1")),
            ("sum(b)", one("2")),
            ("sum(", Known::Refused(status, words)),
            ("sum(c)", one("3")),
            ("1+1", Known::Scalar("2")),
        ])
        .await;
        let signals: Vec<_> = ["sum(a)", "sum(b)", "sum(", "sum(c)", "1+1"]
            .iter()
            .enumerate()
            .map(|(n, text)| signal(&format!("s{n}"), query(text)))
            .collect();
        let bad = Fault::BadRequest { status, message: words.into() };
        let expected = [Ok(1.0), Ok(2.0), Err(bad), Ok(3.0), Ok(2.0)];
        assert_eq!(values(&adapter, &signals).await, expected);
        let first = server.queries();
        assert_eq!(values(&adapter, &signals).await, expected);
        assert!(server.queries() - first <= 3, "the bad one and the scalar alone, the rest together");
    }
}

#[tokio::test]
async fn every_trap_has_its_own_cause() {
    let (_, adapter) = fake(&[
        ("sum(nan)", one("NaN")),
        ("sum(inf)", one("+Inf")),
        ("sum(small)", one("1e-07")),
        ("max by (x) (many)", Known::Vector(vec![(json!({"x": "1"}), "1"), (json!({"x": "2"}), "2")])),
    ])
    .await;
    let texts = ["sum(nan)", "sum(inf)", "sum(small)", "sum(absent)", "max by (x) (many)"];
    let signals: Vec<_> = texts.iter().enumerate().map(|(n, text)| signal(&format!("s{n}"), query(text))).collect();
    let found = values(&adapter, &signals).await;
    assert_eq!(
        found,
        [
            Err(Fault::NotANumber),
            Err(Fault::NotANumber),
            Ok(1e-7),
            Err(Fault::NoData),
            Err(Fault::Ambiguous { series: 2 }),
        ]
    );
}

#[tokio::test]
async fn observations_that_are_absent_are_none_and_those_that_fail_blind_the_signal() {
    let (_, adapter) =
        fake(&[("avg(v)", one("0.9")), ("sum(n)", one("412.4")), ("sum(", Known::Refused(400, "no"))]).await;
    let with = |id: &str, samples: &str| signal(id, Query { samples: Some(samples.into()), ..query("avg(v)") });
    let found = poll(&adapter, &[with("a", "sum(n)"), with("b", "sum(absent)"), with("c", "sum(")]).await;
    let n: Vec<_> = found.into_iter().map(|reading| reading.sample.map(|sample| sample.n)).collect();
    let bad = Fault::BadRequest { status: 400, message: "no".into() };
    assert_eq!(n, [Ok(Some(412.4)), Ok(Some(0.0)), Err(bad)]);
}

#[tokio::test]
async fn a_series_that_stopped_at_its_source_keeps_its_old_time() {
    let (_, adapter) = fake(&[
        ("fresh{a=\"b\"}", one("1")),
        ("max(timestamp(fresh{a=\"b\"}))", one("1795408985.5")),
        ("stopped", one("1")),
        ("max(timestamp(stopped))", one("1795408760")),
    ])
    .await;
    let found = poll(&adapter, &[signal("a", query("fresh{a=\"b\"}")), signal("b", query("stopped"))]).await;
    let times: Vec<_> = found.iter().map(|reading| reading.sample.as_ref().expect("a value").at.as_second()).collect();
    assert_eq!(times, [1_795_409_000, 1_795_408_760]);
}

#[tokio::test]
async fn cohorts_are_named_by_their_labels_with_observations_and_share() {
    let series = |rows: &[(&'static str, &'static str)]| {
        Known::Vector(rows.iter().map(|(lang, value)| (json!({"lang": lang}), *value)).collect())
    };
    let (_, adapter) = fake(&[
        ("avg(v)", one("0.9")),
        ("avg by (lang) (v)", series(&[("es", "0.49"), ("en", "0.95"), ("x\u{202e}", "NaN"), ("fr", "0.8")])),
        ("sum by (lang) (n)", series(&[("en", "90"), ("es", "10")])),
        ("sum by (", Known::Refused(400, "no")),
    ])
    .await;
    let with = |id: &str, samples: &str| {
        let cohorts = CohortQuery { value: "avg by (lang) (v)".into(), samples: Some(samples.into()), min_samples: 30 };
        signal(id, Query { cohorts: Some(cohorts), ..query("avg(v)") })
    };
    let found = poll(&adapter, &[with("a", "sum by (lang) (n)"), with("b", "sum by (")]).await;
    let mut told: Vec<_> = found[0].cohorts.iter().map(|c| (c.name.as_str(), c.value, c.n, c.share)).collect();
    told.sort_by(|a, b| a.0.cmp(b.0));
    assert_eq!(
        told,
        [
            ("lang=en", 0.95, Some(90.0), Some(0.9)),
            ("lang=es", 0.49, Some(10.0), Some(0.1)),
            ("lang=fr", 0.8, Some(0.0), Some(0.0)),
        ]
    );
    assert!(found[1].cohorts.is_empty(), "without its observations no cohort may be named");
    assert!(found[1].sample.is_ok(), "but the signal itself is not blind");
}

#[tokio::test]
async fn burn_is_the_share_of_bad_over_the_budget_and_absent_without_traffic() {
    let (_, adapter) = fake(&[
        ("sum(rate(bad[300s]))", one("0.7")),
        ("sum(rate(all[300s]))", one("10")),
        ("sum(rate(bad[3600s]))", one("0")),
        ("sum(rate(all[3600s]))", one("0")),
    ])
    .await;
    let slo = Slo { bad: "sum(rate(bad[$window]))".into(), total: "sum(rate(all[$window]))".into(), objective: 0.99 };
    let with_slo = signal("a", Query { slo: Some(slo), ..query("up") });
    let readings = adapter.readings.expect("readings");
    let burns = readings.burn(&[with_slo, signal("b", query("up"))], at()).await;
    assert_eq!(burns.len(), 1);
    assert_eq!(burns[0].rates.len(), 1, "{:?}", burns[0].rates);
    let (window, rate) = burns[0].rates[0];
    assert_eq!(window, 300);
    assert!((rate - 7.0).abs() < 1e-9, "{rate}");
}

/// The times that it was asked about, and how far it is known to be ahead, after two polls.
async fn times_asked(ahead: Option<(i64, i64)>) -> (Vec<String>, Option<i64>, Vec<i64>) {
    let (server, adapter) = fake_at(&[("sum(a)", one("1"))], ahead).await;
    let signals = [signal("s", query("sum(a)"))];
    let mut stamps = Vec::new();
    for _ in 0..2 {
        for reading in poll(&adapter, &signals).await {
            stamps.push(reading.sample.expect("a value").at.as_second());
        }
    }
    let asked = server.asked.lock().expect("lock").clone();
    let time = |form: &Vec<(String, String)>| {
        form.iter().find(|(name, _)| name == "time").map_or("its own".to_owned(), |(_, value)| value.clone())
    };
    let known = adapter.readings.expect("readings").ahead();
    (asked.iter().map(time).collect(), known.map(|ahead| ahead.by().as_secs()), stamps)
}

#[tokio::test]
async fn a_server_whose_clock_differs_is_asked_about_its_own_now_and_samples_keep_our_time() {
    let near = |seconds: i64, about: i64| (about - 1..=about + 1).contains(&seconds);
    for by in [600, -600] {
        let (asked, known, stamps) = times_asked(Some((by, by))).await;
        let known = known.expect("told");
        assert!(near(known, by), "{known}");
        let its_now = (1_795_409_000 + known).to_string();
        assert_eq!(asked, ["1795409000", "its own", &its_now, &its_now]);
        let ours = 1_795_409_000 - known;
        assert_eq!(stamps, [ours, ours], "the fake answers for one time of its clock, whatever it is asked");
    }
}

#[tokio::test]
async fn a_proxy_with_a_wrong_clock_moves_no_question() {
    let (asked, known, _) = times_asked(Some((0, 600))).await;
    assert_eq!((asked, known), (vec!["1795409000".into(), "its own".into(), "1795409000".into()], Some(0)));
    let (asked, known, _) = times_asked(Some((0, 0))).await;
    assert_eq!((asked.len(), known), (2, Some(0)), "a clock that agrees is not asked for");
    let (asked, known, _) = times_asked(None).await;
    assert_eq!((asked.len(), known), (2, None), "a server that does not tell is not known");
}
