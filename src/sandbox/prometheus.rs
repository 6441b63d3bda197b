//! The Prometheus HTTP API over the product's series: instant and range queries, GET and POST, the real server's errors.
//! May not know what a series means.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use jiff::Timestamp;
use serde_json::{Value as Json, json};

use super::physics::Seconds;
use super::product::{self, Kind, Levels, PAST, Product, SCRAPE, Series};
use super::promql::{self, Expr, Labels, Matcher, Sample, Source, Value, evaluate};
use super::server::{Shared, reply, seconds};

/// An instant query sees samples at most this old.
const LOOKBACK: Seconds = 300.0;
/// More steps than this are refused, as by the real server.
const MOST_STEPS: f64 = 11_000.0;
/// A bare counter is summed up in steps of this many seconds.
const COUNT_STEP: Seconds = 300.0;
/// Windows are computed from at most this many samples,
const SAMPLES: u32 = 60;
/// and from two where the slots are so far apart that nobody sees the difference: a week of history is for baselines.
const COARSE_SAMPLES: u32 = 2;
/// Slots this far apart, in seconds, are coarse.
const COARSE_STEP: Seconds = 300.0;
/// Levels of this many instants are kept during one query: windows of neighbouring parts overlap.
const REMEMBERED: usize = 512;

/// All routes.
pub fn routes(shared: Shared) -> Router {
    Router::new()
        .route("/api/v1/query", get(query).post(query))
        .route("/api/v1/query_range", get(query_range).post(query_range))
        .route("/api/v1/status/buildinfo", get(buildinfo))
        .route("/-/ready", get(async || "Prometheus Server is Ready.\n"))
        .route("/-/healthy", get(async || "Prometheus Server is Healthy.\n"))
        .with_state(shared)
}

async fn buildinfo() -> Response {
    let data = json!({ "version": "2.42.0", "revision": "sandbox", "branch": "sandbox", "goVersion": "none" });
    reply(StatusCode::OK, json!({ "status": "success", "data": data }))
}

async fn query(State(shared): State<Shared>, RawQuery(query): RawQuery, body: Bytes) -> Response {
    let params = Params::of(query.as_deref(), &body);
    let now = seconds(shared.now());
    respond(instant_query(&params, &Scraped::new(shared.product(), now)))
}

async fn query_range(State(shared): State<Shared>, RawQuery(query): RawQuery, body: Bytes) -> Response {
    let params = Params::of(query.as_deref(), &body);
    let now = seconds(shared.now());
    let product = shared.product();
    // A week of thirty signals is tens of milliseconds of arithmetic: not on the thread that draws.
    let computed = tokio::task::spawn_blocking(move || range_query(&params, &mut Scraped::new(product, now))).await;
    respond(computed.unwrap_or_else(|_| Err(Refusal::execution("the sandbox failed to evaluate this".into()))))
}

fn instant_query(params: &Params, scraped: &Scraped) -> Result<Json, Refusal> {
    let expr = params.expr()?;
    let at = params.time("time")?.unwrap_or(scraped.now);
    Ok(match evaluate(&expr, scraped, at).map_err(|error| Refusal::execution(error.to_string()))? {
        Value::Scalar(value) => json!({ "resultType": "scalar", "result": point(at, value) }),
        Value::Vector(samples) => {
            let result: Vec<_> =
                samples.iter().map(|s| json!({ "metric": *s.labels, "value": point(at, s.value) })).collect();
            json!({ "resultType": "vector", "result": result })
        }
    })
}

fn range_query(params: &Params, scraped: &mut Scraped) -> Result<Json, Refusal> {
    let expr = params.expr()?;
    let need =
        |key: &str| params.time(key)?.ok_or_else(|| Refusal::parameter(key, "cannot parse \"\" to a valid timestamp"));
    let (start, end) = (need("start")?, need("end")?);
    let step = params.step()?;
    if end < start {
        return Err(Refusal::parameter("end", "end timestamp must not be before start time"));
    }
    if (end - start) / step > MOST_STEPS {
        let why = "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)";
        return Err(Refusal::bad_data(why.into()));
    }
    if step >= COARSE_STEP {
        scraped.most_samples = COARSE_SAMPLES;
    }
    let mut series: Vec<(Arc<Labels>, Vec<Json>)> = Vec::new();
    let mut places: HashMap<Arc<Labels>, usize> = HashMap::new();
    for at in (0..).map(|n| start + f64::from(n) * step).take_while(|at| *at <= end) {
        let samples = match evaluate(&expr, scraped, at).map_err(|error| Refusal::execution(error.to_string()))? {
            Value::Scalar(value) => vec![Sample { labels: Arc::default(), at, value }],
            Value::Vector(samples) => samples,
        };
        for sample in samples {
            let place = *places.entry(Arc::clone(&sample.labels)).or_insert_with(|| {
                series.push((Arc::clone(&sample.labels), Vec::new()));
                series.len() - 1
            });
            if let Some((_, points)) = series.get_mut(place) {
                points.push(point(at, sample.value));
            }
        }
    }
    let result: Vec<_> =
        series.into_iter().map(|(labels, values)| json!({ "metric": *labels, "values": values })).collect();
    Ok(json!({ "resultType": "matrix", "result": result }))
}

