//! Sends planned requests to a store, in order, each once, and says what became of them.
//! May not retry, and may not call anything but a complete 2xx a yes.

use crate::domain::cause::Fault;
use crate::domain::permit::WritePermit;
use crate::domain::plan::PlannedRequest;
use crate::domain::text;
use crate::net::{Answer, ReadClient, Sent, WriteClient};

use super::WriteOutcome;

/// The most of a store's own words that is shown.
const WORDS: usize = 300;

/// What one complete answer means for a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Definitely done.
    Yes,
    /// Definitely not done.
    No(Fault),
    /// Cannot tell.
    Unsure(Fault),
}

/// Sends `requests` in order and stops at the first that is not a definite yes. `judge` knows the answers that mean
/// something else at this vendor than their status says, for example a compare-and-set that lost with 200 or 500.
pub(super) async fn send(
    permit: &WritePermit,
    reader: &ReadClient,
    requests: &[PlannedRequest],
    judge: fn(&Answer) -> Option<Verdict>,
) -> WriteOutcome {
    let judge = |answer: &Answer| judge(answer).unwrap_or_else(|| verdict(answer));
    send_judged(permit, reader, requests, &judge).await
}

/// As [`send`], with a judge of its own for complete answers.
pub(super) async fn send_judged(
    permit: &WritePermit,
    reader: &ReadClient,
    requests: &[PlannedRequest],
    judge: &(dyn Fn(&Answer) -> Verdict + Send + Sync),
) -> WriteOutcome {
    let client = WriteClient::new(permit, reader);
    let mut last = 0;
    for (done, request) in requests.iter().enumerate() {
        // Once a request was accepted, even proof that a later one failed leaves the store half moved.
        let first = done == 0;
        match client.send(request).await {
            Sent::Answered(answer) => match judge(&answer) {
                Verdict::Yes => last = answer.status,
                Verdict::No(fault) if first => return WriteOutcome::Rejected(fault),
                Verdict::No(fault) | Verdict::Unsure(fault) => {
                    return WriteOutcome::Unknown(placed(fault, done, requests.len()));
                }
            },
            Sent::NotSent(fault) if first => return WriteOutcome::NotSent(fault),
            Sent::NotSent(fault) | Sent::Unknown(fault) => {
                return WriteOutcome::Unknown(placed(fault, done, requests.len()));
            }
        }
    }
    match requests.len() {
        0 => WriteOutcome::NotSent(Fault::NotUnderstood { why: "the plan holds no request".into() }),
        1 => WriteOutcome::Acknowledged(format!("the store answered {last}")),
        n => WriteOutcome::Acknowledged(format!("the store accepted all {n} requests")),
    }
}

/// Judges one complete answer to a write.
pub(super) fn verdict(answer: &Answer) -> Verdict {
    let Some(fault) = answer.fault() else { return Verdict::Yes };
    match answer.status {
        404 => Verdict::No(Fault::NotFound { what: or_else(words(answer), "what the request names") }),
        // Exactly the statuses by which a store says that it refused and did nothing. Of the redirects only those that want
        // the same request sent elsewhere: the others are how many servers answer a form that they have carried out
        // (RFC 9110, section 15.4).
        307 | 308 | 400 | 401 | 403 | 409 | 412 | 422 => Verdict::No(fault.clone()),
        _ => Verdict::Unsure(fault.clone()),
    }
}

/// The fault for a compare-and-set that lost.
pub(super) fn lost_the_race() -> Fault {
    Fault::BadRequest { status: 409, message: "somebody else moved this lever meanwhile; look again".into() }
}

/// The store's own words about what it does not know: one cleaned line.
fn words(answer: &Answer) -> String {
    let Ok(body) = answer.json() else { return String::new() };
    let message = ["message", "detail", "error"].iter().find_map(|key| body.get(key)?.as_str());
    text::clip(text::clean(message.unwrap_or_default().lines().next().unwrap_or_default()).trim(), WORDS)
}

fn or_else(text: String, otherwise: &str) -> String {
    if text.is_empty() { otherwise.to_owned() } else { text }
}

/// Says which of several requests failed, where the fault has room for words.
fn placed(fault: Fault, done: usize, of: usize) -> Fault {
    if of < 2 {
        return fault;
    }
    let place = format!("request {} of {of}", done + 1);
    match fault {
        Fault::BadRequest { status, message } => Fault::BadRequest { status, message: format!("{place}: {message}") },
        Fault::ServerError { status, message } => Fault::ServerError { status, message: format!("{place}: {message}") },
        Fault::NotFound { what } => Fault::NotFound { what: format!("{what} ({place})") },
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(status: u16, body: &str) -> Verdict {
        verdict(&Answer::recorded(status, body))
    }

    #[test]
    fn only_a_2xx_is_a_yes() {
        for status in 200..600 {
            assert_eq!(judged(status, "{}") == Verdict::Yes, status < 300, "{status}");
        }
    }

    #[test]
    fn only_statuses_that_prove_a_refusal_are_a_no() {
        let definite: Vec<u16> = (300..600).filter(|status| matches!(judged(*status, "{}"), Verdict::No(_))).collect();
        assert_eq!(definite, [307, 308, 400, 401, 403, 404, 409, 412, 422]);
    }

    #[test]
    fn a_refusal_carries_the_stores_words_and_never_more_than_one_line() {
        let Verdict::No(fault) = judged(404, r#"{"message":"no such flag\nstack trace"}"#) else { panic!("a no") };
        assert_eq!(fault.to_string(), "not found: no such flag");
    }

    #[test]
    fn a_server_error_may_have_happened() {
        assert!(matches!(judged(500, "{}"), Verdict::Unsure(_)));
    }
}
