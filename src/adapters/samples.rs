//! Reads samples of the product's answers from an export, and asks one again through the product's public path. May not
//! judge an answer, retry, or send anything without a say-so.

use std::time::Duration;

use async_trait::async_trait;
use futures::StreamExt as _;
use tokio::time::Instant;

use super::Traffic;
use crate::clock;
use crate::domain::cause::Fault;
use crate::domain::samples::{
    Parsed, ReplayOutcome, ReplaySpec, SamplesSpec, UserSample, WayOutcome, of_json, of_lines,
};
use crate::domain::suite::{Said, SaySo, fill};
use crate::domain::text;
use crate::net::ReadClient;

/// Something that exports answers as users got them.
#[async_trait]
pub trait Samples: Send + Sync {
    /// The newest samples, cleaned and cut to their caps.
    async fn read(&self, spec: &SamplesSpec) -> Result<Parsed, Fault>;
}

/// A trace store behind an http endpoint.
pub(super) struct Export {
    client: ReadClient,
}

impl Export {
    pub(super) const fn new(client: ReadClient) -> Self {
        Self { client }
    }
}

#[async_trait]
impl Samples for Export {
    async fn read(&self, spec: &SamplesSpec) -> Result<Parsed, Fault> {
        let answer = self.client.get(&spec.path, &[]).await?;
        if spec.items.is_none() {
            return Ok(of_lines(spec, &String::from_utf8_lossy(&answer.body)));
        }
        of_json(spec, &answer.json()?).map_err(|why| Fault::NotUnderstood { why })
    }
}

/// Asks a sample again, every way as often as declared. What is not answered within the deadline is counted as not
/// answered.
pub async fn replay(
    spec: &SamplesSpec,
    how: &ReplaySpec,
    sample: &UserSample,
    traffic: &dyn Traffic,
    say_so: &SaySo,
) -> ReplayOutcome {
    let deadline = Instant::now() + how.within;
    let mut ways: Vec<WayOutcome> = how.ways.iter().map(|way| WayOutcome::of(&way.name)).collect();
    // One run of every way, then the next: a product that changes meanwhile changes for all of them.
    let asks = how.ways.len() * how.runs as usize;
    let mut answers = futures::stream::iter(0..asks)
        .map(|number| ask_one(how, sample, traffic, say_so, number))
        .buffer_unordered(how.at_once.max(1));
    while let Ok(Some((at, said))) = tokio::time::timeout_at(deadline, answers.next()).await {
        let Some(way) = at.and_then(|at| ways.get_mut(at)) else { continue };
        match said.map_err(|fault| fault.to_string()).and_then(|said| said.words(how.answer.as_deref())) {
            Ok(words) => way.answered(&sample.answer, &text::clean_lines(&words)),
            Err(why) => way.lost(&why),
        }
    }
    drop(answers);
    for way in &mut ways {
        let missing = how.runs.saturating_sub(way.n + way.unanswered);
        let why = format!("no answer within {} s", how.within.max(Duration::from_secs(1)).as_secs());
        (0..missing).for_each(|_| way.lost(&why));
    }
    ReplayOutcome { samples: spec.id.clone(), sample: sample.id.clone(), at: clock::now(), ways }
}

/// The nth request: which way, and what came. No way, no request.
async fn ask_one(
    how: &ReplaySpec,
    sample: &UserSample,
    traffic: &dyn Traffic,
    say_so: &SaySo,
    number: usize,
) -> (Option<usize>, Result<Said, Fault>) {
    let at = number.checked_rem(how.ways.len());
    let Some(way) = at.and_then(|at| how.ways.get(at)) else { return (None, Err(Fault::NoData)) };
    (at, traffic.ask(say_so, &how.path, &fill(&way.body, &sample.prompt)).await)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::domain::samples::{Way, tests::spec};

    /// Answers by the prompt version that the request names; hangs where it is told to.
    struct Scripted {
        hang_on: Option<u64>,
    }

    #[async_trait]
    impl Traffic for Scripted {
        async fn ask(&self, _: &SaySo, path: &str, body: &Value) -> Result<Said, Fault> {
            assert_eq!((path, &body["question"]), ("/chat", &json!("refund? \"; drop")));
            if body["version"].as_u64() == self.hang_on {
                std::future::pending::<()>().await;
            }
            let answer = if body["version"] == 41 { "within 30 days" } else { "within 90 days" };
            Ok(Said { status: 200, json: Some(json!({ "text": answer })), text: String::new() })
        }
    }

    fn how() -> ReplaySpec {
        let way = |version: u64| Way {
            name: format!("prompt v{version}"),
            body: json!({ "question": "{{prompt}}", "version": version }),
        };
        ReplaySpec {
            from: "product".parse().expect("id"),
            path: "/chat".into(),
            answer: Some("/text".into()),
            runs: 5,
            at_once: 4,
            within: Duration::from_millis(60),
            ways: vec![way(42), way(41)],
        }
    }

    fn sample() -> UserSample {
        UserSample {
            id: "a1".into(),
            prompt: "refund? \"; drop".into(),
            answer: "Within 90 days".into(),
            at: None,
            facts: Vec::new(),
        }
    }

    #[tokio::test]
    async fn a_sample_is_asked_again_by_every_way_and_the_bad_version_stands_out() {
        let say_so = SaySo::of_a_person("ana");
        let outcome = replay(&spec(), &how(), &sample(), &Scripted { hang_on: None }, &say_so).await;
        let words: Vec<String> = outcome.ways.iter().map(WayOutcome::words).collect();
        assert_eq!(words, ["prompt v42: 5 of 5 as in the sample", "prompt v41: 0 of 5 as in the sample"]);
        assert_eq!(outcome.ways[1].answers, [("within 30 days".to_owned(), 5)]);
    }

    #[tokio::test]
    async fn what_hangs_is_given_up_and_counted() {
        let say_so = SaySo::of_a_person("ana");
        let outcome = replay(&spec(), &how(), &sample(), &Scripted { hang_on: Some(41) }, &say_so).await;
        assert_eq!((outcome.ways[1].n, outcome.ways[1].unanswered), (0, 5));
        assert!(outcome.ways[1].words().contains("no answer within"), "{:?}", outcome.ways);
    }
}