/// Times are numbers, values are texts.
fn point(at: Seconds, value: f64) -> Json {
    let text = match value {
        v if v.is_nan() => "NaN".to_owned(),
        v if v.is_infinite() => if v > 0.0 { "+Inf" } else { "-Inf" }.to_owned(),
        v => v.to_string(),
    };
    json!([(at * 1_000.0).round() / 1_000.0, text])
}

/// A refusal in the real server's words.
struct Refusal {
    status: StatusCode,
    kind: &'static str,
    error: String,
}

impl Refusal {
    fn bad_data(error: String) -> Self {
        Self { status: StatusCode::BAD_REQUEST, kind: "bad_data", error }
    }

    fn parameter(name: &str, why: &str) -> Self {
        Self::bad_data(format!("invalid parameter {name:?}: {why}"))
    }

    fn execution(error: String) -> Self {
        Self { status: StatusCode::UNPROCESSABLE_ENTITY, kind: "execution", error }
    }
}

fn respond(result: Result<Json, Refusal>) -> Response {
    match result {
        Ok(data) => reply(StatusCode::OK, json!({ "status": "success", "data": data })),
        Err(refusal) => {
            let body = json!({ "status": "error", "errorType": refusal.kind, "error": refusal.error });
            reply(refusal.status, body)
        }
    }
}

/// Parameters of the URL and of a form body together.
struct Params(HashMap<String, String>);

impl Params {
    fn of(query: Option<&str>, body: &[u8]) -> Self {
        let pairs = |bytes| url::form_urlencoded::parse(bytes).into_owned().collect::<Vec<_>>();
        Self(pairs(body).into_iter().chain(pairs(query.unwrap_or_default().as_bytes())).collect())
    }

    fn get(&self, key: &str) -> &str {
        self.0.get(key).map_or("", String::as_str)
    }

    fn expr(&self) -> Result<Expr, Refusal> {
        promql::parse(self.get("query")).map_err(|error| Refusal::parameter("query", &error.to_string()))
    }

    /// Unix seconds or RFC 3339; `None` if not given.
    fn time(&self, key: &str) -> Result<Option<Seconds>, Refusal> {
        let text = self.get(key);
        if text.is_empty() {
            return Ok(None);
        }
        let number = text.parse::<f64>().ok().filter(|at| at.is_finite());
        let at = number.or_else(|| text.parse::<Timestamp>().ok().map(seconds));
        at.map(Some).ok_or_else(|| Refusal::parameter(key, &format!("cannot parse {text:?} to a valid timestamp")))
    }

    fn step(&self) -> Result<Seconds, Refusal> {
        let text = self.get("step");
        let step = text.parse::<f64>().ok().or_else(|| promql::duration(text));
        match step {
            Some(step) if step > 0.0 => Ok(step),
            Some(_) => {
                let why = "zero or negative query resolution step widths are not accepted. Try a positive integer";
                Err(Refusal::parameter("step", why))
            }
            None => Err(Refusal::parameter("step", &format!("cannot parse {text:?} to a valid duration"))),
        }
    }
}

/// The product as a scraper sees it: on a grid of instants, with a past and without a future.
pub struct Scraped {
    product: Product,
    now: Seconds,
    most_samples: u32,
    levels: RefCell<HashMap<u64, Levels>>,
}

impl Scraped {
    /// The product as it was scraped until now.
    #[must_use]
    pub fn new(product: Product, now: Seconds) -> Self {
        Self { product, now, most_samples: SAMPLES, levels: RefCell::default() }
    }

    fn level(&self, series: &Series, at: Seconds) -> f64 {
        let mut known = self.levels.borrow_mut();
        if known.len() > REMEMBERED {
            known.clear();
        }
        let levels = known.entry(at.to_bits()).or_insert_with(|| self.product.levels(at));
        series.level(&self.product, levels, at)
    }

    fn first(&self) -> Seconds {
        self.product.started_at - PAST
    }

    /// Everything that a counter has counted since the beginning.
    fn count(&self, series: &Series, at: Seconds) -> f64 {
        let steps = (0..).map(|n| self.first() + f64::from(n) * COUNT_STEP).take_while(|from| *from < at);
        steps.map(|from| self.level(series, from) * (at - from).min(COUNT_STEP)).sum()
    }
}

impl Source for Scraped {
    type Series = &'static Series;

    fn select(&self, name: &str, matchers: &[Matcher]) -> Vec<(Self::Series, Arc<Labels>)> {
        let fits = |series: &&Series| {
            let value = |label| series.labels.get(label).map_or("", String::as_str);
            matchers.iter().all(|m| (value(m.label.as_str()) == m.value) == m.equal)
        };
        let named = product::all().get(name).map(Vec::as_slice).unwrap_or_default();
        named.iter().filter(fits).map(|series| (series, Arc::clone(&series.labels))).collect()
    }

    fn sample(&self, series: Self::Series, at: f64) -> Option<(f64, f64)> {
        let scraped = (at.min(self.now) / SCRAPE).floor() * SCRAPE;
        if scraped < self.first() || at - scraped > LOOKBACK {
            return None;
        }
        let value = match series.kind {
            Kind::Gauge => self.level(series, scraped),
            Kind::Counter => self.count(series, scraped),
        };
        Some((scraped, value))
    }

    fn growth(&self, series: Self::Series, at: f64) -> Option<f64> {
        (at <= self.now && at >= self.first()).then(|| self.level(series, at))
    }

    fn interval(&self) -> f64 {
        SCRAPE
    }

    fn most_samples(&self) -> u32 {
        self.most_samples
    }
}
