//! Many expressions in few requests: each is marked with a label and joined with `or`. The API answers all or nothing,
//! so a refused batch is halved until the bad expression stands alone with the server's own words about it; it is
//! remembered, and asked alone from then on. May not interpret values.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::{Mutex, OnceLock, PoisonError};

use futures::StreamExt as _;
use jiff::{SignedDuration, Timestamp};

use crate::adapters::Window;
use crate::domain::ahead::Ahead;
use crate::domain::cause::Fault;
use crate::net::ReadClient;

use super::server_time::ServerTime;
use super::wire::{self, Data, Series};

/// The label that tells the parts of a batch apart.
const MARK: &str = "__bg";
/// Most expressions of one batch: one bad one costs about twice the logarithm of this in extra requests, once.
const MOST_EXPRESSIONS: usize = 40;
/// Most characters of one batch.
const MOST_TEXT: usize = 24_000;
/// Most requests in flight; more gain nothing at one server and raise its tail.
const IN_FLIGHT: usize = 4;
/// Most dots of one answer, so that it stays well under the byte cap.
const MOST_DOTS: usize = 30_000;

/// The moment or the stretch of time that is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    /// Whole Unix seconds, the same for everything asked in one poll.
    Instant(i64),
    /// Aligned slots.
    Range(Window),
}

impl When {
    /// The shared time of one poll.
    pub(super) fn instant(at: Timestamp) -> Self {
        Self::Instant(at.as_second())
    }

    /// The moment, or the end of the stretch.
    pub(super) fn time(self) -> Timestamp {
        match self {
            Self::Instant(second) => Timestamp::from_second(second).unwrap_or_default(),
            Self::Range(window) => window.end,
        }
    }

    /// The same on a clock that shows so much more.
    fn later(self, by: SignedDuration) -> Self {
        let later = |at: Timestamp| at.checked_add(by).unwrap_or(at);
        match self {
            Self::Instant(second) => Self::Instant(second.saturating_add(by.as_secs())),
            Self::Range(w) => Self::Range(Window { start: later(w.start), end: later(w.end), ..w }),
        }
    }

    fn slots(self) -> usize {
        match self {
            Self::Instant(_) => 1,
            Self::Range(window) => super::history::slots(window),
        }
    }

    fn path(self) -> &'static str {
        match self {
            Self::Instant(_) => "/api/v1/query",
            Self::Range(_) => "/api/v1/query_range",
        }
    }

    fn parameters(self) -> Vec<(&'static str, String)> {
        match self {
            Self::Instant(second) => vec![("time", second.to_string())],
            Self::Range(window) => vec![
                ("start", window.start.as_second().to_string()),
                ("end", window.end.as_second().to_string()),
                ("step", window.step.to_string()),
            ],
        }
    }
}

/// Answers by expression. An expression that was asked has an entry.
pub(super) type Answers = BTreeMap<String, Result<Vec<Series>, Fault>>;

/// Asks one server.
#[derive(Debug)]
pub(super) struct Batcher {
    client: ReadClient,
    /// Expressions that spoil a batch: broken ones, scalars, range selectors.
    alone: Mutex<HashSet<String>>,
    server: ServerTime,
}

impl Batcher {
    pub(super) fn new(client: ReadClient) -> Self {
        Self { client, alone: Mutex::default(), server: ServerTime::default() }
    }

    /// How far the server's clock is ahead of ours.
    pub(super) fn ahead(&self) -> Option<Ahead> {
        self.server.ahead()
    }

    /// Asks for every expression, in as few requests as the server allows. `when` and the times of the answers are by our
    /// clock, whatever the server's shows: one that is ten minutes behind would otherwise be asked about its future.
    pub(super) async fn ask(&self, expressions: BTreeSet<String>, when: When) -> Answers {
        let by = || self.ahead().map_or(SignedDuration::ZERO, Ahead::by);
        let guessed = by();
        let mut answers = self.ask_at(expressions, when.later(guessed)).await;
        self.server.settle(&self.client).await;
        let known = by();
        if known != guessed {
            answers = self.ask_at(answers.into_keys().collect(), when.later(known)).await;
        }
        if !known.is_zero() {
            let dots =
                answers.values_mut().filter_map(|series| series.as_mut().ok()).flatten().flat_map(|s| &mut s.dots);
            dots.for_each(|dot| dot.time -= known.as_secs_f64());
        }
        answers
    }

    /// The same, all by the server's clock.
    async fn ask_at(&self, expressions: BTreeSet<String>, when: When) -> Answers {
        let mut answers = Answers::new();
        let mut groups = self.group(expressions, when);
        while !groups.is_empty() {
            // The first trouble with the server itself ends the poll: forty batches must not wait forty deadlines.
            let down = OnceLock::new();
            let round: Vec<_> = futures::stream::iter(groups)
                .map(|group| self.ask_group(group, when, &down))
                .buffered(IN_FLIGHT)
                .collect()
                .await;
            groups = Vec::new();
            for (group, outcome) in round {
                match outcome {
                    Ok(parts) => answers.extend(group.into_iter().zip(parts.into_iter().map(Ok))),
                    Err(fault) if group.len() > 1 && is_about_one(&fault) => groups.extend(halves(group)),
                    Err(fault) => answers.extend(group.into_iter().map(|one| (one, Err(fault.clone())))),
                }
            }
        }
        answers
    }

    fn group(&self, expressions: BTreeSet<String>, when: When) -> Vec<Vec<String>> {
        let most = (MOST_DOTS / when.slots().max(1)).clamp(1, MOST_EXPRESSIONS);
        let alone = self.alone.lock().unwrap_or_else(PoisonError::into_inner);
        let (single, mut together): (Vec<_>, Vec<_>) =
            expressions.into_iter().partition(|expression| alone.contains(expression));
        let mut groups: Vec<_> = single.into_iter().map(|expression| vec![expression]).collect();
        let mut current = Vec::new();
        let mut length = 0;
        for expression in together.drain(..) {
            if current.len() == most || (length + expression.len() > MOST_TEXT && !current.is_empty()) {
                groups.push(std::mem::take(&mut current));
                length = 0;
            }
            length += expression.len();
            current.push(expression);
        }
        if !current.is_empty() {
            groups.push(current);
        }
        groups
    }

    async fn ask_group(
        &self,
        group: Vec<String>,
        when: When,
        down: &OnceLock<Fault>,
    ) -> (Vec<String>, Result<Vec<Vec<Series>>, Fault>) {
        if let Some(fault) = down.get() {
            return (group, Err(fault.clone()));
        }
        let outcome = match group.as_slice() {
            [one] => self.ask_alone(one, when).await.map(|series| vec![series]),
            many => self.send(&joined(many), when).await.and_then(|data| sorted(data, many.len())),
        };
        if let Err(fault) = &outcome
            && !is_about_one(fault)
        {
            // Somebody else may have been first; theirs says the same.
            let _ = down.set(fault.clone());
        }
        (group, outcome)
    }

    async fn ask_alone(&self, expression: &str, when: When) -> Result<Vec<Series>, Fault> {
        let outcome = self.send(expression, when).await;
        let spoils = match &outcome {
            Ok(data) => matches!(when, When::Instant(_)) && !data.is_vector,
            Err(fault) => is_about_one(fault),
        };
        let mut alone = self.alone.lock().unwrap_or_else(PoisonError::into_inner);
        if spoils {
            alone.insert(expression.to_owned());
        } else if outcome.is_ok() && matches!(when, When::Instant(_)) {
            alone.remove(expression);
        }
        drop(alone);
        outcome.map(|data| data.series)
    }

    async fn send(&self, expression: &str, when: When) -> Result<Data, Fault> {
        let parameters = when.parameters();
        // The server gives up a little before we do, so that it stops working for nobody.
        let patience = format!("{}ms", self.client.spec().timeout.as_millis() * 9 / 10);
        let mut form = vec![("query", expression), ("timeout", patience.as_str())];
        form.extend(parameters.iter().map(|(name, value)| (*name, value.as_str())));
        let answer = self.client.query(when.path(), &form).await?;
        self.server.hear(&answer);
        wire::read(&answer)
    }
}

/// True if another expression of the same batch might fare better: Prometheus refuses with 400, `VictoriaMetrics`
/// and execution errors with 422, proxies a long body with 413.
fn is_about_one(fault: &Fault) -> bool {
    matches!(fault, Fault::BadRequest { status: 400 | 413 | 422, .. } | Fault::TooBig { .. })
}

/// The line break ends a comment at the end of an expression.
fn joined(expressions: &[String]) -> String {
    let marked = |(at, expression): (usize, &String)| {
        format!("label_replace(({expression}\n), \"{MARK}\", \"{at}\", \"\", \"\")")
    };
    expressions.iter().enumerate().map(marked).collect::<Vec<_>>().join(" or ")
}

/// Gives every series back to its expression. The order of an answer means nothing.
fn sorted(data: Data, count: usize) -> Result<Vec<Vec<Series>>, Fault> {
    let mut parts = vec![Vec::new(); count];
    for mut series in data.series {
        let mark = series.labels.remove(MARK).and_then(|mark| mark.parse::<usize>().ok());
        let part = mark.and_then(|at| parts.get_mut(at));
        let part = part.ok_or_else(|| unmarked(count))?;
        part.push(series);
    }
    Ok(parts)
}

/// The server answered, and not what was asked.
fn unmarked(count: usize) -> Fault {
    let why = format!(
        "{count} queries were asked in one, told apart by the label {MARK} (label_replace, or), and a series came back \
         without it; the server has to know PromQL: see \"Queries\" in docs/config.md"
    );
    Fault::NotUnderstood { why }
}

fn halves(mut group: Vec<String>) -> [Vec<String>; 2] {
    let rest = group.split_off(group.len() / 2);
    [group, rest]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_loses_the_mark_of_a_batch_is_told_to_be_one_that_knows_promql() {
        let series = Series { labels: BTreeMap::new(), dots: Vec::new() };
        let fault = sorted(Data { series: vec![series], is_vector: true }, 7).expect_err("whose is it?").to_string();
        for word in ["7 queries", "__bg", "label_replace", "PromQL", "docs/config.md"] {
            assert!(fault.contains(word), "{word}: {fault}");
        }
        let page = include_str!("../../../docs/config.md");
        assert!(page.contains("## Queries") && page.contains("`__bg`"), "the page that it names tells of it");
    }
}
